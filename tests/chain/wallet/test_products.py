"""Products for sale: what can be asked for, and how a buyer sees that a result is right."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.wallet.products import (
    BadMatrices,
    find_wrong_tile,
    is_product_right,
    load_matrix,
    make_product,
)
from runtime.programs import Inputs
from runtime.programs.product import INNER_MAX
from runtime.tensor.commitment import matrix_root, pad_operand
from tests.helpers.product_jobs import ProductCase

CASE = ProductCase(64, 96, 128, strips_per_slot=2)


def test_a_job_is_padded_and_its_corner_is_the_product() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.integers(-63, 64, (40, 70), np.int8), rng.integers(-63, 64, (70, 33), np.int8)
    program = make_product(a, b, strips_per_slot=1)
    assert (program.m, program.n, program.k, program.count_slots()) == (64, 64, 128, 2)
    right = pad_operand(np.ascontiguousarray(b.T))
    assert (program.a, program.b) == (matrix_root(a), matrix_root(right))
    program.plan(Inputs(()))
    parts = [program.compute(slot, pad_operand(a), right) for slot in range(2)]
    whole = np.concatenate(parts)[:40, :33]
    assert whole.tolist() == (a.astype(np.int64) @ b.astype(np.int64)).tolist()


def test_matrices_that_do_not_fit_are_refused() -> None:
    square = np.zeros((32, 64), np.int8)
    with pytest.raises(BadMatrices):
        make_product(square, square, 1)
    with pytest.raises(BadMatrices):
        make_product(
            np.zeros((1, INNER_MAX + 1), np.int8), np.zeros((INNER_MAX + 1, 1), np.int8), 1
        )


def test_files_of_other_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.npy"
    for wrong in (np.zeros((2, 2)), np.zeros(4, np.int8), np.zeros((0, 4), np.int8)):
        np.save(path, wrong)
        with pytest.raises(BadMatrices):
            load_matrix(path)
    path.write_bytes(b"no array")
    with pytest.raises(BadMatrices):
        load_matrix(path)
    np.save(path, np.asfortranarray(np.ones((3, 2), np.int8)))
    assert load_matrix(path).flags.c_contiguous


@given(st.integers(0, 63), st.integers(0, 95), st.integers(1, 2**30))
def test_any_wrong_entry_is_seen(row: int, col: int, by: int) -> None:
    right = CASE.compute(0)
    assert is_product_right(CASE.a, CASE.b, right)
    wrong = right.copy()
    wrong[row, col] += by
    assert not is_product_right(CASE.a, CASE.b, wrong)
    assert find_wrong_tile(right, wrong) == row // 32 * 3 + col // 32
    assert find_wrong_tile(right, right) is None
