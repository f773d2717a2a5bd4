"""What a chain decides about the proof; all else is constant (`consensus/kernels/shape.py`)."""

from dataclasses import dataclass
from typing import Final

from consensus.kernels.shape import K_STEP, TILE

SEAL_VERSION: Final = 1
DIMENSION_MAX: Final = 1 << 20
"""Rows of A and of B transposed."""

INNER_MAX: Final = 16_384
"""A longer inner dimension would repeat the noise's columns: 4 * 64^2."""


@dataclass(frozen=True, slots=True)
class SeededShape:
    """The product of the Seeded lane, A int8[m, k] by B int8[k, n]."""

    m: int
    n: int
    k: int

    def __post_init__(self) -> None:
        if not is_shape(self.m, self.n, self.k):
            raise ValueError(f"seeded shape: expected {SHAPE_RULE}, got {self.m, self.n, self.k}")


@dataclass(frozen=True, slots=True)
class PowParams:
    """The proof's parameters of one chain."""

    seeded: SeededShape


SHAPE_RULE: Final = (
    f"m and n multiples of {TILE} up to {DIMENSION_MAX}, k a multiple of {K_STEP} up to {INNER_MAX}"
)


def is_shape(m: int, n: int, k: int) -> bool:
    """Whether a product of this padded shape can be proven."""
    sides = all(0 < side <= DIMENSION_MAX and side % TILE == 0 for side in (m, n))
    return sides and 0 < k <= INNER_MAX and k % K_STEP == 0
