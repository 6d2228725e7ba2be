"""Codex: a rollout file for every thread, in a folder for every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from earnmark.demo.chat import SECOND, Call, Chat
from earnmark.demo.ids import timed_uuid, token
from earnmark.demo.writing import ANSWERS, PROMPTS, iso, write_lines


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """Write every chat as a thread of the day it began."""
    for chat in chats:
        start = chat.turns[0][0].at - 6 * SECOND
        thread = timed_uuid(names, start)
        began = datetime.fromtimestamp(start / 1000, UTC)
        folder = home / ".codex" / "sessions" / f"{began:%Y/%m/%d}"
        rows = [
            {"timestamp": iso(at), "ordinal": number, "type": kind, "payload": payload}
            for number, (at, kind, payload) in enumerate(_rows(chat, thread, start, names))
        ]
        write_lines(folder / f"rollout-{began:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl", rows, chat.turns[-1][-1].at)


def _rows(chat: Chat, thread: str, start: int, names: Random) -> Iterator[tuple[int, str, dict[str, Any]]]:
    meta: dict[str, Any] = {
        "id": thread,
        "session_id": thread,
        "timestamp": iso(start),
        "cwd": chat.project,
        "originator": "codex_cli_rs",
        "cli_version": "0.169.0",
    }
    git = {"branch": chat.branch, "repository_url": f"git@git.example.test:acme/{chat.project.rpartition('/')[2]}.git"}
    yield (
        start,
        "session_meta",
        meta | {"source": "cli", "thread_source": "user", "model_provider": "openai", "history_mode": "paginated", "git": git},
    )
    total: dict[str, int] = {}
    for turn in chat.turns:
        at = turn[0].at - 4 * SECOND
        name = timed_uuid(names, at)
        yield (
            at,
            "event_msg",
            {"type": "task_started", "turn_id": name, "root_turn_id": name, "started_at": at // 1000, "model_context_window": 258_400},
        )
        yield at, "turn_context", {"turn_id": name, "cwd": chat.project, "approval_policy": "on-request", "model": turn[0].model, "effort": "medium"}
        content = [{"type": "input_text", "text": names.choice(PROMPTS)}]
        yield at, "response_item", {"type": "message", "role": "user", "content": content}
        for call in turn:
            usage = _usage(call)
            total = {field: total.get(field, 0) + count for field, count in usage.items()}
            answer = [{"type": "output_text", "text": names.choice(ANSWERS)}]
            yield call.at, "response_item", {"type": "message", "role": "assistant", "content": answer}
            record = {"thread_id": thread, "turn_id": name, "session_id": thread, "root_turn_id": name, "response_id": token(names, "resp_")}
            yield call.at + 2, "token_usage_record", record | {"usage": usage, "turn_token_usage": usage, "thread_token_usage": total}
            info = {"total_token_usage": total, "last_token_usage": usage, "model_context_window": 258_400}
            yield call.at + 3, "event_msg", {"type": "token_count", "info": info, "rate_limits": {"limit_id": "codex", "plan_type": "pro"}}
        yield turn[-1].at + 5, "event_msg", {"type": "task_complete", "turn_id": name, "duration_ms": turn[-1].at - at}


def _usage(call: Call) -> dict[str, int]:
    return {
        "input_tokens": call.prompt,
        "cached_input_tokens": call.cache_read,
        "cache_write_input_tokens": 0,
        "output_tokens": call.output,
        "reasoning_output_tokens": call.reasoning,
        "total_tokens": call.prompt + call.output,
    }
