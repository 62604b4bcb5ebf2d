"""Two editions, or two sweeps, side by side: what changed, by how much, and through which input."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aieq.assumptions import load_scenario
from aieq.errors import AieqError, ParameterError
from aieq.findings import HEADLINE, context_for
from aieq.report import results
from aieq.runs import dataset, why
from aieq.runs.compare import compare
from aieq.runs.compare_read import flat

CLAIM = "claim:capex-rising-2025"
THEN, NOW = "2025-03-31", "2026-08-31"


def record(name: str, value: float, unit: str = "USD_bn", **more: Any) -> dict[str, Any]:
    plain = {"name": name, "value": value, "low": None, "high": None, "unit": unit, "grade": "derived"}
    return plain | {"as_of": THEN, "scenario": "base", "says": f"what {name} counts", "sources": []} | more


def claim(name: str, now: str, because: str = "Because.") -> dict[str, Any]:
    return {"id": name, "now": now, "because_now": because, "says": f"it says {name}", "rule": "Holds if.", "then": now}


def edition(folder: Path, findings: list[dict], verdicts: list[dict] | None = None, **about: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "findings.json").write_text(json.dumps(findings), encoding="utf-8")
    (folder / "verdicts.json").write_text(json.dumps(verdicts or []), encoding="utf-8")
    told = {"as_of": findings[0]["as_of"], "scenario": findings[0]["scenario"], "seed": 1} if findings else {}
    (folder / "edition.json").write_text(json.dumps(told | about), encoding="utf-8")
    return folder


def real(folder: Path, day: str, scenario: str, names: tuple[str, ...] | None = None, **about: Any) -> Path:
    """An edition as `aieq run` records it, of a few findings or of all."""
    if names is None:
        both = results.results(day, scenario)
        records, verdicts = both["findings"], both["verdicts"]
    else:
        records, verdicts = results.compute(context_for(day, scenario), names), []
    supposed = {"assumptions": dict(load_scenario(scenario)), "seed": results.SEED, "code": "c" * 64, "data": "d" * 64}
    return edition(folder, records, verdicts, **{"scenario": scenario} | supposed | about)


def by_name(rows: list[dict[str, Any]], key: str = "name") -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows}


# --- findings and verdicts, by hand -------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two editions of invented findings, one of every kind of change."""
    a = [
        record("doubled", 100.0),
        record("wide", 100.0, low=50.0, high=150.0),
        record("same", 7.0),
        record("below_rounding", 228.341),
        record("regraded", 5.0),
        record("converted", 1500.0, "USD_mn"),
        record("gone", 1.0),
        record("year", 2030, "year"),
        record("share", 0.24, "ratio", low=0.2, high=0.3),
        record("turned", -3.0),
    ]
    b = [
        record("doubled", 200.0),
        record("wide", 200.0, low=100.0, high=300.0),
        record("same", 7.0),
        record("below_rounding", 228.344),
        record("regraded", 5.0, grade="assumed"),
        record("converted", 3.0),
        record("new", 12.0),
        record("year", 2035, "year"),
        record("share", 0.6137, "ratio", low=0.5, high=0.7),
        record("turned", 6.0),
    ]
    before = [claim("stays", "holds"), claim("flips", "holds", "Three of three."), claim("only-before", "holds")]
    after = [claim("flips", "overtaken", "One of three."), claim("stays", "holds", "Other words.")]
    return edition(tmp_path / "a", a, before), edition(tmp_path / "b", b, after)


def test_every_finding_is_in_the_state_it_is_in(pair: tuple[Path, Path]) -> None:
    """Differences, shares and importance as worked out by hand."""
    found = by_name(compare(*pair).json()["findings"])
    assert {name: row["state"] for name, row in found.items()} == {
        "doubled": "changed",
        "wide": "changed",
        "share": "changed",
        "year": "changed",
        "turned": "changed",
        "converted": "changed",
        "same": "equal",
        "below_rounding": "unchanged in what is shown",
        "regraded": "changed in grade only",
        "gone": "no longer known",
        "new": "became known",
    }
    assert (found["doubled"]["difference"], found["doubled"]["relative"]) == (100.0, 1.0)
    assert found["doubled"]["importance"] == 0.5  # half of the larger, no interval
    assert found["wide"]["importance"] == 0.25  # the same, as large as the half-width of the wider interval
    assert (found["converted"]["difference"], found["converted"]["unit"]) == (1.5, "USD_bn")
    assert (found["year"]["difference"], found["year"]["relative"]) == (5.0, None)
    assert found["year"]["importance"] == 0.5  # five years of ten
    assert found["turned"]["relative"] is None  # of a loss that becomes a profit no share can be told
    assert found["gone"]["b"] is None and found["new"]["a"] is None
    told = {name: found[name]["difference_text"] for name in ("doubled", "share", "year", "turned", "new")}
    assert told == {
        "doubled": "+$100 bn (2.0 times)",
        "share": "+37 points (2.6 times)",
        "year": "+5 years",
        "turned": "+$9 bn",
        "new": "",
    }


def test_the_most_important_change_comes_first(pair: tuple[Path, Path]) -> None:
    """Turned (9/6 = 1.5), doubled and converted and year (0.5), share (0.609 * 0.789 = 0.48), wide (0.25)."""
    found = [row["name"] for row in compare(*pair).json()["findings"]]
    assert found[:6] == ["turned", "doubled", "converted", "year", "share", "wide"]
    assert found[-1] == "same"


def test_verdicts_that_both_editions_hold_are_compared(pair: tuple[Path, Path]) -> None:
    """With the reasons of both; other words for the same verdict are no change."""
    found = compare(*pair).json()
    assert found["counts"]["verdicts"] == {"changed": 1, "unchanged": 1}
    flipped = by_name(found["verdicts"], "id")["flips"]
    assert (flipped["a"], flipped["b"], flipped["rule"]) == ("holds", "overtaken", "Holds if.")
    assert (flipped["because_a"], flipped["because_b"]) == ("Three of three.", "One of three.")


def test_the_text_fits_a_terminal_and_is_plain(pair: tuple[Path, Path]) -> None:
    """No line over 80 columns, no control characters; what is told is what was found."""
    text = compare(*pair).text()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text and "\t" not in text
    assert "Of 11 findings 6 changed, 1 unchanged in what is shown, 1 equal" in text
    assert "flips: holds -> overtaken" in text
    assert "$100 bn -> $200 bn   +$100 bn (2.0 times)" in text
    assert "turned" in compare(*pair).text(most=1) and "doubled" not in compare(*pair).text(most=1)


def test_an_edition_is_equal_to_itself(pair: tuple[Path, Path]) -> None:
    """And nothing is said to differ."""
    same = compare(pair[0], pair[0])
    assert same.json()["counts"]["findings"] == {
        "changed": 0,
        "became known": 0,
        "no longer known": 0,
        "changed in grade only": 0,
        "unchanged in what is shown": 0,
        "equal": 10,
    }
    assert "nothing that is on record" in same.text()


def test_keys_of_the_json_do_not_change(pair: tuple[Path, Path]) -> None:
    """Programs read them; a key that goes raises `format`."""
    found = compare(*pair).json()
    assert found["format"] == 1 and found["kind"] == "editions"
    assert list(found) == "format kind a b inputs counts findings verdicts labels notes".split()
    assert set(found["findings"][0]) == set(
        "name says section unit state a b difference relative importance difference_text why".split()
    )
    assert set(found["verdicts"][0]) == set(
        "id says rule a b changed because_a because_b missing_a missing_b flipped_by".split()
    )
    assert set(found["inputs"]) == {"as_of", "scenario", "seed", "assumptions", "code", "data", "version"}
    json.dumps(found, allow_nan=False)


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "neither an edition nor a sweep: it holds no findings.json"),
        ({"findings.json": "[{"}, "findings.json is not JSON"),
        ({"findings.json": "{}"}, "holds a dict, not a list of records"),
        ({"findings.json": '[{"name": "x"}]'}, "record 1 has no value, unit, as_of, scenario"),
        ({"findings.json": "[]"}, "holds 0 editions"),
        ({"findings.json": json.dumps([record("x", 1), record("x", 2)])}, "'x' twice (record 2)"),
        ({"findings.json": json.dumps([record("x", 1, "furlongs")])}, "the finding 'x' is no quantity"),
        ({"findings.json": json.dumps([record("x", 1), record("y", 1, as_of=NOW)])}, "holds 2 editions"),
        ({"findings.json": json.dumps([record("x", 1, as_of="today")])}, "the day 'today'"),
        ({"findings.json": json.dumps([record("x", 1)]), "edition.json": '{"seed": "1"}'}, "the seed '1'"),
        ({"edition.json": "{}"}, "its run did not finish; run the same `aieq run` command again"),
        (
            {"findings.json": json.dumps([record("x", 1)]), "edition.json": '{"as_of": "2026-08-31"}'},
            "findings.json is of 2025-03-31",
        ),
        ({"findings.json": json.dumps([record("x", 1)]), "verdicts.json": "oops"}, "verdicts.json is not JSON"),
        ({"sweep.json": "{}"}, "sweep.json cannot be read"),
        ({"sweep.json": "[1"}, "sweep.json cannot be read"),
        ({"sweep.json": '{"format": 1}'}, "sweep.json is not what `aieq sweep` writes"),
    ],
)
def test_a_broken_folder_is_named(tmp_path: Path, files: dict[str, str], says: str) -> None:
    """The sentence names the file and what to do; the same from either side."""
    bad = tmp_path / "bad"
    bad.mkdir()
    for name, content in files.items():
        (bad / name).parent.mkdir(exist_ok=True)
        (bad / name).write_text(content, encoding="utf-8")
    good = sweep(tmp_path / "good") if "sweep.json" in files else edition(tmp_path / "good", [record("x", 1)])
    for two in ((good, bad), (bad, good)):
        with pytest.raises(ParameterError) as caught:
            compare(*two)
        assert says in str(caught.value) and str(bad) in str(caught.value)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """So is a file; a folder that holds an edition further down is offered."""
    good = edition(tmp_path / "outer" / "inner", [record("x", 1)])
    with pytest.raises(ParameterError, match="there is no folder .*nowhere"):
        compare(good, tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="is a file: give the folder"):
        compare(good / "findings.json", good)
    with pytest.raises(ParameterError, match="Did you mean .*outer/inner"):
        compare(tmp_path / "outer", good)


def test_editions_without_a_common_finding_are_refused(tmp_path: Path) -> None:
    """Both are named with what they hold."""
    a, b = edition(tmp_path / "a", [record("x", 1)]), edition(tmp_path / "b", [record("y", 1)])
    with pytest.raises(ParameterError, match=r"no finding in common: .*a holds x, .*b holds y"):
        compare(a, b)


def test_an_edition_is_not_compared_with_a_sweep(tmp_path: Path) -> None:
    """In either order the sentence says which is which."""
    one, many = edition(tmp_path / "one", [record("x", 1)]), sweep(tmp_path / "many")
    for two in ((one, many), (many, one)):
        with pytest.raises(ParameterError, match=r"one is one edition and .*many is a sweep"):
            compare(*two)


# --- why ----------------------------------------------------------------------------------------------------------


def test_shares_of_a_product_add_up_and_ignore_the_order() -> None:
    """2*10*5 becomes 3*14*6: 252 - 100 = 152, each input's share the mean over the six orders, worked out by hand."""
    before, after = {"p": 2, "q": 10, "r": 5}, {"p": 3, "q": 14, "r": 6}

    def value(on: frozenset[str]) -> float:
        p, q, r = (after[name] if name in on else before[name] for name in "pqr")
        return p * q * r

    # p moves by 1: first in two of six orders, by 1*10*5; after q 1*14*5, after r 1*10*6; last in two, 1*14*6.
    by_hand = {"p": (2 * 50 + 70 + 60 + 2 * 84) / 6, "q": (2 * 40 + 60 + 48 + 2 * 72) / 6}
    by_hand["r"] = (2 * 20 + 30 + 28 + 2 * 42) / 6
    assert sum(by_hand.values()) == pytest.approx(152)
    for order in (["p", "q", "r"], ["r", "p", "q"]):
        assert why.shapley(order, value) == pytest.approx(by_hand)


def test_day_and_assumption_share_a_change_as_a_product_does(tmp_path: Path) -> None:
    """Cahn's rule is run rate times a factor: the day moves one, the margin the other."""
    names = ("required_revenue_usd_bn", "gpu_run_rate_usd_bn")
    a = real(tmp_path / "a", THEN, "base", names)
    b = real(tmp_path / "b", NOW, "base, cahn_buyer_gross_margin_ratio=0.4", names)
    found = compare(a, b).json()
    run_rate, required = (by_name(found["findings"])[name] for name in reversed(names))
    r1, r2 = run_rate["a"]["value"], run_rate["b"]["value"]
    k1, k2 = required["a"]["value"] / r1, required["b"]["value"] / r2
    assert k2 / k1 == pytest.approx(0.5 / 0.6)
    shares = required["why"]["attribution"]
    assert shares["as_of"] == pytest.approx((r2 - r1) * (k1 + k2) / 2)
    assert shares["cahn_buyer_gross_margin_ratio"] == pytest.approx((k2 - k1) * (r1 + r2) / 2)
    assert sum(shares.values()) == pytest.approx(required["difference"])
    assert run_rate["why"]["attribution"] == pytest.approx({"as_of": r2 - r1, "cahn_buyer_gross_margin_ratio": 0.0})
    assert [s["name"] for s in found["inputs"]["assumptions"]] == ["cahn_buyer_gross_margin_ratio"]
    assert "cahn_buyer_gross_margin_ratio: 50 % -> 40 %" in compare(a, b).text()


def test_new_evidence_is_that_of_the_finding_and_of_the_days_between(tmp_path: Path) -> None:
    """The run rate rests on one series of one company; each row was published between the two days."""
    names = ("gpu_run_rate_usd_bn",)
    a, b = real(tmp_path / "a", THEN, "base", names), real(tmp_path / "b", NOW, "base", names)
    for two in ((a, b), (b, a)):
        told = compare(*two).json()["findings"][0]["why"]
        assert {(row["entity"], row["metric"]) for row in told["evidence"]} == {("nvidia", "datacenter_revenue")}
        assert all(THEN < row["published"] <= NOW for row in told["evidence"])
        assert told["evidence_known_in"] == ("b" if two[1] == b else "a")
        assert [row["published"] for row in told["evidence"]] == sorted(
            (row["published"] for row in told["evidence"]), reverse=True
        )
        assert len(told["evidence"]) == told["evidence_count"] == 2  # the press release and the filing of one quarter
        assert told["evidence"][0]["value"] * 4 / 1000 == pytest.approx(
            json.loads((b / "findings.json").read_text(encoding="utf-8"))[0]["value"]
        )
        assert all(row["title"] for row in told["evidence"])


def _made_by(folder: Path, code: str) -> Path:
    about = json.loads((folder / "edition.json").read_text(encoding="utf-8"))
    (folder / "edition.json").write_text(json.dumps(about | {"code": code}), encoding="utf-8")
    return folder


def test_a_finding_recorded_with_other_code_is_not_attributed(tmp_path: Path) -> None:
    """The planted fault: one recorded value is not what the package gives; the other finding keeps its shares."""
    names = ("required_revenue_usd_bn", "gpu_run_rate_usd_bn")
    a, b = real(tmp_path / "a", THEN, "base", names), real(tmp_path / "b", NOW, "base", names)
    rows = json.loads((a / "findings.json").read_text(encoding="utf-8"))
    rows[0]["value"] *= 1.01
    (a / "findings.json").write_text(json.dumps(rows), encoding="utf-8")
    found = by_name(compare(a, b).json()["findings"])
    told = found["required_revenue_usd_bn"]["why"]
    assert told["attribution"] is None
    assert "code or data have changed since" in told["reason"]
    assert found["gpu_run_rate_usd_bn"]["why"]["attribution"] is not None
    assert "not attributed" in compare(a, b).text()
    assert any("for 1 of the 2 changes" in note for note in compare(a, _made_by(b, "e" * 64)).json()["notes"])


def test_a_difference_of_code_alone_is_said_and_not_attributed(tmp_path: Path) -> None:
    """Hashes differ, parameters do not."""
    a = real(tmp_path / "a", NOW, "base", ("gpu_run_rate_usd_bn",))
    b = real(tmp_path / "b", NOW, "base", ("gpu_run_rate_usd_bn",), code="e" * 64)
    rows = json.loads((b / "findings.json").read_text(encoding="utf-8"))
    rows[0] |= {"value": 400.0, "low": None, "high": None}
    (b / "findings.json").write_text(json.dumps(rows), encoding="utf-8")
    found = compare(a, b)
    assert "code: cccccccccccc -> eeeeeeeeeeee" in found.text()
    assert "code or data, which cannot be switched" in found.json()["findings"][0]["why"]["reason"]


def test_a_scenario_file_that_is_gone_is_rebuilt_from_what_was_recorded(tmp_path: Path) -> None:
    """The record holds every assumption, so the file is not needed."""
    mine = tmp_path / "mine.yml"
    mine.write_text("title: Mine\nvalues: {cahn_buyer_gross_margin_ratio: 0.4}\n", encoding="utf-8")
    names = ("required_revenue_usd_bn",)
    a, b = real(tmp_path / "a", NOW, "base", names), real(tmp_path / "b", NOW, str(mine), names)
    mine.unlink()
    load_scenario.cache_clear()
    told = compare(a, b).json()["findings"][0]
    assert told["why"]["attribution"] == pytest.approx({"cahn_buyer_gross_margin_ratio": told["difference"]})
    record_of = json.loads((b / "edition.json").read_text(encoding="utf-8"))
    (b / "edition.json").write_text(json.dumps(record_of | {"assumptions": None}), encoding="utf-8")
    found = compare(a, b)
    assert any("does not record its assumptions" in note for note in found.json()["notes"])


def test_more_inputs_than_can_be_tried_are_switched_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then one share stands for all assumptions, and the day keeps its own."""
    monkeypatch.setattr(why, "MOST_GROUPS", 2)
    names = ("coverage_capital_ratio",)
    a, b = real(tmp_path / "a", THEN, "base", names), real(tmp_path / "b", NOW, "low", names)
    told = compare(a, b).json()["findings"][0]
    assert set(told["why"]["attribution"]) == {"as_of", "assumptions"} or set(told["why"]["attribution"]) == {
        "as_of",
        "scenario",
    }
    assert sum(told["why"]["attribution"].values()) == pytest.approx(told["difference"])


@pytest.fixture(scope="module")
def true_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The base edition of the spring of 2025 and the low one of today."""
    folder = tmp_path_factory.mktemp("true")
    return real(folder / "then", THEN, "base"), real(folder / "now", NOW, "low")


@pytest.mark.runs
def test_a_true_comparison_adds_up(true_run: tuple[Path, Path]) -> None:
    """Every attribution sums to its difference; what became known was unknown; verdicts are those of the ledger."""
    comparison = compare(*true_run)
    found = comparison.json()
    explained = [row for row in found["findings"] if row["why"]]
    assert {name for name in HEADLINE if by_name(found["findings"])[name]["state"] == "changed"} <= {
        row["name"] for row in explained
    }
    for row in explained:
        assert row["why"]["attribution"], (row["name"], row["why"]["reason"])
        assert sum(row["why"]["attribution"].values()) == pytest.approx(row["difference"])
        assert set(row["why"]["attribution"]) <= set(found["labels"])
    assert found["counts"]["findings"]["became known"] > 100
    ends = [{v["id"]: v["now"] for v in json.loads((f / "verdicts.json").read_text())} for f in true_run]
    for verdict in found["verdicts"]:
        assert (verdict["a"], verdict["b"]) == (ends[0][verdict["id"]], ends[1][verdict["id"]])
        assert bool(verdict["flipped_by"]) == verdict["changed"]
    text = comparison.text(most=None)
    assert max(map(len, text.splitlines())) <= 80
    is_fit(comparison.html())
    assert {s["name"] for s in found["inputs"]["assumptions"]} == {
        name for name, value in flat(load_scenario("low")).items() if value != flat(load_scenario("base"))[name]
    }


# --- the page -----------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would fetch, and how the page is built."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def is_fit(text: str) -> Page:
    """Checks that hold for every page of a comparison."""
    page = Page(text)
    assert not page.unbalanced and not page.open
    assert not [a for name, a in page.tags if name in ("script", "img", "iframe") or "src" in a]
    assert [a["href"] for a in page.all("link")] == ["data:,"]
    assert "@import" not in text and "url(" not in text.replace("url(#", "")
    for landmark in ("header", "main", "nav", "footer", "h1", "title"):
        assert len(page.all(landmark)) == 1, landmark
    names = [str(attrs["id"]) for _, attrs in page.tags if "id" in attrs]
    assert len(names) == len(set(names))
    inner = [str(a["href"])[1:] for a in page.all("a") if str(a.get("href")).startswith("#")]
    assert set(inner) <= set(names)
    assert all(len(str(a["aria-label"])) >= 40 for a in page.all("svg"))
    assert all(str(a["aria-labelledby"]) in names for a in page.all("section"))
    assert text.count("<caption>") == len(page.all("table"))
    assert "prefers-color-scheme: dark" in text and 'lang="en"' in text
    return page


def test_the_page_of_two_editions_stands_by_itself(pair: tuple[Path, Path]) -> None:
    """It fetches nothing, has landmarks and captions, a drawing for desk and phone, and what the text says."""
    text = compare(*pair).html()
    page = is_fit(text)
    # None of the invented findings is a headline; those above zero in both are drawn, twice.
    assert [a["class"] for a in page.all("svg")] == ["still wide", "still narrow"]
    assert "What doubled counts" in text and "+$100\u00a0bn" not in text and "+$100 bn (2.0 times)" in text
    assert 'class="verdict verdict-overtaken"' in text
    assert "11 findings 6 changed" in text


def test_what_an_edition_says_cannot_become_markup(tmp_path: Path) -> None:
    """Names and reasons come from files."""
    bad = "<script>alert(1)</script>"
    a = edition(tmp_path / "a", [record("x", 1, says=bad), record(bad, 1)], [claim("c", "holds", bad)])
    b = edition(tmp_path / "b", [record("x", 2, says=bad), record(bad, 2)], [claim("c", bad, bad)], version=bad)
    text = compare(a, b).html()
    is_fit(text)
    assert "<script" not in text


# --- sweeps -------------------------------------------------------------------------------------------------------


def sweep(
    folder: Path,
    rows: list[dict[str, Any]] | None = None,
    *,
    fixed: dict[str, Any] | None = None,
    count: int | None = None,
    columns: dict[str, str] | None = None,
) -> Path:
    """A sweep as the store leaves it, in two parts."""
    rows = rows or runs("r", {0.1: 0.5})
    columns = columns or {"x_ratio": "number"}
    judged = any(row["finding"].startswith("claim:") for row in rows)
    names = list(dict.fromkeys(row["run"] for row in rows))
    whole = dataset.schema(columns, judged=judged)
    (folder / "results").mkdir(parents=True)
    batch = -(-len(names) // 2)
    for number, part in enumerate((names[:batch], names[batch:])):
        held = [{"low": None, "high": None, "grade": "derived"} | row for row in rows if row["run"] in part]
        if held:
            table = pa.table({f.name: dataset.column([row.get(f.name) for row in held], f.type) for f in whole}, whole)
            pq.write_table(table, folder / "results" / f"part-{number:08d}-{dataset.part_hash('m', number)}.parquet")
    told = {
        "format": 1,
        "mark": "m",
        "batch": batch,
        "count": len(names) if count is None else count,
        "findings": [name for name in dict.fromkeys(row["finding"] for row in rows) if not name.startswith("claim:")],
        "judged": judged,
        "columns": columns,
        "fixed": fixed or {},
        "surroundings": {"code": "c", "data": "d"},
        "version": "1",
        "title": "",
        "started": "2026-11-24T00:00:00+0000",
    }
    (folder / "sweep.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def runs(name: str, values: dict[float, float | None], finding: str = "coverage_ratio") -> list[dict[str, Any]]:
    return [
        {"run": f"{name}{x}", "x_ratio": x, "finding": finding, "unit": "ratio", "value": value, "verdict": None}
        for x, value in values.items()
    ]


def judged(name: str, verdicts: dict[float, str]) -> list[dict[str, Any]]:
    return [
        {"run": f"{name}{x}", "x_ratio": x, "finding": CLAIM, "unit": None, "value": None, "verdict": verdict}
        for x, verdict in verdicts.items()
    ]


def test_sweeps_are_compared_run_against_run(tmp_path: Path) -> None:
    """Three values of x in common; medians, crossings and flips counted by hand."""
    a = sweep(
        tmp_path / "a",
        runs("a", {0.1: 0.4, 0.2: 0.8, 0.3: 1.2, 0.4: 1.6}) + judged("a", {0.1: "holds", 0.2: "holds", 0.3: "holds"}),
        fixed={"as_of": THEN},
    )
    b = sweep(
        tmp_path / "b",
        runs("b", {0.2: 1.0, 0.3: 0.9, 0.4: 1.6, 0.5: None})
        + judged("b", {0.2: "overtaken", 0.3: "holds", 0.4: "overtaken"}),
        fixed={"as_of": NOW},
    )
    comparison = compare(a, b)
    found = comparison.json()
    assert (found["kind"], found["matched_by"]) == ("sweeps", ["x_ratio"])
    (row,) = found["findings"]
    assert row["a"] == {
        "runs": 4,
        "unknown": 0,
        "median": 1.0,
        "p5": pytest.approx(0.46),
        "p95": pytest.approx(1.54),
        "reached_one": 0.5,
    }
    assert (row["b"]["runs"], row["b"]["unknown"], row["b"]["median"]) == (3, 1, 1.0)
    assert row["b"]["reached_one"] == pytest.approx(2 / 3)
    # 0.8 -> 1.0, 1.2 -> 0.9, 1.6 -> 1.6
    assert row["pairs"] == {
        "count": 3,
        "median": pytest.approx(0.0),
        "up": 1,
        "down": 1,
        "to_one": 1,
        "from_one": 1,
    }
    (verdict,) = found["verdicts"]
    assert (verdict["pairs"], verdict["flipped"], verdict["moves"]) == (2, 1, {"holds -> overtaken": 1})
    assert (verdict["a"], verdict["b"]) == ({"holds": 3}, {"overtaken": 2, "holds": 1})
    assert len(is_fit(comparison.html()).all("svg")) == 0  # the median did not move
    text = comparison.text()
    assert max(map(len, text.splitlines())) <= 80
    assert f"as_of: {THEN} -> {NOW}" in text
    assert "capex-rising-2025: 1 of 2 matched runs flipped" in text


def test_an_unfinished_sweep_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    """And says how far that is."""
    a = sweep(tmp_path / "a", runs("a", {0.1: 0.4, 0.2: 0.8}), count=10)
    b = sweep(tmp_path / "b", runs("b", {0.1: 0.5, 0.2: 0.9}))
    assert len(is_fit(compare(a, b).html()).all("svg")) == 2
    text = compare(a, b).text()
    assert "unfinished: 2 of 10 runs are there" in " ".join(text.split())
    assert "matched runs: 2; 2 higher, 0 lower, 0 equal" in text


def test_a_parameter_only_one_varies_is_summed_up_by_the_median(tmp_path: Path) -> None:
    """Three days in the one stand against one run of the other."""
    days = [("2025-03-31", 0.2), ("2025-06-30", 0.9), ("2025-09-30", 0.4)]
    several = [row | {"run": day, "as_of": day, "value": v} for day, v in days for row in runs("a", {0.1: 0.0})]
    a = sweep(tmp_path / "a", several, columns={"x_ratio": "number", "as_of": "day"})
    b = sweep(tmp_path / "b", runs("b", {0.1: 1.0}))
    found = compare(a, b).json()
    assert found["findings"][0]["pairs"]["count"] == 1
    assert found["findings"][0]["pairs"]["median"] == pytest.approx(0.6)
    assert any("varies as_of" in note for note in found["notes"])


def test_sweeps_that_never_meet_compare_by_distribution_only(tmp_path: Path) -> None:
    """Other values of x: no pairs, said so."""
    a, b = sweep(tmp_path / "a", runs("a", {0.1: 0.4})), sweep(tmp_path / "b", runs("b", {0.2: 0.9}))
    found = compare(a, b).json()
    assert found["findings"][0]["pairs"]["count"] == 0
    assert any("only distributions compare" in note for note in found["notes"])


def test_a_sweep_without_results_and_a_broken_part_are_named(tmp_path: Path) -> None:
    """What cannot be read is not compared, from either side."""
    good, bad = sweep(tmp_path / "good"), sweep(tmp_path / "bad")
    (part,) = (bad / "results").iterdir()
    part.write_text("PAR", encoding="utf-8")
    for two in ((good, bad), (bad, good)):
        with pytest.raises(ParameterError, match=r"a part of .*bad is broken .*part-00000000"):
            compare(*two)
    part.unlink()
    for two in ((good, bad), (bad, good)):
        with pytest.raises(ParameterError, match=r"bad has no results yet: run `aieq sweep` again"):
            compare(*two)


def test_a_run_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """The store never writes one: somebody copied a part."""
    a = sweep(tmp_path / "a", runs("a", {0.1: 0.4}) * 2)
    with pytest.raises(AieqError, match=r"holds the run a0.1 twice"):
        compare(a, sweep(tmp_path / "b", runs("b", {0.1: 0.4})))
