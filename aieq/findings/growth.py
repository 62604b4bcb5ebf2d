"""Findings on growth: how soon it fades, which shape forecasts best, what windows and prices do to its measure."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Callable

import numpy as np
import pandas as pd

from .. import prices, stock
from ..errors import EvidenceError, VintageError
from ..evidence import best_rows, source_keys
from ..growth import contest, demand, half_life, windows
from ..quantity import Quantity
from ..scoreboard.series import series_named
from ..trends import growth_fit, growth_now
from . import Context, finding
from .history import TOKEN_SERIES, market
from .revenue import path
from .ways_out import revenue_lines

FADES = "revenue_growth_half_life_years"
NOW_GROWING = ("AI revenue", "OpenAI", "Anthropic", "Nvidia's data centres", "Capex of five builders")
AHEAD_YEARS = 2.0
FAST_RATIO = 1.0  # it doubled in a year
LARGE_USD_BN = 100.0
STEADY_RATIO = 0.25  # below it growth is near the lasting rate: what could halve is lost in what varies by year
WIDEST = 40  # a rate whose interval spans more than this factor is not known
CAP_YEARS = 20.0  # stands for growth that did not slow: a quantity must be a number
FEWEST_STARTS = 5
_SIZES = ("growing by over 25 %, from under 1 bn a year", "from 1 to 10 bn", "from 10 to 100 bn", "from over 100 bn")
_PACES = ("growing by under 25 % a year", "by 25 to 100 %", "by 100 to 200 %", "by more than 200 %")


def _finding(name: str, unit: str, says: str) -> Callable:
    return finding(name, unit=unit, section="revenue", says=says)


# Lines


def growth_lines(context: Context) -> pd.DataFrame:
    """
    Lines of revenue and spending whose growth can be followed: of the AI build-out, and of earlier new businesses.

    Returns
    -------
    DataFrame
        line, day, value (USD bn a year, nominal), group (``AI`` or ``earlier``), source; one figure a quarter or year.
        AI revenue is what was known at each quarter's end; the others as last stated, the last statement of a quarter.
    """

    def gather() -> pd.DataFrame:
        known, view = path(context), context.view
        keys = ("ai_revenue", "openai", "anthropic", "nvidia", "capex")
        stated = context["actual_ai_revenue_usd_bn"].sources
        spent, sold = stock.spending(view)["source"], view.quarters("nvidia", "datacenter_revenue")["source"]
        sources = {"capex": source_keys(spent.unique()), "nvidia": source_keys(sold.unique())}
        frames = []
        for line, key in zip(NOW_GROWING, keys, strict=True):
            rows = series_named(key).known(view, known)
            if rows.empty:
                continue
            rows = rows.groupby(rows["day"].dt.to_period("Q"), as_index=False).last()
            a_year = 4 if key in ("nvidia", "capex") else 1
            frame = pd.DataFrame({"line": line, "day": rows["day"], "value": rows["value"] * a_year})
            frames.append(frame.assign(group="AI", source=";".join(sources.get(key, stated))))
        try:
            earlier = revenue_lines(context)
        except VintageError:
            earlier = pd.DataFrame()
        if len(earlier):
            shown = earlier.rename(columns={"period_end": "day", "nominal_usd_bn": "value"})
            frames.append(shown[["line", "day", "value", "source"]].assign(group="earlier"))
        return pd.concat(frames, ignore_index=True)

    return context.memo("growth lines", gather)


def _lasting(context: Context) -> float:
    return float(context.scenario["lasting_growth_ratio"])


def _assumed_range(context: Context) -> tuple[float, float]:
    assumed = context.scenario.quantity(FADES)
    return float(assumed.low or assumed.value), float(assumed.high or assumed.value)


def starts(context: Context, ahead_years: float = AHEAD_YEARS) -> pd.DataFrame:
    """Half-life that would have been right from each figure of each line (:func:`aieq.growth.half_life.implied`)."""
    return context.memo(
        ("implied half-lives", ahead_years),
        lambda: half_life.implied(
            growth_lines(context), lasting_ratio=_lasting(context), ahead_years=ahead_years
        ),
    )  # fmt: skip


def _chosen(
    context: Context, *, fast: bool = False, large: bool = False, ahead_years: float = AHEAD_YEARS
) -> pd.DataFrame:
    table = starts(context, ahead_years)
    table = table[table["growth_ratio"] > FAST_RATIO] if fast else table
    if large:
        table = table[(table["value"] > LARGE_USD_BN) & (table["growth_ratio"] > STEADY_RATIO)]
    if len(table) < FEWEST_STARTS or table["line"].nunique() < 3:
        msg = (
            f"fewer than {FEWEST_STARTS} figures of three such lines could be followed for {ahead_years:g} years by "
            f"{context.view.dated}: ask for a later day"
        )
        raise VintageError(msg)
    return table


def _sources(context: Context, lines: pd.Series) -> tuple[str, ...]:
    known = growth_lines(context)
    return source_keys(known.loc[known["line"].isin(set(lines)), "source"].unique())


def _number(
    context: Context, value: float, unit: str, interval: str, lines: pd.Series, ends: tuple[float, float] | None = None
) -> Quantity:
    low, high = (None, None) if ends is None or ends[1] - ends[0] < 1e-12 else ends
    return Quantity(
        value, unit, low, high, grade="estimated", as_of=context.view.dated, sources=_sources(context, lines),
        interval=interval if low is not None else "none: " + interval,
    )  # fmt: skip


# How soon growth faded


def _weights(table: pd.DataFrame) -> np.ndarray:
    return 1 / table.groupby("line")["line"].transform("size").to_numpy(dtype=float)


def _three(table: pd.DataFrame) -> tuple[float, float, float]:
    lives = np.minimum(table["half_life_years"].to_numpy(dtype=float), CAP_YEARS)
    low, middle, high = (half_life.weighted_quantile(lives, _weights(table), q) for q in (0.25, 0.5, 0.75))
    return low, middle, high


def _quartiles(context: Context, table: pd.DataFrame) -> Quantity:
    low, middle, high = _three(table)
    words = "middle half, each line counted once"
    words += f"; {CAP_YEARS:g} years stand for growth that did not slow" if high >= CAP_YEARS else ""
    return _number(context, middle, "years", words, table["line"], (low, high))


def right_without_one(context: Context) -> list[tuple[float, float, float]]:
    """Quartiles of the half-lives that were right for lines that had doubled, with each line left out in turn."""
    table = _chosen(context, fast=True)
    return [_three(table[table["line"] != line]) for line in table["line"].unique()]


@_finding("half_life_assumed_years", "years", "half-life of the growth of AI revenue assumed for the years ahead")
def _assumed_life(context: Context) -> Quantity:
    return context.scenario.quantity(FADES)


@_finding(
    "half_life_right_fast_years",
    "years",
    "half-life of growth that would have been right for the next two years, from figures of lines that had at least "
    "doubled in a year, median over lines",
)
def _right_fast(context: Context) -> Quantity:
    return _quartiles(context, _chosen(context, fast=True))


@_finding(
    "half_life_right_fast_one_year_ahead_years",
    "years",
    "the same for the next year alone",
)
def _right_soon(context: Context) -> Quantity:
    return _quartiles(context, _chosen(context, fast=True, ahead_years=1.0))


@_finding(
    "half_life_right_all_years",
    "years",
    "half-life of growth that would have been right for the next two years, from all figures of all lines, median over "
    "lines",
)
def _right_all(context: Context) -> Quantity:
    return _quartiles(context, _chosen(context))


@_finding(
    "half_life_right_large_years",
    "years",
    "half-life of growth that would have been right for the next two years, from figures above 100 bn dollars a year "
    "that had grown by a quarter or more in a year",
)
def _right_large(context: Context) -> Quantity:
    return _quartiles(context, _chosen(context, large=True))


def _share(name: str, says: str, chosen: Callable[[np.ndarray, float, float], np.ndarray]) -> None:
    @_finding(name, "ratio", says)
    def _of(context: Context) -> Quantity:
        table = _chosen(context, fast=True)
        low, high = _assumed_range(context)
        inside, each = chosen(table["half_life_years"].to_numpy(dtype=float), low, high), _weights(table)
        share = float(each[inside].sum() / each.sum())
        return _number(context, share, "ratio", "a count of past figures", table["line"])


_share(
    "half_life_inside_assumed_ratio",
    "share of those figures from which the right half-life lay within the range assumed for AI revenue",
    lambda lives, low, high: (lives >= low) & (lives <= high),
)
_share(
    "half_life_above_assumed_ratio",
    "share from which growth faded more slowly than the slow end of that range",
    lambda lives, low, high: lives > high,
)
_share(
    "half_life_below_assumed_ratio",
    "share from which growth faded faster than the fast end of that range",
    lambda lives, low, high: lives < low,
)


@_finding(
    "fast_starts_count", "count", "figures from which a line that had at least doubled could be followed for two years"
)
def _fast_count(context: Context) -> Quantity:
    table = _chosen(context, fast=True)
    return _number(context, len(table), "count", "a count", table["line"])


@_finding("fast_lines_count", "count", "lines that those figures belong to")
def _fast_lines(context: Context) -> Quantity:
    table = _chosen(context, fast=True)
    return _number(context, table["line"].nunique(), "count", "a count", table["line"])


def errors_by_half_life(context: Context) -> pd.DataFrame:
    """
    How far off the report's forecast would have been with each half-life, one and two years ahead, from fast figures.

    Returns
    -------
    DataFrame
        half_life_years, miss (typical factor between forecast and what came), bias, ahead (words).
    """
    frames = []
    for ahead, words in ((1.0, "one year ahead"), (2.0, "two years ahead")):
        try:
            table = _chosen(context, fast=True, ahead_years=ahead)
        except VintageError:
            continue
        errors = half_life.errors_by_half_life(table, lasting_ratio=_lasting(context))
        frames.append(errors.assign(miss=np.exp(errors["error"]), ahead=words))
    if not frames:
        msg = f"no line that doubled could be followed for a year by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return pd.concat(frames, ignore_index=True)


@_finding(
    "half_life_least_error_years",
    "years",
    "half-life with which the report's forecast would have missed least, from figures of lines that had doubled",
)
def _least(context: Context) -> Quantity:
    table = errors_by_half_life(context)
    best = table.loc[table.groupby("ahead")["error"].idxmin(), "half_life_years"]
    ends = float(best.min()), float(best.max())
    lines = _chosen(context, fast=True, ahead_years=1.0)["line"]
    return _number(context, math.sqrt(ends[0] * ends[1]), "years", "one and two years ahead", lines, ends)


def fitted_half_lives(context: Context) -> pd.DataFrame:
    """Half-life fitted to each whole line (:func:`aieq.growth.half_life.fitted`)."""
    return context.memo(
        "fitted half-lives", lambda: half_life.fitted(growth_lines(context), lasting_ratio=_lasting(context))
    )


@_finding(
    "half_life_fitted_years",
    "years",
    "half-life of growth fitted to each line's whole record, median of the lines",
)
def _fitted(context: Context) -> Quantity:
    table = fitted_half_lives(context)
    if len(table) < 3:
        msg = f"fewer than three lines of five figures were known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    lives = np.minimum(table["half_life_years"], CAP_YEARS)
    words = f"fastest and slowest line; {CAP_YEARS:g} years stand for growth that did not slow"
    return _number(
        context, float(lives.median()), "years", words, table["line"], (float(lives.min()), float(lives.max()))
    )


# Which shape forecasts


def forecasts(context: Context) -> pd.DataFrame:
    """Every rule's forecast from every figure of every line (:func:`aieq.growth.contest.rolling`)."""

    def compete() -> pd.DataFrame:
        # The scenario is asked in here, so that what hangs on it is computed again under another.
        life, lasting = float(context.scenario[FADES]), _lasting(context)
        return contest.rolling(growth_lines(context), lasting_ratio=lasting, half_life_years=life)

    return context.memo("growth contest", compete)


def scored(context: Context) -> pd.DataFrame:
    """Mean errors of the rules by line and distance (:func:`aieq.growth.contest.scores`)."""
    return context.memo("growth scores", lambda: contest.scores(forecasts(context)))


def ranked(context: Context) -> pd.DataFrame:
    """Rules in the order of their mean error over lines (:func:`aieq.growth.contest.ranking`)."""
    table = context.memo("growth ranking", lambda: contest.ranking(scored(context)))
    if table.empty or table["lines"].min() < 3:
        msg = f"no three lines could be forecast and followed for a year by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return table


_RULE_NAMES = {
    "exponential": ("exponential", "one rate of growth fitted to the record"),
    "log-quadratic": ("log_quadratic", "a rate of growth that changes evenly, fitted to the record"),
    "logistic": ("logistic", "a logistic curve fitted to the record"),
    "Gompertz": ("gompertz", "a Gompertz curve fitted to the record"),
    "fading": ("fading_fitted", "growth that fades, with a half-life fitted to the record"),
    contest.LAST_YEAR: ("last_year", "growth of the last year that goes on"),
    contest.ASSUMED: ("fading_assumed", "growth that fades with the assumed half-life"),
    contest.NO_CHANGE: ("no_change", "no growth at all"),
}


def _miss(rule: str, stem: str, words: str) -> None:
    @_finding(
        f"growth_miss_{stem}_multiple",
        "multiple",
        f"typical factor by which {words} missed what came a year later, over lines",
    )
    def _of(context: Context) -> Quantity:
        table = ranked(context)
        error = table.loc[(table["horizon"] == 1.0) & (table["rule"] == rule), "error"]
        if error.empty:
            msg = f"no line could be forecast by every rule a year ahead by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        one = scored(context)
        own = np.exp(one.loc[(one["horizon"] == 1.0) & (one["rule"] == rule), "error"])
        value = math.exp(float(error.iloc[0]))
        ends = min(float(own.min()), value), max(float(own.max()), value)
        return _number(context, value, "multiple", "best and worst line", one["line"], ends)


for _rule, (_stem, _words) in _RULE_NAMES.items():
    _miss(_rule, _stem, _words)


@_finding("growth_contest_lines_count", "count", "lines on which all rules of growth could be scored a year ahead")
def _lines_count(context: Context) -> Quantity:
    table = ranked(context)
    return _number(context, int(table["lines"].iloc[0]), "count", "a count", scored(context)["line"])


@_finding("growth_contest_forecasts_count", "count", "forecasts a year ahead by each rule that could be scored")
def _forecasts_count(context: Context) -> Quantity:
    ranked(context)
    one = scored(context)
    count = one.loc[(one["horizon"] == 1.0) & (one["rule"] == "exponential"), "n"].sum()
    return _number(context, int(count), "count", "a count", one["line"])


@_finding(
    "growth_contest_chance_ratio",
    "ratio",
    "chance of a lead over one fitted rate as large as that of the best rule, were leads on each line as likely to be "
    "lags",
)
def _chance(context: Context) -> Quantity:
    table = ranked(context)
    best = table[table["horizon"] == 1.0].iloc[0]
    return _number(context, float(best["p"]), "ratio", "all signs gone through", scored(context)["line"])


def _assumed_bias(context: Context) -> pd.Series:
    ranked(context)
    one = scored(context)
    chosen = one[(one["horizon"] == 1.0) & (one["rule"] == contest.ASSUMED)]
    return chosen.set_index("line")["bias"]


@_finding(
    "assumed_fading_shortfall_ratio",
    "ratio",
    "by how much forecasts with the assumed half-life fell short of what came a year later, mean over lines",
)
def _shortfall(context: Context) -> Quantity:
    bias = _assumed_bias(context)
    each = -np.expm1(bias.to_numpy())
    value = -math.expm1(float(bias.mean()))
    ends = min(float(each.min()), value), max(float(each.max()), value)
    return _number(context, value, "ratio", "from line to line", pd.Series(bias.index), ends)


@_finding(
    "assumed_fading_short_lines_count", "count", "lines on which forecasts with the assumed half-life were too low"
)
def _short_lines(context: Context) -> Quantity:
    bias = _assumed_bias(context)
    return _number(context, int((bias < 0).sum()), "count", "a count", pd.Series(bias.index))


@_finding(
    "assumed_fading_short_chance_ratio",
    "ratio",
    "chance of so one-sided a record on so many lines, were each as likely to be too high as too low",
)
def _short_chance(context: Context) -> Quantity:
    bias = _assumed_bias(context)
    return _number(
        context, contest.sign_flip(bias), "ratio", "all signs gone through, lines taken as independent",
        pd.Series(bias.index),
    )  # fmt: skip


# Growth with intervals


def _determined(context: Context, low: float, high: float) -> None:
    if high > WIDEST * low:
        msg = (
            f"the record of AI revenue on {context.view.dated} does not determine how fast it grew (from {low:.2g} to "
            f"{high:,.0f} times a year): ask for a later day"
        )
        raise VintageError(msg)


@_finding(
    "ai_revenue_growth_span_per_year",
    "multiple_per_year",
    "growth of AI revenue as known at quarter-ends, one rate fitted over the whole record",
)
def _span(context: Context) -> Quantity:
    rows = growth_lines(context)
    rows = rows[rows["line"] == NOW_GROWING[0]]
    if len(rows) < FEWEST_STARTS:
        msg = f"fewer than {FEWEST_STARTS} quarter-ends of AI revenue were known on {context.view.dated}: ask later"
        raise VintageError(msg)
    fit = growth_fit(rows["day"], rows["value"], cov="AR1")
    _determined(context, fit.low, fit.high)
    return _number(
        context, fit.per_year, "multiple_per_year", "90 % interval that allows for errors that follow one another",
        rows["line"], (fit.low, fit.high),
    )  # fmt: skip


@_finding(
    "ai_revenue_growth_now_per_year",
    "multiple_per_year",
    "growth of AI revenue now, where its rate may drift (local linear trend)",
)
def _now(context: Context) -> Quantity:
    rows = growth_lines(context)
    rows = rows[rows["line"] == NOW_GROWING[0]]
    if len(rows) < 8:
        msg = f"fewer than eight quarter-ends of AI revenue were known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    now = growth_now(rows["day"], rows["value"])
    _determined(context, now.low, now.high)
    return _number(
        context, now.per_year, "multiple_per_year", "90 % interval of a rate that drifts", rows["line"],
        (now.low, now.high),
    )  # fmt: skip


# Windows


def window_rates(context: Context) -> pd.DataFrame:
    """
    Rates of price decline at constant capability on every window, by level and yardstick.

    Returns
    -------
    DataFrame
        level, months, kind (growing, shrinking, sliding), start, end, times (cheaper a year).
    """

    def compute() -> pd.DataFrame:
        found, frames = market(context), []
        for level in (*prices.LEVELS, *prices.OTHER_YARDSTICKS):
            try:
                steps = found.steps(level, context.as_of)
                last = found.last_scored(level.benchmark, context.as_of)
            except VintageError:
                continue
            table = windows.rates(windows.monthly(steps["day"], steps["price"], last))
            name = f"{level.name} on {level.benchmark.replace('_', ' ')}"
            frames.append(table.assign(level=name, source=";".join(source_keys(steps["source"].unique()))))
        table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        if table.empty:
            msg = f"no level of capability had been on offer for a quarter by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        return table

    return context.memo("price windows", compute)


def _window_finding(name: str, months: int, which: str, says: str) -> None:
    @_finding(name, "multiple_per_year", says)
    def _of(context: Context) -> Quantity:
        table = window_rates(context)
        spread = windows.spread(table)
        row = spread[spread["months"] == months]
        if row.empty:
            msg = f"no level had been on offer for {months} months by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        one = row.iloc[0]
        low, high = float(one["low"]), float(one["fastest"])
        wide = which == "median" and high > low and high / low < 40
        return Quantity(
            float(one[which]), "multiple_per_year", low if wide else None, high if wide else None, grade="estimated",
            as_of=context.view.dated, sources=source_keys(table["source"].unique()),
            interval="slowest and fastest window of that length, medians over levels" if wide else
            "none: a median over levels of windows that lie far apart",
        )  # fmt: skip


_window_finding(
    "price_fall_six_month_windows_fastest_per_year", 6, "fastest",
    "how many times cheaper a year a level became on its fastest window of six months, median of levels",
)  # fmt: skip
_window_finding(
    "price_fall_six_month_windows_slowest_per_year", 6, "low",
    "the same on its slowest window of six months",
)  # fmt: skip
_window_finding(
    "price_fall_six_month_windows_median_per_year", 6, "median",
    "the same on its middle window of six months",
)  # fmt: skip
_window_finding(
    "price_fall_two_year_windows_median_per_year", 24, "median",
    "how many times cheaper a year a level became on its middle window of two years, median of levels",
)  # fmt: skip


# Demand


def token_steps(context: Context) -> dict[str, pd.DataFrame]:
    """Volume and price between the figures of each platform, by the level of capability whose price is taken."""

    def gather() -> dict[str, pd.DataFrame]:
        rows = []
        for entity, metric in TOKEN_SERIES:
            known = best_rows(context.view.rows(entity, metric))
            if len(known):
                rows.append(
                    pd.DataFrame(
                        {
                            "platform": f"{entity} {metric}",
                            "day": known["period_end"],
                            "value": known["value"],
                            "source": known["source"],
                        }
                    )
                )
        if not rows:
            msg = f"no platform had stated its tokens by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        volumes, found, tables = pd.concat(rows, ignore_index=True), market(context), {}
        for level in prices.LEVELS:
            try:
                steps = found.steps(level, context.as_of)
                last = found.last_scored(level.benchmark, context.as_of)
            except VintageError:
                continue
            table = demand.steps(volumes, functools.partial(prices.price_on, steps), last)
            if len(table) >= demand.FEWEST_STEPS:
                tables[level.name] = table.assign(source=";".join(source_keys(volumes["source"].unique())))
        return tables

    return context.memo("token steps", gather)


def elasticities(context: Context) -> dict[str, demand.Elasticity]:
    """Readings of the elasticity of demand (:func:`aieq.growth.demand.elasticity`), by level whose price is taken."""
    found = {}
    for name, table in token_steps(context).items():
        try:
            found[name] = demand.elasticity(table)
        except EvidenceError:
            continue  # a price that did not fall, or fell in step with time, tells nothing
    if not found:
        msg = f"volume and price of tokens were not known over enough steps on {context.view.dated}: ask later"
        raise VintageError(msg)
    return found


def _elasticity(name: str, says: str, read: Callable[[demand.Elasticity], tuple[float, float, float]]) -> None:
    @_finding(name, "multiple", says)
    def _of(context: Context) -> Quantity:
        found = elasticities(context)
        readings = [read(one) for one in found.values()]
        middle = float(np.median([value for value, _, _ in readings]))
        low, high = min(low for _, low, _ in readings), max(high for _, _, high in readings)
        sources = source_keys(next(iter(token_steps(context).values()))["source"])
        wide = high > low
        return Quantity(
            middle, "multiple", low if wide else None, high if wide else None, grade="estimated",
            as_of=context.view.dated, sources=sources,
            interval="90 % intervals of all levels of capability put together" if wide else "none: one reading",
        )  # fmt: skip


_elasticity(
    "token_elasticity_naive_multiple",
    "slope of growth of tokens on the fall of their price at constant capability, with nothing else allowed for",
    lambda one: (one.naive, one.naive_low, one.naive_high),
)
_elasticity(
    "token_elasticity_beside_trend_multiple",
    "the same slope beside a trend of demand common to all platforms",
    lambda one: (one.trended, one.trended_low, one.trended_high),
)
_elasticity(
    "token_elasticity_at_most_multiple",
    "elasticity of demand if all growth of tokens were put down to the fall of their price: its upper bound as long as "
    "demand did not shrink by itself",
    lambda one: (one.upper, one.upper, one.upper),
)


@_finding(
    "token_demand_growth_at_constant_price_per_year",
    "multiple_per_year",
    "growth of tokens a year that a fall of price does not go with: the trend beside which that slope is measured",
)
def _exogenous(context: Context) -> Quantity:
    each = [math.exp(one.exogenous_growth) for one in elasticities(context).values()]
    wide = max(each) > min(each)
    return Quantity(
        float(np.median(each)), "multiple_per_year", min(each) if wide else None, max(each) if wide else None,
        grade="estimated", as_of=context.view.dated,
        sources=source_keys(next(iter(token_steps(context).values()))["source"]),
        interval="levels of capability whose price is taken" if wide else "none: one reading",
    )  # fmt: skip


# Frames and titles of the chapter


def half_life_classes(context: Context) -> pd.DataFrame:
    """
    Distribution of the half-lives that would have been right, by how large and how fast the line was.

    Returns
    -------
    DataFrame
        class, by (``size`` or ``pace``), lines, n, q25, median, q75, below, inside, above, lasts; empty where no line
        could be followed.
    """
    table = starts(context)
    if table.empty:
        return pd.DataFrame(columns=["class", "by", "lines", "n", "q25", "median", "q75", "below", "inside", "above"])
    within = _assumed_range(context)
    frames = []
    for by, column, ends, words in (
        ("pace", "growth_ratio", half_life.PACES, _PACES),
        ("size", "value", half_life.SIZES_USD_BN, _SIZES),
    ):
        # How large a line was is asked of growing ones only: the others are small and slow, or large and slow.
        chosen = table[table["growth_ratio"] > STEADY_RATIO] if by == "size" else table
        group = pd.cut(chosen[column], list(ends), labels=list(words))
        frames.append(half_life.summary(chosen, group, within=within).assign(by=by))
    found = pd.concat(frames, ignore_index=True)
    return found.assign(**{"class": found["class"].astype(str)})


def half_life_rows(context: Context) -> pd.DataFrame:
    """The classes in words, for a table: class, figures, lines, median, middle half, share above the assumed range."""
    table = half_life_classes(context)

    def years(value: float) -> str:
        return "did not slow" if math.isinf(value) else "over 20" if value > CAP_YEARS else f"{value:.1f}"

    return pd.DataFrame(
        {
            "class": [name[0].upper() + name[1:] for name in table["class"]],
            "figures": table["n"].astype(str) + " of " + table["lines"].astype(str) + " lines",
            "median": [years(value) for value in table["median"]],
            "half": [f"{years(a)} to {years(b)}" for a, b in zip(table["q25"], table["q75"], strict=True)],
            "inside": [f"{100 * value:.0f} %" for value in table["inside"]],
            "above": [f"{100 * value:.0f} %" for value in table["above"]],
        }
    )


def contest_rows(context: Context) -> pd.DataFrame:
    """Rules in words, for a table: rule, typical miss one and two years ahead, lines on which it was best."""
    columns = ["rule", "one", "two", "wins"]
    try:
        table = ranked(context)
    except VintageError:
        return pd.DataFrame(columns=columns)
    rows = []
    for rule in table.loc[table["horizon"] == 1.0, "rule"]:
        own = table[table["rule"] == rule].set_index("horizon")
        miss = {h: f"{math.exp(own.loc[h, 'error']):.2f} times" if h in own.index else "" for h in (1.0, 2.0)}
        wins = f"{own.loc[1.0, 'wins']} of {own.loc[1.0, 'lines']}"
        rows.append((rule[0].upper() + rule[1:], miss[1.0], miss[2.0], wins))
    return pd.DataFrame(rows, columns=columns)


def right_frame(context: Context) -> pd.DataFrame:
    """
    Every figure from which the right half-life is known, for the chart.

    Returns
    -------
    DataFrame
        line, group, day, value, growth_ratio, came_multiple, half_life_years (capped), slowed.
    """
    table = starts(context)
    groups = growth_lines(context).drop_duplicates("line").set_index("line")["group"]
    return table.assign(
        group=table["line"].map(groups),
        slowed=np.isfinite(table["half_life_years"]),
        half_life_years=table["half_life_years"].clip(lower=0.05, upper=CAP_YEARS),
    )


def assumed(context: Context) -> tuple[float, float, float]:
    """Value, low and high end of the assumed half-life."""
    return (float(context.scenario[FADES]), *_assumed_range(context))


def window_frame(context: Context) -> pd.DataFrame:
    """Range of the rates of price decline by length of window, empty where none was known."""
    try:
        return windows.spread(window_rates(context))
    except VintageError:
        return pd.DataFrame()


_TITLES = {
    "half_lives": (
        "From lines that had at least doubled, a half-life of {half_life_right_fast_years} would have been right",
        "Half-lives of growth that would have been right for the two years that followed",
    ),
    "windows": (
        "The middle window of six months says {price_fall_six_month_windows_median_per_year}, the fastest "
        "{price_fall_six_month_windows_fastest_per_year}",
        "Rates of price decline by length of window",
    ),
}


def chart_title(context: Context, chart: str) -> str:
    """Write the title of a figure (``half_lives``, ``windows``) with the day's numbers, or a neutral one."""
    told, neutral = _TITLES[chart]
    names = [name for _, name, _, _ in string.Formatter().parse(told) if name]
    known = {name: quantity.text() for name in names if (quantity := context.get(name)) is not None}
    return told.format(**known) if len(known) == len(names) else neutral


def sources_of(context: Context) -> tuple[str, ...]:
    """Sources of the lines whose growth is followed."""
    return source_keys(growth_lines(context)["source"].unique())


def price_sources(context: Context) -> tuple[str, ...]:
    """Sources of the prices whose windows are fitted; none where nothing was known."""
    try:
        return source_keys(window_rates(context)["source"].unique())
    except VintageError:
        return ()
