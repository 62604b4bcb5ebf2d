"""The evidence as files: what a delivery, and what we say beside it, must keep to.

The checks read the files with pandas alone and return what they find wrong, so that each of them can be shown a
fault planted in a copy. A few at the end ask :mod:`aieq.evidence`, to see that it reads the same thing.
"""

from __future__ import annotations

import copy
import functools
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from aieq import evidence
from aieq.errors import EvidenceError

UNITS = {"USD_mn", "USD", "pct", "ratio", "MW", "GW", "TWh", "people_mn", "index", "tokens", "years", "FLOP"}
UNITS |= {"USD_per_mtok", "USD_per_gpu_hour", "other"}
BASES = {"reported", "secondary", "estimate", "guidance", "projection"}
PUBLISHED_IS = {"first", "estimated_from_release_lag", "later_compilation"}
PERIOD_KINDS = {"instant", "month", "quarter", "half", "year", "span", "mixed"}
CLAIM_KINDS = {"figure", "trend", "mechanism", "forecast", "judgement"}
COLUMNS = ["entity", "metric", "period_start", "period_end", "value", "low", "high", "unit", "basis"]
COLUMNS += ["published", "published_is", "source", "evidence", "topic", "flags", "note"]
TABLES = ("token_prices", "capability", "training_runs", "hardware", "deals")
DAYS = ("period_start", "period_end", "published")
SNAKE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

# Outcomes that are public before the day they are dated by, and why.
DATED_AHEAD = {
    "supply_commitments_due": "dated by the year in which they fall due",
    "policy_rate_target": "dated by the day it takes effect, announced the day before",
}
# Years that their quarters do not sum to, and why they stand.
KNOWN_GAPS = {
    ("amazon", "depreciation_amortisation", "2022-12-31"): "unexplained in the pack: a doubt",
    ("amazon", "operating_cash_flow", "2015-12-31"): "the year is recast for restricted cash, the quarters are not",
    ("apple", "operating_cash_flow", "2017-09-30"): "unexplained in the pack: a doubt",
    ("microsoft", "capex_incl_leases", "2026-06-30"): "two sources that do not reconcile: a doubt",
}
# Metrics of one entity that agree in several periods and yet are two quantities.
NOT_SYNONYMS = {
    ("lambda", "rental_a100_40gb_ondemand", "rental_a100_pcie_ondemand"): "two shapes of one chip at one price",
    ("nvidia", "net_income", "net_income_ttm"): "four quarters to January are a fiscal year",
    ("runpod", "rental_b200_spot", "rental_h200_ondemand"): "two chips at one price for two months",
    ("us_telecom", "clec_revenue", "competitors_of_incumbents_revenue"): "equal until resellers are counted",
}
BIG = ("alphabet", "amazon", "apple", "meta", "microsoft", "nvidia", "oracle")


@dataclass(frozen=True)
class Pack:
    """All files of the folder, as pandas and YAML read them."""

    observations: pd.DataFrame
    sources: pd.DataFrame
    codebook: pd.DataFrame
    renames: pd.DataFrame
    corrections: list[dict]
    claims: dict
    series: dict[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame]

    @functools.cached_property
    def renamed(self) -> pd.DataFrame:
        """The observations under their unified names: every rule once, in order, on the names as given."""
        rows = self.observations.copy()
        given = rows[["entity", "metric"]].copy()
        for rule in self.renames.itertuples():
            hit = given[rule.kind] == rule.name
            if rule.kind == "metric" and rule.entity:
                hit &= given["entity"] == rule.entity
            if rule.where and hit.any():
                column, _, value = rule.where.partition("=")
                hit &= rows[column].astype(str) == value
            rows.loc[hit, rule.kind] = rule.becomes
        return rows

    @functools.cached_property
    def corrected(self) -> pd.DataFrame:
        """The observations as the report reads them."""
        rows = self.renamed.copy()
        for entry in self.corrections:
            put(rows, matching(rows, entry["where"]), entry["set"])
        return rows


def read(folder: Path) -> Pack:
    """Read the folder; the index of the observations is the line in the file."""
    observations = pd.read_csv(folder / "observations.csv", low_memory=False, keep_default_na=True)
    for day in DAYS:
        observations[day] = pd.to_datetime(observations[day], format="%Y-%m-%d", errors="coerce")
    observations.index = pd.RangeIndex(2, len(observations) + 2)
    text = {"dtype": str, "keep_default_na": False}
    return Pack(
        observations,
        pd.read_csv(folder / "sources.csv", **text),
        pd.read_csv(folder / "codebook.csv", **text),
        pd.read_csv(folder / "renames.csv", **text),
        yaml.safe_load((folder / "corrections.yml").read_text()),
        yaml.safe_load((folder / "claims.yml").read_text()),
        {path.stem: pd.read_csv(path) for path in sorted((folder / "series").glob("*.csv"))},
        {name: pd.read_csv(folder / f"{name}.csv", low_memory=False) for name in TABLES},
    )


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "data"


@pytest.fixture(scope="module")
def pack(folder: Path) -> Pack:
    return read(folder)


@pytest.fixture
def spoiled(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "data"))


def matching(rows: pd.DataFrame, wanted: dict) -> pd.Series:
    """Which rows have each column at the value wanted."""
    matches = pd.Series(True, index=rows.index)
    for column, value in wanted.items():
        value = pd.Timestamp(value) if column in DAYS else value
        matches &= rows[column] == value
    return matches


def put(rows: pd.DataFrame, hit: pd.Series, values: dict) -> None:
    """Set columns of the rows hit."""
    for column, value in values.items():
        rows.loc[hit, column] = pd.Timestamp(value) if column in DAYS else value


def lines(rows: pd.DataFrame, what: str) -> list[str]:
    """One sentence for each row."""
    return [f"line {row.Index}: {row.entity} {row.metric} {what}" for row in rows.itertuples()]


def keys(joined: Iterable) -> set[str]:
    """All source keys of a column."""
    return {key for cell in joined for key in str(cell).split(";")}


def kind_of(rows: pd.DataFrame) -> pd.Series:
    """Instant, month, quarter, half, year or span, by the days from start to end."""
    days = (pd.to_datetime(rows["period_end"]) - pd.to_datetime(rows["period_start"])).dt.days + 1
    bounds = {"instant": (1, 1), "month": (27, 32), "quarter": (84, 100), "half": (175, 190), "year": (350, 380)}
    inside = [days.between(least, most) for least, most in bounds.values()]
    return pd.Series(np.select(inside, list(bounds), "span"), index=rows.index)


# --- the checks: each returns what is wrong -------------------------------------------------------------------------


def columns_as_agreed(pack: Pack) -> list[str]:
    found = list(pack.observations.columns)
    wrong = [] if found == COLUMNS else [f"observations have the columns {found}"]
    return wrong + [
        f"series {name} has the columns {list(series.columns)}"
        for name, series in pack.series.items()
        if list(series.columns) != ["period_start", "period_end", "value", "unit", "source"]
    ]


def sources_exist(pack: Pack) -> list[str]:
    known = set(pack.sources["key"])
    rows = pack.observations
    wrong = lines(rows[[not keys([cell]) <= known for cell in rows["source"]]], "names no known source")
    for name, table in {**pack.series, **pack.tables}.items():
        wrong += [f"{name}: source {key!r} is unknown" for key in sorted(keys(table["source"]) - known)]
    wrong += [f"source {key!r} stands twice" for key in pack.sources["key"][pack.sources["key"].duplicated()]]
    used = keys(rows["source"]).union(*(keys(t["source"]) for t in {**pack.series, **pack.tables}.values()))
    return wrong + [f"source {key!r} stands for nothing" for key in sorted(known - used)]


def words_as_agreed(pack: Pack) -> list[str]:
    rows = pack.observations
    allowed = {"unit": UNITS, "basis": BASES, "published_is": PUBLISHED_IS, "evidence": {"read", "computed"}}
    wrong = []
    for column, words in allowed.items():
        wrong += lines(rows[~rows[column].isin(words)], f"has an unknown {column}")
    unified = pack.corrected
    for column in ("entity", "metric"):
        wrong += lines(unified[~unified[column].map(lambda name: bool(SNAKE.fullmatch(name)))], f"{column} not snake")
    return wrong


def bounds_hold(pack: Pack) -> list[str]:
    rows = pack.observations
    low, value, high = rows["low"], rows["value"], rows["high"]
    crossed = (low > value) | (value > high) | (low > high)
    return lines(rows[crossed], "has bounds that cross") + lines(
        rows[value.isna() & low.isna() & high.isna()], "has no figure at all"
    )


def days_in_order(pack: Pack) -> list[str]:
    rows = pack.corrected
    wrong = lines(rows[rows[list(DAYS)].isna().any(axis=1)], "has a day that is no day")
    wrong += lines(rows[rows["period_start"] > rows["period_end"]], "ends before it starts")
    early = (rows["basis"] == "reported") & (rows["published"] < rows["period_end"])
    early &= ~rows["metric"].isin(DATED_AHEAD)
    return wrong + lines(rows[early], "was reported before its period ended")


def said_once(pack: Pack) -> list[str]:
    rows = pack.observations
    key = [column for column in COLUMNS if column not in ("topic", "flags", "note", "evidence")]
    return lines(rows[rows.duplicated(key)], "stands twice")


def quarters_sum_to_years(pack: Pack) -> list[str]:
    """Latest reported quarters against latest reported years of the large companies, within rounding."""
    rows = pack.corrected
    rows = rows[
        rows["entity"].isin(BIG)
        & (rows["basis"] == "reported")
        & (rows["unit"] == "USD_mn")
        & (rows["published_is"] != "later_compilation")
    ]
    spread = (rows["high"] - rows["low"]).fillna(0) / 2
    rows = rows.assign(kind=kind_of(rows), spread=spread, exact=-spread).sort_values(["published", "exact"])
    rows = rows.drop_duplicates(["entity", "metric", "period_start", "period_end"], keep="last")
    wrong, gaps = [], set()
    years = rows[rows["kind"] == "year"].reset_index(names="line")
    pairs = years.merge(rows[rows["kind"] == "quarter"], on=["entity", "metric"], suffixes=("", "_quarter"))
    inside = pairs["period_start_quarter"] >= pairs["period_start"]
    inside &= pairs["period_end_quarter"] <= pairs["period_end"]
    year = ["entity", "metric", "period_end", "line", "value"]
    sums = pairs[inside].groupby(year)[["value_quarter", "spread_quarter"]].agg(["sum", "size"])
    for (entity, metric, end, line, value), total in sums[sums["value_quarter", "size"] == 4].iterrows():
        margin = max(2.0, 0.001 * abs(value)) + total["spread_quarter", "sum"]
        if abs(total["value_quarter", "sum"] - value) > margin:
            gaps.add((entity, metric, f"{end:%Y-%m-%d}"))
            if (entity, metric, f"{end:%Y-%m-%d}") not in KNOWN_GAPS:
                found = total["value_quarter", "sum"]
                wrong.append(f"line {line}: {entity} {metric} quarters sum to {found:g}, not {value:g}")
    return wrong + [f"{gap} is a known gap no more" for gap in set(KNOWN_GAPS) - gaps]


def groups_are_sums(pack: Pack) -> list[str]:
    """The four companies together are the four apart, in every quarter for which the pack has all."""
    rows = pack.corrected
    rows = rows[(rows["basis"] == "reported") & rows["unit"].eq("USD_mn") & rows["flags"].ne("contested")]
    rows = rows[kind_of(rows) == "quarter"].sort_values("published", kind="stable")
    wrong = []
    for metric in ("capex", "operating_cash_flow", "revenue"):
        table = rows[rows["metric"] == metric].pivot_table("value", "period_end", "entity", aggfunc="last")
        parts = table[["microsoft", "alphabet", "amazon", "meta"]].dropna()
        gap = (table["big_four"] - parts.sum(axis=1)).dropna()
        wrong += [f"big_four {metric} {day:%Y-%m-%d} is off by {g:g}" for day, g in gap[gap.abs() > 1].items()]
    return wrong


def codebook_covers(pack: Pack) -> list[str]:
    book = pack.codebook.set_index("metric")
    rows = pack.corrected
    long = pd.concat(series.assign(metric=name.partition("__")[2]) for name, series in pack.series.items())
    rows = pd.concat([rows, long.reset_index(drop=True)], ignore_index=True)
    seen = rows.assign(kind=kind_of(rows))[["metric", "unit", "kind"]].drop_duplicates()
    units = seen.groupby("metric")["unit"].agg(set).to_dict()
    kinds = seen.groupby("metric")["kind"].agg(set).to_dict()
    wrong = [f"{metric} has no row in the codebook" for metric in sorted(set(units) - set(book.index))]
    wrong += [f"the codebook describes {metric}, which no file has" for metric in sorted(set(book.index) - set(units))]
    wrong += [f"{metric} stands twice in the codebook" for metric in book.index[book.index.duplicated()]]
    for row in book[~book.index.duplicated()].itertuples():
        metric = row.Index
        if not row.meaning.endswith(".") or len(row.meaning) < 15:
            wrong.append(f"{metric} has no meaning in a sentence")
        if set(row.unit.split(";")) != units.get(metric, set(row.unit.split(";"))):
            wrong.append(f"{metric} has the units {sorted(units[metric])}, the codebook says {row.unit}")
        kind = kinds.get(metric, {row.period_kind})
        if row.period_kind not in PERIOD_KINDS or row.period_kind != (min(kind) if len(kind) == 1 else "mixed"):
            wrong.append(f"{metric} has the periods {sorted(kind)}, the codebook says {row.period_kind}")
        if not re.fullmatch(r"\d*", row.release_lag_days):
            wrong.append(f"{metric} has the lag {row.release_lag_days!r}")
        if row.price_basis not in ("nominal", "real", "n/a"):
            wrong.append(f"{metric} has the price basis {row.price_basis!r}")
        if "other" in row.unit.split(";") and not row.caveats:
            wrong.append(f"{metric} is in another unit, and nothing says in which")
    return wrong


def renames_consistent(pack: Pack) -> list[str]:
    rules, given = pack.renames, pack.observations
    wrong = []
    for rule in rules.itertuples():
        where = f"renames line {rule.Index + 2} ({rule.name})"
        if rule.kind not in ("entity", "metric"):
            wrong.append(f"{where}: kind {rule.kind!r}")
            continue
        if not SNAKE.fullmatch(rule.becomes) or rule.becomes == rule.name:
            wrong.append(f"{where}: becomes {rule.becomes!r}")
        if not rule.reason:
            wrong.append(f"{where}: no reason")
        if rule.where and rule.where.partition("=")[0] not in COLUMNS:
            wrong.append(f"{where}: no column for {rule.where!r}")
        if rule.name not in set(given[rule.kind]):
            wrong.append(f"{where}: the pack has no such {rule.kind}")
        if rule.kind == "metric" and rule.entity and rule.entity not in set(given["entity"]):
            wrong.append(f"{where}: the pack has no entity {rule.entity!r}")
    everywhere = rules[(rules["entity"] == "") & (rules["where"] == "")]
    for kind, group in everywhere.groupby("kind"):
        left = set(pack.renamed[kind]) & set(group["name"])
        wrong += [f"{name} is renamed, and still there" for name in sorted(left)]
        wrong += [f"{name} is renamed twice" for name in group["name"][group["name"].duplicated()]]
    stay = ("capex", "revenue", "datacenter_revenue", "annualized_revenue", "operating_cash_flow")
    return wrong + [f"{name} must keep its name" for name in stay if name in set(everywhere["name"])]


def no_synonyms(pack: Pack) -> list[str]:
    """Two metrics of one entity that tell the same figures in two or more periods are one quantity under two names."""
    rows = pack.corrected
    rows = rows[rows["value"].notna() & (rows["value"] != 0) & ~rows["entity"].str.startswith("cahn_model")]
    story = ["entity", "period_end", "unit", "value"]
    rows = rows[rows.groupby(story)["metric"].transform("nunique") > 1]
    met: dict[tuple[str, str, str], int] = {}
    for (entity, *_), group in rows.groupby(story):
        metrics = sorted(set(group["metric"]))
        for i, one in enumerate(metrics):
            for other in metrics[i + 1 :]:
                met[entity, one, other] = met.get((entity, one, other), 0) + 1
    twins = {pair for pair, count in met.items() if count > 1}
    wrong = [f"{entity}: {one} and {other} tell the same figures" for entity, one, other in twins - set(NOT_SYNONYMS)]
    return wrong + [f"{pair} agree no more" for pair in set(NOT_SYNONYMS) - twins]


def guards_hold(pack: Pack) -> list[str]:
    rows, wrong = pack.renamed.copy(), []
    for number, entry in enumerate(pack.corrections, 1):
        what = f"correction {number}"
        if set(entry) != {"where", "set", "while", "why", "told"} or not entry["why"]:
            wrong.append(f"{what} has the fields {sorted(entry)}")
            continue
        unknown = {column for part in ("where", "set", "while") for column in entry[part]} - set(COLUMNS)
        if unknown:
            wrong.append(f"{what} names the columns {sorted(unknown)}")
            continue
        hit = matching(rows, entry["where"])
        if not hit.any():
            wrong.append(f"{what} matches nothing: {entry['where']}")
        elif not matching(rows[hit], entry["while"]).all():
            wrong.append(f"{what}: the pack no longer says {entry['while']}")
        put(rows, hit, entry["set"])
        if pd.isna(pd.to_datetime(str(entry["told"]), format="%Y-%m-%d", errors="coerce")):
            wrong.append(f"{what} was told on {entry['told']!r}")
    return wrong


def claims_well_formed(pack: Pack) -> list[str]:
    sections, claims = pack.claims["sections"], pack.claims["claims"]
    wrong = [f"section {name} has no claim" for name in set(sections) - {claim["section"] for claim in claims}]
    for claim in claims:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", claim["id"]):
            wrong.append(f"{claim['id']!r} is no name for a claim")
        if claim["section"] not in sections or claim["kind"] not in CLAIM_KINDS or len(claim["says"]) < 20:
            wrong.append(f"{claim['id']} is not well formed")
    names = [claim["id"] for claim in claims]
    return wrong + [f"{name} stands twice" for name in {name for name in names if names.count(name) > 1}]


def series_regular(pack: Pack) -> list[str]:
    wrong = []
    for name, series in pack.series.items():
        if not re.fullmatch(r"[a-z0-9_]+__[a-z0-9_]+", name):
            wrong.append(f"{name} is not entity__metric")
        start, end = pd.to_datetime(series["period_start"]), pd.to_datetime(series["period_end"])
        if not end.is_monotonic_increasing or end.duplicated().any():
            wrong.append(f"{name} is not in order, or has a period twice")
        if (start > end).any() or series["value"].isna().any() or series["unit"].nunique() != 1:
            wrong.append(f"{name} has a wrong period, a gap or two units")
        if not set(series["unit"]) <= UNITS:
            wrong.append(f"{name} is in {set(series['unit'])}")
    return wrong


def tables_regular(pack: Pack) -> list[str]:
    prices = pack.tables["token_prices"].sort_values(["provider", "model", "first_seen"])
    wrong = []
    if (prices["first_seen"] > prices["last_seen"]).any():
        wrong.append("token_prices: last seen before first seen")
    same = (prices["provider"] == prices["provider"].shift()) & (prices["model"] == prices["model"].shift())
    overlap = prices[same & (prices["first_seen"] < prices["last_seen"].shift())]
    wrong += [f"token_prices: {row.provider} {row.model} has two prices at once" for row in overlap.itertuples()]
    paid = prices[["price_input_per_mtok", "price_output_per_mtok"]].dropna()
    if (paid <= 0).any(axis=None) or (paid["price_output_per_mtok"] < paid["price_input_per_mtok"]).any():
        wrong.append("token_prices: a price is nothing, or output is cheaper than input")
    scores = pack.tables["capability"]
    if scores.duplicated(["model", "benchmark", "date"]).any() or scores["score"].isna().any():
        wrong.append("capability: a score is missing or stands twice")
    deals = pack.tables["deals"]
    if (deals["amount_usd_mn"] <= 0).any() or (deals["from_entity"] == deals["to_entity"]).any():
        wrong.append("deals: an amount is nothing, or a party deals with itself")
    runs = pack.tables["training_runs"]
    if (runs.filter(like="cost") <= 0).any(axis=None) or (runs["training_compute_flop"] <= 0).any():
        wrong.append("training_runs: a cost or a compute is nothing")
    return wrong


CHECKS: tuple[Callable[[Pack], list[str]], ...] = (
    columns_as_agreed,
    sources_exist,
    words_as_agreed,
    bounds_hold,
    days_in_order,
    said_once,
    quarters_sum_to_years,
    groups_are_sums,
    codebook_covers,
    renames_consistent,
    no_synonyms,
    guards_hold,
    claims_well_formed,
    series_regular,
    tables_regular,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_files_keep_to_the_contract(pack: Pack, check: Callable[[Pack], list[str]]) -> None:
    """Every check finds nothing wrong in the evidence as it stands."""
    assert check(pack) == []


# --- planted faults: each check must be able to fail ----------------------------------------------------------------


Q2 = {"entity": "alphabet", "metric": "capex", "period_start": "2024-04-01", "period_end": "2024-06-30"}
H100 = {"entity": "oracle", "metric": "rental_h100_ondemand", "period_end": "2026-02-26"}


def line_of(pack: Pack, wanted: dict) -> int:
    return int(pack.observations.index[matching(pack.observations, wanted)][0])


def row(wanted: dict, **values: object) -> Callable[[Pack], None]:
    """Spoil one observation."""
    return lambda pack: put(pack.observations, matching(pack.observations, wanted), values)


def cell(table: str, column: str, old: str, new: str, by: str = "") -> Callable[[Pack], None]:
    """Spoil one cell: in the first row whose column (or column `by`) says `old`."""

    def plant(pack: Pack) -> None:
        frame = getattr(pack, table)
        frame.loc[frame.index[frame[by or column] == old][0], column] = new

    return plant


def one_more(table: str, **values: str) -> Callable[[Pack], None]:
    """Add a row that is like the first but for `values`."""

    def plant(pack: Pack) -> None:
        frame = getattr(pack, table)
        frame.loc[len(frame) + 2] = {**frame.iloc[0].to_dict(), **values}

    return plant


def _two_prices(pack: Pack) -> None:
    prices = pack.tables["token_prices"]
    several = prices[prices.duplicated(["provider", "model"], keep="last")]
    prices.loc[several.index[0], "last_seen"] = "2027-01-01"


def _month_twice(pack: Pack) -> None:
    series = pack.series["us_economy__cpi_u"]
    series.loc[1, ["period_start", "period_end"]] = series.loc[0, ["period_start", "period_end"]]


def _claim(number: int, **values: str) -> Callable[[Pack], None]:
    return lambda pack: pack.claims["claims"][number].update(values)


FAULTS = {
    "a source nobody lists": (sources_exist, row(Q2, source="hearsay"), "names no known source"),
    "a source nobody uses": (sources_exist, one_more("sources", key="unread"), "stands for nothing"),
    "a unit of our own": (words_as_agreed, row(Q2, unit="EUR_mn"), "unknown unit"),
    "a name with a capital": (words_as_agreed, row(Q2, entity="Alphabet"), "entity not snake"),
    "a lower bound above the value": (bounds_hold, row(Q2, low=99999.0), "bounds that cross"),
    "an outcome published in its quarter": (days_in_order, row(Q2, published="2024-05-01"), "before its period ended"),
    "a period that ends first": (days_in_order, row(Q2, period_start="2024-12-31"), "ends before it starts"),
    "a day that is none": (days_in_order, row(Q2, published=None), "no day"),
    "a row twice": (said_once, one_more("observations"), "stands twice"),
    "a quarter ten times too large": (quarters_sum_to_years, row(Q2, value=131860.0), "quarters sum to"),
    "one company's quarter changed": (groups_are_sums, row(Q2, value=13000.0), "big_four capex 2024-06-30"),
    "a metric nobody describes": (codebook_covers, row(Q2, metric="capital_spent"), "no row in the codebook"),
    "a described metric nobody has": (codebook_covers, one_more("codebook", metric="kapex"), "which no file has"),
    "a metric without meaning": (codebook_covers, cell("codebook", "meaning", "capex", "", "metric"), "no meaning"),
    "a lag that is no number": (
        codebook_covers,
        cell("codebook", "release_lag_days", "capex", "soon", "metric"),
        "has the lag 'soon'",
    ),
    "a unit the codebook does not know": (codebook_covers, row(Q2, unit="USD"), "the codebook says USD_mn"),
    "a rename in a chain": (
        renames_consistent,
        cell("renames", "becomes", "guidance_capex", "net_loss", "name"),
        "net_loss is renamed, and still there",
    ),
    "a rename of what is not there": (
        renames_consistent,
        cell("renames", "name", "guidance_capex", "guidance_kapex"),
        "the pack has no such metric",
    ),
    "a rename of capex": (
        renames_consistent,
        one_more("renames", kind="metric", entity="", where="", name="capex", becomes="capital_expenditure"),
        "capex must keep its name",
    ),
    "one quantity under a second name": (
        no_synonyms,
        cell("renames", "becomes", "revenue_backlog", "order_book", "name"),
        "tell the same figures",
    ),
    "a correction the pack has overtaken": (guards_hold, row(H100, value=10.0), "no longer says"),
    "a correction of nothing": (guards_hold, row(H100, entity="oracle_cloud"), "matches nothing"),
    "a claim in no section": (claims_well_formed, _claim(0, section="casino"), "not well formed"),
    "a claim twice": (claims_well_formed, _claim(0, id="capex-rising-2025"), "stands twice"),
    "a series with a month twice": (series_regular, _month_twice, "a period twice"),
    "two prices at once": (tables_regular, _two_prices, "two prices at once"),
    "a column gone": (
        columns_as_agreed,
        lambda pack: pack.observations.pop("published_is"),
        "observations have the columns",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, pack: Pack) -> None:
    """Spoil one thing in a copy: the check that watches over it goes red and says what is wrong."""
    check, plant, says = FAULTS[fault]
    spoiled = Pack(*(copy.deepcopy(getattr(pack, field.name)) for field in fields(Pack)))
    plant(spoiled)
    found = check(spoiled)
    assert any(says in sentence for sentence in found), found[:5]


def test_every_check_has_a_fault_that_turns_it_red() -> None:
    """A check that nothing can fail proves nothing."""
    assert {check for check, _, _ in FAULTS.values()} == set(CHECKS)


# --- what we changed, by hand ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "metric", "period_end", "value"),
    [
        # given as net_loss 38530 and as projected_operating_loss 74000: losses are negative
        ("openai", "net_income", "2025-12-31", -38530),
        ("openai", "operating_income", "2028-12-31", -74000),
        # 28103 stood under capex; it includes principal on finance leases
        ("meta", "capex_incl_leases", "2023-12-31", 28103),
        # the median of 10 for one chip and 80 for eight
        ("oracle", "rental_h100_ondemand", "2026-02-26", 10),
        # 45.3 bn of the twelve months to June 2000, printed against the year 2000
        ("us_wireless", "revenue", "2000-06-30", 45300),
        # commercial backlog had stood beside the total of 631 bn under one name
        ("microsoft", "cloud_backlog", "2025-12-31", 625000),
    ],
)
def test_a_figure_stands_where_we_say_it_does(pack, entity, metric, period_end, value) -> None:
    """Renames and corrections put these figures under the name, the day and the sign written here by hand."""
    rows = pack.corrected
    hit = matching(rows, {"entity": entity, "metric": metric, "period_end": period_end})
    assert value in set(rows.loc[hit, "value"])


def test_nothing_is_lost_by_a_rename(pack: Pack) -> None:
    """A rename changes names and nothing else, and doing it twice changes nothing more."""
    before, after = pack.observations, pack.renamed
    rest = [column for column in COLUMNS if column not in ("entity", "metric")]
    pd.testing.assert_frame_equal(before[rest], after[rest])
    everywhere = pack.renames[(pack.renames["entity"] == "") & (pack.renames["where"] == "")]
    again = replace(pack, observations=after, renames=everywhere).renamed
    pd.testing.assert_frame_equal(after, again)


# --- through the evidence layer -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loaded(folder: Path) -> evidence.Evidence:
    return evidence.load(folder)


def test_the_evidence_layer_reads_the_same(pack: Pack, loaded: evidence.Evidence) -> None:
    """It has every statement of the files under the same names, each once."""
    rows = pack.corrected
    told = [column for column in COLUMNS if column not in ("published_is", "evidence", "topic", "flags", "note")]
    expected = rows[told].drop_duplicates().sort_values(told).reset_index(drop=True)
    seen = loaded.observations[told].drop_duplicates().sort_values(told).reset_index(drop=True)
    pd.testing.assert_frame_equal(expected, seen, check_dtype=False)
    assert len(loaded.observations) >= len(expected)


def test_no_lag_makes_a_figure_known_too_early(loaded: evidence.Evidence) -> None:
    """A figure is known after its period ended and no later than it was published, whatever its lag."""
    rows = loaded.observations
    moved = rows[rows["known_on"] != rows["published"]]
    assert len(moved) > 100
    assert (moved["known_on"] < moved["published"]).all()
    assert (moved["known_on"] > moved["period_end"]).all()
    assert moved["published_is"].eq("later_compilation").all()
    assert not moved["grade"].isin(["reported", "derived"]).any()


@pytest.mark.parametrize(
    ("entity", "metric", "period_end", "first_day"),
    [
        ("xai_and_x", "revenue", "2024-12-31", "2026-05-20"),  # a prospectus
        ("openai", "operating_income", "2024-12-31", "2026-06-16"),  # leaked accounts
        ("coreweave", "revenue", "2024-06-30", "2025-08-12"),  # a comparison from before the listing
        ("microsoft_intelligent_cloud", "cloud_revenue", "2022-09-30", "2024-10-30"),  # a segment made in 2024
        ("amazon_aws", "segment_assets", "2013-12-31", "2016-01-29"),  # first report with the segment
        ("microsoft_ai", "annualized_revenue", "2023-12-31", "2025-01-29"),  # worked back from a growth rate
        ("alphabet", "monthly_tokens", "2024-05-31", "2025-05-20"),  # its note says so
        ("openai", "annualized_revenue", "2023-03-01", "2023-03-15"),  # a press figure: two weeks
        ("meta", "capex", "2023-12-31", "2024-02-02"),  # two other rows of that day hold it
        ("meta", "capex", "2023-03-31", "2023-04-27"),  # the first vintage, before disposals were netted
    ],
)
def test_a_figure_becomes_known_on_its_day(loaded, entity, metric, period_end, first_day) -> None:
    """Each of these was not known the day before, and is known on the day written here by hand."""
    rows = loaded.observations
    rows = rows[(rows["entity"] == entity) & (rows["metric"] == metric) & (rows["period_end"] == period_end)]
    assert f"{rows['known_on'].min():%Y-%m-%d}" == first_day


def test_a_restated_quarter_keeps_its_first_value_in_the_past(loaded: evidence.Evidence) -> None:
    """Meta's first quarter of 2023 was 6,842 mn as reported, and 6,823 mn since disposals are netted."""
    for day, value in (("2023-12-31", 6842), ("2024-12-31", 6823)):
        quarters = loaded.as_of(day).quarters("meta", "capex").set_index("period_end")
        assert quarters.loc["2023-03-31", "value"] == value


def spoil(path: Path, line: int, column: str, value: str) -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[line - 2, column] = value
    table.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("source", "hearsay", "sources.csv"),
        ("low", "99999", "low <= value <= high"),
        ("period_end", "2024-06-31", "YYYY-MM-DD"),
    ],
)
def test_the_evidence_layer_refuses_a_fault(spoiled: Path, pack: Pack, column: str, value: str, says: str) -> None:
    """Loading a spoiled copy stops, and names the line and the remedy."""
    line = line_of(pack, Q2)
    spoil(spoiled / "observations.csv", line, column, value)
    with pytest.raises(EvidenceError, match=f"line {line}") as stopped:
        evidence.load(spoiled)
    assert says in str(stopped.value)


def test_the_evidence_layer_refuses_an_overtaken_correction(spoiled: Path, pack: Pack) -> None:
    """When the pack is mended, the entry that mended it for us must go."""
    spoil(spoiled / "observations.csv", line_of(pack, H100), "value", "10")
    with pytest.raises(EvidenceError, match="delete the entry"):
        evidence.load(spoiled)


def test_a_later_delivery_drops_in(spoiled: Path, pack: Pack) -> None:
    """Rows of a later delivery, appended as they come, are read under the unified names and known from their day."""
    text = (spoiled / "observations.csv").read_text()
    more = "coreweave,revenue_backlog,2026-09-30,2026-09-30,120000,,,USD_mn,reported,2026-11-10,first"
    (spoiled / "observations.csv").write_text(text + more + ",coreweave_notes,read,revenue,,made up for this test\n")
    later = evidence.load(spoiled)
    assert later.as_of("2026-11-09").quantity("coreweave", "cloud_backlog").value == 103700
    assert later.as_of("2026-11-10").quantity("coreweave", "cloud_backlog").value == 120000
