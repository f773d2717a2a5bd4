"""Files kept in chunks: each chunk comes back proven, and nothing damaged does."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.blobs import BlobCorrupt, BlobError, BlobMissing, BlobStore, StoreFull
from runtime.primitives import Root
from runtime.tensor.chunks import commit_chunks, get_chunk, verify_chunk

CONTENT = bytes(range(256)) * 21  # 5 chunks and a quarter


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def find_file(folder: Path, root: Root) -> Path:
    (found,) = folder.glob(f"*/{root.hex()}.chunks")
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.binary(min_size=1, max_size=9_000))
def test_bytes_and_each_chunk_come_back(store: BlobStore, content: bytes) -> None:
    root, tree = store.put_chunks(content), commit_chunks(content)
    assert root == tree.root
    assert store.get_chunked(root) == content
    assert store.get_chunked_size(root) == len(content)
    for index in range(tree.chunks_count):
        opened = store.get_chunk(root, index)
        assert (opened.index, opened.size_bytes) == (index, len(content))
        assert opened.chunk == get_chunk(content, index)
        verify_chunk(root, len(content), index, opened.chunk, opened.path)


def test_what_is_not_there(store: BlobStore) -> None:
    root = Root(bytes(32))
    assert root not in store
    assert store.get_chunked_size(root) is None
    for get in (store.get_chunked, store.remove_chunks, lambda at: store.get_chunk(at, 0)):
        with pytest.raises(BlobMissing):
            get(root)
    root = store.put_chunks(CONTENT)
    assert root in store
    for index in (-1, 6):
        with pytest.raises(BlobError, match="a chunk below 6"):
            store.get_chunk(root, index)
    store.remove_chunks(root)
    assert root not in store


def test_a_quota_counts_the_tree(store: BlobStore, tmp_path: Path) -> None:
    used = 16 + 15 * 32 + len(CONTENT)
    with pytest.raises(StoreFull):
        BlobStore(tmp_path, used - 1).put_chunks(CONTENT)
    BlobStore(tmp_path, used).put_chunks(CONTENT)
    assert store.get_used_bytes() == used


def test_tensors_that_nobody_needs_go_and_kept_files_stay(store: BlobStore) -> None:
    tensor, kept = store.put_bytes(b"bias"), store.put_chunks(CONTENT)
    assert store.get_roots() == {tensor}
    store.collect(())
    assert tensor not in store
    assert store.get_chunked(kept) == CONTENT


@pytest.mark.parametrize(
    "place, is_in_chunk", [(0, False), (9, False), (16, False), (200, False), (496, True)]
)
def test_no_damaged_byte_is_believed(
    store: BlobStore, tmp_path: Path, place: int, is_in_chunk: bool
) -> None:
    """In the magic, the size, the tree and the first chunk: one of the openings notices."""
    root = store.put_chunks(CONTENT)
    path = find_file(tmp_path, root)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    refused = 0
    for index in range(6):
        try:
            opened = store.get_chunk(root, index)
        except BlobError:
            refused += 1
            continue
        verify_chunk(root, len(CONTENT), index, opened.chunk, opened.path)
    assert refused == 1 if is_in_chunk else refused >= 1


def test_a_file_that_ends_early(store: BlobStore, tmp_path: Path) -> None:
    root = store.put_chunks(CONTENT)
    path = find_file(tmp_path, root)
    whole = path.read_bytes()
    for length in (0, 15, 40, 495, 500, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(BlobCorrupt):
            store.get_chunked(root)
        with pytest.raises(BlobCorrupt):
            store.get_chunk(root, 5)
    path.write_bytes(whole[:8] + (2**40 + 1).to_bytes(8, "little") + whole[16:])
    with pytest.raises(BlobCorrupt, match="it says that it has"):
        store.get_chunked_size(root)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BlobCorrupt, match="it has other bytes"):
        store.get_chunked(root)
