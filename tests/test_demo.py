"""The demonstration home: what the sources read there is the truth it was drawn from, to the token."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import pytest
from genai_prices import data_snapshot

from earnmark import sources
from earnmark.demo import BUCKETS, Truth, write_home
from earnmark.model import BACKGROUND, SUBAGENT, Event, Machine
from tests.sources import cases

NOW = datetime(2026, 11, 20, 15, 42, 10, tzinfo=timezone(timedelta(hours=1)))
"""A Friday afternoon."""


class Demo(NamedTuple):
    """A written home, what it is said to hold, and what is read there."""

    home: Path
    truth: Truth
    calls: dict[str, list[Event]]

    @property
    def everything(self) -> list[Event]:
        return [event for events in self.calls.values() for event in events]


def read(home: Path) -> dict[str, list[Event]]:
    """The believed calls of every source that finds any in this home. Nothing may be unreadable."""
    machine = Machine(str(home), {}, "linux")
    calls = {}
    for source in sources.everything():
        events, files = cases.read(source, cases.files(source, machine))
        assert [file.faults for file in files if file.faults] == []
        if events:
            calls[source.name] = list(cases.believed(events).values())
    return calls


def summed(calls: dict[str, list[Event]]) -> Truth:
    truth: Truth = {}
    for source, events in calls.items():
        for event in events:
            row = truth.setdefault(source, {}).setdefault(event.sku.model, dict.fromkeys(("calls", *BUCKETS), 0))
            row["calls"] += 1
            for bucket in BUCKETS:
                row[bucket] += getattr(event, bucket)
    return truth


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo") / "ana"
    truth = write_home(home, now=NOW)
    return Demo(home, truth, read(home))


def test_the_sources_read_the_truth_to_the_token(demo: Demo) -> None:
    assert summed(demo.calls) == demo.truth
    assert set(demo.truth) == {"claude_code", "codex", "gemini_cli", "qwen_code", "opencode", "cursor"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_seed_and_length_is_read_back(tmp_path: Path, seed: int) -> None:
    now = datetime(2026, 11, 22, 0, 20, tzinfo=UTC) + timedelta(hours=seed * 7)
    truth = write_home(tmp_path, days=1 + seed * 4, seed=seed, now=now)
    assert summed(read(tmp_path)) == truth


def test_a_seed_always_gives_the_same_home(tmp_path: Path) -> None:
    home = tmp_path / "ana"
    written = []
    for seed in (7, 7, 8):
        truth = write_home(home, days=9, seed=seed, now=NOW)
        written.append((truth, {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}))
        shutil.rmtree(home)
    assert written[0] == written[1]
    assert written[0][0] != written[2][0]


def test_it_is_written_in_a_moment(tmp_path: Path) -> None:
    began = time.perf_counter()
    write_home(tmp_path, now=NOW)
    assert time.perf_counter() - began < 5


def test_there_is_as_much_as_one_engineer_makes(demo: Demo) -> None:
    assert 3000 <= len(demo.everything) <= 6000
    tokens = sum(event.total for event in demo.everything)
    assert 0.90 <= sum(event.cache_read for event in demo.everything) / tokens <= 0.95
    sizes = sorted(event.output for event in demo.everything)
    assert sizes[-1] > 20 * sizes[len(sizes) // 2], "a heavy tail"


def test_it_ends_minutes_ago_and_lies_within_the_days(demo: Demo) -> None:
    now = NOW.timestamp() * 1000
    assert 0 < now - max(event.ts for event in demo.everything) < 10 * 60_000
    assert now - min(event.ts for event in demo.everything) < 45 * 86_400_000


def test_weekends_and_nights_are_quiet(demo: Demo) -> None:
    moments = [datetime.fromtimestamp(event.ts / 1000, NOW.tzinfo) for event in demo.everything]
    days = Counter(moment.date() for moment in moments)
    weekend = [count for day, count in days.items() if day.weekday() >= 5]
    assert sum(weekend) / 13 < 0.4 * (len(moments) - sum(weekend)) / 32
    assert sum(2 <= moment.hour < 8 for moment in moments) < 0.01 * len(moments)


def test_one_afternoon_ran_away(demo: Demo) -> None:
    chats = Counter[str]()
    for event in demo.calls["claude_code"]:
        chats[event.session.name] += event.total
    (name, most), (_, second) = chats.most_common(2)
    assert most > 2 * second
    hours = [datetime.fromtimestamp(event.ts / 1000, NOW.tzinfo).hour for event in demo.calls["claude_code"] if event.session.name == name]
    assert 13 <= min(hours) <= max(hours) <= 18


def test_subagents_background_agents_and_projects_are_there(demo: Demo) -> None:
    assert {event.lane.agent for event in demo.calls["claude_code"] if event.lane.thread == SUBAGENT} == {"Explore", "general-purpose"}
    assert {event.lane.agent for event in demo.calls["qwen_code"] if event.lane.thread == BACKGROUND} == {"managed-auto-memory-extractor"}
    assert any(event.lane.thread == SUBAGENT and event.session.parent for event in demo.calls["opencode"])
    projects = {event.lane.project for source, events in demo.calls.items() if source != "cursor" for event in events}
    assert len(projects) == 5
    for project in projects:
        assert Path(project).is_relative_to(demo.home)
        assert (Path(project) / ".git" / "HEAD").is_file()


def test_every_model_has_a_price(demo: Demo) -> None:
    known = {model.id.rpartition("/")[2] for provider in data_snapshot.get_snapshot().providers for model in provider.models}
    assert {model for models in demo.truth.values() for model in models} <= known


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    naive = write_home(tmp_path / "a", days=3, now=NOW.replace(tzinfo=None))
    assert naive == write_home(tmp_path / "b", days=3, now=NOW.replace(tzinfo=UTC))
