"""`system_dryRun*`: what a transaction or a call would do in the next block.

Both run the call, so they are the operator's, and run in the worker.
"""

from chain.client.client import Client
from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import rpc
from chain.rpc.namespaces.author_methods import INVALID_TRANSACTION
from chain.rpc.namespaces.json_forms import get_state, invalid_params, to_hex
from chain.rpc.namespaces.runtime_json import to_object
from runtime.codec import codec_of
from runtime.composed import ComposedRuntime
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.errors import CodecError, DispatchError, InvalidTransaction, ModuleError
from runtime.executive import DryRun
from runtime.frame.dispatch_error import DispatchErrorValue, to_value
from runtime.frame.event_record import PalletEvent
from runtime.transaction_result import ValidityError, to_validity_error

_APPLIED, _NOT_APPLIED = b"\0", b"\1"
_DISPATCH_ERROR = codec_of(DispatchErrorValue)
_VALIDITY_ERROR = codec_of(ValidityError)


class DryRunMethods:
    """Judges what is not sent."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("system_dryRun", aliases=("system_dryRunAt",), in_worker=True)
    def dry_run(self, extrinsic: bytes, at: bytes | None = None) -> str:
        """The `ApplyExtrinsicResult` of a signed transaction in the next block, SCALE in hex."""
        api = self._client.api
        block_hash, backend = get_state(self._client, at)
        try:
            outcome = api.dry_run(backend, block_hash, api.decode(extrinsic))
        except CodecError as error:
            raise RpcError(1002, f"Verification Error: {error}") from None
        except InvalidTransaction as error:
            return to_hex(_NOT_APPLIED + _VALIDITY_ERROR.encode(to_validity_error(error)))
        if outcome.error is None:
            return to_hex(_APPLIED + _APPLIED)
        runtime = api.make_runtime(backend)
        value = to_value(outcome.error, runtime.dispatcher.get_module_index)
        return to_hex(_APPLIED + _NOT_APPLIED + _DISPATCH_ERROR.encode(value))

    @rpc("system_dryRunCall", in_worker=True)
    def dry_run_call(self, account: str, call: bytes, at: bytes | None = None) -> object:
        """What a call would do if an account sent it now: events, error, fee and weight.

        Nobody signs it. Its time is that of the block that it would follow.
        """
        api = self._client.api
        try:
            who = decode_ss58(account)
        except Ss58Error as error:
            raise invalid_params(f"account: {error}") from None
        try:
            decoded = api.calls.decode(call)
        except CodecError as error:
            raise invalid_params(f"call: {error}") from None
        block_hash, backend = get_state(self._client, at)
        try:
            done = api.dry_run_call(backend, block_hash, decoded, who)
        except InvalidTransaction as error:
            raise RpcError(INVALID_TRANSACTION, "Invalid Transaction", error.reason) from None
        return describe_dry_run(done, api.make_runtime(backend))


def describe_dry_run(done: DryRun, runtime: ComposedRuntime) -> dict[str, object]:
    """What came of a call, for clients."""
    weight = done.info.weight
    return {
        "error": None if done.error is None else _describe_error(done.error, runtime),
        "events": [_describe_event(record.event, runtime) for record in done.events],
        "fee": str(done.fee),
        "weight": {"refTime": weight.ref_time, "proofSize": weight.proof_size},
        "class": done.info.class_.name.lower(),
    }


def _describe_event(event: PalletEvent, runtime: ComposedRuntime) -> object:
    fields = to_object(event.event)
    fields.pop("type", None)  # the name of the event, once more
    pallet = _get_pallet_name(event.pallet_index, runtime)
    return {"pallet": pallet, "event": type(event.event).__name__, "fields": fields}


def _describe_error(error: DispatchError, runtime: ComposedRuntime) -> object:
    pallet = None
    if isinstance(error, ModuleError):
        pallet = _get_pallet_name(runtime.dispatcher.get_module_index(error), runtime)
    docs = (type(error).__doc__ or "").split("\n", 1)[0]
    return {"pallet": pallet, "name": type(error).__name__.rstrip("_"), "docs": docs}


def _get_pallet_name(index: int, runtime: ComposedRuntime) -> str:
    return next(each.spec.name for each in runtime.pallets if each.index == index)
