"""Verify: claims and verdicts. Every node judges a claim itself, in the block that opens it.

Two verifiers: REPLAY runs the whole graph again, FREIVALDS checks each product that the claimant
supplies and runs the rest. The market opens claims by `OpenClaim` and acts on the verdict.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pallets.weights import verify as weights
from runtime.codec import U32, U64
from runtime.errors import ModuleError
from runtime.frame import (
    Constant,
    Event,
    Pallet,
    StorageMap,
    StorageValue,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import (
    ClaimRequest,
    FaultKind,
    Inconclusive,
    Invalid,
    JobKind,
    OpenedClaim,
    Valid,
    Verdict,
    VerifierId,
)
from runtime.frame.traits import EventSink
from runtime.model import LoadedModel, count_cells, load_model, load_rows
from runtime.primitives import AccountId, BlockNumber, Bps, Id, Root, Weight
from runtime.state.externalities import Externalities
from runtime.tensor.errors import GraphError
from runtime.tensor.replay import (
    verify_freivalds,
    verify_replay,
)
from runtime.tensor.value import DType, Int8Array, Int32Array, load_array

BOND_FACTOR_BPS = 5_000
"""A wrong result is found for sure, so half the price is enough to make it a loss."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The latest claim about a slot, and what became of it."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::Claim"

    id: Id
    verifier: VerifierId
    claimant: AccountId
    out_root: Root
    opened_at: BlockNumber
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ClaimOpened(Event, index=0):
    """Somebody claims that a slot's rows give an output."""

    claim: Id
    job: Id
    slot: U32
    claimant: AccountId
    verifier: VerifierId
    macs: U64


@dataclass(frozen=True, slots=True)
class VerdictGiven(Event, index=1):
    """A claim was judged; there is no appeal from what every node computes."""

    claim: Id
    job: Id
    slot: U32
    verdict: Verdict


class UnknownVerifier(ModuleError, index=0):
    """No verifier with this number judges such claims."""


class WeightTooHigh(ModuleError, index=1):
    """The claim takes more work to judge than a block may spend on it."""


class BadWitness(ModuleError, index=2):
    """The trace has not the size of the products that it should hold."""


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
        self, state: Externalities, system: EventSink, records: Records, *, index: int
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._records = records

    # --- OpenClaim

    def is_supported(self, verifier: VerifierId, kind: JobKind) -> bool:
        """Whether a job of this kind may name this verifier."""
        return kind is JobKind.INFER and verifier in (VerifierId.REPLAY, VerifierId.FREIVALDS)

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
        if not self.is_supported(request.verifier, JobKind.INFER):
            raise UnknownVerifier
        number, at = self.next_claim.get(), request.slot
        self.next_claim.put(number + 1)
        case = self._load(request)
        macs = 0 if case is None else case.macs
        if case is not None and not self.is_judgeable(request.verifier, macs, case.cells):
            raise WeightTooHigh(f"{macs} MACs and {case.cells} other integers")
        self._system.deposit_event(
            self,
            ClaimOpened(number, at.job, at.slot, request.claimant, request.verifier, macs),
        )
        verdict = Inconclusive() if case is None else _judge(request, case)
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

    def _load(self, request: ClaimRequest) -> "_Case | None":
        model = self._records.get_model(request.model, request.version)
        inputs = self._records.get_blob(request.inputs)
        loaded = None if model is None else load_model(model, self._records)
        if loaded is None or inputs is None:
            return None
        cols = loaded.checked.graph.input.cols
        if len(inputs) < (request.row_first + request.rows) * cols:
            return None
        return _Case(loaded, load_rows(inputs, cols, request.row_first, request.rows))


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """What a claim is judged by."""

    model: LoadedModel
    rows: Int8Array

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all its rows."""
        return self.model.checked.macs * len(self.rows)

    @property
    def cells(self) -> int:
        """What judging takes beside them."""
        return count_cells(self.model.checked, len(self.rows))


def _judge(request: ClaimRequest, case: _Case) -> Valid | Invalid | Inconclusive:
    checked, rows = case.model.checked, len(case.rows)
    graph, tensors = checked.graph, case.model.tensors
    try:
        output = load_array(request.output, checked.output.dtype, rows, checked.output.cols)
        products = _load_products(request.trace, case, request.verifier)
    except GraphError as error:
        raise BadWitness(str(error)) from error
    try:
        if request.verifier is VerifierId.REPLAY:
            found = verify_replay(graph, tensors, case.rows, output)
        else:
            seed = request.commitment
            found = verify_freivalds(graph, tensors, case.rows, products, output, seed)
    except GraphError:
        return Inconclusive()  # the model or the inputs break a rule, not the claim
    return Valid() if found is None else Invalid(request.claimant, FaultKind.WRONG_OUTPUT)


def _load_products(trace: bytes, case: _Case, verifier: VerifierId) -> list[Int32Array]:
    """The products that a trace holds in the order of the graph; none for a replay."""
    shapes = case.model.checked.matmuls if verifier is VerifierId.FREIVALDS else ()
    products: list[Int32Array] = []
    end = 0
    for shape in shapes:
        begin, rows = end, len(case.rows) * shape.positions
        end += rows * shape.n * 4
        product = load_array(trace[begin:end], DType.I32, rows, shape.n)
        products.append(product.astype(np.int32, copy=False))
    if end != len(trace):
        raise GraphError(f"a trace of {end} bytes", len(trace))
    return products


def _compute_weight(verifier: VerifierId, case: _Case | None) -> Weight:
    if case is None:
        return weights.replay(0, 0)
    if verifier is VerifierId.REPLAY:
        return weights.replay(case.macs, case.cells)
    return weights.freivalds(case.cells)
