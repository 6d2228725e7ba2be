r"""Crush.

Where: `crush.db` in each project's data directory (`.crush` as a rule). The projects stand in `projects.json` in
`$CRUSH_GLOBAL_DATA`, `$XDG_DATA_HOME/crush`, `~/.local/share/crush`, or `%LOCALAPPDATA%\crush` on Windows; besides,
`~/.crush` is looked at.

What is odd: only a session's cost accumulates. `prompt_tokens` and `completion_tokens` are overwritten by each step and say
nothing about usage, so events have a cost and no tokens: what the cost grew by since it was last read, dated by the session's
last change. The cost is the client's, from its catalog prices, in dollars; it stays 0 for unknown models and flat rates. What
a subagent's session cost is already in its parent's, so only sessions without a parent count. The model is that of the
session's last answer.

What it hides: all tokens, single calls, and everything whose cost it takes for 0.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from earnmark.model import DATABASE, SNAPSHOT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._tables import columns, opened, select
from earnmark.sources.reading import Absurd, File, growth, moment, money, text

if TYPE_CHECKING:
    from sqlite3 import Connection

USUAL = ".crush"
"""The name of a project's data directory, unless its settings say otherwise."""


def registries(machine: Machine) -> list[str]:
    """The files in which projects may be registered."""
    folders = [machine.get("CRUSH_GLOBAL_DATA").rstrip("/\\"), f"{machine.data}/crush", machine.under(".local", "share", "crush")]
    if machine.platform == "win32":
        folders.append(f"{machine.get('LOCALAPPDATA') or machine.under('AppData', 'Local')}/crush")
    return [f"{folder}/projects.json" for folder in dict.fromkeys(folders) if folder]


def places(machine: Machine) -> list[Place]:
    """The databases of all registered projects, and of the home directory."""
    folders = [machine.under(USUAL), *(folder for registry in registries(machine) for folder in _registered(registry))]
    return [Place(f"{folder}/crush.db", ("crush.db",)) for folder in dict.fromkeys(folders)]


def _registered(path: str) -> Iterator[str]:
    """The data directories a registry names: a list of projects, bare or under "projects", or one project."""
    try:
        with open(path, "rb") as handle:
            value: Any = json.load(handle)
    except (OSError, ValueError, RecursionError):
        return
    if isinstance(value, dict):
        value = value.get("projects", value)
    if isinstance(value, dict):
        value = [value] if "path" in value else [{"path": key} | part for key, part in value.items() if isinstance(part, dict)]
    for project in value if isinstance(value, list) else []:
        folder = text(project, "path") if isinstance(project, dict) else ""
        if folder:
            yield os.path.join(folder, text(project, "data_dir") or USUAL).replace("\\", "/").rstrip("/")


def read(file: File) -> Iterator[Event]:
    """One event without tokens per session whose cost grew."""
    yield from opened(file, _database)


def _database(file: File, database: Connection) -> Iterator[Event]:
    wanted = ("id", "parent_session_id", "cost", "created_at", "updated_at")
    whole = "parent_session_id" not in columns(database, "sessions")
    rest = "WHERE cost > 0" + ("" if whole else " AND (parent_session_id IS NULL OR parent_session_id = '')")
    for row in list(select(database, "sessions", wanted, rest)):
        try:
            event = _event(file, database, row)
        except Absurd as error:
            file.fault(f"session {text(row, 'id')}: {error}")
            continue
        if event is not None:
            yield event


def _event(file: File, database: Connection, row: Row) -> Event | None:
    """What a session's cost grew by; None when it did not. Raises Absurd."""
    name, cost = text(row, "id"), money(row.get("cost"))
    if cost is None:
        raise Absurd("cost is not an amount of dollars")
    ts = moment(row.get("updated_at") or row.get("created_at"))
    grown = growth(file, name, {"cost": cost})
    if grown is None:
        return None
    folder = os.path.dirname(file.path)
    answer = _answer(database, name)
    return Event(
        f"crush:{name}:{grown[0]}",
        ts,
        Session(name),
        Lane("crush", os.path.dirname(folder) if os.path.basename(folder) == USUAL else "", quality=SNAPSHOT),
        Sku(text(answer, "model") or "unknown", text(answer, "provider")),
        reported=grown[1]["cost"],
    )


def _answer(database: Connection, session: str) -> Row | None:
    """The last answer in a session that names its model."""
    if not {"session_id", "role", "model", "created_at"} <= columns(database, "messages"):
        return None
    rest = "WHERE session_id = ? AND role = 'assistant' AND model <> '' ORDER BY created_at DESC, rowid DESC LIMIT 1"
    return next(select(database, "messages", ("model", "provider"), rest, (session,)), None)


SOURCE = Source(
    name="crush",
    title="Crush",
    places=places,
    read=read,
    kind=lambda path: DATABASE,
    hides="tokens are overwritten by each step: only the client's cost is known, and none for models it has no price for",
    note="Crush keeps running costs per session: read often, to know when they arose.",
    depends=registries,
)
