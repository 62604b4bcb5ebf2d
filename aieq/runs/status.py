"""How far a sweep is: read from its folder alone, whether or not somebody is writing to it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .dataset import RESULTS, about_of, parts
from .keep import held, holder
from .store import FAILURES

RECENT_SECONDS = 60.0  # what the rate is taken over


@dataclass(frozen=True)
class Status:
    """
    How far a sweep is.

    Parameters
    ----------
    folder, title : str
        Where, and what it is about.
    done, total : int
        Runs kept, those that failed included; runs in all.
    failed : int
        Runs with an error on record.
    running : str
        Who is writing to the folder; empty if nobody is.
    rate : float or None
        Runs a second over the last minute in which some came; none if nobody is writing.
    bytes : int
        Size of all files.
    last_error : str
        The latest error on record.
    started : str
        When it was begun.
    """

    folder: str
    title: str
    done: int
    total: int
    failed: int
    running: str
    rate: float | None
    bytes: int
    last_error: str
    started: str

    @property
    def left_seconds(self) -> float | None:
        """Time the rest takes at the present rate."""
        return (self.total - self.done) / self.rate if self.rate else None

    def as_dict(self) -> dict[str, Any]:
        """Everything, for programs."""
        return asdict(self) | {"finished": self.done == self.total, "left_seconds": self.left_seconds}

    def text(self) -> str:
        """
        Everything, for people.

        Examples
        --------
        >>> print(Status("out", "Dear capital", 400, 500, 1, "", None, 1_500_000, "run 1f: no", "2026-11-24").text())
        out: Dear capital
        400 of 500 runs are done (80 %), 1 failed; 1.5 MB; begun 2026-11-24
        last error: run 1f: no
        to go on: aieq sweep out/design.yml --out out
        """
        lines = [f"{self.folder}: {self.title}" if self.title else self.folder]
        failed = f", {self.failed:,} failed" if self.failed else ""
        share = f"{100 * self.done // self.total} %"
        size = f"{self.bytes / 1e6:,.1f} MB; begun {self.started}"
        lines.append(f"{self.done:,} of {self.total:,} runs are done ({share}){failed}; {size}")
        if self.last_error:
            lines.append(f"last error: {self.last_error}")
        if self.running:
            rate = f", {self.rate:,.1f} runs a second, {_duration(self.left_seconds or 0)} to go" if self.rate else ""
            lines.append(f"running: {self.running}{rate}")
        elif self.done < self.total:
            lines.append(f"to go on: aieq sweep {self.folder}/design.yml --out {self.folder}")
        else:
            lines.append("finished")
        return "\n".join(lines)


def status(folder: str | Path) -> Status:
    """
    Look how far a sweep is; nothing is changed.

    Parameters
    ----------
    folder : str or Path
        Of the sweep.

    Returns
    -------
    Status

    Raises
    ------
    RunError
        If it holds no sweep, or a file that is none of its parts.
    """
    path = Path(folder)
    about = about_of(path)
    count, batch = about["count"], about["batch"]
    numbers = parts(path, about["mark"], -(-count // batch))
    runs_in = {number: min(batch, count - number * batch) for number in numbers}
    failures = [failure for _, file in sorted(_failure_files(path, runs_in)) for failure in _failures(file)]
    running = held(path)
    return Status(
        folder=str(folder),
        title=about["title"],
        done=sum(runs_in.values()),
        total=count,
        failed=len({failure["run"] for failure in failures}),
        running=holder(path) if running else "",
        rate=_rate(path, runs_in) if running else None,
        bytes=_bytes(path),
        last_error=_said(failures[-1]) if failures else "",
        started=about["started"],
    )


def _failure_files(folder: Path, kept: dict[int, int]) -> list[tuple[float, Path]]:
    """Those of batches that are there, oldest first; others will be written again."""
    every = (folder / FAILURES).glob("part-*.json")
    return [(each.stat().st_mtime, each) for each in every if int(each.name.split("-")[1]) in kept]


def _failures(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text(encoding="utf-8"))


def _said(failure: dict[str, Any]) -> str:
    where = f", chapter {failure['chapter']}" if "chapter" in failure else ""
    message = " ".join(str(failure.get("message", "")).split())
    return f"run {failure['run']}{where}: {failure.get('error', 'error')}: {message}"[:500]


def _rate(folder: Path, runs_in: dict[int, int]) -> float | None:
    with os.scandir(folder / RESULTS) as entries:
        times = {int(e.name.split("-")[1]): e.stat().st_mtime for e in entries if e.name.startswith("part-")}
    if not times:
        return None
    now = time.time()
    recent = {number: at for number, at in times.items() if now - at <= RECENT_SECONDS}
    if len(recent) < 2:
        return None
    first = min(recent.values())
    # What came with the first of them was done before it.
    done = sum(runs_in.get(number, 0) for number, at in recent.items() if at > first)
    return done / (now - first) if done and now > first else None


def _bytes(folder: Path) -> int:
    total = 0
    for root, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(root) / name).lstat().st_size
            except FileNotFoundError:
                continue  # a temporary that has become a part meanwhile
    return total


def _duration(seconds: float) -> str:
    """
    Write a time for people.

    Examples
    --------
    >>> _duration(42), _duration(130), _duration(7300)
    ('42 s', '2 min', '2 h 2 min')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
