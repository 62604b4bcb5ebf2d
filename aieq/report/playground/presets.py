"""Other people's assumptions, as far as the page can take them: what each author printed, and what finds no slider."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.published import BY_ID, known_on
from ...models.rules import OURS, RULES, STEPS, Rule
from .ground import Ground
from .knobs import AI_SHARE

# Where a value of another rule is one of our assumptions. A life stated for a whole site is taken for accelerators,
# which wear out first and decide most of it.
_SAME = {
    "accelerator_share_ratio": ("cahn_accelerator_share_ratio",),
    "buyer_gross_margin_ratio": ("buyer_gross_margin_ratio", "cahn_buyer_gross_margin_ratio"),
    "cost_of_capital_ratio": ("cost_of_capital_ratio",),
    "life_years": ("asset_life_years.accelerators",),
}


@dataclass(frozen=True)
class Preset:
    """Assumptions of one author: what it sets, and in words what it sets and leaves."""

    id: str
    title: str
    changes: dict[str, float | str]
    says: str


def _preset(rule: Rule, ground: Ground) -> Preset:
    changes: dict[str, float | str] = {}
    taken, left = [], []
    for name in rule.uses:
        title = STEPS[name][0].lower().replace("ai share", "AI share")
        value = rule.printed.get(name)
        fits = value is not None and all(
            (knob := ground.knob(same)).low <= value <= knob.high for same in _SAME.get(name, ())
        )
        if value is not None and name in _SAME and fits:
            changes |= dict.fromkeys(_SAME[name], value)
            taken.append(title + (", backed out of the answer" if name in rule.implied else ""))
        elif name == AI_SHARE and value == 1:
            changes[AI_SHARE] = "all"
            taken.append(title)
        else:
            left.append(title)
    takes = f"Takes: {'; '.join(taken)}." if taken else "Nothing of it is an assumption of this page."
    leaves = f" Has no slider here: {'; '.join(left)}." if left else ""
    return Preset(rule.id, rule.who, changes, f"{takes}{leaves} All else is as the book has it.")


def presets(ground: Ground) -> list[Preset]:
    """
    Assumptions of every author whose rule was public on the day.

    Parameters
    ----------
    ground : Ground
        The day.

    Returns
    -------
    list of Preset
    """
    day = ground.context.as_of.isoformat()
    return [_preset(rule, ground) for rule in RULES if rule.id not in OURS and known_on(BY_ID[rule.id]) <= day]
