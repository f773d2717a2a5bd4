"""Transactions as the pool sees them: nothing but a sender, a nonce and what they are worth."""

from chain.txpool.transaction import PoolTransaction
from genesis.build import make_api
from genesis.spec import load_preset
from runtime.extrinsic import Extrinsic
from runtime.host import ReferenceHost
from runtime.primitives import AccountId, Hash

SENDERS = tuple(AccountId(bytes((number,)) * 32) for number in range(1, 5))
_REMARK = make_api(load_preset("dev"), ReferenceHost()).make_call("System", "remark", b"")


def make_transaction(
    number: int,
    *,
    sender: AccountId = SENDERS[0],
    nonce: int = 0,
    fee: int = 100,
    priority: int = 1,
    size_bytes: int = 100,
    expires_at: int = 1 << 40,
) -> PoolTransaction:
    """A transaction; another number is another hash."""
    extrinsic = Extrinsic(bytes(size_bytes), Hash(number.to_bytes(32, "big")), _REMARK, None, b"")
    return PoolTransaction(extrinsic, sender, nonce, priority, fee, expires_at)
