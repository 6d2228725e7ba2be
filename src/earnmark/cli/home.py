"""`earnmark` alone: one screen that says how you are doing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import NamedTuple

from earnmark.book import Book, now_ms
from earnmark.book.asking import Line, Question, total
from earnmark.book.contract import Context, context, iso, measures
from earnmark.cli.asked import asked_of, asked_zone, first_weekday, fresh_book, paper
from earnmark.cli.reports import LABEL, caveats, cost_text, counted, freshness, note, nothing, print_warnings, threads_text, titles, write_json
from earnmark.cli.terminal import Paper, bar, cells, fit, printable
from earnmark.rules.blocks import LOOK_BACK, Block
from earnmark.rules.calendar import DAY, Zone, civil, date_text, month_start, next_month, week_start
from earnmark.rules.number import compact, dollars, exact, share, span, spark
from earnmark.store.schema import SUMS

TREND = 30
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
WEEKDAYS = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")


class Overview(NamedTuple):
    """What the screen shows: today, this week, this month, the last TREND days one by one, and what led the month."""

    today: Line
    week: Line
    month: Line
    days: list[Line | None]
    pace: int | None
    projects: list[Line]
    models: list[Line]
    agents: list[Line]
    block: Block | None
    context: Context


def run(given: Namespace) -> int:
    """Show the screen once."""
    with fresh_book(given) as book:
        zone, now, money = asked_zone(given, book), now_ms(), not given.no_cost
        asked = asked_of(given, book)
        page = paper(book)
        seen = overview(book, asked, zone, now)
        if given.json:
            write_json(as_data(seen, now, zone, money=money))
        else:
            show(page, book, seen, asked, zone, now, money=money)
        print_warnings(book)
        return 3 if book.warnings else 0


def show(page: Paper, book: Book, seen: Overview, asked: Question, zone: Zone, now: int, *, money: bool) -> None:
    """Print the screen, or why there is none."""
    if any(seen.days) or seen.month.calls:
        draw(page, book, seen, zone, now, money=money)
    else:
        nothing(page, book, asked._replace(since=zone.midnight(zone.day(now) - TREND + 1)), zone)


def overview(book: Book, asked: Question, zone: Zone, now: int) -> Overview:
    """Work out what the screen shows."""
    today = zone.day(now)
    first = first_weekday(book)
    begin = min(today - TREND + 1, month_start(today), week_start(today, first))
    days = {row.keys["day"]: row for row in book.ask(asked._replace(since=zone.midnight(begin), until=zone.midnight(today + 1)), zone).rows}

    def since(day: int) -> Line:
        return total(row for name, row in days.items() if name >= date_text(day))

    month = asked._replace(since=zone.midnight(month_start(today)), until=zone.midnight(today + 1))
    top = {key: book.ask(month._replace(by=(key,), order="cost", limit=3), zone).rows for key in ("project", "model", "source")}
    cost = since(month_start(today))
    blocks = book.blocks(now - LOOK_BACK, sources=asked.sources, projects=asked.projects, models=asked.models)
    running = [block for block in blocks if block.active(now)]
    return Overview(
        since(today), since(week_start(today, first)), cost, [days.get(date_text(day)) for day in range(today - TREND + 1, today + 1)],
        pace(cost.paid, zone, now), top["project"], top["model"], top["source"], running[0] if running else None, context(book, month, zone),
    )  # fmt: skip


def pace(spent: int | None, zone: Zone, now: int) -> int | None:
    """What the month will cost at the pace so far; None in its first half day, when there is no pace to speak of."""
    today = zone.day(now)
    begin, end = zone.midnight(month_start(today)), zone.midnight(next_month(today))
    if spent is None or now - begin < DAY // 2:
        return None
    return spent * (end - begin) // (now - begin)


def draw(page: Paper, book: Book, seen: Overview, zone: Zone, now: int, *, money: bool = True) -> None:
    """Print the screen."""
    today = zone.day(now)
    year, month, day = civil(today)
    page.line(
        page.style("earnmark", "bold")
        + page.style(_longest(page, 8, f"  {WEEKDAYS[today % 7]} {day} {MONTHS[month - 1]} {year}", f", {zone.name}"), "dim")
    )
    page.line()
    for name, line in (("Today", seen.today), ("This week", seen.week), (MONTHS[month - 1], seen.month)):
        _period(page, name, line, money=money)
    if seen.pace is not None and money:
        said = _longest(page, LABEL + 12, f"  by the end of {MONTHS[month - 1]}", ", if it goes on like this")
        page.line(f"{'Pace':<{LABEL}} {page.style(f'{dollars(seen.pace):>11}', 'green')}{said}")
    if seen.block:
        _block(page, seen.block, now, money=money)
    _trend(page, seen.days, money=money)
    page.line()
    lists = (("Projects", seen.projects, "project"), ("Models", seen.models, "model"), ("Agents", seen.agents, "source"))
    if any(rows for _, rows, _ in lists):
        _leaders(page, book, lists, seen.month, money=money)
        page.line()
    _split(page, seen.month)
    note(page, "Threads", threads_text(seen.context, money=money))
    for text in caveats(book, seen.month, seen.context, money=money):
        note(page, "Note", text, "yellow")
    note(page, "Fresh", freshness(book, seen.context, zone))


def _longest(page: Paper, taken: int, *parts: str) -> str:
    """As many of these parts as fit on a line of which so much is taken."""
    text = ""
    for part in parts:
        if taken + cells(text + part) > page.width:
            break
        text += part
    return text


def _period(page: Paper, name: str, line: Line, *, money: bool) -> None:
    cost = f"{cost_text(line):>11}  " if money else ""
    calls = f"  {line.calls:>7,} call{'' if line.calls == 1 else 's'}"
    tokens = _longest(page, LABEL + 1 + len(cost), f"{compact(line.total):>7} tokens", calls)
    page.line(f"{name:<{LABEL}} {page.style(cost, 'bold', 'green')}{tokens}")


def _block(page: Paper, block: Block, now: int, *, money: bool) -> None:
    """The running block: what it used, how long it goes on, and what it is on course for."""
    cost = SUMS.index("cost")
    line = Line({}, block.first, block.last, block.sums)
    amount = dollars(line.paid) if money else compact(line.total)
    left = f"  {span(block.end - now)} left"
    course = f", on course for {dollars(block.projected(now, cost))}" if money and line.paid is not None else ""
    choices = (f"{left} in this five-hour block{course}", f"{left}{course}", left)
    said = next((text for text in choices if LABEL + 12 + cells(text) <= page.width), "")
    page.line(f"{'Block':<{LABEL}} {amount:>11}{said}")


def _trend(page: Paper, days: list[Line | None], *, money: bool) -> None:
    """A bar a day, as many days as there is room for, and what a day with any use comes to."""
    shown = days[-min(len(days), max(page.width - LABEL - 1, 7)) :]
    values = [(line.paid or 0 if money else line.total) if line else 0 for line in shown]
    active = [value for value in values if value]
    if not active:
        return
    average = dollars(sum(active) // len(active)) if money else f"{compact(sum(active) // len(active))} tokens"
    text = _longest(page, LABEL + 1 + len(shown), f"  {average} a day", f" on {counted(len(active), 'active day')}")
    page.line(f"{f'{len(shown)} days':<{LABEL}} {page.style(spark(values), 'cyan')}{text}")


def _leaders(page: Paper, book: Book, lists: Iterable[tuple[str, list[Line], str]], whole: Line, *, money: bool) -> None:
    """The three projects, models and agents that led the month, with bars of their share where there is room."""
    called = titles(book)
    found = []
    for name, rows, key in lists:
        for index, row in enumerate(rows):
            label = called.get(row.keys[key], row.keys[key]) if key == "source" else row.keys[key] or "(no project)"
            found.append(
                ("" if index else name, printable(label), cost_text(row) if money else compact(row.total), (row.paid or 0) if money else row.total)
            )
    most = (whole.paid or 0) if money else whole.total
    amounts = max(len(amount) for _, _, amount, _ in found)
    room = page.width - LABEL - amounts - 9
    names = min(max(cells(label) for _, label, _, _ in found), 28, max(room - 22, 12), room)
    bars = min(room - names - 2, 20)
    for heading, label, amount, value in found:
        drawn = page.style(bar(value, most, bars), "cyan") if bars >= 6 else ""
        page.line(f"{page.style(f'{heading:<{LABEL}}', 'dim')} {fit(label, names)} {amount:>{amounts}} {share(value, most):>6}  {drawn}")


PARTS = (("fresh input", "blue"), ("cache read", "cyan"), ("cache write", "magenta"), ("output", "green"), ("reasoning", "yellow"))


def _split(page: Paper, line: Line) -> None:
    """Where the month's tokens went, as one bar and its legend."""
    values = (line.input, line.cache_read, line.cache_write_5m + line.cache_write_1h, line.output - line.reasoning, line.reasoning)
    if not line.total:
        return
    width = max(min(page.width - 12, 60), 10)
    widths = [max(round(value / line.total * width), 1 if value else 0) for value in values]
    widths[widths.index(max(widths))] -= sum(widths) - width
    glyphs = "█▓▒░▪" if not page.color else "█████"
    drawn = "".join(page.style(glyphs[index] * widths[index], PARTS[index][1]) for index in range(len(values)))
    page.line(f"{page.style('Tokens'.ljust(LABEL), 'dim')} {drawn}")
    legend = [
        (glyphs[index], f" {PARTS[index][0]} {share(values[index], line.total)}", PARTS[index][1]) for index in range(len(values)) if values[index]
    ]
    row, taken = "", 0
    for glyph, text, style in legend:
        if taken and LABEL + 1 + taken + 2 + 1 + len(text) > page.width:
            page.line(f"{'':<{LABEL}} {row}")
            row, taken = "", 0
        row += ("  " if taken else "") + page.style(glyph, style) + text
        taken += (2 if taken else 0) + 1 + len(text)
    page.line(f"{'':<{LABEL}} {row}")


def as_data(seen: Overview, now: int, zone: Zone, *, money: bool = True) -> dict[str, object]:
    """The screen as JSON."""

    def amount(line: Line | None) -> dict[str, object] | None:
        return None if line is None else measures(line, money=money)

    def rows(lines: list[Line]) -> list[dict[str, object]]:
        return [{**line.keys, **measures(line, money=money)} for line in lines]

    today = zone.day(now)
    return {
        "generated_at": iso(now), "timezone": zone.name,
        "today": amount(seen.today), "week": amount(seen.week), "month": amount(seen.month),
        **({"month_pace_usd": None if seen.pace is None else exact(seen.pace)} if money else {}),
        "block": _block_data(seen.block, now, money=money),
        "projects": rows(seen.projects), "models": rows(seen.models), "sources": rows(seen.agents),
        "days": [{"day": date_text(today - len(seen.days) + 1 + at), **measures(line or NONE, money=money)} for at, line in enumerate(seen.days)],
    }  # fmt: skip


NONE = total(())


def _block_data(block: Block | None, now: int, *, money: bool) -> dict[str, object] | None:
    if block is None:
        return None
    line = Line({}, block.first, block.last, block.sums)
    projected = None if line.paid is None else exact(block.projected(now, SUMS.index("cost")))
    costs = {"cost_usd": None if line.paid is None else exact(line.paid), "projected_usd": projected} if money else {}
    return {"start": iso(block.start), "end": iso(block.end), "total": line.total, **costs}
