"""Moments and numbers as sources read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnmark.sources.reading import Absurd, count, moment, money

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC))


@given(MOMENTS)
def test_a_moment_is_the_same_in_every_form(when: datetime) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    wanted = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    text = when.isoformat(timespec="milliseconds")
    for form in (text.replace("+00:00", "Z"), text, text.removesuffix("+00:00"), when.astimezone().isoformat(), wanted, str(wanted), wanted / 1000):
        assert moment(form) == wanted
        assert moment(form) == wanted, "the second reading takes another path than the first"


@given(
    st.text(max_size=30)
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.none()
    | st.lists(st.integers())
    | st.from_regex(r"20\d\d-\d\d-\d\dT[\d:.]{12}Z", fullmatch=True)
)
def test_anything_else_is_absurd_or_a_moment_in_range(value: object) -> None:
    try:
        result = moment(value)
    except Absurd:
        return
    assert 1_577_836_800_000 <= result < 4_102_444_800_000


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T24:00:00.000Z", "2026-11-22T12:60:00.000Z", "2026-11-22T12:00:60.000Z", "2026-02-30T12:00:00.000Z", "2026-11-22T12:00:0x.000Z"],
)
def test_a_moment_that_no_clock_shows_is_absurd(text: str) -> None:
    for _ in range(2):
        moment("2026-11-22T12:00:00.000Z")
        with pytest.raises(Absurd):
            moment(text)


@pytest.mark.parametrize(("value", "wanted"), [(7, 7), ("12", 12), (7.0, 7), (0, 0)])
def test_counts_may_be_texts_and_whole_floats(value: object, wanted: int) -> None:
    assert count(value, "input") == wanted


@pytest.mark.parametrize("value", [-1, 1 << 41, "many", [1], {}, True, float("inf"), float("nan"), None])
def test_counts_that_no_call_can_have_are_absurd_and_do_not_quote_texts(value: object) -> None:
    with pytest.raises(Absurd) as caught:
        count(value, "input")
    assert "many" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "wanted"), [("$0.12", 120_000_000), (0.1 + 0.2, 300_000_000), ("-", None), (None, None), (-1, None), (True, None), ("1e99", None)]
)
def test_money(value: object, wanted: int | None) -> None:
    assert money(value) == wanted
