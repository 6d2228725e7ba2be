"""The formatter of every face: cents and figures at their edges, and what it must never hide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnmark.rules.number import BARS, compact, dollars, exact, share, span, spark

CENT = 10_000_000


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (None, "not known"),
        (0, "$0.00"),
        (1, "<$0.01"),
        (CENT - 1, "<$0.01"),
        (CENT, "$0.01"),
        (15_000_000, "$0.02"),
        (25_000_000, "$0.02"),
        (25_000_001, "$0.03"),
        (994_999_999, "$0.99"),
        (999_999_999, "$1.00"),
        (1_234_560_000_000, "$1,234.56"),
        (1_234_567_891_234_567_890, "$1,234,567,891.23"),
        (-1, ">-$0.01"),
        (-2_500_000_000, "-$2.50"),
    ],
)
def test_dollars(nano: int | None, text: str) -> None:
    assert dollars(nano) == text


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "0.00"),
        (1, "0.000000001"),
        (12_345_678_901, "12.345678901"),
        (12_300_000_000, "12.30"),
        (23_400_000, "0.0234"),
        (1_000_000_000_000, "1000.00"),
        (-500_000_000, "-0.50"),
    ],
)
def test_exact(nano: int, text: str) -> None:
    assert exact(nano) == text


@given(st.integers(-(10**20), 10**20))
def test_exact_loses_nothing(nano: int) -> None:
    whole, _, decimals = exact(abs(nano)).partition(".")
    assert int(whole) * 10**9 + int(decimals.ljust(9, "0")) == abs(nano)
    assert 2 <= len(decimals) <= 9
    assert exact(nano).startswith("-") == (nano < 0)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (987, "987"),
        (999, "999"),
        (1000, "1.00k"),
        (4_560, "4.56k"),
        (9_994, "9.99k"),
        (9_995, "10.0k"),
        (45_600, "45.6k"),
        (99_949, "99.9k"),
        (99_950, "100k"),
        (123_456, "123k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (999_950, "1.00M"),
        (1_230_000, "1.23M"),
        (999_999_999, "1.00B"),
        (12_345_678_901, "12.3B"),
        (60_200_000_000_000, "60.2T"),
        (1_234_567_000_000_000, "1,230T"),
        (-45_600, "-45.6k"),
    ],
)
def test_compact(number: int, text: str) -> None:
    assert compact(number) == text


@given(st.integers(0, 10**17))
def test_compact_is_within_half_a_percent(number: int) -> None:
    text = compact(number).replace(",", "")
    factor = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(text[-1], 1)
    shown = float(text.rstrip("kMBT")) * factor
    assert abs(shown - number) <= number * 0.005 + 1e-6
    assert factor in (1, 10**12) or len(text.rstrip("kMBT").replace(".", "")) == 3


@given(st.integers(0, 10**16), st.integers(0, 10**16))
def test_compact_keeps_the_order(one: int, other: int) -> None:
    def shown(number: int) -> float:
        text = compact(number).replace(",", "")
        return float(text.rstrip("kMBT")) * {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(text[-1], 1)

    assert (shown(one) <= shown(other)) or one > other


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (5, 0, "–"),
        (0, 7, "0%"),
        (7, 7, "100%"),
        (1, 8, "12.5%"),
        (1, 3, "33.3%"),
        (1, 1001, "<0.1%"),
        (1, 1000, "0.1%"),
        (1000, 1001, ">99.9%"),
        (999, 1000, "99.9%"),
        (3, 2, "150.0%"),
        (-1, 4, "-25.0%"),
    ],
)
def test_share(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_only_nothing_is_zero_percent_and_only_everything_a_hundred(part: int, more: int) -> None:
    assert share(part, part + more) not in ("0%", "0.0%", "100%", "100.0%")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 s"),
        (1, "<1 s"),
        (999, "<1 s"),
        (1000, "1 s"),
        (45_000, "45 s"),
        (59_600, "1 m"),
        (60_000, "1 m"),
        (90_000, "1 m 30 s"),
        (3_599_499, "59 m 59 s"),
        (3_599_500, "1 h"),
        (86_369_000, "23 h 59 m"),
        (7_800_000, "2 h 10 m"),
        (7_829_000, "2 h 10 m"),
        (7_831_000, "2 h 11 m"),
        (86_399_000, "1 d"),
        (86_400_000, "1 d"),
        (273_600_000, "3 d 4 h"),
        (8_640_000_000, "100 d"),
        (-90_000, "-1 m 30 s"),
    ],
)
def test_span(ms: int, text: str) -> None:
    assert span(ms) == text


def test_spark() -> None:
    assert spark([]) == ""
    assert spark([0, 0]) == "▁▁"
    assert spark([0, 1, 2, 3, 4, 5, 6, 7]) == BARS
    assert spark([None, 5, None]) == " █ "
    assert spark([1, 10**15]) == "▂█", "a small value must not look like nothing"


@given(st.lists(st.none() | st.integers(0, 10**18)))
def test_spark_has_a_mark_for_each_value_and_keeps_their_order(values: list[int | None]) -> None:
    line = spark(values)
    assert len(line) == len(values)
    known = [(value, BARS.index(mark)) for value, mark in zip(values, line, strict=True) if value is not None]
    assert [bar for _, bar in sorted(known)] == sorted(bar for _, bar in known)
    assert all((bar == 0) == (value == 0) for value, bar in known)
