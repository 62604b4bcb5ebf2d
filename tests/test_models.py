"""The published calculations give the published answers, and the check can fail."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from aieq import models
from aieq.errors import EquationError, UnknownNameError

REFERENCE = Path(__file__).parent / "reference" / "models.csv"

# id in the reference table -> the answer printed by its author, written out here by hand
PUBLISHED = {
    "cahn2023_required": 200,
    "cahn2023_hole": 125,
    "cahn2024_required": 600,
    "cahn2024_hole": 500,
    "bain2025_required": 2000,
    "jpm2025_iphone": 34.72,
    "kupperman2025_aug": 160,
    "krishna2025": 800,
    "acemoglu_tfp": 0.66,
    "deepseek_cost": 87072,
    "deepseek_revenue": 562027,
    "a16z_llmflation": 10,
}
CANNOT = {"question_840bn", "jpm2025_required"}


def reference() -> dict[str, dict[str, str]]:
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_answer_is_repeated(name):
    model = models.get(name)
    assert model.published == PUBLISHED[name]
    assert model.compute() == pytest.approx(PUBLISHED[name], rel=model.tolerance_ratio)
    assert model.verdict == "reproduced"


def test_every_model_is_either_repeated_or_says_what_is_missing():
    assert {model.id for model in models.MODELS} == set(PUBLISHED) | CANNOT
    for name in CANNOT:
        model = models.get(name)
        assert model.verdict == "cannot be reproduced"
        assert model.missing


def test_inputs_and_answers_are_those_of_the_reference_table():
    table = reference()
    shared = [model for model in models.MODELS if model.id in table]
    assert len(shared) == len(models.MODELS) - 2  # the 840 billion and DeepSeek's revenue are not in the table
    for model in shared:
        row = table[model.id]
        assert model.published == pytest.approx(float(row["published_output"]))
        assert model.day == row["published"]
        theirs = json.loads(row["inputs(json)"])
        for name, value in model.inputs.items():
            assert theirs[{"return_ratio": "return"}.get(name, name)] == value, (model.id, name)


def test_a_changed_input_breaks_the_check():
    good = models.get("kupperman2025_aug")
    bad = replace(good, inputs={**good.inputs, "life_years": 9})
    assert good.verdict == "reproduced"
    assert bad.verdict == "not reproduced"


def test_jpmorgan_is_bounded_not_matched():
    # 5000 x 10 % = 500 asks for less than the 650 published; 500 / 650 = 0.769 is the cash margin that would close it
    assert models.get("jpm2025_required").compute() == 500
    assert models.get("jpm2025_required").compute(cash_margin=500 / 650) == pytest.approx(650)


def test_the_840_billion_backwards():
    # 840 x (1 - 0.5) / 2 = 210 a year, 52.5 a quarter
    assert models.cahn_run_rate_usd_bn(840, 2, 0.5) == 210
    assert models.cahn_required_usd_bn(210, 2, 0.5) == 840
    with pytest.raises(EquationError, match="no source in the evidence"):
        models.get("question_840bn").compute()


def test_deepseek_margin_on_revenue():
    # (562,027 - 87,072) / 562,027 = 84.5 per cent
    revenue = models.get("deepseek_revenue").compute()
    assert revenue == pytest.approx(342 * 140 + 266 * 550 + 168 * 2190)
    assert 1 - models.get("deepseek_cost").compute() / revenue == pytest.approx(0.845, abs=5e-4)


def test_table_has_a_row_for_each():
    table = models.table().set_index("id")
    assert len(table) == len(models.MODELS)
    assert table.loc["krishna2025", "computed"] == 800
    assert table["computed"].isna().sum() == 1
    assert (table["verdict"] == "not reproduced").sum() == 0


def test_table_by_a_day_holds_only_what_was_published_by_then():
    assert set(models.table("2023-12-31")["id"]) == {"cahn2023_required", "cahn2023_hole"}
    assert len(models.table("2026-08-31")) == len(models.MODELS) - 1  # the 840 billion question has no day
    assert models.table("2023-01-01").empty


def test_bridge_by_hand():
    rules = models.on_common_inputs(gpu_run_rate_usd_bn=150, ai_capex_usd_bn=300, ai_capital_usd_bn=600)
    # 150x2/0.5, 300/0.25, 300/10/0.25, 600x0.1/0.5
    assert rules["required_usd_bn"].tolist() == pytest.approx([600, 1200, 120, 120])


def test_refusals_name_the_remedy():
    with pytest.raises(UnknownNameError, match="Did you mean 'krishna2025'"):
        models.get("krishna2024")
    with pytest.raises(UnknownNameError, match="Did you mean 'life_years'"):
        models.get("kupperman2025_aug").compute(life_year=5)
    with pytest.raises(EquationError, match=r"50 per cent is 0\.5"):
        models.cahn_required_usd_bn(50, 2, 50)
    with pytest.raises(EquationError, match="above zero"):
        models.kupperman_required_usd_bn(400, 0, 0.25)
