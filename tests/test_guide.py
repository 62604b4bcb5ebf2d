"""What the guide, the README and the tutorial tell a reader to type works, word for word, in a fresh clone."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
import pytest
from guide import LANGUAGES, Block, blocks, clone, commands, is_well_formed, run, traces

from aieq.evidence import load

README, RERUN, TUTORIAL = "README.md", "chapters/rerun.ipynb", "chapters/add_a_chapter.md"
PAGES = (README, RERUN, TUTORIAL)


@dataclass(frozen=True)
class Expected:
    """What a block must give: it begins so, prints that, leaves these files, and ends with this code."""

    begins: str
    prints: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    code: int = 0


def needs(begins: str, *prints: str, leaves: tuple[str, ...] = ()) -> Expected:
    return Expected(begins, prints, leaves)


BOOK = ("html/index.html", "findings.json", "verdicts.json", "edition.json", "notebooks/cost.ipynb")
DEAR = tuple(f"runs/dear/{name}" for name in BOOK)
CAHN = (*(f"runs/cahn/{name}" for name in BOOK), "runs/cahn/html/chapters/verdict.html")
SWEEP = ("runs/sweep/design.yml", "runs/sweep/sweep.json", "runs/sweep/results/part-00000000-*.parquet")
# Of each page every block that can run here, in order.
EXPECTED = {
    README: [
        needs("# every finding", r"coverage_ratio +\d", r"actual_ai_revenue_usd_bn = \d", r"USD_mn"),
        needs("# one number changed", r"runs/dear", r"10,?000", leaves=(*DEAR, *CAHN, *SWEEP)),
    ],
    RERUN: [
        needs(".venv/bin/aieq run cost", r"runs/dear/html/index.html", leaves=DEAR),
        needs(".venv/bin/aieq parameters", r"cost_of_capital_ratio", r"as_of: ", leaves=("runs/cost-dear.ipynb",)),
        needs("title: Chips that last", leaves=("runs/chips.yml",)),
        needs(".venv/bin/aieq findings", r"coverage_ratio +\d", r'"then"', r"actual_ai_revenue_usd_bn = \d", r"USD_mn"),
        needs(".venv/bin/aieq run --as-of", r"runs/cahn/html/index.html", leaves=CAHN),
        needs(".venv/bin/aieq compare", r"2024-06-20", r"cost_of_capital_ratio", leaves=("runs/why.html",)),
        needs(".venv/bin/aieq sweep", r"10,?000", leaves=SWEEP),
        needs("import altair", leaves=("runs/sweep/coverage.html",)),
        needs("from aieq import equation", r"assumed", r"datacenter|2024-04-28", r"\[600\. +750\.\]", r"0\.12"),
        needs(".venv/bin/papermill", r"[1-9]\d* passed", leaves=("runs/cost-warm.ipynb",)),
    ],
    TUTORIAL: [
        needs("example_2026,", leaves=("data/sources.csv",)),
        needs("example_lab,", leaves=("data/observations.csv",)),
        needs(".venv/bin/aieq evidence", r"450", r"example_2026"),
        needs('"""What an invented', leaves=("aieq/findings/example_lab.py",)),
        needs(".venv/bin/aieq findings", r'"value": 0\.45', r'"low": 0\.4', r'"high": 0\.5'),
        needs(".venv/bin/python -m aieq.report.new", r"chapters/example_lab\.ipynb, after chapters/revenue"),
        needs(".venv/bin/aieq run", leaves=("runs/example_lab/html/chapters/example_lab.html",
                                            "runs/example_lab_before/html/chapters/example_lab.html")),
    ],
}  # fmt: skip
# What cannot run here, and why; nothing else may be left out.
NOT_HERE = [
    (README, "make book", "what `make test` is itself part of"),
    (RERUN, "make setup", "what `make test` is itself part of"),
    (RERUN, "from dask.distributed import SSHCluster", "needs hosts to log in to"),
    (RERUN, "from dask_jobqueue import SLURMCluster", "needs a SLURM cluster"),
    (RERUN, "from dask_kubernetes.operator import KubeCluster", "needs a Kubernetes cluster with Dask's operator"),
    (RERUN, ".venv/bin/aieq sweep designs/ten-thousand-scenarios.yml", "needs one of these clusters"),
    (TUTORIAL, "make outputs", "what `make test` is itself part of"),
]


def faults(block: Block, expected: Expected, folder: Path) -> list[str]:
    """Do what a block says; what of its promise was not kept."""
    assert block.source.startswith(expected.begins), f"{block.page}: expected {expected.begins}, got {block.source}"
    done = run(block, folder)
    found = [] if done.returncode == expected.code else [f"exit code {done.returncode}, not {expected.code}"]
    found += [f"does not print {pattern}" for pattern in expected.prints if not re.search(pattern, done.stdout)]
    found += [f"leaves no {name}" for name in expected.leaves if not any(folder.glob(name))]
    return [f"{block.page}:\n{block.source}\n{fault}; it said:\n{done.stdout[-3000:]}" for fault in found]


def follow(page: str, folder: Path) -> None:
    """Follow a page from its beginning to its end; the first thing that goes wrong ends it, as it would a reader."""
    todo = [block for block in blocks(folder / page) if not block.not_here]
    for block, expected in zip(todo, EXPECTED[page], strict=True):
        found = faults(block, expected, folder)
        assert not found, "\n".join(found)


def test_every_block_is_run_or_is_said_not_to_be(root: Path) -> None:
    """And is in a language the test knows what to do with."""
    left_out = []
    for page in PAGES:
        found = blocks(root / page)
        assert {block.language for block in found} <= LANGUAGES
        assert all(block.file for block in found if block.language not in ("shell", "python"))
        assert len([block for block in found if not block.not_here]) == len(EXPECTED[page])
        left_out += [(page, block, block.not_here) for block in found if block.not_here]
    assert len(left_out) == len(NOT_HERE)
    for (page, block, why), (where, begins, reason) in zip(left_out, NOT_HERE, strict=True):
        assert (page, why) == (where, reason)
        assert block.source.startswith(begins)
        assert is_well_formed(block)


def test_targets_of_make_that_the_pages_name_exist(root: Path) -> None:
    """They are not run by this test."""
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    sources = [block.source for page in PAGES for block in blocks(root / page)]
    named = {name for source in sources for name in re.findall(r"^make (\w+)", source, re.MULTILINE)}
    assert {"book", "setup", "outputs"} <= named <= targets


def test_the_day_of_the_essay_is_the_day_in_the_evidence(root: Path) -> None:
    """The guide speaks of the day on which Cahn's second essay became public."""
    rows = load().observations
    days = rows[(rows["source"] == "cahn_2024_600b") & (rows["entity"] == "cahn_model_2024")]["published"]
    assert set(days.dt.strftime("%Y-%m-%d")) == {"2024-06-20"}
    text = "".join(block.source for page in (README, RERUN) for block in blocks(root / page))
    assert text.count("--as-of 2024-06-20 --out runs/cahn") == 2


def test_the_plot_takes_ten_lines(root: Path) -> None:
    """As it says."""
    plot = next(block for block in blocks(root / RERUN) if block.source.startswith("import altair"))
    assert len([line for line in plot.source.splitlines() if line]) <= 10


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A fresh clone."""
    return clone(root, tmp_path / "clone")


@pytest.mark.runs
def test_a_reader_can_follow_the_readme_and_the_guide(checkout: Path) -> None:
    """In one clone, as a reader would: what the README has made, the guide finds done, as both promise."""
    for page in (README, RERUN):
        follow(page, checkout)
    for block in colab_blocks(checkout):
        assert run(block, checkout).returncode == 0, block.source
    # A change of one number is told on the page of the chapter, a day on that of the book.
    dear = (checkout / "runs/dear/html/chapters/cost.html").read_text(encoding="utf-8")
    assert "With cost of capital 12 % instead of 10 %." in dear.replace("\N{NO-BREAK SPACE}", " ")
    assert "2024-06-20" in (checkout / "runs/cahn/html/chapters/verdict.html").read_text(encoding="utf-8")
    # Nothing lands among what git keeps.
    assert traces(checkout) == []


@pytest.mark.runs
def test_a_contributor_can_follow_the_tutorial(checkout: Path) -> None:
    """And what comes of it keeps the rules of the house: data, findings, chapters, prose, outputs."""
    follow(TUTORIAL, checkout)
    before = (checkout / "runs/example_lab_before/html/chapters/example_lab.html").read_text(encoding="utf-8")
    assert "not known on that day" in before
    finish = """
import sys
from pathlib import Path
from aieq.report import build, new
path = Path("chapters/example_lab.ipynb").resolve()
text = path.read_text(encoding="utf-8").replace(new.LEAD, "It hinges on nothing.")
path.write_text(text.replace(new.EVIDENCE, "There is none."), encoding="utf-8")
chapters = [chapter for chapter in build._gather(Path.cwd()) if chapter.path == path]
build.execute(chapters, Path("_build/.cache").resolve(), path.parent)
assert not build._faults(chapters, strict=True)
path.write_text(build._merged(chapters[0]), encoding="utf-8")
"""
    done = run(Block("the author's part", "python", finish, ""), checkout)
    assert done.returncode == 0, done.stdout
    checks = [
        ".venv/bin/python -m pytest -q tests/test_data.py tests/test_findings.py",
        ".venv/bin/python -m pytest -q -m 'not chapters and not built' -k 'example_lab or all_chapters' "
        "tests/test_chapters.py tests/test_prose.py tests/test_new_chapter.py",
        ".venv/bin/python -m pytest -q --nbval chapters/example_lab.ipynb",
    ]
    for check in checks:
        done = run(Block("make test, of this chapter", "shell", check, ""), checkout)
        assert done.returncode == 0, done.stdout[-4000:]
        assert re.search(r"[1-9]\d* passed", done.stdout)


@pytest.mark.runs
def test_a_misspelt_option_turns_the_test_red(checkout: Path) -> None:
    """The check can fail: on an exit code, on what is printed, on what is left."""
    block, expected = next(block for block in blocks(checkout / README) if not block.not_here), EXPECTED[README][0]
    block = replace(block, source=commands(block.source)[0])
    expected = Expected(block.source, expected.prints[:1])
    assert not faults(block, expected, checkout)
    misspelt = replace(block, source=block.source.replace("--as-of", "--as-off"))
    (first, *_) = faults(misspelt, Expected(".venv/bin/aieq", expected.prints), checkout)
    assert "exit code 2, not 0" in first
    assert "--as-of" in first
    assert "leaves no runs/x" in faults(block, Expected(expected.begins, leaves=("runs/x",)), checkout)[0]


# --- other people's machines ------------------------------------------------------------------------------------


def badges_of(root: Path):
    """The tool that writes the buttons."""
    spec = importlib.util.spec_from_file_location("badges", root / "tools" / "badges.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def colab_cells(root: Path) -> list[str]:
    notebook = nbformat.read(root / ".binder" / "colab.ipynb", as_version=4)
    nbformat.validate(notebook)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def colab_blocks(root: Path) -> list[Block]:
    """What of the Colab notebook runs wherever the environment stands: all but its making."""
    found = []
    for source in colab_cells(root)[1:]:
        first, _, rest = source.partition("\n")
        if first == "%%script .venv/bin/python":
            found.append(Block("colab", "python", rest, ""))
        else:
            assert all(line.startswith("!.venv/bin/") for line in source.splitlines()), source
            found.append(Block("colab", "shell", source.replace("!", ""), ""))
    return found


def test_buttons_say_what_the_one_place_says(root: Path) -> None:
    """Nobody has edited one of the three places by hand; with an address they open the guide."""
    tool = badges_of(root)
    for path, content in tool.wanted(root).items():
        assert path.read_text(encoding="utf-8") == content, f"{path.name}: run .venv/bin/python tools/badges.py"
    line = tool.badges("https://github.com/us/aieq")
    assert "https://mybinder.org/v2/gh/us/aieq/HEAD?labpath=chapters%2Frerun.ipynb" in line
    assert "https://colab.research.google.com/github/us/aieq/blob/HEAD/.binder/colab.ipynb" in line


@pytest.mark.parametrize(
    "stated, read",
    [
        ("https://github.com/us/aieq", "https://github.com/us/aieq"),
        ("https://github.com/us/a.git", "https://github.com/us/a"),
    ],
)
def test_an_address_reaches_every_place(root: Path, tmp_path: Path, stated: str, read: str) -> None:
    """One line in CITATION.cff changes the README, the guide and the Colab notebook."""
    tool = badges_of(root)
    folder = clone(root, tmp_path / "clone")
    with (folder / "CITATION.cff").open("a", encoding="utf-8") as file:
        file.write(f"repository-code: {stated}\n")
    found = tool.wanted(folder)
    assert all(read.removeprefix("https://github.com/") in content for content in found.values())
    assert tool.MISSING not in "".join(found.values())
    for path, content in found.items():
        path.write_text(content, encoding="utf-8")
    assert colab_cells(folder)[0].startswith(f'REPOSITORY = "{read}"\n')
    assert tool.wanted(folder) == found


def test_an_address_that_neither_service_opens_is_refused(root: Path, tmp_path: Path) -> None:
    """With what to write."""
    (tmp_path / "CITATION.cff").write_text("repository-code: https://example.org/aieq\n")
    with pytest.raises(SystemExit, match="https://github.com/OWNER/NAME"):
        badges_of(root).address(tmp_path)


def test_binder_installs_the_lock_on_a_python_it_was_made_for(root: Path) -> None:
    """Its Python is one we test with; its requirements are the project's; the package comes without fetching more."""
    folder = root / ".binder"
    version = re.fullmatch(r"python-(3\.1[123])\n", (folder / "runtime.txt").read_text())
    assert version
    (line,) = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert (folder / line.removeprefix("-r ")).resolve() == root / "requirements.txt"
    script = folder / "postBuild"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    assert "--no-deps --no-build-isolation -e ." in script.read_text()


def test_colab_leaves_its_own_python_alone(root: Path) -> None:
    """An environment of its own, the Python that Binder has, the lock with its hashes."""
    first = colab_cells(root)[0]
    version = (root / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    assert f"uv venv --quiet --python {version} .venv" in first
    assert "--python .venv/bin/python --require-hashes -r requirements.txt" in first
    assert not re.search(r"pip install (?!--quiet (--python|uv))", first)
    shell = [block.source for block in blocks(root / RERUN) if block.language == "shell"]
    guide = {command for source in shell for command in commands(source)}
    for block in colab_blocks(root):
        assert block.language == "python" or set(commands(block.source)) <= guide, "an example the guide does not have"


def test_the_container_is_made_by_the_projects_own_command(root: Path) -> None:
    """An image of a Python we test with, `make setup`, nothing forwarded, few extensions."""
    made = json.loads((root / ".devcontainer" / "devcontainer.json").read_text())
    assert set(made) <= {"name", "image", "onCreateCommand", "postCreateCommand", "forwardPorts", "customizations"}
    assert re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:3\.1[123]-bookworm", made["image"])
    assert made["postCreateCommand"] == "make setup"
    assert made["forwardPorts"] == []
    assert 1 <= len(made["customizations"]["vscode"]["extensions"]) <= 3
    assert made["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith(".venv/bin/python")


def test_the_environment_of_these_tests_has_the_command(root: Path) -> None:
    """Else the examples could not be run, and the reason would be hard to see."""
    assert (Path(sys.prefix) / "bin" / "aieq").exists(), "install the package: make setup"
