"""Leases against what must hold whatever happens, in whatever order."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pallets.leases import CloseReason, Machines, MachineTerms, Replica, StorageTerms
from pallets.leases import declarations as declared
from runtime.errors import DispatchError
from runtime.frame.ai_types import Role
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from runtime.system import System
from tests.pallets.leases.stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    DAVE,
    MACHINES,
    POOR,
    RATE,
    REPLICA,
    STORAGE,
    LeaseStage,
)

PROVIDERS = st.sampled_from([BOB, CAROL])
TENANTS = st.sampled_from([ALICE, DAVE, POOR])
ANYBODY = st.sampled_from([ALICE, BOB, CAROL, DAVE, POOR])
TERMS = st.sampled_from([MACHINES, MachineTerms(0), STORAGE, StorageTerms(10, 9, 1)])
AMOUNTS = st.integers(0, 100) | st.integers(0, 400).map(lambda blocks: blocks * RATE)


class LeasesModel(RuleBasedStateMachine):
    """Providers let, tenants rent, time passes, and anybody tries anything."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = LeaseStage()
        self.issuance = self.stage.money.get_issuance()

    # --- rules

    @rule(who=PROVIDERS, terms=TERMS, least=st.integers(1, 40), capacity=st.integers(1, 3))
    def offer(
        self, who: AccountId, terms: MachineTerms | StorageTerms, least: int, capacity: int
    ) -> None:
        record = self.stage.record_of[who]
        self.attempt("post_offer", who, record, terms, RATE, least, 60, capacity)

    @precondition(lambda self: self.stage.leases.next_offer.get() > 0)
    @rule(data=st.data(), who=ANYBODY)
    def withdraw(self, data: st.DataObject, who: AccountId) -> None:
        self.attempt("withdraw_offer", who, self.draw_offer(data))

    @precondition(lambda self: self.stage.leases.next_offer.get() > 0)
    @rule(
        data=st.data(),
        who=TENANTS,
        subject=st.sampled_from([Machines(1), Machines(2), REPLICA]),
        amount=AMOUNTS,
    )
    def start(
        self, data: st.DataObject, who: AccountId, subject: Machines | Replica, amount: int
    ) -> None:
        self.attempt("start_lease", who, self.draw_offer(data), subject, amount)

    @precondition(lambda self: self.stage.leases.next_lease.get() > 0)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        lease = self.draw_lease(data)
        self.attempt("accept_lease", self.get_party(lease, "provider"), lease)

    @precondition(lambda self: self.stage.leases.next_lease.get() > 0)
    @rule(
        data=st.data(),
        name=st.sampled_from(["accept_work", "dispute", "close_lease"]),
        stranger=st.none() | ANYBODY,
    )
    def tenant_calls(self, data: st.DataObject, name: str, stranger: AccountId | None) -> None:
        lease = self.draw_lease(data)
        who = self.get_party(lease, "tenant") if stranger is None else stranger
        self.attempt(name, who, lease)

    @precondition(lambda self: self.stage.leases.next_lease.get() > 0)
    @rule(data=st.data(), amount=AMOUNTS)
    def top_up(self, data: st.DataObject, amount: int) -> None:
        lease = self.draw_lease(data)
        self.attempt("top_up", self.get_party(lease, "tenant"), lease, amount)

    @precondition(lambda self: self.stage.leases.next_lease.get() > 0)
    @rule(data=st.data())
    def reclaim(self, data: st.DataObject) -> None:
        lease = self.draw_lease(data)
        self.attempt("reclaim", self.get_party(lease, "provider"), lease)

    @precondition(lambda self: self.stage.leases.next_lease.get() > 0)
    @rule(data=st.data(), who=ANYBODY)
    def poke(self, data: st.DataObject, who: AccountId) -> None:
        self.attempt("poke", who, self.draw_lease(data))

    @precondition(lambda self: any(True for _ in self.stage.leases.lease.items()))
    @rule(data=st.data(), is_right=st.booleans())
    def respond(self, data: st.DataObject, is_right: bool) -> None:
        """Time comes to an audit, which is answered."""
        leases = self.stage.leases.lease.items()
        stored = [n for n, each in leases if isinstance(each.subject, Replica)]
        if not stored:
            return
        lease = data.draw(st.sampled_from(stored))
        entry = self.stage.get(lease)
        if entry.accepted_at is None:
            return
        self.stage.go_to(max(self.stage.number, entry.audit_at + 1))
        answer = self.stage.answer(lease) if is_right else ()
        passed = self.attempt("por_respond", entry.provider, lease, answer)
        # V-8: who answers rightly and in time passes, whatever else goes on.
        in_time = self.stage.number <= entry.audit_at + entry.terms.proof_blocks  # type: ignore[union-attr] # of storage
        assert passed or not is_right or not in_time or entry.end < entry.audit_at

    @rule(blocks=st.sampled_from([1, 2, 5, 11, 30, 200]))
    def wait(self, blocks: int) -> None:
        self.stage.skip(blocks)

    @rule(who=PROVIDERS, role=st.sampled_from([Role.PROVIDER, Role.STORAGE]))
    def unbond(self, who: AccountId, role: Role) -> None:
        """Collateral that is not locked may go, and what is locked may not."""
        try:
            self.stage.dispatch(self.stage.bonds, "unbond", who, role, BOND // 2)
        except DispatchError:
            return

    # --- steps

    def attempt(self, name: str, who: AccountId, *args: Any) -> bool:
        """Whether a call was done; one that is refused changes nothing."""
        stage = self.stage
        stage.take_events()
        changes, wealth = stage.state.changes(), self.get_wealth()
        try:
            stage.call(name, who, *args)
        except DispatchError:
            assert stage.state.changes() == changes
            return False
        self.check_money(wealth)
        return True

    def check_money(self, before: dict[AccountId, int]) -> None:
        """What everybody lost or won is what the events say."""
        events = self.stage.take_events()
        for event in events:
            if isinstance(event, declared.LeaseSettled):
                assert event.amount == event.burned + event.treasury + event.paid
                assert event.amount % (event.blocks * RATE) == 0 < event.blocks
            if isinstance(event, declared.LeaseClosed) and event.reason is CloseReason.FAULTY:
                assert any(isinstance(each, declared.ProviderFailed) for each in events)
        burned = sum(
            event.burned
            for event in events
            if isinstance(
                event, declared.LeaseSettled | declared.ProviderFailed | declared.Disputed
            )
        )
        assert sum(before.values()) - sum(self.get_wealth().values()) == burned
        self.issuance -= burned

    def get_wealth(self) -> dict[AccountId, int]:
        accounts: System = self.stage.system
        return {who: info.data.total for who, info in accounts.account.items()}

    def draw_offer(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, self.stage.leases.next_offer.get() - 1))

    def draw_lease(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, self.stage.leases.next_lease.get() - 1))

    def get_party(self, lease: int, side: str) -> AccountId:
        entry = self.stage.leases.lease.get(lease)
        if entry is None:
            return ALICE
        return entry.tenant if side == "tenant" else entry.provider

    # --- what holds

    @invariant()
    def books_balance(self) -> None:
        stage = self.stage
        stage.try_state()
        assert stage.money.get_issuance() == self.issuance == stage.get_total()

    def teardown(self) -> None:
        """From wherever it stands, time and pokes end every lease and return every deposit."""
        stage = self.stage
        for number, lease in list(stage.leases.lease.items()):
            if lease.ends_at is None:
                self.attempt("reclaim", lease.provider, number)
        stage.skip(10_000)
        for number in [number for number, _ in stage.leases.lease.items()]:
            assert self.attempt("poke", DAVE, number)
        assert not any(True for _ in stage.leases.lease.items())
        for number, offer in list(stage.leases.offer.items()):
            assert offer.taken == 0
            assert self.attempt("withdraw_offer", offer.owner, number)
        for who in self.get_wealth():
            assert stage.money.get_held(HoldReason.LEASE, who) == 0


TestLeases = LeasesModel.TestCase
TestLeases.settings = settings(stateful_step_count=30)
