"""`earnmark collect`: read the logs into the ledger; for cron, hooks and status bars."""

from __future__ import annotations

import sys
from argparse import Namespace

from earnmark.book import Book, now_ms


def run(given: Namespace) -> int:
    """Collect, and keep the status bar's file fresh."""
    with Book.open() as book:
        done = book.collect()
        if not done.changed:
            book.write_status(now_ms())
        if given.verbose:
            sys.stdout.write(f"{done.files:,} files, {done.read:,} read ({done.bytes / 1e6:,.1f} MB), {done.events:,} calls told of\n")
        for warning in book.warnings:
            sys.stderr.write(f"earnmark: {warning}\n")
        return 3 if book.warnings else 0
