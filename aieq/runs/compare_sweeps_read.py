"""What a sweep says of itself, and its results a handful of findings at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..claims import claims
from ..errors import ParameterError, RunError
from .dataset import about_of, read
from .status import status

CLAIM = "claim:"  # how a verdict is called in the column `finding`
_ROWS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Sweep:
    """
    A sweep as far as it has gone.

    Parameters
    ----------
    folder : Path
        As given.
    varied : tuple of str
        Parameters that vary.
    fixed : dict
        Values of those that do not.
    planned, done, failed : int
        Runs of the design, runs with results, and runs that failed.
    findings : tuple of str
        Asked for; verdicts are called ``claim:<id>``.
    made : dict
        ``code``, ``data``, ``version``, as far as recorded.
    """

    folder: Path
    varied: tuple[str, ...]
    fixed: dict[str, Any]
    planned: int
    done: int
    failed: int
    findings: tuple[str, ...]
    made: dict[str, str]

    def rows(self, names: list[str]) -> dict[str, pd.DataFrame]:
        """
        Read the results of some findings.

        Returns
        -------
        dict
            By finding: run, the parameters that vary, unit, value, and verdict where claims were judged.
        """
        table = _read(self.folder, names)
        for name in (*self.varied, "unit"):
            if isinstance(table[name].dtype, pd.CategoricalDtype):
                table[name] = table[name].astype(object)
        twice = table.duplicated(["run", "finding"])
        if twice.any():
            first = table[twice].iloc[0]
            msg = (
                f"{self.folder} holds the run {first['run']} twice for {first['finding']}: somebody copied a part of it"
            )
            raise ParameterError(msg)
        if "verdict" not in table:
            table["verdict"] = None
        found = dict(iter(table.groupby("finding", observed=True)))
        return {name: found.get(name, table.iloc[:0]) for name in names}


def _read(folder: Path, names: list[str]) -> pd.DataFrame:
    try:
        return read(folder, names)
    except RunError as error:
        raise ParameterError(str(error)) from None


def read_sweep(folder: Path) -> Sweep:
    """
    Read what a sweep says of itself, and how far it is.

    Raises
    ------
    ParameterError
        If it has no results yet, or a file is broken: the message names it.
    """
    try:
        about = about_of(folder)
        names = [*about["findings"], *(CLAIM + claim.id for claim in claims() if about["judged"])]
        varied, around = tuple(about["columns"]), about["surroundings"]
        made = {"code": around["code"], "data": around["data"], "version": about["version"]}
        planned, fixed, failed = int(about["count"]), dict(about["fixed"]), status(folder).failed
    except RunError as error:
        raise ParameterError(str(error)) from None
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{folder / 'sweep.json'} is not what `aieq sweep` writes ({error}): make the sweep again"
        raise ParameterError(msg) from None
    done = _read(folder, names[:1])["run"].nunique()
    if not done:
        msg = f"{folder} has no results yet: run `aieq sweep` again with the same design, it goes on where it stopped"
        raise ParameterError(msg)
    return Sweep(folder, varied, fixed, planned, done, failed, tuple(names), {k: str(v) for k, v in made.items()})


def side_by_side(a: Sweep, b: Sweep, names: list[str]) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Read findings of two sweeps, as many at once as fit in little memory."""
    size = max(1, _ROWS_AT_ONCE // max(a.done, b.done))
    for start in range(0, len(names), size):
        chunk = names[start : start + size]
        before, after = a.rows(chunk), b.rows(chunk)
        for name in chunk:
            yield name, before[name], after[name]
