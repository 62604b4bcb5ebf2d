"""What came of a forecast, by its rule, from what was known on a day."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..evidence import View, per_view, source_keys
from ..periods import calendar_share
from .others import Forecast, ForecastError, Rule

_SAME = 0.005  # two first figures closer than this are one, rounded
_GAP_DAYS = 12  # quarters of 52 weeks leave a few days of a year uncovered

_DAYS = ("period_start", "period_end", "known_on")
_COLUMNS = ["period_start", "period_end", "kind", "value", "low", "known_on", "source", "figure"]
_NOTHING = pd.DataFrame({c: pd.Series(dtype="datetime64[ns]" if c in _DAYS else object) for c in _COLUMNS})

Found = tuple[float, pd.Timestamp, str]  # value, day it became known, sources


@per_view
def _versions(view: View, entity: str, metric: str, basis: tuple[str, ...]) -> pd.DataFrame:
    """Every version of a series by the view's day, the first known first."""
    rows = view.vintages(entity, metric, basis=basis)
    return rows[_COLUMNS].sort_values("known_on", kind="stable")


def _rows(view: View, rule: Rule, entity: str, metric: str | None = None) -> pd.DataFrame:
    if rule.awaited:
        return _NOTHING
    rows = _versions(view, entity, metric or rule.metric, rule.basis)
    rows = rows[rows["value"].notna()]
    if rule.source is not None:
        rows = rows[[rule.source in source_keys([keys]) for keys in rows["source"]]]
    return rows


def _first(rows: pd.DataFrame, what: str, forecast: Forecast) -> Found | None:
    """Take the first figure that became known; two different ones on one day would settle a forecast twice."""
    if rows.empty:
        return None
    day = rows["known_on"].iloc[0]
    first = rows[rows["known_on"] == day]
    values = first["value"].to_numpy(dtype=float)
    if values.max() - values.min() > _SAME * abs(values).max():
        said = " and ".join(f"{value:g} ({source})" for value, source in zip(values, first["source"], strict=True))
        msg = (
            f"forecast {forecast.id} would resolve twice: {what} became known on {day:%Y-%m-%d} as {said}; name the "
            f"source that counts in rule {forecast.rule.name}"
        )
        raise ForecastError(msg)
    return float(values[0]), day, ";".join(source_keys(first["source"]))


def _near(days: pd.Series, day: pd.Timestamp, within: int) -> pd.Series:
    return (days - day).abs() <= pd.Timedelta(days=within)


def _stated(view: View, forecast: Forecast, entity: str, start: pd.Timestamp, end: pd.Timestamp) -> Found | None:
    rule = forecast.rule
    rows = _rows(view, rule, entity)
    level = rule.measure == "level"
    # What was said of a period before its end is no outcome.
    same = _near(rows["period_end"], end, rule.days) & (rows["known_on"] >= rows["period_end"])
    same &= (rows["kind"] == "instant") if level else _near(rows["period_start"], start, rule.days)
    return _first(rows[same], f"{entity} {rule.metric} to {end:%Y-%m-%d}", forecast)


def _quarters(
    view: View, forecast: Forecast, entity: str, start: pd.Timestamp, end: pd.Timestamp, metric: str | None = None
) -> tuple[list[Found], int]:
    """First figure of each quarter inside a period, and the days they cover."""
    rule = forecast.rule
    rows = _rows(view, rule, entity, metric)
    inside = rows[
        (rows["kind"] == "quarter")
        & (rows["period_start"] >= start - pd.Timedelta(days=rule.days))
        & (rows["period_end"] <= end + pd.Timedelta(days=rule.days))
    ]
    found, days = [], 0
    for (first, last), group in inside.groupby(["period_start", "period_end"]):
        one = _first(group, f"{entity} {metric or rule.metric} to {last:%Y-%m-%d}", forecast)
        if one is not None:
            found.append(one)
            days += (last - first).days + 1
    return found, days


def _joined(found: Iterable[Found]) -> Found:
    parts = list(found)
    return (
        math.fsum(value for value, _, _ in parts),
        max(day for _, day, _ in parts),
        ";".join(source_keys([sources for _, _, sources in parts])),
    )


def _calendar_years(
    view: View, forecast: Forecast, entity: str, start: pd.Timestamp, end: pd.Timestamp, *, whole: bool
) -> Found | None:
    """Sum of calendar years, quarters that straddle their ends weighed by days."""
    rows = _rows(view, forecast.rule, entity)
    rows = rows[rows["kind"] == "quarter"].drop_duplicates(["period_start", "period_end"])
    share = np.zeros(len(rows))
    for year in range(start.year, end.year + 1):
        share += calendar_share(rows, year).to_numpy(dtype=float)
    inside = rows[share > 0].assign(share=share[share > 0])
    days = ((inside["period_end"] - inside["period_start"]).dt.days + 1) * inside["share"]
    if inside.empty or (whole and days.sum() < (end - start).days + 1 - _GAP_DAYS):
        return None
    return (
        float((inside["value"] * inside["share"]).sum()),
        inside["known_on"].max(),
        ";".join(source_keys(inside["source"])),
    )


def _of_period(view: View, forecast: Forecast, start: pd.Timestamp, end: pd.Timestamp) -> Found | None:
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
    found = _of_period(view, forecast, forecast.period_start, forecast.period_end)
    if found is None:
        return None
    value, day, sources = found
    if rule.growth:
        year = pd.DateOffset(years=1)
        before = _of_period(view, forecast, forecast.period_start - year, forecast.period_end - year)
        if before is None:
            return None
        value, day = 100 * (value / before[0] - 1), max(day, before[1])
    return value * rule.factor * rule.sign, day, sources


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
    parts = []
    for entity in rule.entities:
        if rule.measure == "level":
            rows = _rows(view, rule, entity)
            rows = rows[(rows["kind"] == "instant") & (rows["period_end"] > forecast.made)]
            if rows.empty:
                return None
            # Of several figures dated the same day the one that became known last counts: nothing is settled here.
            parts.append(float(rows.sort_values(["period_end", "known_on"], kind="stable")["value"].iloc[-1]))
        elif rule.measure == "calendar_years":
            one = _calendar_years(view, forecast, entity, forecast.period_start, forecast.period_end, whole=False)
            parts.append(0.0 if one is None else one[0])
        else:
            found, _ = _quarters(view, forecast, entity, forecast.period_start, forecast.period_end, rule.so_far)
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
        if found is not None and found[1] < one.made:
            msg = (
                f"forecast {one.id} was made on {one.made:%Y-%m-%d}, when its outcome was known already "
                f"({found[1]:%Y-%m-%d}): leave it out"
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
                "known_on": found[1] if found else pd.NaT,
                "outcome_source": found[2] if found else "",
                "where": where(one, value) if found else "",
                "ratio": value / one.value if found and value > 0 and one.value > 0 else math.nan,
                "error_ratio": (value - one.value) / abs(one.value) if found else math.nan,
                "lead_years": (one.period_end - one.made).days / 365.25,
                "left_ratio": min(max((one.period_end - one.made).days / length, 0.0), 1.0),
                "hindsight": bool(found and found[1] <= one.fixed),
                "so_far": math.nan if running is None else running,
                "passed": _passed(one, running),
            }
        )
    return pd.DataFrame(rows)


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
    return pd.DataFrame(rows).sort_values(["resolved", "who"], ascending=[False, True], ignore_index=True)
