"""The benchmark's results as README.md shows them: `benchmarks/results.json`, as `make bench` left it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OURS = {"cold": "Earnmark, first run, ledger written", "unchanged": "Earnmark, nothing new", "appended": "Earnmark, one session longer"}
"""What the benchmark calls our runs; the peers' go by their own names."""


def table(root: Path) -> str:
    """The results as Markdown; empty where nothing was measured."""
    path = root / "benchmarks" / "results.json"
    if not path.exists():
        return ""
    return "\n" + "\n\n".join(_parts(json.loads(path.read_text(encoding="utf-8")))) + "\n\n"


def _parts(results: dict[str, Any]) -> Iterator[str]:
    yield f"Medians of {results['rounds']} rounds, the tools in turn; {results['machine']}."
    for one in results["logs"]:
        yield _logs(one)
        yield _totals(one)
    starts = ", ".join(f"`earnmark {name}` {round(ms)} ms" for name, ms in results["start"].items())
    yield f"Starting up: {starts}."
    if "reports" in results:
        yield _reports(results["reports"])


def _logs(one: dict[str, Any]) -> str:
    """The runs over logs of one size."""
    lines = [f"| {one['megabytes']:,} MB of logs, {one['calls']:,} calls | wall | CPU | peak memory |", "|---|---:|---:|---:|"]
    for name, figure in one["figures"].items():
        lines.append(f"| {OURS.get(name, name)} | {figure['wall_s']:.2f} s | {figure['cpu_s']:.2f} s | {figure['peak_mb']:.0f} MB |")
    return "\n".join(lines)


def _totals(one: dict[str, Any]) -> str:
    """What each tool counted, beside the truth."""
    totals, truth = one["totals"], sum(one["totals"]["truth"].values())
    said = ["Earnmark equals it in every bucket" if totals["earnmark_exact"] else "Earnmark differs from it"]
    said += [f"{name} counts {_off(total - truth)}" for name, total in totals.items() if name not in ("truth", "earnmark_exact")]
    return f"The truth is {truth:,} tokens: {', '.join(said)}. The ledger takes {one['bytes_per_call']:.0f} bytes a call."


def _off(tokens: int) -> str:
    return f"{abs(tokens):,} tokens too {'many' if tokens > 0 else 'few'}" if tokens else "the same"


def _reports(one: dict[str, Any]) -> str:
    slowest = max(one["wall_ms"], key=lambda name: float(one["wall_ms"][name]))
    count, per_call = len(one["wall_ms"]), one["bytes_per_call"]
    return (
        f"Over a ledger of {one['calls']:,} calls ({per_call:.0f} bytes each) the slowest of {count} reports, "
        f"`{slowest}`, takes {one['wall_ms'][slowest]} ms."
    )
