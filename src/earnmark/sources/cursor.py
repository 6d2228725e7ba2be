"""Cursor, from the usage its account keeps: the export you download, not the editor's own files.

Where: `*.csv` and `*.json` in `$EARNMARK_CURSOR_DIR`, in `~/.config/earnmark/cursor/` (`$XDG_CONFIG_HOME` counts) and in
`~/.cursor/usage-exports/`. The CSV is what the dashboard's Usage page exports (its address ends in
`export-usage-events-csv?strategy=tokens`); the JSON is an answer, or a list of answers, of the dashboard's
`get-filtered-usage-events` or of the team Admin API's `filtered-usage-events`. Drop new exports beside the old ones:
they may overlap, and a CSV and a JSON file may tell the same calls.

What is odd: columns are found by name, in every header the export has had. "Input (w/ Cache Write)" is what was written
to the cache, "Input (w/o Cache Write)" the rest of the input; with "Cache Read" and "Output Tokens" they are disjoint.
Calls have no id: one is known by its time and its token counts, and by its place among equal ones, so overlapping exports
count once. Rows beyond a JSON answer's `totalUsageEventsCount` that repeat another row are a repeated page and are left
out. The cost is the CSV's "Cost", or `chargedCents` (list price plus Cursor's token fee, also where the plan covers it), in
dollars; it is 0 where the kind says "not charged". `userEmail` (or the CSV's "User") names who asked. Rows with neither
tokens nor a cost are no calls. Most rows name no conversation, so that their session is empty.

What it hides: the working directory, the branch, and Tab completions. Cursor's local database (`state.vscdb`) is not read:
since version 3 it logs zero tokens and it never knew the cache, so any number from it is off by a factor of 10 to 1000.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

from earnmark.model import DOCUMENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources.reading import Absurd, File, child, count, items, moment, money, text, tokens

NEEDED = {"date", "model", "output tokens"}
"""Columns that every usage export has."""

NOTHING = {"", "-", "nan", "null"}
"""What the CSV writes where a value is missing."""

LONGEST_ROW = 1 << 16


class Call(NamedTuple):
    """What any of the exports says of one call. `cost` is in billionths of a dollar."""

    ts: int
    model: str
    kind: str
    actor: str
    session: str
    input: int
    cache_read: int
    cache_write: int
    output: int
    cost: int | None


def places(machine: Machine) -> list[Place]:
    """The folders that exports are put into."""
    given = machine.get("EARNMARK_CURSOR_DIR")
    roots = [given] if given else []
    roots += [f"{machine.config}/earnmark/cursor", machine.under(".cursor", "usage-exports")]
    return [Place(root, ("*.csv", "*.json")) for root in dict.fromkeys(roots)]


def read(file: File) -> Iterator[Event]:
    """One event per call of an export."""
    if file.path.lower().endswith(".csv"):
        yield from _numbered(_csv_calls(file), 0)
    else:
        for rows, repeated in _pages(file):
            yield from _numbered(_json_calls(file, rows), repeated)


def _numbered(calls: Iterator[Call], repeated: int) -> Iterator[Event]:
    """The calls as events, equal ones told apart by number; the first `repeated` of the equal ones are left out."""
    seen: Counter[str] = Counter()
    for call in calls:
        mark = _mark(call)
        if mark in seen and repeated > 0:
            repeated -= 1
            continue
        yield _event(call, f"cursor:{mark}:{seen[mark]}")
        seen[mark] += 1


def _mark(call: Call) -> str:
    """A hash of what every export writes alike: the time and the tokens. Names of models and kinds differ between them."""
    content = f"{call.ts} {call.input} {call.cache_read} {call.cache_write} {call.output}"
    return blake2b(content.encode(), digest_size=12).hexdigest()


def _event(call: Call, key: str) -> Event:
    """A call as an event; of two exports' rows of it the one that says more has the higher rank."""
    return Event(
        key,
        call.ts,
        Session(call.session),
        Lane("cursor", billing=_billing(call.kind), actor=call.actor),
        Sku(call.model),
        input=call.input,
        cache_read=call.cache_read,
        cache_write_5m=call.cache_write,
        output=call.output,
        reported=call.cost,
        rank=bool(call.actor) + bool(call.session) + (call.cost is not None),
    )


def _words(kind: str) -> str:
    """A kind of either spelling in plain words: "USAGE_EVENT_KIND_USAGE_BASED" and "Usage-based" are "usage based"."""
    return kind.removeprefix("USAGE_EVENT_KIND_").replace("_", " ").replace("-", " ").lower()


def _billing(kind: str) -> str:
    words = _words(kind)
    if "included" in words or "free" in words:
        return "subscription"
    return "api" if "on demand" in words or "usage based" in words or "api key" in words else ""


def _is_call(call: Call) -> bool:
    return bool(call.input or call.cache_read or call.cache_write or call.output or call.cost)


def _cost(kind: str, amount: int | None) -> int | None:
    """The logged amount, or 0 for a kind that says that nothing was charged."""
    words = _words(kind)
    return 0 if "not charged" in words or "no charge" in words else amount


# ---- CSV -------------------------------------------------------------------------------------------------------------


def _csv_calls(file: File) -> Iterator[Call]:
    for row in _csv_rows(file):
        try:
            call = _csv_call(file, row)
        except Absurd as error:
            file.fault(str(error))
            continue
        if _is_call(call):
            yield call


def _csv_call(file: File, row: Row) -> Call:
    kind = text(row, "kind") or _old_kind(row)
    call = Call(
        moment(row.get("date")),
        text(row, "model") or "unknown",
        kind,
        text(row, "user", "user email", "email"),
        text(row, "conversation id"),
        tokens(row, "input (w/o cache write)"),
        tokens(row, "cache read"),
        tokens(row, "input (w/ cache write)"),
        tokens(row, "output tokens"),
        _cost(kind, money(row.get("cost"))),
    )
    total, summed = tokens(row, "total tokens"), call.input + call.cache_read + call.cache_write + call.output
    if "total tokens" in row and total != summed:
        file.fault(f"the row's tokens sum to {summed}, its total says {total}")
    return call


def _old_kind(row: Row) -> str:
    """The kind of a row from before there was a column for it: what of its cost fell to the user says it."""
    paid = money(row.get("cost to you"))
    if paid is None:
        return "Included" if text(row, "cost").lower() in ("included", "free") else ""
    if paid:
        return "Usage-based"
    return "Included" if money(row.get("cost")) else ""


def _csv_rows(file: File) -> Iterator[Row]:
    """The rows by lower-case column name, without the cells that say nothing; a row that does not fit is a fault."""
    columns: list[str] = []
    for line in _lines(file):
        try:
            cells = next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            file.fault(f"not valid CSV: {error}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            if not set(columns) >= NEEDED:
                file.fault("not a Cursor usage export: its first line has no columns Date, Model and Output Tokens", 0)
                return
        elif len(cells) != len(columns):
            file.fault(f"{len(cells)} cells where the header has {len(columns)}")
        else:
            yield {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip().lower() not in NOTHING}


def _lines(file: File) -> Iterator[str]:
    """The lines of the file, without their ends; `file.at` is each one's offset. No cell of an export has a line break."""
    with open(file.path, "rb") as handle:
        file.at = file.offset = 0
        while line := handle.readline(LONGEST_ROW):
            file.offset += len(line)
            yield line.decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r\n")
            file.at = file.offset


# ---- JSON ------------------------------------------------------------------------------------------------------------


def _pages(file: File) -> Iterator[tuple[list[Any], int]]:
    """The lists of rows in a JSON file, and how many rows of each are known to be repeated."""
    document = file.document()
    if isinstance(document, list) and not any(_holds_rows(part) for part in document):
        yield document, 0
        return
    for page in document if isinstance(document, list) else [document]:
        if _holds_rows(page):
            rows = items(page, "usageEventsDisplay") or items(page, "usageEvents")
            yield rows, _surplus(file, page, len(rows))
        elif page is not None:
            file.fault("not a Cursor usage export: it has no usageEventsDisplay and no usageEvents", -1)


def _holds_rows(page: Any) -> bool:
    return isinstance(page, dict) and ("usageEventsDisplay" in page or "usageEvents" in page)


def _surplus(file: File, page: Row, held: int) -> int:
    """How many rows more than the account has in all are in this list; 0 when the answer does not say."""
    total = page.get("totalUsageEventsCount")
    if total is None:
        return 0
    try:
        return max(held - count(total, "totalUsageEventsCount"), 0)
    except Absurd as error:
        file.fault(str(error), -1)
        return 0


def _json_calls(file: File, rows: list[Any]) -> Iterator[Call]:
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            file.fault(f"row {number}: a JSON object was expected", -1)
            continue
        try:
            call = _json_call(row)
        except Absurd as error:
            file.fault(f"row {number}: {error}", -1)
            continue
        if _is_call(call):
            yield call


def _json_call(row: Row) -> Call:
    usage, kind = child(row, "tokenUsage"), text(row, "kind")
    return Call(
        moment(row.get("timestamp")),
        text(row, "model") or "unknown",
        kind,
        text(row, "userEmail"),
        text(row, "conversationId"),
        tokens(usage, "inputTokens"),
        tokens(usage, "cacheReadTokens"),
        tokens(usage, "cacheWriteTokens"),
        tokens(usage, "outputTokens"),
        _cost(kind, _charged(row, usage)),
    )


def _charged(row: Row, usage: Row) -> int | None:
    """What the call costs, in billionths of a dollar: as charged, else list price and fee, else the old plans' price."""
    charged = _cents(row.get("chargedCents"))
    if charged is not None:
        return charged
    listed = _cents(usage.get("totalCents"))
    if listed is not None:
        return listed + (_cents(row.get("cursorTokenFee")) or 0)
    return money(row.get("usageBasedCosts"))


def _cents(value: Any) -> int | None:
    amount = money(value)
    return None if amount is None else round(amount / 100)


SOURCE = Source(
    name="cursor",
    title="Cursor",
    places=places,
    read=read,
    kind=lambda path: DOCUMENT,
    note=(
        "Download the usage export (CSV or JSON) from the Cursor dashboard and put it into ~/.config/earnmark/cursor/. "
        "The editor's own state.vscdb is not read: its token counts are zero or guesses. "
        "Working directories, branches and Tab completions are not in the export."
    ),
)
