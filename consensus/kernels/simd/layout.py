"""How operands lie in memory for the multiplying kernel, and which layout a processor is fast with.

A row's values are taken `group` at a time into words of 32 bits: a product of two words is the sum
of `group` products. Rows are gathered into panels, so that the kernel reads one after another

    left   [panel][word][left_rows][group]      each word is multiplied with a whole vector
    right  [panel][word][right_rows][group]     right_rows = vectors * lanes

One kernel serves both layouts: it tells them apart by the type of the right operand.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Packed: TypeAlias = npt.NDArray[np.int16 | np.int8 | np.uint8]


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to lay out operands; the types are those of the packed values."""

    name: str
    left: type[np.int16] | type[np.int8]
    right: type[np.int16] | type[np.uint8]
    group: int
    left_rows: int
    vectors: int
    lanes: int
    shift: int
    """Added to the right operand's values, whose word then counts as unsigned."""

    @property
    def right_rows(self) -> int:
        """Rows of a right panel."""
        return self.vectors * self.lanes

    @property
    def digit_base(self) -> int:
        """The digits of the peel: an odd number, so it has an inverse modulo 2^32."""
        return (1 << (32 // self.group)) - 1


PAIRS: Final = Layout("pairs", np.int16, np.int16, 2, 4, 2, 8, 0)
"""Two int16: vpmaddwd of AVX2 and its like elsewhere. Sixteen registers hold 4 x 16 sums."""

QUADS: Final = Layout("quads", np.int8, np.uint8, 4, 8, 2, 16, 128)
"""Four int8, signed by unsigned: vpdpbusd of AVX512-VNNI. 32 registers hold 8 x 32 sums."""
