"""Which figures became public between two days, and which of them a finding rests on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ..evidence import load

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


def resting_on(new: pd.DataFrame, sources: Iterable[str]) -> pd.DataFrame:
    """
    Keep the rows that come from some sources.

    Parameters
    ----------
    new : DataFrame
        From :func:`news`.
    sources : iterable of str
        Keys of ``data/sources.csv``.

    Returns
    -------
    DataFrame
        In the order of `new`.
    """
    wanted = set(sources)
    return new[[not wanted.isdisjoint(str(keys).split(";")) for keys in new["source"]]]


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
