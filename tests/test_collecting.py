"""Collecting: only what was appended is read again, and no way a log can change makes a call count twice or get lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from earnmark import sources
from earnmark.book import Book, collecting
from earnmark.model import Event
from earnmark.sources.reading import File
from tests.writing import Home, Tokens, calls, claude, codex, codex_start, spent


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Where each file was begun to be read at last, by file name."""
    seen: dict[str, int] = {}
    usual = File.__init__

    def noting(self: File, source: str, path: str, start: int = 0, *rest: object) -> None:
        seen[os.path.basename(path)] = start
        usual(self, source, path, start, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(File, "__init__", noting)
    return seen


# ---- growing -----------------------------------------------------------------------------------------------------------


def test_nothing_new_reads_nothing(home: Home, starts: dict[str, int]) -> None:
    home.write(home.claude("a"), calls(1, 10))
    assert home.counted() == spent(10)
    starts.clear()
    done = home.collect()
    assert (done.files, done.read, done.bytes, done.changed) == (1, 0, 0, False)
    assert starts == {}


def test_only_appended_bytes_are_read(home: Home, starts: dict[str, int]) -> None:
    path = home.write(home.claude("a"), calls(1, 200))
    other = home.write(home.claude("b"), calls(201, 300))
    assert home.counted() == spent(300)
    size = path.stat().st_size
    starts.clear()
    home.append(path, calls(301, 302))
    done = home.collect()
    assert done.bytes == len(calls(301, 302))
    assert starts == {"a.jsonl": size}
    assert home.tokens() == spent(302)
    assert other.exists()


def test_the_same_in_codex(home: Home, starts: dict[str, int]) -> None:
    path = home.write(home.codex(), codex_start() + codex("1") + codex("2"))
    assert home.counted() == Tokens(2, 6, 200, 0, 0, 14)
    size = path.stat().st_size
    home.append(path, codex("3"))
    assert home.counted() == Tokens(3, 9, 300, 0, 0, 21)
    assert starts[path.name] == size


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_reading_in_pieces_is_reading_once(home: Home, pieces: int) -> None:
    text = calls(1, 9).encode() + claude("00009", 5).encode() + calls(10, 12).encode()
    size = len(text) // pieces
    path = home.claude("a")
    for begin in range(0, len(text), size):
        home.append(path, text[begin : begin + size])
        home.collect()
    assert home.tokens() == spent(12)


def test_a_repeated_row_completed_later_counts_once(home: Home) -> None:
    path = home.write(home.claude("a"), claude("x", 1))
    assert home.counted() == spent(1, 1)
    home.append(path, claude("x", 50))
    assert home.counted() == spent(1, 50)
    home.append(path, claude("x", 9))
    assert home.counted() == spent(1, 50)


def test_torn_last_line_waits_for_its_end(home: Home) -> None:
    line = claude("late", 11)
    path = home.write(home.claude("a"), calls(1, 3) + line[:150])
    assert home.counted() == spent(3)
    assert home.faults() == []
    home.append(path, line[150:])
    total = home.counted()
    assert (total.calls, total.output) == (4, 3 * 7 + 11)
    assert home.faults() == []


# ---- changing under the reader --------------------------------------------------------------------------------------------


def test_rewritten_longer(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 5))
    home.collect()
    home.write(path, calls(6, 20))
    assert home.counted() == spent(20)


def test_rewritten_shorter(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 20))
    home.collect()
    home.write(path, calls(21, 22))
    assert home.counted() == spent(22)


@pytest.mark.parametrize("changed", [(1, 40), (18, 22)], ids=["all of it", "only the middle"])
def test_rewritten_in_the_same_size(home: Home, changed: tuple[int, int]) -> None:
    first, last = changed
    text = calls(1, 40)
    path = home.write(home.claude("a"), text)
    assert home.counted() == spent(40)
    size, inode = path.stat().st_size, path.stat().st_ino
    home.write(path, calls(1, first - 1) + calls(100 + first, 100 + last) + calls(last + 1, 40))
    assert (path.stat().st_size, path.stat().st_ino) == (size, inode)
    assert home.counted() == spent(40 + last - first + 1)


def test_touched_only(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 5))
    home.collect()
    os.utime(path, (1, 1))
    assert home.counted() == spent(5)
    assert not home.collect().read


def test_truncated_then_grown(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 10))
    home.collect()
    home.write(path, calls(1, 4))
    assert home.counted() == spent(10)
    home.append(path, calls(11, 13))
    assert home.counted() == spent(13)
    home.write(path, b"")
    assert home.counted() == spent(13)


def test_replaced_by_another_file(home: Home) -> None:
    """Editors and sync tools write a new file and rename it over the old one."""
    path = home.write(home.claude("a"), calls(1, 10))
    home.collect()
    fresh = home.write(path.with_suffix(".tmp"), calls(1, 12))
    fresh.rename(path)
    assert home.counted() == spent(12)


@pytest.mark.parametrize("old", ["a.jsonl.1", "a.1.jsonl"], ids=["no log any more", "still a log"])
def test_rotated(home: Home, old: str) -> None:
    path = home.write(home.claude("a"), calls(1, 10))
    home.collect()
    path.rename(path.with_name(old))
    home.write(path, calls(11, 12))
    assert home.counted() == spent(12)
    home.append(path, calls(13, 30))
    assert home.counted() == spent(30)


def test_renamed_is_read_on_from_where_it_was_left(home: Home, starts: dict[str, int]) -> None:
    path = home.write(home.claude("a"), calls(1, 10))
    home.collect()
    size = path.stat().st_size
    moved = path.rename(path.with_name("b.jsonl"))
    home.append(moved, calls(11, 12))
    assert home.counted() == spent(12)
    assert starts["b.jsonl"] == size


def test_moved_to_the_archive(home: Home) -> None:
    path = home.write(home.codex(), codex_start() + codex("1") + codex("2"))
    home.collect()
    archived = home.codex(folder="archived_sessions")
    archived.parent.mkdir(parents=True)
    path.rename(archived)
    assert home.counted() == Tokens(2, 6, 200, 0, 0, 14)
    home.append(archived, codex("3"))
    assert home.counted() == Tokens(3, 9, 300, 0, 0, 21)


def test_copied_to_the_archive(home: Home) -> None:
    text = codex_start() + codex("1") + codex("2")
    home.write(home.codex(), text)
    home.write(home.codex(folder="archived_sessions"), text)
    assert home.counted() == Tokens(2, 6, 200, 0, 0, 14)


def test_deleted_stays_in_the_ledger(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 10))
    other = home.write(home.claude("b"), calls(11, 12))
    home.collect()
    path.unlink()
    assert home.counted() == spent(12)
    other.unlink()
    other.parent.rmdir()
    assert home.counted() == spent(12)


def test_deleted_and_back_again(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 10))
    home.collect()
    aside = path.rename(home.logs / "aside")
    home.collect()
    aside.rename(path)
    assert home.counted() == spent(10)
    home.append(path, calls(11, 11))
    assert home.counted() == spent(11)
    assert not home.collect().read


# ---- several places -------------------------------------------------------------------------------------------------------


def test_two_directories_with_copies(home: Home) -> None:
    home.write(home.claude("a"), calls(1, 10))
    home.write(home.logs / ".config" / "claude" / "projects" / "-src-shop" / "a.jsonl", calls(1, 10))
    home.write(home.logs / ".config" / "claude" / "projects" / "-src-shop" / "b.jsonl", calls(5, 15))
    assert home.counted() == spent(15)


def test_linked_project_directory(home: Home) -> None:
    elsewhere = home.logs / "disk2" / "-src-mobile"
    home.write(elsewhere / "a.jsonl", calls(1, 10))
    home.write(home.claude("b"), calls(11, 12))
    home.claude("b").parent.parent.joinpath("-src-mobile").symlink_to(elsewhere)
    done = home.collect()
    assert (home.tokens(), done.files) == (spent(12), 2)
    assert home.faults() == []


def test_link_to_a_directory_whose_name_begins_that_of_the_links(home: Home) -> None:
    projects = home.claude("x").parent.parent
    target = home.logs / ".claude" / "pro"
    home.write(target / "a.jsonl", calls(1, 3))
    projects.mkdir(parents=True)
    (projects / "linked").symlink_to(target)
    assert home.counted() == spent(3)


def test_link_loops_end(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 4))
    (path.parent / "up").symlink_to(path.parent.parent)
    (path.parent / "here").symlink_to(path.parent)
    (path.parent / "self").symlink_to("self")
    for name, other in (("one", "two"), ("two", "one")):
        folder = path.parent.parent / name
        folder.mkdir()
        (folder / "link").symlink_to(path.parent.parent / other)
    done = home.collect()
    assert (home.tokens(), done.files) == (spent(4), 1)
    assert [fault.path for fault in home.faults()] == [str(path.parent / "self")]


def test_two_links_to_one_log(home: Home) -> None:
    path = home.write(home.claude("a"), calls(1, 4))
    (path.parent / "b.jsonl").symlink_to(path)
    os.link(path, path.parent / "c.jsonl")
    assert (home.collect().files, home.tokens()) == (1, spent(4))


# ---- readers and settings that change -------------------------------------------------------------------------------------


def test_a_newer_reader_reads_again_and_doubles_nothing(home: Home, monkeypatch: pytest.MonkeyPatch, starts: dict[str, int]) -> None:
    home.write(home.claude("a"), calls(1, 10))
    home.collect()
    newer = sources.load("claude_code")._replace(version=99)
    monkeypatch.setattr(sources, "load", lambda name: newer)
    monkeypatch.setattr(sources, "everything", lambda: (newer,))
    monkeypatch.setattr("earnmark.book.__version__", "99")
    starts.clear()
    done = home.collect()
    assert (done.read, starts) == (1, {"a.jsonl": 0})
    assert home.tokens() == spent(10)
    assert not home.collect().read


@pytest.mark.parametrize("told", [1, 400], ids=["less", "more"])
def test_what_a_newer_reader_makes_of_a_log_takes_the_place_of_what_the_older_one_did(home: Home, monkeypatch: pytest.MonkeyPatch, told: int) -> None:
    home.write(home.claude("kept"), calls(1, 10))
    gone = home.write(home.claude("gone"), calls(11, 12))
    home.collect()
    gone.unlink()
    older = sources.load("claude_code")

    def read(file: File) -> Iterator[Event]:
        return (event._replace(output=told, rank=told) for event in older.read(file))

    newer = older._replace(version=99, read=read)
    monkeypatch.setattr(sources, "load", lambda name: newer)
    monkeypatch.setattr(sources, "everything", lambda: (newer,))
    monkeypatch.setattr("earnmark.book.__version__", "99")
    for _ in range(2):
        home.collect()
        assert home.tokens() == spent(12)._replace(output=10 * told + 2 * 7)


def test_another_directory_is_looked_in_once_it_is_named(home: Home) -> None:
    home.write(home.claude("a"), calls(1, 2))
    home.collect()
    home.write(home.logs / "work" / "projects" / "p" / "b.jsonl", calls(3, 4))
    with Book.open({**home.env, "CLAUDE_CONFIG_DIR": f"{home.logs}/.claude,{home.logs}/work"}) as book:
        assert book.collect().files == 2
    assert home.tokens() == spent(4)


# ---- running totals: sources that remember over all files ------------------------------------------------------------------


def droid(home: Home, name: str, total: int) -> Path:
    """A Droid session whose running output total is so high by now."""
    usage = {"inputTokens": 1, "outputTokens": total}
    settings = {"model": "gpt-5", "tokenUsage": usage, "providerLockTimestamp": "2026-11-20T10:00:00.000Z"}
    return home.write(home.logs / ".factory" / "sessions" / "p" / f"{name}.settings.json", json.dumps(settings))


def test_running_totals_count_their_growth(home: Home) -> None:
    for total in (10, 10, 25, 40):
        droid(home, "a", total)
        home.collect()
    assert home.tokens().output == 40


@pytest.mark.parametrize("limit", ["BATCH", "FILES"])
def test_running_totals_survive_an_end_between_two_writes(home: Home, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """What was written of a source and what it remembers are written together, however little at a time."""
    monkeypatch.setattr(collecting, limit, 1)
    monkeypatch.setattr(collecting, "COMMIT_EVERY", 1)
    for number in range(6):
        droid(home, f"s{number}", 100)
    with pytest.raises(Stopped):
        stopped_after(home, monkeypatch, 3)
    for number in range(6):
        droid(home, f"s{number}", 150)
    assert home.counted().output == 6 * 150


class Stopped(BaseException):
    """As far as the ledger goes, a kill."""


def stopped_after(home: Home, monkeypatch: pytest.MonkeyPatch, commits: int) -> None:
    """Collect until so many transactions are written, and no further."""
    from earnmark.store.ledger import Ledger

    usual: Callable[[Ledger], object] = Ledger.transaction
    left = iter(range(commits))

    def counting(self: Ledger) -> object:
        if next(left, None) is None:
            raise Stopped
        return usual(self)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "transaction", counting)
        home.collect()


def test_running_totals_count_once_when_another_process_was_faster(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and writing, another process reads the same session at a later total."""
    droid(home, "a", 100)
    usual = collecting.read

    def overtaken(*arguments: object) -> object:
        batches = list(usual(*arguments))  # type: ignore[arg-type]
        monkeypatch.setattr(collecting, "read", usual)
        droid(home, "a", 150)
        home.collect()
        return iter(batches)

    monkeypatch.setattr(collecting, "read", overtaken)
    home.collect()
    assert home.counted().output == 150


# ---- an end between reading and adding up ----------------------------------------------------------------------------------


def test_what_was_written_but_not_added_up_is_added_up_next_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write(home.claude("a"), calls(1, 10))
    with pytest.raises(Stopped):
        stopped_after(home, monkeypatch, 2)
    assert home.counted() == spent(10)


def test_many_small_writes_are_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "BATCH", 3)
    monkeypatch.setattr(collecting, "COMMIT_EVERY", 2)
    monkeypatch.setattr(collecting, "SHARED_FROM", 1)
    for number in range(9):
        home.write(home.claude(f"s{number}"), calls(number * 10 + 1, number * 10 + 10))
    assert home.counted() == spent(90)
