"""Rules for the claims on the equation and the gap."""

from __future__ import annotations

from ..findings import Context
from . import Judgement, claim


@claim(
    "required-600bn",
    rule=(
        "The attribution and the arithmetic must reproduce from Cahn's own inputs; it holds in full only if the "
        "revenue "
        "needed to pay for the capital in use, at the low end of its range, is that large too."
    ),
    flips=(
        "A stock of AI capital whose yearly rent, energy and sellers' margin come to that sum even under mild "
        "assumptions."
    ),
    findings=("cahn_2024_rebuilt_usd_bn", "cahn_2024_printed_usd_bn", "required_revenue_capital_usd_bn"),
)
def required_600bn(context: Context) -> Judgement:
    rebuilt, printed = context["cahn_2024_rebuilt_usd_bn"], context["cahn_2024_printed_usd_bn"]
    capital = context["required_revenue_capital_usd_bn"]
    asked = 600  # required-600bn
    if abs(rebuilt.value - printed.value) > 0.01 * printed.value or printed.value < asked:
        return Judgement("does not hold", f"His inputs give {rebuilt.text()}, and he printed {printed.text()}.")
    if (capital.low if capital.low is not None else capital.value) >= asked:
        return Judgement("holds", f"His inputs return {rebuilt.text()}, and capital in use asks {capital.full_text()}.")
    return Judgement(
        "holds in part",
        f"He says so, and his inputs return {rebuilt.text()}; but that is the lifetime revenue for one year's "
        "purchases, "
        f"while paying a year's rent on the capital in use asks {capital.full_text()}.",
    )
