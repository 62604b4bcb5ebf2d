"""Charts of doubt: bands of coverage ahead, what carries the answer, where it flips, and every definition."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import ACCENT, CATEGORICAL, CONTEXT, EARNED, REQUIRED, Figure, Silence, dots_with_intervals, heat, lines, rule

OPTIONS = {
    ("charge", "payback"): "Plain payback, no return",
    ("charge", "outlay"): "A year's outlay (Cahn)",
    ("spending", "leases"): "Leases added",
    ("spending", "sellers"): "Sales of accelerators",
    ("ai_share", "added"): "Spending above that of 2022",
    ("ai_share", "all"): "All spending",
    ("life", "book"): "Book lives",
    ("scope", "labs"): "Labs alone",
    ("scope", "labs_clouds_applications"): "Applications added",
    ("flows", "gross"): "As each states it",
    ("timing", "past_year"): "The past twelve months",
}
RULES = {"coverage_capital_ratio": "Capital in use", "coverage_ratio": "Cahn's rule"}
_COLOURS = {"coverage_capital_ratio": ACCENT, "coverage_ratio": REQUIRED}


def _percent(ratio: float) -> str:
    return f"{100 * ratio:,.0f}\N{NO-BREAK SPACE}%"


def coverage_bands(
    bands: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw the middle and the 90 per cent band of coverage to the horizon, for both rules, on a log scale.

    Parameters
    ----------
    bands : DataFrame
        `bands` of an outlook: quantity, time, level, value.
    as_of : date
        Day of the evidence.
    sources : iterable of str
        Keys.
    title : str
        What it shows, in words.

    Returns
    -------
    Figure or Silence
    """
    rows = bands[bands["quantity"].isin(list(RULES)) & bands["level"].isin([0.05, 0.5, 0.95])]
    if rows.empty:
        return Silence(title, as_of)
    wide = rows.pivot(index=["quantity", "time"], columns="level", values="value").reset_index()
    table = wide.rename(columns={"quantity": "rule", "time": "day", 0.5: "coverage", 0.05: "low", 0.95: "high"})
    table = table.rename_axis(columns=None)
    y_title = "Actual over required revenue (log scale)"
    chart = alt.layer(
        lines(table, "day", "coverage", "rule", log=True, band=("low", "high"), names=RULES, colours=_COLOURS,
              y_title=y_title, y_format=".0%"),
        rule(y=1, label="revenue pays", colour=EARNED, log=True, y_title=y_title),
    )  # fmt: skip
    last = table[table["day"] == table["day"].max()].set_index("rule")
    said = "; ".join(
        f"{RULES[name].lower()} {_percent(row.coverage)}, nine tenths of the draws between {_percent(row.low)} and "
        f"{_percent(row.high)}"
        for name, row in last.iterrows()
    )
    return Figure(
        chart,
        title=title,
        subtitle="Middle and 90 % band of joint draws of all inputs in doubt, at the ends of years",
        alt=f"Two lines with wide bands on a log scale, up to the end of {table['day'].max():%Y}. At the end: {said}.",
        sources=sources,
        as_of=as_of,
        data=table,
        note="Nominal, annualised revenue. Growth of revenue and of building fades; nobody's plan is an input.",
        name="coverage-bands",
    )


def carriers(
    table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, most: int = 8
) -> Figure | Silence:
    """
    Draw which inputs carry the doubt about one answer, today and at its best to the horizon.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.findings.outlook.carried_by`: answer, says, total, total_error.
    most : int
        How many inputs are shown.
    as_of, sources, title
        As for :func:`coverage_bands`.
    """
    when = {"coverage_capital_ratio": "Coverage now", "best_coverage_capital_ratio": "Best coverage to the horizon"}
    rows = table[table["answer"].isin(list(when))]
    if rows.empty:
        return Silence(title, as_of)
    order = rows.groupby("says")["total"].max().nlargest(most).index.tolist()
    shown = rows[rows["says"].isin(order)].assign(of=rows["answer"].map(when))
    shown = shown.assign(
        low=(shown["total"] - shown["total_error"]).clip(lower=0), high=shown["total"] + shown["total_error"]
    )[["says", "of", "total", "low", "high", "first"]]
    chart = dots_with_intervals(
        shown, "says", "total", "low", "high", group="of", zero=True, sort=order, row_height=40,
        colours={"Coverage now": CATEGORICAL[0], "Best coverage to the horizon": CATEGORICAL[1]},
        x_title="Share of the doubt it carries, alone or with others", x_format=".0%", tooltip=("first",),
    )  # fmt: skip
    tops = {name: rows[rows["answer"] == key].nlargest(1, "total").iloc[0] for key, name in when.items()}
    said = ". ".join(f"{name}: most of it by {row.says.lower()}, {_percent(row.total)}" for name, row in tops.items())
    return Figure(
        chart,
        title=title,
        subtitle="Total Sobol indices of the coverage of capital in use, inputs taken as independent",
        alt=f"Dots for each input, now and at the best moment to the horizon. {said}.",
        sources=sources,
        as_of=as_of,
        data=shown.reset_index(drop=True),
        note="Bars: 90 % bootstrap intervals. Shares can add up to more than one: what two inputs do together counts "
        "for both.",
        name="what-carries-the-doubt",
    )


def flip_map(
    table: pd.DataFrame,
    *,
    across: str,
    up: str,
    as_of: datetime.date,
    sources: Iterable[str],
    title: str,
) -> Figure | Silence:
    """
    Draw the chance that revenue ever meets the requirement to the horizon, over two inputs.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.findings.outlook.flips`: across, up, chance_ratio.
    across, up : str
        What the two inputs are, in words.
    as_of, sources, title
        As for :func:`coverage_bands`.
    """
    if table.empty:
        return Silence(title, as_of)
    shown = table.assign(x=table["across"].map("{:.2g}".format), y=table["up"].map("{:.2g}".format))
    x_sort = list(dict.fromkeys(shown.sort_values("across")["x"]))
    y_sort = list(dict.fromkeys(shown.sort_values("up", ascending=False)["y"]))
    shown = shown.groupby(["x", "y"], as_index=False, sort=False)[["across", "up", "chance_ratio"]].mean()
    chart = heat(
        shown, "x", "y", "chance_ratio", form=".0%", domain=(0, 1), x_title=across, y_title=up, x_sort=x_sort,
        y_sort=y_sort, row_height=26,
    )  # fmt: skip
    even = table.groupby("across")["chance_ratio"].median()
    reached = even[even >= 0.5]
    turn = f"it passes one half from about {reached.index[0]:.2g}" if len(reached) else "it stays below one half"
    return Figure(
        chart,
        title=title,
        subtitle="Chance that revenue meets the capital in use at some time to the horizon, all other inputs drawn",
        alt=f"A grid of chances that grow to the right: along the middle of the grid {turn}.",
        sources=sources,
        as_of=as_of,
        data=shown,
        note="Both axes run over evenly spaced quantiles of what is believed, from 2 to 98 %.",
        name="where-it-flips",
    )


def specification_curve(
    table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw coverage under every combination of definitions, in order, with the report's own marked.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.specifications.specifications`.
    as_of, sources, title
        As for :func:`coverage_bands`.
    """
    if table.empty:
        return Silence(title, as_of)
    shown = table.assign(rank=range(1, len(table) + 1))
    names = {"return": "Rent with a return", "payback": "Plain payback", "outlay": "A year's outlay (Cahn)"}
    shown = shown.assign(charge=shown["charge"].map(names))[
        ["rank", "charge", "spending", "ai_share", "life", "scope", "flows", "timing", "coverage_ratio", "low", "high",
         "own"]
    ]  # fmt: skip
    y_title = "Actual over required revenue (log scale)"
    palette = dict(zip(names.values(), (CATEGORICAL[0], CATEGORICAL[1], REQUIRED), strict=True))
    base = alt.Chart(shown).encode(x=alt.X("rank:Q", title="Combinations, from the harshest to the kindest"))
    scale = alt.Scale(type="log", nice=False, padding=8)
    spans = base.mark_rule(color=CONTEXT, opacity=0.35, strokeWidth=1).encode(
        y=alt.Y("low:Q", title=y_title, scale=scale, axis=alt.Axis(format=".0%")), y2="high:Q"
    )
    tips = ["charge", "spending", "ai_share", "life", "scope", "flows", "timing"]
    points = base.mark_circle(size=26, opacity=1).encode(
        y=alt.Y("coverage_ratio:Q", title=y_title, scale=scale),
        color=alt.Color(
            "charge:N",
            scale=alt.Scale(domain=list(palette), range=list(palette.values())),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=name.replace("_", " ")) for name in tips]
        + [alt.Tooltip("coverage_ratio:Q", format=".0%", title="coverage")],
    )
    own = (
        alt.Chart(shown[shown["own"]])
        .mark_point(shape="diamond", size=150, filled=False, strokeWidth=2, color=ACCENT)
        .encode(x="rank:Q", y=alt.Y("coverage_ratio:Q", title=y_title, scale=scale))
    )
    chart = alt.layer(spans, points, own, rule(y=1, label="revenue pays", colour=EARNED, log=True, y_title=y_title))
    covering = int((shown["coverage_ratio"] >= 1).sum())
    said = "none of them reaches" if not covering else f"{covering} of them reach"
    own_value = shown.loc[shown["own"], "coverage_ratio"]
    here = f" The report's own choice gives {_percent(own_value.iloc[0])}." if len(own_value) else ""
    return Figure(
        chart,
        title=title,
        subtitle="Each dot is one combination of definitions; the diamond is the report's own",
        alt=(
            f"{len(shown)} dots in rising order from {_percent(shown['coverage_ratio'].iloc[0])} to "
            f"{_percent(shown['coverage_ratio'].iloc[-1])}; {said} one.{here}"
        ),
        sources=sources,
        as_of=as_of,
        data=shown,
        note="Lines: 90 % of joint draws under that combination. Combinations that contradict themselves are left out.",
        name="specification-curve",
    )


def switch_effects(
    table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw what each choice of definition does to coverage by itself.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.specifications.effects`.
    as_of, sources, title
        As for :func:`coverage_bands`.
    """
    if table.empty:
        return Silence(title, as_of)
    shown = table.assign(
        choice=[OPTIONS[pair] for pair in zip(table["switch"], table["option"], strict=True)],
        strength=table["factor_multiple"].map(math.log).abs(),
    ).sort_values("strength", ascending=False, ignore_index=True)
    x_title = "Coverage over that under the report's own choice (log scale)"
    chart = alt.layer(
        rule(x=1, colour=CONTEXT, dashed=False, x_title=x_title),
        dots_with_intervals(
            shown, "choice", "factor_multiple", "least", "most", log=True, sort=list(shown["choice"]), row_height=30,
            x_title=x_title, x_format=".2~f", tooltip=("switch", "pairs"),
        ),
    )  # fmt: skip
    top = shown.iloc[0]
    return Figure(
        chart,
        title=title,
        subtitle="Mean factor over all combinations that differ in nothing else; bars from the least to the most",
        alt=(
            f"Dots to the left and right of one. The choice that moves coverage most is {top.choice.lower()}, "
            f"times {top.factor_multiple:.2f}."
        ),
        sources=sources,
        as_of=as_of,
        data=shown[["choice", "switch", "factor_multiple", "least", "most", "pairs"]],
        name="what-each-definition-does",
    )
