"""
One look for every chart: colours with a meaning, one type face, sizes for desk and phone.

Two colours stand for the two sides of the question and for nothing else: `REQUIRED` for revenue that would have to
be earned, `EARNED` for revenue that is. Grey is context. The ratios written beside each colour are its contrast
with a white page and with the book's dark page (`PAGES`); none is under 3, the floor for graphical objects in
WCAG 2.2. No colour reaches 4.5 on both pages at once, so text drawn in one is mixed with the ink of the page (see
`aieq.charts.still`).
"""

from __future__ import annotations

from typing import Any

import altair as alt

REQUIRED = "#CC5500"  # 4.31 on white, 4.35 on dark: vermilion
EARNED = "#2A7FBF"  # 4.30, 4.36: blue; with vermilion the pair that every kind of colour blindness keeps apart
CONTEXT = "#7A828A"  # 3.90, 4.80: grey
ACCENT = "#9A62C7"  # 4.25, 4.41: purple, for the one thing a chart points at

INK = "#1d2733"  # becomes the text colour of the page, whatever it is
PAPER = "#fefdfb"  # becomes the background of the page, whatever it is
PAGES = {"light": "#ffffff", "dark": "#121212"}

CATEGORICAL = (
    "#12917A",  # 3.92, 4.78: teal
    "#9A62C7",  # 4.25, 4.41: purple
    "#A67C00",  # 3.82, 4.91: ochre
    "#C7508F",  # 4.22, 4.44: magenta
    "#9C6644",  # 4.78, 3.92: brown
    "#6B7FA3",  # 4.05, 4.63: slate
    "#5E8C1A",  # 4.01, 4.68: moss
    "#4A8FA8",  # 3.63, 5.16: sea
)

COMPANY = {
    "microsoft": CATEGORICAL[0],
    "azure": CATEGORICAL[0],
    "alphabet": CATEGORICAL[1],
    "google": CATEGORICAL[1],
    "google_cloud": CATEGORICAL[1],
    "amazon": CATEGORICAL[2],
    "aws": CATEGORICAL[2],
    "meta": CATEGORICAL[3],
    "oracle": CATEGORICAL[4],
    "coreweave": CATEGORICAL[5],
    "nvidia": CATEGORICAL[6],
    "openai": CATEGORICAL[7],
    "anthropic": "#B5694F",  # 4.12, 4.55: clay
    "xai": CONTEXT,
    "mistral": CATEGORICAL[4],
    "deepseek": CATEGORICAL[5],
}

_SPELT = {
    "openai": "OpenAI",
    "aws": "AWS",
    "coreweave": "CoreWeave",
    "xai": "xAI",
    "deepseek": "DeepSeek",
    "google_cloud": "Google Cloud",
}

VERDICT = {
    "holds": CATEGORICAL[0],
    "holds in part": CATEGORICAL[2],
    "overtaken": CATEGORICAL[1],
    "does not hold": REQUIRED,
    "cannot be checked": CONTEXT,
}

FONT = (
    "Liberation Sans, Arial, Helvetica, sans-serif"  # the first comes with vl-convert, so text has one width anywhere
)
WIDE, NARROW = 680, 358  # total width in pixels: a desk's column, a phone of 390 less its margins
HEIGHT = 340
TEXT = 12.5  # nothing a reader must read is set smaller than 12


def colour_of(name: str, position: int = 0) -> str:
    """
    Give the colour of a company, a verdict, or the next one of the palette.

    Parameters
    ----------
    name : str
        Entity or verdict; spelling is not case sensitive and spaces may stand for underscores.
    position : int
        Place in the palette to use for a name that has no colour of its own.

    Returns
    -------
    str
        Hexadecimal colour.

    Examples
    --------
    >>> colour_of("Google Cloud") == COMPANY["google_cloud"]
    True
    >>> colour_of("somebody else", 1) == CATEGORICAL[1]
    True
    """
    known = name.strip().lower()
    fixed = VERDICT.get(known) or COMPANY.get(known.replace(" ", "_"))
    return fixed or CATEGORICAL[position % len(CATEGORICAL)]


def label_of(name: str) -> str:
    """
    Write the name of an entity or metric for readers.

    Parameters
    ----------
    name : str
        As in the tables.

    Returns
    -------
    str
        Companies as they write themselves; else underscores become spaces.

    Examples
    --------
    >>> label_of("openai"), label_of("meta"), label_of("run_rate")
    ('OpenAI', 'Meta', 'run rate')
    """
    return _SPELT.get(name) or (name.capitalize() if name in COMPANY else name.replace("_", " "))


def contrast(one: str, other: str) -> float:
    """
    Compute the contrast ratio of two colours as WCAG defines it.

    Parameters
    ----------
    one, other : str
        Hexadecimal colours.

    Returns
    -------
    float
        From 1 (equal) to 21 (black on white).

    Examples
    --------
    >>> contrast("#000000", "#ffffff")
    21.0
    """

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return round((bright + 0.05) / (dark + 0.05), 2)


@alt.theme.register("aieq", enable=True)
def house() -> alt.theme.ThemeConfig:
    """Give Altair the house theme: sizes, fonts, quiet axes."""
    ink: dict[str, Any] = {"labelColor": INK, "titleColor": INK, "domainColor": INK, "tickColor": INK}
    axis = ink | {
        "gridColor": INK,
        "gridOpacity": 0.12,
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "labelLimit": 200,
        "labelLineHeight": 15,
        "domainOpacity": 0.5,
        "tickOpacity": 0.5,
    }
    upright = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleX": 0, "titleY": -9}
    config: Any = {
        "background": None,
        "font": FONT,
        "padding": {"left": 2, "right": 6, "top": 4, "bottom": 4},
        "view": {"stroke": None, "continuousWidth": WIDE, "continuousHeight": HEIGHT},
        "axis": axis,
        "axisX": {"grid": False, "labelFlush": False, "labelOverlap": True, "labelSeparation": 8},
        "axisY": upright | {"domain": False, "ticks": False, "tickCount": 5, "titleBaseline": "bottom"},
        "legend": ink
        | {
            "orient": "top",
            "offset": 30,
            "title": None,
            "labelFontSize": TEXT,
            "titleFontSize": TEXT,
            "labelLimit": 300,
        },
        "scale": {"barBandPaddingInner": 0.25},
        "header": ink | {"labelFontSize": TEXT + 0.5, "titleFontSize": TEXT, "labelFontWeight": "bold", "title": None},
        "title": {"color": INK, "subtitleColor": INK, "fontSize": 14, "anchor": "start"},
        "text": {"color": INK, "fontSize": TEXT},
        "line": {"strokeWidth": 2.2, "strokeCap": "round", "strokeJoin": "round"},
        "rule": {"color": INK},
        "range": {"category": list(CATEGORICAL)},
    }
    return {"config": config}
