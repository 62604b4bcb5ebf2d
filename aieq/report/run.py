"""Run one chapter with other parameters; what it does not have, or cannot be, is refused before anything starts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aieq.errors import ParameterError, did_you_mean
from aieq.report.chapters import ROOT, environment, find_chapter, parameters_of, read_chapter


def check_parameters(chapter: str, parameters: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """
    Refuse what a chapter cannot be run with.

    Parameters
    ----------
    chapter : str
        Its name, for the message.
    parameters : mapping
        What was asked for.
    defaults : mapping
        What the chapter has.

    Returns
    -------
    dict
        The parameters in the form the notebook takes.

    Raises
    ------
    ParameterError
        For a name the chapter does not have, a value of the wrong type, or a day that is none.
    VintageError
        For a day before the evidence begins on both sides of the equation.
    UnknownNameError, ScenarioError
        For a scenario that does not exist or is faulty.

    Examples
    --------
    >>> check_parameters("cost", {"sed": 7}, {"as_of": "2026-08-31", "seed": 1})
    Traceback (most recent call last):
    aieq.errors.ParameterError: chapter 'cost' has no parameter 'sed'. Did you mean 'seed'? It has: as_of, seed.
    >>> check_parameters("cost", {"seed": 7}, {"as_of": "2026-08-31", "seed": 1})
    {'seed': 7}
    """
    checked: dict[str, Any] = {}
    for name, value in parameters.items():
        if name not in defaults:
            hint = did_you_mean(name, defaults)
            raise ParameterError(f"chapter {chapter!r} has no parameter {name!r}.{hint} It has: {', '.join(defaults)}.")
        if name == "as_of":
            value = _day(value)
        elif isinstance(value, Path):
            value = str(value)
        wanted = type(defaults[name])
        if type(value) is not wanted:
            raise ParameterError(
                f"parameter {name!r} of chapter {chapter!r} is {value!r}, a {type(value).__name__}; "
                f"it takes a {wanted.__name__}, like {defaults[name]!r}."
            )
        checked[name] = value
    if {"as_of", "scenario"} & set(checked):
        # What the chapter's own first call would refuse, refused before a kernel starts.
        from aieq.findings import context_for

        context_for(checked.get("as_of", defaults["as_of"]), checked.get("scenario", defaults["scenario"]))
    return checked


def _day(value: Any) -> str:
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat()
    try:
        # The basic form 20250331 is a date for Python and a number for everybody else.
        if len(value) != len("2025-03-31"):
            raise ValueError
        return dt.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ParameterError(f"as_of is {value!r}, which is not a day; write it as YYYY-MM-DD.") from None


def run_chapter(chapter: str | Path, out: str | Path | None = None, **parameters: Any) -> Any:
    """
    Run one chapter with other parameters.

    Parameters
    ----------
    chapter : str or Path
        Name ("cost") or path of the notebook.
    out : str or Path, optional
        Where to keep the executed notebook; nowhere by default. A file in `chapters/` is refused: papermill writes
        run times and parameters into it.
    **parameters
        Any of the chapter's parameters: `as_of`, `scenario`, `seed`.

    Returns
    -------
    NotebookNode
        The executed notebook.

    Raises
    ------
    AieqError
        See `check_parameters`; nothing has been started then.
    """
    path = find_chapter(chapter)
    checked = check_parameters(path.stem, parameters, parameters_of(read_chapter(path)))
    target = Path(out).resolve() if out is not None else None
    if target is not None and target.parent in (path.parent, ROOT / "chapters"):
        raise ParameterError(f"{out} lies among the committed chapters; keep the run somewhere else, e.g. in _build/.")
    if "scenario" in checked and Path(checked["scenario"]).is_file():
        # The chapter runs in its own folder, where the caller's relative path means something else.
        checked["scenario"] = str(Path(checked["scenario"]).resolve())

    import papermill

    os.environ.update(environment())
    return papermill.execute_notebook(
        str(path),
        str(target) if target is not None else None,
        parameters=checked,
        kernel_name="python3",
        cwd=str(path.parent),
        progress_bar=False,
        log_output=False,
    )
