"""One line of the table, and how a command is timed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from aieq.report.chapters import ROOT, environment


@dataclass(frozen=True)
class Result:
    """What was measured, and what was promised: at most the target, or at least."""

    what: str
    value: float
    unit: str = ""
    target: float | None = None
    at_least: bool = False

    @property
    def promise(self) -> str:
        """The target in words; nothing where there is none."""
        if self.target is None:
            return ""
        return f"{'>=' if self.at_least else '<='} {self.target:g}{' ' + self.unit if self.unit else ''}"

    @property
    def verdict(self) -> str:
        """Whether the promise was kept."""
        if self.target is None:
            return ""
        kept = self.value >= self.target if self.at_least else self.value <= self.target
        return "ok" if kept else "MISSED"


def variables(**more: str) -> dict[str, str]:
    """Environment in which everything is timed."""
    return {**os.environ, **environment(), **more}


def timed(command: list[str], cwd: Path = ROOT, **more: str) -> float:
    """Seconds of a command as a whole process; a command that fails ends the benchmark."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=variables(**more), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"bench: {' '.join(command[:4])} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return seconds
