"""PNG files of plain pixels, as W3C's specification has them: no filter, one chunk of data."""

import struct
import zlib
from collections.abc import Iterator
from struct import pack, unpack_from
from typing import Final

import numpy as np
import numpy.typing as npt

from chain.errors import NodeError

Pixels = npt.NDArray[np.uint8]
"""uint8[height, width] in grey, or uint8[height, width, 3] in red, green and blue."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_HEADER: Final = ">IIBBBBB"


class BadPng(NodeError):
    """The bytes are no picture of the plain kind that is written here."""


def dump_png(pixels: Pixels) -> bytes:
    """A picture as a PNG file; the same pixels give the same bytes with the same zlib."""
    height, width = pixels.shape[:2]
    color = _GREY if pixels.ndim == 2 else _RGB
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    unfiltered = np.zeros((height, 1), np.uint8)  # the number of each row's filter: none
    header = pack(_HEADER, width, height, 8, color, 0, 0, 0)
    data = zlib.compress(np.hstack([unfiltered, rows]).tobytes(), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_make_chunk(kind, content) for kind, content in chunks)


def _make_chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))


def load_png(content: bytes) -> Pixels:
    """The pixels of a picture as `dump_png` writes them; `BadPng` for other kinds."""
    try:
        chunks = dict(_iter_chunks(content))
        chunks.pop(b"IEND")
        width, height, depth, color, *rest = unpack_from(_HEADER, chunks[b"IHDR"])
        lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    except (KeyError, ValueError, struct.error, zlib.error) as error:
        raise BadPng(f"expected a whole PNG file: {error}") from error
    channels = {_GREY: 1, _RGB: 3}.get(color, 0)
    is_plain = (depth, rest) == (8, [0, 0, 0]) and channels > 0 and not lines[:, 0].any()
    if not is_plain or lines.shape[1] != 1 + width * channels:
        raise BadPng("expected eight bits a channel, grey or in colour, without filters")
    shape = (height, width) if channels == 1 else (height, width, channels)
    return lines[:, 1:].reshape(shape)


def _iter_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not content.startswith(_SIGNATURE):
        raise BadPng("expected the signature of a PNG file")
    at = len(_SIGNATURE)
    while at < len(content):
        (length,) = unpack_from(">I", content, at)
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        if content[at + 8 + length : at + 12 + length] != pack(">I", zlib.crc32(kind + data)):
            raise BadPng(f"the chunk {kind!r} is damaged")
        yield kind, data
        at += 12 + length
