"""Definitions: what is counted, what contradicts itself, what each choice does, and which verdicts survive."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from aieq import equation, specifications, stock
from aieq.claims import claims, get_claim
from aieq.claims.survival import CHANGED, Redefined, survival
from aieq.evidence import load
from aieq.findings import context_for
from aieq.specifications import NAMES, SWITCHES, combinations, effects

DAY = "2026-08-31"


@functools.cache
def now():
    return context_for(DAY)


@functools.cache
def table() -> pd.DataFrame:
    return specifications.specifications(now().view, now().scenario, draws=2**8)


def test_every_combination_is_kept_or_left_out_with_a_reason():
    kept, left_out = combinations()
    assert len(kept) == 342
    assert len({tuple(one.values()) for one in kept}) == 342
    assert int(left_out["count"].sum()) == 3 * 3 * 3 * 2 * 3 * 2 * 2 - 342
    assert (left_out["count"] > 0).all(), "a rule that leaves nothing out"


def test_the_reports_own_choice_is_the_reports_own_number():
    own = table()[table()["own"]]
    assert len(own) == 1
    assert own["coverage_ratio"].iloc[0] == pytest.approx(now()["coverage_capital_ratio"].value, rel=1e-9)
    cahn = table()[(table()["charge"] == "outlay") & (table()["scope"] == "labs_clouds") & (table()["flows"] == "net")]
    assert cahn["coverage_ratio"].iloc[0] == pytest.approx(now()["coverage_ratio"].value, rel=1e-6)


def pick(**choice: str) -> float:
    own = {switch.name: switch.own for switch in SWITCHES} | choice
    rows = table()[np.logical_and.reduce([table()[name] == value for name, value in own.items()])]
    return float(rows["required_usd_bn"].iloc[0])


def test_plain_payback_is_straight_line_depreciation_by_hand():
    scenario = now().scenario
    values = stock.inputs(now().view, scenario)
    gross = equation.evaluate("gross_stock_usd_bn", **values)
    lives = np.array([scenario["asset_life_years"][name] for name in equation.ASSET_CLASSES])
    running = (scenario["energy_to_capital_ratio"] + scenario["operations_to_capital_ratio"]) * gross.sum()
    wanted = (float((gross / lives).sum()) + running) / (1 - scenario["buyer_gross_margin_ratio"])
    assert pick(charge="payback") == pytest.approx(wanted, rel=1e-9)


def test_all_spending_is_spending_with_a_share_of_one():
    everything = now().scenario.replaced(ai_share_of_capex_ratio=1.0)
    wanted = equation.evaluate("required_revenue_capital_usd_bn", **stock.inputs(now().view, everything))
    assert pick(ai_share="all") == pytest.approx(wanted, rel=1e-9)


def test_book_lives_stand_for_computers_only():
    mean = float(np.mean(list(specifications.book_lives(now().view).values())))
    scenario = now().scenario.replaced(asset_life_years={"accelerators": mean, "other_it": mean})
    wanted = equation.evaluate("required_revenue_capital_usd_bn", **stock.inputs(now().view, scenario))
    assert pick(life="book") == pytest.approx(wanted, rel=1e-9)


def test_what_is_added_is_less_than_all_and_leases_are_more_than_cash():
    assert pick(ai_share="added") < pick(ai_share="all")
    assert pick(spending="leases") > pick()
    assert pick(timing="past_year") < pick()


def test_spending_above_the_base_year_by_hand():
    frame = pd.DataFrame(
        {
            "entity": ["a"] * 5,
            "period_end": pd.to_datetime(["2022-03-31", "2022-06-30", "2022-09-30", "2022-12-31", "2023-03-31"]),
            "value": [1.0, 1.0, 2.0, 2.0, 5.0],
        }
    )
    assert specifications._added(frame)["value"].tolist() == [0.0, 0.0, 0.5, 0.5, 3.5]


def test_effects_are_the_factors_of_pairs_that_differ_in_nothing_else():
    made = []
    for row in table().to_dict("records"):
        factor = {"payback": 2.0, "return": 1.0, "outlay": 0.5}[row["charge"]]
        factor *= {"net": 1.0, "gross": 3.0}[row["flows"]]
        made.append({**{name: row[name] for name in NAMES}, "coverage_ratio": 0.1 * factor})
    found = effects(pd.DataFrame(made)).set_index(["switch", "option"])["factor_multiple"]
    assert found["charge", "payback"] == pytest.approx(2.0)
    assert found["charge", "outlay"] == pytest.approx(0.5)
    assert found["flows", "gross"] == pytest.approx(3.0)
    assert found["life", "book"] == pytest.approx(1.0)


def test_intervals_hold_the_middle_and_chances_are_chances():
    assert (table()["low"] <= table()["coverage_ratio"] * 1.05).all()
    assert (table()["coverage_ratio"] <= table()["high"] * 1.05).all()
    assert table()["chance_ratio"].between(0, 1).all()
    assert table()["coverage_ratio"].is_monotonic_increasing


def test_a_change_in_the_evidence_changes_the_combinations_it_touches_and_no_other():
    evidence = load()
    observations = evidence.observations.copy()
    place = observations.index[
        (observations["entity"] == "meta")
        & (observations["metric"] == "capex_incl_leases")
        & (observations["period_end"] == "2026-06-30")
    ]
    assert len(place) == 1
    observations.loc[place, "value"] *= 2
    view = replace(evidence, observations=observations, _views={}, _long={}).as_of(DAY)
    other = specifications.specifications(view, now().scenario, draws=2**8)
    both = table().merge(other, on=list(NAMES), suffixes=("", "_new"))
    moved = (both["required_usd_bn_new"] / both["required_usd_bn"] - 1).abs() > 1e-6
    assert set(both.loc[moved, "spending"]) == {"leases"}
    # Half a year ago that quarter had not been spent.
    leases = both[both["spending"] == "leases"]
    assert set(leases.loc[moved[leases.index], "timing"]) == {"run_rate"}
    assert moved[leases.index[leases["timing"] == "run_rate"]].all()


def test_an_early_day_leaves_out_what_was_not_known():
    early = context_for("2023-12-31")
    found = specifications.specifications(early.view, early.scenario, draws=2**8)
    assert 0 < len(found) <= 342
    assert set(found["timing"]) == {"run_rate"}


# --- verdicts -----------------------------------------------------------------------------------------------------


def test_with_the_reports_own_values_every_verdict_is_the_reports_own():
    base = now()
    same = {name: base[name] for name in CHANGED}
    for entry in claims():
        assert get_claim(entry.id).function(Redefined(base, same)).verdict == entry.judge(base).verdict, entry.id


def test_watching_finds_what_hangs_on_the_two_sides():
    base = now()
    watched = Redefined(base, {name: base[name] for name in CHANGED})
    assert watched["coverage_capital_ratio"].value == pytest.approx(base["coverage_capital_ratio"].value)
    watched["gpu_run_rate_usd_bn"]
    assert "coverage_capital_ratio" in watched.found and "gpu_run_rate_usd_bn" not in watched.found


def test_survival_counts_add_up_and_a_claim_on_neither_side_says_so():
    found = survival(now()).set_index("id")
    assert set(found["of"]) == {0, len(combinations()[0])}
    assert (found["same"] <= found["of"]).all()
    assert found.loc["cost-fell-tenfold-in-two-years", "of"] == 0
    assert found.loc["revenue-far-short", "of"] == 342
    row = found.loc["revenue-far-short"]
    elsewhere = sum(int(part.rsplit(" in ", 1)[1]) for part in row["others"].split(", ")) if row["others"] else 0
    assert row["same"] + elsewhere == 342
