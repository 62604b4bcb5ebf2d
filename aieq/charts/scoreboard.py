"""Charts of the scoreboard: what was said and what came, and how well our own method would have aimed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import ACCENT, CONTEXT, EARNED, INK, REQUIRED, Figure, Silence, dots_with_intervals, lines, rule

WHERE = {"above": "more came", "within": "as foretold", "below": "less came"}
FLOOR = "floor met"  # says little of aim
_COLOURS = {"more came": REQUIRED, "as foretold": EARNED, "less came": ACCENT, FLOOR: CONTEXT}
SAID, CAME = "Said, each time", "Came"
BANDS = (
    ("Below the 90 % interval", 0.0, 0.05, 0.05),
    ("Between 5 and 25 %", 0.05, 0.25, 0.2),
    ("Between 25 and 50 %", 0.25, 0.5, 0.25),
    ("Between 50 and 75 %", 0.5, 0.75, 0.25),
    ("Between 75 and 95 %", 0.75, 0.95, 0.2),
    ("Above the 90 % interval", 0.95, 1.0, 0.05),
)
METHODS = {"crps": "Our method", "crps_no_change": "No change", "crps_same_growth": "Last year's growth goes on"}
_METHOD_COLOURS = {"Our method": ACCENT, "No change": CONTEXT, "Last year's growth goes on": INK}


def aim(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw outcome over forecast for every resolved forecast, by forecaster.

    Parameters
    ----------
    table : DataFrame
        Resolved rows of a board: who, ratio, kind, where, id, made.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if table.empty:
        return Silence(title, as_of)
    drawn = pd.DataFrame(
        {
            "forecaster": table["who"],
            "ratio": table["ratio"],
            "result": table["where"]
            .map(WHERE)
            .where(~((table["kind"] == "at_least") & (table["where"] == "within")), FLOOR),
            "forecast": table["id"],
            "made": table["made"].dt.strftime("%Y-%m-%d"),
        }
    )
    middle = drawn.groupby("forecaster")["ratio"].median().sort_values(ascending=False)
    drawn = drawn.sort_values(["result", "ratio"])
    x_title = "Outcome over forecast"
    dots = dots_with_intervals(
        drawn, "forecaster", "ratio", group="result", colours=_COLOURS, x_title=x_title, x_format=".1f",
        sort=list(middle.index), tooltip=("forecast", "made"),
    )  # fmt: skip
    chart = alt.layer(dots, rule(x=1.0, label="as said", colour=INK, x_title=x_title))
    counts = drawn["result"].value_counts()
    said = ", ".join(f"{counts.get(word, 0)} {word}" for word in _COLOURS)
    return Figure(
        chart,
        title=title,
        subtitle="Each dot a forecast whose outcome is known; grey: at least so much was said, and came",
        alt=(
            f"Dots by forecaster around one. Of {len(drawn)} forecasts: {said}. The medians run from "
            f"{middle.min():.2f} to {middle.max():.2f} times what was said."
        ),
        sources=sources,
        as_of=as_of,
        data=drawn,
        note="Losses and cash burnt are told as positive numbers: above one, more was lost or burnt than was foretold.",
        name="aim",
    )


def ladder(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw guidance on capital spending as it was given and given again, and what was spent.

    Parameters
    ----------
    table : DataFrame
        Resolved rows of a board about capital spending: who, period_start, period_end, made, low, value, high, outcome.
    as_of, sources, title
        As for :func:`aim`.

    Returns
    -------
    Figure or Silence
    """
    if table.empty:
        return Silence(title, as_of)
    rows = table.assign(
        year=[
            f"{row.who}, {'fiscal ' if row.period_end.month != 12 else ''}{row.period_end.year}"
            if (row.period_end - row.period_start).days > 300
            else f"{row.who}, {row.period_start:%b} to {row.period_end:%b %Y}"
            for row in table.itertuples()
        ]
    )
    given = pd.DataFrame(
        {
            "year": rows["year"],
            "usd_bn": rows["value"] / 1000,
            "low": rows["low"] / 1000,
            "high": rows["high"] / 1000,
            "made": rows["made"].dt.strftime("%Y-%m-%d"),
            "which": SAID,
            "said": True,
        }
    )
    came = pd.DataFrame(
        {"year": rows["year"], "usd_bn": rows["outcome"] / 1000, "low": None, "high": None, "made": "", "which": CAME,
         "said": False}
    ).drop_duplicates("year")  # fmt: skip
    drawn = pd.concat([given, came], ignore_index=True).astype({"low": float, "high": float})
    order = list(came.sort_values("usd_bn")["year"])
    chart = dots_with_intervals(
        drawn, "year", "usd_bn", "low", "high", group="which", opened="said", colours={SAID: CONTEXT, CAME: REQUIRED},
        x_title="Capital expenditure, USD bn", sort=order, tooltip=("made",),
    )  # fmt: skip
    first = rows.sort_values("made").drop_duplicates("year")
    said = "; ".join(
        f"{row.year}: first {row.value / 1000:,.0f} bn, came {row.outcome / 1000:,.0f} bn" for row in first.itertuples()
    )
    return Figure(
        chart,
        title=title,
        subtitle="Open dots: guidance at each report, with its range; full dots: what was spent",
        alt=f"Rows of dots, one for each builder and year. {said}.",
        sources=sources,
        as_of=as_of,
        data=drawn.drop(columns="said"),
        note="Each builder in its own definition, with leases or without, gross or net, as its guidance is.",
        name="ladder",
    )


def calibration(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw where outcomes fell in our distributions, beside where they ought to.

    Parameters
    ----------
    table : DataFrame
        Scored back-forecasts: pit.
    as_of, sources, title
        As for :func:`aim`.

    Returns
    -------
    Figure or Silence
    """
    if table.empty:
        return Silence(title, as_of)
    pit = table["pit"]
    rows = []
    for name, low, high, due in BANDS:
        inside = (pit >= low) & ((pit < high) | (high == 1.0))
        rows += [
            {"part": name, "share": float(inside.mean()), "which": "Fell there", "due": False},
            {"part": name, "share": due, "which": "Ought to", "due": True},
        ]
    drawn = pd.DataFrame(rows)
    chart = dots_with_intervals(
        drawn, "part", "share", group="which", opened="due", colours={"Fell there": ACCENT, "Ought to": CONTEXT},
        x_title="Share of outcomes", x_format=".0%", zero=True,
    )  # fmt: skip
    fell = drawn[~drawn["due"]]
    said = "; ".join(f"{row.part.lower()} {100 * row.share:.0f} %" for row in fell.itertuples())
    return Figure(
        chart,
        title=title,
        subtitle=f"Where {len(pit)} outcomes fell in the distributions our method would have drawn",
        alt=f"Two dots for each part of the distribution: the share that fell there, the share that ought to. {said}.",
        sources=sources,
        as_of=as_of,
        data=drawn.drop(columns="due"),
        note="Forecasts made a quarter apart share most of their errors: they are far fewer than their number.",
        name="calibration",
    )


def said_and_came(
    table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, y_title: str, name: str
) -> Figure | Silence:
    """
    Draw one series as it came, and as it would have been foretold four quarters before, with the 90 per cent interval.

    Parameters
    ----------
    table : DataFrame
        Scored back-forecasts of one series, four quarters ahead: target, q05, q50, q95, outcome.
    as_of, sources, title
        As for :func:`aim`.
    y_title : str
        Title of the axis with the unit.
    name : str
        Anchor of the figure.

    Returns
    -------
    Figure or Silence
    """
    if table.empty:
        return Silence(title, as_of)
    columns = {"q50": "value", "q05": "low", "q95": "high"}
    told = table[["target", *columns]].rename(columns=columns).assign(which="Foretold four quarters before")
    came = pd.DataFrame({"target": table["target"], "value": table["outcome"], "which": "Came"})
    came = came.assign(low=came["value"], high=came["value"])
    drawn = pd.concat([told, came], ignore_index=True).sort_values(["which", "target"], ignore_index=True)
    chart = lines(
        drawn, "target", "value", "which", log=True, band=("low", "high"), points=True,
        colours={"Foretold four quarters before": CONTEXT, "Came": REQUIRED}, y_title=y_title,
    )  # fmt: skip
    last = table.sort_values("target").iloc[-1]
    return Figure(
        chart,
        title=title,
        subtitle="By the present method from the evidence of each quarter's end, with the 90 % interval",
        alt=(
            f"Two lines on a log scale; the one that came runs above the other's band in "
            f"{int((table['outcome'] > table['q95']).sum())} of {len(table)} quarters. In the last, "
            f"{last['q50']:,.0f} bn were foretold and {last['outcome']:,.0f} bn came."
        ),
        sources=sources,
        as_of=as_of,
        data=drawn,
        name=name,
    )


def skill(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw the mean score of our method beside those of the two baselines, by series and horizon.

    Parameters
    ----------
    table : DataFrame
        title, quarters, n, crps, crps_no_change, crps_same_growth.
    as_of, sources, title
        As for :func:`aim`.

    Returns
    -------
    Figure or Silence
    """
    if table.empty:
        return Silence(title, as_of)
    rows = [
        {
            "series": f"{row.title}, {row.quarters} quarters ahead ({row.n})",
            "method": words,
            "score": getattr(row, column),
        }
        for row in table.itertuples()
        for column, words in METHODS.items()
    ]
    drawn = pd.DataFrame(rows)
    chart = dots_with_intervals(
        drawn, "series", "score", group="method", colours=_METHOD_COLOURS, log=True, row_height=34,
        x_title="Mean score, lower is better (CRPS of logarithms, log scale)", x_format=".2~f",
    )  # fmt: skip
    best = drawn.loc[drawn.groupby("series")["score"].idxmin()]["method"].value_counts()
    said = ", ".join(f"{name.lower()} in {best.get(name, 0)}" for name in METHODS.values())
    return Figure(
        chart,
        title=title,
        subtitle="Our method and two baselines anybody could have used; in brackets how many forecasts were scored",
        alt=f"Three dots for each of {drawn['series'].nunique()} series and horizons. The best score is of {said}.",
        sources=sources,
        as_of=as_of,
        data=drawn,
        note="A score of 0.3 is a miss by a factor of about 1.35. The baselines are walks with the steps seen so far.",
        name="skill",
    )
