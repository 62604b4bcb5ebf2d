"""A comparison of sweeps as plain text, at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ..quantity import Quantity
from .compare_findings import difference_text
from .compare_text import counted, wrapped

if TYPE_CHECKING:
    from .compare_sweeps import Shift, Spread, SweepComparison, VerdictShift
    from .compare_sweeps_read import Sweep


def sweep_text(c: SweepComparison, most: int | None) -> str:
    """
    Write the comparison of two sweeps.

    Parameters
    ----------
    c : SweepComparison
        What was found.
    most : int, optional
        How many findings to tell; all without.
    """
    lines = [*_head("A", c.a), *_head("B", c.b), "", *_differs(c)]
    moved = [shift for shift in c.shifts if shift.importance]
    shown = moved if most is None else moved[:most]
    still = len(c.shifts) - len(moved)
    told = f"Of {counted(len(c.shifts), 'finding')} the median of {len(moved)} moved, {still} did not."
    lines += ["", *wrapped(told)]
    if shown:
        rest = "" if len(shown) == len(moved) else f" ({len(shown)} of {len(moved)}; --all tells all)"
        lines += ["", *wrapped(f"MEDIANS (5 % TO 95 % OF RUNS), THE LARGEST SHIFTS FIRST{rest}", 0, 0)]
        for shift in shown:
            lines += ["", *_shift(shift)]
    lines += _verdicts(c.verdicts)
    if c.notes:
        lines += ["", "NOTES", *(line for note in c.notes for line in wrapped(note, 2, 0))]
    return "\n".join(lines)


def _head(letter: str, sweep: Sweep) -> list[str]:
    varied = f" over {', '.join(sweep.varied)}" if sweep.varied else ""
    return wrapped(f"{letter}  {sweep.folder}: {sweep.done:,} of {counted(sweep.planned, 'run')}{varied}", 0, 3)


def differing(c: SweepComparison) -> list[tuple[str, str, str]]:
    """List what the sweeps held fixed otherwise, and code or data that differ: name, in the one, in the other."""
    found = [
        (name, str(c.a.fixed.get(name, "not set")), str(c.b.fixed.get(name, "not set")))
        for name in dict.fromkeys([*c.a.fixed, *c.b.fixed])
        if c.a.fixed.get(name) != c.b.fixed.get(name)
    ]
    for what in ("code", "data", "version"):
        before, after = c.a.made.get(what), c.b.made.get(what)
        if before and after and before != after:
            found.append((what, before[:12], after[:12]))
    return found


def _differs(c: SweepComparison) -> Iterator[str]:
    yield "WHAT DIFFERS IN WHAT WENT IN"
    rows = differing(c)
    if not rows:
        yield "  nothing that is on record, but what varies"
    for name, before, after in rows:
        yield from wrapped(f"{name}: {before} -> {after}", 2)
    if c.matched_by:
        yield from wrapped(f"runs are matched by {', '.join(c.matched_by)}", 2)


def spread_text(spread: Spread, unit: str) -> str:
    """
    Write a distribution: its median, with 5 and 95 per cent as the interval.

    Examples
    --------
    >>> from .compare_sweeps import spread
    >>> import pandas as pd
    >>> spread_text(spread(pd.Series([1.0, 2.0, 3.0]), False), "USD_bn")
    '$2.0 bn (1.1 to 2.9)'
    """
    quantity = as_quantity(spread, unit)
    return "unknown in every run" if quantity is None else quantity.full_text()


def as_quantity(spread: Spread, unit: str) -> Quantity | None:
    """Give a distribution as a quantity whose interval is 5 to 95 per cent of the runs."""
    if spread.median is None:
        return None
    if unit == "count" and not spread.median.is_integer():
        unit = "other"  # the middle of two counts is shown as it is
    return Quantity(spread.median, unit or "other", spread.p5, spread.p95, grade="assumed")


def moved_text(shift: Shift) -> str:
    """Write by how much the median moved."""
    before, after = as_quantity(shift.before, shift.unit), as_quantity(shift.after, shift.unit)
    if before is None or after is None:
        return ""
    unit = after.unit if before.unit == after.unit else "other"
    return difference_text(replace(before, unit=unit), replace(after, unit=unit))


def _shift(shift: Shift) -> Iterator[str]:
    yield shift.name
    if shift.says:
        yield from wrapped(shift.says, 2, 0)
    before, after = spread_text(shift.before, shift.unit), spread_text(shift.after, shift.unit)
    yield from wrapped(f"{before} -> {after}   {moved_text(shift)}", 2)
    for told in told_pairs(shift):
        yield from wrapped(told, 2)


def told_pairs(shift: Shift) -> Iterator[str]:
    """Say what runs matched with each other tell, and how many reached one."""
    pairs = shift.pairs
    if pairs.count:
        equal = pairs.count - pairs.up - pairs.down
        if equal == pairs.count and shift.importance:
            yield f"matched runs: {pairs.count:,}, all equal; what moved comes from runs that only one of them has"
        else:
            yield f"matched runs: {pairs.count:,}; {pairs.up:,} higher, {pairs.down:,} lower, {equal:,} equal"
    if shift.before.reached_one is not None and shift.after.reached_one is not None:
        told = f"one or more in {shift.before.reached_one:.0%} of runs -> {shift.after.reached_one:.0%}"
        crossed = f"; of matched runs {pairs.to_one} came to reach it, {pairs.from_one} no longer do"
        yield (told + (crossed if pairs.to_one or pairs.from_one else "")).replace("%", " %")
    if shift.before.unknown or shift.after.unknown:
        yield f"not known in {shift.before.unknown:,} runs -> {shift.after.unknown:,}"


def _verdicts(verdicts: list[VerdictShift]) -> Iterator[str]:
    changed = [verdict for verdict in verdicts if verdict.changed]
    if not verdicts:
        return
    yield from ["", f"VERDICTS ({len(changed)} of {len(verdicts)} claims changed in some runs)"]
    for verdict in changed:
        yield from ["", f"{verdict.id}: {flips_text(verdict)}"]
        for letter, counts in (("A", verdict.before), ("B", verdict.after)):
            yield from wrapped(f"{letter}: {', '.join(f'{name} {n:,}' for name, n in counts.items())}", 2, 3)
        for move, number in verdict.moves.items():
            yield f"  {move}: {number:,}"


def flips_text(verdict: VerdictShift) -> str:
    """Say in how many matched runs a verdict flipped."""
    if not verdict.pairs:
        return "no runs match, so only the counts compare"
    return f"{verdict.flipped:,} of {counted(verdict.pairs, 'matched run')} flipped"
