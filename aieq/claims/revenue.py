"""Rules for the claims of the revenue side, and for the gap between revenue and requirement."""

from __future__ import annotations

from ..adoption import latest_versions
from ..findings import Context
from ..findings.revenue import margins
from ..revenue import run_rate_rows
from . import Judgement, claim

_FAR_SHORT = 0.5  # revenue-far-short: less than half of the requirement
_DROP = 0.1  # drop-in-the-bucket: less than a tenth of the investment
_FIVE_BN = 5.0  # openai-over-5bn
_RAPID = 1.5  # microsoft-ai-growing: half as much again a year
_SLOWER = 0.5  # enterprise-slower: firms' use under half of people's
_RISING_POINTS = 0.5  # willingness-ceiling: the paying share may creep by half a point a year and still be called flat
_SAAS, _AI = (0.70, 0.80), (0.50, 0.60)  # ai-margins-below-saas


@claim(
    "revenue-far-short",
    rule="Under both rules of the requirement, even the high end of what is covered is below a half.",
    flips=(
        "Coverage of a half under the capital rule, in the central reading; of a half under both, the claim "
        "is overtaken."
    ),
    findings=("coverage_ratio", "coverage_capital_ratio", "actual_ai_revenue_usd_bn"),
)
def _far_short(context: Context) -> Judgement:
    rule, capital = context["coverage_ratio"], context["coverage_capital_ratio"]
    text = (
        f"AI revenue covers {rule.full_text()} of what Cahn's rule asks "
        f"and {capital.full_text()} of what the capital rule asks"
    )
    tops = [q.value if q.high is None else q.high for q in (rule, capital)]
    if max(tops) < _FAR_SHORT:
        return Judgement("holds", f"{text}: far short under both, to the end of their ranges.")
    if min(rule.value, capital.value) >= _FAR_SHORT:
        return Judgement("overtaken", f"{text}: no longer far short under either.")
    if capital.value >= _FAR_SHORT:
        return Judgement("holds in part", f"{text}: far short by the first, no longer by the second.")
    return Judgement("holds in part", f"{text}: below a half in the central reading, but not over the whole range.")


@claim(
    "openai-over-5bn",
    rule=("The last annualised revenue known on the day is above 5 billion dollars over its whole range of sources."),
    flips="Evidence that the run rates on record were never reached.",
    findings=("openai_run_rate_usd_bn", "openai_recognised_usd_bn_2024"),
)
def _over_five(context: Context) -> Judgement:
    rate, booked = context["openai_run_rate_usd_bn"], context.get("openai_recognised_usd_bn_2024")
    low, high = (rate.value, rate.value) if rate.low is None else (rate.low, rate.high)
    text = f"Its run rate was last known at {rate.full_text()}"
    if booked is not None:
        text += f"; recognised revenue, another quantity, was {booked.text()} in the whole of 2024"
    if low > _FIVE_BN:
        return Judgement("holds", f"{text}.")
    if high > _FIVE_BN:
        return Judgement("holds in part", f"{text}: sources stand on both sides of the mark.")
    return Judgement("does not hold", f"{text}: not there yet, as far as was known.")


@claim(
    "microsoft-ai-growing",
    rule="Between the last two statements of Microsoft's AI run rate it grew by half or more a year.",
    flips=("A statement that implies less than half as much again a year, or silence for more than a year and a half."),
    findings=("microsoft_ai_run_rate_usd_bn", "microsoft_ai_run_rate_age_months"),
)
def _microsoft(context: Context) -> Judgement:
    rate = context["microsoft_ai_run_rate_usd_bn"]
    rows = latest_versions(run_rate_rows(context.view, "microsoft_ai")).drop_duplicates("value")
    if len(rows) < 2:
        return Judgement(
            "cannot be checked",
            f"Microsoft has stated {rate.text()}, once.",
            missing="a second statement of Microsoft's AI run rate",
        )
    start, end = rows.iloc[-2], rows.iloc[-1]
    years = (end["period_end"] - start["period_end"]).days / 365.25
    growth = (end["value"] / start["value"]) ** (1 / years)
    text = (
        f"From ${start['value'] / 1000:.3g} bn to {rate.text()} between {start['period_end']:%B %Y} and "
        f"{end['period_end']:%B %Y}: {growth:.2g} times a year. Its scope was never defined; what OpenAI pays is in "
        "it, how much is not said"
    )
    return Judgement("holds" if growth >= _RAPID else "does not hold", f"{text}.")


@claim(
    "drop-in-the-bucket",
    rule=(
        "The pace of AI revenue, up to the high end of its range, is below a tenth of the four companies' capital "
        "expenditure of twelve months; overtaken if the low end is above."
    ),
    flips="Revenue of the labs alone above a tenth of the expenditure, at which the claim is overtaken.",
    findings=(
        "ai_revenue_over_capex_ratio",
        "actual_ai_revenue_usd_bn",
        "capex_four_usd_bn_ttm",
        "labs_recognised_over_capex_ratio_2025",
    ),
)
def _drop(context: Context) -> Judgement:
    share = context["ai_revenue_over_capex_ratio"]
    low, high = (share.value, share.value) if share.low is None else (share.low, share.high)
    text = (
        f"{context['actual_ai_revenue_usd_bn'].text()} of AI revenue a year stand against "
        f"{context['capex_four_usd_bn_ttm'].text()} of capital expenditure, AI or not: {share.full_text()}"
    )
    if high < _DROP:
        return Judgement("holds", f"{text}.")
    if low > _DROP:
        text += ". Even the labs alone, net, are more than a tenth of it"
        if (booked := context.get("labs_recognised_over_capex_ratio_2025")) is not None:
            text += f"; what two of them booked in 2025 was {booked.text()} of the expenditure of that year"
        return Judgement("overtaken", f"{text}.")
    return Judgement("holds in part", f"{text}: below or above a tenth by whose revenue is counted.")


@claim(
    "twenty-dollars-below-cost",
    rule=("What paying users bring falls short of the computing they use: a compute margin on payers below zero."),
    flips=(
        "A distribution of use by plan that shows the typical Plus user above the price, or a compute margin "
        "on payers below zero."
    ),
    findings=(
        "compute_margin_payers_ratio",
        "chatgpt_plus_price_usd_per_month",
        "openai_inference_over_revenue_ratio_2024",
    ),
)
def _twenty(context: Context) -> Judgement:
    margin = context.get("compute_margin_payers_ratio")
    if margin is None:
        return Judgement(
            "cannot be checked",
            "Nothing was public on what paying users cost; a gross margin over all revenue says nothing of one plan.",
            missing="OpenAI's compute margin on paying users, or use by plan",
        )
    low = margin.value if margin.low is None else margin.low
    high = margin.value if margin.high is None else margin.high
    text = f"Press reports on internal figures put the compute margin on paying users at {margin.full_text()}"
    if (first := context.get("compute_margin_payers_first_ratio")) is not None:
        text += f", after {first.text()} at the start of 2024"
    if low > 0:
        return Judgement(
            "does not hold",
            f"{text}: on average the fee covers the computing. "
            "Heavy users may still cost more than they pay; use by plan is not public.",
        )
    return Judgement("holds" if high < 0 else "holds in part", f"{text}.")


@claim(
    "willingness-ceiling",
    rule=(
        "The price of the main plan has not risen (a ceiling on price), and the paying share of users rises "
        "by no more than half a point a year (a ceiling on payers); one of two is a part."
    ),
    flips=("A rise of the main plan's price that payers accept; or, the other way, a paying share that stops rising."),
    findings=("chatgpt_plus_price_usd_per_month", "chatgpt_paying_ratio", "chatgpt_paying_rise_points_per_year"),
)
def _ceiling(context: Context) -> Judgement:
    rise, share = context.get("chatgpt_paying_rise_points_per_year"), context.get("chatgpt_paying_ratio")
    prices = context.view.rows("openai_chatgpt_plus", "price_per_month", basis="reported")
    if rise is None or share is None or prices.empty:
        return Judgement(
            "cannot be checked",
            "One count of payers at one moment shows a level, not a ceiling."
            + (f" That level was {share.text()}." if share is not None else ""),
            missing="the paying share of users at two moments at least nine months apart",
        )
    flat_price = prices["value"].iloc[-1] <= prices["value"].iloc[0]
    flat_share = rise.value <= _RISING_POINTS
    price = context["chatgpt_plus_price_usd_per_month"]
    text = (
        f"The main plan still costs {price.text()}"
        if flat_price
        else f"The main plan now costs {price.text()}, more than before"
    )
    moved = "rose" if rise.value >= 0 else "fell"
    text += f"; {share.text()} of weekly users pay, a share that {moved} by {abs(rise.value):.1f} points a year"
    verdict = ("does not hold", "holds in part", "holds")[int(flat_price) + int(flat_share)]
    return Judgement(verdict, f"{text}.")


@claim(
    "enterprise-slower",
    rule=(
        "The share of firms using AI in the Census Bureau's survey is under half the share of adults using "
        "generative AI (slower by use), and consumers bring in more money than firms (slower by money); one "
        "of two is a part."
    ),
    flips=(
        "Use by firms above half of use by people; by money the claim has failed since firms' spending was "
        "estimated above consumers'."
    ),
    findings=(
        "firms_over_adults_ratio",
        "adults_using_genai_ratio",
        "enterprise_over_consumer_multiple",
        "chatgpt_share_of_openai_ratio_2024",
    ),
)
def _enterprise(context: Context) -> Judgement:
    use = context["firms_over_adults_ratio"]
    by_use = use.value < _SLOWER
    firms = context.get("us_firms_using_ai_ratio") or context["us_firms_using_ai_old_ratio"]
    text = (
        f"{firms.text()} of US firms use AI against {context['adults_using_genai_ratio'].text()} of adults of working "
        "age"
    )
    money = context.get("enterprise_over_consumer_multiple")
    if money is not None:
        by_money = money.value < 1
        text += f"; {'and' if by_money else 'but'} firms are estimated to spend {money.full_text()} what consumers do"
    else:
        share = context["chatgpt_share_of_openai_ratio_2024"]
        by_money = share.value > _SLOWER
        text += f"; and ChatGPT was expected to bring {share.text()} of OpenAI's revenue in 2024"
    verdict = ("does not hold", "holds in part", "holds")[int(by_use) + int(by_money)]
    return Judgement(verdict, f"{text}.")


@claim(
    "ai-margins-below-saas",
    rule=(
        "Software's gross margin overlaps 70 to 80 per cent, AI's median lies below it (the comparison), and "
        "that median lies within 50 to 60 per cent (the level); the comparison alone is a part."
    ),
    flips=(
        "A median gross margin of AI companies inside 50 to 60 per cent makes it hold; one above software's breaks it."
    ),
    findings=("ai_gross_margin_median_ratio", "software_gross_margin_ratio", "openai_gross_margin_ratio"),
)
def _margins(context: Context) -> Judgement:
    ai, software = context.get("ai_gross_margin_median_ratio"), context.get("software_gross_margin_ratio")
    if ai is None or software is None:
        expected = margins(context)
        known = expected[expected["who"] == "OpenAI"]
        said = f" OpenAI expected {known['pct'].iloc[0]:.0f} % for 2024." if len(known) else ""
        return Judgement(
            "cannot be checked",
            f"Too few margins were public to compare two groups.{said}",
            missing="gross margins of at least three AI companies, and of software companies, published by that day",
        )
    low, high = (software.value, software.value) if software.low is None else (software.low, software.high)
    text = (
        f"Mature software earns {software.full_text()}; the median of the labs and AI applications on record "
        f"is {ai.full_text()}"
    )
    if not (low <= _SAAS[1] and high >= _SAAS[0]) or ai.value >= low:
        return Judgement("does not hold", f"{text}.")
    if _AI[0] <= ai.value <= _AI[1]:
        return Judgement("holds", f"{text}.")
    where = "below" if ai.value < _AI[0] else "above"
    return Judgement("holds in part", f"{text}: lower, as said, but the typical one lies {where} the article's range.")
