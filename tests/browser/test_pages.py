"""Every built page in a real browser: silent console, no other host, nothing wider than the screen, live charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.engine import THEMES, WIDTHS, browser, html_folder, lay_out, pages, served

pytestmark = pytest.mark.browser

FOLDER = html_folder()
PAGES = pages(FOLDER)


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """One browser for all tests; without one they fail and say what to install."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The built book over http, from this machine."""
    with served(FOLDER) as where:
        yield where


class Visit:
    """A page, with all it said on the console and all it asked for."""

    def __init__(self, engine: Any, url: str, width: int = 1280, theme: str = "light", *, script: bool = True) -> None:
        self.context = engine.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.said.append(f"failed: {request.url}"))
        self.page.goto(url)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def foreign(self) -> list[str]:
        """Addresses asked for that are neither files nor on this machine."""
        return [a for a in self.asked if not a.startswith(("file:", "data:", "blob:", "http://127.0.0.1"))]


def test_there_are_pages_to_look_at() -> None:
    """Without a built book none of these checks would look at anything."""
    assert PAGES, f"no pages in {FOLDER}: build the book first (make book), or set AIEQ_HTML"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_quiet_stays_home_and_fits(engine: Any, name: str, theme: str, width: int) -> None:
    """Opened as a file: nothing on the console, no other host, no sideways scrolling, every chart has a place."""
    with Visit(engine, (FOLDER / name).as_uri(), width, theme) as visit:
        page = visit.page
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        lay_out(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide on a screen of {width}: {_culprits(page, width)}"
        for figure in page.query_selector_all("figure.chart"):
            label = figure.get_attribute("id")
            drawn = [s for s in figure.query_selector_all("svg.still") if s.bounding_box()]
            assert len(drawn) == 1, f"{label} shows {len(drawn)} still drawings"
            box = drawn[0].bounding_box()
            assert box["width"] > 200
            assert box["height"] > 40
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 1
        assert not visit.said, "\n".join(visit.said)
        assert not visit.foreign(), "\n".join(visit.foreign())


def _culprits(page: Any, width: int) -> list[str]:
    """Elements that stick out on the right and are not inside something that scrolls."""
    return page.evaluate(
        """(width) => [...document.querySelectorAll("main *")].filter((e) => {
            if (e.getBoundingClientRect().right <= width + 1) return false;
            for (let p = e.parentElement; p; p = p.parentElement)
                if (["auto", "scroll", "hidden"].includes(getComputedStyle(p).overflowX)) return false;
            return true;
        }).slice(0, 5).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)""",
        width,
    )


def _with_charts() -> list[str]:
    return [name for name in PAGES if 'data-live="' in (FOLDER / name).read_text(encoding="utf-8")]


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize("name", _with_charts())
def test_every_chart_wakes_when_a_reader_comes_near(engine: Any, address: str, name: str, scheme: str) -> None:
    """Nothing is loaded before the first movement; then each chart comes alive without a word on the console."""
    url = (FOLDER / name).as_uri() if scheme == "file" else f"{address}/{name}"
    with Visit(engine, url) as visit:
        page = visit.page
        page.wait_for_load_state("load")
        assert not [a for a in visit.asked if "/charts/" in a], "a live chart was loaded before anybody moved"
        page.mouse.move(200, 200)
        page.mouse.move(300, 300)
        for figure in page.query_selector_all("figure.chart[data-live]"):
            figure.scroll_into_view_if_needed()
            page.wait_for_selector(f"#{figure.get_attribute('id')}[data-state=live]", timeout=15_000)
            live = figure.query_selector(".chart-live svg").bounding_box()
            assert live["width"] > 200
            assert live["height"] > 40
            assert figure.query_selector(".chart-live").get_attribute("aria-label")
        assert not visit.said, "\n".join(visit.said)
        assert not visit.foreign(), "\n".join(visit.foreign())


def test_a_live_chart_tells_its_row_on_hover(engine: Any) -> None:
    """Somewhere on the first chart a tooltip appears."""
    charts = _with_charts()
    assert charts, "no page has a live chart"
    with Visit(engine, (FOLDER / charts[0]).as_uri()) as visit:
        page = visit.page
        page.mouse.move(200, 200)
        page.mouse.move(220, 220)
        figure = page.query_selector("figure.chart[data-live]")
        figure.scroll_into_view_if_needed()
        page.wait_for_selector(f"#{figure.get_attribute('id')}[data-state=live]", timeout=15_000)
        box = figure.query_selector(".chart-live svg").bounding_box()
        for step in range(4, 40):
            for share in (0.3, 0.5, 0.7, 0.85):
                page.mouse.move(box["x"] + box["width"] * step / 40, box["y"] + box["height"] * share)
            if page.query_selector(".chart-tip:not([hidden])"):
                break
        marks = page.query_selector_all(".chart-live svg .mark-symbol path, .chart-live svg .mark-rect path")
        for mark in marks[:60]:
            if page.query_selector(".chart-tip:not([hidden])"):
                break
            mark.hover(force=True)
        tip = page.query_selector(".chart-tip:not([hidden])")
        assert tip is not None, "no tooltip on any mark"
        assert tip.inner_text().strip()


def test_without_scripts_a_page_still_shows_its_charts(engine: Any) -> None:
    """The still drawing needs nothing but the page."""
    name = _with_charts()[0]
    with Visit(engine, (FOLDER / name).as_uri(), script=False) as visit:
        visit.page.wait_for_selector("figure.chart svg.still.wide", state="attached")
        assert visit.page.locator("figure.chart svg.still.wide").first.bounding_box()["height"] > 40


def test_the_ledger_filters_sorts_and_opens_the_claim_one_links_to(engine: Any) -> None:
    """A link to a claim unfolds it; a filter says how many rows are left; a head sorts."""
    page_of_verdicts = FOLDER / "chapters" / "verdict.html"
    claim = re.search(
        r'<tr id="(claim-[^"]+)" data-then="[^"]+" data-now="([^"]+)"', page_of_verdicts.read_text("utf-8")
    )
    assert claim, "the page of verdicts has no ledger"
    with Visit(engine, f"{page_of_verdicts.as_uri()}#{claim[1]}") as visit:
        page = visit.page
        page.wait_for_selector(f"#{claim[1]} details[open]", timeout=10_000)
        rows = page.locator("table.ledger tbody tr")
        every = rows.count()
        page.locator(".ledger-bar select").first.select_option(claim[2])
        left = page.locator("table.ledger tbody tr:not([hidden])")
        assert 0 < left.count() <= every
        assert page.locator(".ledger-bar output").inner_text() == f"{left.count()} of {every} claims"
        assert set(left.evaluate_all("rows => rows.map((row) => row.dataset.now)")) == {claim[2]}
        page.locator(".ledger-bar select").first.select_option("")
        page.locator("table.ledger thead button").first.click()
        said = [
            text.lower() for text in rows.evaluate_all("rows => rows.map((row) => row.cells[0].textContent.trim())")
        ]
        assert page.locator("table.ledger thead th").first.get_attribute("aria-sort") == "ascending"
        assert said[0] <= said[-1]
        assert not visit.said, "\n".join(visit.said)


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_search_finds_a_word_of_the_book(engine: Any, address: str, scheme: str) -> None:
    """The search page answers without another host, from a file and from a server."""
    url = (FOLDER / "search.html").as_uri() if scheme == "file" else f"{address}/search.html"
    with Visit(engine, f"{url}?q=revenue") as visit:
        visit.page.wait_for_selector("#search-results li a", timeout=10_000)
        assert not visit.said, "\n".join(visit.said)
        assert not visit.foreign(), "\n".join(visit.foreign())


def test_the_checks_see_a_planted_fault(engine: Any, tmp_path: Any) -> None:
    """A page that asks another host, complains and is too wide is noticed on all three counts."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><body style='margin:0'><div style='width:900px'>wide</div>"
        "<script src='http://elsewhere.invalid/x.js'></script><script>console.error('oh')</script>",
        encoding="utf-8",
    )
    with Visit(engine, bad.as_uri(), 390) as visit:
        assert visit.foreign() == ["http://elsewhere.invalid/x.js"]
        assert "oh" in visit.said
        assert visit.page.evaluate("document.documentElement.scrollWidth") > 390
