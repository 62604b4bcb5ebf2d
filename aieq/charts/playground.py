"""The still chart of the playground: what each of the shipped scenarios comes to."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pandas as pd

from . import CATEGORICAL, Figure, dots_with_intervals


def scenarios(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure:
    """
    Draw coverage now and at its best, with nine tenths of the draws, under each scenario.

    Parameters
    ----------
    table : DataFrame
        scenario, when, coverage, low, high.
    as_of : date
        Day of the evidence.
    sources : iterable of str
        Keys.
    title : str
        What it shows, in words.

    Returns
    -------
    Figure
    """
    order = list(dict.fromkeys(table["scenario"]))
    chart = dots_with_intervals(
        table, "scenario", "coverage", "low", "high", group="when", log=True, sort=order, row_height=44,
        colours=dict(zip(dict.fromkeys(table["when"]), CATEGORICAL, strict=False)),
        x_title="Actual over required revenue, capital in use (log scale)", x_format=".0%",
    )  # fmt: skip
    said = ". ".join(
        f"{row.scenario}, {row.when.lower()}: {100 * row.coverage:.0f} per cent, nine draws in ten between "
        f"{100 * row.low:.0f} and {100 * row.high:.0f}"
        for row in table.itertuples()
    )
    return Figure(
        chart,
        title=title,
        subtitle="Middle and 90 % of joint draws of all inputs in doubt, for three sets of assumptions",
        alt=f"Two dots with their ranges for each scenario. {said}.",
        sources=sources,
        as_of=as_of,
        data=table,
        note="One hundred per cent means that revenue pays for the capital in use.",
        name="playground-scenarios",
    )
