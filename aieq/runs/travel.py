"""What a worker elsewhere may lack: evidence and chapters in one parcel, unpacked once per machine."""

from __future__ import annotations

import getpass
import hashlib
import io
import os
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from aieq.errors import RunError
from aieq.home import HOME, ROOT_VARIABLE

# What stays loaded when a process turns to other data: these hold no figure.
_LASTING = ("aieq.errors", "aieq.runs.cluster", "aieq.runs.travel", "aieq.runs.worker")
_SAME_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; so that equal contents are equal parcels


@dataclass(frozen=True)
class Parcel:
    """
    Files on their way to workers.

    Parameters
    ----------
    key : str
        Hash of the content, in 64 hexadecimal digits.
    content : bytes
        A zip of ``data/`` and ``chapters/``.
    """

    key: str
    content: bytes


def pack(home: Path = HOME) -> Parcel:
    """
    Pack the data folder and the chapters.

    Parameters
    ----------
    home : Path
        The folder that holds them.

    Returns
    -------
    Parcel
        The same for the same content.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        for path in [*sorted((home / "data").rglob("*")), *sorted((home / "chapters").glob("*.ipynb"))]:
            name = path.relative_to(home).as_posix()
            if path.is_file() and "/." not in name:
                bundle.writestr(zipfile.ZipInfo(name, _SAME_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return Parcel(hashlib.sha256(stream.getvalue()).hexdigest(), stream.getvalue())


def folder_of(key: str) -> Path:
    """
    Say where a parcel is unpacked on this machine.

    Parameters
    ----------
    key : str
        Hash of the parcel.

    Returns
    -------
    Path
        A folder of this user's among the temporary ones.
    """
    return Path(tempfile.gettempdir()) / f"aieq-{getpass.getuser()}" / key[:16]


def unpack(parcel: Parcel) -> Path:
    """
    Unpack a parcel, unless another process of this machine has done so.

    Parameters
    ----------
    parcel : Parcel
        What was sent.

    Returns
    -------
    Path
        The folder, complete: it gets its name only when everything is in it.

    Raises
    ------
    RunError
        If the content is not what its key says, or the folder belongs to somebody else.
    """
    if hashlib.sha256(parcel.content).hexdigest() != parcel.key:
        raise RunError("the data arrived damaged: their hash is not the one announced; run the same command again")
    folder = folder_of(parcel.key)
    if arrived(parcel.key):
        return folder
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and folder.parent.stat().st_uid != os.getuid():
        raise RunError(f"{folder.parent} belongs to another user; set TMPDIR of the workers to a folder of their own")
    staging = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    with zipfile.ZipFile(io.BytesIO(parcel.content)) as bundle:
        names = bundle.namelist()
        bundle.extractall(staging)
    (staging / "contents.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    if folder.exists() and not arrived(parcel.key):
        # Something swept part of it away; nobody can be using it.
        shutil.rmtree(folder, ignore_errors=True)
    try:
        staging.rename(folder)
    except OSError:
        # Another process of this machine was first.
        shutil.rmtree(staging, ignore_errors=True)
        if not arrived(parcel.key):
            raise
    return folder


def arrived(key: str) -> bool:
    """
    Tell whether a parcel lies unpacked and whole on this machine.

    Parameters
    ----------
    key : str
        Hash of the parcel.

    Returns
    -------
    bool
        False also if temporary files were swept in the meantime.
    """
    folder = folder_of(key)
    try:
        names = (folder / "contents.txt").read_text(encoding="utf-8").split("\n")[:-1]
    except OSError:
        return False
    return all((folder / name).is_file() for name in names)


def turn_to(folder: Path) -> None:
    """
    Let this process, and the kernels it starts, read data and chapters from a folder from now on.

    Whatever of the package is loaded is forgotten, so that nothing computed from other data is left. It is loaded
    anew when next asked for: only a worker, which asks at each call, may do this.

    Parameters
    ----------
    folder : Path
        An unpacked parcel.
    """
    os.environ[ROOT_VARIABLE] = str(folder)
    for name in [name for name in sys.modules if name == "aieq" or name.startswith("aieq.")]:
        if name not in _LASTING:
            del sys.modules[name]
