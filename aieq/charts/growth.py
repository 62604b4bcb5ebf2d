"""Charts of growth: half-lives that would have been right, and what the length of a window does to a rate."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import ACCENT, CONTEXT, EARNED, Figure, Silence, lines, rule

_GROUPS = {"AI": EARNED, "earlier": CONTEXT}


def right_half_lives(
    frame: pd.DataFrame,
    assumed: tuple[float, float, float],
    *,
    as_of: datetime.date,
    sources: Iterable[str],
    title: str,
) -> Figure | Silence:
    """
    Draw from each figure of each line the half-life that would have been right, against how fast the line grew then.

    Parameters
    ----------
    frame : DataFrame
        line, group (``AI`` or ``earlier``), day, value, growth_ratio, came_multiple, half_life_years, slowed.
    assumed : tuple of float
        The assumption, and the low and high end of its range, drawn as a line and a band.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.
    """
    if frame.empty:
        return Silence(title, as_of)
    x_title, y_title = "Growth in the year before (log scale)", "Half-life, years (log scale)"
    shown = frame.assign(
        group=frame["group"].map({"AI": "AI and those who build it", "earlier": "Earlier lines"}),
        day=frame["day"].dt.strftime("%Y-%m-%d"),
    )[["line", "group", "day", "value", "growth_ratio", "came_multiple", "half_life_years", "slowed"]]
    names = ["AI and those who build it", "Earlier lines"]
    x = alt.X("growth_ratio:Q", title=x_title, scale=alt.Scale(type="log", nice=False, padding=10),
              axis=alt.Axis(format=".0%", values=[0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]))  # fmt: skip
    scale = alt.Scale(type="log", domain=[0.05, 25], nice=False)
    y = alt.Y("half_life_years:Q", title=y_title, scale=scale, axis=alt.Axis(values=[0.1, 0.3, 0.75, 1.5, 3, 10, 20]))
    band = (
        alt.Chart(pd.DataFrame({"low": [assumed[1]], "high": [assumed[2]]}))
        .mark_rect(color=ACCENT, opacity=0.13)
        .encode(y=alt.Y("low:Q", title=y_title, scale=scale), y2="high:Q")
    )
    base = alt.Chart(shown).encode(
        x=x,
        y=y,
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=names, range=list(_GROUPS.values())),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=[
            alt.Tooltip("line:N"),
            alt.Tooltip("day:N"),
            alt.Tooltip("value:Q", format=",.3~r", title="USD bn a year"),
            alt.Tooltip("growth_ratio:Q", format=".0%", title="growth in the year before"),
            alt.Tooltip("came_multiple:Q", format=",.2f", title="times, two years later"),
            alt.Tooltip("half_life_years:Q", format=".2f", title="half-life, years"),
        ],
    )
    slowed = base.transform_filter("datum.slowed").mark_circle(size=60, opacity=0.8)
    others = base.transform_filter("!datum.slowed").mark_point(shape="triangle-up", size=60, filled=False)
    chart = alt.layer(
        band, slowed, others, rule(y=assumed[0], label="assumed", colour=ACCENT, log=True, y_title=y_title)
    )
    fast = frame[frame["growth_ratio"] > 1]
    above = int((fast["half_life_years"] > assumed[0]).sum())
    return Figure(
        chart,
        title=title,
        subtitle="Half-life that would have been right for the next two years, one mark for each figure of each line",
        alt=(
            f"{len(frame)} marks. Of {len(fast)} figures of lines that had at least doubled, {above} lie above the "
            f"assumed {assumed[0]:g} years; {int((~frame['slowed']).sum())} marks at the top are figures from which "
            "growth did not slow."
        ),
        sources=sources,
        as_of=as_of,
        data=shown,
        note="Band: defensible range of the assumption. Triangles: growth did not slow. Each starts from the growth of "
        "the year before and fades to the lasting rate of the scenario. Lines that became large are over-represented.",
        name="right-half-lives",
    )


def window_range(spread: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw the rates of price decline of all windows against their length.

    Parameters
    ----------
    spread : DataFrame
        From :func:`aieq.growth.windows.spread`: months, levels, n, low, q25, median, q75, fastest.
    as_of, sources, title
        As for :func:`right_half_lives`.
    """
    if len(spread) < 2:
        return Silence(title, as_of)
    names = {"fastest": "fastest window", "median": "middle window", "low": "slowest window"}
    long = spread.melt(id_vars=["months", "levels", "n"], value_vars=list(names), var_name="which", value_name="times")
    y_title = "Times cheaper a year (log scale)"
    chart = lines(
        long, "months", "times", "which", log=True, names=names, points=True,
        colours={"fastest": CONTEXT, "median": ACCENT, "low": CONTEXT}, x_title="Length of the window, months",
        y_title=y_title, y_format=",~r", tooltip=("levels", "n"),
    )  # fmt: skip
    first, last = spread.iloc[0], spread.iloc[-1]
    return Figure(
        chart,
        title=title,
        subtitle="The same list prices at constant capability, fitted on every window of a length; medians over levels",
        alt=(
            f"Three lines that close in on each other. On windows of {first['months']:.0f} months from "
            f"{first['low']:.2g} to {first['fastest']:,.0f} times a year, on {last['months']:.0f} months from "
            f"{last['low']:.2g} to {last['fastest']:,.0f}."
        ),
        sources=sources,
        as_of=as_of,
        data=spread,
        note="Prices read at month-ends, each window fitted by least squares on logarithms. Fewer levels are old "
        "enough for long windows.",
        name="price-windows",
    )
