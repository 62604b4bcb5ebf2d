"""Many runs without a notebook: how many a second, how they grow, what they keep in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from aieq.report.chapters import ROOT
from bench.timing import Result, timed, variables

ASSUMPTIONS = {
    "buyer_gross_margin_ratio": {"from": 0.3, "to": 0.6},
    "cost_of_capital_ratio": {"from": 0.08, "to": 0.14},
    "energy_to_capital_ratio": {"from": 0.01, "to": 0.03},
    "asset_life_years.accelerators": {"from": 3.0, "to": 7.0},
}
DAYS = {"as_of": {"from": "2024-06-30", "to": "2026-08-31"}}
# A sweep in a process of its own: processor seconds of evaluation by itself, wall seconds, and the client's memory.
_SWEEP = """
import json, resource, sys, time
from aieq.runs.sweep import sweep
started = time.perf_counter()
summary = sweep(sys.argv[1], sys.argv[2], workers=int(sys.argv[3]))
print(json.dumps({
    "seconds": time.perf_counter() - started, "done": summary.done, "failed": summary.failed,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
_EVALUATE = """
import json, sys, time
from aieq.runs.design import read_design
from aieq.runs.evaluate import evaluate
design = read_design(sys.argv[1])
evaluate(design.points(0, 20), design.findings)
started = time.process_time()
for first in range(20, len(design), 50):
    evaluate(design.points(first, min(first + 50, len(design))), design.findings)
print(json.dumps((len(design) - 20) / (time.process_time() - started)))
"""


def _design(folder: Path, runs: int, parameters: dict, findings: str = "headline") -> Path:
    path = folder / f"design-{len(list(folder.iterdir()))}.yml"
    content = {"kind": "sample", "method": "sobol", "runs": runs, "seed": 1, "findings": findings}
    path.write_text(yaml.safe_dump(content | {"parameters": parameters}))
    return path


def _json_of(script: str, *words: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", script, *words], env=variables(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench: a sweep failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def rates() -> list[Result]:
    """Runs a second of processor time, after the start."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        assumptions = _json_of(_EVALUATE, str(_design(there, 4096, ASSUMPTIONS)))
        days = _json_of(_EVALUATE, str(_design(there, 256, DAYS)))
        everything = _json_of(_EVALUATE, str(_design(there, 128, ASSUMPTIONS, "all")))
        all_days = _json_of(_EVALUATE, str(_design(there, 64, DAYS, "all")))
    return [
        Result("headline findings, only assumptions change, one core", assumptions, "runs/s", 200.0, True),
        Result("headline findings, the day changes, one core", days, "runs/s", 10.0, True),
        Result("  all findings and verdicts, only assumptions change", everything, "runs/s"),
        Result("  all findings and verdicts, the day changes", all_days, "runs/s"),
    ]


def growth() -> list[Result]:
    """Time and memory of the client from a hundred runs to a hundred thousand, two workers."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        found = {}
        for runs in (100, 1_000, 10_000, 100_000):
            out = there / f"out-{runs}"
            found[runs] = _json_of(_SWEEP, str(_design(there, runs, ASSUMPTIONS)), str(out), "2")
            if found[runs]["done"] != runs:
                sys.exit(f"bench: {runs} runs asked for, {found[runs]['done']} done")
        slope = (found[100_000]["seconds"] - found[10_000]["seconds"]) / 90_000
        before = (found[10_000]["seconds"] - found[1_000]["seconds"]) / 9_000
        memory = found[100_000]["megabytes"] / found[100]["megabytes"]
    return [
        Result("time of a run from 10,000 to 100,000, over 1,000 to 10,000", slope / before, target=1.1),
        Result("memory of the client at 100,000 runs, over 100", memory, target=1.1),
        *(Result(f"  {runs:,} runs, two workers", each["seconds"], "s") for runs, each in found.items()),
        Result("  memory of the client at 100,000 runs", found[100_000]["megabytes"], "MB"),
    ]


def workers() -> list[Result]:
    """A thousand runs with two workers against one."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        design = str(_design(there, 1_000, ASSUMPTIONS | {"as_of": {"from": "2025-06-30", "to": "2026-08-31"}}))
        one = _json_of(_SWEEP, design, str(there / "one"), "1")["seconds"]
        two = _json_of(_SWEEP, design, str(there / "two"), "2")["seconds"]
    return [
        Result("1,000 runs, two workers over one", two / one, target=0.6),
        Result("  1,000 runs, one worker", one, "s"),
        Result("  1,000 runs, two workers", two, "s"),
    ]


def help_page() -> list[Result]:
    """The list of commands, best of five."""
    seconds = min(timed([sys.executable, "-m", "aieq", "--help"]) for _ in range(5))
    return [Result("aieq --help", seconds, "s", 0.3)]


MEASURES: dict[str, Callable[[], list[Result]]] = {
    "rates": rates,
    "growth": growth,
    "workers": workers,
    "help": help_page,
}
