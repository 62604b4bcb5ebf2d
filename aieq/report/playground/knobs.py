"""What a reader may set: the assumptions that carry most of the doubt, each with limits or choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...assumptions import Assumption, Scenario
from ...errors import ScenarioError


@dataclass(frozen=True)
class Choice:
    """One option of a knob: an id for links, words for the reader, and the values it sets, by full name."""

    id: str
    says: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Knob:
    """
    One assumption a reader may set.

    Parameters
    ----------
    name : str
        Of the assumption; ``name.member`` for one of a group.
    title : str
        In few words.
    unit : str
        ``years`` or ``ratio``; ratios are shown as per cent.
    low, high, step : float
        Where the slider ends, in the unit of the assumption: wider than what is defended, within what is possible.
    choices : tuple of Choice
        Instead of a slider.
    """

    name: str
    title: str
    unit: str
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    choices: tuple[Choice, ...] = ()


SLIDERS = (
    Knob("revenue_growth_half_life_years", "How soon growth of revenue fades: half-life", "years", 0.1, 5, 0.05),
    Knob("building_growth_half_life_years", "How soon growth of building fades: half-life", "years", 0.1, 5, 0.05),
    Knob("buyer_gross_margin_ratio", "What sellers to end users must keep", "ratio", 0, 0.9, 0.01),
    Knob("cost_of_capital_ratio", "Cost of capital, a year", "ratio", 0.02, 0.4, 0.005),
    Knob("asset_life_years.accelerators", "Life of accelerators", "years", 1, 15, 0.25),
    Knob("cahn_accelerator_share_ratio", "Accelerators' share of cost, in Cahn's rule", "ratio", 0.2, 1, 0.01),
    Knob("cahn_buyer_gross_margin_ratio", "What sellers must keep, in Cahn's rule", "ratio", 0, 0.9, 0.01),
)
AI_SHARE, LABS_SHARE = "ai_share_of_capex_ratio", "labs_share_of_cloud_ai_ratio"
_ALL = "all"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:g}\N{NO-BREAK SPACE}%"


def _ai_share(entry: Assumption) -> Knob:
    members = {str(year): span for year, span in entry.range.items()}
    last = max(members)
    options = {
        "little": ("Little", {year: span[0] for year, span in members.items()}),
        "middle": ("In between", {str(year): value for year, value in entry.base.items()}),
        "much": ("Much", {year: span[1] for year, span in members.items()}),
        _ALL: ("All of it", dict.fromkeys(members, 1.0)),
    }
    choices = tuple(
        Choice(key, f"{says}: {_percent(values[last])} in {last}", {f"{AI_SHARE}.{y}": v for y, v in values.items()})
        for key, (says, values) in options.items()
    )
    return Knob(AI_SHARE, "Share of spending that is for AI", "ratio", choices=choices)


def _labs_share(entry: Assumption, roots: Iterable[Scenario]) -> Knob:
    low, high = entry.range
    # Revenue follows it in steps that only the evidence knows, so it is worked out at a few values beforehand.
    values = sorted(
        {low, (low + entry.base) / 2, entry.base, (entry.base + high) / 2, high, *(r[LABS_SHARE] for r in roots)}
    )
    choices = tuple(Choice(f"{value:g}", _percent(value), {LABS_SHARE: value}) for value in values)
    return Knob(LABS_SHARE, "Share of the clouds' AI revenue that labs pay them", "ratio", choices=choices)


def knobs(roots: Mapping[str, Scenario]) -> tuple[Knob, ...]:
    """
    What may be set where these scenarios are started from.

    Parameters
    ----------
    roots : mapping of str to Scenario
        By the name of the shipped one each stands on.

    Returns
    -------
    tuple of Knob

    Raises
    ------
    ScenarioError
        If an assumption has a belief of its own, which would not move with its value.
    """
    entries = next(iter(roots.values())).assumptions
    for name in [knob.name for knob in SLIDERS] + [AI_SHARE]:
        spec = entries[name.partition(".")[0]].distribution
        if spec and spec["kind"] not in ("range", "triangular", "fixed"):
            msg = (
                f"{name} has the distribution {spec['kind']}, which does not move with its value: no slider can set it"
            )
            raise ScenarioError(msg)
    widened = []
    for knob in SLIDERS:
        values = [value_of(scenario, knob.name) for scenario in roots.values()]
        widened.append(
            Knob(knob.name, knob.title, knob.unit, min(knob.low, *values), max(knob.high, *values), knob.step)
        )
    share = _ai_share(entries[AI_SHARE])
    return (*widened[:5], share, _labs_share(entries[LABS_SHARE], roots.values()), *widened[5:])


def value_of(scenario: Scenario, name: str) -> float:
    """
    Value of an assumption, or of one member of a group under ``name.member``.

    Examples
    --------
    >>> from aieq.assumptions import load_scenario
    >>> value_of(load_scenario("base"), "asset_life_years.accelerators")
    5.0
    """
    group, _, member = name.partition(".")
    value = scenario[group]
    return value[int(member) if member.isdigit() else member] if member else value
