"""Factory Droid, the command line client and the desktop app.

Where: `sessions/<project>/<session>.settings.json`, with the transcript `<session>.jsonl` beside it, below `~/.factory`
(on Windows in the user's profile). `$DROID_SESSIONS_DIR` names the sessions directory itself (several, separated by
commas), `$FACTORY_DIR` the directory that replaces `~/.factory`, `$FACTORY_HOME_OVERRIDE` the home it lies in.

What is odd: transcripts have no usage. The settings file has the session's running totals and is rewritten in place, so
that a call here is what the totals grew by since Earnmark last looked, dated by the transcript's last message (else by the
provider lock, else by the file). Input, cache reads, cache writes and output are disjoint; thinking is inside the output.
Spawned sessions have files of their own, so the inclusive totals of their parent are never added. A copy of a session in a
second folder adds nothing that the larger one does not have. One model is named, the session's last; an own model such as
`custom:GLM-5-[Z.AI]-0` is told as GLM-5 served by Z.AI, and `auto` as the model it was routed to. The logged cost is in
Factory credits.

What it hides: which call used what, and the models before the last one.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from earnmark.model import DOCUMENT, MAIN, SNAPSHOT, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._tables import cost_growth
from earnmark.sources.reading import Absurd, File, child, count, growth, items, moment, money, text

COUNTERS = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "outputTokens", "thinkingTokens")

HEAD, TAIL = 1 << 20, 1 << 20
"""Bytes read at the start and at the end of a transcript."""

CUSTOM = re.compile(r"custom:(.+?)(?:-\[(.+)\])?-\d+")
TOLD = re.compile(r"^\s*Model:[ \t]*([A-Za-z0-9][\w.:/\[\]-]{0,80})\s*$", re.MULTILINE)
"""The line of a system reminder that names the model."""


def places(machine: Machine) -> list[Place]:
    """The sessions directories given, else the one below the Factory directory."""
    given = machine.get("DROID_SESSIONS_DIR")
    roots = [part.strip().rstrip("/") for part in given.split(",") if part.strip()]
    if not roots:
        home = machine.get("FACTORY_HOME_OVERRIDE") or machine.home
        factory = machine.get("FACTORY_DIR") or f"{home.rstrip('/')}/.factory"
        roots = [f"{factory.rstrip('/')}/sessions"]
    return [Place(root, ("*.settings.json",)) for root in dict.fromkeys(roots)]


def read(file: File) -> Iterator[Event]:
    """One event for what the session's totals grew by; none when they did not."""
    settings = file.document()
    if not isinstance(settings, dict):
        if settings is not None:
            file.fault("a JSON object was expected", -1)
        return
    try:
        event = _event(file, settings)
    except Absurd as error:
        file.fault(str(error), -1)
        return
    if event is not None:
        yield event


def _event(file: File, settings: Row) -> Event | None:
    usage = child(settings, "tokenUsage")
    if not usage:
        return None
    name = os.path.basename(file.path).removesuffix(".settings.json")
    totals = _totals(file, name, usage)
    head, tail = _ends(file.path.removesuffix(".settings.json") + ".jsonl")
    ts = _when(file, settings, head, tail)
    change = growth(file, name, totals)
    if change is None:
        return None
    suffix, grown = change
    start = next((row for row in _rows(head) if text(row, "type") == "session_start"), {})
    spawner = _spawner(settings, start)
    return Event(
        f"droid:{name}:{suffix}",
        ts,
        Session(name, spawner or ""),
        Lane("droid", text(start, "cwd"), thread=MAIN if spawner is None else SUBAGENT, quality=SNAPSHOT, unit="credits"),
        _sku(settings, head, tail),
        input=grown["inputTokens"],
        cache_read=grown["cacheReadTokens"],
        cache_write_5m=grown["cacheCreationTokens"],
        output=grown["outputTokens"],
        reasoning=min(grown["thinkingTokens"], grown["outputTokens"]),
        reported=cost_growth(file, name, suffix, money(usage.get("factoryCredits"))),
    )


def _totals(file: File, name: str, usage: Row) -> dict[str, int]:
    """The running totals. One that a client does not write any more stays what it was."""
    known = child(file.memory, name, "counters")
    return {field: known.get(field, 0) if usage.get(field) is None else count(usage[field], field) for field in COUNTERS}


def _when(file: File, settings: Row, head: bytes, tail: bytes) -> int:
    """When the session last did something, in milliseconds since 1970, by the best witness there is."""
    for row in chain(_newest(head, tail), [{"timestamp": settings.get("providerLockTimestamp")}]):
        value = row.get("timestamp")
        if value is not None:
            try:
                return moment(value)
            except Absurd:
                continue
    return moment(os.path.getmtime(file.path))


def _spawner(settings: Row, start: Row) -> str | None:
    """The session that spawned this one ("" when it is not named), or None when nobody did."""
    caller = text(start, "callingSessionId")
    if caller:
        return caller
    for tag in items(settings, "tags"):
        if isinstance(tag, dict) and text(tag, "name") == "subagent":
            return text(child(tag, "metadata"), "callingSessionId")
    return None


# ---- the model -------------------------------------------------------------------------------------------------------


def _sku(settings: Row, head: bytes, tail: bytes) -> Sku:
    model = text(settings, "model")
    if model in ("", "auto"):
        model = text(child(settings, "effectiveFactoryRouterModel"), "modelId") or _told_model(head, tail) or model or "unknown"
    custom = CUSTOM.fullmatch(model)
    if custom:
        return Sku(custom[1], custom[2] or "")
    return Sku(model.removeprefix("custom:"), text(settings, "providerLock"))


def _told_model(head: bytes, tail: bytes) -> str:
    """The model as the last message names it, else as a system reminder tells it to the agent."""
    for row in _newest(head, tail):
        if model := text(row, "modelId") or text(child(row, "message"), "modelId"):
            return model
    for row in _rows(head):
        for part in items(child(row, "message"), "content"):
            told = part.get("text") if isinstance(part, dict) else None
            if isinstance(told, str) and "<system-reminder>" in told and (found := TOLD.search(told)):
                return found[1]
    return ""


# ---- the transcript --------------------------------------------------------------------------------------------------


def _ends(path: str) -> tuple[bytes, bytes]:
    """The whole lines at the start and at the end of a transcript; nothing when there is none."""
    try:
        with open(path, "rb") as handle:
            head = handle.read(HEAD)
            size = handle.seek(0, os.SEEK_END)
            if size <= HEAD:
                return head, b""
            handle.seek(max(HEAD, size - TAIL))
            return head, handle.read(TAIL).partition(b"\n")[2]
    except OSError:
        return b"", b""


def _newest(head: bytes, tail: bytes) -> Iterator[Row]:
    """The rows of both ends of a transcript, the last one first."""
    return chain(_rows(tail, -1), _rows(head, -1))


def _rows(data: bytes, step: int = 1) -> Iterator[Row]:
    """The lines that are JSON objects, backwards with a step of -1; others (cut off, or something else) are passed over."""
    for line in data.split(b"\n")[::step]:
        if line.startswith(b"{"):
            try:
                row: Any = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                yield row


SOURCE = Source(
    name="droid",
    title="Factory Droid",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT,
    note=(
        "The cost is in Factory credits. Only a session's running totals are logged, under the model it used last. "
        "Read often: what a session used between two readings is dated by its last message."
    ),
)
