"""One set of inputs for all models on any day, and what each asks for on it."""

from __future__ import annotations

import json
import sys

import pytest

from aieq.assumptions import load_scenario
from aieq.charts import models as charts
from aieq.errors import EquationError, UnknownNameError, VintageError
from aieq.evidence import load
from aieq.findings import context_for
from aieq.models.answers import answer, bridged
from aieq.models.bridge import bridge_between, side
from aieq.models.common import dividing_lines, required_on_common, spreads
from aieq.models.inputs import MEANINGS, common_inputs, rental_factor
from aieq.models.rules import RULE_OF

LAST = "2026-08-31"


@pytest.fixture(scope="module")
def base():
    return load_scenario("base")


@pytest.fixture(scope="module")
def inputs(base):
    return common_inputs(load().as_of(LAST), base)


@pytest.fixture(scope="module")
def today(base):
    return required_on_common(load().as_of(LAST), base).set_index("model")


def test_inputs_are_those_of_the_report(inputs):
    """What findings say and what models are fed with is one and the same."""
    context = context_for(LAST)
    same = {
        "accelerator_run_rate_usd_bn": "gpu_run_rate_usd_bn",
        "ai_stock_usd_bn": "ai_capital_stock_usd_bn",
        "actual_ai_revenue_usd_bn": "actual_ai_revenue_usd_bn",
        "users_mn": "chatgpt_weekly_users_mn",
    }
    for ours, theirs in same.items():
        assert inputs[ours].value == pytest.approx(context[theirs].value)
        assert inputs[ours].full_text() == context[theirs].full_text()


@pytest.mark.parametrize("scenario", ["low", "base", "high"])
@pytest.mark.parametrize("day", ["2023-06-30", "2024-06-30", LAST])
def test_our_own_rules_return_what_the_equation_returns(day, scenario):
    context = context_for(day, scenario)
    values = common_inputs(context.view, context.scenario).values
    assert RULE_OF["aieq_capital"].on(values) == pytest.approx(context["required_revenue_capital_usd_bn"].value)
    if scenario == "base":  # the outer scenarios move the common margin, and Cahn's factors are his own
        assert RULE_OF["aieq_envelope"].on(values) == pytest.approx(context["required_revenue_usd_bn"].value)


def test_every_input_has_grade_interval_or_reason_and_sources(inputs):
    assert set(inputs.known) | set(inputs.missing) == set(MEANINGS)
    for name, quantity in inputs.known.items():
        assert quantity.as_of == inputs.day
        assert quantity.sources, name
        assert quantity.low is not None or quantity.interval or name in ("us_gdp_usd_bn", "users_mn"), name


def test_mixed_inputs_by_hand(inputs):
    # shares 0.40, 0.24, 0.13, 0.23 over lives 5, 5.5, 25, 18: 0.08 + 0.043636 + 0.0052 + 0.012778 = 0.141614 a year
    assert inputs["life_years"].value == pytest.approx(1 / 0.141614, rel=1e-5)
    assert inputs["price_fall_ratio"].value == pytest.approx(0.4 * 0.2 + 0.24 * 0.1)
    assert inputs["running_cost_ratio"].value == pytest.approx(0.016 + 0.008)
    assert inputs["ai_capex_usd_bn"].value == pytest.approx(
        inputs["capex_usd_bn"].value * inputs["ai_share_of_capex_ratio"].value
    )
    assert inputs["gw"].value * inputs["usd_bn_per_gw"].value == pytest.approx(inputs["ai_stock_usd_bn"].value)
    # 1 = R / 1.1 + 0.8 R / 1.21
    assert rental_factor(0.1, 0.2, 2) == pytest.approx(1 / (1 / 1.1 + 0.8 / 1.21))


def test_only_what_was_known_is_used(base):
    early = common_inputs(load().as_of("2023-06-30"), base)
    assert early["accelerator_run_rate_usd_bn"].value == pytest.approx(4 * 4.284, rel=1e-3)
    assert "no estimate of what a gigawatt" in early.missing["gw"]
    with pytest.raises(VintageError, match="gigawatt"):
        early["usd_bn_per_gw"]
    with pytest.raises(UnknownNameError, match="Did you mean 'life_years'"):
        early["life_year"]


@pytest.mark.parametrize("day", ["2023-06-30", "2023-12-31", "2024-12-31", "2025-09-30", "2026-03-31"])
def test_any_day_has_a_table(base, day):
    table = required_on_common(load().as_of(day), base)
    assert {"aieq_capital", "aieq_envelope"} <= set(table["model"])
    assert ((table["why"] == "") == table["value"].notna()).all()
    assert (table["low"].dropna() <= table["value"][table["low"].notna()]).all()
    published = [RULE_OF[name].id for name in table["model"] if name in RULE_OF]
    assert ("bain2025_required" in published) == (day >= "2025-09-23")


def test_answers_on_common_inputs_by_hand(inputs, today):
    value = {name: inputs[name].value for name in inputs.known}
    chips = value["accelerator_run_rate_usd_bn"] / 0.5 / 0.5
    spent = value["ai_capex_usd_bn"]
    assert today.at["cahn2024_required", "value"] == pytest.approx(chips)
    assert today.at["cahn2023_required", "value"] == today.at["aieq_envelope", "value"] == pytest.approx(chips)
    assert today.at["bain2025_required", "value"] == pytest.approx(spent / 0.25)
    assert today.at["kupperman2025_aug", "value"] == pytest.approx(spent / value["life_years"] / 0.25)
    assert today.at["jpm2025_required", "value"] == pytest.approx(value["ai_stock_usd_bn"] * 0.1 / 0.5)
    # profit becomes revenue with the common margin: the same as J.P. Morgan's
    assert today.at["krishna2025", "value"] == pytest.approx(today.at["jpm2025_required", "value"])
    assert today.at["krishna2025", "concept"] == "profit, turned into revenue"


def test_own_factors_by_hand(inputs, today):
    # Kupperman: all spending, ten years, a quarter; J.P. Morgan: ten per cent over the margin his answer implies
    assert today.at["kupperman2025_aug", "own_factors_usd_bn"] == pytest.approx(
        inputs["capex_usd_bn"].value / 10 / 0.25
    )
    stock = inputs["ai_stock_usd_bn"].value
    assert today.at["jpm2025_required", "own_factors_usd_bn"] == pytest.approx(stock * 0.1 * 650 / 500)
    assert today.at["krishna2025", "own_factors_usd_bn"] == pytest.approx(stock * 0.1 / 0.5)


def test_what_cannot_be_run_says_why(today):
    assert "budgets" in today.at["bain2025_gap", "why"]
    assert today.loc["jpm2025_iphone", ["value", "low"]].isna().all()
    assert today.at["bain2025_required", "kept"] == "capex_to_revenue_ratio 0.25"
    assert (today["horizon"][today["why"] == ""] != "").all()


def test_published_answers_lie_twelve_times_apart(today):
    apart = spreads(today.reset_index())
    assert apart["published"] == 2000 / 160
    assert apart["common"] > 10  # the same inputs do not bring them together


def test_definitions_that_divide(base):
    lines = dividing_lines(load().as_of(LAST), base)
    assert lines["share_ratio"].sum() == pytest.approx(1)
    assert (lines["multiple"] >= 1).all()
    assert lines["share_ratio"].is_monotonic_decreasing
    # in 2023 there were two rules, Cahn's and ours: charge and base pull down, running costs up; nothing else differs
    view = load().as_of("2023-10-31")
    pulls = dividing_lines(view, base).set_index("definition")["multiple"]
    answers = required_on_common(view, base).set_index("model")["value"]
    assert pulls["charge"] * pulls["base"] / pulls["running"] == pytest.approx(
        answers["cahn2023_required"] / answers["aieq_capital"]
    )
    assert pulls["whose"] == 1


# --- charts -----------------------------------------------------------------------------------------------------------


def test_both_dots_of_an_author_are_drawn_and_told(today):
    figure = charts.answers(
        today.reset_index(), actual=132.0, as_of=load().as_of(LAST).day, sources=["bain_2tn"], title="Two dots"
    )
    drawn = figure.data
    assert (drawn["which"] == charts.PUBLISHED).sum() == 8  # eight published answers for the whole build-out
    assert (drawn["which"] == charts.TODAY).sum() == today["value"].notna().sum()
    assert "Kupperman 2025 296 bn, published 160" in figure.alt
    assert "AI revenue is 132 bn" in figure.alt
    nothing = charts.answers(
        today.iloc[:0].reset_index(), actual=None, as_of=load().as_of(LAST).day, sources=[], title="Two dots"
    )
    assert "nothing was known" in repr(nothing)


def test_the_bridge_is_drawn_from_one_answer_to_the_other():
    way = bridge_between(side("kupperman2025_aug"), side("bain2025_required"))
    figure = charts.bridge(way.waterfall(), as_of=LAST, sources=["bain_2tn"], title="A way", name="way")
    assert "from 160 to 2,000 bn dollars a year" in figure.alt
    assert "what a year is charged +1,581" in figure.alt
    assert "mean over all orders" in figure.note


# --- the command line -------------------------------------------------------------------------------------------------


def test_a_changed_input_changes_the_answer():
    assert answer("kupperman2025_aug", {"life_years": 5.0})["value"] == 320
    on_day = answer("kupperman2025_aug", {"life_years": 5.0}, LAST)
    assert on_day["value"] == pytest.approx(
        next(i["value"] for i in on_day["inputs"] if i["name"] == "capex_usd_bn")
        * next(i["value"] for i in on_day["inputs"] if i["name"] == "ai_share_of_capex_ratio")
        / 5
        / 0.25
    )
    assert answer("bain2025_required", {"capex_to_revenue_ratio": 0.5}, LAST)["value"] == pytest.approx(
        answer("bain2025_required", {}, LAST)["value"] / 2
    )


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda: answer("cahn2024x", {}), UnknownNameError, "Did you mean 'cahn2024'"),
        (lambda: answer("lst", {}), UnknownNameError, "Did you mean 'list'"),
        (
            lambda: answer("ours", {"buyer_gros_margin": 0.4}),
            UnknownNameError,
            "Did you mean 'buyer_gross_margin_ratio'",
        ),
        (lambda: answer("ours", {"buyer_gross_margin_ratio": 1.2}), EquationError, r"is 1\.2: a share of revenue"),
        (lambda: answer("ours", {"life_years": float("inf")}), EquationError, "finite"),
        (lambda: answer("ours", {"life_years": (1.0, 2.0)}), EquationError, "one number"),
        (lambda: answer("cahn2024", {}, "2024-01-01"), VintageError, "published on 2024-06-20"),
        (lambda: answer("acemoglu_tfp", {}, LAST), EquationError, "leave out --as-of"),
        (lambda: answer("krishna2025", {"gw": -1.0}), EquationError, "gw is -1.0: an amount cannot be negative"),
        (lambda: answer("ms2026_gw_b200", {"gw": 1.0}), EquationError, "bill of parts"),
    ],
)
def test_refusals(ask, error, says):
    with pytest.raises(error, match=says):
        ask()


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command as the program would."""
    import typer

    from aieq import cli_models

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["model", *words])
        with pytest.raises(SystemExit) as end:
            typer.main.get_command(cli_models.app)(list(words), prog_name="model")
        assert not end.value.code
        return capsys.readouterr().out

    return run


def test_forms_of_the_command(command):
    listed = {row["id"]: row for row in json.loads(command("list", "--json"))}
    assert listed["cahn2024_required"]["verdict"] == "reproduced"
    assert listed["wachter2026"]["computed"] is None
    known = {row["id"] for row in json.loads(command("list", "--as-of", "2024-12-31", "--json"))}
    assert "cahn2024_required" in known
    assert "bain2025_required" not in known
    assert json.loads(command("cahn2024_required", "--json"))["value"] == 600
    assert json.loads(command("show", "cahn2024_required", "--json"))["value"] == 600
    changed = command("kupperman2025_aug", "-p", "life_years=5", "-p", "capex_usd_bn=500")
    assert "$400 bn with capex_usd_bn, life_years changed" in changed  # 500 / 5 / 0.25
    assert json.loads(command("goldman2026_total", "-p", "power_usd_bn=0,0,0,0,0,0", "--json"))["value"] == (
        pytest.approx(7.244)
    )
    on_day = json.loads(command("cahn2024_required", "--as-of", LAST, "--json"))
    assert on_day["value"] == pytest.approx(on_day["own_factors"])


def test_bridge_on_the_command_line(command):
    told = json.loads(command("bridge", "cahn2024_required", "bain2025_required", "--json"))
    assert sum(step["usd_bn"] for step in told["steps"]) == pytest.approx(1400)
    assert told == json.loads(json.dumps(bridged("cahn2024_required", "bain2025_required")))
    text = command("bridge", "kupperman2025_aug", "ours", "--as-of", LAST)
    assert "What a year is charged" in text
    assert "note: he sets all capital spending" in text
