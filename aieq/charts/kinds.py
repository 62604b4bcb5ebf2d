"""
The kinds of chart the book uses, each a function from a tidy table to an Altair chart with the house look.

All of them take column names, draw uncertainty where the table has it, set guidance and projections apart (open
marks, dashed lines), label directly rather than by legend, and show the whole row on hover. They can be layered:
``alt.layer(lines(...), rule(y=1, label="adds up"))``.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from aieq.charts.theme import ACCENT, CONTEXT, HEIGHT, INK, PAPER, TEXT, colour_of, label_of

Colours = Mapping[str, str] | str | None


def _type(values: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "temporal"
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return "quantitative"
    return "nominal"


def _need(frame: pd.DataFrame, *columns: str | None) -> pd.DataFrame:
    missing = [c for c in columns if c is not None and c not in frame.columns]
    if missing:
        msg = f"the table has no column {missing[0]!r}; it has: {', '.join(map(str, frame.columns))}"
        raise KeyError(msg)
    return frame.reset_index(drop=True)


def _titled(title: str | None) -> Any:
    return alt.Undefined if title is None else title


def _scale(log: bool, domain: Sequence[float] | None = None, zero: bool | None = None) -> alt.Scale:
    options: dict[str, Any] = {}
    if log:
        options |= {"type": "log", "nice": False, "padding": 8}
    elif zero is not None:
        options["zero"] = zero
    if domain is not None:
        options["domain"] = list(domain)
        options["nice"] = False
    return alt.Scale(**options)


def _layered(*pieces: Any, height: int | None = None) -> alt.LayerChart:
    whole = alt.layer(*pieces)
    return whole if height is None else whole.properties(height=height)  # type: ignore[return-value]


def _given(**options: Any) -> dict[str, Any]:
    """Keep the options that were given."""
    return {name: value for name, value in options.items() if value}


def _log_axis(values: pd.Series | Sequence[float]) -> list[float]:
    """Ticks at 1, 2 and 5 (or only at 1) of every power of ten, so that a log axis is not a picket fence."""
    positive = [float(v) for v in values if v is not None and v > 0 and math.isfinite(v)]
    if not positive:
        return []
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    steps = (1, 2, 5) if high - low <= 2 else (1, 3) if high - low <= 3 else (1,)
    return [step * 10.0**power for power in range(low, high + 1) for step in steps]


def _time_axis(days: pd.Series, form: str = "") -> dict[str, Any]:
    """Ticks a reader can place: years where there are several, else quarters with the year at each January."""
    years = (days.max() - days.min()).days / 365.25 if len(days) else 0.0
    if form or years > 25:
        return {"format": form or "%Y"}
    if years > 2.6:
        return {"format": "%Y", "tickCount": {"interval": "year", "step": 1 if years <= 12 else 2}}
    told = "timeFormat(datum.value, month(datum.value) == 0 || datum.index == 0 ? '%b %Y' : '%b')"
    return {"labelExpr": told, "tickCount": {"interval": "month", "step": 3 if years > 0.8 else 1}}


def _tooltips(frame: pd.DataFrame, columns: Sequence[str]) -> list[alt.Tooltip]:
    shown = []
    for column in dict.fromkeys(columns):
        kind = _type(frame[column])
        form = {"temporal": "%-d %B %Y", "quantitative": ",.4~g"}.get(kind, "")
        title = str(column).replace("_", " ")
        if kind == "quantitative" and pd.api.types.is_integer_dtype(frame[column]) and "year" in title:
            form = "d"
        shown.append(alt.Tooltip(f"{column}:{kind[0].upper()}", title=title, **_given(format=form)))
    return shown


def _palette(names: Sequence[str], colours: Colours) -> dict[str, str]:
    if isinstance(colours, str):
        return dict.fromkeys(names, colours)
    given = dict(colours or {})
    return {name: given.get(name) or colour_of(str(name), place) for place, name in enumerate(names)}


def _ink(channel: Any, field: str, palette: Mapping[str, str], legend: Any = None) -> Any:
    scale = alt.Scale(domain=list(palette), range=list(palette.values()))
    return channel(f"{field}:N", scale=scale, sort=list(palette), legend=legend)


def _row_names(limit: int = 190, **options: Any) -> alt.Axis:
    """An axis of names at the left, broken into lines that are centred on their row."""
    lift = [
        {"test": f"length(split(datum.label, '\\n')) === {lines}", "value": -7.5 * (lines - 1)} for lines in (2, 3, 4)
    ]
    return alt.Axis(
        labelExpr="split(datum.label, '\\n')",
        labelLimit=limit,
        labelOffset={"condition": lift, "value": 0},
        domain=False,
        ticks=False,
        grid=False,
        **options,
    )


def _columns(labels: Sequence[str]) -> int:
    """Count the legend entries that fit side by side on a phone."""
    widest = max((len(label) for label in labels), default=1) * 6.6 + 32
    return max(1, min(len(labels), int(330 // widest)))


def wrap(text: str, width: int = 16) -> str:
    """
    Break a label into short lines.

    Parameters
    ----------
    text : str
        Label.
    width : int
        Characters a line may have.

    Returns
    -------
    str
        The label with line breaks; text marks of this module break there.

    Examples
    --------
    >>> wrap("required revenue, capital rule", 18)
    'required revenue,\\ncapital rule'
    """
    return "\n".join(textwrap.wrap(str(text), width, break_long_words=False)) or str(text)


def spread(
    values: Sequence[float], heights: Sequence[float], *, span: tuple[float, float], log: bool = False
) -> list[float]:
    """
    Move label positions apart until none overlaps its neighbour.

    Parameters
    ----------
    values : sequence of float
        Where the labels would like to stand, in units of the axis.
    heights : sequence of float
        Height of each label as a share of the axis.
    span : (float, float)
        Lowest and highest value of the axis.
    log : bool
        Whether the axis is logarithmic.

    Returns
    -------
    list of float
        Where they stand, in the same order.

    Examples
    --------
    >>> spread([5.0, 5.0], [0.1, 0.1], span=(0, 10))
    [4.5, 5.5]
    >>> spread([2.0, 8.0], [0.1, 0.1], span=(0, 10))
    [2.0, 8.0]
    """
    low, high = (math.log(max(v, 1e-300)) for v in span) if log else span
    width = (high - low) or 1.0
    places = [((math.log(max(v, 1e-300)) if log else v) - low) / width for v in values]
    order = sorted(range(len(places)), key=lambda i: places[i])
    groups = [([i], places[i], heights[i]) for i in order]  # members, centre, height
    moved = True
    while moved:
        moved = False
        for at, ((some, low_centre, low_height), (others, high_centre, high_height)) in enumerate(
            zip(groups, groups[1:], strict=False)
        ):
            if high_centre - high_height / 2 < low_centre + low_height / 2 - 1e-9:
                members, height = some + others, low_height + high_height
                centre = (low_centre * len(some) + high_centre * len(others)) / len(members)
                centre = min(max(centre, height / 2), max(1 - height / 2, height / 2))
                groups[at : at + 2] = [(members, centre, height)]
                moved = True
                break
    result = [0.0] * len(places)
    for members, centre, height in groups:
        foot = centre - height / 2
        for i in members:
            result[i] = foot + heights[i] / 2
            foot += heights[i]
    back = [low + place * width for place in result]
    return [float(f"{math.exp(v) if log else v:.9g}") for v in back]


def lines(
    frame: pd.DataFrame,
    x: str,
    y: str,
    series: str | None = None,
    *,
    log: bool = False,
    band: tuple[str, str] | None = None,
    labels: bool = True,
    names: Mapping[str, str] | None = None,
    colours: Colours = None,
    dashed: str | None = None,
    points: bool = False,
    step: bool = False,
    x_title: str | None = "",
    y_title: str | None = None,
    x_format: str = "",
    y_format: str = "",
    domain: Sequence[float] | None = None,
    zero: bool | None = None,
    height: int = HEIGHT,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw one line for each series, labelled at its end.

    Parameters
    ----------
    frame : DataFrame
        Tidy table, one row for each point.
    x, y : str
        Columns; `x` may hold dates, numbers or names.
    series : str, optional
        Column that tells lines apart.
    log : bool
        Whether the vertical axis is logarithmic; values must be positive.
    band : (str, str), optional
        Columns with the ends of an interval, drawn as a band.
    labels : bool
        Whether to write the name of each series at its last point.
    names : mapping, optional
        What to call a series on the chart.
    colours : mapping or str, optional
        Colour of each series (or one for all); companies and verdicts know theirs.
    dashed : str, optional
        Column of truth values: where true, the line to that point is dashed and its mark open (guidance,
        projections, a running period).
    points : bool
        Whether to mark the points.
    step : bool
        Whether the value holds until the next point (what was known at each day).
    x_title, y_title : str, optional
        Axis titles; give the unit in `y_title`.
    x_format, y_format : str
        D3 formats of the axis labels.
    domain : sequence of float, optional
        Ends of the vertical axis.
    zero : bool, optional
        Whether the vertical axis must include zero.
    height : int
        Pixels.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        With the house look.

    Raises
    ------
    KeyError
        If the table lacks a column.
    """
    frame = _need(frame, x, y, series, dashed, *(band or ()), *tooltip).dropna(subset=[y])
    if series is None:
        series = "_series"
        frame = frame.assign(_series="")
        labels = False
    frame[series] = frame[series].astype(str)
    keys = list(dict.fromkeys(frame[series]))
    palette = _palette(keys, colours)
    called = {key: (names or {}).get(key, label_of(key)) for key in keys}
    colour = _ink(alt.Color, series, palette)
    kind = _type(frame[x])
    if kind == "temporal":
        x_axis = alt.Axis(**_time_axis(frame[x], x_format))
    else:
        x_axis = alt.Axis(format=x_format or ("d" if _is_year(frame[x]) else alt.Undefined))
    reach = pd.concat([frame[y], *(frame[c] for c in band or ())]).dropna()
    # Without a count of its own the axis would keep every other of the ticks (3, 30, 300).
    ticks = _log_axis(reach) if log else None
    y_axis = alt.Axis(**_given(format=y_format, values=ticks, tickCount=len(ticks) if ticks else None))
    x_scale = alt.Scale(nice=False, zero=False) if kind == "quantitative" else alt.Undefined
    ex = alt.X(f"{x}:{kind[0].upper()}", title=_titled(x_title) or None, axis=x_axis, scale=x_scale)
    ey = alt.Y(f"{y}:Q", title=_titled(y_title), axis=y_axis, scale=_scale(log, domain, zero))
    shape: Any = "step-after" if step else "linear"
    hover = _tooltips(frame, [series, x, y, *(band or ()), *tooltip] if labels else [x, y, *(band or ()), *tooltip])
    pieces: list[Any] = []
    if band:
        low, high = band
        pieces.append(
            alt.Chart(frame.dropna(subset=[low, high]))
            .mark_area(opacity=0.18, interpolate=shape)
            .encode(
                x=ex,
                y=alt.Y(f"{low}:Q", title=_titled(y_title), axis=y_axis, scale=_scale(log, domain, zero)),
                y2=f"{high}:Q",
                color=colour,
            )
        )
    firm, loose = frame, frame.iloc[:0]
    if dashed:
        firm, loose = _split(frame, series, x, dashed)
    if len(firm):
        pieces.append(alt.Chart(firm).mark_line(interpolate=shape).encode(x=ex, y=ey, color=colour))
    if len(loose):
        pieces.append(alt.Chart(loose).mark_line(interpolate=shape, strokeDash=[5, 4]).encode(x=ex, y=ey, color=colour))
    seen = frame if points else frame.iloc[:0]
    if dashed:
        seen = frame if points else frame[frame[dashed].astype(bool)]
        opened = seen[seen[dashed].astype(bool)]
        seen = seen[~seen[dashed].astype(bool)]
        if len(opened):
            pieces.append(
                alt.Chart(opened)
                .mark_point(size=45, filled=True, fill=PAPER, strokeWidth=1.6)
                .encode(x=ex, y=ey, stroke=_ink(alt.Stroke, series, palette), tooltip=hover)
            )
    if len(seen):
        pieces.append(alt.Chart(seen).mark_circle(size=34, opacity=1).encode(x=ex, y=ey, color=colour, tooltip=hover))
    pieces.append(alt.Chart(frame).mark_circle(size=180, opacity=0).encode(x=ex, y=ey, tooltip=hover))
    if labels:
        ends = frame.sort_values(x, kind="stable").groupby(series, sort=False).tail(1).reset_index(drop=True)
        texts = [wrap(called[k]) for k in ends[series]]
        tall = [(TEXT + 3) * (t.count("\n") + 1) / height for t in texts]
        span = (domain[0], domain[1]) if domain else (float(reach.min()), float(reach.max()))
        if not log and domain is None and zero is not False:
            span = (min(0.0, span[0]), span[1])
        ends = ends.assign(_label=texts, _at=spread(ends[y].tolist(), tall, span=span, log=log))
        for key, words in zip(ends[series], texts, strict=True):
            one = ends[ends[series] == key]
            pieces.append(
                alt.Chart(one[[x, "_at", "_label"]])
                .mark_text(
                    align="left",
                    dx=8,
                    lineBreak="\n",
                    baseline="middle",
                    fontWeight=600,
                    color=palette[key],
                    dy=-(TEXT + 3) * words.count("\n") / 2,
                )
                .encode(
                    x=ex,
                    y=alt.Y("_at:Q", title=_titled(y_title), axis=y_axis, scale=_scale(log, domain, zero)),
                    text="_label:N",
                )
            )
    return _layered(*pieces, height=height)


def _is_year(values: pd.Series) -> bool:
    return bool(pd.api.types.is_integer_dtype(values) and len(values) and values.between(1700, 2200).all())


def _split(frame: pd.DataFrame, series: str, x: str, dashed: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part a table into what happened and what is expected, the last known point in both so that lines join."""
    frame = frame.sort_values([series, x], kind="stable")
    loose = frame[dashed].astype(bool)
    before = loose.groupby(frame[series]).shift(-1, fill_value=False) & ~loose
    return frame[~loose], frame[loose | before]


def steps(frame: pd.DataFrame, x: str, y: str, series: str | None = None, **options: Any) -> alt.LayerChart:
    """
    Draw what was known at each day: a value holds until the next one.

    Parameters
    ----------
    frame : DataFrame
        Tidy table, one row for each change.
    x, y, series : str
        Columns.
    **options
        As for `lines`.

    Returns
    -------
    LayerChart
        With the house look.
    """
    return lines(frame, x, y, series, step=True, **options)


def dots_with_intervals(
    frame: pd.DataFrame,
    label: str,
    value: str,
    low: str | None = None,
    high: str | None = None,
    *,
    group: str | None = None,
    colour: str = ACCENT,
    colours: Colours = None,
    opened: str | None = None,
    log: bool = False,
    x_title: str | None = None,
    x_format: str = "",
    domain: Sequence[float] | None = None,
    zero: bool | None = None,
    sort: Sequence[str] | None = None,
    row_height: int = 30,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw a dot for each row, with its interval as a line.

    Parameters
    ----------
    frame : DataFrame
        Tidy table.
    label : str
        Column with the name of the row, written above its dot on a phone and at the left on a desk.
    value : str
        Column with the central value; where it is missing only the interval is drawn.
    low, high : str, optional
        Columns with the ends of the interval.
    group : str, optional
        Column that colours the dots; several dots of one label (conflicting sources) share a row.
    colour, colours : str or mapping
        One colour for all, or one for each group.
    opened : str, optional
        Column of truth values: where true the dot is open (guidance, projections, assumptions).
    log : bool
        Whether the axis is logarithmic.
    x_title, x_format : str
        Title, with the unit, and D3 format of the axis.
    domain : sequence of float, optional
        Ends of the axis.
    zero : bool, optional
        Whether the axis must include zero.
    sort : sequence of str, optional
        Order of the labels; by default that of the table.
    row_height : int
        Pixels.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        With the house look.

    Raises
    ------
    KeyError
        If the table lacks a column.
    """
    frame = _need(frame, label, value, low, high, group, opened, *tooltip)
    frame = frame.assign(**{label: frame[label].map(lambda t: wrap(t, 26))})
    order = [wrap(s, 26) for s in sort] if sort else list(dict.fromkeys(frame[label]))
    reach = pd.concat([frame[c] for c in (value, low, high) if c]).dropna()
    axis = alt.Axis(
        grid=True,
        tickCount=6,
        domain=False,
        **_given(format=x_format, values=_log_axis(reach) if log else None),
    )
    ey = alt.Y(
        f"{label}:N",
        sort=order,
        title=None,
        axis=_row_names(),
    )
    scale = _scale(log, domain, zero if zero is not None else False)
    if domain is None and not log:
        scale = alt.Scale(zero=bool(zero), nice=True, padding=8)

    def ex(column: str) -> alt.X:
        return alt.X(f"{column}:Q", title=_titled(x_title), axis=axis, scale=scale)

    if group:
        frame[group] = frame[group].astype(str)
        keys = list(dict.fromkeys(frame[group]))
        palette = _palette(keys, colours)
        legend = alt.Legend(columns=_columns(keys), symbolType="circle", symbolOpacity=1) if len(keys) > 1 else None
        ink: Any = _ink(alt.Color, group, palette, legend)
        edge: Any = _ink(alt.Stroke, group, palette)
    else:
        ink = edge = alt.value(colours if isinstance(colours, str) else colour)
    hover = _tooltips(frame, [c for c in (label, group, value, low, high, *tooltip) if c])
    pieces: list[Any] = []
    if low and high:
        pieces.append(
            alt.Chart(frame.dropna(subset=[low, high]))
            .mark_rule(strokeWidth=3, opacity=0.45, strokeCap="round")
            .encode(x=ex(low), x2=f"{high}:Q", y=ey, color=ink, tooltip=hover)
        )
    dots = frame.dropna(subset=[value])
    hollow = dots[opened].astype(bool) if opened else pd.Series(False, index=dots.index)
    if (~hollow).any():
        pieces.append(
            alt.Chart(dots[~hollow]).mark_circle(size=95, opacity=1).encode(x=ex(value), y=ey, color=ink, tooltip=hover)
        )
    if hollow.any():
        pieces.append(
            alt.Chart(dots[hollow])
            .mark_point(size=80, filled=True, fill=PAPER, strokeWidth=2)
            .encode(x=ex(value), y=ey, stroke=edge, tooltip=hover)
        )
    tallest = max(str(t).count("\n") + 1 for t in order)
    return _layered(*pieces, height=max(row_height, tallest * 16 + 6) * len(order) + 8)


def bars(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    horizontal: bool = False,
    stack: bool = True,
    interval: tuple[str, str] | None = None,
    opened: str | None = None,
    values: str = "",
    colour: str = CONTEXT,
    colours: Colours = None,
    names: Mapping[str, str] | None = None,
    x_title: str | None = "",
    y_title: str | None = None,
    y_format: str = "",
    x_format: str = "",
    sort: Sequence[str] | None = None,
    height: int | None = None,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw bars, upright for time and lying for names.

    Parameters
    ----------
    frame : DataFrame
        Tidy table.
    x : str
        Column along which the bars stand (periods or names).
    y : str
        Column with their length.
    group : str, optional
        Column that splits each bar; groups are stacked, or set side by side with ``stack=False``.
    horizontal : bool
        Whether the bars lie, with names at the left.
    stack : bool
        Whether groups are stacked.
    interval : (str, str), optional
        Columns with the ends of an interval, drawn over the bar.
    opened : str, optional
        Column of truth values: where true the bar is an outline (guidance, projections, a running period).
    values : str
        D3 format; if given, the value is written at the end of the bar.
    colour, colours : str or mapping
        One colour for all, or one for each group.
    names : mapping, optional
        What to call a group in the legend.
    x_title, y_title, x_format, y_format : str
        Titles and D3 formats; give the unit in `y_title`.
    sort : sequence of str, optional
        Order of names; by default that of the table.
    height : int, optional
        Pixels.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        With the house look.

    Raises
    ------
    KeyError
        If the table lacks a column.
    """
    frame = _need(frame, x, y, group, opened, *(interval or ()), *tooltip).dropna(subset=[y])
    kind = _type(frame[x])
    if kind == "quantitative" or horizontal:
        kind = "nominal"
    if horizontal:
        frame = frame.assign(**{x: frame[x].map(lambda t: wrap(t, 26))})
    order = [wrap(s, 26) if horizontal else s for s in sort] if sort else list(dict.fromkeys(frame[x]))
    letter = kind[0].upper()
    length_axis = alt.Axis(grid=True, domain=False, tickCount=6, **_given(format=y_format))
    if horizontal:
        place_axis = _row_names()
        place: Any = alt.Y(f"{x}:{letter}", sort=order, title=None, axis=place_axis)
        length: Any = alt.X(f"{y}:Q", title=_titled(y_title), axis=length_axis, stack="zero" if stack else None)
    else:
        told = _time_axis(frame[x], x_format) if kind == "temporal" else {"format": x_format} if x_format else {}
        place_axis = alt.Axis(labelAngle=0, **told)
        place = alt.X(
            f"{x}:{letter}",
            sort=order if kind == "nominal" else alt.Undefined,
            # Bars stand over their day: without room at the ends the first and the last are cut in half.
            scale=alt.Scale(padding=12) if kind == "temporal" else alt.Undefined,
            title=_titled(x_title) or None,
            axis=place_axis,
        )
        length = alt.Y(f"{y}:Q", title=_titled(y_title), axis=length_axis, stack="zero" if stack else None)
    extra: dict[str, Any] = {}
    if group:
        frame[group] = frame[group].astype(str)
        keys = list(dict.fromkeys(frame[group]))
        palette = _palette(keys, colours)
        called = [(names or {}).get(key, label_of(key)) for key in keys]
        label = "{" + ",".join(f"{k!r}: {v!r}" for k, v in zip(keys, called, strict=True)) + "}[datum.label]"
        legend = alt.Legend(
            labelExpr=label, columns=_columns(called), symbolType="square", symbolStrokeWidth=0, symbolOpacity=1
        )
        ink: Any = _ink(alt.Color, group, palette, legend)
        edge: Any = _ink(alt.Stroke, group, palette)
        frame["_order"] = frame[group].map(keys.index)
        extra["order"] = alt.Order("_order:Q")
        if not stack:
            extra = {
                "yOffset" if horizontal else "xOffset": (alt.YOffset if horizontal else alt.XOffset)(
                    f"{group}:N", sort=keys
                )
            }
    else:
        ink = edge = alt.value(colours if isinstance(colours, str) else colour)
    hover = _tooltips(frame, [c for c in (x, group, y, *(interval or ()), *tooltip) if c])
    channels = {"y" if horizontal else "x": place, "x" if horizontal else "y": length}
    hollow = frame[opened].astype(bool) if opened else pd.Series(False, index=frame.index)
    band = {"width": max(4, 260 // max(frame[x].nunique(), 1))} if kind == "temporal" else {}
    pieces: list[Any] = []
    if (~hollow).any():
        pieces.append(alt.Chart(frame[~hollow]).mark_bar(**band).encode(**channels, color=ink, tooltip=hover, **extra))
    if hollow.any():
        pieces.append(
            alt.Chart(frame[hollow])
            .mark_bar(fillOpacity=0.12, strokeWidth=1.4, strokeDash=[4, 3], **band)
            .encode(**channels, color=ink, stroke=edge, tooltip=hover, **extra)
        )
    if interval:
        low, high = interval
        ends = frame.dropna(subset=[low, high])
        a, b = ("x", "x2") if horizontal else ("y", "y2")
        length_of = (alt.X if horizontal else alt.Y)(f"{low}:Q", title=_titled(y_title), axis=length_axis)
        pieces.append(
            alt.Chart(ends)
            .mark_rule(strokeWidth=1.6, color=INK, opacity=0.8)
            .encode(
                **{
                    "y" if horizontal else "x": place,
                    a: length_of,
                    b: alt.X2(f"{high}:Q") if horizontal else alt.Y2(f"{high}:Q"),
                },
                tooltip=hover,
                **{k: v for k, v in extra.items() if "Offset" in k},
            )
        )
    if values:
        totals = frame if not (group and stack) else frame.groupby(x, sort=False, as_index=False)[y].sum()
        look: Any = {"align": "left", "dx": 5} if horizontal else {"baseline": "bottom", "dy": -4}
        at = (alt.X if horizontal else alt.Y)(f"{y}:Q", title=_titled(y_title), axis=length_axis)
        pieces.append(
            alt.Chart(totals)
            .mark_text(**look)
            .encode(
                **{"y" if horizontal else "x": place, "x" if horizontal else "y": at},
                text=alt.Text(f"{y}:Q", format=values),
                **{k: v for k, v in extra.items() if "Offset" in k},
            )
        )
    if height is None:
        rows = max(str(t).count("\n") + 1 for t in order) if horizontal else 1
        per = 30 if stack or not group else 20 * frame[group].nunique() + 8
        height = max(per, rows * 16 + 6) * len(order) + 8 if horizontal else HEIGHT
    return _layered(*pieces, height=height)


def waterfall(
    frame: pd.DataFrame,
    label: str,
    value: str,
    total: str | None = None,
    *,
    colour: str = CONTEXT,
    total_colour: str = ACCENT,
    values: str = ",.3~s",
    x_title: str | None = None,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw how parts build up to a total, one lying bar below the other.

    Parameters
    ----------
    frame : DataFrame
        One row for each step, in order.
    label, value : str
        Columns with the name of the step and what it adds (negative: takes away).
    total : str, optional
        Column of truth values: where true the row is a total, drawn from zero; its value must be the sum so far.
    colour, total_colour : str
        Of parts and totals.
    values : str
        D3 format of the number at each bar.
    x_title : str, optional
        Axis title, with the unit.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        With the house look.

    Raises
    ------
    KeyError
        If the table lacks a column.
    ValueError
        If a total is not the sum of the parts above it (to one part in a thousand).
    """
    frame = _need(frame, label, value, total, *tooltip)
    if total is None:
        total = "_total"
        frame[total] = False
    running, start, end = 0.0, [], []
    for name, amount, is_total in zip(frame[label], frame[value], frame[total], strict=True):
        if is_total:
            if abs(amount - running) > 1e-3 * max(abs(amount), abs(running)):
                msg = f"the total {name!r} is {amount:g} but the parts above it add up to {running:g}"
                raise ValueError(msg)
            start.append(0.0)
            end.append(float(amount))
        else:
            start.append(running)
            running += float(amount)
            end.append(running)
    frame = frame.assign(_from=start, _to=end, **{label: frame[label].map(lambda t: wrap(t, 26))})
    frame["_right"] = frame[["_from", "_to"]].max(axis=1)
    order = list(frame[label])
    axis = _row_names()
    place = alt.Y(f"{label}:N", sort=order, title=None, axis=axis)
    length_axis = alt.Axis(grid=True, domain=False, tickCount=6)
    hover = _tooltips(frame, [label, value, *tooltip])
    body = (
        alt.Chart(frame)
        .mark_bar(height={"band": 0.7})
        .encode(
            y=place,
            x=alt.X("_from:Q", title=_titled(x_title), axis=length_axis),
            x2="_to:Q",
            tooltip=hover,
            color=alt.condition(f"datum['{total}']", alt.value(total_colour), alt.value(colour)),
        )
    )
    text = (
        alt.Chart(frame)
        .mark_text(align="left", dx=5)
        .encode(
            y=place,
            x=alt.X("_right:Q", title=_titled(x_title), axis=length_axis),
            text=alt.Text(f"{value}:Q", format=values),
        )
    )
    rows = max(t.count("\n") + 1 for t in order)
    return _layered(body, text, height=max(30, rows * 16 + 6) * len(order) + 8)


def heat(
    frame: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    *,
    text: str | None = None,
    form: str = ",.3~g",
    colour: str = ACCENT,
    domain: Sequence[float] | None = None,
    x_title: str | None = None,
    y_title: str | None = None,
    x_sort: Sequence[Any] | None = None,
    y_sort: Sequence[Any] | None = None,
    row_height: int = 34,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw a matrix whose cells are the darker the larger their value, with the value written in.

    Parameters
    ----------
    frame : DataFrame
        Tidy table, one row for each cell.
    x, y, value : str
        Columns.
    text : str, optional
        Column with the text of the cell; by default the value in `form`.
    form : str
        D3 format.
    colour : str
        Colour of the largest value; smaller ones are more transparent, so both backgrounds work.
    domain : sequence of float, optional
        Values without colour and with full colour.
    x_title, y_title : str, optional
        Axis titles.
    x_sort, y_sort : sequence, optional
        Order of columns and rows; by default that of the table.
    row_height : int
        Pixels.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        With the house look.

    Raises
    ------
    KeyError
        If the table lacks a column.
    """
    frame = _need(frame, x, y, value, text, *tooltip)
    room = max(8, min(20, 38 // max(frame[x].nunique(), 1)))  # characters over a column on a phone
    frame = frame.assign(**{x: frame[x].map(lambda t: wrap(t, room)), y: frame[y].map(lambda t: wrap(t, 20))})
    columns = [wrap(t, room) for t in x_sort] if x_sort else list(dict.fromkeys(frame[x]))
    rows = [wrap(t, 20) for t in y_sort] if y_sort else list(dict.fromkeys(frame[y]))
    split = "split(datum.label, '\\n')"
    ex = alt.X(
        f"{x}:N",
        sort=columns,
        title=_titled(x_title),
        axis=alt.Axis(
            orient="top",
            labelAngle=0,
            labelExpr=split,
            labelOverlap=False,
            labelPadding=3 + 15 * max((name.count("\n") for name in columns), default=0),  # its lines go downwards
            domain=False,
            ticks=False,
            grid=False,
            titleAnchor="start",
        ),
    )
    ey = alt.Y(
        f"{y}:N",
        sort=rows,
        title=_titled(y_title),
        axis=_row_names(titleX=-8, titleY=-8, titleAlign="right"),
    )
    low, high = domain or (min(0.0, float(frame[value].min())), float(frame[value].max()))
    hover = _tooltips(frame, [x, y, value, *tooltip])
    strength = alt.Scale(domain=[low, high], range=[0.05, 0.6], clamp=True)
    cells = (
        alt.Chart(frame)
        .mark_rect(color=colour, stroke=PAPER, strokeWidth=2)
        .encode(
            x=ex,
            y=ey,
            tooltip=hover,
            fillOpacity=alt.FillOpacity(f"{value}:Q", scale=strength, legend=None),
        )
    )
    said = alt.Text(f"{text}:N") if text else alt.Text(f"{value}:Q", format=form)
    words = alt.Chart(frame.dropna(subset=[text or value])).mark_text(color=INK).encode(x=ex, y=ey, text=said)
    return _layered(cells, words, height=row_height * len(rows) + 8)


def doubling_guides(
    start: Any,
    value: float,
    end: Any,
    *,
    months: Sequence[float] = (6, 12, 24),
    x: str = "day",
    y: str = "value",
    top: float | None = None,
    y_title: str | None = None,
) -> alt.LayerChart:
    """
    Draw thin guide lines that double every so many months, for a logarithmic axis over time.

    Parameters
    ----------
    start, end : date or str
        First and last day of the guides.
    value : float
        Where they all start.
    months : sequence of float
        Doubling times.
    x, y : str
        Names of the fields; give those of the chart it is layered with.
    top : float, optional
        Guides end where they reach this value.
    y_title : str, optional
        The same title as that of the chart it is layered with.

    Returns
    -------
    LayerChart
        Guides with labels at their ends.
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    whole = (last - first).days / 30.4375
    rows = []
    for every in months:
        reach = min(whole, every * math.log2(top / value)) if top else whole
        day = first + pd.Timedelta(days=round(reach * 30.4375))
        label = f"doubles in\n{every:g} months"
        rows += [{x: first, y: value, "_guide": label}, {x: day, y: value * 2 ** (reach / every), "_guide": label}]
    frame = pd.DataFrame(rows)
    ex = alt.X(f"{x}:T", title=None)
    ey = alt.Y(f"{y}:Q", title=_titled(y_title), scale=_scale(True))
    base = alt.Chart(frame)
    line = base.mark_line(color=INK, opacity=0.35, strokeWidth=1, strokeDash=[2, 3]).encode(
        x=ex, y=ey, detail="_guide:N"
    )
    ends = frame.groupby("_guide", sort=False).tail(1)
    text = (
        alt.Chart(ends)
        .mark_text(align="right", baseline="bottom", dx=-4, dy=-18, fontWeight=600, opacity=0.7, lineBreak="\n")
        .encode(x=ex, y=ey, text="_guide:N")
    )
    return _layered(line, text)


def marks(
    frame: pd.DataFrame,
    x: str,
    y: str,
    label: str | None = None,
    *,
    colour: str = ACCENT,
    opened: bool = False,
    shape: str = "diamond",
    log: bool = False,
    side: str = "right",
    size: int = 90,
    y_title: str | None = None,
    tooltip: Sequence[str] = (),
) -> alt.LayerChart:
    """
    Draw single points worth naming, such as the article's own figures.

    Parameters
    ----------
    frame : DataFrame
        One row for each mark.
    x, y : str
        Columns; the same fields as the chart it is layered with.
    label : str, optional
        Column with the text beside the mark.
    colour : str
        Of the mark.
    opened : bool
        Whether the mark is open (it is said or expected, not observed).
    shape : str
        Vega symbol.
    log : bool
        Whether the vertical axis is logarithmic.
    side : str
        Where the text stands: ``right``, ``left``, ``above`` or ``below``.
    size : int
        Area in square pixels.
    y_title : str, optional
        The same title as that of the chart it is layered with.
    tooltip : sequence of str
        Further columns shown on hover.

    Returns
    -------
    LayerChart
        Marks and their labels.

    Raises
    ------
    KeyError
        If the table lacks a column, or `side` is none of the four.
    """
    frame = _need(frame, x, y, label, *tooltip)
    place: dict[str, Any] = {
        "right": {"align": "left", "dx": 9, "baseline": "middle"},
        "left": {"align": "right", "dx": -9, "baseline": "middle"},
        "above": {"align": "center", "dy": -9, "baseline": "bottom"},
        "below": {"align": "center", "dy": 9, "baseline": "top"},
    }[side]
    kind = _type(frame[x])
    ex = alt.X(f"{x}:{kind[0].upper()}", title=None)
    ey = alt.Y(f"{y}:Q", title=_titled(y_title), scale=_scale(log))
    hover = _tooltips(frame, [c for c in (label, x, y, *tooltip) if c])
    look = {"fill": PAPER, "stroke": colour, "strokeWidth": 2} if opened else {"color": colour}
    points = (
        alt.Chart(frame)
        .mark_point(shape=shape, size=size, filled=True, opacity=1, **look)
        .encode(x=ex, y=ey, tooltip=hover)
    )
    if label is None:
        return _layered(points)
    words = frame.assign(_words=frame[label].map(lambda t: wrap(t, 22)))
    text = (
        alt.Chart(words)
        .mark_text(color=colour, fontWeight=600, lineBreak="\n", **place)
        .encode(x=ex, y=ey, text="_words:N")
    )
    return _layered(points, text)


def rule(
    *,
    y: float | None = None,
    x: Any = None,
    label: str = "",
    colour: str = INK,
    dashed: bool = True,
    log: bool = False,
    y_title: str | None = None,
    x_title: str | None = None,
) -> alt.LayerChart:
    """
    Draw a line across the chart at a value that matters, with its meaning written on it.

    Parameters
    ----------
    y : float, optional
        Height of a level line.
    x : date, str or number, optional
        Place of an upright line; give either `x` or `y`.
    label : str
        What the line means.
    colour : str
        Of line and text.
    dashed : bool
        Whether the line is dashed.
    log : bool
        Whether the vertical axis is logarithmic.
    y_title, x_title : str, optional
        The same titles as those of the chart it is layered with.

    Returns
    -------
    LayerChart
        The line and its label.

    Raises
    ------
    ValueError
        If both or none of `x` and `y` are given.
    """
    if (x is None) == (y is None):
        msg = "a rule needs either x= or y=, not both and not neither"
        raise ValueError(msg)
    look: dict[str, Any] = {"color": colour, "strokeWidth": 1.2, "opacity": 0.7}
    if dashed:
        look["strokeDash"] = [5, 4]
    if y is not None:
        at: Any = alt.Y("y:Q", title=_titled(y_title), scale=_scale(log))
        base = alt.Chart(pd.DataFrame({"y": [y], "label": [label]})).encode(y=at)
        text = base.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontWeight=600, color=colour).encode(
            x=alt.value(0), text="label:N"
        )
    else:
        is_time = not isinstance(x, (int, float))
        frame = pd.DataFrame({"x": [pd.Timestamp(x) if is_time else x], "label": [wrap(label, 18)]})
        base = alt.Chart(frame).encode(x=alt.X("x:T" if is_time else "x:Q", title=x_title))
        text = base.mark_text(align="left", baseline="top", dx=5, lineBreak="\n", fontWeight=600, color=colour).encode(
            y=alt.value(0), text="label:N"
        )
    line = base.mark_rule(**look)
    return _layered(line, text) if label else _layered(line)
