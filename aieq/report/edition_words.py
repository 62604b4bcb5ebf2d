"""What an edition says of itself: the day and the assumptions in which it differs from the default edition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aieq.assumptions import Scenario, load_scenario

_SUFFIXES = {
    "ratio": "_ratio",
    "years": "_years",
    "months": "_months",
    "multiple": "_multiple",
    "USD_bn": "_usd_bn",
    "other": "_kw",
}
_CAPITALS = {"ai": "AI", "cahn": "Cahn's", "pue": "PUE"}
NAMED = 3  # changes told in the sentence; all of them are in the list below it


@dataclass(frozen=True)
class Difference:
    """
    One assumption that is not what the default edition supposes.

    Parameters
    ----------
    name : str
        ``cost_of_capital_ratio``, or ``asset_life_years.accelerators``.
    words, title, unit : str
        A short name for sentences, what it is, and its unit.
    value, default : float
        Here and in the default edition.
    chosen : bool
        Whether it was set by itself, not by a shipped scenario.
    """

    name: str
    words: str
    title: str
    unit: str
    value: float
    default: float
    chosen: bool

    @property
    def member(self) -> str:
        """Which of several, in words; empty where there is one."""
        return _member(self.name)

    @property
    def text(self) -> str:
        """Both values with their unit."""
        value, default = write_value(self.value, self.unit), write_value(self.default, self.unit)
        if self.value == self.default:
            return f"{value} as in the default edition"
        return f"{value} instead of {default}"


def write_value(value: float, unit: str) -> str:
    """
    Write the value of an assumption as it was given, with its unit.

    Examples
    --------
    >>> write_value(0.08, "ratio"), write_value(4, "years"), write_value(840, "USD_bn"), write_value(1, "years")
    ('8 %', '4 years', '$840 bn', '1 year')
    """
    number = f"{round(100 * value, 10) if unit == 'ratio' else value:.12g}".replace("-", "−")
    if unit == "ratio":
        return f"{number} %"
    if unit == "USD_bn":
        return f"${number} bn"
    if unit == "multiple":
        return f"{number} times"
    if unit in ("years", "months"):
        return f"{number} {unit[:-1] if value == 1 else unit}"
    return number


def write_day(day: str) -> str:
    """
    Write a day in words.

    Examples
    --------
    >>> write_day("2024-06-30")
    '30 June 2024'
    """
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def short_words(name: str, unit: str) -> str:
    """
    Turn the name of an assumption into words.

    Examples
    --------
    >>> short_words("cost_of_capital_ratio", "ratio")
    'cost of capital'
    >>> short_words("asset_life_years.other_it", "years")
    'asset life (other IT)'
    """
    group, member = name.partition(".")[0], _member(name)
    group = group.removesuffix(_SUFFIXES.get(unit, ""))
    words = " ".join(_CAPITALS.get(word, word) for word in group.split("_"))
    return f"{words} ({member})" if member else words


def _member(name: str) -> str:
    return name.partition(".")[2].replace("_it", " IT").replace("_", " ")


def differences(scenario: Scenario, default: Scenario) -> list[Difference]:
    """
    List the assumptions in which a scenario differs from the default edition's, the chosen ones first.

    Parameters
    ----------
    scenario, default : Scenario
        Of this edition and of the default one.

    Returns
    -------
    list of Difference

    Examples
    --------
    >>> low = load_scenario("low, cost_of_capital_ratio=0.07")
    >>> first = differences(low, load_scenario("base"))[0]
    >>> first.words, first.text, first.chosen
    ('cost of capital', '7 % instead of 10 %', True)
    """
    before, root = dict(flat(default)), dict(flat(load_scenario(scenario.root)))
    found = []
    for name, value in flat(scenario):
        chosen = value != root[name]
        if value != before[name] or chosen:
            assumption = scenario.assumptions[name.partition(".")[0]]
            found.append(
                Difference(
                    name,
                    short_words(name, assumption.unit),
                    assumption.title,
                    assumption.unit,
                    value,
                    before[name],
                    chosen,
                )
            )
    return sorted(found, key=lambda one: not one.chosen)


def flat(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """
    Go through the values of a scenario, each member of a group by itself.

    Examples
    --------
    >>> dict(flat({"a": 1, "b": {2024: 2}}))
    {'a': 1, 'b.2024': 2}
    """
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{member}", number) for member, number in value.items())
        else:
            yield name, value


def sentences(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """
    Say in which day, assumptions and seed an edition differs from the default one.

    Parameters
    ----------
    parameters, defaults : mapping
        `as_of`, `scenario` and `seed`, here and in the default edition.

    Returns
    -------
    list of str
        Nothing for the default edition.

    Examples
    --------
    >>> usual = {"as_of": "2026-08-31", "scenario": "base", "seed": 1}
    >>> sentences(usual | {"as_of": "2024-06-30", "scenario": "low, cost_of_capital_ratio=0.07"}, usual)
    ['As of 30 June 2024.', 'Scenario low, with cost of capital 7 % instead of 10 %.']
    >>> sentences(usual | {"scenario": "base, asset_life_years.accelerators=4"}, usual)
    ['With asset life (accelerators) 4 years instead of 5 years.']
    >>> sentences(usual, usual)
    []
    """
    said = []
    if parameters["as_of"] != defaults["as_of"]:
        said.append(f"As of {write_day(parameters['as_of'])}.")
    scenario, default = load_scenario(parameters["scenario"]), load_scenario(defaults["scenario"])
    chosen = [one for one in differences(scenario, default) if one.chosen]
    told = [f"{one.words} {one.text}" for one in chosen[:NAMED]]
    if more := len(chosen) - len(told):
        told.append(f"{more} more change{'s' * (more > 1)}")
    with_ = f"with {_series(told)}" if told else ""
    named = scenario_name(scenario) if scenario_name(scenario) != scenario_name(default) else ""
    if named:
        said.append(", ".join(filter(None, [f"Scenario {named}", with_])) + ".")
    elif with_:
        said.append(f"{with_[0].upper()}{with_[1:]}.")
    if parameters["seed"] != defaults["seed"]:
        said.append(f"Random draws from seed {parameters['seed']} instead of {defaults['seed']}.")
    return said


def label(parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """
    Name an edition in a few words, for the titles of its pages.

    Examples
    --------
    >>> usual = {"as_of": "2026-08-31", "scenario": "base", "seed": 1}
    >>> label(usual | {"scenario": "low, cost_of_capital_ratio=0.07"}, usual)
    'as of 31 August 2026, scenario low, 1 assumption changed'
    """
    scenario, default = load_scenario(parameters["scenario"]), load_scenario(defaults["scenario"])
    parts = [f"as of {write_day(parameters['as_of'])}"]
    if scenario_name(scenario) != scenario_name(default):
        parts.append(f"scenario {scenario_name(scenario)}")
    if chosen := sum(one.chosen for one in differences(scenario, default)):
        parts.append(f"{chosen} assumption{'s' * (chosen > 1)} changed")
    return ", ".join(parts)


def scenario_name(scenario: Scenario) -> str:
    """Name of a scenario without the changes made to it."""
    return scenario.name.partition(",")[0]


def _series(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
