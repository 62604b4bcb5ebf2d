"""Why two editions differ: which inputs do, and how much of each change goes to which input."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..assumptions import Scenario, load_scenario
from ..claims import claims, get_claim
from ..errors import AieqError, UnknownNameError
from ..findings import REGISTRY, Context, context_for
from ..report.edition_words import short_words, write_value
from .compare_read import Edition, flat

MOST_GROUPS = 9  # every combination of them is evaluated: 64
DAY, SCENARIO, SEED_GROUP, ASSUMPTIONS = "as_of", "scenario", "seed", "assumptions"


@dataclass(frozen=True)
class Supposed:
    """One assumption (``name.member`` where there are several) that differs."""

    name: str
    title: str
    unit: str
    before: float | None
    after: float | None

    @property
    def words(self) -> str:
        """A short name for sentences."""
        return short_words(self.name, self.unit)

    def text(self, value: float | None) -> str:
        """Write a value with its unit."""
        return "not on record" if value is None else write_value(value, self.unit)


@dataclass(frozen=True)
class Inputs:
    """
    What differs between two editions before anything is computed.

    Parameters
    ----------
    as_of, scenario, seed : tuple
        Both values.
    assumptions : tuple of Supposed
        Those that differ.
    made : dict
        ``code``, ``data`` and ``version``: both values, empty where not on record.
    """

    as_of: tuple[str, str]
    scenario: tuple[str, str]
    seed: tuple[int, int]
    assumptions: tuple[Supposed, ...]
    made: dict[str, tuple[str, str]]

    def differs(self, what: str) -> bool:
        """Whether ``code``, ``data`` or ``version`` is on record for both and differs."""
        before, after = self.made[what]
        return bool(before and after and before != after)

    def any(self) -> bool:
        """Whether anything differs that is on record."""
        pairs = (self.as_of, self.scenario, self.seed)
        return any(a != b for a, b in pairs) or bool(self.assumptions) or any(map(self.differs, self.made))


def inputs(a: Edition, b: Edition) -> Inputs:
    """Find which inputs of two editions differ."""
    both = dict.fromkeys([*a.assumptions, *b.assumptions])
    differing = tuple(
        _supposed(name, before, after)
        for name in both
        if (before := a.assumptions.get(name)) != (after := b.assumptions.get(name)) and a.assumptions and b.assumptions
    )
    made = {what: (a.made.get(what, ""), b.made.get(what, "")) for what in ("code", "data", "version")}
    return Inputs((a.as_of, b.as_of), (a.scenario, b.scenario), (a.seed, b.seed), differing, made)


def _supposed(name: str, before: float | None, after: float | None) -> Supposed:
    group, _, member = name.partition(".")
    entry = load_scenario("base").assumptions.get(group)
    if entry is None:
        return Supposed(name, name, "", before, after)
    title = f"{entry.title}, {member.replace('_', ' ')}" if member else entry.title
    return Supposed(name, title, entry.unit, before, after)


# --- what each input does -----------------------------------------------------------------------------------------


def shapley(groups: Sequence[str], value: Callable[[frozenset[str]], Any]) -> dict[str, Any]:
    """
    Share a difference among the inputs that were switched, in no order: the mean over all orders of switching.

    Parameters
    ----------
    groups : sequence of str
        Names of the inputs; every one of the 2^n combinations is evaluated once.
    value : callable
        Gives the result (a number or an array of them) with the named inputs switched and the others not.

    Returns
    -------
    dict
        Share of each input; they add up to the result with all switched less that with none.

    Examples
    --------
    Price rises from 2 to 3 and quantity from 10 to 14: of the 22 the order price, quantity gives price 10, the other
    order gives it 14.

    >>> shapley(["price", "quantity"], lambda on: (3 if "price" in on else 2) * (14 if "quantity" in on else 10))
    {'price': 12.0, 'quantity': 10.0}
    """
    results = {
        frozenset(on): value(frozenset(on))
        for size in range(len(groups) + 1)
        for on in itertools.combinations(groups, size)
    }
    count = len(groups)
    shares = {}
    for group in groups:
        others = [other for other in groups if other != group]
        share: Any = 0.0
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for on in itertools.combinations(others, size):
                before = frozenset(on)
                share = share + weight * (results[before | {group}] - results[before])
        shares[group] = share
    return shares


@dataclass(frozen=True)
class Attribution:
    """
    How much of a change goes to which input.

    Parameters
    ----------
    shares : dict
        In the unit of the finding, by input; they add up to the difference. Empty if not computed.
    reason : str
        Why not, if not.
    """

    shares: dict[str, float] = field(default_factory=dict)
    reason: str = ""


class Switches:
    """
    The inputs that differ as switches: any mixture of the two editions can be evaluated.

    Parameters
    ----------
    a, b : Edition
        What to mix.
    apart : bool
        Whether to switch every assumption by itself, also those that differ because the editions stand on different
        shipped scenarios; else these are one switch, and what somebody changed by hand is one each.

    Attributes
    ----------
    labels : dict
        From each input to the words for it; empty if nothing that can be switched differs.
    """

    def __init__(self, a: Edition, b: Edition, *, apart: bool) -> None:
        self._ends = (a, b)
        self._stages: dict[tuple[str, int], Context] = {}
        self._contexts: dict[Hashable, Context] = {}
        self.labels: dict[str, str] = {DAY: "the day"} if a.as_of != b.as_of else {}
        if a.seed != b.seed:
            self.labels[SEED_GROUP] = "the seed"
        one, other = self._scenarios = _scenario_of(a), _scenario_of(b)
        self._apart = apart
        if apart:
            names = [name for name in one if one[name] != other[name]]
        else:
            changed = dict.fromkeys([*one.changes, *other.changes])
            names = [name for name in changed if one.changes.get(name) != other.changes.get(name)]
            if one.root != other.root:
                self.labels[SCENARIO] = "the scenario"
        self._together = len(self.labels) + len(names) > MOST_GROUPS
        if self._together:
            self.labels.pop(SCENARIO, None)
            self.labels[ASSUMPTIONS] = "the assumptions together"
        else:
            self.labels |= {name: short_words(name, one.assumptions[name].unit) for name in names}

    def scenario_of(self, edition: Edition) -> Scenario:
        """Give the scenario of one of the two editions."""
        return self._scenarios[self._ends.index(edition)]

    def context(self, on: frozenset[str]) -> Context:
        """Give the first edition with some inputs of the second."""
        a, b = self._ends
        stage = (b.as_of if DAY in on else a.as_of, b.seed if SEED_GROUP in on else a.seed)
        scenario = self._mixed(on)
        if (stage, scenario) not in self._contexts:
            if stage not in self._stages:
                self._stages[stage] = context_for(stage[0], "base", stage[1])
            # What a switch does not reach is taken over from the mixtures before.
            self._contexts[stage, scenario] = self._stages[stage].vary(scenario)
        return self._contexts[stage, scenario]

    def _mixed(self, on: frozenset[str]) -> Scenario:
        one, other = self._scenarios
        if self._together:
            return other if ASSUMPTIONS in on else one
        if self._apart:
            taken = {name: other[name] for name in sorted(on - {DAY, SEED_GROUP})}
            return one.replaced(**taken) if taken else one
        if on.isdisjoint({SCENARIO, *one.changes, *other.changes}):
            return one
        changed = dict.fromkeys([*one.changes, *other.changes])
        # What only one of them changes counts as a change of that one; else the scenario's own value stands.
        picked = {name: (other if name in on else one).changes.get(name) for name in changed}
        start = load_scenario(other.root if SCENARIO in on else one.root)
        return start.replaced(**{name: value for name, value in picked.items() if value is not None})


def _scenario_of(edition: Edition) -> Scenario:
    """Read a scenario back, or rebuild it from what the edition says it supposed."""
    try:
        found = load_scenario(edition.scenario)
    except AieqError:
        found = None
    if found is not None and (not edition.assumptions or flat(found) == edition.assumptions):
        return found
    if not edition.assumptions:
        msg = f"{edition.folder} does not record its assumptions, and the scenario {edition.scenario!r} is not here"
        raise UnknownNameError(msg)
    base = load_scenario("base")
    start = flat(base)
    unknown = sorted(set(edition.assumptions) - set(start))
    if unknown:
        msg = f"{edition.folder} supposes {unknown[0]!r}, which no assumption is called here: it is of another version"
        raise UnknownNameError(msg)
    return base.replaced(**{name: value for name, value in edition.assumptions.items() if value != start[name]})


def switchboards(a: Edition, b: Edition) -> list[Switches]:
    """
    Set up the switches of two editions, the finest first.

    Raises
    ------
    AieqError
        If a scenario cannot be read back or rebuilt.
    """
    fine, coarse = (Switches(a, b, apart=apart) for apart in (True, False))
    return [fine] if fine.labels == coarse.labels else [fine, coarse]


def attribute(a: Edition, b: Edition, names: Iterable[str], boards: Sequence[Switches]) -> dict[str, Attribution]:
    """
    Attribute the change of several findings to the inputs that differ.

    What the installed package gives for both editions must be what they recorded; a finding for which it is not is
    left without attribution, since code or data then had a part in its change.

    Parameters
    ----------
    a, b : Edition
        What is compared.
    names : iterable of str
        Findings known in both.
    boards : sequence of Switches
        From :func:`switchboards`: each is tried on what the one before could not explain.

    Returns
    -------
    dict
        By name of the finding.
    """
    found = {name: Attribution(reason=f"{name} is no finding of the installed version") for name in names}
    for board in boards:
        left = [name for name, attribution in found.items() if not attribution.shares and name in REGISTRY]
        found |= _attribute(a, b, left, board) if left else {}
    return found


def _attribute(a: Edition, b: Edition, names: Sequence[str], board: Switches) -> dict[str, Attribution]:
    if not board.labels:
        reason = "day, assumptions and seed are the same: what differs is code or data, which cannot be switched"
        return dict.fromkeys(names, Attribution(reason=reason))
    unknown: dict[str, str] = {}
    results: dict[frozenset[str], np.ndarray] = {}

    def value(on: frozenset[str]) -> np.ndarray:
        context = board.context(on)
        results[on] = np.full(len(names), np.nan)
        for place, name in enumerate(names):
            try:
                results[on][place] = context[name].value
            except AieqError as error:
                unknown.setdefault(name, str(error))
        return results[on]

    shares = shapley(list(board.labels), value)
    first, last = results[frozenset()], results[frozenset(board.labels)]
    found = {}
    for place, name in enumerate(names):
        reason = _not_the_same(a, name, first[place]) or _not_the_same(b, name, last[place])
        if not reason and name in unknown:
            reason = f"a mixture of the two has no answer: {unknown[name]}"
        split = {} if reason else {group: float(share[place]) for group, share in shares.items()}
        found[name] = Attribution(split, reason)
    return found


def _not_the_same(edition: Edition, name: str, value: float) -> str:
    recorded = edition.findings[name]["value"]
    if math.isclose(recorded, value, rel_tol=1e-9, abs_tol=1e-12):
        return ""
    now = "nothing" if math.isnan(value) else f"{value:.6g}"
    return (
        f"the installed package gives {now} where {edition.folder} recorded {recorded:.6g}: code or data have changed "
        "since, and have a part in the difference"
    )


def flipped_by(claim_id: str, before: str, after: str, boards: Sequence[Switches]) -> tuple[tuple[str, ...], ...]:
    """
    Find the smallest sets of inputs whose switching alone brings about the new verdict of a claim.

    Parameters
    ----------
    claim_id, before, after : str
        The claim, and the verdicts recorded.
    boards : sequence of Switches
        From :func:`switchboards`.

    Returns
    -------
    tuple of tuple of str
        Every smallest set; empty if the recorded verdicts cannot be reproduced.
    """
    if claim_id not in {entry.id for entry in claims()}:
        return ()
    judge = get_claim(claim_id).judge
    for board in boards:
        groups = list(board.labels)
        ends = [judge(board.context(frozenset(on))).verdict for on in ((), groups)]
        if ends != [before, after]:
            continue
        for size in range(1, len(groups) + 1):
            sets = itertools.combinations(groups, size)
            if enough := tuple(on for on in sets if judge(board.context(frozenset(on))).verdict == after):
                return enough
    return ()


def as_plain(differing: Inputs) -> dict[str, Any]:
    """Write the inputs as plain values, for JSON."""
    pair: Callable[[Sequence[Any]], Mapping[str, Any]] = lambda two: {"a": two[0], "b": two[1]}  # noqa: E731
    return {
        "as_of": pair(differing.as_of),
        "scenario": pair(differing.scenario),
        "seed": pair(differing.seed),
        "assumptions": [
            {"name": s.name, "title": s.title, "unit": s.unit, "a": s.before, "b": s.after}
            for s in differing.assumptions
        ],
        **{what: {"a": two[0] or None, "b": two[1] or None} for what, two in differing.made.items()},
    }
