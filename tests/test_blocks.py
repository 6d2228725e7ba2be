"""Five-hour blocks, and where the running one is going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnmark.rules.blocks import LENGTH, Block, Hour, blocks
from earnmark.rules.calendar import HOUR, MINUTE
from tests.faces import data, demo_home, lines_of_csv, rows, said, shell_at
from tests.writing import Home, Shell, claude

NOON = 495_000 * HOUR


def hours(minutes: list[int]) -> list[Hour]:
    """One call of one token at each of these minutes, gathered by the hour."""
    found: dict[int, list[int]] = {}
    for minute in sorted(minutes):
        ts = NOON + minute * MINUTE
        found.setdefault(ts // HOUR * HOUR, []).append(ts)
    return [Hour(start, calls[0], calls[-1], (len(calls),)) for start, calls in found.items()]


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_every_call_is_in_exactly_one_block(minutes: list[int]) -> None:
    found = blocks(hours(minutes))
    assert sum(block.sums[0] for block in found) == len(minutes)
    for block in found:
        assert block.start % HOUR == 0
        assert block.start <= block.first <= block.last < block.end
        inside = [minute for minute in minutes if block.start <= NOON + minute * MINUTE < block.end]
        assert block.sums == (len(inside),)
        assert block.first == NOON + min(inside) * MINUTE
    assert all(before.end <= after.start for before, after in pairwise(found))


@given(st.lists(st.integers(0, 5000), max_size=60))
def test_a_block_opens_at_the_first_call_after_the_one_before(minutes: list[int]) -> None:
    expected: list[int] = []
    for minute in sorted(minutes):
        ts = NOON + minute * MINUTE
        if not expected or ts >= expected[-1] + LENGTH:
            expected.append(ts // HOUR * HOUR)
    assert [block.start for block in blocks(hours(minutes))] == expected


def test_a_block_goes_on_at_its_pace() -> None:
    block = Block(NOON, NOON + 30 * MINUTE, NOON + 60 * MINUTE, (100, 7))
    assert block.projected(NOON + 90 * MINUTE, 0) == 100 + 100 * 210 // 60
    assert block.projected(block.end, 0) == 100
    assert block.active(block.end - 1)
    assert not block.active(block.end)


pytestmark = pytest.mark.usefixtures("standing_still")


def calls_at(home: Home, *moments: str) -> None:
    home.write(home.claude("one"), "".join(claude(str(number), ts=f"2026-11-{moment}Z") for number, moment in enumerate(moments)))


def test_blocks_are_listed_with_their_ends_and_the_running_one(home: Home, shell: Shell) -> None:
    calls_at(home, "19T08:20:00", "19T12:59:00", "19T13:00:00", "20T12:42:10")
    found = rows(shell, "blocks")
    assert [(row["block"], row["block_end"], row["calls"], row["active"]) for row in found] == [
        ("2026-11-19T08:00:00Z", "2026-11-19T13:00:00Z", 2, False),
        ("2026-11-19T13:00:00Z", "2026-11-19T18:00:00Z", 1, False),
        ("2026-11-20T12:00:00Z", "2026-11-20T17:00:00Z", 1, True),
    ]
    ended, _, running = found
    assert ended["projected_usd"] == ended["cost_usd"]
    elapsed, left = 180 * 60, 77 * 60 + 50
    assert float(running["projected_usd"]) == pytest.approx(float(running["cost_usd"]) * (1 + left / elapsed), abs=1e-8)
    text = said(shell, "blocks", "--tz", "Asia/Kolkata")
    assert "2026-11-20 17:30 – 22:30" in text
    assert "1 h 18 m left" in text


def test_a_block_is_the_same_wherever_the_stretch_begins(home: Home, shell: Shell) -> None:
    calls_at(home, "18T22:10:00", "19T01:30:00", "19T04:00:00")
    every = rows(shell, "blocks", "--since", "2026-11-01")
    assert [row["block"] for row in every] == ["2026-11-18T22:00:00Z", "2026-11-19T04:00:00Z"]
    assert rows(shell, "blocks", "--since", "2026-11-19") == every
    assert rows(shell, "blocks", "--since", "2026-11-19T03") == every[1:]


def test_a_limit_keeps_the_last_and_the_totals_keep_all(home: Home, shell: Shell) -> None:
    calls_at(home, "19T01:00:00", "19T08:00:00", "20T09:00:00")
    answer = data(shell, "blocks", "--limit", "1")
    assert [row["block"] for row in answer["rows"]] == ["2026-11-20T09:00:00Z"]
    assert (answer["totals"]["calls"], answer["meta"]["matched"]) == (3, 3)
    assert len(rows(shell, "blocks", "--limit", "0")) == 3


def test_csv_and_json_agree(home: Home, shell: Shell) -> None:
    calls_at(home, "19T01:00:00", "20T14:00:00")
    told = {True: "True", False: "False", None: ""}
    expected = [
        {name: told[value] if value is None or isinstance(value, bool) else str(value) for name, value in row.items()}
        for row in rows(shell, "blocks")
    ]
    assert lines_of_csv(said(shell, "blocks", "--csv")) == expected


def test_every_face_has_the_same_running_block(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path_factory.mktemp("busy"))
    now = datetime(2026, 11, 20, 15, 42, 10, tzinfo=UTC)
    moments = [now - timedelta(minutes=200 * number + 5) for number in range(20)]
    home.write(home.claude("one"), "".join(claude(str(number), ts=moment.isoformat()) for number, moment in enumerate(reversed(moments))))
    shell = shell_at(home, monkeypatch, capsys, now)
    (running,) = [row for row in rows(shell, "blocks") if row["active"]]
    assert data(shell)["block"]["start"] == running["block"]
    end = datetime.fromisoformat(running["block_end"])
    minutes = round((end - now).total_seconds() / 60)
    assert f"{minutes // 60} h {minutes % 60} m left" in said(shell)
    shell("collect")
    assert f"{minutes // 60} h {minutes % 60} m left" in said(shell, "statusline", "--no-refresh")


def test_the_blocks_of_real_use_add_up(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = shell_at(demo_home(tmp_path_factory.mktemp("demo"), days=12), monkeypatch, capsys)
    assert data(shell, "blocks", "--since", "2026-01-01")["totals"] == data(shell, "day", "--since", "2026-01-01")["totals"]
