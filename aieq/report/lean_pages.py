"""
What every page of a built book loads: one style sheet, one script, the fonts they name, and nothing else.

The theme brings 900 KiB of styles, scripts and icons. When the pages are written, this cuts the styles to what the
pages use, joins the scripts into one file, and cuts the fonts to the signs that occur. The files it makes depend on
the pages and the sources alone, so equal books stay equal.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aieq.report import lean_fonts, lean_policy, lean_styles

# In the order in which the theme's own pages apply them.
STYLES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
)
BEFORE_THEME = ("documentation_options.js", "doctools.js", "sphinx_highlight.js", "clipboard.min.js", "copybutton.js")
THEME = ("scripts/sphinx-book-theme.js", "scripts/pydata-sphinx-theme.js")
# The theme asks Bootstrap for tooltips alone, and shows none here; as its settings it expects these two.
STAND_IN = (
    "window.bootstrap={Tooltip:class{static getInstance(){return null}show(){}hide(){}dispose(){}}};"
    'Object.assign(DOCUMENTATION_OPTIONS,{pagename:"",search_as_you_type:false});'
)
SEARCH = ("language_data.js", "searchtools.js")
FOCUS = 'document.querySelector(".bd-search-container form.bd-search input")?.focus();'
# A script that only some pages need, by what stands in their HTML; what all need is html_js_files in _config.yml.
ON_SOME_PAGES = {
    "data-sortable": "ledger.js",
    "data-playground": "playground.js",
    'class="time-machine"': "timemachine.js",
}

_CLASSES = re.compile(r"""\sclass=["']([^"']*)["']""")
_IDS = re.compile(r"""\sid=["']([^"']*)["']""")
_TAGS = re.compile(r"<([a-zA-Z][\w-]*)")
_STRINGS = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL)
_PROPERTY = re.compile(r"--[a-zA-Z][\w-]*")
_ADDRESS = re.compile(r"url\(\s*[\"']?(?!data:|#)([^)\"']+)[\"']?\s*\)")
_LINKED = re.compile(r'((?:href|src)="(?:\.\./)*(_static/[\w.-]+\.(?:css|js)))(?:\?v=[0-9a-f]*)?"')
# The theme's side bar is no landmark, so a screen reader cannot go to it, nor tell where it ends.
_SIDEBAR = (
    '<div id="pst-primary-sidebar" class=',
    '<div id="pst-primary-sidebar" role="navigation" aria-label="Book" class=',
)
_REMARK = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?!!)(?:(?!\*/)[^`])*\*/[ \t]*)\n", re.MULTILINE)


def scripts_of(pagename: str, body: str) -> list[str]:
    """
    Say which scripts a page loads besides the one of all pages.

    Parameters
    ----------
    pagename : str
        Name of the page.
    body : str
        Its HTML.

    Returns
    -------
    list of str
        Addresses from the root of the book.

    Examples
    --------
    >>> scripts_of("search", "")
    ['_static/search.js', 'searchindex.js']
    >>> scripts_of("chapters/verdict", "<table data-sortable>")
    ['_static/ledger.js']
    """
    if pagename == "search":
        return ["_static/search.js", "searchindex.js"]
    return [f"_static/{name}" for mark, name in ON_SOME_PAGES.items() if mark in body]


def names_in(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """
    Collect what styles can select: tags, classes and ids of pages, words in the strings of scripts.

    Parameters
    ----------
    pages, scripts : iterable of str
        Texts.

    Returns
    -------
    set of str
        Names as `lean_styles.can_match` takes them, and custom properties.

    Examples
    --------
    >>> sorted(names_in(['<p class="note big" id="a">'], ['x.classList.add("open")']))
    ['#a', '.big', '.note', 'open', 'p']
    """
    names: set[str] = set()
    for page in pages:
        names |= {tag.lower() for tag in _TAGS.findall(page)}
        names |= {f".{one}" for value in set(_CLASSES.findall(page)) for one in html.unescape(value).split()}
        names |= {f"#{value}" for value in _IDS.findall(page)}
        names |= set(_PROPERTY.findall(page)) if "var(--" in page else set()
    for script in scripts:
        for text in _STRINGS.findall(script):
            names |= set(re.findall(r"-{0,2}[a-zA-Z_][\w-]*", text))
    return names


def style_sheet(static: Path, own: Sequence[str], pages: Mapping[str, str], scripts: Sequence[str]) -> str:
    """
    Make the one style sheet of a book.

    Parameters
    ----------
    static : Path
        Folder of the theme's files in the built book.
    own : sequence of str
        The book's own style sheets, which come last.
    pages : mapping of str to str
        HTML of every page.
    scripts : sequence of str
        Texts of every script.

    Returns
    -------
    str
        The sheet; fonts it needs for icons are in it, others are written beside it.
    """
    sheets = [path for pattern in (*STYLES, *own) for path in sorted(static.glob(pattern))]
    css = "\n".join(_as_seen_from(static, sheet) for sheet in sheets)
    names = names_in(pages.values(), scripts) | {"html", "head", "body"}
    starts = tuple(name for name in names if name[0] not in ".#" and name.endswith("-") and len(name) > 3)
    names |= {one for one in re.findall(r"[.#]([a-zA-Z][\w-]*)", css) if starts and one.startswith(starts)}
    rules = lean_styles.purge(lean_styles.parse(css), names)
    icons = lean_fonts.icons_of(lean_styles.write(rule for rule in rules if not rule.head.startswith("@font-face")))
    maths = lean_fonts.signs_of_maths(pages.values())
    kept = []
    for rule in rules:
        if rule.head.startswith("@font-face"):
            said = dict(one.split(":", 1) for one in rule.declarations)
            font = static / _ADDRESS.search(said["src"])[1]  # type: ignore[index]
            if "fontawesome" in font.parts:
                if said["font-weight"] != "900" or not icons:  # no page draws an outlined icon or a brand
                    continue
                address = lean_fonts.data_address(lean_fonts.cut(font, icons))
            else:
                if not maths:
                    continue
                (static / "page-maths.woff2").write_bytes(lean_fonts.cut(font, maths))
                address = "page-maths.woff2"
            said["src"] = f'url({address}) format("woff2")'
            rule = lean_styles.Rule(rule.head, [f"{name}:{value}" for name, value in said.items()])
        kept.append(rule)
    return lean_styles.write(kept)


def _as_seen_from(static: Path, sheet: Path) -> str:
    """A style sheet whose addresses hold for where the one style sheet lies."""

    def moved(match: re.Match[str]) -> str:
        target = os.path.relpath(os.path.normpath(sheet.parent / match[1]), static)
        return f"url({target.replace(os.sep, '/')})"

    return _ADDRESS.sub(moved, sheet.read_text(encoding="utf-8"))


def script(static: Path, own: Sequence[str]) -> str:
    """
    Make the one script of all pages.

    Parameters
    ----------
    static : Path
        Folder of the theme's files in the built book.
    own : sequence of str
        The book's own scripts, which run last.

    Returns
    -------
    str
        The scripts one after the other, without remarks on lines of their own.
    """
    parts = [*_texts(static, BEFORE_THEME), STAND_IN, *_texts(static, THEME), *_texts(static, own)]
    return _joined(parts)


def _texts(static: Path, names: Iterable[str]) -> list[str]:
    return [(static / name).read_text(encoding="utf-8") for name in names]


def _joined(parts: Iterable[str]) -> str:
    """Scripts in one file; each ends its own last statement, and none points to a map that is not there."""
    return "".join(
        re.sub(r"\s*//# sourceMappingURL=\S*", "", _REMARK.sub("", part)).strip() + "\n;\n" for part in parts
    )


def finish(out: Path, styles: Sequence[str], scripts: Sequence[str], title: str, root: str) -> None:
    """
    Write what the pages load and tell each page which version of it that is.

    Parameters
    ----------
    out : Path
        Root folder of the built book, whose pages are written.
    styles, scripts : sequence of str
        The book's own, of all pages, by their names in the folder of static files.
    title : str
        Title of the book.
    root : str
        Name of its first page.
    """
    static = out / "_static"
    _write_first(out / "index.html", title, root)
    paths = [path for path in sorted(out.rglob("*.html")) if static not in path.parents]
    pages = {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    of_all = script(static, scripts)
    _write(static / "page.js", of_all)
    _write(static / "search.js", _joined([*_texts(static, SEARCH), FOCUS]))
    own = [(static / name).read_text("utf-8") for name in ON_SOME_PAGES.values() if (static / name).exists()]
    _write(static / "page.css", style_sheet(static, styles, pages, [of_all, *own, *_texts(static, ["search.js"])]))
    digests: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match[2]
        if name not in digests:
            digests[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()[:8]
        return f'{match[1]}?v={digests[name]}"'

    for name, page in pages.items():
        head, end, rest = page.partition("</head>")
        rest = rest.replace(*_SIDEBAR, 1)
        _write(out / name, _LINKED.sub(numbered, head) + end + rest)


def _write_first(path: Path, title: str, root: str) -> None:
    """The page at the root of the book leads to the first chapter."""
    address = html.escape(f"{root}.html")
    said = html.escape(title)
    _write(
        path,
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{lean_policy.META}\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{said}</title>\n'
        f'<meta name="description" content="{said} The book begins on the next page.">\n'
        f'<meta http-equiv="Refresh" content="0; url={address}"></head>\n'
        f'<body><main><h1>{said}</h1><p><a href="{address}">Read the book</a></p></main></body></html>\n',
    )


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
