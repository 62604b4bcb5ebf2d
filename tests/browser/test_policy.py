"""The content security policy of the pages bites: what it should refuse, a browser refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from aieq.report import lean_policy
from tests.browser.engine import browser, html_folder, pages, served

pytestmark = pytest.mark.browser

FOLDER = html_folder()
PAGES = [*pages(FOLDER), "search.html", "index.html"]
# What an attacker would try, each run in the page; every one must come to nothing.
SEEN = "window.caught = getComputedStyle(document.body).opacity == '1' ? undefined : 1"
ATTEMPTS = {
    "script": "put('script', { textContent: 'window.caught = 1' })",
    "handler": "write('<button onclick=\"window.caught=1\" id=bad>x</button>'); document.getElementById('bad').click()",
    "image": "write('<img src=x onerror=\"window.caught=1\">')",
    "link": "put('a', { href: 'javascript:window.caught=1' }).click()",
    "eval": "try { (0, eval)('window.caught = 1') } catch {}",
    "function": "try { new Function('window.caught = 1')() } catch {}",
    "timer": "setTimeout('window.caught = 1')",
    "style": f"put('style', {{ textContent: 'body{{opacity:.5}}' }}); {SEEN}",
    "attribute": f"document.body.setAttribute('style', 'opacity:.5'); {SEEN}",
    "base": "put('base', { href: 'http://elsewhere.invalid/' });"
    "if (document.baseURI.includes('elsewhere')) window.caught = 1",
    "other host": "put('script', { src: 'http://elsewhere.invalid/x.js' })",
}
WATCH = """() => {
    window.refused = [];
    addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
    window.put = (tag, fields) => document.body.appendChild(Object.assign(document.createElement(tag), fields));
    window.write = (html) => document.body.insertAdjacentHTML("beforeend", html);
}"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """One browser for all tests."""
    with browser() as started:
        yield started


@pytest.mark.parametrize("name", PAGES)
def test_every_page_carries_the_policy_and_keeps_it(name: str) -> None:
    """The same policy on each page, before anything it is to watch, and nothing in the page that it refuses."""
    assert lean_policy.faults((FOLDER / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_nothing_that_is_slipped_into_a_page_runs(engine: Any, scheme: str) -> None:
    """Scripts, handlers, code from text, styles, another base and another host: each is refused and reported."""
    with served(FOLDER) as address:
        name = next(name for name in PAGES if name.endswith("cost.html"))
        page = engine.new_page()
        page.goto((FOLDER / name).as_uri() if scheme == "file" else f"{address}/{name}")
        page.evaluate(WATCH)
        for kind, attempt in ATTEMPTS.items():
            # later, since what a debugger runs itself may make code out of text
            page.evaluate(f"() => {{ setTimeout(() => {{ {attempt} }}, 0) }}")
            page.wait_for_timeout(40)
            assert page.evaluate("window.caught") is None, f"{kind} got through"
        seen = set(page.evaluate("refused"))
        wanted = {"script-src-elem", "script-src-attr", "script-src", "style-src-elem", "style-src-attr", "base-uri"}
        assert wanted <= seen, f"not reported: {wanted - seen}"
        page.close()


def test_charts_need_the_interpreter(engine: Any) -> None:
    """The same chart drawn as Vega does by itself makes code out of text, which the policy stops."""
    name = next(name for name in PAGES if 'data-live="' in (FOLDER / name).read_text(encoding="utf-8"))
    live = re.search(r'data-live="\.\./([^"]+)"', (FOLDER / name).read_text(encoding="utf-8"))
    assert live
    page = engine.new_page()
    page.goto((FOLDER / name).as_uri())
    said = page.evaluate(
        """async ([vega, chart]) => {
            const load = (src) => new Promise((done, failed) => {
                const script = document.createElement("script");
                document.head.append(Object.assign(script, { src, onload: done, onerror: failed }));
            });
            let spec;
            window.aieqChart = (name, made) => { spec = made; };
            await load(vega);
            await load(chart);
            const tried = async (make) => {
                try { const view = make(); await view.runAsync(); return "drawn"; } catch (error) { return error.name; }
            };
            await new Promise((later) => setTimeout(later, 0));  // out of the reach of the debugger
            return [
                await tried(() => new aieqVega.View(aieqVega.parse(structuredClone(spec)))),
                await tried(() => aieqVega.draw(structuredClone(spec))),
            ];
        }""",
        ["../charts/vega.js", f"../{live[1]}"],
    )
    assert said == ["EvalError", "drawn"]
    page.close()
