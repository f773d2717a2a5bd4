"""Keyed BLAKE3 of eight tickets at once, one in each lane, and the smallest of them.

A ticket's message has 136 bytes, so three blocks of one chunk: the transcript's two and its place.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from consensus.kernels.fold import Words
from consensus.kernels.simd.vectors import (
    INT32,
    fill,
    load,
    point_into,
    rotate_left,
    store,
    vector_of,
)

Codegen: TypeAlias = Callable[[BaseContext, ir.IRBuilder, Signature, list[ir.Value]], ir.Value]

LANES: Final = 8
"""A register of AVX2; where registers are longer this part takes too little time to matter."""

_VECTOR: Final = vector_of(INT32, LANES)
_INITIAL: Final = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A)
_PERMUTATION: Final = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_COLUMNS: Final = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS: Final = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_ROUNDS: Final = 7

_CHUNK_START: Final = 1
_CHUNK_END: Final = 2
_ROOT: Final = 8
_KEYED: Final = 16
_BLOCK_BYTES: Final = 64
_BLOCK_WORDS: Final = 16
_PLACE_BYTES: Final = 8
_BLOCKS: Final = 3


def _mix(
    builder: ir.IRBuilder,
    state: list[ir.Value],
    places: tuple[int, int, int, int],
    m: ir.Value,
    turns: tuple[int, int],
) -> None:
    """Half of BLAKE3's G: one word of the message."""
    a, b, c, d = places
    state[a] = builder.add(builder.add(state[a], state[b]), m)
    state[d] = rotate_left(builder, builder.xor(state[d], state[a]), 32 - turns[0])
    state[c] = builder.add(state[c], state[d])
    state[b] = rotate_left(builder, builder.xor(state[b], state[c]), 32 - turns[1])


@intrinsic
def compress(
    _: object,
    chaining: types.Array,
    message: types.Array,
    start: types.Integer,
    length: types.Integer,
    flags: types.Integer,
) -> tuple[Signature, Codegen]:
    """BLAKE3's compression in eight lanes: ``chaining`` uint32[8, 8] becomes the next one.

    The message is 16 words of eight lanes, from element ``start``; the chunk's counter is zero.
    """

    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        target = point_into(context, builder, chaining, arguments[0], ir.Constant(INT32, 0))
        source = point_into(context, builder, message, arguments[1], arguments[2])
        words = [load(builder, source, _VECTOR, LANES * each) for each in range(_BLOCK_WORDS)]
        state = [load(builder, target, _VECTOR, LANES * each) for each in range(8)]
        state += [fill(_VECTOR, value) for value in (*_INITIAL, 0, 0)]
        for value in arguments[3:]:
            one = builder.insert_element(fill(_VECTOR, 0), value, ir.Constant(INT32, 0))
            state.append(builder.shuffle_vector(one, one, fill(_VECTOR, 0)))
        for _round in range(_ROUNDS):
            for number, places in enumerate(_COLUMNS + _DIAGONALS):
                _mix(builder, state, places, words[2 * number], (16, 12))
                _mix(builder, state, places, words[2 * number + 1], (8, 7))
            words = [words[place] for place in _PERMUTATION]
        for number in range(8):
            value = builder.xor(state[number], state[number + 8])
            store(builder, value, target, LANES * number)
        return context.get_dummy_value()

    return types.void(chaining, message, types.int64, types.int32, types.int32), codegen


@njit(nogil=True, cache=True)
def find_best_ticket(transcripts: Words, key: Words, first: int, last: int, best: Words) -> int:
    """The smallest ticket of tile rows ``first`` to ``last``: its 8 words, and its tile's number.

    Of equal tickets the first in row-major order.
    """
    columns, words = transcripts.shape[1], transcripts.shape[2]
    chaining = np.empty((8, LANES), np.uint32)
    message = np.zeros((_BLOCKS * _BLOCK_WORDS, LANES), np.uint32)
    winner = -1
    for start in range(first * columns, last * columns, LANES):
        count = min(LANES, last * columns - start)
        for lane in range(count):
            i, j = (start + lane) // columns, (start + lane) % columns
            for word in range(words):
                message[word, lane] = transcripts[i, j, word]
            message[words, lane] = i
            message[words + 1, lane] = j
        for word in range(8):
            chaining[word, :] = key[word]
        for block in range(_BLOCKS):
            flags, length = _KEYED, _BLOCK_BYTES
            if block == 0:
                flags |= _CHUNK_START
            if block == _BLOCKS - 1:
                flags |= _CHUNK_END | _ROOT
                length = _PLACE_BYTES
            compress(chaining, message, block * _BLOCK_WORDS * LANES, length, flags)
        for lane in range(count):
            if winner < 0 or _is_smaller(chaining, lane, best):
                winner = start + lane
                for word in range(8):
                    best[word] = chaining[word, lane]
    return winner


@njit(nogil=True, cache=True)
def _is_smaller(chaining: Words, lane: int, best: Words) -> bool:
    for word in range(7, -1, -1):
        if chaining[word, lane] != best[word]:
            return bool(chaining[word, lane] < best[word])
    return False
