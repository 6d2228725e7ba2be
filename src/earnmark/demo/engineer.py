"""Draws the working days of one person at random: when a chat begins, with which client, and what its calls use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from earnmark.demo.chat import MINUTE, SECOND, Call, Chat
from earnmark.demo.ids import any_uuid


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


class Engineer:
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
        return Chat(client.source, any_uuid(self.random), project, branch, agent, [], [])

    def _child(self, chat: Chat, client: Client, agent: str, start: int, calls: int = 0) -> Chat:
        calls = calls or 2 + int(self.random.lognormvariate(1.6, 0.6))
        turns = list(self._turns(client, self._pick(client.models), start, [calls]))
        return Chat(chat.source, any_uuid(self.random), chat.project, chat.branch, agent, turns, [])

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
