"""How numbers are written for people, the same in every face. Pure functions; whole numbers in, rounded half to even, text out."""

from __future__ import annotations

from collections.abc import Sequence

from earnmark.model import NANO

CENT = NANO // 100
UNKNOWN = "not known"
NOTHING = "–"
BARS = "▁▂▃▄▅▆▇█"
SCALE = ("", "k", "M", "B", "T")
SPANS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def dollars(nano: int | None) -> str:
    """Nano-dollars to the cent: "$1,234.56", "<$0.01" for what is less than a cent but not nothing, "not known" for None."""
    if nano is None:
        return UNKNOWN
    if nano < 0:
        return f">-{dollars(CENT)}" if nano > -CENT else f"-{dollars(-nano)}"
    if 0 < nano < CENT:
        return f"<{dollars(CENT)}"
    cents = _divided(nano, CENT)
    return f"${cents // 100:,}.{cents % 100:02}"


def exact(nano: int) -> str:
    """Nano-dollars as a decimal number of dollars, no digit lost, with two decimals at least: "12.345678901", "12.30"."""
    whole, rest = divmod(abs(nano), NANO)
    decimals = f"{rest:09}".rstrip("0").ljust(2, "0")
    return f"{'-' if nano < 0 else ''}{whole}.{decimals}"


def compact(number: int) -> str:
    """A count in three figures: "987", "45.6k", "1.23M"."""
    if number < 0:
        return f"-{compact(-number)}"
    if number < 1000:
        return str(number)
    power = (len(str(number)) - 1) // 3
    decimals = 2 - (len(str(number)) - 1) % 3
    figures = _divided(number, 10 ** (3 * power - decimals))
    if figures == 1000:
        power, decimals, figures = (power + 1, 2, 100) if decimals == 0 else (power, decimals - 1, 100)
    while power >= len(SCALE):
        power, decimals = power - 1, decimals - 3
    if decimals < 0:
        figures, decimals = figures * 10**-decimals, 0
    whole, rest = divmod(figures, 10**decimals)
    return f"{whole:,}{f'.{rest:0{decimals}}' if decimals else ''}{SCALE[power]}"


def share(part: int, whole: int) -> str:
    """A part in percent: "12.3%", "0%", "100%"; "<0.1%" and ">99.9%" for what is close to them; "–" of nothing."""
    if whole <= 0:
        return NOTHING
    if part in (0, whole):
        return "100%" if part else "0%"
    if 0 < part * 1000 < whole:
        return "<0.1%"
    if whole * 999 < part * 1000 < whole * 1000:
        return ">99.9%"
    thousandths = _divided(abs(part) * 1000, whole)
    return f"{'-' if part < 0 else ''}{thousandths // 10:,}.{thousandths % 10}%"


def span(ms: int) -> str:
    """A length of time in its two largest units: "2 h 10 m", "45 s", "3 d"; "<1 s" for less."""
    if ms < 0:
        return f"-{span(-ms)}"
    if 0 < ms < 1000:
        return "<1 s"
    seconds = _divided(ms, 1000)
    for at, (size, unit) in enumerate(SPANS[:-1]):
        if seconds >= size:
            smaller, name = SPANS[at + 1]
            large, small = divmod(_divided(seconds, smaller), size // smaller)
            if at and large * size == SPANS[at - 1][0]:
                return f"1 {SPANS[at - 1][1]}"
            return f"{large} {unit} {small} {name}" if small else f"{large} {unit}"
    return f"{seconds} s"


def spark(values: Sequence[int | None]) -> str:
    """A row of bars from zero to the largest value; only nothing has the lowest bar, a value that is not known is a blank."""
    top = max((value for value in values if value is not None), default=0)
    return "".join(" " if value is None else BARS[_bar(value, top)] for value in values)


def _bar(value: int, top: int) -> int:
    return 0 if value <= 0 or top <= 0 else -(-value * (len(BARS) - 1) // top)


def _divided(number: int, by: int) -> int:
    """`number / by` as a whole number, half to even; neither is below zero."""
    whole, rest = divmod(number, by)
    return whole + (2 * rest > by or (2 * rest == by and whole & 1 == 1))
