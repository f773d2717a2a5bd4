"""JSON-RPC 2.0 messages as a client sends and reads them."""

from typing import Final

import msgspec

from chain.wallet.errors import BadAnswer, RpcRefused

NULL: Final = msgspec.Raw(b"null")


class Request(msgspec.Struct, frozen=True):
    """One call."""

    id: int
    method: str
    params: tuple[object, ...]
    jsonrpc: str = "2.0"


class ErrorObject(msgspec.Struct, frozen=True):
    """Why a call was refused."""

    code: int
    message: str
    data: object = None


class Notice(msgspec.Struct, frozen=True):
    """What a subscription tells."""

    subscription: str
    result: msgspec.Raw


class Message(msgspec.Struct, frozen=True):
    """Anything that a node sends: an answer, which has an id, or a notice."""

    id: int | None = None
    result: msgspec.Raw = NULL
    error: ErrorObject | None = None
    method: str | None = None
    params: Notice | None = None


def encode_request(number: int, method: str, params: tuple[object, ...]) -> bytes:
    """The JSON text of a call."""
    return msgspec.json.encode(Request(number, method, params))


def decode_message(raw: bytes | str, what: str) -> Message:
    """A node's message; `BadAnswer`."""
    try:
        return msgspec.json.decode(raw, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadAnswer(what, str(error)) from error


def get_result(message: Message, method: str) -> msgspec.Raw:
    """An answer's result; `RpcRefused` where it is an error."""
    error = message.error
    if error is None:
        return message.result
    if error.data is None or isinstance(error.data, str):
        data = error.data or ""
    else:
        data = msgspec.json.encode(error.data).decode()
    raise RpcRefused(method, error.code, error.message, data)
