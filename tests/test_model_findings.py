"""Findings on other people's models: they add up, say only what was known, and word what the numbers say."""

from __future__ import annotations

import pytest

from aieq.charts import models as charts
from aieq.findings import REGISTRY, context_for
from aieq.findings import models as found


@pytest.fixture(scope="module")
def today():
    return context_for("2026-08-31")


@pytest.fixture(scope="module")
def early():
    return context_for("2023-06-30")


def test_every_figure_of_the_table_is_counted_once(today):
    parts = ("reproduced", "backed_out", "not_reproducible", "no_calculation")
    assert sum(today[f"models_{part}_count"].value for part in parts) == today["models_listed_count"].value == 73
    assert today["models_backed_out_count"].value == 5
    assert today["models_no_calculation_count"].value == 6


def test_distances_by_hand(today):
    # Bain's 2,000 over Kupperman's 160
    assert today["models_highest_published_usd_bn"].value == 2000
    assert today["models_lowest_published_usd_bn"].value == 160
    assert today["models_published_spread_multiple"].value == 12.5
    asked = [today[f"models_{name}_usd_bn"].value for name in found.STANDS_FOR]
    assert today["models_common_spread_multiple"].value == pytest.approx(max(asked) / min(asked))


def test_the_parts_of_the_way_from_cahn_are_the_whole(today):
    parts = [today[f"bridge_cahn_{part}_usd_bn"].value for part in ("money", "charge", "base", "running")]
    assert sum(parts) == pytest.approx(today["required_revenue_capital_usd_bn"].value - 600)


def test_our_envelope_and_cahns_rule_ask_the_same(today):
    assert today["models_outlay_usd_bn"].value == pytest.approx(today["required_revenue_usd_bn"].value)


def test_shares_of_what_sets_them_apart_are_the_whole(today):
    parts = [today[f"models_{key}_share_ratio"].value for key in ("charge", "whose", "base", "running")]
    assert sum(parts) == pytest.approx(1)
    assert found.divider(today)[0] == "what a year is charged"


def test_coverage_under_the_lightest_and_the_heaviest_rule(today):
    actual = today["actual_ai_revenue_usd_bn"].value
    assert today["models_lightest_coverage_ratio"].value == pytest.approx(actual / today["models_return_usd_bn"].value)
    assert today["models_heaviest_coverage_ratio"].value == pytest.approx(actual / today["models_quarter_usd_bn"].value)
    assert found.met(today) == "none of the seven distinct rules"


def test_what_was_implied_is_graded_so(today):
    # 1 - 500 / 650; 400 / 0.25 / 320; 840 x 0.5 / 2
    assert today["jpm_implied_margin_ratio"].value == pytest.approx(1 - 500 / 650)
    assert today["kupperman_revised_life_years"].value == 5
    assert today["cahn_2025_implied_run_rate_usd_bn"].value == 210
    assert today["cahn_2025_implied_run_rate_usd_bn"].grade == "assumed"
    assert today["kupperman_first_life_years"].grade == "reported"


def test_before_anybody_published_there_is_nothing_to_compare(early):
    silent = [name for name, entry in REGISTRY.items() if entry.section == "models" and early.get(name) is None]
    assert {"models_published_spread_multiple", "models_outlay_usd_bn", "bridge_cahn_money_usd_bn"} <= set(silent)
    assert early["models_distinct_count"].value == 2  # our two steps
    assert found.together(early) == "are too few to compare"
    frame = found.way_frame(early, "cahn2024_required")
    title = found.way_title(early, "cahn2024_required")
    assert "nothing was known" in repr(charts.bridge(frame, as_of=early.as_of, sources=[], title=title, name="way"))


@pytest.mark.parametrize("scenario", ["low", "high"])
def test_an_outer_scenario_has_no_interval(scenario):
    there = context_for("2026-08-31", scenario)
    assert there["models_wear_usd_bn"].low is None
    middle = context_for("2026-08-31")["models_wear_usd_bn"]
    assert middle.low <= there["models_wear_usd_bn"].value <= middle.high
