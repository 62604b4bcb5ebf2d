"""One set of inputs for all models as of a day: what was known and supposed, each with grade, interval and sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from .. import adoption, equation, revenue, stock
from ..assumptions import Scenario
from ..equation import ASSET_CLASSES
from ..errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from ..evidence import OUTCOMES, View, source_keys
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
    scenario : str
        Name of the scenario.
    known : mapping
        From name to quantity.
    missing : mapping
        From name to the reason why it is not known.
    """

    day: date
    scenario: str
    known: Mapping[str, Quantity]
    missing: Mapping[str, str]

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


def _shares(scenario: Scenario) -> np.ndarray:
    shares = np.array([scenario["asset_share_ratio"][kind] for kind in ASSET_CLASSES], dtype=float)
    return shares / shares.sum()


def _by_kind(scenario: Scenario, name: str) -> np.ndarray:
    return np.array([scenario[name][kind] for kind in ASSET_CLASSES], dtype=float)


def _latest_quarter(view: View, scenario: Scenario) -> tuple[float, float]:
    """Spending of the latest quarter that all builders have reported, and its AI part, USD bn."""
    table = stock.vintages(view, scenario)
    quarter = table["period_end"].dt.to_period("Q")
    reported = table.groupby(quarter)["entity"].nunique()
    last = reported[reported == reported.max()].index[-1]
    rows = table[quarter == last]
    return float(rows["value"].sum()), float((rows["value"] * rows["ai_share_ratio"]).sum())


def _spending(view: View, scenario: Scenario) -> Quantity:
    rows = stock.spending(view)
    return Quantity(
        4 * _latest_quarter(view, scenario)[0],
        "USD_bn",
        grade=weakest("derived", *rows["grade"]),
        sources=tuple(source_keys(rows)),
        interval="none: a sum of figures as reported",
    )


def _capital(view: View, scenario: Scenario, target: str) -> float:
    return float(np.sum(equation.evaluate(target, **stock.inputs(view, scenario))))


def _life(scenario: Scenario) -> float:
    return float(1 / (_shares(scenario) / _by_kind(scenario, "asset_life_years")).sum())


def _price_fall(scenario: Scenario) -> float:
    return float((_shares(scenario) * _by_kind(scenario, "replacement_price_fall_ratio")).sum())


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


def _age(view: View, scenario: Scenario) -> float:
    new = rental_factor(scenario["cost_of_capital_ratio"], _price_fall(scenario), _life(scenario))
    return _capital(view, scenario, "capital_charge_usd_bn") / (_capital(view, scenario, "gross_stock_usd_bn") * new)


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
        sources=tuple(source_keys(rows)),
        interval="lowest and highest estimate on record; they count different things as a gigawatt",
    )


def _output(view: View) -> Quantity:
    last = view.series("us_economy", "gdp_nominal_saar").iloc[-1]
    # Values of a later vintage, dated by the usual lag: the kind of figure was known, its digits may differ.
    return Quantity(last["value"] / 1000, "USD_bn", grade="estimated", sources=(last["source"],))


def _from_scenarios(
    view: View, scenario: Scenario, unit: str, value: Callable[[Scenario], float], names: tuple[str, ...] = ()
) -> Quantity:
    """One number by scenario; `names` are the assumptions it rests on, where no dated figure is in it."""
    central = stock.as_quantity(value(scenario), unit, view, scenario, "")
    if names:
        sources = tuple(key for name in names for key in scenario.assumptions[name].sources)
        central = replace(central, sources=sources)
    if scenario.root in OUTER:
        return replace(central, interval="none: one scenario of the two outer ones")
    others = [replace(central, value=value(scenario.onto(name))) for name in OUTER]
    return envelope(central, others, interval="scenarios low to high")


def _running(scenario: Scenario) -> Quantity:
    parts = [scenario.quantity(name) for name in ("energy_to_capital_ratio", "operations_to_capital_ratio")]
    return derive(lambda e, o: e + o, *parts, unit="ratio", interval="defensible ranges of both")


def common_inputs(view: View, scenario: Scenario) -> Inputs:
    """
    Gather the inputs that models share, as of a day.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        What is supposed.

    Returns
    -------
    Inputs
        What was not yet known on the day is among the missing, with the reason.
    """

    def of_scenarios(unit: str, value: Callable[[Scenario], float], *names: str) -> Callable[[], Quantity]:
        return lambda: _from_scenarios(view, scenario, unit, value, names)

    def power() -> Quantity:
        unit_cost = _gigawatt(view)
        built = _capital(view, scenario, "gross_stock_usd_bn")
        return derive(lambda cost: built / cost, unit_cost, unit="GW", interval="lowest and highest cost of a gigawatt")

    makers: dict[str, Callable[[], Quantity]] = {
        "accelerator_run_rate_usd_bn": lambda: _run_rate(view),
        "accelerator_share_ratio": lambda: scenario.quantity("cahn_accelerator_share_ratio"),
        "capex_usd_bn": lambda: _spending(view, scenario),
        "ai_share_of_capex_ratio": of_scenarios(
            "ratio", lambda s: _latest_quarter(view, s)[1] / _latest_quarter(view, s)[0]
        ),
        "ai_capex_usd_bn": of_scenarios("USD_bn", lambda s: 4 * _latest_quarter(view, s)[1]),
        "ai_stock_usd_bn": of_scenarios("USD_bn", lambda s: _capital(view, s, "gross_stock_usd_bn")),
        "usd_bn_per_gw": lambda: _gigawatt(view),
        "gw": power,
        "life_years": of_scenarios("years", _life, "asset_life_years", "asset_share_ratio"),
        "price_fall_ratio": of_scenarios("ratio", _price_fall, "replacement_price_fall_ratio", "asset_share_ratio"),
        "cost_of_capital_ratio": lambda: scenario.quantity("cost_of_capital_ratio"),
        "age_ratio": of_scenarios("ratio", lambda s: _age(view, s)),
        "running_cost_ratio": lambda: _running(scenario),
        "buyer_gross_margin_ratio": lambda: scenario.quantity("buyer_gross_margin_ratio"),
        "actual_ai_revenue_usd_bn": lambda: revenue.ai_revenue(view, scenario),
        "users_mn": lambda: view.quantity(*adoption.USERS, basis=OUTCOMES),
        "us_gdp_usd_bn": lambda: _output(view),
    }
    known, missing = {}, {}
    for name, make in makers.items():
        try:
            known[name] = replace(make(), as_of=view.day)
        except (VintageError, EvidenceError) as error:
            missing[name] = str(error)
    return Inputs(view.day, scenario.name, known, missing)
