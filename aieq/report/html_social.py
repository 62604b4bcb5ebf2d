"""What others show of a page when it is shared: title, description, and a picture of the book's first chart."""

from __future__ import annotations

import html
import json
import re
import textwrap
from pathlib import Path
from typing import Any

import vl_convert

from aieq.charts import still
from aieq.charts.theme import INK, PAPER
from aieq.report.html_charts import specifications

CARD = "social-card.png"
SIZE = (1200, 630)  # what the sites that show such cards ask for
_MARGIN = 40


def first_page(folder: Path) -> Path:
    """Executed notebook of the book's first page, seen from the folder of built pages."""
    return folder.parent / "jupyter_execute" / "chapters" / "index.ipynb"


def share(context: dict[str, Any], pagename: str, out: Path, published: str) -> None:
    """
    Put the tags of a page into what its template is given, and draw the card with the first page.

    Parameters
    ----------
    context : dict
        Of the template; ``metatags`` grows.
    pagename : str
        Name of the page.
    out : Path
        Folder of the built pages.
    published : str
        Where the book can be read, if that is known; sites that show cards want whole addresses.
    """
    notebook, description = first_page(out), context.get("aieq_description", "")
    if not notebook.exists():
        picture = ""
    else:
        picture = (f"{published.rstrip('/')}/" if published else "../" * pagename.count("/")) + CARD
        if pagename == "chapters/index":
            draw_card(notebook, context["docstitle"], description, out / CARD)
    address = f"{published.rstrip('/')}/{pagename}.html" if published else ""
    title = re.sub(r"<[^>]+>", "", html.unescape(context.get("title") or context["docstitle"]))
    context["metatags"] = context.get("metatags", "") + tags(title, description, picture, address)


def tags(title: str, description: str, picture: str, address: str = "") -> str:
    """
    Write the tags of a page.

    Parameters
    ----------
    title, description : str
        Of the page.
    picture : str
        Address of the card; nothing if the book has none.
    address : str
        Where the page is published, if it is known.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> tags('A "title"', "", "")
    '<meta property="og:type" content="article"><meta property="og:title" content="A &quot;title&quot;">'
    """
    told = {"og:type": "article", "og:title": title, "og:description": description, "og:url": address}
    if picture:
        told |= {"og:image": picture, "og:image:width": str(SIZE[0]), "og:image:height": str(SIZE[1])}
    written = [
        f'<meta property="{name}" content="{html.escape(text, quote=True)}">' for name, text in told.items() if text
    ]
    if picture:
        written.append('<meta name="twitter:card" content="summary_large_image">')
    return "".join(written)


def draw_card(notebook: Path, title: str, subtitle: str, target: Path) -> Path | None:
    """
    Draw the first chart of a notebook as a card.

    Parameters
    ----------
    notebook : Path
        Executed.
    title, subtitle : str
        Written above the chart.
    target : Path
        The picture to write.

    Returns
    -------
    Path or None
        Nothing, if the notebook is not there or shows no chart.
    """
    spec = next(iter(specifications(notebook).values()), None)
    if spec is None:
        return None
    drawn = json.loads(json.dumps(spec).replace(INK, "#1a1a1a").replace(PAPER, "#ffffff"))
    lines = textwrap.wrap(subtitle, 100)[:3]
    drawn |= {
        "background": "white",
        "padding": {"left": _MARGIN, "right": _MARGIN, "top": 30, "bottom": 24},
        "title": {"text": title, "subtitle": lines, "fontSize": 34, "subtitleFontSize": 20, "offset": 24},
        "width": SIZE[0],
        "height": SIZE[1],
        "autosize": {"type": "fit", "contains": "padding"},
    }
    for layer in drawn.get("layer", []):
        layer.pop("height", None)
        layer.pop("width", None)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(vl_convert.vegalite_to_png(drawn, vl_version=still.VEGA_LITE))
    return target
