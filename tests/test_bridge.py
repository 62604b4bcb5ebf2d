"""Why two answers differ: the split adds up, has no order, and every rule is a special case of the one it runs on."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq import models
from aieq.assumptions import load_scenario
from aieq.errors import EquationError, UnknownNameError, VintageError
from aieq.evidence import load
from aieq.models.bridge import MOST_SWITCHES, bridge_between, common_side, published_side, shapley, side
from aieq.models.inputs import common_inputs
from aieq.models.rules import DEFINITIONS, OURS, RULES, STEPS, required_usd_bn, rule

# Values for every name a rule may use: any subset of switches can be computed from these.
ANY = {
    "accelerator_run_rate_usd_bn": (1, 1000), "accelerator_share_ratio": (0.2, 1), "capex_usd_bn": (1, 1000),
    "ai_share_of_capex_ratio": (0.1, 1), "ai_stock_usd_bn": (1, 5000), "gw": (1, 200), "usd_bn_per_gw": (10, 100),
    "life_years": (1, 30), "cost_of_capital_ratio": (0.01, 0.3), "price_fall_ratio": (0, 0.4), "age_ratio": (0.5, 1),
    "running_cost_ratio": (0, 0.1), "buyer_gross_margin_ratio": (0, 0.8), "operator_margin_ratio": (0.1, 1),
    "capex_to_revenue_ratio": (0.1, 1),
}  # fmt: skip


def product(before, after):
    """A product of factors, each at its value before or after."""
    return lambda on: math.prod(b if name in on else a for name, a, b in zip("abcdef", before, after, strict=False))


# --- the split ----------------------------------------------------------------------------------------------------


def test_two_factors_by_hand():
    # 10 x 0.5 = 5 to 20 x 0.8 = 16. Doubling first adds 5, last 8: 6.5. The other: 10 x 0.3 = 3 or 20 x 0.3 = 6: 4.5.
    assert shapley(["a", "b"], product([10, 0.5], [20, 0.8])) == pytest.approx({"a": 6.5, "b": 4.5})


def test_three_factors_by_hand():
    # From 1 x 1 x 1 to 2 x 3 x 4. a: 1 x (1/3 + (3 + 4)/6 + 12/3) = 5.5; b: 2 x (1/3 + (2 + 4)/6 + 8/3) = 8;
    # c: 3 x (1/3 + (2 + 3)/6 + 6/3) = 9.5; together 23 = 24 - 1.
    assert shapley(["a", "b", "c"], product([1, 1, 1], [2, 3, 4])) == pytest.approx({"a": 5.5, "b": 8.0, "c": 9.5})


def over_all_orders(names, value):
    """The definition itself: the mean contribution over every order."""
    shares = dict.fromkeys(names, 0.0)
    orders = list(itertools.permutations(names))
    for order in orders:
        for i, name in enumerate(order):
            shares[name] += value(frozenset(order[: i + 1])) - value(frozenset(order[:i]))
    return {name: share / len(orders) for name, share in shares.items()}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=5))
def test_shares_are_the_mean_over_all_orders(pairs):
    names, value = "abcdef"[: len(pairs)], product(*zip(*pairs, strict=True))
    assert shapley(names, value) == pytest.approx(over_all_orders(names, value), rel=1e-9, abs=1e-9)


def test_what_does_nothing_gets_nothing_and_equals_get_equal_shares():
    shares = shapley(["a", "b", "idle"], lambda on: len(on & {"a", "b"}) ** 2)
    assert shares == pytest.approx({"a": 2.0, "b": 2.0, "idle": 0.0})
    assert shapley([], lambda on: 7.0) == {}


def test_too_many_switches_are_refused():
    with pytest.raises(EquationError, match=f"at most {MOST_SWITCHES}"):
        shapley([str(i) for i in range(MOST_SWITCHES + 1)], lambda on: 0.0)


# --- the rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [r for r in RULES if r.id not in OURS], ids=lambda r: r.id)
def test_each_rule_returns_the_published_answer(entry):
    model = models.get(entry.id)
    if entry.id == "epoch_1gw_tco":
        assert entry.answer() is None  # its inputs are not public, so it has no published end
    else:
        assert entry.answer() == pytest.approx(model.published)
        assert entry.who == model.who
        assert bool(entry.implied) == (model.verdict != "reproduced" or bool(model.implied))


def test_rules_hold_the_figures_of_the_published_calculations():
    # by hand, from the table of reference results
    assert rule("kupperman2025_aug").printed["capex_usd_bn"] == models.get("kupperman2025_aug").inputs["capex_usd_bn"]
    assert rule("krishna2025").printed["gw"] * rule("krishna2025").printed["usd_bn_per_gw"] == 8000
    assert rule("jpm2025_required").printed["ai_stock_usd_bn"] == 5000


def test_every_value_has_a_step_and_every_definition_too():
    used = {name for choices in DEFINITIONS.values() for choice in choices.values() for name in choice.uses}
    assert used == set(ANY)
    assert used | set(DEFINITIONS) == set(STEPS)


def test_charges_by_hand():
    def charged(charge, **more):
        values = {"capex_usd_bn": 100, "ai_share_of_capex_ratio": 1, **more}
        return required_usd_bn(
            {"base": "spending", "charge": charge, "running": "left out", "whose": "the bill"}, values
        )

    assert charged("outlay") == 100
    assert charged("wear", life_years=5) == 20
    assert charged("interest", cost_of_capital_ratio=0.1) == pytest.approx(10)
    # an annuity over one year is the money back with interest; a rent with a falling price asks the same of one year
    assert charged("annuity", cost_of_capital_ratio=0.1, life_years=1) == pytest.approx(110)
    rent = {"cost_of_capital_ratio": 0.1, "life_years": 1, "price_fall_ratio": 0.2, "age_ratio": 0.5}
    assert charged("rent", **rent) == pytest.approx(110)  # what was bought this year has not aged
    # two years: 100 = R / 1.1 + 0.8 R / 1.21, so R = 100 / (0.909091 + 0.661157) = 63.684
    assert charged("rent", **rent | {"life_years": 2}) == pytest.approx(63.684, abs=1e-3)


# --- bridges ------------------------------------------------------------------------------------------------------


def made(entry, values):
    from aieq.models.bridge import Side

    return Side(entry.who, entry, {name: values[name] for name in entry.uses}, values)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RULES),
    st.sampled_from(RULES),
    st.fixed_dictionaries({name: st.tuples(st.floats(*ends), st.floats(*ends)) for name, ends in ANY.items()}),
)
def test_steps_add_up_and_the_way_back_is_the_way_there(one, other, pairs):
    start, end = (made(entry, {name: pair[i] for name, pair in pairs.items()}) for i, entry in enumerate((one, other)))
    there, back = bridge_between(start, end), bridge_between(end, start)
    scale = max(abs(start.answer), abs(end.answer), 1.0)
    assert there.steps["usd_bn"].sum() == pytest.approx(end.answer - start.answer, abs=1e-7 * scale)
    assert list(there.steps["step"]) == list(back.steps["step"])
    assert there.steps["usd_bn"].tolist() == pytest.approx((-back.steps["usd_bn"]).tolist(), abs=1e-7 * scale)


def test_one_model_on_two_days_differs_in_its_inputs_only():
    way = bridge_between(side("ours@2025-08-31"), side("ours@2026-08-31"))
    assert set(way.steps["kind"]) == {"input"}
    assert way.steps["usd_bn"].sum() == pytest.approx(way.difference)


def test_cahns_two_rounds_differ_in_the_run_rate_alone():
    # 4 x (150 - 50)
    way = bridge_between(side("cahn2023_required"), side("cahn2024_required"))
    assert way.steps[["step", "before", "after", "usd_bn"]].to_numpy().tolist() == [
        ["Accelerator sales a year", "50 bn", "150 bn", pytest.approx(400)]
    ]


def test_kupperman_to_bain_on_one_day_by_hand():
    """One base, one kept share (a quarter in both): only the charge differs, a year's outlay against its wear."""
    inputs = common_inputs(load().as_of("2026-08-31"), load_scenario("base"))
    spent = 4 * inputs["ai_capex_usd_bn"].value
    way = bridge_between(common_side("kupperman2025_aug", inputs), common_side("bain2025_required", inputs))
    got = way.steps.set_index("step")["usd_bn"]
    assert got["What a year is charged"] == pytest.approx(spent * (1 - 1 / inputs["life_years"].value))
    assert got["Whose revenue counts"] == pytest.approx(0, abs=1e-9)


def test_kuppermans_second_thoughts_are_his_life():
    way = bridge_between(side("kupperman2025_aug"), side("kupperman2025_oct"))
    moved = way.steps[way.steps["usd_bn"].abs() > 1e-9]
    assert moved[["step", "usd_bn"]].to_numpy().tolist() == [["Life of the capital", pytest.approx(160)]]


def test_amounts_come_before_definitions_and_the_waterfall_adds_up():
    way = bridge_between(side("cahn2024_required"), side("ours@2026-08-31"))
    kinds = list(way.steps["kind"])
    assert kinds == sorted(kinds, reverse=True)  # input, then definition
    frame = way.waterfall()
    assert frame["total"].tolist() == [True, *[False] * len(way.steps), True]
    assert frame["usd_bn"].iloc[:-1].sum() == pytest.approx(frame["usd_bn"].iloc[-1])


def test_a_bridge_to_itself_has_no_steps():
    way = bridge_between(side("bain2025_required"), side("bain2025_required"))
    assert way.difference == 0
    assert way.steps.empty


def test_what_cannot_be_joined_is_refused_by_name():
    with pytest.raises(EquationError, match="deepseek_cost asks for what something costs"):
        side("deepseek_cost")
    with pytest.raises(EquationError, match="acemoglu_tfp asks for gain for the economy"):
        side("acemoglu_tfp@2026-08-31")
    with pytest.raises(UnknownNameError, match="Did you mean 'krishna2025'"):
        side("krishna2052")
    with pytest.raises(EquationError, match="epoch_1gw_tco has inputs that are not public: name a day"):
        published_side("epoch_1gw_tco")
    with pytest.raises(VintageError, match="published on 2025-09-23 and not known on 2024-06-30"):
        side("bain2025_required@2024-06-30")
    with pytest.raises(EquationError, match="needs life_years, which was not given"):
        required_usd_bn(rule("kupperman2025_aug").definitions, {"capex_usd_bn": 1, "ai_share_of_capex_ratio": 1})


def test_a_value_known_on_neither_side_is_named():
    from dataclasses import replace

    start, end = side("cahn2023_required"), side("kupperman2025_aug")
    bare = [replace(s, rest={}) for s in (start, end)]
    assert bridge_between(*bare).steps["usd_bn"].sum() == pytest.approx(-40)  # what one lacks the other lends
    lacking = replace(bare[1], values={"capex_usd_bn": 400, "life_years": 10, "operator_margin_ratio": 0.25})
    with pytest.raises(EquationError, match="need ai_share_of_capex_ratio, which is known on neither day"):
        bridge_between(bare[0], lacking)
