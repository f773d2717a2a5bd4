"""The curve of a training: its means, its lines and its picture."""

import numpy as np
import numpy.typing as npt
import pytest

from chain.programs.curve import (
    BARS,
    HEIGHT,
    LINE,
    MARGIN,
    WIDTH,
    Curve,
    draw_line,
    draw_lines,
    draw_picture,
)

FALLING = tuple(max(0, 64 - step) for step in range(128))
WHOLE = Curve(FALLING, 64, 128, 32)
HALF = Curve(FALLING[:64], 64, 128, 32)


def find_line(curve: Curve) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns of the pixels of the mean."""
    rows, columns = np.nonzero((draw_picture(curve) == np.array(LINE)).all(axis=2))
    return rows, columns


def test_means_are_of_what_is_there() -> None:
    assert WHOLE.compute_means(1) == [sum(FALLING) / (128 * 64)]
    means = WHOLE.compute_means(4)
    assert means == [sum(FALLING[at : at + 32]) / (32 * 64) for at in range(0, 128, 32)]
    assert len(Curve((3, 1), 64, 128, 32).compute_means(48)) == 2
    assert WHOLE.get_last() == 0
    assert HALF.get_last() == sum(FALLING[56:64]) / (8 * 64)


def test_one_line_is_as_long_as_what_is_done() -> None:
    assert draw_line(Curve((), 64, 128, 32), 48) == ""
    assert len(draw_line(WHOLE, 48)) == 48
    assert len(draw_line(HALF, 48)) == 24
    assert draw_line(HALF, 48)[0] == "█"
    assert draw_line(WHOLE, 48)[-1] == "▁"


@pytest.mark.parametrize("curve", [WHOLE, HALF, Curve((64,) * 10, 64, 128, 32)])
def test_lines_add_up_to_the_means(curve: Curve) -> None:
    lines = draw_lines(curve, 32, 8)
    assert len(lines) == 9
    assert lines[0].startswith(" 100 % ┤")
    bars = [line.partition("┤")[2] for line in lines[:-1]]
    means = curve.compute_means(len(bars[0]))
    for column, mean in enumerate(means):
        height = sum(BARS.index(row[column]) for row in bars) / (8 * (len(BARS) - 1))
        assert abs(height - mean) < 1 / 64


def test_a_low_curve_gets_a_scale_of_its_own() -> None:
    lines = draw_lines(Curve((4,) * 128, 64, 128, 32), 32, 4)
    assert lines[0].startswith("  10 % ┤")


def test_the_picture_shows_the_fall() -> None:
    assert draw_picture(WHOLE).shape == (HEIGHT, WIDTH, 3)
    rows, columns = find_line(WHOLE)
    assert rows[columns == columns.min()].mean() < rows[columns == columns.max()].mean() - 100
    assert columns.min() >= MARGIN
    assert columns.max() > WIDTH - MARGIN
    assert rows.max() <= HEIGHT - MARGIN + 1
    half = find_line(HALF)[1]
    assert WIDTH // 3 < half.max() < WIDTH // 2 + MARGIN


def test_an_empty_curve_is_drawn_without_a_line() -> None:
    assert len(find_line(Curve((), 64, 128, 32))[0]) == 0


def test_a_perfect_and_a_hopeless_training_stay_in_the_frame() -> None:
    for misses in ((0,) * 64, (64,) * 64, (7,)):
        rows, columns = find_line(Curve(misses, 64, 64, 32))
        assert len(rows) > 0
        assert MARGIN // 2 - 2 <= rows.min() <= rows.max() <= HEIGHT - MARGIN + 2
        assert columns.max() < WIDTH
