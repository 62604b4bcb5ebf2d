"""Growth that slows: curves known by construction are recovered, scores know no future, windows are hand-made."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq.errors import EvidenceError, FitError, ParameterError, UnknownNameError
from aieq.findings import REGISTRY, context_for
from aieq.findings import growth as found
from aieq.growth import contest, demand, half_life, shapes, windows
from aieq.paths import FadingGrowth

YEARS = np.arange(12) / 2


def line(values, name="a", freq="YE"):
    return pd.DataFrame(
        {"line": name, "day": pd.date_range("2000-12-31", periods=len(values), freq=freq), "value": values}
    )


# Shapes


def test_a_pure_exponential_is_every_shape_of_growth():
    for shape in shapes.SHAPES:
        one = shapes.fit(shape, YEARS, 3 * 2.0**YEARS, lasting_ratio=0.04)
        assert one.growth == pytest.approx(math.log(2), rel=1e-3), shape
        assert one.log_ahead(2.0) == pytest.approx(2 * math.log(2), rel=1e-2), shape
    for shape in ("Gompertz", "fading"):
        assert shapes.fit(shape, YEARS, 3 * 2.0**YEARS).half_life_years == math.inf


@pytest.mark.parametrize("middle", [1.0, 3.0, 6.0, 9.0])
@pytest.mark.parametrize("rate", [0.5, 1.5, 3.0])
def test_a_pure_logistic_is_recovered(middle, rate):
    def level(t):
        return 50 / (1 + np.exp(-rate * (t - middle)))

    one = shapes.fit("logistic", YEARS, level(YEARS))
    end = YEARS[-1]
    assert one.log_ahead(np.array([1.0, 4.0])) == pytest.approx(
        np.log(level(np.array([end + 1, end + 4])) / level(end)), abs=1e-4
    )


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 6), st.floats(0.3, 4), st.floats(0, 0.08), st.floats(1e-3, 1e3))
def test_a_known_half_life_is_recovered_in_any_unit(half, growth, lasting, scale):
    rule = FadingGrowth(math.expm1(growth), lasting, half)
    one = shapes.fit("fading", YEARS, scale * rule.factor(YEARS), lasting_ratio=lasting)
    if growth - math.log1p(lasting) > 0.2:
        assert one.half_life_years == pytest.approx(half, rel=1e-2)
        ahead = rule.log_factor(YEARS[-1] + 2) - rule.log_factor(YEARS[-1])
        assert one.log_ahead(2.0) == pytest.approx(ahead, abs=1e-4)


def test_a_quadratic_is_recovered_and_turns_down_as_it_must():
    one = shapes.fit("log-quadratic", YEARS, np.exp(2 * YEARS - 0.25 * YEARS**2))
    end = YEARS[-1]
    assert one.growth == pytest.approx(2 - 0.5 * end)
    assert one.log_ahead(1.0) == pytest.approx(2 - 0.5 * end - 0.25)


def test_no_shape_does_better_than_one_that_contains_it():
    noisy = np.exp(np.log1p(YEARS) * 2 + 0.1 * np.sin(7 * YEARS))
    square = {shape: shapes.fit(shape, YEARS, noisy).square for shape in shapes.SHAPES}
    assert square["log-quadratic"] <= square["exponential"] + 1e-12
    assert square["Gompertz"] <= square["exponential"] + 1e-9
    assert square["logistic"] <= square["exponential"] + 1e-3  # its rate is bounded from the ceiling's side


def test_gompertz_agrees_with_another_optimiser():
    from scipy.optimize import curve_fit

    noisy = 3 - 2.5 * np.exp(-0.7 * YEARS) + 0.05 * np.cos(5 * YEARS)
    theirs, _ = curve_fit(lambda t, a, b, k: a - b * np.exp(-k * t), YEARS, noisy, p0=(3, 2, 0.5))
    ours = shapes.fit("Gompertz", YEARS, np.exp(noisy))
    assert ours.half_life_years == pytest.approx(math.log(2) / theirs[2], rel=1e-4)


def test_a_fit_that_does_not_settle_is_an_error_and_counts_for_no_rule(monkeypatch):
    import scipy.optimize

    real = scipy.optimize.leastsq
    monkeypatch.setattr(scipy.optimize, "leastsq", lambda *a, **k: (*real(*a, **k)[:4], 5))
    with pytest.raises(FitError, match="did not settle"):
        shapes.fit("logistic", YEARS, 2.0**YEARS)
    contest._fitted.cache_clear()
    table = contest.rolling(line(2.0 ** np.arange(9.0)), lasting_ratio=0.04, half_life_years=1.0)
    contest._fitted.cache_clear()
    assert not table["settled"].any() and table.loc[table["rule"] == "logistic", "said"].isna().all()
    assert contest.scores(table).empty


@pytest.mark.parametrize(
    ("years", "values", "error", "says"),
    [
        ([0, 1, 2, 3], [1, 2, 4, 8], EvidenceError, "needs 5"),
        ([0, 1, 2, 3, 3], [1, 2, 4, 8, 9], EvidenceError, "ascend"),
        ([0, 1, 2, 3, 4], [1, 2, 4, 8, -1], EvidenceError, "positive"),
    ],
)
def test_what_cannot_be_fitted_is_refused(years, values, error, says):
    with pytest.raises(error, match=says):
        shapes.fit("fading", years, values)


def test_an_unknown_shape_is_named():
    with pytest.raises(UnknownNameError, match="Did you mean 'logistic'"):
        shapes.fit("logistics", YEARS, 2.0**YEARS)


# Half-lives


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 8), st.floats(0.2, 3), st.floats(0.5, 3), st.floats(0, 0.1))
def test_the_implied_half_life_is_that_of_the_path(half, growth, years, lasting):
    rule = FadingGrowth(math.expm1(growth), math.expm1(lasting), half)
    came = float(rule.log_factor(years))
    assert half_life.implied_half_life(growth, came, years, lasting) == pytest.approx(half, rel=1e-4)


def test_the_implied_half_life_of_a_line_by_hand():
    # Doubled in the first year; then grew by sqrt(2): half of what lasting growth of 1 (in base 2) would add.
    # (1 - e^-x) / x = 1/2 at x = 1.5936, so the half-life is log 2 / 1.5936 = 0.435 years.
    table = half_life.implied(line([1.0, 2.0, 2.0 * math.sqrt(2), 2.0]), lasting_ratio=0.0, ahead_years=1.0)
    assert table["half_life_years"].round(3).tolist() == [0.435, 0.0]
    assert table["growth_ratio"].round(6).tolist() == [1.0, 0.414214]


def test_a_line_cannot_be_judged_before_its_years_have_passed():
    values = [1.0, 3.0, 6.0, 9.0, 11.0]
    whole = half_life.implied(line(values), lasting_ratio=0.0, ahead_years=2.0)
    cut = half_life.implied(line(values[:4]), lasting_ratio=0.0, ahead_years=2.0)
    assert len(whole) == 2 and len(cut) == 1
    pd.testing.assert_frame_equal(whole.iloc[:1], cut)


def test_each_line_counts_once_in_a_class():
    table = pd.DataFrame(
        {"line": ["a"] * 3 + ["b"], "half_life_years": [0.1, 0.2, 0.25, math.inf], "growth_ratio": [2.0] * 4}
    )
    row = half_life.summary(table, pd.Series(["all"] * 4), within=(0.15, 1.0)).iloc[0]
    assert (row["below"], row["inside"], row["above"], row["lasts"]) == pytest.approx((1 / 6, 1 / 3, 0.5, 0.5))
    assert row["median"] == 0.25 and row["q75"] == math.inf


def test_the_half_life_of_least_error_is_that_of_the_lines():
    steady = [FadingGrowth(g, 0.04, 1.5).factor(np.arange(8.0)) for g in (2.0, 3.0)]
    lines = pd.concat([line(values, name) for name, values in zip("ab", steady, strict=True)])
    table = half_life.implied(lines, lasting_ratio=0.04, ahead_years=1.0)
    # The growth of the year before is read as that of the day, so every figure implies a shorter half-life than 1.5,
    # and all the same one: the mean rate of a year over that of the year before is 2^(-1/1.5).
    ratio = 2 ** (-1 / 1.5)
    x = math.log(2) / table["half_life_years"].to_numpy()
    assert -np.expm1(-x) / x == pytest.approx(np.full(len(table), ratio), rel=1e-4)
    errors = half_life.errors_by_half_life(table, lasting_ratio=0.04)
    best = errors.loc[errors["error"].idxmin(), "half_life_years"]
    assert best == pytest.approx(table["half_life_years"].iloc[0], rel=0.06)


def test_the_interval_of_a_fitted_half_life_holds_it_and_is_open_where_growth_lasts():
    bent = FadingGrowth(2.0, 0.04, 2.0).factor(np.arange(12.0)) * np.exp(0.02 * np.cos(3 * np.arange(12.0)))
    lines = pd.concat([line(bent, "bent"), line(2.0 ** np.arange(8.0), "straight")])
    table = half_life.fitted(lines, lasting_ratio=0.04).set_index("line")
    assert table.loc["bent", "low"] < 2.0 < table.loc["bent", "high"] < 4
    assert table.loc["straight", "half_life_years"] == table.loc["straight", "high"] == math.inf


def test_nothing_can_fade_below_the_lasting_rate():
    with pytest.raises(ParameterError, match="nothing fades"):
        half_life.implied_half_life(0.01, 0.1, 1.0, 0.04)
    with pytest.raises(EvidenceError, match="quantile of nothing"):
        half_life.weighted_quantile(np.array([]), np.array([]), 0.5)


# The contest


def test_a_rule_knows_no_figure_after_its_origin():
    values = np.exp(np.cumsum([1.0, 0.8, 0.9, 0.5, 0.4, 0.3, 0.35, 0.2, 0.1]))
    spoilt = values.copy()
    spoilt[7:] *= 100  # a planted future
    one, other = (contest.rolling(line(v), lasting_ratio=0.04, half_life_years=1.0) for v in (values, spoilt))
    early = one["origin"] < np.datetime64("2007-12-31")
    assert (one.loc[early, "said"] == other.loc[early, "said"]).all()
    assert (one.loc[early, "origin"] < one.loc[early, "target"]).all()
    late = one["target"] >= np.datetime64("2007-12-31")
    pd.testing.assert_series_equal(one.loc[~late, "spread"], other.loc[~late, "spread"])
    assert not np.allclose(one.loc[late, "error"], other.loc[late, "error"])


@pytest.mark.parametrize(
    ("values", "best"),
    [
        (FadingGrowth(3.0, 0.04, 2.0).factor(np.arange(12.0)), "fading"),
        (40 / (1 + np.exp(-(np.arange(12.0) - 6))), "logistic"),
        (np.exp(2 * np.arange(12.0) - 0.05 * np.arange(12.0) ** 2), "log-quadratic"),
    ],
)
def test_the_shape_that_made_a_line_wins_on_it(values, best):
    scored = contest.scores(contest.rolling(line(values), lasting_ratio=0.04, half_life_years=0.75))
    one = scored[scored["horizon"] == 1.0].set_index("rule")["error"]
    assert one.idxmin() == best and one[best] < 0.01


def test_the_assumed_rule_is_the_reports_own():
    values = [1.0, 2.0, 3.0, 5.0, 8.0, 12.0]
    table = contest.rolling(line(values), lasting_ratio=0.04, half_life_years=0.6, horizons=[1.0])
    own = table[table["rule"] == contest.ASSUMED].iloc[0]
    years = (own["target"] - own["origin"]).days / 365.25
    assert own["said"] == pytest.approx(FadingGrowth(0.6, 0.04, 0.6).log_factor(years), rel=0.01)
    assert own["came"] == pytest.approx(math.log(1.5))
    assert np.isnan(own["crps"])  # no error of its own had come to light yet


def test_a_score_is_that_of_the_normal_distribution_of_past_errors():
    values = 2.0 ** np.array([0, 1, 2, 3, 4, 6, 7, 9, 10, 12, 13.0])
    table = contest.rolling(line(values), lasting_ratio=0.0, half_life_years=1.0, horizons=[1.0])
    own = table[table["rule"] == contest.NO_CHANGE].reset_index(drop=True)
    # No change misses by 2, 1, 2, 1, 2, 1 times log 2: the fourth forecast knows the first three.
    spread = math.sqrt((4 + 1 + 4) / 3) * math.log(2)
    z = math.log(2) / spread
    phi, cumulated = math.exp(-z * z / 2) / math.sqrt(2 * math.pi), 0.5 * (1 + math.erf(z / math.sqrt(2)))
    assert own.loc[3, "spread"] == pytest.approx(spread)
    assert own.loc[3, "crps"] == pytest.approx(spread * (z * (2 * cumulated - 1) + 2 * phi - 1 / math.sqrt(math.pi)))


def test_signs_are_gone_through():
    assert contest.sign_flip([1.0, -1.0]) == 1.0
    assert contest.sign_flip([1.0] * 9) == pytest.approx(2 / 512)
    with pytest.raises(EvidenceError, match="0 differences"):
        contest.sign_flip([])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=8))
def test_a_chance_is_one_and_does_not_care_for_the_side(differences):
    chance = contest.sign_flip(differences)
    assert 0 < chance <= 1
    assert chance == pytest.approx(contest.sign_flip([-d for d in differences]))


def test_diebold_and_mariano_one_step_ahead_is_students_t():
    from scipy.stats import ttest_1samp

    differences = [0.3, -0.1, 0.4, 0.2, 0.5, 0.1]
    assert contest.diebold_mariano(differences, 1) == pytest.approx(ttest_1samp(differences, 0).pvalue)
    overlapping = contest.diebold_mariano([0.3, 0.28, 0.25, 0.1, 0.12, 0.2, 0.24, 0.3], 2)
    assert overlapping > contest.diebold_mariano([0.3, 0.28, 0.25, 0.1, 0.12, 0.2, 0.24, 0.3], 1)


@pytest.mark.parametrize(("differences", "overlap"), [([1.0, 2.0], 1), ([1.0] * 8, 1), ([1.0] * 6, 4)])
def test_diebold_and_mariano_refuse_what_decides_nothing(differences, overlap):
    with pytest.raises(EvidenceError, match="decide nothing|no answer"):
        contest.diebold_mariano(differences, overlap)


# Windows


def test_short_windows_of_a_price_that_falls_in_steps_exaggerate_in_both_directions():
    days = pd.date_range("2022-01-31", periods=3, freq="12ME")
    prices = windows.monthly(days, [100.0, 10.0, 1.0], pd.Timestamp("2024-12-31"))
    spread = windows.spread(windows.rates(prices, (3, 24)).assign(level="a")).set_index("months")
    assert spread.loc[3, "low"] == pytest.approx(1.0)  # nothing moved
    assert spread.loc[3, "fastest"] > 1000  # a tenth within a month, as if it went on
    assert 5 < spread.loc[24, "low"] <= spread.loc[24, "fastest"] < 25  # ten times a year, more or less


def test_windows_grow_shrink_and_slide():
    prices = windows.monthly(["2024-01-31"], [1.0], pd.Timestamp("2024-07-31"))
    table = windows.rates(prices, (3,))
    assert table["kind"].value_counts().to_dict() == {"sliding": 4, "growing": 1, "shrinking": 1}
    assert (table["times"] == 1.0).all()
    assert windows.rates(prices, (12,)).empty
    with pytest.raises(ParameterError, match="two months"):
        windows.rates(prices, (1,))
    with pytest.raises(EvidenceError, match="no price was on offer"):
        windows.monthly(["2024-01-31"], [1.0], pd.Timestamp("2023-12-31"))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 50), st.sampled_from([3, 6, 12, 24]))
def test_a_steady_fall_is_the_same_on_every_window(times, months):
    days = pd.date_range("2021-12-31", periods=40, freq="ME")
    years = np.asarray((days - days[0]).days) / 365.25
    prices = pd.Series(times**-years, index=days)
    assert windows.rates(prices, (months,))["times"].to_numpy() == pytest.approx(times)


# Demand


def market(elasticity, growth, seed=1, driven=0.0):
    """Volume that answers the price, grows by itself, and (`driven`) jumps with the releases that cut the price."""
    rng = np.random.default_rng(seed)
    falls = rng.exponential(0.5, 24) * rng.integers(0, 2, 24)
    volume = elasticity * falls + growth * 0.25 + driven * falls
    return pd.DataFrame({"platform": "a", "years": 0.25, "fall": falls, "volume": volume + rng.normal(0, 0.02, 24)})


def test_the_naive_slope_takes_growth_for_an_answer_to_price():
    one = demand.elasticity(market(0.4, 2.0))
    assert one.naive > 0.8 and one.trended == pytest.approx(0.4, abs=0.05)
    assert one.upper > one.naive > 0.4


def test_no_regression_sees_what_jumps_with_the_price():
    """Two worlds, one with no answer to price at all, look alike: that is what cannot be identified means."""
    answers, driven = demand.elasticity(market(0.5, 1.0)), demand.elasticity(market(0.0, 1.0, driven=0.5))
    assert answers == driven


def test_volumes_are_laid_beside_the_prices_of_their_days_and_no_later_ones():
    days = pd.to_datetime(["2024-01-01", "2024-07-01", "2025-01-01", "2025-07-01"])
    volumes = pd.DataFrame({"platform": "a", "day": days, "value": [1.0, 2.0, 8.0, 9.0]})
    table = demand.steps(volumes, lambda day: 10.0 if day < days[1] else 1.0, days[2])
    assert table["volume"].tolist() == pytest.approx([math.log(2), math.log(4)])
    assert table["fall"].tolist() == pytest.approx([math.log(10), 0.0])


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (market(0.5, 1.0).head(5), "too few"),
        (market(0.5, 1.0).assign(fall=0.0), "did not fall"),
        (market(0.5, 1.0).assign(fall=0.25), "cannot be told apart"),
    ],
)
def test_an_elasticity_of_nothing_is_refused(table, says):
    with pytest.raises(EvidenceError, match=says):
        demand.elasticity(table)


# Findings


@pytest.fixture(scope="module")
def now():
    return context_for("2026-08-31")


def test_the_assumed_half_life_is_set_beside_what_would_have_been_right(now):
    shares = [now[f"half_life_{where}_assumed_ratio"].value for where in ("below", "inside", "above")]
    assert sum(shares) == pytest.approx(1)
    table = found.starts(now)
    fast = table[table["growth_ratio"] > 1]
    assert now["fast_starts_count"].value == len(fast)
    right = now["half_life_right_fast_years"]
    assert right.low <= right.value <= right.high
    assert set(found.half_life_classes(now)["by"]) == {"pace", "size"}


def test_the_range_of_the_scenario_decides_what_lies_inside(now):
    narrow = now.vary("base, revenue_growth_half_life_years=1.5")
    assert narrow["half_life_right_fast_years"].value == now["half_life_right_fast_years"].value
    assert narrow["assumed_fading_shortfall_ratio"].value < now["assumed_fading_shortfall_ratio"].value


def test_a_line_on_a_day_holds_only_what_was_known():
    lines = found.growth_lines(context_for("2024-12-31"))
    assert lines["day"].max() <= pd.Timestamp("2024-12-31")
    assert (lines.groupby("line")["day"].diff().dropna() > pd.Timedelta(0)).all()


def test_every_rule_is_scored_on_the_same_forecasts(now):
    counts = found.scored(now).groupby(["line", "horizon"])["n"].nunique()
    assert (counts == 1).all()
    assert found.forecasts(now)["settled"].all()
    assert set(found.contest_rows(now)["rule"].str.lower()) == {rule.lower() for rule in contest.RULES}


def test_elasticity_stays_open(now):
    """The interval beside a trend holds zero, so no fall of demand can be told from none."""
    one = now["token_elasticity_beside_trend_multiple"]
    assert one.low < 0 < now["token_elasticity_at_most_multiple"].value


def test_findings_of_growth_hold_their_unit_in_their_name():
    names = [name for name, entry in REGISTRY.items() if entry.function.__module__ == "aieq.findings.growth"]
    assert len(names) > 25 and all(REGISTRY[name].section == "revenue" for name in names)
