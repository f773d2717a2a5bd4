"""Verify: claims and verdicts. Every node judges a claim itself, in the block that opens it.

Two verifiers: REPLAY runs the whole graph or program again, FREIVALDS checks each product that the
claimant supplies and runs the rest. The market opens claims by `OpenClaim` and acts on the verdict.
"""

from pallets.verify.cases import Case, load_case
from pallets.verify.declarations import (
    BadWitness,
    Claim,
    ClaimOpened,
    UnknownVerifier,
    VerdictGiven,
    WeightTooHigh,
)
from pallets.weights import verify as weights
from runtime.claim import ClaimRequest
from runtime.codec import U32, U64
from runtime.frame import (
    Constant,
    Pallet,
    StorageMap,
    StorageValue,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import Inconclusive, JobKind, OpenedClaim, VerifierId
from runtime.frame.traits import EventSink
from runtime.primitives import Bps, Id, Weight
from runtime.programs import ProgramRunner
from runtime.state.externalities import Externalities
from runtime.task import ProgramTask

BOND_FACTOR_BPS = 5_000
"""A wrong result is found for sure, so half the price is enough to make it a loss."""

REPLAYED_KINDS = (
    JobKind.INFER,
    JobKind.TRAIN,
    JobKind.RENDER,
    JobKind.COMPUTE_TO_DATA,
    JobKind.EVAL,
)


class Verify(
    Pallet,
    events=ClaimOpened | VerdictGiven,
    errors=UnknownVerifier | WeightTooHigh | BadWitness,
):
    """Claims, and the verifiers that judge them."""

    replay_macs_max: Constant[U64] = weights.MACS_MAX
    """The most multiply-accumulates of a claim that is replayed."""

    cells_max: Constant[U64] = weights.CELLS_MAX
    """The most integers that judging a claim reads or writes beside its products."""

    bond_factor_bps: Constant[Bps] = BOND_FACTOR_BPS
    """Collateral for a slot, in basis points of its price."""

    next_claim: StorageValue[Id] = value(default=0)
    """The number of the next claim."""

    claim: StorageMap[tuple[Id, U32], Claim] = mapping(twox_64_concat, twox_64_concat)
    """The latest claim about each slot, until its job is closed."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        records: Records,
        runner: ProgramRunner,
        *,
        index: int,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._records = records
        self._runner = runner

    # --- OpenClaim

    def is_supported(self, verifier: VerifierId, kind: JobKind) -> bool:
        """Whether a job of this kind may name this verifier."""
        if verifier is VerifierId.FREIVALDS:
            return kind is JobKind.INFER
        return verifier is VerifierId.REPLAY and kind in REPLAYED_KINDS

    def is_judgeable(self, verifier: VerifierId, macs: int, cells: int) -> bool:
        """Whether a claim of so many MACs and so many other integers fits in a block."""
        is_within = verifier is not VerifierId.REPLAY or macs <= self.replay_macs_max
        return is_within and cells <= self.cells_max

    def get_bond_factor_bps(self, verifier: VerifierId) -> int:
        """Collateral that a slot's lock needs, in basis points of its price."""
        del verifier  # both judge for sure and at once
        return self.bond_factor_bps

    def open_claim(self, request: ClaimRequest) -> OpenedClaim:
        """Opens a claim and judges it. Errors: `UnknownVerifier`, `WeightTooHigh`, `BadWitness`."""
        is_known = request.verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS)
        is_program = isinstance(request.task, ProgramTask)
        if not is_known or (is_program and request.verifier is not VerifierId.REPLAY):
            raise UnknownVerifier
        number, at = self.next_claim.get(), request.slot
        self.next_claim.put(number + 1)
        case = load_case(request, self._records, self._runner)
        macs = 0 if case is None else case.macs
        if case is not None and not self.is_judgeable(request.verifier, macs, case.cells):
            raise WeightTooHigh(f"{macs} MACs and {case.cells} other integers")
        self._system.deposit_event(
            self,
            ClaimOpened(number, at.job, at.slot, request.claimant, request.verifier, macs),
        )
        verdict = Inconclusive() if case is None else case.judge(request)
        self.claim[at.job, at.slot] = Claim(
            number,
            request.verifier,
            request.claimant,
            request.out_root,
            self._system.get_block_number(),
            verdict,
        )
        self._system.deposit_event(self, VerdictGiven(number, at.job, at.slot, verdict))
        return OpenedClaim(number, verdict, _compute_weight(request.verifier, case))

    def drop_claims(self, job: Id) -> None:
        """Forgets the claims of a job; at most one for each of its slots."""
        for key, _ in self.claim.items(job):
            del self.claim[key]

    def try_state(self) -> None:
        """Every claim has a number that was given out, no two the same."""
        numbers = [claim.id for _, claim in self.claim.items()]
        assert len(set(numbers)) == len(numbers), "two claims share a number"
        assert max(numbers, default=-1) < self.next_claim.get(), "a claim of a later number"


def _compute_weight(verifier: VerifierId, case: Case | None) -> Weight:
    if case is None:
        return weights.replay(0, 0)
    if verifier is VerifierId.REPLAY:
        return weights.replay(case.macs, case.cells)
    return weights.freivalds(case.cells)
