"""One number that reaches a reader: value, interval, unit, grade, day and sources."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from .errors import EvidenceError, UnknownNameError, did_you_mean

GRADES = ("reported", "derived", "estimated", "assumed")
_DOLLARS = {"USD": 1.0, "USD_mn": 1e6, "USD_bn": 1e9, "USD_tn": 1e12}
_SUFFIX = {
    "USD_mn": " mn",
    "USD_bn": " bn",
    "USD_tn": " tn",
    "pct": " %",
    "ratio": " %",
    "multiple": " times",
    "multiple_per_year": " times a year",
    "years": " years",
    "months": " months",
    "quarters": " quarters",
    "GW": " GW",
    "MW": " MW",
    "TWh": " TWh",
    "people_mn": " million",
    "USD_per_mtok": " a million tokens",
    "USD_per_gpu_hour": " an hour",
    "USD_per_month": " a month",
    "tokens": " tokens",
    "FLOP": " FLOP",
}
UNITS = (*_DOLLARS, *(u for u in _SUFFIX if u not in _DOLLARS), "count", "index", "date", "year", "other")
_KNOWN_UNITS = frozenset(UNITS)
_WEAKNESS = {grade: place for place, grade in enumerate(GRADES)}


def weakest(*grades: str) -> str:
    """
    Name the weakest of several grades.

    Examples
    --------
    >>> weakest("reported", "assumed", "derived")
    'assumed'
    """
    for grade in grades:
        if grade not in _WEAKNESS:
            msg = f"grade {grade!r} does not exist: use one of {', '.join(GRADES)}.{did_you_mean(grade, GRADES)}"
            raise UnknownNameError(msg)
    return max(grades, key=_WEAKNESS.__getitem__)


def round_by_uncertainty(value: float, low: float | None = None, high: float | None = None) -> int:
    """
    Decide to which power of ten a value is shown.

    The rule of the Particle Data Group: take the three leading digits of the half-width of the interval; below 355
    two of its digits count, below 950 one, above it is rounded up to 1000 and two count. Without an interval, or with
    one whose half-width is no more than a two-hundredth of the value, three significant digits are shown: sources that
    agree so closely copy each other more often than they measure so well. An end of the interval that is not
    zero is never rounded to zero: where a skewed interval would do that, the end nearest zero keeps one digit.

    Parameters
    ----------
    value : float
        The number to show.
    low, high : float, optional
        Its interval.

    Returns
    -------
    int
        Decimal places for ``round``; negative means tens, hundreds and so on.

    Examples
    --------
    >>> round_by_uncertainty(227.664)
    0
    >>> round_by_uncertainty(2.4371, 2.0, 2.9)
    1
    >>> round_by_uncertainty(0.12345, 0.121, 0.126)
    4
    >>> round_by_uncertainty(3.487, 3.487, 3.499)
    2
    >>> round_by_uncertainty(3.2, 0.04, 900)
    2
    """
    places = _places_of_half_width(value, low, high)
    nearest = 0.0 if low is None or high is None else max(low, -high)
    if nearest > 0 and _rounded(nearest, places) == 0:
        return -math.floor(math.log10(nearest))
    return places


def granted(error: float) -> int:
    """
    Decide how many decimal places a standard error grants: in nineteen of twenty repetitions the last is off by at most
    one.

    Examples
    --------
    >>> granted(0.9), granted(0.02)
    (-1, 1)
    """
    return -math.ceil(math.log10(2 * error)) if error > 0 and math.isfinite(error) else 15


def _places_of_half_width(value: float, low: float | None, high: float | None) -> int:
    half = 0.0 if low is None or high is None else (high - low) / 2
    if value == 0 and half == 0:
        return 0
    if half > abs(value) / 200:
        exponent = math.floor(math.log10(half))
        leading = round(half / 10 ** (exponent - 2))
        digits = 2 if leading < 355 or leading >= 950 else 1
        if leading >= 950:
            exponent += 1
        return digits - 1 - exponent
    return 2 - math.floor(math.log10(abs(value)))


def _rounded(value: float, places: int) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def _plain(value: float, places: int) -> str:
    number = _rounded(value, places)
    if places < 0:
        number = number.quantize(Decimal(1))
    number = abs(number) if number == 0 else number
    return f"{number:,f}"


@dataclass(frozen=True)
class Quantity:
    """
    A number with everything a reader needs to weigh it.

    Parameters
    ----------
    value : float
        Central value, in `unit`.
    unit : str
        One of ``UNITS``; a ``ratio`` is a share between 0 and 1 and is shown in per cent.
    low, high : float, optional
        Interval, both or neither.
    grade : str
        ``reported``, ``derived``, ``estimated`` or ``assumed``: never better than the weakest input.
    as_of : date, optional
        The state of knowledge.
    sources : tuple of str
        Keys of ``data/sources.csv``.
    interval : str
        What the interval is, or why there is none.
    errors : tuple of float, optional
        Standard errors, from the draws, of `low`, `value` and `high`: no digit is shown that they do not grant.

    Raises
    ------
    EvidenceError
        If the value is not a number, the interval is upside down or does not hold the value.
    UnknownNameError
        If the unit or the grade does not exist.

    Examples
    --------
    >>> revenue = Quantity(40, "USD_bn", 36, 46, grade="estimated")
    >>> required = Quantity(600, "USD_bn")
    >>> (revenue / required).full_text()
    '6.7 % (6.0 to 7.7)'
    >>> (revenue / required).grade
    'estimated'
    """

    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    grade: str = "reported"
    as_of: date | None = None
    sources: tuple[str, ...] = ()
    interval: str = ""
    errors: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        if self.unit not in _KNOWN_UNITS:
            msg = f"unit {self.unit!r} does not exist: use one of {', '.join(UNITS)}.{did_you_mean(self.unit, UNITS)}"
            raise UnknownNameError(msg)
        if self.grade not in GRADES:
            weakest(self.grade)  # which says what is wrong
        if not math.isfinite(self.value):
            msg = f"a quantity in {self.unit} has the value {self.value}: say that it is not known instead"
            raise EvidenceError(msg)
        if (self.low is None) != (self.high is None):
            msg = (
                f"the quantity {self.value} {self.unit} has one end of an interval only: give both, or a reason for "
                "none"
            )
            raise EvidenceError(msg)
        if self.low is not None:
            slack = 1e-9 * max(abs(self.value), abs(self.low), abs(self.high))
            if not self.low - slack <= self.value <= self.high + slack:
                msg = f"{self.value} {self.unit} is not inside its interval {self.low} to {self.high}"
                raise EvidenceError(msg)
        # Tens of thousands are made in a second of a sweep, most of them from parts in order already.
        for name in ("value", "low", "high"):
            number = getattr(self, name)
            if number is not None and type(number) is not float:
                object.__setattr__(self, name, float(number))
        once = tuple(dict.fromkeys(self.sources))
        if once != self.sources:
            object.__setattr__(self, "sources", once)

    def to(self, unit: str) -> Quantity:
        """
        Convert between dollars, thousands of millions and so on.

        Examples
        --------
        >>> Quantity(227664, "USD_mn").to("USD_bn").value
        227.664
        """
        if unit == self.unit:
            return self
        if unit not in _DOLLARS or self.unit not in _DOLLARS:
            msg = f"cannot turn {self.unit} into {unit}: only {', '.join(_DOLLARS)} convert into each other"
            raise EvidenceError(msg)
        here, there = _DOLLARS[self.unit], _DOLLARS[unit]
        low, high = (None if end is None else end * here / there for end in (self.low, self.high))
        errors = None if self.errors is None else tuple(error * here / there for error in self.errors)
        return replace(self, value=self.value * here / there, unit=unit, low=low, high=high, errors=errors)

    def _with(self, other: Quantity | float, function: Callable[[float, float], float], unit: str) -> Quantity:
        other = other if isinstance(other, Quantity) else Quantity(other, "other")
        return derive(function, self, other, unit=unit)

    def __add__(self, other: Quantity) -> Quantity:
        """Add a quantity of the same unit (dollars convert)."""
        return self._with(other.to(self.unit), lambda a, b: a + b, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract a quantity of the same unit; the interval takes both ends as free of each other."""
        return self._with(other.to(self.unit), lambda a, b: a - b, self.unit)

    def __mul__(self, other: Quantity | float) -> Quantity:
        """Multiply by a plain number or by a share or multiple; the unit stays."""
        if isinstance(other, Quantity) and other.unit not in ("ratio", "multiple", "count", "other"):
            msg = f"{self.unit} times {other.unit} has no name here: use derive(..., unit=...)"
            raise EvidenceError(msg)
        return self._with(other, lambda a, b: a * b, self.unit)

    __rmul__ = __mul__

    def __truediv__(self, other: Quantity | float) -> Quantity:
        """Divide by a plain number (unit stays) or by a quantity of the same unit (a ratio results)."""
        if isinstance(other, Quantity) and (other.unit in _DOLLARS) == (self.unit in _DOLLARS):
            if other.unit == self.unit or other.unit in _DOLLARS:
                return self._with(other.to(self.unit), lambda a, b: a / b, "ratio")
        if isinstance(other, Quantity) and other.unit not in ("ratio", "multiple", "count", "other"):
            msg = f"{self.unit} over {other.unit} has no name here: use derive(..., unit=...)"
            raise EvidenceError(msg)
        return self._with(other, lambda a, b: a / b, self.unit)

    @property
    def places(self) -> int:
        """Decimal places of the shown number, by :func:`round_by_uncertainty` (per cent for a ratio)."""
        scale = self._scale
        ends = (None, None) if self.low is None else (self.low * scale, self.high * scale)
        if self.unit in ("count", "date", "year"):
            return 0
        return round_by_uncertainty(self.value * scale, *ends)

    @property
    def _scale(self) -> float:
        return 100.0 if self.unit == "ratio" else 1.0

    def _number(self, value: float, *, end: bool = False) -> str:
        scaled, places = value * self._scale, self.places
        if self.low is not None and scaled != 0 and self.unit not in ("count", "date", "year"):
            # Digits that only the end nearest zero needs are not feigned for the others: two count.
            usual = _places_of_half_width(self.value * self._scale, self.low * self._scale, self.high * self._scale)
            places = min(places, max(usual, 1 - math.floor(math.log10(abs(scaled)))))
        if self.errors is not None:
            error = max(self.errors[0], self.errors[2]) if end else self.errors[1]
            places = min(places, granted(error * self._scale))
        text = _plain(scaled, places)
        return text.replace(",", "") if self.unit == "year" else text

    @property
    def _prefix(self) -> str:
        return "$" if self.unit.startswith("USD") else ""

    @property
    def _suffix(self) -> str:
        return _SUFFIX.get(self.unit, "")

    def _dress(self, number: str) -> str:
        minus = number.startswith("-")
        return f"{'−' if minus else ''}{self._prefix}{number.lstrip('-')}{self._suffix}"

    def text(self) -> str:
        """
        Write the value with its unit, rounded by the rule.

        Examples
        --------
        >>> Quantity(227.664, "USD_bn").text()
        '$228 bn'
        >>> Quantity(-0.0312, "ratio").text()
        '−3.12 %'
        """
        return self._dress(self._number(self.value))

    def range_text(self) -> str:
        """
        Write the interval, or say that there is none.

        Examples
        --------
        >>> Quantity(2.4, "multiple_per_year", 2.0, 2.9).range_text()
        '2.0 to 2.9 times a year'
        >>> Quantity(5, "count").range_text()
        'no interval'
        >>> Quantity(3.2, "multiple", 0.04, 912).range_text()
        '0.04 to 910 times'
        """
        if self.low is None:
            return "no interval"
        low, high = (self._number(number, end=True).replace("-", "−") for number in (self.low, self.high))
        return f"{self._prefix}{low} to {high}{self._suffix}"

    def full_text(self) -> str:
        """
        Write value and interval; an interval too narrow to show is left out.

        Examples
        --------
        >>> Quantity(356.09, "USD_bn", 356.0, 356.2).full_text()
        '$356 bn'
        """
        if self.low is None:
            return self.text()
        low, high = (self._number(number, end=True).replace("-", "−") for number in (self.low, self.high))
        return self.text() if low == high else f"{self.text()} ({low} to {high})"


def derive(function: Callable[..., float], *quantities: Quantity, unit: str, interval: str = "") -> Quantity:
    """
    Compute a quantity from others.

    The interval is the range of the function over all corners of the inputs' intervals: exact for a function that is
    monotone in each input, and blind to correlation, so it errs on the wide side. The grade is that of the weakest
    input and never better than ``derived``; sources are united; the day is the latest.

    Parameters
    ----------
    function : callable
        Takes one float for each quantity.
    *quantities : Quantity
        Inputs.
    unit : str
        Unit of the result.
    interval : str
        What the resulting interval is; the inputs' own wording by default.

    Returns
    -------
    Quantity

    Examples
    --------
    >>> a, b = Quantity(10, "USD_bn", 8, 12), Quantity(2, "multiple")
    >>> derive(lambda x, y: x * y, a, b, unit="USD_bn").full_text()
    '$20 bn (16 to 24)'
    """
    value = float(function(*(q.value for q in quantities)))
    low = high = None
    if any(q.low is not None for q in quantities):
        ends = [(q.value,) if q.low is None else (q.low, q.value, q.high) for q in quantities]
        corners = [float(function(*corner)) for corner in itertools.product(*ends)]
        low, high = min(corners), max(corners)
    days = [q.as_of for q in quantities if q.as_of is not None]
    notes = dict.fromkeys(q.interval for q in quantities if q.interval and (low is None or q.low is not None))
    return Quantity(
        value,
        unit,
        low,
        high,
        grade=weakest("derived", *(q.grade for q in quantities)),
        as_of=max(days) if days else None,
        sources=tuple(s for q in quantities for s in q.sources),
        interval=interval or "; ".join(notes),
    )


def envelope(central: Quantity, others: list[Quantity], interval: str = "range of sources") -> Quantity:
    """
    Widen the interval of a quantity so that it covers others of the same kind.

    Examples
    --------
    >>> press = [Quantity(1.8, "USD_bn"), Quantity(3.8, "USD_bn")]
    >>> envelope(Quantity(2.5, "USD_bn"), press).full_text()
    '$2.5 bn (1.8 to 3.8)'
    """
    same = [q.to(central.unit) for q in others]
    points = [central.value, *(q.value for q in same)]
    ends = points + [end for q in (central, *same) for end in (q.low, q.high) if end is not None]
    if min(ends) == max(ends):
        return replace(central, sources=central.sources + tuple(s for q in same for s in q.sources))
    return replace(
        central,
        low=min(ends),
        high=max(ends),
        interval=interval,
        grade=weakest(central.grade, *(q.grade for q in same)) if same else central.grade,
        sources=central.sources + tuple(s for q in same for s in q.sources),
    )
