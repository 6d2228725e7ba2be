"""The package as users get it: what is in the wheel, and that it runs once installed, away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import earnmark
from tests.test_docs import write_log

ROOT = Path(__file__).parent.parent
UV = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")


def uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([UV, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = uv("build", "--wheel", "--quiet", "--out-dir", str(folder))
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_has_all_that_is_needed_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    about = f"earnmark-{earnmark.__version__}.dist-info"
    package = {
        f"earnmark/{path.relative_to(ROOT / 'src/earnmark')}"
        for path in (ROOT / "src/earnmark").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"earnmark/rules/prices.json", "earnmark/book/report.schema.json", "earnmark/py.typed"} <= package
    assert names - {name for name in names if name.startswith(about)} == package
    assert {f"{about}/licenses/LICENSE", f"{about}/entry_points.txt", f"{about}/METADATA"} <= names


def test_the_wheel_runs_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    made = uv("venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv"))
    assert made.returncode == 0, made.stderr
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = ["pip", "install", "--quiet", "--python", str(python), str(wheel)]
    if uv(*install, "--offline").returncode:
        installed = uv(*install)
        assert installed.returncode == 0, installed.stderr
    write_log(tmp_path / "home" / ".claude" / "projects" / "p")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "EARNMARK_HOME": str(tmp_path / "data")}

    def run(*arguments: str) -> str:
        return subprocess.run([python.with_name("earnmark"), *arguments], env=env, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert run("--version") == f"earnmark {earnmark.__version__}\n"
    report = json.loads(run("model", "--json"))
    assert [(row["model"], row["calls"], row["total"]) for row in report["rows"]] == [("claude-sonnet-5-5", 1, 22)]
    assert report["totals"]["unpriced_tokens"] == 0
    assert json.loads(run("config", "schema", "--report"))["title"].startswith("What every Earnmark report prints")
