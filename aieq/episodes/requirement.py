"""What the capital of an episode asks in a year: step 2 of the equation on its own vintages, base and corners."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .. import equation
from ..errors import ScenarioError
from .described import BY_CLASS, Book, Episode, Reading, Series, Supposed
from .figures import Figure, Figures, add

QUARTERS = 4
FIRST_YEAR = 1700  # before anything on record
_NO_RUNNING_COST = {"energy_to_capital_ratio": 0.0, "operations_to_capital_ratio": 0.0}


class Missing(Exception):
    """A figure without which a year cannot be run; never leaves this package."""


@dataclass(frozen=True)
class Corners:
    """
    Every combination of the ends of what is supposed, the base first; members of one assumption move together.

    Parameters
    ----------
    values : mapping of str to ndarray
        Shape (combinations,), or (combinations, classes).
    """

    values: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]


def corners(entries: Sequence[Supposed]) -> Corners:
    """
    Lay out base and corners.

    Examples
    --------
    >>> rate = Supposed("cost_of_capital_ratio", (0.1,), (0.08,), (0.14,), "toy", ())
    >>> corners([rate])["cost_of_capital_ratio"].tolist()
    [0.1, 0.08, 0.14]
    """
    choices = list(itertools.product((0, 1), repeat=len(entries)))
    values = {}
    for place, entry in enumerate(entries):
        ends = np.array([entry.low, entry.high])
        rows = np.vstack([[entry.base], ends[[choice[place] for choice in choices]]])
        values[entry.name] = rows if entry.name in BY_CLASS else rows[:, 0]
    return Corners(values)


@dataclass
class _Class:
    """Vintages of one asset class: amounts as recorded, when each was born, and which stand in for a missing year."""

    amounts: list[float] = field(default_factory=list)
    born: list[float] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)  # opening, recorded or bridged


def _fraction(day: pd.Timestamp) -> float:
    return day.year + (day.day_of_year - 0.5) / (366 if day.is_leap_year else 365)


def _vintages(
    episode: Episode, reading: Reading, figures: Figures, group: str, year: int
) -> tuple[_Class, list[Figure]]:
    """
    Lay the spending of one class out by quarters, a year's spread evenly, up to the middle of the year.

    Raises
    ------
    Missing
        If a figure of more than one year running is missing, or all are.
    """
    series = reading.spending[group]
    clock = year + 0.5
    since = -np.inf if episode.opening is None else _fraction(episode.opening.at)
    by_year = {y: f for y in range(FIRST_YEAR, year + 1) if (f := _of_year(figures, series, y)) is not None}
    called = " and ".join(one.called for one in series)
    if not by_year:
        msg = f"{called} up to {year}"
        raise Missing(msg)
    laid, used = _Class(), []
    if episode.opening is not None:
        if figures.opening is None:
            msg = f"the capital on {episode.opening.at:%Y-%m-%d}"
            raise Missing(msg)
        laid.amounts.append(figures.opening.value * episode.scale)
        laid.born.append(since)
        laid.kind.append("opening")
        used.append(figures.opening)
    first = min(by_year) if episode.opening is None else episode.opening.at.year
    for when in range(first, year + 1):
        kind = "recorded" if when in by_year else "bridged"
        figure = by_year.get(when, by_year.get(when - 1))
        middles = [when + (quarter + 0.5) / QUARTERS for quarter in range(QUARTERS)]
        middles = [middle for middle in middles if since < middle <= clock]
        if not middles:
            continue
        if figure is None:
            msg = f"{called} of {when}"
            raise Missing(msg)
        laid.amounts += [figure.value * episode.scale / QUARTERS] * len(middles)
        laid.born += middles
        laid.kind += [kind] * len(middles)
        used.append(figure)
    return laid, used


def _of_year(figures: Figures, series: Sequence[Series], year: int) -> Figure | None:
    parts = [figures.series[one].get(year) for one in series]
    return None if any(part is None for part in parts) else add([part for part in parts if part is not None])


@dataclass(frozen=True)
class Requirement:
    """Required revenue of a year under base and corners (bn), with what it rests on."""

    required: np.ndarray
    gross: np.ndarray
    grade: str
    sources: tuple[str, ...]


def requirement(episode: Episode, reading: Reading, figures: Figures, year: int, method: Book) -> Requirement:
    """
    Work out by step 2 of :mod:`aieq.equation` what the capital in use in the middle of a year asks.

    The same number of corners in every year, so that years can be compared corner by corner.

    Parameters
    ----------
    episode : Episode
        Gives what is supposed.
    reading : Reading
        Whose spending.
    figures : Figures
        What is on record; later years than `year` are not looked at.
    year : int
        Which.
    method : Book
        Gives what is supposed of all episodes.

    Raises
    ------
    Missing
        Naming the figure.
    """
    figures = figures.until(year)
    grid = corners([*episode.supposed.values(), method.missing_year_multiple])
    groups = list(reading.spending)
    laid = {group: _vintages(episode, reading, figures, group, year) for group in groups}
    members = list(range(len(episode.classes))) if "all" in groups else [episode.classes.index(g) for g in groups]
    shares = _shares(grid, episode) if "all" in groups else None
    stocks: dict[str, list[np.ndarray]] = {"gross_stock_usd_bn": [], "effective_stock_usd_bn": []}
    for member in members:
        vintages, _ = laid["all" if "all" in groups else episode.classes[member]]
        kinds = np.array(vintages.kind)
        multiple = np.where(kinds == "bridged", grid["missing_year_multiple"][:, None], 1.0)
        if "counted_multiple" in grid.values:
            multiple = multiple * np.where(kinds == "opening", 1.0, grid["counted_multiple"][:, None])
        found = equation.evaluate_all(
            stocks,
            spending_usd_bn=np.array(vintages.amounts) * multiple,
            ai_share_of_capex_ratio=np.ones(len(kinds)),
            age_years=year + 0.5 - np.array(vintages.born),
            asset_share_ratio=np.ones((1, 1)) if shares is None else shares[:, [member]],
            asset_life_years=grid["asset_life_years"][:, [member]],
            replacement_price_fall_ratio=grid["replacement_price_fall_ratio"][:, [member]],
        )
        for name, parts in stocks.items():
            parts.append(found[name][:, 0])
    known_stocks = {name: np.stack(parts, axis=-1) for name, parts in stocks.items()}
    required = equation.evaluate(
        "required_revenue_capital_usd_bn",
        **known_stocks,
        **_NO_RUNNING_COST,
        asset_life_years=grid["asset_life_years"][:, members],
        replacement_price_fall_ratio=grid["replacement_price_fall_ratio"][:, members],
        cost_of_capital_ratio=grid["cost_of_capital_ratio"],
        buyer_gross_margin_ratio=grid["buyer_gross_margin_ratio"],
    )
    used = [figure for _, group in laid.values() for figure in group]
    total = add(used)
    return Requirement(required, known_stocks["gross_stock_usd_bn"].sum(axis=-1), total.grade, total.sources)


def _shares(grid: Corners, episode: Episode) -> np.ndarray:
    told = grid["asset_share_ratio"]
    rest = 1 - told.sum(axis=1, keepdims=True)
    if (rest < 0).any():
        msg = f"shares of asset classes of {episode.name} exceed one at their high ends"
        raise ScenarioError(msg)
    return np.hstack([told, rest])


class Requirements:
    """What an episode asks in any year, by any of its readings; each worked out once."""

    def __init__(self, episode: Episode, figures: Figures, method: Book) -> None:
        self._of = (episode, figures, method)
        self._kept: dict[tuple[int, int], Requirement] = {}

    def __call__(self, reading: Reading, year: int) -> Requirement:
        """
        Ask for a year.

        Raises
        ------
        Missing
            Naming the figure.
        """
        episode, figures, method = self._of
        key = (episode.readings.index(reading), year)
        if key not in self._kept:
            self._kept[key] = requirement(episode, reading, figures, year, method)
        return self._kept[key]
