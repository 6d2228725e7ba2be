"""Claude Code (and Claude Desktop's local agent sessions, which write the same files).

Where: `projects/<slug>/**/*.jsonl` below `$CLAUDE_CONFIG_DIR` (several directories may be given, separated by commas or the
system's path separator), else `~/.claude` and `~/.config/claude`. Subagents: inline rows (1.0), `agent-<id>.jsonl` beside
the main file (2.0), `<session>/subagents/**/agent-<id>.jsonl` (2.1); all three may stand side by side.

What is odd: one model call is written as one row per content block, each with the same `message.id` and `requestId`;
versions before 2.1.100 write the usage of the call's start, so that output is cut short. Of a call's rows the one with
the most output is believed, whole. Forks and asides copy rows into other files under the same `message.id`. Thinking is
inside `output_tokens`. `iterations` of type "message" repeat the usage above them; other types are calls of their own.

What it hides: compaction, titles, summaries, memory extraction and other background calls are billed and not logged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from earnmark.model import BACKGROUND, EXACT, LINES, MAIN, PARTIAL, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources.reading import MOST_TOKENS, Absurd, File, child, items, moment, money, text, tokens

COPY, ASIDE = 1 << 44, 1 << 45
"""Taken off the rank of a row that a fork copied, and of a sidechain's copy of a parent's row.

A rank is four times the output, plus two once the call has stopped, plus one for a later row that says as much by another model.
"""

REMEMBERED = 8
"""So many calls stay open for later rows: parallel sidechains of old versions write theirs between each other's."""

TIERS = ("batch", "priority", "flex")
SKIP = ("*/journal.jsonl",)


def places(machine: Machine) -> list[Place]:
    """The configured directories, else the usual ones, and Claude Desktop's."""
    given = machine.get("CLAUDE_CONFIG_DIRS", "CLAUDE_CONFIG_DIR")
    separator = "," if "," in given else (";" if machine.platform == "win32" else ":")
    roots = [part.strip().rstrip("/") for part in given.split(separator) if part.strip()]
    roots = roots or [machine.under(".claude"), f"{machine.config}/claude", machine.under(".config", "claude")]
    found = [root if os.path.basename(root) == "projects" else f"{root}/projects" for root in roots]
    desktop = "Claude/local-agent-mode-sessions"
    local = machine.get("LOCALAPPDATA") or machine.under("AppData", "Local")
    store = [Place(f"{local}/Packages", (f"*Claude_*/LocalCache/Roaming/{desktop}/*.claude/projects/*.jsonl",), SKIP)]
    return [
        *(Place(root, ("*.jsonl",), SKIP) for root in dict.fromkeys(found)),
        Place(f"{machine.applications}/{desktop}", ("*.claude/projects/*.jsonl",), SKIP),
        *(store if machine.platform == "win32" else []),
    ]


def read(file: File) -> Iterator[Event]:
    """One event per model call, the best of its rows so far; the last calls stay open in `file.state` for rows still to come."""
    best: Event | None = None
    calls = _Open(file.state)
    events = _typed_rows(file) if file.bulk else _loose_rows(file)
    for event, more in events:
        event = calls.seen(event)
        if best is None:
            best = event
        elif best[0] != event[0]:
            yield best
            best = event
        elif (event[14] or 0) > (best[14] or 0):
            best = event
        if more:
            yield from _extras(file, more, event)
    if best is not None:
        yield best
    calls.save()


def _rows(file: File) -> Iterator[bytes]:
    """The lines that may tell usage: results of tools, which dwarf the rest, are passed over by their first bytes."""
    return file.lines(b'"usage"', skip=b'"type":"user"', head=200)


class _Open:
    """The calls that may still get rows, in `file.state`: when each began, and the rank and model of its latest row."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.calls: dict[str, list[Any]] = state.get("open", {})

    def seen(self, event: Event) -> Event:
        """The event dated by its call's first row; of two rows that say as much the later one, with another model, ranks higher."""
        calls = self.calls
        known = calls.get(event[0])
        if known is None:
            if len(calls) >= REMEMBERED:
                del calls[next(iter(calls))]
            calls[event[0]] = [event[1], event[14], event[4][0]]
            return event
        rank = event.rank or 0
        if rank // 2 == known[1] // 2 and event.sku.model != known[2]:
            rank = max(rank, known[1] | 1)
        known[0], known[1], known[2] = min(known[0], event.ts), rank, event.sku.model
        return event._replace(ts=known[0], rank=rank)

    def save(self) -> None:
        """Leave the open calls in the file's state."""
        if self.calls:
            self.state["open"] = self.calls


# ---- one row -----------------------------------------------------------------------------------------------------------

_Settings = dict[tuple[Any, ...], tuple[Session, Lane, Sku]]
"""What rows in the same circumstances share."""


def _typed_rows(file: File) -> Iterator[tuple[Event, bytes]]:
    """The events of all rows by the compiled decoder, with the line where there are more in it; rows it refuses are read the slow way.

    Of a call's rows those that say nothing new are left out here already.
    """
    decode, settings, same = _strict(), _Settings(), None
    for line in _rows(file):
        try:
            row = decode(line)
        except (ValueError, RecursionError):
            yield from _loose_row(file, line, settings)
            continue
        message = row.message
        if message is None or row.type != "assistant" or (usage := message.usage) is None:
            continue
        new = (message.id, usage.output_tokens, message.stop_reason, message.model, row.isSidechain, row.requestSessionId)
        if new == same or row.isApiErrorMessage or row.isUnmetered or message.model == "<synthetic>":
            continue
        same = new if message.id else None
        split, details, server, steps = usage.cache_creation, usage.output_tokens_details, usage.server_tool_use, usage.iterations
        circumstances = (
            row.sessionId, row.version, row.cwd, row.gitBranch, row.isSidechain or row.agentId, row.attributionAgent, row.agentName, message.stop_reason,
            message.model, usage.service_tier, usage.speed, usage.inference_geo, row.requestSessionId,
        )  # fmt: skip
        try:
            event = _made(
                file, settings, circumstances, message.id or f"claude_code:{row.uuid or row.timestamp}", row.timestamp, row.requestId,
                usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens,
                split.ephemeral_5m_input_tokens if split is not None else 0, split.ephemeral_1h_input_tokens if split is not None else 0,
                usage.output_tokens, details.thinking_tokens if details is not None else 0, server.web_search_requests if server is not None else 0,
                row.costUSD,
            )  # fmt: skip
        except Absurd as error:
            file.fault(str(error))
            continue
        yield event, line if message.pausedResponses or (steps and (len(steps) > 1 or steps[0].type != "message")) else b""


def _loose_rows(file: File) -> Iterator[tuple[Event, bytes]]:
    """The events of all rows by the plain decoder, with the line where there may be more in it."""
    settings = _Settings()
    for line in _rows(file):
        yield from _loose_row(file, line, settings)


def _loose_row(file: File, line: bytes, settings: _Settings) -> Iterator[tuple[Event, bytes]]:
    """The event of a row whatever its fields are; one of a wrong type reads as absent, a number that cannot be is a fault."""
    row = file.row(line)
    message = child(row, "message")
    usage = message.get("usage")
    if row is None or text(row, "type") != "assistant" or not isinstance(usage, dict) or text(message, "model") == "<synthetic>":
        return
    if row.get("isApiErrorMessage") is True or row.get("isUnmetered") is True:
        return
    split = child(usage, "cache_creation")
    side = row.get("isSidechain") is True or text(row, "agentId")
    circumstances = (
        *(text(row, name) for name in ("sessionId", "version", "cwd", "gitBranch")), side, text(row, "attributionAgent"), text(row, "agentName"),
        text(message, "stop_reason"), text(message, "model"), *(text(usage, name) for name in ("service_tier", "speed", "inference_geo")),
        text(row, "requestSessionId"),
    )  # fmt: skip
    try:
        event = _made(
            file, settings, circumstances, text(message, "id") or f"claude_code:{text(row, 'uuid') or text(row, 'timestamp')}", row.get("timestamp"),
            text(row, "requestId"), tokens(usage, "input_tokens"), tokens(usage, "cache_read_input_tokens"), tokens(usage, "cache_creation_input_tokens"),
            tokens(split, "ephemeral_5m_input_tokens"), tokens(split, "ephemeral_1h_input_tokens"), tokens(usage, "output_tokens"),
            tokens(child(usage, "output_tokens_details"), "thinking_tokens"), tokens(child(usage, "server_tool_use"), "web_search_requests"),
            row.get("costUSD"),
        )  # fmt: skip
    except Absurd as error:
        file.fault(str(error))
        return
    yield event, line if usage.get("iterations") or message.get("pausedResponses") else b""


def _made(
    file: File, settings: _Settings, circumstances: tuple[Any, ...], key: str, timestamp: Any, request: str | None, fresh: int, cached: int, written: int,
    short: int, long: int, output: int, thinking: int, searches: int, cost: Any,
) -> Event:  # fmt: skip
    """The event of a row from its values; `short` and `long` are what of `written` is kept for 5 minutes and for an hour."""
    if not 0 <= (fresh | cached | written | short | long | output | thinking | searches) < MOST_TOKENS:
        raise Absurd(f"a token count of this row is below 0 or above {MOST_TOKENS:,}, which no call can have")
    known = settings.get(circumstances)
    if known is None:
        known = settings[circumstances] = _name(file, *circumstances)
    session, lane, sku = known
    rank = output * 4 + 2 if circumstances[7] else output * 4
    if circumstances[4] or circumstances[12]:
        rank -= (ASIDE if circumstances[4] else 0) + (COPY if circumstances[12] else 0)
    if short + long < written:
        short = written - long
    reported = None if cost is None else money(cost)
    return Event(
        key, moment(timestamp), session, lane, sku, fresh, cached, short, long, output, min(thinking, output), searches, reported, request or "", rank
    )


def _name(
    file: File, session: str | None, version: str | None, cwd: str | None, branch: str | None, side: Any, kind: str | None,
    agent: str | None, stopped: str | None, model: str | None, tier: str | None, speed: str | None, region: str | None, origin: str | None,
) -> tuple[Session, Lane, Sku]:  # fmt: skip
    """The session, lane and sku of rows in these circumstances."""
    name = session or os.path.basename(file.path).removesuffix(".jsonl")
    asked = kind or agent or (_agent_type(file.path) if side else "")
    quality = EXACT if stopped else PARTIAL
    lane = Lane("claude_code", (cwd or "")[:500], (branch or "")[:500], SUBAGENT if side else MAIN, asked[:500], quality=quality)
    bought = "fast" if speed == "fast" else tier if tier in TIERS else ""
    parent = origin if origin and origin != name else ""
    return Session(name[:500], parent[:500], (version or "")[:500]), lane, Sku((model or "unknown")[:500], "", bought, "us" if region == "us" else "")


def _agent_type(path: str) -> str:
    """The kind of a subagent, from the small file its client writes beside the log."""
    try:
        with open(path.removesuffix(".jsonl") + ".meta.json", "rb") as handle:
            meta = json.loads(handle.read(1 << 16))
    except (OSError, ValueError, RecursionError):
        return ""
    return text(meta, "agentType") if isinstance(meta, dict) else ""


# ---- calls inside a row ------------------------------------------------------------------------------------------------


def _extras(file: File, line: bytes, event: Event) -> Iterator[Event]:
    """Calls a row bills beside its own: iterations that are not the message, and paused server-tool responses."""
    message = child(file.row(line), "message")
    parts: list[tuple[Row, str]] = [(part, text(part, "type")) for part in items(child(message, "usage"), "iterations") if isinstance(part, dict)]
    parts += [(child(part, "usage"), "paused") for part in items(message, "pausedResponses") if isinstance(part, dict)]
    for number, (usage, kind) in enumerate(parts):
        if kind in ("message", ""):
            continue
        try:
            yield _extra(event, usage, f"{kind}{number}")
        except Absurd as error:
            file.fault(str(error))


def _extra(event: Event, usage: Row, name: str) -> Event:
    split = child(usage, "cache_creation")
    written, long = tokens(usage, "cache_creation_input_tokens"), tokens(split, "ephemeral_1h_input_tokens")
    output = tokens(usage, "output_tokens")
    return event._replace(
        key=f"{event.key}#{name}",
        lane=event.lane if name.startswith("paused") else event.lane._replace(thread=BACKGROUND, agent=name.rstrip("0123456789")),
        sku=event.sku._replace(model=text(usage, "model") or event.sku.model),
        input=tokens(usage, "input_tokens"),
        cache_read=tokens(usage, "cache_read_input_tokens"),
        cache_write_5m=max(written - long, 0),
        cache_write_1h=long,
        output=output,
        reasoning=0,
        searches=0,
        reported=None,
        rank=output * 4 + (event.rank or 0) - event.output * 4,
    )


# ---- the compiled decoder ----------------------------------------------------------------------------------------------


@cache
def _strict() -> Any:
    """A decoder of just the fields that count; it refuses a row where one has another type."""
    from msgspec import Struct, defstruct
    from msgspec.json import Decoder

    def shape(name: str, **fields: Any) -> type[Struct]:
        return defstruct(name, [(field, kind, 0) if kind is int else (field, kind | None, None) for field, kind in fields.items()], gc=False)

    split = shape("Split", ephemeral_5m_input_tokens=int, ephemeral_1h_input_tokens=int)
    details = shape("Details", thinking_tokens=int)
    server = shape("Server", web_search_requests=int)
    steps: Any = list.__class_getitem__(shape("Iteration", type=str))
    usage = shape(
        "Usage", iterations=steps, input_tokens=int, output_tokens=int, cache_creation_input_tokens=int, cache_read_input_tokens=int, cache_creation=split,
        output_tokens_details=details, server_tool_use=server, service_tier=str, speed=str, inference_geo=str,
    )  # fmt: skip
    message = shape("Message", id=str, model=str, stop_reason=str, usage=usage, pausedResponses=list)
    row = shape(
        "Line", type=str, timestamp=str, sessionId=str, requestId=str, message=message, isSidechain=bool, agentId=str, attributionAgent=str,
        agentName=str, cwd=str, gitBranch=str, version=str, uuid=str, costUSD=float, requestSessionId=str, isApiErrorMessage=bool, isUnmetered=bool,
    )  # fmt: skip
    return Decoder(row).decode


SOURCE = Source(
    name="claude_code",
    title="Claude Code",
    places=places,
    read=read,
    kind=lambda path: LINES,
    hides="background calls (compaction, titles, summaries, memory) are billed but not written to the transcript",
    note="Set CLAUDE_CONFIG_DIR to read other directories. Claude Code deletes transcripts after 30 days; the ledger keeps them.",
)
