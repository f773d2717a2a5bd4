"""HTTP/1.1 as a client speaks it: requests over one connection, answers of bounded size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import httptools
import trio

from chain.wallet.connect import NodeUrl, open_stream
from chain.wallet.errors import BadAnswer, ConnectionLost, NodeSilent

READ_BYTES: Final = 256 * 1024
HEAD_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class HttpQuestion:
    """A request."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    answer_bytes_max: int = 64 * 2**20
    """A longer body of the answer is not read."""


@dataclass(slots=True)
class HttpAnswer:
    """A response."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """By lower-case name."""

    body: bytearray = field(default_factory=bytearray)


class _Reading:
    """What httptools finds: the answers to some questions, in order."""

    def __init__(self, questions: Sequence[HttpQuestion]) -> None:
        self.done: list[HttpAnswer] = []
        self._questions = questions
        self._answer = HttpAnswer()
        self._head_bytes = 0
        self._is_head = True
        self.keep_alive = False
        # httptools is untyped here: a parser object with callbacks.
        self.parser = httptools.HttpResponseParser(self)

    @property
    def is_complete(self) -> bool:
        return len(self.done) == len(self._questions)

    def feed(self, data: bytes) -> None:
        """What came next. `BadAnswer` for headers without an end: the parser would keep them."""
        self._head_bytes += len(data) if self._is_head else 0
        self.parser.feed_data(data)
        if self._is_head and not self.is_complete and self._head_bytes > HEAD_BYTES_MAX:
            raise BadAnswer("HTTP", f"more than {HEAD_BYTES_MAX} bytes of headers")

    def on_message_begin(self) -> None:
        self._answer = HttpAnswer()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._is_head, self._head_bytes = False, 0
        self._answer.status = self.parser.get_status_code()
        # Asked once a message is over, the parser may have forgotten.
        self.keep_alive = self.parser.should_keep_alive()
        if not self.is_complete and self._questions[len(self.done)].method == "HEAD":
            self.done.append(self._answer)  # its length is that of a body which does not come

    def on_body(self, part: bytes) -> None:
        if self.is_complete:
            return
        question = self._questions[len(self.done)]
        if len(self._answer.body) + len(part) > question.answer_bytes_max:
            raise BadAnswer(question.target, f"more than {question.answer_bytes_max} bytes")
        self._answer.body += part

    def on_message_complete(self) -> None:
        self._is_head = True
        if not self.is_complete:
            self.done.append(self._answer)


class HttpClient:
    """Asks one node, opening its connection when there is none; used by one task at a time."""

    def __init__(self, url: NodeUrl, connect_s: float, request_s: float) -> None:
        self.url = url
        self._connect_s = connect_s
        self._request_s = request_s
        self._stream: trio.abc.Stream | None = None

    async def connect(self) -> None:
        """Opens the connection. `NodeUnreachable`, `NodeSilent`."""
        if self._stream is None:
            self._stream = await open_stream(self.url, self._connect_s)

    async def close(self) -> None:
        """Ends the connection; the next question opens another."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            await trio.aclose_forcefully(stream)

    async def ask(
        self, *questions: HttpQuestion, what: str = "", request_s: float | None = None
    ) -> list[HttpAnswer]:
        """The answers, the questions being sent at once. A HEAD stands alone.

        `NodeUnreachable`, `NodeSilent`, `ConnectionLost`, `BadAnswer`.
        """
        limit_s = self._request_s if request_s is None else request_s
        try:
            with trio.fail_after(limit_s):
                return await self._exchange(questions)
        except trio.TooSlowError:
            await self.close()
            raise NodeSilent(str(self.url), what or questions[0].target, limit_s) from None
        except BaseException:
            await self.close()
            raise

    async def _exchange(self, questions: Sequence[HttpQuestion]) -> list[HttpAnswer]:
        await self.connect()
        assert self._stream is not None, "it was opened; qed"
        reading = _Reading(questions)
        try:
            await self._stream.send_all(b"".join(map(self._encode, questions)))
            while not reading.is_complete:
                data = await self._stream.receive_some(READ_BYTES)
                if not data:
                    raise ConnectionLost(str(self.url), "the node closed it before the answer")
                reading.feed(bytes(data))
        except httptools.HttpParserCallbackError as error:
            raise _find_cause(error, str(self.url)) from error
        except httptools.HttpParserError as error:
            raise BadAnswer(str(self.url), f"no HTTP: {error}") from error
        except trio.BrokenResourceError as error:
            raise ConnectionLost(str(self.url), str(error) or "broken") from error
        if not reading.keep_alive:
            await self.close()
        return reading.done

    def _encode(self, question: HttpQuestion) -> bytes:
        lines = [f"{question.method} {question.target} HTTP/1.1", f"Host: {self.url.authority}"]
        lines += [f"{name}: {value}" for name, value in question.headers]
        if question.body or question.method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(question.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + question.body


def _find_cause(error: httptools.HttpParserCallbackError, url: str) -> BadAnswer:
    """What a callback raised, which the parser wraps."""
    cause = error.__context__
    return cause if isinstance(cause, BadAnswer) else BadAnswer(url, f"no HTTP: {error}")
