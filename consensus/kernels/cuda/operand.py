"""Operands and their noise on the device: uploaded, hashed, noised and packed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import Columns, Noise
from consensus.kernels.cuda.device import Device, Launch, Pointer, Stream
from consensus.kernels.cuda.plan import Plan
from consensus.kernels.shape import K_STEP, NOISE_RANK, TILE
from runtime.tensor.commitment import Int8Matrix

PHASE_COLUMNS: Final = 2 * NOISE_RANK
PHASES_MAX: Final = 3
"""Digits to the base 255 that hold any projection of an operand: 127 * (1 + 255 + 255^2)."""

TWO_DIGITS_MAX: Final = 127 * 256
NO_COLUMN: Final = 0xFFFF
DIGEST_BYTES: Final = 32
_HASH_THREADS, _TREE_THREADS, _NOISE_THREADS, _PACK_THREADS = 128, 288, 128, 256
_DIGIT_ROWS = 4

Orders = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Raw:
    """An operand as it is: int8[rows, k], row by row."""

    data: Pointer
    rows: int
    k: int


@dataclass(frozen=True, slots=True)
class Factors:
    """Noise as the kernels read it."""

    left: Pointer
    """int8[rows, 64]."""

    places: Pointer
    """uint8[2, k]: of each column the row of the right factor that adds, and that takes off."""

    columns: Pointer
    """uint16[depth, 64]: the inverse, first of those that add; NO_COLUMN fills up."""

    depths: tuple[int, int]
    """Rows of ``columns`` that add, and that take off."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A noised operand as the product's kernel reads it, with room for the digits of a peel."""

    data: Pointer
    rows: int
    rows_padded: int
    k: int
    k_padded: int
    pitch: int
    block_rows: int

    def get_slot(self, number: int) -> int:
        """The first column of a room for digits."""
        return self.k_padded + number * PHASES_MAX * PHASE_COLUMNS


class Operands:
    """Prepares operands on one stream of a device."""

    def __init__(self, device: Device, plan: Plan) -> None:
        self._device = device
        self._plan = plan

    def upload(self, matrix: Int8Matrix) -> Raw:
        """Copies a padded operand."""
        rows, k = matrix.shape
        return Raw(self._copy(np.ascontiguousarray(matrix)), rows, int(k))

    def upload_noise(self, noise: Noise) -> Factors:
        """Copies noise that was computed here."""
        plus, minus = _invert(noise.plus), _invert(noise.minus)
        places = np.stack((noise.plus, noise.minus)).astype(np.uint8)
        return Factors(
            self._copy(np.ascontiguousarray(noise.left)),
            self._copy(places),
            self._copy(np.concatenate((plus, minus))),
            (len(plus), len(minus)),
        )

    def draw_noise(self, seed: bytes, rows: int, k: int) -> Factors:
        """Computes noise from its seed."""
        key = self.upload_key(seed)
        left = self._device.allocate(rows * NOISE_RANK)
        places, columns = self._device.allocate(2 * k), self._device.allocate(4 * k)
        steps = k // K_STEP
        blocks = -(-rows // _NOISE_THREADS)
        self._launch("draw_left", blocks, _NOISE_THREADS, (key, left, rows))
        self._launch("draw_right", steps, PHASE_COLUMNS, (key, places, columns, k))
        return Factors(left, places, columns, (steps, steps))

    def expand(self, key: bytes, message: bytes, rows: int, k: int) -> Raw:
        """Computes an operand of the Seeded lane: the stream of a message of at most 64 bytes."""
        block = np.frombuffer(message.ljust(64, b"\0"), np.uint8)
        data = self._device.allocate(rows * k)
        blocks = rows * k // 64
        arguments = (self.upload_key(key), self._copy(block), len(message), data, blocks)
        self._launch("expand_operand", -(-blocks // _NOISE_THREADS), _NOISE_THREADS, arguments)
        return Raw(data, rows, k)

    def hash_leaves(self, operand: Raw) -> Pointer:
        """The leaves of the operand's commitment: uint8[rows / 32, 32]."""
        strips, chunks = operand.rows // TILE, operand.k // TILE + 1
        chains = self._device.allocate(strips * chunks * DIGEST_BYTES)
        leaves = self._device.allocate(strips * DIGEST_BYTES)
        blocks = -(-strips * chunks // _HASH_THREADS)
        self._launch("hash_chunks", blocks, _HASH_THREADS, (operand.data, chains, strips, chunks))
        self._launch("hash_trees", strips, _TREE_THREADS, (chains, leaves, chunks))
        return leaves

    def pack(self, operand: Raw, noise: Factors | None, *, is_side_a: bool) -> Packed:
        """The operand with its noise; ``noise`` is None where it was added before.

        Side A has room for the digits of one peel, side B for two, as B stays for many A.
        """
        rows, k, plan = operand.rows, operand.k, self._plan
        block_rows = plan.block_m if is_side_a else plan.block_n
        rows_padded, k_padded = _fill_up(rows, block_rows), _fill_up(k, plan.k_unit)
        pitch = k_padded + (1 if is_side_a else 2) * PHASES_MAX * PHASE_COLUMNS
        data = self._device.allocate(rows_padded * pitch)
        packing = block_rows if plan.is_blocked else 0
        left, places = (noise.left, noise.places) if noise is not None else (None, None)
        shape = (rows, k, rows_padded, k_padded, pitch, packing)
        blocks = -(-rows_padded * k_padded // 16 // _PACK_THREADS)
        arguments = (operand.data, left, places, data, *shape)
        self._launch("pack", blocks, _PACK_THREADS, arguments)
        return Packed(data, rows, rows_padded, k, k_padded, pitch, packing)

    def append_digits_a(
        self, packed: Packed, own: Factors, a: Raw, other: Factors, phases: int
    ) -> None:
        """Completes side A for a peel: -(A.F_L) in digits, and -E_L."""
        source = (a.data, a.k, 0)
        self._append(packed, source, (own, other), packed.get_slot(0), phases, is_side_a=True)

    def append_digits_b(
        self, packed: Packed, own: Factors, other: Factors, slot: int, phases: int
    ) -> None:
        """Completes side B for a peel: F_R, and E_R.B' in digits."""
        source = (packed.data, packed.pitch, packed.block_rows)
        self._append(packed, source, (own, other), packed.get_slot(slot), phases, is_side_a=False)

    def upload_key(self, key: bytes) -> Pointer:
        """Copies a key of 32 bytes."""
        return self._copy(np.frombuffer(key, np.uint8))

    def _append(
        self,
        packed: Packed,
        source: tuple[Pointer, int, int],
        noises: tuple[Factors, Factors],
        first_column: int,
        phases: int,
        *,
        is_side_a: bool,
    ) -> None:
        own, other = noises
        target = (packed.data, packed.rows, packed.rows_padded, first_column)
        layout = (packed.pitch, packed.block_rows, phases, int(is_side_a))
        arguments = (*source, other.columns, *other.depths, own.left, *target, *layout)
        self._launch("append_digits", -(-packed.rows_padded // _DIGIT_ROWS), 256, arguments)

    def _copy(self, array: npt.NDArray[np.generic]) -> Pointer:
        target = self._device.allocate(array.nbytes)
        self._device.upload(Stream.STAGING, array, target)
        return target

    def _launch(
        self, kernel: str, blocks: int, threads: int, arguments: tuple[Pointer | int | None, ...]
    ) -> None:
        self._device.launch(Stream.STAGING, Launch(kernel, blocks, threads, arguments))


def compute_phases(noise_a: Factors, noise_b: Factors) -> int:
    """How many digits the projections by these noises need.

    A sum has at most ``depth`` terms: of A up to 63, of noised B up to 126.
    """
    largest = max(sum(noise_a.depths) * 126, sum(noise_b.depths) * 63)
    return 2 if largest <= TWO_DIGITS_MAX else PHASES_MAX


def _invert(places: Columns) -> Orders:
    """Of each row of the right factor its columns, one below the other: uint16[depth, 64]."""
    counts = np.bincount(places, minlength=NOISE_RANK)
    order = np.argsort(places, kind="stable")
    starts = np.cumsum(counts) - counts
    columns = np.full((int(counts.max()), NOISE_RANK), NO_COLUMN, np.uint16)
    owners = places[order]
    columns[np.arange(len(places)) - starts[owners], owners] = order
    return columns


def _fill_up(length: int, unit: int) -> int:
    return -(-length // unit) * unit
