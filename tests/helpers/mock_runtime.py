"""A runtime of the real base pallets over a dictionary, for tests of one pallet or of several."""

from collections.abc import Iterable
from typing import Any

from pallets.balances import Balances
from pallets.timestamp import Timestamp
from pallets.transaction_payment import FeeRates, TransactionPayment
from pallets.utility import Utility
from runtime.address import Id
from runtime.codec import Codec
from runtime.errors import ModuleError
from runtime.frame import Call, Dispatcher, Event, Origin, Pallet, PostDispatch, compile_calls
from runtime.frame.event_record import EventRecord, compile_events
from runtime.frame.inner_calls import InnerCalls
from runtime.header import Digest, Header, PreRuntime
from runtime.host import Host, ReferenceHost
from runtime.limits import BLOCK_LENGTH, make_block_weights
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest
from runtime.primitives import AccountId, Hash, Moment, Weight
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from runtime.system import System
from runtime.version import VERSION

EXISTENTIAL_DEPOSIT = 100
MINIMUM_PERIOD_MS = 1_000
BATCHED_CALLS_LIMIT = 8

# A weight of 10**6 costs 3 planck, a byte 2; every transaction's own weight costs 6.
RATES = FeeRates(planck=3, ref_time=1_000_000, length_planck=2, base_extrinsic=Weight(2_000_000))

ALICE, BOB, CHARLIE, DAVE, EVE = (AccountId(bytes([n]) * 32) for n in range(1, 6))


def make_header(number: int, author: AccountId | None = None) -> Header:
    """A header whose parent and roots are zeros."""
    digest = Digest()
    if author is not None:
        pre_digest = PreDigest(author, 0, 0, 0, 0, Hash.zero())
        digest = Digest((PreRuntime(ENGINE, PRE_DIGEST.encode(pre_digest)),))
    return Header(Hash.zero(), number, Hash.zero(), Hash.zero(), digest)


class MockRuntime:
    """System, timestamp, utility, balances and fees bound to one state; a `ComposedRuntime`.

    Other pallets join by `add`. Block 1 has begun, its author is ``author``.
    """

    def __init__(
        self,
        balances: Iterable[tuple[AccountId, int]] = (),
        *,
        existential_deposit: int = EXISTENTIAL_DEPOSIT,
        author: AccountId | None = None,
        host: Host | None = None,
    ) -> None:
        self.state = state = Overlay(DictBackend({}))
        self.host: Host = ReferenceHost() if host is None else host
        self.version = VERSION
        self.system = System(
            state,
            index=0,
            block_weights=make_block_weights(RATES.base_extrinsic, Weight()),
            block_length=BLOCK_LENGTH,
            version=VERSION,
        )
        self.timestamp = Timestamp(state, index=2, minimum_period=MINIMUM_PERIOD_MS)
        self.utility = Utility(
            state,
            self.system,
            index=4,
            dispatch=self.dispatch,
            get_module_index=self.get_module_index,
            batched_calls_limit=BATCHED_CALLS_LIMIT,
        )
        self.balances = Balances(
            state, self.system, self.system, index=6, existential_deposit=existential_deposit
        )
        self.money = self.balances.ledger
        self.fees = TransactionPayment(
            state, self.system, self.money, self.system, index=7, rates=RATES
        )
        self.inner_calls = InnerCalls(lambda: self.dispatcher, lambda: self.calls)
        self.pallets: tuple[Pallet, ...] = ()
        self.add(self.system, self.timestamp, self.utility, self.balances, self.fees)
        self.balances.build_genesis(balances)
        self.system.initialize(make_header(1, author))
        state.events.clear()

    def add(self, *pallets: Pallet) -> None:
        """Composes further pallets behind those that are there."""
        self.pallets = (*self.pallets, *pallets)
        self.dispatcher = Dispatcher(self.state, self.pallets)
        self.calls: Codec[Call] = compile_calls(tuple(each.get_calls() for each in self.pallets))
        self.events: Codec[tuple[EventRecord, ...]] = compile_events(
            tuple((each.index, type(each)) for each in self.pallets)
        )

    def get_module_index(self, error: ModuleError) -> int:
        return self.dispatcher.get_module_index(error)

    def get_moment(self) -> Moment:
        return self.timestamp.now.get()

    def make_call(self, pallet: Pallet, name: str, *args: Any) -> Call:
        """A call of a pallet by name, after a round trip through its encoding."""
        spec = next(spec for spec in pallet.spec.calls if spec.name == name)
        call = Call(pallet.index, pallet.spec.name, spec, args)
        assert self.calls.decode(self.calls.encode(call)) == call
        return call

    def dispatch(self, call: Call, origin: Origin) -> PostDispatch:
        return self.dispatcher.dispatch(call, origin)

    def get_records(self) -> tuple[EventRecord, ...]:
        """The events of the block so far."""
        return tuple(each for each in self.state.events if isinstance(each, EventRecord))

    def get_events(self) -> list[Event]:
        """The events of the block so far, without phase and pallet."""
        return [record.event.event for record in self.get_records()]

    def take_events(self) -> list[Event]:
        """The events since the last time, which are then forgotten."""
        events = self.get_events()
        self.state.events.clear()
        return events

    def try_state(self) -> None:
        """Checks every pallet's invariants."""
        for pallet in self.pallets:
            pallet.try_state()


def signed(account: AccountId) -> Origin:
    return Origin.signed(account)


def to(account: AccountId) -> Id:
    """An account as a call's address."""
    return Id(account)
