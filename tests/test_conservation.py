"""Conservation: the parts add up to the whole however it is cut, and what is told again, in whatever order, changes nothing."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnmark.book import Book
from earnmark.book.asking import KEYS, TIMES, Line, Question
from earnmark.model import Event
from earnmark.rules.calendar import DAY, HOUR
from earnmark.rules.price import cost
from earnmark.store.schema import SUMS
from tests.writing import PRICES, Home, believed, book_in_memory, claude, codex, codex_start, events, moments, rank, record

ZONES = (
    "UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Chatham",
    "America/Havana", "America/Santiago", "Africa/Casablanca", "Pacific/Kiritimati",
)  # fmt: skip
zones = st.sampled_from(ZONES)
groupings = st.lists(st.sampled_from(KEYS), unique=True, max_size=4).map(tuple)
quick = settings(max_examples=60, deadline=None)


def naive(told: Iterable[Event]) -> tuple[int, ...]:
    """The sums of what is believed, added up one call at a time, in the order of SUMS."""
    sums = [0] * len(SUMS)
    for event in believed(told):
        found = PRICES.book.find(event.sku, event.ts)
        tokens = (event.input, event.cache_read, event.cache_write_5m, event.cache_write_1h, event.output)
        price = cost(found, *tokens, event.searches) if found else None
        dollars = event.lane.unit == "usd" and event.reported is not None
        row = (
            1, *tokens, event.reasoning, event.searches, price or 0, price or 0, event.reported or 0 if dollars else 0, int(dollars),
            event.total if price is None else 0, int(price is None and event.total > 0),
        )  # fmt: skip
        sums = [a + b for a, b in zip(sums, row, strict=True)]
    return tuple(sums)


def added(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Rows of sums added together."""
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * len(SUMS)


# ---- the whole and its parts ---------------------------------------------------------------------------------------------------


@quick
@given(events)
def test_rollups_equal_a_naive_sum(told: list[Event]) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        assert book.ask(Question(("source",)), book.zone("UTC")).totals.sums == naive(told)
        assert book.ledger.differences() == ""


@quick
@given(events, groupings, zones)
def test_any_grouping_adds_up_to_the_whole(told: list[Event], by: tuple[str, ...], zone: str) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        answer = book.ask(Question(by), book.zone(zone))
        assert added(row.sums for row in answer.rows) == answer.totals.sums == naive(told)
        assert len({tuple(row.keys.values()) for row in answer.rows}) == len(answer.rows)
        few = book.ask(Question(by, limit=2), book.zone(zone))
        assert (len(few.rows), few.totals.sums, few.matched) == (min(2, answer.matched), answer.totals.sums, answer.matched)


@quick
@given(events, zones, st.lists(moments, max_size=6), st.sampled_from(["hour", "day"]), groupings)
def test_any_stretches_of_time_add_up_to_the_whole(told: list[Event], name: str, cuts: list[int], unit: str, by: tuple[str, ...]) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        zone = book.zone(name)
        width = DAY if unit == "day" else HOUR
        edges = sorted({0, 1 << 52, *(zone.at((cut + zone.offset(cut)) // width * width) for cut in cuts)})
        parts = []
        for since, until in pairwise(edges):
            part = book.ask(Question(by, since, until), zone)
            assert part.totals.sums == naive(event for event in believed(told) if since <= event.ts < until)
            parts.append(part.totals.sums)
        assert added(parts) == naive(told)


@quick
@given(events, zones, st.sampled_from(["hour", "day", "month"]))
def test_local_times_are_those_of_the_calendar(told: list[Event], name: str, unit: str) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        rows = book.ask(Question((unit,)), book.zone(name)).rows
        parts: dict[str, list[Event]] = defaultdict(list)
        for event in believed(told):
            local = datetime.fromtimestamp(event.ts // 1000, UTC).astimezone(ZoneInfo(name))
            parts[local.strftime({"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}[unit])].append(event)
        assert {row.keys[unit][:13]: row.sums for row in rows} == {key: naive(part) for key, part in parts.items()}


@quick
@given(zones, moments)
def test_days_follow_each_other_without_gap_or_overlap(name: str, ts: int) -> None:
    with book_in_memory() as book:
        zone = book.zone(name)
        day = zone.day(ts)
        assert zone.midnight(day) <= ts < zone.midnight(day + 1)
        assert (zone.day(zone.midnight(day)), zone.day(zone.midnight(day) - 1)) == (day, day - 1)
        assert 22 * HOUR <= zone.midnight(day + 1) - zone.midnight(day) <= 26 * HOUR


@quick
@given(events, st.lists(zones, max_size=3))
def test_finer_buckets_change_no_sum(told: list[Event], names: list[str]) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        for name in names:
            book.ask(Question(("day",)), book.zone(name))
            assert book.ledger.differences() == ""
        assert book.ask(Question(("session",)), book.zone("UTC")).totals.sums == naive(told)


@quick
@given(events, st.sampled_from([("sources", "source"), ("models", "model")]))
def test_filters_share_the_whole_among_them(told: list[Event], what: tuple[str, str]) -> None:
    option, key = what
    with book_in_memory() as book:
        record(book.ledger, told)
        zone = book.zone("UTC")
        found = {row.keys[key]: row.sums for row in book.ask(Question((key,)), zone).rows}
        for name, sums in found.items():
            if not set(name) & set("*?[") and name.isprintable():
                assert book.ask(Question(("day",), **{option: (name,)}), zone).totals.sums == sums  # type: ignore[arg-type]


# ---- telling again --------------------------------------------------------------------------------------------------------------


@quick
@given(events, st.data())
def test_telling_again_in_any_order_and_portions_changes_nothing(told: list[Event], data: st.DataObject) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        whole = answers(book)
        for _ in range(2):
            again = data.draw(st.permutations(told))
            cut = data.draw(st.integers(0, len(told)))
            record(book.ledger, again[:cut])
            record(book.ledger, again[cut:] + again[:cut])
            assert answers(book) == whole
    with book_in_memory() as other:
        for event in data.draw(st.permutations(told)):
            record(other.ledger, [event])
        assert answers(other) == whole


def answers(book: Book) -> list[list[Line]]:
    """Everything reports can show of a ledger, by every key."""
    zone = book.zone("Asia/Kolkata")
    return [sorted(book.ask(Question((key,)), zone).rows, key=lambda row: (tuple(row.keys.values()), row.first, row.sums)) for key in KEYS]


@quick
@given(events, events)
def test_more_events_never_lower_what_others_counted(told: list[Event], more: list[Event]) -> None:
    """A ledger of both is that of their union."""
    with book_in_memory() as book:
        record(book.ledger, told)
        before = book.ask(Question(("day",)), book.zone("UTC")).totals.calls
        known = {(event.key, rank(event)) for event in told}
        more = [event for event in more if (event.key, rank(event)) not in known]
        record(book.ledger, more)
        after = book.ask(Question(("day",)), book.zone("UTC")).totals
        assert after.sums == naive([*told, *more])
        assert after.calls >= before


# ---- files -----------------------------------------------------------------------------------------------------------------------

Log = tuple[bool, str, list[tuple[int, int]]]
"""Whether it is Claude Code's (else Codex's), its name, and its calls: number and output."""

logs = st.lists(
    st.tuples(st.booleans(), st.sampled_from("abcdef"), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=6)),
    max_size=6,
    unique_by=lambda log: log[:2],
)


def put(home: Home, log: Log) -> Path:
    ours, name, made = log
    if ours:
        return home.write(home.claude(name), "".join(claude(str(call), output) for call, output in made))
    thread = f"0199a213-81c0-7800-8aa1-bbab2a035a5{name}"
    return home.write(
        home.codex(f"rollout-2026-11-20T10-00-00-{thread}"), codex_start(thread) + "".join(codex(str(call), output, thread) for call, output in made)
    )


def truth(written: Iterable[Log]) -> tuple[int, int]:
    """Calls there are, and their output: each call's rows count once, the largest."""
    best: dict[tuple[bool, int], int] = {}
    for ours, _, made in written:
        for call, output in made:
            best[ours, call] = max(best.get((ours, call), 0), output)
    return len(best), sum(best.values())


@settings(max_examples=25, deadline=None)
@given(logs, st.randoms(use_true_random=False))
def test_files_in_any_order_at_any_time_give_the_same(written: list[Log], draw: random.Random) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        together, apart = Home(Path(one)), Home(Path(other))
        for log in written:
            put(together, log)
        shuffled = draw.sample(written, len(written))
        for log in shuffled:
            put(apart, log)
            if draw.random() < 0.5:
                apart.collect()
        total = together.counted()
        assert (total.calls, total.output) == truth(written)
        assert apart.counted() == total


@settings(max_examples=20, deadline=None)
@given(logs, st.data())
def test_totals_never_shrink_when_files_vanish(written: list[Log], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        paths = [put(home, log) for log in written]
        before = home.counted()
        while paths:
            paths.pop(data.draw(st.integers(0, len(paths) - 1))).unlink()
            assert home.counted() == before


@pytest.mark.parametrize("key", [key for key in KEYS if key not in TIMES])
def test_every_key_groups_something(key: str) -> None:
    """No key of the list is one that nothing is filed under."""
    with book_in_memory() as book:
        assert book.ask(Question((key,)), book.zone("UTC")).rows == []
