"""Whatever program is posted, every slot of it can be run and judged; the rest is refused."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from pallets.market import JobSpec, Posted, SlotState
from pallets.market.types import Terms
from runtime.errors import DispatchError
from runtime.programs import Metric
from tests.helpers.market_stage import ALICE, BOB
from tests.helpers.program_jobs import ProgramStage

SIDES, SMALL = st.integers(0, 40), st.integers(0, 12)
TERMS = Terms(open_blocks=20, work_blocks=5, attempts=2)


@cache
def get_kept_stage() -> ProgramStage:
    """A stage for all examples; each rolls back what it did."""
    return ProgramStage()


def make_specs(stage: ProgramStage) -> st.SearchStrategy[JobSpec]:
    """Parameters in and out of their ranges, over blobs that are there."""
    train = st.builds(
        stage.make_train,
        hidden=st.integers(0, 6),
        classes=st.integers(1, 5),
        batch=SMALL,
        count=st.integers(19, 21),
        margin=st.integers(0, 2**31),
        shift=st.integers(0, 33),
        rate=st.integers(0, 18),
        hidden_rate=st.integers(0, 18),
        steps=SMALL,
        steps_per_slot=SMALL,
    )
    render = st.builds(stage.make_render, width=SIDES, height=SIDES, tile=SIDES)
    compute = st.builds(
        stage.make_compute,
        count=st.integers(39, 41),
        group=st.integers(0, 3),
        low=st.integers(-128, 127),
        high=st.integers(-128, 127),
        columns=st.lists(st.integers(0, 3), max_size=3).map(tuple),
        group_rows_min=SMALL,
    )
    evaluate = st.builds(
        stage.make_evaluate,
        count=st.integers(38, 41),
        count_per_slot=st.integers(0, 45),
        classes=st.integers(9, 11),
        metric=st.sampled_from(Metric),
    )
    return train | render | compute | evaluate


@given(st.data())
def test_what_is_posted_can_be_settled(data: st.DataObject) -> None:
    stage = get_kept_stage()
    spec = data.draw(make_specs(stage))
    mark = stage.state.mark()
    try:
        job = stage.post_spec(spec, Posted(1_000), terms=TERMS)
    except DispatchError:
        return
    slots = stage.get_job(job).slots
    for slot in range(min(slots, 6)):
        stage.lock(job, slot, BOB)
        assert len(stage.run(job, slot)) == stage.get_job(job).get_result_bytes(slot)[0]
        stage.submit(job, slot, BOB)
        assert stage.get(job, slot).state is SlotState.SETTLED
    if slots <= 6:
        stage.dispatch(stage.market, "close", ALICE, job)
    stage.try_state()
    stage.state.rollback_to(mark)
