"""What the work pallet stores."""

from dataclasses import dataclass
from typing import ClassVar

from runtime.codec import U16, U32, U64, U128
from runtime.primitives import AccountId, Balance, BlockNumber
from runtime.work_summary import Lane


@dataclass(frozen=True, slots=True)
class Era:
    """What some consecutive blocks' work came to."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Era"

    first_block: BlockNumber
    blocks: U32 = 0
    seeded_blocks: U32 = 0
    task_blocks: U32 = 0
    private_blocks: U32 = 0
    total_macs: U128 = 0
    """What the targets of its blocks made them cost."""

    useful_macs: U128 = 0
    """Of these, products that somebody paid for: never more in a block than the block cost."""

    burned: Balance = 0
    """By the settlements of slots."""

    bonus: Balance = 0
    """Minted for slots that mined."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one block's work was."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Receipt"

    author: AccountId | None
    lane: Lane
    total_macs: U128
    useful_macs: U128
    refs: U16


@dataclass(frozen=True, slots=True)
class Credit:
    """One MATMUL of one slot that mined a block."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Credit"

    author: AccountId | None
    """Who earns the bonus for it; None once the slot failed in that provider's hands."""

    macs: U64


@dataclass(frozen=True, slots=True)
class WorkParams:
    """The parameters of work."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::WorkParams"

    era_blocks: BlockNumber
    eras_kept: U32
    receipts_kept: BlockNumber
    bonus_bps: U16 = 8_000
    """The most that a slot's bonus is of what it burned; less than all of it."""
