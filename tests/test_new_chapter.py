"""A chapter is begun by one command, keeps to what all chapters have in common, and needs no other edit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from test_chapters import PARAMETERS, faults_in_code
from test_prose import strays

from aieq.errors import AieqError, ParameterError, UnknownNameError
from aieq.report import new, open_chapter, page
from aieq.report.chapters import chapter_files, read_chapter


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """Contents and two chapters, to write into."""
    (tmp_path / "chapters").mkdir()
    for name in ("cost", "rerun"):
        shutil.copy(root / "chapters" / f"{name}.ipynb", tmp_path / "chapters")
    shutil.copy(root / "_toc.yml", tmp_path)
    return tmp_path


def test_a_new_chapter_keeps_to_what_all_chapters_have_in_common(checkout: Path) -> None:
    """Title and lead, the parameters all have, an opening, a finding by name, short cells that only call."""
    path = new.begin("chip_lives", "Each year of life matters", "cost", root=checkout)
    assert path == checkout / "chapters" / "chip_lives.ipynb"
    cells = read_chapter(path).cells
    assert cells[0].source.startswith("# Each year of life matters\n\n")
    assert f"{{glue}}`{new.EXAMPLE}__full`" in cells[0].source
    assert not any(strays(cell.source) for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code[0].source == PARAMETERS
    assert set(code[0].metadata.tags) == {"parameters", "remove-cell"}
    assert 'page = open_chapter("chip_lives", as_of=as_of, scenario=scenario, seed=seed)' in code[1].source
    assert f'page.publish("{new.EXAMPLE}")' in code[1].source
    assert not any(faults_in_code(cell.source) for cell in code)
    assert len({cell.id for cell in cells}) == len(cells)
    assert read_chapter(path).metadata.kernelspec.name == "python3"


def test_the_contents_gain_two_lines_and_lose_none(checkout: Path) -> None:
    """Comments and spacing stay; the new entry stands where it was asked for."""
    toc = checkout / "_toc.yml"
    toc.write_text("# ours\n" + toc.read_text().replace("title: Cost side", "title: Cost side  # and power"))
    before = toc.read_text().splitlines()
    new.begin("chip_lives", "Each year of life matters", "cost", root=checkout)
    after = toc.read_text().splitlines()
    added = ["      - file: chapters/chip_lives", "        title: Chip lives"]
    place = before.index("        title: Cost side  # and power") + 1
    assert after == [*before[:place], *added, *before[place:]]


@pytest.mark.parametrize("menu", ["Lives: a longer look", "No", 'The "good" ones', "A # mark", "2024"])
def test_what_the_menu_says_is_read_back_as_it_was_given(checkout: Path, menu: str) -> None:
    """YAML would make a mapping, a truth value, a comment or a number of it."""
    new.begin("chip_lives", "Each year of life matters", "rerun", menu=menu, root=checkout)
    entries = yaml.safe_load((checkout / "_toc.yml").read_text())["parts"][-1]["chapters"]
    at = [entry["file"] for entry in entries].index("chapters/rerun") + 1
    assert entries[at] == {"file": "chapters/chip_lives", "title": menu}


def test_the_entry_comes_after_all_that_belongs_to_the_other_and_a_missing_line_end_is_mended() -> None:
    """Pages under the other stay under it."""
    contents = "chapters:\n- file: chapters/cost\n  sections:\n  - file: chapters/power"
    grown = yaml.safe_load(new.in_contents(contents, "lives", "Lives", "cost"))["chapters"]
    assert grown[0] == {"file": "chapters/cost", "sections": [{"file": "chapters/power"}]}
    assert grown[1] == {"file": "chapters/lives", "title": "Lives"}


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"name": "cost"}, ParameterError, "chapters/cost.ipynb is there already"),
        ({"name": "Chip Lives"}, ParameterError, "for example 'chip_lives'"),
        ({"name": "1st"}, ParameterError, "for example 'st'"),
        ({"name": "../cost"}, ParameterError, "cannot name a chapter"),
        ({"name": "x" * 31}, ParameterError, "at most 30"),
        ({"name": ""}, ParameterError, "for example 'chip_lives'"),
        ({"name": "gamble"}, ParameterError, "a section of the article"),
        ({"name": "search"}, ParameterError, "a page of the book"),
        ({"after": "costs"}, UnknownNameError, "Did you mean 'cost'"),
        ({"after": "index"}, UnknownNameError, "lists no chapter 'index'"),
        ({"finding": "coverage_rato"}, UnknownNameError, "Did you mean 'coverage_ratio'"),
        ({"title": " "}, ParameterError, "in one line of words"),
        ({"title": "One\ntwo"}, ParameterError, "in one line of words"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(checkout: Path, change, error, words) -> None:
    """Each with what to do instead."""
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    given = {"name": "chip_lives", "title": "A title", "after": "cost"} | change
    with pytest.raises(error, match=words):
        new.begin(given.pop("name"), given.pop("title"), given.pop("after"), **given, root=checkout)
    assert {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()} == before


def test_an_installed_package_without_the_book_is_told_so(tmp_path: Path) -> None:
    """Chapters are written in a clone."""
    with pytest.raises(ParameterError, match="no checkout of the book"):
        new.begin("chip_lives", "A title", "cost", root=tmp_path)


def test_the_command_refuses_with_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with exit code 2."""
    assert new.main(["cost", "A title", "--after", "cost"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("new: chapters/cost.ipynb is there already")
    assert said.err.count("\n") == 1


def test_a_chapter_is_whatever_notebook_lies_among_the_chapters(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list of names has to be edited; what is none is refused with the nearest."""
    given = {"as_of": "2025-03-31"}
    with pytest.raises(AieqError, match="there is no chapter 'chip_lives'"):
        open_chapter("chip_lives", **given)
    files = [*chapter_files(), Path("chapters/chip_lives.ipynb")]
    monkeypatch.setattr(page, "chapter_files", lambda: files)
    assert open_chapter("chip_lives", **given).name == "chip_lives"
    with pytest.raises(AieqError, match="Did you mean 'chip_lives'"):
        open_chapter("chip_live", **given)
    # A worker of a cluster has the package and no book.
    monkeypatch.setattr(page, "chapter_files", list)
    assert open_chapter("chip_lives", **given).name == "chip_lives"


@pytest.mark.parametrize("path", chapter_files(), ids=lambda path: path.stem)
def test_no_chapter_still_says_what_its_author_should_write(path: Path) -> None:
    """The sentences a new chapter begins with are for its author."""
    text = path.read_text(encoding="utf-8")
    assert new.LEAD not in text
    assert new.EVIDENCE not in text
