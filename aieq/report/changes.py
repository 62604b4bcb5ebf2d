"""What changed: findings and verdicts on the last day of the evidence against the quarter's end before."""

from __future__ import annotations

import html
from datetime import date

import pandas as pd

from ..charts import spoken
from ..claims import claims
from ..findings import REGISTRY, Context, first_day
from .page import Glued, figure_link, verdict_mark
from .tables import table

SHOWN = 12


def quarter_end_before(day: date) -> date:
    """
    Name the last end of a quarter before a day.

    Examples
    --------
    >>> str(quarter_end_before(date(2026, 8, 31))), str(quarter_end_before(date(2026, 6, 30)))
    ('2026-06-30', '2026-03-31')
    """
    return (pd.Timestamp(day) - pd.offsets.QuarterEnd(1)).date()


def changed_findings(context: Context, before: Context) -> pd.DataFrame:
    """
    List the findings whose text differs on two days, those that moved most first.

    Parameters
    ----------
    context, before : Context
        The later day and the earlier.

    Returns
    -------
    DataFrame
        name, before and after (text or empty), moved (relative change; not a number if one day knows none).
    """
    rows = []
    for name in REGISTRY:
        now, then = context.get(name), before.get(name)
        texts = ["" if q is None else q.full_text() for q in (then, now)]
        if texts[0] != texts[1]:
            known = now is not None and then is not None and then.value
            moved = abs(now.value / then.value - 1) if known else float("nan")  # type: ignore[union-attr]
            rows.append((name, *texts, moved))
    frame = pd.DataFrame(rows, columns=["name", "before", "after", "moved"])
    return frame.sort_values("moved", ascending=False, kind="stable", ignore_index=True)


def changed(context: Context) -> Glued:
    """
    Show which verdicts and which findings differ from those of the quarter's end before.

    Returns
    -------
    Glued
        Two tables, or a sentence if nothing was known on that earlier day.
    """
    earlier = quarter_end_before(context.as_of)
    if earlier < first_day():
        text = f"There is nothing to compare with: on {spoken(earlier)} no AI revenue had been published."
        return Glued(text, f"<p>{text}</p>")
    before = context.at(earlier)
    since = f"between {spoken(earlier)} and {spoken(context.as_of)}"
    parts = [_verdicts(context, before, since), _findings(context, before, since)]
    return Glued("\n".join(part.text for part in parts), "".join(part.markup for part in parts))


def _verdicts(context: Context, before: Context, since: str) -> Glued:
    rows = []
    for entry in claims():
        then, now = entry.judge(before), entry.judge(context)
        if then.verdict != now.verdict:
            rows.append(
                {
                    "says": entry.says[0].upper() + entry.says[1:],
                    "before": then.verdict,
                    "after": verdict_mark(entry.id, now),
                    "because": now.because,
                }
            )
    if not rows:
        text = f"No verdict changed {since}."
        return Glued(text, f"<p>{text}</p>")
    headers = {"says": "The article says", "before": "Before", "after": "Now", "because": "Because"}
    caption = f"Verdicts that changed {since}: {len(rows)} of {len(claims())}"
    return table(pd.DataFrame(rows), headers, caption=caption, markup=("after",))


def _findings(context: Context, before: Context, since: str) -> Glued:
    rows = changed_findings(context, before)
    appeared, gone = int((rows["before"] == "").sum()), int((rows["after"] == "").sum())
    text = (
        f"{len(rows)} of {len(REGISTRY)} findings changed {since}; {appeared} were not known before and {gone} can no "
        "longer be told."
    )
    both = rows[(rows["before"] != "") & (rows["after"] != "")]
    if both.empty:
        return Glued(text, f"<p>{html.escape(text)}</p>")

    def listed(part: pd.DataFrame, caption: str) -> Glued:
        shown = part.assign(
            says=[REGISTRY[name].says[0].upper() + REGISTRY[name].says[1:] for name in part["name"]],
            link=[
                figure_link(row.name, context[row.name], row.after, told=False) for row in part.itertuples(index=False)
            ],
        )
        headers = {"says": "Finding", "before": "Before", "link": "Now"}
        return table(shown, headers, caption=caption, markup=("link",))

    top = listed(both.head(SHOWN), f"The findings that moved most {since}")
    rest = both.iloc[SHOWN:]
    more = (
        f"<details><summary>{len(rest)} others that moved</summary>"
        f"{listed(rest, 'Other findings that moved').markup}</details>"
        if len(rest)
        else ""
    )
    plain = "\n".join(f"{row.name}: {row.before} -> {row.after}" for row in rows.itertuples(index=False))
    return Glued(f"{text}\n{plain}", f"<p>{html.escape(text)}</p>{top.markup}{more}")
