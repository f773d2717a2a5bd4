"""The events of balances, numbered and named as Substrate numbers and names them."""

from typing import TypeAlias

from pallets.balances.types import BalanceStatus
from runtime.frame import Event
from runtime.frame.traits import HoldReason
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance


@frozen
class Endowed(Event, index=0):
    """An account was created with some free balance."""

    account: AccountId
    free_balance: Balance


@frozen
class DustLost(Event, index=1):
    """An account was removed: what it had left, below the existential deposit, was burned."""

    account: AccountId
    amount: Balance


@frozen
class Transfer(Event, index=2):
    """Transfer succeeded."""

    from_: AccountId
    to: AccountId
    amount: Balance


@frozen
class BalanceSet(Event, index=3):
    """A balance was set by root."""

    who: AccountId
    free: Balance


@frozen
class Reserved(Event, index=4):
    """Some balance was reserved (moved from free to reserved)."""

    who: AccountId
    amount: Balance


@frozen
class Unreserved(Event, index=5):
    """Some balance was unreserved (moved from reserved to free)."""

    who: AccountId
    amount: Balance


@frozen
class ReserveRepatriated(Event, index=6):
    """Some balance was moved from the reserve of the first account to the second account."""

    from_: AccountId
    to: AccountId
    amount: Balance
    destination_status: BalanceStatus


@frozen
class Deposit(Event, index=7):
    """Some amount was deposited (e.g. a refunded fee, or a tip)."""

    who: AccountId
    amount: Balance


@frozen
class Withdraw(Event, index=8):
    """Some amount was withdrawn from the account (e.g. for transaction fees)."""

    who: AccountId
    amount: Balance


@frozen
class Slashed(Event, index=9):
    """Some amount was removed from the account (e.g. for misbehavior)."""

    who: AccountId
    amount: Balance


@frozen
class Minted(Event, index=10):
    """Some amount was minted into an account."""

    who: AccountId
    amount: Balance


@frozen
class Burned(Event, index=11):
    """Some amount was burned from an account."""

    who: AccountId
    amount: Balance


@frozen
class Suspended(Event, index=12):
    """Some amount was suspended from an account (it can be restored later)."""

    who: AccountId
    amount: Balance


@frozen
class Restored(Event, index=13):
    """Some amount was restored into an account."""

    who: AccountId
    amount: Balance


@frozen
class Upgraded(Event, index=14):
    """An account was upgraded."""

    who: AccountId


@frozen
class Issued(Event, index=15):
    """Total issuance was increased by `amount`."""

    amount: Balance


@frozen
class Rescinded(Event, index=16):
    """Total issuance was decreased by `amount`."""

    amount: Balance


@frozen
class Locked(Event, index=17):
    """Some balance was locked."""

    who: AccountId
    amount: Balance


@frozen
class Unlocked(Event, index=18):
    """Some balance was unlocked."""

    who: AccountId
    amount: Balance


@frozen
class Frozen(Event, index=19):
    """Some balance was frozen."""

    who: AccountId
    amount: Balance


@frozen
class Thawed(Event, index=20):
    """Some balance was thawed."""

    who: AccountId
    amount: Balance


@frozen
class TotalIssuanceForced(Event, index=21):
    """The `TotalIssuance` was forcefully changed."""

    old: Balance
    new: Balance


@frozen
class Held(Event, index=22):
    """Some balance was placed on hold."""

    reason: HoldReason
    who: AccountId
    amount: Balance


@frozen
class BurnedHeld(Event, index=23):
    """Held balance was burned from an account."""

    reason: HoldReason
    who: AccountId
    amount: Balance


@frozen
class TransferOnHold(Event, index=24):
    """Held balance of `source` was moved to `dest`."""

    reason: HoldReason
    source: AccountId
    dest: AccountId
    amount: Balance


@frozen
class TransferAndHold(Event, index=25):
    """Free balance of `source` was moved to `dest` and put on hold there."""

    reason: HoldReason
    source: AccountId
    dest: AccountId
    transferred: Balance


@frozen
class Released(Event, index=26):
    """Some balance was released from hold."""

    reason: HoldReason
    who: AccountId
    amount: Balance


BalancesEvent: TypeAlias = (
    Endowed
    | DustLost
    | Transfer
    | BalanceSet
    | Reserved
    | Unreserved
    | ReserveRepatriated
    | Deposit
    | Withdraw
    | Slashed
    | Minted
    | Burned
    | Suspended
    | Restored
    | Upgraded
    | Issued
    | Rescinded
    | Locked
    | Unlocked
    | Frozen
    | Thawed
    | TotalIssuanceForced
    | Held
    | BurnedHeld
    | TransferOnHold
    | TransferAndHold
    | Released
)
