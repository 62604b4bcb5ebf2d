"""The fork servers of this process: which kernel can come from which, and when one is replaced or ended."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aieq.kernels.server import ForkServer, Loaded

# What the interpreter and the libraries read when they start; a kernel with other values needs another server.
READ_AT_START = (
    "PYTHON", "LD_", "LC_", "LANG", "TZ", "OPENBLAS_", "OMP_", "MKL_", "NPY_", "ARROW_", "MALLOC_", "GLIBC_", "PYDEVD",
)  # fmt: skip
# Read by this package at each launch, so none of the server's business.
OURS = ("AIEQ_KERNEL",)
# Servers with different settings that one process keeps; each holds the libraries in memory.
KEPT = 2

_servers: dict[Any, ForkServer] = {}
# Out of date, and still the parents of living kernels.
_retired: list[ForkServer] = []
_lock = threading.Lock()


def key_of(python: str, env: Mapping[str, str], preload: Loaded, folder: str) -> tuple[Any, ...]:
    """
    Tell kernels apart that cannot come from the same server.

    Parameters
    ----------
    python : str
        Interpreter.
    env : mapping
        Environment of the kernel.
    preload : Loaded
        What the server has loaded.
    folder : str
        Working folder of the kernel.

    Returns
    -------
    tuple
        The same for kernels that can.

    Examples
    --------
    >>> loaded = Loaded(("pandas",))
    >>> one = key_of("python", {"PYTHONHASHSEED": "0", "RUN": "1"}, loaded, "a")
    >>> one == key_of("python", {"PYTHONHASHSEED": "0", "RUN": "2"}, loaded, "b")
    True
    >>> one == key_of("python", {"PYTHONHASHSEED": "1", "RUN": "1"}, loaded, "a")
    False
    """
    read = (*READ_AT_START, *(f"{package.upper()}_" for package in packages(preload)))
    settings = sorted(
        (name, value) for name, value in env.items() if name.startswith(read) and not name.startswith(OURS)
    )
    return python, preload, tuple(settings), start_folder(env, folder)


def packages(preload: Loaded) -> list[str]:
    """
    Name the packages that are loaded.

    Parameters
    ----------
    preload : Loaded
        Modules and functions.

    Returns
    -------
    list of str
        Each once.

    Examples
    --------
    >>> packages(Loaded(("scipy.stats", "scipy.optimize", "aieq.evidence:load")))
    ['aieq', 'scipy']
    """
    return sorted({name.split(":")[0].split(".")[0] for name in preload.preload})


def start_folder(env: Mapping[str, str], folder: str) -> str:
    """
    Give the folder in which the server starts.

    Parameters
    ----------
    env : mapping
        Environment of the kernel.
    folder : str
        Working folder of the kernel.

    Returns
    -------
    str
        The root, which holds no folder busy; the kernel's own folder if its path of modules is relative to it.

    Examples
    --------
    >>> start_folder({"PYTHONPATH": "/a"}, "/b"), start_folder({"PYTHONPATH": "/a:src"}, "/b")
    ('/', '/b')
    """
    entries = env.get("PYTHONPATH", "")
    relative = entries and not all(Path(entry).is_absolute() for entry in entries.split(os.pathsep))
    return folder if relative else "/"


def server_for(python: str, env: Mapping[str, str], preload: Loaded, folder: str) -> ForkServer:
    """
    Give the server for a kernel, started or replaced if need be.

    Parameters
    ----------
    python, env, preload, folder
        See `key_of`.

    Returns
    -------
    ForkServer
        It may still be loading; it answers when it has.
    """
    key = key_of(python, env, preload, folder)
    with _lock:
        server = _servers.pop(key, None)
        if server is not None and not server.current():
            _retired.append(server)
            server = None
        for other in list(_servers)[: max(0, len(_servers) + 1 - KEPT)]:
            _retired.append(_servers.pop(other))
        for old in [one for one in _retired if one.idle()]:
            _retired.remove(old)
            old.close()
        if server is None:
            server = ForkServer(python, env, preload, start_folder(env, folder))
        _servers[key] = server
        return server


def close_all() -> None:
    """End every fork server of this process, and their kernels."""
    with _lock:
        for server in [*_servers.values(), *_retired]:
            server.close()
        _servers.clear()
        _retired.clear()


def _forked() -> None:
    """In a process forked by the client: the servers are the client's, this one has none."""
    global _lock
    _lock = threading.Lock()
    for server in [*_servers.values(), *_retired]:
        server.let_go()
    _servers.clear()
    _retired.clear()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
