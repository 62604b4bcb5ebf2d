"""How batches are handed out and taken back, whatever becomes of those who do them."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from aieq.errors import RunError
from aieq.runs import travel
from aieq.runs.cluster import NO_WORKERS_SECONDS, Dask, Here
from aieq.runs.design import Design
from aieq.runs.evaluate import Results, evaluate
from aieq.runs.identity import Surroundings
from aieq.runs.store import Store
from aieq.runs.worker import renumbered, table_of

IN_FLIGHT = 3  # batches per worker: none waits for the client, and a lost worker costs little
BATCH_SECONDS = 1.0
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
BATCHES_PER_WORKER = 8  # at least, so that workers end at about the same time
TRIES = 3
DEADLY = 5  # runs that end their workers before any has been done: then it is not the runs
RUN_SECONDS = 300.0  # only where one run at a time is watched
STUCK_SECONDS = 600.0  # plus what the longest batch so far would take twenty times


@dataclass(frozen=True)
class Progress:
    """
    How far a sweep is.

    Parameters
    ----------
    done, total : int
        Runs kept, with those of earlier calls and those that failed; runs in all.
    failed : int
        Runs that failed in this call.
    workers : int
        Processes at work.
    note : str
        What a person would want to know; mostly empty.
    """

    done: int
    total: int
    failed: int = 0
    workers: int = 0
    note: str = ""


class Teller:
    """Keeps count for those who watch."""

    def __init__(self, progress: Callable[[Progress], None], total: int) -> None:
        self.progress, self.total = progress, total
        self.kept = self.failed = self.workers = 0

    def note(self, text: str = "") -> None:
        """Report where things stand."""
        self.progress(Progress(self.kept, self.total, self.failed, self.workers, text))


class Jobs:
    """What a worker is told of a batch."""

    def __init__(self, design: Design, around: Surroundings) -> None:
        self.design, self.around = design, around
        self.parcel = travel.pack()
        self.same = {
            "findings": design.findings,
            "chapters": design.chapters,
            "cell_seconds": design.cell_seconds,
            "run_seconds": RUN_SECONDS,
            "code": around.code,
            "versions": around.versions,
            "data": around.data,
            "chapters_hash": around.chapters,
            "parcel": self.parcel.key,
        }

    def of(self, points: list[dict[str, Any]], *, careful: bool = False) -> dict[str, Any]:
        """Make a job."""
        return {**self.same, "points": points, "careful": careful}

    def refused(self, reply: Mapping[str, Any], near: bool) -> RunError:
        """Say why a worker cannot do it."""
        if near:
            # Both read the same files, so these changed in between.
            return RunError("the package was changed while the sweep was starting")
        if reply["code"] != self.around.code:
            what, ours, theirs = "code", self.around.code, reply["code"]
            remedy = "install there the same commit of aieq as here, and start the workers again"
        else:
            what, ours, theirs = "numerical packages or Python", self.around.versions, reply["versions"]
            remedy = "install there the locked requirements, as here"
        return RunError(
            f"the workers on {reply['host']} have other {what} ({theirs[:12]}) than this machine ({ours[:12]}), so "
            f"results could differ: {remedy}"
        )


def batch_size(hands: Here | Dask, jobs: Jobs, total: int) -> int:
    """Runs that take about a second; a round number, so that most machines agree."""
    if jobs.design.chapters:
        return 1
    for _ in range(TRIES):
        reply = hands.probe(jobs.of(jobs.design.points(0, min(total, 60))))
        if reply["said"] == "refused":
            raise jobs.refused(reply, hands.near)
        if reply["said"] == "done":
            most = total / (BATCHES_PER_WORKER * max(hands.size, 1))
            size = min(BATCH_SECONDS / max(reply["run_seconds"], 1e-6), most)
            return max(each for each in SIZES if each <= max(size, 1))
        if reply["said"] == "no data":
            hands.send(jobs.parcel)
    # The runs that were tried end their process: small batches, so that little is done again.
    return min(10, total)


@dataclass
class _Batch:
    """A batch on its way; one that ended its workers is done again with care, at last run by run."""

    number: int
    points: list[dict[str, Any]]
    sent: float
    ended: int = 0
    unsent: int = 0
    parts: dict[int, dict[str, Any]] = field(default_factory=dict)


class Loop:
    """
    Hands out batches and keeps what comes back.

    Parameters
    ----------
    store : Store
        Where results are kept.
    hands : Here or Dask
        Who does the work.
    jobs : Jobs
        What they are told.
    tell : Teller
        Told of each step.
    """

    def __init__(self, store: Store, hands: Here | Dask, jobs: Jobs, tell: Teller) -> None:
        self.store, self.hands, self.jobs, self.tell = store, hands, jobs, tell
        self.name = secrets.token_hex(4)  # a scheduler may have two sweeps at a time, or the rest of an earlier one
        self.flying: dict[str, tuple[_Batch, int | None]] = {}
        self.suspects: deque[_Batch] = deque()
        self.done = self.count = self.deadly = 0
        self.slowest = 0.0
        self.heard = self.peopled = time.monotonic()

    def run(self) -> None:
        """
        Go on until every batch is kept.

        Raises
        ------
        RunError
            If the scheduler is lost, workers stay away, nothing comes back for long, or their code differs.
        """
        missing = self.store.missing()
        self.tell.kept = self.store.kept
        self.tell.note()
        more = True
        while more or self.flying or self.suspects:
            # While a batch is suspected of ending its workers, nothing else is near it.
            while more and not self.suspects and len(self.flying) < IN_FLIGHT * max(self.hands.size, 1):
                number = next(missing, None)
                if number is None:
                    more = False
                else:
                    self.send(_Batch(number, self.store.points(number), time.monotonic()))
            if self.suspects and not self.flying:
                self.send(self.suspects.popleft())
            for tag, reply in self.hands.collect(1.0):
                self.take(*self.flying.pop(tag), reply)
            self.watch()

    def send(self, batch: _Batch) -> None:
        """Hand out a batch, or the next single run of one that was taken apart."""
        alone = next((n for n in range(len(batch.points)) if n not in batch.parts), 0) if batch.ended >= 2 else None
        points = batch.points if alone is None else [batch.points[alone]]
        self.count += 1
        tag = f"aieq-{self.name}-{batch.number}-{self.count}"
        self.flying[tag] = batch, alone
        batch.sent = time.monotonic()
        self.hands.submit(tag, self.jobs.of(points, careful=batch.ended > 0))

    def take(self, batch: _Batch, alone: int | None, reply: dict[str, Any]) -> None:
        """Keep a reply, or do again what it says was not done."""
        self.heard = time.monotonic()
        said = reply["said"]
        if said == "refused":
            raise self.jobs.refused(reply, self.hands.near)
        if said == "no data":
            batch.unsent += 1
            if batch.unsent > TRIES:
                raise RunError(f"the data do not stay on {reply['host']}: its temporary folder is full or swept")
            self.hands.send(self.jobs.parcel)
            self.send(batch)
        elif said == "raised" and batch.ended:
            # One run's errors are told as such: this is none of a run but of the place it was to be done in.
            raise RunError(f"the workers cannot do their work: {reply['error']}: {reply['message']}")
        elif said in ("ended", "raised") and alone is None:
            batch.ended += 1
            self.suspects.append(batch)
            self.tell.note(f"batch {batch.number} ended its worker ({reply['error']}); doing it again with care")
        else:
            self.slowest = max(self.slowest, self.heard - batch.sent)
            if alone is not None:
                batch.parts[alone] = reply if said == "done" else self.lost(reply)
                if len(batch.parts) < len(batch.points):
                    self.suspects.appendleft(batch)
                    return
            self.keep(batch, [(alone or 0, reply)] if alone is None else sorted(batch.parts.items()))

    def keep(self, batch: _Batch, replies: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        """Write a batch: notebooks first, for the part says that all is there."""
        table, failures = joined([(place, reply) for place, reply in replies])
        ids = self.store.run_ids(batch.number) if self.jobs.design.chapters else []
        for place, reply in replies:
            for (number, chapter), content in reply["notebooks"].items():
                self.store.notebook(ids[place + number], chapter, content)
        self.store.write(batch.number, Results(table, failures))
        self.done += len(batch.points)
        self.tell.failed += len({failure["point"] for failure in failures})
        self.tell.kept = self.store.kept
        self.tell.note()

    def lost(self, reply: Mapping[str, Any]) -> dict[str, Any]:
        """Record a run that nobody survives; unless all are like that."""
        self.deadly += 1
        if self.deadly >= DEADLY and not self.done:
            raise RunError(f"every run ends its worker, such as {self.deadly} in a row: {reply['message']}")
        message = f"it ended its worker again and again: {reply['message']}"
        failure = {"point": 0, "error": reply["error"], "message": message}
        return {"table": None, "failures": [failure], "notebooks": {}}

    def watch(self) -> None:
        """See that somebody works and that something comes back."""
        now = time.monotonic()
        if self.tell.workers != self.hands.size:
            self.tell.workers = self.hands.size
            self.tell.note()
        if self.hands.size:
            self.peopled = now
        elif now - self.peopled > NO_WORKERS_SECONDS:
            raise RunError(f"there have been no workers for {NO_WORKERS_SECONDS:.0f} s")
        elif int(now - self.peopled) % 10 == 5:
            self.tell.note(f"waiting for workers since {now - self.peopled:.0f} s")
        chapters = len(self.jobs.design.chapters) * self.store.batch * IN_FLIGHT * self.jobs.design.cell_seconds
        patience = STUCK_SECONDS + 20 * self.slowest + chapters
        if self.flying and now - self.heard > patience:
            raise RunError(f"nothing has come back from the workers for {patience:.0f} s")


def joined(replies: Sequence[tuple[int, Mapping[str, Any]]]) -> tuple[pa.Table, list[dict[str, Any]]]:
    """
    Put the replies to a batch together.

    Parameters
    ----------
    replies : sequence of tuple
        Place of the first run in the batch, and the reply. One that has no table only has failures.

    Returns
    -------
    pyarrow.Table
        With the places of the runs in the batch.
    list of dict
        What failed, likewise.
    """
    tables, failures = [], []
    for place, reply in replies:
        failures += [{**failure, "point": failure["point"] + place} for failure in reply["failures"]]
        if reply["table"] is not None:
            tables.append(renumbered(table_of(reply["table"]), place))
    if not tables:
        tables = [evaluate([], "headline").table]
    return pa.concat_tables(tables).unify_dictionaries(), failures
