"""What most tests begin with: an empty home, its command line, and, where time matters, a clock that stands still."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces import stand_still
from tests.writing import Home, Shell


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def shell(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(home, monkeypatch, capsys)


@pytest.fixture
def standing_still(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_still(monkeypatch)
