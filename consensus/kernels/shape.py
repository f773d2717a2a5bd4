"""The constants of the product; every one of them is a consensus rule."""

from runtime.tensor.commitment import COLUMN_MULTIPLE, STRIP_ROWS

TILE = STRIP_ROWS
"""Side of a tile, the unit that draws one ticket; tiles are aligned and contiguous."""

K_STEP = COLUMN_MULTIPLE
"""Columns of the inner dimension between two folds; longer than the noise's rank would let a
miner of zero matrices pay less, shorter only hashes more."""

NOISE_RANK = K_STEP
"""Columns of the noise's left factor."""

CLASSES = 32
"""Words of a transcript: one for each lane of a warp on tensor cores."""

ROTATION = 13
"""Bits by which a transcript turns between two folds."""

OPERAND_MAX = 63
"""Operands are in [-63, 63], noise too, so noised operands are in [-126, 126]."""

NOISED_MAX = 2 * OPERAND_MAX
