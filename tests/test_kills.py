"""Whatever is killed, and whenever: nothing is lost but what was being done, nothing hangs, nothing is there twice."""

from __future__ import annotations

import functools
import multiprocessing
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from dask_processes import Cluster, kill, until

from aieq.errors import AieqError
from aieq.runs import store
from aieq.runs.design import read_design
from aieq.runs.identity import surroundings
from aieq.runs.sweep import sweep

pytestmark = pytest.mark.runs
ROUNDS = int(os.environ.get("AIEQ_KILLS", "2"))
FIRST_SEED = int(os.environ.get("AIEQ_KILLS_SEED", "1"))
RUNS, BATCH = 192, 4
DESIGN = """
kind: grid
findings: [required_revenue_usd_bn, coverage_capital_ratio]
parameters:
  as_of: [2025-06-30, 2025-12-31, 2026-06-30]
  cost_of_capital_ratio: {from: 0.08, to: 0.14, steps: 64}
"""
# A client that lost its scheduler may take this long to say so.
PATIENCE_SECONDS = 60.0
_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["warm_process"])


def client(design: str, out: str, address: str | None, said: str, workers: int | None = None) -> None:
    """One call, as the command line makes it; what it refuses or gives up is left in a file."""
    os.setsid()
    try:
        sweep(design, out, scheduler=address, workers=workers, batch=BATCH)
    except AieqError as error:
        Path(said).write_text(str(error), encoding="utf-8")
        os._exit(3)
    os._exit(0)


class Client:
    """A sweep in a process of its own."""

    def __init__(self, folder: Path, out: Path, address: str | None = None, workers: int | None = None) -> None:
        self.said = folder / "said.txt"
        self.said.unlink(missing_ok=True)
        words = (str(folder / "design.yml"), str(out), address, str(self.said), workers)
        self.process = _FORK.Process(target=client, args=words)
        self.process.start()

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self.process.exitcode

    def message(self) -> str:
        """What it could not do."""
        return self.said.read_text(encoding="utf-8") if self.said.exists() else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the design."""
    path = tmp_path_factory.mktemp("kills")
    (path / "design.yml").write_text(DESIGN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> pd.DataFrame:
    """What the sweep gives in one process that nobody kills."""
    done = sweep(folder / "design.yml", folder / "undisturbed", workers=0, batch=BATCH)
    assert (done.done, done.failed) == (RUNS, 0)
    return ordered(store.read(folder / "undisturbed"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Cluster]:
    """A scheduler and two workers, mended between rounds."""
    with Cluster(tmp_path_factory.mktemp("cluster"), root, warm=True) as found:
        yield found


def ordered(table: pd.DataFrame) -> pd.DataFrame:
    """In an order that does not depend on who came first."""
    return table.sort_values(["run", "finding"], ignore_index=True)


def check_whole(out: Path, wanted: pd.DataFrame) -> None:
    """Every run once, each as if nobody had been killed, and nothing else in the folder."""
    found = ordered(store.read(out))
    assert not found.duplicated(["run", "finding"]).any()
    pd.testing.assert_frame_equal(found, wanted)
    assert found["run"].nunique() == RUNS
    assert len(list((out / "results").iterdir())) == RUNS // BATCH
    assert not list((out / "failures").iterdir())
    # What a killed client was writing is swept by the next one to open the folder.
    design = read_design(out.parent / "design.yml")
    with store.Store.open(out, design, surroundings(), batch=BATCH) as kept:
        assert kept.kept == RUNS
    assert not list((out / ".partial").iterdir())


def kept(out: Path) -> int:
    """Batches that are there."""
    return len(list((out / "results").glob("part-*"))) if (out / "results").exists() else 0


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
def test_killed_at_random(seed: int, folder: Path, cluster: Cluster, undisturbed: pd.DataFrame) -> None:
    """Worker, nanny, scheduler or client, at random times, until the sweep is whole."""
    chance = random.Random(seed)
    out = folder / f"round-{seed}"
    kills, killed = chance.randint(1, 3), list[str]()
    started = time.monotonic()
    calls = 0
    while True:
        calls += 1
        assert calls < 30, f"seed {seed}: no end after {killed}"
        cluster.mend()
        assert until(cluster.listens)
        here = Client(folder, out, cluster.address)
        while here.code is None and len(killed) < kills:
            # Mostly once it has begun to bring results, else somewhere in its start.
            ripe(here, out, kept(out), chance.choice([0.5, 30.0, 30.0, 30.0]))
            time.sleep(chance.uniform(0.0, 0.3))
            if here.code is None:
                killed.append(f"{strike(chance, here, cluster)} at {kept(out)}")
                if chance.random() < 0.5:
                    cluster.mend()
        until(functools.partial(ended, here, cluster), PATIENCE_SECONDS)
        assert here.code is not None, f"seed {seed}: a call hangs after {killed}"
        assert here.code in (0, 3, -9), f"seed {seed}: exit code {here.code} after {killed}"
        if here.code == 3:
            assert "run the same command again" in here.message() or "no dask scheduler" in here.message()
        if here.code == 0:
            break
    print(f"seed {seed}: killed {', '.join(killed) or 'nothing'}; {calls} calls, {time.monotonic() - started:.1f} s")
    check_whole(out, undisturbed)


def ripe(here: Client, out: Path, before: int, seconds: float) -> None:
    """Wait until something new is kept, the call has ended, or time is up."""
    until(lambda: here.code is not None or kept(out) > before, seconds)


def ended(here: Client, cluster: Cluster) -> bool:
    """Whether the call is over. Workers are started again meanwhile; a scheduler is not, its loss must be noticed."""
    if cluster.scheduler and cluster.scheduler.poll() is None:
        cluster.mend()
    here.process.join(0.2)
    return here.code is not None


def strike(chance: random.Random, here: Client, cluster: Cluster) -> str:
    """Kill somebody who is there."""
    there: dict[str, list[int]] = {
        "worker": [process.pid for process in cluster.worker_processes()],
        "nanny": [nanny.pid for nanny in cluster.nannies if nanny.poll() is None],
        "scheduler": [cluster.scheduler.pid] if cluster.scheduler and cluster.scheduler.poll() is None else [],
        "client": [here.process.pid or 0],
    }
    victim = chance.choice([who for who in ("worker", "worker", "nanny", "scheduler", "client") if there[who]])
    kill(chance.choice(there[victim]))
    return victim
