"""The store: whole batches or none, whoever is killed whenever; one writer; what cannot be kept is refused before."""

from __future__ import annotations

import errno
import json
import os
import pickle
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from store_writer import BATCH, results, write_all

from aieq.errors import RunError
from aieq.runs import folder as folder_module
from aieq.runs import keep, store
from aieq.runs.design import Design, make_design
from aieq.runs.evaluate import evaluate
from aieq.runs.identity import Surroundings
from aieq.runs.parameters import known
from aieq.runs.store import Store, examine, read, recorded_batch, runs

HERE = Surroundings("code", "data", "versions")
NAMES = ["coverage_ratio", "required_revenue_usd_bn", "ai_capital_stock_usd_bn"]


def grid(count: int, **changes: Any) -> Design:
    spec = {"kind": "grid", "findings": NAMES, "parameters": {"seed": {"from": 1, "to": count}}}
    return make_design(spec | changes)


@pytest.fixture(scope="module")
def design() -> Design:
    """Ten batches and a rest of three."""
    return grid(10 * BATCH + 3)


def check_kept(folder: Path, count: int | None = None) -> None:
    """Every part is whole and the only one of its batch; every run is told of once for each finding."""
    numbers = []
    for path in sorted((folder / "results").iterdir()):
        number = int(re.fullmatch(r"part-(\d{8})-[0-9a-f]{12}\.parquet", path.name)[1])
        numbers.append(number)
        table = pq.read_table(path)
        first = number * BATCH
        seeds = table["seed"].to_pylist()
        expected = [seed for seed in range(first + 1, first + BATCH + 1) if seed - first != 7 and seed <= first + BATCH]
        expected = [seed for seed in expected if count is None or seed <= count]
        assert seeds == [seed for seed in expected for _ in NAMES]
        assert table["value"].to_pylist() == [seed - 1 + k / 10 for seed in expected for k in range(len(NAMES))]
        # Failures are there before the part is.
        if len(expected) > 5:
            failures = json.loads((folder / "failures" / f"{path.stem}.json").read_text())
            assert [(f["number"], f["error"]) for f in failures] == [
                (first + 5, "CellTimeoutError"),
                (first + 6, "EquationError"),
            ]
        if number % 3 == 0:
            run = table["run"][0].as_py()
            assert (folder / "notebooks" / run / "cost.ipynb").read_bytes() == b"{}" * 20_000
    assert len(numbers) == len(set(numbers))


def test_a_folder_by_hand(design: Design, tmp_path: Path) -> None:
    """Everything a reader finds there, and reads with pandas alone."""
    folder = tmp_path / "out"
    write_all(folder, design, HERE)
    check_kept(folder, len(design))
    about = json.loads((folder / "sweep.json").read_text())
    assert (about["count"], about["batch"], about["findings"], about["columns"]) == (73, 7, NAMES, {"seed": "int"})
    assert about["surroundings"] == {"code": "code", "data": "data", "versions": "versions", "chapters": ""}
    assert about["fixed"] == {"as_of": "2026-08-31", "scenario": "base"}
    assert not list((folder / ".partial").iterdir())
    table = pd.read_parquet(folder / "results")
    assert list(table) == ["run", "seed", "finding", "unit", "value", "low", "high", "grade"]
    assert len(table) == 63 * 3  # one run of each full batch fails
    pd.testing.assert_frame_equal(table, read(folder))
    only = read(folder, ["coverage_ratio"])
    assert list(only["value"][:3]) == [0, 1, 2]
    assert len(runs(folder)) == 63 and list(runs(folder)) == ["run", "seed"]


def test_columns_have_types(tmp_path: Path) -> None:
    """Days are days, whole numbers whole, texts categories: what plots and groups expects."""
    parameters = {"as_of": ["2024-06-30", "2026-06-30"], "scenario": ["low", "base"], "power_kw": [1, 1.2], "seed": [1]}
    design = make_design({"kind": "grid", "findings": ["coverage_ratio"], "parameters": parameters})
    with Store.open(tmp_path / "out", design, HERE, batch=3) as kept:
        for batch in kept.missing():
            kept.write(batch, evaluate(kept.points(batch), design.findings))
        table = kept.read()
    assert {name: str(kind) for name, kind in table.dtypes.items()} == {
        "run": "str",
        "as_of": "datetime64[ms]",
        "scenario": "category",
        "power_kw": "float64",
        "seed": "int64",
        "finding": "category",
        "unit": "category",
        "value": "float64",
        "low": "float64",
        "high": "float64",
        "grade": "category",
    }
    assert list(table["as_of"].dt.year) == [2024] * 4 + [2026] * 4
    assert list(table["power_kw"]) == [1, 1.2] * 4
    assert table["run"].nunique() == 8


def test_what_cannot_be_known_and_verdicts(tmp_path: Path) -> None:
    """A finding unknown on the day is a row without value; with all findings come verdicts."""
    days = {"as_of": ["2023-03-31"]}
    design = make_design({"kind": "grid", "findings": "all", "parameters": days})
    with Store.open(tmp_path / "out", design, HERE) as kept:
        kept.write(0, evaluate(kept.points(0), design.findings))
        table = kept.read()
    unknown = table[table["grade"] == "unknown"]
    assert len(unknown) and unknown["value"].isna().all()
    verdicts = table[table["finding"].astype(str).str.startswith("claim:")]
    assert len(verdicts) and verdicts["verdict"].notna().all()


def test_a_batch_is_never_overwritten(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system says that it is there, whatever the writer believes."""
    with Store.open(tmp_path / "out", design, HERE, batch=BATCH) as kept:
        assert kept.write(0, results(kept, 0)) is True
        (part,) = (tmp_path / "out" / "results").iterdir()
        before = part.read_bytes()
        assert kept.write(0, results(kept, 0)) is False
        kept._done.clear()
        changed = results(kept, 0)
        changed.table = changed.table.set_column(2, "value", changed.table["low"])
        assert kept.write(0, changed) is False
        monkeypatch.setattr(Path, "exists", lambda _: False)
        kept._done.clear()
        assert kept.write(0, changed) is False
        monkeypatch.undo()
        assert part.read_bytes() == before
        assert list(kept.missing()) == list(range(1, 11))
        assert not list((tmp_path / "out" / ".partial").iterdir())


def test_where_there_are_no_links(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems know none; a batch is then put in place by renaming, and still not overwritten."""

    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_all(tmp_path / "out", design, HERE)
    check_kept(tmp_path / "out", len(design))
    with pytest.raises(FileExistsError):
        keep.put_once(tmp_path / "out", "sweep.json", lambda stream: stream.write(b"other"))


def test_results_must_be_complete(design: Design, tmp_path: Path) -> None:
    """A run with neither result nor error is a fault, and nothing is kept of its batch."""
    with Store.open(tmp_path / "out", design, HERE, batch=BATCH) as kept:
        some = results(kept, 0)
        for incomplete in (
            SimpleNamespace(table=some.table, failures=[]),
            SimpleNamespace(table=some.table.slice(0, 3), failures=some.failures),
        ):
            with pytest.raises(RunError, match="batch 0 has neither result nor error for run [0-9a-f]{16}"):
                kept.write(0, incomplete)
        assert list(kept.missing())[0] == 0
        nothing = [{"point": place, "error": "E", "message": "m"} for place in range(BATCH)]
        assert kept.write(0, SimpleNamespace(table=some.table.slice(0, 0), failures=nothing))
        assert len(kept.read()) == 0
        assert kept.kept == BATCH


def test_going_on(design: Design, tmp_path: Path) -> None:
    """What is there is found by looking; the batch size is that of the beginning; a lost part is done again."""
    folder = tmp_path / "out"
    assert recorded_batch(folder) is None
    with Store.open(folder, design, HERE, batch=BATCH) as kept:
        for batch in (0, 3, 10):
            kept.write(batch, results(kept, batch))
        assert kept.kept == 2 * BATCH + 3
    (folder / ".partial" / "host-1-0").write_bytes(b"half")
    assert recorded_batch(folder) == BATCH
    with Store.open(folder, design, HERE, batch=1000) as kept:
        assert (kept.batch, kept.batches) == (BATCH, 11)
        assert list(kept.missing()) == [1, 2, 4, 5, 6, 7, 8, 9]
        assert not list((folder / ".partial").iterdir())
    next((folder / "results").glob("part-00000003-*")).unlink()
    (failed,) = (folder / "failures").glob("part-00000003-*")
    with Store.open(folder, design, HERE) as kept:
        assert 3 in kept.missing()
        # This time every run of it succeeds.
        good = results(kept, 3)
        extra = good.table.slice(0, 3).set_column(0, "point", pa.array([6, 6, 6]))
        kept.write(3, SimpleNamespace(table=pa.concat_tables([good.table, extra]), failures=[]))
        assert not failed.exists()


def test_one_writer(design: Design, tmp_path: Path) -> None:
    """A second is told who the first is; when the first goes, the folder is free, and a fork does not hold it."""
    folder = tmp_path / "out"
    first = Store.open(folder, design, HERE)
    assert keep.held(folder)
    with pytest.raises(RunError, match=rf"being written by process {os.getpid()} on .*; wait for it, stop it"):
        Store.open(folder, design, HERE)
    reads, writes = os.pipe()
    ended, end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, b"x")
        os.read(ended, 1)
        os._exit(0)
    try:
        os.read(reads, 1)
        first.close()
        assert not keep.held(folder)
        Store.open(folder, design, HERE).close()
    finally:
        os.write(end, b"x")
        os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"design": grid(5)}, r"holds another design \(grid, 73 runs, begun 20.*design.yml"),
        ({"around": replace(HERE, code="x")}, "begun with other code: results before and after would not go together"),
        ({"around": replace(HERE, data="x", versions="x")}, "begun with other data and versions"),
    ],
)
def test_another_sweep_is_refused(design: Design, tmp_path: Path, changed: dict, words: str) -> None:
    """A folder goes on with the same runs on the same code and data, or not at all."""
    folder = tmp_path / "out"
    Store.open(folder, design, HERE).close()
    before = sorted(folder.rglob("*"))
    with pytest.raises(RunError, match=words):
        Store.open(folder, changed.get("design", design), changed.get("around", HERE))
    assert sorted(folder.rglob("*")) == before
    assert not keep.held(folder)


def test_a_foreign_folder_is_refused_and_left_alone(design: Design, tmp_path: Path) -> None:
    """Something else in it, a file in its place or on its way, a folder no one can write, a broken or newer sweep."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    file = tmp_path / "file"
    file.write_text("")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sweep.json").write_text('{"format"')
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "sweep.json").write_text('{"format": 99, "version": "2031.1"}')
    stray = tmp_path / "stray"
    Store.open(stray, design, HERE).close()
    (stray / "results" / "copy of part.parquet").write_text("")
    for folder, words in (
        (mine, "holds other things, such as thesis.txt, and no sweep"),
        (file, "is a file; give a folder"),
        (file / "out", f"cannot be made, for {file} is a file"),
        (Path("/proc/1/out"), "cannot be written"),
        (broken, "sweep.json cannot be read"),
        (newer, r"another version of aieq \(2031.1\)"),
        (stray, "copy of part.parquet is no part of this sweep; move it away"),
    ):
        with pytest.raises(RunError, match=words):
            Store.open(folder, design, HERE)
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]


def test_nothing_is_made_by_examining(design: Design, tmp_path: Path) -> None:
    """What can be known before, without a trace."""
    examine(tmp_path / "not" / "yet", design, HERE)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_rights(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may write everywhere, so the system's answer is put in its mouth."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(RunError, match=f"cannot be written: no right to write in {tmp_path}; give another folder"):
        examine(tmp_path / "out", design, HERE)
    monkeypatch.undo()

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", read_only)
    with pytest.raises(RunError, match="cannot be written: Read-only file system; choose another folder"):
        Store.open(tmp_path / "out", design, HERE)


def test_too_small_a_disk_is_refused_before(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is needed and what there is; and after the first batch, which shows the true size."""
    free = SimpleNamespace(free=21_000_000)
    monkeypatch.setattr(folder_module.shutil, "disk_usage", lambda _: free)
    examine(tmp_path / "out", design, HERE)
    large = grid(1_000_000)
    with pytest.raises(RunError, match=r"need about 210.0 MB and the disk of .* has 21.0 MB free; use another disk"):
        Store.open(tmp_path / "out", large, HERE)
    assert not (tmp_path / "out").exists()
    chapters = grid(73, chapters=["cost"])
    with pytest.raises(RunError, match="need about 29.2 MB"):
        examine(tmp_path / "out", chapters, HERE)
    with Store.open(tmp_path / "out", design, HERE, batch=BATCH) as kept:
        free.free = 20_010_000
        with pytest.raises(RunError, match="use another disk, fewer runs or fewer findings"):
            kept.write(0, results(kept, 0))
        # What was finished is kept all the same.
        assert list(kept.missing())[0] == 1
        assert len(kept.read()) == 6 * len(NAMES)


@pytest.mark.parametrize("findings", ["headline", "coverage_ratio"])
def test_the_estimate_is_careful_but_not_silly(tmp_path: Path, findings: str) -> None:
    """Real results take less, and more than a sixth; with few parameters or many, few findings or many."""
    wide = [name for name, entry in known().items() if entry.defensible and entry.defensible[0] < entry.defensible[1]]
    varied = dict.fromkeys(
        wide if findings == "coverage_ratio" else ["cost_of_capital_ratio", "buyer_gross_margin_ratio"], "defensible"
    )
    design = make_design({"kind": "sample", "runs": 200, "findings": findings, "parameters": varied})
    with Store.open(tmp_path / "out", design, HERE) as kept:
        guess = kept.needed()
        kept.write(0, evaluate(kept.points(0), design.findings))
        (part,) = (tmp_path / "out" / "results").iterdir()
        assert guess / 6 < part.stat().st_size < guess


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """The system itself refuses to write further, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fills_up(design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the write, or its way to the disk, fails: a message, no half of anything, and the rest comes later."""
    folder = tmp_path / "out"
    with Store.open(folder, design, HERE, batch=BATCH) as kept:
        kept.write(0, results(kept, 0))
        with files_end_at(1000):
            for write in (
                lambda: kept.write(1, results(kept, 1)),
                lambda: kept.notebook("0" * 16, "cost", b"x" * 2000),
            ):
                with pytest.raises(RunError, match="out cannot be written: the disk is full; free some space"):
                    write()
        monkeypatch.setattr(os, "fsync", _no_space)
        with pytest.raises(RunError, match="the disk is full"):
            kept.write(2, results(kept, 2))
        monkeypatch.undo()
        assert [path.name[:13] for path in (folder / "results").iterdir()] == ["part-00000000"]
        assert not list((folder / ".partial").iterdir())
        assert not (folder / "notebooks" / ("0" * 16) / "cost.ipynb").exists()
    write_all(folder, design, HERE)


def _no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_broken_part_is_named(design: Design, tmp_path: Path) -> None:
    """Bits rot: which file, and what to do."""
    folder = tmp_path / "out"
    write_all(folder, design, HERE)
    part = sorted((folder / "results").iterdir())[4]
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(RunError, match="part-00000004-.*delete it and run the same command again"):
        read(folder)
    part.unlink()
    write_all(folder, design, HERE)
    check_kept(folder, len(design))
    with pytest.raises(RunError, match="holds no sweep: there is no sweep.json"):
        read(tmp_path)


def kill_until_done(tmp_path: Path, folder: Path, count: int, chance: random.Random, kills: int) -> int:
    """Start a writer, kill it at a random instant, look at what is there; then let one finish."""
    given = tmp_path / "given.pickle"
    given.write_bytes(pickle.dumps((grid(count), HERE)))
    command = [
        sys.executable,
        "-c",
        "import sys, runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')",
        str(Path(__file__).with_name("store_writer.py")),
        str(given),
        str(folder),
    ]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    landed = 0
    for _ in range(kills):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
            time.sleep(chance.random() ** 2 * 0.15)
            writer.kill()
            landed += writer.wait() == -9
        if (folder / "sweep.json").exists():
            assert json.loads((folder / "sweep.json").read_text())["batch"] == BATCH
        if (folder / "results").exists():
            check_kept(folder, count)
        assert not keep.held(folder) if folder.exists() else True
    assert subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True).stdout == b"ready\n"
    check_kept(folder, count)
    assert len(list((folder / "results").iterdir())) == -(-count // BATCH)
    assert not list((folder / ".partial").iterdir())
    assert len(read(folder)) == (count - count // BATCH) * len(NAMES)
    return landed


def test_killed_at_any_instant_nothing_is_lost_or_halved(tmp_path: Path) -> None:
    """A few times here, many times in the long tests."""
    assert kill_until_done(tmp_path, tmp_path / "out", 60 * BATCH, random.Random(1), 2) >= 1


@pytest.mark.runs
def test_killed_forty_times(tmp_path: Path) -> None:
    """At forty instants, from before the folder exists to the last batch."""
    assert kill_until_done(tmp_path, tmp_path / "out", 300 * BATCH, random.Random(2), 40) >= 35


def test_names_do_not_change_from_here(design: Design, tmp_path: Path) -> None:
    """The store reads what an earlier version of itself wrote: the layout is a promise."""
    write_all(tmp_path / "out", design, HERE)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".lock",
        ".partial",
        "README.txt",
        "design.yml",
        "failures",
        "notebooks",
        "results",
        "sweep.json",
    ]
    assert store.RESULTS == "results"
