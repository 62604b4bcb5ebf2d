"""The folder of an edition: whether one can be written there, what it says of itself, and how far it is."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aieq
from aieq.assumptions import load_scenario
from aieq.errors import ParameterError, RunError
from aieq.evidence import load
from aieq.report import edition_words
from aieq.report.build import digest_files, files_under, write_whole

if TYPE_CHECKING:
    from aieq.report.edition import Edition

RECORD = "edition.json"
WORK = ".work"
# What an edition takes: the pages' common files, and each chapter with its notebook.
_MEGABYTES, _MEGABYTES_A_CHAPTER = 20, 3


def usable(out: Path, root: Path, parameters: Mapping[str, Any], count: int) -> Path:
    """
    Find out whether an edition can be written to a folder; the folder is made if it is not there.

    Parameters
    ----------
    out : Path
        The folder.
    root : Path
        The checkout.
    parameters : mapping
        `as_of`, `scenario` and `seed` of the edition.
    count : int
        How many chapters it has.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    ParameterError
        If it is what the book is made from, holds something else, cannot be written to, or has too little room.
    """
    folder = out.resolve()
    for made_from in ("chapters", "aieq", "data", "_assets", "_templates", "tests"):
        source = (root / made_from).resolve()
        if folder == source or source in folder.parents:
            msg = f"{out} lies in {made_from}/, which the book is made from; give another, e.g. _build/{out.name}."
            raise ParameterError(msg)
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{out} is a file; give a folder.")
    record = folder / RECORD
    if record.exists():
        before = read_record(folder)
        told = ", ".join(f"{key} {before.get(key)!r}" for key in parameters if before.get(key) != parameters[key])
        if told:
            raise ParameterError(f"{out} holds another edition ({told}); give another folder, or remove this one.")
    elif folder.exists() and any(folder.iterdir()):
        things = ", ".join(sorted(path.name for path in folder.iterdir())[:3])
        raise ParameterError(f"{out} holds other things ({things}, ...); give a new or an empty folder.")
    needed = _MEGABYTES + _MEGABYTES_A_CHAPTER * count
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / WORK / "probe", "")
        free = shutil.disk_usage(folder).free // 2**20
    except OSError as error:
        raise ParameterError(f"{out} cannot be written to: {error.strerror}; give another folder.") from None
    if free < needed:
        msg = f"{out} has {free} MB left and the edition takes about {needed}; make room, or give another folder."
        raise ParameterError(msg)
    return folder


def read_record(folder: Path) -> dict[str, Any]:
    """
    Read what an edition says of itself.

    Raises
    ------
    ParameterError
        If there is no record, or a broken one.
    """
    path = folder / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise ParameterError(f"{path} is no record of an edition; remove it, or give another folder.")
    return content


def write_record(planned: Edition) -> None:
    """
    Say what an edition is; `finished` is true when its book is there.

    Parameters
    ----------
    planned : Edition
        As far as it is.
    """
    scenario = load_scenario(planned.parameters["scenario"])
    different = edition_words.differences(scenario, load_scenario(planned.defaults["scenario"]))
    root = planned.root
    content = {
        **planned.parameters,
        "finished": planned.book is not None,
        "given": planned.given,
        "default": planned.defaults,
        "says": planned.says,
        "chapters": [chapter.stem for chapter in planned.chapters],
        "failed": planned.failed,
        "faults": planned.faults,
        "differs": {
            one.name: {key: value for key, value in asdict(one).items() if key not in ("name", "words")}
            for one in different
        },
        "assumptions": dict(scenario),
        "version": aieq.__version__,
        "code": digest_files(files_under(root / "aieq"), root),
        "data": digest_files(files_under(root / "data"), root),
        "data_reaches": load().last_day.isoformat(),
        "keys": planned.keys,
    }
    write_whole(planned.folder / RECORD, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """
    Keep other processes out of an edition while it is made.

    Parameters
    ----------
    folder : Path
        Of the edition.

    Raises
    ------
    RunError
        If another process is at work there.
    """
    try:
        import fcntl
    except ImportError:  # Windows, where two at once must be avoided by hand
        yield
        return
    path = folder / WORK / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"another process is making the edition in {folder}; wait for it, or end it.") from None
        yield


@dataclass(frozen=True)
class Status:
    """
    How far an edition is.

    Parameters
    ----------
    folder : Path
        Where it is.
    record : dict
        What it says of itself.
    done : list of str
        Chapters whose notebooks are there.
    """

    folder: Path
    record: dict[str, Any]
    done: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "kind": "edition",
            "folder": str(self.folder),
            "finished": self.record["finished"],
            "says": self.record["says"],
            "chapters": self.record["chapters"],
            "done": self.done,
            "failed": self.record["failed"],
        }

    def text(self) -> str:
        """Write it in lines for a reader."""
        chapters, failed = self.record["chapters"], self.record["failed"]
        lines = [" ".join(self.record["says"]) or "The default edition."]
        lines.append(f"{len(self.done)} of {len(chapters)} chapters have run.")
        lines += [f"{name} failed: {error.splitlines()[0]}" for name, error in failed.items()]
        if self.record["finished"]:
            lines.append(f"The book: {self.folder / 'html' / 'index.html'}")
        else:
            lines.append("There is no book yet; run the same command again, it goes on from here.")
        return "\n".join(lines)


def status(folder: Path) -> Status:
    """
    Look how far an edition is.

    Parameters
    ----------
    folder : Path
        Where it is.

    Returns
    -------
    Status

    Raises
    ------
    ParameterError
        If it is the folder of no edition.
    """
    record = read_record(folder)
    done = [name for name in record["chapters"] if (folder / "notebooks" / f"{name}.ipynb").exists()]
    return Status(folder, record, [name for name in done if name not in record["failed"]])
