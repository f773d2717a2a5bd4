"""The ledger against a naive model, step by step, invariants checked after each step."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from runtime.errors import DispatchError
from runtime.frame import Origin
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import AccountId
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime, signed, to

ED = 10
# Few accounts and amounts around the deposit, so that reaping, dust and refusals are common.
ACCOUNTS = st.sampled_from([ALICE, BOB, CHARLIE])
AMOUNTS = st.integers(0, 3 * ED) | st.integers(0, 20 * ED)
PRESERVATIONS = st.sampled_from(Preservation)
REASONS = st.sampled_from([HoldReason.BOND, HoldReason.ESCROW])
LOCKS = st.sampled_from([b"stake...", b"vote...."])


class Refused(Exception):
    """The model refuses; it has changed nothing."""


@dataclass
class Account:
    """One account of the model: what is there, what is held why, what is locked by whom."""

    free: int = 0
    held: dict[HoldReason, int] = field(default_factory=dict)
    locks: dict[bytes, int] = field(default_factory=dict)

    @property
    def is_needed(self) -> bool:
        return any(self.held.values()) or any(self.locks.values())

    @property
    def spendable(self) -> int:
        """What locks leave of the free balance."""
        locked = max(self.locks.values(), default=0)
        return self.free - max(0, locked - sum(self.held.values()))


class Model:
    """Money by definition: plain numbers, every rule where it applies, nothing shared."""

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Account] = {}

    def at(self, who: AccountId) -> Account:
        return self.accounts.get(who, Account())

    @property
    def issuance(self) -> int:
        return sum(each.free + sum(each.held.values()) for each in self.accounts.values())

    @property
    def is_anything_held(self) -> bool:
        return any(any(each.held.values()) for each in self.accounts.values())

    def take(self, who: AccountId, amount: int, preservation: Preservation) -> None:
        account = self.at(who)
        if amount > account.spendable:
            raise Refused
        rest = account.free - amount
        if rest < ED:
            if account.is_needed or preservation is Preservation.PRESERVE:
                raise Refused
            del self.accounts[who]
        else:
            account.free = rest

    def give(self, who: AccountId, amount: int) -> None:
        account = self.at(who)
        if account.free + amount < ED:
            raise Refused
        account.free += amount
        self.accounts[who] = account

    def transfer(
        self, source: AccountId, dest: AccountId, amount: int, preservation: Preservation
    ) -> None:
        if amount == 0:
            return
        if source != dest and self.at(dest).free + amount < ED:
            raise Refused
        saved = self.at(source).free
        self.take(source, amount, preservation)
        if source != dest:
            self.give(dest, amount)
        elif source in self.accounts:
            self.accounts[source].free = saved
        else:
            self.accounts[source] = Account(saved)

    def mint(self, who: AccountId, amount: int) -> None:
        if amount:
            self.give(who, amount)

    def burn(self, who: AccountId, amount: int, preservation: Preservation) -> None:
        if amount:
            self.take(who, amount, preservation)

    def hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        if amount == 0:
            return
        account = self.at(who)
        if account.free - amount < ED:
            raise Refused
        account.free -= amount
        account.held[reason] = account.held.get(reason, 0) + amount

    def take_held(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        account = self.at(who)
        if account.held.get(reason, 0) < amount:
            raise Refused
        if amount:
            account.held[reason] -= amount

    def release(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        self.take_held(reason, who, amount)
        if amount:
            self.give(who, amount)

    def transfer_held(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: int
    ) -> None:
        if amount and self.at(dest).free + amount < ED:
            raise Refused
        self.take_held(reason, source, amount)
        if amount:
            self.give(dest, amount)

    def divide_held(
        self,
        reason: HoldReason,
        source: AccountId,
        amount: int,
        shares: list[tuple[AccountId, int]],
    ) -> None:
        self.take_held(reason, source, amount)
        for who, share in shares:
            if share and self.at(who).free + share >= ED:
                self.give(who, share)

    def set_lock(self, lock_id: bytes, who: AccountId, amount: int) -> None:
        account = self.at(who)
        if amount and who not in self.accounts:
            raise Refused
        account.locks[lock_id] = amount

    def set_free(self, who: AccountId, free: int) -> None:
        account = self.at(who)
        if free >= ED:
            account.free = free
            self.accounts[who] = account
        elif account.is_needed:
            raise Refused
        else:
            self.accounts.pop(who, None)


class BalancesMachine(RuleBasedStateMachine):
    """Does the same to the ledger and to the model, and expects the same of both."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.runtime = MockRuntime(existential_deposit=ED)

    @initialize(amounts=st.lists(st.integers(ED, 20 * ED), min_size=2, max_size=2))
    def begin(self, amounts: list[int]) -> None:
        endowed = list(zip([ALICE, BOB, CHARLIE], amounts, strict=False))
        self.runtime = MockRuntime(endowed, existential_deposit=ED)
        self.model.accounts = {who: Account(free) for who, free in endowed}

    def do(self, real: Callable[[], object], expected: Callable[[], object]) -> None:
        """Both sides succeed, or both refuse; refusing leaves no trace, in no transaction."""
        state = self.runtime.state
        before = state.changes(), list(state.events)
        refused = False
        try:
            real()
        except DispatchError:
            refused = True
            assert (state.changes(), state.events) == before
        try:
            expected()
        except Refused:
            assert refused, "the ledger did what the model refuses"
        else:
            assert not refused, "the ledger refused what the model did"

    def draw_amount(self, data: st.DataObject, balance: int) -> int:
        """An amount at or around what makes a difference to an account with this balance."""
        edges = [balance - ED, balance - ED + 1, balance, balance + 1, ED - 1, ED]
        edges += [balance // 2, self.model.issuance + 1]
        near = st.sampled_from([edge for edge in edges if edge > 0])
        return data.draw(near | st.integers(0, 20 * ED), label="amount")

    @rule(data=st.data(), source=ACCOUNTS, dest=ACCOUNTS, preservation=PRESERVATIONS)
    def transfer(
        self,
        data: st.DataObject,
        source: AccountId,
        dest: AccountId,
        preservation: Preservation,
    ) -> None:
        amount = self.draw_amount(data, self.model.at(source).spendable)
        balances = self.runtime.balances
        if preservation is Preservation.PRESERVE:
            call = balances.transfer_keep_alive
        else:
            call = balances.transfer_allow_death
        self.do(
            lambda: call(signed(source), to(dest), amount),
            lambda: self.model.transfer(source, dest, amount, preservation),
        )

    @rule(source=ACCOUNTS, dest=ACCOUNTS, preservation=PRESERVATIONS)
    def transfer_all(self, source: AccountId, dest: AccountId, preservation: Preservation) -> None:
        account = self.model.at(source)
        amount = account.spendable
        if preservation is Preservation.PRESERVE or account.is_needed:
            amount = min(amount, account.free - ED)
        keep_alive = preservation is Preservation.PRESERVE
        self.do(
            lambda: self.runtime.balances.transfer_all(signed(source), to(dest), keep_alive),
            lambda: self.model.transfer(source, dest, max(amount, 0), preservation),
        )

    @rule(who=ACCOUNTS, amount=AMOUNTS)
    def mint(self, who: AccountId, amount: int) -> None:
        self.do(lambda: self.runtime.money.mint(who, amount), lambda: self.model.mint(who, amount))

    @rule(data=st.data(), who=ACCOUNTS, preservation=PRESERVATIONS)
    def burn(self, data: st.DataObject, who: AccountId, preservation: Preservation) -> None:
        amount = self.draw_amount(data, self.model.at(who).spendable)
        self.do(
            lambda: self.runtime.money.burn(who, amount, preservation),
            lambda: self.model.burn(who, amount, preservation),
        )

    @rule(data=st.data(), who=ACCOUNTS)
    def withdraw(self, data: st.DataObject, who: AccountId) -> None:
        amount = self.draw_amount(data, self.model.at(who).spendable)
        account = self.model.at(who)
        is_affordable = amount <= account.spendable and account.free - amount >= ED
        assert self.runtime.money.is_affordable(who, amount) == is_affordable
        self.do(
            lambda: self.runtime.money.withdraw(who, amount),
            lambda: self.model.burn(who, amount, Preservation.PRESERVE),
        )

    def draw_living(self, data: st.DataObject) -> AccountId:
        return data.draw(st.sampled_from(sorted(self.model.accounts)), label="who")

    @precondition(lambda self: self.model.accounts)
    @rule(data=st.data(), reason=REASONS)
    def hold(self, data: st.DataObject, reason: HoldReason) -> None:
        who = self.draw_living(data)
        amount = self.draw_amount(data, self.model.at(who).free)
        self.do(
            lambda: self.runtime.money.hold(reason, who, amount),
            lambda: self.model.hold(reason, who, amount),
        )

    def draw_hold(self, data: st.DataObject) -> tuple[HoldReason, AccountId, int]:
        """One of the holds, and an amount around it."""
        holds = [
            (reason, who, held)
            for who, account in sorted(self.model.accounts.items())
            for reason, held in sorted(account.held.items())
            if held
        ]
        reason, who, held = data.draw(st.sampled_from(holds), label="hold")
        return reason, who, data.draw(st.sampled_from([held, held + 1]) | st.integers(0, held))

    @precondition(lambda self: self.model.is_anything_held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        reason, who, amount = self.draw_hold(data)
        self.do(
            lambda: self.runtime.money.release(reason, who, amount),
            lambda: self.model.release(reason, who, amount),
        )

    @precondition(lambda self: self.model.is_anything_held)
    @rule(data=st.data())
    def burn_held(self, data: st.DataObject) -> None:
        reason, who, amount = self.draw_hold(data)
        self.do(
            lambda: self.runtime.money.burn_held(reason, who, amount),
            lambda: self.model.take_held(reason, who, amount),
        )

    @precondition(lambda self: self.model.is_anything_held)
    @rule(data=st.data(), dest=ACCOUNTS)
    def transfer_held(self, data: st.DataObject, dest: AccountId) -> None:
        reason, source, amount = self.draw_hold(data)
        self.do(
            lambda: self.runtime.money.transfer_held(reason, source, dest, amount),
            lambda: self.model.transfer_held(reason, source, dest, amount),
        )

    @precondition(lambda self: self.model.is_anything_held)
    @rule(data=st.data(), parts=st.lists(st.tuples(ACCOUNTS, st.integers(0, 33)), max_size=3))
    def divide_held(self, data: st.DataObject, parts: list[tuple[AccountId, int]]) -> None:
        reason, source, amount = self.draw_hold(data)
        shares = [(who, amount * percent // 100) for who, percent in parts]
        self.do(
            lambda: self.runtime.money.divide_held(reason, source, amount, shares),
            lambda: self.model.divide_held(reason, source, amount, shares),
        )

    @precondition(lambda self: self.model.accounts)
    @rule(data=st.data(), lock_id=LOCKS, is_lifted=st.booleans())
    def set_lock(self, data: st.DataObject, lock_id: bytes, is_lifted: bool) -> None:
        who = self.draw_living(data)
        total = self.runtime.system.get_data(who).total
        amount = 0 if is_lifted else self.draw_amount(data, total)
        self.do(
            lambda: self.runtime.money.set_lock(lock_id, who, amount),
            lambda: self.model.set_lock(lock_id, who, amount),
        )

    @rule(who=ACCOUNTS, free=st.sampled_from([20 * ED, 5 * ED, ED, ED - 1, 0]))
    def force_set_balance(self, who: AccountId, free: int) -> None:
        balances, root = self.runtime.balances, Origin.root()
        # This one may write before it refuses, so it is dispatched.
        call = self.runtime.make_call(balances, "force_set_balance", to(who), free)
        self.do(lambda: self.runtime.dispatch(call, root), lambda: self.model.set_free(who, free))

    @invariant()
    def is_as_the_model(self) -> None:
        self.runtime.try_state()
        money, system = self.runtime.money, self.runtime.system
        assert money.get_issuance() == self.model.issuance
        for who in (ALICE, BOB, CHARLIE):
            account = self.model.at(who)
            assert money.get_free(who) == account.free
            assert system.is_existing(who) == (account.free > 0)
            for reason in (HoldReason.BOND, HoldReason.ESCROW):
                assert money.get_held(reason, who) == account.held.get(reason, 0)


BalancesMachine.TestCase.settings = settings(stateful_step_count=40)
TestBalancesMachine = BalancesMachine.TestCase
