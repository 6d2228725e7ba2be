"""`earnmark statusline`: one line for Claude Code's status bar. Reads one small file and what the client sends, nothing else."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO

STALE = 20_000
"""After this many milliseconds the file is brought up to date, in the background."""
PATIENCE = 0.25
"""Seconds to wait for what the client sends."""


def run(arguments: list[str]) -> int:
    """Print the line; a missing or damaged file gives a shorter line, never an error in somebody's status bar."""
    home = _home()
    status = _status(os.path.join(home, "status.json"))
    now = time.time_ns() // 1_000_000
    at = status.get("at")
    try:
        text = line(status, _client(), now)
    except (AttributeError, KeyError, TypeError, ValueError):
        text, at = line({}, {}, now), None
    print(text)
    if (not isinstance(at, int) or now - at > STALE) and "--no-refresh" not in arguments:
        _refresh()
    return 0


def line(status: dict[str, Any], client: dict[str, Any], now: int) -> str:
    """The text: the client's model and session, today, and the running block."""
    from earnmark.rules.number import compact, dollars, span

    parts = []
    model = client.get("model")
    if isinstance(model, dict) and model.get("display_name"):
        parts.append("".join(char for char in str(model["display_name"])[:40] if char.isprintable()))
    session = (status.get("sessions") or {}).get(client.get("session_id"))
    if session is not None:
        parts.append(f"{dollars(session)} session")
    today = status.get("today") or {}
    if now < int(status.get("until") or 0):
        unpriced = int(today.get("unpriced") or 0)
        told = [dollars(today["cost"])] if today.get("cost") is not None else []
        told += [f"{compact(unpriced)} tokens unpriced"] if unpriced else []
        parts.append(f"{' + '.join(told) or dollars(None)} today")
    block = status.get("block")
    if block and now < block["end"]:
        cost = f"block {dollars(block['cost'])}" if block["cost"] is not None else "block"
        parts.append(f"{cost}, {span(block['end'] - now)} left")
    return " · ".join(parts) or "earnmark: no usage read yet"


def _home() -> str:
    home = os.environ.get("EARNMARK_HOME")
    if home:
        return home
    from platformdirs import user_data_dir

    return user_data_dir("earnmark", appauthor=False)


def _status(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as handle:
            value = json.load(handle)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _client() -> dict[str, Any]:
    """What Claude Code sends on standard input: {"session_id", "model": {"display_name"}, ...}."""
    if sys.stdin is None or sys.stdin.isatty():
        return {}
    try:
        value = json.loads(_sent(sys.stdin))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _sent(stream: TextIO) -> str | bytes:
    """What is sent on a stream; one that stays open and says nothing holds nobody's status bar up for long."""
    import select

    try:
        number = stream.fileno()
        sent = b""
        while len(sent) < 1 << 20 and select.select([number], [], [], PATIENCE)[0]:
            more = os.read(number, 1 << 16)
            if not more:
                break
            sent += more
    except (OSError, ValueError):
        return stream.read(1 << 20)
    return sent


def _refresh() -> None:
    """Start `earnmark collect` on its own, so that the next line is fresh; the ledger itself sorts out several at once."""
    if not hasattr(os, "posix_spawn"):
        return
    with open(os.devnull, "r+b") as nothing:
        actions = [(os.POSIX_SPAWN_DUP2, nothing.fileno(), number) for number in range(3)]
        os.posix_spawn(sys.executable, [sys.executable, "-m", "earnmark", "collect"], os.environ, file_actions=actions)


def run_parsed(given: Any) -> int:
    """The same, from parsed options."""
    return run(["--no-refresh"] if given.no_refresh else [])
