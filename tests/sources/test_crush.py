"""Crush: what costs grow by from one reading to the next, and the registry of projects."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import Machine
from earnmark.sources.crush import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

TABLE = "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, cost REAL, created_at INTEGER, updated_at INTEGER)"


def save(path: Path, cost: float, parent: str | None = None, name: str = "s") -> None:
    """Write a session with this cost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(TABLE)
    database.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, 1793700000, 1793700100)", (name, parent, cost))
    database.close()


def read(path: Path, memory: dict[str, Any]) -> list[int | None]:
    """The costs that are new in a database."""
    file = File("crush", str(path), memory=memory)
    return [event.reported for event in SOURCE.read(file)]


def test_two_snapshots_give_the_difference_and_never_tokens(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "crush.db", 0.5)
    assert read(tmp_path / "crush.db", memory) == [500_000_000]
    assert read(tmp_path / "crush.db", memory) == []
    save(tmp_path / "crush.db", 0.75)
    save(tmp_path / "crush.db", 0.2, "s", "child")
    file = File("crush", str(tmp_path / "crush.db"), memory=memory)
    assert [(event.total, event.reported, event.ts) for event in SOURCE.read(file)] == [(0, 250_000_000, 1_793_700_100_000)]


def test_a_cost_that_begins_anew_is_counted_whole_and_a_copy_not_at_all(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    save(tmp_path / "crush.db", 0.5)
    save(tmp_path / "copy" / "crush.db", 0.4)
    assert read(tmp_path / "crush.db", memory) + read(tmp_path / "copy" / "crush.db", memory) == [500_000_000]
    save(tmp_path / "crush.db", 0.1)
    assert read(tmp_path / "crush.db", memory) == [100_000_000]


@pytest.mark.parametrize("shape", ["list under a name", "list", "object", "one"])
def test_projects_are_found_through_the_registry(tmp_path: Path, shape: str) -> None:
    project = {"path": str(tmp_path / "shop"), "data_dir": ".crush", "last_accessed": "2026-11-03T12:00:00Z"}
    registry: Any = {"list under a name": {"projects": [7, {"path": 1}, project]}, "list": [project], "object": {project["path"]: {}}, "one": project}
    save(tmp_path / "shop" / ".crush" / "crush.db", 0.5)
    (tmp_path / "home/.local/share/crush").mkdir(parents=True)
    (tmp_path / "home/.local/share/crush/projects.json").write_text(json.dumps(registry[shape]))
    events, _ = cases.read(SOURCE, cases.files(SOURCE, Machine(str(tmp_path / "home"), {}, "linux")))
    assert [(event.reported, event.lane.project) for event in events] == [(500_000_000, str(tmp_path / "shop"))]


@pytest.mark.parametrize(("platform", "env", "folder"), [
    ("linux", {"CRUSH_GLOBAL_DATA": "{home}/g"}, "g"),
    ("linux", {"XDG_DATA_HOME": "{home}/d"}, "d/crush"),
    ("win32", {"LOCALAPPDATA": "{home}/l"}, "l/crush"),
    ("win32", {}, "AppData/Local/crush"),
])  # fmt: skip
def test_where_the_registry_may_be(tmp_path: Path, platform: str, env: dict[str, str], folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "projects.json").write_text('{"projects": [{"path": "/p", "data_dir": "state/c"}, {"path": "/q", "data_dir": "/abs"}]}')
    machine = Machine(str(tmp_path), {name: value.replace("{home}", str(tmp_path)) for name, value in env.items()}, platform)
    assert [place.root for place in SOURCE.places(machine)] == [f"{tmp_path}/.crush/crush.db", "/p/state/c/crush.db", "/abs/crush.db"]


def test_a_broken_registry_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".local/share/crush").mkdir(parents=True)
    (tmp_path / ".local/share/crush/projects.json").write_text('{"projects": ')
    assert len(SOURCE.places(Machine(str(tmp_path), {}, "linux"))) == 1
