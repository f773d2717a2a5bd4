"""What a call would do and cost, asked of a node before anybody signs it."""

import msgspec

from chain.wallet.chain_reader import ChainReader, to_hex
from chain.wallet.errors import RpcRefused, TransactionRefused
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId

INVALID_TRANSACTION = 1_010


class FailureJson(msgspec.Struct, frozen=True):
    """Why the call would fail; a pallet's error names the pallet."""

    pallet: str | None
    name: str
    docs: str


class EventJson(msgspec.Struct, frozen=True):
    """An event that the call would make."""

    pallet: str
    event: str
    fields: dict[str, object]


class WeightJson(msgspec.Struct, frozen=True, rename="camel"):
    """What the block would be charged."""

    ref_time: int
    proof_size: int


class DryRunJson(msgspec.Struct, frozen=True):
    """What `system_dryRunCall` gives."""

    error: FailureJson | None
    events: list[EventJson]
    fee: str
    weight: WeightJson


async def dry_run(chain: ChainReader, account: AccountId, call: Call) -> DryRunJson:
    """What the call would do after the best block, if the account sent it now.

    `TransactionRefused` where no pool would take it; `RpcRefused` of a node that only runs the
    calls of its operator.
    """
    encoded = to_hex(chain.runtime.calls.encode(call))
    try:
        return await chain.rpc.call(DryRunJson, "system_dryRunCall", encode_ss58(account), encoded)
    except RpcRefused as error:
        if error.code == INVALID_TRANSACTION:
            raise TransactionRefused(f"{error.message}: {error.data}") from error
        raise
