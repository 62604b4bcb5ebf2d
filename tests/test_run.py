"""A chapter runs with other parameters, and refuses what it does not have before anything starts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from notebooks import write_chapter

from aieq.errors import AieqError, ParameterError, UnknownNameError, VintageError
from aieq.findings import first_day
from aieq.report import run
from aieq.report.chapters import parameters_of, published, read_chapter

DEFAULTS = {"as_of": "2026-08-31", "scenario": "base", "seed": 20261124}


def check(**parameters: object) -> dict[str, object]:
    return run.check_parameters("cost", parameters, DEFAULTS)


@pytest.mark.parametrize("wrong, nearest", [("as_off", "as_of"), ("scenarios", "scenario"), ("sed", "seed")])
def test_a_misspelt_parameter_is_refused_with_the_nearest(wrong: str, nearest: str) -> None:
    """papermill itself would only warn and run with the default."""
    with pytest.raises(ParameterError, match=rf"no parameter '{wrong}'\. Did you mean '{nearest}'\?"):
        check(**{wrong: "x"})


@pytest.mark.parametrize("day", ["2025-02-30", "31.03.2025", "20250331", "2025-03", "soon", "", 2025, None])
def test_what_is_no_day_is_refused(day: object) -> None:
    """Only YYYY-MM-DD is a day, and only if the calendar has it."""
    with pytest.raises(ParameterError, match="not a day; write it as YYYY-MM-DD"):
        check(as_of=day)


def test_a_day_before_the_evidence_begins_is_refused() -> None:
    """Nothing was known then."""
    with pytest.raises(VintageError):
        check(as_of=first_day() - dt.timedelta(days=1))


@pytest.mark.parametrize("wrong, nearest", [("hihg", "high"), ("lo", "low"), ("bas", "base")])
def test_an_unknown_scenario_is_refused_with_the_nearest(wrong: str, nearest: str) -> None:
    """Names are those of data/scenarios/."""
    with pytest.raises(AieqError, match=f"'{nearest}'"):
        check(scenario=wrong)


@pytest.mark.parametrize("name, value", [("seed", "7"), ("seed", 7.0), ("seed", True), ("scenario", 3)])
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    """papermill would put it into the notebook as it is."""
    with pytest.raises(ParameterError, match=f"parameter '{name}' of chapter 'cost' is {value!r}"):
        check(**{name: value})


def test_days_and_paths_are_turned_into_what_the_notebook_takes(root: Path) -> None:
    """A date is as good as its text."""
    assert check(as_of=dt.date(2025, 3, 31)) == {"as_of": "2025-03-31"}
    assert check(as_of=dt.datetime(2025, 3, 31, 12)) == {"as_of": "2025-03-31"}
    path = root / "data" / "scenarios" / "low.yml"
    assert check(scenario=path) == {"scenario": str(path)}


def test_an_unknown_chapter_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """By name or by path."""
    for name in ("costs", "revenues"):
        write_chapter(tmp_path / "chapters" / f"{name}.ipynb")
    with pytest.raises(
        UnknownNameError, match=r"no chapter 'cotss'\. Did you mean 'costs'\? There are: costs, revenues\."
    ):
        run.find_chapter("cotss", tmp_path)
    assert run.find_chapter("chapters/costs.ipynb", tmp_path) == tmp_path / "chapters" / "costs.ipynb"


def test_a_run_never_writes_into_the_committed_chapters(tmp_path: Path) -> None:
    """papermill leaves run times and parameters in what it writes."""
    path = tmp_path / "chapters" / "cost.ipynb"
    write_chapter(path)
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="among the committed chapters"):
        run.run_chapter(path, path)
    assert path.read_bytes() == before


def test_a_run_takes_its_parameters_and_its_folder(tmp_path: Path) -> None:
    """The chapter sees the new values, runs beside its file, and what it published can be read."""
    path = tmp_path / "chapters" / "cost.ipynb"
    code = (
        "import os\nfrom myst_nb import glue\n"
        "glue('told', f'{as_of} {seed} {os.path.basename(os.getcwd())}', display=False)"
    )
    write_chapter(path, code)
    before = path.read_bytes()
    result = run.run_chapter(path, tmp_path / "out.ipynb", as_of="2025-03-31", seed=7)
    assert published(result) == {"told": "2025-03-31 7 chapters"}
    assert published(read_chapter(tmp_path / "out.ipynb")) == published(result)
    assert path.read_bytes() == before


def test_a_parameters_cell_holds_literals_only(tmp_path: Path) -> None:
    """What is computed there would keep the default while its inputs change."""
    import nbformat

    for source in ("seed = 1 + len('x')", "import os", "seed = other", "seed: int", "seed: int = other", "a = b = 1"):
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
        with pytest.raises(ParameterError, match="may only set names to literals"):
            parameters_of(nbformat.v4.new_notebook(cells=[cell]))
    with pytest.raises(ParameterError, match="this one has 0"):
        parameters_of(nbformat.v4.new_notebook(cells=[]))


def test_a_parameters_cell_may_give_types() -> None:
    """papermill shows them in its help for the notebook."""
    import nbformat

    source = 'as_of: str = "2025-03-31"  # a day\nseed: int = 1\nscenario = "base"'
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert parameters_of(notebook) == {"as_of": "2025-03-31", "seed": 1, "scenario": "base"}
