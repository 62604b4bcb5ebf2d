"""What a token, a query and a task are worth, as published: pure functions of named inputs."""

from __future__ import annotations

from .. import units
from ..errors import EquationError
from .checks import amount, portion, positive, share


def acemoglu_tfp_pct(task_share_affected: float, overall_cost_saving: float) -> float:
    """
    Gain in total factor productivity over ten years, in per cent (Acemoglu 2024, by Hulten's theorem).

    Examples
    --------
    >>> round(acemoglu_tfp_pct(0.046, 0.144), 2)
    0.66
    """
    share(task_share_affected=task_share_affected, overall_cost_saving=overall_cost_saving)
    return 100 * task_share_affected * overall_cost_saving


def deepseek_cost_usd_per_day(avg_nodes: float, gpus_per_node: float, hours: float, usd_per_gpu_hour: float) -> float:
    """
    Rent of the accelerators that served a day (DeepSeek 2025).

    Examples
    --------
    >>> deepseek_cost_usd_per_day(226.75, 8, 24, 2.0)
    87072.0
    """
    amount(avg_nodes=avg_nodes, gpus_per_node=gpus_per_node, hours=hours, usd_per_gpu_hour=usd_per_gpu_hour)
    return avg_nodes * gpus_per_node * hours * usd_per_gpu_hour


def deepseek_revenue_usd_per_day(
    cached_input_tokens_bn: float,
    input_tokens_bn: float,
    output_tokens_bn: float,
    usd_per_mtok_cached: float,
    usd_per_mtok_input: float,
    usd_per_mtok_output: float,
) -> float:
    """
    What the same day would have billed at list price (DeepSeek 2025, called theoretical there).

    Cached input is part of the input and billed at its own price.

    Examples
    --------
    >>> deepseek_revenue_usd_per_day(1, 3, 1, 1, 10, 100)
    121000.0
    """
    amount(cached_input_tokens_bn=cached_input_tokens_bn, input_tokens_bn=input_tokens_bn)
    fresh = input_tokens_bn - cached_input_tokens_bn
    if fresh < 0:
        msg = (
            f"cached_input_tokens_bn is {cached_input_tokens_bn} and input_tokens_bn {input_tokens_bn}: cached input "
            "is part of the input and cannot exceed it"
        )
        raise EquationError(msg)
    dollars_per_bn = (
        cached_input_tokens_bn * usd_per_mtok_cached
        + fresh * usd_per_mtok_input
        + output_tokens_bn * usd_per_mtok_output
    )
    return dollars_per_bn * 1000.0


def query_energy_wh(
    active_params_bn: float,
    output_tokens: float,
    flop_per_param_token: float,
    peak_flops: float,
    utilisation: float,
    server_w_per_gpu: float,
    avg_power_fraction: float,
    pue: float,
) -> float:
    """
    Energy of one answer of a chatbot (Epoch 2025).

    Examples
    --------
    One second of one accelerator that draws 3,600 W is a watt-hour:

    >>> query_energy_wh(1, 1, 2, 2e9, 1, 3600, 1, 1)
    1.0
    """
    positive(peak_flops=peak_flops, utilisation=utilisation, pue=pue)
    portion(utilisation=utilisation, avg_power_fraction=avg_power_fraction)
    amount(active_params_bn=active_params_bn, output_tokens=output_tokens, server_w_per_gpu=server_w_per_gpu)
    return units.energy_wh_per_query(
        active_params=active_params_bn * 1e9 * flop_per_param_token / 2,
        output_tokens=output_tokens,
        peak_flops=peak_flops,
        utilisation_ratio=utilisation,
        server_w=server_w_per_gpu,
        average_power_ratio=avg_power_fraction,
        pue_multiple=pue,
    )


def fall_per_year(price_start: float, price_end: float, years: float) -> float:
    """
    Factor by which a price falls each year (a16z 2024).

    Examples
    --------
    >>> round(fall_per_year(60, 0.06, 3), 6)
    10.0
    """
    positive(price_start=price_start, price_end=price_end, years=years)
    return (price_start / price_end) ** (1 / years)


def epoch_growth_per_year() -> float:
    """Growth of the cost of training the dearest models, fitted anew to the runs in the evidence (Epoch 2024)."""
    from .. import training
    from ..evidence import load

    evidence = load()
    return training.study_growth(evidence.as_of(evidence.last_day)).per_year
