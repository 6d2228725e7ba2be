"""Claude Code: a file of lines for every chat, and one beneath it for every subagent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from earnmark.demo.chat import SECOND, Call, Chat
from earnmark.demo.ids import any_uuid, token
from earnmark.demo.writing import ANSWERS, PROMPTS, iso, slug, to_json, write_lines


def write(home: Path, chats: list[Chat], names: Random) -> None:
    """Write every chat, its subagents in its folder."""
    for chat in chats:
        folder = home / ".claude" / "projects" / slug(chat.project)
        write_lines(folder / f"{chat.name}.jsonl", list(_rows(chat, chat.name, names)), chat.turns[-1][-1].at)
        for child in chat.spawned:
            stem = folder / chat.name / "subagents" / f"agent-{_agent_id(child)}"
            write_lines(stem.with_suffix(".jsonl"), list(_rows(child, chat.name, names)), child.turns[-1][-1].at)
            stem.with_suffix(".meta.json").write_text(to_json({"agentType": child.agent, "isBuiltIn": True, "spawnDepth": 1}), encoding="utf-8")


def _agent_id(chat: Chat) -> str:
    return chat.name.replace("-", "")[:17]


def _rows(chat: Chat, session: str, names: Random) -> Iterator[dict[str, Any]]:
    shared: dict[str, Any] = {"isSidechain": bool(chat.agent), "userType": "external", "entrypoint": "cli", "cwd": chat.project, "sessionId": session}
    shared |= {"version": "2.1.330", "gitBranch": chat.branch}
    if chat.agent:
        shared |= {"agentId": _agent_id(chat), "attributionAgent": chat.agent}
    for turn in chat.turns:
        yield _user(shared, turn[0].at - 4 * SECOND, names.choice(PROMPTS), names)
        for call in turn:
            yield from _answer(shared, call, call is turn[-1], names)


def _user(shared: dict[str, Any], at: int, content: Any, names: Random) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, "uuid": any_uuid(names), "timestamp": iso(at), **shared}


def _answer(shared: dict[str, Any], call: Call, last: bool, names: Random) -> Iterator[dict[str, Any]]:
    """A call's rows: one for each block of the answer, all with the same usage, and what the tool gave back."""
    tool = {"type": "tool_use", "id": token(names, "toolu_"), "name": "Bash", "input": {"command": "make test"}}
    blocks: list[dict[str, Any]] = [{"type": "thinking", "thinking": "", "signature": ""}] if call.reasoning else []
    blocks += [{"type": "text", "text": names.choice(ANSWERS)}] if last or names.random() < 0.4 else []
    blocks += [] if last else [tool]
    usage = {
        "input_tokens": call.input,
        "cache_creation_input_tokens": call.cache_write_5m + call.cache_write_1h,
        "cache_read_input_tokens": call.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": call.cache_write_5m, "ephemeral_1h_input_tokens": call.cache_write_1h},
        "output_tokens": call.output,
        "output_tokens_details": {"thinking_tokens": call.reasoning},
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "inference_geo": "",
        "iterations": [],
        "speed": "standard",
    }
    message: dict[str, Any] = {"id": token(names, "msg_01"), "type": "message", "role": "assistant", "model": call.model}
    request = token(names, "req_011")
    for number, block in enumerate(blocks):
        whole = message | {"content": [block], "stop_reason": "end_turn" if last else "tool_use", "stop_sequence": None, "usage": usage}
        row = {"message": whole, "requestId": request, "type": "assistant", "apiBlockIndex": number, "uuid": any_uuid(names)}
        yield row | {"timestamp": iso(call.at + number * 3), **shared}
    if not last:
        yield _user(shared, call.at + SECOND, [{"type": "tool_result", "tool_use_id": tool["id"], "content": "ok"}], names)
