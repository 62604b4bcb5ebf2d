"""The forecasts in data/: complete, each with a rule and a row, and a record of ours that only grows."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from aieq.assumptions import load_scenario
from aieq.evidence import Evidence, load
from aieq.scoreboard import back, frozen, method, others, resolution

# The first lines of the record end in this link: whoever rewrites them, with a new chain, must rewrite it here too.
FIRST_FROZEN = (14, "2026-08-31", "a47accf5364e2646")
NAMED = ("Goldman Sachs", "Morgan Stanley", "OpenAI", "Bain", "HSBC", "Michael Burry", "Analysts, in Cahn", "Anthropic")


@pytest.fixture(scope="module")
def given() -> Evidence:
    """The project's evidence."""
    return load()


@pytest.fixture(scope="module")
def board(given) -> pd.DataFrame:
    """The board of the delivery's last day: reading and settling it refuses what is faulty."""
    return resolution.board(given.as_of(given.last_day), others.others(given))


def test_the_board_is_large_and_holds_those_the_quarrel_is_about(board) -> None:
    """At least 25 forecasts, resolved ones and open ones, of companies and of outsiders."""
    assert len(board) >= 25
    assert (board["status"] == "resolved").sum() >= 25
    assert (board["status"] == "open").sum() >= 25
    assert set(NAMED) <= set(board["who"])
    assert set(board["stake"]) == set(others.STAKES)


def test_each_forecast_stands_in_the_evidence(given, board) -> None:
    """Its number is not typed here: it is that of its row, its source is known, its row was public that day."""
    rows = given.observations.set_index("line")
    for one in others.others(given):
        row = rows.loc[one.line]
        assert row["published"] == one.made and one.source in row["source"].split(";")
        if pd.notna(row["value"]):
            assert one.value * one.rule.sign == row["value"]
        assert one.source in given.sources.index


def test_settled_ones_add_up(board) -> None:
    """Each resolved one has an outcome, a side and a day between its making and the day of the board."""
    done = board[board["status"] == "resolved"]
    assert done[["outcome", "known_on"]].notna().all().all()
    assert done["where"].isin(["below", "within", "above"]).all()
    assert (done["known_on"] >= done["made"]).all()
    assert board.loc[board["status"] != "resolved", "outcome"].isna().all()


@pytest.mark.parametrize(
    "name, outcome, where",
    [
        ("meta-capex-2025-of-2025-01-29", 72215, "above"),  # 60 to 65 bn said; four quarters with leases, in mn
        ("nvidia-revenue-2025-10-of-2025-08-27", 57006, "above"),  # 54 bn, give or take two per cent
        ("openai-revenue-2024-of-2024-09-27", 3700, "within"),
        ("analysts-nvidia-pace-2024-12-of-2024-06-20", 4 * 35580, "within"),  # 150 bn, a tenth either way
        ("openai-burn-2025-of-2025-09-30", 8000, "below"),
        ("openai-gross-margin-2025-of-2026-01-22", 33, "below"),
        ("oracle-capex-2026-of-2025-09-09", 55663, "above"),  # 35 bn said
    ],
)
def test_outcomes_by_hand(board, name, outcome, where) -> None:
    """Looked up in the evidence by eye."""
    row = board.set_index("id").loc[name]
    assert row["outcome"] == pytest.approx(outcome, rel=1e-3)
    assert row["where"] == where


def test_the_board_of_a_past_day_knows_less(given, board) -> None:
    """Nothing resolved then looks otherwise now."""
    past = resolution.board(given.as_of("2025-06-30"), others.others(given)).set_index("id")
    now = board.set_index("id").loc[past.index]
    done = past["status"] == "resolved"
    assert 0 < done.sum() < len(past) < len(board)
    pd.testing.assert_series_equal(past.loc[done, "outcome"], now.loc[done, "outcome"])
    assert (now.loc[~done & (now["status"] == "resolved"), "known_on"] > "2025-06-30").all()


def test_no_guidance_is_dropped_without_a_reason(given) -> None:
    """Each row of guidance or projection is on the board or left out because of something."""
    entries = others.left_out(given.root / "forecasts")
    rows = others.unaccounted(given, others.others(given), entries)
    said = [f"{r.entity} {r.metric} to {r.period_end:%Y-%m-%d} ({r.source})" for r in rows.itertuples()]
    assert not said, f"put on the board (others.csv) or leave out with a reason (left_out.csv): {said}"


def test_a_dropped_one_would_be_seen(given) -> None:
    """Take one off the board, or one reason away."""
    entries, every = others.left_out(given.root / "forecasts"), others.others(given)
    one = next(forecast for forecast in every if forecast.metric == "capex_guidance")
    rest = [forecast for forecast in every if forecast is not one]
    assert others.unaccounted(given, rest, entries)["line"].tolist() == [one.line]
    assert len(others.unaccounted(given, every, entries[1:])) > 0


def test_every_reason_and_every_rule_is_needed(given) -> None:
    """A line that matches nothing is old; a rule that settles nothing too."""
    entries, every = others.left_out(given.root / "forecasts"), others.others(given)
    for number, entry in enumerate(entries):
        rest = [*entries[:number], *entries[number + 1 :]]
        assert len(others.unaccounted(given, every, rest)), f"left_out.csv: {entry} matches nothing more; delete it"
    rules = others.read_rules(given.root / "forecasts" / "rules.yml", given)
    assert set(rules) == {one.rule.name for one in every}
    assert all(len(rule.says) > 30 for rule in rules.values())


@pytest.mark.parametrize(
    "spoil, refused",
    [
        (lambda e: e | {"because": ""}, "say what is left out"),
        (lambda e: dict.fromkeys(e, "") | {"because": "x"}, "say what is left out"),
    ],
)
def test_leaving_out_needs_a_reason(given, tmp_path: Path, spoil: Callable, refused: str) -> None:
    """And something to leave out."""
    entry = others.left_out(given.root / "forecasts")[0]
    pd.DataFrame([spoil(entry)]).to_csv(tmp_path / "left_out.csv", index=False)
    with pytest.raises(others.ForecastError, match=refused):
        others.left_out(tmp_path)


# --- the record of ours ---------------------------------------------------------------------------------------------


def test_the_record_is_whole(given) -> None:
    """Its chain holds, and its first lines are those that were frozen first."""
    rows = frozen.read(given.root / "forecasts")
    count, made, link = FIRST_FROZEN
    assert {row["made"] for row in rows[:count]} == {made}
    assert rows[count - 1]["chain"] == link, "frozen forecasts were rewritten: append an amendment instead"


def test_the_record_only_grew(root: Path) -> None:
    """Each version that was ever committed is the beginning of the next, and of the file."""
    name = f"data/forecasts/{frozen.FILE}"

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False).stdout

    commits = git("log", "--format=%H", "--reverse", "--", name).split()
    versions = [git("show", f"{commit}:{name}") for commit in commits]  # none outside a checkout: the chain still holds
    versions.append((root / name).read_text(encoding="utf-8"))
    for earlier, later in zip(versions, versions[1:], strict=False):
        assert frozen.appended_only(earlier, later), "a committed forecast was changed: restore it, append an amendment"


def test_a_rewritten_record_would_be_seen(root: Path) -> None:
    """One digit changed, and the chain mended from there on: no longer the beginning."""
    text = (root / "data" / "forecasts" / frozen.FILE).read_text(encoding="utf-8")
    rows = frozen.parse(text)
    rows[0]["q95"] = "999"
    before, lines = "start", [text.splitlines()[0]]
    for row in rows:
        row["chain"] = before = frozen.link(before, row)
        lines.append(",".join(row[column] for column in frozen.COLUMNS))
    mended = "\n".join(lines) + "\n"
    assert frozen.parse(mended)  # the chain alone does not tell
    assert not frozen.appended_only(text, mended)
    assert before != FIRST_FROZEN[2]


def test_the_method_of_a_version_stays_what_it_is(given) -> None:
    """What was frozen by the present version is what it says of that day; a change of method is a new version."""
    scenario = load_scenario("base")
    rows = [row for row in frozen.read(given.root / "forecasts") if row["method"] == method.VERSION]
    assert rows, "no forecast by this version is on record: run python -m aieq.scoreboard.freeze as of a later day"
    for made in {row["made"] for row in rows}:
        again = {line["id"]: line for line in frozen.lines_for(given.as_of(made), scenario)}
        for row in rows:
            if row["made"] != made or row["entry"] != "forecast" or row["scenario"] != scenario.name:
                continue
            for name in back.quantile_names():
                assert float(again[row["id"]][name]) == pytest.approx(float(row[name]), rel=1e-3), (
                    f"{row['id']} would come out otherwise now: the method, its beliefs or the evidence of {made} "
                    "moved; raise aieq.scoreboard.method.VERSION, or append an amendment with the reason"
                )


def test_a_changed_belief_would_be_seen(given) -> None:
    """A longer half-life moves the frozen numbers by more than is let pass."""
    scenario = load_scenario("base, building_growth_half_life_years=0.6")
    again = {line["id"]: float(line["q50"]) for line in frozen.lines_for(given.as_of("2026-08-31"), scenario)}
    rows = {row["id"]: float(row["q50"]) for row in frozen.read(given.root / "forecasts")}
    name = "capex-4-quarters-of-2026-08-31"
    assert again[name] > rows[name] * 1.01


def test_a_forecast_is_frozen_data_not_an_object_that_moves(given) -> None:
    """Forecasts cannot be changed by whoever reads them."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        others.others(given)[0].value = 1.0  # type: ignore[misc]
