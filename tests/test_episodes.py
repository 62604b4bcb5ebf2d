"""History as control: toys by hand, identity with the equation, planted faults, figures that are missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aieq import episodes, equation
from aieq.charts import Silence
from aieq.charts import episodes as charts
from aieq.episodes.described import Episode, Opening, Reading, Series, Supposed
from aieq.episodes.figures import Figure, Figures, known
from aieq.episodes.record import judge
from aieq.episodes.requirement import Missing, requirement
from aieq.episodes.run import run_year, with_margin
from aieq.errors import ScenarioError, UnknownNameError
from aieq.evidence import load
from aieq.findings import REGISTRY
from aieq.findings import episodes as findings
from aieq.report import show

SPENT, SOLD = Series("toy", "spent", "spending"), Series("toy", "sold", "sales")
NAMES = [name for name, entry in REGISTRY.items() if entry.function.__module__ == "aieq.findings.episodes"]


@pytest.fixture(scope="module")
def now(context_on):
    return context_on("2026-08-31")


@pytest.fixture(scope="module")
def book():
    return episodes.book()


def supposed(name: str, base: float, low: float | None = None, high: float | None = None) -> Supposed:
    ends = (base if low is None else low, base if high is None else high)
    return Supposed(name, (base,), (ends[0],), (ends[1],), "toy", ())


def toy(life: float = 10, margin: tuple[float, float, float] = (0.5, 0.4, 0.6), opening: str = "") -> Episode:
    entries = [
        supposed("cost_of_capital_ratio", 0.0),
        supposed("buyer_gross_margin_ratio", *margin),
        supposed("asset_life_years", life),
        supposed("replacement_price_fall_ratio", 0.0),
    ]
    return Episode(
        key="toy",
        name="Toy",
        outcome="broke",
        outcome_because="toy",
        outcome_sources=(),
        first=1901,
        last=1905,
        starts=1901,
        starts_because="toy",
        scale=1.0,
        classes=("things",),
        readings=(Reading("the toy", {"things": (SPENT,)}, (SOLD,)),),
        supposed={entry.name: entry for entry in entries},
        opening=Opening(pd.Timestamp(opening), ()) if opening else None,
    )


def figures(spent: dict[int, float], sold: dict[int, float], opening: float | None = None) -> Figures:
    def told(values: dict[int, float]) -> dict[int, Figure]:
        return {year: Figure(value, "reported", ("a",)) for year, value in values.items()}

    return Figures({SPENT: told(spent), SOLD: told(sold)}, None if opening is None else Figure(opening, "reported", ()))


# --- by hand


def test_a_toy_by_hand(book):
    # Two years and a half of 100 serve; without interest their rent over ten years is a tenth: 25, of which sellers
    # need as much again for themselves. Of 50, 40 come in.
    row = run_year(toy(), figures(dict.fromkeys((1901, 1902, 1903), 100.0), {1903: 40.0}), 1903, book)
    assert row["gross_stock_bn"] == pytest.approx(250)
    assert row["required_bn"] == pytest.approx(50)
    assert row["value"] == pytest.approx(0.8)
    # 25 / 0.6 and 25 / 0.4 are asked at the ends of the margin.
    assert (row["low"], row["high"]) == (pytest.approx(0.64), pytest.approx(0.96))
    assert (row["verdict"], row["central"], row["clock"]) == ("does not add up", "does not add up", 2)


def test_assets_leave_after_their_life(book):
    # In the middle of 1903 what was bought in the first half of 1901 is over two years old. The rent is a half.
    row = run_year(toy(life=2), figures(dict.fromkeys((1901, 1902, 1903), 100.0), {1903: 200.0}), 1903, book)
    assert row["gross_stock_bn"] == pytest.approx(200)
    assert row["value"] == pytest.approx(1.0)


def test_capital_at_the_start_of_the_record_counts_and_what_was_spent_before_does_not(book):
    spent = figures({1899: 1e6, 1901: 100.0}, {1901: 40.0}, opening=150.0)
    row = run_year(toy(opening="1900-12-31"), spent, 1901, book)
    assert row["gross_stock_bn"] == pytest.approx(200)
    with pytest.raises(Missing, match="the capital on 1900-12-31"):
        requirement(toy(opening="1900-12-31"), toy().readings[0], figures({1901: 1.0}, {}), 1901, book)


def test_growth_by_hand(book):
    # Covered to 0.8 with a requirement of 50 that was 30 a year before (150 in service).
    told = figures(dict.fromkeys((1901, 1902, 1903), 100.0), {1902: 20.0, 1903: 40.0, 1905: 90.0})
    row = run_year(toy(), told, 1903, book)
    assert row["requirement_growth_ratio"] == pytest.approx(50 / 30 - 1)
    assert row["known_growth_ratio"] == pytest.approx(1.0)
    assert (row["came_growth_ratio"], row["came_until"]) == (pytest.approx(0.5), 1905)
    assert row["needed_standing_ratio"] == pytest.approx(1.25 ** (1 / 5) - 1)
    assert row["needed_building_ratio"] == pytest.approx(50 / 30 * 1.25 ** (1 / 5) - 1)
    assert row["course"] == "on course"


@given(st.floats(0.01, 10), st.floats(-0.3, 3), st.floats(1, 20))
def test_needed_growth_is_the_break_even_of_the_equation(coverage, rising, years):
    growth = episodes.needed_growth(coverage, rising, years)
    if abs(np.log((1 + growth) / (1 + rising))) < 1e-6:
        return  # already covered: every year is the year
    found = equation.evaluate(
        "break_even_years",
        coverage_ratio=coverage,
        revenue_growth_ratio=growth,
        requirement_growth_ratio=rising,
    )
    assert found == pytest.approx(years, rel=1e-6)


def test_only_what_was_added(now):
    rows = findings.rows_of(now, "us_telecom")
    first, peak = rows.loc[1997], rows.loc[2000]
    by_hand = (peak["revenue_bn"] - first["revenue_bn"]) / (peak["required_bn"] - first["required_bn"])
    assert now["us_telecom_added_coverage_ratio"].value == pytest.approx(by_hand)
    assert pd.isna(rows.loc[1996]["added"])  # another reading


# --- the same equation, the same threshold


def test_a_year_of_the_cloud_is_the_equation_itself(now, book):
    # Put together here from the observations, both classes at once, as the report does for AI.
    view = now.view

    def figure(metric: str, year: int) -> float:
        rows = view.rows("amazon_aws", metric, kind="year" if metric != "property_and_equipment_net" else None)
        return rows[(rows["period_end"].dt.year == year) & (rows["basis"] == "reported")]["value"].iloc[0] / 1000

    added = {year: figure("property_and_equipment_additions", year) for year in (2013, 2014)}
    opening = figure("property_and_equipment_net", 2013) - added[2013] + figure("depreciation_amortisation", 2013)
    ages = [1.5 + 0.5 / 366, *(1.5 - 0.125 - q / 4 for q in range(4)), 0.375, 0.125]
    direct = equation.evaluate(
        "coverage_capital_ratio",
        spending_usd_bn=[opening, *[added[2013] / 4] * 4, *[added[2014] / 4] * 2],
        ai_share_of_capex_ratio=np.ones(7),
        age_years=ages,
        asset_share_ratio=[0.6, 0.4],
        asset_life_years=[4, 20],
        replacement_price_fall_ratio=[0.15, 0.0],
        cost_of_capital_ratio=0.1,
        energy_to_capital_ratio=0.0,
        operations_to_capital_ratio=0.0,
        buyer_gross_margin_ratio=0.5,
        actual_ai_revenue_usd_bn=figure("cloud_revenue", 2014),
    )
    assert findings.rows_of(now, "cloud").loc[2014]["value"] == pytest.approx(direct, rel=1e-9)


@pytest.mark.parametrize("day", ["2024-03-31", "2026-08-31"])
def test_the_verdict_is_the_rule_of_the_title_question(context_on, day):
    context = context_on(day)
    q = context["coverage_capital_ratio"]
    word = {"Not yet": "does not add up", "It may": "may add up", "Yes": "adds up"}[show.answer(context)]
    assert episodes.verdict(q.value, q.low, q.high) == word
    assert findings.ai_rows(context).iloc[-1]["verdict"] == word


def test_the_last_point_of_ai_is_the_finding(now):
    last, q = findings.ai_rows(now).iloc[-1], now["coverage_capital_ratio"]
    assert (last["value"], last["low"], last["high"]) == (q.value, q.low, q.high)
    assert last["running"]
    needed = now["ai_growth_needed_standing_ratio"]
    assert q.value * (1 + needed.value) ** 5 == pytest.approx(1)


# --- what it says of the five


def test_the_record_as_it_stands(now):
    records = {e.key: episodes.record(now.view, e.key) for e in episodes.book().episodes}
    assert {key: one.result for key, one in records.items()} == {
        "uk_railways": "undecided",
        "us_railroads": "cannot be run",
        "us_telecom": "missed",
        "cloud": "called right",
        "internet": "called right",
    }
    assert (records["uk_railways"].peak, records["us_telecom"].peak) == (1847, 2000)
    central = episodes.record(now.view, "uk_railways", column="central")
    assert (central.result, central.lead_years) == ("called right", 4)


def test_a_boom_is_called_only_before_its_peak_and_a_success_at_any_time():
    assert judge("broke", {1999: "adds up", 2000: "may add up", 2001: "does not add up"}, 2000) == ("undecided", None)
    assert judge("paid", {1999: "adds up", 2001: "does not add up"}, 2000) == ("false alarm", None)


def test_another_margin_moves_coverage_as_the_equation_says(now):
    own = findings.rows_of(now, "us_telecom").loc[2000]
    other = episodes.run(now.view, "us_telecom", (0.5, 0.5, 0.5)).set_index("year").loc[2000]
    assert other["value"] / own["value"] == pytest.approx((1 - 0.5) / (1 - 0.65))


def test_growth_does_not_tell_the_bust_from_the_success(now):
    words = findings.words(now)  # as the chapter says of railways at their peak and of the cloud in its lowest year
    assert words["uk_railways_peak_course"] == words["cloud_low_course"] == "on course if building slows"
    assert now["uk_railways_growth_came_ratio"].value < now["cloud_growth_came_ratio"].value


# --- planted faults


def changed(view, key: str, metric: str, year: int, factor: float) -> tuple[Episode, Figures]:
    episode = episodes.book()[key]
    told = known(view, episode)
    series = next(one for one in told.series if one.metric == metric)
    before = told.series[series][year]
    moved = {**told.series[series], year: before._replace(value=before.value * factor)}
    return episode, replace(told, series={**told.series, series: moved})


def test_one_wrong_figure_of_a_success_raises_an_alarm(now, book):
    episode, told = changed(now.view, "cloud", "property_and_equipment_additions", 2015, 100)
    assert run_year(episode, told, 2014, book)["verdict"] == "may add up"
    assert run_year(episode, told, 2016, book)["verdict"] == "does not add up"


def test_a_boom_whose_revenue_was_a_quarter_would_have_been_called(now, book):
    episode, told = changed(now.view, "us_telecom", "gross_output_broadcasting_and_telecommunications", 2000, 0.2)
    assert run_year(episode, told, 2000, book)["verdict"] == "does not add up"


@pytest.mark.parametrize(
    ("key", "year"), [("uk_railways", 1847), ("us_telecom", 1999), ("cloud", 2016), ("internet", 2012)]
)
def test_nothing_about_later_years_decides(now, book, key, year):
    episode = book[key]
    told = known(now.view, episode)
    spoilt = replace(
        told,
        series={
            series: {
                when: figure._replace(value=figure.value * (77 if when > year else 1)) for when, figure in found.items()
            }
            for series, found in told.series.items()
        },
    )
    ahead = {"came_growth_ratio", "came_until"}
    rows = [{k: v for k, v in run_year(episode, t, year, book).items() if k not in ahead} for t in (told, spoilt)]
    assert rows[0] == rows[1]
    assert run_year(episode, spoilt, year, book).get("came_growth_ratio") != pytest.approx(
        run_year(episode, told, year, book).get("came_growth_ratio")
    )


# --- what is missing is named


def test_what_cannot_be_run_names_the_figure(now):
    railroads = episodes.run(now.view, "us_railroads")
    assert set(railroads["verdict"]) == {"cannot be run"}
    assert railroads["missing"].str.startswith("gross earnings of the railroads; spending before 1870").all()
    rail = episodes.run(now.view, "uk_railways").set_index("year")
    assert rail.loc[1846, "missing"].startswith("gross receipts of 1846")
    internet = episodes.run(now.view, "internet").set_index("year")
    assert internet.loc[2003, "missing"] == "capital expenditure up to 2003"


def test_one_missing_year_is_bridged_and_widens_two_are_not(book):
    whole = figures(dict.fromkeys(range(1901, 1906), 100.0), {1905: 80.0})
    told = run_year(toy(), whole, 1905, book)
    gap = figures({1901: 100.0, 1902: 100.0, 1904: 100.0, 1905: 100.0}, {1905: 80.0})
    bridged = run_year(toy(), gap, 1905, book)
    assert bridged["value"] == pytest.approx(told["value"])
    assert bridged["low"] < told["low"] < told["high"] < bridged["high"]
    broken = run_year(toy(), figures({1901: 100.0, 1904: 100.0, 1905: 100.0}, {1905: 80.0}), 1905, book)
    assert (broken["verdict"], broken["missing"]) == ("cannot be run", "spending of 1903")


def test_early_days_know_less(context_on):
    early = context_on("2023-06-30")
    cloud = episodes.run(early.view, "cloud").set_index("year")
    assert cloud.loc[2022, "verdict"] != "cannot be run"
    assert cloud.loc[2023, "missing"] == "net sales of 2023"
    assert findings.words(early)["cloud_years"] == "2013–2022"
    assert len(findings.verdict_table(early)) == 6
    for name in NAMES:
        q = early.get(name)
        assert q is None or q.value == q.value


# --- the file


def rewritten(tmp_path, change) -> object:
    content = yaml.safe_load((load().root / "episodes.yml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "episodes.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return episodes.book(path)


def _set(*path, value):
    def change(content):
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return change


RATE = ("episodes", "cloud", "supposed", "cost_of_capital_ratio")


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (_set(*RATE, "sources", value=["amzn_10k_2051"]), UnknownNameError, "Did you mean 'amzn_10k_20"),
        (_set(*RATE, "base", value=0.2), ScenarioError, "outside its range"),
        (_set(*RATE, "because", value=" "), ScenarioError, "gives no reason"),
        (_set("episodes", "cloud", "outcome", value="payed"), UnknownNameError, "Did you mean 'paid'"),
        (_set("episodes", "cloud", "supposed", "cost_of_capital", value={}), UnknownNameError, "does not ask for"),
        (
            lambda content: content["episodes"]["cloud"]["supposed"].pop("asset_share_ratio"),
            ScenarioError,
            "does not say asset_share_ratio",
        ),
        (
            lambda content: content["episodes"]["cloud"]["supposed"]["asset_life_years"]["base"].pop("sites"),
            ScenarioError,
            "one value and one range for each of computers, sites",
        ),
        (_set(*RATE, value={"base": 1}), ScenarioError, "lacks because, range, sources"),
    ],
)
def test_a_bad_description_is_refused_by_name(tmp_path, change, error, says):
    with pytest.raises(error, match=says):
        rewritten(tmp_path, change)


def test_an_unknown_episode_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'us_telecom'"):
        episodes.book()["us_telecoms"]


def test_the_figures_named_in_reasons_are_those_of_the_evidence(now):
    view = now.view

    def by_year(entity: str, metric: str, *, long: bool = False) -> pd.Series:
        rows = view.series(entity, metric) if long else view.rows(entity, metric, kind="year", basis="reported")
        return rows.groupby(rows["period_end"].dt.year)["value"].first()

    kept = (by_year("amazon_aws", "cloud_operating_income") + by_year("amazon_aws", "depreciation_amortisation")).div(
        by_year("amazon_aws", "cloud_revenue")
    )
    assert (round(kept.min(), 2), round(kept.max(), 2)) == (0.41, 0.54)
    profit = by_year("alphabet", "operating_income", long=True)
    revenue = by_year("alphabet", "revenue", long=True)
    whole = ((profit + by_year("alphabet", "depreciation_amortisation")) / revenue).dropna()
    assert (round(whole.min(), 2), round(whole.max(), 2), whole.index[0], whole.index[-1]) == (0.27, 0.35, 2015, 2022)
    alone = (profit / revenue).loc[2006:2014]
    assert (round(alone.min(), 2), round(alone.max(), 2)) == (0.25, 0.35)
    parts = [
        ("us_telecom", "broadcasting_and_telecommunications"),
        ("us_cloud", "data_processing_and_other_information"),
    ]
    value, output = (
        sum(view.rows(e, f"{kind}_{m}").set_index("period_end")["value"] for e, m in parts)
        for kind in ("value_added", "gross_output")
    )
    bought = (1 - value / output).loc[:"2003"]
    assert (round(bought.min(), 2), round(bought.max(), 2)) == (0.43, 0.52)
    ten_years = view.series("us_economy", "treasury_10y_yield").set_index("period_end")["value"]
    assert (ten_years.loc["1996":"2003"].min(), ten_years.loc["1996":"2003"].max()) == (
        pytest.approx(3.3, abs=0.05),
        6.91,
    )


def test_a_counted_multiple_leaves_the_capital_at_the_start_alone(now, book):
    episode = book["uk_railways"]
    all_counted = replace(episode, supposed={**episode.supposed, "counted_multiple": supposed("counted_multiple", 1.0)})
    told = known(now.view, episode)
    stocks = [run_year(one, told, 1847, book)["gross_stock_bn"] for one in (episode, all_counted)]
    opening = told.opening.value / 1000
    assert stocks[0] - opening == pytest.approx(0.9 * (stocks[1] - opening))


def test_with_margin_leaves_the_rest(book):
    changed_margin = with_margin(book["cloud"], (0.1, 0.1, 0.1))
    assert changed_margin.supposed["buyer_gross_margin_ratio"].base == (0.1,)
    assert changed_margin.supposed["asset_life_years"] is book["cloud"].supposed["asset_life_years"]


# --- shown


def test_the_chart_tells_its_lines(now):
    frame = findings.coverage_frame(now)
    figure = charts.coverage(frame, as_of=now.as_of, title=findings.chart_title(now))
    assert "UK railways: from 56% in year 0" in figure.alt
    assert set(frame["key"]) == {"uk_railways", "us_telecom", "cloud", "internet", "ai"}
    assert isinstance(charts.coverage(frame.iloc[:0], as_of=now.as_of, title="x"), Silence)


def test_the_title_is_true(now):
    frame = findings.coverage_frame(now)
    least = frame[frame["key"] != "ai"]["value"].min()
    latest = frame[frame["key"] == "ai"]["value"].iloc[-1]
    assert ("less" in findings.chart_title(now)) == (latest < least)


def test_years_are_written_as_spans():
    assert findings.spans([2001, 1999, 2000, 2003]) == "1999–2001, 2003"


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_is_known_today(now, name):
    q = now[name]
    assert q.sources
    assert q.interval
