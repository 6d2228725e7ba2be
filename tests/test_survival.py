"""Kills and company: a process that is killed at any moment, and others at work beside it, lose nothing and count nothing twice."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.generate import generate
from tests.writing import Home, calls, spent

MEGABYTES = 28
"""Enough that reading is shared among processes."""

Truth = dict[str, dict[str, dict[str, int]]]

KILLED = """
import os, signal, sys
from earnmark.__main__ import main
from earnmark.book import collecting
from earnmark.store.ledger import Ledger
moment, left, shared_from = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
collecting.BATCH, collecting.FILES, collecting.COMMIT_EVERY, collecting.SHARED_FROM = 7, 2, 1, shared_from
usual = Ledger.{method}
def counting(self, *arguments):
    global left
    left -= 1
    if left < 0 and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = usual(self, *arguments)
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
Ledger.{method} = counting
sys.exit(main(["collect"]))
"""
"""Collects in small steps and is killed before or after so many calls of one of the ledger's methods."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Logs of a made-up home, and what they hold."""
    folder = tmp_path_factory.mktemp("made")
    return folder, generate(folder / "home", MEGABYTES, seed=7)["sources"]


@pytest.fixture
def home(made: tuple[Path, Truth], tmp_path: Path) -> Home:
    """The made-up home with a data directory of its own."""
    place = Home(tmp_path)
    shutil.rmtree(place.logs)
    place.logs = made[0] / "home"
    return place


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill a process that leads its group, and the readers it forked."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def readers(process: subprocess.Popen[str]) -> list[int]:
    """The processes that this one forked and that still run."""
    try:
        return [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except OSError:
        return []


def first_children(process: subprocess.Popen[str]) -> list[int]:
    """The same, as soon as there are any."""
    while process.poll() is None:
        if found := readers(process):
            return found
    return []


def test_killed_at_random_moments(made: tuple[Path, Truth], home: Home) -> None:
    draw = random.Random(20261120)
    began = time.monotonic()
    whole = Home(home.data.parent / "whole")
    whole.logs = home.logs
    assert whole.run("collect")[0] == 0
    assert whole.by_model() == made[1]
    lasted = time.monotonic() - began
    killed = 0
    for round_ in range(14):
        process = home.start("collect", start_new_session=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(draw.uniform(0.02, lasted))
        kill_all(process)
        killed += process.returncode == -signal.SIGKILL
        if round_ % 4 == 3:
            shutil.rmtree(home.data, ignore_errors=True)
    assert killed >= 4
    status, _, said = home.run("collect")
    assert (status, said) == (0, "")
    assert home.by_model() == made[1]
    assert home.run("collect", "--verbose")[1].split(", ")[1].startswith("0 read")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find the forked readers")
def test_a_reader_killed_is_one_clear_message(made: tuple[Path, Truth], home: Home) -> None:
    process = home.start("collect", start_new_session=True)
    for child in first_children(process)[:1]:
        os.kill(child, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert re.fullmatch(r"earnmark: a reading process was stopped; run earnmark again to read the rest\n", said)
    assert home.run("collect") == (0, "", "")
    assert home.by_model() == made[1]


def test_readers_end_with_the_process_that_forked_them(made: tuple[Path, Truth], home: Home) -> None:
    process = home.start("collect", start_new_session=True)
    children = first_children(process)
    process.kill()
    process.communicate(timeout=60)
    assert not [child for child in children if _runs_after(child, 20)]
    assert home.run("collect")[0] == 0
    assert home.by_model() == made[1]


def _runs_after(process: int, seconds: float) -> bool:
    """Whether a process that is no child of this one still runs when so much time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        if "State:\tZ" in Path(f"/proc/{process}/status").read_text():
            return False
    return True


@pytest.mark.parametrize("shared_from", [1 << 40, 1], ids=["alone", "with readers"])
@pytest.mark.parametrize("method", ["transaction", "mark", "settle"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_every_step_in_turn(tmp_path: Path, method: str, moment: str, shared_from: int) -> None:
    """Each run gets one step further than the one before it, and is killed there."""
    home = Home(tmp_path)
    for number in range(5):
        home.write(home.claude(f"s{number}"), calls(number * 10 + 1, number * 10 + 10))
    steps = 0
    while (status := home.run(moment, str(steps), str(shared_from), code=KILLED.format(method=method))[0]) == -signal.SIGKILL:
        steps += 1
    assert status == 0
    assert steps > (method != "settle")
    assert home.counted() == spent(50)


def test_two_at_once(made: tuple[Path, Truth], home: Home) -> None:
    for _ in range(2):
        shutil.rmtree(home.data, ignore_errors=True)
        both = [home.start("collect"), home.start("collect")]
        said = [process.communicate(timeout=120) for process in both]
        assert ([process.returncode for process in both], said) == ([0, 0], [("", "")] * 2)
        assert home.by_model() == made[1]


def test_two_at_once_and_one_is_killed(made: tuple[Path, Truth], home: Home) -> None:
    victim, other = home.start("collect", start_new_session=True), home.start("collect")
    first_children(victim)
    kill_all(victim)
    assert other.communicate(timeout=120) == ("", "")
    assert other.returncode == 0
    assert home.by_model() == made[1]


def test_many_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.write(home.claude("a"), calls(1, 20))
    every = [home.start("collect") for _ in range(8)]
    said: list[Any] = [process.communicate(timeout=120) for process in every]
    assert ([process.returncode for process in every], said) == ([0] * 8, [("", "")] * 8)
    assert home.tokens() == spent(20)


def test_a_report_while_another_collects(made: tuple[Path, Truth], home: Home) -> None:
    process = home.start("collect")
    first_children(process)
    status, _, said = home.run("day", "--no-collect", "--json", "--tz", "Asia/Kolkata")
    assert (status, said) == (0, "")
    assert process.communicate(timeout=120) == ("", "")
    assert home.by_model() == made[1]
