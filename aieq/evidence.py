"""The evidence: one table of figures, one of sources, and what of them was known on any day."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from . import periods
from .errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from .home import HOME, ROOT_VARIABLE, read_yaml
from .quantity import Quantity, weakest
from .seen import DAY, Days, Label, Seen, looking, note, note_all

T = TypeVar("T")
DATA = HOME / "data"
UNITS = ("USD_mn USD pct ratio MW GW TWh people_mn index tokens years FLOP USD_per_mtok USD_per_gpu_hour other").split()
BASES = ("reported", "secondary", "estimate", "guidance", "projection")
OUTCOMES = ("reported", "secondary", "estimate")
PUBLISHED_IS = ("first", "estimated_from_release_lag", "later_compilation")
_GRADE_OF_BASIS = {
    "reported": "reported",
    "secondary": "estimated",
    "estimate": "estimated",
    "guidance": "assumed",
    "projection": "assumed",
}
_VIEWS_KEPT = 64  # one month-by-month walk over five years; a view of today's table weighs under a megabyte
# Reported today of a later day: rates take effect after they are decided, schedules of payment lie ahead.
_ANNOUNCED_AHEAD = ("policy_rate_target", "supply_commitments_due")
_DATES = ("period_start", "period_end", "published")
_DATE_OF_TABLE = {
    "token_prices": "first_seen",
    "capability": "date",
    "training_runs": "published",
    "hardware": "launch_date",
    "deals": "announced",
}
_REMEDY = {
    "unit": f"use one of {', '.join(UNITS)}, and say in `note` what `other` is",
    "basis": f"use one of {', '.join(BASES)}",
    "published_is": f"use one of {', '.join(PUBLISHED_IS)}",
    "source": "add the key to data/sources.csv",
    "interval": "make low <= value <= high, and give a value or a bound",
    "period": "make period_start <= period_end, both as YYYY-MM-DD",
    "published": "give the day it became public, not before the reported period ended",
    "duplicate": "delete one of the rows, or say what differs (basis, source, published)",
}


@dataclass(frozen=True)
class Evidence:
    """
    Everything in ``data/``, validated, with the day each figure became known.

    Get one from :func:`load`; ask it :meth:`as_of` a day.
    """

    observations: pd.DataFrame
    sources: pd.DataFrame
    codebook: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    root: Path
    _views: dict[pd.Timestamp, View] = field(default_factory=dict, repr=False, compare=False)
    _long: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def first_day(self) -> date:
        """The earliest day on which anything here was known."""
        return self.observations["known_on"].min().date()

    @property
    def last_day(self) -> date:
        """The day up to which the delivery reaches; a few figures computed from it bear a later date."""
        return read_yaml(self.root / "delivery.yml")["last_day"]

    def as_of(self, day: str | date) -> View:
        """
        Keep what was known on a day.

        Parameters
        ----------
        day : str or date
            ISO date, included.

        Returns
        -------
        View

        Raises
        ------
        VintageError
            If nothing was known by then, or `day` is no date.
        """
        stamp = _as_timestamp(day)
        view = self._views.pop(stamp, None)
        if view is None:
            if len(self._views) >= _VIEWS_KEPT:
                self._views.pop(next(iter(self._views)))
            view = View(self, stamp.date(), _known(self.observations, stamp, self.first_day))
        self._views[stamp] = view  # the one asked for last is dropped last
        return view

    def _rows_of(self, entities: frozenset[str], metrics: frozenset[str]) -> np.ndarray:
        """Whether each row is of these entities and metrics."""
        if (entities, metrics) not in self._asked:
            every = self.observations
            found = every["entity"].isin(entities) & every["metric"].isin(metrics)
            self._asked[entities, metrics] = found.to_numpy()
        return self._asked[entities, metrics]

    @functools.cached_property
    def _asked(self) -> dict[tuple[frozenset[str], frozenset[str]], np.ndarray]:
        return {}

    @functools.cached_property
    def _results(self) -> dict[tuple, tuple[Any, Seen]]:
        return {}

    @functools.cached_property
    def _made_of(self) -> dict[bytes, dict[Hashable, Any]]:
        """What was made of rows, by their places; there are as many sets of them as series had news."""
        return {}

    @functools.cached_property
    def _days(self) -> Days:
        return Days()

    @functools.cached_property
    def _unknown(self) -> dict[tuple[str, str], str]:
        """What was said of names that do not exist: some ask for many metrics of which a company has few."""
        return {}

    @functools.cached_property
    def _places(self) -> tuple[dict[tuple[str, str], int], np.ndarray, np.ndarray]:
        """Number of each series; series of each row; rank of each row by series, period and publication."""
        every = self.observations
        groups = every.groupby(["entity", "metric"], sort=False, observed=True)
        series = groups.ngroup().to_numpy()
        dates = [every[key].to_numpy() for key in ("published", "period_start", "period_end")]
        rank = np.empty(len(every), dtype=np.intp)
        rank[np.lexsort([*dates, series])] = np.arange(len(every))
        return {name: int(series[rows[0]]) for name, rows in groups.indices.items()}, series, rank


def _as_timestamp(day: str | date) -> pd.Timestamp:
    if isinstance(day, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        msg = f"{day!r} is not a day: write it as YYYY-MM-DD, for example 2025-03-31"
        raise VintageError(msg)
    try:
        return pd.Timestamp(day)
    except ValueError as error:
        msg = f"{day!r} is not a day of the calendar: write it as YYYY-MM-DD, for example 2025-03-31"
        raise VintageError(msg) from error


def _known(observations: pd.DataFrame, day: pd.Timestamp, first_day: date) -> np.ndarray:
    """Places of rows known by `day`, each figure's latest version; `observations` sorted by figure, then version."""
    known = np.flatnonzero(observations["known_on"].to_numpy() <= np.datetime64(day))
    if known.size == 0:
        msg = f"nothing was known on {day:%Y-%m-%d}; the evidence begins on {first_day}. Ask for that day or later."
        raise VintageError(msg)
    figure = observations["figure"].to_numpy()[known]
    version = observations["published"].to_numpy()[known]
    last = np.append(np.flatnonzero(figure[1:] != figure[:-1]), figure.size - 1)
    # Each figure's latest version, and whatever else was published of it that day: conflicts stay visible.
    latest = version[last[np.searchsorted(last, np.arange(figure.size))]]
    return known[version == latest]


class View:
    """What was known on one day. Made by :meth:`Evidence.as_of`."""

    def __init__(self, evidence: Evidence, day: date, known: np.ndarray) -> None:
        self.evidence = evidence
        self.dated = day  # to be put on a quantity; whoever decides anything by the day asks for `day`
        self._known = known
        self._kept: dict[tuple, pd.DataFrame] = {}
        self._years: dict[tuple[str, str, int], Quantity] = {}
        self._results: dict[tuple, tuple[Any, Seen]] = {}  # of functions marked per_view
        self._tokens: dict[Label, Hashable] = {}

    def __repr__(self) -> str:
        return f"<what was known on {self.dated}: {len(self._known)} figures>"

    @property
    def day(self) -> date:
        """The day: results that ask for it hang on it."""
        note(self, *DAY)
        return self.dated

    @property
    def year(self) -> int:
        """The day's year."""
        note(self, "year")
        return self.dated.year

    def past(self, dates: pd.Series) -> np.ndarray:
        """
        Whether each date lies on the day or before it: asks less of the day than comparing with it.

        Examples
        --------
        >>> load().as_of("2025-03-31").past(pd.Series(pd.to_datetime(["2025-03-31", "2025-04-01"]))).tolist()
        [True, False]
        """
        raw = dates.to_numpy().astype("datetime64[ns]").tobytes()
        note(self, "past", raw)
        return self._is_past(raw)

    def _is_past(self, raw: bytes) -> np.ndarray:
        return np.frombuffer(raw, dtype="datetime64[ns]") <= np.datetime64(self.dated)

    @property
    def observations(self) -> pd.DataFrame:
        """Every figure known on the day."""
        note(self, "all")
        return self._observations

    @functools.cached_property
    def _observations(self) -> pd.DataFrame:
        return self.evidence.observations.iloc[self._known]

    def token(self, label: Label) -> Hashable:
        """
        What the view shows of one thing that can be looked at, to compare with another view of the same evidence.

        Parameters
        ----------
        label : tuple
            What was noted: its kind, then what it is of.
        """
        if label not in self._tokens:
            kind, *of = label
            self._tokens[label] = getattr(self, f"_token_{kind}")(*of)
        return self._tokens[label]

    def _token_day(self) -> Hashable:
        return self.dated

    def _token_year(self) -> Hashable:
        return self.dated.year

    def _token_past(self, raw: bytes) -> Hashable:
        return self._is_past(raw).tobytes()

    def _token_all(self) -> Hashable:
        return self._known.tobytes()

    def _token_rows(self, entity: str, metric: str) -> Hashable:
        return self._places_of(entity, metric).tobytes()

    def _token_of(self, entities: frozenset[str], metrics: frozenset[str]) -> Hashable:
        return self._known[self.evidence._rows_of(entities, metrics)[self._known]].tobytes()

    def _token_vintages(self, entity: str, metric: str) -> Hashable:
        return self._versions(entity, metric).tobytes()

    def _token_series(self, entity: str, metric: str) -> Hashable:
        return self._of_series(entity, metric).tobytes()

    def _token_table(self, name: str) -> Hashable:
        known = self._of_table(name)
        if name != "token_prices":
            return known.tobytes()
        # What is still on offer is cut off at the day.
        ends = self.evidence.tables[name]["last_seen"].to_numpy()[known]
        return known.tobytes(), self.dated if (ends > np.datetime64(self.dated)).any() else None

    @functools.cached_property
    def _ordered(self) -> tuple[np.ndarray, np.ndarray]:
        """Places of the figures known, series by series, and the series of each."""
        _, series, rank = self.evidence._places
        places = self._known[np.argsort(rank[self._known])]
        return places, series[places]

    def _of(self, entity: str, metric: str) -> pd.DataFrame:
        if (entity, metric) not in self._kept:
            places = self._places_of(entity, metric)
            self._kept[entity, metric] = self._alike(places, "", lambda: self.evidence.observations.iloc[places])
        note(self, "rows", entity, metric)
        return self._kept[entity, metric]

    def _alike(self, places: np.ndarray, key: Hashable, function: Callable[[], T]) -> T:
        """What is made of some rows and nothing else: most days show of most series what the day before did."""
        kept = self.evidence._made_of.setdefault(places.tobytes(), {})
        if key not in kept:
            kept[key] = function()
        return kept[key]

    def _places_of(self, entity: str, metric: str) -> np.ndarray:
        number = self.evidence._places[0].get((entity, metric), -1)
        if number < 0:
            _check_names(self.evidence, entity, metric)
        places, series = self._ordered
        first, after = np.searchsorted(series, [number, number + 1])
        return places[first:after]

    def rows(
        self,
        entity: str,
        metric: str,
        *,
        basis: str | tuple[str, ...] | None = None,
        kind: str | None = None,
        unit: str | None = None,
    ) -> pd.DataFrame:
        """
        All figures of one series, conflicting ones included, sorted by period and publication.

        Parameters
        ----------
        entity, metric : str
            Names after ``data/renames.csv``.
        basis : str or tuple of str, optional
            Keep these bases only.
        kind : str, optional
            Keep periods of this kind only (see :data:`aieq.periods.KINDS`).
        unit : str, optional
            Keep this unit only.

        Returns
        -------
        DataFrame
            Empty if the series exists but nothing of it was known by the day.

        Raises
        ------
        UnknownNameError
            If no such series exists on any day.
        """
        bases = None if basis is None else (basis,) if isinstance(basis, str) else tuple(basis)
        return self._some(entity, metric, bases, kind, unit).copy(deep=False)

    def _some(
        self, entity: str, metric: str, bases: tuple[str, ...] | None, kind: str | None, unit: str | None
    ) -> pd.DataFrame:
        rows = self._of(entity, metric)

        def pick() -> pd.DataFrame:
            keep = np.ones(len(rows), dtype=bool)
            if bases is not None:
                keep &= np.array([basis in bases for basis in rows["basis"].to_numpy()], dtype=bool)
            for column, wanted in (("kind", kind), ("unit", unit)):
                if wanted is not None:
                    keep &= rows[column].to_numpy() == wanted
            return rows[keep]

        if bases is None and kind is None and unit is None:
            return rows
        return self._alike(self._places_of(entity, metric), ("rows", bases, kind, unit), pick)

    def of(self, entities: Collection[str], metrics: Collection[str]) -> pd.DataFrame:
        """
        All figures of several series at once, in the order of :attr:`observations`.

        Parameters
        ----------
        entities, metrics : collection of str
            Names after ``data/renames.csv``; any entity with any metric.

        Returns
        -------
        DataFrame
            As :meth:`rows`.
        """
        note(self, "of", frozenset(entities), frozenset(metrics))
        wanted = self.evidence._rows_of(frozenset(entities), frozenset(metrics))
        return self.evidence.observations.iloc[self._known[wanted[self._known]]]

    def vintages(self, entity: str, metric: str, *, basis: str | tuple[str, ...] | None = None) -> pd.DataFrame:
        """
        Every version ever published by the day, superseded ones included: how a figure or a guidance moved.

        Returns
        -------
        DataFrame
            Sorted by period, then publication.
        """
        rows = self.evidence.observations.iloc[self._versions(entity, metric)]
        note(self, "vintages", entity, metric)
        if basis is not None:
            rows = rows[rows["basis"].isin([basis] if isinstance(basis, str) else basis)]
        return rows.sort_values(["period_end", "period_start", "published"], kind="stable")

    def _versions(self, entity: str, metric: str) -> np.ndarray:
        """Places of every version published by the day."""
        _check_names(self.evidence, entity, metric)
        numbers, series, _ = self.evidence._places
        places = np.flatnonzero(series == numbers[entity, metric])
        known_on = self.evidence.observations["known_on"].to_numpy()[places]
        return places[known_on <= np.datetime64(self.dated)]

    def quantity(
        self,
        entity: str,
        metric: str,
        *,
        period_end: str | date | None = None,
        basis: str | tuple[str, ...] | None = None,
        kind: str | None = None,
        unit: str | None = None,
    ) -> Quantity:
        """
        One figure with its interval, grade and sources.

        Of several rows for the period the best basis gives the value (reported, then secondary, estimate, guidance,
        projection; then the latest published). The interval covers the bounds given and the other outcomes on record;
        where the best is guidance or a projection, only what was published with it counts.

        Parameters
        ----------
        entity, metric, basis, kind, unit
            As for :meth:`rows`.
        period_end : str or date, optional
            Last day of the period; the latest known by default.

        Returns
        -------
        Quantity

        Raises
        ------
        VintageError
            If nothing was known by the day.
        """
        rows = self.rows(entity, metric, basis=basis, kind=kind, unit=unit)
        ends = rows["period_end"].to_numpy()
        if period_end is not None:
            ends = ends[ends == np.datetime64(pd.Timestamp(period_end))]
        if not ends.size:
            wanted = f" for the period to {period_end}" if period_end is not None else ""
            msg = f"{entity} {metric}{wanted} was not known on {self.dated}: ask for a later day"
            raise VintageError(msg)
        return quantity_of(rows[rows["period_end"].to_numpy() == ends.max()], self.dated)

    def quarters(self, entity: str, metric: str, *, basis: str | tuple[str, ...] = "reported") -> pd.DataFrame:
        """
        One row a quarter, fiscal quarters as they were: the best row of each.

        Returns
        -------
        DataFrame
            As :meth:`rows`, with ``period_end`` unique and ascending.
        """
        self._of(entity, metric)
        key = (entity, metric, "quarters", basis)
        if key not in self._kept:
            rows = self.rows(entity, metric, basis=basis, kind="quarter")
            self._kept[key] = self._alike(self._places_of(entity, metric), key[2:], lambda: best_rows(rows))
        return self._kept[key].copy(deep=False)

    def trailing_year(self, entity: str, metric: str, *, end: str | date | None = None) -> Quantity:
        """
        Sum the last four quarters on record.

        Parameters
        ----------
        entity, metric : str
            A flow reported by quarter.
        end : str or date, optional
            Last day of the last quarter.

        Returns
        -------
        Quantity
            Grade ``derived`` at best.

        Raises
        ------
        EvidenceError
            If a quarter is missing.
        """
        quarters = self.quarters(entity, metric)
        four = periods.last_four_quarters(quarters, None if end is None else pd.Timestamp(end))
        return self._sum(four, np.ones(4))

    def calendar_year(self, entity: str, metric: str, year: int) -> Quantity:
        """
        Sum the quarters of a calendar year; fiscal quarters that straddle its ends are weighted by days.

        Returns
        -------
        Quantity
            Grade ``derived`` at best; ``estimated`` where days had to be weighted.

        Raises
        ------
        VintageError
            If the whole year was not yet known.
        """
        self._of(entity, metric)
        if (entity, metric, year) not in self._years:
            whole = self._alike(
                self._places_of(entity, metric), ("year", year), lambda: self._calendar_year(entity, metric, year)
            )
            self._years[entity, metric, year] = replace(whole, as_of=self.dated)
        return self._years[entity, metric, year]

    def _calendar_year(self, entity: str, metric: str, year: int) -> Quantity:
        quarters = self.quarters(entity, metric)
        share = periods.calendar_share(quarters, year)
        inside = quarters[share > 0]
        days = (inside["period_end"] - inside["period_start"]).dt.days + 1
        if (days * share[share > 0]).sum() < 355:
            msg = f"{entity} {metric} of the whole of {year} was not known on {self.dated}: ask for a later day"
            raise VintageError(msg)
        whole = self._sum(inside, share[share > 0].to_numpy())
        if (share[share > 0] < 1).any():
            return Quantity(
                whole.value,
                whole.unit,
                whole.low,
                whole.high,
                grade=weakest("estimated", whole.grade),
                as_of=whole.as_of,
                sources=whole.sources,
                interval="none: fiscal quarters were weighted by days",
            )
        return whole

    def _sum(self, rows: pd.DataFrame, weights: np.ndarray) -> Quantity:
        units = rows["unit"].unique()
        if len(units) != 1:
            msg = f"cannot sum {rows['entity'].iloc[0]} {rows['metric'].iloc[0]}: its rows are in {', '.join(units)}"
            raise EvidenceError(msg)
        return Quantity(
            float((rows["value"].to_numpy() * weights).sum()),
            units[0],
            grade=weakest("derived", *rows["grade"]),
            as_of=self.dated,
            sources=source_keys(rows["source"]),
            interval="none: a sum of figures as reported",
        )

    def series(self, entity: str, metric: str) -> pd.DataFrame:
        """
        A long regular series of ``data/series/``, up to the day.

        Returns
        -------
        DataFrame
            period_start, period_end, value, unit, source, known_on.

        Raises
        ------
        UnknownNameError
            If there is no such file.
        """
        known = self._of_series(entity, metric)
        note(self, "series", entity, metric)
        return _series(self.evidence, entity, metric)[known].reset_index(drop=True)

    def _of_series(self, entity: str, metric: str) -> np.ndarray:
        return _series(self.evidence, entity, metric)["known_on"].to_numpy() <= np.datetime64(self.dated)

    def table(self, name: str) -> pd.DataFrame:
        """
        One of the side tables, rows dated up to the day.

        Parameters
        ----------
        name : str
            ``token_prices``, ``capability``, ``training_runs``, ``hardware`` or ``deals``.
        """
        if name not in self.evidence.tables:
            msg = (
                f"there is no table {name!r}; there are "
                f"{', '.join(self.evidence.tables)}.{did_you_mean(name, self.evidence.tables)}"
            )
            raise UnknownNameError(msg)
        note(self, "table", name)
        known = self.evidence.tables[name][self._of_table(name)].reset_index(drop=True)
        if name == "token_prices":
            known["last_seen"] = known["last_seen"].clip(upper=pd.Timestamp(self.dated))
        return known

    def _of_table(self, name: str) -> np.ndarray:
        return self.evidence.tables[name][_DATE_OF_TABLE[name]].to_numpy() <= np.datetime64(self.dated)

    @property
    def token_prices(self) -> pd.DataFrame:
        """List prices of models first seen by the day; ``last_seen`` never lies after it."""
        return self.table("token_prices")

    @property
    def capability(self) -> pd.DataFrame:
        """Benchmark scores dated by the day."""
        return self.table("capability")

    @property
    def training_runs(self) -> pd.DataFrame:
        """Training runs published by the day."""
        return self.table("training_runs")

    @property
    def hardware(self) -> pd.DataFrame:
        """Accelerators launched by the day."""
        return self.table("hardware")

    @property
    def deals(self) -> pd.DataFrame:
        """Commitments, investments, leases and guarantees announced by the day."""
        return self.table("deals")


def per_view(function: Callable[..., T]) -> Callable[..., T]:
    """
    Remember what a function of a view (or of the evidence) and of plain arguments gave: neither ever changes.

    It is forgotten with the view. Whoever asks shares the result and must not change it.
    """

    @functools.wraps(function)
    def ask(owner: View | Evidence, *arguments: Hashable, **options: Hashable) -> T:
        key = (function, arguments, *options.items())
        if key not in owner._results:
            if isinstance(owner, Evidence):
                owner._results[key] = function(owner, *arguments, **options), frozenset()
            else:
                owner._results[key] = _worked_out(owner, key, lambda: function(owner, *arguments, **options))
        result, seen = owner._results[key]
        if isinstance(owner, View):
            note_all(owner, seen)
        return result

    return ask


def _worked_out(view: View, key: tuple, function: Callable[[], T]) -> tuple[T, Seen]:
    """Give a result and what was seen for it, taken over from a day that showed the same if there is one."""
    found = view.evidence._days.find(view, key, lambda _: None)
    if found is not None:
        return found[0], found[2]
    with looking(view) as looked:
        result = function()
    seen = frozenset(looked)
    view.evidence._days.keep(view, key, None, None, seen, result)
    return result, seen


def quantity_of(rows: pd.DataFrame, day: date | None = None) -> Quantity:
    """
    Turn the rows of one figure into a quantity; see :meth:`View.quantity` for the policy.

    Parameters
    ----------
    rows : DataFrame
        Rows of one entity, metric and period.
    day : date, optional
        The state of knowledge.
    """
    order = _ranking(rows)
    names = ("value", "low", "high", "basis", "unit", "grade", "published", "source")
    ranked = list(zip(*(rows[name].to_numpy()[order].tolist() for name in names), strict=True))
    value, low, high, basis, unit, grade, published, _ = ranked[0]
    if basis in OUTCOMES:
        used, note = [row for row in ranked if row[3] in OUTCOMES and row[4] == unit], "range of sources"
    else:
        used, note = [row for row in ranked if row[3] == basis and row[6] == published], "range given"
    ends = [x for x in (low, high, value, *(x for row in used for x in row[:3])) if not math.isnan(x)]
    whole, no_upper = not math.isnan(value), math.isnan(high)
    low, high = min(ends), max(ends)
    if not whole:
        value, grade = (low + high) / 2, weakest("derived", grade)
        note = "range given; the value is its middle"
    if low == high:
        low = high = None
        note = "none: one figure, none given"
    elif len(used) == 1 and whole:
        note = "lower bound given" if no_upper else "range given"
    return Quantity(value, unit, low, high, grade, day, source_keys(row[7] for row in used), note)


def _ranking(rows: pd.DataFrame) -> np.ndarray:
    """Best first: by `rank` (basis, then exactness), then the latest published."""
    newest_first = -rows["published"].to_numpy().astype("int64")
    return np.lexsort([newest_first, rows["rank"].to_numpy()])


def best_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Keep the best row of each period (best basis, then a figure of its own day, then the latest published).

    Returns
    -------
    DataFrame
        Sorted by ``period_end``, which is unique.
    """
    ends = rows["period_end"].to_numpy()
    newest_first = -rows["published"].to_numpy().astype("int64")
    order = np.lexsort([newest_first, rows["rank"].to_numpy(), ends])
    first = np.append(True, ends[order][1:] != ends[order][:-1])[: order.size]
    return rows.iloc[order[first]].reset_index(drop=True)


def source_keys(joined: Iterable[str]) -> tuple[str, ...]:
    """
    Take apart what the column `source` joins: each key once, in the order met.

    Examples
    --------
    >>> source_keys(["a;b", "b", ""])
    ('a', 'b')
    """
    return tuple(dict.fromkeys(key for keys in joined for key in str(keys).split(";") if key))


def _check_names(evidence: Evidence, entity: str, metric: str) -> None:
    if (entity, metric) in evidence._places[0]:
        return
    if (entity, metric) not in evidence._unknown:
        evidence._unknown[entity, metric] = _what_is_unknown(evidence, entity, metric)
    raise UnknownNameError(evidence._unknown[entity, metric])


def _what_is_unknown(evidence: Evidence, entity: str, metric: str) -> str:
    entities = evidence.observations["entity"].unique()
    if entity not in entities:
        return (
            f"no figure is about {entity!r}.{did_you_mean(entity, entities)} See `data/observations.csv` for all "
            f"{len(entities)}."
        )
    metrics = evidence.observations.loc[evidence.observations["entity"] == entity, "metric"].unique()
    return f"{entity} has no metric {metric!r}.{did_you_mean(metric, metrics)} It has: {', '.join(sorted(metrics))}."


def _series(evidence: Evidence, entity: str, metric: str) -> pd.DataFrame:
    if (entity, metric) not in evidence._long:
        path = evidence.root / "series" / f"{entity}__{metric}.csv"
        if not path.exists():
            names = [p.stem for p in (evidence.root / "series").glob("*.csv")]
            msg = f"there is no series {entity}__{metric}.{did_you_mean(f'{entity}__{metric}', names)}"
            raise UnknownNameError(msg)
        long = pd.read_csv(path, parse_dates=["period_start", "period_end"])
        lag = _lag(evidence.codebook, metric)
        first = long["source"].str.split(";").str[0]
        long["known_on"] = first.map(pd.to_datetime(evidence.sources["published"], errors="coerce"))
        if lag is not None:
            usual = long["period_end"] + pd.Timedelta(days=lag)
            long["known_on"] = usual.where(usual < long["known_on"], long["known_on"].fillna(usual))
        evidence._long[entity, metric] = long
    return evidence._long[entity, metric]


def _lag(codebook: pd.DataFrame, metric: str) -> int | None:
    if metric not in codebook.index:
        return None
    lag = codebook.at[metric, "release_lag_days"]
    return None if pd.isna(lag) else int(lag)


@functools.lru_cache(maxsize=8)
def load(root: str | Path = DATA) -> Evidence:
    """
    Read and validate ``data/``.

    Parameters
    ----------
    root : path, optional
        The folder; that of the project by default.

    Returns
    -------
    Evidence

    Raises
    ------
    EvidenceError
        If any row breaks a rule: the message names file, line, column and remedy of each.

    Examples
    --------
    >>> view = load().as_of("2025-03-31")
    >>> view.calendar_year("microsoft", "capex", 2024).unit
    'USD_mn'
    """
    root = Path(root)
    if not (root / "observations.csv").exists():
        msg = (
            f"there is no evidence in {root}: the package reads the data/ of its checkout, or what was installed with "
            f"it; set {ROOT_VARIABLE} to the folder that has a data/ of this project, or pass that data/ to load()"
        )
        raise EvidenceError(msg)
    sources = pd.read_csv(root / "sources.csv", dtype=str).set_index("key", drop=False)
    raw = _read(root / "observations.csv", _DATES)
    raw.index = pd.RangeIndex(2, len(raw) + 2, name="line")
    observations = _correct(_rename(raw, root), root)
    _validate(observations, sources)
    codebook = pd.read_csv(root / "codebook.csv").set_index("metric", drop=False)
    tables = {name: _read(root / f"{name}.csv", _table_dates(name)) for name in _DATE_OF_TABLE}
    return Evidence(_enrich(observations, codebook), sources, codebook, tables, root)


def _table_dates(name: str) -> tuple[str, ...]:
    return ("first_seen", "last_seen") if name == "token_prices" else (_DATE_OF_TABLE[name],)


def _read(path: Path, dates: tuple[str, ...]) -> pd.DataFrame:
    texts = (*dates, "flags", "note", "source")
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str), low_memory=False)
    for column in dates:
        parsed = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
        wrong = parsed.isna() & table[column].notna()
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0]) + 2
            msg = f"{path.name} line {line}: {column} is {table[column][wrong].iloc[0]!r}; write the day as YYYY-MM-DD"
            raise EvidenceError(msg)
        table[column] = parsed
    return table


def _rename(observations: pd.DataFrame, root: Path) -> pd.DataFrame:
    path = root / "renames.csv"
    renames = pd.read_csv(path, dtype=str, keep_default_na=False)
    given = {kind: observations[kind].to_numpy(dtype=object) for kind in ("entity", "metric")}
    now = {kind: names.copy() for kind, names in given.items()}
    for rule in renames.itertuples():
        if rule.kind not in ("entity", "metric"):
            msg = f"renames.csv line {rule.Index + 2}: kind is {rule.kind!r}; use entity or metric"
            raise EvidenceError(msg)
        matches = given[rule.kind] == rule.name
        if rule.kind == "metric" and rule.entity:
            matches &= (given["entity"] == rule.entity) | (now["entity"] == rule.entity)
        if condition := getattr(rule, "where", ""):
            column, _, wanted = condition.partition("=")
            matches &= observations[column].astype(str).to_numpy() == wanted
        now[rule.kind][matches] = rule.becomes
    unified = {kind: pd.Series(names, observations.index, observations[kind].dtype) for kind, names in now.items()}
    renamed = observations.assign(**unified)
    # Two names of one quantity, once unified, may leave one statement twice: the row that kept its name stands.
    changed = pd.Series((now["entity"] != given["entity"]) | (now["metric"] != given["metric"]), index=renamed.index)
    says = renamed.drop(columns=["evidence", "topic", "flags", "note"])
    twice = says.iloc[np.argsort(changed.to_numpy(), kind="stable")].duplicated().reindex(renamed.index) & changed
    return renamed[~twice]


def _correct(observations: pd.DataFrame, root: Path) -> pd.DataFrame:
    corrections = read_yaml(root / "corrections.yml") or []
    for number, entry in enumerate(corrections, 1):
        rows = _matching(observations, entry["where"])
        if not rows.any():
            msg = f"corrections.yml entry {number} matches no row: the pack has changed, delete the entry"
            raise EvidenceError(msg)
        guard = _matching(observations, entry["while"])
        if not (rows & guard)[rows].all():
            msg = f"corrections.yml entry {number}: the source no longer says {entry['while']}; delete the entry"
            raise EvidenceError(msg)
        for column, value in entry["set"].items():
            observations.loc[rows, column] = pd.Timestamp(value) if column in _DATES else value
    return observations


def _matching(observations: pd.DataFrame, wanted: Mapping[str, Any]) -> np.ndarray:
    matches = np.ones(len(observations), dtype=bool)
    for column, value in wanted.items():
        if column not in observations:
            msg = f"corrections.yml names the column {column!r}.{did_you_mean(column, observations.columns)}"
            raise UnknownNameError(msg)
        held = observations[column].to_numpy()
        if column in _DATES:
            matches &= held == np.datetime64(pd.Timestamp(value))
        elif value is None:
            matches &= pd.isna(held)
        else:
            matches &= held == value
    return matches


def _schema(sources: pd.DataFrame):  # noqa: ANN202 - pandera is imported late, it costs half a second
    import pandera.pandas as pa

    name = pa.Check.str_matches(r"^[a-z0-9]+(_[a-z0-9]+)*$", error="write names as lower_snake")
    known = set(sources["key"])

    def held(joined: pd.Series) -> pd.Series:
        return joined.map(lambda keys: all(key in known for key in str(keys).split(";")))

    def inside(rows: pd.DataFrame) -> pd.Series:
        low, value, high = rows["low"], rows["value"], rows["high"]
        ordered = ~(low > value) & ~(value > high) & ~(low > high)
        return ordered & ~(value.isna() & low.isna() & high.isna())

    def after(rows: pd.DataFrame) -> pd.Series:
        late = rows["published"] >= rows["period_end"]
        return late | (rows["basis"] != "reported") | rows["metric"].isin(_ANNOUNCED_AHEAD)

    number = {"dtype": float, "nullable": True, "coerce": True}
    key = [
        "entity",
        "metric",
        "period_start",
        "period_end",
        "value",
        "low",
        "high",
        "unit",
        "basis",
        "published",
        "source",
    ]
    return pa.DataFrameSchema(
        {
            "entity": pa.Column(str, name),
            "metric": pa.Column(str, name),
            "period_start": pa.Column("datetime64[ns]", coerce=True),
            "period_end": pa.Column("datetime64[ns]", coerce=True),
            "value": pa.Column(**number),
            "low": pa.Column(**number),
            "high": pa.Column(**number),
            "unit": pa.Column(str, pa.Check.isin(UNITS, error=_REMEDY["unit"])),
            "basis": pa.Column(str, pa.Check.isin(BASES, error=_REMEDY["basis"])),
            "published": pa.Column("datetime64[ns]", coerce=True),
            "published_is": pa.Column(str, pa.Check.isin(PUBLISHED_IS, error=_REMEDY["published_is"])),
            "source": pa.Column(str, pa.Check(held, error=_REMEDY["source"])),
            "evidence": pa.Column(str, pa.Check.isin(("read", "computed"), error="use read or computed")),
            "topic": pa.Column(str),
        },
        checks=[
            pa.Check(inside, error=_REMEDY["interval"]),
            pa.Check(lambda rows: rows["period_start"] <= rows["period_end"], error=_REMEDY["period"]),
            pa.Check(after, error=_REMEDY["published"]),
            pa.Check(lambda rows: ~rows.duplicated(key, keep="first"), error=_REMEDY["duplicate"]),
        ],
    )


def _validate(observations: pd.DataFrame, sources: pd.DataFrame) -> None:
    import pandera.errors

    try:
        _schema(sources).validate(observations, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.drop_duplicates(["index", "check"]).head(10)
        lines = []
        for case in cases.itertuples():
            row = observations.loc[case.index] if case.index in observations.index else None
            what = "" if row is None else f" ({row['entity']} {row['metric']})"
            column = case.column if isinstance(case.column, str) and case.column in observations else "row"
            seen = "" if row is None or column == "row" else f" is {row[column]!r}"
            lines.append(f"observations.csv line {case.index}{what}: {column}{seen}; {case.check}")
        msg = "\n".join(dict.fromkeys(lines)) + f"\n{len(error.failure_cases)} faults in all; nothing was loaded."
        raise EvidenceError(msg) from None


def _enrich(observations: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    full = observations.reset_index()
    full["flags"] = full["flags"].fillna("")
    full["note"] = full["note"].fillna("")
    full["kind"] = periods.kind_of(full["period_start"], full["period_end"])
    lag = full["metric"].map(codebook["release_lag_days"].dropna().to_dict())
    figure = ["entity", "metric", "period_start", "period_end", "unit"]
    later = full["published_is"] == "later_compilation"
    # A compilation read late repeats what was public earlier: after the series' usual lag, unless the figure of the
    # day itself is on record, in which case the compilation only restates it.
    first_day = full.assign(first=full["published"].where(~later)).groupby(figure)["first"].transform("min")
    has_first = first_day <= full["published"]
    early = full["period_end"] + pd.to_timedelta(lag.fillna(0), unit="D")
    use = later & lag.notna() & ~has_first & (early < full["published"])
    full["known_on"] = full["published"].where(~use, early)
    grade = full["basis"].map(_GRADE_OF_BASIS)
    grade = grade.where(~((grade == "reported") & (full["evidence"] == "computed")), "derived")
    full["grade"] = grade.where(~(later & grade.isin(["reported", "derived"])), "estimated")
    exact = full["value"].isna().astype(int) + later.astype(int)
    full["rank"] = full["basis"].map(BASES.index) * 3 + exact
    # The issuer's own figure is one figure whoever relays it; anybody else's is theirs.
    restates = later & has_first
    owner = full["source"].where((full["basis"] != "reported") | restates, "")
    full["figure"] = full.assign(owner=owner).groupby([*figure, "basis", "owner"], sort=False).ngroup()
    full = full.sort_values(["figure", "published", "known_on"], kind="stable").reset_index(drop=True)
    # Words as plain objects lie in one block: picking rows, done thousands of times, then costs a third less.
    words = full.columns[[isinstance(kind, pd.StringDtype) for kind in full.dtypes]]
    return full.astype(dict.fromkeys(words, object)).copy()
