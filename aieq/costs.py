"""What building costs: capital expenditure by company and quarter, what was announced, and the cash behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .errors import EvidenceError, VintageError
from .evidence import per_view, quantity_of
from .quantity import Quantity, derive, weakest

if TYPE_CHECKING:
    from .assumptions import Scenario
    from .evidence import View

FOUR = ("microsoft", "alphabet", "amazon", "meta")
FIVE = (*FOUR, "oracle")
# The outcome that stands on the same basis as what the company announces; Microsoft announces fiscal years or, since
# 2026, a calendar year with finance leases, for which no outcome is on record yet.
ANNOUNCED_BASIS = {"alphabet": "capex", "amazon": "capex_net", "meta": "capex_incl_leases"}
# Microsoft's figure for 2026 fell in July 2026 because longer building lives turn finance leases into operating ones,
# which its figure leaves out; the plan itself was said to be unchanged.
REDEFINED = {("microsoft", 2026, "2026-07-29")}


def total(quantities: Sequence[Quantity], day: object = None) -> Quantity:
    """
    Add quantities that do not overlap.

    Examples
    --------
    >>> total([Quantity(40, "USD_bn"), Quantity(2000, "USD_mn")]).text()
    '$42.0 bn'
    """
    same = [q.to(quantities[0].unit) for q in quantities]
    if not any(q.low is not None for q in same):
        # derive() would walk all corners; without intervals there is one.
        return Quantity(
            sum(q.value for q in same),
            same[0].unit,
            grade=weakest("derived", *(q.grade for q in same)),
            as_of=max((q.as_of for q in same if q.as_of), default=None),
            sources=tuple(s for q in same for s in q.sources),
            interval="none: a sum of figures as reported",
        )
    return derive(lambda *values: sum(values), *same, unit=same[0].unit)


def capex_of_year(view: View, year: int, companies: Sequence[str] = FOUR) -> Quantity:
    """
    Cash spent on property and equipment in a calendar year, whole companies.

    Raises
    ------
    VintageError
        If any company's year was not complete on the day.
    """
    return total([view.calendar_year(company, "capex", year).to("USD_bn") for company in companies])


def last_common_quarter(view: View, metric: str = "capex", companies: Sequence[str] = FOUR) -> pd.Timestamp:
    """End of the latest quarter that every company had reported by the day."""
    ends = []
    for company in companies:
        known = view.quarters(company, metric)
        if known.empty:
            msg = f"no quarter of {company} {metric} was known on {view.dated}: ask for a later day"
            raise VintageError(msg)
        ends.append(known["period_end"].iloc[-1])
    return min(ends)


def trailing_year(view: View, metric: str, companies: Sequence[str] = FOUR) -> Quantity:
    """
    Sum the four latest quarters that all companies had reported.

    Companies off the calendar (Oracle) enter with their own latest four fiscal quarters ended by then.

    Raises
    ------
    VintageError
        If four quarters of each were not known on the day.
    """
    end = last_common_quarter(view, metric, [c for c in companies if c in FOUR] or companies)
    parts = []
    for company in companies:
        try:
            parts.append(view.trailing_year(company, metric, end=end).to("USD_bn"))
        except EvidenceError as error:
            msg = f"four quarters of {company} {metric} were not known on {view.dated}: {error}"
            raise VintageError(msg) from error
    return total(parts)


def quarter(view: View, metric: str, end: pd.Timestamp, companies: Sequence[str] = FOUR) -> Quantity:
    """Sum one calendar quarter over companies that report on the calendar."""
    parts = []
    for company in companies:
        known = view.quarters(company, metric)
        row = known[known["period_end"] == end]
        if row.empty:
            msg = (
                f"{company} {metric} of the quarter to {end.date()} was not known on {view.dated}: ask for a later day"
            )
            raise VintageError(msg)
        parts.append(quantity_of(row, view.dated).to("USD_bn"))
    return total(parts)


def by_quarter(view: View, companies: Sequence[str] = FIVE, first: str = "2019-01-01") -> pd.DataFrame:
    """
    Capital expenditure of each company by calendar quarter; fiscal quarters go where their middle lies.

    Returns
    -------
    DataFrame
        company, quarter (its last calendar day), capex_usd_bn, period_end (as reported), known_on, source.
    """
    frame = pd.concat([_capex_by_quarter(view, company) for company in companies], ignore_index=True)
    return frame[frame["quarter"] >= pd.Timestamp(first)].reset_index(drop=True)


@per_view
def _capex_by_quarter(view: View, company: str) -> pd.DataFrame:
    rows = view.quarters(company, "capex")
    middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    return pd.DataFrame(
        {
            "company": company,
            "quarter": middle.dt.to_period("Q").dt.end_time.dt.normalize(),
            "capex_usd_bn": rows["value"] / 1000,
            "period_end": rows["period_end"],
            "known_on": rows["known_on"],
            "source": rows["source"],
        }
    )


def cash_share(view: View, companies: Sequence[str] = FOUR, first: str = "2018-01-01") -> pd.DataFrame:
    """
    Capital expenditure over operating cash flow, by quarter and over the trailing year, for the sum of companies.

    Only quarters that all of them had reported, in one unbroken run up to the last.

    Returns
    -------
    DataFrame
        quarter, capex_usd_bn, operating_cash_flow_usd_bn, quarter_ratio, trailing_ratio.
    """
    wide = []
    for metric in ("capex", "operating_cash_flow"):
        columns = {company: _quarterly_usd_bn(view, company, metric) for company in companies}
        wide.append(pd.DataFrame(columns).dropna().sum(axis=1))
    both = pd.concat(wide, axis=1, keys=["capex_usd_bn", "operating_cash_flow_usd_bn"], sort=True).dropna()
    gap = both.index.to_series().diff() > pd.Timedelta(days=100)
    both = both[gap.cumsum() == gap.cumsum().max()] if len(both) else both
    both["quarter_ratio"] = both["capex_usd_bn"] / both["operating_cash_flow_usd_bn"]
    rolling = both[["capex_usd_bn", "operating_cash_flow_usd_bn"]].rolling(4).sum()
    both["trailing_ratio"] = rolling["capex_usd_bn"] / rolling["operating_cash_flow_usd_bn"]
    both = both[both.index >= pd.Timestamp(first)]
    return both.rename_axis("quarter").reset_index()


@per_view
def _quarterly_usd_bn(view: View, company: str, metric: str) -> pd.Series:
    return view.quarters(company, metric).set_index("period_end")["value"] / 1000


def announcements(view: View, companies: Sequence[str] = FOUR) -> pd.DataFrame:
    """
    Every figure a company announced for a calendar year by the day, in order.

    Returns
    -------
    DataFrame
        company, year, published, value_usd_bn, low_usd_bn, high_usd_bn, source, note, redefined.
    """
    return _announcements(view, tuple(companies))


@per_view
def _announcements(view: View, companies: tuple[str, ...]) -> pd.DataFrame:
    parts = []
    for company in companies:
        rows = view.vintages(company, "capex_guidance", basis="guidance")
        calendar = (rows["period_start"].dt.strftime("%m-%d") == "01-01") & (rows["kind"] == "year")
        rows = rows[calendar]
        frame = pd.DataFrame(
            {
                "company": company,
                "year": rows["period_end"].dt.year.astype(int),
                "published": rows["published"],
                "value_usd_bn": rows["value"] / 1000,
                "low_usd_bn": rows["low"].fillna(rows["value"]) / 1000,
                "high_usd_bn": rows["high"].fillna(rows["value"]) / 1000,
                "source": rows["source"],
                "note": rows["note"],
            }
        )
        parts.append(frame)
    frame = pd.concat(parts, ignore_index=True).sort_values(["year", "company", "published"], ignore_index=True)
    keys = zip(frame["company"], frame["year"], frame["published"].dt.strftime("%Y-%m-%d"), strict=True)
    frame["redefined"] = [key in REDEFINED for key in keys]
    return frame


def revisions(view: View, companies: Sequence[str] = FOUR) -> pd.DataFrame:
    """
    How each announcement for a year changed the one before, redefinitions marked.

    Returns
    -------
    DataFrame
        company, year, published, before_usd_bn, value_usd_bn, change_ratio, redefined, source.
    """
    frame = announcements(view, companies)
    before = frame.groupby(["company", "year"])["value_usd_bn"].shift()
    frame = frame.assign(before_usd_bn=before, change_ratio=frame["value_usd_bn"] / before - 1)
    frame = frame.dropna(subset=["before_usd_bn"])
    columns = ["company", "year", "published", "before_usd_bn", "value_usd_bn", "change_ratio", "redefined", "source"]
    return frame[columns].reset_index(drop=True)


def announced_total(view: View, year: int, companies: Sequence[str] = FOUR, *, first: bool = False) -> Quantity:
    """
    Sum the companies' announcements for a year, each on its own definition (cash, net of proceeds, with leases).

    Parameters
    ----------
    first : bool
        The first announcement of each rather than the latest.

    Raises
    ------
    VintageError
        If one of them had announced nothing for that year by the day.
    """
    frame = announcements(view, companies)
    frame = frame[frame["year"] == year]
    missing = [company for company in companies if company not in set(frame["company"])]
    if missing:
        msg = f"{', '.join(missing)} had announced no figure for {year} by {view.dated}"
        raise VintageError(msg)
    chosen = frame.drop_duplicates("company", keep="first" if first else "last")
    return Quantity(
        chosen["value_usd_bn"].sum(),
        "USD_bn",
        chosen["low_usd_bn"].sum(),
        chosen["high_usd_bn"].sum(),
        grade="assumed",
        as_of=view.dated,
        sources=tuple(chosen["source"]),
        interval="sum of the ends of the ranges announced; a single figure counts as both ends",
    )


def outcome_over_first(view: View, year: int) -> pd.DataFrame:
    """
    Compare what was spent in a year with what was first announced for it, company by company, on one basis.

    Returns
    -------
    DataFrame
        company, first_usd_bn, outcome_usd_bn, ratio (outcome over first), source.
    """
    frame = announcements(view, tuple(ANNOUNCED_BASIS))
    rows = []
    for company, metric in ANNOUNCED_BASIS.items():
        mine = frame[(frame["company"] == company) & (frame["year"] == year)]
        outcome = view.rows(company, metric, basis="reported", kind="year")
        outcome = outcome[outcome["period_end"] == pd.Timestamp(year, 12, 31)]
        if mine.empty or outcome.empty:
            continue
        spent = quantity_of(outcome, view.dated).to("USD_bn")
        first = mine["value_usd_bn"].iloc[0]
        sources = ";".join(dict.fromkeys([mine["source"].iloc[0], *spent.sources]))
        rows.append((company, first, spent.value, spent.value / first, sources))
    return pd.DataFrame(rows, columns=["company", "first_usd_bn", "outcome_usd_bn", "ratio", "source"])


def running_year(view: View) -> int:
    """
    Calendar year in progress: the one after the last whose four quarters all four companies had reported.

    Examples
    --------
    >>> from aieq.evidence import load
    >>> running_year(load().as_of("2026-08-31"))
    2026
    """
    end = last_common_quarter(view)
    return end.year + 1 if end.month == 12 else end.year


def ai_part(view: View, scenario: Scenario, year: int) -> Quantity:
    """Part of the four companies' cash spending of a year that went into AI: an assumption times a reported sum."""
    spent = capex_of_year(view, year)
    share = scenario.quantity("ai_share_of_capex_ratio", year)
    return derive(lambda a, b: a * b, spent, share, unit="USD_bn", interval="defensible range of the AI share")
