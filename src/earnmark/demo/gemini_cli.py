"""Gemini CLI: a file of lines for every chat, in a folder for every project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from earnmark.demo.chat import SECOND, Chat
from earnmark.demo.ids import any_uuid, token
from earnmark.demo.writing import ANSWERS, PROMPTS, iso, to_json, write_lines


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """Write every chat, and the folder that each project has."""
    folders: dict[str, str] = {}
    for chat in chats:
        short = folders.setdefault(chat.project, chat.project.rpartition("/")[2])
        start = chat.turns[0][0].at - 5 * SECOND
        began = datetime.fromtimestamp(start / 1000, UTC)
        folder = home / ".gemini" / "tmp" / short
        rows = list(_rows(chat, start, names))
        write_lines(folder / "chats" / f"session-{began:%Y-%m-%dT%H-%M}-{chat.name[:8]}.jsonl", rows, chat.turns[-1][-1].at)
        (folder / ".project_root").write_text(chat.project, encoding="utf-8")
    if folders:
        (home / ".gemini" / "projects.json").write_text(to_json({"projects": folders}), encoding="utf-8")


def _rows(chat: Chat, start: int, names: Random) -> Iterator[dict[str, Any]]:
    head = {"sessionId": chat.name, "projectHash": sha256(chat.project.encode()).hexdigest(), "startTime": iso(start)}
    yield head | {"lastUpdated": iso(start), "kind": "main"}
    for turn in chat.turns:
        prompt = [{"text": names.choice(PROMPTS)}]
        yield {"id": any_uuid(names), "timestamp": iso(turn[0].at - 4 * SECOND), "type": "user", "content": prompt}
        for call in turn:
            shown = call.output - call.reasoning
            counts = {"input": call.prompt, "output": shown, "cached": call.cache_read, "thoughts": call.reasoning, "tool": 0}
            row: dict[str, Any] = {
                "id": any_uuid(names),
                "timestamp": iso(call.at),
                "type": "gemini",
                "content": names.choice(ANSWERS),
                "thoughts": [],
            }
            row |= {"tokens": counts | {"total": call.prompt + call.output}, "model": call.model}
            yield row
            if call is not turn[-1]:
                yield row | {"toolCalls": [{"id": token(names, "call_"), "name": "run_shell_command", "args": {}, "status": "success"}]}
            yield {"$set": {"lastUpdated": iso(call.at)}}
