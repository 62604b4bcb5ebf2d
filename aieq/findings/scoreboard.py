"""Findings of the scoreboard: how others' dated forecasts fared, and our own, made again for every quarter-end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from ..errors import VintageError
from ..evidence import source_keys
from ..quantity import Quantity
from ..scoreboard import back, frozen, others, resolution, scores
from ..scoreboard.series import SERIES
from . import Context, finding
from .revenue import path

EARLY_RATIO = 0.75  # "early" guidance: three quarters of the year still ahead
BUILDERS = ("Alphabet", "Amazon", "Meta", "Microsoft", "Oracle")
_FEWEST = 4  # scored forecasts of a series before its own share counts in a range


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="scoreboard", says=says)


# ---------------------------------------------------------------------------------------------------------------------
# Others


def board(context: Context) -> pd.DataFrame:
    """Others' forecasts made by the day, each with what came of it."""
    return context.memo("board", lambda: resolution.board(context.view, others.others(context.view.evidence)))


def resolved(context: Context) -> pd.DataFrame:
    """
    Those of :func:`board` whose outcome is known.

    Raises
    ------
    VintageError
        If there is none.
    """
    table = board(context)
    done = table[table["status"] == "resolved"]
    if done.empty:
        msg = f"no dated forecast of others had resolved by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return done


def _sources(*columns: pd.Series) -> tuple[str, ...]:
    return source_keys(key for column in columns for key in column)


def _count(context: Context, pick: Callable[[pd.DataFrame], pd.Series]) -> Quantity:
    table = board(context)
    if table.empty:
        msg = f"no dated forecast of others was known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    rows = table[pick(table)]
    return Quantity(
        len(rows), "count", grade="derived", sources=_sources(rows["source"]), interval="none: a count of forecasts"
    )


@_finding("others_forecasts_count", "count", "dated forecasts of others on the scoreboard")
def others_count(context: Context) -> Quantity:
    return _count(context, lambda t: t["status"] != "")


@_finding("others_resolved_count", "count", "of others' forecasts, those whose outcome is known")
def others_resolved(context: Context) -> Quantity:
    return _count(context, lambda t: t["status"] == "resolved")


@_finding("others_outside_resolved_count", "count", "of others' resolved forecasts, those by somebody without a stake")
def outside_resolved(context: Context) -> Quantity:
    return _count(context, lambda t: (t["status"] == "resolved") & (t["stake"] == "outside"))


@_finding("others_overdue_count", "count", "of others' forecasts, those due for which no outcome was ever published")
def others_overdue(context: Context) -> Quantity:
    return _count(context, lambda t: t["status"] == "overdue")


@_finding("others_passed_count", "count", "of others' open forecasts, those that events have passed already")
def others_passed(context: Context) -> Quantity:
    return _count(context, lambda t: t["passed"].astype(bool))


def _numbers(context: Context) -> pd.DataFrame:
    """Resolved forecasts of a number or a range; a floor is met by anything above it and says little of aim."""
    rows = resolved(context)
    rows = rows[rows["kind"].isin(("point", "range"))]
    if rows.empty:
        msg = f"no forecast of a number or a range had resolved by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return rows


def _share(rows: pd.DataFrame, where: pd.Series) -> Quantity:
    """Share of forecasts, by forecaster with three or more at least and at most."""
    by_who = where.groupby(rows["who"]).agg(["mean", "count"])
    spread = by_who.loc[by_who["count"] >= 3, "mean"]
    share = float(where.mean())
    found = Quantity(
        share, "ratio", grade="estimated", sources=_sources(rows["source"]), interval="none: too few forecasters"
    )
    if len(spread) < 2:
        return found
    low, high = min(share, float(spread.min())), max(share, float(spread.max()))
    return replace(found, low=low, high=high, interval="range of forecasters with three or more resolved")


@_finding("others_as_foretold_ratio", "ratio", "share of others' resolved numbers and ranges that the outcome fell in")
def as_foretold(context: Context) -> Quantity:
    rows = _numbers(context)
    return _share(rows, rows["where"] == "within")


@_finding("others_above_ratio", "ratio", "share of others' resolved numbers and ranges that the outcome exceeded")
def above(context: Context) -> Quantity:
    rows = _numbers(context)
    return _share(rows, rows["where"] == "above")


@_finding("others_below_ratio", "ratio", "share of others' resolved numbers and ranges that the outcome fell short of")
def below(context: Context) -> Quantity:
    rows = _numbers(context)
    return _share(rows, rows["where"] == "below")


def _median(rows: pd.DataFrame) -> Quantity:
    ratios = rows["ratio"].dropna()
    low, middle, high = (float(x) for x in ratios.quantile([0.25, 0.5, 0.75]))
    return Quantity(
        middle,
        "multiple",
        low if len(ratios) > 1 else None,
        high if len(ratios) > 1 else None,
        grade="estimated",
        sources=_sources(rows["source"]),
        interval="middle half of the forecasts" if len(ratios) > 1 else "none: one forecast",
    )


@_finding("others_outcome_multiple", "multiple", "outcome over forecast, the median of others' numbers and ranges")
def outcome_multiple(context: Context) -> Quantity:
    return _median(_numbers(context))


def _guidance(context: Context, *, early: bool) -> pd.DataFrame:
    rows = _numbers(context)
    spending = rows["metric"] == "capex_guidance"
    when = rows["left_ratio"] >= EARLY_RATIO if early else rows["left_ratio"] < EARLY_RATIO
    rows = rows[spending & rows["who"].isin(BUILDERS) & when]
    if rows.empty:
        msg = f"no {'early' if early else 'late'} guidance on spending had resolved by {context.view.dated}"
        raise VintageError(msg)
    return rows


@_finding(
    "guidance_early_outcome_multiple",
    "multiple",
    "outcome over the builders' own guidance on capital spending, given with three quarters of the year ahead",
)
def early_guidance(context: Context) -> Quantity:
    return _median(_guidance(context, early=True))


@_finding(
    "guidance_late_outcome_multiple",
    "multiple",
    "outcome over the builders' own guidance on capital spending, given later in the year",
)
def late_guidance(context: Context) -> Quantity:
    return _median(_guidance(context, early=False))


@_finding("guidance_early_count", "count", "pieces of early guidance on capital spending that have resolved")
def early_count(context: Context) -> Quantity:
    rows = _guidance(context, early=True)
    return Quantity(len(rows), "count", grade="derived", sources=_sources(rows["source"]), interval="none: a count")


LABS = ("OpenAI", "Anthropic")
EARNED = ("revenue", "annualized_revenue")
SPENT = ("inference_cost", "research_compute_cost", "training_cost", "compute_cost", "cash_burn", "free_cash_flow")


def _plans(context: Context, metrics: tuple[str, ...]) -> Quantity:
    rows = resolved(context)
    rows = rows[rows["who"].isin(LABS) & rows["metric"].isin(metrics) & rows["ratio"].notna()]
    if rows.empty:
        msg = f"no such plan of a lab had resolved by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _median(rows)


@_finding("labs_revenue_outcome_multiple", "multiple", "outcome over the labs' own plans for what they would earn")
def labs_revenue(context: Context) -> Quantity:
    return _plans(context, EARNED)


@_finding(
    "labs_cost_outcome_multiple", "multiple", "outcome over the labs' own plans for what they would spend or burn"
)
def labs_cost(context: Context) -> Quantity:
    return _plans(context, SPENT)


# ---------------------------------------------------------------------------------------------------------------------
# Ours


def back_forecasts(context: Context) -> pd.DataFrame:
    """Our forecasts as of every past quarter-end, by today's method from the evidence of that day."""
    return context.memo("back-forecasts", lambda: back.back_forecasts(context.view, context.scenario, path(context)))


def come_due(context: Context) -> pd.DataFrame:
    """Those of :func:`back_forecasts` whose day has come; empty where there are none."""
    return scores.scored(back_forecasts(context))


def scored(context: Context) -> pd.DataFrame:
    """
    Give :func:`come_due`, of which there must be some.

    Raises
    ------
    VintageError
        If there is none.
    """
    done = come_due(context)
    if done.empty:
        msg = f"no forecast of ours from {back.FIRST} on had come due by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return done


def _supposed(context: Context) -> tuple[str, ...]:
    names = ("revenue_growth_half_life_years", "building_growth_half_life_years", "lasting_growth_ratio")
    return tuple(key for name in names for key in context.scenario.assumptions[name].sources)


def _ours(context: Context, value: float, unit: str, others: list[float], interval: str) -> Quantity:
    """Our score with its spread; its grade is that of the assumptions it rests on."""
    ends = [x for x in others if np.isfinite(x)]
    low, high = (min(value, *ends), max(value, *ends)) if len(ends) > 1 else (None, None)
    return Quantity(
        value,
        unit,
        low,
        high,
        grade="assumed",
        sources=_supposed(context),
        interval=interval if len(ends) > 1 else "none: one group only",
    )


def _by_series(context: Context, column: str) -> list[float]:
    table = scores.summary(back_forecasts(context), ["series"])
    return table.loc[table["n"] >= _FEWEST, column].tolist()


def _pooled(context: Context, column: str) -> float:
    scored(context)
    return float(scores.summary(back_forecasts(context), [])[column].iloc[0])


@_finding(
    "own_forecasts_scored_count", "count", "forecasts of ours, made again for past quarter-ends, that have come due"
)
def scored_count(context: Context) -> Quantity:
    rows = scored(context)
    return Quantity(len(rows), "count", grade="derived", sources=_supposed(context), interval="none: a count")


@_finding("own_interval_90_coverage_ratio", "ratio", "share of outcomes inside our 90 per cent intervals")
def coverage_90(context: Context) -> Quantity:
    return _ours(context, _pooled(context, "inside_90"), "ratio", _by_series(context, "inside_90"), "range of series")


@_finding("own_interval_50_coverage_ratio", "ratio", "share of outcomes inside our 50 per cent intervals")
def coverage_50(context: Context) -> Quantity:
    return _ours(context, _pooled(context, "inside_50"), "ratio", _by_series(context, "inside_50"), "range of series")


@_finding("own_interval_90_above_ratio", "ratio", "share of outcomes above our 90 per cent intervals")
def above_90(context: Context) -> Quantity:
    return _ours(context, _pooled(context, "above"), "ratio", _by_series(context, "above"), "range of series")


@_finding("own_capex_above_ratio", "ratio", "share of outcomes above our 90 per cent intervals of capital spending")
def capex_above(context: Context) -> Quantity:
    table = scores.summary(back_forecasts(context), ["series"])
    rows = table[table["series"] == "capex"]
    if rows.empty:
        msg = f"no forecast of capital spending had come due by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _ours(context, float(rows["above"].iloc[0]), "ratio", [], "")


@_finding("own_miss_multiple", "multiple", "typical factor between the middle of our forecasts and the outcome")
def miss(context: Context) -> Quantity:
    by_horizon = scores.summary(back_forecasts(context), ["quarters"])["miss"].tolist()
    return _ours(context, _pooled(context, "miss"), "multiple", by_horizon, "four and eight quarters ahead")


@_finding("own_widening_multiple", "multiple", "by how much our intervals were too narrow to hold nine in ten outcomes")
def widening(context: Context) -> Quantity:
    return _ours(context, scores.widening(scored(context)), "multiple", [], "")


def _skill(context: Context, column: str) -> Quantity:
    table = scores.summary(back_forecasts(context), ["quarters"])
    return _ours(context, _pooled(context, column), "ratio", table[column].tolist(), "four and eight quarters ahead")


@_finding("own_skill_no_change_ratio", "ratio", "by how much our score (CRPS of logarithms) beats that of no change")
def skill_no_change(context: Context) -> Quantity:
    return _skill(context, "skill_no_change")


@_finding("own_skill_same_growth_ratio", "ratio", "by how much our score (CRPS of logarithms) beats last year's growth")
def skill_same_growth(context: Context) -> Quantity:
    return _skill(context, "skill_same_growth")


# ---------------------------------------------------------------------------------------------------------------------
# Ours, frozen


def frozen_table(context: Context) -> pd.DataFrame:
    """Our frozen forecasts made by the day, with what came of them."""
    return context.memo(
        "frozen",
        lambda: frozen.table(context.view, path(context), frozen.read(context.view.evidence.root / "forecasts")),
    )


@_finding("own_frozen_count", "count", "forecasts of ours on record, each frozen on the day it was made")
def frozen_count(context: Context) -> Quantity:
    table = frozen_table(context)
    if table.empty:
        msg = f"no forecast of ours had been frozen by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return Quantity(len(table), "count", grade="derived", sources=_supposed(context), interval="none: a count")


# ---------------------------------------------------------------------------------------------------------------------
# Tables for the chapter


def sources_of(context: Context, *names: str, most: int = 12) -> list[str]:
    """Keys of the sources of findings, the first few of them; none where a finding is not known."""
    found = [key for name in names if (q := context.get(name)) is not None for key in q.sources]
    return list(dict.fromkeys(found))[:most]


def arrows(context: Context) -> pd.DataFrame:
    """Resolved forecasts whose outcome can be set over them, for the chart: latest outcome last."""
    table = board(context)
    done = table[(table["status"] == "resolved") & table["ratio"].notna()]
    return done.sort_values(["who", "period_end", "made"])


def guidance_ladder(context: Context) -> pd.DataFrame:
    """Resolved guidance of the builders on their capital spending, for the chart."""
    rows = arrows(context)
    return rows[rows["who"].isin(BUILDERS) & (rows["metric"] == "capex_guidance")]


def four_quarters_ahead(context: Context, key: str) -> pd.DataFrame:
    """Our scored forecasts of one series four quarters ahead, for the chart; empty where none came due."""
    table = come_due(context)
    return table[(table["series"] == key) & (table["quarters"] == back.QUARTERS[0])]


def record(context: Context) -> pd.DataFrame:
    """Our score by series and horizon, with what a reader calls the series."""
    table = scores.summary(back_forecasts(context), ["series", "quarters"])
    return table.assign(title=[SERIES[key].title for key in table["series"]])


def passed_words(context: Context) -> str:
    """Name the open forecasts that events have passed, for a sentence."""
    table = board(context)
    rows = table[table["passed"].astype(bool)]
    if rows.empty:
        return "none has been passed by events"
    words = [
        f"{row.who}'s {_said(row)} for {_subject(row)} in {_period(row)}, now at {_number(row.so_far, row.unit)}"
        for row in rows.itertuples()
    ]
    count = "one has" if len(words) == 1 else f"{len(words)} have"
    return f"{count} been passed by events already: " + "; ".join(words)


def lean_words(context: Context) -> str:
    """Say to which side outcomes fell of our intervals, for a title."""
    done = come_due(context)
    above, below = (done["outcome"] > done["q95"]).mean(), (done["outcome"] < done["q05"]).mean()
    if done.empty or abs(above - below) < 0.1:
        return "Outcomes leave our intervals on both sides"
    return "Outcomes crowd above our intervals" if above > below else "Outcomes crowd below our intervals"


def by_who(context: Context) -> pd.DataFrame:
    """Running score of each forecaster, in words for a table; those with nothing resolved have no ratio."""
    table = resolution.by_who(board(context))
    return table.assign(
        ratio=[f"{x:.2f}" if np.isfinite(x) else "–" for x in table["ratio"]],
        miss=[f"{x:.2f}" if np.isfinite(x) else "–" for x in table["miss"]],
    )


def open_forecasts(context: Context) -> pd.DataFrame:
    """Others' open forecasts in words for a table, the next due first."""
    table = board(context)
    rows = table[table["status"] == "open"].sort_values(["due", "who", "made"])
    if rows.empty:
        return pd.DataFrame(columns=["who", "what", "period", "made", "said", "so_far", "due"])
    return pd.DataFrame(
        {
            "who": rows["who"],
            "what": [_subject(row) for row in rows.itertuples()],
            "period": [_period(row) for row in rows.itertuples()],
            "made": rows["made"].dt.strftime("%Y-%m-%d"),
            "said": [_said(row) for row in rows.itertuples()],
            "so_far": [
                ("passed: " if row.passed else "") + _number(row.so_far, row.unit) if row.so_far == row.so_far else "–"
                for row in rows.itertuples()
            ],
            "due": rows["due"].dt.strftime("%Y-%m-%d"),
        }
    )


_WORDS = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "ai": "AI",
    "genai": "generative AI",
    "capex": "capital spending",
}
_WORDS |= {"annualized": "annualised", "guidance": "", "projection": "", "consensus": "", "estimate": "", "broker": ""}


_TURNED = {"openai_burn": "cash burnt", "openai_loss": "operating loss", "openai_net_loss": "net loss"}


def _subject(row) -> str:  # noqa: ANN001
    """What a forecast is about, in words; whose is left out where the forecaster speaks of itself."""
    if row.rule in _TURNED:
        return _TURNED[row.rule]
    said = row.metric if row.stake == "own" and "_" not in row.entity else f"{row.entity}_{row.metric}"
    words = [_WORDS.get(word, word) for word in said.split("_")]
    return " ".join(word for word in words if word)


def _period(row) -> str:  # noqa: ANN001
    days = (row.period_end - row.period_start).days
    if days < 2 or 80 < days < 100:
        return f"{row.period_end:%Y-%m}"
    return f"{row.period_end:%Y}" if days < 380 else f"{row.period_start:%Y} to {row.period_end:%Y}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _number(value: float, unit: str) -> str:
    if unit == "USD_mn":
        return f"{_short(value / 1000)} bn"
    return _short(value) + {"pct": " %", "TWh": " TWh", "people_mn": " mn"}.get(unit, "")


def _said(row) -> str:  # noqa: ANN001
    words = {"at_least": "at least ", "at_most": "at most "}.get(row.kind, "")
    if row.kind == "range":
        return f"{_number(row.low, row.unit)} to {_number(row.high, row.unit)}"
    return words + _number(row.value, row.unit)


def own_record(context: Context) -> pd.DataFrame:
    """Our score by series and horizon, in words for a table."""
    table = record(context)
    percent = {name: [f"{100 * x:.0f} %" for x in table[name]] for name in ("inside_50", "inside_90", "above", "below")}
    return table.assign(
        miss=[f"{x:.2f}" for x in table["miss"]],
        crps=[f"{x:.2f}" for x in table["crps"]],
        **{name: [f"{x:+.2f}" for x in table[name]] for name in ("skill_no_change", "skill_same_growth")},
        **percent,
    )


def frozen_words(context: Context) -> pd.DataFrame:
    """Our frozen forecasts in words for a table."""
    table = frozen_table(context)
    if table.empty:
        return pd.DataFrame(columns=["title", "made", "target", "level", "middle", "range", "state"])

    def money(value: float, unit: str) -> str:
        return f"{_short(value)} bn" if unit == "USD_bn" else f"{value:.2g} USD"

    rows = list(table.itertuples())
    return pd.DataFrame(
        {
            "title": table["title"],
            "made": table["made"].dt.strftime("%Y-%m-%d"),
            "target": table["target"].dt.strftime("%Y-%m-%d"),
            "level": [money(row.level, row.unit) for row in rows],
            "middle": [money(row.q50, row.unit) for row in rows],
            "range": [f"{money(row.q05, row.unit)} to {money(row.q95, row.unit)}" for row in rows],
            "state": ["open" if row.outcome != row.outcome else money(row.outcome, row.unit) for row in rows],
        }
    )
