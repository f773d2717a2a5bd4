"""What can happen to a slot, and to the money for it, whoever makes it happen.

    Open -> Locked -> Submitted -> Settled              a valid result in time
                      Submitted -> Open | Refunded      an invalid one: the provider is slashed
                      Submitted -> Rejected             the owner says so, and nobody can check
            Locked -> LateOpen                          the deadline was missed
            Locked -> Open | Refunded                   so it was, and a verdict takes its time
                      LateOpen -> Submitted -> Settled  anybody fills it, paid by the collateral
                      LateOpen -> Open | Refunded       nobody does: the provider is slashed
    Open -> Refunded                                    nobody took it, or it was cancelled

The highest price of every slot that is not final is in escrow; a slot that ends returns what it
did not pay. The first miss in a while is forgiven: the bond is frozen, not slashed, and whoever
fills the slot is paid its price from escrow. Not so where the lock has moved the going price: every
move is paid for. What cannot be paid out, because the payee's account could not exist with so
little, is burned.
"""

from collections.abc import Callable

from pallets.market import declarations as declared
from pallets.market.book import Book
from pallets.market.claims import make_request
from pallets.market.going import take_lock_price
from pallets.market.locking import ensure_distinct, lock_slot
from pallets.market.prices import Going
from pallets.market.settlement import add_review, add_verdict
from pallets.market.types import Job, Payload, Slot, SlotState
from runtime.frame.ai_types import (
    FaultKind,
    Invalid,
    OpenedClaim,
    SlashOutcome,
    SlashSplit,
    SlotId,
    Valid,
    Verdict,
)
from runtime.frame.division import compute_split
from runtime.frame.payments import pay_price
from runtime.frame.slashing import split_fraud, split_miss
from runtime.frame.traits import HoldReason
from runtime.frozen import replace
from runtime.primitives import BPS, AccountId, Hash, Id


class Lifecycle:
    """The transitions of slots, over the market's storage."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._tables = book.tables
        self._partners = book.partners

    def advance(self, at: SlotId) -> Slot:
        """Applies what is due by now, step by step, and returns the slot as it then is."""
        while (step := self._find_due(at)) is not None:
            step(at)
        return self._tables.slot[at.job, at.slot]

    def _find_due(self, at: SlotId) -> Callable[[SlotId], None] | None:
        job, slot, now = (
            self._tables.job[at.job],
            self._tables.slot[at.job, at.slot],
            self._book.get_now(),
        )
        match slot.state:
            case SlotState.OPEN if now > job.open_until or self._is_orphan(job, at):
                return self.refund
            case SlotState.LOCKED if now > slot.deadline:
                # Who fills a slot late has nothing at stake, so his result must be judged at once.
                is_immediate = self._partners.claims.is_immediate(job.verifier)
                return self._open_late if is_immediate else self._miss
            case SlotState.LATE_OPEN if now > slot.deadline:
                return self._punish_silence
            case _:
                return None

    def _is_orphan(self, job: Job, at: SlotId) -> bool:
        """Whether it can never be ready, because the slot before it was refunded."""
        if at.slot == 0 or not job.is_chain:
            return False
        return self._tables.slot[at.job, at.slot - 1].state is SlotState.REFUNDED

    # --- providers

    def lock(self, at: SlotId, who: AccountId, record: Id) -> None:
        """Gives a slot to a provider at the price of this block; see the call."""
        self.ensure_open(at)
        price = take_lock_price(self._book, at)
        if price is None:
            raise declared.BidsOnly
        lock_slot(self._book, at, who, record, price)

    def ensure_open(self, at: SlotId) -> None:
        """Applies what is due; then a provider may take the slot.

        Errors: `NoSuchJob`, `NoSuchSlot`, `DeadlinePassed`, `AlreadyLocked`, `WrongState`.
        """
        job, now = self._book.get_job(at.job), self._book.get_now()
        if self._book.get_slot(at).state is SlotState.OPEN and now > job.open_until:
            raise declared.DeadlinePassed
        slot = self.advance(at)
        if slot.state in (SlotState.LOCKED, SlotState.SUBMITTED):
            raise declared.AlreadyLocked
        if slot.state is not SlotState.OPEN:
            raise declared.WrongState

    def submit(self, at: SlotId, who: AccountId, commitment: Hash, payload: Payload) -> OpenedClaim:
        """Opens a claim for a result, and acts on its verdict where it is known; see the call."""
        job = self._book.get_job(at.job)
        self._book.get_slot(at)
        slot = self.advance(at)
        if slot.state is SlotState.LOCKED and slot.provider != who:
            raise declared.NotLockedByYou
        if slot.state not in (SlotState.LOCKED, SlotState.LATE_OPEN):
            raise declared.WrongState
        if slot.state is SlotState.LATE_OPEN:
            ensure_distinct(self._book, at, who, None)
        genesis = self._partners.identity.get_genesis_hash()
        output = self._tables.output
        request = make_request(
            at, job, who, commitment, payload, genesis, lambda other: output[at.job, other]
        )
        if not slot.is_late:
            self._drop_busy(slot)
        self._book.put_slot(at, slot.submit(who, commitment))
        del self._tables.open_slots[at.job, at.slot]
        output[at.job, at.slot] = request.output
        opened = self._partners.claims.open_claim(request)
        self._book.deposit_event(declared.Submitted(at.job, at.slot, who, commitment, opened.claim))
        if opened.verdict is not None:
            self.judge(at, opened.verdict)
        return opened

    # --- verdicts

    def judge(self, at: SlotId, verdict: Verdict, challenger: AccountId | None = None) -> int:
        """Ends the judging of a submitted slot; what the challenger was paid who brought it about.

        A challenger is paid from what is slashed.
        """
        slot = self._tables.slot[at.job, at.slot]
        assert slot.state is SlotState.SUBMITTED, f"{at}: a claim is judged once; qed"
        if not isinstance(verdict, Valid):
            del self._tables.output[at.job, at.slot]
        match verdict, slot.is_late:
            case Valid(), False:
                self._settle(at, slot)
            case Valid(), True:
                self._settle_late(at, slot)
            case Invalid(reason=FaultKind.REJECTED), _:
                self._burn_both(at, slot)
            case Invalid(), False:
                return self._punish_fraud(at, slot, challenger)
            case Invalid(), True:
                # The claimant had nothing locked: only the fee is lost.
                self._book.put_slot(
                    at, replace(slot, state=SlotState.LATE_OPEN, claimant=None, commitment=None)
                )
                self._tables.open_slots[at.job, at.slot] = True
            case _:
                self._make_whole(at)
        return 0

    def _settle(self, at: SlotId, slot: Slot) -> None:
        self._partners.slasher.unlock(at.to_duty())
        if self._tables.job[at.job].is_reviewed:
            self._note_review(slot, is_accepted=True)
        else:
            self._note_history(slot, is_valid=True)
        self._pay(at, slot)

    def _pay(self, at: SlotId, slot: Slot) -> None:
        """Pays whoever the slot names for a valid result, from escrow."""
        job, partners = self._tables.job[at.job], self._partners
        provider = slot.provider
        assert provider is not None, "what is paid for is somebody's; qed"
        royalties: tuple[tuple[AccountId, int], ...] = ()
        if job.source is not None:
            royalties = partners.records.get_royalties(job.source.record, job.source.version)
        split = compute_split(slot.price, royalties, self._book.get_fees())
        money, treasury = partners.money, self._book.params.treasury
        given = pay_price(money, HoldReason.ESCROW, job.owner, split, treasury, provider)
        burned = given.burned
        self._book.put_slot(at, slot.settle(burned))
        # What a buyer alone calls right earns nothing anew: he may have bought from himself.
        bonus = 0 if job.is_reviewed else partners.credit.note_settled(at, provider, burned)
        parts = (burned, given.treasury, given.royalties, given.paid, bonus)
        self._book.deposit_event(declared.Settled(at.job, at.slot, provider, slot.price, *parts))
        self._end_slot(at, slot.price)

    def _settle_late(self, at: SlotId, slot: Slot) -> None:
        filler, culprit = slot.claimant, slot.provider
        assert filler is not None, "what is judged is somebody's; qed"
        assert culprit is not None, "a late slot was locked by somebody; qed"
        split = split_miss(self._partners.parameters, filler)
        outcome = self._end_missed_duty(at, split)
        filled = replace(slot, provider=filler, record=None)
        if outcome.slashed == 0:
            self._pay(at, filled)  # forgiven: there is nothing else to pay the filler from
            return
        filled = replace(filled, state=SlotState.SETTLED, price=0, bond=0, claimant=None)
        self._book.put_slot(at, filled)
        self._partners.credit.note_closed(at)
        parts = (outcome.injured, outcome.burned)
        self._book.deposit_event(declared.LateFilled(at.job, at.slot, filler, culprit, *parts))
        self._end_slot(at, 0)

    def _punish_fraud(self, at: SlotId, slot: Slot, challenger: AccountId | None) -> int:
        owner = self._tables.job[at.job].owner
        treasury = self._book.params.treasury
        split = split_fraud(self._partners.parameters, owner, treasury, challenger)
        self._note_history(slot, is_valid=False)
        self._partners.credit.note_failed(at)
        outcome = self._partners.slasher.slash(at.to_duty(), split)
        reward = 0 if challenger is None else outcome.reporter
        self._tell_slash(at, slot, outcome, outcome.reporter - reward)
        self._fail_slot(at, slot)
        return reward

    def _burn_both(self, at: SlotId, slot: Slot) -> None:
        """Nobody knows who lies, so both lose the price, and nobody gains by it."""
        owner, provider, price = self._tables.job[at.job].owner, slot.provider, slot.price
        assert provider is not None, "what is rejected is somebody's; qed"
        assert slot.bond >= price, f"{at}: {slot.bond} locked answer for a price of {price}; qed"
        self._note_review(slot, is_accepted=False)
        outcome = self._partners.slasher.slash(at.to_duty(), SlashSplit(BPS), price)
        self._partners.money.burn_held(HoldReason.ESCROW, owner, price)
        self._book.put_slot(
            at, replace(slot, state=SlotState.REJECTED, bond=0, claimant=None, burned=price)
        )
        burned = (price, outcome.burned)
        self._book.deposit_event(declared.Rejected(at.job, at.slot, provider, *burned))
        self._end_slot(at, price)

    def _make_whole(self, at: SlotId) -> None:
        self._partners.slasher.unlock(at.to_duty())
        self.refund(at)

    # --- time

    def _open_late(self, at: SlotId) -> None:
        job, slot = self._tables.job[at.job], self._tables.slot[at.job, at.slot]
        assert slot.provider is not None, "a locked slot has a provider; qed"
        until = slot.deadline + job.work_blocks
        self._drop_busy(slot)
        self._note_history(slot, is_valid=False)
        self._partners.credit.note_failed(at)
        self._book.put_slot(
            at, replace(slot, state=SlotState.LATE_OPEN, deadline=until, is_late=True)
        )
        self._tables.open_slots[at.job, at.slot] = True
        self._book.deposit_event(declared.LateOpened(at.job, at.slot, slot.provider, until))

    def _miss(self, at: SlotId) -> None:
        """A deadline was missed, and nobody may fill the slot late."""
        slot = self._tables.slot[at.job, at.slot]
        self._drop_busy(slot)
        self._note_history(slot, is_valid=False)
        self._partners.credit.note_failed(at)
        self._punish_silence(at)

    def _punish_silence(self, at: SlotId) -> None:
        owner = self._tables.job[at.job].owner
        split = split_miss(self._partners.parameters, owner)
        slot = self._tables.slot[at.job, at.slot]
        outcome = self._end_missed_duty(at, split)
        if outcome.slashed > 0:
            self._tell_slash(at, slot, outcome, 0)
        self._fail_slot(at, slot)

    # --- ends

    def refund(self, at: SlotId) -> None:
        """Ends a slot unfilled; the owner has its escrow back."""
        slot = self._tables.slot[at.job, at.slot]
        self._book.put_slot(at, Slot(SlotState.REFUNDED, slot.failures))
        del self._tables.open_slots[at.job, at.slot]
        self._partners.credit.note_closed(at)
        amount = self._tables.job[at.job].price_cap
        self._book.deposit_event(declared.Refunded(at.job, at.slot, amount))
        self._end_slot(at, 0)

    def _end_slot(self, at: SlotId, spent: int) -> None:
        """Returns what a slot that is now final did not spend."""
        job = self._tables.job[at.job]
        self._partners.money.release(HoldReason.ESCROW, job.owner, job.price_cap - spent)
        job = job.end_slot()
        self._tables.job[at.job] = job
        if job.live == 0:
            self._book.deposit_event(declared.Finished(at.job))

    def _fail_slot(self, at: SlotId, slot: Slot) -> None:
        """Opens a slot again, or refunds it where that is over."""
        job, failures = self._tables.job[at.job], slot.failures + 1
        self._book.put_slot(at, Slot(failures=failures))
        if job.is_cancelled or failures >= job.attempts or self._book.get_now() > job.open_until:
            self.refund(at)
            return
        self._tables.open_slots[at.job, at.slot] = False
        self._book.deposit_event(declared.Reopened(at.job, at.slot, failures))

    def _tell_slash(self, at: SlotId, slot: Slot, outcome: SlashOutcome, treasury: int) -> None:
        assert slot.provider is not None, "collateral is somebody's; qed"
        parts = (outcome.slashed, outcome.burned, outcome.injured, treasury)
        self._book.deposit_event(declared.Slashed(at.job, at.slot, slot.provider, *parts))

    # --- parts of the above

    def _end_missed_duty(self, at: SlotId, split: SlashSplit) -> SlashOutcome:
        """Freezes the provider's role or slashes it; slashes at once what moved the going price."""
        slasher, job = self._partners.slasher, self._tables.job[at.job]
        end = slasher.slash if isinstance(job.price, Going) else slasher.note_miss
        return end(at.to_duty(), split)

    def _note_history(self, slot: Slot, *, is_valid: bool) -> None:
        """The provider's history knows how it went."""
        record = slot.record
        assert record is not None, "a provider has a record; qed"
        stats = self._tables.stats[record]
        self._tables.stats[record] = add_verdict(stats, is_valid=is_valid, price=slot.price)

    def _note_review(self, slot: Slot, *, is_accepted: bool) -> None:
        """The same of what its buyer has judged."""
        record = slot.record
        assert record is not None, "a provider has a record; qed"
        stats = self._tables.stats[record]
        self._tables.stats[record] = add_review(stats, is_accepted=is_accepted, price=slot.price)

    def _drop_busy(self, slot: Slot) -> None:
        """The provider's turn is over: it may take another slot."""
        record = slot.record
        assert record is not None, "a provider has a record; qed"
        busy = self._tables.busy[record] - 1
        if busy > 0:
            self._tables.busy[record] = busy
        else:
            del self._tables.busy[record]
