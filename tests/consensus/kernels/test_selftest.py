"""A backend that computes anything wrong is not chosen."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from consensus.kernels.backend import (
    BestTicket,
    IsCancelled,
    Operand,
    Peel,
    Product,
    never_cancelled,
)
from consensus.kernels.by_parts import search_by_parts
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.kernels.selftest import BackendFault, ensure_exact
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix


class FaultyBackend:
    """The numpy backend with one planted fault."""

    name = "faulty"

    def __init__(
        self,
        spoil: Callable[[Product], Product],
        leaf: bytes | None = None,
        spoil_best: Callable[[BestTicket], BestTicket] = lambda found: found,
    ) -> None:
        self._inner = NumpyBackend()
        self._spoil = spoil
        self._leaf = leaf
        self._spoil_best = spoil_best

    def run(
        self, a_noised: Int8Matrix, bt_noised: Int8Matrix, peel: Peel | None, _: IsCancelled
    ) -> Product:
        return self._spoil(self._inner.run(a_noised, bt_noised, peel, never_cancelled))

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        run = self._inner.run
        found = search_by_parts(run, a, b, seed_a, is_cancelled, wants_product=wants_product)
        return self._spoil_best(found)

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        leaves = self._inner.compute_leaves(matrix)
        return leaves if self._leaf is None else (*leaves[:-1], Hash(self._leaf))


def spoil_last_transcript(done: Product) -> Product:
    done.transcripts[-1, -1, 31] ^= np.uint32(1 << 31)
    return done


def spoil_when_mining(done: Product) -> Product:
    return spoil_last_transcript(done) if done.product is None else done


def spoil_last_element(done: Product) -> Product:
    if done.product is not None:
        done.product[-1, -1] += 1
    return done


def swap_tiles(done: Product) -> Product:
    return replace(done, transcripts=done.transcripts[::-1])


def forget_product(done: Product) -> Product:
    return replace(done, product=None)


def test_numpy_passes() -> None:
    ensure_exact(NumpyBackend())
    ensure_exact(FaultyBackend(lambda done: done))


@pytest.mark.parametrize(
    "spoil, why",
    [
        (spoil_last_transcript, "transcript"),
        (spoil_when_mining, "transcript"),
        (swap_tiles, "transcript"),
        (spoil_last_element, "product"),
        (forget_product, "product"),
    ],
)
def test_wrong_results_are_caught(spoil: Callable[[Product], Product], why: str) -> None:
    with pytest.raises(BackendFault, match=f"faulty: a wrong {why}"):
        ensure_exact(FaultyBackend(spoil))


def test_wrong_leaves_are_caught() -> None:
    with pytest.raises(BackendFault, match="faulty: wrong leaves"):
        ensure_exact(FaultyBackend(lambda done: done, bytes(32)))


def spoil_product(found: BestTicket) -> BestTicket:
    if found.product is not None:
        found.product[0, 0] -= 1
    return found


@pytest.mark.parametrize(
    "spoil, why",
    [
        (lambda found: replace(found, ticket=bytes(32)), "ticket"),
        (lambda found: replace(found, i=found.i + 1), "ticket"),
        (lambda found: replace(found, j=found.j + 1), "ticket"),
        (lambda found: replace(found, product=None), "product of a search"),
        (spoil_product, "product of a search"),
    ],
)
def test_wrong_searches_are_caught(spoil: Callable[[BestTicket], BestTicket], why: str) -> None:
    with pytest.raises(BackendFault, match=f"faulty: a wrong {why}"):
        ensure_exact(FaultyBackend(lambda done: done, spoil_best=spoil))
