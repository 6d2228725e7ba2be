"""Text for terminals: it fits, it lines up, and nothing in it is obeyed."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earnmark.__main__ import main
from earnmark.cli.terminal import Column, Paper, bar, cells, fit, printable, table, wrapped
from tests.faces import data, plain, said
from tests.writing import Home, Shell, claude

NASTY = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202eevil\r\n\x7f"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
names = st.text(max_size=40)


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_printable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)


@given(names.map(printable), st.integers(0, 50), st.booleans())
def test_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int, right: bool) -> None:
    assert cells(fit(text, width, right=right)) == width


def test_a_name_too_long_loses_its_middle() -> None:
    assert fit("claude-sonnet-4-5", 9) == "clau…-4-5"
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, right=True) == "  ab"


def test_wide_characters_count_twice_and_marks_not_at_all() -> None:
    assert cells("日本") == 4
    assert cells("e\u0301") == 1
    assert cells("☎\ufe0f") == 1


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(1, 40))
def test_a_bar_is_never_wider_than_its_room_and_never_hides_a_value(value: int, more: int, width: int) -> None:
    drawn = bar(value, value + more, width)
    assert len(drawn) <= width
    assert bool(drawn) == (value > 0)


def test_bars_grow_by_eighths() -> None:
    assert [bar(value, 16, 2) for value in (1, 8, 12, 16)] == ["▏", "█", "█▌", "██"]
    assert bar(5, 0, 10) == ""


@given(st.lists(names.map(printable), max_size=5).map(" · ".join), st.integers(4, 60))
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    assert re.sub(r"[ ·]", "", "".join(lines)) == re.sub(r"[ ·]", "", text)


def test_lines_break_between_parts_first() -> None:
    assert wrapped("one two · three four · five", 16) == ["one two", "three four", "five"]
    assert wrapped("one two · three", 20) == ["one two · three"]


def drawn(width: int, *, color: str = "never") -> list[str]:
    stream = io.StringIO()
    columns = [Column("Name", right=False), Column("When", right=False, firm=True, spare=3), Column("Calls", spare=2), Column("Cost", style="green")]
    rows = [["a-rather-long-name-of-a-project", "2026-11-20 10:00", "12", "$1.00"], ["b", "2026-11-20 11:00", "3,456", "$22.00"]]
    table(Paper(stream, color, width), columns, rows, ["Total", "", "3,468", "$23.00"])
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [24, 40, 60, 80])
def test_a_table_fits_and_lines_up(width: int) -> None:
    lines = drawn(width)
    assert all(cells(line) <= width for line in lines)
    ends = {len(line) for line in lines}
    assert len(ends) == 1
    assert lines[1].endswith("$1.00")


def test_columns_go_in_turn_and_what_is_firm_is_never_cut() -> None:
    assert drawn(80)[0].split() == ["Name", "When", "Calls", "Cost"]
    assert drawn(40)[0].split() == ["Name", "Calls", "Cost"]
    assert "2026-11-20 10:00" in drawn(60)[1]


def test_a_table_prints_nothing_that_a_terminal_obeys() -> None:
    stream = io.StringIO()
    table(Paper(stream, "never", 80), [Column("Name", right=False)], [[NASTY]])
    assert OBEYED.search(stream.getvalue().replace("\n", "")) is None
    assert len(stream.getvalue().splitlines()) == 2


def test_styles_change_no_width() -> None:
    assert [plain(line) for line in drawn(60, color="always")] == drawn(60)


def test_colour_is_only_where_people_look(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert Paper(Screen()).color
    assert not Paper(io.StringIO()).color
    assert Paper(io.StringIO(), "always").color
    assert not Paper(Screen(), "never").color
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Paper(Screen()).color
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Paper(Screen()).color
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert Paper(io.StringIO()).color


def test_a_terminal_of_another_encoding_is_no_error() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Paper(stream).line("█ – done")
    stream.flush()
    assert raw.getvalue() == b"? ? done\n"


SCREENS = [
    [], ["today"], ["day", "--by", "model,project,branch"], ["session"], ["session", "--by", "model"], ["project"], ["model"], ["agent"], ["blocks"], ["sources"],
    ["doctor"], ["project", "--json"], ["session", "--json"],
]  # fmt: skip


@pytest.fixture
def nasty(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    home = Home(tmp_path_factory.mktemp("nasty"))
    row = json.loads(claude("1"))
    row["message"]["model"] = f"model-{NASTY}"
    row.update(cwd=f"/src/{NASTY}", gitBranch=NASTY, sessionId=NASTY, version=NASTY)
    home.write(home.claude("one"), json.dumps(row) + "\n")
    return Shell(home, monkeypatch, capsys)


@pytest.mark.parametrize("command", SCREENS, ids=" ".join)
def test_no_control_character_of_a_log_reaches_the_terminal(nasty: Shell, command: list[str]) -> None:
    _, out, err = nasty(*command)
    assert out
    assert OBEYED.search(out.replace("\n", "") + err.replace("\n", "")) is None


def test_data_keeps_what_it_was(nasty: Shell) -> None:
    assert data(nasty, "project")["rows"][0]["project"] == NASTY.split("/", maxsplit=1)[-1]
    assert NASTY.replace("\n", "") in said(nasty, "session", "--csv").replace("\n", "")


COMMANDS: tuple[list[str], ...] = (
    [], ["today"], ["session"], ["blocks"], ["sources"], ["watch"], ["statusline"], ["collect"], ["doctor"], ["price"], ["reprice"], ["config"], ["config", "set"],
    ["export"], ["import"], ["demo"],
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_in_eighty_columns(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    said_of_it = capsys.readouterr().out
    assert ended.value.code == 0
    assert said_of_it.startswith(f"usage: {' '.join(['earnmark', *command])} ")
    assert max(map(len, said_of_it.splitlines())) <= 80


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write(home.claude("one"), "".join(claude(str(number), session=f"session-{number}") for number in range(2000)))
    home.collect()
    with home.start("session", "--limit", "0", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
