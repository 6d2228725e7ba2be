"""Gemini CLI.

Where: `tmp/<project>/chats/` below `$GEMINI_CLI_HOME/.gemini`, else `~/.gemini`, on every system; `$GEMINI_DATA_DIR` names
other such directories, separated by commas. Up to 0.38 a session is one `session-<time>-<id>.json`, from 0.39 on a
`.jsonl` of that name; a subagent has its own file in a folder named after the session that started it. `<project>` is the
SHA-256 of the working directory or a short name for it; which directory it is stands in its `.project_root` file and in
`projects.json`.

What is odd: an answer is written again when its tool calls arrive, resuming lists the history again, and an old `.json` is
copied into a `.jsonl` when resumed, all under the same session and message ids: the last row of an answer is believed, and
a listing of the history only where no row of its own is left. Answers that a rewind took back were billed, and count. The
prompt counts what came from the cache, the output leaves thoughts out; prompts of tools are input. Some old sessions keep
the prompt without its cached part: the total tells. Cache storage is billed by the hour and not in the log.

What it hides: the router, summaries, web fetches and loop detection call models that no file mentions. Sessions are deleted
after 30 days unless that is turned off. There is no branch and no client version.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from earnmark.model import DOCUMENT, LINES, Event, Machine, Place, Source
from earnmark.sources._gemini import NET, OUTSIDE, call, document, learn
from earnmark.sources.reading import File, child, items, text

WAYS = (OUTSIDE, NET)
NEEDLE = re.compile(rb'"tokens"|"sessionId"')
LAYOUT = re.compile(r"(?P<root>.*)/tmp/(?P<project>[^/]+)/chats/(?:(?P<parent>[^/]+)/)?[^/]+")
OWN_ROW, LISTING = 1 << 41, 1 << 41
"""Added to the number of an answer's own row, its rank, so that the last one is believed; taken off a listing, which has a new time."""


def places(machine: Machine) -> list[Place]:
    """The chats of every project, below the configured home or directories."""
    given = [part.strip() for part in machine.get("GEMINI_DATA_DIR").split(",") if part.strip()]
    roots = given or [f"{machine.get('GEMINI_CLI_HOME') or machine.home.rstrip('/')}/.gemini"]
    return [Place(f"{root.rstrip('/')}/tmp", ("*/chats/*.json", "*/chats/*.jsonl")) for root in dict.fromkeys(roots)]


def read(file: File) -> Iterator[Event]:
    """One event per answer; `file.state` keeps what the session's head said, and how many answers had rows."""
    if file.path.endswith(".json"):
        yield from document(file, WAYS, _project(file.path, ""))
        return
    known = file.state
    layout = LAYOUT.fullmatch(file.path.replace("\\", "/"))
    parent = (layout["parent"] or "") if layout else ""
    project: str | None = None
    for row in file.rows(NEEDLE):
        change = child(row, "$set")
        if "tokens" not in row:
            learn(known, row)
        learn(known, change)
        if project is None:
            project = _project(file.path, known.get("projectHash", ""))
        if event := call(file, WAYS, known, row, project, parent):
            known["answers"] = known.get("answers", 0) + 1
            yield event._replace(rank=OWN_ROW + known["answers"])
        for message in items(change, "messages"):
            if event := call(file, WAYS, known, message, project, parent):
                yield event._replace(rank=event.output - LISTING)


def _project(path: str, mark: str) -> str:
    """The working directory of a chat, from the files its client keeps about projects; "" when they do not tell."""
    layout = LAYOUT.fullmatch(path.replace("\\", "/"))
    if not layout:
        return ""
    folder = f"{layout['root']}/tmp/{layout['project']}"
    try:
        with open(f"{folder}/.project_root", encoding="utf-8") as handle:
            if root := handle.read(4096).strip():
                return root
    except (OSError, ValueError):
        pass
    known = child(_json(f"{layout['root']}/projects.json"), "projects")
    names = {layout["project"], mark} - {""}
    return next((root for root in known if text(known, root) in names or sha256(root.encode()).hexdigest() in names), "")


def _json(path: str) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > 1 << 24:
            return {}
        with open(path, "rb") as handle:
            value = json.loads(handle.read())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


SOURCE = Source(
    name="gemini_cli",
    title="Gemini CLI",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT if path.endswith(".json") else LINES,
    hides="router, summary, web-fetch and loop-detection calls are billed but not written to the chats",
    note="Gemini CLI deletes sessions after 30 days; the ledger keeps them.",
)
