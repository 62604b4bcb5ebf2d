"""
The whole book as one PDF, printed from its built pages by the browser that reads them.

Run as ``python -m aieq.report.pdf [FOLDER]``, after the book is built.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from aieq.errors import AieqError
from aieq.report.chapters import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST = 600  # seconds
_STYLE = """
@page { size: A4; margin: 17mm 15mm 18mm; @bottom-center { content: counter(page); font: 9pt sans-serif; } }
body { background: #fff; font-size: 10pt; }
article { break-before: page; max-width: 690px; margin: 0 auto; }
nav.book { max-width: 690px; margin: 0 auto; }
nav.book li { margin: .3rem 0; }
.headerlink, .cell_input, .reading-time, .time-machine details { display: none !important; }
svg.still.wide { display: block !important; }
svg.still.narrow { display: none !important; }
table.house, table.ledger tr { break-inside: auto !important; }
table.ledger, table.ledger :is(tbody, tr, caption, th, td) { display: block; }
table.ledger thead { display: none; }
table.ledger td { border: 0; padding: .1rem 0; }
table.ledger td:nth-child(n + 2) { display: inline-block; margin-right: 1rem; }
table.ledger td:nth-child(4)::before { content: "then "; }
table.ledger td:nth-child(5)::before { content: "now "; }
table.house tr, figure.chart, h2, h3 { break-inside: avoid; }
h2, h3, figcaption { break-after: avoid; }
.table-wrap, .chart-scroll { overflow: visible; max-height: none; }
.bibliography li { content-visibility: visible; }
"""


class PdfError(AieqError, RuntimeError):
    """The book cannot be printed."""


def pages_in_order(contents: Path) -> list[str]:
    """
    List the pages of the book as its contents do.

    Parameters
    ----------
    contents : Path
        The file ``_toc.yml``.

    Returns
    -------
    list of str
        Names such as ``chapters/index``.
    """
    told = yaml.safe_load(contents.read_text(encoding="utf-8"))
    return [told["root"], *(page["file"] for part in told["parts"] for page in part["chapters"])]


def one_page(folder: Path, names: list[str], top: str) -> str:
    """
    Put the pages of a book into one.

    Parameters
    ----------
    folder : Path
        The built pages.
    names : list of str
        As :func:`pages_in_order` gives them; one that was not built is left out.
    top : str
        Address of `folder`, seen from the page to be.

    Returns
    -------
    str
        HTML whose links between pages lead within it.

    Raises
    ------
    PdfError
        If none of the pages is there.
    """
    there = {name.rpartition("/")[2]: folder / f"{name}.html" for name in names if (folder / f"{name}.html").exists()}
    if not there:
        msg = f"there is no book in {folder}: build it first (make book)"
        raise PdfError(msg)
    texts = {stem: path.read_text(encoding="utf-8") for stem, path in there.items()}
    first = next(iter(texts.values()))
    head = first[: first.index("</head>")]
    styles = re.findall(r'<link\b[^>]*rel="stylesheet"[^>]*>|<style\b.*?</style>', head, re.DOTALL)
    articles, listed = [], []
    for stem, text in texts.items():
        found = re.search(r"<article\b[^>]*>(.*?)</article>", text, re.DOTALL)
        title = re.search(r"<h1\b[^>]*>(.*?)</h1>", text, re.DOTALL)
        if not found or not title:
            msg = f"the page {there[stem]} has no article or no title: build the book again"
            raise PdfError(msg)
        named = re.sub(r"<a\b.*?</a>|<[^>]+>", "", title[1], flags=re.DOTALL).strip()
        listed.append(f'<li><a href="#{stem}">{named}</a></li>')
        articles.append(f'<article class="bd-article" id="{stem}">{_within(found[1], stem, set(texts))}</article>')
    book = re.search(r"<title>(.*?)</title>", first, re.DOTALL)
    name = html.escape(html.unescape(book[1]).rpartition(" — ")[2].strip() if book else "The book")
    return (
        f'<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{name}</title>{''.join(styles)}<style>{_STYLE}</style></head>"
        f'<body><nav class="book"><h1>{name}</h1><ol>{"".join(listed)}</ol></nav>'
        f"{''.join(articles)}</body></html>"
    ).replace('"../', f'"{top}/')


def _within(body: str, stem: str, stems: set[str]) -> str:
    """Make a page part of one: names get its own in front, links to other pages become links to their part."""
    body = re.sub(r"<script\b.*?</script>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{stem}--', body)
    body = re.sub(r'(href="#|url\(#)', rf"\1{stem}--", body)

    def lead(found: re.Match[str]) -> str:
        page, place = found[1], found[2] or ""
        if page not in stems:
            return found[0]
        return f'href="#{page}--{place[1:]}"' if place else f'href="#{page}"'

    body = re.sub(r'href="(\w+)\.html(#[^"]*)?"', lead, body)
    # What is folded in the ledger is part of the text; sources and data tables stay folded.
    return re.sub(r"<details(?=><summary>Rule)", "<details open", body)


def browser() -> str:
    """
    Find the browser of this machine.

    Raises
    ------
    PdfError
        If there is none.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    msg = f"no browser prints the book: install one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)"
    raise PdfError(msg)


def print_book(folder: Path, target: Path, contents: Path = ROOT / "_toc.yml") -> Path:
    """
    Print the built pages of a book into one PDF.

    Parameters
    ----------
    folder : Path
        The built pages.
    target : Path
        The file to write.
    contents : Path
        The book's ``_toc.yml``, for the order.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    PdfError
        If there is no book or no browser, or the browser wrote nothing.
    """
    program = browser()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        page, made = Path(place) / "book.html", Path(place) / "book.pdf"
        page.write_text(one_page(folder, pages_in_order(contents), folder.resolve().as_uri()), encoding="utf-8")
        done = subprocess.run(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={place}/profile",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--no-pdf-header-footer",
                f"--print-to-pdf={made}",
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if done.returncode or not made.exists():
            msg = f"{program} printed nothing (exit {done.returncode}): {done.stderr.strip()[-300:]}"
            raise PdfError(msg)
        shutil.copyfile(made, target)
    return target


def main(arguments: list[str] | None = None) -> int:
    """Print the book; 0 if it worked."""
    parser = argparse.ArgumentParser(prog="python -m aieq.report.pdf", description="The whole book as one PDF.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build" / "html", help="the built pages")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "book.pdf", help="the file to write")
    given = parser.parse_args(arguments)
    try:
        made = print_book(given.folder, given.to)
    except PdfError as error:
        print(f"pdf: {error}", file=sys.stderr)
        return 1
    print(f"pdf: {made}, {made.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
