"""The outlook: bands, chances and the digits they have, from joint draws through the equation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from .. import equation
from ..errors import ScenarioError
from ..paths import log_growth
from .ahead import carry
from .draws import Joint, scrambles
from .sketch import Sketch

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
SCRAMBLES = 8
LAST_YEAR = 2035
_CHUNK = 2048
# What is followed over time, and what has one value for each draw.
PATHS = (
    "actual_ai_revenue_usd_bn",
    "required_revenue_usd_bn",
    "required_revenue_capital_usd_bn",
    "coverage_ratio",
    "coverage_capital_ratio",
)
SINGLE = ("break_even_years", "break_even_capital_years", "payback_years", "return_on_capital_multiple")
_YEARLY_RETURNS = (-0.9, 4.0)


@dataclass(frozen=True)
class Setting:
    """
    What is known on the day and not in doubt, and when the future is looked at.

    Parameters
    ----------
    day : date
        The day.
    born : ndarray
        Years from the day's clock to the middle of each past quarter of spending, rising, below zero.
    spending : ndarray
        Capital expenditure of each, USD bn.
    share_of : tuple of str
        Name of the input that is each quarter's AI share.
    latest, year_before : ndarray of bool
        Which belong to the latest whole quarter, and to the same quarter a year before.
    when : ndarray
        Years from the day at which the future is looked at, rising, the first 0.
    dates : tuple of date
        The same as days.
    """

    day: date
    born: np.ndarray
    spending: np.ndarray
    share_of: tuple[str, ...]
    latest: np.ndarray
    year_before: np.ndarray
    when: np.ndarray
    dates: tuple[date, ...]


def horizon(day: date, last_year: int = LAST_YEAR) -> tuple[np.ndarray, tuple[date, ...]]:
    """
    The day and the ends of the years after it.

    Examples
    --------
    >>> horizon(date(2034, 12, 31))[1]
    (datetime.date(2034, 12, 31), datetime.date(2035, 12, 31))
    """
    ends = [date(year, 12, 31) for year in range(day.year, last_year + 1)]
    dates = (day, *(end for end in ends if end > day))
    return np.array([(one - day).days / 365.25 for one in dates]), dates


def _by_class(values: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.stack([values[f"{name}.{member}"] for member in equation.ASSET_CLASSES])


def model(values: dict[str, np.ndarray], setting: Setting, *, single: bool = True) -> dict[str, np.ndarray]:
    """
    Carry draws of the inputs through both rules, today and ahead.

    Parameters
    ----------
    values : dict of str to ndarray, shape (draws,)
        Every input by name, as :class:`~aieq.outlook.draws.Joint` gives them.
    setting : Setting
        What is known.
    single : bool
        Whether payback and return, which cost as much as the rest, are wanted too.

    Returns
    -------
    dict of str to ndarray
        :data:`PATHS` with shape (draws, times), :data:`SINGLE` with shape (draws,); infinite means never within the
        horizon (break-even) or never at today's pace (payback).
    """
    past = np.stack([values[name] for name in setting.share_of]) * setting.spending[:, None]
    pace = past[setting.latest].sum(axis=0)
    # The middle of a quarter lies an eighth of a year before its end.
    born_ahead = np.arange(0.125, setting.when[-1], 0.25)
    lasting = np.log1p(values["lasting_growth_ratio"])
    building = np.log(pace / past[setting.year_before].sum(axis=0))

    def built(years: np.ndarray) -> np.ndarray:
        slowing = values["building_growth_half_life_years"]
        return np.exp(log_growth(building, lasting, slowing, years[:, None]))

    spent = np.concatenate([past, pace * built(born_ahead)])
    earning, fading = np.log(values["actual_growth_multiple"]), values["revenue_growth_half_life_years"]
    grown = np.exp(log_growth(earning, lasting, fading, setting.when[:, None]))
    revenue = (values["actual_ai_revenue_usd_bn"] * grown).T
    asset_shares = _by_class(values, "asset_share_ratio")
    capital = {
        "asset_life_years": _by_class(values, "asset_life_years"),
        "replacement_price_fall_ratio": _by_class(values, "replacement_price_fall_ratio"),
        "asset_share_ratio": asset_shares / asset_shares.sum(axis=0),
        **{name: values[name] for name in ("cost_of_capital_ratio", "energy_to_capital_ratio")},
        **{name: values[name] for name in ("operations_to_capital_ratio", "buyer_gross_margin_ratio")},
    }
    found = carry(capital, np.concatenate([setting.born, born_ahead]), spent, revenue, setting.when)
    envelope = equation.evaluate_all(
        ("required_revenue_usd_bn", "coverage_ratio"),
        accelerator_run_rate_usd_bn=(values["accelerator_run_rate_usd_bn"] * built(setting.when)).T,
        accelerator_share_ratio=values["cahn_accelerator_share_ratio"][:, None],
        buyer_gross_margin_ratio=values["cahn_buyer_gross_margin_ratio"][:, None],
        actual_ai_revenue_usd_bn=revenue,
    )
    paths = {
        "actual_ai_revenue_usd_bn": revenue,
        **envelope,
        "required_revenue_capital_usd_bn": found["required_revenue_capital_usd_bn"],
        "coverage_capital_ratio": found["coverage_capital_ratio"],
    }
    if not single:
        return paths
    net = revenue[:, 0] * (1 - capital["buyer_gross_margin_ratio"]) - found["running_cost_usd_bn"][:, 0]
    gross = found["gross_stock_usd_bn"][:, 0].sum(axis=1)
    with np.errstate(divide="ignore"):
        payback = np.where(net > 0, gross / np.maximum(net, 1e-12), np.inf)
    return paths | {
        "break_even_years": crossing(setting.when, envelope["coverage_ratio"]),
        "break_even_capital_years": crossing(setting.when, found["coverage_capital_ratio"]),
        "payback_years": payback,
        "return_on_capital_multiple": 1 + _return_on_capital(capital, found["effective_stock_usd_bn"][:, 0], net),
    }


def crossing(when: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """
    When each path first reaches one, interpolated in logarithms between the times; infinite if it does not.

    Examples
    --------
    >>> crossing(np.array([0.0, 1.0, 2.0]), np.array([[0.25, 0.5, 2.0], [0.1, 0.1, 0.1], [1.0, 0.5, 0.5]])).tolist()
    [1.5, inf, 0.0]
    """
    above = coverage >= 1
    first = above.argmax(axis=1)
    row = np.arange(len(coverage))
    before = np.maximum(first - 1, 0)
    left, right = np.log(coverage[row, before]), np.log(coverage[row, first])
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.where(first > 0, -left / (right - left), 0.0)
    reached = when[before] + step * (when[first] - when[before])
    return np.where(above.any(axis=1), reached, np.inf)


def _return_on_capital(capital: dict[str, np.ndarray], effective: np.ndarray, net: np.ndarray) -> np.ndarray:
    """
    Rate at which the rent of the stock is just what the stock nets: the return before tax, a year.

    Confined to -90 to 400 per cent a year: a stock that nets nothing returns the lower end.
    """
    from scipy.optimize import elementwise

    def short(rate: np.ndarray, net: np.ndarray, *columns: np.ndarray) -> np.ndarray:
        stock, life, fall = (np.stack(columns[i : i + classes], axis=-1) for i in (0, classes, 2 * classes))
        charge = equation.evaluate(
            "capital_charge_usd_bn",
            cost_of_capital_ratio=rate,
            effective_stock_usd_bn=stock,
            asset_life_years=life,
            replacement_price_fall_ratio=fall,
        )
        return charge - net

    columns = [*effective.T, *capital["asset_life_years"], *capital["replacement_price_fall_ratio"]]
    classes = effective.shape[1]
    low, high = _YEARLY_RETURNS
    ends = np.full(len(net), low), np.full(len(net), high)
    at_low, at_high = (short(end, net, *columns) for end in ends)
    found = elementwise.find_root(short, ends, args=(net, *columns), tolerances={"xatol": 1e-7})
    return np.where(at_low >= 0, low, np.where(at_high <= 0, high, found.x))


@dataclass(frozen=True)
class Outlook:
    """
    Bands and chances, with the doubt that is left about their digits.

    Parameters
    ----------
    setting : Setting
        The day and the times.
    joint : Joint
        What was drawn.
    draws : int
        How many in all.
    bands : DataFrame
        quantity, time (days; none for single values), level, value, error (standard error over the scrambles).
    chances : DataFrame
        rule (``coverage_ratio`` or ``coverage_capital_ratio``), time, at (share of draws covered then), by (covered
        then or before), error_at, error_by.
    """

    setting: Setting
    joint: Joint
    draws: int
    bands: pd.DataFrame = field(repr=False)
    chances: pd.DataFrame = field(repr=False)

    def band(self, quantity: str, time: date | None = None) -> pd.DataFrame:
        """
        Quantiles of a quantity, with their standard errors.

        Parameters
        ----------
        quantity : str
            One of :data:`PATHS` or :data:`SINGLE`.
        time : date, optional
            When; the day itself by default.

        Returns
        -------
        DataFrame
            value and error, by level.
        """
        rows = self.bands[self.bands["quantity"] == quantity]
        if rows.empty:
            msg = f"the outlook follows no {quantity!r}; it follows {', '.join((*PATHS, *SINGLE))}"
            raise ScenarioError(msg)
        if quantity in PATHS:
            rows = rows[rows["time"] == pd.Timestamp(time or self.setting.day)]
        return rows.set_index("level")[["value", "error"]]


def outlook(
    joint: Joint,
    setting: Setting,
    *,
    draws: int = 2**16,
    seed: int = 0,
    count: int = SCRAMBLES,
    threads: int = 2,
) -> Outlook:
    """
    Draw everything in doubt together and carry it through the equation.

    Parameters
    ----------
    joint : Joint
        What is in doubt.
    setting : Setting
        What is known.
    draws : int
        In all; a power of two.
    seed : int
        Reproduces the result to the last digit, whatever the number of threads.
    count : int
        Independent scrambles among which the draws are divided; their spread is the standard error.
    threads : int
        How many scrambles at once.

    Returns
    -------
    Outlook
    """
    check_draws(draws, count)
    times, size = len(setting.when), draws // count
    columns = len(PATHS) * times + len(SINGLE)
    chunk = min(size, _CHUNK)

    def one(sequence):  # noqa: ANN001, ANN202
        sketch = Sketch(columns)
        covered = np.zeros((2, 2, times), dtype=np.int64)
        for _ in range(size // chunk):
            found = model(joint.values(sequence.random(chunk)), setting)
            sketch.add(np.concatenate([*(found[n] for n in PATHS), *(found[n][:, None] for n in SINGLE)], axis=1))
            for rule, name in enumerate(("coverage_ratio", "coverage_capital_ratio")):
                at = found[name] >= 1
                covered[rule] += np.stack([at.sum(axis=0), np.maximum.accumulate(at, axis=1).sum(axis=0)])
        return sketch.quantile(list(LEVELS)), sketch, covered

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(one, scrambles(len(joint.inputs), size, count, seed)))
    pooled = parts[0][1]
    for part in parts[1:]:
        pooled.merge(part[1])
    spread = np.stack([part[0] for part in parts])
    share = np.stack([part[2] for part in parts]) / size
    return Outlook(setting, joint, draws, _bands(pooled, spread, setting), _chances(share, setting))


def _error(parts: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return parts.std(axis=0, ddof=1) / np.sqrt(len(parts))


def _bands(pooled: Sketch, spread: np.ndarray, setting: Setting) -> pd.DataFrame:
    value, error = pooled.quantile(list(LEVELS)), _error(spread)
    labels = [(name, pd.Timestamp(day)) for name in PATHS for day in setting.dates]
    labels += [(name, pd.NaT) for name in SINGLE]
    return pd.DataFrame(
        [
            {"quantity": name, "time": time, "level": level, "value": value[i, j], "error": error[i, j]}
            for i, (name, time) in enumerate(labels)
            for j, level in enumerate(LEVELS)
        ]
    )


def _chances(share: np.ndarray, setting: Setting) -> pd.DataFrame:
    mean, error = share.mean(axis=0), _error(share)
    return pd.DataFrame(
        [
            {
                "rule": rule,
                "time": pd.Timestamp(day),
                "at": mean[i, 0, t],
                "by": mean[i, 1, t],
                "error_at": error[i, 0, t],
                "error_by": error[i, 1, t],
            }
            for i, rule in enumerate(("coverage_ratio", "coverage_capital_ratio"))
            for t, day in enumerate(setting.dates)
        ]
    )


def check_draws(draws: int, count: int = SCRAMBLES) -> None:
    """
    Refuse a number of draws that does not divide into balanced scrambles.

    Raises
    ------
    ScenarioError
        If it is no power of two, or too small.
    """
    if draws < 64 * count or draws & (draws - 1):
        msg = f"{draws} draws: take a power of two, at least {64 * count}: each of {count} scrambles has to be balanced"
        raise ScenarioError(msg)
