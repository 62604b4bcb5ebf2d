"""Findings on who foots the bill: accounts of a year, margins by layer, commitments and cycles, capital and rates."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from .. import accounts, deals, margins
from ..errors import EvidenceError, UnknownNameError, VintageError
from ..quantity import Quantity, derive, envelope, weakest
from . import Context, finding

LABS = ("openai", "anthropic")
CLOUD_NAMES = ("microsoft", "google", "aws", "amazon", "oracle")
BACKLOGS = (
    ("microsoft", "cloud_backlog"),
    ("alphabet_google_cloud", "cloud_backlog"),
    ("amazon_aws", "cloud_backlog"),
    ("oracle", "remaining_performance_obligations"),
)
SUPPLIERS_WHO_INVEST = ("nvidia", "microsoft", "amazon", "google")
# Twenty years hold one full cycle of dear and cheap money; the comparison is with what borrowers were used to.
RATE_MEMORY_YEARS = 20


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="payer", says=says)


def accounts_of(context: Context) -> accounts.Accounts:
    """The year's accounts on that day."""
    return context.memo("payer accounts", lambda: accounts.build(context.view))


def payers_of(context: Context) -> accounts.Payers:
    """Whose money paid the year's outlay."""

    def compute() -> accounts.Payers:
        year = accounts_of(context).year
        share = context.scenario.quantity("ai_share_of_capex_ratio", year)
        return accounts.who_paid(context.view, share, context["ai_customers_paid_usd_bn"], year)

    return context.memo("payer split", compute)


def ruled_deals(context: Context) -> pd.DataFrame:
    """Deals known that day with their standing and the amounts that may be summed."""
    return context.memo("payer deals", lambda: deals.rule(context.view.deals, context.as_of))


def network_of(context: Context):  # noqa: ANN201
    """Graph of commitments on that day."""
    return context.memo("payer graph", lambda: deals.graph(ruled_deals(context), context.as_of))


def _known(quantity: Quantity, context: Context, what: str) -> Quantity:
    """Refuse a sum over nothing: no contract on record is not a contract of zero."""
    if not quantity.sources or (quantity.value == 0 and not quantity.high):
        msg = f"{what} was not on record on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return quantity


# --- The chip supplier ----------------------------------------------------------------------------------------------


@_finding(
    "nvidia_datacenter_revenue_usd_bn_fy2024",
    "USD_bn",
    "Nvidia's data-centre revenue in its fiscal year to 28 January 2024",
)
def nvidia_fy2024(context: Context) -> Quantity:
    return context.view.quantity("nvidia", "datacenter_revenue", period_end="2024-01-28", kind="year").to("USD_bn")


@_finding("nvidia_net_income_usd_bn_fy2024", "USD_bn", "Nvidia's net income in its fiscal year to 28 January 2024")
def nvidia_net_income(context: Context) -> Quantity:
    return context.view.quantity("nvidia", "net_income", period_end="2024-01-28", kind="year").to("USD_bn")


@_finding("nvidia_net_margin_ratio_fy2024", "ratio", "Nvidia's net income over its revenue in fiscal 2024")
def nvidia_net_margin(context: Context) -> Quantity:
    revenue = context.view.quantity("nvidia", "revenue", period_end="2024-01-28", kind="year")
    return context["nvidia_net_income_usd_bn_fy2024"] / revenue


@_finding("nvidia_operating_income_usd_bn", "USD_bn", "Nvidia's operating income over its last four quarters on record")
def nvidia_operating_income(context: Context) -> Quantity:
    return _trailing(context, "nvidia", "operating_income")


@_finding("nvidia_operating_margin_ratio", "ratio", "Nvidia's operating income over revenue, the same four quarters")
def nvidia_operating_margin(context: Context) -> Quantity:
    last = context.view.quarters("nvidia", "operating_income")["period_end"].max()
    revenue = context.view.trailing_year("nvidia", "revenue", end=last)
    return context["nvidia_operating_income_usd_bn"] / revenue


@_finding("nvidia_gross_margin_ratio", "ratio", "Nvidia's gross margin in its latest quarter")
def nvidia_gross_margin(context: Context) -> Quantity:
    found = context.view.quantity("nvidia", "gross_margin", kind="quarter", unit="pct")
    return derive(lambda m: m / 100, found, unit="ratio")


def _trailing(context: Context, entity: str, metric: str) -> Quantity:
    try:
        return context.view.trailing_year(entity, metric).to("USD_bn")
    except EvidenceError as error:
        msg = f"{entity} {metric} of four quarters in a row was not known on {context.view.dated}: {error}"
        raise VintageError(msg) from None


@_finding("large_clouds_share_ratio", "ratio", "share of Nvidia's data-centre revenue bought by large clouds")
def large_clouds_share(context: Context) -> Quantity:
    return accounts.large_clouds_share(context.view, accounts_of(context).year)


@_finding("chips_to_ai_revenue_multiple", "multiple", "Nvidia's data-centre run rate over AI revenue, as run rates")
def chips_to_ai_revenue(context: Context) -> Quantity:
    return derive(
        lambda chips, revenue: chips / revenue,
        context["gpu_run_rate_usd_bn"],
        context["actual_ai_revenue_usd_bn"],
        unit="multiple",
    )


@_finding("nvidia_stakes_bought_usd_bn", "USD_bn", "cash Nvidia paid for equity stakes in its latest half-year")
def nvidia_stakes(context: Context) -> Quantity:
    return context.view.quantity("nvidia", "purchases_of_equity_securities", kind="half").to("USD_bn")


@_finding("nvidia_stakes_to_sales_ratio", "ratio", "those stakes over data-centre revenue of the same half-year")
def nvidia_stakes_to_sales(context: Context) -> Quantity:
    half = context.view.rows("nvidia", "purchases_of_equity_securities", kind="half")
    if half.empty:
        msg = f"Nvidia's purchases of stakes were not known on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    start, end = half["period_start"].iloc[-1], half["period_end"].iloc[-1]
    quarters = context.view.quarters("nvidia", "datacenter_revenue")
    inside = quarters[(quarters["period_start"] >= start) & (quarters["period_end"] <= end)]
    sales = Quantity(
        float(inside["value"].sum()), "USD_mn", grade="derived", sources=tuple(inside["source"]), interval="none: a sum"
    )
    return context["nvidia_stakes_bought_usd_bn"] / sales


@_finding("nvidia_guarantees_usd_bn", "USD_bn", "most that Nvidia may have to pay on guarantees for its customers")
def nvidia_guarantees(context: Context) -> Quantity:
    return context.view.quantity("nvidia", "guarantees_for_customers").to("USD_bn")


@_finding(
    "nvidia_contingent_usd_bn",
    "USD_bn",
    "guarantees, agreements to take unsold computing and leases signed for customers, by Nvidia",
)
def nvidia_contingent(context: Context) -> Quantity:
    ruled = ruled_deals(context)
    promised = deals.total(ruled, payers=("nvidia",), kinds=deals.CONTINGENT, day=context.as_of)
    leased = deals.total(
        ruled, payers=("nvidia",), receivers=("datacenter_landlords",), kinds=("lease",), day=context.as_of
    )
    return _known(promised + leased, context, "any promise by Nvidia to stand in for customers")


@_finding("nvidia_supply_commitments_usd_bn", "USD_bn", "what Nvidia has committed to buy from its own suppliers")
def nvidia_supply(context: Context) -> Quantity:
    return context.view.quantity("nvidia", "supply_and_capacity_commitments").to("USD_bn")


# --- Margins by layer -----------------------------------------------------------------------------------------------


@_finding("memory_operating_margin_ratio", "ratio", "SK Hynix's operating margin in its latest quarter on record")
def memory_margin(context: Context) -> Quantity:
    return margins.margin(context.view, "SK Hynix")


@_finding("clouds_operating_margin_ratio", "ratio", "operating margin of three large clouds, latest quarter of each")
def clouds_margin(context: Context) -> Quantity:
    return margins.layer_margin(context.view, "Large clouds")


@_finding("gpu_cloud_operating_margin_ratio", "ratio", "CoreWeave's operating margin in its latest quarter on record")
def gpu_cloud_margin(context: Context) -> Quantity:
    return margins.margin(context.view, "CoreWeave")


@_finding("server_operating_margin_ratio", "ratio", "operating margin of Dell's infrastructure segment, latest quarter")
def server_margin(context: Context) -> Quantity:
    return margins.margin(context.view, "Dell")


@_finding("openai_operating_margin_ratio", "ratio", "OpenAI's operating margin in its latest full year on record")
def openai_margin(context: Context) -> Quantity:
    return margins.margin(context.view, "OpenAI", kind="year")


@_finding("openai_operating_margin_latest_ratio", "ratio", "OpenAI's operating margin in its latest quarter on record")
def openai_margin_quarter(context: Context) -> Quantity:
    return margins.margin(context.view, "OpenAI", kind="quarter")


@_finding(
    "anthropic_operating_margin_ratio",
    "ratio",
    "Anthropic's adjusted operating margin in its latest quarter, as projected to investors",
)
def anthropic_margin(context: Context) -> Quantity:
    return margins.margin(context.view, "Anthropic", margins.ADJUSTED, kind="quarter")


# --- Accounts of the year -------------------------------------------------------------------------------------------


@_finding("accounts_year", "year", "calendar year of the accounts: the latest known in full that day")
def accounts_year(context: Context) -> Quantity:
    year = accounts_of(context).year
    return Quantity(year, "year", grade="derived", interval="none: a calendar year", sources=_sources_of(context))


def _sources_of(context: Context) -> tuple[str, ...]:
    return accounts.builders_sum(context.view, "capex", accounts_of(context).year).sources


@_finding(
    "builders_capex_usd_bn",
    "USD_bn",
    "cash capex of Microsoft, Alphabet, Amazon and Meta in the accounts' year, which moves with the day",
)
def builders_capex(context: Context) -> Quantity:
    return accounts.builders_sum(context.view, "capex", accounts_of(context).year)


@_finding("builders_cash_flow_usd_bn", "USD_bn", "operating cash flow of the same four in the accounts' year")
def builders_cash_flow(context: Context) -> Quantity:
    return accounts.builders_sum(context.view, "operating_cash_flow", accounts_of(context).year)


@_finding("builders_capex_to_cash_flow_ratio", "ratio", "their cash capex over their operating cash flow, that year")
def capex_to_cash_flow(context: Context) -> Quantity:
    return context["builders_capex_usd_bn"] / context["builders_cash_flow_usd_bn"]


def _cell(context: Context, payer: str, receiver: str, what: str) -> Quantity:
    cell = accounts_of(context).cell(payer, receiver)
    return _known(cell, context, what)


@_finding("labs_sales_usd_bn", "USD_bn", "sales of OpenAI and Anthropic in the accounts' year")
def labs_sales(context: Context) -> Quantity:
    return accounts.add([lab.revenue for lab in _labs(context)])


@_finding("labs_burn_usd_bn", "USD_bn", "cash the two labs spent beyond their sales in the accounts' year")
def labs_burn(context: Context) -> Quantity:
    return accounts.add([lab.burn for lab in _labs(context)])


@_finding("labs_raised_usd_bn", "USD_bn", "new equity of the two labs in the accounts' year")
def labs_raised(context: Context) -> Quantity:
    return accounts.add([lab.raised for lab in _labs(context)])


@_finding("labs_rent_usd_bn", "USD_bn", "computing the two labs paid for in the accounts' year")
def labs_rent(context: Context) -> Quantity:
    return accounts.add([lab.compute for lab in _labs(context)])


@_finding("labs_unspent_usd_bn", "USD_bn", "equity the two labs raised in the accounts' year and did not spend in it")
def labs_unspent(context: Context) -> Quantity:
    return context["labs_raised_usd_bn"] - context["labs_burn_usd_bn"]


@_finding("labs_rent_from_investors_ratio", "ratio", "cash burn of the two labs over what they paid for computing")
def rent_from_investors(context: Context) -> Quantity:
    return context["labs_burn_usd_bn"] / context["labs_rent_usd_bn"]


def _labs(context: Context) -> list[accounts.Lab]:
    year = accounts_of(context).year
    return context.memo("payer labs", lambda: [accounts.lab_year(context.view, lab, year) for lab in LABS])


@_finding("openai_loss_not_cash_usd_bn", "USD_bn", "OpenAI's operating loss of the accounts' year less its cash burn")
def loss_not_cash(context: Context) -> Quantity:
    year = accounts_of(context).year
    loss = context.view.quantity("openai", "operating_income", period_end=f"{year}-12-31", kind="year").to("USD_bn")
    return derive(lambda operating, burn: -operating - burn, loss, _labs(context)[0].burn, unit="USD_bn")


@_finding("openai_operating_loss_usd_bn", "USD_bn", "OpenAI's operating loss in the accounts' year")
def operating_loss(context: Context) -> Quantity:
    year = accounts_of(context).year
    loss = context.view.quantity("openai", "operating_income", period_end=f"{year}-12-31", kind="year").to("USD_bn")
    return loss * -1


@_finding("oracle_free_cash_flow_usd_bn", "USD_bn", "Oracle's free cash flow in its latest fiscal year, to May")
def oracle_free_cash_flow(context: Context) -> Quantity:
    return context.view.quantity("oracle", "free_cash_flow").to("USD_bn")


@_finding("coreweave_debt_usd_bn", "USD_bn", "CoreWeave's total debt at its latest quarter's end")
def coreweave_debt(context: Context) -> Quantity:
    return context.view.quantity("coreweave", "total_debt").to("USD_bn")


@_finding("chips_sales_usd_bn", "USD_bn", "Nvidia's data-centre revenue in the accounts' year, by days of its quarters")
def chips_sales(context: Context) -> Quantity:
    return context.view.calendar_year("nvidia", "datacenter_revenue", accounts_of(context).year).to("USD_bn")


@_finding("chips_kept_usd_bn", "USD_bn", "what is left of those sales at the margin of Nvidia as a whole, before tax")
def chips_kept(context: Context) -> Quantity:
    return _cell(context, "chips", "outside", "what the chip supplier kept")


@_finding("builders_bonds_usd_bn", "USD_bn", "bonds issued by the four builders in the accounts' year, gross")
def builders_bonds(context: Context) -> Quantity:
    return accounts.new_debt(context.view, accounts_of(context).year)


@_finding("builders_left_usd_bn", "USD_bn", "what the four paid to owners, repaid, invested or kept that year")
def builders_left(context: Context) -> Quantity:
    return _cell(context, "builders", "outside", "what the builders kept")


@_finding("ai_customers_paid_usd_bn", "USD_bn", "what customers paid for AI in the accounts' year, each dollar once")
def customers_paid(context: Context) -> Quantity:
    year = accounts_of(context).year
    sales = context["labs_sales_usd_bn"]
    ends = [f"{year}-{day}" for day in ("03-31", "06-30", "09-30", "12-31")]
    known = [q for end in ends if (q := context.at(end).get("actual_ai_revenue_usd_bn")) is not None]
    if not known:
        msg = f"no run rate of AI revenue in {year} was known"
        raise VintageError(msg)
    # Run rates were known late while they rose, so their mean errs low; never below what two labs alone booked.
    mean = max(sum(q.value for q in known) / len(known), sales.value)
    high, sources = mean, [key for q in known for key in q.sources]
    try:
        other = context.view.quantity("genai_total", "revenue", period_end=f"{year}-12-31", kind="year").to("USD_bn")
        high, sources = max(high, other.value), [*sources, *other.sources]
    except (VintageError, UnknownNameError):
        high = max(high, *(q.value if q.high is None else q.high for q in known))
    return Quantity(
        mean,
        "USD_bn",
        sales.value,
        high,
        grade=weakest("estimated", sales.grade, *(q.grade for q in known)),
        sources=(*sources, *sales.sources),
        interval="from two labs' sales to the largest estimate; the value is the mean run rate of the quarters' ends",
    )


@_finding("ai_outlay_usd_bn", "USD_bn", "outlay on AI that year: AI capex of the four, other payments of labs")
def ai_outlay(context: Context) -> Quantity:
    return payers_of(context).outlay


def _share(name: str, says: str) -> None:
    @_finding(f"paid_by_{name}_ratio", "ratio", says)
    def share(context: Context) -> Quantity:
        return payers_of(context).shares[name]


_share("customers", "share of that outlay covered by what customers paid for AI")
_share("equity", "share of that outlay covered by outside equity that the labs burned")
_share("debt", "share of that outlay covered by new bonds of the four, spread over all their uses of cash")
_share("own_cash", "share of that outlay covered by what the four earn with everything else")


@_finding("paid_by_outside_finance_ratio", "ratio", "share of that outlay covered by outside equity and new bonds")
def outside_finance(context: Context) -> Quantity:
    return context["paid_by_equity_ratio"] + context["paid_by_debt_ratio"]


@_finding("labs_raised_year_usd_bn", "USD_bn", "new equity of OpenAI and Anthropic in the twelve months to that day")
def labs_raised_year(context: Context) -> Quantity:
    parts = [accounts.equity_between(context.view, lab, context.as_of) for lab in LABS]
    return _known(accounts.add(parts), context, "any round of the two labs in the last twelve months")


@_finding("two_labs_run_rate_usd_bn", "USD_bn", "run rates of OpenAI and Anthropic, as last known, each as it reports")
def labs_run_rate(context: Context) -> Quantity:
    found = _run_rates(context)
    if found is None:
        msg = f"the run rates of both labs were not known on {context.view.dated}"
        raise VintageError(msg)
    return found


# --- Labs: capital and promises -------------------------------------------------------------------------------------


def _lab_figure(name: str, lab: str, metric: str, says: str) -> None:
    @_finding(name, "USD_bn", says)
    def figure(context: Context) -> Quantity:
        return context.view.quantity(lab, metric).to("USD_bn")


_lab_figure(
    "anthropic_equity_raised_usd_bn", "anthropic", "cumulative_equity_raised", "equity Anthropic had raised by that day"
)
_lab_figure("openai_equity_raised_usd_bn", "openai", "cumulative_equity_raised", "equity OpenAI had raised by that day")
_lab_figure("anthropic_valuation_usd_bn", "anthropic", "post_money_valuation", "valuation of Anthropic, latest round")
_lab_figure("openai_valuation_usd_bn", "openai", "post_money_valuation", "valuation of OpenAI, latest round")


@_finding("anthropic_loss_usd_bn", "USD_bn", "Anthropic's cash burn in the latest year on record")
def anthropic_loss(context: Context) -> Quantity:
    rows = context.view.rows("anthropic", "cash_burn", kind="year")
    over = rows[context.view.past(rows["period_end"])]
    if over.empty:
        msg = f"Anthropic's cash burn in a finished year was not known on {context.view.dated}"
        raise VintageError(msg)
    last = over["period_end"].max()
    return context.view.quantity("anthropic", "cash_burn", period_end=last, kind="year").to("USD_bn")


@_finding("labs_commitments_usd_bn", "USD_bn", "payments for computing that OpenAI and Anthropic have committed to")
def labs_commitments(context: Context) -> Quantity:
    promised = deals.total(ruled_deals(context), payers=LABS, kinds=deals.PAYMENTS, day=context.as_of)
    return _known(promised, context, "any commitment of the labs with an amount")


def _latest_full_year(context: Context) -> Quantity:
    """Sales of the two labs in the latest full year of each on record, which may be another than the accounts' year."""
    parts = []
    for lab in LABS:
        rows = context.view.rows(lab, "revenue", kind="year")
        over = rows[context.view.past(rows["period_end"]) & rows["value"].notna()]
        if over.empty:
            msg = f"no full year of {lab}'s revenue was known on {context.view.dated}"
            raise VintageError(msg)
        parts.append(context.view.quantity(lab, "revenue", period_end=over["period_end"].max(), kind="year"))
    return accounts.add(parts)


@_finding("labs_commitments_multiple", "multiple", "those commitments over the two labs' sales in the latest full year")
def commitments_multiple(context: Context) -> Quantity:
    return derive(
        lambda promised, sold: promised / sold,
        context["labs_commitments_usd_bn"],
        _latest_full_year(context),
        unit="multiple",
    )


@_finding("labs_due_yearly_usd_bn", "USD_bn", "those commitments spread over their terms: due in an average year")
def labs_due_yearly(context: Context) -> Quantity:
    _ = context["labs_commitments_usd_bn"]
    try:
        return deals.yearly(ruled_deals(context), payers=LABS, day=context.as_of)
    except EvidenceError as error:
        raise VintageError(str(error)) from None


@_finding("labs_due_to_sales_multiple", "multiple", "what falls due in an average year over their run rate of sales")
def labs_due_to_sales(context: Context) -> Quantity:
    return derive(
        lambda due, sold: due / sold,
        context["labs_due_yearly_usd_bn"],
        context["two_labs_run_rate_usd_bn"],
        unit="multiple",
    )


@_finding("clouds_backlog_usd_bn", "USD_bn", "contracts not yet performed of Microsoft, Google Cloud, AWS and Oracle")
def clouds_backlog(context: Context) -> Quantity:
    return accounts.add([context.view.quantity(entity, metric) for entity, metric in BACKLOGS])


@_finding("labs_share_of_backlog_ratio", "ratio", "commitments of the two labs to those four clouds over their backlog")
def share_of_backlog(context: Context) -> Quantity:
    promised = deals.total(ruled_deals(context), payers=LABS, receivers=CLOUD_NAMES, day=context.as_of)
    ours = _known(promised, context, "any commitment of the labs to the four clouds") / context["clouds_backlog_usd_bn"]
    try:
        other = context.view.quantity("big4_cloud", "openai_anthropic_share_of_backlog")
    except (VintageError, UnknownNameError):
        return ours
    theirs = derive(lambda s: s / 100, other, unit="ratio")
    return envelope(ours, [theirs], interval="from firm contracts to headlines, and one press estimate")


# --- Circles --------------------------------------------------------------------------------------------------------


@_finding("cycles_count", "count", "closed circles of up to four companies in the graph of commitments")
def cycles_count(context: Context) -> Quantity:
    found = deals.cycles(network_of(context))
    if not found:
        msg = f"no closed circle of published deals was on record on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(len(found), "count", grade="estimated", interval="none: a count", sources=_deal_sources(context))


def _deal_sources(context: Context) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for _, _, data in network_of(context).edges(data=True) for key in data["sources"]))


@_finding(
    "commitments_on_cycles_ratio",
    "ratio",
    "share of committed payments that run between companies which also pay, fund or guarantee each other in a circle",
)
def on_cycles(context: Context) -> Quantity:
    inside, whole = deals.on_cycles(network_of(context))
    if inside == 0:
        msg = f"no committed payment on a closed circle was on record on {context.view.dated}"
        raise VintageError(msg)
    sources = _deal_sources(context)
    return Quantity(inside / whole, "ratio", grade="estimated", sources=sources, interval="none: a share")


@_finding("supplier_stakes_usd_bn", "USD_bn", "stakes of Nvidia, Microsoft, Amazon and Google in labs and AI clouds")
def supplier_stakes(context: Context) -> Quantity:
    given = deals.total(
        ruled_deals(context),
        payers=(*SUPPLIERS_WHO_INVEST, "aws"),
        receivers=("openai", "anthropic", "xai", "coreweave", "nebius"),
        kinds=deals.FINANCING,
        day=context.as_of,
    )
    return _known(given, context, "any stake of a supplier in its customers")


@_finding(
    "supplier_stakes_returning_usd_bn",
    "USD_bn",
    "the most of those stakes that published contracts can bring back to each giver as orders",
)
def supplier_stakes_returning(context: Context) -> Quantity:
    network = network_of(context)
    returning = accounts.add([deals.circling_back(network, name) for name in SUPPLIERS_WHO_INVEST])
    return _known(returning, context, "any stake that comes back as an order under a published contract")


@_finding("supplier_stakes_returning_ratio", "ratio", "share of those stakes that can come back as orders")
def supplier_stakes_share(context: Context) -> Quantity:
    given, back = context["supplier_stakes_usd_bn"], context["supplier_stakes_returning_usd_bn"]
    share = back.value / given.value
    # Firm stakes may come back by reported orders only, hence the low end from firm orders over all stakes in force.
    low = share if back.low is None else back.low / given.value
    return Quantity(
        share,
        "ratio",
        min(low, share),
        max(share, min(1.0, (back.high or back.value) / (given.high or given.value))),
        grade=weakest(given.grade, back.grade),
        sources=(*given.sources, *back.sources),
        interval="from firm orders only to all headlines",
    )


# --- Capital and rates ----------------------------------------------------------------------------------------------


@_finding("bonds_latest_usd_bn", "USD_bn", "bonds issued by large AI spenders in the latest calendar year counted")
def bonds_latest(context: Context) -> Quantity:
    return context.view.quantity("hyperscalers", "bond_issuance", kind="year").to("USD_bn")


@_finding("bonds_running_usd_bn", "USD_bn", "bonds issued by large AI spenders so far in the running year")
def bonds_running(context: Context) -> Quantity:
    return context.view.quantity("hyperscalers", "bond_issuance", kind="span").to("USD_bn")


@_finding("bonds_average_usd_bn", "USD_bn", "yearly bonds of five large spenders on average over 2020 to 2024")
def bonds_average(context: Context) -> Quantity:
    return context.view.quantity("big_five", "bond_issuance_average").to("USD_bn")


@_finding("bonds_multiple", "multiple", "bonds of the latest year counted over that average")
def bonds_multiple(context: Context) -> Quantity:
    return derive(
        lambda now, before: now / before,
        context["bonds_latest_usd_bn"],
        context["bonds_average_usd_bn"],
        unit="multiple",
    )


@_finding("ai_debt_usd_bn", "USD_bn", "debt tied to AI issued worldwide in the latest year counted, one bank's count")
def ai_debt(context: Context) -> Quantity:
    return context.view.quantity("ai_sector", "debt_issuance", kind="year", basis="estimate").to("USD_bn")


@_finding("ai_venture_usd_bn", "USD_bn", "venture money for AI worldwide in the latest year counted")
def ai_venture(context: Context) -> Quantity:
    return context.view.quantity("global_ai_venture", "funding", kind="year").to("USD_bn")


@_finding("ai_share_of_venture_ratio", "ratio", "AI's share of all venture money in the latest period counted")
def venture_share(context: Context) -> Quantity:
    return derive(lambda s: s / 100, context.view.quantity("global_ai_venture", "share_of_all_venture"), unit="ratio")


def _rates(context: Context, name: str = "fed_funds_rate") -> pd.DataFrame:
    rates = context.view.series("us_economy", name)
    if rates.empty:
        msg = f"the series {name} was not known on {context.view.dated}"
        raise VintageError(msg)
    return rates


def _rate(rates: pd.DataFrame, value: float, interval: str) -> Quantity:
    keys = tuple(dict.fromkeys(key for joined in rates["source"].tail(12) for key in joined.split(";")))
    return Quantity(float(value), "pct", grade="derived", sources=keys, interval=interval)


@_finding("policy_rate_pct", "pct", "federal funds rate, latest month on record")
def policy_rate(context: Context) -> Quantity:
    rates = _rates(context)
    return replace(_rate(rates, rates["value"].iloc[-1], "none: a monthly average"), grade="reported")


@_finding("policy_rate_year_pct", "pct", "federal funds rate, mean of the last twelve months on record")
def policy_rate_year(context: Context) -> Quantity:
    rates = _rates(context)
    return _rate(rates, rates["value"].tail(12).mean(), "none: a mean of monthly averages")


@_finding("policy_rate_habit_pct", "pct", "federal funds rate, mean of the twenty years before the last twelve months")
def policy_rate_habit(context: Context) -> Quantity:
    rates = _rates(context)
    before = rates["value"].iloc[-12 * (RATE_MEMORY_YEARS + 1) : -12]
    return _rate(rates, before.mean(), "none: a mean of monthly averages")


@_finding("treasury_yield_pct", "pct", "yield of ten-year US government bonds, latest month on record")
def treasury_yield(context: Context) -> Quantity:
    rates = _rates(context, "treasury_10y_yield")
    return replace(_rate(rates, rates["value"].iloc[-1], "none: a monthly average"), grade="reported")


@_finding(
    "builders_capex_growth_multiple",
    "multiple",
    "cash capex of the four in their last four quarters over that of the best four to a year before",
)
def capex_growth(context: Context) -> Quantity:
    quarters = context.view.quarters("big_four", "capex")
    sums = quarters["value"].rolling(4).sum()
    if sums.iloc[:-4].dropna().empty:
        msg = f"fewer than eight quarters of the four builders' spending were known on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        sums.iloc[-1] / sums.iloc[:-4].max(),
        "multiple",
        grade="derived",
        sources=tuple(quarters["source"].tail(8)),
        interval="none: sums of reported figures",
    )


# --- Tables for the charts ------------------------------------------------------------------------------------------

SELLERS_OF_EQUITY = ("openai", "anthropic", "xai", "mistral", "ssi", "thinking_machines")
PROMISES = {
    "commitments": "Committed to pay for computing",
    "sales": "Sales, as a run rate",
    "guarantees": "Guaranteed by the chip supplier",
}


_STEPS = {
    "purchase_commitment": "order",
    "lease": "lease",
    "investment": "stake",
    "credit": "loan",
    "backstop": "guarantee",
    "warrant": "warrant",
}


def _none_if_unknown(function):  # noqa: ANN001, ANN202
    """Return an empty table where the day is silent: a chart of nothing is not drawn."""
    try:
        return function()
    except VintageError:
        return pd.DataFrame()


def payers_table(context: Context) -> pd.DataFrame:
    """
    Who paid the year's outlay.

    Parameters
    ----------
    context : Context
        Day and scenario.

    Returns
    -------
    DataFrame
        payer, share, low, high (per cent), grade; empty if it cannot be told on that day.
    """

    def compute() -> pd.DataFrame:
        shares = payers_of(context).shares
        return pd.DataFrame(
            [
                {
                    "payer": accounts.PAYERS[name],
                    "share_pct": 100 * share.value,
                    "low_pct": 100 * (share.value if share.low is None else share.low),
                    "high_pct": 100 * (share.value if share.high is None else share.high),
                    "grade": share.grade,
                    "interval": share.interval,
                }
                for name, share in shares.items()
            ]
        )

    return _none_if_unknown(compute)


def network_table(context: Context, smallest_usd_bn: float = 1.0) -> pd.DataFrame:
    """
    Edges of the graph of commitments that matter: on a circle, or large.

    Parameters
    ----------
    context : Context
        Day and scenario.
    smallest_usd_bn : float
        Least headline of an edge off every circle.

    Returns
    -------
    DataFrame
        payer, receiver, nature (pays, funds, stands in), usd_bn in force, low, high, deals, circle.
    """
    network = network_of(context)
    component = deals.components(network)
    nature = dict.fromkeys(deals.PAYMENTS, "pays") | dict.fromkeys(deals.FINANCING, "funds")
    rows = [
        {
            "payer": payer,
            "receiver": receiver,
            "nature": nature.get(kind, "stands in"),
            "kind": kind.replace("_", " "),
            "usd_bn": data["force"],
            "low": data["firm"],
            "high": data["headline"],
            "deals": data["deals"],
            "circle": component[payer] == component[receiver],
        }
        for payer, receiver, kind, data in network.edges(keys=True, data=True)
        if data["headline"] >= smallest_usd_bn or component[payer] == component[receiver]
    ]
    table = pd.DataFrame(rows)
    return table.sort_values("usd_bn", ascending=False, ignore_index=True) if len(table) else table


def cycles_table(context: Context, most: int = 12) -> pd.DataFrame:
    """
    The largest circles.

    Parameters
    ----------
    context : Context
        Day and scenario.
    most : int
        How many.

    Returns
    -------
    DataFrame
        circle, smallest step in USD bn (blank where a price is secret), kinds.
    """
    return pd.DataFrame(
        [
            {
                "circle": cycle.label,
                "smallest_step_usd_bn": cycle.smallest_usd_bn,
                "steps": ", ".join(" and ".join(_STEPS[kind] for kind in kinds) for kinds in cycle.kinds),
            }
            for cycle in deals.cycles(network_of(context))[:most]
        ]
    )


def promises_table(context: Context, first: str = "2023-12-31") -> pd.DataFrame:
    """
    What the two labs had promised to pay, and what they sold, as known at each month's end.

    Parameters
    ----------
    context : Context
        Day and scenario.
    first : str
        First month's end.

    Returns
    -------
    DataFrame
        day, series, usd_bn, low, high.
    """

    def compute() -> pd.DataFrame:
        rows = []
        ends = [end.date() for end in pd.date_range(first, context.as_of, freq="ME")]
        for day in dict.fromkeys([*ends, context.as_of]):
            there = context.at(day)
            asked = {
                "commitments": there.get("labs_commitments_usd_bn"),
                "sales": there.get("two_labs_run_rate_usd_bn"),
                "guarantees": there.get("nvidia_guarantees_usd_bn"),
            }
            rows += [
                {
                    "day": pd.Timestamp(day),
                    "series": PROMISES[name],
                    "usd_bn": q.value,
                    "low": q.value if q.low is None else q.low,
                    "high": q.value if q.high is None else q.high,
                }
                for name, q in asked.items()
                if q is not None and q.value > 0
            ]
        return pd.DataFrame(rows)

    return context.memo("payer promises", compute)


def _run_rates(context: Context) -> Quantity | None:
    """The two labs' run rates as last known, none if one is missing or only planned."""
    parts = []
    for lab in LABS:
        rows = context.view.rows(lab, "annualized_revenue", basis=("reported", "secondary"))
        rows = rows[context.view.past(rows["period_end"])]
        if rows.empty:
            return None
        parts.append(context.view.quantity(lab, "annualized_revenue", period_end=rows["period_end"].max()))
    return accounts.add(parts)


def capital_table(context: Context, first_year: int = 2020) -> pd.DataFrame:
    """
    New money by calendar year, and the price of money.

    Parameters
    ----------
    context : Context
        Day and scenario.
    first_year : int
        First calendar year.

    Returns
    -------
    DataFrame
        year, series (labs, bonds, policy_rate, treasury), value (USD bn or per cent), low, high, partial.
    """
    view, rows = context.view, []
    last = context.as_of.year
    for year in range(first_year, last + 1):
        raised = accounts.equity_raised(view, SELLERS_OF_EQUITY, year)
        rows.append({"year": year, "series": "labs", "value": raised.value, "partial": year == last})
    bonds = view.rows("hyperscalers", "bond_issuance")
    for end, _ in bonds.groupby("period_end"):
        q = view.quantity("hyperscalers", "bond_issuance", period_end=end).to("USD_bn")
        row = {"year": end.year, "series": "bonds", "value": q.value, "low": q.low, "high": q.high}
        rows.append(row | {"partial": end.month < 12})
    average = context.get("bonds_average_usd_bn")
    if average is not None:
        rows += [
            {"year": year, "series": "bonds", "value": average.value, "partial": False, "average": True}
            for year in range(2020, 2025)
        ]
    for series, name in (("policy_rate", "fed_funds_rate"), ("treasury", "treasury_10y_yield")):
        rates = view.series("us_economy", name)
        rates = rates[rates["period_end"].dt.year >= first_year]
        for year, part in rates.groupby(rates["period_end"].dt.year):
            rows.append({"year": int(year), "series": series, "value": part["value"].mean(), "partial": len(part) < 12})
    table = pd.DataFrame(rows, columns=["year", "series", "value", "low", "high", "partial", "average"])
    table["average"] = table["average"].fillna(False).astype(bool)
    return table.sort_values(["series", "year"], ignore_index=True)


def order_of(year: accounts.Accounts) -> list[str]:
    """Names of the accounts in the order of the table."""
    return [accounts.ACCOUNTS[name] for name in year.names]


def keys_in(table: pd.DataFrame, column: str = "source") -> tuple[str, ...]:
    """Collect the source keys of a table's rows, each once."""
    return tuple(dict.fromkeys(key for joined in table[column] for key in str(joined).split(";") if key))


def sources_of(context: Context, *names: str) -> tuple[str, ...]:
    """Sources of some findings, for the foot of a chart; those unknown that day are skipped."""
    found = [q for name in names if (q := context.get(name)) is not None]
    return tuple(dict.fromkeys(key for q in found for key in q.sources))


def text_of(context: Context, name: str) -> str:
    """A finding in words for a chart's title."""
    q = context.get(name)
    return "an unknown amount" if q is None else q.text()
