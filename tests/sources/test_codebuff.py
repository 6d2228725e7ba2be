"""Codebuff and Freebuff beyond their golden cases: histories that repeat themselves, credits, and live databases."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import DATABASE, DOCUMENT, PARTIAL, SUBAGENT, Event, Machine
from earnmark.sources.codebuff import OVERLAP, SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "codebuff"
CREDIT = 10**9


def calls(case: str, tmp_path: Path, order: int = 1) -> list[Event]:
    """The believed calls of a case by time, its files read forwards or (order -1) backwards."""
    paths = cases.files(SOURCE, cases.build(HERE / case, tmp_path))[::order]
    return sorted(cases.believed(cases.read(SOURCE, paths)[0]).values(), key=lambda event: (event.ts, event.key))


def buckets(event: Event) -> tuple[int, int, int, int]:
    return event.input, event.cache_read, event.cache_write_5m, event.output


def chat(tmp_path: Path, messages: Any) -> tuple[list[Event], File]:
    """What one chat file with these messages gives."""
    path = tmp_path / "shop" / "chats" / "2026-11-03T09-00-00.000Z" / "chat-messages.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(messages))
    events, (file,) = cases.read(SOURCE, [str(path)])
    return events, file


def test_a_history_told_again_counts_once_and_equal_calls_twice(tmp_path: Path) -> None:
    events = calls("run_state_history", tmp_path)
    assert sorted(buckets(event) for event in events) == [(40, 10500, 0, 120), (40, 10500, 0, 120), (90, 12000, 700, 60), (2000, 8000, 500, 300)]
    assert sum(event.reported or 0 for event in events) == 19_500_000_000, "12.5 and 7 credits"
    assert {event.lane.unit for event in events} == {"credits"}


@pytest.mark.parametrize("order", [1, -1])
def test_one_chat_in_two_channels_counts_once(tmp_path: Path, order: int) -> None:
    events = calls("same_chat_in_two_channels", tmp_path, order)
    assert sum(event.total for event in events if event.session.name.startswith("shop/")) == 10800 + 10660 + 10660 + 12850
    assert sum(event.total for event in events if event.session.name.startswith("other/")) == 10800 + 10660


def test_every_spelling_of_usage_is_made_disjoint(tmp_path: Path) -> None:
    found = {buckets(event): event for event in calls("usage_in_the_answer", tmp_path)}
    assert set(found) == {(500, 100, 300, 200), (650, 100, 0, 80), (400, 600, 0, 70), (1000, 600, 0, 70), (10, 0, 0, 5)}
    assert found[650, 100, 0, 80].reasoning == 30
    assert found[500, 100, 300, 200].reported == 1_250_000_000


def test_times_are_the_messages_own_else_in_their_id_else_in_the_chats_name(tmp_path: Path) -> None:
    times = {buckets(event)[:2]: event.ts for event in calls("usage_in_the_answer", tmp_path)}
    began = 1_793_696_400_000
    assert times[500, 100] == began + 60_000
    assert times[650, 100] == began + 120_000
    assert times[400, 600] == began
    assert times[1000, 600] == began + 240_000


def test_a_spawned_agents_answer_is_a_subagents(tmp_path: Path) -> None:
    assert [event.lane.agent for event in calls("usage_in_the_answer", tmp_path) if event.lane.thread == SUBAGENT] == ["file-picker"]


def test_credits_without_tokens_are_kept_and_unfinished_ones_wait(tmp_path: Path) -> None:
    events = calls("credits_without_tokens", tmp_path)
    assert sorted((event.total, event.reported) for event in events) == [(0, 2_500_000_000), (0, 31 * CREDIT)]
    assert {event.lane.quality for event in events} == {PARTIAL}


def test_credits_that_come_later_win(tmp_path: Path) -> None:
    answer = {"variant": "ai", "id": "ai-1", "isComplete": False, "metadata": {"usage": {"inputTokens": 5, "outputTokens": 6}}}
    early = chat(tmp_path, [{**answer, "credits": 1}])[0]
    late = chat(tmp_path, [{**answer, "credits": 3, "isComplete": True}])[0]
    for events in ([*early, *late], [*late, *early]):
        (event,) = cases.believed(events).values()
        assert (event.total, event.reported) == (11, 3 * CREDIT)


def test_without_any_time_the_file_dates_the_call(tmp_path: Path) -> None:
    path = tmp_path / "somewhere" / "chat-messages.json"
    path.parent.mkdir()
    path.write_text('[{"variant":"ai","metadata":{"usage":{"inputTokens":5}}}]')
    os.utime(path, (1_793_690_000, 1_793_690_000))
    (event,) = cases.read(SOURCE, [str(path)])[0]
    assert (event.ts, event.lane.project) == (1_793_690_000_000, "")


def test_a_desktop_answer_copied_into_a_fork_counts_once(tmp_path: Path) -> None:
    events = calls("freebuff_desktop", tmp_path)
    assert [buckets(event) for event in events] == [(3000, 9000, 0, 400), (100, 0, 0, 20), (200, 0, 0, 30), (300, 0, 0, 40), (7, 0, 0, 1)]
    assert [event.reported for event in events] == [None, 20_000_000, None, None, None]
    assert events[2].session == ("t2", "t1", "")


ROW = "INSERT INTO messages(thread_id, role, ts, metrics_json) VALUES('t', 'assistant', ?, ?)"


def desktop(path: Path) -> sqlite3.Connection:
    """A desktop database in use: with a write-ahead log."""
    database = sqlite3.connect(path)
    database.executescript(
        "PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0; CREATE TABLE threads(id TEXT, project_path TEXT, model TEXT);"
        "CREATE TABLE messages(seq INTEGER PRIMARY KEY, thread_id TEXT, role TEXT, ts INTEGER, metrics_json TEXT);"
    )
    return database


def again(path: Path, state: dict[str, Any]) -> list[Event]:
    """The events of one more reading; `state` is kept, as JSON would keep it."""
    file = File("codebuff", str(path), state=json.loads(json.dumps(state)))
    events = list(SOURCE.read(file))
    assert not file.faults
    state.update(file.state)
    return events


def test_rows_in_the_write_ahead_log_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "desktop-v2.db"
    state: dict[str, Any] = {}
    with closing(desktop(path)) as database:
        database.execute(ROW, (1_793_696_400_000, '{"usage":{"inputTokens":5}}'))
        database.commit()
        assert [event.input for event in again(path, state)] == [5]
        database.execute(ROW, (1_793_696_401_000, '{"usage":{"inputTokens":6}}'))
        database.commit()
        assert [event.input for event in again(path, state)] == [5, 6]


def test_only_the_last_rows_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "desktop-v2.db"
    state: dict[str, Any] = {}
    with closing(desktop(path)) as database:
        database.executemany(ROW, [(1_793_696_400_000 + number, '{"usage":{"inputTokens":5}}') for number in range(3 * OVERLAP)])
        database.execute(ROW, (1_793_699_400_000, None))
        database.commit()
        assert len(again(path, state)) == 3 * OVERLAP
        database.execute("UPDATE messages SET metrics_json = ? WHERE metrics_json IS NULL", ('{"usage":{"outputTokens":9}}',))
        database.commit()
        late = again(path, state)
        assert len(late) == OVERLAP
        assert late[-1].output == 9
        database.execute("DELETE FROM messages WHERE seq > 10")
        database.commit()
        assert len(again(path, state)) == 10


@pytest.mark.parametrize(
    ("platform", "env", "roots"),
    [
        (
            "linux",
            {},
            [*(f"/home/ana/.config/{name}/projects" for name in ("manicode", "manicode-dev", "manicode-staging", "freebuff-desktop"))],
        ),
        (
            "darwin",
            {"CODEBUFF_DATA_DIR": "/a, /b/projects"},
            [
                "/a/projects",
                "/b/projects",
                "/home/ana/.config/freebuff-desktop/projects",
                "/home/ana/Library/Application Support/freebuff-desktop/projects",
            ],
        ),
        (
            "win32",
            {"FREEBUFF_CONFIG_DIR": "/f", "FREEBUFF_DESKTOP_HOME": "/d", "APPDATA": "/roaming"},
            ["/f/projects", *(f"/home/ana/.config/{name}/projects" for name in ("manicode", "manicode-dev", "manicode-staging")), "/d/projects"],
        ),
    ],
)
def test_the_places(platform: str, env: dict[str, str], roots: list[str]) -> None:
    assert [place.root for place in SOURCE.places(Machine("/home/ana", env, platform))] == roots


def test_the_kinds() -> None:
    assert SOURCE.kind("/x/chat-messages.json") == DOCUMENT
    assert SOURCE.kind("/x/desktop-v2.db") == DATABASE


def test_any_value_can_stand_anywhere(tmp_path: Path) -> None:
    odd: list[Any] = [None, [], {}, 7, "x", True, [[1]], {"a": []}, -1]
    plain = {"variant": "ai", "metadata": {"usage": {"inputTokens": 5}}}
    for value in odd:
        deep: Any = value
        for name in ("messageHistory", "mainAgentState", "sessionState", "runState", "metadata"):
            assert all(event.input in (0, 5) for event in chat(tmp_path, [plain, {"variant": "ai", **deep} if isinstance(deep, dict) else deep])[0])
            deep = {name: deep}
        assert chat(tmp_path, [plain, {"variant": "ai", **deep}])[0][0].input == 5
    for field, value in itertools.product(("variant", "id", "timestamp", "credits", "isComplete", "agent", "metadata", "model"), odd):
        events, _ = chat(tmp_path, [{**plain, field: value}, plain])
        assert events[-1].input == 5
