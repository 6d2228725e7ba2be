"""Cursor beyond its golden cases: numbers worked out by hand, the folders, and exports that tell the same calls."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from earnmark.model import DOCUMENT, Event, Machine
from earnmark.sources.cursor import SOURCE
from tests.sources import cases

HERE = Path(__file__).parent / "cursor"


def calls(case: str, tmp_path: Path, order: int = 1) -> list[Event]:
    """The believed calls of a case by time, its files read forwards or (order -1) backwards."""
    paths = cases.files(SOURCE, cases.build(HERE / case, tmp_path))[::order]
    return sorted(cases.believed(cases.read(SOURCE, paths)[0]).values(), key=lambda event: (event.ts, event.key))


def buckets(event: Event) -> tuple[int, int, int, int]:
    return event.input, event.cache_read, event.cache_write_5m, event.output


def test_the_four_token_columns_are_disjoint(tmp_path: Path) -> None:
    first = calls("csv_new_header", tmp_path)[0]
    assert buckets(first) == (800, 106000, 28000, 21000)
    assert first.total == 155800
    assert first.reported == 190_000_000


def test_both_headers_say_the_same_of_the_same_row(tmp_path: Path) -> None:
    new, old = calls("csv_new_header", tmp_path / "new"), calls("csv_old_header", tmp_path / "old")
    assert [(buckets(event), event.reported, event.lane.billing) for event in new[:2]] == [
        (buckets(event), event.reported, event.lane.billing) for event in old[:2]
    ]


def test_what_was_not_charged_costs_nothing_and_an_empty_error_is_no_call(tmp_path: Path) -> None:
    events = calls("csv_new_header", tmp_path)
    assert len(events) == 6
    assert (buckets(events[2]), events[2].reported) == ((700, 0, 0, 30), 0)
    assert [event.reported for event in events[3:5]] == [None, None]
    assert calls("json_dashboard_pages", tmp_path / "json")[2].reported == 0


@pytest.mark.parametrize("order", [1, -1])
def test_overlapping_exports_count_every_call_once(tmp_path: Path, order: int) -> None:
    events = calls("csv_overlapping_exports", tmp_path, order)
    assert [event.cache_read for event in events] == [1000, 2000, 2000, 3000, 4000]


@pytest.mark.parametrize("order", [1, -1])
def test_a_page_told_twice_counts_once(tmp_path: Path, order: int) -> None:
    for case in ("json_dashboard_pages", "json_repeated_rows_in_one_file"):
        events = calls(case, tmp_path / case, order)
        assert [buckets(event) for event in events] == [
            (800, 106000, 28000, 21000),
            (5200, 90000, 0, 1100),
            (700, 0, 0, 30),
            (300, 0, 0, 20),
            (10, 30, 0, 20),
        ]


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_csv_and_a_json_row_of_one_call_the_one_that_says_more_is_believed(tmp_path: Path, order: int) -> None:
    first, second = calls("csv_and_json_of_the_same_calls", tmp_path, order)
    assert (first.session.name, first.reported) == ("c0ffee-1", 623_386_000)
    assert (second.lane.actor, second.sku.model, second.reported) == ("ana@example.test", "default", 2_046_884_950)


def test_who_asked_is_the_actor(tmp_path: Path) -> None:
    assert [event.lane.actor for event in calls("json_team_admin_api", tmp_path / "a")] == ["li@example.test", "ana@example.test", "li@example.test"]
    assert [event.lane.actor for event in calls("csv_team_header_crlf_and_bom", tmp_path / "b")] == ["ana@example.test", "li@example.test"]


def test_equal_rows_of_one_export_are_calls_of_their_own(tmp_path: Path) -> None:
    keys = [event.key for event in calls("csv_overlapping_exports", tmp_path)]
    assert len(set(keys)) == 5
    assert all(key.startswith("cursor:") for key in keys)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_only_the_export_folders_are_looked_at(platform: str) -> None:
    machine = Machine("/home/ana", {}, platform)
    assert [place.root for place in SOURCE.places(machine)] == ["/home/ana/.config/earnmark/cursor", "/home/ana/.cursor/usage-exports"]


def test_the_folders_can_be_named(tmp_path: Path) -> None:
    machine = Machine("/home/ana", {"EARNMARK_CURSOR_DIR": str(tmp_path), "XDG_CONFIG_HOME": "/cfg"}, "linux")
    assert [place.root for place in SOURCE.places(machine)] == [str(tmp_path), "/cfg/earnmark/cursor", "/home/ana/.cursor/usage-exports"]
    for name in ("a.csv", "b.json", "c.txt"):
        (tmp_path / name).write_text("")
    assert [Path(path).name for path in cases.files(SOURCE, machine)] == ["a.csv", "b.json"]


def test_the_local_database_is_not_read(tmp_path: Path) -> None:
    machine = cases.build(HERE / "json_dashboard_pages", tmp_path)
    assert list(tmp_path.rglob("state.vscdb"))
    assert [Path(path).name for path in cases.files(SOURCE, machine)] == ["page-1.json", "page-2.json"]
    assert "state.vscdb" in SOURCE.note


def test_an_export_is_read_whole(tmp_path: Path) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "csv_new_header", tmp_path))
    (file,) = cases.read(SOURCE, paths)[1]
    assert file.offset == Path(paths[0]).stat().st_size
    assert SOURCE.kind("a.csv") == SOURCE.kind("a.json") == DOCUMENT


def test_any_value_can_stand_anywhere_in_the_json(tmp_path: Path) -> None:
    odd = ["null", "[]", "{}", "7", '"x"', "true", "[[1]]", '{"a":[]}', "-1", "1e400", "NaN"]
    folder = tmp_path / ".cursor" / "usage-exports"
    folder.mkdir(parents=True)
    fields = ("timestamp", "model", "kind", "userEmail", "conversationId", "tokenUsage", "chargedCents", "usageBasedCosts", "cursorTokenFee")
    rows = [f'{{"timestamp":"1795210000000","tokenUsage":{{"inputTokens":5}},"{field}":{value}}}' for field, value in itertools.product(fields, odd)]
    (folder / "odd.json").write_text(f'{{"totalUsageEventsCount":[],"usageEvents":[{",".join(rows)}]}}')
    events, (file,) = cases.read(SOURCE, cases.files(SOURCE, Machine(str(tmp_path), {}, "linux")))
    assert events
    assert len(events) + len(file.faults) >= 50
    for whole in odd:
        (folder / "odd.json").write_text(whole)
        assert cases.read(SOURCE, [str(folder / "odd.json")])[0] == []
