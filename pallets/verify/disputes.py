"""Claims that wait: what ends them, whoever makes it happen, and the money that is on hold.

    opened -> sampled, still open     the pixels that a later block's hash draws are right
           -> Invalid                 they are not; a pixel or a tile is proven wrong
           -> Invalid                 a tile that somebody asked for is not shown in time
           -> Valid                   nobody proved anything in time, or the owner accepts
           -> Invalid                 the owner rejects what nobody could prove
           -> Inconclusive            nobody looked while the hash was kept that draws the sample

Every clock is bounded: tiles are asked for until `until`, which answers move, `latest` at most.
The deposits of open demands are on hold with those who ask, and return whatever the verdict is.
"""

from collections.abc import Callable

from pallets.verify.declarations import (
    ClaimRefuted,
    NoDeposit,
    NotPending,
    SampleChecked,
    TileDemanded,
    TileShown,
    VerdictGiven,
)
from pallets.verify.sample import are_pixels_right, count_pixels, draw_pixels
from pallets.verify.types import DRAW_BLOCKS, Claim, Demand, Pending, VerifyParams
from runtime.claim import ClaimRequest, Submission
from runtime.codec import U32
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import BlockHashes, Records, Submissions
from runtime.frame.ai_types import (
    FaultKind,
    Inconclusive,
    Invalid,
    SlotId,
    Valid,
    VerifierId,
)
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.payments import pay_held, put_on_hold
from runtime.frame.slashing import compute_forfeit
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import BPS, AccountId, Id
from runtime.programs import Inputs, MatrixProduct, ProgramRunner, TileOpening
from runtime.state.externalities import Externalities
from runtime.task import ProgramTask, ReviewTask, load_inputs

REASON = HoldReason.CHALLENGE


@frozen
class Partners:
    """The pallets that verify works with."""

    records: Records
    money: Money
    blocks: BlockHashes
    runner: ProgramRunner
    get_submissions: Callable[[], Submissions]
    """The market, which is given verify before it is there itself."""

    parameters: Parameters = FIXED


@frozen
class Tables:
    """Verify's storage as far as disputes change it."""

    claim: StorageMap[tuple[Id, U32], Claim]
    pending: StorageMap[tuple[Id, U32], Pending]


@frozen
class Dispute:
    """A claim that waits, with all that is known of it."""

    at: SlotId
    claim: Claim
    pending: Pending
    submission: Submission

    @property
    def request(self) -> ClaimRequest:
        """What was claimed."""
        return self.submission.request

    @property
    def task(self) -> ProgramTask:
        """What was asked for."""
        assert isinstance(self.request.task, ProgramTask), "rows are judged at once; qed"
        return self.request.task

    @property
    def product(self) -> MatrixProduct:
        """The product that was asked for."""
        assert isinstance(self.task.program, MatrixProduct), "nothing else has tiles; qed"
        return self.task.program


class Disputes:
    """The transitions of claims that wait, over verify's storage."""

    def __init__(
        self,
        state: Externalities,
        tables: Tables,
        partners: Partners,
        params: VerifyParams,
        *,
        get_now: Callable[[], int],
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._tables = tables
        self._partners = partners
        self._params = params
        self._get_now = get_now
        self._deposit_event = deposit_event

    def open(self, request: ClaimRequest) -> None:
        """A claim begins to wait."""
        now, params, task = self._get_now(), self._params, request.task
        get_param = self._partners.parameters.get_param
        until = now + get_param(Param.SPOT_BLOCKS, params.spot_blocks)
        if isinstance(task, ReviewTask):
            until = now + task.review_blocks
        pending = Pending(until, until)
        if isinstance(task, ProgramTask) and isinstance(task.program, MatrixProduct):
            # Each answer halves the part of the tree that holds a wrong tile, and one shows it.
            answers = task.program.get_path_length(task.slot) + 1
            until = now + get_param(Param.PROOF_BLOCKS, params.proof_blocks)
            answer_blocks = get_param(Param.ANSWER_BLOCKS, params.answer_blocks)
            react_blocks = get_param(Param.REACT_BLOCKS, params.react_blocks)
            latest = until + answers * (answer_blocks + react_blocks)
            pending = Pending(until, latest, answer_blocks, react_blocks)
        self._tables.pending[request.slot.job, request.slot.slot] = pending

    def get(self, at: SlotId, verifier: VerifierId | None = None) -> Dispute:
        """A claim that waits, by this verifier if one is named. Errors: `NotPending`."""
        pending = self._tables.pending.get((at.job, at.slot))
        if pending is None:
            raise NotPending
        claim = self._tables.claim[at.job, at.slot]
        if verifier is not None and claim.verifier is not verifier:
            raise NotPending(f"it is judged by {claim.verifier.name}, not {verifier.name}")
        submission = self._partners.get_submissions().get_submission(at)
        return Dispute(at, claim, pending, submission)

    # --- ends

    def conclude(self, dispute: Dispute) -> bool:
        """Ends a claim whose time has passed; False where it has not."""
        now, pending, claim = self._get_now(), dispute.pending, dispute.claim
        overdue = next((each for each in pending.demands if now > each.due), None)
        if overdue is not None:
            self.end(dispute, Invalid(claim.claimant, FaultKind.SILENCE), overdue.who)
            return True
        if pending.demands or now <= pending.until:
            return False
        is_open = claim.verifier is VerifierId.SPOT_CHECK and not pending.is_checked
        self.end(dispute, self.judge_sample(dispute) if is_open else Valid())
        return True

    def end(
        self,
        dispute: Dispute,
        verdict: Valid | Invalid | Inconclusive,
        challenger: AccountId | None = None,
    ) -> None:
        """Gives the verdict: deposits return, the market settles or slashes."""
        at, claim = dispute.at, dispute.claim
        for demand in dispute.pending.demands:
            self._partners.money.release(REASON, demand.who, demand.deposit)
        del self._tables.pending[at.job, at.slot]
        self._tables.claim[at.job, at.slot] = replace(claim, verdict=verdict)
        self._deposit_event(VerdictGiven(claim.id, at.job, at.slot, verdict))
        market = self._partners.get_submissions()
        reward = market.on_verdict(claim.id, at, verdict, challenger)
        if challenger is not None:
            event = ClaimRefuted(claim.id, at.job, at.slot, challenger, reward)
            self._deposit_event(event)

    def refute(self, dispute: Dispute, challenger: AccountId) -> None:
        """Ends a claim that somebody has proven wrong."""
        self.end(dispute, Invalid(dispute.claim.claimant, FaultKind.WRONG_OUTPUT), challenger)

    # --- samples

    def is_drawn(self, dispute: Dispute) -> bool:
        """Whether the block is there whose hash draws the sample."""
        return self._get_now() > dispute.claim.opened_at + DRAW_BLOCKS

    def judge_sample(self, dispute: Dispute) -> Valid | Invalid | Inconclusive:
        """Whether the drawn pixels are right; nobody can tell once the hash is forgotten."""
        claim, blocks = dispute.claim, self._partners.blocks
        block_hash = blocks.get_block_hash(claim.opened_at + DRAW_BLOCKS)
        inputs = self.get_inputs(dispute)
        if block_hash is None or inputs is None:
            return Inconclusive()
        count = count_pixels(dispute.request)
        pixels = draw_pixels(blocks.get_genesis_hash(), claim.id, block_hash, count)
        if are_pixels_right(dispute.request, inputs, pixels):
            return Valid()
        return Invalid(claim.claimant, FaultKind.WRONG_OUTPUT)

    def get_inputs(self, dispute: Dispute) -> Inputs | None:
        """What the claimed slot reads; a job keeps it."""
        return load_inputs(dispute.task, self._partners.records)

    def note_checked(self, dispute: Dispute) -> None:
        """The sample was right: the claim still waits for its window to pass."""
        at = dispute.at
        self._put(at, replace(dispute.pending, is_checked=True))
        self._deposit_event(SampleChecked(dispute.claim.id, at.job, at.slot))

    # --- tiles

    def add_demand(self, dispute: Dispute, tile: int, who: AccountId) -> None:
        """Somebody asks for a tile, with a deposit. Errors: `NoDeposit`."""
        at, params = dispute.at, self._params
        demand_bps = self._partners.parameters.get_param(Param.DEMAND_BPS, params.demand_bps)
        asked = -(-dispute.submission.bond * demand_bps // BPS)
        deposit = max(asked, params.demand_min)
        put_on_hold(self._partners.money, REASON, who, deposit, NoDeposit)
        demand = Demand(tile, who, deposit, self._get_now() + dispute.pending.answer_blocks)
        demands = (*dispute.pending.demands, demand)
        self._put(at, replace(dispute.pending, demands=demands))
        parts = (tile, who, deposit, demand.due)
        self._deposit_event(TileDemanded(dispute.claim.id, at.job, at.slot, *parts))

    def answer(self, dispute: Dispute, demand: Demand, opening: TileOpening) -> None:
        """A tile was shown: its demand's deposit is spent, and there is time to go on from it."""
        at, pending = dispute.at, dispute.pending
        share = compute_forfeit(self._partners.parameters, demand.deposit)
        paid = self._pay(demand.who, dispute.claim.claimant, share)
        burned = demand.deposit - paid
        self._partners.money.burn_held(REASON, demand.who, burned)
        moved = min(self._get_now() + pending.react_blocks, pending.latest)
        rest = tuple(each for each in pending.demands if each != demand)
        self._put(at, replace(pending, until=max(pending.until, moved), demands=rest))
        parts = (demand.tile, opening, paid, burned)
        self._deposit_event(TileShown(dispute.claim.id, at.job, at.slot, *parts))

    # --- parts of the above

    def _put(self, at: SlotId, pending: Pending) -> None:
        self._tables.pending[at.job, at.slot] = pending

    def _pay(self, payer: AccountId, payee: AccountId, amount: int) -> int:
        """What was paid: nothing where the payee cannot receive so little."""
        return pay_held(self._state, self._partners.money, REASON, payer, payee, amount)
