"""How soon a change on the playground is on the screen: 4,096 draws, plain and with the processor slowed four times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.timing import Result

PRESSES = 200
# From the event of a key to after the frame that shows what it did.
_WATCH = """() => { window.seen = []; addEventListener("input", () => { const begun = performance.now();
  requestAnimationFrame(() => setTimeout(() => seen.push(performance.now() - begun))); }, true); }"""


def _milliseconds(page: Any) -> list[float]:
    """Every slider in turn, one key after the other, each waited for."""
    sliders = page.locator(".play input[type=range]").all()
    page.evaluate("seen.length = 0")
    for number in range(PRESSES):
        slider = sliders[number * len(sliders) // PRESSES]
        slider.focus()
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
        page.wait_for_function("(count) => seen.length >= count", arg=number + 1)
    return sorted(page.evaluate("seen"))


def playground() -> list[Result]:
    """Key presses on every slider of the built page."""
    from tests.browser.engine import browser, html_folder

    results = []
    with browser() as engine:
        page = engine.new_page(viewport={"width": 1280, "height": 900})
        page.goto((html_folder() / "chapters" / "playground.html").as_uri())
        page.mouse.move(5, 5)
        page.mouse.move(9, 9)
        page.wait_for_selector("[data-playground][data-state=drawn]", timeout=30_000)
        page.evaluate(_WATCH)
        _milliseconds(page)  # a browser compiles what is called often
        for rate, target in ((1, 35.0), (4, 100.0)):
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
            times = _milliseconds(page)
            slowed = f", processor slowed {rate} times" if rate > 1 else ""
            results += [
                Result(f"playground, a change on screen, 95 %{slowed}", times[int(0.95 * len(times))], "ms", target),
                Result(f"  middle{slowed}", times[len(times) // 2], "ms"),
            ]
    return results


MEASURES: dict[str, Callable[[], list[Result]]] = {"playground": playground}
