"""What the page reckons with on a day, and the same reckoning in Python, which holds the page to account."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...assumptions import Scenario, load_scenario, names
from ...equation import ASSET_CLASSES
from ...errors import ScenarioError, did_you_mean
from ...findings import Context
from ...findings import outlook as doubt
from ...outlook.distributions import RANGE_HOLDS
from ...outlook.doubts import WIDEST, assumed
from ...outlook.draws import EDGE, Joint, scrambles
from ...outlook.result import LEVELS, crossing, model
from .knobs import LABS_SHARE, Choice, Knob, knobs, value_of

DRAWS = 4096
# Bins of coverage for the page, in logarithms to the base of two: from a sixteenth to eight times.
LOWEST, HIGHEST, PER_DOUBLING = -4, 3, 8
EVIDENCE = ("actual_ai_revenue_usd_bn", "accelerator_run_rate_usd_bn", "actual_growth_multiple")
_MOVING = ("range", "triangular", "uniform", "fixed")
_BITS = 30


@dataclass(frozen=True)
class Setting:
    """
    What a reader has set.

    Parameters
    ----------
    root : str
        The shipped scenario it starts from.
    changes : mapping
        By name of a knob: a number in the unit of the assumption, or the id of a choice.
    """

    root: str = "base"
    changes: Mapping[str, float | str] = field(default_factory=dict)


class Ground:
    """
    Everything the page needs of a day under a scenario.

    Parameters
    ----------
    context : Context
        Day, scenario and seed.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        own = load_scenario(context.scenario.name) if context.scenario.name in names() else context.scenario.replaced()
        self.roots: dict[str, Scenario] = {name: own.onto(name) for name in ("low", "base", "high")}
        self.own = own.root
        self.knobs = knobs(self.roots)
        self._answers: dict[tuple, dict[str, Any]] = {}

    def knob(self, name: str) -> Knob:
        """One knob by its name."""
        for knob in self.knobs:
            if knob.name == name:
                return knob
        msg = f"the playground sets no {name!r}.{did_you_mean(name, [knob.name for knob in self.knobs])}"
        raise ScenarioError(msg)

    def values(self, setting: Setting) -> dict[str, float]:
        """What the changes of a setting come to, by full name of assumptions; what changes nothing is left out."""
        root = self.roots[setting.root]
        found: dict[str, float] = {}
        for name, value in setting.changes.items():
            knob = self.knob(name)
            chosen = _choice(knob, value).values if knob.choices else {name: self._inside(knob, value)}
            found |= {full: number for full, number in chosen.items() if number != value_of(root, full)}
        return found

    def _inside(self, knob: Knob, value: float | str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not knob.low <= value <= knob.high:
            msg = f"{knob.name} is {value!r}; on the page it lies between {knob.low:g} and {knob.high:g}"
            raise ScenarioError(msg)
        return value

    def scenario(self, setting: Setting) -> Scenario:
        """The scenario of a setting."""
        changes = self.values(setting)
        return self.roots[setting.root].replaced(**changes) if changes else self.roots[setting.root]

    def at(self, setting: Setting) -> Context:
        """The day of the page under a setting."""
        return Context(self.context.view, self.scenario(setting), self.context.seed)

    @functools.cached_property
    def joint(self) -> Joint:
        """What is in doubt under the scenario of the page."""
        return doubt.joint(self.context)

    @functools.cached_property
    def points(self) -> np.ndarray:
        """The draws, as points of the unit cube: the first of the report's first scramble."""
        return scrambles(len(self.joint.inputs), DRAWS, 1, self.context.seed)[0].random(DRAWS)

    def evidence(self, root: str, choice: Choice) -> list[list[float]]:
        """Value and interval of each figure of the evidence, where labs pay clouds this share."""
        context = self.at(Setting(root, {LABS_SHARE: choice.id}))
        figures = [context[EVIDENCE[0]], context["gpu_run_rate_usd_bn"], doubt.growth(context)]
        return [[q.value, q.low or q.value, q.high or q.value] for q in figures]

    def data(self) -> dict[str, Any]:
        """
        What the page is given: numbers and names only.

        Returns
        -------
        dict
            Ready for JSON.
        """
        day = doubt.setting(self.context)
        joint = self.joint
        matrix = joint.matrix
        tied = np.flatnonzero((matrix != np.eye(len(matrix))).any(axis=1))
        entries = assumed(self.roots[self.own])
        moving = [e.name for e in entries if e.distribution.kind in _MOVING]
        return {
            "day": day.day.isoformat(),
            "own": self.own,
            "inputs": list(joint.names),
            "evidence": list(EVIDENCE),
            "classes": list(ASSET_CLASSES),
            "levels": list(LEVELS),
            "bins": [LOWEST, HIGHEST, PER_DOUBLING],
            "holds": RANGE_HOLDS,
            "widest": WIDEST,
            "edge": EDGE,
            "tied": tied.tolist(),
            "factor": joint.factor[np.ix_(tied, tied)].tolist(),
            "sequence": directions(self.points),
            "known": {
                "born": day.born.tolist(),
                "spending": day.spending.tolist(),
                "share_of": list(day.share_of),
                "latest": np.flatnonzero(day.latest).tolist(),
                "year_before": np.flatnonzero(day.year_before).tolist(),
                "when": day.when.tolist(),
                "dates": [date.isoformat() for date in day.dates],
            },
            "beliefs": {name: self._belief(name, self.roots[self.own]) for name in moving},
            "roots": {root: self._root(root, set(moving)) for root in self.roots},
            "knobs": [
                {
                    "name": knob.name,
                    "title": knob.title,
                    "unit": knob.unit,
                    "low": knob.low,
                    "high": knob.high,
                    "step": knob.step,
                    "choices": [{"id": c.id, "values": dict(c.values)} for c in knob.choices],
                }
                for knob in self.knobs
            ],
        }

    def _root(self, root: str, moving: set[str]) -> dict[str, Any]:
        scenario, labs = self.roots[root], self.knob(LABS_SHARE)
        entries = assumed(scenario)
        given = [entry.name for entry in entries if entry.name not in moving]
        drawn = doubt.joint(self.at(Setting(root))).values(self.points.copy()) if given else {}
        told = [name for knob in self.knobs for name in (knob.choices[0].values if knob.choices else (knob.name,))]
        return {
            "values": {entry.name: entry.base for entry in entries},
            "all": {name: value_of(scenario, name) for name in told},
            "drawn": {name: drawn[name].tolist() for name in given},
            "labs_share": next(c.id for c in labs.choices if c.values[LABS_SHARE] == scenario[LABS_SHARE]),
            "evidence": {choice.id: self.evidence(root, choice) for choice in labs.choices},
            "sets": sets(scenario),
        }

    def _belief(self, name: str, scenario: Scenario) -> dict[str, Any]:
        group, _, member = name.partition(".")
        entry = scenario.assumptions[group]
        span = entry.range[int(member) if member.isdigit() else member] if member else entry.range
        kind = (entry.distribution or {"kind": "range"})["kind"]
        return {"kind": kind, "span": list(span), "possible": list(entry.possible)}

    def evaluate(self, setting: Setting) -> dict[str, Any]:
        """
        Work out what the page shows, with the package itself.

        Parameters
        ----------
        setting : Setting
            What is set.

        Returns
        -------
        dict
            ``point`` (every input at its middle), ``bands`` (quantiles at :data:`~aieq.outlook.result.LEVELS`),
            ``ahead`` (those of coverage of capital at each time), ``chance`` (of coverage by the end of 2030).
        """
        key = (setting.root, *sorted(self.values(setting).items()))
        if key not in self._answers:
            self._answers[key] = self._evaluate(setting)
        return self._answers[key]

    def _evaluate(self, setting: Setting) -> dict[str, Any]:
        context = self.at(setting)
        joint, day = doubt.joint(context), doubt.setting(context)
        drawn = _answers(model(joint.values(self.points.copy()), day, single=False), day.when)
        point = _answers(model(joint.base(), day, single=False), day.when)
        year = [date.year for date in day.dates[1:]]
        until = year.index(2030) + 2 if 2030 in year else None
        return {
            "point": {name: float(values[0]) for name, values in point.items() if values.ndim == 1},
            "bands": {name: quantiles(values) for name, values in drawn.items() if values.ndim == 1},
            "ahead": [quantiles(column) for column in drawn["ahead"].T],
            "chance": {
                rule: None if until is None else float((drawn[path][:, :until] >= 1).any(axis=1).mean())
                for rule, path in (("capital", "ahead"), ("cahn", "ahead_cahn"))
            },
            "histogram": histogram(drawn["coverage_capital_ratio"]),
            "draws": drawn["coverage_capital_ratio"],
        }


def _choice(knob: Knob, wanted: float | str) -> Choice:
    for choice in knob.choices:
        if choice.id == wanted:
            return choice
    msg = f"{knob.name} has no choice {wanted!r}; it has {', '.join(choice.id for choice in knob.choices)}"
    raise ScenarioError(msg)


def _answers(found: dict[str, np.ndarray], when: np.ndarray) -> dict[str, np.ndarray]:
    capital, cahn = found["coverage_capital_ratio"], found["coverage_ratio"]
    return {
        "actual_ai_revenue_usd_bn": found["actual_ai_revenue_usd_bn"][:, 0],
        "required_revenue_capital_usd_bn": found["required_revenue_capital_usd_bn"][:, 0],
        "required_revenue_usd_bn": found["required_revenue_usd_bn"][:, 0],
        "coverage_capital_ratio": capital[:, 0],
        "coverage_ratio": cahn[:, 0],
        "best_coverage_capital_ratio": capital.max(axis=1),
        "best_coverage_ratio": cahn.max(axis=1),
        "break_even_capital_years": crossing(when, capital),
        "break_even_years": crossing(when, cahn),
        "ahead": capital,
        "ahead_cahn": cahn,
    }


def quantiles(values: np.ndarray, levels: tuple[float, ...] = LEVELS) -> list[float]:
    """
    Values below which given shares lie, read between neighbours; infinite where a neighbour is.

    Examples
    --------
    >>> quantiles(np.array([3.0, 1.0, 2.0]), (0.25, 0.5)), quantiles(np.array([1.0, np.inf]), (0.5,))
    ([1.5, 2.0], [inf])
    """
    ordered = np.sort(values)
    found = []
    for level in levels:
        place = level * (len(ordered) - 1)
        below = int(place)
        left, right = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
        part = place - below
        found.append(left if part == 0 or left == right else right if np.isinf(right) else left + (right - left) * part)
    return found


def histogram(coverage: np.ndarray) -> list[int]:
    """
    Count draws in bins of equal ratio; what lies beyond the ends counts in the outermost bins.

    Examples
    --------
    >>> counts = histogram(np.array([1.0, 1.05, 100.0]))
    >>> counts[32], counts[-1], len(counts)
    (2, 1, 56)
    """
    bins = (HIGHEST - LOWEST) * PER_DOUBLING
    place = np.clip(np.floor((np.log2(coverage) - LOWEST) * PER_DOUBLING), 0, bins - 1).astype(int)
    return np.bincount(place, minlength=bins).tolist()


def directions(points: np.ndarray) -> dict[str, Any]:
    """
    Write a scrambled Sobol sequence as its first point and its directions: a page makes all others from them.

    Points follow each other in the order of Gray's code, so that each differs from the one before by the direction
    that belongs to the lowest zero bit of its number.

    Parameters
    ----------
    points : ndarray, shape (n, dimensions)
        From the beginning of the sequence; a power of two.

    Returns
    -------
    dict
        first, directions (whole numbers, a list for each dimension), bits, count.

    Raises
    ------
    ScenarioError
        If the points are not those of such a sequence.
    """
    whole = points * 2.0**_BITS
    grid = whole.astype(np.int64)
    lowest = [(~n & (n + 1)).bit_length() - 1 for n in range(len(grid) - 1)]
    steps = grid[1:] ^ grid[:-1]
    found = np.stack([steps[lowest.index(place)] for place in range(max(lowest) + 1)])
    if (grid != whole).any() or (steps != found[lowest]).any():
        msg = "these draws are no scrambled Sobol sequence from its beginning: the page cannot make them again"
        raise ScenarioError(msg)
    return {"first": grid[0].tolist(), "directions": found.T.tolist(), "bits": _BITS, "count": len(grid)}


def sets(scenario: Scenario) -> dict[str, float]:
    """All that a scenario sets otherwise than the base one, by full name: what a file of it has to say."""
    base = load_scenario("base")
    found = {}
    for name, value in scenario.items():
        members = value if isinstance(value, Mapping) else {"": value}
        for member, number in members.items():
            full = f"{name}.{member}" if member != "" else name
            if number != value_of(base, full):
                found[full] = number
    return found
