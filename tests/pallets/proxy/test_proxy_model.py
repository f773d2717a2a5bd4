"""Proxies against what the words say: who is a proxy of whom, what is announced, what is held."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.proxy.declarations import ProxyExecuted, ProxyType, PureCreated
from runtime.errors import DispatchError
from runtime.frame.dispatch_error import Ok
from runtime.primitives import AccountId
from tests.helpers.account_pallets import PROXY_TERMS
from tests.helpers.mock_runtime import signed, to
from tests.pallets.proxy.stage import PEOPLE, Stage

CHOICE = st.integers(0, 1_000)
TYPES = st.sampled_from((ProxyType.ANY, ProxyType.ANY, ProxyType.NON_TRANSFER, ProxyType.MARKET))
DELAYS = st.sampled_from((0, 0, 2))
Proxies = dict[AccountId, set[tuple[AccountId, ProxyType, int]]]


class ProxyMachine(RuleBasedStateMachine):
    """The lists of the runtime are the model's, and what is held is what they cost."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.proxies: Proxies = {}
        self.pending: dict[AccountId, list[tuple[AccountId, int, int]]] = {}
        self.pure: dict[AccountId, tuple[AccountId, ProxyType, int, int]] = {}
        self.number = 1

    def pick(self, choice: int) -> AccountId:
        """Somebody, with or without a key."""
        everybody = (*PEOPLE, *self.pure)
        return everybody[choice % len(everybody)]

    def find(self, real: AccountId, who: AccountId) -> tuple[ProxyType, int] | None:
        """The proxy that counts: the widest, then the one with the least delay."""
        mine = [(kind, delay) for each, kind, delay in self.proxies.get(real, ()) if each == who]
        return min(mine) if mine else None

    def send(self, who: AccountId, name: str, *args: object) -> bool:
        """Whether a call succeeds; from an account without a key its origin is made up."""
        state = self.stage.runtime.state
        before, call = state.changes(), self.stage.make(name, *args)
        self.stage.runtime.take_events()
        try:
            self.stage.runtime.dispatch(call, signed(who))
        except DispatchError:
            assert state.changes() == before
            return False
        return True

    @rule(real=CHOICE, delegate=CHOICE, kind=TYPES, delay=DELAYS)
    def add(self, real: int, delegate: int, kind: ProxyType, delay: int) -> None:
        who, other = self.pick(real), self.pick(delegate)
        mine = self.proxies.get(who, set())
        free = self.stage.get_free(who)
        done = self.send(who, "add_proxy", to(other), kind, delay)
        is_full = len(mine) == PROXY_TERMS.proxies_max
        assert not done or (who != other and (other, kind, delay) not in mine and not is_full)
        assert done or who == other or is_full or (other, kind, delay) in mine or free < 130
        if done:
            self.proxies.setdefault(who, set()).add((other, kind, delay))

    @rule(real=CHOICE, delegate=CHOICE, kind=TYPES, delay=DELAYS)
    def remove(self, real: int, delegate: int, kind: ProxyType, delay: int) -> None:
        who, mine = self.pick(real), self.proxies.get(self.pick(real), set())
        entry = self.pick(delegate), kind, delay
        if mine and delegate % 2:
            entry = sorted(mine)[delegate % len(mine)]
        done = self.send(who, "remove_proxy", to(entry[0]), *entry[1:])
        assert done == (entry in mine)
        mine.discard(entry)

    @rule(real=CHOICE)
    def remove_all(self, real: int) -> None:
        assert self.send(self.pick(real), "remove_proxies")
        self.proxies.pop(self.pick(real), None)

    @rule(who=st.sampled_from(PEOPLE), kind=TYPES, delay=DELAYS, index=st.integers(0, 1))
    def create(self, who: AccountId, kind: ProxyType, delay: int, index: int) -> None:
        if len(self.pure) == 4 or not self.send(who, "create_pure", kind, delay, index):
            return
        (made,) = [e for e in self.stage.runtime.get_events() if isinstance(e, PureCreated)]
        self.pure[made.pure] = who, kind, index, self.number
        self.proxies[made.pure] = {(who, kind, delay)}
        if self.number % 2:
            self.stage.runtime.dispatch(self.stage.give(110, made.pure), signed(PEOPLE[0]))

    @rule(choice=CHOICE, caller=CHOICE)
    def kill(self, choice: int, caller: int) -> None:
        pure = self.pick(choice)
        if pure not in self.pure:
            return
        who, kind, index, height = self.pure[pure]
        by = pure if caller % 2 else self.pick(caller)
        done = self.send(by, "kill_pure", to(who), kind, index, height, 0)
        assert done == (by == pure)
        if done:
            self.proxies.pop(pure, None)

    @rule(real=CHOICE, who=st.sampled_from(PEOPLE), amount=st.sampled_from((1, 2)))
    def act(self, real: int, who: AccountId, amount: int) -> None:
        account, found = self.pick(real), self.find(self.pick(real), who)
        can = self.stage.get_free(account) >= 100 + amount
        call = self.stage.give(amount, PEOPLE[amount])
        done = self.send(who, "proxy", to(account), None, call)
        assert done == (found is not None and found[1] == 0)
        if done and found is not None:
            self.check_executed(can and found[0] is ProxyType.ANY)

    def check_executed(self, is_ok: bool) -> None:
        (event,) = [e for e in self.stage.runtime.get_events() if isinstance(e, ProxyExecuted)]
        assert (event.result == Ok()) == is_ok

    @rule(real=CHOICE, who=st.sampled_from(PEOPLE), amount=st.sampled_from((1, 2)))
    def announce(self, real: int, who: AccountId, amount: int) -> None:
        account, mine = self.pick(real), self.pending.setdefault(who, [])
        may = self.find(account, who) is not None and len(mine) < PROXY_TERMS.pending_max
        call_hash = self.stage.hash(self.stage.give(amount, PEOPLE[amount]))
        done = self.send(who, "announce", to(account), call_hash)
        assert done == may or self.stage.get_free(who) < 130
        if done:
            mine.append((account, amount, self.number))

    @rule(real=CHOICE, who=st.sampled_from(PEOPLE), amount=st.sampled_from((1, 2)))
    def act_announced(self, real: int, who: AccountId, amount: int) -> None:
        account, found = self.pick(real), self.find(self.pick(real), who)
        mine, call = self.pending.get(who, []), self.stage.give(amount, PEOPLE[amount])
        can = self.stage.get_free(account) >= 100 + amount
        done = self.send(self.pick(amount), "proxy_announced", to(who), to(account), None, call)
        if found is None:
            assert not done
            return
        kind, delay = found
        ripe = [
            each
            for each in mine
            if each[:2] == (account, amount) and each[2] + delay <= self.number
        ]
        assert done == bool(ripe)
        self.pending[who] = [each for each in mine if each not in ripe]
        if done:
            self.check_executed(can and kind is ProxyType.ANY)

    @rule(real=CHOICE, who=st.sampled_from(PEOPLE), amount=st.sampled_from((1, 2)))
    def drop(self, real: int, who: AccountId, amount: int) -> None:
        account, mine = self.pick(real), self.pending.get(who, [])
        call_hash = self.stage.hash(self.stage.give(amount, PEOPLE[amount]))
        rest = [each for each in mine if each[:2] != (account, amount)]
        if amount == 1:
            done = self.send(who, "remove_announcement", to(account), call_hash)
        else:
            done = self.send(account, "reject_announcement", to(who), call_hash)
        assert done == (len(rest) < len(mine))
        self.pending[who] = rest

    @rule()
    def pass_block(self) -> None:
        self.number += 1
        self.stage.pass_blocks(1)

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        stage, pallet = self.stage, self.stage.pallet
        stage.runtime.try_state()
        lists = {who: set(each) for who, each in self.proxies.items() if each}
        found = {
            who: {(each.delegate, each.proxy_type, each.delay) for each in proxies}
            for who, (proxies, _) in pallet.proxies.items()
        }
        assert found == lists
        said = {who: len(each) for who, each in self.pending.items() if each}
        assert {who: len(each) for who, (each, _) in pallet.announcements.items()} == said
        terms, everybody = PROXY_TERMS, (*PEOPLE, *self.pure)
        cost = sum(terms.proxy_base + terms.proxy_factor * len(each) for each in lists.values())
        cost += sum(
            terms.announcement_base + terms.announcement_factor * count for count in said.values()
        )
        assert sum(stage.get_held(who) for who in everybody) == cost
        total = sum(stage.get_free(who) for who in everybody) + cost
        assert total == stage.runtime.money.get_issuance() == 4_000


TestProxyMachine = ProxyMachine.TestCase
TestProxyMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=25
)
