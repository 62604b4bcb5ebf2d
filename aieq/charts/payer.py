"""Charts of who foots the bill: the year's flows, the payers, margins by layer, promises, circles, new money."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import altair as alt
import pandas as pd

from . import ACCENT, CONTEXT, EARNED, INK, PAPER, REQUIRED, Figure, bars, dots_with_intervals, lines, rule

MEASURES = {"operating": EARNED, "operating, adjusted": ACCENT, "gross": CONTEXT}
NATURES = {"pays": REQUIRED, "funds": EARNED, "stands in": ACCENT}
# Places of the companies: who rents, who builds and lets, who sells chips. A company not listed joins by its role.
COLUMNS = {
    0: ("anthropic", "openai", "spacex", "xai", "meta"),
    1: ("google", "amazon", "microsoft", "oracle", "coreweave", "iren", "nebius", "sb_energy"),
    2: ("broadcom", "nvidia", "amd", "cerebras"),
}
NAMES = {
    "openai": "OpenAI",
    "spacex": "SpaceX (xAI)",
    "xai": "xAI",
    "coreweave": "CoreWeave",
    "iren": "IREN",
    "sb_energy": "SB Energy",
    "amd": "AMD",
}
SHORT = {
    "Four builders": "Builders",
    "Other buyers of chips": "Other buyers",
    "All other suppliers": "Suppliers",
    "Outside investors": "Investors",
    "Outside the table": "Outside",
}
SERIES = {
    "labs": "New equity of six labs",
    "bonds": "Bonds of large AI spenders",
    "policy_rate": "Federal funds rate",
    "treasury": "Ten-year government bonds",
}


def name_of(company: str) -> str:
    """
    Write a company's name.

    Parameters
    ----------
    company : str
        As in the evidence.

    Returns
    -------
    str
        As the company writes it.

    Examples
    --------
    >>> name_of("amd"), name_of("oracle")
    ('AMD', 'Oracle')
    """
    return NAMES.get(company, company.replace("_", " ").capitalize())


def flows(
    cells: pd.DataFrame, order: Iterable[str], *, year: int, as_of: datetime.date, sources: Iterable[str], title: str
) -> Figure:
    """
    Draw the year's accounts as an ordered matrix: rows receive, columns pay, totals at the ends.

    Parameters
    ----------
    cells : DataFrame
        From :meth:`aieq.accounts.Accounts.table`.
    order : iterable of str
        Accounts in the order of the table.
    year : int
        Calendar year of the accounts.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure
    """
    names = [*(SHORT.get(name, name) for name in order), "Sum"]
    keys = ["payer", "receiver"]
    grid = cells.groupby(keys, sort=False).agg(
        usd_bn=("usd_bn", "sum"),
        low=("low", "sum"),
        high=("high", "sum"),
        what=("what", "; ".join),
        residual=("residual", "all"),
    )
    grid = grid.reset_index()
    grid[["low", "high"]] = grid[["low", "high"]].where(grid["high"] > 0)
    got = grid.groupby("receiver")["usd_bn"].sum().rename_axis("receiver").reset_index().assign(payer="Sum")
    gave = grid.groupby("payer")["usd_bn"].sum().rename_axis("payer").reset_index().assign(receiver="Sum")
    whole = pd.concat([grid, got, gave], ignore_index=True)
    whole["kind"] = whole["residual"].map({True: "residual", False: "from evidence"}).astype(object).fillna("sum")
    whole["what"] = whole["what"].fillna("sum of the row or column")
    whole["words"] = whole["usd_bn"].map(lambda v: f"{v:,.0f}" if v >= 1 else f"{v:.1f}")
    bare: dict[str, Any] = {"domain": False, "ticks": False, "labelOverlap": False}
    column = alt.X(
        "payer:N",
        sort=names,
        title="pays",
        axis=alt.Axis(orient="top", labelAngle=-90, labelLimit=150, titleAnchor="start", **bare),
    )
    row = alt.Y(
        "receiver:N",
        sort=names,
        title="receives",
        axis=alt.Axis(labelLimit=110, titleAngle=0, titleAlign="right", **bare),
    )
    drawn = whole.drop(columns="residual").replace({"payer": SHORT, "receiver": SHORT})
    hover = [
        alt.Tooltip("payer:N"),
        alt.Tooltip("receiver:N"),
        alt.Tooltip("usd_bn:Q", format=",.1f", title="USD bn"),
        alt.Tooltip("low:Q", format=",.1f"),
        alt.Tooltip("high:Q", format=",.1f"),
        alt.Tooltip("what:N"),
        alt.Tooltip("kind:N"),
    ]
    scale = alt.Scale(type="sqrt", domain=[0, float(grid["usd_bn"].max())], range=[0.08, 0.6])
    strength = alt.FillOpacity("usd_bn:Q", scale=scale, legend=None)
    known = drawn[drawn["kind"] == "from evidence"]
    left = drawn[drawn["kind"] == "residual"]
    pieces = [
        alt.Chart(known)
        .mark_rect(color=EARNED, stroke=PAPER, strokeWidth=2)
        .encode(x=column, y=row, fillOpacity=strength, tooltip=hover),
        alt.Chart(left)
        .mark_rect(color=CONTEXT, stroke=CONTEXT, strokeWidth=1, strokeDash=[3, 2])
        .encode(x=column, y=row, fillOpacity=strength, tooltip=hover),
        alt.Chart(drawn[drawn["kind"] != "sum"]).mark_text(fontSize=12).encode(x=column, y=row, text="words:N"),
        alt.Chart(drawn[drawn["kind"] == "sum"])
        .mark_text(fontSize=12, fontWeight=700)
        .encode(x=column, y=row, text="words:N", tooltip=hover),
    ]
    chart = alt.layer(*pieces).properties(height=38 * len(names))
    largest = grid.sort_values("usd_bn", ascending=False).head(3)
    said = "; ".join(f"{r.payer.lower()} pay {r.receiver.lower()} {r.usd_bn:,.0f}" for r in largest.itertuples())
    return Figure(
        chart,
        title=title,
        subtitle=f"USD bn of {year}. Columns pay, rows receive; each row adds up to the same sum as its column",
        alt=f"A square table of payments in {year}, billions of dollars; rows and columns add up. Largest: {said}.",
        sources=sources,
        as_of=as_of,
        data=cells.drop(columns="sources"),
        note="Blue: from evidence. Grey with a broken edge: residuals, what the other cells leave. Cash, save for "
        "Nvidia's costs. Builders: Microsoft, Alphabet, Amazon and Meta as whole companies, not their AI business. "
        "Chips pass through makers of servers, shown net. Labs: OpenAI and Anthropic. Chip supplier: Nvidia's "
        "data-centre sales.",
        name="flows-of-the-year",
    )


def payers(
    shares: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str, year: int
) -> Figure | None:
    """
    Draw whose money paid the outlay on AI.

    Parameters
    ----------
    shares : DataFrame
        From :func:`aieq.findings.payer.payers_table`; empty if not known.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.
    year : int
        Calendar year of the accounts.

    Returns
    -------
    Figure or None
        Nothing if nothing was known on that day.
    """
    if shares.empty:
        return None
    chart = dots_with_intervals(
        shares,
        "payer",
        "share_pct",
        "low_pct",
        "high_pct",
        colour=EARNED,
        x_title="Per cent of the outlay",
        domain=(0, 100),
        row_height=46,
        tooltip=("interval",),
    )
    said = ", ".join(f"{r.payer.lower()} {r.share_pct:.0f} per cent" for r in shares.itertuples())
    return Figure(
        chart,
        title=title,
        subtitle=f"Share of the outlay on AI in {year}: AI capex of four builders and the labs' payments to others",
        alt=f"Four dots with wide intervals, shares of the year's outlay that add up to a hundred: {said}.",
        sources=sources,
        as_of=as_of,
        data=shares,
        note="The dots add up to the whole; the intervals are not independent. The AI share of capex is an assumption. "
        "Money has no colour: bonds are spread over all uses of the builders' cash, the interval runs from none of "
        "them to all of them spent on AI.",
        name="whose-money",
    )


def margins_by_layer(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | None:
    """
    Draw the latest margin of each company, layer by layer.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.margins.latest`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or None
        Nothing if nothing was known on that day.
    """
    if table.empty:
        return None
    frame = table.assign(
        margin_pct=100 * table["margin_ratio"],
        row=table["layer"] + ": " + table["company"],
        projected=table["basis"].isin(["guidance", "projection"]),
        period=table["period_end"].map(lambda d: f"{d:%B %Y}") + " (" + table["kind"] + ")",
    )
    chart = dots_with_intervals(
        frame,
        "row",
        "margin_pct",
        group="measure",
        colours=MEASURES,
        opened="projected",
        x_title="Per cent of revenue",
        zero=True,
        row_height=30,
        tooltip=("period", "basis", "note"),
    )
    drawn: Any = alt.layer(chart, rule(x=0.0, dashed=False, x_title="Per cent of revenue"))
    kept = ("layer", "company", "measure", "margin_pct")
    best, worst = frame.loc[frame["margin_pct"].idxmax()], frame.loc[frame["margin_pct"].idxmin()]
    return Figure(
        drawn,
        title=title,
        subtitle="Margin in each company's latest period on record, by layer of the industry",
        alt=f"Dots by layer, from memory at the top to applications at the bottom. Highest: {best['row']} at "
        f"{best['margin_pct']:.0f} per cent; lowest: {worst['row']} at {worst['margin_pct']:.0f} per cent.",
        sources=sources,
        as_of=as_of,
        data=frame[[*kept, "period_start", "period_end", "basis", "grade", "note"]],
        note="Operating and gross margins are not alike and are kept apart. Open: projected. Whole companies or "
        "segments, since none reports AI alone. Fiscal years differ: Nvidia's ends in late January, Oracle's in May, "
        "Microsoft's in June.",
        name="margins-by-layer",
    )


def _places(companies: Iterable[str]) -> pd.DataFrame:
    column = {name: x for x, names in COLUMNS.items() for name in names}
    found = sorted(companies, key=lambda c: (column.get(c, 1), _rank(c), c))
    rows = []
    for x in COLUMNS:
        here = [c for c in found if column.get(c, 1) == x]
        rows += [
            {"company": c, "name": name_of(c), "x": float(x), "y": 1 - (i + 0.5) / len(here)}
            for i, c in enumerate(here)
        ]
    return pd.DataFrame(rows)


def _rank(company: str) -> int:
    for names in COLUMNS.values():
        if company in names:
            return names.index(company)
    return 99


def _arc(
    start: tuple[float, float], end: tuple[float, float], bow: float, points: int = 8
) -> list[tuple[float, float]]:
    """Give points of a bowed line from one place to another; the bow is to the left of the way."""
    (x0, y0), (x1, y1) = start, end
    # Within a column the line must leave it to be seen at all.
    middle = ((x0 + x1) / 2 + (0.28 if x0 == x1 else 0.0), (y0 + y1) / 2 + bow)
    steps = [i / (points - 1) for i in range(points)]
    return [
        (
            (1 - t) ** 2 * x0 + 2 * t * (1 - t) * middle[0] + t**2 * x1,
            (1 - t) ** 2 * y0 + 2 * t * (1 - t) * middle[1] + t**2 * y1,
        )
        for t in steps
    ]


def network(edges: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | None:
    """
    Draw commitments, stakes and guarantees on closed circles as arrows between labs, clouds and makers of chips.

    Parameters
    ----------
    edges : DataFrame
        From :func:`aieq.findings.payer.network_table`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or None
        Nothing if nothing was known on that day.
    """
    if edges.empty or not edges["circle"].any():
        return None
    on = edges[edges["circle"]].reset_index(drop=True)
    places = _places({*on["payer"], *on["receiver"]})
    at = {r.company: (r.x, r.y) for r in places.itertuples()}
    points: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    met: dict[tuple[str, ...], int] = {}
    widest = max(float(on["usd_bn"].max()), 1.0)
    for i, edge in enumerate(on.itertuples()):
        width = 1.2 + 11 * (edge.usd_bn / widest) ** 0.5
        start, end = at[edge.payer], at[edge.receiver]
        # Each further deal between the same two bows further out, or it would lie on the one before.
        pair = tuple(sorted((edge.payer, edge.receiver)))
        met[pair] = met.get(pair, 0) + 1
        bow = (0.05 + 0.05 * (met[pair] // 2)) * (1 if start[0] <= end[0] else -1)
        arc = _arc(start, end, bow)
        label = f"{name_of(edge.payer)} {edge.nature} {name_of(edge.receiver)}"
        amount = f"{edge.usd_bn:,.1f}" if edge.usd_bn > 0 else "not disclosed"
        shared = {"edge": i, "nature": edge.nature, "said": label, "usd_bn": amount, "width": round(width, 1)}
        points += [{**shared, "x": round(x, 3), "y": round(y, 3), "step": n} for n, (x, y) in enumerate(arc)]
        near = arc[round(len(arc) * 0.66)]
        turn = 90 if start[0] < end[0] else -90 if start[0] > end[0] else (180 if start[1] > end[1] else 0)
        heads.append({**shared, "x": near[0], "y": near[1], "turn": turn})
    ex = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.68, 2.68], nice=False))
    ey = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.02, 1.04], nice=False))
    ink = alt.Color(
        "nature:N",
        scale=alt.Scale(domain=list(NATURES), range=list(NATURES.values())),
        legend=alt.Legend(title=None, orient="top", symbolType="stroke", symbolStrokeWidth=4),
    )
    hover = [alt.Tooltip("said:N", title="who"), alt.Tooltip("usd_bn:N", title="USD bn in force")]
    ways = (
        alt.Chart(pd.DataFrame(points))
        .mark_trail(opacity=0.55)
        .encode(
            x=ex, y=ey, color=ink, size=alt.Size("width:Q", scale=None), detail="edge:N", order="step:Q", tooltip=hover
        )
    )
    arrows = (
        alt.Chart(pd.DataFrame(heads))
        .mark_point(shape="triangle-up", filled=True, size=90, opacity=1)
        .encode(x=ex, y=ey, color=ink, angle=alt.Angle("turn:Q", scale=None), tooltip=hover)
    )
    dots = alt.Chart(places).mark_circle(size=130, color=INK, opacity=1).encode(x=ex, y=ey)
    sides: dict[float, tuple[Any, int, Any, int]] = {
        0.0: ("right", -10, "middle", 0),
        1.0: ("center", 0, "bottom", -9),
        2.0: ("left", 10, "middle", 0),
    }
    words = [
        alt.Chart(places[places["x"] == x])
        .mark_text(align=align, dx=dx, baseline=base, dy=dy, fontWeight=600)
        .encode(x=ex, y=ey, text="name:N")
        for x, (align, dx, base, dy) in sides.items()
        if (places["x"] == x).any()
    ]
    chart = alt.layer(ways, arrows, dots, *words).properties(height=430)
    top = ", ".join(
        f"{name_of(r.payer)} {r.nature} {name_of(r.receiver)} {r.usd_bn:,.0f}" for r in on.head(4).itertuples()
    )
    return Figure(
        chart,
        title=title,
        subtitle="Deals between companies on a closed circle; width by USD bn in force, arrows towards who receives",
        alt="Arrows between labs on the left, clouds in the middle and makers of chips on the right. Largest, in "
        f"billions of dollars: {top}.",
        sources=sources,
        as_of=as_of,
        data=edges,
        note="Pays: orders and leases. Funds: equity and loans. Stands in: guarantees and warrants. Versions of one "
        "contract are counted once, aims and letters of intent not at all; thin lines include deals whose price is "
        "secret. Payments run over years, stakes are paid at once.",
        name="circles",
    )


def circles_table(table: pd.DataFrame) -> pd.DataFrame:
    """
    Write the largest circles for readers.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.findings.payer.cycles_table`.

    Returns
    -------
    DataFrame
        Smallest step and kinds of steps by circle; empty if there are none.

    Examples
    --------
    >>> toy = pd.DataFrame({"circle": ["amd → meta → amd"], "smallest_step_usd_bn": [None], "steps": ["warrant"]})
    >>> circles_table(toy).loc["AMD → Meta → AMD"].tolist()
    ['price secret', 'warrant']
    """
    if table.empty:
        return pd.DataFrame(columns=["Smallest step, USD bn", "Steps"])
    steps = table["smallest_step_usd_bn"]
    return (
        pd.DataFrame(
            {
                "Circle": table["circle"].map(lambda walk: " → ".join(name_of(part) for part in walk.split(" → "))),
                "Smallest step, USD bn": [f"{v:,.1f}" if pd.notna(v) else "price secret" for v in steps],
                "Steps": table["steps"],
            }
        )
        .set_index("Circle")
        .rename_axis(index=None, columns="Circle")
    )


def promises(path: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | None:
    """
    Draw what the labs promised to pay and what they sell, as known at each month's end.

    Parameters
    ----------
    path : DataFrame
        From :func:`aieq.findings.payer.promises_table`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or None
        Nothing if nothing was known on that day.
    """
    if path.empty:
        return None
    names = list(dict.fromkeys(path["series"]))
    palette = dict(zip(sorted(names), (REQUIRED, ACCENT, EARNED), strict=False))
    chart = lines(
        path,
        "day",
        "usd_bn",
        "series",
        log=True,
        band=("low", "high"),
        colours=palette,
        y_title="USD bn (log scale)",
        tooltip=("low", "high"),
    )
    last = path.groupby("series", sort=False)["usd_bn"].last()
    said = "; ".join(f"{name.lower()}: {value:,.0f}" for name, value in last.items())
    return Figure(
        chart,
        title=title,
        subtitle="What OpenAI and Anthropic promised to pay for computing, and what they sell, as known each month",
        alt=f"Lines on a log scale. At the end, in billions of dollars: {said}.",
        sources=sources,
        as_of=as_of,
        data=path,
        note="Promises run over three to ten years, sales are a run rate: the gap is a claim on future growth, not a "
        "debt due. Bands: from what is firm to the headline. Contracts whose price is secret are not in it.",
        name="promises-and-sales",
    )


def capital(table: pd.DataFrame, *, as_of: datetime.date, sources: Iterable[str], title: str) -> Figure | None:
    """
    Draw new equity and bonds by year above the price of money.

    Parameters
    ----------
    table : DataFrame
        From :func:`aieq.findings.payer.capital_table`.
    as_of : date
        Last day of publication that counts.
    sources : iterable of str
        Keys.
    title : str
        The finding in words.

    Returns
    -------
    Figure or None
        Nothing if nothing was known on that day.
    """
    money = table[table["series"].isin(["labs", "bonds"])]
    rates = table[table["series"].isin(["policy_rate", "treasury"])]
    if money.empty or rates.empty:
        return None
    years = [str(year) for year in range(int(table["year"].min()), int(table["year"].max()) + 1)]
    panels: list[Any] = []
    for series, colour in (("labs", EARNED), ("bonds", ACCENT)):
        part = money[money["series"] == series]
        if part.empty:
            continue
        drawn = part.assign(year=part["year"].astype(str), open=part["partial"].astype(bool) | part["average"])
        panel = bars(
            drawn,
            "year",
            "value",
            opened="open",
            colour=colour,
            values=",.0f",
            y_title=f"{SERIES[series]}, USD bn",
            sort=years,
            height=130,
        )
        panels.append(panel)
    named = rates.assign(rate=rates["series"].map(SERIES), year=rates["year"].astype(str))
    ink = alt.Color(
        "rate:N",
        scale=alt.Scale(domain=[SERIES["policy_rate"], SERIES["treasury"]], range=[INK, CONTEXT]),
        legend=alt.Legend(title="Interest, yearly mean, per cent", orient="top", offset=6, labelLimit=200),
    )
    base = alt.Chart(named).encode(
        x=alt.X("year:N", sort=years, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=None),
        color=ink,
        tooltip=[alt.Tooltip("rate:N"), alt.Tooltip("year:N"), alt.Tooltip("value:Q", format=".2f", title="per cent")],
    )
    panels.append(alt.layer(base.mark_line(), base.mark_circle(size=45, opacity=1)).properties(height=130))
    chart = alt.vconcat(*panels, spacing=26).resolve_scale(color="independent")
    top = money.sort_values("value").iloc[-1]
    return Figure(
        chart,
        title=title,
        subtitle="New equity of labs and bonds of large AI spenders by calendar year, above interest rates",
        alt=f"Bars by year above lines of interest rates. Largest bar: {SERIES[top['series']].lower()}, "
        f"{top['value']:,.0f} billion dollars in {int(top['year'])}.",
        sources=sources,
        as_of=as_of,
        data=table,
        note="Open bars: the running year so far, and for bonds before 2025 a five-year average. Headline amounts of "
        "rounds; parts of the latest depend on conditions. Bonds gross of repayments.",
        name="capital-and-rates",
    )
