"""Calls of shared accounts that wait for approvals: how they are found and shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from chain.cli.calls import compute_call_hash, describe_call, iter_calls, name_call
from chain.cli.output import Json, print_fields, print_json, print_line
from chain.cli.session import Session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import ChainReader, UnknownBlock, to_hex
from pallets.multisig.declarations import OpenMultisig
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId, Hash


@dataclass(frozen=True, slots=True)
class Opening:
    """What the transaction said that opened an operation."""

    threshold: int
    call: Call | None
    """None where it gave only a hash."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A call that waits for approvals."""

    account: AccountId
    call_hash: Hash
    state: OpenMultisig
    opening: Opening | None
    """None where the node no longer has the block."""


async def read_operations(chain: ChainReader, of: AccountId | None) -> list[Operation]:
    """All that are open, or those of one account, the oldest first."""
    found = await chain.read(lambda at: tuple(at.multisig.multisigs.items()))
    operations = [
        Operation(account, Hash(call_hash), state, await _find_opening(chain, call_hash, state))
        for (account, call_hash), state in found
        if of in (None, account)
    ]
    return sorted(operations, key=lambda each: (each.state.when.height, each.state.when.index))


async def read_operation(
    chain: ChainReader, account: AccountId, call_hash: Hash
) -> Operation | None:
    """The one of an account and a call, if it is open."""
    state = await chain.read(lambda at: at.multisig.multisigs.get((account, call_hash)))
    if state is None:
        return None
    return Operation(account, call_hash, state, await _find_opening(chain, call_hash, state))


async def _find_opening(
    chain: ChainReader, call_hash: bytes, state: OpenMultisig
) -> Opening | None:
    """The state keeps only a hash: the call itself stands in the transaction that came first."""
    try:
        block_hash = await chain.get_block_hash(state.when.height)
        extrinsic = (await chain.get_extrinsics(block_hash))[state.when.index]
    except (UnknownBlock, IndexError):
        return None
    for each in iter_calls(extrinsic.call):
        if name_call(each) == "Multisig.as_multi":
            threshold, _, _, call, _ = each.args
            if compute_call_hash(chain.runtime, call) == call_hash:
                return Opening(threshold, call)
        elif name_call(each) == "Multisig.approve_as_multi":
            threshold, _, _, given, _ = each.args
            if given == call_hash:
                return Opening(threshold, None)
    return None


def show_operations(session: Session, operations: Sequence[Operation]) -> None:
    """Each with its call and with who has approved it."""
    if session.settings.as_json:
        print_json([_to_json(session, each) for each in operations])
        return
    for each in operations:
        state = each.state
        call = None if each.opening is None else each.opening.call
        needed = "" if each.opening is None else f" of {each.opening.threshold}"
        names = ", ".join(session.show(who) for who in state.approvals)
        fields = {
            "account": session.show(each.account),
            "call": "not known" if call is None else describe_call(call, session.show),
            "approvals": f"{len(state.approvals)}{needed}: {names}",
            "opened": f"by {session.show(state.depositor)} in block #{state.when.height}",
            "deposit": format_amount(state.deposit),
        }
        print_fields(to_hex(each.call_hash), fields)
    if not operations:
        print_line("no call waits for approvals")


def _to_json(session: Session, operation: Operation) -> Json:
    state, opening = operation.state, operation.opening
    call = None if opening is None else opening.call
    calls = session.chain.runtime.calls
    return {
        "account": encode_ss58(operation.account),
        "hash": to_hex(operation.call_hash),
        "name": None if call is None else name_call(call),
        "call": None if call is None else to_hex(calls.encode(call)),
        "threshold": None if opening is None else opening.threshold,
        "approvals": [encode_ss58(who) for who in state.approvals],
        "openedBy": encode_ss58(state.depositor),
        "openedAt": {"block": state.when.height, "index": state.when.index},
        "deposit": str(state.deposit),
    }
