"""Copilot CLI's `session-store.db`: one row of `assistant_usage_events` per model call, written as the call ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from earnmark.model import BACKGROUND, MAIN, SUBAGENT, Event, Lane, Session, Sku
from earnmark.sources._copilot import Counts, call, call_name, charged
from earnmark.sources._tables import columns, opened, select
from earnmark.sources.reading import Absurd, File, moment, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

TABLE = "assistant_usage_events"
WANTED = (
    "id", "session_id", "agent_id", "parent_tool_call_id", "model", "copilot_usage_model", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "total_nano_aiu", "request_multiplier", "initiator", "created_at",
)  # fmt: skip
OVERLAP = 50


def read_store(file: File) -> Iterator[Event]:
    """The calls of the sessions that have new rows."""
    yield from opened(file, _rows)


def _rows(file: File, database: Connection) -> Iterator[Event]:
    if "id" not in columns(database, TABLE):
        return
    last = database.execute(f"SELECT max(id) FROM {TABLE}").fetchone()[0]
    done = file.state.get("id", 0)
    if not isinstance(last, int):
        return
    since = done - OVERLAP if last >= done else 0
    abouts = _sessions(database)
    seen: dict[str, list[str]] = {}
    for row in select(database, TABLE, WANTED, f"WHERE session_id IN (SELECT session_id FROM {TABLE} WHERE id > ?) ORDER BY id", (since,)):
        try:
            event = _call(file, row, abouts.get(text(row, "session_id"), {}), seen)
        except Absurd as error:
            file.fault(f"row {row['id']}: {error}", -1)
            continue
        if event.total:
            yield event
    file.state["id"] = last


def _sessions(database: Connection) -> dict[str, dict[str, Any]]:
    """Where each session ran."""
    known = columns(database, "sessions")
    if "id" not in known:
        return {}
    return {str(row["id"]): row for row in select(database, "sessions", ("id", "cwd", "branch"))}


def _call(file: File, row: dict[str, Any], about: dict[str, Any], seen: dict[str, list[str]]) -> Event:
    session = text(row, "session_id")
    counts = Counts(
        tokens(row, "input_tokens"),
        tokens(row, "cache_read_tokens"),
        tokens(row, "cache_write_tokens"),
        tokens(row, "output_tokens"),
        tokens(row, "reasoning_tokens"),
    )
    name = call_name(seen, session, counts, str(row["id"]))
    reported, unit = charged(row.get("total_nano_aiu"), row.get("request_multiplier"))
    agent = text(row, "agent_id")
    thread = MAIN if agent in ("", "main") and not text(row, "parent_tool_call_id") else SUBAGENT
    if text(row, "initiator") == "compaction":
        thread, agent = BACKGROUND, "compaction"
    lane = Lane(file.source, text(about, "cwd"), text(about, "branch"), thread, agent if thread != MAIN else "", unit=unit)
    sku = Sku(text(row, "model", "copilot_usage_model") or "unknown")
    event = call(file, name, moment(row.get("created_at")), Session(session), lane, sku, counts)
    return event._replace(reported=reported, rank=counts.output + 1)


def stored_since(home: str, session: str) -> int | None:
    """When the store in this directory began to tell of a session's calls; None when it does not."""
    path = f"{home}/session-store.db"
    marks = []
    for part in (path, f"{path}-wal"):
        try:
            status = os.stat(part)
        except OSError:
            marks.append((0, 0))
        else:
            marks.append((status.st_mtime_ns, status.st_size))
    return _begun(path, *marks).get(session) if marks[0][0] else None


@lru_cache(maxsize=2)
def _begun(path: str, store: tuple[int, int], log: tuple[int, int]) -> dict[str, int]:
    """When each session of a store begins, as of these times and sizes of the file and its write-ahead log."""
    import sqlite3

    begun: dict[str, int] = {}
    try:
        with File("", path).database() as database:
            for session, first in database.execute(f"SELECT session_id, min(created_at) FROM {TABLE} GROUP BY session_id"):
                with suppress(Absurd):
                    begun[str(session)] = moment(first)
    except sqlite3.Error:
        return begun
    return begun
