"""A sheet of small images, each above its label, to look at what a round came to."""

from math import isqrt

import numpy as np
import numpy.typing as npt

from chain.png import Pixels
from chain.wallet.errors import WalletError

COLUMNS = 20
SCALE = 4
"""Pixels of the sheet for one of an image."""

MARGIN = 4
LABEL_HEIGHT = 12
INK, PAPER, DOUBT = (24, 24, 32), (250, 250, 246), (192, 57, 43)
"""Labels that were not unanimous are in the colour of doubt."""

GLYPHS = (
    "75557",
    "22222",
    "71747",
    "71717",
    "55711",
    "74717",
    "74757",
    "71111",
    "75757",
    "75717",
)
"""The digits from 0 to 9: five rows of three bits."""


class NotImages(WalletError):
    """The items of the round are no square grey images."""


def draw_sheet(items: bytes, item_bytes: int, labels: list[int], is_sure: list[bool]) -> Pixels:
    """uint8[height, width, 3]: every item with its label below; `NotImages`."""
    side = isqrt(item_bytes)
    if side * side != item_bytes or side < 2:
        raise NotImages(f"expected items of a square number of bytes, got {item_bytes}")
    images = np.frombuffer(items, np.int8).reshape(-1, side, side).astype(np.int32)
    darkest = max(int(images.max()), 1)
    cell_w, cell_h = side * SCALE + MARGIN, side * SCALE + LABEL_HEIGHT + MARGIN
    columns = min(COLUMNS, len(images))
    rows = -(-len(images) // columns)
    sheet: Pixels = np.empty((rows * cell_h + MARGIN, columns * cell_w + MARGIN, 3), np.uint8)
    sheet[:] = PAPER
    for index, image in enumerate(images):
        top = MARGIN + index // columns * cell_h
        left = MARGIN + index % columns * cell_w
        shade = (255 - image.clip(0) * 255 // darkest).astype(np.uint8)
        tile = shade.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        sheet[top : top + len(tile), left : left + len(tile)] = tile[:, :, None]
        ink = INK if is_sure[index] else DOUBT
        _write_number(sheet, labels[index], top + len(tile) + 1, left, ink)
    return sheet


def _write_number(
    sheet: Pixels, number: int, top: int, left: int, ink: tuple[int, int, int]
) -> None:
    """Decimal digits of six by ten pixels."""
    for place, digit in enumerate(str(number)):
        glyph: npt.NDArray[np.bool_] = np.array(
            [[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in GLYPHS[int(digit)]], bool
        )
        dots = glyph.repeat(2, axis=0).repeat(2, axis=1)
        at = left + 8 * place
        area = sheet[top : top + len(dots), at : at + dots.shape[1]]
        area[dots[: area.shape[0], : area.shape[1]]] = ink
