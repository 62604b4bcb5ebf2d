"""The equation on past build-outs: coverage and verdict of every year, from figures about years up to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .. import equation
from ..evidence import View, per_view
from ..quantity import weakest
from .described import Book, Episode, Reading, book
from .figures import Figure, Figures, known, revenue
from .requirement import Missing, Requirement, Requirements

_SIDES = ("revenue_bn", "required_bn")
VERDICTS = ("adds up", "may add up", "does not add up", "cannot be run")


def verdict(value: float, low: float | None = None, high: float | None = None) -> str:
    """
    Give the verdict on a coverage, by the rule by which the report answers its title question.

    Parameters
    ----------
    value : float
        Coverage: actual over required revenue.
    low, high : float, optional
        Its interval.

    Returns
    -------
    str
        ``does not add up`` if even the upper end covers less than all, ``adds up`` if the lower end does, else ``may
        add up``.

    Examples
    --------
    >>> verdict(0.6, 0.4, 0.9), verdict(0.9, 0.6, 1.3), verdict(1.5, 1.1, 2.0), verdict(0.9)
    ('does not add up', 'may add up', 'adds up', 'does not add up')
    """
    if (value if high is None else high) < 1:
        return "does not add up"
    return "adds up" if (value if low is None else low) >= 1 else "may add up"


def needed_growth(coverage: Any, requirement_growth: Any, years: Any) -> Any:
    """
    Yearly growth of revenue at which coverage reaches one in some years, if what is required goes on growing.

    The relation of :mod:`aieq.equation` for the break-even year, solved for the growth of revenue.

    Examples
    --------
    A half covered, a requirement that stands still, one year:

    >>> needed_growth(0.5, 0.0, 1.0)
    1.0
    """
    return (1 + requirement_growth) * coverage ** (-1 / years) - 1


def run_year(
    episode: Episode, figures: Figures, year: int, method: Book, requirements: Requirements | None = None
) -> dict[str, Any]:
    """
    Run the equation on one year of an episode.

    Parameters
    ----------
    episode : Episode
        Which.
    figures : Figures
        What is on record.
    year : int
        Only figures about years up to it decide its coverage and verdict; `came_growth_ratio` looks ahead on purpose.
    method : Book
        Gives what is supposed of all episodes.
    requirements : Requirements, optional
        Where what was worked out for other years is kept.

    Returns
    -------
    dict
        key, episode, year, clock, reading, revenue_bn, required_bn, gross_stock_bn, value, low, high, verdict, central
        (the verdict of the central value alone), other_readings (their verdicts), known_growth_ratio (of revenue, up
        to then), needed_standing_ratio and needed_building_ratio (growth of revenue that covers all in time if
        building stops, or if it goes on as in the last year), came_growth_ratio, came_until, course, missing, grade,
        source. What cannot be known is none.
    """
    row: dict[str, Any] = {
        "key": episode.key,
        "episode": episode.name,
        "year": year,
        "clock": year - episode.starts,
        "verdict": "cannot be run",
        "central": "cannot be run",
        "missing": "",
    }
    asks = requirements or Requirements(episode, figures, method)
    found, missing = [], []
    for reading in episode.readings:
        sold, asked, lacking = _sides(asks, reading, figures, year)
        missing += lacking
        if sold is not None and asked is not None:
            found.append((reading, sold, asked, _coverage(episode, sold, asked)))
    if not found:
        told = [*missing, episode.missing_stock] if episode.missing_stock else missing
        return row | {"missing": "; ".join(dict.fromkeys(told))}
    reading, sold, asked, coverage = found[0]
    value, low, high = float(coverage[0]), float(coverage.min()), float(coverage.max())
    keys = (*sold.sources, *asked.sources, *episode.sources)
    others = [verdict(float(c[0]), float(c.min()), float(c.max())) for _, _, _, c in found[1:]]
    return (
        row
        | {
            "reading": reading.called,
            "revenue_bn": sold.value * episode.scale,
            "required_bn": float(asked.required[0]),
            "gross_stock_bn": float(asked.gross[0]),
            "value": value,
            "low": low,
            "high": high,
            "verdict": verdict(value, low, high),
            "central": verdict(value),
            "other_readings": "; ".join(others) or None,
            "grade": weakest("assumed", sold.grade, asked.grade),
            "source": ";".join(dict.fromkeys(keys)),
        }
        | _growth(asks, reading, figures, year, coverage, asked, method)
    )


def _sides(
    asks: Requirements, reading: Reading, figures: Figures, year: int
) -> tuple[Figure | None, Requirement | None, list[str]]:
    """Both sides of the equation in a year, each none where a figure is missing, and which."""
    if reading.missing:
        return None, None, [reading.missing]
    lacking = []
    sold = revenue(figures.until(year), reading).get(year)
    if sold is None:
        lacking.append(f"{' or '.join(one.called for one in reading.revenue)} of {year}")
    try:
        asked = asks(reading, year)
    except Missing as error:
        return sold, None, [*lacking, str(error)]
    return sold, asked, lacking


def _coverage(episode: Episode, sold: Figure, asked: Requirement) -> np.ndarray:
    return equation.evaluate(
        "coverage_capital_ratio",
        actual_ai_revenue_usd_bn=sold.value * episode.scale,
        required_revenue_capital_usd_bn=asked.required,
    )


def _growth(
    asks: Requirements,
    reading: Reading,
    figures: Figures,
    year: int,
    coverage: np.ndarray,
    asked: Requirement,
    method: Book,
) -> dict[str, Any]:
    """Growth of revenue that was needed from a year on, that was known then, and that came."""
    waits = method.catch_up_years
    years = waits.base[0]
    sold = revenue(figures, reading)
    out: dict[str, Any] = {"needed_standing_ratio": float(needed_growth(coverage[0], 0.0, years))}
    before = [when for when in sold if year - years <= when < year]
    if before:
        out["known_growth_ratio"] = _yearly_growth(sold, max(before), year)
    after = [when for when in sold if year < when <= year + years]
    if after:
        out |= {"came_growth_ratio": _yearly_growth(sold, year, max(after)), "came_until": max(after)}
    try:
        past = asks(reading, year - 1)
    except Missing:
        return out
    out["requirement_growth_ratio"] = float(asked.required[0] / past.required[0] - 1)
    out["needed_building_ratio"] = float(needed_growth(coverage[0], out["requirement_growth_ratio"], years))
    if before:
        out["course"] = course(out["known_growth_ratio"], out["needed_standing_ratio"], out["needed_building_ratio"])
    return out


def course(known_growth: float, standing: float, building: float) -> str:
    """
    Say whether the growth of revenue known then, continued, would have covered the requirement in time.

    Parameters
    ----------
    known_growth : float
        Of revenue, a year.
    standing, building : float
        Needed if building stops, and if it goes on as in the last year.

    Examples
    --------
    >>> course(0.5, 0.1, 0.4), course(0.2, 0.1, 0.4), course(0.05, 0.1, 0.4)
    ('on course', 'on course if building slows', 'off course')
    """
    if known_growth >= max(standing, building):
        return "on course"
    return "on course if building slows" if known_growth >= min(standing, building) else "off course"


def _yearly_growth(sold: Mapping[int, Figure], first: int, last: int) -> float:
    return float((sold[last].value / sold[first].value) ** (1 / (last - first)) - 1)


COLUMNS = (
    "key episode year clock reading revenue_bn required_bn gross_stock_bn value low high verdict central "
    "other_readings requirement_growth_ratio known_growth_ratio needed_standing_ratio needed_building_ratio "
    "came_growth_ratio came_until course added missing grade source"
).split()


def table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lay rows of :func:`run_year` out as a table; what a row lacks is none."""
    return pd.DataFrame([{column: row.get(column) for column in COLUMNS} for row in rows], columns=COLUMNS)


@per_view
def run(view: View, key: str, margin: tuple[float, float, float] | None = None) -> pd.DataFrame:
    """
    Run the equation on every year of an episode, with the figures known on a day.

    Figures of long ago reach us through later compilations: what a contemporary could have read in a year cannot be
    reconstructed, so "of their time" means about their time, not published by then.

    Parameters
    ----------
    view : View
        The state of knowledge today.
    key : str
        Which episode.
    margin : tuple of float, optional
        Base, low and high of the share of revenue that is not for capital, in place of the episode's own.

    Returns
    -------
    DataFrame
        One row a year: see :func:`run_year`.
    """
    episode = book()[key]
    if margin is not None and episode.supposed:
        episode = with_margin(episode, margin)
    figures = known(view, episode)
    asks = Requirements(episode, figures, book())
    return with_added(table([run_year(episode, figures, year, book(), asks) for year in episode.years]))


def with_added(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Add coverage of what was added: growth of revenue over growth of required revenue since the first year run.

    An old trade with paying customers hides a build-out that does not pay; the difference of both sides does not.

    Examples
    --------
    >>> toy = table([{"reading": "a", "year": 1, "revenue_bn": 10.0, "required_bn": 5.0},
    ...              {"reading": "a", "year": 2, "revenue_bn": 12.0, "required_bn": 9.0}])
    >>> with_added(toy)["added"].tolist()
    [nan, 0.5]
    """
    by_reading = rows.groupby("reading", dropna=True)
    sides = [pd.to_numeric(rows[side]) - pd.to_numeric(by_reading[side].transform("first")) for side in _SIDES]
    return rows.assign(added=(sides[0] / sides[1]).where(sides[1] > 0))


def with_margin(episode: Episode, margin: tuple[float, float, float]) -> Episode:
    """Put another margin (base, low, high) in place of the episode's own."""
    name = "buyer_gross_margin_ratio"
    own = episode.supposed[name]
    base, low, high = ((number,) for number in margin)
    return replace(episode, supposed={**episode.supposed, name: replace(own, base=base, low=low, high=high)})
