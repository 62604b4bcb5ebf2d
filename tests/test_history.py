"""Episodes, recoveries and the rules that rest on them: toys by hand, published landmarks, planted faults."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq import history
from aieq.charts import history as charts
from aieq.claims import get_claim
from aieq.errors import EvidenceError, VintageError
from aieq.evidence import load
from aieq.findings import REGISTRY, Context
from aieq.findings import history as findings
from aieq.quantity import Quantity

CLAIMS = (
    "internet-created-trillions",
    "marginal-cost-not-zero",
    "demand-outpaces-efficiency",
    "replaces-not-creates",
    "open-models-close-gap",
    "prices-fell-90-percent",
    "value-to-zero",
    "cost-fell-tenfold-in-two-years",
)


@pytest.fixture(scope="module")
def now(context_on):
    return context_on("2026-08-31")


@pytest.fixture(scope="module")
def all_known():
    # Ratios that were worked out in the evidence pack itself are dated on the day of the pack.
    return load().as_of("2026-11-30")


# --- falls and recoveries by hand


def test_recovery_of_a_toy_index():
    days = pd.to_datetime(["1999-12-31", "2000-03-31", "2001-03-31", "2002-09-30", "2007-01-31", "2010-03-31"])
    toy = history.fall_and_recovery(days, [90, 100, 60, 25, 99, 100])
    assert (toy.peak, toy.trough) == (100, 25)
    assert toy.fall_ratio == 0.75
    assert str(toy.trough_day.date()) == "2002-09-30"
    assert str(toy.recovered_day.date()) == "2010-03-31"  # to touch the old peak is to recover
    assert toy.years == pytest.approx(10, abs=0.01)


def test_an_index_that_never_came_back_has_no_years():
    days = pd.to_datetime(["2000-01-31", "2001-01-31", "2020-01-31"])
    toy = history.fall_and_recovery(days, [100, 10, 99.9])
    assert toy.recovered_day is None
    assert toy.years is None


def test_a_later_higher_peak_does_not_hide_the_one_asked_for():
    days = pd.to_datetime(["2000-01-31", "2002-01-31", "2004-01-31", "2008-01-31"])
    toy = history.fall_and_recovery(days, [100, 40, 150, 30], since="1999-01-01", until="2001-01-01")
    assert toy.trough == 40
    assert toy.recovered_day.year == 2004


def test_an_index_that_only_rises_has_no_fall():
    toy = history.fall_and_recovery(pd.to_datetime(["2000-01-31", "2001-01-31"]), [1, 2], until="2000-12-31")
    assert toy.fall_ratio == 0


def test_an_empty_window_is_refused():
    with pytest.raises(EvidenceError, match="widen the window"):
        history.fall_and_recovery(pd.to_datetime(["2000-01-31"]), [1.0], since="2001-01-01")


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=60))
def test_a_trough_never_exceeds_its_peak_and_recovery_follows_it(values):
    days = pd.date_range("1999-01-31", periods=len(values), freq="ME")
    toy = history.fall_and_recovery(days, values)
    assert 0 <= toy.fall_ratio < 1
    assert toy.peak == max(values)
    if toy.recovered_day is not None:
        assert toy.recovered_day > toy.peak_day


def test_a_build_out_starts_at_the_last_low_before_its_peak():
    assert (
        history.start_of_build([1836, 1838, 1840, 1843, 1845, 1847, 1850], [1.07, 1.83, 1.98, 1.04, 1.94, 6.53, 2.09])
        == 1843
    )
    # An older low, more than ten years before the peak, does not count.
    assert history.start_of_build([1980, 1991, 1995, 2000], [0.1, 0.6, 0.7, 1.3]) == 1991


# --- prices known by construction


def test_a_price_that_falls_by_a_tenth_a_year_is_fitted_so():
    days = pd.to_datetime([f"{year}-12-31" for year in range(2000, 2008)])
    clock = (days - days[0]).days / 365.25
    toy = pd.DataFrame(
        {"service": "toy", "day": days, "clock": clock, "price": 0.9**clock, "source": "x", "grade": "reported"}
    )
    change = history.price_change(toy, "toy")
    assert change.value == pytest.approx(-0.1, abs=1e-9)
    assert change.grade == "derived"
    ends = history.price_change(toy.iloc[[0, -1]], "toy")
    assert ends.value == pytest.approx(-0.1, abs=1e-9)
    assert ends.low is None
    with pytest.raises(VintageError):
        history.price_change(toy.iloc[:1], "toy")


# --- published landmarks


def test_nasdaq_recovered_on_the_day_on_record(now):
    # nasdaq_composite close rows: 5048.62 on 2000-03-10, 1114.11 on 2002-10-09, 5056.06 on 2015-04-23
    every, months = findings.recoveries(now, "nasdaq_composite", "close_month_end", "close")
    assert (str(every.peak_day.date()), str(every.recovered_day.date())) == ("2000-03-10", "2015-04-23")
    assert every.years == pytest.approx(15.12, abs=0.01)  # computed_market_landmarks
    assert every.fall_ratio == pytest.approx(0.7793, abs=1e-4)
    # Month ends alone: the peak was 4696.69 in February 2000, passed in November 2014.
    assert str(months.recovered_day.date()) == "2014-11-28"


def test_cisco_took_a_quarter_of_a_century(now):
    every, _ = findings.recoveries(now, "cisco", "share_price_month_end", "share_price")
    assert str(every.recovered_day.date()) == "2025-12-10"  # finmire_cisco_2025
    with pytest.raises(VintageError, match="had not passed"):
        _ = now.at("2025-01-31")["cisco_recovery_years"]


def test_telecom_ratios_worked_out_here_equal_those_of_the_pack(all_known):
    for own, metric in (
        (history.telecom_shares(all_known), "digital_infrastructure_investment_share_of_gdp"),
        (history.telecom_intensity(all_known), "investment_to_revenue"),
    ):
        theirs = all_known.rows("us_telecom", metric, kind="year").set_index("period_end")["value"]
        mine = own.set_index("period_end")["value"]
        assert list(mine.index) == list(theirs.index)
        assert mine.to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-3)


def test_cloud_ratios_worked_out_here_equal_those_of_the_pack(all_known):
    theirs = all_known.rows("amazon_aws", "additions_to_revenue", kind="year")
    mine = history.aws_intensity(all_known)
    for row in theirs.itertuples():
        year = row.period_end.year
        if year in (2013, 2015):  # the pack also holds rounded first reports of sales for these
            assert 100 * mine[year].value == pytest.approx(row.value, rel=0.005)
        else:
            assert 100 * mine[year].value == pytest.approx(row.value, abs=0.01)


def test_cloud_had_earned_back_its_additions_by_2018(all_known):
    table = history.cumulative_surplus(all_known).set_index("year")
    assert table.index[table["cumulative_usd_mn"] > 0][0] == 2018
    theirs = all_known.rows("amazon_aws", "pre_tax_surplus_after_additions").set_index("period_end")["value"]
    assert table.loc[2019, "surplus_usd_mn"] == theirs[pd.Timestamp("2019-12-31")] == 4301


def test_service_prices_agree_with_the_end_points_of_the_pack(all_known):
    services = history.service_prices(all_known)
    for name, published in (("Rail freight, US", -0.0293), ("Internet transit, US", -0.367)):
        rows = services[services["service"] == name]
        ends = history.price_change(rows.iloc[[0, -1]], name)
        assert ends.value == pytest.approx(published, abs=5e-4)


def test_telecom_output_fell_by_three_and_a_half_per_cent(now):
    fall, peak, low = history.fall_of_flow(now.view, "us_telecom", "gross_output_telecommunications", 1997, 2004)
    assert (peak, low) == (2001, 2003)
    assert fall.value == pytest.approx(1 - 477268 / 494486)


def test_investment_shares_of_past_booms(now):
    frame = history.investment_shares(now.view)
    rail = frame[frame["episode"] == "UK railways"].set_index("year")
    assert rail.loc[1843, "clock"] == 0
    assert rail.loc[1847, "value"] == pytest.approx(0.0653)
    assert (rail.loc[1847, "low"], rail.loc[1847, "high"]) == pytest.approx((0.0653, 0.08))
    it = now["it_investment_share_of_gdp_peak_2000_ratio"]
    assert it.value == pytest.approx(465497 / 10435744, abs=1e-5)  # computed_a679_gdp
    assert it.high == pytest.approx(0.046)  # as Fox gives it
    assert now["uk_railways_peak_share_of_gdp_ratio"].grade == "estimated"


def test_the_share_of_the_four_is_their_spending_over_output(now):
    share = now["four_capex_share_of_gdp_ratio"]
    output = now.view.series("us_economy", "gdp_nominal_saar")["value"].iloc[-1]
    assert share.value == pytest.approx(now["capex_four_usd_bn_ttm"].value * 1000 / output)


# --- findings


def test_every_finding_of_the_chapter_is_known_or_refused_for_want_of_evidence(now):
    for day in (now, now.at("2024-06-30")):
        for name, entry in REGISTRY.items():
            if entry.section == "history":
                quantity = day.get(name)
                assert quantity is None or quantity.unit == entry.unit
                assert quantity is None or quantity.sources, name


def test_most_findings_are_known_today(now):
    names = [name for name, entry in REGISTRY.items() if entry.section == "history"]
    assert [name for name in names if now.get(name) is None] == []


def test_nothing_seen_later_moves_an_earlier_day(now):
    evidence, day = now.view.evidence, pd.Timestamp("2025-01-31")
    tables = dict(evidence.tables)
    tables["token_prices"] = tables["token_prices"][tables["token_prices"]["first_seen"] <= day]
    tables["capability"] = tables["capability"][tables["capability"]["date"] <= day]
    blind = replace(evidence, tables=tables, _views={}, _long={})
    then, alone = now.at("2025-01-31"), Context(blind.as_of("2025-01-31"), now.scenario)
    for name in (
        "price_fall_12m_ratio",
        "price_fall_24m_multiple",
        "open_gap_index",
        "open_lag_months",
        "mainstream_price_change_12m_ratio",
    ):
        assert alone[name] == then[name]
    # Phi-4 at a host, first seen on 17 January 2025
    assert then["gpt4_level_price_usd_per_mtok"].value == pytest.approx(0.0875)


def test_newer_models_cost_more_to_test(now):
    growth = now["task_cost_growth_per_year"]
    assert growth.low > 1  # the same tests, dearer with each year's models
    with pytest.raises(VintageError):
        _ = now.at("2025-03-31")["task_cost_growth_per_year"]  # the edition is of July 2026


def test_token_growth_by_hand(now):
    table = findings.token_growth(now).set_index("platform")
    row = table.loc["alphabet monthly_tokens"]  # 480 trillion to 20 May 2025, 3,200 trillion to 19 May 2026
    assert (str(row["since"].date()), str(row["until"].date())) == ("2025-05-20", "2026-05-19")
    assert row["per_year"] == pytest.approx((3200 / 480) ** (365.25 / 364))


def test_a_planted_fall_in_tokens_is_seen(now):
    evidence = now.view.evidence
    changed = evidence.observations.copy()
    rows = (changed["entity"] == "alphabet") & (changed["metric"] == "monthly_tokens")
    changed.loc[rows & (changed["period_end"] == "2026-05-19"), "value"] = 240e12
    planted = replace(evidence, observations=changed, _views={}, _long={})
    table = findings.token_growth(Context(planted.as_of("2026-08-31"), now.scenario)).set_index("platform")
    assert table.loc["alphabet monthly_tokens", "per_year"] == pytest.approx(0.5, abs=0.01)


# --- rules


def _with(context: Context, **values: Quantity) -> Context:
    """The same day with some findings replaced."""
    changed = Context(context.view, context.scenario)
    changed._memo.update({("finding", name): value for name, value in values.items()})
    return changed


def _verdict(context: Context, claim_id: str) -> str:
    return get_claim(claim_id).judge(context).verdict


def test_every_claim_of_the_part_has_a_rule_and_real_findings(now):
    for claim_id in CLAIMS:
        entry = get_claim(claim_id)
        assert set(entry.findings) <= set(REGISTRY)
        for day in (now, now.at("2023-07-31"), now.at("2025-01-31")):
            judgement = entry.judge(day)
            assert judgement.because
            assert judgement.missing if judgement.verdict == "cannot be checked" else True


def test_what_is_new_and_what_is_displaced_cannot_be_checked_on_any_day(now):
    for day in ("2023-07-31", "2025-01-31", "2026-08-31"):
        assert _verdict(now.at(day), "replaces-not-creates") == "cannot be checked"


@pytest.mark.parametrize(
    ("gap", "lag", "verdict"),
    [
        (5, 4, "holds"),
        (5, 9, "holds in part"),
        (9, 4, "holds in part"),
        (9, 9, "does not hold"),
        (8.1, 8.1, "does not hold"),
    ],
)
def test_a_gap_closes_when_it_narrows_by_a_fifth(now, gap, lag, verdict):
    changed = _with(
        now,
        open_gap_index=Quantity(gap, "index"),
        open_gap_year_earlier_index=Quantity(10, "index"),
        open_lag_months=Quantity(lag, "months"),
        open_lag_year_earlier_months=Quantity(10, "months"),
    )
    assert _verdict(changed, "open-models-close-gap") == verdict


@pytest.mark.parametrize(
    ("constant", "mainstream", "verdict"),
    [(0.95, -0.92, "holds"), (0.95, -0.5, "holds in part"), (0.5, 0.3, "does not hold"), (0.5, -0.95, "holds in part")],
)
def test_nine_tenths_must_be_reached_on_both_readings(now, constant, mainstream, verdict):
    changed = _with(
        now,
        price_fall_12m_ratio=Quantity(constant, "ratio"),
        mainstream_price_change_12m_ratio=Quantity(mainstream, "ratio"),
    )
    changed._memo["falls", 12] = {"one level": constant}
    assert _verdict(changed, "prices-fell-90-percent") == verdict


@pytest.mark.parametrize(
    ("openai", "anthropic", "verdict"),
    [
        ((0.4, 0.4), (0.3, 0.4), "does not hold"),
        ((0.4, 0.2), (0.3, 0.4), "holds in part"),
        ((0.4, 0.05), (0.3, 0.1), "holds"),
    ],
)
def test_value_goes_to_zero_when_margins_do(now, openai, anthropic, verdict):
    values = {
        f"{lab}_{which}": Quantity(value, "ratio")
        for lab, pair in (("openai", openai), ("anthropic", anthropic))
        for which, value in zip(("first_gross_margin_ratio", "gross_margin_ratio"), pair, strict=True)
    }
    assert _verdict(_with(now, **values), "value-to-zero") == verdict


@pytest.mark.parametrize(
    ("ai", "web", "verdict"), [(0.5, 0.05, "holds"), (0.5, 0.3, "holds in part"), (0.05, 0.04, "does not hold")]
)
def test_marginal_cost_rule(now, ai, web, verdict):
    changed = _with(
        now, ai_cost_of_serving_ratio=Quantity(ai, "ratio"), internet_cost_of_serving_ratio=Quantity(web, "ratio")
    )
    assert _verdict(changed, "marginal-cost-not-zero") == verdict


@pytest.mark.parametrize(
    ("fell", "verdict"),
    [
        (Quantity(100, "multiple", 50, 200), "holds"),
        (Quantity(15, "multiple", 5, 20), "holds in part"),
        (Quantity(5, "multiple", 2, 9), "does not hold"),
    ],
)
def test_tenfold_must_hold_at_the_slow_end(now, fell, verdict):
    assert _verdict(_with(now, price_fall_24m_multiple=fell), "cost-fell-tenfold-in-two-years") == verdict


@pytest.mark.parametrize(
    ("growth", "constant", "paid", "verdict"),
    [(6.0, 3.0, -0.5, "holds"), (6.0, 18.0, -0.5, "holds in part"), (1.5, 18.0, -0.5, "does not hold")],
)
def test_demand_is_set_against_both_ways_of_getting_cheaper(now, growth, constant, paid, verdict):
    changed = _with(
        now,
        token_growth_per_year=Quantity(growth, "multiple_per_year"),
        price_fall_long_windows_per_year=Quantity(constant, "multiple_per_year"),
        price_paid_change_12m_ratio=Quantity(paid, "ratio"),
    )
    changed._memo["token growth"] = pd.DataFrame({"per_year": [growth]})
    assert _verdict(changed, "demand-outpaces-efficiency") == verdict


@pytest.mark.parametrize(
    ("low", "value", "verdict"), [(3, 6, "holds"), (1, 3, "holds in part"), (0.5, 1, "does not hold")]
)
def test_trillions_are_at_least_two(now, low, value, verdict):
    changed = _with(now, internet_three_worth_usd_tn=Quantity(value, "USD_tn", low, value))
    assert _verdict(changed, "internet-created-trillions") == verdict


def test_worth_is_a_year_of_profit_at_a_multiple_and_counts_no_profit_twice(now):
    # 77.670 + 132.170 + 60.458 bn of 2025; 35.23 is the last multiple on record, 16.52 the median since 1881
    worth = now["internet_three_worth_usd_tn"]
    assert now["internet_three_net_income_usd_bn"].value == pytest.approx(270.298)
    assert worth.value == pytest.approx(270.298 * 35.23 / 1000)
    assert worth.low == pytest.approx(270.298 * 16.52 / 1000, rel=1e-3)


def test_margins_are_judged_after_the_scores_have_gone_stale_and_prices_are_not(now):
    late = now.at("2026-11-24")
    assert _verdict(late, "value-to-zero") == _verdict(now, "value-to-zero")
    with pytest.raises(VintageError, match="scores of models end on 2026-04-08, more than six months before"):
        late["price_fall_12m_ratio"]


def test_a_fall_read_on_one_level_says_so(now):
    # In June 2024 only GPT-3's level had been on offer for two years: 60 dollars (davinci) to 0.07 (Llama 3 8B)
    early = now.at("2024-06-30")
    assert early["price_fall_24m_multiple"].value == pytest.approx(60 / 0.07)
    because = get_claim("cost-fell-tenfold-in-two-years").judge(early).because
    assert "the one level of capability on offer so long" in because


def test_the_lowest_margin_stands_between_the_first_and_the_last(now):
    # 40 per cent for 2024, 33 for 2025, 39 for the first quarter of 2026
    assert now["openai_lowest_gross_margin_ratio"].value == pytest.approx(0.33)


def test_intervals_of_slopes_end_at_the_edges_of_the_figure(now):
    frame = findings.slope_frame(now)
    drawn = charts._slope_intervals(frame, "times")[0].data
    assert len(drawn) == frame[["low_times", "high_times"]].dropna().shape[0] > 10
    assert drawn["from_times"].min() >= charts.RATES_SHOWN[0]
    assert drawn["to_times"].max() <= charts.RATES_SHOWN[1]


def test_every_episode_has_its_colour(now):
    named = {*findings.share_frame(now)["episode"], *findings.intensity_frame(now)["episode"]}
    assert named == set(charts._EPISODES)
    assert set(charts._CALLED) <= named


def test_frames_behind_the_figures_exist_on_early_days_too(now):
    for day in ("2023-07-31", "2025-03-31"):
        context = now.at(day)
        for frame in (
            findings.share_frame,
            findings.intensity_frame,
            findings.service_frame,
            findings.frontier_frame,
            findings.slope_frame,
        ):
            assert len(frame(context)), (day, frame.__name__)
