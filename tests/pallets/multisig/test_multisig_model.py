"""Multisigs against what the words say, whoever approves, cancels and pays what when."""

from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.multisig import compute_multisig_account
from pallets.multisig.declarations import MultisigExecuted, Timepoint
from runtime.crypto.hashing import blake2_256
from runtime.errors import DispatchError
from runtime.frame import Call, Origin
from runtime.frame.dispatch_error import Ok
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Weight
from tests.helpers.account_pallets import DEPOSIT_BASE, DEPOSIT_FACTOR, add_multisig
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, DAVE, MockRuntime, make_header, to

PEOPLE = (ALICE, BOB, CHARLIE, DAVE)
Group: TypeAlias = tuple[AccountId, ...]
GROUPS: tuple[Group, ...] = (PEOPLE[:2], PEOPLE[:3], PEOPLE[1:], PEOPLE)
FUNDS, ED = 300, 10
BIG = Weight(10**12, 10**6)


@dataclass
class Opened:
    """What the model knows of an open operation."""

    when: Timepoint
    owner: AccountId
    deposit: int
    approved: set[AccountId]


class MultisigMachine(RuleBasedStateMachine):
    """Does the same to the runtime and to the definition."""

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[tuple[Group, int], AccountId] = {
            (group, threshold): compute_multisig_account(group, threshold)
            for group in GROUPS
            for threshold in (2, 3)
        }
        everybody = [(who, FUNDS) for who in (*PEOPLE, *self.accounts.values())]
        self.runtime = MockRuntime(everybody, existential_deposit=ED)
        self.multisig = add_multisig(self.runtime)
        self.opened: dict[tuple[AccountId, int], Opened] = {}
        self.free = dict(everybody)
        self.number = 1

    def give(self, amount: int) -> Call:
        """The calls of this machine differ in their amount alone."""
        args = (to(ALICE), amount)
        return self.runtime.make_call(self.runtime.balances, "transfer_keep_alive", *args)

    def send(self, who: AccountId, name: str, *args: object) -> bool:
        """Whether a call succeeds; if it fails it leaves nothing."""
        before = self.runtime.state.changes()
        call = self.runtime.make_call(self.multisig, name, *args)
        self.runtime.take_events()
        try:
            self.runtime.dispatch(call, Origin.signed(who))
        except DispatchError:
            assert self.runtime.state.changes() == before
            assert self.runtime.take_events() == []
            return False
        return True

    def approve_in_model(
        self,
        who: AccountId,
        at: tuple[AccountId, int],
        threshold: int,
        is_named: bool,
        is_call: bool,
    ) -> bool | None:
        """Whether the approval counts (False: refused), None where the call is now executed."""
        opened = self.opened.get(at)
        if opened is None:
            deposit = DEPOSIT_BASE + threshold * DEPOSIT_FACTOR
            if is_named or self.free[who] - deposit < ED:
                return False
            self.free[who] -= deposit
            self.opened[at] = Opened(Timepoint(self.number, 0), who, deposit, {who})
            return True
        if not is_named:
            return False
        if is_call and len(opened.approved | {who}) >= threshold:
            return None
        if who in opened.approved or len(opened.approved) >= threshold:
            return False
        opened.approved.add(who)
        return True

    @rule(
        choice=st.integers(0, 11),
        group=st.sampled_from(GROUPS),
        threshold=st.sampled_from((2, 2, 3)),
        amount=st.sampled_from((1, 250, 1_000)),
        is_call=st.booleans(),
        is_named=st.sampled_from((True, True, True, False)),
    )
    def approve(
        self,
        choice: int,
        group: Group,
        threshold: int,
        amount: int,
        is_call: bool,
        is_named: bool,
    ) -> None:
        who, call = group[choice % len(group)], self.give(amount)
        at = self.accounts[group, threshold], amount
        others = tuple(each for each in group if each != who)
        opened = self.opened.get(at)
        is_named = is_named and opened is not None
        when = opened.when if opened is not None and is_named else None
        call_hash = blake2_256(self.runtime.calls.encode(call))
        if is_call:
            found = self.send(who, "as_multi", threshold, others, when, call, BIG)
        else:
            found = self.send(who, "approve_as_multi", threshold, others, when, call_hash, BIG)
        expected = self.approve_in_model(who, at, threshold, is_named, is_call)
        if expected is None:
            assert found
            self.execute(at, amount)
        else:
            assert found == expected

    def execute(self, at: tuple[AccountId, int], amount: int) -> None:
        done = self.opened.pop(at)
        self.free[done.owner] += done.deposit
        can = self.free.get(at[0], 0) - amount >= ED
        if can:
            self.free[at[0]] -= amount
            self.free[ALICE] += amount
        (event,) = [e for e in self.runtime.get_events() if isinstance(e, MultisigExecuted)]
        assert (event.result == Ok()) == can

    @rule(
        choice=st.integers(0, 11),
        group=st.sampled_from(GROUPS),
        amount=st.sampled_from((1, 250, 1_000)),
    )
    def cancel(self, choice: int, group: Group, amount: int) -> None:
        account, who = self.accounts[group, 2], group[choice % len(group)]
        opened = self.opened.get((account, amount))
        when = Timepoint(0, 0) if opened is None else opened.when
        call_hash = blake2_256(self.runtime.calls.encode(self.give(amount)))
        others = tuple(each for each in group if each != who)
        found = self.send(who, "cancel_as_multi", 2, others, when, call_hash)
        may = opened is not None and opened.owner == who
        assert found == may
        if found and opened is not None:
            del self.opened[account, amount]
            self.free[who] += opened.deposit

    @rule()
    def pass_block(self) -> None:
        self.number += 1
        self.runtime.system.initialize(make_header(self.number))

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        self.runtime.try_state()
        money = self.runtime.money
        assert {who: money.get_free(who) for who in self.free} == self.free
        held = sum(each.deposit for each in self.opened.values())
        reason = HoldReason.MULTISIG_DEPOSIT
        assert sum(money.get_held(reason, who) for who in self.free) == held
        assert sum(self.free.values()) + held == money.get_issuance()
        assert len(list(self.multisig.multisigs.keys())) == len(self.opened)


TestMultisigMachine = MultisigMachine.TestCase
TestMultisigMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=25
)
