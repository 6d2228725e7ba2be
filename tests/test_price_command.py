"""`earnmark price` and `earnmark reprice`: what a model costs, on a day, for you."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from earnmark.cli.pricing import per_million
from tests.faces import data, refused, rows, said
from tests.writing import Home, Shell, claude

OWN = """\
[[prices]]
match = "claude-sonnet-4-5"
discount_pct = 20
since = 2026-06-01

[[prices]]
match = "inhouse-7b"
input = 1.5
output = 3
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.data.mkdir()
    return home


pytestmark = pytest.mark.usefixtures("standing_still")


def tier(price: dict[str, Any], at: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = price["usd_per_million"][at]
    return found


def test_a_model_is_known_however_an_agent_spells_it(shell: Shell) -> None:
    plain = data(shell, "price", "claude-sonnet-4-5")
    dated = data(shell, "price", "claude-sonnet-4-5-20250929")
    assert plain["canonical"] == dated["canonical"] == "claude-sonnet-4-5"
    assert tier(plain["list"]) == tier(dated["list"])
    assert (tier(plain["list"])["input"], tier(plain["list"])["output"], tier(plain["list"])["cache_read"]) == (3.0, 15.0, 0.3)


def test_it_is_shown_as_a_table(shell: Shell) -> None:
    text = said(shell, "price", "claude-sonnet-4-5")
    assert text.startswith("claude-sonnet-4-5  anthropic\n")
    head = next(line for line in text.splitlines() if "Input" in line)
    shown = next(line for line in text.splitlines() if line.startswith("list"))
    assert shown.index("$3.00") + 5 == head.index("Input") + 5
    assert "US dollars per million tokens on 2026-11-20 · genai-prices" in text


def test_long_prompts_have_tiers_of_their_own(shell: Shell) -> None:
    tiers = data(shell, "price", "gemini-2.5-pro")["list"]["usd_per_million"]
    assert [item["above_tokens"] for item in tiers] == [0, 200_000]
    assert tiers[1]["input"] > tiers[0]["input"]
    assert "list, prompts over 200,000" in said(shell, "price", "gemini-2.5-pro")


def test_your_own_price_stands_beside_the_list_from_its_day_on(home: Home, shell: Shell) -> None:
    (home.data / "config.toml").write_text(OWN)
    now, before = data(shell, "price", "claude-sonnet-4-5"), data(shell, "price", "claude-sonnet-4-5", "--at", "2026-05-31")
    assert (tier(now["contracted"])["input"], tier(now["list"])["input"]) == (2.4, 3.0)
    assert before["contracted"] is None or tier(before["contracted"])["input"] == 3.0
    assert "$2.40" in said(shell, "price", "claude-sonnet-4-5")
    assert tier(data(shell, "price", "inhouse-7b")["contracted"])["output"] == 3.0


def test_what_has_no_price_says_how_to_give_it_one(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1"))
    home.collect()
    status, out, err = shell("price", "claude-sonet-4-5")
    assert (status, out) == (1, "")
    assert 'no price is known for "claude-sonet-4-5". Did you mean "claude-sonnet-4-5"?' in err
    assert f"[[prices]] entry in {home.data / 'config.toml'}" in err
    status, out, _ = shell("price", "inhouse-7b", "--json")
    assert (status, json.loads(out)["list"]) == (1, None)


def test_a_date_that_is_none_is_refused(shell: Shell) -> None:
    assert "--at: not a date" in refused(shell, "price", "gpt-5", "--at", "once")


@pytest.mark.parametrize(
    ("pico", "text"), [(250_000, "$0.25"), (3_000_000, "$3.00"), (0, "$0.00"), (1_234, "$0.001234"), (None, "–"), (12_500_000, "$12.50")]
)
def test_prices_lose_no_digit(pico: int | None, text: str) -> None:
    assert per_million(pico) == text


def test_pricing_again_applies_the_prices_now_in_force(home: Home, shell: Shell) -> None:
    home.write(home.claude("one"), claude("1") + claude("2").replace("claude-sonnet-4-5", "inhouse-7b"))
    before = {row["model"]: row["cost_usd"] for row in rows(shell, "model")}
    assert before["inhouse-7b"] is None
    assert said(shell, "reprice").startswith("Every call has the price now in force: ")
    (home.data / "config.toml").write_text(OWN)
    assert said(shell, "reprice", "--unpriced").startswith("1 call has another price now: ")
    found = {row["model"]: row["cost_usd"] for row in rows(shell, "model")}
    assert found["claude-sonnet-4-5"] == before["claude-sonnet-4-5"]
    assert found["inhouse-7b"] is not None
    assert "another price now" in said(shell, "reprice")
    after = {row["model"]: row for row in rows(shell, "model")}
    sonnet = after["claude-sonnet-4-5"]
    assert float(sonnet["cost_usd"]) == pytest.approx(float(sonnet["list_cost_usd"]) * 0.8)
    assert said(shell, "doctor").count("✗") == 0


@pytest.mark.parametrize("width", [40, 60, 80])
def test_it_fits_the_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, said(shell, "price", "claude-sonnet-4-5").splitlines())) <= width
