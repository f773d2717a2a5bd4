"""`author_*`: submitting transactions, and watching them."""

from chain.client.client import Client
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hex
from chain.rpc.subscriptions import Subscriber
from chain.txpool.service import PoolService
from chain.txpool.transaction import (
    AlreadyImported,
    Dropped,
    Finalised,
    ImmediatelyDropped,
    InBlock,
    Invalid,
    PoolRejection,
    PriorityTooLow,
    Ready,
    Retracted,
    Status,
    TemporarilyBanned,
    Undecodable,
    Usurped,
    Waiting,
)
from runtime.crypto.hashing import blake2_256
from runtime.errors import InvalidTransaction
from runtime.primitives import Hash

INVALID_TRANSACTION = 1010
LAST = (Finalised, Usurped, Dropped, Invalid)


class AuthorMethods:
    """The pool, as clients use it."""

    def __init__(self, client: Client, pool: PoolService) -> None:
        self._client = client
        self._pool = pool

    @rpc("author_submitExtrinsic", safe=True)
    def submit_extrinsic(self, extrinsic: bytes) -> str:
        """Puts a transaction into the pool; its hash."""
        return to_hex(submit(self._pool, extrinsic))

    @rpc("author_pendingExtrinsics", safe=True)
    def pending_extrinsics(self) -> list[str]:
        """Every transaction that waits."""
        return [to_hex(each.extrinsic.raw) for each in self._pool.pool.get_all()]

    @rpc(
        "author_submitAndWatchExtrinsic",
        unsubscribe=("author_unwatchExtrinsic",),
        notification="author_extrinsicUpdate",
        safe=True,
    )
    async def submit_and_watch(self, subscriber: Subscriber, extrinsic: bytes) -> None:
        """Puts a transaction into the pool and tells what becomes of it, to its end."""
        with self._pool.watch(Hash(blake2_256(extrinsic))) as statuses:
            submit(self._pool, extrinsic)
            await subscriber.accept()
            async for status in statuses:
                await subscriber.send(status_to_json(status))
                if isinstance(status, LAST):
                    return


def submit(pool: PoolService, extrinsic: bytes) -> Hash:
    """Submits; a refusal becomes the error that clients know."""
    try:
        return pool.submit(extrinsic)
    except InvalidTransaction as error:
        raise RpcError(INVALID_TRANSACTION, "Invalid Transaction", error.reason) from None
    except PoolRejection as error:
        raise to_rpc_error(error) from None


def to_rpc_error(error: PoolRejection) -> RpcError:
    """Substrate's codes for what a pool does not take."""
    match error:
        case Undecodable():
            return RpcError(1002, f"Verification Error: {error}", str(error))
        case TemporarilyBanned():
            return RpcError(1012, "Transaction is temporarily banned", str(error))
        case AlreadyImported():
            return RpcError(1013, "Transaction Already Imported", str(error))
        case PriorityTooLow():
            return RpcError(1014, f"Priority is too low: ({error})", str(error))
        case ImmediatelyDropped():
            return RpcError(1016, "Immediately Dropped", str(error))
        case _:
            return RpcError(INVALID_TRANSACTION, "Invalid Transaction", str(error))


def status_to_json(status: Status) -> object:
    """A status as clients know it."""
    match status:
        case Ready():
            return "ready"
        case Waiting():
            return "future"
        case InBlock(block_hash):
            return {"inBlock": to_hex(block_hash)}
        case Retracted(block_hash):
            return {"retracted": to_hex(block_hash)}
        case Finalised(block_hash):
            return {"finalized": to_hex(block_hash)}
        case Usurped(by):
            return {"usurped": to_hex(by)}
        case Dropped():
            return "dropped"
        case Invalid():
            return "invalid"
