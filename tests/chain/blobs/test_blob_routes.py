"""`/blobs/…` on streams in memory: bytes, ranges, proofs, uploads, and who may not."""

from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, memory_stream_pair

from chain.blobs import BlobStore
from chain.rpc.blob_requests import parse_range
from chain.rpc.http import HttpFault
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange, verify_range
from runtime.tensor.chunks import commit_chunks
from tests.helpers.blob_server import (
    UPLOAD_TYPE,
    ask_blobs,
    ask_head,
    make_blob_server,
    request,
)
from tests.helpers.rpc import connect, run

CONTENT = bytes(range(253)) * 40
SIZE = len(CONTENT)
TREE = commit_chunks(CONTENT)
PATH = f"/blobs/{TREE.root.hex()}"
TAG = f'"{TREE.root.hex()}"'


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    opened = BlobStore(tmp_path)
    opened.put_chunks(CONTENT)
    return opened


def test_a_whole_file_and_what_is_said_of_it(store: BlobStore) -> None:
    server = make_blob_server(store)
    [response] = ask_blobs(server, request("GET", PATH))
    assert (response.status, response.body) == (200, CONTENT)
    expected = {
        "content-type": "application/octet-stream",
        "content-length": str(SIZE),
        "etag": TAG,
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "cache-control": "public, max-age=31536000, immutable",
    }
    assert response.headers == expected
    head = ask_head(server, PATH, "Range: bytes=0-1")
    del expected["x-content-type-options"]
    assert (head.status, head.headers) == (200, expected)
    [prefixed] = ask_blobs(server, request("GET", f"/blobs/0x{TREE.root.hex().upper()}"))
    assert prefixed.body == CONTENT


@pytest.mark.parametrize(
    "given_range, start, end",
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-2000", 100, 2_001),
        ("bytes=100-", 100, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes=-{SIZE + 1}", 0, SIZE),
        (f"bytes=5-{10**17}", 5, SIZE),
        ("Bytes = 3 - 4", 3, 5),
    ],
)
def test_a_range(store: BlobStore, given_range: str, start: int, end: int) -> None:
    [response] = ask_blobs(make_blob_server(store), request("GET", PATH, f"Range: {given_range}"))
    assert (response.status, response.body) == (206, CONTENT[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert response.headers["etag"] == TAG


@pytest.mark.parametrize(
    "given_range",
    [
        f"bytes={SIZE}-",
        f"bytes={10**40}-",
        "bytes=-0",
        "bytes=0-1,3-4",
        "bytes=" + ",".join(["0-"] * 1_000),
    ],
)
def test_ranges_that_are_refused(store: BlobStore, given_range: str) -> None:
    [response] = ask_blobs(make_blob_server(store), request("GET", PATH, f"Range: {given_range}"))
    assert response.status == 416
    assert response.headers["content-range"] == f"bytes */{SIZE}"
    assert len(response.body) < 200


@pytest.mark.parametrize("given_range", ["bytes=5-4", "bytes=-", "bytes=x-y", "rows=0-1", "0-1"])
def test_ranges_that_are_none_are_ignored(store: BlobStore, given_range: str) -> None:
    [response] = ask_blobs(make_blob_server(store), request("GET", PATH, f"Range: {given_range}"))
    assert (response.status, response.body) == (200, CONTENT)


@given(st.text(st.sampled_from("bytes=-,0129 "), max_size=14), st.integers(1, 300))
def test_no_range_reaches_beyond_the_file(text: str, size: int) -> None:
    try:
        found = parse_range(text, size)
    except HttpFault:
        return
    if found is not None:
        start, length = found
        assert 0 <= start < start + length <= size


def test_conditions(store: BlobStore) -> None:
    server = make_blob_server(store)
    one, other, changed, same = ask_blobs(
        server,
        request("GET", PATH, f'If-None-Match: "x", W/{TAG}'),
        request("GET", PATH, 'If-None-Match: "x"'),
        request("GET", PATH, "Range: bytes=0-3", 'If-Range: "x"'),
        request("GET", PATH, "Range: bytes=0-3", f"If-Range: {TAG}"),
    )
    assert (one.status, one.body, one.headers["etag"]) == (304, b"", TAG)
    assert (other.status, changed.status) == (200, 200)
    assert (same.status, same.body) == (206, CONTENT[:4])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.data())
def test_proofs_prove_the_ranges_that_are_sent(store: BlobStore, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, TREE.chunks_count - 1))
    count = data.draw(st.integers(1, TREE.chunks_count - first))
    chunks = ChunkRange(SIZE, first, count)
    bounds = f"bytes={chunks.start}-{chunks.start + chunks.length - 1}"
    proof, part = ask_blobs(
        make_blob_server(store),
        request("GET", f"{PATH}/proof?first={first}&count={count}"),
        request("GET", PATH, f"Range: {bounds}"),
    )
    told = proof.json
    assert (told["size"], told["first"], told["count"]) == (str(SIZE), first, count)
    nodes = tuple(Hash(bytes.fromhex(node[2:])) for node in told["proof"])
    verify_range(TREE.root, chunks, part.body, nodes)
    assert proof.headers["etag"] != TAG


@pytest.mark.parametrize(
    "method, target, status, said",
    [
        ("GET", "/blobs/" + "ab" * 32, 404, "no blob with root"),
        ("GET", "/blobs/abc", 404, "expected /blobs/ROOT"),
        ("GET", PATH + "/", 404, "expected /blobs/ROOT"),
        ("GET", "/blobs/../keys/alice", 404, "expected /blobs/ROOT"),
        ("GET", PATH + "/proof", 400, "first in the query: expected a number, got nothing"),
        ("GET", PATH + "/proof?first=-1", 400, "expected a number"),
        ("GET", PATH + "/proof?first=0&count=0", 416, "expected chunks among the 10"),
        ("GET", PATH + "/proof?first=9&count=2", 416, "expected chunks among the 10"),
        ("GET", PATH + "/proof?first=" + "9" * 17, 400, "expected a number"),
        ("GET", PATH + "/proof?" + "a=1&" * 20, 400, "at most 8 fields"),
        ("POST", PATH, 405, "expected GET, HEAD, got POST"),
        ("DELETE", PATH, 405, "expected GET, HEAD"),
        ("PUT", PATH + "/upload?size=5", 405, "expected HEAD, PATCH"),
        ("PATCH", PATH + "/upload", 400, "size in the query"),
        ("PATCH", PATH + "/upload?size=0", 400, "expected 1 to"),
        ("PATCH", PATH + f"/upload?size={2**40 + 1}", 400, "expected 1 to"),
        ("PATCH", PATH + "/upload?size=5", 415, "expected Content-Type application/offset"),
    ],
)
def test_refusals(store: BlobStore, method: str, target: str, status: int, said: str) -> None:
    [response] = ask_blobs(make_blob_server(store), request(method, target))
    assert (response.status, said in response.body.decode()) == (status, True), response.body
    assert ("allow" in response.headers) == (status == 405)


def test_the_rules_of_rpc_hold_for_files(store: BlobStore) -> None:
    server = make_blob_server(store)
    foreign = request("GET", PATH, "Origin: https://evil.example")
    rebound = request("GET", PATH).replace(b"localhost:9944", b"evil.example")
    app = request("GET", PATH, "Origin: https://polkadot.js.org")
    refused, by_name, told = ask_blobs(server, foreign, rebound, app)
    assert (refused.status, by_name.status, told.status) == (403, 403, 200)
    assert told.headers["access-control-allow-origin"] == "https://polkadot.js.org"
    patch = request("PATCH", f"{PATH}/upload?size=5", UPLOAD_TYPE, "Upload-Offset: 0", body=b"x")
    remote = make_blob_server(store, uploads_allowed=False)
    [forbidden] = ask_blobs(remote, patch)
    assert (forbidden.status, b"uploads are the operator's" in forbidden.body) == (403, True)
    assert ask_head(remote, f"{PATH}/upload?size=5").status == 403


def patch(root: Root, size: int, offset: int, data: bytes) -> bytes:
    target = f"/blobs/{root.hex()}/upload?size={size}"
    return request("PATCH", target, UPLOAD_TYPE, f"Upload-Offset: {offset}", body=data)


def test_an_upload_goes_on_where_it_was(tmp_path: Path) -> None:
    """Another server over the same folder: nothing of an upload is in memory."""
    upload = f"{PATH}/upload?size={SIZE}"
    first = make_blob_server(BlobStore(tmp_path))
    assert ask_head(first, upload).status == 404
    [begun] = ask_blobs(first, patch(TREE.root, SIZE, 0, CONTENT[:3_001]))
    assert (begun.status, begun.headers["upload-offset"]) == (204, "3001")
    store = BlobStore(tmp_path)
    second = make_blob_server(store)
    head = ask_head(second, upload)
    assert (head.status, head.headers["upload-offset"]) == (200, "3001")
    assert head.headers["upload-length"] == str(SIZE)
    again, gap, on, missing, rest = ask_blobs(
        second,
        patch(TREE.root, SIZE, 0, CONTENT[:3_001]),
        patch(TREE.root, SIZE, 3_002, b"x"),
        patch(TREE.root, SIZE, 3_001, CONTENT[3_001:5_000]),
        request("GET", PATH),
        patch(TREE.root, SIZE, 5_000, CONTENT[5_000:]),
    )
    assert [each.status for each in (again, gap, on, missing, rest)] == [409, 409, 204, 404, 204]
    assert again.headers["upload-offset"] == gap.headers["upload-offset"] == "3001"
    assert store.get_chunked(TREE.root) == CONTENT
    assert ask_head(second, upload).headers["upload-offset"] == str(SIZE)
    done, more = ask_blobs(
        second, patch(TREE.root, SIZE, SIZE, b""), patch(TREE.root, SIZE, SIZE, b"x")
    )
    assert (done.status, more.status) == (204, 409)


def test_what_is_not_the_roots_is_thrown_away(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    server = make_blob_server(store)
    wrong = bytes(SIZE)
    begun, ended = ask_blobs(
        server,
        patch(TREE.root, SIZE, 0, wrong[:9_000]),
        patch(TREE.root, SIZE, 9_000, wrong[9_000:]),
    )
    assert (begun.status, ended.status) == (204, 422)
    assert b"thrown away" in ended.body
    assert TREE.root not in store
    assert store.get_used_bytes() == 0
    [long] = ask_blobs(server, patch(TREE.root, SIZE, 0, CONTENT + b"x"))
    assert (long.status, TREE.root in store) == (400, False)


def test_an_upload_takes_its_room_when_it_begins(tmp_path: Path) -> None:
    room = 16 + 31 * 32 + SIZE
    store = BlobStore(tmp_path, room)
    server = make_blob_server(store)
    other = commit_chunks(b"x")
    begun, second = ask_blobs(server, patch(TREE.root, SIZE, 0, b""), patch(other.root, 1, 0, b"x"))
    assert (begun.status, second.status) == (204, 507)
    assert b"expected room for" in second.body
    assert store.get_used_bytes() == room
    assert [r.status for r in ask_blobs(server, patch(TREE.root, SIZE, 0, CONTENT))] == [204]


def test_two_do_not_write_at_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with store.open_partial(TREE.root, SIZE):
        [busy] = ask_blobs(make_blob_server(store), patch(TREE.root, SIZE, 0, CONTENT))
    assert (busy.status, b"by somebody else" in busy.body) == (423, True)


def test_a_file_that_ends_early_ends_the_connection(store: BlobStore, tmp_path: Path) -> None:
    [path] = tmp_path.glob("*/*.chunks")
    path.write_bytes(path.read_bytes()[:-1])
    [response, *rest] = ask_cut(store, request("GET", PATH) + request("GET", PATH))
    assert (response[:12], rest) == (b"HTTP/1.1 200", [])
    path.write_bytes(b"junk")
    [refused] = ask_blobs(make_blob_server(store), request("GET", PATH))
    assert (refused.status, b"is damaged" in refused.body) == (500, True)


def ask_cut(store: BlobStore, data: bytes) -> list[bytes]:
    """What a client receives, answer by answer, though one may be cut off."""
    received: list[bytes] = []

    async def main() -> None:
        async with connect(make_blob_server(store)) as stream:
            await stream.send_all(data)
            await stream.send_eof()
            while part := await stream.receive_some(65_536):
                received.append(bytes(part))

    trio.run(main)
    return [b"HTTP/1.1" + each for each in b"".join(received).split(b"HTTP/1.1")[1:]]


def test_a_slow_reader_holds_little_and_is_cut_off(tmp_path: Path) -> None:
    """No more than a part is read ahead of it, and 20 s without progress end it."""
    store = BlobStore(tmp_path)
    content = bytes(3 << 20)
    root = store.put_chunks(content)

    async def main() -> None:
        server = make_blob_server(store, blob_streams_max=1, blob_bytes_per_s_min=1)
        ours, theirs = memory_stream_pair()
        taken: list[float] = []

        async def stall() -> None:
            taken.append(trio.current_time())
            await trio.sleep(19 if len(taken) < 4 else 1_000)

        theirs.send_stream.send_all_hook = stall
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve_connection, theirs)
            await ours.send_all(request("GET", f"/blobs/{root.hex()}"))
            await trio.sleep(30)
            assert len(taken) == 2
            async with connect(server) as second:
                await second.send_all(request("GET", f"/blobs/{root.hex()}"))
                assert b" 503 " in await second.receive_some(1_000)
            await trio.sleep(60)
            assert server.connections == 0
            assert len(taken) == 4
        async with connect(server) as third:
            await third.send_all(request("HEAD", f"/blobs/{root.hex()}"))
            assert b" 200 " in await third.receive_some(1_000)

    run(main, clock=MockClock(autojump_threshold=0))
