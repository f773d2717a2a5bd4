"""The boundary between the assets pallet and the pallets that keep assets of their own."""

from enum import IntEnum, nonmember
from typing import Protocol

from runtime.primitives import AccountId, BlockNumber, Id


class AssetKind(IntEnum):
    """What an asset stands for; 3 and above are kept for later kinds."""

    SCALE_PATH = nonmember("pallet_assets::types::AssetKind")

    FUNGIBLE = 0
    LICENCE = 1
    SHARE = 2


class AssetKeeper(IntEnum):
    """A pallet that keeps assets: nobody else can mint them."""

    SCALE_PATH = nonmember("pallet_assets::types::AssetKeeper")

    RIGHTS = 0


class AssetHoldReason(IntEnum):
    """Why a part of a holding cannot move; one holding may have a hold of each."""

    SCALE_PATH = nonmember("pallet_assets::types::AssetHoldReason")

    STAKED_SHARES = 0


class Assets(Protocol):
    """What a keeper asks of the assets pallet, about assets of its own.

    Another's asset is the caller's defect: the methods that change something assert it. Amounts
    are in the asset's smallest unit, and never zero.
    """

    def get_supply(self, asset: Id) -> int:
        """All units there are; 0 for no asset."""
        ...

    def get_free(self, asset: Id, who: AccountId) -> int:
        """An account's units outside holds."""
        ...

    def get_held(self, reason: AssetHoldReason, asset: Id, who: AccountId) -> int:
        """An account's units on hold for a reason."""
        ...

    def create_kept(
        self,
        keeper: AssetKeeper,
        kind: AssetKind,
        depositor: AccountId,
        *,
        is_transferable: bool,
        expires_at: BlockNumber | None = None,
    ) -> Id:
        """A new asset without decimals, paid for by the depositor until it is destroyed."""
        ...

    def mint_kept(
        self,
        keeper: AssetKeeper,
        asset: Id,
        dest: AccountId,
        amount: int,
        payer: AccountId | None = None,
    ) -> None:
        """Creates units; who receives them pays for the holding, unless a payer is named.

        Errors: `Expired`, `Overflow`.
        """
        ...

    def burn_kept(self, keeper: AssetKeeper, asset: Id, who: AccountId, amount: int) -> None:
        """Destroys free units. Errors: `Insufficient`."""
        ...

    def move_kept(
        self, keeper: AssetKeeper, asset: Id, source: AccountId, dest: AccountId, amount: int
    ) -> None:
        """Moves free units of any asset of the keeper's; who receives them pays for the holding.

        Errors: `Insufficient`, `Expired`.
        """
        ...

    def destroy_kept(self, keeper: AssetKeeper, asset: Id) -> None:
        """Removes an asset without units; its deposit is returned."""
        ...

    def hold(self, reason: AssetHoldReason, asset: Id, who: AccountId, amount: int) -> None:
        """Puts free units on hold. Errors: `Insufficient`, `FrozenHolding`, `Expired`."""
        ...

    def release(self, reason: AssetHoldReason, asset: Id, who: AccountId, amount: int) -> None:
        """Frees units on hold. Errors: `Insufficient`."""
        ...
