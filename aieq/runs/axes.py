"""How one parameter varies: values one by one, even steps, or a stretch to draw from."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ParameterError, did_you_mean
from .parameters import Parameter, check_value, parameter

DIGITS = 13  # of computed values: the last ones differ between machines, and a run's name is made of them
NARROWEST = 1e-3  # of a stretch, over its larger end: with these digits ten million draws stay apart
EVERY = {"month": 1, "quarter": 3, "year": 12}
SCALES = ("linear", "log")


def rounded(value: float) -> float:
    """Keep the digits all machines agree on; a whole number becomes an integer."""
    value = float(f"{value:.{DIGITS}g}")
    return int(value) if value.is_integer() else value


@dataclass(frozen=True)
class Values:
    """Given values; a draw takes each as often as the others."""

    values: tuple[Any, ...]

    @property
    def size(self) -> int:
        """How many."""
        return len(self.values)

    def at(self, i: int) -> Any:
        """Value number `i`."""
        return self.values[i]

    def drawn(self, u: np.ndarray) -> list[Any]:
        """Values at heights between 0 and 1."""
        return [self.values[i] for i in self._places(u)]

    def ranks(self, u: np.ndarray) -> np.ndarray:
        """Whole numbers in the order of what `drawn` gives."""
        return np.argsort(np.argsort(self.values))[self._places(u)]

    def _places(self, u: np.ndarray) -> np.ndarray:
        return np.minimum((u * self.size).astype(np.int64), self.size - 1)

    def ends(self) -> tuple[Any, Any]:
        """Least and largest value."""
        return min(self.values), max(self.values)


@dataclass(frozen=True)
class Steps:
    """Evenly many values from one end to the other, in equal differences or equal ratios."""

    low: float
    high: float
    size: int
    log: bool = False

    def at(self, i: int) -> float:
        """Value number `i`."""
        if self.size == 1:
            return self.low
        if self.high - self.low == self.size - 1 and not self.log:
            return self.low + i  # exact, however large
        share = i / (self.size - 1)
        if self.log:
            return rounded(self.low * (self.high / self.low) ** share)
        return rounded(self.low + (self.high - self.low) * share)

    def ends(self) -> tuple[float, float]:
        """Least and largest value."""
        return self.low, self.high


@dataclass(frozen=True)
class Stretch:
    """Everything between two ends, both included; days are counted as ordinals."""

    low: Any
    high: Any
    kind: str  # as of a Parameter
    log: bool = False

    def drawn(self, u: np.ndarray) -> list[Any]:
        """Values at heights between 0 and 1."""
        if self.kind == "day":
            return [dt.date.fromordinal(day).isoformat() for day in self.ranks(u).tolist()]
        if self.kind == "int":
            most = self.high - self.low
            return [self.low + min(int(height * (most + 1)), most) for height in u.tolist()]
        if self.log:
            return [rounded(v) for v in np.exp(math.log(self.low) + u * math.log(self.high / self.low)).tolist()]
        return [rounded(v) for v in (self.low + u * (self.high - self.low)).tolist()]

    def ranks(self, u: np.ndarray) -> np.ndarray:
        """Whole numbers in the order of the days that `drawn` gives."""
        first, last = (dt.date.fromisoformat(end).toordinal() for end in (self.low, self.high))
        return first + np.minimum((u * (last - first + 1)).astype(np.int64), last - first)

    def ends(self) -> tuple[Any, Any]:
        """Least and largest value."""
        return self.low, self.high


Axis = Values | Steps | Stretch


def read_axis(name: Any, spec: Any, where: str, *, draws: bool) -> Axis:
    """
    Read how one parameter varies.

    Parameters
    ----------
    name : str
        The parameter.
    spec : object
        What the design says of it.
    where : str
        The design, for messages.
    draws : bool
        Whether values are drawn from it (a sample) or all taken in turn (a grid).

    Returns
    -------
    Values, Steps or Stretch

    Raises
    ------
    AieqError
        One sentence that names the parameter and the remedy.

    Examples
    --------
    >>> axis = read_axis("cost_of_capital_ratio", {"from": 0.08, "to": 0.14, "steps": 4}, "x.yml", draws=False)
    >>> [axis.at(i) for i in range(axis.size)]
    [0.08, 0.1, 0.12, 0.14]
    >>> read_axis("as_of", {"from": "2024-06-30", "to": "2025-01-15", "every": "quarter"}, "x.yml", draws=False).values
    ('2024-06-30', '2024-09-30', '2024-12-31')
    """
    known = parameter(name, where)
    place = f"{where}: {name}"
    if isinstance(spec, list):
        return Values(_values(name, spec, where))
    if isinstance(spec, Mapping):
        return _between(known, spec, where, draws)
    if spec == "defensible":
        if known.defensible is None:
            raise ParameterError(f"{place} has no defensible range; give {{from: ..., to: ...}} or a list of values.")
        if known.defensible[0] == known.defensible[1]:
            raise ParameterError(
                f"{place} has one defensible value, {known.defensible[0]:g}; there is nothing to vary."
            )
        if not draws:
            low, high = known.defensible
            hint = f"{{from: {low:g}, to: {high:g}, steps: 5}}"
            raise ParameterError(f"{place} is 'defensible', from which only a sample draws; in a grid write {hint}.")
        return _stretch(known, *known.defensible, False, where)
    if spec is None or spec == {}:
        raise ParameterError(f"{place} is empty; give a list of values or {{from: ..., to: ...}}.")
    hint = f"write [{spec}] to take only that, or put it under defaults"
    raise ParameterError(f"{place} is {spec!r}, which varies nothing; {hint}.")


def _values(name: str, values: list[Any], where: str) -> tuple[Any, ...]:
    if not values:
        raise ParameterError(f"{where}: {name} is an empty list; give at least one value.")
    found: dict[Any, int] = {}
    for number, value in enumerate(values, 1):
        checked = check_value(name, value, where)
        if checked in found:
            twice = f"value {number} of {name} is the same as value {found[checked]}: {checked}"
            raise ParameterError(f"{where}: {twice}; give each once.")
        found[checked] = number
    return tuple(found)


def _between(known: Parameter, spec: Mapping[Any, Any], where: str, draws: bool) -> Axis:
    place = f"{where}: {known.name}"
    if not spec:
        raise ParameterError(f"{place} is empty; give a list of values or {{from: ..., to: ...}}.")
    if known.type == "scenario":
        raise ParameterError(f"{place} has no from and to; give a list, like [low, base, high].")
    allowed = ["from", "to"]
    if known.type == "day":
        allowed += ["every"]
    elif known.type == "number":
        allowed += ["scale"] if draws else ["steps", "scale"]
    for key in spec:
        if key not in allowed:
            hint = did_you_mean(str(key), allowed) or f" It takes {', '.join(allowed)}."
            raise ParameterError(f"{place} has no {key!r} in a {'sample' if draws else 'grid'}.{hint}")
    for key in ("from", "to"):
        if key not in spec:
            raise ParameterError(f"{place} says {', '.join(map(str, spec))} and no {key!r}; it needs both ends.")
    low, high = (check_value(known.name, spec[key], where) for key in ("from", "to"))
    if low > high:
        raise ParameterError(f"{place} goes from {low} to {high}, which is upside down; write the smaller end first.")
    if known.type == "day" and ("every" in spec or not draws):
        return _days(place, low, high, spec.get("every"))
    scale = spec.get("scale", "linear")
    if scale not in SCALES:
        raise ParameterError(f"{place} has the scale {scale!r}; there are {' and '.join(SCALES)}.")
    if scale == "log" and low <= 0:
        raise ParameterError(f"{place} begins at {low:g}; a log scale needs an end above 0, or use scale: linear.")
    if draws:
        return _stretch(known, low, high, scale == "log", where)
    if known.type == "int":
        return Steps(low, high, high - low + 1)
    return _steps(place, low, high, spec.get("steps"), scale == "log")


def _stretch(known: Parameter, low: Any, high: Any, log: bool, where: str) -> Stretch:
    place = f"{where}: {known.name}"
    if low == high:
        raise ParameterError(f"{place} goes from {low} to {high}; a single value belongs under defaults.")
    if known.type == "number" and high - low < NARROWEST * max(abs(low), abs(high)):
        raise ParameterError(f"{place} goes from {low} to {high}, too narrow to draw from; fix it under defaults.")
    return Stretch(low, high, known.type, log)


def _steps(place: str, low: float, high: float, count: Any, log: bool) -> Steps:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        what = "no steps" if count is None else f"steps: {count!r}"
        raise ParameterError(f"{place} has {what}; give how many values from {low} to {high}, e.g. steps: 5.")
    if low == high and count > 1:
        raise ParameterError(f"{place} goes from {low} to {high} in {count} steps; write [{low}], or another end.")
    if low < high and count == 1:
        raise ParameterError(f"{place} goes from {low} to {high} in 1 step; give at least 2, or [{low}].")
    steps = Steps(low, high, count, log)
    if count > 1 and (steps.at(0) == steps.at(1) or steps.at(count - 2) == steps.at(count - 1)):
        raise ParameterError(f"{place} goes from {low} to {high} in {count:,} steps, which coincide; give fewer.")
    return steps


def _days(place: str, low: str, high: str, every: Any) -> Values:
    if every not in EVERY:
        what = "no 'every'" if every is None else f"every: {every!r}"
        hint = did_you_mean(str(every), EVERY)
        raise ParameterError(f"{place} has {what}; a grid of days takes every: {', '.join(EVERY)} (their ends).{hint}")
    first, last = dt.date.fromisoformat(low), dt.date.fromisoformat(high)
    months = range(first.year * 12 + first.month, last.year * 12 + last.month + 1)  # the first of the next month
    ends = [
        dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1) for month in months if month % EVERY[every] == 0
    ]
    found = tuple(day.isoformat() for day in ends if first <= day <= last)
    if not found:
        raise ParameterError(f"{place}: no {every} ends between {low} and {high}; widen it or give days as a list.")
    return Values(found)
