"""A picture put together from its tiles, and written as PNG.

Source: Portable Network Graphics, W3C Recommendation, third edition: sections 5 and 9.
"""

import zlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from runtime.programs import Raytrace

Pixels: TypeAlias = npt.NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BIT_DEPTH, TRUECOLOUR = 8, 2


def stitch(program: Raytrace, tiles: Sequence[bytes]) -> Pixels:
    """uint8[height, width, 3] of the outputs of all slots, in order."""
    picture = np.zeros((program.height, program.width, 3), np.uint8)
    for slot, tile in enumerate(tiles):
        left, top, width, height = program.get_tile(slot)
        pixels = np.frombuffer(tile, np.uint8).reshape(height, width, 3)
        picture[top : top + height, left : left + width] = pixels
    return picture


def encode_png(picture: Pixels) -> bytes:
    """The file: truecolour, eight bits a channel, no filter."""
    height, width, _ = picture.shape
    sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = sizes + bytes([BIT_DEPTH, TRUECOLOUR, 0, 0, 0])
    lines = b"".join(b"\0" + line.tobytes() for line in picture)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_encode_chunk(kind, data) for kind, data in chunks)


def _encode_chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check
