"""A comparison as plain text, at most 80 columns."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..quantity import Quantity
from .compare_findings import CHANGED, EQUAL, NO_LONGER, NOW_KNOWN, REGRADED, SHOWN_ALIKE, Change

if TYPE_CHECKING:
    from .compare import EditionComparison, Explained
    from .why import Inputs

COLUMNS = 80


def wrapped(text: str, indent: int = 0, hanging: int = 2) -> list[str]:
    """
    Break a text into lines of 80 columns.

    Examples
    --------
    >>> wrapped("a b", 2)
    ['  a b']
    """
    first, rest = " " * indent, " " * (indent + hanging)
    return textwrap.wrap(
        text, COLUMNS, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=True
    )


def counted(number: int, one: str, several: str = "") -> str:
    """
    Write a count with its noun.

    Examples
    --------
    >>> counted(1, "run"), counted(1200, "run"), counted(2, "has", "have")
    ('1 run', '1,200 runs', '2 have')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def share_of(share: float, unit: str, difference: float) -> str:
    """
    Write a share of a difference in the unit, with its sign.

    Examples
    --------
    >>> share_of(0.1234, "ratio", 0.4), share_of(-12.0, "USD_bn", 100.0), share_of(0.0, "years", 2.0)
    ('+12.3 points', '−$12 bn', '0')
    """
    if abs(share) < abs(difference) / 1000:
        return "0"
    # To a hundredth of the difference: one should see that the shares add up to it.
    size = abs(share)
    half = 2 * 10.0 ** (math.floor(math.log10(abs(difference))) - 1)
    text = Quantity(size, unit, size - half, size + half).text()
    if not re.search("[1-9]", text):
        return "0"
    if unit in ("ratio", "pct"):
        text = text.replace(" %", " points")
    if unit in ("year", "date"):
        text += " years"
    return ("+" if share > 0 else "−") + (text.partition(" ")[0] if unit.startswith("multiple") else text)


def edition_text(c: EditionComparison, most: int | None) -> str:
    """
    Write the comparison of two editions.

    Parameters
    ----------
    c : EditionComparison
        What was found.
    most : int, optional
        How many changes of findings to tell; all without.
    """
    lines = [*_heads(c), "", *_inputs(c.inputs, most), "", *_summary(c)]
    lines += ["", "THE HEADLINE"]
    for change in c.headline:
        lines += ["", *_change(change, c.explained.get(change.name), c.labels)]
    others = [change for change in c.of(CHANGED) if change not in c.headline]
    shown = others if most is None else others[:most]
    if shown:
        rest = "" if len(shown) == len(others) else f" ({len(shown)} of {len(others)}; --all tells all)"
        lines += ["", f"WHAT ELSE CHANGED, THE MOST IMPORTANT FIRST{rest}"]
        for change in shown:
            lines += ["", *_change(change, c.explained.get(change.name), c.labels)]
    for state, title in ((NOW_KNOWN, "BECAME KNOWN"), (NO_LONGER, "NO LONGER KNOWN")):
        lines += _known(c.of(state), title, most)
    lines += _verdicts(c)
    if c.notes:
        lines += ["", "NOTES", *(line for note in c.notes for line in wrapped(note, 2, 0))]
    return "\n".join(lines)


def _heads(c: EditionComparison) -> list[str]:
    return [
        line
        for letter, edition in (("A", c.a), ("B", c.b))
        for line in wrapped(f"{letter}  {edition.folder}: as of {edition.as_of}, scenario {edition.scenario}", 0, 3)
    ]


def _inputs(i: Inputs, most: int | None) -> Iterator[str]:
    yield "WHAT DIFFERS IN WHAT WENT IN"
    if not i.any():
        yield "  nothing that is on record"
    for name, (before, after) in (("day", i.as_of), ("scenario", i.scenario), ("seed", i.seed)):
        if before != after:
            yield from wrapped(f"{name}: {before} -> {after}", 2)
    if i.assumptions:
        yield f"  {counted(len(i.assumptions), 'assumed value')}:"
        for supposed in i.assumptions[:most]:
            before, after = supposed.text(supposed.before), supposed.text(supposed.after)
            yield from wrapped(f"{supposed.name}: {before} -> {after}", 4)
        if most is not None and len(i.assumptions) > most:
            yield f"    and {len(i.assumptions) - most} more (--all tells all)"
    for what, (before, after) in i.made.items():
        if i.differs(what):
            yield f"  {what}: {before[:12]} -> {after[:12]}"


def _summary(c: EditionComparison) -> list[str]:
    counts = c.counts()
    told = [f"{counts[CHANGED]} changed"]
    others = (SHOWN_ALIKE, EQUAL, REGRADED, NOW_KNOWN, NO_LONGER)
    told += [f"{counts[state]} {state}" for state in others if counts[state]]
    findings = f"Of {counted(len(c.changes), 'finding')} {', '.join(told)}."
    verdicts = (
        f"Of {counted(len(c.flips), 'verdict')} {len(c.flipped)} changed." if c.flips else "No verdicts to compare."
    )
    return [*wrapped(findings, 0, 0), *wrapped(verdicts, 0, 0)]


def _change(change: Change, explained: Explained | None, labels: Mapping[str, str]) -> Iterator[str]:
    yield change.name
    if change.says:
        yield from wrapped(change.says, 2, 0)
    yield from wrapped(values_text(change), 2)
    if explained is not None:
        yield from wrapped("why: " + told_shares(change, explained, labels), 2, 5)
        yield from _evidence(explained)


def values_text(change: Change) -> str:
    """Write both values and the difference in one line."""
    before, after = ("not known" if q is None else q.full_text() for q in (change.before, change.after))
    if change.state == EQUAL:
        return f"{after}   equal"
    if change.state == CHANGED:
        told = change.difference_text() or "in another unit: not comparable"
    else:
        told = change.state
    return f"{before} -> {after}   {told}"


def told_shares(change: Change, explained: Explained, labels: Mapping[str, str]) -> str:
    """Say which input has which share of a change, the largest first."""
    shares = explained.attribution.shares
    if not shares or change.difference is None:
        return f"not attributed ({explained.attribution.reason})"
    ordered = sorted(shares.items(), key=lambda item: -abs(item[1]))
    if all(abs(share) <= 1e-9 * abs(ordered[0][1]) for _, share in ordered[1:]):
        return f"all of it from {labels[ordered[0][0]]}"
    # Where the value itself stands still and only its interval moves there is nothing to share out.
    scale = change.difference or max(abs(share) for share in shares.values())
    told = [f"{labels[name]} {text}" for name, share in ordered if (text := share_of(share, change.unit, scale)) != "0"]
    return f"of {share_of(scale, change.unit, scale)}: {', '.join(told)}"


def _evidence(explained: Explained) -> Iterator[str]:
    if not explained.count:
        return
    where = "new in its sources" if explained.forward else "of its sources not yet known in B"
    yield from wrapped(f"{counted(explained.count, 'figure')} {where}, the latest:", 2)
    for row in explained.rows[:2]:
        yield from wrapped(f"{row['published']}  {row_text(row)}; {row['title']}", 4)


def row_text(row: Mapping[str, Any]) -> str:
    """
    Write a figure of the evidence: whose, which, of when, how much.

    Examples
    --------
    >>> row_text({"entity": "x", "metric": "capex", "period_end": "2026-06-30", "value": 54208.0, "unit": "USD_mn"})
    'x capex (2026-06-30) 54,208 USD_mn'
    """
    values = [value for key in ("value", "low", "high") if (value := row.get(key)) is not None]
    number = f" {values[0]:,.6g} {row['unit']}" if values else ""
    if values and 1e6 <= abs(values[0]) < 1e15:
        number = f" {values[0]:,.0f} {row['unit']}"
    return f"{row['entity']} {row['metric']} ({row['period_end']}){number}"


def _known(found: list[Change], title: str, most: int | None) -> Iterable[str]:
    if not found:
        return
    shown = found if most is None else found[:most]
    yield from ["", f"{title} ({len(found)})"]
    for change in shown:
        quantity = change.after or change.before
        assert quantity is not None
        yield from wrapped(f"{change.name}: {quantity.full_text()}", 2)
    if len(shown) < len(found):
        yield f"  and {len(found) - len(shown)} more (--all tells all)"


def _verdicts(c: EditionComparison) -> Iterator[str]:
    if not c.flipped:
        return
    yield from ["", f"VERDICTS THAT CHANGED ({len(c.flipped)} of {len(c.flips)})"]
    for flip in c.flipped:
        yield from ["", f"{flip.id}: {flip.before} -> {flip.after}"]
        yield from wrapped(f"claim: {flip.says}", 2, 2)
        yield from wrapped(f"rule: {flip.rule}", 2, 2)
        yield from wrapped(f"A: {flip.because_before or flip.missing_before}", 2, 3)
        yield from wrapped(f"B: {flip.because_after or flip.missing_after}", 2, 3)
        if told := told_sets(c.flipped_by.get(flip.id, ()), c.labels):
            yield from wrapped(f"flipped by {told}", 2, 2)


def told_sets(sets: tuple[tuple[str, ...], ...], labels: Mapping[str, str]) -> str:
    """
    Say which inputs bring a verdict about.

    Examples
    --------
    >>> told_sets((("as_of",),), {"as_of": "the day"})
    'the day alone'
    >>> told_sets((("as_of", "seed"),), {"as_of": "the day", "seed": "the seed"})
    'the day and the seed only together'
    """
    told = [" and ".join(labels[name] for name in on) for on in sets]
    if not told:
        return ""
    return ", or ".join(told) + (" alone" if len(sets[0]) == 1 else " only together")
