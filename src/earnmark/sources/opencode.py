"""OpenCode.

Where: `$OPENCODE_DATA_DIR`, else `$XDG_DATA_HOME/opencode`, else `~/.local/share/opencode`, on every system. From 1.2 on
`opencode.db` there (other release channels: `opencode-<channel>.db`; `$OPENCODE_DB_PREFIX` replaces "opencode"); up to 1.1
`storage/message/<session>/<message>.json`, with the session in `storage/session/<project>/`; early 0.x versions
`project/<slug>/storage/session/message/<session>/<message>.json`. All may stand side by side after an upgrade.

What is odd: `input` excludes everything cached. Up to 1.3 `output` contains the reasoning, from 1.14 on it stands beside;
the logged total decides (without one, the version). Files that were migrated stay on disk: the row in the database is
believed. `step-finish` parts repeat their message's tokens and are not read; nor are the tables `event` and
`session_message`. Forking a session copies its messages under new ids: a copy counts only when its original is gone.
Subagents are sessions with a parent. Some backends report no tokens to the message: then the session's own running totals
(1.15 and later) are taken, dated by the session's last change. The logged cost is the client's estimate, in dollars, and 0
on subscriptions; up to 1.3 it charges reasoning twice.

What it hides: the call that writes a session's title is billed and recorded nowhere. Git branches are not kept.
"""

from __future__ import annotations

from earnmark.model import Machine, Place, Source
from earnmark.sources._opencode import kind, read, stores


def folders(machine: Machine) -> list[str]:
    """The data directories."""
    given = [part.strip().rstrip("/") for part in machine.get("OPENCODE_DATA_DIR").split(",") if part.strip()]
    return list(dict.fromkeys(given or [f"{machine.data}/opencode"]))


def places(machine: Machine) -> list[Place]:
    """The databases and message files in the data directories."""
    name = machine.get("OPENCODE_DB_PREFIX") or "opencode"
    return [place for folder in folders(machine) for place in stores(folder, name)]


SOURCE = Source(
    name="opencode",
    title="OpenCode",
    places=places,
    read=read,
    kind=kind,
    hides="the call that writes a session's title is billed but recorded nowhere",
    note="Set OPENCODE_DATA_DIR to read another data directory.",
    depends=folders,
)
