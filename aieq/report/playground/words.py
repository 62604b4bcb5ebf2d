"""What the chapter says around the form: which assumption moves the answer, and three settings drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ...charts import Figure
from ...charts.playground import scenarios
from .form import CHANCES, SHOWN, chance, percent, told
from .ground import Ground, Setting
from .knobs import AI_SHARE, LABS_SHARE, Knob

_MIDDLE = 2  # of the five levels


def _ends(ground: Ground, knob: Knob) -> tuple[Setting, Setting]:
    """The two ends of what is defended of one assumption, all else as the book has it."""
    if knob.name == AI_SHARE:
        ends: tuple[Any, Any] = ("little", "much")
    elif knob.name == LABS_SHARE:
        low, high = ground.roots[ground.own].assumptions[LABS_SHARE].range
        ends = f"{low:g}", f"{high:g}"
    else:
        group, _, member = knob.name.partition(".")
        span = ground.roots[ground.own].assumptions[group].range
        ends = span[member] if member else span
    low, high = (Setting(ground.own, {knob.name: end}) for end in ends)
    return low, high


def moved(ground: Ground) -> pd.DataFrame:
    """
    Move each assumption alone from one end of what is defended to the other.

    Returns
    -------
    DataFrame
        title, low, high (chance of break-even by the end of 2030, or coverage now if 2030 is past), widest first.
    """
    rows = []
    for knob in ground.knobs:
        if knob.name.startswith("cahn_"):
            continue
        found = [_answer(ground.evaluate(setting)) for setting in _ends(ground, knob)]
        rows.append({"title": knob.title, "low": found[0], "high": found[1]})
    table = pd.DataFrame(rows)
    return table.assign(apart=(table["high"] - table["low"]).abs()).sort_values(
        "apart", ascending=False, ignore_index=True
    )


def _answer(found: dict[str, Any]) -> float:
    even = found["chance"]["capital"]
    return found["point"]["coverage_capital_ratio"] if even is None else even


def said(ground: Ground) -> dict[str, str]:
    """
    Say which assumption moves the answer most.

    Returns
    -------
    dict
        Texts by the name under which the chapter inserts them.
    """
    table = moved(ground)
    even = ground.evaluate(Setting(ground.own))["chance"]["capital"]
    first = table.iloc[0]
    flips = table[(table["low"] >= 0.5) != (table["high"] >= 0.5)]
    question = "coverage today" if even is None else "the chance of breaking even by the end of 2030"
    if flips.empty:
        headline = "no single one turns the answer within what is defended"
    elif len(flips) == 1:
        headline = "one of them alone turns the answer"
    else:
        headline = "some of them turn the answer alone"
    return {
        "play_headline": headline,
        "play_question": question,
        "play_first": _lower(first["title"]),
        "play_first_low": percent(first["low"]),
        "play_first_high": percent(first["high"]),
        "play_second": _lower(table.iloc[1]["title"]),
        "play_second_low": percent(table.iloc[1]["low"]),
        "play_second_high": percent(table.iloc[1]["high"]),
    }


def _lower(title: str) -> str:
    return title[0].lower() + title[1:] if not title[:2].isupper() else title


def three(ground: Ground) -> pd.DataFrame:
    """
    Work the three shipped scenarios out as the page does.

    Returns
    -------
    DataFrame
        what, low, base, high, all in words.
    """
    found = {root: ground.evaluate(Setting(root)) for root in ground.roots}
    day = ground.context.as_of
    rows = []
    for key, says, kind in SHOWN:
        row = {"what": says}
        for root, answer in found.items():
            row[root] = told(answer, key, kind, day)
        rows.append(row)
    for key, says in CHANCES:
        row = {"what": says}
        for root, answer in found.items():
            row[root] = chance(answer, key)
        rows.append(row)
    return pd.DataFrame(rows)


def still(ground: Ground, *, sources: Iterable[str]) -> Figure:
    """
    Draw the three shipped scenarios.

    Parameters
    ----------
    ground : Ground
        The day.
    sources : iterable of str
        Keys, for the foot of the chart.

    Returns
    -------
    Figure
    """
    rows = []
    for root, scenario in ground.roots.items():
        bands = ground.evaluate(Setting(root))["bands"]
        for key, when in (("coverage_capital_ratio", "Now"), ("best_coverage_capital_ratio", "At its best ahead")):
            low, middle, high = bands[key][0], bands[key][_MIDDLE], bands[key][-1]
            rows.append({"scenario": scenario.title, "when": when, "coverage": middle, "low": low, "high": high})
    table = pd.DataFrame(rows)
    best = table[table["when"] != "Now"]
    reach = best[best["coverage"] >= 1]["scenario"].tolist()
    title = (
        "Under no set of assumptions does the middle of the draws reach the point where revenue pays"
        if not reach
        else "The middle of the draws gets to where revenue pays "
        + (
            "under every set of assumptions"
            if len(reach) == len(best)
            else f"only where {' or '.join(_lower(t) for t in reach)}"
        )
    )
    return scenarios(table, as_of=ground.context.as_of, sources=sources, title=title)
