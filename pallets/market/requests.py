"""What the owner of a job does: posts it, raises its price, cancels, rates and closes it."""

from pallets.market import declarations as declared
from pallets.market.bids import return_bids
from pallets.market.book import Book
from pallets.market.lifecycle import Lifecycle
from pallets.market.posting import drop_needs, note_needs, plan_job
from pallets.market.prices import Going, PriceRule
from pallets.market.settlement import add_rating
from pallets.market.specs import JobSpec
from pallets.market.types import SCORE_MAX, Job, Slot, SlotState, Tags, Terms
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.frame.parameters import Param
from runtime.frame.traits import HoldReason
from runtime.frozen import replace
from runtime.primitives import AccountId, Id


def post_job(
    book: Book,
    owner: AccountId,
    spec: JobSpec,
    price: PriceRule,
    verifier: VerifierId,
    terms: Terms,
) -> Job:
    """Opens a job: the highest price of all its slots and a deposit go on hold."""
    tables, number = book.tables, book.tables.next_job.get()
    job = plan_job(owner, spec, price, verifier, terms, book.partners, book.params, book.get_now())
    book.hold(HoldReason.ESCROW, owner, job.escrow)
    book.hold(HoldReason.JOB_DEPOSIT, owner, job.deposit)
    note_needs(job, book.partners.records)
    tables.next_job.put(number + 1)
    tables.job[number] = job
    for slot in range(job.slots):
        tables.slot[number, slot] = Slot()
        tables.open_slots[number, slot] = False
    book.deposit_event(
        declared.JobPosted(number, owner, job.kind, job.source, job.slots, job.escrow)
    )
    return job


def raise_price(book: Book, owner: AccountId, number: Id, amount: int) -> None:
    """A higher price for the slots that nobody has locked; more escrow for all that are live."""
    job = _get_running_job(book, owner, number)
    if amount == 0:
        raise declared.BadPrice
    added = amount * job.live
    book.hold(HoldReason.ESCROW, job.owner, added)
    price, escrow = job.price.raise_by(amount), job.escrow + added
    since = book.get_now() if isinstance(price, Going) else job.posted_at
    book.tables.job[number] = replace(job, price=price, escrow=escrow, posted_at=since)
    book.deposit_event(declared.ToppedUp(number, added))


def cancel_job(book: Book, lifecycle: Lifecycle, owner: AccountId, number: Id) -> Job:
    """Refunds the open slots; what is locked goes on."""
    job = _get_running_job(book, owner, number)
    book.tables.job[number] = replace(job, is_cancelled=True)
    refunded = 0
    for slot in range(job.slots):
        if book.tables.slot[number, slot].state is SlotState.OPEN:
            lifecycle.refund(SlotId(number, slot))
            refunded += 1
    book.deposit_event(declared.Cancelled(number, refunded))
    return job


def rate_slot(book: Book, owner: AccountId, at: SlotId, score: int, tags: Tags) -> None:
    """Adds a rating to the history of the record that filled a slot; the burn is its weight."""
    book.get_own_job(owner, at.job)
    tables, slot = book.tables, book.get_slot(at)
    if score > SCORE_MAX:
        raise declared.BadScore
    if slot.state is not SlotState.SETTLED:
        raise declared.WrongState
    if (at.job, at.slot) in tables.rating:
        raise declared.AlreadyRated
    tables.rating[at.job, at.slot] = score
    if slot.record is not None:
        half_life = book.partners.parameters.get_param(
            Param.RATING_HALF_LIFE_BLOCKS, book.params.rating_half_life_blocks
        )
        stats = tables.stats[slot.record]
        rated = add_rating(stats, score, slot.burned, book.get_now(), half_life)
        tables.stats[slot.record] = rated
    book.deposit_event(declared.Rated(at.job, at.slot, slot.record, score, slot.burned, tags))


def close_job(book: Book, who: AccountId, number: Id) -> Job:
    """Removes a finished job with its outputs; the deposit returns to the owner."""
    job = book.get_job(number)
    is_kept = book.get_now() <= job.last_block + book.params.output_blocks
    if job.owner != who and is_kept:
        raise declared.NotPayer
    if job.live > 0:
        raise declared.NotFinished
    return_bids(book, number)
    tables = book.tables
    for slot in range(job.slots):
        del tables.slot[number, slot]
        del tables.output[number, slot]
        del tables.rating[number, slot]
    del tables.job[number]
    book.partners.claims.drop_claims(number)
    drop_needs(job, book.partners.records)
    book.partners.money.release(HoldReason.JOB_DEPOSIT, job.owner, job.deposit)
    book.deposit_event(declared.Closed(number, job.deposit))
    return job


def _get_running_job(book: Book, owner: AccountId, number: Id) -> Job:
    job = book.get_own_job(owner, number)
    if job.live == 0 or job.is_cancelled:
        raise declared.WrongState
    return job
