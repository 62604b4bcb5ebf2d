"""Distributions of single inputs: each a quantile function, refused when its parameters are impossible."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special, stats

from ..errors import ScenarioError, UnknownNameError, did_you_mean

# How much of the doubt a defensible range is taken to hold, in the middle. Experts' ranges are mostly too narrow
# (Lichtenstein, Fischhoff and Phillips 1982), so a range is not taken for the whole of what can happen.
RANGE_HOLDS = 0.90
_TAIL = (1 - RANGE_HOLDS) / 2


Span = tuple[float, float]


@dataclass(frozen=True)
class Distribution:
    """
    What is believed of one number before the draw.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    quantile : callable
        Array of probabilities to array of values, rising.
    says : str
        The belief in words, with its parameters.
    """

    kind: str
    quantile: Callable[[np.ndarray], np.ndarray] = field(repr=False, compare=False)
    says: str


def three_points(
    low: float, middle: float, high: float, bounds: tuple[float, float], holds: float = RANGE_HOLDS
) -> Callable:
    """
    Quantile function through three points, by default 5, 50 and 95 per cent, inside bounds.

    The bounded Johnson quantile-parameterised distribution (J-QPD-B) of Hadlock and Bickel (2017, Decision Analysis
    14): a normal score bent by a hyperbolic sine so that it passes through the three points, carried to the bounds by
    the normal distribution function.

    Parameters
    ----------
    low, middle, high : float
        Strictly rising, strictly inside the bounds.
    bounds : tuple of float
        What the value cannot go beyond.
    holds : float
        Share of the doubt between the outer points, as much left below as above.

    Returns
    -------
    callable
        Probabilities to values.

    Raises
    ------
    ScenarioError
        If the three points do not rise, or touch the bounds.

    Examples
    --------
    >>> quantile = three_points(0.3, 0.5, 0.6, (0, 0.95))
    >>> quantile(np.array([0.05, 0.5, 0.95])).round(12).tolist()
    [0.3, 0.5, 0.6]
    """
    lower, upper = bounds
    if not lower < low < middle < high < upper:
        msg = f"three points must rise inside their bounds, not {lower} < {low} < {middle} < {high} < {upper}"
        raise ScenarioError(msg)
    edge = -special.ndtri((1 - holds) / 2)
    first, centre, last = (special.ndtri((x - lower) / (upper - lower)) for x in (low, middle, high))
    skew = first + last - 2 * centre
    narrow = min(centre - first, last - centre)
    if abs(skew) < 1e-9 * (last - first):
        return lambda p: lower + (upper - lower) * special.ndtr(centre + (last - first) / (2 * edge) * special.ndtri(p))
    bend = math.acosh((last - first) / (2 * narrow)) / edge
    scale = (last - first) / math.sinh(2 * bend * edge)
    start, side = (first, 1.0) if skew > 0 else (last, -1.0)

    def quantile(p: np.ndarray) -> np.ndarray:
        score = start + scale * np.sinh(bend * (special.ndtri(p) + side * edge))
        return lower + (upper - lower) * special.ndtr(score)

    return quantile


def _numbers(kind: str, name: str, given: Mapping[str, Any], *wanted: str) -> tuple[float, ...]:
    if set(given) != set(wanted):
        msg = (
            f"the distribution of {name} is {kind} and needs {', '.join(wanted) or 'no parameters'}; "
            f"it has {', '.join(map(str, given)) or 'none'}"
        )
        raise ScenarioError(msg)
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            msg = f"the distribution of {name}: {key} is {value!r}; give a number"
            raise ScenarioError(msg)
    return tuple(float(given[key]) for key in wanted)


def _refuse(name: str, what: str, remedy: str) -> None:
    msg = f"the distribution of {name}: {what}; {remedy}"
    raise ScenarioError(msg)


def _range(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    _numbers("range", name, given)
    low, high = span
    if bounds[0] < low < base < high < bounds[1]:
        words = f"median {base:g}, {holds:.0%} between {low:g} and {high:g}, possible {bounds[0]:g}"
        return three_points(low, base, high, bounds, holds), f"{words} to {bounds[1]:g}"
    return _triangular(name, base, span, bounds, {}, holds)


def _triangular(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    _numbers("triangular", name, given)
    low, high = span
    if low == high:
        return _fixed(name, base, span, bounds, {}, holds)
    frozen = stats.triang((base - low) / (high - low), low, high - low)
    return frozen.ppf, f"triangular from {low:g} over {base:g} to {high:g}"


def _uniform(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    _numbers("uniform", name, given)
    low, high = span
    return lambda p: low + (high - low) * p, f"anything from {low:g} to {high:g} alike"


def _fixed(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    _numbers("fixed", name, given)
    return lambda p: np.full_like(p, base, dtype=float), f"{base:g}, not in doubt here"


def _normal(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    mean, deviation = _numbers("normal", name, given, "mean", "deviation")
    if deviation <= 0:
        _refuse(name, f"deviation is {deviation:g}", "it must be above zero, or take kind: fixed")
    low, high = ((edge - mean) / deviation for edge in bounds)
    if stats.norm.cdf(high) - stats.norm.cdf(low) < 0.5:
        _refuse(name, f"more than half of it lies outside the possible {bounds[0]:g} to {bounds[1]:g}", "move its mean")
    frozen = stats.truncnorm(low, high, loc=mean, scale=deviation)
    return frozen.ppf, f"normal around {mean:g} with deviation {deviation:g}, cut at {bounds[0]:g} and {bounds[1]:g}"


def _lognormal(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    median, spread = _numbers("lognormal", name, given, "median", "times")
    if median <= 0 or spread <= 1:
        _refuse(name, f"median {median:g}, times {spread:g}", "the median must be above zero and times above one")
    sigma = math.log(spread) / -special.ndtri(_TAIL)
    words = f"lognormal around {median:g}, {RANGE_HOLDS:.0%} within a factor of {spread:g}"
    return lambda p: np.clip(median * np.exp(sigma * special.ndtri(p)), *bounds), words


def _beta(name: str, base: float, span: Span, bounds: Span, given: Mapping, holds: float) -> tuple:
    a, b = _numbers("beta", name, given, "a", "b")
    if a <= 0 or b <= 0:
        _refuse(name, f"a is {a:g} and b is {b:g}", "both must be above zero")
    low, high = span
    return lambda p: low + (high - low) * special.betaincinv(a, b, p), f"beta({a:g}, {b:g}) from {low:g} to {high:g}"


KINDS: dict[str, Callable] = {
    "range": _range,
    "triangular": _triangular,
    "uniform": _uniform,
    "fixed": _fixed,
    "normal": _normal,
    "lognormal": _lognormal,
    "beta": _beta,
}


def distribution(
    name: str,
    base: float,
    span: Span,
    bounds: Span,
    spec: Mapping[str, Any] | None = None,
    holds: float = RANGE_HOLDS,
) -> Distribution:
    """
    Make the distribution of one input.

    Parameters
    ----------
    name : str
        For messages.
    base : float
        Its value in the scenario.
    span : tuple of float
        Lowest and highest defensible value. A base outside widens it.
    bounds : tuple of float
        Lowest and highest possible value.
    spec : mapping, optional
        ``kind`` and its parameters, as a scenario file has them. By default ``range``: the base is the median and the
        range holds 90 per cent; where the base lies on an edge of its range, a triangle over the range.
    holds : float
        How much of the doubt a range is taken to hold, where the kind is ``range``.

    Returns
    -------
    Distribution

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    ScenarioError
        If its parameters are impossible.

    Examples
    --------
    >>> distribution("x", 0.5, (0.3, 0.6), (0, 0.95)).says
    'median 0.5, 90% between 0.3 and 0.6, possible 0 to 0.95'
    >>> distribution("x", 0.0, (-0.03, 0.0), (-0.5, 0.9)).says
    'triangular from -0.03 over 0 to 0'
    """
    given = dict(spec or {"kind": "range"})
    kind = given.pop("kind", None)
    if kind not in KINDS:
        hint = did_you_mean(str(kind), KINDS)
        msg = f"the distribution of {name} has the kind {kind!r}.{hint} Use {', '.join(KINDS)}."
        raise UnknownNameError(msg)
    span = (min(span[0], base), max(span[1], base))
    quantile, says = KINDS[kind](name, base, span, bounds, given, holds)
    return Distribution(kind, quantile, says)
