"""
Write the buttons for Binder and Colab wherever they stand, from the one place that knows the public address.

That place is ``repository-code`` in CITATION.cff. Without it there is nothing to open, and the text says what to do.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- badges -->", "<!-- end of badges -->"
COLAB = ".binder/colab.ipynb"
HOLDERS = ("README.md", "chapters/rerun.ipynb")
MISSING = (
    "Binder and Colab open a repository at a public address; this one has not been given any. "
    "State it as `repository-code` in `CITATION.cff` and run `.venv/bin/python tools/badges.py`: "
    "the buttons then stand here."
)


def address(root: Path = ROOT) -> str:
    """
    Read the public address of the repository.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    str
        ``https://github.com/OWNER/NAME``, or nothing if none is stated.

    Raises
    ------
    SystemExit
        If what is stated is no address on GitHub, the one host that both services open.
    """
    stated = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8")).get("repository-code", "")
    if not stated:
        return ""
    found = re.fullmatch(r"(https://github\.com/[\w.-]+/[\w.-]+?)(?:\.git|/)?", stated)
    if not found:
        sys.exit(f"badges: CITATION.cff states repository-code: {stated}; give it as https://github.com/OWNER/NAME")
    return found[1]


def badges(repository: str) -> str:
    """
    Write the links.

    Parameters
    ----------
    repository : str
        Its address, or nothing.

    Returns
    -------
    str
        One line of Markdown: links without pictures, which would be fetched from other hosts.

    Examples
    --------
    >>> badges("https://github.com/us/aieq").split(" · ")[0]
    '[Open in Binder](https://mybinder.org/v2/gh/us/aieq/HEAD?labpath=chapters%2Frerun.ipynb)'
    """
    if not repository:
        return MISSING
    name = repository.removeprefix("https://github.com/")
    binder = f"https://mybinder.org/v2/gh/{name}/HEAD?labpath=chapters%2Frerun.ipynb"
    colab = f"https://colab.research.google.com/github/{name}/blob/HEAD/{COLAB}"
    return f"[Open in Binder]({binder}) · [Open in Colab]({colab})"


def written(text: str, line: str) -> str:
    """
    Put the line between the marks of a text.

    Parameters
    ----------
    text, line : str
        The text, and what is to stand between its marks.

    Returns
    -------
    str
        The new text.

    Raises
    ------
    SystemExit
        If the marks are not there exactly once.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after:
        sys.exit(f"badges: the marks {BEGIN} and {END} must each stand once, in this order")
    return f"{before}{BEGIN}\n{line}\n{END}{after}"


def _notebook(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def wanted(root: Path = ROOT) -> dict[Path, str]:
    """
    Say what each file has to hold.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    dict of Path to str
        New content by file.
    """
    repository = address(root)
    line = badges(repository)
    found = {}
    for path in (root / name for name in HOLDERS):
        if path.suffix != ".ipynb":
            found[path] = written(path.read_text(encoding="utf-8"), line)
            continue
        notebook = _notebook(path)
        cell = next(cell for cell in notebook["cells"] if BEGIN in "".join(cell["source"]))
        cell["source"] = written("".join(cell["source"]), line).splitlines(keepends=True)
        found[path] = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    notebook = _notebook(root / COLAB)
    cell = next(cell for cell in notebook["cells"] if "".join(cell["source"]).startswith("REPOSITORY = "))
    lines = "".join(cell["source"]).splitlines(keepends=True)
    cell["source"] = [f'REPOSITORY = "{repository}"\n', *lines[1:]]
    found[root / COLAB] = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    return found


if __name__ == "__main__":
    for file, content in wanted().items():
        file.write_text(content, encoding="utf-8")
    print("badges:", address() or "no public address stated; the text says so")
