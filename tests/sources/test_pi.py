"""Pi and its descendants: what only they do."""

from __future__ import annotations

from pathlib import Path

from earnmark.model import Machine
from earnmark.sources.pi import SOURCE
from tests.sources import cases

HERE = Path(__file__).parent / "pi"


def test_places_follow_the_environment() -> None:
    def roots(**env: str) -> list[str]:
        return [place.root for place in SOURCE.places(Machine("/h/ana", env, "linux"))]

    assert roots() == ["/h/ana/.pi/agent", "/h/ana/.omp/agent", "/h/ana/.senpi/agent"]
    assert roots(PI_CODING_AGENT_DIR="/p/", PI_CODING_AGENT_SESSION_DIR="/s") == ["/p", "/h/ana/.omp/agent", "/h/ana/.senpi/agent", "/s"]


def test_a_fork_counts_once_in_either_order(tmp_path: Path) -> None:
    paths = cases.files(SOURCE, cases.build(HERE / "tree_and_its_fork", tmp_path))
    forward, backward = (cases.believed(cases.read(SOURCE, order)[0]) for order in (paths, paths[::-1]))
    assert forward.keys() == backward.keys()
    assert sum(call.total for call in forward.values()) == sum(call.total for call in backward.values()) == 44930


def test_the_logged_cost_is_kept_in_dollars(tmp_path: Path) -> None:
    calls = cases.believed(cases.read(SOURCE, cases.files(SOURCE, cases.build(HERE / "tree_and_its_fork", tmp_path)))[0])
    call = calls["msg_0123456789abcdef1"]
    assert (call.reported, call.lane.unit) == (15_900_000, "usd")
