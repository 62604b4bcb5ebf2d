"""The scoreboard: what settles a forecast, how ours is made and scored, and that the record only grows."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from aieq import evidence, revenue
from aieq.assumptions import load_scenario
from aieq.errors import AieqError, ParameterError, UnknownNameError, VintageError
from aieq.evidence import Evidence, load
from aieq.paths import FadingGrowth
from aieq.scoreboard import back, freeze, frozen, method, others, resolution, scores, series
from aieq.scoreboard.others import ForecastError

SOURCE = "meta_xbrl"
COLUMNS = (
    "entity,metric,period_start,period_end,value,low,high,unit,basis,published,published_is,source,evidence,topic,flags,"
    "note"
)
GUIDANCE = "acme,capex_guidance,2024-01-01,2024-12-31,{},{},{},USD_mn,guidance,2024-02-01,first,meta_xbrl,read,x,,"
RULES = """
acme:
  says: capital expenditure of the year
  entities: [acme]
  metric: capex
  measure: {measure}
"""
BOARD = (
    "id,who,stake,made,entity,metric,period_end,source,note_has,kind,rule,due,fixed,note\n"
    "one,Acme,own,2024-02-01,acme,capex_guidance,2024-12-31,meta_xbrl,,{kind},{rule},{due},2026-08-31,\n"
)


def row(start: str, end: str, value: float, published: str, *, entity: str = "acme", metric: str = "capex",
        basis: str = "reported", source: str = SOURCE) -> str:  # fmt: skip
    """One line of made-up evidence."""
    return f"{entity},{metric},{start},{end},{value},,,USD_mn,{basis},{published},first,{source},read,x,,"


def pack(folder: Path, root: Path, rows: list[str], *, rules: str = "", board: str = "") -> Evidence:
    """Evidence of a few made-up rows, and a board on them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("sources.csv", "codebook.csv"):
        (folder / name).write_text((root / "data" / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("token_prices", "capability", "training_runs", "hardware", "deals", "renames"):
        head = (root / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        (folder / f"{name}.csv").write_text(head + "\n", encoding="utf-8")
    (folder / "corrections.yml").write_text("[]\n", encoding="utf-8")
    (folder / "observations.csv").write_text("\n".join([COLUMNS, *rows]) + "\n", encoding="utf-8")
    (folder / "forecasts").mkdir(exist_ok=True)
    (folder / "forecasts" / "rules.yml").write_text(rules or RULES.format(measure="stated"), encoding="utf-8")
    (folder / "forecasts" / "others.csv").write_text(
        board or BOARD.format(kind="range", rule="acme", due="2025-02-28"), encoding="utf-8"
    )
    return load(folder)


def boarded(made_up: Evidence, day: str) -> pd.Series:
    """The only row of the board on a day."""
    table = resolution.board(made_up.as_of(day), others.others(made_up))
    assert len(table) == 1
    return table.iloc[0]


# --- resolution by hand ---------------------------------------------------------------------------------------------

YEAR = ("2024-01-01", "2024-12-31")


@pytest.mark.parametrize(
    "kind, said, came, expected",
    [
        ("range", (35, 30, 40), 39, "within"),
        ("range", (35, 30, 40), 41, "above"),
        ("range", (35, 30, 40), 29, "below"),
        ("point", (100, "", ""), 105, "within"),  # five per cent by default
        ("point", (100, "", ""), 106, "above"),
        ("point", (100, "", ""), 94, "below"),
        ("at_least", (100, 100, ""), 250, "within"),
        ("at_least", (100, 100, ""), 99, "below"),
        ("at_most", (100, "", ""), 99, "within"),
        ("at_most", (100, "", ""), 101, "above"),
    ],
)
def test_an_outcome_lies_below_within_or_above(tmp_path, root, kind, said, came, expected) -> None:
    """Ranges by their ends, numbers by the tolerance of the rule, floors by their floor."""
    made_up = pack(
        tmp_path, root, [GUIDANCE.format(*said), row(*YEAR, came, "2025-01-30")],
        board=BOARD.format(kind=kind, rule="acme", due="2025-02-28"),
    )  # fmt: skip
    found = boarded(made_up, "2025-03-31")
    assert (found["status"], found["where"], found["outcome"]) == ("resolved", expected, came)
    assert found["ratio"] == pytest.approx(came / said[0])
    assert found["error_ratio"] == pytest.approx((came - said[0]) / said[0])
    assert found["hindsight"]  # settled before 2026-08-31, the day its rule was written


def test_a_forecast_is_open_then_resolved_or_overdue(tmp_path, root) -> None:
    """Nothing is known before it is published; what nobody publishes becomes overdue."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(35, 30, 40), row(*YEAR, 39, "2025-04-30")])
    assert resolution.board(made_up.as_of("2024-02-01"), others.others(made_up)).iloc[0]["status"] == "open"
    assert boarded(made_up, "2025-02-28")["status"] == "open"
    assert boarded(made_up, "2025-03-01")["status"] == "overdue"
    assert boarded(made_up, "2025-04-30")["status"] == "resolved"


def test_forecasts_made_later_are_not_shown(tmp_path, root) -> None:
    """A board of the day before it was made is empty, and still has its columns."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(35, 30, 40), row("2023-01-01", "2023-12-31", 9, "2024-01-15")])
    table = resolution.board(made_up.as_of("2024-01-31"), others.others(made_up))
    assert table.empty and list(table.columns) == resolution.BOARD
    assert resolution.by_who(table).empty


def test_the_first_figure_settles(tmp_path, root) -> None:
    """A later restatement moves nothing."""
    rows = [GUIDANCE.format(35, 30, 40), row(*YEAR, 39, "2025-01-30"), row(*YEAR, 45, "2026-01-30")]
    made_up = pack(tmp_path, root, rows)
    assert boarded(made_up, "2026-06-30")["outcome"] == 39


def test_what_was_said_before_the_end_is_no_outcome(tmp_path, root) -> None:
    """An estimate of the year made within the year does not settle it."""
    rows = [GUIDANCE.format(35, 30, 40), row(*YEAR, 50, "2024-11-30", basis="secondary")]
    made_up = pack(tmp_path, root, rows)
    assert boarded(made_up, "2025-01-31")["status"] == "open"


def test_two_figures_of_one_day_would_resolve_twice(tmp_path, root) -> None:
    """They are refused by name, until the rule says which source counts."""
    rows = [
        GUIDANCE.format(35, 30, 40),
        row(*YEAR, 39, "2025-01-30", source="meta_xbrl"),
        row(*YEAR, 41, "2025-01-30", source="alphabet_xbrl"),
    ]
    made_up = pack(tmp_path / "a", root, rows)
    with pytest.raises(ForecastError, match=r"forecast one would resolve twice.*39 \(meta_xbrl\).*41.*rule acme"):
        boarded(made_up, "2025-03-31")
    named = pack(tmp_path / "b", root, rows, rules=RULES.format(measure="stated") + "  source: alphabet_xbrl\n")
    assert boarded(named, "2025-03-31")["outcome"] == 41


QUARTERS = [
    row("2024-01-01", "2024-03-31", 5, "2024-04-30"),
    row("2024-04-01", "2024-06-30", 6, "2024-07-30"),
    row("2024-07-01", "2024-09-30", 7, "2024-10-30"),
    row("2024-10-01", "2024-12-31", 8, "2025-01-30"),
]


def test_quarters_are_summed_once_all_are_known(tmp_path, root) -> None:
    """5 + 6 + 7 so far, 26 with the last; passed once it exceeds what was said."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(16, 15, 17), *QUARTERS], rules=RULES.format(measure="quarters"))
    found = boarded(made_up, "2024-10-31")
    assert (found["status"], found["so_far"], found["passed"]) == ("open", 18, True)
    assert boarded(made_up, "2024-07-31")["so_far"] == 11
    assert not boarded(made_up, "2024-07-31")["passed"]
    assert boarded(made_up, "2025-01-31")["outcome"] == 26


def test_calendar_years_weigh_quarters_by_days(tmp_path, root) -> None:
    """A quarter from December to February has 31 of its 91 days in the old year."""
    rows = [
        GUIDANCE.format(16, 15, 17),
        row("2023-12-01", "2024-02-29", 91, "2024-03-31"),
        row("2024-03-01", "2024-05-31", 100, "2024-06-30"),
        row("2024-06-01", "2024-08-31", 100, "2024-09-30"),
        row("2024-09-01", "2024-11-30", 100, "2024-12-31"),
        row("2024-12-01", "2025-02-28", 90, "2025-03-31"),
    ]
    made_up = pack(tmp_path, root, rows, rules=RULES.format(measure="calendar_years"))
    assert boarded(made_up, "2025-02-15")["so_far"] == pytest.approx(60 + 300)
    assert boarded(made_up, "2025-03-31")["outcome"] == pytest.approx(60 + 300 + 31)


def test_growth_is_on_the_year_before_and_signs_turn(tmp_path, root) -> None:
    """30 after 20 is 50 per cent; a loss is told as a positive number."""
    rows = [
        GUIDANCE.format(40, 35, 45),
        row("2023-01-01", "2023-12-31", 20, "2024-01-30"),
        row(*YEAR, 30, "2025-01-30"),
    ]
    grown = pack(tmp_path / "a", root, rows, rules=RULES.format(measure="stated") + "  growth: true\n")
    assert boarded(grown, "2025-03-31")["outcome"] == pytest.approx(50)
    rows = [GUIDANCE.format(-7, "", ""), row(*YEAR, -8, "2025-01-30")]
    board = BOARD.format(kind="point", rule="acme", due="2025-02-28")
    lost = pack(tmp_path / "b", root, rows, rules=RULES.format(measure="stated") + "  sign: -1\n", board=board)
    found = boarded(lost, "2025-03-31")
    assert (found["value"], found["outcome"], found["where"]) == (7, 8, "above")


def test_levels_are_figures_of_the_day_itself(tmp_path, root) -> None:
    """A run rate dated within days of the year's end settles; the latest one shows how far it has come."""
    said = GUIDANCE.format(10, 9, 11).replace("capex_guidance,2024-01-01", "rate_plan,2024-12-31")
    board = BOARD.format(kind="range", rule="acme", due="2025-02-28").replace("capex_guidance", "rate_plan")
    rows = [
        said,
        row("2024-08-31", "2024-08-31", 12, "2024-09-02", metric="rate"),
        row("2024-12-31", "2024-12-31", 14, "2025-01-10", metric="rate"),
    ]
    rules = RULES.format(measure="level").replace("metric: capex", "metric: rate")
    made_up = pack(tmp_path, root, rows, rules=rules, board=board)
    assert (boarded(made_up, "2024-09-30")["so_far"], boarded(made_up, "2024-09-30")["passed"]) == (12, True)
    assert boarded(made_up, "2025-01-31")["outcome"] == 14


# --- faults of the board, planted -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, message",
    [
        ({"rule": ""}, "forecast one has no resolution rule"),
        ({"rule": "acmes"}, r"there is no rule 'acmes' in rules.yml. Did you mean 'acme'\?"),
        ({"due": "2024-01-31"}, "forecast one was due on 2024-01-31, before it was made on 2024-02-01"),
        ({"due": "2024-06-30"}, "due on 2024-06-30, before its period ends on 2024-12-31"),
        ({"due": "soon"}, "forecast one: due is 'soon'; write the day"),
        ({"source": "meta_xbrlx"}, "there is no source 'meta_xbrlx' in data/sources.csv. Did you mean 'meta_xbrl'"),
        ({"source": "alphabet_xbrl"}, "forecast one fits no row of acme capex_guidance"),
        ({"metric": "capex_guidances"}, "the evidence holds no acme capex_guidances"),
        ({"kind": "point"}, "forecast one is a point, but its row gives 30 to 40"),
        ({"kind": "guess"}, "kind is one of point, range"),
        ({"stake": "none"}, "stake one of own, outside"),
    ],
)
def test_a_faulty_forecast_is_refused_by_name(tmp_path, root, change, message) -> None:
    """Each fault with its remedy; nothing is loaded."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(35, 30, 40), *QUARTERS])
    path = tmp_path / "forecasts" / "others.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False).assign(**change)
    table.to_csv(path, index=False)
    with pytest.raises(ForecastError, match=message):
        others.read_forecasts(path.parent, made_up)


def test_the_same_row_twice_is_refused(tmp_path, root) -> None:
    """One observation would resolve two forecasts; one id would stand for two."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(35, 30, 40), *QUARTERS])
    path = tmp_path / "forecasts" / "others.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    pd.concat([table, table.assign(id="two")]).to_csv(path, index=False)
    with pytest.raises(ForecastError, match="forecasts one and two are the same row.*would count twice"):
        others.read_forecasts(path.parent, made_up)
    pd.concat([table, table]).to_csv(path, index=False)
    with pytest.raises(ForecastError, match="forecast one stands twice"):
        others.read_forecasts(path.parent, made_up)


@pytest.mark.parametrize(
    "rules, message",
    [
        (RULES.format(measure="guess"), "rule acme measures 'guess'; use one of stated"),
        (
            RULES.format(measure="stated").replace("says: capital expenditure of the year", "says:"),
            "does not give says",
        ),
        (RULES.format(measure="stated") + "  speed: 1\n", "rule acme has a field 'speed'"),
        (RULES.format(measure="stated").replace("metric: capex", "metric: capx"), "Did you mean 'capex'"),
        (RULES.format(measure="stated") + "  basis: [guidance]\n", "would settle forecasts by"),
        (RULES.format(measure="stated") + "  awaited: true\n", "awaits acme capex, which has come"),
        (RULES.format(measure="stated") + "  tolerance_ratio: 0\n", "tolerance_ratio above zero"),
    ],
)
def test_a_faulty_rule_is_refused(tmp_path, root, rules, message) -> None:
    """A rule that could never settle anything is found when it is read."""
    made_up = pack(tmp_path, root, [GUIDANCE.format(35, 30, 40), *QUARTERS], rules=rules)
    with pytest.raises(ForecastError, match=message):
        others.others(made_up)


def test_a_forecast_made_when_the_outcome_was_known_is_refused(tmp_path, root) -> None:
    """It foretells nothing."""
    rows = [GUIDANCE.format(35, 30, 40).replace("2024-02-01", "2025-02-10"), row(*YEAR, 39, "2025-01-30")]
    board = BOARD.format(kind="range", rule="acme", due="2025-02-28").replace("own,2024-02-01", "own,2025-02-10")
    made_up = pack(tmp_path, root, rows, board=board)
    with pytest.raises(ForecastError, match="made on 2025-02-10, when its outcome was known already"):
        boarded(made_up, "2025-03-31")


# --- scores ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome, middle, spread", [(0.0, 0.0, 1.0), (1.3, 0.2, 0.5), (-2.0, 1.0, 3.0)])
def test_the_score_of_a_normal_is_its_closed_form(outcome, middle, spread) -> None:
    """Gneiting and Raftery (2007), equation 21."""
    z = (outcome - middle) / spread
    exact = spread * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    assert scores.crps_normal(outcome, middle, spread) == pytest.approx(exact, rel=1e-9)
    draws = middle + spread * stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    assert scores.crps_draws(outcome, draws) == pytest.approx(exact, rel=2e-3)


def test_the_score_of_draws_is_its_definition() -> None:
    """Mean distance to the outcome, less half the mean distance between draws."""
    draws, outcome = np.array([0.3, -1.0, 2.0, 0.9, 5.0]), 1.5
    defined = np.abs(draws - outcome).mean() - np.abs(draws[:, None] - draws[None, :]).mean() / 2
    assert scores.crps_draws(outcome, draws) == pytest.approx(defined)


def test_a_point_is_scored_by_its_distance_and_no_spread_is_negative() -> None:
    """The limit of an ever narrower distribution."""
    assert scores.crps_normal(2.0, 5.0, 0.0) == 3.0
    assert scores.crps_normal(2.0, 5.0, 1e-9) == pytest.approx(3.0)
    with pytest.raises(ParameterError, match="spread is -1"):
        scores.crps_normal(0, 0, -1)


def test_a_summary_counts_by_hand() -> None:
    """Four outcomes around intervals from 1 to 100, middle half from 5 to 20, middle 10."""
    table = pd.DataFrame(
        {
            "quarters": 4, "q05": 1.0, "q25": 5.0, "q50": 10.0, "q75": 20.0, "q95": 100.0,
            "outcome": [0.5, 10.0, 50.0, 200.0], "error": np.log([0.05, 1.0, 5.0, 20.0]),
            "crps": [1.0, 1.0, 1.0, 1.0], "crps_no_change": [2.0, 2.0, 2.0, 2.0], "crps_same_growth": [0.5] * 4,
        }
    )  # fmt: skip
    found = scores.summary(table, []).iloc[0]
    assert (found["n"], found["inside_50"], found["inside_90"]) == (4, 0.25, 0.5)
    assert (found["below"], found["above"]) == (0.25, 0.25)
    assert found["miss"] == pytest.approx(math.sqrt(5 * 20))  # the middle of 1, 5, 20 and 20, in logarithms
    assert (found["skill_no_change"], found["skill_same_growth"]) == (0.5, -1.0)
    assert scores.summary(table.iloc[:0], ["quarters"]).empty


def test_widening_is_the_factor_that_holds_the_share() -> None:
    """Nine inside to the edge of half their interval, one at three times it."""
    table = pd.DataFrame({"q05": 0.1, "q50": 1.0, "q95": 10.0, "outcome": [math.sqrt(10)] * 9 + [1000.0]})
    assert scores.widening(table) == pytest.approx(0.5)
    assert scores.widening(table, 0.95) == pytest.approx(3.0)


# --- our method and the baselines -----------------------------------------------------------------------------------


def doubling(last: float = 8.0, n: int = 13) -> pd.DataFrame:
    """Doubles every year, a figure a quarter."""
    days = pd.date_range("2021-03-31", periods=n, freq="QE")
    years = (days - days[-1]).days / method.DAYS_A_YEAR
    return pd.DataFrame({"day": days, "value": last * 2.0**years})


def test_the_start_measures_level_and_growth() -> None:
    """Exactly twice a year, no doubt about it."""
    one = method.start(doubling(), fitted=False)
    assert one.level == pytest.approx(8)
    assert one.growth == pytest.approx(math.log(2), abs=1e-4)  # read between two figures, on a straight line
    assert one.doubt == pytest.approx(0, abs=1e-9)
    assert np.allclose(one.changes, math.log(2) / 4, atol=1e-3)
    assert method.start(doubling(), fitted=True).growth == pytest.approx(math.log(2), abs=1e-9)


def test_less_than_a_year_is_no_start() -> None:
    """Growth of a year needs a year."""
    with pytest.raises(VintageError, match="less than a year"):
        method.start(doubling(n=4), fitted=False)
    with pytest.raises(VintageError, match="nothing of it was known"):
        method.start(doubling(n=1).iloc[:0], fitted=False)


def test_our_method_is_the_fading_growth_of_the_report() -> None:
    """Without doubt about growth, the middle is that of the scenario's half-life, and all draws lie around it."""
    scenario = load_scenario("base")
    one = dataclasses.replace(method.start(doubling(), fitted=False), growth=math.log(2), doubt=0.0)
    name = "revenue_growth_half_life_years"
    draws = method.ours(one, 2.0, scenario, name)
    middle = FadingGrowth(1.0, scenario["lasting_growth_ratio"], scenario[name]).factor(2.0)
    assert math.exp(np.median(draws)) == pytest.approx(8 * middle, rel=0.01)
    assert 8 < math.exp(draws[0]) < math.exp(draws[-1]) < 8 * 4
    assert (np.diff(draws) >= 0).all() and len(draws) == method.DRAWS
    assert np.allclose(method.ours(one, 2.0, scenario, None), math.log(8 * 4))


def test_doubt_about_growth_widens_the_forecast() -> None:
    """Student's t of the fit: three degrees of freedom, standard error 0.1 a year."""
    one = dataclasses.replace(method.start(doubling(), fitted=False), growth=0.0, doubt=0.1, freedom=3)
    draws = method.ours(one, 1.0, load_scenario("base"), None)
    low, high = np.quantile(draws, [0.05, 0.95]) - math.log(8)
    assert high == pytest.approx(0.1 * stats.t.ppf(0.95, 3), rel=0.02)
    assert low == pytest.approx(-high, rel=0.02)


def test_the_baselines_by_hand() -> None:
    """Level kept, or doubled again; spread from the steps seen so far, a point where there are too few."""
    one = method.start(doubling(), fitted=False)
    assert method.no_change(one, 1.0).middle == pytest.approx(math.log(8))
    assert method.no_change(one, 1.0).spread == pytest.approx(math.log(2) / 4 * 2, rel=1e-3)
    assert method.same_growth(one, 2.0).middle == pytest.approx(math.log(32), abs=1e-3)
    assert method.same_growth(one, 1.0).spread < 0.01  # all steps alike
    few = dataclasses.replace(one, changes=one.changes[:2])
    assert method.no_change(few, 1.0).spread == method.same_growth(few, 1.0).spread == 0


# --- back-forecasts -------------------------------------------------------------------------------------------------

MADE = ["series", "made", "quarters", "target", "level", "why", *back.quantile_names()]


def made_by(given: Evidence, day: str) -> pd.DataFrame:
    """Back-forecasts of a day."""
    scenario = load_scenario("base")
    view = given.as_of(day)
    return back.back_forecasts(view, scenario, revenue.ai_revenue_path(view, scenario))


def test_no_forecast_knows_what_came_later() -> None:
    """Rows planted late, of every kind of series, move no earlier forecast; nor does an earlier view differ."""
    scenario, given = load_scenario("base"), load()
    every = given.observations
    planted = []
    for entity, metric in (("openai", "annualized_revenue"), ("nvidia", "datacenter_revenue"), ("oracle", "capex")):
        last = every[(every["entity"] == entity) & (every["metric"] == metric) & (every["known_on"] <= "2025-06-30")]
        late = last.sort_values("period_end").tail(1)
        planted.append(late.assign(value=late["value"] * 50, published="2025-07-15", known_on="2025-07-15",
                                   figure=10**6 + len(planted), line=10**6 + len(planted)))  # fmt: skip
    late = pd.concat(planted)
    for column in ("published", "known_on"):
        late[column] = pd.to_datetime(late[column])
    more = pd.concat([every, late]).sort_values(["figure", "published", "known_on"], kind="stable")
    changed = dataclasses.replace(given, observations=more.reset_index(drop=True), _views={}, _long={})
    before = made_by(given, "2025-09-30")
    view = changed.as_of("2025-09-30")
    after = back.back_forecasts(view, scenario, revenue.ai_revenue_path(view, scenario))
    early = before["made"] <= "2025-06-30"
    pd.testing.assert_frame_equal(before.loc[early, MADE], after.loc[early, MADE])
    assert not before.loc[~early, MADE].equals(after.loc[~early, MADE])  # the planted rows were seen
    earlier = made_by(given, "2025-06-30")
    pd.testing.assert_frame_equal(earlier[MADE], before.loc[early, MADE].reset_index(drop=True))


def test_every_quarter_end_has_a_forecast_or_a_reason() -> None:
    """From June 2023 on, for every series and both horizons; what came due before the day is scored."""
    table = made_by(load(), "2026-08-31")
    days = pd.date_range("2023-06-30", "2026-06-30", freq="QE")
    assert len(table) == len(days) * len(series.SERIES) * len(back.QUARTERS)
    assert (table["level"].notna() == (table["why"] == "")).all()
    done = scores.scored(table)
    assert len(done) >= 50
    assert (done["target"] <= pd.Timestamp("2026-08-31")).all()
    assert done[["pit", "crps", "crps_no_change", "crps_same_growth"]].notna().all().all()
    assert done["pit"].between(0, 1).all()
    # What the page says: capital spending came in above every interval.
    capex = done[done["series"] == "capex"]
    assert len(capex) > 10 and (capex["outcome"] > capex["q95"]).all()


def test_one_outcome_by_hand() -> None:
    """Nvidia's quarter to April 2025, 39,112 mn, is what was meant by "four quarters ahead" in June 2024."""
    table = made_by(load(), "2025-09-30")
    one = table[(table["series"] == "nvidia") & (table["made"] == "2024-06-30") & (table["quarters"] == 4)].iloc[0]
    assert (one["level"], one["outcome"]) == (pytest.approx(22.563), pytest.approx(39.112))
    assert str(one["target"].date()) == "2025-04-30"
    assert one["middle_no_change"] == pytest.approx(22.563)
    assert one["error"] == pytest.approx(math.log(39.112 / one["q50"]), abs=1e-3)


def test_series_have_names() -> None:
    """A wrong one is answered with the nearest."""
    assert series.series_named("capex").unit == "USD_bn"
    with pytest.raises(UnknownNameError, match="Did you mean 'capex'"):
        series.series_named("capx")


# --- the record of ours ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Path:
    """Two days' forecasts, frozen."""
    folder = tmp_path_factory.mktemp("forecasts")
    for day in ("2025-06-30", "2025-09-30"):
        frozen.freeze(load().as_of(day), load_scenario("base"), folder)
    return folder


@pytest.fixture
def copied(record, tmp_path) -> Path:
    """A copy to do things to."""
    (tmp_path / frozen.FILE).write_text((record / frozen.FILE).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_what_is_frozen_is_what_the_method_says(record) -> None:
    """The same numbers as in the back-forecasts of that day."""
    table = made_by(load(), "2025-06-30")
    found = {(row["series"], int(row["quarters"])): row for row in frozen.read(record) if row["made"] == "2025-06-30"}
    made = table[(table["made"] == "2025-06-30") & (table["why"] == "")]
    assert len(found) == len(made) > 10
    for row in made.itertuples():
        line = found[row.series, row.quarters]
        assert float(line["q50"]) == pytest.approx(row.q50, rel=1e-5)
        assert line["target"] == str(row.target.date())


def test_nothing_is_frozen_twice_or_dated_back(copied) -> None:
    """Neither the same day nor an earlier one."""
    text = (copied / frozen.FILE).read_text(encoding="utf-8")
    for day in ("2025-09-30", "2025-03-31"):
        with pytest.raises(ForecastError, match="forecasts of 2025-09-30 are frozen already"):
            frozen.freeze(load().as_of(day), load_scenario("base"), copied)
    assert (copied / frozen.FILE).read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [lines[0], lines[1].replace(",4,", ",5,", 1), *lines[2:]],  # a number changed
        lambda lines: [lines[0], *lines[2:]],  # a line taken out
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],  # two lines swapped
        lambda lines: [*lines[:3], lines[2], *lines[3:]],  # a line put in between
    ],
)
def test_a_changed_record_is_refused(copied, spoil) -> None:
    """The chain breaks at the line, and the message says what to do instead."""
    path = copied / frozen.FILE
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(spoil(lines)), encoding="utf-8")
    with pytest.raises(ForecastError, match=r"(?s)ours.csv line \d+ .*does not follow.*amendment with its reason"):
        frozen.read(copied)


def test_a_change_of_mind_is_appended_with_its_reason(copied) -> None:
    """The first forecast stays; both are scored."""
    view, scenario = load().as_of("2025-06-30"), load_scenario("base")
    before = (copied / frozen.FILE).read_text(encoding="utf-8")
    name = "capex-4-quarters-of-2025-06-30"
    with pytest.raises(ForecastError, match="needs a reason"):
        frozen.amend(view, scenario, copied, name, " ")
    with pytest.raises(UnknownNameError, match=f"Did you mean '{name}'"):
        frozen.amend(view, scenario, copied, name.replace("capex", "capx"), "a reason")
    with pytest.raises(ForecastError, match="was made on 2025-06-30, not on 2025-09-30"):
        frozen.amend(load().as_of("2025-09-30"), scenario, copied, name, "a reason")
    frozen.amend(view, scenario, copied, name, "the fit took in a wrong figure")
    assert frozen.appended_only(before, (copied / frozen.FILE).read_text(encoding="utf-8"))
    last = frozen.read(copied)[-1]
    assert (last["entry"], last["amends"], last["id"]) == ("amendment", name, f"{name}-amended-1")
    today = load().as_of("2026-08-31")
    table = frozen.table(today, revenue.ai_revenue_path(today, scenario), frozen.read(copied))
    both = table[table["id"].str.startswith(name)]
    assert len(both) == 2 and both["outcome"].tolist() == [pytest.approx(181.543)] * 2  # the quarter to June 2026
    assert not both["inside_90"].any() and (both["crps"] > 0).all()


def relinked(rows: list[dict[str, str]]) -> str:
    """A record whose chain is right, whatever its lines say."""
    before, lines = "start", [",".join(frozen.COLUMNS)]
    for line in rows:
        line["chain"] = before = frozen.link(before, line)
        lines.append(",".join(line[column] for column in frozen.COLUMNS))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "change, message",
    [
        ({"q50": "1e9"}, "its quantiles must rise"),
        ({"target": "2025-06-30"}, "which was no longer ahead"),
        ({"series": "capx"}, "no forecast series 'capx'"),
        ({"entry": "amendment"}, "entry is forecast, or amendment with the id"),
        ({"entry": "amendment", "amends": "nothing", "reason": "x"}, "names an earlier forecast and its reason"),
    ],
)
def test_a_line_that_cannot_be_is_refused(record, change, message) -> None:
    """Even with a chain that fits."""
    rows = frozen.read(record)
    rows[-1] |= change
    with pytest.raises(AieqError, match=message):
        frozen.parse(relinked(rows))


def test_an_id_stands_once(record) -> None:
    """A second line of one id is refused."""
    rows = frozen.read(record)
    with pytest.raises(ForecastError, match="the id stands twice"):
        frozen.parse(relinked([*rows, dict(rows[0])]))


def test_the_command_freezes_amends_and_refuses(tmp_path, capsys) -> None:
    """Exit code 0, and 2 with one sentence where it is refused."""
    given = ["--folder", str(tmp_path)]
    assert freeze.main([*given, "--as-of", "2025-06-30"]) == 0
    assert "capex-4-quarters-of-2025-06-30: " in capsys.readouterr().out
    assert freeze.main([*given, "--as-of", "2025-06-30"]) == 2
    assert "refused: forecasts of 2025-06-30 are frozen already" in capsys.readouterr().err
    assert freeze.main([*given, "--amend", "capex-4-quarters-of-2025-06-30", "--reason", "tried"]) == 0
    assert freeze.main([*given, "--amend", "nothing", "--reason", "tried"]) == 2
    assert len(frozen.read(tmp_path)) > 10


def test_the_evidence_module_is_the_one_meant() -> None:
    """The project's own board is read once for all who ask."""
    assert others.others(load()) is others.others(evidence.load())
