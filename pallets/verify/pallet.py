"""Verify: claims and verdicts. Every node judges a claim itself.

REPLAY runs the whole graph or program again and FREIVALDS checks each product that the claimant
supplies, both in the block that opens the claim. A SPOT_CHECK draws pixels of a picture again, and
a TILE_PROOF checks nothing until somebody shows a wrong tile of a product: such claims wait for a
while, and anybody may prove them wrong. BUYER_ACCEPT leaves what nobody can prove to whoever asked
for it. The market opens claims by `OpenClaim` and acts on the verdict. See `disputes.py` for what
can happen to a claim that waits.
"""

from pallets.verify import declarations as declared
from pallets.verify.cases import Case, load_case
from pallets.verify.collateral import (
    BOND_FACTOR_BPS,
    OPTIMISTIC_FACTOR_BPS,
    REVIEWED_FACTOR_BPS,
    get_factor_bps,
)
from pallets.verify.declarations import VerifyError, VerifyEvent
from pallets.verify.disputes import Dispute, Disputes, Partners, Tables
from pallets.verify.invariants import ensure_consistent
from pallets.verify.kinds import WAITING_KINDS, ensure_known, is_supported
from pallets.verify.sample import are_pixels_right, count_pixels
from pallets.verify.types import DEMANDS_MAX, Claim, Pending, VerifyParams
from pallets.weights import verify as weights
from runtime.claim import ClaimRequest
from runtime.codec import U32, U64, Compact
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageMap,
    StorageValue,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    JobKind,
    OpenedClaim,
    SlotId,
    Valid,
    VerifierId,
)
from runtime.frame.traits import EventSink
from runtime.primitives import Bps, Id, Root, Weight
from runtime.programs import StripOpening, TileOpening
from runtime.state.externalities import Externalities
from runtime.tensor.commitment import BadOpening


class Verify(Pallet, events=VerifyEvent, errors=VerifyError):
    """Claims, and the verifiers that judge them."""

    replay_macs_max: Constant[U64] = weights.MACS_MAX
    """The most multiply-accumulates of a claim that is replayed."""

    cells_max: Constant[U64] = weights.CELLS_MAX
    """The most integers that judging a claim reads or writes beside its products."""

    bond_factor_bps: Constant[Bps] = BOND_FACTOR_BPS
    """Collateral for a slot that is judged at once, in basis points of its price: its default."""

    optimistic_factor_bps: Constant[Bps] = OPTIMISTIC_FACTOR_BPS
    """The same for a slot whose result waits to be challenged."""

    reviewed_factor_bps: Constant[Bps] = REVIEWED_FACTOR_BPS
    """The same for a slot whose result its buyer accepts or rejects."""

    demands_max: Constant[U32] = DEMANDS_MAX
    """The most tiles of one claim that are asked for at the same time."""

    params: Constant[VerifyParams]
    """How long claims wait, and what asking for a tile costs."""

    next_claim: StorageValue[Id] = value(default=0)
    """The number of the next claim."""

    claim: StorageMap[tuple[Id, U32], Claim] = mapping(twox_64_concat, twox_64_concat)
    """The latest claim about each slot, until its job is closed."""

    pending: StorageMap[tuple[Id, U32], Pending] = mapping(twox_64_concat, twox_64_concat)
    """What the claims wait for that have no verdict yet."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: VerifyParams,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._partners = partners
        self.params = params
        self._disputes = Disputes(
            state,
            Tables(self.claim, self.pending),
            partners,
            params,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- calls

    @call(index=0, weight=weights.CHECK)
    def check(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> PostDispatch:
        """Draws the pixels of a claimed picture again that the block after the claim has drawn.

        A wrong one ends the claim; otherwise it can still be challenged. It costs no fee.
        Origin: signed. Events: `SampleChecked`, or `VerdictGiven` and the market's.
        Errors: `NotPending`, `NotDue`.
        """
        origin.ensure_signed()
        dispute = self._disputes.get(SlotId(job, slot), VerifierId.SPOT_CHECK)
        if dispute.pending.is_checked or not self._disputes.is_drawn(dispute):
            raise declared.NotDue
        verdict = self._disputes.judge_sample(dispute)
        if isinstance(verdict, Valid):
            self._disputes.note_checked(dispute)
        else:
            self._disputes.end(dispute, verdict)
        return PostDispatch(weights.CHECK, Pays.NO)

    @call(index=1, weight=weights.CHALLENGE_PIXEL)
    def challenge_pixel(
        self, origin: Origin, job: Compact[Id], slot: Compact[U32], pixel: Compact[U32]
    ) -> PostDispatch:
        """Proves a claimed picture wrong by one pixel, numbered row by row in its tile.

        It is drawn again at once. Who is right is paid from the collateral and pays no fee; who is
        wrong pays the fee for nothing.
        Origin: signed. Events: `VerdictGiven`, the market's, `ClaimRefuted`.
        Errors: `NotPending`, `OutOfRange`, `ResultRight`.
        """
        who = origin.ensure_signed()
        dispute = self._disputes.get(SlotId(job, slot), VerifierId.SPOT_CHECK)
        count = count_pixels(dispute.request)
        if pixel >= count:
            raise declared.OutOfRange(f"expected a pixel below {count}, got {pixel}")
        inputs = self._disputes.get_inputs(dispute)
        assert inputs is not None, "a job keeps what it reads; qed"
        if are_pixels_right(dispute.request, inputs, (pixel,)):
            raise declared.ResultRight
        self._disputes.refute(dispute, who)
        return PostDispatch(weights.CHALLENGE_PIXEL, Pays.NO)

    @call(index=2, weight=weights.PROVE_TILE)
    def prove_tile(
        self,
        origin: Origin,
        job: Compact[Id],
        slot: Compact[U32],
        tile: Compact[U32],
        strip_a: StripOpening,
        strip_b: StripOpening,
        result: TileOpening,
    ) -> PostDispatch:
        """Proves a claimed product wrong by one tile, numbered row by row in its slot.

        The strips of both operands are multiplied. Who is right is paid from the collateral and
        pays no fee; who is wrong pays the fee for nothing.
        Origin: signed. Events: `VerdictGiven`, the market's, `ClaimRefuted`.
        Errors: `NotPending`, `OutOfRange`, `BadProof`, `ResultRight`.
        """
        who = origin.ensure_signed()
        dispute = self._get_product(job, slot, tile)
        product, task = dispute.product, dispute.task
        try:
            product.ensure_tile(task.slot, _get_root(dispute), tile, result)
            is_right = product.is_tile_right(task.slot, tile, strip_a, strip_b, result)
        except BadOpening as error:
            raise declared.BadProof(str(error)) from error
        if is_right:
            raise declared.ResultRight
        self._disputes.refute(dispute, who)
        return PostDispatch(weights.PROVE_TILE, Pays.NO)

    @call(index=3, weight=weights.DEMAND_TILE)
    def demand_tile(
        self, origin: Origin, job: Compact[Id], slot: Compact[U32], tile: Compact[U32]
    ) -> None:
        """Asks to see a tile of a claimed product; a deposit goes on hold.

        If it is not shown in time the claim is invalid, and the first who asked is paid from the
        collateral; the answer costs the deposit.
        Origin: signed. Events: `TileDemanded`.
        Errors: `NotPending`, `OutOfRange`, `WindowOver`, `AlreadyDemanded`, `TooManyDemands`,
        `NoDeposit`.
        """
        who = origin.ensure_signed()
        dispute = self._get_product(job, slot, tile)
        pending = dispute.pending
        if self._system.get_block_number() > pending.until:
            raise declared.WindowOver
        if pending.find(tile) is not None:
            raise declared.AlreadyDemanded
        if len(pending.demands) == DEMANDS_MAX:
            raise declared.TooManyDemands
        self._disputes.add_demand(dispute, tile, who)

    @call(index=4, weight=weights.ANSWER_TILE)
    def answer_tile(
        self,
        origin: Origin,
        job: Compact[Id],
        slot: Compact[U32],
        tile: Compact[U32],
        result: TileOpening,
    ) -> PostDispatch:
        """Shows a tile that somebody has asked for. A right answer costs no fee.

        The claimant is paid a part of the deposit, whoever answers.
        Origin: signed. Events: `TileShown`.
        Errors: `NotPending`, `OutOfRange`, `NotDemanded`, `WindowOver`, `BadProof`.
        """
        origin.ensure_signed()
        dispute = self._get_product(job, slot, tile)
        demand = dispute.pending.find(tile)
        if demand is None:
            raise declared.NotDemanded
        if self._system.get_block_number() > demand.due:
            raise declared.WindowOver
        product, task = dispute.product, dispute.task
        try:
            product.ensure_tile(task.slot, _get_root(dispute), tile, result)
            product.ensure_filled(task.slot, tile, result.path)
        except BadOpening as error:
            raise declared.BadProof(str(error)) from error
        self._disputes.answer(dispute, demand, result)
        return PostDispatch(weights.ANSWER_TILE, Pays.NO)

    @call(index=5, weight=weights.CONCLUDE)
    def accept_result(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> None:
        """Ends the waiting early: the owner has looked, or trusts the provider.

        Origin: signed by the job's owner. Events: `VerdictGiven` and the market's.
        Errors: `NotPending`, `NotOwner`.
        """
        who, dispute = origin.ensure_signed(), self._disputes.get(SlotId(job, slot))
        if dispute.submission.owner != who:
            raise declared.NotOwner
        self._disputes.end(dispute, Valid())

    @call(index=7, weight=weights.REJECT)
    def reject_result(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> None:
        """Says that a result which no program can judge is not what was asked for.

        The price is burned, and as much of the claimant's collateral: rejecting costs the owner
        what accepting does. Silence accepts.
        Origin: signed by the job's owner. Events: `VerdictGiven` and the market's.
        Errors: `NotPending`, `NotOwner`, `WindowOver`.
        """
        who = origin.ensure_signed()
        dispute = self._disputes.get(SlotId(job, slot), VerifierId.BUYER_ACCEPT)
        if dispute.submission.owner != who:
            raise declared.NotOwner
        if self._system.get_block_number() > dispute.pending.until:
            raise declared.WindowOver(f"expected a block up to {dispute.pending.until}")
        self._disputes.end(dispute, Invalid(dispute.claim.claimant, FaultKind.REJECTED))

    @call(index=6, weight=weights.CONCLUDE)
    def poke(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> None:
        """Gives the verdict of a claim whose time has passed.

        Origin: signed. Events: `VerdictGiven`, the market's, perhaps `ClaimRefuted`.
        Errors: `NotPending`, `NotDue`.
        """
        origin.ensure_signed()
        if not self._disputes.conclude(self._disputes.get(SlotId(job, slot))):
            raise declared.NotDue

    # --- OpenClaim

    def is_supported(self, verifier: VerifierId, kind: JobKind) -> bool:
        """Whether a job of this kind may name this verifier."""
        return is_supported(verifier, kind)

    def is_judgeable(self, verifier: VerifierId, macs: int, cells: int) -> bool:
        """Whether a claim of so many MACs and so many other integers fits in a block.

        One that waits is never run as a whole.
        """
        if verifier in WAITING_KINDS:
            return True
        is_within = verifier is not VerifierId.REPLAY or macs <= self.replay_macs_max
        return is_within and cells <= self.cells_max

    def get_bond_factor_bps(self, verifier: VerifierId) -> int:
        """Collateral that a slot's lock needs, in basis points of its price, as is set now."""
        return get_factor_bps(verifier, self._partners.parameters)

    def is_immediate(self, verifier: VerifierId) -> bool:
        """Whether the verdict is known in the block that opens a claim."""
        return verifier not in WAITING_KINDS

    def is_pending(self, slot: SlotId) -> bool:
        """Whether a claim about the slot waits for its verdict."""
        return (slot.job, slot.slot) in self.pending

    def conclude(self, slot: SlotId) -> bool:
        """Gives the verdict of a pending claim whose time has passed; False where none is due."""
        return self._disputes.conclude(self._disputes.get(slot))

    def open_claim(self, request: ClaimRequest) -> OpenedClaim:
        """Opens a claim, and judges it unless it waits.

        Errors: `UnknownVerifier`, `WeightTooHigh`, `BadWitness`.
        """
        ensure_known(request)
        number, at = self.next_claim.get(), request.slot
        self.next_claim.put(number + 1)
        if not self.is_immediate(request.verifier):
            self._note_claim(number, request, 0, None)
            self._disputes.open(request)
            return OpenedClaim(number, None, weights.OPEN)
        case = load_case(request, self._partners.records, self._partners.runner)
        macs = 0 if case is None else case.macs
        if case is not None and not self.is_judgeable(request.verifier, macs, case.cells):
            raise declared.WeightTooHigh(f"{macs} MACs and {case.cells} other integers")
        verdict = Inconclusive() if case is None else case.judge(request)
        self._note_claim(number, request, macs, verdict)
        self._deposit_event(declared.VerdictGiven(number, at.job, at.slot, verdict))
        return OpenedClaim(number, verdict, _compute_weight(request.verifier, case))

    def drop_claims(self, job: Id) -> None:
        """Forgets the claims of a job; at most one for each of its slots."""
        for key, _ in self.claim.items(job):
            del self.claim[key]

    def try_state(self) -> None:
        """Claims are numbered once; what waits, and the deposits for it, agree."""
        ensure_consistent(self, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _note_claim(
        self,
        number: Id,
        request: ClaimRequest,
        macs: int,
        verdict: Valid | Invalid | Inconclusive | None,
    ) -> None:
        at, now = request.slot, self._system.get_block_number()
        parts = (at.job, at.slot, request.claimant, request.verifier, macs)
        self._deposit_event(declared.ClaimOpened(number, *parts))
        about = (request.verifier, request.claimant, request.out_root)
        self.claim[at.job, at.slot] = Claim(number, *about, now, verdict)

    def _get_product(self, job: Id, slot: int, tile: int) -> Dispute:
        """A claim about a product that waits and has such a tile; `NotPending`, `OutOfRange`."""
        dispute = self._disputes.get(SlotId(job, slot), VerifierId.TILE_PROOF)
        count = dispute.product.count_tiles(dispute.task.slot)
        if tile >= count:
            raise declared.OutOfRange(f"expected a tile below {count}, got {tile}")
        return dispute


def _get_root(dispute: Dispute) -> Root:
    """The root that a product's claim gives."""
    return Root(dispute.request.output)


def _compute_weight(verifier: VerifierId, case: Case | None) -> Weight:
    if case is None:
        return weights.replay(0, 0)
    read = weights.read(case.blobs, case.blob_bytes)
    if verifier is VerifierId.REPLAY:
        return read + weights.replay(case.macs, case.cells)
    return read + weights.freivalds(case.cells)
