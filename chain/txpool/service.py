"""The pool at work: takes transactions, follows the chain, tells watchers."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from chain.client.block import BlockImported, BlocksFinalised, ChainEvent
from chain.client.client import Client
from chain.clock import WallClock
from chain.config import PoolConfig
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
from runtime.crypto.hashing import blake2_256
from runtime.errors import CodecError, InvalidTransaction
from runtime.extrinsic import Extrinsic
from runtime.primitives import AccountId, Hash

log = logging.getLogger(__name__)

STATUSES_QUEUED_MAX: Final = 32


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
        removal = self.pool.insert(transaction, state_nonce)
        for victim in removal.dropped:
            if victim is not removal.usurped:
                self._tell(victim.hash, Dropped())
        if removal.usurped is not None:
            self._tell(removal.usurped.hash, Usurped(extrinsic.hash))
        self._tell_place(transaction)
        for following in self.pool.get_of(transaction.sender):
            if following.nonce > transaction.nonce and self.pool.is_ready(following):
                self._tell(following.hash, Ready())

    def _validate(self, extrinsic: Extrinsic) -> tuple[PoolTransaction, int]:
        """Judged on the best block, together with what its sender has here already."""
        best = self._client.best.value
        backend = self._client.state_at(best.hash)
        valid = self._client.api.validate_transaction(backend, extrinsic, best.hash)
        signer = extrinsic.signer
        assert signer is not None, "only signed transactions are valid; qed"
        runtime = self._client.api.make_runtime(backend)
        sender = signer.get_account()
        info = extrinsic.call.get_dispatch_info()
        details = runtime.fees.compute_fee_details(len(extrinsic.raw), info, signer.extra.tip)
        others = sum(
            each.fee for each in self.pool.get_of(sender) if each.nonce != signer.extra.nonce
        )
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
        backend = self._client.state_at(self._client.best.value.hash)
        runtime = self._client.api.make_runtime(backend)
        return self.pool.get_next_nonce(sender, runtime.system.get_nonce(sender))

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

    def _tell_place(self, transaction: PoolTransaction) -> None:
        self._tell(transaction.hash, Ready() if self.pool.is_ready(transaction) else Waiting())

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
        for block_hash in event.retracted:
            for extrinsic in self._decode_body(block_hash):
                self._tell(extrinsic.hash, Retracted(block_hash))
                retracted.append(extrinsic)
        senders: set[AccountId] = set()
        for block_hash in event.enacted:
            senders |= self._note_included(block_hash)
        backend = self._client.state_at(event.head.hash)
        system = self._client.api.make_runtime(backend).system
        for sender in sorted(senders | {_get_sender(each) for each in retracted}):
            for stale in self.pool.note_nonce(sender, system.get_nonce(sender)):
                self._tell(stale.hash, Invalid())
        for expired in self.pool.remove_expired(event.head.number):
            self._tell(expired.hash, Invalid())
        self._reinject(retracted)
        self.followed.set(event.head.hash)

    def _note_included(self, block_hash: Hash) -> set[AccountId]:
        senders: set[AccountId] = set()
        for index, extrinsic in enumerate(self._decode_body(block_hash)):
            if extrinsic.signer is None:
                continue
            senders.add(_get_sender(extrinsic))
            self.pool.remove(extrinsic.hash)
            self._tell(extrinsic.hash, InBlock(block_hash, index))
        return senders

    def _reinject(self, extrinsics: list[Extrinsic]) -> None:
        """What was in retracted blocks and is not in the new chain waits again."""
        now_ms = self._clock.now_ms()
        for extrinsic in extrinsics:
            if extrinsic.signer is None or self.pool.get(extrinsic.hash) is not None:
                continue
            try:
                self._take(extrinsic, now_ms)
            except (InvalidTransaction, PoolRejection) as error:
                log.debug("not taken back", extra={"hash": extrinsic.hash.hex(), "why": str(error)})

    def _note_final(self, block_hash: Hash) -> None:
        for index, extrinsic in enumerate(self._decode_body(block_hash)):
            self._tell(extrinsic.hash, Finalised(block_hash, index))

    def _decode_body(self, block_hash: Hash) -> tuple[Extrinsic, ...]:
        body = self._client.get_body(block_hash) or ()
        return tuple(self._client.api.decode(raw) for raw in body)


def _get_sender(extrinsic: Extrinsic) -> AccountId:
    return AccountId.zero() if extrinsic.signer is None else extrinsic.signer.get_account()


async def maintain_pool(service: PoolService, events: Subscription[ChainEvent]) -> None:
    """The service: follows every chain event, in order."""
    async for event in events:
        service.follow(event)
