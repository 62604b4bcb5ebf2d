"""How far a sweep is, from its folder alone."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from store_writer import BATCH, results, write_all

from aieq.errors import RunError
from aieq.runs.design import Design, make_design
from aieq.runs.identity import Surroundings
from aieq.runs.status import Status, status
from aieq.runs.store import Store

HERE = Surroundings("code", "data", "versions")


@pytest.fixture(scope="module")
def design() -> Design:
    """Four batches and a rest of three."""
    spec = {"kind": "grid", "title": "T", "findings": ["coverage_ratio"], "parameters": {"seed": {"from": 1, "to": 31}}}
    return make_design(spec)


def test_a_sweep_that_was_interrupted(design: Design, tmp_path: Path) -> None:
    """What is done, what failed (each run once), the last error, how to go on; nothing is changed by looking."""
    folder = tmp_path / "out"
    with Store.open(folder, design, HERE, batch=BATCH) as kept:
        for batch in (0, 4):
            kept.write(batch, results(kept, batch))
    # A failure without its part: the batch was lost, and will be done again.
    (part,) = (folder / "failures").iterdir()
    (folder / "failures" / part.name.replace("00000000", "00000001")).write_bytes(part.read_bytes())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    found = status(folder)
    assert (found.done, found.total, found.failed, found.running, found.rate) == (BATCH + 3, 31, 2, "", None)
    assert found.last_error == f"run {json.loads(part.read_text())[1]['run']}: EquationError: no root"
    assert found.bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert found.text().splitlines()[1].startswith("10 of 31 runs are done (32 %), 2 failed; 0.0 MB; begun 20")
    assert found.text().endswith(f"to go on: aieq sweep {folder}/design.yml --out {folder}")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_copy_of_the_design_goes_on(design: Design, tmp_path: Path) -> None:
    """What the status tells to do works."""
    from aieq.runs.design import read_design

    folder = tmp_path / "out"
    Store.open(folder, design, HERE, batch=BATCH).close()
    write_all(folder, read_design(folder / "design.yml"), HERE)
    assert status(folder).as_dict() | {"bytes": 0, "started": ""} == {
        "folder": str(folder),
        "title": "T",
        "done": 31,
        "total": 31,
        "failed": 8,
        "running": "",
        "rate": None,
        "bytes": 0,
        "last_error": status(folder).last_error,
        "started": "",
        "finished": True,
        "left_seconds": None,
    }
    assert status(folder).text().endswith("finished")


def test_a_sweep_that_is_running(design: Design, tmp_path: Path) -> None:
    """Who writes, how fast over the last minute, how long it will take; older parts say nothing of the rate."""
    folder = tmp_path / "out"
    with Store.open(folder, design, HERE, batch=BATCH) as kept:
        assert status(folder).rate is None
        for batch in (0, 1, 2):
            kept.write(batch, results(kept, batch))
        now = time.time()
        for path, ago in zip(sorted((folder / "results").iterdir()), (500, 14, 7), strict=True):
            os.utime(path, (now - ago, now - ago))
        found = status(folder)
        # Seven runs came in the fourteen seconds since the first of the last minute.
        assert found.rate == pytest.approx(0.5, rel=0.1)
        assert found.left_seconds == pytest.approx(20, rel=0.1)
        assert f"process {os.getpid()}" in found.running
        assert found.text().splitlines()[-1].endswith("0.5 runs a second, 20 s to go")


def test_no_sweep(tmp_path: Path) -> None:
    """A folder without one, and none at all."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunError, match="holds no sweep: there is no sweep.json; begin one with aieq sweep"):
            status(folder)


def test_a_long_error_is_cut() -> None:
    """One line, not a page."""
    from aieq.runs.status import _said

    said = _said({"run": "a", "chapter": "cost", "error": "E", "message": "x\n" * 1000})
    assert said.startswith("run a, chapter cost: E: x x") and len(said) == 500
    assert Status("o", "", 0, 5, 0, "", None, 0, "", "now").text().splitlines()[1].startswith("0 of 5 runs")
