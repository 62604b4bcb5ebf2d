"""Tables of the book: plain text for the check of notebooks, accessible HTML for the page."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import pandas as pd

from ..claims import ARTICLE_DAY, VERDICTS, claims, get_claim, ledger
from ..claims.survival import survival
from ..errors import VintageError
from ..findings import SECTIONS, Context
from .page import Glued, anchor, figures_table, verdict_mark

_SECTION_TITLES = {
    "gamble": "The equation and the gap",
    "cost": "Cost side",
    "revenue": "Revenue side",
    "history": "Echoes of history",
    "payer": "Who foots the bill",
    "ways_out": "Ways out",
    "models": "Other models",
    "doubt": "Doubt",
    "scoreboard": "Forecasts",
}
_CHAPTERS = {"gamble": "equation"}  # the only section whose chapter has another name


_CHAPTER_TITLES = {_CHAPTERS.get(section, section): title for section, title in _SECTION_TITLES.items()} | {
    "equation": "The equation"
}


def publisher_name(publisher: str) -> str:
    """
    Say who published a source; a repository whose owner is not on record is called that.

    Examples
    --------
    >>> publisher_name("GitHub (repository not shown)")
    'an unnamed public repository'
    """
    unnamed = "repository not shown" in publisher or publisher == "unnamed repository"
    return "an unnamed public repository" if unnamed else publisher


def discussed_in(claim_id: str) -> str:
    """
    Name the chapter in which a claim is discussed: the one whose part of the package holds its rule.

    Examples
    --------
    >>> discussed_in("capex-200bn-2024")
    'cost'
    """
    part = get_claim(claim_id).function.__module__.rsplit(".", 1)[-1]
    return _CHAPTERS.get(part, part)


def table(frame: pd.DataFrame, headers: Mapping[str, str], *, caption: str, markup: Sequence[str] = ()) -> Glued:
    """
    Show a small table.

    Parameters
    ----------
    frame : DataFrame
        Rows to show.
    headers : mapping
        Columns to show, in order, and what to call them.
    caption : str
        What the table says.
    markup : sequence of str
        Columns that hold HTML already.

    Returns
    -------
    Glued
        Shown by the notebook.
    """
    shown = frame[list(headers)].rename(columns=headers)
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in headers.values())
    body = []
    for row in frame.to_dict("records"):
        cells = []
        for position, column in enumerate(headers):
            text = str(row[column]) if column in markup else html.escape(str(row[column]))
            cells.append(f'<th scope="row">{text}</th>' if position == 0 else f"<td>{text}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    page = (
        f'<div class="table-wrap"><table class="house"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    plain = shown.drop(columns=[headers[column] for column in markup]).to_string(index=False)
    return Glued(f"{caption}\n{plain}", page)


def _finding_link(name: str, context: Context) -> str:
    quantity = context.get(name)
    if quantity is None:
        return f"{html.escape(name)}: not known"
    link = f'<a class="figure-link" href="figures.html#{anchor(name)}">{html.escape(name)}</a>'
    return f"{link}: {html.escape(quantity.full_text())}"


def ledger_table(context: Context) -> Glued:
    """
    Show the ledger: one row a claim, which folds out into rule, reasons, evidence and what would flip it.

    The page's script sorts and filters it; without the script it is a plain table in the article's order.
    """
    rows = ledger(context)
    lasting = _lasting(context)
    body, plain = [], []
    for row in rows.itertuples():
        then = f'<span class="verdict verdict-{row.then.replace(" ", "-")}">{row.then}</span>'
        now = f'<span class="verdict verdict-{row.now.replace(" ", "-")}">{row.now}</span>'
        evidence = "".join(f"<li>{_finding_link(name, context)}</li>" for name in row.findings)
        missing = f"<p><strong>Missing:</strong> {html.escape(row.missing)}</p>" if row.missing else ""
        details = (
            f"<details><summary>Rule, evidence, what would flip it</summary>"
            f"<p><strong>Rule:</strong> {html.escape(row.rule)}</p>"
            f"<p><strong>Then:</strong> {html.escape(row.because_then)}</p>"
            f"<p><strong>Now:</strong> {html.escape(row.because_now)}</p>{missing}"
            f"<p><strong>Would flip it:</strong> {html.escape(row.flips)}</p>"
            f"<p><strong>Weakest input:</strong> {row.grade}</p>"
            f"<p><strong>Definitions:</strong> {html.escape(lasting[row.id])}</p>"
            f"{'<ul>' + evidence + '</ul>' if evidence else ''}</details>"
        )
        chapter = discussed_in(row.id)
        body.append(
            f'<tr id="claim-{row.id}" data-then="{row.then}" data-now="{row.now}" data-section="{row.section}">'
            f'<td>{html.escape(row.says[0].upper() + row.says[1:])}. <a class="permalink" href="#claim-{row.id}" '
            f'aria-label="Link to this claim">{row.id}</a>{details}</td>'
            f'<td><a href="{chapter}.html">{_CHAPTER_TITLES[chapter]}</a></td>'
            f"<td>{html.escape(row.kind)}</td><td>{then}</td><td>{now}</td></tr>"
        )
        plain.append(f"{row.id}: {row.then} -> {row.now}. {row.because_now} Definitions: {lasting[row.id]}")
    heads = "".join(f'<th scope="col">{h}</th>' for h in ("Claim", "Chapter", "Kind", "Then", "Now"))
    page = (
        '<div class="table-wrap"><table class="house ledger" data-sortable><caption>Every claim of the article, as the '
        "evidence stood when it was written and as it stands now</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
    return Glued("\n".join(plain), page)


def _lasting(context: Context) -> dict[str, str]:
    """Under how many definitions each verdict stays what it is, in words."""
    try:
        table = survival(context)
    except VintageError:
        return {entry.id: "not computed: too little was known on that day." for entry in claims()}
    said = {}
    for row in table.itertuples():
        if not row.of:
            said[row.id] = "it rests on no definition of required or actual revenue today."
        else:
            elsewhere = f"; elsewhere {row.others}" if row.others else ""
            said[row.id] = f"the same under {row.same} of {row.of} combinations{elsewhere}."
    return said


def surviving(context: Context) -> pd.DataFrame:
    """
    List the claims whose verdict rests on a definition, those that depend most on it first.

    Returns
    -------
    DataFrame
        says, verdict, same, others.
    """
    try:
        table = survival(context)
    except VintageError:
        return pd.DataFrame(columns=["says", "verdict", "same", "others"])
    told = {entry.id: entry.says[0].upper() + entry.says[1:] for entry in claims()}
    rows = table[table["of"] > 0].sort_values("same")
    return pd.DataFrame(
        {
            "says": rows["id"].map(told),
            "verdict": rows["verdict"],
            "same": [f"{same} of {of}" for same, of in zip(rows["same"], rows["of"], strict=True)],
            "others": rows["others"].replace("", "nothing else"),
        }
    )


def verdict_counts(context: Context) -> pd.DataFrame:
    """
    Count verdicts, then and now.

    Returns
    -------
    DataFrame
        when (``then``, ``now``), verdict, claims.
    """
    rows = ledger(context)
    return pd.DataFrame(
        [
            {"when": when, "verdict": verdict, "claims": int((rows[when] == verdict).sum())}
            for when in ("then", "now")
            for verdict in VERDICTS
        ]
    )


def chapter_verdicts(context: Context, claim_ids: Sequence[str]) -> Glued:
    """Show the verdicts of the claims a chapter discusses, with their reasons."""
    rows = []
    for claim_id in claim_ids:
        entry = get_claim(claim_id)
        judgement, before = entry.judge(context), entry.judge(context.at(ARTICLE_DAY))
        rows.append(
            {
                "says": entry.says[0].upper() + entry.says[1:],
                "then": before.verdict,
                "mark": verdict_mark(claim_id, judgement),
                "verdict": judgement.verdict,
                "because": judgement.because,
            }
        )
    frame = pd.DataFrame(rows)
    headers = {"says": "The article says", "then": "Then", "mark": "Now", "because": "Because"}
    shown = table(frame, headers, caption="Verdicts on the claims of this chapter", markup=("mark",))
    plain = "\n".join(f"{r['says']}: {r['then']} -> {r['verdict']}. {r['because']}" for r in rows)
    return Glued(plain, shown.markup)


def all_figures(context: Context) -> Glued:
    """Show every finding with its interval, grade and sources: where each number of the text links to."""
    rows = figures_table(context)
    parts, plain = [], []
    for section in SECTIONS:
        inside = rows[rows["section"] == section]
        items = []
        for row in inside.itertuples():
            links = ", ".join(f'<a href="sources.html#source-{key}">{key}</a>' for key in row.sources)
            more = (
                f"<details><summary>{len(row.sources)} sources</summary>{links}</details>"
                if len(row.sources) > 3
                else links
            )
            items.append(
                f'<tr id="{anchor(row.name)}"><th scope="row"><a class="permalink" href="#{anchor(row.name)}">'
                f"<code>{row.name}</code></a></th>"
                f"<td>{html.escape(row.text)}</td>"
                f"<td>{html.escape(row.says)}</td><td>{html.escape(row.interval or 'no interval')}</td>"
                f"<td>{row.grade}</td><td>{more or 'none: a count or a convention'}</td></tr>"
            )
            plain.append(f"{row.name} = {row.text} [{row.grade}; {row.interval}; {len(row.sources)} sources]")
        heads = "".join(
            f'<th scope="col">{h}</th>' for h in ("Name", "Value", "What it counts", "Interval", "Grade", "Sources")
        )
        parts.append(
            f'<div class="table-wrap"><table class="house figures" data-as-of="{context.as_of}" '
            f'data-scenario="{html.escape(context.scenario.name, quote=True)}">'
            f"<caption>{_SECTION_TITLES[section]}</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{''.join(items)}</tbody></table></div>"
        )
    return Glued("\n".join(plain), "".join(parts))


def bibliography(context: Context) -> Glued:
    """Show every source with an anchor: who, what, when public, how it was read, under which licence."""
    sources = context.view.evidence.sources.fillna("")
    items = []
    for row in sources.reset_index(drop=True).sort_values(["publisher", "published", "key"]).itertuples():
        where = (
            f' <a href="{html.escape(row.url, quote=True)}" rel="noopener">{html.escape(row.title)}</a>'
            if row.url.startswith("http")
            else f" {html.escape(row.title)}"
        )
        who = html.escape(f"{row.author}, " if row.author else "") + html.escape(publisher_name(row.publisher))
        items.append(
            f'<li id="source-{row.key}">{who} ({row.published or "no date"}).{where}. '
            f'<span class="source-note">{html.escape(row.kind)}, {html.escape(row.licence)}; '
            f"read as {html.escape(row.seen)}; key <code>{row.key}</code>.</span></li>"
        )
    return Glued(f"{len(items)} sources", f'<ol class="bibliography">{"".join(items)}</ol>')


def dictionary(context: Context) -> Glued:
    """Show the codebook as a list: the names are too long for the column of a table, on a phone above all."""
    codebook = context.view.evidence.codebook.fillna("").sort_index()
    entries = []
    for row in codebook.itertuples():
        facts = [f"unit {row.unit}", f"period {row.period_kind}"]
        facts += [f"{row.price_basis} prices"] if row.price_basis in ("nominal", "real") else []
        caveats = f" {html.escape(row.caveats[0].upper() + row.caveats[1:]).rstrip('.')}." if row.caveats else ""
        entries.append(
            f"<dt><code>{row.metric}</code></dt><dd>{html.escape(row.meaning)}{caveats} "
            f'<span class="source-note">{html.escape("; ".join(facts))}.</span></dd>'
        )
    return Glued(f"{len(codebook)} metrics", f'<dl class="dictionary">{"".join(entries)}</dl>')
