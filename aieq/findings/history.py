"""Findings on earlier build-outs, prices at constant capability, the open-closed gap and what a token costs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

import pandas as pd

from .. import costs, history, prices
from ..errors import EvidenceError, VintageError
from ..evidence import OUTCOMES, View, best_rows, quantity_of, source_keys
from ..prices import LEVELS, OTHER_YARDSTICKS, Level
from ..quantity import Quantity, derive, weakest
from ..trends import DAYS_A_YEAR, FEWEST_POINTS, growth_fit
from . import Context, finding

# Volumes of tokens as platforms state them: (entity, metric). Scopes differ; only growth within one is compared.
TOKEN_SERIES = (
    ("alphabet", "monthly_tokens"),
    ("bytedance", "tokens_per_day"),
    ("openrouter", "weekly_tokens"),
    ("alphabet", "api_tokens_per_minute"),
    ("openai", "api_tokens_per_minute"),
)
INTERNET_THREE = ("amazon", "alphabet", "meta")
SPREAD_TOO_WIDE = 40
FRESH_SCORES = pd.Timedelta(days=183)
FEWEST_MONTHS_APART = 6  # a growth rate over less says little about a year


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="history", says=says)


def _range(
    values: list[float],
    unit: str,
    context: Context,
    sources: Iterable[str],
    interval: str,
    *,
    grade: str = "estimated",
    half: bool = False,
) -> Quantity:
    """Median of several readings with their range, or (`half`, from four up) with the middle half of them."""
    middle = statistics.median(values)
    low, high = min(values), max(values)
    if half and len(values) > 3:
        low, high = (float(pd.Series(values).quantile(q)) for q in (0.25, 0.75))
        interval = f"middle half of {interval}"
    wide = high > low
    if wide and low > 0 and high / low > SPREAD_TOO_WIDE:
        # Rounded to such an interval the value would show no digit at all.
        interval, wide = f"none of use: {interval} from {low:.2g} to {high:,.0f}", False
        return Quantity(
            middle, unit, grade=grade, as_of=context.view.dated, sources=source_keys(sources), interval=interval
        )
    return Quantity(
        middle,
        unit,
        low if wide else None,
        high if wide else None,
        grade=grade,
        as_of=context.view.dated,
        sources=source_keys(sources),
        interval=interval if wide else "none: one reading",
    )


# --- investment as a share of output


def it_quarters(context: Context) -> pd.DataFrame:
    """Share of information-processing equipment and software in US output, by quarter, in per cent."""
    rows = context.view.series("us_economy", "it_investment_share_of_gdp")
    if rows.empty:
        msg = f"the share of IT investment in US output was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return rows


@_finding(
    "it_investment_share_of_gdp_ratio",
    "ratio",
    "private investment in information-processing equipment and software over US output, latest quarter",
)
def _it_share(context: Context) -> Quantity:
    last = it_quarters(context).iloc[-1]
    return Quantity(
        last["value"] / 100,
        "ratio",
        grade="derived",
        as_of=context.view.dated,
        sources=source_keys([last["source"]]),
        interval="none: two figures of the national accounts",
    )


@_finding(
    "it_investment_share_of_gdp_peak_2000_ratio", "ratio", "highest quarter of that share in the boom of the nineties"
)
def _it_peak(context: Context) -> Quantity:
    rows = it_quarters(context)
    boom = rows[rows["period_end"].dt.year.between(1995, 2002)]
    top = boom.loc[boom["value"].idxmax()]
    readings = context.view.rows("us_economy", "it_investment_share_of_gdp")
    readings = readings[readings["period_end"].dt.year == 2000]
    ends = [top["value"], *readings["value"]]
    return Quantity(
        top["value"] / 100,
        "ratio",
        min(ends) / 100 if max(ends) > min(ends) else None,
        max(ends) / 100 if max(ends) > min(ends) else None,
        grade=weakest("derived", *readings["grade"]),
        as_of=context.view.dated,
        sources=source_keys([top["source"], *readings["source"]]),
        interval="range of published readings" if max(ends) > min(ends) else "none: one reading",
    )


@_finding(
    "it_investment_share_change_in_two_years_ratio",
    "ratio",
    "rise of that share over the last eight quarters, in shares of output",
)
def _it_change(context: Context) -> Quantity:
    rows = it_quarters(context)
    now, before = rows.iloc[-1], rows.iloc[-9]
    return Quantity(
        (now["value"] - before["value"]) / 100,
        "ratio",
        grade="derived",
        as_of=context.view.dated,
        sources=source_keys([now["source"]]),
        interval="none: figures of the national accounts",
    )


@_finding(
    "four_capex_share_of_gdp_ratio",
    "ratio",
    "capital expenditure of Microsoft, Alphabet, Amazon and Meta over four quarters, for all purposes and anywhere, "
    "over US output",
)
def _four_share(context: Context) -> Quantity:
    view = context.view
    spent = context["capex_four_usd_bn_ttm"]
    output = view.series("us_economy", "gdp_nominal_saar")
    if output.empty:
        msg = f"US output was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    last = output.iloc[-1]
    share = spent.to("USD_mn").value / last["value"]
    readings = view.rows("us_ai", "investment_share_of_gdp", basis=OUTCOMES)
    ends = [share, *(readings["value"] / 100)]
    wide = max(ends) > min(ends)
    return Quantity(
        share,
        "ratio",
        min(ends) if wide else None,
        max(ends) if wide else None,
        grade=weakest("derived", spent.grade, *readings["grade"]),
        as_of=context.view.dated,
        sources=source_keys([*spent.sources, last["source"], *readings["source"]]),
        interval="to published readings of AI investment over output in 2025" if wide else "none: reported figures",
    )


def _peak_share(index: int, name: str, says: str) -> None:
    @_finding(name, "ratio", says)
    def _share(context: Context) -> Quantity:
        return history.peak_share(context.view, history.EPISODES[index])


_peak_share(0, "uk_railways_peak_share_of_gdp_ratio", "railway investment over British output in its highest year")
_peak_share(
    1, "us_railroads_peak_share_of_gdp_ratio", "railroad investment over US output in its highest year from 1870"
)
_peak_share(
    2, "us_telecom_peak_share_of_gdp_ratio", "investment in US telecom and data networks over output at its peak"
)


@_finding(
    "railways_over_ai_share_multiple",
    "multiple",
    "peak share of British railways in output over that of the four AI builders today",
)
def _rail_over_ai(context: Context) -> Quantity:
    return derive(
        lambda rail, ai: rail / ai,
        context["uk_railways_peak_share_of_gdp_ratio"],
        context["four_capex_share_of_gdp_ratio"],
        unit="multiple",
        interval="readings of both shares",
    )


# --- investment over revenue


def _intensity(context: Context, entity: str, metric: str) -> pd.DataFrame:
    rows = context.view.rows(entity, metric, kind="year")
    if rows.empty:
        msg = f"investment over revenue of {entity} was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return rows


def _highest(rows: pd.DataFrame, unit: str, context: Context) -> Quantity:
    top = rows.loc[rows["value"].idxmax()]
    return Quantity(
        top["value"] / 100,
        unit,
        grade=weakest("derived", top["grade"]),
        as_of=context.view.dated,
        sources=source_keys([top["source"]]),
        interval="none: two figures, one reading",
    )


@_finding(
    "uk_railways_investment_to_receipts_multiple",
    "multiple",
    "railway capital added over gross receipts in the highest year",
)
def _uk_intensity(context: Context) -> Quantity:
    return _highest(_intensity(context, "uk_railways", "capital_added_to_receipts"), "multiple", context)


@_finding(
    "us_telecom_investment_to_revenue_ratio",
    "ratio",
    "investment in US telecom and data networks over the industry's gross output in the highest year",
)
def _telecom_intensity(context: Context) -> Quantity:
    rows = history.telecom_intensity(context.view)
    if rows.empty:
        msg = f"investment over revenue of US telecom was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _highest(rows, "ratio", context)


def _aws(context: Context) -> dict[int, Quantity]:
    ratios = context.memo("aws intensity", lambda: history.aws_intensity(context.view))
    if not ratios:
        msg = f"additions and sales of AWS were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return ratios


@_finding(
    "aws_investment_to_revenue_peak_ratio",
    "ratio",
    "plant and equipment added by AWS over its sales in the highest year",
)
def _aws_peak(context: Context) -> Quantity:
    return max(_aws(context).values(), key=lambda quantity: quantity.value)


@_finding(
    "aws_investment_to_revenue_ratio", "ratio", "plant and equipment added by AWS over its sales in the latest year"
)
def _aws_latest(context: Context) -> Quantity:
    ratios = _aws(context)
    return ratios[max(ratios)]


@_finding(
    "ai_capex_to_ai_revenue_multiple",
    "multiple",
    "capital expenditure of the four builders over four quarters, for all purposes, over annualised AI revenue",
)
def _ai_intensity(context: Context) -> Quantity:
    spent, earned = context["capex_four_usd_bn_ttm"], context["actual_ai_revenue_usd_bn"]
    return derive(lambda k, r: k / r, spent, earned, unit="multiple", interval=f"AI revenue {earned.interval}")


@_finding(
    "ai_part_to_ai_revenue_multiple",
    "multiple",
    "the assumed AI part of that capital expenditure over annualised AI revenue",
)
def _ai_part_intensity(context: Context) -> Quantity:
    share = context.scenario.quantity("ai_share_of_capex_ratio", context.view.year)
    whole = context["ai_capex_to_ai_revenue_multiple"]
    return derive(
        lambda multiple, part: multiple * part, whole, share, unit="multiple", interval="AI revenue and AI share"
    )


@_finding(
    "four_capex_to_own_revenue_ratio",
    "ratio",
    "capital expenditure of the four builders over all they sold, four quarters",
)
def _four_intensity(context: Context) -> Quantity:
    spent, sold = context["capex_four_usd_bn_ttm"], costs.trailing_year(context.view, "revenue")
    return derive(lambda k, r: k / r, spent, sold, unit="ratio", interval="none: reported figures")


# --- the price of the service


def _services(context: Context) -> pd.DataFrame:
    return context.memo("service prices", lambda: history.service_prices(context.view))


def _service_finding(name: str, service: str, says: str) -> None:
    @_finding(name, "ratio", says)
    def _change(context: Context) -> Quantity:
        return history.price_change(_services(context), service, context.as_of)


_service_finding(
    "rail_freight_price_change_per_year_ratio", "Rail freight, US", "yearly change of US rail freight rates"
)
_service_finding(
    "electricity_price_change_per_year_ratio",
    "Electricity, US homes, real",
    "yearly change of the real price of electricity in US homes",
)
_service_finding(
    "call_price_change_per_year_ratio",
    "Call London to New York, real",
    "yearly change of the real price of a call from London to New York",
)
_service_finding(
    "transit_price_change_per_year_ratio", "Internet transit, US", "yearly change of the price of internet transit"
)
_service_finding(
    "storage_price_change_per_year_ratio", "Cloud storage (S3)", "yearly change of the list price of cloud storage"
)


def _storage(context: Context) -> pd.DataFrame:
    rows = _services(context)
    rows = rows[rows["service"] == "Cloud storage (S3)"]
    if len(rows) < 2:
        msg = f"the list price of cloud storage was not known on two days by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return rows


@_finding(
    "storage_price_flat_years", "years", "time over which the list price of cloud storage did not move, at the least"
)
def _storage_flat(context: Context) -> Quantity:
    rows = _storage(context)
    same = rows[rows["price"] == rows["price"].iloc[-1]]
    years = (same["day"].iloc[-1] - same["day"].iloc[0]).days / DAYS_A_YEAR
    return Quantity(
        years,
        "years",
        grade=weakest("derived", *same["grade"]),
        as_of=context.view.dated,
        sources=source_keys(same["source"]),
        interval="none: two dated list prices",
    )


@_finding(
    "aws_revenue_growth_at_flat_price_multiple",
    "multiple",
    "sales of AWS in the latest full year over those of the year when the storage price last fell",
)
def _aws_growth(context: Context) -> Quantity:
    rows = _storage(context)
    since = rows.loc[rows["price"] == rows["price"].iloc[-1], "day"].iloc[0].year
    sold = context.view.series("aws", "revenue_annual")
    by_year = sold.set_index(sold["period_end"].dt.year)["value"]
    if since not in by_year.index:
        msg = f"sales of AWS in {since} were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return Quantity(
        by_year.iloc[-1] / by_year[since],
        "multiple",
        grade="derived",
        as_of=context.view.dated,
        sources=source_keys(sold["source"].unique()),
        interval="none: reported figures",
    )


# --- revenue after the build-out, falls and recoveries


@_finding(
    "telecom_revenue_fall_ratio", "ratio", "fall of the gross output of US telecommunications from its peak to its low"
)
def _telecom_fall(context: Context) -> Quantity:
    return history.fall_of_flow(context.view, "us_telecom", "gross_output_telecommunications", 1997, 2004)[0]


@_finding("wired_revenue_fall_ratio", "ratio", "fall of the gross output of US wired carriers from 2000 to 2012")
def _wired_fall(context: Context) -> Quantity:
    return history.fall_of_flow(context.view, "us_telecom", "gross_output_wired_carriers", 1997, 2012)[0]


@_finding(
    "wireless_revenue_growth_multiple", "multiple", "gross output of US wireless carriers in 2012 over that in 2000"
)
def _wireless_growth(context: Context) -> Quantity:
    rows = best_rows(context.view.rows("us_telecom", "gross_output_wireless_carriers", kind="year"))
    values = rows.set_index(rows["period_end"].dt.year)["value"]
    if not {2000, 2012} <= set(values.index):
        msg = f"the gross output of US wireless carriers was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return Quantity(
        values[2012] / values[2000],
        "multiple",
        grade=weakest("derived", *rows["grade"]),
        as_of=context.view.dated,
        sources=source_keys(rows["source"].unique()),
        interval="none: two figures of one statistic",
    )


@_finding(
    "aws_years_to_cumulative_surplus_years",
    "years",
    "years from the first accounts of AWS until its operating income before depreciation exceeded all it had added to "
    "plant",
)
def _aws_surplus(context: Context) -> Quantity:
    table = context.memo("aws surplus", lambda: history.cumulative_surplus(context.view))
    positive = table[table["cumulative_usd_mn"] > 0]
    if positive.empty:
        msg = f"no year by {context.view.dated} in which AWS had earned back its additions: ask for a later day"
        raise VintageError(msg)
    years = int(positive["year"].iloc[0]) - int(table["year"].iloc[0]) + 1
    return Quantity(
        years,
        "years",
        years - 1,
        years,
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys(table["source"].unique()),
        interval="the year in which it happened, counted from the first on record; what was invested before is unknown",
    )


# (name stem, entity, metric of the series, metric of single days on record, what it is called). Where no days are on
# record but somebody worked the landmarks out on daily closes, those widen the range.
_SHARES = (
    ("nasdaq", "nasdaq_composite", "close_month_end", "close", "the Nasdaq Composite"),
    ("cisco", "cisco", "share_price_month_end", "share_price", "Cisco shares"),
    ("amazon_shares", "amazon", "share_price_month_end", "", "Amazon shares"),
)


def recoveries(context: Context, entity: str, metric: str, daily: str) -> tuple[history.Recovery, history.Recovery]:
    """
    Fall from the peak of 1999 or 2000 and recovery: on all closes on record, and on month ends alone.

    Peaks fall between month ends; where the day itself is on record it counts.
    """

    def compute() -> tuple[history.Recovery, history.Recovery]:
        months = context.view.series(entity, metric)[["period_end", "value", "source"]]
        if months.empty:
            msg = f"month-end closes of {entity} were not known on {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        days = context.view.rows(entity, daily)[["period_end", "value", "source"]] if daily else months.iloc[:0]
        span = {"since": "1999-01-01", "until": "2000-12-31"}
        every = pd.concat([months, days]).drop_duplicates("period_end", keep="last")
        return tuple(
            history.fall_and_recovery(table["period_end"], table["value"], **span) for table in (every, months)
        )

    return context.memo(("recovery", entity), compute)


def _two_bases(values: list[float], unit: str, context: Context, entity: str, metric: str) -> Quantity:
    wide = max(values) - min(values) > 1e-9
    return Quantity(
        values[0],
        unit,
        min(values) if wide else None,
        max(values) if wide else None,
        grade="derived",
        as_of=context.view.dated,
        sources=source_keys(context.view.series(entity, metric)["source"].unique()),
        interval="month-end closes to daily closes" if wide else "none: month-end closes",
    )


def _share_findings(stem: str, entity: str, metric: str, daily: str, called: str) -> None:
    @_finding(f"{stem}_fall_ratio", "ratio", f"fall of {called} from the peak of 1999 or 2000")
    def _fall(context: Context) -> Quantity:
        values = [fall.fall_ratio for fall in recoveries(context, entity, metric, daily)]
        if not daily:
            values += list(-context.view.rows(entity, "peak_to_trough")["value"] / 100)
        return _two_bases(values, "ratio", context, entity, metric)

    @_finding(f"{stem}_recovery_years", "years", f"time until {called} passed that peak again, without dividends")
    def _years(context: Context) -> Quantity:
        years = [fall.years for fall in recoveries(context, entity, metric, daily)]
        if None in years:
            msg = f"{called} had not passed their peak of 1999 or 2000 by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        if not daily:
            years += list(context.view.rows(entity, "years_to_recover_nominal")["value"])
        return _two_bases(years, "years", context, entity, metric)


for _row in _SHARES:
    _share_findings(*_row)


@_finding("uk_railway_shares_fall_ratio", "ratio", "fall of British railway shares from their peak in 1845 to 1850")
def _uk_shares(context: Context) -> Quantity:
    rows = context.view.rows("uk_railways", "share_price_index")
    if rows.empty:
        msg = f"British railway share prices were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    peak, low = (
        rows["value"].max(),
        rows.loc[rows["period_end"] > rows.loc[rows["value"].idxmax(), "period_end"], "value"],
    )
    other = context.view.rows("uk_railways", "peak_to_trough")
    ends = [1 - low.min() / peak, *(-other["value"] / 100), *(-other["low"].dropna() / 100)]
    return Quantity(
        ends[0],
        "ratio",
        min(ends),
        max(ends),
        grade=weakest("estimated", *rows["grade"]),
        as_of=context.view.dated,
        sources=source_keys([*rows["source"], *other["source"]]),
        interval="daily and weekly index, and delisted shares at nothing",
    )


def _miles(context: Context, metric: str) -> pd.Series:
    rows = context.view.rows("uk_railways", metric)
    rows = rows[rows["source"] == "odlyzko_collapse_2011"]
    values = rows.set_index(rows["period_end"].dt.year)["value"]
    if not {1844, 1851} <= set(values.index):
        msg = f"British railway {metric.replace('_', ' ')} were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return values


@_finding(
    "uk_receipts_per_mile_change_ratio",
    "ratio",
    "change of British railways' yearly receipts for each mile, 1844 to 1851",
)
def _uk_receipts(context: Context) -> Quantity:
    values = _miles(context, "revenue_per_mile")
    return _from_odlyzko(values[1851] / values[1844] - 1, "ratio", context)


@_finding("uk_miles_growth_multiple", "multiple", "British railway miles open in 1851 over those in 1844")
def _uk_miles(context: Context) -> Quantity:
    values = _miles(context, "miles_open")
    return _from_odlyzko(values[1851] / values[1844], "multiple", context)


def _from_odlyzko(value: float, unit: str, context: Context) -> Quantity:
    return Quantity(
        value,
        unit,
        grade="estimated",
        as_of=context.view.dated,
        sources=("odlyzko_collapse_2011",),
        interval="none: a table of the time as reprinted",
    )


@_finding(
    "electric_holding_shares_fall_ratio",
    "ratio",
    "fall of US electric and gas holding companies, dividends reinvested, from September 1929 to June 1932",
)
def _electric(context: Context) -> Quantity:
    rows = best_rows(context.view.rows("us_electric_holding_companies", "total_return_index"))
    if rows.empty:
        msg = f"returns of electric holding companies were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    fall = history.fall_and_recovery(rows["period_end"], rows["value"])
    return Quantity(
        fall.fall_ratio,
        "ratio",
        grade=weakest("estimated", *rows["grade"]),
        as_of=context.view.dated,
        sources=source_keys(rows["source"]),
        interval="none: one index",
    )


@_finding(
    "railroads_into_receivership_usd_bn",
    "USD_bn",
    "capital of the US railroads that went into receivership in 1893, and by June 1894 at the upper end",
)
def _receivership(context: Context) -> Quantity:
    rows = context.view.rows("us_railroads", "capital_in_receivership")
    rows = rows[rows["period_start"].dt.year == 1893]
    if rows.empty:
        msg = f"the capital of railroads in receivership was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    first, last = rows["value"].iloc[0], rows["value"].max()
    wide = last > first
    return Quantity(
        first / 1000,
        "USD_bn",
        first / 1000 if wide else None,
        last / 1000 if wide else None,
        grade=weakest("estimated", *rows["grade"]),
        as_of=context.view.dated,
        sources=source_keys(rows["source"]),
        interval="of the year, to the middle of the next" if wide else "none: one return",
    )


@_finding("amazon_sales_growth_through_the_bust_multiple", "multiple", "sales of Amazon in 2002 over those in 1999")
def _amazon_sales(context: Context) -> Quantity:
    sold = [
        context.view.quantity("amazon", "revenue", kind="year", period_end=f"{year}-12-31") for year in (2002, 1999)
    ]
    return derive(lambda late, early: late / early, *sold, unit="multiple")


@_finding(
    "telecom_value_lost_usd_tn", "USD_tn", "market value that US telecom shares lost from March 2000 to September 2002"
)
def _value_lost(context: Context) -> Quantity:
    return context.view.quantity("us_telecom", "market_value_lost")


@_finding(
    "defaulted_bond_recovery_ratio",
    "ratio",
    "what holders of defaulted bonds, all sectors, got back for a dollar in 2001",
)
def _bond_recovery(context: Context) -> Quantity:
    cents = context.view.quantity("global_bonds", "recovery_on_defaulted_bonds", period_end="2001-12-31")
    return derive(lambda share: share / 100, cents, unit="ratio")


# --- prices at constant capability


def market(context: Context) -> prices.Market:
    """The joined price and score tables of the evidence behind a context."""
    return prices.market(context.view)


def levels_known(context: Context) -> list[Level]:
    """Capability levels on offer by the day, in the order of the article's story."""
    known = []
    for level in LEVELS:
        try:
            market(context).steps(level, context.as_of)
        except VintageError:
            continue
        known.append(level)
    return known


def level_slopes(context: Context, others: bool = False) -> pd.DataFrame:
    """Rates of fall by level and window; with `others`, on the other yardsticks too."""

    def compute() -> pd.DataFrame:
        frames = []
        for level in (*LEVELS, *(OTHER_YARDSTICKS if others else ())):
            try:
                table = market(context).slopes(level, context.as_of)
            except VintageError:
                continue
            if len(table):
                frames.append(table.assign(level=level.name, benchmark=level.benchmark))
        if not frames:
            msg = (
                f"no level of capability had been on offer for six months by {context.view.dated}: ask for a later day"
            )
            raise VintageError(msg)
        table = pd.concat(frames, ignore_index=True)
        # Shown as "times cheaper a year": 10 is a fall by nine tenths.
        return table.assign(times=1 / table["per_year"], times_low=1 / table["high"], times_high=1 / table["low"])

    return context.memo(("slopes", others), compute)


def _price_sources(context: Context, levels: Iterable[Level]) -> tuple[str, ...]:
    return source_keys(key for level in levels for key in market(context).steps(level, context.as_of)["source"])


def falls(context: Context, months: int) -> dict[Level, float]:
    """
    Share by which the cheapest price fell over the months before the last scored model, by level on offer throughout.

    On every yardstick; levels too young are left out.
    """

    def compute() -> dict[Level, float]:
        out = {}
        newest = None
        for level in (*LEVELS, *OTHER_YARDSTICKS):
            try:
                steps = market(context).steps(level, context.as_of)
                last = market(context).last_scored(level.benchmark, context.as_of)
                newest = last if newest is None else max(newest, last)
                # A benchmark that stopped scoring long ago says nothing about the months before the day.
                if pd.Timestamp(context.as_of) - last <= FRESH_SCORES:
                    out[level] = prices.fall(steps, last, months)
            except VintageError:
                continue
        if newest is not None and pd.Timestamp(context.as_of) - newest > FRESH_SCORES:
            msg = (
                f"scores of models end on {newest:%Y-%m-%d}, more than six months before {context.view.dated}: "
                "what a given capability costs now is not known; ask for an earlier day"
            )
            raise VintageError(msg)
        if not out:
            day = context.view.dated
            msg = f"no level of capability had been on offer for {months} months by {day}: ask for a later day"
            raise VintageError(msg)
        return out

    return context.memo(("falls", months), compute)


@_finding(
    "gpt4_level_launch_price_usd_per_mtok",
    "USD_per_mtok",
    "list price of GPT-4 at its launch, three parts input to one output",
)
def _launch(context: Context) -> Quantity:
    level = prices.level_named("GPT-4")
    first = market(context).steps(level, context.as_of).iloc[0]
    return Quantity(
        first["price"],
        "USD_per_mtok",
        grade="derived",
        as_of=context.view.dated,
        sources=source_keys([first["source"]]),
        interval="none: a list price",
    )


@_finding(
    "gpt4_level_price_usd_per_mtok",
    "USD_per_mtok",
    "cheapest list price so far of a model at least as capable as GPT-4",
)
def _now(context: Context) -> Quantity:
    level = prices.level_named("GPT-4")
    steps, last = (
        market(context).steps(level, context.as_of),
        market(context).last_scored(level.benchmark, context.as_of),
    )
    offered = market(context).offers(level.benchmark)
    score = prices.level_score(level, context.view.evidence.tables["capability"])
    low = float(steps["price"].iloc[-1])
    listed = prices.standing(offered, score, last)
    return Quantity(
        low,
        "USD_per_mtok",
        low if listed > low else None,
        listed if listed > low else None,
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys([steps["source"].iloc[-1]]),
        interval="from the lowest ever listed to the lowest still listed" if listed > low else "none: a list price",
    )


@_finding(
    "price_fall_12m_ratio",
    "ratio",
    "fall of the cheapest list price at constant capability in the latest twelve months, median of levels",
)
def _fall_year(context: Context) -> Quantity:
    found = falls(context, 12)
    note = "levels and yardsticks"
    return _range(list(found.values()), "ratio", context, _price_sources(context, found), note)


@_finding(
    "price_fall_first_year_multiple",
    "multiple",
    "how many times cheaper a level became in its first year on offer, median of levels and yardsticks",
)
def _fall_first(context: Context) -> Quantity:
    return _by_age(context, 1)


@_finding(
    "price_fall_second_year_multiple",
    "multiple",
    "how many times cheaper a level became in its second year on offer, median of levels and yardsticks",
)
def _fall_second(context: Context) -> Quantity:
    return _by_age(context, 2)


@_finding(
    "price_fall_third_year_multiple",
    "multiple",
    "how many times cheaper a level became in its third year on offer, median of levels and yardsticks",
)
def _fall_third(context: Context) -> Quantity:
    return _by_age(context, 3)


def _by_age(context: Context, year: int) -> Quantity:
    values, used = [], []
    for level in (*LEVELS, *OTHER_YARDSTICKS):
        try:
            steps = market(context).steps(level, context.as_of)
        except VintageError:
            continue
        table = prices.falls_by_age(steps, market(context).last_scored(level.benchmark, context.as_of), 3)
        row = table[table["year"] == year]
        if len(row):
            values.append(1 / (1 - float(row["share_ratio"].iloc[0])))
            used.append(level)
    if not values:
        msg = f"no level of capability had been on offer for {year} years by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _range(values, "multiple", context, _price_sources(context, used), "levels and yardsticks", half=True)


def _windows(context: Context, low: float, high: float) -> Quantity:
    table = level_slopes(context, others=True)
    # Only intervals that were fitted: ends of two points say nothing about their own error.
    fitted = table[table["months"].between(low, high) & table["times_low"].notna()]
    if fitted.empty:
        msg = f"no window of {low:g} to {high:g} months had closed with four prices by {context.view.dated}: ask later"
        raise VintageError(msg)
    used = [level for level in (*LEVELS, *OTHER_YARDSTICKS) if level.name in set(fitted["level"])]
    known = [level for level in used if _on_offer(context, level)]
    return _range(
        list(fitted["times"]),
        "multiple_per_year",
        context,
        _price_sources(context, known),
        "levels and yardsticks, without the error of each fit",
        half=True,
    )


def _on_offer(context: Context, level: Level) -> bool:
    try:
        market(context).steps(level, context.as_of)
    except VintageError:
        return False
    return True


@_finding(
    "price_fall_short_windows_per_year",
    "multiple_per_year",
    "how many times cheaper a year constant capability became, fitted on windows of up to a year",
)
def _short(context: Context) -> Quantity:
    return _windows(context, 0, 12.5)


@_finding(
    "price_fall_long_windows_per_year",
    "multiple_per_year",
    "how many times cheaper a year constant capability became, fitted on windows of two years and more",
)
def _long(context: Context) -> Quantity:
    return _windows(context, 23, 60)


@_finding(
    "price_fall_24m_multiple",
    "multiple",
    "how many times cheaper a level became over the last two years scored, median of levels and yardsticks",
)
def _two_years(context: Context) -> Quantity:
    values, used = [], []
    for level in (*LEVELS, *OTHER_YARDSTICKS):
        try:
            steps = market(context).steps(level, context.as_of)
            last = market(context).last_scored(level.benchmark, context.as_of)
            values.append(1 / (1 - prices.fall(steps, last, 24)))
            used.append(level)
        except VintageError:
            continue
    if not values:
        msg = f"no level of capability had been on offer for two years by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _range(values, "multiple", context, _price_sources(context, used), "levels and yardsticks")


_PUBLISHED_RATES = (
    ("epoch", "price_decline_factor_per_year_median"),
    ("a16z", "price_decline_factor_per_year"),
    ("gundlach_et_al", "price_decline_factor_per_year"),
    ("stanford_ai_index", "price_decline_factor_per_year_gpt35_level"),
)


@_finding(
    "price_fall_published_per_year",
    "multiple_per_year",
    "how many times cheaper a year constant capability became, central estimates published by four groups",
)
def _published(context: Context) -> Quantity:
    known = pd.concat([context.view.rows(entity, metric) for entity, metric in _PUBLISHED_RATES])
    if known.empty:
        msg = f"no rate of price decline had been published by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    ends = pd.concat([known["value"], known["low"], known["high"]]).dropna()
    wide = ends.max() > ends.min()
    return Quantity(
        float(known["value"].median()),
        "multiple_per_year",
        float(ends.min()) if wide else None,
        float(ends.max()) if wide else None,
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys(known["source"]),
        interval="range of published estimates" if wide else "none: one estimate",
    )


def _epoch_extreme(name: str, end: str) -> None:
    @_finding(
        name, "multiple_per_year", f"the {end} of the yearly price falls published by Epoch AI, all levels and windows"
    )
    def _extreme(context: Context) -> Quantity:
        which = "low" if end == "slowest" else "high"
        row = context.view.quantity("epoch", f"price_decline_factor_per_year_{which}")
        return derive(lambda factor: factor, row, unit="multiple_per_year", interval="none: one estimate")


_epoch_extreme("price_fall_epoch_slowest_per_year", "slowest")
_epoch_extreme("price_fall_epoch_fastest_per_year", "fastest")


@_finding(
    "mainstream_price_change_12m_ratio",
    "ratio",
    "change in twelve months of the list price of the general model each large house puts first, median of houses",
)
def _mainstream(context: Context) -> Quantity:
    lines = market(context).mainstream(context.as_of)
    table = prices.mainstream_change(lines, context.as_of)
    if table.empty:
        msg = f"no house's mainstream price was known for twelve months by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _range(
        list(-table["fall_ratio"]),
        "ratio",
        context,
        lines["source"],
        "range of OpenAI, Anthropic and Google, as known",
        grade="derived",
    )


@_finding(
    "best_model_price_usd_per_mtok", "USD_per_mtok", "list price of the most capable model on offer, by Epoch's index"
)
def _best(context: Context) -> Quantity:
    day = market(context).last_scored(prices.ECI, context.as_of)
    offered = market(context).offers(prices.ECI)
    table = prices.best_on_offer(offered, [day])
    if table.empty:
        msg = f"no scored model was on offer by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    row = table.iloc[0]
    used = offered[(offered["capability_model"] == row["capability_model"]) & (offered["price"] == row["price"])]
    return Quantity(
        row["price"],
        "USD_per_mtok",
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys(used["source"]),
        interval="none: a list price",
    )


@_finding(
    "task_cost_growth_per_year",
    "multiple_per_year",
    "growth with a model's release date of what it costs at list price to run one fixed set of tests",
)
def _task_cost(context: Context) -> Quantity:
    every = context.view.capability
    rows = every[every["benchmark"] == "aa_index_run_cost_usd"]
    seen = pd.to_datetime(context.view.evidence.sources["published"], errors="coerce")
    rows = rows[context.view.past(rows["source"].map(seen))]
    if len(rows) < FEWEST_POINTS:
        day = context.view.dated
        msg = f"what it costs to run a fixed set of tests had not been published by {day}: ask for a later day"
        raise VintageError(msg)
    fit = growth_fit(rows["date"], rows["score"])
    return Quantity(
        fit.per_year,
        "multiple_per_year",
        fit.low,
        fit.high,
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys(rows["source"].unique()),
        interval="90 % interval of a log-linear fit over the models of one edition",
    )


@_finding(
    "price_paid_change_12m_ratio",
    "ratio",
    "change in a year of the average price paid for a token, whatever the model",
)
def _paid(context: Context) -> Quantity:
    values, sources = [], []
    calls = best_rows(context.view.rows("llm_market", "effective_price_blended_2p4bn_calls"))
    if len(calls) > 1:
        values.append(calls["value"].iloc[-1] / calls["value"].iloc[0] - 1)
        sources += list(calls["source"])
    yipit = best_rows(context.view.rows("llm_market", "effective_price_change_yipit"))
    if len(yipit):
        last = yipit.iloc[-1]
        months = (last["period_end"] - last["period_start"]).days / DAYS_A_YEAR * 12
        values.append((1 + last["value"] / 100) ** (12 / months) - 1)
        sources.append(last["source"])
    if not values:
        msg = (
            f"no measure of the price paid for a token had been published by {context.view.dated}: ask for a later day"
        )
        raise VintageError(msg)
    return _range(values, "ratio", context, sources, "range of two panels, the shorter one put on a yearly footing")


@_finding(
    "token_growth_per_year", "multiple_per_year", "growth of tokens processed, median of the platforms that state them"
)
def _tokens(context: Context) -> Quantity:
    table = token_growth(context)
    return _range(
        list(table["per_year"]), "multiple_per_year", context, table["source"], "range of platforms, scopes differ"
    )


def token_growth(context: Context) -> pd.DataFrame:
    """
    Growth of each platform's tokens between its latest figure and the one nearest to a year earlier.

    Returns
    -------
    DataFrame
        platform, since, until, per_year (factor), source; platforms with two figures six months apart or more, the
        later of which is at most a year old.
    """

    def compute() -> pd.DataFrame:
        rows = []
        for entity, metric in TOKEN_SERIES:
            known = best_rows(context.view.rows(entity, metric))
            if len(known) < 2:
                continue
            last = known.iloc[-1]
            age = known["period_end"].rsub(last["period_end"]).dt.days / DAYS_A_YEAR
            first = known.loc[(age - 1).abs().idxmin()]
            apart = age.loc[first.name]
            stale = (pd.Timestamp(context.as_of) - last["period_end"]).days > 366
            if apart * 12 >= FEWEST_MONTHS_APART - 0.5 and not stale:
                rows.append(
                    {
                        "platform": f"{entity} {metric}",
                        "since": first["period_end"],
                        "until": last["period_end"],
                        "per_year": (last["value"] / first["value"]) ** (1 / apart),
                        "source": f"{first['source']};{last['source']}",
                    }
                )
        if not rows:
            day = context.view.dated
            msg = f"no platform had stated its tokens twice, six months apart, by {day}: ask for a later day"
            raise VintageError(msg)
        return pd.DataFrame(rows)

    return context.memo("token growth", compute)


@_finding(
    "hardware_price_performance_change_per_year_ratio",
    "ratio",
    "yearly change of the price of AI hardware at constant performance, as published",
)
def _hardware(context: Context) -> Quantity:
    rows = pd.concat(
        [context.view.rows(entity, "hardware_cost_change_per_year") for entity in ("epoch", "stanford_ai_index")]
    )
    if rows.empty:
        msg = f"no yearly change of hardware cost had been published by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _range(list(rows["value"] / 100), "ratio", context, rows["source"], "range of two sources")


# --- open and closed models


def gap_table(context: Context) -> pd.DataFrame:
    """Open-closed gap on Epoch's index at each quarter's end and on the day of the last scored model."""

    def compute() -> pd.DataFrame:
        last = market(context).last_scored(prices.ECI, context.as_of)
        days = dict.fromkeys([*pd.date_range("2023-03-31", last, freq="QE"), last])
        rows = [market(context).gap(prices.ECI, day) for day in days]
        return pd.concat([row for row in rows if len(row)] or rows, ignore_index=True)

    return context.memo("gap", compute)


def lag_records(context: Context) -> pd.DataFrame:
    """Lag of each record-setting open model behind the first closed one as good, those with a closed one on record."""
    table = market(context).record_lags(prices.ECI, context.as_of)
    return table[table["lag_months"] > 0].reset_index(drop=True)


def _gap_sources(context: Context) -> tuple[str, ...]:
    return source_keys(market(context).scores(prices.ECI, context.as_of)["source"].unique())


def _mean_lag(context: Context, late: bool) -> Quantity:
    table = lag_records(context)
    end = market(context).last_scored(prices.ECI, context.as_of)
    middle, start = end - pd.DateOffset(months=12), end - pd.DateOffset(months=24)
    chosen = table[table["day"] > middle] if late else table[(table["day"] > start) & (table["day"] <= middle)]
    if chosen.empty:
        msg = f"no open model set a record in those twelve months before {context.view.dated}: ask for another day"
        raise VintageError(msg)
    lags = chosen["lag_months"]
    wide = lags.max() > lags.min()
    return Quantity(
        float(lags.mean()),
        "months",
        float(lags.min()) if wide else None,
        float(lags.max()) if wide else None,
        grade="estimated",
        as_of=context.view.dated,
        sources=_gap_sources(context),
        interval="range of the open models that set records" if wide else "none: one open model",
    )


@_finding(
    "open_lag_months",
    "months",
    "time by which record-setting open models trailed the first closed one as good, last twelve months of scores",
)
def _lag(context: Context) -> Quantity:
    return _mean_lag(context, late=True)


@_finding("open_lag_year_earlier_months", "months", "the same over the twelve months before")
def _lag_before(context: Context) -> Quantity:
    return _mean_lag(context, late=False)


@_finding(
    "open_gap_index", "index", "points of Epoch's index between the best closed and the best open model, mean of a year"
)
def _gap(context: Context) -> Quantity:
    return _mean_gap(context)[1]


@_finding("open_gap_year_earlier_index", "index", "the same over the twelve months before")
def _gap_before(context: Context) -> Quantity:
    return _mean_gap(context)[0]


def _mean_gap(context: Context) -> tuple[Quantity, Quantity]:
    table = gap_table(context)
    end = market(context).last_scored(prices.ECI, context.as_of)
    middle, start = end - pd.DateOffset(months=12), end - pd.DateOffset(months=24)
    out = []
    for chosen in (table[(table["day"] > start) & (table["day"] <= middle)], table[table["day"] > middle]):
        if chosen.empty:
            msg = f"the gap was not known over two years by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        points = chosen["gap_points"]
        wide = points.max() > points.min()
        out.append(
            Quantity(
                float(points.mean()),
                "index",
                float(points.min()) if wide else None,
                float(points.max()) if wide else None,
                grade="estimated",
                as_of=context.view.dated,
                sources=_gap_sources(context),
                interval="range of quarter ends" if wide else "none: one quarter end",
            )
        )
    return out[0], out[1]


@_finding(
    "open_lag_published_months",
    "months",
    "time by which the best open model trails the best closed ones, as published by Epoch AI and Artificial Analysis",
)
def _lag_published(context: Context) -> Quantity:
    values, sources = [], []
    for metric in ("lag_months", "lag_months_aa"):
        rows = context.view.rows("open_models", metric)
        if len(rows):
            latest = rows[rows["period_end"] == rows["period_end"].max()].iloc[-1]
            values.append(float(latest["value"]))
            sources.append(latest["source"])
    if not values:
        msg = f"no lag of open models had been published by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _range(values, "months", context, sources, "range of two yardsticks")


# --- marginal cost and margins


def _latest_margin(view: View, entity: str, metric: str = "gross_margin") -> Quantity | None:
    """Latest yearly or quarterly margin that lies behind the day: an outcome if there is one, else guidance."""
    rows = view.rows(entity, metric)
    rows = rows[(rows["period_end"] <= pd.Timestamp(view.day)) & rows["kind"].isin(("year", "half", "quarter"))]
    outcomes = rows[rows["basis"].isin(OUTCOMES)]
    rows = outcomes if len(outcomes) else rows
    if rows.empty:
        return None
    return quantity_of(rows[rows["period_end"] == rows["period_end"].max()], view.dated)


def _cost_share(quantities: list[Quantity], context: Context, interval: str) -> Quantity:
    shares = [1 - q.value / 100 for q in quantities]
    ends = [1 - end / 100 for q in quantities for end in (q.low, q.high) if end is not None]
    everything = [*shares, *ends]
    wide = max(everything) > min(everything)
    return Quantity(
        statistics.median(shares),
        "ratio",
        min(everything) if wide else None,
        max(everything) if wide else None,
        grade=weakest("derived", *(q.grade for q in quantities)),
        as_of=context.view.dated,
        sources=source_keys(key for q in quantities for key in q.sources),
        interval=interval if wide else "none: one figure",
    )


@_finding(
    "ai_cost_of_serving_ratio",
    "ratio",
    "cost of revenue, most of it computing, in a dollar of revenue of AI labs and AI applications",
)
def _ai_cost(context: Context) -> Quantity:
    margins = [_latest_margin(context.view, entity) for entity in ("openai", "anthropic", "ai_applications")]
    known = [margin for margin in margins if margin is not None]
    if not known:
        msg = f"no gross margin of an AI lab was known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _cost_share(known, context, "range of OpenAI, Anthropic and a survey of applications, as known")


@_finding(
    "internet_cost_of_serving_ratio", "ratio", "cost of revenue in a dollar of revenue of software and cloud companies"
)
def _internet_cost(context: Context) -> Quantity:
    margins = [_latest_margin(context.view, entity) for entity in ("saas_traditional", "salesforce")]
    rows = context.view.rows("amazon_aws", "gross_margin", basis="estimate")
    if len(rows):
        margins.append(quantity_of(rows[rows["period_end"] == rows["period_end"].max()], context.view.dated))
    known = [margin for margin in margins if margin is not None]
    if not known:
        msg = f"no gross margin of an internet company was known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return _cost_share(known, context, "from the best software margins to a broker's estimate of early AWS")


@_finding(
    "deepseek_serving_cost_usd_per_mtok",
    "USD_per_mtok",
    "DeepSeek's stated cost of serving a million tokens, all kinds",
)
def _deepseek(context: Context) -> Quantity:
    return context.view.quantity("deepseek", "serving_cost_per_mtok_all_tokens")


def _first_margin(name: str, entity: str, says: str) -> None:
    """Where margins began: known once a second period shows where they went, so that the pair can be compared."""

    @_finding(name, "ratio", says)
    def _margin(context: Context) -> Quantity:
        rows = context.view.rows(entity, "gross_margin", basis=OUTCOMES)
        behind = context.view.past(rows["period_end"])
        rows = rows[behind & rows["kind"].isin(("year", "half", "quarter"))]
        ends = sorted(rows["period_end"].unique())
        if len(ends) < 2:
            msg = f"{entity}'s gross margin was not known for two periods by {context.view.dated}: ask for a later day"
            raise VintageError(msg)
        first = quantity_of(rows[rows["period_end"] == ends[0]], context.view.dated)
        return derive(lambda share: share / 100, first, unit="ratio")


@_finding("openai_lowest_gross_margin_ratio", "ratio", "OpenAI's lowest gross margin of the periods on record")
def _lowest_margin(context: Context) -> Quantity:
    rows = context.view.rows("openai", "gross_margin", basis=OUTCOMES)
    rows = rows[rows["kind"].isin(("year", "half", "quarter"))]
    if rows["period_end"].nunique() < 2:
        msg = f"OpenAI's gross margin was not known for two periods by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    lowest = rows.loc[rows["value"].idxmin()]
    return derive(lambda share: share / 100, quantity_of(rows.loc[[lowest.name]], context.view.dated), unit="ratio")


_first_margin("openai_first_gross_margin_ratio", "openai", "OpenAI's gross margin in the first period on record")
_first_margin(
    "anthropic_first_gross_margin_ratio", "anthropic", "Anthropic's gross margin in its first period on record"
)


# --- what the internet created


def _net_income(context: Context, company: str) -> pd.Series:
    rows = context.view.series(company, "net_income")
    if rows.empty:
        msg = f"the net income of {company} was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return rows.set_index(rows["period_end"].dt.year)["value"]


def _three_income(context: Context) -> pd.DataFrame:
    def compute() -> pd.DataFrame:
        return pd.DataFrame({company: _net_income(context, company) for company in INTERNET_THREE})

    return context.memo("three incomes", compute)


def _three_sources(context: Context) -> tuple[str, ...]:
    return source_keys(s for c in INTERNET_THREE for s in context.view.series(c, "net_income")["source"].unique())


@_finding(
    "internet_three_net_income_usd_bn",
    "USD_bn",
    "net income of Amazon, Alphabet and Meta in the latest year known for all",
)
def _three_latest(context: Context) -> Quantity:
    whole = _three_income(context).dropna()
    return Quantity(
        whole.iloc[-1].sum() / 1000,
        "USD_bn",
        grade="derived",
        as_of=context.view.dated,
        sources=_three_sources(context),
        interval="none: reported figures",
    )


@_finding(
    "internet_three_earned_so_far_usd_bn",
    "USD_bn",
    "net income of Amazon, Alphabet and Meta added up over the years on record",
)
def _three_total(context: Context) -> Quantity:
    return Quantity(
        float(_three_income(context).sum().sum()) / 1000,
        "USD_bn",
        grade="derived",
        as_of=context.view.dated,
        sources=_three_sources(context),
        interval="none: reported figures, Amazon from 2005, Alphabet from 2006, Meta from 2007",
    )


@_finding(
    "internet_three_worth_usd_tn",
    "USD_tn",
    "what a year of those three's profits is worth at the US market's own multiple of ten years' profits",
)
def _three_worth(context: Context) -> Quantity:
    cape = context.view.series("sp500", "shiller_cape")
    if cape.empty:
        msg = f"the multiple of the US market was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    latest, median = float(cape["value"].iloc[-1]), float(cape["value"].median())
    multiple = Quantity(
        latest,
        "multiple",
        min(latest, median),
        max(latest, median),
        grade="estimated",
        as_of=context.view.dated,
        sources=source_keys(cape["source"].unique()),
        interval="at the median multiple since 1881 and at the latest one",
    )
    # What they earned before is not added: the part they kept is in their worth already.
    return derive(
        lambda year, times: year * times / 1000,
        context["internet_three_net_income_usd_bn"],
        multiple,
        unit="USD_tn",
    )


def _last_of_series(context: Context, entity: str, metric: str, unit: str, scale: float) -> Quantity:
    rows = context.view.series(entity, metric)
    if rows.empty:
        msg = f"{entity} {metric} was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    last = rows.iloc[-1]
    return Quantity(
        last["value"] * scale,
        unit,
        grade="reported",
        as_of=context.view.dated,
        sources=source_keys([last["source"]]),
        interval="none: one statistic",
    )


@_finding("ecommerce_share_of_retail_ratio", "ratio", "online sales in US retail sales, latest quarter")
def _ecommerce(context: Context) -> Quantity:
    return _last_of_series(context, "us_economy", "ecommerce_share_of_retail_sales", "ratio", 0.01)


@_finding("internet_advertising_usd_bn", "USD_bn", "US internet advertising revenue, latest year")
def _advertising(context: Context) -> Quantity:
    return _last_of_series(context, "us_economy", "internet_advertising_revenue", "USD_bn", 0.001)


def quantity_or_none(function, *arguments):  # noqa: ANN001, ANN002, ANN201 - a small helper for charts of many parts
    """Call, and give nothing where the evidence of the day is silent."""
    try:
        return function(*arguments)
    except (VintageError, EvidenceError):
        return None


def ai_intensity_by_year(context: Context) -> dict[int, tuple[float, float, float]]:
    """
    Capital expenditure of the four builders over AI revenue at each year's end as known two months later, and today.

    Returns
    -------
    dict
        Year to (value, low, high); the running year by the latest four quarters.
    """

    def compute() -> dict[int, tuple[float, float, float]]:
        out = {}
        for year in range(2023, context.as_of.year + 1):
            day = min(pd.Timestamp(year + 1, 2, 28).date(), context.as_of)
            ratio = context.at(day).get("ai_capex_to_ai_revenue_multiple")
            if ratio is not None:
                ends = (ratio.low, ratio.high) if ratio.low is not None else (ratio.value, ratio.value)
                out[year] = (ratio.value, *ends)
        return out

    return context.memo("ai intensity by year", compute)


# --- tidy frames behind the figures


def share_frame(context: Context) -> pd.DataFrame:
    """
    Investment shares on the common clock, with the latest figures of the build-out under way as a running year.

    Returns
    -------
    DataFrame
        As :func:`aieq.history.investment_shares`, with ``running``.
    """
    frame = history.investment_shares(context.view).assign(running=False)
    rows = []
    for episode, name in (
        (history.AI_BUILDERS, "four_capex_share_of_gdp_ratio"),
        (history.IT_NOW, "it_investment_share_of_gdp_ratio"),
    ):
        known, latest = frame[frame["episode"] == episode], context.get(name)
        if latest is None or known.empty or context.as_of.year <= known["year"].max():
            continue
        last = known.iloc[-1]
        rows.append(
            {
                "episode": episode,
                "year": context.as_of.year,
                "clock": last["clock"] + context.as_of.year - last["year"],
                "value": latest.value,
                "low": latest.value,
                "high": latest.value,
                "source": ";".join(latest.sources),
                "grade": latest.grade,
                "running": True,
            }
        )
    return pd.concat([frame, pd.DataFrame(rows)], ignore_index=True) if rows else frame


def intensity_frame(context: Context) -> pd.DataFrame:
    """Investment over revenue by episode and year, as :func:`aieq.history.intensities`, the present one included."""
    frame = history.intensities(context.view, ai_intensity_by_year(context))
    mine = frame["episode"] == history.AI_OVER_REVENUE
    if mine.any():
        keys = context["ai_capex_to_ai_revenue_multiple"].sources
        frame.loc[mine, "source"] = ";".join(keys)
    return frame


def service_frame(context: Context) -> pd.DataFrame:
    """
    Yearly change of the price of what each build-out sold, and of tokens.

    Returns
    -------
    DataFrame
        service, change_ratio, low, high, since, until, source, kind (an earlier service or tokens).
    """
    services = _services(context)
    rows = []
    for name in dict.fromkeys(services["service"]):
        change = history.price_change(services, name, context.as_of)
        span = services.loc[services["service"] == name, "day"]
        rows.append((name, change, span.iloc[0].year, span.iloc[-1].year, "earlier service"))
    constant = context.get("price_fall_long_windows_per_year")
    if constant is not None:
        turned = derive(lambda times: 1 / times - 1, constant, unit="ratio")
        rows.append(("Tokens of the same capability", turned, 2021, context.as_of.year, "tokens"))
    for name, finding_name in (
        ("Tokens as paid for", "price_paid_change_12m_ratio"),
        ("Tokens of the main models", "mainstream_price_change_12m_ratio"),
    ):
        change = context.get(finding_name)
        if change is not None:
            rows.append((name, change, context.as_of.year - 1, context.as_of.year, "tokens"))
    return pd.DataFrame(
        [
            {
                "service": f"{name}, {since}–{until}",
                "change_ratio": change.value,
                "low": change.value if change.low is None else change.low,
                "high": change.value if change.high is None else change.high,
                "source": ";".join(change.sources),
                "kind": kind,
            }
            for name, change, since, until, kind in rows
        ]
    ).sort_values("change_ratio", ascending=False, ignore_index=True)


def frontier_frame(context: Context) -> pd.DataFrame:
    """
    Cheapest price so far by level of capability.

    Returns
    -------
    DataFrame
        level, benchmark, day, usd_per_mtok, model, provider, source; each level ends on the last scored model's day.
    """
    frames = []
    for level in levels_known(context):
        steps = market(context).steps(level, context.as_of)
        last = market(context).last_scored(level.benchmark, context.as_of)
        end = steps.tail(1).assign(day=last)
        frame = pd.concat([steps, end] if last > steps["day"].iloc[-1] else [steps], ignore_index=True)
        frames.append(frame.assign(level=f"as good as {level.name}", benchmark=level.benchmark))
    if not frames:
        msg = f"no level of capability was on offer by {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    frame = pd.concat(frames, ignore_index=True).rename(columns={"price": "usd_per_mtok"})
    return frame[["level", "benchmark", "day", "usd_per_mtok", "model", "provider", "source"]]


def slope_frame(context: Context) -> pd.DataFrame:
    """
    Rates of fall against the length of the window: ours by level, and those Epoch AI published.

    Returns
    -------
    DataFrame
        series, months, times_per_year, low, high, n, source.
    """
    ours = level_slopes(context, others=True)
    levels = {(level.name, level.benchmark): level for level in (*LEVELS, *OTHER_YARDSTICKS)}
    keys = [
        ";".join(_price_sources(context, [levels[pair]]))
        for pair in ours[["level", "benchmark"]].itertuples(index=False, name=None)
    ]
    mine = ours.assign(
        series="fitted here", what=ours["level"] + " on " + ours["benchmark"].str.replace("_", " "), source=keys
    )
    mine = mine.rename(columns={"times": "times_per_year", "times_low": "low_times", "times_high": "high_times"})
    every = context.view.observations
    theirs = every[
        (every["entity"] == "epoch")
        & every["metric"].str.match(r"price_decline_factor_(mmlu|gpqa|humaneval|lmsys|math)")
    ]
    published = pd.DataFrame(
        {
            "series": "published by Epoch AI",
            "what": theirs["metric"].str.removeprefix("price_decline_factor_").str.replace("_", " "),
            "months": (theirs["period_end"] - theirs["period_start"]).dt.days / DAYS_A_YEAR * 12,
            "times_per_year": theirs["value"],
            "low_times": theirs["low"],
            "high_times": theirs["high"],
            "source": theirs["source"],
        }
    )
    columns = ["series", "what", "months", "times_per_year", "low_times", "high_times", "source"]
    return pd.concat([mine[columns], published[columns]], ignore_index=True)
