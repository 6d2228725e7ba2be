"""How the rows of a Codex rollout are spelled, and how to read them without decoding: by their first bytes, by expression.

Nothing here takes prompts or answers; a row spelled in another way is left to the JSON decoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from earnmark.model import Row
from earnmark.sources.reading import EARLIEST, LATEST, File, child, text, tokens

BUCKETS = (
    ("input_tokens",),
    ("cached_input_tokens", "cache_read_input_tokens"),
    ("cache_write_input_tokens", "cache_creation_input_tokens"),
    ("output_tokens",),
    ("reasoning_output_tokens",),
)

RECORD, COUNT, META = "token_usage_record", "token_count", "session_meta"
TURN, START, SETTINGS = "turn_context", "task_started", "thread_settings_applied"
NO_LIMITS = b'"rate_limits":null}}'

KINDS = (RECORD, COUNT, META, TURN, START, SETTINGS)
_ROWS = {b"response": "", b"token_us": RECORD, b"session_": META, b"turn_con": TURN, b"event_ms": "event_msg"}
_EVENTS = {b"token_co": COUNT, b"task_sta": START, b"thread_s": SETTINGS}
"""Row types, and types of event_msg payloads, by their first eight bytes; none the client has beside them begins alike, but for
thread_ ones, which are told apart when decoded."""

_USAGE = (
    rb'\{"input_tokens":(\d{1,12}),"cached_input_tokens":(\d{1,12}),(?:"cache_write_input_tokens":(\d{1,12}),)?'
    rb'"output_tokens":(\d{1,12}),"reasoning_output_tokens":(\d{1,12}),"total_tokens":([1-9]\d{0,11})\}'
)
_START = rb'\{"timestamp":"(\d{4}-\d\d-\d\dT\d\d):([0-5]\d):([0-5]\d)\.(\d{3})Z",(?:"ordinal":\d+,)?"type":"'
record_in = re.compile(
    _START + rb'token_usage_record","payload":\{"thread_id":"(.{36})",(?:"turn_id":".{36}",)?(?:"session_id":".{36}",)?'
    rb'(?:"root_turn_id":".{36}",)?"response_id":"([\w-]{1,500})","usage":' + _USAGE
).match
count_in = re.compile(
    _START + rb'event_msg","payload":\{"type":"token_count","info":\{"total_token_usage":' + _USAGE + rb',"last_token_usage":' + _USAGE + rb"[,}]"
).match
"""Rows in the client's own spelling, down to the usage; one spelled otherwise is decoded instead."""


def usage_of(row: Row) -> list[int]:
    """The counts of a usage object as logged: input, cached, cache-written, output, reasoning and the total."""
    counts = [tokens(row, *names) for names in BUCKETS]
    return [*counts, tokens(row, "total_tokens") or counts[0] + counts[3]]


def numbers_of(digits: Iterable[bytes | None]) -> list[int]:
    return [int(number) if number else 0 for number in digits]


def vector(usage: list[int]) -> str:
    return ".".join(map(str, usage))


def made_at(identity: str) -> int:
    """When a UUID of version 7 was made, in milliseconds since 1970; 0 for any other."""
    if len(identity) < 18 or identity[14] != "7":
        return 0
    try:
        made = int(identity[:8] + identity[9:13], 16)
    except ValueError:
        return 0
    return made if EARLIEST <= made < LATEST else 0


def kind_of(file: File, line: bytes) -> str:
    """Which of the rows that matter one is, "" for any other; decoded only when its first bytes do not tell."""
    at = line.find(b'"type":"', 20, 70)
    kind = _ROWS.get(line[at + 8 : at + 16])
    if kind == "event_msg":
        at = line.find(b'"type":"', at + 16, at + 60)
        kind = _EVENTS.get(line[at + 8 : at + 16], "") if at > 0 else None
    return _decoded_kind(file, line) if kind is None else kind


def _decoded_kind(file: File, line: bytes) -> str:
    if not any(kind.encode() in line for kind in KINDS):
        return ""
    row = file.row(line)
    kind = text(row, "type")
    if kind == "event_msg":
        kind = text(child(row, "payload"), "type")
    return kind if kind in KINDS else ""
