"""Starts kernels for jupyter_client by forking them; by itself where that cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from jupyter_client.connect import KernelConnectionInfo, LocalPortCache, port_names
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Integer, List, Unicode

from aieq.errors import ParameterError, RunError
from aieq.kernels.forked import POLL_SECONDS, ForkedKernel
from aieq.kernels.server import Loaded
from aieq.kernels.servers import packages, server_for
from aieq.kernels.spec import Used, note, why_ordinary

MEMORY = "AIEQ_KERNEL_MEMORY_MB"
KILL_SECONDS = 5.0
_LAUNCHER = ["-m", "ipykernel_launcher"]


class ForkProvisioner(LocalProvisioner):
    """Forks kernels from a process that has the libraries loaded; everything else is as for an ordinary kernel."""

    preload = List(
        Unicode(), help="Modules that the fork server imports before the first kernel; module:function is also called."
    ).tag(config=True)
    folders = List(
        Unicode(), help="Folders that are read meanwhile, as module:attribute; a change in them makes the server old."
    ).tag(config=True)
    memory_mb = Integer(
        0, help=f"Memory a kernel may write to, in MB; 0 for no limit. The variable {MEMORY} goes before it."
    ).tag(config=True)
    _launched = False

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """
        Start a kernel.

        Parameters
        ----------
        cmd : list of str
            Its command line.
        **kwargs
            As for `subprocess.Popen`.

        Returns
        -------
        dict
            How to connect to it.
        """
        reason = self._why_not(cmd, kwargs)
        level = logging.INFO
        if not reason:
            try:
                kernel = await self._fork(cmd, kwargs)
            except _Unsuited as error:
                reason = str(error)
            except RunError as error:
                reason, level = str(error), logging.WARNING
        if reason:
            note(Used("ordinary", reason), level)
            return await super().launch_kernel(cmd, **kwargs)
        note(Used("forked"))
        # Signals go through the server, which knows that the number of the process is still its own.
        self.process, self.pid, self.pgid = kernel, kernel.pid, None  # type: ignore[assignment]
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    def _why_not(self, cmd: Sequence[str], kwargs: dict[str, Any]) -> str:
        """Why this kernel cannot be forked; empty if it can."""
        reason = why_ordinary(kwargs.get("env"))
        if reason:
            return reason
        if list(cmd[1:3]) != _LAUNCHER or Path(cmd[0]).resolve() != Path(sys.executable).resolve():
            return f"its command is not this Python's ipykernel: {' '.join(cmd[:3])}"
        if subprocess.PIPE in (kwargs.get(name) for name in ("stdin", "stdout", "stderr")):
            return "its streams are wanted as pipes"
        return ""

    async def _fork(self, cmd: Sequence[str], kwargs: dict[str, Any]) -> ForkedKernel:
        env = dict(kwargs["env"])
        if not kwargs.get("independent"):
            env["JPY_PARENT_PID"] = str(os.getpid())
        folder = str(Path(kwargs.get("cwd") or Path.cwd()).absolute())
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"a kernel was to start in {folder}, which is not a folder")
        limit = env.get(MEMORY) or self.memory_mb
        try:
            memory = int(limit) * 2**20
        except ValueError:
            raise ParameterError(f"{MEMORY} is {limit!r}; give a whole number of MB") from None
        request = {"argv": list(cmd[3:]), "env": env, "cwd": folder, "umask": _umask(), "memory": memory}
        with contextlib.ExitStack() as opened:
            streams = _streams(kwargs, opened)
            ports = opened.enter_context(self._ports())
            try:
                kernel = await self._ask(cmd[0], request, streams)
            except RunError:
                # The server may have been killed just now, or closed by another thread; a second one is no accident.
                kernel = await self._ask(cmd[0], request, streams)
            ports.bound()
        return kernel

    async def _ask(self, python: str, request: dict[str, Any], streams: Sequence[int]) -> ForkedKernel:
        env, folder = request["env"], request["cwd"]
        loaded = Loaded(tuple(self.preload), tuple(self.folders))
        server = server_for(python, env, loaded, folder)
        for package, file in _first_here(packages(loaded), env, Path(folder)).items():
            if Path((await server.loaded())["origins"].get(package, "")).resolve() != file:
                raise _Unsuited(f"{folder} has a module {package} of its own")
        return await server.launch(request, streams)

    def _ports(self) -> _Ports:
        """The ports to bind: those of before after a restart, for clients come back to them."""
        first, self._launched = not self._launched, True
        manager = self.parent if first and getattr(self.parent, "transport", "") == "tcp" else None
        return _Ports(self, manager)

    async def kill(self, restart: bool = False) -> None:
        """
        Kill the kernel, and return when it is dead.

        Parameters
        ----------
        restart : bool
            Whether another is to follow.
        """
        await super().kill(restart)
        clock = asyncio.get_running_loop()
        until = clock.time() + KILL_SECONDS
        while self.process is not None and self.process.poll() is None and clock.time() < until:  # type: ignore[unreachable]
            await asyncio.sleep(POLL_SECONDS)


class _Unsuited(Exception):
    """This kernel would have to find other modules than the server has loaded; no fault of anybody's."""


def _first_here(names: Sequence[str], env: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Files of modules that a kernel finds in its own folder before it looks among what is installed."""
    paths = [Path(entry) for entry in env.get("PYTHONPATH", "").split(os.pathsep) if entry]
    found = {}
    for name in names:
        for place in [*paths, folder]:
            file = next((f for f in (place / name / "__init__.py", place / f"{name}.py") if f.is_file()), None)
            if file is not None:
                if place == folder:
                    found[name] = file.resolve()
                break
    return found


class _Ports(contextlib.AbstractContextManager["_Ports"]):
    """
    Lets a kernel choose its own ports.

    A manager looks for free ports and writes them down; by the time the kernel binds them, in a busy process, another
    connection may have taken one. A file that leaves them open has none of this, and the manager takes what comes back.
    """

    def __init__(self, provisioner: ForkProvisioner, manager: Any) -> None:
        self.provisioner, self.manager = provisioner, manager

    def __enter__(self) -> Self:
        """Leave the ports open in the connection file."""
        if self.manager is not None:
            self.file = Path(self.manager.connection_file)
            self.before = self.file.read_text(encoding="utf-8")
            _rewrite(self.file, json.dumps({**json.loads(self.before), **dict.fromkeys(port_names, 0)}))
        return self

    def bound(self) -> None:
        """Take the ports the kernel wrote into the file; the manager writes it again from what it is told."""
        if self.manager is not None:
            found, self.before = json.loads(self.file.read_text(encoding="utf-8")), ""
            self.file.unlink()
            info, cache = self.provisioner.connection_info, LocalPortCache.instance()
            for name in port_names:
                cache.return_port(info[name])  # type: ignore[literal-required]
            self.provisioner.connection_info = {**info, **{name: found[name] for name in port_names}}  # type: ignore[typeddict-item]

    def __exit__(self, *raised: object) -> None:
        """Without a kernel the file is as it was."""
        if self.manager is not None and self.before:
            _rewrite(self.file, self.before)


def _rewrite(file: Path, text: str) -> None:
    """Write over a file without making it anew, so that nobody else may read it who could not before."""
    with file.open("r+", encoding="utf-8") as opened:
        opened.truncate()
        opened.write(text)


def _umask() -> int:
    """Read the mask of this process; to ask the operating system means to set it, for all threads."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def _streams(kwargs: dict[str, Any], opened: contextlib.ExitStack) -> list[int]:
    """Standard input, output and error as `subprocess.Popen` would understand them; input is empty by default."""
    null = os.open(os.devnull, os.O_RDWR)
    opened.callback(os.close, null)
    found = []
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        given = kwargs.get(name)
        if given is None:
            found.append(null if number == 0 else number)
        elif given == subprocess.DEVNULL:
            found.append(null)
        elif given == subprocess.STDOUT:
            found.append(found[1])
        else:
            found.append(given if isinstance(given, int) else given.fileno())
    return found
