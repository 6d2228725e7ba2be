"""The answer as data: the one shape that `--json`, `--csv` and every later face hand out.

`{"rows": [...], "totals": {...}, "meta": {...}}`, described to the field by `report.schema.json` beside this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from earnmark import __version__
from earnmark.book.asking import Answer, Line, Question
from earnmark.model import BACKGROUND, MAIN, SUBAGENT
from earnmark.rules.calendar import Zone
from earnmark.rules.number import exact
from earnmark.store import query
from earnmark.store.query import ALL_TIME

if TYPE_CHECKING:
    from earnmark.book import Book

BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
MONEY = ("cost_usd", "list_cost_usd", "reported_cost_usd")
FIELDS = ("calls", *BUCKETS, "total", *MONEY, "unpriced_tokens")
"""The measured fields of a row, in order, after its group keys."""


def measures(line: Line, *, money: bool = True) -> dict[str, Any]:
    """The measured fields of a row: counts as numbers, dollars as decimal strings, null where nothing is known."""
    row: dict[str, Any] = {"calls": line.calls, **{name: getattr(line, name) for name in BUCKETS}, "total": line.total}
    if money:
        row.update(cost_usd=_decimal(line.paid), list_cost_usd=_decimal(line.listed), reported_cost_usd=_decimal(line.said))
    return {**row, "unpriced_tokens": line.unpriced}


def _decimal(nano: int | None) -> str | None:
    return None if nano is None else exact(nano)


def iso(ts: int | None) -> str | None:
    """A moment as ISO 8601 in UTC, to the second; None for none."""
    from earnmark.rules.calendar import DAY, date_text

    if not ts or ts >= ALL_TIME[1]:
        return None
    seconds = ts % DAY // 1000
    return f"{date_text(ts // DAY)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


class Context(NamedTuple):
    """What must be said beside any total: its parts, what is missing from it, and how fresh it is."""

    threads: dict[str, Line]
    subscription: int | None
    unpriced: list[str]
    sources: list[str]
    hidden: list[tuple[str, str]]
    collected: int | None
    newest: int | None
    faults: int


def context(book: Book, question: Question, zone: Zone) -> Context:
    """The context of everything a question matches."""
    from earnmark.book.asking import total

    parts = book.ask(question._replace(by=("source", "thread", "billing", "model"), limit=0, order="cost"), zone).rows
    threads = {name: total(part for part in parts if part.keys["thread"] == name) for name in (MAIN, SUBAGENT, BACKGROUND)}
    sources = sorted({part.keys["source"] for part in parts})
    return Context(
        threads,
        total(part for part in parts if part.keys["billing"] == "subscription").paid,
        sorted({part.keys["model"] for part in parts if part.unpriced}),
        sources,
        [(plan.source, plan.hides) for plan in book.plans if plan.hides and plan.source in sources],
        book.collected,
        query.newest(book.ledger),
        query.count_faults(book.ledger),
    )


def document(book: Book, answer: Answer, zone: Zone, now: int, *, money: bool = True) -> dict[str, Any]:
    """An answer in the shape of the contract."""
    rows = [{**row.keys, **_moments(answer.question, row), **measures(row, money=money)} for row in answer.rows]
    return {"rows": rows, "totals": measures(answer.totals, money=money), "meta": meta(book, answer, zone, now, money=money)}


def fields(question: Question, *, money: bool = True) -> list[str]:
    """The names of a row's fields, in order, also where there is no row."""
    keys = dict.fromkeys(question.by)
    if "session" in keys:
        keys = dict.fromkeys(("session", "source", "project", *keys))
    moments = ["first_call", "last_call"] if "session" in keys else []
    return [*keys, *moments, *(name for name in FIELDS if money or name not in MONEY)]


def _moments(question: Question, row: Line) -> dict[str, Any]:
    return {"first_call": iso(row.first), "last_call": iso(row.last)} if "session" in question.by else {}


def meta(book: Book, answer: Answer, zone: Zone, now: int, *, money: bool = True) -> dict[str, Any]:
    """What an answer rests on."""
    question, about = answer.question, context(book, answer.question, zone)
    return {
        "earnmark": __version__,
        "generated_at": iso(now),
        "collected_at": iso(about.collected),
        "newest_call": iso(about.newest),
        "timezone": zone.name,
        "since": iso(question.since),
        "until": iso(question.until),
        "by": list(question.by),
        "matched": answer.matched,
        "shown": len(answer.rows),
        "currency": "USD",
        "cost_basis": "contracted" if book.config["prices"] else "list",
        "prices": query.price_editions(book.ledger),
        "subscription_cost_usd": _decimal(about.subscription) if money else None,
        "split": {
            "fresh_input": answer.totals.input,
            "cache_read": answer.totals.cache_read,
            "cache_write": answer.totals.cache_write_5m + answer.totals.cache_write_1h,
            "output": answer.totals.output - answer.totals.reasoning,
            "reasoning": answer.totals.reasoning,
            "threads": {name: measures(line, money=money) for name, line in about.threads.items()},
        },
        "unpriced_models": about.unpriced,
        "lower_bound": [{"source": source, "hides": reason} for source, reason in about.hidden],
        "faults": about.faults,
        "warnings": list(book.warnings),
    }
