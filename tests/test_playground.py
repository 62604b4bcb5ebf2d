"""What the page of the playground is given, and what Python says to the same settings."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from aieq.assumptions import load_scenario
from aieq.claims import get_claim
from aieq.equation import RELATIONS
from aieq.errors import ScenarioError
from aieq.findings import Context
from aieq.report.playground import Ground, Playground, Setting, flips, form, words
from aieq.report.playground.ground import directions, quantiles
from aieq.report.playground.presets import presets
from aieq.report.playground.script import PRINTED, function, script


@pytest.fixture(scope="module")
def ground(context_on: Callable[..., Context]) -> Ground:
    """Under the base scenario."""
    return Ground(context_on("2026-08-31", "base", 20261124))


def test_a_setting_is_a_scenario(ground: Ground) -> None:
    """What changes nothing is left out; a choice sets every member; another start keeps what it sets."""
    setting = Setting(
        "low", {"cost_of_capital_ratio": 0.08, "ai_share_of_capex_ratio": "all", "asset_life_years.accelerators": 4}
    )
    made = ground.scenario(setting)
    assert "cost_of_capital_ratio" not in ground.values(setting)
    assert set(made["ai_share_of_capex_ratio"].values()) == {1}
    assert made["asset_life_years"]["shell"] == load_scenario("low")["asset_life_years"]["shell"]
    assert load_scenario(made.name) == made


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"cost_of_capital_ratio": 3}, "between 0.02 and 0.4"),
        ({"cost_of_capital_ratio": float("nan")}, "between"),
        ({"cost_of_capital_ratio": "much"}, "between"),
        ({"cost_of_kapital_ratio": 0.1}, "cost_of_capital_ratio"),
        ({"ai_share_of_capex_ratio": "some"}, "little, middle, much, all"),
    ],
)
def test_what_cannot_be_set_is_refused(ground: Ground, changes: dict, says: str) -> None:
    """With what can be."""
    with pytest.raises(ScenarioError, match=says):
        ground.values(Setting("base", changes))


def test_every_knob_reaches_beyond_what_is_defended_and_not_beyond_what_is_possible(ground: Ground) -> None:
    """A reader may be bolder than the evidence, not than arithmetic."""
    for knob in ground.knobs:
        entry = load_scenario("base").assumptions[knob.name.partition(".")[0]]
        member = knob.name.partition(".")[2]
        span = entry.range[member] if member else entry.range
        if not knob.choices:
            assert entry.possible[0] <= knob.low <= span[0] <= span[1] <= knob.high <= entry.possible[1]


def test_the_draws_are_written_in_few_numbers(ground: Ground) -> None:
    """First point and directions give every point back; other numbers are refused."""
    told = directions(ground.points)
    point, points = list(told["first"]), []
    for n in range(told["count"]):
        points.append(list(point))
        lowest = (~n & (n + 1)).bit_length() - 1
        if n + 1 < told["count"]:
            point = [p ^ d[lowest] for p, d in zip(point, told["directions"], strict=True)]
    assert (np.array(points) / 2.0 ** told["bits"] == ground.points).all()
    with pytest.raises(ScenarioError, match="no scrambled Sobol"):
        directions(np.random.default_rng(1).random((8, 2)))


def test_quantiles_are_those_of_numpy() -> None:
    """Where all is finite."""
    values = np.random.default_rng(2).lognormal(size=999)
    assert quantiles(values) == pytest.approx(np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]), rel=1e-14)


def test_the_middle_is_that_of_the_report(ground: Ground) -> None:
    """What the page shows before anything is set is what the other chapters say."""
    found = ground.evaluate(Setting(ground.own))
    for name in ("coverage_capital_ratio", "required_revenue_usd_bn", "actual_ai_revenue_usd_bn"):
        assert found["point"][name] == pytest.approx(ground.context[name].value, rel=1e-9)
    assert found["chance"]["capital"] == pytest.approx(ground.context["chance_capital_by_2030_ratio"].value, abs=0.02)


def test_the_script_holds_numbers_and_relations_alone(ground: Ground) -> None:
    """One call; nothing that would end a script or run text; small enough to be loaded at once."""
    text = script(ground.data())
    assert text.startswith("aieqPlayground({")
    assert not re.search(r"\beval\b|new Function|</|<!", text)
    assert len(text) < 60_000
    for name in PRINTED:
        assert function(name) in text
    assert set(PRINTED) <= set(RELATIONS)
    numbers = json.loads(text[len("aieqPlayground(") : text.index(", {\n")])
    assert numbers["sequence"]["count"] == 4096
    assert "<" not in script({"x": "</script><b>"})[: len('aieqPlayground({"x":"....................')]


def test_the_form_keeps_to_the_policy_and_names_every_field(ground: Ground) -> None:
    """No style, no handler, no script in it; a label for each field, a range and a reason for each assumption."""
    page = form.markup(ground)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script|<style", page)
    assert page.count("data-knob=") == len(ground.knobs)
    for identity in re.findall(r'<(?:input type="number"|select) id="([^"]+)"', page):
        assert f'for="{identity}"' in page
    bundle = Playground(ground)._repr_mimebundle_()
    assert "is defended" in bundle["text/plain"]


def test_the_lead_names_what_moves_the_answer_most(ground: Ground) -> None:
    """It is the widest of all moves."""
    table, said = words.moved(ground), words.said(ground)
    assert said["play_first"].lower() == table.iloc[0]["title"].lower()
    assert table["apart"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("day", "scenario"), [("2024-06-30", "base"), ("2026-08-31", "high, asset_life_years.accelerators=20")]
)
def test_it_works_on_any_day_under_any_scenario(context_on: Callable[..., Context], day: str, scenario: str) -> None:
    """Limits widen to what the scenario has; the form starts from it."""
    there = Ground(context_on(day, scenario, 1))
    assert script(there.data())
    assert 'data-knob="asset_life_years.accelerators"' in form.markup(there)
    assert len(words.three(there)) > 9
    if "20" in scenario.partition(",")[2]:
        assert there.knob("asset_life_years.accelerators").high == 20


def test_rivals_bring_what_they_printed_and_say_what_has_no_slider(ground: Ground) -> None:
    """Every value set is the author's own, and is one that can be set."""
    found = {preset.id: preset for preset in presets(ground)}
    assert {"cahn2024_required", "kupperman2025_aug", "jpm2025_required", "epoch_1gw_tco"} <= set(found)
    assert found["kupperman2025_aug"].changes == {"ai_share_of_capex_ratio": "all", "asset_life_years.accelerators": 10}
    assert "Gross margin of operators".lower() in found["kupperman2025_aug"].says
    assert "backed out" in found["jpm2025_required"].says
    assert not found["epoch_1gw_tco"].changes
    for preset in found.values():
        ground.values(Setting(ground.own, preset.changes))


def test_no_rival_is_known_before_he_wrote(context_on: Callable[..., Context]) -> None:
    """In the middle of 2024 only Cahn had written."""
    assert {preset.title for preset in presets(Ground(context_on("2024-06-30", "base", 1)))} == {
        "Cahn 2023",
        "Cahn 2024",
    }


def test_claims_flip_where_their_verdict_changes(ground: Ground) -> None:
    """On either side of each edge the claim has the verdict the page gives, in a context that shares nothing."""
    found = flips.moved(ground)
    assert found
    told = flips.data(ground)
    for one in found:
        verdicts = dict(entry for entry in told["moved"][one.knob.name][one.claim])
        assert len(set(verdicts.values())) > 1
        if one.knob.choices:
            continue
        edges = [spell.upto for spell in one.spells]
        assert edges == sorted(edges)
        assert edges[-1] == one.knob.high
        step = (one.knob.high - one.knob.low) / 8 / 32
        for spell, after in itertools.pairwise(one.spells):
            for value, verdict in ((spell.upto, spell.verdict), (spell.upto + step, after.verdict)):
                there = ground.at(Setting(ground.own, {one.knob.name: value}))
                assert get_claim(one.claim).judge(there).verdict == verdict
