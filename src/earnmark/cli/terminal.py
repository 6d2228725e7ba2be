"""Text for terminals: colour only where people look, columns that line up, tables that fit."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import NamedTuple, TextIO
from unicodedata import category, east_asian_width

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}
WIDEST = 160
PIPED = 120


class Paper:
    """Somewhere to print: how wide it is, and whether it takes colour."""

    def __init__(self, stream: TextIO | None = None, color: str = "auto", width: int = 0) -> None:
        self.stream = stream or sys.stdout
        if isinstance(self.stream, TextIOWrapper) and self.stream.encoding.lower().replace("-", "") != "utf8":
            self.stream.reconfigure(errors="replace")
        self.color = _colored(self.stream, color)
        self.width = width or _width(self.stream)

    def style(self, text: str, *names: str) -> str:
        """The text in these styles, or as it is where there is no colour."""
        codes = ";".join(STYLES[name] for name in names if name)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and codes and text else text

    def line(self, text: str = "") -> None:
        """Print one line."""
        self.stream.write(text.rstrip() + "\n")

    def text(self, text: str, *names: str) -> None:
        """Print a sentence in these styles, broken where the page ends."""
        for line in wrapped(text, self.width):
            self.line(self.style(line, *names))


def _colored(stream: TextIO, color: str) -> bool:
    if color in ("always", "never"):
        return color == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _width(stream: TextIO) -> int:
    if os.environ.get("COLUMNS", "").isdigit():
        return max(int(os.environ["COLUMNS"]), 20)
    try:
        return min(os.get_terminal_size(stream.fileno()).columns, WIDEST)
    except (OSError, ValueError, AttributeError):
        return PIPED


def printable(text: str) -> str:
    """Text from a log without anything a terminal would obey."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "?" for char in text)


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """The text cut or padded to exactly this many columns; a name too long loses its middle."""
    missing = width - cells(text)
    if missing < 0:
        keep = max(width - 1, 0)
        front, back = (keep + 1) // 2, keep // 2
        text = f"{_take(text, front)}…{_take(text[::-1], back)[::-1]}" if width > 0 else ""
        missing = width - cells(text)
    return " " * missing + text if right else text + " " * missing


def _take(text: str, width: int) -> str:
    taken = ""
    for char in text:
        if cells(taken + char) > width:
            break
        taken += char
    return taken


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most this many columns, broken between its parts (set apart by " · ") before within one."""
    lines: list[str] = []
    line = ""
    for part in text.split(" · "):
        joined = f"{line} · {part}" if line else part
        if cells(joined) > width:
            lines += [line] if line else []
            *whole, joined = _words(part, width)
            lines += whole
        line = joined
    return [*lines, line]


def _words(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        rest = word
        if lines[-1] and cells(f"{lines[-1]} {rest}") <= width:
            lines[-1] += f" {rest}"
            continue
        while cells(rest) > width:
            head = _take(rest, width) or rest[:1]
            lines.append(head)
            rest = rest[len(head) :]
        lines.append(rest)
    return [line for line in lines if line] or [""]


class Column(NamedTuple):
    """A table's column. Of columns that do not fit the ones with the highest `spare` are left out first; 0 never is.

    Names (what is not `right`) are shortened where room is short, unless they are `firm`.
    """

    title: str
    right: bool = True
    spare: int = 0
    style: str = ""
    firm: bool = False


def table(paper: Paper, columns: Sequence[Column], rows: Sequence[Sequence[str]], totals: Sequence[str] | None = None) -> None:
    """Print rows under their columns, as many columns as fit, names shortened last."""
    rows = [[printable(cell) for cell in row] for row in rows]
    every = [*rows, *([totals] if totals else [])]
    widths = [max([cells(column.title), *(cells(row[index]) for row in every)]) for index, column in enumerate(columns)]
    kept = _choose(columns, widths, paper.width)
    widths = _shrink(columns, widths, kept, paper.width)

    def show(row: Sequence[str], *styles: str) -> str:
        parts = []
        for index in kept:
            text = fit(row[index], widths[index], right=columns[index].right)
            parts.append(paper.style(text, *(styles or (columns[index].style,))))
        return "  ".join(parts)

    if any(column.title for column in columns):
        paper.line(show([column.title for column in columns], "dim"))
    for row in rows:
        paper.line(show(row))
    if totals:
        paper.line(paper.style("─" * (sum(widths[index] for index in kept) + 2 * (len(kept) - 1)), "dim"))
        paper.line(show(totals, "bold"))


def _choose(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """The columns that fit beside each other, counting names that may be shortened at a fifth of the room."""
    kept = [index for index in range(len(columns)) if any((widths[index], columns[index].title))]
    least = max(12, room // 5)
    needed = [widths[index] if columns[index].right or columns[index].firm else min(widths[index], least) for index in range(len(columns))]
    while sum(needed[index] + 2 for index in kept) - 2 > room:
        spare = max(kept, key=lambda index: (columns[index].spare, index))
        if not columns[spare].spare:
            break
        kept.remove(spare)
    return kept


def _shrink(columns: Sequence[Column], widths: Sequence[int], kept: Sequence[int], room: int) -> list[int]:
    """The widths, with the widest names cut until the kept columns fit."""
    fitted = list(widths)
    over = sum(fitted[index] + 2 for index in kept) - 2 - room
    names = [index for index in kept if not columns[index].right and not columns[index].firm]
    while over > 0 and names:
        widest = max(names, key=lambda index: fitted[index])
        if fitted[widest] <= 4:
            break
        fitted[widest] -= 1
        over -= 1
    return fitted


BLOCKS = " ▏▎▍▌▋▊▉█"


def bar(value: float, most: float, width: int) -> str:
    """A horizontal bar, `width` columns for `most`; the smallest value above nothing still shows."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(round(value / most * width * 8), 1)
    return "█" * (eighths // 8) + (BLOCKS[eighths % 8] if eighths % 8 else "")


class Progress:
    """One line on standard error that says how far a long reading is; silent where nobody looks, or when it is soon over."""

    def __init__(self, now: float) -> None:
        self.began = now
        self.shown = False

    def __call__(self, done: int, todo: int) -> None:
        import time

        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self.began < 0.5 and not self.shown):
            return
        self.shown = True
        share = done / todo if todo else 1.0
        left = (now - self.began) * (1 - share) / share if share else 0
        sys.stderr.write(f"\r\x1b[KReading logs  {bar(share, 1, 24):<24}  {done >> 20} of {todo >> 20} MB, {left:.0f} s left")
        sys.stderr.flush()

    def done(self) -> None:
        """Wipe the line."""
        if self.shown:
            sys.stderr.write("\r\x1b[K")
