"""Findings on history as control: what the equation would have said of earlier build-outs, and how AI stands there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import pandas as pd

from .. import episodes
from ..errors import VintageError
from ..evidence import source_keys
from ..quantity import Quantity
from . import Context, finding

AI = "AI"
AI_STARTS = 2022  # spending for AI is counted from here on
CORNERS = "every end of what is supposed of the episode, members of one assumption together"
WAITS = "ends of coverage and of the years owners wait"


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="history", says=says)


def rows_of(context: Context, key: str) -> pd.DataFrame:
    """Years of an episode that could be run, with the figures known on the day, by year."""
    rows = episodes.run(context.view, key)
    return rows[rows["verdict"] != "cannot be run"].set_index("year", drop=False)


def _record(context: Context, key: str, column: str = "verdict") -> episodes.Record:
    return episodes.record(context.view, key, column=column)


def _at_peak(context: Context, key: str) -> pd.Series:
    """The last year that could be run up to the peak of spending."""
    rows, peak = rows_of(context, key), _record(context, key).peak
    until = rows[rows["year"] <= peak] if peak is not None else rows.iloc[:0]
    if until.empty:
        msg = f"no year of {episodes.book()[key].name} up to its peak could be run with what was known on that day"
        raise VintageError(msg)
    return until.iloc[-1]


def _first(context: Context, key: str) -> pd.Series:
    rows = rows_of(context, key)
    if rows.empty:
        msg = f"no year of {episodes.book()[key].name} could be run with what was known on that day"
        raise VintageError(msg)
    return rows.iloc[0]


def _lowest(context: Context, key: str) -> pd.Series:
    _first(context, key)
    rows = rows_of(context, key)
    return rows.loc[rows["value"].astype(float).idxmin()]


def _coverage(row: pd.Series) -> Quantity:
    return Quantity(
        row["value"],
        "ratio",
        row["low"],
        row["high"],
        grade="assumed",
        sources=source_keys([row["source"]]),
        interval=CORNERS,
    )


def _coverage_finding(name: str, key: str, pick: Callable[[Context, str], pd.Series], says: str) -> None:
    @_finding(name, "ratio", says)
    def _found(context: Context) -> Quantity:
        return _coverage(pick(context, key))


_coverage_finding(
    "uk_railways_coverage_at_start_ratio",
    "uk_railways",
    _first,
    "receipts of UK railways over what their capital required, first year on record, before the mania",
)
_coverage_finding(
    "uk_railways_coverage_at_peak_ratio",
    "uk_railways",
    _at_peak,
    "receipts of UK railways over what their capital required, last year on record up to the peak of spending",
)
_coverage_finding(
    "us_telecom_coverage_at_peak_ratio",
    "us_telecom",
    _at_peak,
    "revenue of US telecom over what its capital required, last year on record up to the peak of spending",
)
_coverage_finding(
    "cloud_coverage_at_first_ratio",
    "cloud",
    _first,
    "revenue of Amazon's cloud over what its capital required, first year of its accounts",
)
_coverage_finding(
    "cloud_coverage_lowest_ratio",
    "cloud",
    _lowest,
    "revenue of Amazon's cloud over what its capital required, lowest year",
)
_coverage_finding(
    "internet_coverage_lowest_ratio",
    "internet",
    _lowest,
    "revenue of Alphabet over what its capital required, lowest year",
)


@_finding(
    "us_telecom_added_coverage_ratio",
    "ratio",
    "revenue that US telecom added since its first year run, over required revenue added, at the peak of spending",
)
def _added(context: Context) -> Quantity:
    row = _at_peak(context, "us_telecom")
    if pd.isna(row["added"]):
        msg = "coverage of what US telecom added needs two years, and one was known"
        raise VintageError(msg)
    return Quantity(
        row["added"],
        "ratio",
        grade="assumed",
        sources=source_keys([row["source"]]),
        interval="none: differences of central values",
    )


# --- growth that was needed, and growth that came


def _needed(row: pd.Series, building: bool) -> Quantity:
    rising = row["requirement_growth_ratio"] if building else 0.0
    if pd.isna(rising):
        msg = f"how fast the requirement of {row['episode']} grew up to {row['year']} was not known"
        raise VintageError(msg)
    waits = episodes.book().catch_up_years
    combinations = itertools.product((row["low"], row["high"]), (*waits.low, *waits.base, *waits.high))
    ends = [episodes.needed_growth(covered, rising, years) for covered, years in combinations]
    value = episodes.needed_growth(row["value"], rising, waits.base[0])
    return Quantity(
        value,
        "ratio",
        min(value, *ends),
        max(value, *ends),
        grade="assumed",
        sources=source_keys([row["source"]]),
        interval=WAITS,
    )


def _came(row: pd.Series) -> Quantity:
    if pd.isna(row["came_growth_ratio"]):
        msg = f"how revenue of {row['episode']} grew after {row['year']} was not known"
        raise VintageError(msg)
    keys = source_keys([row["source"]])
    return Quantity(row["came_growth_ratio"], "ratio", grade="estimated", sources=keys, interval="none: two figures")


def _growth_findings(stem: str, called: str, row: Callable[[Context], pd.Series]) -> None:
    for suffix, building, words in (
        ("standing", False, "if nothing more were built"),
        ("building", True, "if building went on growing as in the last year"),
    ):

        @_finding(
            f"{stem}_growth_needed_{suffix}_ratio",
            "ratio",
            f"yearly growth of revenue that {called} needed to be covered in time, {words}",
        )
        def _found(context: Context, building: bool = building) -> Quantity:
            return _needed(row(context), building)

    if stem == "ai":
        return

    @_finding(f"{stem}_growth_came_ratio", "ratio", f"yearly growth of revenue of {called} in the years after")
    def _after(context: Context) -> Quantity:
        return _came(row(context))


_growth_findings("uk_railways", "UK railways at their peak", lambda context: _at_peak(context, "uk_railways"))
_growth_findings("cloud", "the cloud in its lowest year", lambda context: _lowest(context, "cloud"))
_growth_findings("ai", "AI", lambda context: _latest_ai(context))


# --- where AI stands


def ai_rows(context: Context) -> pd.DataFrame:
    """
    AI in the same table: at the end of each year as known two months later, and on the day.

    Its revenue is a run rate and its requirement holds energy and operations, as everywhere in the report.

    Returns
    -------
    DataFrame
        Columns of :func:`aieq.episodes.run`, with ``running`` for the year under way.
    """

    def compute() -> pd.DataFrame:
        rows: list[dict] = []
        for year in range(AI_STARTS, context.as_of.year + 1):
            day = min(pd.Timestamp(year + 1, 2, 28).date(), context.as_of)
            there = context.at(day)
            sides = [there.get(n) for n in ("actual_ai_revenue_usd_bn", "required_revenue_capital_usd_bn")]
            covered = there.get("coverage_capital_ratio")
            row = {"key": "ai", "episode": AI, "year": year, "clock": year - AI_STARTS}
            if covered is None or sides[0] is None or sides[1] is None:
                rows.append(row | {"verdict": "cannot be run", "missing": f"AI revenue of {year}"})
                continue
            low, high = (covered.value if end is None else end for end in (covered.low, covered.high))
            row |= {
                "reading": "five builders, revenue of the whole industry",
                "revenue_bn": sides[0].value,
                "required_bn": sides[1].value,
                "value": covered.value,
                "low": low,
                "high": high,
                "verdict": episodes.verdict(covered.value, low, high),
                "central": episodes.verdict(covered.value),
                "grade": covered.grade,
                "source": ";".join(covered.sources),
            }
            rows.append(row | _ai_growth(there, covered.value))
        table = episodes.table(rows)
        return table.assign(running=table["year"] == context.as_of.year)

    return context.memo("ai as an episode", compute)


def _ai_growth(there: Context, covered: float) -> dict:
    """Growth of both sides over the last year, and what was needed, as for an episode."""
    years = episodes.book().catch_up_years.base[0]
    day = there.as_of
    before = there.at(day.replace(year=day.year - 1, day=min(day.day, 28)))
    sold, asked = there.get("actual_growth_multiple"), before.get("required_revenue_capital_usd_bn")
    out: dict = {"needed_standing_ratio": episodes.needed_growth(covered, 0.0, years)}
    if sold is not None:
        out["known_growth_ratio"] = sold.value - 1
    if asked is not None:
        rising = there["required_revenue_capital_usd_bn"].value / asked.value - 1
        out |= {
            "requirement_growth_ratio": rising,
            "needed_building_ratio": episodes.needed_growth(covered, rising, years),
        }
    if sold is not None and asked is not None:
        out["course"] = episodes.course(
            out["known_growth_ratio"], out["needed_standing_ratio"], out["needed_building_ratio"]
        )
    return out


def _latest_ai(context: Context) -> pd.Series:
    rows = ai_rows(context)
    rows = rows[rows["verdict"] != "cannot be run"]
    if rows.empty:
        msg = "coverage of AI was not known on that day"
        raise VintageError(msg)
    return rows.iloc[-1]


# --- frames and words for the chapter


def coverage_frame(context: Context) -> pd.DataFrame:
    """Coverage of every year that could be run, all episodes and AI, on one clock."""
    frames = [
        rows_of(context, episode.key).reset_index(drop=True).assign(running=False)
        for episode in episodes.book().episodes
    ]
    ai = ai_rows(context)
    frames.append(ai[ai["verdict"] != "cannot be run"])
    kept = [
        frame[["key", "episode", "year", "clock", "value", "low", "high", "verdict", "running", "source"]]
        for frame in frames
    ]
    frame = pd.concat([one for one in kept if len(one)], ignore_index=True)
    numbers = ["value", "low", "high"]
    return frame.assign(
        **frame[numbers].astype(float), year=frame["year"].astype(int), clock=frame["clock"].astype(int)
    )


def spans(years: Iterable[int]) -> str:
    """
    Write years with what runs on joined.

    Examples
    --------
    >>> spans([1843, 1844, 1847])
    '1843–1844, 1847'
    """
    parts: list[list[int]] = []
    for year in sorted(years):
        if parts and year == parts[-1][-1] + 1:
            parts[-1].append(year)
        else:
            parts.append([year])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _by_verdict(rows: pd.DataFrame, column: str) -> str:
    ran = rows[rows["verdict"] != "cannot be run"]
    told = [
        f"{word}: {spans(ran.loc[ran[column] == word, 'year'])}"
        for word in episodes.VERDICTS
        if (ran[column] == word).any()
    ]
    return "; ".join(told) or "none"


def verdict_table(context: Context) -> pd.DataFrame:
    """
    Verdict of each year by episode, how it ended, what the record of the method is, and what could not be run.

    Returns
    -------
    DataFrame
        episode, ended, whole (verdicts over the whole range), central, result, not_run.
    """
    out = []
    for episode in episodes.book().episodes:
        rows = episodes.run(context.view, episode.key)
        silent = rows[rows["verdict"] == "cannot be run"]
        told = _record(context, episode.key)
        central = _record(context, episode.key, "central")
        result = (
            told.result if told.result == central.result else f"{told.result}; by the central value {central.result}"
        )
        out.append(
            {
                "episode": f"{episode.name}, {episode.first}–{episode.last}",
                "ended": episode.outcome,
                "whole": _by_verdict(rows, "verdict"),
                "central": _by_verdict(rows, "central"),
                "result": result,
                "not_run": _silent(silent),
            }
        )
    ai = ai_rows(context)
    out.append(
        {
            "episode": f"AI, {AI_STARTS}–{context.as_of.year}",
            "ended": "not known",
            "whole": _by_verdict(ai, "verdict"),
            "central": _by_verdict(ai, "central"),
            "result": "open",
            "not_run": _silent(ai[ai["verdict"] == "cannot be run"]),
        }
    )
    return pd.DataFrame(out)


def _silent(rows: pd.DataFrame) -> str:
    """Years that could not be run, and which figures are missing, without naming the year again."""
    if rows.empty:
        return "none"
    what = dict.fromkeys(
        part.removesuffix(f" of {year}").removesuffix(f" up to {year}")
        for year, told in zip(rows["year"], rows["missing"], strict=True)
        for part in told.split("; ")
    )
    return f"{spans(rows['year'])}: no {'; no '.join(what)}"


_WORDS = ("none", "one", "two", "three", "four", "five")


def words(context: Context) -> dict[str, str]:
    """
    Wording of the section that depends on the record: how many of five, and what was said when.

    Returns
    -------
    dict
        Name to text.
    """
    book = episodes.book().episodes
    out: dict[str, str] = {"episodes_all": _WORDS[len(book)]}
    for column, suffix in (("verdict", ""), ("central", "_central")):
        results = [_record(context, episode.key, column).result for episode in book]
        for name, result in (("right", "called right"), ("missed", "missed"), ("alarms", "false alarm")):
            out[f"episodes_{name}{suffix}"] = _WORDS[results.count(result)]
    margin = common_margin(context)
    changed = sum(
        episodes.record(context.view, episode.key, column=column, margin=margin).result
        != _record(context, episode.key, column).result
        for episode in book
        for column in ("verdict", "central")
    )
    out["episodes_margin"] = "changes none of these results" if not changed else f"changes {_counted(changed)} of them"
    for episode in book:
        rows = rows_of(context, episode.key)
        out[f"{episode.key}_years"] = spans(rows["year"]) or "no year"
    for name, row in (
        ("uk_railways_peak", _or_none(_at_peak, context, "uk_railways")),
        ("us_telecom_peak", _or_none(_at_peak, context, "us_telecom")),
        ("cloud_low", _or_none(_lowest, context, "cloud")),
        ("ai_now", _or_none(lambda c, _: _latest_ai(c), context, "")),
    ):
        out[f"{name}_year"] = str(row["year"]) if row is not None else "no year on record"
        out[f"{name}_verdict"] = row["verdict"] if row is not None else "cannot be run"
        told = row["course"] if row is not None else None
        out[f"{name}_course"] = told if isinstance(told, str) else "not known"
    lead = _record(context, "uk_railways", "central").lead_years
    out["uk_railways_lead"] = "no years" if lead is None else f"{_counted(lead)} years"
    telecom = rows_of(context, "us_telecom").dropna(subset=["other_readings"])
    out["us_telecom_other_verdict"] = telecom["other_readings"].iloc[-1] if len(telecom) else "cannot be run"
    out["us_telecom_other_year"] = str(telecom["year"].iloc[-1]) if len(telecom) else "no year"
    out["catch_up"] = f"{_counted(int(episodes.book().catch_up_years.base[0]))} years"
    out["ai_beside"] = "below every year of every one of them" if _below_all(context) else "no longer below all of them"
    firsts = {key: _or_none(_first, context, key) for key in ("cloud", "internet")}
    for key, row in firsts.items():
        out[f"{key}_age"] = _ordinal(int(row["clock"]) + 1) if row is not None else "no"
    return out


def _counted(number: int) -> str:
    return _WORDS[number] if number < len(_WORDS) else str(number)


def _ordinal(number: int) -> str:
    """
    Write a small ordinal.

    Examples
    --------
    >>> _ordinal(8), _ordinal(21)
    ('eighth', '21st')
    """
    small = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
    if 1 <= number <= len(small):
        return small[number - 1]
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _or_none(pick: Callable[[Context, str], pd.Series], context: Context, key: str) -> pd.Series | None:
    try:
        return pick(context, key)
    except VintageError:
        return None


def common_margin(context: Context) -> tuple[float, float, float]:
    """Base and range of the share of revenue that is not for capital which the report takes for AI."""
    margin = context.scenario.quantity("buyer_gross_margin_ratio")
    low, high = (margin.value if end is None else end for end in (margin.low, margin.high))
    return margin.value, low, high


def chart_title(context: Context) -> str:
    """The title of the chart, true of what it shows."""
    if _below_all(context):
        return "AI covers less of what its capital asks than any earlier build-out in any year on record"
    return "What AI covers of what its capital asks, beside earlier build-outs"


def _below_all(context: Context) -> bool:
    """Whether the latest central value of AI lies below that of every year of every episode."""
    frame = coverage_frame(context)
    ai, others = frame[frame["key"] == "ai"], frame[frame["key"] != "ai"]
    return bool(len(ai) and len(others) and ai["value"].iloc[-1] < others["value"].min())
