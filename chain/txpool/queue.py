"""One sender's transactions by nonce, with what the pool asks of them counted as they change."""

from chain.txpool.transaction import PoolTransaction


class SenderQueue:
    """Those from the state's nonce on, without a gap, are ready; those behind a gap wait.

    Every question but `get_all` is answered at once; a change costs as many steps as transactions
    become ready or cease to be.
    """

    __slots__ = ("_by_nonce", "bytes", "fees", "next_nonce", "nonce", "ready_bytes")

    def __init__(self, nonce: int) -> None:
        self.nonce = nonce
        """The nonce in the state: the next to be included."""
        self.next_nonce = nonce
        """The first nonce that is missing."""
        self.bytes = 0
        self.ready_bytes = 0
        self.fees = 0
        """What all of them cost at most, in planck."""
        self._by_nonce: dict[int, PoolTransaction] = {}

    def __len__(self) -> int:
        return len(self._by_nonce)

    @property
    def ready(self) -> int:
        """How many are ready."""
        return self.next_nonce - self.nonce

    @property
    def waiting(self) -> int:
        """How many are not ready."""
        return len(self._by_nonce) - self.ready

    @property
    def waiting_bytes(self) -> int:
        """The size of those that are not ready."""
        return self.bytes - self.ready_bytes

    def get(self, nonce: int) -> PoolTransaction | None:
        """The transaction of a nonce."""
        return self._by_nonce.get(nonce)

    def get_all(self) -> tuple[PoolTransaction, ...]:
        """All of them by nonce."""
        return tuple(self._by_nonce[nonce] for nonce in sorted(self._by_nonce))

    def get_last_ready(self) -> PoolTransaction | None:
        """The ready one that can go without making another wait."""
        return self._by_nonce[self.next_nonce - 1] if self.ready else None

    def get_last_waiting(self) -> PoolTransaction | None:
        """The waiting one of the highest nonce."""
        if self.waiting == 0:
            return None
        last = max(self._by_nonce)
        return self._by_nonce[last] if last > self.next_nonce else None

    def put(self, new: PoolTransaction) -> tuple[PoolTransaction, ...]:
        """Adds a transaction, in place of that of its nonce; those behind it that became ready."""
        self.remove(new.nonce)
        self._by_nonce[new.nonce] = new
        self.bytes += new.size_bytes
        self.fees += new.fee
        first = self.next_nonce
        self._advance()
        return tuple(self._by_nonce[each] for each in range(first + 1, self.next_nonce))

    def remove(self, nonce: int) -> PoolTransaction | None:
        """Takes out the transaction of a nonce; those behind it wait from now on."""
        found = self._by_nonce.get(nonce)
        if found is None:
            return None
        if self.nonce <= nonce < self.next_nonce:
            for each in range(nonce, self.next_nonce):
                self.ready_bytes -= self._by_nonce[each].size_bytes
            self.next_nonce = nonce
        del self._by_nonce[nonce]
        self.bytes -= found.size_bytes
        self.fees -= found.fee
        return found

    def move_to(self, nonce: int) -> None:
        """The state's nonce is another."""
        if nonce == self.nonce:
            return
        if self.nonce < nonce <= self.next_nonce:
            for each in range(self.nonce, nonce):
                self.ready_bytes -= self._by_nonce[each].size_bytes
        else:
            self.next_nonce, self.ready_bytes = nonce, 0
        self.nonce = nonce
        self._advance()

    def take_stale(self) -> tuple[PoolTransaction, ...]:
        """Takes out those below the state's nonce."""
        stale = sorted(nonce for nonce in self._by_nonce if nonce < self.nonce)
        return tuple(each for nonce in stale if (each := self.remove(nonce)) is not None)

    def _advance(self) -> None:
        while (following := self._by_nonce.get(self.next_nonce)) is not None:
            self.ready_bytes += following.size_bytes
            self.next_nonce += 1
