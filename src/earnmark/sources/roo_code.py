"""Roo Code, the editor extension.

Where: `tasks/<taskId>/ui_messages.json` in `globalStorage/rooveterinaryinc.roo-cline` (and the nightly build's
`rooveterinaryinc.roo-code-nightly`) below the `User` directory of VS Code and its relatives (Code, Insiders, VSCodium, Cursor,
Windsurf and others: `~/Library/Application Support`, `%APPDATA%`, `~/.config`; `~/.vscode-server/data/User` where the machine is
worked on from afar). A storage path set in the extension's settings is not searched.

What is odd: since 2026 `tokensIn` is the whole prompt, cache reads and writes included; before, it left them out where the
provider spoke Anthropic's protocol. Nothing says which, so each task is judged by its numbers: one row whose input is smaller
than its cache shows that the task leaves it out. Files are rewritten in place and rows change until an answer is complete.
Rewinding removes rows and leaves their sum, which counts as far as the removed rows were not read before. The model is named
in the conversation, the workspace in `history_item.json`. Costs are the client's estimates in dollars, 0 for subscriptions.

What it hides: condensing a context leaves a cost, but no tokens; cache writes have no lifetime (counted as five minutes).
"""

from __future__ import annotations

from collections.abc import Iterator

from earnmark.model import DOCUMENT, Event, Machine, Place, Source
from earnmark.sources._cline import Usage, read_task, task_places
from earnmark.sources.reading import File

LARGE = 1024
"""From this many cached tokens on a row is proof of how its task counts: no provider caches a shorter prompt."""


def places(machine: Machine) -> list[Place]:
    """The extension's tasks, in every editor."""
    return task_places(machine, "rooveterinaryinc.roo-cline", "rooveterinaryinc.roo-code-nightly")


def read(file: File) -> Iterator[Event]:
    """The calls of one task."""
    return read_task(file, includes_cache)


def includes_cache(rows: list[Usage]) -> bool:
    """Whether a task's inputs include what was read from or written to a cache, as far as its rows can show."""
    for row in rows:
        cached = row.cache_read + row.cache_write
        if row.input < row.cache_read or (cached >= LARGE and row.input < cached):
            return False
    return True


SOURCE = Source(
    name="roo_code",
    title="Roo Code",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT,
    hides="condensing a context is billed, but logged without tokens",
)
