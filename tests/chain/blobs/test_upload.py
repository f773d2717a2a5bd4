"""Uploads and audits over loopback: restarts, refusals, and copies with holes."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from chain.blobs import BlobError, BlobStore, upload
from chain.blobs.audit import AuditFailed, AuditPassed, audit_copy
from chain.blobs.source import Source
from chain.blobs.upload import LocalFile, UploadRefused, hash_file, upload_file
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import BadAnswer, NodeUnreachable
from chain.worker import InlineWorker
from runtime.primitives import Hash
from runtime.tensor.chunks import commit_chunks
from tests.helpers.blob_server import make_blob_server, serve_blobs, serve_lies, serve_on_loopback

CONTENT = bytes(range(241)) * 60
SIZE = len(CONTENT)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "PIECE_BYTES", 4_000)


@pytest.fixture
def file(tmp_path: Path) -> LocalFile:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return hash_file(path)


def send(file: LocalFile, url: str, told: Callable[[int], None] = lambda done: None) -> int:
    return trio.run(upload_file, file, parse_node_url(url), InlineWorker(), told, 0)


def test_a_file_is_uploaded(file: LocalFile, tmp_path: Path) -> None:
    store, told = BlobStore(tmp_path / "blobs"), list[int]()
    assert file.root == commit_chunks(CONTENT).root
    with serve_blobs(store) as url:
        assert send(file, url, told.append) == SIZE
        assert send(file, url.replace("http", "ws")) == 0  # it is there
    assert told == [0, 4_000, 8_000, 12_000, SIZE]
    assert store.get_chunked(file.root) == CONTENT


def test_another_run_goes_on(file: LocalFile, tmp_path: Path) -> None:
    store, told = BlobStore(tmp_path / "blobs"), list[int]()
    with store.open_partial(file.root, SIZE) as growing:
        growing.append(CONTENT[:7_001])
    with serve_blobs(store) as url:
        assert send(file, url, told.append) == SIZE - 7_001
    assert told == [7_001, 11_001, SIZE]
    assert store.get_chunked(file.root) == CONTENT


class CutStream(trio.abc.HalfCloseableStream):
    """A connection that breaks once so many bytes have come."""

    def __init__(self, stream: trio.SocketStream, left_bytes: int) -> None:
        self._stream = stream
        self._left_bytes = left_bytes

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if not self._left_bytes:
            raise trio.BrokenResourceError
        data = await self._stream.receive_some(min(max_bytes or 65_536, self._left_bytes))
        self._left_bytes -= len(data)
        return bytes(data)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


def test_a_node_that_dies_in_every_third_piece_is_asked_again(
    file: LocalFile, tmp_path: Path
) -> None:
    store, connections = BlobStore(tmp_path / "blobs"), list[int]()
    server = make_blob_server(store)

    async def serve(stream: trio.SocketStream) -> None:
        connections.append(1)
        await server.serve_connection(CutStream(stream, 9_500))

    with serve_on_loopback(serve) as url:
        send(file, url)
    assert len(connections) == 2
    assert store.get_chunked(file.root) == CONTENT


def test_refusals_end_it(file: LocalFile, tmp_path: Path) -> None:
    with (
        serve_blobs(BlobStore(tmp_path / "a"), uploads_allowed=False) as url,
        pytest.raises(UploadRefused, match="403"),
    ):
        send(file, url)
    with (
        serve_blobs(BlobStore(tmp_path / "b", SIZE)) as url,
        pytest.raises(UploadRefused, match="507 expected room for"),
    ):
        send(file, url)
    file.path.write_bytes(CONTENT[:-1] + b"\x01")
    store = BlobStore(tmp_path / "c")
    with serve_blobs(store) as url, pytest.raises(UploadRefused, match="422 expected bytes with"):
        send(file, url)
    assert store.get_used_bytes() == 0
    file.path.write_bytes(CONTENT[:-1])
    with serve_blobs(store) as url, pytest.raises(BlobError, match="has changed while"):
        send(file, url)
    with pytest.raises(NodeUnreachable):
        send(file, "http://127.0.0.1:1")
    file.path.unlink()
    with serve_blobs(store) as url, pytest.raises(BlobError, match="cannot be read"):
        send(file, url)
    with pytest.raises(BlobError, match="cannot be read"):
        hash_file(file.path)
    file.path.write_bytes(b"")
    with pytest.raises(BlobError, match="expected 1 to"):
        hash_file(file.path)


def say(status: int, offset: object) -> bytes:
    head = "HTTP/1.1 %d X\r\ncontent-length: 0\r\nupload-offset: %s\r\n\r\n"
    return (
        (head % (status, offset))
        .encode()
        .replace(
            b"content-length: 0\r\n" if status == 204 else b"-", b"" if status == 204 else b"-"
        )
    )


@pytest.mark.parametrize(
    "head, patch",
    [
        (say(200, SIZE + 1), say(204, 0)),
        (say(200, "many"), say(204, 0)),
        (say(200, 0), say(204, 5)),
        (say(200, 0), say(204, SIZE)),
        (say(200, 0), say(409, 0)),
    ],
)
def test_nodes_that_make_no_sense_are_left(file: LocalFile, head: bytes, patch: bytes) -> None:
    def answer(method: str, target: str) -> bytes | None:
        return head if method == "HEAD" else patch

    with serve_lies(answer) as url, pytest.raises(BadAnswer):
        send(LocalFile(file.path, file.root, SIZE), url)


def audit(url: str, file: LocalFile, seed: int, draws: int = 20) -> AuditPassed:
    source = Source(parse_node_url(url))
    return trio.run(audit_copy, source, file.root, Hash(bytes([seed]) * 32), draws)


def test_a_whole_copy_passes_every_audit(file: LocalFile, tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    store.put_file(file.path)
    with serve_blobs(store) as url:
        passed = audit(url, file, 1)
        assert (passed.size_bytes, len(passed.drawn)) == (SIZE, 20)
        assert audit(url, file, 2).drawn != passed.drawn
        for draws in (0, 1_001):
            with pytest.raises(BlobError, match="expected 1 to 1000 draws"):
                audit(url, file, 1, draws)


def test_a_copy_with_holes_fails(file: LocalFile, tmp_path: Path) -> None:
    """A quarter is gone: 20 draws miss it in one of 300 audits; these seeds do not."""
    store = BlobStore(tmp_path / "blobs")
    store.put_file(file.path)
    [path] = (tmp_path / "blobs").glob("*/*.chunks")
    data = bytearray(path.read_bytes())
    data[-SIZE // 4 :] = bytes(SIZE // 4)
    path.write_bytes(data)
    with serve_blobs(store) as url:
        for seed in range(5):
            with pytest.raises(AuditFailed, match="expected root"):
                audit(url, file, seed)
        store.remove_chunks(file.root)
        with pytest.raises(AuditFailed, match="404"):
            audit(url, file, 1)
    with pytest.raises(AuditFailed, match="no node answers"):
        audit(url, file, 1)
