"""`earnmark demo`: realistic agent logs in a home of their own, and the report on them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from earnmark.cli import home
from earnmark.demo import write_home


def run(given: Namespace) -> int:
    """Write the logs, then show the home screen of that home; nothing of this machine's own usage is touched."""
    with _place(given.home) as place:
        began = time.monotonic()
        write_home(place / "home", days=max(given.days, 1), now=datetime.now(UTC))
        given.no_collect = False
        with _pretend(place):
            sys.stderr.write(f"Made-up logs of {given.days} days of work, written in {time.monotonic() - began:.1f} s to {place / 'home'}\n\n")
            status = home.run(given)
        if given.home:
            sys.stderr.write(f"\nLook around in it: HOME={place / 'home'} EARNMARK_HOME={place / 'ledger'} earnmark day\n")
    return status


@contextlib.contextmanager
def _place(chosen: str | None) -> Iterator[Path]:
    if chosen:
        place = Path(chosen).resolve()
        place.mkdir(parents=True, exist_ok=True)
        yield place
        return
    folder = Path(tempfile.mkdtemp(prefix="earnmark-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _pretend(place: Path) -> Iterator[None]:
    """An environment in which only the made-up home exists."""
    before = dict(os.environ)
    kept = {name: value for name, value in before.items() if name in ("PATH", "LANG", "LC_ALL", "TERM", "TZ", "COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    os.environ.clear()
    os.environ.update(kept, HOME=str(place / "home"), USERPROFILE=str(place / "home"), EARNMARK_HOME=str(place / "ledger"))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
