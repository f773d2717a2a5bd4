"""JSON-RPC over HTTP/1.1: one POST a call, the connection kept while the node keeps it."""

from types import TracebackType
from typing import Final, Self

import msgspec

from chain.wallet.connect import NodeUrl
from chain.wallet.errors import BadAnswer
from chain.wallet.http_client import HttpClient, HttpQuestion
from chain.wallet.jsonrpc import decode_message, encode_request, get_result

ANSWER_BYTES_MAX: Final = 64 * 2**20


class HttpCaller:
    """Calls over HTTP, one at a time."""

    def __init__(self, url: NodeUrl, connect_s: float, request_s: float) -> None:
        self._url = url
        self._client = HttpClient(url, connect_s, request_s)
        self._next_id = 1

    async def __aenter__(self) -> Self:
        await self._client.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def call(self, method: str, params: tuple[object, ...]) -> msgspec.Raw:
        """The result of one call."""
        number, self._next_id = self._next_id, self._next_id + 1
        body = encode_request(number, method, params)
        headers = (("Content-Type", "application/json"),)
        question = HttpQuestion("POST", self._url.path, headers, body, ANSWER_BYTES_MAX)
        [answer] = await self._client.ask(question, what=method)
        if answer.status != 200:
            raise BadAnswer(method, f"HTTP status {answer.status}")
        message = decode_message(bytes(answer.body), method)
        if message.id != number and message.error is None:
            raise BadAnswer(method, f"the answer's id is {message.id}, not {number}")
        return get_result(message, method)
