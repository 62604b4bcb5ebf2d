"""Earlier build-outs beside this one: what was invested, what it earned, what the service cost, what shares did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from .errors import EvidenceError, VintageError
from .evidence import View, best_rows
from .quantity import Quantity, derive, weakest
from .trends import DAYS_A_YEAR, FEWEST_POINTS, growth_fit

FOUR = ("microsoft", "alphabet", "amazon", "meta")
AI_BUILDERS = "Four AI builders"
AI_OVER_REVENUE = "Four AI builders over AI revenue"
IT_THEN, IT_NOW = "US information technology, nineties", "US information technology, now"
LOOK_BACK = 10  # years before a peak among which the start of a build-out is sought


@dataclass(frozen=True)
class Episode:
    """
    A build-out and where its figures stand.

    Parameters
    ----------
    name : str
        What a reader calls it.
    entity : str
        In the observations.
    share : tuple of str
        Metrics giving investment as a share of national output, the preferred one first.
    intensity : str
        Metric giving investment over the industry's revenue, or none.
    """

    name: str
    entity: str
    share: tuple[str, ...] = ()
    intensity: str = ""


EPISODES = (
    Episode(
        "UK railways",
        "uk_railways",
        ("capital_added_share_of_gdp", "investment_share_of_gdp"),
        "capital_added_to_receipts",
    ),
    Episode("US railroads", "us_railroads", ("investment_share_of_gdp",)),
    Episode(
        "US telecom",
        "us_telecom",
        ("investment_share_of_gdp",),  # behind the share worked out here, see `telecom_shares`
    ),
)
# (name, entity, metric, unit of the price): the price of what each build-out sold, as its source gives it.
SERVICES = (
    ("Rail freight, US", "us_railroads", "freight_revenue_per_ton_mile"),
    ("Electricity, US homes, real", "us_electric_utilities", "residential_price_real"),
    ("Call London to New York, real", "long_distance_call", "price_london_ny_three_minutes_real"),
    ("Internet transit, US", "internet_transit", "price_per_mbps_month"),
    ("Cloud storage (S3)", "aws_s3", "storage_price_gb_month"),
)


@dataclass(frozen=True)
class Recovery:
    """
    A fall and how long it took to make good, in the prices of the day and without dividends.

    Parameters
    ----------
    peak_day, trough_day : Timestamp
        Days of the extremes.
    peak, trough : float
        Values there.
    recovered_day : Timestamp or None
        First day after the trough at or above the peak.
    """

    peak_day: pd.Timestamp
    peak: float
    trough_day: pd.Timestamp
    trough: float
    recovered_day: pd.Timestamp | None

    @property
    def fall_ratio(self) -> float:
        """Share lost from peak to trough."""
        return 1 - self.trough / self.peak

    @property
    def years(self) -> float | None:
        """Years from peak to recovery, or none if it never came on record."""
        if self.recovered_day is None:
            return None
        return (self.recovered_day - self.peak_day).days / DAYS_A_YEAR


def fall_and_recovery(
    days: Sequence,
    values: Sequence[float],
    *,
    since: str | pd.Timestamp | None = None,
    until: str | pd.Timestamp | None = None,
) -> Recovery:
    """
    Find the peak within a window, the low that followed and the day the peak was passed again.

    Parameters
    ----------
    days, values : sequences
        A price or an index.
    since, until : day, optional
        Where to look for the peak; everywhere by default.

    Returns
    -------
    Recovery

    Raises
    ------
    EvidenceError
        If there is no value in the window.

    Examples
    --------
    >>> days = pd.to_datetime(["2000-01-31", "2000-06-30", "2001-01-31", "2004-01-31"])
    >>> toy = fall_and_recovery(days, [100, 80, 20, 101], until="2000-12-31")
    >>> toy.fall_ratio, toy.trough_day.year, round(toy.years, 1)
    (0.8, 2001, 4.0)
    """
    series = pd.Series(np.asarray(values, dtype=float), index=pd.DatetimeIndex(pd.to_datetime(list(days)))).sort_index()
    window = series.loc[since:until]
    if window.empty:
        msg = f"no value between {since} and {until}: widen the window or take another series"
        raise EvidenceError(msg)
    peak_day, peak = window.idxmax(), float(window.max())
    after = series.loc[series.index > peak_day]
    back = after[after >= peak]
    fallen = after if back.empty else after[after.index < back.index[0]]
    if fallen.empty:
        return Recovery(peak_day, peak, peak_day, peak, back.index[0] if len(back) else None)
    return Recovery(
        peak_day, peak, fallen.idxmin(), float(fallen.min()), None if back.empty else pd.Timestamp(back.index[0])
    )


def start_of_build(years: Sequence[int], shares: Sequence[float]) -> int:
    """
    Year a build-out began: the last low of its share of output within the ten years before the peak.

    Examples
    --------
    >>> start_of_build([1990, 1991, 1992, 1993, 1994], [2.0, 1.0, 1.5, 3.0, 2.0])
    1991
    """
    series = pd.Series(list(shares), index=list(years), dtype=float).sort_index()
    peak = series.idxmax()
    before = series[(series.index >= peak - LOOK_BACK) & (series.index <= peak)]
    return int(before[before == before.min()].index[-1])


def _yearly(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a year: the preferred reading, and the range of all."""
    rows = rows[rows["kind"] == "year"]
    out = []
    for year, same in rows.groupby(rows["period_end"].dt.year):
        first = same.sort_values("preference", kind="stable").iloc[0]
        ends = pd.concat([same["value"], same["low"], same["high"]]).dropna()
        out.append(
            {
                "year": int(year),
                "value": first["value"],
                "low": ends.min(),
                "high": ends.max(),
                "grade": weakest(*same["grade"]),
                "source": ";".join(dict.fromkeys(";".join(same["source"]).split(";"))),
            }
        )
    return pd.DataFrame(out, columns=["year", "value", "low", "high", "grade", "source"])


def share_readings(view: View, episode: Episode) -> pd.DataFrame:
    """
    All readings of an episode's investment as a share of output, in per cent, conflicting ones included.

    Returns
    -------
    DataFrame
        Rows of the observations with ``preference`` (0 for the preferred metric).
    """
    own = [telecom_shares(view)] if episode.entity == "us_telecom" else []
    parts = own + [view.rows(episode.entity, metric) for metric in episode.share]
    return pd.concat([part.assign(preference=rank) for rank, part in enumerate(parts)], ignore_index=True)


def _by_year(view: View, entity: str, metric: str) -> pd.DataFrame:
    rows = best_rows(view.rows(entity, metric, kind="year"))
    return rows.set_index(rows["period_end"].dt.year)


def _ratio_of(parts: list[pd.DataFrame], value: pd.Series, scale: float) -> pd.DataFrame:
    """Rows of a yearly ratio, with the weakest grade and all sources of its parts."""
    value = value.dropna()
    years = value.index
    grades = [[str(part.at[year, "grade"]) for part in parts] for year in years]
    keys = [";".join(dict.fromkeys(str(part.at[year, "source"]) for part in parts)) for year in years]
    return pd.DataFrame(
        {
            "period_start": pd.to_datetime([f"{year}-01-01" for year in years]),
            "period_end": pd.to_datetime([f"{year}-12-31" for year in years]),
            "value": value.to_numpy() * scale,
            "low": float("nan"),
            "high": float("nan"),
            "grade": [weakest("derived", *given) for given in grades],
            "source": keys,
            "kind": "year",
        }
    )


def telecom_shares(view: View) -> pd.DataFrame:
    """Investment of US telecom and data industries in digital infrastructure over US output, per cent, by year."""
    spent = _by_year(view, "us_telecom", "digital_infrastructure_investment")
    output = view.series("us_economy", "gdp_nominal_annual")
    output = output.set_index(output["period_end"].dt.year).assign(grade="reported")
    return _ratio_of([spent, output], spent["value"] / output["value"], 100)


def telecom_intensity(view: View) -> pd.DataFrame:
    """
    The same investment over gross output of the same industries, per cent, by year.

    Gross output counts what carriers sell to each other, so the ratio is a low reading.
    """
    spent = _by_year(view, "us_telecom", "digital_infrastructure_investment")
    carriers = _by_year(view, "us_telecom", "gross_output_broadcasting_and_telecommunications")
    data = _by_year(view, "us_cloud", "gross_output_data_processing_and_other_information")
    ratio = spent["value"] / (carriers["value"] + data["value"])
    return _ratio_of([spent, carriers, data], ratio, 100)


def gdp_by_year(view: View) -> pd.Series:
    """US output by calendar year, USD mn, from the quarters published by the day (whole years only)."""
    quarters = view.series("us_economy", "gdp_nominal_saar")
    by_year = quarters.groupby(quarters["period_end"].dt.year)["value"].agg(["mean", "size"])
    return by_year.loc[by_year["size"] == 4, "mean"]


def four_capex_by_year(view: View, years: Sequence[int]) -> dict[int, Quantity]:
    """
    Cash capital expenditure of the four largest builders by calendar year, where all four are known.

    Returns
    -------
    dict
        Year to quantity in USD_mn.
    """
    out = {}
    for year in years:
        try:
            parts = [view.calendar_year(company, "capex", year) for company in FOUR]
        except (VintageError, EvidenceError):
            continue
        out[year] = derive(lambda *x: sum(x), *parts, unit="USD_mn", interval="none: a sum of figures as reported")
    return out


def investment_shares(view: View) -> pd.DataFrame:
    """
    Investment as a share of national output by episode and year, on a common clock.

    The clock starts in the year of the lowest share within the ten years before the peak (:func:`start_of_build`);
    for the build-out under way the peak is its latest year. The AI line is the whole cash capital expenditure of four
    companies, at home and abroad and for every purpose, over US output: an upper bound on its AI part by those four
    and without anybody else's.

    Returns
    -------
    DataFrame
        episode, year, clock, value (share 0 to 1), low, high, source, grade.
    """
    frames = []
    for episode in EPISODES:
        yearly = _yearly(share_readings(view, episode))
        if len(yearly) > 1:
            frames.append(_clocked(yearly.assign(episode=episode.name)))
    now = _ai_shares(view)
    frames += [frame for frame in (_it_shares(view, 1990, 2010), now) if len(frame) > 1]
    if len(now) > 1:
        today = _it_shares(view, view.year - 6, view.year)
        clock = int(now["year"].iloc[-1] - now["clock"].iloc[-1])
        frames.append(today.assign(episode=IT_NOW, clock=today["year"] - clock))
    if not frames:
        msg = f"no share of investment in output was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    table = pd.concat(frames, ignore_index=True)
    table[["value", "low", "high"]] /= 100
    return table[["episode", "year", "clock", "value", "low", "high", "source", "grade"]]


def _clocked(yearly: pd.DataFrame) -> pd.DataFrame:
    start = start_of_build(yearly["year"], yearly["value"])
    return yearly.assign(clock=yearly["year"] - start)


def _it_shares(view: View, first: int, last: int) -> pd.DataFrame:
    quarters = view.series("us_economy", "it_investment_share_of_gdp")
    if quarters.empty:
        return quarters
    by_year = quarters.groupby(quarters["period_end"].dt.year)["value"]
    yearly = pd.DataFrame({"value": by_year.mean(), "size": by_year.size()}).rename_axis("year").reset_index()
    yearly = yearly[(yearly["size"] == 4) & yearly["year"].between(first, last)]
    yearly = yearly.assign(
        episode=IT_THEN,
        low=yearly["value"],
        high=yearly["value"],
        grade="derived",
        source=quarters["source"].iloc[-1],
    )
    return _clocked(yearly) if len(yearly) else yearly


def _ai_shares(view: View) -> pd.DataFrame:
    gdp = gdp_by_year(view)
    capex = four_capex_by_year(view, [int(year) for year in gdp.index if year >= 2015])
    rows = [
        {
            "year": year,
            "value": 100 * amount.value / gdp[year],
            "low": 100 * amount.value / gdp[year],
            "high": 100 * amount.value / gdp[year],
            "grade": "derived",
            "source": ";".join(amount.sources),
        }
        for year, amount in capex.items()
    ]
    if not rows:
        return pd.DataFrame()
    yearly = pd.DataFrame(rows).assign(episode=AI_BUILDERS)
    # Four companies grew for two decades before; their clock starts where the share last stood still.
    growth = yearly["value"].pct_change()
    still = yearly.loc[growth <= 0, "year"]
    start = int(still.iloc[-1]) if len(still) else int(yearly["year"].iloc[0])
    return yearly.assign(clock=yearly["year"] - start)


def peak_share(view: View, episode: Episode) -> Quantity:
    """
    Highest yearly share of output an episode reached, with the range of all readings of that year and of spans
    that hold it.

    Returns
    -------
    Quantity
        A ratio.
    """
    readings = share_readings(view, episode)
    yearly = _yearly(readings)
    preferred = readings[(readings["kind"] == "year") & (readings["preference"] == 0)]
    if preferred.empty:
        msg = f"no yearly share of output for {episode.name} was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    top = yearly.loc[yearly["year"].isin(preferred["period_end"].dt.year)].sort_values("value").iloc[-1]
    year = int(top["year"])
    around = readings[(readings["period_start"].dt.year <= year) & (readings["period_end"].dt.year >= year)]
    ends = pd.concat([around["value"], around["low"], around["high"]]).dropna() / 100
    same = ends.min() == ends.max()
    return Quantity(
        float(top["value"]) / 100,
        "ratio",
        None if same else float(ends.min()),
        None if same else float(ends.max()),
        grade=weakest("estimated", *around["grade"]),
        as_of=view.dated,
        sources=tuple(dict.fromkeys(";".join(around["source"]).split(";"))),
        interval="none: one reading" if same else "range of published readings of that year and of spans that hold it",
    )


def intensities(view: View, ai: Mapping[int, tuple[float, float, float]] | None = None) -> pd.DataFrame:
    """
    Investment over the revenue of those who invest, by episode and year.

    Parameters
    ----------
    view : View
        What was known.
    ai : mapping, optional
        Year to (value, low, high) for the build-out under way, whose revenue is another chapter's business.

    Returns
    -------
    DataFrame
        episode, year, clock (years since the first on record), value (multiple of revenue), low, high, source.
    """
    rows = []
    for episode in EPISODES:
        known = None
        if episode.intensity:
            known = view.rows(episode.entity, episode.intensity, kind="year")
        elif episode.entity == "us_telecom":
            known = telecom_intensity(view)
        if known is not None:
            rows += [
                (episode.name, int(end.year), value / 100, value / 100, value / 100, source)
                for end, value, source in known[["period_end", "value", "source"]].itertuples(index=False)
            ]
    for year, ratio in aws_intensity(view).items():
        rows.append(("Cloud (AWS)", year, ratio.value, ratio.value, ratio.value, ";".join(ratio.sources)))
    for year, (value, low, high) in (ai or {}).items():
        rows.append((AI_OVER_REVENUE, year, value, low, high, ""))
    table = pd.DataFrame(rows, columns=["episode", "year", "value", "low", "high", "source"])
    if table.empty:
        return table.assign(clock=[])
    table["clock"] = table["year"] - table.groupby("episode")["year"].transform("min")
    return table


def aws_intensity(view: View) -> dict[int, Quantity]:
    """
    Property and equipment added (leases included) over net sales of AWS, by year.

    Returns
    -------
    dict
        Year to ratio.
    """
    added = best_rows(view.rows("amazon_aws", "property_and_equipment_additions", kind="year"))
    sold = best_rows(view.rows("amazon_aws", "cloud_revenue", kind="year", basis="reported"))
    out = {}
    for year in sorted(set(added["period_end"].dt.year) & set(sold["period_end"].dt.year)):
        pair = [rows[rows["period_end"].dt.year == year].iloc[0] for rows in (added, sold)]
        out[int(year)] = Quantity(
            pair[0]["value"] / pair[1]["value"],
            "ratio",
            grade=weakest("derived", *(row["grade"] for row in pair)),
            as_of=view.dated,
            sources=tuple(key for row in pair for key in row["source"].split(";")),
            interval="none: two figures as reported",
        )
    return out


def cumulative_surplus(view: View) -> pd.DataFrame:
    """
    Running sum of what AWS earned before tax less what it added to plant: operating income plus depreciation less
    additions.

    Returns
    -------
    DataFrame
        year, surplus_usd_mn, cumulative_usd_mn, source; years with all three figures, from the first.
    """
    metrics = ("cloud_operating_income", "depreciation_amortisation", "property_and_equipment_additions")
    parts = {metric: best_rows(view.rows("amazon_aws", metric, kind="year")) for metric in metrics}
    values = {m: rows.set_index(rows["period_end"].dt.year)["value"] for m, rows in parts.items()}
    table = pd.DataFrame(values).dropna()
    surplus = (
        table["cloud_operating_income"] + table["depreciation_amortisation"] - table["property_and_equipment_additions"]
    )
    keys = ";".join(dict.fromkeys(key for rows in parts.values() for s in rows["source"] for key in s.split(";")))
    return pd.DataFrame(
        {
            "year": table.index.astype(int),
            "surplus_usd_mn": surplus.to_numpy(),
            "cumulative_usd_mn": surplus.cumsum().to_numpy(),
            "source": keys,
        }
    )


def service_prices(view: View) -> pd.DataFrame:
    """
    Price of what each build-out sold, indexed to its first year on record.

    Returns
    -------
    DataFrame
        service, day, clock (years since the first), price, index (1 at the first), source.
    """
    frames = []
    for name, entity, metric in SERVICES:
        rows = best_rows(view.rows(entity, metric))
        if len(rows) < 2:
            continue
        day = rows["period_end"]
        frames.append(
            pd.DataFrame(
                {
                    "service": name,
                    "day": day,
                    "clock": (day - day.iloc[0]).dt.days / DAYS_A_YEAR,
                    "price": rows["value"],
                    "index": rows["value"] / rows["value"].iloc[0],
                    "source": rows["source"],
                    "grade": rows["grade"],
                }
            )
        )
    if not frames:
        msg = f"no price of a service was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    return pd.concat(frames, ignore_index=True)


def price_change(services: pd.DataFrame, name: str, day: date | None = None) -> Quantity:
    """
    Yearly change of a service's price, fitted where there are four points, else from end to end.

    Returns
    -------
    Quantity
        A ratio, negative where the price fell; 90 % interval of the fit.
    """
    rows = services[services["service"] == name]
    if len(rows) < 2:
        msg = f"the price of {name} was not known on two days by {day}: ask for a later day"
        raise VintageError(msg)
    keys = tuple(dict.fromkeys(key for joined in rows["source"] for key in joined.split(";")))
    grade = weakest("derived", *rows["grade"])
    if len(rows) >= FEWEST_POINTS:
        fit = growth_fit(rows["day"], rows["price"])
        note = "90 % interval of a log-linear fit"
        return Quantity(fit.per_year - 1, "ratio", fit.low - 1, fit.high - 1, grade, day, keys, note)
    ends = rows["price"].iloc[-1] / rows["price"].iloc[0]
    return Quantity(
        ends ** (1 / rows["clock"].iloc[-1]) - 1,
        "ratio",
        grade=grade,
        as_of=day,
        sources=keys,
        interval="none: first and last price on record",
    )


def fall_of_flow(view: View, entity: str, metric: str, since: int, until: int) -> tuple[Quantity, int, int]:
    """
    Fall of a yearly flow from its peak within some years to the low after it.

    Parameters
    ----------
    view : View
        What was known.
    entity, metric : str
        A yearly flow.
    since, until : int
        Years among which the peak and the low are sought.

    Returns
    -------
    tuple
        The fall as a ratio, the year of the peak, the year of the low.
    """
    rows = best_rows(view.rows(entity, metric, kind="year"))
    rows = rows[rows["period_end"].dt.year.between(since, until)]
    if len(rows) < 2:
        msg = f"{entity} {metric} of {since} to {until} was not known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    values = rows.set_index(rows["period_end"].dt.year)["value"]
    peak = int(values.loc[: values.index[-1] - 1].idxmax())
    low = int(values.loc[peak:].idxmin())
    fall = Quantity(
        1 - values[low] / values[peak],
        "ratio",
        grade=weakest("derived", *rows["grade"]),
        as_of=view.dated,
        sources=tuple(dict.fromkeys(";".join(rows["source"]).split(";"))),
        interval="none: two figures of one statistic",
    )
    return fall, peak, low
