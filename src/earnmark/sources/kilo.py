"""Kilo Code: the Kilo CLI, the VS Code extension from version 7 on, and the extension before it.

Where: `kilo.db` in `$KILO_DATA_DIR`, else `$XDG_DATA_HOME/kilo`, else `~/.local/share/kilo`, on every system (CLI, and
extension from 7 on). Before that the extension wrote `globalStorage/kilocode.kilo-code/tasks/<task>/ui_messages.json` in the
`User` directory of the editor: VS Code and its relatives, on the desktop and on remote machines.

What is odd: the database is OpenCode's, from which the CLI was forked: `input` excludes everything cached, and whether
`output` contains the reasoning is told by the logged total. Subagents are sessions with a parent; forked sessions hold copies
of messages, which count only when their original is gone. In the extension's tasks the four numbers of a request are disjoint
and output contains the reasoning; rewinding a task replaces requests by one row with their sum. The logged cost is the
client's estimate, in dollars.

What it hides: the call that writes a session's title is billed and recorded nowhere. Git branches are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from earnmark.model import Event, Machine, Place, Source
from earnmark.sources import _cline, _opencode
from earnmark.sources.reading import File

TASKS = {"ui_messages.json", "claude_messages.json"}
"""What the extension's task files are called."""


def folder(machine: Machine) -> str:
    """The CLI's data directory."""
    return machine.get("KILO_DATA_DIR").rstrip("/") or f"{machine.data}/kilo"


def places(machine: Machine) -> list[Place]:
    """The databases in the CLI's data directory, and the extension's tasks in every editor."""
    return [*_opencode.stores(folder(machine), "kilo"), *_cline.task_places(machine, "kilocode.kilo-code")]


def read(file: File) -> Iterator[Event]:
    """One event per assistant message of a database, or per request of a task."""
    yield from _cline.read_task(file) if os.path.basename(file.path) in TASKS else _opencode.read(file)


SOURCE = Source(
    name="kilo",
    title="Kilo Code",
    places=places,
    read=read,
    kind=_opencode.kind,
    hides="the call that writes a session's title is billed but recorded nowhere",
    note="Set KILO_DATA_DIR to read another data directory of the CLI.",
    depends=lambda machine: [folder(machine)],
)
