"""
How two editions, or two sweeps, differ, and why.

>>> compare("nowhere", "_build")
Traceback (most recent call last):
    ...
aieq.errors.ParameterError: there is no folder nowhere: give one made by `aieq run --out` or `aieq sweep --out`
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..errors import AieqError, ParameterError
from ..findings import HEADLINE
from ..report.results import verdicts as judged
from . import why, why_evidence
from .compare_findings import CHANGED, STATES, Change, Flip, bare, changes, flips
from .compare_read import Edition, kind_of, read_edition
from .why import Attribution, Inputs

ATTRIBUTED = 12  # so many of the most important changes are taken apart by input
ROWS_SHOWN = 6  # rows of new evidence told of one finding
FORMAT = 1  # of the JSON; raised when a key changes its meaning or goes


class Comparison(Protocol):
    """What :func:`compare` gives: the same answer as text, as plain values and as a page."""

    def text(self, most: int | None = ATTRIBUTED) -> str:
        """Write it in lines of at most 80 characters; `most` limits the changes told, None tells all."""

    def json(self) -> dict[str, Any]:
        """Give it as plain values with stable keys, ready for ``json.dumps``."""

    def html(self) -> str:
        """Write it as one page that needs no other file."""


def compare(a: str | Path, b: str | Path, *, why: bool = True) -> Comparison:
    """
    Compare two editions, or two sweeps.

    Parameters
    ----------
    a, b : str or Path
        Folders made by ``aieq run --out`` or by ``aieq sweep --out``, or ``_build`` of a checkout: both of a kind.
    why : bool
        Whether to attribute the changes of editions to their inputs, which evaluates mixtures of the two.

    Returns
    -------
    Comparison
        See :class:`EditionComparison` and :class:`aieq.runs.compare_sweeps.SweepComparison` for the keys of the JSON.

    Raises
    ------
    ParameterError
        If a folder does not exist, is neither, or is broken; if the two are not of a kind or have nothing in common.
    """
    kinds = kind_of(a), kind_of(b)
    if kinds[0] != kinds[1]:
        single, many = (a, b) if kinds[0] == "edition" else (b, a)
        msg = (
            f"{single} is one edition and {many} is a sweep of many runs: compare two editions, or two sweeps. To "
            "compare an edition with a sweep, sweep over a list that holds the one point of the edition"
        )
        raise ParameterError(msg)
    if kinds[0] == "sweep":
        from .compare_sweeps import compare_sweeps

        return compare_sweeps(Path(a), Path(b))
    return compare_editions(read_edition(a), read_edition(b), attributed=ATTRIBUTED if why else 0)


@dataclass(frozen=True)
class Explained:
    """Why one finding changed: shares of the inputs, and the evidence behind it that only one of the days knew."""

    attribution: Attribution
    rows: list[dict[str, Any]]
    count: int
    forward: bool = True  # whether the second edition knew it, and not the first


@dataclass(frozen=True)
class EditionComparison:
    """
    Two editions side by side.

    The JSON holds

    - ``format`` (1) and ``kind`` ("editions");
    - ``a`` and ``b``: folder, as_of, scenario, seed, code, data, version;
    - ``inputs``: as_of, scenario, seed, code, data, version, each with ``a`` and ``b``; assumptions, a list of name,
      title, unit, a, b;
    - ``counts``: findings by state; verdicts changed and unchanged;
    - ``findings``, the most important change first: name, says, section, unit, state, a and b (value, low, high,
      grade, text; null where not known), difference, relative, importance, difference_text, and why (null, or
      attribution from input to its share in the unit, reason if there is none, evidence, evidence_count,
      evidence_known_in: a or b);
    - ``verdicts``: id, says, rule, a, b, changed, because_a, because_b, missing_a, missing_b, flipped_by (smallest
      sets of inputs that bring the new verdict about);
    - ``labels``: words for the inputs named in attributions; ``notes``: sentences.

    Parameters
    ----------
    a, b : Edition
        What was compared.
    inputs : Inputs
        What differs before anything is computed.
    changes : list of Change
        Every finding, the most important change first.
    flips : list of Flip
        Every claim judged in both.
    explained : dict
        By finding.
    flipped_by : dict
        By claim, see :func:`aieq.runs.why.flipped_by`.
    labels : dict
        Words for the inputs that were switched.
    notes : list of str
        What a reader must know of how this was made.
    """

    a: Edition
    b: Edition
    inputs: Inputs
    changes: list[Change]
    flips: list[Flip]
    explained: dict[str, Explained]
    flipped_by: dict[str, tuple[tuple[str, ...], ...]]
    labels: dict[str, str]
    notes: list[str]

    def of(self, *states: str) -> list[Change]:
        """Changes in some states."""
        return [change for change in self.changes if change.state in states]

    @property
    def headline(self) -> list[Change]:
        """The headline findings of the report, in its order, whatever became of them."""
        return sorted((c for c in self.changes if c.name in HEADLINE), key=lambda c: HEADLINE.index(c.name))

    def counts(self) -> dict[str, int]:
        """Count findings by state."""
        found = Counter(change.state for change in self.changes)
        return {state: found[state] for state in STATES}

    @property
    def flipped(self) -> list[Flip]:
        """Claims whose verdict differs."""
        return [flip for flip in self.flips if flip.changed]

    def text(self, most: int | None = ATTRIBUTED) -> str:
        """Write it in lines of at most 80 characters."""
        from .compare_text import edition_text

        return edition_text(self, most)

    def html(self) -> str:
        """Write it as one page in the look of the book that needs no other file."""
        from .compare_html import edition_page

        return edition_page(self)

    def json(self) -> dict[str, Any]:
        """Give it as plain values; the keys are those of the class's description."""
        return {
            "format": FORMAT,
            "kind": "editions",
            "a": _about(self.a),
            "b": _about(self.b),
            "inputs": why.as_plain(self.inputs),
            "counts": {
                "findings": self.counts(),
                "verdicts": {"changed": len(self.flipped), "unchanged": len(self.flips) - len(self.flipped)},
            },
            "findings": [self._finding(change) for change in self.changes],
            "verdicts": [self._verdict(flip) for flip in self.flips],
            "labels": self.labels,
            "notes": self.notes,
        }

    def _finding(self, change: Change) -> dict[str, Any]:
        explained = self.explained.get(change.name)
        return {
            "name": change.name,
            "says": change.says,
            "section": change.section,
            "unit": change.unit,
            "state": change.state,
            "a": change.before and bare(change.before),
            "b": change.after and bare(change.after),
            "difference": change.difference,
            "relative": change.relative,
            "importance": round(change.importance, 6),
            "difference_text": change.difference_text(),
            "why": explained
            and {
                "attribution": explained.attribution.shares or None,
                "reason": explained.attribution.reason,
                "evidence": explained.rows,
                "evidence_count": explained.count,
                "evidence_known_in": ("b" if explained.forward else "a") if explained.count else None,
            },
        }

    def _verdict(self, flip: Flip) -> dict[str, Any]:
        return {
            "id": flip.id,
            "says": flip.says,
            "rule": flip.rule,
            "a": flip.before,
            "b": flip.after,
            "changed": flip.changed,
            "because_a": flip.because_before,
            "because_b": flip.because_after,
            "missing_a": flip.missing_before,
            "missing_b": flip.missing_after,
            "flipped_by": [list(on) for on in self.flipped_by.get(flip.id, ())],
        }


def _about(edition: Edition) -> dict[str, Any]:
    return {
        "folder": str(edition.folder),
        "as_of": edition.as_of,
        "scenario": edition.scenario,
        "seed": edition.seed,
        **{what: edition.made.get(what) for what in ("code", "data", "version")},
    }


def compare_editions(a: Edition, b: Edition, *, attributed: int = ATTRIBUTED) -> EditionComparison:
    """
    Compare two editions.

    Parameters
    ----------
    a, b : Edition
        From :func:`aieq.runs.compare_read.read_edition`.
    attributed : int
        How many of the most important changes to attribute to inputs; 0 for none.

    Returns
    -------
    EditionComparison

    Raises
    ------
    ParameterError
        If they have no finding in common.
    """
    if not set(a.findings) & set(b.findings):
        msg = (
            f"{a.folder} and {b.folder} have no finding in common: {a.folder} holds {_some(a.findings)}, {b.folder} "
            f"holds {_some(b.findings)}. Compare editions of one version of the report"
        )
        raise ParameterError(msg)
    differing = why.inputs(a, b)
    found = changes(a, b)
    notes = _notes(a, b)
    claims = flips(_ledger(a, notes), _ledger(b, notes))
    explained: dict[str, Explained] = {}
    brought: dict[str, tuple[tuple[str, ...], ...]] = {}
    labels: dict[str, str] = {}
    if attributed:
        try:
            boards = why.switchboards(a, b)
            explained = _explained(a, b, _to_explain(found, attributed), boards)
            brought = {
                flip.id: why.flipped_by(flip.id, flip.before, flip.after, boards) for flip in claims if flip.changed
            }
            labels = {name: words for board in reversed(boards) for name, words in board.labels.items()}
        except AieqError as error:
            notes.append(f"Changes are not attributed to inputs: {str(error).rstrip('.')}.")
    if explained and (differing.differs("code") or differing.differs("data")):
        same = sum(bool(reason.attribution.shares) for reason in explained.values())
        notes.append(
            f"Code or data differ. What is installed here gives what both recorded for {same} of the {len(explained)} "
            "changes attributed to inputs: in these the difference of code or data has no part."
        )
    return EditionComparison(a, b, differing, found, claims, explained, brought, labels, notes)


def _to_explain(found: list[Change], most: int) -> list[Change]:
    changed = [change for change in found if change.state == CHANGED and change.difference is not None]
    headline = [change for change in changed if change.name in HEADLINE]
    return headline + [change for change in changed if change not in headline][:most]


def _explained(a: Edition, b: Edition, top: list[Change], boards: list[why.Switches]) -> dict[str, Explained]:
    shares = why.attribute(a, b, [change.name for change in top], boards)
    new = why_evidence.news(a.as_of, b.as_of) if a.as_of != b.as_of else None
    explained = {}
    for change in top:
        late, later = (b, change.after) if b.as_of >= a.as_of else (a, change.before)
        rows = None
        if new is not None and later is not None:
            asked = why_evidence.series_of(change.name, late.as_of, boards[-1].scenario_of(late), late.seed)
            rows = why_evidence.resting_on(new, later.sources, asked)
        explained[change.name] = Explained(
            shares[change.name],
            [] if rows is None else why_evidence.as_plain(rows.head(ROWS_SHOWN)),
            0 if rows is None else len(rows),
            late is b,
        )
    return explained


def _some(names: Sequence[str] | dict[str, Any]) -> str:
    first = ", ".join(list(names)[:3])
    return f"{len(names)} ({first}, ...)" if len(names) > 3 else first


def _notes(a: Edition, b: Edition) -> list[str]:
    notes = []
    for edition in (a, b):
        if edition.failed:
            notes.append(f"{edition.folder} is unfinished: {', '.join(edition.failed)} failed. Its findings are whole.")
        if missing := [what for what in ("code", "data") if not edition.made.get(what)]:
            notes.append(
                f"{edition.folder} does not record which {' and '.join(missing)} it was made with, so whether that "
                "differs is only known from its numbers."
            )
    return notes


def _ledger(edition: Edition, notes: list[str]) -> dict[str, dict[str, Any]]:
    if edition.verdicts is not None:
        return edition.verdicts
    notes.append(f"{edition.folder} holds no verdicts.json: its claims are judged anew with the installed package.")
    try:
        rows = judged(edition.as_of, edition.scenario, edition.seed)
    except LookupError as error:
        notes[-1] = f"{edition.folder} holds no verdicts.json, and its claims cannot be judged anew: {error}"
        return {}
    return {row["id"]: row for row in rows}
