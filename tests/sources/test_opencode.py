"""OpenCode: the recorded sessions to the token, rows still in the write-ahead log, later readings, and where it looks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from earnmark.model import DATABASE, DOCUMENT, Event, Machine
from earnmark.sources.opencode import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "opencode"
CREATED = 1_793_695_000_000


def opened(folder: Path) -> sqlite3.Connection:
    """A new database as a running OpenCode leaves it: everything still in the write-ahead log."""
    database = sqlite3.connect(folder / "opencode.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA wal_autocheckpoint = 0")
    database.execute("CREATE TABLE session (id TEXT, parent_id TEXT, directory TEXT, version TEXT, time_updated INTEGER, cost REAL, model TEXT, "
                     "agent TEXT, tokens_input INTEGER, tokens_output INTEGER, tokens_reasoning INTEGER, tokens_cache_read INTEGER, "
                     "tokens_cache_write INTEGER)")  # fmt: skip
    database.execute("CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, time_created INTEGER, time_updated INTEGER, data TEXT)")
    return database


def write(database: sqlite3.Connection, name: str, output: int, at: int = CREATED, *, completed: bool = True, updated: int = 0) -> None:
    """Insert or replace a message that used 1000 tokens of input and this many of output."""
    times = {"created": at} | ({"completed": at + 9} if completed else {})
    message = {"role": "assistant", "time": times, "modelID": "m", "tokens": {"input": 1000, "output": output, "reasoning": 0}}
    database.execute("INSERT OR REPLACE INTO message VALUES (?, 'ses_a', ?, ?, ?)", (name, at, updated or at, json.dumps(message)))


def again(folder: Path, before: File | None = None) -> tuple[dict[str, Event], File]:
    """Read the database with what an earlier reading left."""
    kept = (json.loads(json.dumps(before.state)), json.loads(json.dumps(before.memory))) if before else ({}, {})
    file = File("opencode", str(folder / "opencode.db"), state=kept[0], memory=kept[1])
    return cases.believed(list(SOURCE.read(file))), file


def test_the_recorded_calls_equal_what_was_served(tmp_path: Path) -> None:
    case = HERE / "recorded_1_18_33"
    served = [json.loads(line) for line in (case / "served.jsonl").read_text().splitlines()][1:]
    events, files = cases.read(SOURCE, cases.files(SOURCE, cases.build(case, tmp_path)))
    calls = sorted(cases.believed(events).values(), key=lambda event: event.ts)
    assert not files[0].faults
    assert [(c.sku.model, c.input, c.cache_read, c.cache_write_5m, c.cache_write_1h, c.output, c.reasoning) for c in calls] == [
        (row["model"], row["input"], row["cache_read"], 0, 0, row["output"], row["reasoning"]) for row in served
    ]


def test_only_the_first_served_call_the_title_is_missing(tmp_path: Path) -> None:
    case = HERE / "recorded_1_18_33"
    served = [json.loads(line) for line in (case / "served.jsonl").read_text().splitlines()]
    events, _ = cases.read(SOURCE, cases.files(SOURCE, cases.build(case, tmp_path)))
    title = served[0]["input"] + served[0]["cache_read"] + served[0]["output"]
    assert sum(event.total for event in events) + title == sum(row["input"] + row["cache_read"] + row["output"] for row in served)
    assert "title" in SOURCE.hides


def test_rows_that_are_only_in_the_write_ahead_log_are_seen(tmp_path: Path) -> None:
    database = opened(tmp_path)
    write(database, "msg_1", 5)
    assert [event.total for event in again(tmp_path)[0].values()] == [1005]
    assert (tmp_path / "opencode.db-wal").stat().st_size > 0
    database.close()


def test_a_later_reading_takes_only_what_changed_and_the_complete_message_wins(tmp_path: Path) -> None:
    database = opened(tmp_path)
    hour = 3_600_000
    write(database, "msg_old", 1, CREATED - 2 * hour)
    write(database, "msg_open", 2, CREATED, completed=False)
    first, file = again(tmp_path)
    assert sorted(first) == ["opencode:msg_old", "opencode:msg_open"]
    write(database, "msg_open", 70, CREATED, updated=CREATED + 4 * hour)
    write(database, "msg_new", 3, CREATED + hour)
    second, _ = again(tmp_path, file)
    assert sorted(second) == ["opencode:msg_new", "opencode:msg_open"]
    merged = cases.believed([*second.values(), *first.values()])
    assert {key: event.output for key, event in merged.items()} == {"opencode:msg_old": 1, "opencode:msg_open": 70, "opencode:msg_new": 3}
    assert merged == again(tmp_path)[0]
    database.close()


def test_a_message_dated_in_the_future_does_not_hide_later_ones(tmp_path: Path) -> None:
    database = opened(tmp_path)
    write(database, "msg_1", 1, updated=4_000_000_000_000)
    _, file = again(tmp_path)
    assert file.state["seen"] < 4_000_000_000_000
    database.close()


def test_a_session_of_zero_messages_counts_what_its_totals_grew_by(tmp_path: Path) -> None:
    database = opened(tmp_path)
    zero = json.dumps({"role": "assistant", "time": {"created": CREATED}, "tokens": {"input": 0, "output": 0}})
    database.execute("INSERT INTO message VALUES ('msg_1', 'ses_a', ?, ?, ?)", (CREATED, CREATED, zero))
    database.execute("INSERT INTO session VALUES ('ses_a', NULL, '/p', '1.16.2', ?, 0.5, NULL, NULL, 100, 10, 0, 0, 0)", (CREATED,))
    first, file = again(tmp_path)
    nothing, file = again(tmp_path, file)
    database.execute("UPDATE session SET tokens_input = 160, tokens_output = 12, cost = 0.75, time_updated = time_updated + 1000")
    second, _ = again(tmp_path, file)
    assert [(event.total, event.reported) for event in first.values()] == [(110, 500_000_000)]
    assert nothing == {}
    assert [(event.total, event.reported, event.ts) for event in second.values()] == [(62, 250_000_000, CREATED + 1000)]
    assert not first.keys() & second.keys()
    database.close()


def test_an_original_that_is_read_later_than_its_copy_is_not_counted_twice(tmp_path: Path) -> None:
    """A fork keeps the moments and tokens of a message and gives it an id of its own time."""
    database = opened(tmp_path)
    original, copy = (f"msg_{((at * 4096 + 1) % (1 << 48)):012x}aa" for at in (CREATED, CREATED + 999_000))
    write(database, copy, 5)
    assert list(again(tmp_path)[0]) == [f"opencode:{copy}"]
    write(database, original, 5)
    assert list(again(tmp_path)[0]) == [f"opencode:{original}"]
    database.close()


@pytest.mark.parametrize(("platform", "env", "root"), [
    ("linux", {}, "/home/ana/.local/share/opencode"),
    ("darwin", {}, "/home/ana/.local/share/opencode"),
    ("win32", {"APPDATA": "C:/x"}, "/home/ana/.local/share/opencode"),
    ("linux", {"XDG_DATA_HOME": "/d"}, "/d/opencode"),
    ("linux", {"XDG_DATA_HOME": "/d", "OPENCODE_DATA_DIR": "/o"}, "/o"),
])  # fmt: skip
def test_where_it_looks(platform: str, env: dict[str, str], root: str) -> None:
    roots = [place.root for place in SOURCE.places(Machine("/home/ana", env, platform))]
    assert roots == [f"{root}/opencode.db", f"{root}/storage/message", f"{root}/project"]


def test_the_databases_prefix_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "mine-dev.db").touch()
    places = SOURCE.places(Machine("/home/ana", {"OPENCODE_DATA_DIR": str(tmp_path), "OPENCODE_DB_PREFIX": "mine"}, "linux"))
    assert [Path(place.root).name for place in places] == ["mine-dev.db", "mine.db", "message", "project"]


def test_kinds() -> None:
    assert (SOURCE.kind("/x/opencode-beta.db"), SOURCE.kind("/x/msg_1.json")) == (DATABASE, DOCUMENT)


def test_a_database_of_something_else_is_one_fault(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "opencode.db").execute("CREATE TABLE message (text TEXT)").connection.close()
    calls, file = again(tmp_path)
    assert (calls, len(file.faults), file.faults[0].offset) == ({}, 1, -1)
