"""What turns a notebook into a chapter: opening it on a day, and publishing its numbers for the prose."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from ..charts import name_sources
from ..claims import Judgement, claims, get_claim
from ..errors import ParameterError, UnknownNameError, did_you_mean
from ..evidence import load
from ..findings import REGISTRY, SECTIONS, Context, context_for
from ..quantity import Quantity
from .chapters import chapter_files
from .injected import refuse_unknown

UNKNOWN = "not known on that day"
SOURCES_TOLD = 3
_GRADE_SAYS = {
    "reported": "as reported",
    "derived": "computed from reported figures",
    "estimated": "rests on an estimate",
    "assumed": "rests on an assumption",
}


class Glued:
    """A piece of text that can be inserted into prose by name: plain for paper, a link for the page."""

    def __init__(self, text: str, markup: str) -> None:
        self.text, self.markup = text, markup

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.markup}


def open_chapter(name: str, *, as_of: str | date, scenario: str = "base", seed: int = 0) -> Page:
    """
    Open a chapter on a day, under a scenario.

    Parameters
    ----------
    name : str
        Section of the article (``gamble``, ``cost`` ...), or name of any other notebook in ``chapters/``.
    as_of : str or date
        Last day of publication that counts, ``YYYY-MM-DD``.
    scenario : str
        ``low``, ``base``, ``high`` or the path of a scenario file.
    seed : int
        Seed of every random draw.

    Returns
    -------
    Page

    Raises
    ------
    ParameterError
        If a parameter has the wrong type.
    VintageError
        If the day is none or lies before the evidence begins.
    UnknownNameError
        If the chapter or the scenario does not exist.
    """
    others = [path.stem for path in chapter_files()]
    allowed = tuple(dict.fromkeys((*SECTIONS, *others)))
    # On a machine that has the package without the book, a chapter comes by itself and cannot be looked up.
    if name not in allowed and others:
        msg = f"there is no chapter {name!r}.{did_you_mean(name, allowed)} There are {', '.join(allowed)}."
        raise UnknownNameError(msg)
    if not isinstance(as_of, (str, date)):
        msg = f"as_of is {as_of!r}: give a day as text, for example '2025-03-31'"
        raise ParameterError(msg)
    if not isinstance(scenario, str):
        msg = f"scenario is {scenario!r}: give its name or the path of its file as text"
        raise ParameterError(msg)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        msg = f"seed is {seed!r}: give a whole number, zero or more"
        raise ParameterError(msg)
    refuse_unknown()
    context = context_for(as_of, scenario, seed)
    name_sources(load().sources["title"].fillna("").to_dict())
    return Page(name, context)


class Page:
    """An open chapter: its context, and the one way its numbers reach the prose."""

    def __init__(self, name: str, context: Context) -> None:
        self.name, self.context = name, context
        self._told: set[str] = set()

    @property
    def view(self):  # noqa: ANN201
        """What was known on the day."""
        return self.context.view

    @property
    def scenario(self):  # noqa: ANN201
        """What is supposed."""
        return self.context.scenario

    def publish(self, *names: str) -> None:
        """
        Make findings and verdicts available to the prose under their names.

        Without names: every finding of the chapter's section and the verdict of each of its claims. A finding ``x``
        is inserted as ``x`` (value), ``x__range`` (interval), ``x__full`` (both) and ``x__asof`` (the day); the
        verdict of a claim as ``verdict__<id>``.

        Parameters
        ----------
        *names : str
            Names of findings, ids of claims.

        Raises
        ------
        UnknownNameError
            If a name is neither.
        """
        ids = {entry.id for entry in claims()}
        if not names:
            names = tuple(key for key, entry in REGISTRY.items() if entry.section == self.name)
            names += tuple(entry.id for entry in claims() if entry.section == self.name)
        for name in names:
            # Told once: sphinx refuses a second text under one name.
            if name in self._told:
                continue
            self._told.add(name)
            if name in REGISTRY:
                self._publish_finding(name)
            elif name in ids:
                self._publish_verdict(name)
            else:
                allowed = [*REGISTRY, *ids]
                msg = f"nothing to publish is called {name!r}.{did_you_mean(name, allowed)}"
                raise UnknownNameError(msg)

    def _publish_finding(self, name: str) -> None:
        quantity = self.context.get(name)
        if quantity is None:
            texts = dict.fromkeys(("", "__range", "__full", "__asof"), UNKNOWN)
        else:
            texts = {
                "": quantity.text(),
                "__range": quantity.range_text(),
                "__full": quantity.full_text(),
                "__asof": f"{quantity.as_of:%Y-%m-%d}",
            }
        for suffix, text in texts.items():
            # The row behind the number, on hover, for the two forms that stand in sentences.
            _glue(name + suffix, Glued(text, figure_link(name, quantity, text, told=suffix in ("", "__full"))))

    def _publish_verdict(self, claim_id: str) -> None:
        judgement = get_claim(claim_id).judge(self.context)
        _glue(f"verdict__{claim_id}", Glued(judgement.verdict, verdict_mark(claim_id, judgement)))

    def say(self, name: str, text: str) -> None:
        """Publish a piece of wording that depends on the numbers, such as a direction."""
        _glue(name, Glued(text, html.escape(text)))

    def say_all(self, texts: Mapping[str, str]) -> None:
        """Publish several pieces of wording, each under its name."""
        for name, text in texts.items():
            self.say(name, text)


def anchor(name: str) -> str:
    """Name of the place of a finding on the page of all figures."""
    return "finding-" + name.replace("_", "-")


def figure_link(name: str, quantity: Quantity | None, text: str, *, told: bool = True) -> str:
    """
    Write a number as a link to its row among all findings, with what is behind it as a title of several lines.

    The page's script shows the title as a card, in which the sources are links; without it a browser shows the title.

    Parameters
    ----------
    name : str
        Name of the finding.
    quantity : Quantity, optional
        Nothing, if it was not known: then there is no row to lead to.
    text : str
        What is written.
    told : bool
        Whether it carries the title.
    """
    if quantity is None:
        hover, tag, place = f"{REGISTRY[name].says}: {UNKNOWN}", "span", ""
        grade, keys = "unknown", ""
    else:
        hover, tag, place = describe(name, quantity), "a", f' href="figures.html#{anchor(name)}"'
        grade, keys = quantity.grade, " ".join(quantity.sources[:SOURCES_TOLD])
    title = f' title="{html.escape(hover, quote=True)}"' if told else ""
    sources = f' data-sources="{html.escape(keys, quote=True)}"' if told and keys else ""
    return f'<{tag} class="figure-link grade-{grade}"{place}{title}{sources}>{html.escape(text)}</{tag}>'


def describe(name: str, quantity: Quantity) -> str:
    """
    Say what a number is, how firm, as of when and from where: a line each.

    Returns
    -------
    str
        What it counts and its value; then lines that begin with a label and a colon, one for each source named.
    """
    lines = [f"{REGISTRY[name].says}: {quantity.full_text()}"]
    if quantity.interval:
        lines.append(f"Interval: {quantity.interval}")
    lines.append(f"Grade: {quantity.grade}, {_GRADE_SAYS[quantity.grade]}")
    lines.append(f"Known: as of {quantity.as_of:%Y-%m-%d}")
    lines += [f"Source: {_source_title(key)}" for key in quantity.sources[:SOURCES_TOLD]]
    more = len(quantity.sources) - SOURCES_TOLD
    if more > 0:
        lines.append(f"More: {more} other {'source' if more == 1 else 'sources'}")
    return "\n".join(lines)


def _source_title(key: str) -> str:
    titles = load().sources["title"]
    return str(titles[key]) if key in titles.index and isinstance(titles[key], str) else key


def verdict_mark(claim_id: str, judgement: Judgement, text: str | None = None) -> str:
    """Draw a verdict as a mark that links to its row of the ledger; colour is never its only sign."""
    kind = judgement.verdict.replace(" ", "-")
    return (
        f'<a class="verdict verdict-{kind}" href="verdict.html#claim-{claim_id}" '
        f'title="{html.escape(judgement.because, quote=True)}">{html.escape(text or judgement.verdict)}</a>'
    )


def _glue(name: str, piece: Glued) -> None:
    from myst_nb import glue

    glue(name, piece, display=False)


def figures_table(context: Context) -> pd.DataFrame:
    """
    List every finding that can be known on the day, for the page of all figures.

    Returns
    -------
    DataFrame
        name, says, text, interval, grade, sources, section.
    """
    rows = [
        {
            "name": name,
            "says": entry.says,
            "text": quantity.full_text(),
            "interval": quantity.interval,
            "grade": quantity.grade,
            "sources": quantity.sources,
            "section": entry.section,
        }
        for name, entry in REGISTRY.items()
        if (quantity := context.get(name)) is not None
    ]
    return pd.DataFrame(rows)
