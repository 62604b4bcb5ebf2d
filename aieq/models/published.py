"""Every published calculation with our repetition of it, by name and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..errors import UnknownNameError, did_you_mean
from .checks import share
from .model import Model
from .required import bain_required_usd_bn, cahn_required_usd_bn, kupperman_required_usd_bn, perpetuity_required_usd_bn
from .rows_economy import ECONOMY
from .rows_gauges import GAUGES, RETURNS
from .rows_required import REQUIRED, SPENDING
from .rows_unit import UNIT

MODELS: tuple[Model, ...] = (*REQUIRED, *SPENDING, *GAUGES, *RETURNS, *UNIT, *ECONOMY)
BY_ID = {model.id: model for model in MODELS}
# What was read in a source without a day counts as known from the day on which the evidence closed.
UNDATED = "2026-08-31"
_COLUMNS = (
    "id", "who", "what", "kind", "published", "computed", "unit", "verdict", "allowance", "because", "implied",
    "note", "missing", "sources", "url", "day",
)  # fmt: skip


def get(name: str) -> Model:
    """
    One model by its id.

    Raises
    ------
    UnknownNameError
        If there is no such model.

    Examples
    --------
    >>> get("krishna2025").compute()
    800.0
    """
    if name not in BY_ID:
        msg = f"no published calculation is called {name!r}.{did_you_mean(name, BY_ID)} `aieq model list` shows all."
        raise UnknownNameError(msg)
    return BY_ID[name]


def known_on(model: Model) -> str:
    """
    Day from which a model counts as known.

    Examples
    --------
    >>> known_on(get("krishna2025"))
    '2025-12-31'
    """
    return model.day or UNDATED


def _computed(model: Model) -> float | None:
    return None if model.function is None or model.unknown else model.compute()


def table(by: str = "", ids: Sequence[str] | None = None) -> pd.DataFrame:
    """
    Every published calculation beside our repetition of it.

    Parameters
    ----------
    by : str
        Only those published by this day, ``YYYY-MM-DD``; all of them by default.
    ids : sequence of str, optional
        Only these, in this order.

    Returns
    -------
    DataFrame
        Columns id, who, what, kind, published, computed, unit, verdict, allowance, because, implied, note, missing,
        sources, url, day; `computed` is empty where an input is not public, `missing` says which or why there is
        nothing to calculate.

    Examples
    --------
    >>> table(ids=["cahn2024_required"]).set_index("id").loc["cahn2024_required", "verdict"]
    'reproduced'
    """
    rows = [
        {
            "id": model.id,
            "who": model.who,
            "what": model.what,
            "kind": model.kind,
            "published": model.published,
            "computed": _computed(model),
            "unit": model.unit,
            "verdict": model.verdict,
            "allowance": model.allowance[0],
            "because": model.allowance[1],
            "implied": ", ".join(model.implied),
            "note": model.note,
            "missing": model.missing or model.fact,
            "sources": ";".join(model.sources),
            "url": model.url,
            "day": model.day,
        }
        for model in (MODELS if ids is None else [get(name) for name in ids])
        if not by or known_on(model) <= by
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"published": float, "computed": float})


def on_common_inputs(
    *,
    gpu_run_rate_usd_bn: float,
    ai_capex_usd_bn: float,
    ai_capital_usd_bn: float,
    buyer_gross_margin_ratio: float = 0.5,
) -> pd.DataFrame:
    """
    What each rule asks for when all are fed one set of inputs: the bridge between their answers.

    Each rule keeps the constants its author printed (the multiple of two, ten years, a quarter, ten per cent); only
    what was spent comes from here.

    Parameters
    ----------
    gpu_run_rate_usd_bn : float
        Accelerator sales a year.
    ai_capex_usd_bn : float
        Capital spending on AI a year.
    ai_capital_usd_bn : float
        Stock of AI capital.
    buyer_gross_margin_ratio : float
        Gross margin needed by those who buy compute, where a rule leaves it open.

    Returns
    -------
    DataFrame
        Columns who, asks (what the year must pay for), required_usd_bn.

    Examples
    --------
    >>> rules = on_common_inputs(gpu_run_rate_usd_bn=100, ai_capex_usd_bn=200, ai_capital_usd_bn=500)
    >>> rules.set_index("who")["required_usd_bn"].tolist()
    [400.0, 800.0, 80.0, 100.0]
    """
    share(buyer_gross_margin_ratio=buyer_gross_margin_ratio)
    cahn = cahn_required_usd_bn(gpu_run_rate_usd_bn, 2, 0.5)
    wear = kupperman_required_usd_bn(ai_capex_usd_bn, 10, 0.25)
    interest = perpetuity_required_usd_bn(ai_capital_usd_bn, 0.1, 1 - buyer_gross_margin_ratio)
    return pd.DataFrame(
        [
            ("Cahn", "all of this year's chips and what goes with them", cahn),
            ("Bain", "capital spending at a quarter of revenue", bain_required_usd_bn(ai_capex_usd_bn, 0.25)),
            ("Kupperman", "ten-year depreciation of one year's spending", wear),
            ("Krishna, J.P. Morgan", "ten per cent on the stock, no wear", interest),
        ],
        columns=["who", "asks", "required_usd_bn"],
    )
