"""Every page is light, quiet and readable by everyone: weight, axe, keyboard, narrow screens, no script, no network."""

from __future__ import annotations

import gzip
import re
import urllib.parse
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.browser.engine import THEMES, browser, html_folder, lay_out, pages, served

pytestmark = pytest.mark.browser

FOLDER = html_folder()
PAGES = [*pages(FOLDER), "search.html"]
KIB_BEFORE, KIB_ALIVE, REQUESTS_BEFORE = 100, 300, 8
AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """One browser for all tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The built book over http, from this machine."""
    with served(FOLDER) as where:
        yield where


def weight(urls: list[str]) -> float:
    """KiB of files as a server sends them: text compressed, fonts as they are."""
    total = 0
    for url in dict.fromkeys(urls):
        path = FOLDER / urllib.parse.unquote(urllib.parse.urlsplit(url).path.lstrip("/"))
        data = path.read_bytes()
        total += len(data) if path.suffix == ".woff2" else len(gzip.compress(data, 9))
    return total / 1024


def complaints(page: Any, only: str = "") -> list[str]:
    """What axe-core has against a page as it stands, by all its rules or by one."""
    if not page.evaluate("!!window.axe"):
        page.evaluate(AXE)
    rules = {"runOnly": [only]} if only else {}
    found = page.evaluate("(rules) => axe.run(document, {resultTypes: ['violations'], ...rules})", rules)["violations"]
    return [f"{one['id']}: {node['html'][:160]} {node['any'][:1]}" for one in found for node in one["nodes"][:3]]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_open_to_all(engine: Any, address: str, name: str) -> None:
    """At most 100 KiB and 8 requests before anybody moves; axe finds nothing in light and in dark, still and alive."""
    context = engine.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    before = [url for url in asked if not url.startswith("data:")]
    assert len(before) <= REQUESTS_BEFORE, "\n".join(before)
    # a search is what one came to the search page for; its index counts as interaction
    first = [url for url in before if "searchindex" not in url]
    assert weight(first) <= KIB_BEFORE, f"{weight(first):.0f} KiB: {first}"
    # Of what repeats a hundred times, rows and entries, forty are looked at: axe takes a minute for the rest.
    page.evaluate("() => document.querySelectorAll('main :nth-child(n + 41)').forEach((one) => one.remove())")
    said = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        # of all rules only this one looks at colours
        said += [f"{theme}: {one}" for one in complaints(page, "color-contrast" if theme == "dark" else "")]
    assert not said, "\n".join(said)
    text = (FOLDER / name).read_text(encoding="utf-8")
    live = re.findall(r'data-live="(?:\.\./)*([^"]+)"', text)
    if live:
        alive = [*before, *(f"{address}/{one}" for one in [*live, "charts/vega.js"])]
        assert weight(alive) <= KIB_ALIVE, f"{weight(alive):.0f} KiB with every chart alive"
    context.close()


def test_axe_finds_a_planted_fault(engine: Any, tmp_path: Path) -> None:
    """An image without words and a grey that nobody can read."""
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><img src=x.png>"
        "<p style='color:#ccc;background:#fff'>pale</p></main>",
        encoding="utf-8",
    )
    page = engine.new_page()
    page.goto(bad.as_uri())
    said = " ".join(complaints(page))
    assert "image-alt" in said
    assert "color-contrast" in said
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_when_small_and_enlarged_without_scripts_or_network(engine: Any, name: str) -> None:
    """At 320 px, which is also 1280 px at 400 %, and at 200 %: no sideways scrolling; text, links, drawings stay."""
    context = engine.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((FOLDER / name).as_uri())
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 640})
        sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= width, f"{name} is {sizes[0]} px wide on {width} px"
    lay_out(page)
    assert page.locator("main h1:visible").count() == 1  # another is for print
    assert page.locator("nav a[href]").count() > 5
    for figure in page.locator("figure.chart").all():
        assert figure.locator("svg.still:visible").count() == 1
        assert figure.locator("details.chart-table summary").count() == 1
    useless = page.locator(".pst-js-only:visible")
    assert useless.count() == 0, "without scripts a page shows controls that do nothing"
    context.close()


WALK = """() => {
    const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const said = [e.getAttribute("aria-label"), e.textContent.trim(), e.title, e.getAttribute("placeholder"), e.id];
    const name = said.find((text) => text);
    const ring = (s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
    const shown = ring(style) || ring(getComputedStyle(e.parentElement));
    return { tag: e.tagName, name, seen: box.width > 0 && box.height > 0, shown };
}"""


@pytest.mark.parametrize("name", ["chapters/index.html", "chapters/cost.html", "chapters/verdict.html"])
def test_a_page_can_be_walked_by_keyboard(engine: Any, name: str) -> None:
    """Tab leads from the link that skips the menu through controls that have a name, are seen and show the focus."""
    context = engine.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.goto((FOLDER / name).as_uri())
    steps = []
    for _ in range(60):
        page.keyboard.press("Tab")
        steps.append(page.evaluate(WALK))
    assert "Skip" in steps[0]["name"]
    assert len({step["name"] for step in steps}) > 30, "the focus is caught in a circle"
    for step in steps:
        assert step["name"], step
        assert step["seen"], step
        assert step["shown"], f"no sign of the focus: {step}"
    page.keyboard.press("Control+k")
    assert page.locator("#pst-search-dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#pst-search-dialog[open]").count() == 0
    context.close()


def test_the_theme_can_be_switched_and_stays(engine: Any, address: str) -> None:
    """The button goes round auto, light and dark; the next page keeps what was chosen."""
    context = engine.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    page = context.new_page()
    page.goto(f"{address}/{PAGES[0]}")
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button").first.click()
        seen.add(page.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"auto", "light", "dark"}
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.locator(".theme-switch-button").first.click()
    page.goto(f"{address}/{PAGES[1]}")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


def test_motion_stops_for_who_asked_for_it(engine: Any) -> None:
    """With motion reduced nothing on a page moves by itself or slides."""
    context = engine.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((FOLDER / PAGES[0]).as_uri())
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].filter((e) => {
            const style = getComputedStyle(e);
            const long = (text) => text.split(",").some((part) => parseFloat(part) > 0.05);
            return long(style.animationDuration) && style.animationName !== "none"
                || style.scrollBehavior === "smooth" && e === document.documentElement;
        }).length"""
    )
    assert moving == 0
    context.close()
