"""Which of the article's claims are judged otherwise if one assumption is moved, and from which value on."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pandas as pd

from ...claims import claims
from ...findings import Context
from .ground import Ground, Setting
from .knobs import Knob

_POINTS, _HALVINGS = 9, 5  # of a slider: looked at first, and then between two that differ


@dataclass(frozen=True)
class Spell:
    """
    A stretch of one assumption over which a claim has one verdict.

    Parameters
    ----------
    upto : float or str
        Where it ends, in the unit of the assumption; of a choice its id.
    verdict : str
        On the claim.
    """

    upto: float | str
    verdict: str


@dataclass(frozen=True)
class Moved:
    """
    A claim whose verdict one assumption moves, all others as the book has them.

    Parameters
    ----------
    claim, says : str
        Its id, and what it says.
    knob : Knob
        The assumption.
    spells : tuple of Spell
        From its lowest value to its highest.
    """

    claim: str
    says: str
    knob: Knob
    spells: tuple[Spell, ...]


def judged(context: Context) -> dict[str, str]:
    """Verdict on every claim, by its id."""
    return {entry.id: entry.judge(context).verdict for entry in claims()}


def moved(ground: Ground) -> tuple[Moved, ...]:
    """
    Move each assumption of the page alone, over all that the page allows.

    A stretch begins where a verdict was seen to change, to a thirty-second of the step between nine values evenly
    spread; a verdict that comes and goes between two of these is not seen.

    Returns
    -------
    tuple of Moved
        In the order of the claims; those that nothing moves are left out.
    """
    own = ground.roots[ground.own]

    @functools.cache
    def at(name: str, value: float | str) -> dict[str, str]:
        changes = ground.values(Setting(ground.own, {name: value}))
        return judged(ground.context.vary(own.replaced(**changes) if changes else own))

    found = []
    for knob in ground.knobs:
        values = _values(knob)
        for entry in claims():
            seen = [at(knob.name, value)[entry.id] for value in values]
            if len(set(seen)) == 1:
                continue
            spells = []
            for place, verdict in enumerate(seen):
                last = place + 1 == len(seen)
                if knob.choices:
                    spells.append(Spell(values[place], verdict))
                elif last:
                    spells.append(Spell(knob.high, verdict))
                elif seen[place + 1] != verdict:
                    edge = _edge(at, knob.name, entry.id, float(values[place]), float(values[place + 1]))
                    spells.append(Spell(edge, verdict))
            found.append(Moved(entry.id, entry.says, knob, tuple(spells)))
    order = [entry.id for entry in claims()]
    return tuple(sorted(found, key=lambda one: order.index(one.claim)))


def _values(knob: Knob) -> list[float | str]:
    if knob.choices:
        return [choice.id for choice in knob.choices]
    step = (knob.high - knob.low) / (_POINTS - 1)
    return [*(knob.low + step * place for place in range(_POINTS - 1)), knob.high]


def _edge(at, name: str, claim: str, low: float, high: float) -> float:  # noqa: ANN001
    """Last value seen with the verdict of the lower end."""
    verdict = at(name, low)[claim]
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if at(name, middle)[claim] == verdict else (low, middle)
    return low


def data(ground: Ground) -> dict[str, object]:
    """
    Give the page what it needs to say which claims flip.

    Returns
    -------
    dict
        count (of claims), says (by claim), now (verdicts in the edition), roots (verdicts that differ in each shipped
        scenario), moved (by assumption and claim, pairs of an end and a verdict).
    """
    now = judged(ground.context.vary(ground.roots[ground.own]))
    table: dict[str, dict[str, list[list[float | str]]]] = {}
    for one in moved(ground):
        table.setdefault(one.knob.name, {})[one.claim] = [[spell.upto, spell.verdict] for spell in one.spells]
    roots = {
        name: {key: verdict for key, verdict in judged(ground.context.vary(scenario)).items() if verdict != now[key]}
        for name, scenario in ground.roots.items()
    }
    used = {key for part in table.values() for key in part} | {key for part in roots.values() for key in part}
    return {
        "count": len(now),
        "says": {entry.id: entry.says for entry in claims() if entry.id in used},
        "now": {key: now[key] for key in sorted(used)},
        "roots": roots,
        "moved": table,
    }


def told(ground: Ground) -> pd.DataFrame:
    """
    List which assumption flips which claim, for those who read without scripts.

    Returns
    -------
    DataFrame
        claim, knob, verdicts: along the assumption from its lowest value to its highest.
    """
    rows = [
        {
            "claim": one.says[0].upper() + one.says[1:],
            "knob": one.knob.title,
            "verdicts": "; ".join(f"{spell.verdict} {_upto(one.knob, spell)}" for spell in _joined(one)),
        }
        for one in moved(ground)
    ]
    return pd.DataFrame(rows, columns=["claim", "knob", "verdicts"])


def _joined(one: Moved) -> list[Spell]:
    """Of choices in a row with one verdict the last stands for all."""
    spells = one.spells
    return [s for place, s in enumerate(spells) if place + 1 == len(spells) or spells[place + 1].verdict != s.verdict]


def _upto(knob: Knob, spell: Spell) -> str:
    if knob.choices:
        says = next(choice.says for choice in knob.choices if choice.id == spell.upto)
        return f"up to {says[0].lower()}{says[1:]}"
    value = f"{100 * float(spell.upto):.3g} %" if knob.unit == "ratio" else f"{float(spell.upto):.3g} years"
    return f"up to {value}"
