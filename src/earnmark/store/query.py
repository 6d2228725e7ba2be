"""Questions to the ledger, answered from its rollups: sums over a stretch of time, grouped by time, lanes, skus or sessions.

Names never enter the SQL. Whoever asks sorts lanes and skus into numbered classes (leaving out what a filter excludes);
the database adds up numbers per class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from earnmark.rules.calendar import DAY, HOUR, Zone
from earnmark.store.ledger import Ledger
from earnmark.store.schema import SUMS

ALL_TIME = (0, 1 << 52)


class Scope(NamedTuple):
    """Which calls, and how to class them: a half-open stretch of time, and a class for every lane and sku that counts.

    `usd` holds the lanes whose reported costs are dollars. A class map that is None takes everything, as class 0.
    """

    since: int
    until: int
    lanes: Mapping[int, int] | None
    skus: Mapping[int, int] | None
    usd: frozenset[int]


class Sums(NamedTuple):
    """One group: its keys (0 where it was not grouped by), first and last call, and the sums in the order of SUMS."""

    time: int
    lane: int
    sku: int
    session: int
    first: int
    last: int
    sums: tuple[int, ...]


def lanes(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Every lane: id, source, project path, branch, thread, agent, billing, quality, unit, host, actor."""
    return ledger.db.execute("SELECT * FROM lane").fetchall()


def skus(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Every sku: id, model as logged, provider, tier, region, canonical model name."""
    return ledger.db.execute("SELECT * FROM sku").fetchall()


def projects(ledger: Ledger) -> dict[str, tuple[str, str, str]]:
    """What is known of every working directory: name, root, remote."""
    return {row[0]: row[1:] for row in ledger.db.execute("SELECT path, name, root, remote FROM project")}


def sessions(ledger: Ledger, ids: Iterable[int]) -> dict[int, tuple[str, str, str, str]]:
    """Source, name, parent and client version of these sessions."""
    found = {}
    for number in ids:
        row = ledger.db.execute("SELECT source, name, parent, version FROM session WHERE id = ?", (number,)).fetchone()
        found[number] = row or ("", str(number), "", "")
    return found


def session_lane(ledger: Ledger, session: int) -> int:
    """The lane most of a session's calls ran in."""
    row = ledger.db.execute(
        "SELECT lane, SUM(calls) FROM rollup_session WHERE session = ? GROUP BY lane ORDER BY 2 DESC LIMIT 1", (session,)
    ).fetchone()
    return int(row[0]) if row else 0


def extent(ledger: Ledger) -> tuple[int, int] | None:
    """The first and the last moment anything happened; None for an empty ledger."""
    low, high = ledger.db.execute("SELECT (SELECT MIN(bucket) FROM rollup_hour), (SELECT MAX(bucket) FROM rollup_hour)").fetchone()
    return None if low is None else (low * ledger.grain, (high + 1) * ledger.grain)


def newest(ledger: Ledger) -> int | None:
    """The moment of the newest call."""
    row = ledger.db.execute("SELECT MAX(last) FROM rollup_hour WHERE bucket = (SELECT MAX(bucket) FROM rollup_hour)").fetchone()
    return row[0] if row else None


def source_counts(ledger: Ledger) -> dict[str, tuple[int, int, int, int]]:
    """Sessions, calls, first and last call of every source that has any."""
    rows = ledger.db.execute("""SELECT source, COUNT(*), SUM(calls), MIN(first), MAX(last) FROM rollup_tally
        JOIN session ON session.id = rollup_tally.session GROUP BY source""")
    return {row[0]: row[1:] for row in rows}


def count_faults(ledger: Ledger) -> int:
    """How many places in the logs could not be read."""
    return int(ledger.db.execute("SELECT COUNT(*) FROM fault").fetchone()[0])


def price_editions(ledger: Ledger) -> list[dict[str, str]]:
    """The price lists that the calls were priced by: where each is from, and its version."""
    rows = ledger.db.execute("SELECT DISTINCT json_extract(body, '$[4]'), json_extract(body, '$[5]') FROM tariff ORDER BY 1, 2")
    return [{"source": row[0], "version": row[1]} for row in rows]


def file_counts(ledger: Ledger) -> dict[str, int]:
    """How many log files of each source have been read, those since deleted among them."""
    return dict(ledger.db.execute("SELECT source, COUNT(*) FROM file GROUP BY source").fetchall())


def summed(ledger: Ledger, scope: Scope, *, width: int = 0, zone: Zone | None = None) -> list[Sums]:
    """Sums per stretch of `width` milliseconds (HOUR or DAY, numbered in the zone's local time; 0 for no grouping), lane and sku class."""
    return _ask(ledger, "rollup_hour", scope, width, zone, by_session=False, limit=0)


def summed_sessions(ledger: Ledger, scope: Scope, limit: int) -> list[Sums]:
    """Sums per session, lane class and sku class, the sessions used last first; at most `limit` groups (0 for all)."""
    everything = scope.lanes is None and scope.skus is None and (scope.since, scope.until) == ALL_TIME
    if everything:
        cap = f"LIMIT {limit}" if limit else ""
        columns = ", ".join(_DOLLARS.get(name, name) for name in SUMS) if _other_units(ledger) else ", ".join(SUMS)
        rows = ledger.db.execute(f"SELECT session, first, last, {columns} FROM rollup_tally ORDER BY last DESC {cap}")
        return [Sums(0, 0, 0, session, first, last, tuple(sums)) for session, first, last, *sums in rows]
    return _ask(ledger, "rollup_session", scope, 0, None, by_session=True, limit=limit)


_DOLLARS = {
    name: f"""(SELECT COALESCE(SUM(part.{name}), 0) FROM rollup_session AS part JOIN lane ON lane.id = part.lane
        WHERE part.session = rollup_tally.session AND lane.unit = 'usd')"""
    for name in ("reported", "reported_calls")
}
"""What a session's clients reported in dollars, where some report in other units."""


def _other_units(ledger: Ledger) -> bool:
    return bool(ledger.db.execute("SELECT EXISTS (SELECT 1 FROM lane WHERE unit <> 'usd')").fetchone()[0])


def newest_sessions(ledger: Ledger, limit: int) -> list[tuple[str, int, int, int]]:
    """The sessions used last: name, cost in nano-dollars, calls, and calls without a price."""
    return ledger.db.execute(
        """SELECT name, cost, calls, unpriced_calls FROM rollup_tally JOIN session ON session.id = rollup_tally.session
        ORDER BY last DESC LIMIT ?""",
        (limit,),
    ).fetchall()


def count_sessions(ledger: Ledger, scope: Scope) -> int:
    """How many sessions have calls in a scope."""
    if scope.lanes is None and scope.skus is None and (scope.since, scope.until) == ALL_TIME:
        return int(ledger.db.execute("SELECT COUNT(*) FROM rollup_tally").fetchone()[0])
    joins, _, _ = _classes(ledger, scope)
    statement = f"SELECT COUNT(DISTINCT session) FROM rollup_session {joins} WHERE bucket >= ? AND bucket < ?"
    return int(ledger.db.execute(statement, _buckets(ledger, scope)).fetchone()[0])


def _buckets(ledger: Ledger, scope: Scope) -> tuple[int, int]:
    """The half-open range of buckets of a scope."""
    grain = ledger.grain
    return scope.since // grain, -(-scope.until // grain)


def _ask(ledger: Ledger, table: str, scope: Scope, width: int, zone: Zone | None, *, by_session: bool, limit: int) -> list[Sums]:
    time = _time(ledger.grain, width, zone) if width else "0"
    joins, lane, sku = _classes(ledger, scope)
    session = "session" if by_session else "0"
    added = ", ".join(f"SUM({name})" if name not in ("reported", "reported_calls") else f"SUM({name} * lane_class.usd)" for name in SUMS)
    low, high = _buckets(ledger, scope)
    if table == "rollup_hour" and (not width or (width == DAY and zone is not None and zone.offsets == (0,))):
        table = _whole_days(low, high, DAY // ledger.grain)
    order = "ORDER BY 6 DESC" if by_session else ""
    cap = f"LIMIT {limit}" if limit else ""
    statement = f"""SELECT {time}, {lane}, {sku}, {session}, MIN(first), MAX(last), {added} FROM {table} {joins}
        WHERE bucket >= ? AND bucket < ? GROUP BY 1, 2, 3, 4 {order} {cap}"""
    rows = ledger.db.execute(statement, (low, high)).fetchall()
    return [Sums(time, lane, sku, session, first, last, tuple(sums)) for time, lane, sku, session, first, last, *sums in rows if sums[0]]


def _whole_days(low: int, high: int, buckets: int) -> str:
    """The rollup of whole UTC days, with hours before and after them, as a table of buckets; there are `buckets` in a day."""
    first, last = -(-low // buckets), high // buckets
    if first >= last:
        return "rollup_hour"
    columns = f"lane, sku, first, last, {', '.join(SUMS)}"
    hours = f"SELECT bucket, {columns} FROM rollup_hour WHERE bucket"
    return f"""(SELECT day * {buckets} AS bucket, {columns} FROM rollup_day WHERE day >= {first} AND day < {last}
        UNION ALL {hours} >= {low} AND bucket < {first * buckets} UNION ALL {hours} >= {last * buckets} AND bucket < {high})"""


def _time(grain: int, width: int, zone: Zone | None) -> str:
    """The number of a bucket's local hour or day, as SQL."""
    if zone is None or len(zone.offsets) == 1:
        return f"(bucket * {grain} + {zone.offsets[0] if zone else 0}) / {width}"
    cases = " ".join(f"WHEN bucket < {start // grain} THEN {offset}" for start, offset in zip(zone.starts[1:], zone.offsets, strict=False))
    return f"(bucket * {grain} + CASE {cases} ELSE {zone.offsets[-1]} END) / {width}"


def _classes(ledger: Ledger, scope: Scope) -> tuple[str, str, str]:
    """Lay the classes down as temporary tables; returns the joins and the two class expressions."""
    db = ledger.db
    db.execute("CREATE TEMP TABLE IF NOT EXISTS lane_class (id INTEGER PRIMARY KEY, class INTEGER, usd INTEGER)")
    db.execute("CREATE TEMP TABLE IF NOT EXISTS sku_class (id INTEGER PRIMARY KEY, class INTEGER)")
    db.execute("BEGIN")
    db.execute("DELETE FROM temp.lane_class")
    members = scope.lanes if scope.lanes is not None else dict.fromkeys((row[0] for row in db.execute("SELECT id FROM lane").fetchall()), 0)
    db.executemany("INSERT INTO temp.lane_class VALUES (?, ?, ?)", ((lane, group, lane in scope.usd) for lane, group in members.items()))
    joins, sku = "JOIN temp.lane_class AS lane_class ON lane_class.id = lane", "0"
    if scope.skus is not None:
        db.execute("DELETE FROM temp.sku_class")
        db.executemany("INSERT INTO temp.sku_class VALUES (?, ?)", scope.skus.items())
        joins, sku = f"{joins} JOIN temp.sku_class AS sku_class ON sku_class.id = sku", "sku_class.class"
    db.execute("COMMIT")
    return joins, "lane_class.class", sku


WIDTHS = {"hour": HOUR, "day": DAY}
