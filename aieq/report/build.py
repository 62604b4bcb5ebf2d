"""
Execute the chapters side by side, once, and turn them into the book.

A chapter is executed again when its code, the package, the data or the locked environment changed: results are kept
under a hash of all of these, so what is kept is never stale, and a change of prose costs no execution. The outputs
committed with a chapter are never used: they are what nbval compares, not what a reader gets.

Run as ``python -m aieq.report.build [--clean] [--strict]``, or with ``--commit`` to bring the outputs that are
committed with the chapters up to date.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aieq.report.chapters import ROOT, chapter_files, environment, parameters_of, read_chapter

CELL_TIMEOUT_SECONDS = 300
# Begun first while nothing is known of how long each takes: this one judges every claim month by month.
LONGEST = "verdict"
# What sphinx reads besides the chapters.
BOOK_FILES = ("_config.yml", "_toc.yml", "*.bib", "*.md", "_assets", "_templates", "_ext")


@dataclass
class Chapter:
    """One chapter on its way through the build."""

    path: Path
    key: str
    notebook: Any
    seconds: float = 0.0
    outputs: list[list[dict[str, Any]]] | None = None
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name of the chapter: its file without the ending."""
        return self.path.stem


class BuildError(Exception):
    """The book cannot be built; the message says where and why."""


# --- what a result depends on -----------------------------------------------------------------------------------


def digest_files(files: Iterable[Path], root: Path) -> str:
    """Hash of names and contents of files."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def files_under(*folders: Path) -> list[Path]:
    """All files in folders, without what Python leaves there."""
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    ]


def surroundings(root: Path = ROOT) -> str:
    """
    Hash of everything a chapter may depend on besides itself: package, data, lock, Python.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    files = files_under(root / "aieq", root / "data")
    files += [path for path in (root / "requirements.txt",) if path.exists()]
    settings = json.dumps([platform.python_version(), sorted(environment().items())])
    return hashlib.sha256((digest_files(files, root) + settings).encode()).hexdigest()


def chapter_key(notebook: Any, around: str) -> str:
    """
    Hash under which the result of a chapter is kept; prose is not part of it.

    Parameters
    ----------
    notebook : NotebookNode
        The chapter.
    around : str
        What `surroundings` gave.

    Returns
    -------
    str
        Hexadecimal digest.

    Examples
    --------
    >>> import nbformat
    >>> book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("a"), nbformat.v4.new_code_cell("1 + 1")])
    >>> before = chapter_key(book, "x")
    >>> book.cells[0].source = "b"
    >>> chapter_key(book, "x") == before
    True
    >>> book.cells[1].source = "1 + 2"
    >>> chapter_key(book, "x") == before
    False
    """
    cells = [
        [cell.source, sorted(cell.metadata.get("tags", []))] for cell in notebook.cells if cell.cell_type == "code"
    ]
    return hashlib.sha256(json.dumps([cells, around]).encode()).hexdigest()


# --- running the chapters ---------------------------------------------------------------------------------------


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all: a build that is killed leaves no half a file behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def explain(notebook: Any, error: Exception) -> str:
    """Cell, its source and the error, without the frames of the kernel."""
    number = next(
        (
            index
            for index, cell in enumerate(notebook.cells, 1)
            if cell.cell_type == "code" and any(output.output_type == "error" for output in cell.outputs)
        ),
        None,
    )
    if number is None:
        return f"{type(error).__name__}: {error}"
    cell = notebook.cells[number - 1]
    output = next(output for output in cell.outputs if output.output_type == "error")
    source = "\n".join(f"        {line}" for line in cell.source.splitlines())
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output.traceback))
    place = re.findall(r"^File (.*?:\d+), in (.*)$", plain, flags=re.MULTILINE)
    where = f"\n      raised at {place[-1][0]} in {place[-1][1]}" if place else ""
    return f"cell {number}:\n{source}\n      {output.ename}: {output.evalue}{where}"


async def _execute(chapter: Chapter, cwd: Path, env: dict[str, str]) -> None:
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from aieq.kernels import kernel_name
    from aieq.kernels.client import QuickStart

    notebook = chapter.notebook
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = QuickStart(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name=kernel_name(),
        resources={"metadata": {"path": str(cwd)}},
        record_timing=False,
    )
    started = time.perf_counter()
    try:
        await client.async_execute(env=env, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        chapter.error = explain(notebook, error)
    chapter.seconds = time.perf_counter() - started
    if chapter.error is None:
        chapter.outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


async def side_by_side(jobs: Sequence[Any], width: int = 0) -> None:
    """Await jobs, at most `width` at once; 0 means one for each processor."""
    width = width or max(2, os.cpu_count() or 2)
    gate = asyncio.Semaphore(width)

    async def one(job: Any) -> None:
        async with gate:
            await job()

    await asyncio.gather(*(one(job) for job in jobs))


def execute(chapters: Sequence[Chapter], cache: Path, cwd: Path, *, also: Sequence[Any] = (), width: int = 0) -> None:
    """
    Fill in the outputs of chapters, from the cache or by running them side by side, longest first.

    Parameters
    ----------
    chapters : sequence of Chapter
        What to run; outputs, seconds and errors are filled in.
    cache : Path
        Folder of kept results.
    cwd : Path
        Folder in which the chapters run.
    also : sequence of coroutine functions
        Other work to do on the same processors.
    width : int
        How many at once; 0 means one for each processor.
    """
    stale = []
    for chapter in chapters:
        kept = cache / f"{chapter.name}.json"
        if kept.exists():
            result = json.loads(kept.read_text(encoding="utf-8"))
            chapter.seconds = result["seconds"]
            if result["key"] == chapter.key:
                chapter.outputs = result["outputs"]
                continue
        else:
            chapter.seconds = CELL_TIMEOUT_SECONDS if chapter.name == LONGEST else 0
        stale.append(chapter)
    # Chapters import the package they lie beside, whichever is installed.
    env = {**os.environ, **environment(), "PYTHONPATH": str(cwd.parent)}

    def job(chapter: Chapter) -> Any:
        async def run() -> None:
            await _execute(chapter, cwd, env)
            if chapter.outputs is not None:
                result = {"key": chapter.key, "seconds": round(chapter.seconds, 2), "outputs": chapter.outputs}
                write_whole(cache / f"{chapter.name}.json", json.dumps(result))

        return run

    stale.sort(key=lambda chapter: -chapter.seconds)
    # The extra work first: it is short, and must not be what all wait for at the end.
    asyncio.run(side_by_side([*also, *(job(chapter) for chapter in stale)], width))


# --- the staged book --------------------------------------------------------------------------------------------


def _merged(chapter: Chapter, edit: Callable[[Any], None] | None = None) -> str:
    """The chapter with its new outputs, and without the times and parameters that other programs leave in it."""
    import nbformat

    notebook = read_chapter(chapter.path)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for trace in ("execution", "papermill"):
            cell.metadata.pop(trace, None)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, (cell, outputs) in enumerate(zip(code, chapter.outputs or [], strict=True), 1):
        cell.outputs, cell.execution_count = [nbformat.from_dict(output) for output in outputs], number
    if edit:
        edit(notebook)
    notebook.metadata.setdefault("language_info", {"name": "python", "pygments_lexer": "ipython3"})
    return nbformat.writes(notebook) + "\n"


def _put(path: Path, content: bytes) -> bool:
    """Write only what differs: sphinx reads a page again when its file is newer."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def stage(
    root: Path,
    target: Path,
    chapters: Sequence[Chapter],
    *,
    settings: Mapping[str, Any] | None = None,
    toc: Mapping[str, Any] | None = None,
    edit: Callable[[Any], None] | None = None,
) -> None:
    """
    Lay out the book with executed chapters, touching only files that differ.

    Parameters
    ----------
    root : Path
        The checkout.
    target : Path
        Folder of the staged book.
    chapters : sequence of Chapter
        Executed chapters.
    settings : mapping, optional
        Settings of sphinx on top of those in `_config.yml`.
    toc : mapping, optional
        Table of contents in place of `_toc.yml`.
    edit : callable, optional
        Called with each chapter, to change it in place.
    """
    import yaml

    wanted: dict[Path, bytes] = {}
    for pattern in BOOK_FILES:
        for path in root.glob(pattern):
            for file in [path] if path.is_file() else files_under(path):
                wanted[file.relative_to(root)] = file.read_bytes()
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    if settings:
        config.setdefault("sphinx", {}).setdefault("config", {}).update(settings)
    wanted[Path("_config.yml")] = yaml.safe_dump(config, sort_keys=False, allow_unicode=True).encode()
    if toc:
        wanted[Path("_toc.yml")] = yaml.safe_dump(dict(toc), sort_keys=False, allow_unicode=True).encode()
    for path in (root / "chapters").glob("*.md"):
        wanted[path.relative_to(root)] = path.read_bytes()
    for chapter in chapters:
        wanted[chapter.path.relative_to(root)] = _merged(chapter, edit).encode()
    for relative, content in wanted.items():
        _put(target / relative, content)
    for path in files_under(target):
        if path.relative_to(target) not in wanted:
            path.unlink()


def commit_outputs(root: Path = ROOT) -> list[str]:
    """
    Put the outputs of every chapter, executed as the build does, into the chapters themselves.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of str
        Names of the chapters that changed.

    Raises
    ------
    BuildError
        If a chapter fails; no chapter is written then.
    """
    chapters = _gather(root)
    execute(chapters, root / "_build" / ".cache", root / "chapters")
    fault = _faults(chapters, strict=True)
    if fault:
        raise BuildError("\n  ".join(["nothing was written, not everything ran:", *fault]))
    return [chapter.name for chapter in chapters if _put(chapter.path, _merged(chapter).encode())]


def make_pages(root: Path, staged: Path, out: Path, *, fresh: bool) -> Path:
    """
    Build the pages; a failure forgets what sphinx remembers, so that the next build cannot pass by not looking.

    Parameters
    ----------
    root : Path
        The checkout.
    staged : Path
        The staged book.
    out : Path
        Folder in which `_build` appears.
    fresh : bool
        Forget what sphinx remembers of earlier builds.

    Returns
    -------
    Path
        Folder of the pages.

    Raises
    ------
    BuildError
        If sphinx fails or warns.
    """
    build = out / "_build"
    memory = build / ".doctrees"
    if fresh:
        shutil.rmtree(memory, ignore_errors=True)
        shutil.rmtree(build / "html", ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(staged)]
    command += ["--path-output", str(out), "--warningiserror", "--keep-going", "--quiet"]
    env = {**os.environ, **environment(), "PYTHONPATH": str(root)}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=env, check=False)
    log = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).replace(f"{staged}/", "")
    write_whole(build / "book.log", log)
    complaints = [line for line in log.splitlines() if re.search(r"WARNING|ERROR|CRITICAL|rror:", line)]
    if done.returncode:
        shutil.rmtree(memory, ignore_errors=True)
        shown = "\n".join(f"    {line}" for line in complaints[:20]) or log[-2000:]
        raise BuildError(f"the pages have faults (all of them: {os.path.relpath(build / 'book.log')}):\n{shown}")
    return build / "html"


# --- all of it --------------------------------------------------------------------------------------------------


def write_results(folder: Path, parameters: dict[str, Any]) -> None:
    """
    Write `findings.json` and `verdicts.json`.

    Parameters
    ----------
    folder : Path
        Where to write them.
    parameters : dict
        `as_of`, `scenario` and `seed`.
    """
    from aieq.report.results import results

    for name, records in results(**parameters).items():
        text = json.dumps(records, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_whole(folder / f"{name}.json", text)


async def compute_results(root: Path, folder: Path, parameters: dict[str, Any]) -> str:
    """
    Write what `write_results` writes, in a process of its own.

    Parameters
    ----------
    root, folder : Path
        The checkout, and where to write.
    parameters : dict
        `as_of`, `scenario` and `seed`.

    Returns
    -------
    str
        What went wrong in one line; nothing if nothing did.
    """
    script = "import sys, json, pathlib; from aieq.report.build import write_results as w; "
    script += "w(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(folder), json.dumps(parameters),
        cwd=root, env={**os.environ, **environment(), "PYTHONPATH": str(root)}, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, complaint = await process.communicate()
    return "findings: " + complaint.decode().strip().splitlines()[-1] if process.returncode else ""


def build(
    root: Path = ROOT, *, clean: bool = False, strict: bool = False, width: int = 0, with_findings: bool = True
) -> str:
    """
    Execute what must be executed and build the book.

    Parameters
    ----------
    root : Path
        The checkout.
    clean : bool
        Forget all earlier results first.
    strict : bool
        Also fail when a chapter writes to standard error.
    width : int
        Chapters at once; 0 means one for each processor.
    with_findings : bool
        Also write `_build/findings.json` and `_build/verdicts.json`.

    Returns
    -------
    str
        One line: what was done in how many seconds.
    """
    started = time.perf_counter()
    out = root / "_build"
    cache, staged = out / ".cache", out / "stage"
    results = [out / "findings.json", out / "verdicts.json"]
    if clean:
        for path in (cache, staged, out / "html", out / ".doctrees", *results):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    around = surroundings(root)
    chapters = _gather(root, around)
    parameters = parameters_of(next((c for c in chapters if c.name == "index"), chapters[0]).notebook)
    findings_key = hashlib.sha256(json.dumps([around, parameters]).encode()).hexdigest()
    kept_key = cache / "findings.key"
    fault: list[str] = []

    async def findings_and_verdicts() -> None:
        complaint = await compute_results(root, out, parameters)
        fault.extend(filter(None, [complaint]))
        if not complaint:
            write_whole(kept_key, findings_key)

    made = all(path.exists() for path in (*results, kept_key)) and kept_key.read_text() == findings_key
    current = made or not with_findings
    before = time.perf_counter()
    executed = [chapter for chapter in chapters if not _is_kept(chapter, cache)]
    execute(chapters, cache, root / "chapters", also=[] if current else [findings_and_verdicts], width=width)
    ran = time.perf_counter() - before
    fault += _faults(chapters, strict=strict)
    if fault:
        raise BuildError("\n  ".join(["not everything ran:", *fault]))

    stage(root, staged, chapters)
    book_key = hashlib.sha256(
        (around + digest_files([p for p in files_under(staged) if p.suffix != ".ipynb"], staged)).encode()
    ).hexdigest()
    kept_book = cache / "book.key"
    fresh = not kept_book.exists() or kept_book.read_text() != book_key
    make_pages(root, staged, root, fresh=fresh)
    write_whole(kept_book, book_key)
    total = time.perf_counter() - started
    return (
        f"{len(executed)} of {len(chapters)} chapters executed in {ran:.0f} s, "
        f"pages in {total - ran:.0f} s: _build/html/index.html"
    )


def _gather(root: Path, around: str | None = None) -> list[Chapter]:
    around = around or surroundings(root)
    chapters = []
    for path in chapter_files(root):
        notebook = read_chapter(path)
        chapters.append(Chapter(path, chapter_key(notebook, around), notebook))
    if not chapters:
        raise BuildError(f"no chapters in {root / 'chapters'}.")
    return chapters


def _faults(chapters: Sequence[Chapter], *, strict: bool) -> list[str]:
    found = [f"chapters/{chapter.name}.ipynb, {chapter.error}" for chapter in chapters if chapter.error]
    return found + ([complaint for chapter in chapters for complaint in _stderr(chapter)] if strict else [])


def _is_kept(chapter: Chapter, cache: Path) -> bool:
    kept = cache / f"{chapter.name}.json"
    return kept.exists() and json.loads(kept.read_text(encoding="utf-8"))["key"] == chapter.key


def _stderr(chapter: Chapter) -> list[str]:
    return [
        f"chapters/{chapter.name}.ipynb, code cell {number} writes to standard error: {output['text'].strip()[:300]}"
        for number, outputs in enumerate(chapter.outputs or [], 1)
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """
    Build the book from the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the command line's own by default.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m aieq.report.build", description="Execute and build the book.")
    parser.add_argument("--clean", action="store_true", help="forget all earlier results first")
    parser.add_argument("--strict", action="store_true", help="also fail when a chapter writes to standard error")
    parser.add_argument("--commit", action="store_true", help="only put new outputs into chapters/, build no pages")
    options = parser.parse_args(argv)
    try:
        if options.commit:
            print("outputs: new in", ", ".join(commit_outputs()) or "no chapter")
            return 0
        print("book:", build(clean=options.clean, strict=options.strict))
    except BuildError as error:
        print(f"book: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
