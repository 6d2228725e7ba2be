"""Days, weeks and months in time zones: as datetime and zoneinfo have them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnmark.rules.calendar import (
    HOUR,
    MINUTE,
    Zone,
    civil,
    date_text,
    day_number,
    month_start,
    next_month,
    parse_date,
    week_start,
    zone,
)

EPOCH = date(1970, 1, 1)
SINCE, UNTIL = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000 for year in (2023, 2028))
PLACES = (
    "UTC", "Europe/Stockholm", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns",
    "Africa/Cairo", "Pacific/Apia", "America/Santiago", "Asia/Beirut",
)  # fmt: skip
moments = st.integers(SINCE, UNTIL - 1).map(lambda ts: ts // 1000 * 1000)
days = st.integers(day_number(2023, 1, 3), day_number(2027, 12, 28))


def made(name: str) -> Zone:
    place = ZoneInfo(name)

    def offset(ts: int) -> int:
        found = datetime.fromtimestamp(ts // 1000, UTC).astimezone(place).utcoffset()
        assert found is not None
        return int(found.total_seconds()) * 1000

    return zone(name, offset, SINCE, UNTIL)


ZONES = {name: made(name) for name in PLACES}
places = st.sampled_from(PLACES)


@st.composite
def near_changes(draw: st.DrawFn) -> tuple[str, int]:
    """A zone that changes its clocks, and a moment within three hours of a change."""
    name = draw(st.sampled_from([name for name, here in ZONES.items() if len(here.starts) > 1]))
    change = draw(st.sampled_from(ZONES[name].starts[1:]))
    return name, change + draw(st.integers(-180, 180)) * MINUTE


def local(ts: int, name: str) -> datetime:
    return datetime.fromtimestamp(ts / 1000, UTC).astimezone(ZoneInfo(name))


@given(places, moments)
def test_a_moment_falls_on_the_day_the_local_calendar_says(name: str, ts: int) -> None:
    assert ZONES[name].day(ts) == (local(ts, name).date() - EPOCH).days


@given(near_changes())
def test_offsets_change_when_the_clocks_do(case: tuple[str, int]) -> None:
    name, ts = case
    offset = local(ts, name).utcoffset()
    assert offset is not None
    assert ZONES[name].offset(ts) == int(offset.total_seconds()) * 1000


@given(places, days)
def test_a_day_begins_at_midnight_and_the_moment_before_is_the_day_before(name: str, day: int) -> None:
    begin = ZONES[name].midnight(day)
    assert ZONES[name].day(begin) == day
    assert ZONES[name].day(begin - 1) == day - 1


@given(places, moments)
def test_a_local_clock_time_is_found_again_the_first_of_two(name: str, ts: int) -> None:
    first_of_two(name, ts)


@given(near_changes())
def test_so_it_is_when_the_clocks_change(case: tuple[str, int]) -> None:
    first_of_two(*case)


def first_of_two(name: str, ts: int) -> None:
    here = ZONES[name]
    shown = ts + here.offset(ts)
    first = local(ts, name).replace(fold=0).astimezone(UTC)
    assert here.at(shown) == int(first.timestamp()) * 1000


@given(places, moments)
def test_no_bucket_of_the_grain_straddles_a_local_hour(name: str, ts: int) -> None:
    here = ZONES[name]
    begin = ts // here.grain * here.grain
    hours = {(moment + here.offset(moment)) // HOUR for moment in (begin, begin + here.grain - 1)}
    assert len(hours) == 1


@pytest.mark.parametrize(
    ("name", "grain"),
    [("Europe/Stockholm", HOUR), ("Asia/Kolkata", 30 * MINUTE), ("Asia/Kathmandu", 15 * MINUTE), ("Australia/Lord_Howe", 30 * MINUTE)],
)
def test_the_grain_is_as_fine_as_the_zone_asks(name: str, grain: int) -> None:
    assert ZONES[name].grain == grain


def test_days_are_23_and_25_hours_long_when_the_clocks_change() -> None:
    here = ZONES["Europe/Stockholm"]
    lengths = [here.midnight(day + 1) - here.midnight(day) for day in (day_number(2026, 3, 29), day_number(2026, 10, 25), day_number(2026, 10, 26))]
    assert lengths == [23 * HOUR, 25 * HOUR, 24 * HOUR]


@given(near_changes(), st.integers(-1, 1))
def test_days_begin_where_they_do_when_the_clocks_change(case: tuple[str, int], off: int) -> None:
    here = ZONES[case[0]]
    day = here.day(case[1]) + off
    begin = here.midnight(day)
    assert here.day(begin) >= day
    assert here.day(begin - 1) < day


@pytest.mark.parametrize("day", ["2023-09-03", "2024-09-08", "2025-09-07"])
def test_a_clock_that_jumps_over_midnight_to_summer(day: str) -> None:
    here = ZONES["America/Santiago"]
    begin = here.midnight(parse_date(day)[0])
    assert local(begin, "America/Santiago").isoformat() == f"{day}T01:00:00-03:00"


def test_a_day_whose_midnight_is_skipped_begins_when_the_clock_jumps() -> None:
    here = ZONES["Africa/Cairo"]
    begin = here.midnight(day_number(2026, 4, 24))
    assert local(begin, "Africa/Cairo").isoformat() == "2026-04-24T01:00:00+03:00"


@given(st.integers(-400_000, 2_000_000))
def test_day_numbers_are_dates(number: int) -> None:
    day = EPOCH + timedelta(days=number)
    assert civil(number) == (day.year, day.month, day.day)
    assert day_number(day.year, day.month, day.day) == number
    assert date_text(number) == day.isoformat()


@given(days, st.sampled_from([0, 6]))
def test_weeks_begin_on_their_first_day(day: int, first: int) -> None:
    begin = week_start(day, first)
    assert 0 <= day - begin < 7
    assert (EPOCH + timedelta(days=begin)).weekday() == first


@given(days)
def test_months_begin_on_the_first_and_follow_each_other(day: int) -> None:
    begin, after = EPOCH + timedelta(days=month_start(day)), EPOCH + timedelta(days=next_month(day))
    this = EPOCH + timedelta(days=day)
    assert begin == this.replace(day=1)
    assert after == (this.replace(day=1) + timedelta(days=32)).replace(day=1)


@given(days, st.integers(0, 23))
def test_dates_are_read_back_in_every_way_of_writing(day: int, hour: int) -> None:
    text = date_text(day)
    for written in (text, text.replace("-", ""), f" {text} "):
        assert parse_date(written) == (day, 0)
    assert parse_date(f"{text}T{hour:02}") == parse_date(f"{text}T{hour:02}:00") == (day, hour)
    assert parse_date(text[:7]) == (month_start(day), 0)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13-01", "2026-02-30", "2026-11-20T24", "2026-11-20T1:30", "yesterday", "2026-11-20Tx", "2026-1-1", "²026-11-20"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="date"):
        parse_date(text)
