"""The line for a status bar: from one small file, whatever state that file is in."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from earnmark.cli import statusline
from tests.faces import NOW, data, said, shell_at
from tests.writing import Home, Shell, claude

CLIENT = {"session_id": "s1", "model": {"id": "claude-sonnet-4-5", "display_name": "Sonnet 4.5"}, "workspace": {"current_dir": "/src/shop"}}


@pytest.fixture
def shell(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return shell_at(home, monkeypatch, capsys)


def bar(shell: Shell) -> str:
    return said(shell, "statusline", "--no-refresh").rstrip("\n")


def sends(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(value if isinstance(value, str) else json.dumps(value)))


def use(home: Home, shell: Shell, text: str) -> None:
    home.write(home.claude("one"), text)
    assert shell("collect")[0] == 0


BIG: dict[str, Any] = {"input_tokens": 1_000_000}


def test_it_says_session_today_and_block(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    use(home, shell, claude("1", ts="2026-11-19T15:00:00Z", session="s0", **BIG) + claude("2", ts="2026-11-20T15:00:00Z", **BIG))
    sends(monkeypatch, CLIENT)
    cost = data(shell, "today")["totals"]["cost_usd"]
    dollars = f"${float(cost):.2f}"
    sends(monkeypatch, CLIENT)
    assert bar(shell) == f"Sonnet 4.5 · {dollars} session · {dollars} today · block {dollars}, 4 h 18 m left"


def test_without_a_client_it_says_the_rest(home: Home, shell: Shell) -> None:
    use(home, shell, claude("1", ts="2026-11-20T15:00:00Z", **BIG))
    assert bar(shell).startswith("$")
    assert "session" not in bar(shell)


@pytest.mark.parametrize(
    "sent", ["", "not json", "[]", "5", '{"session_id": ["s1"]}', '{"model": "x"}', '{"model": {"display_name": null}}', '{"session_id": {}}']
)
def test_whatever_the_client_sends_there_is_a_line(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch, sent: str) -> None:
    use(home, shell, claude("1", ts="2026-11-20T15:00:00Z"))
    sends(monkeypatch, sent)
    assert bar(shell)


def test_a_client_says_nothing_that_a_terminal_obeys(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    use(home, shell, claude("1", ts="2026-11-20T15:00:00Z"))
    sends(monkeypatch, {"model": {"display_name": "a\x1b[31mb\u202ec" + "x" * 99}})
    line = bar(shell)
    assert line.isprintable()
    assert len(line) < 120


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '"x"', '{"at": "x"}', '{"at": null, "until": "soon"}', '{"sessions": []}', '{"sessions": 4, "today": 5, "until": 99999999999999}',
        '{"block": {"end": "x"}}', '{"block": 7}', '{"today": {"cost": "x"}, "until": 99999999999999}', "\x00\x01",
    ],
)  # fmt: skip
def test_a_missing_or_damaged_file_is_no_error(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert bar(shell) == "earnmark: no usage read yet"
    home.data.mkdir(exist_ok=True)
    (home.data / "status.json").write_text(text)
    sends(monkeypatch, CLIENT)
    assert bar(shell)


def test_a_file_that_is_no_text_is_no_error(home: Home, shell: Shell) -> None:
    home.data.mkdir(exist_ok=True)
    (home.data / "status.json").write_bytes(b"\xff\xfe{}")
    assert bar(shell) == "earnmark: no usage read yet"


def test_what_has_no_price_is_said_and_never_nothing(home: Home, shell: Shell) -> None:
    unknown = claude("1", ts="2026-11-20T15:00:00Z", **BIG).replace("claude-sonnet-4-5", "inhouse-7b")
    use(home, shell, unknown)
    assert bar(shell) == "1.00M tokens unpriced today · block, 4 h 18 m left"
    home.append(home.claude("one"), claude("2", ts="2026-11-20T15:01:00Z", **BIG))
    shell("collect")
    assert " + 1.00M tokens unpriced today · block $" in bar(shell)


def test_yesterdays_figures_are_not_called_todays(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    use(home, shell_at(home, monkeypatch, capsys), claude("1", ts="2026-11-20T15:00:00Z", **BIG))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    tomorrow = shell_at(home, monkeypatch, capsys, datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC))
    assert bar(tomorrow) == "earnmark: no usage read yet"


def test_only_an_old_file_is_brought_up_to_date(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    started: list[int] = []
    monkeypatch.setattr(statusline, "_refresh", lambda: started.append(1))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    shell = shell_at(home, monkeypatch, capsys)
    use(home, shell, claude("1", ts="2026-11-20T15:00:00Z"))
    said(shell, "statusline")
    assert not started
    said(shell_at(home, monkeypatch, capsys, NOW + timedelta(seconds=30)), "statusline", "--no-refresh")
    assert not started
    said(shell, "statusline")
    assert started


def test_as_a_process_it_reads_what_the_client_sends_and_refreshes_on_its_own(home: Home) -> None:
    home.write(home.claude("one"), claude("1"))
    process = home.start("statusline", "--no-refresh", stdin=-1)
    out, err = process.communicate(json.dumps(CLIENT), timeout=30)
    assert (process.returncode, out, err) == (0, "Sonnet 4.5\n", "")


def test_a_pipe_that_stays_open_holds_it_up_for_no_longer_than_its_patience(home: Home) -> None:
    inward, outward = os.pipe()
    try:
        process = home.start("statusline", "--no-refresh", stdin=inward)
        out, _ = process.communicate(timeout=30)
        assert out == "earnmark: no usage read yet\n"
    finally:
        os.close(inward)
        os.close(outward)
