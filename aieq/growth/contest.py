"""Shapes of growth scored on what came: each fitted to the first figures of a line, then asked for the later ones."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..errors import EvidenceError, FitError, ParameterError
from ..paths import FadingGrowth, decimal_year
from ..scoreboard.scores import crps_normal
from .half_life import NEAR_YEARS
from .shapes import FEWEST_FIGURES, SHAPES, Fitted, fit

NO_CHANGE, LAST_YEAR, ASSUMED = "no change", "last year's growth", "fading, as assumed"
RULES = (*SHAPES, NO_CHANGE, LAST_YEAR, ASSUMED)
_FEWEST_ERRORS = 3
_MOST_FLIPS = 20


@functools.lru_cache(maxsize=8192)
def _fitted(shape: str, t: tuple[float, ...], y: tuple[float, ...], lasting_ratio: float) -> Fitted | None:
    """One fit; None if it did not settle. The same figures are met again on every later day and in other scenarios."""
    try:
        return fit(shape, t, np.exp(np.array(y) - y[-1]), lasting_ratio=lasting_ratio)  # type: ignore[arg-type]
    except FitError:
        return None


def _said(
    t: tuple[float, ...], y: tuple[float, ...], ahead: tuple[float, ...], lasting_ratio: float, half_life: float
) -> dict[str, tuple[float, ...] | None]:
    """What each rule says of the growth after the last figure; None for one whose fit did not settle."""
    found: dict[str, tuple[float, ...] | None] = {}
    years, later = np.array(t), np.array(ahead)
    for shape in SHAPES:
        one = _fitted(shape, t, y, lasting_ratio if shape == "fading" else 0.0)
        found[shape] = None if one is None else tuple(np.atleast_1d(one.log_ahead(later)).tolist())
    found[NO_CHANGE] = tuple(0.0 for _ in ahead)
    if t[0] <= t[-1] - 1 + 0.05:
        last_year = float(y[-1] - np.interp(t[-1] - 1, years, np.array(y)))
        rule = FadingGrowth(math.expm1(last_year), lasting_ratio, half_life)
        found[LAST_YEAR] = tuple((last_year * later).tolist())
        found[ASSUMED] = tuple(np.atleast_1d(rule.log_factor(later)).tolist())
    return found


def rolling(
    lines: pd.DataFrame, *, lasting_ratio: float, half_life_years: float, horizons: Sequence[float] = (1.0, 2.0)
) -> pd.DataFrame:
    """
    Forecast each line from each of its figures by every rule, and lay what came beside it.

    A rule knows the figures up to its origin and no later one. It says how much growth follows; the level it starts
    from is the last figure for all rules alike, so that only the shape of growth is compared. The distribution of a
    forecast is normal in logarithms, as wide as the rule's own errors at that distance that had come to light by
    the origin, from three of them on. An origin at which a fit does not settle is marked in ``settled`` and counts
    for no rule.

    Parameters
    ----------
    lines : DataFrame
        line, day, value; sorted by day within a line, one figure a day.
    lasting_ratio, half_life_years : float
        Of the report's fading growth; the half-life is used by the rule that fits nothing.
    horizons : sequence of float
        Years ahead; the figure nearest to each counts, if it lies within a fifth of a year.

    Returns
    -------
    DataFrame
        line, rule, origin, target (days), horizon, said and came (logarithms of growth), error, spread, crps (not a
        number where there was no distribution yet), settled.
    """
    if not all(h > 0 for h in horizons):
        msg = f"horizons {list(horizons)}: each must be a time ahead, above zero"
        raise ParameterError(msg)
    rows = []
    for line, part in lines.groupby("line", sort=False):
        t, y = decimal_year(part["day"]), np.log(part["value"].to_numpy(dtype=float))
        days = part["day"].to_numpy()
        for place in range(FEWEST_FIGURES - 1, len(t) - 1):
            if t[0] > t[place] - 1 + 0.05:
                continue
            ahead = t[place + 1 :] - t[place]
            targets = [(h, int(np.abs(ahead - h).argmin())) for h in horizons]
            targets = [(h, at) for h, at in targets if abs(ahead[at] - h) <= NEAR_YEARS]
            if not targets:
                continue
            exact = tuple(float(ahead[at]) for _, at in targets)
            said = _said(tuple(t[: place + 1]), tuple(y[: place + 1]), exact, lasting_ratio, half_life_years)
            settled = None not in said.values()
            for rule, values in said.items():
                for number, (h, at) in enumerate(targets):
                    value = math.nan if values is None else values[number]
                    came = float(y[place + 1 + at] - y[place])
                    rows.append((line, rule, days[place], days[place + 1 + at], h, value, came, value - came, settled))
    columns = ["line", "rule", "origin", "target", "horizon", "said", "came", "error", "settled"]
    table = pd.DataFrame(rows, columns=columns)
    return _with_scores(table)


def _with_scores(table: pd.DataFrame) -> pd.DataFrame:
    spread, crps = np.full(len(table), np.nan), np.full(len(table), np.nan)
    for _, part in table.groupby(["line", "rule", "horizon"], sort=False):
        origins, targets = part["origin"].to_numpy(), part["target"].to_numpy()
        errors, places = part["error"].to_numpy(), part.index.to_numpy()
        for at in range(len(part)):
            before = errors[(targets <= origins[at]) & np.isfinite(errors)]
            if len(before) >= _FEWEST_ERRORS and np.isfinite(errors[at]):
                spread[places[at]] = math.sqrt(float((before**2).mean()))
                crps[places[at]] = crps_normal(0.0, float(errors[at]), spread[places[at]])
    return table.assign(spread=spread, crps=crps)


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """
    Mean absolute log error of each rule on each line, and its mean CRPS where all rules had a distribution.

    Returns
    -------
    DataFrame
        line, horizon, rule, n, error (mean absolute, in logarithms), bias (mean; above zero says too much), n_crps,
        crps.

    Examples
    --------
    >>> days = pd.date_range("2000-12-31", periods=9, freq="YE")
    >>> line = pd.DataFrame({"line": "a", "day": days, "value": [2.0**k for k in range(9)]})
    >>> found = scores(rolling(line, lasting_ratio=0.0, half_life_years=1.0, horizons=[1.0])).set_index("rule")
    >>> float(found.loc["exponential", "error"].round(2)), float(found.loc["no change", "error"].round(2))  # log 2
    (0.0, 0.69)
    """
    done = table[table["settled"]]
    rows = []
    for (line, horizon), part in done.groupby(["line", "horizon"], sort=False):
        told = part.groupby("origin")["crps"].transform(lambda crps: crps.notna().all())
        for rule, own in part.groupby("rule", sort=False):
            both = own[told[own.index]]
            rows.append(
                {
                    "line": line,
                    "horizon": horizon,
                    "rule": rule,
                    "n": len(own),
                    "error": float(own["error"].abs().mean()),
                    "bias": float(own["error"].mean()),
                    "n_crps": len(both),
                    "crps": float(both["crps"].mean()) if len(both) else math.nan,
                }
            )
    return pd.DataFrame(rows, columns=["line", "horizon", "rule", "n", "error", "bias", "n_crps", "crps"])


def sign_flip(differences: Sequence[float]) -> float:
    """
    Chance of a mean difference as far from zero as this one, were each difference as likely to have the other sign.

    All combinations of signs are gone through, so no distribution is supposed; the differences must not hang together,
    so give one for each line, not one for each forecast.

    Parameters
    ----------
    differences : sequence of float
        At most twenty.

    Examples
    --------
    Three of one sign: of eight combinations two are as extreme.

    >>> sign_flip([1.0, 2.0, 3.0])
    0.25
    """
    found = np.asarray(differences, dtype=float)
    if not (0 < len(found) <= _MOST_FLIPS and np.isfinite(found).all()):
        msg = f"{len(found)} differences: give one to {_MOST_FLIPS} numbers, one for each line"
        raise EvidenceError(msg)
    signs = np.array(list(itertools.product((1.0, -1.0), repeat=len(found))))
    sums = np.abs(signs @ found)
    return float((sums >= abs(found.sum()) * (1 - 1e-12)).mean())


def diebold_mariano(differences: Sequence[float], overlap: int) -> float:
    """
    Two-sided p-value of Diebold and Mariano's test, with the small-sample factor of Harvey, Leybourne and Newbold.

    Parameters
    ----------
    differences : sequence of float
        Loss of one rule less that of the other, forecast by forecast in the order of their origins.
    overlap : int
        How many steps between figures a forecast reaches ahead: the losses of so many forecasts hang together.

    Raises
    ------
    EvidenceError
        If there are too few forecasts for their overlap, or the estimated variance is not above zero: the test then
        has no answer.

    Examples
    --------
    One step ahead it is Student's t of the mean: here 2 / (sqrt(2/3) / sqrt(3)) x sqrt(2/3) = 2 sqrt(3).

    >>> round(diebold_mariano([1.0, 2.0, 3.0], 1), 4)
    0.0742
    """
    found = np.asarray(differences, dtype=float)
    n = len(found)
    if overlap < 1 or n < 2 * overlap + 1 or not np.isfinite(found).all():
        msg = f"{n} forecasts with an overlap of {overlap} decide nothing: {2 * max(overlap, 1) + 1} are needed"
        raise EvidenceError(msg)
    centred = found - found.mean()
    variance = float(centred @ centred) / n
    variance += 2 * sum(float(centred[k:] @ centred[:-k]) / n for k in range(1, overlap))
    factor = (n + 1 - 2 * overlap + overlap * (overlap - 1) / n) / n
    if not (variance > 0 and factor > 0):
        msg = f"the variance of {n} differences comes out at {variance:.3g}: the test has no answer for them"
        raise EvidenceError(msg)
    from scipy.special import stdtr

    return float(2 * stdtr(n - 1, -abs(found.mean()) * math.sqrt(factor * n / variance)))


def ranking(scored: pd.DataFrame, *, against: str = "exponential") -> pd.DataFrame:
    """
    Rules by their mean error over lines, each line counted once, with how far that order is from chance.

    Parameters
    ----------
    scored : DataFrame
        From :func:`scores`.
    against : str
        The rule that the others are compared with.

    Returns
    -------
    DataFrame
        horizon, rule, lines, error (mean over lines), wins (lines on which it is the best), better (lines on which it
        beats `against`), p (of the mean difference, by signs; 1 for `against` itself).
    """
    rows = []
    for horizon, part in scored.groupby("horizon", sort=True):
        wide = part.pivot(index="line", columns="rule", values="error").dropna()
        if wide.empty:
            continue
        best = wide.idxmin(axis=1)
        for rule in wide.columns:
            difference = wide[rule] - wide[against]
            rows.append(
                {
                    "horizon": horizon,
                    "rule": rule,
                    "lines": len(wide),
                    "error": float(wide[rule].mean()),
                    "wins": int((best == rule).sum()),
                    "better": int((difference < 0).sum()),
                    "p": sign_flip(difference) if rule != against else 1.0,
                }
            )
    table = pd.DataFrame(rows, columns=["horizon", "rule", "lines", "error", "wins", "better", "p"])
    return table.sort_values(["horizon", "error"], kind="stable").reset_index(drop=True)
