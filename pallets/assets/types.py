"""What the assets pallet stores."""

from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U8, Name, variant
from runtime.frame.asset_traits import AssetKeeper, AssetKind
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Hash

SUPPLY_MAX = (1 << 128) - 1

ENTRY_OVERHEAD_BYTES = 128
"""What a deposit pays for beside an entry's value: its key, and its path in the state."""


@variant(0)
@frozen
class AccountOwner:
    """Somebody made the asset, mints it and may freeze holdings."""

    who: AccountId


@variant(1)
@frozen
class PalletOwner:
    """The rules of a pallet decide about the asset."""

    keeper: AssetKeeper


Owner: TypeAlias = Annotated[AccountOwner | PalletOwner, Name("pallet_assets::types::Owner")]


@frozen
class Asset:
    """One token: who decides about it, and how much of it there is."""

    SCALE_PATH: ClassVar[str] = "pallet_assets::types::Asset"

    owner: Owner
    kind: AssetKind
    decimals: U8
    """How clients show amounts; the chain counts smallest units."""

    supply: Balance
    min_balance: Balance
    """No holding is smaller."""

    is_transferable: bool
    expires_at: BlockNumber | None
    """From this block on nothing is minted or moved."""

    meta_hash: Hash
    """Of the name, symbol and whatever else clients show; the chain does not know it."""

    depositor: AccountId
    deposit: Balance


@frozen
class Holding:
    """One account's units of one asset; never empty."""

    SCALE_PATH: ClassVar[str] = "pallet_assets::types::Holding"

    payer: AccountId
    """Who caused the entry and has its deposit on hold until it is gone."""

    deposit: Balance
    free: Balance = 0
    held: Balance = 0
    """The sum of its holds."""

    is_frozen: bool = False

    @property
    def total(self) -> int:
        """Free and held together."""
        return self.free + self.held


@frozen
class Approval:
    """What somebody may still spend of another's holding."""

    SCALE_PATH: ClassVar[str] = "pallet_assets::types::Approval"

    amount: Balance
    deposit: Balance
