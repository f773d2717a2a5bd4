"""HTTP as a client speaks it: several answers at once, and peers that send without an end."""

import pytest
import trio

from chain.wallet.connect import parse_node_url
from chain.wallet.errors import BadAnswer
from chain.wallet.http_client import HEAD_BYTES_MAX, HttpAnswer, HttpClient, HttpQuestion
from tests.helpers.blob_server import serve_lies, serve_on_loopback

OK = b"HTTP/1.1 200 OK\r\n"


def ask(url: str, *questions: HttpQuestion, times: int = 1) -> list[HttpAnswer]:
    """The answers to the same questions, asked so often by one client."""
    found: list[HttpAnswer] = []

    async def main() -> None:
        client = HttpClient(parse_node_url(url), 5, 5)
        for _ in range(times):
            found.extend(await client.ask(*questions))
        await client.close()

    trio.run(main)
    return found


def test_answers_come_in_order_over_one_connection() -> None:
    asked: list[str] = []

    def answer(method: str, target: str) -> bytes:
        asked.append(target)
        body = target.encode() * 3
        head = b"content-length: %d\r\nX-Place: %d\r\n\r\n" % (len(body), len(asked))
        return OK + head + (b"" if method == "HEAD" else body)

    with serve_lies(answer) as url:
        got = ask(url, HttpQuestion("GET", "/a"), HttpQuestion("GET", "/bb"), times=2)
        [head] = ask(url, HttpQuestion("HEAD", "/long"))
    assert [bytes(each.body) for each in got] == [b"/a" * 3, b"/bb" * 3] * 2
    assert [each.headers["x-place"] for each in got] == ["1", "2", "3", "4"]
    assert (head.status, head.headers["content-length"], bytes(head.body)) == (200, "15", b"")


@pytest.mark.parametrize(
    "head, part, why",
    [
        (OK + b"content-length: 9999999999\r\n\r\n", b"x" * 5_000, "more than 7000 bytes"),
        (OK + b"transfer-encoding: chunked\r\n\r\n", b"5\r\nhello\r\n", "more than 7000 bytes"),
        (OK + b"\r\n", b"x" * 5_000, "more than 7000 bytes"),
        (OK, b"name: value\r\n", f"more than {HEAD_BYTES_MAX} bytes of headers"),
        (OK + b"name: ", b"x" * 5_000, f"more than {HEAD_BYTES_MAX} bytes of headers"),
        (OK, b"x" * 5_000, f"more than {HEAD_BYTES_MAX} bytes of headers"),
    ],
)
def test_what_has_no_end_is_left_soon(head: bytes, part: bytes, why: str) -> None:
    sent = [0]

    async def serve(stream: trio.SocketStream) -> None:
        try:
            async with stream:
                await stream.send_all(head)
                while True:
                    await stream.send_all(part * (1 + 5_000 // len(part)))
                    sent[0] += 5_000
        except trio.BrokenResourceError:
            return

    with serve_on_loopback(serve) as url, pytest.raises(BadAnswer, match=why):
        ask(url, HttpQuestion("GET", "/", answer_bytes_max=7_000))
    assert sent[0] < 50_000_000


def test_a_large_answer_within_its_limit() -> None:
    """Longer than any limit of headers, in one packet with them."""
    body = bytes(3 * HEAD_BYTES_MAX)
    response = OK + b"content-length: %d\r\n\r\n" % len(body) + body
    with serve_lies(lambda method, target: response) as url:
        got = ask(url, *[HttpQuestion("GET", "/")] * 3)
    assert [each.body for each in got] == [body] * 3
