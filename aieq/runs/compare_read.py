"""The two things that can be compared, read from their folders: an edition, and a sweep."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..assumptions import Scenario, load_scenario
from ..errors import AieqError, ParameterError
from ..quantity import Quantity
from ..report.results import SEED

FINDINGS, VERDICTS, EDITION, SWEEP = "findings.json", "verdicts.json", "edition.json", "sweep.json"


@dataclass(frozen=True)
class Edition:
    """
    What a folder made by ``aieq run`` says of itself.

    Parameters
    ----------
    folder : Path
        As given.
    as_of, scenario : str
        The day, and the text of the scenario.
    seed : int
        Of any random draw.
    findings : dict
        Record of each finding that was known, by name.
    verdicts : dict or None
        Record of each claim, by id; none if the folder holds none.
    assumptions : dict
        Value of each assumption; ``name.member`` where there are several.
    made : dict
        ``code``, ``data`` and ``version``: hashes and version, as far as recorded.
    failed : tuple of str
        Chapters that did not run to their end.
    """

    folder: Path
    as_of: str
    scenario: str
    seed: int
    findings: dict[str, dict[str, Any]]
    verdicts: dict[str, dict[str, Any]] | None
    assumptions: dict[str, float]
    made: dict[str, str] = field(default_factory=dict)
    failed: tuple[str, ...] = ()

    def quantity(self, name: str) -> Quantity:
        """One finding as a quantity; see :func:`quantity_of_record`."""
        return quantity_of_record(self.findings[name])


def quantity_of_record(record: Mapping[str, Any]) -> Quantity:
    """
    Turn a record of ``findings.json`` back into a quantity.

    Examples
    --------
    >>> quantity_of_record({"value": 0.5, "unit": "ratio", "low": 0.4, "high": 0.6, "grade": "derived"}).full_text()
    '50 % (40 to 60)'
    """
    return Quantity(
        record["value"],
        record["unit"],
        record.get("low"),
        record.get("high"),
        record.get("grade", "derived"),
        None,
        tuple(record.get("sources", ())),
        record.get("interval", ""),
    )


def kind_of(folder: str | Path) -> str:
    """
    Say what a folder holds.

    Returns
    -------
    str
        ``edition`` or ``sweep``.

    Raises
    ------
    ParameterError
        If there is no such folder, or it holds neither.
    """
    path = Path(folder)
    if not path.exists():
        msg = f"there is no folder {folder}: give one made by `aieq run --out` or `aieq sweep --out`"
        raise ParameterError(msg)
    if not path.is_dir():
        msg = f"{folder} is a file: give the folder it lies in"
        raise ParameterError(msg)
    if (path / SWEEP).exists():
        return "sweep"
    if (path / FINDINGS).exists():
        return "edition"
    if (path / EDITION).exists():
        msg = (
            f"{folder} holds {EDITION} but no {FINDINGS}: its run did not finish; run the same `aieq run` command again"
        )
        raise ParameterError(msg)
    inside = sorted(found.parent for name in (FINDINGS, SWEEP) for found in path.glob(f"*/{name}"))
    hint = f" Did you mean {inside[0]}?" if inside else ""
    msg = (
        f"{folder} is neither an edition nor a sweep: it holds no {FINDINGS} (which `aieq run --out` and `make book` "
        f"write) and no {SWEEP} (which `aieq sweep --out` writes).{hint}"
    )
    raise ParameterError(msg)


def read_json(path: Path) -> Any:
    """
    Read a JSON file.

    Raises
    ------
    ParameterError
        If it cannot be read or is no JSON; the message names the file and the place.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        msg = f"{path} is not JSON ({error}): make the folder again with the command that wrote it"
        raise ParameterError(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise ParameterError(msg) from None


def _records(path: Path, key: str, needed: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = read_json(path)
    if not isinstance(rows, list):
        msg = f"{path} holds a {type(rows).__name__}, not a list of records: it is not what `aieq run` writes"
        raise ParameterError(msg)
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        missing = [name for name in needed if not isinstance(row, dict) or name not in row]
        if missing:
            msg = f"{path}: record {number} has no {', '.join(missing)}: it is not what `aieq run` writes"
            raise ParameterError(msg)
        if row[key] in found:
            msg = f"{path} holds {row[key]!r} twice (record {number}): make the edition again"
            raise ParameterError(msg)
        found[row[key]] = row
    return found


def read_edition(folder: str | Path) -> Edition:
    """
    Read an edition.

    Parameters
    ----------
    folder : str or Path
        Made by ``aieq run``, or ``_build`` of a checkout.

    Raises
    ------
    ParameterError
        If a file is broken: the message names it.
    """
    path = Path(folder)
    findings = _records(path / FINDINGS, "name", ("name", "value", "unit", "as_of", "scenario"))
    for name, record in findings.items():
        try:
            quantity_of_record(record)
        except (AieqError, TypeError) as error:
            msg = f"{path / FINDINGS}: the finding {name!r} is no quantity: {error}"
            raise ParameterError(msg) from None
    verdicts = _records(path / VERDICTS, "id", ("id", "now")) if (path / VERDICTS).exists() else None
    about = read_json(path / EDITION) if (path / EDITION).exists() else {}
    if not isinstance(about, dict):
        msg = f"{path / EDITION} holds a {type(about).__name__}, not an object: it is not what `aieq run` writes"
        raise ParameterError(msg)
    told = {(str(record["as_of"]), str(record["scenario"])) for record in findings.values()}
    if len(told) > 1 or not findings:
        msg = f"{path / FINDINGS} holds {len(told)} editions (days and scenarios): it must hold one; make it again"
        raise ParameterError(msg)
    day, scenario = told.pop()
    if about.get("as_of", day) != day:
        msg = f"{path / FINDINGS} is of {day}, {path / EDITION} of {about['as_of']}: make the edition again"
        raise ParameterError(msg)
    seed = about.get("seed", SEED)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) or isinstance(seed, bool) or not isinstance(seed, int):
        msg = f"{path}: the day {day!r} or the seed {seed!r} is none; make the edition again"
        raise ParameterError(msg)
    text = str(about.get("scenario") or scenario)
    return Edition(
        path,
        day,
        text,
        seed,
        findings,
        verdicts,
        _assumptions(about, scenario),
        {name: str(about[name]) for name in ("code", "data", "version") if about.get(name)},
        tuple(about.get("failed") or ()),
    )


def _assumptions(about: Mapping[str, Any], scenario: str) -> dict[str, float]:
    if isinstance(given := about.get("assumptions"), dict) and given:
        return flat(given)
    try:
        return flat(load_scenario(scenario))
    except AieqError:
        return {}  # somebody's own file that is not here: what it sets is not on record


def flat(values: Mapping[str, Any] | Scenario) -> dict[str, float]:
    """
    Write values of groups under ``name.member``.

    Examples
    --------
    >>> flat({"a": 1, "b": {2024: 2, "x": 3}})
    {'a': 1, 'b.2024': 2, 'b.x': 3}
    """
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found.update({f"{name}.{member}": number for member, number in value.items()})
        else:
            found[name] = value
    return found
