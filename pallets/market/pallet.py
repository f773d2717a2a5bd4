"""The market: jobs cut into slots, prices in escrow, and payment that follows the verdict.

A requester posts a job; a provider locks a slot with a part of its bond, runs the slot's rows and
submits the result; verify judges it, and the market pays or slashes. See `lifecycle.py` for what
can happen to a slot.
"""

from itertools import islice

from pallets.market import bids, call_weights, recurring, requests
from pallets.market import declarations as declared
from pallets.market.bids import BidError, BidEvent, Picks
from pallets.market.book import Book, Partners, Tables
from pallets.market.claims import remake_request
from pallets.market.declarations import MarketError, MarketEvent
from pallets.market.going import compute_lock_price
from pallets.market.invariants import ensure_consistent
from pallets.market.lifecycle import Lifecycle
from pallets.market.locking import compute_bond, is_distinct, is_ready
from pallets.market.prices import PriceRule
from pallets.market.recurring import Recurrence, RecurringError, RecurringEvent
from pallets.market.specs import JobSpec
from pallets.market.types import (
    BIDS_MAX,
    SLOTS_MAX,
    Bid,
    Job,
    MarketParams,
    Payload,
    Recurring,
    Slot,
    SlotState,
    Stats,
    Tags,
    Terms,
)
from pallets.weights import market as weights
from pallets.weights import verify as verify_weights
from runtime.claim import Submission
from runtime.codec import U8, U32, Compact
from runtime.frame import (
    Constant,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_types import Invalid, SlotId, Verdict, VerifierId
from runtime.frame.traits import EventSink
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Id
from runtime.state.externalities import Externalities


class Market(
    Pallet,
    events=MarketEvent | BidEvent | RecurringEvent,
    errors=MarketError | BidError | RecurringError,
):
    """Jobs, slots, bids, escrow, settlement and ratings."""

    params: Constant[MarketParams]
    """Shares of a price, deposits, collateral."""

    slots_max: Constant[U32] = SLOTS_MAX
    """The most slots of one job."""

    next_job: StorageValue[Id] = value(default=0)
    """The number of the next job."""

    job: StorageMap[Id, Job] = mapping(twox_64_concat)
    """Every job that is not closed."""

    slot: StorageMap[tuple[Id, U32], Slot] = mapping(twox_64_concat, twox_64_concat)
    """The slots of every job."""

    open_slots: StorageMap[tuple[Id, U32], bool] = mapping(twox_64_concat, twox_64_concat)
    """Slots that wait for a provider; true for those open to anybody after a missed deadline."""

    output: StorageMap[tuple[Id, U32], Payload] = mapping(twox_64_concat, twox_64_concat)
    """The outputs of settled slots, for the owner to read."""

    rating: StorageMap[tuple[Id, U32], U8] = mapping(twox_64_concat, twox_64_concat)
    """The scores of rated slots."""

    stats: StorageMap[Id, Stats] = mapping(twox_64_concat, default=Stats())
    """The history of each provider record."""

    busy: StorageMap[Id, U32] = mapping(twox_64_concat, default=0)
    """How many slots each provider record has locked."""

    # The underscore keeps it apart from the call; on the wire it is `Bid`.
    bid_: StorageMap[tuple[Id, AccountId], Bid] = mapping(twox_64_concat, blake2_128_concat)
    """What providers ask for the slots of a job, until it is over or they take it back."""

    next_recurring: StorageValue[Id] = value(default=0)
    """The number of the next recurring job."""

    recurring: StorageMap[Id, Recurring] = mapping(twox_64_concat)
    """Jobs of which more runs are to be posted."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: MarketParams,
    ) -> None:
        super().__init__(state, index=index)
        self.params = params
        tables = Tables(
            self.next_job,
            self.job,
            self.slot,
            self.open_slots,
            self.output,
            self.rating,
            self.stats,
            self.busy,
            self.bid_,
            self.next_recurring,
            self.recurring,
        )
        self._book = Book(
            state,
            tables,
            partners,
            params,
            system.get_block_number,
            lambda event: system.deposit_event(self, event),
        )
        self._lifecycle = Lifecycle(self._book)

    # --- the requester's calls

    @call(index=0, weight=call_weights.post)
    def post(
        self,
        origin: Origin,
        spec: JobSpec,
        price: PriceRule,
        verifier: VerifierId,
        terms: Terms,
    ) -> None:
        """Posts a job: the highest price of all its slots and a deposit go on hold.

        The job keeps its source's version and its inputs until it is closed.
        Origin: signed. Events: `JobPosted`.
        Errors: `ReplicasUnsupported`, `VerifierUnsupported`, `BadTerms`, `BadPrice`,
        `TooManySlots`, `NoSuchModel`, `ModelExpired`, `ModelOffChain`, `NoSuchDataset`,
        `InputMissing`, `WrongInputSize`, `InputOutOfRange`, `BadProgram`, `ClaimTooLarge`,
        `NoEscrow`.
        """
        requests.post_job(self._book, origin.ensure_signed(), spec, price, verifier, terms)

    @call(index=1, weight=weights.TOP_UP)
    def top_up(self, origin: Origin, job: Compact[Id], amount: Compact[Balance]) -> None:
        """Raises the price of a job's slots that nobody has locked yet, by an amount for each.

        A posted price rises, a rising one gets a higher end. Escrow grows for every slot that is
        not final; what a slot does not cost returns when it ends.
        Origin: signed by the owner. Events: `ToppedUp`.
        Errors: `NoSuchJob`, `NotPayer`, `WrongState`, `BadPrice`, `NoEscrow`.
        """
        requests.raise_price(self._book, origin.ensure_signed(), job, amount)

    @call(
        index=2,
        weight=weights.cancel(SLOTS_MAX),
    )
    def cancel(self, origin: Origin, job: Compact[Id]) -> PostDispatch:
        """Refunds every slot that nobody has locked; locked ones go on, failed ones do not reopen.

        Origin: signed by the owner. Events: `Refunded` for each slot, `Finished`, `Cancelled`.
        Errors: `NoSuchJob`, `NotPayer`, `WrongState`.
        """
        entry = requests.cancel_job(self._book, self._lifecycle, origin.ensure_signed(), job)
        return PostDispatch(weights.cancel(entry.slots))

    # --- the provider's calls

    @call(index=3, weight=weights.LOCK)
    def lock(
        self, origin: Origin, job: Compact[Id], slot: Compact[U32], provider: Compact[Id]
    ) -> None:
        """Takes a slot for oneself until its deadline, with collateral, at the price of this block.

        ``provider`` is the number of the signer's provider record.
        Origin: signed. Events: `SlotLocked`, and those of what was due, as for `poke`.
        Errors: `NoSuchJob`, `NoSuchSlot`, `DeadlinePassed`, `AlreadyLocked`, `WrongState`,
        `BidsOnly`, `NotReady`, `NotDistinct`, `RequirementUnmet`, `BondTooLow`, and those of bonds.
        """
        self._lifecycle.lock(SlotId(job, slot), origin.ensure_signed(), provider)

    @call(index=4, weight=call_weights.submit)
    def submit(
        self,
        origin: Origin,
        job: Compact[Id],
        slot: Compact[U32],
        commitment: Hash,
        payload: Payload,
    ) -> PostDispatch:
        """Submits a slot's result: paid if judged valid, slashed if not.

        It is judged at once, or once its verifier has let the time pass to challenge it.
        The payload is the output, then the trace if the job's verifier asks for one; the
        commitment binds both to this chain, slot and signer. A valid result costs no fee. After a
        missed deadline anybody may submit, without a lock.
        Origin: signed. Events: `Submitted`, those of verify, then `Settled`, `LateFilled`, or
        `Slashed` with `Reopened` or `Refunded`; `Finished`; and those of what was due.
        Errors: `NoSuchJob`, `NoSuchSlot`, `NotLockedByYou`, `WrongState`, `NotDistinct`,
        `WrongResultSize`, `BadCommitment`.
        """
        who = origin.ensure_signed()
        opened = self._lifecycle.submit(SlotId(job, slot), who, commitment, payload)
        pays = Pays.YES if isinstance(opened.verdict, Invalid) else Pays.NO
        return PostDispatch(weights.submit(len(payload)) + opened.weight, pays)

    # --- everybody's calls

    @call(index=5, weight=weights.POKE + verify_weights.CONCLUDE)
    def poke(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> None:
        """Applies to a slot what is due because time has passed.

        Origin: signed. Events: `LateOpened`, `Slashed`, `Reopened`, `Refunded`, `Finished`; for a
        result whose time to be challenged is over, those of verify's `poke`.
        Errors: `NoSuchJob`, `NoSuchSlot`, `NotDue`.
        """
        origin.ensure_signed()
        at = SlotId(job, slot)
        self._book.get_job(job)
        before = self._book.get_slot(at)
        if before.state is SlotState.SUBMITTED:
            self._book.partners.claims.conclude(at)
        if self._lifecycle.advance(at) == before:
            raise declared.NotDue

    @call(index=6, weight=weights.RATE)
    def rate(
        self, origin: Origin, job: Compact[Id], slot: Compact[U32], score: U8, tags: Tags
    ) -> None:
        """Rates a settled slot from 0 to 100, once; what the slot burned is the rating's weight.

        Origin: signed by the owner. Events: `Rated`.
        Errors: `NoSuchJob`, `NoSuchSlot`, `NotPayer`, `WrongState`, `AlreadyRated`, `BadScore`.
        """
        requests.rate_slot(self._book, origin.ensure_signed(), SlotId(job, slot), score, tags)

    @call(index=7, weight=weights.close(SLOTS_MAX, BIDS_MAX))
    def close(self, origin: Origin, job: Compact[Id]) -> PostDispatch:
        """Removes a finished job with its outputs; the deposit returns to the owner.

        The owner may when it likes; anybody may once the outputs have been there long enough, so
        that no job holds a model's version, or the blob of its inputs, for ever.
        Origin: signed. Events: `BidReturned` for each bid, `Closed`.
        Errors: `NoSuchJob`, `NotPayer`, `NotFinished`.
        """
        entry = requests.close_job(self._book, origin.ensure_signed(), job)
        return PostDispatch(weights.close(entry.slots, entry.bids))

    # --- bids

    @call(index=8, weight=weights.BID)
    def bid(
        self,
        origin: Origin,
        job: Compact[Id],
        price: Compact[Balance],
        provider: Compact[Id],
    ) -> None:
        """Asks a price for any slot of a job that takes bids; a deposit goes on hold.

        ``provider`` is the number of the signer's provider record. A second bid takes the place of
        the first. Origin: signed. Events: `BidPlaced`.
        Errors: `NoSuchJob`, `NotForBids`, `DeadlinePassed`, `BadPrice`, `RequirementUnmet`,
        `BondTooLow`, `TooManyBids`, `NoEscrow`.
        """
        bids.place_bid(self._book, origin.ensure_signed(), job, price, provider)

    @call(index=9, weight=weights.BID_RETURN)
    def unbid(self, origin: Origin, job: Compact[Id]) -> None:
        """Takes the signer's bid back, with its deposit.

        Origin: signed. Events: `BidReturned`. Errors: `NoSuchJob`, `NoSuchBid`.
        """
        bids.take_back(self._book, origin.ensure_signed(), job)

    @call(index=10, weight=call_weights.accept)
    def accept(self, origin: Origin, job: Compact[Id], picks: Picks) -> PostDispatch:
        """Gives slots to bidders at the prices they asked, as if they locked them now.

        All or nothing. A bid stays for other slots; when none is open any more, all bids are
        returned. Origin: signed by the owner.
        Events: `SlotLocked` for each, `BidReturned`, those of what was due, as for `poke`.
        Errors: `NotPayer`, `NotForBids`, `NoSuchBid`, and those of `lock`, of whichever bidder.
        """
        returned = bids.accept_bids(self._book, self._lifecycle, origin.ensure_signed(), job, picks)
        return PostDispatch(weights.accept(len(picks), returned))

    @call(index=11, weight=weights.drop_bids(BIDS_MAX))
    def drop_bids(self, origin: Origin, job: Compact[Id]) -> PostDispatch:
        """Returns all bids for a job of which no slot can be locked any more; anybody may ask.

        Origin: signed. Events: `BidReturned` for each. Errors: `NoSuchJob`, `NotDue`.
        """
        origin.ensure_signed()
        return PostDispatch(weights.drop_bids(bids.drop_bids(self._book, job)))

    # --- recurring jobs

    @call(index=12, weight=call_weights.recur)
    def recur(
        self,
        origin: Origin,
        spec: JobSpec,
        price: PriceRule,
        verifier: VerifierId,
        terms: Terms,
        recurrence: Recurrence,
    ) -> None:
        """Posts a job now and again later; each further run's escrow and deposit go on hold.

        Origin: signed. Events: `JobPosted`, `RecurringStarted`, `RunPosted`.
        Errors: those of `post`.
        """
        who = origin.ensure_signed()
        recurring.start(self._book, who, spec, price, verifier, terms, recurrence)

    @call(index=13, weight=call_weights.RENEW)
    def renew(self, origin: Origin, number: Compact[Id]) -> PostDispatch:
        """Posts the run of a recurring job that is due; anybody may, and pays as for a posting.

        A run that cannot be posted is skipped, and its money returns.
        Origin: signed. Events: `JobPosted` and `RunPosted`, or `RunSkipped`; `RecurringEnded`.
        Errors: `NoSuchRecurring`, `NotDue`.
        """
        origin.ensure_signed()
        job = recurring.renew(self._book, number)
        return PostDispatch(call_weights.get_renewed(job))

    @call(index=14, weight=weights.STOP)
    def stop(self, origin: Origin, number: Compact[Id]) -> None:
        """Ends a recurring job; what its other runs would have held returns, open runs go on.

        Origin: signed by the owner. Events: `RecurringEnded`.
        Errors: `NoSuchRecurring`, `NotPayer`.
        """
        recurring.stop(self._book, origin.ensure_signed(), number)

    # --- Submissions

    def get_submission(self, slot: SlotId) -> Submission:
        """The result of a slot whose claim is pending."""
        job, entry = self.job[slot.job], self.slot[slot.job, slot.slot]
        request = remake_request(slot, job, entry, lambda other: self.output[slot.job, other])
        return Submission(request, job.owner, entry.bond)

    def on_verdict(
        self, claim: Id, slot: SlotId, verdict: Verdict, challenger: AccountId | None = None
    ) -> int:
        """Settles, slashes or refunds a submitted slot; what a challenger was paid for it."""
        del claim  # a slot has one claim at a time
        return self._lifecycle.judge(slot, verdict, challenger)

    # --- reading

    def is_ready(self, at: SlotId) -> bool:
        """Whether a slot has all it needs: a segment needs the one before it."""
        return is_ready(self._book, at)

    def compute_lock_price(self, at: SlotId, number: BlockNumber) -> int | None:
        """What locking an open slot in a block would pay; None where a bid says it."""
        return compute_lock_price(self._book, at, number)

    def compute_bond(self, job: Id, price: int) -> int:
        """What of a bond a slot of a job takes at a price."""
        return compute_bond(self._book, self.job[job], price)

    def is_distinct(self, at: SlotId, who: AccountId, record: Id) -> bool:
        """Whether a provider may fill this replica of a slot beside those that others fill."""
        return is_distinct(self._book, at, who, record)

    def get_open_slots(self, limit: int) -> tuple[SlotId, ...]:
        """Some slots that wait for somebody, those to be filled late included."""
        return tuple(SlotId(job, slot) for job, slot in islice(self.open_slots.keys(), limit))

    def try_state(self) -> None:
        """Escrow, deposits, collateral, indices and counters agree with the slots."""
        ensure_consistent(self._book)
