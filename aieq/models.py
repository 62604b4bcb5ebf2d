"""Other people's published calculations, each a pure function of named inputs, and the check that we repeat them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from .errors import EquationError, UnknownNameError, did_you_mean


def _share(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value < 1:
            msg = f"{name} is {value}: a share of revenue must be at least 0 and below 1 (50 per cent is 0.5)"
            raise EquationError(msg)


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            msg = f"{name} is {value}: it must be above zero"
            raise EquationError(msg)


def cahn_required_usd_bn(
    gpu_run_rate_usd_bn: float, total_cost_multiple_of_gpu: float, end_user_gross_margin: float
) -> float:
    """
    Revenue that pays for one year of accelerators (Cahn 2023, 2024).

    Examples
    --------
    >>> cahn_required_usd_bn(50, 2, 0.5)
    200.0
    >>> cahn_required_usd_bn(150, 2, 0.5)
    600.0
    """
    _share(end_user_gross_margin=end_user_gross_margin)
    return gpu_run_rate_usd_bn * total_cost_multiple_of_gpu / (1 - end_user_gross_margin)


def cahn_run_rate_usd_bn(
    required_usd_bn: float, total_cost_multiple_of_gpu: float, end_user_gross_margin: float
) -> float:
    """
    Accelerator sales at which Cahn's rule asks for a given revenue: his rule read backwards.

    Examples
    --------
    >>> cahn_run_rate_usd_bn(600, 2, 0.5)
    150.0
    """
    _share(end_user_gross_margin=end_user_gross_margin)
    return required_usd_bn * (1 - end_user_gross_margin) / total_cost_multiple_of_gpu


def cahn_hole_usd_bn(required_usd_bn: float, ai_revenue_usd_bn: float) -> float:
    """
    What remains of the required revenue once assumed AI revenue is taken off.

    Examples
    --------
    >>> cahn_hole_usd_bn(600, 100)
    500
    """
    return required_usd_bn - ai_revenue_usd_bn


def bain_required_usd_bn(annual_capex_usd_bn: float, capex_to_revenue: float) -> float:
    """
    Revenue at which yearly capital spending is a bearable share of it (Bain 2025).

    Examples
    --------
    >>> bain_required_usd_bn(500, 0.25)
    2000.0
    """
    _positive(capex_to_revenue=capex_to_revenue)
    return annual_capex_usd_bn / capex_to_revenue


def perpetuity_required_usd_bn(
    investment_usd_bn_at_least: float, return_ratio: float, cash_margin: float = 1.0
) -> float:
    """
    Revenue for ever whose cash share pays a return on an investment that never wears out (the floor under JPMorgan).

    Examples
    --------
    >>> perpetuity_required_usd_bn(5000, 0.1)
    500.0
    """
    _positive(cash_margin=cash_margin)
    return investment_usd_bn_at_least * return_ratio / cash_margin


def per_user_month_usd(annual_revenue_usd_bn: float, users_mn: float) -> float:
    """
    Spread a yearly revenue over users and months (JPMorgan's picture).

    Examples
    --------
    >>> round(per_user_month_usd(650, 1500), 2)
    36.11
    """
    _positive(users_mn=users_mn)
    return annual_revenue_usd_bn * 1000 / users_mn / 12


def kupperman_required_usd_bn(capex_usd_bn: float, life_years: float, gross_margin: float) -> float:
    """
    Revenue whose gross profit pays the straight-line depreciation of one year's capital spending (Kupperman 2025).

    Examples
    --------
    >>> kupperman_required_usd_bn(400, 10, 0.25)
    160.0
    """
    _positive(life_years=life_years, gross_margin=gross_margin)
    return capex_usd_bn / life_years / gross_margin


def krishna_profit_usd_bn(gw: float, usd_bn_per_gw: float, cost_of_capital: float) -> float:
    """
    Profit a year that pays the interest on a build-out, with no wear (Krishna 2025).

    Examples
    --------
    >>> krishna_profit_usd_bn(100, 80, 0.1)
    800.0
    """
    return gw * usd_bn_per_gw * cost_of_capital


def acemoglu_tfp_pct(task_share_affected: float, overall_cost_saving: float) -> float:
    """
    Gain in total factor productivity over ten years, in per cent (Acemoglu 2024, by Hulten's theorem).

    Examples
    --------
    >>> round(acemoglu_tfp_pct(0.046, 0.144), 2)
    0.66
    """
    _share(task_share_affected=task_share_affected, overall_cost_saving=overall_cost_saving)
    return 100 * task_share_affected * overall_cost_saving


def deepseek_cost_usd_per_day(avg_nodes: float, gpus_per_node: float, hours: float, usd_per_gpu_hour: float) -> float:
    """
    Rent of the accelerators that served a day (DeepSeek 2025).

    Examples
    --------
    >>> deepseek_cost_usd_per_day(226.75, 8, 24, 2.0)
    87072.0
    """
    return avg_nodes * gpus_per_node * hours * usd_per_gpu_hour


def deepseek_revenue_usd_per_day(
    cached_input_tokens_bn: float,
    input_tokens_bn: float,
    output_tokens_bn: float,
    usd_per_mtok_cached: float,
    usd_per_mtok_input: float,
    usd_per_mtok_output: float,
) -> float:
    """
    What the same day would have billed at list price (DeepSeek 2025, called theoretical there).

    Cached input is part of the input and billed at its own price.

    Examples
    --------
    >>> deepseek_revenue_usd_per_day(1, 3, 1, 1, 10, 100)
    121000.0
    """
    fresh = input_tokens_bn - cached_input_tokens_bn
    dollars_per_bn = (
        cached_input_tokens_bn * usd_per_mtok_cached
        + fresh * usd_per_mtok_input
        + output_tokens_bn * usd_per_mtok_output
    )
    return dollars_per_bn * 1000.0


def fall_per_year(price_start: float, price_end: float, years: float) -> float:
    """
    Factor by which a price falls each year (a16z 2024).

    Examples
    --------
    >>> round(fall_per_year(60, 0.06, 3), 6)
    10.0
    """
    _positive(price_start=price_start, price_end=price_end, years=years)
    return (price_start / price_end) ** (1 / years)


@dataclass(frozen=True)
class Model:
    """
    One published calculation.

    Parameters
    ----------
    id : str
        Its id in the table of reference results.
    who, what : str
        Author with year, and what is calculated.
    function : callable or None
        The calculation; None when the inputs are not public.
    inputs : mapping
        The published inputs, by the names of the function's arguments.
    published : float or None
        The published answer.
    unit : str
        Of the answer.
    tolerance_ratio : float
        By how much of the answer ours may differ, from the digits it was printed with.
    sources : tuple of str
        Keys of the table of sources.
    note : str
        What to know before comparing.
    missing : str
        What stands in the way of repeating it, if anything does.
    day : str
        The day it was published, as the table of reference results has it; empty where nobody knows.
    """

    id: str
    who: str
    what: str
    function: Callable[..., float] | None
    inputs: Mapping[str, float] = field(default_factory=dict)
    published: float | None = None
    unit: str = "USD_bn"
    tolerance_ratio: float = 1e-9
    sources: tuple[str, ...] = ()
    note: str = ""
    missing: str = ""
    day: str = ""

    def compute(self, **changes: float) -> float:
        """
        Run the calculation on its published inputs, or on some of them changed.

        Raises
        ------
        UnknownNameError
            For an input the calculation does not have.
        EquationError
            If its inputs are not public.

        Examples
        --------
        >>> get("cahn2024_required").compute()
        600.0
        >>> get("cahn2024_required").compute(gpu_run_rate_usd_bn=200)
        800.0
        """
        if self.function is None:
            msg = f"{self.who} cannot be computed: {self.missing}"
            raise EquationError(msg)
        allowed = list(inspect.signature(self.function).parameters)
        for name in changes:
            if name not in allowed:
                msg = f"{self.id} has no input {name!r}: it takes {', '.join(allowed)}.{did_you_mean(name, allowed)}"
                raise UnknownNameError(msg)
        return self.function(**{**self.inputs, **changes})

    @property
    def verdict(self) -> str:
        """``reproduced``, ``not reproduced`` or ``cannot be reproduced``."""
        if self.missing or self.function is None or self.published is None:
            return "cannot be reproduced"
        off = abs(self.compute() / self.published - 1)
        return "reproduced" if off <= self.tolerance_ratio else "not reproduced"


MODELS = (
    Model(
        "cahn2023_required",
        "Cahn 2023",
        "revenue that pays for one year of accelerators",
        cahn_required_usd_bn,
        {"gpu_run_rate_usd_bn": 50, "total_cost_multiple_of_gpu": 2, "end_user_gross_margin": 0.5},
        200,
        sources=("cahn_2023_200b",),
        note="no margin for the cloud provider, no interest, no life of the equipment",
        day="2023-09-20",
    ),
    Model(
        "cahn2023_hole",
        "Cahn 2023",
        "required revenue not covered",
        cahn_hole_usd_bn,
        {"required_usd_bn": 200, "ai_revenue_usd_bn": 75},
        125,
        sources=("cahn_2024_600b",),
        note="the 75 is implied: the companies he lists add up to 70",
        day="2023-09-20",
    ),
    Model(
        "cahn2024_required",
        "Cahn 2024",
        "revenue that pays for one year of accelerators",
        cahn_required_usd_bn,
        {"gpu_run_rate_usd_bn": 150, "total_cost_multiple_of_gpu": 2, "end_user_gross_margin": 0.5},
        600,
        sources=("cahn_2024_600b", "nimbus27_cahn_2024"),
        note="the run rate is a forecast of the last quarter of 2024, times four",
        day="2024-06-20",
    ),
    Model(
        "cahn2024_hole",
        "Cahn 2024",
        "required revenue not covered",
        cahn_hole_usd_bn,
        {"required_usd_bn": 600, "ai_revenue_usd_bn": 100},
        500,
        sources=("cahn_2024_600b", "rosenthal_dshr_2024"),
        note="the 100 is implied",
        day="2024-06-20",
    ),
    Model(
        "question_840bn",
        "the 840 billion question",
        "revenue that pays for one year of accelerators",
        None,
        {"total_cost_multiple_of_gpu": 2, "end_user_gross_margin": 0.5},
        None,
        note="read backwards, his two factors ask for 840 at accelerator sales of 210 a year, which is 52.5 a quarter",
        missing="no source in the evidence holds the figure, its author's inputs or its day",
    ),
    Model(
        "bain2025_required",
        "Bain 2025",
        "revenue in 2030 that bears the capital spending of that year",
        bain_required_usd_bn,
        {"annual_capex_usd_bn": 500, "capex_to_revenue": 0.25},
        2000,
        sources=("bain_2025_toms", "bain_2025_cybernews"),
        note="the share of a quarter is implied by the two printed figures, so this is arithmetic, not a test",
        day="2025-09-23",
    ),
    Model(
        "jpm2025_required",
        "J.P. Morgan 2025",
        "revenue for ever that gives a return of ten per cent on investment through 2030",
        perpetuity_required_usd_bn,
        {"investment_usd_bn_at_least": 5000, "return_ratio": 0.1},
        650,
        sources=("jpm_toms_2025", "jpm_650"),
        note="a bare perpetuity asks for less; a cash margin of 77 per cent would close the gap",
        missing="the cash margin, the reinvestment and the timing of the spending are not public",
        day="2025-11-10",
    ),
    Model(
        "jpm2025_iphone",
        "J.P. Morgan 2025",
        "the same for each iPhone user and month",
        per_user_month_usd,
        {"annual_revenue_usd_bn": 650, "users_mn": 1560.1},
        34.72,
        unit="USD_per_month",
        tolerance_ratio=1e-3,
        sources=("jpm_toms_2025",),
        note="the number of users is backed out of the answer",
        day="2025-11-10",
    ),
    Model(
        "kupperman2025_aug",
        "Kupperman 2025",
        "revenue that pays the depreciation of the data centres built in 2025",
        kupperman_required_usd_bn,
        {"capex_usd_bn": 400, "life_years": 10, "gross_margin": 0.25},
        160,
        sources=("praetorian",),
        note="one year's buildings only, none of the stock before it, no interest",
        day="2025-08-31",
    ),
    Model(
        "krishna2025",
        "Krishna 2025",
        "yearly profit that pays the interest on a hundred gigawatts",
        krishna_profit_usd_bn,
        {"gw": 100, "usd_bn_per_gw": 80, "cost_of_capital": 0.1},
        800,
        sources=("ibm_krishna_gw",),
        note="profit, not revenue; no wear of the equipment",
        day="2025-12-31",
    ),
    Model(
        "acemoglu_tfp",
        "Acemoglu 2024",
        "gain in total factor productivity over ten years",
        acemoglu_tfp_pct,
        {"task_share_affected": 0.046, "overall_cost_saving": 0.144},
        0.66,
        unit="pct",
        tolerance_ratio=0.01,
        note="an upper bound by its author's account; read in a transcript",
        day="2024-05-12",
    ),
    Model(
        "deepseek_cost",
        "DeepSeek 2025",
        "rent of the accelerators that served one day",
        deepseek_cost_usd_per_day,
        {"avg_nodes": 226.75, "gpus_per_node": 8, "hours": 24, "usd_per_gpu_hour": 2.0},
        87072,
        unit="USD",
        sources=("deepseek_inference_overview_2025",),
        note="the hourly rent is the authors' assumption",
        day="2025-03-01",
    ),
    Model(
        "deepseek_revenue",
        "DeepSeek 2025",
        "what that day would have billed at list price",
        deepseek_revenue_usd_per_day,
        {
            "cached_input_tokens_bn": 342,
            "input_tokens_bn": 608,
            "output_tokens_bn": 168,
            "usd_per_mtok_cached": 0.14,
            "usd_per_mtok_input": 0.55,
            "usd_per_mtok_output": 2.19,
        },
        562027,
        unit="USD",
        tolerance_ratio=1e-3,
        sources=("deepseek_inference_overview_2025", "epoch_llm_price_data_2025"),
        note="called theoretical by its authors: most of the traffic was free or cheaper",
        day="2025-03-01",
    ),
    Model(
        "a16z_llmflation",
        "a16z 2024",
        "factor by which the price of one level of capability falls each year",
        fall_per_year,
        {"price_start": 60, "price_end": 0.06, "years": 3},
        10,
        unit="multiple_per_year",
        sources=("a16z_llmflation_2024",),
        note="two list prices three years apart, no fit",
        day="2024-11-30",
    ),
)


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
    by_id = {model.id: model for model in MODELS}
    if name not in by_id:
        msg = f"no published calculation is called {name!r}: there are {', '.join(by_id)}.{did_you_mean(name, by_id)}"
        raise UnknownNameError(msg)
    return by_id[name]


_COLUMNS = ("id", "who", "what", "published", "computed", "unit", "verdict", "note", "missing", "sources")


def table(by: str = "") -> pd.DataFrame:
    """
    Every published calculation beside our repetition of it.

    Parameters
    ----------
    by : str
        Only those published by this day, ``YYYY-MM-DD``; all of them by default.

    Returns
    -------
    DataFrame
        Columns id, who, what, published, computed, unit, verdict, note, missing, sources; `computed` is empty where
        there is no calculation to run.

    Examples
    --------
    >>> table().set_index("id").loc["cahn2024_required", "verdict"]
    'reproduced'
    """
    rows = [
        {
            "id": model.id,
            "who": model.who,
            "what": model.what,
            "published": model.published,
            "computed": None if model.function is None else model.compute(),
            "unit": model.unit,
            "verdict": model.verdict,
            "note": model.note,
            "missing": model.missing,
            "sources": ";".join(model.sources),
        }
        for model in MODELS
        if not by or (model.day and model.day <= by)
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
    _share(buyer_gross_margin_ratio=buyer_gross_margin_ratio)
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
