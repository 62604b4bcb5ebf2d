"""One quantity has one name: no two findings that say the same on every day asked."""

from __future__ import annotations

from collections import defaultdict

import pytest

from aieq.findings import compute

DAYS = ("2025-06-30", "2025-12-31", "2026-08-31")
# Different quantities that happen to have one value on all these days, and why both stand.
COINCIDENCES = {
    frozenset({"cahn_2024_printed_usd_bn", "cahn_2024_rebuilt_usd_bn"}): "what he printed, and our repetition of it",
    frozenset({"cost_fall_microsoft_ratio", "large_clouds_share_ratio"}): "two halves, of cost and of sales",
    frozenset({"definitions_covering_count", "models_met_count"}): "no definition and no model is met on these days",
    frozenset({"models_outlay_usd_bn", "required_revenue_usd_bn"}): "Cahn's rule asks most of all",
    frozenset({"guidance_raised_count", "guidance_revisions_count"}): "no revision has lowered a forecast yet",
    frozenset({"lever_advertising_ratio", "lever_best_ratio"}): "advertising is the best of the levers on these days",
    frozenset({"record_10bn_year", "training_run_1bn_year"}): "the dearest run is ahead of the line by a factor of ten",
}


@pytest.fixture(scope="module")
def known(context_on) -> list[dict[str, tuple[float, str]]]:
    """Value and unit of every finding on each of the days; sources may differ between two names of one quantity."""
    return [
        {record["name"]: (float(f"{record['value']:.9g}"), record["unit"]) for record in compute(context_on(day))}
        for day in DAYS
    ]


def same(known: list[dict[str, tuple[float, str]]]) -> set[frozenset[str]]:
    """Groups of names with equal value and unit, or equally unknown, on every day."""
    groups = defaultdict(set)
    for name in sorted(set().union(*known)):
        groups[tuple(day.get(name) for day in known)].add(name)
    return {frozenset(names) for names in groups.values() if len(names) > 1}


def test_no_quantity_has_two_names(known):
    undeclared = [sorted(names) for names in same(known) if names not in COINCIDENCES]
    assert not undeclared, f"one quantity under several names, or declare the coincidence: {undeclared}"


def test_every_declared_coincidence_is_one(known):
    assert set(COINCIDENCES) <= same(known), "no longer equal: delete the declaration"


def test_a_second_name_would_be_seen(known):
    copied = [day | ({"again": day["coverage_ratio"]} if "coverage_ratio" in day else {}) for day in known]
    assert frozenset({"again", "coverage_ratio"}) in same(copied)
