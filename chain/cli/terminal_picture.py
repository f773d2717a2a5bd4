"""Pictures in a terminal: each character shows two pixels, one above the other."""

from typing import Final

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.style import Style
from rich.text import Text

from chain.png import Pixels

UPPER_HALF: Final = "▀"
SHADES: Final = " ░▒▓█"
"""From white paper to black ink, where there are no colours."""


def draw_in_terminal(pixels: Pixels, columns: int, *, is_coloured: bool) -> Text:
    """The picture as wide as so many characters, at most; its shape is kept."""
    picture = pixels if pixels.ndim == 3 else pixels[:, :, None].repeat(3, axis=2)
    small = shrink(picture, columns)
    text = Text()
    for top, bottom in zip(small[::2], small[1::2], strict=True):
        for upper, lower in zip(top, bottom, strict=True):
            if is_coloured:
                text.append(UPPER_HALF, Style(color=_color(upper), bgcolor=_color(lower)))
            else:
                text.append(_choose_shade(upper, lower))
        text.append("\n")
    return text


def shrink(picture: Pixels, columns: int) -> Pixels:
    """At most so many columns and an even number of rows, each the mean of what it stands for."""
    height, width, _ = picture.shape
    columns = min(columns, width)
    rows = max(2, round(height * columns / width / 2) * 2)
    lines = _average(picture.astype(np.float64), rows)
    return _average(lines.transpose(1, 0, 2), columns).transpose(1, 0, 2).round().astype(np.uint8)


def _average(lines: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """So many means along the first axis, over parts that are as equal as can be."""
    edges = np.arange(count + 1) * len(lines) // count
    starts = np.minimum(edges[:-1], len(lines) - 1)
    ends = np.maximum(edges[1:], starts + 1)
    return np.stack([lines[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])


def _color(pixel: Pixels) -> Color:
    red, green, blue = (int(part) for part in pixel)
    return Color.from_rgb(red, green, blue)


def _choose_shade(upper: Pixels, lower: Pixels) -> str:
    dark = 255 - (int(upper.mean()) + int(lower.mean())) // 2
    return SHADES[dark * len(SHADES) // 256]
