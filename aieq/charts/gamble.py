"""Charts of the gap: required against actual, the stock behind it, and what moves it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import CONTEXT, EARNED, REQUIRED, Figure, bars, dots_with_intervals, lines, rule, waterfall

NAMES = {
    "step_one": "Required, back of the envelope",
    "capital": "Required, capital in use",
    "actual": "AI revenue",
}
COLOURS = {"step_one": REQUIRED, "capital": "#B07D00", "actual": EARNED}
CLASSES = {"accelerators": "Accelerators", "other_it": "Other IT", "shell": "Buildings", "power": "Power and cooling"}
CLASS_COLOURS = {
    "Accelerators": "#CC5500",
    "Other IT": "#B07D00",
    "Buildings": "#7A828A",
    "Power and cooling": "#4F8A5B",
}


def gap(path: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure:
    """
    Draw both sides of the equation as known at each month, on a log scale.

    Parameters
    ----------
    path : DataFrame
        From :func:`aieq.findings.gamble.gap_path`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.
    """
    chart = lines(
        path,
        "day",
        "value",
        "series",
        log=True,
        band=("low", "high"),
        names=NAMES,
        colours=COLOURS,
        y_title="USD bn a year (log scale)",
        tooltip=("low", "high"),
    )
    last = path.groupby("series")["value"].last()
    alt_text = "; ".join(
        f"{NAMES[key].lower()} at about {last[key]:,.0f} bn dollars a year" for key in NAMES if key in last
    )
    return Figure(
        chart,
        title=title,
        subtitle=(
            "Yearly revenue required under two rules, and AI revenue from outside the industry, as known at each "
            "month's end"
        ),
        alt=f"Three lines by month on a log scale. At the end: {alt_text}. Bands show the range of each.",
        sources=sources,
        as_of=as_of,
        data=path,
        note=(
            "Nominal dollars, annualised. Bands: Cahn's factors over their ranges; scenarios low to high; scopes of "
            "AI revenue. Where revenue has no band only labs were on record: the line is then a lower bound."
        ),
        name="gap",
    )


def dial(counts: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, total: int) -> Figure:
    """
    Draw how many claims got each verdict, then and now.

    Parameters
    ----------
    counts : DataFrame
        when, verdict, claims.
    total : int
        Claims in all.
    """
    named = counts.assign(when=counts["when"].map({"then": "When written", "now": "Now"}))
    chart = bars(named, "when", "claims", "verdict", horizontal=True, stack=True, y_title=None, x_title="Claims")
    now = counts[counts["when"] == "now"]
    said = ", ".join(f"{row.claims} {row.verdict}" for row in now.itertuples() if row.claims)
    return Figure(
        chart,
        title=title,
        subtitle=(
            f"Verdicts on the {total} claims of the article, as the evidence stood when it was written and as it "
            "stands now"
        ),
        alt=f"Two stacked bars of verdicts, when written and now. Now: {said}.",
        sources=sources,
        as_of=as_of,
        data=counts,
        name="verdicts-then-and-now",
    )


def verdict_curve(
    curve: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, article_day: str
) -> Figure:
    """
    Draw how many claims got each verdict at each month.

    Parameters
    ----------
    curve : DataFrame
        month, verdict, claims.
    article_day : str
        The day the ledger takes as the article's own.
    """
    chart = alt.layer(
        lines(curve, "month", "claims", "verdict", y_title="Claims"),
        rule(x=pd.Timestamp(article_day), label="article", colour=CONTEXT, y_title="Claims"),
    )
    holds = curve[curve["verdict"] == "holds"]
    top = holds.loc[holds["claims"].idxmax()]
    return Figure(
        chart,
        title=title,
        subtitle="Claims by verdict, judged at each month's end on what was known by then",
        alt=(
            f"Lines of the number of claims with each verdict by month. Those that hold rise to {top.claims} in "
            f"{top.month:%B %Y} and stand at {holds['claims'].iloc[-1]} at the end."
        ),
        sources=sources,
        as_of=as_of,
        data=curve,
        name="verdict-curve",
    )


def stock_by_age(stock: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure:
    """
    Draw the capital still in service by the quarter it was bought and by kind.

    Parameters
    ----------
    stock : DataFrame
        From :func:`aieq.stock.table_by_age`.
    """
    named = stock.assign(
        asset_class=stock["asset_class"].map(CLASSES), quarter=stock["period_end"].dt.to_period("Q").astype(str)
    )
    chart = bars(
        named,
        "quarter",
        "in_service_usd_bn",
        "asset_class",
        stack=True,
        colours=CLASS_COLOURS,
        x_title="Quarter in which it was bought",
        y_title="USD bn in service, at cost",
        tooltip=("spent_usd_bn", "effective_usd_bn"),
    )
    recent = named[named["period_end"] > named["period_end"].max() - pd.Timedelta(days=380)]
    share = recent["in_service_usd_bn"].sum() / named["in_service_usd_bn"].sum()
    return Figure(
        chart,
        title=title,
        subtitle="AI capital of Microsoft, Alphabet, Amazon, Meta and Oracle by quarter of purchase and kind, at cost",
        alt=(
            f"Stacked bars by quarter that rise steeply to the right: {share:.0%} of the capital in service was "
            "bought within the last year."
        ),
        sources=sources,
        as_of=as_of,
        data=named[["quarter", "asset_class", "spent_usd_bn", "in_service_usd_bn", "effective_usd_bn"]],
        note=(
            "AI shares of spending and lives are assumptions of the scenario. Assets under construction are charged "
            "as if in use."
        ),
        name="stock-by-age",
    )


def bridge(steps: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure:
    """
    Draw the way from the answer of the envelope to that of the capital rule.

    Parameters
    ----------
    steps : DataFrame
        step, usd_bn, total (whether it is a level).
    """
    # The first level is drawn as the part the others build on.
    drawn = steps.assign(total=[row > 0 and total for row, total in enumerate(steps["total"])])
    chart = waterfall(drawn, "step", "usd_bn", "total", x_title="USD bn a year", values=",.0f")
    first, last = steps[steps["total"]]["usd_bn"].iloc[[0, -1]]
    changes = "; ".join(f"{row.step}: {row.usd_bn:+,.0f}" for row in steps[~steps["total"]].itertuples())
    return Figure(
        chart,
        title=title,
        subtitle="Required yearly revenue, from the back of the envelope to the capital in use",
        alt=f"A waterfall from {first:,.0f} to {last:,.0f} bn dollars a year. {changes}.",
        sources=sources,
        as_of=as_of,
        data=steps,
        note="The order of the steps matters for their size; another order would split the same total differently.",
        name="bridge",
    )


def tornado(moves: pd.DataFrame, central: float, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure:
    """
    Draw required revenue as each assumption moves over its range, one at a time.

    Parameters
    ----------
    moves : DataFrame
        assumption, value, low, high in USD bn a year.
    central : float
        Required revenue with all in place.
    """
    chart = alt.layer(
        dots_with_intervals(
            moves,
            "assumption",
            "value",
            "low",
            "high",
            colour=REQUIRED,
            x_title="USD bn a year",
            sort=list(moves["assumption"]),
        ),
    )
    top = moves.iloc[0]
    return Figure(
        chart,
        title=title,
        subtitle=(
            "Required yearly revenue for the capital in use, each assumption moved over its defensible range "
            "alone"
        ),
        alt=(
            f"Ranges around {central:,.0f} bn dollars a year. The widest is {top.assumption.lower()}: {top.low:,.0f} "
            f"to {top.high:,.0f}."
        ),
        sources=sources,
        as_of=as_of,
        data=moves,
        name="tornado",
    )
