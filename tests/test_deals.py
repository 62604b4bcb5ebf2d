"""Commitments: versions of one contract are counted once, cycles are found, and what circles back is bounded."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aieq import deals
from aieq.deals import Ruling
from aieq.errors import EvidenceError
from aieq.evidence import load


def table(*rows: tuple) -> pd.DataFrame:
    """Toy deals: from, to, kind, USD mn, announced, status, note."""
    columns = ["from_entity", "to_entity", "kind", "amount_usd_mn", "announced", "status", "note"]
    return pd.DataFrame(rows, columns=columns).assign(source="toy")


def edges(*rows: tuple[str, str, str, float]) -> nx.MultiDiGraph:
    """Toy graph whose amounts are firm."""
    network = nx.MultiDiGraph()
    for payer, receiver, kind, amount in rows:
        network.add_edge(payer, receiver, key=kind, firm=amount, force=amount, headline=amount, sources=("toy",))
    return network


TWO_VERSIONS = table(
    ("lab", "cloud", "purchase_commitment", 10_000, "2026-01-10", "contracted", ""),
    ("lab", "cloud", "purchase_commitment", 25_000, "2026-04-10", "contracted", "Supersedes the 10 bn of January."),
)
ONE_VERSION = (
    Ruling("lab", "cloud", "purchase_commitment", 10_000, "superseded", "replaced in April", "2026-04-10"),
    Ruling("lab", "cloud", "purchase_commitment", 25_000, "distinct", "the later version"),
)


def test_a_later_version_replaces_the_earlier_one_from_its_day_on():
    """In March ten count, in May twenty-five, never thirty-five."""
    march = deals.total(deals.rule(TWO_VERSIONS, "2026-03-31", ONE_VERSION))
    may = deals.total(deals.rule(TWO_VERSIONS, "2026-05-31", ONE_VERSION))
    assert (march.value, may.value) == (10, 25)


def test_a_note_of_an_overlap_without_a_ruling_stops_the_sum():
    """A new row that supersedes another cannot slip in as additional money."""
    with pytest.raises(EvidenceError, match="Supersedes the 10 bn of January.*no ruling"):
        deals.rule(TWO_VERSIONS, "2026-05-31", ONE_VERSION[:1])


@pytest.mark.parametrize(
    ("amount", "status", "note", "expected"),
    [
        (100, "contracted", "", (0.1, 0.1, 0.1)),
        (100, "contracted", "Up to.", (0.0, 0.1, 0.1)),
        (100, "contracted", "More than, up to 5 GW.", (0.1, 0.1, 0.1)),
        (17_400, "contracted", "Up to 19.4bn; day approximate.", (17.4, 17.4, 19.4)),
        (50_000, "15bn funded, 35bn conditional", "", (15.0, 15.0, 50.0)),
        (30_000, "conditional", "On milestones.", (0.0, 0.0, 30.0)),
        (40_000, "reported", "", (0.0, 40.0, 40.0)),
        (279_000, "reported in 10-Q", "", (279.0, 279.0, 279.0)),
        (100_000, "LOI, superseded", "", (0.0, 0.0, 100.0)),
        (500_000, "pledge", "", (0.0, 0.0, 0.0)),
        (500_000, "target", "", (0.0, 0.0, 0.0)),
        (50_000, "programme", "", (0.0, 0.0, 50.0)),
        (float("nan"), "contracted", "Price undisclosed.", (0.0, 0.0, 0.0)),
    ],
)
def test_status_and_note_say_how_much_counts(amount, status, note, expected):
    """Firm, in force and headline, in USD bn, by hand."""
    rows = table(("a", "b", "purchase_commitment", amount, "2026-01-01", status, note))
    ruling = (Ruling("a", "b", "purchase_commitment", amount, "distinct", "toy"),)
    row = deals.rule(rows, "2026-12-31", ruling).iloc[0]
    got = tuple(row[f"{name}_usd_mn"] / 1000 for name in ("firm", "force", "headline"))
    assert expected == pytest.approx(got)


def test_payments_and_guarantees_are_never_added():
    """A promise to stand in for a lease is not a second lease."""
    rows = table(
        ("lab", "landlord", "lease", 5_000, "2026-01-01", "agreed", ""),
        ("chips", "landlord", "backstop", 5_000, "2026-01-01", "agreed", ""),
    )
    ruled = deals.rule(rows, "2026-12-31", ())
    assert deals.total(ruled).value == 5
    with pytest.raises(EvidenceError, match="summed apart"):
        deals.total(ruled, kinds=("lease", "backstop"))


def test_an_unknown_kind_is_refused():
    """A kind nobody has thought about must not fall through."""
    rows = table(("a", "b", "swap", 1, "2026-01-01", "agreed", ""))
    with pytest.raises(EvidenceError, match="swap"):
        deals.rule(rows, "2026-12-31", ())


def test_three_companies_in_a_ring_are_one_cycle_and_a_chain_is_none():
    """chips fund lab, lab pays cloud, cloud pays chips; the supplier of the chips lies outside."""
    ring = edges(
        ("chips", "lab", "investment", 30.0),
        ("lab", "cloud", "purchase_commitment", 300.0),
        ("cloud", "chips", "purchase_commitment", 40.0),
        ("chips", "foundry", "purchase_commitment", 90.0),
    )
    found = deals.cycles(ring)
    assert [(c.path, c.smallest_usd_bn) for c in found] == [(("chips", "lab", "cloud"), 30.0)]
    assert deals.on_cycles(ring) == (340.0, 430.0)
    ring.remove_edge("cloud", "chips")
    assert deals.cycles(ring) == []
    assert deals.on_cycles(ring) == (0, 390.0)


def test_a_cycle_with_a_secret_price_has_no_smallest_step():
    """Unknown is not zero."""
    ring = edges(("chips", "lab", "warrant", 0.0), ("lab", "chips", "purchase_commitment", 20.0))
    assert [c.smallest_usd_bn for c in deals.cycles(ring)] == [None]


def test_money_returns_once_however_many_ways_lead_back():
    """Ten go out; two clouds could each bring eight back, but only ten are there to return."""
    ring = edges(
        ("chips", "lab", "investment", 10.0),
        ("lab", "cloud_a", "purchase_commitment", 50.0),
        ("lab", "cloud_b", "purchase_commitment", 50.0),
        ("cloud_a", "chips", "purchase_commitment", 8.0),
        ("cloud_b", "chips", "purchase_commitment", 8.0),
    )
    assert deals.circling_back(ring, "chips").value == 10
    ring["cloud_b"]["chips"]["purchase_commitment"]["force"] = 1.0
    ring["cloud_b"]["chips"]["purchase_commitment"]["firm"] = 1.0
    assert deals.circling_back(ring, "chips").value == 9


amounts = st.floats(0, 1000, allow_nan=False)


@given(amounts, amounts, amounts)
def test_what_returns_never_exceeds_what_went_out_nor_the_narrowest_step(out, rent, chips):
    """On a ring the return is exactly the smallest step."""
    ring = edges(
        ("chips", "lab", "investment", out),
        ("lab", "cloud", "purchase_commitment", rent),
        ("cloud", "chips", "purchase_commitment", chips),
    )
    assert deals.circling_back(ring, "chips").value == pytest.approx(min(out, rent, chips))


def test_merged_companies_are_one_from_the_day_of_the_merger():
    """AWS is Amazon always; xAI becomes SpaceX in February 2026, so a lease within is no edge then."""
    rows = table(
        ("lab", "aws", "purchase_commitment", 1_000, "2025-01-01", "contracted", ""),
        ("spacex", "xai", "investment", 2_000, "2025-01-01", "closed", ""),
    )
    before = deals.graph(deals.rule(rows, "2026-01-31", ()), "2026-01-31")
    after = deals.graph(deals.rule(rows, "2026-02-28", ()), "2026-02-28")
    assert set(before.edges()) == {("lab", "amazon"), ("spacex", "xai")}
    assert set(after.edges()) == {("lab", "amazon")}


def test_what_falls_due_in_a_year_by_hand():
    """A hundred over ten years and ninety over three; sixty of unknown term over the median, six and a half years."""
    rows = table(
        ("lab", "a", "purchase_commitment", 100_000, "2026-01-01", "contracted", ""),
        ("lab", "b", "purchase_commitment", 90_000, "2026-01-01", "contracted", ""),
        ("lab", "c", "purchase_commitment", 60_000, "2026-01-01", "contracted", ""),
    ).assign(term_years=[10.0, 3.0, None])
    due = deals.yearly(deals.rule(rows, "2026-12-31", ()), payers=["lab"])
    assert due.value == pytest.approx(10 + 30 + 60 / 6.5)
    assert (due.low, due.high) == pytest.approx((10 + 30 + 60 / 10, 10 + 30 + 60 / 3))


# --- On the evidence ------------------------------------------------------------------------------------------------


def test_every_ruling_still_finds_its_row():
    """A ruling whose row was corrected away must go, or it decides nothing in silence."""
    rows = load().tables["deals"]
    lost = [r for r in deals.RULINGS if not r.applies(rows, pd.Timestamp("2100-01-01")).any()]
    assert lost == []


@pytest.mark.parametrize("day", ["2023-06-30", "2024-06-30", "2025-03-31", "2026-01-31", "2026-08-31"])
def test_every_overlap_in_the_evidence_is_decided_and_amounts_are_ordered(day):
    """On any day: no undecided note, and firm is at most in force, in force at most the headline."""
    ruled = deals.rule(load().as_of(day).deals, day)
    assert (ruled["firm_usd_mn"] <= ruled["force_usd_mn"]).all()
    assert (ruled["force_usd_mn"] <= ruled["headline_usd_mn"]).all()


def test_openais_commitments_by_hand():
    """300 Oracle, 250 Microsoft, 38 and 100 Amazon, 22.4 CoreWeave, 20 Cerebras; the 10 it replaced is dropped."""
    ruled = deals.rule(load().as_of("2026-08-31").deals, "2026-08-31")
    assert deals.total(ruled, payers=["openai"]).value == pytest.approx(300 + 250 + 38 + 100 + 22.4 + 20)


def test_commitments_are_unknown_before_the_first_is_announced():
    """On the article's day no contract of the labs with a price was on record; a year later several were."""
    early = deals.rule(load().as_of("2025-03-31").deals, "2025-03-31")
    assert deals.total(early, payers=["openai", "anthropic"]).value == 0
    assert deals.cycles(deals.graph(early, "2025-03-31")) == []
    late = load().as_of("2026-08-31")
    labels = [c.label for c in deals.cycles(deals.graph(deals.rule(late.deals, late.day), late.day))]
    assert "nvidia → openai → oracle → nvidia" in labels
    assert "microsoft → openai → microsoft" in labels


def test_the_letter_of_intent_counts_as_headline_until_it_is_replaced():
    """Nvidia's hundred billion is never firm, and gone in March 2026."""
    autumn = deals.rule(load().as_of("2025-12-31").deals, "2025-12-31")
    spring = deals.rule(load().as_of("2026-03-31").deals, "2026-03-31")
    pick = {"payers": ["nvidia"], "receivers": ["openai"], "kinds": deals.FINANCING}
    assert deals.total(autumn, **pick).full_text() == "$0.1 bn (0.1 to 100)"
    assert deals.total(spring, **pick).value == pytest.approx(30.1)
