"""OpenClaw: what only it does."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from earnmark.model import Event, Machine
from earnmark.sources.openclaw import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "openclaw"
INSERT = "INSERT INTO transcript_events VALUES (?, ?, ?, 1793708356127)"


def answer(number: int) -> str:
    usage = {"input": number, "output": 1, "cacheRead": 0, "cacheWrite": 0, "totalTokens": number + 1}
    message = {
        "role": "assistant",
        "provider": "zai",
        "model": "glm-5",
        "usage": usage,
        "responseId": f"response-number-{number}",
        "content": "SECRET",
    }
    return json.dumps({"type": "message", "id": str(number), "timestamp": "2026-11-03T12:20:00.000Z", "message": message})


def database(tmp_path: Path) -> str:
    return next(path for path in cases.files(SOURCE, cases.build(HERE / "database_after_migration", tmp_path)) if path.endswith(".sqlite"))


def reread(path: str, state: dict[str, Any]) -> tuple[list[Event], File]:
    file = File(SOURCE.name, path, state=json.loads(json.dumps(state)))
    return list(SOURCE.read(file)), file


def test_rows_still_in_the_write_ahead_log_are_seen_and_nothing_old_is_read_again(tmp_path: Path) -> None:
    path = database(tmp_path)
    before, file = reread(path, {})
    assert reread(path, file.state)[0] == []
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode=wal")
    writer.execute(INSERT, ("33", 1, answer(77)))
    assert Path(f"{path}-wal").stat().st_size > 0
    after, _ = reread(path, file.state)
    writer.close()
    assert [(event.key, event.session.name, event.total) for event in after] == [("response-number-77", "33", 78)]
    assert len(before) == 4


def test_a_session_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = database(tmp_path)
    before, file = reread(path, {})
    with sqlite3.connect(path) as writer:
        writer.execute("DELETE FROM transcript_events WHERE session_id = '31'")
        writer.execute(INSERT, ("31", 1, answer(55)))
    writer.close()
    after, _ = reread(path, file.state)
    assert [event.key for event in after] == ["response-number-55"]
    assert "response-number-55" not in {event.key for event in before}


def test_text_that_is_not_utf8_is_a_fault_that_does_not_quote_it(tmp_path: Path) -> None:
    path = database(tmp_path)
    with sqlite3.connect(path) as writer:
        writer.execute("INSERT INTO transcript_events VALUES ('34', 1, CAST(? AS TEXT), 1)", (b'{"usage": "SECRET \xff"}',))
        writer.execute(INSERT, ("34", 2, answer(66)))
    writer.close()
    events, file = reread(path, {})
    assert "response-number-66" in {event.key for event in events}
    assert len(file.faults) == 3
    assert "SECRET" not in repr(file.faults)


def test_a_transcript_and_its_rows_in_the_database_count_once(tmp_path: Path) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "database_after_migration", tmp_path))
    events, _ = cases.read(SOURCE, paths)
    assert (len(events), len(cases.believed(events))) == (5, 4)


def test_places_follow_the_environment() -> None:
    def roots(**env: str) -> list[str]:
        return [place.root.removesuffix("/agents") for place in SOURCE.places(Machine("/h", env, "linux"))]

    assert roots() == ["/h/.openclaw", "/h/.clawdbot", "/h/.moltbot", "/h/.moldbot"]
    assert roots(OPENCLAW_PROFILE="work")[:2] == ["/h/.openclaw", "/h/.openclaw-work"]
    assert roots(OPENCLAW_DIR="/a,/b") == ["/a", "/b"]
