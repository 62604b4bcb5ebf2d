"""
The book, or some of its chapters, as of another day and under other assumptions: an edition in a folder of its own.

Chapters run through papermill side by side and are kept under a hash of code, package, data and parameters, so that
the same call again goes on where an interrupted one stopped. A book of some chapters holds these and no others: links
of its prose to a chapter that is not in it lead to the default edition, links of numbers and verdicts to their rows,
which have other values there, become plain text.
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aieq.errors import ParameterError, RunError
from aieq.report import build, check, edition_chapters, edition_folder, edition_pages, edition_words
from aieq.report.chapters import ROOT, chapter_files, find_chapter, parameters_of, read_chapter
from aieq.report.run import absolute_scenario, check_parameters

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
    faults : list of str
        What the check of the pages found.
    keys : dict
        Hashes under which ``results`` and ``book`` are kept.
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
    faults: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
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
            "faults": self.faults,
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
        keys=edition_folder.read_record(folder).get("keys", {}) if (folder / edition_folder.RECORD).exists() else {},
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
        If the pages cannot be made, or another process is at work in the folder. What ran is kept.
    """
    started = time.perf_counter()
    with edition_folder.held(planned.folder):
        around = build.surroundings(planned.root)
        chapters = [edition_chapters.chapter_of(path, planned.parameters, around) for path in planned.chapters]
        tell = _teller(progress, len(chapters) + 2)
        edition_folder.write_record(planned)
        stale = [chapter for chapter in chapters if not edition_chapters.is_kept(chapter, planned.folder)]
        planned.kept = [chapter.name for chapter in chapters if chapter not in stale]
        for name in planned.kept:
            tell(name, "kept")
        _execute(planned, stale, around, tell, width)
        planned.failed = {chapter.name: chapter.error for chapter in chapters if chapter.error}
        planned.executed = [chapter.name for chapter in stale if not chapter.error]
        if not planned.failed:
            _pages(planned, chapters)
            tell("pages", "")
        edition_folder.write_record(planned)
        if not planned.failed:
            shutil.rmtree(planned.work, ignore_errors=True)
    planned.seconds = time.perf_counter() - started
    return planned


def _execute(planned: Edition, stale: list[build.Chapter], around: str, tell: Any, width: int) -> None:
    """Run the chapters and, beside them, what gives the findings and verdicts."""
    parts = [around, edition_chapters.settings_key(planned.parameters)]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    made = all((planned.folder / f"{name}.json").exists() for name in ("findings", "verdicts"))
    complaints: list[str] = []

    async def results() -> None:
        complaints.append(await build.compute_results(planned.root, planned.folder, planned.parameters))
        tell("findings and verdicts", "")

    def job(chapter: build.Chapter) -> Callable[[], Any]:
        async def run() -> None:
            await edition_chapters.in_thread(
                lambda: edition_chapters.run(chapter, planned.parameters, planned.folder, planned.work)
            )
            tell(chapter.name, "failed" if chapter.error else f"{chapter.seconds:.0f} s")

        return run

    jobs = [job(chapter) for chapter in sorted(stale, key=lambda chapter: chapter.name != build.LONGEST)]
    if made and planned.keys.get("results") == key:
        tell("findings and verdicts", "kept")
    else:
        jobs.insert(0, results)
    edition_chapters.wait_for(build.side_by_side(jobs, width))
    if any(complaints):
        raise RunError(f"{complaints[0]}; the chapters that ran are kept in {planned.folder}")
    planned.keys["results"] = key


def _teller(progress: Progress | None, total: int) -> Callable[[str, str], None]:
    done = 0

    def tell(what: str, remark: str) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(what, done, total, remark)

    return tell


def _pages(planned: Edition, chapters: Sequence[build.Chapter]) -> None:
    """Make the book, if it is not yet what it must be."""
    import yaml

    staged, html = planned.work / "stage", planned.folder / "html"
    toc = yaml.safe_load((planned.root / "_toc.yml").read_text(encoding="utf-8"))
    names = [chapter.name for chapter in chapters]
    settings: dict[str, Any] = {"aieq_edition": edition_pages.settings(planned)} if planned.says else {}
    edit = None
    if not planned.whole:
        others = [Path(page).name for page in check.toc_files(toc) if Path(page).name not in names]
        settings["aieq_elsewhere"] = {"pages": others, "default_edition": planned.default_edition}
        toc = edition_pages.part_of_toc(toc, names)
        edit = functools.partial(edition_pages.open_links, elsewhere=others)
    build.stage(planned.root, staged, chapters, settings=settings, toc=toc, edit=edit)
    key = hashlib.sha256(
        (build.surroundings(planned.root) + build.digest_files(build.files_under(staged), staged)).encode()
    ).hexdigest()
    if not html.is_dir() or planned.keys.get("book") != key:
        try:
            made = build.make_pages(planned.root, staged, planned.work, fresh=True)
        except build.BuildError as error:
            raise RunError(f"{error}\n  the chapters are kept in {planned.folder / 'notebooks'}") from None
        old = made.with_name("old")
        if html.exists():
            html.rename(old)
        made.rename(html)
    unmarked = edition_pages.missing_banners(html, planned.says)
    if unmarked:
        # Pages that do not say what they are must not be left where somebody might read them.
        shutil.rmtree(html)
        raise RunError("\n  ".join(["there is no book, its pages do not say what they are:", *unmarked[:20]]))
    planned.faults = check.check_book(html, toc=staged / "_toc.yml")
    planned.keys["book"], planned.book = key, html / "index.html"
