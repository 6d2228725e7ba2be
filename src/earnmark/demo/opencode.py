"""OpenCode: one database with all sessions, those of subagents below the one that asked for them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from earnmark.demo.chat import SECOND, Call, Chat
from earnmark.demo.writing import to_json

TABLES = """
PRAGMA journal_mode = wal;
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL, directory text NOT NULL, title text NOT NULL,
 version text NOT NULL, cost real DEFAULT 0 NOT NULL, tokens_input integer DEFAULT 0 NOT NULL, tokens_output integer DEFAULT 0 NOT NULL,
 tokens_reasoning integer DEFAULT 0 NOT NULL, tokens_cache_read integer DEFAULT 0 NOT NULL, tokens_cache_write integer DEFAULT 0 NOT NULL,
 agent text, model text, time_created integer NOT NULL, time_updated integer NOT NULL, time_archived integer);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
 data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL,
 time_updated integer NOT NULL, data text NOT NULL);
"""


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """Write the database anew."""
    path = home / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    with database:
        for chat in chats:
            parent = _session(database, chat, None, names)
            for child in chat.spawned:
                _session(database, child, parent, names)
    database.close()


def _session(database: sqlite3.Connection, chat: Chat, parent: str | None, names: Random) -> str:
    calls = [call for turn in chat.turns for call in turn]
    name = _id(names, "ses_", calls[0].at)
    messages = [message for turn in chat.turns for message in _turn(chat, name, turn, names)]
    database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", messages)
    sums = [sum(column) for column in zip(*(_counts(call) for call in calls), strict=True)]
    model = to_json({"id": calls[0].model, "providerID": _provider(calls[0].model)})
    about = (name, "global", parent, "quiet-river", chat.project, "A chat", "1.18.33", 0.0, *sums, chat.agent or "build", model)
    database.execute(f"INSERT INTO session VALUES ({', '.join('?' * 18)})", (*about, calls[0].at, calls[-1].at, None))
    return name


def _id(names: Random, prefix: str, at: int) -> str:
    """An id that begins with its moment, as the client's do."""
    return f"{prefix}{((at << 12) + names.getrandbits(12)) % (1 << 48):012x}{names.getrandbits(68):017x}"[:30]


def _counts(call: Call) -> tuple[int, int, int, int, int]:
    return call.input, call.output - call.reasoning, call.reasoning, call.cache_read, call.cache_write_5m + call.cache_write_1h


def _provider(model: str) -> str:
    return "anthropic" if model.startswith("claude") else "openai"


def _turn(chat: Chat, session: str, turn: list[Call], names: Random) -> Iterator[tuple[str, str, int, int, str]]:
    asked = turn[0].at - 4 * SECOND
    prompt = _id(names, "msg_", asked)
    yield prompt, session, asked, asked, to_json({"role": "user", "time": {"created": asked}, "agent": chat.agent or "build"})
    for call in turn:
        fresh, shown, reasoning, read, written = _counts(call)
        tokens = {
            "total": call.prompt + call.output,
            "input": fresh,
            "output": shown,
            "reasoning": reasoning,
            "cache": {"read": read, "write": written},
        }
        done = call.at + call.output * 12
        data: dict[str, Any] = {
            "parentID": prompt,
            "role": "assistant",
            "mode": chat.agent or "build",
            "agent": chat.agent or "build",
            "cost": 0,
            "tokens": tokens,
        }
        data |= {"path": {"cwd": chat.project, "root": chat.project}, "modelID": call.model, "providerID": _provider(call.model)}
        data |= {"time": {"created": call.at, "completed": done}, "finish": "stop" if call is turn[-1] else "tool-calls"}
        yield _id(names, "msg_", call.at), session, call.at, done, to_json(data)
