"""A sweep: every run of a design, done by workers, kept by the one process that started it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aieq.errors import RunError
from aieq.runs.cluster import crew, prepare
from aieq.runs.design import Design, read_design
from aieq.runs.identity import surroundings
from aieq.runs.loop import Jobs, Loop, Progress, Teller, batch_size
from aieq.runs.store import FAILURES, Store, examine, recorded_batch

__all__ = ["Progress", "Summary", "sweep"]


@dataclass(frozen=True)
class Summary:
    """
    What a sweep has done.

    Parameters
    ----------
    done : int
        Runs done in this call, those that failed included.
    failed : int
        Runs in the folder whose error is recorded instead of a result, or one of whose chapters failed.
    kept : int
        Runs in the folder, with those of earlier calls.
    seconds : float
        What this call took.
    parcels : int
        How often the data were sent: 0 where the workers had them, 1 where they did not.
    """

    done: int
    failed: int
    kept: int
    seconds: float
    parcels: int = 0


def sweep(
    design: str | Path | Design,
    out: str | Path,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    batch: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Summary:
    """
    Do the runs of a design that are missing in a folder.

    Work is handed out in batches of about a second. Each result is written when it comes, by this process alone and
    whole or not at all; so after any interruption the same call does what is left.

    Any dask cluster will do. Start one with dask's own tools, this package installed for every process, scheduler
    included, one thread to a worker; then give the address of its scheduler:

    - by hand: ``dask scheduler`` on one machine, ``dask worker tcp://HOST:8786 --nthreads 1 --nworkers 8`` on others;
    - SSH: ``dask ssh --nthreads 1 --nworkers 8 HOST1 HOST2`` (needs paramiko; the scheduler runs on the first);
    - SLURM: ``cluster = dask_jobqueue.SLURMCluster(cores=8, processes=8, memory="32GB", walltime="02:00:00")``, which
      starts the scheduler in that Python, ``cluster.scale(jobs=4)``, and ``cluster.scheduler_address`` is the address;
    - Kubernetes: ``cluster = dask_kubernetes.operator.KubeCluster(name="aieq", image=IMAGE)`` where dask's operator is
      installed, with an image that has this package, ``cluster.scale(10)``, and ``cluster.scheduler_address``.

    A worker ends, with exit code 0, when its scheduler is lost, so whatever keeps workers running must start them
    again always, not only after a failure.

    Parameters
    ----------
    design : path or Design
        What is to be run.
    out : path
        Folder of the results; one that holds part of this design is gone on with.
    scheduler : str, optional
        Address of a running dask scheduler, ``tcp://host:8786``.
    workers : int, optional
        Processes on this machine if there is no scheduler: as many as it has cores by default, 0 for none but this.
    batch : int, optional
        Runs handed out together, measured if not given; a folder keeps the one it began with.
    progress : callable, optional
        Told of each step.

    Returns
    -------
    Summary

    Raises
    ------
    ParameterError, ScenarioError
        If the design is faulty; nothing has been started then.
    RunError
        If the folder cannot take the results, the scheduler is lost or workers stay away; what is finished is kept.

    Notes
    -----
    In a script of your own, call it under ``if __name__ == "__main__":``, for worker processes load the script too.
    """
    started = time.monotonic()
    prepare(scheduler, workers)
    whole = design if isinstance(design, Design) else read_design(design)
    around = surroundings(whole.chapters)
    tell = Teller(progress or (lambda _: None), len(whole))
    with contextlib.ExitStack() as stack:
        size = recorded_batch(out) or batch
        # What the folder refuses is refused before any worker starts.
        examine(out, whole, around)
        store = stack.enter_context(Store.open(out, whole, around, batch=size)) if size else None
        if store and store.kept == len(whole):
            return Summary(0, failed_in(store.folder), store.kept, time.monotonic() - started)
        jobs = Jobs(whole, around)
        hands = stack.enter_context(crew(scheduler, workers, tell.note))
        try:
            if store is None:
                size = batch_size(hands, jobs, len(whole))
                store = stack.enter_context(Store.open(out, whole, around, batch=size))
            loop = Loop(store, hands, jobs, tell)
            loop.run()
        except RunError as error:
            if " are kept" in str(error):  # the store says so itself
                raise
            kept = f"{store.kept if store else 0:,} of {len(whole):,} runs are kept in {out}"
            raise RunError(f"{error}; {kept}; run the same command again") from error
        return Summary(loop.done, failed_in(store.folder), store.kept, time.monotonic() - started, hands.sent)


def failed_in(folder: Path) -> int:
    """
    Count the runs of a sweep that have failures.

    Parameters
    ----------
    folder : Path
        Of the sweep.

    Returns
    -------
    int
        Those are counted once that failed in several chapters.
    """
    count = 0
    for path in sorted((folder / FAILURES).glob("*.json")):
        count += len({failure["run"] for failure in json.loads(path.read_text(encoding="utf-8"))})
    return count
