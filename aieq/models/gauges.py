"""Gauges, returns and chances, as published: pure functions of named inputs."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import EquationError
from .checks import amount, portion, positive
from .spending import part_pct


def revenue_cover_pct(revenue_usd_bn: float, capex_usd_bn: float) -> float:
    """
    Revenue in per cent of capital spending (Exponential View 2025, turned over).

    Examples
    --------
    >>> revenue_cover_pct(60, 400)
    15.0
    """
    return part_pct(revenue_usd_bn, capex_usd_bn)


def industry_strain_ratio(capex_usd_bn: float, revenue_usd_bn: float) -> float:
    """
    Capital spending over revenue (the second gauge of Exponential View).

    Examples
    --------
    >>> industry_strain_ratio(300, 60)
    5.0
    """
    amount(capex_usd_bn=capex_usd_bn)
    positive(revenue_usd_bn=revenue_usd_bn)
    return capex_usd_bn / revenue_usd_bn


def economic_strain_pct(capex_usd_bn: float, us_gdp_usd_bn: float, us_weight: float) -> float:
    """
    Capital spending that falls on the United States, in per cent of their output (the first gauge).

    Examples
    --------
    >>> economic_strain_pct(400, 30000, 0.75)
    1.0
    """
    portion(us_weight=us_weight)
    return part_pct(capex_usd_bn * us_weight, us_gdp_usd_bn)


def exponential_view_stage(reds: float) -> float:
    """
    Number of the stage that so many red gauges mean: 0 a boom, 1 caution, 2 a bubble (Exponential View 2025).

    Examples
    --------
    >>> [exponential_view_stage(reds) for reds in range(5)]
    [0, 0, 1, 2, 2]
    """
    if reds != int(reds) or not 0 <= reds <= 5:
        msg = f"reds is {reds}: there are five gauges, so it is a whole number from 0 to 5"
        raise EquationError(msg)
    return max(0, min(2, int(reds) - 1))


def forward_roic_pct(
    ai_revenue_usd_bn: float, nopat_margin: float, capex_usd_bn: float, capex_ai_share: float
) -> float:
    """
    Return on a year of AI capital spending: profit after tax over it, in per cent (the frame of ai-capex-roic).

    Examples
    --------
    >>> forward_roic_pct(100, 0.3, 200, 0.5)
    30.0
    """
    amount(ai_revenue_usd_bn=ai_revenue_usd_bn)
    portion(nopat_margin=nopat_margin, capex_ai_share=capex_ai_share)
    positive(capex_usd_bn=capex_usd_bn, capex_ai_share=capex_ai_share)
    return 100 * ai_revenue_usd_bn * nopat_margin / (capex_usd_bn * capex_ai_share)


def revenue_of_backlog_usd_bn(backlog_usd_bn: float, ai_share: float, duration_years: float) -> float:
    """
    Yearly AI revenue that a backlog stands for (ai-capex-roic, Microsoft).

    Examples
    --------
    >>> revenue_of_backlog_usd_bn(100, 0.5, 2.5)
    20.0
    """
    amount(backlog_usd_bn=backlog_usd_bn)
    portion(ai_share=ai_share)
    positive(duration_years=duration_years)
    return backlog_usd_bn * ai_share / duration_years


def roic_of_backlog_pct(
    backlog: float, ai_share: float, duration: float, capex_ai_share: float, nopat_margin: float, capex: float
) -> float:
    """
    Return on AI spending where AI revenue is read from a backlog, in per cent (ai-capex-roic, Microsoft).

    Examples
    --------
    >>> roic_of_backlog_pct(100, 0.5, 2.5, 0.5, 0.3, 24)
    50.0
    """
    return forward_roic_pct(revenue_of_backlog_usd_bn(backlog, ai_share, duration), nopat_margin, capex, capex_ai_share)


def roic_of_revenue_pct(
    revenue: float, ai_share: float, capex_ai_share: float, nopat_margin: float, capex: float
) -> float:
    """
    Return on AI spending where AI revenue is a share of all revenue, in per cent (ai-capex-roic, Meta).

    Examples
    --------
    >>> roic_of_revenue_pct(200, 0.2, 0.8, 0.3, 100)
    15.0
    """
    portion(ai_share=ai_share)
    return forward_roic_pct(revenue * ai_share, nopat_margin, capex, capex_ai_share)


def distress_ratio(
    op_distress: float,
    window_closes_given_distress: float,
    event_given_both: float,
    window_first: float,
    event_given_window_first: float,
) -> float:
    """
    Chance of a distress event by either of two ways taken as independent (tedthizzy/ai-bubble).

    Examples
    --------
    >>> round(distress_ratio(0.5, 0.5, 1.0, 0.5, 0.5), 4)
    0.4375
    """
    portion(**locals())
    first = op_distress * window_closes_given_distress * event_given_both
    return 1 - (1 - first) * (1 - window_first * event_given_window_first)


def gross_margin_pct(revenue_usd_bn: float, cost_of_revenue_usd_bn: float) -> float:
    """
    Gross margin in per cent.

    Examples
    --------
    >>> gross_margin_pct(6, 3)
    50.0
    """
    positive(revenue_usd_bn=revenue_usd_bn)
    amount(cost_of_revenue_usd_bn=cost_of_revenue_usd_bn)
    return 100 * (1 - cost_of_revenue_usd_bn / revenue_usd_bn)


def understated_depreciation_usd_bn(
    spending_usd_bn: Sequence[float], short_lived_share: float, economic_life_years: float, book_life_years: float,
    years_counted: float,
) -> float:  # fmt: skip
    """
    Depreciation left out by writing off too slowly, over the last years given (the frame of Burry 2025).

    Straight lines from the year of purchase on; years are whole.

    Examples
    --------
    A hundred bought this year, gone in two years and written off over four: fifty less twenty-five.

    >>> understated_depreciation_usd_bn([100], 1.0, 2, 4, 1)
    25.0
    """
    portion(short_lived_share=short_lived_share)
    positive(economic_life_years=economic_life_years, book_life_years=book_life_years, years_counted=years_counted)
    missing = 0.0
    for bought, spent in enumerate(spending_usd_bn):
        amount(spending_usd_bn=spent)
        for year in range(len(spending_usd_bn) - int(years_counted), len(spending_usd_bn)):
            age = year - bought
            if age >= 0:
                written = [max(0.0, min(1.0, life - age)) / life for life in (economic_life_years, book_life_years)]
                missing += spent * short_lived_share * (written[0] - written[1])
    return missing
