"""
Begin a chapter: a notebook that already keeps to what all chapters have in common, and its line in the contents.

Run as ``python -m aieq.report.new NAME "Title that is the finding" --after CHAPTER``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aieq.errors import AieqError, ParameterError, UnknownNameError, did_you_mean
from aieq.report.chapters import ROOT, chapter_files, parameters_of, read_chapter

EXAMPLE = "required_revenue_usd_bn"
LONGEST_NAME = 30
# Sphinx writes pages of these names itself.
TAKEN = ("genindex", "search", "modindex")
LEAD = "Say in one sentence what this hinges on."
EVIDENCE = "Show the evidence here, then the best case against it, then what would change our mind."


def check_name(name: str, root: Path = ROOT) -> None:
    """
    Refuse a name that no new chapter can have.

    Parameters
    ----------
    name : str
        Name of the file without its ending, and of the page.
    root : Path
        The checkout.

    Raises
    ------
    ParameterError
        If it is not lower-case words joined by underscores, is too long, or is taken.

    Examples
    --------
    >>> check_name("Chip-Lives")
    Traceback (most recent call last):
    aieq.errors.ParameterError: 'Chip-Lives' cannot name a chapter: lower-case letters, digits and underscores,
    beginning with a letter, at most 30 of them; for example 'chip_lives'.
    """
    from aieq.findings import SECTIONS

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > LONGEST_NAME:
        # What is left of the name when it is made to fit, if anything is.
        fit = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")[:LONGEST_NAME] or "chip_lives"
        raise ParameterError(
            f"{name!r} cannot name a chapter: lower-case letters, digits and underscores, beginning with a letter, "
            f"at most {LONGEST_NAME} of them; for example {fit!r}."
        )
    for ending in ("ipynb", "md"):
        if (root / "chapters" / f"{name}.{ending}").exists():
            raise ParameterError(f"chapters/{name}.{ending} is there already; take another name, or edit that page.")
    if name in TAKEN or name in SECTIONS:
        kind = "a page of the book" if name in TAKEN else "a section of the article"
        raise ParameterError(f"{name!r} is the name of {kind}; take another.")


def notebook_for(name: str, title: str, finding: str, like: Path) -> Any:
    """
    Make the notebook of a new chapter, not yet executed.

    Parameters
    ----------
    name : str
        Name of the chapter.
    title : str
        What it finds, in one line.
    finding : str
        Name of the finding that its first sentence tells.
    like : Path
        A chapter; the parameters cell is taken over from it as it is.

    Returns
    -------
    NotebookNode
        Title and lead, parameters, opening, first section.

    Raises
    ------
    UnknownNameError
        If no finding has that name.
    ParameterError
        If the title is no single line, or the other chapter has no parameters cell.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    from aieq.findings import REGISTRY

    if finding not in REGISTRY:
        raise UnknownNameError(
            f"no finding is called {finding!r}.{did_you_mean(finding, REGISTRY)} `aieq findings` lists them all."
        )
    if not title.strip() or "\n" in title or title.lstrip().startswith("#"):
        raise ParameterError(f"the title is {title!r}: give what the chapter finds, in one line of words.")
    other = read_chapter(like)
    parameters_of(other)  # says what is wrong if there is not exactly one such cell
    parameters = next(cell for cell in other.cells if "parameters" in cell.metadata.get("tags", []))
    says = REGISTRY[finding].says
    sentence = f"{says[0].upper()}{says[1:]}: {{glue}}`{finding}__full`, as of {{glue}}`{finding}__asof`."
    opening = [
        "from aieq.report import open_chapter, show",
        f'page = open_chapter("{name}", as_of=as_of, scenario=scenario, seed=seed)',
        f'page.publish("{finding}")',
    ]
    shown = f'show.compare(page.context, page.context.at(show.article_day()), ["{finding}"])'
    cells = [
        new_markdown_cell(f"# {title.strip()}\n\n{sentence}\n{LEAD}"),
        new_code_cell(parameters.source, metadata={"tags": list(parameters.metadata.tags)}),
        new_code_cell("\n".join(opening), metadata={"tags": ["remove-cell"]}),
        new_markdown_cell(f"## Then and now\n\n{EVIDENCE}"),
        new_code_cell(shown, metadata={"tags": ["hide-input"]}),
    ]
    for number, cell in enumerate(cells, 1):
        cell.id = f"{name.replace('_', '-')}-{number:02}"  # by name and place: no two people make a different file
    metadata = {"kernelspec": dict(other.metadata.kernelspec), "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def in_contents(contents: str, name: str, menu: str, after: str) -> str:
    """
    Put a chapter into the table of contents, leaving every other character as it is.

    Parameters
    ----------
    contents : str
        Text of ``_toc.yml``.
    name : str
        Name of the new chapter.
    menu : str
        What the menu calls it.
    after : str
        Name of the chapter it follows.

    Returns
    -------
    str
        The new text.

    Raises
    ------
    UnknownNameError
        If there is no entry for the other chapter; the nearest is named.

    Examples
    --------
    >>> print(in_contents("chapters:\\n  - file: chapters/cost  # ours\\n    title: Cost\\n", "lives", "Lives", "cost"))
    chapters:
      - file: chapters/cost  # ours
        title: Cost
      - file: chapters/lives
        title: Lives
    <BLANKLINE>
    """
    lines = contents.splitlines(keepends=True)
    entry = re.compile(r"^(\s*)-\s+file:\s*['\"]?chapters/(\w+)['\"]?\s*(?:#.*)?$")
    places = {found[2]: (number, found[1]) for number, line in enumerate(lines) if (found := entry.match(line))}
    if after not in places:
        raise UnknownNameError(
            f"_toc.yml lists no chapter {after!r} to come after.{did_you_mean(after, places)} "
            f"It lists {', '.join(places)}."
        )
    number, indent = places[after]
    number += 1
    # The rest of that entry: whatever is indented deeper than its dash.
    while number < len(lines) and re.match(rf"{indent}\s+\S", lines[number]):
        number += 1
    if number and not lines[number - 1].endswith("\n"):
        lines[number - 1] += "\n"
    lines[number:number] = [f"{indent}- file: chapters/{name}\n", f"{indent}  title: {_as_yaml(menu)}\n"]
    return "".join(lines)


def _as_yaml(text: str) -> str:
    """Plain where YAML reads the same words back, else in quotes: "No" would be a truth value."""
    import yaml

    try:
        plain = yaml.safe_load(text) == text
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def begin(name: str, title: str, after: str, *, finding: str = EXAMPLE, menu: str = "", root: Path = ROOT) -> Path:
    """
    Write the notebook of a new chapter and its entry in the contents; nothing if either cannot be.

    Parameters
    ----------
    name : str
        Name of the chapter: lower-case words joined by underscores.
    title : str
        What it finds.
    after : str
        The chapter it follows in the contents.
    finding : str
        Name of the finding its first sentence tells.
    menu : str
        What the menu calls it; the name in plain words by default.
    root : Path
        The checkout.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    AieqError
        See `check_name`, `notebook_for`, `in_contents`; nothing has been written then.
    """
    import nbformat

    check_name(name, root)
    toc = root / "_toc.yml"
    if not toc.is_file():
        raise ParameterError(f"{root} is no checkout of the book: it has no _toc.yml. Begin a chapter in a clone.")
    contents = in_contents(
        toc.read_text(encoding="utf-8"), name, menu.strip() or name.replace("_", " ").capitalize(), after
    )
    known = {path.stem: path for path in chapter_files(root)}
    notebook = notebook_for(name, title, finding, known.get(after, next(iter(known.values()))))
    path = root / "chapters" / f"{name}.ipynb"
    with path.open("x", encoding="utf-8") as file:
        file.write(nbformat.writes(notebook) + "\n")
    toc.write_text(contents, encoding="utf-8")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """
    Begin a chapter from the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the command line's own by default.

    Returns
    -------
    int
        Exit code: 0, or 2 if it was refused.
    """
    parser = argparse.ArgumentParser(
        prog="python -m aieq.report.new",
        description="Begin a chapter: its notebook and its line in the contents.",
        epilog='Example: python -m aieq.report.new chip_lives "Each year of life matters" --after cost',
    )
    parser.add_argument("name", metavar="NAME", help="its file and its address: lower-case words joined by underscores")
    parser.add_argument("title", metavar="TITLE", help="what it finds, in one line")
    parser.add_argument("--after", metavar="CHAPTER", required=True, help="the chapter it follows in the contents")
    parser.add_argument("--finding", metavar="NAME", default=EXAMPLE, help="what its first sentence tells")
    parser.add_argument("--menu", metavar="WORDS", default="", help="what the menu calls it; the name by default")
    given = parser.parse_args(argv)
    try:
        path = begin(given.name, given.title, given.after, finding=given.finding, menu=given.menu)
    except AieqError as error:
        print(f"new: {error}", file=sys.stderr)
        return 2
    print(f"new: {path.relative_to(ROOT).as_posix()}, after chapters/{given.after} in _toc.yml")
    print(f"next: write it; look at it with `aieq run {given.name} --out runs/{given.name}`; then")
    print("      `make outputs` executes it, `make test` checks it, and git keeps both")
    return 0


if __name__ == "__main__":
    sys.exit(main())
