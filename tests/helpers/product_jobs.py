"""Products with their operands at hand, and everything that can be opened of them."""

from functools import cache

import numpy as np

from runtime.programs import MatrixProduct
from runtime.programs.product import StripOpening, TileOpening
from runtime.tensor.commitment import (
    Commitment,
    commit_matrix,
    commit_result,
    open_strip,
    open_tile,
)
from runtime.tensor.value import Int32Array


class ProductCase:
    """A times the transpose of B, both random in [-63, 63]."""

    def __init__(self, m: int, n: int, k: int, strips_per_slot: int = 1, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.a, self.b = (rng.integers(-63, 64, (side, k), np.int8) for side in (m, n))
        self._trees = (commit_matrix(self.a), commit_matrix(self.b))
        a, b = (tree.root for tree in self._trees)
        self.program = MatrixProduct(a, b, m, n, k, strips_per_slot)
        self.compute = cache(self._compute)
        self.commit = cache(self._commit)

    def _compute(self, slot: int) -> Int32Array:
        """The right result of a slot."""
        return self.program.compute(slot, self.a, self.b)

    def _commit(self, slot: int) -> Commitment:
        """Its tree."""
        return commit_result(self.compute(slot))

    def forge(self, slot: int, tile: int, entry: int = 0) -> Int32Array:
        """A result with one wrong entry in a tile."""
        row, col = self.program.get_position(tile)
        wrong = self.compute(slot).copy()
        wrong[row * 32 + entry // 32, col * 32 + entry % 32] += 1
        return wrong

    def open(
        self, slot: int, tile: int, result: Int32Array | None = None
    ) -> tuple[StripOpening, StripOpening, TileOpening]:
        """A tile of a result, the right one if none is given, with its strips."""
        row, col = self.program.get_position(tile)
        strip = self.program.get_strips(slot)[0] + row
        a = StripOpening(*open_strip(self._trees[0], self.a, strip))
        b = StripOpening(*open_strip(self._trees[1], self.b, col))
        return a, b, self.open_tile(slot, tile, result)

    def open_tile(self, slot: int, tile: int, result: Int32Array | None = None) -> TileOpening:
        """A tile of a result, the right one if none is given."""
        given = self.compute(slot) if result is None else result
        tree = self.commit(slot) if result is None else commit_result(given)
        return TileOpening(*open_tile(tree, given, *self.program.get_position(tile)))
