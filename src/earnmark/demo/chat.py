"""What happens in a day's work: chats, their turns and their model calls. Moments are milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SECOND, MINUTE = 1000, 60_000


class Call(NamedTuple):
    """One model call; the buckets are disjoint, `output` includes `reasoning`."""

    at: int
    model: str
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int

    @property
    def prompt(self) -> int:
        """All tokens sent."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


class Chat(NamedTuple):
    """One conversation: its calls by turn. `agent` is what kind of agent leads it, "" for the person's own."""

    source: str
    name: str
    project: str
    branch: str
    agent: str
    turns: list[list[Call]]
    spawned: list[Chat]

    def calls(self) -> Iterator[Call]:
        """The calls of this chat and of those it spawned."""
        for turn in self.turns:
            yield from turn
        for chat in self.spawned:
            yield from chat.calls()
