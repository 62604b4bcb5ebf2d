"""What all tests share."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from aieq.findings import Context, context_for
from aieq.report.chapters import environment

os.environ.update(environment())

# The same examples on every machine, and no verdict by the clock of a busy one.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the checkout."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def context_on() -> Callable[..., Context]:
    """Context of a day and a scenario, kept for all tests: it computes each finding once."""
    return functools.cache(context_for)
