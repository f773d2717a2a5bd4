"""A picture put together from its tiles."""

from collections.abc import Sequence

import numpy as np

from chain.png import Pixels
from runtime.programs import Raytrace


def stitch(program: Raytrace, tiles: Sequence[bytes]) -> Pixels:
    """uint8[height, width, 3] of the outputs of all slots, in order."""
    picture = np.zeros((program.height, program.width, 3), np.uint8)
    for slot, tile in enumerate(tiles):
        left, top, width, height = program.get_tile(slot)
        pixels = np.frombuffer(tile, np.uint8).reshape(height, width, 3)
        picture[top : top + height, left : left + width] = pixels
    return picture
