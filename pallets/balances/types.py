"""The values that balances keeps beside each account, as Substrate's clients know them."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import Array, MaxLen, Name
from runtime.frame.traits import HoldReason
from runtime.frozen import frozen
from runtime.primitives import Balance

LOCKS_MAX = 50
RESERVES_MAX = 50
FREEZES_MAX = 0
"""No pallet freezes balances; locks do that here."""

LockIdentifier: TypeAlias = Annotated[bytes, Array(8), Name("LockIdentifier")]


class Reasons(IntEnum):
    """For which withdrawals a lock holds."""

    SCALE_PATH = nonmember("pallet_balances::types::Reasons")

    FEE = 0
    MISC = 1
    ALL = 2


class AdjustmentDirection(IntEnum):
    """Which way an adjustment goes."""

    SCALE_PATH = nonmember("pallet_balances::types::AdjustmentDirection")

    INCREASE = 0
    DECREASE = 1


class BalanceStatus(IntEnum):
    """Which part of an account's balance is meant."""

    SCALE_PATH = nonmember("frame_support::traits::tokens::misc::BalanceStatus")

    FREE = 0
    RESERVED = 1


class FreezeReason(IntEnum):
    """Why a balance is frozen: there is no such reason yet."""

    SCALE_PATH = nonmember("soberana_runtime::RuntimeFreezeReason")


@frozen
class BalanceLock:
    """A part of the balance that may not be spent; locks overlap, the largest counts."""

    SCALE_PATH: ClassVar[str] = "pallet_balances::types::BalanceLock"

    id: LockIdentifier
    amount: Balance
    reasons: Reasons


@frozen
class ReserveData:
    """A reserved part of the balance, under a name."""

    SCALE_PATH: ClassVar[str] = "pallet_balances::types::ReserveData"

    id: LockIdentifier
    amount: Balance


@frozen
class HeldAmount:
    """A part of the balance on hold for one reason."""

    SCALE_PATH: ClassVar[str] = "frame_support::traits::tokens::misc::IdAmount"

    id: HoldReason
    amount: Balance


@frozen
class FrozenAmount:
    """A part of the balance frozen for one reason."""

    SCALE_PATH: ClassVar[str] = "frame_support::traits::tokens::misc::IdAmount"

    id: FreezeReason
    amount: Balance


BalanceLocks: TypeAlias = Annotated[tuple[BalanceLock, ...], MaxLen(LOCKS_MAX)]
Reserves: TypeAlias = Annotated[tuple[ReserveData, ...], MaxLen(RESERVES_MAX)]
HeldAmounts: TypeAlias = Annotated[tuple[HeldAmount, ...], MaxLen(len(HoldReason))]
FrozenAmounts: TypeAlias = Annotated[tuple[FrozenAmount, ...], MaxLen(FREEZES_MAX)]
