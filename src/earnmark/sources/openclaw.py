"""OpenClaw (before: Clawdbot, Moltbot, Moldbot).

Where: `agents/<agent>/sessions/<session>.jsonl` below `$OPENCLAW_STATE_DIR` or `$OPENCLAW_DIR` (several may be given,
separated by commas), else `~/.openclaw`, `~/.openclaw-$OPENCLAW_PROFILE`, `~/.clawdbot`, `~/.moltbot` and `~/.moldbot`, on
every system. Deleted and reset sessions stay as `<session>.jsonl.deleted.<time>` and `.jsonl.reset.<time>`, and often hold
most of the cost. Newer versions keep transcripts in `agents/<agent>/agent/openclaw-agent.sqlite` (`transcript_events`).

What is odd: rows are Pi's, also in the database, so a session that moved there counts once. A row without a model was
answered by the one that the last `model_change` or `model-snapshot` row names. Turns that ran in Codex are mirrored here
but belong to the Codex log, and are left out.

What it hides: transcripts are removed after a while. Turns driven through Codex count only where Codex's own log is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from json import loads
from typing import Any

from earnmark.model import DATABASE, LINES, Event, Lane, Machine, Place, Row, Source
from earnmark.sources._pi import NEEDLE, call
from earnmark.sources.reading import File, child, text

FILES = ("*/sessions/*.jsonl", "*/sessions/*.jsonl.deleted.*", "*/sessions/*.jsonl.reset.*", "*/agent/openclaw-agent.sqlite")
LENGTHS = "SELECT session_id, count(*) AS rows, max(seq) AS last FROM transcript_events GROUP BY session_id"
TRANSCRIPT = """SELECT CAST(event_json AS BLOB) FROM transcript_events WHERE session_id = ?
AND (instr(event_json, '"usage"') OR instr(event_json, '"modelId"') OR instr(event_json, '"session"')) ORDER BY seq"""


def places(machine: Machine) -> list[Place]:
    """The agents of every root, under the names the program has had."""
    given = [part.strip() for part in machine.get("OPENCLAW_STATE_DIR", "OPENCLAW_DIR").split(",") if part.strip()]
    profile = machine.get("OPENCLAW_PROFILE")
    usual = [".openclaw", *([f".openclaw-{profile}"] if profile else []), ".clawdbot", ".moltbot", ".moldbot"]
    roots = given or [machine.under(name) for name in usual]
    return [Place(f"{root.rstrip('/')}/agents", FILES, ("*.trajectory.jsonl*",)) for root in dict.fromkeys(roots)]


def read(file: File) -> Iterator[Event]:
    """One event per model call of a transcript or a database."""
    if file.path.endswith(".sqlite"):
        yield from _database(file)
        return
    for row in file.rows(NEEDLE):
        if not _mirrored(row) and (event := call(file, row, file.state, Lane("openclaw"))):
            yield event


def _mirrored(row: Row) -> bool:
    """Whether an answer was copied from a turn that Codex ran."""
    message = child(row, "message")
    scope = text(message, "idempotencyKey").startswith("codex-app-server:")
    return scope or bool(text(child(message, "__openclaw"), "mirrorIdentity")) or "codex-app-server" in text(message, "api")


def _database(file: File) -> Iterator[Event]:
    """The calls of the sessions that grew or were rewritten; `file.state` keeps how long each one was."""
    file.at = -1
    known: dict[str, list[int]] = file.state.setdefault("lengths", {})
    try:
        with file.database() as database:
            for session, rows, last in database.execute(LENGTHS).fetchall():
                if known.get(str(session)) == [rows, last]:
                    continue
                about: dict[str, Any] = {}
                for (line,) in database.execute(TRANSCRIPT, (session,)):
                    about["session"] = str(session)
                    if event := _stored(file, line, about):
                        yield event
                known[str(session)] = [rows, last]
    except sqlite3.Error as error:
        file.fault(f"the database cannot be read: {str(error)[:120]}", -1)


def _stored(file: File, line: bytes, about: dict[str, Any]) -> Event | None:
    try:
        row = loads(line)
    except (TypeError, ValueError, RecursionError) as error:
        file.fault(f"not valid JSON: {str(error)[:120]}")
        return None
    if not isinstance(row, dict) or _mirrored(row):
        return None
    return call(file, row, about, Lane("openclaw"))


SOURCE = Source(
    name="openclaw",
    title="OpenClaw",
    places=places,
    read=read,
    kind=lambda path: DATABASE if path.endswith(".sqlite") else LINES,
    hides="turns driven through Codex count only where Codex's own log is read",
    note="OpenClaw removes old transcripts; the ledger keeps them.",
)
