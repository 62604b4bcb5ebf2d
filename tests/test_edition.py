"""An edition runs its chapters under its parameters, keeps what ran, and says on every page what it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from notebooks import write_chapter

from aieq.errors import AieqError, ParameterError, RunError
from aieq.report import build, check, edition, edition_chapters, edition_folder, edition_pages, edition_words
from aieq.report.chapters import ROOT, read_chapter

USUAL = {"as_of": "2026-08-31", "scenario": "base", "seed": 1}
SAYS = ["As of 30 June 2024.", "Scenario low, with cost of capital 7 % instead of 10 %."]
CHANGED = {"as_of": "2024-06-30", "scenario": "low, cost_of_capital_ratio=0.07"}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of three chapters, made with the real package, data and templates."""
    # The package may be edited while its tests run.
    monkeypatch.setattr(build, "surroundings", lambda root: "around")
    root = tmp_path / "checkout"
    (root / "chapters").mkdir(parents=True)
    for name in ("aieq", "data", "_assets", "_templates"):
        (root / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "_config.yml", root)
    toc = {"format": "jb-book", "root": "chapters/index"}
    toc["chapters"] = [{"file": "chapters/cost"}, {"file": "chapters/figures"}]
    (root / "_toc.yml").write_text(yaml.safe_dump(toc))
    told = "# A title\n\nA first paragraph that is long enough to serve as the description of its page. "
    write_chapter(root / "chapters" / "index.ipynb", "as_of, seed", prose=told + "See [the cost](cost.ipynb).")
    link = "from myst_nb import glue\nclass Row:\n    def _repr_html_(self):\n"
    link += '        return \'<a class="figure-link" href="figures.html#row">7 bn</a>\'\n'
    link += "glue('row', Row(), display=False)"
    prose = told + "It is {glue}`row`; back to [the start](index.ipynb)."
    write_chapter(root / "chapters" / "cost.ipynb", link, "scenario", prose=prose)
    write_chapter(
        root / "chapters" / "figures.ipynb", "6 * 7", prose='# All figures\n\n<span id="row"></span>' + told[10:]
    )
    return root


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings of the whole report take seconds and are not the question here."""

    async def results(root: Path, folder: Path, parameters: dict) -> str:
        for name in ("findings", "verdicts"):
            build.write_whole(folder / f"{name}.json", json.dumps([parameters]))
        return ""

    monkeypatch.setattr(build, "compute_results", results)


def outputs_of(path: Path) -> list[str]:
    return [
        output["data"]["text/plain"]
        for cell in read_chapter(path).cells
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    ]


# --- words -------------------------------------------------------------------------------------------------------


def test_only_what_differs_is_said_with_unit_and_default() -> None:
    """By hand, from the values of data/scenarios/base.yml."""
    assert edition_words.sentences(USUAL | CHANGED, USUAL) == SAYS
    assert edition_words.sentences(USUAL, USUAL) == []
    assert edition_words.sentences(USUAL | {"seed": 7}, USUAL) == ["Random draws from seed 7 instead of 1."]
    assert edition_words.sentences(USUAL | {"scenario": "high"}, USUAL) == ["Scenario high."]


def test_a_change_back_to_the_default_is_said_too() -> None:
    """Scenario low supposes 8 %; somebody who asks for 10 % under it gets neither low nor base."""
    said = edition_words.sentences(USUAL | {"scenario": "low, cost_of_capital_ratio=0.1"}, USUAL)
    assert said == ["Scenario low, with cost of capital 10 % as in the default edition."]


def test_many_changes_are_counted() -> None:
    """Three are named; the list below the sentence has them all."""
    text = "base, asset_life_years=4"  # 5, 5.5, 25 and 18 years by default: four changes
    (said,) = edition_words.sentences(USUAL | {"scenario": text}, USUAL)
    assert said.startswith("With asset life (accelerators) 4 years instead of 5 years, ")
    assert said.endswith(" and 1 more change.")


def test_a_scenario_file_is_named(tmp_path: Path) -> None:
    """By its stem, with what it sets."""
    path = tmp_path / "dear.yml"
    path.write_text("title: Dear capital\nvalues: {cost_of_capital_ratio: 0.14}\n")
    said = edition_words.sentences(USUAL | {"scenario": str(path)}, USUAL)
    assert said == ["Scenario dear, with cost of capital 14 % instead of 10 %."]


# --- refused before anything starts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chapters", "parameters", "says"),
    [
        (["cots"], {}, "Did you mean 'cost'"),
        ([], {"as_off": "2024-06-30"}, "Did you mean 'as_of'"),
        ([], {"as_of": "2024-06-31"}, "not a day"),
        ([], {"scenario": "hihg"}, "Did you mean 'high'"),
        ([], {"scenario": "low, cost_of_kapital_ratio=0.1"}, "Did you mean 'cost_of_capital_ratio'"),
        ([], {"seed": "7"}, "takes a int"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_folder(book, tmp_path, chapters, parameters, says) -> None:
    """One sentence, and nothing on the disk."""
    with pytest.raises(AieqError, match=re.escape(says)):
        edition.plan(chapters, out=tmp_path / "out", root=book, **parameters)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", ["chapters", "chapters/new", "data/new", "aieq"])
def test_a_folder_the_book_is_made_from_is_refused(book: Path, inside: str) -> None:
    """What is written there would change the next result, or a committed chapter."""
    with pytest.raises(ParameterError, match="which the book is made from"):
        edition.plan(out=book / inside, root=book)


def test_a_folder_of_something_else_is_refused(book: Path, tmp_path: Path) -> None:
    """Names what is there; a file and a folder below a file too."""
    other = tmp_path / "photos"
    other.mkdir()
    (other / "cat.jpg").write_bytes(b"")
    with pytest.raises(ParameterError, match=r"photos holds other things \(cat.jpg"):
        edition.plan(out=other, root=book)
    with pytest.raises(ParameterError, match="is a file"):
        edition.plan(out=other / "cat.jpg", root=book)
    with pytest.raises(ParameterError, match="cannot be written to"):
        edition.plan(out=other / "cat.jpg" / "inside", root=book)


def test_a_full_disk_is_told_before_work_starts(book, tmp_path, monkeypatch) -> None:
    """Room there is, and room that is needed: 20 MB and 3 for each of three chapters."""
    monkeypatch.setattr(edition_folder.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 5 * 2**20))
    with pytest.raises(ParameterError, match="has 5 MB left and the edition takes about 29"):
        edition.plan(out=tmp_path / "out", root=book)


def test_a_folder_of_another_edition_is_refused(book: Path, tmp_path: Path) -> None:
    """Names in what they differ; the same edition is gone on with."""
    first = edition.plan(out=tmp_path / "out", root=book, as_of="2024-06-30")
    edition_folder.write_record(first)
    with pytest.raises(ParameterError, match="holds another edition .*as_of '2024-06-30'"):
        edition.plan(out=tmp_path / "out", root=book, as_of="2025-06-30")
    edition.plan(["cost"], out=tmp_path / "out", root=book, as_of="2024-06-30")
    (tmp_path / "out" / "edition.json").write_text("{")
    with pytest.raises(ParameterError, match="no record of an edition"):
        edition.plan(out=tmp_path / "out", root=book, as_of="2024-06-30")


def test_two_processes_do_not_make_one_edition(book: Path, tmp_path: Path, quick: None) -> None:
    """The second is told, at once."""
    planned = edition.plan(["index"], out=tmp_path / "out", root=book)
    with edition_folder.held(planned.folder), pytest.raises(RunError, match="another process"):
        edition.make(planned)


# --- running -------------------------------------------------------------------------------------------------------


def test_a_failing_chapter_costs_only_itself(book: Path, tmp_path: Path, quick: None) -> None:
    """The others run, the notebook is kept as far as it came, there is no book; repaired, only that one runs."""
    write_chapter(book / "chapters" / "cost.ipynb", "'so far'", "[][0]", "'never'")
    out = tmp_path / "out"
    told: list[tuple] = []
    made = edition.make(edition.plan(out=out, root=book, **CHANGED), progress=lambda *now: told.append(now))
    assert list(made.failed) == ["cost"]
    assert "cell 4:" in made.failed["cost"] and "IndexError: list index out of range" in made.failed["cost"]
    assert made.executed == ["figures", "index"] and made.book is None
    assert not (out / "html").exists()
    assert outputs_of(out / "failed" / "cost.ipynb") == ["'so far'"]
    assert sorted(path.name for path in (out / "notebooks").iterdir()) == ["figures.ipynb", "index.ipynb"]
    assert ("cost", 3) in {(what, total - 2) for what, _, total, _ in told}
    assert [done for _, done, _, _ in told] == [1, 2, 3, 4]  # of five: the pages were not made
    status = edition_folder.status(out)
    assert not status.as_dict()["finished"] and status.done == ["figures", "index"]
    assert "cost failed" in status.text() and "run the same command again" in status.text()

    write_chapter(book / "chapters" / "cost.ipynb", "'so far'")
    again = edition.plan(out=out, root=book, **CHANGED)
    chapters = [
        edition_chapters.chapter_of(path, again.parameters, build.surroundings(book)) for path in again.chapters
    ]
    assert [chapter.name for chapter in chapters if not edition_chapters.is_kept(chapter, out)] == ["cost"]


def test_notebooks_have_the_parameters_and_record_them(book: Path, tmp_path: Path, quick: None) -> None:
    """In the outputs, and as papermill writes them; another day or another value is another key."""
    planned = edition.plan(["index"], out=tmp_path / "out", root=book, **CHANGED)
    edition._execute(planned, _chapters(planned, book), "around", lambda *_: None, 1)
    notebook = read_chapter(tmp_path / "out" / "notebooks" / "index.ipynb")
    assert notebook.metadata.papermill.parameters == {**CHANGED, "seed": 1}
    assert outputs_of(tmp_path / "out" / "notebooks" / "index.ipynb") == ["('2024-06-30', 1)"]
    keys = {
        edition_chapters.chapter_of(book / "chapters" / "index.ipynb", USUAL | change, "around").key
        for change in ({}, {"as_of": "2024-06-30"}, {"scenario": "low"}, {"seed": 2})
    }
    assert len(keys) == 4


def test_a_changed_scenario_file_is_another_scenario(tmp_path: Path) -> None:
    """Its name is not enough to know what was supposed."""
    path = tmp_path / "mine.yml"
    keys = []
    for value in (0.12, 0.13):
        path.write_text(f"title: Mine\nvalues: {{cost_of_capital_ratio: {value}}}\n")
        edition_chapters.load_scenario.cache_clear()
        keys.append(edition_chapters.settings_key(USUAL | {"scenario": str(path)}))
    assert keys[0] != keys[1]


def _chapters(planned: edition.Edition, root: Path) -> list[build.Chapter]:
    return [edition_chapters.chapter_of(path, planned.parameters, "around") for path in planned.chapters]


# --- pages ---------------------------------------------------------------------------------------------------------


def page(banner: str) -> str:
    return f"<html><body>{banner}<h1>Title</h1></body></html>"


def test_a_page_without_its_banner_is_found(tmp_path: Path) -> None:
    """And one that says something else, and one of the default edition that says anything."""
    right = (
        f'<div class="aieq-banner" role="note"><p><b>Another</b> {" ".join(SAYS).replace(" %", "&nbsp;%")}</p></div>'
    )
    (tmp_path / "chapters").mkdir()
    for name, banner in (("a", right), ("b", ""), ("c", right.replace("2024", "2025"))):
        (tmp_path / "chapters" / f"{name}.html").write_text(page(banner))
    wrong = edition_pages.missing_banners(tmp_path, SAYS)
    assert [line.partition(":")[0] for line in wrong] == ["chapters/b.html", "chapters/c.html"]
    assert [line.partition(":")[0] for line in edition_pages.missing_banners(tmp_path, [])] == [
        "chapters/a.html",
        "chapters/c.html",
    ]


def test_the_default_edition_is_where_it_was_said_to_be(book: Path, tmp_path: Path) -> None:
    """As asked; else as _config.yml says, which holds wherever the folder goes; else beside; else nowhere."""
    html = tmp_path / "out" / "html"
    assert edition_pages.find_default("", book, html) == ""
    (book / "_build" / "html").mkdir(parents=True)
    (book / "_build" / "html" / "index.html").write_text("")
    assert edition_pages.find_default("", book, html) == "../../checkout/_build/html/"
    config = yaml.safe_load((book / "_config.yml").read_text())
    config["sphinx"]["config"]["aieq_published"] = "https://example.org/book"
    (book / "_config.yml").write_text(yaml.safe_dump(config))
    assert edition_pages.find_default("", book, html) == "https://example.org/book/"
    assert edition_pages.find_default("https://other.org/", book, html) == "https://other.org/"
    with pytest.raises(ParameterError, match="no index.html is in it"):
        edition_pages.find_default(str(tmp_path), book, html)


@pytest.mark.runs
def test_every_page_says_what_it_is_and_leads_to_the_default_edition(book: Path, tmp_path: Path, quick: None) -> None:
    """Banner, title, description, link; nothing of it in the default edition; an unchanged book is not made again."""
    out = tmp_path / "out"
    made = edition.make(edition.plan(out=out, root=book, default_edition="https://example.org/book", **CHANGED))
    pages = {
        name: (out / "html" / name).read_text() for name in ("chapters/index.html", "chapters/cost.html", "search.html")
    }
    assert made.book == out / "html" / "index.html"
    assert not [fault for fault in made.faults if not fault.startswith("findings.json")]
    for name, text in pages.items():
        assert 'role="note" aria-label="Edition"' in text
        assert f'href="https://example.org/book/{name}"' in text
        assert "as of 30 June 2024, scenario low, 1 assumption changed" in re.search(
            "<title>(.*?)</title>", text
        ).group(1)
    assert 'content="As of 30 June 2024, scenario low' in pages["chapters/cost.html"]
    assert sorted(path.name for path in out.iterdir()) == [
        "edition.json",
        "findings.json",
        "html",
        "notebooks",
        "verdicts.json",
    ]
    record = json.loads((out / "edition.json").read_text())
    assert record["finished"] and record["says"] == SAYS
    assert record["differs"]["cost_of_capital_ratio"] == {
        "title": "Nominal cost of capital before tax, a year",
        "unit": "ratio",
        "value": 0.07,
        "default": 0.1,
        "chosen": True,
    }
    assert record["assumptions"]["cost_of_capital_ratio"] == 0.07

    before = (out / "html" / "search.html").stat().st_mtime_ns
    again = edition.make(edition.plan(out=out, root=book, default_edition="https://example.org/book", **CHANGED))
    assert again.kept == ["cost", "figures", "index"] and again.executed == []
    assert (out / "html" / "search.html").stat().st_mtime_ns == before

    usual = edition.make(edition.plan(["index", "cost", "figures"], out=tmp_path / "usual", root=book))
    assert usual.says == []
    assert edition_pages.missing_banners(usual.folder / "html", []) == []


@pytest.mark.runs
def test_a_template_that_loses_the_banner_gives_no_book(book: Path, tmp_path: Path, quick: None) -> None:
    """Pages that do not say what they are must not lie around."""
    (book / "_templates").unlink()
    shutil.copytree(ROOT / "_templates", book / "_templates")
    (book / "_templates" / "search.html").unlink()  # the theme's own has no banner
    with pytest.raises(RunError, match=r"search.html: its banner says ''"):
        edition.make(edition.plan(["index", "cost"], out=tmp_path / "out", root=book, **CHANGED))
    assert not (tmp_path / "out" / "html").exists()
    assert (tmp_path / "out" / "notebooks" / "cost.ipynb").exists()


@pytest.mark.runs
def test_a_book_of_some_chapters_has_no_dead_links(book: Path, tmp_path: Path, quick: None) -> None:
    """Prose leads to the default edition; a number whose row has another value there is text."""
    (book / "_build" / "html" / "chapters").mkdir(parents=True)
    for name in ("index.html", "chapters/index.html", "chapters/cost.html", "search.html"):
        (book / "_build" / "html" / name).write_text("")
    made = edition.make(edition.plan(["cost"], out=tmp_path / "out", root=book, **CHANGED))
    html = tmp_path / "out" / "html"
    text = (html / "chapters" / "cost.html").read_text()
    assert '<span class="figure-link">7 bn</span>' in text
    link = re.search(r'<a title="in the default edition" href="([^"]*)">the start</a>', text).group(1)
    assert (html / "chapters" / link).resolve() == book / "_build" / "html" / "chapters" / "index.html"
    assert not [fault for fault in made.faults if not fault.startswith("findings.json")]
    assert not (html / "chapters" / "index.html").exists()
    assert "chapters/cost.html" in (html / "index.html").read_text()
    assert edition_pages.missing_banners(html, SAYS) == []


@pytest.mark.runs
def test_an_interrupted_run_keeps_what_ran_and_goes_on(book: Path, tmp_path: Path) -> None:
    """Ctrl-C: one line, exit code 130, at once; then only the chapter that had not finished runs."""
    waits = tmp_path / "waits"
    waits.write_text("")
    write_chapter(
        book / "chapters" / "cost.ipynb",
        f"import pathlib, time\nwhile pathlib.Path({str(waits)!r}).exists():\n    time.sleep(0.1)",
    )
    out = tmp_path / "out"
    script = (
        "import pathlib\nfrom aieq import cli_runs\nfrom aieq.report import build, edition\n"
        "build.surroundings = lambda root: 'around'\n"
        f"planned = edition.plan(['index', 'cost'], out={str(out)!r}, root=pathlib.Path({str(book)!r}), seed=5)\n"
        "with cli_runs._interruptible('what ran is kept.'):\n    edition.make(planned)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    finished = [out / "notebooks" / "index.ipynb", out / "verdicts.json"]
    for _ in range(1200):
        if all(path.exists() for path in finished) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; what ran is kept. Run the same command again to go on." in said
    assert "Traceback" not in said
    assert not edition_folder.status(out).record["finished"]

    waits.unlink()
    made = edition.make(edition.plan(["index", "cost"], out=out, root=book, seed=5))
    assert (made.kept, made.executed) == (["index"], ["cost"])
    assert made.book.exists()


@pytest.mark.runs
def test_a_chapter_of_the_report_as_of_another_day_has_no_faults(tmp_path: Path) -> None:
    """The real thing: what was not known then leads nowhere, and every page is in order."""
    made = edition.make(edition.plan(["methods", "figures"], out=tmp_path / "out", **CHANGED))
    assert made.failed == {} and made.faults == []
    known = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert {row["as_of"] for row in known} == {"2024-06-30"}
    assert check.check_book(tmp_path / "out" / "html", toc=_toc(tmp_path, "methods", "figures")) == []


def _toc(folder: Path, *names: str) -> Path:
    whole = yaml.safe_load((ROOT / "_toc.yml").read_text())
    path = folder / "_toc.yml"
    path.write_text(yaml.safe_dump(edition_pages.part_of_toc(whole, names)))
    return path
