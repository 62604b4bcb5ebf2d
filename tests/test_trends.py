"""Growth fits: known by construction, against statsmodels, honest in small samples, and refusing what they must."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq.errors import EvidenceError, FitError, ParameterError
from aieq.trends import doubling_months, growth_fit, growth_now, halving_months

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


def following(rng, n, phi, count):
    """Errors each of which is a part of the one before: AR(1), begun in its own spread."""
    errors = rng.normal(size=(count, n))
    errors[:, 0] /= np.sqrt(1 - phi**2)
    for i in range(1, n):
        errors[:, i] += phi * errors[:, i - 1]
    return 0.2 * errors


def share_inside(n, phi, cov, count=400):
    days, rng = QUARTERS[:1].append(pd.date_range("2020-06-30", periods=n - 1, freq="QE")), np.random.default_rng(n)
    fits = [growth_fit(days, np.exp(0.5 * years(days) + e), cov=cov) for e in following(rng, n, phi, count)]
    return np.mean([fit.low <= np.exp(0.5) <= fit.high for fit in fits])


@pytest.mark.parametrize("n", [8, 12, 20])
@pytest.mark.parametrize("phi", [0.0, 0.3, 0.5])
def test_nominal_ninety_per_cent_covers_what_it_should_in_short_series_with_runs_of_errors(n, phi):
    assert 0.80 <= share_inside(n, phi, "AR1") <= 0.97


@pytest.mark.parametrize(
    ("n", "phi", "cov", "stated"),
    [(8, 0.5, "HAC", 0.71), (20, 0.7, "HAC", 0.58), (20, 0.7, "AR1", 0.82), (20, 0.5, "nonrobust", 0.68)],
)
def test_by_how_much_the_others_fall_short_is_as_the_table_says(n, phi, cov, stated):
    assert share_inside(n, phi, cov) == pytest.approx(stated, abs=0.06)


def test_errors_that_follow_one_another_widen_the_interval_by_the_known_factor():
    # Of a mean the variance grows by (1 + phi) / (1 - phi); of a slope over many points by the same.
    days, rng = pd.date_range("1990-01-31", periods=400, freq="ME"), np.random.default_rng(5)
    values = np.exp(following(rng, 400, 0.6, 1)[0])
    plain, wide = (growth_fit(days, values, cov=cov) for cov in ("nonrobust", "AR1"))
    assert (np.log(wide.high / wide.low) / np.log(plain.high / plain.low)) ** 2 == pytest.approx(1.6 / 0.4, rel=0.2)


def test_the_rate_at_the_end_follows_a_bend_and_a_single_rate_does_not():
    days = pd.date_range("2018-03-31", periods=24, freq="QE")
    logs = np.cumsum(np.r_[np.full(12, 0.05), np.full(12, 0.25)])  # 0.2 a year, then 1.0
    values = np.exp(logs + 0.01 * np.tile([1, -1, 0], 8))
    now, span = growth_now(days, values), growth_fit(days, values, cov="AR1")
    assert now.low <= np.e <= now.high and np.log(now.per_year) == pytest.approx(1.0, abs=0.1)
    assert np.log(span.per_year) < 0.8
    assert now.drift_per_year > 0.1


def test_the_rate_at_the_end_covers_in_short_series():
    rng, days = np.random.default_rng(7), pd.date_range("2020-03-31", periods=12, freq="QE")
    inside = 0
    for error in following(rng, 12, 0.5, 15):
        now = growth_now(days, np.exp(0.5 * years(days) + error))
        inside += now.low <= np.exp(0.5) <= now.high
    assert inside >= 11


def test_an_exact_exponential_has_no_drift_and_gaps_do_no_harm():
    days = pd.date_range("2018-03-31", periods=16, freq="QE").delete([3, 4, 9])
    now = growth_now(days, 3.0 ** np.array([k / 4 for k in range(16) if k not in (3, 4, 9)]))
    assert (now.per_year, now.n) == (pytest.approx(3.0, rel=0.02), 13)


def test_a_likelihood_without_a_maximum_is_an_error_and_no_number(monkeypatch):
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    fit = UnobservedComponents.fit

    def lost(self, *args, **options):
        found = fit(self, *args, **options)
        found.mle_retvals["converged"] = False
        return found

    monkeypatch.setattr(UnobservedComponents, "fit", lost)
    with pytest.raises(FitError, match="no maximum that could be found"):
        growth_now(QUARTERS, np.exp(years(QUARTERS) + np.tile([0.1, -0.1], 8)))


@pytest.mark.parametrize(
    ("dates", "values", "says"),
    [
        (QUARTERS[:7], range(1, 8), "7 periods are too few"),
        (QUARTERS, [*range(1, 16), 0], "positive"),
        (QUARTERS, range(1, 16), "16 dates for 15 values"),
    ],
)
def test_refuses_a_drifting_rate_of_what_has_none(dates, values, says):
    with pytest.raises(EvidenceError, match=says):
        growth_now(dates, list(values))
    with pytest.raises(ParameterError, match="probability"):
        growth_now(QUARTERS, range(1, 17), level=1.5)


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
