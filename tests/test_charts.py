"""Charts: what they refuse, what they carry, and that the check of built pages sees each fault."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import pandas as pd
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st

from aieq import charts
from aieq.charts import figure as figures
from aieq.charts import kinds, still, theme
from aieq.errors import AieqError
from aieq.report import check, html_charts, lean_policy, sphinx_ext
from aieq.report.html_math import to_mathml

ALT = "One line rises from one to three in three quarters, the last of them expected."


@pytest.fixture(autouse=True)
def no_named_sources() -> Any:
    """Charts know no sources unless a test names some."""
    before = dict(figures._sources)
    charts.name_sources({})
    yield
    charts.name_sources(before)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Three quarters of two companies."""
    days = pd.to_datetime(["2026-03-31", "2026-06-30", "2026-09-30"] * 2)
    return pd.DataFrame(
        {
            "day": days,
            "company": ["openai"] * 3 + ["meta"] * 3,
            "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "low": [0.5, 1.5, 2.0, 3.0, 4.5, 5.0],
            "high": [1.5, 2.5, 4.0, 5.0, 5.5, 7.0],
            "expected": [False, False, True] * 2,
        }
    )


def drawn(table: pd.DataFrame, **changes: Any) -> charts.Figure:
    """A figure with everything it needs, but for the changes."""
    given = {"title": "Run rates rise", "alt": ALT, "sources": ("a",), "as_of": "2026-08-31", "data": table} | changes
    chart = given.pop("chart", None) or charts.lines(table, "day", "value", "company", y_title="USD bn")
    return charts.Figure(chart, **given)


# --- what a figure refuses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"alt": ""}, "pass alt="),
        ({"alt": "Too short."}, "fewer than 40"),
        ({"alt": "Chart of the run rates of two companies over three quarters of a year."}, "starts with 'Chart'"),
        ({"alt": "A line chart of the run rates of two companies over three quarters."}, "starts with 'A'"),
        ({"title": " "}, "pass title="),
        ({"sources": ()}, "pass sources="),
        ({"data": None}, "pass data="),
        ({"data": pd.DataFrame({"a": []})}, "no data"),
        ({"data": pd.DataFrame({"a": range(5001)})}, "aggregate"),
        ({"as_of": "yesterday"}, "YYYY-MM-DD"),
        ({"name": "Run Rates"}, "lower-case"),
        ({"chart": alt.Chart("https://example.org/rows.csv").mark_point().encode(x="a:Q")}, "carry its rows"),
    ],
)
def test_a_figure_without_what_readers_need_is_refused(table, changes, remedy):
    """The message says what is wrong and what to do, and belongs to our family of errors."""
    with pytest.raises(AieqError, match=re.escape(remedy)):
        drawn(table, **changes)


def test_an_unknown_source_is_refused_with_the_nearest_name(table):
    """Once sources are named, a chart cannot name another."""
    charts.name_sources({"openai_2026q2": "Second quarter", "other": "Other"})
    with pytest.raises(AieqError, match="Did you mean 'openai_2026q2'"):
        drawn(table, sources=("openai_2026q1",))
    assert "Second quarter</a>" in drawn(table, sources=("openai_2026q2",)).html()


def test_a_chart_that_draws_nothing_is_refused(table):
    """A misspelt field gives an empty drawing, not an error, unless we look."""
    empty = alt.Chart(table).mark_line().transform_filter("datum.value > 99").encode(x="day:T", y="value:Q")
    with pytest.raises(AieqError, match="no marks"):
        drawn(table, chart=empty).html()


def test_a_bare_chart_goes_through_our_renderer(table):
    """Importing the package makes its renderer Altair's own; without description it refuses."""
    assert alt.renderers.active == "aieq"
    assert alt.theme.active == "aieq"
    bare = alt.Chart(table).mark_line().encode(x="day:T", y="value:Q")
    with pytest.raises(AieqError, match="description="):
        bare._repr_mimebundle_(None, None)
    bundle = bare.properties(description=ALT)._repr_mimebundle_(None, None)
    assert {"text/html", "text/plain", charts.VEGA_LITE_MIME} <= set(bundle)
    assert bundle["text/plain"] == ALT


# --- what a figure carries --------------------------------------------------------------------------------------


def test_a_notebook_accepts_the_figure_and_keeps_its_data(table):
    """nbformat takes the bundle, and the specification holds every number drawn."""
    bundle = drawn(table)._repr_mimebundle_()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data=bundle)])]
    )
    nbformat.validate(notebook)
    rows = [row for rows in bundle[charts.VEGA_LITE_MIME]["datasets"].values() for row in rows]
    assert {row["value"] for row in rows if "value" in row} == {1, 2, 3, 4, 5, 6}
    assert bundle["text/plain"] == ALT


def test_the_specification_is_the_same_on_every_run_and_machine(table):
    """Automatic names and the last digits of a sum do not reach the specification; a changed number does."""
    selected = alt.selection_point(fields=["company"])
    chart = alt.Chart(table).mark_line().encode(x="day:T", y="value:Q").add_params(selected)
    again = (
        alt.Chart(table).mark_line().encode(x="day:T", y="value:Q").add_params(alt.selection_point(fields=["company"]))
    )
    assert drawn(table, chart=chart).spec == drawn(table, chart=again).spec
    shaken = table.assign(value=table["value"] * (1 + 1e-12))
    assert drawn(shaken).spec == drawn(table).spec
    changed = table.assign(value=table["value"] + [0, 0, 0, 0, 0, 0.001])
    assert drawn(changed).spec != drawn(table).spec


def test_the_drawing_is_the_same_twice_in_one_process(table):
    """Vega numbers clip paths through the life of a process; ours are named after the chart."""
    clipped = alt.Chart(table).mark_line(clip=True).encode(x="day:T", y="value:Q")
    first, second = (drawn(table, chart=clipped).html() for _ in range(2))
    assert first == second
    assert "clip-path" in first


def test_the_page_holds_title_description_sources_day_download_and_table(table):
    """Everything a reader needs stands in the HTML of the notebook already."""
    page = drawn(table, subtitle="USD bn", note="Expected: open marks.", sources=("a", "b"), name="run-rates").html()
    assert '<figure class="chart" id="chart-run-rates">' in page
    assert '<span class="chart-title">Run rates rise</span>' in page
    assert f'role="img" aria-label="{ALT}"' in page
    assert 'Sources: <a href="sources.html#source-a">a</a>; <a href="sources.html#source-b">b</a>.' in page
    assert "31 August 2026" in page
    assert 'download="chart-run-rates.csv" href="data:text/csv' in page
    assert '<th scope="col">company</th>' in page
    assert '<th scope="row">2026-03-31</th>' in page
    assert "Expected: open marks." in page


def test_many_sources_fold_away_but_are_all_there(table):
    """No source is left out for want of room."""
    page = drawn(table, sources=[f"s{i}" for i in range(9)]).html()
    assert "<summary>9 sources</summary>" in page
    assert all(f'href="sources.html#source-s{i}"' in page for i in range(9))


def test_csv_holds_the_rows_and_hides_helpers(table):
    """Days as days, numbers as numbers, no helper columns."""
    figure = drawn(table, data=table.assign(_at=1)[["day", "company", "value", "_at"]].head(1))
    assert figure.csv() == "day,company,value\n2026-03-31,openai,1\n"


def test_markup_in_titles_and_data_stays_text():
    """Nothing from a table becomes markup."""
    rows = pd.DataFrame({"name": ["<script>alert(1)</script>", "b"], "value": [1.0, 2.0]})
    page = drawn(rows, chart=charts.bars(rows, "name", "value", horizontal=True), title="1 < 2 & 3").html()
    assert "<script" not in page
    assert "1 &lt; 2 &amp; 3" in page


def test_the_still_drawing_is_lean_and_takes_the_page_s_colours(table):
    """Ink is currentColor, digits are few, marks carry no descriptions of their own."""
    spec = drawn(table).spec
    raw = still.vl_convert.vegalite_to_svg(still.sized(spec, theme.WIDE), vl_version=still.VEGA_LITE)
    lean = still.draw(spec, alt=ALT)
    assert len(lean) < 0.6 * len(raw)
    assert "currentColor" in lean
    assert theme.INK not in lean
    assert lean.count("aria-") == 1
    assert not re.search(r"\d\.\d{3,}", lean.replace("0.123", ""))
    assert 'viewBox="0 0 680 ' in lean
    assert 'viewBox="0 0 358 ' in still.draw_narrow(spec, alt=ALT)


def test_paper_gets_a_picture_only_when_asked(table, monkeypatch):
    """The PNG is large, so the notebook holds none unless AIEQ_PNG is set."""
    monkeypatch.delenv("AIEQ_PNG", raising=False)
    assert "image/png" not in drawn(table)._repr_mimebundle_()
    monkeypatch.setenv("AIEQ_PNG", "1")
    assert drawn(table).png(1)[:8] == b"\x89PNG\r\n\x1a\n"
    assert "image/png" in drawn(table)._repr_mimebundle_()


# --- colours ----------------------------------------------------------------------------------------------------

COLOURS = {
    "REQUIRED": theme.REQUIRED,
    "EARNED": theme.EARNED,
    "CONTEXT": theme.CONTEXT,
    "ACCENT": theme.ACCENT,
    **{f"CATEGORICAL {i}": c for i, c in enumerate(theme.CATEGORICAL)},
    **theme.COMPANY,
    **theme.VERDICT,
}


@pytest.mark.parametrize("page", theme.PAGES.values(), ids=theme.PAGES.keys())
@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS.keys())
def test_every_colour_is_seen_on_both_pages(colour, page):
    """WCAG 2.2 asks 3 to 1 of graphical objects."""
    assert theme.contrast(colour, page) >= 3


def test_contrast_of_known_pairs():
    """Published values: white on black 21, mid grey #777777 on white 4.48."""
    assert theme.contrast("#ffffff", "#000000") == 21
    assert theme.contrast("#777777", "#ffffff") == 4.48


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def seen(colour: str, matrix: Any) -> tuple[float, float, float]:
    """The colour in CIE Lab as an eye with that deficiency sees it."""
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in matrix)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("pair", list(itertools.combinations(["REQUIRED", "EARNED", "CONTEXT"], 2)))
def test_the_colours_with_a_meaning_stay_apart_for_every_eye(pair, kind):
    """A distance of 20 in Lab is seen at a glance; required, earned and context keep it."""
    one, other = (seen(COLOURS[name], BLINDNESS[kind]) for name in pair)
    assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 20


def test_names_and_colours_of_companies():
    """A company has one colour and is written as it writes itself."""
    assert charts.colour_of("Microsoft") == charts.COMPANY["microsoft"]
    assert theme.label_of("aws") == "AWS"


# --- kinds ------------------------------------------------------------------------------------------------------


def kinds_of_chart(table: pd.DataFrame) -> dict[str, Any]:
    """One chart of each kind."""
    years = pd.DataFrame({"year": ["2025", "2026"] * 2, "who": list("aabb"), "v": [1.0, 2, 3, 4], "run": [0, 1, 0, 1]})
    parts = pd.DataFrame({"step": ["chip", "power", "all"], "usd": [2.0, 1.0, 3.0], "sum": [False, False, True]})
    cells = pd.DataFrame({"to": list("abab"), "from": list("aabb"), "v": [0.0, 1.0, 2.0, 3.0]})
    log = charts.lines(table, "day", "value", "company", log=True, y_title="USD bn")
    guides = charts.doubling_guides("2026-03-31", 1, "2026-09-30", x="day", y="value", y_title="USD bn")
    said = charts.marks(table.head(1), "day", "value", "company", opened=True, log=True, y_title="USD bn")
    return {
        "lines": charts.lines(table, "day", "value", "company", band=("low", "high"), dashed="expected", points=True),
        "guides": alt.layer(guides, log, said, charts.rule(y=2, label="two", log=True, y_title="USD bn")),
        "steps": alt.layer(charts.steps(table, "day", "value", "company"), charts.rule(x="2026-06-30", label="a day")),
        "dots": charts.dots_with_intervals(
            table, "company", "value", "low", "high", opened="expected", group="company"
        ),
        "bars": charts.bars(years, "year", "v", "who", opened="run", values=",.0f"),
        "bars beside": charts.bars(years, "year", "v", "who", stack=False),
        "bars lying": charts.bars(parts, "step", "usd", horizontal=True, values=",.1f"),
        "bars in time": charts.bars(table[table["company"] == "meta"], "day", "value", interval=("low", "high")),
        "waterfall": charts.waterfall(parts, "step", "usd", "sum", x_title="USD"),
        "heat": charts.heat(cells, "to", "from", "v", x_title="to", y_title="from"),
        "beside": alt.hconcat(log, log),
        "many": alt.Chart(table).mark_line().encode(x="day:T", y="value:Q", facet=alt.Facet("company:N", columns=2)),
    }


KINDS = (
    "lines", "guides", "steps", "dots", "bars", "bars beside", "bars lying", "bars in time", "waterfall", "heat",
    "beside", "many",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_draws_wide_narrow_and_live(table, kind):
    """Both drawings have the width they were asked for, and Vega gets a specification to wake the chart with."""
    figure = drawn(table, chart=kinds_of_chart(table)[kind])
    for width, svg in ((680, still.draw(figure.spec, alt=ALT)), (358, still.draw_narrow(figure.spec, alt=ALT))):
        found = float(re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1])
        assert found <= width * 1.03, f"{kind} is {found} px wide, asked for {width}"
    assert html_charts.live_script("c", figure.spec).startswith('aieqChart("c",{')


def test_lines_label_each_series_once_and_draw_expectation_apart(table):
    """Names at the ends, dashes for what is expected, joined to the last point known."""
    svg = still.draw(
        drawn(table, chart=charts.lines(table, "day", "value", "company", dashed="expected")).spec, alt=ALT
    )
    assert svg.count(">OpenAI</text>") == 1
    assert svg.count(">Meta</text>") == 1
    assert svg.count('stroke-dasharray="5,4"') == 2
    firm, loose = kinds._split(table, "company", "day", "expected")
    assert list(firm.groupby("company").size()) == [2, 2]
    assert list(loose.groupby("company").size()) == [2, 2]


def test_a_waterfall_that_does_not_add_up_is_refused():
    """A total is what its parts come to."""
    parts = pd.DataFrame({"step": ["a", "b", "all"], "usd": [2.0, 1.0, 4.0], "sum": [False, False, True]})
    with pytest.raises(ValueError, match="add up to 3"):
        charts.waterfall(parts, "step", "usd", "sum")


def test_a_missing_column_is_named_with_those_there_are(table):
    """A misspelt column is found before Vega draws nothing."""
    with pytest.raises(KeyError, match="no column 'valeu'"):
        charts.lines(table, "day", "valeu")


def test_a_guide_doubles():
    """Twelve months at doubling every six multiplies by four."""
    rows = charts.doubling_guides("2025-01-01", 1, "2026-01-01", months=(6,)).to_dict()["datasets"]
    top = max(row["value"] for data in rows.values() for row in data)
    assert top == pytest.approx(4, rel=0.01)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_spread_labels_do_not_overlap_and_keep_their_order(values):
    """Neighbours are at least a label apart, and nobody overtakes anybody."""
    height = 0.1
    placed = kinds.spread(values, [height] * len(values), span=(0, 100))
    order = sorted(range(len(values)), key=lambda i: values[i])
    there = [placed[i] for i in order]
    assert all(b - a >= 100 * height - 1e-6 for a, b in zip(there, there[1:], strict=False))


# --- the page ---------------------------------------------------------------------------------------------------

PIECEWISE = (
    r"\begin{cases} \frac{1}{n} & \text{for}\: r = 0 "
    r"\\ \frac{r}{1 - \left(1 + r\right)^{- n}} & \text{otherwise} \end{cases}"
)


@pytest.mark.parametrize(
    ("latex", "must_hold"),
    [
        (r"\frac{C}{s \left(1 - m\right)}", ["<mfrac>", "<mi>C</mi>"]),
        (r"\sum_{v=0}^{L-1} K_{t - v}", ["&#x02211;", "<msub><mi>K</mi>"]),
        (PIECEWISE, ["<mtable>", "<mtext>otherwise</mtext>"]),
        (r"x_{\text{AI share}}", ["<mtext>AI&#x000A0;share</mtext>"]),
        (r"\operatorname{log}{\left(x \right)}", ["log"]),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", ["<mtable>", "<mi>c</mi>"]),
        (r"a = 1 \\ b = 2", ["<mtable>"]),
    ],
)
def test_formulas_become_mathml(latex, must_hold):
    """The shapes the chapters use, nothing of the source left over."""
    made = to_mathml(latex, block=True)
    assert made.startswith('<math display="block">')
    assert "\\" not in made
    for piece in must_hold:
        assert piece in made


def test_a_formula_not_understood_is_named():
    """Better an error than a backslash on the page."""
    with pytest.raises(ValueError, match="nosuchthing"):
        to_mathml(r"\nosuchthing{x}")


@pytest.fixture(scope="module")
def sound_book(tmp_path_factory, table) -> Path:
    """A built book of two pages that passes every check."""
    home = tmp_path_factory.mktemp("book")
    folder = home / "html"
    (folder / "chapters").mkdir(parents=True)
    figure = drawn(table, name="rates")
    body = html_charts.enrich(figure.html(), {figure.id: figure.spec}, folder, "../")
    (folder / "charts" / "vega.js").write_text("window.aieqVega={View:a,parse:b};", encoding="utf-8")
    (folder / "chapters" / "sources.html").write_text(_page('<h1>Sources</h1><p id="source-a">A</p>'), encoding="utf-8")
    (folder / "chapters" / "index.html").write_text(_page(f"<h1>Rates</h1>{body}"), encoding="utf-8")
    (folder / "style.css").write_text("a{background:url(x.png)}", encoding="utf-8")
    row = dict.fromkeys(("name", "value", "low", "high", "unit", "grade", "as_of", "scenario", "says", "sources"), 1)
    (home / "findings.json").write_text(json.dumps([row]), encoding="utf-8")
    (home / "_toc.yml").write_text(
        "format: jb-book\nroot: chapters/index\nparts:\n- chapters:\n  - file: chapters/sources\n", encoding="utf-8"
    )
    return folder


@pytest.fixture
def book(sound_book, tmp_path) -> Path:
    """A copy of it to plant faults in."""
    shutil.copytree(sound_book.parent, tmp_path / "copy")
    return tmp_path / "copy" / "html"


def _page(body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head>{lean_policy.META}<title>Rates</title><meta name="description" '
        f'content="What the run rates of two companies have come to."></head><body>{body}</body></html>'
    )


def test_a_sound_book_passes(book):
    """The fixture that the faults below are planted in has none."""
    assert check.check_book(book, toc=book.parent / "_toc.yml") == []


def _swap(old: str, new: str) -> Any:
    def plant(book: Path) -> None:
        path = book / "chapters" / "index.html"
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text), f"nothing to plant the fault in: {old}"
        path.write_text(re.sub(old, new, text), encoding="utf-8")

    return plant


FAULTS = {
    "a page is missing": (lambda b: (b / "chapters/sources.html").unlink(), "was not built"),
    "a page too many": (lambda b: (b / "chapters/x.html").write_text(_page("<h1>x</h1>")), "does not know"),
    "no drawing": (_swap(r"<svg.*?</svg>", ""), "0 wide drawings"),
    "no narrow drawing": (_swap(r'still narrow"', 'still"'), "0 narrow drawings"),
    "no description": (_swap(r'aria-label="[^"]*"', 'aria-label=""'), "without a description"),
    "no caption": (_swap(r"<figcaption>.*?</figcaption>", ""), "has no title; wrap"),
    "no download": (_swap(r'class="chart-csv"', ""), "offers no download"),
    "download in the page": (_swap(r'href="../charts/chart-rates.csv"', 'href="data:text/csv,a"'), "in the page"),
    "empty download": (lambda b: (b / "charts/chart-rates.csv").write_text("a\n"), "holds no rows"),
    "no table": (_swap(r"<table>.*?</table>", ""), "no table of its data"),
    "loose header": (_swap(r'<th scope="col">', "<th>"), "no table of its data"),
    "no live chart": (lambda b: (b / "charts/chart-rates.js").unlink(), "which does not exist"),
    "foreign script": (_swap("<h1>", '<script src="https://cdn.example/x.js"></script><h1>'), "from another host"),
    "foreign style": (_swap("<h1>", '<link rel="stylesheet" href="//cdn.example/x.css"><h1>'), "from another host"),
    "foreign image": (_swap("<h1>", '<img alt="" src="http://cdn.example/x.png"><h1>'), "from another host"),
    "foreign frame": (_swap("<h1>", '<iframe src="https://cdn.example/"></iframe><h1>'), "from another host"),
    "foreign font": (lambda b: (b / "style.css").write_text("a{b:url(https://x.example/a)}"), "style.css: loads"),
    "dead page": (_swap("<h1>", '<a href="gone.html">x</a><h1>'), "which does not exist"),
    "dead anchor": (_swap("<h1>", '<a href="sources.html#gone">x</a><h1>'), "no such place"),
    "chart as text": (_swap("<h1>", "<p>alt.Chart(...)</p><h1>"), "alt.Chart"),
    "failed cell": (_swap("<h1>", "<pre>Traceback (most recent call last):</pre><h1>"), "a cell failed"),
    "glue left over": (_swap("<h1>", "<p>{glue}`x`</p><h1>"), "not inserted"),
    "object as text": (_swap("<h1>", "<p>&lt;aieq.X object at 0x7f&gt;</p><h1>"), "address in memory"),
    "image without words": (_swap("<h1>", '<img src="x.png"><h1>'), "no alt text"),
    "no page description": (_swap(r'(name="description" )content="[^"]*"', r'\1content=""'), "no description"),
    "no policy": (_swap(r"<meta http-equiv.*?>", ""), "no content security policy"),
    "script before the policy": (_swap("<meta http", '<script src="x.js"></script><meta http'), "before its policy"),
    "script in the page": (_swap("<h1>", "<script>go()</script><h1>"), "a script in the page"),
    "style in the page": (_swap("<h1>", "<style>p{}</style><h1>"), "a <style> element"),
    "style of an element": (_swap("<h1>", '<p style="color:red">x</p><h1>'), 'refuse style="color:red"'),
    "handler of an element": (_swap("<h1>", '<p onclick="go()">x</p><h1>'), "refuse onclick"),
    "no heading": (_swap(r"<h1>.*?</h1>", ""), "no heading"),
    "same id twice": (_swap("(?s)(<figure.*</figure>)", r"\1\1"), "two figures"),
    "no findings": (lambda b: (b.parent / "findings.json").unlink(), "missing beside"),
    "broken findings": (lambda b: (b.parent / "findings.json").write_text("["), "not JSON"),
    "thin findings": (lambda b: (b.parent / "findings.json").write_text('[{"name": "a"}]'), "lacks"),
    "no library": (lambda b: (b / "charts/vega.js").unlink(), "no chart can come alive"),
    "hollow library": (
        lambda b: (b / "charts/vega.js").write_text("window.aieqVega={View:__default.View"), "holds no library",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_of_pages_sees_each_planted_fault(book, fault):
    """For every check a book that fails it."""
    plant, said = FAULTS[fault]
    plant(book)
    problems = check.check_book(book, toc=book.parent / "_toc.yml")
    assert any(re.search(said, problem) for problem in problems), problems


def test_the_check_speaks_on_the_command_line(book, capsys):
    """Silent success in one line; faults and an exit code otherwise; no book is a fault, not a traceback."""
    toc = ["--toc", str(book.parent / "_toc.yml")]
    assert check.main([str(book), *toc]) == 0
    assert "2 pages, 1 charts" in capsys.readouterr().out
    assert check.main([str(book / "nowhere"), *toc]) == 1
    assert "run make book" in capsys.readouterr().err


def test_live_charts_are_written_beside_the_pages(book):
    """The page points to the script of the chart and to its rows; the script carries ink as currentColor."""
    script = (book / "charts" / "chart-rates.js").read_text(encoding="utf-8")
    assert script.startswith('aieqChart("chart-rates",{')
    assert "currentColor" in script
    assert theme.INK not in script
    rows = (book / "charts" / "chart-rates.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "day,company,value,low,high,expected"
    assert len(rows) == 7


def test_specifications_come_from_the_executed_notebook(tmp_path, table):
    """The extension finds the specification of a figure by the figure's id."""
    figure = drawn(table, name="rates")
    cell = nbformat.v4.new_code_cell(
        "x", outputs=[nbformat.v4.new_output("display_data", data=figure._repr_mimebundle_())]
    )
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    assert html_charts.specifications(path) == {"chart-rates": figure.spec}
    assert html_charts.specifications(tmp_path / "none.ipynb") == {}


def test_the_bundle_draws_and_names_what_it_exports(tmp_path):
    """The part of Vega that draws, under 460 kB, not a hollow shell, with the interpreter of expressions."""
    path = html_charts.write_bundle(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert 300_000 < len(text) < 460_000
    assert re.search(r"window\.aieqVega\s*=\s*\{View:\s*(?!__default)[\w$]+,parse:\s*[\w$]+,draw:", text)
    before = path.stat().st_mtime_ns
    html_charts.write_bundle(tmp_path)
    assert path.stat().st_mtime_ns == before


def test_a_page_is_described_by_its_first_paragraph():
    """Markup of numbers is left out, long texts are cut between words, short lines are passed over."""
    long = "The requirement grows faster than revenue, " * 9
    document = publish_doctree(f"Title\n=====\n\nShort.\n\n{long}\n")
    said = sphinx_ext.describe(document)
    assert said.startswith("The requirement grows faster than revenue, The")
    assert len(said) <= 202
    assert said.endswith(" …")
    assert sphinx_ext.describe(None) == ""
    number = nodes.raw("", '<a href="x.html">$600 bn</a>', format="html")
    paragraph = nodes.paragraph("", "", nodes.Text("Required revenue by the rule of the envelope is "), number)
    holder = nodes.document(None, None)
    holder += paragraph
    assert sphinx_ext.describe(holder) == "Required revenue by the rule of the envelope is $600 bn"


def test_days_are_spoken():
    """As in running text."""
    assert charts.spoken(datetime.date(2024, 6, 3)) == "3 June 2024"
