"""Days, weeks and months in a time zone, as arithmetic on milliseconds since 1970 UTC.

A zone is a list of stretches during which its offset from UTC does not change, so that a day's number is
`(ts + offset) // DAY` and can be worked out by whoever groups, be it Python or a database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import gcd
from typing import NamedTuple

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
Offset = Callable[[int], int]
"""A zone's offset from UTC at a moment, in milliseconds."""


class Zone(NamedTuple):
    """A time zone over some years: from `starts[i]` on its offset is `offsets[i]`. `name` is what people call it."""

    name: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def offset(self, ts: int) -> int:
        """The offset in force at a moment."""
        return self.offsets[max(bisect_right(self.starts, ts) - 1, 0)]

    def day(self, ts: int) -> int:
        """The number of the local day a moment falls on; day 0 is 1 January 1970."""
        return (ts + self.offset(ts)) // DAY

    def midnight(self, day: int) -> int:
        """The moment a local day begins."""
        return self.at(day * DAY)

    def at(self, local: int) -> int:
        """The moment the local clock shows this many milliseconds since its 1970.

        The first of two, when it shows it twice; the moment it jumps over it, when it never does.
        """
        last = len(self.starts) - 1
        for index in range(max(bisect_right(self.starts, local - DAY) - 1, 0), last):
            moment = local - self.offsets[index]
            if moment < self.starts[index + 1]:
                return max(moment, self.starts[index]) if index else moment
        moment = local - self.offsets[last]
        return max(moment, self.starts[last]) if last else moment

    @property
    def grain(self) -> int:
        """The widest bucket, at most an hour, that never straddles a local hour."""
        width = HOUR
        for offset in self.offsets:
            width = gcd(width, offset)
        return width


UTC = Zone("UTC", (0,), (0,))


def zone(name: str, offset: Offset, since: int, until: int) -> Zone:
    """A zone whose offset is asked for day by day between two moments, its changes then narrowed to the second."""
    starts, offsets = [since], [offset(since)]
    at = since
    while at < until:
        following = min(at + 7 * DAY, until)
        if offset(following) != offsets[-1]:
            change = _change(offset, at, following)
            starts.append(change)
            offsets.append(offset(change))
            following = change
        at = following
    return Zone(name, tuple(starts), tuple(offsets))


def _change(offset: Offset, low: int, high: int) -> int:
    """The first moment after `low` (to the second) with another offset than at `low`."""
    before = offset(low)
    low, high = low // SECOND, high // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if offset(middle * SECOND) == before:
            low = middle
        else:
            high = middle
    return high * SECOND


# ---- civil dates, by number of days -------------------------------------------------------------------------------------


def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day number (proleptic Gregorian; after Howard Hinnant's algorithm)."""
    shifted = day + 719_468
    era, of_era = divmod(shifted, 146_097)
    year_of_era = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * of_year + 2) // 153
    return year_of_era + era * 400 + (month >= 10), month + 3 if month < 10 else month - 9, of_year - (153 * month + 2) // 5 + 1


def day_number(year: int, month: int, day: int = 1) -> int:
    """The day number of a date."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + of_year - 719_468


def date_text(day: int) -> str:
    """A day number as YYYY-MM-DD."""
    return "{:04}-{:02}-{:02}".format(*civil(day))


def week_start(day: int, first: int = 0) -> int:
    """The first day of the week a day is in; `first` is 0 for Monday, 6 for Sunday."""
    return day - (day + 3 - first) % 7


def month_start(day: int) -> int:
    """The first day of the month a day is in."""
    year, month, _ = civil(day)
    return day_number(year, month)


def next_month(day: int) -> int:
    """The first day of the month after the one a day is in."""
    year, month, _ = civil(day)
    return day_number(year + month // 12, month % 12 + 1)


def parse_date(text: str) -> tuple[int, int]:
    """YYYY-MM, YYYY-MM-DD, YYYYMMDD or YYYY-MM-DDTHH as a day number and an hour. Raises ValueError."""
    date, _, clock = text.strip().partition("T")
    clock = clock.removesuffix(":00")
    digits = date.replace("-", "")
    written = digits if "-" not in date else "-".join(part for part in (digits[:4], digits[4:6], digits[6:]) if part)
    if date != written or not digits.isdecimal() or len(digits) not in (6, 8) or (clock and not (clock.isdecimal() and len(clock) < 3)):
        raise ValueError(f"not a date: {text!r} (write YYYY-MM-DD, YYYY-MM, or YYYY-MM-DDTHH for a whole hour)")
    day = int(digits[6:] or 1)
    number = day_number(int(digits[:4]), int(digits[4:6]), day)
    hour = int(clock or 0)
    if civil(number) != (int(digits[:4]), int(digits[4:6]), day) or hour > 23:
        raise ValueError(f"there is no such date: {text!r}")
    return number, hour
