"""One page by itself, in the look of the book: its frame, its tables, its charts."""

from __future__ import annotations

import html
import math
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ..charts import still
from ..report.chapters import ROOT
from .compare_chart import MOST, Bell, dumbbells

# What the book takes from its theme, which a page by itself does not have.
_THEME = """
:root { color-scheme: light dark; --pst-color-text-base: #222832; --pst-color-text-muted: #48566b;
  --pst-color-border: #d1d5da; --pst-color-surface: #f3f4f5; --pst-color-background: #fff;
  --pst-color-on-background: #fff; --pst-color-link: #0a7083; }
@media (prefers-color-scheme: dark) { :root { --pst-color-text-base: #ced6dd; --pst-color-text-muted: #9ca4af;
  --pst-color-border: #48566b; --pst-color-surface: #222832; --pst-color-background: #121212;
  --pst-color-on-background: #222832; --pst-color-link: #3fb1c5; } }
figure.chart { content-visibility: visible; max-width: none; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--pst-color-background); color: var(--pst-color-text-base);
  font: 1rem/1.6 system-ui, sans-serif; -webkit-text-size-adjust: 100%; }
a { color: var(--pst-color-link); }
:focus-visible { outline: 2px solid var(--pst-color-link); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--pst-color-background); padding: .2rem .6rem; z-index: 2; }
body > :is(header, main, footer) { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }
body > header { padding-top: 1.5rem; color: var(--pst-color-text-muted); font-size: .9rem; }
body > footer { border-top: 1px solid var(--pst-color-border); margin-top: 3rem; padding-top: 1rem;
  padding-bottom: 3rem; color: var(--pst-color-text-muted); font-size: .88rem; }
h1 { margin: .2rem 0 .8rem; } h2 { margin: 2.6rem 0 .6rem; line-height: 1.25; } h3 { margin: 1.6rem 0 .2rem; }
.lead { font-size: 1.12rem; line-height: 1.5; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0;
  margin: 1rem 0 0; font-size: .92rem; }
ol.changes { list-style: none; padding: 0; margin: 0; }
ol.changes > li { border-top: 1px solid var(--pst-color-border); padding: .8rem 0; }
.says { font-weight: 650; line-height: 1.35; text-wrap: pretty; }
.values { font-variant-numeric: tabular-nums; margin: .15rem 0; }
.values b { font-weight: 650; }
.then { color: var(--pst-color-text-muted); }
.why, .rule { font-size: .92rem; margin: .2rem 0; }
.name { font-size: .8rem; color: var(--pst-color-text-muted); overflow-wrap: anywhere; }
details.more > summary { cursor: pointer; color: var(--pst-color-text-muted); font-size: .9rem; }
details.more ul { font-size: .88rem; margin: .3rem 0; padding-left: 1.2rem; }
summary h2 { display: inline; font-size: 1.2rem; }
details.block { margin-top: 1.6rem; } details.block > summary { cursor: pointer; }
table.compare { min-width: 0 !important; font-variant-numeric: tabular-nums; }
table.compare tbody th { overflow-wrap: break-word; text-align: left; }
dl.differs { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; margin: 1rem 0; padding: .7rem .9rem;
  background: var(--pst-color-surface); border-radius: .4rem; font-size: .92rem; line-height: 1.5; }
dl.differs dt { color: var(--pst-color-text-muted); max-width: 6.4rem; }
dl.differs dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  table.compare, table.compare :is(tbody, tr, caption, th, td) { display: block; }
  table.compare thead { position: absolute; left: -999px; }
  table.compare tr { border-top: 1px solid var(--pst-color-border); padding: .45rem 0; }
  table.compare :is(th, td) { border: 0; padding: .05rem 0; }
  table.compare td::before { content: attr(data-label) ": "; color: var(--pst-color-text-muted); }
  table.compare td { display: inline-block; margin-right: 1.2rem; }
  table.compare td:empty { display: none; }
  h1 { font-size: 1.65rem; }
}
@media print { details.block:not([open]) { display: none; } nav, .skip { display: none; } }
"""


def house_style() -> str:
    """
    Give the book's own style sheet for a page that follows the reader's system, and fetches nothing.

    Returns
    -------
    str
        CSS without font files; what holds for the dark theme holds where dark is preferred.
    """
    css = (ROOT / "_assets" / "aieq.css").read_text(encoding="utf-8")
    css = re.sub(r"@font-face \{[^}]*\}", "", css)
    css = re.sub(r'html\[data-theme="dark"\] \{([^}]*)\}', r"@media (prefers-color-scheme: dark) { html {\1} }", css)
    return css + _THEME


def page(title: str, *, eyebrow: str, body: Sequence[str], contents: Mapping[str, str], foot: Sequence[str]) -> str:
    """
    Write a whole page.

    Parameters
    ----------
    title : str
        Its heading.
    eyebrow : str
        A line above it: what this is.
    body : sequence of str
        HTML; the first piece stands before the list of contents.
    contents : mapping
        From the id of a section to its name.
    foot : sequence of str
        Sentences at the end, as HTML.

    Returns
    -------
    str
        HTML with nothing to fetch.
    """
    told = [re.sub(r" (?=%)", "\u00a0", piece) for piece in body]
    links = "".join(f'<li><a href="#{name}">{html.escape(text)}</a></li>' for name, text in contents.items())
    first, *rest = told
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{html.escape(title)}</title>\n<link rel="icon" href="data:,">\n<style>\n{house_style()}</style>\n'
        '</head>\n<body>\n<a class="skip" href="#main">Skip to the comparison</a>\n'
        f"<header>{html.escape(eyebrow)}</header>\n"
        f'<main id="main" class="bd-article">\n<h1>{html.escape(title)}</h1>\n{first}\n'
        f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n' + "\n".join(rest) + "\n</main>\n"
        f"<footer>{''.join(f'<p>{line}</p>' for line in foot)}</footer>\n</body>\n</html>\n"
    )


def section(name: str, title: str, *content: str) -> str:
    """Write a section with its heading; nothing if it has no content."""
    inside = "\n".join(piece for piece in content if piece)
    if not inside:
        return ""
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{html.escape(title)}</h2>\n{inside}\n</section>'


def folded(summary: str, content: str) -> str:
    """Write something that folds out."""
    return f'<details class="block"><summary>{html.escape(summary)}</summary>\n{content}\n</details>'


def table(caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, markup: bool = False) -> str:
    """
    Write a table that becomes a list of cards on a phone.

    Parameters
    ----------
    caption : str
        What it says.
    headers : sequence of str
        Of the columns; the first names the rows.
    rows : sequence
        Cells as text, or as HTML with `markup`.
    markup : bool
        Whether cells hold HTML already.
    """
    write = str if markup else html.escape
    # Shown as cards it is no table to a browser any more; the roles keep it one for a screen reader.
    head = "".join(f'<th role="columnheader" scope="col">{html.escape(text)}</th>' for text in headers)
    body = "".join(
        f'<tr role="row"><th role="rowheader" scope="row">{write(first)}</th>'
        + "".join(
            f'<td role="cell" data-label="{html.escape(label)}">{write(cell)}</td>'
            for label, cell in zip(headers[1:], rest, strict=True)
        )
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="table-wrap"><table class="house compare" role="table"><caption>{html.escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead><tbody role="rowgroup">{body}</tbody></table></div>'
    )


def figure(chart: Any, *, title: str, subtitle: str, alt: str, note: str, data: pd.DataFrame) -> str:
    """
    Draw a chart for desk and phone, with its rows as a table and a download.

    Unlike a :class:`aieq.charts.Figure` of the book it leads to no other page: sources are told with each finding.

    Parameters
    ----------
    chart : Chart
        Any Altair chart.
    title, subtitle, note : str
        What it shows as a finding, what is plotted, what a reader must know.
    alt : str
        What a reader who does not see it should know.
    data : DataFrame
        The rows behind it, all text.

    Returns
    -------
    str
        HTML.
    """
    spec = still.canonical(chart.to_dict() | {"description": alt})
    write = still.escape
    href = "data:text/csv;charset=utf-8," + urllib.parse.quote(data.to_csv(index=False), safe="/:,;()")
    return (
        f'<figure class="chart"><figcaption><span class="chart-title">{write(title)}</span>'
        f'<span class="chart-subtitle">{write(subtitle)}</span></figcaption>'
        f'<div class="chart-view">{still.draw(spec, alt=alt)}{still.draw_narrow(spec, alt=alt)}</div>'
        f'<div class="chart-foot"><p class="chart-note">{write(note)}</p><p class="chart-tools">'
        f'<a class="chart-csv" download="changes.csv" href="{href}">Data as CSV</a></p></div>'
        + folded("Data as a table", table(title, list(data.columns), data.astype(str).to_numpy().tolist()))
        + "</figure>"
    )


def bells_figure(bells: Sequence[Bell], which: str, subtitle: str) -> str:
    """
    Draw several findings before and after, the largest rise first.

    Parameters
    ----------
    bells : sequence of Bell
        What to draw; the first dozen are.
    which : str
        What they are, for the description.
    subtitle : str
        What is plotted.

    Returns
    -------
    str
        HTML; nothing if there are none.
    """
    shown = sorted(bells[:MOST], key=lambda bell: -bell.times)
    if not shown:
        return ""
    up = sum(bell.times > 1 for bell in shown)
    rises = f"{up} of {len(shown)} rise, the first to {shown[0].times:.2g} times what it was"
    falls = f"{len(shown) - up} of {len(shown)} fall, the last to {shown[-1].times:.2g} times what it was"
    data = pd.DataFrame(
        [(bell.says, bell.before.full_text(), bell.after.full_text(), bell.told) for bell in shown],
        columns=["Finding", "A", "B", "Change"],
    )
    most = max(shown, key=lambda bell: abs(math.log(bell.times)))
    return figure(
        dumbbells(shown),
        title=rises if up else falls,
        subtitle=subtitle,
        alt=f"Pairs of dots for {which}, A at one and B where it went: {up} to the right, "
        f"{len(shown) - up} to the left. Farthest went {most.says}: from {most.before.text()} to {most.after.text()}.",
        note="Lines are intervals, that of A above the pair and that of B below it; one that reaches the edge goes on "
        "beyond. What is not above zero in both is not drawn.",
        data=data,
    )


def change_of(before: str, after: str) -> str:
    """
    Write what something was and is.

    Examples
    --------
    >>> change_of("base", "low"), change_of("base", "base")
    ('base → low', 'base, the same')
    """
    return f"{after}, the same" if before == after else f"{before} → {after}"


def captioned(rows: Sequence[tuple[str, str]]) -> str:
    """Write the box below the heading that says what is compared and what differs in what went in."""
    items = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in rows)
    return f'<dl class="differs" aria-label="What differs in what went in">{items}</dl>'


def made_with(made: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """
    Say what the two were made with, what is alike in one row.

    Examples
    --------
    >>> made_with({"code": ("a", "b"), "data": ("c", "c"), "version": ("1", "1")})
    [('Code', 'a → b'), ('Data, version', 'the same')]
    >>> made_with({"code": ("", "b")})
    [('Code', 'not on record → b')]
    """
    rows = [
        (what.capitalize(), f"{before[:12] or 'not on record'} → {after[:12] or 'not on record'}")
        for what, (before, after) in made.items()
        if before != after
    ]
    for told, known in (("the same", True), ("not on record", False)):
        if alike := [what for what, (before, after) in made.items() if before == after and bool(before) is known]:
            rows.append((", ".join(alike).capitalize(), told))
    return rows
