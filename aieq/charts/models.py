"""Charts of other people's models: their answers as published and on common inputs, and why two of them differ."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import CONTEXT, EARNED, REQUIRED, Figure, Silence, dots_with_intervals, rule, waterfall

CHARGED = {
    "outlay": "all at once",
    "wear": "wear",
    "interest": "return",
    "annuity": "wear and return",
    "rent": "rent",
}
PUBLISHED, TODAY = "As published", "On the inputs of the day"
_TITLE = "USD bn a year (log scale)"


def _opened(name: str) -> str:
    return name[0].upper() + name[1:]


def answers(
    table: pd.DataFrame, *, actual: float | None, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw each published answer beside the same rule on the common inputs of the day.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.models.required_on_common`: author, charge, published_usd_bn,
        comparable, value, low, high.
    actual : float or None
        What is earned, in bn dollars a year; None if it was not known.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.
    """
    run = table[table["value"].notna()]
    if run.empty:
        return Silence(title, as_of)
    run = run.assign(model=run["author"].map(_opened) + ": " + run["charge"].map(CHARGED)).sort_values(
        "value", kind="stable"
    )
    whole = run[run["comparable"].astype(bool)]
    drawn = pd.concat(
        [
            run[["model", "value", "low", "high"]].assign(which=TODAY, published=False),
            whole[["model", "published_usd_bn"]]
            .rename(columns={"published_usd_bn": "value"})
            .assign(which=PUBLISHED, published=True),
        ],
        ignore_index=True,
    )
    order = list(run["model"])
    chart: alt.LayerChart = dots_with_intervals(
        drawn, "model", "value", "low", "high", group="which", opened="published",
        colours={TODAY: REQUIRED, PUBLISHED: CONTEXT}, log=True, x_title=_TITLE, sort=order, row_height=34,
    )  # fmt: skip
    if actual is not None:
        line = rule(x=actual, label="AI revenue", colour=EARNED, x_title=_TITLE)
        chart = alt.layer(chart, line)  # type: ignore[assignment]
    said = "; ".join(
        f"{row.author} {row.value:,.0f} bn" + (f", published {row.published_usd_bn:,.0f}" if row.comparable else "")
        for row in run.itertuples()
    )
    earned = "" if actual is None else f" AI revenue is {actual:,.0f} bn."
    return Figure(
        chart,
        title=title,
        subtitle=(
            "Required revenue as published, and by the same rule on one set of inputs; what a year is charged stands "
            "after the name"
        ),
        alt=f"Two dots for each author on a log scale, from least to most asked for on the day: {said}.{earned}",
        sources=sources,
        as_of=as_of,
        data=drawn.drop(columns="published"),
        note=(
            "Open dots: as printed, each in its author's own concept, Krishna's a profit. Full dots: revenue of those "
            "who sell to end users, the interval from the scenario that asks little to the one that asks much. Bain's "
            "and Kupperman's own margins stay."
        ),
        name="answers",
    )


def bridge(
    steps: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, name: str, note: str = ""
) -> Figure | Silence:
    """
    Draw the way from one answer to another as a waterfall in which the order does not matter.

    Parameters
    ----------
    steps : DataFrame
        From :meth:`aieq.models.Bridge.waterfall`: step, usd_bn, total.
    as_of, sources, title
        As for :func:`answers`.
    name : str
        Anchor of the figure in its page.
    note : str
        What else must be known.
    """
    if steps.empty:
        return Silence(title, as_of)
    # The first level is drawn as the part the others build on.
    drawn = steps.assign(total=[row > 0 and total for row, total in enumerate(steps["total"])])
    chart = waterfall(drawn, "step", "usd_bn", "total", x_title="USD bn a year", values=",.0f", total_colour=REQUIRED)
    ends = steps[steps["total"]]
    changes = "; ".join(f"{row.step.lower()} {row.usd_bn:+,.0f}" for row in steps[~steps["total"]].itertuples())
    order = "Each step is its mean over all orders in which they could be taken, so none comes first by choice."
    return Figure(
        chart,
        title=title,
        subtitle=f"Required revenue a year: from {ends['step'].iloc[0]} to {ends['step'].iloc[-1]}",
        alt=(
            f"A waterfall from {ends['usd_bn'].iloc[0]:,.0f} to {ends['usd_bn'].iloc[-1]:,.0f} bn dollars a year. "
            f"Steps: {changes or 'none'}."
        ),
        sources=sources,
        as_of=as_of,
        data=steps,
        note=f"{order} {note}".strip(),
        name=name,
    )
