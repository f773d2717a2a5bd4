"""The events and errors of the bonds pallet."""

from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import DutyId, Role
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber


@frozen
class Bonded(Event, index=0):
    """An amount joined a bond, from the free balance or back from unbonding."""

    who: AccountId
    role: Role
    amount: Balance


@frozen
class Unbonding(Event, index=1):
    """An amount began to leave a bond; it can still be slashed."""

    who: AccountId
    role: Role
    amount: Balance
    release_at: BlockNumber


@frozen
class Withdrawn(Event, index=2):
    """What had finished unbonding is free balance again."""

    who: AccountId
    role: Role
    amount: Balance


@frozen
class Locked(Event, index=3):
    """A part of a bond now answers for a duty."""

    who: AccountId
    role: Role
    amount: Balance
    duty: DutyId


@frozen
class Unlocked(Event, index=4):
    """A duty was fulfilled; its collateral is free for others."""

    who: AccountId
    role: Role
    amount: Balance
    duty: DutyId


@frozen
class Slashed(Event, index=5):
    """Collateral was taken; the last three amounts sum to the first."""

    who: AccountId
    role: Role
    duty: DutyId
    amount: Balance
    burned: Balance
    injured: AccountId | None
    to_injured: Balance
    reporter: AccountId | None
    to_reporter: Balance


@frozen
class RoleFroze(Event, index=6):
    """A first missed duty: the role takes no new duties until then."""

    who: AccountId
    role: Role
    duty: DutyId
    until: BlockNumber


class BelowMinimum(ModuleError, index=0):
    """The bond would be, or is, smaller than its role asks."""


class LockedFunds(ModuleError, index=1):
    """That much is not free: duties hold it, or it is not there."""


class NotReady(ModuleError, index=2):
    """Nothing has finished unbonding."""


class TooManyChunks(ModuleError, index=3):
    """Too many parts of this bond are unbonding already."""


class RoleFrozen(ModuleError, index=4):
    """A duty was missed; the role is frozen for a while."""


class NotBonded(ModuleError, index=5):
    """The account has no bond in this role."""


class NoSuchChunk(ModuleError, index=6):
    """No part with this number is unbonding."""


class DutyTaken(ModuleError, index=7):
    """Somebody's collateral already answers for this duty."""


class ZeroAmount(ModuleError, index=8):
    """The amount is zero."""
