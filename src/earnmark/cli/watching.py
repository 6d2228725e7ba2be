"""`earnmark watch`: the home screen, drawn again whenever an agent has used something."""

from __future__ import annotations

import io
import shutil
import sys
import time
from argparse import Namespace

from earnmark.book import Book, now_ms
from earnmark.book.contract import iso, measures
from earnmark.cli.asked import asked_of, asked_zone, bring_up_to_date, paper
from earnmark.cli.home import overview, show
from earnmark.cli.reports import note
from earnmark.cli.terminal import Paper

REDRAW = 30.0
"""Draw again after so many seconds even when nothing happened: clocks and projections move on."""


def run(given: Namespace) -> int:
    """Watch until interrupted, or for the time given. Without a terminal every change is one line of JSON."""
    live = sys.stdout.isatty()
    began = drawn = time.monotonic()
    before: object = None
    with Book.open() as book:
        if live:
            sys.stdout.write("\x1b[?1049h\x1b[?25l")
        try:
            while True:
                bring_up_to_date(book)
                state = (book.ledger.get("settled"), shutil.get_terminal_size() if live else None)
                if state != before or time.monotonic() - drawn > REDRAW:
                    before, drawn = state, time.monotonic()
                    _show(book, given, live=live)
                if given.lasting and time.monotonic() - began >= given.lasting:
                    return 0
                time.sleep(max(given.every, 0.1))
        except KeyboardInterrupt:
            return 0
        finally:
            if live:
                sys.stdout.write("\x1b[?25h\x1b[?1049l")
                sys.stdout.flush()


def _show(book: Book, given: Namespace, *, live: bool) -> None:
    book.__dict__.pop("naming", None)
    zone, now, money = asked_zone(given, book), now_ms(), not given.no_cost
    asked = asked_of(given, book)
    seen = overview(book, asked, zone, now)
    if not live:
        import json

        line = {"at": iso(now), "today": measures(seen.today, money=money), "month": measures(seen.month, money=money)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        return
    text = io.StringIO()
    here = paper(book)
    page = Paper(text, "always" if here.color else "never", here.width)
    show(page, book, seen, asked, zone, now, money=money)
    for warning in dict.fromkeys(book.warnings):
        note(page, "Warning", warning, "red")
    lines = text.getvalue().split("\n")[: max(shutil.get_terminal_size().lines - 2, 1)]
    ending = page.style(f"Looking every {given.every:g} s. Ctrl-C ends.", "dim")
    sys.stdout.write("\x1b[H" + "\x1b[K\n".join([*lines, ending]) + "\x1b[K\x1b[J")
    sys.stdout.flush()
