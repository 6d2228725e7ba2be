"""What Cline's tasks do over time, and where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import Event, Machine
from earnmark.sources.cline import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

EXTENSION = "saoudrizwan.claude-dev"


def row(ts: int, say: str, **usage: Any) -> dict[str, Any]:
    """One message of a task."""
    return {"ts": 1793702000000 + ts, "type": "say", "say": say, "text": json.dumps({"request": "SECRET", **usage})}


def snapshot(path: Path, rows: list[dict[str, Any]], memory: dict[str, Any]) -> list[Event]:
    """Write a task's messages and read them, with what was kept of earlier readings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))
    return list(SOURCE.read(File("cline", str(path), memory=memory)))


def used(events: list[Event]) -> tuple[int, int]:
    """Input and output of the believed calls."""
    calls = cases.believed(events).values()
    return sum(call.input for call in calls), sum(call.output for call in calls)


def test_a_row_that_grows_counts_once_with_its_last_numbers(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    path = tmp_path / "7" / "ui_messages.json"
    events = snapshot(path, [row(1, "api_req_started")], memory)
    events += snapshot(path, [row(1, "api_req_started", tokensIn=100, tokensOut=1)], memory)
    events += snapshot(path, [row(1, "api_req_started", tokensIn=100, tokensOut=50, cacheReads=7)], memory)
    assert used(events) == (100, 50)
    assert [call.cache_read for call in cases.believed(events).values()] == [7]


def test_rewinding_a_task_keeps_what_was_used(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    path = tmp_path / "7" / "ui_messages.json"
    first = [row(1, "api_req_started", tokensIn=100, tokensOut=10), row(2, "api_req_started", tokensIn=200, tokensOut=20)]
    events = snapshot(path, first, memory)
    rewound = [first[0], row(5, "deleted_api_reqs", tokensIn=200, tokensOut=20)]
    events += snapshot(path, rewound, memory)
    assert used(events) == (300, 30)
    unseen = [*rewound, row(6, "api_req_started", tokensIn=1000, tokensOut=1)]
    events += snapshot(path, unseen, memory)
    further = [first[0], row(9, "deleted_api_reqs", tokensIn=200 + 1000 + 4000, tokensOut=20 + 1 + 2)]
    events += snapshot(path, further, memory)
    assert used(events) == (100 + 200 + 1000 + 4000, 10 + 20 + 1 + 2)
    assert used(events + snapshot(path, further, memory)) == used(events)
    assert memory == json.loads(json.dumps(memory))


def test_a_copy_in_another_editor_adds_nothing_whichever_is_read_first(tmp_path: Path) -> None:
    old = [row(1, "api_req_started", tokensIn=100, tokensOut=10), row(2, "api_req_started", tokensIn=200, tokensOut=20)]
    new = [old[0], row(5, "deleted_api_reqs", tokensIn=250, tokensOut=25), row(6, "api_req_started", tokensIn=1, tokensOut=1)]
    for order in ((old, new), (new, old), (new, old, new)):
        memory: dict[str, Any] = {}
        events = [event for number, rows in enumerate(order) for event in snapshot(tmp_path / str(number) / "7" / "ui_messages.json", rows, memory)]
        assert used(events) == (351, 36)


@pytest.mark.parametrize(
    ("platform", "home", "env", "below"),
    [
        ("linux", "/home/ana", {}, "/home/ana/.config/Code - Insiders/User/globalStorage"),
        ("linux", "/home/ana", {"XDG_CONFIG_HOME": "/c"}, "/c/VSCodium/User/globalStorage"),
        ("linux", "/home/ana", {}, "/home/ana/.vscode-server/data/User/globalStorage"),
        ("linux", "/home/ana", {"VSCODE_PORTABLE": "/p/data"}, "/p/data/user-data/User/globalStorage"),
        ("darwin", "/Users/ana", {}, "/Users/ana/Library/Application Support/Cursor/User/globalStorage"),
        ("win32", "C:/Users/ana", {"APPDATA": "D:/Roaming"}, "D:/Roaming/Windsurf/User/globalStorage"),
        ("win32", "/mnt/c/Users/ana", {}, "/mnt/c/Users/ana/AppData/Roaming/Code/User/globalStorage"),
    ],
)
def test_tasks_are_looked_for_in_every_editor(platform: str, home: str, env: dict[str, str], below: str) -> None:
    roots = [place.root for place in SOURCE.places(Machine(home, env, platform))]
    assert f"{below}/{EXTENSION}/tasks" in roots


@pytest.mark.parametrize(
    ("env", "sessions", "tasks"),
    [
        ({}, "/h/.cline/data/sessions", "/h/.cline/data/tasks"),
        ({"CLINE_DIR": "/c"}, "/c/data/sessions", "/c/data/tasks"),
        ({"CLINE_DIR": "/c", "CLINE_DATA_DIR": "/d"}, "/d/sessions", "/d/tasks"),
        ({"CLINE_DATA_DIR": "/d", "CLINE_SESSION_DATA_DIR": "/s"}, "/s", "/d/tasks"),
    ],
)
def test_the_environment_moves_the_cli(env: dict[str, str], sessions: str, tasks: str) -> None:
    roots = [place.root for place in SOURCE.places(Machine("/h", env, "linux"))]
    assert roots[-2:] == [tasks, sessions]
