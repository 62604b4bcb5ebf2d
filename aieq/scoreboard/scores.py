"""Scores of forecasts: CRPS by a scoring library, coverage of intervals, skill against a baseline."""

from __future__ import annotations

import functools
from types import ModuleType

import numpy as np
import pandas as pd

from ..errors import ParameterError


@functools.cache
def _library() -> ModuleType:
    import scoringrules

    return scoringrules


def crps_normal(outcome: float, middle: float, spread: float) -> float:
    """
    Continuous ranked probability score of a normal distribution; of a point, if the spread is zero.

    Parameters
    ----------
    outcome, middle, spread : float
        What came, the mean and the standard deviation; in logarithms where we use it.

    Raises
    ------
    ParameterError
        If the spread is below zero.

    Examples
    --------
    The score of a point is its distance.

    >>> crps_normal(1.0, 3.0, 0.0)
    2.0
    >>> round(crps_normal(0.0, 0.0, 1.0), 6)  # (sqrt(2) - 1) / sqrt(pi)
    0.233695
    """
    if not spread >= 0:
        msg = f"spread is {spread}: a distribution needs a spread above zero, a point has none (0)"
        raise ParameterError(msg)
    if spread == 0:
        return abs(outcome - middle)
    return float(_library().crps_normal(outcome, middle, spread))


def crps_draws(outcome: float, draws: np.ndarray) -> float:
    """
    Continuous ranked probability score of equally likely draws.

    Parameters
    ----------
    outcome : float
        What came.
    draws : ndarray
        Sorted or not.

    Examples
    --------
    Of two draws 0 and 2 and the outcome 0: mean distance 1, less half the mean distance of the draws, 1/2.

    >>> crps_draws(0.0, np.array([0.0, 2.0]))
    0.5
    """
    # The library's estimator over sorted draws; its numpy form needs no compiler.
    return float(_library().crps_ensemble(outcome, np.asarray(draws, dtype=float), estimator="qd", backend="numpy"))


def skill(ours: pd.Series, baseline: pd.Series) -> float:
    """
    By how much of the baseline's mean score ours is better; below zero it is worse.

    Only forecasts that both could make count.

    Examples
    --------
    >>> skill(pd.Series([1.0, 2.0, np.nan]), pd.Series([2.0, 4.0, 9.0]))
    0.5
    """
    both = ours.notna() & baseline.notna()
    if not both.any():
        return float("nan")
    return float(1 - ours[both].mean() / baseline[both].mean())


def widening(done: pd.DataFrame, share: float = 0.9) -> float:
    """
    By how much the 90 per cent intervals would have to be wider, in logarithms from the median, to hold what they say.

    Parameters
    ----------
    done : DataFrame
        Scored forecasts: q05, q50, q95, outcome.
    share : float
        Share of outcomes to hold.

    Examples
    --------
    An outcome twice as far from the median as the end of the interval:

    >>> one = pd.DataFrame({"q05": [0.5], "q50": [1.0], "q95": [2.0], "outcome": [4.0]})
    >>> widening(one)
    2.0
    """
    error = np.log(done["outcome"] / done["q50"])
    half = np.where(error > 0, np.log(done["q95"] / done["q50"]), np.log(done["q50"] / done["q05"]))
    # The smallest factor that holds the share, not one between two outcomes.
    return float(np.quantile(np.abs(error) / half, share, method="inverted_cdf"))


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """Forecasts whose day has come."""
    return table[table["outcome"].notna()]


_SUMMED = (
    "n inside_50 inside_90 below above miss crps crps_no_change crps_same_growth skill_no_change skill_same_growth"
).split()


def summary(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """
    Sum up scored forecasts.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.scoreboard.back.back_forecasts`.
    by : list of str
        Columns to group by; none for one row.

    Returns
    -------
    DataFrame
        The group, n, inside_50, inside_90 (shares), below and above (shares of outcomes outside the 90 per cent
        interval), miss (typical factor between median and outcome), crps, crps_no_change and crps_same_growth (means),
        skill_no_change, skill_same_growth.
    """
    rows = []
    done = scored(table)
    groups = done.groupby(by, sort=False) if by else [((), done)]
    for key, part in groups:
        if part.empty:
            continue
        names = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True)) if by else {}
        rows.append(
            names
            | {
                "n": len(part),
                "inside_50": float(part["outcome"].between(part["q25"], part["q75"]).mean()),
                "inside_90": float(part["outcome"].between(part["q05"], part["q95"]).mean()),
                "below": float((part["outcome"] < part["q05"]).mean()),
                "above": float((part["outcome"] > part["q95"]).mean()),
                "miss": float(np.exp(part["error"].abs().median())),
                **{name: float(part[name].mean()) for name in ("crps", "crps_no_change", "crps_same_growth")},
                "skill_no_change": skill(part["crps"], part["crps_no_change"]),
                "skill_same_growth": skill(part["crps"], part["crps_same_growth"]),
            }
        )
    return pd.DataFrame(rows, columns=[*by, *_SUMMED])
