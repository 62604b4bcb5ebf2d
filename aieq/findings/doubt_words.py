"""Sentences and titles of the chapter on doubt that turn with the day and the scenario."""

from __future__ import annotations

import pandas as pd

from .. import specifications as definitions
from . import Context, outlook

_BEST, _NOW = "best_coverage_capital_ratio", "coverage_capital_ratio"
_UNKNOWN = "What was known on that day does not say."
_ASKS = {
    "charge": "What has to be paid for",
    "spending": "Whose spending counts",
    "ai_share": "Which part of spending is for AI",
    "life": "How long computers serve",
    "scope": "Whose revenue counts",
    "flows": "Whether dollars that go round count twice",
    "timing": "Whether revenue is a pace or a year",
}


def top_share(context: Context, answer: str = _BEST) -> str:
    """Share of the doubt about an answer that its first input carries, in per cent."""
    rows = outlook.carried(context)
    rows = rows[rows["answer"] == answer]
    return "an unknown part" if rows.empty else f"{100 * float(rows['total'].max()):.0f}\N{NO-BREAK SPACE}%"


def capital_share(context: Context) -> str:
    """What lives of assets and the cost of capital carry of the doubt about coverage, today or at its best."""
    rows = outlook.carried(context)
    if rows.empty:
        return "an unknown part"
    chosen = rows["group"].str.contains("asset_life_years|cost_of_capital_ratio")
    most = rows[chosen & rows["answer"].isin([_BEST, _NOW])].groupby("answer")["total"].sum().max()
    return f"at most {max(1, round(100 * float(most)))}\N{NO-BREAK SPACE}%"


def gap(context: Context) -> str:
    """Whether the gap may be closed today, for all that is in doubt."""
    drawn, kindest = context.get("coverage_capital_drawn_ratio"), context.get("definitions_highest_ratio")
    if drawn is None or kindest is None:
        return _UNKNOWN
    if max(drawn.high or drawn.value, kindest.value) < 1:
        return "Today neither the doubt about the inputs nor any choice of definitions closes the gap by itself"
    if drawn.value < 1:
        return "Today the gap is open in the middle of what is believed, and closed at its edge"
    return "Today the gap is closed in the middle of what is believed"


def soon(context: Context) -> str:
    """Whether the chance of coverage is won early or late."""
    early, late = context.get("chance_capital_by_2028_ratio"), context.get("chance_capital_by_2035_ratio")
    if early is None or late is None or late.value == 0:
        return _UNKNOWN
    if early.value >= 0.75 * late.value:
        return "If revenue gets there, it gets there soon: what growth adds later, building and fading take away."
    return "If revenue gets there, it takes years."


def survives(context: Context) -> str:
    """How far the verdict that revenue does not yet pay hangs on a definition."""
    count, covering = context.get("definitions_count"), context.get("definitions_covering_count")
    if count is None or covering is None:
        return _UNKNOWN
    if covering.value == 0:
        return (
            "The verdict that revenue does not yet pay for the capital survives every definition on this list; by how "
            "much it falls short does not."
        )
    return (
        f"The verdict that revenue does not yet pay for the capital hangs on the definition: under {covering.text()} "
        f"of {count.text()} combinations it pays."
    )


def kindest(context: Context) -> str:
    """The choices in which the kindest combination of definitions differs from the report's own."""
    table = outlook.combined(context)
    if table.empty:
        return "choices that cannot be named for that day"
    best = table.iloc[-1]
    chosen = [s.options[best[s.name]] for s in definitions.SWITCHES if best[s.name] != s.own]
    return "; ".join(chosen) if chosen else "the report's own choices"


def slump(context: Context) -> str:
    """What slower building does to the chance, with growth of revenue as the scenario has it."""
    table = outlook.flipped(context)
    if table.empty:
        return _UNKNOWN
    wide = table.pivot(index="up", columns="across", values="chance_ratio")
    column = wide.iloc[:, wide.shape[1] // 2]
    slow, fast = (f"{100 * float(value):.0f}\N{NO-BREAK SPACE}%" for value in (column.iloc[0], column.iloc[-1]))
    return (
        f"With growth of revenue as assumed, the chance is {fast} where building goes on longest and {slow} where it "
        "slows at once: what stands already has to be paid for."
    )


def quarrel(context: Context) -> str:
    """Whether the record and the assumption already differ over the next year."""
    names = ("half_life_assumed_years", "half_life_right_fast_years", "half_life_right_fast_one_year_ahead_years")
    found = [context.get(name) for name in names]
    if any(quantity is None for quantity in found):
        return "Over how many years they differ cannot be told from what was known on that day."
    believed, two_years, one_year = (quantity.value for quantity in found if quantity is not None)
    if abs(one_year - believed) < abs(two_years - believed) / 2:
        return "So the quarrel is about the second year more than about the next."
    return "So the quarrel is about the next year already."


def _bands(context: Context) -> str:
    table = outlook.bands(context)
    rows = table[(table["quantity"] == _NOW) & table["level"].isin([0.5, 0.95])]
    if rows.empty:
        return "Coverage ahead"
    years = {}
    for level, part in rows.groupby("level"):
        reached = part.loc[part["value"] >= 1, "time"]
        years[level] = None if reached.empty else int(pd.Timestamp(reached.min()).year)
    if years[0.5] is not None:
        return f"The middle of the band passes one by the end of {years[0.5]}"
    if years[0.95] is None:
        return "Not even the upper edge of the band reaches one"
    return f"The middle of the band stays below one; its upper edge passes it by the end of {years[0.95]}"


def _carriers(context: Context) -> str:
    now, best = outlook.top_carrier(context, _NOW), outlook.top_carrier(context)
    if not now:
        return "What carries the doubt"
    now, best = (text if text.startswith("AI ") else text[0].lower() + text[1:] for text in (now, best))
    return f"Of coverage now, {now} is most in doubt; of the best coverage ever reached, {best}"


def _flip(context: Context) -> str:
    table = outlook.flipped(context)
    if table.empty:
        return "Where the verdict flips"
    wide = table.pivot(index="up", columns="across", values="chance_ratio")
    middle = wide.shape[0] // 2
    across = float(wide.iloc[middle].max() - wide.iloc[middle].min())
    up = float(wide.iloc[:, middle].max() - wide.iloc[:, middle].min())
    even = context.get("half_life_even_chance_years")
    if up >= across:
        return "Slower building helps as much as growth of revenue that lasts"
    if even is None:
        return "Growth of revenue that lasts helps more than slower building, and is not enough by itself"
    return f"The verdict flips where growth halves in {even.text()}; slower building helps far less"


def _curve(context: Context) -> str:
    count, covering = context.get("definitions_count"), context.get("definitions_covering_count")
    if count is None or covering is None:
        return "Coverage under every combination of definitions"
    if covering.value == 0:
        return "Under every combination of definitions revenue falls short of what is asked today"
    return f"Under {covering.text()} of {count.text()} combinations of definitions revenue covers what is asked today"


def _switches(context: Context) -> str:
    table = outlook.effects(context)
    if "switch" not in table or table.empty:
        return "What each choice of definition does"
    first, last = table["switch"].iloc[0], table["switch"].iloc[-1]
    return f"{_ASKS[first]} moves the answer most; {_ASKS[last][0].lower()}{_ASKS[last][1:]}, least"


_TITLES = {"bands": _bands, "carriers": _carriers, "flip": _flip, "curve": _curve, "switches": _switches}
SENTENCES = {
    "top_share": top_share,
    "capital_share": capital_share,
    "gap": gap,
    "soon": soon,
    "survives": survives,
    "kindest": kindest,
    "slump": slump,
    "quarrel": quarrel,
}


def chart_title(context: Context, chart: str) -> str:
    """
    Write the title of a figure of the chapter with the day's finding, or a neutral one.

    Parameters
    ----------
    context : Context
        Day and scenario.
    chart : str
        bands, carriers, flip, curve or switches.
    """
    return _TITLES[chart](context)


def sentences(context: Context) -> dict[str, str]:
    """
    Every sentence of the chapter that turns with the day, by name.

    Examples
    --------
    >>> from aieq.findings import context_for
    >>> sentences(context_for("2026-08-31"))["gap"]
    'Today neither the doubt about the inputs nor any choice of definitions closes the gap by itself'
    """
    return {name: says(context) for name, says in SENTENCES.items()}
