"""The client's side of the fork server: start it, ask it for kernels, replace it when it is out of date or dead."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from aieq.errors import RunError

SCRIPT = Path(__file__).with_name("zygote.py")
# What the interpreter and the libraries read when they start; a kernel with other values needs another server.
READ_AT_START = (
    "PYTHON", "LD_", "LC_", "LANG", "TZ", "OPENBLAS_", "OMP_", "MKL_", "NPY_", "ARROW_", "MALLOC_", "GLIBC_", "PYDEVD",
)  # fmt: skip
# Servers with different settings that one process keeps; each holds the libraries in memory.
KEPT = 2
START_SECONDS = 120.0
POLL_SECONDS = 0.003


class ForkedKernel:
    """
    A forked kernel, with the part of the interface of `subprocess.Popen` that jupyter_client uses.

    Parameters
    ----------
    channel : socket
        This side's end of the kernel's socket, not blocking.
    """

    stdin = stdout = stderr = None

    def __init__(self, channel: socket.socket) -> None:
        self.pid: int | None = None
        self.returncode: int | None = None
        self.ready = False
        self.failure = ""
        self._channel = channel
        self._received = b""
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """
        Read what came from the server.

        Returns
        -------
        int or None
            Exit status, negative for a signal; None while the kernel lives.
        """
        with self._lock:
            while self.returncode is None:
                try:
                    data = self._channel.recv(4096)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if data:
                    self._hear(data)
                else:
                    self._orphaned()
            return self.returncode

    def _hear(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            word, _, rest = line.partition(b" ")
            if word == b"pid":
                self.pid = int(rest)
            elif word == b"ready":
                self.ready = True
            elif word == b"failed":
                self.failure = f": {rest.decode()}"
            else:
                self.returncode = int(rest)
        if self.returncode is not None:
            self._channel.close()

    def _orphaned(self) -> None:
        """The server died, and with it the kernel; what the kernel started may still be there."""
        self.returncode = -signal.SIGKILL
        self._channel.close()
        if self.pid is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """
        Wait until the kernel has ended.

        Parameters
        ----------
        timeout : float, optional
            Seconds; for ever by default.

        Returns
        -------
        int
            Exit status.

        Raises
        ------
        subprocess.TimeoutExpired
            If it is still alive then.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("forked kernel", timeout or 0.0)
            time.sleep(POLL_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """
        Signal the kernel and the processes it started.

        Parameters
        ----------
        number : int
            The signal.
        """
        if self.poll() is None:
            with contextlib.suppress(OSError):
                self._channel.sendall(b"%d\n" % number)

    def kill(self) -> None:
        """Kill the kernel and the processes it started."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """
    One running fork server.

    Parameters
    ----------
    python : str
        Interpreter.
    env : mapping
        Its environment.
    preload : sequence of str
        Modules it imports first.
    folder : str
        Its working folder.
    """

    def __init__(self, python: str, env: Mapping[str, str], preload: Sequence[str], folder: str) -> None:
        self.kernels: set[ForkedKernel] = set()
        self._own_code: list[tuple[str, int, int]] | None = None
        self._heard = b""
        self._complaint: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._lock = threading.Lock()
        self.control, theirs = socket.socketpair()
        env = {name: value for name, value in env.items() if not name.startswith("JPY_")}
        self._installed = installed()
        with theirs:
            self.process = subprocess.Popen(
                [python, str(SCRIPT), str(theirs.fileno()), json.dumps(list(preload))],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._complaint,
                env=env, cwd=folder, pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip

    def current(self) -> bool:
        """
        Say whether the server lives and what it has loaded is what would be loaded now.

        Returns
        -------
        bool
            False if it must be replaced.
        """
        if self.process.poll() is not None or self._installed != installed():
            return False
        with self._lock:
            if self._own_code is None:
                with contextlib.suppress(BlockingIOError):
                    self._heard += self.control.recv(1 << 20, socket.MSG_DONTWAIT)
                if self._heard.endswith(b"\n"):
                    self._own_code = [(f, m, s) for f, m, s in json.loads(self._heard)["own_code"]]
        return all(_state(file) == (changed, size) for file, changed, size in self._own_code or [])

    def idle(self) -> bool:
        """
        Say whether no kernel of this server is alive.

        Returns
        -------
        bool
            True if it can be closed.
        """
        with self._lock:
            self.kernels = {kernel for kernel in self.kernels if kernel.poll() is None}
            return not self.kernels

    async def launch(self, request: Mapping[str, Any], streams: Sequence[int]) -> ForkedKernel:
        """
        Fork a kernel and wait until its sockets are bound.

        Parameters
        ----------
        request : mapping
            Arguments, environment, folder, umask and limit of memory.
        streams : sequence of int
            Its standard input, output and error.

        Returns
        -------
        ForkedKernel
            The kernel.

        Raises
        ------
        RunError
            If the server or the kernel died, or nothing came within two minutes.
        """
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        kernel = ForkedKernel(ours)
        with theirs:
            try:
                socket.send_fds(self.control, [b"+"], [theirs.fileno(), *streams])
            except OSError:
                ours.close()
                raise RunError(f"the fork server is gone{self.complaint()}") from None
        with self._lock:
            self.kernels.add(kernel)
        body = json.dumps(request).encode()
        left = memoryview(len(body).to_bytes(4, "big") + body)
        until = time.monotonic() + START_SECONDS
        while not kernel.ready:
            if left:
                with contextlib.suppress(OSError):
                    left = left[ours.send(left) :]
            if kernel.poll() is not None and not kernel.ready:
                raise RunError(f"a forked kernel ended before it was ready{kernel.failure or self.complaint()}")
            if time.monotonic() > until:
                kernel.kill()
                raise RunError(f"a forked kernel was not ready after {START_SECONDS:.0f} seconds{self.complaint()}")
            await asyncio.sleep(POLL_SECONDS)
        return kernel

    def complaint(self) -> str:
        """
        Read the end of what the server wrote to standard error.

        Returns
        -------
        str
            Its last line after a colon, or nothing.
        """
        with contextlib.suppress(OSError, ValueError, subprocess.TimeoutExpired):
            self.process.wait(0.2)
        with contextlib.suppress(OSError, ValueError):
            self._complaint.seek(0)
            lines = self._complaint.read().decode(errors="replace").strip().splitlines()
            return f": {lines[-1]}" if lines else ""
        return ""

    def close(self) -> None:
        """End the server and all its kernels, and wait until they are dead."""
        self.control.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._complaint.close()

    def let_go(self) -> None:
        """Give up this process's copy of the server's socket, in a process forked by the one that owns it."""
        self.control.close()
        self.process.returncode = 0


def _state(file: str) -> tuple[int, int] | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def installed() -> tuple[tuple[int, int] | None, ...]:
    """
    Give a mark that changes when a package is installed, removed or upgraded, or the server's own code changes.

    Returns
    -------
    tuple
        Times and sizes of the folders of packages and of the server's file.
    """
    folders = {entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))}
    return tuple(_state(path) for path in [*sorted(folders), str(SCRIPT)])


_servers: dict[Any, ForkServer] = {}
# Out of date, and still the parents of living kernels.
_retired: list[ForkServer] = []
_lock = threading.Lock()


def key_of(python: str, env: Mapping[str, str], preload: Sequence[str], folder: str) -> tuple[Any, ...]:
    """
    Tell kernels apart that cannot come from the same server.

    Parameters
    ----------
    python : str
        Interpreter.
    env : mapping
        Environment of the kernel.
    preload : sequence of str
        Modules the server has loaded.
    folder : str
        Working folder of the kernel.

    Returns
    -------
    tuple
        The same for kernels that can.

    Examples
    --------
    >>> one = key_of("python", {"PYTHONHASHSEED": "0", "RUN": "1"}, ["pandas"], "a")
    >>> one == key_of("python", {"PYTHONHASHSEED": "0", "RUN": "2"}, ["pandas"], "b")
    True
    >>> one == key_of("python", {"PYTHONHASHSEED": "1", "RUN": "1"}, ["pandas"], "a")
    False
    """
    read = (*READ_AT_START, *(name.split(".")[0].upper() for name in preload))
    settings = sorted((name, value) for name, value in env.items() if name.startswith(read))
    return python, tuple(preload), tuple(settings), start_folder(env, folder)


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


def server_for(python: str, env: Mapping[str, str], preload: Sequence[str], folder: str) -> ForkServer:
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
