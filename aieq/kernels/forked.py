"""A forked kernel, as the client sees it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

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
