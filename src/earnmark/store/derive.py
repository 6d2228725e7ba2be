"""What follows from the witnesses: which of them speaks for its call, and the rollups.

A rollup is recomputed whole for every bucket that changed, from the calls in it, and never added to; so nothing that is told twice
can count twice. Everything here runs inside a transaction of the ledger's.
"""

from __future__ import annotations

from sqlite3 import Connection

from earnmark.rules.calendar import DAY
from earnmark.store.schema import SUMS

ROLLUPS = ("rollup_session", "rollup_hour", "rollup_day", "rollup_tally")

_TOKENS = "input + cache_read + cache_write_5m + cache_write_1h + output"
_UNPRICED = "list IS NULL AND cost IS NULL"
_SUM_OF_CALLS = f"""COUNT(*), SUM(input), SUM(cache_read), SUM(cache_write_5m), SUM(cache_write_1h), SUM(output), SUM(reasoning), SUM(searches),
    COALESCE(SUM(list), 0), COALESCE(SUM(COALESCE(cost, list)), 0), COALESCE(SUM(reported), 0), COUNT(reported),
    SUM(CASE WHEN {_UNPRICED} THEN {_TOKENS} ELSE 0 END), SUM({_UNPRICED} AND {_TOKENS} > 0)"""
_SUM_OF_SUMS = ", ".join(f"SUM({name})" for name in SUMS)
_SPANS = f"MIN(first), MAX(last), {_SUM_OF_SUMS}"


def _meta(db: Connection, name: str) -> int:
    return int(db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])


def settle(db: Connection) -> int:
    """Derive calls and rollups from the witnesses that came since the last time; returns how many buckets changed."""
    settled, grain = _meta(db, "settled"), _meta(db, "grain")
    newest = int(db.execute("SELECT COALESCE(MAX(seq), 0) FROM witness").fetchone()[0])
    if newest > settled:
        _choose_leads(db, settled, grain)
        db.execute("INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM witness WHERE seq > ?", (grain, settled))
        db.execute("UPDATE meta SET value = ? WHERE name = 'settled'", (newest,))
    return _roll_up(db, grain)


def spoil(db: Connection) -> None:
    """Have every rollup derived anew at the next settling."""
    db.execute("INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM witness", (_meta(db, "grain"),))


def rebuild(db: Connection, grain: int | None) -> None:
    """Throw every rollup away and derive it anew, with buckets of `grain` milliseconds if given."""
    if grain:
        db.execute("UPDATE meta SET value = ? WHERE name = 'grain'", (grain,))
    for table in (*ROLLUPS, "dirty"):
        db.execute(f"DELETE FROM {table}")
    db.execute("UPDATE meta SET value = 0 WHERE name = 'settled'")
    settle(db)


def differences(db: Connection) -> str:
    """Where rollups and calls disagree, "" for nowhere: counts and sums of each, worked out now."""
    wanted = db.execute(f"SELECT {_SUM_OF_CALLS} FROM witness WHERE lead").fetchone()
    for table in ROLLUPS:
        got = db.execute(f"SELECT {_SUM_OF_SUMS} FROM {table}").fetchone()
        for name, right, wrong in zip(SUMS, wanted, got, strict=True):
            if (right or 0) != (wrong or 0):
                return f"{table}: {name} is {wrong}, not {right}"
    return ""


def _choose_leads(db: Connection, settled: int, grain: int) -> None:
    """Among the witnesses of a call the one of the highest rank speaks for it, the first of equals."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS rival (key INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM rival")
    if settled:
        db.execute(
            """INSERT OR IGNORE INTO rival SELECT key FROM witness AS new WHERE seq > ? AND EXISTS
            (SELECT 1 FROM witness AS old WHERE old.key = new.key AND old.seq <> new.seq)""",
            (settled,),
        )
    else:
        db.execute("INSERT INTO rival SELECT key FROM witness GROUP BY key HAVING COUNT(*) > 1")
    if not db.execute("SELECT EXISTS (SELECT 1 FROM rival)").fetchone()[0]:
        return
    db.execute("INSERT OR IGNORE INTO dirty SELECT DISTINCT ts / ? FROM rival JOIN witness USING (key)", (grain,))
    best = "(SELECT seq FROM witness AS other WHERE other.key = witness.key ORDER BY rank DESC, seq LIMIT 1)"
    db.execute(f"UPDATE witness SET lead = (seq = {best}) WHERE key IN (SELECT key FROM rival)")


def _roll_up(db: Connection, grain: int) -> int:
    """Recompute the rollups of the dirty buckets from their calls."""
    dirty = int(db.execute("SELECT COUNT(*) FROM dirty").fetchone()[0])
    if not dirty:
        return 0
    few = dirty * 8 < int(db.execute("SELECT COUNT(*) FROM (SELECT DISTINCT bucket FROM rollup_hour)").fetchone()[0])
    db.execute("CREATE TEMP TABLE IF NOT EXISTS touched (session INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM touched")
    touch = "INSERT OR IGNORE INTO touched SELECT session FROM rollup_session WHERE bucket IN (SELECT bucket FROM dirty)"
    db.execute(touch)
    for table in ("rollup_session", "rollup_hour"):
        db.execute(f"DELETE FROM {table} WHERE bucket IN (SELECT bucket FROM dirty)")
    db.execute(_from_calls(few), {"grain": grain})
    db.execute(touch)
    db.execute(
        f"INSERT INTO rollup_hour SELECT bucket, lane, sku, {_SPANS} FROM rollup_session WHERE bucket IN (SELECT bucket FROM dirty) GROUP BY 1, 2, 3"
    )
    _roll_up_days(db, DAY // grain)
    db.execute("DELETE FROM rollup_tally WHERE session IN (SELECT session FROM touched)")
    db.execute(
        f"INSERT INTO rollup_tally SELECT session, {_SPANS} FROM rollup_session WHERE session IN (SELECT session FROM touched) GROUP BY session"
    )
    db.execute("DELETE FROM dirty")
    return dirty


def _roll_up_days(db: Connection, buckets: int) -> None:
    """The days of the dirty buckets, from their hours; there are `buckets` of them in a day."""
    days = [row[0] for row in db.execute("SELECT DISTINCT bucket / ? FROM dirty", (buckets,))]
    db.executemany("DELETE FROM rollup_day WHERE day = ?", ((day,) for day in days))
    statement = f"INSERT INTO rollup_day SELECT ?1, lane, sku, {_SPANS} FROM rollup_hour WHERE bucket >= ?1 * ?2 AND bucket < (?1 + 1) * ?2 GROUP BY lane, sku"
    db.executemany(statement, ((day, buckets) for day in days))


def _from_calls(few: bool) -> str:
    """The statement that fills rollup_session: bucket by bucket for a few, in one pass where most changed."""
    calls = "dirty CROSS JOIN witness ON ts >= dirty.bucket * :grain AND ts < (dirty.bucket + 1) * :grain WHERE lead"
    if not few:
        calls = "witness JOIN dirty ON dirty.bucket = ts / :grain WHERE +lead"
    return f"INSERT INTO rollup_session SELECT dirty.bucket, session, lane, sku, MIN(ts), MAX(ts), {_SUM_OF_CALLS} FROM {calls} GROUP BY 1, 2, 3, 4"
