"""What collection pools store and what their calls are given."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, U16, U32, U64, Array, Compact, MaxLen
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id, Root

SEATS_MAX = 32
VALIDATION_ROWS_MIN = 32
"""Fewer hidden examples tell a good shard from a lucky one too badly."""

WINDOW_BLOCKS_MAX = 100_000
TASK_BYTES_MAX = 256

Salt: TypeAlias = Annotated[bytes, Array(32)]
"""What keeps a commitment from being guessed; drawn at random by whoever commits."""


@frozen
class Training:
    """How a shard is tried: int-sgd-v1 on the base and the shard together."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::Training"

    hidden: U16
    """The width of the hidden layer; 0 for a linear model."""

    batch: U16
    margin: Compact[U32]
    shift: U8
    rate: U8
    hidden_rate: U8
    seed: Hash
    steps: Compact[U32]


@frozen
class ShareGrant:
    """Shares of a record of the owner's, divided among whoever contributes."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::ShareGrant"

    record: Compact[Id]
    supply: Compact[U64]


@frozen
class PoolSpec:
    """What is collected, how it is judged, and for how much.

    Base, shards and validation set are blobs of examples: each a row of ``cols`` int8 in
    [-63, 63] with its label in the byte behind it.
    """

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::PoolSpec"

    base: Root
    """What everybody's shard is added to."""

    cols: Compact[U32]
    classes: U8
    training: Training
    task: Annotated[str, MaxLen(TASK_BYTES_MAX)]
    """What is wanted, in words."""

    seats: U8
    """The most contributors."""

    shard_rows: Compact[U32]
    """The most examples of one shard."""

    total: Compact[Balance]
    """What all contributors earn together."""

    shares: ShareGrant | None
    validation_rows: Compact[U32]
    """How many examples the owner hides."""

    validation_commitment: Hash
    """Binds the owner to which they are."""


@frozen
class PoolTerms:
    """How long each phase may take; all may end before."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::PoolTerms"

    commit_blocks: Compact[BlockNumber]
    reveal_blocks: Compact[BlockNumber]
    validation_blocks: Compact[BlockNumber]
    score_blocks: Compact[BlockNumber]


class Phase(IntEnum):
    """Where a pool stands; the last two are final."""

    SCALE_PATH = nonmember("pallet_pools::types::Phase")

    COMMITTING = 0
    REVEALING = 1
    VALIDATION = 2
    """The shards are there; the owner shows what they are judged by."""

    SCORING = 3
    SETTLED = 4
    REFUNDED = 5

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the pool any more, but for claims."""
        return self in (Phase.SETTLED, Phase.REFUNDED)


class Judge(IntEnum):
    """By what the shards of a settled pool were weighed."""

    SCALE_PATH = nonmember("pallet_pools::types::Judge")

    GAIN = 0
    EQUALITY = 1
    """Each the same, because the validation set was never shown."""

    NOBODY = 2
    """No shard gained anything: the total and the shares are burned."""


class SeatState(IntEnum):
    """How far a contributor has come."""

    SCALE_PATH = nonmember("pallet_pools::types::SeatState")

    COMMITTED = 0
    REVEALED = 1
    MISSED = 2
    """Did not reveal, and lost the deposit."""

    SCORED = 3


@frozen
class Pool:
    """A pool, from its opening until it is closed."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::Pool"

    owner: AccountId
    spec: PoolSpec
    terms: PoolTerms
    macs: U64
    """Of the products that scoring the largest shard takes."""

    cells: U64
    """Integers that it reads or writes besides."""

    seat_deposit: Balance
    """What a contributor has on hold until the shard is there."""

    validation_deposit: Balance
    deposit: Balance
    """For what the pool stores; it returns when the pool is closed."""

    phase: Phase
    ends_at: BlockNumber
    """The last block of the phase; of a final one, the block in which it began."""

    committed: U8 = 0
    revealed: U8 = 0
    scored: U8 = 0
    validation: Root | None = None
    """The hidden examples, once shown."""

    base_right: U32 = 0
    """How many of them the base alone tells right."""

    judge: Judge | None = None
    """Of a settled pool."""

    shares_left: U64 = 0
    """Shares that wait for their contributors, or for somebody to earn them."""

    @property
    def escrow(self) -> int:
        """What the owner has on hold beside the storage deposit."""
        if self.phase.is_final:
            return 0
        shown = self.phase is Phase.SCORING
        return self.spec.total + (0 if shown else self.validation_deposit)


@frozen
class Seat:
    """One contributor of a pool; seats are numbered as they committed."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::Seat"

    who: AccountId
    commitment: Hash
    state: SeatState = SeatState.COMMITTED
    shard: Root | None = None
    fresh_rows: U32 = 0
    """How many of its examples nobody had given before."""

    right: U32 = 0
    """How many hidden examples base and shard together tell right."""

    points: U32 = 0
    paid: Balance = 0
    shares: U64 = 0
    """What is left to be claimed."""


@frozen
class PoolParams:
    """The parameters of collection pools."""

    SCALE_PATH: ClassVar[str] = "pallet_pools::types::PoolParams"

    seat_deposit: Balance = 0
    validation_deposit_min: Balance = 0
    validation_deposit_bps: Bps = 2_000
    """What an owner loses who never shows the validation set, as a part of the total."""

    pool_deposit: Balance = 0
    byte_deposit: Balance = 0
    result_blocks: BlockNumber = 100_000
    """A final pool stays so long, unless its owner closes it before."""
