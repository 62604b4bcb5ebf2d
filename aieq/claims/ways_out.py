"""Rules for the claims on the ways out."""

from __future__ import annotations

import pandas as pd

from ..evidence import OUTCOMES
from ..findings import Context
from ..quantity import Quantity
from . import ARTICLE_DAY, Judgement, claim

TENFOLD = 10.0  # cost-fell-tenfold-in-two-years, whose going on is the condition here
DOUBLED = 2.0
POINTS = 0.10
SAAS_FLOOR_RATIO = 0.70  # ai-margins-below-saas: the lower end of what software companies earn
FIRST_LOOK = "2026-01-31"  # a year after the article: sooner, nothing can have come of it
DUE = "2027-01-31"  # two years after the article; three years end on the same day of 2028
FIRST_ORDER_RATIO = 0.10


def _margins(context: Context, entity: str) -> tuple[float, float] | None:
    """Gross margin of the last period that ended by the article's day, and of the latest since, if both are known."""
    rows = context.view.rows(entity, "gross_margin", basis=OUTCOMES)
    rows = rows[rows["value"].notna() & rows["kind"].isin(("year", "half", "quarter"))]
    before = rows[rows["period_end"] <= pd.Timestamp(ARTICLE_DAY)]
    since = rows[rows["period_end"] > pd.Timestamp(ARTICLE_DAY)]
    if before.empty or since.empty:
        return None
    return float(before["value"].iloc[-1]) / 100, float(since["value"].iloc[-1]) / 100


def _percent(ratio: float) -> str:
    return Quantity(ratio, "ratio").text()


@claim(
    "efficiency-fixes-economics",
    rule=(
        "Looked at from a year after the article on. Holds if the list price of equal quality still falls at least "
        "tenfold in two years and coverage of capital in use has reached one, or both large labs earn gross margins of "
        "software companies. Holds in part if the fall goes on and coverage has at least doubled since the article, or "
        "both labs' gross margins have risen by ten points. Otherwise it does not hold; before two years have passed "
        "it can still come true, so a failure then counts as not yet checkable."
    ),
    flips=(
        "Coverage of capital in use at one, or gross margins of seventy per cent at both labs, by January 2028 at the "
        "latest; the other way, a fall of list prices at equal quality below tenfold in two years."
    ),
    findings=(
        "price_fall_24m_multiple",
        "coverage_capital_ratio",
        "openai_gross_margin_ratio",
        "price_paid_change_12m_ratio",
    ),
)
def efficiency(context: Context) -> Judgement:
    if context.as_of < pd.Timestamp(FIRST_LOOK).date():
        return Judgement(
            "cannot be checked",
            "because it speaks of the two to three years after the article, and less than one of them had passed.",
            missing=f"the years to {DUE} and a year beyond",
        )
    fall = context["price_fall_24m_multiple"]
    now, then = context["coverage_capital_ratio"], context.at(ARTICLE_DAY)["coverage_capital_ratio"]
    margins = {entity: _margins(context, entity) for entity in ("openai", "anthropic")}
    known = [pair for pair in margins.values() if pair is not None]
    rose = len(known) == 2 and all(round(late - early, 9) >= POINTS for early, late in known)
    software = len(known) == 2 and all(late >= SAAS_FLOOR_RATIO for _, late in known)
    more = now.value / then.value
    pairs = {"openai": "OpenAI's", "anthropic": "Anthropic's"}
    said = "; ".join(
        f"{pairs[entity]} gross margin went from {_percent(pair[0])} to {_percent(pair[1])}"
        for entity, pair in margins.items()
        if pair is not None
    )
    because = (
        f"because equal quality became {fall.text()} cheaper at list price in two years, and coverage of "
        f"capital in use went from {then.text()} on the article's day to {now.full_text()}, "
        f"{Quantity(more, 'multiple').text()} as much. {said or 'The gross margins of the labs are not known'}. Volume "
        "and dearer models raised revenue as well, so the part of efficiency in this is not identified."
    )
    goes_on = fall.value >= TENFOLD
    if goes_on and (now.value >= 1 or software):
        return Judgement("holds", because)
    if goes_on and (more >= DOUBLED or rose):
        return Judgement("holds in part", because)
    if context.as_of < pd.Timestamp(DUE).date():
        return Judgement(
            "cannot be checked", because, missing=f"the rest of the two to three years, which begin to end on {DUE}"
        )
    return Judgement("does not hold", because)


@claim(
    "killer-application",
    rule=(
        "Need and candidate are judged apart. Overtaken if the lower end of coverage of capital in use is at least "
        "one: then nothing new is needed. Else holds if coding agents, the agents whose revenue is published, bill at "
        "least a tenth of the missing revenue; holds in part if they bill less but at least doubled in a year; "
        "otherwise it does not hold."
    ),
    flips=(
        "Agents billing a tenth of the missing revenue would make it hold in full; a year in which their revenue does "
        "not double would make it fall; coverage of one would make it superfluous."
    ),
    findings=(
        "coverage_capital_ratio",
        "missing_revenue_capital_usd_bn",
        "coding_agents_run_rate_usd_bn",
        "coding_agents_growth_multiple",
        "coding_agents_share_of_missing_ratio",
    ),
)
def killer(context: Context) -> Judgement:
    coverage = context["coverage_capital_ratio"]
    lowest = coverage.value if coverage.low is None else coverage.low
    if lowest >= 1:
        return Judgement(
            "overtaken", f"because revenue already pays for the capital in use: coverage is {coverage.full_text()}."
        )
    missing, agents = context["missing_revenue_capital_usd_bn"], context["coding_agents_run_rate_usd_bn"]
    growth = context["coding_agents_growth_multiple"]
    share = agents.value / missing.value if missing.value > 0 else float("inf")
    because = (
        f"because coverage of capital in use is {coverage.full_text()}, so {missing.text()} a year is missing, and "
        f"coding agents that publish a figure bill {agents.text()}: {growth.text()} what they billed a year before, "
        f"and {_percent(share)} of what is missing. Whether they are a new business model or dearer software cannot be "
        "measured, and other agents publish no revenue."
    )
    if share >= FIRST_ORDER_RATIO:
        return Judgement("holds", because)
    if growth.value >= DOUBLED:
        return Judgement("holds in part", because)
    return Judgement("does not hold", because)
