"""Factory Droid beyond its golden cases: what its totals grow by between two readings."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import SNAPSHOT, SUBAGENT, Event, Machine
from earnmark.sources.droid import HEAD, SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "droid"
LOCK = "2026-11-03T09:00:00.000Z"
LOCKED = 1_793_696_400_000


def snapshot(path: Path, memory: dict[str, Any], model: str = "gpt-5.5", **usage: Any) -> list[Event]:
    """Write a settings file with these totals and read it with what is remembered from before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"model": model, "providerLockTimestamp": LOCK, "tokenUsage": usage}))
    file = File("droid", str(path), memory=memory)
    events = list(SOURCE.read(file))
    assert not file.faults
    return events


def test_the_recorded_totals_are_the_first_growth(tmp_path: Path) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "session_with_a_child", tmp_path))
    parent, child = cases.read(SOURCE, paths)[0]
    assert (parent.input, parent.cache_read, parent.cache_write_5m, parent.output, parent.reasoning) == (910888, 4380091, 483123, 21505, 3089)
    assert parent.reported == 120345 * 10**9
    assert parent.lane.unit == "credits"
    assert parent.lane.quality == SNAPSHOT
    assert (child.session.parent, child.lane.thread) == (parent.session.name, SUBAGENT)
    assert parent.input + child.input == 950000, "own totals of parent and child make the parent's inclusive total"


def test_two_snapshots_give_what_lies_between(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    memory: dict[str, Any] = {}
    (first,) = snapshot(path, memory, inputTokens=100, outputTokens=10, cacheReadTokens=1000, thinkingTokens=4, factoryCredits=2.5)
    assert not snapshot(path, memory, inputTokens=100, outputTokens=10, cacheReadTokens=1000, thinkingTokens=4, factoryCredits=2.5)
    (second,) = snapshot(path, memory, "claude-opus-5", inputTokens=130, outputTokens=15, cacheReadTokens=1700, thinkingTokens=4, factoryCredits=3)
    assert (first.input, first.output, first.cache_read, first.reasoning, first.reported) == (100, 10, 1000, 4, 2_500_000_000)
    assert (second.input, second.output, second.cache_read, second.reasoning, second.reported) == (30, 5, 700, 0, 500_000_000)
    assert [first.sku.model, second.sku.model] == ["gpt-5.5", "claude-opus-5"]
    assert first.key != second.key


def test_what_is_remembered_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    memory: dict[str, Any] = {}
    snapshot(path, memory, inputTokens=100, outputTokens=10)
    memory = json.loads(json.dumps(memory))
    (event,) = snapshot(path, memory, inputTokens=101, outputTokens=10)
    assert event.total == 1


def test_a_reset_counts_the_new_totals_whole(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    memory: dict[str, Any] = {}
    (first,) = snapshot(path, memory, inputTokens=100, outputTokens=10)
    (again,) = snapshot(path, memory, inputTokens=7, outputTokens=1)
    (more,) = snapshot(path, memory, inputTokens=100, outputTokens=10)
    assert [event.input for event in (first, again, more)] == [100, 7, 93]
    assert len({event.key for event in (first, again, more)}) == 3


def test_a_total_that_is_not_written_any_more_is_no_reset(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    memory: dict[str, Any] = {}
    snapshot(path, memory, inputTokens=100, outputTokens=10, thinkingTokens=5, factoryCredits=9)
    (event,) = snapshot(path, memory, inputTokens=101, outputTokens=10, factoryCredits=None)
    assert (event.total, event.reported) == (1, None)
    (event,) = snapshot(path, memory, inputTokens=102, outputTokens=10, factoryCredits=8)
    assert (event.total, event.reported) == (1, 0)
    (event,) = snapshot(path, memory, inputTokens=103, outputTokens=10, factoryCredits=12)
    assert (event.total, event.reported) == (1, 3_000_000_000)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_copies_in_other_folders_add_nothing(tmp_path: Path, order: tuple[int, ...]) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "same_session_in_two_folders", tmp_path))
    events = cases.read(SOURCE, [paths[number] for number in order])[0]
    assert sum(event.total for event in events) == 39112 + 119909 + 16877 + 3495


def test_the_last_message_dates_the_growth(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    memory: dict[str, Any] = {}
    assert snapshot(path, memory, inputTokens=1)[0].ts == LOCKED
    log = tmp_path / "s.jsonl"
    log.write_text('{"type":"message","timestamp":"2026-11-03T09:00:05Z"}\n')
    assert snapshot(path, memory, inputTokens=2)[0].ts == LOCKED + 5000
    with log.open("a") as handle:
        handle.write('{"type":"message","timestamp":"2026-11-03T09:00:09Z"}\n{"type":"agent_turn_outcome"}\n{"torn')
    assert snapshot(path, memory, inputTokens=3)[0].ts == LOCKED + 9000


def test_a_long_transcript_is_read_at_both_ends_only(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    early = ['{"type":"session_start","id":"s","cwd":"/home/ana/src/shop"}', '{"type":"message","timestamp":"2026-11-03T09:00:01Z"}']
    rows = [*early, *(f'{{"pad":"{"x" * 1000}"}}' for _ in range(4 * HEAD // 1000))]
    (tmp_path / "s.jsonl").write_text("\n".join([*rows, '{"type":"message","timestamp":"2026-11-03T09:00:09Z"}']) + "\n")
    (event,) = snapshot(path, {}, inputTokens=1)
    assert (event.lane.project, event.ts) == ("/home/ana/src/shop", LOCKED + 9000)


def test_without_any_witness_the_file_dates_itself(tmp_path: Path) -> None:
    path = tmp_path / "s.settings.json"
    path.write_text('{"tokenUsage":{"inputTokens":5},"providerLockTimestamp":"?"}')
    os.utime(path, (1_793_690_000, 1_793_690_000))
    (event,) = SOURCE.read(File("droid", str(path)))
    assert (event.ts, event.sku.model) == (1_793_690_000_000, "unknown")


@pytest.mark.parametrize(
    ("env", "roots"),
    [
        ({}, ["/home/ana/.factory/sessions"]),
        ({"FACTORY_DIR": "/f/"}, ["/f/sessions"]),
        ({"FACTORY_HOME_OVERRIDE": "/h"}, ["/h/.factory/sessions"]),
        ({"DROID_SESSIONS_DIR": "/a, /b/", "FACTORY_DIR": "/f"}, ["/a", "/b"]),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_places(env: dict[str, str], roots: list[str], platform: str) -> None:
    assert [place.root for place in SOURCE.places(Machine("/home/ana", env, platform))] == roots


def test_backups_and_indexes_are_no_logs(tmp_path: Path) -> None:
    machine = cases.build(HERE / "session_with_a_child", tmp_path)
    assert [Path(path).name for path in cases.files(SOURCE, machine)] == [
        "11111111-0000-4000-8000-00000000000a.settings.json",
        "22222222-0000-4000-8000-00000000000b.settings.json",
    ]


def test_any_value_can_stand_anywhere(tmp_path: Path) -> None:
    odd: list[Any] = [None, [], {}, 7, "x", True, [[1]], {"a": []}, -1]
    path = tmp_path / "s.settings.json"
    fields = ("model", "providerLock", "providerLockTimestamp", "tokenUsage", "tags", "effectiveFactoryRouterModel")
    for field, value in itertools.product(fields, odd):
        settings = {"model": "auto", "providerLockTimestamp": LOCK, "tokenUsage": {"inputTokens": 5}, field: value}
        path.write_text(json.dumps(settings))
        (tmp_path / "s.jsonl").write_text(json.dumps({"type": "session_start", "cwd": value, "message": value, "timestamp": value}) + "\n")
        for event in SOURCE.read(File("droid", str(path))):
            assert event.input == 5
