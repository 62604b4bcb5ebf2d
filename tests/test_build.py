"""The build runs what changed, all of what changed, and says which cell failed."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from notebooks import write_chapter

from aieq.report import build
from aieq.report.chapters import parameters_of, read_chapter


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of two chapters about a package of one line and a table of one figure."""
    (tmp_path / "aieq").mkdir()
    (tmp_path / "aieq" / "core.py").write_text("FACTOR = 2\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("figure\n21\n")
    (tmp_path / "requirements.txt").write_text("pandas==3.1.1\n")
    (tmp_path / "_config.yml").write_text('title: A book\nauthor: nobody\ncopyright: "2026"\n')
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\nchapters:\n- file: chapters/other\n")
    write_chapter(tmp_path / "chapters" / "index.ipynb", "import os\nos.path.basename(os.getcwd())", "6 * 7")
    write_chapter(tmp_path / "chapters" / "other.ipynb", "'other'")
    return tmp_path


def stale(book: Path) -> list[str]:
    return [c.name for c in build._gather(book) if not build._is_kept(c, book / "_build" / ".cache")]


def run(book: Path) -> list[build.Chapter]:
    chapters = build._gather(book)
    build.execute(chapters, book / "_build" / ".cache", book / "chapters")
    return chapters


def test_only_what_changed_runs_again_and_all_of_it(book: Path) -> None:
    """Prose costs nothing; code, package, data, lock, a new data file: each runs what depends on it."""
    assert stale(book) == ["index", "other"]
    first = run(book)
    assert first[0].outputs[1][0]["data"]["text/plain"] == "'chapters'"
    assert first[0].outputs[2][0]["data"]["text/plain"] == "42"
    assert stale(book) == []

    write_chapter(book / "chapters" / "other.ipynb", "'other'", prose="# Another title, and more text")
    assert stale(book) == []
    write_chapter(book / "chapters" / "other.ipynb", "'changed'")
    assert stale(book) == ["other"]
    assert run(book)[1].outputs[1][0]["data"]["text/plain"] == "'changed'"
    assert stale(book) == []

    for path, text in [
        ("aieq/core.py", "FACTOR = 3\n"),
        ("data/table.csv", "figure\n22\n"),
        ("data/series/new.csv", "a\n1\n"),
        ("requirements.txt", "pandas==3.1.2\n"),
    ]:
        around = build.surroundings(book)
        (book / path).parent.mkdir(exist_ok=True)
        (book / path).write_text(text)
        assert build.surroundings(book) != around, path
        assert stale(book) == ["index", "other"], path


def test_the_staged_book_holds_new_outputs_and_the_same_files_when_nothing_changed(book: Path) -> None:
    """Committed outputs never reach the reader; unchanged files keep their time, so that sphinx skips them."""
    path = book / "chapters" / "index.ipynb"
    notebook = read_chapter(path)
    notebook.cells[3].outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "41"}, execution_count=9)]
    nbformat.write(notebook, path)
    staged = book / "_build" / "stage"
    build.stage(book, staged, run(book))
    result = read_chapter(staged / "chapters" / "index.ipynb")
    assert result.cells[3].outputs[0]["data"]["text/plain"] == "42"
    assert [cell.get("execution_count") for cell in result.cells] == [None, 1, 2, 3]
    assert "execute_notebooks: 'off'" in (staged / "_config.yml").read_text()

    times = {file: file.stat().st_mtime_ns for file in staged.rglob("*") if file.is_file()}
    write_chapter(book / "chapters" / "other.ipynb", "'other'", prose="# New words")
    build.stage(book, staged, run(book))
    changed = {file.name for file, before in times.items() if file.stat().st_mtime_ns != before}
    assert changed == {"other.ipynb"}

    (book / "chapters" / "other.ipynb").unlink()
    build.stage(book, staged, run(book))
    assert not (staged / "chapters" / "other.ipynb").exists()


def test_a_failing_cell_is_named_and_the_rest_finishes(book: Path) -> None:
    """The message holds chapter, cell, source and error; the failure is not kept, the other result is."""
    write_chapter(book / "chapters" / "index.ipynb", "'fine'", "[][0]")
    with pytest.raises(build.BuildError) as caught:
        build.build(book, with_findings=False)
    message = str(caught.value)
    assert "chapters/index.ipynb, cell 4:" in message
    assert "[][0]" in message
    assert "IndexError: list index out of range" in message
    assert "Traceback" not in message
    assert stale(book) == ["index"]


def test_a_kernel_that_dies_is_a_fault_with_a_name(book: Path) -> None:
    """A cell that takes the kernel with it does not hang the build."""
    write_chapter(book / "chapters" / "index.ipynb", "import os\nos._exit(3)")
    with pytest.raises(build.BuildError, match=r"chapters/index\.ipynb, DeadKernelError"):
        build.build(book, with_findings=False)


def test_strict_refuses_words_on_standard_error(book: Path) -> None:
    """A warning in a chapter would be printed on its page."""
    write_chapter(book / "chapters" / "index.ipynb", "import warnings\nwarnings.warn('old way')")
    with pytest.raises(build.BuildError, match=r"code cell 2 writes to standard error: .*old way"):
        build.build(book, with_findings=False, strict=True)


@pytest.mark.chapters
def test_a_fault_in_the_pages_fails_the_next_build_too(book: Path) -> None:
    """sphinx reads only what changed: a second build must not pass because it did not look."""
    write_chapter(book / "chapters" / "other.ipynb", "'other'", prose="# Title\n\nSee [there](nowhere.md).")
    for _ in range(2):
        with pytest.raises(build.BuildError, match=r"chapters/other\.ipynb.*WARNING"):
            build.build(book, with_findings=False)
    write_chapter(book / "chapters" / "other.ipynb", "'other'", prose="# Title\n\nRepaired.")
    assert build.build(book, with_findings=False).startswith("0 of 2 chapters executed")
    assert "Repaired." in (book / "_build" / "html" / "chapters" / "other.html").read_text()
    write_chapter(book / "chapters" / "other.ipynb", "'now this'", prose="# Title")
    assert build.build(book, with_findings=False).startswith("1 of 2 chapters executed")
    assert "now this" in (book / "_build" / "html" / "chapters" / "other.html").read_text()


def test_committed_outputs_are_renewed_without_traces(book: Path) -> None:
    """Only what differs is written; times of execution and of papermill go."""
    path = book / "chapters" / "index.ipynb"
    notebook = read_chapter(path)
    notebook.metadata["papermill"] = {"duration": 1.5}
    notebook.cells[1].metadata["execution"] = {"iopub.status.busy": "2026-11-24T11:50:25Z"}
    nbformat.write(notebook, path)
    assert build.commit_outputs(book) == ["index", "other"]
    result = read_chapter(path)
    assert "papermill" not in result.metadata
    assert "execution" not in result.cells[1].metadata
    assert result.cells[3].outputs[0]["data"]["text/plain"] == "42"
    assert build.commit_outputs(book) == []
    write_chapter(path, "1 / 0")
    before = path.read_bytes()
    with pytest.raises(build.BuildError, match="nothing was written"):
        build.commit_outputs(book)
    assert path.read_bytes() == before


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    build.write_whole(tmp_path / "deep" / "findings.json", json.dumps([1]))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["findings.json"]


def test_parameters_are_literals(book: Path) -> None:
    """What the build and the runs believe of a chapter is what its parameters cell says."""
    notebook = read_chapter(book / "chapters" / "index.ipynb")
    assert parameters_of(notebook) == {"as_of": "2026-08-31", "scenario": "base", "seed": 1}
