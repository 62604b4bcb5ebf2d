"""A comparison as a page in the look of the book."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ..evidence import load
from ..report.edition_words import write_day
from ..report.page import anchor
from .compare_chart import Bell, drawable
from .compare_findings import CHANGED, EQUAL, NO_LONGER, NOW_KNOWN, REGRADED, SHOWN_ALIKE, Change, Flip
from .compare_page import bells_figure, captioned, change_of, folded, made_with, page, section, table
from .compare_text import counted, row_text, told_sets, told_shares, values_text

if TYPE_CHECKING:
    from .compare import EditionComparison, Explained

REPORT = "Does the AI economic equation add up?"
_ROWS_OF_EVIDENCE = 6
ARROW = '<span aria-hidden="true">→</span><span class="sr">became</span>'


def edition_page(c: EditionComparison) -> str:
    """Write the comparison of two editions as a page."""
    changed = c.of(CHANGED)
    told = [change for change in c.headline if change.state == CHANGED]
    others = [change for change in changed if change.name in c.explained and change not in told]
    body = [
        _lead(c) + _caption(c),
        section("headline", "The headline", _chart(told, "the headline findings that changed"), _cards(c, c.headline)),
        section("others", "What else changed most", _chart(others, "the largest other changes"), _cards(c, others)),
        section("verdicts", f"Verdicts that changed: {len(c.flipped)} of {len(c.flips)}", _verdicts(c)),
        section("supposed", "What is supposed otherwise", _supposed(c)),
        section("all", "Everything", _everything(c)),
    ]
    contents = {
        "headline": "Headline",
        "others": "Other changes",
        "verdicts": "Verdicts",
        "supposed": "Assumptions",
        "all": "Everything",
    }
    kept = {name: text for name, text in contents.items() if any(f'id="{name}"' in piece for piece in body)}
    return page(
        _title(c),
        eyebrow=f"Two editions of the report “{REPORT}”, side by side",
        body=body,
        contents=kept,
        foot=[
            "Changes are ordered by their share of the larger value, discounted where the intervals are wide against "
            "it. Attributions are Shapley shares: every mixture of the inputs of A and B is computed, and each input "
            "gets the mean of what its switching does over all orders, so shares add up to the change.",
            *(html.escape(note) for note in c.notes),
            "Made by <code>aieq compare</code>; its <code>--json</code> holds every number of this page.",
        ],
    )


def _title(c: EditionComparison) -> str:
    days = [write_day(edition.as_of).replace(" ", "\u00a0") for edition in (c.a, c.b)]
    scenarios = [edition.scenario for edition in (c.a, c.b)]
    if days[0] != days[1]:
        told = f"What changed from {days[0]} to {days[1]}"
        return told if scenarios[0] == scenarios[1] else f"{told}, and from {scenarios[0]} to {scenarios[1]}"
    if scenarios[0] != scenarios[1]:
        return f"What changes from {scenarios[0]} to {scenarios[1]}"
    return f"Two editions of {days[0]}"


def _lead(c: EditionComparison) -> str:
    counts = c.counts()
    first = next((change for change in c.headline if change.name == "coverage_capital_ratio"), None)
    sentences = []
    if first is not None and first.before is not None and first.after is not None and first.state != EQUAL:
        sentences.append(
            f"{first.says[0].upper()}{first.says[1:]} went from {first.before.full_text()} in A to "
            f"{first.after.full_text()} in B."
        )
    sentences.append(f"Of {counted(len(c.changes), 'finding')} {counts[CHANGED]} changed")
    more = [f"{counts[s]} {s}" for s in (NOW_KNOWN, NO_LONGER, SHOWN_ALIKE) if counts[s]]
    sentences[-1] += (", " + ", ".join(more) if more else "") + "."
    if c.flips:
        sentences.append(f"Of {counted(len(c.flips), 'verdict')} {len(c.flipped)} changed.")
    return f'<p class="lead">{html.escape(" ".join(sentences))}</p>'


def _caption(c: EditionComparison) -> str:
    i = c.inputs
    rows = [("A", str(c.a.folder)), ("B", str(c.b.folder))]
    rows += [(name, change_of(*pair)) for name, pair in (("Day", i.as_of), ("Scenario", i.scenario))]
    rows += [("Seed", change_of(*map(str, i.seed)))] if i.seed[0] != i.seed[1] else []
    number = counted(len(i.assumptions), "value")
    rows.append(("Assumptions", f"{number} supposed otherwise" if i.assumptions else "the same"))
    return captioned(rows + made_with(i.made))


def _supposed(c: EditionComparison) -> str:
    rows = []
    for s in c.inputs.assumptions:
        title, words = s.title.partition(",")[0] if s.words.endswith(")") else s.title, s.words
        told = f"{html.escape(words[0].upper() + words[1:])}: {html.escape(title[0].lower() + title[1:])}"
        values = (s.text(value).replace(" ", "\u00a0") for value in (s.before, s.after))
        rows.append((f'{told} <span class="name"><code>{html.escape(s.name)}</code></span>', *values))
    return (
        table(f"{counted(len(rows), 'value')} that differ", ["Assumption", "A", "B"], rows, markup=True) if rows else ""
    )


def _chart(changes: list[Change], which: str) -> str:
    bells = [
        Bell(change.says or change.name, change.before, change.after, change.difference_text())
        for change in changes
        if change.before and change.after and change.relative and drawable(change.before, change.after)
    ]
    return bells_figure(bells, which, "value in B as a multiple of that in A, logarithmic, with both intervals")


def _cards(c: EditionComparison, changes: list[Change]) -> str:
    items = "".join(_card(c, change) for change in changes)
    return f'<ol class="changes">{items}</ol>' if items else ""


def _card(c: EditionComparison, change: Change) -> str:
    says = change.says or change.name
    before, after = ("not known" if q is None else q.full_text() for q in (change.before, change.after))
    told = change.difference_text() if change.state == CHANGED else change.state
    values = (
        f"{html.escape(after)}, equal in both"
        if change.state == EQUAL
        else f'<span class="then">{html.escape(before)}</span> {ARROW} '
        f"<b>{html.escape(after)}</b>, {html.escape(told or 'in another unit: not comparable')}"
    )
    explained = c.explained.get(change.name)
    return (
        f'<li id="{html.escape(anchor(change.name))}"><div class="says">{html.escape(says[0].upper() + says[1:])}'
        f'</div><p class="values">{values}</p>{_why(c, change, explained) if explained else ""}'
        f'<div class="name"><code>{html.escape(change.name)}</code></div></li>'
    )


def _why(c: EditionComparison, change: Change, explained: Explained) -> str:
    told = f'<p class="why">Why: {html.escape(told_shares(change, explained, c.labels))}.</p>'
    if not explained.count:
        return told
    urls = load().sources["url"].fillna("")
    rows = []
    for row in explained.rows[:_ROWS_OF_EVIDENCE]:
        url, title = str(urls.get(row["source"], "")), html.escape(row["title"] or row["source"])
        link = f'<a href="{html.escape(url)}" rel="noopener">{title}</a>' if url.startswith("http") else title
        rows.append(f"<li>{row['published']}: {html.escape(row_text(row))}, {link}</li>")
    more = explained.count - len(rows)
    where = "new in its sources" if explained.forward else "of its sources not yet known in B"
    rest = f"<li>and {counted(more, 'earlier one')}</li>" if more > 0 else ""
    return (
        f'{told}<details class="more"><summary>{counted(explained.count, "figure")} {where}, between the two '
        f"days</summary><ul>{''.join(rows)}{rest}</ul></details>"
    )


def _verdicts(c: EditionComparison) -> str:
    items = "".join(_verdict(c, flip) for flip in c.flipped)
    if items:
        return f'<ol class="changes">{items}</ol>'
    return "<p>None of them.</p>" if c.flips else ""


def mark(verdict: str) -> str:
    """Write a verdict as the book does."""
    return f'<span class="verdict verdict-{html.escape(verdict.replace(" ", "-"))}">{html.escape(verdict)}</span>'


def _verdict(c: EditionComparison, flip: Flip) -> str:
    says = flip.says or flip.id
    told = told_sets(c.flipped_by.get(flip.id, ()), c.labels)
    reasons = "".join(
        f'<p class="why"><strong>{letter}:</strong> {html.escape(text)}</p>'
        for letter, text in (
            ("A", flip.because_before or flip.missing_before),
            ("B", flip.because_after or flip.missing_after),
        )
    )
    return (
        f'<li id="claim-{html.escape(flip.id)}"><div class="says">{html.escape(says[0].upper() + says[1:])}</div>'
        f'<p class="values">{mark(flip.before)} {ARROW} {mark(flip.after)}</p>'
        f'<p class="rule">Rule: {html.escape(flip.rule)}</p>{reasons}'
        + (f'<p class="why">Flipped by {html.escape(told)}.</p>' if told else "")
        + f'<div class="name"><code>{html.escape(flip.id)}</code></div></li>'
    )


def _everything(c: EditionComparison) -> str:
    pieces = []
    for state, title in (
        (CHANGED, "changed"),
        (NOW_KNOWN, "became known"),
        (NO_LONGER, "no longer known"),
        (REGRADED, "changed in grade only"),
        (SHOWN_ALIKE, "changed by less than what is shown"),
        (EQUAL, "equal"),
    ):
        found = c.of(state)
        if not found:
            continue
        rows = [
            (
                f'{html.escape(change.says)} <span class="name"><code>{html.escape(change.name)}</code></span>',
                *map(html.escape, _cells(change)),
            )
            for change in found
        ]
        headers = ["Finding", "A", "B", "Change"] if state == CHANGED else ["Finding", "A", "B"]
        cut = [row[: len(headers)] for row in rows]
        title = f"{counted(len(found), 'finding')} {title}"
        pieces.append(folded(title, table(title, headers, cut, markup=True)))
    return "\n".join(pieces)


def _cells(change: Change) -> tuple[str, str, str]:
    before, after = ("" if q is None else q.full_text() for q in (change.before, change.after))
    return before, after, change.difference_text() or values_text(change).rpartition("   ")[2]
