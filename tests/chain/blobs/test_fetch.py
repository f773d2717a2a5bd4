"""Fetching from several nodes, some of which lie, die or stall: nothing wrong is ever written."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import trio

from chain.blobs import BlobError, BlobStore, fetch, open_partial_file
from chain.blobs.fetch import NoSource, Wanted, fetch_blob, find_next_range
from chain.blobs.source import Source
from chain.wallet.connect import parse_node_url
from chain.worker import InlineWorker
from runtime.primitives import Root
from runtime.tensor.chunk_ranges import ChunkRange
from runtime.tensor.chunks import commit_chunks
from tests.helpers.blob_server import serve_blobs, serve_lies

CONTENT = bytes(range(247)) * 50
SIZE = len(CONTENT)
TREE = commit_chunks(CONTENT)
ROOT = TREE.root
DATA_AT = 16 + 31 * 32


@pytest.fixture(autouse=True)
def short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four ranges instead of one."""
    monkeypatch.setattr(fetch, "RANGE_CHUNKS", 4)


def make_store(folder: Path) -> BlobStore:
    store = BlobStore(folder)
    store.put_chunks(CONTENT)
    return store


def fetch_into(
    store: BlobStore,
    urls: Sequence[str],
    *,
    size_bytes: int | None = None,
    size_bytes_max: int = 2**40,
    first_s: float = 5,
    told: list[int] | None = None,
) -> int:
    """The first source has so much time for an answer, the others five seconds."""
    limits = [first_s, *[5.0] * len(urls)]
    sources = [Source(parse_node_url(url), 5, limits[at]) for at, url in enumerate(urls)]
    wanted = Wanted(ROOT, partial(store.open_partial, ROOT), size_bytes, size_bytes_max)
    on_progress: Callable[[int], None] = (told if told is not None else []).append
    return trio.run(fetch_blob, wanted, sources, InlineWorker(), on_progress)


def test_a_file_is_fetched(tmp_path: Path) -> None:
    mine, told = BlobStore(tmp_path / "mine"), list[int]()
    with serve_blobs(make_store(tmp_path / "theirs")) as url:
        assert fetch_into(mine, [url], told=told) == SIZE
    assert mine.get_chunked(ROOT) == CONTENT
    assert told == [0, 4_096, 8_192, 12_288, SIZE]
    assert mine.get_chunk(ROOT, 12).chunk == CONTENT[12 * 1_024 :]


def test_a_fetch_goes_on_where_another_ended(tmp_path: Path) -> None:
    """In the middle of a chunk, too: what is there of it is asked for again."""
    mine, told = BlobStore(tmp_path / "mine"), list[int]()
    with mine.open_partial(ROOT, SIZE) as growing:
        growing.append(CONTENT[:5_500])
    with serve_blobs(make_store(tmp_path / "theirs")) as url:
        fetch_into(mine, [url], told=told)
    assert told == [5_120, 8_192, 12_288, SIZE]
    assert mine.get_chunked(ROOT) == CONTENT


def test_what_was_spoiled_before_is_fetched_again(tmp_path: Path) -> None:
    mine, told = BlobStore(tmp_path / "mine"), list[int]()
    with mine.open_partial(ROOT, SIZE) as growing:
        growing.append(bytes(5_000))
    with serve_blobs(make_store(tmp_path / "theirs")) as url:
        fetch_into(mine, [url], told=told)
    assert told == [4_096, 8_192, 12_288, SIZE, 0, 4_096, 8_192, 12_288, SIZE]
    assert mine.get_chunked(ROOT) == CONTENT


def spoil(folder: Path, place: int) -> BlobStore:
    """A store with one wrong byte, which its node serves without a look."""
    store = make_store(folder)
    [path] = folder.glob("*/*.chunks")
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    return store


@pytest.mark.parametrize(
    "place, kept", [(DATA_AT + 9_000, 8_192), (DATA_AT, 0), (16 + 32 * 13, 12_288), (8, 0)]
)
def test_a_source_that_lies_is_left_and_nothing_of_it_kept(
    tmp_path: Path, place: int, kept: int
) -> None:
    """A byte of a chunk, of the first one, of the tree; the size."""
    mine, liar = BlobStore(tmp_path / "mine"), spoil(tmp_path / "liar", place)
    with serve_blobs(liar) as url, pytest.raises(NoSource) as failure:
        fetch_into(mine, [url])
    assert url in str(failure.value)
    assert (mine.get_partial_bytes(ROOT, SIZE) or 0) == kept
    with serve_blobs(liar) as url, serve_blobs(make_store(tmp_path / "true")) as other:
        assert fetch_into(mine, [url, other]) == SIZE
    assert mine.get_chunked(ROOT) == CONTENT


class Honest:
    """Answers as a node would, from which a peer deviates when it likes."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, method: str, target: str) -> bytes | None:
        self.asked += 1
        if method == "HEAD":
            return make_response(200, b"", length=SIZE)
        if "/proof" in target:
            fields = dict(part.split("=") for part in target.partition("?")[2].split("&"))
            self.range = ChunkRange(SIZE, int(fields["first"]), int(fields["count"]))
            return make_response(200, json.dumps(make_proof(self.range)).encode())
        return make_response(206, CONTENT[self.range.start : self.range.start + self.range.length])


def make_response(status: int, body: bytes, *, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, size) + body


def make_proof(chunks: ChunkRange) -> dict[str, object]:
    nodes: list[str] = []
    left, right = chunks.first, chunks.first + chunks.count - 1
    for level in TREE.levels[:-1]:
        nodes += [level[left - 1].hex()] if left & 1 else []
        nodes += [] if right & 1 else [level[right + 1].hex()]
        left, right = left >> 1, right >> 1
    return {"size": str(SIZE), "proof": nodes}


def test_the_honest_peer_of_these_tests_is_believed(tmp_path: Path) -> None:
    with serve_lies(Honest()) as url:
        assert fetch_into(BlobStore(tmp_path), [url]) == SIZE


LIES: dict[str, Callable[[str], bytes | None]] = {
    "hangs up": lambda part: None,
    "is silent": lambda part: b"",
    "refuses": lambda part: make_response(503, b"later\n\x1b[31m"),
    "is no HTTP": lambda part: b"SSH-2.0-OpenSSH\r\n\r\n",
    "redirects": lambda part: b"HTTP/1.1 302 X\r\nlocation: http://10.0.0.1/\r\n\r\n",
    "promises much": lambda part: make_response(206, b"x" * 5_000, length=2**50),
    "has no end": lambda part: b"HTTP/1.1 206 X\r\n\r\n" + b"x" * 200_000,
    "has endless headers": lambda part: b"HTTP/1.1 206 X\r\n" + b"a: b\r\n" * 40_000,
    "sends less": lambda part: make_response(206 if part == "data" else 200, b"{}"),
    "sends chunks without end": lambda part: (
        b"HTTP/1.1 206 X\r\ntransfer-encoding: chunked\r\n\r\n"
        + b"400\r\n%b\r\n" % bytes(1_024) * 99
    ),
    "sends deep JSON": lambda part: make_response(200, b"[" * 4_000),
    "sends many nodes": lambda part: make_response(
        200, json.dumps({"size": str(SIZE), "proof": ["00" * 32] * 99}).encode()
    ),
    "sends no hashes": lambda part: make_response(200, b'{"size":"12350","proof":["zz"]}'),
    "sends another size": lambda part: make_response(200, b'{"size":"12351","proof":[]}'),
    "sends all bytes": lambda part: make_response(200, CONTENT),
}


STALLS = ("is silent", "redirects", "promises much")


@pytest.mark.parametrize("part", ["size", "proof", "data"])
@pytest.mark.parametrize("lie", LIES)
def test_hostile_peers(tmp_path: Path, lie: str, part: str) -> None:
    """Each takes little memory and time, and the next source goes on from the same byte."""

    class Liar(Honest):
        def __call__(self, method: str, target: str) -> bytes | None:
            said = super().__call__(method, target)
            kind = "size" if method == "HEAD" else "proof" if "/proof" in target else "data"
            is_late = kind == "size" or self.asked > 5  # the first range is answered rightly
            return LIES[lie](kind) if kind == part and is_late else said

    mine, limit_s = BlobStore(tmp_path), 0.15 if lie in STALLS else 5
    is_believed = part == "size" and lie in ("promises much", "sends all bytes")
    with ExitStack() as peers:
        liar = peers.enter_context(serve_lies(Liar()))
        if not is_believed:
            with pytest.raises(NoSource) as failure:
                fetch_into(mine, [liar], first_s=limit_s)
            assert "\x1b" not in str(failure.value)
            assert mine.get_partial_bytes(ROOT, SIZE) == (None if part == "size" else 4_096)
        fetch_into(mine, [liar, peers.enter_context(serve_lies(Honest()))], first_s=limit_s)
    assert mine.get_chunked(ROOT) == CONTENT


def test_a_source_that_is_busy_is_asked_once_more(tmp_path: Path) -> None:
    class Busy(Honest):
        def __call__(self, method: str, target: str) -> bytes | None:
            said = super().__call__(method, target)
            return make_response(503, b"later") if self.asked in (1, 7) else said

    with serve_lies(Busy()) as url:
        assert fetch_into(BlobStore(tmp_path), [url]) == SIZE


def test_limits_and_what_is_missing(tmp_path: Path) -> None:
    mine = BlobStore(tmp_path / "mine")
    with serve_blobs(make_store(tmp_path / "theirs")) as url:
        with pytest.raises(NoSource, match="12350 bytes, more than 12349"):
            fetch_into(mine, [url], size_bytes_max=SIZE - 1)
        with pytest.raises(NoSource, match="a size of 12350 bytes"):
            fetch_into(mine, [url], size_bytes=SIZE + 1)
        with pytest.raises(BlobError, match="expected room for"):
            fetch_into(BlobStore(tmp_path / "small", SIZE), [url])
        assert fetch_into(mine, [url], size_bytes=SIZE, size_bytes_max=SIZE) == SIZE
    with serve_blobs(BlobStore(tmp_path / "empty")) as url:
        with pytest.raises(NoSource, match="404"):
            fetch_into(BlobStore(tmp_path / "none"), [url])
        other = BlobStore(tmp_path / "other")
        with serve_blobs(mine) as good:
            assert fetch_into(other, ["http://127.0.0.1:1", url, good]) == SIZE
    with pytest.raises(NoSource, match="no source was named"):
        fetch_into(BlobStore(tmp_path / "none"), [])
    with pytest.raises(NoSource, match="no node answers"):
        fetch_into(BlobStore(tmp_path / "none"), ["http://127.0.0.1:1"])
    assert not list((tmp_path / "none").glob("*/*"))


def test_a_plain_file_is_fetched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with serve_blobs(make_store(tmp_path / "theirs")) as url:
        wanted = Wanted(ROOT, partial(open_partial_file, out, ROOT))
        sources = [Source(parse_node_url(url.replace("http", "ws")))]
        trio.run(fetch_blob, wanted, sources, InlineWorker(), lambda done: None)
    assert out.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [1, 1_024, 4_096, 4_097, 12_350])
def test_ranges_cover_the_file_once(size: int) -> None:
    done, ranges = 0, list[ChunkRange]()
    while (chunks := find_next_range(size, done)) is not None:
        assert chunks.start == done
        assert chunks.count <= 4
        ranges.append(chunks)
        done += chunks.length
    assert done == size
    resumed = find_next_range(12_350, 5_120)
    assert resumed == ChunkRange(12_350, 5, 3)


def test_a_root_that_is_not_there(tmp_path: Path) -> None:
    source = Source(parse_node_url("http://127.0.0.1:1/node?x=1"))
    assert source._get_path(Root(b"\x01" * 32)) == "/node/blobs/" + "01" * 32
