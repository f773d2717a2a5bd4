"""What the rights pallet stores: offers and resales of licences, pools of revenue and stakes."""

from enum import IntEnum, nonmember
from typing import ClassVar

from runtime.codec import U32, U64, U256, Compact
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Id

RESALE_BPS_MAX = 4_000
"""The most that a record takes of a resale."""

SHARE_SCALE = 1 << 64
"""Revenue is counted in so many parts of a planck: there are no more shares than that."""


@frozen
class RightsParams:
    """What the composed runtime decides about sales and shares."""

    treasury: AccountId
    entry_deposit: int
    """On hold for an offer, a resale or a stake."""

    endowment: int
    """The existential deposit, with which a purse begins."""

    burn_bps: int = 100
    treasury_bps: int = 100


class LicenceUse(IntEnum):
    """What a licence allows."""

    SCALE_PATH = nonmember("pallet_rights::types::LicenceUse")

    RUN = 0
    """To run it, or to read it."""

    TRAIN = 1
    """To make other records from it too, which name it as a parent."""

    REDISTRIBUTE = 2
    """To give it to others too."""


@frozen
class LicenceTerms:
    """What is sold; it never changes for those who bought it."""

    SCALE_PATH: ClassVar[str] = "pallet_rights::types::LicenceTerms"

    use: LicenceUse
    expires_at: BlockNumber | None
    resale_bps: Bps | None
    """The record's part of each resale; None where licences cannot be resold."""


@frozen
class Offer:
    """Licences of one kind at one price; kept as long as somebody holds one."""

    SCALE_PATH: ClassVar[str] = "pallet_rights::types::Offer"

    price: Balance
    terms: LicenceTerms
    asset: Compact[Id]
    """Each licence is one unit of it."""

    cap: U32
    sold: U32
    is_open: bool
    payer: AccountId
    deposit: Balance


@frozen
class Resale:
    """One licence that its holder would sell."""

    SCALE_PATH: ClassVar[str] = "pallet_rights::types::Resale"

    price: Balance
    deposit: Balance


@frozen
class Pool:
    """A record's shares, and what they have earned."""

    SCALE_PATH: ClassVar[str] = "pallet_rights::types::Pool"

    asset: Compact[Id]
    endowment: Balance
    """What the purse began with, and keeps as long as there are shares."""

    staked: U64 = 0
    per_share: U256 = 0
    """What one share staked from the beginning has earned, in parts of `SHARE_SCALE`."""

    counted: Balance = 0
    """What of the purse is somebody's already, or nobody's for good."""

    lost: U256 = 0
    """Nobody's, in parts of `SHARE_SCALE`: rounding, and what came when there was nobody."""


@frozen
class Stake:
    """One account's staked shares."""

    SCALE_PATH: ClassVar[str] = "pallet_rights::types::Stake"

    deposit: Balance
    amount: U64 = 0
    per_share: U256 = 0
    """The pool's when this was last paid out."""

    fraction: U64 = 0
    """Earned and less than a planck, in parts of `SHARE_SCALE`."""


def get_purse(record: Id) -> AccountId:
    """The account that holds what a record's shares earn; nobody has its key."""
    return AccountId((b"modlpy/share" + record.to_bytes(8, "little")).ljust(32, b"\0"))
