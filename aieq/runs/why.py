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

MOST_GROUPS = 6  # every combination of them is evaluated: 64
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

    Attributes
    ----------
    labels : dict
        From each input to the words for it; empty if nothing that can be switched differs.
    reason : str
        Why there are no switches, if a scenario cannot be read back.
    """

    def __init__(self, a: Edition, b: Edition) -> None:
        self.labels: dict[str, str] = {}
        self.reason = ""
        self._ends = (a, b)
        self._contexts: dict[Hashable, Context] = {}
        if a.as_of != b.as_of:
            self.labels[DAY] = "the day"
        if a.seed != b.seed:
            self.labels[SEED_GROUP] = "the seed"
        try:
            self._scenarios = tuple(_scenario_of(edition) for edition in (a, b))
        except AieqError as error:
            self.reason = str(error)
            return
        one, other = self._scenarios
        if one.root != other.root:
            self.labels[SCENARIO] = "the scenario"
        changed = dict.fromkeys([*one.changes, *other.changes])
        differing = [name for name in changed if one.changes.get(name) != other.changes.get(name)]
        self._apart = len(self.labels) + len(differing) <= MOST_GROUPS
        if self._apart:
            self.labels |= {name: short_words(name, one.assumptions[name].unit) for name in differing}
        elif one != other:
            # Too many to try every combination: they are switched together.
            self.labels.pop(SCENARIO, None)
            self.labels[ASSUMPTIONS] = f"the assumptions, all {len(differing) + (one.root != other.root)} together"

    def context(self, on: frozenset[str]) -> Context:
        """Give the first edition with some inputs of the second."""
        a, b = self._ends
        day = b.as_of if DAY in on else a.as_of
        seed = b.seed if SEED_GROUP in on else a.seed
        scenario = self._mixed(on)
        key = (day, seed, scenario)
        if key not in self._contexts:
            plain = context_for(day, "base", seed)
            self._contexts[key] = Context(plain.view, scenario, seed)
        return self._contexts[key]

    def _mixed(self, on: frozenset[str]) -> Scenario:
        one, other = self._scenarios
        if not self._apart:
            return other if ASSUMPTIONS in on else one
        if not on & {SCENARIO, *one.changes, *other.changes}:
            return one
        root = other.root if SCENARIO in on else one.root
        # What only one of them changes counts as a change of that one; else the scenario's own value stands.
        picked = {
            name: (other if name in on or one.changes.get(name) == other.changes.get(name) else one).changes.get(name)
            for name in dict.fromkeys([*one.changes, *other.changes])
        }
        mixed = {name: value for name, value in picked.items() if value is not None}
        start = load_scenario(root)
        return start.replaced(**mixed) if mixed else start


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


def attribute(a: Edition, b: Edition, names: Iterable[str], switches: Switches) -> dict[str, Attribution]:
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
    switches : Switches
        Of the two.

    Returns
    -------
    dict
        By name of the finding.
    """
    wanted = [name for name in names if name in a.findings and name in b.findings]
    if switches.reason:
        return dict.fromkeys(wanted, Attribution(reason=switches.reason))
    gone = {name: Attribution(reason=f"{name} is no finding of the installed version") for name in wanted}
    here = [name for name in wanted if name in REGISTRY]
    if not switches.labels:
        reason = "day, assumptions and seed are the same: what differs is code or data, which cannot be switched"
        return gone | dict.fromkeys(here, Attribution(reason=reason))
    unknown: dict[str, str] = {}
    ends: dict[frozenset[str], np.ndarray] = {}

    def value(on: frozenset[str]) -> np.ndarray:
        context = switches.context(on)
        found = np.full(len(here), np.nan)
        for place, name in enumerate(here):
            try:
                found[place] = context[name].value
            except AieqError as error:
                unknown.setdefault(name, str(error))
        ends[on] = found
        return found

    shares = shapley(list(switches.labels), value)
    first, last = ends[frozenset()], ends[frozenset(switches.labels)]
    for place, name in enumerate(here):
        reason = _not_the_same(a, name, first[place]) or _not_the_same(b, name, last[place])
        if not reason and name in unknown:
            reason = f"a mixture of the two has no answer: {unknown[name]}"
        if reason:
            gone[name] = Attribution(reason=reason)
        else:
            gone[name] = Attribution({group: float(share[place]) for group, share in shares.items()})
    return {name: gone[name] for name in wanted}


def _not_the_same(edition: Edition, name: str, value: float) -> str:
    recorded = edition.findings[name]["value"]
    if math.isclose(recorded, value, rel_tol=1e-9, abs_tol=1e-12):
        return ""
    now = "nothing" if math.isnan(value) else f"{value:.6g}"
    return (
        f"the installed package gives {now} where {edition.folder} recorded {recorded:.6g}: code or data have changed "
        "since, and have a part in the difference"
    )


def flipped_by(ids: Iterable[str], switches: Switches) -> dict[str, tuple[tuple[str, ...], ...]]:
    """
    Find the smallest sets of inputs whose switching alone brings about the new verdict of each claim.

    Parameters
    ----------
    ids : iterable of str
        Claims whose verdict differs.
    switches : Switches
        Of the two editions.

    Returns
    -------
    dict
        By id: every smallest set; empty if the verdict cannot be reproduced.
    """
    groups = list(switches.labels)
    known = {entry.id for entry in claims()}
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for name in ids:
        if switches.reason or not groups or name not in known:
            found[name] = ()
            continue
        entry = get_claim(name)
        wanted = entry.judge(switches.context(frozenset(groups))).verdict
        if entry.judge(switches.context(frozenset())).verdict == wanted:
            found[name] = ()
            continue
        for size in range(1, len(groups) + 1):
            sets = list(itertools.combinations(groups, size))
            enough = [on for on in sets if entry.judge(switches.context(frozenset(on))).verdict == wanted]
            if enough:
                found[name] = tuple(enough)
                break
    return found


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
