"""The market: jobs cut into slots, prices in escrow, and payment that follows the verdict.

A requester posts a job; a provider locks a slot with a part of its bond, runs the slot's rows and
submits the result; verify judges it, and the market pays or slashes. See `lifecycle.py` for what
can happen to a slot.
"""

from dataclasses import replace
from itertools import islice

from pallets.market import declarations as declared
from pallets.market.claims import make_request
from pallets.market.declarations import MarketError, MarketEvent
from pallets.market.invariants import ensure_consistent
from pallets.market.lifecycle import Lifecycle, Partners, Tables
from pallets.market.posting import drop_needs, note_needs, plan_job, raise_price
from pallets.market.specs import JobSpec, count_slots, get_roots
from pallets.market.types import (
    SCORE_MAX,
    SLOTS_MAX,
    Job,
    MarketParams,
    Payload,
    PriceRule,
    Slot,
    SlotState,
    Stats,
    Tags,
    Terms,
)
from pallets.weights import market as weights
from pallets.weights import verify as verify_weights
from runtime.codec import U8, U32, Compact
from runtime.errors import TokenError
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
    BLOB_BYTES_MAX,
    Invalid,
    SlotId,
    Verdict,
    VerifierId,
)
from runtime.frame.traits import EventSink, HoldReason
from runtime.primitives import AccountId, Balance, Hash, Id, Weight
from runtime.state.externalities import Externalities


def _post_weight(spec: JobSpec, price: object, verifier: object, terms: object) -> Weight:
    del price, verifier, terms
    input_bytes = len(get_roots(spec)) * BLOB_BYTES_MAX
    return weights.post(min(count_slots(spec), SLOTS_MAX), input_bytes)


def _submit_weight(job: int, slot: int, commitment: bytes, payload: bytes) -> Weight:
    del job, slot, commitment
    return weights.submit(len(payload)) + verify_weights.WORST


class Market(Pallet, events=MarketEvent, errors=MarketError):
    """Jobs, slots, escrow, settlement and ratings."""

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
        self._system = system
        self._partners = partners
        self.params = params
        tables = Tables(self.job, self.slot, self.open_slots, self.output, self.stats, self.busy)
        self._lifecycle = Lifecycle(
            state,
            tables,
            partners,
            params,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- the requester's calls

    @call(index=0, weight=_post_weight)
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
        owner = origin.ensure_signed()
        number, now = self.next_job.get(), self._system.get_block_number()
        job = plan_job(owner, spec, price, verifier, terms, self._partners, self.params, now)
        self._hold(HoldReason.ESCROW, owner, job.escrow)
        self._hold(HoldReason.JOB_DEPOSIT, owner, job.deposit)
        note_needs(job, self._partners.records)
        self.next_job.put(number + 1)
        self.job[number] = job
        for slot in range(job.slots):
            self.slot[number, slot] = Slot()
            self.open_slots[number, slot] = False
        self._deposit_event(
            declared.JobPosted(number, owner, job.kind, job.source, job.slots, job.escrow)
        )

    @call(index=1, weight=weights.TOP_UP)
    def top_up(self, origin: Origin, job: Compact[Id], amount: Compact[Balance]) -> None:
        """Raises the price of a job's slots that nobody has locked yet, by an amount for each.

        A posted price rises, a rising one gets a higher end. Escrow grows for every slot that is
        not final; what a slot does not cost returns when it ends.
        Origin: signed by the owner. Events: `ToppedUp`.
        Errors: `NoSuchJob`, `NotPayer`, `WrongState`, `BadPrice`, `NoEscrow`.
        """
        entry = self._get_own_job(origin, job)
        if entry.live == 0 or entry.is_cancelled:
            raise declared.WrongState
        if amount == 0:
            raise declared.BadPrice
        added = amount * entry.live
        self._hold(HoldReason.ESCROW, entry.owner, added)
        price = raise_price(entry.price, amount)
        self.job[job] = replace(entry, price=price, escrow=entry.escrow + added)
        self._deposit_event(declared.ToppedUp(job, added))

    @call(
        index=2,
        weight=weights.CANCEL_BASE + weights.multiply(weights.SLOT_REFUND, SLOTS_MAX),
    )
    def cancel(self, origin: Origin, job: Compact[Id]) -> PostDispatch:
        """Refunds every slot that nobody has locked; locked ones go on, failed ones do not reopen.

        Origin: signed by the owner. Events: `Refunded` for each slot, `Finished`, `Cancelled`.
        Errors: `NoSuchJob`, `NotPayer`, `WrongState`.
        """
        entry = self._get_own_job(origin, job)
        if entry.live == 0 or entry.is_cancelled:
            raise declared.WrongState
        self.job[job] = replace(entry, is_cancelled=True)
        refunded = 0
        for slot in range(entry.slots):
            if self.slot[job, slot].state is SlotState.OPEN:
                self._lifecycle.refund(SlotId(job, slot))
                refunded += 1
        self._deposit_event(declared.Cancelled(job, refunded))
        return PostDispatch(
            weights.CANCEL_BASE + weights.multiply(weights.SLOT_REFUND, entry.slots)
        )

    # --- the provider's calls

    @call(index=3, weight=weights.LOCK)
    def lock(
        self, origin: Origin, job: Compact[Id], slot: Compact[U32], provider: Compact[Id]
    ) -> None:
        """Takes a slot for oneself until its deadline, with collateral, at the price of this block.

        ``provider`` is the number of the signer's provider record.
        Origin: signed. Events: `SlotLocked`, and those of what was due, as for `poke`.
        Errors: `NoSuchJob`, `NoSuchSlot`, `DeadlinePassed`, `AlreadyLocked`, `WrongState`,
        `NotReady`, `RequirementUnmet`, `BondTooLow`, and those of bonds.
        """
        who = origin.ensure_signed()
        at = SlotId(job, slot)
        entry = self._get_job(job)
        now = self._system.get_block_number()
        if self._get_slot(at).state is SlotState.OPEN and now > entry.open_until:
            raise declared.DeadlinePassed
        state = self._lifecycle.advance(at)
        if state.state in (SlotState.LOCKED, SlotState.SUBMITTED):
            raise declared.AlreadyLocked
        if state.state is not SlotState.OPEN:
            raise declared.WrongState
        self._lifecycle.lock(at, who, provider)

    @call(index=4, weight=_submit_weight)
    def submit(
        self,
        origin: Origin,
        job: Compact[Id],
        slot: Compact[U32],
        commitment: Hash,
        payload: Payload,
    ) -> PostDispatch:
        """Submits a slot's result, which is judged at once: paid if valid, slashed if not.

        The payload is the output, then the trace if the job's verifier asks for one; the
        commitment binds both to this chain, slot and signer. A valid result costs no fee. After a
        missed deadline anybody may submit, without a lock.
        Origin: signed. Events: `Submitted`, those of verify, then `Settled`, `LateFilled`, or
        `Slashed` with `Reopened` or `Refunded`; `Finished`; and those of what was due.
        Errors: `NoSuchJob`, `NoSuchSlot`, `NotLockedByYou`, `WrongState`, `WrongResultSize`,
        `BadCommitment`.
        """
        who = origin.ensure_signed()
        at = SlotId(job, slot)
        entry = self._get_job(job)
        self._get_slot(at)
        state = self._lifecycle.advance(at)
        if state.state is SlotState.LOCKED and state.provider != who:
            raise declared.NotLockedByYou
        if state.state not in (SlotState.LOCKED, SlotState.LATE_OPEN):
            raise declared.WrongState
        request = make_request(
            at,
            entry,
            who,
            commitment,
            payload,
            self._partners.identity.get_genesis_hash(),
            lambda other: self.output[job, other],
        )
        self.slot[job, slot] = replace(
            state, state=SlotState.SUBMITTED, claimant=who, commitment=commitment
        )
        del self.open_slots[job, slot]
        self.output[job, slot] = request.output
        opened = self._partners.claims.open_claim(request)
        self._deposit_event(declared.Submitted(job, slot, who, commitment, opened.claim))
        if opened.verdict is not None:
            self.on_verdict(opened.claim, at, opened.verdict)
        pays = Pays.YES if isinstance(opened.verdict, Invalid) else Pays.NO
        return PostDispatch(weights.submit(len(payload)) + opened.weight, pays)

    # --- everybody's calls

    @call(index=5, weight=weights.POKE)
    def poke(self, origin: Origin, job: Compact[Id], slot: Compact[U32]) -> None:
        """Applies to a slot what is due because time has passed.

        Origin: signed. Events: `LateOpened`, `Slashed`, `Reopened`, `Refunded`, `Finished`.
        Errors: `NoSuchJob`, `NoSuchSlot`, `NotDue`.
        """
        origin.ensure_signed()
        at = SlotId(job, slot)
        self._get_job(job)
        before = self._get_slot(at)
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
        self._get_own_job(origin, job)
        entry = self._get_slot(SlotId(job, slot))
        if score > SCORE_MAX:
            raise declared.BadScore
        if entry.state is not SlotState.SETTLED:
            raise declared.WrongState
        if (job, slot) in self.rating:
            raise declared.AlreadyRated
        self.rating[job, slot] = score
        self._lifecycle.note_rating(entry, score)
        self._deposit_event(declared.Rated(job, slot, entry.record, score, entry.burned, tags))

    @call(
        index=7,
        weight=weights.CLOSE_BASE + weights.multiply(weights.SLOT_REMOVAL, SLOTS_MAX),
    )
    def close(self, origin: Origin, job: Compact[Id]) -> PostDispatch:
        """Removes a finished job with its outputs; the deposit returns to the owner.

        The owner may when it likes; anybody may once the outputs have been there long enough, so
        that no job holds a model's version, or the blob of its inputs, for ever.
        Origin: signed. Events: `Closed`. Errors: `NoSuchJob`, `NotPayer`, `NotFinished`.
        """
        who, entry = origin.ensure_signed(), self._get_job(job)
        is_kept = self._system.get_block_number() <= entry.last_block + self.params.output_blocks
        if entry.owner != who and is_kept:
            raise declared.NotPayer
        if entry.live > 0:
            raise declared.NotFinished
        for slot in range(entry.slots):
            del self.slot[job, slot]
            del self.output[job, slot]
            del self.rating[job, slot]
        del self.job[job]
        self._partners.claims.drop_claims(job)
        drop_needs(entry, self._partners.records)
        self._partners.money.release(HoldReason.JOB_DEPOSIT, entry.owner, entry.deposit)
        self._deposit_event(declared.Closed(job, entry.deposit))
        return PostDispatch(
            weights.CLOSE_BASE + weights.multiply(weights.SLOT_REMOVAL, entry.slots)
        )

    # --- OnVerdict

    def on_verdict(self, claim: Id, slot: SlotId, verdict: Verdict) -> None:
        """Settles, slashes or refunds a submitted slot."""
        del claim  # a slot has one claim at a time
        self._lifecycle.judge(slot, verdict)

    # --- reading

    def is_ready(self, at: SlotId) -> bool:
        """Whether a slot has all it needs: a segment needs the one before it."""
        return self._lifecycle.is_ready(at)

    def get_open_slots(self, limit: int) -> tuple[SlotId, ...]:
        """Some slots that wait for somebody, those to be filled late included."""
        return tuple(SlotId(job, slot) for job, slot in islice(self.open_slots.keys(), limit))

    def try_state(self) -> None:
        """Escrow, deposits, collateral, indices and counters agree with the slots."""
        ensure_consistent(self, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _get_job(self, job: Id) -> Job:
        entry = self.job.get(job)
        if entry is None:
            raise declared.NoSuchJob
        return entry

    def _get_own_job(self, origin: Origin, job: Id) -> Job:
        who = origin.ensure_signed()
        entry = self._get_job(job)
        if entry.owner != who:
            raise declared.NotPayer
        return entry

    def _get_slot(self, at: SlotId) -> Slot:
        slot = self.slot.get((at.job, at.slot))
        if slot is None:
            raise declared.NoSuchSlot
        return slot

    def _hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        try:
            self._partners.money.hold(reason, who, amount)
        except TokenError as error:
            raise declared.NoEscrow from error
