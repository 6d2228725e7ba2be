"""The store of OpenCode, which its forks kept: an SQLite database, before that one JSON file per message."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from earnmark.model import DATABASE, DOCUMENT, SNAPSHOT, Event, Place, Row, Session, Sku
from earnmark.sources._opencode_message import Home, event_of, lane_of
from earnmark.sources._tables import columns, cost_growth, opened, select
from earnmark.sources.reading import Absurd, File, child, growth, moment, money, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

OVERLAP = 3_600_000
"""Milliseconds of already read messages that are read again."""

STORED = 1 << 42
"""Added to the rank of a message from the database: its JSON file is older."""

FORKED = 60_000
"""A message whose id is this many milliseconds younger than the message is a fork's copy."""

ROLLUP = ("tokens_input", "tokens_output", "tokens_reasoning", "tokens_cache_read", "tokens_cache_write")


def stores(folder: str, name: str) -> list[Place]:
    """The databases and message files in a data directory; `name` is what the databases' names begin with."""
    databases = {f"{name}.db", *(entry for entry in _listed(folder) if entry.startswith(f"{name}-") and entry.endswith(".db"))}
    return [
        *(Place(f"{folder}/{database}", (database,)) for database in sorted(databases)),
        Place(f"{folder}/storage/message", ("*.json",)),
        Place(f"{folder}/project", ("*/storage/session/message/*.json",)),
    ]


def kind(path: str) -> str:
    """Databases end in .db; everything else is a JSON file."""
    return DATABASE if path.endswith(".db") else DOCUMENT


def read(file: File) -> Iterator[Event]:
    """One event per assistant message, and one per growth of a session whose messages log no tokens."""
    if kind(file.path) == DATABASE:
        yield from opened(file, _database)
    else:
        yield from _document(file)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


# ---- JSON files ------------------------------------------------------------------------------------------------------


def _document(file: File) -> Iterator[Event]:
    message = file.document()
    if message is None:
        return
    if not isinstance(message, dict):
        file.fault("a JSON object was expected", -1)
        return
    folder, name = os.path.split(file.path)
    session = text(message, "sessionID") or os.path.basename(folder)
    try:
        event = event_of(file, message, text(message, "id") or name.removesuffix(".json"), _home_of_file(folder, session))
    except Absurd as error:
        file.fault(str(error), -1)
        return
    if event is not None:
        yield event


def _home_of_file(folder: str, session: str) -> Home:
    """What the session's own file says; it lies elsewhere in the same storage."""
    messages = os.path.dirname(folder)
    storage = os.path.dirname(messages)
    folders = [f"{storage}/info"] if os.path.basename(storage) == "session" else [f"{storage}/session/{entry}" for entry in _projects(storage)]
    for place in folders:
        home = _home(f"{place}/{session}.json", session)
        if home is not None:
            return home
    return Home(Session(session), "")


def _projects(storage: str) -> list[str]:
    try:
        return _listing(f"{storage}/session", os.stat(f"{storage}/session").st_mtime_ns)
    except OSError:
        return []


@lru_cache(maxsize=16)
def _listing(folder: str, changed: int) -> list[str]:
    return sorted(_listed(folder))


def _home(path: str, session: str) -> Home | None:
    try:
        return _home_read(path, session, os.stat(path).st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=512)
def _home_read(path: str, session: str, changed: int) -> Home:
    import json

    try:
        with open(path, "rb") as handle:
            row = json.load(handle)
    except (ValueError, RecursionError):
        row = None
    row = row if isinstance(row, dict) else {}
    return Home(Session(session, text(row, "parentID"), text(row, "version")), text(row, "directory"))


# ---- the database ----------------------------------------------------------------------------------------------------


def _database(file: File, database: Connection) -> Iterator[Event]:
    since = max(int(file.state.get("seen", 0)) - OVERLAP, 0)
    newest = since
    homes: dict[str, Home] = {}
    billed: set[str] = set()
    copies: list[tuple[Event, str]] = []
    dated = "time_updated" in columns(database, "message")
    rest = f"WHERE {'time_updated >= ? AND ' if dated else ''}instr(data, '\"tokens\"')"
    for stored in select(database, "message", ("id", "session_id", "time_created", "time_updated", "data"), rest, (since,) if dated else ()):
        newest = max(newest, _whole(stored.get("time_updated")))
        event = _stored_event(file, database, stored, homes)
        if event is None:
            continue
        billed.add(event.session.name)
        if _is_copy(event, stored):
            copies.append((event, _fingerprint(file, stored)))
        else:
            yield event
    yield from _originals(file, database, copies)
    yield from _rollups(file, database, since, billed)
    file.state["seen"] = min(newest, int(time.time() * 1000))


def _stored_event(file: File, database: Connection, stored: dict[str, Any], homes: dict[str, Home]) -> Event | None:
    message = file.row(_bytes(stored.get("data")))
    if message is None:
        return None
    name, session = text(stored, "id"), text(stored, "session_id")
    if session not in homes:
        homes[session] = _home_of_session(database, session)
    try:
        event = event_of(file, message, name, homes[session], stored.get("time_created"))
    except Absurd as error:
        file.fault(f"message {name}: {error}")
        return None
    return event._replace(rank=(event.rank or 0) + STORED) if event else None


def _home_of_session(database: Connection, name: str) -> Home:
    row = next(select(database, "session", ("parent_id", "directory", "version"), "WHERE id = ?", (name,)), None)
    return Home(Session(name, text(row, "parent_id"), text(row, "version")), text(row, "directory"))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# ---- forks: the copies of a session's messages have new ids, which tell when they were made --------------------------


def _is_copy(event: Event, stored: dict[str, Any]) -> bool:
    """Whether the id was made well after the message. Ids hold the lowest 36 bits of their milliseconds, times 4096."""
    digits = text(stored, "id").removeprefix("msg_")[:12]
    try:
        made = int(digits, 16) >> 12
    except ValueError:
        return False
    return len(digits) == 12 and FORKED < (made - event.ts) % (1 << 36) < 1 << 35


def _fingerprint(file: File, stored: dict[str, Any]) -> str:
    """What a message and its copies share: its moments, model and tokens."""
    message = file.decode(_bytes(stored.get("data")))
    return repr([message.get(name) for name in ("time", "modelID", "providerID", "tokens")]) if isinstance(message, dict) else ""


def _originals(file: File, database: Connection, copies: list[tuple[Event, str]]) -> Iterator[Event]:
    """Of these copies the ones whose original is not in the database, nor an older copy of it."""
    for start in range(0, len(copies), 500):
        part = copies[start : start + 500]
        marks = ", ".join("?" * len(part))
        moments = tuple(event.ts for event, _ in part)
        oldest: dict[str, str] = {}
        for stored in select(database, "message", ("id", "data"), f"WHERE time_created IN ({marks}) ORDER BY id", moments):
            try:
                oldest.setdefault(_fingerprint(file, stored), text(stored, "id"))
            except (ValueError, RecursionError):
                continue
        for event, fingerprint in part:
            if event.key == f"{file.source}:{oldest.get(fingerprint, '')}" or fingerprint not in oldest:
                yield event


# ---- sessions whose messages log no tokens ---------------------------------------------------------------------------


def _rollups(file: File, database: Connection, since: int, billed: set[str]) -> Iterator[Event]:
    """The growth of the running totals of those changed sessions whose messages all log zero."""
    if not {"time_updated", *ROLLUP} <= columns(database, "session"):
        return
    wanted = ("id", "parent_id", "directory", "version", "model", "agent", "cost", "time_updated", *ROLLUP)
    rest = f"WHERE time_updated >= ? AND {' + '.join(ROLLUP)} > 0"
    for row in list(select(database, "session", wanted, rest, (since,))):
        name = text(row, "id")
        if name in billed or not _all_zero(file, database, name):
            continue
        try:
            event = _rollup(file, row, name)
        except Absurd as error:
            file.fault(f"session {name}: {error}")
            continue
        if event is not None:
            yield event


def _all_zero(file: File, database: Connection, session: str) -> bool:
    """Whether the session has answers, and none of them logs tokens or a cost."""
    answers = 0
    for row in database.execute("SELECT data FROM message WHERE session_id = ? AND instr(data, '\"tokens\"')", (session,)):
        try:
            message = file.decode(_bytes(row["data"]))
            if isinstance(message, dict) and message.get("role") == "assistant":
                if _uses(message):
                    return False
                answers += 1
        except (ValueError, RecursionError):
            continue
    return answers > 0


def _uses(message: Row) -> bool:
    usage = child(message, "tokens")
    cache = child(usage, "cache")
    counts = (tokens(usage, "input"), tokens(usage, "output"), tokens(usage, "reasoning"), tokens(cache, "read"), tokens(cache, "write"))
    return any(counts) or bool(money(message.get("cost")))


def _rollup(file: File, row: Row, name: str) -> Event | None:
    """What a session grew by; None when it did not. Raises Absurd."""
    ts = moment(row.get("time_updated"))
    grown = growth(file, name, {column: tokens(row, column) for column in ROLLUP})
    if grown is None:
        return None
    suffix, more = grown
    home = Home(Session(name, text(row, "parent_id"), text(row, "version")), text(row, "directory"))
    model = _model(file, row.get("model"))
    return Event(
        f"{file.source}:{name}:{suffix}",
        ts,
        home.session,
        lane_of(file, home, text(row, "agent"), SNAPSHOT, {}),
        Sku(text(model, "id", "modelID") or "unknown", text(model, "providerID")),
        more["tokens_input"],
        more["tokens_cache_read"],
        more["tokens_cache_write"],
        output=more["tokens_output"] + more["tokens_reasoning"],
        reasoning=more["tokens_reasoning"],
        reported=cost_growth(file, name, suffix, money(row.get("cost"))),
    )


def _model(file: File, value: Any) -> Row:
    """A session's model, an object in JSON; {} when it is something else."""
    try:
        model = file.decode(_bytes(value))
    except (ValueError, RecursionError):
        return {}
    return model if isinstance(model, dict) else {}
