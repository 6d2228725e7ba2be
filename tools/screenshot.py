"""Write `docs/screenshot.svg`: the home screen of `earnmark demo`, as a terminal of 100 columns shows it.

Run as `python -m tools.screenshot` after the screen, the demo or the prices changed. The same code gives the same bytes: the
demo's clock, seed and zone are fixed, and nothing of the machine is in the picture. `--check` fails when the file is stale.

Every word stands at its own place, and bars are drawn as shapes, so the picture lines up in any fixed-width font; none is fetched.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import NamedTuple

from earnmark.book import Book
from earnmark.book.asking import Question
from earnmark.cli.home import draw, overview
from earnmark.cli.terminal import BLOCKS, Paper
from earnmark.demo import write_home
from earnmark.rules.number import BARS

TARGET = Path(__file__).parent.parent / "docs" / "screenshot.svg"
NOW = datetime(2026, 11, 19, 16, 20, tzinfo=UTC)
COLUMNS = 100

# ---- the text ----------------------------------------------------------------------------------------------------------


def screen() -> str:
    """What `earnmark` prints over the demo's home, in colour."""
    now = int(NOW.timestamp() * 1000)
    text = io.StringIO()
    page = Paper(text, "always", COLUMNS)
    page.line(f"{page.style('$', 'green')} {page.style('earnmark', 'bold')}")
    page.line()
    with tempfile.TemporaryDirectory() as folder:
        write_home(Path(folder) / "home", now=NOW)
        with Book.open({"HOME": f"{folder}/home", "EARNMARK_HOME": f"{folder}/ledger"}) as book:
            book.collect()
            zone = book.zone("UTC")
            draw(page, book, overview(book, Question(("day",)), zone, now), zone, now)
    return text.getvalue()


class Run(NamedTuple):
    """Characters of one style: the column they begin at, and the style's codes."""

    column: int
    text: str
    codes: frozenset[str]


def runs(line: str) -> Iterator[Run]:
    """A line of terminal text, taken apart where its style changes."""
    column, codes = 0, frozenset[str]()
    for index, part in enumerate(re.split(r"\x1b\[([\d;]*)m", line)):
        if index % 2:
            codes = frozenset(part.split(";")) - {"0", ""}
        elif part:
            yield Run(column, part, codes)
            column += len(part)


# ---- the picture -------------------------------------------------------------------------------------------------------

CELL, LINE, FONT = 8.4, 20, 14
LEFT, TOP, BOTTOM = 24, 62, 20
PLAIN, COLORS = "#cdd6f4", {"31": "#f38ba8", "32": "#a6e3a1", "33": "#f9e2af", "34": "#89b4fa", "35": "#cba6f7", "36": "#94e2d5"}
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-labelledby="t">
<title id="t">A terminal: the home screen of earnmark</title>
<!-- Written by python -m tools.screenshot -->
<style>
text {{ font: {font}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: pre; }}
.b {{ font-weight: 700; }}
.d {{ opacity: 0.55; }}
</style>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="10" fill="#1e1e2e" stroke="#45475a"/>
<circle cx="24" cy="22" r="6" fill="#f38ba8"/><circle cx="44" cy="22" r="6" fill="#f9e2af"/><circle cx="64" cy="22" r="6" fill="#a6e3a1"/>
{body}
</svg>
"""


def svg() -> str:
    """The picture."""
    lines = screen().rstrip("\n").split("\n")
    body = [shape for number, line in enumerate(lines) for run in runs(line) for shape in _shapes(run, TOP + number * LINE)]
    width, height = round(2 * LEFT + COLUMNS * CELL), TOP + (len(lines) - 1) * LINE + BOTTOM
    return FRAME.format(width=width, height=height, inner_width=width - 1, inner_height=height - 1, font=FONT, body="\n".join(body))


def _shapes(run: Run, base: int) -> Iterator[str]:
    """The words and bars of a run, on the line whose letters stand on `base`."""
    color = next((COLORS[code] for code in run.codes if code in COLORS), PLAIN)
    spark = all(char in BARS for char in run.text) and len(set(run.text)) > 1
    for found in re.finditer(f"[{BLOCKS[1:]}{BARS}]+|[^\\s{BLOCKS[1:]}{BARS}]+", run.text):
        x, word = LEFT + (run.column + found.start()) * CELL, found[0]
        if spark:
            yield from (_spark(x + index * CELL, base, BARS.index(char), color) for index, char in enumerate(word))
        elif word[0] in BLOCKS:
            yield _bar(x, base, sum(map(BLOCKS.index, word)) / 8, color)
        else:
            names = " ".join(name for code, name in (("1", "b"), ("2", "d")) if code in run.codes)
            style = f' class="{names}"' if names else ""
            yield f'<text x="{x:.1f}" y="{base}" textLength="{len(word) * CELL:.1f}" fill="{color}"{style}>{escape(word)}</text>'


def _bar(x: float, base: int, cells: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{base - 11}" width="{cells * CELL:.1f}" height="13" fill="{color}"/>'


def _spark(x: float, base: int, step: int, color: str) -> str:
    height = 2 + step * 2
    return f'<rect x="{x:.1f}" y="{base + 2 - height}" width="{CELL - 1.4:.1f}" height="{height}" fill="{color}"/>'


def main(arguments: list[str]) -> int:
    """Write the picture, or with --check say whether the one there is fresh."""
    drawn = svg()
    if "--check" in arguments:
        fresh = TARGET.exists() and TARGET.read_text(encoding="utf-8") == drawn
        print(f"docs/{TARGET.name} is {'fresh' if fresh else 'stale: run python -m tools.screenshot'}")
        return 0 if fresh else 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(drawn, encoding="utf-8")
    print(f"docs/{TARGET.name}: {len(drawn):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
