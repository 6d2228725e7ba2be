"""Bad input: each kind gives one clear message that names the place and the remedy, the rest is counted, exit codes mean something."""

from __future__ import annotations

import builtins
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from earnmark.book import Book, collecting
from earnmark.store.ledger import LedgerError
from earnmark.store.schema import VERSION
from tests.writing import Home, Shell, Tokens, calls, claude, codex, codex_start, spent

GOOD = calls(1, 5)


def told_of(home: Home, path: Path) -> list[str]:
    """What is said to be unreadable of one file."""
    return [fault.reason for fault in home.faults() if fault.path == str(path)]


def faults_listed(shell: Shell) -> list[dict[str, Any]]:
    """What `earnmark sources` could not read."""
    _, out, _ = shell("sources", "--json")
    return [fault for source in json.loads(out)["sources"] for fault in source["faults"]]


# ---- lines ---------------------------------------------------------------------------------------------------------------

NO_ROWS = {
    "nothing": b"",
    "only newlines": b"\n\n\r\n\n",
    "binary junk": bytes(range(256)) * 40,
    "zeros": bytes(100_000),
    "no JSON": b'once upon a time\nthere was "usage"\n',
    "an archive": b"\x1f\x8b\x08\x00" + b"\x00\xff" * 5000 + b"\n",
    "UTF-16": '{"type":"assistant","message":{"usage":{}}}\n'.encode("utf-16"),
    "deep nesting": b'{"usage":' + b"[" * 100_000 + b"\n",
    "a number of many digits": b'{"type":"assistant","message":{"usage":{"input_tokens":' + b"9" * 6000 + b"}}}\n",
    "no objects": b'[1,"usage"]\n"usage"\n17\nnull\n{"usage":1}\n{"message":"usage"}\n{"type":"assistant","message":{"usage":[]}}\n',
}


@pytest.mark.parametrize("junk", NO_ROWS.values(), ids=NO_ROWS)
@pytest.mark.parametrize("bulk", [False, True], ids=["few", "many"])
def test_junk_costs_only_itself(home: Home, junk: bytes, bulk: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if bulk:
        monkeypatch.setattr(collecting, "SHARED_FROM", 1)
    home.write(home.claude("junk"), junk)
    home.write(home.codex("rollout-junk"), junk)
    home.write(home.claude("mixed"), calls(1, 3).encode() + junk + b"\n" + calls(4, 5).encode())
    assert home.counted() == spent(5)
    assert not home.collect().read


def test_a_fault_names_file_line_and_reason(home: Home, shell: Shell) -> None:
    path = home.write(home.claude("a"), calls(1, 2) + '{"type":"assistant","usage":\n' + calls(3, 5))
    status, out, err = shell("sources")
    assert (status, err) == (0, "")
    assert f"{path}, line 3: " in out
    assert "1 place could not be read; everything else was counted" in out
    assert home.tokens() == spent(5)
    assert [(fault["file"], fault["line"]) for fault in faults_listed(shell)] == [(str(path), 3)]


def test_invalid_utf_8_inside_a_row(home: Home) -> None:
    bad = claude("x").encode().replace(b"main", b"m\xff\xfen")
    path = home.write(home.claude("a"), calls(1, 2).encode() + bad + calls(3, 5).encode())
    total = home.counted()
    assert total in (spent(5), spent(6))
    assert total == spent(6) or len(told_of(home, path)) == 1


@pytest.mark.parametrize("bulk", [False, True], ids=["few", "many"])
def test_half_characters_that_nothing_can_store(home: Home, shell: Shell, bulk: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if bulk:
        monkeypatch.setattr(collecting, "SHARED_FROM", 1)
    half = "\ud83d"
    home.write(home.claude("a"), GOOD + claude("00006", session=f"s{half}", cwd=f"/src/{half}shop"))
    home.write(home.codex(), codex_start(model=f"gpt-{half}") + codex("1"))
    assert home.counted().calls == 7
    for report in ("day", "session", "project", "model"):
        assert shell(report, "--last=9999d")[0] == 0


def test_no_newline_at_the_end_is_a_row_to_come(home: Home) -> None:
    path = home.write(home.claude("a"), GOOD + claude("00006").rstrip("\n"))
    assert home.counted() == spent(5)
    home.append(path, "\n")
    assert home.counted() == spent(6)
    assert home.faults() == []


def test_windows_line_ends(home: Home) -> None:
    home.write(home.claude("a"), GOOD.replace("\n", "\r\n"))
    assert home.counted() == spent(5)


# ---- numbers and clocks ----------------------------------------------------------------------------------------------------

ABSURD: list[Any] = [-1, -(10**9), 10**15, 10**30, 1.5e300, "many", [1], {"a": 1}, True]


@pytest.mark.parametrize("number", ABSURD, ids=str)
@pytest.mark.parametrize("bulk", [False, True], ids=["few", "many"])
def test_absurd_numbers(home: Home, shell: Shell, number: Any, bulk: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if bulk:
        monkeypatch.setattr(collecting, "SHARED_FROM", 1)
    path = home.write(home.claude("a"), calls(1, 2) + claude("bad", number) + calls(3, 5))
    assert home.counted() in (spent(5), Tokens(6, 18, 600, 120, 0, 36))
    assert home.tokens() == spent(5) or number is True
    if number is not True:
        assert len(told_of(home, path)) == 1
        assert [fault["line"] for fault in faults_listed(shell)] == [3]


def test_very_large_numbers_do_not_stop_the_sums(home: Home, shell: Shell) -> None:
    """Far more tokens than anyone ever used, each call for itself just about thinkable."""
    rows = [claude(f"big{number}", (1 << 40) - 1, input_tokens=(1 << 40) - 1, model="claude-opus-4-1") for number in range(60)]
    home.write(home.claude("a"), GOOD + "".join(rows))
    home.write(home.claude("b"), calls(6, 8))
    status, out, err = shell("day", "--json", "--last", "999d")
    assert (status, err) == (0, "")
    assert json.loads(out)["totals"]["calls"] >= 8


SKEWED: list[Any] = [
    "1970-01-01T00:00:00.000Z",
    "2200-01-01T00:00:00.000Z",
    "0001-01-01T00:00:00Z",
    "99999-01-01T00:00:00Z",
    "yesterday",
    "",
    None,
    -5,
    1e40,
    [],
    7,
]


@pytest.mark.parametrize("moment", SKEWED, ids=str)
def test_broken_clocks(home: Home, shell: Shell, moment: Any) -> None:
    path = home.write(home.claude("a"), calls(1, 2) + claude("skewed", ts=moment) + calls(3, 5))
    assert home.counted() == spent(5)
    assert len(told_of(home, path)) == 1
    assert shell("day", "--last", "9999d")[0] == 0


def test_tomorrow_counts(home: Home, shell: Shell) -> None:
    from datetime import UTC, datetime, timedelta

    ahead = [(datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for days in (1, 40, 3000)]
    home.write(home.claude("a"), GOOD + "".join(claude(f"0000{6 + number}", ts=when) for number, when in enumerate(ahead)))
    assert home.counted() == spent(8)
    status, out, _ = shell("day", "--json", "--since", "2020-01-01", "--limit", "0")
    assert (status, json.loads(out)["totals"]["calls"]) == (0, 8)
    for command in ([], ["today"], ["blocks"], ["doctor"]):
        assert shell(*command)[0] == 0


# ---- a line of 300 MB ---------------------------------------------------------------------------------------------------------

MEGABYTE = 1 << 20
PEAK = """
import resource, sys
from pathlib import Path
from earnmark.__main__ import main
status = main(["collect"])
proc = Path("/proc/self/status")
told = [line.split()[1] for line in proc.read_text().splitlines() if line.startswith("VmHWM")] if proc.exists() else []
print(1024 * int(told[0]) if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(status)
"""
"""Collects, and prints the most memory that took, in bytes. (What a parent reads of a child counts the parent's own from before.)"""


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "torn"])
def test_a_line_of_300_megabytes(home: Home, ended: bool) -> None:
    path = home.write(home.claude("a"), calls(1, 3))
    with path.open("r+b") as handle:
        start = handle.seek(0, os.SEEK_END)
        handle.write(b'{"type":"assistant","message":{"usage":{')
        handle.seek(start + 300 * MEGABYTE)
        handle.write(b"}}}" + (b"\n" + calls(4, 5).encode() if ended else b""))
    process = subprocess.run([sys.executable, "-c", PEAK], env=home.env, capture_output=True, text=True, check=True, timeout=60)
    assert int(process.stdout) < 200 * MEGABYTE, process.stderr
    assert home.tokens() == spent(5 if ended else 3)
    assert told_of(home, path) == ["a line longer than 64 MB was skipped"]
    assert home.counted() == spent(5 if ended else 3)
    assert len(told_of(home, path)) == 1


# ---- files and directories that cannot be read -----------------------------------------------------------------------------------


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Make the system refuse a file or directory (tests may run as root, whom permissions do not bind)."""
    refused: set[str] = set()

    def refusing(usual: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **more: Any) -> Any:
            if str(path) in refused:
                raise PermissionError(13, "Permission denied", str(path))
            return usual(path, *rest, **more)

        return call

    monkeypatch.setattr(builtins, "open", refusing(builtins.open))
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))

    def toggle(path: Path) -> None:
        refused.symmetric_difference_update({str(path)})

    yield toggle
    refused.clear()


def test_unreadable_file(home: Home, shell: Shell, forbid: Callable[[Path], None]) -> None:
    path = home.write(home.claude("a"), calls(1, 5))
    home.write(home.claude("b"), calls(6, 9))
    forbid(path)
    assert home.counted() == Tokens(4, 12, 400, 80, 0, 28)
    assert faults_listed(shell) == [{"file": str(path), "line": None, "offset": -1, "reason": "Permission denied"}]
    forbid(path)
    assert home.counted() == spent(9)
    assert faults_listed(shell) == []


def test_a_file_that_becomes_unreadable_stays_counted(home: Home, forbid: Callable[[Path], None]) -> None:
    path = home.write(home.claude("a"), calls(1, 5))
    home.collect()
    home.append(path, calls(6, 7))
    forbid(path)
    assert home.counted() == spent(5)
    assert told_of(home, path) == ["Permission denied"]
    forbid(path)
    assert home.counted() == spent(7)
    assert home.faults() == []


def test_unreadable_directory(home: Home, shell: Shell, forbid: Callable[[Path], None]) -> None:
    folder = home.write(home.claude("a", "-secret"), calls(1, 5)).parent
    home.write(home.claude("b"), calls(6, 9))
    forbid(folder)
    assert home.counted() == Tokens(4, 12, 400, 80, 0, 28)
    assert faults_listed(shell) == [{"file": str(folder), "line": None, "offset": -1, "reason": "Permission denied"}]
    assert not home.collect().read
    forbid(folder)
    assert home.counted() == spent(9)
    assert faults_listed(shell) == []


def test_dangling_link_is_told_until_it_is_gone(home: Home) -> None:
    path = home.write(home.claude("a"), GOOD)
    link = path.parent / "gone.jsonl"
    link.symlink_to(home.logs / "nowhere")
    assert home.counted() == spent(5)
    assert told_of(home, link) == ["a link that leads nowhere"]
    link.unlink()
    assert home.counted() == spent(5)
    assert home.faults() == []


def test_a_pipe_among_the_logs_holds_nobody_up(home: Home) -> None:
    path = home.write(home.claude("a"), GOOD)
    os.mkfifo(path.parent / "pipe.jsonl")
    (path.parent / "folder.jsonl").mkdir()
    assert home.run("collect") == (0, "", "")
    assert home.tokens() == spent(5)
    assert told_of(home, path.parent / "pipe.jsonl") == ["not a regular file"]


def test_a_file_where_a_directory_belongs(home: Home) -> None:
    home.write(home.logs / ".codex", "not a directory")
    home.write(home.logs / ".gemini" / "tmp", "not a directory")
    home.write(home.claude("a"), GOOD)
    assert home.counted() == spent(5)


def test_file_names_that_are_no_text(home: Home, shell: Shell) -> None:
    raw = os.fsencode(home.claude("x").parent) + b"/caf\xe9-\xff.jsonl"
    path = home.write(Path(os.fsdecode(raw)), GOOD + '{"usage":\n')
    assert home.counted() == spent(5)
    assert not home.collect().read
    home.append(path, calls(6, 6))
    assert home.collect().bytes == len(calls(6, 6))
    assert home.tokens() == spent(6)
    status, out, _ = shell("sources")
    assert status == 0
    assert "caf\\xe9-\\xff.jsonl" in out
    path.unlink()
    assert home.counted() == spent(6)


@pytest.mark.parametrize("name", [".local/share/opencode/opencode.db", ".local/share/goose/sessions/sessions.db", ".local/share/crush/crush.db"])
def test_junk_where_a_database_belongs(home: Home, name: str) -> None:
    home.write(home.logs / name, b"SQLite format 3\x00" + b"\xff" * 5000)
    home.write(home.claude("a"), GOOD)
    assert home.counted() == spent(5)
    assert all(reason for reason in told_of(home, home.logs / name))


def test_a_reader_that_fails_costs_one_file(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from earnmark import sources

    def failing(_: object) -> Iterator[Any]:
        yield from ()
        raise KeyError("usage")

    usual = sources.load
    monkeypatch.setattr(sources, "load", lambda name: usual(name)._replace(read=failing) if name == "codex" else usual(name))
    path = home.write(home.codex(), codex_start() + codex("1"))
    home.write(home.claude("a"), GOOD)
    assert home.counted() == spent(5)
    assert "please report this" in told_of(home, path)[0]
    assert "KeyError" in told_of(home, path)[0]
    assert shell("day", "--last", "99d")[0] == 0


# ---- the data directory and the ledger ----------------------------------------------------------------------------------------------


def message(text: str) -> str:
    """The one complaint there is."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize("place", ["/proc/earnmark", "/dev/null/earnmark", "file", "file/below"])
def test_data_directory_that_cannot_be(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Counted in memory, with a message that names the place and what to set."""
    home.write(home.claude("a"), GOOD)
    home.write(home.logs.parent / "file", "in the way")
    data = place if place.startswith("/") else str(home.logs.parent / place)
    monkeypatch.setenv("EARNMARK_HOME", data)
    status, out, err = shell("day", "--json", "--last", "99d")
    document = json.loads(out)
    assert (status, document["totals"]["calls"]) == (3, 5)
    assert len(document["meta"]["warnings"]) == 1
    status, out, err = shell("collect")
    assert (status, out) == (3, "")
    assert data in message(err)
    assert "EARNMARK_HOME" in err
    assert "memory" in err


def test_an_import_that_cannot_be_kept_is_no_success(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write(home.claude("a"), GOOD)
    target = home.logs.parent / "all.jsonl"
    assert shell("export", str(target))[0] == 0
    monkeypatch.setenv("EARNMARK_HOME", "/proc/earnmark")
    status, _, err = shell("import", str(target))
    assert status == 3
    assert "/proc/earnmark" in err


def test_a_ledger_that_cannot_be_written(home: Home, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.write(home.claude("a"), GOOD)
    assert shell("collect") == (0, "", "")
    home.append(path, calls(6, 7))
    usual = sqlite3.connect

    def read_only(name: str, **options: Any) -> Any:
        return usual(f"file:{name}?mode=ro" if name.endswith("ledger.db") else name, **{**options, "uri": True})

    monkeypatch.setattr(sqlite3, "connect", read_only)
    status, out, err = shell("collect")
    assert (status, out) == (3, "")
    assert f"{home.ledger} cannot be written" in message(err)
    assert "EARNMARK_HOME" in err
    status, out, _ = shell("day", "--json", "--last", "99d")
    document = json.loads(out)
    assert (status, document["totals"]["calls"], len(document["meta"]["warnings"])) == (3, 5, 1)


def test_a_newer_ledger_is_left_alone(home: Home, shell: Shell) -> None:
    home.write(home.claude("a"), GOOD)
    home.collect()
    with sqlite3.connect(home.ledger) as ledger:
        ledger.execute(f"PRAGMA user_version = {VERSION + 1}")
    ledger.close()
    before = home.ledger.read_bytes()
    for command in (["collect"], ["day"], [], ["sources"], ["doctor"], ["export", "-"], ["reprice"]):
        status, _, err = shell(*command)
        assert status == 4
        assert re.fullmatch(rf"earnmark: {home.ledger} was written by a newer Earnmark .*Upgrade.*EARNMARK_HOME.*", message(err))
    assert home.ledger.read_bytes() == before


def test_no_ledger_at_all_but_junk(home: Home, shell: Shell) -> None:
    home.write(home.claude("a"), GOOD)
    home.write(home.ledger, b"this is no database at all, " * 500)
    status, out, err = shell("collect")
    assert (status, out) == (3, "")
    assert f"{home.ledger} is damaged" in message(err)
    assert "Move it aside" in err
    status, out, _ = shell("day", "--json", "--last", "99d")
    assert (status, json.loads(out)["totals"]["calls"]) == (3, 5)
    home.ledger.rename(home.data / "aside")
    assert shell("collect") == (0, "", "")
    assert home.tokens() == spent(5)


@pytest.mark.parametrize(
    "command",
    [["collect"], ["day", "--last", "99d"], ["sources"], ["export", "-"], ["reprice"], ["project", "--json"]],
    ids=lambda command: command[0],
)
def test_a_ledger_damaged_in_the_middle(home: Home, shell: Shell, command: list[str]) -> None:
    path = home.write(home.claude("a"), calls(1, 3000))
    home.collect()
    home.append(path, calls(3001, 3010))
    damage(home.ledger)
    status, out, err = shell(*command)
    assert status == 3
    assert f"{home.ledger} is damaged" in out + err
    assert "Move it aside" in out + err


def damage(ledger: Path) -> None:
    """Overwrite every page of a ledger but the first few."""
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(ledger.read_bytes())
    data[size * 2 :] = b"\xa5" * (len(data) - size * 2)
    ledger.write_bytes(data)


# ---- full disks ------------------------------------------------------------------------------------------------------------------


def test_a_full_ledger(home: Home) -> None:
    """SQLite's own limit says what a full disk says."""
    home.write(home.claude("a"), calls(1, 500))
    home.collect()
    home.write(home.claude("b"), calls(501, 4000))
    with Book.open(home.env) as book:
        pages = book.ledger.db.execute("PRAGMA page_count").fetchone()[0]
        book.ledger.db.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(LedgerError, match=rf"the disk that holds {home.ledger} is full.*Free some space.*EARNMARK_HOME"):
            book.collect()
    assert home.tokens() == spent(500)
    assert home.counted() == spent(4000)


FULL = """
import resource, sys
from earnmark.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("kilobytes", [0, 1, 40, 200, 400])
def test_a_limit_on_file_sizes(home: Home, kilobytes: int) -> None:
    """Wherever it strikes: one message, nothing lost that was written, all there after."""
    home.write(home.claude("a"), calls(1, 4000))
    status, out, err = home.run(str(kilobytes << 10), "collect", code=FULL)
    assert (status, out) == (3, "")
    assert str(home.data) in message(err)
    assert "EARNMARK_HOME" in err
    assert home.counted() == spent(4000)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=512k", "none", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(home: Home, shell: Shell, small_disk: Path) -> None:
    home.write(home.claude("a"), calls(1, 100))
    home.data = small_disk / "data"
    assert home.run("collect") == (0, "", "")
    home.write(home.claude("b"), calls(101, 6000))
    status, out, err = home.run("collect")
    assert (status, out) == (3, "")
    assert re.search(rf"{home.ledger}.*(is full|disk I/O).*EARNMARK_HOME", message(err))
    assert home.tokens() == spent(100)
    status, out, _ = home.run("day", "--json", "--last", "99d")
    document = json.loads(out)
    assert (status, document["totals"]["calls"], len(document["meta"]["warnings"])) == (3, 100, 1)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert home.counted() == spent(6000)
