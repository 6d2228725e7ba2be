"""The small file that a status bar reads: today, the running block and the newest sessions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from earnmark.book.asking import Line, Question
from earnmark.book.replacing import replacing
from earnmark.rules.blocks import LOOK_BACK
from earnmark.store.query import newest_sessions
from earnmark.store.schema import SUMS

if TYPE_CHECKING:
    from earnmark.book import Book

SESSIONS = 40


def snapshot(book: Book, path: str, now: int) -> None:
    """Write the file anew, whole or not at all."""
    text = json.dumps(contents(book, now), separators=(",", ":"))
    try:
        with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as handle:
            handle.write(text)
    except OSError as error:
        book.warnings.append(f"{path} cannot be written: {error.strerror}")


def contents(book: Book, now: int) -> dict[str, Any]:
    """What the file says. Money in nano-dollars, moments in milliseconds UTC; `until` is when today ends."""
    zone = book.zone()
    today = zone.day(now)
    until = zone.midnight(today + 1)
    used_today = book.ask(Question((), zone.midnight(today), until), zone).totals
    running = next((block for block in book.blocks(now - LOOK_BACK) if block.active(now)), None)
    cost = SUMS.index("cost")
    used = Line({}, running.first, running.last, running.sums) if running else None
    return {
        "at": now,
        "until": until,
        "today": {"cost": used_today.paid, "tokens": used_today.total, "calls": used_today.calls, "unpriced": used_today.unpriced},
        "block": {"end": running.end, "cost": used.paid, "projected": None if used.paid is None else running.projected(now, cost)}
        if running and used
        else None,
        "sessions": {name: spent if calls > unpriced else None for name, spent, calls, unpriced in newest_sessions(book.ledger, SESSIONS)},
    }
