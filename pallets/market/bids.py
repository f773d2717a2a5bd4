"""Bids: providers say what they ask, the owner of the job takes whom it likes.

A bid is for any slot of a job, one a provider. It locks nothing but a small deposit, which comes
back whatever happens; collateral is locked when the owner accepts the bid for a slot.
"""

from typing import Annotated, ClassVar, TypeAlias

from pallets.market.book import Book
from pallets.market.declarations import BadPrice, DeadlinePassed, NotDue
from pallets.market.lifecycle import Lifecycle
from pallets.market.locking import ensure_bond, ensure_provider, lock_slot
from pallets.market.prices import Bids
from pallets.market.types import BIDS_MAX, Bid
from runtime.codec import U32, Compact, MaxLen
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import SlotId
from runtime.frame.parameters import compute_deposit
from runtime.frame.traits import HoldReason
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Balance, Id

PICKS_MAX = 32
"""Slots that one call gives to bidders."""


@frozen
class Pick:
    """A slot, and whose bid it goes to."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Pick"

    slot: Compact[U32]
    provider: AccountId


Picks: TypeAlias = Annotated[tuple[Pick, ...], MaxLen(PICKS_MAX)]


@frozen
class BidPlaced(Event, index=14):
    """A provider asks this price for any slot of a job; an earlier bid of its own is gone."""

    job: Id
    provider: AccountId
    record: Id
    price: Balance


@frozen
class BidReturned(Event, index=15):
    """A bid is no longer there; its deposit is the provider's again."""

    job: Id
    provider: AccountId
    deposit: Balance


BidEvent: TypeAlias = BidPlaced | BidReturned


class NotForBids(ModuleError, index=33):
    """The price of the job's slots does not come from bids."""


class TooManyBids(ModuleError, index=34):
    """The job has as many bids as a job may have."""


class NoSuchBid(ModuleError, index=35):
    """The provider has no bid for this job."""


BidError: TypeAlias = NotForBids | TooManyBids | NoSuchBid


def place_bid(book: Book, who: AccountId, number: Id, price: int, record: Id) -> None:
    """Offers to fill any slot of a job; see the call."""
    job, bids = book.get_job(number), book.tables.bid
    if not isinstance(job.price, Bids):
        raise NotForBids
    if job.is_over(book.get_now()):
        raise DeadlinePassed
    if not 0 < price <= job.price_cap:
        raise BadPrice(f"expected 1 to {job.price_cap}, got {price}")
    ensure_provider(book, who, record, job.kind)
    ensure_bond(book, who, job, price)
    before = bids.get((number, who))
    if before is None:
        if job.bids == BIDS_MAX:
            raise TooManyBids
        deposit = compute_deposit(book.partners.parameters, book.params.bid_deposit)
        book.hold(HoldReason.BID, who, deposit)
        book.tables.job[number] = replace(job, bids=job.bids + 1)
    else:
        deposit = before.deposit
    bids[number, who] = Bid(record, price, deposit)
    book.deposit_event(BidPlaced(number, who, record, price))


def take_back(book: Book, who: AccountId, number: Id) -> None:
    """Returns one bid. Errors: `NoSuchJob`, `NoSuchBid`."""
    job, bid = book.get_job(number), _get_bid(book, number, who)
    book.tables.job[number] = replace(job, bids=job.bids - 1)
    _return_deposit(book, number, who, bid)


def accept_bids(
    book: Book, lifecycle: Lifecycle, owner: AccountId, number: Id, picks: Picks
) -> int:
    """Locks slots for bidders; once none is open, returns all bids. Returns how many it did."""
    job = book.get_own_job(owner, number)
    if not isinstance(job.price, Bids):
        raise NotForBids
    for pick in picks:
        _accept(book, lifecycle, SlotId(number, pick.slot), pick.provider)
    has_open = next(book.tables.open_slots.keys(number), None) is not None
    return 0 if has_open else return_bids(book, number)


def return_bids(book: Book, number: Id) -> int:
    """Returns all bids for a job; how many they were."""
    job, bids = book.tables.job[number], list(book.tables.bid.items(number))
    for (_, who), bid in bids:
        _return_deposit(book, number, who, bid)
    if bids:
        book.tables.job[number] = replace(job, bids=0)
    return len(bids)


def drop_bids(book: Book, number: Id) -> int:
    """Returns all bids for a job that takes no more providers. Errors: `NoSuchJob`, `NotDue`."""
    job = book.get_job(number)
    if job.bids == 0 or not job.is_over(book.get_now()):
        raise NotDue
    return return_bids(book, number)


def _accept(book: Book, lifecycle: Lifecycle, at: SlotId, who: AccountId) -> None:
    lifecycle.ensure_open(at)
    bid = _get_bid(book, at.job, who)
    lock_slot(book, at, who, bid.record, bid.price)


def _get_bid(book: Book, number: Id, who: AccountId) -> Bid:
    bid = book.tables.bid.get((number, who))
    if bid is None:
        raise NoSuchBid
    return bid


def _return_deposit(book: Book, number: Id, who: AccountId, bid: Bid) -> None:
    del book.tables.bid[number, who]
    book.partners.money.release(HoldReason.BID, who, bid.deposit)
    book.deposit_event(BidReturned(number, who, bid.deposit))
