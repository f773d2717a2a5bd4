"""The time of the block: an inherent that every block holds, once."""

from pallets.weights import timestamp as weights
from runtime.codec import Compact
from runtime.errors import InvalidBlock
from runtime.frame import (
    Constant,
    DispatchClass,
    Origin,
    Pallet,
    Pays,
    StorageValue,
    call,
    value,
)
from runtime.primitives import BlockNumber, Moment, Weight
from runtime.state.externalities import Externalities


class Timestamp(Pallet):
    """The block's time in milliseconds since 1970, as its author set it.

    Whether it agrees with the header and with a clock is not decided here.
    """

    minimum_period: Constant[Moment]
    """The least time from one block to the next, in milliseconds."""

    now: StorageValue[Moment] = value(default=0)
    """The current time for the current block."""

    did_update: StorageValue[bool] = value(default=False)
    """Whether the timestamp has been updated in this block; removed at the end of each block."""

    def __init__(self, state: Externalities, *, index: int, minimum_period: int) -> None:
        super().__init__(state, index=index)
        assert minimum_period > 0, "time moves forward; qed"
        self.minimum_period = minimum_period

    @call(index=0, weight=weights.SET, dispatch_class=DispatchClass.MANDATORY, pays_fee=Pays.NO)
    def set(self, origin: Origin, now: Compact[Moment]) -> None:
        """Set the time of the block, in milliseconds; a wrong one makes the block invalid.

        Origin: none (inherent). Events: none. Errors: none.
        """
        origin.ensure_none()
        if self.did_update.get():
            raise InvalidBlock("timestamp set twice")
        earliest = self.now.get() + self.minimum_period
        if now < earliest:
            raise InvalidBlock(f"timestamp: expected at least {earliest} ms, got {now} ms")
        self.now.put(now)
        self.did_update.put(True)

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Announces the weight of `on_finalize`."""
        del number
        return weights.ON_FINALIZE

    def on_finalize(self, number: BlockNumber) -> None:
        """Ends the block's time; `InvalidBlock` if the author left it out."""
        del number
        if not self.did_update.get():
            raise InvalidBlock("timestamp not set")
        self.did_update.kill()

    def try_state(self) -> None:
        """Between blocks nothing is left of the last one's mark."""
        assert not self.did_update.is_set(), "did_update outlived its block"
