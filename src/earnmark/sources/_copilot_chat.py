"""The chat sessions VS Code itself keeps: whole ones (`<id>.json`), and journals of changes to one (`<id>.jsonl`).

A journal's line sets a value (kind 1), appends to a list (kind 2) or takes a value away (kind 3) at a path in the session that
its first line (kind 0) gives whole. Only the few fields of each request that have to do with usage are followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from earnmark.model import PARTIAL, Event, Lane, Row, Session, Sku
from earnmark.sources._copilot import SLACK, Counts, call, is_traced
from earnmark.sources._copilot_traces import traced_since
from earnmark.sources._editors import workspace
from earnmark.sources.reading import Absurd, File, child, items, moment, text, tokens

CHANGE = re.compile(rb'"kind"')
MOST_CHANGES = 1 << 16
"""Of two states of a request with as many tokens the later one, up to this many changes, is believed."""

Request = dict[str, Any]
"""What is known of one request: id, ts, model, resolved, prompt, output, and how often any of it was told."""


def read_document(file: File) -> Iterator[Event]:
    """The requests of a session that is kept whole."""
    session = file.document()
    if not isinstance(session, dict):
        return
    file.at = -1
    known = [_taken(file, {}, row) for row in items(session, "requests")]
    yield from _events(file, text(session, "sessionId"), known)


def read_journal(file: File) -> Iterator[Event]:
    """The requests whose usage the new lines of a journal changed."""
    requests: list[Request] = file.state.setdefault("requests", [])
    changed: dict[int, Request] = {}
    for row in file.rows(CHANGE):
        for request in _applied(file, requests, row):
            changed[id(request)] = request
    yield from _events(file, file.state.get("session", ""), list(changed.values()))


def _applied(file: File, requests: list[Request], row: Row) -> list[Request]:
    """Make a journal's line part of what is known; the requests it touched."""
    kind, path, value = row.get("kind"), row.get("k"), row.get("v")
    if kind == 0 and isinstance(value, dict):
        file.state["session"] = text(value, "sessionId")
        requests[:] = [_taken(file, {}, entry) for entry in items(value, "requests")]
        return list(requests)
    if not isinstance(path, list) or not path:
        return []
    if path == ["sessionId"] and isinstance(value, str):
        file.state["session"] = value[:500]
    if path[0] != "requests" or kind not in (1, 2):
        return []
    if len(path) == 1:
        return _listed(file, requests, row)
    place = path[1]
    if kind == 1 and isinstance(place, int) and 0 <= place < len(requests):
        if len(path) == 2:
            requests[place] = {}
        for name in reversed(path[2:]):
            value = {name: value} if isinstance(name, str) else None
        return [_taken(file, requests[place], value)]
    return []


def _listed(file: File, requests: list[Request], row: Row) -> list[Request]:
    """Requests appended to the list of them (after it was cut to `i`, where that is given), or set as the whole list."""
    value, cut = row.get("v"), row.get("i")
    added = [_taken(file, {}, entry) for entry in (value if isinstance(value, list) else [] if value is None else [value])]
    if row["kind"] == 1:
        requests.clear()
    elif isinstance(cut, int) and 0 <= cut < len(requests):
        del requests[cut:]
    requests.extend(added)
    return added


def _taken(file: File, known: Request, row: Any) -> Request:
    """A request with what this part of it says of usage, added to what was known of it."""
    if not isinstance(row, dict):
        return known
    metadata = child(row, "result", "metadata")
    known["told"] = known.get("told", 0) + 1
    words = {"id": text(row, "requestId"), "model": text(row, "modelId"), "resolved": text(metadata, "resolvedModel")}
    known.update({name: word for name, word in words.items() if word})
    try:
        if row.get("timestamp") is not None:
            known["ts"] = moment(row["timestamp"])
        for name, number in (
            ("prompt", tokens(metadata, "promptTokens")),
            ("output", tokens(metadata, "outputTokens")),
            ("output", tokens(row, "completionTokens")),
        ):
            known[name] = max(known.get(name, 0), number)
    except Absurd as error:
        file.fault(str(error))
    return known


def _events(file: File, session: str, requests: list[Request]) -> Iterator[Event]:
    """The requests with usage that no trace tells of."""
    path = file.path.replace("\\", "/")
    session = session or os.path.basename(path).rsplit(".", 1)[0]
    above, _, _ = path.rpartition("/chatSessions/")
    user = path.rsplit("/globalStorage/" if "/emptyWindowChatSessions/" in path else "/workspaceStorage/", 1)[0]
    used = [request for request in requests if request.get("prompt") or request.get("output")]
    since = traced_since(user, session) if used else None
    project = workspace(above) if used and above else ""
    for request in used:
        ts = request.get("ts")
        if ts is None:
            file.fault("a request without a time", -1)
        elif not is_traced(file, session, ts) and (since is None or since > ts + SLACK):
            yield _event(file, session, project, request)


def _event(file: File, session: str, project: str, request: Request) -> Event:
    name = request.get("id") or f"{session}:{request['ts']}"
    counts = Counts(request.get("prompt", 0), output=request.get("output", 0))
    sku = Sku(request.get("resolved") or request.get("model") or "unknown")
    event = call(file, name, request["ts"], Session(session), Lane(file.source, project, quality=PARTIAL), sku, counts)
    return event._replace(rank=event.total * MOST_CHANGES + min(request.get("told", 0), MOST_CHANGES - 1))
