"""Golden cases of every source: `tests/sources/<source>/<case>/home` is a home directory, `events.json` what it must give.

A file `x.db.sql` in a home stands for the SQLite database `x.db` (databases are built when the test runs). An optional
`machine.json` sets {"platform": ..., "env": {...}}; "{home}" in an environment value is replaced by the home directory.
Rewrite the golden files after an intended change with `python -m tests.sources.cases SOURCE [CASE]`, and read the diff.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from earnmark import sources
from earnmark.model import DATABASE, Event, Machine, Source
from earnmark.sources.finding import Found, walk
from earnmark.sources.reading import File

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/home"))


def build(case: Path, target: Path) -> Machine:
    """A fresh copy of a case's home, databases built, as the machine a source looks at."""
    home = target / "home"
    shutil.copytree(case / "home", home, symlinks=True)
    for script in sorted(home.rglob("*.sql")):
        database = sqlite3.connect(script.with_suffix(""))
        database.executescript(script.read_text())
        database.close()
        script.unlink()
    settings = case / "machine.json"
    given = json.loads(settings.read_text()) if settings.exists() else {}
    env = {name: value.replace("{home}", str(home)) for name, value in given.get("env", {}).items()}
    return Machine(str(home), env, given.get("platform", "linux"))


def files(source: Source, machine: Machine) -> list[str]:
    """The log files of a source on a machine, in a fixed order."""
    found = {item.path for place in source.places(machine) for item in walk(place) if isinstance(item, Found)}
    return sorted(found)


def read(source: Source, paths: list[str], bulk: bool = False) -> tuple[list[Event], list[File]]:
    """All events of these files, and the files as they were left."""
    events: list[Event] = []
    done: list[File] = []
    memory: dict[str, Any] = {}
    for path in paths:
        file = File(source.name, path, bulk=bulk, memory=memory)
        events.extend(source.read(file))
        done.append(file)
    return events, done


def believed(events: list[Event]) -> dict[str, Event]:
    """One event per call: of those with one key the highest rank, the first of equals."""
    calls: dict[str, Event] = {}
    for event in events:
        known = calls.get(event.key)
        if known is None or rank(event) > rank(known):
            calls[event.key] = event
    return calls


def rank(event: Event) -> int:
    """The rank of an event, with its default."""
    return event.output if event.rank is None else event.rank


def plain(event: Event, home: str) -> dict[str, Any]:
    """An event as JSON would show it, without what is empty, and with the home directory as "~"."""
    row: dict[str, Any] = {}
    for name, value in event._asdict().items():
        if name == "rank":
            continue
        if name in ("session", "lane", "sku"):
            row[name] = {key: part.replace(home, "~") for key, part in value._asdict().items() if part}
        elif value not in (None, "", 0):
            row[name] = value.replace(home, "~") if isinstance(value, str) else value
    row["total"] = event.total
    return row


def observed(source: Source, machine: Machine) -> dict[str, Any]:
    """What a source makes of a machine: its calls, and the faults it met."""
    events, done = read(source, files(source, machine))
    calls = sorted(believed(events).values(), key=lambda event: (event.ts, event.key))
    faults = [
        {"path": fault.path.replace(machine.home, "~"), "offset": fault.offset, "reason": fault.reason} for file in done for fault in file.faults
    ]
    return {"calls": [plain(event, machine.home) for event in calls], "faults": faults}


def source_of(case: Path) -> Source:
    """The source a case belongs to."""
    return sources.load(case.parent.name)


def is_database(source: Source, path: str) -> bool:
    """Whether this file of the source is an SQLite database."""
    return source.kind(path) == DATABASE


def main() -> None:
    wanted = sys.argv[1:]
    for case in CASES:
        if case.parent.name == wanted[0] and (len(wanted) == 1 or case.name == wanted[1]):
            with tempfile.TemporaryDirectory() as folder:
                result = observed(source_of(case), build(case, Path(folder)))
            (case / "events.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
            print(case.relative_to(HERE), len(result["calls"]), "calls", len(result["faults"]), "faults")


if __name__ == "__main__":
    main()
