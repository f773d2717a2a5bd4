"""What the market stores and what its calls are given."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from pallets.market.prices import PriceRule
from pallets.market.specs import Commission, Infer, JobSpec, count_parts, get_kind, get_program
from runtime.codec import U8, U32, U64, U128, Compact, MaxLen
from runtime.frame.ai_types import BLOB_BYTES_MAX, JobKind, RecordVersion, VerifierId
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id

SLOTS_MAX = 256
ATTEMPTS_MAX = 8
REPLICAS_MAX = 8
TERM_BLOCKS_MAX = 100_000
"""The longest time to wait for a provider, and the longest for a provider to work."""

FILE_ROOT_BYTES = 32
"""What a commission's result is on chain: the root of a file over its chunks."""

REVIEW_BLOCKS_MIN = 10
"""A buyer's rejection that a few authors leave out still comes in time."""

SCORE_MAX = 100
TAGS_BYTES_MAX = 64

BIDS_MAX = 32
"""Bids for one job at a time."""

Payload: TypeAlias = Annotated[bytes, MaxLen(BLOB_BYTES_MAX)]
"""A result: the output, and behind it the trace that its verifier asks for."""

Tags: TypeAlias = Annotated[bytes, MaxLen(TAGS_BYTES_MAX)]


@frozen
class Terms:
    """How long a job may take and how often it may fail."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Terms"

    open_blocks: Compact[BlockNumber]
    """Slots can be locked for so long after posting."""

    work_blocks: Compact[BlockNumber]
    """From the lock to the deadline, and from the deadline to the end of late filling."""

    attempts: U8
    """A slot that failed so often is refunded instead of opened again."""


class SlotState(IntEnum):
    """Where a slot stands; the last three are final."""

    SCALE_PATH = nonmember("pallet_market::types::SlotState")

    OPEN = 0
    LOCKED = 1
    SUBMITTED = 2
    LATE_OPEN = 3
    SETTLED = 4
    REFUNDED = 5
    REJECTED = 6

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the slot any more."""
        return self in (SlotState.SETTLED, SlotState.REFUNDED, SlotState.REJECTED)


@frozen
class Job:
    """A job, from its posting until it is closed."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Job"

    owner: AccountId
    spec: JobSpec
    """As it was posted; the version that None stood for is in `source`."""

    source: RecordVersion | None
    """Whose royalties each settlement pays; kept until the job is closed."""

    slots: U32
    price: PriceRule
    verifier: VerifierId
    posted_at: BlockNumber
    """Or the block of the last top-up, where it pays the going price: that is a new offer."""

    open_until: BlockNumber
    work_blocks: BlockNumber
    attempts: U8
    output_row_bytes: U32
    """What a row of an inference gives; 0 for a program, which knows its outputs' sizes."""

    trace_row_bytes: U32
    """What the verifier asks for beside the output, for each row."""

    units: U64
    """How much work its largest slot is: in millions, rounded up, of MACs and other integers."""

    live: U32
    """Slots that are not final: each has the highest price in escrow."""

    escrow: Balance
    deposit: Balance
    is_cancelled: bool
    bids: U32
    """How many bids there are for its slots."""

    @property
    def kind(self) -> JobKind:
        """What it asks for."""
        return get_kind(self.spec)

    @property
    def is_chain(self) -> bool:
        """Whether a slot can be locked only once the one before it is settled."""
        program = get_program(self.spec)
        return program is not None and program.is_chain

    @property
    def is_reviewed(self) -> bool:
        """Whether its results are judged by opinion, which nobody can check."""
        return self.verifier is VerifierId.BUYER_ACCEPT

    @property
    def parts(self) -> int:
        """How many different results it has."""
        return count_parts(self.spec)

    def end_slot(self) -> "Job":
        """The job after one of its slots became final, which takes its escrow along."""
        return replace(self, live=self.live - 1, escrow=self.escrow - self.price_cap)

    def get_replicas(self, slot: int) -> range:
        """The slots that give the same result as this one, itself included."""
        return range(slot % self.parts, self.slots, self.parts)

    @property
    def price_cap(self) -> int:
        """The most that a slot can cost."""
        return self.price.cap

    @property
    def last_block(self) -> int:
        """The last block in which any slot can be filled, late ones included."""
        return self.open_until + 2 * self.work_blocks

    def is_over(self, now: int) -> bool:
        """Whether none of its slots can be locked any more."""
        return self.live == 0 or self.is_cancelled or now > self.open_until

    def get_result_bytes(self, slot: int) -> tuple[int, int]:
        """How large a slot's output is, and its trace."""
        match self.spec:
            case Infer() as spec:
                _, rows = spec.get_rows(slot)
                return rows * self.output_row_bytes, rows * self.trace_row_bytes
            case Commission():
                return FILE_ROOT_BYTES, 0
            case _:
                return self.spec.program.get_output_bytes(slot), 0

    def compute_price(self, now: int) -> int | None:
        """What its rule says that locking a slot now pays; None where the rule does not."""
        return self.price.compute(now - self.posted_at)


@frozen
class Slot:
    """One slot of a job."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Slot"

    state: SlotState = SlotState.OPEN
    failures: U8 = 0
    provider: AccountId | None = None
    """Who locked it, or filled it in the end."""

    record: Id | None = None
    """The provider's record; None for whoever fills a slot late."""

    price: Balance = 0
    """Agreed when it was locked."""

    bond: Balance = 0
    """The provider's collateral that is locked for it."""

    deadline: BlockNumber = 0
    """The last block for the locked work, or for filling it late."""

    is_late: bool = False
    """Whether the deadline was missed: the provider's collateral pays whoever fills it."""

    claimant: AccountId | None = None
    """Whose result is being judged."""

    commitment: Hash | None = None
    """Of the result being judged, or judged valid."""

    burned: Balance = 0
    """What its settlement burned: the weight of its rating."""

    def submit(self, claimant: AccountId, commitment: Hash) -> "Slot":
        """The slot with a result that is being judged."""
        state = SlotState.SUBMITTED
        return replace(self, state=state, claimant=claimant, commitment=commitment)

    def settle(self, burned: int) -> "Slot":
        """The slot with a result that was paid for."""
        return replace(self, state=SlotState.SETTLED, bond=0, claimant=None, burned=burned)

    @property
    def holder(self) -> AccountId | None:
        """Who is at work on it or has filled it; nobody after a missed deadline."""
        match self.state:
            case SlotState.LOCKED | SlotState.SETTLED:
                return self.provider
            case SlotState.SUBMITTED:
                return self.claimant
            case _:
                return None


@frozen
class Bid:
    """What a provider asks for any slot of a job."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Bid"

    record: Id
    price: Balance
    deposit: Balance


@frozen
class Recurring:
    """A job that is posted again and again, as it was given."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Recurring"

    owner: AccountId
    spec: JobSpec
    price: PriceRule
    verifier: VerifierId
    terms: Terms
    every_blocks: BlockNumber
    runs_left: U32
    next_at: BlockNumber
    """When the next run is due."""

    run_cost: Balance
    """What a run holds at most: its escrow and its deposit."""

    deposit: Balance

    @property
    def reserve(self) -> int:
        """What is on hold for the runs that are left."""
        return self.runs_left * self.run_cost


@frozen
class Stats:
    """A provider record's history; amounts in planck."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::Stats"

    settled: U64 = 0
    failed: U64 = 0
    value: Balance = 0
    """The prices of its settled slots together."""

    alpha: U64 = 0
    """Settled slots, older ones weigh less; in millionths."""

    beta: U64 = 0
    """Failed slots, likewise."""

    rating_sum: U128 = 0
    """Scores times their weights, as of `rated_at`."""

    rating_weight: U128 = 0
    rated_at: BlockNumber = 0


@frozen
class MarketParams:
    """The market's parameters; shares in basis points of a slot's price."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::MarketParams"

    treasury: AccountId
    burn_bps: Bps = 1_000
    treasury_bps: Bps = 200
    bond_min: Balance = 0
    """The least collateral for a slot, whatever its price."""

    job_deposit: Balance = 0
    byte_deposit: Balance = 0
    bid_deposit: Balance = 0
    rating_half_life_blocks: BlockNumber = 216_000
    output_blocks: BlockNumber = 100_000
    """After a job's last block its outputs stay so long, unless the owner closes it before."""
