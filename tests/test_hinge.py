"""What the verdict hinges on is told on both readings, and the words follow the day."""

from __future__ import annotations

import math

import pytest

from aieq.findings import Context, context_for, doubt_words, hinge


@pytest.fixture(scope="module")
def now() -> Context:
    return context_for("2026-08-31")


@pytest.mark.parametrize("case", list(hinge.CASES))
def test_revenue_a_year_ahead_is_the_integral_of_growth_that_fades(now: Context, case: str) -> None:
    life, _, ahead = (now[name] for name in hinge.CASES[case])
    start, lasting = math.log(now["actual_growth_multiple"].value), math.log1p(now.scenario["lasting_growth_ratio"])
    steps = 20_000
    rates = (lasting + (start - lasting) * 0.5 ** ((i + 0.5) / steps / life.value) for i in range(steps))
    expected = now["actual_ai_revenue_usd_bn"].value * math.exp(sum(rates) / steps)
    assert ahead.value == pytest.approx(expected, rel=1e-6)
    assert ahead.low < ahead.value < ahead.high


def test_the_chance_on_record_keeps_its_value_whichever_line_is_left_out(now: Context) -> None:
    chance = now["chance_capital_by_2030_on_record_ratio"]
    assert 0 <= chance.low <= chance.value <= chance.high <= 1
    assert set(now["half_life_right_fast_years"].sources) <= set(chance.sources)


def test_the_even_chance_lies_where_the_chances_say(now: Context) -> None:
    even = now["half_life_even_chance_years"]
    for life, chance, _ in hinge.CASES.values():
        assert (now[life].value > even.value) == (now[chance].value > 0.5)


def test_both_readings_stand_side_by_side_on_any_day(now: Context) -> None:
    early = context_for("2023-09-30")
    for context in (now, early):
        table = hinge.rows(context)
        assert list(table["case"]) == ["As assumed", "As on fast lines of the past"]
        assert (table.map(len) > 0).all(axis=None)
    assert "not known" in set(hinge.rows(early)["chance"])


def test_a_day_on_which_nothing_was_known_has_its_own_words() -> None:
    early = context_for("2023-09-30")
    assert all(doubt_words.sentences(early).values())
    for chart in ("bands", "carriers", "flip", "curve", "switches"):
        assert doubt_words.chart_title(early, chart)


def test_words_turn_with_the_numbers(now: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "survives every definition" in doubt_words.survives(now)
    table = doubt_words.outlook.combined(now)
    monkeypatch.setattr(
        doubt_words.outlook, "combinations", lambda _: table.assign(coverage_ratio=table["coverage_ratio"] * 1.5)
    )
    rich = context_for("2026-08-31")
    assert "hangs on the definition" in doubt_words.survives(rich)
