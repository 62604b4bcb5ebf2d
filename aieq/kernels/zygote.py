"""
A process that has the libraries loaded and forks one kernel per run.

This file is run by path and imports nothing of the package, so that the kernels it forks import whichever copy of it
lies on their own path. It runs no notebook's code and starts no thread; all that a run does, it does in its fork.

It is started by `aieq.kernels.server` with one socket. Over that socket comes, for each kernel, another socket and
the three standard streams; over that one comes the launch (arguments, environment, folder), and then signals, while
back go ``pid``, ``ready`` and ``exit``. No socket has a name, so nobody else can connect and none is left behind. When
the client is gone, so are this process and all its kernels.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import selectors
import signal
import socket
import struct
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

PR_SET_PDEATHSIG = 1
HEADER = struct.Struct("!I")
# What every kernel imports when it starts.
KERNEL = (
    "ipykernel_launcher", "ipykernel.kernelapp", "ipykernel.debugger", "tornado.platform.asyncio", "faulthandler",
    "sqlite3", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic",
)  # fmt: skip
# Threads that libraries keep and that look after themselves in a fork.
KNOWN_THREADS = {"jemalloc_bg_thd"}


class Run:
    """One kernel: its socket, its streams, and its process once there is one."""

    def __init__(self, channel: socket.socket, streams: list[int]) -> None:
        self.channel, self.streams = channel, streams
        self.received = b""
        self.launch: dict[str, Any] | None = None
        self.pid: int | None = None

    def tell(self, word: str) -> None:
        """Say something to the client; if it no longer listens, the next reading shows it."""
        with contextlib.suppress(OSError):
            self.channel.sendall(word.encode() + b"\n")

    def signal(self, number: int) -> None:
        """Signal the kernel and what it started: none but a process not yet reaped, so its number is not another's."""
        if self.pid is None:
            return
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            # The fork has not made its group yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def close(self) -> None:
        """Let go of the socket and the streams."""
        self.channel.close()
        while self.streams:
            os.close(self.streams.pop())


class Zygote:
    """Waits for launches, signals and deaths."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.client = os.getppid()
        self.runs: set[Run] = set()
        self.bell, self.ring = socket.socketpair()
        self.bell.setblocking(False)
        self.ring.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self.ring.fileno(), warn_on_full_buffer=False)
        self.waiting = selectors.DefaultSelector()
        self.waiting.register(control, selectors.EVENT_READ)
        self.waiting.register(self.bell, selectors.EVENT_READ)

    def serve(self) -> Run | None:
        """
        Serve until the client is gone.

        Returns
        -------
        Run or None
            In a fork, the run it is to become; None in this process, when there is no client any more.
        """
        # A process forked by the client may hold a copy of its end; that the client itself died shows as a new parent.
        while os.getppid() == self.client:
            for key, _ in self.waiting.select(timeout=1.0):
                if key.fileobj is self.bell:
                    with contextlib.suppress(BlockingIOError):
                        self.bell.recv(4096)
                elif key.fileobj is self.control:
                    if not self.accept():
                        self.end()
                        return None
                elif key.data in self.runs and self.hear(key.data):
                    return key.data
            self.reap()
        self.end()
        return None

    def accept(self) -> bool:
        """Take the socket and the streams of a new run; False if there is nobody at the other end."""
        try:
            message, files, _, _ = socket.recv_fds(self.control, 1, 4)
        except ConnectionError:
            return False
        if message:
            run = Run(socket.socket(fileno=files[0]), files[1:])
            self.runs.add(run)
            self.waiting.register(run.channel, selectors.EVENT_READ, run)
        return bool(message)

    def hear(self, run: Run) -> bool:
        """Read what the client says about a run; True in the fork this made."""
        try:
            data = run.channel.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            # Nobody waits for this kernel any more.
            self.waiting.unregister(run.channel)
            run.signal(signal.SIGKILL)
            if run.pid is None:
                self.forget(run)
            return False
        run.received += data
        if run.launch is None:
            if len(run.received) < HEADER.size:
                return False
            end = HEADER.size + HEADER.unpack_from(run.received)[0]
            if len(run.received) < end:
                return False
            run.launch = json.loads(run.received[HEADER.size : end])
            run.received = run.received[end:]
            return self.fork(run)
        *lines, run.received = run.received.split(b"\n")
        for line in lines:
            run.signal(int(line))
        return False

    def fork(self, run: Run) -> bool:
        """Fork the kernel of a run; True in the fork."""
        pid = os.fork()
        if pid == 0:
            self.leave(run)
            return True
        run.pid = pid
        run.tell(f"pid {pid}")
        while run.streams:
            os.close(run.streams.pop())
        return False

    def leave(self, mine: Run) -> None:
        """In a fork: let go of what belongs to this process and to the other runs."""
        signal.set_wakeup_fd(-1)
        self.waiting.close()
        for end in (self.control, self.bell, self.ring):
            end.close()
        for run in self.runs - {mine}:
            run.close()

    def reap(self) -> None:
        """Report kernels that ended, and end what they left running."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.killpg(ended.si_pid, signal.SIGKILL)
            _, status = os.waitpid(ended.si_pid, 0)
            for run in [run for run in self.runs if run.pid == ended.si_pid]:
                run.tell(f"exit {os.waitstatus_to_exitcode(status)}")
                self.forget(run)

    def forget(self, run: Run) -> None:
        """A run is over."""
        self.runs.discard(run)
        with contextlib.suppress(KeyError, ValueError):
            self.waiting.unregister(run.channel)
        run.close()

    def end(self) -> None:
        """Kill all kernels and wait until they are dead."""
        for run in self.runs:
            run.signal(signal.SIGKILL)
        while any(run.pid is not None for run in self.runs):
            self.reap()
            time.sleep(0.002)


class Stream:
    """Stands where a kernel's output stream will be, and passes on to it whatever a library kept of it."""

    encoding = "UTF-8"

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """As the stream of that name does now; the process's own while there is no other."""
        now = getattr(sys, self._name)
        return getattr(getattr(sys, f"__{self._name}__") if now is self else now, attribute)


@contextlib.contextmanager
def as_in_a_kernel() -> Iterator[None]:
    """
    Let libraries find, while they are imported, what they would find in a kernel.

    Some look once: pandas decides by it how wide a table may be printed.
    """
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")  # type: ignore[assignment]
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
        sys.stdout, sys.stderr = streams


def preload(names: list[str]) -> list[str]:
    """
    Load what kernels will need; says what is not there.

    Parameters
    ----------
    names : list of str
        Modules to import; ``module:function`` is also called, to read what every run reads. None may set anything that
        a run would see: no theme, no option, no seed.

    Returns
    -------
    list of str
        Name and error of each that failed; it will fail again in the run that wants it, where it can be seen.
    """
    missing = []
    for name in names:
        module, _, function = name.partition(":")
        try:
            found = importlib.import_module(module)
            if function:
                getattr(found, function)()
        except Exception as error:  # whatever a library does, the others can be loaded
            missing.append(f"{name}: {type(error).__name__}: {error}")
    return missing


class Kernel:
    """What importing a kernel loads, and sets in the environment."""

    def __init__(self) -> None:
        before = dict(os.environ)
        self.missing = preload(list(KERNEL))
        self.environment = {name: value for name, value in os.environ.items() if before.get(name) != value}
        self.modules = dict(sys.modules)


def changeable(folders: list[str]) -> list[tuple[str, int, int]]:
    """
    List, with time and size, the files behind what is loaded that may change while this process lives.

    Parameters
    ----------
    folders : list of str
        Folders that were read, each as ``module:attribute`` that names it; with all that lies in them.

    Returns
    -------
    list of tuple
        Also the files of loaded modules, but for what a package manager installed.
    """
    installed = tuple(f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    found = [Path(file) for file in files if file and file.startswith("/") and not file.startswith(installed)]
    for name in folders:
        module, _, attribute = name.partition(":")
        folder = Path(getattr(sys.modules.get(module), attribute, ""))
        if folder.is_absolute():
            found += [folder, *folder.rglob("*")]
    states = []
    for path in found:
        with contextlib.suppress(OSError):
            state = path.stat()
            states.append((str(path), state.st_mtime_ns, state.st_size))
    return states


def origins(names: list[str]) -> dict[str, str]:
    """Files of the packages that were loaded."""
    tops = {name.split(".")[0].split(":")[0] for name in names}
    return {top: str(getattr(sys.modules.get(top), "__file__", "")) for top in tops}


def strange_threads() -> list[str]:
    """Names of threads that could hold a lock at the moment of a fork."""
    # A first fork makes thread pools of numerical libraries stop; they start again where they are used.
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    names = []
    for task in Path("/proc/self/task").iterdir():
        if task.name != str(os.getpid()):
            with contextlib.suppress(OSError):
                names.append((task / "comm").read_text().strip())
    return sorted(set(names) - KNOWN_THREADS)


def settle(run: Run, parent: int) -> list[str]:
    """
    Make this fork what a kernel started by itself would be: session, signals, streams, environment, folder, chance.

    Parameters
    ----------
    run : Run
        What it is to become.
    parent : int
        Process it was forked from.

    Returns
    -------
    list of str
        Arguments of the kernel.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number, stream in enumerate(run.streams):
        os.dup2(stream, number)
    while run.streams:
        os.close(run.streams.pop())
    launch = run.launch or {}
    os.environ.clear()
    os.environ.update(launch["env"])
    time.tzset()
    os.umask(launch["umask"])
    os.chdir(launch["cwd"])
    if launch["memory"]:
        # What a process has written to, not what it has reserved: libraries reserve far more than they use.
        resource.setrlimit(resource.RLIMIT_DATA, (launch["memory"], launch["memory"]))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    return launch["argv"]


@contextlib.contextmanager
def loaded(modules: dict[str, Any]) -> Iterator[None]:
    """
    Show ipykernel the modules that an ordinary kernel has loaded when it starts.

    It takes them for its own, which a debugger steps over; it need not look at the thousands of others, each of which
    would be copied into this process by being looked at.
    """
    from ipykernel import ipkernel

    ipkernel.sys = SimpleNamespace(**{**vars(sys), "modules": modules})  # type: ignore[assignment]
    try:
        yield
    finally:
        ipkernel.sys = sys


def become_kernel(run: Run, parent: int, kernel: Kernel) -> None:
    """Be the kernel of a run until it is told to stop; the interpreter then ends as any other."""
    arguments = settle(run, parent)
    os.environ.update(kernel.environment)
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = [ipykernel_launcher.__file__, *arguments]
    sys.orig_argv[1:] = ["-m", "ipykernel_launcher", *arguments]
    # It ends with its parent, which is this server and not the client that the environment names.
    app = IPKernelApp.instance(parent_handle=parent)
    try:
        with loaded(kernel.modules):
            app.initialize(arguments)
    except BaseException as error:
        # Half begun, with some of its threads running, it would not find its end.
        run.tell(f"failed {type(error).__name__}: {str(error).partition(chr(10))[0]}")
        os._exit(1)
    run.tell("ready")
    run.close()
    app.start()


def main() -> None:
    """Load, answer, serve; in a fork, be a kernel."""
    # The folder of this file, which a kernel that was not forked does not have on its path.
    sys.path.remove(str(Path(__file__).parent))
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel = Kernel()
    wanted = json.loads(sys.argv[2])
    with as_in_a_kernel():
        missing = kernel.missing + preload(wanted["preload"])
    strange = strange_threads()
    if strange:
        sys.exit(f"a library started threads that a fork may not survive: {', '.join(strange)}")
    gc.collect()
    gc.freeze()
    hello = {"files": changeable(wanted["folders"]), "origins": origins(wanted["preload"]), "missing": missing}
    control.sendall(json.dumps(hello).encode() + b"\n")
    parent = os.getpid()
    run = Zygote(control).serve()
    if run is not None:
        become_kernel(run, parent, kernel)


if __name__ == "__main__":
    main()
