"""The numbers of other pallets that governance may change, and how a pallet reads one."""

from enum import IntEnum, nonmember
from typing import Protocol

from runtime.frozen import frozen
from runtime.primitives import BPS


class Param(IntEnum):
    """A number that can be changed; what it was made with is its default."""

    SCALE_PATH = nonmember("soberana_runtime::Param")

    BURN_BPS = 0
    """What of the price of a slot, or of a lease's time, is burned."""

    TREASURY_BPS = 1
    """What of the price of a slot, or of a lease's time, goes to the treasury."""

    BONUS_BPS = 2
    """What of the burned part useful mining returns."""

    SLOT_BOND_MIN = 3
    """The least collateral for a slot, a lease, a seat or a sale, in planck."""

    BOND_FACTOR_BPS = 4
    """The collateral for a slot, in its price."""

    ROLE_BOND_MIN = 5
    """The least bond in a role, in planck."""

    UNBONDING_BLOCKS = 6
    """How long a bond takes to leave."""

    GRACE_BLOCKS = 7
    """A second missed duty within so many blocks is slashed."""

    FREEZE_BLOCKS = 8
    """How long a first missed duty freezes a role."""

    TREASURY_CAP_BPS = 9
    """What may leave the treasury in a period."""

    TREASURY_BURN_BPS = 10
    """What of the treasury burns at a period's end."""

    ERA_BLOCKS = 11
    """How many blocks the next eras have."""

    TITHE_BPS = 12
    """What of an era's emission is the treasury's."""

    BAND_LOW_BPS = 13
    """Below this utilisation the going price falls."""

    BAND_HIGH_BPS = 14
    """Above this utilisation the going price rises."""

    PRICE_STEP_BPS = 15
    """How far the going price moves in a block."""
    DEPOSIT_BPS = 16
    """What deposits for storage are, in what the runtime was made with."""

    ROYALTY_CAP_BPS = 17
    """What all royalties of a new record may be together."""

    SALE_BURN_BPS = 18
    """What of the price of a licence, or of sealed data, is burned."""

    SALE_TREASURY_BPS = 19
    """What of the price of a licence, or of sealed data, goes to the treasury."""

    SALE_BOND_BPS = 20
    """The collateral for a sale of sealed data, in its price."""

    SILENCE_BPS = 21
    """What of that collateral a seller loses who does not deliver."""

    LEASE_BOND_BLOCKS = 22
    """The collateral for a lease, in what it pays for so many blocks."""

    AUDIT_MISSES_MAX = 23
    """So many missed audits end a new lease."""

    SEAT_BOND_BPS = 24
    """The collateral for a labeller's seat, in what a seat earns on average."""

    GOLD_DEPOSIT_BPS = 25
    """The deposit for a round's gold, in its pool."""

    RATING_HALF_LIFE_BLOCKS = 26
    """After so many blocks a rating weighs half."""

    PROOF_BLOCKS = 27
    """How long a new claim of a product can be challenged."""

    SPOT_BLOCKS = 28
    """How long a new claim of a sampled picture can be challenged."""

    DEMAND_BPS = 29
    """The deposit of who asks for a tile, in the collateral of the claim."""

    VALIDATION_DEPOSIT_BPS = 30
    """What the owner of a new pool loses who hides its examples for ever, in the pool's total."""

    WAITING_FACTOR_BPS = 31
    """The collateral for a product that waits to be proven wrong, in its price."""

    SAMPLED_FACTOR_BPS = 32
    """The collateral for a picture of which only a sample is drawn again, in its price."""

    ANSWER_BLOCKS = 33
    """How long a tile of a new claim may take to be shown that somebody asks for."""

    REACT_BLOCKS = 34
    """How long who was shown a tile of a new claim has to ask for the next."""

    AUDIT_DRAWS_MIN = 35
    """The fewest chunks that an audit of newly offered storage draws."""

    AUDIT_EVERY_MAX = 36
    """The most blocks between two audits of newly offered storage."""

    COMMITTEE_MIN = 37
    """The fewest labellers of a new round."""

    GOLD_SHARE_BPS = 38
    """The least part of a new round's items whose label is hidden gold."""

    REVEAL_BLOCKS_MIN = 39
    """The least time to reveal what was committed to, in a new round or pool."""

    BLOCK_BLOB_BYTES = 40
    """What one block takes of blobs, all together."""

    FRAUD_BURNED_BPS = 41
    """What is burned of the collateral behind a false result or delivery."""

    FRAUD_TREASURY_BPS = 42
    """What of it goes to the treasury, or to the owner where somebody else proved it false."""

    MISS_BURNED_BPS = 43
    """What is burned of the collateral behind a duty that was not done; the injured has the rest.
    """

    FORFEIT_BURNED_BPS = 44
    """What is burned of a deposit that is lost: of a demand answered, of a false dispute."""

    SEAT_DEPOSIT = 45
    """The deposit of a contributor to a new pool, in planck."""

    DISPUTE_BLOCKS_MIN = 46
    """The least time to dispute sealed data of a new offer."""


class Parameters(Protocol):
    """Where a pallet reads a number at the moment that it needs it."""

    def get_param(self, param: Param, default: int) -> int:
        """The number as it was set, or the default where nobody set it."""
        ...


@frozen
class FixedParameters:
    """`Parameters` that nobody changes."""

    def get_param(self, param: Param, default: int) -> int:
        """The default."""
        del param
        return default


FIXED = FixedParameters()


def compute_deposit(parameters: Parameters, deposit: int) -> int:
    """A deposit for storage as governance scales it, rounded up.

    What was put on hold before stays as it was: every entry knows its own.
    """
    return -(-deposit * parameters.get_param(Param.DEPOSIT_BPS, BPS) // BPS)
