"""
Tokens against price: what such data say about the elasticity of demand, and why they do not identify it.

Volume and price of tokens are two trends. Whatever else changed at the same time, better models, new uses, more users,
tokens spent on hidden reasoning, is in the volume too, so the slope of one logarithm on the other measures all of it
together. With demand q = a - e p + d t + u in logarithms, where d is growth of demand at a constant price, the slope of
one trend on the other estimates e + d / (rate of fall of p): an upper bound of e as long as d is not negative.
Allowing for d as a trend leaves only what price and volume do around their trends; prices there move by model
releases, which move demand by themselves, and the slope hangs on whose price is taken. So *cannot be identified* is
the verdict; what can be defended is that e lies between zero (by common sense alone) and all growth over all fall of
price.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import EvidenceError
from ..trends import DAYS_A_YEAR

FEWEST_STEPS = 6
MISSING = (  # the input that would identify it; the evidence holds none of the kind
    "what the same buyers bought before and after a change of price that had another cause than a new model: a price "
    "set at random, a tax, a change of one provider's price while its model stayed the same"
)


@dataclass(frozen=True)
class Elasticity:
    """
    Readings of the elasticity of demand for tokens, as positive numbers; none of them identifies it.

    Parameters
    ----------
    naive, naive_low, naive_high : float
        Slope of volume on price through all steps, without anything else; 90 % interval.
    trended, trended_low, trended_high : float
        The same beside a trend common to all platforms.
    exogenous_growth : float
        That trend: logarithm of growth of volume a year at a constant price.
    upper : float
        What defends itself as an upper bound: all growth of volume put down to price.
    n, platforms : int
        Steps and platforms.
    """

    naive: float
    naive_low: float
    naive_high: float
    trended: float
    trended_low: float
    trended_high: float
    exogenous_growth: float
    upper: float
    n: int
    platforms: int


def steps(volumes: pd.DataFrame, price_on: Callable[[pd.Timestamp], float], last_day: pd.Timestamp) -> pd.DataFrame:
    """
    Growth of each platform's volume between its figures, and the fall of the price between the same days.

    Parameters
    ----------
    volumes : DataFrame
        platform, day, value; scopes differ, so only growth within a platform is used.
    price_on : callable
        Price of a constant capability on a day; raises EvidenceError or LookupError where it was not on offer.
    last_day : Timestamp
        Last day on which the price is known; figures after it are left out.

    Returns
    -------
    DataFrame
        platform, since, until, years, volume (logarithm of growth), fall (logarithm of the price before over after).
    """
    rows = []
    for platform, part in volumes[volumes["day"] <= last_day].groupby("platform", sort=False):
        part = part.sort_values("day").drop_duplicates("day", keep="last")
        days, values = list(part["day"]), part["value"].to_numpy(dtype=float)
        for place in range(1, len(days)):
            since, until = days[place - 1], days[place]
            try:
                before, after = price_on(since), price_on(until)
            except (EvidenceError, LookupError):
                continue
            rows.append(
                (platform, since, until, (until - since).days / DAYS_A_YEAR,
                 math.log(values[place] / values[place - 1]), math.log(before / after))
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["platform", "since", "until", "years", "volume", "fall"])


def _fit(columns: Sequence[np.ndarray], y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Least squares with errors that grow with the square root of time; estimates, standard errors, freedom."""
    root = np.sqrt(weights)
    design, target = np.column_stack(columns) * root[:, None], y * root
    if np.linalg.matrix_rank(design) < design.shape[1]:
        msg = "price and trend cannot be told apart: the price fell by the same share in every step"
        raise EvidenceError(msg)
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ target
    free = len(y) - design.shape[1]
    left = target - design @ found
    return found, np.sqrt(np.diag(inverse) * float(left @ left) / free), free


def elasticity(table: pd.DataFrame, level: float = 0.90) -> Elasticity:
    """
    Read steps of volume and price as if they told the elasticity of demand, naively and beside a trend.

    Parameters
    ----------
    table : DataFrame
        From :func:`steps`.
    level : float
        Probability content of the intervals (Student's t).

    Raises
    ------
    EvidenceError
        Under six steps, a price that did not fall over them, or one that fell steadily (then price and trend are one).

    Examples
    --------
    Volume grows by half the fall of the price and by 1 a year besides:

    >>> made = pd.DataFrame({"platform": "a", "years": 0.5, "fall": [0.0, 1.0, 2.0, 0.0, 1.0, 0.5]})
    >>> found = elasticity(made.assign(volume=0.5 * made["fall"] + 1.0 * made["years"]))
    >>> round(found.trended, 6), round(found.exogenous_growth, 6), round(found.upper, 3)  # 5.25 over 4.5
    (0.5, 1.0, 1.167)
    """
    if len(table) < FEWEST_STEPS:
        msg = f"{len(table)} steps of volume and price are too few for a slope: {FEWEST_STEPS} are needed"
        raise EvidenceError(msg)
    years, y, x = (table[name].to_numpy(dtype=float) for name in ("years", "volume", "fall"))
    if x.sum() <= 0:
        msg = "the price did not fall over these steps: volume against price says nothing of a fall"
        raise EvidenceError(msg)
    from scipy.special import stdtrit

    weights = 1 / np.maximum(years, 1 / DAYS_A_YEAR)
    naive, naive_error, free = _fit([x], y, weights)
    both, both_error, less = _fit([x, years], y, weights)
    wide, wider = (float(stdtrit(df, 0.5 + level / 2)) for df in (free, less))
    upper = float(y.sum() / x.sum())
    low, high = both[0] - wider * both_error[0], both[0] + wider * both_error[0]
    return Elasticity(
        naive=float(naive[0]),
        naive_low=float(naive[0] - wide * naive_error[0]),
        naive_high=float(naive[0] + wide * naive_error[0]),
        trended=float(both[0]),
        trended_low=float(low),
        trended_high=float(high),
        exogenous_growth=float(both[1]),
        upper=upper,
        n=len(table),
        platforms=table["platform"].nunique(),
    )
