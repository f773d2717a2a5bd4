"""Hypothesis profiles and the marks that select campaigns."""

import os
from unittest import TestCase

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

# No deadline anywhere: a shared machine is slow at times, and time is not what these tests ask.
settings.register_profile("default", deadline=None)
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the `TestCase`s of state machines, so that `make sim` finds them."""
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            if item.cls is not None and issubclass(item.cls, TestCase):
                item.add_marker("stateful")
