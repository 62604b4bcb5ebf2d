"""Scenario files: complete, sourced, ordered, and refused when impossible."""

from __future__ import annotations

import pytest

from aieq.assumptions import FOLDER, load_scenario, names
from aieq.errors import ScenarioError, UnknownNameError
from aieq.evidence import load


def test_every_assumption_names_sources_we_hold_and_a_reason():
    for name, entry in load_scenario("base").assumptions.items():
        assert set(entry.sources) <= set(load().sources.index), name
        assert len(entry.because) > 30, name


def test_every_assumption_is_used_somewhere():
    package = FOLDER.parents[1] / "aieq"
    code = "\n".join(path.read_text() for path in package.rglob("*.py"))
    unused = [name for name in load_scenario("base") if f'"{name}"' not in code and name not in code]
    assert not unused


def test_the_outer_scenarios_stay_inside_the_ranges():
    for name in ("low", "high"):
        scenario = load_scenario(name)
        for key, entry in scenario.assumptions.items():
            value = scenario[key]
            members = value if isinstance(value, dict) else {"": value}
            for member, number in members.items():
                low, high = entry.range[member] if isinstance(entry.range, dict) else entry.range
                assert low <= number <= high, f"{name}: {key} {member}"


def test_there_are_three_scenarios():
    assert {"low", "base", "high"} <= set(names())


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("values: {buyer_gros_margin_ratio: 0.4}", UnknownNameError, "Did you mean 'buyer_gross_margin_ratio'"),
        ("values: {cost_of_capital_ratio: dear}", ScenarioError, "give a number"),
        ("values: {asset_life_years: {chips: 3}}", ScenarioError, "no member"),
        ("value: {cost_of_capital_ratio: 0.1}", ScenarioError, "title, values"),
        ("values: [", ScenarioError, "not YAML"),
    ],
)
def test_an_impossible_scenario_is_refused_with_a_remedy(tmp_path, content, error, words):
    path = tmp_path / "mine.yml"
    path.write_text(content)
    with pytest.raises(error, match=words):
        load_scenario(str(path))


def test_a_scenario_of_ones_own_overrides_only_what_it_names(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("title: Mine\nvalues: {asset_life_years: {accelerators: 3}}\n")
    mine, base = load_scenario(str(path)), load_scenario("base")
    assert mine["asset_life_years"] == {**base["asset_life_years"], "accelerators": 3}
    assert mine["cost_of_capital_ratio"] == base["cost_of_capital_ratio"]


def test_an_unknown_scenario_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'high'"):
        load_scenario("hihg")


def test_an_assumption_is_never_graded_better_than_assumed():
    quantity = load_scenario("base").quantity("asset_life_years", "accelerators")
    assert (quantity.grade, quantity.low, quantity.value, quantity.high) == ("assumed", 3, 5, 7)


def test_changes_are_part_of_the_name_and_read_back():
    dear = load_scenario("high, cost_of_capital_ratio=0.2, asset_life_years.accelerators=3")
    assert (dear.name, dear.root) == ("high, asset_life_years.accelerators=3, cost_of_capital_ratio=0.2", "high")
    assert dear["asset_life_years"]["accelerators"] == 3
    assert dear["asset_life_years"]["shell"] == load_scenario("high")["asset_life_years"]["shell"]
    assert dear.replaced(ai_share_of_capex_ratio={2026: 0.5})["ai_share_of_capex_ratio"][2026] == 0.5
    assert load_scenario("base, ai_share_of_capex_ratio.2026=0.5")["ai_share_of_capex_ratio"][2026] == 0.5
    same = load_scenario("base, cost_of_capital_ratio=0.1")
    assert same.name == "base", "a change to the value it has is none"


def test_the_outer_scenarios_keep_what_was_changed(tmp_path):
    path = tmp_path / "mine.yml"
    path.write_text("title: Mine\nvalues: {cost_of_capital_ratio: 0.2}\n")
    for text in ("base, cost_of_capital_ratio=0.2", str(path)):
        low = load_scenario(text).onto("low")
        assert low["cost_of_capital_ratio"] == 0.2
        assert low["buyer_gross_margin_ratio"] == load_scenario("low")["buyer_gross_margin_ratio"]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("base, cost_of_capital=0.1", UnknownNameError, "Did you mean 'cost_of_capital_ratio'"),
        ("bas, cost_of_capital_ratio=0.1", UnknownNameError, "Did you mean 'base'"),
        ("base, cost_of_capital_ratio=dear", ScenarioError, "'cost_of_capital_ratio=dear' is no change"),
        ("base, cost_of_capital_ratio=nan", ScenarioError, "give a number"),
        ("base, cost_of_capital_ratio", UnknownNameError, "no scenario"),
        ("base, asset_life_years.chips=3", ScenarioError, "no member"),
        ("base, cost_of_capital_ratio.shell=0.1", ScenarioError, "one value for all"),
    ],
)
def test_an_impossible_change_is_refused_with_a_remedy(text, error, words):
    with pytest.raises(error, match=words):
        load_scenario(text)


def test_a_scenario_that_begins_with_a_change_is_refused():
    with pytest.raises(ScenarioError, match="begins with a change; name first what is changed, e.g. base, power_kw=1"):
        load_scenario("power_kw=1")
