"""What is instant is so by what it does not import."""

from __future__ import annotations

from pathlib import Path

import pytest

from earnmark import __version__, sources
from tests.writing import Home, claude, codex, codex_start

RUN = """
import sys
from earnmark.__main__ import main
status = main(sys.argv[1:])
sys.stderr.write("\\n".join(sys.modules))
sys.exit(status)
"""
HEAVY = {
    "msgspec",
    "genai_prices",
    "sqlite3",
    "argparse",
    "asyncio",
    "urllib.request",
    "tomlkit",
    "tomllib",
    "zstandard",
    "platformdirs",
    "earnmark.book",
}
PRICES = {"earnmark.rules.price", "earnmark.rules.pricelist", "earnmark.book.pricing", "earnmark.store.encode"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.write(home.claude("one"), claude("1") + claude("2"))
    home.write(home.codex(), codex_start() + codex("1"))
    return home


def imported(home: Home, *arguments: str) -> set[str]:
    """The modules a command has imported when it is done."""
    status, _, err = home.run(*arguments, code=RUN)
    assert status == 0
    return set(err.split("\n"))


def test_the_version_needs_nothing(home: Home) -> None:
    assert home.run("--version") == (0, f"earnmark {__version__}\n", "")
    found = imported(home, "--version")
    assert not found & {*HEAVY, "json"}
    assert {name for name in found if name.startswith("earnmark")} == {"earnmark", "earnmark.__main__"}


def test_the_status_bar_needs_hardly_more(home: Home) -> None:
    home.collect()
    found = imported(home, "statusline", "--no-refresh")
    assert not found & HEAVY
    assert {name for name in found if name.startswith("earnmark")} == {
        "earnmark", "earnmark.__main__", "earnmark.cli", "earnmark.cli.statusline", "earnmark.model", "earnmark.rules", "earnmark.rules.number",
    }  # fmt: skip


@pytest.mark.parametrize("report", [[], ["day"], ["session"], ["model", "--by", "project"], ["day", "--json"], ["blocks"], ["sources"]], ids=" ".join)
def test_a_report_with_nothing_new_reads_neither_logs_nor_prices(home: Home, report: list[str]) -> None:
    home.collect()
    found = imported(home, *report)
    assert not found & {"msgspec", "genai_prices", "zstandard", "tomlkit", "tomllib", *PRICES}
    assert not found & {f"earnmark.sources.{name}" for name in (*sources.names(), "reading")}


def test_a_report_with_something_new_imports_only_the_agent_it_is_of(home: Home) -> None:
    home.collect()
    home.append(home.claude("one"), claude("3"))
    found = imported(home, "day")
    assert "earnmark.sources.claude_code" in found
    assert "earnmark.sources.codex" not in found
    assert "genai_prices" not in found
