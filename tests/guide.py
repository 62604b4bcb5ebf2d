"""Blocks of code in a page of text, and what a reader gets who types them, one after the other, in a fresh clone."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from aieq.report.chapters import read_chapter

FENCE = re.compile(r"^(?P<ticks>`{3,})(?P<language>[\w-]*)\n(?P<source>[\s\S]*?)^(?P=ticks)[ ]*$", re.MULTILINE)
NOT_HERE = re.compile(r"<!-- not run here: (.*?) -->$")
FILE = re.compile(r"\b(save|add)\b.* `([\w./-]+)`:$", re.IGNORECASE)
LANGUAGES = {"shell", "python", "yaml", "text"}
LONGEST_SECONDS = 2400  # one block may make a whole book, on a machine that does other things too


@dataclass(frozen=True)
class Block:
    """One block: where it stands, its language, what the line before it says of it."""

    page: str
    language: str
    source: str
    before: str

    @property
    def not_here(self) -> str:
        """Why it cannot run on any machine; empty if it can."""
        found = NOT_HERE.search(self.before)
        if found:
            return found[1]
        return "what `make test` is itself part of" if re.fullmatch(r"(make \w+.*\n?)+", self.source) else ""

    @property
    def file(self) -> tuple[str, str] | None:
        """What a reader does with a block that is no command: ``save`` it as a file, or ``add`` it to one."""
        found = FILE.search(self.before)
        return (found[1].lower(), found[2]) if found else None


def blocks(path: Path) -> list[Block]:
    """
    Find the blocks of code of a page.

    Parameters
    ----------
    path : Path
        A text or a notebook.

    Returns
    -------
    list of Block
        In order.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in read_chapter(path).cells if cell.cell_type == "markdown")
    found = []
    for fence in FENCE.finditer(text):
        before = text[: fence.start()].rstrip().rsplit("\n", 1)[-1]
        found.append(Block(path.name, fence["language"], fence["source"], before))
    return found


def commands(source: str) -> list[str]:
    """Split a block of shell into its commands, continued lines joined."""
    return [line for line in source.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]


def clone(root: Path, target: Path) -> Path:
    """
    Lay out what a fresh clone holds, as it stands in the work tree, and the environment beside it.

    Parameters
    ----------
    root, target : Path
        The checkout; a folder that does not exist.

    Returns
    -------
    Path
        The target.
    """
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)
    (target / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    for arguments in (["init", "-q"], ["add", "--all"]):
        subprocess.run(["git", *arguments], cwd=target, check=True, capture_output=True)
    return target


def traces(folder: Path) -> list[str]:
    """List what git would show as new or changed in a clone."""
    changed, others = (
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.splitlines()
        for arguments in (["diff", "--name-only"], ["ls-files", "--others", "--exclude-standard"])
    )
    return [*changed, *others]


# As a notebook does: the value of a last expression is shown.
_AS_A_CELL = """
import ast, sys
tree = ast.parse(sys.stdin.read())
last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
names = {"__name__": "__main__"}
exec(compile(tree, "the block", "exec"), names)
if last is not None:
    print(eval(compile(last, "the block", "eval"), names))
"""


def run(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """
    Do with a block what its reader does.

    Parameters
    ----------
    block : Block
        A command, a piece of Python, or the content of a file.
    folder : Path
        The clone.

    Returns
    -------
    CompletedProcess
        With what was printed; both streams in one.
    """
    if block.file:
        verb, name = block.file
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w" if verb == "save" else "a", encoding="utf-8") as file:
            file.write(block.source)
        return subprocess.CompletedProcess([], 0, "", "")
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        # The package beside the chapters, not the one the environment was made with.
        "PYTHONPATH": str(folder),
        # Two cores are shared with other tests.
        "OPENBLAS_NUM_THREADS": "1",
    }
    if block.language == "python":
        command, given = [str(folder / ".venv" / "bin" / "python"), "-c", _AS_A_CELL], block.source
    else:
        command, given = ["bash", "-e", "-o", "pipefail", "-c", block.source], ""
    return subprocess.run(
        command, input=given, cwd=folder, env=env, timeout=LONGEST_SECONDS, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def is_well_formed(block: Block) -> bool:
    """Say whether a block that cannot run here is at least Python, or a command of words."""
    if block.language == "python":
        compile(block.source, block.page, "exec")
        return True
    return all(shlex.split(command) for command in commands(block.source))
