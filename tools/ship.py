"""The installed package carries the evidence and the chapters: a worker far from any checkout needs nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools.command.build_py import build_py


class BuildWithData(build_py):
    """Copies ``data/`` and the notebooks of ``chapters/`` to ``aieq/shipped/`` of what is built."""

    def run(self) -> None:
        """Build as ever, then copy; an editable install reads the checkout and needs no copy."""
        super().run()
        if self.editable_mode:
            return
        root, shipped = Path(__file__).resolve().parents[1], Path(self.build_lib) / "aieq" / "shipped"
        shutil.rmtree(shipped, ignore_errors=True)
        shutil.copytree(root / "data", shipped / "data", ignore=shutil.ignore_patterns(".*"))
        (shipped / "chapters").mkdir()
        for chapter in sorted((root / "chapters").glob("*.ipynb")):
            shutil.copyfile(chapter, shipped / "chapters" / chapter.name)
