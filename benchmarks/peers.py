"""The peers, from npm, beside this checkout in `benchmarks/peers/`. Where npm cannot be had they are said not to have been run."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import Command

HERE = Path(__file__).parent / "peers"
PACKAGES = {
    "ccusage": ("ccusage@20.0.24", "@ccusage/ccusage-linux-x64/bin/ccusage"),
    "tokscale": ("@tokscale/cli-linux-x64-gnu@4.17.0", "@tokscale/cli-linux-x64-gnu/bin/tokscale"),
}


def install() -> dict[str, Path]:
    """The peers' own executables by name, without their launchers (which would cost them time); missing ones are left out."""
    found: dict[str, Path] = {}
    npm = shutil.which("npm")
    for name, (package, executable) in PACKAGES.items():
        path = HERE / "node_modules" / executable
        if not path.exists() and npm:
            HERE.mkdir(exist_ok=True)
            subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(HERE), package], check=False)
        if path.exists():
            path.chmod(0o755)
            found[name] = path
    return found


def commands(executables: Mapping[str, Path], home: Path) -> dict[str, Command]:
    """Each peer's report of everything in a home; tokscale once with its cache and, as `tokscale cold`, once without."""
    env = {"HOME": str(home), "TZ": "UTC", "PATH": "/usr/bin:/bin"}
    made: dict[str, Command] = {}
    if "ccusage" in executables:
        made["ccusage"] = Command("ccusage", [str(executables["ccusage"]), "daily", "--json", "--offline"], env)
    if "tokscale" in executables:
        argv, quiet = [str(executables["tokscale"]), "--json"], {**env, "TOKSCALE_PRICING_CACHE_ONLY": "1"}

        def forget() -> None:
            for folder in (".cache", ".config", ".local"):
                shutil.rmtree(home / folder, ignore_errors=True)

        made["tokscale cold"] = Command("tokscale cold", argv, quiet, forget)
        made["tokscale"] = Command("tokscale", argv, quiet)
    return made
