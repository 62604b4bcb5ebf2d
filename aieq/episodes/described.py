"""The episodes as `data/episodes.yml` describes them: which figures are used, what is supposed, and how it ended."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import ScenarioError, UnknownNameError, did_you_mean
from ..evidence import DATA, load
from ..home import read_yaml

OUTCOMES = ("broke", "paid")
# What the equation needs of an episode beside figures; those of the second line have one value for each class.
BY_CLASS = ("asset_life_years", "replacement_price_fall_ratio", "asset_share_ratio")
SUPPOSED = ("cost_of_capital_ratio", "buyer_gross_margin_ratio", *BY_CLASS, "counted_multiple")
_NEEDED = SUPPOSED[:4]
_ENTRY = {"base", "range", "because", "sources"}


@dataclass(frozen=True)
class Supposed:
    """
    A supposed number, or one for each asset class, with its range and reason.

    Parameters
    ----------
    name : str
        A symbol of :mod:`aieq.equation`, or one of this module.
    base, low, high : tuple of float
        One value, or one for each class in the order of the episode.
    because : str
        Why this value and range.
    sources : tuple of str
        Keys of ``data/sources.csv``; none for a convention.
    title : str
        What it is.
    """

    name: str
    base: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    because: str
    sources: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Series:
    """One yearly series of the evidence, and what a reader calls it."""

    entity: str
    metric: str
    called: str
    long: bool = False  # whether a file of data/series/ goes before the observations


@dataclass(frozen=True)
class Reading:
    """
    Spending and revenue of one business.

    Parameters
    ----------
    called : str
        Whose figures these are.
    spending : mapping
        Asset class to series that add up; one class ``all`` where figures are not parted.
    revenue : tuple of Series
        Added, or multiplied if `product`.
    product : bool
        Whether revenue is a product of series.
    scale : float
        What a product is multiplied by.
    missing : str
        The figure without which there is no revenue.
    """

    called: str
    spending: Mapping[str, tuple[Series, ...]]
    revenue: tuple[Series, ...] = ()
    product: bool = False
    scale: float = 1.0
    missing: str = ""


@dataclass(frozen=True)
class Opening:
    """Capital at the start of the record: the day, and (sign, entity, metric, year) of figures that add up to it."""

    at: pd.Timestamp
    terms: tuple[tuple[float, str, str, int], ...]


@dataclass(frozen=True)
class Episode:
    """A past build-out: see ``data/episodes.yml``. Years are first and last asked about; `starts` sets the clock."""

    key: str
    name: str
    outcome: str
    outcome_because: str
    outcome_sources: tuple[str, ...]
    first: int
    last: int
    starts: int
    starts_because: str
    scale: float
    classes: tuple[str, ...]
    readings: tuple[Reading, ...]
    supposed: Mapping[str, Supposed]
    opening: Opening | None = None
    missing_stock: str = ""
    left_out: str = ""

    @property
    def years(self) -> range:
        """Every year asked about."""
        return range(self.first, self.last + 1)

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources of what is supposed."""
        return tuple(dict.fromkeys(key for entry in self.supposed.values() for key in entry.sources))


@dataclass(frozen=True)
class Book:
    """All episodes, and what is supposed of all of them alike."""

    episodes: tuple[Episode, ...]
    catch_up_years: Supposed
    missing_year_multiple: Supposed

    def __getitem__(self, key: str) -> Episode:
        for episode in self.episodes:
            if episode.key == key:
                return episode
        keys = [episode.key for episode in self.episodes]
        msg = f"no episode is called {key!r}.{did_you_mean(key, keys)} There are {', '.join(keys)}."
        raise UnknownNameError(msg)


@functools.cache
def book(path: Path = DATA / "episodes.yml") -> Book:
    """
    Read and check the file of episodes.

    Raises
    ------
    ScenarioError
        If an entry lacks something, a base lies outside its range, or a convention has no reason.
    UnknownNameError
        If a source, a supposed name or an outcome does not exist.

    Examples
    --------
    >>> [episode.key for episode in book().episodes]
    ['uk_railways', 'us_railroads', 'us_telecom', 'cloud', 'internet']
    """
    content = read_yaml(path)
    known = frozenset(load().sources.index)
    general = {
        name: _supposed(name, content[name], ("",), known, path.name)
        for name in ("catch_up_years", "missing_year_multiple")
    }
    episodes = tuple(_episode(key, entry, known, path.name) for key, entry in content["episodes"].items())
    return Book(episodes, **general)


def _episode(key: str, entry: Mapping[str, Any], known: frozenset[str], file: str) -> Episode:
    where = f"{file}: {key}"
    if entry["outcome"] not in OUTCOMES:
        msg = f"{where} has the outcome {entry['outcome']!r}.{did_you_mean(entry['outcome'], OUTCOMES)}"
        raise UnknownNameError(msg)
    classes = tuple(entry["classes"])
    readings = tuple(_reading(reading, where) for reading in entry["readings"])
    given = dict(entry.get("supposed", {}))
    for name in given:
        if name not in SUPPOSED:
            msg = f"{where} supposes {name!r}, which the equation does not ask for.{did_you_mean(name, SUPPOSED)}"
            raise UnknownNameError(msg)
    if any(not reading.missing for reading in readings):
        parted = all("all" not in reading.spending for reading in readings)
        needed = _NEEDED if parted else (*_NEEDED, "asset_share_ratio")
        if lacking := [name for name in needed if name not in given]:
            msg = f"{where} does not say {', '.join(lacking)}: give base, range, because, sources"
            raise ScenarioError(msg)
    supposed = {}
    for name, value in given.items():
        # The share of the last class is what the others leave.
        members = {"asset_share_ratio": classes[:-1]}.get(name, classes if name in BY_CLASS else ("",))
        supposed[name] = _supposed(name, value, members, known, where)
    _check_sources(entry["outcome_sources"], known, where)
    opening, (first, last) = entry.get("opening"), entry["years"]
    return Episode(
        key=key,
        name=entry["name"],
        outcome=entry["outcome"],
        outcome_because=entry["outcome_because"],
        outcome_sources=tuple(entry["outcome_sources"]),
        first=first,
        last=last,
        starts=entry["starts"],
        starts_because=entry["starts_because"],
        scale=entry["scale"],
        classes=classes,
        readings=readings,
        supposed=supposed,
        opening=Opening(pd.Timestamp(opening["at"]), tuple(map(tuple, opening["terms"]))) if opening else None,
        missing_stock=entry.get("missing_stock", ""),
        left_out=entry.get("left_out", ""),
    )


def _reading(entry: Mapping[str, Any], where: str) -> Reading:
    def series(row: list) -> Series:
        if not 3 <= len(row) <= 4 or row[3:] not in ([], ["series"]):
            msg = f"{where}: a series is [entity, metric, what it is called] or the same with series, not {row}"
            raise ScenarioError(msg)
        return Series(row[0], row[1], row[2], long=len(row) == 4)

    spending = {name: tuple(series(row) for row in rows) for name, rows in entry["spending"].items()}
    revenue = entry["revenue"]
    if "missing" in revenue:
        return Reading(entry["called"], spending, missing=revenue["missing"])
    rows = tuple(series(row) for row in revenue.get("product", revenue.get("sum", ())))
    if not rows:
        msg = f"{where}: revenue is a sum or a product of series, or says what is missing"
        raise ScenarioError(msg)
    return Reading(entry["called"], spending, rows, "product" in revenue, revenue.get("scale", 1.0))


def _check_sources(keys: list[str], known: frozenset[str], where: str) -> None:
    for key in keys:
        if key not in known:
            msg = f"{where} names the source {key!r}, which data/sources.csv does not have.{did_you_mean(key, known)}"
            raise UnknownNameError(msg)


def _supposed(
    name: str, entry: Mapping[str, Any], members: tuple[str, ...], known: frozenset[str], where: str
) -> Supposed:
    if missing := _ENTRY - set(entry):
        msg = f"{where}: {name} lacks {', '.join(sorted(missing))}"
        raise ScenarioError(msg)
    if not str(entry["because"]).strip():
        msg = f"{where}: {name} gives no reason; even a convention needs one"
        raise ScenarioError(msg)
    _check_sources(entry["sources"], known, where)
    base, ends = entry["base"], entry["range"]
    if members == ("",):
        base, ends = {"": base}, {"": ends}
    if set(base) != set(members) or set(ends) != set(members):
        msg = f"{where}: {name} needs one value and one range for each of {', '.join(members)}"
        raise ScenarioError(msg)
    for member in members:
        if not ends[member][0] <= base[member] <= ends[member][1]:
            msg = f"{where}: {name} {member} is {base[member]}, outside its range {ends[member]}"
            raise ScenarioError(msg)
    return Supposed(
        name,
        tuple(float(base[member]) for member in members),
        tuple(float(ends[member][0]) for member in members),
        tuple(float(ends[member][1]) for member in members),
        entry["because"],
        tuple(entry["sources"]),
        entry.get("title", ""),
    )
