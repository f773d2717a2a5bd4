"""Jobs that run a program: posting, segments and tiles, verdicts, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from pallets.market import Dutch, Evaluate, Infer, Posted, SlotState, Terms, declarations
from pallets.market.specs import JobSpec, count_slots, get_kind, get_roots
from pallets.market.types import SLOTS_MAX
from pallets.registry.declarations import BlobInUse
from pallets.registry.types import KindPrice, Provider
from runtime.codec import codec_of
from runtime.frame import Pays
from runtime.frame.ai_types import JobKind, RecordVersion, SlotId, VerifierId
from runtime.frame.traits import HoldReason
from tests.helpers.market_stage import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    MODEL_OWNER,
    PARAMS,
    get_total,
)
from tests.helpers.program_jobs import INFER, NO_BLOB, ProgramStage
from tests.pallets.registry.stage import take_off_chain

PRICE = 1_000_000
KINDS = ("train", "render", "compute to data", "eval")


@pytest.fixture
def stage() -> ProgramStage:
    return ProgramStage()


def settle(stage: ProgramStage, job: int, slot: int = 0, who: Any = BOB) -> None:
    stage.lock(job, slot, who)
    stage.submit(job, slot, who)
    assert stage.get(job, slot).state is SlotState.SETTLED


# --- posting


def test_an_inference_is_encoded_as_before_there_were_other_kinds() -> None:
    spec = codec_of(JobSpec)
    expected = "00" + "0700000000000000" + "00" + "72" * 32 + "a0" + "28" + "01"
    assert spec.encode(INFER).hex() == expected
    assert spec.decode(bytes.fromhex(expected)) == INFER


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_holds_its_price_its_blobs_and_its_source(stage: ProgramStage, kind: str) -> None:
    spec = stage.make_specs()[kind]
    job = stage.post_spec(spec, Dutch(1_000, PRICE, 20))
    entry = stage.get_job(job)
    source = {"train": stage.dataset, "compute to data": stage.dataset, "eval": stage.model}
    expected = RecordVersion(source[kind], 1) if kind in source else None
    slots = count_slots(spec)
    assert (entry.spec, entry.source, entry.slots) == (spec, expected, slots)
    held = stage.money.get_held(HoldReason.ESCROW, ALICE)
    assert held == entry.escrow == slots * PRICE
    outputs = sum(len(stage.run(job, 0)) for _ in range(slots)) if kind == "eval" else None
    if outputs is not None:
        stored = slots * 256 + outputs
        assert entry.deposit == PARAMS.job_deposit + PARAMS.byte_deposit * stored
    posted = declarations.JobPosted(job, ALICE, get_kind(spec), expected, slots, held)
    assert stage.take_events()[-1] == posted
    for root in get_roots(spec):
        with stage.refused(BlobInUse):
            stage.dispatch(stage.registry, "drop_blob", ALICE, root)
    stage.try_state()


@pytest.mark.parametrize("kind", KINDS)
def test_every_slot_can_be_settled_and_everything_comes_back(
    stage: ProgramStage, kind: str
) -> None:
    total, spec = get_total(stage), stage.make_specs()[kind]
    job = stage.post_spec(spec, Posted(PRICE))
    for slot in range(count_slots(spec)):
        settle(stage, job, slot)
        assert stage.slots.get_slot_work(SlotId(job, slot)) is None
    events = stage.take_events()
    settled = [event for event in events if isinstance(event, declarations.Settled)]
    assert len(settled) == count_slots(spec)
    assert {event.bonus for event in settled} == {0}
    shares = {"train": 700, "compute to data": 700, "eval": 1_500}
    assert {event.royalties for event in settled} == {shares.get(kind, 0) * PRICE // 10_000}
    stage.dispatch(stage.market, "close", ALICE, job)
    for reason in (HoldReason.ESCROW, HoldReason.JOB_DEPOSIT):
        assert stage.money.get_held(reason, ALICE) == 0
    assert get_total(stage) == total - sum(event.burned for event in settled)
    for root in get_roots(spec):
        stage.dispatch(stage.registry, "drop_blob", ALICE, root)
    stage.try_state()


def test_royalties_go_to_the_owner_of_the_dataset(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_train(), Posted(PRICE))
    before = stage.get_wealth(DAVE)
    settle(stage, job)
    assert stage.get_wealth(DAVE) == before + 700 * PRICE // 10_000
    assert (stage.get_job(job).source) == RecordVersion(stage.dataset, 1)


def test_a_job_may_name_no_dataset(stage: ProgramStage) -> None:
    for spec in (stage.make_train(), stage.make_compute()):
        job = stage.post_spec(replace(spec, dataset=None))
        assert stage.get_job(job).source is None
        settle(stage, job)


@pytest.mark.parametrize("kind", KINDS)
def test_programs_are_replayed_or_sampled(stage: ProgramStage, kind: str) -> None:
    spec = stage.make_specs()[kind]
    sampled = (VerifierId.SPOT_CHECK,) if kind == "render" else ()
    for verifier in VerifierId:
        if verifier not in (VerifierId.REPLAY, *sampled):
            with stage.refused(declarations.VerifierUnsupported):
                stage.post_spec(spec, verifier=verifier)


def make_bad_specs(stage: ProgramStage) -> list[tuple[JobSpec, type[Exception]]]:
    d = declarations
    return [
        (stage.make_train(hidden=257), d.BadProgram),
        (stage.make_train(count=21), d.BadProgram),
        (stage.make_train(steps=0), d.BadTerms),
        (stage.make_train(steps_per_slot=0), d.BadTerms),
        (stage.make_train(steps=SLOTS_MAX + 1, steps_per_slot=1), d.TooManySlots),
        (stage.make_train(steps=200_000, steps_per_slot=100_000), d.ClaimTooLarge),
        (stage.make_train(rows=NO_BLOB), d.InputMissing),
        (stage.make_train(labels=NO_BLOB), d.InputMissing),
        (stage.make_train(dataset=99), d.NoSuchDataset),
        (stage.make_train(dataset=stage.model), d.NoSuchDataset),
        (stage.make_render(scene=stage.input_root), d.BadProgram),
        (stage.make_render(scene=NO_BLOB), d.InputMissing),
        (stage.make_render(width=0), d.BadTerms),
        (stage.make_render(tile=0), d.BadTerms),
        (stage.make_render(width=4_096, height=4_096, tile=64), d.TooManySlots),
        (stage.make_render(width=129, tile=129), d.BadProgram),
        (stage.make_compute(group_rows_min=4), d.BadProgram),
        (stage.make_compute(rows=NO_BLOB), d.InputMissing),
        (stage.make_compute(dataset=99), d.NoSuchDataset),
        (stage.make_evaluate(classes=9), d.BadProgram),
        (stage.make_evaluate(labels=NO_BLOB), d.InputMissing),
        (stage.make_evaluate(count_per_slot=0), d.BadTerms),
        (stage.make_evaluate(model=99), d.NoSuchModel),
        (stage.make_evaluate(model=stage.dataset), d.NoSuchModel),
        (stage.make_evaluate(version=2), d.NoSuchModel),
    ]


def test_what_cannot_be_run_is_not_posted(stage: ProgramStage) -> None:
    for spec, error in make_bad_specs(stage):
        with stage.refused(error):  # type: ignore[arg-type]
            stage.post_spec(spec)


def test_a_scene_that_is_none_is_not_drawn(stage: ProgramStage) -> None:
    with stage.refused(declarations.BadProgram):
        stage.post_spec(stage.make_render(scene=stage.input_root))


def test_a_model_that_cannot_be_run_is_not_evaluated(stage: ProgramStage) -> None:
    off_chain = stage.register(MODEL_OWNER, take_off_chain(stage.weights.body))
    with stage.refused(declarations.ModelOffChain):
        stage.post_spec(stage.make_evaluate(model=off_chain))
    stage.dispatch(stage.registry, "retire", MODEL_OWNER, stage.model)
    with stage.refused(declarations.NoSuchModel):
        stage.post_spec(stage.make_evaluate())


def test_a_dataset_that_is_retired_is_not_used(stage: ProgramStage) -> None:
    kept = stage.post_spec(stage.make_train())
    stage.dispatch(stage.registry, "retire", DAVE, stage.dataset)
    for spec in (stage.make_train(), stage.make_compute()):
        with stage.refused(declarations.NoSuchDataset):
            stage.post_spec(spec)
    settle(stage, kept)


def test_an_evaluation_keeps_its_version(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_evaluate())
    body = replace(stage.weights.body)
    for _ in range(2):
        stage.dispatch(stage.registry, "update", MODEL_OWNER, stage.model, body, NO_BLOB)
    assert stage.get_job(job).source == RecordVersion(stage.model, 1)
    assert stage.get_job(stage.post_spec(stage.make_evaluate())).source == RecordVersion(
        stage.model, 3
    )
    settle(stage, job)


# --- segments


def test_a_segment_waits_for_the_one_before(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_train())
    for _ in range(2):
        with stage.refused(declarations.NotReady):
            stage.lock(job, 1)
        assert not stage.market.is_ready(SlotId(job, 1))
        if stage.get(job).state is SlotState.OPEN:
            stage.lock(job)
    stage.submit(job)
    assert stage.market.is_ready(SlotId(job, 1))
    stage.lock(job, 1, CAROL)
    with stage.refused(declarations.NotReady):
        stage.lock(job, 2)


def test_tiles_and_shards_wait_for_nothing(stage: ProgramStage) -> None:
    for spec in (stage.make_render(), stage.make_evaluate()):
        job = stage.post_spec(spec)
        settle(stage, job, 1)


def test_segments_are_one_training(stage: ProgramStage) -> None:
    job, whole = stage.post_spec(stage.make_train()), stage.make_train(steps_per_slot=9)
    for slot in range(3):
        settle(stage, job, slot)
    single = stage.post_spec(whole)
    settle(stage, single)
    program = whole.program
    last = program.load_weights(stage.market.output[job, 2])
    alone = program.load_weights(stage.market.output[single, 0])
    assert last.first.tolist() == alone.first.tolist()


def test_a_segment_from_other_weights_is_wrong(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_train())
    settle(stage, job)
    stage.lock(job, 1)
    # The right steps, but from the first weights instead of those of the segment before.
    alone = stage.post_spec(stage.make_train(seed=b"x" * 32))
    settle(stage, alone)
    stage.lock(alone, 1)
    payload = stage.run(alone, 1)
    stage.submit(job, 1, BOB, payload)
    assert stage.get(job, 1).state is SlotState.OPEN
    assert stage.get(job, 1).failures == 1


def test_what_follows_a_refunded_segment_can_be_refunded(stage: ProgramStage) -> None:
    terms = Terms(open_blocks=50, work_blocks=5, attempts=1)
    job = stage.post_spec(stage.make_train(), terms=terms)
    stage.lock(job)
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "poke", EVE, job, 1)
    stage.submit(job, 0, BOB, stage.forge(job))
    assert stage.get(job).state is SlotState.REFUNDED
    with stage.refused(declarations.NotDue):
        stage.dispatch(stage.market, "poke", EVE, job, 2)
    for slot in (1, 2):
        with stage.refused(declarations.WrongState):
            stage.lock(job, slot)
        stage.dispatch(stage.market, "poke", EVE, job, slot)
        assert stage.get(job, slot).state is SlotState.REFUNDED
    assert stage.get_job(job).live == 0
    stage.dispatch(stage.market, "close", ALICE, job)
    stage.try_state()


# --- verdicts


@pytest.mark.parametrize("kind", KINDS)
def test_any_wrong_bit_costs_the_bond(stage: ProgramStage, kind: str) -> None:
    spec = stage.make_specs()[kind]
    terms = Terms(open_blocks=20, work_blocks=5, attempts=8)
    job = stage.post_spec(spec, Posted(PRICE), terms=terms)
    size = len(stage.run(job))
    for byte in sorted({0, size // 3, size - 1}):
        stage.lock(job)
        before = stage.get_wealth(ALICE)
        post = stage.submit(job, 0, BOB, stage.forge(job, byte=byte))
        assert post.pays_fee is Pays.YES
        assert stage.get(job).state is SlotState.OPEN
        assert stage.get_wealth(ALICE) == before + PRICE // 2 * 40 // 100
    settle(stage, job, 0, CAROL)
    stage.try_state()


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_of_another_size_is_refused(stage: ProgramStage, kind: str) -> None:
    job = stage.post_spec(stage.make_specs()[kind])
    stage.lock(job)
    payload = stage.run(job)
    for wrong in (payload[:-1], payload + b"\0", b""):
        with stage.refused(declarations.WrongResultSize):
            stage.submit(job, 0, BOB, wrong)


def test_a_tile_of_the_right_pixels_elsewhere_is_wrong(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_render(width=16, height=16))
    stage.lock(job)
    stage.submit(job, 0, BOB, stage.run(job, 1))
    assert stage.get(job).failures == 1


def test_a_missed_tile_is_filled_late_and_free_of_charge(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_render(), Posted(PRICE))
    stage.spend_grace(BOB)
    stage.lock(job, 2)
    stage.skip(6)
    owner, filler = stage.get_wealth(ALICE), stage.get_wealth(CAROL)
    stage.submit(job, 2, CAROL)
    assert stage.get(job, 2).state is SlotState.SETTLED
    assert stage.get_wealth(ALICE) == owner
    assert stage.get_wealth(CAROL) == filler + PRICE // 4
    assert stage.market.output[job, 2] == stage.run(job, 2)
    stage.try_state()


def test_who_takes_no_such_jobs_cannot_lock(stage: ProgramStage) -> None:
    job = stage.post_spec(stage.make_render())
    body = Provider("https://p.example", (), (KindPrice(JobKind.INFER, 1),), 8)
    record = stage.register(CAROL, body)
    with stage.refused(declarations.RequirementUnmet):
        stage.dispatch(stage.market, "lock", CAROL, job, 0, record)


def test_the_declared_weight_covers_every_kind(stage: ProgramStage) -> None:
    specs: list[JobSpec] = [*stage.make_specs().values(), stage.make_spec()]
    for spec in specs:
        job = stage.post_spec(spec)
        stage.lock(job)
        payload = stage.run(job)
        commitment = stage.commit(job, 0, BOB, payload)
        call = stage.runtime.make_call(stage.market, "submit", job, 0, commitment, payload)
        declared = call.get_dispatch_info().weight
        post = stage.dispatch(stage.market, "submit", BOB, job, 0, commitment, payload)
        assert post.actual_weight is not None
        assert post.actual_weight.is_within(declared)
    assert isinstance(specs[-1], Infer)
    assert isinstance(specs[-2], Evaluate)
