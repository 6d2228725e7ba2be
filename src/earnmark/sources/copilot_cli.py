"""GitHub Copilot: the CLI, and Copilot Chat in VS Code.

Where: below `$COPILOT_HOME`, else `~/.copilot`: `session-store.db`, `session-state/<session>/events.jsonl` (older:
`history-session-state/`) and, when it was switched on, the trace file `otel/*.jsonl` or `$COPILOT_OTEL_FILE_EXPORTER_PATH`.
Below the `User` directory of VS Code and its relatives (`~/Library/Application Support/Code/User`, `%APPDATA%`, `~/.config`,
`~/.vscode-server/data/User`): `workspaceStorage/*/chatSessions/*.json` and `.jsonl`,
`globalStorage/emptyWindowChatSessions/` and `globalStorage/github.copilot-chat/agent-traces.db`.

What is odd: input includes cache reads and writes, output includes reasoning. The CLI writes a call into its store, into its
session's events (since 1.0.9x) and into its traces; it is counted once. Sessions of older versions have only the totals written
when the CLI exits: they go on growing when a session is resumed, but begin anew after a compaction, and in each process of
the oldest versions; what they grew by is counted. Where not even these were written (after a crash), the output of the answers is
counted, without input. Chat sessions have no cache numbers and count a request of several calls once; where traces tell of
them, these are believed. What is logged as cost are AI credits (`aiu`) or, in older versions, premium requests, not dollars.

What it hides: calls before a compaction in sessions that have only totals; JetBrains editors keep no tokens at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from earnmark.model import (
    BACKGROUND,
    DATABASE,
    DOCUMENT,
    LINES,
    MAIN,
    PARTIAL,
    SNAPSHOT,
    SUBAGENT,
    Event,
    Lane,
    Machine,
    Place,
    Row,
    Session,
    Sku,
    Source,
)
from earnmark.sources._copilot import SLACK, Counts, call, call_name, charged, is_traced
from earnmark.sources._copilot_chat import read_document, read_journal
from earnmark.sources._copilot_store import read_store, stored_since
from earnmark.sources._copilot_traces import read_trace_file, read_trace_store
from earnmark.sources._editors import user_dirs
from earnmark.sources.reading import Absurd, File, child, moment, money, text, tokens

STATES = ("session-state", "history-session-state")
OTHERS = ("*/files/*", "*/research/*", "*/checkpoints/*", "*/rewind-file-snapshots/*")
"""What a session's directory holds beside its events."""

NEEDLE = re.compile(
    rb'"type": ?"(?:session\.(?:start|resume|usage_record|shutdown|compaction_complete|model_change)|assistant\.message|subagent\.started)"'
)
NONE = [0] * 6
"""The totals of a model that was not used: the five counts, and the premium requests."""

FINAL = 1 << 41
"""Rank of what a shutdown says of a stretch of a session, above all that was counted from its answers."""


def places(machine: Machine) -> list[Place]:
    """The CLI's traces, store and sessions, then the traces and sessions of every editor."""
    home = machine.get("COPILOT_HOME") or machine.under(".copilot")
    trace = machine.get("COPILOT_OTEL_FILE_EXPORTER_PATH")
    found = [Place(f"{home}/otel", ("*.jsonl",))]
    if trace:
        found.append(Place(trace, ("*.jsonl",)))
    found.append(Place(f"{home}/session-store.db", ()))
    found += [Place(f"{home}/{state}", ("*.jsonl",), OTHERS) for state in STATES]
    users = user_dirs(machine)
    found += [Place(f"{user}/globalStorage/github.copilot-chat/agent-traces.db", ()) for user in users]
    found += [Place(f"{user}/workspaceStorage", ("*/chatSessions/*.json", "*/chatSessions/*.jsonl")) for user in users]
    found += [Place(f"{user}/globalStorage/emptyWindowChatSessions", ("*.json", "*.jsonl")) for user in users]
    return found


def kind(path: str) -> str:
    """A store, a chat session kept whole, or a log that grows."""
    return DATABASE if path.endswith(".db") else DOCUMENT if path.endswith(".json") and _is_chat(path) else LINES


def _is_chat(path: str) -> bool:
    return os.path.basename(os.path.dirname(path)) in ("chatSessions", "emptyWindowChatSessions")


def read(file: File) -> Iterator[Event]:
    """The calls of any one of Copilot's files."""
    path = file.path.replace("\\", "/")
    if path.endswith("/agent-traces.db"):
        return read_trace_store(file)
    if path.endswith(".db"):
        return read_store(file)
    if _is_chat(path):
        return read_document(file) if path.endswith(".json") else read_journal(file)
    if any(f"/{state}/" in path for state in STATES):
        return _events(file)
    return read_trace_file(file)


# ---- a session's events ----------------------------------------------------------------------------------------------


def _events(file: File) -> Iterator[Event]:
    """Usage records as they stand, totals as they grew, and at the end what only the answers tell of."""
    file.state.setdefault("leg", 0)
    if "project" not in file.state:
        file.state.update(_workspace(os.path.dirname(file.path)))
    for row in file.rows(NEEDLE):
        try:
            yield from _row(file, row)
        except Absurd as error:
            file.fault(str(error))
    yield from _said(file)


def _row(file: File, row: Row) -> Iterator[Event]:
    kind, data = text(row, "type"), child(row, "data")
    if kind == "session.usage_record":
        yield from _record(file, row, child(data, "usage"))
    elif kind == "session.shutdown":
        yield from _shutdown(file, moment(row.get("timestamp")), child(data, "modelMetrics"))
    elif kind == "assistant.message":
        _note_answer(file, row, data)
    elif kind == "session.compaction_complete" and data.get("success"):
        file.state.pop("totals", None)
    elif kind == "subagent.started":
        file.state.setdefault("agents", {})[text(data, "toolCallId")] = text(data, "agentName")
    else:
        _note_session(file, data)


def _workspace(folder: str) -> dict[str, str]:
    """Where a session runs, from the flat workspace.yaml in its directory."""
    try:
        with open(f"{folder}/workspace.yaml", encoding="utf-8", errors="replace") as handle:
            pairs = (line.split(":", 1) for line in handle.read(1 << 16).splitlines() if ":" in line and line[0] != " ")
            told = {name: value.strip().strip("'\"")[:500] for name, value in pairs}
    except OSError:
        return {}
    return {"project": told.get("cwd", ""), "branch": told.get("branch", "")}


def _note_session(file: File, data: Row) -> None:
    context = child(data, "context")
    told = {
        "project": text(context, "cwd"),
        "branch": text(context, "branch"),
        "version": text(data, "copilotVersion"),
        "model": text(data, "newModel", "selectedModel"),
    }
    file.state.update({name: word for name, word in told.items() if word})


def _home(file: File) -> tuple[str, str]:
    """The CLI's directory, and the session a file of events belongs to."""
    path = file.path.replace("\\", "/")
    state = next(state for state in STATES if f"/{state}/" in path)
    home, _, below = path.rpartition(f"/{state}/")
    return home, below.split("/")[0].removesuffix(".jsonl")


def _lane(file: File, **more: Any) -> Lane:
    return Lane(file.source, file.state.get("project", ""), file.state.get("branch", ""), **more)


def _record(file: File, row: Row, usage: Row) -> Iterator[Event]:
    """One call, as the record of it says. A record copied from another session belongs to that one."""
    counts = _counts(usage)
    answer = text(usage, "apiCallId")
    owner = text(child(usage, "accounting"), "sourceSessionId") or _home(file)[1]
    name = call_name(file.state.setdefault("calls", {}), owner, counts, answer or text(row, "id"))
    reported, unit = charged(child(usage, "copilotUsage").get("totalNanoAiu"), usage.get("cost"))
    parent, agent = text(usage, "parentToolCallId"), text(usage, "agentId")
    thread = SUBAGENT if parent or agent not in ("", "main") else MAIN
    kind = file.state.get("agents", {}).get(parent, agent) if thread == SUBAGENT else ""
    if text(usage, "initiator") == "compaction":
        thread, kind = BACKGROUND, "compaction"
    own_key = usage.get("isByok")
    billing = "api" if own_key is True else "subscription" if own_key is False else ""
    lane = _lane(file, thread=thread, agent=kind, billing=billing, unit=unit)
    session = Session(owner, "", file.state.get("version", ""))
    event = call(file, name, moment(row.get("timestamp")), session, lane, Sku(text(usage, "model") or "unknown"), counts)
    file.state["recorded"] = True
    if event.total:
        yield event._replace(reported=reported, request=answer, rank=counts.output + 2)


def _counts(usage: Row) -> Counts:
    return Counts(*(tokens(usage, name) for name in ("inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens")))


# ---- sessions without records: totals, and answers -------------------------------------------------------------------


def _note_answer(file: File, row: Row, data: Row) -> None:
    """Add up the output of the answers since the last shutdown."""
    output = tokens(data, "outputTokens")
    if output:
        said = file.state.setdefault("said", {"output": 0})
        said.update(output=said["output"] + output, ts=moment(row.get("timestamp")), model=text(data, "model") or file.state.get("model", ""))


def _is_told(file: File, ts: int) -> bool:
    """Whether the calls since the last shutdown stand elsewhere, one by one."""
    home, session = _home(file)
    if file.state.get("recorded") or is_traced(file, session, ts):
        return True
    since = stored_since(home, session)
    return since is not None and since <= ts + SLACK


def _stretch(file: File, number: int, ts: int, model: str, counts: Counts, quality: str) -> Event:
    """Calls between two shutdowns as one event; the first of its events is keyed as what its answers alone would give."""
    _, session = _home(file)
    name = f"{session}:leg{file.state['leg']}.{number}"
    lane = _lane(file, quality=quality, unit="premium_requests")
    return call(file, name, ts, Session(session, "", file.state.get("version", "")), lane, Sku(model or "unknown"), counts)


def _said(file: File) -> Iterator[Event]:
    said = file.state.get("said")
    if said and not _is_told(file, said["ts"]):
        event = _stretch(file, 0, said["ts"], said["model"], Counts(output=said["output"]), PARTIAL)
        yield event._replace(rank=event.output)


def _shutdown(file: File, ts: int, metrics: Row) -> Iterator[Event]:
    """What each model's totals grew by since the last shutdown; all of them when one is lower than it was."""
    state = file.state
    totals = {model: _total(child(metrics, model)) for model in metrics}
    before: dict[str, list[int]] = state.get("totals", {})
    if any(now < then for model, known in before.items() for now, then in zip(totals.get(model, NONE)[:4], known[:4], strict=True)):
        before = {}
    grown = [(model, [max(now - then, 0) for now, then in zip(total, before.get(model, NONE), strict=True)]) for model, total in totals.items()]
    grown = sorted((entry for entry in grown if any(entry[1][:4])), key=lambda entry: -sum(entry[1][:4]))
    if not _is_told(file, ts):
        for number, (model, (*counts, cost)) in enumerate(grown):
            event = _stretch(file, number, ts, model, Counts(*counts), SNAPSHOT)
            yield event._replace(reported=cost, rank=FINAL + event.output)
        if not grown:
            yield from _said(file)
    state["totals"] = totals
    state["leg"] += 1
    state.pop("recorded", None)
    state.pop("said", None)


def _total(metric: Row) -> list[int]:
    return [*_counts(child(metric, "usage")), money(child(metric, "requests").get("cost")) or 0]


SOURCE = Source(
    name="copilot_cli",
    title="GitHub Copilot (CLI and VS Code chat)",
    places=places,
    read=read,
    kind=kind,
    hides="chat in editors logs no cache reads and one total per request; older CLI versions log totals at exit only",
    note="Traces are exact: set COPILOT_OTEL_FILE_EXPORTER_PATH, or switch on github.copilot.chat.otel.dbSpanExporter.enabled in VS Code.",
)
