"""Wall clocks, real and simulated."""

import time

import trio
from trio.testing import MockClock

from chain.clock import SystemClock, WallClock
from tests.helpers.clock import START_MS, ManualClock, SimulatedClock


def test_the_system_clock_is_the_computers() -> None:
    before_ms = time.time_ns() // 1_000_000
    assert before_ms <= SystemClock().now_ms() <= time.time_ns() // 1_000_000


def test_a_simulated_clock_follows_virtual_time() -> None:
    async def main() -> None:
        right, wrong = SimulatedClock(), SimulatedClock(skew_ms=-250)
        await trio.sleep(3_600.5)
        assert right.now_ms() == START_MS + 3_600_500
        assert wrong.now_ms() == START_MS + 3_600_250

    trio.run(main, clock=MockClock(autojump_threshold=0))


def test_a_manual_clock_moves_by_hand() -> None:
    clock = ManualClock(5)
    clock.advance(-3)
    as_protocol: WallClock = clock
    assert as_protocol.now_ms() == 2
