"""Bringing the ledger up to date with the logs on this machine: find what changed, read only that, write it down.

Much to read is shared among forked readers that parse, name and price beside each other while this process writes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from earnmark.book.surveying import Job, Plan, Survey, guard, kept_together, survey
from earnmark.model import DATABASE, LINES, Fault
from earnmark.store.ledger import FileMark, Ledger, Names, Rowing

if TYPE_CHECKING:
    from earnmark.store.encode import Encoder

BULK = 4 << 20
"""From this many bytes on, a compiled decoder is worth its import."""
SHARED_FROM = 24 << 20
"""From this many bytes on, reading is shared among processes."""
BATCH = 4000
FILES = 400
"""A batch is sent at so many rows, or so many files."""
COMMIT_EVERY = 5
MOST_FAULTS = 50
"""Faults kept of one file."""
TRY_AGAIN = 0
"""Kept as the mtime of a file that could not be read: it is tried again, as its real one is another."""

Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the bytes there are to read."""


class Collected(NamedTuple):
    """What a collection did: files there are, files read, bytes read, witnesses offered, and whether anything changed."""

    files: int
    read: int
    bytes: int
    events: int
    changed: bool


class Batch(NamedTuple):
    """Part of what a reader made: rows, the names they use, files that are wholly read with their faults, and what sources remember now.

    `memory` belongs to the rows: a source that counts differences must never remember more or less than what is written.
    """

    rows: list[Rowing]
    names: tuple[dict[int, Rowing], ...]
    files: list[tuple[Rowing, list[Rowing], bool]]
    memory: dict[str, str]
    bytes: int


class Overtaken(Exception):
    """Another process wrote what a source remembers while this one was reading: what was read is to be read again."""


# ---- reading -----------------------------------------------------------------------------------------------------------


def read(jobs: list[Job], memory: dict[str, str], encoder: Encoder, bulk: bool) -> Iterator[Batch]:
    """Read files and encode their events, a batch at a time; a file is reported read in the batch with its last row."""
    rows: list[Rowing] = []
    files: list[tuple[Rowing, list[Rowing], bool]] = []
    memories: dict[str, Any] = {}
    kept = dict(memory)
    done = 0

    def batch() -> Batch:
        changed = {name: text for name, value in memories.items() if (text := _dumps(value)) != kept.get(name, "{}")}
        kept.update(changed)
        return Batch(rows, tuple(encoder.take_names()), files.copy(), changed, done)

    for job in jobs:
        if job.source not in memories:
            memories[job.source] = _loads(memory.get(job.source, "{}"))
        for events in _events(job, memories[job.source], bulk, files):
            rows.extend(map(encoder.row, events))
            if len(rows) >= BATCH or len(files) >= FILES:
                yield batch()
                rows, done = [], 0
                files.clear()
        done += job.size
    yield batch()


def _events(job: Job, memory: dict[str, Any], bulk: bool, files: list[Any]) -> Iterator[list[Any]]:
    """The events of one file in lists of at most BATCH; at the end its mark and faults are appended to `files`."""
    from earnmark import sources
    from earnmark.sources.reading import File

    file = File(job.source, job.found.path, job.start, _loads(job.state), bulk, memory)
    held: list[Any] = []
    failed = False
    try:
        for event in sources.load(job.source).read(file):
            held.append(event)
            if len(held) >= BATCH:
                yield held
                held = []
    except OSError as error:
        failed = True
        file.fault(error.strerror or str(error), -1)
    except MemoryError:
        failed = True
        file.fault("not enough memory to read this file", -1)
    except Exception as error:  # noqa: BLE001 - a defect in one source must not cost the others their numbers
        file.fault(f"the reader failed ({type(error).__name__}: {str(error)[:120]}); please report this", file.at)
    yield held
    found = job.found
    offset = file.offset if job.kind == LINES else found.size
    mark = FileMark(
        found.path, job.source, job.version, found.device, found.inode, found.size, found.mtime, offset,
        guard(found.path, offset) if job.kind == LINES else b"", _dumps(file.state),
    )  # fmt: skip
    if failed or (job.kind == DATABASE and file.faults):
        mark = mark._replace(mtime=TRY_AGAIN)
    files.append((tuple(mark), [tuple(fault) for fault in file.faults[:MOST_FAULTS]], job.start == 0))


def _loads(text: str) -> Any:
    import json

    return json.loads(text) if text != "{}" else {}


def _dumps(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":")) if value else "{}"


# ---- writing -----------------------------------------------------------------------------------------------------------


def collect(
    ledger: Ledger, wanted: list[Plan], make_encoder: Callable[[bool], Encoder], progress: Progress | None = None, workers: int = 0
) -> Collected:
    """Read what changed below the places of these plans into the ledger. Raises LedgerError when it cannot be written."""
    while True:
        with suppress(Overtaken):
            return _collect(ledger, wanted, make_encoder, progress, workers)


def _collect(ledger: Ledger, wanted: list[Plan], make_encoder: Callable[[bool], Encoder], progress: Progress | None, workers: int) -> Collected:
    """The same, or Overtaken where another process was faster."""
    seen = survey(ledger, wanted)
    unsettled = ledger.unsettled
    if not seen.jobs and not seen.gone and not unsettled and seen.unreadable == ledger.unreadable():
        return Collected(seen.files, 0, 0, 0, changed=False)
    todo = sum(job.size for job in seen.jobs)
    collecting = gc.isenabled()
    gc.disable()
    try:
        _supersede(ledger, seen.jobs)
        events = _write(ledger, *_batches(ledger, seen.jobs, make_encoder, todo, workers), todo, progress) if seen.jobs else 0
        _finish(ledger, seen)
    finally:
        if collecting:
            gc.enable()
    return Collected(seen.files, len(seen.jobs), todo, events, changed=events > 0 or unsettled)


def _supersede(ledger: Ledger, jobs: list[Job]) -> None:
    """Where a source's reader is a newer one, let what it makes of the logs take the place of what the older one made."""
    for source, version in {job.source: job.version for job in jobs}.items():
        known = ledger.get(f"reader {source}")
        if known != version:
            with ledger.transaction():
                if known is not None:
                    ledger.supersede(source)
                ledger.put(f"reader {source}", version)


def _batches(
    ledger: Ledger, jobs: list[Job], make_encoder: Callable[[bool], Encoder], todo: int, workers: int
) -> tuple[Iterator[Batch], dict[str, str]]:
    """What reading these jobs gives, and what their sources remembered before it, by source."""
    memory = {name: ledger.memory(name) for name in {job.source for job in jobs}}
    encoder = make_encoder(todo >= SHARED_FROM)
    jobs = in_order(jobs)
    if todo >= SHARED_FROM and hasattr(os, "fork"):
        from earnmark.book.sharing import shared

        return shared(jobs, memory, encoder, workers or os.cpu_count() or 1), memory
    return read(jobs, memory, encoder, todo >= BULK), memory


def in_order(jobs: list[Job]) -> list[Job]:
    """Older files first, so that an original is read before its fork; but in the order of its places where a source has other files too."""
    whole = kept_together(jobs)
    return sorted(jobs, key=lambda job: 0 if job.source in whole else job.found.mtime)


def _write(ledger: Ledger, batches: Iterator[Batch], memory: dict[str, str], todo: int, progress: Progress | None) -> int:
    """Write the batches, a few to a transaction; returns how many witnesses were offered.

    The ledger is locked only while writing, so that another process gets its turn while this one reads. Raises Overtaken
    when the ledger does not have in it what sources are supposed to have remembered.
    """
    events = done = 0
    memory = dict(memory)
    while held := list(islice(batches, COMMIT_EVERY)):
        with ledger.transaction():
            for batch in held:
                _put(ledger, batch, memory)
        events += sum(len(batch.rows) for batch in held)
        done += sum(batch.bytes for batch in held)
        if progress:
            progress(done, todo)
    return events


def _put(ledger: Ledger, batch: Batch, memory: dict[str, str]) -> None:
    ledger.add(batch.rows, Names(*batch.names))
    ledger.mark(FileMark(*mark) for mark, _, _ in batch.files)
    faults = [Fault(*fault) for _, faults, _ in batch.files for fault in faults]
    ledger.note_faults(faults, {mark[0]: from_start for mark, _, from_start in batch.files})
    for source, value in batch.memory.items():
        if ledger.memory(source) != memory[source]:
            raise Overtaken
        ledger.remember(source, value)
        memory[source] = value


def _finish(ledger: Ledger, seen: Survey) -> None:
    """Note what went away and what could not be looked at, and derive calls and rollups."""
    with ledger.transaction():
        for path in seen.gone:
            ledger.mark_gone(path)
        for path in seen.moved:
            ledger.forget_file(path)
        ledger.note_unreadable(seen.unreadable)
        ledger.settle()
