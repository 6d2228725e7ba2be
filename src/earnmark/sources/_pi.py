"""The session format of Pi, which OMP, Senpi and OpenClaw write too: a row per entry of a conversation's tree.

The buckets are disjoint, `cacheWrite1h` is the part of `cacheWrite` kept for an hour, `reasoning` a part of the output.
"""

from __future__ import annotations

import re
from typing import Any

from earnmark.model import BACKGROUND, SUBAGENT, Event, Lane, Row, Session, Sku
from earnmark.sources._ids import call_key, leftover
from earnmark.sources.reading import Absurd, File, child, moment, money, text, tokens

NEEDLE = re.compile(rb'"usage"|"modelId"|"type"\s*:\s*"session"')

PLANS = {"openai-codex", "github-copilot"}
"""Providers that are only reached through a subscription."""

Known = dict[str, Any]
"""What the rows before said: session, parent, cwd, model, provider. Answers that OpenClaw wrote itself name no real model."""


def call(file: File, row: Row, known: Known, lane: Lane) -> Event | None:
    """The model call a row tells of, None for other rows; `known` is kept up to date, a bad row becomes a fault."""
    kind = text(row, "type")
    if kind == "session":
        known.update(session=text(row, "id"), cwd=text(row, "cwd"), parent=session_of(text(row, "parentSession")))
        _note_model(known, row)
        return None
    if kind == "model_change":
        _note_model(known, row)
        return None
    if kind == "custom" and text(row, "customType") == "model-snapshot":
        _note_model(known, child(row, "data"))
        return None
    message = child(row, "message")
    try:
        event = _event(file, row, kind, message, known, lane)
    except Absurd as error:
        file.fault(str(error))
        return None
    return event if event is not None and event.total else None


def _note_model(known: Known, row: Row) -> None:
    if model := text(row, "modelId"):
        known.update(model=model, provider=text(row, "provider"))


def _event(file: File, row: Row, kind: str, message: Row, known: Known, lane: Lane) -> Event | None:
    """Answers; summaries of what was compacted or left behind; and tools that called a model themselves."""
    role = text(message, "role")
    if kind == "message" and role == "assistant":
        usage = child(message, "usage")
        model, provider = text(message, "responseModel", "model"), text(message, "provider")
        if not model:
            model, provider = known.get("model", ""), provider or known.get("provider", "")
        elif provider != "openclaw":
            known.update(model=model, provider=provider)
    elif kind == "message" and role == "toolResult":
        usage, model, provider = child(message, "usage"), text(message, "model"), text(message, "provider")
        lane = lane._replace(thread=SUBAGENT, agent=text(message, "toolName"))
    elif kind in ("compaction", "branch_summary"):
        usage, model, provider = child(row, "usage"), known.get("model", ""), known.get("provider", "")
        lane = lane._replace(thread=BACKGROUND, agent=kind)
    else:
        return None
    return _call(file, row, message, usage, Sku(model or "unknown", provider), known, lane) if usage else None


def _call(file: File, row: Row, message: Row, usage: Row, sku: Sku, known: Known, lane: Lane) -> Event:
    fresh, cached, output = tokens(usage, "input"), tokens(usage, "cacheRead"), tokens(usage, "output")
    written = tokens(usage, "cacheWrite")
    long = min(tokens(usage, "cacheWrite1h"), written)
    total, parts = tokens(usage, "totalTokens"), fresh + cached + written + output
    if total not in (0, parts):
        file.fault(f"the logged total is {total}, but its parts make {parts}")
    made = message.get("timestamp") or row.get("timestamp")
    identity = text(message, "responseId")
    key = call_key(file.source, identity, moment(made), fresh, cached, written, output)
    return Event(
        key,
        moment(row.get("timestamp") or made),
        Session(known.get("session") or session_of(file.path), known.get("parent", "")),
        lane._replace(project=known.get("cwd", ""), billing="subscription" if sku.provider in PLANS else ""),
        sku,
        input=fresh,
        cache_read=cached,
        cache_write_5m=written - long,
        cache_write_1h=long,
        output=output,
        reasoning=min(tokens(usage, "reasoning", "reasoningTokens"), output),
        reported=money(child(usage, "cost").get("total")),
        request=leftover(key, identity),
    )


def session_of(path: str) -> str:
    """The session a file is of, by its name: `<time>_<id>.jsonl` or `<id>.jsonl`, whatever follows."""
    return path.replace("\\", "/").rsplit("/", 1)[-1].split(".jsonl", 1)[0].rsplit("_", 1)[-1]
