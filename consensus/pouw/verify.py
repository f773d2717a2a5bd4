"""Checks a seal from one strip of each operand, cheapest step first.

    version -> shape -> tile -> lane -> target -> roots -> range -> ticket -> result

The first step that fails is the one that is named. Nothing here depends on the sizes m and n.
"""

from dataclasses import dataclass

import numpy as np

from consensus.kernels.exact import compute_tile_product
from consensus.kernels.shape import OPERAND_MAX, TILE
from consensus.pouw.noise import Seeds, add_noise, compute_noise, compute_seeds, expand_operand
from consensus.pouw.params import SEAL_VERSION, SHAPE_RULE, PowParams, is_shape
from consensus.pouw.seal import Seal
from consensus.pouw.ticket import compute_ticket, compute_transcript, is_winning
from consensus.pouw.witness import Witness
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import BadOpening, Int8Matrix, verify_strip, verify_tile
from runtime.work_summary import Lane


class InvalidSeal(Exception):
    """The seal proves no work for this block; `step` names the check that failed."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"seal: {step}: {why}")
        self.step = step
        self.why = why


@dataclass(frozen=True, slots=True, eq=False)
class _Strips:
    """The rows of both operands that the winning tile comes from: int8[32, k] each."""

    a: Int8Matrix
    bt: Int8Matrix


def verify_seal(
    pre_hash: Hash,
    author: AccountId,
    seal: Seal,
    witness: Witness | None,
    target: int,
    params: PowParams,
) -> None:
    """`InvalidSeal` unless the seal proves work for this header, author and target.

    Takes memory and time in proportion to k alone.
    """
    _check_shape(seal)
    _check_lane(seal, witness, params)
    if not is_winning(seal.ticket, target, seal.k):
        raise InvalidSeal("target", f"ticket 0x{seal.ticket.hex()} does not win")
    seeds = compute_seeds(pre_hash, (seal.m, seal.n, seal.k), seal.root_a, seal.root_b)
    strips = _get_strips(seal, witness, seeds, author)
    a_noised = add_noise(strips.a, compute_noise(seeds.seed_a, seal.i * TILE, TILE, seal.k))
    bt_noised = add_noise(strips.bt, compute_noise(seeds.seed_b, seal.j * TILE, TILE, seal.k))
    transcript = compute_transcript(a_noised, bt_noised)
    ticket = compute_ticket(seeds.seed_a, transcript, seal.i, seal.j)
    if ticket != seal.ticket:
        raise InvalidSeal("ticket", f"expected 0x{ticket.hex()}, got 0x{seal.ticket.hex()}")
    if witness is not None and witness.result is not None:
        _check_result(strips, witness.result.tile)


def _check_shape(seal: Seal) -> None:
    if seal.version != SEAL_VERSION:
        raise InvalidSeal("version", f"expected {SEAL_VERSION}, got {seal.version}")
    if not is_shape(seal.m, seal.n, seal.k):
        raise InvalidSeal("shape", f"expected {SHAPE_RULE}, got {seal.m, seal.n, seal.k}")
    if seal.i * TILE >= seal.m or seal.j * TILE >= seal.n:
        raise InvalidSeal("tile", f"expected one of the product's, got {seal.i, seal.j}")


def _check_lane(seal: Seal, witness: Witness | None, params: PowParams) -> None:
    zero = Root.zero()
    if seal.lane is Lane.SEEDED:
        expected = (params.seeded.m, params.seeded.n, params.seeded.k)
        if (seal.m, seal.n, seal.k) != expected:
            raise InvalidSeal("lane", f"expected shape {expected}, got {seal.m, seal.n, seal.k}")
        if (seal.root_a, seal.root_b, seal.root_c) != (zero, zero, zero):
            raise InvalidSeal("lane", "expected zero roots in the Seeded lane")
        if witness is not None:
            raise InvalidSeal("lane", "expected no witness in the Seeded lane")
        return
    if seal.nonce != 0:
        raise InvalidSeal("lane", f"expected nonce 0, got {seal.nonce}")
    if witness is None:
        raise InvalidSeal("lane", "expected a witness, got none")
    strip_bytes = TILE * seal.k
    if (len(witness.strip_a), len(witness.strip_b)) != (strip_bytes, strip_bytes):
        got = (len(witness.strip_a), len(witness.strip_b))
        raise InvalidSeal("lane", f"expected two strips of {strip_bytes} bytes, got {got}")
    if (witness.result is not None) != (seal.lane is Lane.TASK):
        raise InvalidSeal("lane", "expected the tile of the result in the Task lane only")
    if seal.lane is not Lane.TASK and seal.root_c != zero:
        raise InvalidSeal("lane", "expected a result's root in the Task lane only")


def _get_strips(seal: Seal, witness: Witness | None, seeds: Seeds, author: AccountId) -> _Strips:
    if witness is None:
        row, col = seal.i * TILE, seal.j * TILE
        key, nonce, k = seeds.job_key, seal.nonce, seal.k
        return _Strips(
            expand_operand(key, b"A", author, nonce, (row, row + TILE), k),
            expand_operand(key, b"B", author, nonce, (col, col + TILE), k),
        )
    try:
        verify_strip(seal.root_a, seal.m, seal.k, seal.i, witness.strip_a, witness.path_a)
        verify_strip(seal.root_b, seal.n, seal.k, seal.j, witness.strip_b, witness.path_b)
        if witness.result is not None:
            opened, place = witness.result, (seal.i, seal.j)
            verify_tile(seal.root_c, seal.m, seal.n, place, opened.tile, opened.path)
    except BadOpening as error:
        raise InvalidSeal("roots", str(error)) from None
    strips = _Strips(_as_strip(witness.strip_a, seal.k), _as_strip(witness.strip_b, seal.k))
    for name, strip in (("A", strips.a), ("B", strips.bt)):
        least, most = int(strip.min()), int(strip.max())
        if least < -OPERAND_MAX or most > OPERAND_MAX:
            got = f"[{least}, {most}]"
            raise InvalidSeal("range", f"{name}: expected values in [-63, 63], got {got}")
    return strips


def _as_strip(raw: bytes, k: int) -> Int8Matrix:
    return np.frombuffer(raw, np.int8).reshape(TILE, k)


def _check_result(strips: _Strips, tile: bytes) -> None:
    """A block is a random audit of the result it was mined with."""
    expected = compute_tile_product(strips.a, strips.bt)
    if expected.astype("<i4").tobytes() != tile:
        raise InvalidSeal("result", "the committed tile is not the product of the strips")
