"""`earnmark watch`: the home screen, drawn again when an agent has used something."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faces import plain, said
from tests.writing import ROOT, Home, Shell, claude

PATIENCE = 20.0
"""Less than the time after which the screen is drawn again without a reason."""


def now() -> str:
    return (datetime.now(UTC) - timedelta(seconds=1)).isoformat()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.write(home.claude("one"), claude("1", ts=now()))
    return home


def test_piped_it_prints_a_line_of_json_and_ends_when_told(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell(home, monkeypatch, capsys)
    (line,) = said(shell, "watch", "--for", "0.01", "--every", "0.1").splitlines()
    assert json.loads(line)["month"]["calls"] == 1
    assert json.loads(line)["at"].endswith("Z")
    assert "usd" not in said(shell, "watch", "--for", "0.01", "--every", "0.1", "--no-cost")
    assert json.loads(said(shell, "watch", "--for", "0.01", "--every", "0.1", "--source", "codex"))["month"]["calls"] == 0


def test_piped_it_prints_another_line_when_something_was_used(home: Home) -> None:
    with home.start("watch", "--every", "0.1") as process:
        assert process.stdout is not None
        try:
            assert json.loads(process.stdout.readline())["month"]["calls"] == 1
            home.append(home.claude("one"), claude("2", ts=now()))
            assert select.select([process.stdout], [], [], PATIENCE)[0]
            assert json.loads(process.stdout.readline())["month"]["calls"] == 2
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0


class Screen:
    """A terminal with the live screen on it."""

    def __init__(self, home: Home, rows: int, columns: int) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**home.env, "TERM": "xterm"}
        command = [sys.executable, "-m", "earnmark", "watch", "--every", "0.1"]
        self.process = subprocess.Popen(command, env=env, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.seen = ""

    def until(self, text: str) -> str:
        """Everything drawn up to and with this text."""
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert select.select([self.master], [], [], max(end - time.monotonic(), 0))[0], f"{text!r} never came: {self.seen!r}"
            self.seen += os.read(self.master, 1 << 16).decode()
        drawn, _, self.seen = self.seen.partition(text)
        return drawn + text

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        os.close(self.master)


@pytest.fixture
def screen(home: Home) -> Iterator[Screen]:
    screen = Screen(home, 60, 70)
    yield screen
    screen.close()


def test_the_live_screen_follows_the_logs_and_leaves_the_terminal_as_it_was(home: Home, screen: Screen) -> None:
    first = screen.until("Ctrl-C ends.")
    assert first.startswith("\x1b[?1049h\x1b[?25l")
    assert "1 call" in plain(first)
    home.append(home.claude("one"), claude("2", ts=now()) + claude("3", ts=now()))
    assert "3 calls" in plain(screen.until("Ctrl-C ends."))
    os.killpg(screen.process.pid, signal.SIGINT)
    screen.until("\x1b[?25h\x1b[?1049l")
    assert screen.process.wait(PATIENCE) == 0


def test_the_live_screen_never_scrolls(home: Home) -> None:
    screen = Screen(home, 12, 50)
    try:
        drawn = screen.until("Ctrl-C ends.")
        assert drawn.count("\n") < 12
    finally:
        screen.close()
