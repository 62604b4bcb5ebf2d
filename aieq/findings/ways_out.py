"""Findings on the ways out: how growth fades, when coverage reaches one, how large a killer application must be."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from .. import models, paths, revenue, stock
from ..assumptions import Scenario
from ..errors import EvidenceError, VintageError
from ..evidence import OUTCOMES, best_rows, quantity_of, source_keys
from ..paths import FadingGrowth
from ..quantity import Quantity, derive, weakest
from . import Context, finding
from .gamble import capital_inputs

SCENARIOS = ("low", "base", "high")
HORIZON_YEARS = 15.0
_STEPS = round(HORIZON_YEARS / paths.QUARTER_YEARS)
SOON_YEARS = 3.0  # the article's own horizon: two to three years
UNKNOWN = "not known on that day"
ARTICLE_DAY = "2025-01-31"  # as in aieq.claims, which imports the findings
START_USD_BN = 3.0  # the level at which the common clock starts: every line here passed it between two known figures
FIRST_YEARS = 8
# The fastest new lines of revenue in the evidence. Google's total stands for search advertising, which it nearly was
# until the middle of the 2010s; the evidence does not hold the iPhone's revenue, only all of Apple's from 2015 on.
LINES = {
    "Google": ("alphabet", "revenue"),
    "Amazon's cloud": ("amazon_aws", "cloud_revenue"),
    "Amazon": ("amazon", "revenue"),
    "Meta": ("meta", "revenue"),
}
# What is being paid for cannot pay for it: Nvidia's line is drawn for comparison and counts in no finding.
SUPPLIER = {"Nvidia's data-centre sales": ("nvidia", "datacenter_revenue")}
# Sold to people who write software. Claude Code lies inside Anthropic's revenue; Cursor pays the labs
# as a customer. GitHub Copilot publishes subscribers but no revenue, so the sum is a floor.
CODING_AGENTS = {
    "cursor_anysphere": "Cursor",
    "anthropic_claude_code": "Claude Code",
    "replit": "Replit",
    "lovable": "Lovable",
}


def _empty_if_unknown(function: Callable[[Context], pd.DataFrame]) -> Callable[[Context], pd.DataFrame]:
    """Let a table for a chart be empty on a day on which nothing of it was known: the chart then says so."""

    @functools.wraps(function)
    def known(context: Context) -> pd.DataFrame:
        try:
            return function(context)
        except VintageError:
            return pd.DataFrame()

    return known


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="ways_out", says=says)


# ---------------------------------------------------------------------------------------------------------------------
# How growth fades: from history


def _constant_dollars(context: Context) -> pd.Series:
    """Factor by which a year's dollars become those of the latest whole year of prices known on the day."""
    prices = context.view.series("us_economy", "cpi_u")
    if prices.empty:
        msg = f"no consumer prices were known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    by_year = prices.groupby(prices["period_end"].dt.year)["value"].mean()
    months = prices.groupby(prices["period_end"].dt.year)["value"].count()
    return by_year[months[months == 12].index[-1]] / by_year


def _annual(context: Context, entity: str, metric: str) -> pd.DataFrame:
    rows = best_rows(context.view.rows(entity, metric, basis=OUTCOMES, kind="year"))
    columns = ["period_start", "period_end", "value", "source", "grade"]
    rows = rows[columns]
    if (entity, metric) == ("alphabet", "revenue"):
        long = context.view.series(entity, metric).assign(grade="reported")
        rows = pd.concat([rows, long[~long["period_end"].isin(rows["period_end"])][columns]])
    return rows.sort_values("period_end").reset_index(drop=True)


def revenue_lines(context: Context, lines: Mapping[str, tuple[str, str]] = LINES) -> pd.DataFrame:
    """
    Yearly revenue of history's fastest new lines, on their own calendar and on a common clock.

    Parameters
    ----------
    context : Context
        Day and scenario.
    lines : mapping
        From what a reader calls a line to its entity and metric.

    Returns
    -------
    DataFrame
        line, entity, year (middle of the period, decimal), period_end, nominal_usd_bn, usd_bn (constant dollars),
        clock_years (since the line passed ``START_USD_BN``), source, grade.
    """

    def gather() -> pd.DataFrame:
        factor = _constant_dollars(context)
        frames = []
        for line, (entity, metric) in lines.items():
            rows = _annual(context, entity, metric)
            if len(rows) < 3:
                continue
            middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
            dollars = middle.dt.year.map(factor).fillna(1.0)
            frame = pd.DataFrame(
                {
                    "line": line,
                    "entity": entity,
                    "year": paths.decimal_year(middle),
                    "period_end": rows["period_end"],
                    "nominal_usd_bn": rows["value"] / 1000,
                    "usd_bn": rows["value"] / 1000 * dollars,
                    "source": rows["source"],
                    "grade": rows["grade"],
                }
            )
            try:
                frame["clock_years"] = paths.years_since_level(frame["year"], frame["usd_bn"], START_USD_BN)
            except EvidenceError:
                continue
            frames.append(frame)
        if not frames:
            msg = f"no long line of revenue was known on {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        return pd.concat(frames, ignore_index=True)

    return context.memo(("revenue lines", tuple(lines)), gather)


def _of_lines(context: Context, value: float, low: float, high: float, unit: str, interval: str) -> Quantity:
    lines = revenue_lines(context)
    return Quantity(
        value,
        unit,
        low,
        high,
        grade=weakest("derived", *lines["grade"]),
        sources=source_keys(lines["source"]),
        interval=interval,
    )


def half_lives(context: Context) -> pd.Series:
    """Half-life of growth of each line over its first eight years on record, in years, by line."""
    lasting = context.scenario["lasting_growth_ratio"]
    found = {}
    for line, rows in revenue_lines(context).groupby("line", sort=False):
        first = rows[rows["year"] <= rows["year"].min() + FIRST_YEARS + 0.1]
        found[line] = paths.fade_half_life_years(first["year"], first["nominal_usd_bn"], lasting_ratio=lasting)
    return pd.Series(found)


@_finding("history_growth_half_life_years", "years", "time in which growth halved in the first years of four new lines")
def history_half_life(context: Context) -> Quantity:
    found = half_lives(context)
    return _of_lines(
        context,
        float(found.median()),
        found.min(),
        found.max(),
        "years",
        "median, fastest and slowest of the lines",
    )


@_finding("history_fastest_year_multiple", "multiple", "fastest year of four new lines once they were beyond a billion")
def fastest_year(context: Context) -> Quantity:
    found = []
    for _, rows in revenue_lines(context).groupby("line", sort=False):
        before, apart = rows["nominal_usd_bn"].shift(), rows["year"].diff()
        grown = (rows["nominal_usd_bn"] / before)[(before >= 1) & (apart < 1.1)]
        found += list(grown)
    if not found:
        msg = f"no year of a line beyond a billion was known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    top = max(found)
    return replace(_of_lines(context, top, top, top, "multiple", "none: a maximum"), low=None, high=None)


def largest_gains(context: Context, span_years: float) -> pd.Series:
    """Largest gain of each line over a span of years, in constant dollars, by line."""
    found = {}
    for line, rows in revenue_lines(context).groupby("line", sort=False):
        try:
            found[line] = paths.largest_gain(rows["year"], rows["usd_bn"], span_years)[0]
        except EvidenceError:
            continue
    return pd.Series(found, dtype=float)


@_finding("history_three_year_gain_usd_bn", "USD_bn", "largest gain of any of four new lines over three years")
def history_gain(context: Context) -> Quantity:
    found = largest_gains(context, SOON_YEARS)
    if found.empty:
        msg = f"no line of revenue was known over {SOON_YEARS:g} years on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    top = float(found.max())
    return replace(
        _of_lines(context, top, top, top, "USD_bn", "none: a maximum, in constant dollars"), low=None, high=None
    )


# ---------------------------------------------------------------------------------------------------------------------
# Coverage ahead


@dataclass(frozen=True)
class Pace:
    """How fast things move now, and how fast that fades."""

    earned: FadingGrowth
    built: FadingGrowth
    spending_usd_bn: float


def pace(context: Context) -> Pace:
    """Growth of revenue and of AI capital spending over the last year, with the scenario's fade."""

    def measure() -> Pace:
        scenario = context.scenario
        now, before = stock.latest_pace(context.view, scenario)
        lasting = scenario["lasting_growth_ratio"]
        return Pace(
            FadingGrowth(
                context["actual_growth_multiple"].value - 1, lasting, scenario["revenue_growth_half_life_years"]
            ),
            FadingGrowth(now / before - 1, lasting, scenario["building_growth_half_life_years"]),
            now * 4,
        )

    return context.memo("pace", measure)


def outlook(context: Context) -> pd.DataFrame:
    """
    Both sides of the equation ahead, by quarter, under the context's scenario.

    Returns
    -------
    DataFrame
        year (from the day), day, revenue_usd_bn, required_usd_bn and required_capital_usd_bn, coverage_ratio and
        coverage_capital_ratio.
    """

    def run() -> pd.DataFrame:
        table = pd.DataFrame(_quarters_ahead(context, np.arange(_STEPS + 1)))
        table.insert(1, "day", pd.Timestamp(context.as_of) + pd.to_timedelta(table["year"] * 365.25, unit="D"))
        return table

    return context.memo("outlook", run)


def _quarters_ahead(context: Context, at: np.ndarray) -> dict[str, np.ndarray]:
    """Both sides after so many quarters: the numbers of :func:`outlook`."""
    now = pace(context)
    _, required = paths.requirement_ahead(capital_inputs(context), now.spending_usd_bn, now.built, _STEPS, at)
    years = np.arange(_STEPS + 1) * paths.QUARTER_YEARS
    earned = context["actual_ai_revenue_usd_bn"].value * np.asarray(now.earned.factor(years))[at]
    envelope_rule = context["required_revenue_usd_bn"].value * np.asarray(now.built.factor(years))[at]
    return {
        "year": years[at],
        "revenue_usd_bn": earned,
        "required_usd_bn": envelope_rule,
        "required_capital_usd_bn": required,
        "coverage_ratio": earned / envelope_rule,
        "coverage_capital_ratio": earned / required,
    }


@_empty_if_unknown
def outlooks(context: Context) -> pd.DataFrame:
    """The outlook under each of the three scenarios, with a column `scenario`."""
    frames = [outlook(context.with_scenario(name)).assign(scenario=name) for name in SCENARIOS]
    return pd.concat(frames, ignore_index=True)


def _assumed(context: Context, *names: str) -> tuple[str, ...]:
    return tuple(key for name in names for key in context.scenario.assumptions[name].sources)


def _ahead(context: Context, value: float, unit: str, low: float | None = None, high: float | None = None,
           interval: str = "scenarios, from much to little required") -> Quantity:  # fmt: skip
    sources = (
        *context["coverage_capital_ratio"].sources,
        *_assumed(context, "revenue_growth_half_life_years", "building_growth_half_life_years", "lasting_growth_ratio"),
    )
    return Quantity(value, unit, low, high, grade="assumed", sources=sources, interval=interval)


def _at(context: Context, column: str, years: float = SOON_YEARS) -> float:
    # Most ask for one day ahead, which needs the quarters around it only.
    exact = min(max(years / paths.QUARTER_YEARS, 0), _STEPS)
    around = np.unique([math.floor(exact), math.ceil(exact)])
    table = context.memo(("quarters ahead", *around.tolist()), lambda: _quarters_ahead(context, around))
    return float(np.interp(years, table["year"], table[column]))


def _by_scenario(context: Context, column: str, unit: str, years: float = SOON_YEARS) -> Quantity:
    all_three = [_at(context.with_scenario(name), column, years) for name in SCENARIOS]
    here = _at(context, column, years)
    return _ahead(context, here, unit, min(*all_three, here), max(*all_three, here))


@_finding("coverage_capital_ahead_ratio", "ratio", "coverage of capital in use three years ahead if growth fades")
def coverage_capital_ahead(context: Context) -> Quantity:
    return _by_scenario(context, "coverage_capital_ratio", "ratio")


@_finding("coverage_ahead_ratio", "ratio", "coverage under Cahn's rule three years ahead if growth fades")
def coverage_ahead(context: Context) -> Quantity:
    return _by_scenario(context, "coverage_ratio", "ratio")


@_finding("revenue_ahead_usd_bn", "USD_bn", "AI revenue three years ahead if its growth fades")
def revenue_ahead(context: Context) -> Quantity:
    return _by_scenario(context, "revenue_usd_bn", "USD_bn")


@_finding("required_capital_ahead_usd_bn", "USD_bn", "revenue that capital in use will require three years ahead")
def required_ahead(context: Context) -> Quantity:
    return _by_scenario(context, "required_capital_usd_bn", "USD_bn")


def _scenario_findings(name: str, title: str) -> None:
    @_finding(f"coverage_capital_peak_{name}_ratio", "ratio", f"highest coverage within fifteen years, {title}")
    def peak(context: Context) -> Quantity:
        there = context.with_scenario(name)
        return _ahead(
            there, float(outlook(there)["coverage_capital_ratio"].max()), "ratio", interval="none: one scenario"
        )

    @_finding(f"break_even_{name}_years", "years", f"years until revenue pays for the capital in use, {title}")
    def break_even(context: Context) -> Quantity:
        there = context.with_scenario(name)
        table = outlook(there)
        years = paths.crossing(table["year"], table["coverage_capital_ratio"])
        if years is None:
            msg = f"under the scenario {name!r} coverage does not reach one within {HORIZON_YEARS:g} years"
            raise VintageError(msg)
        return _ahead(there, years, "years", interval="none: one scenario")


for _name, _title in (
    ("low", "little required"),
    ("base", "base scenario"),
    ("high", "much required"),
):
    _scenario_findings(_name, _title)


def _reaching(context: Context, column: str) -> Quantity:
    reached = [
        paths.crossing(table["year"], table[column]) is not None
        for table in (outlook(context.with_scenario(name)) for name in SCENARIOS)
    ]
    return _ahead(context, sum(reached), "count", interval="none: a count of scenarios")


@_finding("break_even_scenarios_count", "count", "scenarios of three in which revenue comes to pay for capital in use")
def reaching(context: Context) -> Quantity:
    return _reaching(context, "coverage_capital_ratio")


@_finding("break_even_cahn_scenarios_count", "count", "scenarios of three in which revenue comes to meet Cahn's rule")
def reaching_cahn(context: Context) -> Quantity:
    return _reaching(context, "coverage_ratio")


def _years_to(context: Context, day: str) -> float:
    return (pd.Timestamp(day) - pd.Timestamp(context.as_of)).days / 365.25


@_finding("lab_plan_multiple", "multiple", "Anthropic's own plan for its revenue of 2028 over its latest run rate")
def lab_plan(context: Context) -> Quantity:
    rows = context.view.rows("anthropic", "revenue", basis="guidance", kind="year")
    rows = rows[rows["period_end"] == pd.Timestamp(2028, 12, 31)]
    if rows.empty:
        msg = f"no plan of Anthropic's for 2028 was known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    plan = quantity_of(rows.tail(1), context.view.dated).to("USD_bn")
    now = revenue.run_rate(context.view, "anthropic").quantity
    return derive(lambda a, b: a / b, plan, now, unit="multiple", interval="range of plan and run rate")


@_finding("revenue_2028_multiple", "multiple", "AI revenue in the middle of 2028 over that of today if growth fades")
def revenue_2028(context: Context) -> Quantity:
    years = _years_to(context, "2028-07-01")
    if years <= 0:
        msg = f"the middle of 2028 lies behind {context.view.dated}: there is nothing to project"
        raise VintageError(msg)
    factors = [float(pace(context.with_scenario(name)).earned.factor(years)) for name in SCENARIOS]
    here = float(pace(context).earned.factor(years))
    return _ahead(context, here, "multiple", min(*factors, here), max(*factors, here))


def _projected_earlier(context: Context, name: str) -> float:
    day = context.as_of
    earlier = context.at(day.replace(year=day.year - 1, day=min(day.day, 28))).with_scenario(name)
    years = (day - earlier.as_of).days / 365.25
    return earlier["actual_ai_revenue_usd_bn"].value * float(pace(earlier).earned.factor(years))


@_finding("backtest_revenue_ratio", "ratio", "revenue this rule would have put on today a year ago, over what it is")
def backtest(context: Context) -> Quantity:
    actual = context["actual_ai_revenue_usd_bn"].value
    ratios = [_projected_earlier(context, name) / actual for name in SCENARIOS]
    here = _projected_earlier(context, context.scenario.root) / actual
    return _ahead(context, here, "ratio", min(*ratios, here), max(*ratios, here))


@_finding("backtest_article_ratio", "ratio", "revenue this rule would have put on today when the article was written")
def backtest_article(context: Context) -> Quantity:
    then = context.at(ARTICLE_DAY)
    years = (context.as_of - then.as_of).days / 365.25
    if years < 0.5:
        msg = f"on {context.view.dated} half a year had not passed since the article: there is nothing to compare"
        raise VintageError(msg)
    actual = context["actual_ai_revenue_usd_bn"].value

    def projected(name: str) -> float:
        there = then.with_scenario(name)
        return there["actual_ai_revenue_usd_bn"].value * float(pace(there).earned.factor(years)) / actual

    ratios = [projected(name) for name in SCENARIOS]
    here = projected(context.scenario.root)
    return _ahead(context, here, "ratio", min(*ratios, here), max(*ratios, here))


def count_words(quantity: Quantity | None) -> str:
    """
    Write a small count of three as a word.

    Examples
    --------
    >>> count_words(Quantity(1, "count"))
    'one'
    """
    if quantity is None:
        return UNKNOWN
    return ("none", "one", "two", "all three")[int(quantity.value)]


def reach_words(context: Context, name: str) -> str:
    """Say when coverage of capital in use reaches one under a scenario, or how close it comes."""
    quantity = context.get(f"break_even_{name}_years")
    if quantity is not None:
        year = context.as_of.year + (context.as_of.timetuple().tm_yday / 365.25) + quantity.value
        return f"reaches one in the course of {int(year)}"
    peak = context.get(f"coverage_capital_peak_{name}_ratio")
    if peak is None:
        return UNKNOWN
    return f"does not reach one within fifteen years and peaks at {peak.text()}"


@_finding("break_even_constant_growth_years", "years", "years to break-even if both sides went on growing as they did")
def constant_growth(context: Context) -> Quantity:
    growth = {
        "revenue": context["actual_growth_multiple"],
        "requirement": context["required_capital_growth_multiple"],
    }
    coverage = context["coverage_capital_ratio"]
    if growth["revenue"].value <= growth["requirement"].value:
        msg = f"in the year to {context.view.dated} revenue grew no faster than its requirement: that never ends"
        raise VintageError(msg)

    def years(level: float) -> float:
        lasting = [FadingGrowth(q.value - 1) for q in growth.values()]
        return paths.break_even_years(level, *lasting, horizon_years=100) or 0.0

    return replace(
        derive(years, coverage, unit="years", interval="interval of coverage"),
        grade=weakest(coverage.grade, *(q.grade for q in growth.values())),
    )


@_finding("growth_needed_per_year", "multiple_per_year", "steady growth of revenue that closes the gap in three years")
def growth_needed(context: Context) -> Quantity:
    def needed(there: Context) -> float:
        table = outlook(there)
        multiple = _at(there, "required_capital_usd_bn") / table["required_capital_usd_bn"].iloc[0]
        return 1 + paths.growth_needed_ratio(table["coverage_capital_ratio"].iloc[0], SOON_YEARS, multiple)

    all_three = [needed(context.with_scenario(name)) for name in SCENARIOS]
    here = needed(context)
    return _ahead(context, here, "multiple_per_year", min(*all_three, here), max(*all_three, here))


# ---------------------------------------------------------------------------------------------------------------------
# A killer application: how large, by when


@_finding("missing_revenue_capital_usd_bn", "USD_bn", "revenue that capital in use requires beyond what is earned")
def missing_capital(context: Context) -> Quantity:
    required, actual = context["required_revenue_capital_usd_bn"], context["actual_ai_revenue_usd_bn"]
    return derive(lambda a, b: a - b, required, actual, unit="USD_bn", interval="corners of both intervals")


@_finding("missing_revenue_cahn_usd_bn", "USD_bn", "revenue that Cahn's rule requires beyond what is earned")
def missing_cahn(context: Context) -> Quantity:
    required, actual = context["required_revenue_usd_bn"], context["actual_ai_revenue_usd_bn"]
    return derive(lambda a, b: a - b, required, actual, unit="USD_bn", interval="corners of both intervals")


@_finding("new_revenue_needed_usd_bn", "USD_bn", "new AI revenue needed in three years to pay for capital in use")
def new_needed(context: Context) -> Quantity:
    def needed(there: Context) -> float:
        return _at(there, "required_capital_usd_bn") - there["actual_ai_revenue_usd_bn"].value

    all_three = [needed(context.with_scenario(name)) for name in SCENARIOS]
    here = needed(context)
    return _ahead(context, here, "USD_bn", min(*all_three, here), max(*all_three, here))


@_finding("new_lines_needed_multiple", "multiple", "that need over the largest three-year gain of any line in history")
def lines_needed(context: Context) -> Quantity:
    return derive(
        lambda need, gain: need / gain,
        context["new_revenue_needed_usd_bn"],
        context["history_three_year_gain_usd_bn"],
        unit="multiple",
        interval="scenarios, from much to little required",
    )


@_finding("history_years_to_missing_years", "years", "fewest years a line took from its start to the missing revenue")
def years_to_missing(context: Context) -> Quantity:
    wanted = context["missing_revenue_capital_usd_bn"].value
    taken = {}
    for line, rows in revenue_lines(context).groupby("line", sort=False):
        clock = rows["clock_years"].to_numpy()
        years = paths.crossing(clock, rows["usd_bn"] / wanted)
        if years is not None:
            taken[line] = years
    if not taken:
        msg = f"no line of revenue known on {context.view.dated} has ever reached the missing {wanted:.0f} bn"
        raise VintageError(msg)
    best = float(min(taken.values()))
    return replace(
        _of_lines(context, best, best, best, "years", "none: the fastest of the lines, to the central value"),
        low=None,
        high=None,
    )


def _agent_rows(context: Context) -> pd.DataFrame:
    """Every run rate of a coding agent known on the day, by agent and date: agent, day, usd_bn, grade, source."""

    def gather() -> pd.DataFrame:
        frames = []
        for entity, agent in CODING_AGENTS.items():
            rows = revenue.run_rate_rows(context.view, entity)
            rows = best_rows(rows[rows["basis"].isin(("reported", "secondary")) & rows["value"].notna()])
            frames.append(
                pd.DataFrame(
                    {
                        "agent": agent,
                        "day": rows["period_end"],
                        "usd_bn": rows["value"] / 1000,
                        "grade": rows["grade"],
                        "source": rows["source"],
                    }
                )
            )
        table = pd.concat(frames, ignore_index=True)
        if table.empty:
            msg = f"no run rate of a coding agent was known on {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        return table

    return context.memo("coding agents", gather)


@_empty_if_unknown
def coding_agent_rows(context: Context) -> pd.DataFrame:
    """Every run rate of a coding agent known on the day, by agent and date; empty if there was none."""
    return _agent_rows(context)


def coding_agents(context: Context, at: pd.Timestamp | None = None) -> pd.DataFrame:
    """
    Last run rate of each coding agent by a day, none older than a year.

    Parameters
    ----------
    context : Context
        Day and scenario: what was known.
    at : Timestamp, optional
        The day the figures are about, that of the context by default.

    Returns
    -------
    DataFrame
        One row an agent, columns as in :func:`coding_agent_rows`.
    """
    at = pd.Timestamp(context.as_of) if at is None else at
    rows = _agent_rows(context)
    rows = rows[(rows["day"] <= at) & (rows["day"] > at - pd.DateOffset(years=1))]
    if rows.empty:
        msg = f"no run rate of a coding agent of the year to {at.date()} was known on {context.view.dated}"
        raise VintageError(msg)
    return rows.sort_values("day", kind="stable").groupby("agent", sort=False).tail(1).reset_index(drop=True)


def _agents(context: Context, at: pd.Timestamp | None = None) -> Quantity:
    table = coding_agents(context, at)
    return Quantity(
        float(table["usd_bn"].sum()),
        "USD_bn",
        grade=weakest("derived", *table["grade"]),
        sources=source_keys(table["source"]),
        interval="none: a floor, one figure for each agent, GitHub Copilot missing",
    )


@_finding("coding_agents_run_rate_usd_bn", "USD_bn", "annualised revenue of coding agents that publish one, a floor")
def agents_run_rate(context: Context) -> Quantity:
    return _agents(context)


@_finding("coding_agents_growth_multiple", "multiple", "that run rate over the one of a year earlier")
def agents_growth(context: Context) -> Quantity:
    before = _agents(context, pd.Timestamp(context.as_of) - pd.DateOffset(years=1))
    return derive(lambda a, b: a / b, _agents(context), before, unit="multiple", interval="none: both are floors")


@_finding("cursor_price_usd_bn", "USD_bn", "price at which SpaceX agreed to buy the maker of Cursor, all in shares")
def cursor_price(context: Context) -> Quantity:
    return context.view.quantity("cursor_anysphere", "acquisition_price").to("USD_bn")


@_finding("coding_agents_share_of_missing_ratio", "ratio", "coding agents' run rate over the missing revenue")
def agents_share(context: Context) -> Quantity:
    missing = context["missing_revenue_capital_usd_bn"]
    if missing.value <= 0:
        msg = f"on {context.view.dated} no revenue is missing under the rule for capital in use"
        raise VintageError(msg)
    ends = [missing.value, *(end for end in (missing.low, missing.high) if end is not None and end > 0)]
    agents = context["coding_agents_run_rate_usd_bn"]
    shares = [agents.value / end for end in ends]
    return Quantity(
        shares[0],
        "ratio",
        min(shares),
        max(shares),
        grade=weakest(missing.grade, agents.grade),
        sources=(*agents.sources, *missing.sources),
        interval="ends of the missing revenue that are above zero",
    )


# ---------------------------------------------------------------------------------------------------------------------
# Efficiency: the race of cost and price


@dataclass(frozen=True)
class Trend:
    """A yearly change of cost or price with who says so."""

    label: str
    change_ratio: float
    quantity: Quantity
    gains: bool  # whether the party that says it gains from it


def _change(quantity: Quantity) -> Quantity:
    ends = [None if end is None else end / 100 for end in (quantity.low, quantity.high)]
    return replace(quantity, value=quantity.value / 100, unit="ratio", low=ends[0], high=ends[1])


def _yearly(row: pd.Series) -> float:
    years = ((row["period_end"] - row["period_start"]).days + 1) / 365.25
    return (1 + row["value"] / 100) ** (1 / years) - 1 if years < 0.9 else row["value"] / 100


COST_TRENDS = {
    "Chips alone (Epoch)": ("epoch", "hardware_cost_change_per_year", False),
    "A token at Microsoft": ("microsoft", "cost_per_token_change", True),
    "A request at Google": ("alphabet", "gemini_serving_unit_cost_change", True),
}
PRICE_TRENDS = {"Panel": ("llm_market", "effective_price_change_yipit", False)}


def _trends(context: Context, named: Mapping[str, tuple[str, str, bool]]) -> list[Trend]:
    found = []
    for label, (entity, metric, gains) in named.items():
        rows = context.view.rows(entity, metric, basis=OUTCOMES)
        if rows.empty:
            continue
        row = rows.iloc[-1]
        found.append(Trend(label, _yearly(row), _change(context.view.quantity(entity, metric)), gains))
    return found


def cost_trends(context: Context) -> list[Trend]:
    """Yearly changes of the cost of serving known on the day, by who states them."""
    return _trends(context, COST_TRENDS)


def price_trends(context: Context) -> list[Trend]:
    """Yearly changes of the price that buyers pay known on the day, by who measures them."""
    found = _trends(context, PRICE_TRENDS)
    paid = context.view.rows("llm_market", "effective_price_blended_2p4bn_calls")
    if len(paid) >= 2:
        first, last = paid.iloc[0], paid.iloc[-1]
        years = (last["period_end"] - first["period_end"]).days / 365.25
        change = (last["value"] / first["value"]) ** (1 / years) - 1
        quantity = Quantity(
            change,
            "ratio",
            grade="estimated",
            sources=source_keys(paid["source"]),
            interval="none: one study, two readings",
        )
        found.append(Trend("Calls", change, quantity, False))
    return sorted(found, key=lambda trend: -trend.change_ratio)


def _named_trend(context: Context, trends: list[Trend], label: str) -> Quantity:
    for trend in trends:
        if trend.label == label:
            return replace(
                trend.quantity, value=-trend.change_ratio, low=None, high=None, interval="none: one statement"
            )
    msg = f"the change of {label!r} was not known on {context.view.dated}: ask for a later day"
    raise VintageError(msg)


@_finding("cost_fall_microsoft_ratio", "ratio", "fall of the cost of a token in a year, by Microsoft's statement")
def cost_fall_microsoft(context: Context) -> Quantity:
    return _named_trend(context, cost_trends(context), "A token at Microsoft")


@_finding("cost_fall_google_ratio", "ratio", "fall of the cost of serving a request in a year, by Google's statement")
def cost_fall_google(context: Context) -> Quantity:
    return _named_trend(context, cost_trends(context), "A request at Google")


@_empty_if_unknown
def margin_races(context: Context) -> pd.DataFrame:
    """
    Margin two years ahead under each pair of a known cost trend and a known price trend.

    Returns
    -------
    DataFrame
        cost_trend, price_trend, cost_change_ratio, price_change_ratio, margin0_ratio, margin_ratio, gains (whether the
        cost is stated by the party that gains from it), source; empty while no margin to start from was known.
    """
    margin = context.get("openai_gross_margin_ratio")
    if margin is None:
        return pd.DataFrame()
    start = margin.value
    held = Quantity(0.0, "ratio", grade="assumed", interval="none: a supposition")
    costs = [Trend("Cost held", 0.0, held, False), *cost_trends(context)]
    prices = [Trend("Price held", 0.0, held, False), *price_trends(context)]
    rows = []
    for cost in costs:
        for price in prices:
            path = paths.margin_path(
                start, cost_change_ratio=cost.change_ratio, price_change_ratio=price.change_ratio, years=[0, 2]
            )
            rows.append(
                {
                    "cost_trend": cost.label,
                    "price_trend": price.label,
                    "cost_change_ratio": cost.change_ratio,
                    "price_change_ratio": price.change_ratio,
                    "margin0_ratio": start,
                    "margin_ratio": float(path["margin_ratio"].iloc[-1]),
                    "gains": cost.gains,
                    "source": ";".join((*cost.quantity.sources, *price.quantity.sources)),
                }
            )
    return pd.DataFrame(rows)


# ---------------------------------------------------------------------------------------------------------------------
# Beyond the article: each way out on its own, three years ahead, on the rule for capital in use


def _required_with(context: Context, scenario: Scenario, built: FadingGrowth) -> float:
    inputs = stock.inputs(context.view, scenario)
    steps = round(SOON_YEARS / paths.QUARTER_YEARS)
    spent = pace(context).spending_usd_bn
    return float(paths.requirement_ahead(inputs, spent, built, steps, np.array([steps]))[1][0])


def _longer_lives(context: Context, years: float) -> float:
    lives = dict(context.scenario["asset_life_years"])
    longer = {name: lives[name] + years for name in ("accelerators", "other_it")}
    scenario = context.scenario.replaced(asset_life_years=lives | longer)
    return _at(context, "revenue_usd_bn") / _required_with(context, scenario, pace(context).built)


def _slower_building(context: Context, half_life: float) -> float:
    built = replace(pace(context).built, half_life_years=min(half_life, pace(context).built.half_life_years))
    return _at(context, "revenue_usd_bn") / _required_with(context, context.scenario, built)


def _consolidation(context: Context, margin: float) -> float:
    now = context.scenario["buyer_gross_margin_ratio"]
    return _at(context, "coverage_capital_ratio") * (1 - min(margin, now)) / (1 - now)


def _advertising(context: Context, usd_bn: float) -> float:
    return (_at(context, "revenue_usd_bn") + usd_bn) / _at(context, "required_capital_usd_bn")


def _dearer(context: Context, elasticity: float) -> float:
    rise = paths.revenue_change_ratio(context.scenario["lever_price_rise_ratio"], elasticity)
    return _at(context, "coverage_capital_ratio") * (1 + rise)


def _lever(context: Context, name: str, function, sources: tuple[str, ...] = ()) -> Quantity:  # noqa: ANN001
    size = context.scenario.quantity(name)
    found = [function(context, x) for x in (size.value, size.low, size.high)]
    quantity = _ahead(
        context, found[0], "ratio", min(found), max(found), interval="range of the size of this way out alone"
    )
    return replace(quantity, sources=(*quantity.sources, *size.sources, *sources))


@_finding("lever_longer_lives_ratio", "ratio", "coverage three years ahead if computing equipment lives longer")
def lever_lives(context: Context) -> Quantity:
    return _lever(context, "lever_life_added_years", _longer_lives)


@_finding("lever_slower_building_ratio", "ratio", "coverage three years ahead if building stops growing at once")
def lever_building(context: Context) -> Quantity:
    return _lever(context, "lever_building_half_life_years", _slower_building)


@_finding("lever_consolidation_ratio", "ratio", "coverage three years ahead if fewer sellers need a thinner margin")
def lever_consolidation(context: Context) -> Quantity:
    return _lever(context, "lever_buyer_gross_margin_ratio", _consolidation)


@_finding("lever_price_rises_ratio", "ratio", "coverage three years ahead if all prices rise by a quarter")
def lever_prices(context: Context) -> Quantity:
    return _lever(context, "demand_elasticity_multiple", _dearer)


@_finding("lever_advertising_ratio", "ratio", "coverage three years ahead with advertising as large as Meta")
def lever_advertising(context: Context) -> Quantity:
    ads = context.view.trailing_year("meta", "revenue").to("USD_bn")
    quantity = _ahead(context, _advertising(context, ads.value), "ratio", interval="none: one size, all of Meta")
    return replace(quantity, sources=(*quantity.sources, *ads.sources))


LEVERS = {
    "Longer useful lives": "lever_longer_lives_ratio",
    "Slower building": "lever_slower_building_ratio",
    "Consolidation": "lever_consolidation_ratio",
    "Advertising as large as Meta": "lever_advertising_ratio",
    "Dearer by a quarter": "lever_price_rises_ratio",
}


@_empty_if_unknown
def levers(context: Context) -> pd.DataFrame:
    """
    Every way out beside the path without it, three years ahead.

    Returns
    -------
    DataFrame
        way, finding, coverage_ratio, low, high, gain_ratio (over the path without it).
    """
    start = _at(context, "coverage_capital_ratio")
    rows = [{"way": "None of them", "finding": "", "coverage_ratio": start, "low": start, "high": start}]
    for way, name in LEVERS.items():
        quantity = context.get(name)
        if quantity is not None:
            low, high = (quantity.value,) * 2 if quantity.low is None else (quantity.low, quantity.high)
            rows.append({"way": way, "finding": name, "coverage_ratio": quantity.value, "low": low, "high": high})
    return pd.DataFrame(rows).assign(gain_ratio=lambda frame: frame["coverage_ratio"] - start)


@_finding("lever_best_ratio", "ratio", "coverage three years ahead with the most effective single way out")
def lever_best(context: Context) -> Quantity:
    table = levers(context)
    if table.empty:
        msg = f"on {context.view.dated} no path of coverage could be drawn: ask for a later day"
        raise VintageError(msg)
    best = table.loc[table["coverage_ratio"].idxmax()]
    return _ahead(context, best["coverage_ratio"], "ratio", best["low"], best["high"], "range of its size")


@_finding("lever_all_ratio", "ratio", "coverage three years ahead with all five ways out together")
def lever_all(context: Context) -> Quantity:
    scenario = context.scenario
    lives = dict(scenario["asset_life_years"])
    added = scenario["lever_life_added_years"]
    now = scenario["buyer_gross_margin_ratio"]
    changed = scenario.replaced(
        asset_life_years=lives | {name: lives[name] + added for name in ("accelerators", "other_it")},
        buyer_gross_margin_ratio=min(scenario["lever_buyer_gross_margin_ratio"], now),
    )
    built = replace(pace(context).built, half_life_years=scenario["lever_building_half_life_years"])
    dearer = 1 + paths.revenue_change_ratio(scenario["lever_price_rise_ratio"], scenario["demand_elasticity_multiple"])
    ads = context.view.trailing_year("meta", "revenue").to("USD_bn")
    earned = _at(context, "revenue_usd_bn") * dearer + ads.value
    value = earned / _required_with(context, changed, built)
    quantity = _ahead(context, value, "ratio", interval="none: each at the scenario's size")
    return replace(quantity, sources=(*quantity.sources, *ads.sources))


# ---------------------------------------------------------------------------------------------------------------------
# Other people's rules on one set of inputs


_RULE_OF = {
    "Cahn": "cahn2023_required",
    "Bain": "bain2025_required",
    "Kupperman": "kupperman2025_aug",
    "Krishna, J.P. Morgan": "jpm2025_required",
}
_REPEATED_HERE = (
    "cahn2023_required cahn2023_hole cahn2024_required cahn2024_hole bain2025_required jpm2025_required jpm2025_iphone "
    "kupperman2025_aug krishna2025 acemoglu_tfp deepseek_cost deepseek_revenue a16z_llmflation"
).split()


@_empty_if_unknown
def rules_on_common_inputs(context: Context) -> pd.DataFrame:
    """What each rule published by the day asks for on its figures; see :func:`aieq.models.on_common_inputs`."""
    rules = models.on_common_inputs(
        gpu_run_rate_usd_bn=context["gpu_run_rate_usd_bn"].value,
        ai_capex_usd_bn=pace(context).spending_usd_bn,
        ai_capital_usd_bn=context["ai_capital_stock_usd_bn"].value,
        buyer_gross_margin_ratio=context.scenario["buyer_gross_margin_ratio"],
    )
    known = rules["who"].map(lambda who: models.get(_RULE_OF[who]).day <= context.as_of.isoformat())
    return rules[known].reset_index(drop=True)


def rule_sources(context: Context) -> tuple[str, ...]:
    """Sources of the rules published by the day."""
    shown = rules_on_common_inputs(context)
    names = [] if shown.empty else shown["who"]
    return tuple(key for who in names for key in models.get(_RULE_OF[who]).sources)


def repeated_models(context: Context) -> pd.DataFrame:
    """
    Published calculations beside our repetition of them, for a table.

    Returns
    -------
    DataFrame
        who, what, published, ours, verdict, as text; only what was published by the day.
    """
    table = models.table(context.as_of.isoformat(), _REPEATED_HERE)
    shown = [
        ["" if pd.isna(value) else Quantity(round(value, 6), unit).text() for value in row]
        for *row, unit in table[["published", "computed", "unit"]].itertuples(index=False, name=None)
    ]
    texts = pd.DataFrame(shown, columns=["published", "ours"])
    remark = table["verdict"].where(table["missing"] == "", table["verdict"] + ": " + table["missing"])
    return table[["who", "what"]].assign(published=texts["published"], ours=texts["ours"], verdict=remark)


@_empty_if_unknown
def clock_table(context: Context) -> pd.DataFrame:
    """History's lines, the supplier's and the labs' run rates on the common clock, in one table."""
    columns = ["line", "clock_years", "usd_bn", "source"]
    parts = [revenue_lines(context), run_rate_lines(context)]
    try:
        parts.append(revenue_lines(context, SUPPLIER))
    except VintageError:
        parts.append(pd.DataFrame())
    return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)


def clock_levels(context: Context) -> dict[str, float]:
    """What is missing today and what must be added in three years, in bn dollars."""
    named = {
        "missing today": "missing_revenue_capital_usd_bn",
        "to be added in three years": "new_revenue_needed_usd_bn",
    }
    known = {label: context.get(name) for label, name in named.items()}
    return {label: quantity.value for label, quantity in known.items() if quantity is not None and quantity.value > 0}


def sources_of(context: Context, *names: str, most: int = 8) -> tuple[str, ...]:
    """Sources of some findings, for the foot of a chart: the first of each in turn, not more than `most`."""
    lists = [quantity.sources for name in names if (quantity := context.get(name)) is not None]
    turns = [key for turn in itertools.zip_longest(*lists) for key in turn if key]
    return tuple(dict.fromkeys(turns))[:most]


def coverage_so_far(context: Context, first: date | str = "2023-12-31") -> pd.DataFrame:
    """
    Coverage under both rules as it was known at the end of each quarter up to the day.

    Returns
    -------
    DataFrame
        day, coverage_ratio, coverage_capital_ratio.
    """
    rows = []
    for end in [*pd.date_range(first, context.as_of, freq="QE"), pd.Timestamp(context.as_of)]:
        there = context if end.date() == context.as_of else context.at(end.date())
        names = ("coverage_ratio", "coverage_capital_ratio")
        known = {name: quantity.value for name in names if (quantity := there.get(name)) is not None}
        if len(known) == len(names):
            rows.append({"day": end} | known)
    return pd.DataFrame(rows).drop_duplicates("day")


def run_rate_lines(context: Context) -> pd.DataFrame:
    """
    Run rates of the two large labs on the common clock.

    Returns
    -------
    DataFrame
        line, entity, year, usd_bn, clock_years, source.
    """
    frames = []
    for entity in ("openai", "anthropic"):
        rows = revenue.run_rate_rows(context.view, entity)
        rows = best_rows(rows[rows["basis"].isin(("reported", "secondary")) & rows["value"].notna()])
        if len(rows) < 2:
            continue
        frame = pd.DataFrame(
            {
                "line": f"{revenue.LABS[entity]} (run rate)",
                "entity": entity,
                "year": paths.decimal_year(rows["period_end"]),
                "usd_bn": rows["value"] / 1000,
                "source": rows["source"],
            }
        )
        try:
            frame["clock_years"] = paths.years_since_level(frame["year"], frame["usd_bn"], START_USD_BN)
        except EvidenceError:
            continue
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
