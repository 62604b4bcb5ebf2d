"""Small multiples of the report as it stood at each month."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import ACCENT, EARNED, REQUIRED, Figure, Silence
from .theme import TEXT


def small_multiples(
    path: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw what the time machine shows, all months at once.

    Parameters
    ----------
    path : DataFrame
        From :func:`aieq.report.time_machine.path`: panel (two lines, set off by a semicolon), day, value, low, high.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        What it shows, in words.

    Returns
    -------
    Figure or Silence
        A panel for each figure with a scale of its own.
    """
    if path["day"].nunique() < 2:
        return Silence(title, as_of)
    panels = list(dict.fromkeys(path["panel"]))
    inks = [REQUIRED if p.startswith("Required") else EARNED if p.startswith("AI") else ACCENT for p in panels]
    colour = alt.Color("panel:N", scale=alt.Scale(domain=panels, range=inks), legend=None)
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%Y", tickCount="year"))
    y_title = None
    hover = [
        alt.Tooltip("day:T", format="%d %b %Y"),
        *(alt.Tooltip(f"{column}:Q", format=",.3~r") for column in ("value", "low", "high")),
    ]
    two_lines = alt.Header(labelExpr="split(datum.label, '; ')", labelFontSize=TEXT, labelLineHeight=15)
    base = alt.Chart(path)
    chart = (
        alt.layer(
            base.mark_area(opacity=0.18).encode(
                x=x, y=alt.Y("low:Q", title=y_title, scale=alt.Scale(zero=True)), y2="high:Q", color=colour
            ),
            base.mark_line().encode(x=x, y=alt.Y("value:Q", title=y_title), color=colour),
            base.mark_circle(size=120, opacity=0).encode(x=x, y=alt.Y("value:Q", title=y_title), tooltip=hover),
        )
        .properties(height=120)
        .facet(facet=alt.Facet("panel:N", sort=panels, title=None, header=two_lines), columns=2)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    last = path.groupby("panel", sort=False).tail(1)
    said = "; ".join(
        f"{row.panel.replace(';', ',')} {row.value:{',.0f' if row.value >= 100 else '.3g'}}"
        for row in last.itertuples()
    )
    return Figure(
        chart,
        title=title,
        subtitle="Each panel has a scale of its own, from zero; bands show the interval",
        alt=f"{len(panels)} panels of one line each, by month from {path['day'].min():%B %Y}. At the end: {said}.",
        sources=sources,
        as_of=as_of,
        data=path,
        name="month-by-month",
    )
