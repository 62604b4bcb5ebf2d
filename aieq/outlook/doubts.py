"""What is in doubt on a day: assumptions with their beliefs, evidence with its interval, and how they hang together."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from .. import stock
from ..assumptions import Scenario
from ..errors import ScenarioError, VintageError
from ..evidence import DATA, View
from ..quantity import Quantity
from .distributions import RANGE_HOLDS, Distribution, distribution, three_points
from .draws import Input, Joint, read_correlations
from .result import Setting, horizon

ASSUMED = (
    "cahn_accelerator_share_ratio",
    "cahn_buyer_gross_margin_ratio",
    "buyer_gross_margin_ratio",
    "cost_of_capital_ratio",
    "asset_share_ratio",
    "asset_life_years",
    "replacement_price_fall_ratio",
    "energy_to_capital_ratio",
    "operations_to_capital_ratio",
    "ai_share_of_capex_ratio",
    "revenue_growth_half_life_years",
    "building_growth_half_life_years",
    "lasting_growth_ratio",
)
WIDEST = 10.0  # evidence is never off by more than this factor beyond its interval


@functools.cache
def correlations(path: Path = DATA / "correlations.yml") -> list[dict]:
    """Entries of the file of correlations, as they stand there."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        msg = f"{path.name} holds a list of correlations; it holds a {type(entries).__name__}"
        raise ScenarioError(msg)
    return entries


def assumed(scenario: Scenario, holds: float = RANGE_HOLDS) -> list[Input]:
    """
    Inputs that are assumptions, one for each member of a group.

    Parameters
    ----------
    scenario : Scenario
        Its values are the middle of each belief.
    holds : float
        How much of the doubt a defensible range is taken to hold.

    Returns
    -------
    list of Input
    """
    found = []
    for name in ASSUMED:
        entry, value = scenario.assumptions[name], scenario[name]
        members = value if isinstance(value, Mapping) else {"": value}
        for member, base in members.items():
            full = f"{name}.{member}" if member != "" else name
            span = entry.range[member] if isinstance(entry.range, Mapping) else entry.range
            spec = entry.distribution
            title = f"{entry.title}: {str(member).replace('_', ' ')}" if member != "" else entry.title
            found.append(
                Input(
                    full,
                    title,
                    entry.unit,
                    float(base),
                    distribution(full, base, tuple(span), entry.possible, spec, holds),
                    entry.because,
                    entry.sources,
                )
            )
    return found


def observed(name: str, title: str, quantity: Quantity, holds: float = RANGE_HOLDS) -> Input:
    """
    An input that is evidence: its value is the median, its interval holds 90 per cent, in logarithms.

    Parameters
    ----------
    name : str
        Name of the input.
    title : str
        In words.
    quantity : Quantity
        Above zero. Without an interval, or with its value on an edge of it, it is widened on neither side by guess:
        it is taken as it is on that side.
    holds : float
        How much of the doubt its interval is taken to hold.

    Examples
    --------
    >>> entry = observed("x", "x", Quantity(100, "USD_bn", 50, 200, interval="range of sources"))
    >>> entry.distribution.quantile(np.array([0.05, 0.5, 0.95])).round(9).tolist()
    [50.0, 100.0, 200.0]
    """
    value = quantity.value
    low, high = (quantity.low or value), (quantity.high or value)
    if not low > 0:
        msg = f"{name} reaches down to {low:g}: a doubt in logarithms needs values above zero"
        raise ScenarioError(msg)
    if low == high:
        belief = distribution(name, value, (value, value), (value, value), {"kind": "fixed"})
    elif low < value < high:
        ends = (math.log(low / WIDEST), math.log(high * WIDEST))
        bend = three_points(math.log(low), math.log(value), math.log(high), ends, holds)
        words = f"median {value:g}, {holds:.0%} between {low:g} and {high:g}"
        belief = Distribution("range", lambda p: np.exp(bend(p)), words)
    else:
        belief = distribution(name, value, (low, high), (low, high), {"kind": "triangular"})
    return Input(name, title, quantity.unit, value, belief, quantity.interval, tuple(quantity.sources))


def joint(
    scenario: Scenario,
    evidence: list[Input],
    *,
    correlated: bool = True,
    holds: float = RANGE_HOLDS,
    data: Path = DATA,
) -> Joint:
    """
    Everything in doubt on a day.

    Parameters
    ----------
    scenario : Scenario
        For the assumptions.
    evidence : list of Input
        What :func:`observed` made of the day's figures.
    correlated : bool
        Whether the correlations of ``data/correlations.yml`` apply.
    holds : float
        How much of the doubt a defensible range is taken to hold.
    data : Path
        Where that file lies.

    Returns
    -------
    Joint
    """
    inputs = (*evidence, *assumed(scenario, holds))
    names = [entry.name for entry in inputs]
    pairs = read_correlations(correlations(data / "correlations.yml"), names) if correlated else ()
    return Joint(inputs, pairs)


def setting(view: View, scenario: Scenario) -> Setting:
    """
    What is known on a day: the builders' spending by quarter, and the times to look at.

    Raises
    ------
    VintageError
        If the quarter a year before the latest one was not known.
    """
    table = stock.vintages(view, scenario)
    quarter = table["period_end"].dt.to_period("Q")
    reported = table.groupby(quarter)["entity"].nunique()
    whole = reported.index[reported == reported.max()]
    last = whole[-1]
    if last - 4 not in whole:
        msg = f"capital spending of the quarter a year before {last} was not known on {view.day}: ask for a later day"
        raise VintageError(msg)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    years = scenario["ai_share_of_capex_ratio"]
    grouped = (
        pd.DataFrame(
            {
                "born": -table["age_years"],
                "year": middle.dt.year.clip(min(years), max(years)),
                "quarter": quarter,
                "value": table["value"],
            }
        )
        .groupby(["born", "year", "quarter"], as_index=False)
        .sum()
        .sort_values("born")
    )
    when, dates = horizon(view.day)
    return Setting(
        view.day,
        grouped["born"].to_numpy(),
        grouped["value"].to_numpy(),
        tuple(f"ai_share_of_capex_ratio.{year}" for year in grouped["year"]),
        (grouped["quarter"] == last).to_numpy(),
        (grouped["quarter"] == last - 4).to_numpy(),
        when,
        dates,
    )
