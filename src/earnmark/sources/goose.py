r"""Goose.

Where: `sessions/sessions.db` in `$XDG_DATA_HOME/goose`, else `~/.local/share/goose`; on macOS also in `goose` and the older
`Block/goose` (with or without a `data` directory) of `~/Library/Application Support`; on Windows in
`%APPDATA%\Block\goose\data`. `$GOOSE_PATH_ROOT` replaces all of them: `<root>/data/sessions/`. Before about 1.10 one file
`<session>.jsonl` per session in the same directories, whose first line holds the totals and is rewritten.

What is odd: only `accumulated_*` counts the whole session, so an event is what a session's running totals grew by since
they were last read, dated by the session's last change (in a file, its last message); `total_tokens`, `input_tokens` and
`output_tokens` describe the last call alone and are not read. Input includes what was read from and written to caches (known
from 1.46 on) and is given without it; where the logged total shows that it does not, it is kept as it is. Subagents are
sessions of their own. A session has one model, its last one. Session ids count up per machine and day, so the time of
creation belongs to the key. The logged cost (1.46 and later) is the client's, in dollars.

What it hides: single calls, their times and models, and, before 1.46, how much of the input came from a cache.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from earnmark.model import BACKGROUND, DATABASE, DOCUMENT, MAIN, SNAPSHOT, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._tables import cost_growth, opened, select
from earnmark.sources.reading import Absurd, File, growth, moment, money, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

FILES = ("sessions.db", "*.jsonl")

COLUMNS = (
    "id", "working_dir", "session_type", "created_at", "updated_at", "accumulated_total_tokens", "accumulated_input_tokens",
    "accumulated_output_tokens", "accumulated_cache_read_tokens", "accumulated_cache_write_tokens", "accumulated_cost",
    "provider_name", "model_config_json", "parent_session_id",
)  # fmt: skip

THREADS = {"sub_agent": SUBAGENT, "hidden": BACKGROUND}
"""Who asks in sessions of these types; in all others it is the person."""

TIMED = re.compile(r"\d{8}_\d{6}")
"""Session ids up to about 1.9, local date and time; later ones are a date and a number."""


def places(machine: Machine) -> list[Place]:
    """The session directories of all versions."""
    root = machine.get("GOOSE_PATH_ROOT").rstrip("/\\")
    if root:
        folders = [f"{root}/data"]
    else:
        folders = [f"{machine.data}/goose"]
        if machine.platform == "darwin":
            folders += [f"{machine.applications}/{name}" for name in ("goose", "goose/data", "Block/goose", "Block/goose/data")]
        if machine.platform == "win32":
            folders.append(f"{machine.applications}/Block/goose/data")
    return [Place(f"{folder}/sessions", FILES) for folder in folders]


def read(file: File) -> Iterator[Event]:
    """One event per session that grew."""
    if file.path.endswith(".db"):
        yield from opened(file, _database)
    else:
        yield from _document(file)


def _database(file: File, database: Connection) -> Iterator[Event]:
    for row in list(select(database, "sessions", COLUMNS)):
        event = _checked(file, row, text(row, "id"), row.get("updated_at") or row.get("created_at"))
        if event is not None:
            yield event


def _document(file: File) -> Iterator[Event]:
    """A session's file: its totals stand in the first line, which no message looks like."""
    head = next((row for row in file.rows(b'"working_dir"') if "role" not in row), None)
    last = b""
    for line in file.lines(b'"created"'):
        last = line
    if file.offset < os.path.getsize(file.path):
        file.fault("the file ends in the middle of a line", file.offset)
    if head is not None:
        when = (file.row(last) or {}).get("created") if last else None
        event = _checked(file, head, os.path.basename(file.path).removesuffix(".jsonl"), when or os.path.getmtime(file.path))
        if event is not None:
            yield event


def _checked(file: File, row: Row, name: str, when: object) -> Event | None:
    try:
        return _event(file, row, name, moment(when))
    except Absurd as error:
        file.fault(f"session {name}: {error}")
        return None


def _event(file: File, row: Row, name: str, ts: int) -> Event | None:
    """What a session grew by; None when it did not. Raises Absurd."""
    known = name if TIMED.fullmatch(name) or not row.get("created_at") else f"{name}@{moment(row['created_at']) // 1000}"
    counters = {part: tokens(row, f"accumulated_{part}_tokens") for part in ("input", "output", "cache_read", "cache_write")}
    inside = _caches_inside(file, row, name, counters)
    grown = growth(file, known, counters)
    if grown is None:
        return None
    suffix, more = grown
    return Event(
        f"goose:{known}:{suffix}",
        ts,
        Session(name, text(row, "parent_session_id")),
        Lane("goose", text(row, "working_dir"), thread=THREADS.get(text(row, "session_type"), MAIN), quality=SNAPSHOT),
        Sku(_model(row.get("model_config_json")) or "unknown", text(row, "provider_name")),
        max(more["input"] - more["cache_read"] - more["cache_write"], 0) if inside else more["input"],
        more["cache_read"],
        more["cache_write"],
        output=more["output"],
        reported=cost_growth(file, known, suffix, money(row.get("accumulated_cost"))),
    )


def _caches_inside(file: File, row: Row, name: str, counters: dict[str, int]) -> bool:
    """Whether the input contains what came from and went to caches: it does, unless the total shows that this stands beside."""
    cached = counters["cache_read"] + counters["cache_write"]
    total, inside = tokens(row, "accumulated_total_tokens"), counters["input"] + counters["output"]
    if total and total not in (inside, inside + cached):
        file.fault(f"session {name}: the logged total {total} is not the sum of its parts, {inside} (with caches beside, {inside + cached})")
    return total == inside or (total != inside + cached and cached <= counters["input"])


def _model(value: object) -> str:
    """The model's name in a session's model settings, which are JSON."""
    import json

    try:
        settings = json.loads(value) if isinstance(value, str | bytes) else None
    except (ValueError, RecursionError):
        return ""
    return text(settings, "model_name") if isinstance(settings, dict) else ""


SOURCE = Source(
    name="goose",
    title="Goose",
    places=places,
    read=read,
    kind=lambda path: DATABASE if path.endswith(".db") else DOCUMENT,
    note="Goose keeps running totals per session: read often, to know when tokens were used.",
)
