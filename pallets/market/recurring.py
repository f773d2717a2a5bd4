"""Recurring jobs: the same request again and again, paid for in advance.

The owner puts the money of all runs on hold at once. A run that is due is posted by whoever asks,
as if the owner had posted it then: a version that was left open is the current one of that block.
"""

from typing import ClassVar, TypeAlias

from pallets.market.book import Book
from pallets.market.declarations import BadTerms, NoEscrow, NotDue, NotPayer
from pallets.market.prices import PriceRule
from pallets.market.requests import post_job
from pallets.market.specs import JobSpec
from pallets.market.types import TERM_BLOCKS_MAX, Job, Recurring, Terms
from runtime.codec import U8, U32, Compact, encode
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import VerifierId
from runtime.frame.traits import HoldReason
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Balance, BlockNumber, Id

RUNS_MIN, RUNS_MAX = 2, 1_000
ROOTS_MAX = 2
"""Blobs that one job reads, at most."""


@frozen
class Recurrence:
    """How often a job is posted, and how many times together."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Recurrence"

    every_blocks: Compact[BlockNumber]
    runs: Compact[U32]


@frozen
class RecurringStarted(Event, index=16):
    """A job is posted again when it is due; the money of its other runs is on hold."""

    recurring: Id
    owner: AccountId
    runs: U32
    reserve: Balance


@frozen
class RunPosted(Event, index=17):
    """A run of a recurring job is open, under a number of its own."""

    recurring: Id
    job: Id


@frozen
class RunSkipped(Event, index=18):
    """A run could not be posted; its money is the owner's again."""

    recurring: Id
    error: U8
    """The number of the market's error that says why."""

    returned: Balance


@frozen
class RecurringEnded(Event, index=19):
    """There are no more runs; what was still on hold is the owner's again."""

    recurring: Id
    returned: Balance


RecurringEvent: TypeAlias = RecurringStarted | RunPosted | RunSkipped | RecurringEnded


class NoSuchRecurring(ModuleError, index=37):
    """There is no recurring job with this number."""


RecurringError: TypeAlias = NoSuchRecurring


def start(
    book: Book,
    owner: AccountId,
    spec: JobSpec,
    price: PriceRule,
    verifier: VerifierId,
    terms: Terms,
    recurrence: Recurrence,
) -> Job:
    """Posts the first run, and puts the money of the others on hold; see the call."""
    every, runs, tables = recurrence.every_blocks, recurrence.runs, book.tables
    if not (RUNS_MIN <= runs <= RUNS_MAX and 1 <= every <= TERM_BLOCKS_MAX):
        raise BadTerms(f"expected {RUNS_MIN} to {RUNS_MAX} runs, 1 to {TERM_BLOCKS_MAX} blocks")
    number, next_at = tables.next_recurring.get(), book.get_now() + every
    first = tables.next_job.get()
    job = post_job(book, owner, spec, price, verifier, terms)
    run_cost = job.escrow + job.deposit
    parts = (owner, spec, price, verifier, terms, every, runs - 1, next_at, run_cost)
    entry = Recurring(*parts, deposit=0)
    entry = replace(entry, deposit=_compute_deposit(book, entry))
    book.hold(HoldReason.RECURRING, owner, entry.reserve + entry.deposit)
    tables.recurring[number] = entry
    tables.next_recurring.put(number + 1)
    book.deposit_event(RecurringStarted(number, owner, runs, entry.reserve))
    book.deposit_event(RunPosted(number, first))
    return job


def renew(book: Book, number: Id) -> Job | None:
    """Posts the run that is due; None where it had to be skipped.

    Errors: `NoSuchRecurring`, `NotDue`.
    """
    entry, now = _get(book, number), book.get_now()
    if now < entry.next_at:
        raise NotDue
    book.partners.money.release(HoldReason.RECURRING, entry.owner, entry.run_cost)
    late = (now - entry.next_at) // entry.every_blocks
    next_at = entry.next_at + (late + 1) * entry.every_blocks
    job = _post_run(book, number, entry)
    _put(book, number, replace(entry, runs_left=entry.runs_left - 1, next_at=next_at))
    return job


def stop(book: Book, owner: AccountId, number: Id) -> None:
    """Ends a recurring job; open runs go on. Errors: `NoSuchRecurring`, `NotPayer`."""
    entry = _get(book, number)
    if entry.owner != owner:
        raise NotPayer
    _end(book, number, entry)


def _post_run(book: Book, number: Id, entry: Recurring) -> Job | None:
    asked, run = (entry.spec, entry.price, entry.verifier, entry.terms), book.tables.next_job.get()
    try:
        with book.state.transaction():
            job = post_job(book, entry.owner, *asked)
            if job.escrow + job.deposit > entry.run_cost:
                raise NoEscrow(f"a run has {entry.run_cost} to put on hold")
    except ModuleError as error:
        book.deposit_event(RunSkipped(number, error.INDEX, entry.run_cost))
        return None
    book.deposit_event(RunPosted(number, run))
    return job


def _get(book: Book, number: Id) -> Recurring:
    entry = book.tables.recurring.get(number)
    if entry is None:
        raise NoSuchRecurring
    return entry


def _put(book: Book, number: Id, entry: Recurring) -> None:
    if entry.runs_left > 0:
        book.tables.recurring[number] = entry
    else:
        _end(book, number, entry)


def _end(book: Book, number: Id, entry: Recurring) -> None:
    del book.tables.recurring[number]
    returned = entry.reserve + entry.deposit
    book.partners.money.release(HoldReason.RECURRING, entry.owner, returned)
    book.deposit_event(RecurringEnded(number, returned))


def _compute_deposit(book: Book, entry: Recurring) -> int:
    return book.params.job_deposit + book.params.byte_deposit * len(encode(entry))
