"""The pool: each sender's transactions by nonce, the best sender first.

A sender's transactions from the state's nonce on, without a gap, are ready; those behind a gap
wait. Each part has limits of its own, those of `PoolConfig`; where it is full a new transaction
takes the place of cheaper ones or is refused. What fills or opens a gap moves others from one part
to the other, at most the few of one sender: a part that is too full by that takes no more.
What a transaction means is the validator's business.
"""

from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Final

from chain.config import PoolConfig
from chain.txpool.queue import SenderQueue
from chain.txpool.transaction import (
    AlreadyImported,
    ImmediatelyDropped,
    PoolTransaction,
    PriorityTooLow,
    TemporarilyBanned,
)
from runtime.primitives import AccountId, Hash

REPLACEMENTS_MAX: Final = 4
REPLACEMENT_PERCENT: Final = 10
NONCE_GAP_MAX: Final = 16
BANNED_MAX: Final = 65_536
HEAP_SLACK: Final = 64


@dataclass(frozen=True, slots=True)
class Insertion:
    """What taking a transaction did to others."""

    dropped: tuple[PoolTransaction, ...] = ()
    """Those that made room."""

    usurped: PoolTransaction | None = None
    """The one of the same nonce."""

    promoted: tuple[PoolTransaction, ...] = ()
    """Those that are ready now that a gap is filled."""


class TransactionPool:
    """All transactions that wait; a plain structure, changed by its service alone."""

    def __init__(self, limits: PoolConfig) -> None:
        self._limits = limits
        self._by_hash: dict[Hash, PoolTransaction] = {}
        self._senders: dict[AccountId, SenderQueue] = {}
        self._banned_until_ms: OrderedDict[Hash, int] = OrderedDict()
        self._arrivals = 0
        self._ready = _Part(
            self._senders,
            SenderQueue.get_last_ready,
            limits.ready_count_max,
            limits.ready_bytes_max,
        )
        self._waiting = _Part(
            self._senders,
            SenderQueue.get_last_waiting,
            limits.future_count_max,
            limits.future_bytes_max,
        )

    def __len__(self) -> int:
        return len(self._by_hash)

    @property
    def ready_count(self) -> int:
        """How many transactions may be in the next block."""
        return self._ready.count

    def get(self, extrinsic_hash: Hash) -> PoolTransaction | None:
        """A transaction by the hash of its extrinsic."""
        return self._by_hash.get(extrinsic_hash)

    def get_all(self) -> tuple[PoolTransaction, ...]:
        """Every transaction, in the order of arrival."""
        return tuple(self._by_hash.values())

    def get_of(self, sender: AccountId) -> tuple[PoolTransaction, ...]:
        """A sender's transactions by nonce."""
        queue = self._senders.get(sender)
        return () if queue is None else queue.get_all()

    def get_fees(self, sender: AccountId, *, but: int) -> int:
        """What a sender's transactions cost at most, that of the nonce `but` left out."""
        queue = self._senders.get(sender)
        if queue is None:
            return 0
        left_out = queue.get(but)
        return queue.fees - (0 if left_out is None else left_out.fee)

    def get_next_nonce(self, sender: AccountId, state_nonce: int) -> int:
        """The nonce that follows the state's and those that are ready here."""
        queue = self._senders.get(sender)
        if queue is None:
            return state_nonce
        if queue.nonce <= state_nonce <= queue.next_nonce:
            return queue.next_nonce
        nonce = state_nonce
        while queue.get(nonce) is not None:
            nonce += 1
        return nonce

    def is_ready(self, transaction: PoolTransaction) -> bool:
        """Whether no lower nonce is missing."""
        queue = self._senders[transaction.sender]
        return queue.nonce <= transaction.nonce < queue.next_nonce

    def get_ready(self) -> Iterator[PoolTransaction]:
        """Those that are ready: best priority first, each sender's in the order of nonces.

        The pool must not change meanwhile.
        """
        firsts = (queue.get(queue.nonce) for queue in self._senders.values())
        heap = [_rank(each) for each in firsts if each is not None]
        heapify(heap)
        while heap:
            _, _, sender, nonce = heappop(heap)
            queue = self._senders[sender]
            found = queue.get(nonce)
            assert found is not None, "the pool does not change meanwhile; qed"
            following = queue.get(nonce + 1)
            if following is not None:
                heappush(heap, _rank(following))
            yield found

    # --- coming

    def ensure_unknown(self, extrinsic_hash: Hash, now_ms: int) -> None:
        """Refuses, before any work is done, what is here or was invalid lately."""
        if extrinsic_hash in self._by_hash:
            raise AlreadyImported(f"transaction {extrinsic_hash} is in the pool already")
        until = self._banned_until_ms.get(extrinsic_hash)
        if until is not None and until > now_ms:
            raise TemporarilyBanned(f"transaction {extrinsic_hash} was invalid a short while ago")

    def insert(self, new: PoolTransaction, state_nonce: int) -> Insertion:
        """Takes a valid transaction; `PoolRejection` if there is no place for it."""
        queue = self._senders.get(new.sender) or SenderQueue(state_nonce)
        if queue.nonce != state_nonce:
            with self._changing(queue):
                queue.move_to(state_nonce)
        old = queue.get(new.nonce)
        self._ensure_share(new, queue, is_replacement=old is not None)
        if old is not None:
            _ensure_better(old, new)
        part = self._ready if new.nonce <= queue.next_nonce else self._waiting
        victims = part.choose_victims(new, old)
        for victim in victims:
            self._remove(victim)
        self._arrivals += 1
        replacements = 0 if old is None else old.replacements + 1
        new = replace(new, arrival=self._arrivals, replacements=replacements)
        if old is not None:
            del self._by_hash[old.hash]
        self._by_hash[new.hash] = new
        self._senders[new.sender] = queue
        with self._changing(queue):
            promoted = queue.put(new)
        return Insertion(victims, old, promoted if old is None else ())

    def _ensure_share(
        self, new: PoolTransaction, queue: SenderQueue, *, is_replacement: bool
    ) -> None:
        """No sender takes more than its share of the pool."""
        nonce_max = queue.next_nonce + NONCE_GAP_MAX
        if new.nonce > nonce_max:
            raise ImmediatelyDropped(f"expected a nonce up to {nonce_max}, got {new.nonce}")
        if is_replacement:
            return
        limits = self._limits
        if new.nonce == queue.next_nonce:
            if queue.ready >= limits.ready_per_account_max:
                raise ImmediatelyDropped(
                    f"expected at most {limits.ready_per_account_max} ready transactions a sender"
                )
        elif queue.waiting >= limits.future_per_account_max:
            raise ImmediatelyDropped(
                f"expected at most {limits.future_per_account_max} waiting transactions a sender"
            )

    # --- going

    def ban(self, extrinsic_hash: Hash, now_ms: int) -> None:
        """Refuses an invalid transaction for a while."""
        self._banned_until_ms[extrinsic_hash] = now_ms + self._limits.banned_s * 1_000
        while len(self._banned_until_ms) > BANNED_MAX:
            self._banned_until_ms.popitem(last=False)

    def remove(self, extrinsic_hash: Hash) -> PoolTransaction | None:
        """Takes a transaction out."""
        found = self._by_hash.get(extrinsic_hash)
        if found is not None:
            self._remove(found)
        return found

    def note_nonce(self, sender: AccountId, nonce: int) -> tuple[PoolTransaction, ...]:
        """The state's nonce of a sender has moved: what is below it goes, and is returned."""
        queue = self._senders.get(sender)
        if queue is None:
            return ()
        with self._changing(queue):
            queue.move_to(nonce)
            stale = queue.take_stale()
        for each in stale:
            del self._by_hash[each.hash]
        self._forget_if_empty(sender, queue)
        return stale

    def remove_expired(self, block_number: int) -> tuple[PoolTransaction, ...]:
        """Takes out, and returns, what cannot be in a block after this one."""
        expired = tuple(
            each for each in self._by_hash.values() if each.expires_at <= block_number + 1
        )
        for each in expired:
            self._remove(each)
        return expired

    def _remove(self, transaction: PoolTransaction) -> None:
        queue = self._senders[transaction.sender]
        with self._changing(queue):
            queue.remove(transaction.nonce)
        del self._by_hash[transaction.hash]
        self._forget_if_empty(transaction.sender, queue)

    def _forget_if_empty(self, sender: AccountId, queue: SenderQueue) -> None:
        if len(queue) == 0:
            del self._senders[sender]

    @contextmanager
    def _changing(self, queue: SenderQueue) -> Generator[None]:
        """Whatever happens to a queue in here is counted in both parts."""
        ready, waiting = queue.ready, queue.waiting
        ready_bytes, waiting_bytes = queue.ready_bytes, queue.waiting_bytes
        yield
        self._ready.note(queue, queue.ready - ready, queue.ready_bytes - ready_bytes)
        self._waiting.note(queue, queue.waiting - waiting, queue.waiting_bytes - waiting_bytes)


class _Part:
    """The size of the ready or of the waiting transactions, and which of them would go first.

    Of each sender the last may go. They are in a heap as they were when their sender's queue
    changed; what is no longer so is found out when it comes up.
    """

    def __init__(
        self,
        senders: Mapping[AccountId, SenderQueue],
        get_last: Callable[[SenderQueue], PoolTransaction | None],
        count_max: int,
        bytes_max: int,
    ) -> None:
        self.count = 0
        self.bytes = 0
        self._senders = senders
        self._get_last = get_last
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._heap: list[tuple[int, int, PoolTransaction]] = []

    def note(self, queue: SenderQueue, count: int, size_bytes: int) -> None:
        """A queue has so many more transactions and bytes in this part."""
        self.count += count
        self.bytes += size_bytes
        last = self._get_last(queue)
        if last is not None:
            self._offer(last)
        if len(self._heap) > 2 * self.count + HEAP_SLACK:
            current = {each.arrival: each for *_, each in self._heap if self._is_current(each)}
            self._heap = [(each.priority, each.arrival, each) for each in current.values()]
            heapify(self._heap)

    def choose_victims(
        self, new: PoolTransaction, old: PoolTransaction | None
    ) -> tuple[PoolTransaction, ...]:
        """What has to go so that a new one fits; `ImmediatelyDropped` if that is the new one.

        The cheapest go, the oldest of equals first, none of the sender's own.
        """
        count = self.count + (old is None)
        size = self.bytes + new.size_bytes - (0 if old is None else old.size_bytes)
        victims: dict[int, PoolTransaction] = {}
        own: dict[int, PoolTransaction] = {}
        while count > self._count_max or size > self._bytes_max:
            candidate = self._pop_cheapest()
            if candidate is None or candidate.priority >= new.priority:
                rest = () if candidate is None else (candidate,)
                self._offer(*rest, *victims.values(), *own.values())
                raise ImmediatelyDropped("the pool is full of transactions with a higher priority")
            if candidate.sender == new.sender:
                own[candidate.arrival] = candidate
            elif candidate.arrival not in victims:  # the heap may have one several times
                victims[candidate.arrival] = candidate
                count -= 1
                size -= candidate.size_bytes
        self._offer(*own.values())
        return tuple(victims.values())

    def _offer(self, *transactions: PoolTransaction) -> None:
        for each in transactions:
            heappush(self._heap, (each.priority, each.arrival, each))

    def _pop_cheapest(self) -> PoolTransaction | None:
        while self._heap:
            *_, found = heappop(self._heap)
            if self._is_current(found):
                return found
        return None

    def _is_current(self, transaction: PoolTransaction) -> bool:
        queue = self._senders.get(transaction.sender)
        last = None if queue is None else self._get_last(queue)
        return last is not None and last.arrival == transaction.arrival


def _rank(transaction: PoolTransaction) -> tuple[int, int, AccountId, int]:
    """Orders by priority, then by arrival, which no two share."""
    return -transaction.priority, transaction.arrival, transaction.sender, transaction.nonce


def _ensure_better(old: PoolTransaction, new: PoolTransaction) -> None:
    least = old.fee + max(1, old.fee * REPLACEMENT_PERCENT // 100)
    if new.fee < least:
        raise PriorityTooLow(f"expected a fee of at least {least} planck, got {new.fee}")
    if old.replacements >= REPLACEMENTS_MAX:
        raise PriorityTooLow(f"expected at most {REPLACEMENTS_MAX} replacements of a nonce")
