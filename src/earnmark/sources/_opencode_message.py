"""One message as OpenCode and its forks write it, in a database or a JSON file, as an event."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from earnmark.model import BACKGROUND, EXACT, MAIN, PARTIAL, SUBAGENT, Event, Lane, Row, Session, Sku
from earnmark.sources.reading import File, child, moment, money, text, tokens

DONE = 1 << 41
"""Added to the rank of a message that came to its end."""

BESIDE = (1, 14)
"""The first version that logs reasoning beside the output, for messages without a total to tell it by."""

HOUSEKEEPING = {"compaction", "summary", "title"}
"""Agents that work behind the person's back."""


class Home(NamedTuple):
    """The session a message belongs to, and its working directory."""

    session: Session
    directory: str


def event_of(file: File, message: Row, name: str, home: Home, created: Any = None) -> Event | None:
    """An assistant message that used tokens or money as an event; None for every other. Raises Absurd."""
    if message.get("role") != "assistant":
        return None
    about = child(message, "metadata", "assistant") or message
    times = child(message, "time") or child(message, "metadata", "time")
    usage = child(about, "tokens")
    cache = child(usage, "cache")
    fresh, read, written = tokens(usage, "input"), tokens(cache, "read"), tokens(cache, "write")
    output, reasoning = _output(file, name, usage, fresh + read + written, home.session.version)
    cost = money(about.get("cost"))
    if not fresh + read + written + output and not cost:
        return None
    done = times.get("completed") is not None
    return Event(
        f"{file.source}:{name}",
        moment(times.get("created") if times.get("created") is not None else created),
        home.session,
        lane_of(file, home, text(message, "agent", "mode"), EXACT if done else PARTIAL, child(about, "path")),
        Sku(text(about, "modelID") or text(child(message, "model"), "modelID", "id") or "unknown", text(about, "providerID")),
        fresh,
        read,
        written,
        0,
        output,
        reasoning,
        reported=cost,
        rank=output + (DONE if done else 0),
    )


def _output(file: File, name: str, usage: Row, prompt: int, version: str) -> tuple[int, int]:
    """The output with its reasoning, and the reasoning. The logged total tells whether the one contains the other."""
    output, reasoning, total = tokens(usage, "output"), tokens(usage, "reasoning"), tokens(usage, "total")
    inside, beside = prompt + output, prompt + output + reasoning
    apart = total == beside if total in (inside, beside) else _numbers(version) >= BESIDE
    if total and total not in (inside, beside):
        file.fault(f"message {name}: the logged total {total} is not the sum of its parts, {inside} (with reasoning beside, {beside})")
    return output + reasoning if apart or reasoning > output else output, reasoning


@lru_cache(maxsize=64)
def _numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare; () when it is none."""
    parts = version.split("-", maxsplit=1)[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def lane_of(file: File, home: Home, agent: str, quality: str, path: Row) -> Lane:
    """Where a message of this session and agent ran; `path` is the message's own, for sessions that are gone."""
    thread = BACKGROUND if agent in HOUSEKEEPING else SUBAGENT if home.session.parent else MAIN
    return Lane(file.source, home.directory or text(path, "cwd"), "", thread, "" if thread == MAIN else agent, quality=quality)
