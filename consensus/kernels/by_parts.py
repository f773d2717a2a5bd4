"""A search in the specification's own steps: noise, product, tickets, one after another.

What a backend does that has nothing faster, and what those that have are compared with.
"""

from collections.abc import Callable
from typing import TypeAlias

from consensus.kernels.backend import BestTicket, IsCancelled, Operand, Peel, Product
from consensus.pouw.noise import add_noise
from consensus.pouw.ticket import find_best
from runtime.tensor.commitment import Int8Matrix

Run: TypeAlias = Callable[[Int8Matrix, Int8Matrix, Peel | None, IsCancelled], Product]


def search_by_parts(
    run: Run,
    a: Operand,
    b: Operand,
    seed_a: bytes,
    is_cancelled: IsCancelled,
    *,
    wants_product: bool,
) -> BestTicket:
    """The best ticket of one product, by a backend's ``run``. Errors: Cancelled."""
    peel = Peel(a.matrix, a.noise, b.noise) if wants_product else None
    a_noised, bt_noised = add_noise(a.matrix, a.noise), add_noise(b.matrix, b.noise)
    done = run(a_noised, bt_noised, peel, is_cancelled)
    return BestTicket(*find_best(seed_a, done.transcripts), done.product)
