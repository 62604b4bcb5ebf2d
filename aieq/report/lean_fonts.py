"""Fonts cut to the signs a book uses."""

from __future__ import annotations

import base64
import html
import io
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

_ESCAPE = re.compile(r"\\([0-9a-fA-F]{4,6})")
_MATHS = re.compile(r"<math\b.*?</math>", re.DOTALL)


def cut(font: Path, signs: Iterable[int]) -> bytes:
    """
    Make a smaller font.

    Parameters
    ----------
    font : Path
        Any font file.
    signs : iterable of int
        Code points to keep; those the font lacks are passed over.

    Returns
    -------
    bytes
        A font in the WOFF2 format, the same for the same input.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(flavor="woff2", layout_features=["ssty"], hinting=False, notdef_outline=True)
    opened = TTFont(font, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(set(signs)))
    subsetter.subset(opened)
    opened.flavor = "woff2"
    made = io.BytesIO()
    opened.save(made)
    return made.getvalue()


def data_address(font: bytes) -> str:
    """Write a font so that a style sheet can hold it."""
    return f"data:font/woff2;base64,{base64.b64encode(font).decode()}"


def icons_of(css: str) -> set[int]:
    r"""
    Find the icons a style sheet draws.

    Parameters
    ----------
    css : str
        Style sheet.

    Returns
    -------
    set of int
        Code points of the private area.

    Examples
    --------
    >>> [hex(sign) for sign in icons_of(r'a:before{content:"\f062"}b:after{content:"\2191"}')]
    ['0xf062']
    """
    points = {int(digits, 16) for digits in _ESCAPE.findall(css)} | {ord(letter) for letter in css}
    return {point for point in points if 0xE000 <= point <= 0xF8FF}


def signs_of_maths(pages: Iterable[str]) -> set[int]:
    """
    Find the signs formulas use, with the slanted form in which a browser draws a letter that stands alone.

    Parameters
    ----------
    pages : iterable of str
        HTML.

    Returns
    -------
    set of int
        Code points.

    Examples
    --------
    >>> sorted(hex(sign) for sign in signs_of_maths(["<p>b</p><math><mi>x</mi></math>"]))
    ['0x1d465', '0x78']
    """
    signs: set[int] = set()
    for page in pages:
        for formula in _MATHS.findall(page):
            signs |= {ord(letter) for letter in html.unescape(re.sub(r"<[^>]+>", "", formula)) if not letter.isspace()}
    return signs | {slanted for sign in signs for slanted in _slanted(chr(sign))}


def _slanted(letter: str) -> list[int]:
    if letter == "h":
        return [0x210E]
    name = unicodedata.name(letter, "")
    if re.fullmatch(r"LATIN (CAPITAL|SMALL) LETTER [A-Z]|GREEK (CAPITAL|SMALL) LETTER [A-Z]+", name):
        wanted = "MATHEMATICAL ITALIC " + re.sub(r"LATIN |GREEK |LETTER ", "", name)
        try:
            return [ord(unicodedata.lookup(wanted))]
        except KeyError:
            return []
    return []
