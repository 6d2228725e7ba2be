"""Amp: the threads it kept on disk.

Where: `threads/T-<uuid>.json` below `$AMP_DATA_DIR`, else `~/.local/share/amp` (`$XDG_DATA_HOME/amp`) on every system.

What is odd: a thread tells of the same calls twice, in `usage` of its messages and in `usageLedger`, which also has the
calls behind a message (such as its title). The ledger is believed, and takes its cache numbers from the message it leads to;
messages no ledger entry leads to count by themselves. Input excludes cache reads and writes. What is logged as cost are
credits, not dollars. A call without a time of its own is dated by its thread.

What it hides: from spring 2026 on threads are kept on the server, and nothing of them on disk; only older ones are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from earnmark.model import BACKGROUND, DOCUMENT, MAIN, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._editors import local_path
from earnmark.sources.reading import Absurd, File, child, items, moment, money, text, tokens


def places(machine: Machine) -> list[Place]:
    """The configured data directories, else the usual one."""
    given = [part.strip().rstrip("/") for part in machine.get("AMP_DATA_DIR").split(",") if part.strip()]
    roots = given or list(dict.fromkeys((f"{machine.data}/amp", machine.under(".local", "share", "amp"))))
    return [Place(root if os.path.basename(root) == "threads" else f"{root}/threads", ("T-*.json", "*/T-*.json")) for root in roots]


def read(file: File) -> Iterator[Event]:
    """The entries of a thread's ledger, and its messages the ledger does not tell of."""
    thread = file.document()
    if not isinstance(thread, dict):
        return
    about = _about(file, thread)
    messages: list[Row] = [row for row in items(thread, "messages") if isinstance(row, dict) and child(row, "usage")]
    entries: list[Row] = [row for row in items(child(thread, "usageLedger"), "events") if isinstance(row, dict)]
    pairs = _pairs(entries, messages)
    told = {id(message) for message in pairs.values()}
    alone: list[str] = file.state.setdefault("messages", [])
    for number, entry in enumerate(entries):
        yield from _checked(file, thread, about, entry, pairs.get(number, {}), alone)
    for message in messages:
        if id(message) not in told:
            yield from _checked(file, thread, about, {}, message, alone)


def _pairs(entries: list[Row], messages: list[Row]) -> dict[int, Row]:
    """The message each ledger entry (by its place) shares a call with; of several that lead to one, the one with its numbers."""
    pairs: dict[int, Row] = {}
    for message in messages:
        own = message.get("messageId")
        leading = [number for number, entry in enumerate(entries) if number not in pairs and own is not None and entry.get("toMessageId") == own]
        alike = [number for number, entry in enumerate(entries) if number not in pairs and _same_numbers(entry, message)]
        both = [number for number in alike if number in leading]
        found = both or [number for number in leading if _is_inference(entries[number])] or [n for n in alike if "toMessageId" not in entries[n]]
        if found:
            pairs[found[0]] = message
    return pairs


def _same_numbers(entry: Row, message: Row) -> bool:
    counts, usage = child(entry, "tokens"), child(message, "usage")
    return (counts.get("input"), counts.get("output")) == (usage.get("inputTokens"), usage.get("outputTokens"))


def _is_inference(entry: Row) -> bool:
    return text(entry, "operationType") in ("", "inference")


def _about(file: File, thread: Row) -> tuple[Session, str]:
    """The thread as a session, and its working directory."""
    trees = [tree for tree in items(child(thread, "env", "initial"), "trees") if isinstance(tree, dict)]
    name = text(thread, "id") or os.path.basename(file.path).removesuffix(".json")
    return Session(name), next((local_path(text(tree, "uri")) for tree in trees if text(tree, "uri")), "")


def _checked(file: File, thread: Row, about: tuple[Session, str], entry: Row, message: Row, alone: list[str]) -> Iterator[Event]:
    """The call of a ledger entry, of a message, or of both. `alone` are the keys of messages that counted before an entry led to them."""
    try:
        event = _call(file, thread, about, entry, message)
        key = _message_key(event.session.name, message)
    except Absurd as error:
        file.fault(str(error), -1)
        return
    if not event.total:
        return
    if not entry and key not in alone:
        alone.append(key)
    yield event._replace(key=key) if key in alone else event


def _message_key(thread: str, message: Row) -> str:
    """The key of a call by its message: its time and numbers, which copies of a thread share, else its thread and number."""
    usage = child(message, "usage")
    counts = [tokens(usage, name) for name in ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens", "outputTokens")]
    own = message.get("messageId")
    when = text(usage, "timestamp") or (f"{thread}:{own}" if isinstance(own, int) else f"{thread}:{text(message, 'messageId')}")
    return ":".join(("amp", when, ".".join(str(number) for number in counts)))


def _call(file: File, thread: Row, about: tuple[Session, str], entry: Row, message: Row) -> Event:
    session, project = about
    counts, usage = child(entry, "tokens"), child(message, "usage")
    ts = moment(_first(entry.get("timestamp"), usage.get("timestamp"), thread.get("created")))
    operation, own = text(entry, "operationType"), text(entry, "id")
    event = Event(
        f"amp:{own}:{ts}" if own else f"amp:{session.name}:{ts}:{tokens(counts, 'input')}.{tokens(counts, 'output')}",
        ts,
        session,
        Lane(
            file.source,
            project,
            thread=MAIN if _is_inference(entry) else BACKGROUND,
            agent="" if _is_inference(entry) else operation,
            unit="credits",
        ),
        Sku(text(entry, "model") or text(usage, "model") or "unknown"),
        tokens(counts, "input") if entry else tokens(usage, "inputTokens"),
        tokens(counts, "cacheReadInputTokens", "cacheRead") or tokens(usage, "cacheReadInputTokens"),
        tokens(counts, "cacheCreationInputTokens", "cacheCreation") or tokens(usage, "cacheCreationInputTokens"),
        output=tokens(counts, "output") if entry else tokens(usage, "outputTokens"),
        reported=money(_first(entry.get("credits"), usage.get("credits"))),
    )
    prompt, total = event.total - event.output, tokens(usage, "totalInputTokens")
    if total and total != prompt:
        file.fault(f"an input of {prompt} tokens in parts, {total} in total", -1)
    return event._replace(rank=event.total)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


SOURCE = Source(
    name="amp",
    title="Amp",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT,
    hides="newer versions keep threads on the server and write no usage to this machine",
    note="For threads kept on the server, use `amp threads export` and put the files where the threads are.",
)
