"""The form of the playground and the frame of its answers, as HTML that says something before any script runs."""

from __future__ import annotations

import datetime
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ...quantity import Quantity
from . import flips
from .ground import Ground, Setting
from .knobs import Knob, value_of
from .presets import presets
from .script import script

PLAYGROUND_MIME = "application/vnd.aieq.playground+json"
# What the page shows: key of the answer, in words, how it is written.
SHOWN = (
    ("required_revenue_capital_usd_bn", "Required: to pay for the capital in use", "money"),
    ("required_revenue_usd_bn", "Required: by Cahn's rule", "money"),
    ("actual_ai_revenue_usd_bn", "Actual AI revenue", "money"),
    ("coverage_capital_ratio", "Coverage now, capital in use", "share"),
    ("coverage_ratio", "Coverage now, Cahn's rule", "share"),
    ("best_coverage_capital_ratio", "Best coverage ahead, capital in use", "share"),
    ("best_coverage_ratio", "Best coverage ahead, Cahn's rule", "share"),
    ("break_even_capital_years", "Break-even, capital in use", "year"),
    ("break_even_years", "Break-even, Cahn's rule", "year"),
)
CHANCES = (("capital", "Break-even by the end of 2030, capital in use"), ("cahn", "The same by Cahn's rule"))


class Playground:
    """The playground of a day: form for the page, numbers and relations for its script, words for plain text."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        said = "\n".join(f"{knob.title}: {_said(self.ground, knob)}" for knob in self.ground.knobs)
        numbers = self.ground.data() | {
            "presets": [vars(preset) for preset in presets(self.ground)],
            "claims": flips.data(self.ground),
        }
        return {
            "text/html": markup(self.ground),
            "text/plain": f"A reader of the page may set:\n{said}",
            PLAYGROUND_MIME: {"script": script(numbers)},
        }


def markup(ground: Ground) -> str:
    """
    Write the form and the frame of the answers.

    Returns
    -------
    str
        HTML without scripts, styles or handlers; the form is disabled until a script has taken it over.
    """
    return (
        '<div class="play" data-playground="">'
        '<form class="play-form" autocomplete="off"><fieldset disabled><legend>Assumptions</legend>'
        '<p class="play-off">This form needs JavaScript; without it, the table below has three sets of assumptions.</p>'
        f"{_starts(ground)}"
        f"{''.join(_knob(ground, knob) for knob in ground.knobs)}"
        '<p class="play-actions"><button type="button" data-do="reset">As the book has it</button> '
        '<button type="button" data-do="link">Copy a link to this</button> '
        '<button type="button" data-do="file">Save as a scenario file</button></p>'
        '<p class="play-note" role="status" data-note=""></p>'
        "</fieldset></form>"
        f"{_answers(ground)}</div>"
    )


def _option(value: str, says: str, *, selected: bool = False) -> str:
    return f'<option value="{html.escape(value)}"{" selected" if selected else ""}>{html.escape(says)}</option>'


def _starts(ground: Ground) -> str:
    titles = {name: scenario.title for name, scenario in ground.roots.items()}
    roots = "".join(
        _option(f"root:{name}", f"{titles[name]} ({name})", selected=name == ground.own)
        for name in ("low", "base", "high")
    )
    options = "".join(_option(f"preset:{preset.id}", preset.title) for preset in presets(ground))
    others = f'<optgroup label="Other people">{options}</optgroup>' if options else ""
    return (
        '<p class="play-start"><label for="play-start">Start from</label> '
        f'<select id="play-start"><optgroup label="Scenarios of this book">{roots}</optgroup>{others}</select></p>'
        '<p class="play-start-says" data-start-says=""></p>'
    )


def shown(value: float, unit: str) -> str:
    """
    Write a value as the form has it: ratios as per cent.

    Examples
    --------
    >>> shown(0.08, "ratio"), shown(0.75, "years")
    ('8', '0.75')
    """
    return f"{100 * value if unit == 'ratio' else value:.10g}"


def _unit(knob: Knob) -> str:
    return "%" if knob.unit == "ratio" else "years"


def _said(ground: Ground, knob: Knob) -> str:
    entry = ground.roots[ground.own].assumptions[knob.name.partition(".")[0]]
    member = knob.name.partition(".")[2]
    span = entry.range[member] if member else entry.range
    if isinstance(span, Mapping):
        last = max(span)
        return f"{_between(span[last], knob)} is defended for {last}"
    return f"{_between(span, knob)} is defended"


def _between(span: Sequence[float], knob: Knob) -> str:
    return f"{shown(span[0], knob.unit)} to {shown(span[1], knob.unit)} {_unit(knob)}"


def _knob(ground: Ground, knob: Knob) -> str:
    own = ground.roots[ground.own]
    entry = own.assumptions[knob.name.partition(".")[0]]
    key = knob.name.replace("_", "-").replace(".", "-")
    title, unit = html.escape(knob.title), _unit(knob)
    why = (
        f'<p class="play-hint" id="hint-{key}">{_said(ground, knob)[0].upper()}{_said(ground, knob)[1:]}. </p>'
        f'<details class="play-why"><summary>Why<span class="play-aside">: {title}</span></summary>'
        f"<p>{html.escape(entry.because)}</p></details>"
    )
    refusal = f'<p class="play-refusal" id="refusal-{key}" role="alert" hidden></p>'
    start = f'<div class="play-knob" data-knob="{html.escape(knob.name)}">'
    if knob.choices:
        options = "".join(_option(choice.id, choice.says) for choice in knob.choices)
        first = _option("", "As in the scenario", selected=True)
        entry_field = (
            f'<label for="choice-{key}">{title}</label>'
            f'<select id="choice-{key}" aria-describedby="hint-{key}">{first}{options}</select>'
        )
        return f"{start}{entry_field}{why}</div>"
    low, high, step, value = (
        shown(number, knob.unit) for number in (knob.low, knob.high, knob.step, value_of(own, knob.name))
    )
    return (
        f'{start}<label id="label-{key}" for="number-{key}">{title}</label>'
        f'<span class="play-entry"><input type="number" id="number-{key}" min="{low}" max="{high}" step="any" '
        f'value="{value}" inputmode="decimal" aria-describedby="hint-{key} refusal-{key}"> {unit}</span>'
        f'<input type="range" min="{low}" max="{high}" step="{step}" value="{value}" aria-labelledby="label-{key}" '
        f'aria-describedby="hint-{key}">'
        f"{refusal}{why}</div>"
    )


def told(answer: Mapping[str, Any], key: str, kind: str, day: datetime.date) -> str:
    """Write one answer, with the nine tenths of the draws in the middle."""
    point, *band = (_told(value, kind, day) for value in (answer["point"][key], *answer["bands"][key]))
    return f"{point} ({band[0]} to {band[-1]})" if band[0] != band[-1] else point


def chance(answer: Mapping[str, Any], key: str) -> str:
    """Write one chance."""
    return "not asked" if answer["chance"][key] is None else percent(answer["chance"][key])


def _told(value: float, kind: str, day: datetime.date) -> str:
    if kind == "money":
        return Quantity(value, "USD_bn").text()
    if kind == "share":
        return percent(value)
    if math.isinf(value):
        return "not within the horizon"
    return f"{(pd.Timestamp(day) + pd.Timedelta(days=value * 365.25)).year}"


def _answers(ground: Ground) -> str:
    answer = ground.evaluate(Setting(ground.own))
    rows = "".join(
        f'<div><dt>{html.escape(says)}</dt><dd data-show="{key}" data-as="{kind}">'
        f"{html.escape(told(answer, key, kind, ground.context.as_of))}</dd></div>"
        for key, says, kind in SHOWN
    )
    rows += "".join(
        f'<div><dt>{html.escape(says)}</dt><dd data-chance="{key}">{chance(answer, key)}</dd></div>'
        for key, says in CHANCES
    )
    covers = percent(answer["point"]["coverage_capital_ratio"])
    return (
        '<section class="play-answers" aria-labelledby="play-answers" hidden><h3 id="play-answers">What follows</h3>'
        '<p class="play-summary" data-summary="">Revenue covers '
        f"{covers} of what the capital in use requires under the assumptions of the book.</p>"
        '<p class="play-heard" aria-live="polite" data-heard=""></p>'
        '<figure class="play-figure"><figcaption>Coverage of the capital in use now, in 4,096 draws</figcaption>'
        '<div data-draw="histogram"></div></figure>'
        '<figure class="play-figure"><figcaption>The same coverage ahead: middle, half and nine tenths of the draws'
        '</figcaption><div data-draw="ahead"></div></figure>'
        f'<dl class="play-numbers">{rows}</dl>'
        '<div class="play-claims" data-claims=""></div>'
        '<p class="play-text">For papermill and the command line: <code data-text=""></code></p></section>'
    )


def percent(value: float) -> str:
    """
    Write a share with the digits a reader needs.

    Examples
    --------
    >>> percent(0.456), percent(0.0234)
    ('46\\xa0%', '2.3\\xa0%')
    """
    digits = 0 if value >= 0.0995 else 1
    return f"{100 * value:,.{digits}f}\N{NO-BREAK SPACE}%"
