"""How two sweeps differ: the distribution of each finding, run against run where they match, and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ParameterError
from ..findings import REGISTRY
from .compare_sweeps_read import CLAIM, Sweep, read_sweep, side_by_side

FORMAT = 1


@dataclass(frozen=True)
class Spread:
    """
    Distribution of a finding over the runs of a sweep.

    Parameters
    ----------
    runs, unknown : int
        Runs with a value, and runs of which the finding could not be known.
    median, p5, p95 : float or None
        In the unit of the finding; none without a value.
    reached_one : float or None
        Of a coverage, the share of runs in which it is one or more.
    """

    runs: int
    unknown: int
    median: float | None
    p5: float | None
    p95: float | None
    reached_one: float | None


def spread(values: pd.Series, coverage: bool) -> Spread:
    """
    Describe a distribution.

    Examples
    --------
    >>> spread(pd.Series([0.5, 1.0, 1.5, None]), True)
    Spread(runs=3, unknown=1, median=1.0, p5=0.55, p95=1.45, reached_one=0.6666666666666666)
    """
    known = values.dropna().to_numpy(dtype=float)
    if not known.size:
        return Spread(0, len(values), None, None, None, None)
    low, middle, high = (round(float(q), 12) for q in np.quantile(known, [0.05, 0.5, 0.95]))
    return Spread(
        known.size, len(values) - known.size, middle, low, high, float((known >= 1).mean()) if coverage else None
    )


@dataclass(frozen=True)
class Pairs:
    """
    Runs of two sweeps that share the parameters both vary.

    Parameters
    ----------
    count : int
        Values of those parameters that both hold with a known finding.
    median : float or None
        Of the differences, in the unit.
    up, down : int
        In how many the second is higher, or lower.
    to_one, from_one : int or None
        Of a coverage: in how many it came to reach one, or no longer does.
    """

    count: int
    median: float | None
    up: int
    down: int
    to_one: int | None
    from_one: int | None


@dataclass(frozen=True)
class Shift:
    """One finding in two sweeps; `importance` is the shift of the median over the wider spread (5 % to 95 %)."""

    name: str
    says: str
    unit: str
    before: Spread
    after: Spread
    pairs: Pairs
    importance: float


@dataclass(frozen=True)
class VerdictShift:
    """
    One claim in two sweeps.

    Parameters
    ----------
    id : str
        Of the claim.
    before, after : dict
        Runs by verdict.
    pairs, flipped : int
        Matched runs, and those of them whose verdicts differ.
    moves : dict
        Matched runs by ``from -> to``.
    """

    id: str
    before: dict[str, int]
    after: dict[str, int]
    pairs: int
    flipped: int
    moves: dict[str, int]

    @property
    def changed(self) -> bool:
        """Whether matched runs differ; where none match, whether the shares of the verdicts do."""
        if self.pairs:
            return self.flipped > 0
        runs = [max(1, sum(counts.values())) for counts in (self.before, self.after)]
        return any(
            self.before.get(name, 0) * runs[1] != self.after.get(name, 0) * runs[0]
            for name in {*self.before, *self.after}
        )


@dataclass(frozen=True)
class SweepComparison:
    """
    Two sweeps side by side.

    The JSON holds

    - ``format`` (1) and ``kind`` ("sweeps");
    - ``a`` and ``b``: folder, done, failed, planned, varied, fixed, code, data, version;
    - ``matched_by``: the parameters both vary;
    - ``findings``, the largest shift first: name, says, unit, importance, a and b (runs, unknown, median, p5, p95,
      reached_one), pairs (count, median, up, down, to_one, from_one);
    - ``verdicts``: id, a and b (runs by verdict), pairs, flipped, moves; ``notes``: sentences.
    """

    a: Sweep
    b: Sweep
    matched_by: tuple[str, ...]
    shifts: list[Shift]
    verdicts: list[VerdictShift]
    notes: list[str]

    def text(self, most: int | None = 12) -> str:
        """Write it in lines of at most 80 characters; `most` limits the findings told."""
        from .compare_sweeps_text import sweep_text

        return sweep_text(self, most)

    def html(self) -> str:
        """Write it as one page in the look of the book that needs no other file."""
        from .compare_sweeps_html import sweep_page

        return sweep_page(self)

    def json(self) -> dict[str, Any]:
        """Give it as plain values; the keys are those of the class's description."""
        return {
            "format": FORMAT,
            "kind": "sweeps",
            "a": _about(self.a),
            "b": _about(self.b),
            "matched_by": list(self.matched_by),
            "findings": [
                {
                    "name": s.name,
                    "says": s.says,
                    "unit": s.unit,
                    "importance": round(s.importance, 6),
                    "a": asdict(s.before),
                    "b": asdict(s.after),
                    "pairs": asdict(s.pairs),
                }
                for s in self.shifts
            ],
            "verdicts": [
                {"id": v.id, "a": v.before, "b": v.after, "pairs": v.pairs, "flipped": v.flipped, "moves": v.moves}
                for v in self.verdicts
            ],
            "notes": self.notes,
        }


def _about(sweep: Sweep) -> dict[str, Any]:
    return {
        "folder": str(sweep.folder),
        "done": sweep.done,
        "failed": sweep.failed,
        "planned": sweep.planned,
        "varied": list(sweep.varied),
        "fixed": {name: str(value) for name, value in sweep.fixed.items()},
        **{what: sweep.made.get(what) for what in ("code", "data", "version")},
    }


def compare_sweeps(a: Path, b: Path) -> SweepComparison:
    """
    Compare two sweeps, each as far as it has gone.

    Parameters
    ----------
    a, b : Path
        Folders made by ``aieq sweep``.

    Returns
    -------
    SweepComparison

    Raises
    ------
    ParameterError
        If one is broken, or they have no finding in common.
    """
    one, other = read_sweep(a), read_sweep(b)
    common = [name for name in one.findings if name in set(other.findings)]
    if not common:
        msg = (
            f"{a} and {b} have no finding in common: {a} holds {', '.join(one.findings[:3])}, {b} holds "
            f"{', '.join(other.findings[:3])}. Sweep over the same findings"
        )
        raise ParameterError(msg)
    keys = tuple(name for name in one.varied if name in other.varied)
    notes = _notes(one, other, keys)
    shifts, verdicts = [], []
    for name, before, after in side_by_side(one, other, common):
        if name.startswith(CLAIM):
            if before.empty or after.empty:
                continue
            verdicts.append(_verdict_shift(name.removeprefix(CLAIM), before, after, keys))
        else:
            shifts.append(_shift(name, before, after, keys))
    if keys and shifts and not any(shift.pairs.count for shift in shifts):
        notes.append(f"No run of one has the same {', '.join(keys)} as a run of the other: only distributions compare.")
    shifts.sort(key=lambda shift: -shift.importance)
    return SweepComparison(one, other, keys, shifts, verdicts, notes)


def _notes(a: Sweep, b: Sweep, keys: tuple[str, ...]) -> list[str]:
    notes = []
    for sweep in (a, b):
        if sweep.failed:
            notes.append(f"{sweep.failed:,} runs of {sweep.folder} failed and have no values.")
        if sweep.done + sweep.failed < sweep.planned:
            notes.append(
                f"{sweep.folder} is unfinished: {sweep.done:,} of {sweep.planned:,} runs are there and compared. Run "
                "the same `aieq sweep` command again to finish it."
            )
    if not keys:
        notes.append("The two vary no parameter in common: only distributions compare, not run against run.")
    for sweep, other in ((a, b), (b, a)):
        if only := [name for name in sweep.varied if name not in other.varied]:
            notes.append(
                f"Only {sweep.folder} varies {', '.join(only)}: where it has several runs for one of the other, their "
                "median counts."
            )
    if left_out := sorted(set(a.findings) ^ set(b.findings)):
        told = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        notes.append(f"In one sweep only, and not compared: {len(left_out)} ({told}).")
    return notes


def _unit(rows: pd.DataFrame) -> str:
    known = rows["unit"].dropna()
    return str(known.iloc[0]) if len(known) else ""


def _shift(name: str, before: pd.DataFrame, after: pd.DataFrame, keys: tuple[str, ...]) -> Shift:
    unit = _unit(after) or _unit(before)
    if _unit(before) not in ("", unit):
        msg = f"{name} is in {_unit(before)} in one sweep and in {unit} in the other: they are of different versions"
        raise ParameterError(msg)
    coverage = "coverage" in name and unit == "ratio"
    one, other = spread(before["value"], coverage), spread(after["value"], coverage)
    says = REGISTRY[name].says if name in REGISTRY else ""
    return Shift(name, says, unit, one, other, _pairs(before, after, keys, coverage), _weight(one, other))


def _weight(one: Spread, other: Spread) -> float:
    """A shift without any spread is at the top; one within the spread counts by its part; what came or went is last."""
    if one.median is None or other.median is None:
        return 0.0 if one.median is other.median else 1e-9
    moved = abs(other.median - one.median)
    if not moved:
        return 0.0
    wide = max((s.p95 or 0) - (s.p5 or 0) for s in (one, other))
    return moved / (moved + wide) * min(1.0, moved / max(abs(one.median), abs(other.median)))


def _matched(before: pd.DataFrame, after: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    middle = [frame.groupby(list(keys), observed=True)["value"].median() for frame in (before, after)]
    return pd.concat(middle, axis=1, keys=["a", "b"], join="inner").dropna()


def _pairs(before: pd.DataFrame, after: pd.DataFrame, keys: tuple[str, ...], coverage: bool) -> Pairs:
    nothing: Mapping[str, Any] = {"to_one": 0 if coverage else None, "from_one": 0 if coverage else None}
    if not keys or (both := _matched(before, after, keys)).empty:
        return Pairs(0, None, 0, 0, **nothing)
    moved = both["b"] - both["a"]
    crossed = (int(((both["a"] < 1) & (both["b"] >= 1)).sum()), int(((both["a"] >= 1) & (both["b"] < 1)).sum()))
    return Pairs(
        len(both),
        float(moved.median()),
        int((moved > 0).sum()),
        int((moved < 0).sum()),
        *(crossed if coverage else (None, None)),
    )


def _verdict_shift(name: str, before: pd.DataFrame, after: pd.DataFrame, keys: tuple[str, ...]) -> VerdictShift:
    counts = [
        {str(verdict): int(number) for verdict, number in frame["verdict"].dropna().astype(str).value_counts().items()}
        for frame in (before, after)
    ]
    moves: Counter[str] = Counter()
    pairs = 0
    if keys:
        # Runs of one that share the key with several runs of the other have no one verdict: they do not pair.
        single = [f[~f.duplicated(list(keys), keep=False)].set_index(list(keys))["verdict"] for f in (before, after)]
        both = pd.concat(single, axis=1, keys=["a", "b"], join="inner").dropna()
        pairs = len(both)
        moves.update(f"{a} -> {b}" for a, b in both.itertuples(index=False) if a != b)
    return VerdictShift(name, counts[0], counts[1], pairs, sum(moves.values()), dict(moves.most_common()))
