"""Carrying a ledger out and in again, in every format, without loss; and what is not one is refused whole, by name."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

from earnmark.book import Book, carrying
from earnmark.book.asking import KEYS, Line, Question
from earnmark.model import Event
from earnmark.store.ledger import EXPORTED, Ledger, LedgerError
from tests.writing import Home, Shell, book_in_memory, calls, claude, codex, codex_start, events, record, spent

FORMATS = ("jsonl", "csv", "parquet")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "one")


def carry_out(ledger: Ledger, path: Path) -> int:
    """Write a ledger in the format of the file's ending."""
    if path.suffix == ".parquet":
        return carrying.write_parquet(ledger, str(path))
    with path.open("w", encoding="utf-8", newline="") as stream:
        return (carrying.write_lines if path.suffix == ".jsonl" else carrying.write_csv)(ledger, stream)


def carry_in(ledger: Ledger, path: Path) -> tuple[int, int]:
    """The reverse: how many witnesses were offered, and how many were new."""
    if path.suffix == ".parquet":
        return carrying.bring_in(ledger, carrying.read_parquet(str(path)))
    with path.open(encoding="utf-8", newline="") as stream:
        return carrying.bring_in(ledger, (carrying.read_lines if path.suffix == ".jsonl" else carrying.read_csv)(stream, str(path)))


def answers(book: Book) -> list[list[Line]]:
    """Everything reports can show, by every key."""
    return [book.ask(Question((key,)), book.zone("UTC")).rows for key in KEYS]


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=30, deadline=None)
@given(told=events)
def test_round_trip(kind: str, told: list[Event]) -> None:
    with TemporaryDirectory() as folder, book_in_memory() as book, book_in_memory() as other:
        record(book.ledger, told)
        first, second = Path(folder, f"first.{kind}"), Path(folder, f"second.{kind}")
        assert carry_out(book.ledger, first) == len(told)
        assert carry_in(other.ledger, first) == (len(told), len(told))
        assert answers(other) == answers(book)
        assert other.ledger.differences() == ""
        carry_out(other.ledger, second)
        assert list(other.ledger.exported()) == list(book.ledger.exported())
        if kind != "parquet":
            assert second.read_bytes() == first.read_bytes()
        assert carry_in(other.ledger, second) == (len(told), 0)
        assert answers(other) == answers(book)


@pytest.mark.parametrize("kind", FORMATS)
def test_by_the_command_line(home: Home, tmp_path: Path, kind: str) -> None:
    home.write(home.claude("a"), calls(1, 30) + claude("00030", 9))
    home.write(home.codex(), codex_start() + codex("1"))
    target = tmp_path / f"all.{kind}"
    status, out, err = home.run("export", str(target))
    assert (status, out, err) == (0, "", f"31 witnesses written to {target}\n")
    other = Home(tmp_path / "two")
    status, out, err = other.run("import", str(target))
    assert (status, out, err) == (0, "31 witnesses read, 31 of them new\n", "")
    assert other.tokens() == home.tokens()
    assert other.run("import", str(target))[1] == "31 witnesses read, 0 of them new\n"
    assert other.tokens() == home.tokens()


def test_logs_read_after_an_import_of_them_add_nothing(home: Home, tmp_path: Path) -> None:
    home.write(home.claude("a"), calls(1, 10))
    target = tmp_path / "all.jsonl"
    with Book.open(home.env) as book:
        book.collect()
        carry_out(book.ledger, target)
    other = Home(tmp_path / "two")
    other.write(other.claude("a"), calls(1, 12))
    with Book.open(other.env) as book:
        assert carry_in(book.ledger, target) == (10, 10)
    assert other.counted() == spent(12)


def a_row(home: Home) -> dict[str, Any]:
    """A witness as it is exported."""
    home.write(home.claude("a"), calls(1, 1))
    home.collect()
    with Book.open(home.env) as book:
        return dict(zip(EXPORTED, next(book.ledger.exported()), strict=True))


WRONG: dict[str, tuple[str, Any]] = {
    "text for a number": ("input", "many"), "below nothing": ("output", -1), "beyond all": ("cache_read", 1 << 70), "a fraction": ("input", 1.5),
    "a truth": ("input", True), "nothing at all": ("key", None), "a number for a name": ("session", 5), "before all clocks": ("ts", 0),
    "after all clocks": ("ts", 1 << 51), "a tariff that is none": ("tariff", "{}"), "a tariff that is no JSON": ("tariff", "["),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_what_is_wrong_is_named_and_nothing_is_imported(home: Home, tmp_path: Path, kind: str, name: str, value: Any) -> None:
    row = a_row(home)
    rows = [{**row, "key": 1}, {**row, "key": 2, name: value}]
    path = tmp_path / f"bad.{kind}"
    with path.open("w", newline="") as stream:
        if kind == "jsonl":
            stream.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            writer = csv.DictWriter(stream, EXPORTED)
            writer.writeheader()
            writer.writerows(rows)
    if kind == "csv" and name == "session":
        pytest.skip("in CSV every name is text")
    with book_in_memory() as book:
        with pytest.raises(LedgerError, match=rf"bad.{kind}, line {2 if kind == 'jsonl' else 3}: .*{name}.*Nothing of the file was imported"):
            carry_in(book.ledger, path)
        assert book.ledger.witnesses() == 0


JUNK = {
    "nothing": b"", "binary": b"\x00\xff\xfe" * 1000, "prose": b"Dear diary\n", "an array": b"[1, 2]\n", "deep": b"[" * 200_000 + b"\n",
    "many digits": b'{"key": ' + b"9" * 9000 + b"}\n", "other columns": b"a,b\n1,2\n", "a long field": b'key\n"' + b"x" * 200_000 + b'"\n',
    "not closed": b'key,rank\n"1,2\n', "odd digits": "key,rank\n²,--5\n".encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_is_refused_by_name(tmp_path: Path, kind: str, junk: bytes) -> None:
    path = tmp_path / f"junk.{kind}"
    path.write_bytes(junk)
    with book_in_memory() as book:
        if not junk and kind != "parquet":
            assert carry_in(book.ledger, path) == (0, 0)
        else:
            with pytest.raises(LedgerError, match=rf"junk\.{kind}"):
                carry_in(book.ledger, path)
        assert book.ledger.witnesses() == 0


def test_a_cut_off_parquet_file(home: Home, tmp_path: Path) -> None:
    home.write(home.claude("a"), calls(1, 2000))
    home.collect()
    path = tmp_path / "cut.parquet"
    with Book.open(home.env) as book:
        carry_out(book.ledger, path)
    data = bytearray(path.read_bytes())
    data[200:20_000] = bytes(19_800)
    path.write_bytes(data)
    with book_in_memory() as book:
        with pytest.raises(LedgerError, match=r"cut\.parquet"):
            carry_in(book.ledger, path)
        assert book.ledger.witnesses() == 0


def test_a_missing_file_is_named(home: Home, shell: Shell) -> None:
    status, out, err = shell("import", "/nonexistent/all.jsonl")
    assert (status, out) == (3, "")
    assert err == "earnmark: /nonexistent/all.jsonl: No such file or directory\n"


def test_sums_that_cannot_be_kept_are_refused(home: Home) -> None:
    row = tuple(a_row(home).values())
    at = EXPORTED.index("list")
    rows = [(number, *row[1:at], 1 << 62, *row[at + 1 :]) for number in range(3)]
    with book_in_memory() as book:
        with pytest.raises(LedgerError, match="add up to more than can be kept"):
            carrying.bring_in(book.ledger, rows)
        assert book.ledger.witnesses() == 0
        assert isinstance(book.ledger.db, sqlite3.Connection)
