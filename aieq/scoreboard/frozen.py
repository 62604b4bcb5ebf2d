"""Our open forecasts, frozen on the day they were made: lines are appended, never changed."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .. import revenue
from ..assumptions import Scenario
from ..errors import UnknownNameError, VintageError, did_you_mean
from ..evidence import View
from . import back, method
from .others import ForecastError
from .scores import crps_draws
from .series import SERIES, series_named

FILE = "ours.csv"
COLUMNS = (
    "id", "entry", "amends", "made", "method", "scenario", "series", "unit", "quarters", "target", "base_day", "level",
    *back.quantile_names(), "reason", "chain",
)  # fmt: skip
_DIGITS = 6


def link(before: str, row: Mapping[str, str]) -> str:
    """
    Chain a line to the one before it: whoever changes a line must change every later one too.

    Parameters
    ----------
    before : str
        Chain value of the line before; ``start`` for the first.
    row : mapping
        The line, all columns but ``chain``.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    words = [before, *(row[column] for column in COLUMNS if column != "chain")]
    return hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:16]


def parse(text: str) -> list[dict[str, str]]:
    """
    Read the record and check it line by line.

    Parameters
    ----------
    text : str
        Content of ``ours.csv``.

    Returns
    -------
    list of dict

    Raises
    ------
    ForecastError
        If a line was changed, removed or put in between, an id stands twice, an amendment has no reason or amends
        nothing, quantiles fall, or the day meant is not after the day it was made.
    """
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        msg = f"{FILE} has the columns {', '.join(reader.fieldnames or ())}; it must have {', '.join(COLUMNS)}"
        raise ForecastError(msg)
    rows: list[dict[str, str]] = []
    before = "start"
    for number, row in enumerate(reader, 2):
        where = f"{FILE} line {number} ({row['id']})"
        if row["chain"] != link(before, row):
            msg = (
                f"{where} does not follow from the line before it: a frozen forecast was changed, removed or put in "
                "between; restore the file and append an amendment with its reason instead "
                "(python -m aieq.scoreboard.freeze --amend ID --reason ...)"
            )
            raise ForecastError(msg)
        before = row["chain"]
        _check(row, rows, where)
        rows.append(row)
    return rows


def _check(row: Mapping[str, str], earlier: Sequence[Mapping[str, str]], where: str) -> None:
    ids = [one["id"] for one in earlier]
    if row["id"] in ids:
        msg = f"{where}: the id stands twice; a change is an amendment with an id of its own"
        raise ForecastError(msg)
    if row["entry"] not in ("forecast", "amendment") or (row["entry"] == "amendment") != bool(row["amends"]):
        msg = f"{where}: entry is forecast, or amendment with the id that it amends"
        raise ForecastError(msg)
    if row["amends"] and (row["amends"] not in ids or not row["reason"].strip()):
        msg = f"{where}: an amendment names an earlier forecast and its reason"
        raise ForecastError(msg)
    series_named(row["series"])
    numbers = [float(row[name]) for name in back.quantile_names()]
    if numbers != sorted(numbers) or not numbers[0] > 0:
        msg = f"{where}: its quantiles must rise and be above zero"
        raise ForecastError(msg)
    if not pd.Timestamp(row["target"]) > pd.Timestamp(row["made"]):
        msg = f"{where}: made on {row['made']} of {row['target']}, which was no longer ahead"
        raise ForecastError(msg)


def appended_only(earlier: str, now: str) -> bool:
    r"""
    Whether one state of the record is another with lines appended.

    Examples
    --------
    >>> appended_only("a\nb\n", "a\nb\nc\n"), appended_only("a\nb\n", "a\nc\n")
    (True, False)
    """
    return now.startswith(earlier)


def read(folder: Path) -> list[dict[str, str]]:
    """Read the record, checked; empty where there is none yet."""
    path = folder / FILE
    return parse(path.read_text(encoding="utf-8")) if path.exists() else []


def lines_for(view: View, scenario: Scenario) -> list[dict[str, str]]:
    """
    Make today's forecasts as lines of the record, without their chain.

    Series whose growth cannot be measured on that day are left out.
    """
    path = revenue.ai_revenue_path(view, scenario)
    return [
        line
        for one in SERIES.values()
        for quarters in back.QUARTERS
        if (line := _line(one.key, view, scenario, path, quarters)) is not None
    ]


def _line(key: str, view: View, scenario: Scenario, path: pd.DataFrame, quarters: int) -> dict[str, str] | None:
    one = SERIES[key]
    try:
        begun = back.begin(one, view, path)
    except VintageError:
        return None
    meant, _, draws = back.forecast(one, begun, view.day, scenario, quarters)
    return {
        "id": f"{key}-{quarters}-quarters-of-{view.day}",
        "entry": "forecast",
        "amends": "",
        "made": str(view.day),
        "method": method.VERSION,
        "scenario": scenario.name,
        "series": key,
        "unit": one.unit,
        "quarters": str(quarters),
        "target": str(meant.date()),
        "base_day": str(begun.day.date()),
        "level": f"{begun.level:.{_DIGITS}g}",
        **{name: f"{value:.{_DIGITS}g}" for name, value in back.quantiles(draws).items()},
        "reason": "",
    }


def freeze(view: View, scenario: Scenario, folder: Path) -> list[dict[str, str]]:
    """
    Append today's forecasts to the record.

    Raises
    ------
    ForecastError
        If forecasts of that day, or of a later one, are frozen already.
    """
    known = read(folder)
    latest = max((row["made"] for row in known), default="")
    if latest >= str(view.day):
        msg = (
            f"forecasts of {latest} are frozen already: nothing is made again or dated back; amend one with --amend ID "
            "--reason ..., or freeze as of a later day"
        )
        raise ForecastError(msg)
    return _append(folder, known, lines_for(view, scenario))


def amend(view: View, scenario: Scenario, folder: Path, name: str, reason: str) -> list[dict[str, str]]:
    """
    Append an amendment: the forecast made again by the present method as of its own day. The first one stays and is
    scored too.

    Raises
    ------
    UnknownNameError
        If no forecast has that id.
    ForecastError
        If no reason is given, or the view is of another day than the forecast.
    """
    known = read(folder)
    old = next((row for row in known if row["id"] == name), None)
    if old is None:
        msg = f"no frozen forecast is called {name!r}.{did_you_mean(name, [row['id'] for row in known])}"
        raise UnknownNameError(msg)
    if not reason.strip():
        msg = f"an amendment of {name} needs a reason: pass --reason"
        raise ForecastError(msg)
    if old["made"] != str(view.day):
        msg = f"{name} was made on {old['made']}, not on {view.day}: amend it with what was known on its own day"
        raise ForecastError(msg)
    path = revenue.ai_revenue_path(view, scenario)
    line = _line(old["series"], view, scenario, path, int(old["quarters"]))
    if line is None:
        msg = f"{name} cannot be made again as of {view.day}: growth of {old['series']} could not be measured"
        raise ForecastError(msg)
    count = sum(row["amends"] == name for row in known) + 1
    line |= {"id": f"{name}-amended-{count}", "entry": "amendment", "amends": name, "reason": reason.strip()}
    return _append(folder, known, [line])


def _append(folder: Path, known: Sequence[Mapping[str, str]], lines: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    before = known[-1]["chain"] if known else "start"
    for line in lines:
        before = line["chain"] = link(before, line)
    path = folder / FILE
    fresh = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerows(lines)
    return list(lines)


def table(view: View, path: pd.DataFrame, rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """
    Lay out frozen forecasts made by a day, with what came of them.

    Parameters
    ----------
    view : View
        The state of knowledge.
    path : DataFrame
        AI revenue as known at each month's end up to the view's day.
    rows : sequence of mapping
        From :func:`read`.

    Returns
    -------
    DataFrame
        id, entry, made, series, title, unit, quarters, target, level, q05 to q95, outcome and inside_90 (empty while
        open), crps (of the quantiles, in logarithms).
    """
    found = []
    for row in rows:
        if row["made"] > str(view.day):
            continue
        one, target = SERIES[row["series"]], pd.Timestamp(row["target"])
        numbers = {name: float(row[name]) for name in back.quantile_names()}
        came = one.happened(view, path, target) if target <= pd.Timestamp(view.day) else None
        scored = {}
        if came is not None:
            # Straight lines between the frozen quantiles, in logarithms: all that was frozen of the distribution.
            spread = np.interp((np.arange(99) + 1) / 100, method.LEVELS, np.log(list(numbers.values())))
            scored = {
                "outcome": came,
                "inside_90": float(numbers["q05"] <= came <= numbers["q95"]),
                "crps": crps_draws(float(np.log(came)), spread),
            }
        found.append(
            {
                **{name: row[name] for name in ("id", "entry", "series", "unit")},
                "title": one.title,
                "made": pd.Timestamp(row["made"]),
                "quarters": int(row["quarters"]),
                "target": target,
                "level": float(row["level"]),
                **numbers,
                "outcome": float("nan"),
                "inside_90": float("nan"),
                "crps": float("nan"),
                **scored,
            }
        )
    columns = ["id", "entry", "series", "title", "unit", "made", "quarters", "target", "level", *back.quantile_names()]
    return pd.DataFrame(found, columns=[*columns, "outcome", "inside_90", "crps"])
