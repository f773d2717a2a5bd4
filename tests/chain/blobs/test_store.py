"""The blob store: what is put comes back proven, and nothing damaged or half-written does."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.blobs import BlobCorrupt, BlobError, BlobMissing, BlobStore, StoreFull
from chain.blobs import store as store_module
from runtime.primitives import Root
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import BadOpening, matrix_root, pad_operand, verify_strip


def draw(seed: int, rows: int, cols: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-63, 64, (rows, cols), np.int8)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def find_file(folder: Path, root: Root) -> Path:
    (found,) = folder.glob(f"blobs/*/{root.hex()}.*")
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.integers(1, 130), st.integers(1, 130), st.integers(0, 99))
def test_a_matrix_and_each_strip_come_back(
    store: BlobStore, rows: int, cols: int, seed: int
) -> None:
    matrix = draw(seed, rows, cols)
    root = store.put_matrix(matrix)
    assert root == matrix_root(matrix)
    padded = store.get_matrix(root)
    assert np.array_equal(padded, pad_operand(matrix))
    for index in range(len(padded) // 32):
        opened = store.get_strip(root, index)
        assert opened.strip == padded[32 * index : 32 * index + 32].tobytes()
        verify_strip(root, opened.rows, opened.cols, index, opened.strip, opened.path)
    with pytest.raises(BadOpening):
        verify_strip(root, opened.rows, opened.cols, index, bytes(len(opened.strip)), opened.path)


def test_bytes_come_back(store: BlobStore) -> None:
    root = store.put_bytes(b"a bias")
    assert root == blob_root(b"a bias")
    assert store.get_bytes(root) == b"a bias"
    assert root in store
    assert store.get_roots() == {root}
    assert store.get_used_bytes() == len(b"a bias")


def test_the_same_content_is_kept_once(store: BlobStore) -> None:
    assert store.put_matrix(draw(1, 40, 70)) == store.put_matrix(draw(1, 40, 70))
    used = store.get_used_bytes()
    assert used == 16 + 2 * 32 + 64 * 128
    store.put_bytes(b"x")
    store.put_bytes(b"x")
    assert store.get_used_bytes() == used + 1


def test_what_is_not_there_is_missing(store: BlobStore) -> None:
    root = Root(bytes(32))
    assert root not in store
    assert store.get_roots() == frozenset()
    for get in (store.get_matrix, store.get_bytes, lambda at: store.get_strip(at, 0)):
        with pytest.raises(BlobMissing, match="no blob with root 0x00"):
            get(root)
    with pytest.raises(BlobMissing):  # bytes are no matrix
        store.get_matrix(store.put_bytes(b"x"))
    with pytest.raises(BlobError, match="a strip below 1, got 1"):
        store.get_strip(store.put_matrix(draw(1, 1, 1)), 1)


def test_every_damaged_byte_of_a_matrix_is_found(store: BlobStore, tmp_path: Path) -> None:
    root = store.put_matrix(draw(1, 64, 64))
    path = find_file(tmp_path, root)
    good = path.read_bytes()
    for at in (*range(16), *range(16, 80, 7), 80, 2000, len(good) - 1):
        changed = bytearray(good)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(BlobCorrupt, match="is damaged"):
            store.get_matrix(root)
    changed = bytearray(good)
    changed[-1] ^= 1
    path.write_bytes(changed)
    store.get_strip(root, 0)  # the other strip is whole
    with pytest.raises(BlobCorrupt, match="strip 1 has other bytes"):
        store.get_strip(root, 1)


@pytest.mark.parametrize("size", [0, 5, 16, 20, 79, 80, 81, 4095])
def test_a_file_that_is_cut_off_is_found(store: BlobStore, tmp_path: Path, size: int) -> None:
    root = store.put_matrix(draw(1, 64, 64))
    path = find_file(tmp_path, root)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(BlobCorrupt):
        store.get_matrix(root)
    with pytest.raises(BlobCorrupt):
        store.get_strip(root, 1)


def test_a_file_under_anothers_name_is_found(store: BlobStore, tmp_path: Path) -> None:
    one, two = store.put_matrix(draw(1, 32, 64)), store.put_matrix(draw(2, 32, 64))
    find_file(tmp_path, one).write_bytes(find_file(tmp_path, two).read_bytes())
    with pytest.raises(BlobCorrupt, match="belong to another root"):
        store.get_matrix(one)
    plain, other = store.put_bytes(b"plain"), store.put_bytes(b"other")
    find_file(tmp_path, plain).write_bytes(find_file(tmp_path, other).read_bytes())
    with pytest.raises(BlobCorrupt):
        store.get_bytes(plain)


def test_the_quota_is_kept(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs", quota_bytes=5_000)
    store.put_matrix(draw(1, 64, 64))
    with pytest.raises(StoreFull, match="room for 4176 bytes, got 824 of a quota of 5000"):
        store.put_matrix(draw(2, 64, 64))
    store.put_matrix(draw(1, 64, 64))  # it is there already
    store.put_bytes(bytes(824))
    with pytest.raises(StoreFull):
        store.put_bytes(b"x")


def test_a_failed_write_leaves_nothing(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(BlobError, match="No space left"):
            store.put_bytes(b"x")
    assert list(tmp_path.glob("blobs/*/*")) == []
    assert store.get_bytes(store.put_bytes(b"x")) == b"x"


def test_what_nobody_needs_is_collected(store: BlobStore, tmp_path: Path) -> None:
    keep, drop = store.put_matrix(draw(1, 32, 64)), store.put_matrix(draw(2, 32, 64))
    bias = store.put_bytes(b"bias")
    (tmp_path / "blobs" / drop.hex()[:2] / f"left{store_module.PART_SUFFIX}").write_bytes(b"half")
    (tmp_path / "blobs" / drop.hex()[:2] / "notes.matrix").write_bytes(b"somebody's")
    assert store.collect({keep, bias}) == 16 + 32 + 2048 + 4
    assert store.get_roots() == {keep, bias}
    assert drop not in store
    assert store.collect(()) == 16 + 32 + 2048 + 4
    assert [path.name for path in tmp_path.glob("blobs/*/*")] == ["notes.matrix"]
