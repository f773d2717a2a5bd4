"""A backend that may vanish or compute wrong, and another that does its work again.

A part of every answer is computed once more by the reference: the tile that won, or a tile that
moves on from answer to answer. Once anything is wrong, the other backend is asked for ever.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import numpy as np

from consensus.kernels.backend import (
    BestTicket,
    IsCancelled,
    Noise,
    Operand,
    Peel,
    Product,
    ProductBackend,
)
from consensus.kernels.cuda.device import DeviceFailed
from consensus.kernels.exact import compute_tile_product
from consensus.kernels.seeded import SeededBackend, SeededProducts, search_seeded_by_parts
from consensus.kernels.selftest import BackendFault
from consensus.kernels.shape import TILE
from consensus.pouw.noise import add_noise, compute_noise, expand_operand
from consensus.pouw.ticket import compute_ticket, compute_transcript
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix, compute_leaf

AnswerT = TypeVar("AnswerT")

SEEDED_SAMPLE: Final = 64
"""One in so many Seeded products is looked at: a GPU does hundreds in the time that takes. A ticket
that seals a block is verified anyway, before anybody hears of it."""


class GuardedBackend:
    """Asks one backend, and another when the first fails; no work is lost between them.

    The other is made when it is first needed.
    """

    def __init__(
        self,
        backend: ProductBackend,
        make_fallback: Callable[[], ProductBackend],
        note: Callable[[str], None],
    ) -> None:
        self._backend = backend
        self._make_fallback = make_fallback
        self._note = note
        self._fallback: ProductBackend | None = None
        self._fault: str | None = None
        self._answers = 0

    @property
    def name(self) -> str:
        """That of the backend in use."""
        return self._backend.name if self._fallback is None else self._fallback.name

    @property
    def fault(self) -> str | None:
        """Why the first backend is no longer asked; None while it is."""
        return self._fault

    def run(
        self,
        a_noised: Int8Matrix,
        bt_noised: Int8Matrix,
        peel: Peel | None,
        is_cancelled: IsCancelled,
    ) -> Product:
        """Multiplies; one tile of transcripts and of the product is computed again."""
        return self._ask(
            lambda backend: backend.run(a_noised, bt_noised, peel, is_cancelled),
            lambda done: self._ensure_product(a_noised, bt_noised, peel, done),
        )

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        """Searches; the winning ticket, and its tile of the product, are computed again."""
        return self._ask(
            lambda backend: backend.search(a, b, seed_a, is_cancelled, wants_product=wants_product),
            lambda found: _ensure_ticket(a, b, seed_a, found, wants_product=wants_product),
        )

    def search_seeded(
        self, products: SeededProducts, is_cancelled: IsCancelled
    ) -> Iterator[BestTicket]:
        """Searches nonce after nonce; the first of them, and one in so many, is computed again."""
        done = 0
        if self._fallback is None:
            try:
                for found in self._search_seeded(products, is_cancelled):
                    if done % SEEDED_SAMPLE == 0:
                        _ensure_seeded_ticket(products, products.nonces[done], found)
                    done += 1
                    yield found
            except (DeviceFailed, BackendFault) as error:
                self._give_up(error)
        if self._fallback is not None:
            yield from search_seeded_by_parts(self._fallback, products.skip(done), is_cancelled)

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        """The leaves of a padded operand's commitment; one is computed again."""
        return self._ask(
            lambda backend: backend.compute_leaves(matrix),
            lambda leaves: self._ensure_leaf(matrix, leaves),
        )

    def _ask(
        self, work: Callable[[ProductBackend], AnswerT], ensure: Callable[[AnswerT], None]
    ) -> AnswerT:
        if self._fallback is None:
            try:
                answer = work(self._backend)
                ensure(answer)
            except (DeviceFailed, BackendFault) as error:
                return work(self._give_up(error))
            self._answers += 1
            return answer
        return work(self._fallback)

    def _give_up(self, error: Exception) -> ProductBackend:
        """Has the other backend do this and all later work."""
        self._fault = str(error)
        self._fallback = fallback = self._make_fallback()
        self._note(
            f"backend {self._backend.name} is no longer used, its work is done again by "
            f"{fallback.name}: {error}"
        )
        return fallback

    def _search_seeded(
        self, products: SeededProducts, is_cancelled: IsCancelled
    ) -> Iterator[BestTicket]:
        backend = self._backend
        if isinstance(backend, SeededBackend):
            return backend.search_seeded(products, is_cancelled)
        return search_seeded_by_parts(backend, products, is_cancelled)

    def _ensure_product(
        self, a_noised: Int8Matrix, bt_noised: Int8Matrix, peel: Peel | None, done: Product
    ) -> None:
        i, j = self._answers % (len(a_noised) // TILE), self._answers % (len(bt_noised) // TILE)
        right = _strip(bt_noised, j)
        words = compute_transcript(_strip(a_noised, i), right)
        if not np.array_equal(done.transcripts[i, j], words):
            raise BackendFault(f"{self._backend.name}: a wrong transcript of tile {i}, {j}")
        if peel is not None:
            plain = right - add_noise(np.zeros_like(right), _rows_of(peel.noise_b, j))
            expected = compute_tile_product(_strip(peel.a, i), plain)
            if not _is_tile(done.product, i, j, expected):
                raise BackendFault(f"{self._backend.name}: a wrong product of tile {i}, {j}")

    def _ensure_leaf(self, matrix: Int8Matrix, leaves: tuple[Hash, ...]) -> None:
        i = self._answers % (len(matrix) // TILE)
        if leaves[i] != compute_leaf(_strip(matrix, i).tobytes()):
            raise BackendFault(f"{self._backend.name}: a wrong leaf of strip {i}")


def _ensure_seeded_ticket(products: SeededProducts, nonce: int, found: BestTicket) -> None:
    """Expands the two strips of the winning tile, and no more."""
    i, j = found.i, found.j
    m, n, k = products.shape
    if not (i < m // TILE and j < n // TILE):
        raise BackendFault(f"a ticket of tile {i}, {j}, which does not exist")
    strips: list[Int8Matrix] = []
    for name, seed, each in ((b"A", products.seed_a, i), (b"B", products.seed_b, j)):
        span = (each * TILE, (each + 1) * TILE)
        plain = expand_operand(products.job_key, name, products.author, nonce, span, k)
        strips.append(add_noise(plain, compute_noise(seed, each * TILE, TILE, k)))
    expected = compute_ticket(products.seed_a, compute_transcript(*strips), i, j)
    if found.ticket != expected:
        raise BackendFault(
            f"expected ticket {expected.hex()} of nonce {nonce}, got {found.ticket.hex()}"
        )


def _ensure_ticket(
    a: Operand, b: Operand, seed_a: bytes, found: BestTicket, *, wants_product: bool
) -> None:
    i, j = found.i, found.j
    if not (i < len(a.matrix) // TILE and j < len(b.matrix) // TILE):
        raise BackendFault(f"a ticket of tile {i}, {j}, which does not exist")
    words = compute_transcript(_noised_strip(a, i), _noised_strip(b, j))
    expected = compute_ticket(seed_a, words, i, j)
    if found.ticket != expected:
        raise BackendFault(
            f"expected ticket {expected.hex()} of tile {i}, {j}, got {found.ticket.hex()}"
        )
    if wants_product:
        tile = compute_tile_product(_strip(a.matrix, i), _strip(b.matrix, j))
        if not _is_tile(found.product, i, j, tile):
            raise BackendFault(f"a wrong product of tile {i}, {j}")


def _is_tile(product: Int32Matrix | None, i: int, j: int, expected: Int32Matrix) -> bool:
    if product is None:
        return False
    rows, cols = slice(i * TILE, (i + 1) * TILE), slice(j * TILE, (j + 1) * TILE)
    return np.array_equal(product[rows, cols], expected)


def _strip(matrix: Int8Matrix, i: int) -> Int8Matrix:
    return matrix[i * TILE : (i + 1) * TILE]


def _noised_strip(operand: Operand, i: int) -> Int8Matrix:
    return add_noise(_strip(operand.matrix, i), _rows_of(operand.noise, i))


def _rows_of(noise: Noise, i: int) -> Noise:
    """The noise of one strip."""
    return Noise(_strip(noise.left, i), noise.plus, noise.minus)
