"""What a worker does with a batch of runs. It loads code and data once, and says which it has."""

from __future__ import annotations

import importlib
import io
import json
import os
import signal
import socket
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from aieq.runs import travel

# One batch at a time: what is kept between runs is not made for threads, and a core is used by one anyhow.
_ONE = threading.Lock()
_KNOWN: dict[tuple[str, tuple[str, ...]], Any] = {}


def work(job: Mapping[str, Any]) -> dict[str, Any]:
    """
    Do one batch.

    Parameters
    ----------
    job : mapping
        points, findings, chapters, cell_seconds, run_seconds, careful; code, versions, data, chapters_hash (what the
        client has) and parcel (key of the client's data).

    Returns
    -------
    dict
        Only built-in types, so that a scheduler need not know ours. `said` is ``done`` (with table, failures,
        notebooks), ``no data`` (send the parcel) or ``refused`` (with what differs here).
    """
    job = unfolded(job)
    with _ONE:
        here = {"host": socket.gethostname(), "pid": os.getpid()}
        objection = _prepared(job)
        if objection:
            return {**here, **objection}
        table, failures = _carefully(job) if job["careful"] else evaluated(job["points"], job["findings"])
        notebooks: dict[tuple[int, str], bytes] = {}
        if job["chapters"]:
            notebooks, more = _chapters(job)
            failures += more
        return {**here, "said": "done", "table": table, "failures": failures, "notebooks": notebooks}


def folded(job: Mapping[str, Any]) -> dict[str, Any]:
    """
    Make a job small: a scheduler remembers the last hundred things it was given.

    Parameters
    ----------
    job : mapping
        As for `work`.

    Returns
    -------
    dict
        The same with points as bytes.
    """
    return {**job, "points": zlib.compress(json.dumps(job["points"]).encode(), 1)}


def unfolded(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Undo `folded`.

    Parameters
    ----------
    job : mapping
        Folded, or as it ever was.

    Returns
    -------
    mapping
        With points as a list.

    Examples
    --------
    >>> unfolded(folded({"points": [{"seed": 1}]}))["points"]
    [{'seed': 1}]
    """
    if isinstance(job["points"], bytes):
        return {**job, "points": json.loads(zlib.decompress(job["points"]))}
    return job


def evaluated(points: Sequence[Mapping[str, Any]], findings: Sequence[str]) -> tuple[bytes, list[dict[str, Any]]]:
    """
    Evaluate points in this process.

    Parameters
    ----------
    points : sequence of mappings
        Parameters of the runs.
    findings : sequence of str
        What is asked.

    Returns
    -------
    bytes
        The table as an Arrow stream.
    list of dict
        What failed.
    """
    from aieq.runs.evaluate import evaluate

    results = evaluate(points, findings)
    return _bytes_of(results.table), results.failures


def dask_setup(worker: Any) -> None:
    """
    Leave Ctrl-C to the client and begin to load; dask calls this when it starts a worker of a local cluster.

    Parameters
    ----------
    worker : distributed.Worker
        Not asked for anything.
    """
    # A handler, not SIG_IGN, which kernels would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    # Every worker loads at once, not only the one that is measured first.
    threading.Thread(target=importlib.import_module, args=("aieq.runs.evaluate",), daemon=True).start()


def probe(job: Mapping[str, Any], seconds: float = 0.4) -> dict[str, Any]:
    """
    Measure what a run takes here.

    Parameters
    ----------
    job : mapping
        As for `work`; its points are examples.
    seconds : float
        Time after which to stop.

    Returns
    -------
    dict
        As of `work`; with run_seconds, the mean of the runs that found everything loaded.
    """
    job = unfolded(job)
    with _ONE:
        objection = _prepared(job)
        if objection:
            return {"host": socket.gethostname(), "pid": os.getpid(), **objection}
        evaluated(job["points"][:1], job["findings"])
        done, started = 0, time.perf_counter()
        while (taken := time.perf_counter() - started) < seconds and done < len(job["points"]) - 1:
            evaluated(job["points"][done + 1 : done + 5], job["findings"])
            done += len(job["points"][done + 1 : done + 5])
        return {"said": "done", "run_seconds": (time.perf_counter() - started if done else taken) / max(done, 1)}


def _prepared(job: Mapping[str, Any]) -> dict[str, Any]:
    """Have the data of the client; say what is in the way."""
    here = surroundings_here(job["chapters"])
    if here is not None and (here.code, here.versions) != (job["code"], job["versions"]):
        return {"said": "refused", "code": here.code, "versions": here.versions}
    if _has_data(here, job):
        return {}
    if not travel.arrived(job["parcel"]):
        return {"said": "no data"}
    travel.turn_to(travel.folder_of(job["parcel"]))
    return {} if _has_data(surroundings_here(job["chapters"]), job) else {"said": "no data"}


def _has_data(here: Any, job: Mapping[str, Any]) -> bool:
    return here is not None and (here.data, here.chapters) == (job["data"], job["chapters_hash"])


def surroundings_here(chapters: Sequence[str]) -> Any:
    """
    What is loaded here, as it was when it was first asked for.

    Parameters
    ----------
    chapters : sequence of str
        Chapters that are run too.

    Returns
    -------
    Surroundings or None
        None if a chapter is missing.
    """
    from aieq.errors import UnknownNameError
    from aieq.home import HOME
    from aieq.runs.identity import surroundings

    asked = str(HOME), tuple(chapters)
    if asked not in _KNOWN:
        try:
            _KNOWN[asked] = surroundings(chapters)
        except UnknownNameError:
            return None
    return _KNOWN[asked]


def _bytes_of(table: Any) -> bytes:
    import pyarrow as pa

    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return stream.getvalue()


def table_of(content: bytes) -> Any:
    """
    Read what a worker sent.

    Parameters
    ----------
    content : bytes
        An Arrow stream.

    Returns
    -------
    pyarrow.Table
    """
    import pyarrow as pa

    return pa.ipc.open_stream(content).read_all()


def renumbered(table: Any, place: int) -> Any:
    """
    Move the numbers of the points of a table.

    Parameters
    ----------
    table : pyarrow.Table
        With a column point.
    place : int
        What is added to it.

    Returns
    -------
    pyarrow.Table
        All else as it was.
    """
    import pyarrow.compute as pc

    column = table.schema.get_field_index("point")
    kind = table.schema.field(column).type
    return table.set_column(column, "point", pc.add(table["point"], place).cast(kind))


def _carefully(job: Mapping[str, Any]) -> tuple[bytes, list[dict[str, Any]]]:
    import pyarrow as pa

    from aieq.runs.careful import carefully
    from aieq.runs.evaluate import evaluate

    tables, failures = [evaluate([], job["findings"]).table], []
    for number, table, failure in carefully(job["points"], job["findings"], run_seconds=job["run_seconds"]):
        if failure is not None:
            failures.append({"parameters": dict(job["points"][number]), **failure, "point": number})
        if table is not None:
            part = table_of(table)
            place = part.schema.get_field_index("point")
            tables.append(
                part.set_column(place, "point", pa.array([number] * len(part), part.schema.field(place).type))
            )
    return _bytes_of(pa.concat_tables(tables).unify_dictionaries()), failures


def _chapters(job: Mapping[str, Any]) -> tuple[dict[tuple[int, str], bytes], list[dict[str, Any]]]:
    from aieq.runs.chapters_of_run import run_chapters
    from aieq.runs.parameters import chapter_parameters

    notebooks: dict[tuple[int, str], bytes] = {}
    failures: list[dict[str, Any]] = []
    for number, point in enumerate(job["points"]):
        done, failed = run_chapters(chapter_parameters(point), job["chapters"], cell_seconds=job["cell_seconds"])
        notebooks |= {(number, chapter): content for chapter, content in done.items()}
        failures += [{"point": number, "parameters": dict(point), **failure} for failure in failed]
    return notebooks, failures
