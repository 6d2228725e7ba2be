"""A believable home directory of one engineer's agent logs, and the truth about it, drawn at random.

Nothing in it is real. First the working days are drawn: chats, turns and calls with their tokens. The truth is counted from
these. Then every client's log is written in that client's own format. One seed and one moment always give the same home.
Tokens are whole numbers, moments milliseconds since 1970.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

from earnmark.demo import claude_code, codex, cursor, gemini_cli, opencode, qwen_code
from earnmark.demo.chat import Chat
from earnmark.demo.engineer import PROJECTS, Engineer

BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
Truth = dict[str, dict[str, dict[str, int]]]
"""What was used: by source and model the number of `calls` and the tokens of every bucket."""

WRITERS = {
    "claude_code": claude_code.write,
    "codex": codex.write,
    "gemini_cli": gemini_cli.write,
    "qwen_code": qwen_code.write,
    "opencode": opencode.write,
    "cursor": cursor.write,
}
"""What writes the log of each source. The order is part of what a seed gives: all draw their ids from one `Random`."""


def write_home(home: Path, *, days: int = 45, seed: int = 7, now: datetime) -> Truth:
    """Write the logs of the last `days` days up to a few minutes before `now` below `home`; returns what they amount to.

    Working hours are those of the zone of `now` (UTC when it has none). Takes a second or two for the default.
    """
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    work, names = Random(seed), Random(seed + 1)  # noqa: S311 - the same home for a seed, no secret
    chats = sorted(Engineer(work, home, now).chats(days), key=lambda chat: next(chat.calls()).at)
    _projects(home)
    for source, write in WRITERS.items():
        write(home, [chat for chat in chats if chat.source == source], names)
    return _truth(chats)


def _truth(chats: list[Chat]) -> Truth:
    truth: Truth = {}
    for chat in chats:
        for call in chat.calls():
            row = truth.setdefault(chat.source, {}).setdefault(call.model, dict.fromkeys(("calls", *BUCKETS), 0))
            row["calls"] += 1
            for bucket in BUCKETS:
                row[bucket] += getattr(call, bucket)
    return truth


def _projects(home: Path) -> None:
    """The projects as repositories without commits, as git itself begins them."""
    for project in PROJECTS:
        git = home / project / ".git"
        for folder in ("objects", "refs/heads"):
            (git / folder).mkdir(parents=True, exist_ok=True)
        (git / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
        name = project.rpartition("/")[2]
        remote = f'[remote "origin"]\n\turl = git@git.example.test:acme/{name}.git\n'
        (git / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n{remote}", encoding="utf-8")
