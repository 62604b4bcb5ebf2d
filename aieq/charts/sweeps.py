"""Charts of what many runs gave."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import pandas as pd

from .figure import Figure, Silence
from .kinds import lines

LIFE, COST = "asset_life_years.accelerators", "cost_of_capital_ratio"


def coverage(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw coverage by the life of accelerators, one line for each cost of capital.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.runs.table.vary`, of one finding that is a ratio.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
        Silence if it could not be known on that day.
    """
    rows = table.dropna(subset=["value"]).rename(columns={LIFE: "life", COST: "cost"})
    if rows.empty:
        return Silence(title, as_of)
    rows = rows.assign(
        percent=100 * rows["value"],
        series=[f"capital at {100 * cost:.3g} %" for cost in rows["cost"]],
        life=[f"{life:g}" for life in rows["life"]],  # names, so that the axis marks the values tried and no others
    )[["series", "life", "percent"]]
    chart = lines(
        rows,
        "life",
        "percent",
        "series",
        points=True,
        x_title="Life of accelerators, years",
        y_title="AI revenue as a share of what the capital requires, %",
        zero=True,
    ).configure_axisX(labelAngle=0)
    low, high = rows.loc[rows["percent"].idxmin()], rows.loc[rows["percent"].idxmax()]
    return Figure(
        chart,
        title=title,
        subtitle="Coverage under the capital rule, by life of accelerators and cost of capital, all else as supposed",
        alt=(
            f"Rising lines, one for each cost of capital. Coverage is lowest, {low['percent']:.0f} %, at "
            f"{low['series']} and {low['life']} years, and highest, {high['percent']:.0f} %, at {high['series']} and "
            f"{high['life']} years."
        ),
        sources=sources,
        as_of=as_of,
        data=rows,
        note="A grid of suppositions, each as good as the next; it says what follows from each, not how likely it is.",
        name="coverage-by-life-and-cost",
    )
