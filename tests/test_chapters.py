"""Chapters are thin, alike, committed executed; they run under other parameters, and nbval can fail."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aieq.report.chapters import chapter_files, environment, errors_in, parameters_of, published, read_chapter
from aieq.report.run import run_chapter

CHAPTERS = chapter_files()
STORY = ["index", "equation", "cost", "revenue", "history", "payer", "ways_out", "verdict"]
STORY += ["doubt", "playground", "models", "scoreboard"]
APPENDICES = ["figures", "sources", "dictionary", "methods", "rerun", "api"]
PARAMETERS = (
    'as_of: str = "2026-08-31"  # last day of publication that counts, as YYYY-MM-DD\n'
    'scenario: str = "base"  # assumptions: low, base, high or a .yml file; then any changes, set off by commas\n'
    "seed: int = 20261124  # seed of every random draw: a whole number from 0"
)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list:
    return [cell for cell in read_chapter(path).cells if cell.cell_type == "code"]


def figures_in(path: Path) -> int:
    return sum(
        any("vegalite" in kind for kind in output.get("data", {}))
        for cell in code_cells(path)
        for output in cell.outputs
    )


def test_all_chapters_are_there(root: Path) -> None:
    """The parts of the article, the verdict and the appendices; the contents list each page once, and no other."""
    assert {*STORY, *APPENDICES} <= {path.stem for path in CHAPTERS}
    pages = [path.stem for kind in ("*.ipynb", "*.md") for path in (root / "chapters").glob(kind)]
    listed = re.findall(r"(?:root|file): chapters/(\w+)", (root / "_toc.yml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(pages)


@each_chapter
def test_a_chapter_is_committed_executed(path: Path) -> None:
    """nbval passes over a cleared notebook in silence."""
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)
    assert not errors_in(read_chapter(path))
    shown = json.dumps([cell.outputs for cell in cells])
    assert '"name": "stderr"' not in shown


def test_an_unexecuted_or_half_executed_chapter_is_found(tmp_path: Path) -> None:
    """The guard can fail."""
    notebook = json.loads((CHAPTERS[0]).read_text(encoding="utf-8"))
    last = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][-1]
    last.update(execution_count=None, outputs=[])
    (tmp_path / "half.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(AssertionError):
        test_a_chapter_is_committed_executed(tmp_path / "half.ipynb")


@each_chapter
def test_a_chapter_opens_with_its_finding(path: Path) -> None:
    """First a title, and only one of its rank."""
    first, *others = read_chapter(path).cells
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source)
    assert not any(re.match(r"# ", cell.source, re.MULTILINE) for cell in others if cell.cell_type == "markdown")


@each_chapter
def test_a_chapter_has_the_parameters_all_have(path: Path) -> None:
    """One cell, the first of the code, the same in all."""
    first = code_cells(path)[0]
    assert first.source.rstrip() == PARAMETERS
    assert set(first.metadata.tags) == {"parameters", "remove-cell"}
    assert parameters_of(read_chapter(path)) == {"as_of": "2026-08-31", "scenario": "base", "seed": 20261124}


def faults_in_code(source: str) -> list[str]:
    """What a chapter may not do, found in the source of a cell."""
    found = []
    lines = source.strip().splitlines()
    if len(lines) > 12:
        found.append(f"{len(lines)} lines; 12 are the most, the rest belongs into the package")
    if source.rstrip().endswith(";"):
        found.append("ends with a semicolon, which hides the output from readers but not from nbval")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            found.append("defines a function or a class")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [
                f"imports {name}" for name in modules if name.split(".")[0] not in {"aieq", "IPython", "__future__"}
            ]
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if re.fullmatch(r"open|exec|eval|.*\.(read_\w+|to_csv|urlopen|open|get_ipython)|Path", called):
                found.append(f"calls {called}")
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.match(r"https?://|/|\.\./", node.value)
        ):
            found.append(f"names a place: {node.value}")
    return found


@each_chapter
def test_a_chapter_calls_and_does_not_compute(path: Path) -> None:
    """Short cells, no functions, no files, no network; imports of the package only."""
    found = [
        f"code cell {number}: {fault}"
        for number, cell in enumerate(code_cells(path), 1)
        for fault in faults_in_code(cell.source)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    ["def f(): pass", "open('x')", "import pandas", "f = lambda x: x", "y = 'https://example.org'", "1\n" * 13, "x;"],
)
def test_a_chapter_that_computes_is_found(source: str) -> None:
    """The rule can fail."""
    assert faults_in_code(source)


@each_chapter
def test_a_chapter_holds_no_traces_of_a_run(path: Path) -> None:
    """No times, no machine, no second copy of an id: what is committed changes only when its content does."""
    notebook = read_chapter(path)
    assert "papermill" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert not {"papermill", "execution"} & set(cell.metadata), "nbclient and papermill leave times here"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|Users|root|tmp|work)/\w", text), "a path of somebody's machine"
    assert not re.search(r"0x[0-9a-f]{8,}", text), "an address in memory"


@each_chapter
def test_a_chapter_has_at_most_six_figures(path: Path) -> None:
    """Each must earn its place."""
    assert figures_in(path) <= 6


# --- other days, other assumptions ------------------------------------------------------------------------------

RUNS = [("2024-06-30", "low"), ("2025-03-31", "high")]


@pytest.fixture(scope="module")
def expected() -> dict:
    """Findings by day and scenario, computed without the notebooks."""
    from aieq.report.results import findings

    return {
        run: {entry["name"]: entry for entry in findings(*run, seed=20261124)}
        for run in [*RUNS, ("2026-08-31", "base")]
    }


def check_published(told: dict[str, str], known: dict) -> int:
    """Every finding a chapter published is the one computed without it; says how many there were."""
    from aieq.findings import REGISTRY
    from aieq.report.page import UNKNOWN

    names = set(told) & set(REGISTRY)
    for name in sorted(names):
        assert told[f"{name}__full"] == (known[name]["text"] if name in known else UNKNOWN), name
    return len(names)


@each_chapter
def test_what_a_chapter_tells_is_what_is_found(path: Path, expected: dict) -> None:
    """As committed: the numbers in its prose are those of the findings on its day."""
    count = check_published(published(read_chapter(path)), expected["2026-08-31", "base"])
    assert count or path.stem in APPENDICES


@pytest.mark.chapters
@each_chapter
@pytest.mark.parametrize("as_of, scenario", RUNS)
def test_a_chapter_runs_as_of_another_day(path: Path, as_of: str, scenario: str, expected: dict) -> None:
    """Through papermill, without errors; it publishes what could be known then, under those assumptions."""
    result = run_chapter(path, as_of=as_of, scenario=scenario)
    assert not errors_in(result)
    told = published(result)
    count = check_published(told, expected[as_of, scenario])
    assert count or path.stem in APPENDICES
    if path.stem in STORY:
        assert told != published(read_chapter(path)), "another day and other assumptions changed nothing"


# --- nbval can fail ---------------------------------------------------------------------------------------------


def copy_checkout(root: Path, target: Path) -> Path:
    """The parts a chapter needs."""
    for name in ("aieq", "data"):
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "chapters").mkdir()
    shutil.copy(root / "chapters" / "conftest.py", target / "chapters")
    shutil.copy(root / "pyproject.toml", target)
    return target


def nbval(checkout: Path, chapter: Path) -> subprocess.CompletedProcess[str]:
    copy = checkout / "chapters" / chapter.name
    shutil.copy(chapter, copy)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", f"chapters/{chapter.name}"],
        cwd=checkout, capture_output=True, text=True, check=False,
        env={**environment(checkout), "PYTHONPATH": str(checkout), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def change(checkout: Path, entity: str, metric: str, period_end: str, factor: float) -> int:
    """Multiply the figures of one entity, metric and period, in all their versions; says how many rows."""
    path = checkout / "data" / "observations.csv"
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, fields = list(reader), reader.fieldnames
    hits = [r for r in rows if (r["entity"], r["metric"], r["period_end"]) == (entity, metric, period_end)]
    for row in hits:
        for column in ("value", "low", "high"):
            if row[column]:
                row[column] = repr(float(row[column]) * factor)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fields or [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(hits)


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A copy of what a chapter needs, to plant faults in."""
    return copy_checkout(root, tmp_path)


@pytest.mark.chapters
def test_nbval_finds_a_changed_figure_in_the_text(checkout: Path, root: Path) -> None:
    """A quarter of Meta in 2023 is part of a sum that the prose names; nbval goes red and names the cell."""
    assert change(checkout, "meta", "capex", "2023-03-31", 1.1)
    done = nbval(checkout, root / "chapters" / "cost.ipynb")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"FAILED chapters/cost\.ipynb::Cell \d+", done.stdout)
    assert "mismatch 'application/papermill.record/text/" in done.stdout


@pytest.mark.chapters
def test_nbval_finds_a_changed_figure_that_only_a_chart_shows(checkout: Path, root: Path) -> None:
    """A quarter of Amazon in 2021 is a bar and no word: the specification of the chart tells, and nothing else does."""
    assert change(checkout, "amazon", "capex", "2021-06-30", 1.1)
    done = nbval(checkout, root / "chapters" / "cost.ipynb")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"FAILED chapters/cost\.ipynb::Cell \d+", done.stdout)
    assert set(re.findall(r"mismatch '([^']*)'", done.stdout)) == {"application/vnd.vegalite.v6+json"}
