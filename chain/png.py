"""PNG files of plain pixels, as W3C's specification has them: no filter, one chunk of data."""

import zlib
from struct import pack
from typing import Final

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""uint8[height, width] in grey, or uint8[height, width, 3] in red, green and blue."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2


def dump_png(pixels: Pixels) -> bytes:
    """A picture as a PNG file; the same pixels give the same bytes with the same zlib."""
    height, width = pixels.shape[:2]
    color = _GREY if pixels.ndim == 2 else _RGB
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    unfiltered = np.zeros((height, 1), np.uint8)  # the number of each row's filter: none
    header = pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    data = zlib.compress(np.hstack([unfiltered, rows]).tobytes(), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_make_chunk(kind, content) for kind, content in chunks)


def _make_chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))
