"""Scenarios: what must be supposed, each with its range, its reason and its sources."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ScenarioError, UnknownNameError, did_you_mean
from .home import HOME, read_yaml
from .quantity import UNITS, Quantity

FOLDER = HOME / "data" / "scenarios"
_FIELDS = {"title", "unit", "base", "range", "because", "sources"}
# What a value can be at all, unless its entry says `possible`. Both ends are included, so that a refusal names values
# that work.
_POSSIBLE: dict[str, tuple[float, float]] = {
    "ratio": (0, 1),  # most are shares; a rise, a growth or a cost over another may be wider and says so
    "years": (0.05, 100),  # lives and half-lives are divided by; nothing here outlives a century
    "months": (1, 120),
    "multiple": (0, 10),
    "USD_bn": (0, 100_000),  # the output of the world
}


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
    possible : tuple of float
        Lowest and highest value that makes sense at all; beyond the range and within these, the results are those of
        a view nobody in the evidence defends.
    distribution : mapping, optional
        What is believed of the value where the range does not say it: see :mod:`aieq.outlook.distributions`.
    """

    name: str
    title: str
    unit: str
    base: Any
    range: Any
    because: str
    sources: tuple[str, ...]
    possible: tuple[float, float]
    distribution: Mapping[str, Any] | None = None

    def check(self, value: Any, where: str) -> float:
        """
        Refuse what the value of this assumption, or of one of its members, cannot be.

        Parameters
        ----------
        value : float
            What it is to be.
        where : str
            Who says so, for the message.

        Returns
        -------
        float
            The value; whole numbers as integers, so that equal scenarios have equal names.

        Raises
        ------
        ScenarioError
            If it is no number or lies outside `possible`.

        Examples
        --------
        >>> load_scenario("base").assumptions["cost_of_capital_ratio"].check(12, "the change")
        Traceback (most recent call last):
        aieq.errors.ScenarioError: the change: cost_of_capital_ratio is 12, and a ratio here lies between 0 and 1...
        """
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            msg = f"{where}: {self.name} is {value!r}; give a number"
            raise ScenarioError(msg)
        low, high = self.possible
        if not low <= value <= high:
            unit = {"ratio": "a ratio here", "other": "it"}.get(self.unit, f"it (in {self.unit})")
            defended = f"{self.range[0]:g} to {self.range[1]:g}" if isinstance(self.range, (list, tuple)) else ""
            hint = " Per cent are written as a ratio: 12 % is 0.12." if self.unit == "ratio" and value > 1 else ""
            msg = f"{where}: {self.name} is {value:g}, and {unit} lies between {low:g} and {high:g}"
            raise ScenarioError(f"{msg}{f'; {defended} is defended' if defended else ''}.{hint}")
        return int(value) if float(value).is_integer() else value


class Scenario(Mapping[str, Any]):
    """
    A complete set of assumptions under a name.

    ``scenario["name"]`` gives the value, :meth:`quantity` the value with its range, grade and sources.
    """

    def __init__(
        self,
        name: str,
        title: str,
        assumptions: Mapping[str, Assumption],
        values: Mapping[str, Any],
        *,
        root: str = "base",
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.assumptions = assumptions
        self.root = root  # the shipped scenario it stands on
        self.changes = dict(changes or {})  # what it sets otherwise than that one
        self._unchanged = {key: assumption.base for key, assumption in assumptions.items()} | dict(values)
        self._values = self._unchanged | self.changes

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
        Make the same scenario with other values for some assumptions, and say so in its name.

        Parameters
        ----------
        **values : float or mapping
            Value by name; of a group a mapping with the members that change, one number for all of them, or one
            member under ``name.member``.

        Returns
        -------
        Scenario
            Its name is a text that :func:`load_scenario` reads back.

        Raises
        ------
        UnknownNameError
            If an assumption does not exist.
        ScenarioError
            If a value is no number, or a group has no such member.

        Examples
        --------
        >>> dear = load_scenario("low").replaced(**{"cost_of_capital_ratio": 0.2, "asset_life_years.shell": 40})
        >>> dear.name
        'low, asset_life_years.shell=40, cost_of_capital_ratio=0.2'
        >>> load_scenario(dear.name) == dear
        True
        """
        changed: dict[str, Any] = {}
        for name, value in values.items():
            group, _, member = name.partition(".")
            now = self._values | changed
            if member:
                if group in now and not isinstance(now[group], Mapping):
                    msg = f"{group} has one value for all, so nothing is called {name!r}; set {group!r}"
                    raise ScenarioError(msg)
                # Years are numbers in the files and text on the command line.
                value = {int(member) if member.isdigit() else member: value}
            changed[group] = _checked(self.assumptions, group, value, now, "the change")
        first = self.name.partition(",")[0]
        differs = _assignments(self._unchanged | self.changes | changed, self._unchanged)
        return Scenario(
            ", ".join([first, *differs]),
            self.title,
            self.assumptions,
            self._unchanged,
            root=self.root,
            changes=self.changes | changed,
        )

    def onto(self, root: str) -> Scenario:
        """
        Give a shipped scenario with the changes of this one.

        Parameters
        ----------
        root : str
            ``low``, ``base`` or ``high``.

        Examples
        --------
        >>> load_scenario("base, cost_of_capital_ratio=0.2").onto("low").name
        'low, cost_of_capital_ratio=0.2'
        >>> load_scenario("low").onto("high").name
        'high'
        >>> low, short = load_scenario("low"), load_scenario("base, asset_life_years.accelerators=3").onto("low")
        >>> short["asset_life_years"] == {**low["asset_life_years"], "accelerators": 3}
        True
        """
        if root == self.root:
            return self
        there = load_scenario(root)
        # Of a group only the members that were changed: the others are those of the scenario it goes onto.
        changes = {
            name: {member: v for member, v in value.items() if v != self._unchanged[name][member]}
            if isinstance(value, Mapping)
            else value
            for name, value in self.changes.items()
        }
        return there.replaced(**changes) if changes else there


def _assignments(values: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """What differs, in one order, so that equal scenarios have equal names."""
    found = []
    for name, value in values.items():
        if value is before[name]:
            continue
        members = value if isinstance(value, Mapping) else {"": value}
        then = before[name] if isinstance(value, Mapping) else {"": before[name]}
        found += [f"{name}{'.' * (m != '')}{m}={v!r}" for m, v in members.items() if v != then[m]]
    return sorted(found)


def names() -> list[str]:
    """Names of the scenarios that ship with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


@functools.lru_cache(maxsize=32)
def load_scenario(name: str = "base", folder: Path = FOLDER) -> Scenario:
    """
    Read a scenario: the base file, with the overrides of another one, and with changes of single values.

    Parameters
    ----------
    name : str
        ``low``, ``base``, ``high`` (of the revenue that is required), or the path of a YAML file with ``title``
        and ``values``; after it, separated by commas, any ``name=value`` or ``name.member=value``.
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
    >>> load_scenario("high, buyer_gross_margin_ratio=0.7")["buyer_gross_margin_ratio"]
    0.7
    """
    if "=" in name and not Path(name).exists():
        start, *changes = name.split(",")
        if "=" in start:
            msg = f"the scenario {name!r} begins with a change; name first what is changed, e.g. base, {name.strip()}"
            raise ScenarioError(msg)
        return load_scenario(start.strip(), folder).replaced(**_read_changes(changes, name))
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
    title = content.get("title", path.stem)
    if path.parent == folder:
        return Scenario(path.stem, title, assumptions, values, root=name)
    # Somebody's own file changes the base scenario; the outer scenarios keep what it sets.
    return Scenario(path.stem, title, assumptions, values, changes=values)


def _read_changes(changes: list[str], text: str) -> dict[str, float]:
    found = {}
    for change in changes:
        name, _, number = change.partition("=")
        try:
            found[name.strip()] = _plain(number)
        except ValueError:
            msg = f"in the scenario {text!r}, {change.strip()!r} is no change: write name=number, e.g. low, x_ratio=0.1"
            raise ScenarioError(msg) from None
    return found


def _plain(number: str) -> float:
    """An integer stays one: equal scenarios have equal names."""
    value = float(number)
    return int(value) if value.is_integer() and number.strip().lstrip("+-").isdigit() else value


def _yaml(path: Path) -> Any:
    import yaml

    try:
        return read_yaml(path)
    except yaml.YAMLError as error:
        msg = f"{path.name} is not YAML: {error}"
        raise ScenarioError(msg) from None


@functools.lru_cache(maxsize=4)
def _read_base(path: Path) -> dict[str, Assumption]:
    assumptions = {}
    for name, entry in _yaml(path).items():
        missing, extra = _FIELDS - set(entry), set(entry) - _FIELDS - {"possible", "distribution"}
        if missing or extra:
            msg = f"{path.name}: {name} lacks {sorted(missing)} and has {sorted(extra)} too many"
            raise ScenarioError(msg)
        if entry["unit"] not in UNITS:
            msg = f"{path.name}: {name} has the unit {entry['unit']!r}.{did_you_mean(entry['unit'], UNITS)}"
            raise ScenarioError(msg)
        base, low_high = entry["base"], entry["range"]
        possible = entry.get("possible") or _POSSIBLE.get(entry["unit"])
        if not possible:
            msg = f"{path.name}: {name} is in {entry['unit']}, which has no usual bounds; add possible: [low, high]"
            raise ScenarioError(msg)
        members = base if isinstance(base, dict) else {"": base}
        ranges = low_high if isinstance(base, dict) else {"": low_high}
        for member, value in members.items():
            low, high = ranges[member]
            if not low <= value <= high:
                msg = f"{path.name}: {name} {member} is {value}, outside its range {low} to {high}"
                raise ScenarioError(msg)
            if not possible[0] <= low <= high <= possible[1]:
                msg = f"{path.name}: {name} {member} has the range {low} to {high}, outside the possible {possible}"
                raise ScenarioError(msg)
        about = (entry["title"], entry["unit"], base, low_high, entry["because"], tuple(entry["sources"]))
        assumptions[name] = Assumption(name, *about, possible=tuple(possible), distribution=entry.get("distribution"))
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
        check = assumptions[name].check
        return {m: check(value[m], where) if m in value else old for m, old in now[name].items()}
    return assumptions[name].check(value, where)
