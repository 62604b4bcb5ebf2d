"""Which doubts carry the answer: Sobol indices, and a map of where the verdict flips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ScenarioError
from .distributions import distribution
from .draws import Joint, scrambles
from .result import Setting, model

# What is asked of each draw, as one number that rises with coverage. Logarithms: coverage is a product of its inputs.
ANSWERS: dict[str, Callable[[dict[str, np.ndarray]], np.ndarray]] = {
    "coverage_ratio": lambda found: np.log(found["coverage_ratio"][:, 0]),
    "coverage_capital_ratio": lambda found: np.log(found["coverage_capital_ratio"][:, 0]),
    "best_coverage_ratio": lambda found: np.log(found["coverage_ratio"].max(axis=1)),
    "best_coverage_capital_ratio": lambda found: np.log(found["coverage_capital_ratio"].max(axis=1)),
}
_CHUNK = 4096


def _answers(joint: Joint, setting: Setting, uniform: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for first in range(0, len(uniform), _CHUNK):
        found = model(joint.values(uniform[first : first + _CHUNK].copy()), setting, single=False)
        for name in names:
            parts[name].append(ANSWERS[name](found))
    return {name: np.concatenate(part) for name, part in parts.items()}


def sobol(
    joint: Joint,
    setting: Setting,
    *,
    answers: Sequence[str] = tuple(ANSWERS),
    base_draws: int = 1024,
    seed: int = 0,
) -> pd.DataFrame:
    """
    First-order and total Sobol indices: what share of the doubt about an answer each input carries.

    Indices are defined for independent inputs only. Inputs that are correlated are therefore taken together as one
    group; with a joint distribution without correlations, each input stands alone. An input that is not in doubt is
    left out. Saltelli's scheme and estimators (SALib).

    Parameters
    ----------
    joint : Joint
        What is in doubt.
    setting : Setting
        What is known.
    answers : sequence of str
        Of :data:`ANSWERS`; ``best_...`` is the highest coverage up to the horizon.
    base_draws : int
        A power of two; the model is evaluated this many times for each group and twice more.
    seed : int
        Of the scrambling and of the bootstrap.

    Returns
    -------
    DataFrame
        answer, group (names joined by commas), first, first_error, total, total_error (half-widths of 90 per cent
        bootstrap intervals). First-order shares add up to at most one; what total exceeds first by is interaction.
    """
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    if unknown := [name for name in answers if name not in ANSWERS]:
        msg = f"sensitivity is asked of {unknown[0]!r}; there are {', '.join(ANSWERS)}"
        raise ScenarioError(msg)
    fixed = {entry.name for entry in joint.inputs if entry.distribution.kind == "fixed"}
    group_of = {name: ", ".join(group) for group in joint.groups for name in group}
    drawn = [name for name in joint.names if name not in fixed]
    problem: dict[str, Any] = {
        "num_vars": len(drawn),
        "names": drawn,
        "groups": [group_of[name] for name in drawn],
        "bounds": [[0.0, 1.0]] * len(drawn),
    }
    unit = sampling.sample(problem, base_draws, calc_second_order=False, seed=seed)
    uniform = np.full((len(unit), len(joint.inputs)), 0.5)
    uniform[:, [joint.names.index(name) for name in drawn]] = unit
    found = _answers(joint, setting, uniform, answers)
    groups = list(dict.fromkeys(problem["groups"]))
    rows = []
    for answer in answers:
        share = analysis.analyze(problem, found[answer], calc_second_order=False, conf_level=0.90, seed=seed)
        rows += [
            {
                "answer": answer,
                "group": group,
                "first": share["S1"][i],
                "first_error": share["S1_conf"][i],
                "total": share["ST"][i],
                "total_error": share["ST_conf"][i],
            }
            for i, group in enumerate(groups)
        ]
    return pd.DataFrame(rows)


def flip_map(
    joint: Joint,
    setting: Setting,
    across: str,
    up: str,
    *,
    rule: str = "coverage_capital_ratio",
    steps: int = 15,
    draws: int = 512,
    seed: int = 0,
) -> pd.DataFrame:
    """
    Chance that coverage reaches one by the horizon, with two inputs held and the rest drawn.

    Parameters
    ----------
    joint, setting
        As for :func:`sobol`.
    across, up : str
        The two inputs; each is held at evenly spaced quantiles of its own belief, from 2 to 98 per cent.
    rule : str
        ``coverage_ratio`` or ``coverage_capital_ratio``.
    steps : int
        Values of each.
    draws : int
        Of the rest, at each point; the same ones everywhere, so that the map is smooth.
    seed : int
        Of the draws.

    Returns
    -------
    DataFrame
        across, up (values of the two), chance_ratio.
    """
    if across == up:
        msg = f"a map needs two different inputs, not {across!r} twice"
        raise ScenarioError(msg)
    levels = np.linspace(0.02, 0.98, steps)
    spans = [joint[name].distribution.quantile(levels) for name in (across, up)]
    points = scrambles(len(joint.inputs), draws, 1, seed)[0].random(draws)
    rows = []
    for x in spans[0]:
        for y in spans[1]:
            held = {across: float(x), up: float(y)}
            entries = tuple(
                replace(e, distribution=_held(e.name, held[e.name])) if e.name in held else e for e in joint.inputs
            )
            values = Joint(entries, joint.correlations).values(points.copy())
            covered = (model(values, setting, single=False)[rule] >= 1).any(axis=1)
            rows.append({"across": x, "up": y, "chance_ratio": covered.mean()})
    return pd.DataFrame(rows)


def _held(name: str, value: float):  # noqa: ANN202
    return distribution(name, value, (value, value), (value, value), {"kind": "fixed"})
