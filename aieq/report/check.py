"""
Check the built pages as files, without a browser: that all are there, whole, linked and at home.

Run as ``python -m aieq.report.check [FOLDER]``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import yaml

from aieq.report import lean_policy
from aieq.report.chapters import ROOT

_FOREIGN = re.compile(r"^(?:https?:|wss?:|ftp:)?//", re.IGNORECASE)
_STYLE_FOREIGN = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)
_LOADING_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "manifest",
}
_LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src",
            "embed": "src", "object": "data", "track": "src", "image": "href", "use": "href"}  # fmt: skip
_SIGNS = {
    "alt.Chart(": "a chart came out as the text of its object; end the cell with a Figure",
    "Traceback (most recent call last)": "a cell failed; run the chapter and mend it",
    "{glue}": "a number was not inserted; publish it, or mend the role",
    "object at 0x": "an object came out as its address in memory; show a Figure, a table or text",
    "{eval": "a role of another builder was used",
}
_SHORTEST_ALT = 40
_SHOWN = 40


@dataclass
class Chart:
    """What one figure of a page holds."""

    name: str
    drawings: list[dict[str, str]] = field(default_factory=list)
    caption: str = ""
    csv: str = ""
    live: str = ""
    headers: int = 0
    loose_headers: int = 0


class PageReader(HTMLParser):
    """Collects what the checks ask of a page in one pass."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.charts: list[Chart] = []
        self.images_without_alt: list[str] = []
        self.refused: list[str] = []
        self.headings = 0
        self.title = ""
        self.description = ""
        self.tracebacks = 0
        self.text: list[str] = []
        self._open: list[str] = []
        self._chart: Chart | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag brings."""
        at = {name: value or "" for name, value in attrs}
        classes = at.get("class", "").split()
        if tag not in ("meta", "link", "img", "br", "hr", "input", "source", "embed", "track", "wbr", "col"):
            self._open.append(tag)
        if at.get("id"):
            self.ids.add(at["id"])
        if tag == "a":
            if at.get("name"):
                self.ids.add(at["name"])
            if "href" in at:
                self.links.append(at["href"])
        if tag in _LOADING and at.get(_LOADING[tag]):
            self.loads.append(at[_LOADING[tag]])
        if tag == "link" and _LOADING_LINKS & set(at.get("rel", "").split()):
            self.loads.append(at.get("href", ""))
        for piece in at.get("srcset", "").split(","):
            if piece.strip():
                self.loads.append(piece.split()[0])
        self.loads += _STYLE_FOREIGN.findall(at.get("style", ""))
        if tag == "img" and "alt" not in at:
            self.images_without_alt.append(at.get("src", ""))
        if tag == "meta" and at.get("name") == "description":
            self.description = at.get("content", "")
        if tag == "h1" and "bd-article" not in classes:
            self.headings += 1
        if {"traceback", "nb-error"} & set(classes):
            self.tracebacks += 1
        if tag == "figure" and "chart" in classes:
            self._chart = Chart(at.get("id", ""), live=at.get("data-live", ""))
            self.charts.append(self._chart)
        if self._chart is not None:
            self._note_chart(self._chart, tag, at, classes)

    @staticmethod
    def _note_chart(chart: Chart, tag: str, at: dict[str, str], classes: list[str]) -> None:
        if tag == "svg" and "still" in classes:
            chart.drawings.append(at)
        elif tag == "a" and "chart-csv" in classes:
            chart.csv = at.get("href", "")
        elif tag == "th":
            chart.headers += 1
            chart.loose_headers += "scope" not in at

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        if tag in self._open:
            while self._open and self._open.pop() != tag:
                pass
        if tag == "figure":
            self._chart = None

    def handle_data(self, data: str) -> None:
        """Note text, by where it stands."""
        if "script" in self._open:
            return
        if "style" in self._open:
            self.loads += _STYLE_FOREIGN.findall(data)
            return
        if "title" in self._open and "head" in self._open:
            self.title += data
        if self._chart is not None and "figcaption" in self._open:
            self._chart.caption += data
        self.text.append(data)


def toc_files(toc: Any) -> list[str]:
    """Names of the pages a table of contents asks for, in its order."""

    def files(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (str(value) for key, value in node.items() if key in ("root", "file"))
            for value in node.values():
                yield from files(value)
        elif isinstance(node, list):
            for part in node:
                yield from files(part)

    return list(files(toc))


def read_pages(folder: Path) -> dict[str, PageReader]:
    """
    Read all pages of a built book.

    Parameters
    ----------
    folder : Path
        Root of the built book.

    Returns
    -------
    dict
        From the page's address within the book to what it holds.
    """
    found = {}
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        if name.startswith("_static/"):
            continue
        reader = PageReader()
        text = path.read_text(encoding="utf-8")
        reader.feed(text)
        reader.close()
        reader.refused = lean_policy.faults(text)
        found[name] = reader
    return found


def check_book(html_dir: Path | str, *, toc: Path | None = None) -> list[str]:
    """
    Find what is wrong with a built book.

    Parameters
    ----------
    html_dir : Path or str
        Root of the built book; ``findings.json`` is expected beside it.
    toc : Path, optional
        Table of contents that says which pages there must be; by default that of the checkout.

    Returns
    -------
    list of str
        One sentence for each problem, starting with the page; empty if all is well.
    """
    folder = Path(html_dir)
    if not folder.is_dir():
        return [f"{folder}: there is no built book here; run make book"]
    contents = yaml.safe_load((toc or ROOT / "_toc.yml").read_text(encoding="utf-8"))
    wanted = [f"{name}.html" for name in toc_files(contents)]
    pages = read_pages(folder)
    problems = [
        f"{name}: the table of contents asks for this page, it was not built" for name in wanted if name not in pages
    ]
    for name in (name for name in wanted if name in pages):
        problems += _page_problems(name, pages[name], folder)
    for name, page in pages.items():
        problems += _foreign(name, page)
        problems += [f"{name}: {what}" for what in page.refused]
        problems += _dead_links(name, page, pages, folder)
    built = {name for name in pages if "/" in name}
    problems += [f"{name}: a page that the table of contents does not know" for name in sorted(built - set(wanted))]
    problems += _style_problems(folder)
    problems += _finding_problems(folder.parent / "findings.json")
    if any(page.charts for page in pages.values()):
        problems += _bundle_problems(folder / "charts" / "vega.js")
    return problems


def _page_problems(name: str, page: PageReader, folder: Path) -> list[str]:
    said = []
    text = " ".join(page.text)
    for sign, remedy in _SIGNS.items():
        if sign in text:
            place = text.index(sign)
            said.append(
                f"{name}: holds {sign!r} (... {' '.join(text[max(0, place - 40) : place + 60].split())} ...): {remedy}"
            )
    if page.tracebacks:
        said.append(f"{name}: shows an error of a cell; run the chapter and mend it")
    if not page.title.strip():
        said.append(f"{name}: has no title")
    if len(page.description) < _SHORTEST_ALT:
        said.append(f"{name}: has no description of at least {_SHORTEST_ALT} characters; begin with a full sentence")
    if page.headings < 1:
        said.append(f"{name}: has no heading; begin the chapter with '# ...'")
    said += [f"{name}: the image {source!r} has no alt text" for source in page.images_without_alt]
    names = [chart.name for chart in page.charts]
    said += [
        f"{name}: two figures have the id {one!r}; give them names"
        for one in sorted({n for n in names if names.count(n) > 1})
    ]
    for chart in page.charts:
        said += [f"{name}: the figure {chart.name!r} {what}" for what in _chart_problems(chart, (folder / name).parent)]
    return said


def _chart_problems(chart: Chart, here: Path) -> Iterator[str]:
    kinds = [
        word for drawing in chart.drawings for word in ("wide", "narrow") if word in drawing.get("class", "").split()
    ]
    for kind in ("wide", "narrow"):
        if kinds.count(kind) != 1:
            yield f"has {kinds.count(kind)} {kind} drawings, not one; was its specification in the executed notebook?"
    for drawing in chart.drawings:
        if drawing.get("role") != "img" or len(drawing.get("aria-label", "")) < _SHORTEST_ALT:
            yield "has a drawing without role=img or without a description"
    if not chart.caption.strip():
        yield "has no title; wrap the chart in a Figure"
    if not chart.csv:
        yield "offers no download of its data; wrap the chart in a Figure"
    elif chart.csv.startswith("data:"):
        yield "carries its download in the page; is aieq.report.sphinx_ext loaded?"
    elif not _holds_lines(here / urllib.parse.unquote(chart.csv)):
        yield f"offers {chart.csv}, which holds no rows"
    if chart.headers == 0 or chart.loose_headers:
        yield "has no table of its data whose headers say what they head"
    if not chart.live:
        yield "has no live version; was its specification in the executed notebook?"
    elif not (here / chart.live).exists():
        yield f"points to {chart.live}, which does not exist"


def _holds_lines(path: Path) -> bool:
    return path.is_file() and len(path.read_text(encoding="utf-8").splitlines()) >= 2


def _foreign(name: str, page: PageReader) -> list[str]:
    return [
        f"{name}: loads {load} from another host; ship it with the book" for load in page.loads if _FOREIGN.match(load)
    ]


def _style_problems(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*.css")):
        for address in _STYLE_FOREIGN.findall(path.read_text(encoding="utf-8", errors="replace")):
            found.append(
                f"{path.relative_to(folder).as_posix()}: loads {address} from another host; ship it with the book"
            )
    return found


def _dead_links(name: str, page: PageReader, pages: dict[str, PageReader], folder: Path) -> list[str]:
    dead = []
    for link in dict.fromkeys(page.links):
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path, anchor = urllib.parse.unquote(parts.path), urllib.parse.unquote(parts.fragment)
        target = os.path.normpath(Path(name).parent / path).replace(os.sep, "/") if path else name
        if target in pages:
            if anchor and anchor not in pages[target].ids:
                dead.append(f"{name}: links to {link}, but {target} has no such place")
        elif not (folder / target).exists():
            dead.append(f"{name}: links to {link}, which does not exist")
    return dead


def _finding_problems(path: Path) -> list[str]:
    if not path.exists():
        return [f"{path.name}: is missing beside the book; run make book"]
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        return [f"{path.name}: is not JSON: {error}"]
    if not isinstance(rows, list) or not rows:
        return [f"{path.name}: is not a list of findings"]
    need = {"name", "value", "low", "high", "unit", "grade", "as_of", "scenario", "says", "sources"}
    return [
        f"{path.name}: the finding {row.get('name', number)!r} lacks {', '.join(sorted(need - set(row)))}"
        for number, row in enumerate(rows)
        if need - set(row)
    ]


def _bundle_problems(path: Path) -> list[str]:
    if not path.exists():
        return [f"charts/{path.name}: is missing, so no chart can come alive; is aieq.report.sphinx_ext loaded?"]
    if "window.aieqVega={View:__default" in path.read_text(encoding="utf-8"):
        return [f"charts/{path.name}: holds no library; the name of its module changed in vl-convert"]
    return []


def main(arguments: list[str] | None = None) -> int:
    """
    Check a built book and say what is wrong.

    Parameters
    ----------
    arguments : list of str, optional
        Command line.

    Returns
    -------
    int
        0 if all is well.
    """
    parser = argparse.ArgumentParser(prog="python -m aieq.report.check", description="Check the built pages as files.")
    parser.add_argument("folder", nargs="?", default=os.environ.get("AIEQ_HTML") or ROOT / "_build" / "html")
    parser.add_argument("--toc", type=Path, help="table of contents (default: the checkout's)")
    options = parser.parse_args(arguments)
    folder = Path(options.folder)
    problems = check_book(folder, toc=options.toc)
    if problems:
        print("\n".join(f"  {problem}" for problem in problems[:_SHOWN]), file=sys.stderr)
        if len(problems) > _SHOWN:
            print(f"  and {len(problems) - _SHOWN} more", file=sys.stderr)
        print(f"{len(problems)} faults in the built pages", file=sys.stderr)
        return 1
    pages = read_pages(folder)
    charts = sum(len(page.charts) for page in pages.values())
    print(
        f"pages: {len(pages)} pages, {charts} charts, {sum(len(page.links) for page in pages.values())} links in order"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
