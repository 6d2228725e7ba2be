"""The SQLite ledger: witnesses in, calls and rollups out. One file, write-ahead logged, safe for several processes.

Every write is one transaction that carries the events and the place in the log they came from together, so a process that
is killed leaves either both or neither. Rollups are recomputed from the calls of the buckets that changed, never added to.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

from earnmark.model import Fault
from earnmark.store import derive
from earnmark.store.connection import BUSY_SECONDS, Connection, LedgerError, explain
from earnmark.store.schema import NewerLedger, migrate

SUPERSEDED = 1 << 52
"""Taken off the rank of a witness that an older reader made."""
CACHE_KIB = 32_000
"""Pages kept in memory at the most: what a cold reading of some hundred megabytes of logs touches."""


__all__ = ["EXPORTED", "WITNESS", "FileMark", "Ledger", "LedgerError", "Names", "Rowing"]


class FileMark(NamedTuple):
    """How far a log file has been read. `guard` is a hash of bytes around the beginning and the end of what was read."""

    path: str
    source: str
    version: int
    device: int
    inode: int
    size: int
    mtime: int
    offset: int
    guard: bytes
    state: str
    gone: int = 0


Rowing = tuple[Any, ...]
WITNESS = (
    "key", "rank", "ts", "session", "lane", "sku", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "searches",
    "reported", "request", "list", "cost", "rate",
)  # fmt: skip
"""The columns of a witness as it is added, in order."""


class Names(NamedTuple):
    """What rows point at and earlier ones did not: rows of `session`, `lane`, `sku` and `tariff`, by id."""

    sessions: dict[int, Rowing]
    lanes: dict[int, Rowing]
    skus: dict[int, Rowing]
    tariffs: dict[int, Rowing]


_EXPORTED = {
    "key": "w.key", "rank": "w.rank", "ts": "w.ts", "source": "l.source", "session": "s.name", "session_parent": "s.parent", "session_version": "s.version",
    "project": "l.project", "branch": "l.branch", "thread": "l.thread", "agent": "l.agent", "billing": "l.billing", "quality": "l.quality",
    "unit": "l.unit", "host": "l.host", "actor": "l.actor", "model": "k.model", "provider": "k.provider", "tier": "k.tier", "region": "k.region",
    "input": "w.input", "cache_read": "w.cache_read", "cache_write_5m": "w.cache_write_5m", "cache_write_1h": "w.cache_write_1h", "output": "w.output",
    "reasoning": "w.reasoning", "searches": "w.searches", "reported": "w.reported", "request": "w.request", "list": "w.list", "cost": "w.cost",
    "tariff": "t.body", "contracted": "t.contracted",
}  # fmt: skip
EXPORTED = tuple(_EXPORTED)
"""The columns of an exported witness, in order: ids and tokens as numbers, `ts` in ms UTC, money in billionths, names as text."""
_EXPORT = ", ".join(_EXPORTED.values())

_ADD = f"INSERT OR IGNORE INTO witness ({', '.join(WITNESS)}) VALUES ({', '.join('?' * len(WITNESS))})"


class Ledger:
    """An open ledger. Use `Ledger.open(path)`; ":memory:" makes one that is gone with the process."""

    def __init__(self, path: str, connection: Connection) -> None:
        self.path = path
        self.db = connection

    @classmethod
    def open(cls, path: str) -> Ledger:
        """Open a ledger, making or upgrading it. Raises LedgerError when it cannot be read, written or understood."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=64, factory=Connection)
        except sqlite3.Error as error:
            raise LedgerError(explain(path, error)) from error
        connection.path = path
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        except NewerLedger as error:
            connection.close()
            raise LedgerError(
                f"{path} was written by a newer Earnmark (schema {error}). Upgrade Earnmark, or set EARNMARK_HOME to another directory"
            ) from None
        except LedgerError:
            connection.close()
            raise
        return cls(path, connection)

    @classmethod
    def in_memory(cls, path: str) -> Ledger:
        """A ledger that is gone with the process, filled from the one at `path` if that can be read."""
        from urllib.parse import quote

        connection = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
        try:
            if os.path.exists(path):
                with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)) as stored:
                    stored.backup(connection)
            migrate(connection)
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return cls(":memory:", connection)
        except (sqlite3.Error, NewerLedger, LedgerError):
            pass
        connection.close()
        connection = sqlite3.connect(":memory:", isolation_level=None, factory=Connection)
        migrate(connection)
        return cls(":memory:", connection)

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or none of it. Raises LedgerError when the ledger cannot be written."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    # ---- settings and marks ------------------------------------------------------------------------------------

    def get(self, name: str, default: Any = None) -> Any:
        """A remembered value."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else default

    def put(self, name: str, value: Any) -> None:
        """Remember a value."""
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))

    @property
    def grain(self) -> int:
        """The width of a bucket in milliseconds: a whole hour, or less where a time zone asked for it."""
        return int(self.get("grain"))

    def file_stats(self) -> dict[str, tuple[int, int, int, int, int, str, int]]:
        """Every log file that was ever read: device, inode, size, mtime, reader version, source and whether it is gone, by path."""
        rows = self.db.execute("SELECT path, device, inode, size, mtime, version, source, gone FROM file")
        return {_named(row[0]): row[1:] for row in rows.fetchall()}

    def file(self, path: str) -> FileMark | None:
        """How far one file has been read."""
        row = self.db.execute(f"SELECT {', '.join(FileMark._fields)} FROM file WHERE path = ?", (_stored(path),)).fetchone()
        return FileMark(path, *row[1:]) if row else None

    def tariffs(self, book: str) -> list[tuple[int, int, str]]:
        """The prices in use from one edition of the price book: sku, whether contracted, and the tariff as JSON."""
        return self.db.execute("SELECT sku, contracted, body FROM tariff WHERE book = ?", (book,)).fetchall()

    def memory(self, source: str) -> str:
        """What a source remembers over all its files, as JSON."""
        row = self.db.execute("SELECT value FROM memory WHERE source = ?", (source,)).fetchone()
        return str(row[0]) if row else "{}"

    def faults(self) -> list[Fault]:
        """What could not be read, by path; bytes of a path that are no text are shown by number."""
        rows = self.db.execute("SELECT source, path, offset, reason FROM fault ORDER BY path, offset").fetchall()
        return [Fault(source, os.fsencode(path).decode("utf-8", "backslashreplace"), offset, reason) for source, path, offset, reason in rows]

    def unreadable(self) -> set[Fault]:
        """The faults of files and directories that could not be looked at."""
        rows = self.db.execute(
            "SELECT source, path, offset, reason FROM fault WHERE offset = -1 AND path NOT IN (SELECT path FROM file WHERE NOT gone)"
        )
        return {Fault(source, _named(path), offset, reason) for source, path, offset, reason in rows.fetchall()}

    @property
    def unsettled(self) -> bool:
        """Whether there are witnesses that no call or rollup tells of yet: whoever added them did not come to settle."""
        newest, dirty = self.db.execute("SELECT COALESCE(MAX(seq), 0), EXISTS (SELECT 1 FROM dirty) FROM witness").fetchone()
        return bool(dirty) or newest > self.get("settled")

    # ---- writing: inside a transaction ---------------------------------------------------------------------------

    def add(self, rows: Iterable[Rowing], names: Names) -> None:
        """Witnesses and what they point at; one that is known already changes nothing."""
        names = Names(*({key: _storable(row) for key, row in rows.items()} for rows in names))
        self.db.executemany("INSERT INTO session VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = max(version, excluded.version),"
                            " parent = max(parent, excluded.parent)", names.sessions.values())  # fmt: skip
        self.db.executemany("INSERT OR IGNORE INTO lane VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", names.lanes.values())
        self.db.executemany("INSERT OR IGNORE INTO sku VALUES (?, ?, ?, ?, ?, ?)", names.skus.values())
        self.db.executemany("INSERT OR IGNORE INTO tariff VALUES (?, ?, ?, ?, ?, ?, ?)", names.tariffs.values())
        self.db.executemany(_ADD, rows)

    def add_projects(self, rows: Iterable[Rowing]) -> None:
        """What is known of working directories: path, project name, root and remote."""
        self.db.executemany("INSERT OR REPLACE INTO project VALUES (?, ?, ?, ?)", rows)

    def supersede(self, source: str) -> None:
        """Have whatever this source tells from now on be believed over what it told before, which stays where nothing new is told."""
        self.db.execute("UPDATE witness SET rank = rank - ? WHERE lane IN (SELECT id FROM lane WHERE source = ?)", (SUPERSEDED, source))

    def mark(self, files: Iterable[FileMark]) -> None:
        """Remember how far files have been read."""
        places = ", ".join("?" * len(FileMark._fields))
        self.db.executemany(f"INSERT OR REPLACE INTO file VALUES ({places})", ((_stored(file.path), *file[1:]) for file in files))

    def forget_file(self, path: str) -> None:
        """Drop the mark of a file that moved elsewhere."""
        self.db.execute("DELETE FROM file WHERE path = ?", (_stored(path),))

    def mark_gone(self, path: str) -> None:
        """Note that a file is no longer there; what it told stays."""
        self.db.execute("UPDATE file SET gone = 1 WHERE path = ?", (_stored(path),))

    def remember(self, source: str, value: str) -> None:
        """Keep what a source remembers over all its files."""
        self.db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (source, value))

    def note_faults(self, faults: Iterable[Fault], read: Mapping[str, bool]) -> None:
        """What could not be read of the files `read`; earlier notes on a whole file go, and all where it is true: read from its start."""
        self.db.executemany("DELETE FROM fault WHERE path = ? AND (? OR offset < 0)", ((_stored(path), anew) for path, anew in read.items()))
        self._add_faults(faults)

    def note_unreadable(self, faults: set[Fault]) -> None:
        """What could not be looked at now; what could not be before and can be now is forgotten."""
        known = self.unreadable()
        self.db.executemany("DELETE FROM fault WHERE path = ? AND offset = -1", ((_stored(fault.path),) for fault in known - faults))
        self._add_faults(faults - known)

    def _add_faults(self, faults: Iterable[Fault]) -> None:
        rows = ((_stored(fault.path), fault.offset, fault.source, _text(fault.reason)) for fault in faults)
        self.db.executemany("INSERT OR REPLACE INTO fault VALUES (?, ?, ?, ?)", rows)

    # ---- deriving ------------------------------------------------------------------------------------------------

    def settle(self) -> int:
        """Derive calls and rollups from the witnesses that came since the last time; returns how many buckets changed."""
        return derive.settle(self.db)

    def everything_dirty(self) -> None:
        """Have every rollup derived anew at the next settling."""
        derive.spoil(self.db)

    def rebuild(self, grain: int | None = None) -> None:
        """Throw every rollup away and derive it anew, with buckets of `grain` milliseconds if given."""
        with self.transaction():
            derive.rebuild(self.db, grain)

    def differences(self) -> str:
        """Where rollups and calls disagree, "" for nowhere: counts and sums of each, worked out now."""
        return derive.differences(self.db)

    def priced(self, only_unpriced: bool, chunk: int) -> Iterator[list[Rowing]]:
        """Every call as its prices need it, in lists: seq, ts, sku, input, cache read, writes for 5 m and 1 h, output, searches."""
        some = "AND list IS NULL AND cost IS NULL" if only_unpriced else ""
        newest = self.db.execute("SELECT COALESCE(MAX(seq), 0) FROM witness").fetchone()[0]
        for begin in range(0, newest, chunk):
            yield self.db.execute(
                f"""SELECT seq, ts, sku, input, cache_read, cache_write_5m, cache_write_1h, output, searches
                FROM witness WHERE seq > ? AND seq <= ? {some}""",
                (begin, begin + chunk),
            ).fetchall()

    def set_prices(self, rows: Iterable[tuple[int | None, int | None, int | None, int]], tariffs: Iterable[Rowing]) -> int:
        """Change list price, contracted price and rate of witnesses by seq; returns how many changed. Rollups must be derived after."""
        self.db.executemany("INSERT OR IGNORE INTO tariff VALUES (?, ?, ?, ?, ?, ?, ?)", tariffs)
        before = self.db.total_changes
        self.db.executemany(
            "UPDATE witness SET list = ?1, cost = ?2, rate = ?3 WHERE seq = ?4 AND (list IS NOT ?1 OR cost IS NOT ?2 OR rate IS NOT ?3)", rows
        )
        return self.db.total_changes - before

    def exported(self) -> Iterator[Rowing]:
        """Every witness with its names, columns as in EXPORTED, in the order they came."""
        yield from self.db.execute(f"""SELECT {_EXPORT} FROM witness AS w JOIN session AS s ON s.id = w.session JOIN lane AS l ON l.id = w.lane
            JOIN sku AS k ON k.id = w.sku LEFT JOIN tariff AS t ON t.id = w.rate ORDER BY w.seq""")

    def witnesses(self) -> int:
        """How many witnesses there are."""
        return int(self.db.execute("SELECT COUNT(*) FROM witness").fetchone()[0])

    def spent(self) -> int:
        """The cost of everything, in nano-dollars."""
        return int(self.db.execute("SELECT COALESCE(SUM(cost), 0) FROM rollup_hour").fetchone()[0])

    def check(self) -> str:
        """What SQLite finds wrong with the file, "" for nothing."""
        said = str(self.db.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if said == "ok" else said


def _stored(path: str) -> str | bytes:
    """A path as it is kept: as text, or as its bytes where these are no text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _named(stored: str | bytes) -> str:
    """A path from what is kept of it."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def _storable(row: Rowing) -> Rowing:
    return tuple(_text(value) if isinstance(value, str) else value for value in row)


def _text(value: str) -> str:
    """A text without the halves of characters that JSON can name and nothing can store."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()
