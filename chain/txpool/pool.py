"""The pool: each sender's transactions by nonce, the best sender first.

A sender's transactions from the state's nonce on, without a gap, are ready; those behind a gap
wait. Limits are those of `PoolConfig`. What a transaction means is the validator's business.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Final

from chain.config import PoolConfig
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


@dataclass(frozen=True, slots=True)
class Removal:
    """Transactions that left, and why."""

    dropped: tuple[PoolTransaction, ...] = ()
    usurped: PoolTransaction | None = None


class TransactionPool:
    """All transactions that wait; a plain structure, changed by its service alone."""

    def __init__(self, limits: PoolConfig) -> None:
        self._limits = limits
        self._by_hash: dict[Hash, PoolTransaction] = {}
        self._senders: dict[AccountId, dict[int, PoolTransaction]] = {}
        self._nonces: dict[AccountId, int] = {}
        self._banned_until_ms: OrderedDict[Hash, int] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, extrinsic_hash: Hash) -> PoolTransaction | None:
        """A transaction by the hash of its extrinsic."""
        return self._by_hash.get(extrinsic_hash)

    def get_all(self) -> tuple[PoolTransaction, ...]:
        """Every transaction, in the order of arrival."""
        return tuple(self._by_hash.values())

    def get_of(self, sender: AccountId) -> tuple[PoolTransaction, ...]:
        """A sender's transactions by nonce."""
        own = self._senders.get(sender, {})
        return tuple(own[nonce] for nonce in sorted(own))

    def get_senders(self) -> tuple[AccountId, ...]:
        """Everybody with a transaction here."""
        return tuple(self._senders)

    def get_next_nonce(self, sender: AccountId, state_nonce: int) -> int:
        """The nonce that follows the state's and those that are ready here."""
        own = self._senders.get(sender, {})
        nonce = state_nonce
        while nonce in own:
            nonce += 1
        return nonce

    def is_ready(self, transaction: PoolTransaction) -> bool:
        """Whether no lower nonce is missing."""
        nonce = self._nonces[transaction.sender]
        return self.get_next_nonce(transaction.sender, nonce) > transaction.nonce

    def get_ready(self) -> Iterator[PoolTransaction]:
        """Those that are ready: best priority first, each sender's in the order of nonces."""
        heap: list[tuple[int, int, AccountId, int]] = []
        order = {each: position for position, each in enumerate(self._by_hash)}
        for sender, own in self._senders.items():
            first = own.get(self._nonces[sender])
            if first is not None:
                heap.append((-first.priority, order[first.hash], sender, first.nonce))
        heapify(heap)
        while heap:
            _, _, sender, nonce = heappop(heap)
            own = self._senders[sender]
            yield own[nonce]
            following = own.get(nonce + 1)
            if following is not None:
                entry = (-following.priority, order[following.hash], sender, following.nonce)
                heappush(heap, entry)

    # --- coming

    def ensure_unknown(self, extrinsic_hash: Hash, now_ms: int) -> None:
        """Refuses, before any work is done, what is here or was invalid lately."""
        if extrinsic_hash in self._by_hash:
            raise AlreadyImported(f"transaction {extrinsic_hash} is in the pool already")
        until = self._banned_until_ms.get(extrinsic_hash)
        if until is not None and until > now_ms:
            raise TemporarilyBanned(f"transaction {extrinsic_hash} was invalid a short while ago")

    def insert(self, new: PoolTransaction, state_nonce: int) -> Removal:
        """Takes a valid transaction; `PoolRejection` if there is no place for it."""
        own = self._senders.get(new.sender, {})
        old = own.get(new.nonce)
        self._ensure_share(new, own, state_nonce, is_replacement=old is not None)
        if old is not None:
            new = self._replace(old, new)
        victims = self._choose_victims(new, old)
        for victim in victims:
            self._remove(victim)
        self._nonces[new.sender] = state_nonce
        self._senders.setdefault(new.sender, {})[new.nonce] = new
        self._by_hash[new.hash] = new
        self._bytes += new.size_bytes
        return Removal(tuple(victims), old)

    def _ensure_share(
        self,
        new: PoolTransaction,
        own: dict[int, PoolTransaction],
        state_nonce: int,
        *,
        is_replacement: bool,
    ) -> None:
        """No sender takes more than its share of the pool."""
        next_nonce = self.get_next_nonce(new.sender, state_nonce)
        ready = next_nonce - state_nonce
        if new.nonce > next_nonce + NONCE_GAP_MAX:
            raise ImmediatelyDropped(
                f"expected a nonce up to {next_nonce + NONCE_GAP_MAX}, got {new.nonce}"
            )
        if is_replacement:
            return
        limits = self._limits
        if new.nonce == next_nonce:
            if ready >= limits.ready_per_account_max:
                raise ImmediatelyDropped(
                    f"expected at most {limits.ready_per_account_max} ready transactions a sender"
                )
        elif len(own) - ready >= limits.future_per_account_max:
            raise ImmediatelyDropped(
                f"expected at most {limits.future_per_account_max} waiting transactions a sender"
            )

    @staticmethod
    def _replace(old: PoolTransaction, new: PoolTransaction) -> PoolTransaction:
        least = old.fee + max(1, old.fee * REPLACEMENT_PERCENT // 100)
        if new.fee < least:
            raise PriorityTooLow(f"expected a fee of at least {least} planck, got {new.fee}")
        if old.replacements >= REPLACEMENTS_MAX:
            raise PriorityTooLow(f"expected at most {REPLACEMENTS_MAX} replacements of a nonce")
        return replace(new, replacements=old.replacements + 1)

    def _choose_victims(
        self, new: PoolTransaction, old: PoolTransaction | None
    ) -> list[PoolTransaction]:
        """What has to go so that the new one fits; `ImmediatelyDropped` if that is the new one."""
        limits = self._limits
        victims = [] if old is None else [old]
        count = len(self._by_hash) + 1 - len(victims)
        size = self._bytes + new.size_bytes - sum(each.size_bytes for each in victims)
        count_max = limits.ready_count_max + limits.future_count_max
        size_max = limits.ready_bytes_max + limits.future_bytes_max
        if count <= count_max and size <= size_max:
            return victims
        for candidate in self._get_evictable(new.sender):
            if candidate.priority >= new.priority:
                break
            victims.append(candidate)
            count -= 1
            size -= candidate.size_bytes
            if count <= count_max and size <= size_max:
                return victims
        raise ImmediatelyDropped("the pool is full of transactions with a higher priority")

    def _get_evictable(self, sender: AccountId) -> list[PoolTransaction]:
        """The last transaction of every other sender, the least worth first."""
        last = [own[max(own)] for who, own in self._senders.items() if who != sender]
        last.sort(key=lambda each: each.priority)
        return last

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
        own = self._senders.get(sender)
        if own is None:
            return ()
        self._nonces[sender] = nonce
        stale = tuple(own[each] for each in sorted(own) if each < nonce)
        for each in stale:
            self._remove(each)
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
        del self._by_hash[transaction.hash]
        self._bytes -= transaction.size_bytes
        own = self._senders[transaction.sender]
        del own[transaction.nonce]
        if not own:
            del self._senders[transaction.sender]
            del self._nonces[transaction.sender]
