"""The papermill engine says what papermill's own says, saves what was executed whatever happens, and is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from jupyter_client.kernelspec import NoSuchKernel
from kernel_runs import notebook, notebook_of, told
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from notebooks import write_chapter
from papermill.exceptions import PapermillExecutionError

from aieq.errors import ParameterError
from aieq.kernels import managed, used
from aieq.kernels.engine import Engine
from aieq.report.run import run_chapter

CELLS = ["first = 1\nprint('first')", "first + 1", "1 / 0 if first else None", "print('never')"]


def execute(cells: list[str], out: Path | None = None, **settings: Any) -> Any:
    """Through papermill, as anybody would."""
    source = notebook(cells)
    source.cells[0].metadata["tags"] = ["parameters"]
    where = str(out) if out else None
    return papermill.execute_notebook(source, where, engine_name="aieq", progress_bar=False, **settings)


def outputs(executed: Any) -> list[Any]:
    return [cell.outputs for cell in executed.cells if cell.cell_type == "code"]


def test_papermill_finds_the_engine_whoever_is_imported_first() -> None:
    """By its entry point; papermill loads the engine's module while it is itself half loaded."""
    from papermill.engines import papermill_engines

    assert papermill_engines.get_engine("aieq") is Engine
    code = "import aieq.kernels.managed, papermill.engines as e; print(e.papermill_engines.get_engine('aieq').__name__)"
    for first in ("aieq.kernels.engine", "aieq.kernels.managed", "papermill"):
        done = subprocess.run([sys.executable, "-c", f"import {first}, {code[7:]}"], capture_output=True, text=True)
        assert done.stdout.strip() == "Engine", done.stderr


def test_outputs_are_those_of_papermill_s_own_engine(tmp_path: Path) -> None:
    """Parameters, results, frames and errors."""
    cells = ["x = 1", "import pandas\npandas.DataFrame({'x': [x]})", "print(x)", "import warnings\nwarnings.warn('w')"]
    source = notebook(cells)
    source.cells[0].metadata["tags"] = ["parameters"]
    own, stock = (
        papermill.execute_notebook(
            source, str(tmp_path / f"{name}.ipynb"), {"x": 2}, engine_name=name, progress_bar=False, log_output=False
        )
        for name in ("aieq", None)
    )
    said = [str(outputs(one)).replace("'", "") for one in (own, stock)]
    pids = [text.split("ipykernel_")[1].split("/")[0] for text in said]
    assert said[0].replace(pids[0], "") == said[1].replace(pids[1], "")
    assert "2" in said[0]
    assert [cell.metadata.papermill.status for cell in own.cells] == ["completed"] * 5
    assert own.metadata.papermill.keys() == stock.metadata.papermill.keys()
    assert own.metadata.language_info == stock.metadata.language_info


def test_a_notebook_is_saved_when_it_begins_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not around each cell, unless that is asked for."""
    saved = []
    monkeypatch.setattr("papermill.engines.write_ipynb", lambda nb, path: saved.append(path))
    execute(["1", "2", "3"], tmp_path / "out.ipynb")
    assert len(saved) == 2
    execute(["1", "2", "3"], tmp_path / "out.ipynb", save_each_cell=True)
    assert len(saved) == 2 + 2 + 2 * 3


def test_a_long_run_is_saved_now_and_then(tmp_path: Path) -> None:
    """After `autosave_cell_every` seconds the next cell that begins or ends saves."""
    keeper = managed.Keeper(notebook(["1"]), str(tmp_path / "out.ipynb"), progress_bar=False, autosave_cell_every=5)
    times = iter(range(0, 100, 3))
    keeper.now = lambda: managed.NotebookExecutionManager.now(keeper).replace(  # type: ignore[method-assign]
        year=2026, month=1, day=1, hour=0, minute=0, second=next(times), microsecond=0
    )
    keeper.nb.metadata.papermill = {}
    written: list[int] = []
    keeper.last_save_time = keeper.now()
    keeper._begun = True
    for _ in range(6):
        before = keeper.last_save_time
        keeper.save()
        written.append(keeper.last_save_time > before)
    assert any(written) and not all(written)


def test_what_was_executed_is_saved_when_a_cell_fails(tmp_path: Path) -> None:
    """With the error and without the cells after it."""
    out = tmp_path / "out.ipynb"
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        execute(CELLS, out)
    kept = [cell for cell in nbformat.read(out, 4).cells if cell.cell_type == "code"]
    assert told(notebook_of(kept[0])) == "first\n"
    assert told(notebook_of(kept[1])) == "2"
    assert kept[2].outputs[0].ename == "ZeroDivisionError"
    assert not kept[3].outputs


@pytest.mark.parametrize(
    "cell, error", [("import os; os._exit(1)", DeadKernelError), ("import time; time.sleep(60)", CellTimeoutError)]
)
def test_what_was_executed_is_saved_when_the_kernel_is_lost(tmp_path: Path, cell: str, error: type) -> None:
    """It dies, or must be killed."""
    out = tmp_path / "out.ipynb"
    with pytest.raises(error):
        execute([CELLS[0], cell], out, execution_timeout=1)
    assert told(notebook_of(nbformat.read(out, 4).cells[0])) == "first\n"
    assert told(execute(["print('well')"])) == "well\n"


def test_another_kernel_is_kept() -> None:
    """A notebook in another language has no use for this one."""
    with pytest.raises(NoSuchKernel, match="no-such"):
        execute(["1"], kernel_name="no-such", language="python")


def test_a_chapter_runs_on_either_kernel(tmp_path: Path) -> None:
    """Forked by default; ordinary on demand; anything else is refused before it starts."""
    path = tmp_path / "chapters" / "cost.ipynb"
    write_chapter(path, "import os\nos.getppid() == int(os.environ['JPY_PARENT_PID'])")
    assert told(run_chapter(path)) == str(used().kind == "ordinary")
    assert told(run_chapter(path, kernel="python3")) == "True"
    with pytest.raises(ParameterError, match=r"on the kernels aieq and python3, not on 'aiek'\. Did you mean 'aieq'\?"):
        run_chapter(path, kernel="aiek")


def command(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).resolve().parents[1])
    env = {**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": "0"}
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.runs
def test_papermill_from_the_command_line(tmp_path: Path) -> None:
    """With the kernel, and with the engine too."""
    nbformat.write(
        notebook(["x = 1", "import os\nprint(x, os.environ['JPY_PARENT_PID'] == str(os.getppid()))"]),
        tmp_path / "a.ipynb",
    )
    for words in (["-k", "aieq"], ["-k", "aieq", "--engine", "aieq"]):
        done = command("papermill", "a.ipynb", "b.ipynb", *words, "--no-progress-bar", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert told(nbformat.read(tmp_path / "b.ipynb", 4)) == f"1 {used_kind() == 'ordinary'}\n"


def used_kind() -> str:
    from aieq.kernels.spec import why_ordinary

    return "ordinary" if why_ordinary() else "forked"


@pytest.mark.runs
def test_nbval_runs_on_the_kernel_and_can_fail(tmp_path: Path) -> None:
    """Equal outputs pass, a changed one is named."""
    executed = execute(["import os\nos.environ['JPY_PARENT_PID'] == str(os.getppid())", "print('same')"])
    for said, code in (("same\n", 0), ("other\n", 1)):
        executed.cells[-1].outputs[0].text = said
        nbformat.write(executed, tmp_path / "a.ipynb")
        done = command("pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-kernel-name", "aieq", cwd=tmp_path)
        assert done.returncode == code, done.stdout
    assert "a.ipynb::Cell 1" in done.stdout
