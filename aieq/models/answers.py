"""What the command line says of a model, as plain records: as published, and on the common inputs of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..assumptions import load_scenario
from ..errors import EquationError, UnknownNameError, VintageError, did_you_mean
from ..evidence import load
from ..quantity import UNITS, Quantity
from .bridge import ALIASES, bridge_between, side
from .inputs import MEANINGS, common_inputs
from .model import Value
from .published import BY_ID, get, known_on
from .rules import OURS, RULE_OF, Rule

NAMES = (*BY_ID, *OURS, *ALIASES)


def answer(name: str, changes: Mapping[str, Value], day: str | date | None = None, scenario: str = "base") -> dict:
    """
    Run one model as published, or on the common inputs of a day.

    Parameters
    ----------
    name : str
        Id of a published calculation, or ``ours`` or ``envelope``.
    changes : mapping
        Values to use instead: as published, of the calculation's own inputs; on a day, of the common ones.
    day : str or date, optional
        Then the common inputs of that day are used; for our own rules the last day of the data by default.
    scenario : str
        What is supposed on that day.

    Returns
    -------
    dict
        Plain values, ready for JSON.

    Raises
    ------
    UnknownNameError
        If there is no such model or input.
    EquationError
        If it cannot be run, or a value cannot be.
    VintageError
        If the model or one of its inputs was not public on that day.
    """
    key = ALIASES.get(name, name)
    if key not in OURS and key not in BY_ID:
        msg = (
            f"no model is called {name!r}.{did_you_mean(name, (*NAMES, 'list', 'bridge'))} `aieq model list` shows all."
        )
        raise UnknownNameError(msg)
    if key in OURS or day is not None:
        return _on_day(key, changes, day or load().last_day, scenario)
    return _as_published(key, changes)


def _as_published(key: str, changes: Mapping[str, Value]) -> dict[str, Any]:
    model = get(key)
    can = model.function is not None and not [name for name in model.unknown if name not in changes]
    if changes and not can:
        model.compute(**changes)  # refuses, and says what is missing
    computed = model.compute(**changes) if can else None
    return {
        "model": key,
        "who": model.who,
        "what": model.what,
        "inputs": {**model.inputs, **changes},
        "not_public": [name for name in model.unknown if name not in changes],
        "changed": sorted(changes),
        "value": computed,
        "text": "" if computed is None else said(computed, model.unit),
        "published": model.published,
        "published_text": "" if model.published is None else said(model.published, model.unit),
        "unit": model.unit,
        "verdict": model.verdict,
        "allowance": model.allowance[0],
        "because": model.allowance[1],
        "implied": list(model.implied),
        "missing": model.missing or model.fact,
        "note": model.note,
        "day": model.day,
        "sources": [*model.sources, *([model.url] if model.url else [])],
    }


def _on_day(key: str, changes: Mapping[str, Value], day: str | date, scenario: str) -> dict[str, Any]:
    view = load().as_of(day)
    if key not in OURS:
        model = get(key)
        if known_on(model) > view.day.isoformat():
            msg = f"{key} was published on {known_on(model)} and not known on {view.day}: ask for that day or later"
            raise VintageError(msg)
        if key not in RULE_OF:
            msg = (
                f"{key} asks for {model.what}, which the common inputs of a day do not hold: leave out --as-of to run "
                "it as published"
            )
            raise EquationError(msg)
    rule = RULE_OF[key]
    chosen = load_scenario(scenario)
    inputs = common_inputs(view, chosen)
    _refuse_others(rule, changes)
    values: dict[str, Any] = inputs.values | dict(changes)
    for name in rule.uses:
        if name not in values and name not in rule.constants:
            raise VintageError(f"{key} cannot be run on {view.day}: {inputs.missing[name]}")
    return {
        "model": key,
        "who": rule.who,
        "asks": rule.asks,
        "horizon": rule.horizon,
        "inputs": [_told(name, rule, inputs.known, changes) for name in rule.uses],
        "changed": sorted(changes),
        "value": rule.on(values),
        "text": said(rule.on(values), "USD_bn"),
        "own_factors": rule.on_base(values),
        "published": None if key in OURS else get(key).published,
        "unit": "USD_bn",
        "note": rule.note,
        "as_of": view.day.isoformat(),
        "scenario": chosen.name,
    }


def _refuse_others(rule: Rule, changes: Mapping[str, Value]) -> None:
    for name, value in changes.items():
        if name not in rule.uses:
            near = did_you_mean(name, rule.uses)
            msg = f"{rule.id} has no input {name!r} on a day: it takes {', '.join(rule.uses)}.{near}"
            raise UnknownNameError(msg)
        if not isinstance(value, (int, float)):
            msg = f"{name} is {value!r}: give one number"
            raise EquationError(msg)


def _told(name: str, rule: Rule, known: Mapping[str, Quantity], changes: Mapping[str, Value]) -> dict[str, Any]:
    quantity = known.get(name)
    means = MEANINGS.get(name, "part of the rule, as its author has it")
    if name in changes:
        return {"name": name, "value": changes[name], "text": f"{changes[name]:g}", "grade": "given", "means": means}
    if name in rule.constants or quantity is None:
        value = rule.printed[name]
        return {"name": name, "value": value, "text": f"{value:g}", "grade": "the author's", "means": means}
    return {
        "name": name,
        "value": quantity.value,
        "low": quantity.low,
        "high": quantity.high,
        "text": quantity.full_text(),
        "grade": quantity.grade,
        "means": means,
        "sources": list(quantity.sources),
    }


def said(value: float, unit: str) -> str:
    """
    Write an answer with its unit; very small digits of the calculation are not shown.

    Examples
    --------
    >>> said(600.0000001, "USD_bn")
    '$600 bn'
    """
    return Quantity(round(value, 9), unit if unit in UNITS else "other").text()


def bridged(one: str, other: str, day: str | date | None = None, scenario: str = "base") -> dict[str, Any]:
    """
    Split the difference of two answers, as a plain record.

    Parameters
    ----------
    one, other : str
        See :func:`aieq.models.bridge.side`.
    day : str or date, optional
        Then both ends stand on the common inputs of that day, unless they name their own.
    scenario : str
        What is supposed.
    """
    found = bridge_between(side(one, scenario, day), side(other, scenario, day))
    return {
        "from": found.start.label,
        "to": found.end.label,
        "start_usd_bn": found.start.answer,
        "end_usd_bn": found.end.answer,
        "difference_usd_bn": found.difference,
        "steps": found.steps.to_dict("records"),
        "implied": sorted({*found.start.rule.implied, *found.end.rule.implied}),
        "notes": [text for text in dict.fromkeys((found.start.rule.note, found.end.rule.note)) if text],
        "scenario": scenario,
    }
