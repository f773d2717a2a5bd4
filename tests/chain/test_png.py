"""PNG files, read again by a reader of their own."""

import zlib
from struct import unpack

import numpy as np
import pytest

from chain.png import BadPng, Pixels, dump_png, load_png


def read_png(raw: bytes) -> Pixels:
    """The pixels of a file without filters, every chunk checked."""
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(raw):
        (size,) = unpack(">I", raw[at : at + 4])
        body = raw[at + 4 : at + 8 + size]
        assert unpack(">I", raw[at + 8 + size : at + 12 + size]) == (zlib.crc32(body),)
        chunks.append((body[:4], body[4:]))
        at += 12 + size
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, color, compression, order, interlace = unpack(">IIBBBBB", chunks[0][1])
    assert (depth, compression, order, interlace) == (8, 0, 0, 0)
    samples = {0: 1, 2: 3}[color]
    rows = np.frombuffer(zlib.decompress(chunks[1][1]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape((height, width) if samples == 1 else (height, width, samples))


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (3, 5, 3), (64, 17, 3)])
def test_pixels_come_back(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert np.array_equal(read_png(dump_png(pixels)), pixels)
    assert np.array_equal(load_png(dump_png(pixels)), pixels)


def test_a_part_of_a_picture_is_a_picture() -> None:
    """Pixels that do not lie beside each other in memory."""
    pixels = np.arange(60, dtype=np.uint8).reshape(6, 10)[::2, 1::3]
    assert np.array_equal(read_png(dump_png(pixels)), pixels)


@pytest.mark.parametrize("at", [0, 20, 45, -1])
def test_a_damaged_picture_is_refused(at: int) -> None:
    raw = bytearray(dump_png(np.zeros((3, 5, 3), np.uint8)))
    raw[at] ^= 1
    with pytest.raises(BadPng):
        load_png(bytes(raw))


def test_half_a_picture_is_refused() -> None:
    raw = dump_png(np.zeros((3, 5), np.uint8))
    for size in range(len(raw)):
        with pytest.raises(BadPng):
            load_png(raw[:size])
