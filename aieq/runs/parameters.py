"""What a run can be given: each parameter with its type, unit and bounds; points checked and brought into one form."""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..assumptions import Assumption, load_scenario, names
from ..errors import AieqError, ParameterError, ScenarioError, did_you_mean

GENERAL = ("as_of", "scenario", "seed")
LARGEST_SEED = 2**63 - 1  # what a column of integers holds


@dataclass(frozen=True)
class Parameter:
    """
    One thing a run can be given.

    Parameters
    ----------
    name : str
        ``as_of``, ``scenario``, ``seed``, an assumption, or one member of one: ``asset_life_years.shell``.
    type : str
        ``day``, ``scenario``, ``int`` or ``number``.
    unit : str
        Of a number; empty otherwise.
    low, high : float, str or None
        What is possible at all, both ends included. Days as YYYY-MM-DD.
    title : str
        What it is.
    defensible : tuple of float, optional
        Range somebody in the evidence defends; only of numbers.
    """

    name: str
    type: str
    unit: str
    low: float | str | None
    high: float | str | None
    title: str
    defensible: tuple[float, float] | None = None


def known() -> dict[str, Parameter]:
    """
    List everything a run can be given, by name.

    Returns
    -------
    dict of Parameter
        Also to be had as ``parameters.KNOWN``.

    Examples
    --------
    >>> life = known()["asset_life_years.shell"]
    >>> life.type, life.unit, life.low, life.high, life.defensible
    ('number', 'years', 0.05, 100, (15.0, 40.0))
    >>> list(known())[:3]
    ['as_of', 'scenario', 'seed']
    """
    return _known()


def __getattr__(name: str) -> Any:
    # Reading the scenarios at import would slow every command down that needs none.
    if name == "KNOWN":
        return known()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@functools.cache
def _known() -> dict[str, Parameter]:
    found = {
        "as_of": Parameter("as_of", "day", "", None, None, "last day of publication that counts"),
        "scenario": Parameter("scenario", "scenario", "", None, None, f"{', '.join(names())}, or a scenario file"),
        "seed": Parameter("seed", "int", "", 0, LARGEST_SEED, "seed of every random draw"),
    }
    for name, assumption in _assumptions().items():
        low, high = assumption.possible
        grouped = isinstance(assumption.base, Mapping)
        ranges = assumption.range if grouped else {"": assumption.range}
        for member, (least, most) in ranges.items():
            title = f"{assumption.title}: {member}" if grouped else assumption.title
            full = f"{name}.{member}" if grouped else name
            found[full] = Parameter(full, "number", assumption.unit, low, high, title, (least, most))
    return found


def _assumptions() -> Mapping[str, Assumption]:
    return load_scenario("base").assumptions


def parameter(name: Any, where: str = "") -> Parameter:
    """
    Find a parameter by its name.

    Parameters
    ----------
    name : str
        What was asked for.
    where : str, optional
        Who asked, for the message.

    Raises
    ------
    ParameterError
        If there is none; it names the nearest, or the members of a group.

    Examples
    --------
    >>> parameter("cost_of_kapital_ratio")
    Traceback (most recent call last):
    aieq.errors.ParameterError: there is no parameter 'cost_of_kapital_ratio'. Did you mean 'cost_of_capital_ratio'?
    """
    place = f"{where}: " if where else ""
    if name in known():
        return known()[name]
    if name in _assumptions():
        members = [each for each in known() if each.startswith(f"{name}.")]
        raise ParameterError(f"{place}{name} is a number for each of several: set {', '.join(members)}.")
    hint = (
        did_you_mean(str(name), known()) or " There are as_of, scenario, seed and what data/scenarios/base.yml lists."
    )
    raise ParameterError(f"{place}there is no parameter {name!r}.{hint}")


def check_value(name: Any, value: Any, where: str = "") -> Any:
    """
    Check the value of one parameter and bring it into its one form.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        What it is to be.
    where : str, optional
        Who says so, for the message.

    Returns
    -------
    str, int or float
        A day as YYYY-MM-DD; a scenario as the text that says it wholly (what a file says is written out, so that it
        can travel); whole numbers as integers.

    Raises
    ------
    ParameterError
        For an unknown name, another type, or a value out of its bounds.

    Examples
    --------
    >>> check_value("cost_of_capital_ratio", 0.12), check_value("asset_life_years.shell", 20.0)
    (0.12, 20)
    >>> check_value("scenario", "low, cost_of_capital_ratio = 0.20")
    'low, cost_of_capital_ratio=0.2'
    >>> check_value("seed", 1.5)
    Traceback (most recent call last):
    aieq.errors.ParameterError: seed is 1.5; it takes a whole number from 0 to 9223372036854775807.
    """
    known_as = parameter(name, where)
    place = f"{where}: " if where else ""
    if known_as.type == "day":
        return _day(value, place)
    if known_as.type == "scenario":
        return _scenario(value, place)
    if known_as.type == "int":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
            raise ParameterError(f"{place}{name} is {value!r}; it takes a whole number from 0 to {LARGEST_SEED}.")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        bounds = f"a number between {known_as.low:g} and {known_as.high:g}{_in(known_as.unit)}"
        raise ParameterError(f"{place}{name} is {value!r}; it takes {bounds}.{_power_of_ten(value)}")
    try:
        return _assumptions()[name.partition(".")[0]].check(value, where or "the parameters")
    except ScenarioError as error:
        raise ParameterError(str(error).replace(name.partition(".")[0], name, 1)) from None


def _in(unit: str) -> str:
    return {"ratio": " (a ratio)", "other": ""}.get(unit, f" ({unit})")


def _power_of_ten(value: Any) -> str:
    """YAML takes 1e-2 for text and 1.0e-2 for a number."""
    try:
        return f" Write it as {float(value):f}." if isinstance(value, str) and math.isfinite(float(value)) else ""
    except ValueError:
        return ""


def _day(value: Any, place: str) -> str:
    from ..findings import first_day

    if isinstance(value, dt.datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, dt.date) else value
    try:
        # The basic form 20250331 is a date for Python and a number for everybody else.
        if not isinstance(text, str) or len(text) != len("2025-03-31"):
            raise ValueError
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ParameterError(f"{place}as_of is {text!r}, which is not a day; write it as YYYY-MM-DD.") from None
    if day < first_day():
        message = (
            f"{place}as_of is {day}, before any AI revenue was published; the first day possible is {first_day()}."
        )
        raise ParameterError(message)
    return day.isoformat()


def _scenario(value: Any, place: str) -> str:
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        known_ones = f"one of {', '.join(names())}, or the path of a .yml file"
        raise ParameterError(f"{place}scenario is {value!r}; it takes a text: {known_ones}.")
    try:
        scenario = load_scenario(value.strip())
        root = load_scenario(Path(scenario.root).stem)
    except AieqError as error:
        raise type(error)(f"{place}{error}") from None
    return root.replaced(**scenario.changes).name if scenario.changes else root.name


def check(parameters: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """
    Check one point: every name, type, day and bound.

    Parameters
    ----------
    parameters : mapping
        Value by name; what is not given keeps its default.
    where : str, optional
        Who says so, for the message.

    Returns
    -------
    dict
        The same in its one form (see :func:`check_value`).

    Raises
    ------
    ParameterError, ScenarioError, UnknownNameError
        One sentence that says what was wrong and what would do.

    Examples
    --------
    >>> check({"as_of": "2024-06-30", "cost_of_capital_ratio": 0.08})
    {'as_of': '2024-06-30', 'cost_of_capital_ratio': 0.08}
    """
    return {name: check_value(name, value, where) for name, value in parameters.items()}


def doubts(parameters: Mapping[str, Any]) -> list[str]:
    """
    Say which values nobody in the evidence defends. They are possible, so they are allowed.

    Parameters
    ----------
    parameters : mapping
        A checked point, or the ends of what is to be varied.

    Returns
    -------
    list of str
        One line for each value outside its defensible range.

    Examples
    --------
    >>> doubts({"cost_of_capital_ratio": 0.3})
    ['cost_of_capital_ratio is 0.3, outside the range that is defended, 0.08 to 0.14 (ratio)']
    """
    found = []
    for name, value in parameters.items():
        entry = known()[name]
        if entry.type == "day" and value > _last_day():
            found.append(f"as_of is {value}, and there is no evidence after {_last_day()}: that day is what counts")
        if entry.defensible and not entry.defensible[0] <= value <= entry.defensible[1]:
            low, high = entry.defensible
            unit = "" if entry.unit == "other" else f" ({entry.unit})"
            found.append(f"{name} is {value:g}, outside the range that is defended, {low:g} to {high:g}{unit}")
    return found


def _last_day() -> str:
    from ..evidence import load

    return load().last_day.isoformat()


def from_text(assignments: Iterable[str]) -> dict[str, Any]:
    """
    Read what was typed on a command line as ``name=value``.

    Parameters
    ----------
    assignments : iterable of str
        One for each parameter.

    Returns
    -------
    dict
        Checked values, each of its parameter's type.

    Raises
    ------
    ParameterError
        For a text of another form, a name given twice, or a value that cannot be.

    Examples
    --------
    >>> from_text(["cost_of_capital_ratio=0.08", "seed=7"])
    {'cost_of_capital_ratio': 0.08, 'seed': 7}
    >>> from_text(["cost_of_capital_ratio"])
    Traceback (most recent call last):
    aieq.errors.ParameterError: 'cost_of_capital_ratio' sets nothing; write name=value, e.g. cost_of_capital_ratio=0.08.
    """
    values: dict[str, Any] = {}
    for text in assignments:
        name, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not name or not written:
            raise ParameterError(f"{text!r} sets nothing; write name=value, e.g. cost_of_capital_ratio=0.08.")
        if name in values:
            raise ParameterError(f"{name} is given twice, as {values[name]} and as {written}; give it once.")
        values[name] = check_value(name, _converted(written, parameter(name).type))
    return values


def _converted(written: str, kind: str) -> Any:
    """What is no number stays a text, which the check then refuses in its own words."""
    if kind in ("day", "scenario"):
        return written
    for convert in (int, float):
        try:
            return convert(written)
        except ValueError:
            continue
    return written


def scenario_text(point: Mapping[str, Any]) -> str:
    """
    Write the scenario of a point with its changes as one text, which ``load_scenario`` reads.

    Parameters
    ----------
    point : mapping
        A checked point; a changed assumption wins over what the scenario says.

    Returns
    -------
    str
        Equal scenarios have equal texts.

    Examples
    --------
    >>> scenario_text({"scenario": "low", "seed": 1, "cost_of_capital_ratio": 0.12, "asset_life_years.shell": 20})
    'low, asset_life_years.shell=20, cost_of_capital_ratio=0.12'
    >>> scenario_text({"cost_of_capital_ratio": 0.1})
    'base'
    """
    base = point.get("scenario", "base")
    changes = {name: value for name, value in point.items() if name not in GENERAL}
    if not changes:
        return base
    return load_scenario(base).replaced(**changes).name


def chapter_parameters(point: Mapping[str, Any]) -> dict[str, Any]:
    """
    Give a point in the three parameters every chapter takes.

    Parameters
    ----------
    point : mapping
        A checked point.

    Returns
    -------
    dict
        ``scenario`` always; ``as_of`` and ``seed`` where the point has them (else the chapter's own hold).

    Examples
    --------
    >>> chapter_parameters({"as_of": "2024-06-30", "cost_of_capital_ratio": 0.08})
    {'as_of': '2024-06-30', 'scenario': 'base, cost_of_capital_ratio=0.08'}
    """
    found = {"as_of": point.get("as_of"), "scenario": scenario_text(point), "seed": point.get("seed")}
    return {name: value for name, value in found.items() if value is not None}
