"""What was known on a day, and what is refused."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest

from aieq import evidence
from aieq.errors import EvidenceError, UnknownNameError, VintageError
from aieq.periods import calendar_share, kind_of, last_four_quarters

HEAD = (
    "entity,metric,period_start,period_end,value,low,high,unit,basis,published,published_is,source,evidence,topic,"
    "flags,note"
)


def folder(tmp_path, *rows, codebook="capex,,USD_mn,quarter,30,,nominal", renames="", corrections="[]"):
    """Write a small evidence folder: the rows and nothing else."""
    for name in evidence._DATE_OF_TABLE:
        first = (evidence.DATA / f"{name}.csv").read_text().splitlines()[:2]
        (tmp_path / f"{name}.csv").write_text("\n".join(first) + "\n")
    (tmp_path / "observations.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    (tmp_path / "sources.csv").write_text(
        "key,title,publisher,author,published,url,licence,kind,seen\n"
        "s1,One,P,,2025-01-01,,facts only,filing,page\ns2,Two,P,,2025-01-01,,facts only,press,page\n"
    )
    (tmp_path / "codebook.csv").write_text(
        f"metric,meaning,unit,period_kind,release_lag_days,caveats,price_basis\n{codebook}\n"
    )
    (tmp_path / "renames.csv").write_text(f"kind,entity,name,becomes,where,reason\n{renames}")
    (tmp_path / "corrections.yml").write_text(corrections)
    return tmp_path


def row(
    value, published, *, metric="capex", basis="reported", source="s1", start="2025-01-01", end="2025-03-31", **more
):
    """Write one row of the table."""
    cells = {
        "low": "",
        "high": "",
        "unit": "USD_mn",
        "published_is": "first",
        "evidence": "read",
        "entity": "acme",
    } | more
    return (
        f"{cells['entity']},{metric},{start},{end},{value},{cells['low']},{cells['high']},{cells['unit']},{basis},{published},"
        f"{cells['published_is']},{source},{cells['evidence']},capex,,"
    )


def test_a_restated_figure_is_the_old_one_until_the_restatement(tmp_path):
    loaded = evidence.load(folder(tmp_path, row(100, "2025-04-20"), row(110, "2025-07-20")))
    assert loaded.as_of("2025-05-01").rows("acme", "capex")["value"].tolist() == [100]
    assert loaded.as_of("2025-08-01").rows("acme", "capex")["value"].tolist() == [110]
    assert loaded.as_of("2025-08-01").vintages("acme", "capex")["value"].tolist() == [100, 110]


def test_conflicting_sources_both_stay_and_the_interval_covers_them(tmp_path):
    rows = [
        row(100, "2025-04-20", basis="secondary"),
        row(130, "2025-04-22", basis="estimate", source="s2"),
    ]
    view = evidence.load(folder(tmp_path, *rows)).as_of("2025-05-01")
    assert len(view.rows("acme", "capex")) == 2
    figure = view.quantity("acme", "capex")
    assert (figure.value, figure.low, figure.high, figure.grade) == (100, 100, 130, "estimated")


def test_guidance_never_widens_an_outcome(tmp_path):
    rows = [row(100, "2025-04-20"), row(150, "2025-01-20", basis="guidance")]
    figure = evidence.load(folder(tmp_path, *rows)).as_of("2025-05-01").quantity("acme", "capex")
    assert (figure.value, figure.low, figure.grade) == (100, None, "reported")


def test_a_later_compilation_counts_from_the_usual_lag_and_is_graded_down(tmp_path):
    compiled = row(100, "2026-11-01", published_is="later_compilation")
    loaded = evidence.load(folder(tmp_path, compiled))
    with pytest.raises(VintageError, match="2025-04-30"):
        loaded.as_of("2025-04-29")
    assert loaded.as_of("2025-04-30").quantity("acme", "capex").grade == "estimated"


def test_a_compilation_never_backdates_a_figure_whose_own_day_is_known(tmp_path):
    rows = [row(100, "2025-05-20"), row(104, "2026-11-01", published_is="later_compilation", source="s2")]
    loaded = evidence.load(folder(tmp_path, *rows))
    with pytest.raises(VintageError):
        loaded.as_of("2025-05-19")
    assert loaded.as_of("2026-12-01").quantity("acme", "capex").value == 100


def test_a_lower_bound_is_kept_as_one(tmp_path):
    figure = (
        evidence.load(folder(tmp_path, row(50, "2025-04-20", low=50))).as_of("2025-05-01").quantity("acme", "capex")
    )
    assert (figure.value, figure.low) == (50, None)


def test_a_range_without_a_value_shows_its_middle_and_says_so(tmp_path):
    figure = (
        evidence.load(folder(tmp_path, row("", "2025-04-20", low=20, high=26)))
        .as_of("2025-05-01")
        .quantity("acme", "capex")
    )
    assert (figure.value, figure.low, figure.high, figure.grade) == (23, 20, 26, "derived")
    assert "middle" in figure.interval


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (row(1, "2025-04-20", unit="USD_bn"), "unit is 'USD_bn'; use one of USD_mn"),
        (row(1, "2025-04-20", basis="rumour"), "basis is 'rumour'"),
        (row(1, "2025-04-20", source="s9"), "add the key to data/sources.csv"),
        (row(1, "2025-04-20", low=2, high=3), "low <= value <= high"),
        (row("", "2025-04-20"), "give a value or a bound"),
        (row(1, "2025-04-20", start="2025-06-01"), "period_start <= period_end"),
        (row(1, "2025-03-20"), "not before the reported period ended"),
        (row(1, "2025-04-20", metric="Capex"), "lower_snake"),
        (row(1, "20/04/2025"), "YYYY-MM-DD"),
    ],
)
def test_a_wrong_row_is_refused_by_line_column_and_remedy(tmp_path, fault, words):
    with pytest.raises(EvidenceError, match=words) as caught:
        evidence.load(folder(tmp_path, row(7, "2025-04-21"), fault))
    assert "line 3" in str(caught.value)


def test_a_row_given_twice_is_refused(tmp_path):
    with pytest.raises(EvidenceError, match="delete one of the rows"):
        evidence.load(folder(tmp_path, row(7, "2025-04-21"), row(7, "2025-04-21")))


def test_renames_unify_and_may_be_limited_to_one_entity_or_source(tmp_path):
    rows = [
        row(1, "2025-04-20", metric="outlay"),
        row(2, "2025-04-20", metric="outlay", entity="other"),
        row(3, "2025-04-20", metric="x", source="s2"),
    ]
    renames = "metric,acme,outlay,capex,,same\nmetric,,x,capex_incl_leases,source=s2,not the same\n"
    view = evidence.load(folder(tmp_path, *rows, renames=renames)).as_of("2025-05-01")
    assert view.rows("acme", "capex")["value"].tolist() == [1]
    assert view.rows("other", "outlay")["value"].tolist() == [2]
    assert view.rows("acme", "capex_incl_leases")["value"].tolist() == [3]


def test_a_correction_applies_while_its_guard_holds_and_fails_after(tmp_path):
    entry = (
        "- {where: {entity: acme, metric: capex}, set: {value: 987}, while: {value: %s}, "
        "why: misplaced decimal, told: 2025-05-04}"
    )
    fine = evidence.load(folder(tmp_path, row(98.7, "2025-04-20"), corrections=entry % 98.7))
    assert fine.as_of("2025-05-01").quantity("acme", "capex").value == 987
    evidence.load.cache_clear()
    with pytest.raises(EvidenceError, match="delete the entry"):
        evidence.load(folder(tmp_path, row(98.7, "2025-04-20"), corrections=entry % 99))
    evidence.load.cache_clear()


def test_a_folder_without_evidence_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(EvidenceError, match="set AIEQ_ROOT to the folder"):
        evidence.load(tmp_path / "nothing")


def test_unknown_names_are_refused_with_the_nearest():
    view = evidence.load().as_of("2026-08-31")
    with pytest.raises(UnknownNameError, match="Did you mean 'nvidia'"):
        view.rows("nvidea", "revenue")
    with pytest.raises(UnknownNameError, match="Did you mean 'datacenter_revenue'"):
        view.rows("nvidia", "datacentre_revenue")
    with pytest.raises(UnknownNameError, match="sp500"):
        view.series("sp500", "close_month_ends")


@pytest.mark.parametrize("day", ["31.03.2025", "2025-02-30", "yesterday", "1700-01-01"])
def test_a_day_that_is_none_or_too_early_is_refused(day):
    with pytest.raises(VintageError):
        evidence.load().as_of(day)


def test_nothing_known_later_reaches_an_earlier_view():
    view = evidence.load().as_of("2024-06-30")
    assert view.observations["known_on"].max() <= pd.Timestamp("2024-06-30")
    for name, column in evidence._DATE_OF_TABLE.items():
        assert view.table(name)[column].max() <= pd.Timestamp("2024-06-30")
    assert view.token_prices["last_seen"].max() <= pd.Timestamp("2024-06-30")
    assert view.series("us_economy", "gdp_nominal_saar")["period_end"].max() < pd.Timestamp("2024-06-30")


def test_later_views_know_no_less():
    days = ["2023-06-30", "2024-06-30", "2025-06-30", "2026-08-31"]
    figures = [set(evidence.load().as_of(day).observations["figure"]) for day in days]
    assert all(early <= late for early, late in zip(figures, figures[1:], strict=False))


def test_periods_are_named_by_their_length():
    start = pd.to_datetime(pd.Series(["2025-01-27", "2025-01-01", "2024-07-01", "2025-03-03", "2025-01-01"]))
    end = pd.to_datetime(pd.Series(["2025-04-27", "2025-06-30", "2025-06-30", "2025-03-03", "2025-05-31"]))
    assert kind_of(start, end).tolist() == ["quarter", "half", "year", "instant", "span"]


def quarters(*ends):
    end = pd.to_datetime(pd.Series(ends))
    return pd.DataFrame({"period_start": end - pd.Timedelta(days=90), "period_end": end})


def test_four_quarters_must_follow_on_each_other():
    with pytest.raises(EvidenceError, match="missing after 2024-06-30"):
        last_four_quarters(quarters("2024-03-31", "2024-06-30", "2024-12-31", "2025-03-31"))
    with pytest.raises(EvidenceError, match="only 2"):
        last_four_quarters(quarters("2024-03-31", "2024-06-30"))


def test_quarters_that_straddle_a_year_are_weighted_by_days():
    frame = pd.DataFrame({"period_start": pd.to_datetime(["2024-10-28"]), "period_end": pd.to_datetime(["2025-01-26"])})
    assert calendar_share(frame, 2024).iloc[0] == pytest.approx(65 / 91)
    assert calendar_share(frame, 2025).iloc[0] == pytest.approx(26 / 91)


def test_capex_of_calendar_2024_is_the_sum_of_the_quarters_in_the_filings():
    view = evidence.load().as_of("2026-08-31")
    # Millions of dollars by calendar quarter, from the companies' cash-flow statements.
    by_hand = {
        "microsoft": 10952 + 13873 + 14923 + 15804,
        "alphabet": 12012 + 13186 + 13061 + 14276,
        "meta": 6400 + 8173 + 8258 + 14425,
    }
    for company, expected in by_hand.items():
        assert view.calendar_year(company, "capex", 2024).value == expected


def test_a_year_not_yet_over_is_not_known():
    with pytest.raises(VintageError, match="whole of 2024"):
        evidence.load().as_of("2024-12-31").calendar_year("meta", "capex", 2024)


def test_one_changed_figure_changes_the_sum(tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(evidence.DATA, copy)
    table = pd.read_csv(copy / "observations.csv", dtype=str, keep_default_na=False)
    hit = (
        (table["entity"] == "microsoft")
        & (table["metric"] == "capex")
        & (table["period_end"] == "2024-12-31")
        & (table["period_start"] == "2024-10-01")
    )
    assert hit.sum() == 1
    table.loc[hit, "value"] = str(float(table.loc[hit, "value"].iloc[0]) + 1000)
    table.to_csv(copy / "observations.csv", index=False)
    changed = evidence.load(copy).as_of("2026-08-31").calendar_year("microsoft", "capex", 2024).value
    assert changed == evidence.load().as_of("2026-08-31").calendar_year("microsoft", "capex", 2024).value + 1000
