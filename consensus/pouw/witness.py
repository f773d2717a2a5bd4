"""The witness: the parts of the operands that a seal is checked against, beside the block.

The seal's roots determine it, so its hash is in no block; it can be dropped once the block is
final. In the Seeded lane there is none: a verifier expands what it needs.
"""

from dataclasses import dataclass
from typing import Annotated

from consensus.kernels.shape import TILE
from consensus.pouw.params import INNER_MAX
from runtime.codec import Array, MaxLen, codec_of
from runtime.tensor.commitment import TILE_BYTES, MerklePath

STRIP_BYTES_MAX = TILE * INNER_MAX


@dataclass(frozen=True, slots=True)
class TileOpening:
    """The winning tile of the result, int32 little endian row by row, with its path."""

    tile: Annotated[bytes, Array(TILE_BYTES)]
    path: MerklePath


@dataclass(frozen=True, slots=True)
class Witness:
    """One strip of A and one of B transposed, int8 row by row, with their paths."""

    strip_a: Annotated[bytes, MaxLen(STRIP_BYTES_MAX)]
    path_a: MerklePath
    strip_b: Annotated[bytes, MaxLen(STRIP_BYTES_MAX)]
    path_b: MerklePath
    result: TileOpening | None = None
    """In the Task lane."""


WITNESS = codec_of(Witness)
