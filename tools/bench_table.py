"""The benchmark's results as README.md shows them: `benchmarks/results.json`, as `make bench` left it."""

from __future__ import annotations

import json
from pathlib import Path


def table(root: Path) -> str:
    """The tables of the results, each under its title; empty where nothing was measured.

    The file is {"about": "machine, versions and date", "tables": [{"title": ..., "columns": [...], "rows": [[...], ...]}]}.
    """
    path = root / "benchmarks" / "results.json"
    if not path.exists():
        return ""
    results = json.loads(path.read_text(encoding="utf-8"))
    parts = [results["about"]]
    for one in results["tables"]:
        lines = [one["columns"], ["---", *["---:"] * (len(one["columns"]) - 1)], *one["rows"]]
        parts.append(f"**{one['title']}**\n\n" + "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines))
    return "\n" + "\n\n".join(parts) + "\n\n"
