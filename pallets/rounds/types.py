"""What labelling rounds store and what their calls are given."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, U16, U32, Array, Compact, MaxLen
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id, Root

ITEMS_MAX = 4_096
CLASSES_MAX = 256
SEATS_MAX = 16
GOLD_MIN = 8
"""Fewer hidden answers tell a good labeller from a lucky one too badly."""

GOLD_MAX = 256
WINDOW_BLOCKS_MAX = 100_000
TASK_BYTES_MAX = 256

Salt: TypeAlias = Annotated[bytes, Array(32)]
"""What keeps a commitment from being guessed; drawn at random by whoever commits."""

PackedLabels: TypeAlias = Annotated[bytes, MaxLen(ITEMS_MAX)]
"""A label an item; see `pallets/rounds/labels.py`."""


@frozen
class RoundSpec:
    """What is to be labelled, by how many, for how much."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::RoundSpec"

    items: Root
    """The blob of the items, one after the other."""

    item_bytes: Compact[U32]
    classes: Compact[U16]
    """Labels are the numbers below it."""

    task: Annotated[str, MaxLen(TASK_BYTES_MAX)]
    """What a label means, in words."""

    seats: U8
    """How many labellers; the round begins when all seats are taken."""

    pool: Compact[Balance]
    """What all labellers earn together."""

    gold_items: Compact[U16]
    """Of how many items the requester knows the label."""

    gold_commitment: Hash
    """Binds the requester to which items those are, and to their labels."""


@frozen
class RoundTerms:
    """How long each phase may take; all but the first may end before."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::RoundTerms"

    join_blocks: Compact[BlockNumber]
    commit_blocks: Compact[BlockNumber]
    reveal_blocks: Compact[BlockNumber]
    gold_blocks: Compact[BlockNumber]


class Phase(IntEnum):
    """Where a round stands; the last two are final."""

    SCALE_PATH = nonmember("pallet_rounds::types::Phase")

    JOINING = 0
    COMMITTING = 1
    REVEALING = 2
    GOLD = 3
    """The answers are there; the requester shows what was hidden."""

    SETTLED = 4
    REFUNDED = 5

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the round any more."""
        return self in (Phase.SETTLED, Phase.REFUNDED)


class Judge(IntEnum):
    """By what the labellers of a settled round were weighed."""

    SCALE_PATH = nonmember("pallet_rounds::types::Judge")

    GOLD = 0
    AGREEMENT = 1
    """With the majority, because the gold was never shown."""

    NOBODY = 2
    """Nobody was more often right than wrong: the pool is burned, the labels are the majority's."""


class SeatState(IntEnum):
    """How far a labeller has come."""

    SCALE_PATH = nonmember("pallet_rounds::types::SeatState")

    JOINED = 0
    COMMITTED = 1
    REVEALED = 2
    MISSED = 3
    """Did not commit, or did not reveal; the bond has answered for it."""


@frozen
class GoldLabel:
    """An item whose label the requester knows."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::GoldLabel"

    item: Compact[U16]
    label: U8


Gold: TypeAlias = Annotated[tuple[GoldLabel, ...], MaxLen(GOLD_MAX)]
"""In the order of the items, each once."""


@frozen
class Round:
    """A round, from its posting until it is closed."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::Round"

    owner: AccountId
    spec: RoundSpec
    terms: RoundTerms
    items: U32
    seat_bond: Balance
    gold_deposit: Balance
    deposit: Balance
    """For what the round stores; it returns when the round is closed."""

    phase: Phase
    ends_at: BlockNumber
    """The last block of the phase; of a final one, the block in which it began."""

    joined: U8 = 0
    committed: U8 = 0
    revealed: U8 = 0
    judge: Judge | None = None
    """Of a settled round."""

    @property
    def escrow(self) -> int:
        """What is on hold beside the deposit."""
        return 0 if self.phase.is_final else self.spec.pool + self.gold_deposit


@frozen
class Seat:
    """One labeller of a round."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::Seat"

    record: Id
    """The labeller's provider record: what a dataset of these labels names as its parent."""

    state: SeatState = SeatState.JOINED
    commitment: Hash | None = None
    right: U16 = 0
    """How many of the answers that it was judged by were right."""

    weight: U32 = 0
    paid: Balance = 0


@frozen
class RoundParams:
    """The parameters of labelling rounds."""

    SCALE_PATH: ClassVar[str] = "pallet_rounds::types::RoundParams"

    bond_min: Balance = 0
    bond_bps: Bps = 5_000
    """A seat's collateral, as a part of what a seat earns on average."""

    gold_deposit_min: Balance = 0
    gold_deposit_bps: Bps = 2_000
    """What a requester loses who never shows the gold, as a part of the pool."""

    round_deposit: Balance = 0
    byte_deposit: Balance = 0
    result_blocks: BlockNumber = 100_000
    """A final round stays so long, unless its owner closes it before."""
