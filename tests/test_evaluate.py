"""Findings of many points in one call."""

from __future__ import annotations

import pyarrow as pa
import pytest

from aieq import claims
from aieq.assumptions import load_scenario
from aieq.errors import UnknownNameError
from aieq.findings import HEADLINE, REGISTRY, context_for
from aieq.runs.evaluate import context_of, evaluate

DAY = "2025-03-31"


def test_numbers_by_hand() -> None:
    """Nvidia's quarter to January 2025 was 35,580: 142.32 a year; doubled for the rest, doubled for the margin."""
    table = evaluate([{"as_of": DAY}, {"as_of": DAY, "cahn_buyer_gross_margin_ratio": 0.6}]).table.to_pandas()
    required = table[table["finding"] == "required_revenue_usd_bn"]
    assert required["value"].tolist() == pytest.approx([142.32 * 4, 142.32 * 5])
    assert required["point"].tolist() == [0, 1]
    assert required["unit"].tolist() == ["USD_bn", "USD_bn"]
    assert required["grade"].tolist() == ["assumed", "assumed"]
    assert table["verdict"].isna().all()


def test_the_table_is_typed_and_complete() -> None:
    """A row for each point and finding, in the order of the points."""
    done = evaluate([{"as_of": "2026-08-31"}, {"as_of": DAY}])
    words = pa.dictionary(pa.int32(), pa.string())
    assert done.table.schema == pa.schema(
        {
            "point": pa.int64(),
            "finding": words,
            "unit": words,
            "value": pa.float64(),
            "low": pa.float64(),
            "high": pa.float64(),
            "grade": words,
            "verdict": words,
        }
    )
    assert done.table["point"].to_pylist() == [0] * len(HEADLINE) + [1] * len(HEADLINE)
    assert done.table["finding"].to_pylist() == [*HEADLINE, *HEADLINE]
    assert not done.failures


@pytest.mark.parametrize(
    ("point", "text"),
    [
        ({}, "base"),
        ({"scenario": "low"}, "low"),
        ({"scenario": "low", "overhead_ratio": 0.3}, "low, overhead_ratio=0.3"),
        ({"asset_life_years.shell": 40, "power_kw": 1.5}, "base, asset_life_years.shell=40, power_kw=1.5"),
        ({"scenario": "high, power_kw=1.5", "overhead_ratio": 0.3}, "high, power_kw=1.5, overhead_ratio=0.3"),
        ({"ai_share_of_capex_ratio.2026": 0.7}, "base, ai_share_of_capex_ratio.2026=0.7"),
    ],
)
def test_a_point_is_its_scenario_text(point, text) -> None:
    """A point and the text a chapter would be given suppose the same, and give the same."""
    context = context_of({"as_of": DAY, **point})
    assert context.scenario == load_scenario(text)
    assert context["coverage_capital_ratio"] == context_for(DAY, text)["coverage_capital_ratio"]


def test_what_is_not_known_says_so() -> None:
    """Null, and of the grade unknown; whoever adds up unknowns gets none."""
    table = evaluate([{"as_of": "2023-07-31"}], ["coverage_year_earlier_ratio", "gpu_run_rate_usd_bn"]).table
    assert table["grade"].to_pylist() == ["unknown", "derived"]
    assert table["value"].to_pylist()[0] is None
    assert table["value"].to_pylist()[1] > 0


@pytest.mark.parametrize(
    ("point", "error", "says"),
    [
        ({"as_of": DAY, "overhead": 0.3}, "UnknownNameError", "overhead_ratio"),
        ({"as_of": "2020-01-01"}, "VintageError", "no AI revenue had been published"),
        ({"as_of": "soon"}, "VintageError", "YYYY-MM-DD"),
        ({"scenario": "base"}, "VintageError", "as_of"),
        ({"as_of": DAY, "scenario": "lowest"}, "UnknownNameError", "low"),
        ({"as_of": DAY, "overhead_ratio": "much"}, "ScenarioError", "give a number"),
    ],
)
def test_one_bad_point_costs_only_itself(point, error, says) -> None:
    """It is recorded with what was wrong; the others are there."""
    good = {"as_of": DAY}
    done = evaluate([good, point, good], ["coverage_ratio"])
    (failure,) = done.failures
    assert (failure["point"], failure["parameters"], failure["error"]) == (1, point, error)
    assert says in failure["message"]
    assert done.table["point"].to_pylist() == [0, 2]
    assert len(set(done.table["value"].to_pylist())) == 1


def test_a_fault_in_a_finding_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only our own errors: whatever a run does."""
    entry = REGISTRY["rules_apart_multiple"]
    broken = type(entry)(entry.name, entry.unit, entry.section, entry.says, lambda context: 1 // 0)
    monkeypatch.setitem(REGISTRY, entry.name, broken)
    done = evaluate([{"as_of": "2024-09-30", "power_kw": 1.23}], [entry.name])
    assert [failure["error"] for failure in done.failures] == ["ZeroDivisionError"]
    assert done.table.num_rows == 0


def test_all_findings_bring_the_verdicts() -> None:
    """A row for each claim, with the verdict that the ledger gives and the grade of the weakest finding."""
    table = evaluate([{"as_of": DAY}], "all").table.to_pandas()
    assert len(table) == len(REGISTRY) + len(claims.claims())
    judged = table[table["finding"].str.startswith("claim:")].set_index("finding")
    ledger = claims.ledger(context_for(DAY)).set_index("id")
    assert judged["verdict"].tolist() == [ledger.loc[name.removeprefix("claim:"), "now"] for name in judged.index]
    assert judged["grade"].tolist() == [ledger.loc[name.removeprefix("claim:"), "grade"] for name in judged.index]
    assert judged["value"].isna().all()
    assert table[~table["finding"].str.startswith("claim:")]["verdict"].isna().all()


def test_an_unknown_finding_is_refused_at_once() -> None:
    """Before anything is computed."""
    with pytest.raises(UnknownNameError, match="Did you mean 'coverage_ratio'"):
        evaluate([], ["coverage_ration"])
