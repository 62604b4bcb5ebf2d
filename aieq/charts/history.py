"""Figures of the history chapter; each takes a tidy frame and returns a finished figure."""

from __future__ import annotations

from datetime import date

import altair as alt
import pandas as pd

from .figure import Figure, Silence
from .kinds import dots_with_intervals, lines, marks, rule, steps
from .theme import ACCENT, CATEGORICAL, CONTEXT

LONGEST_CLOCK = 20  # years after the start of a build-out that still belong to it
EARLIEST_CLOCK = -3
RATES_SHOWN = (0.5, 3000)  # times cheaper a year; some intervals on short windows go far beyond
# Episodes by the names their frames give them: colour, and what the line is called where the name is long.
_EPISODES = {
    "Four AI builders": ACCENT,
    "Four AI builders over AI revenue": ACCENT,
    "UK railways": CATEGORICAL[0],
    "US railroads": CATEGORICAL[2],
    "US telecom": CATEGORICAL[5],
    "US information technology, nineties": CONTEXT,
    "US information technology, now": CATEGORICAL[3],
    "Cloud (AWS)": CATEGORICAL[3],
}
_CALLED = {
    "Four AI builders over AI revenue": "AI builders",
    "US information technology, nineties": "US IT, nineties",
    "US information technology, now": "US IT, now",
}


def _keys(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for joined in frame["source"] for key in str(joined).split(";") if key))


def _drawn(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out of the specification what is not drawn: sources stand under the figure and in its download."""
    return frame.drop(columns=["source", "grade", "benchmark"], errors="ignore")


def _course(frame: pd.DataFrame, series: str, x: str, y: str, form: str) -> str:
    """Say of each line where it starts, where it is highest and where it ends."""
    told = []
    for name, part in frame.groupby(series, sort=False):
        first, last, top = part.iloc[0], part.iloc[-1], part.loc[part[y].idxmax()]
        where = f"{top[x]:%B %Y}" if hasattr(top[x], "strftime") else f"{top[x]:g}"
        ends = f"from {format(first[y], form)} to {format(last[y], form)}"
        told.append(f"{_CALLED.get(name, name)}: {ends}, highest {format(top[y], form)} at {where}")
    return "; ".join(told) + "."


def investment_share(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw investment as a share of national output for each build-out on a common clock.

    Parameters
    ----------
    frame : DataFrame
        episode, year, clock, value (share 0 to 1), low, high, running, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    shown = frame[frame["clock"].between(EARLIEST_CLOCK, LONGEST_CLOCK)]
    if shown.empty:
        return Silence(title, as_of)
    chart = lines(
        _drawn(shown),
        "clock",
        "value",
        "episode",
        band=("low", "high"),
        dashed="running",
        points=True,
        names=_CALLED,
        colours=_EPISODES,
        x_title="Years since the share of investment last stood at its low",
        y_title="Investment, share of GDP",
        y_format="%",
        zero=True,
        height=400,
        tooltip=("year",),
    )
    return Figure(
        chart,
        title=title,
        subtitle="Investment over GDP of the country, bands where published readings differ",
        alt="Investment over output by years since its low. " + _course(shown, "episode", "clock", "value", ".1%"),
        sources=_keys(shown),
        as_of=as_of,
        data=shown,
        note="Railway figures were read through later compilations. The four builders' figure is all their capital "
        "expenditure, at home and abroad, over US output; the last point is the latest four quarters. The record of "
        "US railroads begins in 1870, in full boom. Information technology is the whole US economy's equipment and "
        "software.",
        name="history-investment-share",
    )


def intensity(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw investment over the revenue of those who invest, for each build-out on its own clock.

    Parameters
    ----------
    frame : DataFrame
        episode, year, clock, value (multiple of revenue), low, high, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    shown = frame[frame["clock"] <= LONGEST_CLOCK]
    if shown.empty:
        return Silence(title, as_of)
    chart = lines(
        _drawn(shown),
        "clock",
        "value",
        "episode",
        log=True,
        band=("low", "high"),
        points=True,
        names=_CALLED,
        colours=_EPISODES,
        x_title="Years since the first on record",
        y_title="Investment, times yearly revenue",
        tooltip=("year",),
    )
    level = rule(y=1, label="all revenue invested", log=True, y_title="Investment, times yearly revenue")
    return Figure(
        alt.layer(chart, level),
        title=title,
        subtitle="Investment of the year over revenue of the year, logarithmic",
        alt="Investment in times yearly revenue. " + _course(shown, "episode", "clock", "value", ".2g"),
        sources=_keys(shown),
        as_of=as_of,
        data=shown,
        note="Railways: capital added over gross receipts, four years on record. Telecom: investment over gross output "
        "of the industry, a low reading. Cloud: plant and equipment added, leases included, over sales. AI: all "
        "capital expenditure of four companies over AI revenue as the revenue chapter counts it.",
        name="history-intensity",
    )


def service_price(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw the yearly change of the price of what each build-out sold.

    Parameters
    ----------
    frame : DataFrame
        service, change_ratio, low, high, kind, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    chart = dots_with_intervals(
        _drawn(frame),
        "service",
        "change_ratio",
        "low",
        "high",
        group="kind",
        colours={"earlier service": CONTEXT, "tokens": ACCENT},
        x_title="Change of price in a year",
        x_format="+.0%",
    )
    return Figure(
        chart,
        title=title,
        subtitle="Yearly change of list or average price; lines are intervals of the fit or ranges of sources",
        alt="Yearly change of price: "
        + "; ".join(f"{row.service} {row.change_ratio:+.0%}" for row in frame.itertuples())
        + ".",
        sources=_keys(frame),
        as_of=as_of,
        data=frame,
        note="Freight, transit and storage in prices of the day, electricity and calls deflated. Tokens of the same "
        "capability: cheapest list price, windows of two years and more. Main models: what three houses ask for "
        "their own general model, which got better over the year.",
        name="history-service-price",
    )


def frontier(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw the cheapest list price so far at each level of capability.

    Parameters
    ----------
    frame : DataFrame
        level, day, usd_per_mtok, model, provider, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    colours = {
        level: CATEGORICAL[place % len(CATEGORICAL)] for place, level in enumerate(dict.fromkeys(frame["level"]))
    }
    chart = steps(
        _drawn(frame),
        "day",
        "usd_per_mtok",
        "level",
        log=True,
        colours=colours,
        points=True,
        y_title="USD for a million tokens",
        height=420,
        tooltip=("model", "provider"),
    )
    return Figure(
        chart,
        title=title,
        subtitle="Cheapest list price so far of a model that reaches the level; three parts input to one output",
        alt="Falling staircases, dollars for a million tokens. "
        + _course(frame, "level", "day", "usd_per_mtok", ".2g"),
        sources=_keys(frame),
        as_of=as_of,
        data=frame,
        note="GPT-3 and GPT-3.5 by MMLU, whose scores end in early 2025; the others by Epoch's capability index. "
        "Catalogue prices, not invoices; a price once offered counts even if it was withdrawn. Models that think "
        "longer use more tokens for the same task, which this does not show.",
        name="history-price-frontier",
    )


def _funnel(frame: pd.DataFrame) -> str:
    """Say how far rates spread on windows up to a year and on those of two years and more."""
    told = []
    for words, part in (
        ("up to a year", frame[frame["months"] <= 12.5]),
        ("of two years and more", frame[frame["months"] >= 23]),
    ):
        if len(part):
            rates = part["times_per_year"]
            told.append(f"on windows {words} from {rates.min():.2g} to {rates.max():.0f}")
    return f"Rates of fall in times a year, each mark one level of capability: {', '.join(told) or 'one window only'}."


def _slope_intervals(frame: pd.DataFrame, axis: str) -> list[alt.Chart]:
    """Thin lines for the intervals of rates, cut at the edges of the figure, which some leave by far."""
    known = frame.dropna(subset=["low_times", "high_times"])
    bottom, top = RATES_SHOWN
    cut = known.assign(
        from_times=known["low_times"].clip(bottom, top),
        to_times=known["high_times"].clip(bottom, top),
        colour=known["series"].map({"fitted here": ACCENT}).fillna(CONTEXT),
    )[["months", "from_times", "to_times", "colour"]]
    chart = alt.Chart(cut).mark_rule(opacity=0.35, strokeWidth=1.5)
    return [
        chart.encode(
            x=alt.X("months:Q", title=None),
            y=alt.Y(
                "from_times:Q",
                title=axis,
                axis=alt.Axis(values=[1, 10, 100, 1000]),
                scale=alt.Scale(type="log", domain=list(RATES_SHOWN), nice=False),
            ),
            y2="to_times:Q",
            color=alt.Color("colour:N", scale=None),
        )
    ]


def slopes(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw rates of fall against the length of the window they were fitted on.

    Parameters
    ----------
    frame : DataFrame
        series, what, months, times_per_year, low_times, high_times, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    axis = "Times cheaper a year"
    pieces = _slope_intervals(frame, axis)
    for series, colour, shape in (("published by Epoch AI", CONTEXT, "diamond"), ("fitted here", ACCENT, "circle")):
        part = frame[frame["series"] == series]
        if len(part):
            # The last point of each series carries its name.
            named = part.assign(label="")
            last = named["months"].idxmax() if series == "fitted here" else named["times_per_year"].idxmax()
            named.loc[last, "label"] = series
            pieces.append(
                marks(
                    _drawn(named),
                    "months",
                    "times_per_year",
                    "label",
                    colour=colour,
                    shape=shape,
                    log=True,
                    side="above" if series == "fitted here" else "right",
                    size=60,
                    y_title=axis,
                    tooltip=("what", "low_times", "high_times"),
                )
            )
    pieces.append(rule(y=10, label="tenfold a year: nine tenths off", log=True, y_title=axis))
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="By length of the window in months; one mark a level and benchmark, thin lines are 90 % intervals",
        alt=_funnel(frame),
        sources=_keys(frame),
        as_of=as_of,
        data=frame,
        note="Windows begin when a level was first on offer. Marks with under four prices are read at their ends. The "
        "published rates are regressions. Below one the price rose; intervals that leave the figure are cut.",
        name="history-price-slopes",
    )
