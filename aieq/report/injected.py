"""What papermill puts into a chapter: a misspelt parameter is set there and read by nobody, so it is refused here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from aieq.errors import ParameterError, did_you_mean

_MARK = "# Parameters"  # the first line of the cell that papermill adds


def refuse_unknown(cells: Sequence[str] | None = None) -> None:
    """
    Refuse parameters that papermill set and no cell before had set; papermill itself only warns of them.

    Parameters
    ----------
    cells : sequence of str, optional
        Sources of the cells that ran; by default those of the notebook this runs in, if it runs in one.

    Raises
    ------
    ParameterError
        For the first such name; it names the nearest.

    Examples
    --------
    >>> refuse_unknown(["as_of: str = '2026-08-31'\\nseed = 1", "# Parameters\\nas_of = '2025-01-31'\\nseed = 7"])
    >>> refuse_unknown(["as_of = '2026-08-31'\\nseed = 1", "# Parameters\\nsed = 7"])
    Traceback (most recent call last):
    aieq.errors.ParameterError: this chapter has no parameter 'sed'. Did you mean 'seed'? It has: as_of, seed.
    """
    if cells is None:
        cells = _cells_that_ran()
    had: list[str] = []
    for cell in cells:
        if cell.startswith(_MARK):
            for name in _names_set(cell):
                if name not in had:
                    hint = did_you_mean(name, had)
                    raise ParameterError(f"this chapter has no parameter {name!r}.{hint} It has: {', '.join(had)}.")
        else:
            had += _names_set(cell)


def _cells_that_ran() -> list[str]:
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell else None
    return list(running.user_ns.get("In", [])) if running else []


def _names_set(cell: str) -> list[str]:
    try:
        statements = ast.parse(cell).body
    except SyntaxError:  # a magic of the notebook
        return []
    targets = [target for one in statements if isinstance(one, ast.Assign) for target in one.targets]
    targets += [one.target for one in statements if isinstance(one, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
