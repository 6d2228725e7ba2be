"""The home screen: how am I doing, on one screen of any width."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from earnmark.cli.terminal import cells
from earnmark.rules.number import compact, dollars
from tests.faces import NOW, data, demo_home, plain, rows, said, shell_at
from tests.writing import Home, Shell, claude


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return demo_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One agent, one call, twelve minutes ago."""
    home = Home(tmp_path_factory.mktemp("alone"))
    home.write(home.claude("one"), claude("1", ts="2026-11-20T15:30:00Z"))
    return home


@pytest.fixture
def shell(demo: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return shell_at(demo, monkeypatch, capsys)


def line(text: str, label: str) -> str:
    return next(found for found in text.splitlines() if found.startswith(label))


def block_of(text: str, label: str) -> list[str]:
    """The lines of a label: its own, and those below it that have none."""
    lines = text.splitlines()
    at = lines.index(line(text, label))
    rest = [number for number in range(at + 1, len(lines)) if not lines[number].startswith(" ")]
    return lines[at : rest[0]]


def nano(text: str) -> int:
    return round(float(text) * 10**9)


@pytest.mark.parametrize(
    ("label", "report"), [("Today", ["day", "--last", "1d"]), ("This week", ["week", "--last", "1w"]), ("November", ["month", "--last", "1m"])]
)
def test_today_this_week_and_this_month_are_what_the_reports_say(shell: Shell, label: str, report: list[str]) -> None:
    totals = data(shell, *report)["totals"]
    shown = line(said(shell), label).split()
    assert dollars(nano(totals["cost_usd"])) in shown
    assert compact(totals["total"]) in shown
    assert f"{totals['calls']:,}" in shown


def test_the_pace_is_the_month_so_far_stretched_to_its_end(shell: Shell) -> None:
    spent = nano(data(shell, "month", "--last", "1m")["totals"]["cost_usd"])
    share = (NOW - datetime(2026, 11, 1, tzinfo=UTC)) / timedelta(days=30)
    assert f"{dollars(int(spent / share))}  by the end of November, if it goes on like this" in line(said(shell), "Pace")


def test_there_is_no_pace_in_the_first_hours_of_a_month(demo: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    early = shell_at(demo, monkeypatch, capsys, datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert "Pace" not in said(early)
    assert "December" in said(early)
    assert "Pace" in said(shell_at(demo, monkeypatch, capsys, datetime(2026, 12, 1, 13, tzinfo=UTC)))


@pytest.mark.parametrize(("label", "report"), [("Projects", "project"), ("Models", "model")])
def test_the_costliest_lead(shell: Shell, label: str, report: str) -> None:
    found = rows(shell, report, "--since", "2026-11-01")[:3]
    shown = block_of(said(shell), label)[: len(found)]
    for row, text in zip(found, shown, strict=True):
        assert row[report] in text
        assert dollars(nano(row["cost_usd"])) in text
    assert shown[0].count("█") >= shown[1].count("█")


def test_the_trend_has_a_bar_a_day(shell: Shell) -> None:
    shown = line(said(shell), "30 days").split()[2]
    days = data(shell)["days"]
    assert len(shown) == len(days) == 30
    assert [bar == "▁" for bar in shown] == [day["total"] == 0 for day in days]
    top = max(range(30), key=lambda at: nano(days[at]["cost_usd"]))
    assert shown[top] == "█"
    active = sum(day["total"] > 0 for day in days)
    assert f"on {active} active days" in said(shell)


def test_hidden_overhead_is_on_the_first_screen(shell: Shell) -> None:
    text = said(shell)
    for part in ("fresh input", "cache read", "cache write", "output", "reasoning", "main thread", "subagents", "background"):
        assert part in text
    assert len(re.findall("[█▓▒░▪]", line(text, "Tokens"))) == 60


def test_it_says_what_to_know_before_believing_it(shell: Shell) -> None:
    text = " ".join(said(shell).split())
    assert "A lower bound: Claude Code, Gemini CLI, OpenCode and Qwen Code do not log every call" in text
    assert "ran on a subscription" in text
    assert "US dollars at list prices, estimated" in text


def test_one_agent_and_one_call_are_spoken_of_as_one(alone: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(shell_at(alone, monkeypatch, capsys))
    assert line(text, "Today").endswith(" 1 call")
    assert "on 1 active day" in text
    assert "on 1 active days" not in text
    assert "Claude Code does not log every call" in text
    assert "4 h 18 m left in this five-hour block" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("which", ["demo", "alone", "empty", "dear"])
@pytest.mark.parametrize("money", [[], ["--no-cost"]], ids=["cost", "no cost"])
def test_no_line_is_wider_than_the_terminal(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    width: int,
    which: str,
    money: list[str],
) -> None:
    home = request.getfixturevalue(which) if which in ("demo", "alone") else Home(tmp_path)
    if which == "dear":
        usage: dict[str, Any] = {"input_tokens": 9_000_000_000, "output_tokens": 4_000_000_000}
        home.write(home.claude("one"), claude("1", ts="2026-11-20T15:30:00Z", cwd="/src/" + "日本語プロジェクト" * 4, **usage))
    shell = shell_at(home, monkeypatch, capsys)
    monkeypatch.setenv("COLUMNS", str(width))
    plainly = said(shell, *money)
    assert max(map(cells, plainly.splitlines())) <= width
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert max(map(cells, plain(said(shell, *money)).splitlines())) <= width


def test_labels_line_up(shell: Shell) -> None:
    labels = ("Today", "This week", "November", "Pace", "30 days", "Projects", "Models", "Agents", "Tokens", "Threads", "Note", "Fresh")
    text = said(shell)
    for label in labels[5:]:
        found = line(text, label)
        assert found[len(label) : 12].strip() == ""
        assert found[12] != " "


def test_colour_only_where_people_look(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in said(shell)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;32m" in said(shell)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in said(shell)
    monkeypatch.setenv("EARNMARK_COLOR", "always")
    assert "\x1b" in said(shell)
    monkeypatch.setenv("EARNMARK_COLOR", "never")
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in said(shell)


def test_filters_narrow_it(shell: Shell) -> None:
    text = said(shell, "--source", "codex", "--project", "shop-api")
    month = data(shell, "month", "--last", "1m", "--source", "codex", "--project", "shop-api")["totals"]
    assert f"{month['calls']:,} calls" in line(text, "November")
    assert "checkout-web" not in text
    assert "Claude Code" not in text


def test_its_data_are_the_same_numbers(shell: Shell) -> None:
    screen = json.loads(said(shell, "--json"))
    month = data(shell, "month", "--last", "1m")
    assert screen["month"] == month["totals"]
    assert screen["days"][-1]["day"] == "2026-11-20"
    assert {name: value for name, value in screen["days"][-1].items() if name != "day"} == screen["today"]
    assert "usd" not in said(shell, "--json", "--no-cost")


def test_what_has_no_price_is_not_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    home.write(home.claude("one"), claude("1", ts="2026-11-20T15:30:00Z").replace("claude-sonnet-4-5", "inhouse-7b"))
    shell = shell_at(home, monkeypatch, capsys)
    text = said(shell)
    assert "$0.00" not in text
    assert "not known" in line(text, "Today")
    assert "not known" in line(text, "Block")
    assert data(shell)["block"]["cost_usd"] is None
