"""Prices at constant capability: series whose fall is known by construction, published slopes, planted faults."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq import prices
from aieq.errors import EvidenceError, UnknownNameError, VintageError
from aieq.evidence import load
from aieq.trends import growth_fit


def steps_of(days: list[str], values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.to_datetime(days), "price": values})


@pytest.fixture(scope="module")
def view():
    return load().as_of("2026-08-31")


@pytest.fixture(scope="module")
def aliases(view):
    return prices.load_aliases(view.evidence.root)


# --- known by construction


def test_price_that_falls_by_nine_tenths_a_year_is_fitted_as_a_tenth():
    days = pd.date_range("2022-01-01", periods=25, freq="MS")
    years = (days - days[0]).days / 365.25
    steps = pd.DataFrame({"day": days, "price": 60 * 0.1**years})
    table = prices.slopes_by_window(steps, days[-1], windows=(12, 24))
    assert table["per_year"].tolist() == pytest.approx([0.1, 0.1], rel=1e-9)
    assert table["low"].tolist() == pytest.approx([0.1, 0.1], rel=1e-6)


def test_price_that_falls_at_first_and_then_stands_falls_slower_the_longer_the_window():
    steps = steps_of(["2024-01-01", "2024-03-01", "2024-05-01", "2024-06-01"], [100, 30, 5, 1])
    table = prices.slopes_by_window(steps, "2026-01-01", windows=(6, 12, 18, 24))
    rates = table["per_year"].tolist()
    assert rates == sorted(rates)
    # 100 to 1 over half a year is 1 in 10,000 a year; over two years the ends give 1 in 10 a year.
    assert rates[0] < 1e-3
    assert prices.factor_per_year(steps, pd.Timestamp("2024-01-01"), pd.Timestamp("2026-01-01")) == pytest.approx(
        0.1, rel=0.01
    )


def test_windows_that_have_not_closed_are_left_out_and_the_whole_span_is_added():
    steps = steps_of(["2024-01-01", "2024-06-01"], [10, 5])
    table = prices.slopes_by_window(steps, "2025-01-15", windows=(6, 12, 24))
    assert table["months"].tolist() == [6, 12]  # the whole span, 12.5 months, is the twelve within a month
    longer = prices.slopes_by_window(steps, "2025-06-01", windows=(6, 12, 24))
    assert longer["months"].round(1).tolist() == [6, 12, 17.0]
    assert longer["whole"].tolist() == [False, False, True]
    assert table["low"].isna().all()  # three points at most: no interval is claimed


def test_falls_by_age_reads_each_year_by_itself():
    steps = steps_of(["2022-01-01", "2022-12-01", "2023-06-01"], [100, 10, 5])
    table = prices.falls_by_age(steps, "2024-06-01")
    assert table["year"].tolist() == [1, 2]
    assert table["share_ratio"].tolist() == pytest.approx([0.9, 0.5])


def test_a16z_thousandfold_in_three_years_is_tenfold_a_year():
    # a16z_llmflation: 60 to 0.06 USD in three years, published as 10 a year.
    steps = steps_of(["2021-11-18", "2024-11-18"], [60.0, 0.06])
    rate = prices.factor_per_year(steps, steps["day"].iloc[0], steps["day"].iloc[1])
    assert 1 / rate == pytest.approx(10, rel=0.002)


@given(
    st.lists(
        st.tuples(st.integers(0, 900), st.floats(0.01, 100), st.floats(40, 90)), min_size=1, max_size=40, unique_by=str
    )
)
def test_a_frontier_only_falls_and_higher_levels_are_never_cheaper(rows):
    frame = pd.DataFrame(rows, columns=["day", "price", "score"])
    frame["start"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(frame["day"], unit="D")
    low, high = prices.frontier(frame.drop(columns="day"), 50), prices.frontier(frame.drop(columns="day"), 70)
    for steps in (low, high):
        assert (steps["price"].diff().dropna() < 0).all()
        assert steps["day"].is_unique
    if len(high):
        for day in high["day"]:
            assert prices.price_on(low, day) <= prices.price_on(high, day)


# --- published results


@pytest.mark.parametrize(
    ("score", "end", "n", "published", "low", "high"),
    [
        # epoch price_decline_factor_mmlu_gpt_3, _gpt_3_5, _gpt_4_0314 of 13 March 2025, with their 90 % intervals
        (43.9, "2024-10-03", 9, 11.77, 8.29, 16.72),
        (64.8, "2024-10-03", 7, 15.83, 8.05, 31.11),
        (86.0, "2025-02-05", 5, 15.86, 4.09, 61.54),
    ],
)
def test_the_regressions_of_epoch_are_reproduced_from_its_table(view, score, end, n, published, low, high):
    stated = prices._stated(view.capability, "mmlu")
    steps = prices.frontier(stated, score)
    steps = steps[steps["day"] <= end]
    fit = growth_fit(steps["day"], steps["price"], cov="nonrobust")
    assert fit.n == n
    assert 1 / fit.per_year == pytest.approx(published, rel=0.005)
    assert 1 / fit.high == pytest.approx(low, rel=0.01)
    assert 1 / fit.low == pytest.approx(high, rel=0.01)


def test_gundlach_range_lies_within_the_long_windows(view, aliases):
    # gundlach2026_price: prices at a fixed score fell 5 to 10 times a year. The whole-span intervals must meet it.
    for level in prices.LEVELS[:3]:
        offered = prices.offers(view.token_prices, view.capability, aliases, level.benchmark)
        steps = prices.frontier(offered, prices.level_score(level, view.capability))
        last = view.capability.loc[view.capability["benchmark"] == level.benchmark, "date"].max()
        whole = prices.slopes_by_window(steps, last).iloc[-1]
        assert 1 / whole["high"] <= 11  # its interval reaches down to what they find
        assert 1 / whole["per_year"] > 5


# --- the evidence


def test_every_alias_names_rows_that_exist(view, aliases):
    tables = view.evidence.tables
    listed = set(zip(tables["token_prices"]["provider"], tables["token_prices"]["model"], strict=True))
    scored = set(tables["capability"]["model"].map(prices.canonical))
    assert [row.model for row in aliases.itertuples() if (row.provider, row.model) not in listed] == []
    assert sorted(set(aliases["capability_model"]) - scored) == []
    assert not aliases.duplicated(["provider", "model", "from", "capability_model"]).any()


def test_rolling_names_never_stand_for_two_models_on_one_day(aliases):
    rolling = aliases[aliases.duplicated(["provider", "model"], keep=False)]
    for _, spans in rolling.groupby(["provider", "model"]):
        spans = spans.sort_values("from")
        assert (spans["from"].iloc[1:].to_numpy() > spans["until"].iloc[:-1].to_numpy()).all()


def test_no_offer_precedes_its_model(view, aliases):
    offered = prices.offers(view.token_prices, view.capability, aliases, prices.ECI)
    scored = prices.scores(view.capability, prices.ECI)
    assert (offered["start"] >= offered["capability_model"].map(scored["released"])).all()
    assert (offered["start"] <= offered["end"]).all()


def test_gpt_4_launch_price_is_its_list_price(view, aliases):
    level = prices.level_named("GPT-4")
    offered = prices.offers(view.token_prices, view.capability, aliases, level.benchmark)
    steps = prices.frontier(offered, prices.level_score(level, view.capability))
    assert steps["day"].iloc[0] == pd.Timestamp("2023-03-14")
    assert steps["price"].iloc[0] == 37.5  # (3 x 30 + 60) / 4


def test_a_price_stands_between_two_pictures_of_a_monthly_list_but_not_over_a_longer_silence():
    days = pd.to_datetime(["2026-01-07", "2026-02-01", "2026-06-01"])
    rows = pd.DataFrame({"provider": "p", "model": "m", "capability_model": "c", "start": days, "end": days})
    ends = prices._bridged(rows)["end"].dt.strftime("%Y-%m-%d").tolist()
    assert ends == ["2026-01-31", "2026-02-01", "2026-06-01"]


def test_what_is_learned_later_does_not_change_an_earlier_frontier(view, aliases):
    early = load().as_of("2025-01-31")
    level = prices.level_named("GPT-4")
    then = prices.frontier(
        prices.offers(early.token_prices, early.capability, aliases, level.benchmark),
        prices.level_score(level, early.capability),
    )
    now = prices.frontier(
        prices.offers(view.token_prices, view.capability, aliases, level.benchmark),
        prices.level_score(level, view.capability),
    )
    assert then["price"].tolist() == now.loc[now["day"] <= "2025-01-31", "price"].tolist()


def test_mainstream_price_of_openai_follows_its_main_line(view):
    lines = prices.mainstream_lines(view.token_prices)
    openai = lines[lines["provider"] == "openai"]
    assert prices.price_on(openai, "2023-12-31") == 15.0
    assert prices.price_on(openai, "2024-12-31") == 4.375
    assert prices.price_on(openai, "2026-05-31") == 11.25


# --- the gap between open and closed


def test_gap_on_a_toy_race():
    scored = pd.DataFrame(
        {
            "score": [100.0, 110.0, 104.0, 112.0],
            "open_weights": [False, False, True, True],
            "released": pd.to_datetime(["2023-01-01", "2024-01-01", "2024-07-01", "2025-07-01"]),
        },
        index=["c1", "c2", "o1", "o2"],
    )
    days = [pd.Timestamp("2023-06-30"), pd.Timestamp("2024-12-31"), pd.Timestamp("2025-12-31")]
    gap = prices.open_closed_gap(scored, days)
    assert gap["gap_points"].tolist() == [6.0, -2.0]  # no open model on the first day; ahead on the last
    assert gap["lag_months"].round(1).tolist() == [12.0, 0.0]
    lags = prices.record_lags(scored)
    assert lags["lag_months"].round(1).tolist() == [6.0, 0.0]


def test_access_words_are_read_as_they_are():
    assert prices._weights_are_open("date=model release; org=Meta AI; access=Open weights (restricted use); display=")
    assert not prices._weights_are_open("date=model release; org=OpenAI; access=API access; display=GPT-4")
    assert prices._weights_are_open("x; org=DeepSeek; access=n/a; display=")
    assert not prices._weights_are_open("x; org=Anthropic; access=n/a; display=")
    assert prices._weights_are_open("creator=Meta; open_weights=true; list price 1")


# --- planted faults


def test_a_day_before_the_level_is_refused():
    steps = steps_of(["2024-01-01"], [1.0])
    with pytest.raises(VintageError, match="ask for a later day"):
        prices.price_on(steps, "2023-12-31")
    with pytest.raises(VintageError):
        prices.fall(steps, "2024-06-01", months=12)


def test_a_span_without_length_is_refused():
    steps = steps_of(["2024-01-01"], [1.0])
    with pytest.raises(EvidenceError, match="end after its start"):
        prices.factor_per_year(steps, pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-01"))


def test_unknown_names_are_answered_with_the_nearest(view):
    with pytest.raises(UnknownNameError, match="GPT-4"):
        prices.level_named("GPT4")
    with pytest.raises(UnknownNameError, match="gpqa_diamond"):
        prices.scores(view.capability, "gpqa_diamon")


def test_a_planted_cheaper_offer_moves_the_frontier_and_a_weaker_one_does_not():
    rows = pd.DataFrame(
        {"start": pd.to_datetime(["2024-01-01", "2024-02-01"]), "price": [10.0, 9.0], "score": [60.0, 60.0]}
    )
    weaker = pd.DataFrame({"start": pd.to_datetime(["2024-03-01"]), "price": [0.1], "score": [59.9]})
    better = weaker.assign(score=60.0)
    assert prices.frontier(pd.concat([rows, weaker]), 60)["price"].tolist() == [10.0, 9.0]
    assert prices.frontier(pd.concat([rows, better]), 60)["price"].tolist() == [10.0, 9.0, 0.1]


def test_every_level_has_a_finite_whole_span_rate(view, aliases):
    for level in (*prices.LEVELS, *prices.OTHER_YARDSTICKS):
        offered = prices.offers(view.token_prices, view.capability, aliases, level.benchmark)
        steps = prices.frontier(offered, prices.level_score(level, view.capability))
        last = view.capability.loc[view.capability["benchmark"] == level.benchmark, "date"].max()
        rate = prices.slopes_by_window(steps[steps["day"] <= last], last)["per_year"].iloc[-1]
        assert math.isfinite(rate)
        assert 0 < rate < 1
