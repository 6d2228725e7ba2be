"""What each call costs: the prices in force here, from the packaged price list and the settings' own."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

from earnmark import rules
from earnmark.model import Sku
from earnmark.rules.price import PriceBook, Tariff, overrides_from
from earnmark.store.encode import Found, identity
from earnmark.store.ledger import Ledger

LIST = Path(rules.__file__).parent / "prices.json"


class Prices:
    """Finds the list tariff and the contracted one of a sku at a moment, first among those the ledger has used."""

    def __init__(self, overrides: list[dict[str, Any]], edition: str, ledger: Ledger | None = None) -> None:
        self.overrides = overrides
        self.edition = edition
        self._book: PriceBook | None = None
        self._used: dict[int, list[Tariff]] = {}
        if ledger and not overrides:
            for sku, contracted, body in ledger.tariffs(edition):
                if not contracted:
                    self._used.setdefault(sku, []).append(as_tariff(body))

    @property
    def book(self) -> PriceBook:
        """The whole price list, loaded when it is first needed."""
        if self._book is None:
            self._book = PriceBook(json.loads(LIST.read_bytes()), overrides_from(self.overrides))
        return self._book

    def load(self) -> None:
        """Read the whole price list now: once for all readers that are forked from here."""
        _ = self.book

    def fresh(self) -> Prices:
        """The same prices, asked of the price list itself rather than of what the ledger has used."""
        return Prices(self.overrides, self.edition)

    def find(self, sku: Sku, ts: int) -> Found:
        """From when until when the prices hold, the list tariff, and the contracted one where your own prices change it."""
        for tariff in self._used.get(identity(sku), ()) if self._used else ():
            if tariff.since <= ts < tariff.until:
                return tariff.since, tariff.until, tariff, None
        return *self.book.stretch(sku, ts), self.book.find(sku, ts), self.book.contracted(sku, ts) if self.overrides else None


def as_tariff(body: str) -> Tariff:
    """A tariff from the JSON it is kept as."""
    values = dict(zip(Tariff._fields, json.loads(body), strict=False))
    values.update(tiers=tuple(map(tuple, values["tiers"])), hours=tuple(values.get("hours", (0, 1440))))
    return Tariff(**values)


def edition(overrides: list[dict[str, Any]]) -> str:
    """A name for the prices in force: it changes with the price list and with the settings' own prices."""
    listed = blake2b(LIST.read_bytes(), digest_size=6).hexdigest()
    return f"{listed}.{identity([json.dumps(overrides, sort_keys=True, default=str)])}" if overrides else listed
