"""Joint draws: a scrambled Sobol sequence, tied together by a Gaussian copula, carried through each distribution."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.stats import qmc

from ..errors import ScenarioError, UnknownNameError, did_you_mean
from .distributions import Distribution

# A score of 5.6 deviations: what a scrambled sequence can return as exactly 0 would be minus infinity.
EDGE = 1e-8


@dataclass(frozen=True)
class Input:
    """
    One number in doubt.

    Parameters
    ----------
    name : str
        Symbol of the equation or assumption; ``name.member`` for one of a group.
    title : str
        In words.
    unit : str
        Of the value.
    base : float
        Its value without doubt.
    distribution : Distribution
        What is believed of it.
    because : str
        Why.
    sources : tuple of str
        Keys of the sources.
    """

    name: str
    title: str
    unit: str
    base: float
    distribution: Distribution
    because: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Correlation:
    """Rank-like correlation (of the normal scores) between two inputs, with its reason."""

    one: str
    other: str
    value: float
    because: str


@dataclass(frozen=True)
class Joint:
    """
    Everything in doubt, and how it hangs together.

    Parameters
    ----------
    inputs : tuple of Input
        In a fixed order: the order is part of what a seed reproduces.
    correlations : tuple of Correlation
        Pairs not named are independent.

    Raises
    ------
    UnknownNameError
        If a correlation names an input that does not exist.
    ScenarioError
        If a name occurs twice, a value lies outside -1 to 1, or the correlations cannot all hold together.
    """

    inputs: tuple[Input, ...]
    correlations: tuple[Correlation, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.names)) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            msg = f"the input {twice!r} occurs twice in one joint distribution; keep one of the two"
            raise ScenarioError(msg)
        self.factor  # noqa: B018 - refused when made, not when drawn

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs in their order."""
        return tuple(entry.name for entry in self.inputs)

    def __getitem__(self, name: str) -> Input:
        if name not in self.names:
            msg = f"no input in doubt is called {name!r}.{did_you_mean(name, self.names)}"
            raise UnknownNameError(msg)
        return self.inputs[self.names.index(name)]

    @functools.cached_property
    def matrix(self) -> np.ndarray:
        """Correlation matrix of the normal scores."""
        matrix = np.eye(len(self.inputs))
        for pair in self.correlations:
            i, j = (self.names.index(self[name].name) for name in (pair.one, pair.other))
            if i == j or not -1 < pair.value < 1:
                msg = (
                    f"the correlation of {pair.one} and {pair.other} is {pair.value:g}: give two different inputs and "
                    "a value between -1 and 1"
                )
                raise ScenarioError(msg)
            if matrix[i, j]:
                msg = f"the correlation of {pair.one} and {pair.other} is given twice; keep one"
                raise ScenarioError(msg)
            matrix[i, j] = matrix[j, i] = pair.value
        return matrix

    @functools.cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Inputs tied together by correlations, directly or through others; each of the rest is a group of its own."""
        import networkx

        graph = networkx.from_numpy_array(self.matrix - np.eye(len(self.inputs)))
        parts = [sorted(part) for part in networkx.connected_components(graph)]
        return tuple(tuple(self.names[i] for i in part) for part in sorted(parts))

    @functools.cached_property
    def factor(self) -> np.ndarray:
        """Lower triangular factor of the matrix."""
        try:
            return np.linalg.cholesky(self.matrix)
        except np.linalg.LinAlgError:
            pass
        for part in self.groups:
            place = [self.names.index(name) for name in part]
            smallest = np.linalg.eigvalsh(self.matrix[np.ix_(place, place)])[0]
            if smallest <= 1e-12:
                break
        msg = (
            f"the correlations among {', '.join(part)} cannot all hold together (smallest eigenvalue {smallest:.3g}); "
            "weaken some of them"
        )
        raise ScenarioError(msg)

    def values(self, uniform: np.ndarray) -> dict[str, np.ndarray]:
        """
        Carry points of the unit cube through copula and distributions.

        Parameters
        ----------
        uniform : ndarray, shape (n, inputs)
            Independent, uniform between 0 and 1.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            Values by name.
        """
        inside = np.clip(uniform, EDGE, 1 - EDGE)
        tied = np.flatnonzero((self.matrix != np.eye(len(self.inputs))).any(axis=1))
        if len(tied):
            inside[:, tied] = special.ndtr(special.ndtri(inside[:, tied]) @ self.factor[np.ix_(tied, tied)].T)
        return {entry.name: entry.distribution.quantile(inside[:, i]) for i, entry in enumerate(self.inputs)}

    def base(self) -> dict[str, np.ndarray]:
        """Every input at its base value, as one draw."""
        return {entry.name: np.array([entry.base], dtype=float) for entry in self.inputs}


def scrambles(dimensions: int, draws: int, count: int, seed: int) -> list[qmc.Sobol]:
    """
    Independent scrambles of one Sobol sequence, for a result and the doubt about its own digits.

    Parameters
    ----------
    dimensions : int
        How many inputs.
    draws : int
        Points in each that will be asked for; a power of two keeps the sequence balanced.
    count : int
        How many scrambles.
    seed : int
        Decides all of them.

    Returns
    -------
    list of scipy.stats.qmc.Sobol

    Raises
    ------
    ScenarioError
        If the number of draws is no power of two.
    """
    if draws < 2 or draws & (draws - 1):
        below = 1 << (max(draws, 2).bit_length() - 1)
        msg = f"{draws} draws in each scramble: a Sobol sequence is balanced at powers of two only, take {below}"
        raise ScenarioError(msg)
    children = np.random.SeedSequence(seed).spawn(count)
    return [qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(child)) for child in children]


def read_correlations(entries: Sequence[Mapping], names: Sequence[str]) -> tuple[Correlation, ...]:
    """
    Turn entries of a file into correlations.

    Parameters
    ----------
    entries : sequence of mapping
        Each with ``between`` (two or more names, every pair of which gets the value), ``value`` and ``because``.
    names : sequence of str
        Inputs that exist; a name without its member stands for all members.

    Raises
    ------
    ScenarioError
        If an entry is incomplete.
    UnknownNameError
        If it names nothing that exists.

    Examples
    --------
    >>> read_correlations([{"between": ["a", "b"], "value": 0.5, "because": "why"}], ["a", "b.x", "b.y"])[1].other
    'b.y'
    """
    found = []
    for entry in entries:
        if set(entry) != {"between", "value", "because"} or len(entry["between"]) < 2:
            msg = f"a correlation has between (two names or more), value and because; this one is {dict(entry)}"
            raise ScenarioError(msg)
        groups = []
        for wanted in entry["between"]:
            members = [name for name in names if name == wanted or name.startswith(f"{wanted}.")]
            if not members:
                msg = f"a correlation names {wanted!r}, and no input is called so.{did_you_mean(wanted, names)}"
                raise UnknownNameError(msg)
            groups.append(members)
        for left, right in itertools.combinations(groups, 2):
            found += [Correlation(a, b, float(entry["value"]), entry["because"]) for a in left for b in right]
    return tuple(found)
