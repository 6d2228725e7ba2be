"""`earnmark blocks`: five-hour blocks, the unit in which subscription plans meter."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from earnmark.book import Book, now_ms
from earnmark.book.asking import Answer, Line, Question, total
from earnmark.book.contract import document, fields, iso
from earnmark.cli.asked import asked_of, asked_zone, first_weekday, fresh_book, paper, stretch
from earnmark.cli.reports import cost_text, local, note, nothing, print_warnings, write_csv, write_json
from earnmark.cli.terminal import Column, Paper, bar, table
from earnmark.rules.blocks import LOOK_BACK, Block
from earnmark.rules.calendar import MINUTE, Zone
from earnmark.rules.number import compact, dollars, exact, span
from earnmark.store.query import ALL_TIME
from earnmark.store.schema import SUMS

COST = SUMS.index("cost")


def run(given: Namespace) -> int:
    """Show the blocks of a stretch of time (the last three days unless the options say otherwise), each of them whole."""
    with fresh_book(given) as book:
        zone, now, money = asked_zone(given, book), now_ms(), not given.no_cost
        since, until = stretch(given, zone, now, "3d", first_weekday(book))
        asked = asked_of(given, book, ("block",))
        before = book.blocks(max(since - LOOK_BACK, ALL_TIME[0]), until, sources=asked.sources, projects=asked.projects, models=asked.models)
        found = [block for block in before if block.end > since]
        shown = found[-given.limit :] if given.limit and given.limit > 0 else found
        asked = asked._replace(since=min([since, *(block.start for block in found)]), until=until)
        if given.json or given.csv:
            data = as_data(book, asked, found, shown, zone, now, money=money)
            names = [*fields(asked, money=money), *(name for name in EXTRA if money or name != "projected_usd")]
            write_json(data) if given.json else write_csv(data["rows"], names)
        elif shown:
            _print(paper(book), shown, zone, now, money=money)
        else:
            nothing(paper(book), book, asked, zone)
        print_warnings(book)
        return 3 if book.warnings else 0


def _line(block: Block) -> Line:
    return Line({"block": iso(block.start) or ""}, block.first, block.last, block.sums)


EXTRA = ("block_end", "active", "projected_usd")


def as_data(book: Book, question: Question, found: list[Block], shown: list[Block], zone: Zone, now: int, *, money: bool) -> dict[str, Any]:
    """The blocks in the shape of the contract; each row has its end, whether it runs, and what it is on course for."""
    answer = Answer(question, [_line(block) for block in shown], total(_line(block) for block in found), len(found))
    data = document(book, answer, zone, now, money=money)
    for row, line, block in zip(data["rows"], answer.rows, shown, strict=True):
        row.update(block_end=iso(block.end), active=block.active(now))
        if money:
            row["projected_usd"] = None if line.paid is None else exact(block.projected(now, COST))
    return data


def _print(page: Paper, shown: list[Block], zone: Zone, now: int, *, money: bool) -> None:
    columns = [
        Column("Block", right=False, firm=True), Column("Calls", spare=5), Column("Input", spare=7), Column("Cache read", spare=6), Column("Output", spare=4), Column("Total", spare=2),
        *([Column("Cost", style="green"), Column("", right=False, spare=8, style="cyan")] if money else []), Column("", right=False, spare=1, firm=True),
    ]  # fmt: skip
    most = max(block.sums[COST] for block in shown)
    rows = []
    for block in shown:
        line = _line(block)
        numbers = [f"{line.calls:,}", *(compact(number) for number in (line.input, line.cache_read, line.output, line.total))]
        cost = [cost_text(line), bar(block.sums[COST], most, 12)] if money else []
        rows.append([f"{local(block.start, zone)} – {local(block.end, zone)[11:]}", *numbers, *cost, "running" if block.active(now) else ""])
    table(page, columns, rows)
    running = next((block for block in shown if block.active(now)), None)
    if running:
        page.line()
        note(page, "Running", running_text(running, now, money=money))


def running_text(block: Block, now: int, *, money: bool) -> str:
    """How the running block goes on: what is left of it, its pace, and what it is on course for."""
    line, minutes = _line(block), max((now - block.first) / MINUTE, 1)
    parts = [f"{span(block.end - now)} left"]
    known = money and line.paid is not None
    parts += [f"{dollars(int(block.sums[COST] / minutes * 60))} an hour"] if known else []
    parts.append(f"{compact(int(line.total / minutes))} tokens a minute")
    parts += [f"on course for {dollars(block.projected(now, COST))}"] if known else []
    return " · ".join(parts)
