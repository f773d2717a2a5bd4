"""What locking a slot pays: the job's rule says it, or the going price, or nobody but a bid."""

from pallets.market.book import Book
from pallets.market.prices import Going
from pallets.market.specs import get_model
from pallets.market.types import Job, Slot
from runtime.frame.ai_types import SlotId, SlotOffer

ANSWERED_BLOCKS_MIN = 10
"""What has to be answered sooner, few dare to take."""


def compute_lock_price(book: Book, at: SlotId, number: int) -> int | None:
    """What locking a slot in a block would pay; None where a bid says it."""
    job, slot = book.tables.job[at.job], book.tables.slot[at.job, at.slot]
    if isinstance(job.price, Going):
        return book.partners.prices.get_going_price(make_offer(job, slot, at), number)
    return job.compute_price(number)


def take_lock_price(book: Book, at: SlotId) -> int | None:
    """What locking a slot now pays; the going price then follows from its being taken.

    A result that waits for its verdict may never have one: then both sides are made whole, and a
    move of the price would have cost nothing. Such a slot pays the price and moves it nowhere.
    """
    job, slot = book.tables.job[at.job], book.tables.slot[at.job, at.slot]
    is_telling = book.partners.claims.is_immediate(job.verifier)
    if isinstance(job.price, Going) and is_telling:
        return book.partners.prices.note_taken(make_offer(job, slot, at))
    return compute_lock_price(book, at, book.get_now())


def make_offer(job: Job, slot: Slot, at: SlotId) -> SlotOffer:
    """What a slot offers for the going price.

    Its waiting tells something where everybody could have taken it all the time: not where it was
    in somebody's hands, had to wait for the slot before, or leaves no time to work.
    """
    was_open = slot.failures == 0 and job.work_blocks >= ANSWERED_BLOCKS_MIN
    is_first = at.slot == 0 or not job.is_chain
    return SlotOffer(
        kind=job.kind,
        model=get_model(job.spec),
        units=job.units,
        price_max=job.price_cap,
        open_since=job.posted_at if was_open and is_first else None,
    )
