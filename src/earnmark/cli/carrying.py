"""`earnmark export` and `earnmark import`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TextIO

from earnmark.book import Book, carrying
from earnmark.book.config import ConfigError
from earnmark.book.replacing import replacing
from earnmark.cli.reports import print_warnings
from earnmark.store.ledger import Rowing

ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def _format(given: Namespace) -> str:
    found = given.format or ("jsonl" if given.file == "-" else ENDINGS.get(os.path.splitext(given.file)[1].lower(), ""))
    if not found:
        raise ConfigError(f"{given.file}: say what it is with --format jsonl, csv or parquet, or end its name so")
    if found == "parquet" and given.file == "-":
        raise ConfigError("Parquet needs a file, not standard output")
    return str(found)


def export(given: Namespace) -> int:
    """Write every witness to a file; a file that is there is replaced whole or not at all."""
    kind = _format(given)
    with Book.open() as book:
        book.collect()
        if given.file == "-":
            carrying.write_lines(book.ledger, sys.stdout) if kind == "jsonl" else carrying.write_csv(book.ledger, sys.stdout)
            return _ended(book)
        with replacing(given.file) as path:
            if kind == "parquet":
                written = carrying.write_parquet(book.ledger, path)
            else:
                with open(path, "w", encoding="utf-8", newline="") as stream:
                    written = (carrying.write_lines if kind == "jsonl" else carrying.write_csv)(book.ledger, stream)
        sys.stderr.write(f"{written:,} witnesses written to {given.file}\n")
        return _ended(book)


def _ended(book: Book) -> int:
    """Say what could not be written to the ledger; 3 when there was something."""
    print_warnings(book)
    return 3 if book.warnings else 0


def bring_in(given: Namespace) -> int:
    """Add what another ledger exported."""
    kind = _format(given)
    with Book.open() as book:
        offered, fresh = carrying.bring_in(book.ledger, _rows(given.file, kind))
        book.after_import()
        sys.stdout.write(f"{offered:,} witnesses read, {fresh:,} of them new\n")
        return _ended(book)


def _rows(path: str, kind: str) -> Iterator[Rowing]:
    if kind == "parquet":
        yield from carrying.read_parquet(path)
    elif path == "-":
        yield from _text_rows(sys.stdin, "standard input", kind)
    else:
        with open(path, encoding="utf-8", newline="") as stream:
            yield from _text_rows(stream, path, kind)


def _text_rows(stream: TextIO, name: str, kind: str) -> Iterator[Rowing]:
    return carrying.read_lines(stream, name) if kind == "jsonl" else carrying.read_csv(stream, name)
