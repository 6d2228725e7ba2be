"""Qwen Code: what only it does."""

from __future__ import annotations

import json
from pathlib import Path

from earnmark.model import BACKGROUND, MAIN, Machine
from earnmark.sources.qwen_code import OPEN, SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "qwen_code"


def test_the_recording_gives_what_was_served(tmp_path: Path) -> None:
    case = HERE / "recorded_0_15_10"
    events, files = cases.read(SOURCE, cases.files(SOURCE, cases.build(case, tmp_path)))
    calls = cases.believed(events)
    served = [json.loads(line) for line in (case / "served.jsonl").read_text().splitlines()]
    assert {key: (call.sku.model, call.input, call.cache_read, call.output, call.reasoning) for key, call in calls.items()} == {
        row["id"]: (row["model"], row["input"], row["cache_read"], row["output"], row["reasoning"]) for row in served
    }
    assert [(call.lane.thread, call.lane.agent) for call in calls.values()] == [(MAIN, ""), (BACKGROUND, "managed-auto-memory-extractor")] * 2
    assert not files[0].faults


def test_the_recording_without_its_telemetry_gives_the_calls_that_were_answered(tmp_path: Path) -> None:
    path = cases.files(SOURCE, cases.build(HERE / "recorded_0_15_10", tmp_path))[0]
    rows = [line for line in Path(path).read_text().splitlines(keepends=True) if "ui_telemetry" not in line]
    Path(path).write_text("".join(rows))
    calls = cases.believed(cases.read(SOURCE, [path])[0])
    assert [(call.input, call.cache_read, call.output) for call in calls.values()] == [(6708, 34021, 420), (15443, 29971, 194)]


def test_what_waits_for_its_assistant_row_stays_small(tmp_path: Path) -> None:
    path = cases.files(SOURCE, cases.build(HERE / "recorded_0_15_10", tmp_path))[0]
    background = next(line for line in Path(path).read_text().splitlines(keepends=True) if "subagent_name" in line)
    Path(path).write_text(background * 500)
    file = File(SOURCE.name, path)
    assert len(list(SOURCE.read(file))) == 500
    assert len(file.state["waiting"]) == OPEN


def test_places_follow_the_environment() -> None:
    def roots(**env: str) -> list[str]:
        return [place.root for place in SOURCE.places(Machine("/h/ana", env, "win32"))]

    assert roots() == ["/h/ana/.qwen/projects", "/h/ana/.qwen/tmp"]
    assert roots(QWEN_HOME="/q", QWEN_RUNTIME_DIR="/r/") == ["/r/projects", "/r/tmp"]
    assert roots(QWEN_DATA_DIR="/d/projects", QWEN_HOME="/d") == ["/d/projects", "/d/tmp"]
