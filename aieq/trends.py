"""Growth in time, fitted on logarithms, with an interval that allows for runs of errors of one sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .errors import EvidenceError, ParameterError, did_you_mean

DAYS_A_YEAR = 365.25
FEWEST_POINTS = 4
_COVARIANCES = ("HAC", "nonrobust")


@dataclass(frozen=True)
class Growth:
    """
    A fitted exponential: so many times a year.

    Parameters
    ----------
    per_year : float
        Factor by which the series is multiplied each year (2.4 is 2.4 times a year, 0.5 is half).
    low, high : float
        Interval of that factor at `level`.
    n : int
        Points used.
    r_squared : float
        Share of the variance of the logarithms that the line explains.
    level : float
        Probability content of the interval.
    first, last : Timestamp
        Days of the first and the last point.
    """

    per_year: float
    low: float
    high: float
    n: int
    r_squared: float
    level: float
    first: pd.Timestamp
    last: pd.Timestamp
    _line: tuple[float, float] = field(repr=False, compare=False)
    _covariance: np.ndarray = field(repr=False, compare=False)
    _residual_variance: float = field(repr=False, compare=False)
    _quantile: float = field(repr=False, compare=False)

    def fitted(self, dates: Sequence, *, points: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """
        Follow the line, with its interval at the level of the fit.

        Parameters
        ----------
        dates : sequence of dates
            Where to read the line.
        points : bool
            If true, the interval is for one further point (line and scatter), else for the line itself.

        Returns
        -------
        tuple of three arrays
            Middle, low end, high end.
        """
        t = _years(dates, self.first)
        design = np.column_stack([np.ones_like(t), t])
        middle = design @ np.array(self._line)
        variance = np.einsum("ij,jk,ik->i", design, self._covariance, design)
        half = self._quantile * np.sqrt(variance + (self._residual_variance if points else 0.0))
        return np.exp(middle), np.exp(middle - half), np.exp(middle + half)


def _days(dates: Sequence) -> pd.DatetimeIndex:
    days = pd.DatetimeIndex(pd.to_datetime(list(dates)))
    if days.isna().any():
        msg = f"{int(days.isna().sum())} of {len(days)} dates are missing: drop or date those points before fitting"
        raise EvidenceError(msg)
    return days


def _years(dates: Sequence, origin: pd.Timestamp) -> np.ndarray:
    return ((_days(dates) - origin) / pd.Timedelta(days=1)).to_numpy(dtype=float) / DAYS_A_YEAR


def _newey_west(design: np.ndarray, residuals: np.ndarray, bread: np.ndarray) -> np.ndarray:
    """Newey and West (1987): Bartlett weights, lag by the rule 4 (n/100)^(2/9), small-sample factor n/(n-2)."""
    n = len(residuals)
    lags = math.floor(4 * (n / 100) ** (2 / 9))
    scores = design * residuals[:, None]
    meat = scores.T @ scores
    for lag in range(1, min(lags, n - 1) + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    return bread @ meat @ bread * n / (n - 2)


def growth_fit(dates: Sequence, values: Sequence[float], *, level: float = 0.90, cov: str = "HAC") -> Growth:
    """
    Fit constant growth: the logarithm of the values on time, by least squares.

    Parameters
    ----------
    dates : sequence of dates
        Anything pandas reads as a day, in any order; several points may share a day.
    values : sequence of float
        Positive values.
    level : float
        Probability content of the interval, from Student's t with n - 2 degrees of freedom.
    cov : {"HAC", "nonrobust"}
        ``nonrobust`` is the textbook interval for independent errors of one size. ``HAC`` allows for errors that
        follow one another (Newey and West); as that estimate is known to come out too small in short series, the wider
        of the two is taken.

    Returns
    -------
    Growth

    Raises
    ------
    EvidenceError
        Under four points, values that are not positive, or all on one day.
    ParameterError
        A level outside 0 to 1, or an unknown `cov`.

    Examples
    --------
    >>> fit = growth_fit(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], [1, 2, 4, 8])
    >>> round(fit.per_year, 2), fit.n
    (2.0, 4)
    """
    if cov not in _COVARIANCES:
        msg = f"cov={cov!r} does not exist: use one of {', '.join(_COVARIANCES)}.{did_you_mean(cov, _COVARIANCES)}"
        raise ParameterError(msg)
    if not 0 < level < 1:
        msg = f"level={level} is not a probability: give a number between 0 and 1, such as 0.90"
        raise ParameterError(msg)
    days = _days(dates)
    y = np.asarray(values, dtype=float)
    if len(days) != len(y):
        msg = f"{len(days)} dates for {len(y)} values: give one date for each value"
        raise EvidenceError(msg)
    if len(y) < FEWEST_POINTS:
        msg = f"{len(y)} points are too few for a growth rate with an interval: at least {FEWEST_POINTS} are needed"
        raise EvidenceError(msg)
    if not (np.isfinite(y).all() and (y > 0).all()):
        msg = "growth is fitted on logarithms: every value must be a positive number; leave out or explain the others"
        raise EvidenceError(msg)
    order = np.argsort(days.to_numpy(), kind="stable")
    days, y = days[order], np.log(y[order])
    if days[0] == days[-1]:
        msg = f"all {len(y)} points fall on {days[0].date()}: growth needs at least two different days"
        raise EvidenceError(msg)
    t = _years(days, days[0])
    design = np.column_stack([np.ones_like(t), t])
    bread = np.linalg.inv(design.T @ design)
    line = bread @ design.T @ y
    residuals = y - design @ line
    n = len(y)
    residual_variance = float(residuals @ residuals) / (n - 2)
    covariance = bread * residual_variance
    if cov == "HAC":
        robust = _newey_west(design, residuals, bread)
        if robust[1, 1] > covariance[1, 1]:
            covariance = robust
    from scipy.special import stdtrit

    quantile = float(stdtrit(n - 2, 0.5 + level / 2))
    half = quantile * math.sqrt(max(covariance[1, 1], 0.0))
    spread = float(((y - y.mean()) ** 2).sum())
    return Growth(
        per_year=math.exp(line[1]),
        low=math.exp(line[1] - half),
        high=math.exp(line[1] + half),
        n=n,
        r_squared=1.0 if spread == 0 else 1 - float(residuals @ residuals) / spread,
        level=level,
        first=days[0],
        last=days[-1],
        _line=(float(line[0]), float(line[1])),
        _covariance=covariance,
        _residual_variance=residual_variance,
        _quantile=quantile,
    )


def doubling_months(per_year: float) -> float:
    """
    Turn a growth factor a year into the months a doubling takes.

    Examples
    --------
    >>> doubling_months(2.0)
    12.0
    >>> round(doubling_months(4.0), 6)
    6.0
    """
    if not per_year > 1:
        msg = f"a factor of {per_year} a year does not double: give a factor above 1 (see halving_months)"
        raise ParameterError(msg)
    return 12 * math.log(2) / math.log(per_year)


def halving_months(per_year: float) -> float:
    """
    Turn a factor a year below 1 into the months a halving takes.

    Examples
    --------
    >>> halving_months(0.5)
    12.0
    >>> round(halving_months(0.25), 6)
    6.0
    """
    if not 0 < per_year < 1:
        msg = f"a factor of {per_year} a year does not halve: give a factor between 0 and 1 (see doubling_months)"
        raise ParameterError(msg)
    return -12 * math.log(2) / math.log(per_year)
