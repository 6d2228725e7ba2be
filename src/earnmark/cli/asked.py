"""From the options of a command to a question for the Book, and the Book opened and brought up to date."""

from __future__ import annotations

import re
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

from earnmark.book import Book, now_ms
from earnmark.book.asking import KEYS, TIMES, Question
from earnmark.book.config import ConfigError, check_zone, closest
from earnmark.cli.terminal import Paper, Progress
from earnmark.rules.calendar import DAY, HOUR, Zone, day_number, month_start, next_month, parse_date, week_start
from earnmark.store.query import ALL_TIME, lanes

SPAN = re.compile(r"(\d{1,4})([hdwm])")


@contextmanager
def fresh_book(given: Namespace) -> Iterator[Book]:
    """The Book, with the logs read into it unless the options say not to."""
    with Book.open() as book:
        if not getattr(given, "no_collect", False):
            bring_up_to_date(book)
        yield book


def bring_up_to_date(book: Book) -> None:
    """Read what is new, with a progress line when it takes long; a ledger that cannot be written is a warning, not the end."""
    from earnmark.store.ledger import LedgerError

    progress = Progress(time.monotonic())
    try:
        book.collect(progress)
    except LedgerError as error:
        book.warnings.append(str(error))
    finally:
        progress.done()


def paper(book: Book) -> Paper:
    """Where to print, as the settings want it."""
    return Paper(color=book.config["color"])


def asked_zone(given: Namespace, book: Book) -> Zone:
    """The time zone of --tz, else the settings' or this computer's own."""
    if given.tz:
        check_zone(given.tz, "--tz")
    return book.zone(given.tz)


def question(
    given: Namespace, book: Book, by: tuple[str, ...], zone: Zone, *, default_last: str = "", limit: int = 0, order: str = "time"
) -> Question:
    """What the options ask. Raises ConfigError naming the option that cannot be understood."""
    since, until = stretch(given, zone, now_ms(), default_last, first_weekday(book))
    keys = tuple(dict.fromkeys((*by, *finer(given.by))))
    if "session" in keys and (time := next((key for key in keys if key in TIMES), "")):
        raise ConfigError(f"--by: sessions are not split by {time}; ask for the sessions of a {time} with --since and --until")
    return asked_of(given, book, keys)._replace(
        since=since, until=until, limit=limit if given.limit is None else max(given.limit, 0), order=given.sort or order
    )


def asked_of(given: Namespace, book: Book, by: tuple[str, ...] = ("day",)) -> Question:
    """A question with the filters of the options, about all time."""
    return Question(by, sources=chosen_sources(book, given.source), projects=tuple(given.project), models=tuple(given.model))


def first_weekday(book: Book) -> int:
    """The first day of a week: 0 is Monday, 6 is Sunday."""
    return 6 if book.config["week_start"] == "sunday" else 0


def chosen_sources(book: Book, asked: Iterable[str]) -> tuple[str, ...]:
    """The agents that --source names: by name, by title, by an unambiguous beginning, or as a shell pattern."""
    known = {plan.source: plan.title for plan in book.plans} | {row[1]: row[1] for row in lanes(book.ledger)}
    found: list[str] = []
    for text in (part.strip() for item in asked for part in item.split(",")):
        plain = text.lower().replace("-", "_").replace(" ", "_")
        alike = [name for name, title in known.items() if plain in (name, title.lower().replace(" ", "_")) or fnmatchcase(name, plain)]
        alike = alike or [name for name in known if plain and name.startswith(plain)][:2]
        if not alike or (len(alike) > 1 and not set(text) & set("*?[")):
            raise ConfigError(f'--source: there is no agent called "{text}"{closest(plain, known)}')
        found += alike
    return tuple(dict.fromkeys(found))


def finer(given: list[str]) -> tuple[str, ...]:
    """The keys of --by, commas taken apart."""
    keys = [key.strip() for item in given for key in item.split(",") if key.strip()]
    for key in keys:
        if key not in KEYS:
            from difflib import get_close_matches

            close = get_close_matches(key, KEYS, 1)
            hint = f'did you mean "{close[0]}"?' if close else f"one of {', '.join(KEYS)}"
            raise ConfigError(f'--by: there is nothing called "{key}" to group by; {hint}')
    return tuple(keys)


def stretch(given: Namespace, zone: Zone, now: int, default_last: str, first: int = 0) -> tuple[int, int]:
    """The half-open stretch of time of --since, --until and --last; `default_last` when none is given."""
    if given.last and given.since:
        raise ConfigError("--last and --since both say where to begin; use one of them")
    since, until = ALL_TIME
    try:
        if given.until:
            day, hour = parse_date(given.until)
            until = zone.at(day * DAY + hour * HOUR) + HOUR if "T" in given.until else zone.midnight(_after(given.until, day))
        if given.since:
            day, hour = parse_date(given.since)
            since = zone.at(day * DAY + hour * HOUR)
        elif given.last or (default_last and not given.until):
            since = _back(given.last or default_last, zone, min(until - 1, now), first)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if since >= until:
        raise ConfigError("the stretch of time asked for ends before it begins: look at --since, --until and --last")
    return since, until


def _after(text: str, day: int) -> int:
    """The first day after the day, or the month, that a date names."""
    return next_month(day) if len(text.replace("-", "")) == 6 else day + 1


def _back(span: str, zone: Zone, now: int, first: int = 0) -> int:
    """Where the last so many hours, days, weeks or months begin, the running one included."""
    found = SPAN.fullmatch(span)
    if not found or not int(found[1]):
        raise ConfigError(f"--last: {span!r} is not a span; write 24h, 7d, 4w or 3m")
    number, today = int(found[1]), zone.day(now)
    if found[2] == "h":
        offset = zone.offset(now)
        return (now + offset) // HOUR * HOUR - (number - 1) * HOUR - offset
    if found[2] == "d":
        return zone.midnight(today - number + 1)
    if found[2] == "w":
        return zone.midnight(week_start(today, first) - 7 * (number - 1))
    return zone.midnight(_months_back(today, number - 1))


def _months_back(day: int, number: int) -> int:
    from earnmark.rules.calendar import civil

    year, month, _ = civil(month_start(day))
    total = year * 12 + month - 1 - number
    return day_number(total // 12, total % 12 + 1)
