"""Pricing calls again: a corrected price list, or new prices of your own, applied to what is already in the ledger."""

from __future__ import annotations

from earnmark.book.pricing import Prices
from earnmark.model import Sku
from earnmark.rules.price import canonical, cost
from earnmark.store import query
from earnmark.store.encode import Encoder
from earnmark.store.ledger import Ledger

CHUNK = 50_000


def reprice(ledger: Ledger, prices: Prices, *, only_unpriced: bool) -> tuple[int, int, int]:
    """Price every call (or those without a price) anew; returns how many changed, and the total before and after in nano-dollars."""
    encoder = Encoder(prices.find, canonical, prices.edition)
    skus = {row[0]: Sku(*row[1:5]) for row in query.skus(ledger)}
    before, changed = ledger.spent(), 0
    with ledger.transaction():
        for calls in ledger.priced(only_unpriced, CHUNK):
            fresh: list[tuple[int | None, int | None, int | None, int]] = []
            for seq, ts, sku, *amounts in calls:
                listed, contracted, rate = encoder.price_of(skus[sku], sku, ts)
                fresh.append((cost(listed, *amounts) if listed else None, cost(contracted, *amounts) if contracted else None, rate, seq))
            changed += ledger.set_prices(fresh, encoder.take_names().tariffs.values())
        if changed:
            ledger.everything_dirty()
            ledger.settle()
    return changed, before, ledger.spent()
