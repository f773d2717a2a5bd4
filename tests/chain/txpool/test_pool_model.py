"""The pool against one that knows nothing but a list of transactions and the rules."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chain.config import PoolConfig
from chain.txpool.pool import NONCE_GAP_MAX, REPLACEMENTS_MAX, TransactionPool
from chain.txpool.transaction import PoolRejection, PoolTransaction
from runtime.primitives import AccountId, Hash
from tests.helpers.pool_transaction import SENDERS, make_transaction

LIMITS = PoolConfig(
    ready_count_max=6,
    ready_bytes_max=600,
    future_count_max=4,
    future_bytes_max=400,
    ready_per_account_max=3,
    future_per_account_max=2,
)


class NaivePool:
    """Every answer is computed from all transactions."""

    def __init__(self) -> None:
        self.all: list[PoolTransaction] = []
        self.nonces: dict[AccountId, int] = {}
        self.arrivals = 0

    def get(self, sender: AccountId, nonce: int) -> PoolTransaction | None:
        found = [each for each in self.all if (each.sender, each.nonce) == (sender, nonce)]
        return found[0] if found else None

    def get_next(self, sender: AccountId, nonce: int) -> int:
        while self.get(sender, nonce) is not None:
            nonce += 1
        return nonce

    def is_ready(self, each: PoolTransaction) -> bool:
        first = self.nonces[each.sender]
        return first <= each.nonce < self.get_next(each.sender, first)

    def get_part(self, *, ready: bool) -> list[PoolTransaction]:
        return [each for each in self.all if self.is_ready(each) == ready]

    def get_order(self) -> list[PoolTransaction]:
        left, order = self.get_part(ready=True), list[PoolTransaction]()
        while left:
            firsts = [min(_of(left, who), key=_nonce) for who in {each.sender for each in left}]
            best = min(firsts, key=lambda each: (-each.priority, each.arrival))
            order.append(best)
            left.remove(best)
        return order

    def insert(self, new: PoolTransaction, state_nonce: int) -> bool:
        if _of(self.all, new.sender):
            self.nonces[new.sender] = state_nonce
        old = self.get(new.sender, new.nonce)
        next_nonce = self.get_next(new.sender, state_nonce)
        own = _of(self.all, new.sender)
        waiting = len(own) - (next_nonce - state_nonce)
        if new.nonce > next_nonce + NONCE_GAP_MAX:
            return False
        if old is None and new.nonce == next_nonce:
            if next_nonce - state_nonce >= LIMITS.ready_per_account_max:
                return False
        elif old is None and waiting >= LIMITS.future_per_account_max:
            return False
        if old is not None:
            is_cheap = new.fee < old.fee + max(1, old.fee // 10)
            if is_cheap or old.replacements >= REPLACEMENTS_MAX:
                return False
        victims = self.choose_victims(new, old, ready=new.nonce <= next_nonce)
        if victims is None:
            return False
        self.arrivals += 1
        gone = [*victims, *([] if old is None else [old])]
        self.all = [each for each in self.all if each not in gone]
        again = 0 if old is None else old.replacements + 1
        self.all.append(replace(new, arrival=self.arrivals, replacements=again))
        self.nonces[new.sender] = state_nonce
        return True

    def choose_victims(
        self, new: PoolTransaction, old: PoolTransaction | None, *, ready: bool
    ) -> list[PoolTransaction] | None:
        part = [each for each in self.get_part(ready=ready) if each != old]
        lasts = [
            max(_of(part, who), key=_nonce)
            for who in {each.sender for each in part}
            if who != new.sender
        ]
        lasts.sort(key=lambda each: (each.priority, each.arrival))
        count_max = LIMITS.ready_count_max if ready else LIMITS.future_count_max
        bytes_max = LIMITS.ready_bytes_max if ready else LIMITS.future_bytes_max
        victims: list[PoolTransaction] = []
        while True:
            left = [each for each in part if each not in victims]
            size = sum(each.size_bytes for each in left) + new.size_bytes
            if len(left) < count_max and size <= bytes_max:
                return victims
            if not lasts or lasts[0].priority >= new.priority:
                return None
            victims.append(lasts.pop(0))


def _of(transactions: list[PoolTransaction], sender: AccountId) -> list[PoolTransaction]:
    return [each for each in transactions if each.sender == sender]


def _nonce(each: PoolTransaction) -> int:
    return each.nonce


class PoolMachine(RuleBasedStateMachine):
    """Transactions come and go in both pools."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = TransactionPool(LIMITS)
        self.model = NaivePool()
        self.state_nonces = dict.fromkeys(SENDERS, 0)
        self.made = 0

    @rule(
        sender=st.sampled_from(SENDERS),
        ahead=st.integers(0, 5) | st.integers(16, 20),
        fee=st.integers(0, 60),
        priority=st.integers(0, 8),
        size_bytes=st.integers(50, 150),
        lasts=st.integers(1, 9),
    )
    def insert(
        self,
        *,
        sender: AccountId,
        ahead: int,
        fee: int,
        priority: int,
        size_bytes: int,
        lasts: int,
    ) -> None:
        self.made += 1
        nonce = self.state_nonces[sender]
        new = make_transaction(
            self.made,
            sender=sender,
            nonce=nonce + ahead,
            fee=fee,
            priority=priority,
            size_bytes=size_bytes,
            expires_at=lasts,
        )
        before = {each.hash for each in self.pool.get_all()}
        was_ready = {each.hash for each in self.pool.get_ready()}
        try:
            insertion = self.pool.insert(new, nonce)
        except PoolRejection:
            assert not self.model.insert(new, nonce)
            assert {each.hash for each in self.pool.get_all()} == before
            return
        assert self.model.insert(new, nonce)
        gone = {each.hash for each in insertion.dropped}
        gone |= set() if insertion.usurped is None else {insertion.usurped.hash}
        after = {each.hash for each in self.pool.get_all()}
        assert after == before - gone | {new.hash}
        is_ready = {each.hash for each in self.pool.get_ready()}
        assert {each.hash for each in insertion.promoted} == is_ready - was_ready - {new.hash}

    @rule(sender=st.sampled_from(SENDERS), steps=st.integers(-2, 4))
    def note_nonce(self, sender: AccountId, steps: int) -> None:
        nonce = max(0, self.state_nonces[sender] + steps)
        self.state_nonces[sender] = self.model.nonces[sender] = nonce
        stale = self.pool.note_nonce(sender, nonce)
        expected = [each for each in _of(self.model.all, sender) if each.nonce < nonce]
        assert list(stale) == sorted(expected, key=_nonce)
        self.model.all = [each for each in self.model.all if each not in expected]

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.model.all:
            each = data.draw(st.sampled_from(self.model.all))
            assert self.pool.remove(each.hash) == each
            self.model.all.remove(each)
        assert self.pool.remove(Hash(bytes(32))) is None

    @rule(number=st.integers(0, 9))
    def remove_expired(self, number: int) -> None:
        expired = [each for each in self.model.all if each.expires_at <= number + 1]
        assert list(self.pool.remove_expired(number)) == expired
        self.model.all = [each for each in self.model.all if each not in expired]

    @invariant()
    def agrees(self) -> None:
        pool, model = self.pool, self.model
        assert list(pool.get_all()) == model.all
        assert list(pool.get_ready()) == model.get_order()
        assert pool.ready_count == len(model.get_part(ready=True))
        for sender in SENDERS:
            own = _of(model.all, sender)
            assert list(pool.get_of(sender)) == sorted(own, key=_nonce)
            for nonce in (self.state_nonces[sender], self.state_nonces[sender] + 2, 0):
                assert pool.get_next_nonce(sender, nonce) == model.get_next(sender, nonce)
            assert pool.get_fees(sender, but=-1) == sum(each.fee for each in own)
        for each in model.all:
            assert pool.get(each.hash) == each
            assert pool.is_ready(each) == model.is_ready(each)


TestPoolModel = PoolMachine.TestCase
TestPoolModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
