"""`earnmark sources`: what was found of every agent, where, and what could not be read and why."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from earnmark.book import Book, Found
from earnmark.book.contract import iso
from earnmark.cli.asked import fresh_book, paper
from earnmark.cli.reports import counted, local, print_warnings, write_json
from earnmark.cli.terminal import Column, Paper, printable, table, wrapped
from earnmark.model import Fault

MOST_FAULTS = 20


def run(given: Namespace) -> int:
    """List the sources."""
    with fresh_book(given) as book:
        found = list(book.sources())
        if given.json:
            write_json({"sources": [as_data(source) for source in found]})
        else:
            show(paper(book), book, found)
        print_warnings(book)
        return 3 if book.warnings else 0


def as_data(source: Found) -> dict[str, Any]:
    """A source as JSON."""
    return {
        "source": source.name,
        "title": source.title,
        "looked_in": source.roots,
        "there": [root for root in source.roots if os.path.exists(root)],
        "files": source.files,
        "sessions": source.sessions,
        "calls": source.calls,
        "first_call": iso(source.first),
        "last_call": iso(source.last),
        "hides": source.hides or None,
        "faults": [{"file": fault.path, "line": line_of(fault), "offset": fault.offset, "reason": fault.reason} for fault in source.faults],
    }


def show(page: Paper, book: Book, found: list[Found]) -> None:
    """Print the sources that are there, what they hide, what could not be read, and who is not there."""
    zone = book.zone()
    there = [source for source in found if source.files or source.faults]
    columns = [
        Column("Agent", right=False), Column("Files", spare=3), Column("Sessions"), Column("Calls"), Column("First", right=False, spare=2, firm=True),
        Column("Last", right=False, spare=1, firm=True), Column("Where", right=False, spare=4, style="dim"),
    ]  # fmt: skip
    rows = []
    for source in there:
        place = next((root for root in source.roots if os.path.exists(root)), "deleted since")
        dates = [local(source.first, zone)[:10], local(source.last, zone)[:10]] if source.calls else ["–", "–"]
        rows.append([source.title, f"{source.files:,}", f"{source.sessions:,}", f"{source.calls:,}", *dates, place])
    if rows:
        table(page, columns, rows)
    if any(source.hides for source in there):
        page.line()
    for source in there:
        if source.hides:
            first, *rest = wrapped(f"{source.title} totals are a lower bound: {source.hides}.", page.width)
            page.line(page.style(source.title, "bold") + first.removeprefix(source.title))
            for line in rest:
                page.line(line)
    _faults(page, [fault for source in found for fault in source.faults])
    absent = [source.title for source in found if source not in there]
    if absent:
        if there:
            page.line()
        for line in wrapped(
            f"{'Not found' if there else 'No agent was found'}: {', '.join(absent)}. Where each was looked for: earnmark sources --json", page.width
        ):
            page.line(page.style(line, "dim"))


def _faults(page: Paper, faults: list[Fault]) -> None:
    if not faults:
        return
    page.line()
    page.line(page.style(f"{counted(len(faults), 'place')} could not be read; everything else was counted:", "yellow"))
    for fault in faults[:MOST_FAULTS]:
        line = line_of(fault)
        page.line(f"  {printable(fault.path)}{f', line {line}' if line else ''}: {printable(fault.reason)}")
    if len(faults) > MOST_FAULTS:
        page.line(f"  … and {len(faults) - MOST_FAULTS:,} more: earnmark sources --json")


def line_of(fault: Fault) -> int | None:
    """The number of the line a fault stands on, counted now; None when it is about the whole file, or the file is gone."""
    if fault.offset < 0 or fault.path.endswith((".zst", ".db", ".sqlite")):
        return None
    try:
        with open(fault.path, "rb") as handle:
            left, lines = fault.offset, 1
            while left > 0 and (chunk := handle.read(min(left, 1 << 20))):
                lines += chunk.count(b"\n")
                left -= len(chunk)
    except OSError:
        return None
    return lines
