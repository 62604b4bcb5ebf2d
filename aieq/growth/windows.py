"""What the length of a window does to a rate of price decline: the same prices, fitted on every window they hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import EvidenceError, ParameterError
from ..trends import DAYS_A_YEAR

WINDOWS_MONTHS = (6, 9, 12, 18, 24, 30, 36)


def monthly(days: Sequence, prices: Sequence[float], last_day: pd.Timestamp) -> pd.Series:
    """
    Read a price that stands until it changes at the end of each month, from the month in which it was first on offer.

    Parameters
    ----------
    days, prices : sequence
        When each price began, ascending, and the price.
    last_day : Timestamp
        Last day on which the price is known.

    Returns
    -------
    Series
        Price by day; the first is the day on which it was first on offer.

    Examples
    --------
    >>> monthly(["2024-01-15", "2024-03-10"], [8.0, 2.0], pd.Timestamp("2024-04-30")).tolist()
    [8.0, 8.0, 8.0, 2.0, 2.0]
    """
    begun = pd.DatetimeIndex(pd.to_datetime(list(days)))
    amount = np.asarray(prices, dtype=float)
    if not len(begun) or last_day < begun[0]:
        msg = f"no price was on offer by {last_day}: a window needs one"
        raise EvidenceError(msg)
    ends = pd.date_range(begun[0], last_day, freq="ME")
    read = ends if len(ends) and ends[0] == begun[0] else ends.insert(0, begun[0])
    return pd.Series(amount[begun.searchsorted(read, side="right") - 1], index=read)


def slope(series: pd.Series) -> float:
    """
    How many times cheaper a year, by least squares on logarithms; below one it became dearer.

    Examples
    --------
    >>> days = pd.to_datetime(["2023-01-01", "2024-01-01", "2025-01-01"])
    >>> round(slope(pd.Series([100.0, 10.0, 1.0], index=days)), 1)
    10.0
    """
    t = np.asarray((series.index - series.index[0]).days, dtype=float) / DAYS_A_YEAR
    centred = t - t.mean()
    logs = np.log(series.to_numpy())
    return math.exp(-float(centred @ (logs - logs[0])) / float(centred @ centred))


def rates(series: pd.Series, windows: Sequence[int] = WINDOWS_MONTHS) -> pd.DataFrame:
    """
    Rates of fall on all windows of some lengths.

    Parameters
    ----------
    series : Series
        From :func:`monthly`.
    windows : sequence of int
        Lengths in months, two or more.

    Returns
    -------
    DataFrame
        months, kind (``growing`` begins when the price began, ``shrinking`` ends on its last day, ``sliding`` is every
        window of that length), start, end, times (cheaper a year). A length that the series does not hold is left out.
    """
    if any(months < 2 for months in windows):
        msg = f"windows of {list(windows)} months: a slope needs two months or more"
        raise ParameterError(msg)
    rows, last = [], len(series) - 1
    for months in windows:
        for start in range(last - months + 1):
            part = series.iloc[start : start + months + 1]
            kinds = ["sliding"] + ["growing"] * (start == 0) + ["shrinking"] * (start + months == last)
            times = slope(part)
            rows += [(months, kind, part.index[0], part.index[-1], times) for kind in kinds]
    table = pd.DataFrame(rows, columns=["months", "kind", "start", "end", "times"])
    return table.astype({"months": int, "times": float})


def spread(table: pd.DataFrame) -> pd.DataFrame:
    """
    Range of the rates by length of window.

    Parameters
    ----------
    table : DataFrame
        From :func:`rates`, of one level or several put together with a column ``level``.

    Returns
    -------
    DataFrame
        months, levels, n, low, q25, median, q75, fastest (times a year, medians over levels of each level's slowest,
        quartiles and fastest window of that length).
    """
    sliding = table[table["kind"] == "sliding"]
    quantiles = {"low": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "fastest": 1.0}
    rows = []
    for months, part in sliding.groupby("months"):
        by_level = part.groupby("level")["times"]
        found = {name: float(by_level.quantile(share).median()) for name, share in quantiles.items()}
        rows.append({"months": months, "levels": by_level.ngroups, "n": len(part), **found})
    return pd.DataFrame(rows, columns=["months", "levels", "n", *quantiles])
