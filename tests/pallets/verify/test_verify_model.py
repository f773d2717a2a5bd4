"""Claims against the definition: a claim is valid iff its output is that of the rows it names."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.market import Posted
from pallets.verify import BadWitness, Claim, ClaimOpened, VerdictGiven
from pallets.weights import verify as weights
from runtime.claim import ClaimRequest, compute_claim_roots
from runtime.errors import DispatchError
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    SlotId,
    Valid,
    Verdict,
    VerifierId,
)
from runtime.primitives import AccountId, Hash, Root
from runtime.task import RowsTask
from tests.helpers.market_stage import ALICE, BOB, CAROL, ROWS, MarketStage

PER_SLOT = 8
VERIFIERS = st.sampled_from((VerifierId.REPLAY, VerifierId.FREIVALDS))
CLAIMANTS = st.sampled_from((ALICE, BOB, CAROL))
JOBS = st.integers(5, 7)
SLOTS = st.integers(0, ROWS // PER_SLOT - 1)


def flip(data: bytes, byte: int, bit: int) -> bytes:
    """The bytes with one bit wrong."""
    wrong = bytearray(data)
    wrong[byte % len(wrong)] ^= 1 << bit
    return bytes(wrong)


def move(request: ClaimRequest, **changes: Any) -> ClaimRequest:
    """The same claim about other rows."""
    assert isinstance(request.task, RowsTask)
    return replace(request, task=replace(request.task, **changes))


class VerifyMachine(RuleBasedStateMachine):
    """Anybody claims anything of any slot; every verdict is the one that arithmetic gives."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = stage = MarketStage()
        self.jobs = {
            verifier: stage.post(Posted(100), verifier, rows_per_slot=PER_SLOT)
            for verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS)
        }
        self.claims: dict[tuple[int, int], Claim] = {}
        self.opened = 0
        stage.take_events()

    def make(self, verifier: VerifierId, rows: int, at: SlotId, who: AccountId) -> ClaimRequest:
        """A true claim about some rows of the inputs."""
        stage, job = self.stage, self.jobs[verifier]
        payload = stage.run(job, rows)
        size = PER_SLOT * stage.get_job(job).output_row_bytes
        output, trace = payload[:size], payload[size:]
        return ClaimRequest(
            slot=at,
            claimant=who,
            verifier=verifier,
            params=b"",
            task=RowsTask(stage.model, 1, stage.input_root, rows * PER_SLOT, PER_SLOT),
            out_root=compute_claim_roots(output, trace).out_root,
            output=output,
            trace=trace,
            commitment=Hash(bytes([rows]) * 32),
        )

    def open(self, request: ClaimRequest, verdict: Verdict) -> None:
        """The claim has this verdict, is the slot's latest, and says so."""
        stage, at = self.stage, request.slot
        opened = stage.verify.open_claim(request)
        assert (opened.claim, opened.verdict) == (self.opened, verdict)
        assert opened.weight.is_within(weights.WORST)
        first, second = stage.take_events()
        assert isinstance(first, ClaimOpened)
        assert second == VerdictGiven(self.opened, at.job, at.slot, verdict)
        self.claims[at.job, at.slot] = Claim(
            self.opened, request.verifier, request.claimant, request.out_root, stage.number, verdict
        )
        self.opened += 1

    @rule(verifier=VERIFIERS, rows=SLOTS, job=JOBS, slot=SLOTS, who=CLAIMANTS)
    def claim_the_truth(
        self, verifier: VerifierId, rows: int, job: int, slot: int, who: AccountId
    ) -> None:
        self.open(self.make(verifier, rows, SlotId(job, slot), who), Valid())

    @rule(
        verifier=VERIFIERS,
        rows=SLOTS,
        job=JOBS,
        who=CLAIMANTS,
        byte=st.integers(0, 10_000),
        bit=st.integers(0, 7),
        in_trace=st.booleans(),
    )
    def claim_a_lie(
        self,
        verifier: VerifierId,
        rows: int,
        job: int,
        who: AccountId,
        byte: int,
        bit: int,
        in_trace: bool,
    ) -> None:
        """One wrong bit, anywhere in the output or in the products."""
        request = self.make(verifier, rows, SlotId(job, 0), who)
        if in_trace and request.trace:
            lie = replace(request, trace=flip(request.trace, byte, bit))
        else:
            lie = replace(request, output=flip(request.output, byte, bit))
        self.open(lie, Invalid(who, FaultKind.WRONG_OUTPUT))

    @rule(verifier=VERIFIERS, rows=SLOTS, other=SLOTS, job=JOBS)
    def claim_other_rows(self, verifier: VerifierId, rows: int, other: int, job: int) -> None:
        request = self.make(verifier, rows, SlotId(job, 1), BOB)
        moved = move(request, row_first=other * PER_SLOT)
        is_same = rows == other
        self.open(moved, Valid() if is_same else Invalid(BOB, FaultKind.WRONG_OUTPUT))

    @rule(verifier=VERIFIERS, rows=SLOTS, what=st.sampled_from(("model", "version", "inputs")))
    def claim_what_is_gone(self, verifier: VerifierId, rows: int, what: str) -> None:
        request = self.make(verifier, rows, SlotId(9, 0), CAROL)
        gone = {
            "model": move(request, model=99),
            "version": move(request, version=9),
            "inputs": move(request, inputs=Root.zero()),
        }
        self.open(gone[what], Inconclusive())

    @rule(verifier=VERIFIERS, rows=SLOTS, cut=st.integers(1, 40))
    def claim_too_little(self, verifier: VerifierId, rows: int, cut: int) -> None:
        request = self.make(verifier, rows, SlotId(5, 0), CAROL)
        before = self.stage.state.changes()
        try:
            with self.stage.state.transaction():
                self.stage.verify.open_claim(replace(request, output=request.output[:-cut]))
        except DispatchError as error:
            refusal: DispatchError | None = error
        else:
            refusal = None
        assert type(refusal) is BadWitness
        assert self.stage.state.changes() == before
        assert self.stage.take_events() == []

    @rule(job=JOBS)
    def drop(self, job: int) -> None:
        self.stage.verify.drop_claims(job)
        self.claims = {at: claim for at, claim in self.claims.items() if at[0] != job}

    @invariant()
    def one_verdict_a_slot_is_kept(self) -> None:
        self.stage.verify.try_state()
        assert dict(self.stage.verify.claim.items()) == self.claims


TestVerifyMachine = VerifyMachine.TestCase
TestVerifyMachine.settings = settings(
    max_examples=settings().max_examples // 2, stateful_step_count=20
)
