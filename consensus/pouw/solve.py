"""The search: one product, all its tickets, and the exact result."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from consensus.kernels.backend import IsCancelled, Peel, ProductBackend, never_cancelled
from consensus.kernels.fold import Words
from consensus.kernels.shape import OPERAND_MAX
from consensus.pouw.noise import Seeds, add_noise, compute_noise, compute_seeds, expand_operand
from consensus.pouw.params import SEAL_VERSION, SHAPE_RULE, PowParams, is_shape
from consensus.pouw.seal import Seal
from consensus.pouw.ticket import compute_threshold, draw_tickets
from consensus.pouw.witness import TileOpening, Witness
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.commitment import (
    Commitment,
    Dtype,
    Int8Matrix,
    Int32Matrix,
    commit_leaves,
    commit_result,
    open_strip,
    open_tile,
)
from runtime.work_summary import Lane


@dataclass(frozen=True, slots=True)
class SeededWork:
    """The product of the Seeded lane for one nonce."""

    nonce: int


@dataclass(frozen=True, slots=True, eq=False)
class MatrixWork:
    """A product of given operands, padded: a int8[m, k], bt int8[n, k] (B transposed)."""

    lane: Lane
    a: Int8Matrix
    bt: Int8Matrix


Work: TypeAlias = SeededWork | MatrixWork


@dataclass(frozen=True, slots=True, eq=False)
class SolveResult:
    """What one product gave."""

    seal: Seal | None
    """None if no ticket won."""

    witness: Witness | None
    product: Int32Matrix | None
    """A.B, int32[m, n], exact; None in the Seeded lane, where nobody wants it."""

    macs: int
    tickets: int
    best_ticket: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Operands:
    a: Int8Matrix
    bt: Int8Matrix
    commitments: tuple[Commitment, Commitment] | None
    seeds: Seeds
    lane: Lane
    nonce: int

    def get_roots(self) -> tuple[Root, Root]:
        zero = (Root.zero(), Root.zero())
        return zero if self.commitments is None else _get_roots(self.commitments)


def solve(
    pre_hash: Hash,
    author: AccountId,
    work: Work,
    target: int,
    params: PowParams,
    backend: ProductBackend,
    is_cancelled: IsCancelled = never_cancelled,
) -> SolveResult:
    """Runs one product; `Cancelled` if called off, `ValueError` for operands out of the rules."""
    operands = _prepare(pre_hash, author, work, params, backend)
    m, n, k = len(operands.a), len(operands.bt), operands.a.shape[1]
    noise_a = compute_noise(operands.seeds.seed_a, 0, m, k)
    noise_b = compute_noise(operands.seeds.seed_b, 0, n, k)
    peel = None if operands.lane is Lane.SEEDED else Peel(operands.a, noise_a, noise_b)
    run = backend.run(
        add_noise(operands.a, noise_a), add_noise(operands.bt, noise_b), peel, is_cancelled
    )
    (best, i, j), tickets = _find_best(operands.seeds.seed_a, run.transcripts)
    seal: Seal | None = None
    witness: Witness | None = None
    if int.from_bytes(best, "little") <= compute_threshold(target, k):
        seal, witness = _make_proof(operands, run.product, (i, j), best)
    return SolveResult(seal, witness, run.product, m * n * k, tickets, best)


def _prepare(
    pre_hash: Hash, author: AccountId, work: Work, params: PowParams, backend: ProductBackend
) -> _Operands:
    zero = Root.zero()
    if isinstance(work, SeededWork):
        shape = params.seeded
        seeds = compute_seeds(pre_hash, (shape.m, shape.n, shape.k), zero, zero)
        a = expand_operand(seeds.job_key, b"A", author, work.nonce, (0, shape.m), shape.k)
        bt = expand_operand(seeds.job_key, b"B", author, work.nonce, (0, shape.n), shape.k)
        return _Operands(a, bt, None, seeds, Lane.SEEDED, work.nonce)
    _ensure_operands(work)
    m, n, k = len(work.a), len(work.bt), work.a.shape[1]
    commitments = (
        commit_leaves(Dtype.INT8, m, k, backend.compute_leaves(work.a)),
        commit_leaves(Dtype.INT8, n, k, backend.compute_leaves(work.bt)),
    )
    seeds = compute_seeds(pre_hash, (m, n, k), *_get_roots(commitments))
    return _Operands(work.a, work.bt, commitments, seeds, work.lane, 0)


def _get_roots(commitments: tuple[Commitment, Commitment]) -> tuple[Root, Root]:
    return commitments[0].root, commitments[1].root


def _ensure_operands(work: MatrixWork) -> None:
    if work.lane is Lane.SEEDED:
        raise ValueError("the Seeded lane chooses its operands itself")
    for name, matrix in (("A", work.a), ("B", work.bt)):
        if matrix.dtype != np.int8 or matrix.ndim != 2:
            raise ValueError(f"{name}: expected int8[rows, k], got {matrix.dtype}{matrix.shape}")
    m, n, k = len(work.a), len(work.bt), work.a.shape[1]
    if work.bt.shape[1] != k or not is_shape(m, n, k):
        raise ValueError(f"expected {SHAPE_RULE}, got {work.a.shape} and {work.bt.shape}")
    for name, matrix in (("A", work.a), ("B", work.bt)):
        least, most = int(matrix.min()), int(matrix.max())
        if least < -OPERAND_MAX or most > OPERAND_MAX:
            raise ValueError(f"{name}: expected values in [-63, 63], got [{least}, {most}]")


def _find_best(seed_a: bytes, transcripts: Words) -> tuple[tuple[bytes, int, int], int]:
    """The smallest ticket with its tile, and how many there were."""
    best = (b"\xff" * 32, 0, 0)
    smallest = (1 << 256) - 1
    count = 0
    for ticket, i, j in draw_tickets(seed_a, transcripts):
        count += 1
        number = int.from_bytes(ticket, "little")
        if number <= smallest:
            smallest, best = number, (ticket, i, j)
    return best, count


def _make_proof(
    operands: _Operands, product: Int32Matrix | None, place: tuple[int, int], ticket: bytes
) -> tuple[Seal, Witness | None]:
    i, j = place
    m, n, k = len(operands.a), len(operands.bt), operands.a.shape[1]
    root_c = Root.zero()
    witness: Witness | None = None
    if operands.commitments is not None:
        commit_a, commit_b = operands.commitments
        result: TileOpening | None = None
        if operands.lane is Lane.TASK:
            assert product is not None, "the Task lane peels; qed"
            commit_c = commit_result(product)
            root_c = commit_c.root
            result = TileOpening(*open_tile(commit_c, product, i, j))
        witness = Witness(
            *open_strip(commit_a, operands.a, i), *open_strip(commit_b, operands.bt, j), result
        )
    root_a, root_b = operands.get_roots()
    seal = Seal(
        SEAL_VERSION, operands.lane, m, n, k, i, j, root_a, root_b, root_c, operands.nonce, ticket
    )
    return seal, witness
