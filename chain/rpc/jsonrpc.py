"""JSON-RPC 2.0 messages: from bytes to calls, from results to bytes. No I/O, no methods.

Source: https://www.jsonrpc.org/specification. The codes below -32000 are those of Substrate nodes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from chain.rpc.limits import RpcLimits

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
TOO_MANY_SUBSCRIPTIONS: Final = -32006
TOO_BIG_REQUEST: Final = -32007
TOO_BIG_RESPONSE: Final = -32008
SERVER_BUSY: Final = -32009
TOO_BIG_BATCH_REQUEST: Final = -32010
TOO_BIG_BATCH_RESPONSE: Final = -32011

NO_ID: Final = b"null"


class RpcError(Exception):
    """The answer to a call that fails: a method raises it, the client reads it."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(code, message, data)
        self.code = code
        self.message = message
        self.data = data
        """More about it, as JSON; None for nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request for one method."""

    id: bytes | None
    """The caller's id as it was spelt, to be echoed; None for a notification: no answer."""
    method: str
    params: list[object] | dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Malformed:
    """What is answered instead of running a call."""

    id: bytes
    error: RpcError


Message: TypeAlias = Call | Malformed | list[Call | Malformed]
"""A list is a batch."""


class _Envelope(msgspec.Struct, gc=False):
    jsonrpc: str = ""
    method: str | None = None
    params: list[object] | dict[str, object] | None = None
    id: msgspec.Raw = msgspec.Raw()


class _IdOnly(msgspec.Struct, gc=False):
    id: msgspec.Raw = msgspec.Raw()


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_ID_ONLY: Final = msgspec.json.Decoder(_IdOnly)
_BATCH: Final = msgspec.json.Decoder(list[msgspec.Raw])


def _encode_other(value: object) -> object:
    """Hashes, accounts and other named byte strings are hex."""
    if isinstance(value, bytes):
        return to_hex(value)
    raise TypeError(f"expected a JSON value, got {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_encode_other)

# A string in one piece, or a bracket. Possessive, so that no input makes it look twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.|\\\Z)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)


def to_hex(data: bytes) -> str:
    """`0x` and lower-case hex. Plain bytes in a result need this; named ones are converted."""
    return "0x" + data.hex()


def is_too_deep(data: bytes, depth_max: int) -> bool:
    """Whether arrays and objects nest deeper, were this JSON."""
    if data.count(b"[") + data.count(b"{") <= depth_max:
        return False
    depth = 0
    for token in _TOKEN.finditer(data):
        byte = data[token.start()]
        if byte in b"[{":
            depth += 1
            if depth > depth_max:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def parse_message(data: bytes, limits: RpcLimits) -> Message:
    """The call or batch in `data`. Never raises: what is wrong becomes `Malformed`."""
    if len(data) > limits.request_bytes_max:
        return Malformed(NO_ID, too_big_request(limits))
    if is_too_deep(data, limits.depth_max):
        return _refuse(PARSE_ERROR, f"expected at most {limits.depth_max} levels, got more")
    if not data.lstrip(b" \t\r\n").startswith(b"["):
        return _parse_call(data)
    try:
        batch: Sequence[msgspec.Raw] = _BATCH.decode(data)
    except msgspec.DecodeError as error:
        return _refuse(PARSE_ERROR, str(error))
    if not batch:
        return _refuse(INVALID_REQUEST, "expected a call in the batch, got none")
    if len(batch) > limits.batch_calls_max:
        text = f"Exceeded max limit of {limits.batch_calls_max}"
        return Malformed(
            NO_ID, RpcError(TOO_BIG_BATCH_REQUEST, "The batch request was too large", text)
        )
    return [_parse_call(bytes(each)) for each in batch]


def _parse_call(data: bytes) -> Call | Malformed:
    try:
        envelope = _ENVELOPE.decode(data)
    except msgspec.ValidationError as error:
        return _refuse(INVALID_REQUEST, str(error), _find_id(data))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _refuse(PARSE_ERROR, str(error))
    call_id = bytes(envelope.id)
    if call_id and not _is_id(call_id):
        return _refuse(INVALID_REQUEST, "expected a number or string as id, got something else")
    if envelope.jsonrpc != "2.0":
        text = f'expected jsonrpc "2.0", got {envelope.jsonrpc[:20]!r}'
        return _refuse(INVALID_REQUEST, text, call_id)
    if envelope.method is None:
        return _refuse(INVALID_REQUEST, "expected a method, got none", call_id)
    return Call(call_id or None, envelope.method, envelope.params)


def _find_id(data: bytes) -> bytes:
    try:
        call_id = bytes(_ID_ONLY.decode(data).id)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NO_ID
    return call_id if call_id and _is_id(call_id) else NO_ID


def _is_id(data: bytes) -> bool:
    if data[0] not in b'"-0123456789n':
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse(code: int, why: str, call_id: bytes = b"") -> Malformed:
    message = "Parse error" if code == PARSE_ERROR else "Invalid request"
    return Malformed(call_id or NO_ID, RpcError(code, message, why))


def too_big_request(limits: RpcLimits) -> RpcError:
    """The error for a message that is longer than allowed."""
    text = f"Exceeded max limit of {limits.request_bytes_max}"
    return RpcError(TOO_BIG_REQUEST, "Request is too big", text)


def too_big_response(limits: RpcLimits) -> RpcError:
    """The error for an answer that would be longer than allowed."""
    text = f"Exceeded max limit of {limits.response_bytes_max}"
    return RpcError(TOO_BIG_RESPONSE, "Response is too big", text)


def encode_result(call_id: bytes, result: object) -> bytes:
    """The answer to a call that went well. Raises TypeError if the result is no JSON."""
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (call_id, _ENCODER.encode(result))


def encode_error(call_id: bytes, error: RpcError) -> bytes:
    """The answer to a call that failed."""
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if error.data is not None:
        body["data"] = error.data
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (call_id, _ENCODER.encode(body))


def encode_notification(method: str, subscription: str, result: object) -> bytes:
    """One item of a subscription."""
    params = {"subscription": subscription, "result": result}
    return _ENCODER.encode({"jsonrpc": "2.0", "method": method, "params": params})
