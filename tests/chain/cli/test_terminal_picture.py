"""Pictures in the terminal show what they stand for, in colour and without."""

import numpy as np
import pytest
from rich.color import Color

from chain.cli.terminal_picture import draw_in_terminal, shrink
from chain.png import Pixels

RED, BLUE, WHITE, BLACK = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def make_picture(*rows: tuple[tuple[int, int, int], ...]) -> Pixels:
    return np.array(rows, np.uint8)


def test_a_character_is_two_pixels() -> None:
    text = draw_in_terminal(make_picture((RED, WHITE), (BLUE, BLACK)), 2, is_coloured=True)
    assert text.plain == "▀▀\n"
    styles = [span.style for span in text.spans]
    colours = [(style.color, style.bgcolor) for style in styles if not isinstance(style, str)]
    assert colours == [
        (Color.from_rgb(*upper), Color.from_rgb(*lower))
        for upper, lower in ((RED, BLUE), (WHITE, BLACK))
    ]


def test_ink_is_dark_where_there_are_no_colours() -> None:
    grey = np.array([[255, 128, 0, 0], [255, 128, 0, 255]], np.uint8)
    assert draw_in_terminal(grey, 4, is_coloured=False).plain == " ▒█▒\n"


@pytest.mark.parametrize(
    "height,width,columns,expected",
    [(64, 128, 32, (16, 32)), (7, 5, 90, (8, 5)), (1, 100, 10, (2, 10)), (300, 10, 10, (300, 10))],
)
def test_the_shape_is_kept(
    height: int, width: int, columns: int, expected: tuple[int, int]
) -> None:
    picture = np.full((height, width, 3), 77, np.uint8)
    small = shrink(picture, columns)
    assert small.shape == (*expected, 3)
    assert (small == 77).all()


def test_what_is_shrunk_is_the_mean() -> None:
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (40, 60, 3), np.uint8)
    small = shrink(picture, 6)
    blocks = picture.reshape(4, 10, 6, 10, 3).mean(axis=(1, 3))
    assert np.array_equal(small, blocks.round().astype(np.uint8))
