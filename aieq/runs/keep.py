"""Files that are whole or not there, and a folder that one process at a time may write to."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ..errors import RunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PARTIAL = ".partial"
LOCK = ".lock"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
_counter = itertools.count()
_held: set[int] = set()


def _let_go() -> None:
    # A forked child would keep the lock alive after its parent was killed.
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextlib.contextmanager
def _temporary(folder: Path, fill: Callable[[IO[bytes]], Any]) -> Iterator[Path]:
    """A filled file on the same disk, safe against loss of power, gone at the end."""
    path = folder / PARTIAL / f"{socket.gethostname()}-{os.getpid()}-{next(_counter)}"
    try:
        with path.open("xb") as stream:
            fill(stream)
            stream.flush()
            os.fsync(stream.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def put(folder: Path, name: str, fill: Callable[[IO[bytes]], Any]) -> int:
    """
    Write a file that is there whole or not at all, in place of an older one.

    Parameters
    ----------
    folder : Path
        Of the store; it holds ``.partial``.
    name : str
        Of the file, below `folder`.
    fill : callable
        Writes the content to a stream.

    Returns
    -------
    int
        Bytes written.
    """
    target = folder / name
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True)
        settle(target.parent.parent)
    with _temporary(folder, fill) as path:
        size = path.stat().st_size
        path.replace(target)
    settle(target.parent)
    return size


def put_once(folder: Path, name: str, fill: Callable[[IO[bytes]], Any]) -> int:
    """
    Write a file that is there whole or not at all, and never in place of another.

    Parameters
    ----------
    folder, name, fill
        As for :func:`put`.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    FileExistsError
        If there is one: the file system says so, at the moment it would appear.
    """
    target = folder / name
    with _temporary(folder, fill) as path:
        size = path.stat().st_size
        try:
            os.link(path, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            # Some file systems know no links; the lock keeps others away meanwhile.
            if target.exists():
                raise FileExistsError(errno.EEXIST, "there already", str(target)) from None
            path.rename(target)
    settle(target.parent)
    return size


def settle(folder: Path) -> None:
    """Make names in a folder outlast a loss of power, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep_partial(folder: Path) -> int:
    """
    Remove what a killed writer left. Only for who holds the lock.

    Returns
    -------
    int
        How many files there were.
    """
    left = list((folder / PARTIAL).iterdir())
    for path in left:
        path.unlink()
    return len(left)


class Lock:
    """
    The right to write to a folder; it ends with the process, however that ends.

    Parameters
    ----------
    folder : Path
        What is to be written to.

    Raises
    ------
    RunError
        If another process has it, which is named.
    """

    def __init__(self, folder: Path) -> None:
        self.descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        # Who asks for the state of the folder holds the lock for an instant.
        for _ in range(10):
            if _take(self.descriptor, alone=True):
                break
            time.sleep(0.05)
        else:
            os.close(self.descriptor)
            raise RunError(
                f"{folder} is being written by {holder(folder)}; wait for it, stop it, or use another folder."
            )
        _held.add(self.descriptor)
        os.ftruncate(self.descriptor, 0)
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        os.write(self.descriptor, json.dumps(note).encode())

    def release(self) -> None:
        """Give it back."""
        if self.descriptor in _held:
            _held.discard(self.descriptor)
            os.close(self.descriptor)


def _take(descriptor: int, *, alone: bool) -> bool:
    try:
        if fcntl is None:
            import msvcrt

            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the note, which others read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def held(folder: Path) -> bool:
    """Say whether a process has the lock of a folder."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _take(descriptor, alone=False)
    finally:
        os.close(descriptor)


def holder(folder: Path) -> str:
    """Name the process that has, or last had, the lock."""
    try:
        note = json.loads((folder / LOCK).read_text(encoding="utf-8"))
        return f"process {note['pid']} on {note['host']} (since {note['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
