"""What the kernels compute on a device, compared with numpy and the blake3 library bit by bit.

Each check runs a part of the kernels on fresh random data and raises AssertionError where they
differ. `python -m tests.helpers.cuda_checks PLAN LIBRARY CHECK…` runs some on one build, in a
process that a broken kernel may take down with it.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import Noise, never_cancelled
from consensus.kernels.cuda.device import Device, Launch, Pointer, Stream
from consensus.kernels.cuda.operand import Operands, Packed, compute_phases
from consensus.kernels.cuda.plan import Plan, make_mma_plan, make_wgmma_plan
from consensus.kernels.cuda.product import Band, Peeling, Products, Tickets
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.noise import add_noise, compute_noise, expand_operand
from consensus.pouw.ticket import find_best
from runtime.primitives import AccountId
from runtime.tensor.commitment import Int8Matrix, merkle_leaves

Generator: TypeAlias = np.random.Generator
Check: TypeAlias = Callable[[Device, Plan, Generator], None]

PLANS: Final = {
    "mma": make_mma_plan(stages=3),
    "mma4": make_mma_plan(4),
    "wgmma": make_wgmma_plan(),
}
TIE: Final = (1165).to_bytes(32, "little")
"""A seed that draws one word twice for a sort, in step 102."""


def make_matrix(rng: Generator, rows: int, k: int, reach: int = 63) -> Int8Matrix:
    return rng.integers(-reach, reach + 1, (rows, k)).astype(np.int8)


def read(device: Device, stream: Stream, source: Pointer, target: npt.NDArray[np.generic]) -> None:
    device.download(stream, source, target)
    device.synchronize(device.mark(stream))


def check_noise(device: Device, plan: Plan, rng: Generator) -> None:
    for seed, rows, k in ((rng.bytes(32), 160, 192), (rng.bytes(32), 32, 64), (TIE, 32, 6592)):
        factors = Operands(device, plan).draw_noise(seed, rows, k)
        expected = compute_noise(seed, 0, rows, k)
        left, places = np.empty((rows, 64), np.int8), np.empty((2, k), np.uint8)
        columns = np.empty((2, k // 64, 64), np.uint16)
        read(device, Stream.STAGING, factors.left, left)
        read(device, Stream.STAGING, factors.places, places)
        read(device, Stream.STAGING, factors.columns, columns)
        assert np.array_equal(left, expected.left), "left factor"
        assert np.array_equal(places, np.stack((expected.plus, expected.minus))), "places"
        for half, order in enumerate((expected.plus, expected.minus)):
            steps = np.arange(0, k, 64)[:, np.newaxis]
            inverse = np.argsort(order.reshape(-1, 64), axis=1, kind="stable") + steps
            assert np.array_equal(columns[half], inverse), "columns"
        assert factors.depths == (k // 64, k // 64)


def check_expansion(device: Device, plan: Plan, rng: Generator) -> None:
    key, author, nonce = rng.bytes(32), AccountId(rng.bytes(32)), int(rng.integers(2**63))
    for name, rows, k in ((b"A", 96, 192), (b"B", 32, 64)):
        message = b"seeded" + name + author + nonce.to_bytes(8, "little")
        raw = Operands(device, plan).expand(key, message, rows, k)
        operand = np.empty((rows, k), np.int8)
        read(device, Stream.STAGING, raw.data, operand)
        assert np.array_equal(operand, expand_operand(key, name, author, nonce, (0, rows), k))


def check_leaves(device: Device, plan: Plan, rng: Generator) -> None:
    for rows, k in ((64, 64), (160, 192), (32, 1024), (32, 16_384)):
        matrix = make_matrix(rng, rows, k, 127)
        operands = Operands(device, plan)
        leaves = np.empty((rows // 32, 32), np.uint8)
        read(device, Stream.STAGING, operands.hash_leaves(operands.upload(matrix)), leaves)
        assert [leaf.tobytes() for leaf in leaves] == list(merkle_leaves(matrix)), (rows, k)


def unpack(device: Device, packed: Packed) -> Int8Matrix:
    """A packed operand row by row, by the definition of the 128-byte swizzle."""
    rows, pitch = packed.rows_padded, packed.pitch
    raw = np.empty(rows * pitch, np.int8)
    read(device, Stream.STAGING, packed.data, raw)
    if packed.block_rows == 0:
        return raw.reshape(rows, pitch)
    blocks = raw.reshape(rows // packed.block_rows, pitch // 128, packed.block_rows, 8, 16)
    row, chunk = np.arange(packed.block_rows)[:, np.newaxis], np.arange(8)[np.newaxis]
    straight = blocks[:, :, row, chunk ^ (row % 8)]
    return straight.transpose(0, 2, 1, 3, 4).reshape(rows, pitch)


def check_packing(device: Device, plan: Plan, rng: Generator) -> None:
    operands = Operands(device, plan)
    for rows, k, is_side_a in ((96, 192, True), (288, 64, False), (128, 128, True)):
        matrix = make_matrix(rng, rows, k)
        noise = compute_noise(rng.bytes(32), 0, rows, k)
        factors, raw = operands.upload_noise(noise), operands.upload(matrix)
        for each, expected in ((factors, add_noise(matrix, noise)), (None, matrix)):
            packed = operands.pack(raw, each, is_side_a=is_side_a)
            got = unpack(device, packed)[:, : packed.k_padded]
            assert np.array_equal(got[:rows, :k], expected), (rows, k)
            assert not got[rows:].any(), "rows beyond the operand"
            assert not got[:, k:].any(), "columns beyond the operand"


def check_digits(device: Device, plan: Plan, rng: Generator) -> None:
    """The digits, put together again, are the projections."""
    for k, is_extreme in ((192, False), (1024, True)):
        operands, m, n = Operands(device, plan), 64, 96
        a, bt = make_matrix(rng, m, k), make_matrix(rng, n, k)
        noise_a, noise_b = (make_noise(rng, rows, k, is_extreme=is_extreme) for rows in (m, n))
        if is_extreme:
            bt[:] = np.where(noise_b.left[:, :1] > 0, 63, -63)
        own, other = operands.upload_noise(noise_a), operands.upload_noise(noise_b)
        raw_a, phases = operands.upload(a), compute_phases(own, other)
        assert phases == (3 if is_extreme else 2)
        side_a = operands.pack(raw_a, own, is_side_a=True)
        side_b = operands.pack(operands.upload(bt), other, is_side_a=False)
        operands.append_digits_a(side_a, own, raw_a, other, phases)
        operands.append_digits_b(side_b, other, own, 1, phases)
        digits_a = get_phases(device, side_a, 0, phases, m)
        digits_b = get_phases(device, side_b, 1, phases, n)
        projected = project(add_noise(bt, noise_b), noise_a)
        assert np.array_equal(combine(-digits_a[:, :, :64]), project(a, noise_b)), "A.F_L"
        assert np.array_equal(combine(digits_b[:, :, 64:]), projected), "E_R.B'"
        assert (digits_a[:, :, 64:] == -noise_a.left[:, np.newaxis]).all(), "-E_L"
        assert (digits_b[:, :, :64] == noise_b.left[:, np.newaxis]).all(), "F_R"


def make_noise(rng: Generator, rows: int, k: int, *, is_extreme: bool) -> Noise:
    """Noise as the specification draws it, or all of it from two rows of the right factor."""
    if not is_extreme:
        return compute_noise(rng.bytes(32), 0, rows, k)
    left = rng.integers(-32, 32, (rows, 64)).astype(np.int8)
    return Noise(left, np.full(k, 5, np.intp), np.full(k, 9, np.intp))


def get_phases(
    device: Device, packed: Packed, slot: int, phases: int, rows: int
) -> npt.NDArray[np.int64]:
    first = packed.get_slot(slot)
    columns = unpack(device, packed)[:rows, first : first + phases * 128]
    return columns.reshape(rows, phases, 128).astype(np.int64)


def combine(digits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    value = np.zeros_like(digits[:, 0])
    for phase in range(digits.shape[1]):
        value = value * 255 + digits[:, phase]
    return value


def project(matrix: Int8Matrix, noise: Noise) -> npt.NDArray[np.int64]:
    right = np.zeros((matrix.shape[1], 64), np.int64)
    np.add.at(right, (np.arange(len(right)), noise.plus), 1)
    np.add.at(right, (np.arange(len(right)), noise.minus), -1)
    return matrix.astype(np.int64) @ right


def check_product(device: Device, plan: Plan, rng: Generator) -> None:
    """Transcripts and sums of ragged products, with and without a peel of two or three phases."""
    compare_product(device, plan, rng, (160, 288, 192), is_extreme=False)
    compare_product(device, plan, rng, (32, 32, 64), is_extreme=True)


def compare_product(
    device: Device, plan: Plan, rng: Generator, shape: tuple[int, int, int], *, is_extreme: bool
) -> None:
    m, n, k = shape
    operands, products = Operands(device, plan), Products(device, plan)
    a, bt = make_matrix(rng, m, k), make_matrix(rng, n, k)
    noises = tuple(compute_noise(rng.bytes(32), 0, rows, k) for rows in (m, n))
    reference = NumpyBackend().run(
        add_noise(a, noises[0]), add_noise(bt, noises[1]), None, never_cancelled
    )
    own, other = (operands.upload_noise(noise) for noise in noises)
    raw_a = operands.upload(a)
    side_a = operands.pack(raw_a, own, is_side_a=True)
    side_b = operands.pack(operands.upload(bt), other, is_side_a=False)
    phases, slot = (3, 0) if is_extreme else (compute_phases(own, other), 1)
    operands.append_digits_a(side_a, own, raw_a, other, phases)
    operands.append_digits_b(side_b, other, own, slot, phases)
    device.synchronize(device.mark(Stream.STAGING))
    noised = add_noise(a, noises[0]).astype(np.int64) @ add_noise(bt, noises[1]).T.astype(np.int64)
    plain = a.astype(np.int64) @ bt.T.astype(np.int64)
    for peeling, expected in ((None, noised), (Peeling(slot, phases), plain), (None, None)):
        transcripts = products.allocate_transcripts(m, n)
        room = device.allocate(m * n * 4) if expected is not None else None
        products.multiply(side_a, side_b, Band(0, m), transcripts, room, peeling)
        words = np.empty((m // 32, n // 32, 32), np.uint32)
        read(device, Stream.PRODUCT, transcripts, words)
        assert np.array_equal(words, reference.transcripts), f"transcripts, {peeling}"
        if room is not None and expected is not None:
            got = np.empty((m, n), np.int32)
            read(device, Stream.PRODUCT, room, got)
            assert np.array_equal(got, expected), f"product, {peeling}"


def check_tickets(device: Device, plan: Plan, rng: Generator) -> None:
    """The best of a few tickets, and of more than one thread draws in one go."""
    for rows, cols, per_band in ((1, 1, 1), (9, 4, 1), (130, 131, 40)):
        transcripts = rng.integers(0, 2**32, (rows, cols, 32), dtype=np.uint32)
        key = rng.bytes(32)
        pointer = Operands(device, plan).upload_key(key)
        tickets = Tickets(device, rows * 32, cols * 32, pointer)
        data = device.allocate(transcripts.nbytes)
        device.upload(Stream.STAGING, transcripts, data)
        device.wait(Stream.PRODUCT, device.mark(Stream.STAGING))
        for first in range(0, rows, per_band):
            band = Band(first * 32, min(per_band, rows - first) * 32)
            tickets.draw(band, data.at(first * cols * 128))
        words = np.empty(9, np.uint32)
        read(device, Stream.PRODUCT, tickets.choose(), words)
        assert tickets.read(words) == find_best(key, transcripts), (rows, cols)


def check_best(device: Device, _: Plan, rng: Generator) -> None:
    """The winner among numbers that differ in few words; of equal ones the first."""
    for _round in range(4):
        candidates = np.full((300, 9), 7, np.uint32)
        candidates[:, 8] = rng.permutation(300)
        candidates[np.arange(300), rng.integers(0, 8, 300)] = rng.integers(6, 9, 300)
        data, best = device.allocate(candidates.nbytes), device.allocate(36)
        device.upload(Stream.PRODUCT, candidates, data)
        device.launch(Stream.PRODUCT, Launch("choose_best", 1, 128, (data, best, 300)))
        got = np.empty(9, np.uint32)
        read(device, Stream.PRODUCT, best, got)
        numbers = [(int.from_bytes(row[:8].tobytes(), "little"), row[8]) for row in candidates]
        assert (int.from_bytes(got[:8].tobytes(), "little"), got[8]) == min(numbers)


CHECKS: Final[dict[str, Check]] = {
    "noise": check_noise,
    "expansion": check_expansion,
    "leaves": check_leaves,
    "packing": check_packing,
    "digits": check_digits,
    "product": check_product,
    "tickets": check_tickets,
    "best": check_best,
}


def main() -> None:
    from tests.helpers.cuda_emulator import EmulatedDevice

    plan, library, names = PLANS[sys.argv[1]], Path(sys.argv[2]), sys.argv[3:]
    for name in names:
        CHECKS[name](EmulatedDevice(plan, library), plan, np.random.default_rng(0))


if __name__ == "__main__":
    main()
