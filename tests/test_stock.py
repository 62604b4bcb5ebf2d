"""The capital stock from dated spending."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from aieq import equation, stock
from aieq.assumptions import load_scenario
from aieq.evidence import load


@pytest.fixture(scope="module")
def view():
    return load().as_of("2026-08-31")


def test_spending_is_cash_capex_of_five_companies_from_2022(view):
    table = stock.spending(view)
    assert set(table["entity"]) == {"microsoft", "alphabet", "amazon", "meta", "oracle"}
    assert table["period_end"].min() >= pd.Timestamp("2022-01-31")
    assert table.groupby("entity")["period_end"].is_monotonic_increasing.all()
    # Alphabet's second quarter of 2024: 13,186 million in its filing.
    row = table[(table["entity"] == "alphabet") & (table["period_end"] == "2024-06-30")]
    assert row["value"].tolist() == [13.186]


def test_ages_run_from_the_middle_of_the_quarter(view):
    table = stock.vintages(view, load_scenario("base"))
    newest = table[table["period_end"] == table["period_end"].max()]["age_years"]
    assert newest.between(0.12, 0.13).all()
    year_old = table[table["period_end"] == "2025-06-30"]["age_years"]
    assert year_old.between(1.12, 1.13).all()


def test_ai_shares_are_those_of_the_year_of_spending(view):
    table = stock.vintages(view, load_scenario("base").replaced(ai_share_of_capex_ratio={2024: 0.5}))
    inside = table[(table["period_start"] >= "2024-01-01") & (table["period_end"] <= "2024-12-31")]
    assert set(inside["ai_share_ratio"]) == {0.5}


def test_shares_of_asset_classes_add_up_to_one(view):
    for name in ("low", "base", "high"):
        assert stock.inputs(view, load_scenario(name))["asset_share_ratio"].sum() == pytest.approx(1)


def test_scenarios_are_ordered(view):
    low, base, high = (
        equation.evaluate("required_revenue_capital_usd_bn", **stock.inputs(view, load_scenario(name)))
        for name in ("low", "base", "high")
    )
    assert low < base < high


def test_an_earlier_view_has_a_smaller_stock():
    scenario = load_scenario("base")
    sizes = [
        equation.evaluate("gross_stock_usd_bn", **stock.inputs(load().as_of(day), scenario)).sum()
        for day in ("2024-06-30", "2025-03-31", "2026-08-31")
    ]
    assert sizes == sorted(sizes)


def test_the_table_by_age_adds_up_to_the_equation(view):
    scenario = load_scenario("base")
    values, table = stock.inputs(view, scenario), stock.table_by_age(view, scenario)
    for column, symbol in (("in_service_usd_bn", "gross_stock_usd_bn"), ("effective_usd_bn", "effective_stock_usd_bn")):
        by_class = table.groupby("asset_class")[column].sum()
        expected = dict(zip(equation.ASSET_CLASSES, equation.evaluate(symbol, **values), strict=True))
        assert by_class.to_dict() == pytest.approx(expected)


def test_what_rests_on_assumptions_is_graded_so(view):
    grade, sources = stock.provenance(view, load_scenario("base"))
    assert grade == "assumed"
    assert {"epoch_dc_cost", "ai_share_models"} <= set(sources)
    assert np.all([key in load().sources.index for key in sources])
