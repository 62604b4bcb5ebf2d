"""What must be true: the equation solved for one symbol, with everything else as known and supposed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from .. import equation
from ..errors import EquationError, UnknownNameError, did_you_mean
from ..findings import context_for
from ..findings.gamble import capital_inputs


def solve_today(
    symbol: str,
    given: Mapping[str, float],
    target: str | None,
    equals: float,
    as_of: str | date,
    scenario: str = "base",
) -> dict[str, Any]:
    """
    Solve the equation for a symbol, as of a day.

    Parameters
    ----------
    symbol : str
        A symbol, or ``name.member`` of one with a value for each asset class.
    given : mapping
        Symbols set by the asker, plain numbers; ``name.member`` sets one asset class, a bare name sets all.
    target : str, optional
        What has to come out. By default coverage of the capital in use if the symbol bears on it, else coverage
        under the back of the envelope.
    equals : float
        The value it has to take.
    as_of, scenario
        Day and assumptions for everything not given.

    Returns
    -------
    dict
        symbol, value, now (its present value), target, equals, as_of, scenario.

    Raises
    ------
    UnknownNameError
        If a name does not exist.
    EquationError
        If nothing in the plausible range does it.
    """
    name, _, member = symbol.partition(".")
    if name not in equation.SYMBOLS:
        msg = (
            f"the equation has no symbol {name!r}.{did_you_mean(name, equation.SYMBOLS)} `aieq equation list` shows "
            "all."
        )
        raise UnknownNameError(msg)
    if target is None:
        order = ("coverage_capital_ratio", "coverage_ratio", "unit_margin_ratio")
        target = next((t for t in order if name in equation.needs(t)), None)
        if target is None:
            msg = f"{name} bears on none of {', '.join(order)}: say with --target what has to come out"
            raise EquationError(msg)
    context = context_for(as_of, scenario)
    values: dict[str, Any] = dict(capital_inputs(context)) | {
        "actual_ai_revenue_usd_bn": context["actual_ai_revenue_usd_bn"].value,
        "accelerator_run_rate_usd_bn": context["gpu_run_rate_usd_bn"].value,
        "accelerator_share_ratio": context.scenario["cahn_accelerator_share_ratio"],
        "ai_share_multiple": 1.0,
    }
    if target == "coverage_ratio":
        values["buyer_gross_margin_ratio"] = context.scenario["cahn_buyer_gross_margin_ratio"]
    for key, value in given.items():
        base, _, part = key.partition(".")
        if base not in equation.SYMBOLS:
            msg = f"the equation has no symbol {base!r}.{did_you_mean(base, equation.SYMBOLS)}"
            raise UnknownNameError(msg)
        values[base] = _set(values.get(base), base, part, value)
    now = values.get(name)
    if member and member not in equation.ASSET_CLASSES:
        classes = equation.ASSET_CLASSES
        msg = f"{name} has no member {member!r}.{did_you_mean(member, classes)} It has {', '.join(classes)}."
        raise UnknownNameError(msg)
    if member:
        now = float(now[equation.ASSET_CLASSES.index(member)])
    needed = {key: value for key, value in values.items() if key in equation.needs(target) and key != name}
    if now is not None:
        needed[name] = values[name]
    answer = equation.solve(symbol, target, equals, **needed)
    return {
        "symbol": symbol,
        "value": answer,
        "now": None if now is None else np.asarray(now).tolist(),
        "target": target,
        "equals": equals,
        "as_of": context.as_of.isoformat(),
        "scenario": context.scenario.name,
    }


def _set(old: Any, name: str, member: str, value: float) -> Any:
    if not equation.SYMBOLS[name].index:
        return value
    if old is None:
        msg = f"{name} has one value for each {equation.SYMBOLS[name].index[0]} and none is known here"
        raise EquationError(msg)
    changed = np.array(old, dtype=float)
    if not member:
        return np.full_like(changed, value)
    if member not in equation.ASSET_CLASSES:
        msg = f"{name} has no member {member!r}.{did_you_mean(member, equation.ASSET_CLASSES)}"
        raise UnknownNameError(msg)
    changed[equation.ASSET_CLASSES.index(member)] = value
    return changed
