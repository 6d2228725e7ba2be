"""What only Claude Code has: the recording, its directories, rows of one call in several files, long lines, and its own sums."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from earnmark.model import Event, Machine
from earnmark.sources.claude_code import SOURCE
from earnmark.sources.finding import Found, walk
from earnmark.sources.reading import File
from tests.sources import cases

HERE = Path(__file__).parent / "claude_code"
BUCKETS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def calls(case: str, folder: Path) -> dict[str, Event]:
    """The believed calls of a case, by key."""
    machine = cases.build(HERE / case, folder)
    return cases.believed(cases.read(SOURCE, cases.files(SOURCE, machine))[0])


def test_the_recording_equals_what_was_served(tmp_path: Path) -> None:
    served = [json.loads(line) for line in (HERE / "recorded_2_1_197" / "served.jsonl").read_text().splitlines()]
    read = calls("recorded_2_1_197", tmp_path)
    assert len(read) == len(served) == 6
    for call in served:
        event = read[call["message_id"]]
        assert event.sku.model == call["model"]
        assert event.request == call["id"]
        assert {name: getattr(event, name) for name in BUCKETS} == {name: call.get(name, 0) for name in BUCKETS}


@pytest.mark.parametrize("case", ["fork_2_1", "fork_read_first", "aside_copies_its_parent", "cost_state", "two_config_dirs"])
def test_the_order_of_files_does_not_matter(case: str, tmp_path: Path) -> None:
    machine = cases.build(HERE / case, tmp_path)
    paths = cases.files(SOURCE, machine)
    backwards = cases.believed(cases.read(SOURCE, paths[::-1])[0])
    assert backwards == cases.believed(cases.read(SOURCE, paths)[0])


def logged(machine: Machine) -> dict[str, dict[str, Counter[str]]]:
    """The last cost-state of every session, by model: input, output, cache reads and cache writes."""
    names = {"inputTokens": "input", "outputTokens": "output", "cacheReadInputTokens": "read", "cacheCreationInputTokens": "written"}
    states = {}
    for path in cases.files(SOURCE, machine):
        for row in map(json.loads, Path(path).read_text().splitlines()):
            if row["type"] == "cost-state":
                states[row["sessionId"]] = {
                    model: Counter({name: used[field] for field, name in names.items()}) for model, used in row["modelUsage"].items()
                }
    return states


def test_the_clients_own_sums_equal_the_calls(tmp_path: Path) -> None:
    """A session's cost-state has its own calls and its subagents'; a fork's has its parent's too, so that only the fork's own are more."""
    machine = cases.build(HERE / "cost_state", tmp_path)
    sums: dict[str, dict[str, Counter[str]]] = {}
    for event in calls("cost_state", tmp_path / "again").values():
        used = sums.setdefault(event.session.name, {}).setdefault(event.sku.model, Counter())
        used.update(input=event.input, output=event.output, read=event.cache_read, written=event.cache_write_5m + event.cache_write_1h)
    parent, fork = sorted(logged(machine))
    assert sums[parent] == logged(machine)[parent]
    both = {model: sums[parent][model] + sums[fork].get(model, Counter()) for model in sums[parent]}
    assert both == {model: +used for model, used in logged(machine)[fork].items()}


def test_a_long_line_without_usage_is_passed_over(tmp_path: Path) -> None:
    whole = (HERE / "fork_2_1" / "home/.claude/projects/-home-ana-src-shop/5f0c1f7e-aaaa-4bbb-8ccc-000000000001.jsonl").read_bytes()
    first, rest = whole.split(b"\n", 1)
    path = tmp_path / "long.jsonl"
    snapshot = b'{"type":"file-history-snapshot","snapshot":"' + b"x" * (50 << 20) + b'"}'
    path.write_bytes(b"\n".join((first, snapshot, rest)))
    file = File("claude_code", str(path))
    assert [event.key for event in SOURCE.read(file)] == ["msg_f1", "msg_f2"]
    assert not file.faults
    assert file.offset == path.stat().st_size


def test_deep_nesting_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "deep.jsonl"
    path.write_bytes(b'{"type":"assistant","message":{"content":' + b"[" * 100_000 + b"]" * 100_000 + b',"usage":{"input_tokens":1}}}\n')
    for bulk in (False, True):
        file = File("claude_code", str(path), bulk=bulk)
        assert not list(SOURCE.read(file))
        assert len(file.faults) == 1


ROW = {"type": "assistant", "timestamp": "2026-11-03T09:00:01.000Z", "sessionId": "s1", "requestId": "req_1"}
USAGE = {"input_tokens": 4, "output_tokens": 9}
WRONG: list[object] = [7, 1.5, True, "x", [], [1], {}, {"a": [1]}]


@pytest.mark.parametrize(
    "field", ["sessionId", "version", "cwd", "gitBranch", "agentId", "attributionAgent", "agentName", "requestId", "uuid", "requestSessionId"]
)
def test_any_value_in_a_text_field_costs_at_most_that_field(field: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    message = {"id": "msg_1", "model": "m", "stop_reason": "end_turn", "usage": USAGE}
    for value in WRONG:
        path.write_text(json.dumps({**ROW, "message": message, field: value}) + "\n")
        for bulk in (False, True):
            (event,) = SOURCE.read(File("claude_code", str(path), bulk=bulk))
            assert (event.input, event.output) == (4, 9)
            assert {type(part) for part in (event.key, *event.session, *event.lane, *event.sku, event.request)} == {str}


@pytest.mark.parametrize("field", ["id", "model", "content", "stop_reason", "pausedResponses"])
def test_any_value_in_a_message_costs_at_most_that_field(field: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    for value in WRONG:
        message = {"id": "msg_1", "model": "m", "stop_reason": "end_turn", "usage": USAGE, field: value}
        path.write_text(json.dumps({**ROW, "message": message}) + "\n")
        for bulk in (False, True):
            file = File("claude_code", str(path), bulk=bulk)
            (event,) = SOURCE.read(file)
            assert (event.input, event.output) == (4, 9)
            assert {type(part) for part in (event.key, *event.session, *event.lane, *event.sku, event.request)} == {str}
            json.dumps(file.state)


def roots(env: dict[str, str], platform: str = "linux") -> list[str]:
    return [place.root for place in SOURCE.places(Machine("/home/ana", env, platform))]


def test_the_directories() -> None:
    assert roots({})[:2] == ["/home/ana/.claude/projects", "/home/ana/.config/claude/projects"]
    assert "/x/claude/projects" in roots({"XDG_CONFIG_HOME": "/x"})
    assert roots({"CLAUDE_CONFIG_DIR": "/a,/b/projects/, /a"})[:2] == ["/a/projects", "/b/projects"]
    assert roots({"CLAUDE_CONFIG_DIRS": "/a:/b"})[:2] == ["/a/projects", "/b/projects"]
    assert roots({"CLAUDE_CONFIG_DIRS": "C:\\a;D:\\b"}, "win32")[:2] == ["C:\\a/projects", "D:\\b/projects"]
    assert "/home/ana/Library/Application Support/Claude/local-agent-mode-sessions" in roots({}, "darwin")
    assert "C:\\r/Claude/local-agent-mode-sessions" in roots({"APPDATA": "C:\\r"}, "win32")
    assert "/home/ana/.config/Claude/local-agent-mode-sessions" in roots({})


def test_a_linked_project_is_read_once(tmp_path: Path) -> None:
    machine = cases.build(HERE / "linked_project", tmp_path)
    found = [item for place in SOURCE.places(machine) for item in walk(place) if isinstance(item, Found)]
    assert len(found) == 1
