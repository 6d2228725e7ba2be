"""The ledger itself: opened, made and upgraded; written whole or not at all; what it remembers."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from earnmark.book.asking import Question
from earnmark.model import Event, Fault, Lane, Session, Sku
from earnmark.store import ledger as module
from earnmark.store import schema
from earnmark.store.ledger import FileMark, Ledger, LedgerError
from tests.writing import book_in_memory, record

LANE, SKU = Lane("codex", "/src/shop"), Sku("gpt-5")


def event(key: str, output: int, rank: int | None = None, ts: int = 1_763_632_800_000, session: str = "s1") -> Event:
    return Event(key, ts, Session(session), LANE, SKU, output=output, rank=rank)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.db")


def pragma(path: str, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_new_ledger_is_write_ahead_logged_and_of_this_schema(path: str) -> None:
    Ledger.open(path).close()
    assert (pragma(path, "journal_mode"), pragma(path, "user_version"), pragma(path, "integrity_check")) == ("wal", schema.VERSION, "ok")


def test_opening_again_changes_nothing(path: str) -> None:
    first = Ledger.open(path)
    record(first, [event("a", 5)])
    first.close()
    again = Ledger.open(path)
    assert (again.witnesses(), again.unsettled) == (1, False)
    again.close()


def test_steps_are_taken_one_by_one_and_only_once(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ledger.open(path)
    record(first, [event("a", 5)])
    first.close()
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, "CREATE TABLE later (x); INSERT INTO later VALUES (1)", "UPDATE later SET x = x + 1"))
    monkeypatch.setattr(schema, "VERSION", len(schema.STEPS))
    for _ in range(2):
        again = Ledger.open(path)
        assert (again.db.execute("SELECT x FROM later").fetchall(), again.witnesses()) == ([(2,)], 1)
        again.close()
    assert pragma(path, "user_version") == len(schema.STEPS)


def test_a_step_that_fails_leaves_the_ledger_as_it_was(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ledger.open(path)
    record(first, [event("a", 5)])
    first.close()
    with monkeypatch.context() as patched:
        patched.setattr(schema, "STEPS", (*schema.STEPS, "CREATE TABLE later (x); INSERT INTO elsewhere VALUES (1)"))
        patched.setattr(schema, "VERSION", len(schema.STEPS))
        with pytest.raises(LedgerError):
            Ledger.open(path)
    again = Ledger.open(path)
    assert again.witnesses() == 1
    again.close()


def test_a_newer_ledger_is_refused(path: str) -> None:
    Ledger.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 3}")
    with pytest.raises(LedgerError, match=rf"{path} was written by a newer Earnmark \(schema {schema.VERSION + 3}\)"):
        Ledger.open(path)


def test_a_ledger_locked_for_long_says_so(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    one, other = Ledger.open(path), Ledger.open(path)
    with one.transaction(), pytest.raises(LedgerError, match=rf"{path} has been locked by another process.*Stop that process"):
        record(other, [event("a", 5)])
    record(other, [event("a", 5)])
    assert one.witnesses() == 1
    one.close()
    other.close()


def test_a_failed_transaction_leaves_nothing(path: str) -> None:
    ledger = Ledger.open(path)

    def fail() -> None:
        with ledger.transaction():
            ledger.put("name", "value")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert ledger.get("name") is None
    with ledger.transaction():
        ledger.put("name", "value")
    assert ledger.get("name") == "value"
    ledger.close()


def test_writers_take_turns(path: str) -> None:
    """Each of several connections adds to a number; no addition is lost."""

    def add() -> None:
        ledger = Ledger.open(path)
        for _ in range(25):
            with ledger.transaction():
                ledger.put("number", ledger.get("number", 0) + 1)
        ledger.close()

    Ledger.open(path).close()
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = Ledger.open(path)
    assert ledger.get("number") == 100
    ledger.close()


# ---- witnesses, calls, rollups -------------------------------------------------------------------------------------------------


def outputs(told: list[list[Event]]) -> tuple[int, int]:
    """Calls and output tokens after these portions of events."""
    with book_in_memory() as book:
        for portion in told:
            record(book.ledger, portion)
        assert book.ledger.differences() == ""
        totals = book.ask(Question(("day",)), book.zone("UTC")).totals
        return totals.calls, totals.output


@pytest.mark.parametrize("portions", [1, 3])
def test_the_witness_of_the_highest_rank_speaks_for_a_call(portions: int) -> None:
    told = [event("a", 5), event("a", 90, rank=-3), event("a", 20)]
    assert outputs([told] if portions == 1 else [[one] for one in told]) == (1, 20)


def test_a_better_witness_in_another_hour_moves_the_call() -> None:
    day = 86_400_000
    with book_in_memory() as book:
        record(book.ledger, [event("a", 5), event("b", 1)])
        record(book.ledger, [event("a", 8, ts=1_763_632_800_000 + day, session="s2")])
        rows = book.ask(Question(("day",)), book.zone("UTC")).rows
        assert [(row.keys["day"], row.calls, row.output) for row in rows] == [("2025-11-20", 1, 1), ("2025-11-21", 1, 8)]
        sessions = book.ask(Question(("session",)), book.zone("UTC")).rows
        assert {row.keys["session"]: row.output for row in sessions} == {"s1": 1, "s2": 8}


def test_every_witness_is_kept() -> None:
    with book_in_memory() as book:
        record(book.ledger, [event("a", 5), event("a", 20), event("a", 5)])
        assert book.ledger.witnesses() == 2


def test_rebuilding_changes_nothing() -> None:
    with book_in_memory() as book:
        record(book.ledger, [event(str(number), number, ts=1_763_632_800_000 + number * 1_234_567) for number in range(60)])
        zone = book.zone("UTC")
        before = book.ask(Question(("day", "session")), zone).rows
        book.ledger.rebuild()
        assert book.ask(Question(("day", "session")), zone).rows == before
        book.ledger.rebuild(900_000)
        assert book.ask(Question(("day", "session")), zone).rows == before


def test_a_rollup_that_is_wrong_is_noticed() -> None:
    with book_in_memory() as book:
        record(book.ledger, [event("a", 5)])
        assert book.ledger.differences() == ""
        book.ledger.db.execute("UPDATE rollup_hour SET output = output + 1")
        assert book.ledger.differences() == "rollup_hour: output is 6, not 5"


# ---- what it remembers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/logs/a.jsonl", "/logs/caf\u00e9.jsonl", "/logs/\udcff\udce9.jsonl"])
def test_marks_of_files_by_any_name(path: str, name: str) -> None:
    ledger = Ledger.open(path)
    mark = FileMark(name, "codex", 1, 2, 3, 400, 5, 390, b"\x00\xff", '{"a":1}')
    with ledger.transaction():
        ledger.mark([mark])
    assert ledger.file(name) == mark
    assert ledger.file_stats() == {name: (2, 3, 400, 5, 1, "codex", 0)}
    with ledger.transaction():
        ledger.mark_gone(name)
    assert ledger.file(name) == mark._replace(gone=1)
    with ledger.transaction():
        ledger.forget_file(name)
    assert ledger.file(name) is None
    ledger.close()


def test_faults_come_and_go_with_what_was_read(path: str) -> None:
    ledger = Ledger.open(path)

    def note(offsets: list[int], *, from_start: bool) -> list[int]:
        with ledger.transaction():
            ledger.note_faults([Fault("codex", "/a", offset, "why") for offset in offsets], {"/a": from_start})
        return [fault.offset for fault in ledger.faults()]

    assert note([-1], from_start=True) == [-1]
    assert note([10, 20], from_start=True) == [10, 20]
    assert note([30], from_start=False) == [10, 20, 30]
    assert note([-1], from_start=False) == [-1, 10, 20, 30]
    assert note([], from_start=False) == [10, 20, 30]
    assert note([], from_start=True) == []
    ledger.close()
