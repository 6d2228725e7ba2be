"""`earnmark sources`: what was found, where, and what could not be read and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from earnmark import sources
from earnmark.cli.terminal import cells
from tests.faces import data, demo_home, said, shell_at
from tests.writing import Home, Shell, claude, codex, codex_start

pytestmark = pytest.mark.usefixtures("standing_still")


def found(shell: Shell) -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in data(shell, "sources")["sources"]}


def bad() -> str:
    return claude("bad").replace('"output_tokens":7', '"output_tokens":-7')


def test_every_source_is_told_of_with_where_it_was_looked_for(shell: Shell, home: Home) -> None:
    every = found(shell)
    assert set(every) == set(sources.names())
    assert all(source["looked_in"] for source in every.values())
    assert all(source["there"] == [] and source["calls"] == 0 and source["first_call"] is None for source in every.values())
    assert str(home.logs / ".claude" / "projects") in every["claude_code"]["looked_in"]


def test_files_sessions_calls_and_dates(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1", ts="2026-11-01T10:00:00Z") + claude("2", ts="2026-11-03T11:30:00Z"))
    home.write(home.claude("two"), claude("3", session="s2", ts="2026-11-02T10:00:00Z"))
    home.write(home.codex(), codex_start() + codex("1"))
    every = found(shell)
    one = every["claude_code"]
    assert (one["files"], one["sessions"], one["calls"]) == (2, 2, 3)
    assert (one["first_call"], one["last_call"]) == ("2026-11-01T10:00:00Z", "2026-11-03T11:30:00Z")
    assert one["there"] == [str(home.logs / ".claude" / "projects")]
    assert (every["codex"]["files"], every["codex"]["calls"]) == (1, 1)
    text = said(shell, "sources")
    assert text.splitlines()[1].split("  ")[0] == "Claude Code"
    assert "2026-11-01  2026-11-03" in text
    assert "Claude Code totals are a lower bound:" in text


def test_what_could_not_be_read_is_told_with_file_line_and_reason(home: Home, shell: Shell) -> None:
    path = home.write(home.claude("one"), claude("1") + claude("2") + bad() + claude("3"))
    (fault,) = found(shell)["claude_code"]["faults"]
    assert (fault["file"], fault["line"]) == (str(path), 3)
    assert fault["reason"]
    text = said(shell, "sources")
    assert "1 place could not be read; everything else was counted:" in text
    assert f"{path}, line 3: {fault['reason']}" in text
    assert found(shell)["claude_code"]["calls"] == 3


def test_many_faults_are_cut_in_text_and_whole_in_data(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), "".join(bad().replace("bad", f"bad{number}") for number in range(30)))
    assert len(found(shell)["claude_code"]["faults"]) == 30
    text = said(shell, "sources")
    assert text.count(", line ") == 20
    assert "… and 10 more: earnmark sources --json" in text


def test_a_log_that_was_deleted_stays_counted(home: Home, shell: Shell) -> None:
    path = home.write(home.claude("one"), claude("1"))
    home.collect()
    path.unlink()
    assert found(shell)["claude_code"]["calls"] == 1
    assert "Claude Code" in said(shell, "sources").splitlines()[1]


def test_without_collecting_nothing_new_is_read(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1"))
    assert {source["calls"] for source in data(shell, "sources", "--no-collect")["sources"]} == {0}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> None:
    shell = shell_at(demo_home(tmp_path, days=3), monkeypatch, capsys)
    monkeypatch.setenv("COLUMNS", str(width))
    text = said(shell, "sources")
    assert max(map(cells, text.splitlines())) <= width
    assert "Not found: Amp," in text
