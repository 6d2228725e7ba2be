"""Goose: what running totals grow by from one reading to the next, and where it looks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import DATABASE, DOCUMENT, Event, Machine
from earnmark.sources.goose import SOURCE
from earnmark.sources.reading import File

TABLE = """CREATE TABLE sessions (id TEXT PRIMARY KEY, working_dir TEXT, session_type TEXT, created_at TEXT, updated_at TEXT,
accumulated_total_tokens INTEGER, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER,
accumulated_cache_read_tokens INTEGER, accumulated_cache_write_tokens INTEGER, accumulated_cost REAL)"""


def save(path: Path, numbers: tuple[int, int, int, int], cost: float = 0, name: str = "20261103_1", created: str = "2026-11-03 12:00:00") -> None:
    """Write one session with these totals: input with caches, output, cache read, cache write."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(TABLE.replace("TABLE", "TABLE IF NOT EXISTS"))
    row = (name, "/p", "user", created, "2026-11-03 12:30:00", sum(numbers[:2]), *numbers, cost)
    database.execute(f"INSERT OR REPLACE INTO sessions VALUES ({', '.join('?' * len(row))})", row)
    database.close()


def read(path: Path, memory: dict[str, Any]) -> list[tuple[int, ...]]:
    """The buckets of what is new in a database: input, cache read, cache write, output, cost."""
    return [(e.input, e.cache_read, e.cache_write_5m, e.output, e.reported or 0) for e in events(path, memory)]


def events(path: Path, memory: dict[str, Any]) -> list[Event]:
    """What is new in a file, with the memory kept as it would be on disk."""
    file = File("goose", str(path), memory=json.loads(json.dumps(memory)))
    found = list(SOURCE.read(file))
    memory.clear()
    memory.update(file.memory)
    return found


def test_two_snapshots_give_the_difference(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "sessions.db", (1000, 100, 600, 50), 0.5)
    assert read(tmp_path / "sessions.db", memory) == [(350, 600, 50, 100, 500_000_000)]
    assert read(tmp_path / "sessions.db", memory) == []
    save(tmp_path / "sessions.db", (3000, 180, 2400, 60), 0.75)
    assert read(tmp_path / "sessions.db", memory) == [(190, 1800, 10, 80, 250_000_000)]


def test_totals_that_begin_anew_are_counted_whole(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "sessions.db", (1000, 100, 0, 0), 0.5)
    first = events(tmp_path / "sessions.db", memory)
    save(tmp_path / "sessions.db", (300, 30, 0, 0), 0.1)
    second = events(tmp_path / "sessions.db", memory)
    assert [(event.total, event.reported) for event in first + second] == [(1100, 500_000_000), (330, 100_000_000)]
    assert first[0].key != second[0].key


def test_a_copy_in_another_directory_counts_once_whatever_its_age(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "new.db", (1000, 100, 0, 0))
    save(tmp_path / "stale.db", (700, 70, 0, 0))
    save(tmp_path / "same.db", (1000, 100, 0, 0))
    assert len(events(tmp_path / "new.db", memory)) == 1
    assert events(tmp_path / "stale.db", memory) + events(tmp_path / "same.db", memory) == []


def test_an_old_file_read_after_the_database_it_was_migrated_to_adds_nothing(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "sessions.db", (9500, 900, 0, 0), name="20261103_130000")
    head = {"working_dir": "/p", "accumulated_input_tokens": 9000, "accumulated_output_tokens": 800, "accumulated_total_tokens": 9800}
    (tmp_path / "20261103_130000.jsonl").write_text(json.dumps(head) + "\n")
    assert len(events(tmp_path / "sessions.db", memory)) == 1
    assert events(tmp_path / "20261103_130000.jsonl", memory) == []


def test_two_sessions_of_one_number_are_told_apart_by_their_creation(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "one.db", (1000, 100, 0, 0))
    save(tmp_path / "two.db", (500, 50, 0, 0), created="2026-11-03 09:00:00")
    assert [event.total for event in events(tmp_path / "one.db", memory) + events(tmp_path / "two.db", memory)] == [1100, 550]


def test_rows_that_are_only_in_the_write_ahead_log_are_seen(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "sessions.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(TABLE)
    database.execute("INSERT INTO sessions (id, updated_at, accumulated_input_tokens) VALUES ('20261103_1', '2026-11-03 12:00:00', 5)")
    assert read(tmp_path / "sessions.db", {}) == [(5, 0, 0, 0, 0)]
    database.close()


@pytest.mark.parametrize(("platform", "env", "roots"), [
    ("linux", {}, ["/h/.local/share/goose/sessions"]),
    ("linux", {"XDG_DATA_HOME": "/d"}, ["/d/goose/sessions"]),
    ("darwin", {"GOOSE_PATH_ROOT": "/g"}, ["/g/data/sessions"]),
    ("win32", {"APPDATA": "C:/a"}, ["/h/.local/share/goose/sessions", "C:/a/Block/goose/data/sessions"]),
])  # fmt: skip
def test_where_it_looks(platform: str, env: dict[str, str], roots: list[str]) -> None:
    assert [place.root for place in SOURCE.places(Machine("/h", env, platform))] == roots


def test_kinds() -> None:
    assert (SOURCE.kind("/x/sessions.db"), SOURCE.kind("/x/20261103_130000.jsonl")) == (DATABASE, DOCUMENT)
