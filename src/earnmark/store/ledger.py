"""The SQLite ledger: witnesses in, calls and rollups out. One file, write-ahead logged, safe for several processes.

Every write is one transaction that carries the events and the place in the log they came from together, so a process that
is killed leaves either both or neither. Rollups are recomputed from the calls of the buckets that changed, never added to.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

from earnmark.model import Fault
from earnmark.store.schema import SUMS, NewerLedger, migrate

BUSY_SECONDS = 60
CACHE_KIB = 32_000
"""Pages kept in memory at the most: what a cold reading of some hundred megabytes of logs touches."""


class LedgerError(Exception):
    """The ledger cannot be used as asked; the message names the file and the remedy."""


class _Cursor(sqlite3.Cursor):
    """A cursor whose complaints about the file are LedgerErrors."""

    connection: _Connection

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


class _Connection(sqlite3.Connection):
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
            raise LedgerError(_explain(self.path, error)) from error


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
_TOKENS = "input + cache_read + cache_write_5m + cache_write_1h + output"
_UNPRICED = "list IS NULL AND cost IS NULL"
_SUM_OF_CALLS = f"""COUNT(*), SUM(input), SUM(cache_read), SUM(cache_write_5m), SUM(cache_write_1h), SUM(output), SUM(reasoning), SUM(searches),
    COALESCE(SUM(list), 0), COALESCE(SUM(COALESCE(cost, list)), 0), COALESCE(SUM(reported), 0), COUNT(reported),
    SUM(CASE WHEN {_UNPRICED} THEN {_TOKENS} ELSE 0 END), SUM({_UNPRICED} AND {_TOKENS} > 0)"""
_SUM_OF_SUMS = ", ".join(f"SUM({name})" for name in SUMS)


class Ledger:
    """An open ledger. Use `Ledger.open(path)`; ":memory:" makes one that is gone with the process."""

    def __init__(self, path: str, connection: _Connection) -> None:
        self.path = path
        self.db = connection

    @classmethod
    def open(cls, path: str) -> Ledger:
        """Open a ledger, making or upgrading it. Raises LedgerError when it cannot be read, written or understood."""
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, cached_statements=64, factory=_Connection)
        except sqlite3.Error as error:
            raise LedgerError(_explain(path, error)) from error
        connection.path = path
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection)
        except NewerLedger as error:
            connection.close()
            raise LedgerError(f"{path} was written by a newer Earnmark (schema {error}). Upgrade Earnmark, or set EARNMARK_HOME to another directory") from None
        except LedgerError:
            connection.close()
            raise
        return cls(path, connection)

    @classmethod
    def in_memory(cls, path: str) -> Ledger:
        """A ledger that is gone with the process, filled from the one at `path` if that can be read."""
        connection = sqlite3.connect(":memory:", isolation_level=None, factory=_Connection)
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
        connection = sqlite3.connect(":memory:", isolation_level=None, factory=_Connection)
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
        rows = self.db.execute("SELECT source, path, offset, reason FROM fault WHERE offset = -1 AND path NOT IN (SELECT path FROM file WHERE NOT gone)")
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

    def mark(self, file: FileMark) -> None:
        """Remember how far a file has been read."""
        self.db.execute(f"INSERT OR REPLACE INTO file VALUES ({', '.join('?' * len(file))})", (_stored(file.path), *file[1:]))

    def forget_file(self, path: str) -> None:
        """Drop the mark of a file that moved elsewhere."""
        self.db.execute("DELETE FROM file WHERE path = ?", (_stored(path),))

    def mark_gone(self, path: str) -> None:
        """Note that a file is no longer there; what it told stays."""
        self.db.execute("UPDATE file SET gone = 1 WHERE path = ?", (_stored(path),))

    def remember(self, source: str, value: str) -> None:
        """Keep what a source remembers over all its files."""
        self.db.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (source, value))

    def note_faults(self, path: str, faults: Iterable[Fault], from_start: bool) -> None:
        """What could not be read of a file; earlier notes on the whole file go, and all when it was read from its start."""
        self.db.execute("DELETE FROM fault WHERE path = ? AND (? OR offset < 0)", (_stored(path), from_start))
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
        settled, newest = self.get("settled"), self.db.execute("SELECT COALESCE(MAX(seq), 0) FROM witness").fetchone()[0]
        grain = self.grain
        if newest > settled:
            self._choose_leads(settled, grain)
            self.db.execute("INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM witness WHERE seq > ?", (grain, settled))
            self.put("settled", newest)
        return self._roll_up(grain)

    def _choose_leads(self, settled: int, grain: int) -> None:
        """Among the witnesses of a call the one of the highest rank speaks for it, the first of equals."""
        rivals = """(SELECT key FROM witness AS new WHERE seq > ? AND EXISTS
            (SELECT 1 FROM witness AS old WHERE old.key = new.key AND old.seq <> new.seq))"""
        self.db.execute(f"INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM witness WHERE key IN {rivals}", (grain, settled))
        best = "(SELECT seq FROM witness AS other WHERE other.key = witness.key ORDER BY rank DESC, seq LIMIT 1)"
        self.db.execute(f"UPDATE witness SET lead = (seq = {best}) WHERE key IN {rivals}", (settled,))

    def _roll_up(self, grain: int) -> int:
        """Recompute the rollups of the dirty buckets from their calls."""
        dirty = int(self.db.execute("SELECT COUNT(*) FROM dirty").fetchone()[0])
        if not dirty:
            return 0
        self.db.execute("CREATE TEMP TABLE IF NOT EXISTS touched (session INTEGER PRIMARY KEY)")
        self.db.execute("DELETE FROM touched")
        touch = "INSERT OR IGNORE INTO touched SELECT session FROM rollup_session WHERE bucket IN (SELECT bucket FROM dirty)"
        self.db.execute(touch)
        self.db.execute("DELETE FROM rollup_session WHERE bucket IN (SELECT bucket FROM dirty)")
        self.db.execute("DELETE FROM rollup_hour WHERE bucket IN (SELECT bucket FROM dirty)")
        self.db.execute(self._from_calls(dirty), {"grain": grain})
        self.db.execute(touch)
        self.db.execute(f"""INSERT INTO rollup_hour SELECT bucket, lane, sku, MIN(first), MAX(last), {_SUM_OF_SUMS} FROM rollup_session
            WHERE bucket IN (SELECT bucket FROM dirty) GROUP BY bucket, lane, sku""")
        self.db.execute("DELETE FROM rollup_tally WHERE session IN (SELECT session FROM touched)")
        self.db.execute(f"""INSERT INTO rollup_tally SELECT session, MIN(first), MAX(last), {_SUM_OF_SUMS} FROM rollup_session
            WHERE session IN (SELECT session FROM touched) GROUP BY session""")
        self.db.execute("DELETE FROM dirty")
        return dirty

    def _from_calls(self, dirty: int) -> str:
        """The statement that fills rollup_session: bucket by bucket for a few, in one pass where most changed."""
        few = dirty * 8 < int(self.db.execute("SELECT COUNT(*) FROM (SELECT DISTINCT bucket FROM rollup_hour)").fetchone()[0])
        calls = "dirty CROSS JOIN witness ON ts >= dirty.bucket * :grain AND ts < (dirty.bucket + 1) * :grain WHERE lead"
        if not few:
            calls = "witness JOIN dirty ON dirty.bucket = ts / :grain WHERE +lead"
        return f"""INSERT INTO rollup_session SELECT dirty.bucket, session, lane, sku, MIN(ts), MAX(ts), {_SUM_OF_CALLS} FROM {calls} GROUP BY 1, 2, 3, 4"""

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

    def differences(self) -> str:
        """Where rollups and calls disagree, "" for nowhere: counts and sums of each, worked out now."""
        wanted = self.db.execute(f"SELECT {_SUM_OF_CALLS} FROM witness WHERE lead").fetchone()
        for table in ("rollup_session", "rollup_hour", "rollup_tally"):
            got = self.db.execute(f"SELECT {_SUM_OF_SUMS} FROM {table}").fetchone()
            for name, right, wrong in zip(SUMS, wanted, got, strict=True):
                if (right or 0) != (wrong or 0):
                    return f"{table}: {name} is {wrong}, not {right}"
        return ""

    def everything_dirty(self) -> None:
        """Have every rollup derived anew at the next settling."""
        self.db.execute("INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM witness", (self.grain,))

    def rebuild(self, grain: int | None = None) -> None:
        """Throw every rollup away and derive it anew, with buckets of `grain` milliseconds if given."""
        with self.transaction():
            if grain:
                self.put("grain", grain)
            for table in ("rollup_session", "rollup_hour", "rollup_tally", "dirty"):
                self.db.execute(f"DELETE FROM {table}")
            self.put("settled", 0)
            self.settle()


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


_REMEDIES = {
    ("readonly", "unable to open"): "{path} cannot be written ({said}). Make its directory writable, or set EARNMARK_HOME to one that is",
    ("disk is full",): "the disk that holds {path} is full. Free some space, or set EARNMARK_HOME to another disk; what was read before is kept",
    ("disk I/O",): "{path} cannot be written or read ({said}). See that its disk is sound and has room, or set EARNMARK_HOME to another; what was read before is kept",
    ("locked",): f"{{path}} has been locked by another process for over {BUSY_SECONDS} s. Stop that process, then try again",
    ("malformed", "not a database", "no such"): "{path} is damaged ({said}). Move it aside; Earnmark reads again every log that is still there",
    ("overflow",): "{path}: the numbers add up to more than can be kept ({said}). Look for absurd ones with earnmark sources, or in what you import",
}
"""What to do about what SQLite says, by words of it."""


def _explain(path: str, error: Exception) -> str:
    """An SQLite error as a sentence that names the file and what to do."""
    said = str(error)
    for words, remedy in _REMEDIES.items():
        if any(word in said for word in words):
            return remedy.format(path=path, said=said)
    return f"{path}: {said}. Run earnmark doctor, or move the file aside; Earnmark reads again every log that is still there"
