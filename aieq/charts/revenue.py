"""Figures of the revenue side; each takes tidy frames and returns a finished figure."""

from __future__ import annotations

from datetime import date

import altair as alt
import pandas as pd

from .figure import Figure, Silence
from .kinds import dots_with_intervals, doubling_guides, lines, marks, wrap
from .theme import ACCENT, CATEGORICAL, COMPANY, CONTEXT, EARNED, INK, PAPER

_BN = "Billion dollars a year"
_SHORTEST_LINE_DAYS = 60
_SMALLEST_BN = 0.05  # below it run rates are of trials and would stretch the axis by two powers of ten
_COLOURS = {
    "OpenAI": COMPANY["openai"],
    "Anthropic": COMPANY["anthropic"],
    "Microsoft (cloud)": COMPANY["microsoft"],
    "Amazon (cloud)": COMPANY["amazon"],
    "xAI": CONTEXT,
    "Mistral": CATEGORICAL[4],
    "Cohere": CATEGORICAL[5],
    "Cursor": CATEGORICAL[3],
}
_PARTS = {
    "OpenAI": COMPANY["openai"],
    "Anthropic": COMPANY["anthropic"],
    "Other labs": CATEGORICAL[5],
    "Clouds": COMPANY["microsoft"],
    "Applications": CATEGORICAL[3],
    "Counted twice": CONTEXT,
}

_RIGHT = {"align": "left", "dx": 8, "baseline": "middle", "dy": -8}
_ABOVE = {"align": "center", "dy": -24, "baseline": "middle"}
_BELOW = {"align": "left", "dx": 8, "dy": -4, "baseline": "middle"}
_AT_START = ("US adults, generative AI",)
_SIDES = {
    "US adults, generative AI": {"align": "right", "dx": -8, "dy": -8, "baseline": "middle"},
    "US firms, Census, old question": _BELOW,
    "US firms, Census, new question": _RIGHT,
    "EU firms, Eurostat": {"align": "right", "dx": -8, "dy": -4, "baseline": "middle"},
    "EU large firms, Eurostat": _ABOVE,
    "Firms that pay, Ramp": _RIGHT,
    "Firms surveyed by McKinsey": _RIGHT,
}


def _keys(*frames: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(key for frame in frames for joined in frame["source"] for key in str(joined).split(";") if key)
    )


def run_rates(frame: pd.DataFrame, net: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw run rates of companies on a logarithmic axis with guides of doubling.

    Parameters
    ----------
    frame : DataFrame
        company, day, usd_bn, basis, accounting, source.
    net : DataFrame
        Further marks on another accounting: company, day, usd_bn, accounting, source; may be empty.
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
    shown = frame[frame["usd_bn"] >= _SMALLEST_BN]
    # A line needs two statements some time apart; two sources on one moment are a conflict, not growth.
    spans = shown.groupby("company")["day"].transform(lambda days: (days.max() - days.min()).days)
    shown = shown[spans >= _SHORTEST_LINE_DAYS]
    if shown.empty:
        return Silence(title, as_of)
    end = pd.Timestamp(as_of)
    held = shown.sort_values("day", kind="stable").groupby("company", sort=False).tail(1)
    held = held[held["day"] < end].assign(day=end, carried_forward=True)
    shown = pd.concat([shown.assign(carried_forward=False), held], ignore_index=True)
    shown = shown.sort_values(["company", "day"], kind="stable").reset_index(drop=True)
    base = lines(
        shown[["company", "day", "usd_bn", "basis", "carried_forward", "source"]],
        "day",
        "usd_bn",
        "company",
        log=True,
        points=True,
        dashed="carried_forward",
        colours=_COLOURS,
        y_title=_BN,
        height=430,
        tooltip=("basis", "source"),
    )
    guides = doubling_guides(
        shown["day"].min(), _SMALLEST_BN, as_of, months=(6, 12, 24), y="usd_bn", top=100, y_title=_BN
    )
    pieces = [guides, base]
    if len(net):
        pieces.append(
            marks(
                net,
                "day",
                "usd_bn",
                None,
                colour=COMPANY["anthropic"],
                opened=True,
                log=True,
                y_title=_BN,
                tooltip=("accounting", "source"),
            )
        )
    last = shown.sort_values("day").groupby("company").tail(1)
    said = ", ".join(f"{row.company} {row.usd_bn:.3g}" for row in last.itertuples())
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="Annualised revenue as stated or reported at the time, billion dollars a year, logarithmic scale",
        alt=(
            "Run rates climb along or above the line that doubles every six to twelve months. Last points in "
            f"billion dollars: {said}."
        ),
        sources=_keys(shown, net),
        as_of=as_of,
        data=pd.concat([shown[~shown["carried_forward"]], net], ignore_index=True).drop(columns="carried_forward"),
        note=(
            "OpenAI counts net of its partners' share, Anthropic gross; open diamonds show Anthropic net. "
            "Clouds include what the labs pay them. Lines join statements; dashed: carried forward, not extrapolated."
        ),
        name="run-rates",
    )


def run_rate_and_recognised(rates: pd.DataFrame, booked: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw run rates against recognised revenue of the same companies.

    Parameters
    ----------
    rates : DataFrame
        company, day, usd_bn, source.
    booked : DataFrame
        company, start, end, usd_bn (annualised), amount_usd_bn, period, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if rates.empty or booked.empty:
        return Silence(title, as_of)
    names = list(dict.fromkeys(rates["company"]))
    scale = alt.Scale(domain=names, range=[_COLOURS[name] for name in names])
    line = lines(
        rates[["company", "day", "usd_bn"]],
        "day",
        "usd_bn",
        "company",
        log=True,
        points=True,
        colours=_COLOURS,
        y_title=_BN,
        height=380,
    )
    spans = (
        alt.Chart(booked)
        .mark_rule(strokeWidth=9, opacity=0.45, strokeCap="butt")
        .encode(
            x=alt.X("start:T", title=None),
            x2="end:T",
            y=alt.Y("usd_bn:Q", title=_BN, scale=alt.Scale(type="log", nice=False, padding=8)),
            color=alt.Color("company:N", scale=scale, legend=None),
            tooltip=[
                alt.Tooltip("company:N"),
                alt.Tooltip("period:N"),
                alt.Tooltip("amount_usd_bn:Q", title="recognised, billion dollars", format=",.3~g"),
                alt.Tooltip("usd_bn:Q", title="annualised, billion dollars", format=",.3~g"),
                alt.Tooltip("source:N"),
            ],
        )
    )
    said = "; ".join(f"{row.company} {row.period} {row.usd_bn:.3g}" for row in booked.itertuples())
    return Figure(
        alt.layer(spans, line),
        title=title,
        subtitle=(
            "Thin lines: run rate. Thick bars: recognised revenue over its period, brought to a year; logarithmic scale"
        ),
        alt=(
            "Bars of recognised revenue lie on the run rates of the same months and far below those of the end of "
            f"their period. Recognised, brought to a year, in billion dollars: {said}."
        ),
        sources=_keys(rates, booked),
        as_of=as_of,
        data=pd.concat(
            [
                rates.assign(kind="run rate").rename(columns={"day": "end"}),
                booked.assign(kind="recognised, annualised"),
            ],
            ignore_index=True,
        )[["kind", "company", "period", "start", "end", "usd_bn", "amount_usd_bn", "source"]],
        note="A quarter is multiplied by four, half a year by two. The two quantities are never added or joined.",
        name="run-rate-and-recognised",
    )


def scope_parts(scopes: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """
    Gather the parts of each scope into the few that a bar can show; overlaps appear once, in the widest scope.

    Parameters
    ----------
    scopes : DataFrame
        From :func:`aieq.revenue.scopes`.
    labels : dict
        Scope to label, in order.

    Returns
    -------
    DataFrame
        scope, part, usd_bn, twice, source; low and high, the ends of the whole bar's range, on its last part.

    Examples
    --------
    >>> rows = [("labs", "OpenAI", "revenue", 4.0), ("gross", "OpenAI", "revenue", 4.0)]
    >>> frame = pd.DataFrame(rows, columns=["scope", "part", "kind", "usd_bn"]).assign(sources="a")
    >>> scope_parts(frame, {"labs": "Labs", "gross": "All"})["usd_bn"].tolist()
    [4.0, 4.0]
    """
    known = ("OpenAI", "Anthropic")
    clouds = ("Microsoft", "Amazon")

    def place(part: str) -> str:
        if part in known or part.startswith("Partners' share of Anthropic"):
            return "Anthropic" if "Anthropic" in part else part
        if part in clouds or part.startswith("Paid by labs"):
            return "Clouds"
        if part == "Applications" or part.startswith("Paid by applications"):
            return "Applications"
        return "Other labs"

    gathered = scopes.assign(bar=scopes["part"].map(place))
    rows = []
    for scope, label in labels.items():
        if scope == "gross":
            once = gathered[gathered["scope"] == "labs_clouds_applications"]
            once = once if len(once) else gathered[gathered["scope"] == "gross"]
        else:
            once = gathered[gathered["scope"] == scope]
        for part in _PARTS:
            these = once[once["bar"] == part]
            if len(these) and abs(these["usd_bn"].sum()) > 1e-9:
                source = ";".join(dict.fromkeys(";".join(these["sources"]).split(";")))
                rows.append((label, part, these["usd_bn"].sum(), False, source))
        if scope == "gross":
            over = once[once["kind"] == "overlap"]
            if len(over):
                rows.append((label, "Counted twice", -over["usd_bn"].sum(), True, ";".join(over["sources"])))
    frame = pd.DataFrame(rows, columns=["scope", "part", "usd_bn", "twice", "source"])
    if "low" not in scopes or frame.empty:
        return frame
    ends = scopes.groupby("scope")[["low", "high"]].sum().rename(index=labels)
    last = ~frame.duplicated("scope", keep="last")
    for end in ("low", "high"):
        frame[end] = frame["scope"].map(ends[end]).where(last)
    return frame


def nested_scopes(frame: pd.DataFrame, *, as_of: date, title: str, central: str) -> Figure | Silence:
    """
    Draw the scopes as lying bars, each part once, what is counted twice as an outline.

    Parameters
    ----------
    frame : DataFrame
        From :func:`scope_parts`.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.
    central : str
        Label of the scope that the report uses.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    frame = frame.reset_index(drop=True)
    ends = frame.groupby("scope", sort=False)["usd_bn"].cumsum()
    drawn = frame.assign(_from=ends - frame["usd_bn"], _to=ends, _bar=frame["scope"].map(lambda label: wrap(label, 24)))
    order = list(dict.fromkeys(drawn["_bar"]))
    keys = [part for part in _PARTS if part in set(frame["part"])]
    colours = alt.Scale(domain=keys, range=[_PARTS[key] for key in keys])
    axis = alt.Axis(labelExpr="split(datum.label, '\\n')", labelLimit=190, domain=False, ticks=False, grid=False)
    place = alt.Y("_bar:N", sort=order, title=None, axis=axis)
    hover = [
        alt.Tooltip("scope:N"),
        alt.Tooltip("part:N"),
        alt.Tooltip("usd_bn:Q", title="billion dollars a year", format=",.3~g"),
        alt.Tooltip("source:N"),
    ]
    legend = alt.Legend(
        columns=2, columnPadding=8, symbolType="square", symbolStrokeWidth=0, symbolOpacity=1, title=None
    )
    length = alt.X("_from:Q", title=_BN, axis=alt.Axis(grid=True, domain=False, tickCount=5))
    pieces = [
        alt.Chart(drawn[~drawn["twice"]])
        .mark_bar(height={"band": 0.72}, stroke=PAPER, strokeWidth=1)
        .encode(y=place, x=length, x2="_to:Q", color=alt.Color("part:N", scale=colours, legend=legend), tooltip=hover)
    ]
    if drawn["twice"].any():
        pieces.append(
            alt.Chart(drawn[drawn["twice"]])
            .mark_bar(height={"band": 0.72}, fillOpacity=0.15, strokeWidth=1.4, strokeDash=[4, 3])
            .encode(
                y=place,
                x=length,
                x2="_to:Q",
                color=alt.Color("part:N", scale=colours, legend=legend),
                stroke=alt.Stroke("part:N", scale=colours, legend=None),
                tooltip=hover,
            )
        )
    if "low" in drawn:
        ranged = drawn[drawn["high"] - drawn["low"] > 1e-9]
        # Below its bar, so that the number beside the bar stays readable.
        beside = alt.Y("_bar:N", sort=order, title=None, axis=axis, bandPosition=0.95)
        across = alt.X("low:Q", title=_BN)
        ends = alt.Chart(ranged).mark_rule(color=INK, strokeWidth=2)
        pieces.append(ends.encode(y=beside, x=across, x2="high:Q"))
    tops = drawn.groupby("_bar", sort=False, as_index=False)["_to"].max()
    pieces.append(
        alt.Chart(tops)
        .mark_text(align="left", dx=5, fontWeight=600)
        .encode(y=place, x=alt.X("_to:Q", title=_BN), text=alt.Text("_to:Q", format=",.3~r"))
    )
    sums = frame.groupby("scope", sort=False)["usd_bn"].sum()
    said = "; ".join(f"{scope}: {amount:.3g}" for scope, amount in sums.items())
    return Figure(
        alt.layer(*pieces).properties(height=54 * len(order) + 8),
        title=title,
        subtitle="Annualised AI revenue by whose revenue counts, billion dollars a year; thin lines: ranges of sums",
        alt=f"Bars grow from labs alone to everything added up. Billion dollars a year: {said}.",
        sources=_keys(frame),
        as_of=as_of,
        data=frame.drop(columns="twice"),
        note=(
            f"This report uses “{central}”. "
            "Clouds are shown less what labs pay them, applications less what they pay on. "
            "The former is disclosed for Microsoft and assumed for Amazon. "
            "Google, Meta and Chinese companies state no AI revenue and are in no bar."
        ),
        name="scopes",
    )


def users_and_payers(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw users, payers and paid seats of ChatGPT on one logarithmic axis.

    Parameters
    ----------
    frame : DataFrame
        series, day, people_mn, basis, source.
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
    colours = {"Weekly users": CONTEXT, "Consumers who pay": EARNED, "Seats paid by firms": ACCENT}
    base = lines(
        frame,
        "day",
        "people_mn",
        "series",
        log=True,
        points=True,
        colours=colours,
        y_title="Million people",
        tooltip=("basis", "source"),
    )
    last = frame.sort_values("day").groupby("series", sort=False).tail(1)
    said = ", ".join(f"{row.series.lower()} {row.people_mn:,.0f}" for row in last.itertuples())
    return Figure(
        base,
        title=title,
        subtitle="ChatGPT: weekly users, consumers who pay, seats that firms pay for; million, logarithmic scale",
        alt=(f"Weekly users, consumers who pay and seats paid by firms over time. Last counts in million: {said}."),
        sources=_keys(frame),
        as_of=as_of,
        data=frame,
        note="Counts come from the company and the press and differ in what they include (business plans, students).",
        name="users-and-payers",
    )


def adoption_curves(frame: pd.DataFrame, *, as_of: date, title: str) -> Figure | Silence:
    """
    Draw adoption by people and firms on one clock, every survey a line of its own.

    Parameters
    ----------
    frame : DataFrame
        series, group, day, pct, counts, source.
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
    tint = {"people": ACCENT, "firms": CONTEXT, "firms that pay": EARNED}
    frame = frame[frame["day"] >= pd.Timestamp("2023-01-01")].reset_index(drop=True)
    colours = {row.series: tint[row.group] for row in frame.drop_duplicates("series").itertuples()}
    base = lines(
        frame[["series", "day", "pct", "source"]],
        "day",
        "pct",
        "series",
        points=True,
        labels=False,
        colours=colours,
        y_title="Per cent",
        zero=True,
        height=430,
        tooltip=("series", "source"),
    )
    pieces = [base]
    for name, side in _SIDES.items():
        one = frame[frame["series"] == name]
        ends = one.head(1) if name in _AT_START else one.tail(1)
        if len(ends):
            words = ends[["day", "pct"]].assign(_words=wrap(name, 20))
            pieces.append(
                alt.Chart(words)
                .mark_text(lineBreak="\n", fontWeight=600, color=colours[name], **side)
                .encode(x=alt.X("day:T", title=None), y=alt.Y("pct:Q", title="Per cent"), text="_words:N")
            )
    last = frame.sort_values("day").groupby("series", sort=False).tail(1)
    said = ", ".join(f"{row.series} {row.pct:.3g}" for row in last.itertuples())
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="Share that uses AI (purple: people; grey: firms) or pays for it (blue), per cent",
        alt=(
            "Surveys of firms spread from a tenth to nine tenths by who is asked and what counts as use. "
            f"Last, in per cent: {said}."
        ),
        sources=_keys(frame),
        as_of=as_of,
        data=frame.drop(columns=[c for c in ("known_on",) if c in frame]),
        note=(
            "The Census Bureau changed its question in late 2025: two series, not joined. "
            "Ramp covers its own customers only, McKinsey those who answer it."
        ),
        name="adoption",
    )


def margin_dots(
    frame: pd.DataFrame, *, as_of: date, title: str, ranges: dict[str, tuple[float, float]]
) -> Figure | Silence:
    """
    Draw gross margins as dots and intervals, expectations open, with the article's ranges as bands.

    Parameters
    ----------
    frame : DataFrame
        who, group, day, pct, low, high, expected, basis, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.
    ranges : dict
        Label to the ends of a band, in per cent.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    frame = frame.drop(columns=["published", "grade", "latest"], errors="ignore")
    colours = {"labs": ACCENT, "AI applications": EARNED, "software": CONTEXT}
    dots = dots_with_intervals(
        frame,
        "who",
        "pct",
        "low",
        "high",
        group="group",
        colours=colours,
        opened="expected",
        x_title="Gross margin, per cent",
        tooltip=("day", "basis", "source"),
    )
    bands = pd.DataFrame([{"from": ends[0], "to": ends[1], "label": label} for label, ends in ranges.items()])
    back = (
        alt.Chart(bands)
        .mark_rect(opacity=0.12, color=INK)
        .encode(x=alt.X("from:Q", title="Gross margin, per cent"), x2="to:Q", y=alt.value(0), y2=alt.value("height"))
    )
    pieces = [back, dots]
    if frame["pct"].min() < 0:
        zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=INK, opacity=0.7)
        pieces.insert(1, zero.encode(x=alt.X("at:Q", title="Gross margin, per cent")))
    last = frame[~frame["expected"]].sort_values("day").groupby("who", sort=False).tail(1)
    said = ", ".join(f"{row.who} {row.pct:.3g}" for row in last.itertuples())
    names = " and ".join(f"{label} ({low:g} to {high:g})" for label, (low, high) in ranges.items())
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="Gross margin by company or survey; filled: outcome or estimate, open: expected; lines: range given",
        alt=(
            "Most labs and AI applications lie left of software, several below the article's band. Latest, in "
            f"per cent: {said}."
        ),
        sources=_keys(frame),
        as_of=as_of,
        data=frame,
        note=(
            f"Grey bands: the article's ranges for {names}. Labs' margins come from the press; what counts as "
            "cost differs."
        ),
        name="margins",
    )


__all__ = [
    "adoption_curves",
    "margin_dots",
    "nested_scopes",
    "run_rate_and_recognised",
    "run_rates",
    "scope_parts",
    "users_and_payers",
]
