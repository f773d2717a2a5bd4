"""product-v1: the product of two committed matrices; a slot is some strips of its rows.

C = A times the transpose of B: int8 by int8 gives int32, summed modulo 2^32. Operands and result
are too large for the state, which knows their roots alone. No node runs a slot to judge it: one
tile of 32 x 32 is judged from one strip of either operand (`docs/spec/products.md`).
"""

from typing import Annotated, ClassVar

import numpy as np

from runtime.codec import U32, Compact, MaxLen
from runtime.frozen import frozen
from runtime.primitives import Root
from runtime.programs.program import Cost, Inputs, ensure
from runtime.tensor.commitment import (
    COLUMN_MULTIPLE,
    STRIP_ROWS,
    TILE_BYTES,
    BadOpening,
    Dtype,
    MerklePath,
    compute_filler,
    compute_node,
    compute_path_length,
    count_leaves,
    get_tile,
    result_root,
    verify_strip,
    verify_tile,
)
from runtime.tensor.product import compute_any_product, compute_tile_product
from runtime.tensor.value import Int8Array, Int32Array

SIDE_MAX = 1 << 20
"""Rows of an operand, as in a proof of work."""

INNER_MAX = 4_096
"""Columns of an operand: two strips and a tile fit one transaction."""

STRIP_BYTES_MAX = STRIP_ROWS * INNER_MAX
TILES_MAX = 1 << 20
"""Tiles of a slot's result."""

ROOT_BYTES = 32


@frozen
class StripOpening:
    """32 rows of an operand, and the path that proves them."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::product::StripOpening"

    strip: Annotated[bytes, MaxLen(STRIP_BYTES_MAX)]
    path: MerklePath


@frozen
class TileOpening:
    """32 x 32 entries of a result, int32 little endian, and the path that proves them."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::product::TileOpening"

    tile: Annotated[bytes, MaxLen(TILE_BYTES)]
    """All of them: `ensure_tile` refuses fewer. polkadot.js knows no arrays so long."""
    path: MerklePath


@frozen
class MatrixProduct:
    """A product by the roots and the padded shapes of its operands."""

    SCALE_PATH: ClassVar[str] = "soberana_programs::product::MatrixProduct"

    a: Root
    """The matrix root of A, m x k."""

    b: Root
    """The matrix root of B, n x k: the transposed right-hand side."""

    m: Compact[U32]
    n: Compact[U32]
    k: Compact[U32]
    strips_per_slot: Compact[U32]
    """The last slot may have fewer."""

    @property
    def is_chain(self) -> bool:
        """Strips are independent."""
        return False

    def count_slots(self) -> int:
        """How many slots A's strips make."""
        strips = self.m // STRIP_ROWS
        return -(-strips // self.strips_per_slot) if self.strips_per_slot > 0 else 0

    def get_roots(self) -> tuple[Root, ...]:
        """None: the operands are not in the state."""
        return ()

    def get_output_bytes(self, slot: int) -> int:
        """The root of the slot's rows of C."""
        del slot
        return ROOT_BYTES

    def plan(self, inputs: Inputs) -> Cost:
        """The cost of a full slot."""
        del inputs
        for name, side in (("m", self.m), ("n", self.n)):
            is_good = 0 < side <= SIDE_MAX and side % STRIP_ROWS == 0
            ensure(is_good, f"{name} a multiple of {STRIP_ROWS} up to {SIDE_MAX}", side)
        is_good = 0 < self.k <= INNER_MAX and self.k % COLUMN_MULTIPLE == 0
        ensure(is_good, f"k a multiple of {COLUMN_MULTIPLE} up to {INNER_MAX}", self.k)
        rows, _ = self.get_shape(0)
        tiles = self.count_tiles(0)
        ensure(0 < tiles <= TILES_MAX, f"slots of 1 to {TILES_MAX} tiles", tiles)
        return Cost(rows * self.n * self.k, 0, ROOT_BYTES)

    def run(self, slot: int, inputs: Inputs) -> bytes:
        """The root of the slot's rows of C; the inputs are all of A and all of B, row by row.

        `ProgramError` where they are not there.
        """
        ensure(len(inputs.blobs) == 2, "the bytes of two operands", len(inputs.blobs))
        a, b = inputs.blobs
        sizes = (self.m * self.k, self.n * self.k)
        ensure((len(a), len(b)) == sizes, f"operands of {sizes} bytes", (len(a), len(b)))
        return result_root(self.compute(slot, _load(a, self.k), _load(b, self.k)))

    def compute(self, slot: int, a: Int8Array, b: Int8Array) -> Int32Array:
        """A slot's rows of C, from both padded operands."""
        first, strips = self.get_strips(slot)
        return compute_any_product(a[first * STRIP_ROWS : (first + strips) * STRIP_ROWS], b)

    def get_strips(self, slot: int) -> tuple[int, int]:
        """The first strip of A of a slot, and how many it has."""
        first = slot * self.strips_per_slot
        return first, min(self.strips_per_slot, self.m // STRIP_ROWS - first)

    def get_shape(self, slot: int) -> tuple[int, int]:
        """Rows and columns of a slot's result."""
        return self.get_strips(slot)[1] * STRIP_ROWS, self.n

    def count_tiles(self, slot: int) -> int:
        """How many tiles a slot's result has."""
        return count_leaves(Dtype.INT32, *self.get_shape(slot))

    def get_path_length(self, slot: int) -> int:
        """How many hashes prove a tile of a slot."""
        return compute_path_length(self.count_tiles(slot))

    def get_position(self, tile: int) -> tuple[int, int]:
        """The tile row, in its slot, and the tile column of a tile by its number."""
        return divmod(tile, self.n // STRIP_ROWS)

    def ensure_tile(self, slot: int, root: Root, tile: int, opening: TileOpening) -> None:
        """Checks that the result behind a root has this tile. Errors: `BadOpening`."""
        position = self.get_position(tile)
        verify_tile(root, *self.get_shape(slot), position, opening.tile, opening.path)

    def ensure_filled(self, slot: int, tile: int, path: MerklePath) -> None:
        """Checks that what fills the tree beside a tile is what has to. Errors: `BadOpening`.

        A root over other fillers holds the same tiles, but is not the root of the matrix.
        """
        filler, tiles = compute_filler(), self.count_tiles(slot)
        for height, sibling in enumerate(path):
            if ((tile >> height) ^ 1) << height >= tiles and sibling != filler:
                raise BadOpening(f"expected a filler at height {height}, got {sibling}")
            filler = compute_node(filler, filler)

    def is_tile_right(
        self, slot: int, tile: int, a: StripOpening, b: StripOpening, result: TileOpening
    ) -> bool:
        """Whether a tile is the product of its strips, which are proven. Errors: `BadOpening`."""
        row, col = self.get_position(tile)
        strip = self.get_strips(slot)[0] + row
        verify_strip(self.a, self.m, self.k, strip, a.strip, a.path)
        verify_strip(self.b, self.n, self.k, col, b.strip, b.path)
        product = compute_tile_product(_load(a.strip, self.k), _load(b.strip, self.k))
        return get_tile(product, 0, 0) == result.tile


def _load(data: bytes, cols: int) -> Int8Array:
    return np.frombuffer(data, np.int8).reshape(-1, cols)
