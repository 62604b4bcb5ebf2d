"""papermill by itself works on a chapter as people expect, wherever it is called from and wherever it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from notebooks import write_chapter

from aieq.errors import ParameterError
from aieq.report import run
from aieq.report.chapters import ROOT, read_chapter
from aieq.report.injected import refuse_unknown

OPENS = "from aieq.report import open_chapter\npage = open_chapter('cost', as_of=as_of, scenario=scenario, seed=seed)"


def papermill(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run its command as a reader does: any folder, no --cwd; the package is found as an installed one is."""
    return subprocess.run(
        [sys.executable, "-m", "papermill", "--no-progress-bar", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    """A chapter that opens as the real ones do, in a folder that is not where papermill is called."""
    path = tmp_path / "chapters" / "cost.ipynb"
    write_chapter(path, OPENS, "page.context.as_of.isoformat(), page.scenario.name, page.context.seed")
    return path


@pytest.mark.runs
def test_a_day_goes_in_and_is_recorded(chapter: Path, tmp_path: Path) -> None:
    """Typed as in the README, from the folder above."""
    done = papermill(
        "chapters/cost.ipynb", "out.ipynb", "-p", "as_of", "2024-06-30", "-p", "seed", "7", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    notebook = read_chapter(tmp_path / "out.ipynb")
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "('2024-06-30', 'base', 7)"
    assert notebook.metadata.papermill.parameters == {"as_of": "2024-06-30", "seed": 7}


@pytest.mark.runs
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("as_of", "20240630", "give a day as text, for example '2025-03-31'"),
        ("scenario", "hihg", "Did you mean 'high'?"),
        ("sed", "7", "no parameter 'sed'. Did you mean 'seed'? It has: as_of, scenario, seed."),
    ],
)
def test_a_bad_value_fails_in_the_first_cell_with_our_words(chapter, tmp_path, name, value, says) -> None:
    """A misspelt name too, of which papermill only warns."""
    done = papermill("chapters/cost.ipynb", "out.ipynb", "-p", name, value, folder=tmp_path)
    assert done.returncode != 0
    assert says in done.stderr
    failed = [cell for cell in read_chapter(tmp_path / "out.ipynb").cells if cell.get("execution_count")]
    assert failed[-1].source == OPENS


def test_a_parameter_of_somebody_s_own_chapter_is_no_mistake() -> None:
    """What the chapter sets before papermill does, papermill may set; cells of magics are passed over."""
    refuse_unknown(["top = 10", "%matplotlib inline", "# Parameters\ntop = 3"])
    with pytest.raises(ParameterError, match="'topp'. Did you mean 'top'"):
        refuse_unknown(["top = 10", "# Parameters\ntopp = 3"])
    refuse_unknown()  # no notebook, nothing to refuse


def test_a_remote_output_goes_to_papermill_s_own_handler(chapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address is no path: it reaches the handler as it was written, and no folder of its name appears."""
    from papermill.iorw import papermill_io

    kept: dict[str, str] = {}

    class Memory:
        def read(self, path: str) -> str:
            return kept[path]

        def listdir(self, path: str) -> list[str]:
            return [name for name in kept if name.startswith(path)]

        def write(self, text: str, path: str) -> None:
            kept[path] = text

        def pretty_path(self, path: str) -> str:
            return path

    monkeypatch.setattr(papermill_io, "_handlers", [("s3://", Memory()), *papermill_io._handlers])
    monkeypatch.chdir(chapter.parent.parent)
    run.run_chapter(chapter, "s3://bucket/runs/cost.ipynb", as_of="2024-06-30")
    assert list(kept) == ["s3://bucket/runs/cost.ipynb"]
    assert "'2024-06-30'" in kept["s3://bucket/runs/cost.ipynb"]
    assert sorted(path.name for path in Path().iterdir()) == ["chapters"]


def test_several_chapters_at_once_leave_the_working_folder_alone(chapter: Path, tmp_path: Path) -> None:
    """papermill's own cwd moves the whole process; a second chapter would run in the first one's folder."""
    from concurrent.futures import ThreadPoolExecutor

    others = [tmp_path / str(number) / "chapters" / "cost.ipynb" for number in range(3)]
    for path in others:
        write_chapter(path, "import os\nos.getcwd()")
    before = Path.cwd()
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(run.run_chapter, others))
    assert Path.cwd() == before
    said = [notebook.cells[-1].outputs[0].data["text/plain"] for notebook in results]
    assert said == [repr(str(path.parent)) for path in others]
