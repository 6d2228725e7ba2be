"""A connection to a ledger's file, whose complaints name the file and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

BUSY_SECONDS = 60
"""So long a process waits for another that is writing."""


class LedgerError(Exception):
    """The ledger cannot be used as asked; the message names the file and the remedy."""


class _Cursor(sqlite3.Cursor):
    """A cursor whose complaints about the file are LedgerErrors."""

    connection: Connection

    def execute(self, statement: str, values: Any = ()) -> _Cursor:
        with self.connection.explained():
            super().execute(statement, values)
        return self

    def executemany(self, statement: str, rows: Iterable[Any]) -> _Cursor:
        with self.connection.explained():
            super().executemany(statement, rows)
        return self

    def fetchone(self) -> Any:
        with self.connection.explained():
            return super().fetchone()

    def fetchall(self) -> list[Any]:
        with self.connection.explained():
            return super().fetchall()

    def __next__(self) -> Any:
        with self.connection.explained():
            return super().__next__()


class Connection(sqlite3.Connection):
    """A connection that knows which file it is to."""

    path = ":memory:"

    def execute(self, statement: str, values: Any = ()) -> _Cursor:
        return self.cursor(_Cursor).execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Any]) -> _Cursor:
        return self.cursor(_Cursor).executemany(statement, rows)

    def explained(self) -> _Explained:
        return _Explained(self.path)


class _Explained:
    """What goes wrong with the file inside a `with` becomes a LedgerError; a wrong statement stays what it is."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
            raise LedgerError(explain(self.path, error)) from error


_REMEDIES = {
    ("readonly", "unable to open"): "{path} cannot be written ({said}). Make its directory writable, or set EARNMARK_HOME to one that is",
    ("disk is full",): "the disk that holds {path} is full. Free some space, or set EARNMARK_HOME to another disk; what was read before is kept",
    (
        "disk I/O",
    ): "{path} cannot be written or read ({said}). See that its disk is sound and has room, or set EARNMARK_HOME to another; what was read before is kept",
    ("locked",): f"{{path}} has been locked by another process for over {BUSY_SECONDS} s. Stop that process, then try again",
    ("malformed", "not a database", "no such"): "{path} is damaged ({said}). Move it aside; Earnmark reads again every log that is still there",
    ("overflow",): "{path}: the numbers add up to more than can be kept ({said}). Look for absurd ones with earnmark sources, or in what you import",
}
"""What to do about what SQLite says, by words of it."""


def explain(path: str, error: Exception) -> str:
    """An SQLite error as a sentence that names the file and what to do."""
    said = str(error)
    for words, remedy in _REMEDIES.items():
        if any(word in said for word in words):
            return remedy.format(path=path, said=said)
    return f"{path}: {said}. Run earnmark doctor, or move the file aside; Earnmark reads again every log that is still there"
