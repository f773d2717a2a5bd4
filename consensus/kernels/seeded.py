"""Runs of Seeded products: one header, one noise, and operands that a nonce alone decides.

A device that makes the operands itself has nothing to wait for between two of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from consensus.kernels.backend import BestTicket, IsCancelled, Operand, ProductBackend
from consensus.pouw.noise import compute_noise, compute_seeded_message, expand_operand
from runtime.primitives import AccountId


@dataclass(frozen=True, slots=True)
class SeededProducts:
    """The products of some nonces under one header."""

    job_key: bytes
    seed_a: bytes
    seed_b: bytes
    author: AccountId
    shape: tuple[int, int, int]
    """m, n, k."""

    nonces: range

    def skip(self, count: int) -> "SeededProducts":
        """Without the first nonces."""
        nonces = self.nonces[count:]
        return SeededProducts(
            self.job_key, self.seed_a, self.seed_b, self.author, self.shape, nonces
        )

    def compute_message(self, name: bytes, nonce: int) -> bytes:
        """What the operand of this name, A or B, is expanded from, under the job's key."""
        return compute_seeded_message(name, self.author, nonce)


@runtime_checkable
class SeededBackend(Protocol):
    """A backend that makes Seeded operands itself."""

    def search_seeded(
        self, products: SeededProducts, is_cancelled: IsCancelled
    ) -> Iterator[BestTicket]:
        """The best ticket of every nonce, in order. Errors: Cancelled."""
        ...


def search_seeded_by_parts(
    backend: ProductBackend, products: SeededProducts, is_cancelled: IsCancelled
) -> Iterator[BestTicket]:
    """The same with operands made here, by any backend. Errors: Cancelled."""
    m, n, k = products.shape
    noise_a = compute_noise(products.seed_a, 0, m, k)
    noise_b = compute_noise(products.seed_b, 0, n, k)
    for nonce in products.nonces:
        a, bt = (
            expand_operand(products.job_key, name, products.author, nonce, (0, rows), k)
            for name, rows in ((b"A", m), (b"B", n))
        )
        left, right = Operand(a, noise_a), Operand(bt, noise_b)
        yield backend.search(left, right, products.seed_a, is_cancelled, wants_product=False)
