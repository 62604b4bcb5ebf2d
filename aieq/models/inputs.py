"""One set of inputs for all models as of a day: what was known and supposed, each with grade, interval and sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from .. import adoption, equation, revenue, stock
from ..assumptions import Scenario
from ..equation import ASSET_CLASSES
from ..errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from ..evidence import OUTCOMES, View, per_view, source_keys
from ..quantity import Quantity, derive, envelope, weakest

OUTER = ("low", "high")  # scenarios of the revenue that is required


@dataclass(frozen=True)
class Inputs:
    """
    What every model may be fed with on one day, under one scenario.

    Parameters
    ----------
    day : date
        The state of knowledge.
    known : mapping
        From name to quantity.
    missing : mapping
        From name to the reason why it is not known.
    ends : tuple of mappings
        Values under the two outer scenarios; empty if the scenario stands on one of them.
    """

    day: date
    known: Mapping[str, Quantity]
    missing: Mapping[str, str]
    ends: tuple[Mapping[str, float], ...] = ()

    def __getitem__(self, name: str) -> Quantity:
        if name in self.known:
            return self.known[name]
        if name in self.missing:
            raise VintageError(self.missing[name])
        msg = f"no common input is called {name!r}.{did_you_mean(name, MEANINGS)}"
        raise UnknownNameError(msg)

    @property
    def values(self) -> dict[str, float]:
        """The bare central values of what is known."""
        return {name: quantity.value for name, quantity in self.known.items()}


# What each counts. Amounts of money are nominal, and so is the cost of capital.
MEANINGS = {
    "accelerator_run_rate_usd_bn": "Nvidia's latest reported data-centre quarter, times four",
    "accelerator_share_ratio": "accelerators' share of the cost of a data centre, in Cahn's rule",
    "capex_usd_bn": "capital spending of five builders in the latest quarter all have reported, times four",
    "ai_share_of_capex_ratio": "share of that spending that is for AI",
    "ai_capex_usd_bn": "AI capital spending of five builders in that quarter, times four",
    "ai_stock_usd_bn": "AI capital of five builders in service, at what it cost",
    "usd_bn_per_gw": "cost of a gigawatt of AI data centre: middle of the estimates public by the day",
    "gw": "gigawatts that the stock stands for at that cost",
    "life_years": "life of a dollar of that stock: the reciprocal of its mean yearly wear",
    "price_fall_ratio": "yearly fall of the price of equal service, mean over the kinds of asset",
    "cost_of_capital_ratio": "nominal cost of capital a year",
    "age_ratio": "rent of the stock over that of new assets of the same cost: what age takes off",
    "running_cost_ratio": "energy and operations a year per dollar of stock",
    "buyer_gross_margin_ratio": "share of final revenue that is not for computing",
    "actual_ai_revenue_usd_bn": "AI revenue from outside the industry, annualised",
    "users_mn": "weekly users of ChatGPT as last known",
    "us_gdp_usd_bn": "output of the United States, latest quarter at a yearly rate",
}


def _by_kind(scenario: Scenario, name: str) -> np.ndarray:
    return np.array([scenario[name][kind] for kind in ASSET_CLASSES], dtype=float)


@per_view
def _latest_rows(view: View) -> np.ndarray:
    """Rows of the spending of the latest quarter that all builders have reported."""
    table = stock.spending(view)
    quarter = table["period_end"].dt.to_period("Q")
    reported = table.groupby(quarter)["entity"].nunique()
    return np.flatnonzero(quarter == reported[reported == reported.max()].index[-1])


def rental_factor(cost_of_capital_ratio: float, price_fall_ratio: float, life_years: float) -> float:
    """
    Rent a year per dollar of a new asset, as in step two of the equation.

    Examples
    --------
    >>> rental_factor(0.0, 0.0, 5.0)
    0.2
    """
    # The printed relation once more, in plain floats: subsets of switches ask for it tens of thousands of times.
    pace = cost_of_capital_ratio + price_fall_ratio
    if pace == 0:
        return 1 / life_years
    return pace / (1 - ((1 - price_fall_ratio) / (1 + cost_of_capital_ratio)) ** life_years)


def scenario_values(view: View, scenario: Scenario) -> dict[str, float]:
    """
    Values of all inputs that hang on what is supposed.

    Returns
    -------
    dict
        By name of :data:`MEANINGS`.
    """
    given = stock.inputs(view, scenario)
    latest = given["spending_usd_bn"][_latest_rows(view)]
    spent, for_ai = float(latest.sum()), float(latest @ given["ai_share_of_capex_ratio"][_latest_rows(view)])
    gross, charge = (
        float(np.sum(equation.evaluate(target, **given))) for target in ("gross_stock_usd_bn", "capital_charge_usd_bn")
    )
    shares = _by_kind(scenario, "asset_share_ratio")
    shares = shares / shares.sum()
    life = float(1 / (shares / _by_kind(scenario, "asset_life_years")).sum())
    fall = float((shares * _by_kind(scenario, "replacement_price_fall_ratio")).sum())
    cost = scenario["cost_of_capital_ratio"]
    return {
        "accelerator_share_ratio": scenario["cahn_accelerator_share_ratio"],
        "capex_usd_bn": 4 * spent,
        "ai_share_of_capex_ratio": for_ai / spent,
        "ai_capex_usd_bn": 4 * for_ai,
        "ai_stock_usd_bn": gross,
        "life_years": life,
        "price_fall_ratio": fall,
        "cost_of_capital_ratio": cost,
        # What is left is the mix of kinds of asset, which one life and one fall for all miss by little.
        "age_ratio": charge / (gross * rental_factor(cost, fall, life)),
        "running_cost_ratio": scenario["energy_to_capital_ratio"] + scenario["operations_to_capital_ratio"],
        "buyer_gross_margin_ratio": scenario["buyer_gross_margin_ratio"],
    }


def _run_rate(view: View) -> Quantity:
    quarter = view.quantity("nvidia", "datacenter_revenue", kind="quarter", basis="reported").to("USD_bn")
    return derive(lambda q: 4 * q, quarter, unit="USD_bn", interval="rounding of the reported quarter")


def _gigawatt(view: View) -> Quantity:
    rows = view.rows("ai_datacentre", "cost_per_gw", unit="USD_mn")
    if rows.empty:
        msg = f"no estimate of what a gigawatt of AI data centre costs was public on {view.day}"
        raise VintageError(msg)
    values = rows["value"] / 1000
    return Quantity(
        float(values.median()),
        "USD_bn",
        float(values.min()),
        float(values.max()),
        grade=weakest("derived", *rows["grade"]),
        sources=source_keys(rows["source"]),
        interval="lowest and highest estimate on record; they count different things as a gigawatt",
    )


def _output(view: View) -> Quantity:
    last = view.series("us_economy", "gdp_nominal_saar").iloc[-1]
    # Values of a later vintage, dated by the usual lag: the kind of figure was known, its digits may differ.
    return Quantity(last["value"] / 1000, "USD_bn", grade="estimated", sources=(last["source"],))


# Unit, and the assumptions it rests on where no dated figure is in it.
_OF_SCENARIOS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ai_share_of_capex_ratio": ("ratio", ()),
    "ai_capex_usd_bn": ("USD_bn", ()),
    "ai_stock_usd_bn": ("USD_bn", ()),
    "life_years": ("years", ("asset_life_years", "asset_share_ratio")),
    "price_fall_ratio": ("ratio", ("replacement_price_fall_ratio", "asset_share_ratio")),
    "age_ratio": ("ratio", ()),
}


def _spending(view: View, value: float) -> Quantity:
    rows = stock.spending(view)
    return Quantity(
        value,
        "USD_bn",
        grade=weakest("derived", *rows["grade"]),
        sources=source_keys(rows["source"]),
        interval="none: a sum of figures as reported",
    )


def _running(scenario: Scenario) -> Quantity:
    parts = [scenario.quantity(name) for name in ("energy_to_capital_ratio", "operations_to_capital_ratio")]
    return derive(lambda e, o: e + o, *parts, unit="ratio", interval="defensible ranges of both")


def _by_scenario(
    name: str, view: View, scenario: Scenario, central: Mapping[str, float], ends: Sequence[Mapping[str, float]]
) -> Quantity:
    unit, names = _OF_SCENARIOS[name]
    quantity = stock.as_quantity(central[name], unit, view, scenario, "none: one scenario of the two outer ones")
    if names:
        quantity = replace(quantity, sources=tuple(k for n in names for k in scenario.assumptions[n].sources))
    others = [replace(quantity, value=end[name]) for end in ends]
    return envelope(quantity, others, interval="scenarios low to high") if others else quantity


def common_inputs(view: View, scenario: Scenario, outer: Sequence[Scenario] | None = None) -> Inputs:
    """
    Gather the inputs that models share, as of a day.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        What is supposed.
    outer : sequence of Scenario, optional
        Scenarios that bound the intervals; by default ``low`` and ``high`` with the changes of `scenario`, or none if
        it stands on one of them.

    Returns
    -------
    Inputs
        What was not yet known on the day is among the missing, with the reason.
    """
    if outer is None:
        outer = [] if scenario.root in OUTER else [scenario.onto(name) for name in OUTER]
    central = scenario_values(view, scenario)
    ends = [scenario_values(view, other) for other in outer]

    def power() -> Quantity:
        built = central["ai_stock_usd_bn"]
        return derive(lambda c: built / c, _gigawatt(view), unit="GW", interval="lowest and highest cost of a gigawatt")

    makers: dict[str, Callable[[], Quantity]] = {
        "accelerator_run_rate_usd_bn": lambda: _run_rate(view),
        "accelerator_share_ratio": lambda: scenario.quantity("cahn_accelerator_share_ratio"),
        "capex_usd_bn": lambda: _spending(view, central["capex_usd_bn"]),
        "cost_of_capital_ratio": lambda: scenario.quantity("cost_of_capital_ratio"),
        "running_cost_ratio": lambda: _running(scenario),
        "buyer_gross_margin_ratio": lambda: scenario.quantity("buyer_gross_margin_ratio"),
        "usd_bn_per_gw": lambda: _gigawatt(view),
        "gw": power,
        "actual_ai_revenue_usd_bn": lambda: revenue.ai_revenue(view, scenario),
        "users_mn": lambda: view.quantity(*adoption.USERS, basis=OUTCOMES),
        "us_gdp_usd_bn": lambda: _output(view),
    }
    for name in _OF_SCENARIOS:
        makers[name] = partial(_by_scenario, name, view, scenario, central, ends)
    known, missing = {}, {}
    for name in MEANINGS:
        try:
            known[name] = replace(makers[name](), as_of=view.day)
        except (VintageError, EvidenceError) as error:
            missing[name] = str(error)
    values = {name: quantity.value for name, quantity in known.items()}
    built = [
        values | end | ({"gw": end["ai_stock_usd_bn"] / values["usd_bn_per_gw"]} if "gw" in values else {})
        for end in ends
    ]
    return Inputs(view.day, known, missing, tuple(built))
