"""How a training went: what part of each batch was told wrong, as lines and as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from chain.png import Pixels
from chain.wallet.label_sheet import GLYPHS, INK, PAPER

Color: TypeAlias = tuple[int, int, int]

BARS: Final = " ▁▂▃▄▅▆▇█"
WIDTH, HEIGHT, MARGIN = 720, 360, 44
GRID, FAINT, LINE = (224, 224, 218), (176, 200, 232), (41, 98, 178)
"""The batches themselves are faint, their mean over a segment's part is the line."""

SIGN_SCALE: Final = 2
PERCENT: Final = "51245"
PARTS: Final = 4
"""Means for each segment."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What part of each batch was told wrong, of the segments that are there."""

    misses: tuple[int, ...]
    """Of each step."""

    batch: int
    steps: int
    """Of the whole training."""

    segment_steps: int

    @property
    def is_empty(self) -> bool:
        """Whether no segment is there yet."""
        return not self.misses

    def get_share(self, first: int, end: int) -> float:
        """The part that was wrong in these steps, at least one."""
        part = self.misses[first:end]
        return sum(part) / (len(part) * self.batch)

    def compute_means(self, count: int) -> list[float]:
        """Means over as many parts of what is there, each at least a step."""
        count = min(count, len(self.misses))
        edges = [len(self.misses) * index // count for index in range(count + 1)]
        return [self.get_share(a, b) for a, b in pairwise(edges)]

    def get_last(self) -> float:
        """The mean over the last part of a segment."""
        end = len(self.misses)
        return self.get_share(end - max(1, self.segment_steps // PARTS), end)


def draw_line(curve: Curve, columns: int) -> str:
    """The curve as one line of blocks, as long as the part of the training that is done."""
    if curve.is_empty:
        return ""
    done = ceil(columns * len(curve.misses) / curve.steps)
    return "".join(_choose_bar(max(mean, 1 / 8)) for mean in curve.compute_means(done))


def draw_lines(curve: Curve, columns: int, rows: int) -> list[str]:
    """The same as a chart: lines of blocks with percentages to the left, from the worst down."""
    done = max(1, ceil(columns * len(curve.misses) / curve.steps))
    means = curve.compute_means(done)
    top = _choose_top(max(means))
    lines: list[str] = []
    for row in range(rows):
        below = rows - 1 - row
        bars = "".join(_choose_bar(mean / top * rows - below) for mean in means)
        lines.append(f"{100 * top * (below + 1) / rows:4.0f} % ┤{bars}")
    return [*lines, f"   0 % ┼{'─' * columns} {curve.steps} batches"]


def draw_picture(curve: Curve) -> Pixels:
    """uint8[360, 720, 3]: the wrong part over the batches, with a rule for each segment."""
    picture: Pixels = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = PAPER
    shares = np.array(curve.misses, np.float64) / curve.batch
    top = _choose_top(float(shares.max(initial=0.0)))
    bottom, right = HEIGHT - MARGIN, WIDTH - MARGIN // 2
    for quarter in range(5):
        y = _place(quarter / 4, bottom, MARGIN // 2)
        picture[y, MARGIN:right] = GRID if quarter else INK
        text = f"{100 * top * quarter / 4:.0f}"
        _write(picture, [GLYPHS[int(sign)] for sign in text] + [PERCENT], y - 5, MARGIN - 8)
    for step in range(0, curve.steps + 1, curve.segment_steps):
        x = _place(step / curve.steps, MARGIN, right - 1)
        picture[MARGIN // 2 : bottom, x] = GRID if step else INK
    _write(picture, [GLYPHS[int(sign)] for sign in str(curve.steps)], bottom + 8, right)
    _write(picture, [GLYPHS[0]], bottom + 8, MARGIN + 4)
    if not curve.is_empty:
        places = (np.arange(len(shares)) + 0.5) / curve.steps
        _trace(picture, places, shares / top, FAINT, 1)
        parts = max(1, PARTS * len(shares) // curve.segment_steps)
        means = np.array(curve.compute_means(parts))
        middles = (np.arange(len(means)) + 0.5) / len(means) * len(shares) / curve.steps
        _trace(picture, middles, means / top, LINE, 3)
    return picture


def _choose_bar(height: float) -> str:
    """One character of a height from 0 to 1."""
    return BARS[round(min(max(height, 0.0), 1.0) * (len(BARS) - 1))]


def _choose_top(highest: float) -> float:
    """A round height for the scale that has room for the highest value."""
    return next(top for top in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top + 1e-9)


def _place(part: float, start: int, end: int) -> int:
    return round(start + part * (end - start))


def _trace(
    picture: Pixels,
    across: npt.NDArray[np.float64],
    up: npt.NDArray[np.float64],
    color: Color,
    thickness: int,
) -> None:
    """A line through points whose places are parts of the axes."""
    bottom, right = HEIGHT - MARGIN, WIDTH - MARGIN // 2
    first, last = (_place(float(across[end]), MARGIN, right - 1) for end in (0, -1))
    x = np.arange(first, last + 1)
    along = (x - MARGIN) / (right - 1 - MARGIN)
    y = np.rint(bottom + np.interp(along, across, up) * (MARGIN // 2 - bottom)).astype(np.int64)
    before = np.concatenate([y[:1], y[:-1]])
    for at, low, high in zip(x, np.minimum(before, y), np.maximum(before, y), strict=True):
        picture[low - thickness // 2 : high + thickness // 2 + 1, at] = color


def _write(picture: Pixels, signs: Sequence[str], top: int, right: int) -> None:
    """Signs of three by five dots that end at a column."""
    left = right - 4 * SIGN_SCALE * len(signs)
    for place, sign in enumerate(signs):
        glyph: npt.NDArray[np.bool_] = np.array(
            [[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in sign], bool
        )
        dots = glyph.repeat(SIGN_SCALE, axis=0).repeat(SIGN_SCALE, axis=1)
        at = left + 4 * SIGN_SCALE * place
        picture[top : top + len(dots), at : at + dots.shape[1]][dots] = INK
