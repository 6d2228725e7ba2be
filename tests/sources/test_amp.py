"""What Amp's threads do over time, and where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from earnmark.model import Event, Machine
from earnmark.sources.amp import SOURCE
from earnmark.sources.reading import File
from tests.sources import cases

USAGE = {
    "model": "claude-opus-4-8", "inputTokens": 10, "outputTokens": 178, "cacheCreationInputTokens": 986, "cacheReadInputTokens": 11372,
    "totalInputTokens": 12368, "credits": 1.7, "timestamp": "2026-11-03T11:42:10.652Z",
}  # fmt: skip
ENTRY = {"id": "ev1", "timestamp": "2026-11-03T11:42:10.700Z", "model": "claude-opus-4-8", "tokens": {"input": 10, "output": 178}, "toMessageId": 1}


def snapshot(path: Path, state: dict[str, Any], entries: list[dict[str, Any]], *usages: dict[str, Any]) -> list[Event]:
    """Write a thread and read it, with what was kept of earlier readings."""
    messages = [{"role": "assistant", "messageId": 2 * n + 1, "content": "SECRET", "usage": usage} for n, usage in enumerate(usages)]
    path.write_text(json.dumps({"id": "T-1", "created": 1793700000000, "messages": messages, "usageLedger": {"events": entries}}))
    return list(SOURCE.read(File("amp", str(path), state=state)))


def test_a_ledger_entry_written_after_its_message_is_the_same_call(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    path = tmp_path / "T-1.json"
    events = snapshot(path, state, [], USAGE)
    state = json.loads(json.dumps(state))
    events += snapshot(path, state, [ENTRY], USAGE)
    events += snapshot(path, state, [ENTRY], USAGE)
    assert [call.total for call in cases.believed(events).values()] == [10 + 178 + 986 + 11372]


def test_an_entry_without_a_message_number_is_known_by_its_numbers(tmp_path: Path) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "toMessageId"}
    (event,) = snapshot(tmp_path / "T-1.json", {}, [entry], USAGE)
    assert (event.key, event.cache_read, event.cache_write_5m) == ("amp:ev1:1793706130700", 11372, 986)


def test_a_message_number_used_again_after_an_edit_hides_nothing(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    path = tmp_path / "T-1.json"
    again = USAGE | {"inputTokens": 3, "outputTokens": 50, "timestamp": "2026-11-03T11:50:00.000Z", "totalInputTokens": 12361}
    events = snapshot(path, state, [ENTRY], USAGE)
    events += snapshot(
        path, state, [ENTRY, ENTRY | {"id": "ev2", "timestamp": "2026-11-03T11:50:00.100Z", "tokens": {"input": 3, "output": 50}}], again
    )
    assert sorted(call.output for call in cases.believed(events).values()) == [50, 178]
    assert sum(call.cache_read for call in cases.believed(events).values()) == 2 * 11372


def test_the_places() -> None:
    assert [place.root for place in SOURCE.places(Machine("/h", {}, "darwin"))] == ["/h/.local/share/amp/threads"]
    moved = Machine("/h", {"XDG_DATA_HOME": "/x"}, "linux")
    assert [place.root for place in SOURCE.places(moved)] == ["/x/amp/threads", "/h/.local/share/amp/threads"]
    assert [place.root for place in SOURCE.places(Machine("/h", {"AMP_DATA_DIR": "/a, /b/threads"}, "win32"))] == ["/a/threads", "/b/threads"]
