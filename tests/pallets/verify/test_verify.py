"""Claims and verdicts by themselves, without a market."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets import verify as declared
from pallets.verify import Claim, ClaimOpened, VerdictGiven
from pallets.weights import verify as weights
from runtime.claim import ClaimRequest, compute_claim_roots
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    JobKind,
    OpenedClaim,
    RecordVersion,
    SlotId,
    Valid,
    VerifierId,
)
from runtime.primitives import Hash, Root
from runtime.programs import SCENE, Evaluation, Inputs, Metric, Raytrace
from runtime.task import ProgramTask, RowsTask
from runtime.tensor import replay
from tests.helpers.market_stage import BOB, CAROL, CLASSES, HIDDEN, ROWS, MarketStage
from tests.helpers.programs_vectors import FOUR_BALLS, make_sgd

AT = SlotId(3, 1)
BOTH = pytest.mark.parametrize("verifier", [VerifierId.REPLAY, VerifierId.FREIVALDS])


@pytest.fixture(scope="module")
def shared() -> MarketStage:
    """A stage whose state no test keeps changes of."""
    return MarketStage()


@pytest.fixture
def stage() -> MarketStage:
    return MarketStage()


def make_request(
    stage: MarketStage, verifier: VerifierId, first: int = 5, rows: int = 12
) -> ClaimRequest:
    """A true claim about some rows of the stage's inputs."""
    job = stage.post(verifier=verifier, rows_per_slot=1)
    payloads = [stage.run(job, slot) for slot in range(first, first + rows)]
    output = b"".join(payload[: 4 * CLASSES] for payload in payloads)
    cut = 4 * (CLASSES + HIDDEN)
    trace = b"".join(payload[4 * CLASSES : cut] for payload in payloads)
    trace += b"".join(payload[cut:] for payload in payloads)
    return ClaimRequest(
        slot=AT,
        claimant=BOB,
        verifier=verifier,
        params=b"",
        task=RowsTask(stage.model, 1, stage.input_root, first, rows),
        out_root=compute_claim_roots(output, trace).out_root,
        output=output,
        trace=trace,
        commitment=Hash(b"c" * 32),
    )


def move(request: ClaimRequest, **changes: Any) -> ClaimRequest:
    """The same claim about other rows."""
    assert isinstance(request.task, RowsTask)
    return replace(request, task=replace(request.task, **changes))


@BOTH
def test_a_true_claim_is_valid_and_recorded(stage: MarketStage, verifier: VerifierId) -> None:
    request = make_request(stage, verifier)
    stage.take_events()
    opened = stage.verify.open_claim(request)
    assert (opened.claim, opened.verdict) == (0, Valid())
    macs = 12 * 32 * (64 + 10)
    assert stage.take_events() == [
        ClaimOpened(0, 3, 1, BOB, verifier, macs),
        VerdictGiven(0, 3, 1, Valid()),
    ]
    claim = Claim(0, verifier, BOB, request.out_root, stage.number, Valid())
    assert stage.verify.claim[3, 1] == claim
    assert opened.weight.is_within(weights.WORST)
    assert opened.weight.ref_time > weights.replay(0, 0).ref_time


@BOTH
def test_a_false_claim_names_its_culprit(stage: MarketStage, verifier: VerifierId) -> None:
    request = make_request(stage, verifier)
    output = bytes([request.output[0] ^ 1]) + request.output[1:]
    opened = stage.verify.open_claim(replace(request, output=output, claimant=CAROL))
    assert opened.verdict == Invalid(CAROL, FaultKind.WRONG_OUTPUT)
    assert stage.verify.claim[3, 1].verdict == opened.verdict


@BOTH
def test_rows_of_another_slot_are_false(stage: MarketStage, verifier: VerifierId) -> None:
    request = make_request(stage, verifier)
    opened = stage.verify.open_claim(move(request, row_first=6))
    assert isinstance(opened.verdict, Invalid)


def test_a_products_lie_is_found_wherever_it_is(shared: MarketStage) -> None:
    request = make_request(shared, VerifierId.FREIVALDS)
    entries = np.frombuffer(request.trace, "<i4")
    for index in range(0, len(entries), 29):
        lie = entries.copy()
        lie[index] += 1
        opened = shared.verify.open_claim(replace(request, trace=lie.tobytes()))
        assert isinstance(opened.verdict, Invalid), index


@cache
def get_kept_stage() -> MarketStage:
    """A stage for all examples of a property; only claims about one slot change it."""
    return MarketStage()


@given(st.binary(max_size=600), st.binary(max_size=3_000), st.sampled_from(VerifierId))
def test_no_bytes_are_valid_by_chance(output: bytes, trace: bytes, verifier: VerifierId) -> None:
    stage = get_kept_stage()
    request = ClaimRequest(
        AT,
        BOB,
        verifier,
        b"",
        RowsTask(stage.model, 1, stage.input_root, 0, 10),
        Root.zero(),
        output,
        trace,
        Hash.zero(),
    )
    if verifier not in (VerifierId.REPLAY, VerifierId.FREIVALDS):
        with stage.refused(declared.UnknownVerifier), stage.state.transaction():
            stage.verify.open_claim(request)
        return
    try:
        verdict = stage.verify.open_claim(request).verdict
    except declared.BadWitness:
        return
    assert isinstance(verdict, Invalid)


def test_sizes_that_fit_no_result_are_refused(stage: MarketStage) -> None:
    request = make_request(stage, VerifierId.FREIVALDS)
    for wrong in (
        replace(request, output=request.output[:-1]),
        replace(request, trace=request.trace[:-4]),
        replace(request, trace=request.trace + b"\0"),
        replace(request, verifier=VerifierId.REPLAY),
    ):
        with stage.refused(declared.BadWitness), stage.state.transaction():
            stage.verify.open_claim(wrong)


def test_other_verifiers_are_unknown(stage: MarketStage) -> None:
    request = make_request(stage, VerifierId.REPLAY)
    with stage.refused(declared.UnknownVerifier), stage.state.transaction():
        stage.verify.open_claim(replace(request, verifier=VerifierId.ZK))
    supported = [v for v in VerifierId if stage.verify.is_supported(v, JobKind.INFER)]
    assert supported == [VerifierId.REPLAY, VerifierId.FREIVALDS]
    replayed = [k for k in JobKind if stage.verify.is_supported(VerifierId.REPLAY, k)]
    programs = [JobKind.TRAIN, JobKind.RENDER, JobKind.COMPUTE_TO_DATA, JobKind.EVAL]
    assert replayed == [JobKind.INFER, *programs]
    assert not any(stage.verify.is_supported(VerifierId.FREIVALDS, k) for k in programs)
    assert stage.verify.get_bond_factor_bps(VerifierId.REPLAY) == 5_000


def test_a_claim_beyond_the_limits_is_refused(
    stage: MarketStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = make_request(stage, VerifierId.REPLAY)
    checked = make_request(stage, VerifierId.FREIVALDS)
    monkeypatch.setattr(stage.verify, "replay_macs_max", 1_000)
    with stage.refused(declared.WeightTooHigh), stage.state.transaction():
        stage.verify.open_claim(replayed)
    stage.verify.open_claim(checked)  # products that are checked are not computed
    monkeypatch.setattr(stage.verify, "replay_macs_max", 10**9)
    monkeypatch.setattr(stage.verify, "cells_max", 1_000)
    for request in (replayed, checked):
        with stage.refused(declared.WeightTooHigh), stage.state.transaction():
            stage.verify.open_claim(request)


@BOTH
def test_what_is_gone_cannot_be_judged(stage: MarketStage, verifier: VerifierId) -> None:
    request = make_request(stage, verifier)
    for gone in (
        move(request, model=99),
        move(request, version=7),
        move(request, inputs=Root.zero()),
        move(request, row_first=ROWS - 12 + 1),
    ):
        opened = stage.verify.open_claim(gone)
        assert opened.verdict == Inconclusive()
        assert opened.weight == weights.replay(0, 0)


def test_the_latest_claim_of_a_slot_is_kept_until_the_job_goes(stage: MarketStage) -> None:
    request = make_request(stage, VerifierId.REPLAY)
    for slot in (SlotId(3, 0), SlotId(3, 1), SlotId(3, 1), SlotId(4, 0)):
        stage.verify.open_claim(replace(request, slot=slot))
    assert sorted(key for key, _ in stage.verify.claim.items()) == [(3, 0), (3, 1), (4, 0)]
    assert stage.verify.claim[3, 1].id == 2
    stage.verify.try_state()
    stage.verify.drop_claims(3)
    assert [key for key, _ in stage.verify.claim.items()] == [(4, 0)]


def test_weight_grows_with_the_work() -> None:
    assert weights.replay(10**6, 10**5).ref_time < weights.replay(10**7, 10**5).ref_time
    assert weights.freivalds(10**5).ref_time < weights.freivalds(10**6).ref_time
    assert weights.replay(weights.MACS_MAX, weights.CELLS_MAX).is_within(weights.WORST)
    assert weights.freivalds(weights.CELLS_MAX).is_within(weights.WORST)
    limits = (replay.REPLAY_MACS_MAX, replay.CELLS_MAX)
    assert limits[0] >= weights.MACS_MAX  # nothing that may be claimed is too large to judge
    assert limits[1] >= weights.CELLS_MAX


# --- programs


def make_render(scene: Root, width: int = 6) -> ProgramTask:
    return ProgramTask(Raytrace(scene, width, 6, 6), 0, None, b"")


def claim(stage: MarketStage, task: ProgramTask, output: bytes, **changes: Any) -> OpenedClaim:
    roots = compute_claim_roots(output, b"")
    request = ClaimRequest(
        AT, BOB, VerifierId.REPLAY, b"", task, roots.out_root, output, b"", Hash.zero()
    )
    return stage.verify.open_claim(replace(request, **changes))


def test_a_program_is_run_again(stage: MarketStage) -> None:
    scene = SCENE.encode(FOUR_BALLS)
    task = make_render(stage.put_blob(BOB, scene))
    output = task.program.run(0, Inputs((scene,)))
    stage.take_events()
    opened = claim(stage, task, output)
    assert opened.verdict == Valid()
    cost = task.program.plan(Inputs((scene,)))
    read = weights.read(2, len(scene))
    assert opened.weight == weights.replay(cost.macs, cost.cells) + read
    assert stage.take_events()[0] == ClaimOpened(0, 3, 1, BOB, VerifierId.REPLAY, 0)
    for place in range(0, len(output), 17):
        lie = bytearray(output)
        lie[place] ^= 1
        verdict = claim(stage, task, bytes(lie), claimant=CAROL).verdict
        assert verdict == Invalid(CAROL, FaultKind.WRONG_OUTPUT)
    for other in (b"", output[:-1], output + b"\0"):
        assert isinstance(claim(stage, task, other).verdict, Invalid)


def test_programs_know_no_trace_and_no_products(stage: MarketStage) -> None:
    scene = SCENE.encode(FOUR_BALLS)
    task = make_render(stage.put_blob(BOB, scene))
    with stage.refused(declared.BadWitness), stage.state.transaction():
        claim(stage, task, bytes(108), trace=b"x")
    with stage.refused(declared.UnknownVerifier), stage.state.transaction():
        claim(stage, task, bytes(108), verifier=VerifierId.FREIVALDS)


def test_a_program_that_cannot_be_run_is_nobodys_fault(stage: MarketStage) -> None:
    scene = stage.put_blob(BOB, SCENE.encode(FOUR_BALLS))
    sgd, rows, labels = make_sgd("v", 8, 2, 0, 2, 2, 4)
    roots = [stage.put_blob(BOB, blob) for blob in (rows, labels)]
    training = replace(sgd, rows=roots[0], labels=roots[1], steps_per_slot=2)
    evaluation = Evaluation(stage.input_root, roots[1], 8, 8, 2, Metric.ACCURACY)
    for task in (
        make_render(Root.zero()),
        make_render(stage.input_root),
        make_render(scene, width=0),
        ProgramTask(training, 1, None, b"no weights"),
        ProgramTask(evaluation, 0, None, b""),
        ProgramTask(evaluation, 0, RecordVersion(99, 1), b""),
        ProgramTask(evaluation, 0, RecordVersion(stage.model, 9), b""),
    ):
        assert claim(stage, task, b"").verdict == Inconclusive()


def test_a_program_beyond_the_limits_is_refused(
    stage: MarketStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_render(stage.put_blob(BOB, SCENE.encode(FOUR_BALLS)))
    monkeypatch.setattr(stage.verify, "cells_max", 1_000)
    with stage.refused(declared.WeightTooHigh), stage.state.transaction():
        claim(stage, task, bytes(108))
