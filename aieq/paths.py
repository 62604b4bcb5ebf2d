"""Paths ahead: margins in a race of cost and price, coverage while growth slows, new revenue on a common clock."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from . import equation
from .equation import evaluate
from .errors import EquationError, EvidenceError

HORIZON_YEARS = 25
QUARTER_YEARS = float(equation.QUARTER_YEARS)
Numbers = float | np.ndarray


def _factor(change_ratio: float, name: str) -> float:
    if change_ratio <= -1:
        msg = f"{name} is {change_ratio}: a yearly change must be above -1 (a fall of 40 per cent is -0.4)"
        raise EquationError(msg)
    return 1 + change_ratio


def margin_path(
    margin0_ratio: float,
    *,
    cost_change_ratio: float,
    price_change_ratio: float,
    elasticity: float = 0.0,
    demand_growth_ratio: float = 0.0,
    years: Sequence[float] = (0, 1, 2, 3, 4),
) -> pd.DataFrame:
    """
    Follow the margin on a unit while its cost and its price race each other.

    Cost and price move by a constant share each year; the volume sold answers the price with a constant elasticity and
    grows on its own besides. Margin is one minus cost over price, so only the ratio of the two rates moves it: a cost
    that falls no faster than the price leaves it where it was.

    Parameters
    ----------
    margin0_ratio : float
        Gross margin now, below 1.
    cost_change_ratio, price_change_ratio : float
        Yearly change, above -1: -0.4 is a fall of 40 per cent.
    elasticity : float
        By how many per cent volume rises when the price falls by one per cent.
    demand_growth_ratio : float
        Yearly growth of volume at a constant price.
    years : sequence of float
        Years from now.

    Returns
    -------
    DataFrame
        Columns year, cost, price, margin_ratio, volume, revenue, gross_profit; price, volume and revenue are 1 now,
        cost and gross profit are in the same money.

    Examples
    --------
    Margin 40 per cent; the cost halves each year, the price falls by a quarter: one minus 0.6 x 0.5 / 0.75.

    >>> path = margin_path(0.4, cost_change_ratio=-0.5, price_change_ratio=-0.25, years=[0, 1])
    >>> path["margin_ratio"].round(6).tolist()
    [0.4, 0.6]
    """
    _factor(cost_change_ratio, "cost_change_ratio")
    if margin0_ratio >= 1:
        msg = f"a margin of {margin0_ratio} leaves no cost: it must be below 1 (40 per cent is 0.4)"
        raise EquationError(msg)
    at = np.asarray(years, dtype=float)
    price = _factor(price_change_ratio, "price_change_ratio") ** at
    rates = {
        "years_ahead": at,
        "price_change_ratio": price_change_ratio,
        "cost_change_ratio": cost_change_ratio,
        "demand_elasticity_multiple": elasticity,
        "exogenous_growth_ratio": demand_growth_ratio,
    }
    margin = evaluate("margin_ahead_ratio", cost_usd_per_mtok=1 - margin0_ratio, price_usd_per_mtok=1.0, **rates)
    revenue = evaluate("revenue_multiple", **rates)
    return pd.DataFrame(
        {
            "year": at,
            "cost": price * (1 - margin),
            "price": price,
            "margin_ratio": margin,
            "volume": evaluate("volume_multiple", **rates),
            "revenue": revenue,
            "gross_profit": revenue * margin,
        }
    )


def years_to_margin(
    margin0_ratio: float, target_ratio: float, *, cost_change_ratio: float, price_change_ratio: float
) -> float | None:
    """
    Years until the margin reaches a target; None if the race runs the other way.

    Examples
    --------
    From 40 to 70 per cent the cost must fall to half of what it is relative to the price: one year if it halves.

    >>> years_to_margin(0.4, 0.7, cost_change_ratio=-0.5, price_change_ratio=0)
    1.0
    >>> years_to_margin(0.4, 0.7, cost_change_ratio=-0.5, price_change_ratio=-0.5) is None
    True
    """
    for name, value in (("margin0_ratio", margin0_ratio), ("target_ratio", target_ratio)):
        if value >= 1:
            msg = f"{name} is {value}: a margin must be below 1 (40 per cent is 0.4)"
            raise EquationError(msg)
    if target_ratio <= margin0_ratio:
        return 0.0
    needed = math.log((1 - target_ratio) / (1 - margin0_ratio))
    rate = math.log(_factor(cost_change_ratio, "cost_change_ratio") / _factor(price_change_ratio, "price_change_ratio"))
    return round(needed / rate, 9) if rate < 0 else None


def revenue_change_ratio(price_change_ratio: float, elasticity: float) -> float:
    """
    What a price change does to revenue at a constant elasticity of demand.

    Examples
    --------
    Doubling the price where demand halves with it leaves revenue as it was; with no answer of demand it doubles.

    >>> revenue_change_ratio(1.0, elasticity=1)
    0.0
    >>> revenue_change_ratio(1.0, elasticity=0)
    1.0
    """
    return _factor(price_change_ratio, "price_change_ratio") ** (1 - elasticity) - 1


def log_growth(now: Numbers, lasting: Numbers, half_life: Numbers, years: Numbers) -> np.ndarray:
    """
    Logarithm of the level after some years where growth fades, over the level now.

    Parameters
    ----------
    now, lasting : float or ndarray
        Logarithms of one plus the yearly growth now and in the end.
    half_life : float or ndarray
        Years in which the distance between the two halves.
    years : float or ndarray
        When; broadcasts with the others.

    Examples
    --------
    >>> growth = log_growth(np.log(2.0), 0.0, np.array([1.0]), np.array([50.0]))
    >>> bool(abs(growth[0] - 1.0) < 1e-12)  # log 2 a year, halving each year: log 2 / log 2 in all
    True
    """
    decay = np.log(2) / half_life
    return lasting * years + (now - lasting) * -np.expm1(-decay * years) / decay


@dataclass(frozen=True)
class FadingGrowth:
    """
    Growth that halves its distance to a lasting rate every so many years.

    Parameters
    ----------
    now_ratio : float
        Yearly growth now (1.0 doubles in a year).
    lasting_ratio : float
        The growth it fades to.
    half_life_years : float
        Time in which the distance between the two (in logarithms) halves; infinity keeps the growth of now.

    Examples
    --------
    >>> FadingGrowth(1.0).factor(3)
    8.0
    >>> round(FadingGrowth(1.0, 0.0, half_life_years=1).factor(50), 6) == round(2 ** (1 / math.log(2)), 6)
    True
    """

    now_ratio: float
    lasting_ratio: float = 0.0
    half_life_years: float = math.inf

    def __post_init__(self) -> None:
        _factor(self.now_ratio, "now_ratio")
        _factor(self.lasting_ratio, "lasting_ratio")
        if not self.half_life_years > 0:
            msg = f"half_life_years is {self.half_life_years}: it must be above zero, or infinite for growth that lasts"
            raise EquationError(msg)

    def log_factor(self, years: float | np.ndarray) -> float | np.ndarray:
        """Logarithm of the level after some years, over the level now."""
        now, lasting = math.log1p(self.now_ratio), math.log1p(self.lasting_ratio)
        if math.isinf(self.half_life_years):
            return now * years
        return log_growth(now, lasting, self.half_life_years, np.asarray(years, dtype=float))

    def factor(self, years: float | np.ndarray) -> float | np.ndarray:
        """
        Level after some years over the level now.

        Examples
        --------
        >>> FadingGrowth(0.5).factor(2)
        2.25
        """
        result = np.exp(self.log_factor(years))
        return float(np.round(result, 12)) if np.ndim(result) == 0 else result


def coverage_path(
    coverage0_ratio: float, revenue: FadingGrowth, requirement: FadingGrowth, years: Sequence[float]
) -> pd.DataFrame:
    """
    Coverage over time while revenue and the requirement each grow at their own, fading, rates.

    Returns
    -------
    DataFrame
        Columns year, revenue and requirement (over their level now) and coverage_ratio.

    Examples
    --------
    Revenue doubles each year, the requirement stands still: a quarter becomes a half, then one.

    >>> coverage_path(0.25, FadingGrowth(1.0), FadingGrowth(0.0), [0, 1, 2])["coverage_ratio"].tolist()
    [0.25, 0.5, 1.0]
    """
    if not coverage0_ratio > 0:
        msg = f"coverage is {coverage0_ratio}: it must be above zero to have a path"
        raise EquationError(msg)
    at = np.asarray(years, dtype=float)
    earned, needed = revenue.factor(at), requirement.factor(at)
    return pd.DataFrame(
        {
            "year": at,
            "revenue": earned,
            "requirement": needed,
            "coverage_ratio": np.round(coverage0_ratio * earned / needed, 12),
        }
    )


def break_even_years(
    coverage0_ratio: float,
    revenue: FadingGrowth,
    requirement: FadingGrowth,
    *,
    horizon_years: float = HORIZON_YEARS,
) -> float | None:
    """
    Years until coverage first reaches one; None if it does not within the horizon.

    With growth that lasts this is log(1 / coverage) / log((1 + revenue growth) / (1 + requirement growth)).

    Examples
    --------
    >>> break_even_years(0.25, FadingGrowth(1.0), FadingGrowth(0.0))
    2.0
    >>> break_even_years(0.25, FadingGrowth(0.1), FadingGrowth(0.2)) is None
    True
    """
    if not coverage0_ratio > 0:
        msg = f"coverage is {coverage0_ratio}: it must be above zero to have a path"
        raise EquationError(msg)
    if coverage0_ratio >= 1:
        return 0.0
    start = math.log(coverage0_ratio)

    def gap(years: float) -> float:
        return start + float(revenue.log_factor(years)) - float(requirement.log_factor(years))

    grid = _grid(horizon_years)
    # All at once to the last bit but one; what is near the crossing is then decided one by one.
    near = start + revenue.log_factor(grid[1:]) - requirement.log_factor(grid[1:]) >= -1e-9
    for place in np.flatnonzero(near):
        if gap(grid[place + 1]) >= 0:
            return round(float(brentq(gap, grid[place], grid[place + 1])), 9)
    return None


@functools.lru_cache(maxsize=8)
def _grid(horizon_years: float) -> np.ndarray:
    """Twice a month."""
    grid = np.linspace(0, horizon_years, int(horizon_years * 24) + 1)
    grid.flags.writeable = False
    return grid


def requirement_path(
    inputs: Mapping[str, Any], ai_spending_usd_bn_per_year: float, growth: FadingGrowth, years: float
) -> pd.DataFrame:
    """
    Run step 2 of the equation forward: what is built from now on joins the stock, what is old leaves it.

    Parameters
    ----------
    inputs : mapping
        What step 2 needs today, as :func:`aieq.stock.inputs` gives it.
    ai_spending_usd_bn_per_year : float
        Pace of AI capital spending now.
    growth : FadingGrowth
        How that pace goes on.
    years : float
        How far ahead, in quarters of a year.

    Returns
    -------
    DataFrame
        Columns year, spending_usd_bn (of the quarter), required_revenue_capital_usd_bn; the first row is today.

    Examples
    --------
    Assets that live for two quarters, no interest, no fall in price, no running cost, half of revenue kept by sellers:
    each quarter of 1 bn is charged 1 / 0.5 years = 2 bn a year while it lives, and twice that is required.

    >>> one = [1.0, 0.0, 0.0, 0.0]
    >>> stand = {"spending_usd_bn": [1.0, 1.0], "ai_share_of_capex_ratio": [1.0, 1.0], "age_years": [0.375, 0.125],
    ...          "asset_share_ratio": one, "asset_life_years": [0.5] * 4, "replacement_price_fall_ratio": [0.0] * 4,
    ...          "cost_of_capital_ratio": 0.0, "energy_to_capital_ratio": 0.0, "operations_to_capital_ratio": 0.0,
    ...          "buyer_gross_margin_ratio": 0.5}
    >>> requirement_path(stand, 4.0, FadingGrowth(0.0), 0.5)["required_revenue_capital_usd_bn"].round(6).tolist()
    [8.0, 8.0, 8.0]
    """
    steps = round(years / QUARTER_YEARS)
    if steps < 1 or abs(steps * QUARTER_YEARS - years) > 1e-9:
        msg = f"years is {years}: give a positive number of quarters of a year (0.25, 0.5, ...)"
        raise EquationError(msg)
    every = np.arange(steps + 1)
    built, required = requirement_ahead(inputs, ai_spending_usd_bn_per_year, growth, steps, every)
    return pd.DataFrame(
        {
            "year": every * QUARTER_YEARS,
            "spending_usd_bn": np.append(ai_spending_usd_bn_per_year * QUARTER_YEARS, built),
            "required_revenue_capital_usd_bn": required,
        }
    )


def requirement_ahead(
    inputs: Mapping[str, Any], ai_spending_usd_bn_per_year: float, growth: FadingGrowth, steps: int, at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    What :func:`requirement_path` computes, at some of its quarters only.

    Parameters
    ----------
    inputs, ai_spending_usd_bn_per_year, growth
        As for :func:`requirement_path`.
    steps : int
        How many quarters ahead the path reaches.
    at : array of int
        After how many quarters the requirement is asked for.

    Returns
    -------
    tuple of ndarray
        Spending in each of the `steps` quarters, USD bn, and the revenue required at each of `at`, USD bn a year.
    """
    middle = (np.arange(steps) + 0.5) * QUARTER_YEARS
    built = ai_spending_usd_bn_per_year * QUARTER_YEARS * np.asarray(growth.factor(middle))
    clock = at[:, None] * QUARTER_YEARS
    spent = np.append(np.asarray(inputs["spending_usd_bn"], dtype=float), built)
    age = np.append(np.asarray(inputs["age_years"], dtype=float), -middle) + clock
    # One row a step: what lies ahead of it has not been spent yet.
    values = {
        **inputs,
        "spending_usd_bn": np.where(age >= 0, spent, 0.0),
        "age_years": np.maximum(age, 0.0),
        "ai_share_of_capex_ratio": np.append(
            np.asarray(inputs["ai_share_of_capex_ratio"], dtype=float), np.ones(steps)
        ),
    }
    return built, evaluate("required_revenue_capital_usd_bn", **values)


def crossing(years: Sequence[float], coverage_ratio: Sequence[float]) -> float | None:
    """
    When a path of coverage first reaches one, interpolated in logarithms; None if it does not.

    Examples
    --------
    >>> crossing([0, 1, 2], [0.25, 0.5, 2.0])
    1.5
    >>> crossing([0, 1], [0.25, 0.5]) is None
    True
    """
    at, level = np.asarray(years, dtype=float), np.log(np.asarray(coverage_ratio, dtype=float))
    above = np.flatnonzero(level >= 0)
    if not len(above):
        return None
    first = above[0]
    if first == 0:
        return float(at[0])
    share = -level[first - 1] / (level[first] - level[first - 1])
    return float(at[first - 1] + share * (at[first] - at[first - 1]))


def growth_needed_ratio(coverage0_ratio: float, years: float, requirement_multiple: float) -> float:
    """
    Steady yearly revenue growth that brings coverage to one after some years: what must be true.

    Examples
    --------
    A quarter of the requirement, which stands still, and two years: revenue must double each year.

    >>> growth_needed_ratio(0.25, 2, 1.0)
    1.0
    """
    if not (coverage0_ratio > 0 and years > 0 and requirement_multiple > 0):
        msg = f"coverage {coverage0_ratio}, years {years} and multiple {requirement_multiple} must all be above zero"
        raise EquationError(msg)
    return float((requirement_multiple / coverage0_ratio) ** (1 / years) - 1)


def years_since_level(dates: Sequence[float], values: Sequence[float], level: float) -> np.ndarray:
    """
    Put a revenue line on a common clock: years since it first passed a level.

    The moment of passing is interpolated in logarithms between the two figures around it.

    Parameters
    ----------
    dates : sequence of float
        Decimal years, ascending.
    values : sequence of float
        Revenue, above zero.
    level : float
        The level that starts the clock.

    Raises
    ------
    EvidenceError
        If the line never passes the level, or begins above it (then nobody knows when it passed).

    Examples
    --------
    >>> years_since_level([2000, 2001, 2002], [1, 4, 8], 2).tolist()
    [-0.5, 0.5, 1.5]
    """
    at, amount = np.asarray(dates, dtype=float), np.asarray(values, dtype=float)
    above = np.flatnonzero(amount >= level)
    if not len(above) or (above[0] == 0 and amount[0] > level):
        state = "never reaches" if not len(above) else "begins above"
        msg = f"the line {state} {level}: choose a level it passes between two of its figures"
        raise EvidenceError(msg)
    first = above[0]
    if first == 0:
        return at - at[0]
    share = math.log(level / amount[first - 1]) / math.log(amount[first] / amount[first - 1])
    return at - (at[first - 1] + share * (at[first] - at[first - 1]))


def largest_gain(dates: Sequence[float], values: Sequence[float], span_years: float) -> tuple[float, float]:
    """
    Largest gain of a line over a span of years, and the date at which that span ended.

    Only spans between two figures count, within a tenth of a year of the span asked for.

    Examples
    --------
    >>> largest_gain([2000, 2001, 2002, 2003], [1, 2, 5, 9], 2)
    (7.0, 2003.0)
    """
    at, amount = np.asarray(dates, dtype=float), np.asarray(values, dtype=float)
    apart = at[:, None] - at[None, :]
    gains = np.where(np.abs(apart - span_years) <= 0.1, amount[:, None] - amount[None, :], -np.inf)
    if not np.isfinite(gains).any():
        msg = f"no two figures lie {span_years} years apart: the line runs from {at.min():.1f} to {at.max():.1f}"
        raise EvidenceError(msg)
    end = int(gains.max(axis=1).argmax())
    return float(gains[end].max()), float(at[end])


def fade_half_life_years(dates: Sequence[float], values: Sequence[float], *, lasting_ratio: float = 0.0) -> float:
    """
    How fast a line's growth halved, from its growth in two equal halves of its life.

    With growth that fades to a lasting rate, what the second half adds (in logarithms, above the lasting rate) over
    what the first half added is one half to the power of the length of a half over the half-life. The level at the
    midpoint is interpolated in logarithms. Infinity means that growth did not slow.

    Examples
    --------
    Times 16 in the first two years and times 4 in the next two: growth halved in two years.

    >>> fade_half_life_years([2000, 2002, 2004], [1, 16, 64])
    2.0
    """
    at, level = np.asarray(dates, dtype=float), np.log(np.asarray(values, dtype=float))
    if len(at) < 3:
        msg = f"{len(at)} figures cannot show whether growth slows: give three or more"
        raise EvidenceError(msg)
    half = (at[-1] - at[0]) / 2
    middle = float(np.interp(at[0] + half, at, level))
    lasting = math.log1p(lasting_ratio) * half
    early, late = middle - level[0] - lasting, level[-1] - middle - lasting
    if early <= 0:
        msg = "growth never exceeded the lasting rate: there is nothing that could fade"
        raise EvidenceError(msg)
    if late >= early:
        return math.inf
    if late <= 0:
        return 0.0
    return round(float(half * math.log(2) / math.log(early / late)), 12)


def decimal_year(dates: Sequence) -> np.ndarray:
    """
    Days as decimal years.

    Examples
    --------
    >>> decimal_year(["2024-01-01"]).tolist()
    [2024.0]
    """
    days = pd.DatetimeIndex(pd.to_datetime(list(dates)))
    length = np.where(days.is_leap_year, 366, 365)
    return np.asarray(days.year + (days.day_of_year - 1) / length, dtype=float)
