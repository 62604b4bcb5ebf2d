"""How one finding, and one verdict, differ between two editions."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ..errors import EvidenceError
from ..quantity import Quantity
from .compare_read import Edition

CHANGED, SHOWN_ALIKE, EQUAL, REGRADED = "changed", "unchanged in what is shown", "equal", "changed in grade only"
NOW_KNOWN, NO_LONGER = "became known", "no longer known"
STATES = (CHANGED, NOW_KNOWN, NO_LONGER, REGRADED, SHOWN_ALIKE, EQUAL)
_NO_SHARE = ("year", "date")  # a share of the year 2026 means nothing
# A change from nothing to little is a small one: the least that counts as the whole, by unit.
_LEAST_WHOLE = {"year": 10.0, "date": 10.0, "count": 10.0, "ratio": 0.2, "pct": 20.0}


@dataclass(frozen=True)
class Change:
    """
    One finding in two editions.

    Parameters
    ----------
    name, says, section, unit : str
        Of the finding; both values are in this unit.
    state : str
        One of ``STATES``.
    before, after : Quantity or None
        What each edition says; nothing where it was not known.
    difference : float or None
        After less before, in the unit.
    relative : float or None
        The difference as a share of the value before, where the unit has a zero and the sign did not change.
    importance : float
        From 0 to 2; see :func:`importance`.
    """

    name: str
    says: str
    section: str
    unit: str
    state: str
    before: Quantity | None
    after: Quantity | None
    difference: float | None
    relative: float | None
    importance: float

    def difference_text(self) -> str:
        """Write the difference as :func:`difference_text` does, with what share it is."""
        if self.before is None or self.after is None:
            return ""
        text = difference_text(self.before, self.after)
        told = share_text(self.relative)
        return f"{text} ({told})" if told else text


@dataclass(frozen=True)
class Flip:
    """One claim in two editions; `says`, `rule` and the reasons are those of the ledger."""

    id: str
    says: str
    rule: str
    before: str
    after: str
    because_before: str
    because_after: str
    missing_before: str
    missing_after: str

    @property
    def changed(self) -> bool:
        """Whether the verdicts differ."""
        return self.before != self.after


def importance(before: Quantity, after: Quantity) -> float:
    """
    Weigh a change: its share of the larger value, discounted where the intervals are wide against it.

    With d the difference, m the larger magnitude and w the half-width of the wider interval it is d/m * d/(d + w): a
    figure without interval keeps its whole share, a change as large as the half-width counts half. m is at least ten
    of a count, a fifth of a share; of a year it is ten years.

    Examples
    --------
    >>> importance(Quantity(100, "USD_bn"), Quantity(200, "USD_bn"))
    0.5
    >>> importance(Quantity(100, "USD_bn"), Quantity(200, "USD_bn", 100, 300))
    0.25
    >>> importance(Quantity(2030, "year"), Quantity(2035, "year"))
    0.5
    """
    difference = abs(after.value - before.value)
    if difference == 0:
        return 0.0
    whole = difference if before.unit in _NO_SHARE else max(abs(before.value), abs(after.value))
    whole = max(whole, _LEAST_WHOLE.get(before.unit, 0.0))
    return difference / whole * difference / (difference + max(_half(before), _half(after)))


def _half(quantity: Quantity) -> float:
    return 0.0 if quantity.low is None or quantity.high is None else (quantity.high - quantity.low) / 2


def difference_text(before: Quantity, after: Quantity) -> str:
    """
    Write after less before with its sign, to the digits the wider interval allows.

    Examples
    --------
    >>> difference_text(Quantity(186, "USD_bn"), Quantity(228.3, "USD_bn"))
    '+$42.3 bn'
    >>> difference_text(Quantity(0.24, "ratio", 0.2, 0.3), Quantity(0.6137, "ratio", 0.5, 0.7))
    '+37 points'
    >>> difference_text(Quantity(5, "years"), Quantity(2, "years"))
    '−3 years'
    """
    difference = after.value - before.value
    half = max(_half(before), _half(after))
    size = abs(difference)
    shown = Quantity(size, before.unit, size - half, size + half) if half else Quantity(size, before.unit)
    text = shown.text()
    if not re.search("[1-9]", text):  # less than the last digit the interval allows
        text = Quantity(size, before.unit).text()
    if before.unit in ("ratio", "pct"):
        text = text.replace(" %", " points")
    if before.unit in ("year", "date"):
        text += " year" if text == "1" else " years"
    if before.unit.startswith("multiple"):
        text = text.partition(" ")[0]
    # Nothing is feigned: two zeros after a whole number come from the rule of three digits, not from the figures.
    text = re.sub(r"(\d)\.0+(?!\d)", r"\1", text) if not half else text
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return sign + text


def share_text(relative: float | None) -> str:
    """
    Write a share of the earlier value: in per cent, or as a multiple from twice on.

    Examples
    --------
    >>> share_text(0.223), share_text(-0.5), share_text(2.41), share_text(0.0004)
    ('+22 %', '−50 %', '3.4 times', 'under 0.1 %')
    """
    if relative is None:
        return ""
    if relative >= 1:
        times = 1 + relative
        return f"{times:.1f} times" if times < 20 else f"{float(f'{times:.2g}'):,.0f} times"
    per_cent = abs(relative) * 100
    if per_cent < 0.1:
        return "under 0.1 %"
    sign = "+" if relative > 0 else "−"
    return f"{sign}{per_cent:.0f} %" if per_cent >= 10 else f"{sign}{per_cent:.2g} %"


def changes(a: Edition, b: Edition) -> list[Change]:
    """
    Compare every finding of two editions.

    Returns
    -------
    list of Change
        The most important first; then what became known and what is no longer known; equal ones last.
    """
    found = [_change(name, a, b) for name in dict.fromkeys([*a.findings, *b.findings])]
    return sorted(found, key=lambda c: (STATES.index(c.state), -c.importance))


def _change(name: str, a: Edition, b: Edition) -> Change:
    record = b.findings.get(name) or a.findings[name]
    told = (name, record.get("says", ""), record.get("section", ""), record["unit"])
    before = a.quantity(name) if name in a.findings else None
    after = b.quantity(name) if name in b.findings else None
    if before is None or after is None:
        return Change(*told, NOW_KNOWN if before is None else NO_LONGER, before, after, None, None, 0.0)
    if before.unit != after.unit:
        try:
            before = before.to(after.unit)
        except EvidenceError:
            # Another code defined it otherwise: the two numbers measure different things.
            return Change(*told, CHANGED, before, after, None, None, 2.0)
    difference = after.value - before.value
    same_sign = before.value * after.value > 0
    relative = difference / before.value if same_sign and after.unit not in _NO_SHARE else None
    return Change(*told, _state(before, after), before, after, difference, relative, importance(before, after))


def _state(before: Quantity, after: Quantity) -> str:
    if (before.value, before.low, before.high) == (after.value, after.low, after.high):
        return EQUAL if before.grade == after.grade else REGRADED
    if before.full_text() != after.full_text():
        return CHANGED
    return SHOWN_ALIKE if before.grade == after.grade else REGRADED


def flips(a: dict[str, dict[str, Any]], b: dict[str, dict[str, Any]]) -> list[Flip]:
    """
    Compare the verdicts on every claim that both judge, in the order of the article.

    Parameters
    ----------
    a, b : dict
        Rows of the ledger by id.

    Returns
    -------
    list of Flip
    """
    return [
        Flip(
            name,
            after.get("says", ""),
            after.get("rule", ""),
            before["now"],
            after["now"],
            before.get("because_now", ""),
            after.get("because_now", ""),
            before.get("missing", ""),
            after.get("missing", ""),
        )
        for name, after in b.items()
        if (before := a.get(name)) is not None
    ]


def bare(quantity: Quantity) -> dict[str, Any]:
    """Give the numbers of a quantity, and its text, as plain values."""
    plain = replace(quantity, as_of=None)
    return {
        "value": plain.value,
        "low": plain.low,
        "high": plain.high,
        "grade": plain.grade,
        "text": plain.full_text(),
    }
