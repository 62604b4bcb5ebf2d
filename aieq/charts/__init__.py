"""
Charts of the book: one look, one renderer, a description for every chart.

Importing this package makes its theme and its renderer Altair's own, so that a bare chart in a notebook also
becomes a still drawing with a description, or is refused for lack of one.
"""

from aieq.charts.figure import VEGA_LITE_MIME, ChartError, Figure, Silence, name_sources, spoken
from aieq.charts.kinds import (
    bars,
    dots_with_intervals,
    doubling_guides,
    heat,
    lines,
    marks,
    rule,
    steps,
    waterfall,
    wrap,
)
from aieq.charts.theme import (
    ACCENT,
    CATEGORICAL,
    COMPANY,
    CONTEXT,
    EARNED,
    HEIGHT,
    INK,
    NARROW,
    PAPER,
    REQUIRED,
    VERDICT,
    WIDE,
    colour_of,
    contrast,
)

__all__ = [
    "ACCENT",
    "CATEGORICAL",
    "COMPANY",
    "CONTEXT",
    "EARNED",
    "HEIGHT",
    "INK",
    "NARROW",
    "PAPER",
    "REQUIRED",
    "VEGA_LITE_MIME",
    "VERDICT",
    "WIDE",
    "ChartError",
    "Figure",
    "Silence",
    "bars",
    "colour_of",
    "contrast",
    "dots_with_intervals",
    "doubling_guides",
    "heat",
    "lines",
    "marks",
    "name_sources",
    "rule",
    "spoken",
    "steps",
    "waterfall",
    "wrap",
]
