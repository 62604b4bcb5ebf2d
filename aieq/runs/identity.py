"""What a result depends on besides its parameters, as hashes; and the name a run has because of all of it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..home import HOME
from ..report.chapters import find_chapter

PACKAGE = Path(__file__).resolve().parents[1]
NUMERICS = ("numpy", "pandas", "scipy", "statsmodels", "sympy")
DATA_KINDS = (".csv", ".yml")


@dataclass(frozen=True)
class Surroundings:
    """
    Hashes of what a run depends on besides its parameters.

    Parameters
    ----------
    code : str
        Of the Python files of this package.
    data : str
        Of the evidence and the scenarios.
    versions : str
        Of Python's version and those of the packages that do the numbers.
    chapters : str
        Of the cells of the chapters a design runs; empty if it runs none.
    """

    code: str
    data: str
    versions: str
    chapters: str = ""

    @property
    def key(self) -> str:
        """All of them in one."""
        return _hash(asdict(self))

    def differences(self, other: Surroundings) -> list[str]:
        """
        Name what differs.

        Parameters
        ----------
        other : Surroundings
            Those of another time or place.

        Returns
        -------
        list of str
            Any of code, data, versions, chapters.

        Examples
        --------
        >>> Surroundings("a", "b", "c").differences(Surroundings("a", "x", "y"))
        ['data', 'versions']
        """
        return [each.name for each in fields(self) if getattr(self, each.name) != getattr(other, each.name)]


def surroundings(chapters: Sequence[str] = ()) -> Surroundings:
    """
    Hash the code, the data and the versions as they are here and now.

    Parameters
    ----------
    chapters : sequence of str
        Chapters that are run too; what they say and compute then counts, what they last put out does not.

    Returns
    -------
    Surroundings
        The same wherever the same files are installed, whenever they were written.

    Raises
    ------
    UnknownNameError
        If there is no such chapter.
    """
    versions = {name: importlib.metadata.version(name) for name in NUMERICS}
    versions["python"] = ".".join(platform.python_version_tuple()[:2])
    return Surroundings(
        code=hash_files(PACKAGE, [".py"]),
        data=hash_files(HOME / "data", DATA_KINDS),
        versions=_hash(versions),
        chapters=_hash({name: _cells(find_chapter(name)) for name in chapters}) if chapters else "",
    )


def hash_files(folder: Path, kinds: Iterable[str]) -> str:
    """
    Hash the names and bytes of the files of some kinds below a folder.

    Parameters
    ----------
    folder : Path
        Where they lie; its own place does not count.
    kinds : iterable of str
        Endings, with their dot.

    Returns
    -------
    str
        Hexadecimal sha256.
    """
    ends = tuple(kinds)
    whole = hashlib.sha256()
    every = sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.suffix in ends)
    for name, path in every:
        # Editors keep hidden files beside what they edit; an installed package carries its data in `shipped`.
        if name.startswith((".", "shipped/")) or "/." in name:
            continue
        content = path.read_bytes()
        # The length keeps the end of one file from being the start of the next.
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def _cells(notebook: Path) -> list[list[Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [[cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])] for cell in cells]


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def run_id(
    point: Mapping[str, Any], findings: Sequence[str], chapters: Sequence[str], around: Surroundings | str
) -> str:
    """
    Name a run after everything its result depends on.

    Parameters
    ----------
    point : mapping
        Its checked parameters, in any order.
    findings, chapters : sequence of str
        What is computed of it.
    around : Surroundings or str
        Those of the run, or their key.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> one = run_id({"as_of": "2025-03-31", "seed": 1}, ["coverage_ratio"], [], "here")
    >>> one == run_id({"seed": 1, "as_of": "2025-03-31"}, ["coverage_ratio"], [], "here")
    True
    >>> one == run_id({"seed": 2, "as_of": "2025-03-31"}, ["coverage_ratio"], [], "here")
    False
    """
    key = around if isinstance(around, str) else around.key
    return _hash([dict(point), list(findings), list(chapters), key])[:16]
