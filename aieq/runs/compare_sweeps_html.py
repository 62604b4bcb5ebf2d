"""A comparison of sweeps as a page in the look of the book."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ..report.page import anchor
from .compare_chart import MOST, Bell, drawable
from .compare_html import ARROW, REPORT, mark
from .compare_page import bells_figure, captioned, change_of, folded, made_with, page, section, table
from .compare_sweeps_text import as_quantity, differing, flips_text, moved_text, spread_text, told_pairs
from .compare_text import counted

if TYPE_CHECKING:
    from .compare_sweeps import Shift, SweepComparison, VerdictShift
    from .compare_sweeps_read import Sweep


def sweep_page(c: SweepComparison) -> str:
    """Write the comparison of two sweeps as a page."""
    moved = [shift for shift in c.shifts if shift.importance]
    still = [shift for shift in c.shifts if not shift.importance]
    bells = [
        Bell(shift.says or shift.name, before, after, moved_text(shift))
        for shift in moved
        if (before := as_quantity(shift.before, shift.unit)) is not None
        and (after := as_quantity(shift.after, shift.unit)) is not None
        and drawable(before, after)
    ]
    flipped = [verdict for verdict in c.verdicts if verdict.changed]
    subtitle = "median of B as a multiple of that of A, logarithmic, with 5 to 95 per cent of the runs of both"
    body = [
        _lead(c, len(moved), len(flipped)) + _caption(c),
        section(
            "findings", "Findings", bells_figure(bells, "medians", subtitle), _cards(moved[:MOST]), _rest(moved[MOST:])
        ),
        section("still", "Medians that did not move", _still(still)),
        section("verdicts", f"Verdicts: {len(flipped)} of {len(c.verdicts)} changed", _verdicts(flipped)),
    ]
    contents = {"findings": "Findings", "still": "Unmoved", "verdicts": "Verdicts"}
    return page(
        "What changed between two sweeps",
        eyebrow=f"Two sweeps of the report “{REPORT}”, side by side",
        body=body,
        contents={name: text for name, text in contents.items() if any(f'id="{name}"' in piece for piece in body)},
        foot=[
            "Values are medians over runs, in brackets 5 to 95 per cent of them. Runs are matched by the parameters "
            "that both sweeps vary.",
            *(html.escape(note) for note in c.notes),
            "Made by <code>aieq compare</code>; its <code>--json</code> holds every number of this page.",
        ],
    )


def _lead(c: SweepComparison, moved: int, flipped: int) -> str:
    told = [f"Of {counted(len(c.shifts), 'finding')} the median of {moved} moved."]
    if c.verdicts:
        told.append(f"Of {counted(len(c.verdicts), 'verdict')} {flipped} changed in some runs.")
    unfinished = [letter for letter, sweep in (("A", c.a), ("B", c.b)) if sweep.done + sweep.failed < sweep.planned]
    if unfinished:
        told.append(f"{' and '.join(unfinished)} is not finished." if len(unfinished) == 1 else "Neither is finished.")
    return f'<p class="lead">{html.escape(" ".join(told))}</p>'


def _caption(c: SweepComparison) -> str:
    def about(sweep: Sweep) -> str:
        varied = f", over {', '.join(sweep.varied)}" if sweep.varied else ""
        return f"{sweep.folder}: {sweep.done:,} of {counted(sweep.planned, 'run')}{varied}"

    rows = [("A", about(c.a)), ("B", about(c.b))]
    rows += [(name, change_of(a, b)) for name, a, b in differing(c) if name not in ("code", "data", "version")]
    rows.append(("Matched by", ", ".join(c.matched_by) or "nothing: they vary no parameter in common"))
    made = {what: (c.a.made.get(what, ""), c.b.made.get(what, "")) for what in ("code", "data", "version")}
    return captioned(rows + made_with(made))


def _cards(shifts: list[Shift]) -> str:
    items = []
    for shift in shifts:
        says = shift.says or shift.name
        before, after = spread_text(shift.before, shift.unit), spread_text(shift.after, shift.unit)
        more = "".join(
            f'<p class="why">{html.escape(told[0].upper() + told[1:]).replace("-&gt;", "→")}.</p>'
            for told in told_pairs(shift)
        )
        items.append(
            f'<li id="{html.escape(anchor(shift.name))}"><div class="says">'
            f"{html.escape(says[0].upper() + says[1:])}</div>"
            f'<p class="values"><span class="then">{html.escape(before)}</span> {ARROW} '
            f"<b>{html.escape(after)}</b>, {html.escape(moved_text(shift))}</p>{more}"
            f'<div class="name"><code>{html.escape(shift.name)}</code></div></li>'
        )
    return f'<ol class="changes">{"".join(items)}</ol>' if items else ""


def _rest(shifts: list[Shift]) -> str:
    if not shifts:
        return ""
    rows = [
        (s.says or s.name, spread_text(s.before, s.unit), spread_text(s.after, s.unit), moved_text(s)) for s in shifts
    ]
    title = f"{counted(len(rows), 'more finding')} whose median moved"
    return folded(title, table(title, ["Finding", "A", "B", "Median"], rows))


def _still(shifts: list[Shift]) -> str:
    rows = [(shift.says or shift.name, spread_text(shift.after, shift.unit)) for shift in shifts]
    if not rows:
        return ""
    title = f"{counted(len(rows), 'finding')} with the same median"
    return folded(title, table(title, ["Finding", "Median in both, 5 to 95 % of runs in B"], rows))


def _verdicts(verdicts: list[VerdictShift]) -> str:
    def told(counts: dict[str, int]) -> str:
        return "<br>".join(f"{mark(name)} {number:,}" for name, number in counts.items())

    rows = [
        (
            f'{html.escape(verdict.id)} <span class="name">{html.escape(flips_text(verdict))}</span>',
            told(verdict.before),
            told(verdict.after),
        )
        for verdict in verdicts
    ]
    return table("Runs by verdict", ["Claim", "A", "B"], rows, markup=True) if rows else ""
