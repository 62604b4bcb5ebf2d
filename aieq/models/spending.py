"""What is spent and what a gigawatt costs, as published: pure functions of named inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import EquationError
from .checks import amount, portion, positive


def mckinsey_total_usd_tn(ai_usd_tn: float, traditional_it_usd_tn: float) -> float:
    """
    Data-centre spending to 2030, AI and other (McKinsey 2025).

    Examples
    --------
    >>> mckinsey_total_usd_tn(5.0, 1.5)
    6.5
    """
    amount(ai_usd_tn=ai_usd_tn, traditional_it_usd_tn=traditional_it_usd_tn)
    return ai_usd_tn + traditional_it_usd_tn


def capex_of_power_usd_tn(incremental_gw: float, usd_bn_per_gw: float) -> float:
    """
    Spending on a number of gigawatts at one price (the frame of McKinsey's scenarios).

    Examples
    --------
    >>> capex_of_power_usd_tn(100, 40)
    4.0
    """
    amount(incremental_gw=incremental_gw, usd_bn_per_gw=usd_bn_per_gw)
    return incremental_gw * usd_bn_per_gw / 1000


def goldman_total_usd_tn(
    compute_usd_bn: Sequence[float], datacentre_usd_bn: Sequence[float], power_usd_bn: Sequence[float]
) -> float:
    """
    Spending on AI over the years given, three kinds of it by year (Goldman Sachs 2026).

    Examples
    --------
    >>> goldman_total_usd_tn([400, 500], [200, 300], [40, 60])
    1.5
    """
    buckets = {"compute_usd_bn": compute_usd_bn, "datacentre_usd_bn": datacentre_usd_bn, "power_usd_bn": power_usd_bn}
    for name, bucket in buckets.items():
        if len(bucket) != len(compute_usd_bn):
            msg = f"{name} has {len(bucket)} years and compute_usd_bn {len(compute_usd_bn)}: give each the same years"
            raise EquationError(msg)
        for value in bucket:
            amount(**{name: value})
    return math.fsum(value for bucket in buckets.values() for value in bucket) / 1000


def morgan_stanley_gap_usd_tn(total_usd_tn: float, own_cash_flow_usd_tn: float) -> float:
    """
    Spending that the builders cannot pay from their own cash (Morgan Stanley 2025).

    Examples
    --------
    >>> morgan_stanley_gap_usd_tn(3.0, 1.5)
    1.5
    """
    amount(total_usd_tn=total_usd_tn, own_cash_flow_usd_tn=own_cash_flow_usd_tn)
    return total_usd_tn - own_cash_flow_usd_tn


def recovery_factor(rate: float, life_years: float) -> float:
    """
    Constant payment a year that returns one dollar with interest over a life.

    Examples
    --------
    >>> recovery_factor(0.0, 5)
    0.2
    >>> round(recovery_factor(0.1, 1), 6)
    1.1
    """
    positive(life_years=life_years)
    amount(rate=rate)
    return 1 / life_years if rate == 0 else rate / (1 - (1 + rate) ** -life_years)


def gigawatt_cost_usd_bn(
    capex_usd_bn: float,
    opex_usd_bn: float,
    it_life_years: float,
    facility_life_years: float,
    it_share: float,
    cost_of_capital: float,
) -> float:
    """
    Cost of owning a gigawatt for a year: each part of the site as an annuity, and operations (the frame of Epoch 2026).

    Examples
    --------
    Without interest and with one life for all it is a straight line:

    >>> gigawatt_cost_usd_bn(40, 1, 5, 5, 0.5, 0.0)
    9.0
    """
    amount(capex_usd_bn=capex_usd_bn, opex_usd_bn=opex_usd_bn)
    portion(it_share=it_share)
    computing = capex_usd_bn * it_share * recovery_factor(cost_of_capital, it_life_years)
    site = capex_usd_bn * (1 - it_share) * recovery_factor(cost_of_capital, facility_life_years)
    return computing + site + opex_usd_bn


def part_pct(part_usd_bn: float, whole_usd_bn: float) -> float:
    """
    One amount in per cent of another.

    Examples
    --------
    >>> part_pct(60, 400)
    15.0
    """
    amount(part_usd_bn=part_usd_bn)
    positive(whole_usd_bn=whole_usd_bn)
    return 100 * part_usd_bn / whole_usd_bn
