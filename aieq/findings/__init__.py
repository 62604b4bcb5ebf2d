"""Every finding once: its name, unit, sentence, and the function of evidence and scenario that yields it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from ..assumptions import Scenario, load_scenario
from ..errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from ..evidence import View, load
from ..quantity import UNITS, Quantity

SECTIONS = ("gamble", "cost", "revenue", "history", "payer", "ways_out")
T = TypeVar("T")


@dataclass(frozen=True)
class Finding:
    """A named number of the report and how to get it."""

    name: str
    unit: str
    section: str
    says: str
    function: Callable[[Context], Quantity]


REGISTRY: dict[str, Finding] = {}


def finding(name: str, *, unit: str, section: str, says: str) -> Callable:
    """
    Register a function of a context as a finding.

    Parameters
    ----------
    name : str
        Unique; ends with its unit.
    unit : str
        Unit of the quantity the function returns; dollars are converted into it.
    section : str
        Section of the article it belongs to.
    says : str
        What it counts: a noun phrase.
    """
    if unit not in UNITS or section not in SECTIONS:
        msg = f"finding {name!r}: there is no unit {unit!r} or no section {section!r}{did_you_mean(unit, UNITS)}"
        raise UnknownNameError(msg)
    if name in REGISTRY:
        msg = (
            f"finding {name!r} is registered twice: the section {REGISTRY[name].section} has it already; ask for that "
            "one"
        )
        raise UnknownNameError(msg)

    def register(function: Callable[[Context], Quantity]) -> Callable[[Context], Quantity]:
        REGISTRY[name] = Finding(name, unit, section, says, function)
        return function

    return register


class Context:
    """
    What a finding may know: the evidence as of a day, a scenario, a seed. Results are computed once.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        What is supposed.
    seed : int
        Of any random draw.

    Examples
    --------
    >>> context = context_for("2025-03-31")
    >>> context["gpu_run_rate_usd_bn"].text()
    '$142 bn'
    """

    def __init__(self, view: View, scenario: Scenario, seed: int = 0) -> None:
        self.view, self.scenario, self.seed = view, scenario, seed
        self._memo: dict[Hashable, Any] = {}

    @property
    def as_of(self) -> date:
        """The day."""
        return self.view.day

    def memo(self, key: Hashable, function: Callable[[], T]) -> T:
        """Compute something shared by several findings once; an error is remembered too."""
        if key not in self._memo:
            try:
                self._memo[key] = function()
            except (VintageError, EvidenceError) as error:
                self._memo[key] = error
        result = self._memo[key]
        if isinstance(result, Exception):
            raise result
        return result

    def __getitem__(self, name: str) -> Quantity:
        if name not in REGISTRY:
            msg = f"no finding is called {name!r}.{did_you_mean(name, REGISTRY)}"
            raise UnknownNameError(msg)

        def compute() -> Quantity:
            entry = REGISTRY[name]
            quantity = entry.function(self)
            if quantity.unit != entry.unit:
                quantity = quantity.to(entry.unit)
            return replace(quantity, as_of=self.as_of)

        return self.memo(("finding", name), compute)

    def get(self, name: str) -> Quantity | None:
        """Return a finding, or nothing if it cannot be known on that day."""
        try:
            return self[name]
        except VintageError:
            return None

    def with_scenario(self, name: str) -> Context:
        """Return the same day on another shipped scenario, with the changes of this one (computed once)."""
        if name in (self.scenario.name, self.scenario.root):
            return self
        return self.memo(("scenario", name), lambda: Context(self.view, self.scenario.onto(name), self.seed))

    def at(self, day: str | date) -> Context:
        """Return the same scenario on another day (computed once)."""
        return self.memo(("day", str(day)), lambda: Context(self.view.evidence.as_of(day), self.scenario, self.seed))


def first_day() -> date:
    """
    The first day on which the report can be asked anything: when both sides of the equation had a figure.

    Examples
    --------
    >>> first_day().year
    2023
    """
    observations = load().observations
    revenue = observations[(observations["entity"] == "openai") & (observations["metric"] == "annualized_revenue")]
    return revenue["known_on"].min().date()


def context_for(as_of: str | date, scenario: str = "base", seed: int = 0) -> Context:
    """
    Set the stage, refusing what cannot be.

    Parameters
    ----------
    as_of : str or date
        Last day of publication that counts.
    scenario : str
        Name or path of a scenario.
    seed : int
        Of any random draw.

    Raises
    ------
    VintageError
        If the day is none, or lies before both sides of the equation had a figure.
    UnknownNameError
        If there is no such scenario.
    """
    chosen = load_scenario(scenario)
    view = load().as_of(as_of)
    if view.day < first_day():
        msg = (
            f"on {view.day} no AI revenue had been published; the first figure is of {first_day()}. Ask for that day "
            "or later."
        )
        raise VintageError(msg)
    return Context(view, chosen, seed)


def compute(context: Context, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """
    Compute findings as plain records.

    Parameters
    ----------
    context : Context
        Day and scenario.
    names : iterable of str, optional
        Which; all registered by default.

    Returns
    -------
    list of dict
        name, value, low, high, unit, grade, as_of, scenario, says, sources, interval, section, text. A finding that
        cannot be known on that day is left out.
    """
    records = []
    for name in REGISTRY if names is None else names:
        quantity = context.get(name)
        if quantity is None:
            continue
        records.append(
            {
                "name": name,
                "value": quantity.value,
                "low": quantity.low,
                "high": quantity.high,
                "unit": quantity.unit,
                "grade": quantity.grade,
                "as_of": context.as_of.isoformat(),
                "scenario": context.scenario.name,
                "says": REGISTRY[name].says,
                "sources": list(quantity.sources),
                "interval": quantity.interval,
                "section": REGISTRY[name].section,
                "text": quantity.full_text(),
            }
        )
    return records


import importlib  # noqa: E402
import pkgutil  # noqa: E402

# Each part registers its findings by being imported.
for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
