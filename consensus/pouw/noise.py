"""Seeds and noise: both follow from the header and the commitments, and cannot be chosen.

    job_key = BLAKE3.derive_key("matpow job v1", pre_hash)
    seed_B  = BLAKE3.keyed(job_key, "B" || root_B || u32 n || u32 k)
    seed_A  = BLAKE3.keyed(seed_B,  "A" || root_A || u32 m)
    X[i, :] = (XOF(key = seed, "X")[64 i : 64 i + 64] & 63) - 32
    p1_s, p2_s = stable argsort of 64 u32 words each, from XOF(key = seed, "P")
    E[i, 64 s + u] = X[i, p1_s(u)] - X[i, p2_s(u)]

A's seed depends on B's, not the other way round: noised B serves many A of one job.
"""

from dataclasses import dataclass

import numpy as np
from blake3 import blake3

from consensus.kernels.backend import Columns, Noise
from consensus.kernels.fold import Words
from consensus.kernels.shape import K_STEP, NOISE_RANK
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import Int8Matrix

JOB_CONTEXT = "matpow job v1"


@dataclass(frozen=True, slots=True)
class Seeds:
    """The keys of one product's noise."""

    job_key: bytes
    seed_a: bytes
    seed_b: bytes


def compute_job_key(pre_hash: Hash) -> bytes:
    """The key that binds everything to one unsealed header."""
    return blake3(pre_hash, derive_key_context=JOB_CONTEXT).digest()


def compute_seeds(pre_hash: Hash, shape: tuple[int, int, int], root_a: Root, root_b: Root) -> Seeds:
    """The keys of a product of shape (m, n, k)."""
    m, n, k = shape
    job_key = compute_job_key(pre_hash)
    seed_b = blake3(b"B" + root_b + _u32(n) + _u32(k), key=job_key).digest()
    seed_a = blake3(b"A" + root_a + _u32(m), key=seed_b).digest()
    return Seeds(job_key, seed_a, seed_b)


def compute_noise(seed: bytes, first_row: int, rows: int, k: int) -> Noise:
    """The noise of some rows as its factors; other rows are not computed."""
    raw = blake3(b"X", key=seed).digest(NOISE_RANK * rows, seek=NOISE_RANK * first_row)
    left = (np.frombuffer(raw, np.uint8).reshape(rows, NOISE_RANK) & 63).astype(np.int8)
    left -= 32
    steps = k // K_STEP
    words = np.frombuffer(blake3(b"P", key=seed).digest(steps * 2 * K_STEP * 4), "<u4")
    order = _argsort_stably(words.reshape(steps, 2, K_STEP))
    return Noise(left, order[:, 0].reshape(k), order[:, 1].reshape(k))


def add_noise(matrix: Int8Matrix, noise: Noise) -> Int8Matrix:
    """The operand with its noise: int8[rows, k], in [-126, 126]."""
    # "clip" spares a check of indices that are in range; it is ten times faster on large operands.
    noised: Int8Matrix = np.take(noise.left, noise.plus, axis=1, mode="clip")
    noised -= np.take(noise.left, noise.minus, axis=1, mode="clip")
    noised += matrix
    return noised


def compute_seeded_message(name: bytes, author: AccountId, nonce: int) -> bytes:
    """What a Seeded operand, ``name`` being b"A" or b"B", is expanded from: 47 bytes."""
    return b"seeded" + name + author + nonce.to_bytes(8, "little")


def expand_operand(
    job_key: bytes, name: bytes, author: AccountId, nonce: int, span: tuple[int, int], k: int
) -> Int8Matrix:
    """Rows [first, last) of a Seeded operand, ``name`` being b"A" or b"B": int8[last - first, k].

    The bytes of XOF(key = job_key, "seeded" || name || author || u64 nonce), each mod 127 less 63.
    """
    first, last = span
    message = compute_seeded_message(name, author, nonce)
    raw = blake3(message, key=job_key).digest((last - first) * k, seek=first * k)
    drawn = np.frombuffer(raw, np.uint8)
    # drawn % 127 - 63 mod 256, four times as fast: 127 is taken off once or twice.
    values = drawn - np.uint8(63)
    for multiple in (127, 254):
        values -= (drawn >= multiple).view(np.uint8) * np.uint8(127)
    return values.view(np.int8).reshape(last - first, k)


def _argsort_stably(words: Words) -> Columns:
    """Along the last axis of 64: a word above its own place sorts as a stable argsort does."""
    places = np.arange(K_STEP, dtype=np.uint64)
    placed = (words.astype(np.uint64) << np.uint64(6)) | places
    placed.sort(axis=-1)
    return (placed & np.uint64(K_STEP - 1)).astype(np.intp)


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "little")
