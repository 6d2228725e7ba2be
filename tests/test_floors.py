"""The shape of the house: sizes, what may import what, and that every source has all that a source has."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import earnmark
from earnmark import sources
from tests.sources import cases

ROOT = Path(__file__).parent.parent
PACKAGE = Path(earnmark.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400
NETWORK = {"socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "asyncio", "socketserver", "requests", "httpx", "aiohttp", "genai_prices"}
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))


@each_module
def test_a_module_fits_in_the_head(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) < MOST_LINES


@each_module
def test_a_module_opens_no_network_connection(module: Path) -> None:
    for name in imports(module):
        parts = name.split(".")
        assert not {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & NETWORK, f"imports {name}"


def imports(module: Path) -> Iterator[str]:
    """Everything a module imports, by full name, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", sources.names())
def test_a_source_has_a_page_a_docstring_and_golden_cases(name: str) -> None:
    assert (ROOT / "docs" / "sources" / f"{name}.md").exists(), "run `make docs`"
    assert [case for case in cases.CASES if case.parent.name == name], f"tests/sources/{name} has no case"
    doc = ast.get_docstring(ast.parse((PACKAGE / "sources" / f"{name}.py").read_text(encoding="utf-8"))) or ""
    for said in ("\n\nWhere: ", "\n\nWhat is odd: ", "\n\nWhat it hides: "):
        assert said in doc, f"the docstring does not say {said.strip()!r}"
    assert sources.load(name).name == name


def test_every_folder_of_cases_belongs_to_a_source() -> None:
    assert {case.parent.name for case in cases.CASES} == set(sources.names())


def test_the_independence_contract_names_every_source() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    named = next(contract["modules"] for contract in contracts if contract["type"] == "independence")
    assert named == [f"earnmark.sources.{name}" for name in sources.names()]
