"""Five-hour blocks: the windows in which subscription plans meter use.

A block opens with the first call after the one before it ended, at the full hour, and lasts `LENGTH`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from earnmark.rules.calendar import DAY, HOUR, MINUTE

LENGTH = 5 * HOUR
LOOK_BACK = 7 * DAY
"""How long before a moment to begin, to know the blocks around it: where one block starts depends on those before it, back to a pause."""


class Hour(NamedTuple):
    """What was used in (at most) one clock hour: its start, first and last call, and sums in any units."""

    start: int
    first: int
    last: int
    sums: tuple[int, ...]


class Block(NamedTuple):
    """A block: where it starts and ends, its first and last call, and its sums."""

    start: int
    first: int
    last: int
    sums: tuple[int, ...]

    @property
    def end(self) -> int:
        """When the block ends."""
        return self.start + LENGTH

    def active(self, now: int) -> bool:
        """Whether the block is still running."""
        return self.start <= now < self.end

    def projected(self, now: int, index: int) -> int:
        """What a sum will be when the block ends at the pace since its first call; the sum itself once it has ended."""
        if not self.active(now):
            return self.sums[index]
        elapsed = max(min(now, self.end) - self.first, MINUTE)
        return self.sums[index] + self.sums[index] * (self.end - now) // elapsed


def blocks(hours: Iterable[Hour]) -> list[Block]:
    """The blocks these hours (in order of time) fall into."""
    found: list[Block] = []
    for hour in hours:
        if found and hour.start < found[-1].end:
            last = found[-1]
            sums = tuple(map(sum, zip(last.sums, hour.sums, strict=True)))
            found[-1] = Block(last.start, last.first, max(last.last, hour.last), sums)
        else:
            found.append(Block(hour.first // HOUR * HOUR, hour.first, hour.last, hour.sums))
    return found
