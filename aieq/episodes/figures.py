"""The figures of an episode as they were known on a day, year by year."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..evidence import OUTCOMES, View, best_rows, source_keys
from ..quantity import weakest
from .described import Episode, Reading, Series


class Figure(NamedTuple):
    """One figure of a year."""

    value: float
    grade: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """
    All figures an episode asks for.

    Parameters
    ----------
    series : mapping
        Series to year to figure, in the units of the evidence.
    opening : Figure or None
        Capital at the start of the record.
    """

    series: Mapping[Series, Mapping[int, Figure]]
    opening: Figure | None = None

    def until(self, year: int) -> Figures:
        """Drop what is about later years: nothing may be judged by it."""
        kept = {
            series: {when: figure for when, figure in known.items() if when <= year}
            for series, known in self.series.items()
        }
        return Figures(kept, self.opening)


def add(figures: list[Figure], signs: list[float] | None = None) -> Figure:
    """
    Add figures; the sum is no better than the weakest.

    Examples
    --------
    >>> add([Figure(2.0, "reported", ("a",)), Figure(1.0, "estimated", ("b",))])
    Figure(value=3.0, grade='estimated', sources=('a', 'b'))
    """
    signs = signs or [1.0] * len(figures)
    value = sum(sign * figure.value for sign, figure in zip(signs, figures, strict=True))
    keys = source_keys(";".join(figure.sources) for figure in figures)
    return Figure(value, weakest("derived" if len(figures) > 1 else "reported", *(f.grade for f in figures)), keys)


def multiply(figures: list[Figure], scale: float) -> Figure:
    """Multiply figures; the product is no better than the weakest."""
    value = math.prod(figure.value for figure in figures) * scale
    keys = source_keys(";".join(figure.sources) for figure in figures)
    return Figure(value, weakest("derived", *(figure.grade for figure in figures)), keys)


def known(view: View, episode: Episode) -> Figures:
    """
    Collect the figures of an episode known on the day.

    Parameters
    ----------
    view : View
        The state of knowledge.
    episode : Episode
        Which.

    Returns
    -------
    Figures
    """
    asked = {
        series
        for reading in episode.readings
        for series in (*reading.revenue, *(one for group in reading.spending.values() for one in group))
    }
    return Figures({series: _yearly(view, series) for series in asked}, _opening(view, episode))


def _yearly(view: View, series: Series) -> dict[int, Figure]:
    rows = view.rows(series.entity, series.metric, basis=OUTCOMES)
    rows = best_rows(rows[rows["kind"].isin(("year", "instant"))])
    columns = (rows["period_end"], rows["value"], rows["grade"], rows["source"])
    told = zip(*columns, strict=True)
    found = {end.year: Figure(value, grade, source_keys([keys])) for end, value, grade, keys in told}
    if series.long:
        rows = view.series(series.entity, series.metric)
        # Long series carry the vintage of a later compilation: see data/README.md. One definition goes before two.
        longer = zip(rows["period_end"], rows["value"], rows["source"], strict=True)
        found |= {end.year: Figure(value, "estimated", source_keys([keys])) for end, value, keys in longer}
    return found


def _opening(view: View, episode: Episode) -> Figure | None:
    if episode.opening is None:
        return None
    signs, parts = [], []
    for sign, entity, metric, year in episode.opening.terms:
        found = _yearly(view, Series(entity, metric, "")).get(year)
        if found is None:
            return None
        signs.append(sign)
        parts.append(found)
    return add(parts, signs)


def revenue(figures: Figures, reading: Reading) -> dict[int, Figure]:
    """
    Revenue of a reading in every year that has all its parts, in the units of the evidence.

    Returns
    -------
    dict
        Year to figure.
    """
    if reading.missing:
        return {}
    parts = [figures.series[series] for series in reading.revenue]
    years = sorted(set.intersection(*(set(part) for part in parts)))
    if reading.product:
        return {year: multiply([part[year] for part in parts], reading.scale) for year in years}
    return {year: add([part[year] for part in parts]) for year in years}
