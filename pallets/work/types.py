"""What the work pallet stores."""

from typing import ClassVar

from pallets.work.emission import EMISSION, Emission
from pallets.work.prices import BAND, Band
from runtime.codec import U16, U32, U64, U128
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Balance, BlockNumber, Bps
from runtime.work_summary import Lane


@frozen
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

    reward: Balance = 0
    """What its blocks' authors may claim together, once it is over."""

    tithe: Balance = 0
    """What those claims bring the treasury together."""

    claimed: Balance = 0
    """Of both, what was minted so far."""

    def add_settlement(self, burned: int, bonus: int) -> "Era":
        """The era with one more slot that was paid for."""
        return replace(self, burned=self.burned + burned, bonus=self.bonus + bonus)


@frozen
class EraSchedule:
    """Since when eras have the length that they have: an era keeps the one it began with."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::EraSchedule"

    first_era: U32
    first_block: BlockNumber
    era_blocks: BlockNumber

    def get_era(self, number: int) -> int:
        """The era of a block, which is none before the first."""
        return self.first_era + (number - self.first_block) // self.era_blocks


@frozen
class Receipt:
    """What one block's work was."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Receipt"

    author: AccountId | None
    lane: Lane
    total_macs: U128
    useful_macs: U128
    refs: U16


@frozen
class Credit:
    """One MATMUL of one slot that mined a block."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Credit"

    author: AccountId | None
    """Who earns the bonus for it; None once the slot failed in that provider's hands."""

    macs: U64


@frozen
class WorkParams:
    """The parameters of work; shares in basis points."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::WorkParams"

    era_blocks: BlockNumber
    eras_kept: U32
    """An era that ended so many eras ago is forgotten; what nobody claimed is never minted."""

    receipts_kept: BlockNumber
    treasury: AccountId
    bonus_bps: Bps = 8_000
    """The most that a slot's bonus is of what it burned; less than all of it."""

    tithe_bps: Bps = 1_000
    """What of the emission is the treasury's."""

    emission: Emission = EMISSION
    band: Band = BAND
