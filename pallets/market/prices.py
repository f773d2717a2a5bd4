"""How the price of a slot comes about: one shape for each rule.

Every rule says what a slot can cost at most, which is in escrow for each slot that is not final.
"""

from typing import Annotated, TypeAlias

from runtime.codec import Name, variant
from runtime.frozen import frozen
from runtime.primitives import Balance, BlockNumber


@variant(0)
@frozen
class Posted:
    """A fixed price for each slot."""

    price: Balance

    @property
    def cap(self) -> int:
        """The most that a slot can cost."""
        return self.price

    @property
    def is_well_formed(self) -> bool:
        """Whether its numbers make sense."""
        return self.price > 0

    def compute(self, elapsed: int) -> int:
        """What a slot costs that is locked so many blocks after posting."""
        del elapsed
        return self.price

    def raise_by(self, amount: int) -> "Posted":
        """The rule with a higher price."""
        return Posted(self.price + amount)


@variant(1)
@frozen
class Dutch:
    """A price for each slot that rises from `min` to `max` over `ramp` blocks."""

    min: Balance
    max: Balance
    ramp: BlockNumber

    @property
    def cap(self) -> int:
        """The most that a slot can cost."""
        return self.max

    @property
    def is_well_formed(self) -> bool:
        """Whether its numbers make sense."""
        return 0 < self.min <= self.max and self.ramp > 0

    def compute(self, elapsed: int) -> int:
        """What a slot costs that is locked so many blocks after posting, rounded down."""
        return self.min + (self.max - self.min) * min(elapsed, self.ramp) // self.ramp

    def raise_by(self, amount: int) -> "Dutch":
        """The rule with a higher end."""
        return Dutch(self.min, self.max + amount, self.ramp)


@variant(2)
@frozen
class Bids:
    """What each provider asks, up to `max`; the owner accepts the bids it likes."""

    max: Balance

    @property
    def cap(self) -> int:
        """The most that a slot can cost."""
        return self.max

    @property
    def is_well_formed(self) -> bool:
        """Whether its numbers make sense."""
        return self.max > 0

    def compute(self, elapsed: int) -> None:
        """Nothing that time says: a slot is locked by accepting a bid, at the bid's price."""
        del elapsed

    def raise_by(self, amount: int) -> "Bids":
        """The rule with a higher limit."""
        return Bids(self.max + amount)


@variant(3)
@frozen
class Going:
    """The going price of a unit for each of the slot's units, up to `max`: see the work pallet."""

    max: Balance

    @property
    def cap(self) -> int:
        """The most that a slot can cost."""
        return self.max

    @property
    def is_well_formed(self) -> bool:
        """Whether its numbers make sense."""
        return self.max > 0

    def compute(self, elapsed: int) -> None:
        """Nothing that time says alone: it depends on the slots that were taken before."""
        del elapsed

    def raise_by(self, amount: int) -> "Going":
        """The rule with a higher limit."""
        return Going(self.max + amount)


PriceRule: TypeAlias = Annotated[
    Posted | Dutch | Bids | Going, Name("pallet_market::types::PriceRule")
]
