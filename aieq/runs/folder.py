"""The folder of a sweep before anything is written: whose it is, whether it can take the results, what it says."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import RunError
from .dataset import FORMAT, SWEEP, about_of
from .design import Design, columns
from .identity import Surroundings
from .keep import LOCK, PARTIAL

README, DESIGN, FAILURES, NOTEBOOKS = "README.txt", "design.yml", "failures", "notebooks"
# Rather too much than too little: a full disk stops a sweep in the middle, an idle reserve costs nothing.
ROW_BYTES = 40
RUN_BYTES = 40
PARAMETER_BYTES = 10
PART_BYTES = 8_000
NOTEBOOK_BYTES = 400_000
SPARE_BYTES = 20_000_000
BATCH = 200

ABOUT = """This folder holds the results of a sweep of aieq: {title}

results/    One row for each run and finding, as Parquet: pandas.read_parquet("results") reads all of it.
            run names the run; the columns after it are the parameters that vary; then finding, unit, value, low,
            high (its interval, if it has one) and grade. A finding that could not be known on the day has no value and
            the grade unknown. Parameters that do not vary stand in sweep.json under fixed.
failures/   What went wrong with runs that have no results, or with their chapters, as JSON. To have such runs done
            again, delete the file of the same name in results/ and give the command again.
notebooks/  Chapters executed with the parameters of each run, if the design asks for them.
design.yml  The design as it was given. sweep.json: what the results depend on.

To go on after an interruption, give the command again: aieq sweep DESIGN.yml --out THIS_FOLDER.
`aieq status THIS_FOLDER` says how far it is.
"""


def examine(folder: str | Path, design: Design, around: Surroundings) -> None:
    """
    Refuse, before anything is made or started, a folder that cannot take the results of a design.

    Parameters
    ----------
    folder : str or Path
        Where they are to go.
    design : Design
        What is to be kept there.
    around : Surroundings
        Code, data and versions the results depend on.

    Raises
    ------
    RunError
        As for :meth:`Store.open`, except that somebody else may be writing.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; give a folder")
    there = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    if not there.is_dir():
        raise RunError(f"{path} cannot be made, for {there} is a file; give another folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RunError(f"{path} cannot be written: no right to write in {there}; give another folder")
    if begun(path, design, around) is None:
        if there == path.absolute():
            foreign = sorted(each.name for each in path.iterdir() if each.name not in (LOCK, PARTIAL))
            if foreign:
                raise RunError(
                    f"{path} holds other things, such as {foreign[0]}, and no sweep; give an empty or new folder"
                )
        enough_space(there, estimate(design, BATCH))


def estimate(design: Design, batch: int) -> int:
    """
    Guess, rather too high, how many bytes the results of a design take.

    Parameters
    ----------
    design : Design
        What is to be run.
    batch : int
        Runs in each file.

    Returns
    -------
    int
    """
    rows = len(design.findings)
    if design.judged:
        from ..claims import claims

        rows += len(claims())
    each = RUN_BYTES + len(design.parameters) * PARAMETER_BYTES + rows * ROW_BYTES
    each += len(design.chapters) * NOTEBOOK_BYTES
    return -(-len(design) // batch) * PART_BYTES + len(design) * each


def about(design: Design, around: Surroundings, batch: int) -> dict[str, Any]:
    """Say of a new sweep what its results depend on: the content of ``sweep.json``."""
    from .. import __version__

    return {
        "format": FORMAT,
        "title": design.title,
        "kind": design.kind,
        "design": design.key,
        "surroundings": asdict(around),
        "mark": hashlib.sha256(f"{design.key}/{around.key}/{batch}".encode()).hexdigest(),
        "batch": batch,
        "count": len(design),
        "findings": list(design.findings),
        "judged": design.judged,
        "chapters": list(design.chapters),
        "columns": columns(design),
        "fixed": {name: value for name, value in design.fixed.items() if name not in design.parameters},
        "version": __version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def begun(path: Path, design: Design, around: Surroundings) -> dict[str, Any] | None:
    """
    Read what a folder says it holds, if that is part of this very sweep.

    Returns
    -------
    dict or None
        None if nothing was begun there.

    Raises
    ------
    RunError
        If it holds another design, or the same with other code, data, versions or chapters.
    """
    if not (path / SWEEP).exists():
        return None
    said = about_of(path)
    if said["design"] != design.key:
        what = f"{said['title'] or said['kind']}, {said['count']:,} runs, begun {said['started'][:10]}"
        raise RunError(f"{path} holds another design ({what}); give another folder, or the design in {path / DESIGN}")
    if changed := Surroundings(**said["surroundings"]).differences(around):
        listed = " and ".join(changed) if len(changed) < 3 else ", ".join(changed)
        raise RunError(
            f"{path} was begun with other {listed}: results before and after would not go together; "
            "give another folder, or restore what was changed"
        )
    return said


def enough_space(folder: Path, needed: int) -> None:
    """Refuse what the disk of a folder cannot hold."""
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise RunError(
            f"the results need about {_size(needed)} and the disk of {folder} has {_size(free)} free; "
            "use another disk, fewer runs or fewer findings"
        )


def _size(amount: float) -> str:
    """
    Write a number of bytes for people.

    Examples
    --------
    >>> _size(1_500_000), _size(999)
    ('1.5 MB', '0.0 MB')
    """
    return f"{amount / 1e9:,.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.1f} MB"
