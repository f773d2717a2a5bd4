"""Who may take a slot, and what it locks for it."""

from pallets.market.book import Book
from pallets.market.declarations import (
    BondTooLow,
    NotDistinct,
    NotReady,
    RequirementUnmet,
    SlotLocked,
)
from pallets.market.types import Job, Slot, SlotState
from runtime.frame import division
from runtime.frame.ai_types import JobKind, ProviderInfo, Role, SlotId
from runtime.frame.parameters import Param
from runtime.primitives import AccountId, Id


def lock_slot(book: Book, at: SlotId, who: AccountId, record: Id, price: int) -> None:
    """Gives an open slot to a provider, with collateral, at a price.

    Errors: `NotReady`, `NotDistinct`, `RequirementUnmet`, `BondTooLow`, those of bonds.
    """
    if not is_ready(book, at):
        raise NotReady
    ensure_distinct(book, at, who, record)
    tables, slasher = book.tables, book.partners.slasher
    job, slot = tables.job[at.job], tables.slot[at.job, at.slot]
    provider = ensure_provider(book, who, record, job.kind)
    if tables.busy[record] >= provider.max_parallel:
        raise RequirementUnmet(f"{provider.max_parallel} slots are locked already")
    bond = ensure_bond(book, who, job, price)
    slasher.lock(who, Role.PROVIDER, bond, at.to_duty())
    deadline = book.get_now() + job.work_blocks
    book.put_slot(at, Slot(SlotState.LOCKED, slot.failures, who, record, price, bond, deadline))
    del tables.open_slots[at.job, at.slot]
    tables.busy[record] += 1
    book.deposit_event(SlotLocked(at.job, at.slot, who, record, price, bond, deadline))


def is_ready(book: Book, at: SlotId) -> bool:
    """Whether a slot has all it needs: in a chain, the output of the slot before."""
    if at.slot == 0 or not book.tables.job[at.job].is_chain:
        return True
    return book.tables.slot[at.job, at.slot - 1].state is SlotState.SETTLED


def is_distinct(book: Book, at: SlotId, who: AccountId, record: Id | None) -> bool:
    """Whether neither account nor record is at work on another replica, or has filled one."""
    replicas = book.tables.job[at.job].get_replicas(at.slot)
    others = [book.tables.slot[at.job, each] for each in replicas if each != at.slot]
    taken = [each for each in others if each.holder is not None]
    if record is not None and any(each.record == record for each in taken):
        return False
    return all(each.holder != who for each in taken)


def ensure_distinct(book: Book, at: SlotId, who: AccountId, record: Id | None) -> None:
    """Each replica of a slot is somebody else's work. Errors: `NotDistinct`."""
    if not is_distinct(book, at, who, record):
        raise NotDistinct


def ensure_provider(book: Book, who: AccountId, record: Id, kind: JobKind) -> ProviderInfo:
    """The signer's record, which takes jobs of the kind. Errors: `RequirementUnmet`."""
    provider = book.partners.records.get_provider(record)
    if provider is None or provider.owner != who:
        raise RequirementUnmet("the record is not a provider of the signer's")
    if not provider.is_hireable or kind not in provider.kinds:
        raise RequirementUnmet("the provider does not take such jobs now")
    return provider


def compute_bond(book: Book, job: Job, price: int) -> int:
    """The collateral for a slot of a job at this price, as things are set now."""
    factor_bps = book.partners.claims.get_bond_factor_bps(job.verifier)
    bond_min = book.partners.parameters.get_param(Param.SLOT_BOND_MIN, book.params.bond_min)
    return division.compute_bond(price, factor_bps, bond_min)


def ensure_bond(book: Book, who: AccountId, job: Job, price: int) -> int:
    """The collateral for a slot at this price, which is bonded and free. Errors: `BondTooLow`."""
    bond = compute_bond(book, job, price)
    free = book.partners.slasher.get_bonded(who, Role.PROVIDER)
    if free < bond:
        raise BondTooLow(f"a bond of {bond} is asked, {free} is free")
    return bond
