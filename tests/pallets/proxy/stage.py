"""A runtime with proxy and multisig, and the calls that its people send."""

from typing import Any

from pallets.proxy.declarations import (
    Announced,
    ProxyAdded,
    ProxyExecuted,
    ProxyRemoved,
    ProxyType,
    PureCreated,
)
from runtime.crypto.hashing import blake2_256
from runtime.frame import Call, Event
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Hash
from tests.helpers.account_pallets import add_multisig, add_proxy
from tests.helpers.mock_runtime import (
    ALICE,
    BOB,
    CHARLIE,
    DAVE,
    MockRuntime,
    make_header,
    signed,
    to,
)

PEOPLE = (ALICE, BOB, CHARLIE, DAVE)
OWN = ProxyExecuted, PureCreated, Announced, ProxyAdded, ProxyRemoved


class Stage:
    """Everybody has 1000."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(who, 1_000) for who in PEOPLE])
        self.multisig = add_multisig(self.runtime)
        self.pallet = add_proxy(self.runtime)

    def make(self, name: str, *args: Any) -> Call:
        return self.runtime.make_call(self.pallet, name, *args)

    def send(self, who: AccountId, name: str, *args: Any) -> None:
        self.runtime.dispatch(self.make(name, *args), signed(who))

    def give(self, amount: int, dest: AccountId = DAVE) -> Call:
        return self.runtime.make_call(
            self.runtime.balances, "transfer_keep_alive", to(dest), amount
        )

    def remark(self) -> Call:
        return self.runtime.make_call(self.runtime.system, "remark_with_event", b"hello")

    def batch(self, *calls: Call) -> Call:
        return self.runtime.make_call(self.runtime.utility, "batch_all", calls)

    def hash(self, call: Call) -> Hash:
        return Hash(blake2_256(self.runtime.calls.encode(call)))

    def add(
        self,
        real: AccountId,
        delegate: AccountId,
        proxy_type: ProxyType = ProxyType.ANY,
        delay: int = 0,
    ) -> None:
        self.send(real, "add_proxy", to(delegate), proxy_type, delay)

    def act(
        self, who: AccountId, real: AccountId, call: Call, wanted: ProxyType | None = None
    ) -> ProxyExecuted:
        """What became of a call through a proxy."""
        self.runtime.take_events()
        made = self.make("proxy", to(real), wanted, call)
        post = self.runtime.dispatch(made, signed(who))
        assert post.actual_weight is not None
        assert post.actual_weight.is_within(made.get_dispatch_info().weight)
        *_, last = (each for each in self.runtime.get_events() if isinstance(each, ProxyExecuted))
        return last

    def pass_blocks(self, count: int) -> None:
        number = self.runtime.system.get_block_number()
        self.runtime.system.initialize(make_header(number + count))

    def get_held(self, who: AccountId) -> int:
        return self.runtime.money.get_held(HoldReason.PROXY_DEPOSIT, who)

    def get_free(self, who: AccountId) -> int:
        return self.runtime.money.get_free(who)

    def take_own_events(self) -> list[Event]:
        return [each for each in self.runtime.take_events() if isinstance(each, OWN)]
