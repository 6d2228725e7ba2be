"""Reading shared among forked processes: each parses, names and prices its share and sends rows back through a pipe."""

from __future__ import annotations

import marshal
import os
import selectors
import signal
import sys
from collections.abc import Iterator

from earnmark.book.collecting import Batch, read
from earnmark.book.surveying import Job, kept_together
from earnmark.store.encode import Encoder
from earnmark.store.ledger import LedgerError

LENGTH = 8


class ReaderLost(LedgerError):
    """A reading process ended before it had sent everything; what is written by then is kept, the rest is read next time."""


def shared(jobs: list[Job], memory: dict[str, str], encoder: Encoder, workers: int) -> Iterator[Batch]:
    """The batches of all jobs, as they come, read by up to this many processes."""
    import msgspec.json  # noqa: F401 - once, for every reader

    pipes: dict[int, int] = {}
    for share in shares(jobs, workers):
        inward, outward = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(inward)
            _serve(share, memory, encoder, outward)
        os.close(outward)
        pipes[inward] = child
    try:
        yield from _receive(pipes)
    finally:
        for pipe, child in pipes.items():
            os.close(pipe)
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)


def shares(jobs: list[Job], workers: int) -> list[list[Job]]:
    """The jobs in at most this many parts of like size, each in the order given.

    Only the files of a source that logs nothing but lines are split; another's may share what it remembers.
    """
    whole = kept_together(jobs)
    units: dict[str, list[Job]] = {}
    for job in jobs:
        units.setdefault(f"\0{job.source}" if job.source in whole else job.found.path, []).append(job)
    parts: list[list[Job]] = [[] for _ in range(workers)]
    sizes = [0] * workers
    for unit in sorted(units.values(), key=lambda unit: -sum(job.size for job in unit)):
        smallest = sizes.index(min(sizes))
        parts[smallest].extend(unit)
        sizes[smallest] += sum(job.size for job in unit)
    place = {id(job): number for number, job in enumerate(jobs)}
    return [sorted(part, key=lambda job: place[id(job)]) for part in parts if part]


def _serve(jobs: list[Job], memory: dict[str, str], encoder: Encoder, pipe: int) -> None:
    """In the child: read the jobs and send every batch, then end the process."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for batch in read(jobs, memory, encoder, bulk=True):
            _send(pipe, marshal.dumps(tuple(batch)))
        _send(pipe, b"")
        status = 0
    except BrokenPipeError:
        status = 0
    except BaseException as error:  # noqa: BLE001 - a forked child must never run on into its parent's code
        sys.stderr.write(f"earnmark: a reader stopped: {error!r}\n")
    finally:
        os._exit(status)


def _send(pipe: int, data: bytes) -> None:
    view = memoryview(len(data).to_bytes(LENGTH, "little") + data)
    while view:
        view = view[os.write(pipe, view) :]


def _receive(pipes: dict[int, int]) -> Iterator[Batch]:
    """Batches from the pipes until each has sent its end mark."""
    chooser = selectors.DefaultSelector()
    held = {pipe: bytearray() for pipe in pipes}
    for pipe in pipes:
        chooser.register(pipe, selectors.EVENT_READ)
    while chooser.get_map():
        for key, _ in chooser.select():
            data = os.read(key.fd, 1 << 20)
            if not data:
                raise ReaderLost("a reading process was stopped; run earnmark again to read the rest")
            buffer = held[key.fd]
            buffer += data
            while len(buffer) >= LENGTH:
                size = int.from_bytes(buffer[:LENGTH], "little")
                if not size:
                    chooser.unregister(key.fd)
                    break
                if len(buffer) < LENGTH + size:
                    break
                yield Batch(*marshal.loads(bytes(buffer[LENGTH : LENGTH + size])))  # noqa: S302 - from our own child
                del buffer[: LENGTH + size]
