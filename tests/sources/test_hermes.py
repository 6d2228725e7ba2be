"""Hermes: what running totals grow by from one reading to the next, and where it looks."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from earnmark.model import Machine
from earnmark.sources.hermes import SOURCE
from earnmark.sources.reading import File

TABLE = """CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, started_at REAL, model TEXT, input_tokens INTEGER, output_tokens INTEGER,
cache_read_tokens INTEGER, cache_write_tokens INTEGER, reasoning_tokens INTEGER, estimated_cost_usd REAL, actual_cost_usd REAL)"""


def save(path: Path, numbers: tuple[int, int, int, int, int], estimated: float | None, actual: float | None = None) -> None:
    """Write a session with these totals: input, output, cache read, cache write, reasoning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(TABLE)
    database.execute("INSERT OR REPLACE INTO sessions VALUES ('s', 1793700000.5, 'm', ?, ?, ?, ?, ?, ?, ?)", (*numbers, estimated, actual))
    database.close()


def read(path: Path, memory: dict[str, Any]) -> list[tuple[int | None, ...]]:
    """What is new in a database: all tokens, reasoning, cost."""
    return [(event.total, event.reasoning, event.reported) for event in SOURCE.read(File("hermes", str(path), memory=memory))]


def test_two_snapshots_give_the_difference(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "state.db", (100, 20, 300, 4, 7), 0.5)
    assert read(tmp_path / "state.db", memory) == [(424, 7, 500_000_000)]
    assert read(tmp_path / "state.db", memory) == []
    save(tmp_path / "state.db", (150, 30, 300, 4, 9), 0.6)
    assert read(tmp_path / "state.db", memory) == [(60, 2, 100_000_000)]


def test_an_estimate_replaced_by_a_lower_real_cost_is_no_new_session(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "state.db", (100, 20, 0, 0, 0), 0.5)
    read(tmp_path / "state.db", memory)
    save(tmp_path / "state.db", (150, 20, 0, 0, 0), 0.6, 0.3)
    assert read(tmp_path / "state.db", memory) == [(50, 0, 0)]
    save(tmp_path / "state.db", (160, 20, 0, 0, 0), 0.6, 0.55)
    assert read(tmp_path / "state.db", memory) == [(10, 0, 50_000_000)]


def test_totals_that_begin_anew_are_counted_whole_and_a_stale_copy_not_at_all(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "state.db", (100, 20, 0, 0, 0), 0.5)
    save(tmp_path / "profiles/old/state.db", (90, 10, 0, 0, 0), 0.4)
    assert read(tmp_path / "state.db", memory) + read(tmp_path / "profiles/old/state.db", memory) == [(120, 0, 500_000_000)]
    save(tmp_path / "state.db", (5, 1, 0, 0, 0), 0.1)
    assert read(tmp_path / "state.db", memory) == [(6, 0, 100_000_000)]


def test_where_it_looks(tmp_path: Path) -> None:
    (tmp_path / ".hermes/profiles/work").mkdir(parents=True)
    roots = [place.root for place in SOURCE.places(Machine(str(tmp_path), {}, "darwin"))]
    assert roots == [f"{tmp_path}/.hermes/state.db", f"{tmp_path}/.hermes/profiles/work/state.db"]
    assert [place.root for place in SOURCE.places(Machine("/x", {"HERMES_HOME": "/h"}, "win32"))] == ["/h/state.db"]
