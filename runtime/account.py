"""What System keeps of an account."""

from typing import ClassVar

from runtime.codec import U32, U128
from runtime.frozen import frozen, replace
from runtime.primitives import Balance, Nonce

FLAGS_NEW_LOGIC = 1 << 127
"""FRAME's mark of accounts whose holds follow the current rules; every account has it."""


@frozen
class ExtraFlags:
    """FRAME's flags word."""

    SCALE_PATH: ClassVar[str] = "pallet_balances::types::ExtraFlags"

    SCALE_UNNAMED: ClassVar[bool] = True

    bits: U128 = FLAGS_NEW_LOGIC


@frozen
class AccountData:
    """One account's balances, in planck."""

    SCALE_PATH: ClassVar[str] = "pallet_balances::types::AccountData"

    free: Balance = 0
    reserved: Balance = 0
    """The sum of the account's holds and reserves."""

    frozen: Balance = 0
    """The part of the balance that locks keep from being spent."""

    flags: ExtraFlags = ExtraFlags()

    @property
    def total(self) -> int:
        """Free and reserved together."""
        return self.free + self.reserved


@frozen
class AccountInfo:
    """An account: its nonce, why it exists, and its balances."""

    SCALE_PATH: ClassVar[str] = "frame_system::AccountInfo"

    nonce: Nonce = 0
    consumers: U32 = 0
    providers: U32 = 0
    sufficients: U32 = 0
    data: AccountData = AccountData()

    def with_data(self, data: AccountData) -> "AccountInfo":
        """The same account with other balances."""
        return replace(self, data=data)

    def with_next_nonce(self) -> "AccountInfo":
        """The same account after one more extrinsic."""
        return replace(self, nonce=self.nonce + 1)
