"""Codebuff (once Manicode), Freebuff, and Freebuff Desktop.

Where: `projects/<project>/chats/<chat>/chat-messages.json` below `~/.config/manicode`, `~/.config/manicode-dev` and
`~/.config/manicode-staging` on every system; `$CODEBUFF_DATA_DIR` (several, separated by commas) or Freebuff's own
`$FREEBUFF_CONFIG_DIR` name other directories. Freebuff Desktop keeps SQLite databases `projects/<project>/desktop*.db`
in `~/.config/freebuff-desktop` or the system's directory for application data, or in `$FREEBUFF_DESKTOP_HOME`.

What is odd: the client bills credits (a hundredth of a dollar each), written on every answer. Tokens stand only in the run
state an answer may carry: the whole history of the chat so far, so that every call is told again by each later answer. A
call has no id; it is known by its chat, its token counts and its place among equal ones. Some answers carry their own usage
instead. An answer's credits are told with its last call; an answer without any tokens becomes a call of credits only,
marked as partial. The input includes the cached part where the names are OpenAI's (or the total says so), and
excludes it where cache reads are counted on their own. Times are those of the messages, else of the chat's name.

What it hides: the tokens of spawned agents (their credits are in the answer's), and of answers whose run state was dropped.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from earnmark.model import DATABASE, DOCUMENT, EXACT, MAIN, PARTIAL, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._tables import columns, opened, select
from earnmark.sources.reading import Absurd, File, child, items, moment, money, text, tokens

if TYPE_CHECKING:
    from sqlite3 import Connection

CHAT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d(?:\.\d+)?)Z?")
"""A chat's name: the time it began, with dashes for colons."""

MADE = re.compile(r"(?<!\d)1[6-9]\d{11}(?!\d)")
"""Milliseconds since 1970 inside a message's id."""

OVERLAP = 500
"""Rows of a desktop database that are read again each time: an answer's usage is written after its row."""


class Chat(NamedTuple):
    """One chat file: the name of its session, its folder's project, and when it began (0 when that is unknown)."""

    name: str
    project: str
    began: int


class Used(NamedTuple):
    """The disjoint token counts of one call."""

    input: int
    cache_read: int
    cache_write: int
    output: int
    reasoning: int


def places(machine: Machine) -> list[Place]:
    """The directories given, else the usual ones, and Freebuff Desktop's."""
    roots = [part.strip().rstrip("/") for part in machine.get("CODEBUFF_DATA_DIR").split(",") if part.strip()]
    if not roots:
        freebuff = machine.get("FREEBUFF_CONFIG_DIR").rstrip("/")
        roots = [freebuff] if freebuff else []
        roots += [machine.under(".config", name) for name in ("manicode", "manicode-dev", "manicode-staging")]
    desktop = machine.get("FREEBUFF_DESKTOP_HOME").rstrip("/")
    desktops = [desktop] if desktop else [f"{base}/freebuff-desktop" for base in (machine.config, machine.under(".config"), machine.applications)]
    chats = [root if os.path.basename(root) == "projects" else f"{root}/projects" for root in roots]
    return [
        *(Place(root, ("*chat-messages.json",)) for root in dict.fromkeys(chats)),
        *(Place(f"{root}/projects", ("*/desktop*.db",)) for root in dict.fromkeys(desktops)),
    ]


def kind(path: str) -> str:
    """Chats are documents, Freebuff Desktop's projects are databases."""
    return DATABASE if path.endswith(".db") else DOCUMENT


def read(file: File) -> Iterator[Event]:
    """One event per call of a chat, or of a desktop project."""
    if kind(file.path) == DATABASE:
        yield from opened(file, _desktop)
        return
    messages = file.document()
    if isinstance(messages, list):
        chat = _chat(file.path)
        own: Counter[str] = Counter()
        for number, message in enumerate(messages):
            if isinstance(message, dict) and _is_answer(message):
                try:
                    yield from _answer(file, chat, message, number, own)
                except Absurd as error:
                    file.fault(f"message {number}: {error}", -1)
    elif messages is not None:
        file.fault("a list of messages was expected", -1)


# ---- chats -----------------------------------------------------------------------------------------------------------


def _chat(path: str) -> Chat:
    parts = path.replace("\\", "/").split("/")
    name = parts[-2] if len(parts) > 1 else ""
    project = parts[-4] if len(parts) > 3 and parts[-3] == "chats" else ""
    began = CHAT.fullmatch(name)
    try:
        start = moment(f"{began[1]}T{began[2]}:{began[3]}:{began[4]}Z") if began else 0
    except Absurd:
        start = 0
    return Chat(f"{project}/{name}", project, start)


def _is_answer(message: Row) -> bool:
    return text(message, "variant", "role") in ("ai", "agent", "assistant")


def _answer(file: File, chat: Chat, message: Row, number: int, own: Counter[str]) -> Iterator[Event]:
    """The calls an answer tells of; its credits go with the last one, or stand alone. `own` counts usage told outside histories."""
    ts = _when(file, chat, message)
    calls = list(_history(file, chat, message, ts, number)) or list(_own(file, chat, message, ts, own))
    billed = money(message.get("credits")) if message.get("isComplete") is not False else None
    if billed and calls:
        last = calls[-1]
        calls[-1] = last._replace(reported=billed, rank=last.output + 1)
    elif billed:
        lane = _lane(chat, message)._replace(quality=PARTIAL)
        mark = text(message, "id") or f"message {number}"
        calls = [Event(f"codebuff:{chat.name}:{mark}", ts, Session(chat.name), lane, _sku(message), reported=billed, rank=billed)]
    yield from calls


def _history(file: File, chat: Chat, message: Row, ts: int, number: int) -> Iterator[Event]:
    """The calls in the history that an answer's run state carries."""
    seen: Counter[str] = Counter()
    state = child(message, "metadata", "runState", "sessionState", "mainAgentState")
    for row in items(state, "messageHistory"):
        if isinstance(row, dict) and text(row, "role") == "assistant":
            options = child(row, "providerOptions")
            usage, model = _usage(options)
            if usage:
                try:
                    when = moment(row["sentAt"]) if row.get("sentAt") else ts
                    yield _call(chat, message, _used(file, usage), model, when, seen)
                except Absurd as error:
                    file.fault(f"message {number}: {error}", -1)


def _own(file: File, chat: Chat, message: Row, ts: int, seen: Counter[str]) -> Iterator[Event]:
    """The call whose usage an answer carries itself."""
    metadata = child(message, "metadata")
    usage, model = _usage(metadata)
    if usage:
        yield _call(chat, message, _used(file, usage), model, ts, seen)


def _call(chat: Chat, message: Row, used: Used, model: str, ts: int, seen: Counter[str]) -> Event:
    mark = _hash(used)
    key = f"codebuff:{chat.name}:{mark}:{seen[mark]}"
    seen[mark] += 1
    sku = Sku(model) if model else _sku(message)
    return _priced(Event(key, ts, Session(chat.name), _lane(chat, message), sku), used)


def _priced(event: Event, used: Used) -> Event:
    return event._replace(input=used.input, cache_read=used.cache_read, cache_write_5m=used.cache_write, output=used.output, reasoning=used.reasoning)


def _hash(used: Used) -> str:
    return blake2b(repr(tuple(used[:4])).encode(), digest_size=8).hexdigest()


def _lane(chat: Chat, message: Row) -> Lane:
    context = child(message, "metadata", "runState", "sessionState", "fileContext")
    project = text(context, "cwd", "projectRoot") or text(child(message, "metadata", "runState"), "cwd") or chat.project
    spawned = text(message, "variant") == "agent"
    agent = text(child(message, "agent"), "agentType") if spawned else ""
    return Lane("codebuff", project, thread=SUBAGENT if spawned else MAIN, agent=agent, quality=EXACT, unit="credits")


def _sku(message: Row) -> Sku:
    return Sku(text(child(message, "metadata"), "model") or text(message, "model") or "unknown")


def _when(file: File, chat: Chat, message: Row) -> int:
    """When an answer was given, in milliseconds since 1970. The time many builds write is a bare time of day: no use."""
    made = MADE.search(text(message, "id"))
    for value in (message.get("timestamp"), made[0] if made else None):
        if value is not None:
            try:
                return moment(value)
            except Absurd:
                continue
    return chat.began or moment(os.path.getmtime(file.path))


# ---- usage -----------------------------------------------------------------------------------------------------------


def _usage(options: Row) -> tuple[Row, str]:
    """The usage in these options or in one of the providers' parts of them, and the model named beside it."""
    parts = [options, *(part for part in options.values() if isinstance(part, dict))]
    model = next((named for part in parts if (named := text(part, "model"))), "")
    return next((usage for part in parts if (usage := child(part, "usage"))), {}), model


def _used(file: File, usage: Row) -> Used:
    """The counts of a usage object in any of its spellings, made disjoint."""
    total = tokens(usage, "totalTokens", "total_tokens")
    given = tokens(usage, "inputTokens", "input_tokens", "promptTokens", "prompt_tokens")
    output = tokens(usage, "outputTokens", "output_tokens", "completionTokens", "completion_tokens")
    beside = tokens(usage, "cacheReadInputTokens", "cache_read_input_tokens", "cacheReadTokens", "cache_read_tokens")
    inside = tokens(usage, "cachedInputTokens", "cached_input_tokens") or tokens(_details(usage, "prompt", "input"), "cachedTokens", "cached_tokens")
    written = tokens(usage, "cacheCreationInputTokens", "cache_creation_input_tokens", "cacheCreationTokens", "cache_creation_tokens")
    thought = tokens(usage, "reasoningTokens", "reasoning_tokens", "reasoningOutputTokens") or tokens(
        _details(usage, "completion", "output"), "reasoningTokens", "reasoning_tokens"
    )
    read = beside or inside
    included = bool(inside) and not beside
    if total == given + output + read + written:
        included = False
    elif total and total == given + output:
        included = read + written <= given
    elif total:
        file.fault(f"the tokens sum to {given + output + (0 if included else read + written)}, the total says {total}", -1)
    if included and read + written > given:
        raise Absurd(f"{read + written} cached tokens in an input of {given}")
    return Used(given - read - written if included else given, read, written, output, min(thought, output))


def _details(usage: Row, *sides: str) -> Row:
    names = [name for side in sides for name in (f"{side}TokensDetails", f"{side}_tokens_details")]
    return next((found for name in names if (found := child(usage, name))), {})


# ---- Freebuff Desktop ------------------------------------------------------------------------------------------------


def _desktop(file: File, database: Connection) -> Iterator[Event]:
    """The answers with usage, from a little before the last row seen on."""
    threads: dict[Any, Row] = {}
    if "id" in columns(database, "threads"):
        threads = {row["id"]: row for row in select(database, "threads", ("id", "project_path", "model", "fork_source_thread_id"))}
    last = database.execute("SELECT max(seq) FROM messages").fetchone()[0] or 0
    after = file.state.get("seq", 0)
    after = 0 if after > last else after - OVERLAP
    rest = "WHERE seq > ? AND role = 'assistant' AND metrics_json LIKE '%okens%' ORDER BY seq"
    for row in select(database, "messages", ("seq", "thread_id", "ts", "metrics_json"), rest, (after,)):
        try:
            event = _desktop_call(file, threads.get(row.get("thread_id")) or {}, row)
        except Absurd as error:
            file.fault(f"message {row['seq']}: {error}")
            continue
        if event is not None:
            yield event
    file.state["seq"] = last


def _desktop_call(file: File, thread: Row, row: Row) -> Event | None:
    data = row["metrics_json"]
    try:
        metrics = file.decode(data.encode() if isinstance(data, str) else data)
    except (ValueError, RecursionError):
        raise Absurd("its metrics are not valid JSON") from None
    if not isinstance(metrics, dict):
        return None
    used, ts = _used(file, child(metrics, "usage") or metrics), moment(row.get("ts"))
    if not any(used):
        return None
    session = Session(text(row, "thread_id"), text(thread, "fork_source_thread_id"))
    lane = Lane("codebuff", text(thread, "project_path"))
    event = Event(f"codebuff:desktop:{ts}:{_hash(used)}", ts, session, lane, Sku(text(metrics, "model") or text(thread, "model") or "unknown"))
    return _priced(event, used)._replace(reported=money(metrics.get("costUsd")) or None)


SOURCE = Source(
    name="codebuff",
    title="Codebuff and Freebuff",
    places=places,
    read=read,
    kind=kind,
    hides="tokens of spawned agents, and of answers whose run state was dropped; their credits are counted",
    note="Chats are billed in credits, a hundredth of a dollar each. Set CODEBUFF_DATA_DIR to read other directories.",
)
