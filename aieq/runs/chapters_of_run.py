"""The chapters of one run of a sweep: executed with papermill, kept as they are even when a cell fails."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def run_chapters(
    parameters: Mapping[str, Any], chapters: Sequence[str], *, cell_seconds: float
) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """
    Run chapters with the parameters of one run, each in a kernel of its own.

    Parameters
    ----------
    parameters : mapping
        as_of, scenario, seed: what every chapter takes.
    chapters : sequence of str
        Names.
    cell_seconds : float
        A cell that takes longer is stopped and counts as failed.

    Returns
    -------
    dict of bytes
        The notebook by chapter, executed as far as it went.
    list of dict
        chapter, error (its type) and message of each that failed; the others are run all the same.
    """
    from aieq.report.run import run_chapter

    notebooks, failures = {}, []
    with tempfile.TemporaryDirectory(prefix="aieq-run-") as folder:
        for chapter in chapters:
            out = Path(folder) / f"{chapter}.ipynb"
            try:
                run_chapter(chapter, out, cell_seconds=cell_seconds, **parameters)
            except Exception as error:  # whatever a notebook does, the other ones are run
                failures.append({"chapter": chapter, "error": type(error).__name__, "message": _brief(error)})
            if out.exists():
                notebooks[chapter] = out.read_bytes()
    return notebooks, failures


def _brief(error: Exception) -> str:
    """Say what happened without papermill's frame around it."""
    said = getattr(error, "evalue", "")
    return f"{error.ename}: {said}" if said and hasattr(error, "ename") else str(error).strip()
