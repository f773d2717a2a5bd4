"""A record and its ancestors as a picture: boxes with numbers, lines with what each is owed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from chain.cli.records import format_percent
from chain.png import Pixels
from chain.wallet.label_sheet import GLYPHS, INK, PAPER
from runtime.frame.ai_types import RecordKind

BOX_W, BOX_H, GAP_W, GAP_H, MARGIN = 76, 40, 28, 76, 20
LABEL_STEP, LABELS_MAX = 17, 3
"""Parts of several children of one parent stand above each other."""

Color: TypeAlias = tuple[int, int, int]
COLORS: Final[Mapping[RecordKind | None, Color]] = {
    RecordKind.MODEL: (41, 98, 178),
    RecordKind.DATASET: (39, 128, 84),
    RecordKind.PROVIDER: (146, 84, 160),
    None: (140, 140, 140),
}
"""Of boxes; what is gone is grey."""

SIGNS: Final = {str(digit): glyph for digit, glyph in enumerate(GLYPHS)} | {
    ".": "00002",
    "%": "51245",
}


@dataclass(frozen=True, slots=True)
class Edge:
    """A record is owed a part by another that was made from it."""

    child: int
    parent: int
    bps: int


def draw_picture(kinds: Mapping[int, RecordKind | None], edges: Sequence[Edge]) -> Pixels:
    """uint8[height, width, 3]: children above their parents; a parent's number is the lower one."""
    rows = _arrange(kinds, edges)
    widest = max(len(row) for row in rows)
    width = 2 * MARGIN + widest * BOX_W + (widest - 1) * GAP_W
    height = 2 * MARGIN + len(rows) * BOX_H + (len(rows) - 1) * GAP_H
    picture: Pixels = np.empty((height, width, 3), np.uint8)
    picture[:] = PAPER
    places: dict[int, tuple[int, int]] = {}
    for depth, row in enumerate(rows):
        left = (width - len(row) * BOX_W - (len(row) - 1) * GAP_W) // 2
        for index, number in enumerate(row):
            places[number] = (MARGIN + depth * (BOX_H + GAP_H), left + index * (BOX_W + GAP_W))
    for edge in edges:
        _draw_edge(picture, places[edge.child], places[edge.parent])
    for number, (top, left) in places.items():
        picture[top : top + BOX_H, left : left + BOX_W] = COLORS[kinds[number]]
        _write(picture, str(number), top + BOX_H // 2, left + BOX_W // 2, PAPER, 4)
    above: Counter[int] = Counter()
    for edge in edges:
        raised = LABEL_STEP * (1 + above[edge.parent] % LABELS_MAX)
        above[edge.parent] += 1
        top, left = _get_label_place(places[edge.child], places[edge.parent], raised)
        _write(picture, format_percent(edge.bps), top, left, INK, 2, PAPER)
    return picture


def _arrange(kinds: Mapping[int, RecordKind | None], edges: Sequence[Edge]) -> list[list[int]]:
    """The records by generation: each below all that was made from it."""
    depths = dict.fromkeys(kinds, 0)
    for edge in sorted(edges, key=lambda each: -each.child):
        depths[edge.parent] = max(depths[edge.parent], depths[edge.child] + 1)
    rows: list[list[int]] = [[] for _ in range(max(depths.values()) + 1)]
    for number in sorted(kinds, reverse=True):
        rows[depths[number]].append(number)
    return rows


def _draw_edge(picture: Pixels, child: tuple[int, int], parent: tuple[int, int]) -> None:
    """A line from the foot of a box to the head of another."""
    start = (child[0] + BOX_H, child[1] + BOX_W // 2)
    end = (parent[0], parent[1] + BOX_W // 2)
    steps = 2 * max(abs(end[0] - start[0]), abs(end[1] - start[1])) + 1
    for top, left in np.linspace(start, end, steps).round().astype(int):
        picture[top : top + 2, left : left + 2] = INK


def _get_label_place(
    child: tuple[int, int], parent: tuple[int, int], raised: int
) -> tuple[int, int]:
    """The point of a line so far above the parent: in the gap, where no box is."""
    rise, run = parent[0] - child[0] - BOX_H, parent[1] - child[1]
    return parent[0] - raised, parent[1] + BOX_W // 2 - run * raised // rise


def _write(
    picture: Pixels,
    text: str,
    middle: int,
    center: int,
    ink: Color,
    scale: int,
    paper: Color | None = None,
) -> None:
    """Signs of three by five dots around a place, on a ground of their own if one is named."""
    width, height = (4 * len(text) - 1) * scale, 5 * scale
    top, left = middle - height // 2, center - width // 2
    if paper is not None:
        picture[top - 2 : top + height + 2, left - 2 : left + width + 2] = paper
    for place, sign in enumerate(text):
        glyph: npt.NDArray[np.bool_] = np.array(
            [[int(row) >> bit & 1 for bit in (2, 1, 0)] for row in SIGNS[sign]], bool
        )
        dots = glyph.repeat(scale, axis=0).repeat(scale, axis=1)
        at = left + 4 * scale * place
        picture[top : top + height, at : at + 3 * scale][dots] = ink
