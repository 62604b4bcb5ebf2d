"""Draw a chart's specification as a small SVG that takes its ink and paper from the page around it."""

from __future__ import annotations

import copy
import hashlib
import html
import json
import re
from typing import Any
from xml.etree import ElementTree

import vl_convert

from aieq.charts.theme import FONT, INK, NARROW, PAPER, WIDE

VEGA_LITE = "6.4"  # of the versions vl-convert carries, the one Altair 6 writes for
SVG = "http://www.w3.org/2000/svg"
ElementTree.register_namespace("", SVG)

_AUTOMATIC = re.compile(r"\b(view|param|layer|concat|hconcat|vconcat)_(\d+)\b")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-\d+")
_RECTANGLE = re.compile(r"M(-?[\d.]+),(-?[\d.]+)(h-?[\d.]+v-?[\d.]+h-?[\d.]+Z)")
_SHIFT = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")
_DROPPED = {"class", "pointer-events", "role", "font-family", "version"}
_DEFAULTS = {
    "opacity": "1",
    "stroke-width": "1",
    "stroke-opacity": "1",
    "fill-opacity": "1",
    "transform": "translate(0,0)",
}


def canonical(spec: dict[str, Any]) -> dict[str, Any]:
    """
    Write a specification so that equal charts have equal specifications on every machine.

    Numbers keep six significant digits, data sets and automatic names are numbered in order of appearance.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification as Altair writes it.

    Returns
    -------
    dict
        A new specification that draws the same chart.

    Examples
    --------
    >>> canonical({"data": {"name": "data-9f3"}, "datasets": {"data-9f3": [{"y": 0.1 + 0.2}]}})
    {'data': {'name': 'rows_1'}, 'datasets': {'rows_1': [{'y': 0.3}]}}
    """

    def plain(node: Any) -> Any:
        if isinstance(node, float):
            return float(f"{node:.6g}")
        if isinstance(node, dict):
            return {key: plain(value) for key, value in node.items()}
        if isinstance(node, list):
            return [plain(value) for value in node]
        return node

    text = json.dumps(plain(spec), ensure_ascii=False)
    for number, name in enumerate(spec.get("datasets", {}), 1):
        text = text.replace(json.dumps(name), json.dumps(f"rows_{number}"))
    seen: dict[str, str] = {}
    for match in _AUTOMATIC.finditer(text):
        kind = match.group(1)
        seen.setdefault(match.group(), f"{kind}_{sum(old.startswith(kind + '_') for old in seen) + 1}")
    return json.loads(_AUTOMATIC.sub(lambda match: seen[match.group()], text))


def fingerprint(spec: dict[str, Any]) -> str:
    """
    Name a specification by ten hexadecimal digits.

    Parameters
    ----------
    spec : dict
        Canonical specification.

    Returns
    -------
    str
        The same for equal specifications, whatever the order of their keys.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:10]


def sized(spec: dict[str, Any], width: int, *, slack: int = 0) -> dict[str, Any]:
    """
    Fit a specification into a total width.

    A single or layered chart takes exactly the width. Charts side by side are stacked when there is no room for
    them; small multiples keep as many columns as stay 150 pixels wide.

    Parameters
    ----------
    spec : dict
        Vega-Lite specification.
    width : int
        Pixels, axes and labels included.
    slack : int
        Pixels by which charts of several panels came out too wide before.

    Returns
    -------
    dict
        A new specification.

    Examples
    --------
    >>> sized({"mark": "bar"}, 300)["width"]
    300
    >>> list(sized({"hconcat": [{"mark": "bar"}, {"mark": "bar"}]}, 300))
    ['vconcat']
    """
    spec = copy.deepcopy(spec)
    facet = spec.get("encoding", {}).get("facet")
    if facet or "facet" in spec or "repeat" in spec:
        holder, inner = (facet, spec) if facet else (spec, spec["spec"])
        holder["columns"] = columns = max(1, min(holder.get("columns", 4), width // 170))
        inner["width"] = (width - 40 - slack) // columns - 30
        return spec
    for direction in ("hconcat", "concat", "vconcat"):
        if direction not in spec:
            continue
        parts = spec.pop(direction)
        side_by_side = direction == "hconcat" and width >= 560
        each = (width - slack) // len(parts) - 70 if side_by_side else width - slack - 90
        spec["hconcat" if side_by_side else "vconcat"] = [_inner(part, each) for part in parts]
        return spec
    if isinstance(spec.get("width"), dict):
        return spec
    return spec | {"width": width, "autosize": {"type": "fit-x", "contains": "padding"}}


def _inner(part: dict[str, Any], width: int) -> dict[str, Any]:
    part = dict(part)
    part.pop("autosize", None)
    return part if isinstance(part.get("width"), dict) else part | {"width": width}


def draw(spec: dict[str, Any], *, alt: str, width: int = WIDE, kind: str = "wide") -> str:
    """
    Draw a specification as SVG for a page.

    Parameters
    ----------
    spec : dict
        Canonical specification.
    alt : str
        What a reader who does not see the chart should know.
    width : int
        Total width in pixels.
    kind : str
        Word added to the class of the drawing and to its identifiers; the page shows ``wide`` or ``narrow``.

    Returns
    -------
    str
        An ``<svg>`` element; empty groups, marks' own descriptions and needless digits are gone.
    """
    raw = vl_convert.vegalite_to_svg(sized(spec, width), vl_version=VEGA_LITE)
    came_out = int(float(re.search(r'<svg[^>]*? width="([\d.]+)"', raw)[1]))  # type: ignore[index]
    if came_out > width:  # several panels, whose labels nobody can measure beforehand
        raw = vl_convert.vegalite_to_svg(sized(spec, width, slack=came_out - width), vl_version=VEGA_LITE)
    if not re.search(r'class="mark-\w+ role-mark[^"]*"[^>]*>(?:<g[^>]*>)*<(?:path|text|line|image)', raw):
        msg = "the specification draws no marks: check that its fields exist and hold values"
        raise ValueError(msg)
    return slim(raw, alt=alt, key=f"{fingerprint(spec)}{kind[0]}", kind=kind)


def draw_narrow(spec: dict[str, Any], *, alt: str) -> str:
    """
    Draw the same specification for a phone.

    Parameters
    ----------
    spec : dict
        Canonical specification.
    alt : str
        The same description as that of the wide drawing.

    Returns
    -------
    str
        An ``<svg>`` element of class ``narrow``.
    """
    return draw(spec, alt=alt, width=NARROW, kind="narrow")


def slim(svg: str, *, alt: str, key: str, kind: str = "wide") -> str:
    """
    Make a drawing of Vega fit for a page.

    Parameters
    ----------
    svg : str
        As Vega writes it.
    alt : str
        Description, put on the root.
    key : str
        Makes identifiers unique within a page and equal between runs.
    kind : str
        Class of the drawing.

    Returns
    -------
    str
        The same picture in fewer bytes, drawn with ``currentColor`` for ink.

    Examples
    --------
    >>> mark = '<g><g class="a"><path d="M0,0L1.23456,2"/></g></g>'
    >>> tiny = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{mark}</svg>'
    >>> print(slim(tiny, alt="A line.", key="k"))
    <svg xmlns="http://www.w3.org/2000/svg" class="still wide" role="img" aria-label="A line." width="9" height="9" \
font-family="Liberation Sans, Arial, Helvetica, sans-serif"><path d="M0,0L1.23,2" /></svg>
    """
    root = ElementTree.fromstring(svg)
    for child in list(root):
        if child.tag == f"{{{SVG}}}rect":  # the page has a background already
            root.remove(child)
    _slim(root)
    kept = ("width", "height", "viewBox")
    size: dict[str, str] = {name: value for name, value in root.attrib.items() if name in kept}
    root.attrib.clear()
    root.attrib.update({"class": f"still {kind}", "role": "img", "aria-label": alt, **size, "font-family": FONT})
    text = ElementTree.tostring(root, encoding="unicode")
    names: dict[str, str] = {}
    for name in re.findall(r'\bid="([^"]+)"', text):
        names.setdefault(name, f"{key}{len(names)}")
    for old, new in names.items():
        text = re.sub(rf'(id="|url\(#|href="#){re.escape(old)}(?=["\)])', rf"\g<1>{new}", text)
    return _page_colours(text)


def _page_colours(text: str) -> str:
    """Take ink and paper from the page; mix coloured text with ink, to be legible on both pages."""
    text = re.sub(
        r'(<text\b[^>]*?\bfill=")(#[0-9a-fA-F]{6})"',
        lambda m: (
            m.group() if m.group(2) in (INK, PAPER, "#ffffff") else f'{m[1]}color-mix(in srgb,{m[2]} 72%,currentColor)"'
        ),
        text,
    )
    return text.replace(INK, "currentColor").replace(PAPER, "var(--chart-paper,#fff)")


def _slim(node: ElementTree.Element) -> None:
    for child in list(node):
        _slim(child)
        if _invisible(child):
            node.remove(child)
    for name, value in list(node.attrib.items()):
        if name in _DROPPED or name.startswith("aria-") or _DEFAULTS.get(name) == value:
            del node.attrib[name]
        elif name in ("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points"):
            node.attrib[name] = _NUMBER.sub(lambda m: f"{float(m.group()):.2f}".rstrip("0").rstrip(".") or "0", value)
    children: list[ElementTree.Element] = []
    for child in node:
        bare = child.tag == f"{{{SVG}}}g" and not child.attrib
        children.extend(child if bare else [child])
    node[:] = _merge(children)


def _invisible(node: ElementTree.Element) -> bool:
    if node.tag == f"{{{SVG}}}g":
        return len(node) == 0
    if node.attrib.get("display") == "none":
        return True
    if node.tag == f"{{{SVG}}}path":
        bare = {"fill", "stroke"}.isdisjoint(node.attrib) or node.attrib.get(
            "stroke", node.attrib.get("fill")
        ) == "transparent"
        return not node.attrib.get("d") or (node.attrib.get("class") == "background" and bare)
    return node.tag == f"{{{SVG}}}text" and not (node.text or len(node))


def _merge(children: list[ElementTree.Element]) -> list[ElementTree.Element]:
    """Join neighbouring lines, and neighbouring rectangles, that look alike into one path."""
    merged: list[ElementTree.Element] = []
    last: tuple[tuple[str, str], ...] | None = None
    for child in children:
        path = _as_path(child)
        if path is None:
            merged.append(child)
            last = None
            continue
        look = tuple(sorted((k, v) for k, v in child.attrib.items() if k not in ("d", "x2", "y2", "transform")))
        if look == last and merged:
            merged[-1].attrib["d"] += path
        else:
            new = ElementTree.Element(f"{{{SVG}}}path", {**dict(look), "d": path})
            merged.append(new)
        last = look
    return merged


def _as_path(node: ElementTree.Element) -> str | None:
    shift = _SHIFT.fullmatch(node.attrib.get("transform", "translate(0,0)"))
    if shift is None or len(node) or "clip-path" in node.attrib:
        return None
    x, y = float(shift[1]), float(shift[2])
    if node.tag == f"{{{SVG}}}line":
        return f"M{x:g},{y:g}l{node.attrib.get('x2', '0')},{node.attrib.get('y2', '0')}"
    if node.tag == f"{{{SVG}}}path":
        box = _RECTANGLE.fullmatch(node.attrib.get("d", ""))
        if box and node.attrib.get("opacity", "1") == "1":
            return f"M{x + float(box[1]):g},{y + float(box[2]):g}{box[3]}"
    return None


def escape(text: str) -> str:
    """Escape a text for HTML, quotes included."""
    return html.escape(text, quote=True)
