"""The article's claims, each with a rule that turns evidence into a verdict as of any day."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ..errors import UnknownNameError, VintageError, did_you_mean
from ..evidence import DATA
from ..findings import Context, finding
from ..home import read_yaml
from ..quantity import Quantity, weakest

VERDICTS = ("holds", "holds in part", "overtaken", "does not hold", "cannot be checked")
# The article has no date. Its latest figures were public by the turn of 2024/25 and it knows nothing published after
# January 2025; the verdict chapter draws the curve from which this day can be judged.
ARTICLE_DAY = "2025-01-31"


@dataclass(frozen=True)
class Judgement:
    """
    A verdict and why.

    Parameters
    ----------
    verdict : str
        One of ``VERDICTS``. ``overtaken`` means: defensible when written, and events have gone past it.
    because : str
        One or two sentences with the numbers.
    missing : str, optional
        The input without which it cannot be checked: required for that verdict.
    """

    verdict: str
    because: str
    missing: str | None = None

    def __post_init__(self) -> None:
        words = self.because.removeprefix("because ")
        object.__setattr__(self, "because", words[:1].upper() + words[1:])
        if self.verdict not in VERDICTS:
            msg = (
                f"{self.verdict!r} is no verdict.{did_you_mean(self.verdict, VERDICTS)} Use one of "
                f"{', '.join(VERDICTS)}."
            )
            raise UnknownNameError(msg)
        if self.verdict == "cannot be checked" and not self.missing:
            msg = "what cannot be checked must name the missing input: pass missing=..."
            raise UnknownNameError(msg)


@dataclass(frozen=True)
class Claim:
    """One claim of the article with its rule."""

    id: str
    section: str
    kind: str
    says: str
    rule: str
    flips: str
    findings: tuple[str, ...]
    function: Callable[[Context], Judgement]

    def judge(self, context: Context) -> Judgement:
        """
        Apply the rule; what was not known on that day cannot be checked.

        Returns
        -------
        Judgement
        """

        def apply() -> Judgement:
            try:
                return self.function(context)
            except VintageError as error:
                _ = context.as_of  # which the error names
                return Judgement("cannot be checked", "The evidence of that day is silent.", missing=str(error))

        return context.memo(("claim", self.id), apply)


_RULES: dict[str, Claim] = {}


@functools.cache
def _article() -> dict[str, dict]:
    content = read_yaml(DATA / "claims.yml")
    return {entry["id"]: entry for entry in content["claims"]}


def claim(claim_id: str, *, rule: str, flips: str, findings: Iterable[str] = ()) -> Callable:
    """
    Register the rule of a claim.

    Parameters
    ----------
    claim_id : str
        As in ``data/claims.yml``.
    rule : str
        The rule in one plain sentence.
    flips : str
        What would flip the verdict.
    findings : iterable of str
        Names of the findings it rests on.
    """
    article = _article()
    if claim_id not in article:
        msg = f"the article makes no claim {claim_id!r}.{did_you_mean(claim_id, article)}"
        raise UnknownNameError(msg)
    entry = article[claim_id]

    def register(function: Callable[[Context], Judgement]) -> Callable[[Context], Judgement]:
        _RULES[claim_id] = Claim(
            claim_id, entry["section"], entry["kind"], entry["says"], rule, flips, tuple(findings), function
        )
        return function

    return register


def claims() -> list[Claim]:
    """All claims in the article's order."""
    return [_RULES[claim_id] for claim_id in _article() if claim_id in _RULES]


def get_claim(claim_id: str) -> Claim:
    """Look a claim up by its id."""
    if claim_id not in _RULES:
        msg = f"there is no rule for a claim {claim_id!r}.{did_you_mean(claim_id, _RULES)}"
        raise UnknownNameError(msg)
    return _RULES[claim_id]


def ledger(context: Context) -> pd.DataFrame:
    """
    Judge every claim, on the article's day and now.

    Returns
    -------
    DataFrame
        One row a claim: id, section, kind, says, rule, flips, findings, then, because_then, now, because_now, missing,
        grade (of the weakest finding it rests on now).
    """
    then = context.at(ARTICLE_DAY)
    rows = []
    for entry in claims():
        before, now = entry.judge(then), entry.judge(context)
        known = [q for name in entry.findings if (q := context.get(name)) is not None]
        rows.append(
            {
                "id": entry.id,
                "section": entry.section,
                "kind": entry.kind,
                "says": entry.says,
                "rule": entry.rule,
                "flips": entry.flips,
                "findings": entry.findings,
                "then": before.verdict,
                "because_then": before.because,
                "now": now.verdict,
                "because_now": now.because,
                "missing": now.missing or "",
                "grade": weakest(*(q.grade for q in known)) if known else "assumed",
            }
        )
    return pd.DataFrame(rows)


def curve(context: Context, first: date | str = "2023-06-30") -> pd.DataFrame:
    """
    Judge every claim at each month's end up to the context's day.

    Parameters
    ----------
    context : Context
        Its scenario is kept.
    first : date or str
        First month.

    Returns
    -------
    DataFrame
        month (its last day), verdict, claims (how many).
    """
    ends = pd.date_range(first, context.as_of, freq="ME")
    rows = []
    for end in ends:
        there = context.at(end.date())
        verdicts = [entry.judge(there).verdict for entry in claims()]
        rows += [{"month": end, "verdict": verdict, "claims": verdicts.count(verdict)} for verdict in VERDICTS]
    return pd.DataFrame(rows)


def _count(context: Context, verdict: str) -> Quantity:
    judged = [entry.judge(context).verdict for entry in claims()]
    return Quantity(
        judged.count(verdict), "count", grade="derived", interval="none: a count of verdicts", as_of=context.view.dated
    )


@finding("claims_holding", unit="count", section="gamble", says="claims of the article that hold in full")
def _holding(context: Context) -> Quantity:
    return _count(context, "holds")


@finding("claims_in_part", unit="count", section="gamble", says="claims of the article that hold in part")
def _in_part(context: Context) -> Quantity:
    return _count(context, "holds in part")


@finding("claims_overtaken", unit="count", section="gamble", says="claims of the article that events have overtaken")
def _overtaken(context: Context) -> Quantity:
    return _count(context, "overtaken")


@finding("claims_failing", unit="count", section="gamble", says="claims of the article that do not hold")
def _failing(context: Context) -> Quantity:
    return _count(context, "does not hold")


@finding("claims_unchecked", unit="count", section="gamble", says="claims of the article that cannot be checked")
def _unchecked(context: Context) -> Quantity:
    return _count(context, "cannot be checked")


@finding("claims_total", unit="count", section="gamble", says="claims of the article")
def _total(context: Context) -> Quantity:
    return Quantity(len(_article()), "count", interval="none: a count", as_of=context.view.dated)


import importlib  # noqa: E402
import pkgutil  # noqa: E402

# Each part registers its rules by being imported.
for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
