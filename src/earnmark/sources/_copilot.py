"""What the places Copilot writes usage to share: the numbers of one call, the key they give it, and who was seen elsewhere.

One call can stand in a session's events, in the session store and in an exported trace, and only some of these give it an
id. Its key is therefore made of what all of them have: the session and the call's token counts. Calls of a session with the
same counts are told apart by their order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from earnmark.model import Event, Lane, Session, Sku
from earnmark.sources.reading import File, money

SLACK = 5_000
"""Milliseconds by which two records of one moment may differ."""


class Counts(NamedTuple):
    """The tokens of a call as Copilot counts them: `input` includes both cache numbers, `output` includes `reasoning`."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0


def call(file: File, name: str, ts: int, session: Session, lane: Lane, sku: Sku, counts: Counts) -> Event:
    """One call as an event; the believed copy of it is the one its caller gives the highest rank."""
    cached = counts.cache_read + counts.cache_write
    if counts.input < cached:
        file.fault(f"an input of {counts.input} tokens does not include its {cached} cached ones; both were counted")
    return Event(
        f"copilot_cli:{name}",
        ts,
        session,
        lane,
        sku,
        counts.input - cached if counts.input >= cached else counts.input,
        counts.cache_read,
        counts.cache_write,
        output=counts.output,
        reasoning=min(counts.reasoning, counts.output),
    )


def call_name(seen: dict[str, list[str]], session: str, counts: Counts, own: str) -> str:
    """What every record of a call is named by. `seen` are the ids under which calls with these counts were met, in order."""
    name = f"{session}:{counts.input}.{counts.cache_read}.{counts.cache_write}.{counts.output}"
    known = seen.setdefault(name, [])
    if own not in known:
        known.append(own)
    number = known.index(own)
    return f"{name}#{number}" if number else name


def charged(nano: Any, multiplier: Any) -> tuple[int | None, str]:
    """What a call was charged, in billionths of a unit: AI credits where they are logged, else premium requests."""
    if nano is not None:
        try:
            amount = int(nano)
        except (TypeError, ValueError, OverflowError):
            amount = -1
        return (amount if 0 <= amount < 1 << 62 else None), "aiu"
    return money(multiplier), "premium_requests"


def note_trace(file: File, session: str, ts: int) -> None:
    """Remember since when a session's calls are known from traces."""
    traced: dict[str, int] = file.memory.setdefault("traced", {})
    if session and ts < traced.get(session, ts + 1):
        traced[session] = ts


def is_traced(file: File, session: str, ts: int) -> bool:
    """Whether a session's calls at this time are known from traces."""
    since = file.memory.get("traced", {}).get(session)
    return since is not None and since <= ts + SLACK
