"""The results of a sweep as one table: what columns it has, which parts are there, how it is read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import RunError

SWEEP, RESULTS = "sweep.json", "results"
FORMAT = 1
_WORD = pa.dictionary(pa.int32(), pa.string())
_TYPES = {"day": pa.timestamp("ms"), "scenario": _WORD, "int": pa.int64(), "number": pa.float64()}
_PART = re.compile(r"part-(\d{8})-([0-9a-f]{12})\.parquet")


def schema(parameters: Mapping[str, str], *, judged: bool) -> pa.Schema:
    """
    Say which columns the results have.

    Parameters
    ----------
    parameters : mapping
        Type of each varied parameter, as :func:`aieq.runs.design.columns` gives it.
    judged : bool
        Whether verdicts on claims are among the results.

    Returns
    -------
    pyarrow.Schema
    """
    numbers = [(name, pa.float64()) for name in ("value", "low", "high")]
    fields = [("run", pa.string()), *((name, _TYPES[kind]) for name, kind in parameters.items())]
    fields += [("finding", _WORD), ("unit", _WORD), *numbers, ("grade", _WORD)]
    return pa.schema([*fields, ("verdict", _WORD)] if judged else fields)


def column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Make a column of a type of :func:`schema` from the values of a parameter."""
    if kind == _TYPES["day"]:
        return pc.strptime(pa.array(values, pa.string()), "%Y-%m-%d", "ms")
    if kind == _WORD:
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)


def part_hash(mark: str, batch: int) -> str:
    """Second half of the name of a part: what it belongs to, so that a stray one is told."""
    return hashlib.sha256(f"{mark}/{batch}".encode()).hexdigest()[:12]


def parts(folder: Path, mark: str, batches: int) -> list[int]:
    """
    Find the batches that are there, by looking.

    Parameters
    ----------
    folder : Path
        Of the sweep.
    mark : str
        Its mark in ``sweep.json``.
    batches : int
        How many it has.

    Returns
    -------
    list of int
        Their numbers, in order.

    Raises
    ------
    RunError
        If there is a file that is none of its parts.
    """
    results = folder / RESULTS
    found = []
    for name in sorted(path.name for path in results.iterdir()) if results.is_dir() else []:
        fits = _PART.fullmatch(name)
        number = int(fits[1]) if fits else -1
        if fits is None or number >= batches or fits[2] != part_hash(mark, number):
            raise RunError(f"{results / name} is no part of this sweep; move it away and run the same command again.")
        found.append(number)
    return found


def about_of(folder: str | Path) -> dict[str, Any]:
    """
    Read what a sweep says of itself.

    Parameters
    ----------
    folder : str or Path
        Its folder.

    Returns
    -------
    dict
        Content of ``sweep.json``.

    Raises
    ------
    RunError
        If there is none, or it is broken.
    """
    path = Path(folder) / SWEEP
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if about["format"] != FORMAT:
            raise RunError(f"{folder} was written by another version of aieq ({about.get('version')}); use that one.")
        return about
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"{folder} holds no sweep: there is no {SWEEP}; begin one with aieq sweep DESIGN.yml --out DIR."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} cannot be read ({error}); begin the sweep again in another folder.") from None


def recorded_batch(folder: str | Path) -> int | None:
    """
    Say how many runs a batch of a begun sweep has.

    Parameters
    ----------
    folder : str or Path
        Its folder.

    Returns
    -------
    int or None
        None if nothing was begun there.
    """
    return about_of(folder)["batch"] if (Path(folder) / SWEEP).is_file() else None


def read(folder: str | Path, findings: Sequence[str] | None = None) -> pd.DataFrame:
    """
    Read the results of a sweep, as far as it has gone.

    Parameters
    ----------
    folder : str or Path
        Its folder.
    findings : sequence of str, optional
        Only these; a large sweep is then read in small memory.

    Returns
    -------
    DataFrame
        run, the parameters that vary, finding, unit, value, low, high, grade; and verdict where claims were judged.

    Raises
    ------
    RunError
        If there is no sweep, or a file of it is broken.
    """
    return _dataset(Path(folder), findings).to_pandas()


def runs(folder: str | Path) -> pd.DataFrame:
    """
    List the runs of a sweep that have results, as far as it has gone.

    Parameters
    ----------
    folder : str or Path
        Its folder.

    Returns
    -------
    DataFrame
        run and the parameters that vary, one row for each run.
    """
    path = Path(folder)
    names = ["run", *about_of(path)["columns"]]
    return _dataset(path, None, names).to_pandas().drop_duplicates("run", ignore_index=True)


def _dataset(folder: Path, findings: Sequence[str] | None, names: list[str] | None = None) -> pa.Table:
    import pyarrow.dataset as ds

    about = about_of(folder)
    whole = schema(about["columns"], judged=about["judged"])
    batches = parts(folder, about["mark"], -(-about["count"] // about["batch"]))
    files = [str(folder / RESULTS / f"part-{n:08d}-{part_hash(about['mark'], n)}.parquet") for n in batches]
    if not files:
        return whole.empty_table().select(names or whole.names)
    only = None if findings is None else pc.field("finding").isin(list(findings))
    try:
        return ds.dataset(files, schema=whole, format="parquet").to_table(columns=names, filter=only)
    except (pa.ArrowInvalid, OSError) as error:
        said = str(error).splitlines()[0]
        raise RunError(f"a part of {folder} is broken ({said}); delete it and run the same command again.") from None
