"""Settings: where each value is from, what is refused, and what the file looks like after a change."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from earnmark.book.config import OPTIONS, schema
from tests.faces import data, refused, said
from tests.writing import Home, Shell

FULL = """\
# My settings
timezone = "Europe/Stockholm"  # home
week_start = "sunday"
color = "never"
workers = 2
disabled = ["amp"]

[billing]
# paid by the month
claude_code = "subscription"

[projects]
"/src/shop" = "Shop"

[[prices]]
match = "inhouse-7b"
input = 1.5
output = 3
since = 2026-01-01
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.data.mkdir()
    return home


@pytest.fixture
def file(home: Home) -> Path:
    return home.data / "config.toml"


def test_every_value_has_its_origin(shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('week_start = "sunday"\ncolor = "never"\n')
    monkeypatch.setenv("EARNMARK_COLOR", "always")
    found = data(shell, "config", "show")["settings"]
    assert set(found) == {option.name for option in OPTIONS}
    assert found["week_start"] == {"value": "sunday", "origin": str(file)}
    assert found["color"] == {"value": "always", "origin": "$EARNMARK_COLOR"}
    assert found["workers"] == {"value": 0, "origin": "default"}


def test_it_is_shown_whole_at_any_width(shell: Shell, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (40, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        text = said(shell, "config", "show")
        assert "…" not in text
        for option in OPTIONS:
            assert option.name in text
            assert option.about.replace(" ", "") in text.replace("\n", "").replace(" ", "")
    file.write_text(FULL)
    shown = said(shell, "config")
    assert "claude_code = subscription" in shown
    assert f"({file})" in shown


def test_the_environment_sets_what_is_plain(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNMARK_DISABLED", "amp, codex")
    monkeypatch.setenv("EARNMARK_WORKERS", "3")
    found = data(shell, "config")["settings"]
    assert (found["disabled"]["value"], found["workers"]["value"]) == (["amp", "codex"], 3)


@pytest.mark.parametrize(("key", "nearest"), [("time_zone", '"timezone"'), ("colour", '"color"'), ("price", '"prices"'), ("xyzzy", "config show")])
def test_an_unknown_key_is_refused_with_the_nearest(shell: Shell, file: Path, key: str, nearest: str) -> None:
    assert nearest in refused(shell, "config", "set", key, "1")
    file.write_text(f"{key} = 1\n")
    complaint = refused(shell, "day")
    assert str(file) in complaint
    assert f'"{key}"' in complaint
    assert nearest in complaint


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("timezone = 5", "timezone"),
        ('timezone = "Mars/Olympus"', "Mars/Olympus"),
        ('week_start = "tuesday"', "week_start must be one of monday, sunday"),
        ("workers = -1", "workers must be a whole number"),
        ("workers = true", "workers"),
        ('disabled = "amp"', "disabled must be a list"),
        ('disabled = ["claud_code"]', 'disabled: there is no agent called "claud_code"; did you mean "claude_code"'),
        ('[billing]\nclaude_code = "free"', "billing must be api or subscription"),
        ('[billing]\nclaude = "api"', 'did you mean "claude_code"'),
        ("[projects]\na = 1", "projects must be a table of texts"),
        ("prices = 1", "prices must be an array of tables"),
        ('[[prices]]\nmatch = "x"\ninputs = 1', "inputs"),
        ("[[prices]]\ninput = 1", "match"),
        ("timezone = ", "not valid TOML"),
    ],
)
def test_a_bad_value_names_its_file_and_key(shell: Shell, file: Path, text: str, key: str) -> None:
    file.write_text(text)
    complaint = refused(shell, "day")
    assert str(file) in complaint
    assert key in complaint


def test_a_bad_variable_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNMARK_WORKERS", "many")
    assert "EARNMARK_WORKERS: workers must be a whole number" in refused(shell, "day")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", "--5"),
        ("workers", "²"),
        ("workers", "1.5"),
        ("color", "blue"),
        ("timezone", "Mars"),
        ("billing", "claude_code"),
        ("billing", "=api"),
        ("prices", "x"),
    ],
)
def test_set_refuses_what_cannot_be_and_changes_nothing(shell: Shell, file: Path, name: str, value: str) -> None:
    file.write_text(FULL)
    refused(shell, "config", "set", "--", name, value)
    assert file.read_text() == FULL


def test_set_keeps_comments_and_everything_else(shell: Shell, file: Path) -> None:
    file.write_text(FULL)
    said(shell, "config", "set", "timezone", "Asia/Kolkata")
    said(shell, "config", "set", "billing", "codex=subscription")
    said(shell, "config", "set", "billing", "claude_code=api")
    said(shell, "config", "set", "disabled", "amp,goose")
    text = file.read_text()
    for comment in ("# My settings", "# home", "# paid by the month"):
        assert comment in text
    before, after = tomllib.loads(FULL), tomllib.loads(text)
    before.update(timezone="Asia/Kolkata", disabled=["amp", "goose"], billing={"claude_code": "api", "codex": "subscription"})
    assert after == before


def test_set_makes_the_file_and_a_new_key_stays_out_of_tables(shell: Shell, file: Path) -> None:
    said(shell, "config", "set", "projects", "/src/shop=Shop")
    said(shell, "config", "set", "workers", "2")
    said(shell, "config", "set", "color", "never")
    assert tomllib.loads(file.read_text()) == {"projects": {"/src/shop": "Shop"}, "workers": 2, "color": "never"}
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_set_refuses_to_write_over_a_file_it_cannot_read(shell: Shell, file: Path) -> None:
    file.write_text("timezone = \n")
    assert "not valid TOML" in refused(shell, "config", "set", "workers", "2")
    assert file.read_text() == "timezone = \n"


def test_a_linked_file_stays_a_link(shell: Shell, file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("workers = 1\n")
    file.symlink_to(real)
    said(shell, "config", "set", "workers", "2")
    assert file.is_symlink()
    assert real.read_text() == "workers = 2\n"


def test_the_schema_takes_what_is_right_and_refuses_the_rest(shell: Shell) -> None:
    printed = json.loads(said(shell, "config", "schema"))
    assert printed == schema()
    Draft202012Validator.check_schema(printed)
    valid = Draft202012Validator(printed)
    settings = tomllib.loads(FULL)
    settings["prices"][0].pop("since")
    valid.validate(settings)
    assert not valid.is_valid({"tz": "UTC"})
    assert not valid.is_valid({"workers": -1})
    assert not valid.is_valid({"billing": {"codex": "free"}})
    assert not valid.is_valid({"prices": [{"input": 1}]})


def test_a_source_that_is_switched_off_is_not_read(home: Home, shell: Shell) -> None:
    from tests.writing import claude

    home.write(home.claude("one"), claude("1"))
    said(shell, "config", "set", "disabled", "claude_code")
    assert data(shell, "month", "--since", "2026-01-01")["rows"] == []
