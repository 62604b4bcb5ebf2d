"""Growth fits: known by construction, against statsmodels, honest in small samples, and refusing what they must."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq.errors import EvidenceError, ParameterError
from aieq.trends import doubling_months, growth_fit, halving_months

QUARTERS = pd.date_range("2020-03-31", periods=16, freq="QE")


def years(dates):
    return np.asarray((pd.DatetimeIndex(dates) - pd.DatetimeIndex(dates)[0]).days) / 365.25


def test_exact_exponential_is_returned_with_no_width():
    fit = growth_fit(QUARTERS, 5 * 2.4 ** years(QUARTERS))
    assert fit.per_year == pytest.approx(2.4)
    assert (fit.low, fit.high) == pytest.approx((2.4, 2.4))
    assert fit.r_squared == pytest.approx(1)
    middle, low, high = fit.fitted([dt.date(2020, 3, 31)])
    assert (middle[0], low[0], high[0]) == pytest.approx((5, 5, 5))


@pytest.mark.parametrize("cov", ["nonrobust", "HAC"])
def test_matches_statsmodels(cov):
    sm = pytest.importorskip("statsmodels.api")
    months = pd.date_range("2016-01-31", periods=96, freq="ME")
    rng = np.random.default_rng(3)
    errors = np.zeros(len(months))
    for i in range(1, len(errors)):  # errors that follow one another make the robust variance the larger of the two
        errors[i] = 0.9 * errors[i - 1] + rng.normal(0, 0.2)
    values = np.exp(1 + 0.7 * years(months) + errors)
    design = sm.add_constant(years(months))
    ols = sm.OLS(np.log(values), design)
    lags = 3  # 4 (96/100)^(2/9) = 3.96
    robust = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}, "use_t": True}
    result = ols.fit(**(robust if cov == "HAC" else {}))
    fit = growth_fit(months, values, cov=cov)
    assert fit.per_year == pytest.approx(np.exp(result.params[1]))
    assert (fit.low, fit.high) == pytest.approx(tuple(np.exp(result.conf_int(0.1)[1])))
    assert fit.r_squared == pytest.approx(result.rsquared)
    frame = result.get_prediction(design).summary_frame(0.1)
    for got, name in zip(fit.fitted(months), ("mean", "mean_ci_lower", "mean_ci_upper"), strict=True):
        assert got == pytest.approx(np.exp(frame[name].to_numpy()))


def test_the_robust_interval_is_never_narrower_than_the_plain_one():
    values = np.exp(years(QUARTERS) + np.tile([0.2, -0.2], 8))  # alternating errors shrink the robust variance
    plain, robust = (growth_fit(QUARTERS, values, cov=cov) for cov in ("nonrobust", "HAC"))
    assert (robust.low, robust.high) == pytest.approx((plain.low, plain.high))


def test_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(400):
        fit = growth_fit(QUARTERS[:8], np.exp(0.5 * years(QUARTERS[:8]) + rng.normal(0, 0.3, 8)))
        inside += fit.low <= np.exp(0.5) <= fit.high
    assert 0.86 <= inside / 400 <= 0.97


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(1e-6, 1e6),
    values=st.lists(st.floats(0.01, 100), min_size=16, max_size=16),
)
def test_growth_does_not_care_for_the_unit_or_the_order(scale, values):
    fit = growth_fit(QUARTERS, values)
    again = growth_fit(QUARTERS[::-1], [v * scale for v in values[::-1]])
    assert (again.per_year, again.low, again.high) == pytest.approx((fit.per_year, fit.low, fit.high), rel=1e-6)
    assert fit.low <= fit.per_year <= fit.high


def test_a_higher_level_is_wider_and_a_point_wider_than_the_line():
    values = np.exp(years(QUARTERS) + np.tile([0.2, -0.2], 8))
    narrow, wide = growth_fit(QUARTERS, values, level=0.5), growth_fit(QUARTERS, values, level=0.99)
    assert wide.low < narrow.low < narrow.per_year < narrow.high < wide.high
    line, point = wide.fitted(QUARTERS), wide.fitted(QUARTERS, points=True)
    assert (point[1] < line[1]).all() and (point[2] > line[2]).all()


@pytest.mark.parametrize(
    ("dates", "values", "says"),
    [
        (["2020-01-01"] * 3, [1, 2, 3], "too few"),
        (["2020-01-01"] * 4, [1, 2, 3, 4], "fall on 2020-01-01"),
        (["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], [1, 2, 0, 4], "positive"),
        (["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], [1, 2, float("nan"), 4], "positive"),
        (["2020-01-01", "2021-01-01", None, "2023-01-01"], [1, 2, 3, 4], "1 of 4 dates"),
        (["2020-01-01", "2021-01-01"], [1, 2, 3, 4], "2 dates for 4 values"),
    ],
)
def test_refuses_what_cannot_be_fitted(dates, values, says):
    with pytest.raises(EvidenceError, match=says):
        growth_fit(dates, values)


def test_refuses_unknown_options():
    with pytest.raises(ParameterError, match="Did you mean 'HAC'"):
        growth_fit(QUARTERS, range(1, 17), cov="HACC")
    with pytest.raises(ParameterError, match="probability"):
        growth_fit(QUARTERS, range(1, 17), level=90)


def test_doubling_and_halving():
    # Epoch states GPU price-performance doubling in 2.1 years beside 0.14 orders of magnitude a year: 10^0.14 = 1.38.
    assert doubling_months(10**0.14) / 12 == pytest.approx(2.15, abs=0.01)
    assert halving_months(1 / 3) == pytest.approx(doubling_months(3))
    with pytest.raises(ParameterError, match="does not double"):
        doubling_months(0.9)
    with pytest.raises(ParameterError, match="does not halve"):
        halving_months(1.1)
