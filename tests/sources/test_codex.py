"""What only Codex has: the recording, its directories, plans told late, replays in any order of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from earnmark.model import Event, Machine
from earnmark.sources.codex import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "codex"


def calls(case: str, folder: Path) -> dict[str, Event]:
    """The believed calls of a case, by key."""
    machine = cases.build(HERE / case, folder)
    return cases.believed(cases.read(SOURCE, cases.files(SOURCE, machine))[0])


def test_the_recording_equals_what_was_served(tmp_path: Path) -> None:
    served = [json.loads(line) for line in (HERE / "recorded_0_169_0" / "served.jsonl").read_text().splitlines()]
    read = calls("recorded_0_169_0", tmp_path)
    assert len(read) == len(served) == 2
    for call in served:
        event = read[call["id"]]
        assert event.sku.model == call["model"]
        assert (event.input, event.cache_read, event.output, event.reasoning) == (
            call["input"],
            call["cache_read"],
            call["output"],
            call["reasoning"],
        )
        assert (event.cache_write_5m, event.cache_write_1h, event.searches) == (0, 0, 0)


def found(env: dict[str, str], platform: str = "linux") -> list[str]:
    return [place.root for place in SOURCE.places(Machine("/home/ana", env, platform))]


def test_the_directories_are_below_codex_home() -> None:
    usual = ["/home/ana/.codex/sessions", "/home/ana/.codex/archived_sessions"]
    assert found({}) == found({"CODEX_HOME": ""}) == found({"XDG_CONFIG_HOME": "/x"}, "darwin") == found({"APPDATA": "/a"}, "win32") == usual
    assert found({"CODEX_HOME": "/a/"}) == ["/a/sessions", "/a/archived_sessions"]
    assert found({"CODEX_HOME": "/a, /b,/a"}) == ["/a/sessions", "/a/archived_sessions", "/b/sessions", "/b/archived_sessions"]


@pytest.mark.parametrize("case", [path.name for path in HERE.iterdir() if path.is_dir()])
def test_the_order_of_files_does_not_matter(case: str, tmp_path: Path) -> None:
    machine = cases.build(HERE / case, tmp_path)
    paths = cases.files(SOURCE, machine)
    assert cases.believed(cases.read(SOURCE, paths[::-1])[0]) == cases.believed(cases.read(SOURCE, paths)[0])


@pytest.mark.parametrize("case", ["fork_0_145", "fork_from_ide_without_turn_ids", "subagent_chain_0_145", "paginated_fork_0_169"])
def test_a_fork_counts_the_same_without_its_parents_file(case: str, tmp_path: Path) -> None:
    machine = cases.build(HERE / case, tmp_path)
    paths = cases.files(SOURCE, machine)
    together = cases.believed(cases.read(SOURCE, paths)[0])
    alone = [cases.believed(cases.read(SOURCE, [path])[0]) for path in paths]
    assert sum(len(part) for part in alone) == len(together)
    assert {key: event for part in alone for key, event in part.items()} == together


def test_spaces_in_the_json_change_nothing(tmp_path: Path) -> None:
    for case in ("record_and_count_0_169", "counts_0_131", "fork_0_145", "model_switch_and_tier"):
        machine = cases.build(HERE / case, tmp_path / case)
        paths = cases.files(SOURCE, machine)
        before = cases.believed(cases.read(SOURCE, paths)[0])
        for path in paths:
            rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
            Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert cases.believed(cases.read(SOURCE, paths)[0]) == before
        for path in paths:
            rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
            Path(path).write_text("".join(json.dumps(dict(reversed(row.items())), separators=(",", ":")) + "\n" for row in rows))
        assert cases.believed(cases.read(SOURCE, paths)[0]) == before


def test_the_plan_is_known_of_a_record_read_before_its_limits(tmp_path: Path) -> None:
    machine = cases.build(HERE / "record_and_count_0_169", tmp_path)
    (path,) = cases.files(SOURCE, machine)
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: data.index(b"\n", data.index(b'"type":"token_usage_record"')) + 1])
    first = File("codex", path)
    (unplanned,) = SOURCE.read(first)
    assert unplanned.lane.billing == ""
    Path(path).write_bytes(data)
    second = File("codex", path, first.offset, json.loads(json.dumps(first.state)))
    (planned,) = SOURCE.read(second)
    assert (planned.key, planned.lane.billing) == (unplanned.key, "subscription")
    assert cases.rank(planned) > cases.rank(unplanned)
    assert planned[5:14] == unplanned[5:14]


def test_an_api_key_is_not_taken_for_a_subscription(tmp_path: Path) -> None:
    assert {event.lane.billing for event in calls("recorded_0_169_0", tmp_path).values()} == {""}


def test_a_damaged_archive_costs_only_itself(tmp_path: Path) -> None:
    machine = cases.build(HERE / "archived_copy_and_zst", tmp_path)
    paths = cases.files(SOURCE, machine)
    whole = cases.believed(cases.read(SOURCE, paths)[0])
    for path in paths:
        if path.endswith(".zst"):
            Path(path).write_bytes(Path(path).read_bytes()[:40])
    left = cases.believed(cases.read(SOURCE, paths)[0])
    assert set(whole) - set(left) == {"resp_z2"}


def test_reading_again_with_nothing_new_changes_nothing(tmp_path: Path) -> None:
    machine = cases.build(HERE / "counts_0_131", tmp_path)
    (path,) = cases.files(SOURCE, machine)
    first = File("codex", path)
    events = list(SOURCE.read(first))
    state = json.loads(json.dumps(first.state))
    again = File("codex", path, first.offset, json.loads(json.dumps(first.state)))
    assert len(events) == 3
    assert not list(SOURCE.read(again))
    assert json.loads(json.dumps(again.state)) == state
