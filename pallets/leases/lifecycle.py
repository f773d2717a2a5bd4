"""What can happen to a lease, and to the money for it, whoever makes it happen.

    started -> accepted -> paid block by block           machines: what is older than the review
                           paid window by window         storage: when its audit is answered
    started -> closed                                    declined, given up, or not accepted in time
    accepted -> closed                                   by the tenant, a dispute, the end of the
                                                         balance, notice, or the provider's fault

The balance and the deposit of every lease are on hold with its tenant. What cannot be paid out,
because the payee's account could not exist with so little, is burned.
"""

from collections.abc import Callable

from pallets.leases import declarations as declared
from pallets.leases.types import (
    CloseReason,
    Lease,
    LeaseParams,
    MachineTerms,
    Offer,
    StorageTerms,
    compute_duty,
)
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import BlockHashes, Records, Slasher
from runtime.frame.ai_types import JobKind, SlashOutcome
from runtime.frame.division import Fees, compute_split, get_work_fees
from runtime.frame.parameters import FIXED, Parameters
from runtime.frame.payments import pay_price
from runtime.frame.slashing import split_miss
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Id

REASON = HoldReason.LEASE


@frozen
class Partners:
    """The pallets that leases work with."""

    money: Money
    records: Records
    slasher: Slasher
    blocks: BlockHashes
    parameters: Parameters = FIXED


@frozen
class Tables:
    """The pallet's storage as far as leases change it."""

    offer: StorageMap[Id, Offer]
    lease: StorageMap[Id, Lease]
    by_tenant: StorageMap[tuple[AccountId, Id], JobKind]
    by_provider: StorageMap[tuple[AccountId, Id], JobKind]


class Lifecycle:
    """The transitions of leases, over the pallet's storage."""

    def __init__(
        self,
        tables: Tables,
        partners: Partners,
        params: LeaseParams,
        *,
        get_now: Callable[[], int],
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._tables = tables
        self._partners = partners
        self._params = params
        self._get_now = get_now
        self._deposit_event = deposit_event

    # --- time

    def advance(self, number: Id, lease: Lease) -> Lease | None:
        """Applies what is due by now; the lease as it then is, None where it ended."""
        if lease.accepted_at is None:
            if self._get_now() > lease.started_at + self._params.accept_blocks:
                self.close(number, lease, CloseReason.EXPIRED)
                return None
            return lease
        match lease.terms:
            case MachineTerms(review_blocks):
                return self._advance_machines(number, lease, review_blocks)
            case StorageTerms():
                return self._advance_storage(number, lease, lease.terms.proof_blocks)

    def _advance_machines(self, number: Id, lease: Lease, review_blocks: int) -> Lease | None:
        """Pays what the tenant had time to dispute; ends what is over, or without a provider."""
        now, end = self._get_now(), lease.end
        reviewed = min(now - review_blocks, end)
        if reviewed > lease.settled_at:
            lease = self.pay(number, lease, reviewed - lease.settled_at)
        if now >= end + review_blocks:
            self.end(number, lease)
            return None
        if now < end and not self._partners.records.is_live(lease.record):
            split = split_miss(self._partners.parameters, lease.tenant)
            outcome = self._partners.slasher.note_miss(compute_duty(number), split)
            self._fail(number, lease, outcome, CloseReason.LAPSED)
            return None
        return lease

    def _advance_storage(self, number: Id, lease: Lease, proof_blocks: int) -> Lease | None:
        """Counts the audits whose time has passed: at most as many as a lease may miss."""
        while lease.settled_at < lease.end:
            if self._get_now() <= lease.audit_at + proof_blocks:
                return lease
            missed, misses = lease.audit_at, lease.misses + 1
            lease = replace(lease, misses=misses, settled_at=missed)
            self._put(number, lease)
            self._deposit_event(declared.AuditMissed(number, missed, misses))
            if misses >= lease.misses_max:
                split = split_miss(self._partners.parameters, lease.tenant)
                outcome = self._partners.slasher.slash(compute_duty(number), split)
                self._fail(number, lease, outcome, CloseReason.FAULTY)
                return None
        self.end(number, lease)
        return None

    # --- money

    def pay(self, number: Id, lease: Lease, blocks: int) -> Lease:
        """Pays for the next blocks, for which the balance lasts; the lease as it then is."""
        amount = lease.rate * blocks
        assert amount <= lease.balance, f"lease {number}: {blocks} blocks are not covered; qed"
        defaults = Fees(self._params.burn_bps, self._params.treasury_bps)
        split = compute_split(amount, (), get_work_fees(self._partners.parameters, defaults))
        treasury, money = self._params.treasury, self._partners.money
        given = pay_price(money, REASON, lease.tenant, split, treasury, lease.provider)
        lease = replace(
            lease,
            balance=lease.balance - amount,
            settled_at=lease.settled_at + blocks,
            paid_blocks=lease.paid_blocks + blocks,
            paid=lease.paid + amount,
        )
        self._put(number, lease)
        parts = (amount, given.burned, given.treasury, given.paid)
        self._deposit_event(declared.LeaseSettled(number, blocks, *parts))
        return lease

    def count_closing_blocks(self, lease: Lease) -> int:
        """What a tenant who ends a lease now still owes, in blocks.

        Everything up to now, and the rest of the least time unless the provider gave cause: it
        reclaims, or missed an audit.
        """
        assert lease.accepted_at is not None, "asked of accepted leases only; qed"
        until = self._get_now()
        if lease.misses == 0:
            until = max(until, lease.accepted_at + lease.min_blocks)
        if lease.ends_at is not None:
            until = min(until, lease.ends_at)
        return min(until - lease.settled_at, lease.balance // lease.rate)

    # --- ends

    def end(self, number: Id, lease: Lease) -> None:
        """Ends a lease whose last block is paid."""
        is_overdrawn = lease.ends_at is None or lease.funded_until < lease.ends_at
        reason = CloseReason.OVERDRAWN if is_overdrawn else CloseReason.RECLAIMED
        self.close(number, lease, reason)

    def close(self, number: Id, lease: Lease, reason: CloseReason) -> None:
        """Removes a lease: balance and deposit are the tenant's, the collateral is free again."""
        if lease.accepted_at is not None:
            self._partners.slasher.unlock(compute_duty(number))
        self._remove(number, lease, reason)

    def dispute(self, number: Id, lease: Lease) -> None:
        """Ends a lease of machines; what the tenant would have paid for closing is burned.

        Neither side gains by it, so that only a tenant who got nothing has a reason.
        """
        burned = lease.rate * self.count_closing_blocks(lease)
        self._partners.money.burn_held(REASON, lease.tenant, burned)
        self._deposit_event(declared.Disputed(number, burned))
        self.close(number, replace(lease, balance=lease.balance - burned), CloseReason.DISPUTED)

    def _fail(self, number: Id, lease: Lease, outcome: SlashOutcome, reason: CloseReason) -> None:
        """Ends a lease by the provider's fault; bonds have ended the duty."""
        parts = (outcome.slashed, outcome.burned, outcome.injured)
        self._deposit_event(declared.ProviderFailed(number, lease.provider, *parts))
        self._remove(number, lease, reason)

    def _remove(self, number: Id, lease: Lease, reason: CloseReason) -> None:
        self._partners.money.release(REASON, lease.tenant, lease.balance + lease.deposit)
        del self._tables.lease[number]
        del self._tables.by_tenant[lease.tenant, number]
        del self._tables.by_provider[lease.provider, number]
        offer = self._tables.offer.get(lease.offer)
        if offer is not None:
            self._tables.offer[lease.offer] = replace(
                offer, taken=offer.taken - lease.subject.units
            )
        self._deposit_event(declared.LeaseClosed(number, reason, lease.balance))

    # --- parts of the above

    def _put(self, number: Id, lease: Lease) -> None:
        self._tables.lease[number] = lease
