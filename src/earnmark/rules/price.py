"""What tokens cost: the dated price list, the user's own prices over it, and the cost of one call. Pure functions.

Prices are whole pico-dollars (1e-12 USD) per token, per web search and per call, so that a cost is a sum of whole numbers,
rounded once, half to even, to nano-dollars. A tier's prices hold for all tokens of a request whose input, cache included,
is above the tier's start: price one call at a time, never a sum of calls.

A cache price that the list does not name is its parent's: reads and writes cost what input costs, a write for an hour what
a write costs. Anything else without a price makes the cost unknown, never zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from earnmark.model import Sku
from earnmark.rules import names
from earnmark.rules.names import canonical
from earnmark.rules.override import FOREVER, Override, overrides_from
from earnmark.rules.pricelist import PriceList, Schedule

__all__ = ["FOREVER", "Override", "PriceBook", "Tariff", "Tier", "canonical", "cost", "overrides_from"]

MINUTE, DAY = 60_000, 86_400_000

US_UPLIFT = (11, 10)
"""Anthropic charges 1.1 times the price of every kind of token, not of searches, for inference kept in the United States."""

Price = int | None
Tier = tuple[int, Price, Price, Price, Price, Price]
"""The input tokens of one request above which it applies; the prices of input, cache read, cache write, the same for 1 h, output."""


class Tariff(NamedTuple):
    """What one Sku costs during one stretch of time: from `since` up to, not including, `until` (ms, UTC).

    `source` is the package the price list is from, or "override"; `version`, `provider` and `model` are as the price list
    names them. `tier_known` is False when it has no price for the tier asked for, and the standard price stands in. `hours` is the part of
    every day the prices hold in, in minutes since midnight UTC, the end exclusive. `rule` names the override that applied.
    """

    since: int
    until: int
    tiers: tuple[Tier, ...]
    search: Price
    source: str
    version: str
    provider: str
    model: str
    tier_known: bool = True
    call: int = 0
    hours: tuple[int, int] = (0, 1440)
    rule: str = ""


def cost(
    tariff: Tariff,
    input: int,  # noqa: A002  the bucket's name everywhere
    cache_read: int,
    cache_write_5m: int,
    cache_write_1h: int,
    output: int,
    searches: int = 0,
) -> int | None:
    """The cost of one call in nano-dollars; None when something it used has no price."""
    tiers = tariff.tiers
    tier = tiers[0]
    if len(tiers) > 1:
        prompt = input + cache_read + cache_write_5m + cache_write_1h
        for tier in reversed(tiers):
            if prompt > tier[0]:
                break
    _, each, read, short, long, out = tier
    try:
        pico = input * each + cache_read * read + cache_write_5m * short + cache_write_1h * long + output * out + tariff.call  # type: ignore[operator]
        if searches:
            pico += searches * tariff.search  # type: ignore[operator]
    except TypeError:
        return _cost_of_used(tariff, tier, (input, cache_read, cache_write_5m, cache_write_1h, output, searches))
    nano, rest = divmod(pico, 1000)
    return nano + 1 if rest > 500 or (rest == 500 and nano & 1) else nano


def _cost_of_used(tariff: Tariff, tier: Tier, used: Sequence[int]) -> int | None:
    """The cost where some price is missing: known as long as nothing was used that has none."""
    pico = tariff.call
    for number, price in zip(used, (*tier[1:], tariff.search), strict=True):
        if number and price is None:
            return None
        pico += number * (price or 0)
    return half_even(pico, 1000)


def half_even(number: int, divisor: int) -> int:
    """`number / divisor` as a whole number, rounded half to even."""
    whole, rest = divmod(number, divisor)
    return whole + (2 * rest > divisor or (2 * rest == divisor and whole & 1 == 1))


class _Plan(NamedTuple):
    """A Sku's list prices over time: `parts[i]` hold from `starts[i]` on, each in its hours of the day."""

    starts: list[int]
    parts: list[list[Tariff]]


class PriceBook:
    """All prices: `data` is the decoded price list, `overrides` the user's own, of which the last one that matches wins."""

    def __init__(self, data: Mapping[str, Any], overrides: Sequence[Override] = ()) -> None:
        self._list = PriceList(data)
        self._overrides = overrides
        self._plans: dict[Sku, _Plan | None] = {}
        self._own: dict[Sku, list[Override]] = {}

    @property
    def version(self) -> str:
        """The price list's version."""
        return self._list.version

    def find(self, sku: Sku, ts: int) -> Tariff | None:
        """The list price at a moment (ms, UTC), the same at every moment of the tariff; None when there is none."""
        tariff = self._at(sku, ts)
        return tariff if tariff is not None and _sells(tariff) else None

    def contracted(self, sku: Sku, ts: int) -> Tariff | None:
        """The price at a moment after the user's overrides; None when none applies, or when it lacks a list price to apply to."""
        own = next((override for override in reversed(self._matching(sku)) if override.since <= ts < override.until), None)
        listed = self.find(sku, ts)
        if own is None or (listed is None and not own.prices):
            return None
        tariff = _with_own_prices(own, listed or _unlisted(sku)) if own.prices else _scaled(listed or _unlisted(sku), own.factor)
        since, until = self.stretch(sku, ts)
        return tariff._replace(since=since, until=until, source="override", rule=own.label)

    def stretch(self, sku: Sku, ts: int) -> tuple[int, int]:
        """Around a moment, from when until when `find` and `contracted` answer the same, also where they answer None."""
        tariff = self._at(sku, ts)
        since, until = (tariff.since, tariff.until) if tariff else (0, FOREVER)
        for override in self._matching(sku):
            for edge in (override.since, override.until):
                since, until = (max(since, edge), until) if edge <= ts else (since, min(until, edge))
        return since, until

    def history(self, sku: Sku) -> list[Tariff]:
        """All list prices, past and future, in order; where they change with the time of day, each with its hours."""
        plan = self._plan(sku)
        return [tariff for parts in plan.parts for tariff in parts if _sells(tariff)] if plan else []

    # ---- the list ----------------------------------------------------------------------------------------------

    def _at(self, sku: Sku, ts: int) -> Tariff | None:
        """The list's prices at a moment, though they may be no prices per token."""
        plan = self._plan(sku)
        if plan is None:
            return None
        parts = plan.parts[max(bisect_right(plan.starts, ts) - 1, 0)]
        if len(parts) == 1:
            return parts[0]
        midnight = ts - ts % DAY
        tariff = next(part for part in reversed(parts) if ts >= midnight + part.hours[0] * MINUTE)
        since, until = (midnight + minute * MINUTE for minute in tariff.hours)
        return tariff._replace(since=max(tariff.since, since), until=min(tariff.until, until))

    def _plan(self, sku: Sku) -> _Plan | None:
        try:
            return self._plans[sku]
        except KeyError:
            plan = self._plans[sku] = self._planned(sku)
            return plan

    def _planned(self, sku: Sku) -> _Plan | None:
        name = names.read(sku)
        found = self._list.find(name, sku.tier or name.tier)
        if found is None:
            return None
        template = Tariff(0, 0, (), None, self._list.package, self.version, found.provider, found.model, found.tier_known)
        uplift = US_UPLIFT if sku.region == "us" and found.provider == "anthropic" else (1, 1)
        return self._dated(found.schedule, template, uplift)

    def _dated(self, schedule: Schedule, template: Tariff, uplift: tuple[int, int]) -> _Plan:
        """A model's schedule as tariffs."""
        starts = [entry[0] * DAY for entry in schedule]
        parts = []
        for entry, since, until in zip(schedule, starts, [*starts[1:], FOREVER], strict=True):
            clock = [0, *entry[2::2], 1440]
            tariffs = [self._tariff(row, template) for row in entry[1::2]]
            parts.append(
                [
                    _scaled(tariff, uplift, tokens_only=True)._replace(since=since, until=until, hours=hours)
                    for tariff, hours in zip(tariffs, pairwise(clock), strict=True)
                ]
            )
        return _Plan(starts, parts)

    def _tariff(self, row: int, template: Tariff) -> Tariff:
        tiers, search, call = (*self._list.rows[row], None, None, None)[:3]
        return template._replace(tiers=tuple(map(_tier, tiers or [[0]])), search=search, call=call or 0)

    # ---- the user's own ----------------------------------------------------------------------------------------

    def _matching(self, sku: Sku) -> list[Override]:
        if sku not in self._own:
            self._own[sku] = self._matched(sku) if self._overrides else []
        return self._own[sku]

    def _matched(self, sku: Sku) -> list[Override]:
        plan = self._plan(sku)
        listed = plan.parts[0][0].provider if plan else ""
        providers = (sku.provider.lower(), *names.read(sku).hosts, listed)
        models = (sku.model.strip().lower(), canonical(sku.model))
        return [override for override in self._overrides if override.matches(models, providers)]


def _tier(raw: Sequence[Price]) -> Tier:
    """A tier of the list, with what it leaves out filled in from its parent."""
    start, each, read, short, long, out = (*raw, None, None, None, None, None)[:6]
    short = each if short is None else short
    return (start or 0, each, each if read is None else read, short, short if long is None else long, out)


def _sells(tariff: Tariff) -> bool:
    tier = tariff.tiers[0]
    return tier[1] is not None or tier[5] is not None


def _scaled(tariff: Tariff, factor: tuple[int, int], *, tokens_only: bool = False) -> Tariff:
    """All prices times a fraction, each rounded half to even to a whole pico-dollar."""
    top, bottom = factor

    def times(price: Price) -> Price:
        return None if price is None else half_even(price * top, bottom)

    tiers = tuple((start, times(each), times(read), times(short), times(long), times(out)) for start, each, read, short, long, out in tariff.tiers)
    if tokens_only:
        return tariff._replace(tiers=tiers)
    return tariff._replace(tiers=tiers, search=times(tariff.search), call=times(tariff.call) or 0)


def _unlisted(sku: Sku) -> Tariff:
    """A tariff without any price, for a model that the list does not know."""
    return Tariff(0, FOREVER, ((0, None, None, None, None, None),), None, "", "", sku.provider.lower(), canonical(sku.model))


def _with_own_prices(own: Override, listed: Tariff) -> Tariff:
    """The listed tariff with the override's prices in place of the listed ones, in every tier, for every tier asked for."""
    given = [own.prices.get(bucket) for bucket in ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")]
    tiers = tuple(
        _tier([tier[0], *(theirs if mine is None else mine for mine, theirs in zip(given, tier[1:], strict=True))]) for tier in listed.tiers
    )
    return listed._replace(tiers=tiers, search=own.prices.get("search", listed.search), tier_known=True)
