"""A believable home directory of one engineer's agent logs, and the truth about it, drawn at random.

Nothing in it is real. First the working days are drawn: chats, turns and calls with their tokens. The truth is counted from
these. Then every client's log is written in that client's own format. One seed and one moment always give the same home.
Tokens are whole numbers, moments milliseconds since 1970.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000

BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
Truth = dict[str, dict[str, dict[str, int]]]
"""What was used: by source and model the number of `calls` and the tokens of every bucket."""


class Call(NamedTuple):
    """One model call; the buckets are disjoint, `output` includes `reasoning`."""

    at: int
    model: str
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int

    @property
    def prompt(self) -> int:
        """All tokens sent."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


class Client(NamedTuple):
    """How a client is used: its models by weight, which cache it writes, and the size of its contexts.

    `writes` is the time to live of what it writes to Anthropic's cache (other providers cache by themselves). `base` is what
    a chat starts with (instructions and tools), `limit` where it is compacted, `share` how often it is opened.
    """

    source: str
    models: dict[str, int]
    writes: str
    base: int
    limit: int
    share: int


CLIENTS = (
    Client("claude_code", {"claude-opus-5-5": 5, "claude-sonnet-5-5": 4}, "1h", 21_000, 168_000, 20),
    Client("codex", {"gpt-6-sol": 7, "gpt-5.5": 3}, "", 14_000, 230_000, 9),
    Client("gemini_cli", {"gemini-2.5-pro": 3, "gemini-3.8-flash": 4}, "", 11_000, 400_000, 4),
    Client("qwen_code", {"qwen3-coder-plus": 1}, "", 15_000, 200_000, 4),
    Client("opencode", {"claude-sonnet-5-5": 3, "gpt-5.5": 2}, "5m", 13_000, 160_000, 5),
    Client("cursor", {"claude-sonnet-5-5": 3, "gpt-5.5": 2, "gemini-3.8-flash": 1}, "5m", 9_000, 120_000, 4),
)
EXPLORER = Client("claude_code", {"claude-haiku-4-5": 5, "claude-sonnet-5-5": 1}, "5m", 12_000, 90_000, 0)
KEEPER = Client("qwen_code", {"qwen3-coder-plus": 1}, "", 9_000, 60_000, 0)
EXPLORE, MEMORY, RUNAWAY = "Explore", "managed-auto-memory-extractor", "general-purpose"

PROJECTS = {"work/shop-api": 9, "work/checkout-web": 6, "work/data-pipeline": 4, "work/infra": 2, "oss/tablewriter": 1}
TOPICS = ("PAY-41-refunds", "PAY-58-ledger", "OPS-7-alerts", "WEB-113-basket", "DATA-19-backfill", "cleanup")
PROMPTS = (
    "Find out why the nightly job fails and fix it.",
    "Add a test for the empty basket.",
    "Explain how refunds are booked.",
    "Rename the module and update the callers.",
    "The review asks for smaller functions here. Please split it.",
    "Run the tests again.",
)
ANSWERS = ("I will look at the module first.", "The test passes now.", "Two callers still use the old name.", "Done. The change is small.")


class Chat(NamedTuple):
    """One conversation: its calls by turn. `agent` is what kind of agent leads it, "" for the person's own."""

    source: str
    name: str
    project: str
    branch: str
    agent: str
    turns: list[list[Call]]
    spawned: list[Chat]

    def calls(self) -> Iterator[Call]:
        """The calls of this chat and of those it spawned."""
        for turn in self.turns:
            yield from turn
        for chat in self.spawned:
            yield from chat.calls()


def write_home(home: Path, *, days: int = 45, seed: int = 7, now: datetime) -> Truth:
    """Write the logs of the last `days` days up to a few minutes before `now` below `home`; returns what they amount to.

    Working hours are those of the zone of `now` (UTC when it has none). Takes a second or two for the default.
    """
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    chats = sorted(_Engineer(Random(seed), home, now).chats(days), key=lambda chat: next(chat.calls()).at)
    names = Random(seed + 1)
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


# ---- drawing what happened -------------------------------------------------------------------------------------------


class _Engineer:
    """Draws the chats of one person."""

    def __init__(self, random: Random, home: Path, now: datetime) -> None:
        self.random = random
        self.home = home
        self.now = now
        self.end = int(now.timestamp() * 1000) - 3 * MINUTE

    def chats(self, days: int) -> Iterator[Chat]:
        """Everything of these days, the chat that is open right now last."""
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        workdays = [day for day in range(1, days) if (midnight - timedelta(days=day)).weekday() < 5]
        wild = workdays[len(workdays) // 3] if workdays else -1
        for ago in range(days - 1, -1, -1):
            day = midnight - timedelta(days=ago)
            for start in self._starts(day):
                yield from self._kept(self._chat(self._client(), start))
            if ago == wild:
                yield self._runaway(int((day + timedelta(hours=13, minutes=20)).timestamp() * 1000))
        yield self._open()

    def _starts(self, day: datetime) -> list[int]:
        """When the chats of a day begin: mornings, afternoons, sometimes late; few at weekends, and many on some days."""
        weekend = day.weekday() >= 5
        expected = self.random.lognormvariate(1.75, 0.35) if not weekend else self.random.choice((0, 0, 0, 1, 2))
        spans = ((9.0, 12.4), (13.3, 18.2), (20.5, 23.0)) if not weekend else ((10.5, 13.0), (15.0, 22.5))
        starts = []
        for _ in range(round(expected)):
            low, high = self.random.choices(spans, (45, 50, 8)[: len(spans)])[0]
            starts.append(int((day + timedelta(hours=self.random.uniform(low, high))).timestamp() * 1000))
        return sorted(starts)

    def _client(self) -> Client:
        return self.random.choices(CLIENTS, [client.share for client in CLIENTS])[0]

    def _pick(self, weights: dict[str, int]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def _kept(self, chat: Chat) -> Iterator[Chat]:
        """The chat without what lies after the end; nothing when nothing is left."""
        turns = [[call for call in turn if call.at < self.end] for turn in chat.turns]
        spawned = [part for child in chat.spawned for part in self._kept(child)]
        if turns[0]:
            yield chat._replace(turns=[turn for turn in turns if turn], spawned=spawned)

    def _chat(self, client: Client, start: int, turns: int = 0) -> Chat:
        """One chat: turns with pauses between them, and what the client spawns on the way."""
        turns = turns or 1 + min(int(self.random.lognormvariate(0.8, 0.75)), 25)
        sizes = [1 + min(int(self.random.lognormvariate(1.25, 0.9)), 70) for _ in range(turns)]
        chat = self._empty(client, "")
        chat.turns.extend(self._turns(client, self._pick(client.models), start, sizes))
        for turn in chat.turns:
            if client.source == "claude_code" and self.random.random() < 0.14:
                chat.spawned.append(self._child(chat, EXPLORER, EXPLORE, turn[0].at + 2 * SECOND))
            if client.source == "opencode" and self.random.random() < 0.12:
                chat.spawned.append(self._child(chat, client, "explore", turn[0].at + 2 * SECOND))
            if client.source == "qwen_code" and self.random.random() < 0.6:
                chat.spawned.append(self._child(chat, KEEPER, MEMORY, turn[-1].at + 3 * SECOND, 1))
        return chat

    def _empty(self, client: Client, agent: str) -> Chat:
        project = str(self.home / self._pick(PROJECTS))
        branch = "main" if self.random.random() < 0.35 else f"feat/{self.random.choice(TOPICS)}"
        return Chat(client.source, _any_uuid(self.random), project, branch, agent, [], [])

    def _child(self, chat: Chat, client: Client, agent: str, start: int, calls: int = 0) -> Chat:
        calls = calls or 2 + int(self.random.lognormvariate(1.6, 0.6))
        turns = list(self._turns(client, self._pick(client.models), start, [calls]))
        return Chat(chat.source, _any_uuid(self.random), chat.project, chat.branch, agent, turns, [])

    def _runaway(self, start: int) -> Chat:
        """One afternoon on which an agent went round in circles for hours, and nobody looked."""
        client = CLIENTS[0]
        chat = self._empty(client, "")
        chat.turns.extend(self._turns(client, "claude-opus-5-5", start, [320], 28))
        for call in chat.turns[0][20::60]:
            chat.spawned.append(self._child(chat, EXPLORER, RUNAWAY, call.at + SECOND, 25))
        return chat

    def _open(self) -> Chat:
        """The chat that is still open: its last call came a few minutes ago."""
        chat = self._chat(CLIENTS[0], self.end, 3)
        return _earlier(chat, max(call.at for call in chat.calls()) - self.end)

    def _turns(self, client: Client, model: str, start: int, sizes: list[int], pace: int = 12) -> Iterator[list[Call]]:
        """The calls of a chat, turn by turn: every call sends the whole context again, nearly all of it from the cache.

        `pace` is how many seconds tools take between two calls, about.
        """
        at, context, cached = start, int(client.base * self.random.uniform(0.85, 1.2)), 0
        alive = 60 * MINUTE if client.writes == "1h" else 9 * MINUTE
        if self.random.random() < 0.7:
            cached = int(client.base * 0.8)
        for size in sizes:
            turn = []
            for _ in range(size):
                added = 60 + min(int(self.random.lognormvariate(7.1, 1.15)), 45_000)
                call = self._call(client, model, at, min(cached, context), context + added)
                turn.append(call)
                context += added + call.output
                cached = context - call.output
                if context > client.limit:
                    context, cached = int(client.limit * 0.2), client.base
                at += 2 * SECOND + int(self.random.lognormvariate(-0.2, 0.7) * pace * SECOND) + call.output * 12
            yield turn
            pause = int(self.random.lognormvariate(4.6, 1.2) * SECOND)
            at += min(pause, 90 * MINUTE)
            cached = cached if pause < alive else 0

    def _call(self, client: Client, model: str, at: int, cached: int, prompt: int) -> Call:
        """One call whose prompt's first tokens are cached; providers that cache by themselves do so in steps and miss some."""
        output = 25 + min(int(self.random.lognormvariate(5.3, 1.05)), 16_000)
        reasoning = int(output * self.random.uniform(0.1, 0.7)) if self.random.random() < 0.6 else 0
        if writes := client.writes if model.startswith("claude") else "":
            plain = min(self.random.randint(3, 14), prompt - cached)
            fresh = prompt - cached - plain
            short, long = (fresh, 0) if writes == "5m" or self.random.random() < 0.1 else (0, fresh)
            read = cached
        else:
            read = 0 if self.random.random() < 0.03 else cached // 128 * 128
            plain, short, long = prompt - read, 0, 0
        return Call(at, model, plain, read, short, long, output, reasoning)


def _earlier(chat: Chat, milliseconds: int) -> Chat:
    turns = [[call._replace(at=call.at - milliseconds) for call in turn] for turn in chat.turns]
    return chat._replace(turns=turns, spawned=[_earlier(child, milliseconds) for child in chat.spawned])


# ---- what all writers share ------------------------------------------------------------------------------------------


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _any_uuid(names: Random) -> str:
    """A random UUID (version 4)."""
    return _uuid((names.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62)) | (0x4 << 76) | (0x2 << 62))


def _timed_uuid(names: Random, at: int) -> str:
    """A UUID of version 7, which begins with its moment."""
    return _uuid((at << 80) | (0x7 << 76) | (names.getrandbits(12) << 64) | (0x2 << 62) | names.getrandbits(62))


def _token(names: Random, prefix: str) -> str:
    return f"{prefix}{names.getrandbits(96):024x}"


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _slug(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", path)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _lines(path: Path, rows: list[dict[str, Any]], at: int) -> None:
    """Write rows as lines; the file was last touched `at`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{_json(row)}\n" for row in rows), encoding="utf-8")
    os.utime(path, (at / 1000, at / 1000))


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


# ---- Claude Code -----------------------------------------------------------------------------------------------------


def _claude_code(home: Path, chats: list[Chat], names: Random) -> None:
    for chat in chats:
        folder = home / ".claude" / "projects" / _slug(chat.project)
        _lines(folder / f"{chat.name}.jsonl", list(_claude_rows(chat, chat.name, names)), chat.turns[-1][-1].at)
        for child in chat.spawned:
            stem = folder / chat.name / "subagents" / f"agent-{_agent_id(child)}"
            _lines(stem.with_suffix(".jsonl"), list(_claude_rows(child, chat.name, names)), child.turns[-1][-1].at)
            stem.with_suffix(".meta.json").write_text(_json({"agentType": child.agent, "isBuiltIn": True, "spawnDepth": 1}), encoding="utf-8")


def _agent_id(chat: Chat) -> str:
    return chat.name.replace("-", "")[:17]


def _claude_rows(chat: Chat, session: str, names: Random) -> Iterator[dict[str, Any]]:
    shared: dict[str, Any] = {"isSidechain": bool(chat.agent), "userType": "external", "entrypoint": "cli", "cwd": chat.project, "sessionId": session}
    shared |= {"version": "2.1.330", "gitBranch": chat.branch}
    if chat.agent:
        shared |= {"agentId": _agent_id(chat), "attributionAgent": chat.agent}
    for turn in chat.turns:
        yield _claude_user(shared, turn[0].at - 4 * SECOND, names.choice(PROMPTS), names)
        for call in turn:
            yield from _claude_answer(shared, call, call is turn[-1], names)


def _claude_user(shared: dict[str, Any], at: int, content: Any, names: Random) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, "uuid": _any_uuid(names), "timestamp": _iso(at), **shared}


def _claude_answer(shared: dict[str, Any], call: Call, last: bool, names: Random) -> Iterator[dict[str, Any]]:
    """A call's rows: one for each block of the answer, all with the same usage, and what the tool gave back."""
    tool = {"type": "tool_use", "id": _token(names, "toolu_"), "name": "Bash", "input": {"command": "make test"}}
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
    message: dict[str, Any] = {"id": _token(names, "msg_01"), "type": "message", "role": "assistant", "model": call.model}
    request = _token(names, "req_011")
    for number, block in enumerate(blocks):
        whole = message | {"content": [block], "stop_reason": "end_turn" if last else "tool_use", "stop_sequence": None, "usage": usage}
        row = {"message": whole, "requestId": request, "type": "assistant", "apiBlockIndex": number, "uuid": _any_uuid(names)}
        yield row | {"timestamp": _iso(call.at + number * 3), **shared}
    if not last:
        yield _claude_user(shared, call.at + SECOND, [{"type": "tool_result", "tool_use_id": tool["id"], "content": "ok"}], names)


# ---- Codex -----------------------------------------------------------------------------------------------------------


def _codex(home: Path, chats: list[Chat], names: Random) -> None:
    for chat in chats:
        start = chat.turns[0][0].at - 6 * SECOND
        thread = _timed_uuid(names, start)
        began = datetime.fromtimestamp(start / 1000, UTC)
        folder = home / ".codex" / "sessions" / f"{began:%Y/%m/%d}"
        rows = [
            {"timestamp": _iso(at), "ordinal": number, "type": kind, "payload": payload}
            for number, (at, kind, payload) in enumerate(_codex_rows(chat, thread, start, names))
        ]
        _lines(folder / f"rollout-{began:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl", rows, chat.turns[-1][-1].at)


def _codex_rows(chat: Chat, thread: str, start: int, names: Random) -> Iterator[tuple[int, str, dict[str, Any]]]:
    meta: dict[str, Any] = {
        "id": thread,
        "session_id": thread,
        "timestamp": _iso(start),
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
        name = _timed_uuid(names, at)
        yield (
            at,
            "event_msg",
            {"type": "task_started", "turn_id": name, "root_turn_id": name, "started_at": at // 1000, "model_context_window": 258_400},
        )
        yield at, "turn_context", {"turn_id": name, "cwd": chat.project, "approval_policy": "on-request", "model": turn[0].model, "effort": "medium"}
        content = [{"type": "input_text", "text": names.choice(PROMPTS)}]
        yield at, "response_item", {"type": "message", "role": "user", "content": content}
        for call in turn:
            usage = _codex_usage(call)
            total = {field: total.get(field, 0) + count for field, count in usage.items()}
            answer = [{"type": "output_text", "text": names.choice(ANSWERS)}]
            yield call.at, "response_item", {"type": "message", "role": "assistant", "content": answer}
            record = {"thread_id": thread, "turn_id": name, "session_id": thread, "root_turn_id": name, "response_id": _token(names, "resp_")}
            yield call.at + 2, "token_usage_record", record | {"usage": usage, "turn_token_usage": usage, "thread_token_usage": total}
            info = {"total_token_usage": total, "last_token_usage": usage, "model_context_window": 258_400}
            yield call.at + 3, "event_msg", {"type": "token_count", "info": info, "rate_limits": {"limit_id": "codex", "plan_type": "pro"}}
        yield turn[-1].at + 5, "event_msg", {"type": "task_complete", "turn_id": name, "duration_ms": turn[-1].at - at}


def _codex_usage(call: Call) -> dict[str, int]:
    return {
        "input_tokens": call.prompt,
        "cached_input_tokens": call.cache_read,
        "cache_write_input_tokens": 0,
        "output_tokens": call.output,
        "reasoning_output_tokens": call.reasoning,
        "total_tokens": call.prompt + call.output,
    }


# ---- Gemini CLI and Qwen Code ----------------------------------------------------------------------------------------


def _gemini_cli(home: Path, chats: list[Chat], names: Random) -> None:
    folders: dict[str, str] = {}
    for chat in chats:
        short = folders.setdefault(chat.project, chat.project.rpartition("/")[2])
        start = chat.turns[0][0].at - 5 * SECOND
        began = datetime.fromtimestamp(start / 1000, UTC)
        folder = home / ".gemini" / "tmp" / short
        rows = list(_gemini_rows(chat, start, names))
        _lines(folder / "chats" / f"session-{began:%Y-%m-%dT%H-%M}-{chat.name[:8]}.jsonl", rows, chat.turns[-1][-1].at)
        (folder / ".project_root").write_text(chat.project, encoding="utf-8")
    if folders:
        (home / ".gemini" / "projects.json").write_text(_json({"projects": folders}), encoding="utf-8")


def _gemini_rows(chat: Chat, start: int, names: Random) -> Iterator[dict[str, Any]]:
    head = {"sessionId": chat.name, "projectHash": sha256(chat.project.encode()).hexdigest(), "startTime": _iso(start)}
    yield head | {"lastUpdated": _iso(start), "kind": "main"}
    for turn in chat.turns:
        prompt = [{"text": names.choice(PROMPTS)}]
        yield {"id": _any_uuid(names), "timestamp": _iso(turn[0].at - 4 * SECOND), "type": "user", "content": prompt}
        for call in turn:
            shown = call.output - call.reasoning
            counts = {"input": call.prompt, "output": shown, "cached": call.cache_read, "thoughts": call.reasoning, "tool": 0}
            row: dict[str, Any] = {
                "id": _any_uuid(names),
                "timestamp": _iso(call.at),
                "type": "gemini",
                "content": names.choice(ANSWERS),
                "thoughts": [],
            }
            row |= {"tokens": counts | {"total": call.prompt + call.output}, "model": call.model}
            yield row
            if call is not turn[-1]:
                yield row | {"toolCalls": [{"id": _token(names, "call_"), "name": "run_shell_command", "args": {}, "status": "success"}]}
            yield {"$set": {"lastUpdated": _iso(call.at)}}


def _qwen_code(home: Path, chats: list[Chat], names: Random) -> None:
    for chat in chats:
        told = [(call, "") for turn in chat.turns for call in turn]
        told += [(call, child.agent) for child in chat.spawned for call in child.calls()]
        told.sort(key=lambda entry: entry[0].at)
        shared: dict[str, Any] = {"sessionId": chat.name, "cwd": chat.project, "version": "0.15.10", "gitBranch": chat.branch}
        rows = [_qwen_user(shared, told[0][0].at - 4 * SECOND, names)]
        for call, agent in told:
            rows += _qwen_call(shared, call, agent, rows[-1]["uuid"], names)
        _lines(home / ".qwen" / "projects" / _slug(chat.project) / "chats" / f"{chat.name}.jsonl", rows, told[-1][0].at)


def _qwen_user(shared: dict[str, Any], at: int, names: Random) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "user", "parts": [{"text": names.choice(PROMPTS)}]}
    return {"uuid": _any_uuid(names), "parentUuid": None, "timestamp": _iso(at), "type": "user", "message": message, **shared}


def _qwen_call(shared: dict[str, Any], call: Call, agent: str, parent: str, names: Random) -> list[dict[str, Any]]:
    """A call's telemetry row, and the assistant row that only the person's own thread has."""
    ids = [_any_uuid(names), _any_uuid(names)]
    event: dict[str, Any] = {
        "event.name": "qwen-code.api_response",
        "event.timestamp": _iso(call.at),
        "response_id": _token(names, "chatcmpl-"),
        "model": call.model,
    }
    event |= {"input_token_count": call.prompt, "output_token_count": call.output, "cached_content_token_count": call.cache_read}
    event |= {"thoughts_token_count": call.reasoning, "total_token_count": call.prompt + call.output, "auth_type": "openai"}
    if agent:
        event["subagent_name"] = agent
    row: dict[str, Any] = {
        "uuid": ids[0],
        "parentUuid": parent,
        "timestamp": _iso(call.at),
        "type": "system",
        "subtype": "ui_telemetry",
        "systemPayload": {"uiEvent": event},
    }
    if agent:
        return [row | shared]
    counts = {"promptTokenCount": call.prompt, "candidatesTokenCount": call.output, "thoughtsTokenCount": call.reasoning}
    counts |= {"totalTokenCount": call.prompt + call.output, "cachedContentTokenCount": call.cache_read}
    answer: dict[str, Any] = {"uuid": ids[1], "parentUuid": ids[0], "timestamp": _iso(call.at + 9), "type": "assistant", "model": call.model}
    answer |= {"message": {"role": "model", "parts": [{"text": names.choice(ANSWERS)}]}, "usageMetadata": counts}
    return [row | shared, answer | shared]


# ---- OpenCode --------------------------------------------------------------------------------------------------------

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


def _opencode(home: Path, chats: list[Chat], names: Random) -> None:
    path = home / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    with database:
        for chat in chats:
            parent = _opencode_session(database, chat, None, names)
            for child in chat.spawned:
                _opencode_session(database, child, parent, names)
    database.close()


def _opencode_session(database: sqlite3.Connection, chat: Chat, parent: str | None, names: Random) -> str:
    calls = [call for turn in chat.turns for call in turn]
    name = _opencode_id(names, "ses_", calls[0].at)
    messages = [message for turn in chat.turns for message in _opencode_turn(chat, name, turn, names)]
    database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", messages)
    sums = [sum(column) for column in zip(*(_opencode_counts(call) for call in calls), strict=True)]
    model = _json({"id": calls[0].model, "providerID": _provider(calls[0].model)})
    about = (name, "global", parent, "quiet-river", chat.project, "A chat", "1.18.33", 0.0, *sums, chat.agent or "build", model)
    database.execute(f"INSERT INTO session VALUES ({', '.join('?' * 18)})", (*about, calls[0].at, calls[-1].at, None))
    return name


def _opencode_id(names: Random, prefix: str, at: int) -> str:
    """An id that begins with its moment, as the client's do."""
    return f"{prefix}{((at << 12) + names.getrandbits(12)) % (1 << 48):012x}{names.getrandbits(68):017x}"[:30]


def _opencode_counts(call: Call) -> tuple[int, int, int, int, int]:
    return call.input, call.output - call.reasoning, call.reasoning, call.cache_read, call.cache_write_5m + call.cache_write_1h


def _provider(model: str) -> str:
    return "anthropic" if model.startswith("claude") else "openai"


def _opencode_turn(chat: Chat, session: str, turn: list[Call], names: Random) -> Iterator[tuple[str, str, int, int, str]]:
    asked = turn[0].at - 4 * SECOND
    prompt = _opencode_id(names, "msg_", asked)
    yield prompt, session, asked, asked, _json({"role": "user", "time": {"created": asked}, "agent": chat.agent or "build"})
    for call in turn:
        fresh, shown, reasoning, read, written = _opencode_counts(call)
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
        yield _opencode_id(names, "msg_", call.at), session, call.at, done, _json(data)


# ---- Cursor ----------------------------------------------------------------------------------------------------------

COLUMNS = (
    "Date",
    "Kind",
    "Model",
    "Max Mode",
    "Input (w/ Cache Write)",
    "Input (w/o Cache Write)",
    "Cache Read",
    "Output Tokens",
    "Total Tokens",
    "Cost",
)


def _cursor(home: Path, chats: list[Chat], names: Random) -> None:
    """The usage export as the dashboard writes it, newest call first, with an error that cost nothing here and there."""
    path = home / ".cursor" / "usage-exports" / "usage-events.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    calls = sorted((call for chat in chats for call in chat.calls()), key=lambda call: -call.at)
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write(",".join(COLUMNS) + "\n")
        sheet = csv.writer(handle, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for call in calls:
            counts = (call.cache_write_5m + call.cache_write_1h, call.input, call.cache_read, call.output, call.prompt + call.output)
            sheet.writerow((_iso(call.at), "Included", call.model, "No", *counts, "Included"))
            if names.random() < 0.02:
                sheet.writerow((_iso(call.at - SECOND), "Errored, No Charge", call.model, "No", 0, 0, 0, 0, 0, "-"))


WRITERS = {
    "claude_code": _claude_code,
    "codex": _codex,
    "gemini_cli": _gemini_cli,
    "qwen_code": _qwen_code,
    "opencode": _opencode,
    "cursor": _cursor,
}
