"""Rules for the claims on building, training, inference and power."""

from __future__ import annotations

import pandas as pd

from .. import costs, sites, training, units
from ..errors import VintageError
from ..findings import Context
from ..quantity import Quantity
from . import Judgement, claim


@claim(
    "capex-200bn-2024",
    rule="Holds if the AI part of the four companies' cash spending of 2024 is above 200 billion at every defensible "
    "AI share; in part if the total is and the AI part is not.",
    flips="A company that disclosed an AI share well above three quarters for 2024, or less than 200 billion in all.",
    findings=("capex_four_usd_bn_2024", "ai_capex_four_usd_bn_2024", "ai_capex_four_incl_leases_usd_bn_2024"),
)
def capex_200bn(context: Context) -> Judgement:
    bar = 200.0  # capex-200bn-2024
    total, ai, leases = (
        context.get(name)
        for name in ("capex_four_usd_bn_2024", "ai_capex_four_usd_bn_2024", "ai_capex_four_incl_leases_usd_bn_2024")
    )
    if total is None:
        reported, quarters = _reported_so_far(context, 2024)
        if reported.value > bar:
            return Judgement(
                "holds in part",
                f"By then {reported.text()} of 2024 had been reported, already more than 200 billion in all; no "
                "company gives the AI part.",
            )
        # A company that keeps its last reported pace for the quarters still out.
        pace = _at_last_pace(context, 2024)
        if pace is not None and quarters >= 8 and pace.value > bar:
            return Judgement(
                "holds in part",
                f"{reported.text()} of 2024 had been reported by then; at each company's last pace the year comes to "
                f"{pace.text()}, all purposes together. No company gives the AI part.",
            )
        return Judgement(
            "cannot be checked", "Too little of 2024 had been reported.", missing="the four companies' quarters of 2024"
        )
    if total.value <= bar:
        return Judgement("does not hold", f"The four spent {total.text()} in 2024, for all purposes.")
    if ai is not None and ai.low is not None and ai.low > bar:
        return Judgement("holds", f"The AI part of {total.text()} is {ai.full_text()}.")
    with_leases = f"; with finance leases {leases.full_text()}" if leases is not None else ""
    return Judgement(
        "holds in part",
        f"The four spent {total.text()} in 2024 for all purposes. No company reports the AI part; at the shares one "
        f"can defend it is {ai.full_text()}{with_leases}: short of 200 billion.",
    )


def _reported_so_far(context: Context, year: int) -> tuple[Quantity, int]:
    frame = costs.by_quarter(context.view, costs.FOUR)
    inside = frame[frame["quarter"].dt.year == year]
    return Quantity(inside["capex_usd_bn"].sum(), "USD_bn", grade="derived"), len(inside)


def _at_last_pace(context: Context, year: int) -> Quantity | None:
    frame = costs.by_quarter(context.view, costs.FOUR)
    inside = frame[frame["quarter"].dt.year == year]
    whole = 0.0
    for company in costs.FOUR:
        mine = inside[inside["company"] == company].sort_values("quarter")
        if mine.empty:
            return None
        whole += mine["capex_usd_bn"].sum() + (4 - len(mine)) * mine["capex_usd_bn"].iloc[-1]
    return Quantity(whole, "USD_bn", grade="assumed")


def _size(change: Quantity) -> str:
    return Quantity(abs(change.value), change.unit, grade=change.grade).text()


@claim(
    "capex-rising-2025",
    rule="Holds if the four companies' spending of 2025 reported by the day exceeds that of the same quarters of "
    "2024; in part while only announcements say so.",
    flips="A total for 2025 below that of 2024.",
    findings=("capex_four_growth_2025_ratio", "capex_four_yoy_ratio"),
)
def capex_rising(context: Context) -> Judgement:
    growth = context.get("capex_four_growth_2025_ratio")
    if growth is not None:
        verdict = "holds" if growth.value > 0 else "does not hold"
        later = context.get("capex_four_yoy_ratio")
        more = ""
        if later is not None:
            side = "above" if later.value >= 0 else "below"
            more = f" The latest quarter reported is {_size(later)} {side} that of a year before."
        moved = "rose" if growth.value > 0 else "fell"
        return Judgement(verdict, f"Spending {moved} by {_size(growth)} from 2024 to 2025.{more}")
    frame = costs.by_quarter(context.view, costs.FOUR)
    counts = frame.groupby("quarter")["company"].nunique()
    known = (
        frame[frame["quarter"].isin(counts[counts == len(costs.FOUR)].index)].groupby("quarter")["capex_usd_bn"].sum()
    )
    done = [q for q in known.index if q.year == 2025]
    if done:
        before = sum(known.get(q - pd.DateOffset(years=1) + pd.offsets.MonthEnd(0), float("nan")) for q in done)
        change = Quantity(sum(known[q] for q in done) / before - 1, "ratio", grade="derived")
        verdict = "holds" if change.value > 0 else "does not hold"
        return Judgement(
            verdict,
            f"Spending in the quarters of 2025 reported by then was {_size(change)} "
            f"{'above' if change.value > 0 else 'below'} that in the same quarters of 2024.",
        )
    plans = costs.announcements(context.view)
    plans = plans[plans["year"] == 2025].drop_duplicates("company", keep="last")
    rising = []
    for plan in plans.itertuples():
        mine = frame[(frame["company"] == plan.company) & (frame["quarter"].dt.year == 2024)]
        if len(mine) == 4:
            rising.append(plan.value_usd_bn > mine["capex_usd_bn"].sum())
    if rising:
        verdict = "holds in part" if all(rising) else "does not hold"
        way = "more" if rising[0] else "less"
        planned = (
            f"the one company that had announced a figure and closed 2024 planned to spend {way}"
            if len(rising) == 1
            else f"of {len(rising)} companies that had announced a figure and closed 2024, {sum(rising)} planned to "
            "spend more"
        )
        return Judgement(verdict, f"No quarter of 2025 was reported; {planned}.")
    return Judgement(
        "cannot be checked",
        "Neither spending nor plans for 2025 were known.",
        missing="a quarter of 2025, or an announcement for it",
    )


@claim(
    "power-strains-grid",
    rule="Holds if data centres' electricity grows by more than a tenth a year and takes more than a twentieth of a "
    "nation's supply; in part if only the growth or only a bottleneck at the grid is on record.",
    flips="A share above a twentieth in every reading for the United States (then it holds in full), or growth back "
    "at the pace of all demand.",
    findings=(
        "datacentre_electricity_growth_per_year",
        "datacentre_electricity_share_us_ratio",
        "interconnection_years",
        "transformer_lead_years",
    ),
)
def power_strains_grid(context: Context) -> Judgement:
    growth, share = (
        context.get(n) for n in ("datacentre_electricity_growth_per_year", "datacentre_electricity_share_us_ratio")
    )
    wait, lead = context.get("interconnection_years"), context.get("transformer_lead_years")
    if growth is None and wait is None:
        return Judgement(
            "cannot be checked",
            "The evidence of that day has a share at most, and no rate of growth.",
            missing="two estimates of data centres' electricity by one study, or a waiting time at the grid",
        )
    fast = growth is not None and growth.value > 1.10
    large = share is not None and (share.low if share.low is not None else share.value) > 0.05
    rate = Quantity(growth.value - 1, "ratio").text() if growth is not None else ""
    said = f"Data centres' electricity in the United States grew by {rate} a year" if growth is not None else ""
    said += f", to {share.full_text()} of supply" if share is not None else ""
    waits = [f"new power plants wait {wait.text()} for a connection" if wait is not None else "",
             f"large transformers take {lead.full_text()}" if lead is not None else ""]  # fmt: skip
    waits = " and ".join(w for w in waits if w)
    waits = f"; {waits}" if waits else ""
    if fast and large:
        return Judgement("holds", f"{said}{waits}.")
    if fast or waits:
        return Judgement(
            "holds in part",
            f"{said}{waits}. Loads by region are not in the evidence; across the nation the share is still small.",
        )
    return Judgement("does not hold", f"{said}{waits}.")


@claim(
    "gpt4-over-100m",
    rule="Holds if every definition of the cost of the run on record reaches 100 million, in part if some do, and "
    "not if none does.",
    flips="An itemised account by OpenAI; it would settle which definition was meant.",
    findings=("gpt4_cost_amortised_usd_mn", "gpt4_cost_cloud_usd_mn", "gpt4_cost_stated_usd_mn", "gpt4_cluster_usd_mn"),
)
def gpt4_over_100m(context: Context) -> Judgement:
    bar = 100.0  # gpt4-over-100m
    named = {
        "gpt4_cost_amortised_usd_mn": "hardware worn out and energy {}",
        "gpt4_cost_cloud_usd_mn": "at cloud rents {}",
        "gpt4_cost_stated_usd_mn": "by its chief executive's word at least {}",
        "gpt4_cluster_usd_mn": "the whole cluster {}",
    }
    known = {name: q for name in named if (q := context.get(name)) is not None}
    if not known:
        raise VintageError(f"no figure for what GPT-4 cost was public on {context.as_of}")
    said = ", ".join(named[name].format(q.text()) for name, q in known.items())
    over = [q.value >= bar for q in known.values()]
    verdict = "holds" if all(over) else "holds in part" if any(over) else "does not hold"
    return Judgement(verdict, f"The same run costs, by definition: {said}.")


@claim(
    "next-gen-over-1bn",
    rule="A next generation is a run of at least ten times GPT-4's compute. Holds if one cost a billion in hardware "
    "worn out and energy; in part if only at cloud rents or by the price of its cluster; not checkable while "
    "there is none.",
    flips="A run whose own hardware and energy came to a billion dollars; the fitted growth says by when to expect it.",
    findings=("dearest_run_usd_mn", "dearest_run_cloud_usd_mn", "dearest_cluster_usd_bn", "record_1bn_year"),
)
def next_gen_over_1bn(context: Context) -> Judgement:
    bar = 1000.0  # next-gen-over-1bn, in millions
    runs = training.known_runs(context.view)
    gpt4 = runs.loc[runs["model"] == "GPT-4", "training_compute_flop"].dropna()
    due = context.get("record_1bn_year")
    when = (
        f" Growing at the fitted rate, the dearest run passes a billion in {due.full_text()}."
        if due is not None
        else ""
    )
    if gpt4.empty or not (runs["training_compute_flop"] >= 10 * gpt4.iloc[0]).any():
        return Judgement(
            "cannot be checked",
            f"No run of ten times GPT-4's compute had been published.{when}",
            missing="a published run of the next generation with an estimate of its cost",
        )
    run, cloud = context.get("dearest_run_usd_mn"), context.get("dearest_run_cloud_usd_mn")
    cluster = context.get("dearest_cluster_usd_bn")
    if run is None:
        return Judgement(
            "cannot be checked", "Such runs exist, their cost was not estimated.", missing="an estimate of their cost"
        )
    rented = f", at cloud rents {cloud.full_text()}" if cloud is not None else ""
    said = f"The dearest run known cost {run.full_text()} in hardware worn out and energy{rented}.{when}"
    if run.value >= bar:
        return Judgement("holds", said)
    if _reaches(cloud, bar):
        return Judgement(
            "holds in part", f"{said} At rents it is a near thing, and by the price of the cluster it is passed."
        )
    if cluster is not None and cluster.value * 1000 >= bar:
        return Judgement("holds in part", f"{said} Only the price of the whole cluster is above a billion.")
    return Judgement("does not hold", said)


def _reaches(q: Quantity | None, bar: float) -> bool:
    return q is not None and (q.high if q.high is not None else q.value) >= bar


@claim(
    "compute-exponential",
    rule="Holds if compute of the ten largest runs at release fits an exponential (nine tenths of the variance or "
    "more, growth surely above one) and each flagship of OpenAI used more than the one before; in part if only "
    "the fit holds.",
    flips="A fit that explains less, or a year without a larger run.",
    findings=("training_compute_growth_per_year", "flagship_compute_multiple"),
)
def compute_exponential(context: Context) -> Judgement:
    fit, _ = context.memo("training compute growth", lambda: training.compute_growth(context.view))
    growth = context["training_compute_growth_per_year"]
    if not (fit.r_squared >= 0.9 and fit.low > 1):
        return Judgement(
            "does not hold", f"The fit gives {growth.full_text()} and explains {fit.r_squared:.0%} of the variance."
        )
    said = f"The compute of the largest runs grew {growth.full_text()}, {fit.n} runs on one line."
    chain = training.flagships(context.view)["training_compute_flop"]
    if (chain.diff().dropna() < 0).any():
        step = context["flagship_compute_multiple"]
        return Judgement(
            "holds in part",
            f"{said} But not each generation: OpenAI's latest flagship is estimated, roughly, at {step.text()} the "
            "compute of its predecessor.",
        )
    return Judgement("holds", said)


@claim(
    "amodei-5-to-10bn",
    rule="Holds if a run cost five billion in hardware worn out and energy or at cloud rents; in part if only its "
    "cluster did; open until the end of 2027, after which it fails.",
    flips="One published run at five billion; or the end of 2027 without one.",
    findings=(
        "dearest_run_usd_mn",
        "dearest_run_cloud_usd_mn",
        "dearest_cluster_usd_bn",
        "record_5bn_year",
        "record_10bn_year",
    ),
)
def amodei(context: Context) -> Judgement:
    bar = 5000.0  # amodei-5-to-10bn, in millions
    run, cloud, cluster = (
        context.get(n) for n in ("dearest_run_usd_mn", "dearest_run_cloud_usd_mn", "dearest_cluster_usd_bn")
    )
    due = context.get("record_5bn_year")
    when = (
        f" Growing at the fitted rate, the dearest run passes five billion in {due.full_text()}."
        if due is not None
        else ""
    )
    best = f"The dearest run known cost {run.full_text()}" if run is not None else "No cost of a run was known"
    rented = f", {cloud.text()} at cloud rents" if cloud is not None else ""
    if (run is not None and run.value >= bar) or (cloud is not None and cloud.value >= bar):
        return Judgement("holds", f"{best}{rented}.")
    if cluster is not None and cluster.value * 1000 >= bar:
        return Judgement(
            "holds in part",
            f"{best}{rented}; only the price of a whole cluster, {cluster.text()} for "
            f"{_cluster_of(context)}, is of that order.{when}",
        )
    if context.as_of < pd.Timestamp("2028-01-01").date():
        return Judgement(
            "cannot be checked",
            f"{best}{rented}. The forecast is open.{when}",
            missing="a run of that cost, or the end of 2027",
        )
    return Judgement("does not hold", f"{best}{rented}.{when}")


def _cluster_of(context: Context) -> str:
    return training.dearest(context.view, "cost_upfront_hardware_usd")[1]


@claim(
    "inference-recurs",
    rule="Two halves: inference spending recurs and grows with use (holds if a lab's bill rose), training is paid "
    "once (holds if research and training compute is less than a fifth of a year's bill for inference). Both: "
    "holds; one: in part.",
    flips="A lab whose spending on training stops after a release while its inference bill runs on.",
    findings=(
        "openai_inference_usd_bn_2024",
        "openai_inference_usd_bn_2025",
        "openai_research_compute_usd_bn_2024",
        "openai_research_compute_usd_bn_2025",
        "final_runs_share_ratio",
    ),
)
def inference_recurs(context: Context) -> Judgement:
    known = {}
    for year in (2024, 2025):
        known[year] = tuple(context.get(f"openai_{kind}_usd_bn_{year}") for kind in ("inference", "research_compute"))
    year = 2025 if None not in known[2025] else 2024
    inference, research = known[year]
    if inference is None or research is None:
        raise VintageError(f"no lab's bills for inference and for training of one year were public on {context.as_of}")
    before = known[2024][0] if year == 2025 else None
    rose = before is None or inference.value > before.value
    once = research.value < 0.2 * inference.value
    verdict = "holds" if rose and once else "holds in part" if rose or once else "does not hold"
    paid = "planned to pay" if inference.grade == "assumed" else "paid"
    grew = ""
    if before is not None:
        grew = f", after {before.full_text()} {'planned for ' if before.grade == 'assumed' else ''}the year before"
    share = context.get("final_runs_share_ratio")
    final = (
        f" Final runs are only {share.full_text()} of it; the rest is trial and error that never ends."
        if share is not None
        else ""
    )
    return Judgement(
        verdict,
        f"OpenAI {paid} {inference.full_text()} for inference in {year}{grew}: that part recurs. But research and "
        f"training were put at {research.full_text()} for the same year: training is not paid once, it is paid "
        f"every year.{final}",
    )


@claim(
    "openai-inference-billions-2024",
    rule="Billions means two or more. Holds if every outcome or estimate of 2024 on record reaches two billion; in "
    "part if only some do, or if only a projection is on record.",
    flips="Audited accounts with less than two billion for inference in 2024.",
    findings=("openai_inference_usd_bn_2024",),
)
def openai_inference(context: Context) -> Judgement:
    bar = 2.0  # openai-inference-billions-2024
    count = {1: "One source puts", 2: "Two sources put", 3: "Three sources put", 4: "Four sources put"}
    frame = units.spending_rows(context.view, "openai", "inference_cost", 2024)
    q = context["openai_inference_usd_bn_2024"]
    outcomes = frame[frame["basis"].isin(["reported", "secondary", "estimate"])]["value_usd_bn"]
    if outcomes.empty:
        verdict = "holds in part" if frame["value_usd_bn"].max() > bar / 2 else "does not hold"
        return Judgement(
            verdict, f"Only the company's own projection of {q.text()} was known, one billion and most of a second."
        )
    enough = outcomes >= bar
    verdict = "holds" if enough.all() else "holds in part" if enough.any() else "does not hold"
    lowest, highest = (Quantity(v, "USD_bn").text() for v in (outcomes.min(), outcomes.max()))
    plans = frame[frame["basis"] == "guidance"]["value_usd_bn"]
    plan = Quantity(plans.iloc[-1], "USD_bn").text() if len(plans) else ""
    return Judgement(
        verdict,
        f"{count.get(len(outcomes), f'{len(outcomes)} sources put')} it at {lowest}"
        + (f" to {highest}" if highest != lowest else "")
        + (f"; the company's own plan had been {plan}." if plan else "."),
    )


@claim(
    "datacentre-billions",
    rule="Holds if a site of a hundred megawatts costs two billion or more by every estimate and power, cooling and "
    "permits are each documented as bottlenecks; in part if the cost holds and only some of the bottlenecks are "
    "documented.",
    flips="An estimate under 20 billion a gigawatt; or evidence on cooling and permits, which ours lacks.",
    findings=("cost_per_gw_usd_bn", "cost_per_100mw_usd_bn", "interconnection_years", "transformer_lead_years"),
)
def datacentre_billions(context: Context) -> Judgement:
    bar = 2.0  # datacentre-billions
    site = context["cost_per_100mw_usd_bn"]
    costly = (site.low if site.low is not None else site.value) >= bar
    if not costly:
        return Judgement("does not hold", f"A site of a hundred megawatts is put at {site.full_text()}.")
    wait, lead = context.get("interconnection_years"), context.get("transformer_lead_years")
    power = [
        f"{wait.text()} to a grid connection" if wait is not None else "",
        f"{lead.full_text()} for a large transformer" if lead is not None else "",
    ]
    power = ", ".join(p for p in power if p)
    said = f"A hundred megawatts cost {site.full_text()} with computers."
    if not power:
        return Judgement("holds in part", f"{said} On bottlenecks the evidence of that day is silent.")
    return Judgement(
        "holds in part",
        f"{said} Power is a bottleneck on record ({power}); for cooling and permits the evidence has no figure.",
    )


@claim(
    "nuclear-and-clean-power",
    rule="Holds if Microsoft has a nuclear contract, and Alphabet and Amazon each a contract for clean power, on "
    "record by the day; in part if some of the three.",
    flips="A contract cancelled before it delivers; most of the new reactors are promises for the next decade.",
    findings=("nuclear_contracts_gw", "new_reactors_gw", "renewable_contracts_gw", "gas_contracts_gw"),
)
def clean_power(context: Context) -> Judgement:
    deals = context.memo("power deals", lambda: sites.power_deals(context.view))
    deals = deals[deals["counted"]]
    nuclear = deals["kind"].isin(["existing nuclear plants", "new reactors"])
    clean = deals["kind"].isin(sites.CLEAN)
    met = [
        (nuclear & (deals["company"] == "microsoft")).any(),
        (clean & (deals["company"] == "alphabet")).any(),
        (clean & (deals["company"] == "amazon")).any(),
    ]
    verdict = "holds" if all(met) else "holds in part" if any(met) else "does not hold"
    capacity = context.get("nuclear_contracts_gw")
    said = (
        f"The four companies' nuclear contracts on record come to {capacity.text()}"
        if capacity is not None
        else "No nuclear contract was on record"
    )
    new, gas = context.get("new_reactors_gw"), context.get("gas_contracts_gw")
    said += f", {new.text()} of it reactors still to be built" if new is not None else ""
    said += f"; {gas.text()} of gas have been agreed as well" if gas is not None else ""
    return Judgement(verdict, f"{said}.")


@claim(
    "payback-over-ten-years",
    rule="Compare every payback on record, stated by sellers or worked out from contracts and margins, with ten "
    "years: above ten in most, it holds; above in some, in part; in none, it does not hold. With nothing but "
    "sellers' words it cannot be checked.",
    flips="Revenue of a gigawatt that settles below the figure at which ten years are needed, with servers that last "
    "that long.",
    findings=(
        "payback_contract_years",
        "payback_book_years",
        "payback_stated_years",
        "payback_ten_years_usd_bn",
        "short_lived_share_ratio",
    ),
)
def payback(context: Context) -> Judgement:
    bar = 10.0  # payback-over-ten-years
    frame = context.memo("paybacks", lambda: sites.paybacks(context.view))
    independent = frame[frame["kind"] == "worked out"]
    if independent.empty:
        return Judgement(
            "cannot be checked",
            "Nothing on the payback of an AI data centre was public but what sellers say."
            if len(frame)
            else "Nothing on the payback of an AI data centre was public.",
            missing="cost and revenue of an AI data centre over the years, or a source for the article's statement",
        )
    top = independent[["years", "high_years"]].max(axis=1)
    over = top > bar
    verdict = "holds" if over.mean() > 0.5 else "holds in part" if over.any() else "does not hold"
    book, contract = context.get("payback_book_years"), context.get("payback_contract_years")
    parts = [
        f"{contract.full_text()} from contract values that sellers state" if contract is not None else "",
        f"{book.text()} from one cloud's margin" if book is not None else "",
    ]
    share, needed = context["short_lived_share_ratio"], context.get("payback_ten_years_usd_bn")
    until = (
        f" Ten years would mean {needed.full_text()} of revenue a year from a gigawatt." if needed is not None else ""
    )
    return Judgement(
        verdict,
        f"Worked out, payback is {' and '.join(p for p in parts if p)}. {share.text()} of the cost are computers that "
        f"last three to seven years: they earn their price back sooner or never.{until} This is the payback of those "
        "who let the machines; whether those who hire them earn the rent is another claim, and no site has yet lived "
        "through its contracts.",
    )
