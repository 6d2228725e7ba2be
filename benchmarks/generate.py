"""Write a realistic, seeded home directory full of coding-agent logs, and the truth about it.

    python -m benchmarks.generate OUT --megabytes 500 [--seed 1]

The tree below OUT is what Claude Code 2.1 (about nine tenths of the bytes: main sessions, subagents in their own
files, one to three rows per model call, tool results that dwarf the usage, edits that
carry the whole file they changed, file-history snapshots) and Codex 0.169
(the rest: token_usage_record beside token_count) leave behind. `OUT/truth.json` holds the exact token buckets per
source and model, counted as they were drawn, before anything was written.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CLAUDE_MODELS = ("claude-opus-5-5", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-4-5")
CODEX_MODELS = ("gpt-6-sol", "gpt-5.5")
PROJECTS = ("shop", "billing", "gateway", "mobile", "infra", "docs", "search", "ledger")
BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
END = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


class Writer:
    """Draws sessions from one seeded generator and keeps the truth of what it drew."""

    def __init__(self, home: Path, seed: int, days: int) -> None:
        self.home = home
        self.random = random.Random(seed)
        self.days = days
        self.written = 0
        self.truth: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
        words = [f"{stem}{end}" for stem in ("token", "cache", "route", "price", "ledger", "query") for end in ("", "s", "_id", "()", ": int")]
        text = json.dumps("\n".join(" ".join(self.random.choices(words, k=12)) + f'  "{n}"' for n in range(6000)))[1:-1]
        self.text = text.replace("\\\\", "")

    def blob(self, mean: float) -> str:
        """A JSON-escaped piece of text, lognormal in length with about this mean."""
        size = min(int(self.random.lognormvariate(0, 1.1) * mean * 0.55) + 8, 120_000)
        start = self.random.randrange(len(self.text) - size - 4)
        return self.text[start : start + size].strip("\\").replace("\\", "").replace('"', "'")

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def count(self, source: str, model: str, **tokens: int) -> None:
        row = self.truth[source].setdefault(model, {"calls": 0, **dict.fromkeys(BUCKETS, 0)})
        row["calls"] += 1
        for name, value in tokens.items():
            row[name] += value

    def emit(self, path: Path, lines: list[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join(lines) + "\n"
        path.write_text(text)
        self.written += len(text)

    def start(self) -> datetime:
        """A working-hours moment in the window."""
        day = END - timedelta(days=self.random.randrange(self.days))
        return day.replace(hour=self.random.randrange(7, 18), minute=self.random.randrange(60), microsecond=self.random.randrange(1000) * 1000)


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def claude_session(w: Writer) -> None:
    """One main file and, often, subagent files beside it."""
    session, project = w.uuid(), w.random.choice(PROJECTS)
    cwd = f"/home/ana/src/{project}"
    slug = cwd.replace("/", "-")
    root = w.home / ".claude" / "projects" / slug
    when = w.start()
    common = {"sessionId": session, "cwd": cwd, "gitBranch": w.random.choice(("main", "feat/PAY-41", "fix/login"))}
    lines, when = claude_calls(w, common, when, w.random.randrange(20, 160), None)
    w.emit(root / f"{session}.jsonl", lines)
    for _ in range(w.random.choice((0, 0, 1, 1, 2))):
        agent = w.uuid()[:12].replace("-", "")
        lines, when = claude_calls(w, common, when, w.random.randrange(6, 40), agent)
        w.emit(root / session / "subagents" / f"agent-{agent}.jsonl", lines)


def claude_calls(w: Writer, common: dict[str, str], when: datetime, calls: int, agent: str | None) -> tuple[list[str], datetime]:
    draw, lines, context = w.random, [], w.random.randrange(14_000, 30_000)
    model = "claude-haiku-4-5" if agent and draw.random() < 0.5 else draw.choice(CLAUDE_MODELS)
    side = "true" if agent else "false"
    extra = f'"agentId":"{agent}","attributionAgent":"Explore",' if agent else ""
    tail = (
        f'"userType":"external","entrypoint":"cli","cwd":"{common["cwd"]}","sessionId":"{common["sessionId"]}",'
        f'"version":"2.1.330","gitBranch":"{common["gitBranch"]}"}}'
    )
    parent = w.uuid()
    for number in range(calls):
        when += timedelta(milliseconds=draw.randrange(1500, 60_000))
        fresh, added, output = draw.randrange(1, 40), draw.randrange(200, 6000), draw.randrange(40, 1800)
        short = added // 7 if draw.random() < 0.2 else 0
        usage_numbers = f'"input_tokens":{fresh},"cache_creation_input_tokens":{added},"cache_read_input_tokens":{context},'
        split = f'"cache_creation":{{"ephemeral_5m_input_tokens":{short},"ephemeral_1h_input_tokens":{added - short}}}'
        usage = (
            f'"usage":{{{usage_numbers}{split},"output_tokens":{output},"output_tokens_details":{{"thinking_tokens":{output // 4}}},'
            f'"server_tool_use":{{"web_search_requests":0,"web_fetch_requests":0}},"service_tier":"standard","inference_geo":"",'
            f'"iterations":[{{"type":"message",{usage_numbers}{split},"output_tokens":{output}}}],"speed":"standard"}}'
        )
        w.count("claude_code", model, input=fresh, cache_read=context, cache_write_5m=short, cache_write_1h=added - short, output=output)
        context = min(context + added, 900_000)
        message, request = f"msg_01{draw.getrandbits(100):025x}", f"req_011{draw.getrandbits(96):024x}"
        blocks = ["tool_use"]
        if draw.random() < 0.55:
            blocks.insert(0, "text")
        if draw.random() < 0.4:
            blocks.insert(0, "thinking")
        for index, block in enumerate(blocks):
            if block == "thinking":
                content = f'{{"type":"thinking","thinking":"{w.blob(500)}","signature":"{w.blob(400)}"}}'
            elif block == "text":
                content = f'{{"type":"text","text":"{w.blob(350)}"}}'
            else:
                content = f'{{"type":"tool_use","id":"toolu_01{draw.getrandbits(88):022x}","name":"Edit","input":{{"file_path":"{common["cwd"]}/a.py","old_string":"{w.blob(300)}","new_string":"{w.blob(400)}"}}}}'
            own = w.uuid()
            lines.append(
                f'{{"parentUuid":"{parent}","isSidechain":{side},{extra}"message":{{"model":"{model}","id":"{message}","type":"message","role":"assistant",'
                f'"content":[{content}],"stop_reason":"tool_use","stop_sequence":null,{usage}}},"requestId":"{request}","type":"assistant","apiBlockIndex":{index},'
                f'"uuid":"{own}","timestamp":"{stamp(when)}",{tail}'
            )
            parent = own
            when += timedelta(milliseconds=draw.randrange(1, 900))
        own, result = w.uuid(), w.blob(2600)
        edited = f'"filePath":"{common["cwd"]}/a.py","originalFile":"{w.blob(9000)}","structuredPatch":[],' if draw.random() < 0.45 else ""
        lines.append(
            f'{{"parentUuid":"{parent}","isSidechain":{side},{extra}"type":"user","message":{{"role":"user","content":[{{"tool_use_id":"toolu_01{draw.getrandbits(88):022x}",'
            f'"type":"tool_result","content":"{result}"}}]}},"uuid":"{own}","timestamp":"{stamp(when)}","toolUseResult":{{{edited}"stdout":"{result}","stderr":"",'
            f'"interrupted":false,"isImage":false}},{tail}'
        )
        parent = own
        if number % 12 == 11:
            lines.append(
                f'{{"type":"file-history-snapshot","messageId":"{own}","snapshot":{{"messageId":"{own}","trackedFileBackups":{{"a.py":"{w.blob(4000)}"}}}}}}'
            )
    return lines, when


def codex_session(w: Writer) -> None:
    """One rollout of the generation that writes both a usage record and cumulative counters."""
    draw = w.random
    when = w.start()
    thread, model = w.uuid(), draw.choice(CODEX_MODELS)
    cwd = f"/home/ana/src/{draw.choice(PROJECTS)}"
    meta = {
        "id": thread,
        "session_id": thread,
        "timestamp": stamp(when),
        "cwd": cwd,
        "originator": "codex_cli_rs",
        "cli_version": "0.169.0",
        "source": "cli",
        "thread_source": "user",
        "model_provider": "openai",
        "base_instructions": {"text": w.blob(20_000)},
        "git": {"branch": "main", "commit_hash": "9f1c"},
    }
    lines = [envelope(when, 0, "session_meta", meta)]
    total: dict[str, int] = defaultdict(int)
    ordinal = 1
    context = draw.randrange(9_000, 20_000)
    for _ in range(draw.randrange(4, 30)):
        turn = w.uuid()
        lines.append(envelope(when, ordinal, "turn_context", {"turn_id": turn, "cwd": cwd, "model": model, "effort": "medium"}))
        for _ in range(draw.randrange(1, 9)):
            when += timedelta(milliseconds=draw.randrange(1500, 40_000))
            cached, fresh, output = context, draw.randrange(200, 5000), draw.randrange(30, 1500)
            usage = {
                "input_tokens": cached + fresh,
                "cached_input_tokens": cached,
                "cache_write_input_tokens": 0,
                "output_tokens": output,
                "reasoning_output_tokens": output // 3,
                "total_tokens": cached + fresh + output,
            }
            w.count("codex", model, input=fresh, cache_read=cached, output=output)
            for name, value in usage.items():
                total[name] += value
            context = min(context + fresh, 240_000)
            ordinal += 4
            ids = {
                "thread_id": thread,
                "turn_id": turn,
                "session_id": thread,
                "root_turn_id": turn,
                "response_id": f"resp_{draw.getrandbits(128):032x}",
            }
            call = {"type": "function_call", "name": "shell", "arguments": w.blob(300), "call_id": "call_1"}
            lines.append(envelope(when, ordinal, "response_item", call))
            lines.append(
                envelope(
                    when, ordinal + 1, "token_usage_record", {**ids, "usage": usage, "turn_token_usage": usage, "thread_token_usage": dict(total)}
                )
            )
            info = {"total_token_usage": dict(total), "last_token_usage": usage, "model_context_window": 258400}
            lines.append(
                envelope(when, ordinal + 2, "event_msg", {"type": "token_count", "info": info, "rate_limits": {"primary": None, "plan_type": "pro"}})
            )
            lines.append(envelope(when, ordinal + 3, "response_item", {"type": "function_call_output", "call_id": "call_1", "output": w.blob(5000)}))
    folder = w.home / ".codex" / "sessions" / f"{when:%Y/%m/%d}"
    w.emit(folder / f"rollout-{when:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl", lines)


def envelope(when: datetime, ordinal: int, kind: str, payload: dict[str, Any]) -> str:
    return json.dumps({"timestamp": stamp(when), "ordinal": ordinal, "type": kind, "payload": payload}, separators=(",", ":"))


def generate(home: Path, megabytes: int, seed: int = 1, days: int = 60, quiet: bool = True) -> dict[str, Any]:
    """Fill `home` with about this many megabytes of logs; return (and write) the truth."""
    w = Writer(home, seed, days)
    want = megabytes * 1_000_000
    while w.written < want:
        if w.random.random() < 0.22:
            codex_session(w)
        else:
            claude_session(w)
        if not quiet:
            print(f"\r{w.written // 1_000_000} of {megabytes} MB", end="", file=sys.stderr)
    truth = {"megabytes": megabytes, "seed": seed, "bytes": w.written, "sources": w.truth}
    (home / "truth.json").write_text(json.dumps(truth, indent=1))
    return truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    truth = generate(given.home, given.megabytes, given.seed, quiet=False)
    calls = sum(row["calls"] for rows in truth["sources"].values() for row in rows.values())
    print(f"\r{truth['bytes'] / 1e6:.0f} MB, {calls:,} calls in {given.home}")


if __name__ == "__main__":
    main()
