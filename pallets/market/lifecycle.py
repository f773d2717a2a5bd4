"""What can happen to a slot, and to the money for it, whoever makes it happen.

    Open -> Locked -> Submitted -> Settled              a valid result in time
                      Submitted -> Open | Refunded      an invalid one: the provider is slashed
            Locked -> LateOpen                          the deadline was missed
                      LateOpen -> Submitted -> Settled  anybody fills it, paid by the collateral
                      LateOpen -> Open | Refunded       nobody does: the provider is slashed
    Open -> Refunded                                    nobody took it, or it was cancelled

The highest price of every slot that is not final is in escrow; a slot that ends returns what it
did not pay. What cannot be paid out, because the payee's account could not exist with so little,
is burned.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pallets.market.declarations import (
    BondTooLow,
    Finished,
    LateFilled,
    LateOpened,
    NotReady,
    Refunded,
    Reopened,
    RequirementUnmet,
    Settled,
    Slashed,
    SlotLocked,
)
from pallets.market.settlement import add_rating, add_verdict, compute_bond, compute_split
from pallets.market.types import Job, MarketParams, Payload, Slot, SlotState, Stats
from runtime.codec import U32
from runtime.errors import TokenError
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import ChainIdentity, OpenClaim, Records, Slasher, WorkCredit
from runtime.frame.ai_types import Inconclusive, Invalid, JobKind, Role, SlashSplit, SlotId, Valid
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities

LATE_FILLER_BPS = 5_000
"""What of the collateral goes to whoever fills a slot late, or to the owner if nobody does."""

INVALID_BURNED_BPS = 4_000
INVALID_OWNER_BPS = 4_000
INVALID_TREASURY_BPS = 2_000


@dataclass(frozen=True, slots=True)
class Partners:
    """The pallets that the market works with."""

    money: Money
    records: Records
    slasher: Slasher
    claims: OpenClaim
    credit: WorkCredit
    identity: ChainIdentity
    parameters: Parameters = FIXED


@dataclass(frozen=True, slots=True)
class Tables:
    """The market's storage as far as slots change it."""

    job: StorageMap[Id, Job]
    slot: StorageMap[tuple[Id, U32], Slot]
    open_slots: StorageMap[tuple[Id, U32], bool]
    output: StorageMap[tuple[Id, U32], Payload]
    stats: StorageMap[Id, Stats]
    busy: StorageMap[Id, U32]


class Lifecycle:
    """The transitions of slots, over the market's storage."""

    def __init__(
        self,
        state: Externalities,
        tables: Tables,
        partners: Partners,
        params: MarketParams,
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

    def advance(self, at: SlotId) -> Slot:
        """Applies what is due by now, step by step, and returns the slot as it then is."""
        while (step := self._find_due(at)) is not None:
            step(at)
        return self._tables.slot[at.job, at.slot]

    def _find_due(self, at: SlotId) -> Callable[[SlotId], None] | None:
        job, slot, now = (
            self._tables.job[at.job],
            self._tables.slot[at.job, at.slot],
            self._get_now(),
        )
        match slot.state:
            case SlotState.OPEN if now > job.open_until or self._is_orphan(job, at):
                return self.refund
            case SlotState.LOCKED if now > slot.deadline:
                return self._open_late
            case SlotState.LATE_OPEN if now > slot.deadline:
                return self._punish_silence
            case _:
                return None

    def is_ready(self, at: SlotId) -> bool:
        """Whether a slot has all it needs: in a chain, the output of the slot before."""
        if at.slot == 0 or not self._tables.job[at.job].is_chain:
            return True
        return self._tables.slot[at.job, at.slot - 1].state is SlotState.SETTLED

    def _is_orphan(self, job: Job, at: SlotId) -> bool:
        """Whether it can never be ready, because the slot before it was refunded."""
        if at.slot == 0 or not job.is_chain:
            return False
        return self._tables.slot[at.job, at.slot - 1].state is SlotState.REFUNDED

    # --- providers

    def lock(self, at: SlotId, who: AccountId, record: Id) -> None:
        """Gives an open slot to a provider, with collateral, at the price of this block.

        Errors: `NotReady`, `RequirementUnmet`, `BondTooLow`, those of bonds.
        """
        if not self.is_ready(at):
            raise NotReady
        job, slot, now = (
            self._tables.job[at.job],
            self._tables.slot[at.job, at.slot],
            self._get_now(),
        )
        self._ensure_provider(who, record, job.kind)
        price, slasher = job.compute_price(now), self._partners.slasher
        parameters, claims = self._partners.parameters, self._partners.claims
        default_bps = claims.get_bond_factor_bps(job.verifier)
        factor_bps = parameters.get_param(Param.BOND_FACTOR_BPS, default_bps)
        bond = compute_bond(price, factor_bps, self._read_params())
        if slasher.get_bonded(who, Role.PROVIDER) < bond:
            raise BondTooLow(f"a bond of {bond} is asked")
        slasher.lock(who, Role.PROVIDER, bond, at.to_duty())
        deadline = now + job.work_blocks
        locked = Slot(SlotState.LOCKED, slot.failures, who, record, price, bond, deadline)
        self._put(at, locked)
        del self._tables.open_slots[at.job, at.slot]
        self._tables.busy[record] += 1
        self._deposit_event(SlotLocked(at.job, at.slot, who, record, price, bond, deadline))

    def _ensure_provider(self, who: AccountId, record: Id, kind: JobKind) -> None:
        provider = self._partners.records.get_provider(record)
        if provider is None or provider.owner != who:
            raise RequirementUnmet("the record is not a provider of the signer's")
        if not provider.is_hireable or kind not in provider.kinds:
            raise RequirementUnmet("the provider does not take such jobs now")
        if self._tables.busy[record] >= provider.max_parallel:
            raise RequirementUnmet(f"{provider.max_parallel} slots are locked already")

    def _read_params(self) -> MarketParams:
        """Shares and collateral as they are now."""
        params, get_param = self._params, self._partners.parameters.get_param
        return replace(
            params,
            burn_bps=get_param(Param.BURN_BPS, params.burn_bps),
            treasury_bps=get_param(Param.TREASURY_BPS, params.treasury_bps),
            bond_min=get_param(Param.SLOT_BOND_MIN, params.bond_min),
        )

    # --- verdicts

    def judge(self, at: SlotId, verdict: Valid | Invalid | Inconclusive) -> None:
        """Ends the judging of a submitted slot."""
        slot = self._tables.slot[at.job, at.slot]
        assert slot.state is SlotState.SUBMITTED, f"{at}: a claim is judged once; qed"
        if not isinstance(verdict, Valid):
            del self._tables.output[at.job, at.slot]
        match verdict, slot.is_late:
            case Valid(), False:
                self._settle(at, slot)
            case Valid(), True:
                self._settle_late(at, slot)
            case Invalid(), False:
                self._punish_fraud(at, slot)
            case Invalid(), True:
                # The claimant had nothing locked: only the fee is lost.
                self._put(
                    at, replace(slot, state=SlotState.LATE_OPEN, claimant=None, commitment=None)
                )
                self._tables.open_slots[at.job, at.slot] = True
            case _:
                self._make_whole(at, slot)

    def _settle(self, at: SlotId, slot: Slot) -> None:
        job, partners = self._tables.job[at.job], self._partners
        provider = slot.provider
        assert provider is not None, "a locked slot has a provider; qed"
        royalties: tuple[tuple[AccountId, int], ...] = ()
        if job.source is not None:
            royalties = partners.records.get_royalties(job.source.record, job.source.version)
        split = compute_split(slot.price, royalties, self._read_params())
        treasury = self._pay(job.owner, self._params.treasury, split.treasury)
        royalty = sum(self._pay(job.owner, who, amount) for who, amount in split.royalties)
        paid = self._pay(job.owner, provider, split.provider)
        burned = slot.price - treasury - royalty - paid
        partners.money.burn_held(HoldReason.ESCROW, job.owner, burned)
        partners.slasher.unlock(at.to_duty())
        self._free_provider(slot, is_valid=True)
        self._put(at, replace(slot, state=SlotState.SETTLED, bond=0, claimant=None, burned=burned))
        bonus = partners.credit.note_settled(at, provider, burned)
        parts = (burned, treasury, royalty, paid, bonus)
        self._deposit_event(Settled(at.job, at.slot, provider, slot.price, *parts))
        self._end_slot(at, slot.price)

    def _settle_late(self, at: SlotId, slot: Slot) -> None:
        filler, culprit = slot.claimant, slot.provider
        assert filler is not None, "what is judged is somebody's; qed"
        assert culprit is not None, "a late slot was locked by somebody; qed"
        split = SlashSplit(10_000 - LATE_FILLER_BPS, LATE_FILLER_BPS, injured=filler)
        outcome = self._partners.slasher.slash(at.to_duty(), split)
        self._put(
            at,
            replace(
                slot,
                state=SlotState.SETTLED,
                provider=filler,
                record=None,
                price=0,
                bond=0,
                claimant=None,
            ),
        )
        self._partners.credit.note_closed(at)
        parts = (outcome.injured, outcome.burned)
        self._deposit_event(LateFilled(at.job, at.slot, filler, culprit, *parts))
        self._end_slot(at, 0)

    def _punish_fraud(self, at: SlotId, slot: Slot) -> None:
        split = SlashSplit(
            INVALID_BURNED_BPS,
            INVALID_OWNER_BPS,
            INVALID_TREASURY_BPS,
            injured=self._tables.job[at.job].owner,
            reporter=self._params.treasury,
        )
        self._free_provider(slot, is_valid=False)
        self._partners.credit.note_failed(at)
        self._slash(at, slot, split)
        self._fail_slot(at, slot)

    def _make_whole(self, at: SlotId, slot: Slot) -> None:
        self._partners.slasher.unlock(at.to_duty())
        if not slot.is_late:
            self._drop_busy(slot)
        self.refund(at)

    # --- time

    def _open_late(self, at: SlotId) -> None:
        job, slot = self._tables.job[at.job], self._tables.slot[at.job, at.slot]
        assert slot.provider is not None, "a locked slot has a provider; qed"
        until = slot.deadline + job.work_blocks
        self._free_provider(slot, is_valid=False)
        self._partners.credit.note_failed(at)
        self._put(at, replace(slot, state=SlotState.LATE_OPEN, deadline=until, is_late=True))
        self._tables.open_slots[at.job, at.slot] = True
        self._deposit_event(LateOpened(at.job, at.slot, slot.provider, until))

    def _punish_silence(self, at: SlotId) -> None:
        owner = self._tables.job[at.job].owner
        split = SlashSplit(10_000 - LATE_FILLER_BPS, LATE_FILLER_BPS, injured=owner)
        slot = self._tables.slot[at.job, at.slot]
        self._slash(at, slot, split)
        self._fail_slot(at, slot)

    # --- ends

    def refund(self, at: SlotId) -> None:
        """Ends a slot unfilled; the owner has its escrow back."""
        slot = self._tables.slot[at.job, at.slot]
        self._put(at, Slot(SlotState.REFUNDED, slot.failures))
        del self._tables.open_slots[at.job, at.slot]
        self._partners.credit.note_closed(at)
        amount = self._tables.job[at.job].price_cap
        self._deposit_event(Refunded(at.job, at.slot, amount))
        self._end_slot(at, 0)

    def _end_slot(self, at: SlotId, spent: int) -> None:
        """Returns what a slot that is now final did not spend."""
        job = self._tables.job[at.job]
        self._partners.money.release(HoldReason.ESCROW, job.owner, job.price_cap - spent)
        job = replace(job, live=job.live - 1, escrow=job.escrow - job.price_cap)
        self._tables.job[at.job] = job
        if job.live == 0:
            self._deposit_event(Finished(at.job))

    def _fail_slot(self, at: SlotId, slot: Slot) -> None:
        """Opens a slot again, or refunds it where that is over."""
        job, failures = self._tables.job[at.job], slot.failures + 1
        self._put(at, Slot(failures=failures))
        if job.is_cancelled or failures >= job.attempts or self._get_now() > job.open_until:
            self.refund(at)
            return
        self._tables.open_slots[at.job, at.slot] = False
        self._deposit_event(Reopened(at.job, at.slot, failures))

    def _slash(self, at: SlotId, slot: Slot, split: SlashSplit) -> None:
        assert slot.provider is not None, "collateral is somebody's; qed"
        outcome = self._partners.slasher.slash(at.to_duty(), split)
        parts = (outcome.slashed, outcome.burned, outcome.injured, outcome.reporter)
        self._deposit_event(Slashed(at.job, at.slot, slot.provider, *parts))

    def note_rating(self, slot: Slot, score: int) -> None:
        """Adds a settled slot's rating to its provider's history; the burn is its weight."""
        if slot.record is None:
            return
        half_life = self._params.rating_half_life_blocks
        stats = self._tables.stats[slot.record]
        rated = add_rating(stats, score, slot.burned, self._get_now(), half_life)
        self._tables.stats[slot.record] = rated

    # --- parts of the above

    def _free_provider(self, slot: Slot, *, is_valid: bool) -> None:
        """The provider's turn is over: it may take another slot, and its history knows."""
        record = slot.record
        assert record is not None, "a provider has a record; qed"
        self._drop_busy(slot)
        stats = self._tables.stats[record]
        self._tables.stats[record] = add_verdict(stats, is_valid=is_valid, price=slot.price)

    def _drop_busy(self, slot: Slot) -> None:
        record = slot.record
        assert record is not None, "a provider has a record; qed"
        busy = self._tables.busy[record] - 1
        if busy > 0:
            self._tables.busy[record] = busy
        else:
            del self._tables.busy[record]

    def _put(self, at: SlotId, slot: Slot) -> None:
        self._tables.slot[at.job, at.slot] = slot

    def _pay(self, payer: AccountId, payee: AccountId, amount: int) -> int:
        """What was paid from escrow: nothing where the payee cannot receive so little."""
        try:
            with self._state.transaction():
                self._partners.money.transfer_held(HoldReason.ESCROW, payer, payee, amount)
        except TokenError:
            return 0
        return amount
