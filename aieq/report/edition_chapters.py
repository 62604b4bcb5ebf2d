"""The chapters of an edition: when one must run again, and running it so that nothing else suffers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from aieq.assumptions import load_scenario
from aieq.report import build
from aieq.report.chapters import read_chapter
from aieq.report.edition_words import flat
from aieq.report.run import run_chapter


def settings_key(parameters: Mapping[str, Any]) -> list[Any]:
    """
    Everything that the parameters of an edition say.

    Parameters
    ----------
    parameters : mapping
        `as_of`, `scenario` and `seed`.

    Returns
    -------
    list
        Plain values: the parameters, and what is supposed, for a scenario file may change under its name.
    """
    return [sorted(parameters.items()), sorted(flat(load_scenario(parameters["scenario"])))]


def chapter_of(path: Path, parameters: Mapping[str, Any], around: str) -> build.Chapter:
    """
    Read a chapter that is to run with parameters.

    Parameters
    ----------
    path : Path
        The notebook.
    parameters : mapping
        `as_of`, `scenario` and `seed`.
    around : str
        What `aieq.report.build.surroundings` gave.

    Returns
    -------
    Chapter
        Its key hangs on its code, the parameters, the package and the data.
    """
    notebook = read_chapter(path)
    parts = [build.chapter_key(notebook, around), settings_key(parameters)]
    return build.Chapter(path, hashlib.sha256(json.dumps(parts).encode()).hexdigest(), notebook)


def is_kept(chapter: build.Chapter, folder: Path) -> bool:
    """
    Look whether a chapter has run already; its outputs are filled in then.

    Parameters
    ----------
    chapter : Chapter
        What `chapter_of` gave.
    folder : Path
        Of the edition.
    """
    path = folder / "notebooks" / chapter.path.name
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


def run(chapter: build.Chapter, parameters: Mapping[str, Any], folder: Path, work: Path) -> None:
    """
    Run one chapter; whatever happens in it costs only this one.

    Parameters
    ----------
    chapter : Chapter
        What `chapter_of` gave; its outputs, seconds and error are filled in.
    parameters : mapping
        `as_of`, `scenario` and `seed`.
    folder : Path
        Of the edition: the notebook goes into ``notebooks/``, or into ``failed/`` as far as it came.
    work : Path
        Folder in which papermill writes while the chapter runs.
    """
    import nbformat

    running = work / chapter.path.name
    failed = folder / "failed" / chapter.path.name
    for path in (running, failed):
        path.unlink(missing_ok=True)
    started = time.perf_counter()
    try:
        notebook = run_chapter(chapter.path, running, **parameters)
        notebook.metadata["aieq"] = {"key": chapter.key}
        build.write_whole(folder / "notebooks" / chapter.path.name, nbformat.writes(notebook) + "\n")
        chapter.outputs = _outputs(notebook)
        running.unlink(missing_ok=True)
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


async def in_thread(call: Callable[[], None]) -> None:
    """
    Await what blocks; in a daemon thread, for an interrupted program must not wait for a chapter to end.

    Parameters
    ----------
    call : callable
        What to do.
    """
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


def wait_for(work: Coroutine[Any, Any, None]) -> None:
    """
    Run to the end, also in a notebook, where a loop is running already.

    Parameters
    ----------
    work : coroutine
        What to run.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    thread = threading.Thread(target=asyncio.run, args=(work,), daemon=True)
    thread.start()
    thread.join()
