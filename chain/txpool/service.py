"""The pool at work: takes transactions, follows the chain, tells watchers."""

import logging
from collections.abc import Container, Generator, Iterable
from contextlib import contextmanager
from typing import Final, TypeAlias

from chain.client.block import BlockImported, BlocksFinalised, ChainEvent
from chain.client.client import Client
from chain.clock import WallClock
from chain.config import PoolConfig
from chain.errors import UnknownBlock
from chain.txpool.pool import TransactionPool
from chain.txpool.transaction import (
    Dropped,
    Finalised,
    InBlock,
    Invalid,
    PoolRejection,
    PoolTransaction,
    Ready,
    Retracted,
    Status,
    Undecodable,
    Usurped,
    Waiting,
)
from chain.watch import Broadcast, Subscription, Watch
from runtime.api import Validation
from runtime.crypto.hashing import blake2_256
from runtime.errors import CodecError, InvalidTransaction
from runtime.extrinsic import Extrinsic
from runtime.primitives import AccountId, Hash

log = logging.getLogger(__name__)

STATUSES_QUEUED_MAX: Final = 32

Body: TypeAlias = tuple[tuple[int, Extrinsic], ...]
"""A block's transactions, each with its place among all extrinsics."""


class PoolService:
    """The pool of one node; every method is synchronous and runs in the event loop."""

    def __init__(self, client: Client, clock: WallClock, limits: PoolConfig) -> None:
        self._client = client
        self._clock = clock
        self._limits = limits
        self.pool = TransactionPool(limits)
        self.arrivals: Watch[int] = Watch(0)
        """Counts the transactions taken, so that an author can wait for one."""

        self.followed: Watch[Hash] = Watch(client.best.value.hash)
        """The best block that the pool knows of: what that block has taken is gone from here."""

        self._watchers: dict[Hash, Broadcast[Status]] = {}
        self._validation: tuple[Hash, Validation] | None = None
        self._bodies = self._load_bodies()

    # --- taking

    def submit(self, raw: bytes) -> Hash:
        """Takes a transaction; `PoolRejection` or `InvalidTransaction` says why not."""
        now_ms = self._clock.now_ms()
        if len(raw) > self._limits.transaction_bytes_max:
            raise Undecodable(
                f"expected at most {self._limits.transaction_bytes_max} bytes, got {len(raw)}"
            )
        self.pool.ensure_unknown(Hash(blake2_256(raw)), now_ms)
        try:
            extrinsic = self._client.api.decode(raw)
        except CodecError as error:
            raise Undecodable(str(error)) from None
        self._take(extrinsic, now_ms)
        self.arrivals.set(self.arrivals.value + 1)
        return extrinsic.hash

    def _take(self, extrinsic: Extrinsic, now_ms: int) -> None:
        try:
            transaction, state_nonce = self._validate(extrinsic)
        except InvalidTransaction:
            self.pool.ban(extrinsic.hash, now_ms)
            raise
        insertion = self.pool.insert(transaction, state_nonce)
        for victim in insertion.dropped:
            self._tell(victim.hash, Dropped())
        if insertion.usurped is not None:
            self._tell(insertion.usurped.hash, Usurped(extrinsic.hash))
        self._tell(extrinsic.hash, Ready() if self.pool.is_ready(transaction) else Waiting())
        for promoted in insertion.promoted:
            self._tell(promoted.hash, Ready())

    def _validate(self, extrinsic: Extrinsic) -> tuple[PoolTransaction, int]:
        """Judged on the best block, together with what its sender has here already."""
        best, validation = self._client.best.value, self._get_validation()
        valid, runtime = validation.validate(extrinsic), validation.runtime
        signer = extrinsic.signer
        assert signer is not None, "only signed transactions are valid; qed"
        sender = signer.get_account()
        info = extrinsic.call.get_dispatch_info()
        details = runtime.fees.compute_fee_details(len(extrinsic.raw), info, signer.extra.tip)
        others = self.pool.get_fees(sender, but=signer.extra.nonce)
        runtime.fees.ensure_payable(sender, others + details.total)
        transaction = PoolTransaction(
            extrinsic,
            sender,
            signer.extra.nonce,
            valid.priority,
            details.total,
            best.number + 1 + valid.longevity,
        )
        return transaction, runtime.system.get_nonce(sender)

    def get_next_nonce(self, sender: AccountId) -> int:
        """The nonce of a sender's next transaction, those here included."""
        return self.pool.get_next_nonce(sender, self._get_state_nonce(sender))

    def _get_state_nonce(self, sender: AccountId) -> int:
        return self._get_validation().runtime.system.get_nonce(sender)

    def _get_validation(self) -> Validation:
        """On the best block's state; one serves until the next block."""
        best = self._client.best.value.hash
        if self._validation is None or self._validation[0] != best:
            backend = self._client.state_at(best)
            self._validation = best, self._client.api.begin_validation(backend, best)
        return self._validation[1]

    def drop_invalid(self, transaction: PoolTransaction) -> None:
        """Takes out what turned out invalid while a block was built."""
        if self.pool.remove(transaction.hash) is not None:
            self.pool.ban(transaction.hash, self._clock.now_ms())
            self._tell(transaction.hash, Invalid())

    # --- watching

    @contextmanager
    def watch(self, extrinsic_hash: Hash) -> Generator[Subscription[Status]]:
        """What happens to a transaction from now on; open it before the transaction is taken."""
        broadcast = self._watchers.setdefault(extrinsic_hash, Broadcast(STATUSES_QUEUED_MAX))
        try:
            with broadcast.subscribe() as subscription:
                yield subscription
        finally:
            if broadcast.subscribers == 0:
                self._watchers.pop(extrinsic_hash, None)

    def _tell(self, extrinsic_hash: Hash, status: Status) -> None:
        broadcast = self._watchers.get(extrinsic_hash)
        if broadcast is not None:
            broadcast.send(status)

    # --- following the chain

    def follow(self, event: ChainEvent) -> None:
        """Brings the pool to the new best or finalised block."""
        match event:
            case BlockImported():
                if event.is_best:
                    self._follow_best(event)
            case BlocksFinalised():
                for head in event.heads:
                    self._note_final(head.hash)

    def _follow_best(self, event: BlockImported) -> None:
        retracted: list[Extrinsic] = []
        for block_hash in reversed(event.retracted):
            for _, extrinsic in self._bodies.pop(block_hash):
                self._tell(extrinsic.hash, Retracted(block_hash))
                retracted.append(extrinsic)
        included: dict[Hash, Extrinsic] = {}
        for block_hash in event.enacted:
            self._bodies[block_hash] = self._load_body(block_hash)
            for index, extrinsic in self._bodies[block_hash]:
                included[extrinsic.hash] = extrinsic
                self._tell(extrinsic.hash, InBlock(block_hash, index))
        self._note_nonces(event.head.hash, (*retracted, *included.values()), included)
        for each in included:
            self.pool.remove(each)  # above the nonce where it reaped its sender, who starts at 0
        for expired in self.pool.remove_expired(event.head.number):
            self._tell(expired.hash, Invalid())
        self._take_back(each for each in retracted if each.hash not in included)
        self.followed.set(event.head.hash)

    def _note_nonces(
        self, block_hash: Hash, moved: Iterable[Extrinsic], included: Container[Hash]
    ) -> None:
        """What the nonces after a block leave behind goes, of the senders that may have moved."""
        try:
            backend = self._client.state_at(block_hash)
        except UnknownBlock:
            return  # it lost meanwhile, of which the next event tells
        system = self._client.api.make_runtime(backend).system
        for sender in sorted({_get_sender(each) for each in moved}):
            for stale in self.pool.note_nonce(sender, system.get_nonce(sender)):
                if stale.hash not in included:
                    self._tell(stale.hash, Invalid())

    def _take_back(self, extrinsics: Iterable[Extrinsic]) -> None:
        """What was in retracted blocks and is not in the new chain waits again, or has its end."""
        now_ms = self._clock.now_ms()
        for extrinsic in extrinsics:
            if self.pool.get(extrinsic.hash) is not None:
                continue
            try:
                self._take(extrinsic, now_ms)
            except (InvalidTransaction, PoolRejection) as error:
                log.debug("not taken back", extra={"hash": extrinsic.hash.hex(), "why": str(error)})
                is_invalid = isinstance(error, InvalidTransaction)
                self._tell(extrinsic.hash, Invalid() if is_invalid else Dropped())

    def _note_final(self, block_hash: Hash) -> None:
        for index, extrinsic in self._bodies.pop(block_hash):
            self._tell(extrinsic.hash, Finalised(block_hash, index))

    def _load_bodies(self) -> dict[Hash, Body]:
        """Those of the best chain's blocks that may still be retracted.

        Kept here, as a block that loses may leave the store before the pool hears of it.
        """
        get_hash = self._client.get_block_hash
        open_blocks = self._client.get_unfinalised()
        line = (head.hash for head in open_blocks if get_hash(head.number) == head.hash)
        return {each: self._load_body(each) for each in line}

    def _load_body(self, block_hash: Hash) -> Body:
        raw = enumerate(self._client.get_body(block_hash) or ())
        decoded = ((index, self._client.api.decode(each)) for index, each in raw)
        return tuple(each for each in decoded if each[1].signer is not None)


def _get_sender(extrinsic: Extrinsic) -> AccountId:
    assert extrinsic.signer is not None, "inherents are not looked at; qed"
    return extrinsic.signer.get_account()


async def maintain_pool(service: PoolService, events: Subscription[ChainEvent]) -> None:
    """The service: follows every chain event, in order, and is never behind for long."""
    async for event in events:
        service.follow(event)
        while (following := events.receive_nowait()) is not None:
            service.follow(following)
