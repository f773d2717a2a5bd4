"""Freivalds' check: every product passes, no altered one does."""

import random
import struct

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.tensor import freivalds
from runtime.tensor.freivalds import PRIME, ROUNDS, find_wrong_row, is_product
from runtime.tensor.interpreter import compute_product
from runtime.tensor.value import Int8Array, Int32Array

TAMPERED = 3_000
sizes = st.integers(1, 40)


def draw_operands(m: int, k: int, n: int, seed: int) -> tuple[Int8Array, Int8Array]:
    rng = np.random.default_rng(seed)
    return rng.integers(-63, 64, (m, k), np.int8), rng.integers(-63, 64, (k, n), np.int8)


@given(sizes, sizes, sizes, st.integers(0, 2**32), st.binary(max_size=40))
def test_a_product_always_passes(m: int, k: int, n: int, seed: int, claim: bytes) -> None:
    a, b = draw_operands(m, k, n, seed)
    assert is_product(a, b, compute_product(a, b), claim)


@pytest.mark.parametrize("left", [-63, 63])
@pytest.mark.parametrize("right", [-63, 63])
@pytest.mark.parametrize("shape", [(1, 2**18, 1), (2, 4096, 3), (3, 1, 2**16), (700, 5, 700)])
def test_products_at_the_ends_of_the_range_pass(
    left: int, right: int, shape: tuple[int, int, int]
) -> None:
    m, k, n = shape
    a, b = np.full((m, k), left, np.int8), np.full((k, n), right, np.int8)
    c = np.full((m, n), left * right * k, np.int32)
    assert is_product(a, b, c, b"claim")
    c[m - 1, n - 1] -= np.sign(left * right)
    assert not is_product(a, b, c, b"claim")


def test_no_single_altered_entry_passes() -> None:
    rng = random.Random(20)
    a, b = draw_operands(12, 30, 9, seed=1)
    c = compute_product(a, b)
    limit = 30 * 63 * 63
    for trial in range(TAMPERED):
        row, col = rng.randrange(12), rng.randrange(9)
        wrong = c.copy()
        wrong[row, col] = rng.choice(
            [c[row, col] + 1, c[row, col] - 1, -c[row, col] - 1, rng.randint(-limit, limit)]
        )
        if wrong[row, col] != c[row, col]:
            assert not is_product(a, b, wrong, trial.to_bytes(4, "little"))
            assert find_wrong_row(a, b, wrong, b"claim") == row


@settings(max_examples=30)
@given(sizes, sizes, sizes, st.integers(0, 2**32), st.data())
def test_no_altered_product_passes(m: int, k: int, n: int, seed: int, data: st.DataObject) -> None:
    a, b = draw_operands(m, k, n, seed)
    c = compute_product(a, b)
    entries = st.tuples(st.integers(0, m - 1), st.integers(0, n - 1))
    deltas = st.integers(-(2**20), 2**20).filter(bool)
    changes = data.draw(st.dictionaries(entries, deltas, min_size=1, max_size=6))
    for entry, delta in changes.items():
        c[entry] += delta
    assert not is_product(a, b, c, b"claim")


@pytest.mark.parametrize("delta", [PRIME, -PRIME])
def test_an_error_of_the_primes_multiple_is_seen(delta: int) -> None:
    # Modulo the prime nothing is wrong; the entry cannot be one of a product, though.
    a, b = draw_operands(4, 16, 5, seed=2)
    b[:, 2] = 0
    c = compute_product(a, b)
    c[1, 2] += delta
    assert find_wrong_row(a, b, c, b"claim") is None
    assert not is_product(a, b, c, b"claim")


def test_errors_that_sum_to_zero_are_seen() -> None:
    a, b = draw_operands(6, 20, 8, seed=3)
    c = compute_product(a, b)
    c[2, 3] += 5
    c[2, 4] -= 5
    c[4, 3] -= 5
    assert find_wrong_row(a, b, c, b"claim") == 2


def test_vectors_depend_on_the_seed_and_on_each_matrix() -> None:
    # Whoever knows the vectors can alter two entries unseen, so they must follow from the claim.
    a, b = draw_operands(3, 8, 6, seed=4)
    c = compute_product(a, b)
    x = [int(entry) for entry in _vectors(a, b, c, b"claim")[:, 0]]
    assert x != [int(entry) for entry in _vectors(a, b, c, b"other")[:, 0]]
    for matrix in (a, b, c):
        matrix[0, 0] ^= 1
        assert x != [int(entry) for entry in _vectors(a, b, c, b"claim")[:, 0]]
        matrix[0, 0] ^= 1
    assert x == [int(entry) for entry in _vectors(a, b, c, b"claim")[:, 0]]
    assert all(0 <= entry < PRIME for entry in x)


def _vectors(a: Int8Array, b: Int8Array, c: Int32Array, seed: bytes) -> np.ndarray:
    return freivalds._draw_vectors(a, b, c, seed, ROUNDS)


def test_vectors_are_those_of_the_specification() -> None:
    a, b = draw_operands(3, 8, 6, seed=4)
    c = compute_product(a, b)
    hasher = blake3(derive_key_context="soberana freivalds v1")
    hasher.update(struct.pack("<4Q", 3, 8, 6, 5) + b"claim")
    hasher.update(a.astype("<i1").tobytes() + b.astype("<i1").tobytes() + c.astype("<i4").tobytes())
    words = struct.unpack("<24Q", hasher.digest(length=8 * 24))
    expected = [[words[4 * j + r] % PRIME for r in range(4)] for j in range(6)]
    assert _vectors(a, b, c, b"claim").tolist() == expected


@given(st.integers(1, 30), st.sampled_from([np.int8, np.int32]), st.data())
def test_products_modulo_the_prime_are_exact(
    cols: int, dtype: type[np.int8 | np.int32], data: st.DataObject
) -> None:
    limits = np.iinfo(dtype)
    ends = st.sampled_from([int(limits.min), int(limits.max)])
    entries = st.lists(
        ends | st.integers(int(limits.min), int(limits.max)), min_size=cols, max_size=cols
    )
    factors = st.lists(
        st.sampled_from([0, PRIME - 1]) | st.integers(0, PRIME - 1), min_size=cols, max_size=cols
    )
    matrix = data.draw(st.lists(entries, min_size=1, max_size=4))
    x = data.draw(factors)
    expected = [[sum(m * f for m, f in zip(row, x, strict=True)) % PRIME] for row in matrix]
    vector = np.array(x, np.int64).reshape(cols, 1)
    assert freivalds._times(np.array(matrix, dtype), vector).tolist() == expected


@pytest.mark.parametrize("entry", [-(2**31), 2**31 - 1])
def test_the_longest_rows_stay_exact(entry: int) -> None:
    matrix = np.full((1, freivalds.VECTOR_MAX), entry, np.int32)
    vector = np.full((freivalds.VECTOR_MAX, 1), PRIME - 1, np.int64)
    expected = entry * (PRIME - 1) * freivalds.VECTOR_MAX % PRIME
    assert freivalds._times(matrix, vector).tolist() == [[expected]]


def test_one_hash_for_each_shape() -> None:
    # The same bytes as other shapes: the lengths are hashed too.
    flat = np.zeros(64, np.int8)
    shapes = [((2, 4), (4, 2)), ((4, 2), (2, 4)), ((1, 8), (8, 1)), ((8, 1), (1, 8))]
    firsts = set()
    for left, right in shapes:
        a, b = flat[:8].reshape(left), flat[:8].reshape(right)
        c = np.zeros((left[0], right[1]), np.int32)
        firsts.add(int(_vectors(a, b, c, b"claim")[0, 0]))
    assert len(firsts) == len(shapes)


@pytest.mark.parametrize(
    "a, b, c",
    [
        (np.zeros((2, 3), np.int8), np.zeros((4, 2), np.int8), np.zeros((2, 2), np.int32)),
        (np.zeros((2, 3), np.int8), np.zeros((3, 2), np.int8), np.zeros((2, 3), np.int32)),
        (np.zeros((2, 3), np.int8), np.zeros((3, 2), np.int8), np.zeros((2, 2), np.int64)),
        (np.zeros((2, 3), np.int16), np.zeros((3, 2), np.int8), np.zeros((2, 2), np.int32)),
        (np.zeros(3, np.int8), np.zeros((3, 2), np.int8), np.zeros((1, 2), np.int32)),
        (np.full((1, 1), 64, np.int8), np.ones((1, 1), np.int8), np.full((1, 1), 64, np.int32)),
        (np.ones((1, 1), np.int8), np.full((1, 1), -64, np.int8), np.full((1, 1), -64, np.int32)),
        (np.zeros((1, 1), np.int8), np.zeros((1, 1), np.int8), np.full((1, 1), 3970, np.int32)),
        (
            np.zeros((1, 2**18 + 1), np.int8),
            np.zeros((2**18 + 1, 1), np.int8),
            np.zeros((1, 1), np.int32),
        ),
    ],
)
def test_what_cannot_be_a_product_is_none(a: Int8Array, b: Int8Array, c: Int32Array) -> None:
    assert not is_product(a, b, c, b"claim")


def test_a_view_passes_as_its_copy_does() -> None:
    a, b = draw_operands(20, 24, 20, seed=5)
    c = compute_product(a, b)
    assert is_product(a[::2], b[:, ::2], c[::2, ::2], b"claim")
    assert is_product(b.T, a.T, c.T, b"claim")


def test_no_row_is_the_product_of_no_row() -> None:
    empty, b = np.zeros((0, 3), np.int8), np.zeros((3, 2), np.int8)
    assert is_product(empty, b, np.zeros((0, 2), np.int32), b"claim")
