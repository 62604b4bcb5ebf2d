"""Space-filling samples in pieces: any piece comes out as if the whole had been drawn at once."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import ParameterError
from .axes import Axis, Steps, Stretch

METHODS = ("sobol", "halton", "latin")
LATIN_MOST = 5_000_000  # numbers it holds at once, 40 MB
_PIECE, _PIECES_KEPT = 1 << 14, 3


class Sampler:
    """
    Points drawn so that they fill the space evenly.

    Parameters
    ----------
    axes : mapping
        How each parameter is drawn.
    count : int
        How many points.
    method : str
        ``sobol``, ``halton`` or ``latin`` (scipy's).
    seed : int
        Of the scrambling.

    Raises
    ------
    ParameterError
        If points would repeat, or the method cannot draw so many.
    """

    def __init__(self, axes: Mapping[str, Axis], count: int, method: str, seed: int) -> None:
        self.axes, self.count, self.method, self.seed = axes, count, method, seed
        if not any(isinstance(axis, Stretch) and axis.kind == "number" for axis in axes.values()):
            message = "every parameter of the sample is a list or counts in whole steps, so points would repeat"
            raise ParameterError(f"{message}; use kind: grid, or draw one assumption from a range.")
        if method == "latin" and count * len(axes) > LATIN_MOST:
            most = LATIN_MOST // len(axes)
            raise ParameterError(
                f"a Latin hypercube is drawn in one piece, of {len(axes)} parameters at most {most:,} runs, not "
                f"{count:,}; use method: sobol."
            )

    def spec(self) -> list[Any]:
        """What decides the points, besides the axes."""
        return [self.count, self.method, self.seed]

    def warnings(self) -> list[str]:
        """What is worth knowing of the sample."""
        if self.method != "sobol" or self.count & (self.count - 1) == 0:
            return []
        below = 1 << (self.count.bit_length() - 1)
        return [f"{self.count:,} is no power of two; Sobol points are balanced best with {below:,} or {2 * below:,}"]

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        """
        Give the points from `start` to before `stop`, in the order of execution.

        Returns
        -------
        list of dict
            The drawn parameters of each.
        """
        if start == stop:
            return []
        u = self._heights(start, stop)
        drawn = [axis.drawn(u[:, place]) for place, axis in enumerate(self.axes.values())]  # type: ignore[union-attr]
        return [dict(zip(self.axes, row, strict=True)) for row in zip(*drawn, strict=True)]

    def _heights(self, start: int, stop: int) -> np.ndarray:
        if "as_of" not in self.axes:
            return self._draw(start, stop)
        wanted = self._by_day[start:stop]
        found = np.empty((len(wanted), len(self.axes)))
        # Points of one day lie scattered over the sample; their order within it is kept, so one pass finds them.
        for first in range(int(wanted.min()), int(wanted.max()) + 1, _PIECE):
            last = min(first + _PIECE, int(wanted.max()) + 1)
            here = np.flatnonzero((wanted >= first) & (wanted < last))
            if here.size:
                found[here] = self._draw(first, last)[wanted[here] - first]
        return found

    @cached_property
    def _by_day(self) -> np.ndarray:
        place, axis = list(self.axes).index("as_of"), self.axes["as_of"]
        assert not isinstance(axis, Steps)  # of a grid
        day = np.empty(self.count, dtype=np.int32)
        for first in range(0, self.count, _PIECE):
            last = min(first + _PIECE, self.count)
            day[first:last] = axis.ranks(self._draw(first, last)[:, place])
        return np.argsort(day, kind="stable").astype(np.int32)

    def _draw(self, start: int, stop: int) -> np.ndarray:
        with self._lock:
            if self.method == "latin":
                return self._whole[start:stop]
            pieces = range(start // _PIECE, (stop - 1) // _PIECE + 1)
            drawn = [self._piece(n)[max(start - n * _PIECE, 0) : stop - n * _PIECE] for n in pieces]
            return drawn[0] if len(drawn) == 1 else np.concatenate(drawn)

    def _piece(self, number: int) -> np.ndarray:
        """Workers finish in another order than they began, so the latest pieces are kept."""
        if number in self._pieces:
            return self._pieces[number]
        engine, at = self._engine
        start, stop = number * _PIECE, min((number + 1) * _PIECE, self.count)
        if at > start:
            engine, at = self._fresh(), 0
        if start > at:
            engine.fast_forward(start - at)
        self.__dict__["_engine"] = (engine, stop)
        if len(self._pieces) >= _PIECES_KEPT:
            self._pieces.pop(next(iter(self._pieces)))
        self._pieces[number] = self._random(engine, stop - start)
        return self._pieces[number]

    @cached_property
    def _pieces(self) -> dict[int, np.ndarray]:
        return {}

    @cached_property
    def _lock(self) -> Any:
        return threading.Lock()

    @cached_property
    def _engine(self) -> tuple[Any, int]:
        return self._fresh(), 0

    @cached_property
    def _whole(self) -> np.ndarray:
        return self._random(self._fresh(), self.count)

    def _fresh(self) -> Any:
        from scipy.stats import qmc

        make = {"sobol": qmc.Sobol, "halton": qmc.Halton, "latin": qmc.LatinHypercube}[self.method]
        return make(len(self.axes), seed=np.random.default_rng(self.seed))

    @staticmethod
    def _random(engine: Any, n: int) -> np.ndarray:
        with warnings.catch_warnings():
            # The first piece need not be a power of two; the whole is judged in `warnings`.
            warnings.filterwarnings("ignore", message="The balance properties of Sobol")
            return engine.random(n)

    def __getstate__(self) -> dict[str, Any]:
        # Workers draw their own; a lock cannot travel.
        return {key: self.__dict__[key] for key in ("axes", "count", "method", "seed")}
