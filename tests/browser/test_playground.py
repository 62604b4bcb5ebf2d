"""The playground in a browser: against Python, by hand and by link, with what does not belong in either."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from aieq.assumptions import load_scenario
from aieq.findings import context_for
from aieq.report.playground import Ground, Setting
from tests.browser.engine import THEMES, WIDTHS, browser, html_folder

pytestmark = pytest.mark.browser

PAGE = html_folder() / "chapters" / "playground.html"
SETTINGS = 208
CLOSE = 1e-12


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """One browser for all tests."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def ground() -> Ground:
    """What the page was made of: its day, scenario and seed are those of the notebook."""
    notebook = json.loads(
        Path(PAGE.parents[2] / "jupyter_execute" / "chapters" / "playground.ipynb").read_text("utf-8")
    )
    source = next("".join(c["source"]) for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    told: dict[str, Any] = {}
    exec(source, told)  # noqa: S102 - the book's own parameters
    return Ground(context_for(told["as_of"], told["scenario"], told["seed"]))


class Open:
    """The page, opened as a file, with all it says on the console and all it asks for."""

    def __init__(
        self,
        engine: Any,
        fragment: str = "",
        width: int = 1280,
        theme: str = "light",
        *,
        wait: str = "drawn",
        script: bool = True,
    ) -> None:
        self.context = engine.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            accept_downloads=True,
            java_script_enabled=script,
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda m: self.said.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(PAGE.as_uri() + fragment)
        if script:
            self.page.mouse.move(5, 5)
            self.page.mouse.move(9, 9)
            self.page.wait_for_selector(f"[data-playground][data-state={wait}]", timeout=20_000)

    def __enter__(self) -> Open:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def settled(self) -> None:
        """Wait until a change is drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def text(self) -> str:
        """The setting, as the page says it for the command line."""
        self.settled()
        return self.page.inner_text("[data-text]")


def some_settings(ground: Ground, count: int) -> list[Setting]:
    """Edges of every slider, every choice, and random ones; always the same."""
    found = [Setting(root) for root in ground.roots]
    for knob in ground.knobs:
        ends = [choice.id for choice in knob.choices] or [knob.low, knob.high]
        found += [Setting(root, {knob.name: end}) for end in ends for root in ground.roots]
    dice = random.Random(5)
    while len(found) < count:
        changes: dict[str, float | str] = {}
        for knob in ground.knobs:
            if dice.random() < 0.6:
                changes[knob.name] = (
                    dice.choice(knob.choices).id
                    if knob.choices
                    else dice.choice([knob.low, knob.high, *(dice.uniform(knob.low, knob.high) for _ in range(6))])
                )
        found.append(Setting(dice.choice(list(ground.roots)), changes))
    return found


def apart(ours: Any, theirs: Any) -> float:
    """Largest relative difference; two infinities, or two that are not asked, are equal."""
    one, other = (
        np.array([np.nan if v is None else v for v in np.ravel(np.array(x, dtype=object))], float)
        for x in (ours, theirs)
    )
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = np.where(same, 0.0, np.abs(one - other) / np.abs(one))
    return float(np.nan_to_num(gaps, nan=np.inf).max())


def test_the_page_reckons_as_python_does(engine: Any, ground: Ground) -> None:
    """Every number at more than two hundred settings, and all draws at some of them, to twelve digits."""
    settings = some_settings(ground, SETTINGS)
    assert len(settings) >= 200
    worst: dict[str, float] = {}
    with Open(engine) as visit:
        for number, setting in enumerate(settings):
            theirs = visit.page.evaluate(
                "s => { const r = aieqPlayground.evaluate(s); return {...r, draws: s.all ? [...r.draws] : []}; }",
                {"root": setting.root, "changes": setting.changes, "all": number % 10 == 0},
            )
            ours = ground.evaluate(setting)
            assert theirs["histogram"] == ours["histogram"], setting
            pairs = [
                (f"{kind} {key}", ours[kind][key], theirs[kind][key])
                for kind in ("point", "bands", "chance")
                for key in ours[kind]
            ]
            pairs += [("ahead", ours["ahead"], theirs["ahead"])]
            pairs += [("draws", ours["draws"], theirs["draws"])] if theirs["draws"] else []
            for name, one, other in pairs:
                gap = apart(one, other)
                worst[name] = max(worst.get(name, 0.0), gap)
                assert gap <= CLOSE, f"{name} is {gap:.1e} apart at {setting}"
        assert not visit.said, visit.said
    assert {key.partition(" ")[0] for key in worst} == {"point", "bands", "chance", "ahead", "draws"}


def test_a_difference_would_be_seen() -> None:
    """The comparison is not blind."""
    assert apart([1.0, np.inf], [1.0, np.inf]) == 0
    assert apart([1.0], [1.0 + 1e-11]) > CLOSE
    assert apart([np.inf], [3.0]) == np.inf
    assert apart([None], [0.0]) == np.inf


def test_nothing_is_loaded_before_a_reader_moves(engine: Any) -> None:
    """Neither numbers nor engine."""
    with Open(engine, script=False) as visit:
        assert not [a for a in visit.asked if "/playground/" in a]
    context = engine.new_context()
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(PAGE.as_uri())
    page.wait_for_load_state("load")
    assert not [a for a in asked if "/playground/" in a or "playground-engine" in a]
    context.close()


def test_without_scripts_the_page_says_so_and_has_its_table(engine: Any) -> None:
    """The form is dead and says it; three settings stand below as a table and a chart."""
    with Open(engine, script=False) as visit:
        page = visit.page
        assert all(field.is_disabled() for field in page.locator(".play :is(input, select, button)").all())
        assert "needs JavaScript" in page.inner_text(".play-off")
        assert page.locator("table.house tbody tr").count() >= 9
        assert page.locator("figure.chart svg.still").count()


def number_of(page: Any, name: str) -> Any:
    return page.locator(f'[data-knob="{name}"] input[type=number]')


def test_a_number_out_of_range_is_refused_in_place(engine: Any) -> None:
    """With its range; the answer stays; a good number mends it."""
    with Open(engine) as visit:
        page = visit.page
        field = number_of(page, "cost_of_capital_ratio")
        before = visit.text()
        for bad in ("300", "-1", "0", "1e9", ""):
            field.fill(bad)
            refusal = page.locator('[data-knob="cost_of_capital_ratio"] .play-refusal')
            assert refusal.is_visible()
            assert "between 2 and 40" in refusal.inner_text()
            assert field.get_attribute("aria-invalid") == "true"
            assert visit.text() == before
        field.fill("8")
        assert not page.locator('[data-knob="cost_of_capital_ratio"] .play-refusal').is_visible()
        assert visit.text() == "base, cost_of_capital_ratio=0.08"
        assert not visit.said, visit.said


def test_every_slider_moves_by_keyboard_and_all_is_said_aloud(engine: Any) -> None:
    """Each native input is reached by its label, and a change is announced once it has settled."""
    with Open(engine) as visit:
        page = visit.page
        for slider in page.locator(".play input[type=range]").all():
            before = visit.text()
            slider.focus()
            page.keyboard.press("ArrowRight")
            assert visit.text() != before
            assert slider.get_attribute("aria-labelledby")
        page.wait_for_function("() => document.querySelector('[data-heard]').textContent.length > 10", timeout=5000)
        assert page.locator("[data-heard]").get_attribute("aria-live") == "polite"
        for field in page.locator(".play :is(select, input[type=number])").all():
            assert page.locator(f'label[for="{field.get_attribute("id")}"]').count() == 1
        assert not visit.said, visit.said


def test_a_link_brings_the_setting_back(engine: Any, ground: Ground) -> None:
    """What the address says after a change is what a reader gets who opens it."""
    with Open(engine) as visit:
        page = visit.page
        page.select_option("#play-start", "root:low")
        number_of(page, "buyer_gross_margin_ratio").fill("37.5")
        page.locator('[data-knob="ai_share_of_capex_ratio"] select').select_option("all")
        said = visit.text()
        page.wait_for_function("() => location.hash.includes('all')", timeout=5000)
        fragment = page.evaluate("location.hash")
    with Open(engine, fragment) as other:
        assert other.text() == said
        assert number_of(other.page, "buyer_gross_margin_ratio").input_value() == "37.5"
        assert "of the link" in other.page.inner_text("[data-note]")
        assert not other.said, other.said
    setting = Setting("low", {"buyer_gross_margin_ratio": 0.375, "ai_share_of_capex_ratio": "all"})
    assert load_scenario(said) == ground.scenario(setting)


HOSTILE = (
    "#set:",
    "#set:nobody",
    "#set:__proto__",
    "#set:constructor",
    "#set:base,__proto__=1",
    "#set:base,constructor=1",
    "#set:base,toString=1",
    "#set:base,cost_of_capital_ratio=NaN",
    "#set:base,cost_of_capital_ratio=Infinity",
    "#set:base,cost_of_capital_ratio=1e308",
    "#set:base,cost_of_capital_ratio=-1",
    "#set:base,cost_of_capital_ratio=0x10",
    "#set:base,cost_of_capital_ratio=9",
    "#set:base,cost_of_capital_ratio=0.1,cost_of_capital_ratio=0.2",
    "#set:base,ai_share_of_capex_ratio=__proto__",
    "#set:base,ai_share_of_capex_ratio=0.5",
    "#set:base,lasting_growth_ratio=0.1",
    "#set:base,cost_of_capital_ratio",
    "#set:base,,",
    "#set:%",
    "#set:%E0%A4%A",
    "#set:" + "%25" * 5000,
    "#set:base," + "a" * 100_000,
    "#set:<script>document.title='owned'</script>",
    "#set:base,<img src=x onerror=\"document.title='owned'\">=1",
    "#set:%3Cimg%20src=x%20onerror=document.title='owned'%3E",
    "#<svg/onload=document.title='owned'>",
    "#javascript:document.title='owned'",
    "#some-other-page-of-another-site",
)


def test_hostile_and_foreign_links_fall_back_and_say_so(engine: Any) -> None:
    """Nothing of a link is run or shown; the book's own assumptions are, with a sentence."""
    with Open(engine) as visit:
        plain, title = visit.text(), visit.page.title()
    for fragment in HOSTILE:
        with Open(engine, fragment) as visit:
            page = visit.page
            assert visit.text() == plain, fragment
            assert "nothing this page understands" in page.inner_text("[data-note]"), fragment
            assert page.title() == title, fragment
            assert page.evaluate(
                "({}).cost_of_capital_ratio === undefined && Object.prototype.toString.call({}) === '[object Object]'"
            )
            assert page.locator(".play img, .play script").count() == 0
            assert "owned" not in page.inner_text(".play")
            assert not visit.said, (fragment, visit.said)


def test_a_place_on_the_page_is_no_foreign_link(engine: Any) -> None:
    """A heading's own link says nothing about a setting."""
    with Open(engine, "#your-assumptions") as visit:
        visit.settled()
        assert not visit.page.inner_text("[data-note]")


def test_what_is_saved_is_a_scenario(engine: Any, ground: Ground, tmp_path: Path) -> None:
    """The file gives the same values as the text, in the package's own hands, from every start."""
    with Open(engine) as visit:
        page = visit.page
        for root, margin in itertools.product(ground.roots, ("", "31")):
            page.select_option("#play-start", f"root:{root}")
            if margin:
                number_of(page, "buyer_gross_margin_ratio").fill(margin)
                page.locator('[data-knob="ai_share_of_capex_ratio"] select').select_option("much")
                number_of(page, "asset_life_years.accelerators").fill("4.25")
            said = visit.text()
            with page.expect_download() as waiting:
                page.click("[data-do=file]")
            path = tmp_path / f"{root}{margin}.yml"
            waiting.value.save_as(path)
            assert yaml.safe_load(path.read_text("utf-8"))["title"]
            assert dict(load_scenario(str(path)).items()) == dict(load_scenario(said).items())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", (320, *WIDTHS))
def test_it_fits_and_stays_home(engine: Any, theme: str, width: int) -> None:
    """No sideways scrolling, drawings with an extent, nothing on the console, no other host."""
    with Open(engine, "", width, theme) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        for drawing in visit.page.locator(".play-svg").all():
            box = drawing.bounding_box()
            assert box["width"] > 200
            assert box["height"] > 50
        assert not visit.said, visit.said
        assert all(a.startswith(("file:", "data:", "blob:")) for a in visit.asked)


def test_a_rival_brings_his_assumptions(engine: Any) -> None:
    """They are in the fields, the page says what has no slider, and a change of one goes on from there."""
    with Open(engine) as visit:
        page = visit.page
        page.select_option("#play-start", "preset:kupperman2025_aug")
        assert number_of(page, "asset_life_years.accelerators").input_value() == "10"
        assert "asset_life_years.accelerators=10" in visit.text()
        assert "no slider here" in page.inner_text("[data-start-says]")
        number_of(page, "cost_of_capital_ratio").fill("12")
        assert visit.text().count("=") > 2
        assert not page.inner_text("[data-start-says]")
        assert not visit.said, visit.said
