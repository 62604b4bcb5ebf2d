"""Scenarios: what must be supposed, each with its range, its reason and its sources."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ScenarioError, UnknownNameError, did_you_mean
from .quantity import UNITS, Quantity

FOLDER = Path(__file__).resolve().parent.parent / "data" / "scenarios"
_FIELDS = {"title", "unit", "base", "range", "because", "sources"}


@dataclass(frozen=True)
class Assumption:
    """
    One supposed number, or one for each member of a group (years, asset classes, companies).

    Parameters
    ----------
    name : str
        Ends with its unit.
    title, unit, because : str
        What it is, in which unit, and why this value and range.
    base : float or mapping
        The value in the base scenario.
    range : tuple of float, or mapping
        Lowest and highest defensible value, in the shape of `base`.
    sources : tuple of str
        Keys of ``data/sources.csv``; empty for a convention, which `because` must then defend.
    """

    name: str
    title: str
    unit: str
    base: Any
    range: Any
    because: str
    sources: tuple[str, ...]


class Scenario(Mapping[str, Any]):
    """
    A complete set of assumptions under a name.

    ``scenario["name"]`` gives the value, :meth:`quantity` the value with its range, grade and sources.
    """

    def __init__(self, name: str, title: str, assumptions: Mapping[str, Assumption], values: Mapping[str, Any]) -> None:
        self.name = name
        self.title = title
        self.assumptions = assumptions
        self._values = {key: assumption.base for key, assumption in assumptions.items()} | dict(values)

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            msg = f"no assumption is called {name!r}.{did_you_mean(name, self._values)} See data/scenarios/base.yml."
            raise UnknownNameError(msg)
        return self._values[name]

    def __iter__(self):  # noqa: ANN204
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash((self.name, repr(self._values)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.name == other.name and self._values == other._values

    def quantity(self, name: str, member: str | int | None = None) -> Quantity:
        """
        One assumption as a quantity of grade ``assumed``.

        Parameters
        ----------
        name : str
            Name of the assumption.
        member : str or int, optional
            Which year, class or company, where there is one value for each.
        """
        value, assumption = self[name], self.assumptions[name]
        low_high = assumption.range
        if isinstance(value, Mapping):
            if member not in value:
                msg = f"{name} has no member {member!r}; it has {', '.join(map(str, value))}"
                raise UnknownNameError(msg)
            value, low_high = value[member], low_high[member]
        low, high = low_high
        return Quantity(
            value,
            assumption.unit,
            min(low, value),
            max(high, value),
            grade="assumed",
            sources=assumption.sources,
            interval="defensible range of the assumption",
        )

    def replaced(self, **values: Any) -> Scenario:
        """
        Make the same scenario with other values for some assumptions.

        Raises
        ------
        UnknownNameError
            If an assumption does not exist.
        ScenarioError
            If a value is no number, or a group lacks or adds a member.
        """
        changed = {
            name: _checked(self.assumptions, name, value, self._values, "the call") for name, value in values.items()
        }
        return Scenario(f"{self.name}, changed", self.title, self.assumptions, self._values | changed)


def names() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


@functools.lru_cache(maxsize=32)
def load_scenario(name: str = "base", folder: Path = FOLDER) -> Scenario:
    """
    Read a scenario: the base file, with the overrides of another one.

    Parameters
    ----------
    name : str
        ``low``, ``base``, ``high`` (of the revenue that is required), or the path of a YAML file with ``title``
        and ``values``.
    folder : path, optional
        Where the named ones live.

    Returns
    -------
    Scenario

    Raises
    ------
    UnknownNameError
        If there is no such scenario, or it overrides an assumption that does not exist.
    ScenarioError
        If a file says something impossible.

    Examples
    --------
    >>> load_scenario("base")["buyer_gross_margin_ratio"]
    0.5
    """
    assumptions = _read_base(folder / "base.yml")
    if name == "base":
        return Scenario("base", "Base", assumptions, {})
    path = folder / f"{name}.yml"
    if not path.exists():
        path = Path(name)
    if path.suffix not in (".yml", ".yaml") or not path.exists():
        known = sorted(p.stem for p in folder.glob("*.yml"))
        msg = (
            f"there is no scenario {name!r}.{did_you_mean(name, known)} There are {', '.join(known)}; a path to a "
            ".yml file works too."
        )
        raise UnknownNameError(msg)
    content = _yaml(path)
    if not isinstance(content, dict) or set(content) - {"title", "values", "because"}:
        msg = f"{path.name}: a scenario has a title, values and (optionally) because; it has {sorted(content or {})}"
        raise ScenarioError(msg)
    base = {key: assumption.base for key, assumption in assumptions.items()}
    values = {
        key: _checked(assumptions, key, value, base, path.name) for key, value in (content.get("values") or {}).items()
    }
    return Scenario(path.stem, content.get("title", path.stem), assumptions, values)


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        msg = f"{path.name} is not YAML: {error}"
        raise ScenarioError(msg) from None


@functools.lru_cache(maxsize=4)
def _read_base(path: Path) -> dict[str, Assumption]:
    assumptions = {}
    for name, entry in _yaml(path).items():
        missing, extra = _FIELDS - set(entry), set(entry) - _FIELDS
        if missing or extra:
            msg = f"{path.name}: {name} lacks {sorted(missing)} and has {sorted(extra)} too many"
            raise ScenarioError(msg)
        if entry["unit"] not in UNITS:
            msg = f"{path.name}: {name} has the unit {entry['unit']!r}.{did_you_mean(entry['unit'], UNITS)}"
            raise ScenarioError(msg)
        base, low_high = entry["base"], entry["range"]
        members = base if isinstance(base, dict) else {"": base}
        ranges = low_high if isinstance(base, dict) else {"": low_high}
        for member, value in members.items():
            low, high = ranges[member]
            if not low <= value <= high:
                msg = f"{path.name}: {name} {member} is {value}, outside its range {low} to {high}"
                raise ScenarioError(msg)
        assumptions[name] = Assumption(
            name, entry["title"], entry["unit"], base, low_high, entry["because"], tuple(entry["sources"])
        )
    return assumptions


def _checked(assumptions: Mapping[str, Assumption], name: str, value: Any, now: Mapping[str, Any], where: str) -> Any:
    if name not in assumptions:
        msg = f"{where} sets {name!r}, which no assumption is called.{did_you_mean(name, assumptions)}"
        raise UnknownNameError(msg)
    if isinstance(now[name], Mapping):
        if not isinstance(value, Mapping):
            value = dict.fromkeys(now[name], value)
        if extra := set(value) - set(now[name]):
            msg = f"{where}: {name} has no member {sorted(map(str, extra))}; it has {', '.join(map(str, now[name]))}"
            raise ScenarioError(msg)
        return {member: _number(value.get(member, old), name, where) for member, old in now[name].items()}
    return _number(value, name, where)


def _number(value: Any, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        msg = f"{where}: {name} is {value!r}; give a number"
        raise ScenarioError(msg)
    return value
