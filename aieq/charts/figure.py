"""A chart with everything a reader needs around it: title, description, sources, day, data."""

from __future__ import annotations

import base64
import datetime
import json
import os
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from aieq.charts import still
from aieq.charts.theme import INK, PAPER, WIDE
from aieq.errors import AieqError, did_you_mean

VEGA_LITE_MIME = "application/vnd.vegalite.v6+json"  # with +json: notebooks refuse the spelling Altair uses
MOST_ROWS = 5000
ROWS_IN_PAGE = 120
SOURCES_IN_LINE = 4
SHORTEST_ALT = 40

_sources: dict[str, str] = {}


class ChartError(AieqError, ValueError):
    """A chart lacks something its readers need."""


def name_sources(names: Mapping[str, str]) -> None:
    """
    Tell charts what sources are called.

    Parameters
    ----------
    names : mapping
        From the key of a source to the name shown under a chart. Once given, a chart with an unknown key is refused.
    """
    _sources.clear()
    _sources.update({str(key): str(name) for key, name in names.items()})


def _checked_alt(text: Any, where: str) -> str:
    text = " ".join(str(text or "").split())
    if not text:
        msg = (
            f"{where} has no description: pass alt='...' (or description='...' to a bare Altair chart), "
            "one or two sentences saying what it shows"
        )
        raise ChartError(msg)
    if re.match(r"(an?\s+|the\s+)?((line|bar|scatter|area)\s+)?(chart|graph|plot|figure|image)\b", text, re.IGNORECASE):
        msg = (
            f"the description of {where} starts with {text.split()[0]!r}: say what it shows, "
            "a screen reader says by itself that it is one"
        )
        raise ChartError(msg)
    if len(text) < SHORTEST_ALT:
        msg = (
            f"the description of {where} has {len(text)} characters, fewer than {SHORTEST_ALT}: "
            "say what one sees, with direction and size"
        )
        raise ChartError(msg)
    return text


def _day(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        msg = f"as_of={value!r} is not a day: pass a date or 'YYYY-MM-DD', usually view.day"
        raise ChartError(msg) from None


def spoken(day: datetime.date) -> str:
    """
    Write a day as in running text.

    Parameters
    ----------
    day : date
        Any day.

    Returns
    -------
    str
        Day, month, year.

    Examples
    --------
    >>> spoken(datetime.date(2026, 8, 31))
    '31 August 2026'
    """
    return f"{day.day} {day:%B} {day.year}"


class Silence:
    """
    Said in place of a figure for which nothing was known on the day.

    Examples
    --------
    >>> Silence("Gross margins on record", datetime.date(2024, 6, 30))
    Gross margins on record: nothing was known on 30 June 2024, so there is no figure.
    """

    def __init__(self, title: str, as_of: datetime.date) -> None:
        self._text = f"{title}: nothing was known on {spoken(as_of)}, so there is no figure."

    def __repr__(self) -> str:
        """Say it."""
        return self._text


def _cell(value: Any) -> str:
    if value is None or (not isinstance(value, (list, tuple, dict)) and pd.isna(value)):
        return ""
    if isinstance(value, (pd.Timestamp, datetime.datetime)):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


def _tidied(data: pd.DataFrame) -> pd.DataFrame:
    kept = data[[c for c in data.columns if not str(c).startswith("_")]]
    return kept.map(_cell) if len(kept.columns) else kept


class Figure:
    """
    A chart with its title, description, sources, day and data.

    Shown in a notebook it yields the page's still drawing, the specification with its data (which the check of the
    notebooks compares) and its description as text.

    Parameters
    ----------
    chart : Chart
        Any Altair chart.
    title : str
        What it shows, as a finding in words.
    alt : str
        What a reader who does not see it should know: at least forty characters, not starting with "chart".
    sources : sequence of str
        Keys of sources; each becomes a link.
    as_of : date or str
        Last day of publication that counts.
    data : DataFrame
        The rows behind it, for the download and the table. Columns starting with an underscore are left out.
    note : str
        What a reader must know to read it rightly: definitions, grade, what is missing.
    subtitle : str
        What is plotted, with the unit.
    name : str
        Anchor of the figure in its page and name of its download; by default made from the specification.

    Raises
    ------
    ChartError
        If one of them is missing or unfit; the message says what to do.
    """

    def __init__(
        self,
        chart: Any,
        *,
        title: str,
        alt: str,
        sources: Iterable[str] = (),
        as_of: datetime.date | str,
        data: pd.DataFrame | None = None,
        note: str = "",
        subtitle: str = "",
        name: str = "",
    ) -> None:
        if not str(title or "").strip():
            msg = "a figure has no title: pass title='...', the finding in words"
            raise ChartError(msg)
        where = f"the figure {title!r}"
        self.title, self.subtitle, self.note = title.strip(), subtitle.strip(), note.strip()
        self.alt = _checked_alt(alt, where)
        self.as_of = _day(as_of)
        self.sources = tuple(dict.fromkeys([sources] if isinstance(sources, str) else sources))
        for key in self.sources if _sources else ():
            if key not in _sources:
                near = did_you_mean(key, _sources)
                msg = f"{where} names the source {key!r}, which data/sources.csv does not hold.{near}"
                raise ChartError(msg)
        if not self.sources:
            msg = f"{where} names no source: pass sources=(...), keys of data/sources.csv"
            raise ChartError(msg)
        if data is None or data.empty:
            msg = (
                f"{where} has no data: pass data=, the rows it draws; if nothing was known by that day, show no figure"
            )
            raise ChartError(msg)
        if len(data) > MOST_ROWS:
            msg = f"{where} has {len(data)} rows, more than {MOST_ROWS}: aggregate them before drawing"
            raise ChartError(msg)
        self.data = data
        self.spec = _specification(chart, self.alt, where)
        if name and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            msg = f"{where} has the name {name!r}: use lower-case words joined by hyphens"
            raise ChartError(msg)
        self.id = f"chart-{name or still.fingerprint(self.spec)}"

    def __repr__(self) -> str:
        """Say what the figure is."""
        return f"Figure({self.title!r}, {len(self.data)} rows, as of {self.as_of})"

    def csv(self) -> str:
        """Write the rows behind the figure as CSV."""
        return _tidied(self.data).to_csv(index=False, lineterminator="\n")

    def html(self) -> str:
        """Write the figure for a page: still drawing, sources, download and table."""
        try:
            drawing = still.draw(self.spec, alt=self.alt)
        except ValueError as error:
            msg = f"the figure {self.title!r} cannot be drawn: {error}"
            raise ChartError(msg) from error
        write = still.escape
        subtitle = f'<span class="chart-subtitle">{write(self.subtitle)}</span>' if self.subtitle else ""
        note = f'<p class="chart-note">{write(self.note)}</p>' if self.note else ""
        href = "data:text/csv;charset=utf-8," + urllib.parse.quote(self.csv(), safe="/:,;()")
        return (
            f'<figure class="chart" id="{self.id}">'
            f'<figcaption><span class="chart-title">{write(self.title)}</span>{subtitle}</figcaption>'
            f'<div class="chart-view">{drawing}</div>'
            f'<div class="chart-foot">{note}'
            f"{self._credits()}"
            f'<p class="chart-tools"><a class="chart-csv" download="{self.id}.csv" href="{href}">'
            "Data as CSV</a></p>"
            f"{self._table()}</div></figure>"
        )

    def _credits(self) -> str:
        write = still.escape
        links = [
            f'<a href="sources.html#source-{write(key)}">{write(_sources.get(key) or key)}</a>' for key in self.sources
        ]
        known = f"As known on <time>{spoken(self.as_of)}</time>."
        if len(links) <= SOURCES_IN_LINE:
            word = "Source" if len(links) == 1 else "Sources"
            return f"<p>{word}: {'; '.join(links)}. {known}</p>"
        return (
            f'<details class="chart-sources"><summary>{len(links)} sources</summary>{"; ".join(links)}.</details>'
            f"<p>{known}</p>"
        )

    def _table(self) -> str:
        write = still.escape
        rows = _tidied(self.data)
        head = "".join(f'<th scope="col">{write(str(c).replace("_", " "))}</th>' for c in rows.columns)
        body = "".join(
            f'<tr><th scope="row">{write(first)}</th>' + "".join(f"<td>{write(v)}</td>" for v in rest) + "</tr>"
            for first, *rest in rows.head(ROWS_IN_PAGE).itertuples(index=False, name=None)
        )
        more = (
            f"; the first {ROWS_IN_PAGE} of {len(rows)} rows, all are in the download"
            if len(rows) > ROWS_IN_PAGE
            else ""
        )
        return (
            '<details class="chart-table"><summary>Data as a table</summary>'
            '<div class="chart-scroll" role="region" aria-label="Data of the figure" tabindex="0">'
            f"<table><caption>{write(self.title)}{more}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div></details>"
        )

    def png(self, scale: float = 2.0) -> bytes:
        """
        Draw the figure for paper.

        Parameters
        ----------
        scale : float
            Pixels of the image for each pixel of the page.

        Returns
        -------
        bytes
            A PNG image, dark on white, with its title.
        """
        printed = json.loads(json.dumps(self.spec).replace(INK, "#1a1a1a").replace(PAPER, "#ffffff"))
        printed["background"] = "white"
        printed.setdefault("title", {"text": self.title, "subtitle": self.subtitle})
        return vl_convert.vegalite_to_png(still.sized(printed, WIDE), vl_version=still.VEGA_LITE, scale=scale)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "text/html": self.html(),
            VEGA_LITE_MIME: self.spec,
            "text/plain": self.alt,
        }
        if os.environ.get("AIEQ_PNG"):
            bundle["image/png"] = base64.b64encode(self.png()).decode()
        return bundle


def _specification(chart: Any, description: str, where: str) -> dict[str, Any]:
    try:
        spec = chart if isinstance(chart, dict) else chart.to_dict()
    except alt.MaxRowsError as error:
        msg = f"{where} draws more than {MOST_ROWS} rows: aggregate them before drawing"
        raise ChartError(msg) from error
    rows = sum(len(rows) for rows in spec.get("datasets", {}).values())
    if rows == 0 and '"values"' not in json.dumps(spec):
        msg = f"{where} holds no data: a chart must carry its rows, not an address of them"
        raise ChartError(msg)
    return still.canonical(spec | {"description": description})


def show_bare(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """
    Show an Altair chart that is not in a `Figure`; the renderer named ``aieq``.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification.
    **_
        Options of other renderers, ignored.

    Returns
    -------
    dict
        From MIME type to content.

    Raises
    ------
    ChartError
        If the chart has no fit description.
    """
    description = _checked_alt(spec.get("description"), "a chart")
    spec = _specification(spec, description, "a chart")
    name = f"chart-{still.fingerprint(spec)}"
    page = (
        f'<figure class="chart" id="{name}"><div class="chart-view">{still.draw(spec, alt=description)}</div></figure>'
    )
    return {"text/html": page, VEGA_LITE_MIME: spec, "text/plain": description}


alt.renderers.register("aieq", show_bare)
alt.renderers.enable("aieq")
