"""Small notebooks run on kernels, for the tests of kernels."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager

from aieq.kernels.client import QuickStart

ROOT = Path(__file__).resolve().parents[1]
PRELOAD = ["numpy", "pandas", "altair"]
ORDINARY = {"AIEQ_KERNELS": "ordinary"}


def write_spec(folder: Path, preload: Sequence[str], folders: Sequence[str] = ()) -> str:
    """Write the project's kernelspec with another list of modules, and return the folder for a manager."""
    spec = json.loads((ROOT / "aieq" / "kernels" / "kernel.json").read_text(encoding="utf-8"))
    spec["metadata"]["kernel_provisioner"]["config"] = {"preload": list(preload), "folders": list(folders)}
    target = folder / "aieq" / "kernel.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(spec), encoding="utf-8")
    return str(folder)


def notebook(cells: Iterable[str]) -> Any:
    """A notebook of code cells."""
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def notebook_of(cell: Any) -> Any:
    """A notebook of one cell that was executed."""
    return nbformat.v4.new_notebook(cells=[cell])


class Runner:
    """Runs cells, each call in a kernel of its own."""

    def __init__(self, specs: str) -> None:
        self.specs = specs

    def manager(self) -> AsyncKernelManager:
        """A manager of a kernel not yet started."""
        return AsyncKernelManager(
            kernel_name="aieq",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[self.specs], ensure_native_kernel=False),
        )

    def client(self, cells: Iterable[str], **settings: Any) -> QuickStart:
        """A client that will run cells."""
        client = QuickStart(notebook(cells), **{"timeout": 60, "startup_timeout": 60, **settings})
        client.create_kernel_manager = lambda: setattr(client, "km", self.manager()) or client.km  # type: ignore[method-assign]
        return client

    def __call__(
        self, *cells: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, **settings: Any
    ) -> Any:
        """Run cells and return the executed notebook."""
        client = self.client(cells, **settings)
        start: dict[str, Any] = {
            "env": {**os.environ, **(env or {})},
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
        }
        if cwd is not None:
            start["cwd"] = str(cwd)
        return client.execute(**start)


def told(executed: Any) -> str:
    """What the last cell wrote or returned."""
    outputs = executed.cells[-1].outputs
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


def wait_until(condition: Any, seconds: float = 10.0) -> bool:
    """Wait for something that happens in another process."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
