"""The measures of the book and its evidence. Each returns lines for the table; a ratio has a target."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aieq.report.build import BOOK_FILES
from aieq.report.chapters import ROOT, read_chapter
from bench.timing import Result, timed

CHANGED_CHAPTER = "cost"


def _copy(target: Path) -> Path:
    """The book without anything built."""
    target.mkdir()
    for pattern in (*BOOK_FILES, "aieq", "data", "chapters", "requirements.txt"):
        for path in ROOT.glob(pattern):
            if path.is_dir():
                shutil.copytree(path, target / path.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, target)
    return target


def book() -> list[Result]:
    """Cold build against plain jupyter-book executing the same chapters, and rebuilds against the cold one."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        plain, ours = _copy(Path(folder) / "plain"), _copy(Path(folder) / "ours")
        jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", "-q"]
        cold_plain = timed(jupyter_book, plain, PYTHONPATH=str(plain))
        build = [sys.executable, "-m", "aieq.report.build"]
        cold = timed(build, ours, PYTHONPATH=str(ours))

        path = ours / "chapters" / f"{CHANGED_CHAPTER}.ipynb"
        notebook = read_chapter(path)
        prose = next(cell for cell in notebook.cells[1:] if cell.cell_type == "markdown")
        prose.source += "\n\nOne more sentence."
        nbformat.write(notebook, path)
        rebuild_prose = timed(build, ours, PYTHONPATH=str(ours))

        notebook.cells.append(nbformat.v4.new_code_cell("page.context.as_of"))
        nbformat.write(notebook, path)
        rebuild_code = timed(build, ours, PYTHONPATH=str(ours))
        nothing = timed(build, ours, PYTHONPATH=str(ours))
    return [
        Result("book, cold, over plain jupyter-book", cold / cold_plain, target=0.45),
        Result(f"book, code of {CHANGED_CHAPTER!r} changed, over cold", rebuild_code / cold, target=0.3),
        Result(f"book, prose of {CHANGED_CHAPTER!r} changed, over cold", rebuild_prose / cold, target=0.3),
        Result("  plain jupyter-book, cold", cold_plain, "s"),
        Result("  make book, cold", cold, "s"),
        Result("  code of one chapter changed", rebuild_code, "s"),
        Result("  prose of one chapter changed", rebuild_prose, "s"),
        Result("  nothing changed", nothing, "s"),
    ]


def imports() -> list[Result]:
    """Best of seven each, in turns."""
    pairs = [[timed([sys.executable, "-c", f"import {name}"]) for name in ("aieq", "pandas")] for _ in range(7)]
    ours, pandas = (min(column) for column in zip(*pairs, strict=True))
    return [
        Result("import aieq, over import pandas", ours / pandas, target=1.3),
        Result("  import aieq", ours, "s"),
        Result("  import what a chapter imports", timed([sys.executable, "-c", "import aieq.report.page"]), "s"),
        Result("  import pandas", pandas, "s"),
    ]


def command_line() -> list[Result]:
    """Cold start: a new process, best of three."""
    arguments = {"aieq findings": ["findings", "--json"], "aieq claims": ["claims", "--json"]}
    return [
        Result(name, min(timed([sys.executable, "-m", "aieq", *words]) for _ in range(3)), "s", target)
        for (name, words), target in zip(arguments.items(), (5.0, None), strict=True)
    ]


def _views(evidence: object, days: list[str]) -> tuple[float, float]:
    """Median milliseconds of a view, and the most memory one took on top, in megabytes."""
    seconds, megabytes = [], []
    for day in days:
        evidence._views.clear()  # type: ignore[attr-defined]
        started = time.perf_counter()
        evidence.as_of(day)  # type: ignore[attr-defined]
        seconds.append(time.perf_counter() - started)
    for day in days[:2]:
        evidence._views.clear()  # type: ignore[attr-defined]
        tracemalloc.start()
        evidence.as_of(day)  # type: ignore[attr-defined]
        megabytes.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    return statistics.median(seconds) * 1000, max(megabytes)


def as_of() -> list[Result]:
    """A view of today's table, and of the same table laid end to end until it has a million rows."""
    import numpy as np
    import pandas as pd

    from aieq.evidence import load

    evidence = load()
    days = ["2026-08-31", "2025-03-31", "2024-06-30", "2026-01-31", "2025-09-30"]
    evidence.as_of(days[0])
    rows = len(evidence.observations)
    now, memory = _views(evidence, days)
    results = [Result(f"a view of all {rows:,} rows", now, "ms", 50.0), Result("  memory on top", memory, "MB")]
    figures = int(evidence.observations["figure"].max()) + 1
    for size in (100_000, 1_000_000):
        times = -(-size // rows)
        large = pd.concat([evidence.observations] * times, ignore_index=True)
        large["figure"] = large["figure"].to_numpy() + figures * np.repeat(np.arange(times), rows)
        grown, memory = _views(replace(evidence, observations=large, _views={}, _long={}), days)
        per_row = grown / now / (len(large) / rows)
        # The middle size is shown only: between caches of the processor it is not a matter of the program.
        target = 1.0 if size == 1_000_000 else None
        results += [
            Result(f"{len(large):,} rows: time per row, over today's", per_row, target=target),
            Result("  a view", grown, "ms"),
            Result("  memory on top", memory, "MB"),
        ]
        del large
    return results


MEASURES: dict[str, Callable[[], list[Result]]] = {
    "imports": imports,
    "as_of": as_of,
    "command_line": command_line,
    "book": book,
}
