"""
What turns jupyter-book's pages into ours: formulas as MathML, complete figures, lean heads, no other host.

Loaded by `_config.yml`. Everything Sphinx-specific is here and in ``html_math`` and ``html_charts``, so that moving
to another builder concerns these three files.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from aieq.report import edition_pages, html_charts, html_math, html_reading, html_social, lean_pages, lean_policy

logger = logging.getLogger(__name__)

_DESCRIPTION_LENGTH = 200
_SCROLLED = '<div class="table-wrap" tabindex="0" role="group" aria-label="Table">'


def describe(doctree: nodes.document | None) -> str:
    """
    Make the description of a page from its first paragraph.

    Parameters
    ----------
    doctree : document, optional
        The page.

    Returns
    -------
    str
        At most 200 characters, cut between words.
    """
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = "".join(
            re.sub(r"<[^>]+>", "", part.astext()) for part in paragraph.findall() if isinstance(part, nodes.Text)
        )
        text = " ".join(text.split())
        if len(text) >= 40:
            if len(text) <= _DESCRIPTION_LENGTH:
                return text
            return text[:_DESCRIPTION_LENGTH].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return ""


def _page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    context["aieq_boot"] = lean_policy.BOOT
    context["aieq_scripts"] = lean_pages.scripts_of(pagename, context.get("body") or "")
    # before everything that it is to watch
    context["metatags"] = lean_policy.META + context.get("metatags", "")
    context["aieq_description"] = ""
    if 'name="description"' not in context.get("metatags", ""):
        context["aieq_description"] = describe(doctree) or app.config.aieq_description
    if edition := app.config.aieq_edition:
        _tell_edition(context, pagename, edition)
    html_social.share(context, pagename, Path(app.outdir), app.config.aieq_published)
    body = context.get("body")
    if not body:
        return
    body = html_reading.complete(body, Path(app.srcdir), pagename)
    if app.config.aieq_elsewhere:
        body = edition_pages.lead_elsewhere(body, pagename, app.config.aieq_elsewhere)
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if '<figure class="chart"' in body:
        specs = html_charts.specifications(executed)
        body = html_charts.enrich(body, specs, Path(app.outdir), "../" * pagename.count("/"))
    body = lean_policy.without_frame_styles(body)
    for fault in lean_policy.refused(body):
        logger.warning("browsers will refuse %s", fault, location=pagename, type="aieq", subtype="policy")
    # What scrolls sideways must be reachable from the keyboard.
    body = body.replace('<div class="table-wrap">', _SCROLLED)
    # The label would hide from a screen reader what the summary says.
    context["body"] = re.sub(r'<summary aria-label="[^"]*">', "<summary>", body)


def _tell_edition(context: dict[str, Any], pagename: str, edition: dict[str, Any]) -> None:
    """Say on a page under which day and assumptions it was made, in its title and description too."""
    label = edition["label"]
    if context.get("aieq_description"):
        context["aieq_description"] = f"{label[0].upper()}{label[1:]}: {context['aieq_description']}"
    context["title"] = f"{context.get('title') or context['docstitle']} ({label})"
    start = edition_pages.base_of(edition["default_edition"], pagename)
    context["aieq_edition"] = edition | {"link": f"{start}{pagename}.html" if start else ""}


def _finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        out = Path(app.outdir)
        html_charts.write_bundle(out)
        lean_pages.finish(
            out, _files(app.config.html_css_files), _files(app.config.html_js_files), app.config.html_title,
            app.config.root_doc,
        )  # fmt: skip


def _files(setting: list[Any]) -> list[str]:
    """Names in a setting of Sphinx whose entries are names, or pairs of a name and attributes."""
    return [entry if isinstance(entry, str) else entry[0] for entry in setting]


def _version() -> int:
    """Number the code that shapes pages: Sphinx reads every page again when it changes, so none keeps an old shape."""
    home = Path(__file__).parent
    files = [home / "sphinx_ext.py", home / "edition_pages.py", home.parent / "charts" / "still.py"]
    files += sorted([*home.glob("html_*.py"), *home.glob("lean_*.py")])
    return int(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8], 16)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_config_value("aieq_description", "", "html")
    app.add_config_value("aieq_published", "", "html")  # where the default edition can be read
    app.add_config_value("aieq_edition", {}, "html")  # what a book that is not the default edition says of itself
    app.add_config_value("aieq_elsewhere", {}, "html")  # of a book of some chapters: the others, and where they are
    app.add_html_math_renderer(
        "mathml", inline_renderers=(html_math.visit_inline, None), block_renderers=(html_math.visit_block, None)
    )
    app.connect("html-page-context", _page, priority=900)
    # After the theme, which only then writes the colours of code.
    app.connect("build-finished", _finish, priority=900)
    return {"version": "1", "env_version": _version(), "parallel_read_safe": True, "parallel_write_safe": True}
