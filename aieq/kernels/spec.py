"""Which kernel is there to use, and which was used."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

KERNEL = "aieq"
PROVISIONER = "aieq-fork"
ORDINARY = "python3"
# Set to "ordinary", every kernel is started by itself.
SWITCH = "AIEQ_KERNELS"

_log = logging.getLogger("aieq.kernels")


@dataclass(frozen=True)
class Used:
    """
    How kernels were started in this process.

    Parameters
    ----------
    kind : str
        ``"forked"``, ``"ordinary"``, or ``"none"`` while no kernel was started.
    reason : str
        Why not forked.
    """

    kind: str
    reason: str = ""

    def __str__(self) -> str:
        """One line for a reader."""
        told = {"forked": "kernels are forked from a process that has the libraries loaded", "none": "no kernel yet"}
        return told.get(self.kind, f"kernels are started one by one: {self.reason}")


_used = Used("none")


def used() -> Used:
    """
    Say how the last kernel was started in this process.

    Returns
    -------
    Used
        Kind, and the reason if it was not forked.
    """
    return _used


def note(now: Used, level: int = logging.INFO) -> None:
    """
    Remember how a kernel was started, and log it when that is news.

    Parameters
    ----------
    now : Used
        How it was.
    level : int
        Level of the line in the log.
    """
    global _used
    if now != _used:
        _used = now
        _log.log(level, "%s", now)


def why_ordinary(env: Mapping[str, str] | None = None) -> str:
    """
    Say why kernels must not be forked here.

    Parameters
    ----------
    env : mapping, optional
        Where to look for ``AIEQ_KERNELS``; the environment of this process by default.

    Returns
    -------
    str
        The reason; empty if they can be forked.

    Examples
    --------
    >>> why_ordinary({"AIEQ_KERNELS": "ordinary"})
    'AIEQ_KERNELS=ordinary'
    """
    if (os.environ if env is None else env).get(SWITCH) == "ordinary":
        return f"{SWITCH}=ordinary"
    if not sys.platform.startswith("linux"):
        return f"forking a loaded process is not safe on {sys.platform}"
    return ""


def kernel_name() -> str:
    """
    Give the kernel to run a notebook with: ``aieq`` where it is installed, else ``python3``.

    Returns
    -------
    str
        Name of a kernelspec.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    from jupyter_client.provisioning import KernelProvisionerFactory

    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        note(Used("ordinary", "the kernel 'aieq' is not installed; install the package (pip install -e .)"))
        return ORDINARY
    return KERNEL if KernelProvisionerFactory.instance().is_provisioner_available(spec) else ORDINARY
