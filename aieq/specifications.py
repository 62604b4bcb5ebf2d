"""Every definition: the switches that change the answer, all their defensible combinations, and coverage under each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import equation, revenue, sites, stock
from .assumptions import Scenario
from .errors import VintageError
from .evidence import View
from .outlook.ahead import stocks
from .outlook.doubts import assumed, correlations, observed
from .outlook.draws import Joint, read_correlations, scrambles


@dataclass(frozen=True)
class Switch:
    """
    One choice of definitions.

    Parameters
    ----------
    name : str
        Column in every table.
    asks : str
        The question it answers.
    options : mapping of str to str
        What each choice means. The first is the report's own.
    """

    name: str
    asks: str
    options: Mapping[str, str]

    @property
    def own(self) -> str:
        """The report's choice."""
        return next(iter(self.options))


SWITCHES = (
    Switch(
        "charge",
        "What must revenue pay for?",
        {
            "return": "the rent of the capital in use: wear, falling prices and a return",
            "payback": "the capital in use over its life, without interest or falling prices",
            "outlay": "a year's accelerators with all that goes with them (Cahn)",
        },
    ),
    Switch(
        "spending",
        "Whose spending is it, and in cash only?",
        {
            "cash": "cash capital expenditure of five companies",
            "leases": "the same with finance leases, where a company reports them",
            "sellers": "what Nvidia sold to data centres, over the accelerators' share of their cost",
        },
    ),
    Switch(
        "ai_share",
        "Which part of it is for AI?",
        {
            "assumed": "the scenario's share of each year",
            "added": "what exceeds each company's quarterly spending of 2022",
            "all": "all of it",
        },
    ),
    Switch(
        "life",
        "How long do computers serve?",
        {
            "economic": "the scenario's economic life",
            "book": "the life over which companies now write servers off",
        },
    ),
    Switch(
        "scope",
        "Whose revenue counts?",
        {
            "labs_clouds": "labs and clouds",
            "labs": "labs alone",
            "labs_clouds_applications": "labs, clouds and applications",
        },
    ),
    Switch(
        "flows",
        "What of dollars that pass between them?",
        {
            "net": "each dollar once; what labs owe partners is taken off where labs stand alone",
            "gross": "each company's revenue as it states it",
        },
    ),
    Switch(
        "timing",
        "Revenue at what pace?",
        {
            "run_rate": "annualised, as last stated, against the capital in use now",
            "past_year": "of the past twelve months, against the capital in use in their middle",
        },
    ),
)
NAMES = tuple(switch.name for switch in SWITCHES)

# Combinations that say nothing: what holds of them, and why they are left out. Each is tried in this order.
EXCLUDED = (
    (
        lambda s: s["charge"] == "outlay" and s["spending"] != "sellers",
        "Cahn's rule starts from what the sellers of accelerators take, not from what builders spend",
    ),
    (
        lambda s: s["charge"] == "outlay" and s["life"] == "book",
        "a rule on one year's outlay knows no life",
    ),
    (
        lambda s: s["spending"] == "sellers" and s["ai_share"] != "assumed",
        "accelerators are for AI altogether: no share of them is to be chosen",
    ),
    (
        lambda s: s["charge"] == "outlay" and s["timing"] == "past_year",
        "the rule annualises the latest quarter; revenue of the past year belongs to another pace",
    ),
)
_PAST_MIDDLE = -0.5
_BASE_YEAR = 2022
_SCOPE = {
    ("labs", "net"): "labs_net",
    ("labs", "gross"): "labs",
    ("labs_clouds", "net"): "labs_clouds",
    ("labs_clouds_applications", "net"): "labs_clouds_applications",
    ("labs_clouds_applications", "gross"): "gross",
}


def combinations() -> tuple[list[dict[str, str]], pd.DataFrame]:
    """
    All combinations of the switches, and what was left out of them.

    Returns
    -------
    kept : list of dict
        Choice by switch.
    left_out : DataFrame
        reason, count.

    Examples
    --------
    >>> kept, left_out = combinations()
    >>> len(kept) + int(left_out["count"].sum()) == 3 * 3 * 3 * 2 * 3 * 2 * 2
    True
    """
    kept, counts = [], dict.fromkeys((reason for _, reason in EXCLUDED), 0)
    for choice in itertools.product(*(switch.options for switch in SWITCHES)):
        one = dict(zip(NAMES, choice, strict=True))
        reason = next((why for holds, why in EXCLUDED if holds(one)), None)
        if reason is None:
            kept.append(one)
        else:
            counts[reason] += 1
    return kept, pd.DataFrame({"reason": list(counts), "count": list(counts.values())})


# --- spending under each definition ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spending:
    """Vintages under one definition: years to birth, USD bn, and the input that is each one's AI share (or none)."""

    born: np.ndarray
    value: np.ndarray
    share_of: tuple[str | None, ...]


def _with_leases(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Where a company reports its quarter with finance leases, that figure instead."""
    table = table.copy()
    for entity in stock.SPENDERS:
        try:
            wide = view.quarters(entity, "capex_incl_leases")
        except LookupError:
            continue
        by_end = wide.set_index("period_end")["value"] / 1000
        own = table["entity"] == entity
        found = table.loc[own, "period_end"].map(by_end)
        table.loc[own, "value"] = found.fillna(table.loc[own, "value"])
    return table


def _added(table: pd.DataFrame) -> pd.DataFrame:
    """What exceeds the company's mean quarter of the base year."""
    before = table[table["period_end"].dt.year == _BASE_YEAR].groupby("entity")["value"].mean()
    return table.assign(value=(table["value"] - table["entity"].map(before)).clip(lower=0.0))


def _sold(view: View, scenario: Scenario) -> pd.DataFrame:
    """Accelerators sold by quarter, grossed up to whole sites by the scenario's share."""
    quarters = view.quarters("nvidia", "datacenter_revenue")
    quarters = quarters[quarters["period_end"] >= pd.Timestamp(_BASE_YEAR, 1, 31)]
    if quarters.empty:
        msg = f"no data-centre revenue of Nvidia since {_BASE_YEAR} was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    shares = scenario["asset_share_ratio"]
    share = shares["accelerators"] / sum(shares.values())
    unit = {"USD_mn": 1000.0, "USD_bn": 1.0}
    value = quarters["value"] / quarters["unit"].map(unit) / share
    return quarters.assign(entity="nvidia", value=value)[["entity", "period_start", "period_end", "value"]]


def spending(view: View, scenario: Scenario, which: str, ai_share: str) -> Spending:
    """
    Lay out spending as vintages under one definition.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        For the years of the AI share and the accelerators' share.
    which, ai_share : str
        Options of the switches ``spending`` and ``ai_share``.

    Returns
    -------
    Spending
        Sorted by birth.

    Raises
    ------
    VintageError
        If nothing of it was known.
    """
    table = _sold(view, scenario) if which == "sellers" else stock.spending(view)
    if which == "leases":
        table = _with_leases(view, table)
    if ai_share == "added":
        table = _added(table)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    years = scenario["ai_share_of_capex_ratio"]
    named = [f"ai_share_of_capex_ratio.{year}" for year in middle.dt.year.clip(min(years), max(years))]
    of = named if which != "sellers" and ai_share == "assumed" else [None] * len(table)
    born = -(table["period_end"].max() - middle).dt.days / 365.25
    order = np.argsort(born.to_numpy(), kind="stable")
    return Spending(born.to_numpy()[order], table["value"].to_numpy()[order], tuple(of[i] for i in order))


def book_lives(view: View) -> dict[str, float]:
    """
    Life over which each company now writes servers off, years.

    Raises
    ------
    VintageError
        If none was known.
    """
    table = sites.useful_lives(view)
    if table.empty:
        msg = f"no company's life of servers was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    return table.sort_values("effective").groupby("company")["after_years"].last().to_dict()


# --- coverage ---------------------------------------------------------------------------------------------------------


def _revenues(view: View, scenario: Scenario) -> dict[tuple[str, str, str], object]:
    """Revenue of each scope, by flows and timing, as a quantity; what was not known is absent."""
    rows = revenue.scopes(view, scenario)
    now = {pair: revenue.scope_total(rows, scope, view.day) for pair, scope in _SCOPE.items()}
    gross = rows[(rows["scope"] == "labs_clouds") & (rows["kind"] == "revenue")]
    now["labs_clouds", "gross"] = revenue.scope_total(gross, "labs_clouds", view.day)
    # Every scope grew in step with the one the report follows month by month: the others have no path of their own
    # that is dense enough, and what is sought is a year's mean over its end.
    path = revenue.ai_revenue_path(view, scenario)
    year = path[path["day"] > pd.Timestamp(view.day) - pd.DateOffset(years=1)]
    mean = float(year["usd_bn"].mean() / path["usd_bn"].iloc[-1])
    found: dict[tuple[str, str, str], object] = {(*pair, "run_rate"): figure for pair, figure in now.items()}
    if pd.Timestamp(view.day) - path["day"].iloc[0] >= pd.Timedelta(days=330):
        found |= {(*pair, "past_year"): figure * mean for pair, figure in now.items()}
    return found


def _joint(scenario: Scenario, evidence: Sequence) -> Joint:
    """Without the paths ahead: a definition is judged today."""
    inputs = (*evidence, *(entry for entry in assumed(scenario) if "growth" not in entry.name))
    names = [entry.name for entry in inputs]
    pairs = [entry for entry in correlations() if "growth" not in entry["between"][0]]
    return Joint(inputs, read_correlations(pairs, names))


def _required(
    one: Mapping[str, str], spent: Spending, values: Mapping[str, np.ndarray], lives: Sequence[float] | None
) -> np.ndarray:
    """Required revenue of each draw under one definition of the cost side."""
    if one["charge"] == "outlay":
        return equation.evaluate(
            "required_revenue_usd_bn",
            accelerator_run_rate_usd_bn=values["accelerator_run_rate_usd_bn"],
            accelerator_share_ratio=values["cahn_accelerator_share_ratio"],
            buyer_gross_margin_ratio=values["cahn_buyer_gross_margin_ratio"],
        )

    def by_class(name: str) -> np.ndarray:
        return np.stack([values[f"{name}.{member}"] for member in equation.ASSET_CLASSES])

    draws = len(values["cost_of_capital_ratio"])
    life, fall = by_class("asset_life_years"), by_class("replacement_price_fall_ratio")
    rate = values["cost_of_capital_ratio"]
    if lives is not None:
        # Accelerators and other computers; buildings and plant are not what is disputed. Each company's life counts
        # alike, in turn over the draws, so that their differences stay in the result.
        life = np.concatenate([np.resize(lives, (1, draws)).repeat(2, axis=0), life[2:]])
    if one["charge"] == "payback":
        fall, rate = np.zeros_like(fall), np.zeros_like(rate)
    share = np.stack([np.ones(draws) if name is None else values[name] for name in spent.share_of])
    when = 0.0 if one["timing"] == "run_rate" else _PAST_MIDDLE
    gross, effective = stocks(spent.born, share * spent.value[:, None], life, fall, np.array([when]))
    parts = by_class("asset_share_ratio")
    parts = parts / parts.sum(axis=0)
    return equation.evaluate(
        "required_revenue_capital_usd_bn",
        gross_stock_usd_bn=(gross[:, 0] * parts).T,
        effective_stock_usd_bn=(effective[:, 0] * parts).T,
        asset_life_years=life.T,
        replacement_price_fall_ratio=fall.T,
        cost_of_capital_ratio=rate,
        energy_to_capital_ratio=values["energy_to_capital_ratio"],
        operations_to_capital_ratio=values["operations_to_capital_ratio"],
        buyer_gross_margin_ratio=values["buyer_gross_margin_ratio"],
    )


COST_SIDE = ("charge", "spending", "ai_share", "life", "timing")
REVENUE_SIDE = ("scope", "flows", "timing")


def specifications(view: View, scenario: Scenario, *, draws: int = 2**12, seed: int = 0) -> pd.DataFrame:
    """
    Coverage under every defensible combination of definitions.

    Parameters
    ----------
    view : View
        The state of knowledge. Combinations that need a figure not known on the day are left out of the table.
    scenario : Scenario
        What is supposed.
    draws : int
        Joint draws in each combination; a power of two.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        One row a combination: its choices, ``own`` (the report's), required_usd_bn, revenue_usd_bn and coverage_ratio
        with everything at its middle, low and high (90 per cent of the draws), chance_ratio (share of draws that are
        covered). Sorted by coverage.
    """
    kept, _ = combinations()
    amounts = _revenues(view, scenario)
    run_rate = view.quantity("nvidia", "datacenter_revenue", kind="quarter", basis="reported").to("USD_bn") * 4
    evidence = [observed("accelerator_run_rate_usd_bn", "Accelerator run rate", run_rate)]
    evidence += [observed(_name(key), "AI revenue", figure) for key, figure in amounts.items()]  # type: ignore[arg-type]
    joint = _joint(scenario, evidence)
    drawn = joint.values(scrambles(len(joint.inputs), draws, 1, seed)[0].random(draws))
    lives = list(book_lives(view).values())
    costs: dict[tuple[str, ...], tuple[float, np.ndarray]] = {}
    spent: dict[tuple[str, str], Spending] = {}
    rows = []
    for one in kept:
        key = (one["scope"], one["flows"], one["timing"])
        if key not in amounts:
            continue
        cost = tuple(one[name] for name in COST_SIDE)
        if cost not in costs:
            pair = (one["spending"], one["ai_share"])
            if pair not in spent:
                spent[pair] = spending(view, scenario, *pair)
            book = lives if one["life"] == "book" else None
            middle = _required(one, spent[pair], joint.base(), None if book is None else [float(np.mean(book))])
            costs[cost] = float(middle[0]), _required(one, spent[pair], drawn, book)
        middle_cost, every = costs[cost]
        ratio = drawn[_name(key)] / every
        low, high = np.quantile(ratio, [0.05, 0.95])
        value = amounts[key].value  # type: ignore[attr-defined]
        rows.append(
            {
                **one,
                "own": all(one[switch.name] == switch.own for switch in SWITCHES),
                "required_usd_bn": middle_cost,
                "revenue_usd_bn": value,
                "coverage_ratio": value / middle_cost,
                "low": low,
                "high": high,
                "chance_ratio": float((ratio >= 1).mean()),
            }
        )
    return pd.DataFrame(rows).sort_values("coverage_ratio", ignore_index=True)


def _name(key: tuple[str, str, str]) -> str:
    return "revenue." + ".".join(key)


def effects(table: pd.DataFrame) -> pd.DataFrame:
    """
    What each choice does to coverage by itself: the mean factor against the report's own choice, all else equal.

    Only pairs of combinations that differ in nothing but the switch are compared.

    Parameters
    ----------
    table : DataFrame
        From :func:`specifications`.

    Returns
    -------
    DataFrame
        switch, option, factor_multiple (geometric mean), least, most, pairs; the switch that moves most first.
    """
    rows = []
    for switch in SWITCHES:
        others = [name for name in NAMES if name != switch.name]
        wide = table.pivot(index=others, columns=switch.name, values="coverage_ratio")
        for option in switch.options:
            if option == switch.own or option not in wide or switch.own not in wide:
                continue
            factor = (wide[option] / wide[switch.own]).dropna()
            if factor.empty:
                continue
            mean = float(np.exp(np.log(factor).mean()))
            ends = {"least": factor.min(), "most": factor.max(), "pairs": len(factor)}
            rows.append({"switch": switch.name, "option": option, "factor_multiple": mean, **ends})
    found = pd.DataFrame(rows)
    size = found["factor_multiple"].map(np.log).abs()
    strongest = size.groupby(found["switch"]).transform("max")
    return found.assign(size=size, strongest=strongest).sort_values(
        ["strongest", "switch", "size"], ascending=False, ignore_index=True
    )[["switch", "option", "factor_multiple", "least", "most", "pairs"]]
