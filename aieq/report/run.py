"""Run one chapter with other parameters; what it does not have, or cannot be, is refused before anything starts."""

from __future__ import annotations

import datetime as dt
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aieq.errors import ParameterError, did_you_mean
from aieq.kernels import KERNEL
from aieq.kernels.engine import Engine
from aieq.kernels.spec import ORDINARY
from aieq.report.build import CELL_TIMEOUT_SECONDS
from aieq.report.chapters import ROOT, environment, find_chapter, parameters_of, read_chapter

# What only papermill's own handlers can write to: s3://bucket/x.ipynb, but not C:/x.ipynb.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://")


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


def run_chapter(
    chapter: str | Path,
    out: str | Path | None = None,
    *,
    kernel: str = KERNEL,
    cell_seconds: float = CELL_TIMEOUT_SECONDS,
    **parameters: Any,
) -> Any:
    """
    Run one chapter with other parameters.

    Parameters
    ----------
    chapter : str or Path
        Name ("cost") or path of the notebook.
    out : str or Path, optional
        Where to keep the executed notebook; nowhere by default. An address papermill has a handler for
        (``s3://``, ``gs://``, ``adl://``, ...) goes to that handler. A file in `chapters/` is refused: papermill
        writes run times and parameters into it.
    kernel : str
        ``aieq``: a fresh fork of a process that has the libraries loaded, where that can be (see `aieq.kernels`);
        ``python3``: an ordinary kernel and papermill's own engine.
    cell_seconds : float
        A cell that takes longer is stopped, and is an error.
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
    engines = (KERNEL, ORDINARY)
    if kernel not in engines:
        hint = did_you_mean(kernel, engines)
        raise ParameterError(f"chapters run on the kernels {' and '.join(engines)}, not on {kernel!r}.{hint}")
    path = find_chapter(chapter)
    checked = check_parameters(path.stem, parameters, parameters_of(read_chapter(path)))
    target = _target(out, path)
    if "scenario" in checked:
        checked["scenario"] = absolute_scenario(checked["scenario"])

    import papermill
    from papermill.engines import papermill_engines

    # Found by its name where the package is installed; a checkout that is only on the path has no such names.
    papermill_engines.register(KERNEL, Engine)
    os.environ.update(environment())
    # A chapter imports the package it lies beside, installed or not.
    searched = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(ROOT) not in searched:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, searched)])
    return papermill.execute_notebook(
        str(path),
        target,
        parameters=checked,
        kernel_name="python3",
        engine_name=KERNEL if kernel == KERNEL else None,
        # Not `cwd`: that moves this whole process, in which other chapters may be running.
        resources={"metadata": {"path": str(path.parent)}},
        execution_timeout=math.ceil(cell_seconds),
        extra_arguments=["--log-level=40"],  # a kernel warns of its transport each time it starts
        progress_bar=False,
        log_output=False,
    )


def _target(out: str | Path | None, chapter: Path) -> str | None:
    if out is None or _ADDRESS.match(str(out)):
        return None if out is None else str(out)
    target = Path(out).resolve()
    if target.parent in (chapter.parent, ROOT / "chapters"):
        raise ParameterError(f"{out} lies among the committed chapters; keep the run somewhere else, e.g. in _build/.")
    return str(target)


def absolute_scenario(text: str) -> str:
    """
    Let a scenario text mean the same in every folder: a chapter runs in its own, not in the caller's.

    Parameters
    ----------
    text : str
        Name or file of a scenario, with or without changes.

    Returns
    -------
    str
        The same, with the whole path of a file.

    Examples
    --------
    >>> absolute_scenario("low, cost_of_capital_ratio=0.08")
    'low, cost_of_capital_ratio=0.08'
    """
    start, comma, changes = text.partition(",")
    file = Path(start.strip())
    return f"{file.resolve()}{comma}{changes}" if file.is_file() else text
