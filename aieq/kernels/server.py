"""The client's side of one fork server: start it, ask it for kernels, see whether it is still good."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from aieq.errors import RunError
from aieq.kernels.forked import POLL_SECONDS, ForkedKernel

SCRIPT = Path(__file__).with_name("zygote.py")
START_SECONDS = 120.0


class Loaded(NamedTuple):
    """What a server has loaded: modules, or functions called; and the folders these read, as ``module:attribute``."""

    preload: tuple[str, ...]
    folders: tuple[str, ...] = ()


class ForkServer:
    """
    One running fork server.

    Parameters
    ----------
    python : str
        Interpreter.
    env : mapping
        Its environment.
    preload : Loaded
        What it loads first.
    folder : str
        Its working folder.
    """

    def __init__(self, python: str, env: Mapping[str, str], preload: Loaded, folder: str) -> None:
        self.kernels: set[ForkedKernel] = set()
        self._hello: dict[str, Any] | None = None
        self._heard = b""
        self._complaint: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._lock = threading.Lock()
        self.control, theirs = socket.socketpair()
        env = {name: value for name, value in env.items() if not name.startswith("JPY_")}
        self._installed = installed()
        with theirs:
            self.process = subprocess.Popen(
                [python, str(SCRIPT), str(theirs.fileno()), json.dumps(preload._asdict())],
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
        files = (self.hello() or {}).get("files", [])
        return all(_state(file) == (changed, size) for file, changed, size in files)

    def hello(self) -> dict[str, Any] | None:
        """
        Give what the server said when it had loaded everything.

        Returns
        -------
        dict or None
            files: path, time and size of what may change; origins: file of each package; missing: what is not there.
            None while it is loading.
        """
        with self._lock:
            if self._hello is None:
                with contextlib.suppress(OSError):
                    while data := self.control.recv(1 << 20, socket.MSG_DONTWAIT):
                        self._heard += data
                if self._heard.endswith(b"\n"):
                    self._hello = json.loads(self._heard)
            return self._hello

    async def loaded(self) -> dict[str, Any]:
        """
        Wait until the server has loaded everything.

        Returns
        -------
        dict
            See `hello`.

        Raises
        ------
        RunError
            If it died, or took more than two minutes.
        """
        until = time.monotonic() + START_SECONDS
        while (said := self.hello()) is None:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RunError(f"the fork server did not start{self.complaint()}")
            await asyncio.sleep(POLL_SECONDS)
        return said

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
