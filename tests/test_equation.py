"""The equation: units, textbook limits, published answers, reductions, solutions, derivatives."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq import equation
from aieq.equation import RELATIONS, SYMBOLS, elasticity, evaluate, latex, needs, solve, solve_symbolic, unit_of
from aieq.errors import EquationError, UnknownNameError

REFERENCE = Path(__file__).parent / "reference" / "models.csv"
rates = st.floats(0.001, 0.4)
lives = st.floats(1, 40)


def published(model):
    with REFERENCE.open() as file:
        row = next(r for r in csv.DictReader(file) if r["id"] == model)
    return json.loads(row["inputs(json)"]), float(row["published_output"])


@pytest.mark.parametrize(("model", "by_hand"), [("cahn2023_required", 200), ("cahn2024_required", 600)])
def test_step_one_returns_what_cahn_printed(model, by_hand):
    inputs, output = published(model)
    answer = evaluate(
        "required_revenue_usd_bn",
        accelerator_run_rate_usd_bn=inputs["gpu_run_rate_usd_bn"],
        accelerator_share_ratio=1 / inputs["total_cost_multiple_of_gpu"],
        buyer_gross_margin_ratio=inputs["end_user_gross_margin"],
    )
    assert by_hand == output == answer


@pytest.mark.parametrize("target", sorted(RELATIONS))
def test_units_of_both_sides_agree(target):
    assert unit_of(target) == SYMBOLS[target].unit


def test_a_unit_planted_wrong_is_found(monkeypatch):
    wrong = {**SYMBOLS, "power_kw": equation.Symbol("power_kw", "w", "USD", "planted", (0, 1))}
    monkeypatch.setattr(equation, "SYMBOLS", wrong)
    with pytest.raises(EquationError, match="accelerator_hour_cost_usd"):
        unit_of("accelerator_hour_cost_usd")


def test_a_constant_planted_wrong_is_found(monkeypatch):
    relation = RELATIONS["cost_usd_per_mtok"]
    monkeypatch.setitem(
        equation.RELATIONS, "cost_usd_per_mtok", equation.Relation(relation.target, 60 * relation.expression)
    )
    equation._function.cache_clear()
    with pytest.raises(EquationError, match="factor"):
        unit_of("cost_usd_per_mtok")
    monkeypatch.undo()
    equation._function.cache_clear()


def rental(rate, fall, life):
    # Filled up to one value a class: only the first is looked at.
    values = {"cost_of_capital_ratio": rate, "replacement_price_fall_ratio": [fall] * 4, "asset_life_years": [life] * 4}
    return evaluate("rental_factor", **values)[0]


def test_rent_without_interest_is_straight_line_depreciation():
    assert rental(0, 0, 8) == pytest.approx(1 / 8)


def test_rent_of_an_immortal_asset_is_interest_plus_price_fall():
    assert rental(0.1, 0.2, 500) == pytest.approx(0.3)


def test_rent_at_stable_prices_is_the_capital_recovery_factor():
    # 10 per cent over ten years: 0.16275 in any table of annuities.
    assert rental(0.1, 0, 10) == pytest.approx(0.162745, abs=1e-6)


@given(rates, st.floats(0, 0.4), st.integers(1, 30))
def test_rent_pays_exactly_for_the_asset(rate, fall, life):
    first = rental(rate, fall, life)
    worth = sum(first * (1 - fall) ** (year - 1) / (1 + rate) ** year for year in range(1, life + 1))
    assert worth == pytest.approx(1)


@given(rates, st.floats(0, 0.4), lives, st.floats(0.1, 10))
def test_a_longer_life_never_raises_the_rent(rate, fall, life, more):
    assert rental(rate, fall, life + more) <= rental(rate, fall, life) * (1 + 1e-9)


@given(rates, rates, st.floats(0, 0.4), lives)
def test_dearer_capital_never_lowers_the_rent(low, more, fall, life):
    assert rental(low + more, fall, life) >= rental(low, fall, life)


def reduced(run_rate, share, margin):
    """Step two with a year's life, free capital, stable prices and no running cost, on the spending of step one."""
    return {
        "spending_usd_bn": [run_rate / share / 4] * 4,
        "age_years": [0.125, 0.375, 0.625, 0.875],
        "ai_share_of_capex_ratio": [1.0] * 4,
        "asset_share_ratio": [share, 1 - share, 0, 0],
        "asset_life_years": [1.0] * 4,
        "replacement_price_fall_ratio": [0.0] * 4,
        "cost_of_capital_ratio": 0.0,
        "energy_to_capital_ratio": 0.0,
        "operations_to_capital_ratio": 0.0,
        "buyer_gross_margin_ratio": margin,
    }


@given(st.floats(1, 1000), st.floats(0.2, 0.9), st.floats(0, 0.9))
def test_step_two_contains_step_one(run_rate, share, margin):
    one = run_rate / share / (1 - margin)
    assert evaluate("required_revenue_capital_usd_bn", **reduced(run_rate, share, margin)) == pytest.approx(one)


def test_step_two_on_cahns_inputs_returns_his_answer():
    assert evaluate("required_revenue_capital_usd_bn", **reduced(150, 0.5, 0.5)) == pytest.approx(600)


def test_a_stock_worked_out_by_hand():
    values = {
        "spending_usd_bn": [100.0, 100.0],
        "age_years": [0.125, 1.125],
        "ai_share_of_capex_ratio": [0.5, 0.5],
        "asset_share_ratio": [1.0, 0, 0, 0],
        "asset_life_years": [1.0, 1, 1, 1],
        "replacement_price_fall_ratio": [0.2, 0, 0, 0],
    }
    # The older quarter is dead; of the younger, 50 bn of AI assets have lost an eighth of a year of their fall.
    assert evaluate("gross_stock_usd_bn", **values)[0] == pytest.approx(50)
    assert evaluate("effective_stock_usd_bn", **values)[0] == pytest.approx(50 * 0.8**0.125)


def test_a_vintage_dies_within_a_quarter():
    alive = evaluate("alive_ratio", asset_life_years=[5.0] * 4, age_years=[4.8, 4.9375, 5.0, 5.0625, 5.2])[0]
    assert alive == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_draws_go_through_on_the_first_axis():
    draws = np.array([0.0, 0.5, 0.8])
    one_by_one = [evaluate("required_revenue_capital_usd_bn", **reduced(100, 0.5, m)) for m in draws]
    together = evaluate("required_revenue_capital_usd_bn", **reduced(100, 0.5, draws))
    assert together == pytest.approx(one_by_one)


@pytest.fixture
def today():
    return {
        "spending_usd_bn": np.array([80.0, 60, 40, 30, 20, 10]),
        "age_years": np.array([0.125, 0.375, 1.125, 2.125, 3.125, 4.9]),
        "ai_share_of_capex_ratio": np.array([0.7, 0.7, 0.6, 0.6, 0.3, 0.3]),
        "asset_share_ratio": np.array([0.4, 0.25, 0.15, 0.2]),
        "asset_life_years": np.array([5.0, 5.5, 25, 18]),
        "replacement_price_fall_ratio": np.array([0.2, 0.1, 0, 0]),
        "cost_of_capital_ratio": 0.1,
        "energy_to_capital_ratio": 0.016,
        "operations_to_capital_ratio": 0.024,
        "buyer_gross_margin_ratio": 0.5,
        "ai_share_multiple": 1.0,
        "actual_ai_revenue_usd_bn": 40.0,
    }


@pytest.mark.parametrize(
    "symbol",
    [
        "cost_of_capital_ratio",
        "asset_life_years",
        "replacement_price_fall_ratio",
        "buyer_gross_margin_ratio",
        "ai_share_multiple",
        "energy_to_capital_ratio",
        "spending_usd_bn",
        "asset_share_ratio",
    ],
)
def test_elasticities_agree_with_small_changes(today, symbol):
    target, step = "required_revenue_capital_usd_bn", 1e-6
    up, down = (evaluate(target, **(today | {symbol: np.asarray(today[symbol]) * (1 + s)})) for s in (step, -step))
    numeric = (up - down) / (2 * step) / evaluate(target, **today)
    assert elasticity(target, symbol, **today) == pytest.approx(numeric, abs=1e-4)


def test_what_does_not_matter_has_no_elasticity(today):
    assert elasticity("required_revenue_capital_usd_bn", "actual_ai_revenue_usd_bn", **today) == 0


@pytest.mark.parametrize(
    "symbol",
    ["ai_share_multiple", "asset_life_years.accelerators", "cost_of_capital_ratio", "buyer_gross_margin_ratio"],
)
def test_a_solution_solves(today, symbol):
    name, _, member = symbol.partition(".")
    target = evaluate("coverage_capital_ratio", **today) * 1.02
    answer = solve(symbol, equals=target, **today)
    changed = today | {name: answer}
    if member:
        changed[name] = today[name].copy()
        changed[name][0] = answer
    assert evaluate("coverage_capital_ratio", **changed) == pytest.approx(target)


def test_what_cannot_be_made_true_is_said_to_be_so(today):
    with pytest.raises(EquationError, match="no value of cost_of_capital_ratio between 0 and 0.6"):
        solve("cost_of_capital_ratio", **(today | {"actual_ai_revenue_usd_bn": 1.0}))


def test_a_pole_is_no_solution():
    # Years to break even jump through infinity where both grow alike; only the true root counts.
    growth = solve("revenue_growth_ratio", "break_even_years", 3, coverage_ratio=0.125, requirement_growth_ratio=0.0)
    assert growth == pytest.approx(1.0)


def test_break_even_by_hand():
    # Coverage of a quarter, revenue doubling, requirement constant: two years.
    years = evaluate("break_even_years", coverage_ratio=0.25, revenue_growth_ratio=1.0, requirement_growth_ratio=0.0)
    assert years == pytest.approx(2)


def test_cost_of_a_million_tokens_by_hand():
    # 3.60 dollars an hour at 1,000 tokens a second, half the hours: 3.6 / 1.8 million tokens = 2 dollars a million.
    cost = evaluate(
        "cost_usd_per_mtok", accelerator_hour_cost_usd=3.6, throughput_tokens_per_s=1000, utilisation_ratio=0.5
    )
    assert cost == pytest.approx(2)


def test_step_one_is_solved_in_symbols_too():
    share = solve_symbolic("accelerator_share_ratio", "required_revenue_usd_bn")
    values = {"accelerator_run_rate_usd_bn": 150, "required_revenue_usd_bn": 600, "buyer_gross_margin_ratio": 0.5}
    assert float(share.subs({SYMBOLS[k].sympy: v for k, v in values.items()})) == 0.5


def test_the_printed_formula_is_the_evaluated_one():
    assert latex("required_revenue_usd_bn") == r"R_1 = \frac{K}{s \left(1 - m\right)}"
    assert r"\sum_{v}" in latex("effective_stock_usd_bn")


def test_bad_names_and_missing_values_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'cost_of_capital_ratio'"):
        evaluate("required_revenue_usd_bn", cost_of_capital=0.1)
    with pytest.raises(EquationError, match="accelerator_run_rate_usd_bn"):
        evaluate("required_revenue_usd_bn", accelerator_share_ratio=0.5, buyer_gross_margin_ratio=0.5)
    with pytest.raises(EquationError, match="asset_life_years.accelerators"):
        solve("asset_life_years")
    with pytest.raises(EquationError, match="does not hang on"):
        solve("power_kw", "required_revenue_usd_bn")


def test_every_symbol_is_used():
    used = set().union(*(needs(target) for target in RELATIONS))
    assert set(SYMBOLS) == used
