"""Findings on the cost side: building, training, inference, power, lives and payback."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from .. import costs, equation, sites, training, units
from ..errors import VintageError
from ..evidence import quantity_of
from ..quantity import Quantity, derive
from ..trends import Growth, doubling_months
from . import Context, finding

_WEEKS_A_YEAR = 365.25 / 7


def _finding(name: str, unit: str, says: str) -> Callable:
    return finding(name, unit=unit, section="cost", says=says)


def _pct(q: Quantity) -> Quantity:
    """Turn per cent as given into a share."""
    low, high = (None if end is None else end / 100 for end in (q.low, q.high))
    return replace(q, value=q.value / 100, low=low, high=high, unit="ratio")


# Building: what was spent.


@_finding(
    "capex_four_usd_bn_2023", "USD_bn", "cash capital expenditure of Microsoft, Alphabet, Amazon and Meta in 2023"
)
def capex_four_2023(context: Context) -> Quantity:
    return costs.capex_of_year(context.view, 2023)


@_finding(
    "capex_four_usd_bn_2024", "USD_bn", "cash capital expenditure of Microsoft, Alphabet, Amazon and Meta in 2024"
)
def capex_four_2024(context: Context) -> Quantity:
    return costs.capex_of_year(context.view, 2024)


@_finding(
    "capex_four_usd_bn_2025", "USD_bn", "cash capital expenditure of Microsoft, Alphabet, Amazon and Meta in 2025"
)
def capex_four_2025(context: Context) -> Quantity:
    return costs.capex_of_year(context.view, 2025)


@_finding(
    "capex_four_usd_bn_ttm", "USD_bn", "cash capital expenditure of those four in the latest twelve months reported"
)
def capex_four_ttm(context: Context) -> Quantity:
    return context.memo("capex ttm", lambda: costs.trailing_year(context.view, "capex"))


@_finding("capex_five_usd_bn_ttm", "USD_bn", "the same with Oracle's latest four fiscal quarters")
def capex_five_ttm(context: Context) -> Quantity:
    return costs.trailing_year(context.view, "capex", costs.FIVE)


@_finding(
    "capex_four_growth_2025_ratio", "ratio", "growth of the four companies' capital expenditure from 2024 to 2025"
)
def capex_growth_2025(context: Context) -> Quantity:
    before, after = context["capex_four_usd_bn_2024"], context["capex_four_usd_bn_2025"]
    return derive(lambda a, b: b / a - 1, before, after, unit="ratio")


def _latest_quarter(context: Context) -> pd.Timestamp:
    return costs.last_common_quarter(context.view)


@_finding("capex_four_quarter_usd_bn", "USD_bn", "cash capital expenditure of the four in the latest quarter reported")
def capex_four_quarter(context: Context) -> Quantity:
    return costs.quarter(context.view, "capex", _latest_quarter(context))


@_finding(
    "capex_four_yoy_ratio", "ratio", "growth of the four companies' latest quarter of capital expenditure over a year"
)
def capex_four_yoy(context: Context) -> Quantity:
    end = _latest_quarter(context)
    before = costs.quarter(context.view, "capex", end - pd.DateOffset(years=1) + pd.offsets.MonthEnd(0))
    return derive(lambda a, b: b / a - 1, before, context["capex_four_quarter_usd_bn"], unit="ratio")


@_finding(
    "capex_four_incl_leases_usd_bn_2024",
    "USD_bn",
    "the four companies' capital expenditure of 2024 with finance leases",
)
def capex_four_leases_2024(context: Context) -> Quantity:
    return context.view.quantity("big_four", "capex_incl_leases", period_end="2024-12-31", kind="year")


@_finding(
    "ai_capex_four_usd_bn_2024",
    "USD_bn",
    "AI part of the four companies' cash capital expenditure of 2024, at an assumed share",
)
def ai_capex_2024(context: Context) -> Quantity:
    return costs.ai_part(context.view, context.scenario, 2024)


@_finding(
    "ai_capex_four_incl_leases_usd_bn_2024",
    "USD_bn",
    "AI part of the four companies' capital expenditure of 2024 with finance leases",
)
def ai_capex_leases_2024(context: Context) -> Quantity:
    share = context.scenario.quantity("ai_share_of_capex_ratio", 2024)
    spent = context["capex_four_incl_leases_usd_bn_2024"]
    return derive(lambda a, b: a * b, spent, share, unit="USD_bn", interval="defensible range of the AI share")


# Building: the cash behind it, and what was announced.


def _cash_share(context: Context) -> pd.DataFrame:
    return context.memo("cash share", lambda: costs.cash_share(context.view))


def _cash_ratio(context: Context, column: str, day: str | None = None) -> Quantity:
    frame = _cash_share(context)
    row = frame[frame["quarter"] == pd.Timestamp(day)] if day else frame.tail(1)
    if row.empty or not np.isfinite(row[column].iloc[0]):
        msg = f"capital expenditure over operating cash flow was not known on {context.view.dated} for that period"
        raise VintageError(msg)
    sources = [
        key
        for company in costs.FOUR
        for metric in ("capex", "operating_cash_flow")
        for key in context.view.quarters(company, metric)["source"].iloc[-1].split(";")
    ]
    return Quantity(
        row[column].iloc[0], "ratio", grade="derived", sources=tuple(sources),
        interval="none: both sides are figures as reported",
    )  # fmt: skip


@_finding(
    "capex_to_ocf_quarter_ratio", "ratio", "capital expenditure over operating cash flow of the four, latest quarter"
)
def capex_to_ocf_quarter(context: Context) -> Quantity:
    return _cash_ratio(context, "quarter_ratio")


@_finding(
    "capex_to_ocf_ttm_ratio", "ratio", "capital expenditure over operating cash flow of the four, latest twelve months"
)
def capex_to_ocf_ttm(context: Context) -> Quantity:
    return _cash_ratio(context, "trailing_ratio")


@_finding("capex_to_ocf_2023_ratio", "ratio", "capital expenditure over operating cash flow of the four in 2023")
def capex_to_ocf_2023(context: Context) -> Quantity:
    return _cash_ratio(context, "trailing_ratio", "2023-12-31")


@_finding(
    "capex_to_ocf_2022_ratio",
    "ratio",
    "capital expenditure over operating cash flow of the four in 2022, before the rise",
)
def capex_to_ocf_2022(context: Context) -> Quantity:
    q = context.view.quantity("big_four", "capex_to_ocf", period_end="2022-12-31", kind="year")
    return replace(_pct(q), interval="none: both sides are figures as reported")


@_finding("ocf_four_usd_bn_ttm", "USD_bn", "operating cash flow of the four in the latest twelve months reported")
def ocf_ttm(context: Context) -> Quantity:
    return context.memo("ocf ttm", lambda: costs.trailing_year(context.view, "operating_cash_flow"))


@_finding("ocf_four_growth_ratio", "ratio", "growth of that operating cash flow over a year")
def ocf_growth(context: Context) -> Quantity:
    frame = _cash_share(context)["operating_cash_flow_usd_bn"]
    if len(frame) < 8:
        msg = f"two years of operating cash flow of all four were not known on {context.view.dated}"
        raise VintageError(msg)
    before = Quantity(float(frame.iloc[-8:-4].sum()), "USD_bn", grade="derived")
    return derive(lambda a, b: b / a - 1, before, context["ocf_four_usd_bn_ttm"], unit="ratio")


@_finding(
    "capex_guidance_four_usd_bn",
    "USD_bn",
    "what the four have announced for the running year, each on its own definition",
)
def guidance(context: Context) -> Quantity:
    return costs.announced_total(context.view, costs.running_year(context.view))


@_finding("capex_guidance_first_usd_bn", "USD_bn", "what the four first announced for the running year")
def guidance_first(context: Context) -> Quantity:
    return costs.announced_total(context.view, costs.running_year(context.view), first=True)


@_finding(
    "capex_guidance_drift_ratio",
    "ratio",
    "rise of the announcements for the running year since the first, redefinitions left out",
)
def guidance_drift(context: Context) -> Quantity:
    frame = costs.announcements(context.view)
    frame = frame[(frame["year"] == costs.running_year(context.view)) & ~frame["redefined"]]
    ends = [frame.drop_duplicates("company", keep=keep)["value_usd_bn"].sum() for keep in ("first", "last")]
    if frame.empty:
        msg = f"nothing had been announced for the running year by {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        ends[1] / ends[0] - 1, "ratio", grade="assumed", sources=tuple(frame["source"]),
        interval="none: middles of the ranges announced",
    )  # fmt: skip


def _revisions(context: Context) -> pd.DataFrame:
    frame = costs.revisions(context.view)
    if frame.empty:
        msg = f"no company had revised an announcement for a calendar year by {context.view.dated}"
        raise VintageError(msg)
    return frame


@_finding(
    "guidance_revisions_count",
    "count",
    "revisions of the four companies' announcements for a calendar year, redefinitions left out",
)
def guidance_revisions(context: Context) -> Quantity:
    frame = _revisions(context)
    frame = frame[~frame["redefined"]]
    return Quantity(len(frame), "count", grade="derived", sources=tuple(frame["source"]), interval="none: a count")


@_finding("guidance_raised_count", "count", "how many of those revisions were upwards")
def guidance_raised(context: Context) -> Quantity:
    frame = _revisions(context)
    frame = frame[~frame["redefined"] & (frame["change_ratio"] > 0)]
    return Quantity(len(frame), "count", grade="derived", sources=tuple(frame["source"]), interval="none: a count")


@_finding(
    "guidance_overshoot_2025_ratio",
    "ratio",
    "spending of Alphabet, Amazon and Meta in 2025 over what each first announced, less one",
)
def guidance_overshoot(context: Context) -> Quantity:
    frame = costs.outcome_over_first(context.view, 2025)
    if len(frame) < len(costs.ANNOUNCED_BASIS):
        msg = f"the outcome of 2025 was not known for all three companies on {context.view.dated}"
        raise VintageError(msg)
    ratio = frame["outcome_usd_bn"].sum() / frame["first_usd_bn"].sum() - 1
    return Quantity(
        ratio, "ratio", frame["ratio"].min() - 1, frame["ratio"].max() - 1, "derived",
        sources=tuple(key for joined in frame["source"] for key in joined.split(";")), interval="range over companies",
    )  # fmt: skip


@_finding(
    "capex_to_depreciation_multiple",
    "multiple",
    "capital expenditure of Microsoft and Alphabet over their depreciation, latest twelve months",
)
def capex_to_depreciation(context: Context) -> Quantity:
    two = ("microsoft", "alphabet")
    spent = costs.trailing_year(context.view, "capex", two)
    worn = costs.trailing_year(context.view, "depreciation", two)
    return derive(lambda a, b: a / b, spent, worn, unit="multiple")


# Training.


def _cost_growth(context: Context) -> Growth:
    return context.memo("training cost growth", lambda: training.cost_growth(context.view))


def _growth(fit: Growth, sources: tuple[str, ...]) -> Quantity:
    return Quantity(
        fit.per_year, "multiple_per_year", fit.low, fit.high, "estimated", sources=sources,
        interval=f"{fit.level:.0%} interval of a fit on {fit.n} runs".replace("%", " %"),
    )  # fmt: skip


def _run_sources(context: Context) -> tuple[str, ...]:
    runs = context.memo("frontier runs", lambda: training.frontier_costs(context.view))
    return tuple(dict.fromkeys(key for joined in runs["source"] for key in joined.split(";")))


@_finding(
    "training_cost_growth_per_year",
    "multiple_per_year",
    "growth of the cost of training runs that were among the ten largest at release, since 2016",
)
def training_cost_growth(context: Context) -> Quantity:
    return _growth(_cost_growth(context), _run_sources(context))


@_finding(
    "training_cost_growth_strict_per_year",
    "multiple_per_year",
    "the same with the rule of the ten largest applied to our own table throughout",
)
def training_cost_growth_strict(context: Context) -> Quantity:
    return _growth(training.cost_growth(context.view, strict=True), _run_sources(context))


@_finding(
    "training_cost_growth_window_per_year",
    "multiple_per_year",
    "the same fit on Epoch's list up to May 2024, the window of its paper",
)
def training_cost_growth_window(context: Context) -> Quantity:
    return _growth(training.study_growth(context.view), ("epoch_training_cost_trends",))


@_finding(
    "training_cost_growth_published_per_year",
    "multiple_per_year",
    "growth of frontier training cost as Epoch published it in 2024",
)
def training_cost_growth_published(context: Context) -> Quantity:
    q = context.view.quantity("epoch", "frontier_training_cost_growth_factor")
    return replace(q, unit="multiple_per_year", interval="90 % interval as published")


@_finding("training_cost_doubling_months", "months", "time in which the cost of frontier training runs doubles")
def training_cost_doubling(context: Context) -> Quantity:
    return derive(doubling_months, context["training_cost_growth_per_year"], unit="months")


@_finding(
    "training_compute_growth_per_year",
    "multiple_per_year",
    "growth of the compute of the ten largest training runs at release, since 2016",
)
def training_compute_growth(context: Context) -> Quantity:
    fit, runs = context.memo("training compute growth", lambda: training.compute_growth(context.view))
    return _growth(fit, tuple(key for joined in runs["source"] for key in joined.split(";")))


@_finding("gpt4_cost_amortised_usd_mn", "USD_mn", "cost of training GPT-4: hardware worn out by the run, and energy")
def gpt4_amortised(context: Context) -> Quantity:
    return training.gpt4_cost(context.view, "cost_amortised_hw_energy_usd")


@_finding("gpt4_cost_cloud_usd_mn", "USD_mn", "cost of training GPT-4 had its hours been rented from a cloud")
def gpt4_cloud(context: Context) -> Quantity:
    return training.gpt4_cost(context.view, "cost_cloud_usd_2023")


@_finding("gpt4_cluster_usd_mn", "USD_mn", "price of the whole cluster on which GPT-4 was trained")
def gpt4_cluster(context: Context) -> Quantity:
    return training.gpt4_cost(context.view, "cost_upfront_hardware_usd")


@_finding(
    "gpt45_cost_amortised_usd_mn",
    "USD_mn",
    "cost of training GPT-4.5, hardware worn out and energy, in two vintages of one estimate",
)
def gpt45_amortised(context: Context) -> Quantity:
    runs = training.known_runs(context.view)
    mine = runs[runs["model"] == "GPT-4.5"]
    values = mine[["cost_usd", "cost_usd_2023"]].stack() / 1e6
    if values.empty:
        msg = f"no study of what GPT-4.5 cost was public on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        float(values.mean()), "USD_mn", values.min(), values.max(), "estimated",
        sources=tuple(key for joined in mine["source"] for key in joined.split(";")),
        interval="two vintages of one estimate",
    )  # fmt: skip


@_finding("gpt4_cost_stated_usd_mn", "USD_mn", "what OpenAI's chief executive said GPT-4 cost at least")
def gpt4_stated(context: Context) -> Quantity:
    return context.view.quantity("openai", "gpt4_training_cost_statement")


@_finding("dearest_run_usd_mn", "USD_mn", "cost of the dearest training run known: hardware worn out and energy")
def dearest_run(context: Context) -> Quantity:
    return training.dearest(context.view)[0]


@_finding("dearest_run_cloud_usd_mn", "USD_mn", "cost of the dearest training run known, at cloud rents")
def dearest_run_cloud(context: Context) -> Quantity:
    return training.dearest(context.view, "cost_cloud_usd_2023")[0]


@_finding("dearest_cluster_usd_bn", "USD_bn", "price of the dearest cluster that is known to have trained one model")
def dearest_cluster(context: Context) -> Quantity:
    return training.dearest(context.view, "cost_upfront_hardware_usd")[0]


def _crossing(context: Context, cost_usd: float) -> Quantity:
    ends = training.crossing(_cost_growth(context), cost_usd)
    if not all(map(math.isfinite, ends)):
        msg = f"the fit known on {context.view.dated} reaches {cost_usd:.0f} dollars at no date worth naming"
        raise VintageError(msg)
    middle, low, high = (math.floor(year) for year in ends)
    return Quantity(
        middle, "year", low, high, "estimated", sources=_run_sources(context),
        interval="90 % interval of the fitted line, not of a single run",
    )  # fmt: skip


@_finding("training_run_1bn_year", "year", "when the fitted line for frontier runs reaches one billion dollars")
def training_1bn(context: Context) -> Quantity:
    return _crossing(context, 1e9)  # next-gen-over-1bn


@_finding("dearest_run_over_line_multiple", "multiple", "cost of the dearest run known over the fitted line on its day")
def dearest_over_line(context: Context) -> Quantity:
    runs = context.memo("frontier runs", lambda: training.frontier_costs(context.view))
    fit, top = _cost_growth(context), runs.loc[runs["cost_usd"].idxmax()]
    middle, low, high = (end[0] for end in fit.fitted([top["published"]]))
    cost = top["cost_usd"]
    return Quantity(
        cost / middle, "multiple", cost / high, cost / low, "estimated", sources=_run_sources(context),
        interval="90 % interval of the fitted line",
    )  # fmt: skip


def _record(context: Context, cost_usd: float) -> Quantity:
    """When the dearest run, growing at the fitted rate, reaches a cost."""
    runs = context.memo("frontier runs", lambda: training.frontier_costs(context.view))
    fit, top = _cost_growth(context), runs.loc[runs["cost_usd"].idxmax()]
    start = top["published"].year + (top["published"].day_of_year - 1) / 365.25
    reached = [
        math.floor(start + math.log(cost_usd / top["cost_usd"]) / math.log(g))
        for g in (fit.per_year, fit.high, fit.low)
    ]
    return Quantity(
        reached[0], "year", reached[1], reached[2], "estimated", sources=_run_sources(context),
        interval="90 % interval of the growth rate",
    )  # fmt: skip


@_finding("record_1bn_year", "year", "when the dearest run, growing at the fitted rate, reaches one billion dollars")
def record_1bn(context: Context) -> Quantity:
    return _record(context, 1e9)  # next-gen-over-1bn


@_finding("record_5bn_year", "year", "when the dearest run, growing at the fitted rate, reaches five billion dollars")
def record_5bn(context: Context) -> Quantity:
    return _record(context, 5e9)  # amodei-5-to-10bn


@_finding("record_10bn_year", "year", "when the dearest run, growing at the fitted rate, reaches ten billion dollars")
def record_10bn(context: Context) -> Quantity:
    return _record(context, 10e9)  # amodei-5-to-10bn


@_finding("final_runs_share_ratio", "ratio", "share of final training runs in the labs' research compute")
def final_runs_share(context: Context) -> Quantity:
    return _pct(context.view.quantity("ai_labs", "final_runs_share_of_rd_compute"))


@_finding("openai_research_compute_usd_bn_2024", "USD_bn", "OpenAI's spending on research and training compute in 2024")
def openai_research_2024(context: Context) -> Quantity:
    return units.spending(context.view, "openai", "research_compute_cost", 2024)


@_finding("openai_research_compute_usd_bn_2025", "USD_bn", "OpenAI's plan for research and training compute in 2025")
def openai_research_2025(context: Context) -> Quantity:
    return units.spending(context.view, "openai", "research_compute_cost", 2025)


@_finding(
    "flagship_compute_multiple", "multiple", "compute of OpenAI's latest flagship over its predecessor, as estimated"
)
def flagship_step(context: Context) -> Quantity:
    chain = training.flagships(context.view)
    if len(chain) < 2:
        msg = f"fewer than two flagships of OpenAI with a compute estimate were known on {context.view.dated}"
        raise VintageError(msg)
    before, after = chain["training_compute_flop"].iloc[-2:]
    return Quantity(
        after / before, "multiple", grade="estimated",
        sources=tuple(key for joined in chain["source"].iloc[-2:] for key in joined.split(";")),
        interval="none: the compute estimates come without one",
    )  # fmt: skip


# Inference.


@_finding(
    "openai_inference_usd_bn_2024", "USD_bn", "OpenAI's spending on inference compute in 2024, middle of the sources"
)
def openai_inference_2024(context: Context) -> Quantity:
    return units.spending(context.view, "openai", "inference_cost", 2024)


@_finding("openai_inference_usd_bn_2025", "USD_bn", "OpenAI's spending on inference compute in 2025")
def openai_inference_2025(context: Context) -> Quantity:
    return units.spending(context.view, "openai", "inference_cost", 2025)


@_finding("openai_inference_usd_bn_2026", "USD_bn", "OpenAI's projection of its spending on inference compute in 2026")
def openai_inference_2026(context: Context) -> Quantity:
    return units.spending(context.view, "openai", "inference_cost", 2026)


@_finding("openai_inference_growth_2025_multiple", "multiple", "OpenAI's inference spending of 2025 over that of 2024")
def openai_inference_growth(context: Context) -> Quantity:
    before, after = context["openai_inference_usd_bn_2024"], context["openai_inference_usd_bn_2025"]
    return derive(lambda a, b: b / a, before, after, unit="multiple")


def _hour(context: Context) -> dict[str, Quantity]:
    return context.memo("hour", lambda: units.inputs(context.view, context.scenario, throughput=False))


def _unit(context: Context) -> dict[str, Quantity]:
    return context.memo("unit", lambda: units.inputs(context.view, context.scenario))


@_finding(
    "accelerator_hour_usd_per_gpu_hour", "USD_per_gpu_hour", "cost to its owner of one H100 for an hour, used or not"
)
def accelerator_hour(context: Context) -> Quantity:
    return units.evaluate("accelerator_hour_cost_usd", _hour(context), context.seed, "USD_per_gpu_hour")


@_finding("electricity_share_of_hour_ratio", "ratio", "share of electricity in that cost")
def electricity_share(context: Context) -> Quantity:
    parts = units.hour_parts(_hour(context)).set_index("part")["usd_per_hour"]
    return replace(
        derive(lambda a: a, _hour(context)["electricity_usd_per_kwh"], unit="ratio"),
        value=parts["Electricity"] / parts.sum(),
        low=None,
        high=None,
        grade="assumed",
        interval="none: at the central assumptions",
    )


_RENTS = (
    "rental_h100_ondemand_median_providers",
    "rental_h100_ondemand_median_primeintellect",
    "rental_h100_ondemand_median_epoch_vendors",
)


@_finding(
    "rental_h100_usd_per_gpu_hour",
    "USD_per_gpu_hour",
    "list rent of one H100 for an hour on demand, median of providers",
)
def rental_h100(context: Context) -> Quantity:
    known = []
    for metric in _RENTS:
        rows = context.view.rows("gpu_rental_market", metric)
        if len(rows):
            known.append((rows["period_end"].max(), context.view.quantity("gpu_rental_market", metric)))
    if not known:
        msg = f"no median rent of an H100 was public on {context.view.dated}"
        raise VintageError(msg)
    return replace(max(known, key=lambda pair: pair[0])[1], interval="quartiles or range of the providers")


@_finding(
    "rental_h100_hyperscaler_usd_per_gpu_hour",
    "USD_per_gpu_hour",
    "list rent of one H100 for an hour at the large clouds",
)
def rental_h100_hyperscaler(context: Context) -> Quantity:
    return context.view.quantity("gpu_rental_market", "rental_h100_index_hyperscaler")


@_finding(
    "unit_cost_usd_per_mtok",
    "USD_per_mtok",
    "cost to its owner of a million output tokens of the one fleet whose output is published",
)
def unit_cost(context: Context) -> Quantity:
    return units.evaluate("cost_usd_per_mtok", _unit(context), context.seed, "USD_per_mtok")


@_finding(
    "unit_cost_deepseek_usd_per_mtok",
    "USD_per_mtok",
    "the same as DeepSeek worked it out, at a supposed rent and with no idle hours",
)
def unit_cost_deepseek(context: Context) -> Quantity:
    return context.view.quantity("deepseek", "serving_cost_per_mtok_output_only")


@_finding("deepseek_rent_usd_per_gpu_hour", "USD_per_gpu_hour", "rent of an accelerator that DeepSeek supposed")
def deepseek_rent(context: Context) -> Quantity:
    return context.view.quantity("deepseek", "assumed_gpu_rental")


@_finding(
    "unit_revenue_usd_per_mtok",
    "USD_per_mtok",
    "revenue per million output tokens of that fleet, had all been billed at list price",
)
def unit_revenue(context: Context) -> Quantity:
    return units.revenue_per_mtok(context.view)


@_finding("unit_margin_ratio", "ratio", "margin on those tokens at list price, after the owner's cost of computing")
def unit_margin(context: Context) -> Quantity:
    return derive(
        lambda c, p: equation.evaluate("unit_margin_ratio", cost_usd_per_mtok=c, price_usd_per_mtok=p),
        context["unit_cost_usd_per_mtok"],
        context["unit_revenue_usd_per_mtok"],
        unit="ratio",
    )


@_finding(
    "unit_cost_new_chip_usd_per_mtok",
    "USD_per_mtok",
    "cost of a million tokens of one model on new hardware, as its vendor presents it",
)
def unit_cost_new_chip(context: Context) -> Quantity:
    return context.view.quantity("nvidia_gb300_nvl72", "cost_per_mtok_deepseek_r1")


@_finding(
    "unit_cost_old_chip_usd_per_mtok",
    "USD_per_mtok",
    "the same at the same speed of answer on older hardware",
)
def unit_cost_old_chip(context: Context) -> Quantity:
    return context.view.quantity("nvidia_h200", "cost_per_mtok_deepseek_r1")


@_finding(
    "gpu_utilisation_firms_ratio",
    "ratio",
    "share of accelerator time in use in firms' own clusters, as a vendor of tuning measures it",
)
def gpu_utilisation_firms(context: Context) -> Quantity:
    return _pct(context.view.quantity("enterprise_kubernetes", "gpu_utilisation"))


# Infrastructure.


@_finding(
    "cost_per_gw_usd_bn",
    "USD_bn",
    "cost to build one gigawatt of AI data centre with its computers, middle of the estimates",
)
def cost_per_gw(context: Context) -> Quantity:
    return sites.cost_per_gw_quantity(context.view)


@_finding("cost_per_100mw_usd_bn", "USD_bn", "the same for a site of a hundred megawatts")
def cost_per_100mw(context: Context) -> Quantity:
    return context["cost_per_gw_usd_bn"] / 10


@_finding(
    "site_yearly_cost_published_usd_bn",
    "USD_bn",
    "yearly cost of owning and running one gigawatt as Epoch published it, with computers written off over five years",
)
def site_yearly_published(context: Context) -> Quantity:
    q = context.view.quantity("ai_datacentre", "tco_per_gw_year")
    return replace(q, interval="lives of seven and of three years")


def _site(context: Context) -> dict[str, float]:
    return context.memo("site", lambda: sites.reference_site(context.view, context.scenario))


def _site_cost(context: Context, life: float, rate: float, fall: float = 0.0) -> float:
    site = _site(context)
    return float(
        sites.yearly_cost_usd_bn(
            site["cost_usd_bn"], site["operations_usd_bn"], site["it_share_ratio"], life, rate, fall=fall
        )
    )


def _site_quantity(context: Context, function: Callable[[float], float], unit: str) -> Quantity:
    capital = context.scenario.quantity("cost_of_capital_ratio")
    own = Quantity(1.0, "multiple", grade="estimated", sources=("epoch_dc_cost",))
    return derive(lambda r, _: function(r), capital, own, unit=unit, interval="range of the cost of capital")


@_finding(
    "site_yearly_cost_usd_bn",
    "USD_bn",
    "yearly cost of owning and running that gigawatt at our cost of capital and life of computers",
)
def site_yearly(context: Context) -> Quantity:
    life = context.scenario["asset_life_years"]["accelerators"]
    return _site_quantity(context, lambda r: _site_cost(context, life, r), "USD_bn")


@_finding("site_three_years_usd_bn", "USD_bn", "the same if computers last three years")
def site_three(context: Context) -> Quantity:
    return _site_quantity(context, lambda r: _site_cost(context, 3.0, r), "USD_bn")


@_finding("site_six_years_usd_bn", "USD_bn", "the same if computers last six years")
def site_six(context: Context) -> Quantity:
    return _site_quantity(context, lambda r: _site_cost(context, 6.0, r), "USD_bn")


@_finding("life_year_worth_usd_bn", "USD_bn", "fall of that yearly cost when computers last six years instead of five")
def life_year_worth(context: Context) -> Quantity:
    return _site_quantity(context, lambda r: _site_cost(context, 5.0, r) - _site_cost(context, 6.0, r), "USD_bn")


@_finding(
    "life_year_worth_falling_usd_bn",
    "USD_bn",
    "the same fall when the service of computers gets cheaper each year as supposed",
)
def life_year_worth_falling(context: Context) -> Quantity:
    fall = context.scenario["replacement_price_fall_ratio"]["accelerators"]
    return _site_quantity(
        context, lambda r: _site_cost(context, 5.0, r, fall) - _site_cost(context, 6.0, r, fall), "USD_bn"
    )


@_finding(
    "burry_claim_usd_bn",
    "USD_bn",
    "understatement of depreciation over 2026 to 2028 that Michael Burry claims for five companies",
)
def burry_claim(context: Context) -> Quantity:
    return context.view.quantity("hyperscalers", "depreciation_understatement_claim")


@_finding(
    "depreciation_gap_usd_bn",
    "USD_bn",
    "how much higher depreciation of 2026 to 2028 would be if the AI computers bought so far lasted three years",
)
def depreciation_gap(context: Context) -> Quantity:
    spent = costs.by_quarter(context.view, costs.FIVE, "2022-01-01")
    shares = context.scenario["ai_share_of_capex_ratio"]
    short = context["short_lived_share_ratio"]
    ai = spent["quarter"].dt.year.map(shares)
    bought = spent.assign(usd_bn=spent["capex_usd_bn"] * ai * short.value)[["quarter", "usd_bn"]]
    book = context["useful_life_now_years"].value
    middle, low, high = (sites.depreciation_gap_usd_bn(bought, life, book) for life in (3.0, 4.0, 2.0))
    ends = sorted((middle, low, high))
    return Quantity(
        middle, "USD_bn", ends[0], ends[-1], "assumed",
        sources=tuple(dict.fromkeys([*short.sources, *spent["source"].iloc[-5:]])),
        interval="lives of four and of two years",
    )  # fmt: skip


@_finding("used_h100_share_ratio", "ratio", "price of a used H100 over that of a new one, median of sales")
def used_h100(context: Context) -> Quantity:
    q = context.view.quantity("nvidia_h100_pcie", "resale_share_of_new_price")
    return replace(q, unit="ratio")


@_finding(
    "rental_h100_neocloud_change_ratio",
    "ratio",
    "change of the rent of an H100 at smaller clouds since the index begins in March 2026",
)
def rental_change(context: Context) -> Quantity:
    rows = context.view.rows("gpu_rental_market", "rental_h100_index_neocloud")
    if len(rows) < 2:
        msg = f"the rent index was not known for two months on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        rows["value"].iloc[-1] / rows["value"].iloc[0] - 1, "ratio", grade="estimated",
        sources=tuple(dict.fromkeys(rows["source"])), interval="none: two monthly means of one index",
    )  # fmt: skip


@_finding("site_energy_usd_bn", "USD_bn", "yearly energy bill of that gigawatt")
def site_energy(context: Context) -> Quantity:
    return context.view.quantity("ai_datacentre", "energy_cost_per_gw_year")


@_finding(
    "useful_life_first_years",
    "years",
    "life over which servers were written off before the first change on record, median of companies",
)
def useful_life_first(context: Context) -> Quantity:
    return sites.lives_quantity(context.view, "first")


@_finding("useful_life_now_years", "years", "life over which servers are written off now, median of companies")
def useful_life_now(context: Context) -> Quantity:
    return sites.lives_quantity(context.view, "now")


@_finding("meta_life_effect_usd_bn_2025", "USD_bn", "depreciation that half a year of longer life saved Meta in 2025")
def meta_life_effect(context: Context) -> Quantity:
    q = context.view.quantity("meta", "useful_life_effect_depreciation", period_end="2025-12-31")
    return derive(lambda x: -x, q.to("USD_bn"), unit="USD_bn")


def _payback(context: Context, kind: str, who: str = "") -> Quantity:
    frame = context.memo("paybacks", lambda: sites.paybacks(context.view))
    frame = frame[(frame["kind"] == kind) & frame["who"].str.contains(who)]
    if frame.empty:
        msg = f"nothing on how long an AI data centre takes to pay back was public on {context.view.dated}"
        raise VintageError(msg)
    ends = pd.concat([frame["years"], frame["low_years"], frame["high_years"]]).dropna()
    spread = (ends.min(), ends.max()) if ends.min() < ends.max() else (None, None)
    return Quantity(
        frame["years"].median(), "years", *spread, "estimated",
        sources=tuple(key for joined in frame["source"] for key in joined.split(";")),
        interval="range of sources" if spread[0] is not None else "none: one margin at one life",
    )  # fmt: skip


@_finding("payback_stated_years", "years", "payback that sellers of computing state or aim at")
def payback_stated(context: Context) -> Quantity:
    return _payback(context, "stated by the seller")


@_finding(
    "payback_contract_years", "years", "payback worked out from contracted revenue and the range of costs of a gigawatt"
)
def payback_contract(context: Context) -> Quantity:
    return _payback(context, "worked out", "Contracts")


@_finding("payback_book_years", "years", "payback worked out from one cloud's margin on rented accelerators")
def payback_book(context: Context) -> Quantity:
    return _payback(context, "worked out", "Oracle")


@_finding(
    "payback_ten_years_usd_bn", "USD_bn", "yearly revenue of a gigawatt at which its cost takes ten years to come back"
)
def payback_ten(context: Context) -> Quantity:
    running = context.view.quantity("ai_datacentre", "opex_per_gw_year").to("USD_bn")
    return derive(
        lambda c, o: c / 10 + o, context["cost_per_gw_usd_bn"], running, unit="USD_bn"
    )  # payback-over-ten-years


@_finding(
    "short_lived_share_ratio", "ratio", "share of a site's cost that is computers, which last three to seven years"
)
def short_lived(context: Context) -> Quantity:
    shares = [context.scenario.quantity("asset_share_ratio", name) for name in ("accelerators", "other_it")]
    return derive(lambda a, b: a + b, *shares, unit="ratio")


# Power.


def _power(context: Context, kinds: tuple[str, ...]) -> Quantity:
    deals = context.memo("power deals", lambda: sites.power_deals(context.view))
    chosen = deals[deals["counted"] & deals["kind"].isin(kinds)]
    if chosen.empty:
        msg = f"no contract for {', '.join(kinds)} was on record on {context.view.dated}"
        raise VintageError(msg)
    return Quantity(
        chosen["mw"].sum() / 1000, "GW", grade="estimated", sources=tuple(chosen["source"]),
        interval="none: a sum of announced capacities from one register",
    )  # fmt: skip


@_finding(
    "nuclear_contracts_gw",
    "GW",
    "nuclear capacity contracted by Microsoft, Alphabet, Amazon and Meta, existing and new",
)
def nuclear_contracts(context: Context) -> Quantity:
    return _power(context, ("existing nuclear plants", "new reactors"))


@_finding("new_reactors_gw", "GW", "of that, reactors still to be built")
def new_reactors(context: Context) -> Quantity:
    return _power(context, ("new reactors",))


@_finding(
    "renewable_contracts_gw", "GW", "renewable capacity contracted by the four in single large agreements on record"
)
def renewable_contracts(context: Context) -> Quantity:
    return _power(context, ("renewables",))


@_finding("gas_contracts_gw", "GW", "gas-fired capacity agreed for sites of the four")
def gas_contracts(context: Context) -> Quantity:
    return _power(context, ("gas",))


@_finding(
    "datacentre_electricity_growth_per_year",
    "multiple_per_year",
    "growth of the electricity used by data centres in the United States in the five years to 2023",
)
def electricity_growth(context: Context) -> Quantity:
    return sites.electricity_growth(context.view)[0]


@_finding(
    "datacentre_electricity_share_us_ratio",
    "ratio",
    "share of data centres in the electricity used in the United States, latest year estimated",
)
def electricity_share_us(context: Context) -> Quantity:
    return _pct(
        context.view.quantity("us_economy", "datacentre_electricity_share", basis=("reported", "secondary", "estimate"))
    )


@_finding("datacentre_electricity_share_us_2030_ratio", "ratio", "the same share projected for 2030, latest projection")
def electricity_share_2030(context: Context) -> Quantity:
    rows = context.view.rows("us_economy", "datacentre_electricity_share", basis="projection")
    rows = rows[rows["period_end"] == pd.Timestamp("2030-12-31")]
    if rows.empty:
        msg = f"no projection of that share for 2030 was public on {context.view.dated}"
        raise VintageError(msg)
    return _pct(quantity_of(rows.sort_values("published").tail(1), context.view.dated))


@_finding(
    "datacentre_electricity_world_twh", "TWh", "electricity used by data centres in the world, latest year estimated"
)
def electricity_world(context: Context) -> Quantity:
    return context.view.quantity("world", "datacentre_electricity", basis=("reported", "secondary", "estimate"))


@_finding(
    "interconnection_years",
    "years",
    "median time from request to connection for power projects built in the United States",
)
def interconnection(context: Context) -> Quantity:
    return context.view.quantity("us_grid", "interconnection_time")


@_finding("transformer_lead_years", "years", "time from order to delivery of a large power transformer")
def transformer_lead(context: Context) -> Quantity:
    q = context.view.quantity("equipment_power_transformer", "lead_time")
    return derive(lambda weeks: weeks / _WEEKS_A_YEAR, replace(q, unit="other"), unit="years")


@_finding(
    "power_price_change_ratio",
    "ratio",
    "change of the price US industry pays for electricity, latest twelve months over those three years earlier, in "
    "current dollars",
)
def power_price_change(context: Context) -> Quantity:
    # Means of twelve months: single months swing by a tenth with the weather.
    rows = context.view.rows("us_economy", "industrial_power_price", kind="month")
    monthly = rows.drop_duplicates("period_end", keep="last").set_index("period_end").sort_index()
    if monthly.empty:
        msg = f"no monthly price of electricity was known on {context.view.dated}"
        raise VintageError(msg)
    last = monthly.index[-1]
    spans = [pd.date_range(end=end, periods=12, freq="ME") for end in (last - pd.DateOffset(years=3), last)]
    if not all(span.isin(monthly.index).all() for span in spans):
        msg = f"twelve months of prices ending three years before {last:%B %Y} are not on record"
        raise VintageError(msg)
    before, now = (monthly.loc[span] for span in spans)
    return Quantity(
        now["value"].mean() / before["value"].mean() - 1, "ratio", grade="derived",
        sources=tuple(dict.fromkeys([*before["source"], *now["source"]])),
        interval="none: two means of reported prices",
    )  # fmt: skip


# Frames behind the chapter's figures: empty where nothing was known on the day.


def _or_empty(function: Callable[[], pd.DataFrame], *columns: str) -> pd.DataFrame:
    try:
        return function()
    except VintageError:
        return pd.DataFrame(columns=list(columns))


def announced_rest(context: Context) -> pd.DataFrame:
    """
    What the four have announced for the running year and not yet spent, spread evenly over its remaining quarters.

    Returns
    -------
    DataFrame
        quarter, capex_usd_bn, low_usd_bn, high_usd_bn, source; empty if one of them had announced nothing.
    """

    def rest() -> pd.DataFrame:
        view, year = context.view, costs.running_year(context.view)
        plan = costs.announced_total(view, year)
        last = costs.last_common_quarter(view)
        done = [pd.Timestamp(year, month, 1) + pd.offsets.MonthEnd(0) for month in (3, 6, 9, 12)]
        ahead = [end for end in done if end > last]
        spent = sum(costs.quarter(view, "capex", end).value for end in done if end <= last)
        return pd.DataFrame(
            {
                "quarter": ahead,
                "capex_usd_bn": (plan.value - spent) / len(ahead),
                "low_usd_bn": (plan.low - spent) / len(ahead),
                "high_usd_bn": (plan.high - spent) / len(ahead),
                "source": ";".join(plan.sources),
            }
        )

    return _or_empty(rest, "quarter", "capex_usd_bn", "low_usd_bn", "high_usd_bn", "source")


def cash_frames(context: Context) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Capital expenditure over operating cash flow: of the four together, of each, and by calendar year before."""
    each = [costs.cash_share(context.view, (company,)).assign(company=company) for company in costs.FOUR]
    years = context.view.rows("big_four", "capex_to_ocf", kind="year")
    years = years[(years["period_end"].dt.month == 12) & (years["period_end"] < pd.Timestamp("2023-12-31"))]
    before = pd.DataFrame({"quarter": years["period_end"], "ratio": years["value"] / 100, "source": years["source"]})
    return _cash_share(context), pd.concat(each, ignore_index=True), before.reset_index(drop=True)


def capex_title(context: Context) -> str:
    """Write the title of the figure of spending by quarter; plans are in it only where they exceed the last quarter."""
    told = "Spending on building turned upwards at the end of 2023"
    rest, last = announced_rest(context), context.get("capex_four_quarter_usd_bn")
    if last is None or last.as_of is None or context.as_of.year < 2024:
        return "Spending on building by quarter"
    more = len(rest) and rest["capex_usd_bn"].iloc[0] > last.value
    return f"{told}, and what is announced is more still" if more else told


def cash_title(context: Context) -> str:
    """Write the title of the figure of capital expenditure over cash flow: a record is called one only if it is."""
    together, _, before = cash_frames(context)
    now = together["trailing_ratio"].dropna()
    if now.empty or before.empty:
        return "Capital expenditure over operating cash flow"
    if now.iloc[-1] > max(before["ratio"].max(), now.iloc[:-1].max() if len(now) > 1 else 0.0):
        return f"Building takes more of the cash from operations than in any year since {before['quarter'].min():%Y}"
    return f"Building takes {Quantity(now.iloc[-1], 'ratio').text()} of the cash from operations"


def power_title(context: Context) -> str:
    """Write the title of the figure of contracted power by what is in it on the day."""
    deals = power_frame(context)
    kinds = set(deals[deals["counted"]]["kind"])
    if {"renewables", "existing nuclear plants", "gas"} <= kinds:
        return "What the four have contracted: renewables first, then nuclear plants, lately gas"
    return "What power the four have contracted"


def training_frames(context: Context, until: str = "2031-12-31") -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """
    Runs at the frontier, the line fitted to them, and wider definitions of the cost of the dearest ones.

    Returns
    -------
    tuple of DataFrame
        Runs (model, published, cost_usd, source), line (day, cost_usd, low_usd, high_usd, expected), definitions
        (model, published, definition, cost_usd, source).
    """
    runs = context.memo("frontier runs", lambda: training.frontier_costs(context.view))
    if len(runs) < 4:
        nothing = pd.DataFrame(columns=["model", "published", "definition", "cost_usd", "source"])
        return runs.iloc[:0], nothing, nothing
    fit = _cost_growth(context)
    days = pd.date_range(fit.first, until, periods=41)
    middle, low, high = fit.fitted(days)
    line = pd.DataFrame(
        {"day": days.normalize(), "cost_usd": middle, "low_usd": low, "high_usd": high, "expected": days > fit.last}
    )
    every = training.known_runs(context.view)
    wide = every[every["model"].isin(["GPT-4", "Gemini 1.0 Ultra", "Llama 3.1-405B", "Grok-3", "Grok 4"])]
    parts = [
        wide[wide[column].notna()]
        .assign(definition=says, cost=lambda f, c=column: f[c])
        .drop(columns="cost_usd")
        .rename(columns={"cost": "cost_usd"})
        for column, says in {
            "cost_usd": "hardware worn out, and energy",
            "cost_cloud_usd_2023": "rented from a cloud",
            "cost_upfront_hardware_usd": "price of the cluster",
        }.items()
    ]
    columns = ["model", "published", "definition", "cost_usd", "source"]
    return runs, line, pd.concat(parts, ignore_index=True)[columns]


def token_frame(context: Context) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Parts of the cost of a million tokens, and the sources behind them."""
    parts = _or_empty(lambda: units.token_parts(_unit(context)), "part", "usd_per_mtok", "total")
    if parts.empty:
        return parts, ()
    final = context["unit_cost_usd_per_mtok"]
    parts[["low_usd_per_mtok", "high_usd_per_mtok"]] = math.nan
    parts.loc[parts.index[-1], ["low_usd_per_mtok", "high_usd_per_mtok"]] = (final.low, final.high)
    return parts, tuple(dict.fromkeys(key for q in _unit(context).values() for key in q.sources))


def life_frames(context: Context) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Yearly cost of a gigawatt by life of its computers, Epoch's own results, and the life in the books."""
    frame = _or_empty(lambda: sites.cost_by_life(context.view, context.scenario), "life_years", "rule", "usd_bn")
    if frame.empty:
        return frame, frame, math.nan
    stated = context["site_yearly_cost_published_usd_bn"]
    published = pd.DataFrame(
        {"life_years": [3.0, 5.0, 7.0], "usd_bn": [stated.high, stated.value, stated.low], "source": "epoch_dc_cost"}
    )
    return frame, published, context["useful_life_now_years"].value


def power_frame(context: Context) -> pd.DataFrame:
    """Agreements for power, counted and not."""
    return context.memo("power deals", lambda: sites.power_deals(context.view))
