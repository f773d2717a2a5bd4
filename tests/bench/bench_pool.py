"""What the pool costs here, apart from validation: microseconds a transaction, by how full it is.

Processor time, so that other programs count little. Each row fills an empty pool: many senders with
one transaction each, then few with as many as they may have, then a flood that pays more and more
into a pool that is full, so that each new one drives another out.
"""

from collections.abc import Sequence
from time import process_time_ns

from chain.config import PoolConfig
from chain.txpool.pool import TransactionPool
from chain.txpool.transaction import PoolTransaction
from runtime.primitives import AccountId
from tests.helpers.pool_transaction import make_transaction

COUNT = 8_192
PER_SENDER = 64


def make_many(count: int, per_sender: int, first: int = 0) -> list[PoolTransaction]:
    """Transactions of as many senders as needed, each paying more than the one before."""
    return [
        make_transaction(
            number + 1,
            sender=AccountId((number // per_sender).to_bytes(32, "big")),
            nonce=number % per_sender,
            priority=number,
        )
        for number in range(first, first + count)
    ]


def measure(name: str, pool: TransactionPool, transactions: Sequence[PoolTransaction]) -> None:
    """Prints what a transaction costs to put in, to list, and to take out by nonce."""
    begun = process_time_ns()
    for each in transactions:
        pool.insert(each, 0)
    filled = process_time_ns()
    listed = sum(1 for _ in pool.get_ready())
    ended = process_time_ns()
    insert = (filled - begun) / len(transactions) / 1_000
    order = (ended - filled) / listed / 1_000
    print(f"{name:34} {insert:8.1f} us in {order:8.2f} us listed   {len(pool):6} there")


def main() -> None:
    """Prints a row for each way to fill a pool."""
    limits = PoolConfig()
    pool = TransactionPool(limits)
    measure("one a sender", pool, make_many(COUNT, 1))
    measure("flood into that full pool", pool, make_many(1_000, 1, COUNT))
    measure("64 a sender", TransactionPool(limits), make_many(COUNT, PER_SENDER))


if __name__ == "__main__":
    main()
