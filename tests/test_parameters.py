"""What a run can be given: types, bounds, one form; what cannot be is refused in one sentence with a remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from aieq.assumptions import load_scenario
from aieq.errors import AieqError, ParameterError, ScenarioError
from aieq.findings import context_for
from aieq.report.run import check_parameters
from aieq.runs import parameters
from aieq.runs.parameters import chapter_parameters, check, check_value, doubts, from_text, known, scenario_text

DEFAULTS = {"as_of": "2026-08-31", "scenario": "base", "seed": 20261124}


def test_everything_that_can_be_given_is_known() -> None:
    """Three of every run, and each assumption or member of one."""
    base = load_scenario("base")
    members = sum(len(value) if isinstance(value, dict) else 1 for value in base.values())
    assert len(known()) == 3 + members
    assert known() == parameters.KNOWN
    life = known()["asset_life_years.accelerators"]
    assert (life.type, life.unit, life.defensible) == ("number", "years", (3.0, 7.0))
    assert (known()["ai_share_of_capex_ratio.2026"].low, known()["seed"].type) == (0.01, "int")


def test_what_is_defended_is_possible() -> None:
    """Bounds hold every base value and every defensible range; a fall of prices may be a rise."""
    for name, entry in known().items():
        if entry.defensible:
            assert entry.low <= entry.defensible[0] <= entry.defensible[1] <= entry.high, name
    assert check_value("replacement_price_fall_ratio.shell", -0.02) == -0.02
    assert check_value("lever_price_rise_ratio", 3) == 3


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cost_of_kapital_ratio": 0.1}, "no parameter 'cost_of_kapital_ratio'. Did you mean 'cost_of_capital_ratio'?"),
        ({"asset_life_years": 4}, "set asset_life_years.accelerators, asset_life_years.other_it"),
        ({"asset_life_years.chips": 4}, "no parameter 'asset_life_years.chips'"),
        ({3: 4}, "no parameter 3"),
        ({"cost_of_capital_ratio": 12}, "lies between 0 and 1; 0.08 to 0.14 is defended. Per cent .* 12 % is 0.12"),
        ({"cost_of_capital_ratio": -0.01}, "is -0.01, and a ratio here lies between 0 and 1"),
        ({"asset_life_years.shell": 0}, r"asset_life_years.shell is 0, and it \(in years\) lies between 0.05 and 100"),
        ({"pue_multiple": 0.9}, r"\(in multiple\) lies between 1 and 5"),
        ({"cost_of_capital_ratio": "dear"}, r"is 'dear'; it takes a number between 0 and 1 \(a ratio\)"),
        ({"cost_of_capital_ratio": "1e-2"}, "Write it as 0.010000"),
        ({"cost_of_capital_ratio": True}, "is True; it takes a number"),
        ({"cost_of_capital_ratio": float("nan")}, "is nan; it takes a number"),
        ({"cost_of_capital_ratio": None}, "is None; it takes a number"),
        ({"seed": 1.0}, "seed is 1.0; it takes a whole number"),
        ({"seed": -1}, "seed is -1; it takes a whole number from 0"),
        ({"seed": True}, "seed is True"),
        ({"seed": 2**63}, "to 9223372036854775807"),
        ({"as_of": "2024-13-01"}, "not a day; write it as YYYY-MM-DD"),
        ({"as_of": 20240630}, "not a day; write it as YYYY-MM-DD"),
        ({"as_of": "20240630"}, "not a day; write it as YYYY-MM-DD"),
        ({"as_of": "2019-06-30"}, "the first day possible is 2023-03-15"),
        ({"scenario": 3}, "it takes a text: one of base, high, low"),
        ({"scenario": "hihg"}, "Did you mean 'high'"),
        ({"scenario": "low, cost_of_capital_ratio=12"}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(given: dict, words: str) -> None:
    """Name, value, bounds, remedy; and who said it."""
    with pytest.raises(AieqError, match=words):
        check(given)
    with pytest.raises(AieqError, match="^x.yml: "):
        check(given, "x.yml")


def test_a_point_has_one_form() -> None:
    """Days and numbers may be written in several ways; equal points are equal afterwards."""
    one = check({"as_of": dt.date(2024, 6, 30), "asset_life_years.shell": 20.0, "scenario": " low ", "seed": 1})
    assert one == check({"as_of": "2024-06-30", "asset_life_years.shell": 20, "scenario": "low", "seed": 1})
    assert one == {"as_of": "2024-06-30", "asset_life_years.shell": 20, "scenario": "low", "seed": 1}
    assert check({"as_of": dt.datetime(2024, 6, 30, 12)}) == {"as_of": "2024-06-30"}


def test_a_scenario_file_becomes_a_text_that_travels(tmp_path: Path) -> None:
    """What the file says, without the file; what only repeats the base scenario is left out."""
    path = tmp_path / "mine.yml"
    path.write_text("values: {asset_life_years: {accelerators: 3, shell: 25.0}, cost_of_capital_ratio: 0.12}")
    text = check_value("scenario", path)
    assert text == "base, asset_life_years.accelerators=3, cost_of_capital_ratio=0.12"
    mine, travelled = load_scenario(str(path)), load_scenario(text)
    assert dict(travelled) == dict(mine)


def test_values_nobody_defends_are_doubted_and_allowed() -> None:
    """A line each, with the range; what is defended is not spoken of."""
    point = {"cost_of_capital_ratio": 0.3, "asset_life_years.shell": 20, "as_of": "2024-06-30", "seed": 1}
    assert doubts(check(point)) == [
        "cost_of_capital_ratio is 0.3, outside the range that is defended, 0.08 to 0.14 (ratio)"
    ]
    assert "no evidence after 2026-08-31" in doubts({"as_of": "2030-01-01"})[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["seed"], "'seed' sets nothing; write name=value"),
        (["=3"], "sets nothing"),
        (["seed="], "sets nothing"),
        (["seed=1", "seed = 2"], "seed is given twice, as 1 and as 2"),
        (["seed=1.5"], "seed is 1.5; it takes a whole number"),
        (["seed=inf"], "seed is inf"),
        (["cost_of_capital_ratio=8%"], "is '8%'; it takes a number"),
        (["sed=1"], "Did you mean 'seed'"),
    ],
)
def test_what_is_typed_wrongly_is_refused(typed: list[str], words: str) -> None:
    """As on the command line."""
    with pytest.raises(ParameterError, match=words):
        from_text(typed)


def test_what_is_typed_gets_its_type() -> None:
    """A text for days and scenarios, which may hold an equals sign; numbers for the rest."""
    typed = ["as_of=2024-06-30", "scenario=low, cost_of_capital_ratio=0.2", "seed=7", "asset_life_years.shell=2e1"]
    assert from_text(typed) == {
        "as_of": "2024-06-30",
        "scenario": "low, cost_of_capital_ratio=0.2",
        "seed": 7,
        "asset_life_years.shell": 20,
    }


def test_a_point_as_a_chapter_takes_it() -> None:
    """Three parameters; an assumption that is set wins over what the scenario says."""
    point = {"scenario": "low, cost_of_capital_ratio=0.2", "cost_of_capital_ratio": 0.12, "seed": 3}
    assert scenario_text(point) == "low, cost_of_capital_ratio=0.12"
    assert chapter_parameters(point) == {"scenario": "low, cost_of_capital_ratio=0.12", "seed": 3}
    # low has 0.08 itself
    assert scenario_text({"scenario": "low", "cost_of_capital_ratio": 0.08}) == "low"


def test_chapters_and_findings_refuse_the_same() -> None:
    """Whoever sets an assumption: a chapter's parameters, the command line, a notebook of one's own."""
    impossible = "base, cost_of_capital_ratio=12"
    for use in (
        lambda: check_parameters("cost", {"scenario": impossible}, DEFAULTS),
        lambda: context_for("2025-03-31", impossible),
        lambda: load_scenario("base").replaced(cost_of_capital_ratio=12),
    ):
        with pytest.raises(ScenarioError, match="between 0 and 1"):
            use()


def test_an_entry_without_usual_bounds_has_to_say_its_own(tmp_path: Path) -> None:
    """A unit such as kW says nothing of what is possible; and a range may not leave what is."""
    entry = "x_ratio:\n  title: T\n  unit: {}\n  base: 1\n  range: [1, 2]\n  because: b\n  sources: []\n"
    (tmp_path / "base.yml").write_text(entry.format("other"))
    with pytest.raises(ScenarioError, match=r"no usual bounds; add possible: \[low, high\]"):
        load_scenario("base", tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "base.yml").write_text(entry.format("ratio"))
    with pytest.raises(ScenarioError, match=r"outside the possible \(0, 1\)"):
        load_scenario("base", other)
