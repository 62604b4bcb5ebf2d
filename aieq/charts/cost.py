"""Figures of the cost side; each takes tidy frames and returns a finished figure."""

from __future__ import annotations

from datetime import date

import altair as alt
import pandas as pd

from .figure import Figure, Silence
from .kinds import bars, lines, marks, rule, waterfall, wrap
from .theme import ACCENT, CATEGORICAL, CONTEXT, INK, REQUIRED

NAMES = {"microsoft": "Microsoft", "alphabet": "Alphabet", "amazon": "Amazon", "meta": "Meta", "oracle": "Oracle"}
_ANNOUNCED = "Announced"
# The article's own figures, in dollars (claims gpt4-over-100m, next-gen-over-1bn, amodei-5-to-10bn).
ARTICLE_COSTS = (
    (1e8, "GPT-4, 100 million"),
    (1e9, "next, 1 billion"),
    (5e9, "Amodei, 5 billion"),
    (1e10, "or even 10 billion"),
)
_NAMED_RUNS = (("GPT-3 175B (davinci)", "GPT-3", "left"), ("GPT-4", "GPT-4", "left"), ("Grok 4", "Grok 4", "right"))


def _keys(*columns: pd.Series) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for column in columns for joined in column for key in str(joined).split(";") if key))


def capex_by_quarter(
    spent: pd.DataFrame, announced: pd.DataFrame, *, as_of: date, title: str, first: str = "2021-01-01"
) -> Figure | Silence:
    """
    Draw capital expenditure by company and quarter, and what is announced for the rest of the year as outlines.

    Parameters
    ----------
    spent : DataFrame
        company, quarter, capex_usd_bn, known_on, source.
    announced : DataFrame
        quarter, capex_usd_bn, low_usd_bn, high_usd_bn, source: what is left of the announcements, spread evenly over
        the quarters to come; may be empty.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    spent = spent[spent["quarter"] >= pd.Timestamp(first)]
    if spent.empty:
        return Silence(title, as_of)
    parts = [spent.assign(who=spent["company"].map(NAMES), expected=False)]
    if len(announced):
        parts.append(announced.assign(who=_ANNOUNCED, expected=True))
    frame = pd.concat(parts, ignore_index=True)
    # A bar stands over the middle of its quarter, not at its end.
    frame["middle"] = frame["quarter"] - pd.Timedelta(days=45)
    chart = bars(
        frame,
        "middle",
        "capex_usd_bn",
        "who",
        opened="expected",
        interval=("low_usd_bn", "high_usd_bn") if len(announced) else None,
        colours={_ANNOUNCED: CONTEXT},
        y_title="Billion dollars a quarter",
        x_format="%b %y",
        tooltip=("quarter", "source"),
    )
    totals = spent.groupby("quarter")["capex_usd_bn"].sum()
    said = (
        f"from {totals.iloc[0]:.0f} to {totals.iloc[-1]:.0f} billion dollars between {totals.index[0]:%Y} and "
        f"{totals.index[-1]:%B %Y}"
    )
    more = (
        f" Outlines show what is announced for the rest of the year, {announced['capex_usd_bn'].iloc[0]:.0f} billion "
        "a quarter."
        if len(announced)
        else ""
    )
    columns = ["who", "quarter", "capex_usd_bn", "expected", "known_on", "source"]
    return Figure(
        chart,
        title=title,
        subtitle="Cash purchases of property and equipment by quarter, whole companies",
        alt=f"Quarterly capital expenditure of five companies stacked on each other rises {said}.{more}",
        sources=_keys(frame["source"]),
        as_of=as_of,
        data=frame[columns],
        note=(
            "No company reports which part is for AI. Oracle's fiscal quarters stand where their middle lies. Outlines "
            "are the four companies' announcements for the year less the cash spent, spread evenly. Two of the four "
            "announce with finance leases, so the outlines stand too high by the leases already taken."
        ),
        name="capex-by-quarter",
    )


def cash_behind(
    together: pd.DataFrame, each: pd.DataFrame, before: pd.DataFrame, *, as_of: date, title: str
) -> Figure | Silence:
    """
    Draw capital expenditure over operating cash flow.

    Parameters
    ----------
    together : DataFrame
        quarter, quarter_ratio, trailing_ratio of the four companies' sums.
    each : DataFrame
        company, quarter, trailing_ratio.
    before : DataFrame
        quarter (the year's last day), ratio, source: calendar years of the four together before quarters are on
        record; may be empty.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    four = together.dropna(subset=["trailing_ratio"]).assign(who="All four", ratio=lambda f: f["trailing_ratio"])
    if four.empty:
        return Silence(title, as_of)
    single = each.dropna(subset=["trailing_ratio"]).assign(
        who=lambda f: f["company"].map(NAMES), ratio=lambda f: f["trailing_ratio"]
    )
    single = single[single["quarter"] >= four["quarter"].min()]
    years = before[before["quarter"] < four["quarter"].min()].assign(who="All four")
    frame = pd.concat([single, years, four], ignore_index=True)[["who", "quarter", "ratio"]]
    y = "Capital expenditure over operating cash flow"
    top = max(1.15, float(frame["ratio"].max()) * 1.05, float(together["quarter_ratio"].max()) * 1.05)
    pieces = [
        lines(frame, "quarter", "ratio", "who", colours={"All four": INK}, y_title=y, y_format=".0%", domain=(0, top)),
        marks(
            four.assign(ratio=four["quarter_ratio"]), "quarter", "ratio", None, colour=INK, shape="circle", size=45,
            y_title=y, tooltip=("quarter_ratio",),
        ),
        rule(y=1.0, label="all of it", y_title=y),
    ]  # fmt: skip
    last, first = four.iloc[-1], four.iloc[0]
    earlier = (
        f"was {years['ratio'].iloc[-1]:.0%} in {years['quarter'].iloc[-1]:%Y} and fell to {first['ratio']:.0%} in "
        f"{first['quarter']:%Y}; since then it"
        if len(years) and years["ratio"].iloc[-1] > first["ratio"]
        else f"was {first['ratio']:.0%} in {first['quarter']:%Y}; since then it"
    )
    data = pd.concat(
        [frame.assign(period="twelve months"), four.assign(ratio=four["quarter_ratio"], period="quarter")],
        ignore_index=True,
    )[["who", "period", "quarter", "ratio"]]
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="Over twelve months (lines) and, for the four together, in the single quarter (dots)",
        alt=(
            f"The share of operating cash flow that goes into capital expenditure, for the four together, {earlier} "
            f"has moved to {last['trailing_ratio']:.0%} over twelve months and {last['quarter_ratio']:.0%} in the last "
            "quarter."
        ),
        sources=(
            *("microsoft_xbrl", "alphabet_xbrl", "av_ebonian", "meta_xbrl", "conceptstocks", "dash_capex_20260821"),
            *_keys(years["source"]),
        ),
        as_of=as_of,
        data=data,
        note="Dots jump with the season. Before 2023 the line joins calendar years. Above the dashed line spending "
        "needs savings or debt.",
        name="cash-behind",
    )


def training_costs(
    runs: pd.DataFrame, line: pd.DataFrame, definitions: pd.DataFrame, *, as_of: date, title: str
) -> Figure | Silence:
    """
    Draw the cost of frontier runs with the fitted line and the article's figures.

    Parameters
    ----------
    runs : DataFrame
        model, published, cost_usd, source.
    line : DataFrame
        day, cost_usd, low_usd, high_usd, expected: the fitted line, beyond the last run as expectation.
    definitions : DataFrame
        model, published, definition, cost_usd, source: the same run under wider definitions.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if runs.empty:
        return Silence(title, as_of)
    y, domain = "Million dollars of 2023 for one run", (1e-4, 3e4)
    runs, definitions = (frame.assign(usd_mn=frame["cost_usd"] / 1e6) for frame in (runs, definitions))
    line = line.rename(columns={"day": "published"}).assign(
        usd_mn=line["cost_usd"] / 1e6, low_usd_mn=line["low_usd"] / 1e6, high_usd_mn=line["high_usd"] / 1e6
    )
    # On this scale the line is straight: three points draw it, its band needs them all.
    straight = line.iloc[[0, int((~line["expected"]).sum()) - 1, -1]]
    common = {"log": True, "y_title": y, "domain": domain, "y_format": ",~g", "colours": ACCENT}
    band = lines(line, "published", "usd_mn", band=("low_usd_mn", "high_usd_mn"), **common).layer[0]
    fit = lines(straight, "published", "usd_mn", dashed="expected", **common)
    points = {"colour": CONTEXT, "shape": "circle", "size": 38, "log": True, "y_title": y}
    dots = marks(runs, "published", "usd_mn", None, **points, tooltip=("model", "source"))
    pieces: list[alt.Chart | alt.LayerChart] = [band, fit, dots]
    wider = 1.0
    if len(definitions):
        span = definitions.groupby("model").agg(
            published=("published", "first"), low=("usd_mn", "min"), high=("usd_mn", "max")
        )
        wider = float((span["high"] / span["low"]).max())
        scale = alt.Scale(type="log", domain=list(domain), nice=False)
        where = {"x": alt.X("published:T", title=None), "y": alt.Y("low:Q", title=y, scale=scale), "y2": "high:Q"}
        pieces.append(alt.Chart(span.reset_index()).mark_rule(color=INK, opacity=0.45).encode(**where))
        look = {"colour": INK, "opened": True, "size": 55, "log": True, "y_title": y}
        for definition, shape in (("rented from a cloud", "triangle-up"), ("price of the cluster", "square")):
            some = definitions[definitions["definition"] == definition]
            if len(some):
                told = ("model", "definition", "source")
                pieces.append(marks(some, "published", "usd_mn", None, **look, shape=shape, tooltip=told))
    for model, name, side in _NAMED_RUNS:
        one = runs[runs["model"] == model].assign(name=name)
        if len(one):
            pieces.append(marks(one, "published", "usd_mn", "name", **{**points, "colour": INK}, side=side))
    for value, label in ARTICLE_COSTS:
        pieces.append(rule(y=value / 1e6, label=label, log=True, colour=REQUIRED, y_title=y))
    data = pd.concat([runs.assign(definition="hardware worn out, and energy"), definitions], ignore_index=True)
    data = data[["model", "published", "definition", "cost_usd", "source"]].sort_values("published")
    return Figure(
        alt.layer(*pieces).properties(height=460),
        title=title,
        subtitle="Runs among the ten largest at release, fitted growth with its 90 per cent band, the article's "
        "figures dashed",
        alt=(
            f"On a logarithmic scale the cost of {len(runs)} training runs climbs along a line to "
            f"{runs['usd_mn'].max():.0f} million dollars; the dearest runs lie above the line, and wider definitions "
            "of "
            f"the same run up to {wider:.0f} times higher still. The article's marks lie on the line's continuation."
        ),
        sources=_keys(runs["source"], definitions["source"]),
        as_of=as_of,
        data=data,
        note=(
            "Dots: hardware worn out by the run, and energy. Triangles: the same hours at cloud rents. Squares: price "
            "of the whole cluster. Estimates by Epoch AI; the dashed part continues the line and is no forecast of a "
            "run."
        ),
        name="training-costs",
    )


def token_cost(parts: pd.DataFrame, *, sources: tuple[str, ...], as_of: date, title: str) -> Figure | Silence:
    """
    Draw how the parts of an accelerator-hour build up to the cost of a million tokens.

    Parameters
    ----------
    parts : DataFrame
        part, usd_per_mtok, total, and low_usd_per_mtok and high_usd_per_mtok where a part has an interval.
    sources : tuple of str
        Keys behind the inputs.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if parts.empty:
        return Silence(title, as_of)
    final, power = parts["usd_per_mtok"].iloc[-1], parts.loc[parts["part"] == "Electricity", "usd_per_mtok"].iloc[0]
    x = "Dollars a million output tokens"
    build = waterfall(parts, "part", "usd_per_mtok", "total", values=".2f", x_title=x)
    ranged = parts.dropna(subset=["low_usd_per_mtok", "high_usd_per_mtok"])
    pieces, reach = [build], ""
    if len(ranged):
        # Below its bar, so that the number beside the bar stays readable.
        rows = [wrap(part, 26) for part in parts["part"]]
        ranged = ranged.assign(part=ranged["part"].map(lambda part: wrap(part, 26)))
        place = alt.Y("part:N", sort=rows, bandPosition=0.94, title=None)
        span = alt.X("low_usd_per_mtok:Q", title=x)
        rules = alt.Chart(ranged).mark_rule(color=INK, strokeWidth=2).encode(y=place, x=span, x2="high_usd_per_mtok:Q")
        pieces.append(rules)
        reach = f" ({ranged['low_usd_per_mtok'].iloc[-1]:.2f} to {ranged['high_usd_per_mtok'].iloc[-1]:.2f})"
    return Figure(
        alt.layer(*pieces),
        title=title,
        subtitle="Cost to the owner of a million output tokens of the one fleet whose output is published; thin line: "
        "range of the assumptions",
        alt=(
            f"Wear, interest, cheaper successors, site and electricity add up, with idle hours, to {final:.2f} dollars "
            f"a million tokens{reach}, of which electricity is {power:.2f}."
        ),
        sources=sources,
        as_of=as_of,
        data=parts,
        note=(
            "An H100 at Epoch's price stands for the fleet's H800; throughput is the average of one day in February "
            "2025 "
            "and loads all cost, input included, on output tokens. Life, cost of capital, overhead and idle hours are "
            "assumptions with ranges."
        ),
        name="token-cost",
    )


def cost_by_life(
    frame: pd.DataFrame, published: pd.DataFrame, book_years: float, *, as_of: date, title: str
) -> Figure | Silence:
    """
    Draw the yearly cost of a gigawatt as the life of its computers varies.

    Parameters
    ----------
    frame : DataFrame
        life_years, rule, usd_bn, low_usd_bn, high_usd_bn.
    published : DataFrame
        life_years, usd_bn, source: somebody else's results on the same site.
    book_years : float
        Life in the companies' books.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.

    Returns
    -------
    Figure or Silence
    """
    if frame.empty:
        return Silence(title, as_of)
    y = "Billion dollars a year for one gigawatt"
    top = float(frame["high_usd_bn"].max()) * 1.02
    base = lines(
        frame, "life_years", "usd_bn", "rule", band=("low_usd_bn", "high_usd_bn"), y_title=y, zero=True,
        x_title="Life of the computers, years", domain=(0, top),
        colours={"service keeps its price": CATEGORICAL[0], "service gets cheaper each year": ACCENT},
    )  # fmt: skip
    label = ["", "Epoch's results", ""]
    points = marks(published.assign(label=label), "life_years", "usd_bn", "label", colour=INK, y_title=y, side="below",
                   tooltip=("source",))  # fmt: skip
    at = pd.DataFrame({"life_years": [float(book_years)], "label": ["life in the books"]})
    along = alt.Chart(at).encode(x=alt.X("life_years:Q", title="Life of the computers, years"))
    book = along.mark_rule(strokeDash=[5, 4], strokeWidth=1.2, opacity=0.7, color=INK)
    said = along.mark_text(align="left", baseline="top", dx=5, color=INK).encode(y=alt.value(0), text="label:N")
    pick = frame[frame["rule"] == "service keeps its price"].set_index("life_years")["usd_bn"]
    return Figure(
        alt.layer(base, points, book, said),
        title=title,
        subtitle="Owning and running Epoch's gigawatt, by life of its computers in years; bands: range of the cost "
        "of capital",
        alt=(
            f"The yearly cost falls steeply with the life of the computers, from {pick.loc[3.0]:.1f} billion at three "
            f"years to {pick.loc[6.0]:.1f} at six when service keeps its price; when service gets cheaper each year, a "
            f"longer life saves less."
        ),
        sources=("epoch_dc_cost", "jpm_650", "ibm_krishna_gw"),
        as_of=as_of,
        data=pd.concat([frame, published.assign(rule="Epoch's results")], ignore_index=True),
        note=(
            "Diamonds are Epoch's published results for three, five and seven years, at a cost of capital of about "
            "seven "
            "per cent; ours is higher. Building and plant are written off over fourteen years throughout."
        ),
        name="cost-by-life",
    )


def _half_year(day: pd.Timestamp) -> str:
    return f"{day.year}, {'first' if day.month <= 6 else 'second'} half"


def power_contracts(deals: pd.DataFrame, *, as_of: date, title: str, article_day: str) -> Figure | Silence:
    """
    Draw contracted power by half-year and kind.

    Parameters
    ----------
    deals : DataFrame
        company, announced, kind, mw, counted, what, source.
    as_of : date
        The state of knowledge.
    title : str
        The finding in words.
    article_day : str
        The article's day, marked.

    Returns
    -------
    Figure or Silence
    """
    counted = deals[deals["counted"]]
    if counted.empty:
        return Silence(title, as_of)
    colours = {
        "renewables": CATEGORICAL[0],
        "existing nuclear plants": CATEGORICAL[1],
        "new reactors": CATEGORICAL[3],
        "fusion": CATEGORICAL[5],
        "gas": CATEGORICAL[4],
    }
    frame = counted.assign(gw=counted["mw"] / 1000)
    frame = frame.assign(half=frame["announced"].map(_half_year))
    summed = frame.groupby(["half", "kind"], sort=True, as_index=False).agg(
        gw=("gw", "sum"),
        contracts=("gw", "size"),
        companies=("company", lambda c: ", ".join(sorted({NAMES[k] for k in c}))),
    )
    order = {kind: place for place, kind in enumerate(colours)}
    summed = summed.sort_values(
        ["half", "kind"], key=lambda s: s.map(order) if s.name == "kind" else s, ignore_index=True
    )
    # Every half-year has its place, those without an agreement and the running one too.
    days = pd.date_range(frame["announced"].min(), pd.Timestamp(as_of), freq="D")
    halves = list(dict.fromkeys(days.map(_half_year)))
    running = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    if _half_year(running) == halves[-1]:
        names = {halves[-1]: f"{halves[-1]}, incomplete"}
        halves, summed = [names.get(h, h) for h in halves], summed.assign(half=summed["half"].replace(names))
    empty = [half for half in halves if half not in set(summed["half"])]
    none = pd.DataFrame({"half": empty, "kind": next(iter(colours)), "gw": 0.0, "contracts": 0, "companies": "none"})
    rows = pd.concat([summed, none], ignore_index=True).rename(columns={"half": "label"})
    chart = bars(
        rows,
        "label",
        "gw",
        "kind",
        horizontal=True,
        colours=colours,
        names={"existing nuclear plants": "Existing nuclear"}
        | {k: k.capitalize() for k in colours if "plants" not in k},
        y_title="Gigawatts announced",
        sort=halves,
        tooltip=("contracts", "companies"),
    )
    totals = frame.groupby("kind")["gw"].sum()
    said = ", ".join(f"{kind} {gw:.1f}" for kind, gw in totals.items())
    kept = ["company", "announced", "kind", "mw", "counted", "why_not", "what", "source"]
    return Figure(
        chart,
        title=title,
        subtitle="Capacity in agreements of Microsoft, Alphabet, Amazon and Meta, by half-year of announcement",
        alt=f"Announced capacity by half-year and kind; in all, in gigawatts: {said}.",
        sources=_keys(deals["source"]),
        as_of=as_of,
        data=deals[kept],
        note=(
            f"The article's day is {article_day}. From one register of large agreements, so smaller ones are missing. "
            "Left "
            "out, and listed in the data with the reason: agreements replaced by later ones, requests for proposals, "
            "exploratory ones, supply of panels. Capacity is not output, and new reactors are years away."
        ),
        name="power-contracts",
    )
