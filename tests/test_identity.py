"""A run's name changes with what its result depends on, and with nothing else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from aieq.errors import UnknownNameError
from aieq.runs import identity
from aieq.runs.identity import Surroundings, hash_files, run_id, surroundings

HERE = Surroundings("c", "d", "v")


@pytest.fixture()
def package(tmp_path: Path) -> Path:
    """A folder of code."""
    folder = tmp_path / "one"
    (folder / "part").mkdir(parents=True)
    (folder / "a.py").write_bytes(b"x = 1\n")
    (folder / "part" / "b.py").write_bytes(b"y = 2\n")
    return folder


def test_the_place_and_the_time_do_not_count(package: Path, tmp_path: Path) -> None:
    """Installed elsewhere, later, compiled, with an editor's files beside: the same code."""
    before = hash_files(package, [".py"])
    other = shutil.copytree(package, tmp_path / "far" / "two")
    os.utime(other / "a.py", (1, 1))
    (other / "__pycache__").mkdir()
    (other / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"\0")
    (other / ".#a.py").symlink_to("nowhere")
    (other / "notes.txt").write_text("no code")
    assert hash_files(other, [".py"]) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.py").write_bytes(b"x = 2\n"),
        lambda folder: (folder / "a.py").write_bytes(b"x = 1\r\n"),
        lambda folder: (folder / "a.py").rename(folder / "c.py"),
        lambda folder: (folder / "a.py").rename(folder / "part" / "a.py"),
        lambda folder: (folder / "new.py").write_bytes(b""),
        lambda folder: (folder / "part" / "b.py").unlink(),
        lambda folder: [(folder / "a.py").write_bytes(b""), (folder / "part" / "b.py").write_bytes(b"x = 1\ny = 2\n")],
    ],
)
def test_every_change_counts(package: Path, change) -> None:  # noqa: ANN001
    """A byte, a line's end, a name, a place, a file more or less, text moved from one file to the next."""
    before = hash_files(package, [".py"])
    change(package)
    assert hash_files(package, [".py"]) != before


def test_the_surroundings_are_those_of_this_package() -> None:
    """The same when asked again; chapters count only where some are run."""
    here = surroundings()
    assert here == surroundings()
    assert here.code == hash_files(identity.PACKAGE, [".py"])
    assert here.chapters == ""
    with_chapter = surroundings(["cost"])
    assert here.differences(with_chapter) == ["chapters"]
    assert with_chapter != surroundings(["revenue"])
    assert here.key != with_chapter.key
    with pytest.raises(UnknownNameError, match="Did you mean 'cost'"):
        surroundings(["cots"])


def test_what_a_chapter_last_put_out_does_not_count(tmp_path: Path) -> None:
    """Its cells and their tags do."""
    cell = {"cell_type": "code", "source": ["x = 1"], "metadata": {"tags": ["t"]}, "outputs": [], "execution_count": 1}
    path = tmp_path / "a.ipynb"

    def cells(**changes: object) -> list:
        path.write_text(json.dumps({"cells": [cell | changes], "metadata": {}}))
        return identity._cells(path)

    before = cells()
    assert cells(outputs=[{"text": "2"}], execution_count=7) == before
    assert cells(source="x = 1") == before
    assert cells(source="x = 2") != before
    assert cells(metadata={}) != before


def test_a_name_depends_on_point_findings_chapters_and_surroundings() -> None:
    """And on each of them; not on the order of parameters."""
    point = {"as_of": "2025-03-31", "scenario": "base", "seed": 1}
    names = {
        run_id(point, ["a"], [], HERE),
        run_id(point | {"seed": 2}, ["a"], [], HERE),
        run_id(point | {"cost_of_capital_ratio": 0.1}, ["a"], [], HERE),
        run_id(point, ["a", "b"], [], HERE),
        run_id(point, [], ["a"], HERE),
        *(
            run_id(point, ["a"], [], Surroundings(*three))
            for three in (("x", "d", "v"), ("c", "x", "v"), ("c", "d", "x"))
        ),
    }
    assert len(names) == 8
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
    assert run_id(dict(reversed(point.items())), ["a"], [], HERE.key) in names
