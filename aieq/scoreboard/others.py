"""Other people's dated forecasts: each points at its row of the evidence and at a rule that says what settles it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..errors import AieqError, did_you_mean
from ..evidence import OUTCOMES, Evidence, per_view, source_keys

KINDS = ("point", "range", "at_least", "at_most")
STAKES = ("own", "outside")
MEASURES = ("stated", "quarters", "calendar_years", "level")
FIRST_END = "2023-06-30"  # forecasts of earlier periods belong to other episodes
_COLUMNS = (
    "id", "who", "stake", "made", "entity", "metric", "period_end", "source", "note_has", "kind", "rule", "due",
    "fixed", "note",
)  # fmt: skip
_NAMES = ("entity", "metric", "period_end", "source")
_DATES = ("made", "period_end", "due", "fixed")


class ForecastError(AieqError, ValueError):
    """A forecast, its rule, or the record of ours is not what it must be."""


@dataclass(frozen=True)
class Rule:
    """
    What settles a forecast.

    Parameters
    ----------
    name : str
        Its key in ``rules.yml``.
    says : str
        The rule in words: what counts, in whose definition.
    entities : tuple of str
        Whose figures are added up.
    metric : str
        Of the outcome.
    measure : str
        ``stated``: a figure of the same period; ``quarters``: the sum of the quarters that fill the period;
        ``calendar_years``: the same with quarters weighed by days; ``level``: a figure dated at the period's end.
    basis : tuple of str
        Bases of the evidence that count.
    days : int
        By how much the outcome's period may differ at either end.
    tolerance_ratio : float
        How near counts as hit, for forecasts of one number.
    factor : float
        The outcome is multiplied by it.
    sign : int
        -1 turns forecast and outcome, where a loss is told as a positive number.
    growth : bool
        Whether the outcome is growth on the period a year before, in per cent.
    source : str or None
        The only source that counts, where several would.
    so_far : str or None
        Metric whose quarters show how far a period still running has come; `metric` by default.
    awaited : bool
        Whether no row of the evidence has that metric yet.
    """

    name: str
    says: str
    entities: tuple[str, ...]
    metric: str
    measure: str
    basis: tuple[str, ...] = ("reported", "secondary")
    days: int = 7
    tolerance_ratio: float = 0.05
    factor: float = 1.0
    sign: int = 1
    growth: bool = False
    source: str | None = None
    so_far: str | None = None
    awaited: bool = False


@dataclass(frozen=True)
class Forecast:
    """
    One dated forecast with its numbers from the evidence.

    Parameters
    ----------
    id : str
        Unique.
    who : str
        Whose forecast, in words.
    stake : str
        ``own`` if the forecaster speaks of itself.
    made : Timestamp
        Day it became public.
    entity, metric, unit : str
        What the row of the evidence is about.
    period_start, period_end : Timestamp
        Of what it speaks.
    value, low, high : float
        Middle and ends; a forecast of one number has all three equal.
    kind : str
        One of :data:`KINDS`.
    source : str
        Key of ``sources.csv``.
    rule : Rule
        What settles it.
    due : Timestamp
        Day by which the outcome should be public.
    fixed : Timestamp
        Up to which day the evidence reached when the rule was written: what was settled by then was judged in
        hindsight.
    note : str
        What a reader must know besides.
    line : int
        Of the row in ``observations.csv``.
    """

    id: str
    who: str
    stake: str
    made: pd.Timestamp
    entity: str
    metric: str
    unit: str
    period_start: pd.Timestamp
    period_end: pd.Timestamp
    value: float
    low: float
    high: float
    kind: str
    source: str
    rule: Rule
    due: pd.Timestamp
    fixed: pd.Timestamp
    note: str
    line: int


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def read_rules(path: Path, evidence: Evidence) -> dict[str, Rule]:
    """
    Read ``rules.yml``.

    Raises
    ------
    ForecastError
        If a rule names a field, measure, entity or metric that does not exist.
    """
    rules = {}
    names = {field.name for field in fields(Rule)} - {"name"}
    known = set(zip(evidence.observations["entity"], evidence.observations["metric"], strict=True))
    for name, entry in _yaml(path).items():
        wrong = next((key for key in entry if key not in names), None)
        if wrong:
            msg = f"{path.name}: rule {name} has a field {wrong!r}.{did_you_mean(wrong, names)}"
            raise ForecastError(msg)
        lacks = next((key for key in ("says", "entities", "metric", "measure") if not entry.get(key)), None)
        if lacks:
            msg = f"{path.name}: rule {name} does not give {lacks}: a rule says what settles a forecast, in whose words"
            raise ForecastError(msg)
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
        }
        rule = Rule(name, **values)
        if rule.measure not in MEASURES:
            msg = f"{path.name}: rule {name} measures {rule.measure!r}; use one of {', '.join(MEASURES)}"
            raise ForecastError(msg)
        if not set(rule.basis) <= set(OUTCOMES):
            msg = f"{path.name}: rule {name} would settle forecasts by {rule.basis}; outcomes are {', '.join(OUTCOMES)}"
            raise ForecastError(msg)
        if rule.sign not in (-1, 1) or not rule.tolerance_ratio > 0:
            msg = f"{path.name}: rule {name}: sign is 1 or -1, tolerance_ratio above zero"
            raise ForecastError(msg)
        for entity in rule.entities:
            if rule.awaited == ((entity, rule.metric) in known):
                if rule.awaited:
                    msg = f"{path.name}: rule {name} awaits {entity} {rule.metric}, which has come; take out `awaited`"
                    raise ForecastError(msg)
                metrics = sorted(metric for one, metric in known if one == entity)
                msg = (
                    f"{path.name}: rule {name} waits for {entity} {rule.metric}, which is in no row of the evidence."
                    f"{did_you_mean(rule.metric, metrics)} Its metrics: {', '.join(metrics) or 'none'}."
                )
                raise ForecastError(msg)
        rules[name] = rule
    return rules


def read_forecasts(folder: Path, evidence: Evidence) -> tuple[Forecast, ...]:
    """
    Read ``others.csv`` and ``rules.yml``, take each number from its row of the evidence, and refuse what is faulty.

    Parameters
    ----------
    folder : Path
        ``data/forecasts``.
    evidence : Evidence
        Where the numbers stand.

    Raises
    ------
    ForecastError
        By the id of the forecast: no rule, no such rule, a due day before it was made or before its period ends, a
        source that does not exist, no or several rows it could mean, a kind its row does not fit, a number used twice.
    """
    rules = read_rules(folder / "rules.yml", evidence)
    table = pd.read_csv(folder / "others.csv", dtype=str, keep_default_na=False)
    if tuple(table.columns) != _COLUMNS:
        msg = f"others.csv has the columns {', '.join(table.columns)}; it must have {', '.join(_COLUMNS)}"
        raise ForecastError(msg)
    used: dict[int, str] = {}
    found: list[Forecast] = []
    rows = _rows_by_name(evidence)
    for entry in table.to_dict("records"):
        name = entry["id"]
        if any(name == one.id for one in found):
            msg = f"forecast {name} stands twice in others.csv: give the second an id of its own, or delete it"
            raise ForecastError(msg)
        row = _row(entry, rows, evidence)
        if int(row["line"]) in used:
            msg = (
                f"forecasts {used[int(row['line'])]} and {name} are the same row of the evidence ({row['entity']} "
                f"{row['metric']} to {row['period_end']:%Y-%m-%d}, {row['source']}): its outcome would count twice; "
                "delete one"
            )
            raise ForecastError(msg)
        used[int(row["line"])] = name
        found.append(_forecast(entry, row, rules))
    return tuple(found)


@per_view
def others(evidence: Evidence) -> tuple[Forecast, ...]:
    """Give the forecasts of others that ship with the evidence, read once."""
    return read_forecasts(evidence.root / "forecasts", evidence)


def _rows_by_name(evidence: Evidence) -> Mapping[tuple[str, str], pd.DataFrame]:
    return dict(list(evidence.observations.groupby(["entity", "metric"], sort=False)))


def _row(entry: Mapping[str, str], rows: Mapping, evidence: Evidence) -> pd.Series:
    name = entry["id"]
    for column in _DATES:
        try:
            pd.Timestamp(pd.to_datetime(entry[column], format="%Y-%m-%d"))
        except ValueError:
            msg = f"forecast {name}: {column} is {entry[column]!r}; write the day as YYYY-MM-DD"
            raise ForecastError(msg) from None
    if entry["source"] not in evidence.sources.index:
        near = did_you_mean(entry["source"], evidence.sources.index)
        msg = f"forecast {name}: there is no source {entry['source']!r} in data/sources.csv.{near}"
        raise ForecastError(msg)
    some = rows.get((entry["entity"], entry["metric"]))
    if some is None:
        msg = (
            f"forecast {name}: the evidence holds no {entry['entity']} {entry['metric']}: names are those after renames"
        )
        raise ForecastError(msg)
    keep = (
        (some["period_end"] == pd.Timestamp(entry["period_end"]))
        & (some["published"] == pd.Timestamp(entry["made"]))
        & some["source"].map(lambda keys: entry["source"] in source_keys([keys]))
        & some["note"].str.contains(entry["note_has"], regex=False)
    )
    if keep.sum() != 1:
        many = "no row" if not keep.any() else f"{int(keep.sum())} rows"
        msg = (
            f"forecast {name} fits {many} of {entry['entity']} {entry['metric']}: entity, metric, period_end, day "
            "published, source and words of the note (note_has) must pick one"
        )
        raise ForecastError(msg)
    return some[keep].iloc[0]


def _forecast(entry: Mapping[str, str], row: pd.Series, rules: Mapping[str, Rule]) -> Forecast:
    name = entry["id"]
    if not entry["rule"]:
        msg = f"forecast {name} has no resolution rule: name one of rules.yml, or write one there before it resolves"
        raise ForecastError(msg)
    if entry["rule"] not in rules:
        msg = f"forecast {name}: there is no rule {entry['rule']!r} in rules.yml.{did_you_mean(entry['rule'], rules)}"
        raise ForecastError(msg)
    if entry["kind"] not in KINDS or entry["stake"] not in STAKES:
        msg = f"forecast {name}: kind is one of {', '.join(KINDS)}, stake one of {', '.join(STAKES)}"
        raise ForecastError(msg)
    made, due = pd.Timestamp(entry["made"]), pd.Timestamp(entry["due"])
    if due < made:
        msg = (
            f"forecast {name} was due on {entry['due']}, before it was made on {entry['made']}: correct one of the days"
        )
        raise ForecastError(msg)
    if due < row["period_end"]:
        msg = f"forecast {name} is due on {entry['due']}, before its period ends on {entry['period_end']}: set it later"
        raise ForecastError(msg)
    value, low, high = (float(row[column]) for column in ("value", "low", "high"))
    wide = low == low and high == high and low < high
    if (entry["kind"] == "range") != wide and (entry["kind"] in ("range", "point")):
        msg = f"forecast {name} is a {entry['kind']}, but its row gives {low:g} to {high:g}; call it what the row is"
        raise ForecastError(msg)
    if value != value:
        value = (low + high) / 2 if wide else (low if low == low else high)
    if not wide:
        low = high = value
    rule = rules[entry["rule"]]
    if rule.sign < 0:
        value, low, high = -value, -high, -low
    return Forecast(
        name, entry["who"], entry["stake"], made, row["entity"], row["metric"], row["unit"], row["period_start"],
        row["period_end"], value, low, high, entry["kind"], entry["source"], rule, due, pd.Timestamp(entry["fixed"]),
        entry["note"], int(row["line"]),
    )  # fmt: skip


def left_out(folder: Path) -> list[dict[str, str]]:
    """
    Read which rows of guidance and projection are not on the board, and why.

    Returns
    -------
    list of dict
        entity, metric, period_end and source that a row must have (empty: any), and `because`.

    Raises
    ------
    ForecastError
        If an entry gives no reason or names nothing.
    """
    table = pd.read_csv(folder / "left_out.csv", dtype=str, keep_default_na=False)
    entries = table.to_dict("records")
    for line, entry in enumerate(entries, 2):
        if not entry["because"] or not any(entry[column] for column in _NAMES):
            msg = f"left_out.csv line {line}: say what is left out ({', '.join(_NAMES)}) and because of what"
            raise ForecastError(msg)
    return entries


def unaccounted(
    evidence: Evidence, forecasts: Iterable[Forecast], entries: Iterable[Mapping[str, str]]
) -> pd.DataFrame:
    """
    Rows of guidance and projection that are neither on the board nor left out with a reason.

    What was foretold and quietly dropped would make every record look better, so each row is accounted for.

    Returns
    -------
    DataFrame
        Rows of the evidence; empty if all are accounted for.
    """
    every = evidence.observations
    rows = every[every["basis"].isin(("guidance", "projection")) & (every["period_end"] >= pd.Timestamp(FIRST_END))]
    rows = rows[~rows["line"].isin([one.line for one in forecasts])]
    said = rows[["entity", "metric", "source"]].assign(period_end=rows["period_end"].dt.strftime("%Y-%m-%d"))
    for entry in entries:
        matches = pd.Series(True, index=rows.index)
        for column in _NAMES:
            if entry[column]:
                matches &= said[column] == entry[column]
        rows, said = rows[~matches], said[~matches]
    return rows
