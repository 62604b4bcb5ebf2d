"""All models that ask how much must be earned, run on one set of inputs, and what sets their answers apart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import pandas as pd

from ..assumptions import Scenario
from ..evidence import View
from .bridge import shapley
from .inputs import Inputs, common_inputs
from .published import BY_ID, MODELS, known_on
from .rules import DEFINITIONS, OURS, RULES, Rule, required_usd_bn

# Asked for by the issue as much as the others, but their question has no answer in revenue a year.
_OTHERWISE = {
    "jpm2025_iphone": "the same requirement spread over users: see jpm2025_required",
    "kupperman2025_oct_high": "the same rule as kupperman2025_oct: on common inputs the life is the common one",
    "bain2025_gap": "the budgets of firms that could be turned to AI are not public",
}
_CONCEPT_OF = {"gap": "revenue that is missing", "required": "revenue"}
COLUMNS = (
    "model", "author", "year", "charge", "published_usd_bn", "comparable", "own_factors_usd_bn", "value", "low", "high",
    "unit", "asks", "horizon", "concept", "kept", "why",
)  # fmt: skip


def _as_revenue(rule: Rule, answer: float, values: Mapping[str, float]) -> float:
    """Turn a profit or a cost into revenue of those who sell to end users, with the common margin."""
    return answer / (1 - values["buyer_gross_margin_ratio"]) if rule.definitions["whose"] == "the bill" else answer


def _kept(rule: Rule) -> str:
    return ", ".join(f"{name} {rule.printed[name]:g}" for name in rule.constants)


def _concept(rule: Rule) -> str:
    if rule.definitions["whose"] != "the bill":
        return "revenue"
    return "cost, turned into revenue" if rule.definitions["running"] == "added" else "profit, turned into revenue"


def _known_by(model: str, view: View) -> bool:
    return model in OURS or known_on(BY_ID[model]) <= view.day.isoformat()


def required_on_common(view: View, scenario: Scenario, inputs: Inputs | None = None) -> pd.DataFrame:
    """
    Run every model published by the day that asks how much must be earned on the common inputs of that day.

    Parameters
    ----------
    view : View
        The state of knowledge.
    scenario : Scenario
        What is supposed.
    inputs : Inputs, optional
        Of :func:`aieq.models.inputs.common_inputs`, if they are at hand.

    Returns
    -------
    DataFrame
        model, author, year, charge (what a year is charged), published_usd_bn (as printed, in the author's own
        concept), comparable (whether that is an answer for the whole build-out), own_factors_usd_bn (the author's
        factors on today's money), value with low and high (everything common but what `kept` names; the interval is
        that of the scenarios low to high), unit (USD bn a year of revenue), asks, horizon, concept, kept, why (it
        cannot be run; then there is no value).
    """
    inputs = inputs or common_inputs(view, scenario)
    rows = [_row(rule, inputs) for rule in RULES if _known_by(rule.id, view)]
    for model in MODELS:
        if model.kind in ("required", "gap") and model.id in _OTHERWISE and _known_by(model.id, view):
            rows.append(
                dict.fromkeys(COLUMNS)
                | {"model": model.id, "author": model.who, "year": int(model.day[:4]), "asks": model.what}
                | {"published_usd_bn": model.published if model.unit == "USD_bn" else None, "unit": "USD_bn"}
                | {
                    "comparable": False,
                    "horizon": "",
                    "concept": _CONCEPT_OF[model.kind],
                    "kept": "",
                    "why": _OTHERWISE[model.id],
                }
            )
    numbers = dict.fromkeys(("published_usd_bn", "own_factors_usd_bn", "value", "low", "high"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)


def _row(rule: Rule, central: Inputs) -> dict[str, object]:
    model = BY_ID.get(rule.id)
    row: dict[str, object] = {
        "model": rule.id,
        "author": rule.who,
        "year": central.day.year if model is None else int(model.day[:4]),
        "charge": rule.definitions["charge"],
        "published_usd_bn": None if model is None else model.published,
        "comparable": rule.answer() is not None,  # Epoch prices one gigawatt
        "unit": "USD_bn",
        "asks": rule.asks,
        "horizon": rule.horizon,
        "concept": _concept(rule),
        "kept": _kept(rule),
        "why": "",
    }
    lacking = [name for name in rule.uses if name not in central.known and name not in rule.constants]
    if lacking:
        return (
            row | dict.fromkeys(("own_factors_usd_bn", "value", "low", "high")) | {"why": central.missing[lacking[0]]}
        )
    answers = [_as_revenue(rule, rule.on(values), values) for values in (central.values, *central.ends)]
    own = _as_revenue(rule, rule.on_base(central.values), central.values)
    ends = (min(answers), max(answers)) if central.ends else (None, None)
    return row | {"own_factors_usd_bn": own, "value": answers[0], "low": ends[0], "high": ends[1]}


def distinct_rules(view: View) -> list[Rule]:
    """Rules published by the day, one for each way of reckoning: Cahn's three rounds and our first step are one."""
    found: dict[tuple[str, ...], Rule] = {}
    for rule in RULES:
        if _known_by(rule.id, view):
            found.setdefault(tuple(rule.definitions.values()), rule)
    return list(found.values())


def dividing_lines(view: View, scenario: Scenario, inputs: Inputs | None = None) -> pd.DataFrame:
    """
    What sets the rules apart when all are run on the same inputs.

    For every pair of distinct rules the logarithm of the ratio of their answers is split over the definitions in
    which they differ, in no order.

    Parameters
    ----------
    view, scenario, inputs
        As for :func:`required_on_common`.

    Returns
    -------
    DataFrame
        definition, title, pairs (in which it differs), multiple (by which it moves the answer in a typical such pair,
        never below one), share_ratio (of all the distance between all pairs), largest first.
    """
    values = (inputs or common_inputs(view, scenario)).values
    constants = {name: rule.printed[name] for rule in RULES for name in rule.constants}
    every = values | constants
    rules = [rule for rule in distinct_rules(view) if set(rule.uses) <= set(every)]
    moves: dict[str, list[float]] = {key: [] for key in DEFINITIONS}
    for one, other in itertools.combinations(rules, 2):
        pair = (one.definitions, other.definitions)
        switches = [key for key in DEFINITIONS if pair[0][key] != pair[1][key]]

        def level(on: frozenset[str], pair: tuple = pair) -> float:
            return math.log(required_usd_bn({key: pair[key in on][key] for key in DEFINITIONS}, every))

        for key, part in shapley(switches, level).items():
            moves[key].append(abs(part))
    total = sum(map(sum, moves.values()))
    titles = {"base": "What must be paid for", "charge": "What a year is charged"}
    titles |= {"running": "Energy and operations", "whose": "Whose revenue counts"}
    rows = [
        {
            "definition": key,
            "title": titles[key],
            "pairs": len(parts),
            "multiple": math.exp(sum(parts) / len(parts)) if parts else 1.0,
            "share_ratio": sum(parts) / total if total else 0.0,
        }
        for key, parts in moves.items()
    ]
    return pd.DataFrame(rows).sort_values("share_ratio", ascending=False, ignore_index=True)


def spreads(table: pd.DataFrame) -> dict[str, float]:
    """
    How far apart the answers of others lie, highest over lowest, at three stages.

    Parameters
    ----------
    table : DataFrame
        From :func:`required_on_common`.

    Returns
    -------
    dict
        ``published`` (as printed, each in its own concept), ``own_factors``, ``common``.
    """
    others = table[table["comparable"]]
    columns = {"published": "published_usd_bn", "own_factors": "own_factors_usd_bn", "common": "value"}
    found = {name: others[column].dropna() for name, column in columns.items()}
    return {name: float(values.max() / values.min()) for name, values in found.items() if len(values) > 1}
