"""One family of errors: each says what was wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AieqError(Exception):
    """Base of every error raised on purpose by this package."""


class EvidenceError(AieqError, ValueError):
    """A row, a table or a computation on them is not what it must be."""


class VintageError(AieqError, LookupError):
    """Something was asked of a day on which it was not yet known."""


class UnknownNameError(AieqError, LookupError):
    """A name nobody has given to anything here."""


class ScenarioError(AieqError, ValueError):
    """A scenario file says something impossible."""


class EquationError(AieqError, ValueError):
    """The equation was given values or units it cannot take, or has no answer."""


class FitError(EvidenceError):
    """A curve could not be fitted to the evidence; no number is given in its place."""


class ParameterError(AieqError, ValueError):
    """A chapter or command was given a parameter it does not take."""


class RunError(AieqError, RuntimeError):
    """A series of runs cannot start or cannot go on; what is finished is kept."""


def did_you_mean(name: str, allowed: Iterable[str]) -> str:
    """
    Offer the nearest allowed name.

    Parameters
    ----------
    name : str
        What was asked for.
    allowed : iterable of str
        What exists.

    Returns
    -------
    str
        A sentence that starts with a space, or nothing if no name is near.

    Examples
    --------
    >>> did_you_mean("capx", ["capex", "revenue"])
    " Did you mean 'capex'?"
    >>> did_you_mean("zebra", ["capex", "revenue"])
    ''
    """
    near = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""
