"""A runtime with scheduler and preimage, driven block by block."""

from typing import Any

from pallets.scheduler.declarations import (
    AgendaIncomplete,
    CallUnavailable,
    Canceled,
    Dispatched,
    PeriodicFailed,
    PermanentlyOverweight,
    Scheduled,
)
from pallets.weights import scheduler as weights
from runtime.frame import Call, Event, Origin
from runtime.primitives import AccountId, Weight
from tests.helpers.account_pallets import add_preimage, add_scheduler
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, make_header, to

OWN = (
    Scheduled,
    Canceled,
    Dispatched,
    CallUnavailable,
    PeriodicFailed,
    PermanentlyOverweight,
    AgendaIncomplete,
)
BASE = weights.SERVICE_AGENDAS + weights.SERVICE_AGENDA
PLENTY = Weight(10**12, 10**7)
ROOT = Origin.root()


class Stage:
    """Block 1; Alice has 10,000, Bob 1000."""

    def __init__(self, maximum_weight: Weight = PLENTY) -> None:
        self.runtime = MockRuntime([(ALICE, 10_000), (BOB, 1_000)])
        self.preimage = add_preimage(self.runtime)
        self.pallet = add_scheduler(self.runtime, self.preimage, maximum_weight)
        self.state = self.runtime.state

    def make(self, name: str, *args: Any) -> Call:
        return self.runtime.make_call(self.pallet, name, *args)

    def send(self, name: str, *args: Any, origin: Origin = ROOT) -> None:
        self.runtime.dispatch(self.make(name, *args), origin)

    def give(self, amount: int) -> Call:
        """Root moves Alice's money to Bob: each amount tells which task ran."""
        args = to(ALICE), to(BOB), amount
        return self.runtime.make_call(self.runtime.balances, "force_transfer", *args)

    def remark(self, size: int) -> Call:
        """A call of some size, which root may not make."""
        return self.runtime.make_call(self.runtime.system, "remark", bytes(size))

    def batch(self, *calls: Call) -> Call:
        return self.runtime.make_call(self.runtime.utility, "batch_all", calls)

    def schedule(
        self, when: int, call: Call, *, priority: int = 0, periodic: tuple[int, int] | None = None
    ) -> None:
        self.send("schedule", when, periodic, priority, call)

    def begin(self, number: int) -> Weight:
        """The next block begins; the weight that the scheduler used in it."""
        self.runtime.take_events()
        self.runtime.system.initialize(make_header(number))
        used = self.pallet.on_initialize(number)
        assert used.is_within(self.pallet.maximum_weight)
        self.runtime.try_state()
        return used

    def get_given(self, who: AccountId = BOB) -> int:
        return self.runtime.money.get_free(who) - 1_000

    def take_own_events(self) -> list[Event]:
        return [each for each in self.runtime.take_events() if isinstance(each, OWN)]
