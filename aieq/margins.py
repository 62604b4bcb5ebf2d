"""
Profit by layer: which margin each layer of the industry keeps, from memory chips to applications.

Operating margins follow the accounts (operating income over revenue of the same period); adjusted ones leave out
stock compensation or other items and are marked; gross margins are kept apart and never stand in for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .errors import UnknownNameError, VintageError
from .evidence import View, best_rows, per_view
from .quantity import Quantity, weakest

OPERATING, ADJUSTED, GROSS = "operating", "operating, adjusted", "gross"
LAYERS = ("Memory", "Foundry", "AI chips", "Servers", "Large clouds", "GPU clouds", "Labs", "Applications")


@dataclass(frozen=True)
class Line:
    """
    Where a company's margin is found.

    Parameters
    ----------
    layer, company, measure : str
        Row of the picture.
    entity : str
        Name in the evidence.
    margin : str, optional
        Metric in per cent, if published as such.
    income, revenue : str, optional
        Metrics whose ratio is the margin.
    note : str
        What it covers.
    """

    layer: str
    company: str
    measure: str
    entity: str
    margin: str | None = None
    income: str | None = None
    revenue: str | None = None
    note: str = ""


# fmt: off
LINES = (
    Line("Memory", "SK Hynix", OPERATING, "sk_hynix", margin="operating_margin", note="whole company"),
    Line("Memory", "Micron", OPERATING, "micron", income="operating_income", revenue="revenue", note="whole company"),
    Line("Foundry", "TSMC", GROSS, "tsmc", margin="gross_margin", note="whole company"),
    Line("AI chips", "Nvidia", OPERATING, "nvidia", income="operating_income", revenue="revenue", note="whole company"),
    Line("AI chips", "Broadcom", ADJUSTED, "broadcom", margin="operating_margin_nongaap", note="whole company"),
    Line("Servers", "Dell", OPERATING, "dell", margin="isg_operating_margin", note="infrastructure segment"),
    Line("Large clouds", "AWS", OPERATING, "amazon_aws", None, "cloud_operating_income", "cloud_revenue", "segment"),
    Line(
        "Large clouds", "Google Cloud", OPERATING, "alphabet_google_cloud", None, "cloud_operating_income",
        "cloud_revenue", "segment",
    ),
    Line(
        "Large clouds", "Microsoft", OPERATING, "microsoft_intelligent_cloud", None, "cloud_operating_income",
        "cloud_revenue", "Intelligent Cloud segment",
    ),
    Line("GPU clouds", "CoreWeave", OPERATING, "coreweave", income="operating_income", revenue="revenue"),
    Line("GPU clouds", "Oracle", GROSS, "oracle", margin="gross_margin_gpu_rental", note="rental of Nvidia servers"),
    Line("Labs", "OpenAI", OPERATING, "openai", income="operating_income", revenue="revenue"),
    Line("Labs", "OpenAI", GROSS, "openai", margin="gross_margin", note="adjusted"),
    Line("Labs", "Anthropic", ADJUSTED, "anthropic", income="operating_income", revenue="revenue"),
    Line("Labs", "Anthropic", GROSS, "anthropic", margin="gross_margin"),
    Line("Labs", "xAI with X", OPERATING, "xai_and_x", income="operating_income", revenue="revenue"),
    Line("Applications", "AI products, survey", GROSS, "ai_applications", margin="gross_margin"),
    Line("Applications", "Cursor", GROSS, "cursor_anysphere", margin="gross_margin"),
)
# fmt: on
_KINDS = ("year", "half", "quarter", "instant", "month")
_COLUMNS = [
    "layer", "company", "measure", "period_start", "period_end", "kind", "margin_ratio", "income_usd_bn",
    "revenue_usd_bn", "basis", "grade", "source", "note",
]  # fmt: skip


def _rows(view: View, entity: str, metric: str | None) -> pd.DataFrame:
    """Best row of each period that is over; plans for the future are no margins."""
    try:
        rows = view.rows(entity, metric or "")
    except UnknownNameError:
        return view.observations.iloc[:0]
    over = rows[view.past(rows["period_end"]) & rows["value"].notna() & rows["kind"].isin(_KINDS)]
    return pd.concat([best_rows(part) for _, part in over.groupby("kind")]) if len(over) else over


@per_view
def history(view: View, lines: tuple[Line, ...] = LINES) -> pd.DataFrame:
    """
    All margins known by a day, one row for each company, measure and period.

    Parameters
    ----------
    view : View
        What was known.
    lines : tuple of Line
        Which margins.

    Returns
    -------
    DataFrame
        layer, company, measure, period, margin_ratio, income and revenue where the margin is computed, basis (the
        weaker of the two), grade, source, note.
    """
    table = pd.DataFrame([row for line in lines for row in _of_line(view, line)], columns=_COLUMNS)
    return table.sort_values(["layer", "company", "measure", "period_end"], kind="stable", ignore_index=True)


@per_view
def _of_line(view: View, line: Line) -> tuple[dict, ...]:
    """One line by itself: from month to month most lines stand still."""
    if line.margin is not None:
        return tuple(
            _head(line, row)
            | {"margin_ratio": row.value / 100, "basis": row.basis, "grade": row.grade, "source": row.source}
            for row in _rows(view, line.entity, line.margin).itertuples()
        )
    income, revenue = _rows(view, line.entity, line.income), _rows(view, line.entity, line.revenue)
    both = income.merge(revenue, on=["period_start", "period_end", "kind", "unit"], suffixes=("", "_revenue"))
    order = ["reported", "secondary", "estimate", "guidance", "projection"]
    return tuple(
        {
            **_head(line, row),
            "margin_ratio": row.value / row.value_revenue,
            "income_usd_bn": row.value / 1000,
            "revenue_usd_bn": row.value_revenue / 1000,
            "basis": max(row.basis, row.basis_revenue, key=order.index),
            "grade": weakest("derived", row.grade, row.grade_revenue),
            "source": ";".join(dict.fromkeys((row.source, row.source_revenue))),
        }
        for row in both.itertuples()
    )


def lines_of(company: str, measure: str) -> tuple[Line, ...]:
    """Lines of one company and measure: the whole table takes twenty times as long as its one row."""
    return tuple(line for line in LINES if line.company == company and line.measure == measure)


def _head(line: Line, row) -> dict:  # noqa: ANN001
    return {
        "layer": line.layer,
        "company": line.company,
        "measure": line.measure,
        "period_start": row.period_start,
        "period_end": row.period_end,
        "kind": row.kind,
        "note": line.note,
    }


def latest(view: View, lines: tuple[Line, ...] = LINES) -> pd.DataFrame:
    """
    The latest margin of each company and measure, with the one of about a year before where there is one.

    Parameters
    ----------
    view : View
        What was known.
    lines : tuple of Line
        Which margins.

    Returns
    -------
    DataFrame
        As :func:`history`, in the order of the layers, with ``before_ratio`` and ``before_end``.
    """
    table = history(view, lines)
    if table.empty:
        return table.assign(before_ratio=[], before_end=[])
    rank = table["kind"].map({kind: i for i, kind in enumerate(_KINDS)})
    ordered = table.assign(_rank=rank).sort_values(["period_end", "_rank"], kind="stable")
    rows = []
    for _, group in ordered.groupby(["company", "measure"], sort=False):
        last = group.iloc[-1]
        same = group[group["kind"] == last["kind"]]
        apart = (last["period_end"] - same["period_end"]).dt.days
        before = same[(apart > 300) & (apart < 430)]
        rows.append(
            {
                **last.drop("_rank").to_dict(),
                "before_ratio": float(before["margin_ratio"].iloc[-1]) if len(before) else None,
                "before_end": before["period_end"].iloc[-1] if len(before) else pd.NaT,
            }
        )
    chosen = pd.DataFrame(rows)
    chosen["_layer"] = chosen["layer"].map(LAYERS.index)
    chosen = chosen.sort_values(["_layer", "margin_ratio"], ascending=[True, False], kind="stable")
    return chosen.drop(columns="_layer").reset_index(drop=True)


def margin(view: View, company: str, measure: str = OPERATING, *, kind: str | None = None) -> Quantity:
    """
    One company's latest margin.

    Parameters
    ----------
    view : View
        What was known.
    company : str
        As in :data:`LINES`.
    measure : str
        ``operating``, ``operating, adjusted`` or ``gross``.
    kind : str, optional
        ``year`` or ``quarter``; the latest of any kind by default.

    Returns
    -------
    Quantity
        A ratio.

    Raises
    ------
    VintageError
        If none was known.
    """
    table = history(view, lines_of(company, measure))
    table = table if kind is None else table[table["kind"] == kind]
    if table.empty:
        msg = f"the {measure} margin of {company} was not known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    row = table.sort_values("period_end", kind="stable").iloc[-1]
    return Quantity(
        row["margin_ratio"],
        "ratio",
        grade=row["grade"],
        as_of=view.dated,
        sources=tuple(row["source"].split(";")),
        interval=f"none: one figure for the {row['kind']} to {row['period_end']:%Y-%m-%d}, by {row['basis']} accounts",
    )


def layer_margin(view: View, layer: str) -> Quantity:
    """
    Pool the operating margin of a layer: operating income over revenue of its companies, each one's latest quarter.

    The interval is the range of the companies.

    Parameters
    ----------
    view : View
        What was known.
    layer : str
        One of :data:`LAYERS`.

    Returns
    -------
    Quantity
        A ratio.

    Raises
    ------
    VintageError
        If no company of the layer was known.
    """
    table = latest(view, tuple(line for line in LINES if line.layer == layer and line.measure == OPERATING))
    table = table[table["income_usd_bn"].notna()] if len(table) else table
    if table.empty:
        msg = f"no operating margin of the layer {layer} was known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    ends = table["margin_ratio"].min(), table["margin_ratio"].max()
    flat = len(table) == 1
    return Quantity(
        table["income_usd_bn"].sum() / table["revenue_usd_bn"].sum(),
        "ratio",
        None if flat else ends[0],
        None if flat else ends[1],
        grade=weakest("derived", *table["grade"]),
        as_of=view.dated,
        sources=tuple(key for joined in table["source"] for key in joined.split(";")),
        interval="none: one company" if flat else "range of the companies",
    )
