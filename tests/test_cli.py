"""The command line, as a program."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from aieq import cli


def program(*words):
    """Run it as a reader does: a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "aieq", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
    )


@pytest.fixture
def aieq(monkeypatch, capsys):
    """Run what the program runs, without starting Python anew for each question."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["aieq", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, end.value.code or 0, said.out, said.err)

    return run


def test_findings_are_printed_as_json():
    done = program("findings", "--as-of", "2025-03-31", "--json")
    assert done.returncode == 0, done.stderr
    records = {record["name"]: record for record in json.loads(done.stdout)}
    assert records["gpu_run_rate_usd_bn"]["value"] == pytest.approx(4 * 35.58)


def test_claims_are_printed_as_json(aieq):
    done = aieq("claims", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 37


def test_the_equation_is_solved_for_a_symbol(aieq):
    done = aieq("equation", "solve", "accelerator_run_rate_usd_bn", "-p", "actual_ai_revenue_usd_bn=600", "--json")
    assert done.returncode == 0, done.stderr
    # Step one with both factors a half: a quarter of the revenue.
    assert json.loads(done.stdout)["value"] == pytest.approx(150)


def test_evidence_is_shown_as_of_a_day(aieq):
    done = aieq("evidence", "show", "nvidia", "datacenter_revenue", "--as-of", "2024-03-01", "--json")
    assert done.returncode == 0, done.stderr
    assert max(row["published"] for row in json.loads(done.stdout)) == "2024-02-21"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["findings", "--as-of", "1990-01-01"], "the first day possible is 2023-03-15"),
        (["findings", "--scenario", "hihg"], "Did you mean 'high'"),
        (["equation", "solve", "buyer_margin_ratio"], "Did you mean 'buyer_gross_margin_ratio'"),
        (["equation", "solve", "cost_of_capital_ratio", "-p", "energy"], "NAME=NUMBER"),
        (["evidence", "show", "nvidea", "revenue"], "Did you mean 'nvidia'"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_no_traceback(aieq, words, says):
    done = aieq(*words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_that_fails_says_so_to_its_caller():
    done = program("evidence", "show", "nvidea", "revenue")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'nvidia'" in done.stderr
    assert "Traceback" not in done.stderr
