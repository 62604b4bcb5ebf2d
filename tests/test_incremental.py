"""What a varied context computes is what a fresh one computes; what did not change is not computed again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from aieq import claims, reads, seen
from aieq.assumptions import Scenario, load_scenario
from aieq.errors import UnknownNameError, VintageError
from aieq.evidence import Evidence, load
from aieq.findings import HEADLINE, REGISTRY, Context, Finding, context_for, select
from aieq.quantity import Quantity

DAY = "2025-06-30"
DAYS = ("2023-12-31", "2025-01-31", DAY, "2026-08-31")
# Cheap, and of every kind: of both rules, of other days, of three scenarios at once, of none.
QUICK = (
    *HEADLINE,
    "coverage_year_earlier_ratio",
    "backtest_article_ratio",
    "lever_all_ratio",
    "capex_four_usd_bn_2024",
)


def fresh_evidence() -> Evidence:
    """The same figures without anything worked out from them."""
    return replace(load(), _views={}, _long={})


def walk(steps: int, seed: int) -> Iterator[tuple[str, Scenario]]:
    """Days and scenarios, each a small step from the last; some values come back."""
    draw = random.Random(seed)
    base = load_scenario("base")
    day, root, changes = DAYS[-1], "base", {}
    for _ in range(steps):
        kind = draw.choice(["day", "root", "change", "change", "change", "forget"])
        if kind == "day":
            day = draw.choice(DAYS)
        elif kind == "root":
            root = draw.choice(["low", "base", "high"])
        elif kind == "forget":
            changes = {}
        else:
            name = draw.choice(list(base.assumptions))
            ends = base.assumptions[name].range
            if isinstance(ends, dict):
                member = draw.choice(list(ends))
                name, ends = f"{name}.{member}", ends[member]
            changes = changes | {name: draw.choice([*ends, round(draw.uniform(*ends), 3)])}
        yield day, load_scenario(root).replaced(**changes)


def everything(context: Context, names: Iterable[str], judged: Iterable[claims.Claim]) -> dict[str, object]:
    """All that can be asked; what is not known as the sentence that says so."""
    found: dict[str, object] = {}
    for name in names:
        try:
            found[name] = context[name]
        except VintageError as error:
            found[name] = str(error)
    return found | {claim.id: claim.judge(context) for claim in judged}


def strayed(
    steps: Iterable[tuple[str, Scenario]], names: Iterable[str], judged: Iterable[claims.Claim] = ()
) -> set[str]:
    """Names whose result in a context that goes from step to step differs from that of a context on its own."""
    names, judged = list(names), list(judged)
    there = Context(fresh_evidence().as_of(DAY), load_scenario("base"))
    found = set()
    for day, scenario in steps:
        there = there.at(day).vary(scenario)
        alone = Context(fresh_evidence().as_of(day), scenario)
        ours, theirs = everything(there, names, judged), everything(alone, names, judged)
        found |= {name for name in theirs if ours[name] != theirs[name]}
    return found


def test_a_walk_gives_what_fresh_contexts_give() -> None:
    """Over what a sweep computes and some more."""
    assert strayed(walk(16, seed=1), QUICK) == set()


@pytest.mark.runs
@pytest.mark.parametrize("seed", [2])
def test_every_finding_and_claim_can_be_walked(seed: int) -> None:
    """Over all."""
    assert strayed(walk(8, seed), REGISTRY, claims.claims()) == set()


def plant(monkeypatch: pytest.MonkeyPatch, function) -> str:
    """Register a finding for one test."""
    name = "planted_ratio"
    monkeypatch.setitem(REGISTRY, name, Finding(name, "ratio", "gamble", "a planted fault", function))
    return name


STEPS = [(DAY, load_scenario("base")), (DAY, load_scenario("base, cost_of_capital_ratio=0.13"))]


def test_a_reading_behind_the_watch_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk can fail: this finding asks the scenario under the watched one."""
    name = plant(monkeypatch, lambda context: Quantity(context.scenario.plain["cost_of_capital_ratio"], "ratio"))
    assert strayed(STEPS, [name]) == {name}


def test_a_cache_keyed_by_too_little_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk can fail: this finding remembers by day what it read of the scenario."""
    kept: dict[object, float] = {}

    def function(context: Context) -> Quantity:
        value = kept.setdefault(context.view, context.scenario["cost_of_capital_ratio"])
        _ = context.scenario["cost_of_capital_ratio"]
        return Quantity(value, "ratio")

    name = plant(monkeypatch, function)
    assert strayed(STEPS, [name]) == {name}


@pytest.mark.parametrize(
    "read",
    [
        lambda scenario: scenario["cost_of_capital_ratio"],
        lambda scenario: scenario.quantity("cost_of_capital_ratio").value,
        lambda scenario: dict(scenario)["cost_of_capital_ratio"],
        lambda scenario: scenario.replaced(overhead_ratio=0.3)["cost_of_capital_ratio"],
        lambda scenario: float("0.13" in scenario.name),
        lambda scenario: float(hash(scenario) % 1000),
        lambda scenario: float(scenario == load_scenario("base")),
        lambda scenario: scenario.onto("low")["cost_of_capital_ratio"],
        lambda scenario: scenario.changes.get("cost_of_capital_ratio", 0.0),
    ],
)
def test_every_way_of_reading_is_seen(monkeypatch: pytest.MonkeyPatch, read) -> None:
    """However a finding comes by a value."""
    name = plant(monkeypatch, lambda context: Quantity(read(context.scenario), "ratio"))
    assert strayed(STEPS, [name]) == set()
    values = [Context(load().as_of(DAY), scenario)[name].value for _, scenario in STEPS]
    assert values[0] != values[1]


def counted(monkeypatch: pytest.MonkeyPatch, read) -> tuple[str, list[str]]:
    """A finding that notes the name of the scenario each time it is computed."""
    calls: list[str] = []

    def function(context: Context) -> Quantity:
        calls.append(context._supposed.scenario.name)
        return Quantity(read(context), "ratio")

    return plant(monkeypatch, function), calls


def test_only_what_read_the_change_is_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each value of what it reads; never for what it does not read."""
    name, calls = counted(monkeypatch, lambda context: context.scenario["cost_of_capital_ratio"])
    context = context_for(DAY)
    texts = ["base", "base, overhead_ratio=0.2", "base, cost_of_capital_ratio=0.2", "base", "low"]
    values = [context.vary(text)[name].value for text in texts]
    assert values == [0.1, 0.1, 0.2, 0.1, load_scenario("low")["cost_of_capital_ratio"]]
    assert calls == ["base", "base, cost_of_capital_ratio=0.2", "low"]


def test_readings_reach_through_other_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a finding uses, it rests on: other findings, other days, other scenarios, and errors it survived."""

    def other(context: Context) -> float:
        def fails() -> float:
            _ = context.scenario["overhead_ratio"]
            msg = "not known"
            raise VintageError(msg)

        try:
            return context.memo("fails", fails)
        except VintageError:
            there = context.at("2025-01-31").with_scenario("low")
            return there.memo("rate", lambda: there.scenario["cost_of_capital_ratio"])

    name, calls = counted(monkeypatch, other)
    context = context_for(DAY)
    assert context[name].value == load_scenario("low")["cost_of_capital_ratio"]
    for text in ("base, overhead_ratio=0.2", "base, cost_of_capital_ratio=0.2", "base, power_kw=1.5"):
        _ = context.vary(text)[name]
    assert calls == ["base", "base, overhead_ratio=0.2", "base, cost_of_capital_ratio=0.2"]


def test_a_result_of_several_scenarios_stays_with_its_own() -> None:
    """The interval of step two spans low to high in base, and is none in low."""
    context = context_for(DAY)
    wide = context["required_revenue_capital_usd_bn"]
    low = context.with_scenario("low")["required_revenue_capital_usd_bn"]
    assert wide.low == low.value
    assert low.low is None
    assert context.vary("low")["required_revenue_capital_usd_bn"] is low


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Old days and old variants go."""
    monkeypatch.setattr(reads, "DAYS_KEPT", 3)
    monkeypatch.setattr(reads, "VARIANTS_KEPT", 4)
    name, calls = counted(
        monkeypatch, lambda context: context.scenario["cost_of_capital_ratio"] + 0 * context.as_of.day
    )
    context = context_for(DAY)
    for number in range(10):
        _ = context.vary(f"base, cost_of_capital_ratio={0.1 + number / 1000}")[name]
    for month in range(1, 9):
        _ = context.at(f"2025-{month:02d}-28")[name]
    days = context._store._days
    assert len(days) == 3
    _ = context.vary("base, cost_of_capital_ratio=0.109")[name]
    assert len(calls) == 10 + 8 + 1
    assert all(len(variants) <= 4 for day in days.values() for by in day.values() for variants in by.values())


def test_remembered_errors_keep_no_frames() -> None:
    """An error asked for a thousand times is not a thousand frames longer."""
    context = context_for("2023-12-31")
    for _ in range(50):
        with pytest.raises(VintageError) as caught:
            _ = context["backtest_article_ratio"]
    length, link = 0, caught.value.__traceback__
    while link is not None:
        length, link = length + 1, link.tb_next
    assert length < 8


def counted_rows(monkeypatch: pytest.MonkeyPatch, look) -> tuple[str, list[date]]:
    """A finding that notes the day each time it is computed."""
    calls: list[date] = []

    def function(context: Context) -> Quantity:
        calls.append(context.view.dated)
        return Quantity(look(context), "ratio", as_of=context.view.dated)

    return plant(monkeypatch, function), calls


def quarter(context: Context) -> float:
    return context.view.quantity("nvidia", "datacenter_revenue", kind="quarter", basis="reported").value


# Nvidia reported on 28 May and on 27 August 2025, and nothing of the quarter in between.
SUMMER = ("2025-06-30", "2025-07-31", "2025-08-31")


def test_a_day_without_news_gives_the_result_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Computed when a row is added, not when a day has passed; dated by the day asked for."""
    name, calls = counted_rows(monkeypatch, quarter)
    context = context_for(DAY)
    found = [context.at(day)[name] for day in SUMMER]
    assert [day.isoformat() for day in calls] == [SUMMER[0], SUMMER[2]]
    assert [quantity.as_of.isoformat() for quantity in found] == list(SUMMER)
    assert found[0].value == found[1].value < found[2].value


@pytest.mark.parametrize(
    "look",
    [
        lambda context: float(context.as_of.month),
        lambda context: float(context.view.day.month),
        lambda context: float(len(context.view.observations)),
        lambda context: float((pd.Timestamp(context.view.token_prices["last_seen"].max()) - pd.Timestamp(DAY)).days),
        lambda context: context.memo("month", lambda: float(context.as_of.month)),
        lambda context: context.at(context.as_of.replace(day=1))["gpu_run_rate_usd_bn"].value + context.as_of.month,
    ],
)
def test_what_hangs_on_the_day_is_computed_each_day(monkeypatch: pytest.MonkeyPatch, look) -> None:
    """However the day is asked for."""
    name, calls = counted_rows(monkeypatch, look)
    context = context_for(DAY)
    values = [context.at(day)[name].value for day in SUMMER]
    assert len(calls) == len(set(values)) == 3


def test_a_look_around_the_view_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk can fail: this finding decides by the day that is only for dating."""
    name = plant(monkeypatch, lambda context: Quantity(context.view.dated.month, "ratio"))
    assert strayed([(day, load_scenario("base")) for day in SUMMER], [name]) == {name}


def test_what_may_hide_a_quantity_stays_on_its_day() -> None:
    """Plain values, tables and records of quantities go from day to day."""
    was, now = date(2025, 6, 30), date(2025, 7, 31)
    one, other = Quantity(1, "count", as_of=was), Quantity(1, "count", as_of=date(2024, 1, 1))
    assert seen.redated({"a": [one, (other, "text")]}, was, now)["a"] == [replace(one, as_of=now), (other, "text")]
    table = pd.DataFrame({"word": ["x"], "number": [1.5]})
    assert seen.redated(table, was, now) is table
    for hidden in (pd.DataFrame({"q": [one]}), object(), lambda: one, VintageError("not known on 2025-06-30")):
        with pytest.raises(TypeError):
            seen.redated(hidden, was, now)


def test_only_shipped_scenarios_lie_beside() -> None:
    """Another one is varied to."""
    with pytest.raises(UnknownNameError, match="does not ship"):
        context_for(DAY).with_scenario("low, overhead_ratio=0.2")


def test_select_offers_the_nearest_name() -> None:
    """Groups, sections and findings, each once."""
    assert select(["coverage_ratio", "headline", "coverage_ratio"])[:2] == ("coverage_ratio", HEADLINE[0])
    assert set(select("all")) == set(REGISTRY) >= set(select(["gamble", "headline"]))
    with pytest.raises(UnknownNameError, match="Did you mean 'coverage_ratio'"):
        select(["coverge_ratio"])
    with pytest.raises(UnknownNameError, match="no finding is asked for"):
        select([])
