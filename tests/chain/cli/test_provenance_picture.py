"""The picture of a record's ancestors: who stands where, in which colour, joined by what."""

import numpy as np

from chain.cli.provenance_picture import (
    BOX_H,
    BOX_W,
    COLORS,
    GAP_H,
    GAP_W,
    MARGIN,
    Edge,
    draw_picture,
)
from chain.png import Pixels
from chain.wallet.label_sheet import INK, PAPER
from runtime.frame.ai_types import RecordKind

MODEL, DATASET = RecordKind.MODEL, RecordKind.DATASET
STEP_H, STEP_W = BOX_H + GAP_H, BOX_W + GAP_W


def get_color(picture: Pixels, top: int, left: int) -> tuple[int, ...]:
    """The colour of a box's upper left corner."""
    return tuple(int(part) for part in picture[top + 1, left + 1])


def count(picture: Pixels, color: tuple[int, int, int]) -> int:
    """Pixels of a colour."""
    return int((picture == np.array(color)).all(axis=2).sum())


def test_each_stands_below_all_that_was_made_from_it() -> None:
    edges = [Edge(3, 2, 1_000), Edge(3, 0, 250), Edge(2, 0, 500), Edge(2, 1, 500)]
    picture = draw_picture({0: DATASET, 1: None, 2: MODEL, 3: MODEL}, edges)
    assert picture.shape == (2 * MARGIN + 2 * STEP_H + BOX_H, 2 * MARGIN + STEP_W + BOX_W, 3)
    middle = MARGIN + STEP_W // 2
    assert get_color(picture, MARGIN, middle) == COLORS[MODEL]
    assert get_color(picture, MARGIN + STEP_H, middle) == COLORS[MODEL]
    assert get_color(picture, MARGIN + 2 * STEP_H, MARGIN) == COLORS[None]
    assert get_color(picture, MARGIN + 2 * STEP_H, MARGIN + STEP_W) == COLORS[DATASET]


def test_a_record_alone_is_one_box() -> None:
    picture = draw_picture({7: DATASET}, [])
    assert picture.shape == (2 * MARGIN + BOX_H, 2 * MARGIN + BOX_W, 3)
    assert count(picture, INK) == 0
    written = count(picture[MARGIN:-MARGIN, MARGIN:-MARGIN], PAPER)
    assert written == 7 * 4 * 4, "the seven has seven dots of four by four pixels"


def test_an_edge_is_drawn_and_says_its_part() -> None:
    joined = draw_picture({0: DATASET, 1: DATASET}, [Edge(1, 0, 500)])
    more = draw_picture({0: DATASET, 1: DATASET}, [Edge(1, 0, 525)])
    assert count(joined, INK) > GAP_H
    assert not np.array_equal(joined, more)
    assert np.array_equal(joined[:MARGIN], more[:MARGIN])
