"""One block of the result: multiplied step by step while its sums stay in a core's cache.

sums    int32[right panels][left panels][rectangle]
chains  uint32[tile rows][tile columns][row mod 8][lane]
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from consensus.kernels.fold import Words
from consensus.kernels.shape import CLASSES, K_STEP, ROTATION, TILE
from consensus.kernels.simd.layout import Packed
from consensus.kernels.simd.multiply import add_panels, fold_panels
from runtime.tensor.commitment import Int32Matrix

Sums: TypeAlias = npt.NDArray[np.int32]
Span: TypeAlias = tuple[int, int, int, int]
"""First and last left panel, first and last right panel."""


@njit(nogil=True, cache=True)
def fold_block(
    left: Packed,
    right: Packed,
    corrections: Sums,
    span: Span,
    steps_at_once: int,
    sums: Sums,
    chains: Words,
) -> None:
    """A'.B' of one block into ``sums``, the chains of its tiles into ``chains``."""
    first_left, last_left, first_right, last_right = span
    _, words, left_rows, group = left.shape
    right_rows, lanes = right.shape[2], chains.shape[3]
    tile_columns = chains.shape[1]
    step_words = K_STEP // group
    steps = words // step_words
    for start in range(0, steps, steps_at_once):
        count = min(steps_at_once, steps - start)
        _turn(chains, ROTATION * count % 32)
        for j in range(last_right - first_right):
            for i in range(last_left - first_left):
                row = i * left_rows
                tile = row // TILE * tile_columns + j * right_rows // TILE
                left_word = (first_left + i) * words + start * step_words
                right_word = (first_right + j) * words + start * step_words
                starts = (
                    left_word * left_rows * group,
                    right_word * right_rows * group,
                    (j * (last_left - first_left) + i) * left_rows * right_rows,
                    ((first_left + i) * steps + start) * left_rows,
                    (tile * 8 + row % 8) * lanes,
                )
                arrays = (left, right, sums, corrections, chains)
                fold_panels(arrays, starts, step_words, count, np.int32(1))


@njit(nogil=True, cache=True)
def add_block(
    left: Packed,
    right: Packed,
    corrections: Sums,
    span: Span,
    words_at_once: int,
    scales: Sums,
    sums: Sums,
) -> None:
    """Adds the block's products to ``sums``, part by part; each part first multiplies them."""
    first_left, last_left, first_right, last_right = span
    _, words, left_rows, group = left.shape
    right_rows = right.shape[2]
    for part in range(len(scales)):
        start = part * words_at_once
        count = min(words_at_once, words - start)
        for j in range(last_right - first_right):
            for i in range(last_left - first_left):
                starts = (
                    ((first_left + i) * words + start) * left_rows * group,
                    ((first_right + j) * words + start) * right_rows * group,
                    (j * (last_left - first_left) + i) * left_rows * right_rows,
                    ((first_left + i) * len(scales) + part) * left_rows,
                    0,
                )
                arrays = (left, right, sums, corrections, sums)
                add_panels(arrays, starts, count, 1, scales[part])


@njit(nogil=True, cache=True)
def _turn(chains: Words, bits: int) -> None:
    if bits == 0:
        return
    flat = chains.reshape(chains.size)
    for place in range(len(flat)):
        word = flat[place]
        flat[place] = (word << np.uint32(bits)) | (word >> np.uint32(32 - bits))


@njit(nogil=True, cache=True)
def write_transcripts(chains: Words, first_row: int, first_column: int, out: Words) -> None:
    """XORs the lanes of one class: into uint32[tile rows, tile columns, 32]."""
    rows, columns, _, lanes = chains.shape
    for i in range(rows):
        for j in range(columns):
            for word in range(CLASSES):
                folded = np.uint32(0)
                for lane in range(word % 4 * 2, lanes, 8):
                    folded ^= chains[i, j, word // 4, lane] ^ chains[i, j, word // 4, lane + 1]
                out[first_row + i, first_column + j, word] = folded


@njit(nogil=True, cache=True)
def write_product(
    sums: Sums, left_rows: int, right_rows: int, first_row: int, first_column: int, out: Int32Matrix
) -> None:
    """Puts a block's rectangles into their place of the product, row by row of the product."""
    for i in range(sums.shape[1]):
        for row in range(left_rows):
            target = out[first_row + i * left_rows + row]
            for j in range(sums.shape[0]):
                source = sums[j, i]
                for column in range(right_rows):
                    target[first_column + j * right_rows + column] = source[
                        row * right_rows + column
                    ]
