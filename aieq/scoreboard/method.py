"""How we forecast, as a distribution; and the two baselines that anybody could have used instead."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..assumptions import Scenario
from ..errors import EvidenceError, VintageError
from ..trends import DAYS_A_YEAR, FEWEST_POINTS, growth_fit

VERSION = "1"  # raise it when a change here moves a forecast; frozen forecasts keep the one they were made with
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWS = 1024
SEED = 20230630
_FIT_YEARS = 2.0
_STEPS = 12  # quarters of history that tell a baseline how far things move
_FEWEST_CHANGES = 3


@dataclass(frozen=True)
class Start:
    """
    What a forecast starts from, all of it known on the day it is made.

    Parameters
    ----------
    day : Timestamp
        Day of the last figure.
    level : float
        That figure.
    growth : float
        Logarithm of the growth over the year to it; of the fit, where growth is fitted.
    doubt : float
        Standard error of that, from a fit over two years (over all, where growth is fitted); zero where there are too
        few figures for one.
    freedom : int
        Degrees of freedom of the fit.
    last_year : float
        Logarithm of the growth over the year to the last figure.
    changes : ndarray
        Changes of the logarithm a quarter, the latest first.
    """

    day: pd.Timestamp
    level: float
    growth: float
    doubt: float
    freedom: int
    last_year: float
    changes: np.ndarray


def start(history: pd.DataFrame, *, fitted: bool) -> Start:
    """
    Measure level and growth of a history.

    Parameters
    ----------
    history : DataFrame
        day, value; sorted by day.
    fitted : bool
        Whether growth is that of a line fitted to the whole history, rather than that of the last year: prices fall in
        steps, and short spans exaggerate their fall.

    Raises
    ------
    VintageError
        If the history does not reach back a year.

    Examples
    --------
    >>> days = pd.date_range("2023-03-31", "2024-03-31", freq="QE")
    >>> one = start(pd.DataFrame({"day": days, "value": [1.0, 2.0, 4.0, 8.0, 16.0]}), fitted=False)
    >>> round(math.exp(one.growth)), len(one.changes)
    (16, 4)
    """
    if history.empty:
        msg = "nothing of it was known: ask for a later day"
        raise VintageError(msg)
    days = history["day"].astype("datetime64[ns]").astype("int64").to_numpy(dtype=float) / 86400e9 / DAYS_A_YEAR
    logs = np.log(history["value"].to_numpy(dtype=float))
    now, last = days[-1], history["day"].iloc[-1]
    if days[0] > now - 1 + 0.05:
        msg = f"it was known from {history['day'].iloc[0].date()} only, less than a year: growth cannot be measured"
        raise VintageError(msg)
    last_year = float(logs[-1] - np.interp(now - 1, days, logs))
    steps = now - 0.25 * np.arange(_STEPS + 1)
    inside = steps[steps >= days[0]]
    changes = -np.diff(np.interp(inside, days, logs))
    recent = history if fitted else history[days >= now - _FIT_YEARS]
    growth, doubt, freedom = last_year, 0.0, 1
    if len(recent) >= FEWEST_POINTS:
        try:
            fit = growth_fit(recent["day"], recent["value"], level=0.5)
        except EvidenceError:
            fit = None
        if fit is not None:
            from scipy.special import stdtrit

            freedom = fit.n - 2
            doubt = math.log(fit.high / fit.low) / 2 / float(stdtrit(freedom, 0.75))
            growth = math.log(fit.per_year) if fitted else last_year
    return Start(last, float(math.exp(logs[-1])), growth, doubt, freedom, last_year, changes)


@functools.lru_cache(maxsize=4)
def _uniform(draws: int, seed: int) -> np.ndarray:
    from scipy.stats import qmc

    points = qmc.Sobol(3, scramble=True, seed=seed).random(draws)
    points.flags.writeable = False
    return np.clip(points, 1e-6, 1 - 1e-6)


def _believed(scenario: Scenario, name: str, uniform: np.ndarray) -> np.ndarray:
    from ..outlook.distributions import distribution

    entry = scenario.assumptions[name]
    base = scenario[name]
    return distribution(name, base, tuple(entry.range), entry.possible, entry.distribution).quantile(uniform)


def ours(one: Start, years: float, scenario: Scenario, fades: str | None) -> np.ndarray:
    """
    Draw the logarithm of the level some years after the last figure: the report's own method with its own doubt.

    Growth of the last year fades to a lasting rate (:class:`aieq.paths.FadingGrowth`); in doubt are that growth, by the
    error of a fit, and the speed of the fade and the lasting rate, by the beliefs of the scenario. Nothing is added for
    surprises: that is how the outlook of the report draws its bands.

    Parameters
    ----------
    one : Start
        From :func:`start`.
    years : float
        From the last figure to the day that is forecast.
    scenario : Scenario
        Its beliefs.
    fades : str or None
        Name of the half-life; None lets growth go on.

    Returns
    -------
    ndarray
        :data:`DRAWS` logarithms, sorted.
    """
    from scipy.special import stdtrit

    from ..paths import log_growth

    uniform = _uniform(DRAWS, SEED)
    growth = one.growth + one.doubt * stdtrit(one.freedom, uniform[:, 0])
    if fades is None:
        ahead = growth * years
    else:
        half_life = _believed(scenario, fades, uniform[:, 1])
        lasting = np.log1p(_believed(scenario, "lasting_growth_ratio", uniform[:, 2]))
        ahead = log_growth(growth, lasting, half_life, np.array(years))
    return np.sort(math.log(one.level) + ahead)


@dataclass(frozen=True)
class Normal:
    """A normal distribution of the logarithm; a point where the spread is zero."""

    middle: float
    spread: float


def no_change(one: Start, years: float) -> Normal:
    """
    First baseline: the last figure stays. Its spread is that of a walk with the quarterly steps seen so far.

    Examples
    --------
    Two steps of log 2 and one of nothing: a mean square of 2/3 (log 2)^2 a quarter, times four quarters.

    >>> one = Start(pd.Timestamp("2024-01-01"), 1.0, 1.0, 0.0, 1, 1.0, np.log([2.0, 2.0, 1.0]))
    >>> bool(abs(no_change(one, 1.0).spread - math.log(2) * math.sqrt(8 / 3)) < 1e-12)
    True
    """
    spread = math.sqrt(float((one.changes**2).mean()) * 4 * years) if len(one.changes) >= _FEWEST_CHANGES else 0.0
    return Normal(math.log(one.level), spread)


def same_growth(one: Start, years: float) -> Normal:
    """
    Second baseline: the growth of the last year goes on. Its spread is that of the quarterly steps around their mean.

    Examples
    --------
    >>> one = Start(pd.Timestamp("2024-01-01"), 1.0, 9.0, 0.0, 1, 0.5, np.array([0.1, 0.2, 0.3]))
    >>> found = same_growth(one, 1.0)
    >>> found.middle, round(found.spread, 6)  # standard deviation 0.1 a quarter, four quarters
    (0.5, 0.2)
    """
    spread = float(one.changes.std(ddof=1)) * math.sqrt(4 * years) if len(one.changes) >= _FEWEST_CHANGES else 0.0
    return Normal(math.log(one.level) + one.last_year * years, spread)
