"""The outlook: how quick, how much memory, how it grows, and against plain Monte Carlo."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

from aieq.report.chapters import ROOT
from bench.timing import Result, variables

_SETTING = """
import json, resource, sys, time
from aieq.findings import context_for, outlook as doubt
from aieq.outlook.result import outlook
context = context_for("2026-08-31")
joint, setting = doubt.joint(context), doubt.setting(context)
outlook(joint, setting, draws=2**12)
"""
_OUTLOOK = (
    _SETTING
    + """
draws = int(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
times = []
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    outlook(joint, setting, draws=draws, seed=1)
    times.append(time.perf_counter() - started)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": min(times), "megabytes": (after - before) / 1024}))
"""
)
_DEFINITIONS = """
import json, time
from aieq.findings import context_for
from aieq.specifications import specifications
context = context_for("2026-08-31")
started = time.perf_counter()
table = specifications(context.view, context.scenario, draws=2**12)
print(json.dumps({"seconds": time.perf_counter() - started, "count": len(table)}))
"""
# Both sides estimate the median and the 95 % quantile of required revenue today, by the capital rule, to a standard
# error of 0.1 per cent. The error at a size is measured over repetitions, the size for the target follows from the
# rate at which it falls: one over the square root for plain draws, and as measured for ours.
OURS = """
import json, time
from dataclasses import replace
import numpy as np
from aieq import equation, stock
from aieq.findings import context_for, outlook as doubt
from aieq.outlook.draws import scrambles
from aieq.outlook.result import model

context = context_for("2026-08-31")
scenario = context.scenario
joint, setting = doubt.joint(context), doubt.setting(context)
today = replace(setting, when=setting.when[:1], dates=setting.dates[:1])
NAME, LEVELS, TARGET = "required_revenue_capital_usd_bn", [0.5, 0.95], 0.001

def ours(seed, size):
    values = []
    for sequence in scrambles(len(joint.inputs), size // 8, 8, seed):
        for _ in range(max(1, size // 8 // 4096)):
            values.append(model(joint.values(sequence.random(min(size // 8, 4096))), today, single=False)[NAME][:, 0])
    return np.quantile(np.concatenate(values), LEVELS)

def seconds_to_target(draw, size, repetitions, rate):
    started = time.process_time()
    found = np.log([draw(seed, size) for seed in range(repetitions)])
    seconds = (time.process_time() - started) / repetitions
    error = found.std(axis=0, ddof=1).max()
    return seconds * (error / TARGET) ** (1 / rate), size * (error / TARGET) ** (1 / rate), error

def rate_of(draw, small, large, repetitions):
    found = [np.log([draw(seed, size) for seed in range(repetitions)]) for size in (small, large)]
    errors = [each.std(axis=0, ddof=1).max() for each in found]
    return np.log(errors[0] / errors[1]) / np.log(large / small)

rate = max(0.5, rate_of(ours, 2**12, 2**15, 24))
mine = seconds_to_target(ours, 2**15, 24, rate)
"""
_PRECISION = (
    OURS
    + """
import squigglepy as sq

def spread(name, member=None, clip=(None, None)):
    entry = scenario.assumptions[name]
    low, high = entry.range[member] if member is not None else entry.range
    if low > 0:
        return sq.lognorm(low, high, lclip=clip[0], rclip=clip[1])
    return sq.norm(low, high if high > 0 else 0.001, lclip=clip[0], rclip=clip[1])

def plain(seed, size):
    sq.set_seed(seed)
    take = lambda *given, **more: sq.sample(spread(*given, **more), size)
    classes = equation.ASSET_CLASSES
    values = stock.inputs(context.view, scenario)
    years = sorted(scenario["ai_share_of_capex_ratio"])
    share = {year: take("ai_share_of_capex_ratio", year, clip=(0.01, 1)) for year in years}
    table = stock.vintages(context.view, scenario)
    middle = table["period_start"] + (table["period_end"] - table["period_start"]) / 2
    middle = middle.dt.year.clip(years[0], years[-1])
    by_class = lambda name, **more: np.stack([take(name, member, **more) for member in classes], axis=-1)
    parts = by_class("asset_share_ratio")
    found = []
    drawn = {
        "asset_share_ratio": parts / parts.sum(axis=1, keepdims=True),
        "asset_life_years": by_class("asset_life_years"),
        "replacement_price_fall_ratio": by_class("replacement_price_fall_ratio", clip=(-0.5, 0.9)),
        **{n: take(n) for n in ("cost_of_capital_ratio", "energy_to_capital_ratio", "operations_to_capital_ratio")},
        "buyer_gross_margin_ratio": take("buyer_gross_margin_ratio", clip=(0, 0.95)),
    }
    for first in range(0, size, 5000):
        some = slice(first, first + 5000)
        ai = np.stack([share[year][some] for year in middle], axis=-1)
        given = {name: array[some] for name, array in drawn.items()}
        found.append(equation.evaluate(NAME, **{**values, **given, "ai_share_of_capex_ratio": ai}))
    return np.quantile(np.concatenate(found), LEVELS)

theirs = seconds_to_target(plain, 20_000, 12, 0.5)
print(json.dumps({"ours": mine[0], "plain": theirs[0], "our_draws": mine[1], "plain_draws": theirs[1], "rate": rate}))
"""
)


def json_of(script: str, *words: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", script, *words], env=variables(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench: the outlook failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def outlook() -> list[Result]:
    """The whole outlook, two threads, and a hundred times as many draws."""
    usual = json_of(_OUTLOOK, str(2**16), "3")
    many = json_of(_OUTLOOK, str(2**20), "1")
    most = json_of(_OUTLOOK, str(2**23), "1")
    linear = (most["seconds"] / 2**23) / (many["seconds"] / 2**20)
    return [
        Result("outlook, all inputs, 65,536 draws, to 2035", usual["seconds"], "s", 1.0),
        Result("  memory on top", usual["megabytes"], "MB", 500.0),
        Result("outlook, time of a draw at 8.4 mn, over 1 mn", linear, target=1.1),
        Result("  memory on top at 8.4 mn", most["megabytes"], "MB", 500.0),
        Result("  8.4 mn draws", most["seconds"], "s"),
    ]


def definitions() -> list[Result]:
    """Every combination of definitions with 4,096 draws each."""
    found = json_of(_DEFINITIONS)
    return [Result(f"{found['count']} combinations of definitions, 4,096 draws each", found["seconds"], "s", 10.0)]


def precision() -> list[Result]:
    """Processor time to a standard error of 0.1 % of the median and the 95 % quantile of required revenue."""
    found = json_of(_PRECISION)
    return [
        Result("time to 0.1 % of required revenue, over squigglepy", found["ours"] / found["plain"], target=0.1),
        Result("  ours", found["ours"], "s"),
        Result("  plain Monte Carlo with squigglepy", found["plain"], "s"),
        Result("  draws, ours", found["our_draws"]),
        Result("  draws, plain", found["plain_draws"]),
    ]


MEASURES: dict[str, Callable[[], list[Result]]] = {
    "outlook": outlook,
    "definitions": definitions,
    "precision": precision,
}
