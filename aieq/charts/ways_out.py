"""Charts of the ways out: the race of cost and price, coverage ahead, new lines of revenue on a common clock."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import altair as alt
import pandas as pd

from . import (
    ACCENT,
    CATEGORICAL,
    COMPANY,
    CONTEXT,
    EARNED,
    REQUIRED,
    Figure,
    Silence,
    dots_with_intervals,
    heat,
    lines,
    rule,
)

PATHS = {
    "low": "Capital in use, little required",
    "base": "Capital in use, base scenario",
    "cahn": "Cahn's rule, base scenario",
    "high": "Capital in use, much required",
}
_PATH_COLOURS = {"low": CATEGORICAL[0], "base": ACCENT, "cahn": REQUIRED, "high": CATEGORICAL[2]}
_LINE_COLOURS = {
    "Google": COMPANY["google"],
    "Amazon": COMPANY["amazon"],
    "Amazon's cloud": CATEGORICAL[4],
    "Meta": COMPANY["meta"],
    "OpenAI (run rate)": COMPANY["openai"],
    "Anthropic (run rate)": COMPANY["anthropic"],
    "Nvidia's data-centre sales": CONTEXT,
}


def _percent(ratio: float) -> str:
    return f"{100 * ratio:,.0f}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")


def _coverage_title(ahead: pd.DataFrame) -> str:
    reached = int((ahead.groupby("scenario")["coverage_capital_ratio"].max() >= 1).sum())
    total = ahead["scenario"].nunique()
    said = {0: "none", 1: "one", 2: "two", 3: "all three"}.get(reached, str(reached))
    return f"Revenue comes to pay for the capital in {said} of the {'three' if total == 3 else total} scenarios"


def _clock_title(table: pd.DataFrame, levels: dict[str, float]) -> str:
    if not levels:
        return "New lines of revenue on a common clock"
    wanted = next(iter(levels.values()))
    firm = table[~table["line"].str.contains("run rate")]
    reached = firm.loc[firm["usd_bn"] >= wanted, "clock_years"]
    if reached.empty:
        return "No new line of revenue has yet grown to what is missing today"
    return f"The fastest lines of the past took {reached.min():.0f} years to grow to what is missing today"


def _levers_title(table: pd.DataFrame) -> str:
    if float(table["coverage_ratio"].max()) < 1:
        return "No way out brings coverage to one in three years on its own"
    return "At least one way out brings coverage to one in three years on its own"


def margin_races(races: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw the margin two years ahead for each pair of a cost trend and a price trend.

    Parameters
    ----------
    races : DataFrame
        From :func:`aieq.findings.ways_out.margin_races`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.
    """

    if races.empty:
        return Silence(title, as_of)

    def called(label: str, change: float, stars: bool = False) -> str:
        return f"{label} {_percent(change)}{'*' if stars else ''}" if change else label

    columns = ["cost_trend", "cost_change_ratio", "gains"], ["price_trend", "price_change_ratio"]
    cost, price = ([called(*row) for row in races[names].itertuples(index=False, name=None)] for names in columns)
    shade, text = races["margin_ratio"].clip(lower=0), races["margin_ratio"].map(_percent)
    table = races.assign(cost=cost, price=price, shade=shade, text=text)
    chart = heat(
        table,
        "price",
        "cost",
        "shade",
        text="text",
        domain=(0, 1),
        colour=EARNED,
        x_title="Price paid for a token, change a year",
        y_title="Cost, change a year",
        row_height=58,
        tooltip=("cost_change_ratio", "price_change_ratio", "margin_ratio"),
    )
    worst, best = races.loc[races["margin_ratio"].idxmin()], races.loc[races["margin_ratio"].idxmax()]
    return Figure(
        chart,
        title=title,
        subtitle=(
            f"Gross margin two years ahead, from {_percent(races['margin0_ratio'].iloc[0])} now (OpenAI), if cost and "
            "price each keep the yearly change named"
        ),
        alt=(
            f"Margins by cost trend (down) and price trend (across). Lowest is {_percent(worst['margin_ratio'])} "
            f"({worst['cost_trend'].lower()}; {worst['price_trend'].lower()}), highest "
            f"{_percent(best['margin_ratio'])} "
            f"({best['cost_trend'].lower()}; {best['price_trend'].lower()})."
        ),
        sources=sources,
        as_of=as_of,
        data=races,
        note=(
            "* Stated by the party that gains from it. Panel: YipitData's panel of buyers. Calls: a study of calls to "
            "many models. Cost and price are of different baskets of work: a pair is a supposition, not a forecast."
        ),
        name="margin-races",
    )


def coverage_ahead(
    so_far: pd.DataFrame,
    ahead: pd.DataFrame,
    *,
    as_of: datetime.date,
    sources: Iterable[str],
    title: str = "",
    years: float = 8,
) -> Figure | Silence:
    """
    Draw coverage as it was known and as it would go under each scenario, on a log scale.

    Parameters
    ----------
    so_far : DataFrame
        From :func:`aieq.findings.ways_out.coverage_so_far`.
    ahead : DataFrame
        From :func:`aieq.findings.ways_out.outlooks`.
    as_of, sources, title
        As for :func:`margin_races`.
    years : float
        How far to draw.
    """
    if so_far.empty or ahead.empty:
        return Silence("Coverage ahead", as_of)
    shown = ahead[(ahead["year"] <= years) & (ahead["year"] % 1 == 0)]
    base = shown[shown["scenario"] == "base"]
    parts = [
        so_far.assign(path="base", coverage=so_far["coverage_capital_ratio"], projected=False),
        so_far.assign(path="cahn", coverage=so_far["coverage_ratio"], projected=False),
        base[base["year"] > 0].assign(path="cahn", coverage=lambda rows: rows["coverage_ratio"], projected=True),
        *(
            rows[rows["year"] > (0 if name == "base" else -1)].assign(
                path=name, coverage=lambda table: table["coverage_capital_ratio"], projected=True
            )
            for name, rows in shown.groupby("scenario", sort=False)
        ),
    ]
    table = pd.concat(parts, ignore_index=True)[["path", "day", "coverage", "projected"]]
    title_y = "Actual over required revenue (log scale)"
    drawn = lines(table, "day", "coverage", "path", log=True, names=PATHS, colours=_PATH_COLOURS, dashed="projected",
                  y_title=title_y, y_format=".0%")  # fmt: skip
    chart = alt.layer(drawn, rule(y=1, label="revenue pays for the capital", colour=EARNED, log=True, y_title=title_y))
    known = so_far["coverage_capital_ratio"]
    end = shown[shown["year"] == shown["year"].max()].set_index("scenario")["coverage_capital_ratio"]
    return Figure(
        chart,
        title=title or _coverage_title(ahead),
        subtitle=(
            "Solid: as known at each quarter's end. Dashed: growth of revenue and of building fades as each scenario "
            "supposes"
        ),
        alt=(
            f"Coverage of capital in use goes from {_percent(known.iloc[0])} at the start of the record to "
            f"{_percent(known.iloc[-1])} now. {years:g} years ahead: "
            + "; ".join(f"{PATHS[name].lower()} {_percent(value)}" for name, value in end.items())
            + "."
        ),
        sources=sources,
        as_of=as_of,
        data=table,
        note="Revenue of labs and clouds, counted once, against five builders' capital. Not a forecast.",
        name="coverage-ahead",
    )


def common_clock(
    table: pd.DataFrame,
    *,
    levels: dict[str, float],
    as_of: datetime.date,
    sources: Iterable[str],
    title: str = "",
    start: float,
) -> Figure | Silence:
    """
    Draw lines of revenue from the day each passed one level, with what is missing as level lines.

    Parameters
    ----------
    table : DataFrame
        line, clock_years, usd_bn.
    levels : dict
        Name and height of each level line.
    start : float
        Level at which the clock starts, in bn dollars.
    as_of, sources, title
        As for :func:`margin_races`.
    """
    if table.empty:
        return Silence("New lines of revenue on a common clock", as_of)
    shown = table[(table["clock_years"] >= -0.05) & (table["clock_years"] <= 20)].reset_index(drop=True)
    y_title = "Yearly revenue, USD bn, constant dollars (log scale)"
    chart = alt.layer(
        lines(
            shown,
            "clock_years",
            "usd_bn",
            "line",
            log=True,
            colours=_LINE_COLOURS,
            x_title=f"Years since the line passed {start:g} bn dollars",
            y_title=y_title,
        ),
        *(rule(y=value, label=name, colour=REQUIRED, log=True, y_title=y_title) for name, value in levels.items()),
    )
    last = shown.sort_values("clock_years").groupby("line", sort=False).tail(1)
    return Figure(
        chart,
        title=title or _clock_title(shown, levels),
        subtitle="Revenue of the fastest new lines in constant dollars; the labs' run rates beside them",
        alt=(
            "Lines on a log scale against years since each passed the same level. At their ends: "
            + "; ".join(
                f"{row.line} {row.usd_bn:,.0f} bn after {row.clock_years:.1f} years" for row in last.itertuples()
            )
            + ". Level lines: "
            + "; ".join(f"{name} {value:,.0f} bn" for name, value in levels.items())
            + "."
        ),
        sources=sources,
        as_of=as_of,
        data=shown,
        note=(
            "A year's revenue stands at its middle, a run rate at its day; a run rate is the higher. "
            "Google's total stands for search advertising. The iPhone is missing: of Apple the evidence holds only the "
            "whole, from 2015."
        ),
        name="common-clock",
    )


def coding_agents(rows: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | Silence:
    """
    Draw each coding agent's run rate, on a log scale.

    Parameters
    ----------
    rows : DataFrame
        From :func:`aieq.findings.ways_out.coding_agent_rows`.
    as_of, sources, title
        As for :func:`margin_races`.
    """
    if rows.empty:
        return Silence(title, as_of)
    chart = lines(
        rows.sort_values("day"),
        "day",
        "usd_bn",
        "agent",
        log=True,
        points=True,
        y_title="Annualised revenue, USD bn (log scale)",
    )
    last = rows.sort_values("day").groupby("agent", sort=False).tail(1)
    return Figure(
        chart,
        title=title,
        subtitle="Run rates as stated by the companies or the press, at their own dates",
        alt=(
            "Lines rising on a log scale. The last figures: "
            + "; ".join(f"{row.agent} {row.usd_bn:,.2f} bn in {row.day:%B %Y}" for row in last.itertuples())
            + "."
        ),
        sources=sources,
        as_of=as_of,
        data=rows,
        note=(
            "Claude Code is part of Anthropic's revenue. Cursor pays the labs as a customer. GitHub Copilot "
            "publishes no revenue."
        ),
        name="coding-agents",
    )


def levers(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str = "") -> Figure | Silence:
    """
    Draw coverage three years ahead with each way out alone.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.findings.ways_out.levers`.
    as_of, sources, title
        As for :func:`margin_races`.
    """
    if table.empty:
        return Silence("Ways out beyond the article", as_of)
    start = float(table["coverage_ratio"].iloc[0])
    shown = table.assign(supposed=True)
    chart = alt.layer(
        dots_with_intervals(
            shown, "way", "coverage_ratio", "low", "high", opened="supposed", colour=ACCENT, zero=True,
            x_title="Coverage three years ahead", x_format=".0%", row_height=42,
            domain=(0, max(1.0, float(table["high"].max()) * 1.05)),
        ),
        rule(x=start, colour=CONTEXT, x_title="Coverage three years ahead"),
    )  # fmt: skip
    return Figure(
        chart,
        title=title or _levers_title(table),
        subtitle=(
            "Each way out alone, everything else as in the scenario; open dots are suppositions, lines the range of "
            "their size"
        ),
        alt=(
            "Dots of coverage three years ahead: "
            + "; ".join(f"{row.way.lower()} {_percent(row.coverage_ratio)}" for row in table.itertuples())
            + "."
        ),
        sources=sources,
        as_of=as_of,
        data=table.drop(columns="finding"),
        note="Ours, not the article's. Sizes and reasons stand in the scenario file. One would be full coverage.",
        name="levers",
    )


def rules_compared(
    rules: pd.DataFrame, *, actual: float, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure | Silence:
    """
    Draw what each published rule asks for on one set of inputs, beside what is earned.

    Parameters
    ----------
    rules : DataFrame
        who, asks, required_usd_bn.
    actual : float
        What is earned, in bn dollars a year.
    as_of, sources, title
        As for :func:`margin_races`.
    """
    if rules.empty:
        return Silence(title, as_of)
    table = rules.sort_values("required_usd_bn").assign(supposed=True)
    table["rule"] = table["who"] + ": " + table["asks"]
    chart = alt.layer(
        dots_with_intervals(table, "rule", "required_usd_bn", opened="supposed", colour=REQUIRED, row_height=44,
                            domain=(0, float(table["required_usd_bn"].max()) * 1.05),
                            x_title="Required revenue, USD bn a year"),
        rule(x=actual, label="AI revenue today", colour=EARNED, x_title="Required revenue, USD bn a year"),
    )  # fmt: skip
    return Figure(
        chart,
        title=title,
        subtitle="Published rules with their authors' constants, all fed the chip sales, spending and stock of today",
        alt=(
            f"Dots of required revenue against {actual:,.0f} bn earned: "
            + "; ".join(f"{row.who} {row.required_usd_bn:,.0f} bn" for row in table.itertuples())
            + "."
        ),
        sources=sources,
        as_of=as_of,
        data=rules,
        note="The rules ask different things: some charge a year with all its spending, others with interest alone.",
        name="rules-compared",
    )
