"""Small chapters for tests."""

from __future__ import annotations

from pathlib import Path

import nbformat

PARAMETERS = 'as_of = "2026-08-31"\nscenario = "base"\nseed = 1'
METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def write_chapter(path: Path, *code: str, prose: str = "# Title") -> None:
    """Write a chapter: prose, the parameters cell, code cells."""
    cells = [
        nbformat.v4.new_markdown_cell(prose),
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters", "remove-cell"]}),
        *(nbformat.v4.new_code_cell(source) for source in code),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), path)
