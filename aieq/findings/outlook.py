"""Findings on doubt: joint draws of everything uncertain, and every defensible combination of definitions."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .. import specifications as definitions
from ..errors import VintageError
from ..outlook import doubts
from ..outlook import result as outlooks
from ..outlook import sensitivity as carriers
from ..outlook.distributions import RANGE_HOLDS
from ..outlook.draws import Joint
from ..quantity import Quantity
from . import Context, finding

# Enough for two digits of every number told in prose; the chapter states the error that is left.
DRAWS = 2**14
_INTERVAL = "90 % of joint draws of all inputs in doubt"
_OTHERS = tuple(
    (holds, tied)
    for holds in (0.80, RANGE_HOLDS, 0.98)
    for tied in (True, False)
    if (holds, tied) != (RANGE_HOLDS, True)
)
_READINGS = "the same ranges read as holding 80 to 98 % of the doubt, with and without correlations"
GROWTH = ("labs_growth_last_year_multiple", "labs_growth_per_year", "labs_growth_year_before_multiple")


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="doubt", says=says)


def growth(context: Context) -> Quantity:
    """Last year's growth of revenue, with the span of all that the labs' figures say of it."""
    growth = context["actual_growth_multiple"]
    others = [q for name in GROWTH if (q := context.get(name)) is not None]
    values = [v for q in others for v in (q.value, q.low, q.high) if v is not None]
    return replace(
        growth,
        low=min(growth.value, *values) if values else None,
        high=max(growth.value, *values) if values else None,
        interval="span of the growth of the labs, by year and by fit, around that of the whole",
    )


def joint(context: Context, *, correlated: bool = True, holds: float = RANGE_HOLDS) -> Joint:
    """Everything in doubt on that day, under that scenario."""

    def make() -> Joint:
        known = {
            "actual_ai_revenue_usd_bn": ("AI revenue now", context["actual_ai_revenue_usd_bn"]),
            "accelerator_run_rate_usd_bn": ("Accelerator run rate", context["gpu_run_rate_usd_bn"]),
            "actual_growth_multiple": ("Growth of AI revenue over the last year", growth(context)),
        }
        evidence = [doubts.observed(name, title, figure, holds) for name, (title, figure) in known.items()]
        return doubts.joint(context.scenario, evidence, correlated=correlated, holds=holds)

    return context.memo(("joint", correlated, holds), make)


def setting(context: Context) -> outlooks.Setting:
    """What is known on that day."""
    return context.memo("setting", lambda: doubts.setting(context.view, context.scenario))


def outlook(context: Context) -> outlooks.Outlook:
    """Bands and chances on that day, under that scenario, with the seed of the context."""
    return context.memo(
        "joint outlook", lambda: outlooks.outlook(joint(context), setting(context), draws=DRAWS, seed=context.seed)
    )


def drawn_from(context: Context) -> tuple[str, ...]:
    """Sources of everything that is drawn."""
    return tuple(dict.fromkeys(key for entry in joint(context).inputs for key in entry.sources))


def _banded(context: Context, quantity: str, unit: str, when: date | None = None, shift: float = 0.0) -> Quantity:
    band = outlook(context).band(quantity, when).loc[[0.05, 0.5, 0.95]]
    low, middle, high = band["value"] + shift
    # An end that is never reached has no digits to grant, and nothing is equal to what is no number.
    errors = [float(error) if np.isfinite(error) else 0.0 for error in band["error"]]
    if not np.isfinite(middle):
        msg = f"more than half of the draws as of {context.view.dated} have no {quantity} within the horizon"
        raise VintageError(msg)
    top = float(high) if np.isfinite(high) else None
    interval = _INTERVAL if top is not None else "none: in part of the draws it never comes"
    return Quantity(
        float(middle),
        unit,
        float(low) if top is not None else None,
        top,
        grade="assumed",
        sources=drawn_from(context),
        interval=interval,
        errors=(errors[0], errors[1], errors[2]),
    )


def _readings(context: Context) -> list[pd.DataFrame]:
    """Chances under other readings of the same ranges."""

    def work() -> list[pd.DataFrame]:
        return [
            outlooks.outlook(
                joint(context, correlated=tied, holds=holds), setting(context), draws=DRAWS // 4, seed=context.seed
            ).chances
            for holds, tied in _OTHERS
        ]

    return context.memo("readings", work)


def _chance(context: Context, rule: str, year: int, column: str = "by") -> Quantity:
    tables = [outlook(context).chances, *_readings(context)]
    rows = [t[(t["rule"] == rule) & (t["time"] == pd.Timestamp(year, 12, 31))] for t in tables]
    if rows[0].empty:
        msg = f"the outlook as of {context.as_of} looks no further than {outlooks.LAST_YEAR}, and not back to {year}"
        raise VintageError(msg)
    found = [(float(row[column].iloc[0]), float(row[f"error_{column}"].iloc[0])) for row in rows]
    return between(found[0], found, _READINGS, drawn_from(context))


def between(
    told: tuple[float, float], readings: list[tuple[float, float]], interval: str, sources: tuple[str, ...]
) -> Quantity:
    """Tell a chance with its least and largest reading, each a value and its standard error."""
    low, high = min(readings), max(readings)
    return Quantity(
        told[0],
        "ratio",
        low[0],
        high[0],
        grade="assumed",
        sources=sources,
        interval=interval,
        errors=(low[1], told[1], high[1]),
    )


@_finding("coverage_capital_drawn_ratio", "ratio", "coverage of the capital in use, over joint draws of all inputs")
def _coverage_capital(context: Context) -> Quantity:
    return _banded(context, "coverage_capital_ratio", "ratio")


@_finding("coverage_drawn_ratio", "ratio", "coverage under Cahn's rule, over joint draws of all inputs")
def _coverage(context: Context) -> Quantity:
    return _banded(context, "coverage_ratio", "ratio")


@_finding("required_capital_drawn_usd_bn", "USD_bn", "revenue required by the capital in use, over joint draws")
def _required_capital(context: Context) -> Quantity:
    return _banded(context, "required_revenue_capital_usd_bn", "USD_bn")


@_finding("required_drawn_usd_bn", "USD_bn", "revenue required by Cahn's rule, over joint draws")
def _required(context: Context) -> Quantity:
    return _banded(context, "required_revenue_usd_bn", "USD_bn")


@_finding(
    "return_on_capital_ratio", "ratio", "yearly return before tax that today's revenue leaves on the capital in use"
)
def _return(context: Context) -> Quantity:
    return _banded(context, "return_on_capital_multiple", "ratio", shift=-1.0)


@_finding(
    "payback_drawn_years", "years", "years in which today's revenue, after other costs, repays the capital in use"
)
def _payback(context: Context) -> Quantity:
    return _banded(context, "payback_years", "years")


for _year in (2027, 2028, 2030, 2035):
    for _rule, _label in (("coverage_capital_ratio", "capital"), ("coverage_ratio", "cahn")):
        _whose = "capital in use" if _label == "capital" else "Cahn's rule"

        @_finding(
            f"chance_{_label}_by_{_year}_ratio", "ratio", f"chance that revenue meets {_whose} by the end of {_year}"
        )
        def _by(context: Context, rule: str = _rule, year: int = _year) -> Quantity:
            return _chance(context, rule, year)


@_finding("chance_capital_at_2035_ratio", "ratio", "chance that revenue still meets capital in use at the end of 2035")
def _still(context: Context) -> Quantity:
    return _chance(context, "coverage_capital_ratio", 2035, "at")


# --- what carries it ------------------------------------------------------------------------------------------------

SHORT = {
    "actual_ai_revenue_usd_bn": "AI revenue now",
    "actual_growth_multiple": "Growth of revenue over the last year",
    "revenue_growth_half_life_years": "How soon growth of revenue fades",
    "building_growth_half_life_years": "How soon building slows",
    "buyer_gross_margin_ratio": "Margin of those who sell to end users",
    "cahn_buyer_gross_margin_ratio": "Margin in Cahn's rule",
    "cahn_accelerator_share_ratio": "Accelerators' share in Cahn's rule",
    "cost_of_capital_ratio": "Cost of capital",
    "lasting_growth_ratio": "Lasting growth",
    "energy_to_capital_ratio": "Energy",
    "operations_to_capital_ratio": "Operations",
}


def short(name: str) -> str:
    """Few words for an input or a group of them."""
    parts = name.split(", ")
    if len(parts) > 1 and all(part.startswith("ai_share_of_capex_ratio") for part in parts):
        return "AI share of spending"
    return " and ".join(_short_one(part) for part in parts)


def _short_one(name: str) -> str:
    if name in SHORT:
        return SHORT[name]
    group, _, member = name.partition(".")
    words = {
        "asset_life_years": "Life of",
        "replacement_price_fall_ratio": "Price fall of",
        "asset_share_ratio": "Share of",
        "ai_share_of_capex_ratio": "AI share in",
    }
    return f"{words.get(group, group)} {member.replace('_it', ' computers').replace('_', ' ')}"


def carried_by(context: Context, *, correlated: bool = False) -> pd.DataFrame:
    """
    Sobol indices of both rules' coverage, today and at its best to the horizon.

    Returns
    -------
    DataFrame
        See :func:`aieq.outlook.sensitivity.sobol`, with ``says`` for each group.
    """

    def work() -> pd.DataFrame:
        table = carriers.sobol(
            joint(context, correlated=correlated), setting(context), base_draws=1024, seed=context.seed
        )
        return table.assign(says=table["group"].map(short))

    return context.memo(("carried", correlated), work)


def flips(context: Context, across: str = "revenue_growth_half_life_years",
          up: str = "building_growth_half_life_years") -> pd.DataFrame:  # fmt: skip
    """The map of where the verdict on capital in use flips: see :func:`aieq.outlook.sensitivity.flip_map`."""
    return context.memo(
        ("flips", across, up),
        lambda: carriers.flip_map(joint(context), setting(context), across, up, steps=11, seed=context.seed),
    )


# --- every definition -----------------------------------------------------------------------------------------------


def combinations(context: Context) -> pd.DataFrame:
    """Coverage under every defensible combination of definitions: see :mod:`aieq.specifications`."""
    return context.memo(
        "specifications",
        lambda: definitions.specifications(context.view, context.scenario, draws=2**10, seed=context.seed),
    )


def _plain(context: Context, value: float, unit: str, why: str) -> Quantity:
    context["actual_ai_revenue_usd_bn"]
    return Quantity(value, unit, grade="assumed", sources=drawn_from(context), interval=why)


@_finding("definitions_count", "count", "defensible combinations of definitions that can be computed")
def _combinations(context: Context) -> Quantity:
    return _plain(context, len(combinations(context)), "count", "none: a count")


@_finding("definitions_covering_count", "count", "combinations of definitions under which revenue covers what is asked")
def _covering(context: Context) -> Quantity:
    return _plain(context, int((combinations(context)["coverage_ratio"] >= 1).sum()), "count", "none: a count")


@_finding("definitions_median_ratio", "ratio", "coverage in the middle of all combinations of definitions")
def _median(context: Context) -> Quantity:
    ratio = combinations(context)["coverage_ratio"]
    middle = _plain(context, float(ratio.median()), "ratio", "least to most of all combinations")
    return replace(middle, low=float(ratio.min()), high=float(ratio.max()))


@_finding("definitions_highest_ratio", "ratio", "coverage under the kindest combination of definitions")
def _highest(context: Context) -> Quantity:
    row = combinations(context).iloc[-1]
    top = _plain(context, float(row["coverage_ratio"]), "ratio", _INTERVAL)
    return replace(top, low=min(row["low"], row["coverage_ratio"]), high=max(row["high"], row["coverage_ratio"]))


@_finding("definitions_lowest_ratio", "ratio", "coverage under the harshest combination of definitions")
def _lowest(context: Context) -> Quantity:
    row = combinations(context).iloc[0]
    bottom = _plain(context, float(row["coverage_ratio"]), "ratio", _INTERVAL)
    return replace(bottom, low=min(row["low"], row["coverage_ratio"]), high=max(row["high"], row["coverage_ratio"]))


@_finding("definitions_likely_count", "count", "combinations in which more than one draw in twenty is covered")
def _likely(context: Context) -> Quantity:
    return _plain(context, int((combinations(context)["chance_ratio"] > 0.05).sum()), "count", "none: a count")


def sources_of(context: Context, most: int = 12) -> tuple[str, ...]:
    """Sources of what is in doubt, for a chart."""
    try:
        return drawn_from(context)[:most]
    except VintageError:
        return ()


def _empty_if_unknown(function):  # noqa: ANN001, ANN202
    @functools.wraps(function)
    def quietly(context: Context, *args: Any, **kwargs: Any) -> pd.DataFrame:
        try:
            return function(context, *args, **kwargs)
        except VintageError:
            return pd.DataFrame(columns=["quantity", "time", "level", "value", "answer", "says", "across", "up"])

    return quietly


bands = _empty_if_unknown(lambda context: outlook(context).bands)
carried = _empty_if_unknown(carried_by)
flipped = _empty_if_unknown(flips)
combined = _empty_if_unknown(combinations)
effects = _empty_if_unknown(lambda context: definitions.effects(combinations(context)))


def top_carrier(context: Context, answer: str = "best_coverage_capital_ratio") -> str:
    """The input that carries most of the doubt about an answer, in words; nothing where nothing was known."""
    table = carried(context)
    rows = table[table["answer"] == answer]
    return "" if rows.empty else str(rows.loc[rows["total"].idxmax(), "says"])


@_empty_if_unknown
def inputs_table(context: Context) -> pd.DataFrame:
    """
    Every input in doubt with what is believed of it and why.

    Returns
    -------
    DataFrame
        says, unit, belief, because, sources.
    """
    return pd.DataFrame(
        [
            {
                "says": entry.title,
                "unit": entry.unit.replace("_", " "),
                "belief": entry.distribution.says,
                "because": entry.because,
                "sources": entry.sources,
            }
            for entry in joint(context).inputs
        ]
    )


@_empty_if_unknown
def excluded_table(context: Context) -> pd.DataFrame:
    """Combinations of definitions that are left out, with the reason and their number."""
    combinations(context)
    return definitions.combinations()[1]
