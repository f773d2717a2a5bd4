"""Leases: machines and storage let by the block, out of a balance that the tenant keeps filled.

A provider posts offers. A tenant starts a lease with a balance; once the provider has accepted it,
with collateral, it is paid as time passes. Work on machines is accepted by the tenant or by its
silence; storage is paid window by window, when the chunks that a block's hash draws are shown. See
`lifecycle.py` for what can happen to a lease.
"""

from pallets.leases import declarations as declared
from pallets.leases.audits import ensure_openings
from pallets.leases.declarations import LeasesError, LeasesEvent
from pallets.leases.invariants import ensure_consistent
from pallets.leases.lifecycle import REASON, Lifecycle, Partners, Tables
from pallets.leases.terms import (
    compute_bond,
    compute_least_balance,
    ensure_record,
    ensure_subject,
    ensure_terms,
)
from pallets.leases.types import (
    MISSES_MAX,
    CloseReason,
    Lease,
    LeaseParams,
    LeaseTerms,
    MachineTerms,
    Offer,
    Opening,
    Openings,
    StorageTerms,
    Subject,
    compute_duty,
)
from pallets.weights import leases as weights
from runtime.codec import U32, Compact
from runtime.frame import (
    Constant,
    Event,
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
from runtime.frame.ai_types import JobKind
from runtime.frame.parameters import Param, compute_deposit
from runtime.frame.payments import put_on_hold
from runtime.frame.traits import EventSink
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, BlockNumber, Id, Weight
from runtime.state.externalities import Externalities


def _respond_weight(lease: int, openings: tuple[Opening, ...]) -> Weight:
    del lease
    return weights.por_respond(len(openings), sum(len(each.path) for each in openings))


class Leases(Pallet, events=LeasesEvent, errors=LeasesError):
    """Machines and storage by the block."""

    params: Constant[LeaseParams]
    """Shares of what is paid, deposits, collateral."""

    next_offer: StorageValue[Id] = value(default=0)
    """The number of the next offer."""

    next_lease: StorageValue[Id] = value(default=0)
    """The number of the next lease."""

    offer: StorageMap[Id, Offer] = mapping(twox_64_concat)
    """What is let."""

    lease: StorageMap[Id, Lease] = mapping(twox_64_concat)
    """Every lease that is not closed."""

    by_tenant: StorageMap[tuple[AccountId, Id], JobKind] = mapping(
        blake2_128_concat, twox_64_concat
    )
    """The leases that an account pays for."""

    by_provider: StorageMap[tuple[AccountId, Id], JobKind] = mapping(
        blake2_128_concat, twox_64_concat
    )
    """The leases that an account serves, or is asked to."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: LeaseParams,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._partners = partners
        self.params = params
        self._lifecycle = Lifecycle(
            Tables(self.offer, self.lease, self.by_tenant, self.by_provider),
            partners,
            params,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- offers

    @call(index=0, weight=weights.POST_OFFER)
    def post_offer(
        self,
        origin: Origin,
        record: Compact[Id],
        terms: LeaseTerms,
        unit_rate: Compact[Balance],
        min_blocks: Compact[BlockNumber],
        notice_blocks: Compact[BlockNumber],
        capacity: Compact[U32],
    ) -> None:
        """Lets so many units, machines or MiB of storage, at a rate for each and each block.

        ``record`` is the number of the signer's provider record, which takes jobs of this kind.
        Origin: signed. Events: `OfferPosted`. Errors: `BadTerms`, `RecordUnfit`, `NoFunds`.
        """
        owner = origin.ensure_signed()
        deposit = compute_deposit(self._partners.parameters, self.params.offer_deposit)
        offer = Offer(
            owner, record, terms, unit_rate, min_blocks, notice_blocks, capacity, 0, deposit
        )
        ensure_terms(offer, self._partners.parameters)
        ensure_record(offer, owner, self._partners.records)
        self._hold(owner, deposit)
        number = self.next_offer.get()
        self.next_offer.put(number + 1)
        self.offer[number] = offer
        self._deposit_event(declared.OfferPosted(number, owner, record, unit_rate, capacity))

    @call(index=1, weight=weights.WITHDRAW_OFFER)
    def withdraw_offer(self, origin: Origin, offer: Compact[Id]) -> None:
        """Removes an offer and returns its deposit; leases under it go on.

        Origin: signed by the offer's owner. Events: `OfferWithdrawn`.
        Errors: `NoSuchOffer`, `NotYours`.
        """
        who, entry = origin.ensure_signed(), self._get_offer(offer)
        if entry.owner != who:
            raise declared.NotYours
        self._partners.money.release(REASON, who, entry.deposit)
        del self.offer[offer]
        self._deposit_event(declared.OfferWithdrawn(offer))

    # --- the tenant's calls

    @call(index=2, weight=weights.START_LEASE)
    def start_lease(
        self, origin: Origin, offer: Compact[Id], subject: Subject, amount: Compact[Balance]
    ) -> None:
        """Takes machines or storage under an offer, with a balance to pay them from.

        Nothing is paid before the provider accepts.
        Origin: signed. Events: `LeaseStarted`.
        Errors: `NoSuchOffer`, `WrongSubject`, `RecordUnfit`, `FullyBooked`, `Underfunded`,
        `NoFunds`.
        """
        tenant, entry = origin.ensure_signed(), self._get_offer(offer)
        ensure_subject(entry, subject)
        ensure_record(entry, entry.owner, self._partners.records)
        taken = entry.taken + subject.units
        if taken > entry.capacity:
            raise declared.FullyBooked
        if amount < compute_least_balance(entry, subject.units):
            raise declared.Underfunded
        deposit = compute_deposit(self._partners.parameters, self.params.lease_deposit)
        self._hold(tenant, amount + deposit)
        number = self.next_lease.get()
        self.next_lease.put(number + 1)
        self.offer[offer] = replace(entry, taken=taken)
        self.lease[number] = lease = Lease(
            offer=offer,
            record=entry.record,
            tenant=tenant,
            provider=entry.owner,
            subject=subject,
            terms=entry.terms,
            rate=entry.unit_rate * subject.units,
            min_blocks=entry.min_blocks,
            notice_blocks=entry.notice_blocks,
            started_at=self._system.get_block_number(),
            deposit=deposit,
            funded=amount,
            balance=amount,
            misses_max=self._partners.parameters.get_param(Param.AUDIT_MISSES_MAX, MISSES_MAX),
        )
        self.by_tenant[tenant, number] = self.by_provider[entry.owner, number] = lease.kind
        self._deposit_event(
            declared.LeaseStarted(number, offer, tenant, entry.owner, lease.rate, amount)
        )

    @call(index=3, weight=weights.TOP_UP)
    def top_up(self, origin: Origin, lease: Compact[Id], amount: Compact[Balance]) -> None:
        """Adds to the balance of a lease that is not over.

        Origin: signed by the tenant. Events: `ToppedUp`, and those of what was due, as for `poke`.
        Errors: `NoSuchLease`, `NotYours`, `WrongState`, `NoFunds`.
        """
        entry = self._get_running(lease, self._get_own(origin, lease))
        if entry.accepted_at is not None and self._system.get_block_number() > entry.end:
            raise declared.WrongState("nothing is served any more")
        self._hold(entry.tenant, amount)
        self.lease[lease] = replace(
            entry, funded=entry.funded + amount, balance=entry.balance + amount
        )
        self._deposit_event(declared.ToppedUp(lease, amount))

    @call(index=4, weight=weights.ADVANCE)
    def accept_work(self, origin: Origin, lease: Compact[Id]) -> None:
        """Accepts what machines have done until now: it is paid at once.

        Origin: signed by the tenant. Events: `LeaseSettled`, and those of what was due.
        Errors: `NoSuchLease`, `NotYours`, `WrongState`, `NotDue`.
        """
        entry = self._get_machines(lease, self._get_own(origin, lease))
        blocks = min(self._system.get_block_number(), entry.end) - entry.settled_at
        if blocks == 0:
            raise declared.NotDue
        self._lifecycle.pay(lease, entry, blocks)

    @call(index=5, weight=weights.ADVANCE)
    def dispute(self, origin: Origin, lease: Compact[Id]) -> None:
        """Refuses what machines have done and was not accepted yet: the lease ends.

        What closing it would have paid is burned, so that neither side gains.
        Origin: signed by the tenant. Events: `Disputed`, `LeaseClosed`, and those of what was due.
        Errors: `NoSuchLease`, `NotYours`, `WrongState`.
        """
        entry = self._get_machines(lease, self._get_own(origin, lease))
        self._lifecycle.dispute(lease, entry)

    @call(index=6, weight=weights.ADVANCE)
    def close_lease(self, origin: Origin, lease: Compact[Id]) -> None:
        """Ends a lease: what was served is paid, and the rest of the least time.

        One that the provider has not accepted costs nothing.
        Origin: signed by the tenant. Events: `LeaseSettled`, `LeaseClosed`, and those of what was
        due. Errors: `NoSuchLease`, `NotYours`, `WrongState`.
        """
        entry = self._get_running(lease, self._get_own(origin, lease))
        if entry.accepted_at is not None:
            blocks = self._lifecycle.count_closing_blocks(entry)
            entry = self._lifecycle.pay(lease, entry, blocks) if blocks > 0 else entry
        self._lifecycle.close(lease, entry, CloseReason.TENANT)

    # --- the provider's calls

    @call(index=7, weight=weights.ACCEPT_LEASE)
    def accept_lease(self, origin: Origin, lease: Compact[Id]) -> None:
        """Takes a lease on, with collateral: from now on it is paid, and storage is audited.

        Origin: signed by the provider. Events: `LeaseAccepted`.
        Errors: `NoSuchLease`, `NotYours`, `WrongState`, `RecordUnfit`, `BondTooLow`, and those of
        bonds.
        """
        who, entry = origin.ensure_signed(), self._get_lease(lease)
        if entry.provider != who:
            raise declared.NotYours
        now = self._system.get_block_number()
        if entry.accepted_at is not None or now > entry.started_at + self.params.accept_blocks:
            raise declared.WrongState
        provider = self._partners.records.get_provider(entry.record)
        if provider is None or provider.owner != who or not provider.is_hireable:
            raise declared.RecordUnfit
        bond = compute_bond(entry.rate, self.params, self._partners.parameters)
        if self._partners.slasher.get_bonded(who, entry.role) < bond:
            raise declared.BondTooLow(f"a bond of {bond} is asked")
        self._partners.slasher.lock(who, entry.role, bond, compute_duty(lease))
        self.lease[lease] = replace(entry, accepted_at=now, settled_at=now, bond=bond)
        self._deposit_event(declared.LeaseAccepted(lease, bond))

    @call(index=8, weight=weights.ADVANCE)
    def reclaim(self, origin: Origin, lease: Compact[Id]) -> None:
        """Gives notice: the lease ends after the notice of its offer; storage, after that window.

        One that was not accepted is declined and ends at once.
        Origin: signed by the provider. Events: `Reclaiming` or `LeaseClosed`, and those of what
        was due. Errors: `NoSuchLease`, `NotYours`, `WrongState`.
        """
        who, entry = origin.ensure_signed(), self._get_lease(lease)
        if entry.provider != who:
            raise declared.NotYours
        entry = self._get_running(lease, entry)
        if entry.accepted_at is None:
            self._lifecycle.close(lease, entry, CloseReason.DECLINED)
            return
        if entry.ends_at is not None:
            raise declared.WrongState("notice was given already")
        noticed = self._system.get_block_number() + entry.notice_blocks
        step = entry.step_blocks
        ends_at = entry.settled_at + -(-(noticed - entry.settled_at) // step) * step
        self.lease[lease] = replace(entry, ends_at=ends_at)
        self._deposit_event(declared.Reclaiming(lease, ends_at))

    @call(index=9, weight=_respond_weight)
    def por_respond(self, origin: Origin, lease: Compact[Id], openings: Openings) -> PostDispatch:
        """Shows the drawn chunks of a replica, in the order of the draws: the window is paid.

        A right answer costs no fee.
        Origin: signed by the provider. Events: `AuditPassed`, `LeaseSettled`, perhaps
        `LeaseClosed`, and those of what was due.
        Errors: `NoSuchLease`, `NotYours`, `WrongState`, `NoAudit`, `BadProof`.
        """
        who, entry = origin.ensure_signed(), self._get_lease(lease)
        if entry.provider != who:
            raise declared.NotYours
        entry = self._get_running(lease, entry)
        terms = entry.terms
        if not isinstance(terms, StorageTerms) or entry.accepted_at is None:
            raise declared.WrongState
        block = entry.audit_at
        if self._system.get_block_number() <= block:
            raise declared.NoAudit
        ensure_openings(lease, entry, openings, self._partners.blocks)
        self._deposit_event(declared.AuditPassed(lease, block))
        entry = self._lifecycle.pay(lease, entry, terms.proof_every)
        if entry.settled_at >= entry.end:
            self._lifecycle.end(lease, entry)
        return PostDispatch(_respond_weight(lease, openings), Pays.NO)

    # --- everybody's call

    @call(index=10, weight=weights.ADVANCE)
    def poke(self, origin: Origin, lease: Compact[Id]) -> None:
        """Settles a lease: pays what has become due, counts missed audits, ends what is over.

        Origin: signed. Events: `LeaseSettled`, `AuditMissed`, `ProviderFailed`, `LeaseClosed`.
        Errors: `NoSuchLease`, `NotDue`.
        """
        origin.ensure_signed()
        before = self._get_lease(lease)
        if self._lifecycle.advance(lease, before) == before:
            raise declared.NotDue

    def try_state(self) -> None:
        """Balances, deposits, collateral, indices and counters agree with the leases."""
        ensure_consistent(self, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _get_offer(self, offer: Id) -> Offer:
        entry = self.offer.get(offer)
        if entry is None:
            raise declared.NoSuchOffer
        return entry

    def _get_lease(self, lease: Id) -> Lease:
        entry = self.lease.get(lease)
        if entry is None:
            raise declared.NoSuchLease
        return entry

    def _get_own(self, origin: Origin, lease: Id) -> Lease:
        who, entry = origin.ensure_signed(), self._get_lease(lease)
        if entry.tenant != who:
            raise declared.NotYours
        return entry

    def _get_running(self, number: Id, lease: Lease) -> Lease:
        """The lease after what was due; `WrongState` if that ended it, which `poke` then does."""
        running = self._lifecycle.advance(number, lease)
        if running is None:
            raise declared.WrongState("it is over, and only has to be poked")
        return running

    def _get_machines(self, number: Id, lease: Lease) -> Lease:
        running = self._get_running(number, lease)
        if not isinstance(running.terms, MachineTerms) or running.accepted_at is None:
            raise declared.WrongState
        return running

    def _hold(self, who: AccountId, amount: int) -> None:
        put_on_hold(self._partners.money, REASON, who, amount, declared.NoFunds)
