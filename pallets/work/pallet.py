"""Work: what blocks were mined with, what that earns, and what work costs.

Fork choice never looks here, and every lane weighs the same: what an era emits goes to authors by
the work that their blocks proved. Products that somebody paid for make a bonus besides when the
slot settles, always less than what it burned, so that nobody gains by paying himself.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from pallets.weights import verify as verify_weights
from pallets.weights import work as weights
from pallets.work.declarations import (
    AlreadyCredited,
    AlreadyNoted,
    BadSummary,
    BonusPaid,
    EraClaimed,
    EraClosed,
    RefNotOpen,
    UsefulCredited,
    WorkError,
    WorkEvent,
    WorkNoted,
)
from pallets.work.emission import compute_emission
from pallets.work.eras import Eras, EraTables, Payout
from pallets.work.operands import (
    CELLS_MAX,
    MODELS_MAX,
    OPERAND_BYTES_MAX,
    REPLAY_MACS_MAX,
    OperandStack,
)
from pallets.work.prices import GoingPrice, Prices
from pallets.work.rates import Rate, add_block
from pallets.work.types import Credit, Era, EraSchedule, Receipt, WorkParams
from runtime.codec import U8, U32, U128, Compact
from runtime.errors import TokenError
from runtime.frame import (
    FREE_ON_SUCCESS,
    Constant,
    DispatchClass,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_traits import BlockWork, Records, Slots
from runtime.frame.ai_types import (
    BLOB_BYTES_MAX,
    BONUS_BPS_MAX,
    JobKind,
    SlotId,
    SlotPhase,
    SlotWork,
)
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.traits import BlockAuthor, EventSink, Money
from runtime.frozen import replace
from runtime.primitives import BPS, AccountId, Balance, BlockNumber, Id, Weight
from runtime.state.externalities import Externalities
from runtime.work_summary import Lane, RowRef, WorkSummary

BLOCK_MACS_MAX = (1 << 96) - 1
"""More than any block will ever cost; sums of them over an era fit their type."""

_MINABLE = (SlotPhase.LOCKED, SlotPhase.SUBMITTED)
_OVER = (SlotPhase.SETTLED, SlotPhase.CLOSED)


class BlockContext(EventSink, BlockAuthor, BlockWork, Protocol):
    """The block being executed: System knows all of it."""


def _note_weight(summary: WorkSummary) -> Weight:
    if not summary.rows:
        return weights.NOTE_BLOCK_WORK
    operand_bytes = min(summary.m * summary.k, OPERAND_BYTES_MAX)
    refs, models = len(summary.rows), min(len(summary.rows), MODELS_MAX)
    read = verify_weights.READ_WORST * models + verify_weights.read(refs, refs * BLOB_BYTES_MAX)
    parts = (operand_bytes, REPLAY_MACS_MAX, CELLS_MAX, read)
    return weights.note_block_work(refs, *parts)


class Work(Pallet, events=WorkEvent, errors=WorkError):
    """Credits for useful products, bonuses, and the sums of eras."""

    params: Constant[WorkParams]
    """The length of eras, how much is kept, and the bonus."""

    era: StorageMap[U32, Era] = mapping(twox_64_concat)
    """The sums of the current era and of some before it."""

    schedule: StorageValue[EraSchedule | None] = value()
    """Where the eras of the present length began, once it was changed."""

    authored: StorageMap[tuple[U32, AccountId], U128] = mapping(
        twox_64_concat, blake2_128_concat, default=0
    )
    """What each author's blocks of an era proved, until it is claimed or forgotten."""

    swept: StorageValue[U32] = value(default=0)
    """Below this era nothing is left of what was not claimed."""

    emitted: StorageValue[Balance] = value(default=0)
    """What claims have minted so far."""

    rate: StorageMap[AccountId, Rate] = mapping(blake2_128_concat, default=Rate())
    """What each author has proven, and how much of it lately."""

    price: StorageMap[tuple[JobKind, Id | None], GoingPrice] = mapping(
        twox_64_concat, twox_64_concat, default=GoingPrice()
    )
    """The going price of a unit, for each model and each kind of job without one."""

    receipt: StorageMap[BlockNumber, Receipt] = mapping(twox_64_concat)
    """What the latest blocks' work was."""

    credited: StorageMap[tuple[Id, U32, U8], Credit] = mapping(
        twox_64_concat, twox_64_concat, twox_64_concat
    )
    """Products of slots (job, slot, layer) that mined, until the slot is settled or closed."""

    credits: StorageMap[tuple[Id, U32], U32] = mapping(twox_64_concat, twox_64_concat, default=0)
    """How many products of a slot are credited: most slots have none to look for."""

    def __init__(
        self,
        state: Externalities,
        block: BlockContext,
        money: Money,
        records: Records,
        slots: Slots,
        *,
        index: int,
        params: WorkParams,
        parameters: Parameters = FIXED,
    ) -> None:
        super().__init__(state, index=index)
        assert params.bonus_bps <= BONUS_BPS_MAX, "paying oneself must cost something; qed"
        assert params.era_blocks > 0, "eras have blocks; qed"
        self._block = block
        self._money = money
        self._records = records
        self._slots = slots
        self._parameters = parameters
        self.params = params
        tables = EraTables(self.era, self.authored, self.schedule, self.swept)
        self._eras = Eras(tables, params, parameters)
        self.prices = Prices(block, self, self.price, params.band, parameters)

    # --- the inherent

    @call(
        index=0,
        weight=_note_weight,
        dispatch_class=DispatchClass.MANDATORY,
        pays_fee=Pays.NO,
    )
    def note_block_work(self, origin: Origin, summary: WorkSummary) -> PostDispatch:
        """Notes what the block's product was; in the Task lane checks that slots asked for it.

        Whoever is at work on those slots is the block's author. Each product of a slot counts once.
        Origin: none (inherent; an error makes the block invalid).
        Events: `UsefulCredited` for each part, `WorkNoted`.
        Errors: `AlreadyNoted`, `BadSummary`, `RefNotOpen`, `AlreadyCredited`, `TensorMismatch`,
        `ShapeMismatch`, `OperandMismatch`, `ReplayTooLarge`, `StaleModel`.
        """
        origin.ensure_none()
        number = self._block.get_block_number()
        if number in self.receipt:
            raise AlreadyNoted
        if (summary.lane is Lane.TASK) != bool(summary.rows):
            raise BadSummary
        author, total = self._block.get_author(), self._get_block_macs()
        stack = OperandStack(self._records, summary, number)
        credited = self._credit(author, summary, stack) if summary.rows else 0
        # A product may be larger than what its block had to cost; beyond that it proves nothing.
        useful = min(credited, total)
        self.receipt[number] = Receipt(author, summary.lane, total, useful, len(summary.rows))
        self._add_block(number, summary.lane, useful)
        self._block.deposit_event(self, WorkNoted(author, summary.lane, total, useful))
        operand_bytes = summary.m * summary.k if summary.rows else 0
        work = (stack.macs, stack.cells, verify_weights.read(stack.blobs, stack.blob_bytes))
        return PostDispatch(weights.note_block_work(len(summary.rows), operand_bytes, *work))

    def _credit(self, author: AccountId | None, summary: WorkSummary, stack: OperandStack) -> int:
        stack.ensure_size()
        credited = 0
        for ref in summary.rows:
            work = self._slots.get_slot_work(SlotId(ref.job, ref.slot))
            if work is None or not _is_at_work(author, work):
                raise RefNotOpen
            if (ref.job, ref.slot, ref.layer) in self.credited:
                raise AlreadyCredited
            assert author is not None, "nobody is at work on no slot; qed"
            macs = stack.add(ref, work)
            self._credit_layer(author, ref, macs)
            credited += macs
        stack.ensure_root()
        return credited

    def _credit_layer(self, author: AccountId, ref: RowRef, macs: int) -> None:
        self.credited[ref.job, ref.slot, ref.layer] = Credit(author, macs)
        self.credits[ref.job, ref.slot] += 1
        self._block.deposit_event(self, UsefulCredited(ref.job, ref.slot, ref.layer, author, macs))

    # --- WorkCredit

    def note_settled(self, slot: SlotId, provider: AccountId, burned: int) -> int:
        """Pays the bonus of a slot that settled; returns it.

        Each credited product earns its part of the slot's MACs in `bonus_bps` of what was burned,
        rounded down.
        """
        bonus = self._pay_credits(slot, provider, burned)
        self._eras.add_settlement(self._block.get_block_number(), burned, bonus)
        return bonus

    def _pay_credits(self, slot: SlotId, provider: AccountId, burned: int) -> int:
        credited, bonus = self._take_credits(slot), 0
        if not credited:
            return bonus
        total = self._count_slot_macs(slot)
        bonus_bps = self._parameters.get_param(Param.BONUS_BPS, self.params.bonus_bps)
        for credit in credited:
            if credit.author == provider and total > 0:
                amount = burned * bonus_bps * credit.macs // (BPS * total)
                bonus += self._pay_bonus(slot, provider, amount)
        return bonus

    def note_failed(self, slot: SlotId) -> None:
        """Whoever mined with the slot's rows earns nothing; the products stay credited."""
        if (slot.job, slot.slot) in self.credits:
            for key, credit in self.credited.items(slot.job, slot.slot):
                self.credited[key] = replace(credit, author=None)

    def note_closed(self, slot: SlotId) -> None:
        """Forgets the products of a slot that will never be settled."""
        self._take_credits(slot)

    def _take_credits(self, slot: SlotId) -> list[Credit]:
        """What a slot that is over was credited with, and is no longer."""
        if (slot.job, slot.slot) not in self.credits:
            return []
        found: list[Credit] = []
        for key, credit in self.credited.items(slot.job, slot.slot):
            del self.credited[key]
            found.append(credit)
        del self.credits[slot.job, slot.slot]
        return found

    def _count_slot_macs(self, slot: SlotId) -> int:
        work = self._slots.get_slot_work(slot)
        model = None if work is None else self._records.get_model(work.model, work.version)
        return 0 if work is None or model is None else model.macs_per_row * work.rows

    def _pay_bonus(self, slot: SlotId, author: AccountId, amount: int) -> int:
        """What was paid: nothing where the account cannot receive so little."""
        paid = self._try_mint(author, amount)
        if paid > 0:
            self._block.deposit_event(self, BonusPaid(slot.job, slot.slot, author, paid))
        return paid

    def _try_mint(self, who: AccountId, amount: int) -> int:
        """What was minted: nothing where the account cannot receive so little."""
        try:
            with self.state.transaction():
                self._money.mint(who, amount)
        except TokenError:
            return 0
        return amount

    # --- eras

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Counts the block into its era; closes the last era; forgets what is no longer kept."""
        author, macs = self._block.get_author(), self._get_block_macs()
        over = self._eras.add_block(number, macs, author)
        if over is not None:
            self._note_closed_era(over)
        if author is not None and macs > 0:
            self.rate[author] = add_block(self.rate[author], macs, number)
        expired = number - self.params.receipts_kept
        if expired >= 0:
            del self.receipt[expired]
        return weights.ON_INITIALIZE

    def _note_closed_era(self, index: int) -> None:
        era = self.era.get(index)
        if era is not None:
            sums = (era.total_macs, era.useful_macs, era.burned, era.bonus)
            self._block.deposit_event(self, EraClosed(index, *sums, era.reward, era.tithe))

    @call(index=1, weight=weights.CLAIM_ERA)
    def claim_era(self, origin: Origin, era: Compact[U32], author: AccountId) -> PostDispatch:
        """Mints an author's part of an era that is over, and the treasury's beside it.

        Anybody may, once, and pays nothing.
        Origin: signed. Events: `EraClaimed`.
        Errors: `EraNotClosed`, `EraForgotten`, `NothingToClaim`, the ledger's where the author
        cannot receive so little.
        """
        origin.ensure_signed()
        payout = self._eras.take_payout(era, author, self._block.get_block_number())
        self._money.mint(author, payout.reward)
        tithe = self._try_mint(self.params.treasury, payout.tithe)
        minted = payout.reward + tithe
        self._eras.note_claimed(era, minted)
        self.emitted.put(self.emitted.get() + minted)
        self._block.deposit_event(self, EraClaimed(era, author, payout.reward, tithe))
        return FREE_ON_SUCCESS

    def _add_block(self, number: BlockNumber, lane: Lane, useful: int) -> None:
        era = self._eras.get(number)
        era = replace(
            era,
            seeded_blocks=era.seeded_blocks + (lane is Lane.SEEDED),
            task_blocks=era.task_blocks + (lane is Lane.TASK),
            private_blocks=era.private_blocks + (lane is Lane.PRIVATE),
            useful_macs=era.useful_macs + useful,
        )
        self._eras.put(number, era)

    def _get_block_macs(self) -> int:
        return min(self._block.get_work_macs(), BLOCK_MACS_MAX)

    # --- reading

    def get_era_index(self) -> int:
        """The number of the current era."""
        return self._eras.get_index(self._block.get_block_number())

    def get_era(self, index: int | None = None) -> Era | None:
        """An era that is kept, the current one for None."""
        return self.era.get(self.get_era_index() if index is None else index)

    def get_useful_bps(self, index: int | None = None) -> int:
        """How much of an era's work was useful, in basis points, rounded down."""
        era = self.get_era(index)
        return 0 if era is None or era.total_macs == 0 else era.useful_macs * BPS // era.total_macs

    def compute_payout(self, index: int, author: AccountId) -> Payout | None:
        """What an author can claim of an era that is over; None for nothing."""
        return self._eras.compute_payout(index, author)

    def iter_payouts(self, author: AccountId, first: int = 0) -> Iterator[tuple[int, Payout]]:
        """What an author can claim, era by era, from an era on; at most `eras_kept` are there."""
        current = self.get_era_index()
        for index in range(max(first, current - self.params.eras_kept), current):
            payout = self.compute_payout(index, author)
            if payout is not None:
                yield index, payout

    def get_benchmark(self, who: AccountId) -> int:
        """The multiply-accumulates that an account proved for each block of the chain, lately."""
        return self.rate[who].compute_benchmark(self._block.get_block_number())

    def try_state(self) -> None:
        """Useful work is part of all work, bonuses of what was burned; credits have live slots.

        What was minted is never more than the schedule, a benchmark never more than was proven.
        """
        number = self._block.get_block_number()
        self._eras.try_state(number)
        counted = Counter((job, slot) for job, slot, _ in self.credited.keys())  # noqa: SIM118
        assert counted == dict(self.credits.items()), "credits are not counted right"
        for job, slot, layer in self.credited.keys():  # noqa: SIM118 - no dict
            work = self._slots.get_slot_work(SlotId(job, slot))
            is_live = work is not None and work.phase not in _OVER
            assert is_live, f"job {job}, slot {slot}, layer {layer}: credited, and over"
        for index, era in self.era.items():
            cap = era.burned * BONUS_BPS_MAX // BPS
            assert era.bonus <= cap, f"era {index}: bonuses of {era.bonus}, capped at {cap}"
        emitted, cap = self.emitted.get(), compute_emission(self.params.emission, 0, number)
        assert emitted <= cap, f"{emitted} minted for blocks, scheduled {cap}"
        for who, rate in self.rate.items():
            proven = (rate.compute_benchmark(number), rate.peak, rate.recent_macs)
            assert max(proven) <= rate.proven_macs, f"{who}: shown {proven} of {rate.proven_macs}"
        self.prices.try_state()


def _is_at_work(author: AccountId | None, work: SlotWork) -> bool:
    return work.phase in _MINABLE and work.provider is not None and work.provider == author
