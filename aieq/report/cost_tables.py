"""Small tables of the cost chapter: where sources or definitions conflict, all of them side by side."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from .. import sites, training, units
from ..errors import VintageError
from ..quantity import Quantity
from . import tables
from .page import Glued

if TYPE_CHECKING:
    from ..findings import Context


def _links(context: Context, joined: str) -> str:
    sources = context.view.evidence.sources
    shown = []
    for key in dict.fromkeys(str(joined).split(";")):
        who = tables.publisher_name(str(sources.at[key, "publisher"])) if key in sources.index else key
        shown.append(f'<a href="sources.html#source-{html.escape(key)}">{html.escape(who)}</a>')
    return ", ".join(shown)


def _shown(context: Context, frame: pd.DataFrame, headers: dict[str, str], caption: str) -> Glued:
    if frame.empty:
        text = f"{caption}: nothing was known on {context.as_of:%Y-%m-%d}."
        return Glued(text, f"<p>{html.escape(text)}</p>")
    frame = frame.assign(source=[_links(context, joined) for joined in frame["source"]])
    return tables.table(frame, {**headers, "source": "Source"}, caption=caption, markup=("source",))


def _usd(value: float, low: float, high: float, unit: str) -> str:
    if pd.isna(low) or pd.isna(high) or low == high:
        return Quantity(value, unit).text()
    return Quantity(value, unit, low, high).full_text()


def gpt4(context: Context) -> Glued:
    """Show what training GPT-4 cost, by definition."""
    rows = [
        ("gpt4_cost_amortised_usd_mn", "Hardware worn out by the run, and energy"),
        ("gpt4_cost_cloud_usd_mn", "The same hours rented from a cloud"),
        ("gpt4_cost_stated_usd_mn", "What the chief executive said, at least"),
        ("gpt4_cluster_usd_mn", "Price of the cluster that did it"),
    ]
    found = [(says, q.full_text(), ";".join(q.sources)) for name, says in rows if (q := context.get(name)) is not None]
    frame = pd.DataFrame(found, columns=["definition", "cost", "source"])
    headers = {"definition": "What is counted", "cost": "Cost"}
    return _shown(context, frame, headers, "One training run, GPT-4, under four definitions")


def inference_sources(context: Context, year: int) -> Glued:
    """Show what each source says OpenAI paid for inference in a year."""
    frame = units.spending_rows(context.view, "openai", "inference_cost", year).sort_values("published")
    frame["cost"] = [
        _usd(v, lo, hi, "USD_bn")
        for v, lo, hi in zip(frame["value_usd_bn"], frame["low_usd_bn"], frame["high_usd_bn"], strict=True)
    ]
    frame["kind"] = frame["basis"].map(
        {
            "guidance": "the company's own plan",
            "secondary": "press on internal figures",
            "estimate": "a third party's estimate",
            "reported": "reported",
            "projection": "a third party's projection",
        }
    )
    frame["known"] = frame["published"].dt.strftime("%Y-%m-%d")
    headers = {"known": "Public since", "kind": "What it is", "cost": "Cost"}
    return _shown(context, frame, headers, f"OpenAI's inference bill of {year}, by source")


def cost_per_gw(context: Context) -> Glued:
    """Show each estimate of the cost of a gigawatt."""
    try:
        frame = sites.cost_per_gw(context.view)
    except VintageError:
        frame = pd.DataFrame(columns=["who", "cost", "known", "source"])
    else:
        frame["cost"] = [
            _usd(v, lo, hi, "USD_bn")
            for v, lo, hi in zip(frame["value_usd_bn"], frame["low_usd_bn"], frame["high_usd_bn"], strict=True)
        ]
        frame["known"] = frame["published"].dt.strftime("%Y-%m")
    headers = {"who": "Who says so", "cost": "Cost of a gigawatt", "known": "Public since"}
    return _shown(context, frame, headers, "What a gigawatt of AI data centre costs to build")


def useful_lives(context: Context) -> Glued:
    """Show every change of the life over which servers are written off."""
    frame = sites.useful_lives(context.view)
    frame["who"] = frame["company"].str.capitalize()
    frame["when"] = frame["effective"].dt.strftime("%Y-%m")
    frame["change"] = [
        f"{before:g} to {after:g} years"
        for before, after in zip(frame["before_years"], frame["after_years"], strict=True)
    ]
    headers = {"when": "In effect from", "who": "Company", "change": "Life of servers"}
    return _shown(context, frame, headers, "Changes of the life over which servers are written off")


def paybacks(context: Context) -> Glued:
    """Show every payback on record or worked out."""
    frame = sites.paybacks(context.view)
    frame["years_text"] = [
        _usd(v, lo, hi, "years")
        for v, lo, hi in zip(frame["years"], frame["low_years"], frame["high_years"], strict=True)
    ]
    headers = {"who": "Whose", "kind": "How known", "years_text": "Payback"}
    return _shown(context, frame, headers, "How long until computing has earned its price back")


def dearest_runs(context: Context) -> Glued:
    """Show the dearest known run under each definition."""
    rows = []
    for definition, says in {"cost_usd": "hardware worn out by the run, and energy"}.items() | {
        (key, says) for key, says in training.DEFINITIONS.items() if key != "cost_amortised_hw_energy_usd"
    }:
        try:
            q, model = training.dearest(context.view, definition)
        except VintageError:
            continue
        rows.append((says, model, q.full_text(), ";".join(q.sources)))
    frame = pd.DataFrame(rows, columns=["definition", "model", "cost", "source"]).sort_values("definition")
    headers = {"definition": "What is counted", "model": "Run", "cost": "Cost"}
    return _shown(context, frame, headers, "The dearest training run known, under three definitions")
