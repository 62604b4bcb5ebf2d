"""Chapters open on a day, numbers reach the prose with their sources, tables say what they show."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from IPython.core.formatters import format_display_data

from aieq.claims import claims
from aieq.errors import ParameterError, UnknownNameError, VintageError
from aieq.evidence import load
from aieq.findings import context_for
from aieq.quantity import Quantity
from aieq.report import open_chapter, show, tables
from aieq.report.chapters import chapter_files, parameters_of, read_chapter
from aieq.report.must_be_true import solve_today
from aieq.report.page import anchor, describe


@pytest.fixture(scope="module")
def now(context_on):
    return context_on("2026-08-31")


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"as_of": "2010-01-01"}, VintageError, "Ask for that day or later"),
        ({"as_of": "31.3.2025"}, VintageError, "YYYY-MM-DD"),
        ({"as_of": 20250331}, ParameterError, "give a day as text"),
        ({"scenario": "bass"}, UnknownNameError, "Did you mean 'base'"),
        ({"scenario": 3}, ParameterError, "as text"),
        ({"seed": "x"}, ParameterError, "whole number"),
        ({"name": "costs"}, UnknownNameError, "Did you mean 'cost'"),
    ],
)
def test_a_chapter_refuses_what_it_cannot_take(wrong, error, words):
    given = {"name": "cost", "as_of": "2025-03-31", "scenario": "base", "seed": 1} | wrong
    with pytest.raises(error, match=words):
        open_chapter(given.pop("name"), **given)


def test_chapters_and_commands_speak_of_the_day_the_evidence_reaches():
    assert {parameters_of(read_chapter(path))["as_of"] for path in chapter_files()} == {load().last_day.isoformat()}


def published(monkeypatch, *names):
    """What a chapter glues, by name."""
    glued = {}
    monkeypatch.setattr("aieq.report.page._glue", lambda name, piece: glued.__setitem__(name, piece))
    open_chapter("gamble", as_of="2025-03-31").publish(*names)
    return glued


def test_a_number_is_a_link_to_its_row_and_says_how_firm_it_is(monkeypatch):
    glued = published(monkeypatch, "gpu_run_rate_usd_bn")
    # Nvidia's quarter to January 2025 was 35,580 million: times four.
    assert glued["gpu_run_rate_usd_bn"].text == "$142 bn"
    markup = glued["gpu_run_rate_usd_bn"].markup
    assert 'href="figures.html#finding-gpu-run-rate-usd-bn"' in markup
    assert "computed from reported figures" in markup
    assert set(glued) == {f"gpu_run_rate_usd_bn{end}" for end in ("", "__range", "__full", "__asof")}


def test_what_was_not_known_says_so(monkeypatch):
    assert (
        published(monkeypatch, "openai_quarter_over_run_rate_ratio")["openai_quarter_over_run_rate_ratio"].text
        == "not known on that day"
    )


def test_a_verdict_is_a_mark_that_leads_to_the_ledger(monkeypatch):
    piece = published(monkeypatch, "required-600bn")["verdict__required-600bn"]
    assert piece.text == "holds in part"
    assert 'href="verdict.html#claim-required-600bn"' in piece.markup


def test_publishing_an_unknown_name_is_refused_with_the_nearest(monkeypatch):
    with pytest.raises(UnknownNameError, match="gpu_run_rate_usd_bn"):
        published(monkeypatch, "gpu_run_rate_usd")


def test_hover_text_is_escaped():
    text = tables.table(pd.DataFrame({"a": ["<b>"]}), {"a": "A"}, caption="<i>").markup
    assert "<b>" not in text
    assert "&lt;b&gt;" in text


def test_the_page_of_figures_has_a_row_for_every_finding(now):
    markup = show.figures(now).markup
    ids = re.findall(r'id="(finding-[a-z0-9-]+)"', markup)
    assert len(ids) == len(set(ids))
    assert {anchor(name) for name in show.INDEX_FINDINGS} <= set(ids)


def test_every_source_a_figure_names_has_an_entry_in_the_bibliography(now):
    named = set(re.findall(r'sources\.html#(source-[^"]+)"', show.figures(now).markup))
    entries = set(re.findall(r'id="(source-[^"]+)"', show.sources(now).markup))
    assert named <= entries


def test_the_ledger_has_an_anchor_for_every_claim(now):
    markup = show.ledger(now).markup
    assert [f"claim-{claim.id}" for claim in claims()] == re.findall(r'<tr id="(claim-[^"]+)"', markup)


def test_what_a_number_rests_on_is_told_in_one_line():
    line = describe("coverage_ratio", context_for("2025-03-31")["coverage_ratio"])
    assert "rests on an assumption" in line
    assert "as of 2025-03-31" in line


def test_the_answer_follows_the_interval(now, monkeypatch):
    for low, high, answer in ((0.1, 0.9, "Not yet"), (0.5, 1.5, "It may"), (1.1, 1.5, "Yes")):
        coverage = Quantity((low + high) / 2, "ratio", low, high)
        monkeypatch.setitem(now._memo, ("finding", "coverage_capital_ratio"), coverage)
        assert show.answer(now) == answer


def test_a_formula_is_mathematics_on_the_page_and_text_for_the_check():
    data, _ = format_display_data(show.relations("coverage_ratio", "required_revenue_usd_bn"))
    assert data["text/plain"].splitlines()[0] == r"C_1 = \frac{A}{R_1}"
    assert data["text/latex"].count("&=") == 2


def test_what_must_be_true_by_hand():
    # Step one: 600 bn of revenue pay for accelerators at a run rate of 150.
    answer = solve_today("accelerator_run_rate_usd_bn", {"actual_ai_revenue_usd_bn": 600.0}, None, 1.0, "2025-03-31")
    assert answer["value"] == pytest.approx(150)
    with pytest.raises(UnknownNameError, match="accelerators"):
        solve_today("asset_life_years.accelerator", {}, None, 1.0, "2025-03-31")
    with pytest.raises(UnknownNameError, match="cost_of_capital_ratio"):
        solve_today("ai_share_multiple", {"cost_of_capital": 0.1}, None, 1.0, "2025-03-31")


def test_every_module_of_the_package_is_in_the_reference():
    text = show.api().text
    for name in ("evaluate", "load", "growth_fit", "open_chapter", "ledger", "ai_revenue"):
        assert f".{name}:" in text
