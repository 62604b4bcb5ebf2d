"""The book on paper: every page and every chart is in it, and its links lead within."""

from __future__ import annotations

import re

import pytest

from aieq.report import pdf
from tests.browser.engine import html_folder

pytestmark = pytest.mark.browser

FOLDER = html_folder()
FEW = ["chapters/index", "chapters/revenue", "chapters/verdict"]


def charts_of(names: list[str]) -> int:
    """Figures on the built pages."""
    return sum((FOLDER / f"{name}.html").read_text(encoding="utf-8").count('<figure class="chart"') for name in names)


def test_one_page_holds_all_pages_and_charts_and_leads_within_itself(root) -> None:
    """Nothing is lost when the pages become one, no name is used twice, no link leads nowhere."""
    names = pdf.pages_in_order(root / "_toc.yml")
    page = pdf.one_page(FOLDER, names, FOLDER.as_uri())
    assert page.count('<figure class="chart"') == charts_of(names) > 20
    for name in names:
        assert f'<article class="bd-article" id="{name.rpartition("/")[2]}">' in page
    body = re.sub(r"<svg\b.*?</svg>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    assert not {place for place in re.findall(r'href="#([^"]+)"', body) if place and place not in ids}
    assert not re.search(r'href="\w+\.html', page)
    assert "<script" not in page


def test_the_printed_book_shows_every_chart_with_its_description(tmp_path) -> None:
    """Each chart is a described figure of the PDF; every chapter starts a page."""
    contents = tmp_path / "_toc.yml"
    contents.write_text(
        f"root: {FEW[0]}\nparts:\n  - chapters: [{{file: {FEW[1]}}}, {{file: {FEW[2]}}}]\n", encoding="utf-8"
    )
    made = pdf.print_book(FOLDER, tmp_path / "book.pdf", contents).read_bytes()
    assert made.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) > len(FEW)
    assert len(re.findall(rb"/Alt\b", made)) >= charts_of(FEW) > 0


def test_without_a_book_or_a_browser_it_says_what_to_do(tmp_path, monkeypatch) -> None:
    """No stack of calls: a sentence, and exit code 1."""
    assert pdf.main([str(tmp_path)]) == 1
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    with pytest.raises(pdf.PdfError, match="apt-get install chromium"):
        pdf.browser()
