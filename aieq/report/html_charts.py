"""
What the built book adds to a figure of a notebook: a drawing for phones, a download, and a live chart on demand.

A notebook holds the wide drawing and the specification. The page gets a narrow drawing beside it, its rows as a file,
and a script with the chart compiled for Vega, which the browser asks for only when a reader comes near.
"""

from __future__ import annotations

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
    compiled.pop("$schema", None)
    compiled.pop("description", None)
    text = json.dumps(compiled, separators=(",", ":"), ensure_ascii=False)
    text = text.replace(INK, "currentColor").replace(PAPER, "var(--chart-paper,#fff)")
    return f"aieqChart({json.dumps(name)},{text});\n"


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


def _exported() -> str:
    # The address is only the name under which vl-convert holds the module; it fetches nothing.
    module = f"https://cdn.jsdelivr.net/npm/vega@{vl_convert.get_vega_version()}/+esm"
    return f"import {{View, parse}} from {module!r};window.aieqVega={{View:View,parse:parse}};"


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
        A script that sets ``window.aieqVega``; nothing in it asks another host.
    """
    target = out / FOLDER / "vega.js"
    exported = _exported()
    stamp = (
        f"// Vega, BSD-3-Clause, from vl-convert {version('vl-convert-python')}: {exported.rpartition(';window')[2]}\n"
    )
    if not target.exists() or not target.read_text(encoding="utf-8").startswith(stamp):
        bundle = vl_convert.javascript_bundle(exported, vl_version=still.VEGA_LITE)
        # an immediately called function keeps the bundle's names out of the page
        _write(target, f"{stamp}(function(){{{bundle}}})();\n")
    return target


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
