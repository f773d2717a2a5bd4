"""The backend of a processor with vector instructions: integers only, on all cores.

Operands are packed into panels with their noise (`simd/operands.py`), blocks of the result are
multiplied and folded while their sums stay in a core's cache (`simd/block.py`), and what the noise
added is taken off by one more product of a few columns. Kernels hold no lock of the interpreter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from consensus.kernels.backend import (
    BestTicket,
    Cancelled,
    Cores,
    IsCancelled,
    Noise,
    Operand,
    Peel,
    Product,
)
from consensus.kernels.fold import Words
from consensus.kernels.shape import CLASSES, K_STEP, NOISE_RANK, NOISED_MAX, TILE
from consensus.kernels.simd.block import (
    Span,
    add_block,
    fold_block,
    write_product,
    write_transcripts,
)
from consensus.kernels.simd.capability import has_quad_products
from consensus.kernels.simd.layout import PAIRS, QUADS, Layout, Packed
from consensus.kernels.simd.operands import (
    Factors,
    pack_factor_strips,
    pack_left_strips,
    pack_right_strips,
    project_strips,
)
from consensus.kernels.simd.tickets import find_best_ticket
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix, compute_leaf

BLOCK_ROWS: Final = 128
BLOCK_COLS: Final = 512
COLUMNS_AT_ONCE: Final = 512
"""A right panel of so many columns stays in the first cache, a left block in the second."""

STRIPS_AT_ONCE: Final = 8


KERNELS: Final = (
    pack_left_strips,
    pack_right_strips,
    project_strips,
    pack_factor_strips,
    fold_block,
    add_block,
    write_transcripts,
    write_product,
    find_best_ticket,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A packed operand. ``corrections`` int32[panels, parts, rows] are of left ones only."""

    panels: Packed
    corrections: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Factors:
    """What one more product takes off again."""

    left: _Side
    right: _Side
    scales: npt.NDArray[np.int32]


class NumbaBackend:
    """Multiplies with kernels that numba compiles for this processor."""

    def __init__(self, cores: Cores, layout: Layout | None = None) -> None:
        """On these cores; in the layout that this processor is fastest with, or a given one."""
        self._cores = cores
        self._layout = layout or (QUADS if has_quad_products() else PAIRS)
        self._kept: tuple[bytes, _Side] | None = None

    @property
    def name(self) -> str:
        """`numba`."""
        return "numba"

    @property
    def layout(self) -> Layout:
        """How operands are laid out."""
        return self._layout

    def run(
        self,
        a_noised: Int8Matrix,
        bt_noised: Int8Matrix,
        peel: Peel | None,
        is_cancelled: IsCancelled,
    ) -> Product:
        """Multiplies block by block; asks ``is_cancelled`` before each, on any core."""
        left = self._pack_left(a_noised, None)
        right = self._pack_right(bt_noised, None)
        factors: _Factors | None = None
        if peel is not None:
            a, bt = Operand(peel.a, peel.noise_a), Operand(bt_noised, peel.noise_b)
            factors = self._make_factors(a, bt, is_noised=True)
        return self._multiply(left, right, factors, is_cancelled)

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        """Adds noise while it packs; keeps packed B for the next product with the same key."""
        left, right = self._pack_left(a.matrix, a.noise), self._keep_right(b)
        factors = self._make_factors(a, b, is_noised=False) if wants_product else None
        done = self._multiply(left, right, factors, is_cancelled)
        ticket, i, j = self._find_best(seed_a, done.transcripts)
        return BestTicket(ticket, i, j, done.product)

    def multiply(self, a: Int8Matrix, bt: Int8Matrix) -> Int32Matrix:
        """A.B mod 2^32 and no more: any int8, padded; what the price of a proof is measured by."""
        left, right = self._pack_left(a, None), self._pack_right(bt, None)
        words = COLUMNS_AT_ONCE // self._layout.group
        parts = -(-left.panels.shape[1] // words)
        starts = range(0, left.corrections.shape[1], COLUMNS_AT_ONCE // K_STEP)
        corrections = np.add.reduceat(left.corrections, starts, axis=1, dtype=np.int32)
        scales = np.ones(parts, np.int32)
        product = np.empty((len(a), len(bt)), np.int32)

        def multiply_block(rows: slice, cols: slice) -> None:
            span = self._span(rows, cols)
            sums = self._make_sums(span)
            add_block(left.panels, right.panels, corrections, span, words, scales, sums)
            self._write(sums, rows, cols, product)

        self._cores.run([partial(multiply_block, *block) for block in _blocks(*product.shape)])
        return product

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        """The leaves of a padded operand's commitment, by the blake3 library on every core."""
        leaves: list[Hash] = [Hash.zero()] * (len(matrix) // TILE)

        def hash_strips(first: int, last: int) -> None:
            for strip in range(first, last):
                rows = matrix[strip * TILE : (strip + 1) * TILE]
                leaves[strip] = compute_leaf(rows.data.cast("B"))

        self._on_strips(len(matrix), hash_strips)
        return tuple(leaves)

    def _multiply(
        self, left: _Side, right: _Side, factors: _Factors | None, is_cancelled: IsCancelled
    ) -> Product:
        m, n = _count_rows(left.panels), _count_rows(right.panels)
        transcripts = np.empty((m // TILE, n // TILE, CLASSES), np.uint32)
        product = None if factors is None else np.empty((m, n), np.int32)

        def multiply_block(rows: slice, cols: slice) -> None:
            if is_cancelled():
                raise Cancelled
            span = self._span(rows, cols)
            sums = self._make_sums(span)
            tiles = ((rows.stop - rows.start) // TILE, (cols.stop - cols.start) // TILE)
            chains = np.zeros((*tiles, 8, self._layout.lanes), np.uint32)
            steps = COLUMNS_AT_ONCE // K_STEP
            fold_block(left.panels, right.panels, left.corrections, span, steps, sums, chains)
            write_transcripts(chains, rows.start // TILE, cols.start // TILE, transcripts)
            if factors is not None and product is not None:
                words = 2 * NOISE_RANK // self._layout.group
                subtracted = (factors.left.panels, factors.right.panels, factors.left.corrections)
                add_block(*subtracted, span, words, factors.scales, sums)
                self._write(sums, rows, cols, product)

        self._cores.run([partial(multiply_block, *block) for block in _blocks(m, n)])
        return Product(transcripts, product)

    def _pack_left(self, matrix: Int8Matrix, noise: Noise | None) -> _Side:
        rows, k = matrix.shape
        layout = self._layout
        shape = (rows // layout.left_rows, k // layout.group, layout.left_rows, layout.group)
        panels: Packed = np.empty(shape, layout.left)
        corrected = shape[0] if layout.shift else 0
        corrections = np.empty((corrected, k // K_STEP, layout.left_rows), np.int32)
        source, factors = _writable(matrix), _to_factors(noise)

        def pack(first: int, last: int) -> None:
            pack_left_strips(source, factors, noise is not None, first, last, panels, corrections)

        self._on_strips(rows, pack)
        return _Side(panels, corrections)

    def _pack_right(self, matrix: Int8Matrix, noise: Noise | None) -> _Side:
        rows, k = matrix.shape
        layout = self._layout
        shape = (rows // layout.right_rows, k // layout.group, layout.right_rows, layout.group)
        panels: Packed = np.empty(shape, layout.right)
        source, factors = _writable(matrix), _to_factors(noise)

        def pack(first: int, last: int) -> None:
            pack_right_strips(source, factors, noise is not None, first, last, panels)

        self._on_strips(rows, pack)
        return _Side(panels, _NO_CORRECTIONS)

    def _keep_right(self, b: Operand) -> _Side:
        kept = self._kept
        if kept is not None and kept[0] == b.key:
            return kept[1]
        self._kept = None  # its memory may serve the next
        right = self._pack_right(b.matrix, b.noise)
        if b.key is not None:
            self._kept = (b.key, right)
        return right

    def _make_factors(self, a: Operand, b: Operand, *, is_noised: bool) -> _Factors:
        """A.F_L with F_R, and E_L with E_R.B'; ``is_noised`` says that B has its noise."""
        k, base = a.matrix.shape[1], self._layout.digit_base
        # E_R.B' adds up two noised values of each step.
        digits = 1
        while 2 * NOISED_MAX * (k // K_STEP) > base**digits // 2:
            digits += 1
        projected_a = self._project(a, None, b.noise)
        projected_b = self._project(b, None if is_noised else b.noise, a.noise)
        left = self._pack_factors(projected_a, a.noise.left, digits, is_left=True)
        right = self._pack_factors(projected_b, b.noise.left, digits, is_left=False)
        scales = np.full(digits, base, np.int64)
        scales[0] = pow(base, 1 - digits, 1 << 32)
        return _Factors(left, right, scales.astype(np.uint32).view(np.int32))

    def _project(
        self, operand: Operand, noise: Noise | None, other: Noise
    ) -> npt.NDArray[np.int32]:
        source = _writable(operand.matrix)
        projected = np.empty((len(source) // TILE, NOISE_RANK, TILE), np.int32)
        factors, others = _to_factors(noise), _to_factors(other)

        def project(first: int, last: int) -> None:
            project_strips(source, factors, noise is not None, others, first, last, projected)

        self._on_strips(len(source), project)
        return projected

    def _pack_factors(
        self, projected: npt.NDArray[np.int32], left: Int8Matrix, digits: int, *, is_left: bool
    ) -> _Side:
        layout, columns = self._layout, 2 * NOISE_RANK * digits
        rows = layout.left_rows if is_left else layout.right_rows
        shape = (len(left) // rows, columns // layout.group, rows, layout.group)
        panels: Packed = np.empty(shape, layout.left if is_left else layout.right)
        corrected = shape[0] if layout.shift and is_left else 0
        corrections = np.zeros((corrected, digits, rows), np.int32)
        source, base, shift = _writable(left), layout.digit_base, layout.shift

        def pack(first: int, last: int) -> None:
            pack_factor_strips(
                projected, source, is_left, base, shift, first, last, panels, corrections
            )

        self._on_strips(len(left), pack)
        return _Side(panels, corrections)

    def _find_best(self, seed_a: bytes, transcripts: Words) -> tuple[bytes, int, int]:
        rows, columns, _ = transcripts.shape
        key = np.frombuffer(seed_a, "<u4").astype(np.uint32)
        found: list[tuple[int, int]] = []

        def find(first: int, last: int) -> None:
            best = np.empty(8, np.uint32)
            winner = find_best_ticket(transcripts, key, first, last, best)
            found.append((int.from_bytes(best.astype("<u4").tobytes(), "little"), winner))

        self._on_strips(rows * TILE, find)
        ticket, tile = min(found)
        return ticket.to_bytes(32, "little"), tile // columns, tile % columns

    def _on_strips(self, rows: int, work: Callable[[int, int], None]) -> None:
        strips = rows // TILE
        at_once = min(STRIPS_AT_ONCE, -(-strips // self._cores.count))
        starts = range(0, strips, at_once)
        self._cores.run([partial(work, start, min(start + at_once, strips)) for start in starts])

    def _span(self, rows: slice, cols: slice) -> Span:
        left, right = self._layout.left_rows, self._layout.right_rows
        return rows.start // left, rows.stop // left, cols.start // right, cols.stop // right

    def _make_sums(self, span: Span) -> npt.NDArray[np.int32]:
        size = self._layout.left_rows * self._layout.right_rows
        return np.zeros((span[3] - span[2], span[1] - span[0], size), np.int32)

    def _write(
        self, sums: npt.NDArray[np.int32], rows: slice, cols: slice, product: Int32Matrix
    ) -> None:
        left, right = self._layout.left_rows, self._layout.right_rows
        write_product(sums, left, right, rows.start, cols.start, product)


_NO_CORRECTIONS: Final = np.empty((0, 0, 0), np.int32)
_NO_NOISE: Final = Noise(
    np.empty((0, NOISE_RANK), np.int8), np.empty(0, np.intp), np.empty(0, np.intp)
)


def _to_factors(noise: Noise | None) -> Factors:
    given = noise or _NO_NOISE
    columns = (np.require(each, np.intp, ["C", "W"]) for each in (given.plus, given.minus))
    plus, minus = columns
    return _writable(given.left), plus, minus


def _writable(matrix: Int8Matrix) -> Int8Matrix:
    """Contiguous and not read-only, which numba takes for another type; copied where it must be."""
    return np.require(matrix, np.int8, ["C", "W"])


def _count_rows(panels: Packed) -> int:
    return int(panels.shape[0] * panels.shape[2])


def _blocks(m: int, n: int) -> Iterator[tuple[slice, slice]]:
    for col in range(0, n, BLOCK_COLS):
        for row in range(0, m, BLOCK_ROWS):
            yield slice(row, min(row + BLOCK_ROWS, m)), slice(col, min(col + BLOCK_COLS, n))
