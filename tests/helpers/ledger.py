"""What a pallet needs to be tested alone: the real ledger, and a block number set by hand."""

from pallets.balances import Balances
from runtime.frame.event import Event
from runtime.frame.pallet import Pallet
from runtime.frame.traits import HoldReason, Money
from runtime.limits import BLOCK_LENGTH, make_block_weights
from runtime.primitives import AccountId, BlockNumber, Weight
from runtime.state.overlay import Overlay
from runtime.system import System
from runtime.version import VERSION

EXISTENTIAL_DEPOSIT = 500


def account(number: int) -> AccountId:
    """A distinct account for each small number."""
    return AccountId(bytes([number]) * 32)


class Blocks:
    """An `EventSink` whose block number is set by hand; events stand in the state as they are."""

    def __init__(self, state: Overlay) -> None:
        self.state = state
        self.number = 1

    def deposit_event(self, pallet: Pallet, event: Event) -> None:
        """Emits the event, without phase and pallet."""
        del pallet
        self.state.emit(event)

    def get_block_number(self) -> BlockNumber:
        """The number set by hand."""
        return self.number


class _Quiet:
    """An `EventSink` for the ledger, whose events are no part of the test."""

    def deposit_event(self, pallet: Pallet, event: Event) -> None:
        """Forgets the event."""

    def get_block_number(self) -> BlockNumber:
        """No number matters."""
        return 0


def make_ledger(state: Overlay) -> Money:
    """The ledger of the balances pallet over System's accounts; it emits no events of its own."""
    weights = make_block_weights(Weight(), Weight())
    system = System(
        state, index=0, block_weights=weights, block_length=BLOCK_LENGTH, version=VERSION
    )
    balances = Balances(state, _Quiet(), system, index=6, existential_deposit=EXISTENTIAL_DEPOSIT)
    return balances.ledger


def get_wealth(money: Money, who: AccountId) -> int:
    """Free and held together."""
    return money.get_free(who) + sum(money.get_held(reason, who) for reason in HoldReason)
