"""The report month by month: days, words, what the page is handed, and what it says without a script."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from aieq.charts import time_machine as charts
from aieq.claims import VERDICTS, claims, curve
from aieq.report import time_machine

SOURCES = ["cahn_2024_600b"]


@pytest.fixture(scope="module")
def early(context_on):
    """A context early enough to be quick, on a day that ends no month."""
    return context_on("2023-11-15")


def data_of(markup: str) -> dict:
    """What the page's script reads."""
    return json.loads(re.search(r'class="tm-data">(.*?)</script>', markup)[1])


def test_months_end_on_the_day_of_the_edition(early):
    """The running month counts, as far as it has come; a day before the first month stands alone."""
    days = [moment.day for moment in time_machine.moments(early)]
    assert days[0] == date(2023, 6, 30)
    assert days[-2:] == [date(2023, 10, 31), date(2023, 11, 15)]
    assert len({f"{day:%Y-%m}" for day in days}) == len(days), "a month would have two meanings in an address"
    assert time_machine.month_ends(date(2023, 5, 10)) == [date(2023, 5, 10)]


def test_a_month_says_what_the_report_says_as_of_its_end(early, context_on):
    """Nothing published later gets in: each month equals the report opened on that day."""
    there = context_on("2023-08-31")
    moment = next(m for m in time_machine.moments(early) if m.key == "2023-08")
    for name in time_machine.FIGURES:
        quantity = there.get(name)
        assert moment.text(name) == ("not known on that day" if quantity is None else quantity.full_text())
    assert moment.verdicts == {entry.id: entry.judge(there).verdict for entry in claims()}


def test_verdicts_are_those_of_the_curve(early):
    """The chart of the verdict chapter and the time machine count alike."""
    counted = curve(early).set_index(["month", "verdict"])["claims"]
    for moment in time_machine.moments(early)[:-1]:
        for verdict in VERDICTS:
            assert moment.count(verdict) == counted[str(moment.day), verdict]


def test_the_panel_shows_the_last_month_and_hands_all_to_the_script(early):
    """What is read without a script is what the script starts from."""
    shown = time_machine.control(early)
    data, asked = data_of(shown.markup), time_machine.moments(early)
    assert [month["key"] for month in data["months"]] == [moment.key for moment in asked]
    last = data["months"][-1]
    for name, text in zip(data["figures"], last["texts"], strict=True):
        assert f'data-figure="{name}">{text}<' in shown.markup
    assert [VERDICTS[int(digit)] for digit in last["verdicts"]] == list(asked[-1].verdicts.values())
    assert shown.markup.count('data-claim="') == len(claims())
    table = shown.markup[shown.markup.index("Every month as a table") :]
    assert table.count('<th scope="row">') == len(asked)


def test_the_check_of_chapters_sees_every_month(early):
    """Chapters are compared by text, so the text holds each day with its figures and verdicts."""
    lines = time_machine.control(early).text.splitlines()
    assert [line[:10] for line in lines] == [str(moment.day) for moment in time_machine.moments(early)]
    assert all(len(line.rsplit(" ", 1)[1]) == len(claims()) for line in lines)


def test_nothing_a_claim_says_can_end_the_data(early, monkeypatch):
    """An angle bracket inside the data would close the element that holds them."""
    monkeypatch.setattr(time_machine, "sentence", lambda moment: "</script><b>")
    markup = time_machine.control(early).markup
    assert "</script><b>" not in markup
    assert data_of(markup)["months"][0]["say"] == "</script><b>"


def test_spells_tell_each_change_once(early):
    """From the first month on, a verdict is named when it begins."""
    told = dict(line.split(": ", 1) for line in time_machine.verdict_spells(early).text.splitlines())
    assert set(told) == {entry.id for entry in claims()}
    for entry in claims():
        verdicts = [moment.verdicts[entry.id] for moment in time_machine.moments(early)]
        changes = sum(a != b for a, b in zip(verdicts, verdicts[1:], strict=False))
        assert told[entry.id].count(" from ") == changes + 1


def test_small_multiples_need_two_months(early, context_on):
    """One day draws no line, and says so."""
    drawn = charts.small_multiples(time_machine.path(early), as_of=early.as_of, sources=SOURCES, title="Months")
    assert "panels of one line each" in drawn.alt
    first = context_on("2023-06-30")
    said = charts.small_multiples(time_machine.path(first), as_of=first.as_of, sources=SOURCES, title="Months")
    assert "no figure" in repr(said)
    assert "No earlier month" in time_machine.control(first).markup
