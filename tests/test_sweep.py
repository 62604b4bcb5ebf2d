"""A sweep in this process: what is kept, what a second call does, and what becomes of runs that fail or kill."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from aieq.errors import RunError
from aieq.runs import careful, cluster, loop, store, travel, worker
from aieq.runs.design import Design, make_design
from aieq.runs.identity import surroundings
from aieq.runs.sweep import Progress, sweep

FINDING = "required_revenue_usd_bn"


def margins(steps: int = 7, **more: Any) -> Design:
    """A grid over one margin; half of it doubles what is required."""
    values = {"cahn_buyer_gross_margin_ratio": {"from": 0.2, "to": 0.8, "steps": steps}}
    fixed = {"as_of": "2025-03-31"}
    return make_design({"kind": "grid", "findings": [FINDING], "defaults": fixed, "parameters": values} | more)


def test_every_run_is_kept_once(tmp_path: Path) -> None:
    """Seven margins in batches of three; required revenue goes with 1 / (1 - margin)."""
    done = sweep(margins(), tmp_path / "out", workers=0, batch=3)
    table = store.read(tmp_path / "out").sort_values("cahn_buyer_gross_margin_ratio")
    assert (done.done, done.failed, done.kept, done.parcels) == (7, 0, 7, 0)
    assert len(list((tmp_path / "out" / "results").iterdir())) == 3
    assert table["run"].nunique() == len(table) == 7
    assert (table["value"] * (1 - table["cahn_buyer_gross_margin_ratio"])).round(6).nunique() == 1


def test_a_second_call_does_what_is_missing(tmp_path: Path) -> None:
    """Nothing if nothing is; else just that, in batches as before, with the same result."""
    out = tmp_path / "out"
    sweep(margins(), out, workers=0, batch=3)
    before = store.read(out)
    assert sweep(margins(), out, workers=0).done == 0
    next((out / "results").glob("part-00000001-*")).unlink()
    told: list[Progress] = []
    done = sweep(margins(), out, workers=0, batch=2, progress=told.append)
    assert (done.done, done.kept) == (3, 7)
    assert [(now.done, now.total) for now in (told[0], told[-1])] == [(4, 7), (7, 7)]
    pd.testing.assert_frame_equal(store.read(out), before)


def test_batches_are_measured(tmp_path: Path) -> None:
    """A run takes some milliseconds, so a batch has several; and there are eight batches for a worker at least."""
    sweep(margins(200), tmp_path / "out", workers=0)
    size = store.recorded_batch(tmp_path / "out")
    assert size in (5, 10, 20)


def test_another_design_is_refused_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder says so, and no worker is started."""
    sweep(margins(), tmp_path / "out", workers=0, batch=7)
    monkeypatch.setattr(cluster, "_local", lambda processes: pytest.fail("workers were started"))
    with pytest.raises(RunError, match="holds another design"):
        sweep(margins(5), tmp_path / "out")


class Fates:
    """Stands for workers: gives each batch the fate a test wants, then does it here."""

    size, sent, near = 2, 0, False

    def __init__(self, fate: Mapping[str, Any]) -> None:
        self.fate = dict(fate)
        self.jobs: list[tuple[str, Mapping[str, Any]]] = []
        self.seen: list[tuple[int, bool]] = []
        self.most = 0

    def submit(self, tag: str, job: Mapping[str, Any]) -> None:
        """Take a batch."""
        self.jobs.append((tag, job))
        self.most = max(self.most, len(self.jobs))

    def send(self, parcel: travel.Parcel) -> None:
        """Count parcels."""
        self.sent += 1

    def collect(self, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Do the latest batch first: nothing may hang on their order."""
        if not self.jobs:
            time.sleep(0.01)
            return
        tag, job = self.jobs.pop()
        self.seen.append((len(job["points"]), job["careful"]))
        yield tag, self.reply(job)

    def reply(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Die of the margins that are deadly."""
        deadly = [
            p for p in job["points"] if round(p["cahn_buyer_gross_margin_ratio"], 6) in self.fate.get("deadly", ())
        ]
        if deadly:
            return {"said": "ended", "error": "KilledWorker", "message": "attempted to run it four times"}
        if self.fate.get("raises"):
            return {"said": "raised", "error": "OSError", "message": "no space left"}
        if self.fate.get("no data"):
            self.fate["no data"] -= 1
            return {"said": "no data", "host": "far"}
        if self.fate.get("refused"):
            return {"said": "refused", "host": "far", "code": "0" * 64, "versions": "1" * 64}
        return worker.work(job)


def run_with(fates: Fates, design: Design, out: Path, batch: int = 3) -> loop.Loop:
    """Run the loop with them."""
    around = surroundings()
    with store.Store.open(out, design, around, batch=batch) as kept:
        going = loop.Loop(kept, fates, loop.Jobs(design, around), loop.Teller(lambda _: None, len(design)))  # type: ignore[arg-type]
        going.run()
    return going


@pytest.mark.runs
def test_a_deadly_run_is_found_and_costs_only_itself(tmp_path: Path) -> None:
    """A batch that ended its workers is done with care, then run by run; nothing else is in flight meanwhile."""
    fates = Fates({"deadly": [0.5]})
    going = run_with(fates, margins(), tmp_path / "out")
    assert going.done == 7
    assert len(store.read(tmp_path / "out")) == 6
    (failures,) = (tmp_path / "out" / "failures").glob("*.json")
    (failure,) = json.loads(failures.read_text(encoding="utf-8"))
    assert failure["error"] == "KilledWorker"
    assert failure["parameters"]["cahn_buyer_gross_margin_ratio"] == 0.5
    careful_ones = [size for size, careful_one in fates.seen if careful_one]
    assert sorted(careful_ones) == [1, 1, 1, 3]


@pytest.mark.runs
def test_if_every_run_is_deadly_it_is_not_the_runs(tmp_path: Path) -> None:
    """Five that end their workers before one was done: said, not recorded as five failures."""
    everything = [round(0.2 + 0.1 * n, 6) for n in range(7)]
    with pytest.raises(RunError, match="every run ends its worker"):
        run_with(Fates({"deadly": everything}), margins(), tmp_path / "out", batch=7)
    assert not list((tmp_path / "out" / "failures").iterdir())


def test_workers_that_cannot_work_are_told_from_runs_that_fail(tmp_path: Path) -> None:
    """What is raised around the runs, also when done again with care, ends the sweep and fails no run."""
    with pytest.raises(RunError, match="the workers cannot do their work: OSError: no space left"):
        run_with(Fates({"raises": True}), margins(), tmp_path / "out")
    assert not list((tmp_path / "out" / "failures").iterdir())


def test_no_more_than_three_batches_a_worker_are_in_flight(tmp_path: Path) -> None:
    """Two workers: six."""
    fates = Fates({})
    run_with(fates, margins(40), tmp_path / "out", batch=1)
    assert fates.most == 6


def test_who_lacks_the_data_gets_them(tmp_path: Path) -> None:
    """And the batch is done again; whoever loses them time and again is given up."""
    fates = Fates({"no data": 2})
    assert run_with(fates, margins(), tmp_path / "out").done == 7
    assert fates.sent == 2
    with pytest.raises(RunError, match="do not stay on far"):
        run_with(Fates({"no data": 99}), margins(), tmp_path / "other")


def test_other_code_is_refused_with_both_hashes(tmp_path: Path) -> None:
    """Theirs and ours."""
    with pytest.raises(
        RunError, match=f"on far have other code .000000000000. than this machine .{surroundings().code[:12]}"
    ):
        run_with(Fates({"refused": True}), margins(), tmp_path / "out")


def test_workers_that_stay_away_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; what is kept is kept."""
    monkeypatch.setattr(loop, "NO_WORKERS_SECONDS", 0.05)
    nobody = Fates({})
    nobody.size = 0
    monkeypatch.setattr(nobody, "collect", lambda seconds: time.sleep(0.02) or iter(()))
    with pytest.raises(RunError, match="there have been no workers"):
        run_with(nobody, margins(), tmp_path / "out")


def test_workers_that_say_nothing_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck cluster is no endless wait."""
    monkeypatch.setattr(loop, "STUCK_SECONDS", 0.05)
    mute = Fates({})
    monkeypatch.setattr(mute, "collect", lambda seconds: time.sleep(0.02) or iter(()))
    with pytest.raises(RunError, match="nothing has come back"):
        run_with(mute, margins(), tmp_path / "out")


def test_a_failing_run_is_recorded_and_the_others_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error stands beside the results, under its name; a second call counts it again."""
    from aieq.runs import evaluate

    whole = evaluate.context_of

    def fails_at_half(point: Mapping[str, Any]) -> Any:
        if point["cahn_buyer_gross_margin_ratio"] == 0.5:
            raise ZeroDivisionError("planted")
        return whole(point)

    monkeypatch.setattr(evaluate, "context_of", fails_at_half)
    first = sweep(margins(), tmp_path / "out", workers=0, batch=3)
    again = sweep(margins(), tmp_path / "out", workers=0)
    assert (first.done, first.failed, again.done, again.failed, again.kept) == (7, 1, 0, 1, 7)
    assert len(store.read(tmp_path / "out")) == 6


@pytest.mark.runs
def test_with_care_a_deadly_run_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit, signal and endless loop, between runs that are well."""
    # The child process loads this instead of what evaluates.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, types, os, signal\n"
        "fake = types.ModuleType('aieq.runs.worker')\n"
        "def evaluated(points, findings):\n"
        "    do = points[0]['do']\n"
        "    print('noise on standard output', flush=True)\n"
        "    if do == 'exit': os._exit(3)\n"
        "    if do == 'kill': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    while do == 'loop': pass\n"
        "    return do.encode(), []\n"
        "fake.evaluated = evaluated\n"
        "sys.modules['aieq.runs.worker'] = fake\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr(careful, "LOADING_SECONDS", 10.0)
    points = [{"do": do} for do in ("one", "exit", "kill", "two", "loop", "three")]
    found = list(careful.carefully(points, [FINDING], run_seconds=1.0))
    assert [(number, table) for number, table, _ in found if table] == [(0, b"one"), (3, b"two"), (5, b"three")]
    messages = {number: failure["message"] for number, _, failure in found if failure}
    assert messages == {
        1: "the run ended its process with exit code 3",
        2: "the run ended its process with SIGKILL; often that is memory",
        4: "the run took longer than 1 s and was ended",
    }


@pytest.mark.runs
def test_work_with_care_gives_the_same(tmp_path: Path) -> None:
    """One process a run, or this one: the same table."""
    design = margins(3)
    jobs = loop.Jobs(design, surroundings())
    plain = worker.work(jobs.of(design.points()))
    carefully = worker.work(jobs.of(design.points(), careful=True))
    assert worker.table_of(carefully["table"]).to_pandas().equals(worker.table_of(plain["table"]).to_pandas())


def test_a_parcel_is_the_same_for_the_same_content(tmp_path: Path) -> None:
    """Whatever the times of its files; hidden files stay at home."""
    home = home_at(tmp_path / "home", {"data/one.csv": "a", "data/deep/two.yml": "b", "chapters/c.ipynb": "{}"})
    first = travel.pack(home)
    (home / "data" / ".hidden").write_text("x", encoding="utf-8")
    os.utime(home / "data" / "one.csv", (1, 1))
    assert travel.pack(home) == first
    (home / "data" / "one.csv").write_text("A", encoding="utf-8")
    assert travel.pack(home).key != first.key


def home_at(home: Path, files: Mapping[str, str]) -> Path:
    """A folder with some files."""
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def test_a_parcel_is_unpacked_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once; again if something was swept away; not if it arrived damaged."""
    monkeypatch.setattr(travel.tempfile, "gettempdir", lambda: str(tmp_path / "machine"))
    (tmp_path / "machine").mkdir()
    parcel = travel.pack(home_at(tmp_path / "home", {"data/one.csv": "a", "chapters/c.ipynb": "{}"}))
    assert not travel.arrived(parcel.key)
    folder = travel.unpack(parcel)
    assert (folder / "data" / "one.csv").read_text(encoding="utf-8") == "a"
    kept = folder.stat().st_ino
    assert travel.unpack(parcel).stat().st_ino == kept
    (folder / "data" / "one.csv").unlink()
    assert not travel.arrived(parcel.key)
    assert (travel.unpack(parcel) / "data" / "one.csv").exists()
    with pytest.raises(RunError, match="damaged"):
        travel.unpack(travel.Parcel(parcel.key, parcel.content[:-1]))
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_scheduler_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port nobody listens on is said to be one, soon."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(RunError, match="no dask scheduler answers at tcp://127.0.0.1:1"):
        sweep(margins(), tmp_path / "out", scheduler="tcp://127.0.0.1:1")
