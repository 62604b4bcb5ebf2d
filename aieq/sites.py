"""A data centre as an asset: cost per gigawatt, yearly charge, lives in the books, payback, and its power."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import equation
from .errors import UnknownNameError, VintageError
from .evidence import per_view, quantity_of
from .quantity import Quantity, derive

if TYPE_CHECKING:
    from .assumptions import Scenario
    from .evidence import View

FIVE = ("microsoft", "alphabet", "amazon", "meta", "oracle")
FACILITY_LIFE_YEARS = 14  # Epoch's life for everything that is not computing, in epoch_dc_cost
_WHO = {
    ("bernstein_gw", "secondary"): "Nvidia, on its call",
    ("bernstein_gw", "estimate"): "Bernstein",
    ("epoch_frontier_dc", "estimate"): "Epoch AI, rule of thumb",
    ("ibm_krishna_gw", "estimate"): "Chief executive of IBM",
    ("ms_100mw", "estimate"): "Morgan Stanley",
    ("epoch_dc_cost", "estimate"): "Epoch AI, GB200 site",
    ("energy_atlas", "estimate"): "iRecruit",
    ("sab_model", "estimate"): "Stylised model (SAB)",
}
# Agreements that are not contracts for power, or are counted in a later row of the table; each note says so.
_NOT_COUNTED = {
    "module supply": "supply of panels, not power",
    "supply not offtake": "supply of panels, not power",
    "superseded by": "replaced by a later contract",
    "first phase of the later": "part of a later plan",
    "part of the later": "part of a later agreement",
    "request for proposals": "a request for proposals",
    "status exploratory": "exploratory",
}
POWER_KINDS = {
    "power_deal_nuclear": "existing nuclear plants",
    "power_deal_nuclear_new": "new reactors",
    "power_deal_fusion": "fusion",
    "power_deal_renewable": "renewables",
    "power_deal_gas": "gas",
}
CLEAN = ("existing nuclear plants", "new reactors", "fusion", "renewables")


def cost_per_gw(view: View) -> pd.DataFrame:
    """
    Estimates of what a gigawatt of AI data centre costs to build, one row a source.

    Returns
    -------
    DataFrame
        who, published, value_usd_bn, low_usd_bn, high_usd_bn, source, note; dearest first.

    Raises
    ------
    VintageError
        If there was none by the day.
    """
    rows = view.rows("ai_datacentre", "cost_per_gw")
    if rows.empty:
        msg = f"no estimate of the cost of a gigawatt was public on {view.dated}"
        raise VintageError(msg)
    who = [_WHO.get((s, b), s) for s, b in zip(rows["source"], rows["basis"], strict=True)]
    frame = pd.DataFrame(
        {
            "who": who,
            "published": rows["published"],
            "value_usd_bn": rows["value"] / 1000,
            "low_usd_bn": rows["low"] / 1000,
            "high_usd_bn": rows["high"] / 1000,
            "source": rows["source"],
            "note": rows["note"],
        }
    )
    return frame.sort_values("value_usd_bn", ascending=False, kind="stable").reset_index(drop=True)


def cost_per_gw_quantity(view: View) -> Quantity:
    """Middle of the estimates of the cost of a gigawatt, with their whole range as interval."""
    frame = cost_per_gw(view)
    ends = pd.concat([frame["value_usd_bn"], frame["low_usd_bn"], frame["high_usd_bn"]]).dropna()
    value = float(frame["value_usd_bn"].median())
    spread = (ends.min(), ends.max()) if ends.min() < ends.max() else (None, None)
    return Quantity(value, "USD_bn", *spread, "estimated", view.dated, tuple(frame["source"]), "range of sources")


def annuity(life_years: float | np.ndarray, rate: float, fall: float = 0.0) -> float | np.ndarray:
    """
    Yearly charge per dollar of an asset: the rental factor of the equation.

    Examples
    --------
    The textbook capital recovery factor at ten per cent over five years, and straight-line at no interest:

    >>> round(annuity(5, 0.10), 4), annuity(5, 0.0)
    (0.2638, 0.2)
    """
    return equation.evaluate(
        "rental_factor_accelerator",
        cost_of_capital_ratio=rate,
        price_decline_ratio=fall,
        accelerator_life_years=life_years,
    )


def yearly_cost_usd_bn(
    cost_usd_bn: float,
    operations_usd_bn: float,
    it_share_ratio: float,
    it_life_years: float | np.ndarray,
    rate: float,
    *,
    fall: float = 0.0,
    facility_life_years: float = FACILITY_LIFE_YEARS,
) -> float | np.ndarray:
    """
    Yearly cost of owning and running a site: computing and facility each as an annuity, plus operations.

    Examples
    --------
    Without interest it is straight-line depreciation plus operations:

    >>> round(yearly_cost_usd_bn(38, 0.9, 0.5, 5, 0.0), 3)
    6.057
    """
    computing = cost_usd_bn * it_share_ratio * annuity(it_life_years, rate, fall)
    facility = cost_usd_bn * (1 - it_share_ratio) * annuity(facility_life_years, rate)
    return computing + facility + operations_usd_bn


def reference_site(view: View, scenario: Scenario) -> dict[str, float]:
    """
    Epoch's gigawatt of GB200 servers: cost, yearly operations (energy within), and our share of computing in it.

    Raises
    ------
    VintageError
        Before May 2026, when it was published.
    """
    rows = view.rows("ai_datacentre", "cost_per_gw")
    rows = rows[rows["source"] == "epoch_dc_cost"]
    if rows.empty:
        msg = f"Epoch's breakdown of a gigawatt was not public on {view.dated}; it is of 14 May 2026"
        raise VintageError(msg)
    shares = scenario["asset_share_ratio"]
    return {
        "cost_usd_bn": float(rows["value"].iloc[-1]) / 1000,
        "operations_usd_bn": view.quantity("ai_datacentre", "opex_per_gw_year").value / 1000,
        "energy_usd_bn": view.quantity("ai_datacentre", "energy_cost_per_gw_year").value / 1000,
        "it_share_ratio": shares["accelerators"] + shares["other_it"],
    }


def cost_by_life(view: View, scenario: Scenario, lives: np.ndarray | None = None) -> pd.DataFrame:
    """
    Yearly cost of the reference site as the life of its computers varies, with and without a falling price of service.

    Returns
    -------
    DataFrame
        life_years, rule, usd_bn, low_usd_bn, high_usd_bn (over the range of the cost of capital).
    """
    site = reference_site(view, scenario)
    lives = np.arange(2, 8.01, 0.25) if lives is None else lives
    capital = scenario.quantity("cost_of_capital_ratio")
    fall = scenario["replacement_price_fall_ratio"]["accelerators"]
    parts = []
    for rule, decline in (("service keeps its price", 0.0), ("service gets cheaper each year", fall)):
        low, middle, high = (
            yearly_cost_usd_bn(
                site["cost_usd_bn"], site["operations_usd_bn"], site["it_share_ratio"], lives, rate, fall=decline
            )
            for rate in (capital.low, capital.value, capital.high)
        )
        parts.append(
            pd.DataFrame({"life_years": lives, "rule": rule, "usd_bn": middle, "low_usd_bn": low, "high_usd_bn": high})
        )
    return pd.concat(parts, ignore_index=True)


def depreciation_gap_usd_bn(
    bought: pd.DataFrame, life_years: float, book_years: float, first: str = "2026-01-01", last: str = "2028-12-31"
) -> float:
    """
    By how much depreciation within a window would be higher, had assets a shorter life than in the books.

    Straight-line from the middle of the quarter of purchase; nothing bought later counts.

    Parameters
    ----------
    bought : DataFrame
        quarter (its last day), usd_bn.
    life_years, book_years : float
        The life supposed, and that in the books.

    Examples
    --------
    Sixty bought at the turn of 2026 are gone by the end of 2028 in three years, half gone in six:

    >>> bought = pd.DataFrame({"quarter": [pd.Timestamp("2026-02-15")], "usd_bn": [60.0]})
    >>> round(depreciation_gap_usd_bn(bought, 3, 6), 1)
    30.0
    """
    day = pd.Timedelta(days=1)
    middle = (bought["quarter"] - pd.Timestamp(first)) / day / 365.25 - 0.125
    window = (pd.Timestamp(last) + day - pd.Timestamp(first)) / day / 365.25

    def worn(life: float) -> pd.Series:
        begin, end = middle.clip(lower=0), (middle + life).clip(upper=window)
        return (end - begin).clip(lower=0) / life

    return float((bought["usd_bn"] * (worn(life_years) - worn(book_years))).sum())


def useful_lives(view: View) -> pd.DataFrame:
    """
    Every change of the life over which a company writes off its servers.

    Returns
    -------
    DataFrame
        company, effective, before_years, after_years, published, source; in order of effect.
    """
    parts = []
    for company in FIVE:
        before, after = (
            view.rows(company, f"useful_life_servers_{side}").set_index("period_end") for side in ("before", "after")
        )
        joined = before[["value", "published", "source"]].join(after["value"].rename("after_years"))
        joined = joined.rename(columns={"value": "before_years"}).dropna(subset=["after_years"])
        parts.append(joined.rename_axis("effective").reset_index().assign(company=company))
    columns = ["company", "effective", "before_years", "after_years", "published", "source"]
    return pd.concat(parts, ignore_index=True)[columns].sort_values("effective", kind="stable", ignore_index=True)


def lives_quantity(view: View, which: str) -> Quantity:
    """
    Life of servers in the books: median over companies, with the range.

    Parameters
    ----------
    which : {"first", "now"}
        Before the first change on record, or after the last one known by the day.
    """
    frame = useful_lives(view)
    if frame.empty:
        msg = f"no change of a useful life was public on {view.dated}"
        raise VintageError(msg)
    if which == "first":
        chosen = frame.drop_duplicates("company", keep="first")["before_years"]
    else:
        chosen = frame.drop_duplicates("company", keep="last")["after_years"]
    ends = (chosen.min(), chosen.max()) if chosen.min() < chosen.max() else (None, None)
    interval = "range over companies" if ends[0] is not None else "none: all companies have the same"
    return Quantity(float(chosen.median()), "years", *ends, "derived", view.dated, tuple(frame["source"]), interval)


def paybacks(view: View) -> pd.DataFrame:
    """
    How long until an AI data centre has earned back its cost: what sellers of computing state, and what we work out.

    Worked out from contracts: cost of a gigawatt over contracted revenue less operations. Worked out from a cloud's
    books: the cash margin that goes with its gross margin on rented accelerators, after depreciation over its life.

    Returns
    -------
    DataFrame
        who, years, low_years, high_years, kind ("stated by the seller", "worked out"), source.
    """
    rows = []
    stated = (
        ("coreweave", "CoreWeave, target"),
        ("iren", "IREN, contracts"),
        ("hyperscalers", "A hyperscaler, servers"),
    )
    for entity, who in stated:
        found = view.rows(entity, "payback_claimed")
        if len(found):
            q = quantity_of(found.tail(1), view.dated)
            rows.append((who, q.value, q.low, q.high, "stated by the seller", ";".join(q.sources)))
    try:
        revenue = [view.quantity(entity, "revenue_per_mw_year") for entity in ("iren", "nebius")]
        cost, running = cost_per_gw_quantity(view), view.quantity("ai_datacentre", "opex_per_gw_year").to("USD_bn")
    except VintageError:
        revenue = []
    if revenue:
        # Millions a megawatt are thousand millions a gigawatt.
        ends = [end for q in revenue for end in (q.value, q.low, q.high) if end is not None]
        per_gw = Quantity(
            float(np.mean([q.value for q in revenue])), "USD_bn", min(ends), max(ends), "estimated", view.dated,
            tuple(s for q in revenue for s in q.sources), "range of contracts",
        )  # fmt: skip
        years = derive(lambda c, r, o: c / (r - o), cost, per_gw, running, unit="years")
        sources = ";".join(years.sources)
        rows.append(("Contracts of two clouds", years.value, years.low, years.high, "worked out", sources))
    margin = view.rows("oracle", "gross_margin_gpu_rental")
    life = useful_lives(view)
    life = life[life["company"] == "oracle"]
    if len(margin) and len(life):
        q = quantity_of(margin.tail(1), view.dated)
        years = book_payback_years(q.value / 100, float(life["after_years"].iloc[-1]))
        sources = ";".join([*q.sources, life["source"].iloc[-1]])
        rows.append(("Oracle's margin on rentals", years, None, None, "worked out", sources))
    columns = ["who", "years", "low_years", "high_years", "kind", "source"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"years": float, "low_years": float, "high_years": float})


def book_payback_years(gross_margin_ratio: float, life_years: float, operations_ratio: float = 0.024) -> float:
    """
    Undiscounted payback of rented accelerators from a gross margin after straight-line depreciation.

    Of one dollar of assets, revenue R pays depreciation 1/L, operations o and the margin m R; cash is R less o.

    Examples
    --------
    At a margin of nothing the assets just pay back over their life:

    >>> round(book_payback_years(0.0, 6.0), 9)
    6.0
    """
    revenue = (1 / life_years + operations_ratio) / (1 - gross_margin_ratio)
    return 1 / (revenue - operations_ratio)


def power_deals(view: View) -> pd.DataFrame:
    """
    Agreements for power, with what is not counted and why.

    Returns
    -------
    DataFrame
        company, announced, kind, mw, counted, why_not, what, source; in order of announcement.
    """
    companies = ("microsoft", "alphabet", "amazon", "meta")
    rows = [row for company in companies for metric in POWER_KINDS for row in _deals_of(view, company, metric)]
    columns = ["company", "announced", "kind", "mw", "counted", "why_not", "what", "source"]
    return pd.DataFrame(rows, columns=columns).sort_values("announced", kind="stable", ignore_index=True)


@per_view
def _deals_of(view: View, company: str, metric: str) -> tuple[tuple, ...]:
    """One company's deals of one kind: from month to month most stand still."""
    try:
        deals = view.rows(company, metric, unit="MW")
    except UnknownNameError:
        return ()
    rows = []
    for deal in deals.itertuples():
        why = next((reason for phrase, reason in _NOT_COUNTED.items() if phrase in deal.note), "")
        if why.startswith(("replaced", "part of")) and not (deals["period_end"] > deal.period_end).any():
            why = ""
        what = re.split(r"; (?:with|status|wind|solar|smr|gas)", deal.note)[0]
        rows.append((company, deal.period_end, POWER_KINDS[metric], deal.value, not why, why, what, deal.source))
    return tuple(rows)


def electricity_growth(view: View, entity: str = "us_economy") -> tuple[Quantity, int, int]:
    """
    Yearly growth of the electricity that data centres use, between the first and last estimate of the latest study.

    Only years of one source are compared, projections are left out.

    Returns
    -------
    tuple
        Growth as a factor a year, first year, last year.
    """
    rows = view.rows(entity, "datacentre_electricity", basis=("reported", "estimate"), kind="year")
    best = None
    for _, mine in rows.groupby("source", sort=False):
        years = mine["period_end"].dt.year
        if years.nunique() >= 2 and (best is None or mine["period_end"].max() > best["period_end"].max()):
            best = mine
    if best is None:
        msg = f"no study known on {view.dated} gives the electricity of data centres for two years"
        raise VintageError(msg)
    best = best[best["period_end"].dt.year >= best["period_end"].dt.year.max() - 5]
    first, last = best.iloc[0], best.iloc[-1]
    span = last["period_end"].year - first["period_end"].year
    return (
        Quantity(
            (last["value"] / first["value"]) ** (1 / span), "multiple_per_year", grade="estimated", as_of=view.dated,
            sources=(last["source"],), interval="none: two estimates of one study",
        ),
        first["period_end"].year,
        last["period_end"].year,
    )  # fmt: skip
