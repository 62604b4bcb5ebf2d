"""The script a page loads: the relations printed from their one definition, and the numbers of the day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sympy as sp

from ...equation import RELATIONS

# Those between the inputs and what the page shows. Stocks of capital are summed over vintages by hand-written code
# there, as in aieq.outlook.ahead.
PRINTED = (
    "required_revenue_usd_bn",
    "coverage_ratio",
    "rental_factor",
    "capital_charge_usd_bn",
    "running_cost_usd_bn",
    "required_revenue_capital_usd_bn",
    "coverage_capital_ratio",
)


def function(target: str) -> str:
    """
    Print the right-hand side of a relation as a function of its inputs, in alphabetical order.

    Examples
    --------
    >>> function("coverage_ratio")
    '(actual_ai_revenue_usd_bn, required_revenue_usd_bn) => actual_ai_revenue_usd_bn/required_revenue_usd_bn'
    """
    relation = RELATIONS[target]
    return f"({', '.join(relation.inputs)}) => {' '.join(sp.jscode(relation.expression).split())}"


def script(data: Mapping[str, Any]) -> str:
    """
    Write the script of a day.

    Parameters
    ----------
    data : mapping
        From :meth:`aieq.report.playground.Ground.data`.

    Returns
    -------
    str
        It hands numbers and relations to the page's own script; nothing in it is evaluated as text.
    """
    relations = ",\n".join(
        f"{json.dumps(name)}: [{json.dumps(RELATIONS[name].inputs)}, {function(name)}]" for name in PRINTED
    )
    # A closing tag inside a string would end the script if the page ever held it inline.
    numbers = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")
    return f"aieqPlayground({numbers}, {{\n{relations}}});\n"
