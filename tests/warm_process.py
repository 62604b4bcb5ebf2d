"""Everything a worker loads, loaded: imported by a fork server, so that a killed worker is soon there again."""

from aieq.runs import sweep  # noqa: F401
from aieq.runs.identity import surroundings
from aieq.runs.worker import evaluated

surroundings()
evaluated(
    [{"as_of": "2025-12-31", "scenario": "base", "seed": 0}], ["required_revenue_usd_bn", "coverage_capital_ratio"]
)
