"""Cursor: one spreadsheet with every call of the account."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

from earnmark.demo.chat import SECOND, Chat
from earnmark.demo.writing import iso

COLUMNS = (
    "Date",
    "Kind",
    "Model",
    "Max Mode",
    "Input (w/ Cache Write)",
    "Input (w/o Cache Write)",
    "Cache Read",
    "Output Tokens",
    "Total Tokens",
    "Cost",
)


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """The usage export as the dashboard writes it, newest call first, with an error that cost nothing here and there."""
    path = home / ".cursor" / "usage-exports" / "usage-events.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    calls = sorted((call for chat in chats for call in chat.calls()), key=lambda call: -call.at)
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write(",".join(COLUMNS) + "\n")
        sheet = csv.writer(handle, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for call in calls:
            counts = (call.cache_write_5m + call.cache_write_1h, call.input, call.cache_read, call.output, call.prompt + call.output)
            sheet.writerow((iso(call.at), "Included", call.model, "No", *counts, "Included"))
            if names.random() < 0.02:
                sheet.writerow((iso(call.at - SECOND), "Errored, No Charge", call.model, "No", 0, 0, 0, 0, 0, "-"))
