"""A ledger of millions of calls, written row by row as the collector writes them, to measure reports and bytes on disk."""

from __future__ import annotations

import random
from collections.abc import Iterator

from earnmark.book.pricing import Prices, edition
from earnmark.model import SUBAGENT, Event, Lane, Session, Sku
from earnmark.rules.price import canonical
from earnmark.store.encode import Encoder
from earnmark.store.ledger import Ledger

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-4-5", "gpt-6-sol", "gpt-5.5", "gemini-2.5-pro")
SOURCES = ("claude_code", "claude_code", "codex", "gemini_cli", "opencode")
CHUNK = 50_000


def fill(path: str, calls: int, *, newest: int, days: int = 365, seed: int = 1) -> int:
    """Write this many calls, spread over working hours of `days` days up to `newest` (ms UTC); returns their tokens."""
    ledger = Ledger.open(path)
    ledger.db.execute("PRAGMA cache_size = -500000")
    prices = Prices([], edition([]))
    encoder = Encoder(prices.find, canonical, prices.edition)
    tokens, held = 0, []
    for event in events(calls, newest, days, seed):
        tokens += event.total
        held.append(encoder.row(event))
        if len(held) >= CHUNK:
            with ledger.transaction():
                ledger.add(held, encoder.take_names())
            held = []
    with ledger.transaction():
        ledger.add(held, encoder.take_names())
        ledger.settle()
    ledger.put("collected", newest)
    ledger.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    return tokens


def events(calls: int, newest: int, days: int, seed: int) -> Iterator[Event]:
    """Days of ten hours in which some of fifty lanes (agent, project, branch) are at work, a fifth of the calls in subagents."""
    draw = random.Random(seed)
    lanes = [Lane(source, f"/home/ana/src/project{number}", branch, billing="subscription" if source == "codex" else "")
             for source in SOURCES for number in range(5) for branch in ("main", "feature")]  # fmt: skip
    per_day = calls // days + 1
    made = 0
    for day in range(days):
        busy = [(lane, lane._replace(thread=SUBAGENT, agent="Explore"), Sku(draw.choice(MODELS))) for lane in draw.sample(lanes, 8)]
        goal = min(made + per_day, calls)
        while made < goal:
            lane, side, sku = draw.choice(busy)
            session = Session(f"{draw.getrandbits(128):032x}", "", "2.1.330")
            when = newest - day * 86_400_000 - draw.randrange(10 * 3_600_000)
            for _ in range(min(draw.randrange(20, 240), goal - made)):
                when += draw.randrange(1_000, 40_000)
                output = draw.randrange(30, 1800)
                yield Event(
                    f"msg_{draw.getrandbits(100):025x}", min(when, newest), session, side if draw.random() < 0.2 else lane, sku, draw.randrange(1, 400),
                    draw.randrange(10_000, 180_000), 0, draw.randrange(200, 6_000), output, output // 4, 0, None, f"req_{draw.getrandbits(96):024x}",
                )  # fmt: skip
                made += 1
