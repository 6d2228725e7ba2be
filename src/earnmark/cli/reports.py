"""The reports: one table each, with what must be said beside it; or the same as JSON or CSV."""

from __future__ import annotations

import re
import sys
from argparse import Namespace

from earnmark.book import Book, now_ms
from earnmark.book.asking import TIMES, Answer, Line, Question
from earnmark.book.config import ConfigError
from earnmark.book.contract import Context, context, document, fields, iso
from earnmark.cli.asked import asked_zone, fresh_book, paper, question
from earnmark.cli.commands import REPORTS
from earnmark.cli.terminal import Column, Paper, bar, printable, table, wrapped
from earnmark.rules.calendar import Zone
from earnmark.rules.number import compact, dollars, share, span
from earnmark.store.query import ALL_TIME

LAST = {"today": "1d", "day": "30d", "week": "12w", "month": "12m", "hour": "24h"}
LIMITS = {"session": 50}
TITLES = {"source": "Agent", "agent": "Subagent"}


def run(given: Namespace) -> int:
    """Answer one report."""
    with fresh_book(given) as book:
        zone = asked_zone(given, book)
        name = given.report
        if name == "session" and given.id:
            return _session(given, book, zone)
        by_time = REPORTS[name][0][0] in (*TIMES, "session")
        order = "time" if by_time else "cost"
        asked = question(given, book, REPORTS[name][0], zone, default_last=LAST.get(name, ""), limit=LIMITS.get(name, 0), order=order)
        return show(given, book, book.ask(asked, zone), zone)


def _session(given: Namespace, book: Book, zone: Zone) -> int:
    """One session in detail when the beginning of an id names one, else those it could be."""
    asked = question(given, book, ("session",), zone, order="cost")._replace(sessions=(given.id,))
    found = book.ask(asked._replace(limit=0), zone)
    if not found.matched:
        raise ConfigError(f'no session begins with "{printable(given.id)}"; earnmark session --limit 0 lists them all')
    if found.matched > 1:
        return show(given, book, book.ask(asked, zone), zone)
    detail = asked._replace(by=tuple(dict.fromkeys(("session", *(asked.by[1:] or ("model", "thread", "agent"))))))
    return show(given, book, book.ask(detail, zone), zone, heading=found.rows[0] if asked.by == ("session",) else None)


def show(given: Namespace, book: Book, answer: Answer, zone: Zone, heading: Line | None = None) -> int:
    """Print an answer in the form the options ask for."""
    money = not given.no_cost
    if given.json:
        write_json(document(book, answer, zone, now_ms(), money=money))
    elif given.csv:
        write_csv(document(book, answer, zone, now_ms(), money=money)["rows"], fields(answer.question, money=money))
    else:
        page = paper(book)
        if not answer.rows:
            nothing(page, book, answer.question, zone)
        else:
            if heading:
                _head(page, book, heading, zone)
            print_table(page, book, answer, zone, money=money, within=heading is not None)
            page.line()
            print_context(page, book, answer, context(book, answer.question, zone), zone, money=money)
        print_warnings(book)
    return 3 if book.warnings else 0


def _head(page: Paper, book: Book, session: Line, zone: Zone) -> None:
    """What a session is: its whole id, its agent and project, and when it was used."""
    name, source, project = (session.keys[key] for key in ("session", "source", "project"))
    page.line(page.style(printable(name) or "(no id)", "bold"))
    where = f"{titles(book).get(source, source)} in {project}" if project else titles(book).get(source, source)
    page.line(page.style(printable(where), "dim"))
    first, last = local(session.first, zone), local(session.last, zone)
    ended = last[11:] if last[:10] == first[:10] else last
    page.line(page.style(f"{first} – {ended}, {span(session.last - session.first)} from the first call to the last", "dim"))
    page.line()


def titles(book: Book) -> dict[str, str]:
    """What each source is called for people."""
    return {plan.source: plan.title for plan in book.plans}


UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What JSON lets stand as it is, and a terminal might obey."""


def write_json(value: object) -> None:
    """Print data as JSON."""
    import json

    text = json.dumps(value, indent=1, ensure_ascii=False)
    sys.stdout.write(UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def write_csv(rows: list[dict[str, object]], names: list[str]) -> None:
    """Print rows as CSV, a header first; an unknown value is an empty field. A terminal is shown nothing it would obey."""
    import csv

    writer = csv.DictWriter(sys.stdout, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    if sys.stdout.isatty():
        rows = [{name: printable(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows]
    writer.writerows(rows)


# ---- the table ---------------------------------------------------------------------------------------------------------


def print_table(page: Paper, book: Book, answer: Answer, zone: Zone, *, money: bool = True, within: bool = False) -> None:
    """The rows as a table whose last line adds up everything that matched; of those `within` one session its own keys are left out."""
    own = (
        {"session", "source", "project", *(key for key in answer.rows[0].keys if not any(row.keys[key] for row in answer.rows))} if within else set()
    )
    keys = [key for key in answer.rows[0].keys if key not in own]
    called = titles(book)
    columns = [
        Column(TITLES.get(key, key.capitalize()), right=False, spare=_spare(key, index), firm=key in (*TIMES, "session"))
        for index, key in enumerate(keys)
    ]
    sessions = "session" in keys
    columns += [Column("Last used", right=False, spare=4, firm=True)] if sessions else []
    columns += [
        Column("Calls", spare=5), Column("Input", spare=8), Column("Cache read", spare=7), Column("Cache write", spare=9), Column("Output", spare=6),
        Column("Reasoning", spare=10, style="dim"), Column("Total", spare=2),
    ]  # fmt: skip
    said = money and any(row.said for row in answer.rows)
    columns += [Column("Cost", style="green")] if money else []
    columns += [Column("Reported", spare=11, style="dim")] if said else []
    columns += [Column("", right=False, spare=12, style="cyan")]
    most = max((row.paid or 0 if money else row.total) for row in answer.rows)
    rows = []
    for row in answer.rows:
        names = [_shown(key, row.keys[key], called) for key in keys]
        moment = [local(row.last, zone)] if sessions else []
        rows.append([*names, *moment, *_measures(row, money=money, said=said), bar((row.paid or 0) if money else row.total, most, 12)])
    label = "Total" if answer.matched == len(answer.rows) else f"All {answer.matched:,}"
    blank = [""] * (len(keys) - 1 + (1 if sessions else 0))
    table(page, columns, rows, [label, *blank, *_measures(answer.totals, money=money, said=said), ""])


def _spare(key: str, index: int) -> int:
    if index == 0:
        return 0
    return {"source": 3, "thread": 4}.get(key, 1 if key in ("model", "agent") else 2)


def _shown(key: str, value: str, called: dict[str, str]) -> str:
    if key == "source":
        return called.get(value, value)
    if key == "session":
        return (printable(value)[:8] if len(value) > 20 else printable(value)) or "(none)"
    if key == "hour":
        return f"{value[:10]} {value[11:]}:00"
    return printable(value) or {"project": "(no project)", "agent": "", "model": "unknown"}.get(key, "–")


def _measures(row: Line, *, money: bool, said: bool) -> list[str]:
    numbers = [row.calls, row.input, row.cache_read, row.cache_write_5m + row.cache_write_1h, row.output, row.reasoning, row.total]
    cells = [f"{numbers[0]:,}", *(compact(number) if number else "–" for number in numbers[1:])]
    if money:
        cells.append(cost_text(row))
    if said:
        cells.append(dollars(row.said) if row.said is not None else "–")
    return cells


def cost_text(row: Line) -> str:
    """The cost of a row; with a plus when part of it has no price, and never $0 for what is not known."""
    if row.paid is None:
        return "not known"
    return dollars(row.paid) + ("+" if row.unpriced else "")


def local(ts: int, zone: Zone) -> str:
    """A moment on the local clock: 2026-11-22 15:04."""
    text = iso(ts + zone.offset(ts)) or ""
    return f"{text[:10]} {text[11:16]}"


# ---- what must be said beside it -----------------------------------------------------------------------------------------


def print_context(page: Paper, book: Book, answer: Answer, about: Context, zone: Zone, *, money: bool = True) -> None:
    """Where the tokens went, what is missing, how fresh it is and at which prices."""
    total = answer.totals
    parts = [
        ("fresh input", total.input), ("cache read", total.cache_read), ("cache write", total.cache_write_5m + total.cache_write_1h),
        ("output", total.output - total.reasoning), ("reasoning", total.reasoning),
    ]  # fmt: skip
    note(page, "Tokens", " · ".join(f"{name} {share(part, total.total)}" for name, part in parts if part))
    note(page, "Threads", threads_text(about, money=money))
    for line in caveats(book, total, about, money=money):
        note(page, "Note", line, "yellow")
    note(page, "Fresh", freshness(book, about, zone))


LABEL = 11


def note(page: Paper, title: str, text: str, style: str = "") -> None:
    """A titled line, broken where the page ends."""
    for index, line in enumerate(wrapped(printable(text), page.width - LABEL - 1)):
        page.line(f"{page.style('' if index else title, 'dim')}{' ' * (LABEL + 1 - (0 if index else len(title)))}{page.style(line, style)}")


def listed(names: list[str]) -> str:
    """Names as people list them: A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(number: int, thing: str) -> str:
    """A number of things: 1 call, 2 calls."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def threads_text(about: Context, *, money: bool = True) -> str:
    """How much was asked by main threads, by subagents, and behind the person's back."""
    everything = sum(line.total for line in about.threads.values())
    names = {"main": "main thread", "subagent": "subagents", "background": "background"}
    parts = []
    for name, line in about.threads.items():
        if line.calls:
            parts.append(f"{names[name]} {share(line.total, everything)} of tokens" + (f", {cost_text(line)}" if money else ""))
    return " · ".join(parts)


def caveats(book: Book, total: Line, about: Context, *, money: bool = True) -> list[str]:
    """What a reader must know before believing a total."""
    lines = []
    if about.unpriced and money:
        names = ", ".join(about.unpriced[:4]) + (" …" if len(about.unpriced) > 4 else "")
        lines.append(
            f"{compact(total.unpriced)} tokens have no known price ({names}) and are not in the cost: earnmark price MODEL says how to give them one"
        )
    if book.outdated and money:
        lines.append("Prices have changed since some calls were priced: earnmark reprice applies the new ones to them")
    if about.hidden:
        names = listed([titles(book).get(source, source) for source, _ in about.hidden])
        lines.append(f"A lower bound: {names} {'do' if len(about.hidden) > 1 else 'does'} not log every call (earnmark sources says which)")
    if about.subscription and money:
        lines.append(f"{dollars(about.subscription)} of it ran on a subscription: that is what it would have cost at list price, not a bill")
    if about.faults:
        lines.append(
            f"{counted(about.faults, 'place')} in the logs could not be read: earnmark sources names {'it' if about.faults == 1 else 'them'}"
        )
    return lines


def freshness(book: Book, about: Context, zone: Zone) -> str:
    """How old the figures are, and at which prices."""
    now = now_ms()
    read = f"logs read {span(now - about.collected)} ago" if about.collected and now - about.collected > 5000 else "logs read just now"
    newest = f", newest call {local(about.newest, zone)}" if about.newest else ""
    basis = "your own prices" if book.config["prices"] else "list prices"
    return f"{read}{newest} · US dollars at {basis}, estimated · {zone.name}"


def nothing(page: Paper, book: Book, question: Question, zone: Zone) -> None:
    """What to say when there is nothing to show: what there is instead, or where it looked and how to see what it would look like."""
    from earnmark.store.query import newest

    last = newest(book.ledger)
    if last is not None:
        filtered = " that matches" if question.sources or question.projects or question.models else ""
        page.text(f"No call{filtered} {_stretch(question, zone)}. The newest call of all was at {local(last, zone)}.")
        page.text("Look further back with --last 90d, or run earnmark alone for the whole picture.", "dim")
        return
    page.text("No usage of any coding agent was found on this machine. Looked in:")
    page.line()
    home = book.machine.home.rstrip("/")
    rows = []
    for plan in book.plans:
        roots = list(dict.fromkeys(place.root for place in plan.places))
        shown = [f"~{root.removeprefix(home)}" if home and root.startswith(f"{home}/") else root for root in roots]
        rows.append([f"  {plan.title}", shown[0] if shown else "", f"and {len(roots) - 1} more" if len(roots) > 1 else ""])
    table(page, [Column("", right=False, style="bold"), Column("", right=False), Column("", right=False, spare=1, style="dim", firm=True)], rows)
    page.line()
    page.line("Every place: earnmark sources --json")
    page.line(f"With made-up logs: {page.style('earnmark demo', 'bold')}")


def _stretch(question: Question, zone: Zone) -> str:
    """The stretch of time of a question, in words."""
    since = f" since {local(question.since, zone)}" if question.since > ALL_TIME[0] else ""
    until = f" before {local(question.until, zone)}" if question.until < ALL_TIME[1] else ""
    return (f"{since} and{until}" if since and until else since or until or " at any time").strip()


def print_warnings(book: Book) -> None:
    """What could not be written, on standard error."""
    for warning in dict.fromkeys(book.warnings):
        sys.stderr.write(f"earnmark: {printable(warning)}\n")
