"""What the built book adds to the playground of a notebook: the file its numbers come from. A Sphinx extension."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from aieq.report.playground.form import PLAYGROUND_MIME

FOLDER = "playground"
_MARK = 'data-playground=""'


def script_in(notebook: Path) -> str:
    """
    Find the script of the playground in an executed notebook.

    Parameters
    ----------
    notebook : Path
        Its file; it need not exist.

    Returns
    -------
    str
        Empty if there is none.
    """
    if not notebook.exists():
        return ""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if PLAYGROUND_MIME in output.get("data", {}):
                return output["data"][PLAYGROUND_MIME]["script"]
    return ""


def _page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body") or ""
    if _MARK not in body:
        return
    root, out = "../" * pagename.count("/"), Path(app.outdir)
    text = script_in(out.parent / "jupyter_execute" / f"{pagename}.ipynb")
    target = out / FOLDER / f"{pagename.rpartition('/')[2]}.js"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    context["body"] = body.replace(
        _MARK,
        f'data-playground="{root}{FOLDER}/{target.name}" data-engine="{root}_static/playground-engine.js"',
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("html-page-context", _page, priority=910)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
