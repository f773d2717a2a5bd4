"""What the bonds pallet stores."""

from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import Array, MaxLen
from runtime.frame.ai_types import Role
from runtime.frozen import frozen, replace
from runtime.primitives import UNIT, AccountId, Balance, BlockNumber

CHUNKS_MAX = 8
"""Parts of one bond that may be unbonding at a time."""


@frozen
class RoleTerms:
    """What a role asks of its bonds."""

    SCALE_PATH: ClassVar[str] = "pallet_bonds::types::RoleTerms"

    bond_min: Balance
    """The least that takes duties."""

    unbonding_blocks: BlockNumber
    """Twice the longest challenge window of the role's duties."""


AllTerms: TypeAlias = Annotated[tuple[RoleTerms, ...], Array(len(Role))]
"""The terms of every role, by its number."""

DEFAULT_TERMS: AllTerms = (RoleTerms(100 * UNIT, 200),) * len(Role)


@frozen
class Chunk:
    """A part of a bond on its way out; it can still be slashed."""

    SCALE_PATH: ClassVar[str] = "pallet_bonds::types::Chunk"

    amount: Balance
    release_at: BlockNumber


@frozen
class Bond:
    """One account's collateral in one role."""

    SCALE_PATH: ClassVar[str] = "pallet_bonds::types::Bond"

    active: Balance = 0
    """Free for new duties."""

    locked: Balance = 0
    """The sum of what its duties hold."""

    unbonding: Annotated[tuple[Chunk, ...], MaxLen(CHUNKS_MAX)] = ()
    """Oldest first."""

    frozen_until: BlockNumber = 0
    missed_at: BlockNumber | None = None
    """When a duty was last missed without being slashed."""

    @property
    def total(self) -> int:
        """All of it: what the ledger has on hold for it."""
        return self.active + self.locked + sum([chunk.amount for chunk in self.unbonding])

    def lock(self, amount: int) -> "Bond":
        """The bond with an amount of its free part locked, or free again if it is below zero."""
        return replace(self, active=self.active - amount, locked=self.locked + amount)


@frozen
class Duty:
    """Who answers for a duty, and with how much."""

    SCALE_PATH: ClassVar[str] = "pallet_bonds::types::Duty"

    who: AccountId
    role: Role
    amount: Balance
