"""Under how many defensible definitions each verdict survives."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import EvidenceError, VintageError
from ..findings import REGISTRY, Context
from ..findings.outlook import combinations
from ..quantity import Quantity
from . import Judgement, claims, get_claim

# What a definition changes: the two sides of the equation. All that is computed from them follows.
CHANGED = ("actual_ai_revenue_usd_bn", "required_revenue_capital_usd_bn")


class Redefined:
    """
    A context in which both sides of the equation are defined otherwise today; earlier days keep the report's own.

    Only findings that hang on the two sides are computed again: which ones is found by watching a first computation.

    Parameters
    ----------
    base : Context
        Day and scenario.
    values : mapping of str to Quantity
        What is defined otherwise.
    hanging : set of str, optional
        Findings to compute again; without it all of them are, and those that hang on `values` are noted in it.
    """

    def __init__(self, base: Context, values: Mapping[str, Quantity], hanging: set[str] | None = None) -> None:
        self._base, self._values, self._hanging = base, values, hanging
        self._memo: dict[Hashable, Any] = {}
        self._open: list[str] = []
        self.found: set[str] = set()
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)

    def __getitem__(self, name: str) -> Quantity:
        if name in self._values:
            self.read.add(name)
            self.found.update(self._open)
            return self._values[name]
        if self._hanging is not None and name not in self._hanging:
            return self._base[name]
        if name in self._memo and name in self.found:
            self.found.update(self._open)

        def compute() -> Quantity:
            entry = REGISTRY[name]
            self._open.append(name)
            try:
                quantity = entry.function(self)  # type: ignore[arg-type]
            finally:
                self._open.pop()
            return quantity if quantity.unit == entry.unit else quantity.to(entry.unit)

        return self.memo(name, compute)

    def get(self, name: str) -> Quantity | None:
        """Return a finding, or nothing if it cannot be known on that day."""
        try:
            return self[name]
        except VintageError:
            return None

    def memo(self, key: Hashable, function: Callable[[], Any]) -> Any:
        """Compute once under these definitions."""
        if key not in self._memo:
            try:
                self._memo[key] = function()
            except (VintageError, EvidenceError) as error:
                self._memo[key] = error
        if isinstance(self._memo[key], Exception):
            raise self._memo[key]
        return self._memo[key]

    def with_scenario(self, name: str) -> Redefined:
        """Return the same definitions under another shipped scenario."""
        if name == self._base.scenario.root:
            return self
        there = Redefined(self._base.with_scenario(name), self._values, self._hanging)
        # What is read there hangs on the definitions too.
        there.found, there.read, there._open = self.found, self.read, self._open
        return self.memo(("scenario", name), lambda: there)


def survival(context: Context) -> pd.DataFrame:
    """
    Judge again, under every defensible combination of definitions, each claim that rests on either side.

    Both sides of the equation take the value that the combination gives them, with its interval; a rule of Cahn's
    kind changes the revenue side only. What was known on earlier days keeps the report's definitions.

    Parameters
    ----------
    context : Context
        Day and scenario.

    Returns
    -------
    DataFrame
        id, verdict (the report's), same (combinations under which it is the same), of (all combinations), others
        (the verdicts elsewhere with their counts, in words). A claim that rests on neither side has 0 in `of`.

    Raises
    ------
    VintageError
        If no combination can be computed on that day.
    """
    return context.memo("survival", lambda: _survival(context))


def _survival(context: Context) -> pd.DataFrame:
    table = combinations(context)
    sides = [_sides(context, row) for row in table.to_dict("records")]
    rows = []
    for entry in claims():
        own = entry.judge(context).verdict
        watched = Redefined(context, {name: context[name] for name in CHANGED})
        _judge(entry.id, watched)
        if not watched.read:
            rows.append({"id": entry.id, "verdict": own, "same": 0, "of": 0, "others": ""})
            continue
        known: dict[tuple, str] = {}
        verdicts = []
        for values in sides:
            key = tuple(values[name].value for name in sorted(watched.read))
            if key not in known:
                known[key] = _judge(entry.id, Redefined(context, values, watched.found)).verdict
            verdicts.append(known[key])
        counts = pd.Series(verdicts).value_counts()
        others = ", ".join(f"{verdict} in {count}" for verdict, count in counts.items() if verdict != own)
        rows.append(
            {"id": entry.id, "verdict": own, "same": verdicts.count(own), "of": len(verdicts), "others": others}
        )
    return pd.DataFrame(rows)


def _judge(claim_id: str, context: Redefined) -> Judgement:
    try:
        return get_claim(claim_id).function(context)  # type: ignore[arg-type]
    except VintageError as error:
        return Judgement("cannot be checked", "The evidence of that day is silent.", missing=str(error))


def _sides(context: Context, row: Mapping[str, Any]) -> dict[str, Quantity]:
    revenue = context["actual_ai_revenue_usd_bn"]
    required = context["required_revenue_capital_usd_bn"]
    scale = row["revenue_usd_bn"] / revenue.value
    values = {CHANGED[0]: _scaled(revenue, scale), CHANGED[1]: required}
    if row["charge"] != "outlay":
        values[CHANGED[1]] = _scaled(required, row["required_usd_bn"] / required.value)
    return values


def _scaled(quantity: Quantity, factor: float) -> Quantity:
    """The same relative doubt around another middle."""
    low, high = (None if end is None else end * factor for end in (quantity.low, quantity.high))
    return replace(quantity, value=quantity.value * factor, low=low, high=high)
