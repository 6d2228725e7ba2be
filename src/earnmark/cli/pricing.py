"""`earnmark price` and `earnmark reprice`: what models cost, and pricing calls again."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from earnmark.book import Book, now_ms
from earnmark.book.config import ConfigError
from earnmark.book.contract import iso
from earnmark.cli.asked import paper
from earnmark.cli.reports import write_json
from earnmark.cli.terminal import Column, Paper, printable, table, wrapped
from earnmark.model import Sku
from earnmark.rules.calendar import DAY, parse_date
from earnmark.rules.price import FOREVER, Tariff, canonical

PRICES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def show(given: Namespace) -> int:
    """Print what a model costs."""
    with Book.open() as book:
        ts = _moment(given.at) if given.at else now_ms()
        sku = Sku(given.model, given.provider, given.tier)
        _, _, listed, contracted = book.prices.fresh().find(sku, ts)
        history = book.prices.book.history(sku)
        if given.json:
            write_json({
                "model": given.model, "canonical": canonical(given.model), "at": iso(ts), "list": _data(listed), "contracted": _data(contracted),
                "history": [_data(tariff) for tariff in history],
            })  # fmt: skip
        elif listed is None and contracted is None:
            return _unknown(book, given)
        else:
            _print(paper(book), given, ts, listed, contracted, history)
        return 0 if listed or contracted else 1


def _moment(text: str) -> int:
    try:
        day, hour = parse_date(text)
    except ValueError as error:
        raise ConfigError(f"--at: {error}") from None
    return day * DAY + hour * 3_600_000


def per_million(pico: int | None) -> str:
    """A price in pico-dollars per token as dollars per million tokens: $0.25 is 250,000."""
    if pico is None:
        return "–"
    text = f"{pico // 1_000_000}.{pico % 1_000_000:06}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"${whole}.{fraction:0<2}"


def _data(tariff: Tariff | None) -> dict[str, Any] | None:
    if tariff is None:
        return None
    tiers = [
        {"above_tokens": tier[0], **{name: None if price is None else price / 1e6 for name, price in zip(PRICES, tier[1:], strict=True)}}
        for tier in tariff.tiers
    ]
    return {
        "provider": tariff.provider, "model": tariff.model, "since": iso(tariff.since), "until": iso(tariff.until) if tariff.until < FOREVER else None,
        "usd_per_million": tiers, "usd_per_thousand_searches": None if tariff.search is None else tariff.search / 1e9,
        "tier_known": tariff.tier_known, "source": tariff.source, "version": tariff.version,
    }  # fmt: skip


def _print(page: Paper, given: Namespace, ts: int, listed: Tariff | None, contracted: Tariff | None, history: list[Tariff]) -> None:
    tariff = contracted or listed
    if tariff is None:
        return
    page.line(f"{page.style(printable(tariff.model), 'bold')}  {printable(tariff.provider)}")
    for line in wrapped(f"US dollars per million tokens on {(iso(ts) or '')[:10]} · {tariff.source} {tariff.version}", page.width):
        page.line(page.style(line, "dim"))
    page.line()
    columns = [
        Column("", right=False),
        Column("Input"),
        Column("Cache read", spare=1),
        Column("Write 5m", spare=2),
        Column("Write 1h", spare=3),
        Column("Output"),
    ]
    rows = []
    for name, one in (("yours", contracted), ("list", listed)):
        for tier in one.tiers if one else ():
            label = name if not tier[0] else f"{name}, prompts over {tier[0]:,}"
            rows.append([label, *map(per_million, tier[1:])])
    table(page, columns, rows)
    if tariff.search:
        page.line(f"Web search {per_million(tariff.search // 1000)} per thousand")
    if given.tier and not tariff.tier_known:
        page.line(page.style(f"There is no {given.tier} price for this model: the standard one is shown", "yellow"))
    if len(history) > 1:
        page.line()
        page.line(page.style("History", "dim"))
        for one in history:
            first = "from the start" if one.since <= 0 else (iso(one.since) or "")[:10]
            page.line(f"  {first:<15} input {per_million(one.tiers[0][1])}, output {per_million(one.tiers[0][5])}")


def _unknown(book: Book, given: Namespace) -> int:
    from difflib import get_close_matches

    from earnmark.store.query import skus

    close = get_close_matches(canonical(given.model), sorted({row[5] for row in skus(book.ledger)} - {canonical(given.model)}), 1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    sys.stderr.write(
        f'earnmark: no price is known for "{given.model}".{hint} Its tokens are counted and shown as unpriced. '
        f"Give it a price with a [[prices]] entry in {book.config.path} (earnmark config schema)\n"
    )
    return 1


def again(given: Namespace) -> int:
    """Price calls again, and say what changed."""
    with Book.open() as book:
        calls, before, after = book.reprice(only_unpriced=given.unpriced)
        from earnmark.rules.number import dollars

        said = f"{calls:,} call{' has' if calls == 1 else 's have'} another price now: {dollars(before)} became {dollars(after)} in all"
        sys.stdout.write(f"{said if calls else f'Every call has the price now in force: {dollars(after)} in all'}\n")
        for warning in book.warnings:
            sys.stderr.write(f"earnmark: {warning}\n")
        return 3 if book.warnings else 0
