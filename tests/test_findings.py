"""The findings the report promises by name, and what they rest on."""

from __future__ import annotations

import json
import math

import pytest

from aieq import claims
from aieq.errors import UnknownNameError, VintageError
from aieq.findings import REGISTRY, SECTIONS, Context, compute, context_for, first_day
from aieq.findings.gamble import bridge, gap_path, tornado
from aieq.quantity import GRADES, UNITS
from aieq.report.results import findings

PROMISED = """capex_four_usd_bn_2024 capex_four_usd_bn_ttm nvidia_datacenter_revenue_usd_bn_fy2024 gpu_run_rate_usd_bn
required_revenue_usd_bn required_revenue_capital_usd_bn actual_ai_revenue_usd_bn coverage_ratio coverage_capital_ratio
training_cost_growth_per_year openai_run_rate_usd_bn anthropic_run_rate_usd_bn claims_holding claims_total""".split()
# Words at the end of a name that say in which unit it is.
ENDINGS = (
    "usd_tn usd_bn usd_mn usd ratio multiple per_year years months quarters count gw mw twh mn pct index year "
    "mtok hour "
    "month ttm date tokens flop holding in_part overtaken failing unchecked total then kwh points"
).split()


@pytest.fixture(scope="module")
def now(context_on) -> Context:
    return context_on("2026-08-31")


@pytest.fixture(scope="module")
def records():
    return {record["name"]: record for record in findings("2026-08-31")}


def test_everything_promised_is_there(records):
    assert set(PROMISED) <= set(records)


def test_records_are_complete_and_json(records):
    for record in records.values():
        assert {"name", "value", "low", "high", "unit", "grade", "as_of", "scenario", "says", "sources"} <= set(record)
        assert record["unit"] in UNITS
        assert record["grade"] in GRADES
        assert math.isfinite(record["value"])
        assert record["low"] is None or record["low"] <= record["value"] <= record["high"]
        assert record["low"] is not None or record["interval"], f"{record['name']} says nothing about its interval"
    json.dumps(list(records.values()))


def test_every_finding_names_sources_we_hold(records, now):
    held = set(now.view.evidence.sources.index)
    for record in records.values():
        assert set(record["sources"]) <= held, record["name"]
        if record["unit"] not in ("count", "date", "year"):
            assert record["sources"] or record["grade"] == "assumed", f"{record['name']} has no source"


def test_names_end_with_their_unit():
    odd = [name for name in REGISTRY if not any(f"_{end}" in f"_{name}" for end in ENDINGS)]
    assert not odd


def test_numbers_agree_with_sums_by_hand(records):
    # Cash capex of calendar 2024, millions: Microsoft 55,552, Alphabet 52,535, Amazon 82,999, Meta 37,256.
    assert records["capex_four_usd_bn_2024"]["value"] == pytest.approx(228.342)
    # Nvidia's fiscal 2024: 4,284 + 10,323 + 14,514 + 18,404.
    assert records["nvidia_datacenter_revenue_usd_bn_fy2024"]["value"] == pytest.approx(47.525)
    # Its quarter to July 2026 was 89,023: times four; doubled twice by Cahn's factors.
    assert records["gpu_run_rate_usd_bn"]["value"] == pytest.approx(356.092)
    assert records["required_revenue_usd_bn"]["value"] == pytest.approx(1424.368)
    assert records["openai_run_rate_usd_bn"]["value"] == pytest.approx(40)
    assert records["anthropic_run_rate_usd_bn"]["value"] == pytest.approx(65)
    assert records["claims_total"]["value"] == 37


def test_coverage_is_actual_over_required(records):
    for rule in ("", "_capital"):
        actual, required = (
            records["actual_ai_revenue_usd_bn"]["value"],
            records[f"required_revenue{rule}_usd_bn"]["value"],
        )
        assert records[f"coverage{rule}_ratio"]["value"] == pytest.approx(actual / required)


def test_verdicts_add_up_to_all_claims(records):
    parts = ("holding", "in_part", "overtaken", "failing", "unchecked")
    assert sum(records[f"claims_{part}"]["value"] for part in parts) == records["claims_total"]["value"]


def test_the_two_outer_scenarios_frame_the_base(records, context_on):
    name = "required_revenue_capital_usd_bn"
    low, high = (context_on("2026-08-31", scenario)[name].value for scenario in ("low", "high"))
    assert (records[name]["low"], records[name]["high"]) == pytest.approx((low, high))


@pytest.mark.parametrize("day", ["2024-06-30", "2025-03-31"])
def test_an_earlier_day_yields_findings_and_no_later_knowledge(context_on, day):
    then = {record["name"]: record for record in compute(context_on(day))}
    assert {"gpu_run_rate_usd_bn", "required_revenue_usd_bn", "actual_ai_revenue_usd_bn", "coverage_ratio"} <= set(then)
    assert all(record["as_of"] == day for record in then.values())


def test_run_rates_on_an_earlier_day_by_hand(context_on):
    # On 30 June 2024 Nvidia's latest quarter was that to April: 22,563 million.
    context = context_on("2024-06-30")
    assert context["gpu_run_rate_usd_bn"].value == pytest.approx(4 * 22.563)
    assert "capex_four_usd_bn_2024" not in {record["name"] for record in compute(context)}


def test_a_day_before_the_evidence_is_refused():
    with pytest.raises(VintageError, match=first_day().isoformat()):
        context_for("2010-01-01")


def test_an_unknown_finding_is_refused_with_the_nearest(now):
    with pytest.raises(UnknownNameError, match="coverage_ratio"):
        now["coverage_ration"]


def test_the_bridge_adds_up(now):
    table = bridge(now)
    levels = table[table["total"]]["usd_bn"].tolist()
    assert levels[0] + table[~table["total"]]["usd_bn"].sum() == pytest.approx(levels[-1])
    assert levels == pytest.approx([now["required_revenue_usd_bn"].value, now["required_revenue_capital_usd_bn"].value])


def test_moving_an_assumption_never_leaves_the_centre_outside(now):
    table = tornado(now)
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    assert (table["high"] - table["low"]).is_monotonic_decreasing


def test_the_path_ends_on_todays_findings(now):
    last = gap_path(now).groupby("series").last()["value"]
    assert last["step_one"] == pytest.approx(now["required_revenue_usd_bn"].value)
    assert last["capital"] == pytest.approx(now["required_revenue_capital_usd_bn"].value)
    assert last["actual"] == pytest.approx(now["actual_ai_revenue_usd_bn"].value)


def test_sections_are_those_of_the_article_and_ours():
    assert set(SECTIONS) == {claim.section for claim in claims.claims()} | {"models", "doubt", "scoreboard"}
