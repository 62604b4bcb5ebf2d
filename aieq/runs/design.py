"""A design says which runs there are to be: a grid, a list or a space-filling sample, in YAML and never unrolled."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import AieqError, ParameterError, did_you_mean
from .axes import Axis, Stretch, read_axis
from .parameters import GENERAL, check_value, doubts
from .points import Design, columns
from .sampling import METHODS, Sampler
from .strict_yaml import load_mapping, read_text

__all__ = ["MOST_RUNS", "Design", "columns", "make_design", "read_design"]

MOST_RUNS = 10_000_000
KEYS = {
    "grid": ("title", "kind", "findings", "chapters", "cell_seconds", "defaults", "parameters"),
    "list": ("title", "kind", "findings", "chapters", "cell_seconds", "defaults", "runs"),
    "sample": (
        "title", "kind", "findings", "chapters", "cell_seconds", "defaults", "parameters", "runs", "method", "seed",
    ),
}


def read_design(path: str | Path) -> Design:
    """
    Read a design, refusing whatever it cannot mean.

    Parameters
    ----------
    path : str or Path
        A YAML file; those in ``designs/`` show all there is.

    Returns
    -------
    Design

    Raises
    ------
    AieqError
        One sentence that says what was wrong, where, and what to do.
    """
    path = Path(path)
    text = read_text(path, "design")
    return make_design(load_mapping(text, path.name), name=path.name, folder=path.resolve().parent, text=text)


def make_design(
    content: Mapping[str, Any], *, name: str = "the design", folder: Path | None = None, text: str = ""
) -> Design:
    """
    Make a design from what its file would say.

    Parameters
    ----------
    content : mapping
        kind; findings, chapters, cell_seconds, defaults, title (optional); parameters or runs, or both for a sample.
    name : str, optional
        What to call it in messages.
    folder : Path, optional
        Where relative paths of scenario files begin; the working folder by default.
    text : str, optional
        The file it was read from.

    Returns
    -------
    Design

    Raises
    ------
    AieqError
        As for :func:`read_design`.

    Examples
    --------
    >>> capital = {"cost_of_capital_ratio": [0.08, 0.12], "asset_life_years.shell": {"from": 20, "to": 30, "steps": 3}}
    >>> design = make_design({"kind": "grid", "defaults": {"as_of": "2025-03-31"}, "parameters": capital})
    >>> design, design.point(1)["cost_of_capital_ratio"], design.point(1)["asset_life_years.shell"]
    (<grid of 6 runs over cost_of_capital_ratio, asset_life_years.shell>, 0.08, 25)
    """
    return _Reader(content, name, folder or Path.cwd(), text).read()


class _Reader:
    """One reading of one design."""

    def __init__(self, content: Mapping[str, Any], name: str, folder: Path, text: str) -> None:
        self.content, self.name, self.folder, self.text = _plain(content), name, folder, text
        self.files = False  # whether scenarios are read from files
        self.warnings: list[str] = []

    def read(self) -> Design:
        kind = self.content.get("kind")
        if not isinstance(kind, str) or kind not in KEYS:
            hint = did_you_mean(str(kind), KEYS)
            said = "says no kind" if kind is None else f"is of kind {kind!r}"
            raise self.error(f"{said}; it takes grid, list or sample.{hint}", colon=False)
        for key in self.content:
            if key not in KEYS[kind]:
                others = [f"kind: {other}" for other in KEYS if key in KEYS[other]]
                hint = f" It belongs to {' and '.join(others)}." if others else did_you_mean(str(key), KEYS[kind])
                raise self.error(f"there is no {key!r} in a {kind}.{hint or ' Leave it out.'}")
        title = self.content.get("title", "")
        if not isinstance(title, str):
            raise self.error(f"title is {title!r}; it takes a text.")
        findings, chapters = self.findings(), self.chapters()
        from ..findings import REGISTRY

        fixed = self.defaults()
        axes: dict[str, Axis] = {}
        listed: tuple[dict[str, Any], ...] = ()
        sampler = None
        if kind == "list":
            listed, varied = self.listed(fixed)
            count = len(listed)
        else:
            axes = self.axes(kind)
            if kind == "sample":
                sampler = self.sampler(axes)
                count = sampler.count
            else:
                count = self.combinations(axes)
            varied = tuple(axes)
            for end in (0, 1):
                self.warnings += doubts({name: axis.ends()[end] for name, axis in axes.items() if name != "scenario"})
        if twice := [each for each in varied if each in (self.content.get("defaults") or {})]:
            if kind != "list":
                raise self.error(f"{twice[0]} stands under defaults and under parameters; keep one.")
        self.warnings += doubts({key: value for key, value in fixed.items() if key != "scenario"})
        spec = {
            "kind": kind,
            "findings": findings,
            "chapters": chapters,
            "defaults": self.given_defaults,
            "parameters": [[each, type(axis).__name__, asdict(axis)] for each, axis in axes.items()],
            "runs": listed or count,
            "sample": sampler.spec() if sampler else None,
        }
        return Design(
            title=title,
            kind=kind,
            findings=findings,
            chapters=chapters,
            judged=set(findings) >= set(REGISTRY),
            parameters=varied,
            key=hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest(),
            warnings=tuple(dict.fromkeys(self.warnings)),
            cell_seconds=self.cell_seconds(),
            text=self.written() if self.files or not self.text else self.text,
            fixed=fixed,
            count=count,
            axes=axes,
            listed=listed,
            sampler=sampler,
        )

    def error(self, message: str, *, colon: bool = True) -> ParameterError:
        return ParameterError(f"{self.name}{':' if colon else ''} {message}")

    def words(self, key: str, default: Any) -> list[str]:
        given = self.content.get(key, default)
        given = [given] if isinstance(given, str) else given
        if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
            raise self.error(f"{key} is {given!r}; it takes a list of names.")
        return given

    def findings(self) -> tuple[str, ...]:
        from .. import claims  # noqa: F401 - some findings are registered with the claims that need them
        from ..findings import select

        asked = self.words("findings", "headline")
        try:
            return select(asked)
        except AieqError as error:
            raise type(error)(f"{self.name}: findings: {error}") from None

    def chapters(self) -> tuple[str, ...]:
        asked = self.words("chapters", [])
        if not asked:
            return ()
        from ..report.chapters import find_chapter, parameters_of, read_chapter

        for number, chapter in enumerate(asked):
            try:
                path = find_chapter(chapter)
                takes = parameters_of(read_chapter(path))
            except AieqError as error:
                raise type(error)(f"{self.name}: chapters: {chapter}: {error}") from None
            if missing := [each for each in GENERAL if each not in takes]:
                raise self.error(f"chapter {chapter!r} takes no {missing[0]}; add it to its parameters cell.")
            if chapter in asked[:number]:
                raise self.error(f"chapter {chapter!r} is named twice; name it once.")
        return tuple(asked)

    def cell_seconds(self) -> float:
        from ..report.build import CELL_TIMEOUT_SECONDS

        given = self.content.get("cell_seconds", CELL_TIMEOUT_SECONDS)
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 1 <= given <= 86400:
            raise self.error(f"cell_seconds is {given!r}; it takes the seconds, 1 to 86400, a cell may take.")
        return given

    def mapping(self, key: str, of: str) -> Mapping[str, Any]:
        given = self.content.get(key)
        if not isinstance(given, Mapping) or not given:
            said = "it names no" if given is None else "there is nothing in" if not given else f"{given!r} is no"
            raise self.error(f"{said} {key}; name at least one parameter and {of}.")
        return given

    def defaults(self) -> dict[str, Any]:
        from ..evidence import load
        from ..report.results import SEED

        given = self.content.get("defaults")
        if given is not None and not isinstance(given, Mapping):
            raise self.error(f"defaults is {given!r}; it takes names with one value each.")
        self.given_defaults = self.point(given or {}, "defaults")
        stage = {"as_of": load().last_day.isoformat(), "scenario": "base", "seed": SEED}
        return stage | self.given_defaults

    def point(self, given: Mapping[str, Any], place: str) -> dict[str, Any]:
        where = f"{self.name}: {place}"
        return {key: check_value(key, self.located(key, value), where) for key, value in given.items()}

    def located(self, key: Any, value: Any) -> Any:
        """Scenario files are looked for beside the design."""
        if key != "scenario" or not isinstance(value, str):
            return value
        first, comma, rest = value.partition(",")
        if not first.strip().endswith((".yml", ".yaml")):
            return value
        self.files = True
        beside = self.folder / first.strip()
        return f"{beside}{comma}{rest}" if beside.is_file() else value

    def written(self) -> str:
        """The design as a file that stands by itself: scenarios of files are written out."""
        import yaml

        def whole(key: Any, value: Any) -> Any:
            if isinstance(value, dict):
                return {each: whole(each, value[each]) for each in value}
            if isinstance(value, list):
                return [whole(key, each) for each in value]
            return check_value(key, self.located(key, value)) if key == "scenario" else value

        return yaml.safe_dump(whole("", self.content), sort_keys=False, allow_unicode=True, width=120)

    def axes(self, kind: str) -> dict[str, Axis]:
        how = "its values" if kind == "grid" else "its range"
        axes = {}
        for key, spec in self.mapping("parameters", how).items():
            if key == "scenario" and isinstance(spec, list):
                spec = [self.located(key, value) for value in spec]
            axes[key] = read_axis(key, spec, self.name, draws=kind == "sample")
        return axes

    def combinations(self, axes: Mapping[str, Axis]) -> int:
        sizes = {name: axis.size for name, axis in axes.items() if not isinstance(axis, Stretch)}
        count = math.prod(sizes.values())
        if count > MOST_RUNS:
            product = " x ".join(f"{name}: {size:,}" for name, size in sizes.items())
            raise self.error(
                f"the grid has {count:,} combinations ({product}), more than the {MOST_RUNS:,} a sweep takes; give "
                "fewer steps, or kind: sample with runs: 10000 over the same ranges."
            )
        return count

    def sampler(self, axes: Mapping[str, Axis]) -> Sampler:
        count, method, seed = self.content.get("runs"), self.content.get("method", "sobol"), self.content.get("seed", 1)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            said = "it says no runs" if count is None else f"runs is {count!r}"
            raise self.error(f"{said}; a sample takes how many runs to draw, e.g. runs: 10000.")
        if count > MOST_RUNS:
            raise self.error(f"runs is {count:,}, more than the {MOST_RUNS:,} a sweep takes; draw fewer.")
        if method not in METHODS:
            hint = did_you_mean(str(method), METHODS)
            raise self.error(f"method is {method!r}; there are {', '.join(METHODS)}.{hint}")
        check_value("seed", seed, self.name)
        try:
            sampler = Sampler(axes=dict(axes), count=count, method=method, seed=seed)
        except ParameterError as error:
            raise self.error(str(error)) from None
        self.warnings += sampler.warnings()
        return sampler

    def listed(self, fixed: Mapping[str, Any]) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
        from ..assumptions import load_scenario

        given = self.content.get("runs")
        if not isinstance(given, list) or not given:
            said = "there are no runs" if given is None else "runs is empty" if given == [] else f"runs is {given!r}"
            raise self.error(f"{said}; a list takes one line for each, like - {{cost_of_capital_ratio: 0.12}}.")
        checked = []
        for number, run in enumerate(given, 1):
            if not isinstance(run, Mapping):
                raise self.error(f"run {number} is {run!r}; it takes names with values.")
            checked.append(self.point(run, f"run {number}"))
            self.warnings += doubts({key: value for key, value in checked[-1].items() if key != "scenario"})
        names = tuple(dict.fromkeys(name for run in checked for name in run))
        if not names:
            raise self.error("no run sets anything; name what is to vary.")
        seen: dict[str, int] = {}
        for number, run in enumerate(checked, 1):
            scenario = load_scenario(run.get("scenario", fixed["scenario"]))
            whole = dict(fixed) | run
            # What this run leaves alone and others set: the table shows the value it has here.
            whole |= {each: _value(scenario, each) for each in names if each not in whole}
            mark = json.dumps(whole, sort_keys=True)
            if mark in seen:
                raise self.error(f"run {number} is the same as run {seen[mark]}; give each once.")
            seen[mark] = number
            checked[number - 1] = {name: whole[name] for name in dict.fromkeys([*fixed, *names])}
        return tuple(sorted(checked, key=lambda run: run["as_of"])), names


def _plain(content: Any) -> Any:
    """What was made in Python, as YAML would have it."""
    if isinstance(content, Mapping):
        return {key: _plain(value) for key, value in content.items()}
    if hasattr(content, "tolist"):  # numpy
        return content.tolist()
    if isinstance(content, (list, tuple, range)):
        return [_plain(value) for value in content]
    return str(content) if isinstance(content, Path) else content


def _value(scenario: Mapping[str, Any], name: str) -> float:
    group, _, member = name.partition(".")
    value = scenario[group]
    value = value[int(member) if member.isdigit() else member] if member else value
    return check_value(name, value)
