"""Running a notebook again and again: this project's warm kernels against papermill as it comes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aieq.report.chapters import ROOT
from bench.timing import Result, timed, variables

REFERENCE = ROOT / "bench" / "reference.ipynb"
CHAPTER = ROOT / "chapters" / "payer.ipynb"
# Runs of one process with one engine; the first number of the argument list is how many.
_LOOP = """
import sys, logging
import papermill
logging.disable(logging.WARNING)
runs, notebook, engine, out, cwd = int(sys.argv[1]), *sys.argv[2:6]
for number in range(runs):
    papermill.execute_notebook(
        notebook, f"{out}/{number}.ipynb", engine_name=engine or None, kernel_name="aieq" if engine else "python3",
        progress_bar=False, log_output=False, cwd=cwd,
    )
"""


def _loops(processes: int, runs: int, notebook: Path, engine: str, out: Path) -> float:
    """Seconds that some processes, side by side, take for so many runs each, start and imports included."""
    started = time.perf_counter()
    running = []
    for number in range(processes):
        folder = out / f"{engine or 'stock'}-{number}"
        folder.mkdir(parents=True)
        words = [str(runs), str(notebook), engine, str(folder), str(notebook.parent)]
        running.append(subprocess.Popen([sys.executable, "-c", _LOOP, *words], env=variables(), cwd=ROOT))
    if any(process.wait() for process in running):
        sys.exit(f"bench: runs of {notebook.name} with engine {engine or 'papermill'!r} failed")
    return time.perf_counter() - started


def _shell_loop(runs: int, notebook: Path, out: Path) -> float:
    out.mkdir(parents=True)
    command = f"{sys.executable} -m papermill --no-progress-bar -k python3 --cwd {notebook.parent} {notebook}"
    script = f"set -e; for i in $(seq {runs}); do {command} {out}/$i.ipynb; done"
    return timed(["sh", "-c", script])


def notebooks() -> list[Result]:
    """Re-runs a second of the short reference notebook and of a chapter, two workers against one loop."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        shell = 8 / _shell_loop(8, REFERENCE, out / "shell")
        one = 8 / _loops(1, 8, REFERENCE, "", out / "one")
        ours = 160 / _loops(2, 80, REFERENCE, "aieq", out)
        chapter_shell = 3 / _shell_loop(3, CHAPTER, out / "chapter-shell")
        chapter = 24 / _loops(2, 12, CHAPTER, "aieq", out / "chapter")
        shutil.rmtree(out, ignore_errors=True)
    return [
        Result("re-runs of the reference notebook, two workers, over a shell loop", ours / shell, "", 20.0, True),
        Result("the same over papermill in one process", ours / one, "", 15.0, True),
        Result(f"re-runs of {CHAPTER.stem!r}, two workers, over a shell loop", chapter / chapter_shell, "", 4.0, True),
        Result("  reference notebook, two workers", ours, "runs/s"),
        Result("  reference notebook, shell loop", shell, "runs/s"),
        Result("  reference notebook, papermill in one process", one, "runs/s"),
        Result(f"  {CHAPTER.stem}, two workers", chapter, "runs/s"),
        Result(f"  {CHAPTER.stem}, shell loop", chapter_shell, "runs/s"),
    ]


def nbval() -> list[Result]:
    """Every chapter compared with its committed outputs: warm kernels against ordinary ones."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--nbval", "chapters"]
    warm = timed([*command, "--nbval-kernel-name", "aieq"])
    ordinary = timed([*command, "--nbval-kernel-name", "python3"])
    return [
        Result("nbval over all chapters, over ordinary kernels", warm / ordinary, target=0.6),
        Result("  nbval, warm kernels", warm, "s"),
        Result("  nbval, ordinary kernels", ordinary, "s"),
    ]


MEASURES: dict[str, Callable[[], list[Result]]] = {"notebooks": notebooks, "nbval": nbval}
