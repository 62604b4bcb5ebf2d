"""What AI earns: run rates, recognised revenue, and the scopes of "AI revenue" with each dollar counted once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from .errors import VintageError
from .evidence import BASES, OUTCOMES, Evidence, View, per_view
from .quantity import Quantity, derive, envelope, weakest

LABS = {"openai": "OpenAI", "anthropic": "Anthropic", "xai": "xAI", "mistral": "Mistral", "cohere": "Cohere"}
CLOUDS = {"microsoft_ai": "Microsoft", "amazon_aws_ai": "Amazon"}
# Left out on purpose: lines that lie inside another entry (Claude Code, Microsoft 365 Copilot), contract values
# (Salesforce, ServiceNow), sales of chips, and advertising merely said to be "attributed" to AI.
APPLICATIONS = {
    "adobe_ai_first": "Adobe",
    "cursor_anysphere": "Cursor",
    "databricks_ai": "Databricks",
    "elevenlabs": "ElevenLabs",
    "glean": "Glean",
    "harvey": "Harvey",
    "lovable": "Lovable",
    "perplexity": "Perplexity",
    "replit": "Replit",
    "sierra": "Sierra",
    "snowflake_ai": "Snowflake",
}
# Disclosed payments of labs to a cloud: the period nearest to the run rate's day is used, if within half a year of it.
PAYMENTS = {"microsoft_ai": (("microsoft", "revenue_from_openai"), ("openai", "azure_server_rental"))}
SCOPES = {
    "labs_net": "Labs, net of partners' share",
    "labs": "Labs, as each reports",
    "labs_clouds": "Labs and clouds, counted once",
    "labs_clouds_applications": "Labs, clouds and applications, counted once",
    "gross": "All three added up, overlaps counted twice",
}
CENTRAL = "labs_clouds"
THIRD_PARTY = ("genai_total", "revenue")
ENTITIES = {
    *LABS,
    *CLOUDS,
    *APPLICATIONS,
    *(e for pairs in PAYMENTS.values() for e, _ in pairs),
    THIRD_PARTY[0],
}
METRICS = {
    "annualized_revenue",
    "annualized_revenue_net",
    *(metric for pairs in PAYMENTS.values() for _, metric in pairs),
    THIRD_PARTY[1],
}
_CONFLICT_DAYS = 120  # an earlier, higher figure this recent contradicts the latest; an older one was simply true then
_NEAR_DAYS = 183
_DAYS_A_MONTH = 365.25 / 12


class Scenario(Protocol):
    """What this module asks of a scenario."""

    def quantity(self, name: str) -> Quantity:
        """Give the assumption of this name."""


@dataclass(frozen=True)
class RunRate:
    """An annualised revenue as last known, never extrapolated."""

    entity: str
    quantity: Quantity
    dated: date
    bound: bool

    def age_months(self, day: date) -> float:
        """Months from the figure's own date to `day`."""
        return (day - self.dated).days / _DAYS_A_MONTH


class Figure(NamedTuple):
    """One row of the evidence, as plain values: forty months of them must cost less than one view of everything."""

    period_start: pd.Timestamp
    period_end: pd.Timestamp
    value: float
    low: float
    high: float
    basis: str
    published: pd.Timestamp
    published_is: str
    evidence: str
    kind: str
    grade: str
    source: str


Known = dict[tuple[str, str], list[Figure]]
AllRates = tuple[dict[str, RunRate], ...]  # of labs, clouds and applications


@per_view
def known_figures(view: View) -> Known:
    """
    Pick what the scopes rest on from a view.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    dict
        (entity, metric) to its figures, sorted by period and publication; amounts still in millions.
    """
    rows = view.of(ENTITIES, METRICS).sort_values(["period_end", "published"], kind="stable")
    columns = [rows[name] for name in ("entity", "metric", *Figure._fields)]
    known: Known = {}
    for entity, metric, *rest in zip(*columns, strict=True):
        known.setdefault((entity, metric), []).append(Figure(*rest))
    return known


def _outcomes(known: Known, entity: str, day: date, metric: str = "annualized_revenue") -> list[Figure]:
    """
    Outcomes of one series by the day.

    A figure worked back from a later growth rate ("13, up 175 per cent") counts from the day that rate was published,
    not from the usual lag after its period: nobody could have known it before.
    """
    stamp = pd.Timestamp(day)
    return [
        figure
        for figure in known.get((entity, metric), ())
        if figure.basis in OUTCOMES
        and figure.period_end <= stamp
        and not (
            figure.evidence == "computed" and figure.published_is == "later_compilation" and figure.published > stamp
        )
    ]


def _merge(figures: list[Figure], day: date) -> Quantity:
    """Make one quantity of the figures of one date, by the policy of :func:`aieq.evidence.quantity_of`; USD_bn."""
    best = min(
        figures,
        key=lambda f: (
            BASES.index(f.basis),
            math.isnan(f.value),
            f.published_is == "later_compilation",
            -f.published.value,
        ),
    )
    ends = [x / 1000 for f in figures for x in (f.value, f.low, f.high) if not math.isnan(x)]
    low, high = min(ends), max(ends)
    known = not math.isnan(best.value)
    given = low < high
    return Quantity(
        best.value / 1000 if known else (best.low + best.high) / 2000,
        "USD_bn",
        low if given else None,
        high if given else None,
        grade=best.grade if known else weakest("derived", best.grade),
        as_of=day,
        sources=tuple(key for f in figures for key in f.source.split(";")),
        interval="range of sources" if given else "none: one figure, none given",
    )


def _run_rate(known: Known, entity: str, day: date, max_age_months: float) -> RunRate:
    rows = _outcomes(known, entity, day)
    own = [figure for figure in rows if figure.basis != "estimate"]
    if not own:
        msg = f"no run rate of {entity} was known on {day}: ask for a later day"
        raise VintageError(msg)
    last = own[-1].period_end
    now = [figure for figure in own if figure.period_end == last]
    since = last - pd.Timedelta(days=_CONFLICT_DAYS)
    top = _merge(now, day).value * 1000
    above = [f for f in rows if since <= f.period_end < last and f.value > top]
    stated = [f for f in above if f.basis == "reported"]
    if stated and all(figure.basis != "reported" for figure in now):
        last = stated[-1].period_end
        now = [f for f in own if f.period_end == last]
        above = [f for f in own if f.period_end > last] + [f for f in above if f.value > _merge(now, day).value * 1000]
    age = (pd.Timestamp(day) - last).days / _DAYS_A_MONTH
    if age > max_age_months:
        msg = f"the last run rate of {entity} known on {day} is of {last.date()}, over {max_age_months:g} months old"
        raise VintageError(msg)
    figure = _merge(now, day)
    others = above + [f for f in rows if f.period_end > last and f not in above]
    if others:
        figure = replace(envelope(figure, [_merge([f], day) for f in others]), grade=figure.grade)
    bound = any(f.low == f.value and math.isnan(f.high) for f in now)
    if figure.low is None:
        figure = replace(figure, interval=f"none: one figure{', a lower bound' if bound else ''}")
    # The same figure relayed later keeps the date of its first statement.
    same = [f.period_end for f in own if since <= f.period_end <= last and f.value == figure.value * 1000]
    return RunRate(entity, figure, min(same, default=last).date(), bound)


def run_rate_rows(view: View, entity: str) -> pd.DataFrame:
    """
    Every run rate of a company known on the day, outcomes only (no guidance, no projection).

    Parameters
    ----------
    view : View
        What was known.
    entity : str
        The company.

    Returns
    -------
    DataFrame
        As :meth:`aieq.evidence.View.rows`, less what could only be worked back later; empty where nothing was known.
    """
    rows = view.rows(entity, "annualized_revenue", basis=OUTCOMES)
    day = pd.Timestamp(view.day)
    back = (rows["evidence"] == "computed") & (rows["published_is"] == "later_compilation") & (rows["published"] > day)
    return rows[~back & (rows["period_end"] <= day)]


def run_rate(view: View, entity: str, *, max_age_months: float = 18.0) -> RunRate:
    """
    Last run rate of a company known on the day, carried forward, never extrapolated.

    The value is the latest figure by the company or the press. Where the press's latest lies below what the company
    itself stated in the four months before, the company's stands (a run rate of a growing business does not fall: the
    two conflict). The interval covers the other figures of that date, whatever is dated later (estimates), and any
    figure of the four months before that lies above the value.

    Parameters
    ----------
    view : View
        What was known.
    entity : str
        The company.
    max_age_months : float
        Older figures are not used.

    Returns
    -------
    RunRate

    Raises
    ------
    VintageError
        If nothing recent enough was known.

    Examples
    --------
    >>> from aieq.evidence import load
    >>> rate = run_rate(load().as_of("2025-01-31"), "microsoft_ai")
    >>> rate.quantity.text(), str(rate.dated)
    ('$13.0 bn', '2024-12-31')
    """
    return _run_rate(known_figures(view), entity, view.day, max_age_months)


def net_factor(known: Known, day: date) -> Quantity | None:
    """
    Share of Anthropic's gross bookings that would remain on OpenAI's net accounting, by the rival's estimate.

    Parameters
    ----------
    known : dict
        From :func:`known_figures`.
    day : date
        The state of knowledge.

    Returns
    -------
    Quantity or None
        ``None`` until the estimate was public.
    """
    net = _outcomes(known, "anthropic", day, "annualized_revenue_net")
    if not net:
        return None
    gross = [
        f for f in _outcomes(known, "anthropic", day) if f.basis == "reported" and f.period_end <= net[-1].period_end
    ]
    return _merge(net[-1:], day) / _merge(gross[-1:], day) if gross else None


def lab_payments(known: Known, scenario: Scenario, cloud: str, rate: RunRate, day: date) -> Quantity:
    """
    What the labs pay a cloud a year, as a part of the AI revenue that this cloud states.

    The disclosed payment of the period nearest to the run rate's date where there is one (within half a year), else the
    scenario's share. Never more than the cloud's own figure.

    Parameters
    ----------
    known : dict
        From :func:`known_figures`.
    scenario : Scenario
        Gives ``labs_share_of_cloud_ai_ratio``.
    cloud : str
        A key of ``CLOUDS``.
    rate : RunRate
        The cloud's AI run rate.
    day : date
        The state of knowledge.

    Returns
    -------
    Quantity
        USD_bn; the interval reaches from zero (no part of the payment is in the cloud's figure) where it is disclosed,
        since no cloud says whether it is.
    """
    stamp, near = pd.Timestamp(rate.dated), pd.Timedelta(days=_NEAR_DAYS)
    for pair in PAYMENTS.get(cloud, ()):
        rows = [
            f for f in known.get(pair, ()) if f.kind == "year" and f.period_start - near <= stamp <= f.period_end + near
        ]
        if not rows:
            continue
        paid = _merge([f for f in rows if f.period_end == rows[-1].period_end], day)
        value = min(paid.value, rate.quantity.value)
        return replace(
            paid,
            value=value,
            low=0.0,
            high=value,
            grade=weakest("estimated", paid.grade),
            interval="from none of the payment to all of it",
        )
    share = scenario.quantity("labs_share_of_cloud_ai_ratio")
    return derive(lambda whole, part: whole * part, rate.quantity, share, unit="USD_bn")


def third_party_total(known: Known, day: date, max_age_months: float) -> Quantity | None:
    """
    Find the largest estimate of all AI revenue by a third party, for a year begun by the day.

    It reaches over what no company discloses.

    Parameters
    ----------
    known : dict
        From :func:`known_figures`.
    day : date
        The state of knowledge.
    max_age_months : float
        Totals published longer ago are not used.

    Returns
    -------
    Quantity or None
        USD_bn.
    """
    stamp = pd.Timestamp(day)
    totals = [
        f
        for f in known.get(THIRD_PARTY, ())
        if f.basis == "estimate"
        and f.period_start <= stamp
        and (stamp - f.published).days / _DAYS_A_MONTH <= max_age_months
    ]
    return _merge([max(totals, key=lambda f: f.value)], day) if totals else None


def _row(scope: str, part: str, kind: str, figure: Quantity, dated: date | None, note: str = "") -> dict:
    low, high = (figure.value, figure.value) if figure.low is None else (figure.low, figure.high)
    sign = -1.0 if kind == "overlap" else 1.0
    ends = sorted((sign * low, sign * high))
    return {
        "scope": scope,
        "part": part,
        "kind": kind,
        "usd_bn": sign * figure.value,
        "low": ends[0],
        "high": ends[1],
        "dated": None if dated is None else pd.Timestamp(dated),
        "grade": figure.grade,
        "sources": ";".join(figure.sources),
        "note": note,
    }


def _rates(known: Known, entities: Iterable[str], day: date, months: float) -> dict[str, RunRate]:
    rates = {}
    for entity in entities:
        try:
            rates[entity] = _run_rate(known, entity, day, months)
        except VintageError:  # not known, or too old: it is in no scope on that day
            continue
    return rates


def scopes(view: View, scenario: Scenario) -> pd.DataFrame:
    """
    Lay out the nested scopes of AI revenue, part by part, overlaps subtracted in rows of their own.

    Parameters
    ----------
    view : View
        What was known.
    scenario : Scenario
        Gives ``run_rate_max_age_months``, ``labs_share_of_cloud_ai_ratio`` and ``applications_pay_labs_ratio``.

    Returns
    -------
    DataFrame
        One row per scope and part: scope (a key of ``SCOPES``), part, kind (revenue or overlap, the latter negative),
        usd_bn, low, high, dated, grade, sources, note. The sum over a scope is that scope's revenue.

    Raises
    ------
    VintageError
        If no lab's run rate was known on the day.
    """
    return pd.DataFrame(_rows_of(view, scenario))


def _scopes(known: Known, day: date, scenario: Scenario) -> pd.DataFrame:
    return pd.DataFrame(_rows(known, day, scenario))


def _all_rates(known: Known, day: date, months: float) -> AllRates:
    return tuple(_rates(known, entities, day, months) for entities in (LABS, CLOUDS, APPLICATIONS))


@per_view
def _rates_of(view: View, months: float) -> AllRates:
    """Run rates hang on one assumption, what is made of them on others too: they are picked once."""
    return _all_rates(known_figures(view), view.day, months)


def _rows_of(view: View, scenario: Scenario) -> list[dict]:
    rates = _rates_of(view, scenario.quantity("run_rate_max_age_months").value)
    return _rows(known_figures(view), view.day, scenario, rates)


def _rows(known: Known, day: date, scenario: Scenario, rates: AllRates | None = None) -> list[dict]:
    if rates is None:
        rates = _all_rates(known, day, scenario.quantity("run_rate_max_age_months").value)
    labs, clouds, applications = rates
    if not labs:
        msg = f"no lab's run rate was known on {day}: ask for a later day"
        raise VintageError(msg)
    lab_rows = [(LABS[name], "revenue", rate.quantity, rate.dated, "") for name, rate in labs.items()]
    factor = net_factor(known, day)
    partners = []
    if factor is not None and "anthropic" in labs:
        kept = derive(
            lambda gross, share: gross * (1 - share),
            replace(labs["anthropic"].quantity, low=None, high=None),
            factor,
            unit="USD_bn",
        )
        partners = [
            ("Partners' share of Anthropic's bookings", "overlap", kept, labs["anthropic"].dated, "a rival's estimate")
        ]
    cloud_rows = [(CLOUDS[name], "revenue", rate.quantity, rate.dated, "") for name, rate in clouds.items()]
    paid = [
        (f"Paid by labs to {CLOUDS[name]}", "overlap", lab_payments(known, scenario, name, rate, day), rate.dated, "")
        for name, rate in clouds.items()
    ]
    application_rows, pay = [], []
    if applications:
        whole = _sum([rate.quantity for rate in applications.values()], day)
        oldest = min(rate.dated for rate in applications.values())
        names = ", ".join(APPLICATIONS[name] for name in applications)
        application_rows = [("Applications", "revenue", whole, oldest, names)]
        part = scenario.quantity("applications_pay_labs_ratio")
        pay = [
            (
                "Paid by applications to labs and clouds",
                "overlap",
                derive(lambda a, b: a * b, whole, part, unit="USD_bn"),
                oldest,
                "",
            )
        ]
    layout = {
        "labs_net": lab_rows + partners,
        "labs": lab_rows,
        "labs_clouds": lab_rows + cloud_rows + paid,
        "labs_clouds_applications": lab_rows + cloud_rows + paid + application_rows + pay,
        "gross": lab_rows + cloud_rows + application_rows,
    }
    return [_row(scope, *part) for scope, parts in layout.items() for part in parts]


def _sum(quantities: list[Quantity], day: date | None) -> Quantity:
    """Add many: the ends of a sum are the sums of the ends, so no corners need visiting."""
    ends = [(q.value, q.value) if q.low is None else (q.low, q.high) for q in quantities]
    low, high = sum(e[0] for e in ends), sum(e[1] for e in ends)
    given = any(q.low is not None for q in quantities) and low < high
    return Quantity(
        sum(q.value for q in quantities),
        "USD_bn",
        low if given else None,
        high if given else None,
        grade=weakest("derived", *(q.grade for q in quantities)),
        as_of=day,
        sources=tuple(s for q in quantities for s in q.sources),
        interval="range of sources" if given else "none: one figure each",
    )


def scope_total(frame: pd.DataFrame, scope: str, day: date | None = None) -> Quantity:
    """
    Add the parts of one scope.

    Parameters
    ----------
    frame : DataFrame
        From :func:`scopes`.
    scope : str
        A key of ``SCOPES``.
    day : date, optional
        The state of knowledge.

    Returns
    -------
    Quantity
        USD_bn.
    """
    return _total(frame.to_dict("records"), scope, day)


def _total(rows: list[dict], scope: str, day: date | None) -> Quantity:
    parts = [row for row in rows if row["scope"] == scope]
    low, high = (sum(row[end] for row in parts) for end in ("low", "high"))
    wide = high - low > 1e-9
    return Quantity(
        sum(row["usd_bn"] for row in parts),
        "USD_bn",
        low if wide else None,
        high if wide else None,
        grade=weakest("derived", *(row["grade"] for row in parts)),
        as_of=day,
        sources=tuple(key for row in parts for key in row["sources"].split(";") if key),
        interval="sum of the parts' ends" if wide else "none: one figure for each part",
    )


def ai_revenue(view: View, scenario: Scenario) -> Quantity:
    """
    Annualised AI revenue from buyers outside the industry: labs and clouds, each dollar once.

    The interval is one of definition: from the labs alone, net of what partners keep, to labs, clouds and applications
    simply added up. What no company discloses (Google's, Meta's and China's AI revenue) is in none of them.

    Parameters
    ----------
    view : View
        What was known.
    scenario : Scenario
        See :func:`scopes`.

    Returns
    -------
    Quantity
        USD_bn.

    Raises
    ------
    VintageError
        If no lab's run rate was known on the day.
    """
    return _headline(known_figures(view), _rows_of(view, scenario), view.day, scenario)


def _headline(known: Known, rows: list[dict], day: date, scenario: Scenario) -> Quantity:
    central = _total(rows, CENTRAL, day)
    low = _total(rows, "labs_net", day).value
    high = _total(rows, "gross", day).value
    stated = any(row["part"] in CLOUDS.values() for row in rows)
    note = f"from labs alone, net, to labs, {'clouds ' if stated else ''}and applications added up"
    total = third_party_total(known, day, scenario.quantity("run_rate_max_age_months").value)
    if total is not None and total.value > high:
        high, note = total.value, "from labs alone, net, to the largest estimate of a third party"
        central = replace(central, grade=weakest(central.grade, total.grade), sources=central.sources + total.sources)
    if not stated:
        note += "; a lower bound, as no cloud had stated its AI revenue"
    if high - low < 1e-9:
        why = (
            "none: a lower bound, as no cloud had stated its AI revenue" if not stated else "none: one company's figure"
        )
        return replace(central, low=None, high=None, interval=why)
    return replace(central, low=min(low, central.value), high=max(high, central.value), interval=note)


def month_ends(first: date, last: date) -> list[date]:
    """
    List the month ends from `first` to `last`, and `last` itself.

    Examples
    --------
    >>> [str(day) for day in month_ends(date(2026, 6, 30), date(2026, 8, 15))]
    ['2026-06-30', '2026-07-31', '2026-08-15']
    """
    days = [stamp.date() for stamp in pd.date_range(first, last, freq="ME")]
    return days if days and days[-1] == last else [*days, last]


@per_view
def _slim(evidence: Evidence) -> Evidence:
    every = evidence.observations
    keep = every["entity"].isin(ENTITIES) & every["metric"].isin(METRICS)
    return replace(evidence, observations=every[keep].reset_index(drop=True), _views={})


def ai_revenue_path(view: View, scenario: Scenario, days: Iterable[date] | None = None) -> pd.DataFrame:
    """
    AI revenue as it was known on each of many days.

    Parameters
    ----------
    view : View
        The last day; nothing later is used.
    scenario : Scenario
        See :func:`scopes`.
    days : iterable of date, optional
        Month ends from June 2023 and the view's own day by default; days after the view's are refused.

    Returns
    -------
    DataFrame
        day, usd_bn, low, high, labs_usd_bn, labs_net_usd_bn, gross_usd_bn, oldest (date of the oldest figure), grade.
        Days on which nothing was known are left out.

    Raises
    ------
    VintageError
        If a day lies after the view's.
    """
    wanted = month_ends(date(2023, 6, 30), view.day) if days is None else [pd.Timestamp(day).date() for day in days]
    late = [day for day in wanted if day > view.day]
    if late:
        msg = (
            f"{late[0]} lies after {view.dated}: a view knows nothing of later days; take an earlier day or a later "
            "view"
        )
        raise VintageError(msg)
    few = _slim(view.evidence)
    lines = []
    for day in wanted:
        try:
            there = few.as_of(day)
            rows = _rows_of(there, scenario)
        except VintageError:
            continue
        figure = _headline(known_figures(there), rows, day, scenario)
        sums = {scope: sum(row["usd_bn"] for row in rows if row["scope"] == scope) for scope in SCOPES}
        ends = (figure.value, figure.value) if figure.low is None else (figure.low, figure.high)
        lines.append(
            {
                "day": pd.Timestamp(day),
                "usd_bn": figure.value,
                "low": ends[0],
                "high": ends[1],
                "labs_usd_bn": sums["labs"],
                "labs_net_usd_bn": sums["labs_net"],
                "gross_usd_bn": sums["gross"],
                "oldest": min(row["dated"] for row in rows if row["scope"] == CENTRAL),
                "grade": figure.grade,
            }
        )
    columns = ["day", "usd_bn", "low", "high", "labs_usd_bn", "labs_net_usd_bn", "gross_usd_bn", "oldest", "grade"]
    return pd.DataFrame(lines, columns=columns)


def recognised_rows(view: View, entity: str) -> pd.DataFrame:
    """
    Recognised revenue of a company by period, outcomes only, with the same annualised (a quarter times four).

    Parameters
    ----------
    view : View
        What was known.
    entity : str
        The company.

    Returns
    -------
    DataFrame
        As :meth:`aieq.evidence.View.rows`, one row a period (the best), and ``annualised_usd_bn``.
    """
    rows = view.rows(entity, "revenue", basis=("reported", "secondary"))
    rows = rows[rows["kind"].isin(("quarter", "half", "year"))]
    order = rows["basis"].map({"reported": 0, "secondary": 1})
    rows = rows.assign(_order=order).sort_values(["_order", "published"], ascending=[True, False], kind="stable")
    rows = rows.drop_duplicates(["period_start", "period_end"]).drop(columns="_order")
    times = rows["kind"].map({"quarter": 4, "half": 2, "year": 1})
    return rows.assign(annualised_usd_bn=rows["value"] * times / 1000).sort_values(["period_end", "period_start"])


def mean_run_rate(view: View, entity: str, start: pd.Timestamp, end: pd.Timestamp) -> Quantity:
    """
    Mean of a run rate over the days of a period, read between its dates at constant growth.

    Parameters
    ----------
    view : View
        What was known.
    entity : str
        The company.
    start, end : Timestamp
        First and last day.

    Returns
    -------
    Quantity
        USD_bn, estimated.

    Raises
    ------
    VintageError
        If no figures on both sides of the period were known.
    """
    rows = run_rate_rows(view, entity)
    rows = rows[rows["basis"].isin(("reported", "secondary")) & rows["value"].notna()]
    order = rows["basis"].map(BASES.index)
    rows = rows.assign(_order=order).sort_values(["period_end", "_order"]).drop_duplicates("period_end")
    if rows.empty or rows["period_end"].iloc[0] > start or rows["period_end"].iloc[-1] < end:
        msg = f"the run rate of {entity} was not known on both sides of {start.date()} to {end.date()} on {view.dated}"
        raise VintageError(msg)
    dates = (rows["period_end"] - start).dt.days.to_numpy(dtype=float)
    days = np.arange((end - start).days + 1)
    between = np.exp(np.interp(days, dates, np.log(rows["value"].to_numpy())))
    inside = rows[(dates >= -_CONFLICT_DAYS) & (dates <= days[-1] + _CONFLICT_DAYS)]
    return Quantity(
        float(between.mean()) / 1000,
        "USD_bn",
        grade="estimated",
        as_of=view.dated,
        sources=tuple(key for joined in inside["source"] for key in joined.split(";")),
        interval="none: read between figures of other dates",
    )


MARGINS = (
    ("OpenAI", "openai", "labs"),
    ("Anthropic", "anthropic", "labs"),
    ("AI applications, survey", "ai_applications", "AI applications"),
    ("AI-first products", "ai_first_products", "AI applications"),
    ("AI agents", "ai_agent_products", "AI applications"),
    ("AI applications, steady growers", "ai_shooting_stars", "AI applications"),
    ("AI applications, fastest growers", "ai_supernovas", "AI applications"),
    ("Cursor", "cursor_anysphere", "AI applications"),
    ("Lovable", "lovable", "AI applications"),
    ("StackBlitz", "stackblitz", "AI applications"),
    ("Software with AI features", "saas_with_ai_features", "software"),
    ("Salesforce", "salesforce", "software"),
    ("Software, mature", "saas_traditional", "software"),
)


def gross_margins(view: View) -> pd.DataFrame:
    """
    Lay gross margins of labs, AI applications and software side by side, conflicting figures included.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    DataFrame
        who, group, day (end of the period), pct, low, high, expected (guidance or projection), latest (the newest
        outcome of its row), basis, source. Where only a range is given, pct is its middle.
    """
    return pd.concat([_gross_margins_of(view, *row) for row in MARGINS], ignore_index=True)


@per_view
def _gross_margins_of(view: View, label: str, entity: str, group: str) -> pd.DataFrame:
    """One row of the comparison: from month to month most stand still."""
    rows = view.rows(entity, "gross_margin", unit="pct").drop_duplicates(["period_end", "value", "low", "basis"])
    middle = rows["value"].fillna((rows["low"] + rows["high"]) / 2)
    part = pd.DataFrame(
        {
            "who": label,
            "group": group,
            "day": rows["period_end"],
            "pct": middle,
            "low": rows["low"].fillna(middle),
            "high": rows["high"].fillna(middle),
            "expected": ~rows["basis"].isin(OUTCOMES),
            "basis": rows["basis"],
            "published": rows["published"],
            "source": rows["source"],
            "grade": rows["grade"],
        }
    ).reset_index(drop=True)
    done = part[~part["expected"]].sort_values(["day", "published"])
    part["latest"] = part.index == (done.index[-1] if len(done) else -1)
    return part
