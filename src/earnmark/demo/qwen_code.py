"""Qwen Code: a file of lines for every chat, with the calls of its background agents among them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from earnmark.demo.chat import SECOND, Call, Chat
from earnmark.demo.ids import any_uuid, token
from earnmark.demo.writing import ANSWERS, PROMPTS, iso, slug, write_lines


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """Write every chat with what it spawned, in order of time."""
    for chat in chats:
        told = [(call, "") for turn in chat.turns for call in turn]
        told += [(call, child.agent) for child in chat.spawned for call in child.calls()]
        told.sort(key=lambda entry: entry[0].at)
        shared: dict[str, Any] = {"sessionId": chat.name, "cwd": chat.project, "version": "0.15.10", "gitBranch": chat.branch}
        rows = [_user(shared, told[0][0].at - 4 * SECOND, names)]
        for call, agent in told:
            rows += _call(shared, call, agent, rows[-1]["uuid"], names)
        write_lines(home / ".qwen" / "projects" / slug(chat.project) / "chats" / f"{chat.name}.jsonl", rows, told[-1][0].at)


def _user(shared: dict[str, Any], at: int, names: Random) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "user", "parts": [{"text": names.choice(PROMPTS)}]}
    return {"uuid": any_uuid(names), "parentUuid": None, "timestamp": iso(at), "type": "user", "message": message, **shared}


def _call(shared: dict[str, Any], call: Call, agent: str, parent: str, names: Random) -> list[dict[str, Any]]:
    """A call's telemetry row, and the assistant row that only the person's own thread has."""
    ids = [any_uuid(names), any_uuid(names)]
    event: dict[str, Any] = {
        "event.name": "qwen-code.api_response",
        "event.timestamp": iso(call.at),
        "response_id": token(names, "chatcmpl-"),
        "model": call.model,
    }
    event |= {"input_token_count": call.prompt, "output_token_count": call.output, "cached_content_token_count": call.cache_read}
    event |= {"thoughts_token_count": call.reasoning, "total_token_count": call.prompt + call.output, "auth_type": "openai"}
    if agent:
        event["subagent_name"] = agent
    row: dict[str, Any] = {
        "uuid": ids[0],
        "parentUuid": parent,
        "timestamp": iso(call.at),
        "type": "system",
        "subtype": "ui_telemetry",
        "systemPayload": {"uiEvent": event},
    }
    if agent:
        return [row | shared]
    counts = {"promptTokenCount": call.prompt, "candidatesTokenCount": call.output, "thoughtsTokenCount": call.reasoning}
    counts |= {"totalTokenCount": call.prompt + call.output, "cachedContentTokenCount": call.cache_read}
    answer: dict[str, Any] = {"uuid": ids[1], "parentUuid": ids[0], "timestamp": iso(call.at + 9), "type": "assistant", "model": call.model}
    answer |= {"message": {"role": "model", "parts": [{"text": names.choice(ANSWERS)}]}, "usageMetadata": counts}
    return [row | shared, answer | shared]
