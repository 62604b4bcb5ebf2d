"""What came of a forecast, by its rule, from what was known on a day."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..evidence import View, per_view, source_keys
from .others import Forecast, ForecastError, Rule

_SAME = 0.005  # two first figures closer than this are one, rounded
_GAP_DAYS = 12  # quarters of 52 weeks leave a few days of a year uncovered

BOARD = (
    "id who stake made entity metric unit period_start period_end low value high kind due fixed source note rule "
    "status outcome known_on outcome_source where ratio error_ratio lead_years left_ratio hindsight so_far passed"
).split()
Found = tuple[float, date, str]  # value, day it became known, sources


class Figure(NamedTuple):
    """One published version of a figure, as plain values: a board asks for thousands."""

    start: date
    end: date
    kind: str
    value: float
    known_on: date
    source: str


@per_view
def _versions(view: View, entity: str, metric: str, basis: tuple[str, ...]) -> tuple[Figure, ...]:
    """Every version of a series by the view's day, the first known first."""
    rows = view.vintages(entity, metric, basis=basis)
    rows = rows[rows["value"].notna()].sort_values("known_on", kind="stable")
    days = [rows[column].dt.date for column in ("period_start", "period_end", "known_on")]
    columns = (days[0], days[1], rows["kind"], rows["value"], days[2], rows["source"])
    return tuple(Figure(*values) for values in zip(*columns, strict=True))


def _figures(view: View, rule: Rule, entity: str, metric: str | None = None) -> list[Figure]:
    if rule.awaited:
        return []
    return [
        one
        for one in _versions(view, entity, metric or rule.metric, rule.basis)
        if rule.source is None or rule.source in source_keys([one.source])
    ]


def _first(figures: Sequence[Figure], what: str, forecast: Forecast) -> Found | None:
    """Take the first figure that became known; two different ones on one day would settle a forecast twice."""
    if not figures:
        return None
    day = figures[0].known_on
    first = [one for one in figures if one.known_on == day]
    values = [one.value for one in first]
    if max(values) - min(values) > _SAME * max(abs(value) for value in values):
        said = " and ".join(f"{one.value:g} ({one.source})" for one in first)
        msg = (
            f"forecast {forecast.id} would resolve twice: {what} became known on {day} as {said}; name the source that "
            f"counts in rule {forecast.rule.name}"
        )
        raise ForecastError(msg)
    return values[0], day, ";".join(source_keys([one.source for one in first]))


def _near(one: date, other: date, within: int) -> bool:
    return abs((one - other).days) <= within


def _stated(view: View, forecast: Forecast, entity: str, start: date, end: date) -> Found | None:
    rule = forecast.rule
    level = rule.measure == "level"
    # What was said of a period before its end is no outcome.
    same = [
        one
        for one in _figures(view, rule, entity)
        if _near(one.end, end, rule.days)
        and one.known_on >= one.end
        and (one.kind == "instant" if level else _near(one.start, start, rule.days))
    ]
    return _first(same, f"{entity} {rule.metric} to {end}", forecast)


def _quarters(
    view: View, forecast: Forecast, entity: str, start: date, end: date, metric: str | None = None
) -> tuple[list[Found], int]:
    """First figure of each quarter inside a period, and the days they cover."""
    rule = forecast.rule
    slack = timedelta(days=rule.days)
    inside: dict[tuple[date, date], list[Figure]] = {}
    for one in _figures(view, rule, entity, metric):
        if one.kind == "quarter" and one.start >= start - slack and one.end <= end + slack:
            inside.setdefault((one.start, one.end), []).append(one)
    found = [
        first
        for (_, last), group in sorted(inside.items())
        if (first := _first(group, f"{entity} {metric or rule.metric} to {last}", forecast)) is not None
    ]
    return found, sum((last - first).days + 1 for first, last in inside)


def _joined(found: Iterable[Found]) -> Found:
    parts = list(found)
    return (
        math.fsum(value for value, _, _ in parts),
        max(day for _, day, _ in parts),
        ";".join(source_keys([sources for _, _, sources in parts])),
    )


def _calendar_years(
    view: View, forecast: Forecast, entity: str, start: date, end: date, *, whole: bool
) -> Found | None:
    """Sum of quarters over calendar years; one that straddles an end counts by its days inside."""
    first: dict[tuple[date, date], Figure] = {}
    for one in _figures(view, forecast.rule, entity):
        if one.kind == "quarter":
            first.setdefault((one.start, one.end), one)
    found, covered = [], 0
    for one in first.values():
        inside = (min(one.end, end) - max(one.start, start)).days + 1
        if inside > 0:
            covered += inside
            found.append((one.value * inside / ((one.end - one.start).days + 1), one.known_on, one.source))
    if not found or (whole and covered < (end - start).days + 1 - _GAP_DAYS):
        return None
    return _joined(found)


def _of_period(view: View, forecast: Forecast, start: date, end: date) -> Found | None:
    parts = []
    for entity in forecast.rule.entities:
        if forecast.rule.measure == "calendar_years":
            one = _calendar_years(view, forecast, entity, start, end, whole=True)
        elif forecast.rule.measure == "quarters":
            found, days = _quarters(view, forecast, entity, start, end)
            one = _joined(found) if found and days >= (end - start).days + 1 - _GAP_DAYS else None
        else:
            one = _stated(view, forecast, entity, start, end)
        if one is None:
            return None
        parts.append(one)
    return _joined(parts)


def outcome(view: View, forecast: Forecast) -> Found | None:
    """
    What came of a forecast, as its rule says: the first figure that became known, restated or not later.

    Parameters
    ----------
    view : View
        The state of knowledge.
    forecast : Forecast
        With its rule.

    Returns
    -------
    tuple or None
        Value in the forecast's unit and sign, day it became known, sources; None while nothing settles it.

    Raises
    ------
    ForecastError
        If two different figures became known on one day: it would resolve twice.
    """
    rule = forecast.rule
    start, end = forecast.period_start.date(), forecast.period_end.date()
    found = _of_period(view, forecast, start, end)
    if found is None:
        return None
    value, known_on, sources = found
    if rule.growth:
        before = _of_period(view, forecast, *((day - pd.DateOffset(years=1)).date() for day in (start, end)))
        if before is None:
            return None
        value, known_on = 100 * (value / before[0] - 1), max(known_on, before[1])
    return value * rule.factor * rule.sign, known_on, sources


def so_far(view: View, forecast: Forecast) -> float | None:
    """
    How far a flow or a level that is still open has come: the quarters on record, or the last figure.

    Returns
    -------
    float or None
        None where nothing of it is known yet, or where a part says nothing of the whole (growth, ratios).
    """
    rule = forecast.rule
    if rule.growth or forecast.unit not in ("USD_mn", "TWh", "people_mn"):
        return None
    start, end, made = (day.date() for day in (forecast.period_start, forecast.period_end, forecast.made))
    parts = []
    for entity in rule.entities:
        if rule.measure == "level":
            later = [one for one in _figures(view, rule, entity) if one.kind == "instant" and one.end > made]
            if not later:
                return None
            # Of several figures of one day the one that became known last counts: nothing is settled here.
            parts.append(max(later, key=lambda one: (one.end, one.known_on)).value)
        elif rule.measure == "calendar_years":
            one = _calendar_years(view, forecast, entity, start, end, whole=False)
            parts.append(0.0 if one is None else one[0])
        else:
            found, _ = _quarters(view, forecast, entity, start, end, rule.so_far)
            parts.append(math.fsum(value for value, _, _ in found))
    total = math.fsum(parts) * rule.factor * rule.sign
    return total if total else None


def where(forecast: Forecast, value: float) -> str:
    """
    Say where an outcome lies: ``below``, ``within`` or ``above`` what was foretold.

    A forecast of one number is hit within the tolerance of its rule; a floor is met by anything above it.
    """
    low, high = forecast.low, forecast.high
    if forecast.kind == "point":
        slack = forecast.rule.tolerance_ratio * abs(forecast.value)
        low, high = forecast.value - slack, forecast.value + slack
    if forecast.kind == "at_least":
        return "within" if value >= low else "below"
    if forecast.kind == "at_most":
        return "within" if value <= high else "above"
    return "below" if value < low else "above" if value > high else "within"


def _passed(forecast: Forecast, value: float | None) -> bool:
    """Whether a forecast still open has been exceeded already by what is on record."""
    return value is not None and (value >= forecast.low if forecast.kind == "at_least" else value > forecast.high)


def board(view: View, forecasts: Iterable[Forecast]) -> pd.DataFrame:
    """
    Lay forecasts and outcomes side by side as of a day.

    Parameters
    ----------
    view : View
        The state of knowledge; forecasts made later are left out.
    forecasts : iterable of Forecast
        From :func:`aieq.scoreboard.others.others`.

    Returns
    -------
    DataFrame
        id, who, stake, made, entity, metric, unit, period_start, period_end, low, value, high, kind, due, fixed, rule,
        source, note; status (``resolved``, ``open``, ``overdue``: due, and nothing that would settle it published);
        outcome, known_on, outcome_source, where, ratio (outcome over forecast, if both are above zero), error_ratio
        (outcome less forecast, over the forecast), lead_years (from the day it was made to the end of its period),
        left_ratio (share of the period still ahead on that day), hindsight (settled before its rule was written),
        so_far and passed for open ones.
    """
    day = pd.Timestamp(view.day)
    rows = []
    for one in forecasts:
        if one.made > day:
            continue
        found = outcome(view, one)
        if found is not None and found[1] < one.made.date():
            msg = (
                f"forecast {one.id} was made on {one.made:%Y-%m-%d}, when its outcome was known already ({found[1]}): "
                "leave it out"
            )
            raise ForecastError(msg)
        value = math.nan if found is None else found[0]
        running = so_far(view, one) if found is None else None
        length = (one.period_end - one.period_start).days + 1
        rows.append(
            {
                **{k: getattr(one, k) for k in ("id", "who", "stake", "made", "entity", "metric", "unit")},
                **{k: getattr(one, k) for k in ("period_start", "period_end", "low", "value", "high", "kind")},
                **{k: getattr(one, k) for k in ("due", "fixed", "source", "note")},
                "rule": one.rule.name,
                "status": "resolved" if found else "overdue" if one.due < day else "open",
                "outcome": value,
                "known_on": pd.Timestamp(found[1]) if found else pd.NaT,
                "outcome_source": found[2] if found else "",
                "where": where(one, value) if found else "",
                "ratio": value / one.value if found and value > 0 and one.value > 0 else math.nan,
                "error_ratio": (value - one.value) / abs(one.value) if found else math.nan,
                "lead_years": (one.period_end - one.made).days / 365.25,
                "left_ratio": min(max((one.period_end - one.made).days / length, 0.0), 1.0),
                "hindsight": bool(found and found[1] <= one.fixed.date()),
                "so_far": math.nan if running is None else running,
                "passed": _passed(one, running),
            }
        )
    return pd.DataFrame(rows, columns=BOARD)


def by_who(table: pd.DataFrame) -> pd.DataFrame:
    """
    Running score of each forecaster.

    Parameters
    ----------
    table : DataFrame
        From :func:`board`.

    Returns
    -------
    DataFrame
        who, resolved, within, below, above (counts), ratio (median of outcome over forecast), miss (median factor
        between the two), open, overdue, passed; most resolved first.
    """
    rows = []
    for who, part in table.groupby("who", sort=True):
        done = part[part["status"] == "resolved"]
        ratio = done["ratio"].dropna()
        rows.append(
            {
                "who": who,
                "resolved": len(done),
                **{side: int((done["where"] == side).sum()) for side in ("within", "below", "above")},
                "ratio": float(ratio.median()) if len(ratio) else math.nan,
                "miss": float(np.exp(np.log(ratio).abs().median())) if len(ratio) else math.nan,
                "open": int((part["status"] == "open").sum()),
                "overdue": int((part["status"] == "overdue").sum()),
                "passed": int(part["passed"].sum()),
            }
        )
    columns = ["who", "resolved", "within", "below", "above", "ratio", "miss", "open", "overdue", "passed"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["resolved", "who"], ascending=[False, True], ignore_index=True
    )
