"""How much revenue must be earned, as each author reckons it: pure functions of named inputs."""

from __future__ import annotations

from .checks import amount, portion, positive, share


def cahn_spend_usd_bn(gpu_run_rate_usd_bn: float, total_cost_multiple_of_gpu: float) -> float:
    """
    Cost of the data centres that a year of accelerators goes into (Cahn 2024, his middle line).

    Examples
    --------
    >>> cahn_spend_usd_bn(150, 2)
    300
    """
    amount(gpu_run_rate_usd_bn=gpu_run_rate_usd_bn)
    positive(total_cost_multiple_of_gpu=total_cost_multiple_of_gpu)
    return gpu_run_rate_usd_bn * total_cost_multiple_of_gpu


def cahn_required_usd_bn(
    gpu_run_rate_usd_bn: float, total_cost_multiple_of_gpu: float, end_user_gross_margin: float
) -> float:
    """
    Revenue that pays for one year of accelerators (Cahn 2023, 2024).

    Examples
    --------
    >>> cahn_required_usd_bn(50, 2, 0.5)
    200.0
    >>> cahn_required_usd_bn(150, 2, 0.5)
    600.0
    """
    share(end_user_gross_margin=end_user_gross_margin)
    return cahn_spend_usd_bn(gpu_run_rate_usd_bn, total_cost_multiple_of_gpu) / (1 - end_user_gross_margin)


def cahn_run_rate_usd_bn(
    required_usd_bn: float, total_cost_multiple_of_gpu: float, end_user_gross_margin: float
) -> float:
    """
    Accelerator sales at which Cahn's rule asks for a given revenue: his rule read backwards.

    Examples
    --------
    >>> cahn_run_rate_usd_bn(600, 2, 0.5)
    150.0
    """
    share(end_user_gross_margin=end_user_gross_margin)
    positive(total_cost_multiple_of_gpu=total_cost_multiple_of_gpu)
    return required_usd_bn * (1 - end_user_gross_margin) / total_cost_multiple_of_gpu


def cahn_hole_usd_bn(required_usd_bn: float, ai_revenue_usd_bn: float) -> float:
    """
    What remains of the required revenue once assumed AI revenue is taken off.

    Examples
    --------
    >>> cahn_hole_usd_bn(600, 100)
    500
    """
    amount(required_usd_bn=required_usd_bn, ai_revenue_usd_bn=ai_revenue_usd_bn)
    return required_usd_bn - ai_revenue_usd_bn


def bain_required_usd_bn(annual_capex_usd_bn: float, capex_to_revenue: float) -> float:
    """
    Revenue at which yearly capital spending is a bearable share of it (Bain 2025).

    Examples
    --------
    >>> bain_required_usd_bn(500, 0.25)
    2000.0
    """
    amount(annual_capex_usd_bn=annual_capex_usd_bn)
    positive(capex_to_revenue=capex_to_revenue)
    return annual_capex_usd_bn / capex_to_revenue


def bain_gap_usd_bn(required_usd_bn: float, available_usd_bn: float) -> float:
    """
    What is still missing once budgets of firms that could be turned to AI are counted (Bain 2025).

    Examples
    --------
    >>> bain_gap_usd_bn(2000, 1200)
    800
    """
    amount(required_usd_bn=required_usd_bn, available_usd_bn=available_usd_bn)
    return required_usd_bn - available_usd_bn


def perpetuity_required_usd_bn(
    investment_usd_bn_at_least: float, return_ratio: float, cash_margin: float = 1.0
) -> float:
    """
    Revenue for ever whose cash share pays a return on an investment that never wears out (the floor under JPMorgan).

    Examples
    --------
    >>> perpetuity_required_usd_bn(5000, 0.1)
    500.0
    """
    amount(investment_usd_bn_at_least=investment_usd_bn_at_least, return_ratio=return_ratio)
    positive(cash_margin=cash_margin)
    portion(cash_margin=cash_margin)
    return investment_usd_bn_at_least * return_ratio / cash_margin


def per_user_month_usd(annual_revenue_usd_bn: float, users_mn: float) -> float:
    """
    Spread a yearly revenue over users and months (JPMorgan's picture).

    Examples
    --------
    >>> round(per_user_month_usd(650, 1500), 2)
    36.11
    """
    amount(annual_revenue_usd_bn=annual_revenue_usd_bn)
    positive(users_mn=users_mn)
    return annual_revenue_usd_bn * 1000 / users_mn / 12


def kupperman_required_usd_bn(capex_usd_bn: float, life_years: float, gross_margin: float) -> float:
    """
    Revenue whose gross profit pays the straight-line depreciation of one year's capital spending (Kupperman 2025).

    Examples
    --------
    >>> kupperman_required_usd_bn(400, 10, 0.25)
    160.0
    """
    amount(capex_usd_bn=capex_usd_bn)
    positive(life_years=life_years, gross_margin=gross_margin)
    portion(gross_margin=gross_margin)
    return capex_usd_bn / life_years / gross_margin


def krishna_profit_usd_bn(gw: float, usd_bn_per_gw: float, cost_of_capital: float) -> float:
    """
    Profit a year that pays the interest on a build-out, with no wear (Krishna 2025).

    Examples
    --------
    >>> krishna_profit_usd_bn(100, 80, 0.1)
    800.0
    """
    amount(gw=gw, usd_bn_per_gw=usd_bn_per_gw, cost_of_capital=cost_of_capital)
    return gw * usd_bn_per_gw * cost_of_capital
