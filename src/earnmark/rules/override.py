"""The user's own prices: private models, negotiated discounts, markups; each with the dates it holds between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from earnmark.rules import names

PER_MILLION = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
PER_THOUSAND = ("search",)
FIELDS = ("match", "provider", "since", "until", *PER_MILLION, *PER_THOUSAND, "multiplier", "discount_pct")

MILLIONTHS = 1_000_000
FOREVER = 1 << 53
"""Later than any moment."""

DEAREST = 1_000_000
"""No price is higher, in dollars: a number above it is in the wrong unit."""


class Override(NamedTuple):
    """Prices in whole pico-dollars per token and per search that replace the listed ones, or a fraction of the listed ones.

    It holds from `since` up to, not including, `until` (ms, UTC), for models whose name as logged, or whose short name,
    matches the pattern `match`, at any provider when `provider` is "". `label` says which entry of the configuration it is.
    """

    match: str
    label: str
    provider: str = ""
    since: int = 0
    until: int = FOREVER
    prices: Mapping[str, int] = {}
    factor: tuple[int, int] = (1, 1)

    def matches(self, models: Iterable[str], providers: Iterable[str]) -> bool:
        """Whether it is about a model with one of these names at a provider with one of those (all in lower case)."""
        return (not self.provider or self.provider in providers) and any(fnmatchcase(model, self.match) for model in models)


def overrides_from(entries: Any) -> list[Override]:
    """The configuration's list of overrides. Raises ValueError naming the entry and the field that is wrong.

    Prices are in USD per million tokens (`search`: per 1000 searches); a date without a time is its midnight, UTC. `multiplier`
    and `discount_pct` are applied to the listed price one after the other, each taken to millionths.
    """
    if not isinstance(entries, list):
        raise ValueError("price overrides must be a list of tables")
    return [_override(entry, number) for number, entry in enumerate(entries, 1)]


def _override(entry: Any, number: int) -> Override:
    label = f"price override {number}"
    if not isinstance(entry, Mapping):
        raise ValueError(f"{label}: must be a table with `match` and prices, or `match` and a discount")
    match = entry.get("match")
    if not isinstance(match, str) or not match.strip():
        raise ValueError(f"{label}: `match` must name a model, or a pattern such as 'acme-*'")
    label = f"{label} ({match})"
    for field in entry:
        if field not in FIELDS:
            raise ValueError(f"{label}: `{field}` is not known here; there are {', '.join(FIELDS)}")
    provider = entry.get("provider", "")
    if not isinstance(provider, str):
        raise ValueError(f"{label}: `provider` must be a name")
    since, until = _moment(entry, "since", label, 0), _moment(entry, "until", label, FOREVER)
    if since >= until:
        raise ValueError(f"{label}: `until` must be later than `since`")
    prices = {field: round(_number(entry, field, label, DEAREST) * MILLIONTHS) for field in PER_MILLION if field in entry}
    prices |= {field: round(_number(entry, field, label, DEAREST) * MILLIONTHS) * 1000 for field in PER_THOUSAND if field in entry}
    factor = _factor(entry, label)
    if bool(prices) == (factor is not None):
        raise ValueError(f"{label}: give either prices or `multiplier` and `discount_pct`")
    return Override(match.strip().lower(), label, names.provider(provider), since, until, prices, factor or (1, 1))


def _factor(entry: Mapping[str, Any], label: str) -> tuple[int, int] | None:
    """What the listed price is multiplied with, as a fraction; None when the entry does not say."""
    if "multiplier" not in entry and "discount_pct" not in entry:
        return None
    times = round(_number(entry, "multiplier", label, 1000) * MILLIONTHS) if "multiplier" in entry else MILLIONTHS
    off = round(_number(entry, "discount_pct", label, 100) * MILLIONTHS) if "discount_pct" in entry else 0
    return times * (100 * MILLIONTHS - off), 100 * MILLIONTHS * MILLIONTHS


def _number(entry: Mapping[str, Any], field: str, label: str, most: int) -> float:
    value = entry[field]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{label}: `{field}` must be a number from 0 to {most}, not {value!r}")
    return value


def _moment(entry: Mapping[str, Any], field: str, label: str, default: int) -> int:
    """A date or time, as text or as TOML reads it, in ms; without a zone it is UTC."""
    if field not in entry:
        return default
    from datetime import UTC, datetime

    value = entry[field]
    written = value if isinstance(value, str) else value.isoformat() if hasattr(value, "isoformat") else ""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{label}: `{field}` must be a date such as 2026-11-30, not {str(value)!r}") from None
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
