"""Where results are kept: each batch whole or not at all, so that whatever is killed, nothing finished is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import RunError
from .dataset import RESULTS, SWEEP, about_of, column, part_hash, parts, read, recorded_batch, runs, schema
from .design import Design
from .folder import (
    ABOUT,
    BATCH,
    DESIGN,
    FAILURES,
    NOTEBOOK_BYTES,
    NOTEBOOKS,
    README,
    about,
    begun,
    enough_space,
    estimate,
    examine,
)
from .identity import Surroundings, run_id
from .keep import FULL, PARTIAL, Lock, put, put_once, sweep_partial

__all__ = ["Store", "about_of", "examine", "read", "recorded_batch", "runs"]


class Results(Protocol):
    """What :func:`aieq.runs.evaluate.evaluate` gives for the points of a batch."""

    @property
    def table(self) -> pa.Table:
        """Columns point, finding, unit, value, low, high, grade, verdict."""

    @property
    def failures(self) -> list[dict[str, Any]]:
        """For each failure point, error and message."""


class Store:
    """
    The folder of a sweep, held for writing. Get one from :meth:`open`.

    Attributes
    ----------
    folder : Path
        Where.
    batch : int
        Runs in each batch but the last.
    kept : int
        Runs that are done.
    """

    def __init__(self, folder: Path, design: Design, said: Mapping[str, Any], lock: Lock) -> None:
        self.folder, self.design, self._lock = folder, design, lock
        self.batch: int = said["batch"]
        self.batches = -(-len(design) // self.batch)
        self._key = Surroundings(**said["surroundings"]).key
        self._mark = said["mark"]
        self._schema = schema(said["columns"], judged=said["judged"])
        self._done = set(parts(folder, self._mark, self.batches))
        self._measured = bool(self._done)

    @classmethod
    def open(cls, folder: str | Path, design: Design, around: Surroundings, *, batch: int = BATCH) -> Store:
        """
        Begin a folder, or go on with one that holds part of the same design.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there.
        design : Design
            What is to be kept there.
        around : Surroundings
            Code, data and versions the results depend on.
        batch : int
            Runs that are written together; a folder that was begun keeps its own.

        Returns
        -------
        Store
            A context manager: leaving it gives the folder free.

        Raises
        ------
        RunError
            If the folder holds something else, was begun with another design, code or data, cannot be written, is
            being written, or its disk is too small.
        """
        examine(folder, design, around)
        path = Path(folder)
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = Lock(path)
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror}; choose another folder") from None
        try:
            # Again, now that nobody else can begin it.
            said = begun(path, design, around) or about(design, around, batch)
            store = cls(path, design, said, lock)
            enough_space(path, store.needed())
            (path / PARTIAL).mkdir(exist_ok=True)
            sweep_partial(path)
            store._lay_out(said)
        except OSError as error:
            lock.release()
            raise RunError(f"{path} cannot be written: {error.strerror}; choose another folder") from None
        except BaseException:
            lock.release()
            raise
        return store

    def _lay_out(self, said: Mapping[str, Any]) -> None:
        # Before anything else: from here on the folder says whose it is.
        self._put_text(SWEEP, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
        self._put_text(DESIGN, self.design.text)
        self._put_text(README, ABOUT.format(title=self.design.title or repr(self.design)))
        for name in (RESULTS, FAILURES, *([NOTEBOOKS] if self.design.chapters else [])):
            (self.folder / name).mkdir(exist_ok=True)

    def _put_text(self, name: str, text: str) -> None:
        if not (self.folder / name).exists():
            put(self.folder, name, lambda stream: stream.write(text.encode()))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let others write to the folder."""
        self._lock.release()

    @property
    def kept(self) -> int:
        """Runs whose batch is written, those that failed included."""
        last = self.batches - 1
        return len(self._done) * self.batch - (self.batches * self.batch - len(self.design)) * (last in self._done)

    def missing(self) -> Iterator[int]:
        """Give the numbers of the batches that are not there, in order."""
        return (number for number in range(self.batches) if number not in self._done)

    def span(self, batch: int) -> tuple[int, int]:
        """Give the runs of a batch: from which to before which."""
        if not 0 <= batch < self.batches:
            raise IndexError(f"batch {batch} of {self.batches}")
        return batch * self.batch, min((batch + 1) * self.batch, len(self.design))

    def points(self, batch: int) -> list[dict[str, Any]]:
        """Give the parameters of the runs of a batch."""
        return self.design.points(*self.span(batch))

    def run_ids(self, batch: int) -> list[str]:
        """Give the names of the runs of a batch."""
        return self._ids(self.points(batch))

    def _ids(self, points: Sequence[Mapping[str, Any]]) -> list[str]:
        return [run_id(point, self.design.findings, self.design.chapters, self._key) for point in points]

    def notebook(self, run: str, chapter: str, content: bytes) -> Path:
        """
        Keep an executed chapter; before the batch of its run is written.

        Parameters
        ----------
        run : str
            Name of the run.
        chapter : str
            Name of the chapter.
        content : bytes
            The notebook.

        Returns
        -------
        Path
            Where it lies.

        Raises
        ------
        RunError
            If it cannot be written.
        """
        name = f"{NOTEBOOKS}/{run}/{chapter}.ipynb"
        self._write(lambda: put(self.folder, name, lambda stream: stream.write(content)))
        return self.folder / name

    def write(self, batch: int, results: Results) -> bool:
        """
        Keep a batch.

        Parameters
        ----------
        batch : int
            Its number.
        results : Results
            Its table and failures; every run must be in one of them.

        Returns
        -------
        bool
            False if the batch was there already; what was there is kept.

        Raises
        ------
        RunError
            If results are incomplete or cannot be written; what is finished is kept.
        """
        points = self.points(batch)
        ids = self._ids(points)
        failures = [self._failure(each, points, ids, batch) for each in results.failures]
        table = self._table(results.table, points, ids)
        told = set(table["run"].unique().to_pylist()) | {each["run"] for each in failures}
        if absent := [run for run in ids if run not in told]:
            raise RunError(f"batch {batch} has neither result nor error for run {absent[0]}; nothing of it is kept")
        name = f"part-{batch:08d}-{part_hash(self._mark, batch)}"
        if batch in self._done or (self.folder / RESULTS / f"{name}.parquet").exists():
            self._done.add(batch)
            return False
        # Before the part, which says that the batch is done.
        if failures:
            said = json.dumps(failures, indent=1, ensure_ascii=False, default=str) + "\n"
            self._write(lambda: put(self.folder, f"{FAILURES}/{name}.json", lambda s: s.write(said.encode())))
        else:
            # Somebody took the part away, to have its failed runs done again.
            (self.folder / FAILURES / f"{name}.json").unlink(missing_ok=True)
        try:
            self._write(
                lambda: put_once(
                    self.folder, f"{RESULTS}/{name}.parquet", lambda s: pq.write_table(table, s, compression="zstd")
                )
            )
        except FileExistsError:  # by whoever took the lock for broken
            self._done.add(batch)
            return False
        self._done.add(batch)
        if not self._measured:
            self._measured = True
            enough_space(self.folder, self.needed())
        return True

    def _write(self, put_it: Callable[[], int]) -> None:
        try:
            put_it()
        except FileExistsError:
            raise
        except OSError as error:
            full = error.errno in FULL
            said = "the disk is full; free some space" if full else f"{error.strerror or error}; put that right"
            raise RunError(f"{self.folder} cannot be written: {said}") from error

    def _failure(
        self, given: Mapping[str, Any], points: Sequence[Any], ids: Sequence[str], batch: int
    ) -> dict[str, Any]:
        place = given["point"]
        known = {"run": ids[place], "number": self.span(batch)[0] + place, "parameters": points[place]}
        return known | {key: value for key, value in given.items() if key not in ("point", "parameters")}

    def _table(self, given: pa.Table, points: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> pa.Table:
        place = given["point"].combine_chunks()
        arrays = []
        for field in self._schema:
            if field.name == "run":
                array = pa.array(ids, pa.string()).take(place)
            elif field.name in given.column_names:
                array = given[field.name]
            else:
                array = column([point[field.name] for point in points], field.type).take(place)
            arrays.append(array.cast(field.type))
        return pa.table(arrays, schema=self._schema)

    def needed(self) -> int:
        """Bytes the missing runs will take: as those that are there, else a careful guess."""
        missing = self.batches - len(self._done)
        if not self._done:
            return estimate(self.design, self.batch)
        with os.scandir(self.folder / RESULTS) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        each = int(1.2 * sum(sizes) / len(sizes)) + 4096  # and the rest of a block
        return missing * (each + self.batch * len(self.design.chapters) * NOTEBOOK_BYTES)

    def read(self, findings: Sequence[str] | None = None) -> pd.DataFrame:
        """As :func:`read`."""
        return read(self.folder, findings)

    def runs(self) -> pd.DataFrame:
        """As :func:`runs`."""
        return runs(self.folder)
