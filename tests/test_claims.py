"""The ledger: every claim judged, on any day, with its reasons."""

from __future__ import annotations

import pytest
import yaml

from aieq import claims
from aieq.errors import UnknownNameError
from aieq.evidence import DATA
from aieq.findings import REGISTRY


@pytest.fixture(scope="module")
def now(context_on):
    return context_on("2026-08-31")


def test_every_claim_of_the_article_has_a_rule():
    article = [entry["id"] for entry in yaml.safe_load((DATA / "claims.yml").read_text())["claims"]]
    assert [claim.id for claim in claims.claims()] == article


def test_rules_are_sentences_and_rest_on_findings_that_exist():
    for claim in claims.claims():
        assert len(claim.rule) > 30, claim.id
        assert len(claim.flips) > 20, claim.id
        assert set(claim.findings) <= set(REGISTRY), claim.id


@pytest.mark.parametrize("day", ["2023-06-30", "2024-06-30", "2025-01-31", "2025-12-31", "2026-08-31"])
def test_every_claim_can_be_judged_on_any_day(now, day):
    there = now.at(day)
    for claim in claims.claims():
        judgement = claim.judge(there)
        assert judgement.verdict in claims.VERDICTS
        assert judgement.because
        if judgement.verdict == "cannot be checked":
            assert judgement.missing


def test_what_is_a_matter_of_record_comes_out_as_recorded(now):
    verdicts = claims.ledger(now).set_index("id")["now"]
    # Nvidia's fiscal 2024 data-centre revenue is in its filings: 47.5 bn.
    assert verdicts["nvidia-dc-47bn-fy2024"] == "holds"
    # No measurement settles a judgement.
    assert verdicts["replaces-not-creates"] == "cannot be checked"


def test_a_claim_about_2024_could_not_be_settled_before_its_figures_were_out(now):
    early = claims.get_claim("nvidia-dc-47bn-fy2024").judge(now.at("2024-01-31"))
    assert early.verdict == "cannot be checked"
    assert claims.get_claim("nvidia-dc-47bn-fy2024").judge(now.at("2024-02-29")).verdict == "holds"


def test_the_ledger_has_both_days(now):
    table = claims.ledger(now)
    assert len(table) == 37
    assert (table["then"] != table["now"]).any()


def test_the_curve_counts_every_claim_every_month(now):
    curve = claims.curve(now, first="2026-05-31")
    assert curve.groupby("month")["claims"].sum().tolist() == [37] * 4


def test_a_verdict_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'holds'"):
        claims.Judgement("hold", "because")
    with pytest.raises(UnknownNameError, match="missing"):
        claims.Judgement("cannot be checked", "because")
    with pytest.raises(UnknownNameError, match="required-600bn"):
        claims.get_claim("required-600")
