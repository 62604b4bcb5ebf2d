"""Our forecasts as they would have been made at every past quarter-end, and what came."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ..assumptions import Scenario
from ..errors import VintageError
from ..evidence import View, per_view
from . import method
from .scores import crps_draws, crps_normal
from .series import SERIES, Series, quarter_ends

FIRST = date(2023, 6, 30)
QUARTERS = (4, 8)
BASELINES = {"no_change": method.no_change, "same_growth": method.same_growth}
_HEAD = ("series", "made", "quarters", "target", "level", "why")
_SCORED = ("outcome", "pit", "error", "crps", *(f"{kind}_{name}" for name in BASELINES for kind in ("middle", "crps")))


def begin(one: Series, view: View, path: pd.DataFrame) -> method.Start:
    """
    Measure level and growth of a series from what was known on a view's day.

    Parameters
    ----------
    one : Series
        What.
    view : View
        The state of knowledge.
    path : DataFrame
        AI revenue as known at each month's end (:func:`aieq.revenue.ai_revenue_path`), of this day or a later one.

    Raises
    ------
    VintageError
        If growth over a year could not be measured on that day.
    """
    if one.of_path:
        return method.start(one.known(view, path), fitted=one.fades is None)
    found = _begin(view, one.key)
    if isinstance(found, VintageError):
        raise found.with_traceback(None)
    return found


@per_view
def _begin(view: View, key: str) -> method.Start | VintageError:
    one = SERIES[key]
    try:
        return method.start(one.known(view, pd.DataFrame()), fitted=one.fades is None)
    except VintageError as error:
        return error.with_traceback(None)


def forecast(
    one: Series, begun: method.Start, day: date | pd.Timestamp, scenario: Scenario, quarters: int
) -> tuple[pd.Timestamp, float, np.ndarray]:
    """
    Forecast a series from its start.

    Parameters
    ----------
    one : Series
        What.
    begun : Start
        From :func:`begin`.
    day : date
        On which the forecast is made.
    scenario : Scenario
        Beliefs on the fade.
    quarters : int
        How far ahead of that day.

    Returns
    -------
    tuple
        The day meant, years from the last figure to it, and sorted draws of the logarithm.
    """
    meant = one.meant(target(day, quarters))
    years = (meant - begun.day).days / method.DAYS_A_YEAR
    return meant, years, method.ours(begun, years, scenario, one.fades)


def target(day: date | pd.Timestamp, quarters: int) -> pd.Timestamp:
    """
    The day so many quarters on; from the end of a month to the end of a month.

    Examples
    --------
    >>> str(target(date(2024, 6, 30), 8).date()), str(target(date(2025, 2, 28), 4).date())
    ('2026-06-30', '2026-02-28')
    """
    stamp = pd.Timestamp(day)
    ahead = stamp + pd.DateOffset(months=3 * quarters)
    return ahead + pd.offsets.MonthEnd(0) if stamp.is_month_end else ahead


def back_forecasts(view: View, scenario: Scenario, path: pd.DataFrame) -> pd.DataFrame:
    """
    Make every past quarter-end's forecasts again and score those whose day has come.

    Parameters
    ----------
    view : View
        Up to which day outcomes count; forecasts are made of earlier days' views.
    scenario : Scenario
        The beliefs of today: the method is the present one, its inputs are those of the day.
    path : DataFrame
        AI revenue as known at each month's end up to the view's day.

    Returns
    -------
    DataFrame
        series, made, quarters, target, level, q05 to q95 (levels), outcome (empty while open), pit, error (logarithm
        of outcome over median), and for ours and each baseline its median and its score ``crps_*`` (in logarithms);
        `why` says why no forecast could be made.
    """
    rows = []
    for day in quarter_ends(FIRST, view.day):
        then = view.evidence.as_of(day.date())
        for one in SERIES.values():
            heads = [{"series": one.key, "made": day, "quarters": quarters} for quarters in QUARTERS]
            try:
                begun = begin(one, then, path)
            except VintageError as error:
                rows += [
                    {**head, "target": one.meant(target(day, head["quarters"])), "why": str(error)} for head in heads
                ]
                continue
            for head in heads:
                meant, years, draws = forecast(one, begun, day, scenario, head["quarters"])
                row = {**head, "target": meant, "level": begun.level, "why": ""} | quantiles(draws)
                came = one.happened(view, path, meant) if meant <= pd.Timestamp(view.day) else None
                rows.append(row if came is None else row | _score(begun, years, draws, came))
    return pd.DataFrame(rows, columns=[*_HEAD, *quantile_names(), *_SCORED])


def quantile_names() -> list[str]:
    """Columns that hold the quantiles."""
    return [f"q{round(100 * level):02d}" for level in method.LEVELS]


def quantiles(draws: np.ndarray) -> dict[str, float]:
    """Levels at :data:`aieq.scoreboard.method.LEVELS` from draws of the logarithm."""
    return dict(zip(quantile_names(), np.exp(np.quantile(draws, method.LEVELS)).tolist(), strict=True))


def _score(begun: method.Start, years: float, draws: np.ndarray, came: float) -> dict[str, float]:
    log = float(np.log(came))
    found = {
        "outcome": came,
        "pit": float((np.searchsorted(draws, log, "left") + np.searchsorted(draws, log, "right")) / 2 / len(draws)),
        "error": log - float(np.median(draws)),
        "crps": crps_draws(log, draws),
    }
    for name, baseline in BASELINES.items():
        simple = baseline(begun, years)
        found[f"middle_{name}"] = float(np.exp(simple.middle))
        found[f"crps_{name}"] = crps_normal(log, simple.middle, simple.spread)
    return found
