"""The published calculations give the published answers, every row of the reference is accounted for."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from aieq import models
from aieq.errors import EquationError, UnknownNameError
from aieq.models import gauges, required, spending, unit

REFERENCE = Path(__file__).parent / "reference" / "models.csv"

# id in the reference table -> the answer printed by its author, written out here by hand
PUBLISHED = {
    "cahn2023_required": 200,
    "cahn2023_hole": 125,
    "cahn2024_dc_spend": 300,
    "cahn2024_required": 600,
    "cahn2024_hole": 500,
    "bain2025_required": 2000,
    "bain2025_gap": 800,
    "jpm2025_iphone": 34.72,
    "kupperman2025_aug": 160,
    "krishna2025": 800,
    "mck2025_total": 6.7,
    "goldman2026_total": 7.6,
    "ms2025_gap": 1.5,
    "epoch_1gw_servers": 60,
    "ev_2025_09_cover": 15,
    "ev_rule": 1,
    "tedthizzy_preal_base": 0.42,
    "roic_msft_run_rate": 29.18,
    "roic_msft_plan": 27.35,
    "roic_msft_ltm": 32.94,
    "roic_meta_run_rate": 13.91,
    "roic_meta_plan": 12.58,
    "roic_meta_ltm": 17.56,
    "roic_msft_proxy": 135.6,
    "deepseek_cost": 87072,
    "deepseek_revenue": 562027,
    "a16z_llmflation": 10,
    "epoch_train_growth_v2_abstract": 2.4,
    "epoch_train_growth_v1": 2.4,
    "epoch_energy_base": 0.301,
    "epoch_energy_long_output": 0.902,
    "acemoglu_tfp": 0.66,
}
FACTS = {
    "goldman2026_unit", "ev_2025_09_valuation", "ev_history_rail", "ev_history_telecom", "leap_investment",
    "bass_meta_average",
}  # fmt: skip
OTHER_NAMES = {"return_ratio": "return"}
NOT_TAKEN = {
    "unit", "basis", "combine", "q_capex", "plan_capex", "ltm_capex", "q_revenue", "ltm_revenue",  # see returns below
    "horizon", "cash_margin", "reinvestment",  # of J.P. Morgan: not public
    "ai_saving_share_of_sales_marketing_support_rnd_budgets", "total_gw_2030", "energy_usd_bn",  # told, not used
    "companies", "claimed_life_years", "compute_datacentre_power_usd_bn", "staff_usd_bn", "inference_usd_bn",
}  # fmt: skip


def reference() -> dict[str, dict[str, str]]:
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def ids(verdict: str) -> list[str]:
    return [model.id for model in models.MODELS if model.verdict == verdict]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_answer_is_repeated(name):
    model = models.get(name)
    assert model.published == PUBLISHED[name]
    assert abs(model.compute() - PUBLISHED[name]) <= model.allowance[0] * (1 + 1e-9)
    assert model.verdict == "reproduced"
    assert model.allowance[1]  # a tolerance has a reason


def test_every_row_of_the_reference_is_accounted_for():
    table = reference()
    assert len(table) == 73  # 68 delivered, five added by us
    assert {model.id for model in models.MODELS} == set(table)
    assert set(ids("reproduced")) == set(PUBLISHED)
    assert set(ids("no calculation")) == FACTS
    assert ids("not reproduced") == []
    for name in ids("cannot be reproduced"):
        assert models.get(name).missing, name
    for name in FACTS:
        assert models.get(name).fact, name


def test_answers_days_and_inputs_are_those_of_the_reference_table():
    compared = 0
    for name, row in reference().items():
        model = models.get(name)
        assert model.day == row["published"], name
        try:
            printed = float(row["published_output"])
        except ValueError:
            # a range, several figures or nothing; of a rule and of two figures the one that is meant
            assert model.published == {"ev_rule": 1, "epoch_gpt5_bundle_a": 48}.get(name), name
        else:
            assert model.published == printed, name
        theirs = json.loads(row["inputs(json)"])
        if name == "ev_rule":
            continue  # told as a list of all numbers of reds
        for key, value in model.inputs.items():
            if key == "book_life_years":
                value = [value - 0.5, value + 0.5]  # told as a range, run on its middle
            if (theirs_name := OTHER_NAMES.get(key, key)) in theirs:
                assert theirs[theirs_name] == value, (name, key)
                compared += 1
        taken = {OTHER_NAMES.get(key, key) for key in model.arguments}
        left_out = {key for key, value in theirs.items() if value is not None} - taken - NOT_TAKEN
        if model.verdict == "reproduced":
            assert not left_out, (name, left_out)
    assert compared > 60


def test_inputs_told_in_another_form_are_the_same_figures():
    table = reference()
    years = json.loads(table["goldman2026_total"]["inputs(json)"])["compute_datacentre_power_usd_bn"]
    ours = models.get("goldman2026_total").inputs
    told = [tuple(column) for column in zip(*years.values(), strict=True)]
    assert told == [ours["compute_usd_bn"], ours["datacentre_usd_bn"], ours["power_usd_bn"]]
    for name in PUBLISHED:
        if name.startswith(("roic_msft_", "roic_meta_")) and name != "roic_msft_proxy":
            theirs, ours = json.loads(table[name]["inputs(json)"]), models.get(name).inputs
            basis = theirs["basis"]
            capex = {"run_rate": 4 * theirs["q_capex"], "plan": theirs["plan_capex"], "ltm": theirs["ltm_capex"]}
            assert ours["capex"] == capex[basis]
            if "revenue" in ours:
                assert ours["revenue"] == (theirs["ltm_revenue"] if basis == "ltm" else 4 * theirs["q_revenue"])


@pytest.mark.parametrize("name", [name for name in PUBLISHED if models.get(name).inputs])
def test_a_changed_input_breaks_the_check(name):
    """Each input of each calculation matters: half as much again, and the answer is no longer the published one."""
    model = models.get(name)
    for key, value in model.inputs.items():
        changed = tuple(1.5 * v for v in value) if isinstance(value, tuple) else 1.5 * value
        try:
            verdict = replace(model, inputs={**model.inputs, key: changed}).verdict
        except EquationError:
            continue  # a value that cannot be is refused, which is as good
        assert verdict == "not reproduced", (name, key)


def test_a_changed_answer_breaks_the_check():
    for name in PUBLISHED:
        model = models.get(name)
        beyond = model.published + 2.1 * model.allowance[0] + 1e-6
        assert replace(model, published=beyond).verdict == "not reproduced", name


def test_inputs_backed_out_of_the_answer_are_owned_up_to():
    implied = {model.id for model in models.MODELS if model.implied}
    assert implied == {"cahn2023_hole", "cahn2024_hole", "bain2025_required", "bain2025_gap", "jpm2025_iphone"}
    for name in implied:
        assert set(models.get(name).implied) <= set(models.get(name).inputs)


def test_jpmorgan_is_bounded_not_matched():
    # 5000 x 10 % = 500 asks for less than the 650 published; 500 / 650 = 0.769 is the cash margin that would close it
    assert models.get("jpm2025_required").compute() == 500
    assert models.get("jpm2025_required").compute(cash_margin=500 / 650) == pytest.approx(650)


def test_the_840_billion_backwards():
    # 840 x (1 - 0.5) / 2 = 210 a year, 52.5 a quarter
    assert required.cahn_run_rate_usd_bn(840, 2, 0.5) == 210
    assert models.get("cahn2025_required").compute(gpu_run_rate_usd_bn=210) == 840
    with pytest.raises(EquationError, match="needs gpu_run_rate_usd_bn, which nobody published"):
        models.get("cahn2025_required").compute()


def test_kuppermans_second_thoughts_need_these_lives():
    # 400 / 0.25 = 1600 of revenue and years: 320 over five, 480 over three and a third
    assert models.get("kupperman2025_oct").compute(life_years=5) == 320
    assert models.get("kupperman2025_oct_high").compute(life_years=10 / 3) == pytest.approx(480)


def test_mckinseys_scenarios_backwards():
    # 5.2 tn over 125 GW is 41.6 bn a gigawatt; 3.7 over the recalled 78 is 47.4
    assert models.get("mck2025_base").compute(usd_bn_per_gw=41.6) == pytest.approx(5.2)
    assert models.get("mck2025_constrained").compute(incremental_gw=78, usd_bn_per_gw=47.436) == pytest.approx(
        3.7, abs=1e-4
    )


def test_goldmans_years_add_up():
    # by hand: 5,097 of computing, 2,147 of sites, 358 of power
    assert models.get("goldman2026_total").compute() == pytest.approx(7.602)


def test_epochs_gigawatt_is_an_annuity():
    """Two thirds in computing at 7 per cent give all three printed totals; without interest no share gives two."""
    model = models.get("epoch_1gw_tco")
    for life, printed in ((3, 12.0), (5, 8.5), (7, 7.0)):
        got = model.compute(it_life_years=life, it_share=2 / 3, cost_of_capital=0.07)
        assert got == pytest.approx(printed, rel=0.02)
    # straight line: 8.5 at five years needs all 38 bn to be computing (38 / 5 + 0.9), and then 7 years give 6.3, not 7
    assert model.compute(it_share=1, cost_of_capital=0) == pytest.approx(8.5)
    assert model.compute(it_share=1, cost_of_capital=0, it_life_years=7) == pytest.approx(38 / 7 + 0.9)


def test_exponential_views_gauges():
    assert gauges.revenue_cover_pct(60, 400) == 15
    assert models.get("ev_2025_09_industry").compute(revenue_usd_bn=60) == pytest.approx(6.1667, abs=1e-4)
    # 370 on 30,000 is 1.23 per cent: it takes a weight of 0.73 to make it 0.9
    weighted = models.get("ev_2025_09_economic").compute(us_gdp_usd_bn=30000, us_weight=0.73)
    assert weighted == pytest.approx(0.9, abs=0.01)
    stages = {0: 0, 1: 0, 2: 1, 3: 2, 4: 2, 5: 2}  # boom, boom, caution, bubble
    assert {reds: gauges.exponential_view_stage(reds) for reds in stages} == stages


def test_burrys_depreciation_by_hand():
    # 300 bought in year one: gone after 2 years (150, 150, 0) and written off over 3 (100, 100, 100)
    assert gauges.understated_depreciation_usd_bn([300, 0, 0], 1.0, 2, 3, 2) == pytest.approx(50 - 100)
    assert gauges.understated_depreciation_usd_bn([300], 0.5, 2, 3, 1) == pytest.approx(25)


def test_deepseek_margin_on_revenue():
    # (562,027 - 87,072) / 562,027 = 84.5 per cent
    revenue = models.get("deepseek_revenue").compute()
    assert revenue == pytest.approx(342 * 140 + 266 * 550 + 168 * 2190)
    assert 1 - models.get("deepseek_cost").compute() / revenue == pytest.approx(0.845, abs=5e-4)


def test_table_has_a_row_for_each():
    table = models.table().set_index("id")
    assert len(table) == len(models.MODELS)
    assert table.loc["krishna2025", "computed"] == 800
    assert (table["verdict"] == "reproduced").sum() == len(PUBLISHED)
    stopped = table[table["verdict"].isin(["cannot be reproduced", "no calculation"])]
    assert (stopped["missing"] != "").all()
    assert list(models.table(ids=["krishna2025", "acemoglu_tfp"])["id"]) == ["krishna2025", "acemoglu_tfp"]


def test_table_by_a_day_holds_only_what_was_published_by_then():
    before_2024 = set(models.table("2023-12-31")["id"])
    assert {"cahn2023_required", "cahn2023_hole"} <= before_2024
    assert not {"cahn2024_required", "roic_msft_plan"} & before_2024  # later, and of no known day
    assert set(models.table("2015-01-01")["kind"]) == {"adoption"}


def test_bridge_by_hand():
    rules = models.on_common_inputs(gpu_run_rate_usd_bn=150, ai_capex_usd_bn=300, ai_capital_usd_bn=600)
    # 150x2/0.5, 300/0.25, 300/10/0.25, 600x0.1/0.5
    assert rules["required_usd_bn"].tolist() == pytest.approx([600, 1200, 120, 120])


def test_refusals_name_the_remedy():
    with pytest.raises(UnknownNameError, match="Did you mean 'krishna2025'"):
        models.get("krishna2024")
    with pytest.raises(UnknownNameError, match="Did you mean 'life_years'"):
        models.get("kupperman2025_aug").compute(life_year=5)
    with pytest.raises(EquationError, match="a list, one number a year"):
        models.get("goldman2026_total").compute(power_usd_bn=5)
    with pytest.raises(EquationError, match="finite"):
        models.get("kupperman2025_aug").compute(life_years=float("nan"))
    with pytest.raises(EquationError, match="cannot be computed: the bill of parts"):
        models.get("ms2026_gw_b200").compute()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: required.cahn_required_usd_bn(50, 2, 50), r"50 per cent is 0\.5"),
        (lambda: required.cahn_required_usd_bn(-50, 2, 0.5), "gpu_run_rate_usd_bn is -50"),
        (lambda: required.kupperman_required_usd_bn(400, 0, 0.25), "life_years is 0: it must be above zero"),
        (lambda: required.perpetuity_required_usd_bn(5000, 0.1, 1.5), "between 0 and 1"),
        (lambda: spending.goldman_total_usd_tn((1, 2), (1,), (1, 2)), "datacentre_usd_bn has 1 years"),
        (lambda: gauges.exponential_view_stage(7), "five gauges"),
        (lambda: gauges.distress_ratio(1.2, 0.5, 0.5, 0.5, 0.5), "op_distress is 1.2"),
        (lambda: unit.deepseek_revenue_usd_per_day(9, 3, 1, 1, 1, 1), "part of the input"),
        (lambda: gauges.forward_roic_pct(10, 0.3, 100, 0.0), "capex_ai_share is 0.0: it must be above zero"),
    ],
)
def test_values_that_cannot_be_are_named(call, says):
    with pytest.raises(EquationError, match=says):
        call()
