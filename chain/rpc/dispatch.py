"""From a message to its answer: finds the method, converts the parameters, runs it.

The boundary of the methods is here: whatever a method raises ends its call and nothing else.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, NamedTuple, TypeVar, cast

import trio

from chain.errors import StatePruned, SubscriberTooSlow
from chain.rpc.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NO_ID,
    SERVER_BUSY,
    TOO_BIG_BATCH_RESPONSE,
    Call,
    Malformed,
    Message,
    RpcError,
    encode_error,
    encode_result,
    parse_message,
    too_big_response,
)
from chain.rpc.limits import RpcLimits
from chain.rpc.methods import Kind, Method, Methods
from chain.rpc.subscriptions import Subscriber, Subscriptions
from chain.worker import Worker

_log: Final = logging.getLogger(__name__)

T = TypeVar("T")

CLIENT_ERROR: Final = 4003
"""Substrate's code for what its client refuses."""


class Answer(NamedTuple):
    """What goes back for one message."""

    data: bytes | None
    """None for notifications: nothing is answered."""
    opened: tuple[Subscriber, ...] = ()
    """Subscriptions whose id is in the answer; told once it is queued."""


class Dispatcher:
    """Answers messages by a table of methods."""

    def __init__(self, methods: Methods, worker: Worker, limits: RpcLimits) -> None:
        self._methods = methods
        self._worker = worker
        self._limits = limits

    def parse(self, data: bytes) -> Message:
        """The call or batch in `data`; never raises."""
        return parse_message(data, self._limits)

    def is_immediate(self, message: Message) -> bool:
        """Whether the answer is there without waiting for anything."""
        if isinstance(message, list):
            return all(map(self.is_immediate, message))
        if isinstance(message, Malformed):
            return True
        method = self._methods.table.get(message.method)
        return method is None or method.kind is Kind.IMMEDIATE

    async def answer(self, message: Message, subscriptions: Subscriptions | None) -> Answer:
        """Runs what the message asks for; `subscriptions` are the connection's, if it can have any.

        Never raises but for cancellation.
        """
        if not isinstance(message, list):
            return await self._answer_one(message, subscriptions)
        answers: list[bytes] = []
        opened: list[Subscriber] = []
        size = 2
        for each in message:
            answer = await self._answer_one(each, subscriptions)
            opened += answer.opened
            if answer.data is not None:
                answers.append(answer.data)
                size += len(answer.data) + 1
            if size > self._limits.response_bytes_max:
                text = f"Exceeded max limit of {self._limits.response_bytes_max}"
                error = RpcError(TOO_BIG_BATCH_RESPONSE, "The batch response was too large", text)
                for subscriber in opened:
                    subscriber.connection.close(subscriber.id, subscriber.notification)
                return Answer(encode_error(NO_ID, error))
        data = b"[%b]" % b",".join(answers) if answers else None
        return Answer(data, tuple(opened))

    async def _answer_one(
        self, call: Call | Malformed, subscriptions: Subscriptions | None
    ) -> Answer:
        if isinstance(call, Malformed):
            return Answer(encode_error(call.id, call.error))
        outcome = await self._guarded(call.method, self._run(call, subscriptions))
        if call.id is None:
            return Answer(None)
        if isinstance(outcome, RpcError):
            return Answer(encode_error(call.id, outcome))
        if outcome.data is not None and len(outcome.data) > self._limits.response_bytes_max:
            return Answer(encode_error(call.id, too_big_response(self._limits)))
        return outcome

    async def _run(self, call: Call, subscriptions: Subscriptions | None) -> Answer:
        method = self._methods.get(call.method)
        call_id = NO_ID if call.id is None else call.id
        if call.id is None and method.kind is Kind.SUBSCRIPTION:
            raise RpcError(INVALID_REQUEST, "Invalid request", "expected an id to answer to")
        arguments = method.parameters.bind(call.params)
        if Subscriptions in method.parameters.injected:
            arguments.insert(0, _ensure_websocket(subscriptions))
        match method.kind:
            case Kind.IMMEDIATE:
                result = method.function(*arguments)
            case Kind.WORKER:
                result = await self._worker.run(partial(method.function, *arguments))
            case Kind.ASYNC:
                result = await self._await_in_time(method, arguments)
            case Kind.SUBSCRIPTION:
                serve = partial(_serve, method, arguments)
                opened = await _ensure_websocket(subscriptions).open(
                    method.name, method.notification, serve
                )
                return Answer(encode_result(call_id, opened.id), (opened,))
        return Answer(encode_result(call_id, result))

    async def _await_in_time(self, method: Method, arguments: list[object]) -> object:
        with trio.move_on_after(self._limits.call_timeout_s):
            return await _as_coroutine_function(method)(*arguments)
        text = f"no answer within {self._limits.call_timeout_s:g} s"
        raise RpcError(SERVER_BUSY, "Server is busy, try again later", text)

    async def guard(self, name: str, work: Awaitable[None]) -> RpcError | None:
        """Runs a subscription's method: its failure, None if it went well."""
        return await self._guarded(name, work)

    async def run_guarded(self, name: str, work: Awaitable[T]) -> T | RpcError:
        """The result of some work, or its failure as a client is told of it."""
        return await self._guarded(name, work)

    async def make_guarded(self, name: str, make: Callable[[], T]) -> T | RpcError:
        """The result of a plain function, or its failure as a client is told of it."""

        async def run() -> T:
            return make()

        return await self._guarded(name, run())

    async def _guarded(self, name: str, work: Awaitable[T]) -> T | RpcError:
        try:
            return await work
        except RpcError as error:
            return error
        except SubscriberTooSlow as error:
            return RpcError(SERVER_BUSY, "The subscription was cut off", str(error))
        except StatePruned as error:
            return RpcError(CLIENT_ERROR, f"Client error: State already discarded: {error}")
        except Exception:  # boundary: rpc method
            _log.exception("method failed", extra={"method": name})
            return RpcError(INTERNAL_ERROR, "Internal error")


async def _serve(method: Method, arguments: list[object], subscriber: Subscriber) -> None:
    await _as_coroutine_function(method)(subscriber, *arguments)


def _as_coroutine_function(method: Method) -> Callable[..., Awaitable[object]]:
    # The table looked at the function before it gave the method its kind.
    return cast(Callable[..., Awaitable[object]], method.function)


def _ensure_websocket(subscriptions: Subscriptions | None) -> Subscriptions:
    if subscriptions is None:
        raise RpcError(METHOD_NOT_FOUND, "Method not found", "subscriptions need a WebSocket")
    return subscriptions
