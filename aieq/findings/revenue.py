"""Findings of the revenue side: run rates, recognised revenue, scopes, users, firms, margins."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import date

import pandas as pd

from .. import adoption, revenue
from ..errors import VintageError
from ..evidence import OUTCOMES, quantity_of
from ..quantity import Quantity, derive, weakest
from ..trends import FEWEST_POINTS, growth_fit
from . import Context, finding

ARTICLE_MARGINS = {"AI companies": (50, 60), "software": (70, 80)}  # ai-margins-below-saas, in per cent
_YEAR_DAYS = (300, 430)  # two figures this far apart make a growth "of a year", brought to one year


def _scopes(context: Context) -> pd.DataFrame:
    return context.memo("revenue scopes", lambda: revenue.scopes(context.view, context.scenario))


def _total(context: Context, scope: str) -> Quantity:
    return revenue.scope_total(_scopes(context), scope, context.view.dated)


def _rate(context: Context, entity: str) -> revenue.RunRate:
    months = context.scenario["run_rate_max_age_months"]
    return context.memo(("run rate", entity), lambda: revenue.run_rate(context.view, entity, max_age_months=months))


def path(context: Context) -> pd.DataFrame:
    """AI revenue as known at each month's end up to the context's day, computed once."""
    return context.memo("revenue path", lambda: revenue.ai_revenue_path(context.view, context.scenario))


def _plain(value: float, unit: str, context: Context, sources: tuple[str, ...], grade: str, why: str) -> Quantity:
    return Quantity(value, unit, grade=grade, as_of=context.view.dated, sources=sources, interval=why)


# Run rates


@finding(
    "actual_ai_revenue_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="annualised AI revenue of labs and clouds from buyers outside the industry, each dollar counted once",
)
def _actual(context: Context) -> Quantity:
    return revenue.ai_revenue(context.view, context.scenario)


@finding(
    "openai_run_rate_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="OpenAI's annualised revenue as last known, net of partners' share",
)
def _openai(context: Context) -> Quantity:
    return _rate(context, "openai").quantity


@finding(
    "anthropic_run_rate_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="Anthropic's annualised revenue as last known, gross of what the clouds keep; the low end is net of it",
)
def _anthropic(context: Context) -> Quantity:
    gross = _rate(context, "anthropic").quantity
    factor = revenue.net_factor(revenue.known_figures(context.view), context.as_of)
    if factor is None:
        return gross
    net = gross.value * factor.value
    return replace(
        gross,
        low=min(net, gross.value if gross.low is None else gross.low),
        high=gross.value if gross.high is None else gross.high,
        sources=gross.sources + factor.sources,
        interval="from net bookings, by a rival's estimate, to gross bookings and other sources",
    )


@finding(
    "anthropic_net_share_ratio",
    unit="ratio",
    section="revenue",
    says="share of Anthropic's gross bookings left on OpenAI's net accounting, by OpenAI's own estimate",
)
def _net_share(context: Context) -> Quantity:
    factor = revenue.net_factor(revenue.known_figures(context.view), context.as_of)
    if factor is None:
        msg = f"no estimate of Anthropic's net bookings was known on {context.view.dated}"
        raise VintageError(msg)
    return replace(factor, interval="none: one estimate, by a rival")


@finding(
    "all_labs_run_rate_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="annualised revenue of the labs that state one, as each reports it; the low end is net of partners' share",
)
def _labs(context: Context) -> Quantity:
    gross, net = _total(context, "labs"), _total(context, "labs_net").value
    low = min(net, gross.value if gross.low is None else gross.low)
    high = gross.value if gross.high is None else gross.high
    if high - low < 1e-9:
        return gross
    return replace(gross, low=low, high=high, interval="from net bookings to gross bookings and other sources")


@finding(
    "two_labs_run_rate_usd_bn_end_2024",
    unit="USD_bn",
    section="revenue",
    says="annualised revenue of OpenAI and Anthropic at the end of 2024",
)
def _two_labs(context: Context) -> Quantity:
    parts = []
    for entity in ("openai", "anthropic"):
        rows = revenue.run_rate_rows(context.view, entity)
        rows = rows[rows["period_end"] == pd.Timestamp("2024-12-31")]
        if rows.empty:
            msg = f"the run rate of {entity} at the end of 2024 was not known on {context.view.dated}"
            raise VintageError(msg)
        parts.append(quantity_of(rows, context.view.dated).to("USD_bn"))
    return parts[0] + parts[1]


@finding(
    "microsoft_ai_run_rate_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="Microsoft's annualised AI revenue as last stated, what the labs pay it included",
)
def _microsoft(context: Context) -> Quantity:
    return _rate(context, "microsoft_ai").quantity


@finding(
    "microsoft_ai_run_rate_age_months",
    unit="months",
    section="revenue",
    says="age of Microsoft's last statement of its AI revenue, from the end of the quarter it describes",
)
def _microsoft_age(context: Context) -> Quantity:
    rate = _rate(context, "microsoft_ai")
    months = rate.age_months(context.as_of)
    return _plain(months, "months", context, rate.quantity.sources, "derived", "none: a difference of two dates")


@finding(
    "aws_ai_run_rate_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="annualised AI revenue of Amazon Web Services as last stated, what the labs pay it included",
)
def _aws(context: Context) -> Quantity:
    return _rate(context, "amazon_aws_ai").quantity


@finding(
    "microsoft_from_openai_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="Microsoft's revenue from OpenAI in the last fiscal year for which it is disclosed",
)
def _paid(context: Context) -> Quantity:
    # All versions: the filing itself is named beside whoever relayed it later.
    rows = context.view.vintages("microsoft", "revenue_from_openai", basis="reported")
    if rows.empty:
        msg = f"Microsoft's revenue from OpenAI was not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return quantity_of(rows[rows["period_end"] == rows["period_end"].max()], context.view.dated).to("USD_bn")


@finding(
    "openai_share_of_microsoft_ai_ratio",
    unit="ratio",
    section="revenue",
    says="Microsoft's revenue from OpenAI in a fiscal year over its AI run rate of that year",
)
def _paid_share(context: Context) -> Quantity:
    share = context["microsoft_from_openai_usd_bn"] / context["microsoft_ai_run_rate_usd_bn"]
    return replace(share, interval="none: a year's receipts over a run rate within that year")


@finding(
    "ai_revenue_with_applications_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="annualised AI revenue of labs, clouds and the applications that state one, each dollar counted once",
)
def _with_applications(context: Context) -> Quantity:
    return _total(context, "labs_clouds_applications")


@finding(
    "ai_revenue_gross_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="annualised AI revenue of labs, clouds and applications simply added up, overlaps counted twice",
)
def _gross(context: Context) -> Quantity:
    return _total(context, "gross")


@finding(
    "ai_revenue_overlap_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="what is counted twice when labs, clouds and applications are added up",
)
def _overlap(context: Context) -> Quantity:
    frame = _scopes(context)
    rows = frame[(frame["scope"] == "labs_clouds_applications") & (frame["kind"] == "overlap")]
    if rows.empty:
        msg = f"no overlap between labs, clouds and applications was known on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        -rows["usd_bn"].sum(),
        "USD_bn",
        -rows["high"].sum(),
        -rows["low"].sum(),
        grade=weakest("derived", *rows["grade"]),
        as_of=context.view.dated,
        sources=tuple(key for joined in rows["sources"] for key in joined.split(";") if key),
        interval="sum of the overlaps' ends",
    )


@finding(
    "ai_revenue_gross_excess_ratio",
    unit="ratio",
    section="revenue",
    says="by how much simple addition overstates AI revenue counted once",
)
def _excess(context: Context) -> Quantity:
    once, gross = context["ai_revenue_with_applications_usd_bn"], context["ai_revenue_gross_usd_bn"]
    return derive(lambda a, b: b / a - 1, once, replace(gross, low=None, high=None), unit="ratio")


# Recognised revenue


def _recognised(context: Context, entity: str, end: str, kind: str = "year") -> Quantity:
    rows = revenue.recognised_rows(context.view, entity)
    rows = rows[(rows["kind"] == kind) & (rows["period_end"] == pd.Timestamp(end))]
    if rows.empty:
        msg = f"{entity}'s revenue of the {kind} to {end} was not known on {context.view.dated}"
        raise VintageError(msg)
    every = context.view.rows(entity, "revenue", basis=("reported", "secondary"), kind=kind)
    amount = quantity_of(every[every["period_end"] == pd.Timestamp(end)], context.view.dated).to("USD_bn")
    if amount.low is not None and amount.high - amount.low < 0.01 * amount.value:
        return replace(amount, low=None, high=None, interval="none: the sources agree to one per cent")
    return amount


@finding("openai_recognised_usd_bn_2024", unit="USD_bn", section="revenue", says="OpenAI's recognised revenue in 2024")
def _openai_2024(context: Context) -> Quantity:
    return _recognised(context, "openai", "2024-12-31")


@finding("openai_recognised_usd_bn_2025", unit="USD_bn", section="revenue", says="OpenAI's recognised revenue in 2025")
def _openai_2025(context: Context) -> Quantity:
    return _recognised(context, "openai", "2025-12-31")


@finding(
    "anthropic_recognised_usd_bn_2025", unit="USD_bn", section="revenue", says="Anthropic's recognised revenue in 2025"
)
def _anthropic_2025(context: Context) -> Quantity:
    return _recognised(context, "anthropic", "2025-12-31")


@finding(
    "two_labs_recognised_over_run_rate_ratio",
    unit="ratio",
    section="revenue",
    says="recognised revenue of OpenAI and Anthropic in 2025 over their run rate now",
)
def _recognised_share(context: Context) -> Quantity:
    now = context["openai_run_rate_usd_bn"] + _rate(context, "anthropic").quantity
    booked = context["openai_recognised_usd_bn_2025"] + context["anthropic_recognised_usd_bn_2025"]
    return booked / now


@finding(
    "openai_recognised_over_run_rate_ratio_2025",
    unit="ratio",
    section="revenue",
    says="OpenAI's recognised revenue in 2025 over its run rate at the end of 2025",
)
def _openai_ratio(context: Context) -> Quantity:
    return context["openai_recognised_usd_bn_2025"] / _rate_at(context, "openai", "2025-12-31")


@finding(
    "anthropic_recognised_over_run_rate_ratio_2025",
    unit="ratio",
    section="revenue",
    says="Anthropic's recognised revenue in 2025 over its run rate at the end of 2025",
)
def _anthropic_ratio(context: Context) -> Quantity:
    return context["anthropic_recognised_usd_bn_2025"] / _rate_at(context, "anthropic", "2025-12-31")


def _rate_at(context: Context, entity: str, day: str) -> Quantity:
    rows = revenue.run_rate_rows(context.view, entity)
    rows = rows[rows["period_end"] == pd.Timestamp(day)]
    if rows.empty:
        msg = f"the run rate of {entity} on {day} was not known on {context.view.dated}"
        raise VintageError(msg)
    return quantity_of(rows, context.view.dated).to("USD_bn")


def _last_quarter(context: Context, entity: str) -> Quantity:
    rows = revenue.recognised_rows(context.view, entity)
    rows = rows[rows["kind"] == "quarter"]
    if rows.empty:
        msg = f"no quarter of {entity}'s revenue was known on {context.view.dated}"
        raise VintageError(msg)
    quarter = _recognised(context, entity, str(rows["period_end"].iloc[-1].date()), "quarter")
    return derive(lambda amount: amount * 4, quarter, unit="USD_bn")


@finding(
    "openai_last_quarter_annualised_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="OpenAI's recognised revenue in the last quarter on record, times four",
)
def _openai_quarter(context: Context) -> Quantity:
    return _last_quarter(context, "openai")


@finding(
    "anthropic_last_quarter_annualised_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="Anthropic's recognised revenue in the last quarter on record, times four",
)
def _anthropic_quarter(context: Context) -> Quantity:
    return _last_quarter(context, "anthropic")


def _over_mean(context: Context, entity: str) -> Quantity:
    rows = revenue.recognised_rows(context.view, entity)
    last = rows[rows["kind"] == "quarter"]
    if last.empty:
        msg = f"no quarter of {entity}'s revenue was known on {context.view.dated}"
        raise VintageError(msg)
    last = last.iloc[-1]
    mean = revenue.mean_run_rate(context.view, entity, last["period_start"], last["period_end"])
    booked = context[f"{entity}_last_quarter_annualised_usd_bn"]
    return replace(booked / mean, interval="range of sources, the run rate read between its dates")


@finding(
    "openai_quarter_over_run_rate_ratio",
    unit="ratio",
    section="revenue",
    says="OpenAI's last quarter on record, times four, over the mean run rate of the same months",
)
def _openai_over(context: Context) -> Quantity:
    return _over_mean(context, "openai")


@finding(
    "anthropic_quarter_over_run_rate_ratio",
    unit="ratio",
    section="revenue",
    says="Anthropic's last quarter on record, times four, over the mean run rate of the same months",
)
def _anthropic_over(context: Context) -> Quantity:
    return _over_mean(context, "anthropic")


# Growth


def year_growth(context: Context, entity: str) -> Quantity:
    """
    Growth of a run rate over the year to its last figure, from two figures about a year apart, brought to one year.

    Parameters
    ----------
    context : Context
        Day and scenario.
    entity : str
        The company.

    Returns
    -------
    Quantity
        Unit multiple.

    Raises
    ------
    VintageError
        If no two figures a year apart were known.
    """
    rows = adoption.latest_versions(
        revenue.run_rate_rows(context.view, entity).query("basis in ('reported', 'secondary')")
    )
    gap = (rows["period_end"].max() - rows["period_end"]).dt.days
    near = rows[(gap >= _YEAR_DAYS[0]) & (gap <= _YEAR_DAYS[1])]
    if near.empty:
        msg = f"no two run rates of {entity} a year apart were known on {context.view.dated}"
        raise VintageError(msg)
    end, start = rows.iloc[-1], near.loc[(gap[near.index] - 365).abs().idxmin()]
    days = (end["period_end"] - start["period_end"]).days
    return Quantity(
        (end["value"] / start["value"]) ** (365.25 / days),
        "multiple",
        grade=weakest("derived", end["grade"], start["grade"]),
        as_of=context.view.dated,
        sources=tuple(dict.fromkeys(f"{end['source']};{start['source']}".split(";"))),
        interval="none: two figures",
    )


@finding(
    "openai_growth_last_year_multiple",
    unit="multiple",
    section="revenue",
    says="growth of OpenAI's run rate over the year to its last figure",
)
def _openai_growth(context: Context) -> Quantity:
    return year_growth(context, "openai")


@finding(
    "anthropic_growth_last_year_multiple",
    unit="multiple",
    section="revenue",
    says="growth of Anthropic's run rate over the year to its last figure",
)
def _anthropic_growth(context: Context) -> Quantity:
    return year_growth(context, "anthropic")


def _growth_in(context: Context, entity: str, year: int) -> Quantity:
    """Growth of a run rate over a calendar year, from figures within a week of its two ends."""
    rows = adoption.latest_versions(
        revenue.run_rate_rows(context.view, entity).query("basis in ('reported', 'secondary')")
    )
    ends = []
    for day in (pd.Timestamp(year - 1, 12, 31), pd.Timestamp(year, 12, 31)):
        near = rows[(rows["period_end"] - day).abs() <= pd.Timedelta(days=7)]
        if near.empty:
            msg = f"the run rate of {entity} at the end of {day.year} was not known on {context.view.dated}"
            raise VintageError(msg)
        nearest = near["period_end"].iloc[(near["period_end"] - day).abs().argmin()]
        every = revenue.run_rate_rows(context.view, entity)
        ends.append(quantity_of(every[every["period_end"] == nearest], context.view.dated))
    return derive(lambda a, b: b / a, *ends, unit="multiple", interval="range of sources")


def _growth(name: str, company: str, entity: str, year: int) -> None:
    @finding(name, unit="multiple", section="revenue", says=f"growth of {company}'s run rate over {year}")
    def _(context: Context) -> Quantity:
        return _growth_in(context, entity, year)


_growth("openai_growth_multiple_2024", "OpenAI", "openai", 2024)
_growth("openai_growth_multiple_2025", "OpenAI", "openai", 2025)
_growth("anthropic_growth_multiple_2024", "Anthropic", "anthropic", 2024)
_growth("anthropic_growth_multiple_2025", "Anthropic", "anthropic", 2025)


def _path_growth(context: Context, years_back: int) -> Quantity:
    """Growth of what was known of the labs together over a year, month end to month end."""
    known = path(context).set_index("day")["labs_usd_bn"]
    end = known.index[-1] - pd.DateOffset(years=years_back)
    start = end - pd.DateOffset(years=1)
    then, before = known[known.index <= end], known[known.index <= start]
    if then.empty or before.empty or (start - before.index[-1]).days > 45:
        msg = f"the labs' run rates of two days a year apart were not known on {context.view.dated}"
        raise VintageError(msg)
    total = _total(context, "labs")
    return _plain(
        then.iloc[-1] / before.iloc[-1],
        "multiple",
        context,
        total.sources,
        weakest("estimated", total.grade),
        "none: two totals of last known figures",
    )


@finding(
    "labs_growth_last_year_multiple",
    unit="multiple",
    section="revenue",
    says="growth over a year of what was known of the labs' run rates together",
)
def _labs_growth(context: Context) -> Quantity:
    return _path_growth(context, 0)


@finding(
    "labs_growth_year_before_multiple",
    unit="multiple",
    section="revenue",
    says="the same growth over the year before that",
)
def _labs_growth_before(context: Context) -> Quantity:
    return _path_growth(context, 1)


@finding(
    "labs_growth_per_year",
    unit="multiple_per_year",
    section="revenue",
    says="growth of the labs' run rates together, fitted over the last two years",
)
def _labs_fit(context: Context) -> Quantity:
    known = path(context)
    since = known["day"].iloc[-1] - pd.DateOffset(years=2)
    # Months in which no new figure came out repeat the last one and would feign precision.
    fresh = known[known["day"] >= since].drop_duplicates("labs_usd_bn")
    if len(fresh) < FEWEST_POINTS:
        msg = f"fewer than {FEWEST_POINTS} totals of the labs' run rates were known on {context.view.dated}"
        raise VintageError(msg)
    fit = growth_fit(fresh["day"], fresh["labs_usd_bn"])
    total = _total(context, "labs")
    return Quantity(
        fit.per_year,
        "multiple_per_year",
        fit.low,
        fit.high,
        grade=weakest("estimated", total.grade),
        as_of=context.view.dated,
        sources=total.sources,
        interval="90 % interval of the fit, robust to autocorrelation",
    )


# Consumers


def _people(context: Context, entity: str, metric: str) -> Quantity:
    return context.view.quantity(entity, metric, basis=OUTCOMES)


@finding("chatgpt_weekly_users_mn", unit="people_mn", section="revenue", says="weekly users of ChatGPT as last known")
def _users(context: Context) -> Quantity:
    return _people(context, *adoption.USERS)


@finding("chatgpt_payers_mn", unit="people_mn", section="revenue", says="consumers who pay for ChatGPT as last known")
def _payers(context: Context) -> Quantity:
    return _people(context, *adoption.PAYERS)


@finding(
    "chatgpt_payers_mn_2024",
    unit="people_mn",
    section="revenue",
    says="consumers who paid for ChatGPT in September 2024",
)
def _payers_2024(context: Context) -> Quantity:
    return context.view.quantity(*adoption.PAYERS, period_end="2024-09-27", basis=OUTCOMES)


def _shares(context: Context) -> pd.DataFrame:
    shares = context.memo("paying shares", lambda: adoption.paying_shares(context.view))
    if shares.empty:
        msg = f"no count of ChatGPT's payers was known on {context.view.dated}"
        raise VintageError(msg)
    return shares


@finding(
    "chatgpt_paying_ratio",
    unit="ratio",
    section="revenue",
    says="share of ChatGPT's weekly users who pay, as last known; the low end is the first on record",
)
def _paying(context: Context) -> Quantity:
    shares = _shares(context)
    last = shares.iloc[-1]
    low, high = float(shares["ratio"].min()), float(shares["ratio"].max())
    return Quantity(
        last["ratio"],
        "ratio",
        low if low < high else None,
        high if low < high else None,
        grade="estimated",
        as_of=context.view.dated,
        sources=tuple(key for joined in shares["source"] for key in joined.split(";")),
        interval="all counts on record since September 2024" if low < high else "none: one count",
    )


@finding(
    "chatgpt_paying_rise_points_per_year",
    unit="pct",
    section="revenue",
    says="rise of the paying share of ChatGPT's users a year, in points, first to last count",
)
def _paying_rise(context: Context) -> Quantity:
    shares = _shares(context)
    years = (shares["day"].iloc[-1] - shares["day"].iloc[0]).days / 365.25
    if years < 0.75:
        msg = f"the paying share of ChatGPT's users was known for one moment only on {context.view.dated}"
        raise VintageError(msg)
    rise = (shares["ratio"].iloc[-1] - shares["ratio"].iloc[0]) * 100 / years
    sources = tuple(dict.fromkeys(";".join(shares["source"]).split(";")))
    return _plain(rise, "pct", context, sources, "estimated", "none: first and last count only")


@finding(
    "chatgpt_plus_price_usd_per_month",
    unit="USD_per_month",
    section="revenue",
    says="list price of ChatGPT Plus as last known",
)
def _plus(context: Context) -> Quantity:
    return replace(
        derive(lambda p: p, context.view.quantity("openai_chatgpt_plus", "price_per_month"), unit="USD_per_month"),
        grade="reported",
    )


@finding(
    "chatgpt_go_price_usd_per_month",
    unit="USD_per_month",
    section="revenue",
    says="list price of the cheaper plan, ChatGPT Go",
)
def _go(context: Context) -> Quantity:
    return replace(
        derive(lambda p: p, context.view.quantity("openai_chatgpt_go", "price_per_month"), unit="USD_per_month"),
        grade="reported",
    )


@finding(
    "consumer_subscriptions_ceiling_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="what ChatGPT's consumer payers bring in a year if each pays the price of Plus",
)
def _subscriptions(context: Context) -> Quantity:
    payers, price = context["chatgpt_payers_mn"], context["chatgpt_plus_price_usd_per_month"]
    return derive(lambda n, p: n * p * 12 / 1000, payers, price, unit="USD_bn")


@finding(
    "consumer_subscriptions_over_openai_ratio",
    unit="ratio",
    section="revenue",
    says="that sum over OpenAI's run rate of the date nearest to the count of payers",
)
def _subscriptions_share(context: Context) -> Quantity:
    payers = context.view.rows(*adoption.PAYERS, basis=OUTCOMES)
    rows = revenue.run_rate_rows(context.view, "openai")
    if payers.empty or rows.empty:
        msg = f"payers and run rate of one date were not known on {context.view.dated}"
        raise VintageError(msg)
    apart = (rows["period_end"] - payers["period_end"].iloc[-1]).abs()
    if apart.min().days > 31:
        msg = f"no run rate of OpenAI within a month of the last count of payers was known on {context.view.dated}"
        raise VintageError(msg)
    rate = quantity_of(rows[apart == apart.min()], context.view.dated).to("USD_bn")
    return replace(
        context["consumer_subscriptions_ceiling_usd_bn"] / rate, interval="none: one count, one price, one run rate"
    )


def flagship_price(context: Context) -> tuple[str, Quantity]:
    """
    Name OpenAI's newest main model on the day, by version number, and the list price of its output.

    Returns
    -------
    tuple of str and Quantity
        The model and dollars a million tokens.
    """
    prices = context.view.token_prices
    version = prices["model"].str.extract(r"^gpt-(\d+(?:\.\d+)?)o?$", expand=False).astype(float)
    prices = prices.assign(version=version)[(prices["provider"] == "openai") & version.notna()]
    if prices.empty:
        msg = f"no list price of OpenAI's main models was known on {context.view.dated}"
        raise VintageError(msg)
    row = prices.sort_values(["version", "first_seen"], kind="stable").iloc[-1]
    price = Quantity(
        row["price_output_per_mtok"],
        "USD_per_mtok",
        as_of=context.view.dated,
        sources=tuple(row["source"].split(";")),
        interval="none: a list price",
    )
    return row["model"], price


@finding(
    "plus_buys_output_tokens",
    unit="tokens",
    section="revenue",
    says="output tokens that a month's price of ChatGPT Plus buys at the list price of OpenAI's newest main model",
)
def _plus_buys(context: Context) -> Quantity:
    _, price = flagship_price(context)
    return derive(
        lambda month, each: month / each * 1e6, context["chatgpt_plus_price_usd_per_month"], price, unit="tokens"
    )


@finding(
    "compute_margin_payers_ratio",
    unit="ratio",
    section="revenue",
    says="share of what paying users bring OpenAI that is left after the computing they use, as last known",
)
def _compute_margin(context: Context) -> Quantity:
    return _compute_margins(context)[-1]


def _compute_margins(context: Context) -> list[Quantity]:
    rows = context.view.rows("openai", "compute_margin_paying_users", basis=OUTCOMES)
    # The press told all dates at once, in December 2025: nothing of it was public in the months it describes.
    rows = rows[context.view.past(rows["published"])]
    if rows.empty:
        msg = f"OpenAI's compute margin on paying users was not known on {context.view.dated}"
        raise VintageError(msg)
    share = [quantity_of(part, context.view.dated) for _, part in rows.groupby("period_end")]
    return [derive(lambda pct: pct / 100, q, unit="ratio") for q in share]


@finding(
    "compute_margin_payers_first_ratio",
    unit="ratio",
    section="revenue",
    says="the same compute margin at the first date on record, January 2024",
)
def _compute_margin_first(context: Context) -> Quantity:
    return _compute_margins(context)[0]


@finding(
    "openai_inference_over_revenue_ratio_2024",
    unit="ratio",
    section="revenue",
    says="OpenAI's spending on inference over its recognised revenue in 2024, free users included",
)
def _inference_share(context: Context) -> Quantity:
    rows = context.view.rows("openai", "inference_cost", basis=OUTCOMES, kind="year")
    rows = rows[(rows["period_end"] == pd.Timestamp("2024-12-31")) & rows["value"].notna()]
    if rows.empty:
        msg = f"OpenAI's spending on inference in 2024 was not known on {context.view.dated}"
        raise VintageError(msg)
    # The sources differ twofold and none is the company's own: their middle, and all of them as the range.
    cost = replace(quantity_of(rows, context.view.dated), value=float(rows["value"].median())).to("USD_bn")
    return replace(cost / context["openai_recognised_usd_bn_2024"], interval="all sources; the value is their median")


# Firms


def _share(name: str, entity: str, metric: str, says: str) -> None:
    @finding(name, unit="ratio", section="revenue", says=says)
    def _(context: Context) -> Quantity:
        return adoption.latest_share(context.view, entity, metric)


_share(
    "adults_using_genai_ratio",
    "us_adults_18_64",
    "genai_use_share",
    "share of US adults aged 18 to 64 who use generative AI, last survey",
)
_share(
    "us_firms_using_ai_old_ratio",
    "us_businesses_btos_old",
    "ai_use_rate",
    "share of US firms using AI in producing goods or services, last month of the Census Bureau's old question",
)
_share(
    "us_firms_using_ai_ratio",
    "us_businesses_btos_new",
    "ai_use_rate",
    "share of US firms using AI in any business function, Census Bureau's new question",
)
_share(
    "eu_firms_using_ai_ratio",
    "eu_enterprises",
    "ai_use_rate",
    "share of EU firms of ten employees or more using AI, Eurostat",
)
_share(
    "eu_large_firms_using_ai_ratio",
    "eu_large_enterprises",
    "ai_use_rate",
    "share of large EU firms using AI, Eurostat",
)
_share(
    "firms_paying_for_ai_ratio",
    "us_ramp_businesses",
    "paid_ai_adoption",
    "share of Ramp's customer firms with a paid AI subscription or transaction in the month",
)
_share(
    "surveyed_firms_using_ai_ratio",
    "mckinsey_survey",
    "ai_use_rate",
    "share of respondents to McKinsey's survey whose firm uses AI in some function",
)
_share(
    "surveyed_firms_with_profit_effect_ratio",
    "mckinsey_survey",
    "share_with_ebit_impact",
    "share of the same respondents who see any effect on operating profit",
)


@finding(
    "firms_over_adults_ratio",
    unit="ratio",
    section="revenue",
    says="share of US firms using AI over the share of US adults using generative AI",
)
def _firms_over_adults(context: Context) -> Quantity:
    firms = context.get("us_firms_using_ai_ratio") or context["us_firms_using_ai_old_ratio"]
    return firms / context["adults_using_genai_ratio"]


@finding(
    "ramp_median_spend_usd_per_month",
    unit="USD_per_month",
    section="revenue",
    says="median AI spending per employee and month among Ramp's paying firms",
)
def _ramp_median(context: Context) -> Quantity:
    q = context.view.quantity("us_ramp_businesses", "ai_spend_per_employee_month_median")
    return derive(lambda x: x, q, unit="USD_per_month")


@finding(
    "ramp_ninetieth_spend_usd_per_month",
    unit="USD_per_month",
    section="revenue",
    says="the same spending at the 90th percentile of those firms",
)
def _ramp_ninetieth(context: Context) -> Quantity:
    q = context.view.quantity("us_ramp_businesses", "ai_spend_per_employee_month_p90")
    return derive(lambda x: x, q, unit="USD_per_month")


@finding(
    "copilot_seats_mn", unit="people_mn", section="revenue", says="paid seats of Microsoft 365 Copilot as last stated"
)
def _copilot(context: Context) -> Quantity:
    return _people(context, "microsoft_365_copilot", "paid_seats")


@finding(
    "enterprise_genai_spend_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="firms' spending on generative AI in the last year estimated by Menlo Ventures",
)
def _enterprise(context: Context) -> Quantity:
    return context.view.quantity("enterprise_genai_spend", "spending", kind="year").to("USD_bn")


@finding(
    "consumer_ai_market_usd_bn",
    unit="USD_bn",
    section="revenue",
    says="consumers' yearly spending on AI, estimated by Menlo Ventures",
)
def _consumer(context: Context) -> Quantity:
    return context.view.quantity("consumer_ai_world", "annual_market_size").to("USD_bn")


@finding(
    "enterprise_over_consumer_multiple",
    unit="multiple",
    section="revenue",
    says="firms' spending on generative AI over consumers', by the same estimator",
)
def _enterprise_over(context: Context) -> Quantity:
    a, b = context["enterprise_genai_spend_usd_bn"], context["consumer_ai_market_usd_bn"]
    whole = derive(lambda x, y: x / y, a, b, unit="multiple")
    try:
        applications = context.view.quantity("enterprise_genai_applications", "spending", kind="year").to("USD_bn")
    except VintageError:
        return whole
    # Applications buy infrastructure: the estimator's total of both may count a dollar twice.
    low = (applications / b).value
    return replace(
        whole, low=min(low, whole.value), high=whole.value,
        sources=tuple(dict.fromkeys([*whole.sources, *applications.sources])),
        interval="from applications alone to applications and infrastructure added up",
    )  # fmt: skip


@finding(
    "chatgpt_share_of_openai_ratio_2024",
    unit="ratio",
    section="revenue",
    says="ChatGPT's share of OpenAI's revenue expected for 2024 in the company's documents of September 2024",
)
def _chatgpt_share(context: Context) -> Quantity:
    pair = [
        context.view.quantity(entity, "revenue", period_end="2024-12-31", kind="year", basis="guidance")
        for entity in ("openai_chatgpt", "openai")
    ]
    return pair[0] / pair[1]


# Margins


def margins(context: Context) -> pd.DataFrame:
    """Gross margins of labs, AI applications and software, computed once."""
    return context.memo("gross margins", lambda: revenue.gross_margins(context.view))


def _latest_margin(context: Context, who: str) -> Quantity:
    rows = margins(context)
    row = rows[(rows["who"] == who) & rows["latest"]]
    if row.empty:
        msg = f"no gross margin of {who} was known on {context.view.dated}"
        raise VintageError(msg)
    row = row.iloc[0]
    wide = row["low"] < row["high"]
    return Quantity(
        row["pct"] / 100,
        "ratio",
        row["low"] / 100 if wide else None,
        row["high"] / 100 if wide else None,
        grade=row["grade"],
        as_of=context.view.dated,
        sources=tuple(row["source"].split(";")),
        interval="range given; the value is its middle" if wide else "none: one figure",
    )


def _margin(name: str, who: str, says: str) -> None:
    @finding(name, unit="ratio", section="revenue", says=says)
    def _(context: Context) -> Quantity:
        return _latest_margin(context, who)


_margin(
    "openai_gross_margin_ratio", "OpenAI", "OpenAI's gross margin in the last period on record, free users included"
)
_margin("anthropic_gross_margin_ratio", "Anthropic", "Anthropic's gross margin in the last period on record")
_margin(
    "applications_gross_margin_ratio",
    "AI applications, survey",
    "average gross margin of AI products among software executives surveyed by ICONIQ, last year",
)
_margin("cursor_gross_margin_ratio", "Cursor", "Cursor's gross margin in the quarter to January 2026")
_margin("software_gross_margin_ratio", "Software, mature", "gross margin of mature software companies")


@finding(
    "ai_gross_margin_median_ratio",
    unit="ratio",
    section="revenue",
    says="median of the latest gross margins of labs and AI applications on record, the quartiles as its range",
)
def _margin_median(context: Context) -> Quantity:
    rows = margins(context)
    rows = rows[rows["latest"] & (rows["group"] != "software")]
    if len(rows) < 3:
        msg = f"the gross margins of fewer than three AI companies or groups of them were known on {context.view.dated}"
        raise VintageError(msg)
    low, middle, high = rows["pct"].quantile([0.25, 0.5, 0.75]) / 100
    return Quantity(
        middle,
        "ratio",
        low,
        high,
        grade=weakest("derived", *rows["grade"]),
        as_of=context.view.dated,
        sources=tuple(key for joined in rows["source"] for key in joined.split(";")),
        interval="quartiles of the figures on record, each counted once, whatever its size",
    )


@finding(
    "ai_revenue_over_capex_ratio",
    unit="ratio",
    section="revenue",
    says="AI revenue counted once over twelve months' cash capital expenditure of Microsoft, Alphabet, Amazon and Meta",
)
def _over_capex(context: Context) -> Quantity:
    return context["actual_ai_revenue_usd_bn"] / context["capex_four_usd_bn_ttm"]


@finding(
    "ai_revenue_over_capex_pace_ratio",
    unit="ratio",
    section="revenue",
    says="AI revenue counted once over the four companies' capital expenditure of the latest quarter times four, "
    "both as paces",
)
def _over_capex_pace(context: Context) -> Quantity:
    return context["actual_ai_revenue_usd_bn"] / (context["capex_four_quarter_usd_bn"] * 4)


@finding(
    "labs_recognised_over_capex_ratio_2025",
    unit="ratio",
    section="revenue",
    says="recognised revenue of OpenAI and Anthropic in 2025 over the four companies' cash capital expenditure of 2025",
)
def _booked_over_capex(context: Context) -> Quantity:
    booked = context["openai_recognised_usd_bn_2025"] + context["anthropic_recognised_usd_bn_2025"]
    return booked / context["capex_four_usd_bn_2025"]


def run_rate_frame(context: Context, since: date = date(2023, 1, 1)) -> pd.DataFrame:
    """
    Every run rate on record, for the chart: one row a figure.

    Returns
    -------
    DataFrame
        company, day, usd_bn, low, high, basis, accounting (net, gross, cloud), source.
    """
    parts = []
    named = {**revenue.LABS, **{k: f"{v} (cloud)" for k, v in revenue.CLOUDS.items()}, "cursor_anysphere": "Cursor"}
    for entity, label in named.items():
        rows = adoption.latest_versions(revenue.run_rate_rows(context.view, entity))
        rows = rows[rows["period_end"] >= pd.Timestamp(since)]
        accounting = {"openai": "net of partners' share", "anthropic": "gross of partners' share"}.get(entity, "")
        parts.append(
            pd.DataFrame(
                {
                    "company": label,
                    "day": rows["period_end"],
                    "usd_bn": rows["value"] / 1000,
                    "basis": rows["basis"],
                    "accounting": accounting,
                    "became_known": rows["known_on"],
                    "source": rows["source"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


# What the figures of the chapter show

_TITLES = {
    "run_rates": (
        "The labs' run rates together stand at {labs_growth_last_year_multiple} what was known of them a year before",
        "Run rates of AI companies, as stated at the time",
    ),
    "recognised": (
        "What two labs booked in 2025 is {two_labs_recognised_over_run_rate_ratio} of their run rate now",
        "Run rates and recognised revenue of the same companies",
    ),
    "scopes": (
        "Adding everything up would count {ai_revenue_overlap_usd_bn} twice",
        "AI revenue by whose revenue counts",
    ),
    "users": (
        "{chatgpt_paying_ratio} of ChatGPT's weekly users pay",
        "Users of ChatGPT, and those who pay",
    ),
    "adoption": (
        "{us_firms_using_ai_ratio} of US firms use AI, against {adults_using_genai_ratio} of adults",
        "Firms and people who use AI, survey by survey",
    ),
    "margins": (
        "The typical AI margin on record is {ai_gross_margin_median_ratio}, that of mature software "
        "{software_gross_margin_ratio}",
        "Gross margins on record",
    ),
}


def chart_title(context: Context, chart: str) -> str:
    """
    Write the title of one of the chapter's figures with the day's numbers, or a neutral one where they are not known.

    Parameters
    ----------
    context : Context
        Day and scenario.
    chart : str
        A key of the table of titles: run_rates, recognised, scopes, users, adoption, margins.

    Returns
    -------
    str
    """
    told, neutral = _TITLES[chart]
    names = [name for _, name, _, _ in string.Formatter().parse(told) if name]
    known = {name: context.get(name) for name in names}
    if any(quantity is None for quantity in known.values()):
        return neutral
    return told.format(**{name: quantity.text() for name, quantity in known.items()})


def net_frame(context: Context) -> pd.DataFrame:
    """
    Anthropic's bookings on net accounting: the rival's estimate, and the last gross figure brought down alike.

    Returns
    -------
    DataFrame
        company, day, usd_bn, accounting, source; empty until the estimate was public.
    """
    columns = ["company", "day", "usd_bn", "accounting", "source"]
    factor, rate = context.get("anthropic_net_share_ratio"), context.get("anthropic_run_rate_usd_bn")
    if factor is None or rate is None:
        return pd.DataFrame(columns=columns)
    net = context.view.rows("anthropic", "annualized_revenue_net").iloc[-1]
    dated = pd.Timestamp(_rate(context, "anthropic").dated)
    rows = [
        ("Anthropic", net["period_end"], net["value"] / 1000, "net, a rival's estimate", net["source"]),
        ("Anthropic", dated, rate.value * factor.value, "net, by the same share", ";".join(factor.sources)),
    ]
    return pd.DataFrame(rows, columns=columns)


def recognised_frame(context: Context) -> pd.DataFrame:
    """
    Recognised revenue of OpenAI and Anthropic by period, brought to a year.

    Returns
    -------
    DataFrame
        company, start, end, period, usd_bn (annualised), amount_usd_bn, source.
    """
    parts = []
    for entity in ("openai", "anthropic"):
        rows = revenue.recognised_rows(context.view, entity)
        rows = rows[rows["period_end"] >= pd.Timestamp("2023-01-01")]
        words = {"quarter": "quarter to ", "half": "half-year to ", "year": "year to "}
        parts.append(
            pd.DataFrame(
                {
                    "company": revenue.LABS[entity],
                    "start": rows["period_start"],
                    "end": rows["period_end"],
                    "period": rows["kind"].map(words) + rows["period_end"].dt.strftime("%B %Y"),
                    "usd_bn": rows["annualised_usd_bn"],
                    "amount_usd_bn": rows["value"] / 1000,
                    "source": rows["source"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def scopes_frame(context: Context) -> pd.DataFrame:
    """The scopes of AI revenue on the day, as :func:`aieq.revenue.scopes`, computed once."""
    return _scopes(context)


def users_frame(context: Context) -> pd.DataFrame:
    """Users and payers of ChatGPT, as :func:`aieq.adoption.users`."""
    return adoption.users(context.view)


def adoption_frame(context: Context) -> pd.DataFrame:
    """Adoption by people and firms, as :func:`aieq.adoption.adoption`."""
    return adoption.adoption(context.view)
