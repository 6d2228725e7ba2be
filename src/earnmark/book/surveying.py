"""Where agents may have logged, and which of the files there are new or changed since they were last read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from earnmark.model import DATABASE, LINES, Fault, Machine, Place
from earnmark.sources.finding import Found, Unreadable, walk, with_log
from earnmark.store.ledger import FileMark, Ledger, LedgerError

TEXTS = (".jsonl", ".json", ".csv", ".zst")
"""Files that are no databases, and so have no write-ahead log beside them."""
GUARDED = 1024
"""So many bytes at the beginning and before the end of what was read show whether a file has been written over."""


class Job(NamedTuple):
    """A file to read: from `start`, in the state it was left in."""

    source: str
    kind: str
    version: int
    found: Found
    start: int
    state: str

    @property
    def size(self) -> int:
        """Bytes to read."""
        return max(self.found.size - self.start, 0)


def kept_together(jobs: Iterable[Job]) -> set[str]:
    """The sources whose files are read in the order of their places, by one reader: those that log more than lines, and may remember."""
    return {job.source for job in jobs if job.kind != LINES}


class Plan(NamedTuple):
    """Where one source may keep logs, as its `places` said, with what reports need to know of the source."""

    source: str
    version: int
    title: str
    hides: str
    places: tuple[Place, ...]


class _Asked(dict[str, str]):
    """An environment that notes which variables were looked up, so that a kept plan can be checked."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def plans(ledger: Ledger, machines: list[Machine], edition: str) -> list[Plan]:
    """The places of every source in these homes: kept in the ledger, asked anew when something they depend on changed."""
    import json

    edition = f"{edition} {machines[0].platform} {' '.join(machine.home for machine in machines)} {_installed()}"
    kept = ledger.get("places")
    if kept:
        value = json.loads(kept)
        same = value["edition"] == edition and all(machines[0].env.get(name) == was for name, was in value["env"].items())
        if same and all(_changed(path) == was for path, was in value["files"].items()):
            return [_kept(*plan) for plan in value["plans"]]
    from earnmark import sources

    asked = _Asked(machines[0].env)
    asking = [machines[0]._replace(env=asked), *machines[1:]]
    fresh = [
        Plan(source.name, source.version, source.title, source.hides, tuple(place for machine in asking for place in source.places(machine)))
        for source in sources.everything()
    ]
    files = {path: _changed(path) for source in sources.everything() for machine in asking for path in source.depends(machine)}
    env = {name: machines[0].env.get(name) for name in sorted(asked.names)}
    with suppress(LedgerError), ledger.transaction():
        ledger.put("places", json.dumps({"edition": edition, "env": env, "files": files, "plans": fresh}))
    return fresh


def _kept(source: str, version: int, title: str, hides: str, places: list[list[Any]]) -> Plan:
    """A plan from what is kept of it."""
    return Plan(source, version, title, hides, tuple(Place(root, tuple(good), tuple(bad)) for root, good, bad in places))


def _installed() -> int:
    """Something that changes when a package with further sources is installed or removed."""
    return max((_changed(folder) for folder in sys.path if folder.endswith("-packages")), default=0)


def _changed(path: str) -> int:
    """When a file or directory last changed, in nanoseconds; 0 when it is not there."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


class Survey(NamedTuple):
    """What looking at the places found: jobs to do, files there are, files that went away or elsewhere, and what could not be looked at."""

    jobs: list[Job]
    files: int
    gone: list[str]
    moved: list[str]
    unreadable: set[Fault]


def survey(ledger: Ledger, wanted: list[Plan]) -> Survey:
    """Compare the files there are with the files that were read."""
    known = ledger.file_stats()
    changed: list[tuple[Plan, Found]] = []
    unreadable: set[Fault] = set()
    present: set[str] = set()
    for plan in wanted:
        for item in _files(plan):
            if isinstance(item, Unreadable):
                unreadable.add(Fault(plan.source, item.path, -1, item.reason))
                continue
            if item.path in present:
                continue
            present.add(item.path)
            stat = known.get(item.path)
            if stat is None or stat[:5] != (item.device, item.inode, item.size, item.mtime, plan.version) or stat[6]:
                changed.append((plan, item))
    gone = [path for path, stat in known.items() if path not in present and not stat[6]]
    jobs, moved = _jobs(ledger, changed, known, present) if changed else ([], [])
    return Survey(jobs, len(present), gone, moved, unreadable)


def _jobs(ledger: Ledger, changed: list[tuple[Plan, Found]], known: Mapping[str, tuple[Any, ...]], present: set[str]) -> tuple[list[Job], list[str]]:
    """The jobs for files that are new or changed, and the old paths of those that moved."""
    left = {stat[:2]: path for path, stat in known.items() if path not in present and stat[1]}
    jobs: list[Job] = []
    moved: list[str] = []
    for plan, found in changed:
        mark = (ledger.file(found.path) if found.path in known else None) or _renamed(ledger, found, left)
        jobs.append(_job(plan, found, mark))
        if mark and mark.path != found.path and jobs[-1].start:
            moved.append(mark.path)
    return jobs, moved


def _files(plan: Plan) -> Iterator[Found | Unreadable]:
    for place in plan.places:
        for item in walk(place):
            yield item if item.path.endswith(TEXTS) or isinstance(item, Unreadable) else with_log(item)


def _job(plan: Plan, found: Found, mark: FileMark | None) -> Job:
    """The job for a file that is new or changed: from where it was left if what was read of it still stands there.

    A log of lines that is no longer than it was, but was written since, has been written over.
    """
    from earnmark import sources

    kind = sources.load(plan.source).kind(found.path)
    anew = Job(plan.source, kind, plan.version, found, 0, "{}")
    if mark is None or mark.version != plan.version:
        return anew
    if kind != LINES:
        same = mark.path == found.path and (kind != DATABASE or mark.inode == found.inode)
        return anew._replace(state=mark.state) if same else anew
    if found.path.endswith(".zst") or not 0 < mark.offset <= found.size or (found.size == mark.size and found.mtime != mark.mtime):
        return anew
    return anew._replace(start=mark.offset, state=mark.state) if guard(found.path, mark.offset) == mark.guard else anew


def _renamed(ledger: Ledger, found: Found, left: dict[Any, str]) -> FileMark | None:
    """The mark of a file that is now at another path: the same inode, no longer at its old place."""
    path = left.get((found.device, found.inode))
    return ledger.file(path) if path and not os.path.exists(path) else None


def guard(path: str, offset: int) -> bytes:
    """A hash of the first and the last bytes before `offset`: it changes when what was read has been written over."""
    from hashlib import blake2b

    try:
        with open(path, "rb", buffering=0) as handle:
            head = handle.read(min(GUARDED, offset))
            handle.seek(max(offset - GUARDED, 0))
            tail = handle.read(min(GUARDED, offset))
    except OSError:
        return b""
    return blake2b(head + b"|" + tail, digest_size=8).digest()
