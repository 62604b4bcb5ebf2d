"""Why two answers differ: the difference split over everything that leads from one to the other, in no order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from ..assumptions import Scenario, load_scenario
from ..errors import EquationError, VintageError
from ..evidence import Evidence, load
from .inputs import Inputs, common_inputs
from .published import BY_ID
from .rules import DEFINITIONS, OURS, STEPS, Rule, required_usd_bn, rule

MOST_SWITCHES = 16  # 65,536 subsets: under a second
ALIASES = {
    "ours": "aieq_capital",
    "envelope": "aieq_envelope",
    "cahn2023": "cahn2023_required",
    "cahn2024": "cahn2024_required",
    "cahn2025": "cahn2025_required",
    "bain2025": "bain2025_required",
    "jpm2025": "jpm2025_required",
    "kupperman2025": "kupperman2025_aug",
}


def shapley(switches: Sequence[str], value: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """
    Split a difference over switches so that their order does not matter: the mean over all orders, exactly.

    Parameters
    ----------
    switches : sequence of str
        Names.
    value : callable
        The value when these switches are thrown, and no others.

    Returns
    -------
    dict
        From name to share; the shares add up to the value with all thrown less the value with none.

    Raises
    ------
    EquationError
        If there are more switches than can be run through.

    Examples
    --------
    From 2 x 3 to 4 x 5: doubling the first adds 6 if it comes first and 10 if it comes second.

    >>> shapley(["a", "b"], lambda on: (4 if "a" in on else 2) * (5 if "b" in on else 3))
    {'a': 8.0, 'b': 6.0}
    """
    count = len(switches)
    if count > MOST_SWITCHES:
        msg = (
            f"{count} things differ, and every subset of them would have to be run: at most {MOST_SWITCHES} can be. "
            "Bridge by way of a third answer that lies between."
        )
        raise EquationError(msg)
    masks = np.arange(2**count)
    values = np.array([value(frozenset(s for i, s in enumerate(switches) if mask >> i & 1)) for mask in masks])
    size = np.array([int(mask).bit_count() for mask in masks])
    weight = np.array([math.factorial(k) * math.factorial(max(count - k - 1, 0)) for k in range(count + 1)])
    weight = weight / math.factorial(count) if count else weight
    shares = {}
    for i, name in enumerate(switches):
        without = masks[(masks >> i & 1) == 0]
        gains = values[without | 1 << i] - values[without]
        shares[name] = float((weight[size[without]] * gains).sum())
    return shares


@dataclass(frozen=True)
class Side:
    """
    One end of a bridge: a rule with everything it is fed with.

    Parameters
    ----------
    label : str
        For readers.
    rule : Rule
        Its definitions.
    values : mapping
        What it is fed with.
    rest : mapping
        What it does not use, as known on its day: for the steps between.
    day : date or None
        Of its values.
    """

    label: str
    rule: Rule
    values: Mapping[str, float]
    rest: Mapping[str, float]
    day: date | None = None

    @property
    def answer(self) -> float:
        """What it asks for, USD bn a year."""
        return required_usd_bn(self.rule.definitions, self.values)


def published_side(name: str, scenario: Scenario | None = None, evidence: Evidence | None = None) -> Side:
    """
    The end at which an author's answer stands, with the values it was printed with.

    What the author does not use is taken from the evidence of the day of publication.

    Parameters
    ----------
    name : str
        Of the rule.
    scenario : Scenario, optional
        What is supposed of that day; ``base`` by default.
    evidence : Evidence, optional
        The project's own by default.

    Raises
    ------
    EquationError
        If the values are not public, or the rule is ours and was not published at one day.
    """
    found = rule(ALIASES.get(name, name))
    if found.answer() is None:
        why = "is ours and has an answer for every day" if found.id in OURS else "has inputs that are not public"
        msg = f"{found.id} {why}: name a day, for example {name}@{load().last_day}"
        raise EquationError(msg)
    published = BY_ID[found.id].day
    view = (evidence or load()).as_of(published)
    rest = common_inputs(view, scenario or load_scenario("base"), ()).values
    return Side(f"{found.who}, as published", found, found.printed, rest, date.fromisoformat(published))


def common_side(name: str, inputs: Inputs, scenario: str = "base") -> Side:
    """
    The end at which a rule stands on the common inputs of a day; its constants stay.

    Parameters
    ----------
    name : str
        Of the rule.
    inputs : Inputs
        Of :func:`aieq.models.inputs.common_inputs`.
    scenario : str
        Name of what they suppose, for the label.

    Raises
    ------
    VintageError
        If the rule, or one of the inputs it uses, was not known on that day.
    """
    found = rule(ALIASES.get(name, name))
    if found.id not in OURS and BY_ID[found.id].day > inputs.day.isoformat():
        msg = f"{found.id} was published on {BY_ID[found.id].day} and not known on {inputs.day}: take a later day"
        raise VintageError(msg)
    values = inputs.values | {key: found.printed[key] for key in found.constants}
    for key in found.uses:
        if key not in values:
            msg = f"{found.id} cannot be run on {inputs.day}: {inputs.missing[key]}"
            raise VintageError(msg)
    supposed = "" if scenario == "base" else f", {scenario}"
    label = f"{found.who}, inputs of {inputs.day}{supposed}"
    return Side(label, found, {key: values[key] for key in found.uses}, values, inputs.day)


def side(text: str, scenario: str = "base", day: str | date | None = None) -> Side:
    """
    Read an end of a bridge: ``NAME`` as published, ``NAME@DAY`` on the inputs of a day, ``NAME@DAY@SCENARIO``.

    Parameters
    ----------
    text : str
        For example ``cahn2024_required``, ``kupperman2025_aug@2026-08-31``, ``ours@2026-08-31@low``.
    scenario : str
        Where none is named.
    day : str or date, optional
        Where none is named: then nothing stands as published. For our own rules the last day of the data.
    """
    name, *more = (part.strip() for part in text.split("@", 2))
    if not more and day is None and ALIASES.get(name, name) not in OURS:
        return published_side(name, load_scenario(scenario))
    when = more[0] if more else day or load().last_day
    chosen = load_scenario(more[1] if len(more) > 1 else scenario)
    return common_side(name, common_inputs(load().as_of(when), chosen, ()), chosen.name)


@dataclass(frozen=True)
class Bridge:
    """
    The way from one answer to another.

    Parameters
    ----------
    start, end : Side
        Both ends.
    steps : DataFrame
        step, kind (``input`` or ``definition``), before, after (texts), usd_bn: amounts first, then definitions.
    """

    start: Side
    end: Side
    steps: pd.DataFrame

    @property
    def difference(self) -> float:
        """The answer of the end less that of the start, USD bn a year."""
        return self.end.answer - self.start.answer

    def waterfall(self) -> pd.DataFrame:
        """
        Lay the way out for a drawing.

        Returns
        -------
        DataFrame
            step, usd_bn, total: the start, each step, the end.
        """
        ends = [{"step": s.label, "usd_bn": s.answer, "total": True} for s in (self.start, self.end)]
        between = self.steps[["step", "usd_bn"]].assign(total=False).to_dict("records")
        return pd.DataFrame([ends[0], *between, ends[1]], columns=["step", "usd_bn", "total"])


def _written(name: str, value: float) -> str:
    if name.endswith("_ratio"):
        return f"{100 * value:.3g} %"
    if name == "gw":
        return f"{value:,.3g} GW"
    return f"{value:.3g} years" if name.endswith("_years") else f"{value:,.4g} bn"


def bridge_between(start: Side, end: Side) -> Bridge:
    """
    Split the difference of two answers over what differs between them.

    Every subset of what differs is run through the one rule of :mod:`aieq.models.rules`; each thing gets its mean
    contribution over all orders in which they could be changed.

    Parameters
    ----------
    start, end : Side
        See :func:`side`.

    Raises
    ------
    EquationError
        If a value that a step between needs is known on neither side.

    Examples
    --------
    One model on two sets of values: only the run rate differs.

    >>> way = bridge_between(side("cahn2023_required"), side("cahn2024_required"))
    >>> way.steps[["step", "usd_bn"]].values.tolist()
    [['Accelerator sales a year', 400.0]]
    """
    sides = (start, end)
    choices = {key: tuple(s.rule.definitions[key] for s in sides) for key in DEFINITIONS}
    used = {name for key, both in choices.items() for choice in both for name in DEFINITIONS[key][choice].uses}
    values = {name: tuple(_value(name, *pair) for pair in (sides, sides[::-1])) for name in used}
    differs = {name: both for name, both in values.items() if not math.isclose(*both, rel_tol=1e-12)}
    differs_too = {key: both for key, both in choices.items() if both[0] != both[1]}
    switches = [name for name in STEPS if name in differs or name in differs_too]

    def value(on: frozenset[str]) -> float:
        definitions = {key: both[key in on] for key, both in choices.items()}
        return required_usd_bn(definitions, {name: both[name in on] for name, both in values.items()})

    shares = shapley(switches, value)
    rows = []
    for name in switches:
        if name in choices:
            before, after = (DEFINITIONS[name][choice].says for choice in choices[name])
        else:
            before, after = (_written(name, v) for v in values[name])
        title, kind = STEPS[name]
        rows.append({"step": title, "kind": kind, "before": before, "after": after, "usd_bn": shares[name]})
    return Bridge(start, end, pd.DataFrame(rows, columns=["step", "kind", "before", "after", "usd_bn"]))


def _value(name: str, mine: Side, other: Side) -> float:
    for source in (mine.values, mine.rest, other.values, other.rest):
        if name in source:
            return source[name]
    msg = (
        f"no bridge from {mine.label} to {other.label}: the steps between need {name}, which is known on neither day. "
        "Take a later day."
    )
    raise EquationError(msg)
