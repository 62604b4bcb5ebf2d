"""What we forecast: each series as it was known on a day, and the value that came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from .. import prices, revenue, stock
from ..adoption import latest_versions
from ..errors import UnknownNameError, VintageError, did_you_mean
from ..evidence import View, per_view

_NEAR_DAYS = 31  # a run rate this soon before the target still tells of it
_QUARTER_DAYS = 12  # fiscal quarters end on the last Sunday of their month


@dataclass(frozen=True)
class Series:
    """
    Something measured again and again that is forecast as of past days.

    Parameters
    ----------
    key : str
        Name in tables.
    title : str
        In words.
    unit : str
        Of its values, all above zero.
    fades : str or None
        The assumption that says how soon its growth halves; None where growth is fitted and goes on.
    known : callable
        View and path of AI revenue to its history by the view's day: columns day, value.
    happened : callable
        View, path and the day meant to the value, or None where it is not yet known.
    meant : callable
        From a target day to the day on which the measured period ends.
    of_path : bool
        Whether it is read off the path of AI revenue.
    """

    key: str
    title: str
    unit: str
    fades: str | None
    known: Callable[[View, pd.DataFrame], pd.DataFrame]
    happened: Callable[[View, pd.DataFrame, pd.Timestamp], float | None]
    meant: Callable[[pd.Timestamp], pd.Timestamp]
    of_path: bool = False


def _same(day: pd.Timestamp) -> pd.Timestamp:
    return day


def quarter_ended(day: pd.Timestamp, months_off: int = 0) -> pd.Timestamp:
    """
    End of the last quarter that was over by a day.

    Parameters
    ----------
    day : Timestamp
        The day.
    months_off : int
        How many months after the calendar quarters the fiscal ones end.

    Examples
    --------
    >>> str(quarter_ended(pd.Timestamp("2027-08-31")).date()), str(quarter_ended(pd.Timestamp("2027-08-31"), 1).date())
    ('2027-06-30', '2027-07-31')
    """
    ends = [day + pd.offsets.MonthEnd(-back) for back in range(4)]
    ends = [day, *ends] if day.is_month_end else ends
    return next(end for end in ends if (end.month - months_off) % 3 == 0)


# AI revenue: what this report shows on a day


def _path(column: str) -> tuple[Callable, Callable]:
    def known(view: View, path: pd.DataFrame) -> pd.DataFrame:
        # A row of the path was made of what was known on its own day: those up to the day are all that was known then.
        rows = path[(path["day"] <= pd.Timestamp(view.day)) & path["day"].dt.is_month_end & (path[column] > 0)]
        quarters = rows[(rows["day"].dt.month % 3 == 0) | (rows["day"] == rows["day"].max())]
        return quarters.rename(columns={column: "value"})[["day", "value"]].reset_index(drop=True)

    def happened(view: View, path: pd.DataFrame, day: pd.Timestamp) -> float | None:
        found = path.loc[(path["day"] == day) & (day <= pd.Timestamp(view.day)), column]
        return float(found.iloc[0]) if len(found) else None

    return known, happened


# Run rates of one company: dated by the statement, read between dates


@per_view
def _rates(view: View, entity: str) -> pd.DataFrame:
    rows = revenue.run_rate_rows(view, entity)
    rows = latest_versions(rows[rows["basis"].isin(("reported", "secondary"))])
    found = rows.rename(columns={"period_end": "day"})[["day", "value"]]
    return found.assign(value=found["value"] / 1000).groupby("day", as_index=False).last()


def between(rows: pd.DataFrame, day: pd.Timestamp) -> float | None:
    """
    Read dated figures on a day: on a straight line in logarithms, or the last one where it is of the month before.

    Examples
    --------
    >>> rows = pd.DataFrame({"day": pd.to_datetime(["2025-01-01", "2025-01-31"]), "value": [1.0, 4.0]})
    >>> between(rows, pd.Timestamp("2025-01-16")), between(rows, pd.Timestamp("2025-02-10"))
    (2.0, 4.0)
    >>> between(rows, pd.Timestamp("2025-06-30")) is None
    True
    """
    before, after = rows[rows["day"] <= day], rows[rows["day"] >= day]
    if before.empty:
        return None
    if after.empty:
        return float(before["value"].iloc[-1]) if (day - before["day"].iloc[-1]).days <= _NEAR_DAYS else None
    days = rows["day"].astype("int64").to_numpy(dtype=float)
    at = float(pd.Series([day]).astype(rows["day"].dtype).astype("int64").iloc[0])
    return round(float(np.exp(np.interp(at, days, np.log(rows["value"].to_numpy(dtype=float))))), 12)


def _rate_of(entity: str) -> tuple[Callable, Callable]:
    def known(view: View, path: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001
        return _rates(view, entity)

    def happened(view: View, path: pd.DataFrame, day: pd.Timestamp) -> float | None:  # noqa: ARG001
        return between(_rates(view, entity), day)

    return known, happened


# Quarters


@per_view
def _spent(view: View) -> pd.DataFrame:
    """Capital expenditure of the five builders by calendar quarter, whole quarters only."""
    table = stock.spending(view)
    quarter = table["period_end"].dt.to_period("Q")
    sums = table.groupby(quarter)["value"].agg(["sum", "count"])
    whole = sums[sums["count"] == len(stock.SPENDERS)]
    return pd.DataFrame({"day": whole.index.to_timestamp(how="end").normalize(), "value": whole["sum"].to_numpy()})


@per_view
def _chips(view: View) -> pd.DataFrame:
    rows = view.quarters("nvidia", "datacenter_revenue")
    rows = rows[rows["period_end"] >= pd.Timestamp(2021, 1, 1)]
    return pd.DataFrame({"day": rows["period_end"], "value": rows["value"] / 1000})


def _quarterly(of: Callable[[View], pd.DataFrame]) -> tuple[Callable, Callable]:
    def known(view: View, path: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001
        return of(view)

    def happened(view: View, path: pd.DataFrame, day: pd.Timestamp) -> float | None:  # noqa: ARG001
        rows = of(view)
        near = rows[(rows["day"] - day).abs() <= pd.Timedelta(days=_QUARTER_DAYS)]
        return float(near["value"].iloc[0]) if len(near) else None

    return known, happened


# Prices at constant capability


def _price_of(name: str) -> tuple[Callable, Callable]:
    level = prices.level_named(name)

    def known(view: View, path: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG001
        market = prices.market(view)
        try:
            steps, last = market.steps(level, view.day), market.last_scored(level.benchmark, view.day)
        except VintageError:
            return pd.DataFrame({"day": pd.to_datetime([]), "value": []})
        # Between two steps the price stands; read at the ends of quarters it is a series like the others.
        ends = pd.date_range(steps["day"].iloc[0], last, freq="QE")
        days = ends if len(ends) and ends[-1] == last else ends.append(pd.DatetimeIndex([last]))
        return pd.DataFrame({"day": days, "value": [prices.price_on(steps, day) for day in days]})

    def happened(view: View, path: pd.DataFrame, day: pd.Timestamp) -> float | None:  # noqa: ARG001
        market = prices.market(view)
        if day > market.last_scored(level.benchmark, view.day):
            return None
        return prices.price_on(market.steps(level, view.day), day)

    return known, happened


_REVENUE, _BUILDING = "revenue_growth_half_life_years", "building_growth_half_life_years"
SERIES = {
    one.key: one
    for one in (
        Series("ai_revenue", "AI revenue as shown here", "USD_bn", _REVENUE, *_path("usd_bn"), _same, True),
        Series("labs", "Run rates of the labs", "USD_bn", _REVENUE, *_path("labs_usd_bn"), _same, True),
        Series("openai", "OpenAI's run rate", "USD_bn", _REVENUE, *_rate_of("openai"), _same),
        Series("anthropic", "Anthropic's run rate", "USD_bn", _REVENUE, *_rate_of("anthropic"), _same),
        Series("capex", "Capex of five builders, a quarter", "USD_bn", _BUILDING, *_quarterly(_spent), quarter_ended),
        Series(
            "nvidia", "Nvidia's data-centre sales, a quarter", "USD_bn", _BUILDING, *_quarterly(_chips),
            lambda day: quarter_ended(day, 1),
        ),
        Series("price_gpt4", "Price of the level of GPT-4", "USD_per_mtok", None, *_price_of("GPT-4"), _same),
    )
}  # fmt: skip


def series_named(key: str) -> Series:
    """
    Find a series by its key.

    Raises
    ------
    UnknownNameError
        If there is none.
    """
    if key not in SERIES:
        msg = f"there is no forecast series {key!r}; there are {', '.join(SERIES)}.{did_you_mean(key, SERIES)}"
        raise UnknownNameError(msg)
    return SERIES[key]


def quarter_ends(first: date, last: date) -> list[pd.Timestamp]:
    """
    Quarter-ends from one day to another.

    Examples
    --------
    >>> [str(day.date()) for day in quarter_ends(date(2023, 6, 30), date(2023, 12, 30))]
    ['2023-06-30', '2023-09-30']
    """
    return list(pd.date_range(first, last, freq="QE"))
