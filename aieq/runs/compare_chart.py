"""Before and after of several findings in one chart: dumbbells on a common scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from ..charts.kinds import wrap
from ..charts.theme import ACCENT, CONTEXT, INK, PAPER
from ..quantity import Quantity

MOST = 12
_REACH = 1.12  # how far beyond the outermost dot the axis goes, as a factor
_WIDEST = 10.0  # an interval may widen the axis by so much at most
_DOWN = 14  # pixels from the middle of a row to its dots: the name stands above them
_LETTERS = 52  # of a line of a name, on a phone


@dataclass(frozen=True)
class Bell:
    """One row: its name, what it was and is, and by how much it changed, in words."""

    says: str
    before: Quantity
    after: Quantity
    told: str = ""

    @property
    def times(self) -> float:
        """What it is as a multiple of what it was."""
        return self.after.value / self.before.value


def drawable(before: Quantity | None, after: Quantity | None) -> bool:
    """Whether one can be told as a multiple of the other."""
    if before is None or after is None or before.unit in ("year", "date"):
        return False
    return before.value > 0 and after.value > 0


def frame(bells: Sequence[Bell]) -> pd.DataFrame:
    """
    Scale each row by what it was.

    Returns
    -------
    DataFrame
        label, edition (A or B), times, low, high: multiples of the value in A; what lies below zero is
        zero.

    Examples
    --------
    >>> frame([Bell("x", Quantity(2, "USD_bn", 1, 4), Quantity(3, "USD_bn"))])[["edition", "times", "low", "high"]]
      edition  times  low  high
    0       A    1.0  0.5   2.0
    1       B    1.5  NaN   NaN
    """
    rows = []
    for bell in bells:
        for edition, quantity in (("A", bell.before), ("B", bell.after)):
            ends = [
                None if end is None or end <= 0 else end / bell.before.value for end in (quantity.low, quantity.high)
            ]
            # An interval that reaches zero goes to the edge of the picture.
            low = 0.0 if quantity.low is not None and quantity.low <= 0 < (quantity.high or 0) else ends[0]
            rows.append((bell.says, edition, quantity.value / bell.before.value, low, ends[1]))
    found = pd.DataFrame(rows, columns=["label", "edition", "times", "low", "high"])
    return found.astype({"low": float, "high": float})


def dumbbells(bells: Sequence[Bell]) -> alt.LayerChart:
    """
    Draw each finding as two dots, joined: what it was, at one, and what it is, as a multiple of that.

    Parameters
    ----------
    bells : sequence of Bell
        From the top down; values above zero.

    Returns
    -------
    LayerChart
        On a logarithmic scale; the intervals of both are drawn, that of A above the line and that of B below it.
    """
    rows = frame(bells)
    order = list(dict.fromkeys(rows["label"]))
    domain = _domain(rows)
    rows["low"], rows["high"] = rows["low"].clip(lower=domain[0]), rows["high"].clip(upper=domain[1])
    scale = alt.Scale(type="log", domain=domain, nice=False, clamp=True)
    axis = alt.Axis(grid=True, domain=False, values=_ticks(*domain), format="~g", title="times what it was in A")
    x = alt.X("times:Q", scale=scale, axis=axis)
    y = alt.Y("label:N", sort=order, title=None, axis=None)
    colours = alt.Color(
        "edition:N",
        scale=alt.Scale(domain=["A", "B"], range=[CONTEXT, ACCENT]),
        legend=alt.Legend(symbolType="circle", symbolOpacity=1, symbolStrokeWidth=0, offset=6),
    )
    base = alt.Chart(rows)
    pieces: list[alt.Chart] = [
        base.mark_line(strokeWidth=2, strokeDash=[1, 3], color=INK, opacity=0.7, yOffset=_DOWN).encode(
            x=x, y=y, detail="label:N"
        )
    ]
    for edition, offset in (("A", _DOWN - 5), ("B", _DOWN + 5)):
        known = rows[(rows["edition"] == edition) & rows["low"].notna() & rows["high"].notna()]
        if len(known):
            pieces.append(
                alt.Chart(known)
                .mark_rule(strokeWidth=3, opacity=0.5, strokeCap="round", yOffset=offset)
                .encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", y=y, color=colours)
            )
    pieces.append(
        base.mark_circle(size=95, opacity=1, stroke=PAPER, strokeWidth=1, yOffset=_DOWN).encode(x=x, y=y, color=colours)
    )
    # Above its row, not beside it: so the whole width is left for the dots, on a phone too.
    told = {text: _two_lines(text) for text in order}
    for lines in (1, 2):
        names = pd.DataFrame([(k, v) for k, v in told.items() if v.count("\n") + 1 == lines], columns=["label", "text"])
        if len(names):
            pieces.append(
                alt.Chart(names)
                .mark_text(
                    align="left", baseline="bottom", lineBreak="\n", lineHeight=15, yOffset=_DOWN + 5 - 15 * lines
                )
                .encode(x=alt.value(0), y=y, text="text:N")
            )
    return alt.layer(*pieces).properties(height=64 * len(order) + 8)  # type: ignore[return-value]


def _two_lines(text: str) -> str:
    lines = wrap(text[0].upper() + text[1:], _LETTERS).split("\n")
    return "\n".join(lines[:1] + ([lines[1] + ("…" if len(lines) > 2 else "")] if lines[1:] else []))


def _domain(rows: pd.DataFrame) -> list[float]:
    first, last = rows["times"].min() / _REACH, rows["times"].max() * _REACH
    above = rows["low"][rows["low"] > 0]
    low = max(above.min(), first / _WIDEST) if len(above) else first
    high = min(rows["high"].max(), last * _WIDEST) if rows["high"].notna().any() else last
    return [float(min(first, low)), float(max(last, high))]


def _ticks(low: float, high: float) -> list[float]:
    """
    Choose round numbers between two ends of a logarithmic axis: as few as make four, if possible.

    Examples
    --------
    >>> _ticks(0.003, 20.0)
    [0.01, 0.1, 1, 10]
    >>> _ticks(0.3, 6.0)
    [0.5, 1, 2, 5]
    >>> _ticks(0.55, 4.9)
    [0.7, 1, 1.5, 2, 3]
    >>> _ticks(0.85, 1.42), _ticks(0.993, 1.004)
    ([0.9, 1, 1.1, 1.2, 1.3, 1.4], [0.994, 0.996, 0.998, 1, 1.002, 1.004])
    """
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [round(step * 10.0**power, 6) for power in range(-6, 7) for step in steps]
        found = [tick for tick in ticks if low <= tick <= high]
        if len(found) >= 4:
            break
    else:  # so close together that equal steps do
        step = 10.0 ** math.floor(math.log10((high - low) / 4))
        step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
        found = [round(step * number, 9) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [int(tick) if tick.is_integer() else tick for tick in map(float, found)]
