"""Sweeps on a scheduler and workers that are processes of their own and have nothing but the installed package."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from dask_processes import Cluster, install, kill, until

from aieq.errors import RunError
from aieq.runs import cluster as cluster_module
from aieq.runs import store
from aieq.runs.design import make_design
from aieq.runs.sweep import Progress, sweep

pytestmark = pytest.mark.runs
MARGINS = {
    "kind": "grid",
    "findings": ["required_revenue_usd_bn"],
    "parameters": {"cahn_buyer_gross_margin_ratio": {"from": 0.2, "to": 0.8, "steps": 40}, "scenario": ["low", "high"]},
}
# Chapters that try everything; the parameters cell is that of every chapter.
CHAPTERS = {
    "well": ["import aieq, os", "print(aieq.evidence.DATA)", "print(as_of, scenario)"],
    "fails": ["print('before')", "raise ZeroDivisionError('planted')", "print('after')"],
    "exits": ["print('before')", "import os; os._exit(3)"],
    "loops": ["print('before')", "while True: pass"],
    "eats": ["print('before')", "hoard = bytearray(3 * 2**30)"],
}
# A sweep as somebody's script makes it: design, folder, scheduler or number of workers.
SCRIPT = """
import json, sys
from aieq.errors import AieqError
from aieq.runs.sweep import sweep
if __name__ == "__main__":
    design, out, where = sys.argv[1:]
    how = {"workers": int(where)} if where.isdigit() else {"scheduler": where}
    try:
        done = sweep(design, out, progress=lambda now: print(now.done, now.note, file=sys.stderr, flush=True), **how)
    except AieqError as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(3)
    print(json.dumps(vars(done)))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The built package, installed into a folder far from the checkout."""
    return install(root, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Cluster]:
    """A scheduler and two workers that have it."""
    with Cluster(tmp_path_factory.mktemp("cluster"), package, AIEQ_KERNEL_MEMORY_MB="2000") as found:
        assert until(found.listens)
        yield found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """Our data, and other chapters than the installed ones."""
    path = tmp_path_factory.mktemp("home")
    (path / "data").symlink_to(root / "data")
    (path / "chapters").mkdir()
    for name, cells in CHAPTERS.items():
        values = 'as_of = "2025-03-31"\nscenario = "base"\nseed = 1'
        parameters = nbformat.v4.new_code_cell(values, metadata={"tags": ["parameters"]})
        notebook = nbformat.v4.new_notebook(cells=[parameters, *map(nbformat.v4.new_code_cell, cells)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, path / "chapters" / f"{name}.ipynb")
    return path


def call(folder: Path, design: dict, out: Path, where: str, **environment: str) -> subprocess.Popen[str]:
    """Start a sweep in a process of its own."""
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "design.yml").write_text(json.dumps(design), encoding="utf-8")
    command = [sys.executable, "script.py", "design.yml", str(out), where]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(process: subprocess.Popen[str], seconds: float = 240.0) -> dict:
    """What it says at the end."""
    said, noise = process.communicate(timeout=seconds)
    assert said, noise
    return {**json.loads(said.splitlines()[-1]), "code": process.returncode, "noise": noise}


def ordered(out: Path) -> pd.DataFrame:
    """Results in an order that does not depend on who came first."""
    return store.read(out).sort_values(["run", "finding"], ignore_index=True)


def test_workers_with_the_installed_package_give_the_same(tmp_path: Path, cluster: Cluster) -> None:
    """As this process does; nothing travels, for they have the same data."""
    design = make_design(MARGINS)
    far = sweep(design, tmp_path / "far", scheduler=cluster.address)
    here = sweep(design, tmp_path / "here", workers=0)
    assert (far.done, far.failed, far.parcels) == (here.done, 0, 0) == (80, 0, 0)
    pd.testing.assert_frame_equal(ordered(tmp_path / "far"), ordered(tmp_path / "here"))


def test_local_workers_give_the_same(tmp_path: Path) -> None:
    """Two processes of this machine."""
    design = make_design(MARGINS)
    near = sweep(design, tmp_path / "near", workers=2)
    sweep(design, tmp_path / "here", workers=0)
    assert (near.done, near.failed) == (80, 0)
    pd.testing.assert_frame_equal(ordered(tmp_path / "near"), ordered(tmp_path / "here"))


def test_other_chapters_travel_once_and_fail_alone(tmp_path: Path, cluster: Cluster, home: Path) -> None:
    """
    Chapters the workers do not have arrive with the data, once for the machine.

    One that fails, ends its kernel, goes on for ever or eats memory costs only itself, and is kept as far as it went.
    """
    design = {**MARGINS, "chapters": list(CHAPTERS), "cell_seconds": 3}
    design["parameters"] = {"cahn_buyer_gross_margin_ratio": [0.4, 0.6]}
    before = {process.pid for process in cluster.worker_processes()}
    said = answer(call(tmp_path, design, tmp_path / "out", cluster.address, AIEQ_ROOT=str(home)))
    assert (said["code"], said["done"], said["failed"], said["parcels"]) == (0, 2, 2, 1), said
    assert said["noise"].count("MB of data to the workers") == 1
    assert {process.pid for process in cluster.worker_processes()} == before
    (unpacked,) = (path for path in cluster.temporary.glob("aieq-*/*"))

    failures = [f for path in (tmp_path / "out" / "failures").iterdir() for f in json.loads(path.read_text("utf-8"))]
    errors = {(failure["chapter"], failure["error"]) for failure in failures}
    assert errors == {
        ("fails", "PapermillExecutionError"),
        ("exits", "DeadKernelError"),
        ("loops", "CellTimeoutError"),
        ("eats", "PapermillExecutionError"),
    }
    assert len(failures) == 8
    assert {f["message"] for f in failures if f["chapter"] == "fails"} == {"ZeroDivisionError: planted"}
    for run in store.read(tmp_path / "out")["run"].unique():
        for chapter in CHAPTERS:
            notebook = nbformat.read(tmp_path / "out" / "notebooks" / run / f"{chapter}.ipynb", as_version=4)
            text = "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))
            if chapter == "well":
                assert str(unpacked) in text
                assert "cahn_buyer_gross_margin_ratio=0." in text
            else:
                assert "before" in text and "after" not in text


def test_a_second_sweep_of_the_same_data_sends_nothing(tmp_path: Path, cluster: Cluster, home: Path) -> None:
    """They lie unpacked on the machine; and workers turn back to their own data for who has those."""
    design = {**MARGINS, "chapters": ["well"]}
    design["parameters"] = {"cahn_buyer_gross_margin_ratio": [0.4, 0.6]}
    said = answer(call(tmp_path, design, tmp_path / "out", cluster.address, AIEQ_ROOT=str(home)))
    assert (said["done"], said["failed"], said["parcels"]) == (2, 0, 0), said
    assert sweep(make_design(MARGINS), tmp_path / "own", scheduler=cluster.address).done == 80


def test_other_code_is_refused(tmp_path: Path, cluster: Cluster, package: Path) -> None:
    """Both hashes are named; nothing is kept."""
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["cp", "-r", str(package / "aieq"), str(other / "aieq")], check=True)
    with (other / "aieq" / "errors.py").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    said = answer(call(tmp_path, MARGINS, tmp_path / "out", cluster.address, PYTHONPATH=str(other)))
    assert said["code"] == 3
    assert "have other code" in said["error"]


def test_a_scheduler_that_stands_still_is_given_up(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No connection breaks, nothing answers: what is kept is said, and the same call goes on."""
    monkeypatch.setattr(cluster_module, "PROBE_SECONDS", 1.0)
    design = make_design(MARGINS)
    assert cluster.scheduler

    def stop(now: Progress) -> None:
        if now.done:
            kill(cluster.scheduler.pid, signal.SIGSTOP)  # type: ignore[union-attr]

    started = time.monotonic()
    try:
        with pytest.raises(RunError, match="is gone; .* of 80 runs are kept in .*; run the same command again"):
            sweep(design, tmp_path / "out", scheduler=cluster.address, batch=1, progress=stop)
        assert time.monotonic() - started < 60
    finally:
        kill(cluster.scheduler.pid, signal.SIGCONT)
    assert sweep(design, tmp_path / "out", scheduler=cluster.address).kept == 80


@pytest.mark.parametrize("where", ["local", "scheduler"])
def test_an_interruption_ends_cleanly(tmp_path: Path, cluster: Cluster, where: str) -> None:
    """Ctrl-C, which reaches every process of the terminal: soon over, and the same command does the rest."""
    design = {**MARGINS, "parameters": {"as_of": {"from": "2024-06-30", "to": "2026-06-30", "every": "month"}}}
    design["findings"] = ["required_revenue_usd_bn", "coverage_capital_ratio"]
    address = "2" if where == "local" else cluster.address
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "design.yml").write_text(json.dumps(design), encoding="utf-8")
    command = [sys.executable, "script.py", "design.yml", "out", address]
    with (tmp_path / "noise.txt").open("w") as noise:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=noise, stderr=noise, start_new_session=True)
        assert until(lambda: list((tmp_path / "out").glob("results/part-*")), 120)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
    said = (tmp_path / "noise.txt").read_text(encoding="utf-8")
    assert said.count("Traceback") <= 1, said
    assert "KeyboardInterrupt" in said
    kept = len(ordered(tmp_path / "out")) // 2
    done = answer(call(tmp_path, design, tmp_path / "out", "0"))
    assert (done["done"], done["kept"]) == (25 - kept, 25)
