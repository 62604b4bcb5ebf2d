"""Imports run one way: what is shown knows what is known, never the reverse."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from pathlib import Path

import grimp
import networkx
import pytest

# From the ground up. A part that is named nowhere is a topic: it knows the evidence and is asked by findings.
FLOORS = [
    {"errors", "home", "quantity", "periods", "kernels"},
    {"seen", "evidence", "equation", "assumptions", "trends", "charts"},
    {"topics"},
    {"findings"},
    {"claims", "report"},
    {"runs"},
    {"cli", "cli_runs", "cli_models", "__main__"},
]
FLOOR = {part: number for number, parts in enumerate(FLOORS) for part in parts}


def part_of(module: str) -> str:
    name = module.split(".")[1]
    return name if name in FLOOR else "topics"


def climbs(imports: list[tuple[str, str]]) -> list[str]:
    """Imports of a higher floor from a lower one."""
    return [
        f"{importer} imports {imported}, which lies above it"
        for importer, imported in imports
        if "aieq" not in (importer, imported) and FLOOR[part_of(imported)] > FLOOR[part_of(importer)]
    ]


@pytest.fixture(scope="module")
def imports() -> list[tuple[str, str]]:
    """Who imports whom, including imports inside functions."""
    graph = grimp.build_graph("aieq", exclude_type_checking_imports=True, cache_dir=None)
    return [(one, other) for one in sorted(graph.modules) for other in graph.find_modules_directly_imported_by(one)]


def test_imports_run_one_way(imports: list[tuple[str, str]]) -> None:
    """Seven floors; nothing reaches up."""
    assert not climbs(imports), "\n".join(climbs(imports))


def test_no_part_knows_itself_through_another(imports: list[tuple[str, str]]) -> None:
    """Parts form no circle."""
    inner = [pair for pair in imports if "aieq" not in pair]
    names = [tuple(module.split(".")[1] for module in pair) for pair in inner]
    circles = list(networkx.simple_cycles(networkx.DiGraph([(a, b) for a, b in names if a != b])))
    assert not circles


def test_charts_take_frames_not_evidence(imports: list[tuple[str, str]]) -> None:
    """A chart is handed its data; it reads no table, no scenario and no equation."""
    known = {"evidence", "assumptions", "equation", "trends", "topics"}
    found = [pair for pair in imports if part_of(pair[0] + ".") == "charts" and part_of(pair[1] + ".") in known]
    assert not found


def test_an_import_that_climbs_is_found() -> None:
    """The rule can fail."""
    assert climbs([("aieq.evidence", "aieq.findings.cost")]) == [
        "aieq.evidence imports aieq.findings.cost, which lies above it"
    ]
    assert climbs([("aieq.paths", "aieq.claims")])
    assert climbs([("aieq.quantity", "aieq.evidence")])
    assert not climbs([("aieq.findings.cost", "aieq.paths"), ("aieq.cli", "aieq.claims"), ("aieq.paths", "aieq.stock")])


def test_nothing_below_the_report_asks_where_it_is_run(root: Path) -> None:
    """A result depends on data and parameters only: no clock, no network, no other program."""
    forbidden = {"requests", "urllib.request", "http.client", "socket", "subprocess"}
    found = []
    for path in sorted((root / "aieq").rglob("*.py")):
        relative = path.relative_to(root / "aieq")
        if relative.parts[0] in {"kernels", "report", "runs", "cli.py", "cli_runs.py", "__main__.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found += [f"{relative}:{node.lineno} imports {name}" for name in names if name in forbidden]
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".now", ".today", ".utcnow")):
                found.append(f"{relative}:{node.lineno} asks the clock: {ast.unparse(node)}")
    assert not found, "\n".join(found)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_package_imports_nothing_heavy_by_itself() -> None:
    """Charts, regressions and algebra load when they are used."""
    heavy = "{'altair', 'statsmodels', 'sympy', 'scipy', 'pandera', 'vl_convert', 'networkx', 'IPython'}"
    assert run(f"import sys, aieq; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_importing_the_package_costs_little_more_than_pandas() -> None:
    """At most 1.3 times, best of five each, in turns."""

    def seconds(module: str) -> float:
        started = time.perf_counter()
        run(f"import {module}")
        return time.perf_counter() - started

    pairs = [(seconds("aieq"), seconds("pandas")) for _ in range(5)]
    assert min(ours for ours, _ in pairs) <= 1.3 * min(theirs for _, theirs in pairs)
