r"""The tasks of the Cline family of editor extensions: `<taskId>/ui_messages.json`, a JSON array that is rewritten in place.

Call `read_task` for such a file and `task_places` for where they are. Every row with usage is one event under the key
`<source>:<taskId>:<ts>:<say>`, so that a task copied to another editor is counted once. `text` of a row is JSON in a string:

    {"ts": 1793702000123, "type": "say", "say": "api_req_started", "text": "{\"tokensIn\":12,\"tokensOut\":340,...}"}

Rewinding a task removes rows and adds one with the sum of what they used. `file.memory` keeps what was seen of each task, so
that only what was not seen yet is counted from that sum.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from earnmark.model import EXACT, MAIN, PARTIAL, SNAPSHOT, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku
from earnmark.sources._editors import user_dirs
from earnmark.sources.reading import Absurd, File, child, items, moment, money, text, tokens

DELETED = ("deleted_api_reqs", "api_req_deleted")
METERED = ("api_req_started", "subagent_usage", *DELETED)
"""What `say` is on rows that carry usage."""

LARGEST_SIDE_FILE = 256 << 20
DIRECTORY = re.compile(r"Current (?:Workspace|Working) Directory \(([^\n]{1,500}?)\)(?: Files)?(?:\n|$)")
MODEL = re.compile(r"<model>([\w./:@+~-]{1,200})</model>")


class Usage(NamedTuple):
    """One row's numbers as the extension wrote them; `cost` in nano-dollars, None when there is none."""

    ts: int
    say: str
    input: int
    output: int
    cache_write: int
    cache_read: int
    cost: int | None
    model: tuple[str, str]
    cancelled: bool


class Task(NamedTuple):
    """What is known of a task beside its rows. `models` are the (since, model, provider) it used, in order."""

    name: str
    project: str
    parent: str
    version: str
    model: str
    models: list[tuple[int, str, str]]


def disjoint(rows: list[Usage]) -> bool:
    """The rule of extensions whose `tokensIn` never includes what was read from or written to a cache."""
    return False


def task_places(machine: Machine, *extensions: str) -> list[Place]:
    """Where extensions with these identifiers (such as "saoudrizwan.claude-dev") keep their tasks, in every editor."""
    patterns = ("*/ui_messages.json", "*/claude_messages.json")
    return [
        Place(f"{user}/globalStorage/{extension}/tasks", patterns, ("*/checkpoints/*",)) for user in user_dirs(machine) for extension in extensions
    ]


def read_task(file: File, inclusive: Callable[[list[Usage]], bool] = disjoint) -> Iterator[Event]:
    """The events of one `ui_messages.json`.

    `inclusive` is given all rows of the task with usage and says whether its `tokensIn` includes cache reads and writes.
    """
    document = file.document()
    if document is None:
        return
    if not isinstance(document, list):
        file.fault("a list of messages was expected", -1)
        return
    rows, project = _usages(file, document)
    if not rows:
        return
    task = _task(file.path, project, rows)
    whole = inclusive(rows)
    for row in _unseen(file, task.name, rows):
        yield _event(file, task, row, whole)


# ---- rows ------------------------------------------------------------------------------------------------------------


def _usages(file: File, document: list[Any]) -> tuple[list[Usage], str]:
    """The rows with usage, in order, and the working directory the first request names."""
    found, project = [], ""
    for number, row in enumerate(document):
        if not isinstance(row, dict) or row.get("say") not in METERED or not isinstance(row.get("text"), str):
            continue
        try:
            usage = _decoded(file, row, number)
            if usage is None:
                continue
            request = usage.get("request")
            if not project and isinstance(request, str) and (match := DIRECTORY.search(request)):
                project = match[1]
            found.append(_usage(row, usage))
        except Absurd as error:
            file.fault(f"message {number}: {error}", -1)
    return [row for row in found if row.input or row.output or row.cache_write or row.cache_read], project


def _decoded(file: File, row: Row, number: int) -> Row | None:
    """The JSON inside a row's text."""
    try:
        usage = file.decode(row["text"].encode())
    except (ValueError, RecursionError):
        file.fault(f"message {number}: its text is not valid JSON", -1)
        return None
    return usage if isinstance(usage, dict) else None


def _usage(row: Row, usage: Row) -> Usage:
    info = child(row, "modelInfo")
    model = text(info, "modelId", "id") or _tagged(usage.get("request"))
    return Usage(
        moment(row.get("ts")),
        row["say"],
        tokens(usage, "tokensIn"),
        tokens(usage, "tokensOut"),
        tokens(usage, "cacheWrites"),
        tokens(usage, "cacheReads"),
        money(usage.get("cost")),
        (model, text(info, "providerId", "provider")),
        bool(usage.get("cancelReason")),
    )


def _tagged(prompt: Any) -> str:
    """The model an environment note inside a prompt names."""
    if not isinstance(prompt, str):
        return ""
    note = prompt.rfind("<environment_details>")
    found = MODEL.search(prompt, note) if note >= 0 else None
    return found[1] if found else ""


def _unseen(file: File, task: str, rows: list[Usage]) -> Iterator[Usage]:
    """The rows, those that stand for removed ones without what was counted from these before.

    A row that is missing where a later removal is already counted in full is one of the removed, and left out.
    """
    known: dict[str, list[int]] = file.memory.setdefault(task, {})
    here = {_mark(row) for row in rows}
    removals = [_moment(mark) for mark in known if mark.endswith(DELETED) and mark not in here]
    since = 0
    for row in sorted(rows, key=lambda row: row.ts):
        if row.say in DELETED:
            row = _less(row, [numbers for mark, numbers in known.items() if mark not in here and since < _moment(mark) < row.ts])
            since = row.ts
        elif _mark(row) not in known and any(row.ts < at for at in removals):
            continue
        known[_mark(row)] = [row.input, row.output, row.cache_write, row.cache_read, row.cost or 0]
        if any(known[_mark(row)][:4]):
            yield row


def _mark(row: Usage) -> str:
    return f"{row.ts}.{row.say}"


def _moment(mark: str) -> int:
    return int(mark.split(".", 1)[0])


def _less(row: Usage, counted: list[list[int]]) -> Usage:
    """A sum over removed rows without those of them that are counted already."""
    used, out, written, read, cost = (sum(column) for column in zip(*counted, [0] * 5, strict=True))
    return row._replace(
        input=max(row.input - used, 0),
        output=max(row.output - out, 0),
        cache_write=max(row.cache_write - written, 0),
        cache_read=max(row.cache_read - read, 0),
        cost=None if row.cost is None else max(row.cost - cost, 0),
    )


# ---- events ----------------------------------------------------------------------------------------------------------


def _event(file: File, task: Task, row: Usage, whole: bool) -> Event:
    model, provider = row.model
    if not model:
        model, provider = _model_at(task, row)
    quality = SNAPSHOT if row.say != "api_req_started" else PARTIAL if row.cancelled else EXACT
    event = Event(
        f"{file.source}:{task.name}:{row.ts}:{row.say}",
        row.ts,
        Session(task.name, task.parent, task.version),
        Lane(file.source, task.project, thread=SUBAGENT if row.say == "subagent_usage" else MAIN, quality=quality),
        Sku(model or "unknown", provider),
        max(row.input - row.cache_write - row.cache_read, 0) if whole else row.input,
        row.cache_read,
        row.cache_write,
        output=row.output,
        reported=row.cost,
    )
    return event._replace(rank=event.total)


def _model_at(task: Task, row: Usage) -> tuple[str, str]:
    """The model in use at a row: the last one named up to then, else the first one named."""
    used = [(model, provider) for since, model, provider in task.models if since <= row.ts]
    if used:
        return used[-1]
    return task.models[0][1:] if task.models else (task.model, "")


# ---- what stands beside a task ---------------------------------------------------------------------------------------


def _task(path: str, project: str, rows: list[Usage]) -> Task:
    """A task from the small files beside its messages; its conversation is read only when these name no model."""
    folder = os.path.dirname(path)
    name = os.path.basename(folder)
    metadata = _side_file(f"{folder}/task_metadata.json")
    item = _side_file(f"{folder}/history_item.json") or _history(os.path.dirname(os.path.dirname(folder))).get(name, {})
    models = _named_models(metadata)
    if not models and not all(row.model[0] for row in rows):
        models = _spoken_models(_load(f"{folder}/api_conversation_history.json"), rows)
    versions = [text(entry, "cline_version", "extension_version") for entry in items(metadata, "environment_history") if isinstance(entry, dict)]
    return Task(
        name,
        text(item, "cwdOnTaskInitialization", "workspace") or project,
        text(item, "parentTaskId"),
        versions[-1] if versions else "",
        text(item, "modelId"),
        models,
    )


def _named_models(metadata: Row) -> list[tuple[int, str, str]]:
    """The models of task_metadata.json, which notes each change before the request it is for."""
    found = []
    for entry in items(metadata, "model_usage"):
        if isinstance(entry, dict) and (model := text(entry, "model_id")):
            found.append((_time(entry), model, text(entry, "model_provider_id")))
    return sorted(found)


def _spoken_models(conversation: Any, rows: list[Usage]) -> list[tuple[int, str, str]]:
    """The models a conversation names. A message is written after its request's row, so each counts from that row on."""
    begun = [row.ts for row in rows]
    found = []
    for message in conversation if isinstance(conversation, list) else []:
        if not isinstance(message, dict):
            continue
        info = child(message, "modelInfo")
        model, provider = text(info, "modelId", "id"), text(info, "providerId", "provider")
        if model := model or _tagged_parts(message.get("content")):
            found.append((max((at for at in begun if at <= _time(message)), default=0), model, provider))
    return sorted(found, key=lambda entry: entry[0])


def _tagged_parts(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    names = (_tagged(part.get("text") if isinstance(part, dict) else part) for part in parts)
    return next((name for name in names if name), "")


def _time(entry: Row) -> int:
    try:
        return moment(entry.get("ts"))
    except Absurd:
        return 0


def _history(storage: str) -> dict[str, dict[str, str]]:
    """The fields of use in an extension's list of tasks, by task."""
    path = f"{storage}/state/taskHistory.json"
    try:
        status = os.stat(path)
    except OSError:
        return {}
    return _history_as_of(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _history_as_of(path: str, mtime: int, size: int) -> dict[str, dict[str, str]]:
    """Kept for all tasks of an extension, as the list can be long and each of them asks for it."""
    wanted = ("modelId", "cwdOnTaskInitialization", "workspace", "parentTaskId")
    listed = _load(path)
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return {str(row.get("id")): {name: text(row, name) for name in wanted} for row in rows}


def _side_file(path: str) -> Row:
    found = _load(path)
    return found if isinstance(found, dict) else {}


def _load(path: str) -> Any:
    """A JSON file that may be missing or broken; None then."""
    try:
        if os.path.getsize(path) > LARGEST_SIDE_FILE:
            return None
        with open(path, "rb") as handle:
            return json.loads(handle.read())
    except (OSError, ValueError, RecursionError):
        return None
