"""Trio with its one source of chance seeded: the same seed takes the same steps in one order."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from unittest.mock import patch

import trio
from trio._core import _run  # its own tests do so; `test_node_stage.py` notices a change
from trio.testing import MockClock

ResultT = TypeVar("ResultT")


def run_seeded(main: Callable[[], Awaitable[ResultT]], seed: int = 0) -> ResultT:
    """The result of `main()` in virtual time that jumps ahead whenever every task waits."""
    _run._r.seed(seed)
    with patch.object(_run, "_ALLOW_DETERMINISTIC_SCHEDULING", new=True):
        return trio.run(main, clock=MockClock(autojump_threshold=0))
