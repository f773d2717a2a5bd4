"""The events and errors of the assets pallet."""

from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.asset_traits import AssetHoldReason, AssetKind
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Id


@frozen
class Created(Event, index=0):
    """There is a new asset."""

    asset: Id
    kind: AssetKind
    depositor: AccountId


@frozen
class Minted(Event, index=1):
    """Units came into being."""

    asset: Id
    who: AccountId
    amount: Balance


@frozen
class Burned(Event, index=2):
    """Units are no more."""

    asset: Id
    who: AccountId
    amount: Balance


@frozen
class Transferred(Event, index=3):
    """Units moved."""

    asset: Id
    from_: AccountId
    to: AccountId
    amount: Balance


@frozen
class Approved(Event, index=4):
    """A spender may take so much of an owner's holding, whatever it was before."""

    asset: Id
    owner: AccountId
    spender: AccountId
    amount: Balance


@frozen
class Frozen(Event, index=5):
    """A holding can no longer move, or can again."""

    asset: Id
    who: AccountId
    is_frozen: bool


@frozen
class OwnerSet(Event, index=6):
    """An asset has a new owner."""

    asset: Id
    owner: AccountId


@frozen
class Destroyed(Event, index=7):
    """An asset without units is gone; its deposit is returned."""

    asset: Id


@frozen
class Held(Event, index=8):
    """Units were put on hold."""

    asset: Id
    who: AccountId
    reason: AssetHoldReason
    amount: Balance


@frozen
class Released(Event, index=9):
    """Units on hold are free again."""

    asset: Id
    who: AccountId
    reason: AssetHoldReason
    amount: Balance


class NoAsset(ModuleError, index=0):
    """There is no asset with this number."""


class NotOwner(ModuleError, index=1):
    """The asset is somebody else's, or a pallet's."""


class Insufficient(ModuleError, index=2):
    """The account has less of the asset free."""


class BelowMin(ModuleError, index=3):
    """A holding would be smaller than the asset allows."""


class NonTransferable(ModuleError, index=4):
    """The asset does not move from hand to hand."""


class FrozenHolding(ModuleError, index=5):
    """The asset's owner froze this holding; it can only be burned."""


class Expired(ModuleError, index=6):
    """The asset has expired; it can only be burned."""


class SupplyNotZero(ModuleError, index=7):
    """Somebody still holds the asset."""


class Overflow(ModuleError, index=8):
    """There cannot be as many units."""


class ZeroAmount(ModuleError, index=9):
    """The amount is zero."""


class NotApproved(ModuleError, index=10):
    """The owner lets the signer spend less, or nothing."""


class BadExpiry(ModuleError, index=11):
    """An asset expires after the present block or never."""


class NotExpired(ModuleError, index=12):
    """Only what is left of an expired asset can be cleared away."""


class NoHolding(ModuleError, index=13):
    """The account has nothing of the asset."""
