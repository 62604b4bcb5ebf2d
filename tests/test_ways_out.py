"""The ways out: findings against the evidence by hand, rules of the claims at and around their thresholds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from aieq.claims import get_claim
from aieq.claims import ways_out as rules
from aieq.errors import VintageError
from aieq.findings import REGISTRY, Context, context_for
from aieq.findings import ways_out as ways
from aieq.quantity import Quantity


@pytest.fixture(scope="module")
def now():
    return context_for("2026-08-31")


@pytest.fixture(scope="module")
def early():
    return context_for("2024-06-30")


def test_coding_agents_by_hand(now):
    # Cursor 2.7 (April 2026), Claude Code 2.5 (February), Lovable 0.4 (February), Replit 0.2528 (October 2025)
    assert now["coding_agents_run_rate_usd_bn"].value == pytest.approx(2.7 + 2.5 + 0.4 + 0.2528)
    # a year before: Cursor 0.5 (June 2025), Claude Code 0.5, Lovable 0.1, Replit 0.1
    assert now["coding_agents_growth_multiple"].value == pytest.approx(5.8528 / 1.2)


def test_missing_is_required_less_actual(now):
    required, actual = now["required_revenue_capital_usd_bn"], now["actual_ai_revenue_usd_bn"]
    assert now["missing_revenue_capital_usd_bn"].value == pytest.approx(required.value - actual.value)


def test_history_lines_by_hand(now):
    lines = ways.revenue_lines(now)
    google = lines[lines["line"] == "Google"]
    google = google.set_index(google["period_end"].dt.year)
    assert google.loc[2004, "nominal_usd_bn"] == 3.2
    assert google.loc[2004, "usd_bn"] > 3.2  # dollars of 2004 bought more
    # the clock starts between 2003 (1.47) and 2004 (3.2, or more in constant dollars)
    assert google.loc[2003, "clock_years"] < 0 < google.loc[2004, "clock_years"]
    # 2003 to 2004: 3.2 / 1.465934 = 2.183, the fastest year of any line beyond a billion
    assert now["history_fastest_year_multiple"].value == pytest.approx(3200 / 1465.934)


def test_outlook_starts_where_the_equation_stands(now):
    first = ways.outlook(now).iloc[0]
    assert first["coverage_capital_ratio"] == pytest.approx(now["coverage_capital_ratio"].value)
    assert first["coverage_ratio"] == pytest.approx(now["coverage_ratio"].value)
    assert first["revenue_usd_bn"] == pytest.approx(now["actual_ai_revenue_usd_bn"].value)


def test_less_required_is_never_covered_later(now):
    low, base, high = (ways.outlook(now.with_scenario(name))["coverage_capital_ratio"] for name in ways.SCENARIOS)
    assert (low >= base).all()
    assert (base >= high).all()


def test_projections_are_graded_as_assumptions(now):
    for name in (
        "coverage_capital_ahead_ratio",
        "revenue_ahead_usd_bn",
        "lever_all_ratio",
        "new_revenue_needed_usd_bn",
    ):
        assert now[name].grade == "assumed", name
        assert now[name].sources, name


def test_path_of_revenue_does_not_rest_on_the_labs_alone(now):
    sources = now.scenario.assumptions["revenue_growth_half_life_years"].sources
    assert {"sec_google_2004", "amzn_letter_1997"} < set(sources)


def test_each_way_out_helps_in_its_middle_and_none_beats_all(now):
    table = ways.levers(now).set_index("way")
    start = table.loc["None of them", "coverage_ratio"]
    assert (table.drop(index="None of them")["coverage_ratio"] > start).all()
    assert now["lever_all_ratio"].value > table["coverage_ratio"].max()
    assert now["lever_best_ratio"].value == table["coverage_ratio"].max()


def test_a_price_rise_can_lose_money(now):
    prices = now["lever_price_rises_ratio"]
    assert prices.low < ways.levers(now)["coverage_ratio"].iloc[0] < prices.high


def test_margin_races_hold_still_where_both_are_held(now):
    races = ways.margin_races(now).set_index(["cost_trend", "price_trend"])
    held = races.loc[("Cost held", "Price held")]
    assert held["margin_ratio"] == pytest.approx(held["margin0_ratio"])
    # one minus cost over price: 1 - 0.61 x (0.5 / 1) ** 2 for a cost that halves
    halved = races.loc[("A token at Microsoft", "Price held"), "margin_ratio"]
    assert halved == pytest.approx(1 - (1 - held["margin0_ratio"]) * 0.25)
    assert races.loc[("A token at Microsoft", "Price held"), "gains"]


def test_nothing_is_known_before_its_day(early):
    assert early.get("cost_fall_google_ratio") is None
    assert early.get("lab_plan_multiple") is None
    assert ways.margin_races(early).empty
    with pytest.raises(VintageError):
        early["backtest_article_ratio"]


def test_every_finding_has_its_section_and_unit_in_its_name():
    mine = [entry for entry in REGISTRY.values() if entry.section == "ways_out"]
    assert len(mine) > 30
    for entry in mine:
        assert entry.name.endswith((f"_{entry.unit.lower()}", "_per_year")), entry.name


def test_words_for_what_is_and_is_not_reached(now):
    assert ways.reach_words(now, "high").startswith("does not reach one")
    assert ways.count_words(Quantity(3, "count")) == "all three"
    assert ways.count_words(None) == "not known on that day"


# ---------------------------------------------------------------------------------------------------------------------
# Rules of the claims


def margin_rows(before: float, since: float) -> pd.DataFrame:
    ends = pd.to_datetime(["2024-12-31", "2025-12-31"])
    return pd.DataFrame({"value": [before, since], "kind": ["year", "year"], "period_end": ends})


class Stage:
    """A context with given findings, so that a rule can be tried at its thresholds."""

    def __init__(
        self, day: str, then: dict | None = None, margins: pd.DataFrame | None = None, **values: float
    ) -> None:
        self.as_of = pd.Timestamp(day).date()
        self._values, self._then = values, then or {}
        empty = margin_rows(0, 0).iloc[:0]
        self.view = SimpleNamespace(rows=lambda *_, **__: empty if margins is None else margins)

    def __getitem__(self, name: str) -> Quantity:
        if name not in self._values:
            msg = f"{name} was not known"
            raise VintageError(msg)
        unit = REGISTRY[name].unit
        return Quantity(self._values[name], unit)

    def at(self, day: str) -> Stage:
        return Stage(str(day), **self._then)


def judged(claim_id: str, stage: Stage):
    return get_claim(claim_id).function(stage)


def gap(coverage: float, agents: float, growth: float, missing: float = 100.0) -> Stage:
    return Stage(
        "2026-08-31",
        coverage_capital_ratio=coverage,
        missing_revenue_capital_usd_bn=missing,
        coding_agents_run_rate_usd_bn=agents,
        coding_agents_growth_multiple=growth,
    )


@pytest.mark.parametrize(
    ("stage", "verdict"),
    [
        (gap(1.0, 1, 1), "overtaken"),
        (gap(0.5, 10, 1), "holds"),
        (gap(0.5, 9.9, 2), "holds in part"),
        (gap(0.5, 9.9, 1.9), "does not hold"),
    ],
)
def test_killer_application_at_its_thresholds(stage, verdict):
    assert judged("killer-application", stage).verdict == verdict


def economy(day: str, fall: float, coverage: float, then: float = 0.1, margins: pd.DataFrame | None = None) -> Stage:
    before = {"coverage_capital_ratio": then}
    return Stage(day, then=before, margins=margins, price_fall_24m_multiple=fall, coverage_capital_ratio=coverage)


@pytest.mark.parametrize(
    ("stage", "verdict"),
    [
        (economy("2025-06-30", 100, 0.5), "cannot be checked"),
        (economy("2026-08-31", 10, 1.0), "holds"),
        (economy("2026-08-31", 10, 0.2), "holds in part"),
        (economy("2026-08-31", 9.9, 1.0), "cannot be checked"),
        (economy("2026-08-31", 10, 0.19), "cannot be checked"),
        (economy("2027-02-28", 10, 0.19), "does not hold"),
        (economy("2027-02-28", 9.9, 0.5), "does not hold"),
        (economy("2026-08-31", 10, 0.19, margins=margin_rows(40, 50)), "holds in part"),
        (economy("2026-08-31", 10, 0.19, margins=margin_rows(40, 49)), "cannot be checked"),
        (economy("2026-08-31", 10, 0.19, margins=margin_rows(40, 70)), "holds"),
    ],
)
def test_efficiency_at_its_thresholds(stage, verdict):
    assert judged("efficiency-fixes-economics", stage).verdict == verdict


def test_verdicts_today_and_on_the_articles_day(now):
    then = now.at("2025-01-31")
    assert get_claim("efficiency-fixes-economics").judge(then).verdict == "cannot be checked"
    assert get_claim("efficiency-fixes-economics").judge(now).verdict == "holds in part"
    assert get_claim("killer-application").judge(now).verdict == "holds in part"


def test_a_rule_may_be_asked_of_the_first_day():
    first = context_for("2023-06-30")
    for claim_id in ("efficiency-fixes-economics", "killer-application"):
        judgement = get_claim(claim_id).judge(first)
        assert judgement.verdict == "cannot be checked"
        assert judgement.missing


def test_the_day_of_the_article_is_one():
    from aieq.claims import ARTICLE_DAY

    assert ways.ARTICLE_DAY == rules.ARTICLE_DAY == ARTICLE_DAY


def test_a_planted_fault_moves_the_finding(now):
    evidence = now.view.evidence
    table = evidence.observations.copy()
    last = (table["entity"] == "cursor_anysphere") & (table["value"] == 2700)
    assert last.sum() == 1
    table.loc[last, "value"] = 3700.0
    faulty = Context(replace(evidence, observations=table, _views={}).as_of(now.as_of), now.scenario)
    assert faulty["coding_agents_run_rate_usd_bn"].value == pytest.approx(
        now["coding_agents_run_rate_usd_bn"].value + 1
    )


def test_a_rule_counts_from_the_day_it_was_published(now, early):
    assert ways.rules_on_common_inputs(early)["who"].tolist() == ["Cahn"]
    assert len(ways.rules_on_common_inputs(now)) == 4
    assert "bain_2025_toms" not in ways.rule_sources(early)
    assert set(ways.repeated_models(early)["who"]) == {"Cahn 2023", "Cahn 2024", "Acemoglu 2024"}
