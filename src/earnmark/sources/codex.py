r"""Codex: the CLI, the desktop app and the IDE extension, which write the same rollout files.

Where: `sessions/YYYY/MM/DD/rollout-<local time>-<thread id>.jsonl` and `archived_sessions/rollout-*.jsonl` below `$CODEX_HOME`
(several directories may be given, separated by commas), else `~/.codex` (`%USERPROFILE%\.codex` on Windows). Old rollouts may be
compressed to `.jsonl.zst`. Archiving moves a file; a copy left behind names the same calls and is not counted again.

What is odd: the logged input contains the cached and the cache-written tokens, the output contains the reasoning. Since 0.151
every call has a `token_usage_record`, named by its `response_id`; rows that repeat it as `token_count` are then ignored. Before,
only `token_count` tells the usage: it is written again on every refresh, so a call counts only where the running total went
forward, by what `last_token_usage` says. Forks and subagents of up to 0.145 begin with a replay of their ancestors' rows, stamped
anew; it is skipped up to the thread's own first turn. Later forks start at their parent's total, which is why totals are never
taken for usage. The model is that of the latest turn; "priority" is the tier asked for (config "fast"), the server may have served
another. Calls are of a subscription where the rate limits name a plan.

What it hides: nothing known. `codex exec --json` output is cumulative over a thread and repeats the rollout, so it is not read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from earnmark.model import BACKGROUND, LINES, MAIN, SNAPSHOT, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._codex_rows import (
    COUNT,
    META,
    NO_LIMITS,
    RECORD,
    SETTINGS,
    START,
    TURN,
    count_in,
    kind_of,
    made_at,
    numbers_of,
    record_in,
    usage_of,
    vector,
)
from earnmark.sources.reading import Absurd, File, child, moment, text

COPY = 1 << 40
"""Taken off the rank of a record that a fork copied from another thread."""

REMEMBERED = 8
"""So many running totals are kept to tell a late snapshot from a counter that began again."""

PAUSE = 1000
"""Milliseconds between two rows that no replay takes: its rows are written at once."""

TIERS = {"priority": "priority", "fast": "priority", "flex": "flex", "batch": "batch"}


def places(machine: Machine) -> list[Place]:
    """Sessions and archived sessions below the configured directories, else below ~/.codex."""
    roots = [part.strip().rstrip("/") for part in machine.get("CODEX_HOME").split(",") if part.strip()]
    folders = [f"{root}/{name}" for root in dict.fromkeys(roots or [machine.under(".codex")]) for name in ("sessions", "archived_sessions")]
    return [Place(folder, ("rollout-*.jsonl", "*/rollout-*.jsonl", "rollout-*.jsonl.zst", "*/rollout-*.jsonl.zst")) for folder in folders]


def read(file: File) -> Iterator[Event]:
    """One event per model call. A record waits for the row after it, the first to name the plan."""
    file.bulk = False  # the few rows decoded are not worth the compiled decoder's import
    thread = _Thread(file)
    for line in file.lines(skip=b'"type":"response_item"', head=90):
        kind = kind_of(file, line)
        if not kind or (kind == COUNT and thread.recorded and line.endswith(thread.limits)):
            continue
        try:
            if kind == RECORD:
                event = thread.record(line)
                if thread.plan is None and event is not None:
                    event, thread.held = thread.held, event
            elif kind == COUNT:
                event = thread.count(line)
                if thread.held is not None and thread.plan is not None:
                    yield thread.released(thread.held)
            else:
                thread.note(kind, line)
                continue
        except Absurd as error:
            file.fault(str(error))
            continue
        if event is not None:
            yield event
    if thread.held is not None:
        yield thread.held
    thread.save()


class _Thread:
    """What a rollout has told so far. Everything but the reader's own caches goes to `file.state`."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.id = ""
        self.parent = ""
        self.version = ""
        self.project = ""
        self.branch = ""
        self.thread = MAIN
        self.agent = ""
        self.model = ""
        self.provider = ""
        self.tier = ""
        self.plan: str | None = None
        self.paginated = False
        self.recorded = False
        self.replaying = False
        self.dated = False
        self.born = 0
        self.burst = 0
        self.epoch = 0
        self.totals: list[list[int]] = []
        saved = dict(file.state)
        held = saved.pop("held", None)
        self.held = Event(held[0], held[1], Session(*held[2]), Lane(*held[3]), Sku(*held[4]), *held[5:]) if held else None
        self.__dict__.update(saved)
        self.id = self.id or os.path.basename(file.path).removesuffix(".zst").removesuffix(".jsonl")[-36:]
        self.limits = b"\n"  # how a token_count ends that has nothing new; no line ends so
        self.turn = self.hour = b""
        self.hours = 0
        self.changed()

    def save(self) -> None:
        """Leave in `file.state` what the next reading needs."""
        state = vars(self).copy()
        for name in ("file", "limits", "turn", "hour", "hours", "session", "lane", "sku"):
            del state[name]
        if self.held is not None:
            state["held"] = [list(part) if isinstance(part, tuple) else part for part in self.held]
        self.file.state.update(state)

    def changed(self) -> None:
        """Make anew what events share."""
        self.session = Session(self.id, self.parent, self.version)
        billing = "subscription" if self.plan else ""
        self.lane = Lane("codex", self.project, self.branch, self.thread, self.agent, billing)
        self.sku = Sku(self.model or "unknown", self.provider, self.tier)

    def released(self, event: Event) -> Event:
        """The record that waited, with the plan that is known now."""
        self.held = None
        if not self.plan:
            return event
        return event._replace(lane=event.lane._replace(billing="subscription"), rank=(event.rank or 0) + 1)

    # ---- usage ---------------------------------------------------------------------------------------------------

    def record(self, line: bytes) -> Event | None:
        """A token_usage_record as an event."""
        found = record_in(line)
        if found and line.endswith(b"}}"):
            hour, minute, second, fraction, owner, response, *numbers = found.groups()
            return self.recording(
                response.decode(), owner.decode("ascii", "replace"), self.clock(hour, minute, second, fraction), numbers_of(numbers)
            )
        row = self.file.row(line)
        payload = child(row, "payload")
        if row is None or row.get("type") != RECORD:
            return None
        thread, key = text(payload, "thread_id"), text(payload, "response_id")
        key = key or f"codex:{thread or self.id}:{vector(usage_of(child(payload, 'thread_token_usage')))}"
        return self.recording(key, thread, moment(row.get("timestamp")), usage_of(child(payload, "usage")))

    def recording(self, key: str, thread: str, when: int, usage: list[int]) -> Event | None:
        self.recorded = True
        if not any(usage[:5]):
            return None
        rank = usage[3] + 1 if self.plan else usage[3]
        if thread == self.id or not thread:
            return self.event(key, when, usage, rank)
        return self.event(key, when, usage, rank - COPY)._replace(session=Session(thread))

    def clock(self, hour: bytes, minute: bytes, second: bytes, fraction: bytes) -> int:
        """A UTC time whose parts are known to be digits, in milliseconds; the last hour is remembered."""
        if hour != self.hour:
            self.hours = moment(f"{hour.decode()}:00:00Z")
            self.hour = hour
        return self.hours + int(minute) * 60_000 + int(second) * 1000 + int(fraction)

    def count(self, line: bytes) -> Event | None:
        """A token_count as an event where the running total went forward and no record tells the call."""
        found = count_in(line)
        fresh = not line.endswith(self.limits)
        row = self.file.row(line) if fresh or not found else None
        payload = child(row, "payload")
        if row is not None and fresh:
            self.plan_of(line, payload)
        if self.recorded:
            return None
        if found:
            hour, minute, second, fraction, *numbers = found.groups()
            return self.counted(self.clock(hour, minute, second, fraction), numbers_of(numbers[:6]), numbers_of(numbers[6:]))
        info = child(payload, "info")
        if row is None or not info:
            return None
        last = child(info, "last_token_usage")
        return self.counted(moment(row.get("timestamp")), usage_of(child(info, "total_token_usage")), usage_of(last) if last else None)

    def plan_of(self, line: bytes, payload: Row) -> None:
        """Take the plan from the rate limits, and remember how a line ends that says the same."""
        at = line.rfind(b'"plan_type"')
        self.limits = line[at:] if at > 0 else NO_LIMITS
        plan = text(child(payload, "rate_limits"), "plan_type")
        if self.plan is None or plan not in ("", self.plan):
            self.plan = plan
            self.changed()

    def counted(self, when: int, total: list[int], last: list[int] | None) -> Event | None:
        """The call a running total ends with, as the log says it or else as the growth; None when it is no new one."""
        if self.replaying:
            self.watch(when)
        if self.replaying:
            self.totals = [total]
            return None
        grown = last or self.growth(total)
        if not self.advanced(total, grown) or not any(grown[:5]):
            return None
        event = self.event(f"codex:{self.id}:{self.epoch}:{vector(total)}", when, grown, None)
        return event if last else event._replace(lane=event.lane._replace(quality=SNAPSHOT))

    def growth(self, total: list[int]) -> list[int]:
        """The difference to the running total before; nothing for the first total of a fork, which has its parent's in it."""
        if not self.totals:
            return [0] * 6 if self.parent else total
        return [max(now - then, 0) for now, then in zip(total, self.totals[-1], strict=True)]

    def advanced(self, total: list[int], last: list[int]) -> bool:
        """Whether a running total is of a new call: neither a repetition nor a late snapshot; begins an epoch where it began again."""
        if self.totals:
            highest = self.totals[-1]
            if total in self.totals:
                return False
            if total[5] <= highest[5] and any(total[:5]):
                if total != last and total[5] + 2 * last[5] >= highest[5]:
                    return False
                self.epoch += 1
                self.totals = []
        self.totals = [*self.totals[1 - REMEMBERED :], total]
        return True

    def event(self, key: str, when: int, usage: list[int], rank: int | None) -> Event:
        """A call's numbers in disjoint buckets. The total decides whether a proxy left the cache out of the input."""
        prompt, cached, written, output, reasoning, total = usage
        fresh = prompt - cached - written
        if fresh < 0 or total != prompt + output:
            if total == prompt + cached + written + output:
                fresh = prompt
            else:
                self.file.fault(f"total_tokens is {total}, but input is {prompt} (of which cached {cached + written}) and output {output}")
                fresh = max(fresh, 0)
        return Event(key, when, self.session, self.lane, self.sku, fresh, cached, written, 0, output, min(reasoning, output), 0, None, "", rank)

    # ---- what calls have in common ---------------------------------------------------------------------------------

    def note(self, kind: str, line: bytes) -> None:
        """Take model, tier, directory and identity from a row that has no usage."""
        if kind == START and not self.replaying:
            return
        rest = line[line.rfind(b'turn_id":"', 0, 300) + 46 :] if kind == TURN and not self.replaying else b""
        if rest and rest == self.turn:
            return
        self.turn = rest
        row = self.file.row(line)
        payload = child(row, "payload")
        if row is None or kind not in (row.get("type"), payload.get("type")):
            return
        if kind == META:
            self.meta(row, payload)
        elif kind == SETTINGS:
            if text(payload, "thread_id") in ("", self.id):
                settings = child(payload, "thread_settings")
                self.provider = text(settings, "model_provider_id") or self.provider
                self.tier = TIERS.get(text(settings, "service_tier"), "")
                self.place(settings)
        else:
            if self.replaying:
                self.watch(moment(row.get("timestamp")), text(payload, "turn_id"))
            if kind == TURN:
                self.place(payload)
        self.changed()

    def place(self, row: Row) -> None:
        self.model = text(row, "model") or self.model
        self.project = text(row, "cwd") or self.project

    def meta(self, row: Row, payload: Row) -> None:
        """The first session_meta is the thread's own; others are its ancestors' and announce a replay, unless history is paginated."""
        own, when = text(payload, "id") or self.id, moment(row.get("timestamp") or payload.get("timestamp"))
        if self.born:
            if own != self.id and not (self.paginated or self.recorded or self.totals):
                self.replaying, self.burst, self.parent = True, when, self.parent or own
            return
        self.id, self.born, self.burst = own, made_at(own) or when, when
        base = child(payload, "history_base")
        self.paginated = bool(base) or text(payload, "history_mode") == "paginated"
        spawn = child(payload, "source", "subagent", "thread_spawn")
        forked = text(payload, "forked_from_id")
        self.parent = forked or text(base, "thread_id") or text(spawn, "parent_thread_id") or text(payload, "parent_thread_id")
        self.replaying = bool(forked) and not self.paginated
        self.version = text(payload, "cli_version")
        self.provider = text(payload, "model_provider")
        self.branch = text(child(payload, "git"), "branch")
        self.thread, self.agent = _who(payload, spawn)
        self.place(payload)

    def watch(self, when: int, turn: str = "") -> None:
        """End the replay at the thread's own first turn: one that began after the thread, or, of turns that do not tell, one after a pause."""
        begun = made_at(turn)
        if begun:
            self.dated = True
            self.replaying = begun < self.born
        elif not self.dated:
            self.replaying = when - self.burst < PAUSE
        self.burst = when


def _who(meta: Row, spawn: Row) -> tuple[str, str]:
    """Whose thread it is, and the kind of agent; the nickname is a random alias and says nothing."""
    source: Any = child(meta, "source").get("subagent")
    kind = source if isinstance(source, str) else text(child(meta, "source", "subagent"), "other")
    origin = text(meta, "thread_source")
    agent = text(spawn, "agent_role") or text(meta, "agent_role") or kind
    if origin == "guardian_review" or kind in ("guardian", "compact", "memory_consolidation"):
        return BACKGROUND, agent or "guardian"
    return (SUBAGENT, agent) if source or origin == "subagent" else (MAIN, agent)


SOURCE = Source(
    name="codex",
    title="Codex",
    places=places,
    read=read,
    kind=lambda path: LINES,
    note="Set CODEX_HOME to read other directories.",
)
