"""The figure of history as control: coverage of every build-out on one clock, AI on top."""

from __future__ import annotations

from datetime import date

import altair as alt
import pandas as pd

from .figure import Figure, Silence
from .kinds import lines, rule
from .theme import ACCENT, CATEGORICAL, EARNED

LONGEST_CLOCK = 20
TELECOM = "US telecom"
COLOURS = {
    "UK railways": CATEGORICAL[0],
    TELECOM: CATEGORICAL[5],
    "Cloud (AWS)": CATEGORICAL[2],
    "Internet (Alphabet)": CATEGORICAL[4],
    "AI": ACCENT,
}


def coverage(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw actual over required revenue by years since the start of each build-out.

    Parameters
    ----------
    frame : DataFrame
        episode, year, clock, value, low, high, verdict, running, source.
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
    y_title = "Actual over required revenue (log scale)"
    chart = lines(
        shown.drop(columns=["source", "key"], errors="ignore"),
        "clock",
        "value",
        "episode",
        log=True,
        band=("low", "high"),
        dashed="running",
        points=True,
        colours=COLOURS,
        names={TELECOM: " "},  # its line ends where another begins
        x_title="Years since the start of the build-out",
        y_title=y_title,
        y_format=".0%",
        height=400,
        tooltip=("year", "verdict"),
    )
    named = shown[shown["episode"] == TELECOM].sort_values("value").tail(1)[["clock", "value", "episode"]]
    inside = (
        alt.Chart(named)
        .mark_text(align="left", baseline="bottom", dx=4, dy=-6, fontWeight=600, color=COLOURS[TELECOM])
        .encode(x="clock:Q", y=alt.Y("value:Q", scale=alt.Scale(type="log")), text="episode:N")
    )
    level = rule(y=1, label="revenue pays", colour=EARNED, log=True, y_title=y_title)
    return Figure(
        alt.layer(chart, inside, level),
        title=title,
        subtitle="Capital in use, each with the rent, life and margin supposed of it; bands are all ends of these",
        alt="Coverage by years since the start, logarithmic. " + _course(shown),
        sources=tuple(dict.fromkeys(key for joined in shown["source"] for key in str(joined).split(";") if key)),
        as_of=as_of,
        data=shown,
        note="Prices of the day. No figure about a later year decides a point, but old figures come from later "
        "compilations. US railroads are missing because no revenue is on record. The first point of telecom is "
        "carriers alone. The cloud and Alphabet enter when their accounts do; Alphabet's plant of before 2006 is left "
        "out, which flatters its first years. AI: run rate over requirement at the end of the year, the last one as "
        "known on the day.",
        name="history-episodes-coverage",
    )


def _course(frame: pd.DataFrame) -> str:
    told = []
    for name, part in frame.groupby("episode", sort=False):
        first, last = part.iloc[0], part.iloc[-1]
        told.append(
            f"{name}: from {first['value']:.0%} in year {first['clock']} to {last['value']:.0%} in year "
            f"{last['clock']}, between {part['value'].min():.0%} and {part['value'].max():.0%}"
        )
    return "; ".join(told) + "."
