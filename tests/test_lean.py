"""What every page loads: a style sheet without what no page uses, one script, small fonts; and the policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from aieq.report import lean_fonts, lean_pages, lean_policy, lean_styles


def lean(css: str, *names: str) -> str:
    """The style sheet cut to these names."""
    return lean_styles.write(lean_styles.purge(lean_styles.parse(css), set(names)))


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("p { color : red }", "p{color:red}"),
        ("p, td { color: red }", "p{color:red}"),
        (".gone { color: red }", ""),
        ("p.note{a:b} p.gone{c:d}", "p.note{a:b}"),
        ("#top p{a:b} #gone p{c:d}", "#top p{a:b}"),
        ("p:not(.gone){a:b}", "p:not(.gone){a:b}"),
        (":is(.gone, td) p{a:b}", ""),
        (":is(.gone, .note) p{a:b}", ":is(.gone,.note) p{a:b}"),
        ('[data-theme="dark"] p::before{content:"a;b}c"}', '[data-theme="dark"] p::before{content:"a;b}c"}'),
        ("@media print { p { a: b } .gone { c: d } }", "@media print{p{a:b}}"),
        ("@media print { .gone { c: d } }", ""),
        ("@supports (a: b) { @media print { p { e: f } } }", "@supports (a: b){@media print{p{e:f}}}"),
        (":root{--a:1;--b:var(--a);--c:2} p{x:var(--b)}", ":root{--a:1;--b:var(--a)}p{x:var(--b)}"),
        ("@keyframes turn{0%{a:b}} @keyframes gone{0%{a:b}} p{animation:turn 1s}",
         "@keyframes turn{0%{a:b}}p{animation:turn 1s}"),
        ("p{a:b}/* p{} */ /* it's */ td{}", "p{a:b}"),
        ("p{b:url(data:x;y)}", "p{b:url(data:x;y)}"),
        (".sm\\:note{a:b}", ""),
    ],
)  # fmt: skip
def test_a_style_sheet_keeps_what_a_page_can_use(css: str, left: str) -> None:
    """Rules by their selectors, properties and animations by who names them; strings are left alone."""
    assert lean(css, "p", ".note", "#top") == left


def test_words_of_scripts_keep_their_rules() -> None:
    """A class that only a script sets is not lost, nor is the beginning of one that it completes."""
    names = lean_pages.names_in(["<p>"], ['x.className = "open"; y.classList.add(`verdict-${z}`)'])
    assert lean(".open{a:b}.shut{c:d}", *names) == ".open{a:b}"
    assert "verdict-" in names


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A built book with as much of the theme's files as the lean ones are made of."""
    here = tmp_path / "_static"
    (here / "scripts").mkdir(parents=True)
    (here / "styles").mkdir()
    for name in (*lean_pages.BEFORE_THEME, *lean_pages.THEME, *lean_pages.SEARCH, "own.js"):
        (here / name).write_text(f"// a remark\n/* another */\nran('{name}')", encoding="utf-8")
    (here / "basic.css").write_text("p{a:b}", encoding="utf-8")
    (here / "styles" / "pydata-sphinx-theme.css").write_text(
        "@font-face{font-family:x;src:url(../own/y.woff2)}.gone{b:c}", encoding="utf-8"
    )
    (here / "own.css").write_text("p{own:1}.gone{a:b}", encoding="utf-8")
    page = '<html><head><link href="_static/page.css"><script src="_static/page.js"></script></head><p></html>'
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    return here


def test_scripts_run_in_order_and_keep_to_themselves(static: Path) -> None:
    """The theme first, the book's own last; each ends with a semicolon, remarks are gone."""
    made = lean_pages.script(static, ["own.js"])
    ran = [line.split("'")[1] for line in made.splitlines() if line.startswith("ran")]
    assert ran == [*lean_pages.BEFORE_THEME, *lean_pages.THEME, "own.js"]
    assert "remark" not in made
    assert made.count("\n;\n") == len(ran) + 1


def test_pages_name_the_version_of_what_they_load(static: Path) -> None:
    """A page asks for another address when the file changed, and only then; the root leads to the first chapter."""
    out = static.parent

    def made() -> str:
        lean_pages.finish(out, ["own.css"], ["own.js"], "A & B", "chapters/index")
        return (out / "a.html").read_text(encoding="utf-8")

    first = made()
    assert 'href="_static/page.css?v=' in first
    assert made() == first
    (static / "own.css").write_text("p{own:2}", encoding="utf-8")
    second = made()
    assert first != second
    assert first.partition("page.js")[2] == second.partition("page.js")[2]
    assert (static / "page.css").read_text(encoding="utf-8") == "p{a:b}p{own:2}"
    root = (out / "index.html").read_text(encoding="utf-8")
    assert 'url=chapters/index.html"' in root
    assert "A &amp; B" in root
    assert lean_policy.faults(root) == []


def test_a_font_is_cut_to_its_signs(root: Path, tmp_path: Path) -> None:
    """Only what was asked for is left, and twice the same bytes."""
    font = root / "_assets" / "fonts" / "stix-two-math-subset.woff2"
    small = lean_fonts.cut(font, [ord("x"), 0x1D465, 0xE123])
    assert small == lean_fonts.cut(font, [0x1D465, ord("x")])
    assert len(small) < font.stat().st_size / 3
    (tmp_path / "small.woff2").write_bytes(small)
    assert set(TTFont(tmp_path / "small.woff2").getBestCmap()) <= {ord("x"), 0x1D465}


@pytest.mark.parametrize(
    "markup",
    [
        "<script>go()</script>",
        "<script type='module'>go()</script>",
        "<style>p{}</style>",
        "<p style='color:red'>",
        '<p class="a" onclick="go()">',
        '<svg><path style="fill:red"/></svg>',
        '<a title=">" style="a:b">',
    ],
)
def test_what_the_policy_refuses_is_found(markup: str) -> None:
    """Scripts and styles in a page, in whatever dress."""
    assert len(lean_policy.refused(markup)) == 1
    assert lean_policy.faults(f"<head>{lean_policy.META}</head>{markup}")


@pytest.mark.parametrize(
    "markup",
    [
        f"<script>{lean_policy.BOOT}</script>",
        '<script src="x.js"></script>',
        '<script type="application/json">{"style": "<p style=\'a\'>"}</script>',
        "<p>style=\"a\" is no style here, and 'onclick=' neither</p>",
        "<pre>&lt;p style=&quot;a&quot;&gt;</pre>",
    ],
)
def test_what_the_policy_allows_is_left_alone(markup: str) -> None:
    """The script that is allowed by its hash, files, data and text."""
    assert lean_policy.refused(markup) == []


def test_the_policy_has_no_exception() -> None:
    """No word that begins with unsafe, no other host, no wildcard."""
    assert "unsafe" not in lean_policy.POLICY
    assert "*" not in lean_policy.POLICY
    assert "http" not in lean_policy.POLICY
