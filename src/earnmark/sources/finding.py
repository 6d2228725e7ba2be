"""Which files belong to a source: a walk below its places that follows links once and never loops."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from stat import S_ISREG
from typing import NamedTuple

from earnmark.model import Place

DEEPEST = 24


class Found(NamedTuple):
    """A log file and what `stat` says of it; `mtime` in nanoseconds. A database's size and mtime include its -wal."""

    path: str
    device: int
    inode: int
    size: int
    mtime: int


class Unreadable(NamedTuple):
    """A file or directory below a place that could not be looked at, and why."""

    path: str
    reason: str


def walk(place: Place) -> Iterator[Found | Unreadable]:
    """Every file of a place, each once, however many links lead to it."""
    seen: set[tuple[int, int]] = set()
    if not os.path.isdir(place.root):
        if (item := _file(place.root, seen)) is not None:
            yield item
        return
    wanted, skipped = matcher(place.patterns), matcher(place.skip)
    stack = [(place.root, "", 0)]
    while stack:
        folder, below, depth = stack.pop()
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Unreadable(folder, _why(error))
            continue
        for entry in entries:
            name = below + entry.name
            try:
                is_folder = entry.is_dir()
            except OSError as error:
                yield Unreadable(entry.path, _why(error))
                continue
            if is_folder:
                if depth < DEEPEST and (not entry.is_symlink() or _first_visit(entry, seen)):
                    stack.append((entry.path, f"{name}/", depth + 1))
            elif wanted(name) and not skipped(name) and (item := _file(entry.path, seen)) is not None:
                yield item


def _first_visit(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    """Whether a linked directory is new, and leads down or aside rather than back up to a directory above the link."""
    status = entry.stat()
    mark = (status.st_dev, status.st_ino)
    target = os.path.realpath(entry.path)
    if mark in seen or f"{os.path.realpath(os.path.dirname(entry.path))}/".startswith(f"{target.rstrip('/')}/"):
        return False
    seen.add(mark)
    return True


def _file(path: str, seen: set[tuple[int, int]]) -> Found | Unreadable | None:
    """A file, or why it cannot be looked at; None when it is not there, or was seen before."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return Unreadable(path, "a link that leads nowhere") if os.path.islink(path) else None
    except OSError as error:
        return Unreadable(path, _why(error)) if os.path.lexists(path) else None
    if not S_ISREG(status.st_mode):
        return Unreadable(path, "not a regular file")
    mark = (status.st_dev, status.st_ino)
    if mark in seen and status.st_ino:
        return None
    seen.add(mark)
    return Found(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def with_log(found: Found) -> Found:
    """A database as one with its write-ahead log: their sizes added, the later mtime."""
    try:
        status = os.stat(f"{found.path}-wal")
    except OSError:
        return found
    return found._replace(size=found.size + status.st_size, mtime=max(found.mtime, status.st_mtime_ns))


def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """A test for names that match any of these patterns; mere endings are tested without building an expression."""
    if all(pattern[:1] == "*" and not set(pattern[1:]) & set("*?[") for pattern in patterns):
        endings = tuple(pattern[1:] for pattern in patterns)
        return lambda name: name.endswith(endings)
    import re
    from fnmatch import translate

    expression = re.compile("|".join(map(translate, patterns)))
    return lambda name: expression.match(name) is not None


def _why(error: OSError) -> str:
    return error.strerror or str(error)
