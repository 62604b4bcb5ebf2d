"""Rules for the article's claims on who foots the bill, and on the chip supplier's profit."""

from __future__ import annotations

from .. import margins
from ..errors import VintageError
from ..findings import Context
from ..quantity import Quantity
from . import Judgement, claim

ARTICLE_DATACENTER_REVENUE_USD_BN = 47.0  # claim nvidia-dc-47bn-fy2024
ARTICLE_RAISED_USD_BN = 10.0  # claim anthropic-raised-10bn
TENS_OF_BILLIONS_USD_BN = (10.0, 100.0)  # what "tens of billions" can mean
# Enormous: a margin and a sum that only a handful of companies reach; half the margin or less is ordinary.
ENORMOUS_MARGIN_RATIO, ENORMOUS_INCOME_USD_BN, ORDINARY_MARGIN_RATIO = 0.4, 20.0, 0.2
# Of the quarter's cash flow: beyond it any rise of capex has to be borrowed, raised or taken from owners' payouts.
STRAINED_RATIO = 0.9
BONDS_MULTIPLE = 2.0


@claim(
    "nvidia-enormous-profit",
    rule="Holds if Nvidia's operating income over four quarters is above 20 billion dollars at a margin above 40 per "
    "cent; in part at a margin between 20 and 40; not below.",
    flips="An operating margin under 40 per cent over four quarters.",
    findings=("nvidia_operating_income_usd_bn", "nvidia_operating_margin_ratio"),
)
def nvidia_enormous_profit(context: Context) -> Judgement:
    income, margin = context["nvidia_operating_income_usd_bn"], context["nvidia_operating_margin_ratio"]
    because = f"because it kept {income.text()} of operating income in four quarters, {margin.text()} of its revenue."
    if margin.value > ENORMOUS_MARGIN_RATIO and income.value > ENORMOUS_INCOME_USD_BN:
        return Judgement("holds", because)
    if margin.value > ORDINARY_MARGIN_RATIO:
        return Judgement("holds in part", because)
    return Judgement("does not hold", because)


@claim(
    "nvidia-dc-47bn-fy2024",
    rule="Holds if the reported data-centre revenue of the fiscal year to January 2024 is above 47 billion dollars.",
    flips="A restatement of that fiscal year below the figure.",
    findings=("nvidia_datacenter_revenue_usd_bn_fy2024",),
)
def nvidia_datacenter(context: Context) -> Judgement:
    revenue = context["nvidia_datacenter_revenue_usd_bn_fy2024"]
    because = (
        f"because Nvidia reported {revenue.text()} for the fiscal year to 28 January 2024, which is nearly calendar "
        "2023 and not 2024."
    )
    return Judgement("holds" if revenue.value > ARTICLE_DATACENTER_REVENUE_USD_BN else "does not hold", because)


@claim(
    "capex-prepays-demand",
    rule="First half: Nvidia's data-centre run rate is above all AI revenue, even at the upper end of the latter. "
    "Second half: Nvidia's sales fell over a year while that was so. Both: holds; the first only: in part; not the "
    "first: does not hold.",
    flips="AI revenue above the chips sold, or a year in which weak AI revenue did bring chip purchases down.",
    findings=("chips_to_ai_revenue_multiple", "gpu_run_rate_usd_bn", "actual_ai_revenue_usd_bn"),
)
def capex_prepays(context: Context) -> Judgement:
    ahead = context["chips_to_ai_revenue_multiple"]
    low = ahead.value if ahead.low is None else ahead.low
    quarters = context.view.quarters("nvidia", "datacenter_revenue")
    year = quarters["value"].rolling(4).sum()
    fell = bool((year.pct_change(4).tail(4) < 0).any()) if len(year.dropna()) > 4 else False
    because = f"because chips sold for {ahead.full_text()} what AI earned"
    if low <= 1:
        said = "so that the sums may be level" if ahead.value > 1 else "so that demand has caught up"
        return Judgement("holds in part" if ahead.value > 1 else "does not hold", f"{because}, {said}.")
    if fell:
        return Judgement("holds", f"{because}, and chip sales fell over a year while that was so.")
    return Judgement(
        "holds in part",
        f"{because}: they run ahead of demand. That purchases must fall if applications do not earn enough has not "
        "been put to the test: no four quarters on record show sales of chips below those a year earlier.",
    )


def _parts(context: Context) -> dict[str, tuple[bool | None, str]]:
    """Give the four parts of the claim that investors pay: whether each is so (None: not known), and why."""
    found: dict[str, tuple[bool | None, str]] = {}

    def look(name: str, decide) -> None:  # noqa: ANN001
        try:
            found[name] = decide()
        except VintageError as error:
            _ = context.as_of  # which the error may name
            found[name] = (None, str(error).split(":")[0])

    def wins() -> tuple[bool, str]:
        nvidia, clouds = context["nvidia_operating_margin_ratio"], context["clouds_operating_margin_ratio"]
        return nvidia.value > clouds.value, f"Nvidia keeps {nvidia.text()} of its revenue, the clouds {clouds.text()}"

    def buy() -> tuple[bool, str]:
        share = context["large_clouds_share_ratio"]
        return share.value >= 1 / 3, f"large clouds buy {share.text()} of the chips"

    def hope() -> tuple[bool, str]:
        loss = _openai_result(context)
        return loss.value < 0, f"OpenAI's result for its latest year was {loss.text()}"

    def pay() -> tuple[bool, str]:
        outside, own = context["paid_by_outside_finance_ratio"], context["paid_by_own_cash_ratio"]
        return (
            outside.value >= 0.5,
            f"outside equity and new bonds paid {outside.full_text()} of the year's outlay, what the builders earn "
            f"with everything else {own.full_text()}",
        )

    for name, decide in (("wins", wins), ("buy", buy), ("hope", hope), ("pay", pay)):
        look(name, decide)
    return found


def _named(text: str) -> str:
    """
    Write for readers what an error says in the names of the evidence.

    Examples
    --------
    >>> _named("openai net_income was not known")
    "OpenAI's net income was not known"
    """
    return text.replace("openai", "OpenAI's").replace("anthropic", "Anthropic's").replace("_", " ")


def _openai_result(context: Context) -> Quantity:
    """OpenAI's operating income of its latest year, or the net income it expected, whichever was known."""
    try:
        return _openai_operating_income(context)
    except VintageError:
        year = context.as_of.year - (0 if context.as_of.month > 9 else 1)
        return context.view.quantity("openai", "net_income", period_end=f"{year}-12-31", kind="year").to("USD_bn")


def _openai_operating_income(context: Context) -> Quantity:
    """OpenAI's operating income of its latest full year on record."""
    table = margins.history(context.view, margins.lines_of("OpenAI", margins.OPERATING))
    rows = table[table["kind"] == "year"]
    if rows.empty:
        msg = f"OpenAI's operating income of a full year was not known on {context.as_of}"
        raise VintageError(msg)
    row = rows.iloc[-1]
    return Quantity(row["income_usd_bn"], "USD_bn", grade=row["grade"], sources=tuple(row["source"].split(";")))


@claim(
    "investors-pay-finally",
    rule="Four parts: Nvidia's margin is above the clouds'; large clouds buy a third of its chips or more; the "
    "leading lab loses money; outside equity and new bonds paid half of the year's outlay on AI or more. All four: "
    "holds; the first three: in part; fewer than three known: cannot be checked; else: does not hold.",
    flips="Outside equity and bonds paying most of a year's outlay: then it holds; AI's customers doing so: then not.",
    findings=(
        "paid_by_outside_finance_ratio",
        "paid_by_own_cash_ratio",
        "paid_by_customers_ratio",
        "large_clouds_share_ratio",
        "nvidia_operating_margin_ratio",
    ),
)
def investors_pay(context: Context) -> Judgement:
    parts = _parts(context)
    known = [name for name, (so, _) in parts.items() if so is not None]
    if len(known) < 3:
        missing = _named("; ".join(dict.fromkeys(why for so, why in parts.values() if so is None)))
        return Judgement("cannot be checked", "because too few links of the chain were known.", missing=missing)
    said = "; ".join(why for so, why in parts.values() if so is not None)
    if parts["pay"][0] is None:
        last = f". Who paid in the end cannot be told: {_named(parts['pay'][1])}"
    elif parts["pay"][0]:
        last = ""
    else:
        last = (
            ". Owners of the builders pay too, by payouts forgone, but venture money and bonds paid the smaller part; "
            "only if every new bond had gone into AI could they have paid half"
        )
    because = f"because {said}{last}."
    chain = all(parts[name][0] is not False for name in ("wins", "buy", "hope"))
    if chain and parts["pay"][0]:
        return Judgement("holds", because)
    return Judgement("holds in part" if chain else "does not hold", because)


@claim(
    "anthropic-raised-10bn",
    rule="Holds if Anthropic has raised more than 10 billion dollars, is valued at 10 to 100 billion and makes a loss; "
    "overtaken once the valuation or a profit has gone past it; does not hold below 10 billion raised.",
    flips="Nothing can undo the sum raised; a valuation back under 100 billion would make the claim current again.",
    findings=("anthropic_equity_raised_usd_bn", "anthropic_valuation_usd_bn", "anthropic_loss_usd_bn"),
)
def anthropic_raised(context: Context) -> Judgement:
    raised, valued = context["anthropic_equity_raised_usd_bn"], context["anthropic_valuation_usd_bn"]
    low, high = TENS_OF_BILLIONS_USD_BN
    because = f"because it had raised {raised.text()} and was last valued at {valued.text()}"
    if raised.value <= ARTICLE_RAISED_USD_BN or valued.value < low:
        return Judgement("does not hold", f"{because}.")
    profit = _anthropic_profit(context)
    if valued.value >= high or (profit is not None and profit.value > 0):
        tail = "" if profit is None else f"; its projected adjusted operating margin had reached {profit.text()}"
        return Judgement("overtaken", f"{because}{tail}.")
    burn = context.get("anthropic_loss_usd_bn")
    if burn is not None:
        return Judgement("holds", f"{because}, and it burned {burn.text()} of cash in a year.")
    compute, sales = _compute_and_sales(context)
    if compute.value > sales.value:
        why = f"computing alone, {compute.text()} in a year, cost more than its run rate of sales ({sales.text()})"
        return Judgement("holds", f"{because}, and {why}.")
    return Judgement("cannot be checked", f"{because}.", missing="Anthropic's result for any year")


def _anthropic_profit(context: Context) -> Quantity | None:
    return context.get("anthropic_operating_margin_ratio")


def _compute_and_sales(context: Context) -> tuple[Quantity, Quantity]:
    """Anthropic's computing bill of the latest year known, and its run rate."""
    return (
        context.view.quantity("anthropic", "compute_cost", kind="year").to("USD_bn"),
        context.view.quantity("anthropic", "annualized_revenue").to("USD_bn"),
    )


@claim(
    "cheap-capital-needed",
    rule="Two halves. Interest: refuted if builders' capex set a record over four quarters in which the policy rate "
    "was above its mean of twenty years. Capital: so if two labs raised more equity in a year than they sell, or capex "
    "takes nine tenths of the builders' cash flow, or bonds are twice their average. Interest not refuted and capital "
    "so: holds; one of the two: in part; neither: does not hold.",
    flips="Capex and funding falling when rates rise or lenders withdraw: then it holds; a chain that pays for itself: "
    "then it does not.",
    findings=(
        "policy_rate_year_pct",
        "policy_rate_habit_pct",
        "builders_capex_growth_multiple",
        "capex_to_ocf_quarter_ratio",
        "bonds_multiple",
        "labs_raised_year_usd_bn",
        "two_labs_run_rate_usd_bn",
    ),
)
def cheap_capital(context: Context) -> Judgement:
    rate, habit = context["policy_rate_year_pct"], context["policy_rate_habit_pct"]
    growth = context["builders_capex_growth_multiple"]
    refuted = rate.value > habit.value and growth.value > 1
    needs = []
    raised, sold = context.get("labs_raised_year_usd_bn"), context.get("two_labs_run_rate_usd_bn")
    if raised is not None and sold is not None and raised.value > sold.value:
        needs.append(f"two labs raised {raised.text()} in a year and sell at {sold.text()} a year")
    strained = context.get("capex_to_ocf_quarter_ratio")
    if strained is not None and strained.value >= STRAINED_RATIO:
        needs.append(f"capex took {strained.text()} of the builders' cash flow in the latest quarter")
    bonds = context.get("bonds_multiple")
    if bonds is not None and bonds.value >= BONDS_MULTIPLE:
        needs.append(f"bonds ran at {bonds.text()} their average")
    money = (
        f"the policy rate averaged {rate.text()} over a year against {habit.text()} in the twenty years before, and "
        f"capex {'still set a record' if growth.value > 1 else 'set no record'} ({growth.text()} the year before)"
    )
    need = "; ".join(needs) if needs else "nobody in the chain was seen to depend on new money"
    verdict = "holds in part"
    if needs and not refuted:
        verdict = "holds"
    elif not needs and refuted:
        verdict = "does not hold"
    tail = "" if not needs else ". What happens when capital turns scarce has not been seen yet"
    return Judgement(verdict, f"because {money}; {need}{tail}.")
