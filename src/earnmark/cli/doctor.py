"""`earnmark doctor`: is everything in order, and what to do about what is not."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from typing import NamedTuple

from earnmark import __version__
from earnmark.book import Book, now_ms
from earnmark.book.asking import Question
from earnmark.book.contract import iso
from earnmark.cli.asked import bring_up_to_date, paper
from earnmark.cli.reports import counted, listed, write_json
from earnmark.cli.terminal import Paper, printable, wrapped
from earnmark.rules.number import compact, span
from earnmark.store import query
from earnmark.store.schema import VERSION

GOOD, LOOK, BAD = "ok", "look", "mend"
RETENTION_DAYS = 30
"""After so many days Claude Code and Gemini CLI delete what they logged."""


class Finding(NamedTuple):
    """One thing that was checked: how it stands (GOOD, LOOK or BAD), and what to do when it is not good."""

    state: str
    about: str
    said: str
    remedy: str = ""


def run(given: Namespace) -> int:
    """Check everything; 1 when something needs mending."""
    with Book.open() as book:
        last = book.ledger.get("collected")
        bring_up_to_date(book)
        found = [*_installation(book), *_ledger(book, last), *_sources(book), *_prices(book)]
        found += [Finding(BAD, "Data directory", warning) for warning in book.warnings]
        if given.json:
            write_json({"findings": [finding._asdict() for finding in found]})
        else:
            _print(paper(book), found)
        return 1 if any(finding.state == BAD for finding in found) else 0


def _print(page: Paper, found: list[Finding]) -> None:
    marks = {GOOD: ("✓", "green"), LOOK: ("!", "yellow"), BAD: ("✗", "red")}
    room = max(page.width - 17, 20)
    for finding in found:
        glyph, style = marks[finding.state]
        first, *rest = wrapped(printable(finding.said), room)
        page.line(f"{page.style(glyph, style)} {finding.about:<14} {first}")
        for line in rest:
            page.line(f"{'':<17}{line}")
        for index, line in enumerate(wrapped(printable(finding.remedy), room - 2) if finding.remedy else []):
            page.line(f"{'':<17}{page.style(('  ' if index else '→ ') + line, 'dim')}")


def _installation(book: Book) -> list[Finding]:
    said = f"earnmark {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    found = [Finding(GOOD, "Installation", said)]
    path = book.config.path
    changed = sum(1 for origin in book.config.origins.values() if origin != "default")
    found.append(Finding(GOOD, "Settings", f"{path}: {changed} changed" if changed else f"{path}: all as they come"))
    return found


def _ledger(book: Book, last: int | None) -> list[Finding]:
    ledger = book.ledger
    if ledger.path == ":memory:":
        return [Finding(BAD, "Ledger", "in memory for this run only", "make the data directory writable, or set EARNMARK_HOME")]
    size = sum(os.path.getsize(ledger.path + end) for end in ("", "-wal") if os.path.exists(ledger.path + end))
    calls = ledger.witnesses()
    broken = ledger.check()
    found = [
        Finding(BAD, "Ledger", f"{ledger.path} is damaged: {broken}", "move it aside; Earnmark reads again every log that is still there")
        if broken
        else Finding(GOOD, "Ledger", f"{ledger.path}: {calls:,} calls, {size / 1e6:,.1f} MB, schema {VERSION}")
    ]
    wrong = ledger.differences()
    found.append(
        Finding(BAD, "Totals", f"the rollups differ from the calls they stand for ({wrong})", "report this; earnmark reprice derives them anew")
        if wrong
        else Finding(GOOD, "Totals", "every rollup equals the sum of its calls")
    )
    if last and now_ms() - last > RETENTION_DAYS * 86_400_000:
        remedy = "run earnmark at least once a week: some agents delete their logs after 30 days"
        found.append(Finding(LOOK, "Last read", f"{span(now_ms() - last)} ago ({iso(last)})", remedy))
    return found


def _sources(book: Book) -> list[Finding]:
    there = [source for source in book.sources() if source.files]
    if not there:
        return [Finding(LOOK, "Sources", "no agent's logs were found", "earnmark sources --json lists where each was looked for")]
    found = [Finding(GOOD, "Sources", ", ".join(f"{source.title} ({counted(source.calls, 'call')})" for source in there))]
    faults = sum(len(source.faults) for source in there)
    if faults:
        found.append(
            Finding(LOOK, "Unread", f"{counted(faults, 'place')} in the logs could not be read; the rest was", "earnmark sources names them")
        )
    hiding = [source.title for source in there if source.hides]
    if hiding:
        found.append(
            Finding(
                LOOK,
                "Lower bound",
                f"{listed(hiding)} {'make calls that they do' if len(hiding) > 1 else 'makes calls that it does'} not log",
                "a gateway or telemetry sees them; logs cannot",
            )
        )
    return found


def _prices(book: Book) -> list[Finding]:
    editions = ", ".join(f"{edition['source']} {edition['version']}" for edition in query.price_editions(book.ledger)) or "none used yet"
    found = [Finding(GOOD, "Prices", editions)]
    answer = book.ask(Question(("model",), order="tokens"), book.zone())
    unpriced = [row for row in answer.rows if row.unpriced]
    if unpriced:
        names = ", ".join(f"{row.keys['model']} ({compact(row.unpriced)} tokens)" for row in unpriced[:5])
        remedy = f"give them a price with [[prices]] in {book.config.path}, then earnmark reprice --unpriced"
        found.append(Finding(LOOK, "Unpriced", names, remedy))
    return found
