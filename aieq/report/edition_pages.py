"""The pages of an edition: its banner, its links to the default edition, and the check that every page has both."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aieq.assumptions import load_scenario
from aieq.errors import ParameterError
from aieq.report import check as pages
from aieq.report import edition_words

if TYPE_CHECKING:
    from aieq.report.edition import Edition

# Pages whose rows have other values in another edition: a number or a verdict must not lead there.
_ROWS = ("figures", "verdict")


def find_default(asked: str, root: Path, html_folder: Path) -> str:
    """
    Find the default edition: as asked, as `_config.yml` says, or the checkout's own pages.

    Parameters
    ----------
    asked : str
        An address, the folder of its pages, or nothing.
    root : Path
        The checkout.
    html_folder : Path
        Where the pages of this edition will be.

    Returns
    -------
    str
        An address or a path relative to the pages' folder, with a slash at its end; nothing if there is none.

    Raises
    ------
    ParameterError
        If a folder was asked for that holds no pages.
    """
    import yaml

    if asked and "://" not in asked and not (Path(asked) / "index.html").exists():
        raise ParameterError(f"--default-edition {asked}: no index.html is in it; give the folder of built pages.")
    if asked:
        found = asked if "://" in asked else os.path.relpath(Path(asked).resolve(), html_folder)
        return found.rstrip("/") + "/"
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    published = config.get("sphinx", {}).get("config", {}).get("aieq_published", "")
    if published:
        return published.rstrip("/") + "/"
    built = root / "_build" / "html"
    return os.path.relpath(built, html_folder) + "/" if (built / "index.html").exists() else ""


def settings(edition: Edition) -> dict[str, Any]:
    """
    Tell sphinx what its pages need to say of their edition.

    Parameters
    ----------
    edition : Edition
        Planned.

    Returns
    -------
    dict
        ``says``, ``label``, ``differing`` (how many assumptions), ``differences`` (title and texts of each),
        ``default`` (its day and scenario) and ``default_edition`` (where it is).
    """
    usual = edition.defaults
    different = edition_words.differences(
        load_scenario(edition.parameters["scenario"]), load_scenario(usual["scenario"])
    )
    grouped: dict[str, list[str]] = {}
    for one in different:
        grouped.setdefault(one.title, []).append(_unbroken(f"{one.member}: {one.text}".removeprefix(": ")))
    return {
        "says": [_unbroken(sentence) for sentence in edition.says],
        "label": edition_words.label(edition.parameters, usual),
        "differing": len(different),
        "differences": [[title, texts] for title, texts in grouped.items()],
        "default": f"as of {edition_words.write_day(usual['as_of'])}, scenario {usual['scenario']}",
        "default_edition": edition.default_edition,
    }


def _unbroken(text: str) -> str:
    return text.replace(" %", "\u00a0%")


def part_of_toc(toc: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """
    Keep some chapters of a table of contents; the first becomes its root if the root is not among them.

    Parameters
    ----------
    toc : mapping
        Of the whole book.
    names : sequence of str
        Chapters to keep.

    Returns
    -------
    dict
        Table of contents in the same form.

    Examples
    --------
    >>> whole = {"format": "jb-book", "root": "c/index", "parts": [{"caption": "A", "chapters": [{"file": "c/cost"}]}]}
    >>> part_of_toc(whole, ["cost"])
    {'format': 'jb-book', 'root': 'c/cost'}
    >>> part_of_toc(whole, ["index", "cost"]) == whole
    True
    """
    kept = [name for name in pages.toc_files(toc) if Path(name).name in names]
    root = kept[0]

    def keep(node: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(node)
        for key in ("parts", "chapters", "sections"):
            if key in found:
                inner = [keep(part) for part in found[key] if part.get("file", kept[-1]) in kept]
                found[key] = [part for part in inner if part.get("file", "") != root and set(part) - {"caption"}]
                if not found[key]:
                    del found[key]
        return found

    return keep(toc) | {"root": root}


def open_links(notebook: Any, elsewhere: Sequence[str]) -> None:
    """
    Let links of prose to chapters that are not in the book be plain HTML, which sphinx does not look up.

    Parameters
    ----------
    notebook : NotebookNode
        Chapter on its way into the book; changed in place.
    elsewhere : sequence of str
        Chapters that are not in the book.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell("the [past](history.ipynb#x) [b](c.ipynb)")
    >>> open_links(nbformat.v4.new_notebook(cells=[cell]), ["history"])
    >>> cell.source
    'the <a href="history.html#x">past</a> [b](c.ipynb)'
    """
    link = re.compile(rf"\[([^\]]*)\]\(({'|'.join(elsewhere)})\.(?:ipynb|md|html)(#[^)]*)?\)")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = link.sub(r'<a href="\2.html\3">\1</a>', cell.source)


def lead_elsewhere(body: str, pagename: str, elsewhere: Mapping[str, Any]) -> str:
    """
    Let the links to chapters that are not in the book lead to the default edition, or be text.

    Parameters
    ----------
    body : str
        HTML of a page.
    pagename : str
        Its name, for the way to the top.
    elsewhere : mapping
        ``pages`` that are not in the book and ``default_edition``.

    Returns
    -------
    str
        The HTML.

    Examples
    --------
    >>> gone = {"pages": ["history", "figures"], "default_edition": "https://x.org/"}
    >>> lead_elsewhere('<a href="history.html#a">past</a>', "chapters/cost", gone)
    '<a title="in the default edition" href="https://x.org/chapters/history.html#a">past</a>'
    >>> lead_elsewhere('<a class="y" href="figures.html#a" title="z">7 %</a>', "chapters/cost", gone)
    '<span class="y" title="z">7 %</span>'
    """
    link = re.compile(
        rf'<a\b([^>]*?)\s*href="({"|".join(elsewhere["pages"])})\.html(#[^"]*)?"([^>]*)>(.*?)</a>', re.DOTALL
    )
    start = base_of(elsewhere["default_edition"], pagename)
    folder = pagename.rpartition("/")[0]

    def write(found: re.Match[str]) -> str:
        before, page, place, after, text = found.groups()
        if page in _ROWS or not start:
            return f"<span{before}{after}>{text}</span>"
        title = "" if "title=" in before + after else ' title="in the default edition"'
        return f'<a{before}{after}{title} href="{start}{folder}/{page}.html{place or ""}">{text}</a>'

    return link.sub(write, body)


def base_of(default_edition: str, pagename: str) -> str:
    """
    Way from a page to the top of the default edition.

    Examples
    --------
    >>> base_of("../../_build/html/", "chapters/cost")
    '../../../_build/html/'
    >>> base_of("https://x.org/", "chapters/cost")
    'https://x.org/'
    """
    if not default_edition or "://" in default_edition:
        return default_edition
    return "../" * pagename.count("/") + default_edition


def missing_banners(html_folder: Path, says: Sequence[str]) -> list[str]:
    """
    Find pages that do not say of which edition they are, or, in the default edition, pages that claim another one.

    Parameters
    ----------
    html_folder : Path
        The pages.
    says : sequence of str
        What each must say; nothing in the default edition.

    Returns
    -------
    list of str
        One sentence for each page.
    """
    wrong = []
    for path in sorted(html_folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        if path.is_relative_to(html_folder / "_static") or 'http-equiv="Refresh"' in text:
            continue
        banner = re.search(r'<div class="aieq-banner".*?</div>', text, re.DOTALL)
        told = " ".join(html.unescape(re.sub(r"<[^>]+>", "", banner.group())).split()) if banner else ""
        name = path.relative_to(html_folder).as_posix()
        if bool(says) != bool(told) or " ".join(says) not in told:
            wrong.append(f"{name}: its banner says {told!r}, not {' '.join(says)!r}; is _templates/layout.html whole?")
    return wrong
