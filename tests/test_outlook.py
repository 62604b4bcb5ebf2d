"""Joint draws: beliefs pass through their points, the future obeys the equation, and digits are honest."""

from __future__ import annotations

import functools
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq import equation, paths, stock
from aieq.errors import ScenarioError, UnknownNameError
from aieq.findings import REGISTRY, context_for
from aieq.outlook import doubts, sensitivity
from aieq.outlook.ahead import stocks
from aieq.outlook.distributions import KINDS, distribution, three_points
from aieq.outlook.draws import Correlation, Input, Joint, read_correlations, scrambles
from aieq.outlook.result import Outlook, check_draws, crossing, model, outlook
from aieq.outlook.sketch import Sketch
from aieq.quantity import Quantity

DAY = "2026-08-31"


@functools.cache
def stage(correlated: bool = True):
    context = context_for(DAY)
    growth = replace(context["actual_growth_multiple"], low=3.8, high=6.5)
    evidence = [
        doubts.observed("actual_ai_revenue_usd_bn", "AI revenue", context["actual_ai_revenue_usd_bn"]),
        doubts.observed("accelerator_run_rate_usd_bn", "run rate", context["gpu_run_rate_usd_bn"]),
        doubts.observed("actual_growth_multiple", "growth", growth),
    ]
    joint = doubts.joint(context.scenario, evidence, correlated=correlated)
    return context, joint, doubts.setting(context.view, context.scenario)


# --- beliefs about one number -------------------------------------------------------------------------------------


@given(
    points=st.lists(st.floats(0.02, 0.98), min_size=3, max_size=3, unique_by=lambda x: round(x, 2)).map(sorted),
)
def test_three_points_are_met_and_the_curve_rises_inside_its_bounds(points):
    quantile = three_points(*points, (0.0, 1.0))
    assert quantile(np.array([0.05, 0.5, 0.95])) == pytest.approx(points, abs=1e-9)
    curve = quantile(np.linspace(0.001, 0.999, 400))
    assert (np.diff(curve) >= 0).all() and curve.min() >= 0 and curve.max() <= 1


@pytest.mark.parametrize(
    ("kind", "middle"),
    [
        ({"kind": "range"}, 5.0),
        ({"kind": "triangular"}, 2 + math.sqrt(10 * 5 / 2)),  # 2..12, mode 7: half of the area by hand
        ({"kind": "uniform"}, 7.0),
        ({"kind": "normal", "mean": 6.0, "deviation": 0.5}, 6.0),
        ({"kind": "lognormal", "median": 4.0, "times": 2.0}, 4.0),
        ({"kind": "beta", "a": 2.0, "b": 2.0}, 7.0),
        ({"kind": "fixed"}, 5.0),
    ],
)
def test_the_middle_of_each_kind_is_where_it_must_be(kind, middle):
    base = 7.0 if kind["kind"] == "triangular" else 5.0
    belief = distribution("x", base, (2.0, 12.0), (0.0, 100.0), kind)
    assert belief.quantile(np.array([0.5]))[0] == pytest.approx(middle, rel=1e-9)


def test_every_kind_has_been_tried():
    assert set(KINDS) == {"range", "triangular", "uniform", "normal", "lognormal", "beta", "fixed"}


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ({"kind": "triangle"}, UnknownNameError, "Did you mean 'triangular'"),
        ({"kind": "normal", "mean": 1.0}, ScenarioError, "needs mean, deviation; it has mean"),
        ({"kind": "normal", "mean": 1.0, "deviation": -1.0}, ScenarioError, "deviation is -1"),
        ({"kind": "normal", "mean": 999.0, "deviation": 1.0}, ScenarioError, "outside the possible"),
        ({"kind": "normal", "mean": "a", "deviation": 1.0}, ScenarioError, "mean is 'a'"),
        ({"kind": "lognormal", "median": 4.0, "times": 0.5}, ScenarioError, "times above one"),
        ({"kind": "beta", "a": 0.0, "b": 1.0}, ScenarioError, "above zero"),
        ({"kind": "uniform", "low": 1.0}, ScenarioError, "needs no parameters; it has low"),
    ],
)
def test_an_impossible_belief_is_refused_by_name(spec, error, words):
    with pytest.raises(error, match=words) as caught:
        distribution("cost_of_capital_ratio", 5.0, (2.0, 12.0), (0.0, 100.0), spec)
    assert "cost_of_capital_ratio" in str(caught.value)


# --- how they hang together ---------------------------------------------------------------------------------------


def _normal(name: str) -> Input:
    spec = {"kind": "normal", "mean": 0.0, "deviation": 1.0}
    return Input(name, name, "other", 0.0, distribution(name, 0.0, (-1.0, 1.0), (-50.0, 50.0), spec))


def test_correlations_come_out_as_they_went_in():
    pairs = (Correlation("a", "b", 0.8, ""), Correlation("b", "c", -0.5, ""))
    drawn = Joint(tuple(map(_normal, "abcd")), pairs).values(scrambles(4, 2**14, 1, 3)[0].random(2**14))
    found = np.corrcoef([drawn[name] for name in "abcd"])
    wanted = np.array([[1, 0.8, 0, 0], [0.8, 1, -0.5, 0], [0, -0.5, 1, 0], [0, 0, 0, 1]])
    assert found == pytest.approx(wanted, abs=0.005)


def test_correlations_that_cannot_all_hold_are_refused_with_the_names_of_those():
    pairs = (Correlation("a", "b", 0.9, ""), Correlation("b", "c", 0.9, ""), Correlation("a", "c", -0.9, ""))
    with pytest.raises(ScenarioError, match="among a, b, c cannot all hold together"):
        Joint(tuple(map(_normal, "abcd")), pairs)


@pytest.mark.parametrize(
    ("pairs", "error", "words"),
    [
        ((Correlation("a", "bb", 0.5, ""),), UnknownNameError, "'bb'"),
        ((Correlation("a", "b", 1.0, ""),), ScenarioError, "between -1 and 1"),
        ((Correlation("a", "a", 0.5, ""),), ScenarioError, "two different inputs"),
        ((Correlation("a", "b", 0.5, ""), Correlation("b", "a", 0.4, "")), ScenarioError, "given twice"),
    ],
)
def test_an_impossible_correlation_is_refused(pairs, error, words):
    with pytest.raises(error, match=words):
        Joint(tuple(map(_normal, "ab")), pairs)


def test_a_correlation_of_something_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'asset_life_years.shell'"):
        read_correlations(
            [{"between": ["asset_life_years.shel", "x"], "value": 0.1, "because": ""}], ["asset_life_years.shell", "x"]
        )
    with pytest.raises(ScenarioError, match="because"):
        read_correlations([{"between": ["a", "b"], "value": 0.1}], ["a", "b"])


def test_the_correlations_of_the_report_hold_together_and_have_reasons():
    _, joint, _ = stage()
    assert np.linalg.eigvalsh(joint.matrix).min() > 0.05
    assert all(len(pair.because) > 30 for pair in joint.correlations)


# --- the future obeys the equation --------------------------------------------------------------------------------


@given(
    life=st.lists(st.floats(0.5, 30), min_size=4, max_size=4),
    fall=st.lists(st.floats(-0.05, 0.5), min_size=4, max_size=4),
    years=st.integers(0, 36),
)
def test_running_totals_give_what_the_equation_gives(life, fall, years):
    born = np.concatenate([-np.arange(4.4, 0, -0.1), np.arange(0.125, 9, 0.25)])
    spent = 10 * np.exp(0.1 * born)[:, None]
    when = np.array([years / 4])
    gross, effective = stocks(born, spent, np.array(life)[:, None], np.array(fall)[:, None], when)
    age = when[0] - born
    given_values = {
        "spending_usd_bn": np.where(age >= 0, spent[:, 0], 0.0),
        "age_years": np.maximum(age, 0),
        "ai_share_of_capex_ratio": np.ones(len(born)),
        "asset_share_ratio": np.ones(4),
        "asset_life_years": np.array(life),
        "replacement_price_fall_ratio": np.array(fall),
    }
    for name, ours in (("gross_stock_usd_bn", gross), ("effective_stock_usd_bn", effective)):
        theirs = equation.evaluate(name, **given_values)
        assert ours[:, 0, 0] == pytest.approx(theirs, rel=1e-9, abs=1e-7), name


def test_the_middle_of_the_outlook_is_the_report_s_own_path():
    context, joint, setting = stage()
    scenario = context.scenario
    found = model(joint.base(), setting)
    assert found["required_revenue_capital_usd_bn"][0, 0] == pytest.approx(
        context["required_revenue_capital_usd_bn"].value, rel=1e-9
    )
    assert found["coverage_ratio"][0, 0] == pytest.approx(context["coverage_ratio"].value, rel=1e-9)
    inputs = stock.inputs(context.view, scenario)
    from aieq.findings.ways_out import pace

    quarters = replace(setting, when=np.array([0.0, 1.0, 4.25]), dates=setting.dates[:3])
    ahead = paths.requirement_path(inputs, pace(context).spending_usd_bn, pace(context).built, 4.25)
    ours = model(joint.base(), quarters)["required_revenue_capital_usd_bn"][0]
    assert ours == pytest.approx(ahead["required_revenue_capital_usd_bn"].iloc[[0, 4, 17]].to_numpy(), rel=1e-9)


def test_fading_growth_is_the_integral_of_its_rate():
    start, lasting, life, years = np.log(2.5), np.log(1.04), 0.7, 3.0
    middles = (np.arange(100_000) + 0.5) * years / 100_000
    expected = float(np.mean(lasting + (start - lasting) * 0.5 ** (middles / life)) * years)
    assert paths.log_growth(start, lasting, np.array([life]), np.array([years]))[0] == pytest.approx(expected, rel=1e-8)
    assert paths.FadingGrowth(1.5, 0.04, life).log_factor(years) == pytest.approx(expected, rel=1e-8)


def test_return_on_capital_makes_the_rent_what_the_stock_nets():
    _, joint, setting = stage()
    base = joint.base()
    earned = model(base, setting)["return_on_capital_multiple"][0] - 1
    # Pay for the stock at that return and coverage is one.
    paid = model(base | {"cost_of_capital_ratio": np.array([earned])}, setting)
    assert paid["coverage_capital_ratio"][0, 0] == pytest.approx(1.0, rel=1e-5)


def test_payback_is_cost_over_what_is_left_by_hand():
    _, joint, setting = stage()
    base = joint.base()
    gross = float(np.sum(equation.evaluate("gross_stock_usd_bn", **stock.inputs(*_view_and_scenario()))))
    net = 131.54 * 0.5 - (0.016 + 0.008) * gross
    assert model(base, setting)["payback_years"][0] == pytest.approx(gross / net, rel=1e-6)


def _view_and_scenario():
    context, _, _ = stage()
    return context.view, context.scenario


# --- the result and its digits ------------------------------------------------------------------------------------


@functools.cache
def small(seed: int = 5, threads: int = 2) -> Outlook:
    _, joint, setting = stage()
    return outlook(joint, setting, draws=2**12, seed=seed, threads=threads)


def test_a_seed_reproduces_the_last_digit_whatever_the_threads():
    assert small(threads=1).bands.equals(small(threads=2).bands)
    assert not small(seed=6).bands.equals(small().bands)


def test_bands_rise_and_chances_never_fall():
    bands = small().bands.pivot_table(index=["quantity", "time"], columns="level", values="value", dropna=False)
    assert (bands.dropna(how="all").diff(axis=1).iloc[:, 1:].fillna(0) >= 0).all().all()
    for _, rows in small().chances.groupby("rule"):
        assert (rows["by"].diff().dropna() >= 0).all()
        assert (rows["by"] >= rows["at"]).all()
        assert rows["by"].between(0, 1).all()


def test_chances_and_bands_tell_one_story():
    """Where the chance of being covered at a time is below a half, the median lies below one."""
    for rule, rows in small().chances.groupby("rule"):
        for row in rows.itertuples():
            median = small().band(rule, row.time.date()).loc[0.5, "value"]
            assert (median < 1) == (row.at < 0.5)


def test_todays_revenue_keeps_its_interval():
    context, _, _ = stage()
    actual = context["actual_ai_revenue_usd_bn"]
    band = small().band("actual_ai_revenue_usd_bn")["value"]
    assert band[[0.05, 0.5, 0.95]].tolist() == pytest.approx([actual.low, actual.value, actual.high], rel=0.01)


def test_quantiles_of_a_product_of_lognormals_are_the_closed_form():
    """Required revenue by the envelope rule with lognormal factors is itself lognormal."""
    names = {"accelerator_run_rate_usd_bn": (300.0, 1.2), "cahn_accelerator_share_ratio": (0.4, 1.1)}
    _, joint, setting = stage(correlated=False)
    entries = []
    for entry in joint.inputs:
        if entry.name in names:
            median, times = names[entry.name]
            spec = {"kind": "lognormal", "median": median, "times": times}
            belief = distribution(entry.name, median, (median, median), (1e-9, 1e9), spec)
        else:
            belief = distribution(entry.name, entry.base, (entry.base,) * 2, (entry.base,) * 2, {"kind": "fixed"})
        entries.append(replace(entry, distribution=belief))
    result = outlook(Joint(tuple(entries)), setting, draws=2**14, seed=1)
    band = result.band("required_revenue_usd_bn")["value"]
    spread = math.exp(math.hypot(math.log(1.2), math.log(1.1)))
    median = 300 / (0.4 * 0.5)
    assert band[[0.05, 0.5, 0.95]].tolist() == pytest.approx([median / spread, median, median * spread], rel=0.002)


def test_the_stated_error_is_the_error():
    """Over repetitions with other seeds, the spread of the median is what each of them says of itself."""

    def median(seed):
        rows = small(seed).bands
        row = rows[(rows["quantity"] == "coverage_capital_ratio") & (rows["level"] == 0.5)].iloc[0]
        return row["value"], row["error"]

    values, errors = zip(*(median(seed) for seed in range(20, 36)), strict=True)
    assert np.std(values, ddof=1) == pytest.approx(np.mean(errors), rel=0.7)


def test_no_page_shows_a_digit_that_the_draws_do_not_grant():
    context = context_for("2026-08-31")
    told = [context[name] for name, entry in REGISTRY.items() if entry.section == "doubt" and context.get(name)]
    drawn = [quantity for quantity in told if quantity.errors is not None]
    assert len(drawn) > 12
    for quantity in drawn:
        scale = 100 if quantity.unit == "ratio" else 1
        texts = [quantity.range_text().split(" to ")[0], quantity.text(), quantity.range_text().split(" to ")[1]]
        for text, error in zip(texts, quantity.errors, strict=True):
            number = re.search(r"[\d,]+(\.\d+)?", text)[0]
            places = len(number.partition(".")[2]) or -(len(number) - len(number.rstrip("0")))
            assert 2 * error * scale <= 10.0**-places or number == "0", quantity


def test_crossings_are_interpolated_in_logarithms():
    assert crossing(np.array([0.0, 2.0]), np.array([[0.5, 2.0]]))[0] == pytest.approx(1.0)


def test_a_sketch_knows_zero_and_never():
    sketch = Sketch(2)
    sketch.add(np.array([[1.0, np.inf]] * 60 + [[2.0, 3.0]] * 40))
    found = sketch.quantile([0.25, 0.75])
    assert found[0] == pytest.approx([1.0, 2.0], rel=0.003)
    assert found[1, 0] == pytest.approx(3.0, rel=0.003) and np.isinf(found[1, 1])


def test_the_number_of_draws_must_be_balanced():
    with pytest.raises(ScenarioError, match="power of two"):
        check_draws(10_000)
    with pytest.raises(ScenarioError, match="take 512"):
        scrambles(3, 1000, 1, 0)


# --- what carries the answer --------------------------------------------------------------------------------------


def test_first_order_indices_of_a_product_are_shares_of_variance():
    """Coverage today by the envelope rule is a product: its logarithm is additive, so first equals total."""
    _, joint, setting = stage(correlated=False)
    table = sensitivity.sobol(joint, setting, answers=("coverage_ratio",), base_draws=256, seed=2)
    assert table["first"].sum() == pytest.approx(1.0, abs=0.08)
    named = table.set_index("group")
    assert (named["first"] - named["total"]).abs().max() < 0.06
    drawn = joint.values(scrambles(len(joint.inputs), 2**12, 1, 0)[0].random(2**12))
    parts = {
        "actual_ai_revenue_usd_bn": np.log(drawn["actual_ai_revenue_usd_bn"]),
        "cahn_accelerator_share_ratio": np.log(drawn["cahn_accelerator_share_ratio"]),
        "cahn_buyer_gross_margin_ratio": np.log(1 - drawn["cahn_buyer_gross_margin_ratio"]),
    }
    whole = sum(np.var(part) for part in parts.values())
    for name, part in parts.items():
        assert named.loc[name, "total"] == pytest.approx(np.var(part) / whole, abs=0.06)


def test_correlated_inputs_are_taken_together():
    _, joint, setting = stage()
    table = sensitivity.sobol(joint, setting, answers=("coverage_capital_ratio",), base_draws=64)
    together = "revenue_growth_half_life_years, building_growth_half_life_years"
    assert together in set(table["group"])


def test_the_map_rises_with_slower_fading_and_refuses_one_input_twice():
    _, joint, setting = stage()
    table = sensitivity.flip_map(
        joint, setting, "revenue_growth_half_life_years", "buyer_gross_margin_ratio", steps=3, draws=128
    )
    grid = table.pivot(index="up", columns="across", values="chance_ratio").to_numpy()
    assert (np.diff(grid, axis=1) >= 0).all() and (np.diff(grid, axis=0) <= 0).all()
    with pytest.raises(ScenarioError, match="two different inputs"):
        sensitivity.flip_map(joint, setting, "lasting_growth_ratio", "lasting_growth_ratio")
    with pytest.raises(ScenarioError, match="there are coverage_ratio"):
        sensitivity.sobol(joint, setting, answers=("coverage",))


def test_evidence_without_an_interval_is_taken_as_it_is():
    entry = doubts.observed("x", "x", Quantity(3.0, "USD_bn", interval="none: one source"))
    assert entry.distribution.kind == "fixed"
    edge = doubts.observed("x", "x", Quantity(3.0, "USD_bn", 3.0, 4.0, interval="range of sources"))
    assert edge.distribution.quantile(np.array([0.0, 1.0])).tolist() == pytest.approx([3.0, 4.0])


def test_an_earlier_day_has_its_own_outlook():
    context = context_for("2024-12-31")
    setting = doubts.setting(context.view, context.scenario)
    assert setting.dates[0].isoformat() == "2024-12-31"
    assert pd.Timestamp(setting.dates[1]) == pd.Timestamp("2025-12-31")
    assert setting.born.max() < 0
