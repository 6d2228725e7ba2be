"""Write `src/earnmark/rules/prices.json`: the prices of the installed genai-prices, in the shape `PriceBook` reads.

Run as `python -m tools.snapshot_prices` after the package was updated. The file depends on the package alone: the same
version gives the same bytes.

    {"format": 1, "package": "genai-prices", "version": its version, "rows": [row, ...], "providers": {id: provider, ...}}

* provider: [how a model name points to it, how a provider's name does, providers whose models it also serves, models].
* model: [id, match, schedule, {"processing=batch": schedule, ...}], the last one only where there are variants.
* match: a clause, or several of which one must hold: "=name" is, "^name" begins with, "$name" ends with, "~name"
  contains, "/re" is found by the regular expression, ["&", ...] all hold. "=" alone stands for the model's id.
* schedule: [[day, row], ...]: from that day since 1970 (UTC) the prices in that row hold. A price that depends on the time
  of day is [day, row, minute, row, ...]: the first row from midnight, each other from its minute of the day (UTC).
* row: [tiers, search, call]; tier: [start, input, cache read, cache write, cache write for 1 h, output]. What is not sold
  is null; nulls at an end are left out. All prices are whole pico-dollars (1e-12 USD): per token, per web search, per call.

Two things are worked out here. The list names batch, flex and priority prices from the day on which they were added to it:
before that day a variant keeps the share of the standard price that it had on that day. And a model without prices costs
nothing if the list calls it free; if it does not, it has no price.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers

TARGET = Path(__file__).parent.parent / "src" / "earnmark" / "rules" / "prices.json"

BUCKETS = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok", "output_mtok")
UNITS = ("web_searches_kcount", "requests_kcount")
OTHER = ("audio", "image", "video", "document", "mchars", "messages", "reasoning", "citation", "storage_searches")
"""What price keys are left out by: parts of other keys that coding agents' logs do not count."""

FREE = (":free", "(free)", "free of charge", "included in the subscription")
"""What the list says, in a model's id, name or comment, of one that costs nothing."""

PRICE_CLAUSES = {"StartsWith": ("^", "starts_with"), "EndsWith": ("$", "ends_with"), "Contains": ("~", "contains"), "Equals": ("=", "equals")}

Constraint = types.StartDateConstraint | types.TimeOfDateConstraint | None
Price = Decimal | types.TieredPrices
Prices = dict[str, Price]


def snapshot() -> dict[str, Any]:
    """The price list of the installed package, JSON-plain."""
    rows: dict[str, int] = {}
    found = {provider.id: _provider(provider, rows) for provider in providers}
    return {
        "format": 1,
        "package": "genai-prices",
        "version": version("genai-prices"),
        "rows": [json.loads(row) for row in rows],
        "providers": found,
    }


def text(data: dict[str, Any]) -> str:
    """The file's content: compact, one provider a line."""
    head = {name: value for name, value in data.items() if name != "providers"}
    lines = ",\n".join(f"{_dump(name)}:{_dump(value)}" for name, value in data["providers"].items())
    return f'{_dump(head)[:-1]},"providers":{{\n{lines}\n}}}}\n'


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _provider(provider: types.Provider, rows: dict[str, int]) -> list[Any]:
    named, called = provider.model_match, provider.provider_match
    models = [_model(model, rows) for model in provider.models]
    return [_match(named) if named else None, _match(called) if called else None, provider.fallback_model_providers or [], models]


def _model(model: types.ModelInfo, rows: dict[str, int]) -> list[Any]:
    match = _match(model.match, model.id)
    contexts = {next(iter(variant.when.items())) for variant in model.price_variants or () if len(variant.when) == 1}
    if any(len(variant.when) != 1 for variant in model.price_variants or ()):
        raise ValueError(f"{model.id} has a price variant with several conditions")
    row = [model.id, match, _schedule(model, None, rows)]
    variants = {f"{name}={value}": _schedule(model, (name, value), rows) for name, value in sorted(contexts)}
    return [*row, variants] if variants else row


# ---- matching ------------------------------------------------------------------------------------------------------


def _match(clause: Any, name: str = "") -> Any:
    """A clause as text; alternatives as a list."""
    if isinstance(clause, types.ClauseOr):
        parts = [part for inner in clause.or_ for part in _listed(_match(inner, name))]
        parts = list(dict.fromkeys(parts)) if all(isinstance(part, str) for part in parts) else parts
        return parts if len(parts) > 1 else parts[0]
    if isinstance(clause, types.ClauseAnd):
        return [["&", *(_match(inner) for inner in clause.and_)]]
    if isinstance(clause, types.ClauseRegex):
        return f"/{clause.regex}"
    mark, field = PRICE_CLAUSES[type(clause).__name__.removeprefix("Clause")]
    value = getattr(clause, field).lower()
    return "=" if mark == "=" and value == name.lower() else f"{mark}{value}"


def _listed(match: Any) -> list[Any]:
    return match if isinstance(match, list) else [match]


# ---- dates ---------------------------------------------------------------------------------------------------------


def _schedule(model: types.ModelInfo, context: tuple[str, str] | None, rows: dict[str, int]) -> list[list[int]]:
    """From which day, and from which minute of it, which row of prices holds."""
    conditions = [price.constraint for price in model.prices] if isinstance(model.prices, list) else []
    conditions += [variant.constraint for variant in model.price_variants or () if context]
    days = {_day(condition) for condition in conditions if isinstance(condition, types.StartDateConstraint)}
    minutes = {minute for condition in conditions for minute in _minutes(condition)}
    entries: list[list[int]] = []
    for day in sorted(days | {0}):
        parts: list[int] = []
        for minute in sorted(minutes | {0}):
            row = _row(_prices(model, day, minute, context), rows)
            if not parts or parts[-1] != row:
                parts += [minute, row]
        if not entries or entries[-1][1:] != parts[1:]:
            entries.append([day, *parts[1:]])
    return entries


def _day(condition: types.StartDateConstraint) -> int:
    return condition.start_date.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _minutes(condition: Constraint) -> list[int]:
    if not isinstance(condition, types.TimeOfDateConstraint):
        return []
    return [_minute(condition.start_time), _minute(condition.end_time)]


def _minute(value: time) -> int:
    if value.second or value.microsecond or value.utcoffset() not in (None, timedelta(0)):
        raise ValueError(f"{value} is not a whole minute in UTC")
    return value.hour * 60 + value.minute


def _at(day: int, minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute)


def _prices(model: types.ModelInfo, day: int, minute: int, context: tuple[str, str] | None) -> Prices:
    """The prices in force at a moment, as the package itself finds them; see the module's docstring for early variants."""
    standard = _known(model.get_prices(_at(day, minute)))
    if not model.get_prices(_at(day, minute)).__dict__ and _free(model):
        return dict.fromkeys(BUCKETS, Decimal(0))
    if context is None:
        return standard
    starts = [variant.constraint for variant in model.price_variants or () if variant.when == dict([context])]
    if any(isinstance(start, types.TimeOfDateConstraint) for start in starts):
        raise ValueError(f"{model.id} has a price variant that depends on the time of day")
    first = min(_day(start) if isinstance(start, types.StartDateConstraint) else 0 for start in starts)
    if day >= first:
        return _known(model.get_prices(_at(day, minute), dict([context])))
    then = _known(model.get_prices(_at(first, minute)))
    variant = _known(model.get_prices(_at(first, minute), dict([context])))
    if standard == then:
        return variant
    return {key: _in_proportion(price, then.get(key), variant.get(key)) for key, price in standard.items()}


def _free(model: types.ModelInfo) -> bool:
    said = f"{model.id} {model.name} {model.price_comments}".lower()
    return any(words in said for words in FREE)


def _in_proportion(price: Price, then: Price | None, variant: Price | None) -> Price:
    """What a variant would have cost when the standard price was `price`, going by what both cost later."""
    if then is None or variant is None:
        return price
    if price == then:
        return variant
    share = _base(variant) / _base(then)
    if isinstance(price, Decimal):
        return price * share
    return types.TieredPrices(price.base * share, [types.Tier(tier.start, tier.price * share) for tier in price.tiers])


def _base(price: Price) -> Decimal:
    return price if isinstance(price, Decimal) else price.base


def _known(prices: types.ModelPrice) -> Prices:
    """The prices of what logs count. Raises for a kind of price that nobody has decided about."""
    for key in prices.__dict__:
        if key not in (*BUCKETS, *UNITS) and not any(part in key for part in OTHER):
            raise ValueError(f"the price list sells something new: {key}")
    return {key: price for key in (*BUCKETS, *UNITS) if (price := prices.__dict__.get(key)) is not None}


# ---- rows ----------------------------------------------------------------------------------------------------------


def _row(prices: Prices, rows: dict[str, int]) -> int:
    """The number of the row that holds these prices; a new one where there is none yet."""
    starts = sorted({0, *(tier.start for price in prices.values() if not isinstance(price, Decimal) for tier in price.tiers)})
    tiers = [_trim([start, *(_pico(_above(prices.get(key), start), 10**6) for key in BUCKETS)]) for start in starts]
    each = [_pico(_above(prices.get(key), 0), 10**9) for key in UNITS]
    return rows.setdefault(json.dumps(_trim([tiers, *each])), len(rows))


def _above(price: Price | None, start: int) -> Decimal | None:
    """The price of a request with more input than `start`."""
    if price is None or isinstance(price, Decimal):
        return price
    return [price.base, *(tier.price for tier in price.tiers if tier.start <= start)][-1]


def _pico(price: Decimal | None, factor: int) -> int | None:
    """Whole pico-dollars, to the nearest (half to even): finer prices are binary fractions of a rounder one."""
    return None if price is None else int((price * factor).to_integral_value())


def _trim(values: list[Any]) -> list[Any]:
    while values and values[-1] is None:
        values.pop()
    return values


if __name__ == "__main__":
    content = text(snapshot())
    TARGET.write_text(content, encoding="utf-8")
    sys.stdout.write(f"{TARGET}: {len(content):,} characters\n")
