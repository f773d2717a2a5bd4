"""What every backend computes: the same bytes, for any shape, any values, any number of cores."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.kernels.backend import (
    Cancelled,
    Noise,
    Operand,
    Peel,
    Product,
    ProductBackend,
    never_cancelled,
)
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.selftest import ensure_exact
from consensus.pouw.noise import add_noise, compute_noise
from consensus.pouw.ticket import compute_transcript, find_best
from runtime.tensor.commitment import Int8Matrix, merkle_leaves
from tests.helpers.backends import BACKENDS, for_every_backend
from tests.helpers.pouw_stage import make_operand, seeds, shapes

SEED = bytes(range(32))
LARGER = (160, 1_056, 704)
"""More than one block in both directions, and no multiple of one; k no multiple of a part."""


def make_noise(rows: int, k: int, seed: int = 0) -> Noise:
    return compute_noise(bytes([seed] * 32), 0, rows, k)


def run_noised(backend: ProductBackend, a: Int8Matrix, bt: Int8Matrix) -> Product:
    k = a.shape[1]
    noise_a, noise_b = make_noise(len(a), k, 1), make_noise(len(bt), k, 2)
    peel = Peel(a, noise_a, noise_b)
    return backend.run(add_noise(a, noise_a), add_noise(bt, noise_b), peel, never_cancelled)


def multiply(a: Int8Matrix, bt: Int8Matrix) -> npt.NDArray[np.int64]:
    return a.astype(np.int64) @ bt.T.astype(np.int64)


@for_every_backend
def test_passes_its_own_test(backend: ProductBackend) -> None:
    ensure_exact(backend)


@for_every_backend
@given(shapes, seeds)
@settings(max_examples=25)
def test_peeled_product_is_exact(
    backend: ProductBackend, shape: tuple[int, int, int], seed: int
) -> None:
    m, n, k = shape
    a, bt = make_operand(m, k, seed), make_operand(n, k, seed + 1)
    done = run_noised(backend, a, bt)
    assert done.product is not None
    assert done.product.dtype == np.int32
    assert np.array_equal(done.product, multiply(a, bt))


@for_every_backend
@given(
    st.sampled_from([-63, -1, 0, 1, 63]),
    st.sampled_from([-63, 0, 63]),
    st.sampled_from([64, 128, 1024]),
)
@settings(max_examples=15)
def test_peel_is_exact_for_constant_operands(
    backend: ProductBackend, left: int, right: int, k: int
) -> None:
    a, bt = np.full((32, k), left, np.int8), np.full((64, k), right, np.int8)
    done = run_noised(backend, a, bt)
    assert done.product is not None
    assert (done.product == left * right * k).all()


@for_every_backend
@pytest.mark.parametrize("k", [4_096, 8_192, 8_256, 16_384])
@pytest.mark.parametrize("sign", [-1, 1])
def test_peel_is_exact_where_every_sum_is_largest(
    backend: ProductBackend, sign: int, k: int
) -> None:
    """All noise 63 or -63: float32 alone would round, digits too few would not hold it."""
    a, bt = np.full((32, k), 63, np.int8), np.full((64, k), sign * 63, np.int8)
    left = np.where(np.arange(64) % 2, 31, -32).astype(np.int8)
    columns = np.arange(k) % 64
    odd, even = columns | 1, columns & 62
    noise_a = Noise(np.tile(left, (32, 1)), odd, even)
    noise_b = Noise(np.tile(left, (64, 1)), odd if sign > 0 else even, even if sign > 0 else odd)
    a_noised, bt_noised = add_noise(a, noise_a), add_noise(bt, noise_b)
    assert (a_noised == 126).all()
    assert (bt_noised == sign * 126).all()
    done = backend.run(a_noised, bt_noised, Peel(a, noise_a, noise_b), never_cancelled)
    assert done.product is not None
    assert (done.product == sign * 63 * 63 * k).all()
    found = backend.search(
        Operand(a, noise_a), Operand(bt, noise_b), SEED, never_cancelled, wants_product=True
    )
    assert found.product is not None
    assert (found.product == sign * 63 * 63 * k).all()


@for_every_backend
@given(shapes, seeds)
@settings(max_examples=15)
def test_every_transcript_is_the_verifier_s(
    backend: ProductBackend, shape: tuple[int, int, int], seed: int
) -> None:
    m, n, k = shape
    a, bt = make_operand(m, k, seed, 126), make_operand(n, k, seed + 1, 126)
    done = backend.run(a, bt, None, never_cancelled)
    assert done.product is None
    assert done.transcripts.shape == (m // 32, n // 32, 32)
    for i in range(m // 32):
        for j in range(n // 32):
            words = compute_transcript(a[32 * i : 32 * i + 32], bt[32 * j : 32 * j + 32])
            assert np.array_equal(done.transcripts[i, j], words)


@for_every_backend
@given(shapes, seeds, st.booleans())
@settings(max_examples=15)
def test_search_is_that_of_the_reference(
    backend: ProductBackend, shape: tuple[int, int, int], seed: int, wants_product: bool
) -> None:
    m, n, k = shape
    a = Operand(make_operand(m, k, seed), make_noise(m, k, 3))
    b = Operand(make_operand(n, k, seed + 1), make_noise(n, k, 4))
    found = backend.search(a, b, SEED, never_cancelled, wants_product=wants_product)
    run = NumpyBackend().run
    expected = search_by_parts(run, a, b, SEED, never_cancelled, wants_product=wants_product)
    assert (found.ticket, found.i, found.j) == (expected.ticket, expected.i, expected.j)
    assert (found.product is None) is not wants_product
    if found.product is not None:
        assert np.array_equal(found.product, multiply(a.matrix, b.matrix))


@for_every_backend
def test_blocks_do_not_show(backend: ProductBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh data, and memory that is full of something else before it is written."""
    m, n, k = LARGER
    entropy = np.random.SeedSequence().entropy
    assert isinstance(entropy, int)
    a, bt = make_operand(m, k, entropy), make_operand(n, k, entropy + 1)
    noise_a, noise_b = make_noise(m, k, 1), make_noise(n, k, 2)
    a_noised, bt_noised = add_noise(a, noise_a), add_noise(bt, noise_b)
    words = [
        compute_transcript(a_noised[i : i + 32], bt_noised[j : j + 32])
        for i in range(0, m, 32)
        for j in range(0, n, 32)
    ]
    transcripts = np.array(words).reshape(m // 32, n // 32, 32)
    monkeypatch.setattr(np, "empty", make_poisoned)
    done = backend.run(a_noised, bt_noised, Peel(a, noise_a, noise_b), never_cancelled)
    left, right = Operand(a, noise_a), Operand(bt, noise_b, b"key")
    found = backend.search(left, right, SEED, never_cancelled, wants_product=True)
    monkeypatch.undo()
    assert np.array_equal(done.transcripts, transcripts), entropy
    assert (found.ticket, found.i, found.j) == find_best(SEED, transcripts), entropy
    for product in (done.product, found.product):
        assert product is not None
        assert np.array_equal(product, multiply(a, bt)), entropy


def make_poisoned(
    shape: tuple[int, ...] | int, dtype: npt.DTypeLike = np.float64
) -> npt.NDArray[np.generic]:
    array = np.zeros(shape, dtype)
    array.view(np.uint8)[...] = 0xA5
    return array


@for_every_backend
def test_what_is_kept_of_b_serves_only_its_key(backend: ProductBackend) -> None:
    k = 128
    b, other = (Operand(make_operand(64, k, each), make_noise(64, k, each)) for each in (1, 2))
    named, another = replace(b, key=b"one"), replace(other, key=b"two")
    for number, right in enumerate((named, named, another, named, other, b, b, another)):
        left = Operand(make_operand(32, k, 10 + number), make_noise(32, k, 10 + number))
        found = backend.search(left, right, SEED, never_cancelled, wants_product=True)
        fresh = BACKENDS["numpy"].search(left, right, SEED, never_cancelled, wants_product=True)
        assert (found.ticket, found.i, found.j) == (fresh.ticket, fresh.i, fresh.j)
        assert found.product is not None
        assert np.array_equal(found.product, multiply(left.matrix, right.matrix))


@for_every_backend
def test_layout_of_operands_in_memory_does_not_matter(backend: ProductBackend) -> None:
    a, bt = make_operand(64, 128, 1), make_operand(96, 128, 2)
    noise_a, noise_b = make_noise(64, 128, 1), make_noise(96, 128, 2)
    sealed = np.frombuffer(a.tobytes(), np.int8).reshape(a.shape)
    left, right = Operand(sealed, noise_a), Operand(np.asfortranarray(bt), noise_b)
    found = backend.search(left, right, SEED, never_cancelled, wants_product=True)
    plain = backend.search(
        Operand(a, noise_a), Operand(bt, noise_b), SEED, never_cancelled, wants_product=True
    )
    assert (found.ticket, found.i, found.j) == (plain.ticket, plain.i, plain.j)
    assert np.array_equal(np.asarray(found.product), np.asarray(plain.product))


@for_every_backend
def test_operands_are_left_as_they_were(backend: ProductBackend) -> None:
    a, bt = make_operand(64, 128, 1), make_operand(96, 128, 2)
    left, right = Operand(a.copy(), make_noise(64, 128)), Operand(bt.copy(), make_noise(96, 128))
    backend.search(left, right, SEED, never_cancelled, wants_product=True)
    assert np.array_equal(left.matrix, a)
    assert np.array_equal(right.matrix, bt)


@for_every_backend
def test_work_is_called_off(backend: ProductBackend) -> None:
    m, n, k = LARGER
    left = Operand(make_operand(m, k), make_noise(m, k))
    right = Operand(make_operand(n, k), make_noise(n, k))
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1

    with pytest.raises(Cancelled):
        backend.search(left, right, SEED, is_cancelled, wants_product=True)
    assert asked > 1


@for_every_backend
@pytest.mark.parametrize("rows", [32, 96, 640])
def test_leaves_are_the_commitment_s(backend: ProductBackend, rows: int) -> None:
    matrix = make_operand(rows, 64, rows)
    assert backend.compute_leaves(matrix) == merkle_leaves(matrix)
