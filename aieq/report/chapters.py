"""The chapters as files: where they are, what parameters they have, what they published, and how they are run alike."""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aieq.errors import ParameterError, UnknownNameError, did_you_mean
from aieq.home import HOME

ROOT = HOME
GLUED = "application/papermill.record/"


def environment(root: Path = ROOT) -> dict[str, str]:
    """
    Settings under which every chapter runs, so that it says the same on every machine.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    dict of str
        Environment variables.
    """
    # Beside the chapters in a checkout; what is installed stays as it is.
    build = root / "_build" if (root / "pyproject.toml").is_file() else Path(tempfile.gettempdir()) / "aieq_build"
    # IPython complains of a folder whose parent does not exist.
    build.mkdir(exist_ok=True)
    return {
        "OPENBLAS_NUM_THREADS": "1",  # chapters run side by side; and sums come out in one order
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger talks on standard error
        # The kernel is this Python, whatever kernels, profiles and settings the user keeps elsewhere.
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_PATH": "",
        "JUPYTER_CONFIG_DIR": str(build / ".jupyter"),
        "IPYTHONDIR": str(build / ".ipython"),
    }


def chapter_files(root: Path = ROOT) -> list[Path]:
    """
    List the chapters.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of Path
        Notebooks in `chapters/`, by name.
    """
    return sorted((root / "chapters").glob("*.ipynb"))


def find_chapter(chapter: str | Path, root: Path = ROOT) -> Path:
    """
    Find a chapter by its name or its path.

    Parameters
    ----------
    chapter : str or Path
        Name ("cost") or path of a notebook.
    root : Path
        The checkout.

    Returns
    -------
    Path
        The notebook, absolute.

    Raises
    ------
    UnknownNameError
        If there is none; it names the nearest.
    """
    path = Path(chapter)
    if path.suffix == ".ipynb" and path.is_file():
        return path.resolve()
    names = {found.stem: found for found in chapter_files(root)}
    if path.stem in names and path.parent.name in ("", "chapters"):
        return names[path.stem]
    hint = did_you_mean(path.stem, names)
    raise UnknownNameError(f"there is no chapter {str(chapter)!r}.{hint} There are: {', '.join(names)}.")


def read_chapter(path: Path) -> Any:
    """
    Read a notebook.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NotebookNode
        Its content in the current format.
    """
    import nbformat

    return nbformat.read(path, as_version=4)


def parameters_of(notebook: Any) -> dict[str, Any]:
    """
    Read names and default values from the parameters cell of a chapter, without running it.

    Parameters
    ----------
    notebook : NotebookNode
        The chapter.

    Returns
    -------
    dict
        Value by name.

    Raises
    ------
    ParameterError
        If the chapter has not exactly one parameters cell, or the cell holds anything but literals.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_code_cell("seed: int = 1  # a comment", metadata={"tags": ["parameters"]})
    >>> parameters_of(nbformat.v4.new_notebook(cells=[cell]))
    {'seed': 1}
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(f"a chapter has one cell tagged 'parameters', this one has {len(cells)}.")
    values = {}
    for statement in ast.parse(cells[0].source).body:
        try:
            # With its type, as papermill shows it in its help, or without.
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                raise ValueError
            (target,) = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            values[target.id] = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        except (ValueError, AttributeError):
            line = ast.unparse(statement)
            raise ParameterError(f"the parameters cell may only set names to literals, not: {line}") from None
    return values


def published(notebook: Any) -> dict[str, str]:
    """
    Collect what an executed chapter published: the strings its prose inserts, by name.

    Parameters
    ----------
    notebook : NotebookNode
        An executed chapter.

    Returns
    -------
    dict of str
        Text (or HTML, where there is no text) by name.
    """
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                data = {kind.removeprefix(GLUED): value for kind, value in output["data"].items()}
                text = data.get("text/plain", data.get("text/html", ""))
                found[name] = "".join(text).strip("'\"")
    return found


def errors_in(notebook: Any) -> Sequence[str]:
    """
    List the errors among the outputs of a chapter.

    Parameters
    ----------
    notebook : NotebookNode
        An executed chapter.

    Returns
    -------
    sequence of str
        One line for each.
    """
    return [
        f"{output.ename}: {output.evalue}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
