"""The whole vault as a state machine: whatever is done in whatever order, money adds up (K7)."""

from collections import Counter
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.vault import OrderState, declarations
from runtime.crypto.sealed_box import seal
from runtime.errors import DispatchError
from runtime.frame import Event
from runtime.frame.ai_types import Role
from runtime.primitives import AccountId
from tests.helpers.sale_stage import (
    BUYER,
    ONCE_PK,
    OTHER,
    PARENT,
    PLAIN,
    SECRET,
    SELLER,
    TERMS,
    TREASURY,
    SaleStage,
    Sealed,
)

EVERYBODY = (SELLER, BUYER, PARENT, OTHER, TREASURY)
BUYERS = st.sampled_from((BUYER, OTHER, SELLER))
PRICES = st.integers(1, 5_000_000)
CHOICE = st.integers(0, 1_000)
BAD_CHUNK = 3
KEYS = {False: b"k" * 32, True: b"w" * 32}
SEALED = Sealed(PLAIN, KEYS[False], BAD_CHUNK)


class VaultMachine(RuleBasedStateMachine):
    """Everybody does what they like; each sale ends as what was delivered says."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = SaleStage(SEALED, royalty_bps=300, parent_bps=700)
        self.is_wrong: dict[int, bool] = {}
        self.buyers: dict[int, AccountId] = {}
        self.burned = 0
        self.issuance = self.stage.money.get_issuance()

    def pick(self, choice: int, *states: OrderState) -> int | None:
        """Some order in one of the states."""
        orders = self.stage.vault.order_.items()
        found = sorted(number for number, order in orders if order.state in states)
        return found[choice % len(found)] if found else None

    def do(self, name: str, who: AccountId, *args: object) -> list[Event] | None:
        """A call and its events; None where it was refused and left no trace."""
        stage = self.stage
        before, changes = {w: stage.get_wealth(w) for w in EVERYBODY}, stage.state.changes()
        stage.take_events()
        try:
            stage.call(name, who, *args)
        except DispatchError:
            assert stage.state.changes() == changes
            return None
        events = stage.take_events()
        gains: Counter[AccountId] = Counter()
        for event in events:
            self.note(event, gains)
        after = {w: stage.get_wealth(w) - before[w] for w in EVERYBODY}
        assert after == {w: gains[w] for w in EVERYBODY}
        return events

    def note(self, event: Event, gains: Counter[AccountId]) -> None:
        """Books an event's money."""
        match event:
            case declarations.Released(order, seller, _, price, burned, treasury, royalties, paid):
                assert price == burned + treasury + royalties + paid
                parent = price * 700 // 10_000
                parent = parent if royalties >= parent else 0
                gains[self.buyers[order]] -= price
                gains[seller] += paid + royalties - parent
                gains[PARENT] += parent
                gains[TREASURY] += treasury
                self.burned += burned
            case declarations.Slashed(order, seller, _, amount, burned, to_buyer, to_treasury):
                assert amount == burned + to_buyer + to_treasury
                gains[seller] -= amount
                gains[self.buyers[order]] += to_buyer
                gains[TREASURY] += to_treasury
                self.burned += burned
            case declarations.Forfeited(_, buyer, burned, to_seller):
                gains[buyer] -= burned + to_seller
                gains[SELLER] += to_seller
                self.burned += burned
            case _:
                pass

    # --- the rules

    @rule(price=PRICES, deliver=st.integers(1, 6))
    def offer(self, price: int, deliver: int) -> None:
        terms = replace(TERMS, price=price, deliver_blocks=deliver)
        assert self.do("offer", SELLER, self.stage.record, terms) is not None

    @rule(who=BUYERS)
    def withdraw(self, who: AccountId) -> None:
        done = self.do("withdraw", who, self.stage.record)
        assert done is None or who == SELLER

    @precondition(lambda self: self.stage.record in self.stage.vault.offer_)
    @rule(who=BUYERS)
    def order(self, who: AccountId) -> None:
        stage = self.stage
        number = stage.vault.next_order.get()
        terms = stage.vault.offer_[stage.record].terms
        self.buyers[number] = who
        done = self.do("order", who, stage.record, terms, ONCE_PK)
        assert done is not None or stage.bonds.get_bonded(SELLER, Role.KEEPER) < 3_000_000

    @rule(choice=CHOICE, is_wrong=st.booleans())
    def deliver(self, choice: int, is_wrong: bool) -> None:
        order = self.pick(choice, OrderState.ORDERED)
        if order is None:
            return
        entry = self.stage.get(order)
        box = seal(KEYS[is_wrong], entry.once_pk)
        done = self.do("deliver", SELLER, order, box)
        assert (done is not None) == (self.stage.number <= entry.until)
        self.is_wrong[order] = is_wrong

    @rule(choice=CHOICE, who=BUYERS)
    def dispute_key(self, choice: int, who: AccountId) -> None:
        order = self.pick(choice, OrderState.DELIVERED)
        if order is not None:
            done = self.do("dispute_key", who, order, SECRET)
            self.check_dispute(order, done, is_fault=self.is_wrong[order])

    @rule(choice=CHOICE, who=BUYERS, index=st.integers(0, 5))
    def dispute_chunk(self, choice: int, who: AccountId, index: int) -> None:
        order = self.pick(choice, OrderState.DELIVERED)
        if order is not None:
            done = self.do("dispute_chunk", who, order, SECRET, SEALED.prove(index))
            is_fault = self.is_wrong[order] or index == BAD_CHUNK
            self.check_dispute(order, done, is_fault=is_fault)

    def check_dispute(self, order: int, events: list[Event] | None, *, is_fault: bool) -> None:
        """Whoever is at fault pays, and nobody else."""
        if events is None:
            assert order in self.stage.vault.order_
            return
        kinds = {type(event) for event in events}
        assert (declarations.Slashed in kinds) == is_fault
        assert (declarations.Forfeited in kinds) != is_fault
        assert order not in self.stage.vault.order_

    @rule(choice=CHOICE, who=BUYERS)
    def poke(self, choice: int, who: AccountId) -> None:
        order = self.pick(choice, *OrderState)
        if order is None:
            return
        entry = self.stage.get(order)
        is_due = entry.state is not OrderState.SETTLED and self.stage.number > entry.until
        assert (self.do("poke", who, order) is not None) == is_due

    @rule(choice=CHOICE, who=BUYERS)
    def close(self, choice: int, who: AccountId) -> None:
        order = self.pick(choice, OrderState.SETTLED)
        if order is not None:
            entry = self.stage.get(order)
            may = entry.buyer == who or self.stage.number > entry.until
            assert (self.do("close", who, order) is not None) == may

    @rule(blocks=st.integers(1, 8) | st.just(120))
    def pass_blocks(self, blocks: int) -> None:
        self.stage.skip(blocks)

    # --- what holds

    @invariant()
    def money_adds_up(self) -> None:
        stage = self.stage
        for pallet in (stage.registry, stage.bonds, stage.vault, stage.runtime.balances):
            pallet.try_state()
        assert stage.money.get_issuance() == self.issuance - self.burned

    def teardown(self) -> None:
        """After the last deadline everything can be ended, and no deposit is left."""
        stage = self.stage
        stage.skip(200)
        for number, entry in list(stage.vault.order_.items()):
            if entry.state is not OrderState.SETTLED:
                assert self.do("poke", PARENT, number) is not None
        stage.skip(200)
        for number, _ in list(stage.vault.order_.items()):
            assert self.do("close", PARENT, number) is not None
        self.do("withdraw", SELLER, stage.record)
        stage.try_state()
        assert list(stage.vault.order_.items()) == []
        assert stage.registry.version[stage.record, 1].jobs == 0
        assert list(stage.bonds.duty.items()) == []


TestVault = VaultMachine.TestCase
TestVault.settings = settings(stateful_step_count=30)
