"""What a reader can do on a page: move the month, look behind a number, copy where it is from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.engine import browser, html_folder

pytestmark = pytest.mark.browser

CHAPTERS = html_folder() / "chapters"
MOVED = ("index", "verdict")


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """One browser for all tests."""
    with browser() as started:
        yield started


@pytest.fixture
def visit(engine: Any) -> Iterator[Any]:
    """Open a page as a file; in the end nothing may have been complained of."""
    said: list[str] = []
    contexts = []

    def go(name: str, place: str = "", *, width: int = 1280, script: bool = True) -> Any:
        context = engine.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto((CHAPTERS / f"{name}.html").as_uri() + place)
        return page

    yield go
    for context in contexts:
        context.close()
    assert not said, "\n".join(said)


def months(page: Any) -> list[dict]:
    """What the time machine of a page knows."""
    return json.loads(page.locator(".tm-data").text_content())["months"]


@pytest.mark.parametrize("name", MOVED)
def test_the_month_moves_by_keyboard_button_and_list(visit: Any, name: str) -> None:
    """All three controls move one state; the words, the figures and the address follow."""
    page = visit(name)
    known = months(page)
    slider, say = page.locator("#tm-month"), page.locator(".tm-say")
    assert say.text_content() == known[-1]["say"]
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == known[-2]["name"]
    page.wait_for_function("text => document.querySelector('.tm-say').textContent === text", arg=known[-2]["say"])
    page.keyboard.press("Home")
    assert page.url.endswith(f"#month={known[0]['key']}")
    back, on = page.get_by_role("button", name="Previous month"), page.get_by_role("button", name="Next month")
    assert back.get_attribute("aria-disabled") == "true"
    on.focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-figure]").all_text_contents() == known[1]["texts"]
    page.get_by_label("Month from a list").select_option(str(len(known) - 3))
    assert slider.input_value() == str(len(known) - 3)
    digits = "".join(known[-3]["verdicts"])
    counts = [int(text) for text in page.locator("[data-count]").all_text_contents()]
    assert counts == [digits.count(str(kind)) for kind in range(5)]


@pytest.mark.parametrize("name", MOVED)
def test_a_link_to_a_month_opens_it_and_a_mangled_one_says_so(visit: Any, name: str) -> None:
    """Nothing of the address is shown or run; the last month stands in for what is not there."""
    page = visit(name)
    known = months(page)
    third = known[2]
    opened = visit(name, f"#month={third['key']}")
    assert opened.locator(".tm-say").text_content() == third["say"]
    assert opened.locator(".tm-note").is_hidden()
    hostile = ("#month=2031-01", "#month=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "#month", "#month=__proto__")
    for place in hostile:
        opened.evaluate("place => { location.hash = place }", place)
        opened.wait_for_function("() => !document.querySelector('.tm-note').hidden")
        assert opened.locator(".tm-say").text_content() == known[-1]["say"], place
        assert known[-1]["name"] in opened.locator(".tm-note").text_content()
        assert opened.locator(".time-machine img").count() == 0
        opened.evaluate("place => { location.hash = place }", f"#month={third['key']}")
        opened.wait_for_function("() => document.querySelector('.tm-note').hidden")


def test_what_moved_in_a_month_is_told(visit: Any) -> None:
    """The claims that changed are marked in words, and counted alike by the sentence above them."""
    page = visit("verdict")
    known = months(page)
    pairs = list(zip(known, known[1:], strict=False))
    place = next(i for i, (a, b) in enumerate(pairs, 1) if a["verdicts"] != b["verdicts"])
    page.get_by_label("Month from a list").select_option(str(place))
    changed = sum(a != b for a, b in zip(known[place - 1]["verdicts"], known[place]["verdicts"], strict=True))
    assert page.locator(".tm-claims .tm-new").count() == changed
    assert page.locator(".tm-moved").text_content().count(", then ") == changed


@pytest.mark.parametrize("name", MOVED)
def test_without_scripts_every_month_can_be_read(visit: Any, name: str) -> None:
    """The panel shows the last month, a table all of them, and the controls that would not work are not there."""
    page = visit(name, script=False)
    assert page.locator(".tm-controls").count() == 0
    assert re.search(r"As known on \d+ \w+ \d{4}", page.locator(".tm-say").text_content())
    page.get_by_text("Every month as a table").click()
    rows = page.locator(".time-machine tbody tr")
    assert rows.first.is_visible()
    assert rows.count() == int(page.locator(".time-machine").get_attribute("data-months"))


@pytest.mark.parametrize("name", MOVED)
def test_the_time_machine_fits_a_narrow_screen(visit: Any, name: str) -> None:
    """At 320 pixels nothing sticks out and every control is large enough to touch."""
    page = visit(name, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for control in page.locator(".tm-controls :is(button, select, input)").all():
        box = control.bounding_box()
        assert box["height"] >= 24
        assert box["x"] + box["width"] <= 320


def first_number(page: Any) -> Any:
    """The first number of a page that carries what is behind it, reached as by keyboard."""
    link = page.locator("article a.figure-link[title][data-sources]").first
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_selector(".card:not([hidden])")
    return page.locator(".card")


def test_a_number_tells_what_is_behind_it_on_focus(visit: Any) -> None:
    """Interval, grade, day and sources; the sources are the next stops; Escape closes and gives the focus back."""
    page = visit("cost")
    told = page.locator("article a.figure-link[title][data-sources]").first.get_attribute("title")
    card = first_number(page)
    for label in ("Interval:", "Grade:", "Known:", "Source:"):
        assert label in card.text_content()
    assert told.split("\n")[0] in card.text_content()
    owner = page.locator("[aria-describedby=card]")
    assert owner.get_attribute("title") is None, "the browser would show the same words a second time"
    page.keyboard.press("Tab")
    assert card.is_visible(), "it went although the reader had just entered it"
    address = page.evaluate("document.activeElement.getAttribute('href')")
    assert address.startswith("sources.html#source-")
    assert f'id="{address.partition("#")[2]}"' in (CHAPTERS / "sources.html").read_text(encoding="utf-8")
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert page.evaluate("document.activeElement.title") == told


def test_a_card_stays_while_the_pointer_is_in_it(visit: Any) -> None:
    """Hovered, it can be reached with the pointer; left, it goes."""
    page = visit("cost")
    link = page.locator("article a.figure-link[title][data-sources]").first
    link.hover()
    page.wait_for_selector(".card:not([hidden])")
    page.locator(".card").hover()
    page.wait_for_timeout(500)
    assert page.locator(".card").is_visible()
    page.mouse.move(5, 5)
    page.wait_for_selector(".card", state="hidden")


def test_a_verdict_and_a_term_tell_their_reason(visit: Any) -> None:
    """Whatever carries a title of ours becomes a card; a term leads to its entry."""
    page = visit("cost")
    for kind in ("a.verdict[title]", "a.term[title]"):
        link = page.locator(f"article {kind}").first
        told = link.get_attribute("title")
        link.scroll_into_view_if_needed()
        link.hover()
        page.wait_for_function("text => document.querySelector('.card:not([hidden])')?.textContent === text", arg=told)
        page.keyboard.press("Escape")
    place = page.locator("a.term").first.get_attribute("href").partition("#")[2]
    assert f'id="{place}"' in (CHAPTERS / "glossary.html").read_text(encoding="utf-8")


def test_a_card_fits_a_narrow_screen(visit: Any) -> None:
    """At 320 pixels it is inside the screen."""
    page = visit("cost", width=320)
    box = first_number(page).bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_finding_can_be_cited(visit: Any) -> None:
    """The button gives BibTeX with value, day and name, braces balanced; where copying fails the text is selected."""
    page = visit("figures", "#finding-coverage-ratio")
    page.mouse.move(100, 100)
    page.mouse.move(120, 120)
    button = page.get_by_role("button", name="Cite coverage_ratio", exact=True)
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    row = page.locator("#finding-coverage-ratio")
    text = row.locator(".cite pre").text_content()
    assert text.startswith("@misc{aieq-finding-coverage-ratio-")
    assert text.count("{") == text.count("}")
    assert "finding coverage\\_ratio}" in text
    assert row.locator("td").first.text_content().replace("%", "\\%") in text
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')) }")
    row.get_by_role("button", name="Copy").click()
    page.wait_for_function("() => document.querySelector('.cite-said').textContent.startsWith('Selected')")
    assert page.evaluate("getSelection().toString()").strip().startswith("@misc")
    button.click()
    assert row.locator(".cite").count() == 0


def test_without_scripts_a_number_still_tells(visit: Any) -> None:
    """As a title, which the browser shows; a chapter says how long it takes."""
    page = visit("cost", script=False)
    told = page.locator("article a.figure-link[title][data-sources]").first.get_attribute("title")
    assert "\nSource: " in told
    assert re.fullmatch(r"\d+ minutes? to read", page.locator(".reading-time").text_content())
