"""What Copilot's many files say together, over time, and where they are."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from earnmark.model import DATABASE, DOCUMENT, LINES, Event, Machine
from earnmark.sources.copilot_cli import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

SCHEMA = (
    "CREATE TABLE assistant_usage_events (id INTEGER PRIMARY KEY, session_id TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, "
    "cache_read_tokens INTEGER, created_at TEXT)"
)


def add(store: sqlite3.Connection, session: str, given: int, output: int) -> None:
    """One call into the session store."""
    store.execute(
        "INSERT INTO assistant_usage_events (session_id, model, input_tokens, output_tokens, cache_read_tokens, created_at) VALUES (?,'m',?,?,0,?)",
        (session, given, output, "2026-11-03T12:00:03.000Z"),
    )
    store.commit()


def record(call: str, given: int, output: int, second: int = 3) -> dict[str, Any]:
    """One call in a session's events."""
    usage = {"model": "m", "inputTokens": given, "outputTokens": output, "apiCallId": call}
    return {"type": "session.usage_record", "timestamp": f"2026-11-03T12:00:{second:02}.000Z", "data": {"usage": usage}}


def answer(output: int) -> dict[str, Any]:
    """An answer in a session's events."""
    return {"type": "assistant.message", "timestamp": "2026-11-03T12:00:05.000Z", "data": {"model": "m", "content": "SECRET", "outputTokens": output}}


def shutdown(given: int, output: int) -> dict[str, Any]:
    """The totals a session ends with."""
    metrics = {"m-long-name": {"requests": {"count": 1, "cost": 1}, "usage": {"inputTokens": given, "outputTokens": output}}}
    return {"type": "session.shutdown", "timestamp": "2026-11-03T12:00:09.000Z", "data": {"modelMetrics": metrics}}


def events_file(home: Path, *rows: dict[str, Any]) -> str:
    """The events of the session S1."""
    path = home / ".copilot" / "session-state" / "S1" / "events.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(path: str) -> list[Event]:
    """The events of one file, read for the first time."""
    return list(SOURCE.read(File("copilot_cli", path)))


def test_the_store_is_read_through_its_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "session-store.db"
    store = sqlite3.connect(path)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute(SCHEMA)
    add(store, "S1", 100, 10)
    first = File("copilot_cli", str(path))
    events = list(SOURCE.read(first))
    assert [event.input for event in events] == [100]
    add(store, "S1", 200, 20)
    add(store, "S2", 300, 30)
    events += SOURCE.read(File("copilot_cli", str(path), state=json.loads(json.dumps(first.state))))
    assert sorted(event.input for event in cases.believed(events).values()) == [100, 200, 300]
    store.close()


def test_old_sessions_of_a_store_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "session-store.db"
    store = sqlite3.connect(path)
    store.execute(SCHEMA)
    for number in range(300):
        add(store, f"S{number}", 100, 10)
    first = File("copilot_cli", str(path))
    assert len(list(SOURCE.read(first))) == 300
    add(store, "S9", 5, 5)
    again = list(SOURCE.read(File("copilot_cli", str(path), state=first.state)))
    assert len(again) < 60
    assert [event.input for event in again if event.session.name == "S9"] == [100, 5]
    store.close()


def test_a_store_that_began_anew_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "session-store.db"
    store = sqlite3.connect(path)
    store.execute(SCHEMA)
    add(store, "S1", 100, 10)
    (event,) = SOURCE.read(File("copilot_cli", str(path), state={"id": 4000}))
    assert event.input == 100
    store.close()


def test_store_and_records_give_calls_the_same_keys(tmp_path: Path) -> None:
    path = events_file(tmp_path, record("a", 100, 10), record("b", 100, 10), record("c", 100, 11))
    store = sqlite3.connect(tmp_path / ".copilot" / "session-store.db")
    store.execute(SCHEMA)
    for output in (10, 10, 11):
        add(store, "S1", 100, output)
    store.close()
    records, stored = read(path), read(str(tmp_path / ".copilot" / "session-store.db"))
    assert {event.key for event in records} == {event.key for event in stored}
    assert len(cases.believed(stored + records)) == 3
    assert {event.request for event in cases.believed(stored + records).values()} == {"a", "b", "c"}


def test_totals_replace_what_the_answers_told(tmp_path: Path) -> None:
    path = events_file(tmp_path, answer(30))
    first = File("copilot_cli", path)
    events = list(SOURCE.read(first))
    assert [(event.input, event.output, event.lane.quality) for event in events] == [(0, 30, "partial")]
    events_file(tmp_path, answer(30), answer(4), shutdown(500, 34))
    events += SOURCE.read(File("copilot_cli", path, first.offset, json.loads(json.dumps(first.state))))
    assert [(event.input, event.output) for event in cases.believed(events).values()] == [(500, 34)]


def test_totals_of_calls_that_were_recorded_are_not_counted(tmp_path: Path) -> None:
    assert [event.output for event in read(events_file(tmp_path, record("a", 100, 10), answer(10), shutdown(100, 10)))] == [10]


def test_a_broken_store_hides_no_totals(tmp_path: Path) -> None:
    path = events_file(tmp_path, shutdown(500, 34))
    (tmp_path / ".copilot" / "session-store.db").write_bytes(b"not a database")
    assert [event.output for event in read(path)] == [34]


def test_new_spans_of_a_conversation_join_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "agent-traces.db"
    store = sqlite3.connect(path)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute(
        "CREATE TABLE spans (span_id TEXT, operation_name TEXT, conversation_id TEXT, chat_session_id TEXT, response_model TEXT, "
        "input_tokens INTEGER, output_tokens INTEGER, start_time_ms INTEGER, end_time_ms INTEGER)"
    )
    now = 1793707200000
    store.execute("INSERT INTO spans VALUES ('a','chat','c','v','m',10,1,?,?)", (now, now + 5))
    store.commit()
    first = File("copilot_cli", str(path))
    events = list(SOURCE.read(first))
    later = now + 86_400_000
    store.execute("INSERT INTO spans VALUES ('b','chat','c','v','m',10,1,?,?)", (later, later + 5))
    store.commit()
    events += SOURCE.read(File("copilot_cli", str(path), state=json.loads(json.dumps(first.state)), memory=first.memory))
    assert len(cases.believed(events)) == 2
    assert first.memory == {"traced": {"c": now + 5, "v": now + 5}}
    store.close()


def test_a_trace_read_before_a_chat_stands_for_it(tmp_path: Path) -> None:
    memory: dict[str, Any] = {"traced": {"v": 1793707200000}}
    path = tmp_path / "Code" / "User" / "workspaceStorage" / "w" / "chatSessions" / "v.json"
    path.parent.mkdir(parents=True)
    requests = [{"requestId": f"r{at}", "timestamp": 1793707200000 + at, "completionTokens": 5} for at in (-9_000, 9_000)]
    path.write_text(json.dumps({"sessionId": "v", "requests": requests}))
    events = list(SOURCE.read(File("copilot_cli", str(path), memory=memory)))
    assert [event.key for event in events] == ["copilot_cli:r-9000"]


def test_the_places_and_kinds() -> None:
    places = SOURCE.places(Machine("/h", {}, "darwin"))
    roots = [place.root for place in places]
    assert "/h/.copilot/session-store.db" in roots
    assert "/h/Library/Application Support/Code/User/workspaceStorage" in roots
    assert "/h/.vscode-server/data/User/globalStorage/github.copilot-chat/agent-traces.db" in roots
    assert roots.index("/h/.copilot/otel") < roots.index("/h/.copilot/session-state")
    moved = [place.root for place in SOURCE.places(Machine("/h", {"COPILOT_HOME": "/c", "COPILOT_OTEL_FILE_EXPORTER_PATH": "/t/out.json"}, "win32"))]
    assert moved[:3] == ["/c/otel", "/t/out.json", "/c/session-store.db"]
    assert "/h/AppData/Roaming/Code - Insiders/User/globalStorage/emptyWindowChatSessions" in moved
    assert SOURCE.kind("/t/out.json") == SOURCE.kind("/c/session-state/S1/events.jsonl") == LINES
    assert SOURCE.kind("/u/workspaceStorage/w/chatSessions/a.jsonl") == LINES
    assert SOURCE.kind("/u/workspaceStorage/w/chatSessions/a.json") == DOCUMENT
    assert SOURCE.kind("/c/session-store.db") == DATABASE
