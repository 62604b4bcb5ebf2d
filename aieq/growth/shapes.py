"""Shapes of growth, fitted by least squares on logarithms: what each says about the years after the last figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import EvidenceError, FitError, UnknownNameError, did_you_mean

FEWEST_FIGURES = 5  # three numbers are estimated, and two figures must be left to speak against them
LONGEST_HALF_LIFE_YEARS = 100.0  # beyond it growth that slows cannot be told from growth that lasts
_SHORTEST_HALF_LIFE_YEARS = 0.02
_GRID = 60
_ROUNDS, _SHARPNESS = 40, 1e-9
_STEPS = 500


@dataclass(frozen=True)
class Fitted:
    """
    A shape fitted to a line.

    Parameters
    ----------
    shape : str
        A name of ``SHAPES``.
    n : int
        Figures used.
    square : float
        Sum of squared errors of the logarithm.
    growth : float
        Growth at the last figure, logarithm a year.
    half_life_years : float
        Time in which the distance of growth from its lasting rate halves; infinite where growth did not slow, not a
        number where the shape has none.
    log_ahead : callable
        Years after the last figure to the logarithm of the level then over the level the shape gives to the last.
    """

    shape: str
    n: int
    square: float
    growth: float
    half_life_years: float
    log_ahead: Callable[[float | np.ndarray], float | np.ndarray]


_UNSETTLED = (
    "least squares of a curve of growth did not settle: no curve is given; look at the figures it was asked for"
)


def _least(cost: Callable[[np.ndarray], np.ndarray], low: float, high: float) -> tuple[float, float]:
    """Where a cost is least between two ends, and what it is there: a grid that narrows around its best point."""
    floor, ceiling = low, high
    for _ in range(_ROUNDS):
        points = np.linspace(low, high, _GRID + 1)
        costs = cost(points)
        if not np.isfinite(costs).all():
            break
        place = int(costs.argmin())
        if high - low <= _SHARPNESS * (ceiling - floor):
            return float(points[place]), float(costs[place])
        reach = 2 * (high - low) / _GRID
        low, high = max(points[place] - reach, floor), min(points[place] + reach, ceiling)
    raise FitError(_UNSETTLED)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope of y on each row of x, not below zero, and the squares left over."""
    x = np.atleast_2d(x)
    centred, target = x - x.mean(axis=1, keepdims=True), y - y.mean()
    spread = (centred**2).sum(axis=1)
    slope = np.maximum((centred @ target) / np.where(spread > 0, spread, np.inf), 0.0)
    return slope, ((target - slope[:, None] * centred) ** 2).sum(axis=1)


def _exponential(t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:  # noqa: ARG001
    rate, level = np.polyfit(t, y, 1)
    square = float(((y - rate * t - level) ** 2).sum())
    return Fitted("exponential", len(t), square, float(rate), math.nan, lambda ahead: rate * np.asarray(ahead))


def _quadratic(t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:  # noqa: ARG001
    since = t - t[-1]
    bend, growth, level = np.polyfit(since, y, 2)
    square = float(((y - np.polyval((bend, growth, level), since)) ** 2).sum())

    def ahead(years: float | np.ndarray) -> float | np.ndarray:
        years = np.asarray(years, dtype=float)
        return growth * years + bend * years**2

    return Fitted("log-quadratic", len(t), square, float(growth), math.nan, ahead)


def _decayed(years: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
    """Integral of exp(-rate x) from 0 to years; `years` where the rate is zero."""
    rate = np.asarray(rate, dtype=float)
    safe = np.where(rate > 0, rate, 1.0)
    return np.where(rate > 0, -np.expm1(-safe * years) / safe, years)


def fading_square(t: np.ndarray, y: np.ndarray, half_life_years: np.ndarray, lasting: float) -> np.ndarray:
    """
    Sum of squared errors of growth that fades to a lasting rate, for each of several half-lives.

    Parameters
    ----------
    t, y : ndarray
        Years and logarithms of the level.
    half_life_years : ndarray
        Half-lives to try.
    lasting : float
        Logarithm of the lasting rate a year.
    """
    rate = (math.log(2) / half_life_years)[:, None]
    return _line(_decayed((t - t[0])[None, :], rate), y - lasting * t)[1]


def _fade(name: str, t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:
    since, above = t - t[0], y - lasting * t
    box = math.log(_SHORTEST_HALF_LIFE_YEARS), math.log(10 * LONGEST_HALF_LIFE_YEARS)
    best, square = _least(lambda p: fading_square(t, y, np.exp(p), lasting), *box)
    half_life = math.exp(best)
    steady, straight = _line(since[None, :], above)
    if half_life > LONGEST_HALF_LIFE_YEARS or straight[0] <= square * (1 + 1e-9) + 1e-18:
        excess = float(steady[0])
        return Fitted(
            name, len(t), float(straight[0]), lasting + excess, math.inf,
            lambda ahead: (lasting + excess) * np.asarray(ahead),
        )  # fmt: skip
    rate = math.log(2) / half_life
    first = float(_line(_decayed(since, rate)[None, :], above)[0][0])
    excess = first * math.exp(-rate * since[-1])

    def ahead(years: float | np.ndarray) -> float | np.ndarray:
        return lasting * np.asarray(years) + excess * _decayed(np.asarray(years, dtype=float), rate)

    return Fitted(name, len(t), float(square), lasting + excess, half_life, ahead)


def _gompertz(t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:  # noqa: ARG001
    return _fade("Gompertz", t, y, 0.0)


def _fading(t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:
    return _fade("fading", t, y, lasting)


_LOW, _HIGH = np.array([math.log(0.02), -14.0]), np.array([math.log(50.0), 14.0])


def _grid(low: np.ndarray, high: np.ndarray, points: int) -> np.ndarray:
    axes = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


def _settled(since: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """
    Logistic of least squares: logarithm of its rate, and logit of the share of the ceiling reached at the last figure.

    It starts from the best point of a grid over everything possible and follows Levenberg and Marquardt from there.
    """
    from scipy.optimize import leastsq

    target = y - y.mean()

    def left(point: np.ndarray) -> np.ndarray:
        level = -np.logaddexp(0.0, -(math.exp(point[0]) * since + point[1]))
        return target - (level - level.mean())

    def slopes(point: np.ndarray) -> np.ndarray:
        empty = np.exp(-np.logaddexp(0.0, math.exp(point[0]) * since + point[1]))
        found = np.stack([empty * math.exp(point[0]) * since, empty])
        return found.mean(axis=1, keepdims=True) - found

    low, high = _LOW, _HIGH
    for points in (29, 15, 15):  # the valley is narrow and bent: far from its bottom a step leads out of it
        tried = _grid(low, high, points)
        levels = -np.logaddexp(0.0, -(np.exp(tried[:, :1]) * since + tried[:, 1:]))
        costs = ((target - (levels - levels.mean(axis=1, keepdims=True))) ** 2).sum(axis=1)
        start = tried[int(costs.argmin())]
        reach = 2 * (high - low) / (points - 1)
        low, high = start - reach, start + reach
    least = float(costs.min())
    found = leastsq(
        left, start, Dfun=slopes, col_deriv=True, full_output=True, ftol=1e-10, xtol=1e-9,
        maxfev=_STEPS, factor=0.1,
    )  # fmt: skip
    point, cost, state = found[0], float((found[2]["fvec"] ** 2).sum()), found[4]
    if state not in (1, 2, 3, 4) or not (math.isfinite(cost) and cost <= least * (1 + 1e-9) + 1e-18):
        raise FitError(_UNSETTLED)
    return point, cost


def _logistic(t: np.ndarray, y: np.ndarray, lasting: float) -> Fitted:  # noqa: ARG001
    best, square = _settled(t - t[-1], y)
    rate, filled = math.exp(best[0]), float(best[1])
    growth = rate / (1 + math.exp(filled))

    def ahead(years: float | np.ndarray) -> float | np.ndarray:
        return float(np.logaddexp(0.0, -filled)) - np.logaddexp(0.0, -(rate * np.asarray(years, dtype=float) + filled))

    return Fitted("logistic", len(t), square, growth, math.nan, ahead)


SHAPES: dict[str, Callable[[np.ndarray, np.ndarray, float], Fitted]] = {
    "exponential": _exponential,
    "log-quadratic": _quadratic,
    "logistic": _logistic,
    "Gompertz": _gompertz,
    "fading": _fading,
}


def fit(shape: str, years: Sequence[float], values: Sequence[float], *, lasting_ratio: float = 0.0) -> Fitted:
    """
    Fit a shape of growth to a line, by least squares on logarithms.

    ``exponential`` grows at one rate. ``log-quadratic`` lets the rate change by the same amount each year, without end.
    ``logistic`` and ``Gompertz`` have a ceiling: growth falls in step with the share of it that is reached, or halves
    in equal times. ``fading`` is the report's :class:`aieq.paths.FadingGrowth`: Gompertz on top of a lasting rate.
    Growth in the last three does not speed up; where the figures do, they become the exponential.

    Fits look at the whole range of their parameters first, on a grid, so that no starting value has to be chosen. One
    that does not settle is an error (FitError), never a number.

    Parameters
    ----------
    shape : str
        A key of ``SHAPES``.
    years : sequence of float
        Decimal years, ascending, at least five.
    values : sequence of float
        Above zero.
    lasting_ratio : float
        Yearly growth to which ``fading`` fades.

    Raises
    ------
    UnknownNameError
        If there is no such shape.
    EvidenceError
        Under five figures, days that do not ascend, values not above zero; FitError if the fit does not settle.

    Examples
    --------
    Growth that halves each year, from a factor of e^4 a year:

    >>> years = np.arange(6.0)
    >>> found = fit("Gompertz", years, np.exp(4 * (1 - 0.5**years) / np.log(2)))
    >>> round(found.half_life_years, 3), round(found.growth, 3)  # 4 / 2^5
    (1.0, 0.125)
    """
    if shape not in SHAPES:
        msg = f"there is no shape of growth {shape!r}; there are {', '.join(SHAPES)}.{did_you_mean(shape, SHAPES)}"
        raise UnknownNameError(msg)
    t, amount = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    if len(t) != len(amount) or len(t) < FEWEST_FIGURES:
        msg = f"{len(t)} days and {len(amount)} values: a curve of growth needs {FEWEST_FIGURES} or more of each"
        raise EvidenceError(msg)
    if not (np.isfinite(t).all() and (np.diff(t) > 0).all()):
        msg = "the days of a curve of growth must ascend, one figure a day: sort them and keep one for each day"
        raise EvidenceError(msg)
    if not (np.isfinite(amount).all() and (amount > 0).all()):
        msg = "growth is fitted on logarithms: every value must be a positive number; leave out or explain the others"
        raise EvidenceError(msg)
    return SHAPES[shape](t, np.log(amount), math.log1p(lasting_ratio))
