"""How Roo Code's two ways of counting are told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from earnmark.model import Event
from earnmark.sources.reading import File
from earnmark.sources.roo_code import SOURCE
from tests.sources import cases

Row = tuple[int, int, int]
"""tokensIn, cacheWrites, cacheReads."""


def snapshot(path: Path, rows: list[Row], memory: dict[str, Any]) -> list[Event]:
    """Write a task of these rows and read it."""
    usages = [{"tokensIn": given, "cacheWrites": written, "cacheReads": read, "tokensOut": 9} for given, written, read in rows]
    messages = [{"ts": 1793702000000 + n, "say": "api_req_started", "text": json.dumps(usage)} for n, usage in enumerate(usages)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(messages))
    return list(SOURCE.read(File("roo_code", str(path), memory=memory)))


@pytest.mark.parametrize(
    ("rows", "inputs"),
    [
        ([(53112, 2100, 51000), (60000, 0, 53000)], [12, 7000]),
        ([(5000, 2100, 0), (12, 300, 7100)], [5000, 12]),
        ([(3000, 2100, 2000)], [3000]),
        ([(90, 20, 80)], [0]),
        ([(90, 0, 91)], [90]),
        ([(500, 0, 0)], [500]),
    ],
)
def test_a_task_is_judged_by_its_numbers(rows: list[Row], inputs: list[int], tmp_path: Path) -> None:
    assert [event.input for event in snapshot(tmp_path / "t" / "ui_messages.json", rows, {})] == inputs


def test_a_row_that_shows_how_a_task_counts_corrects_the_rows_before(tmp_path: Path) -> None:
    memory: dict[str, Any] = {}
    path = tmp_path / "t" / "ui_messages.json"
    events = snapshot(path, [(5000, 2100, 0)], memory)
    assert [event.input for event in events] == [2900]
    events += snapshot(path, [(5000, 2100, 0), (12, 300, 7100)], memory)
    assert [event.input for event in cases.believed(events).values()] == [5000, 12]
