"""The doctor: it finds what is wrong, says what to do, and its exit status means something."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from earnmark.cli.terminal import cells
from tests.faces import NOW, demo_home, said, shell_at
from tests.writing import Home, Shell, claude

pytestmark = pytest.mark.usefixtures("standing_still")


def findings(shell: Shell, status: int = 0) -> dict[str, dict[str, Any]]:
    import json

    found, out, _ = shell("doctor", "--json")
    assert found == status
    return {finding["about"]: finding for finding in json.loads(out)["findings"]}


def test_a_sound_ledger_has_nothing_to_mend(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1") + claude("2"))
    found = findings(shell)
    assert {name: finding["state"] for name, finding in found.items()} == {
        "Installation": "ok", "Settings": "ok", "Ledger": "ok", "Totals": "ok", "Sources": "ok", "Lower bound": "look", "Prices": "ok",
    }  # fmt: skip
    assert found["Sources"]["said"] == "Claude Code (2 calls)"
    assert found["Lower bound"]["said"] == "Claude Code makes calls that it does not log"
    assert all(finding["remedy"] for finding in found.values() if finding["state"] != "ok")


def test_an_empty_machine_is_only_something_to_look_at(shell: Shell) -> None:
    assert findings(shell)["Sources"] == {
        "state": "look", "about": "Sources", "said": "no agent's logs were found", "remedy": "earnmark sources --json lists where each was looked for",
    }  # fmt: skip


def test_what_could_not_be_read_and_what_has_no_price_are_named(home: Home, shell: Shell) -> None:
    home.write(
        home.claude("one"), claude("1").replace("claude-sonnet-4-5", "inhouse-7b") + claude("2").replace('"output_tokens":7', '"output_tokens":-7')
    )
    found = findings(shell)
    assert found["Unread"]["said"].startswith("1 place in the logs")
    assert "inhouse-7b (130 tokens)" in found["Unpriced"]["said"]
    assert "[[prices]]" in found["Unpriced"]["remedy"]


def test_rollups_that_differ_from_their_calls_are_to_be_mended(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1"))
    home.collect()
    with sqlite3.connect(home.ledger) as ledger:
        ledger.execute("UPDATE rollup_hour SET output = output + 1")
    found = findings(shell, 1)
    assert found["Totals"]["state"] == "mend"
    assert "output" in found["Totals"]["said"]


def test_a_long_pause_is_pointed_out(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home.write(home.claude("one"), claude("1"))
    said(shell, "collect")
    found = findings(shell_at(home, monkeypatch, capsys, NOW + timedelta(days=40)))
    assert found["Last read"]["said"].startswith("40 d ago")
    assert "once a week" in found["Last read"]["remedy"]


def test_changed_settings_are_counted(home: Home, shell: Shell) -> None:
    home.data.mkdir()
    (home.data / "config.toml").write_text("workers = 1\n")
    assert findings(shell)["Settings"]["said"].endswith("config.toml: 1 changed")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_the_terminal_but_for_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> None:
    shell = shell_at(demo_home(tmp_path, days=3), monkeypatch, capsys)
    monkeypatch.setenv("COLUMNS", str(width))
    lines = said(shell, "doctor").splitlines()
    assert max(map(cells, lines)) <= width
    assert all(line[:1] in "✓!✗ " for line in lines)
