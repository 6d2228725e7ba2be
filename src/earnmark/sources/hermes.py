"""Hermes Agent.

Where: `state.db` in `$HERMES_HOME`, else `~/.hermes`, and in each of its `profiles/<name>/`, on every system.

What is odd: a session has running totals only, so an event is what they grew by since they were last read, dated by the
session's last message (else its end or start). Input excludes everything cached. Reasoning tokens are a part of the output.
The real cost is taken where it is known, else the client's estimate, both in dollars; a cost of 0 says nothing. Long
sessions go on in a new one that names the old as its parent. A session has one model, its last one.

What it hides: single calls, their times and models.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from earnmark.model import DATABASE, MAIN, SNAPSHOT, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._tables import columns, cost_growth, opened, select
from earnmark.sources.reading import Absurd, File, growth, moment, money, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

COUNTERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")

COLUMNS = (
    "id", "source", "model", "parent_session_id", "started_at", "ended_at", *COUNTERS, "billing_provider", "billing_mode",
    "cost_status", "estimated_cost_usd", "actual_cost_usd", "cwd",
)  # fmt: skip


def _home(machine: Machine) -> str:
    return machine.get("HERMES_HOME").rstrip("/\\") or machine.under(".hermes")


def places(machine: Machine) -> list[Place]:
    """The state of the agent, and of each of its profiles."""
    home = _home(machine)
    try:
        profiles = sorted(os.listdir(f"{home}/profiles"))
    except OSError:
        profiles = []
    return [Place(f"{folder}/state.db", ("state.db",)) for folder in (home, *(f"{home}/profiles/{name}" for name in profiles))]


def read(file: File) -> Iterator[Event]:
    """One event per session that grew."""
    yield from opened(file, _database)


def _database(file: File, database: Connection) -> Iterator[Event]:
    timed = {"session_id", "timestamp"} <= columns(database, "messages")
    for row in list(select(database, "sessions", COLUMNS)):
        name = text(row, "id")
        try:
            event = _event(file, database, row, name, timed)
        except Absurd as error:
            file.fault(f"session {name}: {error}")
            continue
        if event is not None:
            yield event


def _event(file: File, database: Connection, row: Row, name: str, timed: bool) -> Event | None:
    """What a session grew by; None when it did not. Raises Absurd."""
    counters = {part: tokens(row, part) for part in COUNTERS}
    when = _last(database, name) if timed else None
    ts = moment(when or row.get("ended_at") or row.get("started_at")) if any(counters.values()) else 0
    grown = growth(file, name, counters)
    if grown is None:
        return None
    suffix, more = grown
    output = more["output_tokens"]
    return Event(
        f"hermes:{name}:{suffix}",
        ts,
        Session(name, text(row, "parent_session_id")),
        _lane(row),
        Sku(text(row, "model") or "unknown", text(row, "billing_provider")),
        more["input_tokens"],
        more["cache_read_tokens"],
        more["cache_write_tokens"],
        output=output,
        reasoning=min(more["reasoning_tokens"], output),
        reported=cost_growth(file, name, suffix, money(row.get("actual_cost_usd")) or money(row.get("estimated_cost_usd"))),
    )


def _last(database: Connection, session: str) -> float | None:
    """When the session's last message was written, in seconds."""
    found = database.execute("SELECT max(timestamp) AS last FROM messages WHERE session_id = ?", (session,)).fetchone()
    return found["last"] if isinstance(found["last"], int | float) else None


def _lane(row: Row) -> Lane:
    included = text(row, "billing_mode") == "subscription_included" or text(row, "cost_status") == "included"
    thread = SUBAGENT if text(row, "source") == "subagent" else MAIN
    return Lane("hermes", text(row, "cwd"), thread=thread, billing="subscription" if included else "", quality=SNAPSHOT)


SOURCE = Source(
    name="hermes",
    title="Hermes Agent",
    places=places,
    read=read,
    kind=lambda path: DATABASE,
    note="Hermes keeps running totals per session: read often, to know when tokens were used. Set HERMES_HOME to read another directory.",
    depends=lambda machine: [f"{_home(machine)}/profiles"],
)
