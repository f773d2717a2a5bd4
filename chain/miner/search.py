"""What a device is asked, and what it answers."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from consensus.kernels.backend import Cancelled, IsCancelled, ProductBackend, never_cancelled
from consensus.kernels.seeded import SeededBackend
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import Seal
from consensus.pouw.seeded_run import solve_seeded_run
from consensus.pouw.solve import MatrixWork, SeededWork, SolveResult, solve
from consensus.pouw.witness import Witness
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int32Matrix

WORST_TICKET: Final = b"\xff" * 32


@dataclass(frozen=True, slots=True)
class SeededRun:
    """Products of the Seeded lane, one nonce after the other, until a ticket wins."""

    first: int
    count: int


SearchWork: TypeAlias = SeededRun | MatrixWork


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Products for one unsealed header, and the target that their tickets have to meet."""

    pre_hash: Hash
    author: AccountId
    target: int
    params: PowParams
    work: SearchWork


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a device has done for a search."""

    seal: Seal | None
    """None if no ticket won."""

    witness: Witness | None
    product: Int32Matrix | None
    """A.B where operands were given, int32[m, n], exact; None in the Seeded lane."""

    products: int
    macs: int
    tickets: int
    best_ticket: bytes


ANY_SHAPE: Final = PowParams(SeededShape(64, 64, 64))
"""Of the Seeded lane, where that is not what is searched."""


def make_bare_search(work: MatrixWork) -> Search:
    """A product for its own sake: no ticket of it wins."""
    return Search(Hash.zero(), AccountId.zero(), 0, ANY_SHAPE, work)


NOTHING: Final = Found(None, None, None, 0, 0, 0, WORST_TICKET)
"""Called off before the first product was done."""


def run_search(search: Search, backend: ProductBackend, is_cancelled: IsCancelled) -> Found:
    """Computes a search here and now; called off, it returns what was done until then.

    Given operands are multiplied to the end: somebody waits for the product.
    """
    work = search.work
    if isinstance(work, MatrixWork):
        return _to_found(_solve(search, work, backend, never_cancelled), NOTHING)
    found = NOTHING
    with suppress(Cancelled):
        for result in _solve_run(search, work, backend, is_cancelled):
            found = _to_found(result, found)
            if found.seal is not None or is_cancelled():
                break
    return found


def _solve_run(
    search: Search, run: SeededRun, backend: ProductBackend, is_cancelled: IsCancelled
) -> Iterator[SolveResult]:
    nonces = range(run.first, run.first + run.count)
    if isinstance(backend, SeededBackend):
        header = (search.pre_hash, search.author)
        rules = (search.target, search.params)
        yield from solve_seeded_run(*header, nonces, *rules, backend, is_cancelled)
    else:
        for nonce in nonces:
            yield _solve(search, SeededWork(nonce), backend, is_cancelled)


def _solve(
    search: Search,
    work: SeededWork | MatrixWork,
    backend: ProductBackend,
    is_cancelled: IsCancelled,
) -> SolveResult:
    return solve(
        search.pre_hash, search.author, work, search.target, search.params, backend, is_cancelled
    )


def _to_found(result: SolveResult, before: Found) -> Found:
    return Found(
        result.seal,
        result.witness,
        result.product,
        before.products + 1,
        before.macs + result.macs,
        before.tickets + result.tickets,
        min(before.best_ticket, result.best_ticket, key=get_ticket_number),
    )


def get_ticket_number(ticket: bytes) -> int:
    """A ticket as the number that is compared with the target."""
    return int.from_bytes(ticket, "little")
