"""The ledger's tables, as dated steps. A step is never edited: a change is a new step at the end.

What happened (facts, append-only): `witness`, and the names it points at: `session`, `lane`, `sku`. What follows from it
(derived, rebuilt at will): the columns `list`, `cost`, `rate` and `lead` of a witness, the view `call`, the tables
`rollup_*`. What the collector remembers: `file`, `memory`, `fault`.

Ids of sessions, lanes and skus are 48-bit hashes of what they name, so rows can move between ledgers unchanged. A
witness's `key` is a 64-bit hash of its call's name; its `rank` decides between witnesses of one call. A bucket is
`ts / meta.grain` milliseconds, a day one of UTC.
"""

from __future__ import annotations

from sqlite3 import Connection

SUMS = (
    "calls", "input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "searches", "list", "cost", "reported", "reported_calls",
    "unpriced", "unpriced_calls",
)  # fmt: skip
"""What every rollup adds up. Money in nano-dollars; `unpriced` in tokens."""

_SUM_COLUMNS = ", ".join(f"{name} INTEGER NOT NULL" for name in SUMS)

_FIRST = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE session (id INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL, version TEXT NOT NULL);
CREATE TABLE lane (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, project TEXT NOT NULL, branch TEXT NOT NULL, thread TEXT NOT NULL, agent TEXT NOT NULL,
    billing TEXT NOT NULL, quality TEXT NOT NULL, unit TEXT NOT NULL, host TEXT NOT NULL, actor TEXT NOT NULL
);
CREATE TABLE sku (id INTEGER PRIMARY KEY, model TEXT NOT NULL, provider TEXT NOT NULL, tier TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL);
CREATE TABLE tariff (
    id INTEGER PRIMARY KEY, sku INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, contracted INTEGER NOT NULL, book TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE project (path TEXT PRIMARY KEY, name TEXT NOT NULL, root TEXT NOT NULL, remote TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE witness (
    seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, rank INTEGER NOT NULL, ts INTEGER NOT NULL, session INTEGER NOT NULL, lane INTEGER NOT NULL,
    sku INTEGER NOT NULL, input INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL, reasoning INTEGER NOT NULL, searches INTEGER NOT NULL, reported INTEGER, request INTEGER,
    list INTEGER, cost INTEGER, rate INTEGER, lead INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX witness_key ON witness (key, rank);
CREATE INDEX call_ts ON witness (ts) WHERE lead;
CREATE VIEW call AS SELECT * FROM witness WHERE lead;
CREATE TABLE rollup_session (
    bucket INTEGER NOT NULL, session INTEGER NOT NULL, lane INTEGER NOT NULL, sku INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    {_SUM_COLUMNS}, PRIMARY KEY (bucket, session, lane, sku)
) WITHOUT ROWID;
CREATE INDEX rollup_session_session ON rollup_session (session);
CREATE TABLE rollup_hour (
    bucket INTEGER NOT NULL, lane INTEGER NOT NULL, sku INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    {_SUM_COLUMNS}, PRIMARY KEY (bucket, lane, sku)
) WITHOUT ROWID;
CREATE TABLE rollup_day (
    day INTEGER NOT NULL, lane INTEGER NOT NULL, sku INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    {_SUM_COLUMNS}, PRIMARY KEY (day, lane, sku)
) WITHOUT ROWID;
CREATE TABLE rollup_tally (session INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, {_SUM_COLUMNS});
CREATE INDEX rollup_tally_last ON rollup_tally (last);
CREATE TABLE dirty (bucket INTEGER PRIMARY KEY);
CREATE TABLE file (
    path TEXT PRIMARY KEY, source TEXT NOT NULL, version INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime INTEGER NOT NULL, offset INTEGER NOT NULL, guard BLOB NOT NULL, state TEXT NOT NULL, gone INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE memory (source TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE fault (path TEXT NOT NULL, offset INTEGER NOT NULL, source TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (path, offset)) WITHOUT ROWID;
INSERT INTO meta VALUES ('grain', 3600000), ('settled', 0);
"""

STEPS = (_FIRST,)
"""One SQL script a schema version, oldest first; the version of a ledger is the number of steps it has taken."""

VERSION = len(STEPS)


class NewerLedger(Exception):
    """The ledger was written by a newer Earnmark; the argument is its schema version."""


def migrate(connection: Connection) -> None:
    """Take the steps this ledger has not taken, each in a transaction of its own. Raises NewerLedger."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerLedger(version)
    while version < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version < VERSION:
                for statement in statements(STEPS[version]):
                    connection.execute(statement)
                version += 1
                connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(script: str) -> list[str]:
    """The statements of a script that has no semicolon inside one."""
    return [part for part in (piece.strip() for piece in script.split(";")) if part]
