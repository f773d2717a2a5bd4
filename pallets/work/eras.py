"""Blocks counted into eras, what these earn their authors, and what of it was claimed.

An author's part of an era is the part of its work that the author's blocks proved, whatever they
were mined with. Nothing is minted before somebody claims it, and nothing once the era is forgotten.
"""

from pallets.work.declarations import EraForgotten, EraNotClosed, NothingToClaim
from pallets.work.emission import compute_emission
from pallets.work.types import Era, EraSchedule, WorkParams
from runtime.codec import U32, U128
from runtime.frame import StorageMap, StorageValue
from runtime.frame.parameters import Param, Parameters
from runtime.frozen import frozen, replace
from runtime.primitives import BPS, AccountId

SWEPT_PER_BLOCK = 2
"""Steps of forgetting what authors did not claim: a block makes at most one such entry."""


@frozen
class EraTables:
    """Where eras are stored."""

    era: StorageMap[U32, Era]
    authored: StorageMap[tuple[U32, AccountId], U128]
    schedule: StorageValue[EraSchedule | None]
    swept: StorageValue[U32]


@frozen
class Payout:
    """What a claim mints, in planck."""

    reward: int
    tithe: int


class Eras:
    """The eras of one state."""

    def __init__(self, tables: EraTables, params: WorkParams, parameters: Parameters) -> None:
        self._tables = tables
        self._params = params
        self._parameters = parameters

    def get_index(self, number: int) -> int:
        """The era of this block, or of a later one unless the length changes before."""
        return self._get_schedule().get_era(number)

    def get(self, number: int) -> Era:
        """The current era, which begins with this block if it is not there."""
        return self._tables.era.get(self.get_index(number)) or Era(number)

    def put(self, number: int, era: Era) -> None:
        """Stores the current era."""
        self._tables.era[self.get_index(number)] = era

    def add_settlement(self, number: int, burned: int, bonus: int) -> None:
        """Counts a slot that was paid for into the current era."""
        index, table = self.get_index(number), self._tables.era
        table[index] = (table.get(index) or Era(number)).add_settlement(burned, bonus)

    def add_block(self, number: int, macs: int, author: AccountId | None) -> int | None:
        """Counts a block; returns the era that is over since, if one is."""
        tables, index = self._tables, self.get_index(number)
        is_first = index not in tables.era
        if is_first and index > 0:
            self._close(index - 1)
            self._set_length(index, number)
        era = self.get(number)
        self.put(number, replace(era, blocks=era.blocks + 1, total_macs=era.total_macs + macs))
        if author is not None and macs > 0:
            tables.authored[index, author] += macs
        self._sweep(index)
        return index - 1 if is_first and index > 0 else None

    def compute_payout(self, index: int, author: AccountId) -> Payout | None:
        """What an author can claim of an era that is over; None for nothing. Rounded down."""
        era = self._tables.era.get(index)
        macs = self._tables.authored[index, author]
        if era is None or macs == 0:
            return None
        payout = Payout(era.reward * macs // era.total_macs, era.tithe * macs // era.total_macs)
        return payout if payout.reward > 0 else None

    def take_payout(self, index: int, author: AccountId, number: int) -> Payout:
        """What an author's claim mints, which it can do once.

        Errors: `EraNotClosed`, `EraForgotten`, `NothingToClaim`.
        """
        current = self.get_index(number)
        if index >= current:
            raise EraNotClosed(f"expected an era before {current}, got {index}")
        if index not in self._tables.era:
            raise EraForgotten(f"expected one of the last {self._params.eras_kept}, got {index}")
        payout = self.compute_payout(index, author)
        if payout is None:
            raise NothingToClaim(f"{author} made no block of era {index}, or claimed it")
        del self._tables.authored[index, author]
        return payout

    def note_claimed(self, index: int, amount: int) -> None:
        """So much of an era was minted."""
        era = self._tables.era[index]
        self._tables.era[index] = replace(era, claimed=era.claimed + amount)

    def _get_schedule(self) -> EraSchedule:
        schedule = self._tables.schedule.get()
        return EraSchedule(0, 0, self._params.era_blocks) if schedule is None else schedule

    def _close(self, index: int) -> None:
        """Sets what an era's authors can claim, and forgets the oldest."""
        tables, params = self._tables, self._params
        era = tables.era.get(index)
        if era is not None:
            emitted = compute_emission(params.emission, era.first_block, era.blocks)
            tithe_bps = self._parameters.get_param(Param.TITHE_BPS, params.tithe_bps)
            tithe = emitted * tithe_bps // BPS
            tables.era[index] = replace(era, reward=emitted - tithe, tithe=tithe)
        expired = index - params.eras_kept
        if expired >= 0:
            del tables.era[expired]

    def _set_length(self, index: int, number: int) -> None:
        """An era that begins has the length that is set now."""
        length = self._parameters.get_param(Param.ERA_BLOCKS, self._params.era_blocks)
        if length != self._get_schedule().era_blocks:
            self._tables.schedule.put(EraSchedule(index, number, length))

    def _sweep(self, index: int) -> None:
        """Removes a little of what was not claimed of eras that are forgotten."""
        tables, first = self._tables, self._tables.swept.get()
        swept = first
        for _ in range(SWEPT_PER_BLOCK):
            if swept + self._params.eras_kept >= index:
                break
            author = next((author for _, author in tables.authored.keys(swept)), None)
            if author is None:
                swept += 1
            else:
                del tables.authored[swept, author]
        if swept != first:
            tables.swept.put(swept)

    def try_state(self, number: int) -> None:
        """Useful work is part of all work, and nobody can claim more than an era earns."""
        proven: dict[int, int] = {}
        for (index, _), macs in self._tables.authored.items():
            proven[index] = proven.get(index, 0) + macs
        for index, era in self._tables.era.items():
            assert index <= self.get_index(number), f"era {index}: not begun yet"
            assert era.useful_macs <= era.total_macs, f"era {index}: more useful than done"
            assert proven.get(index, 0) <= era.total_macs, f"era {index}: more proven than done"
            earned = era.reward + era.tithe
            cap = compute_emission(self._params.emission, era.first_block, era.blocks)
            assert earned in (0, cap), f"era {index}: earns {earned}, scheduled {cap}"
            left = earned * proven.get(index, 0) // max(era.total_macs, 1)
            assert era.claimed + left <= earned, f"era {index}: {era.claimed} of {earned} minted"
