"""Where results are kept: each batch whole or not at all, so that whatever is killed, nothing finished is lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import RunError
from .dataset import FORMAT, RESULTS, SWEEP, about_of, column, part_hash, parts, read, recorded_batch, runs, schema
from .design import Design, columns
from .identity import Surroundings, run_id
from .keep import FULL, LOCK, PARTIAL, Lock, put, put_once, sweep_partial

README, DESIGN, FAILURES, NOTEBOOKS = "README.txt", "design.yml", "failures", "notebooks"
# Rather too much than too little: a full disk stops a sweep in the middle, an idle reserve costs nothing.
ROW_BYTES = 40
RUN_BYTES = 40
PART_BYTES = 8_000
NOTEBOOK_BYTES = 400_000
SPARE_BYTES = 20_000_000

ABOUT = """This folder holds the results of a sweep of aieq: {title}

results/    One row for each run and finding, as Parquet: pandas.read_parquet("results") reads all of it.
            run names the run; the columns after it are the parameters that vary; then finding, unit, value, low,
            high (its interval, if it has one) and grade. A finding that could not be known on the day has no value and
            the grade unknown. Parameters that do not vary stand in sweep.json under fixed.
failures/   What went wrong with runs that have no results, or with their chapters, as JSON.
notebooks/  Chapters executed with the parameters of each run, if the design asks for them.
design.yml  The design as it was given. sweep.json: what the results depend on.

To go on after an interruption, give the command again: aieq sweep DESIGN.yml --out THIS_FOLDER.
`aieq status THIS_FOLDER` says how far it is.
"""

__all__ = ["Store", "about_of", "read", "recorded_batch", "runs"]


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

    def __init__(self, folder: Path, design: Design, about: Mapping[str, Any], lock: Lock) -> None:
        self.folder, self.design, self._lock = folder, design, lock
        self.batch: int = about["batch"]
        self.batches = -(-len(design) // self.batch)
        self._key = Surroundings(**about["surroundings"]).key
        self._mark = about["mark"]
        self._judged = about["judged"]
        self._schema = schema(about["columns"], judged=self._judged)
        self._done = set(parts(folder, self._mark, self.batches))
        self._measured = bool(self._done)

    @classmethod
    def open(cls, folder: str | Path, design: Design, around: Surroundings, *, batch: int = 200) -> Store:
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
        path = Path(folder)
        _usable(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = Lock(path)
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror}; choose another folder.") from None
        try:
            about = _begun(path, design, around) or _about(design, around, batch)
            store = cls(path, design, about, lock)
            _enough_space(path, store._still_needed())
            (path / PARTIAL).mkdir(exist_ok=True)
            sweep_partial(path)
            store._lay_out(about)
        except OSError as error:
            lock.release()
            raise RunError(f"{path} cannot be written: {error.strerror}; choose another folder.") from None
        except BaseException:
            lock.release()
            raise
        return store

    def _lay_out(self, about: Mapping[str, Any]) -> None:
        # Before anything else: from here on the folder says whose it is.
        self._put_text(SWEEP, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
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
            raise RunError(f"batch {batch} has neither result nor error for run {absent[0]}; nothing of it is kept.")
        if batch in self._done:
            return False
        name = f"part-{batch:08d}-{part_hash(self._mark, batch)}"
        if failures:
            # Before the part, which says that the batch is done.
            said = json.dumps(failures, indent=1, ensure_ascii=False, default=str) + "\n"
            self._write(lambda: put(self.folder, f"{FAILURES}/{name}.json", lambda s: s.write(said.encode())))
        try:
            self._write(
                lambda: put_once(
                    self.folder, f"{RESULTS}/{name}.parquet", lambda s: pq.write_table(table, s, compression="zstd")
                )
            )
        except FileExistsError:
            self._done.add(batch)
            return False
        self._done.add(batch)
        if not self._measured:
            self._measured = True
            _enough_space(self.folder, self._still_needed(), self._kept_text())
        return True

    def _kept_text(self) -> str:
        return f" {self.kept:,} of {len(self.design):,} runs are kept; the same command goes on from there."

    def _write(self, put_it: Any) -> None:
        try:
            put_it()
        except FileExistsError:
            raise
        except OSError as error:
            said = "the disk is full" if error.errno in FULL else (error.strerror or str(error))
            remedy = "Free some space and" if error.errno in FULL else "Put that right and"
            kept = f"{self.kept:,} of {len(self.design):,} runs are kept"
            raise RunError(
                f"{self.folder} cannot be written: {said}; {kept}. {remedy} run the same command again."
            ) from error

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

    def _still_needed(self) -> int:
        """Bytes the missing runs will take: as those that are there, else a careful guess."""
        missing = self.batches - len(self._done)
        rows = len(self.design.findings)
        if self._judged:
            from ..claims import claims

            rows += len(claims())
        each = PART_BYTES + self.batch * (RUN_BYTES + rows * ROW_BYTES)
        if self._done:
            sizes = [entry.stat().st_size for entry in os.scandir(self.folder / RESULTS)]
            each = int(1.2 * sum(sizes) / len(sizes)) + 4096  # and the rest of a block
        return missing * (each + self.batch * len(self.design.chapters) * NOTEBOOK_BYTES)

    def read(self, findings: Sequence[str] | None = None) -> pd.DataFrame:
        """As :func:`read`."""
        return read(self.folder, findings)

    def runs(self) -> pd.DataFrame:
        """As :func:`runs`."""
        return runs(self.folder)


def _usable(path: Path) -> None:
    """Refuse, before anything is made, what cannot be a folder of ours."""
    if path.exists() and not path.is_dir():
        raise RunError(f"{path} is a file; give a folder.")
    if (path / SWEEP).exists() or not path.exists():
        return
    try:
        foreign = sorted(each.name for each in path.iterdir() if each.name not in (LOCK, PARTIAL))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; choose another folder.") from None
    if foreign:
        raise RunError(f"{path} holds other things, such as {foreign[0]}, and no sweep; give an empty or new folder.")


def _about(design: Design, around: Surroundings, batch: int) -> dict[str, Any]:
    from .. import __version__
    from ..findings import REGISTRY

    return {
        "format": FORMAT,
        "title": design.title,
        "kind": design.kind,
        "design": design.key,
        "surroundings": asdict(around),
        "mark": hashlib.sha256(f"{design.key}/{around.key}/{batch}".encode()).hexdigest(),
        "batch": batch,
        "count": len(design),
        "findings": list(design.findings),
        "judged": set(design.findings) >= set(REGISTRY),
        "chapters": list(design.chapters),
        "columns": columns(design),
        "fixed": {name: value for name, value in design.fixed.items() if name not in design.parameters},
        "version": __version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _begun(path: Path, design: Design, around: Surroundings) -> dict[str, Any] | None:
    """What the folder says it holds, if that is part of this very sweep."""
    if not (path / SWEEP).exists():
        return None
    about = about_of(path)
    if about["design"] != design.key:
        what = f"{about['title'] or about['kind']}, {about['count']:,} runs, begun {about['started'][:10]}"
        raise RunError(f"{path} holds another design ({what}); give another folder, or the design in {path / DESIGN}.")
    if changed := Surroundings(**about["surroundings"]).differences(around):
        listed = " and ".join(changed) if len(changed) < 3 else ", ".join(changed)
        raise RunError(
            f"{path} was begun with other {listed}: results before and after would not go together; "
            "give another folder, or restore what was changed."
        )
    return about


def _enough_space(folder: Path, needed: int, kept: str = "") -> None:
    free = shutil.disk_usage(folder).free
    if needed + SPARE_BYTES > free:
        raise RunError(
            f"the results need about {_size(needed)} and the disk of {folder} has {_size(free)} free; "
            f"use another disk, fewer runs or fewer findings.{kept}"
        )


def _size(amount: float) -> str:
    """
    Write a number of bytes for people.

    Examples
    --------
    >>> _size(1_500_000), _size(999)
    ('1.5 MB', '0.0 MB')
    """
    return f"{amount / 1e9:,.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.1f} MB"
