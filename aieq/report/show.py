"""What the chapters show besides charts: formulas, small tables, the ledger and the appendices."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from .. import equation
from ..claims import ARTICLE_DAY
from ..findings import REGISTRY, Context, gamble
from . import tables
from .page import Glued, figure_link
from .tables import verdict_counts

INDEX_FINDINGS = (
    "actual_ai_revenue_usd_bn",
    "required_revenue_usd_bn",
    "required_revenue_capital_usd_bn",
    "coverage_ratio",
    "coverage_capital_ratio",
    "coverage_year_earlier_ratio",
    "coverage_capital_year_earlier_ratio",
    "rules_apart_multiple",
    "claims_total",
    "claims_holding",
    "claims_in_part",
    "claims_overtaken",
    "claims_failing",
    "claims_unchecked",
)
INDEX_DOUBTS = (
    "chance_capital_by_2030_ratio",
    "chance_capital_by_2030_on_record_ratio",
    "definitions_covering_count",
    "definitions_count",
    "half_life_assumed_years",
    "half_life_right_fast_years",
    "ai_revenue_year_ahead_believed_usd_bn",
    "ai_revenue_year_ahead_on_record_usd_bn",
)
STEP_ONE_AND_TWO = (
    "required_revenue_usd_bn",
    "coverage_ratio",
    "alive_ratio",
    "gross_stock_usd_bn",
    "effective_stock_usd_bn",
    "rental_factor",
    "capital_charge_usd_bn",
    "running_cost_usd_bn",
    "required_revenue_capital_usd_bn",
    "coverage_capital_ratio",
)
STEP_THREE = (
    "accelerator_hour_cost_usd",
    "cost_usd_per_mtok",
    "unit_margin_ratio",
    "margin_ahead_ratio",
    "volume_multiple",
    "revenue_multiple",
    "break_even_years",
)
__all__ = ["verdict_counts"]


class Formula:
    """One or more relations, set as mathematics on the page and as LaTeX in plain text."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        block = (
            self.lines[0]
            if len(self.lines) == 1
            else r"\begin{aligned}"
            + r" \\ ".join(line.replace(" = ", " &= ", 1) for line in self.lines)
            + r"\end{aligned}"
        )
        return {"text/latex": f"$$ {block} $$", "text/plain": "\n".join(self.lines)}


def relation(target: str) -> Formula:
    """Print one relation of the equation."""
    return relations(target)


def relations(*targets: str) -> Formula:
    """Print several relations of the equation under each other."""
    return Formula([equation.latex(target) for target in targets])


def inputs(context: Context, target: str) -> Glued:
    """Show what a relation is fed with on this day: symbol, meaning, value, grade."""
    known = {
        "accelerator_run_rate_usd_bn": context.get("gpu_run_rate_usd_bn"),
        "accelerator_share_ratio": context.scenario.quantity("cahn_accelerator_share_ratio"),
        "buyer_gross_margin_ratio": context.scenario.quantity("cahn_buyer_gross_margin_ratio"),
    }
    rows = []
    for name in equation.RELATIONS[target].inputs:
        quantity, symbol = known[name], equation.SYMBOLS[name]
        rows.append(
            {
                "meaning": symbol.meaning[0].upper() + symbol.meaning[1:],
                "value": "not known on that day" if quantity is None else quantity.full_text(),
                "grade": "" if quantity is None else quantity.grade,
            }
        )
    headers = {"meaning": "Input", "value": "Value (range)", "grade": "Grade"}
    return tables.table(pd.DataFrame(rows), headers, caption="What the rule is fed with")


def elasticities(context: Context) -> Glued:
    """Show by how many per cent the requirement moves when an input rises by one per cent."""
    rows = gamble.elasticities(context)
    rows = rows.assign(effect=[f"{value:+.2f} %".replace("-", "−") for value in rows["elasticity_multiple"]])
    headers = {"meaning": "If this rises by one per cent", "effect": "the requirement moves by"}
    return tables.table(rows, headers, caption="Elasticities of required revenue under the capital rule")


def must_be_true(context: Context) -> Glued:
    """Show at which value of each input the equation would add up."""
    headers = {"what": "One thing at a time", "now": "Supposed or seen", "needed": "Would have to be"}
    return tables.table(
        gamble.what_must_be_true(context), headers, caption="What must be true for the capital to be paid for"
    )


def verdicts(context: Context, claim_ids: Sequence[str]) -> Glued:
    """Show the verdicts on the claims a chapter discusses."""
    return tables.chapter_verdicts(context, claim_ids)


def ledger(context: Context) -> Glued:
    """Show the ledger of all claims."""
    return tables.ledger_table(context)


def figures(context: Context) -> Glued:
    """Show every finding with its provenance."""
    return tables.all_figures(context)


def sources(context: Context) -> Glued:
    """Show the bibliography."""
    return tables.bibliography(context)


def dictionary(context: Context) -> Glued:
    """Show the codebook."""
    return tables.dictionary(context)


def answer(context: Context) -> str:
    """
    Answer the question of the report in a word or two, from coverage of the capital in use.

    Returns
    -------
    str
        ``Not yet`` if even the upper end covers less than all, ``Yes`` if the lower end does, else ``It may``.
    """
    coverage = context["coverage_capital_ratio"]
    if (coverage.high or coverage.value) < 1:
        return "Not yet"
    return "Yes" if (coverage.low or coverage.value) >= 1 else "It may"


def direction(context: Context) -> str:
    """Say which way the gap has moved over a year, under both rules."""
    moves = []
    for name in ("coverage_capital", "coverage"):
        now, before = context.get(f"{name}_ratio"), context.get(f"{name}_year_earlier_ratio")
        if now is None or before is None:
            return "how it moves cannot yet be said"
        moves.append(now.value > before.value)
    if all(moves):
        return "the gap is closing under both rules"
    if not any(moves):
        return "the gap is widening under both rules"
    return "the rules disagree on which way it moves"


def article_day() -> str:
    """Say the day as of which the article is judged."""
    return ARTICLE_DAY


def held_then(context: Context) -> str:
    """Count the claims that held on the article's own day."""
    return str(int((tables.ledger(context)["then"] == "holds").sum()))


def assumptions(context: Context) -> Glued:
    """Show every assumption of the scenario with range, reason and sources."""
    rows = []
    for name, entry in context.scenario.assumptions.items():
        value = context.scenario[name]
        members = value if isinstance(value, dict) else {"": value}
        spans = entry.range if isinstance(entry.range, dict) else {"": entry.range}
        texts = []
        for member in members:
            quantity = context.scenario.quantity(name, member or None)
            low, high = spans[member]
            label = f"{str(member).replace('_', ' ')}: " if member != "" else ""
            texts.append(f"{label}{quantity.text()}" + ("" if low == high else f" ({quantity.range_text()})"))
        links = ", ".join(f'<a href="sources.html#source-{key}">{key}</a>' for key in entry.sources) or "a convention"
        rows.append(
            {
                "title": entry.title,
                "value": "; ".join(texts),
                "because": entry.because,
                "sources": links,
            }
        )
    headers = {"title": "Assumption", "value": "Value (range)", "because": "Because", "sources": "Sources"}
    caption = f"Assumptions of the scenario {context.scenario.name}"
    return tables.table(pd.DataFrame(rows), headers, caption=caption, markup=("sources",))


def compare(now: Context, before: Context, names: Iterable[str]) -> Glued:
    """Show findings on two days side by side."""
    rows = []
    for name in names:
        texts = ["not known" if (q := context.get(name)) is None else q.full_text() for context in (before, now)]
        rows.append({"says": REGISTRY[name].says, "before": texts[0], "now": texts[1]})
    headers = {"says": "Finding", "before": f"{before.as_of}", "now": f"{now.as_of}"}
    return tables.table(pd.DataFrame(rows), headers, caption="The same findings as of two days")


DOORS = (
    ("equation", "The equation", ("required_revenue_usd_bn", "required_revenue_capital_usd_bn")),
    ("cost", "Cost side", ("capex_four_usd_bn_ttm", "capex_to_ocf_quarter_ratio", "training_cost_growth_per_year")),
    (
        "revenue",
        "Revenue side",
        ("openai_run_rate_usd_bn", "anthropic_run_rate_usd_bn", "ai_gross_margin_median_ratio"),
    ),
    ("history", "Echoes of history", ("railways_over_ai_share_multiple", "ai_capex_to_ai_revenue_multiple")),
    (
        "payer",
        "Who foots the bill",
        ("nvidia_operating_margin_ratio", "openai_operating_margin_ratio", "paid_by_customers_ratio"),
    ),
    ("ways_out", "Ways out", ("new_lines_needed_multiple", "coverage_capital_ahead_ratio")),
    ("verdict", "Verdict", ("claims_holding", "claims_in_part", "claims_total")),
    ("doubt", "How sure?", ("chance_capital_by_2030_ratio", "definitions_covering_count", "definitions_highest_ratio")),
)


def doors(context: Context) -> Glued:
    """Show the chapters, each with the findings that stand for it."""
    items, plain = [], []
    for file, title, names in DOORS:
        said = []
        for name in names:
            quantity = context.get(name)
            text = "not known on that day" if quantity is None else quantity.full_text()
            link = figure_link(name, quantity, text)
            says = REGISTRY[name].says[0].upper() + REGISTRY[name].says[1:]
            said.append((f"{says}: {text}", f"{html.escape(says)}: {link}."))
        plain.append(f"{title}: " + "; ".join(text for text, _ in said))
        marked = "<br>".join(markup for _, markup in said)
        items.append(f'<li><a href="{file}.html"><strong>{html.escape(title)}</strong></a><br>{marked}</li>')
    return Glued("\n".join(plain), f'<ul class="doors">{"".join(items)}</ul>')


def _names_only(function: Callable) -> str:
    """Write a signature without its types, which the documentation gives."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _marked(text: str) -> str:
    """Turn the markup of a docstring into that of a page."""
    return re.sub(r"(?::\w+:)?`{1,2}([^`]+)`{1,2}", r"<code>\1</code>", html.escape(text))


def api() -> Glued:
    """Show the public functions and classes of the package with their first sentences."""
    from importlib import import_module

    modules = (
        "quantity evidence periods assumptions equation trends stock costs training units revenue adoption "
        "prices history "
        "margins deals accounts paths models.published models.inputs models.rules models.common models.bridge "
        "outlook.distributions outlook.draws outlook.ahead outlook.result outlook.sensitivity outlook.doubts "
        "specifications findings claims charts.figure charts.kinds report.page report.run report.build report.edition "
        "runs.parameters runs.design runs.evaluate runs.sweep runs.store runs.compare kernels"
    ).split()
    parts, plain = [], []
    for name in modules:
        module = import_module(f"aieq.{name}")
        rows = []
        for key, item in vars(module).items():
            item = inspect.unwrap(item) if callable(item) else item  # a cached function is still that function
            public = inspect.isfunction(item) or inspect.isclass(item)
            if key.startswith("_") or not public or item.__module__ != module.__name__:
                continue
            first = (inspect.getdoc(item) or "").split("\n\n")[0].replace("\n", " ")
            kind = "" if inspect.isclass(item) else _names_only(item)
            kind = re.sub(r"PosixPath\('[^']*'\)", "...", kind)  # a folder of the machine that built the page
            rows.append(f"<dt><code>{key}{html.escape(kind)}</code></dt><dd>{_marked(first)}</dd>")
            plain.append(f"aieq.{name}.{key}: {first}")
        lead = (inspect.getdoc(module) or "").split("\n\n")[0].replace("\n", " ")
        parts.append(f"<h2><code>aieq.{name}</code></h2><p>{_marked(lead)}</p><dl>{''.join(rows)}</dl>")
    return Glued("\n".join(plain), f'<div class="api">{"".join(parts)}</div>')
