"""Questions and their answers: which calls, grouped by what, as rows that every face shows alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from earnmark.rules.calendar import DAY, HOUR, Zone, civil, date_text, month_start, week_start
from earnmark.store import query
from earnmark.store.ledger import Ledger
from earnmark.store.query import Scope, Sums
from earnmark.store.schema import SUMS

TIMES = ("hour", "day", "week", "month")
LANE_KEYS = ("source", "project", "branch", "thread", "agent", "billing", "host", "actor")
SKU_KEYS = ("model", "provider", "tier")
KEYS = (*TIMES, "session", *LANE_KEYS, *SKU_KEYS)
"""Everything a report can be grouped by."""

ALL_TIME = query.ALL_TIME
"""The stretch of a question that names none."""

_AT = {name: index for index, name in enumerate(SUMS)}


class Question(NamedTuple):
    """What is asked: calls from `since` to before `until` (ms UTC), filtered, grouped by some of KEYS.

    `sources`, `projects` and `models` keep what matches any of them (shell patterns; projects by name or directory,
    models by canonical or logged name), `sessions` those whose name begins with any of them. `limit` is how many rows at the
    most, 0 for all: the last ones in order of time, else the first. `order` is "time", "cost" or "tokens".
    """

    by: tuple[str, ...]
    since: int = ALL_TIME[0]
    until: int = ALL_TIME[1]
    sources: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    limit: int = 0
    order: str = "time"
    sessions: tuple[str, ...] = ()


class Line(NamedTuple):
    """One row of an answer: its group keys, the first and last call (ms), and its sums in the order of SUMS."""

    keys: dict[str, str]
    first: int
    last: int
    sums: tuple[int, ...]

    def __getattr__(self, name: str) -> int:
        if name in _AT:
            return self.sums[_AT[name]]
        raise AttributeError(name)

    @property
    def total(self) -> int:
        """All tokens: the sum of the disjoint buckets."""
        return sum(self.sums[_AT["input"] : _AT["output"] + 1])

    @property
    def paid(self) -> int | None:
        """The cost in nano-dollars at the prices in force; None when nothing of it has a price."""
        cost = self.sums[_AT["cost"]]
        unknown = self.sums[_AT["unpriced"]] == self.total if self.total else self.sums[_AT["reported"]] > 0
        return None if unknown and not cost else cost

    @property
    def listed(self) -> int | None:
        """The cost at public list prices; None when nothing of it has one (a private model's own price is none)."""
        listed = self.sums[_AT["list"]]
        return None if self.paid is None or (self.paid and not listed) else listed

    @property
    def said(self) -> int | None:
        """What the clients themselves reported in dollars; None when none did."""
        return self.sums[_AT["reported"]] if self.sums[_AT["reported_calls"]] else None


NOTHING = (0,) * len(SUMS)


class Answer(NamedTuple):
    """The rows of a question, their sum over everything that matched (also rows beyond the limit), and how many matched."""

    question: Question
    rows: list[Line]
    totals: Line
    matched: int


class Naming(NamedTuple):
    """How dimensions are shown: project names by directory, and sources that are paid for in a set way."""

    projects: Callable[[str], str]
    billing: dict[str, str]


def ask(ledger: Ledger, question: Question, zone: Zone, naming: Naming, first_weekday: int = 0) -> Answer:
    """Answer a question from the rollups."""
    by_session = "session" in question.by
    finer = tuple(key for key in question.by if key not in ("session", "source", "project", *TIMES)) if by_session else question.by
    lane_names, lanes, usd = _class_lanes(ledger, question, finer, naming)
    sku_names, skus = _class_skus(ledger, question)
    scope = Scope(question.since, question.until, lanes, skus, usd)
    if by_session:
        return _by_session(ledger, question, scope, finer, (lane_names, sku_names), naming)
    times = [key for key in question.by if key in TIMES]
    if question.sessions:
        groups = _of_sessions(ledger, scope, named(ledger, question.sessions))
    else:
        groups = query.summed(ledger, scope, width=0 if not times else HOUR if "hour" in times else DAY, zone=zone)
    rows = _merge(groups, lambda group: _keys(question.by, group, "hour" in times, first_weekday, lane_names, sku_names))
    rows.sort(key=_order(question))
    last_ones = bool(times) and question.order == "time" and question.limit > 0
    return Answer(question, rows[-question.limit :] if last_ones else rows[: question.limit or None], total(rows), len(rows))


def total(rows: Iterable[Line]) -> Line:
    """The sum of rows, without keys."""
    rows = list(rows)
    sums = tuple(map(sum, zip(*(row.sums for row in rows), strict=True))) if rows else NOTHING
    return Line({}, min((row.first for row in rows), default=0), max((row.last for row in rows), default=0), sums)


def _order(question: Question) -> Callable[[Line], Any]:
    times = [key for key in question.by if key in TIMES]
    if question.order == "time" and times:
        return lambda row: (*(row.keys[key] for key in times), -(row.paid or 0), -row.total, *row.keys.values())
    if question.order == "time":
        return lambda row: (-row.last, *row.keys.values())
    if question.order == "tokens":
        return lambda row: (-row.total, *row.keys.values())
    return lambda row: (-(row.paid or 0), -row.total, *row.keys.values())


def _merge(groups: Sequence[Sums], keys: Callable[[Sums], dict[str, str]]) -> list[Line]:
    """Groups whose keys are the same, added together."""
    merged: dict[tuple[str, ...], Line] = {}
    for group in groups:
        named = keys(group)
        mark = tuple(named.values())
        known = merged.get(mark)
        if known is None:
            merged[mark] = Line(named, group.first, group.last, group.sums)
        else:
            sums = tuple(map(int.__add__, known.sums, group.sums))
            merged[mark] = Line(named, min(known.first, group.first), max(known.last, group.last), sums)
    return list(merged.values())


def _keys(
    by: Iterable[str], group: Sums, hourly: bool, first_weekday: int, lanes: list[dict[str, str]], skus: list[dict[str, str]]
) -> dict[str, str]:
    """The keys of a group; its time is a number of hours when `hourly`, else of days."""
    found: dict[str, str] = {}
    for key in by:
        if key == "hour":
            found[key] = time_label(key, group.time)
        elif key in TIMES:
            found[key] = time_label(key, group.time // 24 if hourly else group.time, first_weekday)
        elif key in LANE_KEYS:
            found[key] = lanes[group.lane][key]
        elif key in SKU_KEYS:
            found[key] = skus[group.sku][key]
    return found


def time_label(time: str, number: int, first_weekday: int = 0) -> str:
    """The name of a numbered local hour or day as an hour, a day, the week (its first day) or the month it is in."""
    if time == "hour":
        day, hour = divmod(number, 24)
        return f"{date_text(day)}T{hour:02}"
    if time == "week":
        return date_text(week_start(number, first_weekday))
    if time == "month":
        return "{:04}-{:02}".format(*civil(month_start(number)))
    return date_text(number)


# ---- classes ----------------------------------------------------------------------------------------------------------


def _class_lanes(
    ledger: Ledger, question: Question, by: Iterable[str], naming: Naming
) -> tuple[list[dict[str, str]], dict[int, int] | None, frozenset[int]]:
    """Sort lanes into classes by the keys asked for, leaving out what the filters do."""
    wanted = [key for key in by if key in LANE_KEYS]
    names: list[dict[str, str]] = []
    numbers: dict[tuple[str, ...], int] = {}
    classes: dict[int, int] = {}
    usd: set[int] = set()
    for row in query.lanes(ledger):
        lane = lane_values(row, naming)
        if row[8] == "usd":
            usd.add(row[0])
        if question.sources and not _matches(question.sources, lane["source"]):
            continue
        if question.projects and not _matches(question.projects, lane["project"], row[2]):
            continue
        mark = tuple(lane[key] for key in wanted)
        if mark not in numbers:
            numbers[mark] = len(names)
            names.append({key: lane[key] for key in wanted})
        classes[row[0]] = numbers[mark]
    return names, classes if wanted or question.sources or question.projects else None, frozenset(usd)


def lane_values(row: Sequence[Any], naming: Naming) -> dict[str, str]:
    """The keys of a lane as they are shown."""
    _, source, path, branch, thread, agent, billing, _, _, host, actor = row
    return {
        "source": source,
        "project": naming.projects(path) if path else "",
        "branch": branch,
        "thread": thread,
        "agent": agent,
        "billing": naming.billing.get(source, billing),
        "host": host,
        "actor": actor,
    }


def _class_skus(ledger: Ledger, question: Question) -> tuple[list[dict[str, str]], dict[int, int] | None]:
    """Sort skus into classes by the keys asked for, leaving out what the filters do."""
    wanted = [key for key in question.by if key in SKU_KEYS]
    if not wanted and not question.models:
        return [{}], None
    names: list[dict[str, str]] = []
    numbers: dict[tuple[str, ...], int] = {}
    classes: dict[int, int] = {}
    for number, model, provider, tier, _region, canonical in query.skus(ledger):
        if question.models and not _matches(question.models, canonical, model):
            continue
        values = {"model": canonical, "provider": provider, "tier": tier}
        mark = tuple(values[key] for key in wanted)
        if mark not in numbers:
            numbers[mark] = len(names)
            names.append({key: values[key] for key in wanted})
        classes[number] = numbers[mark]
    return names, classes


def _matches(patterns: Iterable[str], *values: str) -> bool:
    lowered = [value.lower() for value in values]
    return any(fnmatchcase(value, pattern.lower()) for pattern in patterns for value in lowered)


# ---- sessions ---------------------------------------------------------------------------------------------------------


def named(ledger: Ledger, beginnings: Iterable[str]) -> dict[int, Sums]:
    """The sessions whose name begins with any of these, by number, each with its first and last call."""
    wanted = tuple(beginnings)
    every = {group.session: group for group in query.summed_sessions(ledger, Scope(*ALL_TIME, None, None, frozenset()), 0)}
    return {number: every[number] for number, about in query.sessions(ledger, every).items() if about[1].startswith(wanted)}


def _of_sessions(ledger: Ledger, scope: Scope, wanted: Mapping[int, Sums]) -> list[Sums]:
    """The sums of some sessions, looked for only while they ran."""
    if not wanted:
        return []
    since = max(scope.since, min(group.first for group in wanted.values()))
    until = min(scope.until, max(group.last for group in wanted.values()) + 1)
    lanes = dict.fromkeys((row[0] for row in query.lanes(ledger)), 0) if scope.lanes is None else scope.lanes
    groups = query.summed_sessions(ledger, scope._replace(since=since, until=until, lanes=lanes), 0) if since < until else []
    return [group for group in groups if group.session in wanted]


_ClassNames = tuple[list[dict[str, str]], list[dict[str, str]]]


def _by_session(ledger: Ledger, question: Question, scope: Scope, finer: Sequence[str], names: _ClassNames, naming: Naming) -> Answer:
    """Sessions, the one used last first (or the costliest, or the largest), each with its source and project."""
    whole = not finer and not question.sessions
    if question.sessions:
        groups = _of_sessions(ledger, scope, named(ledger, question.sessions))
    else:
        groups = query.summed_sessions(ledger, scope, question.limit if whole and question.order == "time" else 0)
    lines = [(group, Line({}, group.first, group.last, group.sums)) for group in groups]
    if question.order == "time":
        latest: dict[int, int] = {}
        for group, _ in lines:
            latest[group.session] = max(group.last, latest.get(group.session, 0))
        lines.sort(key=lambda pair: (-latest[pair[0].session], pair[0].session, -(pair[1].paid or 0), -pair[1].total))
    else:
        lines.sort(key=lambda pair: (-(pair[1].paid or 0) if question.order == "cost" else 0, -pair[1].total, -pair[1].last, pair[0].session))
    shown = lines[: question.limit or None]
    rows = _session_rows(ledger, shown, finer, names, naming)
    if not whole or question.order != "time":
        return Answer(question, rows, total(line for _, line in lines), len(lines))
    everything = total(_merge(query.summed(ledger, scope), lambda group: {}))
    return Answer(question, rows, everything, query.count_sessions(ledger, scope))


def _session_rows(ledger: Ledger, shown: Sequence[tuple[Sums, Line]], finer: Sequence[str], names: _ClassNames, naming: Naming) -> list[Line]:
    """The rows of these sessions, each with its source, and the project most of it ran in."""
    sessions = query.sessions(ledger, {group.session for group, _ in shown})
    lanes = {row[0]: row for row in query.lanes(ledger)}
    rows = []
    for group, line in shown:
        source, name, _parent, _version = sessions[group.session]
        lane = lanes.get(query.session_lane(ledger, group.session))
        keys = {"session": name, "source": source, "project": lane_values(lane, naming)["project"] if lane else ""}
        rows.append(line._replace(keys={**keys, **_keys(finer, group, False, 0, *names)}))
    return rows
