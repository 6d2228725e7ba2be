"""The contract of --json: every report is what its schema says, to the field."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from earnmark.cli.commands import REPORTS
from tests.faces import data, demo_home, said, shell_at
from tests.writing import Home, Shell, claude

MEASURES = [
    "calls", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "total", "cost_usd", "list_cost_usd", "reported_cost_usd",
    "unpriced_tokens",
]  # fmt: skip
KEYS = {
    "today": ["source", "model"], "day": ["day"], "week": ["week"], "month": ["month"], "hour": ["hour"], "project": ["project"], "model": ["model"],
    "session": ["session", "source", "project", "first_call", "last_call"], "agent": ["source", "thread", "agent"],
}  # fmt: skip
SCHEMA = json.loads((files("earnmark.book") / "report.schema.json").read_text(encoding="utf-8"))
MONEY = re.compile(r"\d+\.\d{2,9}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = demo_home(tmp_path_factory.mktemp("contract"))
    home.write(home.claude("odd"), claude("odd", ts="2026-11-20T14:00:00Z").replace("claude-sonnet-4-5", "inhouse-7b"))
    return home


@pytest.fixture
def shell(demo: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return shell_at(demo, monkeypatch, capsys)


def check(document: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(document)


def test_the_schema_is_printed(shell: Shell) -> None:
    assert json.loads(said(shell, "config", "schema", "--report")) == SCHEMA


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_is_what_the_schema_says(shell: Shell, report: str) -> None:
    answer = data(shell, report)
    check(answer)
    assert list(answer) == ["rows", "totals", "meta"]
    assert list(answer["totals"]) == MEASURES
    assert answer["rows"]
    assert all(list(row) == [*KEYS[report], *MEASURES] for row in answer["rows"])


@pytest.mark.parametrize(
    "more",
    [
        ["--no-cost"],
        ["--by", "project,branch,thread,agent,billing,host,actor,model,provider,tier,source"],
        ["--last", "1d"],
        ["--until", "2020-01-01"],
    ],
)
@pytest.mark.parametrize("report", ["day", "model", "session"])
def test_so_is_every_way_of_asking(shell: Shell, report: str, more: list[str]) -> None:
    check(data(shell, report, *more))


@pytest.mark.parametrize("more", [[], ["--no-cost"], ["--limit", "1"], ["--until", "2020-01-01"]])
def test_so_are_the_blocks(shell: Shell, more: list[str]) -> None:
    answer = data(shell, "blocks", *more)
    check(answer)
    for row in answer["rows"]:
        assert {"block", "block_end", "active"} <= set(row)
        assert ("projected_usd" in row) == ("--no-cost" not in more)


def test_no_cost_leaves_every_dollar_out(shell: Shell) -> None:
    answer = data(shell, "day", "--no-cost")
    assert list(answer["totals"]) == [name for name in MEASURES if "usd" not in name]
    assert answer["meta"]["subscription_cost_usd"] is None


@pytest.mark.parametrize(
    "wrong",
    [{"extra": 1}, {"cost_usd": 0.5}, {"cost_usd": "1e-3"}, {"calls": -1}, {"calls": "1"}, {"total": None}, {"thread": "side"}, {"day": "20261120"}],
    ids=str,
)
def test_the_schema_refuses_anything_else(shell: Shell, wrong: dict[str, Any]) -> None:
    answer = data(shell, "day", "--by", "thread")
    answer["rows"][0].update(wrong)
    assert not Draft202012Validator(SCHEMA).is_valid(answer)


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "list_cost_usd"])
def test_the_schema_misses_what_is_left_out(shell: Shell, name: str) -> None:
    answer = data(shell, "day")
    del answer["rows"][0][name]
    assert not Draft202012Validator(SCHEMA).is_valid(answer)


def test_money_is_decimal_and_the_unknown_is_null(shell: Shell) -> None:
    found = {row["model"]: row for row in data(shell, "model")["rows"]}
    inhouse = found.pop("inhouse-7b")
    assert inhouse["cost_usd"] is inhouse["list_cost_usd"] is inhouse["reported_cost_usd"] is None
    assert inhouse["unpriced_tokens"] == inhouse["total"] == 130
    assert all(MONEY.fullmatch(row["cost_usd"]) for row in found.values())
    blocks = data(shell, "blocks", "--model", "inhouse-7b")["rows"]
    assert [(row["cost_usd"], row["projected_usd"]) for row in blocks] == [(None, None)]


def test_the_parts_are_the_total(shell: Shell) -> None:
    answer = data(shell, "month")
    split, totals = answer["meta"]["split"], answer["totals"]
    assert split["fresh_input"] + split["cache_read"] + split["cache_write"] + split["output"] + split["reasoning"] == totals["total"]
    for name in ("calls", "total", "output"):
        assert sum(thread[name] for thread in split["threads"].values()) == totals[name]
    for row in answer["rows"]:
        assert row["total"] == sum(row[name] for name in ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output"))
        assert row["reasoning"] <= row["output"]


def test_it_says_what_it_rests_on(shell: Shell) -> None:
    about = data(shell, "day", "--tz", "Asia/Kolkata", "--last", "2d")["meta"]
    assert (about["timezone"], about["currency"], about["cost_basis"]) == ("Asia/Kolkata", "USD", "list")
    assert (about["since"], about["until"]) == ("2026-11-18T18:30:00Z", None)
    assert about["generated_at"] == "2026-11-20T15:42:10Z"
    assert about["unpriced_models"] == ["inhouse-7b"]
    assert {item["source"] for item in about["lower_bound"]} >= {"claude_code"}
    assert about["prices"][0]["source"]


def test_your_own_prices_beside_the_list(demo: Home, shell: Shell, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNMARK_HOME", str(tmp_path))
    prices = '[[prices]]\nmatch = "inhouse-7b"\ninput = 1.0\ncache_read = 1.0\ncache_write_5m = 1.0\noutput = 1.0\n'
    (tmp_path / "config.toml").write_text(prices + '[[prices]]\nmatch = "claude-opus*"\nmultiplier = 0.5\n')
    answer = data(shell, "model")
    check(answer)
    assert answer["meta"]["cost_basis"] == "contracted"
    found = {row["model"]: row for row in answer["rows"]}
    assert (found["inhouse-7b"]["cost_usd"], found["inhouse-7b"]["list_cost_usd"]) == ("0.00013", None)
    opus = next(row for name, row in found.items() if name.startswith("claude-opus"))
    assert float(opus["cost_usd"]) == pytest.approx(float(opus["list_cost_usd"]) / 2)


def test_what_agents_report_is_a_column_of_its_own(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    row = json.loads(claude("1"))
    row["costUSD"] = 1.25
    home.write(home.claude("one"), json.dumps(row) + "\n")
    shell = Shell(home, monkeypatch, capsys)
    (only,) = data(shell, "model")["rows"]
    assert only["reported_cost_usd"] == "1.25"
    assert only["cost_usd"] not in (None, "1.25")
    assert "Reported" in said(shell, "model")
