"""Pricing again: only what has changed changes, everything adds up after it, and to price twice is to price once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from earnmark.book import Book
from earnmark.book.asking import Line, Question
from earnmark.book.pricing import Prices
from earnmark.book.repricing import reprice
from earnmark.model import Event
from tests.writing import PRICES, Home, Shell, book_in_memory, calls, claude, events, record

DOUBLE: list[dict[str, Any]] = [{"match": "*", "multiplier": 2}]


def total(book: Book) -> Line:
    return book.ask(Question(("source",)), book.zone("UTC")).totals


@settings(max_examples=40, deadline=None)
@given(events)
def test_the_same_prices_change_nothing(told: list[Event]) -> None:
    with book_in_memory() as book:
        record(book.ledger, told)
        before = total(book)
        changed, cost, after = reprice(book.ledger, PRICES.fresh(), only_unpriced=False)
        assert (changed, cost, after) == (0, before.cost, before.cost)
        assert total(book) == before
        assert book.ledger.differences() == ""


@settings(max_examples=40, deadline=None)
@given(events)
def test_pricing_again_is_pricing_so_from_the_start(told: list[Event]) -> None:
    doubled = Prices(DOUBLE, "doubled")
    with book_in_memory() as book, book_in_memory() as other:
        record(book.ledger, told)
        record(other.ledger, told, doubled)
        reprice(book.ledger, doubled, only_unpriced=False)
        assert total(book) == total(other)
        assert book.ledger.differences() == ""
        assert reprice(book.ledger, doubled, only_unpriced=False)[0] == 0
        reprice(book.ledger, PRICES.fresh(), only_unpriced=False)
        assert total(book).cost == total(book).list


def settle_prices(home: Home, text: str) -> None:
    home.data.mkdir(parents=True, exist_ok=True)
    (home.data / "config.toml").write_text(text)


def costs(shell: Shell) -> dict[str, tuple[str | None, int]]:
    """Cost and unpriced tokens by model."""
    status, out, _ = shell("model", "--json", "--last", "999d")
    assert status == 0
    return {row["model"]: (row["cost_usd"], row["unpriced_tokens"]) for row in json.loads(out)["rows"]}


def test_a_private_model_gets_its_price(home: Home, shell: Shell) -> None:
    private = claude("p1", 1000).replace("claude-sonnet-4-5", "acme-private-9")
    home.write(home.claude("a"), calls(1, 10) + private)
    before = costs(shell)
    assert before["acme-private-9"] == (None, 1123)
    settle_prices(home, '[[prices]]\nmatch = "acme-private-9"\ninput = 1\noutput = 10\ncache_read = 0.1\ncache_write_5m = 2\n')
    status, out, err = shell("reprice", "--unpriced")
    assert (status, err) == (0, "")
    assert "1" in out
    after = costs(shell)
    known = next(name for name in before if name != "acme-private-9")
    assert after[known] == before[known]
    assert after["acme-private-9"][1] == 0
    assert float(after["acme-private-9"][0] or 0) == pytest.approx((3 * 1 + 1000 * 10 + 100 * 0.1 + 20 * 2) / 1e6, abs=1e-9)


def test_a_discount_applies_to_what_was_already_read(home: Home, shell: Shell) -> None:
    home.write(home.claude("a"), calls(1, 1000))
    [(full, unpriced)] = costs(shell).values()
    assert unpriced == 0
    settle_prices(home, '[[prices]]\nmatch = "claude-*"\nmultiplier = 0.5\n')
    assert shell("reprice")[0] == 0
    [(half, _)] = costs(shell).values()
    assert float(half or 0) * 2 == pytest.approx(float(full or 0))
    settle_prices(home, "")
    assert shell("reprice")[0] == 0
    [(again, _)] = costs(shell).values()
    assert again == full


def test_an_end_in_the_middle_changes_no_price(home: Home) -> None:
    home.write(home.claude("a"), calls(1, 50))
    home.collect()

    class Failing(Prices):
        def find(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    with Book.open(home.env) as book:
        before = total(book)
        with pytest.raises(KeyboardInterrupt):
            reprice(book.ledger, Failing([], "x"), only_unpriced=False)
        assert total(book) == before
        assert book.ledger.differences() == ""
