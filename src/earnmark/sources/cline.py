"""Cline: the editor extension, and Cline CLI.

Where: the extension keeps `tasks/<taskId>/ui_messages.json` in `globalStorage/saoudrizwan.claude-dev` below the `User`
directory of VS Code and its relatives (Code, Insiders, VSCodium, Cursor, Windsurf and others: `~/Library/Application Support`,
`%APPDATA%`, `~/.config`; `~/.vscode-server/data/User` where the machine is worked on from afar), and in `~/.cline/data/tasks`.
Cline CLI 3 keeps `<session>/<session>.messages.json` below `$CLINE_SESSION_DATA_DIR`, else `$CLINE_DATA_DIR/sessions`, else
`$CLINE_DIR/data/sessions`, else `~/.cline/data/sessions`.

What is odd: the two count differently. The extension's four numbers are disjoint; the CLI's input includes cache reads and
writes. Both files are rewritten in place, and a row changes until its answer is complete. Rewinding a task removes rows and
leaves their sum (`deleted_api_reqs`), which counts as far as the removed rows were not read before; `subagent_usage` is the
sum of a task's subagents. The model is the row's own, else the one `task_metadata.json`, the conversation or the list of
tasks names. Costs are the client's estimates in dollars, 0 for subscriptions.

What it hides: cache writes have no lifetime (counted as five minutes); a request cut off before its first token has no usage.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from earnmark.model import DOCUMENT, MAIN, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._cline import read_task, task_places
from earnmark.sources.reading import Absurd, File, child, items, moment, money, text, tokens

SESSION = ".messages.json"


def places(machine: Machine) -> list[Place]:
    """The extension's tasks in every editor and in Cline's own directory, and the sessions of the CLI."""
    given = machine.get("CLINE_DATA_DIR")
    data = given or f"{machine.get('CLINE_DIR') or machine.under('.cline')}/data"
    return [
        *task_places(machine, "saoudrizwan.claude-dev"),
        Place(f"{data}/tasks", ("*/ui_messages.json", "*/claude_messages.json"), ("*/checkpoints/*",)),
        Place(machine.get("CLINE_SESSION_DATA_DIR") or f"{data}/sessions", (f"*{SESSION}",)),
    ]


def read(file: File) -> Iterator[Event]:
    """The calls of a task of the extension, or of a session of the CLI."""
    if file.path.endswith(SESSION):
        yield from _session(file)
    else:
        yield from read_task(file)


def _session(file: File) -> Iterator[Event]:
    document = file.document()
    messages = items(document, "messages") if isinstance(document, dict) else document
    if not isinstance(messages, list):
        return
    about = _about(file.path)
    for number, row in enumerate(messages):
        if not isinstance(row, dict) or row.get("role") != "assistant":
            continue
        try:
            event = _call(file, row, about, number)
        except Absurd as error:
            file.fault(f"message {number}: {error}", -1)
            continue
        if event.total:
            yield event


def _about(path: str) -> Row:
    """What the session's own file says of it; nothing when there is none."""
    try:
        with open(path.removesuffix(SESSION) + ".json", "rb") as handle:
            about = json.loads(handle.read(64 << 20))
    except (OSError, ValueError, RecursionError):
        return {}
    return about if isinstance(about, dict) else {}


def _call(file: File, row: Row, about: Row, number: int) -> Event:
    metrics, info = child(row, "metrics"), child(row, "modelInfo")
    whole, read_, written = tokens(metrics, "inputTokens"), tokens(metrics, "cacheReadTokens"), tokens(metrics, "cacheWriteTokens")
    if whole < read_ + written:
        file.fault(f"message {number}: an input of {whole} tokens does not include its {read_ + written} cached ones; both were counted", -1)
    name = os.path.basename(file.path).removesuffix(SESSION)
    ts = moment(row.get("ts") or about.get("started_at"))
    parent = text(about, "parent_session_id", "parentSessionId")
    return Event(
        f"cline:{text(row, 'id') or name}:{ts}",
        ts,
        Session(name, parent),
        Lane(
            file.source,
            text(about, "cwd", "workspace_root"),
            text(child(about, "metadata", "git"), "branch"),
            SUBAGENT if parent or about.get("is_subagent") else MAIN,
        ),
        Sku(text(info, "id", "modelId") or text(about, "model") or "unknown", text(info, "provider", "providerId") or text(about, "provider")),
        whole - read_ - written if whole >= read_ + written else whole,
        read_,
        written,
        output=tokens(metrics, "outputTokens"),
        reported=money(metrics.get("cost")),
        rank=whole + tokens(metrics, "outputTokens"),
    )


SOURCE = Source(
    name="cline",
    title="Cline",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT,
    hides="requests that were cut off before their first token are not metered",
    note="Tasks are found in every editor; set CLINE_DIR, CLINE_DATA_DIR or CLINE_SESSION_DATA_DIR where Cline CLI was given them.",
)
