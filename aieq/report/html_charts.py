"""
What the built book adds to a figure of a notebook: a drawing for phones, a download, and a live chart on demand.

A notebook holds the wide drawing and the specification. The page gets a narrow drawing beside it, its rows as a file,
and a script with the chart compiled for Vega, which the browser asks for only when a reader comes near.
"""

from __future__ import annotations

import hashlib
import json
import re
import urllib.parse
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert

from aieq.charts import still
from aieq.charts.figure import VEGA_LITE_MIME
from aieq.charts.theme import INK, PAPER, WIDE

FOLDER = "charts"  # beside the pages' folder, in the built book
_FIGURE = re.compile(r'<figure class="chart" id="([^"]+)">.*?</figure>', re.DOTALL)
_CSV = re.compile(r'href="data:text/csv;charset=utf-8,([^"]*)"')


def specifications(notebook: Path) -> dict[str, dict[str, Any]]:
    """
    Collect the specifications of the figures in an executed notebook.

    Parameters
    ----------
    notebook : Path
        File of the notebook; it need not exist.

    Returns
    -------
    dict
        From the id of the figure to its Vega-Lite specification.
    """
    if not notebook.exists():
        return {}
    found = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            page = data.get("text/html", "")
            name = _FIGURE.search("".join(page))
            if name and VEGA_LITE_MIME in data:
                found[name[1]] = data[VEGA_LITE_MIME]
    return found


def live_script(name: str, spec: dict[str, Any]) -> str:
    """
    Compile a chart for the browser.

    Parameters
    ----------
    name : str
        Id of the figure.
    spec : dict
        Vega-Lite specification.

    Returns
    -------
    str
        A script that hands the Vega specification to the page's loader.
    """
    compiled = vl_convert.vegalite_to_vega(still.sized(spec, WIDE), vl_version=still.VEGA_LITE)
    missing = sorted(_transforms(compiled) & _LEFT_OUT)
    if missing:
        msg = f"the chart {name!r} needs {', '.join(missing)} of Vega, which pages do not load; see html_charts._PARTS"
        raise ValueError(msg)
    compiled.pop("$schema", None)
    compiled.pop("description", None)
    text = json.dumps(compiled, separators=(",", ":"), ensure_ascii=False)
    text = text.replace(INK, "currentColor").replace(PAPER, "var(--chart-paper,#fff)")
    return f"aieqChart({json.dumps(name)},{text});\n"


def _transforms(node: Any) -> set[str]:
    """Kinds of every transform in a Vega specification."""
    if isinstance(node, dict):
        own = {one["type"] for one in node.get("transform", []) if isinstance(one, dict) and "type" in one}
        return (
            own
            | {kind for value in node.values() for kind in _transforms(value)}
            | ({"projection"} if node.get("projections") else set())
        )
    if isinstance(node, list):
        return {kind for value in node for kind in _transforms(value)}
    return set()


def enrich(body: str, specs: dict[str, dict[str, Any]], out: Path, root: str) -> str:
    """
    Complete the figures of a page and write the files they point to.

    Parameters
    ----------
    body : str
        HTML of the page.
    specs : dict
        What `specifications` found for it.
    out : Path
        Root folder of the built book.
    root : str
        Relative address of that folder, seen from the page (``"../"``).

    Returns
    -------
    str
        HTML with narrow drawings, download links to files, and addresses of live charts.
    """
    folder = out / FOLDER

    def complete(match: re.Match[str]) -> str:
        figure, name = match[0], match[1]
        rows = _CSV.search(figure)
        if rows:
            _write(folder / f"{name}.csv", urllib.parse.unquote(rows[1]))
            figure = _CSV.sub(f'href="{root}{FOLDER}/{name}.csv"', figure)
        spec = specs.get(name)
        if spec is None:
            return figure
        figure = figure.replace("</svg></div>", f"</svg>{still.draw_narrow(spec, alt=spec['description'])}</div>", 1)
        _write(folder / f"{name}.js", live_script(name, spec))
        one = not any(key in spec for key in ("facet", "repeat", "concat", "hconcat", "vconcat")) and (
            "facet" not in spec.get("encoding", {})
        )
        live = f'data-live="{root}{FOLDER}/{name}.js"' + (' data-fluid=""' if one else "")
        return figure.replace(f'id="{name}"', f'id="{name}" {live}', 1)

    return _FIGURE.sub(complete, body)


# The parts of Vega that charts here are drawn with. Left out: maps, networks, trees, word clouds, Voronoi cells, label
# placement, regressions and crossfilters, together a quarter of it. Versions are those inside vl-convert.
_PARTS = {
    "vega-dataflow": "6.1.0",
    "vega-transforms": "5.1.0",
    "vega-view-transforms": "5.1.0",
    "vega-encode": "5.1.0",
    "vega-view": "6.1.0",
    "vega-parser": "7.1.0",
    "vega-interpreter": "2.0.0",
}
_LEFT_OUT = {
    *("contour", "geojson", "geopath", "geopoint", "geoshape", "graticule", "heatmap", "isocontour", "kde2d"),
    *("projection", "force", "nest", "pack", "partition", "stratify", "tree", "treelinks", "treemap", "label"),
    *("loess", "regression", "voronoi", "wordcloud", "crossfilter", "resolvefilter"),
}
# Expressions are interpreted: compiling them would need a policy that lets a page make code out of text.
_EXPORTS = (
    "window.aieqVega={View:View,parse:parse,draw:(spec,options)=>"
    "new View(parse(spec,null,{ast:true}),Object.assign({expr:expressionInterpreter},options))};"
)


def _exported() -> str:
    # The addresses are only the names under which vl-convert holds the modules; it fetches nothing.
    place = {name: f'"https://cdn.jsdelivr.net/npm/{name}@{number}/+esm"' for name, number in _PARTS.items()}
    return (
        f"import {{transforms}} from {place['vega-dataflow']};"
        f"import * as common from {place['vega-transforms']};"
        f"import * as marks from {place['vega-view-transforms']};"
        f"import * as axes from {place['vega-encode']};"
        f"import {{View}} from {place['vega-view']};"
        f"import {{parse}} from {place['vega-parser']};"
        f"import {{expressionInterpreter}} from {place['vega-interpreter']};"
        f"Object.assign(transforms,common,marks,axes);{_EXPORTS}"
    )


def write_bundle(out: Path) -> Path:
    """
    Write the part of Vega that draws into the built book, unless it is there already.

    Parameters
    ----------
    out : Path
        Root folder of the built book.

    Returns
    -------
    Path
        A script that sets ``window.aieqVega``; nothing in it asks another host, and nothing makes code out of text:
        ``aieqVega.draw(spec, options)`` gives the view of a chart whose expressions are interpreted.
    """
    target = out / FOLDER / "vega.js"
    exported = _exported()
    stamp = (
        f"// Vega, BSD-3-Clause, from vl-convert {version('vl-convert-python')}: "
        f"{hashlib.sha256(exported.encode()).hexdigest()[:10]}\n"
    )
    if not target.exists() or not target.read_text(encoding="utf-8").startswith(stamp):
        bundle = vl_convert.javascript_bundle(exported, vl_version=still.VEGA_LITE)
        # an immediately called function keeps the bundle's names out of the page
        _write(target, f"{stamp}(function(){{{bundle}}})();\n")
    return target


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
