"""The same required revenue written in Squiggle, and the time either takes to know it to 0.1 per cent."""

from __future__ import annotations

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from aieq import equation
from bench.doubts import OURS, json_of
from bench.timing import Result

PACKAGE = "@quri/squiggle-lang@0.10"
DRAWS, REPETITIONS, TARGET = 4000, 10, 0.001
_RUN = """
import { readFileSync } from "node:fs";
import { run } from "@quri/squiggle-lang";
const [file, draws, repetitions] = process.argv.slice(2);
const code = readFileSync(file, "utf8");
const found = [];
const begun = process.cpuUsage();
for (let seed = 0; seed < Number(repetitions); seed += 1) {
  const environment = { sampleCount: Number(draws), xyPointLength: 1000, seed: `seed ${seed}` };
  const { result } = await run(code, { environment });
  if (!result.ok) throw new Error(result.value.toString());
  found.push(result.value.result.asJS());
}
const used = process.cpuUsage(begun);
console.log(JSON.stringify({ found, seconds: (used.user + used.system) / 1e6 / found.length }));
"""


def _belief(span: list[float], clip: tuple[float, float] | None = None) -> str:
    low, high = span
    shape = "lognormal" if low > 0 else "normal"
    text = f"{shape}({{p5: {low!r}, p95: {high if high > 0 else 0.001!r}}})"
    return f"SampleSet.fromDist({f'truncate({text}, {clip[0]!r}, {clip[1]!r})' if clip else text})"


def program() -> str:
    """
    Write required revenue by the capital rule in Squiggle: the relations of the book, line by line.

    Returns
    -------
    str
        Its last line gives the median and the 95 per cent quantile.
    """
    from aieq.findings import context_for
    from aieq.findings import outlook as doubt

    context = context_for("2026-08-31")
    known, beliefs = doubt.setting(context), context.scenario.assumptions
    numbers = ("cost_of_capital_ratio", "energy_to_capital_ratio", "operations_to_capital_ratio")
    lines = [f"{name} = {_belief(beliefs[name].range)}" for name in numbers]
    lines.append(f"margin = {_belief(beliefs['buyer_gross_margin_ratio'].range, (0.001, 0.95))}")
    for year, span in beliefs["ai_share_of_capex_ratio"].range.items():
        lines.append(f"share_{year} = {_belief(span, (0.01, 1.0))}")
    classes = equation.ASSET_CLASSES
    for name in classes:
        lines += [
            f"part_{name} = {_belief(beliefs['asset_share_ratio'].range[name])}",
            f"life_{name} = {_belief(beliefs['asset_life_years'].range[name])}",
            f"fall_{name} = {_belief(beliefs['replacement_price_fall_ratio'].range[name], (-0.5, 0.9))}",
        ]
    lines.append(f"parts = {' + '.join(f'part_{name}' for name in classes)}")
    totals = []
    for name in classes:
        gross, effective = [], []
        for born, spent, share in zip(known.born, known.spending, known.share_of, strict=True):
            age, year = -float(born), share.rpartition(".")[2]
            # What no draw of this class can still have in use is left out, which favours Squiggle.
            if age > 3 * beliefs["asset_life_years"].range[name][1]:
                continue
            alive = f"SampleSet.map(life_{name}, {{|life| max([0, min([1, 4 * (life - {age!r}) + 0.5])])}})"
            place = f"{name}_{len(gross)}"
            lines.append(f"stock_{place} = {float(spent)!r} * share_{year} * {alive}")
            gross.append(f"stock_{place}")
            effective.append(f"stock_{place} * (1 - fall_{name}) ^ {age!r}")
        lines += [
            f"rate_{name} = cost_of_capital_ratio + fall_{name}",
            f"rent_{name} = rate_{name} / (1 - ((1 - fall_{name}) / (1 + cost_of_capital_ratio)) ^ life_{name})",
            f"charge_{name} = ({' + '.join(effective)}) * rent_{name}",
            f"running_{name} = ({' + '.join(gross)}) * (energy_to_capital_ratio + operations_to_capital_ratio)",
        ]
        totals.append(f"(charge_{name} + running_{name}) * part_{name} / parts")
    lines.append(f"required = ({' + '.join(totals)}) / (1 - margin)")
    lines.append("[quantile(required, 0.5), quantile(required, 0.95)]")
    return "\n".join(lines)


def squiggle() -> list[Result]:
    """Processor time to a standard error of 0.1 % of the median and the 95 % quantile of required revenue."""
    if lacks := [name for name in ("node", "npm") if not shutil.which(name)]:
        print(f"bench: Squiggle is not measured, this machine lacks {', '.join(lacks)}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "package.json").write_text('{"type": "module"}')
        install = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE],
            cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if install.returncode:
            print(f"bench: Squiggle is not measured, npm could not install it: {install.stderr[:300]}", file=sys.stderr)
            return []
        (place / "run.mjs").write_text(_RUN)
        (place / "required.squiggle").write_text(program())
        done = subprocess.run(
            ["node", "run.mjs", "required.squiggle", str(DRAWS), str(REPETITIONS)],
            cwd=place, env=os.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        sys.exit(f"bench: Squiggle failed:\n{done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    columns = [[math.log(value) for value in column] for column in zip(*told["found"], strict=True)]
    error = max(statistics.stdev(column) for column in columns)
    # Plain draws: the error falls with the square root of their number.
    theirs = told["seconds"] * (error / TARGET) ** 2
    ours = json_of(OURS + '\nprint(json.dumps({"seconds": mine[0]}))')["seconds"]
    return [
        Result("time to 0.1 % of required revenue, over Squiggle", ours / theirs, target=0.1),
        Result("  Squiggle under node", theirs, "s"),
        Result("  its median of required revenue", math.exp(statistics.fmean(columns[0])), "USD bn"),
    ]


MEASURES: dict[str, Callable[[], list[Result]]] = {"squiggle": squiggle}
