"""The revenue side: scopes by construction, what was known when, figures worked out by hand, rules on both sides."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aieq import adoption, revenue
from aieq.charts import revenue as charts
from aieq.claims import get_claim
from aieq.errors import VintageError
from aieq.evidence import load
from aieq.findings import context_for
from aieq.quantity import Quantity

DAY = date(2026, 8, 31)
NAN = float("nan")


class Toy:
    """A scenario of three assumptions."""

    def __init__(self, months: float = 18, labs: float = 0.5, applications: float = 0.4) -> None:
        self.values = {
            "run_rate_max_age_months": Quantity(months, "months", grade="assumed"),
            "labs_share_of_cloud_ai_ratio": Quantity(labs, "ratio", grade="assumed"),
            "applications_pay_labs_ratio": Quantity(applications, "ratio", grade="assumed"),
        }

    def quantity(self, name: str) -> Quantity:
        """Give one."""
        return self.values[name]


def figure(bn: float, day: str = "2026-06-30", start: str | None = None, **other: object) -> revenue.Figure:
    """One row of evidence, in billions."""
    end = pd.Timestamp(day)
    base = {
        "period_start": pd.Timestamp(start) if start else end,
        "period_end": end,
        "value": bn * 1000,
        "low": NAN,
        "high": NAN,
        "basis": "reported",
        "published": end,
        "published_is": "first",
        "evidence": "read",
        "kind": "year" if start else "instant",
        "grade": "reported",
        "source": "a_source",
    }
    return revenue.Figure(**{**base, **other})


def rate(entity: str, *bn: float, **other: object) -> dict:
    """Run rates of one company, all of the same day."""
    return {(entity, "annualized_revenue"): [figure(one, **other) for one in bn]}


def two_labs_and_a_cloud() -> revenue.Known:
    """Ten and six for the labs, eight for the cloud, of which one lab pays five."""
    return {
        **rate("openai", 10),
        **rate("anthropic", 6),
        **rate("microsoft_ai", 8),
        ("microsoft", "revenue_from_openai"): [figure(5, "2026-06-30", "2025-07-01")],
    }


def totals(known: revenue.Known, scenario: Toy | None = None) -> dict[str, float]:
    """Total of every scope."""
    frame = revenue._scopes(known, DAY, scenario or Toy())
    return {scope: round(revenue.scope_total(frame, scope).value, 9) for scope in revenue.SCOPES}


# Scopes


def test_a_payment_between_lab_and_cloud_is_counted_once() -> None:
    """16 from the labs; 16 + 8 - 5 = 19 with the cloud; 24 if simply added."""
    assert totals(two_labs_and_a_cloud()) == {
        "labs_net": 16,
        "labs": 16,
        "labs_clouds": 19,
        "labs_clouds_applications": 19,
        "gross": 24,
    }


def test_the_headline_spans_the_definitions() -> None:
    """Labs alone at the low end, everything added up at the high end; assumed nowhere as the payment is disclosed."""
    known = two_labs_and_a_cloud()
    headline = revenue._headline(known, revenue._rows(known, DAY, Toy()), DAY, Toy())
    assert (headline.value, headline.low, headline.high) == (19, 16, 24)
    assert headline.grade == "estimated"  # nobody says that the payment lies inside the cloud's figure


def test_an_undisclosed_payment_is_the_scenarios_share() -> None:
    """8 less half of it; and the grade says that it is assumed."""
    known = two_labs_and_a_cloud()
    del known["microsoft", "revenue_from_openai"]
    assert totals(known)["labs_clouds"] == 20
    assert totals(known, Toy(labs=0.25))["labs_clouds"] == 22
    frame = revenue._scopes(known, DAY, Toy())
    assert revenue.scope_total(frame, "labs_clouds").grade == "assumed"


def test_a_payment_never_exceeds_the_clouds_figure() -> None:
    """A cloud that receives more from a lab than it calls AI revenue adds nothing, and takes nothing away."""
    known = two_labs_and_a_cloud()
    known["microsoft", "revenue_from_openai"] = [figure(50, "2026-06-30", "2025-07-01")]
    assert totals(known)["labs_clouds"] == 16


def test_a_payment_of_another_time_is_not_used() -> None:
    """The payment of 2024 says nothing of a run rate in the middle of 2026."""
    known = two_labs_and_a_cloud()
    known["microsoft", "revenue_from_openai"] = [figure(5, "2024-12-31", "2024-01-01")]
    assert totals(known)["labs_clouds"] == 20


def test_net_bookings_lower_the_labs_only() -> None:
    """4.5 of 6 remain: 14.5 net; the wider scopes keep what buyers paid."""
    known = two_labs_and_a_cloud()
    known["anthropic", "annualized_revenue_net"] = [figure(4.5, basis="estimate", grade="estimated")]
    found = totals(known)
    assert found["labs_net"] == 14.5
    assert found["labs"] == 16
    assert found["labs_clouds"] == 19


def test_applications_pass_a_part_on() -> None:
    """Of 2 sold by applications 40 per cent goes to labs: 19 + 1.2, and 26 if added up."""
    found = totals({**two_labs_and_a_cloud(), **rate("cursor_anysphere", 2)})
    assert found["labs_clouds_applications"] == 20.2
    assert found["gross"] == 26


amounts = st.floats(0.01, 500, allow_nan=False)


@settings(max_examples=30, deadline=None)
@given(amounts, amounts, amounts, amounts, amounts, st.floats(0, 1), st.floats(0, 1))
def test_what_is_added_less_what_overlaps_is_what_buyers_pay(
    one: float, two: float, cloud: float, paid: float, sold: float, labs: float, passed: float
) -> None:
    """Gross sum less overlaps is the widest scope counted once; each scope contains the one before."""
    known = {
        **rate("openai", one),
        **rate("anthropic", two),
        **rate("microsoft_ai", cloud),
        **rate("amazon_aws_ai", cloud / 2),
        **rate("cursor_anysphere", sold),
        ("microsoft", "revenue_from_openai"): [figure(paid, "2026-06-30", "2025-07-01")],
        ("anthropic", "annualized_revenue_net"): [figure(two * 0.7, basis="estimate")],
    }
    frame = revenue._scopes(known, DAY, Toy(labs=labs, applications=passed))
    found = {scope: revenue.scope_total(frame, scope).value for scope in revenue.SCOPES}
    overlaps = frame[(frame["scope"] == "labs_clouds_applications") & (frame["kind"] == "overlap")]["usd_bn"].sum()
    assert found["gross"] + overlaps == pytest.approx(found["labs_clouds_applications"])
    assert all(np.diff(list(found.values())) >= -1e-9)


def test_a_lost_overlap_is_noticed() -> None:
    """The fault the identity is there for."""
    frame = revenue._scopes(two_labs_and_a_cloud(), DAY, Toy())
    planted = frame[~((frame["scope"] == "labs_clouds") & (frame["kind"] == "overlap"))]
    assert revenue.scope_total(planted, "labs_clouds").value == revenue.scope_total(frame, "gross").value != 19


def test_a_bar_is_as_long_as_its_scope() -> None:
    """The drawn parts add up to the scopes, what is counted twice included in the last bar only."""
    known = {**two_labs_and_a_cloud(), **rate("cursor_anysphere", 2)}
    parts = charts.scope_parts(revenue._scopes(known, DAY, Toy()), revenue.SCOPES)
    drawn = parts.groupby("scope", sort=False)["usd_bn"].sum().round(9)
    assert drawn.to_dict() == {revenue.SCOPES[scope]: total for scope, total in totals(known).items()}
    assert parts[parts["twice"]]["usd_bn"].round(9).tolist() == [5.8]


# Run rates


def run_rate(known: revenue.Known, entity: str = "openai", months: float = 18) -> revenue.RunRate:
    """As the module reads it."""
    return revenue._run_rate(known, entity, DAY, months)


def test_what_is_hoped_for_is_no_run_rate() -> None:
    """Guidance and projections are passed over, however late."""
    known = {("openai", "annualized_revenue"): [figure(4, "2026-05-31"), figure(9, "2026-07-31", basis="guidance")]}
    assert run_rate(known).quantity.value == 4


def test_an_old_figure_is_carried_forward_and_then_dropped() -> None:
    """Unchanged at 17 months, gone at 19: never extrapolated."""
    known = rate("openai", 4, day="2025-03-31")
    assert run_rate(known).quantity.value == 4
    assert run_rate(known).age_months(DAY) == pytest.approx(17, abs=0.1)
    with pytest.raises(VintageError, match="12 months old"):
        run_rate(known, months=12)


def test_the_company_stands_against_a_lower_press_figure() -> None:
    """47 stated, 45 in the press a fortnight later: 47, with both in the interval."""
    rows = [figure(47, "2026-05-15"), figure(45, "2026-05-31", basis="secondary", grade="estimated")]
    found = run_rate({("openai", "annualized_revenue"): rows}).quantity
    assert (found.value, found.low, found.high) == (47, 45, 47)


def test_a_later_statement_replaces_a_higher_press_figure() -> None:
    """25 in the press, 24 stated after it: 24, and the 25 stays in sight."""
    rows = [figure(25, "2026-02-28", basis="secondary"), figure(24, "2026-03-31")]
    found = run_rate({("openai", "annualized_revenue"): rows}).quantity
    assert (found.value, found.low, found.high) == (24, 24, 25)


def test_a_relay_does_not_rejuvenate_a_figure() -> None:
    """The same 37 told a month later keeps its own date."""
    rows = [figure(37, "2026-03-31"), figure(37, "2026-04-29")]
    assert run_rate({("openai", "annualized_revenue"): rows}).dated == date(2026, 3, 31)


def test_what_was_worked_back_later_was_not_known_before() -> None:
    """Thirteen, up 175 per cent: the 4.7 of a year before counts from the day of that sentence."""
    with pytest.raises(VintageError, match="no run rate of microsoft_ai"):
        revenue.run_rate(load().as_of("2025-01-28"), "microsoft_ai")
    rows = revenue.run_rate_rows(load().as_of("2025-01-31"), "microsoft_ai")
    assert rows["value"].tolist() == [4700, 13000]


def test_mean_of_a_run_rate_that_doubles() -> None:
    """From 20 to 25 between end of December and end of February, then 24: the mean lies between its ends."""
    view = load().as_of("2026-08-31")
    mean = revenue.mean_run_rate(view, "openai", pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-28")).value
    # Constant growth from 20 (31 December) to 25 (28 February): the logarithmic mean, (25 - 20) / ln(25 / 20).
    assert mean == pytest.approx(5 / np.log(1.25), rel=0.005)
    with pytest.raises(VintageError, match="both sides"):
        revenue.mean_run_rate(view, "openai", pd.Timestamp("2026-07-01"), pd.Timestamp("2026-09-30"))


# What was known when


@pytest.mark.parametrize("day", ["2023-06-30", "2024-06-30", "2025-01-31", "2026-04-30"])
def test_the_path_says_what_each_day_would_have_said(day: str) -> None:
    """Looking back from today changes nothing."""
    context = context_for(DAY)
    then = context.at(day)
    path = revenue.ai_revenue_path(context.view, context.scenario, [date.fromisoformat(day)])
    assert path["usd_bn"].tolist() == [pytest.approx(then["actual_ai_revenue_usd_bn"].value)]


def test_the_path_knows_no_future() -> None:
    """Every figure is older than the day it is used on; a later day is refused."""
    context = context_for("2025-03-31")
    path = revenue.ai_revenue_path(context.view, context.scenario)
    assert (path["oldest"] <= path["day"]).all()
    assert path["day"].iloc[-1] == pd.Timestamp("2025-03-31")
    assert (path["low"] <= path["usd_bn"]).all() and (path["usd_bn"] <= path["high"]).all()
    with pytest.raises(VintageError, match="lies after"):
        revenue.ai_revenue_path(context.view, context.scenario, [date(2025, 4, 30)])


def test_before_the_clouds_spoke_the_figure_is_a_lower_bound() -> None:
    """And says so."""
    assert "lower bound" in context_for("2024-06-30")["actual_ai_revenue_usd_bn"].interval


# Worked out by hand from rows of the evidence


def test_the_article_s_day_by_hand() -> None:
    """OpenAI 5.5, Anthropic 1.0, xAI 0.1, Microsoft 13 less the 4 that OpenAI expected to pay it in 2024: 15.6."""
    assert context_for("2025-01-31")["actual_ai_revenue_usd_bn"].value == pytest.approx(15.6)


@pytest.mark.parametrize(
    "name, value",
    [
        # OpenAI 40, Anthropic 65, xAI 0.5, Mistral 0.4, Cohere 0.24
        ("all_labs_run_rate_usd_bn", 106.14),
        # plus Microsoft 37 less 24.1, Amazon 25 less half
        ("actual_ai_revenue_usd_bn", 131.54),
        ("anthropic_net_share_ratio", 22 / 30),
        ("openai_share_of_microsoft_ai_ratio", 24.1 / 37),
        ("labs_sales_usd_bn", 13.07 + 4.5),
        ("openai_recognised_over_run_rate_ratio_2025", 13.07 / 20),
        ("openai_last_quarter_annualised_usd_bn", 4 * 5.7),
        ("anthropic_last_quarter_annualised_usd_bn", 4 * 4.73),
        ("openai_growth_multiple_2025", 20 / 6),
        ("anthropic_growth_multiple_2025", 9.0),
        ("consumer_subscriptions_ceiling_usd_bn", 55 * 20 * 12 / 1000),
        ("chatgpt_paying_ratio", 55 / 910),
        ("plus_buys_output_tokens", 20 / 20 * 1e6),
        ("firms_over_adults_ratio", 21.6 / 54.6),
        ("enterprise_over_consumer_multiple", 37 / 12),
        # labs; Microsoft less what OpenAI paid, half of Amazon; over four times the quarter
        ("ai_revenue_over_capex_pace_ratio", (105 + 0.5 + 0.4 + 0.24 + 12.9 + 12.5) / (4 * 165.05)),
        ("labs_recognised_over_capex_ratio_2025", (13.07 + 4.5) / 376.051),
        ("openai_inference_over_revenue_ratio_2024", 2.1 / 3.7),
        # of -23, 25, 35, 37.5, 39, 40, 40, 45, 50, 60
        ("ai_gross_margin_median_ratio", 0.395),
    ],
)
def test_findings_by_hand(name: str, value: float) -> None:
    """As of the end of August 2026."""
    assert context_for(DAY)[name].value == pytest.approx(value, rel=1e-6)


def test_the_anthropic_interval_is_one_of_accounting() -> None:
    """65 gross, 65 x 22 / 30 net."""
    found = context_for(DAY)["anthropic_run_rate_usd_bn"]
    assert (found.value, found.low, found.high) == (65, pytest.approx(65 * 22 / 30), 65)


def test_the_census_series_are_never_joined() -> None:
    """The old question ends before the new one begins, under another name."""
    frame = adoption.adoption(load().as_of("2026-08-31"))
    old = frame[frame["series"] == "US firms, Census, old question"]
    new = frame[frame["series"] == "US firms, Census, new question"]
    assert old["day"].max() < new["day"].min()
    assert old["pct"].max() < 10 < 17 < new["pct"].min()


def test_a_payer_without_users_of_that_time_has_no_share() -> None:
    """Ten million in September 2024 over 240 million of the same month, once that was published."""
    shares = adoption.paying_shares(load().as_of("2026-08-31"))
    assert shares["ratio"].iloc[0] == pytest.approx(10 / 240)
    assert ((shares["day"] - shares["users_day"]).abs().dt.days <= 92).all()
    assert adoption.paying_shares(load().as_of("2024-06-30")).empty


# Claims


class Said:
    """A context in which every finding is what we say."""

    def __init__(self, **values: tuple[float, float | None, float | None, str]) -> None:
        self.values = values
        self.view = load().as_of(DAY)
        self.as_of = DAY

    def __getitem__(self, name: str) -> Quantity:
        if name not in self.values:
            msg = f"{name} was not known"
            raise VintageError(msg)
        value, low, high, unit = self.values[name]
        return Quantity(value, unit, low, high)

    def get(self, name: str) -> Quantity | None:
        """Nothing where it is not known."""
        return self[name] if name in self.values else None


def verdict(claim: str, **values: tuple) -> str:
    """Apply one rule to findings we choose."""
    return get_claim(claim).function(Said(**values)).verdict


def share(value: float, low: float | None = None, high: float | None = None) -> tuple:
    """Write a ratio."""
    return (value, low, high, "ratio")


@pytest.mark.parametrize(
    "envelope, capital, expected",
    [
        (share(0.1, 0.05, 0.2), share(0.3, 0.2, 0.45), "holds"),
        (share(0.1, 0.05, 0.2), share(0.3, 0.2, 0.6), "holds in part"),
        (share(0.2, 0.1, 0.3), share(0.7, 0.5, 0.9), "holds in part"),
        (share(0.6, 0.5, 0.7), share(0.9, 0.7, 1.2), "overtaken"),
    ],
)
def test_far_short(envelope: tuple, capital: tuple, expected: str) -> None:
    """Half of the requirement is the mark, over the whole range."""
    assert verdict("revenue-far-short", coverage_ratio=envelope, coverage_capital_ratio=capital) == expected


@pytest.mark.parametrize(
    "found, expected",
    [
        (share(0.06, 0.02, 0.09), "holds"),
        (share(0.09, 0.04, 0.2), "holds in part"),
        (share(0.2, 0.11, 0.3), "overtaken"),
    ],
)
def test_drop_in_the_bucket(found: tuple, expected: str) -> None:
    """A tenth is the mark."""
    money = dict.fromkeys(("actual_ai_revenue_usd_bn", "capex_four_usd_bn_ttm"), (1.0, None, None, "USD_bn"))
    assert verdict("drop-in-the-bucket", ai_revenue_over_capex_ratio=found, **money) == expected


@pytest.mark.parametrize(
    "low, value, high, expected",
    [(5.5, 6, 6, "holds"), (4.8, 5.2, 6, "holds in part"), (3, 4, 4.5, "does not hold")],
)
def test_over_five_billion(low: float, value: float, high: float, expected: str) -> None:
    """Five is the mark, over the whole range."""
    assert verdict("openai-over-5bn", openai_run_rate_usd_bn=(value, low, high, "USD_bn")) == expected


@pytest.mark.parametrize(
    "margin, expected",
    [
        (share(0.5, 0.4, 0.6), "does not hold"),
        (share(0.0, -0.1, 0.1), "holds in part"),
        (share(-0.2, -0.3, -0.1), "holds"),
        (None, "cannot be checked"),
    ],
)
def test_twenty_dollars(margin: tuple | None, expected: str) -> None:
    """The compute margin on payers decides."""
    values = {} if margin is None else {"compute_margin_payers_ratio": margin}
    assert verdict("twenty-dollars-below-cost", **values) == expected


@pytest.mark.parametrize(
    "ai, software, expected",
    [
        (0.55, share(0.77, 0.75, 0.8), "holds"),
        (0.40, share(0.77, 0.75, 0.8), "holds in part"),
        (0.78, share(0.77, 0.75, 0.8), "does not hold"),
        (0.55, share(0.9, 0.85, 0.95), "does not hold"),
    ],
)
def test_margins_below_software(ai: float, software: tuple, expected: str) -> None:
    """The comparison and the level are two halves."""
    values = {"ai_gross_margin_median_ratio": share(ai), "software_gross_margin_ratio": software}
    assert verdict("ai-margins-below-saas", **values) == expected


@pytest.mark.parametrize(
    "use, money, expected",
    [(0.2, 0.5, "holds"), (0.2, 3.0, "holds in part"), (0.8, 0.5, "holds in part"), (0.8, 3.0, "does not hold")],
)
def test_enterprises(use: float, money: float, expected: str) -> None:
    """Use and money are two halves."""
    values = {
        "firms_over_adults_ratio": share(use),
        "us_firms_using_ai_ratio": share(0.2),
        "adults_using_genai_ratio": share(0.5),
        "enterprise_over_consumer_multiple": (money, None, None, "multiple"),
    }
    assert verdict("enterprise-slower", **values) == expected


def test_firms_spend_more_than_consumers_on_applications_alone_too() -> None:
    """Applications buy infrastructure, so the low end leaves the latter out: 19 over 12."""
    q = context_for(DAY)["enterprise_over_consumer_multiple"]
    assert (q.low, q.high) == pytest.approx((19 / 12, 37 / 12))


@pytest.mark.parametrize("rise, expected", [(0.1, "holds"), (1.5, "holds in part")])
def test_ceiling(rise: float, expected: str) -> None:
    """The price of the main plan has not moved in the evidence; the share may."""
    values = {
        "chatgpt_paying_rise_points_per_year": (rise, None, None, "pct"),
        "chatgpt_paying_ratio": share(0.05),
        "chatgpt_plus_price_usd_per_month": (20, None, None, "USD_per_month"),
    }
    assert verdict("willingness-ceiling", **values) == expected


def test_microsoft_needs_two_statements() -> None:
    """Nothing in mid-2024; the first statement with a growth rate is enough."""
    assert get_claim("microsoft-ai-growing").judge(context_for("2024-06-30")).verdict == "cannot be checked"
    assert get_claim("microsoft-ai-growing").judge(context_for("2025-01-31")).verdict == "holds"


# Figures


def test_nothing_known_is_said_instead_of_drawn() -> None:
    """An empty table makes no figure and no error."""
    empty = pd.DataFrame(columns=["who", "pct", "expected", "source"])
    said = charts.margin_dots(empty, as_of=date(2024, 6, 30), title="Gross margins on record", ranges={})
    assert repr(said).startswith("Gross margins on record: nothing was known on 30 June 2024")


def test_a_scenario_moves_the_undisclosed_share_only() -> None:
    """From half to eight tenths of Amazon's 25: 7.5 less."""
    context = context_for(DAY)
    high = context.with_scenario("high")["actual_ai_revenue_usd_bn"].value
    assert context["actual_ai_revenue_usd_bn"].value - high == pytest.approx(7.5)


def test_the_toy_rows_are_rows_of_the_evidence() -> None:
    """Every field of a figure is a column of the table, so the toys cannot drift from it."""
    assert set(revenue.Figure._fields) <= set(load().observations.columns)
