"""Events as the ledger's rows: names become ids, and each call gets its price. Runs beside the reader, so no SQL here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from earnmark.model import Event, Lane, Session, Sku
from earnmark.rules.price import Tariff, cost
from earnmark.store.ledger import Names, Rowing

Found = tuple[int, int, Tariff | None, Tariff | None]
Finder = Callable[[Sku, int], Found]
"""From when until when (ms) the prices of a sku at a moment hold, its list tariff, and the contracted one (None: the same)."""


def digest(name: str) -> int:
    """A 64-bit id of a name, the same everywhere and for ever."""
    return int.from_bytes(blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "little", signed=True)


def identity(parts: Iterable[Any]) -> int:
    """A 48-bit id of what these parts name."""
    return digest("\x1f".join(map(str, parts))) & 0xFFFF_FFFF_FFFF


class Encoder:
    """Turns events into rows, keeping what it has already named and priced."""

    def __init__(self, find: Finder, canonical: Callable[[str], str], book: str) -> None:
        self.find = find
        self.canonical = canonical
        self.book = book
        self.fresh = Names({}, {}, {}, {})
        self._sessions: dict[tuple[str, Session], int] = {}
        self._lanes: dict[Lane, int] = {}
        self._skus: dict[Sku, int] = {}
        self._spans: dict[int, tuple[int, int, Tariff | None, Tariff | None, int | None]] = {}
        self._session: Session | None = None
        self._lane: Lane | None = None
        self._sku: Sku | None = None
        self._session_id = self._lane_id = self._sku_id = 0
        self._since = self._until = 0
        self._tariff: Tariff | None = None
        self._contract: Tariff | None = None
        self._rate: int | None = None

    def take_names(self) -> Names:
        """The names met since the last call."""
        fresh, self.fresh = self.fresh, Names({}, {}, {}, {})
        return fresh

    def rows(self, events: Iterable[Event]) -> list[Rowing]:
        """One row an event, columns as in WITNESS."""
        return [self.row(event) for event in events]

    def row(self, event: Event) -> Rowing:
        """An event as a row; a call without a known price has None for `list`, `cost` and `rate`."""
        key, ts, session, lane, sku, inp, read, short, long, out, reasoning, searches, reported, request, rank = event
        if session is not self._session or lane is not self._lane or sku is not self._sku:
            self._turn_to(session, lane, sku)
        if not self._since <= ts < self._until:
            self._price(sku, ts)
        tariff, contract = self._tariff, self._contract
        return (
            digest(key), out if rank is None else rank, ts, self._session_id, self._lane_id, self._sku_id, inp, read, short, long, out, reasoning, searches,
            reported, digest(request) if request and request != key else None,
            cost(tariff, inp, read, short, long, out, searches) if tariff else None,
            cost(contract, inp, read, short, long, out, searches) if contract else None,
            self._rate,
        )  # fmt: skip

    def _turn_to(self, session: Session, lane: Lane, sku: Sku) -> None:
        """Events come in runs that share these; what follows from them is worked out once a run."""
        source = lane.source
        self._session_id = self._sessions.get((source, session)) or self._name_session(source, session)
        self._lane_id = self._lanes.get(lane) or self._name_lane(lane)
        if sku is not self._sku:
            self._sku_id = self._skus.get(sku) or self._name_sku(sku)
            self._since = self._until = 0
        self._session, self._lane, self._sku = session, lane, sku

    def _name_session(self, source: str, session: Session) -> int:
        number = identity((source, session.name))
        self._sessions[(source, session)] = number
        self.fresh.sessions[number] = (number, source, *session)
        return number

    def _name_lane(self, lane: Lane) -> int:
        number = identity(lane)
        self._lanes[lane] = number
        self.fresh.lanes[number] = (number, *lane)
        return number

    def _name_sku(self, sku: Sku) -> int:
        number = identity(sku)
        self._skus[sku] = number
        self.fresh.skus[number] = (number, *sku, self.canonical(sku.model))
        return number

    def price_of(self, sku: Sku, sku_id: int, ts: int) -> tuple[Tariff | None, Tariff | None, int | None]:
        """The list tariff, the contracted one and the id of the one that counts, for a call of a known sku."""
        self._sku, self._sku_id = sku, sku_id
        self._price(sku, ts)
        return self._tariff, self._contract, self._rate

    def _price(self, sku: Sku, ts: int) -> None:
        """The prices of a sku around a moment, and until when they hold. A model that no list knows stays unknown."""
        known = self._spans.get(self._sku_id)
        if known is None or not known[0] <= ts < known[1]:
            since, until, listed, contracted = self.find(sku, ts)
            rates = [self._name_tariff(self._sku_id, tariff, kind) for kind, tariff in enumerate((listed, contracted)) if tariff]
            known = self._spans[self._sku_id] = (since, until, listed, contracted, rates[-1] if rates else None)
        self._since, self._until, self._tariff, self._contract, self._rate = known

    def _name_tariff(self, sku_id: int, tariff: Tariff, contracted: int) -> int:
        import json

        body = json.dumps(tariff)
        number = identity((sku_id, contracted, body))
        self.fresh.tariffs[number] = (number, sku_id, tariff.since, tariff.until, contracted, self.book, body)
        return number
