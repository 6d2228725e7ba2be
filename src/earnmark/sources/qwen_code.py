"""Qwen Code.

Where: `projects/<slug>/chats/<session>.jsonl` below `$QWEN_RUNTIME_DIR`, else `$QWEN_HOME`, else `~/.qwen`, on every
system; before that `tmp/<hash>/chats/`, first as one JSON object for a session, as Gemini CLI kept it. `$QWEN_DATA_DIR`
names one more such directory (or its `projects`).

What is odd: a call is told twice, by a `ui_telemetry` row and by the assistant row that follows it. The telemetry row is
the call: it carries the server's response id, and only it tells of the calls of background agents and subagents, which
have no assistant row. An assistant row counts where no telemetry row stands for it, as in older builds or with telemetry
off. The prompt counts what came from the cache. Whether the output counts the thoughts depends on the server: the total
tells. `usage_record.jsonl` sums a whole process up and is not read.

What it hides: calls the client makes for itself, such as prompt suggestions, are in neither kind of row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from earnmark.model import BACKGROUND, DOCUMENT, LINES, MAIN, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._gemini import INSIDE, OUTSIDE, document, split, stem
from earnmark.sources._ids import call_key, leftover
from earnmark.sources.reading import Absurd, File, child, moment, text, tokens

WAYS = (INSIDE, OUTSIDE)
NEEDLE = re.compile(rb'"(?:usageMetadata|[a-z_-]+\.api_response)"')
OPEN = 64
"""Telemetry rows remembered until their assistant row comes; those of background agents never see one."""

Told = list[Any]
"""A remembered row: its uuid ("" when no assistant row follows it), and the counts that both tellings of a call share."""


def places(machine: Machine) -> list[Place]:
    """The chats of every project, in both layouts."""
    roots = [machine.get("QWEN_RUNTIME_DIR", "QWEN_HOME") or machine.under(".qwen")]
    if extra := machine.get("QWEN_DATA_DIR").rstrip("/"):
        roots.append(os.path.dirname(extra) if os.path.basename(extra) == "projects" else extra)
    roots = list(dict.fromkeys(root.rstrip("/") for root in roots))
    return [
        *(Place(f"{root}/projects", ("*/chats/*.jsonl",)) for root in roots),
        *(Place(f"{root}/tmp", ("*/chats/*.jsonl", "*/chats/*.json")) for root in roots),
    ]


def read(file: File) -> Iterator[Event]:
    """One event per call; `file.state` keeps the telemetry rows whose assistant row may still come, and the last lone assistant row."""
    if file.path.endswith(".json"):
        yield from document(file, WAYS, "")
        return
    waiting: list[Told] = file.state.setdefault("waiting", [])
    for row in file.rows(NEEDLE):
        told = child(row, "systemPayload", "uiEvent")
        event: Event | None
        try:
            if text(told, "event.name").endswith(".api_response"):
                event = _telemetry(file, row, told, waiting)
            elif text(row, "type") == "assistant":
                event = _assistant(file, row, waiting)
            else:
                continue
        except Absurd as error:
            file.fault(str(error))
            continue
        if event is not None and event.total:
            yield event


def _telemetry(file: File, row: Row, told: Row, waiting: list[Told]) -> Event:
    usage = (
        tokens(told, "input_token_count"),
        tokens(told, "cached_content_token_count"),
        tokens(told, "output_token_count"),
        tokens(told, "thoughts_token_count"),
        tokens(told, "tool_token_count"),
    )
    event = _event(file, row, usage, tokens(told, "total_token_count"), told)
    lone = file.state.get("lone")
    if lone and lone[0] and lone[0] == text(row, "parentUuid") and lone[1:] == list(usage[:4]):
        return event._replace(key=f"qwen_code:{lone[0]}", rank=event.output + 1)
    waiting.append([text(row, "uuid") if event.lane.thread == MAIN else "", *usage[:4]])
    del waiting[:-OPEN]
    return event


def _assistant(file: File, row: Row, waiting: list[Told]) -> Event | None:
    """An assistant row that no telemetry row stands for; None for the others."""
    counts = child(row, "usageMetadata")
    usage = (
        tokens(counts, "promptTokenCount"),
        tokens(counts, "cachedContentTokenCount"),
        tokens(counts, "candidatesTokenCount"),
        tokens(counts, "thoughtsTokenCount"),
        tokens(counts, "toolUsePromptTokenCount"),
    )
    parent = text(row, "parentUuid")
    same = [told for told in waiting if told[1:] == list(usage[:4])] or [told for told in waiting if parent and told[0] == parent]
    if same:
        waiting.remove(same[-1])
        return None
    file.state["lone"] = [text(row, "uuid"), *usage[:4]]
    return _event(file, row, usage, tokens(counts, "totalTokenCount"), {})


def _event(file: File, row: Row, usage: tuple[int, int, int, int, int], total: int, told: Row) -> Event:
    ts = moment(row.get("timestamp") or told.get("event.timestamp"))
    session = text(row, "sessionId") or stem(file.path)
    agent = text(told, "subagent_name")
    identity = text(told, "response_id")
    key = call_key("qwen_code", identity, text(row, "uuid") or f"{session}:{ts}")
    fresh, cached, output, reasoning = split(file, WAYS, usage, total)
    thread = MAIN if not agent else BACKGROUND if agent.startswith("managed-") else SUBAGENT
    return Event(
        key,
        ts,
        Session(session, "", text(row, "version")),
        Lane("qwen_code", text(row, "cwd"), text(row, "gitBranch"), thread, agent),
        Sku(text(told, "model") or text(row, "model") or "unknown"),
        input=fresh,
        cache_read=cached,
        output=output,
        reasoning=reasoning,
        request=leftover(key, identity),
    )


SOURCE = Source(
    name="qwen_code",
    title="Qwen Code",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT if path.endswith(".json") else LINES,
    hides="calls the client makes for itself, such as prompt suggestions, are not in the chats",
    note="Set QWEN_HOME to read another directory.",
)
