"""What is the reference's own: the fold as defined, exact floats, blocks that do not show."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.kernels import numpy_backend
from consensus.kernels.backend import Cancelled, Peel, Product, never_cancelled
from consensus.kernels.exact import compute_tile_product, is_exact_in_float32
from consensus.kernels.fold import chain_steps, fold_steps, rotate_left
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.noise import add_noise, compute_noise
from consensus.pouw.ticket import compute_transcript
from runtime.tensor.commitment import Int8Matrix, merkle_leaves
from tests.helpers import naive_pouw as naive
from tests.helpers.pouw_stage import (
    BACKEND,
    compute_noise_matrix,
    make_operand,
    seeds,
    to_lists,
)


def run_noised(a: Int8Matrix, bt: Int8Matrix, seed: bytes = bytes(32)) -> Product:
    k = a.shape[1]
    noise_a, noise_b = compute_noise(seed, 0, len(a), k), compute_noise(b"\1" * 32, 0, len(bt), k)
    peel = Peel(a, noise_a, noise_b)
    return BACKEND.run(add_noise(a, noise_a), add_noise(bt, noise_b), peel, never_cancelled)


@pytest.fixture
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_backend, "BLOCK_ROWS", 64)
    monkeypatch.setattr(numpy_backend, "BLOCK_COLS", 96)


@given(st.integers(1, 2), seeds)
@settings(max_examples=5)
def test_transcript_is_the_specified_one(steps: int, seed: int) -> None:
    a, bt = make_operand(32, 64 * steps, seed, 126), make_operand(32, 64 * steps, seed + 1, 126)
    assert compute_transcript(a, bt).tolist() == naive.transcript(to_lists(a), to_lists(bt))


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("m, n", [(32, 32), (160, 224), (64, 96), (96, 320)])
def test_blocks_do_not_show(m: int, n: int) -> None:
    a, bt = make_operand(m, 192, 1), make_operand(n, 192, 2)
    in_blocks = run_noised(a, bt)
    whole = [compute_transcript(*pair) for pair in noised_strips(a, bt)]
    assert np.array_equal(in_blocks.transcripts.reshape(-1, 32), np.array(whole))
    assert in_blocks.product is not None
    assert np.array_equal(in_blocks.product, a.astype(np.int64) @ bt.T.astype(np.int64))


def noised_strips(a: Int8Matrix, bt: Int8Matrix) -> Iterator[tuple[Int8Matrix, Int8Matrix]]:
    k = a.shape[1]
    left = add_noise(a, compute_noise(bytes(32), 0, len(a), k))
    right = add_noise(bt, compute_noise(b"\1" * 32, 0, len(bt), k))
    for i in range(0, len(a), 32):
        for j in range(0, len(bt), 32):
            yield left[i : i + 32], right[j : j + 32]


def test_noise_as_factors_is_the_noise_that_was_added() -> None:
    a = make_operand(64, 192)
    noise = compute_noise(bytes(32), 0, 64, 192)
    assert np.array_equal(add_noise(a, noise), a + compute_noise_matrix(noise))


def test_work_is_called_off_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_backend, "BLOCK_ROWS", 32)
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    with pytest.raises(Cancelled):
        BACKEND.run(make_operand(160, 64), make_operand(32, 64), None, is_cancelled)
    assert asked == 3


def test_leaves_are_the_commitment_s() -> None:
    matrix = make_operand(96, 64)
    assert NumpyBackend().compute_leaves(matrix) == merkle_leaves(matrix)
    assert NumpyBackend().name == "numpy"


@given(st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_words_turn_as_defined(word: int, bits: int) -> None:
    turned = rotate_left(np.array([word], np.uint32), bits)
    assert int(turned[0]) == naive.rotl(word, bits)


@given(st.integers(1, 70))
def test_chained_at_once_is_chained_step_by_step(steps: int) -> None:
    folded = np.random.default_rng(steps).integers(0, 2**32, (steps, 32), dtype=np.uint32)
    words = [0] * 32
    for each in folded.tolist():
        words = [naive.rotl(word, 13) ^ x for word, x in zip(words, each, strict=True)]
    assert chain_steps(folded).tolist() == words


def test_fold_takes_every_element_once() -> None:
    """A single bit anywhere in a tile flips that bit of its class, and of no other."""
    for i in range(32):
        for j in range(32):
            sums = np.zeros((1, 32, 32), np.uint32)
            sums[0, i, j] = 1 << (i + j) % 32
            folded = fold_steps(sums)[0]
            q = 4 * (i % 8) + (j % 8) // 2
            assert np.flatnonzero(folded).tolist() == [q]
            assert folded[q] == sums[0, i, j]


def test_tile_product_is_exact() -> None:
    a, bt = make_operand(32, 16_384, 1), make_operand(32, 16_384, 2)
    expected = a.astype(np.int64) @ bt.T.astype(np.int64)
    assert np.array_equal(compute_tile_product(a, bt), expected)


def test_float32_is_taken_only_where_it_is_exact() -> None:
    left, right = np.full((1, 4), 2**11, np.int32), np.full((1, 4), 2**11, np.int32)
    assert not is_exact_in_float32(left, right)
    left[0, 0] -= 1
    assert is_exact_in_float32(left, right)
    assert not is_exact_in_float32(-(left + 1), right)
