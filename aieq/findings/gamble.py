"""Findings on the equation and the gap: what is required under each rule, and how much of it is covered."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from .. import equation, stock
from ..errors import EquationError, VintageError
from ..quantity import Quantity, derive, envelope
from . import Context, finding

SCENARIOS = ("low", "high")


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="gamble", says=says)


@_finding("gpu_run_rate_usd_bn", "USD_bn", "Nvidia's latest reported data-centre quarter, times four")
def gpu_run_rate(context: Context) -> Quantity:
    quarter = context.view.quantity("nvidia", "datacenter_revenue", kind="quarter", basis="reported")
    return derive(lambda q: 4 * q, quarter.to("USD_bn"), unit="USD_bn", interval="rounding of the reported quarter")


def _step_one(run_rate: Quantity, share: Quantity, margin: Quantity) -> Quantity:
    return derive(
        lambda k, s, m: equation.evaluate(
            "required_revenue_usd_bn",
            accelerator_run_rate_usd_bn=k,
            accelerator_share_ratio=s,
            buyer_gross_margin_ratio=m,
        ),
        run_rate,
        share,
        margin,
        unit="USD_bn",
        interval="Cahn's two factors moved over their defensible ranges",
    )


@_finding("required_revenue_usd_bn", "USD_bn", "yearly AI revenue required by Cahn's rule on that run rate")
def required_revenue(context: Context) -> Quantity:
    factors = [
        context.scenario.quantity(name) for name in ("cahn_accelerator_share_ratio", "cahn_buyer_gross_margin_ratio")
    ]
    return _step_one(context["gpu_run_rate_usd_bn"], *factors)


def capital_inputs(context: Context) -> dict:
    """Values of step 2 on that day, under that scenario, as :func:`aieq.stock.inputs` gives them."""
    return context.memo("capital inputs", lambda: stock.inputs(context.view, context.scenario))


_CAPITAL = (
    "required_revenue_capital_usd_bn",
    "capital_charge_usd_bn",
    "running_cost_usd_bn",
    "gross_stock_usd_bn",
)


def _capital_value(context: Context, target: str) -> float:
    result = context.memo("capital", lambda: equation.evaluate_all(_CAPITAL, **capital_inputs(context)))[target]
    return float(result.sum()) if hasattr(result, "sum") else result


def _central(context: Context, target: str) -> Quantity:
    """Under the context's scenario alone."""
    return stock.as_quantity(_capital_value(context, target), "USD_bn", context.view, context.scenario, "")


def _capital(context: Context, target: str) -> Quantity:
    central = _central(context, target)
    if context.scenario.root in SCENARIOS:
        return replace(central, interval="none: one scenario of the two outer ones")
    others = [replace(central, value=_capital_value(context.with_scenario(name), target)) for name in SCENARIOS]
    return envelope(central, others, interval="scenarios low to high")


@_finding("required_revenue_capital_usd_bn", "USD_bn", "yearly AI revenue required to pay for the capital in use")
def required_revenue_capital(context: Context) -> Quantity:
    return _capital(context, "required_revenue_capital_usd_bn")


@_finding("ai_capital_charge_usd_bn", "USD_bn", "yearly rent of the AI capital stock of five companies")
def capital_charge(context: Context) -> Quantity:
    return _capital(context, "capital_charge_usd_bn")


@_finding("ai_running_cost_usd_bn", "USD_bn", "yearly energy and operations of that stock")
def running_cost(context: Context) -> Quantity:
    return _capital(context, "running_cost_usd_bn")


@_finding("ai_capital_stock_usd_bn", "USD_bn", "AI capital of five companies still in service, at what it cost")
def capital_stock(context: Context) -> Quantity:
    return _capital(context, "gross_stock_usd_bn")


@_finding("coverage_ratio", "ratio", "actual AI revenue over the revenue Cahn's rule requires")
def coverage(context: Context) -> Quantity:
    return context["actual_ai_revenue_usd_bn"] / context["required_revenue_usd_bn"]


@_finding("coverage_capital_ratio", "ratio", "actual AI revenue over the revenue the capital in use requires")
def coverage_capital(context: Context) -> Quantity:
    return context["actual_ai_revenue_usd_bn"] / context["required_revenue_capital_usd_bn"]


@_finding("rules_apart_multiple", "multiple", "revenue required by Cahn's rule over that required by capital in use")
def rules_apart(context: Context) -> Quantity:
    first, second = context["required_revenue_usd_bn"], context["required_revenue_capital_usd_bn"]
    return derive(lambda a, b: a / b, first, second, unit="multiple", interval="corners of both intervals")


def _year_earlier(context: Context) -> Context:
    day = context.as_of
    return context.at(day.replace(year=day.year - 1, day=min(day.day, 28)))


def _earlier(name: str, context: Context) -> Quantity:
    return _year_earlier(context)[name]


@_finding("coverage_year_earlier_ratio", "ratio", "coverage under Cahn's rule as it was known a year earlier")
def coverage_earlier(context: Context) -> Quantity:
    return _earlier("coverage_ratio", context)


@_finding("coverage_capital_year_earlier_ratio", "ratio", "coverage of capital in use as it was known a year earlier")
def coverage_capital_earlier(context: Context) -> Quantity:
    return _earlier("coverage_capital_ratio", context)


def _growth(now: Quantity, before: Quantity) -> Quantity:
    # Both ends share their doubt, so dividing corner by corner would count it twice.
    return Quantity(
        now.value / before.value,
        "multiple",
        grade=now.grade,
        sources=(*now.sources, *before.sources),
        interval="none: the doubt about both levels is mostly the same doubt",
    )


@_finding("required_growth_multiple", "multiple", "Cahn's required revenue over that known a year earlier")
def required_growth(context: Context) -> Quantity:
    return _growth(context["required_revenue_usd_bn"], _earlier("required_revenue_usd_bn", context))


@_finding("required_capital_growth_multiple", "multiple", "revenue required by capital over that a year earlier")
def required_capital_growth(context: Context) -> Quantity:
    target = "required_revenue_capital_usd_bn"
    # Of the year before only the level counts, not how far the outer scenarios lie from it.
    return _growth(context[target], _central(_year_earlier(context), target))


@_finding("actual_growth_multiple", "multiple", "actual AI revenue over that known a year earlier")
def actual_growth(context: Context) -> Quantity:
    return _growth(context["actual_ai_revenue_usd_bn"], _earlier("actual_ai_revenue_usd_bn", context))


def _essay(entity: str, metric: str, context: Context) -> Quantity:
    return context.view.quantity(entity, metric).to("USD_bn")


def _rebuilt(entity: str, metric: str, context: Context) -> Quantity:
    run_rate = _essay(entity, metric, context)
    factors = [
        replace(context.view.quantity(entity, name), unit="multiple")
        for name in ("factor_datacenter_total_cost", "factor_end_user_margin")
    ]
    return derive(
        lambda k, whole, price: equation.evaluate(
            "required_revenue_usd_bn",
            accelerator_run_rate_usd_bn=k,
            accelerator_share_ratio=1 / whole,
            buyer_gross_margin_ratio=1 - 1 / price,
        ),
        run_rate,
        *factors,
        unit="USD_bn",
        interval="none: the essay's own inputs",
    )


@_finding("cahn_2023_rebuilt_usd_bn", "USD_bn", "Cahn's 2023 question rebuilt from his inputs")
def cahn_2023(context: Context) -> Quantity:
    return _rebuilt("cahn_model_2023", "nvidia_run_rate_gpu_revenue", context)


@_finding("cahn_2024_rebuilt_usd_bn", "USD_bn", "Cahn's 2024 question rebuilt from his inputs")
def cahn_2024(context: Context) -> Quantity:
    return _rebuilt("cahn_model_2024", "nvidia_run_rate_datacenter_revenue", context)


@_finding("cahn_2024_printed_usd_bn", "USD_bn", "the requirement Cahn printed in 2024")
def cahn_2024_printed(context: Context) -> Quantity:
    return _essay("cahn_model_2024", "required_revenue", context)


@_finding("cahn_2024_hole_usd_bn", "USD_bn", "the part Cahn found unfilled in 2024")
def cahn_2024_hole(context: Context) -> Quantity:
    return _essay("cahn_model_2024", "hole", context)


@_finding("cahn_2024_on_reported_usd_bn", "USD_bn", "Cahn's rule on the quarter Nvidia had reported when he wrote")
def cahn_2024_reported(context: Context) -> Quantity:
    essay = context.view.rows("cahn_model_2024", "required_revenue")
    if essay.empty:
        msg = f"Cahn's essay of 2024 had not appeared on {context.view.dated}: ask for a later day"
        raise VintageError(msg)
    return context.at(essay["published"].iloc[-1].date())["required_revenue_usd_bn"]


@_finding(
    "third_question_run_rate_usd_bn", "USD_bn", "run rate at which Cahn's rule returns the third, larger question"
)
def third_question(context: Context) -> Quantity:
    asked = context.scenario.quantity("cahn_third_question_usd_bn")
    run_rate = equation.solve(
        "accelerator_run_rate_usd_bn",
        "required_revenue_usd_bn",
        asked.value,
        accelerator_share_ratio=context.scenario["cahn_accelerator_share_ratio"],
        buyer_gross_margin_ratio=context.scenario["cahn_buyer_gross_margin_ratio"],
    )
    return Quantity(run_rate, "USD_bn", grade="assumed", interval="none: the formula run backwards")


@_finding("third_question_usd_bn", "USD_bn", "the third question as it circulates, without a source in our evidence")
def third_question_asked(context: Context) -> Quantity:
    return Quantity(
        context.scenario["cahn_third_question_usd_bn"], "USD_bn", grade="assumed", interval="none: as quoted"
    )


def must_be_true(context: Context, symbol: str) -> Quantity:
    """
    Value of one symbol at which the capital in use is just paid for, all else as it stands.

    Raises
    ------
    VintageError
        If nothing in the plausible range does it: then there is no such number to show.
    """
    actual = context["actual_ai_revenue_usd_bn"]
    values = capital_inputs(context) | {"actual_ai_revenue_usd_bn": actual.value}
    try:
        value = equation.solve(symbol, "coverage_capital_ratio", 1.0, **values)
    except EquationError as error:
        raise VintageError(str(error)) from None
    unit = "years" if "years" in symbol else "multiple" if "multiple" in symbol else "ratio"
    plain = stock.as_quantity(value, unit, context.view, context.scenario, "none: all else as in the scenario")
    return replace(plain, sources=(*plain.sources, *actual.sources))


@_finding("must_be_margin_ratio", "ratio", "share of final revenue that may go elsewhere if the capital is to be paid")
def must_be_margin(context: Context) -> Quantity:
    return must_be_true(context, "buyer_gross_margin_ratio")


@_finding("must_be_life_years", "years", "life of accelerators at which the capital is paid for")
def must_be_life(context: Context) -> Quantity:
    return must_be_true(context, "asset_life_years.accelerators")


@_finding("must_be_ai_share_ratio", "ratio", "AI share of the latest spending at which the capital is paid for")
def must_be_share(context: Context) -> Quantity:
    multiple = must_be_true(context, "ai_share_multiple")
    latest = context.scenario["ai_share_of_capex_ratio"]
    return replace(multiple, value=multiple.value * latest[max(latest)], unit="ratio")


@_finding(
    "must_be_growth_ratio", "ratio", "yearly revenue growth that closes the gap in three years at constant capital"
)
def must_be_growth(context: Context) -> Quantity:
    coverage_now = context["coverage_capital_ratio"]

    def growth(ratio: float) -> float:
        return equation.solve(
            "revenue_growth_ratio", "break_even_years", 3.0, coverage_ratio=ratio, requirement_growth_ratio=0.0
        )

    return derive(growth, coverage_now, unit="ratio", interval="corners of coverage")


def gap_path(context: Context, first: str = "2023-06-30") -> pd.DataFrame:
    """
    Both sides of the equation as they were known at each month's end.

    Parameters
    ----------
    context : Context
        Its scenario is kept; the path ends on its day.
    first : str
        First month.

    Returns
    -------
    DataFrame
        day, series (``step_one``, ``capital``, ``actual``), value, low, high in USD bn a year. A month in which a
        side was not known has no row for it.
    """
    names = {
        "step_one": "required_revenue_usd_bn",
        "capital": "required_revenue_capital_usd_bn",
        "actual": "actual_ai_revenue_usd_bn",
    }
    days = [day.date() for day in pd.date_range(first, context.as_of, freq="ME")]
    if not days or days[-1] != context.as_of:
        days.append(context.as_of)
    rows = []
    for day in days:
        there = context.at(day)
        for series, name in names.items():
            quantity = there.get(name)
            if quantity is not None:
                low, high = (quantity.value,) * 2 if quantity.low is None else (quantity.low, quantity.high)
                rows.append({"day": day, "series": series, "value": quantity.value, "low": low, "high": high})
    return pd.DataFrame(rows).assign(day=lambda table: pd.to_datetime(table["day"]))


SYMBOLS_THAT_MATTER = {
    "buyer_gross_margin_ratio": "Margin of those who sell to end users",
    "ai_share_multiple": "AI share of capital expenditure",
    "asset_life_years": "Economic life of all assets",
    "cost_of_capital_ratio": "Cost of capital",
    "replacement_price_fall_ratio": "Fall of replacement prices",
    "operations_to_capital_ratio": "Operations",
    "energy_to_capital_ratio": "Energy",
}


def elasticities(context: Context) -> pd.DataFrame:
    """
    How much required revenue under the capital rule moves when one input moves by a per cent.

    Returns
    -------
    DataFrame
        symbol, meaning, elasticity_multiple, largest first.
    """
    values = capital_inputs(context) | {"ai_share_multiple": 1.0}
    rows = [
        {
            "symbol": symbol,
            "meaning": meaning,
            "elasticity_multiple": equation.elasticity("required_revenue_capital_usd_bn", symbol, **values),
        }
        for symbol, meaning in SYMBOLS_THAT_MATTER.items()
    ]
    return pd.DataFrame(rows).sort_values("elasticity_multiple", key=abs, ascending=False, ignore_index=True)


def what_must_be_true(context: Context) -> pd.DataFrame:
    """
    For each of the inputs that a reader may doubt: what it is, and what it would have to be for the gap to close.

    Returns
    -------
    DataFrame
        what, now, needed (texts). Where nothing in the plausible range does it, `needed` says so.
    """
    scenario, latest = context.scenario, max(context.scenario["ai_share_of_capex_ratio"])
    asked = [
        (
            "must_be_margin_ratio",
            "Margin of those who sell to end users",
            scenario.quantity("buyer_gross_margin_ratio"),
        ),
        ("must_be_life_years", "Economic life of accelerators", scenario.quantity("asset_life_years", "accelerators")),
        (
            "must_be_ai_share_ratio",
            "AI share of capital expenditure",
            scenario.quantity("ai_share_of_capex_ratio", latest),
        ),
    ]
    rows = [
        {
            "what": what,
            "now": now.text(),
            "needed": "nothing plausible" if (q := context.get(name)) is None else q.text(),
        }
        for name, what, now in asked
    ]
    growth = context.get("must_be_growth_ratio")
    if growth is not None:
        actual = context.get("actual_growth_multiple")
        rows.append(
            {
                "what": "Yearly revenue growth over three years, capital held constant",
                "now": "not known" if actual is None else Quantity(actual.value - 1, "ratio", grade="derived").text(),
                "needed": growth.text(),
            }
        )
    return pd.DataFrame(rows)


def bridge(context: Context) -> pd.DataFrame:
    """
    Go from the answer of the envelope to that of the capital rule, step by step.

    Returns
    -------
    DataFrame
        step, usd_bn (a level or a change, USD bn a year), total (whether it is a level). Parts add up to the last
        level.
    """
    values = capital_inputs(context)
    envelope_answer = context["required_revenue_usd_bn"].value
    answer = equation.evaluate("required_revenue_capital_usd_bn", **values)
    cahn_margin = context.scenario["cahn_buyer_gross_margin_ratio"]
    margin = values["buyer_gross_margin_ratio"]
    table = stock.vintages(context.view, context.scenario)
    latest = table.groupby("entity").tail(1)
    spending = 4 * float((latest["value"] * latest["ai_share_ratio"]).sum()) / (1 - cahn_margin)
    other_margin = spending * (1 - cahn_margin) / (1 - margin)
    rent = equation.evaluate("capital_charge_usd_bn", **values) / (1 - margin)
    rows = [
        ("Back of the envelope", envelope_answer, True),
        ("Five builders' AI spending instead of all accelerators sold, doubled", spending - envelope_answer, False),
        ("Sellers' margin of the scenario", other_margin - spending, False),
        ("A year's rent instead of the whole price", rent - other_margin, False),
        ("Energy and operations", answer - rent, False),
        ("Capital in use", answer, True),
    ]
    return pd.DataFrame([row for row in rows if row[2] or row[1] != 0], columns=["step", "usd_bn", "total"])


MOVED = {
    "ai_share_of_capex_ratio": "AI share of capital expenditure",
    "asset_life_years": "Economic lives",
    "buyer_gross_margin_ratio": "Margin of those who sell",
    "cost_of_capital_ratio": "Cost of capital",
    "replacement_price_fall_ratio": "Fall of replacement prices",
    "operations_to_capital_ratio": "Operations",
    "energy_to_capital_ratio": "Energy",
}


def tornado(context: Context) -> pd.DataFrame:
    """
    Move each assumption of the capital rule over its defensible range, alone.

    Returns
    -------
    DataFrame
        assumption, value, low, high (USD bn a year), widest first.
    """
    target = "required_revenue_capital_usd_bn"
    central = equation.evaluate(target, **capital_inputs(context))
    rows = []
    for name, meaning in MOVED.items():
        ends = context.scenario.assumptions[name].range
        answers = [central]
        for side in (0, 1):
            end = {member: pair[side] for member, pair in ends.items()} if isinstance(ends, dict) else ends[side]
            moved = context.scenario.replaced(**{name: end})
            answers.append(equation.evaluate(target, **stock.inputs(context.view, moved)))
        rows.append({"assumption": meaning, "value": central, "low": min(answers), "high": max(answers)})
    table = pd.DataFrame(rows)
    return (
        table.assign(_width=table["high"] - table["low"])
        .sort_values("_width", ascending=False, ignore_index=True)
        .drop(columns="_width")
    )
