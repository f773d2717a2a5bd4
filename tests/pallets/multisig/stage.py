"""A runtime with a multisig of two of three people, and the calls that they send."""

from typing import Any

from pallets.multisig import compute_multisig_account
from pallets.multisig.declarations import (
    MultisigApproval,
    MultisigCancelled,
    MultisigExecuted,
    NewMultisig,
    Timepoint,
)
from runtime.crypto.hashing import blake2_256
from runtime.frame import Call, Event
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Weight
from tests.helpers.account_pallets import (
    DEPOSIT_BASE,
    DEPOSIT_FACTOR,
    add_multisig,
)
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, MockRuntime, signed, to

ABC = (ALICE, BOB, CHARLIE)
MULTI = compute_multisig_account(ABC, 2)
DEPOSIT = DEPOSIT_BASE + 2 * DEPOSIT_FACTOR
BIG = Weight(10**12, 10**6)
FIRST = Timepoint(1, 0)


class Stage:
    """A runtime with multisig; the account of two of three has 1000, as has each of the three."""

    def __init__(self) -> None:
        everybody = [(who, 1_000) for who in (*ABC, MULTI)]
        self.runtime = MockRuntime(everybody)
        self.multisig = add_multisig(self.runtime)

    def make(self, name: str, *args: Any) -> Call:
        return self.runtime.make_call(self.multisig, name, *args)

    def give(self, amount: int, dest: AccountId = DAVE) -> Call:
        return self.runtime.make_call(
            self.runtime.balances, "transfer_keep_alive", to(dest), amount
        )

    def hash(self, call: Call) -> bytes:
        return blake2_256(self.runtime.calls.encode(call))

    def as_multi(
        self,
        who: AccountId,
        call: Call,
        when: Timepoint | None,
        *,
        signatories: tuple[AccountId, ...] = ABC,
        threshold: int = 2,
        max_weight: Weight = BIG,
    ) -> Weight | None:
        others = tuple(each for each in signatories if each != who)
        args = (threshold, others, when, call, max_weight)
        declared = self.make("as_multi", *args)
        post = self.runtime.dispatch(declared, signed(who))
        assert post.actual_weight is not None
        assert post.actual_weight.is_within(declared.get_dispatch_info().weight)
        return post.actual_weight

    def approve(
        self, who: AccountId, call: Call, when: Timepoint | None, threshold: int = 2
    ) -> None:
        others = tuple(each for each in ABC if each != who)
        args = (threshold, others, when, self.hash(call), Weight())
        self.runtime.dispatch(self.make("approve_as_multi", *args), signed(who))

    def cancel(self, who: AccountId, call: Call, when: Timepoint, threshold: int = 2) -> None:
        others = tuple(each for each in ABC if each != who)
        args = (threshold, others, when, self.hash(call))
        self.runtime.dispatch(self.make("cancel_as_multi", *args), signed(who))

    def get_held(self, who: AccountId) -> int:
        return self.runtime.money.get_held(HoldReason.MULTISIG_DEPOSIT, who)

    def take_own_events(self) -> list[Event]:
        own = NewMultisig, MultisigApproval, MultisigExecuted, MultisigCancelled
        return [each for each in self.runtime.take_events() if isinstance(each, own)]
