"""Closed forms by hand, and properties that must hold whatever the numbers are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq import paths
from aieq.equation import evaluate
from aieq.errors import EquationError, EvidenceError
from aieq.paths import FadingGrowth

share = st.floats(0.01, 0.95)
change = st.floats(-0.9, 1.5)
growth = st.floats(-0.3, 4.0)
half_life = st.floats(0.2, 10)
few = settings(max_examples=40, deadline=None)


def test_margin_by_hand():
    # cost 0.6, price 1; after two years cost 0.6 x 0.25 = 0.15, price 0.64: margin 1 - 0.15/0.64 = 0.765625
    path = paths.margin_path(0.4, cost_change_ratio=-0.5, price_change_ratio=-0.2, elasticity=1, years=[0, 2])
    assert path["margin_ratio"].tolist() == pytest.approx([0.4, 0.765625])
    # elasticity one: revenue stays, volume is 1/0.64
    assert path["volume"].iloc[1] == pytest.approx(1.5625)
    assert path["revenue"].tolist() == pytest.approx([1, 1])
    assert path["cost"].tolist() == pytest.approx([0.6, 0.15])
    assert path["gross_profit"].tolist() == pytest.approx([0.4, 0.765625])


@given(share, change, st.floats(0, 8))
@few
def test_equal_rates_leave_the_margin(margin, rate, years):
    path = paths.margin_path(margin, cost_change_ratio=rate, price_change_ratio=rate, years=[years])
    assert path["margin_ratio"].iloc[0] == pytest.approx(margin)


@given(share, change, change, st.floats(0.1, 5))
@few
def test_cheaper_cost_never_hurts_the_margin(margin, cost, price, years):
    lower = paths.margin_path(margin, cost_change_ratio=cost - 0.05, price_change_ratio=price, years=[years])
    higher = paths.margin_path(margin, cost_change_ratio=cost, price_change_ratio=price, years=[years])
    assert lower["margin_ratio"].iloc[0] > higher["margin_ratio"].iloc[0]


@given(share, share, change, change)
@few
def test_years_to_margin_lands_on_the_target(margin, target, cost, price):
    years = paths.years_to_margin(margin, target, cost_change_ratio=cost, price_change_ratio=price)
    if years is None:
        assert cost >= price - 1e-9
    elif 0 < years < 50 and cost < price - 1e-3:
        path = paths.margin_path(margin, cost_change_ratio=cost, price_change_ratio=price, years=[years])
        assert path["margin_ratio"].iloc[0] == pytest.approx(target, abs=1e-6)


@given(st.floats(0.05, 2), st.floats(0, 0.95))
@few
def test_price_rise_pays_where_demand_is_inelastic(rise, elasticity):
    assert paths.revenue_change_ratio(rise, elasticity) > 0
    assert paths.revenue_change_ratio(rise, 2 - elasticity) < 0


def test_break_even_closed_form():
    # coverage 0.2, revenue x3, requirement x1.5: log(5) / log(2) = 2.3219 years
    years = paths.break_even_years(0.2, FadingGrowth(2.0), FadingGrowth(0.5))
    assert years == pytest.approx(math.log(5) / math.log(2))
    assert paths.break_even_years(1.3, FadingGrowth(0.0), FadingGrowth(1.0)) == 0


@given(st.floats(0.02, 0.9), st.floats(0.5, 4), st.floats(0, 0.4))
@few
def test_break_even_agrees_with_the_equation(coverage, earned, needed):
    rates = {"coverage_ratio": coverage, "revenue_growth_ratio": earned, "requirement_growth_ratio": needed}
    ours = paths.break_even_years(coverage, FadingGrowth(earned), FadingGrowth(needed), horizon_years=200)
    assert ours == pytest.approx(evaluate("break_even_years", **rates), abs=1e-6)


def test_fading_growth_by_hand():
    # growth log 2 a year halving each year towards nothing: in all 2 ** (1 / log 2) = e after ever so long
    assert FadingGrowth(1.0, 0.0, 1.0).factor(200) == pytest.approx(math.e)
    # so a coverage of one half is reached, and one third (below 1/e) never is
    assert paths.break_even_years(0.5, FadingGrowth(1.0, 0.0, 1.0), FadingGrowth(0.0)) is not None
    assert paths.break_even_years(0.33, FadingGrowth(1.0, 0.0, 1.0), FadingGrowth(0.0)) is None
    # by hand: 1 - 2**-t = log(2) (half to one), so t = -log2(1 - log 2) = 1.7044
    years = paths.break_even_years(0.5, FadingGrowth(1.0, 0.0, 1.0), FadingGrowth(0.0))
    assert years == pytest.approx(-math.log2(1 - math.log(2)))


@given(growth, growth, st.floats(0, 20))
@few
def test_infinite_half_life_is_plain_compounding(now, lasting, years):
    assert FadingGrowth(now, lasting).factor(years) == pytest.approx((1 + now) ** years, rel=1e-9, abs=1e-9)


@given(st.floats(0.02, 0.9), growth, growth, half_life)
@few
def test_break_even_is_on_the_path_and_more_revenue_growth_is_never_later(coverage, earned, needed, half):
    slow, fast = FadingGrowth(earned, 0.05, half), FadingGrowth(earned + 0.2, 0.05, half)
    requirement = FadingGrowth(needed, 0.05, 1.0)
    first = paths.break_even_years(coverage, slow, requirement)
    sooner = paths.break_even_years(coverage, fast, requirement)
    if first is not None:
        assert sooner is not None
        assert sooner <= first + 1e-6
        path = paths.coverage_path(coverage, slow, requirement, [first])
        assert path["coverage_ratio"].iloc[0] == pytest.approx(1, abs=1e-6)


@given(st.floats(0.02, 0.9), st.floats(0.5, 15), growth)
@few
def test_growth_needed_is_enough_and_no_more(coverage, years, needed):
    requirement = FadingGrowth(needed)
    steady = paths.growth_needed_ratio(coverage, years, requirement.factor(years))
    path = paths.coverage_path(coverage, FadingGrowth(steady), requirement, [years])
    assert path["coverage_ratio"].iloc[0] == pytest.approx(1, rel=1e-6)


def stand(life: float = 2.0, rate: float = 0.0) -> dict:
    """One asset class that carries everything; two quarters of 1 bn."""
    return {
        "spending_usd_bn": [1.0, 1.0],
        "ai_share_of_capex_ratio": [1.0, 1.0],
        "age_years": [0.375, 0.125],
        "asset_share_ratio": [1.0, 0.0, 0.0, 0.0],
        "asset_life_years": [life] * 4,
        "replacement_price_fall_ratio": [0.0] * 4,
        "cost_of_capital_ratio": rate,
        "energy_to_capital_ratio": 0.0,
        "operations_to_capital_ratio": 0.0,
        "buyer_gross_margin_ratio": 0.5,
    }


def test_requirement_path_by_hand():
    # Life two years, straight line: each bn is charged 0.5 a year, and twice that is required. Two quarters ask for 2 a
    # year; each new quarter of 1 bn adds 1, until eight live quarters hold it at 8.
    path = paths.requirement_path(stand(), 4.0, FadingGrowth(0.0), 2.0)
    assert path["required_revenue_capital_usd_bn"].tolist() == pytest.approx([2, 3, 4, 5, 6, 7, 8, 8, 8])
    assert path["spending_usd_bn"].tolist() == pytest.approx([1] * 9)


def test_requirement_path_starts_at_step_two():
    now = evaluate("required_revenue_capital_usd_bn", **stand(5.0, 0.1))
    path = paths.requirement_path(stand(5.0, 0.1), 4.0, FadingGrowth(0.5), 0.25)
    assert path["required_revenue_capital_usd_bn"].iloc[0] == pytest.approx(now)
    with pytest.raises(EquationError, match="quarters of a year"):
        paths.requirement_path(stand(), 4.0, FadingGrowth(0.5), 0.3)


def test_the_stock_goes_on_growing_after_spending_has_stopped_growing():
    path = paths.requirement_path(stand(5.0), 8.0, FadingGrowth(0.0), 3.0)["required_revenue_capital_usd_bn"]
    assert (path.diff().dropna() > 0).all()


@given(st.floats(0.2, 2.0), st.floats(0.0, 1.0))
@settings(max_examples=10, deadline=None)
def test_slower_building_never_asks_for_more(half, faster):
    slow = paths.requirement_path(stand(5.0, 0.1), 4.0, FadingGrowth(0.5, 0.0, half), 2.0)
    fast = paths.requirement_path(stand(5.0, 0.1), 4.0, FadingGrowth(0.5 + faster, 0.0, half), 2.0)
    assert (slow.to_numpy() <= fast.to_numpy() + 1e-9).all()


def test_crossing_by_hand():
    assert paths.crossing([0, 1, 2], [0.5, 1.0, 2.0]) == 1
    assert paths.crossing([0, 1], [1.5, 2.0]) == 0


def test_clock_by_hand():
    # from 1 to 4 in a year: 2 is passed half way
    assert paths.years_since_level([2001, 2002, 2003], [1, 4, 9], 2).tolist() == [-0.5, 0.5, 1.5]
    assert paths.years_since_level([2001, 2002], [2, 4], 2).tolist() == [0, 1]
    with pytest.raises(EvidenceError, match="begins above"):
        paths.years_since_level([2001, 2002], [3, 4], 2)
    with pytest.raises(EvidenceError, match="never reaches"):
        paths.years_since_level([2001, 2002], [3, 4], 5)


def test_largest_gain_by_hand():
    assert paths.largest_gain([2000, 2001, 2002, 2003, 2004], [10, 11, 20, 22, 23], 2) == (11, 2003)
    with pytest.raises(EvidenceError, match="years apart"):
        paths.largest_gain([2000, 2001], [1, 2], 5)


@given(st.floats(0.3, 8), st.floats(0.3, 3.0), st.floats(0, 0.1))
@few
def test_half_life_is_recovered_from_a_line_built_with_it(half, now, lasting):
    years = np.arange(0, 11)
    line = FadingGrowth(now, lasting, half).factor(years)
    fitted = paths.fade_half_life_years(2000 + years, line, lasting_ratio=lasting)
    assert fitted == pytest.approx(half, rel=0.02) or fitted == 0  # below rounding of the last years


def test_growth_that_does_not_slow_has_no_half_life():
    assert paths.fade_half_life_years([2000, 2001, 2002], [1, 2, 4]) == math.inf
    assert paths.fade_half_life_years([2000, 2001, 2002], [1, 2, 1]) == 0
    with pytest.raises(EvidenceError, match="three or more"):
        paths.fade_half_life_years([2000, 2001], [1, 2])
    with pytest.raises(EvidenceError, match="nothing that could fade"):
        paths.fade_half_life_years([2000, 2001, 2002], [4, 2, 1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paths.margin_path(1.0, cost_change_ratio=0, price_change_ratio=0), "40 per cent is 0.4"),
        (lambda: paths.margin_path(0.4, cost_change_ratio=-1, price_change_ratio=0), "cost_change_ratio is -1"),
        (lambda: paths.years_to_margin(0.4, 1.2, cost_change_ratio=0, price_change_ratio=0), "target_ratio is 1.2"),
        (lambda: FadingGrowth(1.0, 0.0, 0.0), "half_life_years is 0.0"),
        (lambda: paths.break_even_years(0, FadingGrowth(1), FadingGrowth(0)), "above zero"),
        (lambda: paths.coverage_path(0, FadingGrowth(1), FadingGrowth(0), [0]), "above zero"),
        (lambda: paths.growth_needed_ratio(0.5, 0, 1), "above zero"),
    ],
)
def test_refusals_say_what_and_how(call, words):
    with pytest.raises(EquationError, match=words):
        call()


def test_decimal_year_knows_leap_years():
    middle = paths.decimal_year(["2024-07-02", "2023-07-02"])
    assert middle.tolist() == pytest.approx([2024 + 183 / 366, 2023 + 182 / 365])
