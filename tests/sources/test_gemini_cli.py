"""Gemini CLI: what only it does."""

from __future__ import annotations

import json
from pathlib import Path

from earnmark.model import Machine
from earnmark.sources.gemini_cli import SOURCE
from tests.sources import cases

HERE = Path(__file__).parent / "gemini_cli"


def test_the_recording_gives_what_was_served(tmp_path: Path) -> None:
    case = HERE / "recorded_0_61_0"
    events, files = cases.read(SOURCE, cases.files(SOURCE, cases.build(case, tmp_path)))
    calls = sorted(cases.believed(events).values(), key=lambda event: event.ts)
    served = [json.loads(line) for line in (case / "served.jsonl").read_text().splitlines()]
    assert [(call.sku.model, call.input, call.cache_read, call.output, call.reasoning) for call in calls] == [
        (row["model"], row["input"], row["cache_read"], row["output"], row["reasoning"]) for row in served
    ]
    assert [call.total for call in calls] == [59217, 52656]
    assert not files[0].faults


def test_a_session_document_that_grew_keeps_the_keys_of_its_calls(tmp_path: Path) -> None:
    machine = cases.build(HERE / "json_and_its_migrated_jsonl", tmp_path)
    path = next(path for path in cases.files(SOURCE, machine) if path.endswith(".json"))
    whole = json.loads(Path(path).read_text())
    Path(path).write_text(json.dumps({**whole, "messages": whole["messages"][:2]}))
    before = cases.believed(cases.read(SOURCE, [path])[0])
    Path(path).write_text(json.dumps(whole))
    after = cases.believed(cases.read(SOURCE, [path])[0])
    assert list(before) == ["gemini_cli:aa11:m1"]
    assert list(after) == ["gemini_cli:aa11:m1", "gemini_cli:aa11:m2"]


def test_a_migrated_session_counts_once_in_either_order(tmp_path: Path) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "json_and_its_migrated_jsonl", tmp_path))
    assert len(paths) == 2
    assert cases.believed(cases.read(SOURCE, paths)[0]) == cases.believed(cases.read(SOURCE, paths[::-1])[0])


def test_places_follow_the_environment() -> None:
    def roots(**env: str) -> list[str]:
        return [place.root for place in SOURCE.places(Machine("/h/ana", env, "linux"))]

    assert roots() == ["/h/ana/.gemini/tmp"]
    assert roots(GEMINI_CLI_HOME="/x") == ["/x/.gemini/tmp"]
    assert roots(GEMINI_DATA_DIR="/a/.gemini, /b/", GEMINI_CLI_HOME="/x") == ["/a/.gemini/tmp", "/b/tmp"]
