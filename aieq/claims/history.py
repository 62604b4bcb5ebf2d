"""Rules for the article's claims about history, prices, open models and what AI creates; and one on falling cost."""

from __future__ import annotations

from ..errors import VintageError
from ..findings import Context
from ..findings.history import falls, lag_records, market, token_growth
from ..prices import ECI
from ..quantity import Quantity
from . import Judgement, claim

TRILLIONS_USD_TN = 2.0  # internet-created-trillions: "trillions" is at least two
NEAR_ZERO_RATIO = 0.10  # marginal-cost-not-zero: a tenth of a dollar is near nothing
CLOSING_RATIO = 0.20  # open-models-close-gap: a gap is closing if it narrowed by a fifth in a year
NINE_TENTHS = 0.90  # prices-fell-90-percent
TENFOLD = 10.0  # cost-fell-tenfold-in-two-years
NO_VALUE_RATIO = 0.10  # value-to-zero: a gross margin under a tenth is next to nothing kept
MOVED_RATIO = 0.10  # value-to-zero: ten points of margin are a move


@claim(
    "internet-created-trillions",
    rule="Asks what a year of the profits of Amazon, Alphabet and Meta is worth: holds if that is two trillion dollars "
    "at the median multiple since 1881, in part if only at the market's own; else it does not.",
    flips="Profits of the three falling by more than half, or proof that they came out of other companies' value.",
    findings=(
        "internet_three_net_income_usd_bn",
        "internet_three_worth_usd_tn",
    ),
)
def _trillions(context: Context) -> Judgement:
    worth, income = context["internet_three_worth_usd_tn"], context["internet_three_net_income_usd_bn"]
    because = (
        f"Amazon, Alphabet and Meta earned {income.text()} in the latest year on record, which is worth "
        f"{Quantity(worth.low, 'USD_tn').text()} at the median multiple of the US market since 1881 and "
        f"{Quantity(worth.value, 'USD_tn').text()} at its last one on record. Their market values themselves are not "
        "in the evidence."
    )
    if worth.low >= TRILLIONS_USD_TN:
        return Judgement("holds", because)
    if worth.value >= TRILLIONS_USD_TN:
        return Judgement("holds in part", because)
    return Judgement("does not hold", because)


@claim(
    "marginal-cost-not-zero",
    rule="Holds if serving takes more than a tenth of an AI dollar and less than a tenth of a dollar of software and "
    "cloud; in part if it takes more than a tenth of both; does not hold if AI's is under a tenth.",
    flips="Serving costs under a tenth of AI revenue, or a figure that puts them near nothing at internet companies.",
    findings=(
        "ai_cost_of_serving_ratio",
        "internet_cost_of_serving_ratio",
        "deepseek_serving_cost_usd_per_mtok",
    ),
)
def _marginal(context: Context) -> Judgement:
    ai, web = context["ai_cost_of_serving_ratio"], context["internet_cost_of_serving_ratio"]
    alone = ", by the one figure known" if web.low is None else ""
    because = (
        f"Cost of revenue takes {ai.full_text()} of an AI dollar and {web.full_text()} of a dollar of software and "
        f"cloud{alone}: the difference is one of degree. It is average cost; nobody publishes the cost of one more "
        "query."
    )
    if ai.value > NEAR_ZERO_RATIO and web.value < NEAR_ZERO_RATIO:
        return Judgement("holds", because)
    if ai.value > NEAR_ZERO_RATIO:
        return Judgement("holds in part", because)
    return Judgement("does not hold", because)


@claim(
    "demand-outpaces-efficiency",
    rule="Holds if tokens grew faster than a token became cheaper on every reading of both (at constant capability and "
    "as paid, or as listed before anyone measured what is paid); in part if only against the latter; else it does not.",
    flips="Growth of tokens falling below the yearly fall of the price paid.",
    findings=(
        "token_growth_per_year",
        "price_paid_change_12m_ratio",
        "price_fall_long_windows_per_year",
        "hardware_price_performance_change_per_year_ratio",
    ),
)
def _demand(context: Context) -> Judgement:
    growth = context["token_growth_per_year"]
    slowest = token_growth(context)["per_year"].min()
    capability = context["price_fall_long_windows_per_year"]
    paid, which = context.get("price_paid_change_12m_ratio"), "the price paid for a token"
    if paid is None:
        paid, which = context.get("mainstream_price_change_12m_ratio"), "the list price of the houses' main models"
    if paid is None:
        raise VintageError(
            f"neither the price paid nor the list price of a mainstream model was known by {context.as_of}"
        )
    deepest = min(paid.value, paid.low if paid.low is not None else paid.value)
    cheaper = 1 / (1 + deepest)
    because = (
        f"Tokens grew {growth.full_text()}; {which} moved by {paid.full_text()} in a year, and at "
        f"constant capability tokens became {capability.full_text()} cheaper."
    )
    if slowest > max(cheaper, capability.value):
        return Judgement("holds", because)
    if growth.value > cheaper:
        return Judgement("holds in part", because + " Demand outgrew the first of these prices but not the second.")
    return Judgement("does not hold", because)


@claim(
    "replaces-not-creates",
    rule="No measurement settles whether spending is new or moved from elsewhere; the nearest measurable thing is "
    "shown: how much of the internet's own business replaced an older one, and how fast AI revenue grows.",
    flips="A source that follows what buyers of AI stopped buying, over several years and for most of the revenue.",
    findings=("ecommerce_share_of_retail_ratio", "internet_advertising_usd_bn", "actual_ai_revenue_usd_bn"),
)
def _replaces(context: Context) -> Judgement:
    shop, adverts = context.get("ecommerce_share_of_retail_ratio"), context.get("internet_advertising_usd_bn")
    revenue = context.get("actual_ai_revenue_usd_bn")
    parts = []
    if shop is not None:
        parts.append(f"online shops take {shop.text()} of US retail")
    if adverts is not None:
        parts.append(f"US online advertising {adverts.text()} a year")
    nearest = f"The internet's own largest lines also replaced older ones ({' and '.join(parts)}). " if parts else ""
    size = f"AI revenue runs at {revenue.full_text()}; from that one cannot see what it displaced." if revenue else ""
    return Judgement(
        "cannot be checked",
        nearest + size,
        missing="what buyers of AI would have bought instead: no source divides AI revenue into new and displaced",
    )


@claim(
    "open-models-close-gap",
    rule="Compares the last twelve months of scores with the twelve before, in points between the best models and in "
    "months by which record-setting open models trailed: holds if both narrowed by a fifth, in part if one did, does "
    "not hold if neither did.",
    flips="An open model that matches the best closed one, or two years in which lag and distance shrink together.",
    findings=(
        "open_gap_index",
        "open_gap_year_earlier_index",
        "open_lag_months",
        "open_lag_year_earlier_months",
        "open_lag_published_months",
    ),
)
def _open(context: Context) -> Judgement:
    gap, gap_before = context["open_gap_index"], context["open_gap_year_earlier_index"]
    lag, lag_before = context["open_lag_months"], context["open_lag_year_earlier_months"]
    narrowed = [
        late.value <= (1 - CLOSING_RATIO) * early.value for late, early in ((gap, gap_before), (lag, lag_before))
    ]
    last = market(context).last_scored(ECI, context.as_of)
    newest = lag_records(context)["day"].max()
    because = (
        f"On Epoch's index the best open model stood {gap.text()} points behind over the last year of scores and "
        f"{gap_before.text()} the year before; open record-setters trailed by {lag.full_text()} against "
        f"{lag_before.full_text()}. Scores end on {last:%Y-%m-%d}, the last open record is of {newest:%Y-%m-%d}."
    )
    published = context.get("open_lag_published_months")
    if published is not None:
        because += f" Published lags stand at {published.full_text()}."
    return Judgement(("does not hold", "holds in part", "holds")[sum(narrowed)], because)


@claim(
    "prices-fell-90-percent",
    rule="Two readings over the latest twelve months: the cheapest price at constant capability (median of levels), "
    "and the list price of the general model each large house puts first (median). Holds if both fell by nine "
    "tenths; in part if one did, or a single level of capability did; does not hold if none did.",
    flips="Mainstream list prices falling by nine tenths in a year, or no level of capability doing so any more.",
    findings=(
        "price_fall_12m_ratio",
        "mainstream_price_change_12m_ratio",
        "price_paid_change_12m_ratio",
    ),
)
def _ninety(context: Context) -> Judgement:
    constant, mainstream = context["price_fall_12m_ratio"], context["mainstream_price_change_12m_ratio"]
    every = falls(context, 12)
    readings, spread = len(every), ""
    if constant.low is not None:
        spread = f" at the median of {readings} readings, {constant.range_text()} from the least to the greatest"
    because = (
        f"In twelve months the cheapest price of a given capability fell by {constant.text()}{spread}; the list price "
        f"of the houses' own main models moved by {mainstream.full_text()}."
    )
    if constant.value >= NINE_TENTHS and -mainstream.value >= NINE_TENTHS:
        return Judgement("holds", because)
    if max(every.values()) >= NINE_TENTHS:
        return Judgement(
            "holds in part", because + " It fits those who stay at yesterday's quality, not the mainstream."
        )
    if -mainstream.value >= NINE_TENTHS:
        return Judgement("holds in part", because + " It fits the mainstream price list, not a given capability.")
    return Judgement("does not hold", because)


@claim(
    "value-to-zero",
    rule="Looks at the gross margins of the two labs that are known for two periods: holds if both are under a tenth "
    "or fell by ten points or more, does not hold if neither is and neither did, in part in between.",
    flips="Two years of falling gross margins at the labs while their prices fall, as transit carriers had.",
    findings=(
        "openai_first_gross_margin_ratio",
        "openai_gross_margin_ratio",
        "anthropic_first_gross_margin_ratio",
        "anthropic_gross_margin_ratio",
    ),
)
def _value(context: Context) -> Judgement:
    pairs = []
    for lab in ("openai", "anthropic"):
        first, last = (context.get(f"{lab}_{which}") for which in ("first_gross_margin_ratio", "gross_margin_ratio"))
        if first is not None and last is not None:
            pairs.append((first, last))
    if not pairs:
        return Judgement(
            "cannot be checked",
            "Competition cannot be seen in margins that nobody had yet published twice.",
            missing="gross margins of a lab for two periods",
        )
    bad = [last.value < NO_VALUE_RATIO or first.value - last.value >= MOVED_RATIO for first, last in pairs]
    moves = " and ".join(f"from {first.text()} to {last.text()}" for first, last in pairs)
    names = "OpenAI's and Anthropic's" if len(pairs) == 2 else "One lab's"
    # Said beside the verdict, which rests on the margins: it does not wait for new scores.
    fell = context.get("price_fall_12m_ratio")
    while_prices = "" if fell is None else f" while prices at constant capability fell by {fell.text()} in a year"
    because = (
        f"{names} gross margins went {moves}{while_prices}. That competition will take them cannot be excluded; and "
        "they are counted before research and selling."
    )
    if all(bad):
        return Judgement("holds", because)
    return Judgement("holds in part" if any(bad) else "does not hold", because)


@claim(
    "cost-fell-tenfold-in-two-years",
    rule="Compares the cheapest list price of the same capability two years apart, level by level and yardstick by "
    "yardstick: holds if it fell tenfold on all, in part if at the median, else it does not. List prices stand in.",
    flips="Evidence that list prices fell because sellers subsidise them, so that cost itself did not fall tenfold.",
    findings=(
        "price_fall_24m_multiple",
        "hardware_price_performance_change_per_year_ratio",
        "deepseek_serving_cost_usd_per_mtok",
    ),
)
def _tenfold(context: Context) -> Judgement:
    fell = context["price_fall_24m_multiple"]
    slowest = fell.low if fell.low is not None else fell.value
    what = "the one level of capability on offer so long" if fell.interval == "none: one reading" else "a capability"
    because = f"Over two years {what} became {fell.full_text()} cheaper at list prices. That is price, not cost."
    hardware = context.get("hardware_price_performance_change_per_year_ratio")
    if hardware is not None:
        halves = (1 / (1 + hardware.value)) ** 2
        because += f" Hardware alone explains {halves:.0f}-fold: the rest is smaller models and better software."
    if slowest >= TENFOLD:
        return Judgement("holds", because)
    return Judgement("holds in part" if fell.value >= TENFOLD else "does not hold", because)
