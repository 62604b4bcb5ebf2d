"""The runs of a design, one by one: made when they are asked for, in the order in which they are to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .axes import Axis, Stretch
from .parameters import GENERAL, parameter
from .sampling import Sampler


@dataclass(frozen=True, repr=False)
class Design:
    """
    Which runs there are to be. Read one with :func:`read_design`.

    Points are made when they are asked for, so that ten million of them need no memory. They come in the order in
    which they are to be run: all of one day together (then all of one scenario, in a grid), since what hangs on the
    day alone is then computed once.

    Parameters
    ----------
    title, kind : str
        What it is about; ``grid``, ``list`` or ``sample``.
    findings, chapters : tuple of str
        What each run computes, and which chapters it executes.
    judged : bool
        Whether all findings are asked for, with which verdicts on claims come.
    parameters : tuple of str
        What varies, in the order of the file.
    key : str
        sha256 of all that decides which runs there are; title, comments and layout do not.
    warnings : tuple of str
        What is allowed and worth knowing.
    text : str
        The file, as it was read.
    cell_seconds : float
        A cell of a chapter that takes longer is stopped. It may differ when a sweep is gone on with.
    """

    title: str
    kind: str
    findings: tuple[str, ...]
    chapters: tuple[str, ...]
    judged: bool
    parameters: tuple[str, ...]
    key: str
    warnings: tuple[str, ...]
    text: str
    cell_seconds: float
    fixed: dict[str, Any] = field(default_factory=dict)  # what does not vary, defaults filled in
    count: int = 0
    axes: Mapping[str, Axis] = field(default_factory=dict)
    listed: tuple[dict[str, Any], ...] = ()
    sampler: Sampler | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} of {self.count:,} runs over {', '.join(self.parameters)}>"

    def __len__(self) -> int:
        return self.count

    def order(self) -> range:
        """Numbers of the points in the order of execution: that of the points themselves."""
        return range(self.count)

    def point(self, i: int) -> dict[str, Any]:
        """
        Give one run's parameters.

        Parameters
        ----------
        i : int
            Its number, from 0.

        Returns
        -------
        dict
            as_of, scenario, seed, and every assumption that varies or is set.
        """
        return self.points(i, i + 1)[0]

    def points(self, start: int = 0, stop: int | None = None) -> list[dict[str, Any]]:
        """
        Give the parameters of some runs in a row.

        Parameters
        ----------
        start, stop : int
            From which to before which.

        Raises
        ------
        IndexError
            If there are no such runs.
        """
        stop = self.count if stop is None else stop
        if not 0 <= start <= stop <= self.count:
            raise IndexError(f"runs {start} to {stop} of {self.count}")
        if self.kind == "list":
            return [dict(point) for point in self.listed[start:stop]]
        if self.sampler:
            return [self.fixed | drawn for drawn in self.sampler.rows(start, stop)]
        return [self._combination(i) for i in range(start, stop)]

    def _combination(self, i: int) -> dict[str, Any]:
        chosen = {}
        for name in reversed(self._nesting()):
            axis = self.axes[name]
            assert not isinstance(axis, Stretch)  # those are drawn from
            i, place = divmod(i, axis.size)
            chosen[name] = axis.at(place)
        return self.fixed | {name: chosen[name] for name in self.axes}

    def _nesting(self) -> list[str]:
        """Parameters of a grid from the one that changes least often."""
        return sorted(self.axes, key=lambda name: GENERAL.index(name) if name in GENERAL[:2] else len(GENERAL))


def columns(design: Design) -> dict[str, str]:
    """
    Say of which type each varied parameter is.

    Parameters
    ----------
    design : Design
        The design.

    Returns
    -------
    dict of str
        ``day``, ``scenario``, ``int`` or ``number`` by name.
    """
    return {name: parameter(name).type for name in design.parameters}
