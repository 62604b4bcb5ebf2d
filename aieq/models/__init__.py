"""Other people's published calculations, run as published, on common inputs, and side by side."""

from .bridge import Bridge, Side, bridge_between, common_side, published_side, shapley, side
from .common import distinct_rules, dividing_lines, required_on_common, spreads
from .inputs import Inputs, common_inputs
from .model import KINDS, VERDICTS, Model
from .published import BY_ID, MODELS, get, on_common_inputs, table
from .rules import RULE_OF, RULES, Rule, required_usd_bn, rule

__all__ = [
    "BY_ID",
    "KINDS",
    "MODELS",
    "RULES",
    "RULE_OF",
    "VERDICTS",
    "Bridge",
    "Inputs",
    "Model",
    "Rule",
    "Side",
    "bridge_between",
    "common_inputs",
    "common_side",
    "distinct_rules",
    "dividing_lines",
    "get",
    "on_common_inputs",
    "published_side",
    "required_usd_bn",
    "required_on_common",
    "rule",
    "shapley",
    "side",
    "spreads",
    "table",
]
