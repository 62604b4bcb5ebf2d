"""The AI capital stock: dated spending by company and quarter, and what the equation needs of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from .assumptions import Scenario
from .equation import ASSET_CLASSES
from .errors import VintageError
from .evidence import View, per_view
from .quantity import Quantity, weakest

# Who builds: the five companies whose spending is reported by quarter throughout. Others (neoclouds, labs of their
# own, China) are left out, so the stock is understated; nothing is guessed for them.
SPENDERS = ("microsoft", "alphabet", "amazon", "meta", "oracle")


@per_view
def spending(view: View, spenders: tuple[str, ...] = SPENDERS) -> pd.DataFrame:
    """
    Gather cash capital expenditure by company and quarter from 2022 on.

    Parameters
    ----------
    view : View
        The state of knowledge.
    spenders : tuple of str
        Entities.

    Returns
    -------
    DataFrame
        entity, period_start, period_end, value (USD bn of the quarter, nominal), grade, source.
    """
    frames = [view.quarters(entity, "capex").assign(entity=entity) for entity in spenders]
    quarters = pd.concat(frames, ignore_index=True)
    quarters = quarters[quarters["period_start"] >= pd.Timestamp(2021, 11, 1)]
    if quarters.empty:
        msg = f"no capital expenditure of a quarter since 2022 was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    # The quarters of these companies end within a month of each other; the calendar quarter is the common clock.
    quarters = quarters[quarters["period_end"] >= pd.Timestamp(2022, 1, 31)]
    return quarters.assign(value=quarters["value"] / 1000)[
        ["entity", "period_start", "period_end", "value", "grade", "source"]
    ].reset_index(drop=True)


def vintages(view: View, scenario: Scenario, spenders: tuple[str, ...] = SPENDERS) -> pd.DataFrame:
    """
    Lay spending out as vintages with their age and AI share.

    The clock stands at the end of the latest quarter known of all spenders; a company that has not yet reported it
    is carried with the quarters it has, nothing is filled in.

    Returns
    -------
    DataFrame
        The columns of :func:`spending`, with ``age_years`` (from the middle of the quarter) and ``ai_share_ratio``.
    """
    aged = _aged(view, spenders)
    return spending(view, spenders).assign(age_years=aged.age_years, ai_share_ratio=_ai_shares(scenario, aged))


class Aged(NamedTuple):
    """Spending without what a scenario says of it: amounts, ages, the years of their middles and which each has."""

    spending_usd_bn: np.ndarray
    age_years: np.ndarray
    years: tuple[int, ...]
    place: np.ndarray


@per_view
def _aged(view: View, spenders: tuple[str, ...]) -> Aged:
    table = spending(view, spenders)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    age = (table["period_end"].max() - middle).dt.days / 365.25
    years, place = np.unique(middle.dt.year.to_numpy(), return_inverse=True)
    aged = Aged(table["value"].to_numpy(), age.to_numpy(), tuple(years.tolist()), place)
    for array in (aged.spending_usd_bn, aged.age_years, aged.place):
        array.flags.writeable = False  # everybody who asks shares it
    return aged


def _ai_shares(scenario: Scenario, aged: Aged) -> np.ndarray:
    """Share of AI in each quarter's spending; outside the years of the assumption the nearest of them counts."""
    share = scenario["ai_share_of_capex_ratio"]
    first, last = min(share), max(share)
    return np.array([share.get(min(max(year, first), last), np.nan) for year in aged.years], dtype=float)[aged.place]


def inputs(view: View, scenario: Scenario, spenders: tuple[str, ...] = SPENDERS) -> dict[str, Any]:
    """
    Collect what step 2 of the equation needs, from evidence and scenario.

    Returns
    -------
    dict
        Values by symbol of :mod:`aieq.equation`, ready for ``evaluate``; `actual_ai_revenue_usd_bn` is not among them.
    """
    aged = _aged(view, spenders)

    def by_class(name: str) -> np.ndarray:
        return np.array([scenario[name][member] for member in ASSET_CLASSES], dtype=float)

    shares = by_class("asset_share_ratio")
    return {
        "spending_usd_bn": aged.spending_usd_bn,
        "ai_share_of_capex_ratio": _ai_shares(scenario, aged),
        "age_years": aged.age_years,
        "asset_share_ratio": shares / shares.sum(),
        "asset_life_years": by_class("asset_life_years"),
        "replacement_price_fall_ratio": by_class("replacement_price_fall_ratio"),
        "cost_of_capital_ratio": scenario["cost_of_capital_ratio"],
        "energy_to_capital_ratio": scenario["energy_to_capital_ratio"],
        "operations_to_capital_ratio": scenario["operations_to_capital_ratio"],
        "buyer_gross_margin_ratio": scenario["buyer_gross_margin_ratio"],
    }


def provenance(view: View, scenario: Scenario) -> tuple[str, tuple[str, ...]]:
    """Give grade and sources of anything computed from :func:`inputs`."""
    names = (
        "asset_share_ratio asset_life_years replacement_price_fall_ratio cost_of_capital_ratio energy_to_capital_ratio "
        "operations_to_capital_ratio buyer_gross_margin_ratio ai_share_of_capex_ratio"
    ).split()
    return _provenance(view, tuple(key for name in names for key in scenario.assumptions[name].sources))


@per_view
def _provenance(view: View, assumed: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    table = spending(view, SPENDERS)
    dated = tuple(key for joined in table["source"] for key in joined.split(";"))
    return weakest("assumed", *table["grade"]), tuple(dict.fromkeys(dated + assumed))


def latest_pace(view: View, scenario: Scenario) -> tuple[float, float]:
    """
    AI spending of the latest calendar quarter that all spenders have reported, and of the one a year before.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        Gives ``ai_share_of_capex_ratio``.

    Returns
    -------
    tuple of float
        USD bn of the quarter, both.

    Raises
    ------
    VintageError
        If the quarter a year before was not known.
    """
    last, before, name = _latest_quarters(view)
    if not before.size:
        msg = f"capital spending of the quarter a year before {name} was not known on {view.dated}"
        raise VintageError(msg)
    aged = _aged(view, SPENDERS)
    spent = aged.spending_usd_bn * _ai_shares(scenario, aged)
    return _compensated_sum(spent[last]), _compensated_sum(spent[before])


@per_view
def _latest_quarters(view: View) -> tuple[np.ndarray, np.ndarray, str]:
    """Rows of the latest quarter reported by most spenders, those of a year before, and the quarter's name."""
    table = spending(view, SPENDERS)
    quarter = table["period_end"].dt.to_period("Q")
    reported = table.groupby(quarter)["entity"].nunique()
    whole = reported.index[reported == reported.max()]
    last = whole[-1]
    before = (quarter == last - 4) & (last - 4 in whole)
    return np.flatnonzero(quarter == last), np.flatnonzero(before), str(last)


def _compensated_sum(values: np.ndarray) -> float:
    """Kahan's sum, which is the one pandas takes of a group."""
    total = lost = 0.0
    for value in values.tolist():
        y = value - lost
        new = total + y
        total, lost = new, new - total - y
    return total


def table_by_age(view: View, scenario: Scenario) -> pd.DataFrame:
    """
    Show the stock by age and asset class: what was spent, what is still in service, what its service is worth now.

    Returns
    -------
    DataFrame
        asset_class, period_end, spent_usd_bn, in_service_usd_bn, effective_usd_bn, summed over companies.
    """
    from . import equation

    table, values = vintages(view, scenario), inputs(view, scenario)
    alive = equation.evaluate("alive_ratio", **{k: values[k] for k in ("asset_life_years", "age_years")})
    fall = 1 - values["replacement_price_fall_ratio"]
    rows = []
    for i, asset_class in enumerate(ASSET_CLASSES):
        spent = table["value"] * table["ai_share_ratio"] * values["asset_share_ratio"][i]
        frame = table[["period_end"]].assign(
            asset_class=asset_class,
            spent_usd_bn=spent,
            in_service_usd_bn=spent * alive[i],
            effective_usd_bn=spent * alive[i] * fall[i] ** table["age_years"],
        )
        rows.append(frame.assign(period_end=frame["period_end"].dt.to_period("Q").dt.end_time.dt.normalize()))
    stacked = pd.concat(rows, ignore_index=True)
    return stacked.groupby(["asset_class", "period_end"], as_index=False, sort=False).sum()


def as_quantity(value: float, unit: str, view: View, scenario: Scenario, interval: str) -> Quantity:
    """Dress a number computed from :func:`inputs` with its grade, day and sources."""
    grade, sources = provenance(view, scenario)
    return Quantity(value, unit, grade=grade, as_of=view.dated, sources=sources, interval=interval)
