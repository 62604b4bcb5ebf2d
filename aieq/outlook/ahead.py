"""Both sides of the equation ahead, for many draws at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .. import equation
from ..equation import QUARTER_YEARS

_QUARTER = float(QUARTER_YEARS)


def stocks(
    born: np.ndarray, spent: np.ndarray, life: np.ndarray, fall: np.ndarray, when: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Sum vintages into stocks, per dollar of each asset class, at several times and for many draws.

    What :mod:`aieq.equation` says of one time (a vintage serves for its life and leaves over a quarter; its service is
    worth less by the fall of the price of new assets) is summed here by running totals, so that the cost does not grow
    with vintages times times. A test holds it to the equation.

    Parameters
    ----------
    born : ndarray, shape (vintages,)
        Years from today to the middle of each vintage's quarter, rising; past ones are negative.
    spent : ndarray, shape (vintages, draws)
        AI spending of each.
    life, fall : ndarray, shape (classes, draws)
        Life in years; yearly fall of the replacement price.
    when : ndarray, shape (times,)
        Years from today, rising.

    Returns
    -------
    gross, effective : ndarray, shape (classes, times, draws)
        To be multiplied with the share of each class.
    """
    known = np.searchsorted(born, when, side="right")
    gross = np.empty((len(life), len(when), spent.shape[1]))
    effective = np.empty_like(gross)
    plain = _Running(born, spent)
    for c, (years, rate) in enumerate(zip(life, np.log1p(-fall), strict=True)):
        own = _Running(born, spent * np.exp(-rate * born[:, None])) if np.any(rate) else plain
        for t, (time, end) in enumerate(zip(when, known, strict=True)):
            oldest = time - years
            if oldest.max() + _QUARTER / 2 < born[0]:
                gross[c, t], effective[c, t] = plain.total[end], own.total[end]
            else:
                place = _Leaving(born, oldest, end)
                gross[c, t] = place.serving(plain)
                effective[c, t] = gross[c, t] if own is plain else place.serving(own)
            effective[c, t] *= np.exp(rate * time)
    return gross, effective


class _Running:
    """Totals, and totals times birth, of all vintages before each; one row more than vintages."""

    def __init__(self, born: np.ndarray, values: np.ndarray) -> None:
        self.total = np.zeros((len(values) + 1, values.shape[1]))
        self.moment = np.zeros_like(self.total)
        # Row by row: numpy's own running sum down the columns is several times slower.
        for row, (birth, value) in enumerate(zip(born, values, strict=True)):
            np.add(self.total[row], value, out=self.total[row + 1])
            np.add(self.moment[row], birth * value, out=self.moment[row + 1])


class _Leaving:
    """Where, in each draw, vintages begin to serve a little and to serve in full."""

    def __init__(self, born: np.ndarray, oldest: np.ndarray, end: int) -> None:
        draws = np.arange(len(oldest))
        some = np.searchsorted(born, oldest - _QUARTER / 2, side="right")
        full = np.searchsorted(born, oldest + _QUARTER / 2, side="left")
        self.some = np.minimum(some, end) * len(oldest) + draws
        self.full = np.minimum(full, end) * len(oldest) + draws
        self.oldest, self.end = oldest, end

    def serving(self, running: _Running) -> np.ndarray:
        """Sum of what serves in full and, weighed by its part, of what is just leaving."""
        total, moment = running.total.ravel(), running.moment.ravel()
        full = total.take(self.full)
        leaving = full - total.take(self.some)
        # A vintage born at b serves by (b - oldest) / quarter + 1/2 of itself.
        part = moment.take(self.full) - moment.take(self.some) - (self.oldest - _QUARTER / 2) * leaving
        return running.total[self.end] - full + part / _QUARTER


def carry(
    values: Mapping[str, np.ndarray], born: np.ndarray, spent: np.ndarray, revenue: np.ndarray, when: np.ndarray
) -> dict[str, np.ndarray]:
    """
    Carry draws through the equation at several times.

    Parameters
    ----------
    values : mapping of str to ndarray
        Symbols of step 2 that do not change over time: shape (draws,), or (classes, draws) for those by class.
    born, spent, when
        As for :func:`stocks`.
    revenue : ndarray, shape (draws, times)
        Actual revenue.

    Returns
    -------
    dict of str to ndarray
        Shape (draws, times) or (draws, times, classes), by symbol.
    """
    gross, effective = stocks(born, spent, values["asset_life_years"], values["replacement_price_fall_ratio"], when)
    shares = values["asset_share_ratio"][:, None, :]
    # The equation wants draws and times first, classes last.
    spread = {
        name: array.T[:, None, :] if array.ndim == 2 else array[:, None]
        for name, array in values.items()
        if name != "asset_share_ratio"
    }
    known = {
        **spread,
        "gross_stock_usd_bn": np.moveaxis(gross * shares, (0, 1, 2), (2, 1, 0)),
        "effective_stock_usd_bn": np.moveaxis(effective * shares, (0, 1, 2), (2, 1, 0)),
        "actual_ai_revenue_usd_bn": revenue,
    }
    asked = ("required_revenue_capital_usd_bn", "coverage_capital_ratio", "running_cost_usd_bn")
    return equation.evaluate_all(asked, **known) | {
        name: known[name] for name in ("gross_stock_usd_bn", "effective_stock_usd_bn")
    }
