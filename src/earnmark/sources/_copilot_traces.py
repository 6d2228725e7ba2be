"""Copilot's OpenTelemetry traces: files of one JSON object per line, and the editor extension's `agent-traces.db`.

Only spans of the operation `chat` are calls; `invoke_agent` spans and `gen_ai.client.inference.operation.details` events
repeat their numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from earnmark.model import Event, Lane, Row, Session, Sku
from earnmark.sources._copilot import SLACK, Counts, call, call_name, charged, note_trace
from earnmark.sources._copilot_store import stored_since
from earnmark.sources._tables import columns, opened, select
from earnmark.sources.reading import Absurd, File, child, items, moment, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

USAGE = "gen_ai.usage."
READ = (f"{USAGE}cache_read.input_tokens", f"{USAGE}cache_read_input_tokens")
WRITTEN = tuple(f"{USAGE}{name}" for name in ("cache_creation.input_tokens", "cache_write.input_tokens", "cache_creation_input_tokens"))
REASONED = tuple(f"{USAGE}{name}" for name in ("reasoning.output_tokens", "reasoning_output_tokens", "reasoning_tokens"))
CHAT_SESSION = ("copilot_chat.chat_session_id", "copilot_chat.session_id")
EXTRAS = (*WRITTEN, "gen_ai.response.id", "github.copilot.nano_aiu", "github.copilot.cost")
OVERLAP = 3_600_000


def read_trace_file(file: File) -> Iterator[Event]:
    """The calls in the new lines of a file of spans; those a session store beside it tells of are left to that."""
    home = os.path.dirname(os.path.dirname(file.path))
    stored: dict[str, int | None] = {}
    for row in file.rows(USAGE.encode()):
        for span, resource in _spans(row):
            try:
                event = _call(file, span, resource)
            except Absurd as error:
                file.fault(str(error))
                continue
            if event is None or not event.total:
                continue
            session = text(_attributes(span), "gen_ai.conversation.id")
            if session not in stored:
                stored[session] = stored_since(home, session) if session else None
            since = stored[session]
            if since is None or since > event.ts + SLACK:
                yield event


def _spans(row: Row) -> Iterator[tuple[Row, Row]]:
    """The spans of a line with their resource's attributes: one by itself, or many in OTLP's own form."""
    if "resourceSpans" not in row:
        yield row, _attributes(child(row, "resource"))
        return
    for part in items(row, "resourceSpans"):
        resource = _attributes(child(part if isinstance(part, dict) else {}, "resource"))
        for scope in items(part if isinstance(part, dict) else {}, "scopeSpans"):
            for span in items(scope if isinstance(scope, dict) else {}, "spans"):
                if isinstance(span, dict):
                    yield span, resource


def _attributes(holder: Row) -> Row:
    """Attributes as a plain object, whether they are written as one or as a list of keys and typed values."""
    listed = holder.get("attributes")
    if not isinstance(listed, list):
        return child(holder, "attributes")
    found: dict[str, Any] = {}
    for entry in listed:
        value = child(entry, "value") if isinstance(entry, dict) else {}
        found[text(entry, "key")] = next(iter(value.values()), None)
    return found


def _call(file: File, span: Row, resource: Row) -> Event | None:
    """A chat span as a call; None for every other line."""
    attributes = _attributes(span)
    if text(attributes, "gen_ai.operation.name") != "chat" or text(attributes, "event.name") or "body" in span or not text(span, "name"):
        return None
    conversation, chat = text(attributes, "gen_ai.conversation.id"), text(attributes, *CHAT_SESSION)
    branch = text(attributes, "github.copilot.git.branch")
    return _event(file, attributes, _end(span), text(span, "spanId"), conversation, chat, text(resource, "service.version"), branch)


def _end(span: Row) -> int:
    """When a span ended, else when it began: [seconds, nanoseconds], nanoseconds, or any usual form of a time."""
    names = ("endTime", "endTimeUnixNano", "startTime", "startTimeUnixNano", "timestamp")
    value = next((span[name] for name in names if span.get(name) is not None), None)
    try:
        if isinstance(value, list) and len(value) == 2:
            value = int(value[0]) * 1000 + int(value[1]) // 1_000_000
        elif isinstance(value, (int, str)) and str(value).isdigit() and len(str(value)) > 16:
            value = int(value) // 1_000_000
    except (TypeError, ValueError):
        value = None
    return moment(value)


def _event(file: File, usage: Row, ts: int, span: str, conversation: str, chat: str, version: str, branch: str) -> Event:
    counts = Counts(
        tokens(usage, f"{USAGE}input_tokens"),
        tokens(usage, *READ),
        tokens(usage, *WRITTEN),
        tokens(usage, f"{USAGE}output_tokens"),
        tokens(usage, *REASONED),
    )
    session, answer = conversation or chat, text(usage, "gen_ai.response.id")
    name = call_name(file.state.setdefault("calls", {}), session, counts, span or answer) if session else answer or span
    reported, unit = charged(usage.get("github.copilot.nano_aiu"), usage.get("github.copilot.cost"))
    sku = Sku(text(usage, "gen_ai.response.model", "gen_ai.request.model") or "unknown")
    event = call(file, name, ts, Session(chat or session, "", version), Lane(file.source, branch=branch, unit=unit), sku, counts)
    for one in {conversation, chat}:
        note_trace(file, one, ts)
    return event._replace(reported=reported, request=answer, rank=counts.output)


# ---- agent-traces.db -------------------------------------------------------------------------------------------------

COLUMNS = {
    "input_tokens": f"{USAGE}input_tokens", "output_tokens": f"{USAGE}output_tokens", "cached_tokens": READ[0],
    "reasoning_tokens": REASONED[0], "response_model": "gen_ai.response.model", "request_model": "gen_ai.request.model",
}  # fmt: skip
"""The columns of the table of spans, and the attributes they hold."""

WANTED = ("span_id", "conversation_id", "chat_session_id", "start_time_ms", "end_time_ms", *COLUMNS)


def read_trace_store(file: File) -> Iterator[Event]:
    """The calls of the conversations that have new spans."""
    yield from opened(file, _stored)


def _stored(file: File, database: Connection) -> Iterator[Event]:
    since = max(file.state.get("since", 0) - OVERLAP, 0)
    mine = "coalesce(conversation_id, chat_session_id, span_id)"
    new = f"SELECT {mine} FROM spans WHERE operation_name = 'chat' AND start_time_ms >= ?"
    chosen = f"operation_name = 'chat' AND {mine} IN ({new})"
    extras = _extras(database, chosen, since)
    file.state["calls"] = {}
    for row in select(database, "spans", WANTED, f"WHERE {chosen} ORDER BY start_time_ms, span_id", (since,)):
        usage = {name: row.get(column) for column, name in COLUMNS.items()} | extras.get(text(row, "span_id"), {})
        try:
            ts = moment(row.get("end_time_ms"))
            event = _event(file, usage, ts, text(row, "span_id"), text(row, "conversation_id"), text(row, "chat_session_id"), "", "")
            file.state["since"] = max(file.state.get("since", 0), moment(row.get("start_time_ms")))
        except Absurd as error:
            file.fault(str(error), -1)
            continue
        if event.total:
            yield event
    del file.state["calls"]


def _extras(database: Connection, chosen: str, since: int) -> dict[str, dict[str, Any]]:
    """Of the attributes that have no column, the few of use, by span."""
    found: dict[str, dict[str, Any]] = {}
    if "span_id" not in columns(database, "span_attributes"):
        return found
    marks = ", ".join("?" * len(EXTRAS))
    where = f"WHERE key IN ({marks}) AND span_id IN (SELECT span_id FROM spans WHERE {chosen})"
    for row in select(database, "span_attributes", ("span_id", "key", "value"), where, (*EXTRAS, since)):
        found.setdefault(row["span_id"], {})[row["key"]] = row["value"]
    return found


def traced_since(user: str, session: str) -> int | None:
    """When the extension's traces below an editor's `User` directory began to tell of a session; None when they do not."""
    import sqlite3

    path = f"{user}/globalStorage/github.copilot-chat/agent-traces.db"
    if not os.path.isfile(path):
        return None
    query = "SELECT min(start_time_ms) FROM spans WHERE operation_name = 'chat' AND (conversation_id = ? OR chat_session_id = ?)"
    try:
        with File("", path).database() as database:
            first = database.execute(query, (session, session)).fetchone()[0]
        return None if first is None else moment(first)
    except (sqlite3.Error, Absurd):
        return None
