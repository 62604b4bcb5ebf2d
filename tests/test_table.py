"""A few runs inside a notebook give the table a stored sweep gives."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from aieq.charts import Silence, sweeps
from aieq.errors import AieqError, ParameterError
from aieq.findings import context_for
from aieq.runs.table import vary

DAY = "2025-03-31"
FINDING = "required_revenue_usd_bn"


def test_each_combination_is_there_with_what_it_was_given() -> None:
    """Step one by hand: run rate over half, over one minus the margin; Nvidia's quarter to January 2025 times four."""
    table = vary({"cahn_buyer_gross_margin_ratio": [0.5, 0.75], "seed": [1, 2]}, [FINDING], as_of=DAY)
    assert list(table.columns[:3]) == ["cahn_buyer_gross_margin_ratio", "seed", "finding"]
    assert table["cahn_buyer_gross_margin_ratio"].tolist() == [0.5, 0.5, 0.75, 0.75]
    assert table["seed"].tolist() == [1, 2, 1, 2]
    assert table["value"].tolist() == pytest.approx([4 * 35.58 / 0.5 / 0.5] * 2 + [4 * 35.58 / 0.5 / 0.25] * 2)


def test_it_says_what_the_findings_say() -> None:
    """Value, range and grade are those of the context with the same scenario text."""
    (row,) = vary({"cost_of_capital_ratio": [0.12]}, ["coverage_capital_ratio"], as_of=DAY).to_dict("records")
    wanted = context_for(DAY, "base, cost_of_capital_ratio=0.12")["coverage_capital_ratio"]
    assert (row["value"], row["low"], row["high"]) == pytest.approx((wanted.value, wanted.low, wanted.high))
    assert row["grade"] == wanted.grade


def test_days_and_scenarios_vary_like_assumptions() -> None:
    """A later day asks for more."""
    table = vary({"as_of": ["2024-06-30", DAY], "scenario": ["base"]}, [FINDING], as_of=DAY)
    assert table["as_of"].tolist() == ["2024-06-30", DAY]
    assert table["value"].is_monotonic_increasing


@pytest.mark.parametrize(
    "values, words",
    [
        ({}, "nothing is varied"),
        ({"cost_of_capital_ratio": []}, "nothing is varied"),
        ({"cost_of_capital_rato": [0.1]}, "Did you mean 'cost_of_capital_ratio'"),
        ({"cost_of_capital_ratio": ["dear"]}, "takes a number"),
        ({"seed": range(5001)}, "5,001 combinations are more than 5,000"),
    ],
)
def test_what_cannot_be_is_refused(values: dict, words: str) -> None:
    """Before anything is computed."""
    with pytest.raises(AieqError, match=words):
        vary(values, [FINDING], as_of=DAY)


def test_too_many_is_a_parameter_error() -> None:
    """As from a design."""
    with pytest.raises(ParameterError):
        vary({"seed": range(5001)}, [FINDING], as_of=DAY)


def test_the_figure_of_a_table_names_its_ends_and_is_silent_without_values() -> None:
    """Lowest at the dearest capital and the shortest life."""
    day = datetime.date(2025, 3, 31)
    table = pd.DataFrame(
        {
            sweeps.COST: [0.08, 0.08, 0.12, 0.12],
            sweeps.LIFE: [3, 5, 3, 5],
            "value": [0.3, 0.4, 0.2, 0.25],
        }
    )
    drawn = sweeps.coverage(table, as_of=day, sources=("jpm_650",), title="Coverage")
    assert "lowest, 20 %, at capital at 12 % and 3 years" in drawn.alt
    assert "highest, 40 %, at capital at 8 % and 5 years" in drawn.alt
    assert len(drawn.data) == 4
    silent = sweeps.coverage(table.assign(value=float("nan")), as_of=day, sources=("jpm_650",), title="Coverage")
    assert isinstance(silent, Silence)
