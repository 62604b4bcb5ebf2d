"""A dask scheduler and workers as processes of their own on loopback, to be killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

# So that what is left of a killed part notices soon; a real cluster sets the same, with more patience.
_ENVIRONMENT = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "20s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "",
}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what: object, seconds: float = 30.0) -> bool:
    """Wait until a call says yes."""
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Cluster:
    """
    One scheduler, some workers.

    Parameters
    ----------
    folder : Path
        For logs, and the working folder of every process: nothing of the checkout lies there.
    package : Path
        What is put on their path: a checkout, or a folder the built package was installed into.
    workers : int
        How many, each with a nanny that starts it again.
    warm : bool
        Fork workers from a process that has everything loaded, so that one that was killed is soon there again.
    **more : str
        Environment variables.
    """

    def __init__(self, folder: Path, package: Path, workers: int = 2, *, warm: bool = False, **more: str) -> None:
        self.folder, self.workers = folder, workers
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self.env = {**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(package), "TMPDIR": str(self.temporary)}
        self.env |= {"DASK_TEMPORARY_DIRECTORY": str(self.temporary)} | more
        self.env.pop("AIEQ_ROOT", None)
        if warm:
            self.env["PYTHONPATH"] = os.pathsep.join([str(package), str(Path(__file__).parent)])
            self.env["DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"] = "forkserver"
        self.more = ("--preload-nanny", "warm_nanny") if warm else ()
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.nannies: list[subprocess.Popen[bytes]] = []
        self.mend()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli.dask_" + what, *words]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                command, env=self.env, cwd=self.temporary, stdout=log, stderr=log, start_new_session=True
            )

    def listens(self) -> bool:
        """Whether the scheduler can be reached."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def mend(self) -> None:
        """Start what is not there, as a supervisor would: workers end by themselves, with code 0, without scheduler."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            for nanny in self.nannies:
                end(nanny)
            self.nannies = []
            where = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard")
            self.scheduler = self._start("scheduler", *where)
        self.nannies = [nanny for nanny in self.nannies if nanny.poll() is None]
        while len(self.nannies) < self.workers:
            more = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--death-timeout", "60")
            self.nannies.append(self._start("worker", self.address, *more, *self.more))

    def worker_processes(self) -> list[psutil.Process]:
        """The workers proper, below their nannies and perhaps a fork server."""
        found = []
        for nanny in self.nannies:
            with contextlib.suppress(psutil.Error):
                for process in psutil.Process(nanny.pid).children():
                    words = " ".join(process.cmdline())
                    found += process.children() if "forkserver" in words else []
                    found += [process] if "spawn_main" in words else []
        return found

    def stop(self) -> None:
        """End every process."""
        for process in [*self.nannies, *([self.scheduler] if self.scheduler else [])]:
            end(process)
        shutil.rmtree(self.temporary, ignore_errors=True)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    with contextlib.suppress(psutil.Error):
        whole = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        for each in whole:
            with contextlib.suppress(psutil.Error):
                each.kill()
    process.wait()


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def install(root: Path, into: Path) -> Path:
    """
    Build the package and install it into a folder; built from a copy, since a build leaves files behind.

    Returns
    -------
    Path
        What to put on the path.
    """
    copy, wheels, site = into / "copy", into / "wheels", into / "site"
    copy.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__", ".*", "*.pyc")
    for name in ("aieq", "data", "chapters", "tools"):
        shutil.copytree(root / name, copy / name, ignore=skip)
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copyfile(root / name, copy / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), str(copy)]
    subprocess.run(build, check=True, cwd=into)
    (wheel,) = wheels.glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True, cwd=into
    )
    return site
