"""A writer of a store for the tests: it computes nothing, so that it is always about to write, and can be killed."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from aieq.runs.store import Store

BATCH = 7


def results(store: Store, batch: int) -> Any:
    """Value k of run i is i + k / 10; run 5 of each batch fails in a chapter, run 6 altogether."""
    first, last = store.span(batch)
    places = [place for place in range(last - first) if place != 6]
    names = store.design.findings
    rows = [(place, name, first + place + k / 10) for place in places for k, name in enumerate(names)]
    words = {"unit": "ratio", "grade": "assumed"}
    table = pa.table(
        {
            "point": pa.array([row[0] for row in rows], pa.int64()),
            "finding": pa.array([row[1] for row in rows]).dictionary_encode(),
            "value": pa.array([row[2] for row in rows], pa.float64()),
            "low": pa.nulls(len(rows), pa.float64()),
            "high": pa.nulls(len(rows), pa.float64()),
            **{name: pa.array([word] * len(rows)).dictionary_encode() for name, word in words.items()},
        }
    )
    failures = []
    if last - first > 5:
        failures += [{"point": 5, "chapter": "cost", "error": "CellTimeoutError", "message": "took too long"}]
    if last - first > 6:
        failures += [{"point": 6, "error": "EquationError", "message": "no root"}]
    return SimpleNamespace(table=table, failures=failures)


def write_all(folder: Path, design: Any, around: Any) -> None:
    """Write whatever is missing, a notebook with every third batch."""
    with Store.open(folder, design, around, batch=BATCH) as store:
        for batch in store.missing():
            if batch % 3 == 0:
                store.notebook(store.run_ids(batch)[0], "cost", b"{}" * 20_000)
            store.write(batch, results(store, batch))


if __name__ == "__main__":
    given = Path(sys.argv[1])
    plan, place = pickle.loads(given.read_bytes())
    print("ready", flush=True)
    write_all(Path(sys.argv[2]), plan, place)
