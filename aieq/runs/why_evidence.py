"""Which figures became public between two days, and which of them a finding rests on."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from ..assumptions import Scenario, load_scenario
from ..errors import AieqError
from ..evidence import View, load
from ..findings import Context

_TABLES = {
    "token_prices": ("first_seen", "model", "price_output_per_mtok", "USD_per_mtok"),
    "capability": ("date", "model", "score", "other"),
    "training_runs": ("published", "model", "cost_usd_2023", "USD"),
    "hardware": ("launch_date", "hardware", "launch_price_usd", "USD"),
    "deals": ("announced", "to_entity", "amount_usd_mn", "USD_mn"),
}


def news(before: str, after: str) -> pd.DataFrame:
    """
    List the figures known on the later of two days and not on the earlier: the latest version of each.

    Parameters
    ----------
    before, after : str
        Two days, in any order.

    Returns
    -------
    DataFrame
        entity, metric, period_end, value, low, high, unit, known_on, source; latest first. Rows of the side tables
        (prices, scores, training runs, hardware, deals) have the name of their table as metric.

    Examples
    --------
    >>> len(news("2025-03-31", "2025-03-31"))
    0
    >>> bool((news("2025-04-30", "2025-03-31")["known_on"] > pd.Timestamp("2025-03-31")).all())
    True
    """
    early, late = sorted((before, after))
    view = load().as_of(late)
    columns = ["entity", "metric", "period_end", "value", "low", "high", "unit", "known_on", "source"]
    frames = [view.observations[columns]]
    for name, (day, entity, value, unit) in _TABLES.items():
        table = view.table(name)
        frames.append(
            pd.DataFrame(
                {
                    "entity": table[entity],
                    "metric": name,
                    "period_end": table[day],
                    "value": table[value],
                    "low": float("nan"),
                    "high": float("nan"),
                    "unit": unit,
                    "known_on": table[day],
                    "source": table["source"],
                }
            )
        )
    new = pd.concat([frame[frame["known_on"] > pd.Timestamp(early)] for frame in frames], ignore_index=True)
    return new.sort_values("known_on", ascending=False, kind="stable").reset_index(drop=True)


class _Listening(View):
    """A view that notes which series it is asked for."""

    def __init__(self, view: View) -> None:
        super().__init__(view.evidence, view.day, view._known)
        self.asked: set[tuple[str, str]] = set()
        self.all = False

    @property
    def observations(self) -> pd.DataFrame:
        """Every figure: then nothing can be told apart."""
        self.all = True
        return super().observations

    def of(self, entities: Collection[str], metrics: Collection[str]) -> pd.DataFrame:
        """Note each pair that might be meant."""
        self.asked |= set(itertools.product(entities, metrics))
        return super().of(entities, metrics)

    def table(self, name: str) -> pd.DataFrame:
        """Note the table by its name."""
        self.asked.add(("", name))
        return super().table(name)

    def _of(self, entity: str, metric: str) -> pd.DataFrame:
        self.asked.add((entity, metric))
        return super()._of(entity, metric)


def series_of(name: str, day: str, scenario: Scenario | str = "base", seed: int = 0) -> set[tuple[str, str]] | None:
    """
    Find which series a finding asks for when it is computed.

    Parameters
    ----------
    name : str
        The finding.
    day, scenario, seed
        As for :func:`aieq.findings.context_for`.

    Returns
    -------
    set of (str, str), or None
        Entity and metric, or nothing and the name of a side table; None if it looks through all figures, or cannot be
        known on the day.

    Examples
    --------
    >>> series_of("gpu_run_rate_usd_bn", "2025-03-31")
    {('nvidia', 'datacenter_revenue')}
    """
    view = _Listening(load().as_of(day))
    chosen = load_scenario(scenario) if isinstance(scenario, str) else scenario
    try:
        Context(view, chosen, seed)[name]
    except AieqError:
        return None
    return None if view.all or not view.asked else view.asked


def resting_on(
    new: pd.DataFrame, sources: Iterable[str], asked: Collection[tuple[str, str]] | None = None
) -> pd.DataFrame:
    """
    Keep the rows a finding rests on: those that come from its sources and belong to a series it asks for.

    Parameters
    ----------
    new : DataFrame
        From :func:`news`.
    sources : iterable of str
        Keys of ``data/sources.csv``.
    asked : collection of (str, str), optional
        From :func:`series_of`; every series if not known.

    Returns
    -------
    DataFrame
        In the order of `new`.
    """
    wanted = set(sources)
    rows = new[[not wanted.isdisjoint(str(keys).split(";")) for keys in new["source"]]]
    if asked is None:
        return rows
    pairs = zip(rows["entity"], rows["metric"], strict=True)
    return rows[[(entity, metric) in asked or ("", metric) in asked for entity, metric in pairs]]


def as_plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """
    Write rows of evidence as plain values, with the title of their source.

    Returns
    -------
    list of dict
        entity, metric, period_end, value, low, high, unit, published (the day it became known), source, title.
    """
    titles = load().sources["title"].fillna("")
    found = []
    for row in rows.to_dict("records"):
        first = str(row["source"]).partition(";")[0]
        found.append(
            {
                "entity": row["entity"],
                "metric": row["metric"],
                "period_end": f"{row['period_end']:%Y-%m-%d}",
                **{key: None if pd.isna(row[key]) else float(row[key]) for key in ("value", "low", "high")},
                "unit": row["unit"],
                "published": f"{row['known_on']:%Y-%m-%d}",
                "source": first,
                "title": titles.get(first, ""),
            }
        )
    return found
