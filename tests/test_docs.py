"""The documents: what is generated is fresh, what there is is documented, and what the documents say works."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import earnmark
from earnmark import sources
from earnmark.__main__ import main
from earnmark.book import collecting
from earnmark.book.asking import KEYS
from earnmark.book.config import OPTIONS, load
from earnmark.cli import commands
from earnmark.model import Machine, Source
from earnmark.store import schema
from tests.sources import cases
from tools import bench_table, report_page, screenshot, settings_page, source_pages, write_docs

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str = "") -> list[str]:
    """The code blocks of a page, of one language."""
    return [found[1] for found in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) if found[0] == language]


# ---- what is generated -------------------------------------------------------------------------------------------------


def test_every_generated_page_is_fresh() -> None:
    assert [str(path) for path in write_docs.stale()] == [], "run `make docs`"


def test_the_screenshot_is_fresh() -> None:
    assert (ROOT / "docs/screenshot.svg").read_text(encoding="utf-8") == screenshot.svg(), "run `make screenshot`"


def test_stale_and_left_over_pages_are_named(tmp_path: Path) -> None:
    for path, page in write_docs.pages().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(page, encoding="utf-8")
    if (ROOT / "benchmarks/results.json").exists():
        (tmp_path / "benchmarks").mkdir()
        shutil.copy(ROOT / "benchmarks/results.json", tmp_path / "benchmarks")
    assert write_docs.stale(tmp_path) == []
    (tmp_path / "docs/commands.md").write_text("old")
    (tmp_path / "docs/sources/gone.md").write_text("of a source that is no more")
    readme = tmp_path / "README.md"
    readme.write_text(readme.read_text().replace("| `amp` |", "| `amp`, once |"))
    assert {str(path) for path in write_docs.stale(tmp_path)} == {"docs/commands.md", "docs/sources/gone.md", "README.md"}


def test_a_readme_without_a_marked_place_is_refused() -> None:
    with pytest.raises(ValueError, match="bench"):
        write_docs.filled("<!-- sources -->\n<!-- /sources -->\n", {"sources": "x", "bench": "y"})


def test_bench_results_become_tables(tmp_path: Path) -> None:
    assert bench_table.table(tmp_path) == ""
    (tmp_path / "benchmarks").mkdir()
    figure = {"wall_s": 0.512, "cpu_s": 1.0, "peak_mb": 80.4}
    truth = {"input": 60, "output": 40}
    logs = {"megabytes": 500, "calls": 12345, "bytes_per_call": 150.2, "figures": {"cold": figure, "ccusage": figure}, "ratios": {}}
    results = {
        "machine": "2 processors", "rounds": 5, "not_run": [], "start": {"--version": 41.2},
        "logs": [logs | {"totals": {"truth": truth, "earnmark_exact": True, "ccusage": 90, "tokscale": 100}}],
        "reports": {"calls": 10, "bytes_per_call": 99.6, "wall_ms": {"day": 20, "hour": 30}},
    }  # fmt: skip
    (tmp_path / "benchmarks/results.json").write_text(json.dumps(results))
    lines = bench_table.table(tmp_path).splitlines()
    assert "| 500 MB of logs, 12,345 calls | wall | CPU | peak memory |" in lines
    assert "| Earnmark, first run, ledger written | 0.51 s | 1.00 s | 80 MB |" in lines
    assert "| ccusage | 0.51 s | 1.00 s | 80 MB |" in lines
    assert "Starting up: `earnmark --version` 41 ms." in lines
    counted = "Earnmark equals it in every bucket, ccusage counts 10 tokens too few, tokscale counts the same"
    assert f"The truth is 100 tokens: {counted}. The ledger takes 150 bytes a call." in lines
    assert "Over a ledger of 10 calls (100 bytes each) the slowest of 2 reports, `hour`, takes 30 ms." in lines


def test_the_screenshot_fits_fetches_nothing_and_tells_nothing_of_the_machine() -> None:
    drawn = text("docs/screenshot.svg")
    picture = ET.fromstring(drawn)
    width = float(picture.attrib["width"])
    words = [node for node in picture.iter() if node.tag.endswith("}text")]
    assert max(float(word.attrib["x"]) + float(word.attrib["textLength"]) for word in words) <= width - screenshot.LEFT
    assert "earnmark" in [word.text for word in words]
    assert not re.search(r"url\(|@import|href", drawn)
    assert not [place for place in (tempfile.gettempdir(), str(Path.home()), str(ROOT)) if place in drawn]


# ---- what there is, is documented --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sources.names())
def test_a_source_is_documented(name: str) -> None:
    source, page = sources.load(name), text(f"docs/sources/{name}.md")
    assert page.splitlines()[2] == f"# {source.title}"
    for place in source.places(Machine("~", {}, "linux")):
        tail = "/".join(place.root.split("/")[-2:])
        assert tail in page
        assert all(f"`{pattern}`" in page or f"/{pattern}`" in page for pattern in place.patterns)
    for listing, link in (("README.md", f"docs/sources/{name}.md"), ("docs/sources/README.md", f"{name}.md")):
        row = next(line for line in text(listing).splitlines() if line.startswith(f"| [{source.title}]({link})"))
        assert (source_pages.plain(source.hides) or "nothing known") in row


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_setting_is_documented_with_an_example_that_loads(option: Any, tmp_path: Path) -> None:
    page = text("docs/configuration.md")
    example = page.split(f"### {option.name}\n")[1].split("```toml\n")[1].split("```")[0]
    path = tmp_path / "config.toml"
    path.write_text(example)
    config = load({}, str(path))
    assert config.origins[option.name] == str(path)
    assert config[option.name] not in (option.default, None)
    if option.kind in settings_page.TYPED:
        value = config[option.name]
        given = ",".join(value) if isinstance(value, list) else str(value)
        assert f"`EARNMARK_{option.name.upper()}`" in page
        assert load({f"EARNMARK_{option.name.upper()}": given}, str(tmp_path / "none"))[option.name] == value


def test_every_field_of_a_price_is_documented() -> None:
    from earnmark.rules.override import FIELDS

    rows = set(re.findall(r"^\| `(\w+)` \|", text("docs/configuration.md").split("field of `[[prices]]`")[1], re.MULTILINE))
    assert rows == set(FIELDS)


def test_every_command_and_option_is_documented() -> None:
    page = text("docs/commands.md")
    top = commands.parser()
    assert set(commands.REPORTS) < set(write_docs.subcommands(top))
    for name, command in write_docs.walk(top):
        assert f"`{name}`" in page
        for action in command._actions:
            assert all(f"`{', '.join(action.option_strings)}" in page for _ in action.option_strings if action.dest != "help"), (
                f"{name} {action.dest}"
            )


def test_every_exit_status_is_documented() -> None:
    function = next(
        node for node in ast.parse(Path(commands.__file__).read_text()).body if isinstance(node, ast.FunctionDef) and node.name == "run_command"
    )
    returned = [value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value for value in ast.walk(node.value)]
    statuses = {str(value.value) for value in returned if isinstance(value, ast.Constant) and type(value.value) is int}
    assert statuses >= {"0", "2", "3", "4", "130"}
    for name in ("README.md", "docs/commands.md"):
        assert statuses | {"1"} == set(re.findall(r"^\| (\d+) \|", text(name), re.MULTILINE))


def fields(part: Any) -> set[str]:
    """Every property a schema names, at any depth."""
    if isinstance(part, list):
        return {name for item in part for name in fields(item)}
    if not isinstance(part, dict):
        return set()
    return set(part.get("properties", {})) | {name for value in part.values() for name in fields(value)}


def test_every_field_of_the_json_is_documented() -> None:
    page = text("docs/reports.md")
    documented = {name.rpartition(".")[2] for name in re.findall(r"^\| `([\w.\[\]]+)` \|", page, re.MULTILINE)}
    assert fields(report_page.schema()) - {"rows", "totals", "meta"} == documented
    assert all(f"`{key}`" in page for key in KEYS)


# ---- what the documents say, works -------------------------------------------------------------------------------------


def commands_in(page: str) -> list[str]:
    """The earnmark commands a page shows, in blocks and inline."""
    lines = [line.split(" #")[0].strip() for block in blocks(page) for line in block.splitlines()]
    inline = re.findall(r"(?<!`)`(earnmark [^`]*)`", page)
    return [line for line in lines + inline if line.split(" ")[0] == "earnmark" and "[" not in line]


@each_page
def test_the_commands_on_a_page_are_understood(page: Path) -> None:
    names = {name for name, _ in write_docs.walk(commands.parser())}
    for line in commands_in(page.read_text(encoding="utf-8")):
        words = shlex.split(line.rstrip(":"))[1:]
        if f"earnmark {' '.join(words)}" in names or words == ["alone"]:
            continue
        try:
            commands.parser().parse_args(words)
        except SystemExit as left:
            if left.code:
                pytest.fail(f"not understood: {line}")


@each_page
def test_the_make_targets_and_modules_on_a_page_exist(page: Path) -> None:
    content = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", content, re.MULTILINE)) <= targets
    assert all(find_spec(name) for name in re.findall(r"python -m ([\w.]+)", content))


def test_the_readme_shows_its_commands_and_its_picture_on_the_first_screen() -> None:
    first = "\n".join(text("README.md").splitlines()[:22])
    for shown in ("make run", "make check", "uv tool install earnmark", "pipx install earnmark", "docs/screenshot.svg"):
        assert shown in first


def anchors(page: Path) -> set[str]:
    """The places inside a page that can be linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_on_a_page_lead_somewhere(page: Path) -> None:
    for path, place in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8")):
        if path.startswith("https://"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        assert not place or place in anchors(target), f"{page.name} links to {path}#{place}"


def keys_told(command: str) -> set[str]:
    """The names the table of other JSON tells of one command."""
    row = next(line for line in text("docs/reports.md").splitlines() if line.startswith(f"| `{command}` |"))
    return set(re.findall(r"`(\w+)`", row.split("|")[2]))


@pytest.mark.parametrize(
    "command", ["earnmark --json", "earnmark sources --json", "earnmark price MODEL --json", "earnmark doctor --json", "earnmark config --json"]
)
def test_other_json_has_the_keys_that_are_told(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(tmp_path / "home" / ".claude" / "projects" / "p")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EARNMARK_HOME", str(tmp_path / "data"))
    assert main(shlex.split(command.replace("MODEL", "claude-sonnet-5-5"))[1:]) == 0
    told, data = keys_told(command), json.loads(capsys.readouterr().out)
    assert set(data) <= told
    if command in ("earnmark sources --json", "earnmark doctor --json"):
        (rows,) = data.values()
        assert told - {"ok", "look", "mend", "file", "line", "offset", "reason"} == {*data, *rows[0]}
    elif "config" in command:
        assert told == {*data, *data["settings"]["timezone"]}
    else:
        assert set(data) == told


def write_log(folder: Path) -> None:
    """One call, as Claude Code writes it."""
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 0, "output_tokens": 7}
    message = {"id": "msg_1", "model": "claude-sonnet-5-5", "usage": usage}
    row = {"type": "assistant", "timestamp": "2026-11-03T10:00:00.000Z", "sessionId": "s", "requestId": "req_1", "cwd": "/w", "message": message}
    folder.mkdir(parents=True)
    (folder / "s.jsonl").write_text(json.dumps(row) + "\n")


# ---- the example in CONTRIBUTING.md ------------------------------------------------------------------------------------


def write_example_log(home: Path) -> None:
    (log,) = blocks(text("CONTRIBUTING.md"), "jsonl")
    (home / ".acme/logs").mkdir(parents=True)
    (home / ".acme/logs/2026-11-03.jsonl").write_text(log)


def example() -> Source:
    """The source of the example, made by running its module's text."""
    (module,) = blocks(text("CONTRIBUTING.md"), "python")
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(module, "CONTRIBUTING.md", "exec"), names)
    source: Source = names["SOURCE"]
    return source


def test_the_example_gives_the_calls_it_shows(tmp_path: Path) -> None:
    write_example_log(tmp_path)
    (expected,) = blocks(text("CONTRIBUTING.md"), "json")
    found = cases.observed(example(), Machine(str(tmp_path), {}, "linux"))
    assert found == json.loads(expected)
    assert "SECRET" not in json.dumps(found)
    assert (tmp_path / ".acme/logs/2026-11-03.jsonl").read_text().count("SECRET") == 5


def test_the_example_passes_the_linter(tmp_path: Path) -> None:
    (module,) = blocks(text("CONTRIBUTING.md"), "python")
    path = tmp_path / "acme.py"
    path.write_text(module)
    (tmp_path / "__init__.py").touch()
    for command in (["ruff", "check"], ["ruff", "format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", *command, "--config", str(ROOT / "pyproject.toml"), str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_works_from_a_package_of_its_own(tmp_path: Path) -> None:
    """The module and the entry point that CONTRIBUTING.md shows, in a package on the path: every face knows the agent."""
    packages, home = tmp_path / "packages", tmp_path / "home"
    about = packages / "earnmark_acme-1.dist-info"
    about.mkdir(parents=True)
    (packages / "earnmark_acme.py").write_text(blocks(text("CONTRIBUTING.md"), "python")[0])
    points = tomllib.loads(blocks(text("CONTRIBUTING.md"), "toml")[0])["project"]["entry-points"]
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: earnmark-acme\nVersion: 1\n")
    lines = [f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items()) for group, entries in points.items()]
    (about / "entry_points.txt").write_text("".join(lines))
    write_example_log(home)
    found = json.loads(run(["sources", "--json"], packages, home))["sources"]
    (acme,) = [source for source in found if source["source"] == "acme"]
    assert (acme["title"], acme["files"], acme["sessions"], acme["calls"]) == ("Acme Coder", 1, 1, 2)
    assert [(fault["line"], fault["reason"]) for fault in acme["faults"]] == [(5, "prompt is -5, which no call can have")]
    report = json.loads(run(["agent", "--json", "--source", "acme"], packages, home))
    assert {(row["thread"], row["agent"]): row["total"] for row in report["rows"]} == {("main", ""): 1280, ("subagent", "tester"): 340}
    assert report["totals"]["unpriced_tokens"] == 0
    assert [item["source"] for item in report["meta"]["lower_bound"]] == ["acme"]


def run(arguments: list[str], packages: Path, home: Path) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "EARNMARK_HOME": str(home / "data"), "PYTHONPATH": str(packages)}
    return subprocess.run([sys.executable, "-m", "earnmark", *arguments], env=env, capture_output=True, text=True, check=True).stdout


# ---- architecture.md ---------------------------------------------------------------------------------------------------


def test_every_table_of_the_ledger_is_on_the_architecture_page() -> None:
    tables = set(re.findall(r"CREATE (?:TABLE|VIEW) (\w+)", "".join(schema.STEPS)))
    assert tables == set(re.findall(r"^\| `(\w+)` \|", text("docs/architecture.md"), re.MULTILINE))


def test_the_files_that_the_architecture_page_names_are_there() -> None:
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", text("docs/architecture.md")))
    assert len(named) > 10
    assert [name for name in named if not (Path(earnmark.__file__).parent / name).exists()] == []


def test_the_floors_of_the_architecture_page_are_the_ones_that_are_checked() -> None:
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    drawn = blocks(text("docs/architecture.md").split("## Floors")[1])[0]
    floors = [set(re.findall(r"\w+", re.split(r" {2,}", line)[0])) for line in drawn.splitlines()]
    assert floors == [{name.removeprefix("earnmark.") for name in re.findall(r"[\w.]+", layer)} for layer in layers]


def test_the_sizes_on_the_architecture_page_are_those_of_the_code() -> None:
    assert f"{collecting.SHARED_FROM >> 20} MB on, forked readers" in " ".join(text("docs/architecture.md").split())
