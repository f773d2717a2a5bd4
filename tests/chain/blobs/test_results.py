"""Products in the store: kept under the root of their tiles, verified whenever they are read."""

from pathlib import Path

import numpy as np
import pytest

from chain.blobs import BlobCorrupt, BlobError, BlobMissing, BlobStore
from runtime.primitives import Root
from runtime.tensor.commitment import result_root
from runtime.tensor.value import Int32Array

SHAPE = (64, 96)


def make_result(seed: int = 0) -> Int32Array:
    return np.random.default_rng(seed).integers(-(2**31), 2**31, SHAPE, np.int32)


def get_file(folder: Path) -> Path:
    (found,) = folder.glob("*/*.result")
    return found


def test_a_result_is_kept_under_its_root(tmp_path: Path) -> None:
    store, result = BlobStore(tmp_path), make_result()
    root = store.put_result(result)
    assert root == result_root(result)
    assert root in store
    assert store.put_result(result) == root
    assert store.get_result(root).tolist() == result.tolist()
    part = store.get_result_rows(root, 30, 5)
    assert (part.rows, part.cols) == SHAPE
    assert part.data == result[30:35].astype("<i4").tobytes()


def test_rows_that_are_not_there_are_refused(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    root = store.put_result(make_result())
    for first, count in ((0, 0), (60, 5), (64, 1), (-1, 2)):
        with pytest.raises(BlobError):
            store.get_result_rows(root, first, count)
    with pytest.raises(BlobMissing):
        store.get_result(Root.zero())


def test_damage_is_noticed(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    root = store.put_result(make_result())
    whole = get_file(tmp_path).read_bytes()
    damaged = {
        "another entry": whole[:-1] + bytes([whole[-1] ^ 1]),
        "the end is missing": whole[:-4],
        "another header": b"x" + whole[1:],
        "another shape": whole[:8] + (96).to_bytes(4, "little") + whole[12:],
        "no header": whole[:10],
    }
    for content in damaged.values():
        get_file(tmp_path).write_bytes(content)
        with pytest.raises(BlobCorrupt):
            store.get_result(root)
    get_file(tmp_path).write_bytes(whole[:-4])
    with pytest.raises(BlobCorrupt):
        store.get_result_rows(root, 0, 64)


def test_results_that_nobody_needs_are_deleted(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    kept, other = store.put_result(make_result()), store.put_result(make_result(1))
    assert store.collect([kept]) > 4 * 64 * 96
    assert kept in store
    assert other not in store
