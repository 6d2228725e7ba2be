"""What the writers of all logs share: what is said in them, and how rows become a file."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROMPTS = (
    "Find out why the nightly job fails and fix it.",
    "Add a test for the empty basket.",
    "Explain how refunds are booked.",
    "Rename the module and update the callers.",
    "The review asks for smaller functions here. Please split it.",
    "Run the tests again.",
)
ANSWERS = ("I will look at the module first.", "The test passes now.", "Two callers still use the old name.", "Done. The change is small.")


def iso(at: int) -> str:
    """A moment in UTC, to the millisecond."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def slug(path: str) -> str:
    """A path as the name of one folder."""
    return re.sub(r"[^A-Za-z0-9]", "-", path)


def to_json(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def write_lines(path: Path, rows: list[dict[str, Any]], at: int) -> None:
    """Write rows as lines; the file was last touched `at`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{to_json(row)}\n" for row in rows), encoding="utf-8")
    os.utime(path, (at / 1000, at / 1000))
