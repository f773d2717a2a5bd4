"""A backend that fails or computes wrong loses no work, and is not asked again."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from consensus.kernels.backend import (
    BestTicket,
    Cancelled,
    IsCancelled,
    Operand,
    Peel,
    Product,
    never_cancelled,
)
from consensus.kernels.cuda.device import DeviceFailed
from consensus.kernels.guarded_backend import GuardedBackend
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.noise import add_noise, compute_noise
from consensus.pouw.solve import solve
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, merkle_leaves
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import (
    AUTHOR,
    BACKEND,
    EASY,
    PARAMS,
    PRE_HASH,
    make_operand,
    make_work,
)

SEED = b"s" * 32


class SpoiltBackend:
    """The numpy backend, with its answers spoilt or the GPU gone."""

    name = "spoilt"

    def __init__(
        self,
        spoil_product: Callable[[Product], Product] | None = None,
        spoil_ticket: Callable[[BestTicket], BestTicket] | None = None,
        leaf: Hash | None = None,
        *,
        is_gone: bool = False,
    ) -> None:
        self._inner = NumpyBackend()
        self._spoil_product = spoil_product
        self._spoil_ticket = spoil_ticket
        self._leaf = leaf
        self._is_gone = is_gone
        self.asked = 0

    def run(
        self, a_noised: Int8Matrix, bt_noised: Int8Matrix, peel: Peel | None, stop: IsCancelled
    ) -> Product:
        self._count()
        done = self._inner.run(a_noised, bt_noised, peel, stop)
        return done if self._spoil_product is None else self._spoil_product(done)

    def search(
        self, a: Operand, b: Operand, seed_a: bytes, stop: IsCancelled, *, wants_product: bool
    ) -> BestTicket:
        self._count()
        found = self._inner.search(a, b, seed_a, stop, wants_product=wants_product)
        return found if self._spoil_ticket is None else self._spoil_ticket(found)

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        self._count()
        leaves = self._inner.compute_leaves(matrix)
        return leaves if self._leaf is None else (self._leaf, *leaves[1:])

    def _count(self) -> None:
        self.asked += 1
        if self._is_gone:
            raise DeviceFailed("the GPU has fallen off the bus")


def spoil_transcripts(done: Product) -> Product:
    done.transcripts[...] ^= np.uint32(1)
    return done


def spoil_product(done: Product) -> Product:
    assert done.product is not None
    done.product[...] += 1
    return done


def forget_product(done: Product) -> Product:
    return replace(done, product=None)


def make_sides() -> tuple[Operand, Operand]:
    return make_side(64), make_side(96)


def make_side(rows: int) -> Operand:
    return Operand(make_operand(rows, 128, rows), compute_noise(SEED, 0, rows, 128))


def guard(spoilt: SpoiltBackend) -> tuple[GuardedBackend, list[str]]:
    notes: list[str] = []
    return GuardedBackend(spoilt, NumpyBackend, notes.append), notes


@pytest.mark.parametrize(
    "spoilt, why",
    [
        (SpoiltBackend(spoil_transcripts), "a wrong transcript of tile 0, 0"),
        (SpoiltBackend(spoil_product), "a wrong product of tile 0, 0"),
        (SpoiltBackend(forget_product), "a wrong product of tile 0, 0"),
        (SpoiltBackend(is_gone=True), "fallen off the bus"),
    ],
)
def test_products_are_done_again(spoilt: SpoiltBackend, why: str) -> None:
    backend, notes = guard(spoilt)
    a, b = make_sides()
    noised = (add_noise(a.matrix, a.noise), add_noise(b.matrix, b.noise))
    peel = Peel(a.matrix, a.noise, b.noise)
    for _ in range(2):
        done = backend.run(*noised, peel, never_cancelled)
        expected = BACKEND.run(*noised, peel, never_cancelled)
        assert np.array_equal(done.transcripts, expected.transcripts)
        assert done.product is not None
        assert np.array_equal(done.product, a.matrix.astype(np.int64) @ b.matrix.T.astype(np.int64))
    assert spoilt.asked == 1
    assert backend.name == "numpy"
    assert backend.fault is not None
    assert why in backend.fault
    assert len(notes) == 1
    assert why in notes[0]


@pytest.mark.parametrize(
    "spoilt, why",
    [
        (SpoiltBackend(None, lambda found: replace(found, ticket=bytes(32))), "expected ticket"),
        (SpoiltBackend(None, lambda found: replace(found, i=1 - found.i)), "expected ticket"),
        (SpoiltBackend(None, lambda found: replace(found, j=3)), "does not exist"),
        (SpoiltBackend(None, lambda found: replace(found, product=None)), "a wrong product"),
        (SpoiltBackend(is_gone=True), "fallen off the bus"),
    ],
)
def test_searches_are_done_again(spoilt: SpoiltBackend, why: str) -> None:
    backend, notes = guard(spoilt)
    work = make_work(Lane.TASK)
    got = solve(PRE_HASH, AUTHOR, work, EASY, PARAMS, backend)
    expected = solve(PRE_HASH, AUTHOR, work, EASY, PARAMS, BACKEND)
    assert (got.seal, got.witness) == (expected.seal, expected.witness)
    assert got.product is not None
    assert np.array_equal(got.product, work.a.astype(np.int64) @ work.bt.T.astype(np.int64))
    assert why in notes[0]


def test_leaves_are_computed_again() -> None:
    backend, notes = guard(SpoiltBackend(leaf=Hash.zero()))
    matrix = make_operand(64, 128)
    assert backend.compute_leaves(matrix) == merkle_leaves(matrix)
    assert "a wrong leaf of strip 0" in notes[0]


def test_a_good_backend_is_left_alone() -> None:
    spoilt = SpoiltBackend()
    backend, notes = guard(spoilt)
    a, b = make_sides()
    for wants_product in (True, False):
        backend.search(a, b, SEED, never_cancelled, wants_product=wants_product)
    assert (backend.name, backend.fault, notes, spoilt.asked) == ("spoilt", None, [], 2)


def test_every_tile_has_its_turn() -> None:
    """One wrong tile is found once its turn comes."""

    def spoil_last(done: Product) -> Product:
        done.transcripts[-1, -1] ^= np.uint32(1)
        return done

    backend, notes = guard(SpoiltBackend(spoil_last))
    a = make_operand(64, 64)
    for answers in range(2):
        assert len(notes) == 0, answers
        backend.run(a, a, None, never_cancelled)
    assert "tile 1, 1" in notes[0]


def test_called_off_work_is_no_fault() -> None:
    backend, notes = guard(SpoiltBackend())
    with pytest.raises(Cancelled):
        backend.run(make_operand(32, 64), make_operand(32, 64), None, lambda: True)
    assert not notes
