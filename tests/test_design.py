"""Designs: points by hand, made lazily in one order; what a file cannot mean is refused in one sentence."""

from __future__ import annotations

import copy
import pickle
import shutil
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq.assumptions import load_scenario
from aieq.errors import AieqError
from aieq.report.results import SEED
from aieq.runs.design import MOST_RUNS, Design, columns, make_design, read_design
from aieq.runs.identity import run_id

CAPITAL, MARGIN, LIFE = "cost_of_capital_ratio", "buyer_gross_margin_ratio", "asset_life_years.accelerators"


def written(folder: Path, text: str) -> Path:
    path = folder / "x.yml"
    path.write_text(text)
    return path


def test_a_grid_by_hand(tmp_path: Path) -> None:
    """Days first, then scenarios, then as written, the last fastest; the file's order of parameters is kept."""
    design = read_design(
        written(
            tmp_path,
            """
            title: By hand
            kind: grid
            defaults: {buyer_gross_margin_ratio: 0.4}
            parameters:
              cost_of_capital_ratio: {from: 0.08, to: 0.12, steps: 2}
              scenario: [low, high]
              as_of: {from: 2024-12-31, to: 2025-03-31, every: quarter}
            """,
        )
    )
    assert (len(design), design.title, design.parameters) == (8, "By hand", (CAPITAL, "scenario", "as_of"))
    rows = [(p["as_of"], p["scenario"], p[CAPITAL]) for p in design.points()]
    assert rows == [
        ("2024-12-31", "low", 0.08),
        ("2024-12-31", "low", 0.12),
        ("2024-12-31", "high", 0.08),
        ("2024-12-31", "high", 0.12),
        ("2025-03-31", "low", 0.08),
        ("2025-03-31", "low", 0.12),
        ("2025-03-31", "high", 0.08),
        ("2025-03-31", "high", 0.12),
    ]
    assert design.point(3) == {"as_of": "2024-12-31", "scenario": "high", "seed": SEED, MARGIN: 0.4, CAPITAL: 0.12}
    assert columns(design) == {CAPITAL: "number", "scenario": "scenario", "as_of": "day"}
    assert list(design.order()) == list(range(8))


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ({"from": 0.1, "to": 0.3, "steps": 3}, [0.1, 0.2, 0.3]),
        ({"from": 0.01, "to": 1, "steps": 3, "scale": "log"}, [0.01, 0.1, 1]),
        ({"from": 0, "to": 1, "steps": 2}, [0, 1]),
        ({"from": 0.5, "to": 0.5, "steps": 1}, [0.5]),
        ([0.3, 0.1, 0.2], [0.3, 0.1, 0.2]),
    ],
)
def test_the_values_of_a_grid(spec: object, values: list[float]) -> None:
    """Equal differences or equal ratios, without the dust of binary fractions; lists as they are."""
    assert [p[CAPITAL] for p in make_design({"kind": "grid", "parameters": {CAPITAL: spec}}).points()] == values


def test_whole_numbers_need_no_steps() -> None:
    """Each from one end to the other, exactly, however large."""
    seeds = make_design({"kind": "grid", "parameters": {"seed": {"from": 2**62, "to": 2**62 + 2}}})
    assert [p["seed"] for p in seeds.points()] == [2**62, 2**62 + 1, 2**62 + 2]


@pytest.mark.parametrize(
    ("every", "days"),
    [
        ("month", ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("quarter", ["2024-03-31"]),
        ("year", ["2023-12-31"]),
    ],
)
def test_ends_of_periods(every: str, days: list[str]) -> None:
    """Those from the first to the last day, both included; February of a leap year."""
    start = "2023-12-31" if every == "year" else "2024-01-01"
    design = make_design({"kind": "grid", "parameters": {"as_of": {"from": start, "to": "2024-03-31", "every": every}}})
    assert [p["as_of"] for p in design.points()] == days


def test_a_list_by_hand(tmp_path: Path) -> None:
    """Earlier days first, else as written; what a run leaves alone has the value of its scenario."""
    design = read_design(
        written(tmp_path, "kind: list\nruns:\n- {scenario: low}\n- {cost_of_capital_ratio: 0.2}\n- {as_of: 2024-06-20}")
    )
    rows = [(p["as_of"], p["scenario"], p[CAPITAL]) for p in design.points()]
    assert rows == [("2024-06-20", "base", 0.1), ("2026-08-31", "low", 0.08), ("2026-08-31", "base", 0.2)]
    assert design.parameters == ("scenario", CAPITAL, "as_of")


def sample(**changes: object) -> Design:
    parameters = {CAPITAL: "defensible", LIFE: {"from": 2, "to": 8, "scale": "log"}, "scenario": ["low", "high"]}
    return make_design({"kind": "sample", "runs": 256, "parameters": parameters} | changes)


@pytest.mark.parametrize("method", ["sobol", "halton", "latin"])
def test_a_sample_fills_its_ranges(method: str) -> None:
    """Half of the points on each side of the middle (of the logarithm), each scenario as often, none outside."""
    points = sample(method=method).points()
    capital, life = (np.array([p[name] for p in points]) for name in (CAPITAL, LIFE))
    assert 0.08 <= capital.min() < 0.0805 and 0.1395 < capital.max() <= 0.14
    assert 2 <= life.min() < 2.02 and 7.9 < life.max() <= 8
    near = 0 if method == "sobol" else 3
    assert abs((capital < 0.11).sum() - 128) <= near
    assert abs((life < 4).sum() - 128) <= near  # 4 is halfway from 2 to 8 in ratios
    assert abs(Counter(p["scenario"] for p in points)["low"] - 128) <= near


def test_seed_and_method_decide_the_sample() -> None:
    """The same again; another with another seed."""
    assert sample().points() == sample().points() == sample(seed=1, method="sobol").points()
    assert sample().points() != sample(seed=2).points()
    assert sample().points() != sample(method="halton").points()


@pytest.mark.parametrize("method", ["sobol", "halton", "latin"])
@pytest.mark.parametrize("days", [["2025-03-31", "2024-06-30"], {"from": "2024-01-01", "to": "2024-03-31"}, None])
def test_a_piece_is_the_same_however_it_is_asked_for(method: str, days: object) -> None:
    """One by one, backwards, in pieces over the seams, by another process: as all at once, days together."""
    parameters = {CAPITAL: "defensible"} | ({"as_of": days} if days else {})
    spec = {"kind": "sample", "runs": 40_000, "method": method, "parameters": parameters}
    design = make_design(spec)
    every = design.points()
    assert len(every) == 40_000
    if days:
        assert [p["as_of"] for p in every] == sorted(p["as_of"] for p in every)
    for number in (39_999, 16_384, 16_383, 0, 777):
        assert design.point(number) == every[number]
    assert design.points(16_000, 17_000) == every[16_000:17_000]
    assert design.points(5, 5) == []
    travelled = pickle.loads(pickle.dumps(design))
    assert travelled.points(32_760, 32_780) == every[32_760:32_780]
    assert len({tuple(p.items()) for p in every}) == 40_000


def test_drawn_days_lie_between_their_ends() -> None:
    """Both included; every day of a month comes."""
    days = {"from": "2024-01-01", "to": "2024-01-31"}
    points = make_design({"kind": "sample", "runs": 512, "parameters": {CAPITAL: "defensible", "as_of": days}}).points()
    assert sorted({p["as_of"] for p in points}) == [f"2024-01-{day:02d}" for day in range(1, 32)]


axes = st.lists(st.integers(1, 7), min_size=1, max_size=3)


@given(sizes=axes, days=st.integers(1, 3), part=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_lazy_grid_is_the_whole_grid(sizes: list[int], days: int, part: tuple[float, float]) -> None:
    """Every combination once, days together, names apart, and any piece is that of the whole."""
    names = [CAPITAL, MARGIN, LIFE]
    spec: dict = {
        name: {"from": 0.1, "to": 0.1 + 0.01 * (size - 1), "steps": size} if size > 1 else [0.3]
        for name, size in zip(names, sizes, strict=False)
    }
    spec["as_of"] = ["2026-06-30", "2024-06-30", "2025-06-30"][:days]
    design = make_design({"kind": "grid", "parameters": spec})
    every = [design.point(i) for i in range(len(design))]
    assert len(every) == np.prod(sizes) * days
    assert len({run_id(point, ["a"], [], "here") for point in every}) == len(every)
    first, last = sorted(int(share * len(every)) for share in part)
    assert design.points(first, last) == every[first:last]
    changes = sum(a["as_of"] != b["as_of"] for a, b in zip(every, every[1:], strict=False))
    assert changes == days - 1
    assert sorted(design.order()) == list(range(len(every)))


def test_ten_million_points_need_no_memory() -> None:
    """Neither a grid nor a sample is unrolled: the last point costs what the first does."""
    grid = {"seed": {"from": 1, "to": 10_000}, CAPITAL: {"from": 0.08, "to": 0.14, "steps": 1000}}
    designs = [
        make_design({"kind": "grid", "parameters": grid}),
        make_design({"kind": "sample", "runs": MOST_RUNS, "parameters": {CAPITAL: "defensible"}}),
    ]
    designs[1].point(0)
    tracemalloc.start()
    try:
        for design in designs:
            assert len(design) == MOST_RUNS
            design.points(MOST_RUNS - 500, MOST_RUNS)
        assert tracemalloc.get_traced_memory()[1] < 3e6
    finally:
        tracemalloc.stop()
    assert designs[0].point(MOST_RUNS - 1)["seed"] == 10_000


def test_asking_beyond_the_end_is_an_error() -> None:
    """Of the caller, so not one of ours."""
    with pytest.raises(IndexError, match="256"):
        sample().points(200, 257)


def test_layout_and_title_do_not_change_the_design(tmp_path: Path) -> None:
    """Comments, order of keys, title and 0.10 for 0.1 leave the key; whatever decides the runs changes it."""
    one = read_design(written(tmp_path, "kind: grid\nparameters: {cost_of_capital_ratio: [0.1, 0.2]}"))
    other = read_design(
        written(tmp_path, "# more\nparameters:\n  cost_of_capital_ratio:\n  - 0.10\n  - 0.2\ntitle: T\nkind: grid\n")
    )
    assert one.key == other.key
    base = {"kind": "grid", "parameters": {CAPITAL: [0.1, 0.2]}}
    different = [
        base | {"parameters": {CAPITAL: [0.2, 0.1]}},
        base | {"parameters": {MARGIN: [0.1, 0.2]}},
        base | {"parameters": {CAPITAL: [0.1, 0.2], "seed": [1]}},
        base | {"findings": "coverage_ratio"},
        base | {"chapters": ["cost"]},
        base | {"defaults": {"scenario": "low"}},
        {"kind": "list", "runs": [{CAPITAL: 0.1}, {CAPITAL: 0.2}]},
        {"kind": "sample", "runs": 2, "parameters": {CAPITAL: {"from": 0.1, "to": 0.2}}},
        {"kind": "sample", "runs": 2, "seed": 2, "parameters": {CAPITAL: {"from": 0.1, "to": 0.2}}},
    ]
    keys = {one.key, *(make_design(spec).key for spec in different)}
    assert len(keys) == 1 + len(different)


def test_scenario_files_lie_beside_the_design_and_are_written_out(tmp_path: Path, monkeypatch) -> None:  # noqa: ANN001
    """From whatever folder it is read; its copy beside the results stands by itself."""
    (tmp_path / "mine.yml").write_text("values: {cost_of_capital_ratio: 0.2}")
    path = written(tmp_path, "# mine\nkind: grid\nparameters: {scenario: [low, mine.yml, 'mine.yml, power_kw=1']}")
    monkeypatch.chdir("/")
    design = read_design(path)
    assert [p["scenario"] for p in design.points()] == [
        "low",
        "base, cost_of_capital_ratio=0.2",
        "base, cost_of_capital_ratio=0.2, power_kw=1",
    ]
    (tmp_path / "away").mkdir()
    copy = read_design(written(tmp_path / "away", design.text))
    assert copy.key == design.key


def test_what_was_made_in_python_is_a_design_too(tmp_path: Path) -> None:
    """Arrays of numpy, tuples and ranges; its text reads back."""
    spec = {"kind": "grid", "parameters": {CAPITAL: np.array([1e-5, 0.2]), "seed": range(2), "scenario": ("low",)}}
    design = make_design(spec)
    assert len(design) == 4
    assert read_design(written(tmp_path, design.text)).key == design.key


def test_findings_are_named_one_by_one() -> None:
    """However they were asked for."""
    base = {"kind": "grid", "parameters": {"seed": [1]}}
    assert "coverage_ratio" in make_design(base).findings
    assert make_design(base | {"findings": "coverage_ratio"}).findings == ("coverage_ratio",)
    assert len(make_design(base | {"findings": "all"}).findings) > 100


def test_what_is_odd_but_possible_is_said() -> None:
    """Values nobody defends, and a number of Sobol points that is no power of two."""
    plain = {"kind": "sample", "parameters": {CAPITAL: "defensible"}}
    assert make_design(plain | {"runs": 1024}).warnings == ()
    assert make_design(plain | {"runs": 1000}).warnings == (
        "1,000 is no power of two; Sobol points are balanced best with 512 or 1,024",
    )
    wide = make_design({"kind": "grid", "parameters": {CAPITAL: {"from": 0.05, "to": 0.5, "steps": 3}}})
    assert [line.split(",")[0] for line in wide.warnings] == [f"{CAPITAL} is 0.05", f"{CAPITAL} is 0.5"]


GRID = "kind: grid\nparameters: "
SAMPLE = "kind: sample\nruns: 10\nparameters: "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; begin with kind: grid, list or sample"),
        ("- a", "holds a list, not names with values"),
        ("kind: [", "line 2: this is not YAML"),
        ("kind: grid\nkind: list", "line 2: 'kind' is given twice"),
        ("kind: grid\nparameters: &a {seed: [1]}\ndefaults: *a", "line 3: [*]a refers to another part"),
        ("[" * 5000, "not YAML|nested too deeply"),
        (GRID + "{as_of: [2024-02-30]}", "days are written YYYY-MM-DD"),
        ("title: T", "says no kind; it takes grid, list or sample"),
        ("kind: gird", "Did you mean 'grid'"),
        ("kind: {a: 1}", "is of kind {'a': 1}"),
        ("kind: grid\nparamters: {seed: [1]}", "no 'paramters' in a grid. Did you mean 'parameters'"),
        ("kind: list\nparameters: {seed: [1]}", "no 'parameters' in a list. It belongs to kind: grid and kind: sample"),
        ("kind: grid", "names no parameters; name at least one"),
        (GRID + "{}", "nothing in parameters; name at least one"),
        (GRID + "[seed]", "is no parameters; name at least one"),
        (GRID + "{cost_of_kapital_ratio: [0.1]}", "Did you mean 'cost_of_capital_ratio'"),
        (GRID + "{asset_life_years: [3]}", "set asset_life_years.accelerators"),
        (GRID + "{cost_of_capital_ratio: []}", "empty list; give at least one value"),
        (GRID + "{cost_of_capital_ratio: }", "is empty; give a list of values"),
        (GRID + "{cost_of_capital_ratio: {}}", "is empty; give a list of values"),
        (GRID + "{cost_of_capital_ratio: 0.1}", r"varies nothing; write \[0.1\]"),
        (GRID + "{cost_of_capital_ratio: defensible}", "from: 0.08, to: 0.14, steps: 5"),
        (GRID + "{cost_of_capital_ratio: [0.1, 0.2, 0.10]}", "value 3 of cost_of_capital_ratio is the same as value 1"),
        (GRID + "{cost_of_capital_ratio: [.nan]}", "is nan; it takes a number"),
        (GRID + "{cost_of_capital_ratio: [12]}", "12 % is 0.12"),
        (GRID + "{cost_of_capital_ratio: {from: 0.2, to: 0.1, steps: 2}}", "upside down"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.1, steps: 2}}", "from 0.1 to 0.1 in 2 steps"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.2, steps: 1}}", "in 1 step; give at least 2"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.2, steps: 0}}", "has steps: 0; give how many"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.2}}", "has no steps; give how many"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.2, step: 2}}", "Did you mean 'steps'"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, steps: 2}}", "no 'to'; it needs both ends"),
        (GRID + "{cost_of_capital_ratio: {from: 0, to: 1, steps: 2, scale: log}}", "needs an end above 0"),
        (GRID + "{cost_of_capital_ratio: {from: 0, to: 1, steps: 2, scale: cubic}}", "linear and log"),
        (GRID + "{cost_of_capital_ratio: {from: 0.1, to: 0.10000000000001, steps: 500}}", "coincide; give fewer"),
        (GRID + "{as_of: [2020-01-01]}", "first day possible is 2023-03-15"),
        (GRID + "{as_of: {from: 2024-01-01, to: 2024-02-01, every: quarter}}", "no quarter ends between"),
        (GRID + "{as_of: {from: 2024-01-01, to: 2024-12-01}}", "no 'every'"),
        (GRID + "{as_of: {from: 2024-01-01, to: 2024-12-01, every: quater}}", "Did you mean 'quarter'"),
        (GRID + "{scenario: {from: low, to: high}}", "give a list"),
        (GRID + "{scenario: [mine.yml]}", "no scenario 'mine.yml'"),
        (
            GRID + "{seed: {from: 0, to: 9999999}, power_kw: [1, 2]}",
            "20,000,000 combinations .*10,000,000 .*kind: sample",
        ),
        (GRID + "{seed: {from: 0, to: 9000000000000000000}}", "9,000,000,000,000,000,001 combinations"),
        (GRID + "{seed: [1]}\ndefaults: {seed: 2}", "seed stands under defaults and under parameters"),
        (GRID + "{seed: [1]}\ndefaults: {sed: 2}", "defaults: there is no parameter 'sed'. Did you mean 'seed'"),
        (GRID + "{seed: [1]}\ndefaults: 3", "defaults is 3; it takes names"),
        (GRID + "{seed: [1]}\nfindings: coverage", "findings: .*Did you mean 'coverage_ratio'"),
        (GRID + "{seed: [1]}\nfindings: []", "no finding is asked for"),
        (GRID + "{seed: [1]}\nfindings: {a: 1}", "it takes a list of names"),
        (GRID + "{seed: [1]}\nchapters: [cots]", "chapters: .*Did you mean 'cost'"),
        (GRID + "{seed: [1]}\nchapters: [cost, cost]", "named twice"),
        (GRID + "{seed: [1]}\ntitle: 3", "title is 3; it takes a text"),
        ("kind: list\nruns: []", "runs is empty; a list takes one line for each"),
        ("kind: list\nruns: [3]", "run 1 is 3; it takes names with values"),
        ("kind: list\nruns: [{}]", "no run sets anything"),
        ("kind: list\nruns: [{seed: 1}, {sed: 1}]", "run 2: there is no parameter 'sed'"),
        ("kind: list\nruns: [{cost_of_capital_ratio: 0.1}, {scenario: base}]", "run 2 is the same as run 1"),
        ("kind: sample\nparameters: {cost_of_capital_ratio: defensible}", "says no runs; a sample takes how many"),
        ("kind: sample\nruns: 1000000000\nparameters: {cost_of_capital_ratio: defensible}", "1,000,000,000, more than"),
        (SAMPLE + "{cost_of_capital_ratio: defensible}\nmethod: sobel", "Did you mean 'sobol'"),
        (SAMPLE + "{cost_of_capital_ratio: defensible}\nseed: one", "seed is 'one'"),
        (SAMPLE + "{cost_of_capital_ratio: {from: 0.1, to: 0.2, steps: 3}}", "no 'steps' in a sample"),
        (SAMPLE + "{cost_of_capital_ratio: {from: 0.1, to: 0.1}}", "belongs under defaults"),
        (SAMPLE + "{cost_of_capital_ratio: {from: 0.1, to: 0.10001}}", "too narrow"),
        (SAMPLE + "{seed: {from: 1, to: 9}, scenario: [low, base]}", "points would repeat; use kind: grid"),
        (SAMPLE + "{cahn_third_question_usd_bn: defensible}", "one defensible value"),
        (SAMPLE + "{seed: defensible}", "no defensible range"),
        ("kind: sample\nmethod: latin\nruns: 6000000\nparameters: {power_kw: defensible}", "at most 5,000,000 runs"),
    ],
)
def test_what_a_design_cannot_mean_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """One sentence that names the file, the place and the remedy."""
    with pytest.raises(AieqError, match=words) as refused:
        read_design(written(tmp_path, text))
    assert str(refused.value).startswith("x.yml")
    assert "\n" not in str(refused.value) and "x.yml: x.yml" not in str(refused.value)


SOUND = {
    "kind": "sample",
    "runs": 8,
    "method": "sobol",
    "defaults": {"scenario": "low"},
    "parameters": {CAPITAL: {"from": 0.08, "to": 0.14, "scale": "log"}, "as_of": ["2024-06-30"]},
}
PLACES = [
    *((key,) for key in ("kind", "runs", "method", "seed", "title", "findings", "chapters", "defaults", "parameters")),
    *(("defaults", key) for key in ("scenario", "as_of", "power_kw")),
    *(("parameters", key) for key in (CAPITAL, "as_of", "seed", "scenario", "nothing")),
    *(("parameters", CAPITAL, key) for key in ("from", "to", "scale", "steps")),
    ("parameters", "as_of", 0),
]
ODD = st.recursive(
    st.sampled_from(["", "=", "low,", "a=b", "power_kw=1", "low, power_kw=", "\0", "defensible", "grid", "/etc/passwd"])
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["from", "to", "every"]), inner),
    max_leaves=4,
)


@given(place=st.sampled_from(PLACES), value=ODD)
def test_whatever_stands_there_the_answer_is_a_design_or_a_sentence(place: tuple, value: object) -> None:
    """Never a traceback of something else."""
    spec = copy.deepcopy(SOUND)
    inner: Any = spec
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    try:
        design = make_design(spec)
    except AieqError as refused:
        assert str(refused).startswith("the design") and "\n" not in str(refused)
    else:
        assert design.points(0, min(len(design), 3))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """The nearest name in that folder; what a folder or something else than text is."""
    written(tmp_path, "kind: grid")
    for path, words in (
        (tmp_path / "y.yml", "no design .*y.yml'. Did you mean 'x.yml'"),
        (tmp_path, "is a folder; give the design"),
        (tmp_path / "no" / "x.yml", "Give the path of a .yml file"),
    ):
        with pytest.raises(AieqError, match=words):
            read_design(path)
    (tmp_path / "x.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(AieqError, match="no text in UTF-8"):
        read_design(tmp_path / "x.yml")


def test_a_chapter_without_parameters_is_refused(tmp_path: Path, monkeypatch) -> None:  # noqa: ANN001
    """It is named, and what it lacks."""
    import nbformat

    from aieq.report import chapters

    cells = {"bare": [], "few": [nbformat.v4.new_code_cell("seed = 1", metadata={"tags": ["parameters"]})]}
    for name, content in cells.items():
        nbformat.write(nbformat.v4.new_notebook(cells=content), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(chapters, "find_chapter", lambda name: tmp_path / f"{name}.ipynb")
    for name, words in (("bare", "chapters: bare: .*one cell tagged 'parameters'"), ("few", "'few' takes no as_of")):
        with pytest.raises(AieqError, match=words):
            make_design({"kind": "grid", "chapters": [name], "parameters": {"seed": [1]}})


def test_the_examples_are_good(root: Path, tmp_path: Path) -> None:
    """Each is read from anywhere, says nothing odd beyond its powers of two, and is as large as it says."""
    sizes = {}
    for path in sorted((root / "designs").glob("*.yml")):
        design = read_design(shutil.copy(path, tmp_path))
        assert design.title and all("power of two" in line for line in design.warnings)
        load_scenario(design.point(len(design) - 1)["scenario"])
        sizes[path.stem] = len(design)
    assert sizes == {"capital-and-margin": 350, "five-views": 5, "ten-thousand-scenarios": 10_000}
