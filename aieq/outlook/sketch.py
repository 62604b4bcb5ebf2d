"""Quantiles of any number of draws in fixed memory: counts in narrow logarithmic bins."""

from __future__ import annotations

import numpy as np

_PER_UNIT = 512  # bins for each unit of the natural logarithm: a bin is 0.2 per cent wide, and read between its edges
_LOWEST, _HIGHEST = -16.0, 18.0
BINS = int((_HIGHEST - _LOWEST) * _PER_UNIT)


class Sketch:
    """
    Counts of positive values, a column each.

    Counts are whole numbers, so that the order in which draws arrive changes nothing, to the last digit. Values below
    the lowest bin count as zero, values above the highest as infinite; infinity is a value (never).

    Parameters
    ----------
    columns : int
        How many quantities are counted side by side.

    Examples
    --------
    >>> sketch = Sketch(1)
    >>> sketch.add(np.arange(1, 10001, dtype=float)[:, None])
    >>> round(float(sketch.quantile([0.5])[0, 0]) / 5000, 3)
    1.0
    """

    def __init__(self, columns: int) -> None:
        self.counts = np.zeros((columns, BINS + 2), dtype=np.int64)

    def add(self, values: np.ndarray) -> None:
        """
        Count more draws.

        Parameters
        ----------
        values : ndarray, shape (draws, columns)
            Above zero, or infinite.
        """
        with np.errstate(divide="ignore"):
            place = (np.log(values) - _LOWEST) * _PER_UNIT
        bins = (np.clip(place, -1, BINS) + 1).astype(np.int64)
        columns = len(self.counts)
        bins += np.arange(columns) * (BINS + 2)
        self.counts += np.bincount(bins.ravel(), minlength=columns * (BINS + 2)).reshape(columns, BINS + 2)

    def merge(self, other: Sketch) -> None:
        """Add the counts of another one."""
        self.counts += other.counts

    def quantile(self, levels: list[float]) -> np.ndarray:
        """
        Values below which given shares of the draws lie.

        Parameters
        ----------
        levels : list of float
            Shares between 0 and 1.

        Returns
        -------
        ndarray, shape (columns, levels)
            Interpolated within a bin; zero or infinite outside the bins.
        """
        below = np.cumsum(self.counts, axis=1)
        result = np.empty((len(below), len(levels)))
        for row, sums in enumerate(below):
            wanted = np.asarray(levels) * sums[-1]
            place = np.searchsorted(sums, wanted, side="left")
            inside = np.clip(place - 1, 0, BINS - 1)
            before = np.where(place > 0, sums[np.maximum(place - 1, 0)], 0)
            count = np.maximum(self.counts[row, place], 1)
            value = np.exp(_LOWEST + (inside + (wanted - before) / count) / _PER_UNIT)
            result[row] = np.where(place > BINS, np.inf, np.where(place < 1, 0.0, value))
        return result
