"""Everything the report finds, as plain records: what the build writes and the command line prints."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from .. import claims
from ..findings import Context, compute, context_for, select

SEED = 20261124  # that of the chapters: the command line and the book give the same numbers


def findings(
    as_of: str | date, scenario: str = "base", seed: int = SEED, names: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """
    Compute findings; the counts of verdicts are among them.

    Parameters
    ----------
    as_of, scenario, seed
        As for :func:`aieq.findings.context_for`.
    names : iterable of str
        As for :func:`aieq.findings.select`; all if there are none.

    Returns
    -------
    list of dict
        See :func:`aieq.findings.compute`.
    """
    return compute(context_for(as_of, scenario, seed), select(names) if names else None)


def verdicts(as_of: str | date, scenario: str = "base", seed: int = SEED) -> list[dict[str, Any]]:
    """
    Judge all claims.

    Returns
    -------
    list of dict
        The rows of :func:`aieq.claims.ledger`.
    """
    return _judged(context_for(as_of, scenario, seed))


def results(as_of: str | date, scenario: str = "base", seed: int = SEED) -> dict[str, list[dict[str, Any]]]:
    """
    Compute all findings and judge all claims, from one context.

    Returns
    -------
    dict
        ``findings`` and ``verdicts``, as the functions of these names give them.
    """
    context = context_for(as_of, scenario, seed)
    return {"findings": compute(context), "verdicts": _judged(context)}


def _judged(context: Context) -> list[dict[str, Any]]:
    table = claims.ledger(context)
    return table.assign(findings=table["findings"].map(list)).to_dict("records")
