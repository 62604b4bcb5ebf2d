"""A small sweep inside a notebook: every combination of a few values, as the table a stored sweep would give."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from ..errors import ParameterError, RunError
from .evaluate import evaluate
from .parameters import check

MOST_POINTS = 5000


def vary(
    values: Mapping[str, Sequence[Any]],
    findings: str | Sequence[str] = "headline",
    *,
    as_of: str | date,
    scenario: str = "base",
    seed: int = 0,
) -> pd.DataFrame:
    """
    Compute findings at every combination of some values, in this process.

    Parameters
    ----------
    values : mapping
        The values each parameter takes: assumptions, one member of a group under ``name.member``, or ``as_of``,
        ``scenario``, ``seed``.
    findings : str or sequence of str
        As for :func:`aieq.findings.select`.
    as_of : str or date
        Last day of publication that counts, where it is not varied.
    scenario : str
        What is supposed otherwise.
    seed : int
        Of any random draw.

    Returns
    -------
    DataFrame
        One column for each varied parameter, then finding, unit, value, low, high, grade: one row for each combination
        and finding. A finding that could not be known has no value and the grade ``unknown``.

    Raises
    ------
    ParameterError
        If nothing is varied, there are more than 5,000 combinations, or a parameter does not exist or cannot have a
        value.
    RunError
        If a combination fails.

    Examples
    --------
    Half the buyer's gross margin doubles what a dollar of computing asks for; none leaves it.

    >>> table = vary(
    ...     {"cahn_buyer_gross_margin_ratio": [0, 0.5]}, ["required_revenue_usd_bn"], as_of="2025-03-31"
    ... )
    >>> bool(table["value"][1] == 2 * table["value"][0])
    True
    """
    size = 1
    for taken in values.values():
        size *= len(taken)
    if not values or not size:
        raise ParameterError("nothing is varied: give at least one value of at least one parameter")
    if size > MOST_POINTS:
        raise ParameterError(f"{size:,} combinations are more than {MOST_POINTS:,}: write a design for `aieq sweep`")
    varied = [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]
    points = [check({"as_of": str(as_of), "scenario": scenario, "seed": seed} | point) for point in varied]
    done = evaluate(points, findings)
    if done.failures:
        first = done.failures[0]
        said = f"{first['parameters']}: {first['message']}"
        raise RunError(f"{len(done.failures)} of {size} combinations failed, the first with {said}")
    table = done.table.to_pandas()
    chosen = pd.DataFrame(points)[list(values)].iloc[table["point"].to_numpy()].reset_index(drop=True)
    return pd.concat([chosen, table.drop(columns=["point", "verdict"])], axis=1)
