"""The block's time against a number that only grows."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.errors import InvalidBlock
from runtime.executive import apply_extrinsic, finalize_block, initialize_block
from runtime.extrinsic import decode_extrinsic, encode_bare
from tests.helpers.mock_runtime import MINIMUM_PERIOD_MS, MockRuntime, make_header

STEPS_MS = st.sampled_from((-MINIMUM_PERIOD_MS, 0, MINIMUM_PERIOD_MS - 1, MINIMUM_PERIOD_MS)) | (
    st.integers(-(10**9), 10**15)
)


class TimestampMachine(RuleBasedStateMachine):
    """Blocks with any times in them: good ones move the time, others leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = MockRuntime()
        self.now, self.number = 0, 0

    @rule(step_ms=STEPS_MS)
    def one_time(self, step_ms: int) -> None:
        self.make_block([max(self.now + step_ms, 0)])

    @rule(steps_ms=st.lists(STEPS_MS, max_size=3))
    def some_times(self, steps_ms: list[int]) -> None:
        self.make_block([max(self.now + step, 0) for step in steps_ms])

    def make_block(self, times_ms: list[int]) -> None:
        before = self.runtime.state.changes()
        is_good = len(times_ms) == 1 and times_ms[0] >= self.now + MINIMUM_PERIOD_MS
        try:
            with self.runtime.state.transaction():
                self.run_block(times_ms)
        except InvalidBlock:
            assert not is_good
            assert self.runtime.state.changes() == before
        else:
            assert is_good
            self.number, (self.now,) = self.number + 1, times_ms

    def run_block(self, times_ms: list[int]) -> None:
        runtime = self.runtime
        initialize_block(runtime, make_header(self.number + 1))
        for now in times_ms:
            call = runtime.calls.encode(runtime.make_call(runtime.timestamp, "set", now))
            apply_extrinsic(runtime, decode_extrinsic(encode_bare(call), runtime.calls))
            assert runtime.timestamp.did_update.get()
        finalize_block(runtime)

    @invariant()
    def time_is_that_of_the_last_good_block(self) -> None:
        self.runtime.timestamp.try_state()
        assert self.runtime.get_moment() == self.now


TestTimestampMachine = TimestampMachine.TestCase
TestTimestampMachine.settings = settings(
    max_examples=settings().max_examples // 3, stateful_step_count=20
)
