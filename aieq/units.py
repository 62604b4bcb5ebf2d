"""From one accelerator to a million tokens: what an hour costs its owner, and what a token costs then (step three)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import equation
from .errors import VintageError
from .evidence import OUTCOMES, quantity_of
from .quantity import Quantity, weakest

if TYPE_CHECKING:
    from .assumptions import Scenario
    from .evidence import View

CHIP = "NVIDIA H100 SXM5 80GB"  # the accelerator, export variant apart, of the only fleet whose output was published
FLEET = "deepseek"
DRAWS = 4096
HOURS_A_YEAR = equation.HOURS_PER_YEAR


def inputs(view: View, scenario: Scenario, *, throughput: bool = True) -> dict[str, Quantity]:
    """
    Values of the unit's symbols, each with its range, grade and sources.

    Price and throughput come from the evidence, the electricity price too; life, cost of capital, overhead, draw and
    utilisation from the scenario.

    Raises
    ------
    VintageError
        If the price of the accelerator or the fleet's throughput was not public on the day.
    """
    chips = view.hardware
    chip = chips[(chips["hardware"] == CHIP) & chips["launch_price_usd"].notna()]
    if chip.empty:
        msg = f"no price of an {CHIP} was known on {view.dated}"
        raise VintageError(msg)
    values = {
        "accelerator_price_usd": Quantity(
            float(chip["launch_price_usd"].iloc[0]), "USD", grade="estimated", as_of=view.dated,
            sources=(chip["source"].iloc[0],), interval="none: one price, worked out from a server of eight",
        ),
        "overhead_ratio": scenario.quantity("overhead_ratio"),
        "accelerator_life_years": scenario.quantity("asset_life_years", "accelerators"),
        "price_decline_ratio": scenario.quantity("replacement_price_fall_ratio", "accelerators"),
        "cost_of_capital_ratio": scenario.quantity("cost_of_capital_ratio"),
        "power_kw": scenario.quantity("power_kw"),
        "pue_multiple": scenario.quantity("pue_multiple"),
        "electricity_usd_per_kwh": view.quantity("us_economy", "industrial_power_price", kind="month"),
    }  # fmt: skip
    if throughput:
        rate = view.quantity(FLEET, "tokens_per_gpu_second_output")
        values["throughput_tokens_per_s"] = rate
        values["utilisation_ratio"] = scenario.quantity("utilisation_ratio")
    return values


def evaluate(target: str, values: dict[str, Quantity], seed: int, unit: str) -> Quantity:
    """
    Evaluate a symbol at the central values, with the middle 90 % of draws from the inputs' ranges as interval.

    Each range is drawn from a triangle that peaks at the central value, independently of the others.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[str, np.ndarray | float] = {}
    for name, q in values.items():
        if q.low is None or q.low == q.high:
            drawn[name] = q.value
        else:
            drawn[name] = rng.triangular(q.low, q.value, q.high, DRAWS)
    central = equation.evaluate(target, **{name: q.value for name, q in values.items()})
    low, high = np.quantile(np.asarray(equation.evaluate(target, **drawn)), [0.05, 0.95])
    return Quantity(
        float(central), unit, float(min(low, central)), float(max(high, central)),
        grade=weakest("derived", *(q.grade for q in values.values())),
        as_of=max((q.as_of for q in values.values() if q.as_of), default=None),
        sources=tuple(s for q in values.values() for s in q.sources),
        interval="middle 90 % of draws from the ranges of the assumptions",
    )  # fmt: skip


def hour_parts(values: dict[str, Quantity]) -> pd.DataFrame:
    """
    Split the cost of an accelerator-hour, whether it works or not, into what it pays for.

    Wear is straight-line over the life; interest and the falling price of service are what the rent asks on top.

    Returns
    -------
    DataFrame
        part, usd_per_hour; the parts add up to the hour.
    """
    v = {name: q.value for name, q in values.items()}
    rent = equation.evaluate(
        "rental_factor_accelerator",
        **{k: v[k] for k in ("cost_of_capital_ratio", "price_decline_ratio", "accelerator_life_years")},
    )
    steady = equation.evaluate(
        "rental_factor_accelerator",
        cost_of_capital_ratio=v["cost_of_capital_ratio"],
        price_decline_ratio=0.0,
        accelerator_life_years=v["accelerator_life_years"],
    )
    price, wear = v["accelerator_price_usd"], 1 / v["accelerator_life_years"]
    rows = [
        ("Accelerator: wear", price * wear / HOURS_A_YEAR),
        ("Accelerator: interest", price * (steady - wear) / HOURS_A_YEAR),
        ("Accelerator: cheaper successors", price * (rent - steady) / HOURS_A_YEAR),
        ("Site, network, operations", price * v["overhead_ratio"] * rent / HOURS_A_YEAR),
        ("Electricity", v["power_kw"] * v["pue_multiple"] * v["electricity_usd_per_kwh"]),
    ]
    return pd.DataFrame(rows, columns=["part", "usd_per_hour"])


def token_parts(values: dict[str, Quantity]) -> pd.DataFrame:
    """
    Carry the parts of an hour over to a million tokens, idle hours last.

    Returns
    -------
    DataFrame
        part, usd_per_mtok, total; parts add up to the totals below them.
    """
    hours = hour_parts(values)
    throughput, busy = values["throughput_tokens_per_s"].value, values["utilisation_ratio"].value
    per_hour = 1e6 / (throughput * 3600)
    rows = [(part, usd * per_hour, False) for part, usd in hours.itertuples(index=False)]
    running = hours["usd_per_hour"].sum() * per_hour
    rows.append(("A million tokens, if never idle", running, True))
    rows.append(("Idle hours", running / busy - running, False))
    rows.append(("A million tokens", running / busy, True))
    return pd.DataFrame(rows, columns=["part", "usd_per_mtok", "total"])


def revenue_per_mtok(view: View) -> Quantity:
    """Revenue per million output tokens of the published fleet, had all its tokens been billed at list price."""
    revenue = view.quantity(FLEET, "theoretical_revenue_per_day")
    tokens = view.quantity(FLEET, "output_tokens_per_day")
    return Quantity(
        revenue.value / tokens.value * 1e6, "USD_per_mtok", grade="estimated", as_of=view.dated,
        sources=(*revenue.sources, *tokens.sources), interval="none: one day of one fleet, at list price",
    )  # fmt: skip


def spending(view: View, entity: str, metric: str, year: int) -> Quantity:
    """
    What a lab paid for something in a year, when sources conflict: the middle of them, with their whole range.

    Outcomes and estimates count. A plan or projection is no outcome: it counts only while there is nothing else, with
    grade ``assumed``. What was paid in a part of the year is a floor under the whole of it, so where it exceeds the
    figures for the year it widens the range upwards.

    Raises
    ------
    VintageError
        If no source was public on the day.
    """
    every = view.rows(entity, metric)
    rows = every[(every["kind"] == "year") & (every["period_end"] == pd.Timestamp(year, 12, 31))]
    if rows.empty:
        msg = f"no figure for {entity} {metric} of {year} was public on {view.dated}"
        raise VintageError(msg)
    outcomes = rows[rows["basis"].isin(OUTCOMES)]
    central = outcomes if len(outcomes) else rows
    q = quantity_of(central.tail(1), view.dated)
    ends = pd.concat([central["value"], central["low"], central["high"]]).dropna()
    within = (every["period_start"] >= pd.Timestamp(year, 1, 1)) & (every["period_end"] < pd.Timestamp(year, 12, 31))
    part = every[within & every["basis"].isin(OUTCOMES) & (every["period_end"] > every["period_start"])]
    above = part[part[["value", "high"]].max(axis=1) > ends.max()]
    if len(outcomes) and len(above):
        ends = pd.concat([ends, above["value"], above["high"]]).dropna()
        rows = pd.concat([central, above])
    else:
        rows = central
    spread = (ends.min() / 1000, ends.max() / 1000) if ends.min() < ends.max() else (None, None)
    return Quantity(
        float(central["value"].median()) / 1000, "USD_bn", *spread,
        "estimated" if len(outcomes) else "assumed", q.as_of,
        tuple(key for joined in rows["source"] for key in joined.split(";")),
        "range of sources" if spread[0] is not None else "none: one source, none given",
    )  # fmt: skip


def spending_rows(view: View, entity: str, metric: str, year: int) -> pd.DataFrame:
    """
    List all sources behind :func:`spending`.

    Returns
    -------
    DataFrame
        value_usd_bn, low_usd_bn, high_usd_bn, basis, published, source, note.
    """
    rows = view.rows(entity, metric, kind="year")
    rows = rows[rows["period_end"] == pd.Timestamp(year, 12, 31)]
    return pd.DataFrame(
        {
            "value_usd_bn": rows["value"] / 1000,
            "low_usd_bn": rows["low"] / 1000,
            "high_usd_bn": rows["high"] / 1000,
            "basis": rows["basis"],
            "published": rows["published"],
            "source": rows["source"],
            "note": rows["note"],
        }
    ).reset_index(drop=True)


def energy_wh_per_query(
    *,
    active_params: float,
    output_tokens: float,
    peak_flops: float,
    utilisation_ratio: float,
    server_w: float,
    average_power_ratio: float,
    pue_multiple: float,
) -> float:
    """
    Energy of one answer, from the arithmetic it takes: two operations a parameter and token.

    Examples
    --------
    Epoch's base case, 0.301 Wh:

    >>> round(energy_wh_per_query(active_params=100e9, output_tokens=500, peak_flops=989e12, utilisation_ratio=0.1,
    ...                           server_w=1275, average_power_ratio=0.7, pue_multiple=1.2), 3)
    0.301
    """
    seconds = 2 * active_params * output_tokens / (peak_flops * utilisation_ratio)
    return seconds * server_w * average_power_ratio * pue_multiple / 3600
