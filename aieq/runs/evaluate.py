"""Findings of many points at once: one context a process, and only what a change reaches is computed again."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..assumptions import Scenario, load_scenario
from ..claims import VERDICTS, Claim, claims
from ..errors import VintageError
from ..findings import REGISTRY, Context, context_for, first_day, select
from ..quantity import GRADES, UNITS, weakest

UNKNOWN = "unknown"  # the grade of what could not be known on the day
CLAIM = "claim:"
_LEVELS = (*GRADES, UNKNOWN)
# What a point may give besides assumptions.
_STAGE = ("as_of", "scenario", "seed")


@dataclass(frozen=True)
class Results:
    """
    What a batch of points gave.

    Parameters
    ----------
    table : pyarrow.Table
        point (its number in the batch), finding, unit, value, low, high, grade, verdict. One row for each point and
        finding, in that order; a finding that could not be known on the day has no value and the grade ``unknown``.
        Of claims, whose `finding` starts with ``claim:``, only verdict and grade are given.
    failures : list of dict
        point, parameters, error (its type) and message of each point that failed; it has no row.
    """

    table: pa.Table
    failures: list[dict[str, Any]]


def evaluate(points: Sequence[Mapping[str, Any]], findings: str | Sequence[str] = "headline") -> Results:
    """
    Compute findings under many suppositions and on many days.

    Parameters
    ----------
    points : sequence of mappings
        Of each: as_of (required), scenario and seed (base and 0 by default), and any assumption by name, one member of
        a group under ``name.member``.
    findings : str or sequence of str
        As for :func:`aieq.findings.select`. If all are asked for, the verdicts on all claims come with them.

    Returns
    -------
    Results

    Raises
    ------
    UnknownNameError
        If there is no such finding.

    Examples
    --------
    >>> done = evaluate([{"as_of": "2025-03-31", "cahn_buyer_gross_margin_ratio": 0.4}], ["required_revenue_usd_bn"])
    >>> done.table["grade"].to_pylist(), done.failures
    (['assumed'], [])
    """
    names = select(findings)
    judged = claims() if set(names) >= set(REGISTRY) else []
    columns = _Columns(len(points), names, judged)
    failures = []
    # Days side by side: what a day needs of the evidence is then gathered once, in whichever order points come.
    for number in sorted(range(len(points)), key=lambda n: str(points[n].get("as_of"))):
        try:
            columns.fill(number, context_of(points[number]))
        except Exception as error:  # noqa: BLE001 - whatever one point does, the others are computed
            failures.append(
                {
                    "point": number,
                    "parameters": dict(points[number]),
                    "error": type(error).__name__,
                    "message": str(error),
                }
            )
    return Results(columns.table(), sorted(failures, key=lambda failure: failure["point"]))


def context_of(point: Mapping[str, Any]) -> Context:
    """
    Set the stage of one point, sharing with earlier ones what does not hang on the difference.

    Raises
    ------
    VintageError
        If the point has no day, or the day lies before the first that can be asked for.
    UnknownNameError, ScenarioError
        If the scenario or an assumption is none.
    """
    if "as_of" not in point:
        msg = "a point has no as_of: give the day, for example as_of: 2025-03-31"
        raise VintageError(msg)
    stage = _stage(point.get("seed", 0))
    there = stage.at(point["as_of"])
    if there.as_of < first_day():
        return context_for(point["as_of"])  # which says what is wrong
    return there.vary(_scenario(point))


@functools.lru_cache(maxsize=4)
def _stage(seed: int) -> Context:
    return context_for(first_day(), seed=seed)


def _scenario(point: Mapping[str, Any]) -> Scenario:
    scenario = load_scenario(point.get("scenario", "base"))
    changes = {name: value for name, value in point.items() if name not in _STAGE}
    return scenario.replaced(**changes) if changes else scenario


class _Columns:
    """The columns of the results, filled point by point."""

    def __init__(self, points: int, names: tuple[str, ...], judged: list[Claim]) -> None:
        self.names, self.judged = names, judged
        self.rows = [*names, *(CLAIM + claim.id for claim in judged)]
        shape = (points, len(self.rows))
        self.numbers = {column: np.full(shape, np.nan) for column in ("value", "low", "high")}
        self.grade = np.full(shape, _LEVELS.index(UNKNOWN), dtype=np.int8)
        self.verdict = np.full(shape, -1, dtype=np.int8)
        self.done = np.zeros(points, dtype=bool)

    def fill(self, point: int, context: Context) -> None:
        """Compute one point."""
        known = [context.get(name) for name in self.names]
        for place, quantity in enumerate(known):
            if quantity is not None:
                self.numbers["value"][point, place] = quantity.value
                if quantity.low is not None:
                    self.numbers["low"][point, place] = quantity.low
                    self.numbers["high"][point, place] = quantity.high
                self.grade[point, place] = _LEVELS.index(quantity.grade)
        for place, claim in enumerate(self.judged, len(self.names)):
            self.verdict[point, place] = VERDICTS.index(claim.judge(context).verdict)
            rests = [q.grade for name in claim.findings if (q := context.get(name)) is not None]
            self.grade[point, place] = _LEVELS.index(weakest(*rests) if rests else "assumed")
        self.done[point] = True

    def table(self) -> pa.Table:
        """Put the points that went well one below the other."""
        count, width = int(self.done.sum()), len(self.rows)
        units = [REGISTRY[name].unit for name in self.names] + ["other"] * len(self.judged)
        numbers = {
            column: pa.array(values[self.done].ravel(), from_pandas=True) for column, values in self.numbers.items()
        }
        verdict = self.verdict[self.done].ravel()
        return pa.table(
            {
                "point": np.repeat(np.flatnonzero(self.done), width),
                "finding": _words(np.tile(np.arange(width), count), self.rows),
                "unit": _words(np.tile([UNITS.index(unit) for unit in units], count), UNITS),
                **numbers,
                "grade": _words(self.grade[self.done].ravel(), _LEVELS),
                "verdict": _words(verdict, VERDICTS, verdict < 0),
            }
        )


def _words(codes: np.ndarray, words: Sequence[str], missing: np.ndarray | None = None) -> pa.DictionaryArray:
    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), type=pa.string()))
