"""The search: one product, all its tickets, and the exact result."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from consensus.kernels.backend import IsCancelled, Operand, ProductBackend, never_cancelled
from consensus.kernels.shape import OPERAND_MAX, TILE
from consensus.pouw.noise import Seeds, compute_noise, compute_seeds, expand_operand
from consensus.pouw.params import SEAL_VERSION, SHAPE_RULE, PowParams, is_shape
from consensus.pouw.seal import Seal
from consensus.pouw.ticket import is_winning
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
    seeds, is_given = operands.seeds, operands.lane is not Lane.SEEDED
    # The Seeded lane has one noise, and so one seed, for the operands of all nonces.
    key_b = seeds.seed_b if is_given else None
    found = backend.search(
        Operand(operands.a, compute_noise(seeds.seed_a, 0, m, k)),
        Operand(operands.bt, compute_noise(seeds.seed_b, 0, n, k), key_b),
        seeds.seed_a,
        is_cancelled,
        wants_product=is_given,
    )
    seal: Seal | None = None
    witness: Witness | None = None
    if is_winning(found.ticket, target, k):
        seal, witness = _make_proof(operands, found.product, (found.i, found.j), found.ticket)
    tickets = (m // TILE) * (n // TILE)
    return SolveResult(seal, witness, found.product, m * n * k, tickets, found.ticket)


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
