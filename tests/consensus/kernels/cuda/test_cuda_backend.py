"""The CUDA backend on an emulated GPU: the same bytes as numpy, in whatever order streams go."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.kernels.backend import (
    BestTicket,
    Cancelled,
    Noise,
    Operand,
    Peel,
    Product,
    never_cancelled,
)
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.cuda import product
from consensus.kernels.cuda.device import DeviceFailed, Launch, Stream
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.cuda.product import Band, split_bands
from consensus.kernels.cuda_backend import CudaBackend
from consensus.kernels.selftest import ensure_exact
from consensus.pouw.noise import add_noise, compute_noise
from runtime.tensor.commitment import merkle_leaves
from tests.helpers.cuda_checks import PLANS
from tests.helpers.cuda_emulator import ORDERS, EmulatedDevice
from tests.helpers.pouw_stage import BACKEND, make_operand, seeds

SEED_A, SEED_B = b"a" * 32, b"b" * 32

plans = st.sampled_from([PLANS["mma"], PLANS["wgmma"]])
ragged = st.tuples(
    st.integers(1, 6).map(lambda tiles: 32 * tiles),
    st.integers(1, 9).map(lambda tiles: 32 * tiles),
    st.integers(1, 3).map(lambda steps: 64 * steps),
)


def make_side(rows: int, k: int, seed: bytes, number: int, key: bytes | None = None) -> Operand:
    return Operand(make_operand(rows, k, number), compute_noise(seed, 0, rows, k), key)


def make_sides(m: int, n: int, k: int, number: int = 0) -> tuple[Operand, Operand]:
    return make_side(m, k, SEED_A, number), make_side(n, k, SEED_B, number + 1)


def to_peel(a: Operand, b: Operand) -> Peel:
    return Peel(a.matrix, a.noise, b.noise)


def ensure_same(got: Product | BestTicket, expected: Product | BestTicket) -> None:
    if isinstance(got, Product) and isinstance(expected, Product):
        assert np.array_equal(got.transcripts, expected.transcripts)
    elif isinstance(got, BestTicket) and isinstance(expected, BestTicket):
        assert (got.ticket, got.i, got.j) == (expected.ticket, expected.i, expected.j)
    assert (got.product is None) == (expected.product is None)
    if got.product is not None and expected.product is not None:
        assert np.array_equal(got.product, expected.product)


@pytest.mark.parametrize("name", PLANS)
def test_it_passes_the_test_at_start(name: str) -> None:
    ensure_exact(CudaBackend(EmulatedDevice(PLANS[name]), PLANS[name]))


@given(plans, ragged, seeds, st.sampled_from(ORDERS), st.booleans())
@settings(max_examples=12)
def test_it_is_numpy_s_twin(
    plan: Plan, shape: tuple[int, int, int], seed: int, eager: tuple[Stream, ...], peels: bool
) -> None:
    backend = CudaBackend(EmulatedDevice(plan, eager=eager), plan)
    a, b = make_sides(*shape, seed)
    noised = (add_noise(a.matrix, a.noise), add_noise(b.matrix, b.noise))
    peel = to_peel(a, b) if peels else None
    ensure_same(
        backend.run(*noised, peel, never_cancelled), BACKEND.run(*noised, peel, never_cancelled)
    )
    found = backend.search(a, b, SEED_A, never_cancelled, wants_product=peels)
    by_parts = search_by_parts(BACKEND.run, a, b, SEED_A, never_cancelled, wants_product=peels)
    ensure_same(found, by_parts)
    assert backend.compute_leaves(a.matrix) == merkle_leaves(a.matrix)


@pytest.mark.parametrize("sign", [-1, 1])
def test_peel_is_exact_where_every_sum_is_largest(sign: int) -> None:
    """The longest inner dimension, all noise 63 or -63: three digits are needed."""
    k, plan = 16_384, PLANS["mma"]
    a, bt = np.full((32, k), 63, np.int8), np.full((32, k), sign * 63, np.int8)
    left = np.tile(np.where(np.arange(64) % 2, 31, -32).astype(np.int8), (32, 1))
    odd, even = np.arange(k) % 64 | 1, np.arange(k) % 64 & 62
    noise_a = Noise(left, odd, even)
    noise_b = Noise(left, odd if sign > 0 else even, even if sign > 0 else odd)
    noised = (add_noise(a, noise_a), add_noise(bt, noise_b))
    peel = Peel(a, noise_a, noise_b)
    done = CudaBackend(EmulatedDevice(plan), plan).run(*noised, peel, never_cancelled)
    assert done.product is not None
    assert (done.product == sign * 63 * 63 * k).all()
    expected = BACKEND.run(*noised, None, never_cancelled)
    assert np.array_equal(done.transcripts, expected.transcripts)


def test_kept_side_b_is_prepared_once_for_its_key() -> None:
    plan = PLANS["wgmma"]
    device = EmulatedDevice(plan)
    backend = CudaBackend(device, plan)
    packed = []
    for number, (key, seed_b) in enumerate(
        ((SEED_B, SEED_B), (SEED_B, SEED_B), (b"c" * 32, b"c" * 32), (None, SEED_B), (None, SEED_B))
    ):
        device.launched.clear()
        a = make_side(64, 128, SEED_A, number)
        b = make_side(96, 128, seed_b, 9, key)
        got = backend.search(a, b, SEED_A, never_cancelled, wants_product=True)
        expected = search_by_parts(BACKEND.run, a, b, SEED_A, never_cancelled, wants_product=True)
        ensure_same(got, expected)
        packed.append(device.launched.count("pack"))
    assert packed == [2, 1, 2, 2, 2]


@pytest.mark.parametrize("name", ["mma", "wgmma"])
@pytest.mark.parametrize("eager", ORDERS)
def test_bands_do_not_show(
    monkeypatch: pytest.MonkeyPatch, name: str, eager: tuple[Stream, ...]
) -> None:
    monkeypatch.setattr(product, "BAND_ELEMENTS_MAX", 128 * 96)
    plan = PLANS[name]
    a, b = make_sides(416, 96, 64)
    noised = (add_noise(a.matrix, a.noise), add_noise(b.matrix, b.noise))
    backend = CudaBackend(EmulatedDevice(plan, eager=eager), plan)
    assert len(list(split_bands(416, 96, 64, plan.block_m))) == 4
    peel = to_peel(a, b)
    ensure_same(
        backend.run(*noised, peel, never_cancelled), BACKEND.run(*noised, peel, never_cancelled)
    )
    for wants_product in (True, False):
        ensure_same(
            backend.search(a, b, SEED_A, never_cancelled, wants_product=wants_product),
            search_by_parts(
                BACKEND.run, a, b, SEED_A, never_cancelled, wants_product=wants_product
            ),
        )


def test_bands_keep_both_bounds() -> None:
    bands = list(split_bands(1 << 20, 1 << 20, 16_384, 128))
    assert bands[0] == Band(0, 256)  # 2^28 elements, 2^42 multiplications
    assert sum(band.rows for band in bands) == 1 << 20
    assert list(split_bands(96, 1 << 20, 64, 128)) == [Band(0, 96)]
    assert all(b.first == a.first + a.rows for a, b in pairwise(bands))


def test_work_is_called_off_between_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "BAND_ELEMENTS_MAX", 128 * 32)
    plan = PLANS["mma"]
    device = EmulatedDevice(plan)
    backend = CudaBackend(device, plan)
    answers = iter([False, False, True])
    a, b = make_sides(512, 32, 64)
    with pytest.raises(Cancelled):
        backend.search(a, b, SEED_A, lambda: next(answers), wants_product=True)
    assert device.launched.count("multiply_mma") == 2
    ensure_same(
        backend.search(a, b, SEED_A, never_cancelled, wants_product=True),
        search_by_parts(BACKEND.run, a, b, SEED_A, never_cancelled, wants_product=True),
    )


class UnpluggedDevice(EmulatedDevice):
    """Goes away at the first product."""

    def launch(self, stream: Stream, launch: Launch) -> None:
        if launch.kernel.startswith("multiply"):
            raise DeviceFailed("the GPU has fallen off the bus")
        super().launch(stream, launch)


def test_a_lost_device_is_an_error_of_its_own() -> None:
    a, b = make_sides(32, 32, 64)
    with pytest.raises(DeviceFailed, match="fallen off the bus"):
        CudaBackend(UnpluggedDevice(PLANS["mma"]), PLANS["mma"]).search(
            a, b, SEED_A, never_cancelled, wants_product=True
        )
