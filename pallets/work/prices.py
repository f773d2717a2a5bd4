"""The going price of a unit of work, for each model and each other kind of job.

A block in which a slot stood open at the going price, and nobody took one, is used up: more is
asked for than is served. A block in which a slot is taken at the going price has room. Nothing else
says anything: what nobody takes in the end could have been posted for nothing, so that waiting
counts once somebody locks the slot that waited, at a price which anybody could have had
before. The average of these blocks is the utilisation; above the band the price rises, below it
falls, by a step of at most 2 % for each such block.

So every move is paid for: whoever locks a slot of his own to move the price burns a part of it.
"""

from typing import ClassVar

from pallets.work.declarations import PriceMoved
from runtime.frame import Pallet, StorageMap
from runtime.frame.ai_types import PRICE_STEP_BPS_MAX, JobKind, SlotOffer
from runtime.frame.parameters import Param, Parameters
from runtime.frame.traits import EventSink
from runtime.frozen import frozen, replace
from runtime.primitives import BPS, UNIT, Balance, BlockNumber, Bps, Id

UNIT_PRICE_MIN = UNIT // 10**6
UNIT_PRICE_MAX = 10**6 * UNIT
UNIT_PRICE_START = UNIT
WAITED_BLOCKS_MAX = 512
"""Of a longer wait no more is counted: it bounds the work of catching up."""

SMOOTHING = 4
"""A block changes the utilisation by this part of the difference."""


@frozen
class Band:
    """Where the price stays as it is, and how fast it moves elsewhere."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::Band"

    low_bps: Bps = 4_000
    high_bps: Bps = 6_000
    step_bps: Bps = PRICE_STEP_BPS_MAX


BAND = Band()


@frozen
class GoingPrice:
    """The price of a unit, as of the block in which a slot was taken last."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::GoingPrice"

    unit: Balance = UNIT_PRICE_START
    """What a unit cost in that block, in planck."""

    used_bps: Bps = BPS // 2
    """The utilisation before that block."""

    taken_at: BlockNumber = 0
    """That block; it has room, which moves the price from the next block on. 0 for none yet."""


def step(price: GoingPrice, band: Band, *, is_used_up: bool) -> GoingPrice:
    """The price after a block that was used up, or that had room."""
    unit, used_bps = _step(price.unit, price.used_bps, band, BPS if is_used_up else 0)
    return replace(price, unit=unit, used_bps=used_bps)


def catch_up(price: GoingPrice, band: Band, now: int) -> GoingPrice:
    """The price in a block, as far as the slots that were taken before it tell."""
    return step(price, band, is_used_up=False) if 0 < price.taken_at < now else price


def quote(price: GoingPrice, band: Band, offer: SlotOffer, now: int) -> GoingPrice:
    """The price in a block if this slot is taken in it: its waiting counts, as far as it could pay.

    Of its wait those blocks count that came after the last slot was taken, up to the price that the
    offer reaches: beyond that nobody could have had it. The same as a step for each block.
    """
    caught_up = catch_up(price, band, now)
    if offer.open_since is None or price.taken_at == now:
        return caught_up
    unit, used_bps = caught_up.unit, caught_up.used_bps
    first = max(offer.open_since, price.taken_at) + 1
    for _ in range(min(now - first, WAITED_BLOCKS_MAX)):
        after = _step(unit, used_bps, band, BPS)
        if after == (unit, used_bps) or after[0] * offer.units > offer.price_max:
            break  # at the ceiling for good, or more than is offered
        unit, used_bps = after
    return replace(caught_up, unit=unit, used_bps=used_bps)


def _step(unit: int, used_bps: int, band: Band, target_bps: int) -> tuple[int, int]:
    """By hand, for a long wait takes hundreds of these: objects would take six times as long."""
    used_bps += (target_bps - used_bps) // SMOOTHING
    if used_bps > band.high_bps:
        unit = min(unit * (BPS + band.step_bps) // BPS, UNIT_PRICE_MAX)
    elif used_bps < band.low_bps:
        unit = max(-(-unit * (BPS - band.step_bps) // BPS), UNIT_PRICE_MIN)
    return unit, used_bps


class Prices:
    """`UnitPrices` over one state."""

    def __init__(
        self,
        block: EventSink,
        pallet: Pallet,
        table: StorageMap[tuple[JobKind, Id | None], GoingPrice],
        band: Band,
        parameters: Parameters,
    ) -> None:
        self._block = block
        self._pallet = pallet
        self._table = table
        self._band = band
        self._parameters = parameters

    def get_unit_price(self, kind: JobKind, model: Id | None) -> int:
        """The going price of one unit, as far as the slots that were taken tell."""
        number = self._block.get_block_number()
        return catch_up(self._table[kind, model], self._get_band(), number).unit

    def get_going_price(self, offer: SlotOffer, number: BlockNumber) -> int:
        """What a slot would cost that were locked in a block next."""
        return min(self._quote(offer, number).unit * offer.units, offer.price_max)

    def note_taken(self, offer: SlotOffer) -> int:
        """A slot is locked; one that pays less than the going price tells nothing of it."""
        now, before = self._block.get_block_number(), self._table[offer.kind, offer.model]
        quoted = self._quote(offer, now)
        if quoted.unit * offer.units > offer.price_max:
            return offer.price_max
        self._table[offer.kind, offer.model] = replace(quoted, taken_at=now)
        if quoted.unit != before.unit:
            moved = PriceMoved(offer.kind, offer.model, before.unit, quoted.unit, quoted.used_bps)
            self._block.deposit_event(self._pallet, moved)
        return quoted.unit * offer.units

    def _quote(self, offer: SlotOffer, number: int) -> GoingPrice:
        return quote(self._table[offer.kind, offer.model], self._get_band(), offer, number)

    def _get_band(self) -> Band:
        band, get_param = self._band, self._parameters.get_param
        return Band(
            get_param(Param.BAND_LOW_BPS, band.low_bps),
            get_param(Param.BAND_HIGH_BPS, band.high_bps),
            get_param(Param.PRICE_STEP_BPS, band.step_bps),
        )

    def try_state(self) -> None:
        """Every price is within its range, and none was moved by what is still to come."""
        for key, price in self._table.items():
            is_within = UNIT_PRICE_MIN <= price.unit <= UNIT_PRICE_MAX and price.used_bps <= BPS
            assert is_within, f"{key}: {price}"
            assert price.taken_at <= self._block.get_block_number(), f"{key}: {price}"
