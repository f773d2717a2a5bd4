"""Parameters: numbers of other pallets that governance changes, each within its bounds.

The bounds are a part of the runtime, not of the state: they are where the invariants of the other
pallets hold whatever is set. Mining for oneself stays a loss, shares of a price stay below a whole,
and collateral stays slashable for as long as it can be asked for.
"""

from typing import Annotated, ClassVar, TypeAlias

from pallets.weights import parameters as weights
from runtime.codec import Array, Compact
from runtime.errors import BadOrigin, ModuleError
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    StorageMap,
    call,
    mapping,
    twox_64_concat,
)
from runtime.frame.ai_types import (
    BLOB_BYTES_MAX,
    BONUS_BPS_MAX,
    BURNED_BPS_MIN,
    PRICE_STEP_BPS_MAX,
    ROYALTY_BPS_MAX,
)
from runtime.frame.origin import OriginKind
from runtime.frame.parameters import Param
from runtime.frame.traits import EventSink
from runtime.frozen import frozen
from runtime.primitives import BPS, UNIT, AccountId, Balance
from runtime.state.externalities import Externalities


@frozen
class Bounds:
    """The least and the most that a number may be."""

    SCALE_PATH: ClassVar[str] = "pallet_parameters::types::Bounds"

    least: Balance
    most: Balance


AllBounds: TypeAlias = Annotated[tuple[Bounds, ...], Array(len(Param))]
AllDefaults: TypeAlias = Annotated[tuple[Balance, ...], Array(len(Param))]

_BLOCKS_MAX = 1_000_000

BOUNDS: dict[Param, Bounds] = {
    # Together with royalties of 40 % at most, these leave a part of every price to its provider.
    Param.BURN_BPS: Bounds(100, 3_000),
    Param.TREASURY_BPS: Bounds(0, 1_000),
    Param.BONUS_BPS: Bounds(0, BONUS_BPS_MAX),
    Param.SLOT_BOND_MIN: Bounds(UNIT // 10, 1_000 * UNIT),
    Param.BOND_FACTOR_BPS: Bounds(1_000, 40_000),
    Param.ROLE_BOND_MIN: Bounds(10 * UNIT, 100_000 * UNIT),
    # Never shorter than it was: what can still be challenged must still be there.
    Param.UNBONDING_BLOCKS: Bounds(200, _BLOCKS_MAX),
    Param.GRACE_BLOCKS: Bounds(100, _BLOCKS_MAX),
    Param.FREEZE_BLOCKS: Bounds(10, _BLOCKS_MAX),
    Param.TREASURY_CAP_BPS: Bounds(100, 5_000),
    Param.TREASURY_BURN_BPS: Bounds(0, 1_000),
    # The emission of a block is none of them: how eras are cut never mints more.
    Param.ERA_BLOCKS: Bounds(10, _BLOCKS_MAX),
    Param.TITHE_BPS: Bounds(0, 3_000),
    Param.BAND_LOW_BPS: Bounds(1_000, 5_000),
    Param.BAND_HIGH_BPS: Bounds(5_000, 9_000),
    Param.PRICE_STEP_BPS: Bounds(0, PRICE_STEP_BPS_MAX),
    # A tenth to tenfold: storage is never free, and never out of reach.
    Param.DEPOSIT_BPS: Bounds(1_000, 100_000),
    Param.ROYALTY_CAP_BPS: Bounds(0, ROYALTY_BPS_MAX),
    # With royalties, or what a resale pays, these leave a part to the seller.
    Param.SALE_BURN_BPS: Bounds(0, 2_000),
    Param.SALE_TREASURY_BPS: Bounds(0, 1_000),
    Param.SALE_BOND_BPS: Bounds(1_000, 40_000),
    Param.SILENCE_BPS: Bounds(100, BPS),
    Param.LEASE_BOND_BLOCKS: Bounds(10, _BLOCKS_MAX),
    # Notice is as long as three audits: who has lost the bytes must not be gone before the last.
    Param.AUDIT_MISSES_MAX: Bounds(1, 3),
    Param.SEAT_BOND_BPS: Bounds(1_000, 40_000),
    Param.GOLD_DEPOSIT_BPS: Bounds(500, BPS),
    Param.RATING_HALF_LIFE_BLOCKS: Bounds(1_000, 10 * _BLOCKS_MAX),
    # Long enough for somebody to look; not so long that the block is forgotten that draws a sample.
    Param.PROOF_BLOCKS: Bounds(50, 10_000),
    Param.SPOT_BLOCKS: Bounds(20, 2_000),
    # Who fills all places for demands through a whole window, so that nobody else can ask, burns
    # half of so much each time: at the least 16 x 2 x 2.5 % of 1.5 times the price, which is more
    # than the price that a wrong result would earn.
    Param.DEMAND_BPS: Bounds(500, BPS),
    Param.VALIDATION_DEPOSIT_BPS: Bounds(500, BPS),
    Param.WAITING_FACTOR_BPS: Bounds(15_000, 100_000),
    Param.SAMPLED_FACTOR_BPS: Bounds(BPS, 200_000),
    Param.ANSWER_BLOCKS: Bounds(5, 25),
    Param.REACT_BLOCKS: Bounds(5, 100),
    # No more than the most that an offer or a round may have.
    Param.AUDIT_DRAWS_MIN: Bounds(1, 32),
    Param.AUDIT_EVERY_MAX: Bounds(10, 100_000),
    Param.COMMITTEE_MIN: Bounds(1, 16),
    Param.GOLD_SHARE_BPS: Bounds(0, 2_500),
    Param.REVEAL_BLOCKS_MIN: Bounds(1, 10_000),
    # Never less than the largest blob: whoever has to show one can, if not in this block.
    Param.BLOCK_BLOB_BYTES: Bounds(BLOB_BYTES_MAX, 16 * BLOB_BYTES_MAX),
    # A culprit who is the injured and the challenger too still loses what is burned, and a fifth
    # at least is left to whoever looks.
    Param.FRAUD_BURNED_BPS: Bounds(BURNED_BPS_MIN, 6_000),
    Param.FRAUD_TREASURY_BPS: Bounds(0, 2_000),
    Param.MISS_BURNED_BPS: Bounds(BURNED_BPS_MIN, 8_000),
    # Half at least, so that nobody asks or disputes himself for free.
    Param.FORFEIT_BURNED_BPS: Bounds(5_000, BPS),
    Param.SEAT_DEPOSIT: Bounds(UNIT // 10, 1_000 * UNIT),
    Param.DISPUTE_BLOCKS_MIN: Bounds(5, 10_000),
}


@frozen
class ParamSet(Event, index=0):
    """A number is another from now on."""

    param: Param
    before: Balance
    after: Balance


class ParamOutOfBounds(ModuleError, index=0):
    """The number is below the least or above the most that it may be."""


class Parameters(Pallet, events=ParamSet, errors=ParamOutOfBounds):
    """What was set; a number that nobody set is its default."""

    bounds: Constant[AllBounds]
    """What each number may be, in their order."""

    defaults: Constant[AllDefaults]
    """What each number is until somebody sets it."""

    values: StorageMap[Param, Balance] = mapping(twox_64_concat)
    """Every number that is not its default."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        *,
        index: int,
        defaults: dict[Param, int],
        setter: AccountId,
    ) -> None:
        super().__init__(state, index=index)
        self.bounds = tuple(BOUNDS[param] for param in Param)
        self.defaults = tuple(defaults[param] for param in Param)
        self._system = system
        self._setter = setter

    @call(index=0, weight=weights.SET_PARAM)
    def set_param(self, origin: Origin, param: Param, value: Compact[Balance]) -> None:
        """Makes a number another, for what happens from now on.

        Origin: root, or the account of the parameters' track. Events: `ParamSet`.
        Errors: `ParamOutOfBounds`.
        """
        if origin.kind is not OriginKind.ROOT and origin.ensure_signed() != self._setter:
            raise BadOrigin
        bounds, default = BOUNDS[param], self.defaults[param]
        if not bounds.least <= value <= bounds.most:
            raise ParamOutOfBounds
        before = self.get_param(param, default)
        if value == default:
            del self.values[param]
        else:
            self.values[param] = value
        self._system.deposit_event(self, ParamSet(param, before, value))

    def get_param(self, param: Param, default: int) -> int:
        """The number as it was set, or the default where nobody set it."""
        value = self.values.get(param)
        return default if value is None else value

    def get_all(self) -> dict[Param, int]:
        """Every number as it is now."""
        return {param: self.get_param(param, self.defaults[param]) for param in Param}

    def try_state(self) -> None:
        """Every number is within its bounds, and none is kept that is its default."""
        for param, value in self.values.items():
            bounds = BOUNDS[param]
            assert bounds.least <= value <= bounds.most, f"{param.name}: {value} is out of bounds"
            assert value != self.defaults[param], f"{param.name}: its default is kept"
