"""`make bench`: Earnmark and its peers over the same generated logs, in turn, with medians, ratios and totals compared with the truth.

    python -m benchmarks.run [--megabytes 50 500 2000] [--rounds 5] [--calls 10000000] [--work DIR]

Writes what it printed to `benchmarks/results.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.generate import BUCKETS, generate
from benchmarks.ledgers import fill
from benchmarks.measure import Command, Figures, in_turn, once, size

RESULTS = Path(__file__).parent / "results.json"
EARNMARK = str(Path(sys.executable).with_name("earnmark"))
EVERYTHING = ("day", "--since", "2020-01-01", "--json")
JUDGED_FROM = 500
"""Megabytes of logs from which on the limits hold."""
LIMITS = {
    "cold / ccusage": 0.5, "cold / tokscale cold": 0.35, "unchanged / ccusage": 0.1, "unchanged / tokscale": 0.4,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[50, 500, 2000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=10_000_000, help="calls in the ledger that reports are timed over; 0 leaves them out")
    parser.add_argument("--work", type=Path, help="where to keep the generated logs (a temporary directory otherwise)")
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp(prefix="earnmark-bench-"))
    try:
        results = bench(given, work)
    finally:
        if not given.work:
            shutil.rmtree(work, ignore_errors=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")


def bench(given: argparse.Namespace, work: Path) -> dict[str, Any]:
    executables = peers.install()
    results: dict[str, Any] = {
        "machine": f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}",
        "rounds": given.rounds,
        "not_run": [name for name in peers.PACKAGES if name not in executables],
        "logs": [logs(work / f"home{megabytes}", megabytes, given.rounds, executables) for megabytes in given.megabytes],
        "start": start(work / f"home{given.megabytes[0]}", given.rounds),
    }
    if given.calls:
        results["reports"] = reports(work / f"ledger{given.calls}", given.calls, given.rounds)
    for name in results["not_run"]:
        print(f"{name} could not be installed here and was not run")
    return results


def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "EARNMARK_HOME": str(home / "earnmark"), "TZ": "UTC", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


# ---- reading logs ------------------------------------------------------------------------------------------------------


def logs(home: Path, megabytes: int, rounds: int, executables: dict[str, Path]) -> dict[str, Any]:
    """Cold, unchanged and appended over one generated home, beside the peers."""
    if not (home / "truth.json").exists():
        generate(home, megabytes)
    truth = json.loads((home / "truth.json").read_text())
    calls = sum(row["calls"] for rows in truth["sources"].values() for row in rows.values())
    print(f"\n{truth['bytes'] / 1e6:,.0f} MB of logs, {calls:,} calls; medians of {rounds} rounds in turn")
    env, ledger = environment(home), home / "earnmark"
    others = peers.commands(executables, home)
    cold = Command("cold", [EARNMARK, *EVERYTHING], env, lambda: shutil.rmtree(ledger, ignore_errors=True))
    first = in_turn([cold, *others.values()], rounds)
    exact = compare(truth, first)
    again = Command("unchanged", [EARNMARK, *EVERYTHING], env)
    session = next((home / ".claude" / "projects").rglob("*.jsonl"))
    appended = Command("appended", [EARNMARK, *EVERYTHING], env, lambda: append(session))
    whole = session.read_bytes()
    figures = {**first, **in_turn([again, appended], rounds)}
    session.write_bytes(whole)
    for figure in figures.values():
        print(f"  {figure.name:<16} wall {figure.wall:7.3f} s   cpu {figure.cpu:7.3f} s   peak {figure.peak:6.0f} MB")
    ratios = compared(figures, judged=megabytes >= JUDGED_FROM)
    per_call = size(ledger) / calls
    print(
        f"  appended costs {1000 * (figures['appended'].wall - figures['unchanged'].wall):+.0f} ms over unchanged; {per_call:.0f} bytes a call on disk"
    )
    shutil.rmtree(ledger)
    return {
        "megabytes": megabytes, "calls": calls, "bytes_per_call": round(per_call, 1), "totals": exact, "ratios": ratios,
        "figures": {name: {"wall_s": round(figure.wall, 4), "cpu_s": round(figure.cpu, 4), "peak_mb": round(figure.peak, 1)} for name, figure in figures.items()},
    }  # fmt: skip


def append(path: Path) -> None:
    """One more call at the end of a session, with ids of its own."""
    lines = [line for line in path.read_text().splitlines() if '"usage"' in line]
    message = lines[-1].split('"id":"msg_', 1)[1][:27]
    fresh = f"{time.time_ns():027x}"[-27:]
    with path.open("a") as handle:
        handle.write(lines[-1].replace(message, fresh) + "\n")


def compared(figures: dict[str, Figures], *, judged: bool) -> dict[str, dict[str, float]]:
    """Our figures as shares of the peers', beside the limit each must stay below where there is enough to read."""
    ratios = {}
    for pair, limit in LIMITS.items():
        ours, theirs = pair.split(" / ")
        if theirs in figures:
            wall, cpu = figures[ours].wall / figures[theirs].wall, figures[ours].cpu / figures[theirs].cpu
            ratios[pair] = {"wall": round(wall, 3), "cpu": round(cpu, 3), "limit": limit}
            verdict = "" if not judged else "ok" if max(wall, cpu) <= limit else "MISSED"
            print(f"  {pair:<24} wall {wall:5.2f}x   cpu {cpu:5.2f}x   limit {limit}   {verdict}")
    return ratios


def compare(truth: dict[str, Any], figures: dict[str, Figures]) -> dict[str, Any]:
    """Every total beside the generator's truth, bucket by bucket; the peers do not tell the two kinds of cache write apart."""
    wanted = {bucket: sum(row[bucket] for rows in truth["sources"].values() for row in rows.values()) for bucket in BUCKETS}
    ours = json.loads(figures["cold"].output)["totals"]
    equal = all(ours[bucket] == wanted[bucket] for bucket in BUCKETS)
    print(f"  totals           earnmark {'equals the truth in every bucket' if equal else f'DIFFERS: {ours} is not {wanted}'}")
    found: dict[str, Any] = {"truth": wanted, "earnmark_exact": equal}
    for name, figure in figures.items():
        if name in ("ccusage", "tokscale"):
            total = peer_total(name, json.loads(figure.output))
            found[name] = total
            print(f"  {'':<16} {name} counts {total:,} tokens, {total - sum(wanted.values()):+,} against the truth")
    if not equal:
        raise SystemExit("the totals are wrong: no figure above means anything")
    return found


def peer_total(name: str, output: dict[str, Any]) -> int:
    """All tokens a peer counts."""
    if name == "ccusage":
        return int(output["totals"]["totalTokens"])
    fields = ("input", "output", "cacheRead", "cacheWrite")
    return sum(int(entry.get(field, 0)) for entry in output["entries"] for field in fields)


# ---- starting up, and reports over much -------------------------------------------------------------------------------


def start(home: Path, rounds: int) -> dict[str, float]:
    """How long the command takes before it can do anything, and a status line."""
    env = environment(home)
    once(Command("fill", [EARNMARK, "collect"], env))
    commands = [Command("--version", [EARNMARK, "--version"], env), Command("statusline", [EARNMARK, "statusline", "--no-refresh"], env)]
    figures = in_turn(commands, rounds * 3)
    shutil.rmtree(home / "earnmark")
    print("\nStarting up (limit 60 ms each)")
    for figure in figures.values():
        print(f"  {figure.name:<16} {1000 * figure.wall:5.0f} ms")
    return {name: round(1000 * figure.wall, 1) for name, figure in figures.items()}


REPORTS = (
    (), ("today",), ("day",), ("day", "--since", "2020-01-01", "--by", "model"), ("week",), ("month",), ("month", "--by", "project"), ("hour",), ("session",),
    ("session", "--last", "7d"), ("session", "--sort", "cost", "--last", "30d"), ("project",), ("model",), ("agent",), ("blocks",),
    ("model", "--project", "project3"), ("day", "--tz", "Asia/Kathmandu"),
)  # fmt: skip


def reports(folder: Path, calls: int, rounds: int) -> dict[str, Any]:
    """Every report over a ledger of this many calls."""
    ledger = folder / "earnmark" / "ledger.db"
    if not ledger.exists():
        ledger.parent.mkdir(parents=True)
        began = time.perf_counter()
        with ProcessPoolExecutor(1) as elsewhere:  # a child is charged with what its parent held when it was started
            elsewhere.submit(fill, str(ledger), calls, newest=time.time_ns() // 1_000_000).result()
        print(f"\nA ledger of {calls:,} calls, written in {time.perf_counter() - began:.0f} s")
    per_call = size(ledger.parent) / calls
    print(f"\nReports over {calls:,} calls (limit 300 ms each); {per_call:.0f} bytes a call on disk (limit 200)")
    env = environment(folder)
    figures = in_turn([Command(" ".join(argv) or "(home)", [EARNMARK, *argv, "--no-collect"], env) for argv in REPORTS], rounds)
    for figure in figures.values():
        print(f"  {figure.name:<42} {1000 * figure.wall:5.0f} ms   {figure.peak:4.0f} MB   {'' if figure.wall <= 0.3 else 'MISSED'}")
    return {"calls": calls, "bytes_per_call": round(per_call, 1), "wall_ms": {name: round(1000 * figure.wall) for name, figure in figures.items()}}


if __name__ == "__main__":
    main()
