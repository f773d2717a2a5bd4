"""Transcripts and tickets: every 32 x 32 tile of a product draws one lot.

    ticket = BLAKE3.keyed(seed_A, T_S as 32 little-endian u32 || u32 I || u32 J)
    wins  iff  LE256(ticket) <= min(2^256 - 1, target * 32 * 32 * k)

So a multiply-accumulate has the same chance in every shape.
"""

from collections.abc import Iterator

import numpy as np
from blake3 import blake3

from consensus.kernels.exact import compute_tile_sums
from consensus.kernels.fold import Words, chain_steps, fold_steps
from consensus.kernels.shape import TILE
from runtime.tensor.commitment import Int8Matrix

TICKET_MAX = (1 << 256) - 1


def compute_transcript(a_noised: Int8Matrix, bt_noised: Int8Matrix) -> Words:
    """The transcript of one tile, as a verifier computes it: int8[32, k] twice -> uint32[32]."""
    return chain_steps(fold_steps(compute_tile_sums(a_noised, bt_noised)))


def compute_ticket(seed_a: bytes, transcript: Words, i: int, j: int) -> bytes:
    """The ticket of tile (i, j)."""
    place = i.to_bytes(4, "little") + j.to_bytes(4, "little")
    return blake3(transcript.astype("<u4").tobytes() + place, key=seed_a).digest()


def compute_threshold(target: int, k: int) -> int:
    """The largest ticket that wins, as a number."""
    return min(TICKET_MAX, target * TILE * TILE * k)


def is_winning(ticket: bytes, target: int, k: int) -> bool:
    """Whether a ticket seals a block of this target."""
    return int.from_bytes(ticket, "little") <= compute_threshold(target, k)


def draw_tickets(seed_a: bytes, transcripts: Words) -> Iterator[tuple[bytes, int, int]]:
    """Every tile's ticket with its place, row by row: transcripts uint32[m / 32, n / 32, 32]."""
    rows, cols, _ = transcripts.shape
    raw = np.ascontiguousarray(transcripts, "<u4").tobytes()
    size = transcripts.shape[2] * 4
    for i in range(rows):
        row = i.to_bytes(4, "little")
        for j in range(cols):
            start = (i * cols + j) * size
            message = raw[start : start + size] + row + j.to_bytes(4, "little")
            yield blake3(message, key=seed_a).digest(), i, j


def find_best(seed_a: bytes, transcripts: Words) -> tuple[bytes, int, int]:
    """The smallest ticket with its tile; of equal ones the first."""
    return min(draw_tickets(seed_a, transcripts), key=_as_number)


def _as_number(drawn: tuple[bytes, int, int]) -> int:
    return int.from_bytes(drawn[0], "little")
