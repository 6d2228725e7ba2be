"""Kimi CLI and Kimi Code: what only they do."""

from __future__ import annotations

import shutil
from pathlib import Path

from earnmark.model import SUBAGENT, Machine
from earnmark.sources.kimi import SOURCE
from tests.sources import cases

HERE = Path(__file__).parent / "kimi"


def test_places_follow_the_environment_and_the_platform() -> None:
    def roots(platform: str, **env: str) -> list[str]:
        return [place.root for place in SOURCE.places(Machine("/h/ana", env, platform))]

    desktop = "kimi-desktop/daimon-share/daimon/runtime/kimi-code/home/sessions"
    assert roots("linux") == ["/h/ana/.kimi/sessions", "/h/ana/.kimi-code/sessions", f"/h/ana/.config/{desktop}"]
    assert roots("darwin", KIMI_SHARE_DIR="/s", KIMI_CODE_HOME="/c/") == [
        "/s/sessions",
        "/c/sessions",
        f"/h/ana/Library/Application Support/{desktop}",
    ]
    assert roots("win32", APPDATA="C:/Data")[2] == f"C:/Data/{desktop}"


def test_a_subagent_whose_wire_is_gone_is_read_from_its_parent(tmp_path: Path) -> None:
    machine = cases.build(HERE / "cli_with_subagent_wires_and_a_fork", tmp_path)
    whole = cases.believed(cases.read(SOURCE, cases.files(SOURCE, machine))[0])
    shutil.rmtree(next(Path(machine.home).rglob("subagents")))
    without = cases.believed(cases.read(SOURCE, cases.files(SOURCE, machine))[0])
    assert without.keys() == whole.keys()
    nested = without["chatcmpl-77aabbccddeeff002"]
    assert (nested.lane.thread, nested.lane.agent, nested.session.parent, nested.total) == (SUBAGENT, "coder", "s-1", 199)


def test_a_fork_counts_once_in_either_order(tmp_path: Path) -> None:
    for case in ("cli_with_subagent_wires_and_a_fork", "code_agents_and_a_fork"):
        paths = cases.files(SOURCE, cases.build(HERE / case, tmp_path / case))
        forward, backward = (cases.believed(cases.read(SOURCE, order)[0]) for order in (paths, paths[::-1]))
        assert forward.keys() == backward.keys()
        assert sum(call.total for call in forward.values()) == sum(call.total for call in backward.values())


def test_broken_settings_cost_only_the_model(tmp_path: Path) -> None:
    machine = cases.build(HERE / "cli_with_subagent_wires_and_a_fork", tmp_path)
    for name, data in (("config.toml", b"\xff = ["), ("kimi.json", b"[1")):
        (Path(machine.home) / ".kimi" / name).write_bytes(data)
    calls = cases.believed(cases.read(SOURCE, cases.files(SOURCE, machine))[0])
    assert len(calls) == 6
    assert {(call.sku.model, call.lane.project) for call in calls.values()} == {("unknown", "")}
