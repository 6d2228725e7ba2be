"""The reports: grouped, filtered, cut to a stretch of time, and the same in text, CSV and JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from earnmark.cli.commands import REPORTS
from earnmark.rules.number import compact, dollars
from tests.faces import data, demo_home, lines_of_csv, refused, rows, said, shell_at
from tests.writing import Home, Shell, claude

COUNTS = ("calls", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "total", "unpriced_tokens")
ALL = ("--since", "2026-01-01")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return demo_home(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def shell(demo: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return shell_at(demo, monkeypatch, capsys)


@pytest.fixture
def small(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return shell_at(home, monkeypatch, capsys)


def calls_at(home: Home, *moments: str) -> None:
    """One call at each of these moments, all in one session."""
    home.write(home.claude("one"), "".join(claude(str(number), ts=moment) for number, moment in enumerate(moments)))


def added(found: list[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in found)


def nano(text: str | None) -> int:
    whole, _, rest = (text or "0").partition(".")
    return int(whole) * 10**9 + int(rest.ljust(9, "0"))


# ---- totals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS)
def test_rows_add_up_to_the_totals(shell: Shell, report: str) -> None:
    answer = data(shell, report, "--limit", "0")
    assert answer["rows"]
    for name in COUNTS:
        assert added(answer["rows"], name) == answer["totals"][name]
    for name in ("cost_usd", "list_cost_usd"):
        assert sum(nano(row[name]) for row in answer["rows"]) == nano(answer["totals"][name])


@pytest.mark.parametrize("report", [name for name in REPORTS if name != "today"])
def test_every_report_of_all_time_has_the_same_totals(shell: Shell, demo: Home, report: str) -> None:
    truth = Counter[str]()
    for models in demo.by_model().values():
        for tokens in models.values():
            truth.update(tokens)
    totals = data(shell, report, *ALL)["totals"]
    assert {name: totals[name] for name in truth} == dict(truth)


@pytest.mark.parametrize(
    "keys", ["model", "source,model", "project", "thread,agent", "branch", "provider", "tier", "billing", "host", "actor", "week,day", "month"]
)
@pytest.mark.parametrize("report", ["day", "model"])
def test_finer_rows_add_up_to_the_same(shell: Shell, report: str, keys: str) -> None:
    coarse, fine = data(shell, report, *ALL), data(shell, report, "--by", keys, *ALL)
    assert fine["totals"] == coarse["totals"]
    assert set(fine["rows"][0]) >= {report, *keys.split(",")}
    assert len({tuple(row[key] for key in dict.fromkeys((report, *keys.split(",")))) for row in fine["rows"]}) == len(fine["rows"])
    by_key: defaultdict[str, int] = defaultdict(int)
    for row in fine["rows"]:
        by_key[row[report]] += row["total"]
    assert by_key == {row[report]: row["total"] for row in coarse["rows"]}


def test_weeks_and_months_are_the_sums_of_their_days(shell: Shell) -> None:
    for row in rows(shell, "day", "--by", "week,month", *ALL):
        day = datetime.fromisoformat(row["day"])
        assert row["month"] == row["day"][:7]
        assert row["week"] == (day - timedelta(days=day.weekday())).date().isoformat()


def test_a_week_begins_when_the_settings_say(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNMARK_WEEK_START", "sunday")
    assert {datetime.fromisoformat(row["week"]).weekday() for row in rows(shell, "week")} == {6}


def test_hours_belong_to_their_days(shell: Shell) -> None:
    assert all(row["hour"].startswith(row["day"]) for row in rows(shell, "hour", "--by", "day", *ALL))


# ---- which calls -------------------------------------------------------------------------------------------------------


def test_today_is_today_by_agent_and_model(shell: Shell) -> None:
    day = data(shell, "day", "--last", "1d")
    today = data(shell, "today")
    assert today["totals"] == day["totals"]
    assert [row["day"] for row in day["rows"]] == ["2026-11-20"]
    assert set(today["rows"][0]) > {"source", "model"}


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("claude", "claude_code"),
        ("gemini", "gemini_cli"),
        ("Claude Code", "claude_code"),
        ("claude-code", "claude_code"),
        ("CODEX", "codex"),
        ("g*cli", "gemini_cli"),
    ],
)
def test_an_agent_is_known_by_an_unambiguous_beginning(shell: Shell, name: str, whole: str) -> None:
    found = rows(shell, "agent", "--source", name)
    assert {row["source"] for row in found} == {whole}


def test_sources_are_joined_by_or(shell: Shell) -> None:
    each = [data(shell, "month", "--source", name)["totals"]["calls"] for name in ("codex", "qwen_code")]
    assert data(shell, "month", "--source", "codex", "--source", "qwen")["totals"]["calls"] == sum(each)
    assert data(shell, "month", "--source", "codex,qwen")["totals"]["calls"] == sum(each)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("codx", 'did you mean "codex"'), ("cl", "claude_code, cline"), ("xyzzy", "there are amp,"), ("", "there are amp,"), ("z*", "there are amp,")],
)
def test_an_unknown_agent_is_refused_with_the_nearest(shell: Shell, name: str, hint: str) -> None:
    assert hint in refused(shell, "day", "--source", name)
    assert hint in refused(shell, "--source", name)
    assert hint in refused(shell, "blocks", "--source", name)


def test_models_and_projects_are_patterns(shell: Shell) -> None:
    assert all(row["model"].startswith("claude") for row in rows(shell, "model", "--model", "CLAUDE*"))
    assert [row["project"] for row in rows(shell, "project", "--project", "shop-api")] == ["shop-api"]
    both = data(shell, "model", "--model", "gpt*", "--source", "codex")
    assert both["totals"]["calls"] == data(shell, "model", "--source", "codex")["totals"]["calls"]


def test_a_filter_before_the_command_counts(shell: Shell) -> None:
    assert rows(shell, "--source", "codex", "month") == rows(shell, "month", "--source", "codex")
    assert '"rows"' in said(shell, "--json", "month")


@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        (("--since", "2026-11-10"), "2026-11-10", "2026-11-20"),
        (("--until", "2026-11-10"), "2026-10-12", "2026-11-10"),
        (("--since", "2026-11-03", "--until", "2026-11-05"), "2026-11-03", "2026-11-05"),
        (("--since", "2026-11", "--until", "2026-11"), "2026-11-01", "2026-11-30"),
        (("--last", "3d"), "2026-11-18", "2026-11-20"),
        (("--last", "1w"), "2026-11-16", "2026-11-20"),
        (("--last", "2m"), "2026-10-01", "2026-11-20"),
        (("--last", "2d", "--until", "2026-11-12"), "2026-11-11", "2026-11-12"),
    ],
)
def test_a_stretch_of_days_is_whole_days(shell: Shell, arguments: tuple[str, ...], first: str, last: str) -> None:
    every = {row["day"]: row for row in rows(shell, "day", *ALL)}
    found = {row["day"]: row for row in rows(shell, "day", *arguments)}
    assert found == {day: row for day, row in every.items() if first <= day <= last}


def test_a_stretch_of_hours_is_whole_hours(home: Home, small: Shell) -> None:
    calls_at(home, "2026-11-20T08:59:59.999Z", "2026-11-20T09:00:00.000Z", "2026-11-20T10:59:59.999Z", "2026-11-20T11:00:00.000Z")
    assert [row["hour"] for row in rows(small, "hour", "--since", "2026-11-20T09", "--until", "2026-11-20T10")] == ["2026-11-20T09", "2026-11-20T10"]
    assert [row["hour"] for row in rows(small, "hour", "--last", "6h")] == ["2026-11-20T10", "2026-11-20T11"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--last", "5x"), "write 24h, 7d, 4w or 3m"),
        (("--last", "0d"), "write 24h"),
        (("--since", "soon"), "not a date"),
        (("--until", "2026-02-30"), "no such date"),
        (("--since", "2026-11-20", "--until", "2026-11-01"), "ends before it begins"),
        (("--since", "2026-11-20", "--last", "3d"), "use one of them"),
        (("--tz", "Mars/Olympus"), "no time zone"),
        (("--by", "modle"), 'did you mean "model"'),
        (("--by", "session"), "sessions are not split by day"),
    ],
)
def test_what_is_not_understood_is_refused(shell: Shell, arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in refused(shell, "day", *arguments)


# ---- time zones ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_days_and_hours_are_local(home: Home, small: Shell, zone: str) -> None:
    moments = [datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=97 * number) for number in range(150)]
    calls_at(home, *(moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in moments))
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    days = {row["day"]: row["calls"] for row in rows(small, "day", *ALL, "--tz", zone)}
    hours = {row["hour"]: row["calls"] for row in rows(small, "hour", *ALL, "--tz", zone)}
    assert days == Counter(moment.date().isoformat() for moment in local)
    assert hours == Counter(moment.strftime("%Y-%m-%dT%H") for moment in local)
    one = local[60].date().isoformat()
    assert {row["day"]: row["calls"] for row in rows(small, "day", "--since", one, "--until", one, "--tz", zone)} == {one: days[one]}


def test_the_night_the_clocks_go_back_has_one_hour_twice(home: Home, small: Shell) -> None:
    calls_at(
        home,
        "2026-10-24T21:59:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "2026-10-25T22:59:00Z",
        "2026-10-25T23:00:00Z",
    )
    zone = ("--tz", "Europe/Stockholm")
    assert {row["day"]: row["calls"] for row in rows(small, "day", *ALL, *zone)} == {"2026-10-24": 1, "2026-10-25": 4, "2026-10-26": 1}
    assert {row["hour"]: row["calls"] for row in rows(small, "hour", "--since", "2026-10-25", "--until", "2026-10-25", *zone)} == {
        "2026-10-25T00": 1, "2026-10-25T02": 2, "2026-10-25T23": 1,
    }  # fmt: skip


def test_the_night_the_clocks_go_forward_lacks_an_hour(home: Home, small: Shell) -> None:
    calls_at(home, "2026-03-28T23:00:00Z", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", "2026-03-29T21:59:00Z", "2026-03-29T22:00:00Z")
    found = {row["hour"]: row["calls"] for row in rows(small, "hour", "--since", "2026-03-29", "--until", "2026-03-29", "--tz", "Europe/Stockholm")}
    assert found == {"2026-03-29T00": 1, "2026-03-29T01": 1, "2026-03-29T03": 1, "2026-03-29T23": 1}


# ---- order and limits ------------------------------------------------------------------------------------------------------


def test_time_runs_forward_and_a_limit_keeps_the_last(shell: Shell) -> None:
    every = rows(shell, "day")
    assert [row["day"] for row in every] == sorted(row["day"] for row in every)
    cut = data(shell, "day", "--limit", "3")
    assert cut["rows"] == every[-3:]
    assert (cut["meta"]["matched"], cut["meta"]["shown"]) == (len(every), 3)
    assert cut["totals"] == data(shell, "day")["totals"]


@pytest.mark.parametrize("report", ["day", "model", "project", "session"])
@pytest.mark.parametrize(("order", "field"), [("cost", "cost_usd"), ("tokens", "total")])
def test_sorted_rows_begin_with_the_most(shell: Shell, report: str, order: str, field: str) -> None:
    found = rows(shell, report, "--sort", order, "--limit", "4", *ALL)
    every = rows(shell, report, "--limit", "0", *ALL)
    values = [nano(row[field]) if field == "cost_usd" else row[field] for row in found]
    most = sorted((nano(row[field]) if field == "cost_usd" else row[field] for row in every), reverse=True)
    assert values == most[:4]


def test_models_by_time_begin_with_the_one_used_last(home: Home, small: Shell) -> None:
    lines = [
        claude(str(number), ts=f"2026-11-{day}T10:00:00Z").replace("sonnet-4-5", model)
        for number, (day, model) in enumerate([(18, "opus-4-5"), (20, "haiku-4-5"), (19, "sonnet-4-5")])
    ]
    home.write(home.claude("one"), "".join(lines))
    assert [row["model"] for row in rows(small, "model", "--sort", "time")] == ["claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5"]


def test_sessions_beyond_the_limit_are_in_the_totals(shell: Shell) -> None:
    every, cut = data(shell, "session", "--limit", "0"), data(shell, "session", "--limit", "5")
    assert len(data(shell, "session")["rows"]) == 50 < len(every["rows"])
    assert cut["rows"] == every["rows"][:5]
    assert cut["totals"] == every["totals"]
    assert (cut["meta"]["matched"], cut["meta"]["shown"]) == (len(every["rows"]), 5)
    assert f"All {len(every['rows']):,}" in said(shell, "session", "--limit", "5")
    assert [row["last_call"] for row in every["rows"]] == sorted((row["last_call"] for row in every["rows"]), reverse=True)


def test_sessions_by_model_are_cut_after_they_are_added_up(shell: Shell) -> None:
    every, cut = data(shell, "session", "--by", "model", "--limit", "0"), data(shell, "session", "--by", "model", "--limit", "7")
    assert cut["rows"] == every["rows"][:7]
    assert (cut["meta"]["matched"], cut["totals"]) == (len(every["rows"]), every["totals"])
    for name in COUNTS:
        assert added(every["rows"], name) == every["totals"][name]


def test_filtered_sessions_add_up(shell: Shell) -> None:
    asked = ("--source", "claude", "--last", "7d", "--model", "*opus*")
    every, cut = data(shell, "session", "--limit", "0", *asked), data(shell, "session", "--limit", "2", *asked)
    assert every["totals"] == cut["totals"] == data(shell, "model", *asked)["totals"]
    assert added(every["rows"], "total") == every["totals"]["total"]
    assert cut["rows"] == every["rows"][:2]


# ---- one session --------------------------------------------------------------------------------------------------------------


def test_the_beginning_of_an_id_shows_one_session(shell: Shell) -> None:
    row = next(row for row in rows(shell, "session", "--limit", "0", "--sort", "tokens") if row["source"] == "claude_code")
    detail = data(shell, "session", row["session"][:9])
    assert {part["session"] for part in detail["rows"]} == {row["session"]}
    assert {"model", "thread", "agent"} <= set(detail["rows"][0])
    assert {name: detail["totals"][name] for name in COUNTS} == {name: row[name] for name in COUNTS}
    assert detail["meta"]["split"]["threads"]["main"]["calls"] == sum(part["calls"] for part in detail["rows"] if part["thread"] == "main")
    text = said(shell, "session", row["session"][:9])
    assert text.startswith(f"{row['session']}\nClaude Code in {row['project']}\n")
    assert "Total" in text


def test_an_id_that_names_several_lists_them(home: Home, small: Shell) -> None:
    home.write(home.claude("one"), claude("1", session="abc-1") + claude("2", session="abc-2") + claude("3", session="xyz"))
    assert {row["session"] for row in rows(small, "session", "abc")} == {"abc-1", "abc-2"}
    assert {row["session"] for row in rows(small, "session", "x")} == {"xyz"}
    assert "no session begins with" in refused(small, "session", "nope")


# ---- text, CSV and JSON -----------------------------------------------------------------------------------------------------


def cell(row: dict[str, Any], title: str) -> str:
    if title == "Cost":
        return dollars(nano(row["cost_usd"]))
    number = row["cache_write_5m"] + row["cache_write_1h"] if title == "Cache write" else row[title.lower().replace(" ", "_")]
    return f"{number:,}" if title == "Calls" else compact(number) if number else "–"


@pytest.mark.parametrize("report", ["day", "week", "month", "model", "project", "session"])
def test_text_csv_and_json_agree_cell_for_cell(shell: Shell, monkeypatch: pytest.MonkeyPatch, report: str) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    answer = data(shell, report)
    printed = lines_of_csv(said(shell, report, "--csv"))
    assert printed == [{name: "" if value is None else str(value) for name, value in row.items()} for row in answer["rows"]]
    head, *lines = said(shell, report).splitlines()
    titles = ["Calls", "Input", "Cache read", "Cache write", "Output", "Reasoning", "Total", "Cost"]
    for line, row in zip([*lines[: len(answer["rows"])], lines[len(answer["rows"]) + 1]], [*answer["rows"], answer["totals"]], strict=True):
        for title in titles:
            end = head.index(title, head.index("Calls")) + len(title)
            assert line[:end].split("  ")[-1].strip() == cell(row, title)


def test_no_cost_says_nothing_of_money(shell: Shell) -> None:
    for row in rows(shell, "day", "--no-cost"):
        assert not any("usd" in name for name in row)
    assert "usd" not in said(shell, "day", "--no-cost", "--csv")
    assert "$" not in said(shell, "model", "--no-cost").replace("US dollars", "")
    assert "$" not in said(shell, "--no-cost").replace("US dollars", "")
    assert "$" not in said(shell, "blocks", "--no-cost")


def test_what_has_no_price_is_unknown_and_never_nothing(home: Home, small: Shell) -> None:
    home.write(home.claude("one"), claude("1").replace("claude-sonnet-4-5", "inhouse-7b") + claude("2"))
    inhouse, sonnet = sorted(rows(small, "model"), key=lambda row: row["model"] != "inhouse-7b")
    assert (inhouse["cost_usd"], inhouse["list_cost_usd"], inhouse["unpriced_tokens"]) == (None, None, inhouse["total"])
    assert nano(sonnet["cost_usd"]) > 0
    assert lines_of_csv(said(small, "model", "--csv"))[-1]["cost_usd"] == ""
    text = said(small, "model")
    assert "not known" in text
    assert "130 tokens have no known price (inhouse-7b)" in " ".join(text.split())
    assert f"{dollars(nano(sonnet['cost_usd']))}+" in text


def test_csv_of_nothing_is_its_header(small: Shell, shell: Shell) -> None:
    for report in (*REPORTS, "blocks"):
        full = said(shell, report, "--csv", *ALL).splitlines()[0]
        assert said(small, report, "--csv", "--no-collect", "--until", "2020-01-01").splitlines() == [full]


def test_nothing_found_says_what_there_is_instead(shell: Shell) -> None:
    text = said(shell, "hour", "--last", "6h", "--project", "x")
    assert text.startswith("No call that matches since 2026-11-20 10:00. The newest call of all was at 2026-11-20 15:")
    assert said(shell, "day", "--until", "2020-01-01").startswith("No call before 2020-01-02 00:00. ")


def test_on_an_empty_machine_it_says_where_it_looked(small: Shell) -> None:
    text = said(small, "day")
    assert "~/.claude/projects" in text
    assert "earnmark demo" in text
    assert data(small, "day")["rows"] == []


@pytest.mark.parametrize("width", ["40", "60", "80", "120"])
@pytest.mark.parametrize("report", [*REPORTS, "blocks"])
def test_reports_fit_the_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch, report: str, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert max(map(len, said(shell, report).splitlines())) <= int(width)
