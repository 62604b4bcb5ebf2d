"""What training costs: dated runs at the frontier, their growth, and how one run's cost depends on the definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .errors import VintageError
from .evidence import per_view
from .quantity import Quantity
from .trends import Growth, growth_fit

if TYPE_CHECKING:
    from .evidence import View

STUDY = "epoch_training_cost_trends"
FRONTIER_SIZE = 10
FIRST_DAY = "2016-01-01"  # Epoch's window; before it the table holds too few runs for a ranking to mean anything
# Definitions of the cost of one run, from the narrowest: each is a column of the table.
DEFINITIONS = {
    "cost_amortised_hw_energy_usd": "hardware worn out by the run, and energy",
    "cost_cloud_usd_2023": "the same hours rented from a cloud",
    "cost_upfront_hardware_usd": "price of the whole cluster",
}
# One organisation's flagships, whose successors are what "each generation" means.
FLAGSHIPS = ("GPT-3 175B (davinci)", "GPT-4", "GPT-4.5", "GPT-5")


def known_runs(view: View) -> pd.DataFrame:
    """
    Runs published by the day, with a cost only where a study that states it was public by then.

    A compute estimate is taken as known when the model is out: databases of them have been public throughout. So is a
    cost that the study added after its first issue, though its day is not on record: that may be some months early.

    Returns
    -------
    DataFrame
        The table's columns, and ``cost_usd``: hardware amortised over its use plus energy, in dollars of 2023.
    """
    return _known_runs(view).copy(deep=False)


@per_view
def _known_runs(view: View) -> pd.DataFrame:
    runs = view.training_runs.copy()
    published = pd.to_datetime(view.evidence.sources["published"], errors="coerce")
    study_known = view.past(_first_known(runs["source"], published))
    amortised = runs["cost_amortised_hw_energy_usd"]
    database = runs["source"].str.contains("epoch_") & ~runs["source"].eq(STUDY)
    runs["cost_usd"] = amortised.where(amortised.notna(), runs["cost_usd_2023"].where(database)).where(study_known)
    for column in DEFINITIONS:
        runs[column] = runs[column].where(study_known)
    runs["study_known"] = study_known
    return runs


def _plain_names(runs: pd.DataFrame) -> pd.Series:
    return runs["model"].str.replace("-", " ").str.split("(").str[0].str.strip()


def _first_known(sources: pd.Series, published: pd.Series) -> pd.Series:
    keys = sources.str.split(";").explode()
    return keys.map(published).groupby(level=0).min()


def rank_at_release(runs: pd.DataFrame) -> np.ndarray:
    """
    Rank of each run by compute among everything published up to its own day.

    Of several runs an organisation published on one day the largest stands for all, so that variants and double
    entries do not crowd out others.

    Examples
    --------
    >>> runs = pd.DataFrame({"organization": ["a", "b", "c"], "training_compute_flop": [1e20, 1e22, 1e21],
    ...                      "published": pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01"])})
    >>> rank_at_release(runs).tolist()
    [1, 1, 2]
    """
    sized = runs[runs["training_compute_flop"].notna()]
    pool = _one_a_day(sized)
    days, sizes = pool["published"].to_numpy(), pool["training_compute_flop"].to_numpy()
    ranks = [
        int(((days <= day) & (sizes > size)).sum()) + 1
        for day, size in zip(runs["published"].to_numpy(), runs["training_compute_flop"].to_numpy(), strict=True)
    ]
    return np.array(ranks)


def _one_a_day(runs: pd.DataFrame) -> pd.DataFrame:
    """The largest run of each organisation on each day; its name's first word tells organisations apart."""
    who = [name.partition(",")[0].partition(" ")[0] if isinstance(name, str) else name for name in runs["organization"]]
    largest = runs.assign(_who=who).sort_values("training_compute_flop", ascending=False, kind="stable")
    return largest.drop_duplicates(["_who", "published"]).drop(columns="_who")


@per_view
def _ranked(view: View) -> pd.DataFrame:
    """Known runs of known compute, with their rank at release."""
    runs = known_runs(view)
    runs = runs[runs["training_compute_flop"].notna()].reset_index(drop=True)
    return runs.assign(rank=rank_at_release(runs))


@per_view
def frontier_costs(view: View, *, strict: bool = False) -> pd.DataFrame:
    """
    Cost of the runs that were among the ten largest by compute when they came out, since 2016.

    Up to the end of Epoch's cost study its own list is taken: it applied that rule to a fuller table than ours. Later
    runs enter if they pass the rule on our table.

    Parameters
    ----------
    strict : bool
        Apply the rule on our table to Epoch's list as well.

    Returns
    -------
    DataFrame
        model, organization, published, training_compute_flop, cost_usd, source; sorted by day.
    """
    runs = _ranked(view)
    listed = runs["source"].str.contains(STUDY)
    study = runs[listed & runs["cost_amortised_hw_energy_usd"].notna()]
    end = study["published"].max() if len(study) else pd.Timestamp.max
    later = runs[(runs["published"] > end) & (runs["rank"] <= FRONTIER_SIZE) & runs["cost_usd"].notna()]
    chosen = pd.concat([study[study["rank"] <= FRONTIER_SIZE] if strict else study, later])
    chosen = chosen[chosen["published"] >= pd.Timestamp(FIRST_DAY)]
    columns = ["model", "organization", "published", "training_compute_flop", "cost_usd", "source"]
    return chosen[columns].sort_values("published", kind="stable").reset_index(drop=True)


def cost_growth(view: View, *, strict: bool = False) -> Growth:
    """
    Growth of the cost of frontier runs, with a 90 % interval.

    Raises
    ------
    VintageError
        If no cost estimates were public by the day.
    """
    runs = frontier_costs(view, strict=strict)
    if len(runs) < 4:
        msg = f"no study of training costs was public on {view.dated}; the first in the evidence is of 31 May 2024"
        raise VintageError(msg)
    return growth_fit(runs["published"], runs["cost_usd"])


@per_view
def compute_growth(view: View) -> tuple[Growth, pd.DataFrame]:
    """
    Growth of the compute of the ten largest runs at release, and those runs.

    Raises
    ------
    VintageError
        If too few were known by the day.
    """
    runs = _ranked(view)
    runs = runs[(runs["rank"] <= FRONTIER_SIZE) & (runs["published"] >= pd.Timestamp(FIRST_DAY))]
    runs = _one_a_day(runs).sort_values("published", kind="stable")
    if len(runs) < 4:
        msg = f"fewer than four large training runs were known on {view.dated}: ask for a later day"
        raise VintageError(msg)
    columns = ["model", "organization", "published", "training_compute_flop", "source"]
    runs = runs[columns].reset_index(drop=True)
    return growth_fit(runs["published"], runs["training_compute_flop"]), runs


def flagships(view: View) -> pd.DataFrame:
    """Compute of one developer's successive flagships, as estimated, in order of release."""
    runs = view.training_runs
    mine = runs[runs["model"].isin(FLAGSHIPS) & runs["training_compute_flop"].notna()]
    columns = ["model", "published", "training_compute_flop", "source"]
    return mine.sort_values("published")[columns].reset_index(drop=True)


@per_view
def gpt4_cost(view: View, definition: str) -> Quantity:
    """
    Cost of training GPT-4 under one definition, in millions: Epoch's study, with its other vintages as interval.

    Parameters
    ----------
    definition : str
        A key of :data:`DEFINITIONS`.
    """
    runs = known_runs(view)
    column = "cost_usd" if definition == "cost_amortised_hw_energy_usd" else definition
    mine = runs[runs["model"].str.fullmatch(r"GPT-4( \((Mar 2023|AI Index / Epoch cloud)\))?") & runs[column].notna()]
    if mine.empty:
        msg = f"no study of what GPT-4 cost was public on {view.dated}; the first in the evidence is of 31 May 2024"
        raise VintageError(msg)
    values = mine[column] / 1e6
    central = values[mine["source"].str.contains(STUDY)]
    low, high = (None, None) if values.nunique() == 1 else (values.min(), values.max())
    return Quantity(
        float((central if len(central) else values).iloc[0]), "USD_mn", low, high, "estimated", view.dated,
        tuple(key for joined in mine["source"] for key in joined.split(";")),
        "vintages of the same estimate" if low is not None else "none: one estimate, none given",
    )  # fmt: skip


def study_growth(view: View, end: str = "2024-05-31") -> Growth:
    """Growth of cost on Epoch's own list up to the end of its paper's window: a check against the published figure."""
    runs = frontier_costs(view)
    runs = runs[runs["published"] <= pd.Timestamp(end)]
    if len(runs) < 4:
        msg = f"no study of training costs was public on {view.dated}; the first in the evidence is of 31 May 2024"
        raise VintageError(msg)
    return growth_fit(runs["published"], runs["cost_usd"], cov="nonrobust")


@per_view
def dearest(view: View, definition: str = "cost_usd") -> tuple[Quantity, str]:
    """
    Cost of the dearest single run known by the day under one definition, in millions, and its model.

    Several estimates of that model's run make the interval. For ``cost_usd`` so do figures relayed without the run's
    compute, unless they are said to be rents.

    Parameters
    ----------
    definition : str
        ``cost_usd`` or a key of :data:`DEFINITIONS`.
    """
    every = known_runs(view)
    runs = every[every["training_compute_flop"].notna() & every[definition].notna()]
    if runs.empty:
        msg = f"no study of training costs was public on {view.dated}; the first in the evidence is of 31 May 2024"
        raise VintageError(msg)
    name = _plain_names(runs)
    best = runs[definition].idxmax()
    same = runs[name == name[best]]
    values = same[definition] / 1e6
    ends = values
    if definition == "cost_usd":
        told = every[every["training_compute_flop"].isna() & every["cost_cloud_usd_2023"].isna()]
        told = told[told["cost_usd_2023"].notna() & told["study_known"] & (_plain_names(told) == name[best])]
        same, ends = pd.concat([same, told]), pd.concat([values, told["cost_usd_2023"] / 1e6])
    low, high = (None, None) if ends.nunique() == 1 else (ends.min(), ends.max())
    return (
        Quantity(
            values.mean(),
            "USD_mn",
            low,
            high,
            grade="estimated",
            as_of=view.dated,
            sources=tuple(key for joined in same["source"] for key in joined.split(";")),
            interval="estimates of the same run" if low is not None else "none: one estimate, none given",
        ),
        runs.at[best, "model"].split(" (")[0],
    )


def crossing(growth: Growth, cost_usd: float, until: int = 2090) -> tuple[float, float, float]:
    """
    Find when the fitted line reaches a cost: calendar year with fraction, and the ends of the interval of the line.

    Returns
    -------
    tuple of float
        Middle, earliest, latest; infinite if not reached by `until`.

    Examples
    --------
    >>> fit = growth_fit(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01"], [1, 10, 100, 1000])
    >>> [round(year, 1) for year in crossing(fit, 1e4)]
    [2024.0, 2024.0, 2024.0]
    """
    days = pd.date_range(growth.first, f"{until}-12-31", freq="D")
    found = []
    middle, low, high = growth.fitted(days)
    for line in (middle, high, low):
        over = np.flatnonzero(line >= cost_usd * (1 - 1e-9))
        day = days[over[0]] if over.size else None
        found.append(day.year + (day.day_of_year - 1) / 365.25 if day is not None else np.inf)
    return found[0], found[1], found[2]
