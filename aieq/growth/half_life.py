"""How soon growth fades: half-lives fitted to a line, and those that would have been right from each of its figures."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ..errors import EvidenceError, ParameterError
from ..paths import decimal_year
from .shapes import FEWEST_FIGURES, LONGEST_HALF_LIFE_YEARS, fading_square, fit

NEAR_YEARS = 0.2  # a figure this far from the day asked for still tells of it
SIZES_USD_BN = (0.0, 1.0, 10.0, 100.0, math.inf)
PACES = (0.0, 0.25, 1.0, 2.0, math.inf)  # yearly growth at the start
_TRIED = np.exp(np.linspace(math.log(0.02), math.log(LONGEST_HALF_LIFE_YEARS), 500))
TRIED_YEARS = np.round(np.exp(np.linspace(math.log(0.2), math.log(20.0), 47)), 4)


def implied_half_life(growth: float, came: float, years: float, lasting: float) -> float:
    """
    Half-life with which growth that fades would have led to what came.

    Parameters
    ----------
    growth : float
        Growth at the start, logarithm a year.
    came : float
        Logarithm of the level after `years` over the level at the start.
    years : float
        Time between the two, above zero.
    lasting : float
        Logarithm of the lasting rate a year; below `growth`.

    Returns
    -------
    float
        Years; infinite where growth did not slow, zero where no more than lasting growth came.

    Examples
    --------
    Growth of 1 that halves in a year adds 0.5 / log 2 in that year.

    >>> round(implied_half_life(1.0, 0.5 / math.log(2), 1.0, 0.0), 9)
    1.0
    >>> implied_half_life(1.0, 1.2, 1.0, 0.0), implied_half_life(1.0, -0.1, 1.0, 0.0)
    (inf, 0.0)
    """
    if not (years > 0 and growth > lasting):
        msg = f"growth {growth} must exceed the lasting rate {lasting} and years {years} be above zero: nothing fades"
        raise ParameterError(msg)
    share = (came - lasting * years) / ((growth - lasting) * years)
    if share >= 1:
        return math.inf
    if share <= 0:
        return 0.0
    from scipy.optimize import brentq

    # (1 - exp(-x)) / x = share, where x counts half-lives times log 2; the left side falls from 1 to 0.
    faded = brentq(lambda x: -math.expm1(-x) / x - share, 1e-12, 1 / share + 1, xtol=1e-14)
    return math.log(2) * years / faded


def fitted(lines: pd.DataFrame, *, lasting_ratio: float, level: float = 0.90) -> pd.DataFrame:
    """
    Half-life of each line's growth, fitted to the whole line.

    The interval holds the half-lives whose errors are not much larger than the least (an F ratio); errors that follow
    one another make it too narrow. An end is infinite where growth that lasts fits about as well.

    Parameters
    ----------
    lines : DataFrame
        line, day, value; sorted by day within a line.
    lasting_ratio : float
        Yearly growth to which growth fades.
    level : float
        Probability content of the interval.

    Returns
    -------
    DataFrame
        line, n, first, last (days), first_value, last_value, half_life_years, low, high, growth_ratio (a year, at the
        end). Lines of fewer than five figures are left out.
    """
    from scipy.special import fdtri

    lasting, rows = math.log1p(lasting_ratio), []
    for line, part in lines.groupby("line", sort=False):
        if len(part) < FEWEST_FIGURES:
            continue
        t, y = decimal_year(part["day"]), np.log(part["value"].to_numpy(dtype=float))
        one = fit("fading", t.tolist(), np.exp(y).tolist(), lasting_ratio=lasting_ratio)
        allowed = one.square * (1 + fdtri(1, len(t) - 3, level) / (len(t) - 3)) + 1e-15
        inside = _TRIED[fading_square(t, y, _TRIED, lasting) <= allowed]
        lasts = float(fading_square(t, y, np.array([1e6]), lasting)[0]) <= allowed
        low = min([*inside[:1], one.half_life_years])
        high = math.inf if lasts else max([*inside[-1:], one.half_life_years])
        rows.append(
            {
                "line": line,
                "n": one.n,
                "first": part["day"].iloc[0],
                "last": part["day"].iloc[-1],
                "first_value": float(part["value"].iloc[0]),
                "last_value": float(part["value"].iloc[-1]),
                "half_life_years": one.half_life_years,
                "low": float(low),
                "high": float(high),
                "growth_ratio": math.expm1(one.growth),
            }
        )
    columns = ["line", "n", "first", "last", "first_value", "last_value", "half_life_years", "low", "high",
               "growth_ratio"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def implied(lines: pd.DataFrame, *, lasting_ratio: float, ahead_years: float) -> pd.DataFrame:
    """
    From each figure of each line, the half-life that would have been right for the years that followed.

    It starts, as the report's forecast does, from the level of the day and the growth of the year before it. So it is
    what the assumption should have been on that day, whatever the shape of the line.

    Parameters
    ----------
    lines : DataFrame
        line, day, value; sorted by day within a line.
    lasting_ratio : float
        Yearly growth to which growth fades.
    ahead_years : float
        How far ahead what came is read.

    Returns
    -------
    DataFrame
        line, day, value, growth_ratio (of the year before), ahead_years, came_multiple, half_life_years. Figures from
        which growth was not above the lasting rate are left out: nothing could fade.
    """
    lasting, rows = math.log1p(lasting_ratio), []
    for line, part in lines.groupby("line", sort=False):
        t, y = decimal_year(part["day"]), np.log(part["value"].to_numpy(dtype=float))
        for place in range(1, len(t)):
            if t[0] > t[place] - 1 + 0.05:
                continue
            growth = float(y[place] - np.interp(t[place] - 1, t[: place + 1], y[: place + 1]))
            later = place + 1 + np.abs(t[place + 1 :] - t[place] - ahead_years).argmin() if place + 1 < len(t) else -1
            if growth <= lasting or later < 0 or abs(t[later] - t[place] - ahead_years) > NEAR_YEARS:
                continue
            years, came = float(t[later] - t[place]), float(y[later] - y[place])
            rows.append(
                {
                    "line": line,
                    "day": part["day"].iloc[place],
                    "value": math.exp(y[place]),
                    "growth_ratio": math.expm1(growth),
                    "ahead_years": years,
                    "came_multiple": math.exp(came),
                    "half_life_years": implied_half_life(growth, came, years, lasting),
                }
            )
    columns = ["line", "day", "value", "growth_ratio", "ahead_years", "came_multiple", "half_life_years"]
    return pd.DataFrame(rows, columns=columns)


def errors_by_half_life(
    table: pd.DataFrame, *, lasting_ratio: float, half_lives: np.ndarray = TRIED_YEARS
) -> pd.DataFrame:
    """
    How far the report's forecast would have been off with each half-life, had it always been used.

    Parameters
    ----------
    table : DataFrame
        From :func:`implied`.
    lasting_ratio : float
        As there.
    half_lives : ndarray
        Half-lives to try, years.

    Returns
    -------
    DataFrame
        half_life_years, error (mean absolute logarithm), bias (mean; below zero said too little), each line counted
        once.
    """
    growth, years = np.log1p(table["growth_ratio"].to_numpy()), table["ahead_years"].to_numpy()
    came, lasting = np.log(table["came_multiple"].to_numpy()), math.log1p(lasting_ratio)
    each = 1 / table.groupby("line")["line"].transform("size").to_numpy(dtype=float)
    rate = math.log(2) / np.asarray(half_lives, dtype=float)[:, None]
    said = lasting * years + (growth - lasting) * -np.expm1(-rate * years) / rate
    off = said - came
    return pd.DataFrame(
        {
            "half_life_years": half_lives,
            "error": np.abs(off) @ each / each.sum(),
            "bias": off @ each / each.sum(),
        }
    )


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """
    Smallest value below or at which at least `share` of the weight lies; infinite values are values.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, np.inf]), np.array([1.0, 1.0, 1.0]), 0.5)
    3.0
    """
    if not len(values):
        msg = "a quantile of nothing was asked for: there is no figure of this kind"
        raise EvidenceError(msg)
    order = np.argsort(values, kind="stable")
    held = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][int(np.searchsorted(held, share - 1e-12))])


def summary(table: pd.DataFrame, by: pd.Series, *, within: tuple[float, float]) -> pd.DataFrame:
    """
    Distribution of half-lives in classes; each line counts once in a class, however many figures it has there.

    Parameters
    ----------
    table : DataFrame
        From :func:`implied`.
    by : Series
        Class of each row.
    within : tuple of float
        A range of half-lives, such as the one assumed.

    Returns
    -------
    DataFrame
        class, lines, n, q25, median, q75 (years), below, inside, above (shares of the weight by `within`), lasts (share
        in which growth did not slow).
    """
    rows = []
    for label, part in table.groupby(by, sort=True, observed=True):
        each = 1 / part.groupby("line")["line"].transform("size").to_numpy(dtype=float)
        lives = part["half_life_years"].to_numpy(dtype=float)

        def share(mask: np.ndarray, each: np.ndarray = each) -> float:
            return float(each[mask].sum() / each.sum())

        rows.append(
            {
                "class": label,
                "lines": part["line"].nunique(),
                "n": len(part),
                **{q: weighted_quantile(lives, each, at) for q, at in (("q25", 0.25), ("median", 0.5), ("q75", 0.75))},
                "below": share(lives < within[0]),
                "inside": share((lives >= within[0]) & (lives <= within[1])),
                "above": share(lives > within[1]),
                "lasts": share(np.isinf(lives)),
            }
        )
    columns = ["class", "lines", "n", "q25", "median", "q75", "below", "inside", "above", "lasts"]
    return pd.DataFrame(rows, columns=columns)
