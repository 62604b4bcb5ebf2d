"""Reading comforts that are made with the book: terms, reading time, what changed."""

from __future__ import annotations

import re
from datetime import date

import nbformat
import pandas as pd
import pytest

from aieq.charts import Figure, lines
from aieq.findings import first_day
from aieq.report import changes, html_reading, html_social
from aieq.report.page import describe, figure_link


def test_every_term_has_one_meaning_and_one_place(root):
    """A term that is part of another is not taken for it; no two share an anchor."""
    terms = html_reading.read_terms((root / "chapters" / "glossary.md").read_text(encoding="utf-8"))
    assert len(terms) >= 20
    assert len({html_reading.term_place(term) for term in terms}) == len(terms)
    assert all(meaning.endswith(".") for meaning in terms.values())


@pytest.mark.parametrize(
    "left_alone",
    [
        '<figure class="chart"><p>a scope</p></figure>',
        "<table><tr><td><p>a scope</p></td></tr></table>",
        "<h2>A scope</h2>",
        '<section class="time-machine" id="x"><p>a scope</p></section>',
        "<p><code>scope</code></p>",
        '<p><a href="x">the <em>scope</em></a></p>',
        "<p>a telescope, scoped</p>",
    ],
)
def test_terms_are_linked_in_prose_alone(left_alone):
    """Once a page, and not inside anything that has a meaning of its own."""
    linked = html_reading.link_terms(left_alone + "<p>Scopes and scope.</p>", {"scope": 'What "counts".'}, "g.html")
    assert linked.startswith(left_alone)
    assert linked.count("<a class=") == 1
    assert 'title="What &quot;counts&quot;.">Scopes</a>' in linked


def test_a_page_without_prose_tells_no_time(tmp_path):
    """And pages outside the chapters are left as they are."""
    body = "<h1>T</h1><p>" + "word " * 700 + "</p>"
    assert html_reading.complete(body, tmp_path, "search") == body
    assert "3 minutes to read" in html_reading.complete(body, tmp_path, "chapters/x")
    short = "<h1>T</h1><table>" + "word " * 700 + "</table>"
    assert html_reading.complete(short, tmp_path, "chapters/x") == short


def test_a_number_names_its_sources_in_the_order_of_their_keys(context_on):
    """The script links the first line to the first key, so both must agree, and hostile text must not get out."""
    context = context_on("2025-03-31")
    quantity = context["required_revenue_usd_bn"]
    named = [line for line in describe("required_revenue_usd_bn", quantity).split("\n") if line.startswith("Source: ")]
    keys = re.search(r'data-sources="([^"]*)"', figure_link("required_revenue_usd_bn", quantity, "<b>"))[1].split(" ")
    titles = context.view.evidence.sources["title"]
    assert named == [f"Source: {titles[key]}" for key in keys]
    assert "<b>" not in figure_link("required_revenue_usd_bn", quantity, "<b>")


def test_what_changed_is_what_differs_on_the_two_days(context_on):
    """Each line names a finding whose text differs, and none that differs is left out."""
    now, before = context_on("2023-11-15"), context_on("2023-09-30")
    assert changes.quarter_end_before(now.as_of) == date(2023, 9, 30)
    rows = changes.changed_findings(now, now.at("2023-09-30")).set_index("name")
    assert "gpu_run_rate_usd_bn" not in rows.index, "Nvidia reported on 21 November"
    for name, row in rows.iterrows():
        texts = ["" if (q := context.get(name)) is None else q.full_text() for context in (before, now)]
        assert [row["before"], row["after"]] == texts
        assert texts[0] != texts[1]
    assert rows["moved"].dropna().is_monotonic_decreasing
    shown = changes.changed(now)
    assert "between 30 September 2023 and 15 November 2023" in shown.text


def test_before_the_first_quarter_there_is_nothing_to_compare_with(context_on):
    """The page says so instead of failing."""
    assert "nothing to compare with" in changes.changed(context_on(str(first_day()))).text


def test_a_shared_page_has_a_title_a_description_and_a_picture(tmp_path):
    """A card of the first chart; without a first page no picture is promised."""
    out = tmp_path / "html"
    context = {"docstitle": "The book", "title": "A <em>page</em> &amp; more", "aieq_description": 'It says "no".'}
    html_social.share(context, "chapters/cost", out, "https://example.org/book")
    assert 'og:title" content="A page &amp; more"' in context["metatags"]
    assert 'og:description" content="It says &quot;no&quot;."' in context["metatags"]
    assert 'og:url" content="https://example.org/book/chapters/cost.html"' in context["metatags"]
    assert "og:image" not in context["metatags"]

    rows = pd.DataFrame({"day": pd.to_datetime(["2026-03-31", "2026-06-30"]), "value": [1.0, 2.0]})
    alt = "One line rises from one to two within a quarter of a year, for a test."
    told = {"title": "T", "alt": alt, "sources": ["cahn_2024_600b"], "as_of": "2026-08-31", "data": rows}
    figure = Figure(lines(rows, "day", "value"), **told)
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", figure._repr_mimebundle_())])
    first = html_social.first_page(out)
    first.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), first)
    html_social.share(context, "chapters/index", out, "")
    assert 'og:image" content="../social-card.png"' in context["metatags"]
    picture = (out / html_social.CARD).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == html_social.SIZE
