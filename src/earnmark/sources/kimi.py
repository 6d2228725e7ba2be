"""Kimi CLI and Kimi Code.

Where: Kimi CLI keeps `sessions/<md5 of the working directory>/<session>/wire.jsonl` below `$KIMI_SHARE_DIR`, else `~/.kimi`,
with `subagents/<id>/wire.jsonl` beside it. Kimi Code keeps `sessions/<project>/<session>/agents/<agent>/wire.jsonl` below
`$KIMI_CODE_HOME`, else `~/.kimi-code`, and its desktop app below `kimi-desktop/daimon-share/daimon/runtime/kimi-code/home`
in `~/Library/Application Support`, `%APPDATA%` or `~/.config`.

What is odd: the four buckets are disjoint, and the output includes what the model thought. Kimi CLI shows the events of a
subagent inside its parent's wire too: they count there only when the subagent has no wire of its own, as in older
versions. Its rows name no model; the default model of its `config.toml` is taken. Kimi Code's usage rows name the model by
the person's alias; the request before them names the real one. Forks copy wires, rows and times unchanged, and count once.

What it hides: Kimi CLI does not log the calls that compact a conversation. There is no cost, no branch and no version.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from hashlib import md5
from typing import Any

from earnmark.model import BACKGROUND, LINES, MAIN, SUBAGENT, Event, Lane, Machine, Place, Row, Session, Sku, Source
from earnmark.sources._ids import call_key, leftover
from earnmark.sources.reading import Absurd, File, child, items, moment, text, tokens

NEEDLE = re.compile(rb'"usage\.record"|"llm\.request"|"token_usage"')
LAYOUT = re.compile(r"(?P<root>.*)/sessions/(?P<place>[^/]+)/(?P<session>[^/]+)(?:/(?P<kind>agents|subagents)/(?P<agent>[^/]+))?/wire\.jsonl")
LARGEST = 1 << 24
"""Files beside a wire that are larger are not looked into."""


def places(machine: Machine) -> list[Place]:
    """Kimi CLI's sessions, Kimi Code's, and those of its desktop app."""
    older = machine.get("KIMI_SHARE_DIR") or machine.under(".kimi")
    newer = machine.get("KIMI_CODE_HOME") or machine.under(".kimi-code")
    desktop = f"{machine.applications}/kimi-desktop/daimon-share/daimon/runtime/kimi-code/home"
    roots = dict.fromkeys(root.rstrip("/") for root in (older, newer, desktop))
    return [Place(f"{root}/sessions", ("*/wire.jsonl",)) for root in roots]


def read(file: File) -> Iterator[Event]:
    """One event per call; `file.state` keeps the last request's model and time, and the last usage row to tell equal ones apart."""
    origin = _Origin(file.path)
    for row in file.rows(NEEDLE):
        try:
            kind = text(row, "type")
            if kind == "llm.request":
                _note_request(file.state, row)
                continue
            event = _record(file, row, origin) if kind == "usage.record" else _status(file, row, child(row, "message"), origin)
        except Absurd as error:
            file.fault(str(error))
            continue
        if event is not None and event.total:
            yield event


class _Origin:
    """What a wire's place tells: its session, whose agent it is, and what the client keeps beside it; looked up once per reading."""

    def __init__(self, path: str) -> None:
        found = LAYOUT.fullmatch(path.replace("\\", "/"))
        self.root, self.place, self.name = (found["root"], found["place"], found["session"]) if found else ("", "", "")
        self.agent = (found["agent"] or "") if found else ""
        self.folder = f"{self.root}/sessions/{self.place}/{self.name}" if found else ""

    def session(self, agent: str) -> Session:
        """The session an agent of this one works in; "" and "main" are the person's own."""
        return Session(agent, self.name) if agent not in ("", "main") else Session(self.name)

    def lane(self, agent: str, kind: str, inside: bool = False) -> Lane:
        """Where an agent of this session works; `inside` when its events stand in its parent's wire."""
        if self.name.startswith("ctitle-"):
            return Lane("kimi", self.project, thread=BACKGROUND, agent="title")
        return Lane("kimi", self.project, thread=SUBAGENT if inside or agent not in ("", "main") else MAIN, agent=kind)

    @cached_property
    def project(self) -> str:
        """The session's working directory, as either client notes it; "" when neither does."""
        if not self.root:
            return ""
        return text(self.state, "workDir") or _indexed(self.root, self.name) or _old_project(self.root, self.place, self.name)

    @cached_property
    def state(self) -> dict[str, Any]:
        """Kimi Code's description of the session."""
        return _json(f"{self.folder}/state.json") if self.root else {}

    @cached_property
    def model(self) -> str:
        """The default model of Kimi CLI's settings, under the name the provider has for it."""
        try:
            settings = tomllib.loads(_bytes(f"{self.root}/config.toml").decode()) if self.root else {}
        except ValueError:
            return ""
        name = text(settings, "default_model")
        return text(child(settings, "models", name), "model") or name

    @cached_property
    def kind(self) -> str:
        """What kind of agent wrote this wire, as Kimi CLI notes it."""
        return text(_json(f"{self.folder}/subagents/{self.agent}/meta.json"), "subagent_type") if self.agent else ""


def _note_request(state: dict[str, Any], row: Row) -> None:
    state["model"] = text(row, "model")
    if row.get("time") is not None:
        state["time"] = moment(row.get("time"))


def _record(file: File, row: Row, origin: _Origin) -> Event:
    """A usage row of Kimi Code."""
    usage = child(row, "usage")
    counts = _counts(usage, "inputOther", "inputCacheRead", "inputCacheCreation", "output")
    ts = moment(row.get("time") if row.get("time") is not None else file.state.get("time"))
    agent = text(row, "agentId") or origin.agent or "main"
    mark = [agent, ts, *counts]
    last = file.state.get("last")
    again = last[1] + 1 if last and last[0] == mark else 0
    file.state["last"] = [mark, again]
    key = call_key("kimi", "", *mark, again or "")
    model = file.state.get("model") or text(row, "model") or "unknown"
    kind = text(child(origin.state, "agents", agent), "subagentType", "profileName", "profile")
    return _event(key, "", ts, origin.session(agent), origin.lane(agent, kind), model, counts)


def _status(file: File, row: Row, message: Row, origin: _Origin) -> Event | None:
    """A status row of Kimi CLI, possibly a subagent's inside its parent's wire."""
    payload, agent, kind, inside = child(message, "payload"), origin.agent, origin.kind, False
    while text(message, "type") == "SubagentEvent":
        agent, kind, inside = text(payload, "agent_id"), text(payload, "subagent_type"), True
        if agent and os.path.exists(f"{origin.folder}/subagents/{os.path.basename(agent)}/wire.jsonl"):
            return None
        message = child(payload, "event")
        payload = child(message, "payload")
    usage = child(payload, "token_usage")
    if text(message, "type") != "StatusUpdate" or not usage:
        return None
    counts = _counts(usage, "input_other", "input_cache_read", "input_cache_creation", "output")
    ts, identity = moment(row.get("timestamp")), text(payload, "message_id")
    key = call_key("kimi", identity, ts, *counts)
    return _event(key, leftover(key, identity), ts, origin.session(agent), origin.lane(agent, kind, inside), origin.model or "unknown", counts)


def _counts(usage: Row, *names: str) -> tuple[int, int, int, int]:
    fresh, read, written, output = (tokens(usage, name) for name in names)
    return fresh, read, written, output


def _event(key: str, request: str, ts: int, session: Session, lane: Lane, model: str, counts: tuple[int, int, int, int]) -> Event:
    fresh, cached, written, output = counts
    return Event(key, ts, session, lane, Sku(model), input=fresh, cache_read=cached, cache_write_5m=written, output=output, request=request)


# ---- what stands beside the wires ----------------------------------------------------------------------------------


def _indexed(root: str, session: str) -> str:
    """The working directory that Kimi Code's index has for a session."""
    for line in _bytes(f"{root}/session_index.jsonl").splitlines():
        if session.encode() in line:
            row = _object(line)
            if text(row, "sessionId") == session and (found := text(row, "workDir")):
                return found
    return ""


def _old_project(root: str, place: str, session: str) -> str:
    """The working directory of a Kimi CLI session: by its name, or the one whose MD5 is the folder's name."""
    known = _json(f"{root}/kimi.json")
    if found := text(child(known, "session_to_workdir"), session):
        return found
    paths = [text(item, "path") for item in items(known, "work_dirs") if isinstance(item, dict)]
    return next((path for path in paths if path and md5(path.encode(), usedforsecurity=False).hexdigest() == place[-32:]), "")


def _json(path: str) -> dict[str, Any]:
    return _object(_bytes(path))


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _bytes(path: str) -> bytes:
    """A small file; b"" when it is not there."""
    try:
        if os.path.getsize(path) > LARGEST:
            return b""
        with open(path, "rb") as handle:
            return handle.read()
    except OSError:
        return b""


SOURCE = Source(
    name="kimi",
    title="Kimi CLI and Kimi Code",
    places=places,
    read=read,
    kind=lambda path: LINES,
    hides="Kimi CLI does not log the calls that compact a conversation",
    note="Kimi CLI's log names no model: the default model of its settings is taken.",
)
