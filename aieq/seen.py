"""What a result rests on in the evidence: which rows were looked at, so that a day that adds none gives it again."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd

from .quantity import Quantity

KEYS_KEPT = 4096
VARIANTS_KEPT = 16  # of one result; a walk from day to day needs the last few only
DAY = ("day",)

Label = tuple[Hashable, ...]
Seen = frozenset[Label]
_Variants = dict[Hashable, dict[Hashable, tuple[Any, date]]]  # by what else a result rests on, then by what was shown


class Known(Protocol):
    """What is asked of a view here."""

    dated: date

    def token(self, label: Label) -> Hashable:
        """Give what the view shows under a label, as something to compare."""


_frames: list[tuple[date, set[Label]]] = []


def note(view: Known, *label: Hashable) -> None:
    """Something of a view was looked at."""
    if _frames and _frames[-1][0] == view.dated:
        _frames[-1][1].add(label)


def note_all(view: Known, seen: Seen) -> None:
    """A result was used, and with it all that was looked at for it."""
    if seen and _frames and _frames[-1][0] == view.dated:
        _frames[-1][1].update(seen)


@contextmanager
def looking(view: Known) -> Iterator[set[Label]]:
    """Collect what is looked at inside, of a view of this day."""
    seen: set[Label] = set()
    _frames.append((view.dated, seen))
    try:
        yield seen
    finally:
        _frames.pop()
        note_all(view, frozenset(seen))


class Days:
    """
    Results that do not hang on the day itself, by what was seen for them.

    A result is taken over to another day only if every series and table that was looked at shows the same rows on both
    days, and if nothing asked which day it is: :attr:`aieq.evidence.View.day` counts as a look. One use of the day goes
    unseen, as :attr:`aieq.evidence.View.dated`: to be put on a quantity or into an error. Quantities taken over are
    dated anew; errors, and results that may hide a quantity (:func:`redated`), are not kept. Of a view of another day
    nothing is noted: either that day was worked out from the day, which is a look, or it is fixed, and so is what the
    view shows.

    The oldest keys and variants are dropped.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, dict[tuple[Hashable, Seen], _Variants]] = OrderedDict()

    def find(self, view: Known, key: Hashable, given: Callable[[Any], Hashable]) -> tuple[Any, Any, Seen] | None:
        """A result dated anew, what else it rests on, and what was seen for it."""
        for (other, seen), variants in self._kept.get(key, {}).items():
            shown = variants.get(given(other))
            # What the view shows is looked up only if all else is the same: mostly it is not.
            found = shown and shown.get(tokens(view, seen))
            if found:
                result, day = found
                return redated(result, day, view.dated), other, seen
        return None

    def keep(self, view: Known, key: Hashable, other: Hashable, given: Hashable, seen: Seen, result: Any) -> None:
        """Remember a result, if it can be taken over at all."""
        if DAY in seen:
            return
        try:
            redated(result, view.dated, view.dated)
        except TypeError:
            return
        if key not in self._kept and len(self._kept) >= KEYS_KEPT:
            self._kept.popitem(last=False)
        variants = self._kept.setdefault(key, {}).setdefault((other, seen), {})
        if given not in variants and len(variants) >= VARIANTS_KEPT:
            variants.pop(next(iter(variants)))
        shown = variants.setdefault(given, {})
        if len(shown) >= VARIANTS_KEPT:
            shown.pop(next(iter(shown)))
        shown[tokens(view, seen)] = result, view.dated


def tokens(view: Known, seen: Seen) -> tuple[Hashable, ...]:
    """What a view shows under each label."""
    return tuple([view.token(label) for label in seen])


def redated(result: Any, old: date, new: date) -> Any:
    """
    Give a result with its quantities dated anew.

    Raises
    ------
    TypeError
        If the result is of a kind that may hide a quantity.

    Examples
    --------
    >>> was, now = date(2025, 1, 31), date(2025, 2, 28)
    >>> redated((Quantity(1, "count", as_of=was), "x"), was, now)[0].as_of
    datetime.date(2025, 2, 28)
    """
    if isinstance(result, Quantity):
        return dataclasses.replace(result, as_of=new) if result.as_of == old != new else result
    if result is None or isinstance(result, (str, int, float, date, np.generic)):
        return result
    if isinstance(result, np.ndarray) and result.dtype != object:
        return result
    if isinstance(result, (pd.DataFrame, pd.Series)):
        columns = [result] if isinstance(result, pd.Series) else [result[name] for name in result.columns]
        for column in columns:
            if column.dtype == object and any(not isinstance(x, (str, int, float, date, type(None))) for x in column):
                raise TypeError(column.name)
        return result
    if isinstance(result, dict):
        return {key: redated(value, old, new) for key, value in result.items()}
    if isinstance(result, tuple) and hasattr(result, "_make"):
        return type(result)._make(redated(value, old, new) for value in result)
    if type(result) in (tuple, list):
        return type(result)(redated(value, old, new) for value in result)
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        held = {entry.name: getattr(result, entry.name) for entry in dataclasses.fields(result)}
        anew = {name: redated(value, old, new) for name, value in held.items()}
        changed = {name: value for name, value in anew.items() if value is not held[name]}
        return dataclasses.replace(result, **changed) if changed and old != new else result
    raise TypeError(type(result))
