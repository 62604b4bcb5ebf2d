"""Measure in one run, on one machine: ratios to hold against the targets, and absolute figures."""

from __future__ import annotations

import argparse
import json
import sys

from aieq.report.chapters import ROOT
from bench import doubts, measures, pages, playground, reruns, squiggle, sweeps
from bench.timing import Result

ROOMS = (measures, reruns, sweeps, doubts, squiggle, playground, pages)
MEASURES = {name: measure for room in ROOMS for name, measure in room.MEASURES.items()}


def table(results: list[Result]) -> str:
    """Lay the results out for reading."""
    rows = [("what", "measured", "target", "")]
    for r in results:
        rows.append((r.what, f"{r.value:.3g}{' ' + r.unit if r.unit else ''}", r.promise, r.verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)) for row in rows
    )


def main() -> int:
    """Run the measures asked for, print them, keep them in ``_build/bench.json``."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"any of {', '.join(MEASURES)}; all by default")
    chosen = parser.parse_args().measures or list(MEASURES)
    if unknown := [name for name in chosen if name not in MEASURES]:
        parser.error(f"there is no measure {unknown[0]!r}; there are {', '.join(MEASURES)}")
    results: list[Result] = []
    for name in chosen:
        print(f"bench: {name} ...", file=sys.stderr, flush=True)
        results += MEASURES[name]()
    out = ROOT / "_build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps([vars(result) for result in results], indent=1) + "\n")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
