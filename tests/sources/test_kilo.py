"""Kilo Code: where it looks."""

from __future__ import annotations

from earnmark.model import Machine
from earnmark.sources.kilo import SOURCE


def test_where_it_looks() -> None:
    roots = [place.root for place in SOURCE.places(Machine("/home/ana", {}, "linux"))]
    assert roots[0] == "/home/ana/.local/share/kilo/kilo.db"
    assert "/home/ana/.config/Code/User/globalStorage/kilocode.kilo-code/tasks" in roots
    assert "/home/ana/.vscode-server/data/User/globalStorage/kilocode.kilo-code/tasks" in roots


def test_another_directory_can_be_given() -> None:
    assert SOURCE.places(Machine("/home/ana", {"KILO_DATA_DIR": "/k/"}, "win32"))[0].root == "/k/kilo.db"
