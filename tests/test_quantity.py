"""Numbers that carry their doubt."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq.errors import EvidenceError, UnknownNameError
from aieq.quantity import GRADES, Quantity, derive, envelope, round_by_uncertainty, weakest

amounts = st.floats(0.01, 1e6)


@st.composite
def quantities(draw):
    low, value, high = sorted(draw(st.tuples(amounts, amounts, amounts)))
    return Quantity(
        value, "USD_bn", low, high, grade=draw(st.sampled_from(GRADES)), sources=(draw(st.sampled_from("abc")),)
    )


def test_a_result_is_never_better_than_its_weakest_input():
    assert weakest("reported", "derived") == "derived"
    assert weakest("estimated", "reported", "assumed") == "assumed"


@given(quantities(), quantities())
def test_arithmetic_keeps_the_value_inside_and_unites_sources(a, b):
    for result in (a + b, a - b, a / b):
        assert result.low <= result.value <= result.high
        assert set(result.sources) == set(a.sources) | set(b.sources)
        assert GRADES.index(result.grade) >= max(GRADES.index(a.grade), GRADES.index(b.grade), 1)


def test_a_sum_has_the_sum_of_the_ends():
    total = Quantity(10, "USD_bn", 8, 12) + Quantity(500, "USD_mn", 400, 700)
    assert (total.low, total.value, total.high) == pytest.approx((8.4, 10.5, 12.7))


def test_a_difference_takes_opposite_ends():
    left = Quantity(10, "USD_bn", 8, 12) - Quantity(3, "USD_bn", 1, 4)
    assert (left.low, left.value, left.high) == (4, 7, 11)


def test_dividing_dollars_by_dollars_gives_a_share():
    share = Quantity(3, "USD_bn") / Quantity(12000, "USD_mn")
    assert (share.value, share.unit, share.text()) == (0.25, "ratio", "25.0 %")


def test_unlike_units_are_refused():
    with pytest.raises(EvidenceError, match="cannot turn years into USD_bn"):
        Quantity(1, "USD_bn") + Quantity(1, "years")
    with pytest.raises(EvidenceError, match="use derive"):
        Quantity(1, "USD_bn") * Quantity(2, "years")


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (227.664, None, None, "$228 bn"),
        (1424.368, 988.3, 2283.3, "$1,400 bn (1,000 to 2,300)"),
        (2.4371, 2.0, 2.9, "$2.4 bn (2.0 to 2.9)"),
        (131.5, 88.8, 174.8, "$130 bn (90 to 170)"),
        (0.0123, 0.0121, 0.0126, "$0.01230 bn (0.01210 to 0.01260)"),
        # Two sources that agree to a third of a per cent give three digits, not four.
        (3.487, 3.487, 3.499, "$3.49 bn (3.49 to 3.50)"),
        (-7.26, None, None, "−$7.26 bn"),
        (5.0, 4.0005, 5.9995, "$5.0 bn (4.0 to 6.0)"),
        # Skewed: the half-width alone would say $0 bn (0 to 900).
        (3.2, 0.04, 912, "$3.2 bn (0.04 to 910)"),
        (30, 0.5, 400, "$30 bn (0.5 to 400)"),
        (-3.2, -912, -0.04, "−$3.2 bn (−910 to −0.04)"),
        # No need to change what does not show as zero.
        (150, 60, 800, "$200 bn (100 to 800)"),
    ],
)
def test_digits_follow_the_uncertainty(value, low, high, text):
    assert Quantity(value, "USD_bn", low, high).full_text() == text


def test_no_digit_is_shown_that_the_draws_do_not_grant():
    drawn = Quantity(16.3, "years", 8.1, 43.2, errors=(0.1, 0.1, 0.71))
    assert drawn.full_text() == "16 years (10 to 40)"
    assert Quantity(0.0236, "ratio", 0.001, 0.0732, errors=(0.0001, 0.0009, 0.002)).text() == "2 %"
    assert Quantity(1.0, "USD_tn", 0.9, 1.1, errors=(0.0, 0.01, 0.0)).to("USD_bn").errors == (0.0, 10.0, 0.0)


@given(amounts, amounts)
def test_the_half_width_is_shown_with_one_or_two_digits(value, half):
    if half <= value / 200 or 0 < value - half < half:  # too narrow to show; low end close to zero, see below
        return
    places = round_by_uncertainty(value, value - half, value + half)
    digits = half * 10**places
    assert 0.95 <= digits < 96


@given(st.tuples(*[st.floats(1e-6, 1e6)] * 3), st.sampled_from(["USD_bn", "ratio", "multiple", "pct"]))
def test_an_end_that_is_not_zero_is_never_shown_as_zero(ends, unit):
    low, value, high = sorted(ends)
    for quantity in (Quantity(value, unit, low, high), Quantity(-value, unit, -high, -low)):
        shown = [quantity.text(), *quantity.range_text().split(" to ")]
        assert all(any(digit in part for digit in "123456789") for part in shown)


@pytest.mark.parametrize(
    ("broken", "error", "words"),
    [
        ({"value": math.nan}, EvidenceError, "not known"),
        ({"value": 1, "low": 2, "high": 3}, EvidenceError, "not inside"),
        ({"value": 1, "low": 0}, EvidenceError, "one end"),
        ({"value": 1, "unit": "USD_bm"}, UnknownNameError, "USD_bn"),
        ({"value": 1, "grade": "reportd"}, UnknownNameError, "reported"),
    ],
)
def test_an_impossible_quantity_is_refused_with_a_remedy(broken, error, words):
    with pytest.raises(error, match=words):
        Quantity(**({"unit": "USD_bn"} | broken))


def test_corners_find_the_range_of_a_monotone_function():
    a, b = Quantity(2, "USD", 1, 3), Quantity(4, "USD", 2, 8)
    ratio = derive(lambda x, y: x / y, a, b, unit="ratio")
    assert (ratio.low, ratio.value, ratio.high) == (0.125, 0.5, 1.5)


def test_an_envelope_covers_every_source():
    wide = envelope(Quantity(2.5, "USD_bn"), [Quantity(1800, "USD_mn"), Quantity(3.8, "USD_bn", 3, 4)])
    assert (wide.low, wide.value, wide.high) == (1.8, 2.5, 4)
