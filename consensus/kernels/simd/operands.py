"""From operands to panels: noise, packing, and the factors that take the noise off again.

Each function works on strips of 32 rows from ``first`` to ``last``, and writes only what belongs
to them, so any number of cores can share an operand.
"""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from consensus.kernels.backend import Columns
from consensus.kernels.shape import K_STEP, NOISE_RANK, TILE
from consensus.kernels.simd.columns import add_column, count_column, pack_left, pack_right, stand_up
from consensus.kernels.simd.layout import Packed
from runtime.tensor.commitment import Int8Matrix

_STEPS_IN_INT16: Final = 128
"""A step adds two values of at most 126 to each sum: 128 * 252 < 2^15."""

Factors: TypeAlias = tuple[Int8Matrix, Columns, Columns]
"""Noise as its left factor and the two columns of it that each column of the operand gets."""


@njit(nogil=True, cache=True)
def _load_block(matrix: Int8Matrix, strip: int, step: int, block: Int8Matrix) -> None:
    k = matrix.shape[1]
    start = strip * TILE * k + step * K_STEP
    for column in range(0, K_STEP, TILE):
        stand_up(matrix, start + column, k, block, column)


@njit(nogil=True, cache=True)
def _add_noise(block: Int8Matrix, step: int, upright: Int8Matrix, noise: Factors) -> None:
    _, plus, minus = noise
    for column in range(K_STEP):
        place = step * K_STEP + column
        add_column(block, column, upright, plus[place], minus[place])


@njit(nogil=True, cache=True)
def pack_left_strips(
    matrix: Int8Matrix,
    noise: Factors,
    is_noised: bool,
    first: int,
    last: int,
    packed: Packed,
    corrections: npt.NDArray[np.int32],
) -> None:
    """Writes left panels of the matrix, with its noise if ``is_noised``.

    ``corrections`` int32[panels, steps, rows] gets -128 times the sum of a row's values in a step;
    it has no panels where the layout does not shift the right operand.
    """
    _, words, rows, group = packed.shape
    panel = words * rows * group
    block, upright = np.empty((K_STEP, TILE), np.int8), np.empty((NOISE_RANK, TILE), np.int8)
    for strip in range(first, last):
        if is_noised:
            _load_block(noise[0], strip, 0, upright)
        for step in range(matrix.shape[1] // K_STEP):
            _load_block(matrix, strip, step, block)
            if is_noised:
                _add_noise(block, step, upright, noise)
            for column in range(0, K_STEP, group):
                word = (step * K_STEP + column) // group
                start = strip * (TILE // rows) * panel + word * rows * group
                pack_left(packed, start, panel, block, column)
            if len(corrections):
                _correct(block, strip, step, corrections)


@njit(nogil=True, cache=True)
def _correct(block: Int8Matrix, strip: int, step: int, corrections: npt.NDArray[np.int32]) -> None:
    rows = corrections.shape[2]
    sums = np.zeros(TILE, np.int32)
    for column in range(K_STEP):
        for row in range(TILE):
            sums[row] += block[column, row]
    for row in range(TILE):
        corrections[(strip * TILE + row) // rows, step, row % rows] = -128 * sums[row]


@njit(nogil=True, cache=True)
def pack_right_strips(
    matrix: Int8Matrix, noise: Factors, is_noised: bool, first: int, last: int, packed: Packed
) -> None:
    """Writes right panels of the matrix, with its noise if ``is_noised``."""
    _, words, rows, group = packed.shape
    panel = words * rows * group
    block, upright = np.empty((K_STEP, TILE), np.int8), np.empty((NOISE_RANK, TILE), np.int8)
    for strip in range(first, last):
        if is_noised:
            _load_block(noise[0], strip, 0, upright)
        for step in range(matrix.shape[1] // K_STEP):
            _load_block(matrix, strip, step, block)
            if is_noised:
                _add_noise(block, step, upright, noise)
            for column in range(0, K_STEP, group):
                word = (step * K_STEP + column) // group
                start = strip * (TILE // rows) * panel + word * rows * group
                pack_right(packed, start, panel, block, column)


@njit(nogil=True, cache=True)
def project_strips(
    matrix: Int8Matrix,
    noise: Factors,
    is_noised: bool,
    other: Factors,
    first: int,
    last: int,
    projected: npt.NDArray[np.int32],
) -> None:
    """The rows times the right factor of the other operand's noise: upright int32[strips, 64, 32].

    With their own noise first, if ``is_noised``.
    """
    _, plus, minus = other
    block, upright = np.empty((K_STEP, TILE), np.int8), np.empty((NOISE_RANK, TILE), np.int8)
    sums = np.empty((NOISE_RANK, TILE), np.int16)
    last_step = matrix.shape[1] // K_STEP - 1
    for strip in range(first, last):
        projected[strip] = 0
        sums[:] = 0
        if is_noised:
            _load_block(noise[0], strip, 0, upright)
        for step in range(matrix.shape[1] // K_STEP):
            _load_block(matrix, strip, step, block)
            if is_noised:
                _add_noise(block, step, upright, noise)
            for column in range(K_STEP):
                place = step * K_STEP + column
                count_column(block, column, sums, plus[place], minus[place])
            if (step + 1) % _STEPS_IN_INT16 == 0 or step == last_step:
                projected[strip] += sums
                sums[:] = 0


@njit(nogil=True, cache=True)
def pack_factor_strips(
    projected: npt.NDArray[np.int32],
    left: Int8Matrix,
    is_left: bool,
    base: int,
    shift: int,
    first: int,
    last: int,
    packed: Packed,
    corrections: npt.NDArray[np.int32],
) -> None:
    """Writes panels of what is subtracted, so that one more product does it.

    For every digit of the projection, the most significant first, 128 columns: on the left minus
    the digit and minus the noise's left factor, on the right the left factor and the digit.
    """
    _, words, rows, group = packed.shape
    columns = 2 * NOISE_RANK
    digits = words * group // columns
    reach = base // 2
    for row in range(first * TILE, last * TILE):
        panel, place = row // rows, row % rows
        for number in range(NOISE_RANK):
            rest = np.int64(projected[row // TILE, number, row % TILE])
            factor = np.int64(left[row, number])
            for digit in range(digits - 1, -1, -1):
                low = rest
                if digit > 0:
                    low = (rest + reach) % base - reach
                    rest = (rest - low) // base
                one, two = (-low, -factor) if is_left else (factor + shift, low + shift)
                word = (digit * columns + number) // group
                packed[panel, word, place, number % group] = one
                packed[panel, word + NOISE_RANK // group, place, number % group] = two
                if len(corrections):
                    corrections[panel, digit, place] -= 128 * (one + two)
