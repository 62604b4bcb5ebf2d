"""
The book, or some of its chapters, as of another day and under other assumptions: an edition in a folder of its own.

Chapters run through papermill side by side and are kept under a hash of code, package, data and parameters, so that
the same call again goes on where an interrupted one stopped. A book of some chapters holds these and no others: links
of its prose to a chapter that is not in it lead to the default edition, links of numbers and verdicts to their rows,
which have other values there, become plain text.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aieq.assumptions import load_scenario
from aieq.errors import ParameterError, RunError
from aieq.report import build, check, edition_folder, edition_pages, edition_words
from aieq.report.chapters import ROOT, chapter_files, find_chapter, parameters_of, read_chapter
from aieq.report.run import absolute_scenario, check_parameters, run_chapter

Progress = Callable[[str, int, int, str], None]


@dataclass
class Edition:
    """
    An edition, planned and then made.

    Parameters
    ----------
    folder : Path
        Where it is.
    chapters : list of Path
        Their notebooks in the checkout.
    parameters, defaults : dict
        `as_of`, `scenario` and `seed`, here and in the default edition.
    given : dict
        What was asked for, as it was written.
    says : list of str
        In which it differs from the default edition; empty for the default edition itself.
    executed, kept : list of str
        Chapters executed now, and those still valid from an earlier call.
    failed : dict
        Error by chapter.
    book : Path or None
        First page of the book, if all chapters ran.
    seconds : float
        How long it took.
    """

    folder: Path
    chapters: list[Path]
    parameters: dict[str, Any]
    defaults: dict[str, Any]
    given: dict[str, Any]
    says: list[str]
    root: Path = ROOT
    whole: bool = True
    default_edition: str = ""
    executed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    book: Path | None = None
    seconds: float = 0.0

    @property
    def work(self) -> Path:
        """Folder of what is unfinished; gone when all is done."""
        return self.folder / edition_folder.WORK

    def summary(self) -> dict[str, Any]:
        """Give what a program wants to know of it."""
        return {
            "folder": str(self.folder),
            "book": str(self.book) if self.book else None,
            **self.parameters,
            "says": self.says,
            "executed": self.executed,
            "kept": self.kept,
            "failed": self.failed,
            "seconds": round(self.seconds, 1),
        }


def plan(
    chapters: Sequence[str | Path] = (),
    *,
    out: str | Path,
    default_edition: str = "",
    given: Mapping[str, Any] | None = None,
    root: Path = ROOT,
    **parameters: Any,
) -> Edition:
    """
    Check everything that can be known before anything starts.

    Parameters
    ----------
    chapters : sequence of str or Path
        Names; all chapters if there are none.
    out : str or Path
        A folder that is new, empty, or holds this edition already.
    default_edition : str
        Address or folder of the default edition's pages; by default what `_config.yml` says, else the checkout's own.
    given : mapping, optional
        How the parameters were written by whoever asks, for the record; by default as they are here.
    root : Path
        The checkout.
    **parameters
        `as_of`, `scenario`, `seed`.

    Returns
    -------
    Edition

    Raises
    ------
    AieqError
        For an unknown chapter, a parameter that cannot be, or a folder that cannot be used.
    """
    paths = list(dict.fromkeys(find_chapter(chapter, root) for chapter in chapters)) or chapter_files(root)
    for path in paths:
        if path.parent != root / "chapters":
            msg = f"{path.name} is not a chapter of this book; run it by itself: papermill {path.name} out.ipynb"
            raise ParameterError(msg)
    defaults = parameters_of(read_chapter(paths[0]))
    checked: dict[str, Any] = {}
    for path in paths:
        checked = defaults | check_parameters(path.stem, parameters, parameters_of(read_chapter(path)))
    checked["scenario"] = absolute_scenario(checked["scenario"])
    folder = edition_folder.usable(Path(out), root, checked, len(paths))
    return Edition(
        folder,
        paths,
        checked,
        defaults,
        {key: str(value) if isinstance(value, Path) else value for key, value in (given or parameters).items()},
        edition_words.sentences(checked, defaults),
        root=root,
        whole=len(paths) == len(chapter_files(root)),
        default_edition=edition_pages.find_default(default_edition, root, folder / "html"),
    )


def make(planned: Edition, *, width: int = 0, progress: Progress | None = None) -> Edition:
    """
    Run the chapters and make their book.

    Parameters
    ----------
    planned : Edition
        What `plan` gave; it is filled in.
    width : int
        How many chapters at once; 0 means one for each processor.
    progress : callable, optional
        Told after each step what was done, how many steps are done and how many there are, and a remark.

    Returns
    -------
    Edition
        The same. A chapter that failed is in `failed`, its notebook as far as it came in ``failed/``; there is a
        book only if none failed.

    Raises
    ------
    RunError
        If the pages have faults, or another process is at work in the folder. What ran is kept.
    """
    started = time.perf_counter()
    around = build.surroundings(planned.root)
    chapters = [_chapter(path, planned, around) for path in planned.chapters]
    hashes = {
        "code": build.digest_files(build.files_under(planned.root / "aieq"), planned.root),
        "data": build.digest_files(build.files_under(planned.root / "data"), planned.root),
    }
    tell = _teller(progress, len(chapters) + 2)
    edition_folder.write_record(planned, hashes, book="")
    stale = [chapter for chapter in chapters if not _is_kept(chapter, planned)]
    planned.kept = [chapter.name for chapter in chapters if chapter not in stale]
    for name in planned.kept:
        tell(name, "kept")
    stale.sort(key=lambda chapter: chapter.name != build.LONGEST)
    complaints: list[str] = []

    async def results() -> None:
        complaints.append(await build.compute_results(planned.root, planned.folder, planned.parameters))
        tell("findings and verdicts", "")

    def job(chapter: build.Chapter) -> Callable[[], Any]:
        async def run() -> None:
            await _in_thread(lambda: _run(chapter, planned))
            tell(chapter.name, "failed" if chapter.error else f"{chapter.seconds:.0f} s")

        return run

    _wait(build.side_by_side([results, *(job(chapter) for chapter in stale)], width))
    planned.failed = {chapter.name: chapter.error for chapter in chapters if chapter.error}
    planned.executed = [chapter.name for chapter in stale if not chapter.error]
    if any(complaints):
        raise RunError(f"{complaints[0]}; the chapters that ran are kept in {planned.folder}")
    book = ""
    if not planned.failed:
        book = _pages(planned, chapters)
        planned.book = planned.folder / "html" / "index.html"
        tell("pages", "")
    edition_folder.write_record(planned, hashes, book=book)
    if not planned.failed:
        shutil.rmtree(planned.work, ignore_errors=True)
    planned.seconds = time.perf_counter() - started
    return planned


def _teller(progress: Progress | None, total: int) -> Callable[[str, str], None]:
    done = 0

    def tell(what: str, remark: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(what, done, total, remark)

    return tell


def _chapter(path: Path, planned: Edition, around: str) -> build.Chapter:
    notebook = read_chapter(path)
    # Not the name of a scenario alone: a file may have changed under it.
    supposed = repr(sorted(load_scenario(planned.parameters["scenario"]).items()))
    parts = [build.chapter_key(notebook, around), sorted(planned.parameters.items()), supposed]
    return build.Chapter(path, hashlib.sha256(json.dumps(parts).encode()).hexdigest(), notebook)


def _is_kept(chapter: build.Chapter, planned: Edition) -> bool:
    path = planned.folder / "notebooks" / chapter.path.name
    if not path.exists():
        return False
    notebook = read_chapter(path)
    if notebook.metadata.get("aieq", {}).get("key") != chapter.key:
        return False
    chapter.outputs = _outputs(notebook)
    return True


def _outputs(notebook: Any) -> list[list[dict[str, Any]]]:
    """Of the cells that the chapter has itself: papermill puts a cell with the parameters among them."""
    return [
        cell.outputs
        for cell in notebook.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]


def _run(chapter: build.Chapter, planned: Edition) -> None:
    """Run one chapter; whatever happens in it costs only this one."""
    import nbformat

    running = planned.work / chapter.path.name
    failed = planned.folder / "failed" / chapter.path.name
    running.unlink(missing_ok=True)
    started = time.perf_counter()
    try:
        notebook = run_chapter(chapter.path, running, **planned.parameters)
        notebook.metadata["aieq"] = {"key": chapter.key}
        build.write_whole(planned.folder / "notebooks" / chapter.path.name, nbformat.writes(notebook) + "\n")
        chapter.outputs = _outputs(notebook)
        running.unlink(missing_ok=True)
        failed.unlink(missing_ok=True)
    except Exception as error:  # noqa: BLE001 - it is told, and the other chapters go on
        if running.exists():
            failed.parent.mkdir(exist_ok=True)
            running.replace(failed)
        chapter.error = _explain(failed, error)
    chapter.seconds = time.perf_counter() - started


def _explain(failed: Path, error: Exception) -> str:
    if not failed.exists():
        return f"{type(error).__name__}: {error}"
    notebook = read_chapter(failed)
    added = {"injected-parameters", "papermill-error-cell-tag"}
    notebook.cells = [cell for cell in notebook.cells if not added & set(cell.metadata.get("tags", []))]
    return build.explain(notebook, error)


async def _in_thread(call: Callable[[], None]) -> None:
    """A daemon thread: an interrupted program does not wait for a chapter to end."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work() -> None:
        try:
            call()
        finally:
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=work, daemon=True).start()
    await done.wait()


def _wait(work: Any) -> None:
    """Run to the end, also in a notebook, where a loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    thread = threading.Thread(target=asyncio.run, args=(work,), daemon=True)
    thread.start()
    thread.join()


def _pages(planned: Edition, chapters: Sequence[build.Chapter]) -> str:
    """Make the book if it is not what it must be; return the hash under which it is kept."""
    import yaml

    staged, html = planned.work / "stage", planned.folder / "html"
    toc = yaml.safe_load((planned.root / "_toc.yml").read_text(encoding="utf-8"))
    names = [chapter.name for chapter in chapters]
    settings: dict[str, Any] = {} if not planned.says else {"aieq_edition": edition_pages.settings(planned)}
    if not planned.whole:
        others = [Path(page).name for page in check.toc_files(toc) if Path(page).name not in names]
        settings["aieq_elsewhere"] = {"pages": others, "default_edition": planned.default_edition}
        toc = edition_pages.part_of_toc(toc, names)
    elsewhere = settings.get("aieq_elsewhere", {}).get("pages", [])
    edit = functools.partial(edition_pages.open_links, elsewhere=elsewhere) if elsewhere else None
    build.stage(planned.root, staged, chapters, settings=settings, toc=toc, edit=edit)
    code = build.digest_files(build.files_under(planned.root / "aieq"), planned.root)
    key = hashlib.sha256((code + build.digest_files(build.files_under(staged), staged)).encode()).hexdigest()
    if html.is_dir() and edition_folder.read_record(planned.folder).get("book") == key:
        return key
    try:
        made = build.make_pages(planned.root, staged, planned.work, fresh=True)
    except build.BuildError as error:
        raise RunError(f"{error}\n  the chapters are kept in {planned.folder / 'notebooks'}") from None
    _swap(made, html)
    problems = edition_pages.check(html, planned, staged / "_toc.yml")
    if problems:
        raise RunError("\n  ".join([f"the pages in {html} have faults:", *problems[:20]]))
    return key


def _swap(made: Path, html: Path) -> None:
    old = made.with_name("old")
    if html.exists():
        html.rename(old)
    made.rename(html)
    shutil.rmtree(old, ignore_errors=True)
