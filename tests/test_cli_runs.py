"""The commands that run things: what they refuse, print, return, and how their help reads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from aieq import cli, cli_runs, terminal
from aieq.errors import ParameterError, RunError
from aieq.report import edition

COMMANDS = ["findings", "claims", "parameters", "run", "sweep", "compare", "status"]


def ask(*words: str, columns: int = 80):
    """Run a command in this process; our own errors as the program ends with them."""
    result = CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}).invoke(cli.app, [*words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[edition.Edition]:
    """Editions that were asked for; nothing runs."""
    asked: list[edition.Edition] = []

    def make(planned: edition.Edition, *, progress=None, width: int = 0) -> edition.Edition:
        asked.append(planned)
        progress("cost", 1, 2, "3 s")
        planned.executed, planned.book = ["cost"], planned.folder / "html" / "index.html"
        return planned

    monkeypatch.setattr(edition, "make", make)
    return asked


# --- help ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples_that_are_complete_and_fit(command: str) -> None:
    """At least two, none wrapped or cut at 80 columns, each a call of this command."""
    text = ask(command, "--help").output
    examples = [line.strip() for line in text.splitlines() if re.match(rf" +aieq {command}\b", line)]
    assert len(examples) >= 2
    assert max(map(len, text.splitlines())) <= 80
    options = re.compile(r"(?<!\S)(--?[a-z][a-z-]*)")
    known = set(options.findall(text.partition("Examples:")[0]))
    for example in examples:
        assert set(options.findall(example)) <= known


LOOK_UPS = [["findings"], ["claims"], ["parameters"], ["equation", "solve"], ["equation", "show"], ["evidence", "show"]]


@pytest.mark.runs
@pytest.mark.parametrize("command", LOOK_UPS, ids=" ".join)
def test_the_examples_of_what_is_looked_up_work(command: list[str]) -> None:
    """Each as it stands in the help, answered and not refused."""
    text = re.sub(r"\\ *\n", " ", ask(*command, "--help").output)
    examples = [line.split() for line in text.splitlines() if line.split()[: len(command) + 1] == ["aieq", *command]]
    assert examples
    for _, *words in examples:
        result = ask(*words)
        assert result.exit_code == 0 and result.stdout.strip(), words


def test_square_brackets_of_an_example_are_printed() -> None:
    """They would be taken for styles."""
    assert "scenario: [low, base, high]" in ask("sweep", "--help").output


def test_the_commands_stand_in_groups_and_the_codes_in_their_help() -> None:
    """What looks things up, and what runs."""
    text = ask("--help").output
    assert text.index("Look things up") < text.index("findings") < text.index("Run it again") < text.index("sweep")
    for command in ("run", "sweep"):
        assert "130" in ask(command, "--help").output.partition("Exit codes:")[2]


def test_help_costs_little_more_than_the_library_that_prints_it() -> None:
    """Best of five each, in turns: nothing heavy is imported for it."""

    def seconds(*words: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        return time.perf_counter() - started

    pairs = [(seconds("-m", "aieq", "--help"), seconds("-c", "import typer")) for _ in range(5)]
    assert min(ours for ours, _ in pairs) <= 3.5 * min(theirs for _, theirs in pairs)
    loaded = "import sys, aieq.cli; print(sorted({'pandas', 'numpy', 'yaml', 'rich.progress'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["findigs"], "Did you mean 'findings'?"),
        (["swep"], "Did you mean 'sweep'?"),
        (["run", "--as-off", "2024-06-30", "--out", "x"], "--as-of"),
        (["run", "cost"], "--out"),
    ],
)
def test_a_wrong_command_or_option_offers_the_nearest(words: list[str], says: str) -> None:
    """And ends with 2."""
    result = ask(*words)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["cots"], "Did you mean 'cost'"),
        (["--as-of", "2024-6-30"], "write it as YYYY-MM-DD"),
        (["--scenario", "lwo"], "Did you mean 'low'"),
        (["-p", "cost_of_kapital_ratio=0.1"], "Did you mean 'cost_of_capital_ratio'"),
        (["-p", "cost_of_capital_ratio"], "write name=value"),
        (["-p", "cost_of_capital_ratio=cheap"], "it takes a number"),
        (["-p", "cost_of_capital_ratio=-3"], "cost_of_capital_ratio"),
        (["-p", "seed=x"], "whole number"),
        (["--as-of", "2024-06-30", "-p", "as_of=2024-06-30"], "given twice, by --as-of and by -p"),
    ],
)
def test_bad_input_is_refused_before_anything_starts(words, says, tmp_path, made) -> None:
    """One sentence; no folder is made."""
    with pytest.raises(Exception, match=re.escape(says)) as caught:
        ask("run", *words, "--out", str(tmp_path / "out"))
    assert not isinstance(caught.value, (TypeError, AssertionError))
    assert made == [] and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("error", "code"), [(ParameterError("a word"), 2), (RunError("a word"), 3), (BrokenPipeError(), 1)]
)
def test_errors_end_in_one_line_and_their_code(error, code, monkeypatch, capsys) -> None:
    """Refused is 2, unfinished is 3."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    assert capsys.readouterr().err == ("" if code == 1 else "aieq: a word\n")


# --- run -----------------------------------------------------------------------------------------------------------


def test_run_takes_assumptions_into_the_scenario_and_prints_json_alone(tmp_path: Path, made: list) -> None:
    """What was typed is recorded beside what it came to; a value nobody defends is noted, on standard error."""
    out = tmp_path / "out"
    result = ask(
        "run",
        "cost",
        "--scenario",
        "low",
        "-p",
        "cost_of_capital_ratio=0.2",
        "-p",
        "seed=7",
        "--out",
        str(out),
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert (said["scenario"], said["seed"], said["executed"]) == ("low, cost_of_capital_ratio=0.2", 7, ["cost"])
    assert made[0].given == {"as_of": "", "scenario": "low", "p": ["cost_of_capital_ratio=0.2", "seed=7"]}
    assert "outside the range that is defended, 0.08 to 0.14" in result.stderr
    assert "Scenario low, with cost of capital 20 % instead of 10 %." in result.stderr
    assert "run: 1 of 2, cost 3 s" in result.stderr


def test_a_scenario_file_is_written_out(tmp_path: Path, made: list) -> None:
    """The edition says what the file said on that day, wherever the file goes."""
    (tmp_path / "mine.yml").write_text("title: Mine\nvalues: {cost_of_capital_ratio: 0.14}\n")
    ask("run", "cost", "--scenario", str(tmp_path / "mine.yml"), "--out", str(tmp_path / "out"))
    assert made[0].parameters["scenario"] == "base, cost_of_capital_ratio=0.14"


def test_a_failing_chapter_ends_with_4_and_is_told(tmp_path, monkeypatch) -> None:
    """Which chapter, which cell, where the notebooks are."""

    def make(planned: edition.Edition, **_: object) -> edition.Edition:
        planned.executed, planned.failed = ["revenue"], {"cost": "cell 4:\n        1/0\n      ZeroDivisionError: x"}
        return planned

    monkeypatch.setattr(edition, "make", make)
    result = ask("run", "cost", "revenue", "--out", str(tmp_path / "out"))
    assert result.exit_code == 4
    assert "chapters/cost.ipynb, cell 4:" in result.stderr and "ZeroDivisionError" in result.stderr
    assert "1 of 2 chapters failed, so there is no book" in result.stderr
    assert result.stdout == ""


def test_an_interrupted_run_says_what_is_kept(tmp_path, monkeypatch) -> None:
    """One line, 130."""

    def make(planned: edition.Edition, **_: object) -> None:
        raise KeyboardInterrupt

    def stop(code: int) -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(edition, "make", make)
    monkeypatch.setattr(terminal, "stop", stop)
    result = ask("run", "cost", "--out", str(tmp_path / "out"))
    assert result.exit_code == 130
    assert "interrupted; chapters that ran are kept" in result.stderr


def test_any_other_command_is_interrupted_without_a_traceback(monkeypatch) -> None:
    """130 as well."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aieq.report.results.findings", stopped)
    result = ask("findings")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "aieq: interrupted.\n"


# --- look up -------------------------------------------------------------------------------------------------------


def test_findings_by_name_under_changed_assumptions() -> None:
    """Cahn's rule: 4 x 35.58 of June 2025's known quarter, over the share of chips, over one less the margin."""
    words = ["findings", "gpu_run_rate_usd_bn", "required_revenue_usd_bn", "--as-of", "2025-03-31"]
    change = ["-p", "cahn_buyer_gross_margin_ratio=0.6", "-p", "cahn_accelerator_share_ratio=0.4"]
    records = {record["name"]: record["value"] for record in json.loads(ask(*words, *change, "--json").stdout)}
    assert records == {
        "gpu_run_rate_usd_bn": pytest.approx(4 * 35.58),
        "required_revenue_usd_bn": pytest.approx(4 * 35.58 / 0.4 / 0.4),
    }
    with pytest.raises(Exception, match="Did you mean 'coverage_ratio'"):
        ask("findings", "coverage_rato")
    with pytest.raises(ParameterError, match="nothing here is drawn at random"):
        ask("findings", "-p", "seed=1")


def test_parameters_are_listed_with_their_range() -> None:
    """What -p can set; the day and the scenario have options of their own."""
    rows = {row["name"]: row for row in json.loads(ask("parameters", "--json").stdout)}
    assert rows["cost_of_capital_ratio"]["base"] == 0.1
    assert rows["cost_of_capital_ratio"]["defensible"] == [0.08, 0.14]
    assert "asset_life_years.shell" in rows and "as_of" not in rows
    assert "0.08 to 0.14" in ask("parameters").stdout


def test_rows_are_whole_lines_when_piped_and_fit_a_terminal() -> None:
    """Below 30 columns for the text it stands under its row."""
    rows = [("coverage_ratio", "1.0 %", "a text that is rather long for a narrow terminal, is it not")]
    assert len(terminal.layout(rows, 0)) == 1
    for width in (40, 60, 80):
        lines = terminal.layout(rows, width)
        assert max(map(len, lines)) <= width
        assert " ".join(" ".join(lines).split()) == " ".join(rows[0])
    assert terminal.layout(rows, 40)[1].startswith("    a text")


# --- sweep, status, compare ----------------------------------------------------------------------------------------


@pytest.mark.runs
def test_a_sweep_is_run_looked_at_and_compared(tmp_path: Path) -> None:
    """Through the command line, in this process: JSON of each is JSON and nothing else."""
    design = tmp_path / "design.yml"
    design.write_text(
        "kind: list\nfindings: [coverage_capital_ratio]\nruns: [{cost_of_capital_ratio: 0.08}, {scenario: low}]\n"
    )
    first, second = str(tmp_path / "a"), str(tmp_path / "b")
    result = ask("sweep", str(design), "--out", first, "--workers", "0", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["kept"] == 2
    assert "sweep: 2 of 2" in result.stderr
    assert json.loads(ask("status", first, "--json").stdout)["finished"] is True
    assert "2 of 2 runs are done" in ask("status", first).stdout
    design.write_text(
        "kind: list\nfindings: [coverage_capital_ratio]\nruns: [{cost_of_capital_ratio: 0.12}, {scenario: low}]\n"
    )
    with pytest.raises(ParameterError, match="another design"):
        ask("sweep", str(design), "--out", first, "--workers", "0")
    ask("sweep", str(design), "--out", second, "--workers", "0")
    assert json.loads(ask("compare", first, second, "--json").stdout)
    page = tmp_path / "page.html"
    assert str(page) in ask("compare", first, second, "--html", str(page)).stdout
    assert page.read_text().lstrip().startswith("<!")
    with pytest.raises(ParameterError, match="there is no folder"):
        ask("compare", first, second, "--html", str(tmp_path / "no" / "page.html"))


@pytest.mark.parametrize("command", ["status"])
def test_the_folder_of_nothing_is_refused(command: str, tmp_path: Path) -> None:
    """As bad input, which ends with 2."""
    with pytest.raises(ParameterError, match="no sweep"):
        ask(command, str(tmp_path))


def test_steps_are_lines_without_a_terminal_and_few_of_them(capsys) -> None:
    """Ten for a thousand, the last always; nothing on standard output."""
    with terminal.Steps("sweep") as steps:
        for done in range(1, 1001):
            steps(done, 1000)
        steps.note("a worker came")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-2:] == ["sweep: 1000 of 1000", "a worker came"]
    assert len(said.err.splitlines()) == 11


def test_point_refuses_what_is_given_twice() -> None:
    """By option and by -p."""
    assert cli_runs.point("2024-06-30", "low", ["seed=3"]) == {"as_of": "2024-06-30", "scenario": "low", "seed": 3}
    with pytest.raises(ParameterError, match="by --scenario and by -p"):
        cli_runs.point("", "low", ["scenario=high"])
