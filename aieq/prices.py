"""List prices of tokens at constant capability: the cheapest offer that reaches a level, and how fast it falls."""

from __future__ import annotations

import functools
import re
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import EvidenceError, UnknownNameError, VintageError, did_you_mean
from .evidence import Evidence, View
from .trends import DAYS_A_YEAR, FEWEST_POINTS, growth_fit

INPUT_PARTS, OUTPUT_PARTS = 3, 1  # the blend Epoch AI and Artificial Analysis use, so that published slopes compare
WINDOWS = (6, 12, 18, 24, 36)
LONGEST_UNSEEN = pd.Timedelta(days=62)  # a list pictured monthly may miss one picture
ECI = "epoch_capabilities_index"
_PRICE_IN_NOTE = re.compile(r"blended 3:1 price ([0-9.]+) USD per Mtok")
# Makers whose models of the index carry no word on access there; all of them publish weights.
_PUBLISH_WEIGHTS = ("deepseek", "zhipu", "z.ai", "moonshot", "prime intellect")


@dataclass(frozen=True)
class Level:
    """
    A level of capability, named after the model that first reached it here.

    Parameters
    ----------
    name : str
        What a reader calls it.
    benchmark : str
        A benchmark of ``data/capability.csv``.
    model : str
        The model whose score sets the level (canonical name, see :func:`canonical`).
    """

    name: str
    benchmark: str
    model: str


LEVELS = (
    Level("GPT-3", "mmlu", "gpt-3 175b (davinci)"),
    Level("GPT-3.5", "mmlu", "gpt-3.5"),
    Level("GPT-4", ECI, "gpt-4-0314"),
    Level("Claude 3.5 Sonnet", ECI, "claude-3-5-sonnet-20240620"),
    Level("o1", ECI, "o1-2024-12-17"),
    Level("GPT-5", ECI, "gpt-5-2025-08-07"),
)
# The same levels by other yardsticks: what a benchmark happens to reward moves the answer, so the range is shown.
OTHER_YARDSTICKS = (
    Level("GPT-4", "gpqa_diamond_epoch", "gpt-4-0314"),
    Level("GPT-4", "mmlu", "gpt-4-0314"),
    Level("Claude 3.5 Sonnet", "gpqa_diamond_epoch", "claude-3-5-sonnet-20240620"),
    Level("o1", "gpqa_diamond_epoch", "o1-2024-12-17"),
    Level("GPT-5", "gpqa_diamond_epoch", "gpt-5-2025-08-07"),
)
# The general-purpose model each house put first, oldest to newest: what "a mainstream API" was on any day.
MAINSTREAM = {
    "openai": (
        "gpt-4",
        "gpt-4-1106-preview",
        "gpt-4-turbo",
        "gpt-4o",
        "gpt-5",
        "gpt-5.1",
        "gpt-5.2",
        "gpt-5.4",
        "gpt-5.5",
        "gpt-5.6",
    ),
    "anthropic": (
        "claude-2",
        "claude-2.1",
        "claude-3-sonnet",
        "claude-3-5-sonnet",
        "claude-3-7-sonnet",
        "claude-sonnet-4",
        "claude-sonnet-4-5",
        "claude-sonnet-4-6",
        "claude-sonnet-5",
    ),
    "google": ("gemini-1.5-pro", "gemini-2.5-pro", "gemini-3-pro-preview", "gemini-3.1-pro-preview"),
}


def level_named(name: str) -> Level:
    """
    Find a level of :data:`LEVELS` by its name.

    Examples
    --------
    >>> level_named("GPT-4").model
    'gpt-4-0314'
    """
    for level in LEVELS:
        if level.name == name:
            return level
    names = [level.name for level in LEVELS]
    msg = f"there is no capability level {name!r}; there are {', '.join(names)}.{did_you_mean(name, names)}"
    raise UnknownNameError(msg)


def canonical(model: str) -> str:
    """
    Strip from a benchmark's model name what does not change list price or weights: host, effort, thinking budget.

    Examples
    --------
    >>> canonical("chutes/gpt-oss-120b_high"), canonical("claude-opus-4-1-20250805_16K")
    ('gpt-oss-120b', 'claude-opus-4-1-20250805')
    """
    name = re.sub(r"^(chutes|openai|zai-org|fireworks|moonshotai|deepseek)/", "", model.strip().lower())
    return re.sub(r"_(high|low|medium|minimal|none|xhigh|max|unknown|thinking|\d+k)$", "", name)


def blended(prices: pd.DataFrame) -> pd.Series:
    """
    Mix the price of input and output tokens, three parts to one, in dollars for a million tokens.

    Examples
    --------
    >>> float(blended(pd.DataFrame({"price_input_per_mtok": [30.0], "price_output_per_mtok": [60.0]})).iloc[0])
    37.5
    """
    total = INPUT_PARTS * prices["price_input_per_mtok"] + OUTPUT_PARTS * prices["price_output_per_mtok"]
    return total / (INPUT_PARTS + OUTPUT_PARTS)


@functools.lru_cache(maxsize=8)
def load_aliases(root: Path) -> pd.DataFrame:
    """
    Read ``model_aliases.csv``: which catalogue name stood for which benchmarked model, and from when until when.

    Parameters
    ----------
    root : Path
        The data folder, as in ``view.evidence.root``.

    Returns
    -------
    DataFrame
        provider, model, from, until (both days included; open where empty), capability_model, because.
    """
    table = pd.read_csv(root / "model_aliases.csv", dtype=str, keep_default_na=False)
    for column in ("from", "until"):
        table[column] = pd.to_datetime(table[column].replace("", None), format="%Y-%m-%d")
    return table


def scores(capability: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """
    Best score of each model on a benchmark, over its efforts and copies, with the day the model was released.

    Parameters
    ----------
    capability : DataFrame
        Rows of ``capability.csv``.
    benchmark : str
        Which benchmark.

    Returns
    -------
    DataFrame
        capability_model (index), score, released, open_weights, source; by release.

    Raises
    ------
    UnknownNameError
        If the table has no such benchmark.
    """
    rows = capability[capability["benchmark"] == benchmark]
    if rows.empty:
        names = capability["benchmark"].unique()
        near = did_you_mean(benchmark, names)
        msg = f"no score on the benchmark {benchmark!r} was known; there are {', '.join(names)}.{near}"
        raise UnknownNameError(msg)
    rows = rows.assign(capability_model=rows["model"].map(canonical), open_weights=rows["note"].map(_weights_are_open))
    best = rows.groupby("capability_model").agg(
        score=("score", "max"),
        released=("date", "min"),
        open_weights=("open_weights", "max"),
        source=("source", "first"),
    )
    return best.sort_values(["released", "score"], kind="stable")


def _weights_are_open(note: str) -> bool:
    fields = dict(part.split("=", 1) for part in str(note).lower().split("; ") if "=" in part)
    if "open_weights" in fields:
        return fields["open_weights"].strip() == "true"
    access = fields.get("access", "n/a").strip()
    if access == "n/a":
        return any(maker in fields.get("org", "") for maker in _PUBLISH_WEIGHTS)
    return access.startswith("open weights")


def offers(prices: pd.DataFrame, capability: pd.DataFrame, aliases: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """
    Join list prices to scores: one row for each price at which a benchmarked model could be had.

    Catalogue names reach models through `aliases` only, so that no two models are merged because their names look
    alike. Rows of the benchmark that state their own price (Epoch AI's table) count as offers of their day.

    Parameters
    ----------
    prices, capability : DataFrame
        Rows of ``token_prices.csv`` and ``capability.csv`` known on the day.
    aliases : DataFrame
        From :func:`load_aliases`.
    benchmark : str
        Which benchmark.

    Returns
    -------
    DataFrame
        provider, model, capability_model, score, price (USD per million tokens, blended), start, end, open_weights,
        source; by start.
    """
    scored = scores(capability, benchmark)
    joined = prices.assign(price=blended(prices)).merge(aliases, on=["provider", "model"], how="inner")
    joined = joined.merge(scored, left_on="capability_model", right_index=True, suffixes=("", "_of_score"))
    start = joined[["first_seen", "from", "released"]].max(axis=1)
    end = joined[["last_seen", "until"]].min(axis=1)
    joined = joined.assign(
        start=start,
        end=end,
        open_weights=joined["open_weights_of_score"],
        source=joined["source"] + ";" + joined["source_of_score"],
    )
    columns = ["provider", "model", "capability_model", "score", "price", "start", "end", "open_weights", "source"]
    catalogue = joined.loc[(joined["start"] <= joined["end"]) & (joined["price"] > 0), columns]
    every = pd.concat([_bridged(catalogue), _stated(capability, benchmark)[columns]], ignore_index=True)
    return every.sort_values(["start", "price"], kind="stable").reset_index(drop=True)


def _bridged(catalogue: pd.DataFrame) -> pd.DataFrame:
    """Let a price stand until the next of the same offer is seen: monthly pictures of a list miss the days between."""
    rows = catalogue.sort_values(["provider", "model", "capability_model", "start"], kind="stable")
    following = rows.groupby(["provider", "model", "capability_model"])["start"].shift(-1)
    gap = following - rows["end"]
    bridge = gap.notna() & (gap > pd.Timedelta(days=1)) & (gap <= LONGEST_UNSEEN)
    return rows.assign(end=rows["end"].mask(bridge, following - pd.Timedelta(days=1)))


def _stated(capability: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    rows = capability[capability["benchmark"] == benchmark]
    price = rows["note"].astype(str).str.extract(_PRICE_IN_NOTE.pattern)[0].astype(float)
    rows = rows.assign(price=price)[price.notna()]
    return rows.assign(
        provider="as stated by the source",
        capability_model=rows["model"].map(canonical),
        start=rows["date"],
        end=rows["date"],
        open_weights=False,
    )


def frontier(offered: pd.DataFrame, score: float) -> pd.DataFrame:
    """
    The cheapest price so far at which a score could be had: one row for each new low.

    Parameters
    ----------
    offered : DataFrame
        From :func:`offers`.
    score : float
        Level to be reached.

    Returns
    -------
    DataFrame
        The rows of `offered` that set a new low, with ``day`` for their start; at most one a day.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": pd.to_datetime(["2024-01-01", "2024-03-01", "2024-06-01"]),
    ...                      "score": [50.0, 60.0, 55.0], "price": [10.0, 12.0, 1.0]})
    >>> frontier(rows, 50)["price"].tolist()
    [10.0, 1.0]
    """
    good = offered[offered["score"] >= score].sort_values(["start", "price"], kind="stable")
    good = good.drop_duplicates("start")
    before = good["price"].cummin().shift()
    return good[before.isna() | (good["price"] < before)].assign(day=lambda rows: rows["start"]).reset_index(drop=True)


def price_on(steps: pd.DataFrame, day: pd.Timestamp | date | str) -> float:
    """
    Read a frontier on a day.

    Raises
    ------
    VintageError
        If the level was not yet on offer.
    """
    place = int(steps["day"].searchsorted(pd.Timestamp(day), side="right"))
    if place == 0:
        msg = f"no model on offer reached this level by {pd.Timestamp(day).date()}: ask for a later day"
        raise VintageError(msg)
    return float(steps["price"].to_numpy()[place - 1])


def fall(steps: pd.DataFrame, end: pd.Timestamp | date | str, months: int = 12) -> float:
    """
    Share by which the cheapest price at a level fell in the `months` to `end`, between 0 and 1.

    Raises
    ------
    VintageError
        If the level was not yet on offer when the span began.

    Examples
    --------
    >>> steps = pd.DataFrame({"day": pd.to_datetime(["2024-01-01", "2024-07-01"]), "price": [10.0, 1.0]})
    >>> fall(steps, "2025-01-01")
    0.9
    """
    stop = pd.Timestamp(end)
    return 1 - price_on(steps, stop) / price_on(steps, stop - pd.DateOffset(months=months))


def factor_per_year(steps: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """
    By what the price is multiplied each year between two days, read at the ends only.

    Examples
    --------
    >>> steps = pd.DataFrame({"day": pd.to_datetime(["2022-01-01", "2024-01-01"]), "price": [100.0, 1.0]})
    >>> round(factor_per_year(steps, pd.Timestamp("2022-01-01"), pd.Timestamp("2024-01-01")), 3)
    0.1
    """
    years = (pd.Timestamp(end) - pd.Timestamp(start)).days / DAYS_A_YEAR
    if years <= 0:
        msg = f"a rate of fall needs an end after its start, not {start} to {end}"
        raise EvidenceError(msg)
    return (price_on(steps, end) / price_on(steps, start)) ** (1 / years)


def slopes_by_window(
    steps: pd.DataFrame,
    last_day: pd.Timestamp | date | str,
    windows: Sequence[int] = WINDOWS,
    slope: Callable[[pd.DataFrame, float, pd.Timestamp], dict[str, float]] | None = None,
) -> pd.DataFrame:
    """
    The rate of fall fitted on ever longer windows, each beginning when the level was first on offer.

    A window is fitted on the new lows inside it and on the price that stood when it closed, so that time without a
    new low counts. Windows that had not closed by `last_day` are left out; the whole span is added as the last row.

    Parameters
    ----------
    steps : DataFrame
        From :func:`frontier`.
    last_day : day
        Last day on which the frontier is known.
    windows : sequence of int
        Lengths in months.
    slope : callable, optional
        Fits one window; the fit of this module by default.

    Returns
    -------
    DataFrame
        months, per_year (factor by which the price is multiplied each year), low, high (90 %; empty under four
        points), n, whole.
    """
    slope = slope or _slope
    if steps.empty:
        return pd.DataFrame(columns=["months", "per_year", "low", "high", "n", "whole"])
    first, last = steps["day"].iloc[0], pd.Timestamp(last_day)
    span = (last - first).days / DAYS_A_YEAR * 12
    closes = [(months, first + pd.DateOffset(months=months)) for months in windows]
    rows = [slope(steps, months, close) for months, close in closes if close <= last]
    if span > 0 and not any(abs(row["months"] - span) < 1 for row in rows):
        rows.append(slope(steps, span, last))
    table = pd.DataFrame(rows)
    if not table.empty:
        table["whole"] = table["months"] == table["months"].max()
    return table


def _slope(steps: pd.DataFrame, months: float, close: pd.Timestamp) -> dict[str, float]:
    inside = steps[steps["day"] <= close]
    days, values = list(inside["day"]), list(inside["price"])
    if days[-1] < close:
        days, values = [*days, close], [*values, values[-1]]
    if len(days) >= FEWEST_POINTS:
        fit = growth_fit(days, values)
        return {"months": months, "per_year": fit.per_year, "low": fit.low, "high": fit.high, "n": fit.n}
    rate = factor_per_year(steps, days[0], close)
    return {"months": months, "per_year": rate, "low": float("nan"), "high": float("nan"), "n": len(days)}


def falls_by_age(steps: pd.DataFrame, last_day: pd.Timestamp | date | str, years: int = 3) -> pd.DataFrame:
    """
    Fall of the price in the first, second and third year after a level was first on offer.

    Returns
    -------
    DataFrame
        year (1, 2, ...), start, end, share_ratio (share by which the price fell); only years that had closed.
    """
    first, last = steps["day"].iloc[0], pd.Timestamp(last_day)
    rows = []
    for year in range(1, years + 1):
        start, end = first + pd.DateOffset(years=year - 1), first + pd.DateOffset(years=year)
        if end <= last:
            share = 1 - price_on(steps, end) / price_on(steps, start)
            rows.append({"year": year, "start": start, "end": end, "share_ratio": share})
    return pd.DataFrame(rows, columns=["year", "start", "end", "share_ratio"])


def standing(offered: pd.DataFrame, score: float, day: pd.Timestamp | date | str) -> float:
    """
    Cheapest price actually listed on a day for a score: above the frontier where the cheapest offer was withdrawn.

    Raises
    ------
    VintageError
        If nothing that reaches the score was listed on the day.
    """
    stamp = pd.Timestamp(day)
    listed = offered[(offered["score"] >= score) & (offered["start"] <= stamp) & (offered["end"] >= stamp)]
    if listed.empty:
        msg = f"no offer that reaches {score} was listed on {stamp.date()}"
        raise VintageError(msg)
    return float(listed["price"].min())


def level_score(level: Level, capability: pd.DataFrame) -> float:
    """
    Score that sets a level.

    Raises
    ------
    VintageError
        If the model that sets it was not yet out.
    """
    rows = capability[capability["benchmark"] == level.benchmark]
    found = rows[rows["model"].map(canonical) == level.model]
    if found.empty:
        msg = f"the level of {level.name} was not known by then: its model was not yet out"
        raise VintageError(msg)
    return float(found.sort_values("date", kind="stable")["score"].iloc[0])


def open_closed_gap(scored: pd.DataFrame, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """
    How far the best open-weight model was behind the best closed one, in points and in months, on each day.

    Parameters
    ----------
    scored : DataFrame
        From :func:`scores`.
    days : sequence of days
        When to look.

    Returns
    -------
    DataFrame
        day, best_open, best_closed, gap_points, lag_months: months since a closed model first did at least as well as
        the best open one of the day (0 if none had). Days before both kinds exist are left out.

    Examples
    --------
    >>> scored = pd.DataFrame({"score": [50.0, 60.0, 50.0], "open_weights": [False, False, True],
    ...     "released": pd.to_datetime(["2024-01-01", "2024-06-01", "2024-07-01"])})
    >>> open_closed_gap(scored, [pd.Timestamp("2024-12-31")])[["gap_points", "lag_months"]].round(1).values.tolist()
    [[10.0, 12.0]]
    """
    rows = []
    for day in days:
        out = scored[scored["released"] <= day]
        opened, closed = out[out["open_weights"]], out[~out["open_weights"]]
        if opened.empty or closed.empty:
            continue
        best = opened["score"].max()
        level = closed[closed["score"] >= best]
        lag = 0.0 if level.empty else (day - level["released"].min()).days / DAYS_A_YEAR * 12
        top = closed["score"].max()
        rows.append(
            {"day": day, "best_open": best, "best_closed": top, "gap_points": top - best, "lag_months": lag},
        )
    return pd.DataFrame(rows, columns=["day", "best_open", "best_closed", "gap_points", "lag_months"])


def record_lags(scored: pd.DataFrame) -> pd.DataFrame:
    """
    For each open-weight model that beat all open ones before it: months since a closed model first did as well.

    Unlike the lag on a given day it does not grow while everybody waits for the next release.

    Parameters
    ----------
    scored : DataFrame
        From :func:`scores`.

    Returns
    -------
    DataFrame
        capability_model, day (its release), score, lag_months (0 where no closed model had done as well).

    Examples
    --------
    >>> scored = pd.DataFrame({"score": [50.0, 50.0], "open_weights": [False, True],
    ...     "released": pd.to_datetime(["2024-01-01", "2024-07-01"])}, index=["a", "b"])
    >>> record_lags(scored)["lag_months"].round(1).tolist()
    [6.0]
    """
    ordered = scored.sort_values("released", kind="stable")
    opened, closed = ordered[ordered["open_weights"]], ordered[~ordered["open_weights"]]
    before = opened["score"].cummax().shift()
    records = opened[before.isna() | (opened["score"] > before)]
    rows = []
    for model, record in records.iterrows():
        earlier = closed[(closed["score"] >= record["score"]) & (closed["released"] <= record["released"])]
        days = 0 if earlier.empty else (record["released"] - earlier["released"].min()).days
        row = {"capability_model": model, "day": record["released"], "score": record["score"]}
        rows.append({**row, "lag_months": days / DAYS_A_YEAR * 12})
    return pd.DataFrame(rows, columns=["capability_model", "day", "score", "lag_months"])


def mainstream_lines(prices: pd.DataFrame) -> pd.DataFrame:
    """
    Blended list price of each house's mainstream model, at each change: a newer model replaces its predecessor.

    Parameters
    ----------
    prices : DataFrame
        Rows of ``token_prices.csv`` known on the day.

    Returns
    -------
    DataFrame
        provider, model, day, price, source; by provider and day.
    """
    priced = prices.assign(price=blended(prices))
    rows = []
    for provider, line in MAINSTREAM.items():
        for order, model in enumerate(line):
            listed = priced[(priced["provider"] == provider) & (priced["model"] == model)]
            rows += [(provider, model, order, *row) for row in listed[["first_seen", "price", "source"]].to_numpy()]
    table = pd.DataFrame(rows, columns=["provider", "model", "order", "day", "price", "source"])
    table["day"] = pd.to_datetime(table["day"])
    table["price"] = table["price"].astype(float)
    table = table.sort_values(["provider", "day", "order"], kind="stable")
    # An old model repriced after its successor came out no longer speaks for the house.
    current = table["order"] >= table.groupby("provider")["order"].cummax()
    return table[current].drop(columns="order").reset_index(drop=True)


def mainstream_change(lines: pd.DataFrame, end: pd.Timestamp | date | str, months: int = 12) -> pd.DataFrame:
    """
    What each house's mainstream price was at the two ends of a span; houses without both ends are left out.

    Returns
    -------
    DataFrame
        provider, before, after, fall_ratio (negative where the price rose).
    """
    stop = pd.Timestamp(end)
    begin = stop - pd.DateOffset(months=months)
    rows = []
    for provider, line in lines.groupby("provider", sort=False):
        if line["day"].iloc[0] <= begin:
            before, after = price_on(line, begin), price_on(line, stop)
            rows.append({"provider": provider, "before": before, "after": after, "fall_ratio": 1 - after / before})
    return pd.DataFrame(rows, columns=["provider", "before", "after", "fall_ratio"])


def best_on_offer(offered: pd.DataFrame, days: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """
    The most capable model listed on each day and its cheapest price then: what the best costs.

    Returns
    -------
    DataFrame
        day, capability_model, score, price.
    """
    rows = []
    for day in days:
        listed = offered[(offered["start"] <= day) & (offered["end"] >= day)]
        if listed.empty:
            continue
        best = listed[listed["score"] == listed["score"].max()].sort_values("price", kind="stable").iloc[0]
        rows.append({"day": day, **best[["capability_model", "score", "price"]].to_dict()})
    return pd.DataFrame(rows, columns=["day", "capability_model", "score", "price"])


class Market:
    """
    Offers, frontiers and scores of all the evidence, joined once; every question is then cut at a day.

    A frontier up to a day is the beginning of the frontier of any later day, and the lag of an open model behind a
    closed one is settled on the day it comes out, so that nothing has to be worked out twice.

    Parameters
    ----------
    evidence : Evidence
        Whose tables are joined.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._prices, self._capability = evidence.tables["token_prices"], evidence.tables["capability"]
        self._aliases = load_aliases(evidence.root)
        self._kept: dict[tuple, Any] = {}

    def _once(self, key: tuple, function: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = function()
        return self._kept[key]

    def offers(self, benchmark: str) -> pd.DataFrame:
        """All offers of models scored on a benchmark."""
        return self._once(
            ("offers", benchmark), lambda: offers(self._prices, self._capability, self._aliases, benchmark)
        )

    def _all_scores(self, benchmark: str) -> pd.DataFrame:
        return self._once(("scores", benchmark), lambda: scores(self._capability, benchmark))

    def scores(self, benchmark: str, day: date) -> pd.DataFrame:
        """Scores of the models released by a day."""
        every = self._all_scores(benchmark)
        return every.iloc[: int(every["released"].searchsorted(pd.Timestamp(day), side="right"))]

    def last_scored(self, benchmark: str, day: date) -> pd.Timestamp:
        """
        Release of the last scored model by a day: beyond it a frontier is only an upper bound.

        Raises
        ------
        VintageError
            If no model was scored by then.
        """
        released = self._all_scores(benchmark)["released"]
        place = int(released.searchsorted(pd.Timestamp(day), side="right"))
        if place == 0:
            msg = f"no model out by {day} was scored on {benchmark}: ask for a later day"
            raise VintageError(msg)
        return released.iloc[place - 1]

    def steps(self, level: Level, day: date) -> pd.DataFrame:
        """
        Frontier of a level up to the last scored model by a day.

        Raises
        ------
        VintageError
            If the level was not on offer by then.
        """
        whole = self._once(
            ("frontier", level), lambda: frontier(self.offers(level.benchmark), level_score(level, self._capability))
        )
        known = int(whole["day"].searchsorted(self.last_scored(level.benchmark, day), side="right"))
        if known == 0:
            msg = f"no model on offer reached the level of {level.name} by {day}: ask for a later day"
            raise VintageError(msg)
        return self._once(("steps", level, known), lambda: whole.iloc[:known])

    def slopes(self, level: Level, day: date) -> pd.DataFrame:
        """:func:`slopes_by_window` of a level as known on a day; windows that closed earlier are not fitted again."""
        steps, last = self.steps(level, day), self.last_scored(level.benchmark, day)

        def slope(steps: pd.DataFrame, months: float, close: pd.Timestamp) -> dict[str, float]:
            return self._once(("slope", level, close), lambda: _slope(steps, months, close))

        return self._once(("slopes", level, last), lambda: slopes_by_window(steps, last, slope=slope))

    def record_lags(self, benchmark: str, day: date) -> pd.DataFrame:
        """:func:`record_lags` of the models released by a day."""
        table = self._once(("lags", benchmark), lambda: record_lags(self._all_scores(benchmark)))
        return table[table["day"] <= pd.Timestamp(day)]

    def gap(self, benchmark: str, day: pd.Timestamp) -> pd.DataFrame:
        """:func:`open_closed_gap` on one day: one row, or none before both kinds exist."""
        return self._once(("gap", benchmark, day), lambda: open_closed_gap(self.scores(benchmark, day), [day]))

    def mainstream(self, day: date) -> pd.DataFrame:
        """:func:`mainstream_lines` up to a day."""
        lines = self._once(("mainstream",), lambda: mainstream_lines(self._prices))
        return lines[lines["day"] <= pd.Timestamp(day)]


_MARKETS: dict[int, Market] = {}


def market(view: View) -> Market:
    """The market of a view's evidence, built on first use and dropped with the evidence."""
    evidence = view.evidence
    key = id(evidence)
    if key not in _MARKETS:
        _MARKETS[key] = Market(evidence)
        weakref.finalize(evidence, _MARKETS.pop, key, None)
    return _MARKETS[key]
