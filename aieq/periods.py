"""Periods as they were: what kind a period is, the last four quarters, fiscal quarters on the calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .errors import EvidenceError

KINDS = ("instant", "month", "quarter", "half", "year", "span")
# Fiscal quarters have 12 to 14 weeks, fiscal years 52 or 53: the bounds leave a week of slack on either side.
_DAYS = (("instant", 1, 1), ("month", 28, 31), ("quarter", 83, 99), ("half", 175, 190), ("year", 357, 373))


def kind_of(period_start: pd.Series, period_end: pd.Series) -> pd.Series:
    """
    Name the kind of each period by its length in days, both ends included.

    Parameters
    ----------
    period_start, period_end : Series of Timestamp
        First and last day.

    Returns
    -------
    Series of str
        ``instant``, ``month``, ``quarter``, ``half``, ``year``, or ``span`` for any other length.

    Examples
    --------
    >>> days = pd.to_datetime(pd.Series(["2026-04-27", "2026-06-30", "2025-07-01"]))
    >>> kind_of(days, pd.to_datetime(pd.Series(["2026-07-26", "2026-06-30", "2026-06-30"]))).tolist()
    ['quarter', 'instant', 'year']
    """
    days = (period_end - period_start).dt.days.to_numpy() + 1
    conditions = [(days >= low) & (days <= high) for _, low, high in _DAYS]
    return pd.Series(
        np.select(conditions, [name for name, _, _ in _DAYS], "span"), index=period_end.index, dtype=object
    )


def last_four_quarters(quarters: pd.DataFrame, end: pd.Timestamp | None = None) -> pd.DataFrame:
    """
    Keep four quarters that follow on each other without a gap.

    Parameters
    ----------
    quarters : DataFrame
        One row a quarter with ``period_start``, ``period_end``, sorted by ``period_end``.
    end : Timestamp, optional
        Last day of the last quarter; the latest by default.

    Returns
    -------
    DataFrame
        Four rows.

    Raises
    ------
    EvidenceError
        If fewer than four quarters are known or one between is missing.
    """
    known = quarters if end is None else quarters[quarters["period_end"] <= end]
    last = known.tail(4)
    if len(last) < 4:
        msg = f"only {len(last)} of the last four quarters are known: add the missing rows or ask for a later day"
        raise EvidenceError(msg)
    # A 53-week year moves a boundary by days, never by a month.
    gaps = (
        last["period_start"].iloc[1:].reset_index(drop=True) - last["period_end"].iloc[:-1].reset_index(drop=True)
    ).dt.days
    if (gaps.abs() > 10).any():
        at = int(gaps.abs().idxmax())
        msg = f"a quarter is missing after {last['period_end'].iloc[at]:%Y-%m-%d}: add its row before summing a year"
        raise EvidenceError(msg)
    return last


def calendar_share(quarters: pd.DataFrame, year: int) -> pd.Series:
    """
    Compute which share of each quarter's days lies in a calendar year.

    A quarter that misses the calendar by up to ten days counts as the calendar quarter it stands for: a 52-week
    fiscal year is not a different year.

    Parameters
    ----------
    quarters : DataFrame
        With ``period_start`` and ``period_end``.
    year : int
        Calendar year.

    Returns
    -------
    Series of float
        Between 0 and 1.

    Examples
    --------
    Nvidia's quarter to 26 January 2025 has 65 of its 91 days in 2024:

    >>> start, end = pd.Timestamp("2024-10-28"), pd.Timestamp("2025-01-26")
    >>> quarter = pd.DataFrame({"period_start": [start], "period_end": [end]})
    >>> round(float(calendar_share(quarter, 2024).iloc[0]) * 91)
    65
    """
    first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    start, end = quarters["period_start"].to_numpy(), quarters["period_end"].to_numpy()
    a_day = np.timedelta64(1, "D")
    days = (end - start) // a_day + 1
    inside = np.maximum((np.minimum(end, last.to_numpy()) - np.maximum(start, first.to_numpy())) // a_day + 1, 0)
    inside = np.where(days - inside > 10, inside, days)
    return pd.Series(np.where(inside > 10, inside / days, 0.0), index=quarters.index)
