"""Findings on other people's models: how many can be repeated, how far they lie apart, and what sets them apart."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from .. import models
from ..errors import VintageError
from ..quantity import Quantity, derive, weakest
from . import Context, finding

OURS = "aieq_capital"
OUTER = ("low", "high")
# The rules as a reader meets them in the chapter, each under the model that stands for it.
STANDS_FOR = {
    "outlay": "cahn2023_required",
    "quarter": "bain2025_required",
    "wear": "kupperman2025_aug",
    "return": "jpm2025_required",
    "annuity": "epoch_1gw_tco",
}


def _finding(name: str, unit: str, says: str):  # noqa: ANN202
    return finding(name, unit=unit, section="models", says=says)


# --- how many, and how many of them can be repeated -----------------------------------------------------------------


def listed(context: Context) -> pd.DataFrame:
    """Published calculations known on the day, with our repetition and verdict."""
    return context.memo("models listed", lambda: models.table(context.as_of.isoformat()))


def _count(context: Context, rows: pd.Series) -> Quantity:
    sources = tuple(key for joined in listed(context)["sources"][rows] for key in joined.split(";") if key)
    return Quantity(int(rows.sum()), "count", grade="derived", sources=sources, interval="none: a count")


@_finding("models_listed_count", "count", "published figures and calculations in the table of models")
def listed_count(context: Context) -> Quantity:
    return _count(context, listed(context)["verdict"] != "")


@_finding("models_reproduced_count", "count", "published calculations whose answer comes out again from printed inputs")
def reproduced_count(context: Context) -> Quantity:
    frame = listed(context)
    return _count(context, (frame["verdict"] == "reproduced") & (frame["implied"] == ""))


@_finding("models_backed_out_count", "count", "published calculations of which one input was backed out of the answer")
def backed_out_count(context: Context) -> Quantity:
    frame = listed(context)
    return _count(context, (frame["verdict"] == "reproduced") & (frame["implied"] != ""))


@_finding("models_not_reproducible_count", "count", "published answers that cannot be repeated for want of an input")
def not_reproducible_count(context: Context) -> Quantity:
    return _count(context, listed(context)["verdict"] == "cannot be reproduced")


@_finding("models_no_calculation_count", "count", "bare figures in the table of models, with nothing to calculate")
def no_calculation_count(context: Context) -> Quantity:
    return _count(context, listed(context)["verdict"] == "no calculation")


# --- what each asks for on common inputs ----------------------------------------------------------------------------


def inputs(context: Context) -> models.Inputs:
    """The inputs all models share on the day: see :func:`aieq.models.common_inputs`."""

    def gather() -> models.Inputs:
        outer = () if context.scenario.root in OUTER else [context.with_scenario(name).scenario for name in OUTER]
        return models.common_inputs(context.view, context.scenario, outer)

    return context.memo("models inputs", gather)


def on_common(context: Context) -> pd.DataFrame:
    """Every model that asks how much must be earned, on those inputs: see :func:`aieq.models.required_on_common`."""
    return context.memo(
        "models on common", lambda: models.required_on_common(context.view, context.scenario, inputs(context))
    )


def _run(context: Context) -> pd.DataFrame:
    def able() -> pd.DataFrame:
        frame = on_common(context)
        return frame[frame["value"].notna()].set_index("model")

    return context.memo("models run", able)


def _others(context: Context) -> pd.DataFrame:
    def published() -> pd.DataFrame:
        frame = _run(context)
        frame = frame[frame["published_usd_bn"].notna()]
        if frame.empty:
            msg = f"nobody's requirement had been published by {context.as_of}: ask for a later day"
            raise VintageError(msg)
        return frame

    return context.memo("models of others", published)


def _sources(context: Context, *names: str) -> tuple[str, ...]:
    keys = [key for name in names if name in models.BY_ID for key in models.get(name).sources]
    return (*keys, *context["required_revenue_capital_usd_bn"].sources)


def _asked(context: Context, name: str) -> Quantity:
    frame = _run(context)
    if name not in frame.index:
        msg = f"{name} had not been published by {context.as_of}, or cannot be run on that day: ask for a later day"
        raise VintageError(msg)
    row = frame.loc[name]
    low, high = (None, None) if pd.isna(row["low"]) else (row["low"], row["high"])
    return Quantity(
        row["value"],
        "USD_bn",
        low,
        high,
        grade="assumed",
        sources=_sources(context, name),
        interval="none: one scenario of the two outer ones" if low is None else "scenarios low to high",
    )


def _stands(short: str, says: str) -> None:
    @_finding(f"models_{short}_usd_bn", "USD_bn", f"yearly AI revenue required on the inputs of the day: {says}")
    def _(context: Context) -> Quantity:
        return _asked(context, STANDS_FOR[short])


_stands("outlay", "all of a year's accelerators and what goes with them, as Cahn asks")
_stands("quarter", "AI capital spending at a quarter of revenue, as Bain asks")
_stands("wear", "the wear of a year's AI spending out of a gross margin of a quarter, as Kupperman asks")
_stands("return", "a return on the capital in service and no wear, as J.P. Morgan and Krishna ask")
_stands("annuity", "return and wear of the capital in service, with operations, as Epoch reckons")


def _published(context: Context, largest: bool) -> Quantity:
    frame = _others(context)
    frame = frame[frame["comparable"].astype(bool)]["published_usd_bn"]
    name = frame.idxmax() if largest else frame.idxmin()
    return Quantity(
        frame[name],
        "USD_bn",
        grade="estimated",
        sources=models.get(name).sources,
        interval="none: as its author has it",
    )


@_finding("models_highest_published_usd_bn", "USD_bn", "highest published requirement, as its author has it")
def highest_published(context: Context) -> Quantity:
    return _published(context, largest=True)


@_finding("models_lowest_published_usd_bn", "USD_bn", "lowest published requirement, as its author has it")
def lowest_published(context: Context) -> Quantity:
    return _published(context, largest=False)


def _spread(context: Context, stage: str) -> Quantity:
    apart = context.memo("models apart", lambda: models.spreads(_others(context)))
    if stage not in apart:
        msg = f"fewer than two requirements had been published by {context.as_of}: ask for a later day"
        raise VintageError(msg)
    grade = "derived" if stage == "published" else "assumed"
    return Quantity(
        apart[stage], "multiple", grade=grade, sources=_sources(context, *_others(context).index),
        interval="none: one scenario",
    )  # fmt: skip


@_finding("models_published_spread_multiple", "multiple", "highest published requirement over the lowest")
def published_spread(context: Context) -> Quantity:
    return _spread(context, "published")


@_finding(
    "models_own_factors_spread_multiple", "multiple", "the same with all fed the money spent by the day, factors kept"
)
def own_factors_spread(context: Context) -> Quantity:
    return _spread(context, "own_factors")


@_finding("models_common_spread_multiple", "multiple", "the same with all fed one set of inputs")
def common_spread(context: Context) -> Quantity:
    return _spread(context, "common")


# --- what sets them apart -------------------------------------------------------------------------------------------


def dividing(context: Context) -> pd.DataFrame:
    """What sets the rules apart on common inputs: see :func:`aieq.models.dividing_lines`."""
    return context.memo(
        "models dividing", lambda: models.dividing_lines(context.view, context.scenario, inputs(context))
    )


def _dividing(context: Context, definition: str, column: str, unit: str) -> Quantity:
    value = float(dividing(context).set_index("definition").at[definition, column])
    sources = _sources(context, *(rule.id for rule in models.RULES))
    return Quantity(value, unit, grade="assumed", sources=sources, interval="none: a mean over pairs of rules")


def _divides(definition: str, what: str) -> None:
    @_finding(
        f"models_{definition}_multiple",
        "multiple",
        f"by how much {what} moves the requirement between two typical rules",
    )
    def _(context: Context) -> Quantity:
        return _dividing(context, definition, "multiple", "multiple")

    @_finding(f"models_{definition}_share_ratio", "ratio", f"part of the distance between rules that is due to {what}")
    def _share(context: Context) -> Quantity:
        return _dividing(context, definition, "share_ratio", "ratio")


_divides("charge", "what a year is charged")
_divides("whose", "whose revenue counts")
_divides("base", "what must be paid for")
_divides("running", "charging energy and operations")


def way(context: Context, start: str, end: str = OURS) -> models.Bridge:
    """Lead from a published answer to another one, or to ours of the day."""

    def stand(name: str) -> models.Side:
        if name == OURS:
            return models.common_side(OURS, inputs(context))
        if models.get(name).day > context.as_of.isoformat():
            msg = f"{name} had not been published by {context.as_of}: ask for a later day"
            raise VintageError(msg)
        return models.published_side(name, context.scenario, context.view.evidence)

    return context.memo(("models way", start, end), lambda: models.bridge_between(stand(start), stand(end)))


def way_frame(context: Context, start: str, end: str = OURS) -> pd.DataFrame:
    """Lay out that way for a drawing; empty if one end was not known on the day."""
    try:
        return way(context, start, end).waterfall()
    except VintageError:
        return pd.DataFrame(columns=["step", "usd_bn", "total"])


def _step(context: Context, *names: str, start: str = "cahn2024_required") -> Quantity:
    steps = way(context, start).steps
    found = steps["usd_bn"][steps["step"].isin(names)]
    sources = _sources(context, start)
    return Quantity(float(found.sum()), "USD_bn", grade="assumed", sources=sources, interval="none: one scenario")


@_finding(
    "bridge_cahn_money_usd_bn", "USD_bn", "part of the way from Cahn's 2024 answer to ours due to money spent since"
)
def bridge_money(context: Context) -> Quantity:
    return _step(context, "Accelerator sales a year", "Capital in service", "Age of the capital")


@_finding("bridge_cahn_charge_usd_bn", "USD_bn", "part of that way due to charging a year's rent instead of the outlay")
def bridge_charge(context: Context) -> Quantity:
    return _step(context, "What a year is charged")


@_finding("bridge_cahn_base_usd_bn", "USD_bn", "part of that way due to counting the capital in service")
def bridge_base(context: Context) -> Quantity:
    return _step(context, "What must be paid for")


@_finding("bridge_cahn_running_usd_bn", "USD_bn", "part of that way due to charging energy and operations")
def bridge_running(context: Context) -> Quantity:
    return _step(context, "Energy and operations")


# --- where revenue stands -------------------------------------------------------------------------------------------


def _rules(context: Context) -> pd.DataFrame:
    """One row for each distinct way of reckoning that can be run, ours included."""
    names = [rule.id for rule in models.distinct_rules(context.view)]
    frame = _run(context)
    return frame.loc[[name for name in names if name in frame.index]]


@_finding("models_distinct_count", "count", "distinct ways of reckoning the requirement, ours included")
def distinct_count(context: Context) -> Quantity:
    return Quantity(len(_rules(context)), "count", grade="derived", interval="none: a count")


@_finding("models_met_count", "count", "distinct ways of reckoning under which AI revenue meets the requirement")
def met_count(context: Context) -> Quantity:
    actual = context["actual_ai_revenue_usd_bn"]
    met = int((_rules(context)["value"] <= actual.value).sum())
    return Quantity(met, "count", grade="assumed", sources=actual.sources, interval="none: one scenario")


def _coverage(context: Context, lightest: bool) -> Quantity:
    values = _rules(context)["value"]
    name = values.idxmin() if lightest else values.idxmax()
    actual, asked = context["actual_ai_revenue_usd_bn"], _asked(context, name)
    return derive(lambda a, r: a / r, actual, asked, unit="ratio", interval="corners of both intervals")


@_finding("models_lightest_coverage_ratio", "ratio", "AI revenue over the requirement of the rule that asks least")
def lightest_coverage(context: Context) -> Quantity:
    return _coverage(context, lightest=True)


@_finding("models_heaviest_coverage_ratio", "ratio", "AI revenue over the requirement of the rule that asks most")
def heaviest_coverage(context: Context) -> Quantity:
    return _coverage(context, lightest=False)


@_finding("models_wear_over_return_multiple", "multiple", "our requirement over that of a return without wear")
def wear_over_return(context: Context) -> Quantity:
    ours, bare = context["required_revenue_capital_usd_bn"], context["models_return_usd_bn"]
    # Both ends share their scenario, so they are compared at its centre.
    return Quantity(
        ours.value / bare.value, "multiple", grade=weakest(ours.grade, bare.grade),
        sources=(*ours.sources, *bare.sources), interval="none: one scenario",
    )  # fmt: skip


@_finding(
    "jpm_implied_margin_ratio", "ratio", "share of revenue that J.P. Morgan's answer leaves to others, backed out"
)
def jpm_margin(context: Context) -> Quantity:
    return _implied(context, "jpm2025_required", "buyer_gross_margin_ratio", "ratio")


@_finding("kupperman_revised_life_years", "years", "life that Kupperman's revised answer implies, backed out")
def kupperman_life(context: Context) -> Quantity:
    return _implied(context, "kupperman2025_oct", "life_years", "years")


@_finding("kupperman_first_life_years", "years", "life in Kupperman's first answer")
def kupperman_first_life(context: Context) -> Quantity:
    return _implied(context, "kupperman2025_aug", "life_years", "years")


@_finding("cahn_2025_implied_run_rate_usd_bn", "USD_bn", "accelerator sales a year that Cahn's third round implies")
def cahn_2025_run_rate(context: Context) -> Quantity:
    return _implied(context, "cahn2025_required", "accelerator_run_rate_usd_bn", "USD_bn")


def _implied(context: Context, name: str, value: str, unit: str) -> Quantity:
    if models.get(name).day > context.as_of.isoformat():
        msg = f"{name} had not been published by {context.as_of}: ask for a later day"
        raise VintageError(msg)
    grade = "assumed" if value in models.rule(name).implied else "reported"
    quantity = Quantity(models.rule(name).printed[value], unit, grade=grade, sources=models.get(name).sources)
    return replace(quantity, interval="none: backed out of the answer" if grade == "assumed" else "none: as printed")


# --- tables for the chapter -----------------------------------------------------------------------------------------


def _number(value: float | None, unit: str = "USD_bn") -> str:
    return "" if value is None or pd.isna(value) else Quantity(round(float(value), 6), unit).text()


def repeated(context: Context) -> pd.DataFrame:
    """
    Published calculations beside our repetition of them, as text, for a table.

    Returns
    -------
    DataFrame
        who, what, published, ours, verdict.
    """
    frame = listed(context)
    rows = [
        {
            "who": row.who,
            "what": row.what,
            "published": _number(row.published, row.unit),
            "ours": _number(row.computed, row.unit),
            "verdict": row.verdict
            + (f": {row.missing}" if row.missing else "")
            + (", with one input backed out of it" if row.implied else ""),
        }
        for row in frame.itertuples()
    ]
    return pd.DataFrame(rows, columns=["who", "what", "published", "ours", "verdict"])


def asked(context: Context) -> pd.DataFrame:
    """
    What each model asks, in words, and what it asks for on the inputs of the day, as text for a table.

    Returns
    -------
    DataFrame
        who, asks, published, own, common.
    """
    rows = []
    for row in on_common(context).itertuples():
        low_high = (None, None) if pd.isna(row.low) else (row.low, row.high)
        common = "" if pd.isna(row.value) else Quantity(row.value, "USD_bn", *low_high).full_text()
        remarks = [row.horizon, "" if row.concept == "revenue" else row.concept]
        if row.model in models.RULE_OF and models.rule(row.model).implied:
            remarks.append("one input backed out of the answer")
        told = row.why or "; ".join(remark for remark in remarks if remark)
        rows.append(
            {
                "who": row.author,
                "asks": f"{row.asks} ({told})",
                "published": _number(row.published_usd_bn) + (" for one" if row.model == "epoch_1gw_tco" else ""),
                "own": _number(row.own_factors_usd_bn),
                "common": common,
            }
        )
    return pd.DataFrame(rows, columns=["who", "asks", "published", "own", "common"])


def divided(context: Context) -> pd.DataFrame:
    """
    What sets the rules apart, as text for a table.

    Returns
    -------
    DataFrame
        what, pairs, moves, share.
    """
    frame = dividing(context)
    return pd.DataFrame(
        {
            "what": frame["title"],
            "pairs": frame["pairs"].astype(str),
            "moves": [Quantity(v, "multiple").text() for v in frame["multiple"]],
            "share": [Quantity(v, "ratio").text() for v in frame["share_ratio"]],
        }
    )


def model_sources(context: Context) -> tuple[str, ...]:
    """Sources of the requirements known on the day, and some of what they are fed with."""
    own = [key for name in _run(context).index for key in _own_sources(name)]
    return tuple(dict.fromkeys((*own, *context["required_revenue_capital_usd_bn"].sources[:3])))


def _own_sources(name: str) -> tuple[str, ...]:
    return models.get(name).sources if name in models.BY_ID else ()


# --- wording that hangs on the numbers ------------------------------------------------------------------------------

_DIVIDER = {
    "charge": "what a year is charged",
    "whose": "whose revenue counts",
    "base": "what must be paid for",
    "running": "whether energy and operations are charged",
}


def divider(context: Context) -> tuple[str, str]:
    """Name the definition that sets the rules apart most, and its part of their distance, as text."""
    first = dividing(context).iloc[0]
    return _DIVIDER[first["definition"]], Quantity(first["share_ratio"], "ratio").text()


def together(context: Context) -> str:
    """Say what one set of inputs does to the distance between published answers."""
    before, after = context.get("models_published_spread_multiple"), context.get("models_common_spread_multiple")
    if before is None or after is None:
        return "are too few to compare"
    if after.value >= 0.8 * before.value:
        return "lie no nearer to each other"
    return "come nearer to each other" if after.value > 2 else "agree"


def met(context: Context) -> str:
    """Say how many of the rules AI revenue meets."""
    count, every = int(context["models_met_count"].value), int(context["models_distinct_count"].value)
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")
    return f"{'all' if count == every else words[count]} of the {words[every]} distinct rules"


def answers_title(context: Context) -> str:
    """Title of the chart of answers."""
    said = together(context)
    if said.startswith("are"):
        return "What each rule asks for on the inputs of the day"
    return f"Fed one set of inputs, the published answers {said}"


def way_title(context: Context, start: str, end: str = OURS) -> str:
    """Title of the chart of the way from one answer to another."""
    here, there = models.rule(start).who, "ours" if end == OURS else models.rule(end).who
    try:
        steps = way(context, start, end).steps
    except VintageError:
        return f"From {here} to {there}"
    largest = steps.loc[steps["usd_bn"].abs().idxmax(), "step"]
    return f"From {here} to {there}: {largest[0].lower()}{largest[1:]} moves the answer most"
