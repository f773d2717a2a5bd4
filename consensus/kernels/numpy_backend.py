"""The reference backend: numpy alone, exact float32 products of one step at a time.

Rows and columns of a block are put in an order of their own, so that the elements of one class lie
in planes and the fold is two reductions over long runs:

    row    i = 32 tile + 8 g + r          ->  (g, tile, r)
    column j = 32 tile + 8 g + 2 c + p    ->  (g, p, tile, c)          class q = 4 r + c
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import (
    BestTicket,
    Cancelled,
    IsCancelled,
    Noise,
    Operand,
    Peel,
    Product,
)
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.exact import is_exact_in_float32, multiply_step, to_steps
from consensus.kernels.fold import Words
from consensus.kernels.shape import CLASSES, K_STEP, NOISE_RANK, ROTATION, TILE
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix, merkle_leaves

# A block's sums and products stay in a core's cache; its operands take 3 KiB * k.
BLOCK_ROWS = 256
BLOCK_COLS = 512

_EIGHTHS = TILE // 8


class NumpyBackend:
    """Multiplies with numpy; slow and simple, the judge of the other backends."""

    @property
    def name(self) -> str:
        """`numpy`."""
        return "numpy"

    def run(
        self,
        a_noised: Int8Matrix,
        bt_noised: Int8Matrix,
        peel: Peel | None,
        is_cancelled: IsCancelled,
    ) -> Product:
        """Multiplies block by block; asks ``is_cancelled`` before each."""
        m, n = len(a_noised), len(bt_noised)
        transcripts = np.empty((m // TILE, n // TILE, CLASSES), np.uint32)
        product = np.empty((m, n), np.int32) if peel is not None else None
        corrections = _make_corrections(peel, bt_noised)
        for cols in _blocks(n, BLOCK_COLS):
            right = to_steps(_order_columns(bt_noised[cols]))
            for rows in _blocks(m, BLOCK_ROWS):
                if is_cancelled():
                    raise Cancelled
                left = to_steps(_order_rows(a_noised[rows]))
                sums, folded = _multiply_block(left, right)
                tiles = (_tiles(rows), _tiles(cols))
                transcripts[tiles] = _transcripts_of(folded, sums.shape)
                if product is not None:
                    block = product[rows, cols]
                    _restore_order(sums, block)
                    for correction in corrections:
                        correction.subtract_from(block, rows, cols)
        return Product(transcripts, product)

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        """Adds the noise, multiplies, draws the tickets, each for the whole product."""
        return search_by_parts(self.run, a, b, seed_a, is_cancelled, wants_product=wants_product)

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        """The leaves of a padded operand's commitment."""
        return merkle_leaves(matrix)


class _Correction:
    """One of the two products that are taken off, of rank 64; it fits int32."""

    def __init__(self, left: Int32Matrix, right: Int32Matrix) -> None:
        # A sum is at most 64 * 32 * 2 * 126 * 256 < 2^27: float64 holds it, mostly float32 too.
        self._left = left
        self._right = right
        self._is_small = is_exact_in_float32(left, right)

    def subtract_from(self, block: Int32Matrix, rows: slice, cols: slice) -> None:
        left, right = self._left[rows], self._right[cols]
        if self._is_small:
            small = np.empty(block.shape, np.float32)
            multiply_step(left.astype(np.float32), right.astype(np.float32), small)
            block -= small.astype(np.int32)
        else:
            large = np.empty(block.shape, np.float64)
            multiply_step(left.astype(np.float64), right.astype(np.float64), large)
            block -= large.astype(np.int32)


def _make_corrections(peel: Peel | None, bt_noised: Int8Matrix) -> tuple[_Correction, ...]:
    """(A.F_L).F_R and E_L.(E_R.B')."""
    if peel is None:
        return ()
    return (
        _Correction(_project(peel.a, peel.noise_b), peel.noise_b.left.astype(np.int32)),
        _Correction(peel.noise_a.left.astype(np.int32), _project(bt_noised, peel.noise_a)),
    )


def _project(matrix: Int8Matrix, noise: Noise) -> Int32Matrix:
    """The matrix times right^T, where right int8[64, k] is the noise's right factor."""
    rows_count, k = len(matrix), int(matrix.shape[1])
    right = np.zeros((k, NOISE_RANK), np.float32)
    columns = np.arange(k)
    right[columns, noise.plus] += 1
    right[columns, noise.minus] -= 1
    by_step = right.reshape(k // K_STEP, K_STEP, NOISE_RANK)
    projected = np.empty((rows_count, NOISE_RANK), np.int32)
    for rows in _blocks(rows_count, TILE):
        # Sums of k / 32 operands at most: 512 * 126 < 2^24, exact in float32.
        projected[rows] = np.matmul(to_steps(matrix[rows]), by_step).sum(axis=0)
    return projected


def _multiply_block(
    left: npt.NDArray[np.float32],
    right: npt.NDArray[np.float32],
) -> tuple[Int32Matrix, Words]:
    """All sums (int32[rows, cols], ordered) and T_S (uint32[rows / 4, cols / 8]) of one block."""
    rows, cols = left.shape[1], right.shape[1]
    product = np.empty((rows, cols), np.float32)
    step = np.empty((rows, cols), np.int32)
    sums = np.zeros((rows, cols), np.int32)
    planes = sums.view(np.uint32).reshape(_EIGHTHS, rows // _EIGHTHS, cols)
    by_row = np.empty((rows // _EIGHTHS, cols), np.uint32)
    columns = by_row.reshape(rows // _EIGHTHS, 2 * _EIGHTHS, cols // 8)
    folded = np.empty((rows // _EIGHTHS, cols // 8), np.uint32)
    chain = np.zeros_like(folded)
    turned = np.empty_like(folded)
    for a, b in zip(left, right, strict=True):
        multiply_step(a, b, product)  # 64 * 126^2 < 2^20, exact in float32
        np.copyto(step, product, casting="unsafe")
        np.add(sums, step, out=sums)
        np.bitwise_xor.reduce(planes, axis=0, out=by_row)
        np.bitwise_xor.reduce(columns, axis=1, out=folded)
        np.left_shift(chain, ROTATION, out=turned)
        np.right_shift(chain, 32 - ROTATION, out=chain)
        np.bitwise_or(chain, turned, out=chain)
        np.bitwise_xor(chain, folded, out=chain)
    return sums, chain


def _transcripts_of(chain: Words, shape: tuple[int, ...]) -> Words:
    rows, cols = shape[0] // TILE, shape[1] // TILE
    return chain.reshape(rows, 8, cols, 4).transpose(0, 2, 1, 3).reshape(rows, cols, CLASSES)


def _order_rows(block: Int8Matrix) -> Int8Matrix:
    rows, k = block.shape
    ordered = block.reshape(rows // TILE, _EIGHTHS, 8, k).transpose(1, 0, 2, 3)
    return ordered.reshape(rows, k)


def _order_columns(block: Int8Matrix) -> Int8Matrix:
    cols, k = block.shape
    ordered = block.reshape(cols // TILE, _EIGHTHS, 4, 2, k).transpose(1, 3, 0, 2, 4)
    return ordered.reshape(cols, k)


def _restore_order(sums: Int32Matrix, block: Int32Matrix) -> None:
    """Writes the ordered sums into the product's block in their true order."""
    rows, cols = sums.shape[0] // TILE, sums.shape[1] // TILE
    planes = sums.reshape(_EIGHTHS, rows, 8, _EIGHTHS, 2, cols, 4)
    block[...] = planes.transpose(1, 0, 2, 5, 3, 6, 4).reshape(block.shape)


def _blocks(length: int, size: int) -> Iterator[slice]:
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def _tiles(span: slice) -> slice:
    return slice(span.start // TILE, span.stop // TILE)
