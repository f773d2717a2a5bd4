"""Sends a transaction and watches it until it is in a block, or final."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec
import trio

from chain.wallet.chain_reader import ChainReader, to_hash, to_hex
from chain.wallet.dispatch_failure import describe_failure
from chain.wallet.errors import (
    BadAnswer,
    NodeSilent,
    RpcRefused,
    TransactionLost,
    TransactionRefused,
)
from chain.wallet.json_types import TransactionStatus
from chain.wallet.rpc import RpcTimeouts, convert
from chain.wallet.transaction import SignedTransaction
from chain.wallet.web_socket import WebSocketCaller, open_web_socket
from pallets.transaction_payment import TransactionFeePaid
from runtime.frame import Event
from runtime.frame.event_record import ApplyExtrinsic
from runtime.primitives import Hash
from runtime.system import ExtrinsicFailed

WATCH_S: Final = 180
_LOST: Final = ("dropped", "invalid")
_REFUSED: Final = range(1_000, 1_020)
"""The codes with which a pool refuses a transaction."""


class Until(Enum):
    """How sure a sender wants to be."""

    IN_BLOCK = "inBlock"
    FINAL = "finalized"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Where a transaction ended up and what it did."""

    hash: Hash
    block_hash: Hash
    block_number: int
    index: int
    is_final: bool
    events: tuple[Event, ...]
    fee: int
    """What the sender paid for it, tip included, in planck."""


OnStatus = Callable[[str], None]


def ignore_status(status: str) -> None:
    """Tells nobody."""
    del status


async def submit(
    chain: ChainReader,
    transaction: SignedTransaction,
    timeouts: RpcTimeouts,
    *,
    until: Until = Until.IN_BLOCK,
    on_status: OnStatus = ignore_status,
    watch_s: float = WATCH_S,
) -> Inclusion:
    """Sends and watches; the call has succeeded when this returns.

    `TransactionRefused` by the pool, `TransactionLost` from it, `TransactionFailed` in the block.
    """
    url = chain.rpc.url.over_web_socket()
    async with open_web_socket(url, timeouts.connect_s, timeouts.request_s) as socket:
        try:
            with trio.fail_after(watch_s):
                block_hash = await _watch(socket, transaction, until, on_status)
        except trio.TooSlowError:
            raise NodeSilent(str(url), f"the transaction's {until.value}", watch_s) from None
    return await _look_up(chain, transaction, block_hash, is_final=until is Until.FINAL)


async def _watch(
    socket: WebSocketCaller, transaction: SignedTransaction, until: Until, on_status: OnStatus
) -> Hash:
    method = "author_submitAndWatchExtrinsic"
    try:
        raw = await socket.call(method, (to_hex(transaction.raw),))
    except RpcRefused as error:
        if error.code in _REFUSED:
            raise TransactionRefused(f"{error.message}: {error.data}".rstrip(": ")) from error
        raise
    subscription = convert(raw, str, method)
    while True:
        status = _decode_status(await socket.wait_news(subscription))
        if isinstance(status, str):
            on_status(status)
            if status in _LOST:
                raise TransactionLost(status)
            continue
        if status.usurped is not None:
            raise TransactionLost("another with the same nonce took its place")
        if status.finality_timeout is not None:
            raise TransactionLost("its block did not become final in time")
        on_status(_name_status(status))
        block = status.finalized or (status.in_block if until is Until.IN_BLOCK else None)
        if block is not None:
            return to_hash(block)


def _name_status(status: TransactionStatus) -> str:
    for name in ("broadcast", "in_block", "retracted", "finalized"):
        if getattr(status, name) is not None:
            return name.replace("_", " ")
    raise BadAnswer("author_extrinsicUpdate", "no status")


def _decode_status(raw: msgspec.Raw) -> TransactionStatus | str:
    try:
        status: TransactionStatus | str = msgspec.json.decode(raw, type=TransactionStatus | str)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadAnswer("author_extrinsicUpdate", str(error)) from error
    return status


async def _look_up(
    chain: ChainReader, transaction: SignedTransaction, block_hash: Hash, *, is_final: bool
) -> Inclusion:
    """The transaction's place and events; `TransactionFailed` where its call failed."""
    extrinsics = await chain.get_extrinsics(block_hash)
    hashes = [extrinsic.hash for extrinsic in extrinsics]
    if transaction.hash not in hashes:
        raise BadAnswer("chain_getBlock", "the block does not have the transaction")
    index = hashes.index(transaction.hash)
    events = tuple(
        record.event.event
        for record in await chain.get_events(block_hash)
        if record.phase == ApplyExtrinsic(index)
    )
    for event in events:
        if isinstance(event, ExtrinsicFailed):
            raise describe_failure(event.dispatch_error, chain.runtime.pallets)
    number = (await chain.get_header(block_hash)).number
    fee = sum(event.actual_fee for event in events if isinstance(event, TransactionFeePaid))
    return Inclusion(transaction.hash, block_hash, number, index, is_final, events, fee)
