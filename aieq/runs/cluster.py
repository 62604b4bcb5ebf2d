"""Where batches of runs are done: in this process, on the cores of this machine, or by any running dask scheduler."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import secrets
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import forkserver
from typing import Any

import dask
import distributed
from distributed.comm import CommClosedError

from aieq.errors import RunError
from aieq.runs import travel
from aieq.runs.worker import folded, probe, work

CONNECT_SECONDS = 10.0  # for a scheduler to answer at all
PROBE_SECONDS = 8.0  # for one that answered before; two in a row that fail mean that it is gone
PROBE_EVERY_SECONDS = 2.0
CLOSE_SECONDS = 5.0
SEND_SECONDS = 60.0
NO_WORKERS_SECONDS = 120.0
PROBE_RUN_SECONDS = 600.0
HERE = "this machine"
# Distributed waits for half a minute or for ever; and what it measures for its dashboard costs a tenth of the work.
SETTINGS = {
    "distributed.comm.timeouts.connect": f"{CONNECT_SECONDS:g}s",
    "distributed.comm.timeouts.tcp": "20s",
    "distributed.worker.profile.enabled": False,
    "distributed.diagnostics.nvml": False,
}
FORKS = sys.platform == "linux"
# Of a cluster of our own besides: who ends two workers is looked at carefully.
LOCAL_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.worker.multiprocessing-method": "forkserver" if FORKS else "spawn",
}


class Here:
    """This process, without dask: one batch after the other."""

    size, sent, near = 1, 0, True

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Mapping[str, Any]]] = []

    def submit(self, tag: str, job: Mapping[str, Any]) -> None:
        """Hand out a batch."""
        self.waiting.append((tag, job))

    def collect(self, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Do the batch that waits longest."""
        if self.waiting:
            tag, job = self.waiting.pop(0)
            yield tag, work(job)

    def probe(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Measure a run here."""
        return probe(job)

    def send(self, parcel: travel.Parcel) -> None:
        """Refuse: the data are those of this very process, unless they are being edited."""
        raise RunError("data/ changed while the sweep was running; run it again into another folder")


class Arrival(distributed.WorkerPlugin):
    """Brings the client's data to each worker, once for each machine."""

    name = "aieq-data"

    def __init__(self, parcel: travel.Parcel) -> None:
        self.parcel = parcel

    def setup(self, worker: Any) -> None:
        """Unpack the parcel before the first batch comes."""
        travel.unpack(self.parcel)


class Connection(distributed.Client):
    """A client that is closed by `crew`, with a limit, and not once more, without one, when it is collected."""

    def __del__(self) -> None:
        return


class Dask:
    """
    The workers of a dask scheduler.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    where : str
        Address, for messages.
    say : callable
        Told what a person would want to know.
    """

    def __init__(self, client: distributed.Client, where: str, say: Callable[[str], None]) -> None:
        self.client, self.where, self.say = client, where, say
        self.flying: dict[str, distributed.Future] = {}
        self.landed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.size = 0
        self.asked = self.probe_failures = 0.0
        self.sent = 0
        self.near = where == HERE
        self.look()

    def submit(self, tag: str, job: Mapping[str, Any]) -> None:
        """Hand out a batch; what a worker leaves undone by dying, the scheduler gives to another."""
        self._fly(tag, work, job)

    def _fly(self, tag: str, function: Callable[..., Any], job: Mapping[str, Any]) -> None:
        try:
            future = self.client.submit(function, folded(job), key=tag, pure=False)
        except Exception as error:
            # Distributed raises whatever its state suggests; what matters is whether it can still be reached.
            self.look()
            raise self.gone() from error
        self.flying[tag] = future
        future.add_done_callback(lambda _: self.landed.put(tag))

    def collect(self, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
        """Take what was finished within some seconds."""
        deadline = time.monotonic() + seconds
        while self.flying:
            try:
                tag = self.landed.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                break
            future = self.flying.pop(tag)
            reply = self._reply(future)
            future.release()
            yield tag, reply
        if time.monotonic() - self.asked >= PROBE_EVERY_SECONDS:
            self.look()

    def _reply(self, future: distributed.Future) -> dict[str, Any]:
        while future.status != "error":
            try:
                return future.result(timeout=PROBE_SECONDS)
            except TimeoutError:
                # Its worker died with the result; it is being computed again, if there is still a scheduler.
                self.look()
            except (asyncio.CancelledError, Exception) as error:
                if future.status != "error":
                    raise self.gone() from error
        theirs = future.exception(timeout=PROBE_SECONDS)
        if isinstance(theirs, ImportError):
            raise RunError(f"the workers of {self.where} lack {theirs.name}: install there what is installed here")
        if isinstance(theirs, RunError):
            raise theirs
        said = "ended" if isinstance(theirs, distributed.KilledWorker) else "raised"
        return {"said": said, "error": type(theirs).__name__, "message": str(theirs).partition("\n")[0]}

    def look(self) -> None:
        """
        See whether the scheduler is there and how many threads its workers have.

        Raises
        ------
        RunError
            If it is gone.
        """
        self.asked = time.monotonic()
        if self.client.status != "running":
            raise self.gone()
        try:
            threads = self.client.sync(self.client.scheduler.ncores, callback_timeout=PROBE_SECONDS)
        except TimeoutError as error:
            self.probe_failures += 1
            if self.probe_failures >= 2:
                raise self.gone() from error
            return
        except (asyncio.CancelledError, CommClosedError, OSError, RuntimeError) as error:
            raise self.gone() from error
        self.probe_failures = 0
        # A process does one batch at a time, however many threads it has.
        self.size = len(threads)

    def gone(self) -> RunError:
        """Say that the scheduler is lost."""
        return RunError(f"the scheduler at {self.where} is gone")

    def probe(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Measure a run on a worker."""
        self._fly(f"aieq-probe-{secrets.token_hex(4)}", probe, job)
        since = time.monotonic()
        while True:
            for _, reply in self.collect(1.0):
                return reply
            waited = time.monotonic() - since
            if waited > (PROBE_RUN_SECONDS if self.size else NO_WORKERS_SECONDS):
                what = "nothing has come back from the workers" if self.size else "there have been no workers"
                raise RunError(f"{what} of {self.where} for {waited:.0f} s")

    def send(self, parcel: travel.Parcel) -> None:
        """Let every worker have the data, those too that come later."""
        if self.sent:
            return
        self.sent = 1
        self.say(f"sending {len(parcel.content) / 1e6:.1f} MB of data to the workers")
        try:
            name = f"{Arrival.name}-{parcel.key[:16]}"
            _within(SEND_SECONDS, lambda: self.client.register_plugin(Arrival(parcel), name=name))
        except (CommClosedError, asyncio.CancelledError) as error:
            raise self.gone() from error
        except Exception as error:
            raise RunError(f"the workers of {self.where} could not take the data: {error}") from error


def prepare(scheduler: str | None, workers: int | None) -> None:
    """
    Let a process load what workers of this machine need, while this one reads a design and looks at folders.

    They are forked from it, so that two take no longer to begin than one. Where forking is not safe, each loads alone.

    Parameters
    ----------
    scheduler, workers
        As for `crew`.
    """
    if scheduler is None and workers != 0 and FORKS:
        with dask.config.set(LOCAL_SETTINGS):
            distributed.utils.get_mp_context().set_forkserver_preload(["aieq.runs.warm"])
        forkserver.ensure_running()


@contextlib.contextmanager
def crew(scheduler: str | None, workers: int | None, say: Callable[[str], None]) -> Iterator[Here | Dask]:
    """
    Have workers for a while.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running scheduler.
    workers : int, optional
        Processes on this machine otherwise, as many as cores by default; 0 for none but this one.
    say : callable
        Told what a person would want to know.

    Yields
    ------
    Here or Dask

    Raises
    ------
    RunError
        If no scheduler answers, or workers cannot be started.
    """
    if scheduler is None and workers == 0:
        yield Here()
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet())
        stack.enter_context(dask.config.set(SETTINGS if scheduler else {**SETTINGS, **LOCAL_SETTINGS}))
        cluster: Any = scheduler
        where = scheduler or HERE
        if scheduler is None:
            cluster = _local(workers or os.cpu_count() or 1)
            stack.callback(_close, cluster)
        try:
            client = _within(
                2 * CONNECT_SECONDS,
                lambda: Connection(cluster, timeout=CONNECT_SECONDS, set_as_default=False),
            )
        except (OSError, ValueError) as error:
            raise RunError(f"no dask scheduler answers at {where}: is it running, is the address right?") from error
        stack.callback(_close, client)
        # A lost connection is final, since all that was handed out is lost with it: no waiting for another one.
        client._timeout = 0
        yield Dask(client, where, say)


def _within(seconds: float, do: Callable[[], Any]) -> Any:
    """Call what may never return; a part that listens and says nothing is waited for without end by distributed."""
    answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def call() -> None:
        try:
            answer.put((do(), None))
        except BaseException as error:
            answer.put((None, error))

    threading.Thread(target=call, daemon=True).start()
    try:
        result, error = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return result


def _local(processes: int) -> distributed.LocalCluster:
    try:
        return distributed.LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            preload=["aieq.runs.worker"],
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        raise RunError(f"no workers could be started on this machine: {error}; workers=0 does without") from error


def _close(thing: Any) -> None:
    # A scheduler that is gone or stuck must not hold up the end.
    with contextlib.suppress(Exception, asyncio.CancelledError):
        _within(2 * CLOSE_SECONDS, lambda: thing.close(timeout=CLOSE_SECONDS))


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep dask's talk of lost connections off the screen: what matters is said in our words."""
    known = [*logging.root.manager.loggerDict, "distributed", "tornado", "asyncio"]
    names = {name for name in known if name.partition(".")[0] in ("distributed", "tornado", "asyncio")}
    loggers = [logging.getLogger(name) for name in names]  # each: some have levels of their own
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
