"""The report as it stood at each month's end: figures, verdicts, and when they moved."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..charts import spoken
from ..claims import VERDICTS, claims
from ..findings import Context
from ..quantity import Quantity
from .page import UNKNOWN, Glued

FIRST = "2023-06-30"
FIGURES = {
    "required_revenue_usd_bn": "Required, back of the envelope",
    "required_revenue_capital_usd_bn": "Required, capital in use",
    "actual_ai_revenue_usd_bn": "AI revenue",
    "coverage_ratio": "Covered, back of the envelope",
    "coverage_capital_ratio": "Covered, capital in use",
}
_PANELS = {
    "required_revenue_usd_bn": "Required by the envelope; USD bn a year",
    "required_revenue_capital_usd_bn": "Required by the capital; USD bn a year",
    "actual_ai_revenue_usd_bn": "AI revenue; USD bn a year",
    "coverage_ratio": "Covered, envelope; per cent",
    "coverage_capital_ratio": "Covered, capital; per cent",
}
_COVERAGES = ("coverage_capital_ratio", "coverage_ratio")
_CLASS = {verdict: f"verdict verdict-{verdict.replace(' ', '-')}" for verdict in VERDICTS}


@dataclass(frozen=True)
class Moment:
    """
    What the report would have said on one day.

    Parameters
    ----------
    day : date
        The last of a month, or the last of all.
    figures : dict
        From the name of a finding to its quantity, or to nothing if it was not known.
    verdicts : dict
        From the id of a claim to its verdict.
    """

    day: date
    figures: dict[str, Quantity | None]
    verdicts: dict[str, str]

    @property
    def key(self) -> str:
        """Name of the month, as it stands in an address."""
        return f"{self.day:%Y-%m}"

    def text(self, name: str) -> str:
        """Write one figure with its interval."""
        quantity = self.figures[name]
        return UNKNOWN if quantity is None else quantity.full_text()

    def count(self, verdict: str) -> int:
        """Count the claims with a verdict."""
        return list(self.verdicts.values()).count(verdict)


def month_ends(last: date, first: str | date = FIRST) -> list[date]:
    """
    List the ends of months up to a day, and that day.

    Parameters
    ----------
    last : date
        Ends the list, whether or not a month ends on it.
    first : str or date
        Nothing earlier is listed, unless `last` is.

    Returns
    -------
    list of date

    Examples
    --------
    >>> [str(day) for day in month_ends(date(2023, 8, 15))]
    ['2023-06-30', '2023-07-31', '2023-08-15']
    """
    days = [day.date() for day in pd.date_range(first, last, freq="ME")]
    return days if days and days[-1] == last else [*days, last]


def moments(context: Context, first: str | date = FIRST) -> list[Moment]:
    """
    Ask every month's end what the report would have said.

    Parameters
    ----------
    context : Context
        Its scenario is kept; its day is the last. What :func:`aieq.claims.curve` has judged is not judged again.
    first : str or date
        First month.

    Returns
    -------
    list of Moment
        In order of days.
    """
    found = []
    for day in month_ends(context.as_of, first):
        there = context.at(day)
        figures = {name: there.get(name) for name in FIGURES}
        found.append(Moment(day, figures, {entry.id: entry.judge(there).verdict for entry in claims()}))
    return found


def path(context: Context) -> pd.DataFrame:
    """
    Lay the months out for small multiples.

    Returns
    -------
    DataFrame
        panel, day, value, low, high; coverage in per cent. What was not known has no row.
    """
    rows = []
    for moment in moments(context):
        for name, title in _PANELS.items():
            ends = _ends(moment.figures[name])
            if ends is not None:
                scale = 100 if name.endswith("_ratio") else 1
                rows.append((title, moment.day, *(scale * end for end in ends)))
        held = moment.count("holds") + moment.count("holds in part")
        rows.append(("Claims that hold; in full or in part", moment.day, held, held, held))
    frame = pd.DataFrame(rows, columns=["panel", "day", "value", "low", "high"])
    return frame.assign(day=pd.to_datetime(frame["day"]))


def sentence(moment: Moment) -> str:
    """Say in words what was known on a day."""
    held = moment.count("holds")
    claims_said = f"{held} of {len(moment.verdicts)} claims held in full and {moment.count('holds in part')} in part"
    if moment.figures["coverage_capital_ratio"] is None:
        return f"As known on {spoken(moment.day)}, coverage could not be computed; {claims_said}."
    return (
        f"As known on {spoken(moment.day)}, AI revenue of {moment.text('actual_ai_revenue_usd_bn')} covered "
        f"{moment.text('coverage_capital_ratio')} of what the capital in use required; {claims_said}."
    )


def control(context: Context, *, opened: bool = False) -> Glued:
    """
    Show the report month by month: a panel that the page's script moves, and the same months as a table.

    Parameters
    ----------
    context : Context
        Its day is the last month.
    opened : bool
        Whether the list of claims is unfolded.

    Returns
    -------
    Glued
        Without the script the panel shows the last month.
    """
    asked = moments(context)
    last = asked[-1]
    unfolded = " open" if opened else ""
    page = (
        f'<section class="time-machine" id="time-machine" aria-label="The report month by month" '
        f'data-months="{len(asked)}"><p class="tm-say" role="status">{html.escape(sentence(last))}</p>'
        f"{_figures(last)}{_bars(asked)}{_counts(last)}"
        f'<p class="tm-moved">{html.escape(_moved_text(asked))}</p>'
        f"<details{unfolded}><summary>Each claim as it stood</summary>{_claims(last)}</details>"
        f"<details><summary>Every month as a table</summary>{_months_table(asked)}</details>"
        f'<script type="application/json" class="tm-data">{_data(asked)}</script></section>'
    )
    return Glued("\n".join(_plain(moment) for moment in asked), page)


def _plain(moment: Moment) -> str:
    texts = "; ".join(moment.text(name) for name in FIGURES)
    return f"{moment.day}: {texts}; verdicts {_digits(moment)}"


def _digits(moment: Moment) -> str:
    return "".join(str(VERDICTS.index(verdict)) for verdict in moment.verdicts.values())


def _figures(moment: Moment) -> str:
    items = "".join(
        f'<div><dt>{title}</dt><dd data-figure="{name}">{html.escape(moment.text(name))}</dd></div>'
        for name, title in FIGURES.items()
    )
    return f'<dl class="tm-figures">{items}</dl>'


def _reach(asked: Sequence[Moment]) -> float:
    """Right end of the bars of coverage: full coverage, or the highest end of an interval."""
    highs = [q.high or q.value for m in asked for name in _COVERAGES if (q := m.figures[name]) is not None]
    return max([1.0, *highs])


def _bars(asked: Sequence[Moment]) -> str:
    reach, last = _reach(asked), asked[-1]
    full = f"{100 / reach:.4g}"
    shapes = []
    for row, name in enumerate(_COVERAGES):
        value, low, high = _ends(last.figures[name]) or (0.0, 0.0, 0.0)
        top = 4 + 16 * row
        shapes.append(
            f'<rect class="tm-span" data-bar="{name}" x="{100 * low / reach:.4g}" y="{top}" height="8" '
            f'width="{100 * (high - low) / reach:.4g}"/>'
            f'<rect class="tm-value" data-bar="{name}" x="0" y="{top + 2}" height="4" '
            f'width="{100 * value / reach:.4g}"/>'
        )
    return (
        '<div class="tm-bars" aria-hidden="true"><span>capital</span>'
        f'<svg viewBox="0 0 100 32" preserveAspectRatio="none" focusable="false">{"".join(shapes)}'
        f'<rect class="tm-full" x="{full}" y="0" width=".6" height="32"/></svg><span>envelope</span>'
        f"<p>The line marks full coverage; pale: the interval.</p></div>"
    )


def _ends(quantity: Quantity | None) -> tuple[float, float, float] | None:
    if quantity is None:
        return None
    if quantity.low is None or quantity.high is None:
        return (quantity.value,) * 3
    return quantity.value, quantity.low, quantity.high


def _counts(moment: Moment) -> str:
    items = "".join(
        f'<li class="{_CLASS[verdict]}"><b data-count="{place}">{moment.count(verdict)}</b> {verdict}</li>'
        for place, verdict in enumerate(VERDICTS)
    )
    return f'<ul class="tm-counts">{items}</ul>'


def _moved_text(asked: Sequence[Moment]) -> str:
    if len(asked) < 2:
        return "No earlier month to compare with."
    moved = changed_claims(asked[-2], asked[-1])
    if not moved:
        return "No verdict changed since the month before."
    return "Changed since the month before: " + "; ".join(
        f"{said} – {before}, then {now}" for said, before, now in moved
    ) + "."  # fmt: skip


def changed_claims(before: Moment, after: Moment) -> list[tuple[str, str, str]]:
    """
    List the claims whose verdict differs on two days.

    Returns
    -------
    list of (str, str, str)
        What the claim says, the earlier verdict, the later one.
    """
    return [
        (_says(entry.says), before.verdicts[entry.id], after.verdicts[entry.id])
        for entry in claims()
        if before.verdicts[entry.id] != after.verdicts[entry.id]
    ]


def _says(text: str) -> str:
    return text[0].upper() + text[1:]


def _claims(moment: Moment) -> str:
    items = "".join(
        f'<li><a href="verdict.html#claim-{entry.id}">{html.escape(_says(entry.says))}</a> '
        f'<span class="{_CLASS[moment.verdicts[entry.id]]}" data-claim="{entry.id}">{moment.verdicts[entry.id]}</span>'
        "</li>"
        for entry in claims()
    )
    return f'<ol class="tm-claims">{items}</ol>'


def _months_table(asked: Sequence[Moment]) -> str:
    heads = "".join(f'<th scope="col">{title}</th>' for title in ("As of", *FIGURES.values(), *map(_says, VERDICTS)))
    rows = "".join(
        f'<tr><th scope="row">{moment.day}</th>'
        + "".join(f"<td>{html.escape(moment.text(name))}</td>" for name in FIGURES)
        + "".join(f"<td>{moment.count(verdict)}</td>" for verdict in VERDICTS)
        + "</tr>"
        for moment in asked
    )
    return (
        '<div class="chart-scroll" role="region" aria-label="Every month" tabindex="0"><table>'
        f"<caption>The report as of each month</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _data(asked: Sequence[Moment]) -> str:
    months = [
        {
            "key": moment.key,
            "name": f"{moment.day:%B %Y}",
            "say": sentence(moment),
            "texts": [moment.text(name) for name in FIGURES],
            "bars": [_rounded(_ends(moment.figures[name])) for name in _COVERAGES],
            "verdicts": _digits(moment),
        }
        for moment in asked
    ]
    told = {
        "figures": list(FIGURES),
        "bars": list(_COVERAGES),
        "reach": _reach(asked),
        "verdicts": list(VERDICTS),
        "months": months,
    }
    # An angle bracket could end the script element.
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _rounded(ends: tuple[float, ...] | None) -> list[float] | None:
    return None if ends is None else [_three_digits(end) for end in ends]


def _three_digits(value: float) -> float:
    return 0.0 if value == 0 else round(value, 3 - math.ceil(math.log10(abs(value))))


def verdict_spells(context: Context) -> Glued:
    """
    Tell for each claim in words how its verdict moved over the months.

    Returns
    -------
    Glued
        A table: claim, verdicts with the month from which each stood.
    """
    asked = moments(context)
    rows, plain = [], []
    for entry in claims():
        spells: list[tuple[str, Moment]] = []
        for moment in asked:
            verdict = moment.verdicts[entry.id]
            if not spells or spells[-1][0] != verdict:
                spells.append((verdict, moment))
        told = [
            f'<span class="{_CLASS[verdict]}">{verdict}</span> from {moment.day:%b %Y}' for verdict, moment in spells
        ]
        rows.append(
            f'<tr><th scope="row"><a href="#claim-{entry.id}">{html.escape(_says(entry.says))}</a></th>'
            f"<td>{len(spells) - 1}</td><td>{', '.join(told)}</td></tr>"
        )
        plain.append(f"{entry.id}: " + ", ".join(f"{verdict} from {moment.key}" for verdict, moment in spells))
    page = (
        '<div class="table-wrap"><table class="house spells"><caption>Each claim, judged at each month\'s end</caption>'
        '<thead><tr><th scope="col">Claim</th><th scope="col">Changes</th><th scope="col">Verdicts</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
    return Glued("\n".join(plain), page)
