"""What the tests of the faces share: a demonstration home, a clock that stands still, and readers of what is printed."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from earnmark.demo import write_home
from tests.writing import Home, Shell

NOW = datetime(2026, 11, 20, 15, 42, 10, tzinfo=UTC)
"""A Friday afternoon."""
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def demo_home(folder: Path, days: int = 40) -> Home:
    """Six agents' logs of forty days up to NOW, read into a ledger."""
    home = Home(folder)
    write_home(home.logs, days=days, now=NOW)
    home.collect()
    return home


def stand_still(monkeypatch: pytest.MonkeyPatch, moment: datetime = NOW) -> None:
    """Have every clock say this moment."""
    nanoseconds = int(moment.timestamp()) * 1_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: nanoseconds)


def shell_at(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], moment: datetime = NOW) -> Shell:
    """The command line of a home at a moment."""
    stand_still(monkeypatch, moment)
    return Shell(home, monkeypatch, capsys)


def said(shell: Shell, *arguments: str) -> str:
    """What a command prints when all is well."""
    status, out, err = shell(*arguments)
    assert (status, err) == (0, "")
    return out


def refused(shell: Shell, *arguments: str) -> str:
    """What a command complains of when it is not understood."""
    status, out, err = shell(*arguments)
    assert (status, out) == (2, "")
    return err


def data(shell: Shell, *arguments: str) -> Any:
    """What a command prints as JSON."""
    return json.loads(said(shell, *arguments, "--json"))


def rows(shell: Shell, *arguments: str) -> list[dict[str, Any]]:
    """The rows of a report."""
    found: list[dict[str, Any]] = data(shell, *arguments)["rows"]
    return found


def lines_of_csv(text: str) -> list[dict[str, str]]:
    """The rows of printed CSV."""
    return list(csv.DictReader(io.StringIO(text)))


def plain(text: str) -> str:
    """Text without its styles."""
    return STYLE.sub("", text)
