"""What Gemini CLI and its forks share: how a call's counts are split, and the session documents of their first versions."""

from __future__ import annotations

from collections.abc import Iterator

from earnmark.model import MAIN, SUBAGENT, Event, Lane, Row, Session, Sku
from earnmark.sources.reading import Absurd, File, items, moment, text, tokens

OUTSIDE, NET, INSIDE = "outside", "net", "inside"
"""How a log counts: thoughts beside the output; the same with a prompt that leaves out what was cached; thoughts inside the output."""


def split(file: File, ways: tuple[str, ...], usage: tuple[int, int, int, int, int], total: int) -> tuple[int, int, int, int]:
    """(input, cache_read, output, reasoning) of a call whose prompt, cached, output, thoughts and tool tokens are given.

    The first of `ways` whose sum is the logged total is the one the log counts in; with no total, or none that fits, it
    is the first that the numbers allow.
    """
    prompt, cached, output, thoughts, tool = usage
    fitting = [way for way in ways if total == _sum(way, usage)]
    way = fitting[0] if fitting else _likely(ways, usage)
    if total and not fitting:
        file.fault(f"the logged total is {total}, but its parts make {_sum(way, usage)}")
    if way != NET and cached > prompt:
        file.fault(f"{cached} cached tokens in a prompt of {prompt}")
        cached = prompt
    fresh = (prompt if way == NET else prompt - cached) + tool
    return fresh, cached, output + (0 if way == INSIDE else thoughts), min(thoughts, output) if way == INSIDE else thoughts


def _sum(way: str, usage: tuple[int, int, int, int, int]) -> int:
    prompt, cached, output, thoughts, tool = usage
    return prompt + output + tool + (cached if way == NET else 0) + (0 if way == INSIDE else thoughts)


def _likely(ways: tuple[str, ...], usage: tuple[int, int, int, int, int]) -> str:
    prompt, cached, output, thoughts, _ = usage
    possible = [way for way in ways if (way == NET or cached <= prompt) and (way != INSIDE or thoughts <= output)]
    return (possible or list(ways))[0]


def learn(known: dict[str, str], row: Row) -> None:
    """Keep what a document's head, or a row that changes it, says of the session."""
    for name in ("sessionId", "projectHash", "kind", "startTime"):
        if value := text(row, name):
            known[name] = value
    folders = items(row, "directories")
    if folders and isinstance(folders[0], str):
        known["folder"] = folders[0][:500]


def document(file: File, ways: tuple[str, ...], project: str) -> Iterator[Event]:
    """The calls of a session kept as one JSON object."""
    whole = file.document()
    if whole is None:
        return
    if not isinstance(whole, dict):
        file.fault("a JSON object was expected", -1)
        return
    file.at = -1
    known: dict[str, str] = {}
    learn(known, whole)
    for message in items(whole, "messages"):
        if event := call(file, ways, known, message, project):
            yield event


def call(file: File, ways: tuple[str, ...], known: dict[str, str], message: object, project: str, parent: str = "") -> Event | None:
    """The call a message was answered by; None when it is no answer, or nothing was counted."""
    usage = message.get("tokens") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(usage, dict):
        return None
    try:
        event = _event(file, ways, known, message, usage, project, parent)
    except Absurd as error:
        file.fault(str(error))
        return None
    return event if event.total else None


def _event(file: File, ways: tuple[str, ...], known: dict[str, str], message: Row, usage: Row, project: str, parent: str) -> Event:
    session = known.get("sessionId") or stem(file.path)
    counts = (tokens(usage, "input"), tokens(usage, "cached"), tokens(usage, "output"), tokens(usage, "thoughts"), tokens(usage, "tool"))
    fresh, cached, output, reasoning = split(file, ways, counts, tokens(usage, "total"))
    ts = moment(message.get("timestamp") or known.get("startTime"))
    thread = SUBAGENT if parent or known.get("kind") == "subagent" else MAIN
    return Event(
        f"{file.source}:{session}:{text(message, 'id') or ts}",
        ts,
        Session(session, parent),
        Lane(file.source, project or known.get("folder", ""), thread=thread),
        Sku(text(message, "model") or "unknown"),
        input=fresh,
        cache_read=cached,
        output=output,
        reasoning=reasoning,
    )


def stem(path: str) -> str:
    """A file's name without folders and what follows its first dot."""
    return path.replace("\\", "/").rsplit("/", 1)[-1].split(".", 1)[0]
