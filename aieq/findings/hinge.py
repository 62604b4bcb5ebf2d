"""Findings on what the verdict hinges on: growth that fades as believed, or as it did on fast lines of the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ..errors import VintageError
from ..outlook import result as outlooks
from ..outlook.distributions import Distribution, three_points
from ..outlook.draws import Joint
from ..paths import FadingGrowth
from ..quantity import Quantity
from . import Context, finding, growth, outlook

FADES = "revenue_growth_half_life_years"
CASES = {
    "believed": ("half_life_assumed_years", "chance_capital_by_2030_ratio", "ai_revenue_year_ahead_believed_usd_bn"),
    "on_record": (
        "half_life_right_fast_years",
        "chance_capital_by_2030_on_record_ratio",
        "ai_revenue_year_ahead_on_record_usd_bn",
    ),
}


@finding(
    "chance_capital_by_2030_on_record_ratio",
    unit="ratio",
    section="doubt",
    says="the same chance if growth fades as it did on fast lines of the past, not as assumed",
)
def _on_record(context: Context) -> Quantity:
    # The middle half of the half-lives that would have been right, in place of the belief of the scenario.
    right = context["half_life_right_fast_years"]
    if right.low is None or right.high is None or not right.low < right.value < right.high:
        msg = f"the half-lives on record as of {context.as_of} have no spread to draw from"
        raise VintageError(msg)
    told = _chance(context, (right.low, right.value, right.high), outlook.DRAWS)
    without = [each for each in growth.right_without_one(context) if each[0] < each[1] < each[2]]
    readings = [told, *(_chance(context, each, outlook.DRAWS // 4) for each in without)]
    interval = "the same record with one line left out in turn; lines that never became large are in none of them"
    return outlook.between(told, readings, interval, (*outlook.drawn_from(context), *right.sources))


def _chance(context: Context, quartiles: tuple[float, float, float], draws: int) -> tuple[float, float]:
    """Chance of coverage by 2030 and its standard error, where that is the middle half of what is believed."""
    belief = three_points(*quartiles, context.scenario.assumptions[FADES].possible, 0.5)
    words = "median {1:.3g}, half between {0:.3g} and {2:.3g}".format(*quartiles)
    drawn = outlook.joint(context)
    entries = tuple(
        replace(entry, distribution=Distribution("record", belief, words)) if entry.name == FADES else entry
        for entry in drawn.inputs
    )
    found = outlooks.outlook(
        Joint(entries, drawn.correlations), outlook.setting(context), draws=draws, seed=context.seed
    ).chances
    row = found[(found["rule"] == "coverage_capital_ratio") & (found["time"] == pd.Timestamp(2030, 12, 31))]
    if row.empty:
        msg = f"the outlook as of {context.as_of} does not look back to 2030"
        raise VintageError(msg)
    return float(row["by"].iloc[0]), float(row["error_by"].iloc[0])


def _year_ahead(context: Context, life: Quantity) -> Quantity:
    """AI revenue a year on if growth fades with that half-life; the interval is that of the half-life alone."""
    now, growth = context["actual_ai_revenue_usd_bn"], context["actual_growth_multiple"]
    lasting = float(context.scenario["lasting_growth_ratio"])

    def then(years: float) -> float:
        return now.value * float(FadingGrowth(growth.value - 1, lasting, years).factor(1.0))

    ends = sorted(then(end) for end in (life.low or life.value, life.high or life.value))
    wide = ends[1] > ends[0]
    return Quantity(
        then(life.value),
        "USD_bn",
        ends[0] if wide else None,
        ends[1] if wide else None,
        grade="assumed",
        sources=tuple(dict.fromkeys((*now.sources, *growth.sources, *life.sources))),
        interval=f"{life.interval} of the half-life; revenue and growth of today taken as they are"
        if wide
        else "none: one half-life",
    )


@finding(
    "ai_revenue_year_ahead_believed_usd_bn",
    unit="USD_bn",
    section="doubt",
    says="AI revenue a year from now if its growth fades as assumed",
)
def _believed(context: Context) -> Quantity:
    return _year_ahead(context, context["half_life_assumed_years"])


@finding(
    "ai_revenue_year_ahead_on_record_usd_bn",
    unit="USD_bn",
    section="doubt",
    says="AI revenue a year from now if its growth fades as it did on fast lines of the past",
)
def _record(context: Context) -> Quantity:
    return _year_ahead(context, context["half_life_right_fast_years"])


@finding(
    "half_life_even_chance_years",
    unit="years",
    section="doubt",
    says="half-life of the growth of AI revenue at which revenue is as likely as not to pay for the capital in use at "
    "some time to the horizon",
)
def _even(context: Context) -> Quantity:
    table = outlook.flips(context).pivot(index="up", columns="across", values="chance_ratio")
    lives = [_even_life(table.columns.to_numpy(dtype=float), row) for row in table.to_numpy(dtype=float)]
    value = lives[len(lives) // 2]
    if value is None:
        msg = f"no half-life on the map as of {context.view.dated} makes the chance an even one"
        raise VintageError(msg)
    known = [life for life in lives if life is not None]
    wide = len(known) == len(lives)
    return Quantity(
        value,
        "years",
        min(known) if wide else None,
        max(known) if wide else None,
        grade="assumed",
        sources=outlook.drawn_from(context),
        interval="from building that slows at once to building that goes on"
        if wide
        else "none: if building goes on, no half-life on the map makes the chance an even one",
    )


def _even_life(lives: np.ndarray, chances: np.ndarray) -> float | None:
    """
    Half-life at which a rising chance passes one half, between the steps of the map.

    Examples
    --------
    >>> _even_life(np.array([0.5, 1.0, 2.0]), np.array([0.0, 0.25, 0.75])), _even_life(np.ones(1), np.zeros(1))
    (1.5, None)
    """
    above = np.flatnonzero(chances >= 0.5)
    if not len(above) or above[0] == 0:
        return None
    end = int(above[0])
    return float(np.interp(0.5, chances[end - 1 : end + 1], lives[end - 1 : end + 1]))


_SAYS = {
    "believed": ("As assumed", "The labs' own plans, most of which were met or overtaken when they came due",
                 "They are plans of those who gain from them, and on other fast lines growth lasted longer"),
    "on_record": ("As on fast lines of the past", "It was right for lines that had doubled, over two years",
                  "A few lines, all listed because they became large; nobody collects the others"),
}  # fmt: skip


def rows(context: Context) -> pd.DataFrame:
    """
    Both beliefs side by side, for a table: case, half_life, chance, ahead (a year), by what each is held up, and what
    speaks against it. What was not known on the day is said to be so.
    """

    def told(name: str) -> str:
        found = context.get(name)
        return "not known" if found is None else found.full_text()

    return pd.DataFrame(
        [
            {
                "case": _SAYS[case][0],
                "half_life": told(life),
                "chance": told(chance),
                "ahead": told(ahead),
                "favour": _SAYS[case][1],
                "against": _SAYS[case][2],
            }
            for case, (life, chance, ahead) in CASES.items()
        ]
    )
