"""Every finding once: its name, unit, sentence, and the function of evidence and scenario that yields it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from ..assumptions import Scenario, load_scenario
from ..errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from ..evidence import View, load
from ..quantity import UNITS, Quantity
from ..reads import Reads, Store, Supposition, Watched
from ..seen import Seen, looking, note_all

SECTIONS = ("gamble", "cost", "revenue", "history", "payer", "ways_out", "models", "doubt", "scoreboard")
# What a sweep computes unless asked for more: both sides of the equation under both rules, what they are made of, and
# where they go; enough to see through which term a changed assumption acts.
HEADLINE = (
    "actual_ai_revenue_usd_bn",
    "required_revenue_usd_bn",
    "required_revenue_capital_usd_bn",
    "coverage_ratio",
    "coverage_capital_ratio",
    "rules_apart_multiple",
    "gpu_run_rate_usd_bn",
    "ai_capital_stock_usd_bn",
    "ai_capital_charge_usd_bn",
    "ai_running_cost_usd_bn",
    "missing_revenue_capital_usd_bn",
    "break_even_constant_growth_years",
    "coverage_capital_ahead_ratio",
)
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

    def __init__(
        self,
        view: View,
        scenario: Scenario,
        seed: int = 0,
        *,
        _store: Store | None = None,
        _supposed: Supposition | None = None,
    ) -> None:
        plain = scenario.plain if isinstance(scenario, Watched) else scenario
        self.view, self.seed = view, seed
        self._store = Store() if _store is None else _store
        self._supposed = Supposition(plain, self._store) if _supposed is None else _supposed
        self.scenario: Scenario = self._supposed.on(plain.root)
        self._root = plain.root
        self._memo, self._reads = self._supposed.memos.setdefault((view.dated, self._root), ({}, {}))

    @property
    def as_of(self) -> date:
        """The day."""
        return self.view.day

    def memo(self, key: Hashable, function: Callable[[], T]) -> T:
        """
        Compute something shared by several findings once; an error is remembered too.

        What was computed under another scenario is taken over if all that it reads of the scenario is the same
        (:class:`aieq.reads.Store`). So `function` must return values, not something that reads the scenario later.
        """
        if key not in self._memo:
            self._memo[key] = self._find_or_compute(key, function)
        elif key in self._reads:
            self._note(*self._reads[key])
        result = self._memo[key]
        if isinstance(result, Exception):
            raise result.with_traceback(None)  # it would hold the frames of everybody who ever asked
        return result

    def _find_or_compute(self, key: Hashable, function: Callable[[], T]) -> T | Exception:
        where = (self.view, key, self._supposed, self._root)
        found = self._store.find(*where)
        if found is not None:
            result, reads, seen = found
            self._reads[key] = reads, seen
            self._note(reads, seen)
            return result
        with self._store.reading(self._root) as read, looking(self.view) as looked:
            try:
                result = function()
            except (VintageError, EvidenceError) as error:
                result = error.with_traceback(None)
                result.__cause__ = result.__context__ = None
        seen = frozenset(looked)
        self._reads[key] = self._store.keep(*where, read, seen, result), seen
        return result

    def _note(self, reads: Reads, seen: Seen) -> None:
        self._store.note_all(self._root, reads)
        note_all(self.view, seen)

    def __getitem__(self, name: str) -> Quantity:
        if name not in REGISTRY:
            msg = f"no finding is called {name!r}.{did_you_mean(name, REGISTRY)}"
            raise UnknownNameError(msg)

        def compute() -> Quantity:
            entry = REGISTRY[name]
            quantity = entry.function(self)
            if quantity.unit != entry.unit:
                quantity = quantity.to(entry.unit)
            return quantity if quantity.as_of == self.view.dated else replace(quantity, as_of=self.view.dated)

        return self.memo(("finding", name), compute)

    def get(self, name: str) -> Quantity | None:
        """Return a finding, or nothing if it cannot be known on that day."""
        try:
            return self[name]
        except VintageError:
            return None

    def _beside(self, view: View, root: str) -> Context:
        return Context(view, self._supposed.on(root), self.seed, _store=self._store, _supposed=self._supposed)

    def with_scenario(self, name: str) -> Context:
        """
        Return the same day on another shipped scenario, with the changes of this one (computed once).

        Raises
        ------
        UnknownNameError
            If no scenario of that name is shipped.
        """
        if name == self.scenario.root:
            return self
        if load_scenario(name).root != name:
            msg = f"{name!r} does not ship with the project; use vary(load_scenario({name!r})) for another scenario"
            raise UnknownNameError(msg)
        return self._beside(self.view, name)

    def at(self, day: str | date) -> Context:
        """Return the same scenario on another day (computed once)."""
        return self._beside(self.view.evidence.as_of(day), self._root)

    def vary(self, scenario: Scenario | str) -> Context:
        """
        Return the same day under another scenario; what does not hang on the difference is not computed again.

        Parameters
        ----------
        scenario : Scenario or str
            What is supposed, or its text (:func:`aieq.assumptions.load_scenario`).

        Examples
        --------
        >>> context = context_for("2025-03-31")
        >>> required, run_rate = context["required_revenue_usd_bn"], context["gpu_run_rate_usd_bn"]
        >>> thin = context.vary("base, cahn_buyer_gross_margin_ratio=0.4")
        >>> thin["gpu_run_rate_usd_bn"] is run_rate
        True
        >>> round(thin["required_revenue_usd_bn"].value / required.value, 4)  # 0.5 / 0.6
        0.8333
        """
        chosen = load_scenario(scenario) if isinstance(scenario, str) else scenario
        same = chosen.assumptions is self.scenario.assumptions
        return Context(self.view, chosen, self.seed, _store=self._store if same else None)


def select(asked: str | Iterable[str]) -> tuple[str, ...]:
    """
    Name findings: one by one, by section, or in bulk.

    Parameters
    ----------
    asked : str or iterable of str
        Each ``headline`` (``HEADLINE``), ``all``, a section, or a finding. Those that :mod:`aieq.claims` registers are
        known once it is imported.

    Returns
    -------
    tuple of str
        Names of findings, each once, in the order asked for.

    Raises
    ------
    UnknownNameError
        If a name is none of these, or nothing is asked for.

    Examples
    --------
    >>> select("headline") == HEADLINE
    True
    >>> select(["coverage_ratio", "gamble"])[:2]
    ('coverage_ratio', 'gpu_run_rate_usd_bn')
    """
    groups = {"headline": HEADLINE, "all": tuple(REGISTRY)}
    groups |= {section: tuple(n for n, entry in REGISTRY.items() if entry.section == section) for section in SECTIONS}
    found: list[str] = []
    for name in [asked] if isinstance(asked, str) else asked:
        if name not in groups and name not in REGISTRY:
            msg = (
                f"there is no finding and no section {name!r}.{did_you_mean(str(name), [*groups, *REGISTRY])} Ask for "
                f"{', '.join(groups)} or a finding by its name."
            )
            raise UnknownNameError(msg)
        found += groups.get(name, (name,))
    if not found:
        msg = "no finding is asked for: name some, or ask for headline or all"
        raise UnknownNameError(msg)
    return tuple(dict.fromkeys(found))


@functools.cache
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
            f"on {view.dated} no AI revenue had been published; the first figure is of {first_day()}. Ask for that day "
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
