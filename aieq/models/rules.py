"""
The answers to how much must be earned, written as special cases of one rule.

Required a year = what must be paid for, times what of it is charged a year (with or without running it), over the
share of the counted revenue that may pay for it. Four definitions say which; values fill them in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import EquationError, UnknownNameError, did_you_mean
from .checks import amount, positive, share
from .inputs import rental_factor
from .model import KINDS
from .published import BY_ID
from .spending import recovery_factor


@dataclass(frozen=True)
class Choice:
    """One way to answer a definition: what it says, and which values it uses."""

    says: str
    uses: tuple[str, ...] = ()


DEFINITIONS: dict[str, dict[str, Choice]] = {
    "base": {
        "accelerators": Choice(
            "a year's accelerators with their sites", ("accelerator_run_rate_usd_bn", "accelerator_share_ratio")
        ),
        "spending": Choice("a year's capital spending", ("capex_usd_bn", "ai_share_of_capex_ratio")),
        "stock": Choice("all capital in service", ("ai_stock_usd_bn",)),
        "gigawatts": Choice("a number of gigawatts", ("gw", "usd_bn_per_gw")),
    },
    "charge": {
        "outlay": Choice("in full"),
        "wear": Choice("its wear", ("life_years",)),
        "interest": Choice("a return on it, no wear", ("cost_of_capital_ratio",)),
        "annuity": Choice("wear and return", ("cost_of_capital_ratio", "life_years")),
        "rent": Choice(
            "wear, return and falling prices",
            ("cost_of_capital_ratio", "life_years", "price_fall_ratio", "age_ratio"),
        ),
    },
    "running": {"left out": Choice("not charged"), "added": Choice("charged", ("running_cost_ratio",))},
    "whose": {
        "end users": Choice("what end users pay, less their sellers' margin", ("buyer_gross_margin_ratio",)),
        "operators": Choice("the gross profit of operators", ("operator_margin_ratio",)),
        "companies": Choice("a share of all revenue of the builders", ("capex_to_revenue_ratio",)),
        "the bill": Choice("the profit or cost itself"),
    },
}
# What a step is called, and whether it changes an amount or a way of reckoning. Amounts come first.
STEPS = {
    "accelerator_run_rate_usd_bn": ("Accelerator sales a year", "input"),
    "accelerator_share_ratio": ("Accelerators' share of a data centre", "input"),
    "capex_usd_bn": ("Capital spending a year", "input"),
    "ai_share_of_capex_ratio": ("AI share of spending", "input"),
    "ai_stock_usd_bn": ("Capital in service", "input"),
    "gw": ("Gigawatts", "input"),
    "usd_bn_per_gw": ("Cost of a gigawatt", "input"),
    "age_ratio": ("Age of the capital", "input"),
    "base": ("What must be paid for", "definition"),
    "charge": ("What a year is charged", "definition"),
    "life_years": ("Life of the capital", "definition"),
    "cost_of_capital_ratio": ("Cost of capital", "definition"),
    "price_fall_ratio": ("Fall of replacement prices", "definition"),
    "running": ("Energy and operations", "definition"),
    "running_cost_ratio": ("Rate of energy and operations", "definition"),
    "whose": ("Whose revenue counts", "definition"),
    "buyer_gross_margin_ratio": ("Margin of those who sell", "definition"),
    "operator_margin_ratio": ("Gross margin of operators", "definition"),
    "capex_to_revenue_ratio": ("Bearable spending over revenue", "definition"),
}


def required_usd_bn(definitions: Mapping[str, str], values: Mapping[str, float]) -> float:
    """
    Work out the required amount a year, USD bn.

    Parameters
    ----------
    definitions : mapping
        A choice for each of :data:`DEFINITIONS`.
    values : mapping
        At least the values the choices use.

    Raises
    ------
    EquationError
        If a value that is used is missing or cannot be.

    Examples
    --------
    Cahn's 600, Kupperman's 160:

    >>> cahn = {"base": "accelerators", "charge": "outlay", "running": "left out", "whose": "end users"}
    >>> required_usd_bn(cahn, {"accelerator_run_rate_usd_bn": 150, "accelerator_share_ratio": 0.5,
    ...                 "buyer_gross_margin_ratio": 0.5})
    600.0
    >>> required_usd_bn({"base": "spending", "charge": "wear", "running": "left out", "whose": "operators"},
    ...          {"capex_usd_bn": 400, "ai_share_of_capex_ratio": 1, "life_years": 10, "operator_margin_ratio": 0.25})
    160.0
    """
    try:
        return (
            _base(definitions["base"], values)
            * (_charge(definitions, values) + _running(definitions["running"], values))
            / _kept(definitions["whose"], values)
        )
    except KeyError as error:
        msg = f"the rule {', '.join(definitions.values())} needs {error.args[0]}, which was not given"
        raise EquationError(msg) from None


def _base(choice: str, values: Mapping[str, float]) -> float:
    if choice == "accelerators":
        positive(accelerator_share_ratio=values["accelerator_share_ratio"])
        return values["accelerator_run_rate_usd_bn"] / values["accelerator_share_ratio"]
    if choice == "spending":
        return values["capex_usd_bn"] * values["ai_share_of_capex_ratio"]
    return values["ai_stock_usd_bn"] if choice == "stock" else values["gw"] * values["usd_bn_per_gw"]


def _charge(definitions: Mapping[str, str], values: Mapping[str, float]) -> float:
    choice = definitions["charge"]
    if choice == "outlay":
        return 1.0
    if choice == "interest":
        return values["cost_of_capital_ratio"]
    positive(life_years=values["life_years"])
    if choice == "wear":
        return 1 / values["life_years"]
    if choice == "annuity":
        return recovery_factor(values["cost_of_capital_ratio"], values["life_years"])
    new = rental_factor(values["cost_of_capital_ratio"], values["price_fall_ratio"], values["life_years"])
    # Only a stock has aged; what was bought within the year is new.
    return new * values["age_ratio"] if definitions["base"] == "stock" else new


def _running(choice: str, values: Mapping[str, float]) -> float:
    return values["running_cost_ratio"] if choice == "added" else 0.0


def _kept(choice: str, values: Mapping[str, float]) -> float:
    if choice == "end users":
        share(buyer_gross_margin_ratio=values["buyer_gross_margin_ratio"])
        return 1 - values["buyer_gross_margin_ratio"]
    if choice == "the bill":
        return 1.0
    name = "operator_margin_ratio" if choice == "operators" else "capex_to_revenue_ratio"
    positive(**{name: values[name]})
    return values[name]


@dataclass(frozen=True)
class Rule:
    """
    How one author reckons what must be earned.

    Parameters
    ----------
    id : str
        The published calculation it writes down, or a name of ours.
    who : str
        Author and year.
    definitions : mapping
        A choice for each of :data:`DEFINITIONS`.
    printed : mapping
        The author's own values, by the names of the common inputs.
    constants : tuple of str
        Those of them that no common input replaces: they are part of the rule.
    factors : tuple of str
        Those that make up the base and yet are the author's way of reckoning, not money spent.
    horizon : str
        Over what time the answer is asked.
    note : str
        Where the general rule and the author's words part.
    implied : tuple of str
        Printed values that were backed out of the answer.
    """

    id: str
    who: str
    definitions: Mapping[str, str]
    printed: Mapping[str, float] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    horizon: str = ""
    note: str = ""
    implied: tuple[str, ...] = ()

    @property
    def uses(self) -> tuple[str, ...]:
        """Names of the values the rule uses."""
        return tuple(name for key, choice in self.definitions.items() for name in DEFINITIONS[key][choice].uses)

    @property
    def asks(self) -> str:
        """What the rule asks, in words."""
        said = {key: DEFINITIONS[key][choice].says for key, choice in self.definitions.items()}
        running = ", with energy and operations" if self.definitions["running"] == "added" else ""
        source = "" if self.definitions["whose"] == "the bill" else f", out of {said['whose']}"
        return f"{said['base']}: {said['charge']}{running}{source}"

    def answer(self) -> float | None:
        """What the author's own values give, or nothing if they were not printed."""
        return required_usd_bn(self.definitions, self.printed) if set(self.uses) <= set(self.printed) else None

    def on(self, values: Mapping[str, float]) -> float:
        """What the rule asks for on other values; its constants stay unless they are among them."""
        given = {name: values[name] for name in self.uses if name in values}
        for name, value in given.items():
            if not math.isfinite(value):
                msg = f"{name} is {value}: give a finite number"
                raise EquationError(msg)
        amount(**given)
        return required_usd_bn(self.definitions, {**{name: self.printed[name] for name in self.constants}, **values})

    def on_base(self, values: Mapping[str, float]) -> float:
        """What the author's own factors ask for when only the money that was spent comes from other values."""
        money = DEFINITIONS["base"][self.definitions["base"]].uses
        own = {name: value for name, value in self.printed.items() if name not in money or name in self.factors}
        return required_usd_bn(self.definitions, {**values, **own})


def _rule(id_: str, who: str, choices: str, printed: Mapping[str, float], **more: Any) -> Rule:
    return Rule(id_, who, dict(zip(DEFINITIONS, choices.split(", "), strict=True)), printed, **more)


_STEADY = "every year"
_HALVES = {"accelerator_share_ratio": 0.5, "buyer_gross_margin_ratio": 0.5}
_CHIPS = "accelerators, outlay, left out, end users"
_CAHN: dict[str, Any] = {
    "factors": ("accelerator_share_ratio",),
    "horizon": "once for each year of purchases",
}
_KUPPERMAN: dict[str, Any] = {
    "constants": ("operator_margin_ratio",),
    "factors": ("ai_share_of_capex_ratio",),
    "horizon": _STEADY,
    "note": "he sets all capital spending of the builders against AI revenue",
}
_BUILT_2025 = {"capex_usd_bn": 400, "ai_share_of_capex_ratio": 1, "operator_margin_ratio": 0.25}
_WEAR = "spending, wear, left out, operators"

RULES = (
    _rule("cahn2023_required", "Cahn 2023", _CHIPS, {"accelerator_run_rate_usd_bn": 50, **_HALVES}, **_CAHN),
    _rule("cahn2024_required", "Cahn 2024", _CHIPS, {"accelerator_run_rate_usd_bn": 150, **_HALVES}, **_CAHN),
    _rule(
        "cahn2025_required",
        "Cahn 2025",
        _CHIPS,
        {"accelerator_run_rate_usd_bn": 210, **_HALVES},
        implied=("accelerator_run_rate_usd_bn",),
        **_CAHN,
    ),
    _rule(
        "bain2025_required",
        "Bain 2025",
        "spending, outlay, left out, companies",
        {"capex_usd_bn": 500, "ai_share_of_capex_ratio": 1, "capex_to_revenue_ratio": 0.25},
        constants=("capex_to_revenue_ratio",),
        horizon=_STEADY,
        implied=("capex_to_revenue_ratio",),
        note="the revenue of all who build, whatever they sell; the spending is that of 2030",
    ),
    _rule(
        "jpm2025_required",
        "J.P. Morgan 2025",
        "stock, interest, left out, end users",
        {"ai_stock_usd_bn": 5000, "cost_of_capital_ratio": 0.1, "buyer_gross_margin_ratio": 1 - 500 / 650},
        horizon="for ever",
        implied=("buyer_gross_margin_ratio",),
        note="what is left for the owners of the capital is backed out of the answer; the capital is that of 2030",
    ),
    _rule("kupperman2025_aug", "Kupperman 2025", _WEAR, {**_BUILT_2025, "life_years": 10}, **_KUPPERMAN),
    _rule(
        "kupperman2025_oct",
        "Kupperman 2025, revised",
        _WEAR,
        {**_BUILT_2025, "life_years": 5},
        implied=("life_years",),
        **_KUPPERMAN,
    ),
    _rule(
        "krishna2025",
        "Krishna 2025",
        "gigawatts, interest, left out, the bill",
        {"gw": 100, "usd_bn_per_gw": 80, "cost_of_capital_ratio": 0.1},
        horizon="for ever",
        note="profit, not revenue; the gigawatts are announcements",
    ),
    _rule(
        "epoch_1gw_tco",
        "Epoch 2026",
        "gigawatts, annuity, added, the bill",
        {"gw": 1, "usd_bn_per_gw": 38, "running_cost_ratio": 0.9 / 38},
        horizon=_STEADY,
        note="cost, not revenue; of one gigawatt as printed, of all that is built on the inputs of a day",
    ),
    _rule("aieq_envelope", "this report, step 1", _CHIPS, {}, horizon=_CAHN["horizon"]),
    _rule("aieq_capital", "this report, step 2", "stock, rent, added, end users", {}, horizon=_STEADY),
)
RULE_OF = {rule.id: rule for rule in RULES}
OURS = ("aieq_envelope", "aieq_capital")


def rule(name: str) -> Rule:
    """
    The rule of a published calculation, or one of ours.

    Raises
    ------
    EquationError
        If the calculation exists and asks something else.
    UnknownNameError
        If nothing has that name.
    """
    if name in RULE_OF:
        return RULE_OF[name]
    if name in BY_ID:
        model = BY_ID[name]
        msg = (
            f"{name} asks for {KINDS[model.kind]} ({model.what}, {model.unit}), not for what must be earned a year: "
            f"it has no bridge to the others. Bridges join {', '.join(RULE_OF)}."
        )
        raise EquationError(msg)
    msg = f"no rule is called {name!r}.{did_you_mean(name, [*RULE_OF, *BY_ID])} Bridges join {', '.join(RULE_OF)}."
    raise UnknownNameError(msg)
