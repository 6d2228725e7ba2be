"""Whole commands, timed from outside: wall and processor seconds and peak memory, several in turn so that ratios hold when the machine drifts."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Command(NamedTuple):
    """A command to time. `before` runs ahead of every round and is not timed."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    before: Callable[[], None] = lambda: None
    stdin: str = os.devnull


class Run(NamedTuple):
    """One finished run: seconds of wall time and of all processors, peak memory of its largest process in MB, and its output."""

    wall: float
    cpu: float
    peak: float
    output: bytes


class Figures(NamedTuple):
    """The medians of several runs of one command, and the output of the last."""

    name: str
    wall: float
    cpu: float
    peak: float
    output: bytes


def once(command: Command) -> Run:
    """Run a command to its end. Raises CalledProcessError when it fails."""
    command.before()
    with open(command.stdin, "rb") as stdin:
        began = time.perf_counter()
        process = subprocess.Popen(command.argv, env=dict(command.env), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if process.stdout is None:
            raise RuntimeError("no pipe to read the command's output from")
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command.argv, output)
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output)


def in_turn(commands: Sequence[Command], rounds: int) -> dict[str, Figures]:
    """Every command once to warm up, then all of them in turn, `rounds` times; the medians by name."""
    for command in commands:
        once(command)
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for _ in range(rounds):
        for command in commands:
            runs[command.name].append(once(command))
    return {name: _medians(name, done) for name, done in runs.items()}


def _medians(name: str, runs: list[Run]) -> Figures:
    wall, cpu, peak = (statistics.median(values) for values in zip(*(run[:3] for run in runs), strict=True))
    return Figures(name, wall, cpu, peak, runs[-1].output)


def size(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
