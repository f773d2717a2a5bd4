"""Corners of the pool's limits that a random walk seldom meets."""

import pytest

from chain.config import PoolConfig
from chain.txpool import pool as pool_module
from chain.txpool.pool import TransactionPool
from chain.txpool.transaction import ImmediatelyDropped, TemporarilyBanned
from runtime.primitives import Hash
from tests.helpers.pool_transaction import SENDERS, make_transaction


def test_nobody_makes_room_twice() -> None:
    """A sender's last one stays its last when another comes before it."""
    pool = TransactionPool(PoolConfig(future_bytes_max=200))
    last = make_transaction(1, nonce=5, size_bytes=100)
    before = make_transaction(2, nonce=3, size_bytes=50)
    for each in (last, before):
        pool.insert(each, 0)
    big = make_transaction(3, sender=SENDERS[1], nonce=3, size_bytes=180, priority=9)
    with pytest.raises(ImmediatelyDropped):
        pool.insert(big, 0)
    assert {each.hash for each in pool.get_all()} == {last.hash, before.hash}
    smaller = make_transaction(4, sender=SENDERS[1], nonce=3, size_bytes=150, priority=9)
    assert [each.hash for each in pool.insert(smaller, 0).dropped] == [last.hash]


def test_only_so_many_bans_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "BANNED_MAX", 3)
    pool = TransactionPool(PoolConfig(banned_s=10))
    hashes = [Hash(bytes((number,)) * 32) for number in range(5)]
    for each in hashes:
        pool.ban(each, 1_000)
    for each in hashes[:2]:
        pool.ensure_unknown(each, 1_000)
    for each in hashes[2:]:
        with pytest.raises(TemporarilyBanned):
            pool.ensure_unknown(each, 10_999)
        pool.ensure_unknown(each, 11_000)
