"""What a method that knew no ending said of build-outs whose ending is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ..evidence import View
from .described import Episode, book
from .figures import known
from .run import run

RESULTS = ("called right", "missed", "false alarm", "undecided", "cannot be run")


@dataclass(frozen=True)
class Record:
    """
    The record of one episode.

    Parameters
    ----------
    episode : Episode
        Which, and how it ended.
    years : tuple of int
        Years that could be run.
    peak : int or None
        Year of the highest spending on record among those asked about.
    no, yes : tuple of int
        Years with the verdict ``does not add up``, and with ``adds up``.
    result : str
        One of ``RESULTS``: a boom that broke is called right if some year up to the peak said no, and missed if none
        did and the last of them said yes; a build-out that paid is a false alarm if some year said no, and called
        right if none did and some said yes.
    lead_years : int or None
        From the first no to the peak of spending, for a boom called right.
    """

    episode: Episode
    years: tuple[int, ...]
    peak: int | None
    no: tuple[int, ...]
    yes: tuple[int, ...]
    result: str
    lead_years: int | None


def judge(outcome: str, verdicts: Mapping[int, str], peak: int | None) -> tuple[str, int | None]:
    """
    Compare the verdicts of the years with how it ended.

    Parameters
    ----------
    outcome : str
        ``broke`` or ``paid``.
    verdicts : mapping
        Year to verdict, those that could be run.
    peak : int or None
        Year of the highest spending; what was said after it is no forecast of a break.

    Returns
    -------
    tuple
        Result and, for a boom called right, years from the first no to the peak.

    Examples
    --------
    >>> judge("broke", {1998: "may add up", 1999: "does not add up", 2000: "may add up"}, 2000)
    ('called right', 1)
    >>> judge("broke", {1999: "adds up", 2002: "does not add up"}, 2000)
    ('missed', None)
    >>> judge("paid", {2013: "does not add up", 2014: "adds up"}, 2014)
    ('false alarm', None)
    >>> judge("paid", {}, None)
    ('cannot be run', None)
    """
    counted = {
        year: said
        for year, said in verdicts.items()
        if said != "cannot be run" and (outcome == "paid" or peak is None or year <= peak)
    }
    if not counted:
        return "cannot be run", None
    no = sorted(year for year, said in counted.items() if said == "does not add up")
    if outcome == "paid":
        if no:
            return "false alarm", None
        return ("called right" if "adds up" in counted.values() else "undecided"), None
    if no:
        return "called right", None if peak is None else peak - no[0]
    return ("missed" if counted[max(counted)] == "adds up" else "undecided"), None


def peak_of_spending(view: View, episode: Episode) -> int | None:
    """Year of the highest spending among those asked about, as known on the day."""
    figures = known(view, episode)
    totals: dict[int, float] = {}
    for year in episode.years:
        parts = [figures.series[one].get(year) for group in episode.readings[0].spending.values() for one in group]
        if all(part is not None for part in parts):
            totals[year] = sum(part.value for part in parts if part is not None)
    return max(totals, key=totals.__getitem__) if totals else None


def record(
    view: View, key: str, *, column: str = "verdict", margin: tuple[float, float, float] | None = None
) -> Record:
    """
    Judge the method on one episode.

    Parameters
    ----------
    view : View
        The state of knowledge today.
    key : str
        Which episode.
    column : str
        ``verdict`` takes the whole range of what is supposed, ``central`` the middle alone.
    margin : tuple of float, optional
        As for :func:`aieq.episodes.run.run`.

    Returns
    -------
    Record
    """
    episode = book()[key]
    rows: pd.DataFrame = run(view, key, margin)
    ran = rows[rows["verdict"] != "cannot be run"]
    verdicts = {int(year): str(said) for year, said in zip(ran["year"], ran[column], strict=True)}
    peak = peak_of_spending(view, episode)
    result, lead = judge(episode.outcome, verdicts, peak)

    def said(word: str) -> tuple[int, ...]:
        return tuple(year for year, one in verdicts.items() if one == word)

    return Record(episode, tuple(verdicts), peak, said("does not add up"), said("adds up"), result, lead)
