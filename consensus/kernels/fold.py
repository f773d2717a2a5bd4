"""XORQ-32: how the partial sums of a tile become a transcript of 32 words.

    q(i, j) = 4 (i mod 8) + (j mod 8) div 2                 the class of an element, 0..31
    X_s[q]  = XOR of Acc_s[i, j] over the tile's elements of class q
    T_0 = 0 ;  T_s[q] = rotl32(T_{s-1}[q], 13) XOR X_s[q]

Exclusive or is linear in bit 0 only; a fold that is linear over the integers could be had from
sums of rows and columns, without the product.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from consensus.kernels.shape import CLASSES, ROTATION, TILE

Words: TypeAlias = npt.NDArray[np.uint32]


def fold_steps(sums: Words) -> Words:
    """X_s of every step of one tile: uint32[steps, 32, 32] -> uint32[steps, 32]."""
    steps = len(sums)
    rows = np.bitwise_xor.reduce(sums.reshape(steps, TILE // 8, 8, TILE), axis=1)
    cols = np.bitwise_xor.reduce(rows.reshape(steps, 8, TILE // 8, 8), axis=2)
    pairs: Words = cols[..., 0::2] ^ cols[..., 1::2]
    return pairs.reshape(steps, CLASSES)


def rotate_left(words: Words, bits: int | Words) -> Words:
    """Every word turned left by ``bits`` (0..31), one number or one for each."""
    turn = np.asarray(bits, np.uint32)
    back = (np.uint32(32) - turn) & np.uint32(31)
    turned: Words = (words << turn) | (words >> back)
    return turned


def chain_steps(folded: Words) -> Words:
    """T_S from all X_s: uint32[steps, 32] -> uint32[32].

    The recurrence written out: X_s is turned once for every step that follows it.
    """
    steps = len(folded)
    following = np.arange(steps - 1, -1, -1, dtype=np.uint32)[:, np.newaxis]
    turned = rotate_left(folded, (following * np.uint32(ROTATION)) & np.uint32(31))
    transcript: Words = np.bitwise_xor.reduce(turned, axis=0)
    return transcript
