"""Writers of made-up agent logs below a temporary home, and short ways to collect and count them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

from earnmark.__main__ import main
from earnmark.book import Book
from earnmark.book.asking import Question
from earnmark.book.collecting import Collected
from earnmark.book.config import load
from earnmark.book.pricing import Prices
from earnmark.model import BACKGROUND, MAIN, SUBAGENT, Event, Fault, Lane, Machine, Session, Sku
from earnmark.rules.price import canonical
from earnmark.store.encode import Encoder
from earnmark.store.ledger import Ledger

ROOT = Path(__file__).parent.parent
WHEN = "2026-11-20T10:00:00.000Z"
FIRST_MTIME = 1_790_000_000
KEPT = ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_START")


class Tokens(NamedTuple):
    """Calls and their tokens by disjoint bucket."""

    calls: int = 0
    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0


def claude(call: str, output: int = 7, *, ts: Any = WHEN, session: str = "s1", cwd: str = "/src/shop", **usage: Any) -> str:
    """A model call as Claude Code logs it: 3 tokens in, 100 from the cache, 20 to it, unless `usage` says otherwise."""
    tokens = {"input_tokens": 3, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 100, "output_tokens": output, **usage}
    message = {"model": "claude-sonnet-4-5", "id": f"msg_{call}", "role": "assistant", "content": [], "stop_reason": "end_turn", "usage": tokens}
    row = {
        "isSidechain": False, "message": message, "requestId": f"req_{call}", "type": "assistant", "uuid": f"u-{call}", "timestamp": ts, "cwd": cwd,
        "sessionId": session, "version": "2.1.330", "gitBranch": "main",
    }  # fmt: skip
    return json.dumps(row, separators=(",", ":")) + "\n"


def codex_start(thread: str = "0199a213-81c0-7800-8aa1-bbab2a035a53", model: str = "gpt-5") -> str:
    """The rows a Codex rollout begins with."""
    meta = {
        "id": thread,
        "session_id": thread,
        "timestamp": WHEN,
        "cwd": "/src/shop",
        "cli_version": "0.169.0",
        "source": "cli",
        "model_provider": "openai",
    }
    turn = {"turn_id": "0199a213-81c0-7800-8aa1-bbab2a035a54", "cwd": "/src/shop", "model": model}
    return _envelope("session_meta", meta) + _envelope("turn_context", turn)


def codex(call: str, output: int = 7, thread: str = "0199a213-81c0-7800-8aa1-bbab2a035a53") -> str:
    """A model call as Codex records it: 3 tokens in beside 100 from the cache."""
    usage = {
        "input_tokens": 103, "cached_input_tokens": 100, "cache_write_input_tokens": 0, "output_tokens": output, "reasoning_output_tokens": 0,
        "total_tokens": 103 + output,
    }  # fmt: skip
    ids = {"thread_id": thread, "turn_id": "t", "session_id": thread, "root_turn_id": "t", "response_id": f"resp_{call}"}
    return _envelope("token_usage_record", {**ids, "usage": usage, "turn_token_usage": usage, "thread_token_usage": usage})


def _envelope(kind: str, payload: dict[str, Any]) -> str:
    return json.dumps({"timestamp": WHEN, "ordinal": 0, "type": kind, "payload": payload}, separators=(",", ":")) + "\n"


def calls(first: int, last: int, output: int = 7) -> str:
    """Claude Code's lines for the calls number `first` to `last`."""
    return "".join(claude(f"{number:05}", output) for number in range(first, last + 1))


def spent(number: int, output: int = 7) -> Tokens:
    """What so many of the calls above used."""
    return Tokens(number, 3 * number, 100 * number, 20 * number, 0, output * number)


class Home:
    """A home directory of made-up logs and a data directory beside it. Every write sets a later mtime than the one before."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "home"
        self.data = folder / "data"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.clock = FIRST_MTIME

    @property
    def env(self) -> dict[str, str]:
        """An environment in which only this home exists."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "HOME": str(self.logs), "EARNMARK_HOME": str(self.data), "TZ": "UTC", "PYTHONPATH": str(ROOT / "src")}

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.db"

    def claude(self, name: str, project: str = "-src-shop") -> Path:
        """Where Claude Code keeps a session's log."""
        return self.logs / ".claude" / "projects" / project / f"{name}.jsonl"

    def codex(self, name: str = "rollout-2026-11-20T10-00-00-0199a213-81c0-7800-8aa1-bbab2a035a53", folder: str = "sessions/2026/11/20") -> Path:
        """Where Codex keeps a rollout."""
        return self.logs / ".codex" / folder / f"{name}.jsonl"

    def write(self, path: Path, text: str | bytes, mode: str = "wb") -> Path:
        """Write a log whole, in place."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as handle:
            handle.write(text.encode() if isinstance(text, str) else text)
        self.clock += 1
        os.utime(path, (self.clock, self.clock))
        return path

    def append(self, path: Path, text: str | bytes) -> Path:
        """Add to the end of a log."""
        return self.write(path, text, "ab")

    def collect(self) -> Collected:
        """Read what is new into the ledger."""
        with Book.open(self.env) as book:
            done = book.collect()
            assert not book.warnings
            return done

    def tokens(self) -> Tokens:
        """What the ledger says was used, of all sources."""
        with Book.open(self.env) as book:
            assert not book.ledger.differences()
            return Tokens(*book.ask(Question(("source",)), book.zone("UTC")).totals.sums[:6])

    def counted(self) -> Tokens:
        """What was used, after reading what is new."""
        self.collect()
        return self.tokens()

    def by_model(self) -> dict[str, dict[str, dict[str, int]]]:
        """What was used by source and model, in the shape of the generator's truth."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        with Book.open(self.env) as book:
            assert not book.ledger.differences()
            for row in book.ask(Question(("source", "model")), book.zone("UTC")).rows:
                found.setdefault(row.keys["source"], {})[row.keys["model"]] = Tokens(*row.sums[:6])._asdict()
        return found

    def faults(self) -> list[Fault]:
        """What could not be read."""
        with Book.open(self.env) as book:
            return book.ledger.faults()

    def start(self, *arguments: str, code: str = "", **options: Any) -> subprocess.Popen[str]:
        """The command line as a process of its own; with `code` that is run instead, and `arguments` are its sys.argv."""
        command = ["-c", code] if code else ["-m", "earnmark"]
        return subprocess.Popen(
            [sys.executable, *command, *arguments], env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )

    def run(self, *arguments: str, code: str = "") -> tuple[int, str, str]:
        """The same, run to its end: exit status, what it printed, and its complaints."""
        process = self.start(*arguments, code=code)
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
        return process.returncode, out, err


class Shell:
    """The command line in this process, in a home's environment."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        for name in os.environ:
            monkeypatch.delenv(name)
        for name, value in home.env.items():
            monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit status, what it printed, and its complaints."""
        self.capsys.readouterr()
        status = main(list(arguments))
        said = self.capsys.readouterr()
        return status, said.out, said.err


# ---- events that were never logged -----------------------------------------------------------------------------------------

PRICES = Prices([], "test")


def book_in_memory() -> Book:
    """An empty book that is gone with the test."""
    return Book(load({}, "/nonexistent/config.toml"), Machine("/nonexistent", {}, "linux"), Ledger.in_memory(""), [])


def record(ledger: Ledger, events: Iterable[Event], prices: Prices = PRICES) -> None:
    """Put events into a ledger as a collection does."""
    encoder = Encoder(prices.find, canonical, prices.edition)
    with ledger.transaction():
        rows = encoder.rows(events)
        ledger.add(rows, encoder.take_names())
        ledger.settle()


_DAYS = 86_400_000
_CHANGES = (1_743_296_400_000, 1_761_440_400_000, 1_741_503_600_000, 1_762_063_200_000, 1_775_311_200_000, 1_759_590_000_000, 1_741_496_400_000)
"""Moments of 2025 and 2026 at which somebody's clock was changed."""

moments = st.one_of(
    st.integers(1_735_689_600_000, 1_798_761_600_000),
    st.builds(lambda change, off: change + off, st.sampled_from(_CHANGES), st.integers(-2 * _DAYS, 2 * _DAYS)),
    st.builds(lambda hour: hour * 900_000, st.integers(1_735_689_600_000 // 900_000, 1_798_761_600_000 // 900_000)),
)
_counts = st.one_of(st.just(0), st.integers(0, 300_000))
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_lanes = st.builds(
    Lane,
    source=st.sampled_from(["claude_code", "codex", "droid"]),
    project=st.one_of(st.sampled_from(["/src/shop", "/src/mobile", ""]), _texts),
    branch=_texts,
    thread=st.sampled_from([MAIN, SUBAGENT, BACKGROUND]),
    agent=_texts,
    billing=st.sampled_from(["", "api", "subscription"]),
    unit=st.sampled_from(["usd", "credits"]),
)
_skus = st.builds(Sku, model=st.one_of(st.sampled_from(["claude-sonnet-4-5", "gpt-5", "gemini-2.5-pro", "never-heard-of"]), _texts.filter(bool)))
_events = st.builds(
    Event,
    key=st.one_of(st.sampled_from("abcdef"), st.uuids().map(str)),
    ts=moments,
    session=st.builds(Session, name=st.one_of(st.sampled_from(["s1", "s2"]), _texts), parent=_texts, version=_texts),
    lane=_lanes,
    sku=_skus,
    input=_counts,
    cache_read=_counts,
    cache_write_5m=_counts,
    cache_write_1h=_counts,
    output=_counts,
    reasoning=_counts,
    searches=st.integers(0, 3),
    reported=st.one_of(st.none(), st.integers(0, 10**12)),
    request=st.sampled_from(["", "r1", "r2"]),
    rank=st.one_of(st.none(), st.integers(-(1 << 41), 1 << 41)),
)
events = st.lists(_events, max_size=25, unique_by=lambda event: (event.key, event.output if event.rank is None else event.rank))
"""Events of any kind; two of one call never have the same rank."""


def believed(told: Iterable[Event]) -> list[Event]:
    """Of the events of each call the one of the highest rank."""
    best: dict[str, Event] = {}
    for event in told:
        known = best.get(event.key)
        if known is None or rank(event) > rank(known):
            best[event.key] = event
    return list(best.values())


def rank(event: Event) -> int:
    return event.output if event.rank is None else event.rank
