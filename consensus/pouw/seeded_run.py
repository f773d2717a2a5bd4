"""The search of one nonce after the other, on a backend that makes the operands itself."""

from collections.abc import Iterator

from consensus.kernels.backend import IsCancelled
from consensus.kernels.seeded import SeededBackend, SeededProducts
from consensus.kernels.shape import TILE
from consensus.pouw.noise import compute_seeds
from consensus.pouw.params import SEAL_VERSION, PowParams
from consensus.pouw.seal import Seal
from consensus.pouw.solve import SolveResult
from consensus.pouw.ticket import is_winning
from runtime.primitives import AccountId, Hash, Root
from runtime.work_summary import Lane


def solve_seeded_run(
    pre_hash: Hash,
    author: AccountId,
    nonces: range,
    target: int,
    params: PowParams,
    backend: SeededBackend,
    is_cancelled: IsCancelled,
) -> Iterator[SolveResult]:
    """What `solve` gives for every nonce, in order; ask no further to stop. Errors: Cancelled."""
    m, n, k = shape = (params.seeded.m, params.seeded.n, params.seeded.k)
    zero = Root.zero()
    seeds = compute_seeds(pre_hash, shape, zero, zero)
    products = SeededProducts(seeds.job_key, seeds.seed_a, seeds.seed_b, author, shape, nonces)
    found = backend.search_seeded(products, is_cancelled)
    tickets = (m // TILE) * (n // TILE)
    for nonce, best in zip(nonces, found, strict=True):
        seal: Seal | None = None
        if is_winning(best.ticket, target, k):
            place = (m, n, k, best.i, best.j)
            seal = Seal(SEAL_VERSION, Lane.SEEDED, *place, zero, zero, zero, nonce, best.ticket)
        yield SolveResult(seal, None, None, m * n * k, tickets, best.ticket)
